"""Measures what a server costs: processor time, user and system, of its whole tree of processes, for each exchange or
connection, beside others that do the same.

The load is `ahoy bench`, which compares every byte. In each round every contender of a cell runs once, one after the
other (A B C, A B C), the server on one processor and the load on another; what counts are the ratios to the cell's base
in the same round. The base runs twice in each round: what the second differs from the first by is the noise.

usage: run.py [--quick] [--rounds N] [--share X] [--cell WORD]... [--write FILE]
"""
import argparse
import contextlib
import json
import os
import pathlib
import platform
import re
import signal
import statistics
import subprocess
import sys
import tempfile
import time
import typing

HERE = pathlib.Path(__file__).resolve().parent
AHOY = os.environ.get("AHOY", str(HERE.parent / "build/ahoy"))
BUILT = pathlib.Path(os.environ.get("AHOY_BUILD", HERE.parent / "build"), "bench")
LISTENING = re.compile(rb"listening on tcp://127\.0\.0\.1:(\d+) ")
COUNTS_OF_CALLS = (1_000, 4_000)  # each more than the most connections of a cell, or as many
GUARD = 120  # seconds that only what hangs reaches
MARKS = ("<!-- table -->\n", "<!-- end of table -->\n")


class Contender(typing.NamedTuple):
    name: str
    start: list  # the words of its command
    build: list = []  # the words that build it; none: nothing to build
    slow: int = 1  # it gets so many times fewer exchanges


def in_c(name, text, *words):
    return Contender(text, [BUILT / name], ["cc", "-O2", "-pthread", "-o", BUILT / name, HERE / f"{name}.c", *words])


def in_cpp(name, text):
    return Contender(text, [BUILT / name], ["c++", "-std=c++20", "-O2", "-pthread", "-o", BUILT / name, HERE / f"{name}.cpp"])


def in_python(name, text):
    return Contender(text, ["/usr/bin/python3", HERE / f"{name}.py"], slow=5)


def ours(text, *words):
    return Contender(f"ahoy {text}", [AHOY, "listen", "127.0.0.1:0", "--handler", "echo", *words])


EPOLL = in_c("raw_epoll", "epoll, C")
ITERATIVE = in_c("raw_iterative", "iterative, C")
FORK = in_c("raw_fork", "fork per client, C")
THREAD = in_c("raw_thread", "thread per client, C")
URING = in_c("raw_uring", "io_uring, C", "-luring")
UV = in_c("libuv_echo", "libuv", "-luv")
ASIO = [in_cpp("asio_callbacks", "Asio, callbacks"), in_cpp("asio_coroutines", "Asio, coroutines")]
ASYNCIO = in_python("asyncio_echo", "Python asyncio")
SOCKETSERVER = in_python("socketserver_echo", "Python socketserver, threads")
EVENT = ours("event", "--model", "event")
LOOPS = [EPOLL, URING, EVENT, UV, *ASIO]


class Cell(typing.NamedTuple):
    title: str
    contenders: list  # the first is the base
    load: list  # the words of ahoy bench
    count: int
    one_processor: bool = False  # server and load share it
    with_calls: bool = True  # whether the system calls of a kept process tell what each costs


CELLS = [
    Cell("echo 64 B, 64 connections", [*LOOPS, ASYNCIO], ["--connections", "64"], 150_000),
    Cell("echo 64 B, 1000 connections", LOOPS, ["--connections", "1000"], 300_000),
    Cell("echo 64 B, 64 connections, 16 under way", LOOPS, ["--connections", "64", "--depth", "16"], 500_000),
    Cell("echo 16 KiB, 64 connections", LOOPS, ["--connections", "64", "--size", "16k"], 60_000),
    Cell("connect, exchange, close: 10 at once", [*LOOPS, ASYNCIO], ["connect", "--connections", "10"], 10_000),
    Cell("echo 64 B, one connection, one processor",
         [THREAD, ours("iterative", "--model", "iterative"), ours("thread", "--model", "thread"), EVENT],
         ["--connections", "1"], 60_000, one_processor=True),
    Cell("fork for each connection of 4000 B, 10 at once", [FORK, ours("process", "--model", "process")],
         ["connect", "--connections", "10", "--size", "4000"], 1_500, with_calls=False),
    Cell("thread for each connection of 4000 B, 10 at once", [THREAD, ours("thread", "--model", "thread"), SOCKETSERVER],
         ["connect", "--connections", "10", "--size", "4000"], 5_000),
    Cell("iterative, connections of 4000 B, 10 at once", [ITERATIVE, ours("iterative", "--model", "iterative")],
         ["connect", "--connections", "10", "--size", "4000"], 10_000),
]


def processors():
    """Those of the server and of the load; the same one where there is only one."""
    mine = sorted(os.sched_getaffinity(0))
    return mine[0], mine[-1]


def pinned(processor):
    return lambda: os.sched_setaffinity(0, {processor})


def used_so_far(pid):
    """Seconds of processor time of a process that runs, of all its threads: clock_getcpuclockid(3)."""
    return time.clock_gettime((~pid << 3) | 2)


def children_of(pid):
    return pathlib.Path(f"/proc/{pid}/task/{pid}/children").read_text().split()


def is_traced(pid):
    """Whether every thread of it is."""
    return all("TracerPid:\t0\n" not in each.read_text() for each in pathlib.Path(f"/proc/{pid}/task").glob("*/status"))


def await_that(condition, what):
    due = time.monotonic() + GUARD
    while not condition():
        if time.monotonic() > due:
            raise RuntimeError(f"waited in vain for {what}")
        time.sleep(0.001)


class Server:
    """A contender while it runs, once it listens."""

    def __init__(self, contender, processor):
        self.process = subprocess.Popen([str(word) for word in contender.start], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                                        stderr=subprocess.PIPE, preexec_fn=pinned(processor))
        found = None
        while not found:
            line = self.process.stderr.readline()
            if not line:
                self.process.wait()
                raise RuntimeError(f"{contender.name} does not start")
            found = LISTENING.search(line)
        self.port = int(found[1])
        self.children = len(children_of(self.process.pid))
        self.before = used_so_far(self.process.pid)

    def end(self):
        """Seconds that it and all its children used since it began to listen."""
        # What it has not waited for yet is not counted.
        await_that(lambda: len(children_of(self.process.pid)) <= self.children, "the server's last child to end")
        self.process.send_signal(signal.SIGTERM)
        _, status, used = os.wait4(self.process.pid, 0)
        self.process.returncode = os.waitstatus_to_exitcode(status)
        self.process.stderr.close()
        return used.ru_utime + used.ru_stime - self.before

    def kill(self):
        self.process.stderr.close()
        if self.process.returncode is None:
            self.process.kill()
            self.process.wait()


def load(cell, port, count, processor):
    words = [word for word in cell.load if word != "connect"]
    form = ["connect"] if "connect" in cell.load else []
    command = [AHOY, "bench", *form, f"127.0.0.1:{port}", "--json", "--count", str(count), *words]
    done = subprocess.run(command, capture_output=True, timeout=GUARD, preexec_fn=pinned(processor), check=False)
    if done.returncode != 0:
        raise RuntimeError(f"the load ended with status {done.returncode}: {done.stderr.decode()}")
    return json.loads(done.stdout)


def measure(cell, contender, share):
    """Processor seconds for each exchange or connection, and how many a second there were."""
    at, from_there = processors()
    count = max(100, int(cell.count * share / contender.slow))
    server = Server(contender, at)
    with contextlib.ExitStack() as stack:
        stack.callback(server.kill)
        told = load(cell, server.port, count, at if cell.one_processor else from_there)
        return server.end() / count, told["rate"]


class Trace:
    """strace(1) on a server, of its system calls and those of the threads that it makes from now on."""

    def __init__(self, pid, folder):
        self.counts = pathlib.Path(folder, "calls")
        self.process = subprocess.Popen(["strace", "-f", "-qq", "-c", "-o", self.counts, "-p", str(pid)])
        await_that(lambda: is_traced(pid), "strace to attach")

    def end(self):
        self.process.send_signal(signal.SIGINT)
        self.process.wait(GUARD)
        total = re.search(r"(?m)^100\.00 .* total$", self.counts.read_text())
        return int(total[0].split()[3])


def calls_in(cell, contender, count):
    """How many system calls a server makes for so many exchanges, connections included."""
    at, from_there = processors()
    server = Server(contender, at)
    with contextlib.ExitStack() as stack:
        stack.callback(server.kill)
        trace = Trace(server.process.pid, stack.enter_context(tempfile.TemporaryDirectory()))
        stack.callback(trace.process.kill)
        load(cell, server.port, count, from_there)
        return trace.end()


def calls_each(cell, contender):
    """System calls for each exchange or connection: the difference of two runs, so that what is the same in both is not in it."""
    if not cell.with_calls:
        return None
    few, many = COUNTS_OF_CALLS
    return (calls_in(cell, contender, many) - calls_in(cell, contender, few)) / (many - few)


def rows_of(cell, rounds, share, missing):
    """(name, median microseconds, median ratio, least, most, calls, rate) of each contender; the base a second time, last."""
    there = [each for each in cell.contenders if each.name not in missing]
    if there[0] is not cell.contenders[0]:
        raise RuntimeError(f"{cell.title}: its base is missing")
    runs = [*there, there[0]]
    costs, rates = [[] for _ in runs], [[] for _ in runs]
    for _ in range(rounds):
        for at, contender in enumerate(runs):
            cost, rate = measure(cell, contender, share)
            costs[at].append(cost)
            rates[at].append(rate)
    for at, contender in enumerate(runs):
        ratios = [cost / base for cost, base in zip(costs[at], costs[0])]
        calls = calls_each(cell, contender)
        name = contender.name if at < len(there) else f"{contender.name}, again: the noise"
        yield (name, statistics.median(costs[at]) * 1e6, statistics.median(ratios), min(ratios), max(ratios), calls,
               statistics.median(rates[at]))


def table_of(cell, rows):
    lines = [f"\n### {cell.title}\n\n", "| server | CPU µs each | ratio, median | least to most | system calls each | a second |\n",
             "|---|---:|---:|---|---:|---:|\n"]
    for at, (name, cost, ratio, least, most, calls, rate) in enumerate(rows):
        ratios = "1 | base" if at == 0 else f"{ratio:.2f} | {least:.2f} to {most:.2f}"
        called = "" if calls is None else f"{calls:.2f}"
        lines.append(f"| {name} | {cost:.2f} | {ratios} | {called} | {rate:.0f} |\n")
    return "".join(lines)


def build(cells):
    """Names of those that cannot be built here, with a word about each on standard error."""
    BUILT.mkdir(parents=True, exist_ok=True)
    missing = set()
    for contender in {each.name: each for cell in cells for each in cell.contenders}.values():
        if contender.build:
            done = subprocess.run([str(word) for word in contender.build], capture_output=True, text=True, check=False)
            if done.returncode != 0:
                missing.add(contender.name)
                print(f"left out: {contender.name} does not build: {done.stderr.splitlines()[0]}", file=sys.stderr)
                continue
        try:
            Server(contender, processors()[0]).kill()
        except RuntimeError as failure:  # io_uring, where the kernel refuses it
            missing.add(contender.name)
            print(f"left out: {failure}", file=sys.stderr)
    return missing


def circumstances(rounds, share, before):
    server, client = processors()
    where = f"processor {server}, load on processor {client}" if server != client else f"the only processor, {server}, load there too"
    return (f"{rounds} rounds, {share:g} of the usual counts; server on {where}; Linux {platform.release()}, {os.cpu_count()} processors; "
            f"load average before {before[0]:.2f}, after {os.getloadavg()[0]:.2f}.\n")


def write_between_marks(path, text):
    begin, end = MARKS
    whole = path.read_text(encoding="utf-8")
    head, rest = whole.split(begin, 1)
    path.write_text(head + begin + text + end + rest.split(end, 1)[1], encoding="utf-8")


def options():
    parser = argparse.ArgumentParser(description="what a server costs, beside others")
    parser.add_argument("--quick", action="store_true", help="3 rounds with a quarter of the counts: in less than three minutes")
    parser.add_argument("--rounds", type=int, help="how often each runs [7]")
    parser.add_argument("--share", type=float, help="of the usual counts [1]")
    parser.add_argument("--cell", action="append", default=[], help="only cells whose titles contain this; may be repeated")
    parser.add_argument("--write", type=pathlib.Path, help="put the tables into this file, between its marks")
    return parser.parse_args()


def main():
    given = options()
    rounds = given.rounds or (3 if given.quick else 7)
    share = given.share or (0.25 if given.quick else 1)
    cells = [cell for cell in CELLS if not given.cell or any(word in cell.title for word in given.cell)]
    missing = build(cells)
    before = os.getloadavg()
    tables = ""
    for cell in cells:
        print(cell.title, "...", file=sys.stderr)
        text = table_of(cell, rows_of(cell, rounds, share, missing))
        print(text, end="", flush=True)
        tables += text
    text = circumstances(rounds, share, before)
    print("\n" + text, end="")
    if given.write:
        write_between_marks(given.write, text + tables)


if __name__ == "__main__":
    main()
