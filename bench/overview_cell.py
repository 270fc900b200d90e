"""The overview of a newsgroup: what a reader's processor time and memory are."""
import dataclasses
import os
import subprocess

from cell import Cell, Result
from contenders import Contender
from measuring import AHOY, HERE, PORT, Server, pinned, processors, used_by, with_port

NNTPLIB = Contender("Python nntplib", ["/usr/bin/python3", HERE / "overview_reader.py", PORT])
OURS = [Contender(f"ahoy fetch{words and ' ' + words}", [AHOY, "fetch", f"nntp://127.0.0.1:{PORT}/a.b", *words.split()]) for words in ("", "--json")]


def used_of(words, processor):
    """What the kernel counted of a whole process: getrusage(2)."""
    with open(os.devnull, "wb") as nothing, subprocess.Popen(words, stdout=nothing, preexec_fn=pinned(processor)) as process:
        _, status, used = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode != 0:
        raise RuntimeError(f"{words[0]} ended with {process.returncode}")
    return used


@dataclasses.dataclass
class OverviewCell(Cell):
    articles: int
    server = None

    aside_head = "MB at most"
    calls_head = ""
    most_rounds = 3
    best_of_others = "ahoy"

    def about(self):
        return f"Of {self.articles} articles and some 300 B each; nntplib makes a list of them, ahoy writes lines to /dev/null."

    def why_not_started(self, contender):
        return None

    def measure(self, contender, share):
        count = int(self.articles * share)
        own, others = processors()
        if not self.server:
            self.server = Server(Contender("overview", ["/usr/bin/python3", HERE / "overview_server.py", count]), others)
        used = used_of(with_port(contender.start, self.server.port), own)
        return Result(used_by(used) / count, used.ru_maxrss / 1024)

    def done(self):
        if self.server:
            self.server.kill()
