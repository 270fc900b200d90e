"""Callers who meet: processor time of the relay for each line at each of those who hear it, and that none is lost."""
import contextlib
import dataclasses
import json
import subprocess

from cell import Cell, Result
from contenders import Contender, in_c
from measuring import AHOY, GUARD, PORT, Server, pinned, processors

LOAD = in_c("relay_load", "relay_load")
NCAT = Contender("ncat --broker", ["ncat", "--listen", "--keep-open", "--broker", "--max-conns", "1000", "127.0.0.1", PORT])
OURS = [Contender(f"ahoy relay, {text}", [AHOY, "listen", "127.0.0.1:0", "--handler", "relay", "--engine", name])
        for text, name in (("epoll", "epoll"), ("io_uring", "uring"))]


@dataclasses.dataclass
class RelayCell(Cell):
    members: int
    lines: int  # of all

    cost_head = "CPU µs a delivery"
    aside_head = "lost"
    calls_head = ""
    programs = (LOAD,)
    best_of_others = "ahoy"

    def about(self):
        return (f"{self.members} members, of whom each has one line of 64 bytes under way; every line is counted at every member. "
                "ahoy puts the speaker's name before it.")

    def measure(self, contender, share):
        at, from_there = processors()
        each = max(2, int(self.lines * share / self.members))
        server = Server(contender, at)
        with contextlib.ExitStack() as stack:
            stack.callback(server.kill)
            words = [str(word) for word in (*LOAD.start, server.port, self.members, each)]
            done = subprocess.run(words, capture_output=True, timeout=GUARD, preexec_fn=pinned(from_there), check=False)
            if done.returncode != 0:
                raise RuntimeError(f"the load of {contender.name} ended with status {done.returncode}: {done.stderr.decode()}")
            told = json.loads(done.stdout)
            if told["again"] or told["wrong"]:
                raise RuntimeError(f"{contender.name} relayed what was not said: {told}")
            return Result(server.end() / told["deliveries"], told["lost"])
