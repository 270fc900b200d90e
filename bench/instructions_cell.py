"""User instructions for each exchange, counted by callgrind (valgrind(1)): no neighbour disturbs them."""
import contextlib
import pathlib
import re
import shutil
import tempfile

from cell import Result
from echo_cell import EchoCell
from measuring import Server, processors

COUNTS = (500, 2_500)


class InstructionsCell(EchoCell):
    cost_head = "user instructions each"
    cost_scale = 1
    cost_form = ".0f"
    aside_head = ""
    calls_head = ""
    most_rounds = 1
    with_noise = False

    def about(self):
        return "valgrind cannot run rings, so that ahoy has epoll here."

    def count_of(self, contender, exchanges):
        """Of a whole run of the server, by all its threads."""
        at, from_there = processors()
        with contextlib.ExitStack() as stack:
            counts = pathlib.Path(stack.enter_context(tempfile.TemporaryDirectory()), "counts")
            server = Server(contender, at, ["valgrind", "--tool=callgrind", f"--callgrind-out-file={counts}"])
            stack.callback(server.kill)
            self.run_load(server.port, exchanges, from_there)
            server.end()
            return int(re.search(r"(?m)^totals: (\d+)$", counts.read_text())[1])

    def measure(self, contender, share):
        """The difference of two runs, so that start, connection and end are not in it."""
        few, many = COUNTS
        return Result((self.count_of(contender, many) - self.count_of(contender, few)) / (many - few))

    def why_not_started(self, contender):
        return None if shutil.which("valgrind") else f"{contender.name}: there is no valgrind here"
