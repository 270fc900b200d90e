"""Callers of a relay who never read: what the others' lines take, and the server's memory, beside what it may have."""
import contextlib
import dataclasses
import json
import pathlib
import re
import socket
import subprocess
import threading
import time

from cell import Cell, Result
from contenders import Contender, in_c
from measuring import AHOY, GUARD, Server, pinned, processors

LOAD = in_c("hostile_load", "callers that do harm")
QUEUE = 64 * 1024
SIZE = 100  # bytes of a line
RATE = 1000  # lines a second
SECONDS = 20
BATCH = 10  # lines that are said together
HEARERS = 4
HERE = b" here\n"  # a hearer's first word, which the speaker awaits


def relay(text, *words):
    return Contender(text, [AHOY, "listen", "127.0.0.1:0", "--handler", "relay", "--queue", str(QUEUE), *words])


CONTENDERS = [relay("nobody else"), *[relay(f"--slow {policy}", "--slow", policy) for policy in ("disconnect", "drop-oldest", "drop-newest")]]


def most_memory(pid):
    text = pathlib.Path(f"/proc/{pid}/status").read_text()
    return 1024 * int(re.search(r"VmHWM:\s+(\d+) kB", text)[1])


def await_hearers(speaker, hearers):
    for each in hearers:
        each.sendall(HERE.lstrip())
    heard = b""
    while heard.count(HERE) < len(hearers):
        heard += speaker.recv(4096)


def say(caller, lines):
    """At that rate; later, where it was kept waiting, as fast as it goes."""
    begun = time.monotonic()
    for number in range(0, lines, BATCH):
        time.sleep(max(0, begun + number / RATE - time.monotonic()))
        caller.sendall(b"".join(b"%0*d\n" % (SIZE - 1, number + each) for each in range(BATCH)))


def hear(caller, lines, ends):
    """When the last one came; they have to come in their order."""
    expected = 0
    for line in caller.makefile("rb"):
        if line.endswith(HERE):
            continue
        number = int(line.rsplit(b" ", 1)[1])
        if number != expected:
            raise RuntimeError(f"line {number} instead of {expected}")
        expected += 1
        if expected == lines:
            break
    ends.append(time.monotonic())


@dataclasses.dataclass
class DeafCell(Cell):
    many: int

    cost_head = "µs a line"
    aside_head = "memory, % of what it may have"
    aside_form = ".1f"
    calls_head = ""
    most_rounds = 3
    programs = (LOAD,)

    def about(self):
        return (f"{self.many} callers take nothing, and --queue is {QUEUE // 1024}k. Another one says {RATE} lines of {SIZE} bytes a second for {SECONDS} s, "
                f"which {HEARERS} hear: all of them, in their order. Memory is what the server's grew by at most, beside {self.many} queues.")

    def measure(self, contender, share):
        at, from_there = processors()
        beside = contender is not self.contenders[0]
        lines = max(RATE, int(RATE * SECONDS * share)) // BATCH * BATCH
        server = Server(contender, at)
        with contextlib.ExitStack() as stack:
            stack.callback(server.kill)
            callers = [stack.enter_context(socket.create_connection(("127.0.0.1", server.port), GUARD)) for _ in range(1 + HEARERS)]
            before = most_memory(server.pid)
            load = self.begin(stack, server, from_there) if beside else None
            seconds = self.converse(callers, lines)
            grown = most_memory(server.pid) - before
            if beside:
                self.check_end(load, contender)
            return Result(seconds / lines, 100 * grown / (self.many * QUEUE) if beside else 0)

    def begin(self, stack, server, processor):
        load = subprocess.Popen([str(word) for word in (*LOAD.start, "deaf", server.port, self.many)], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                text=True, preexec_fn=pinned(processor))
        stack.callback(load.wait)
        stack.callback(load.kill)
        if load.stdout.readline() != "ready\n":
            raise RuntimeError("the deaf callers were not let in")
        return load

    def converse(self, callers, lines):
        ends = []
        hearing = [threading.Thread(target=hear, args=(caller, lines, ends), daemon=True) for caller in callers[1:]]
        for each in hearing:
            each.start()
        await_hearers(callers[0], callers[1:])
        begun = time.monotonic()
        say(callers[0], lines)
        for each in hearing:
            each.join(GUARD)
        if len(ends) != len(hearing):
            raise RuntimeError("not every line was heard")
        return max(ends) - begun

    def check_end(self, load, contender):
        told = json.loads(load.communicate("", timeout=GUARD)[0])
        expected = self.many if "disconnect" in contender.name else 0
        if told["cut"] != expected:
            raise RuntimeError(f"{told['cut']} were cut instead of {expected}")
