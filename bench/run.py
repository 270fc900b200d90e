"""Measures what a server costs: processor time, user and system, of its whole tree of processes, for each exchange or
connection, beside others that do the same; what both ends of a transfer cost; and what can be counted.

In each round every contender of a cell runs once, one after the other (A B C, A B C), the server on one processor and the
load on another; what counts are the ratios to the cell's base in the same round. The base runs twice in each round: what
the second differs from the first by is the noise.

usage: run.py [--quick] [--rounds N] [--share X] [--cell WORD]... [--write FILE]
"""
import argparse
import os
import pathlib
import platform
import subprocess
import sys
import time

import bulk_cell
import cold_cell
import deaf_cell
import overview_cell
import relay_cell
import slowloris_cell
import tls_cell
from bulk_cell import BulkCell
from cell import rows_of, table_of
from cold_cell import ColdCell
from contenders import (ASIO, ASYNCIO, EPOLL, EVENT, FORK, GO, ITERATIVE, LOOPS, OURS_ITERATIVE, OURS_PROCESS, OURS_THREAD, OURS_UDP, SOCKETSERVER,
                        THREAD, UDP, URING, UV)
from deaf_cell import DeafCell
from echo_cell import EchoCell
from instructions_cell import InstructionsCell
from memory_cell import MemoryCell
from overview_cell import OverviewCell
from relay_cell import RelayCell
from slowloris_cell import SlowlorisCell
from measuring import BUILT, HERE, processors, take_every_descriptor

MARKS = ("<!-- table -->\n", "<!-- end of table -->\n")

CELLS = [
    EchoCell("echo 64 B, 64 connections", [*LOOPS, ASYNCIO], ["--connections", "64"], 150_000),
    EchoCell("echo 64 B, 1000 connections", LOOPS, ["--connections", "1000"], 300_000),
    EchoCell("echo 64 B, 5000 connections", LOOPS, ["--connections", "5000"], 500_000, with_calls=False),
    EchoCell("echo 64 B, 64 connections, 16 under way", LOOPS, ["--connections", "64", "--depth", "16"], 500_000),
    EchoCell("echo 16 KiB, 64 connections", LOOPS, ["--connections", "64", "--size", "16k"], 60_000),
    EchoCell("connect, exchange, close: 10 at once", [*LOOPS, ASYNCIO], ["connect", "--connections", "10"], 10_000),
    EchoCell("echo 64 B, one connection, one processor", [THREAD, OURS_ITERATIVE, OURS_THREAD, *EVENT],
             ["--connections", "1"], 60_000, one_processor=True),
    EchoCell("fork for each connection of 4000 B, 10 at once", [FORK, OURS_PROCESS],
             ["connect", "--connections", "10", "--size", "4000"], 1_500, with_calls=False),
    EchoCell("thread for each connection of 4000 B, 10 at once", [THREAD, OURS_THREAD, SOCKETSERVER],
             ["connect", "--connections", "10", "--size", "4000"], 5_000),
    EchoCell("iterative, connections of 4000 B, 10 at once", [ITERATIVE, OURS_ITERATIVE],
             ["connect", "--connections", "10", "--size", "4000"], 10_000),
    EchoCell("UDP echo 64 B, 64 under way", [UDP, *OURS_UDP], ["--connections", "1", "--depth", "64"], 300_000, scheme="udp"),
    RelayCell("relay of 64 B lines, 100 members", [relay_cell.NCAT, *relay_cell.OURS], 100, 10_000),
    BulkCell("bulk, one connection", [bulk_cell.NC, bulk_cell.NCAT, bulk_cell.socat("socat"), bulk_cell.socat("socat -b65536", "-b65536"),
                                      bulk_cell.OURS], 4 * bulk_cell.GIGABYTE),
    ColdCell("cold send of one message", [cold_cell.NC, cold_cell.EMPTY, cold_cell.OURS], 200),
    OverviewCell("NNTP overview", [overview_cell.NNTPLIB, *overview_cell.OURS], 1_000_000),
    MemoryCell("memory of an idle connection", [EPOLL, URING, *EVENT, UV, *ASIO, GO], 19_500),
    SlowlorisCell("slowloris", slowloris_cell.alone_and_beside(slowloris_cell.PLAIN, "10,000 slow ones"), 10_000),
    SlowlorisCell("slowloris in the handshake of TLS", slowloris_cell.alone_and_beside(slowloris_cell.SECURE, "10,000 slow ones"), 10_000,
                  slowloris_cell.A_HELLO, is_secure=True),
    DeafCell("a relay with 1000 who take nothing", deaf_cell.CONTENDERS, 1000),
    InstructionsCell("user instructions of an echo of 64 B, one connection", [EPOLL, EVENT[0], OURS_ITERATIVE, OURS_THREAD, UV, *ASIO],
                     ["--connections", "1"], 0),
    *tls_cell.CELLS,
]


def is_built(contender):
    """Whether its program is newer than whatever it may be made of."""
    program = pathlib.Path(contender.start[0])
    return program.exists() and program.stat().st_mtime > max(each.stat().st_mtime for each in HERE.glob("*.*"))


def why_not_built(contender):
    """None: it is, or there is nothing to build."""
    if not contender.build or is_built(contender):
        return None
    try:
        done = subprocess.run([str(word) for word in contender.build], capture_output=True, text=True, check=False)
    except FileNotFoundError:
        return f"{contender.name}: there is no {contender.build[0]} here"
    return None if done.returncode == 0 else f"{contender.name} does not build: {done.stderr.splitlines()[0]}"


def build(cells):
    """Names of those that cannot be had here, with a word about each on standard error."""
    BUILT.mkdir(parents=True, exist_ok=True)
    missing = set()
    for cell in cells:
        for program in cell.programs:
            if why_not_built(program):
                raise RuntimeError(why_not_built(program))
        for contender in cell.contenders:
            if contender.name in missing:
                continue
            why = why_not_built(contender) or cell.why_not_started(contender)
            if why:
                missing.add(contender.name)
                print(f"left out: {why}", file=sys.stderr)
    return missing


def circumstances(rounds, share, before):
    server, client = processors()
    where = f"processor {server}, load on processor {client}" if server != client else f"the only processor, {server}, load there too"
    control = pathlib.Path("/proc/sys/net/ipv4/tcp_congestion_control").read_text().strip()
    return (f"{rounds} rounds, {share:g} of the usual counts; server on {where}; Linux {platform.release()}, {os.cpu_count()} processors; "
            f"TCP's congestion control: {control}; load average before {before[0]:.2f}, after {os.getloadavg()[0]:.2f}.\n")


def write_between_marks(path, text):
    begin, end = MARKS
    whole = path.read_text(encoding="utf-8")
    head, rest = whole.split(begin, 1)
    path.write_text(head + begin + text + end + rest.split(end, 1)[1], encoding="utf-8")


def options():
    parser = argparse.ArgumentParser(description="what a server costs, beside others")
    parser.add_argument("--quick", action="store_true", help="3 rounds with a part of the counts: in less than three minutes")
    parser.add_argument("--rounds", type=int, help="how often each runs [7]")
    parser.add_argument("--share", type=float, help="of the usual counts [1]")
    parser.add_argument("--cell", action="append", default=[], help="only cells whose titles contain this; may be repeated")
    parser.add_argument("--write", type=pathlib.Path, help="put the tables into this file, between its marks")
    return parser.parse_args()


def main():
    given = options()
    rounds = given.rounds or (3 if given.quick else 7)
    share = given.share or (0.1 if given.quick else 1)
    cells = [cell for cell in CELLS if not given.cell or any(word in cell.title for word in given.cell)]
    take_every_descriptor()
    missing = build(cells)
    before = os.getloadavg()
    tables = ""
    for cell in cells:
        begun = time.monotonic()
        try:
            text = table_of(cell, rows_of(cell, rounds, share, missing))
        finally:
            cell.done()
        print(text, end="", flush=True)
        print(f"{cell.title}: {time.monotonic() - begun:.0f} s", file=sys.stderr)
        tables += text
    text = circumstances(rounds, share, before)
    print("\n" + text, end="")
    if given.write:
        write_between_marks(given.write, text + tables)


if __name__ == "__main__":
    main()
