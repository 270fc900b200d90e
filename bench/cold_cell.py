"""A program that starts, sends one message and ends: all the processor time that it takes."""
import contextlib
import dataclasses
import os
import subprocess

from cell import Cell, Result
from contenders import Contender, in_cpp
from measuring import AHOY, PORT, Server, processors, used_by, with_port

SINK = Contender("ahoy discard", [AHOY, "listen", "127.0.0.1:0", "--handler", "discard"])
NC = Contender("nc", ["nc", "-N", "127.0.0.1", PORT])
EMPTY = in_cpp("empty", "an empty program in C++")
OURS = Contender("ahoy send", [AHOY, "send", f"tcp://127.0.0.1:{PORT}"])
MESSAGE = b"hello\n"


def libraries_of(program):
    """Names of those that its loader loads: ld.so(8)."""
    done = subprocess.run([program], env=os.environ | {"LD_TRACE_LOADED_OBJECTS": "1"}, capture_output=True, text=True, check=True)
    return sorted(os.path.basename(line.split()[0]) for line in done.stdout.splitlines())


@contextlib.contextmanager
def everything_on(processor):
    """We, and what we start: without a function between fork and exec, so that a start costs no copy of us."""
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {processor})
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)


def time_of(words, message):
    """Of a whole process."""
    ours, theirs = os.pipe()
    nothing = os.open(os.devnull, os.O_WRONLY)
    os.write(theirs, message)
    os.close(theirs)
    pid = os.posix_spawnp(words[0], words, os.environ, file_actions=[(os.POSIX_SPAWN_DUP2, ours, 0), (os.POSIX_SPAWN_DUP2, nothing, 1)])
    os.close(ours)
    os.close(nothing)
    _, status, used = os.wait4(pid, 0)
    if status != 0:
        raise RuntimeError(f"{words[0]} ended with {os.waitstatus_to_exitcode(status)}")
    return used_by(used)


@dataclasses.dataclass
class ColdCell(Cell):
    runs: int

    cost_head = "CPU ms each"
    cost_scale = 1e3
    aside_head = "libraries"
    calls_head = ""

    def about(self):
        return f"ahoy send loads {', '.join(libraries_of(AHOY))}."

    def measure(self, contender, share):
        at, from_there = processors()
        runs = max(5, int(self.runs * share))
        server = Server(SINK, at)
        with contextlib.ExitStack() as stack:
            stack.callback(server.kill)
            stack.enter_context(everything_on(from_there))
            words = with_port(contender.start, server.port)
            total = sum(time_of(words, MESSAGE) for _ in range(runs))
        return Result(total / runs, len(libraries_of(words[0])))

    def why_not_started(self, contender):
        try:
            self.measure(contender, 0)
        except (RuntimeError, OSError) as failure:
            return f"{contender.name}: {failure}"
        return None
