"""Exchanges or connections of `ahoy bench`, which compares every byte: processor time of the server, and its system calls."""
import contextlib
import dataclasses
import json
import subprocess
import tempfile

from cell import Cell, Result
from measuring import AHOY, GUARD, Server, Trace, pinned, processors

COUNTS_OF_CALLS = (1_000, 4_000)  # each more than the most connections of a cell with calls, or as many


@dataclasses.dataclass
class EchoCell(Cell):
    load: list  # the words of ahoy bench
    count: int
    one_processor: bool = False  # server and load share it
    with_calls: bool = True  # whether the system calls of a kept process tell what each costs
    scheme: str = "tcp"

    def run_load(self, port, count, processor):
        words = [word for word in self.load if word != "connect"]
        form = ["connect"] if "connect" in self.load else []
        command = [AHOY, "bench", *form, f"{self.scheme}://127.0.0.1:{port}", "--json", "--count", str(count), *words]
        done = subprocess.run(command, capture_output=True, timeout=GUARD, preexec_fn=pinned(processor), check=False)
        if done.returncode != 0:
            raise RuntimeError(f"the load ended with status {done.returncode}: {done.stderr.decode()}")
        return json.loads(done.stdout)

    def measure(self, contender, share):
        """Processor seconds for each exchange or connection, and how many a second there were."""
        at, from_there = processors()
        count = max(100, int(self.count * share / contender.slow))
        server = Server(contender, at)
        with contextlib.ExitStack() as stack:
            stack.callback(server.kill)
            told = self.run_load(server.port, count, at if self.one_processor else from_there)
            return Result(server.end() / count, told["rate"])

    def calls_in(self, contender, count):
        """How many system calls a server makes for so many exchanges, connections included."""
        at, from_there = processors()
        server = Server(contender, at)
        with contextlib.ExitStack() as stack:
            stack.callback(server.kill)
            trace = Trace(server.pid, stack.enter_context(tempfile.TemporaryDirectory()))
            stack.callback(trace.process.kill)
            self.run_load(server.port, count, from_there)
            return trace.end()

    def calls_each(self, contender):
        """The difference of two runs, so that what is the same in both is not in it."""
        if not self.with_calls:
            return None
        few, many = COUNTS_OF_CALLS
        return (self.calls_in(contender, many) - self.calls_in(contender, few)) / (many - few)
