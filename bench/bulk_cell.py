"""One file through one connection: processor time of both ends, for each GB."""
import contextlib
import dataclasses
import os
import pathlib
import subprocess
import tempfile

from cell import Cell, Result
from contenders import Contender
from measuring import AHOY, BUILT, PORT, Server, pinned, processors, used_by, with_port

GIGABYTE = 10 ** 9
LEAST = GIGABYTE // 10

NC = Contender("nc", ["nc", "-l", "127.0.0.1", PORT], send=["nc", "-N", "127.0.0.1", PORT])
NCAT = Contender("ncat", ["ncat", "-l", "--recv-only", "127.0.0.1", PORT], send=["ncat", "--send-only", "127.0.0.1", PORT])
OURS = Contender("ahoy", [AHOY, "listen", "tcp://127.0.0.1:0", "--handler", "discard", "--once"], send=[AHOY, "send", f"tcp://127.0.0.1:{PORT}"])


def socat(name, *words):
    return Contender(name, ["socat", *words, "-u", f"TCP-LISTEN:{PORT},bind=127.0.0.1", "STDOUT"],
                     send=["socat", *words, "-u", "STDIN", f"TCP:127.0.0.1:{PORT}"])


def is_held_by_memory_alone(folder):
    """tmpfs reads a hole without a page of its own: statfs(2)."""
    kind = subprocess.run(["stat", "-f", "-c", "%T", folder], capture_output=True, text=True, check=True).stdout
    return kind.strip() in ("tmpfs", "ramfs")


class BigFile:
    """A file of so many bytes, each page of which the kernel holds in memory when it is first used: what is measured is
    no disk. It is sparse, and read once: a disk's file system then has a page for each page of a hole, as for any other;
    where there is no disk, it is written."""

    def __init__(self, size):
        self.folder = tempfile.TemporaryDirectory(dir=BUILT)
        self.path = pathlib.Path(self.folder.name, "file")
        with open(self.path, "wb") as made:
            if is_held_by_memory_alone(self.folder.name):
                os.posix_fallocate(made.fileno(), 0, size)
            else:
                made.truncate(size)
        with open(self.path, "rb", buffering=0) as made:
            while made.read(1 << 20):
                pass


@dataclasses.dataclass
class BulkCell(Cell):
    size: int

    cost_head = "CPU ms a GB, both ends"
    cost_scale = 1e3
    cost_form = ".0f"
    aside_head = "MB a second"
    calls_head = ""
    best_of_others = "ahoy"
    file = None

    def about(self):
        return "The file is sparse, and was read before: it comes from the kernel's memory. What arrives goes to /dev/null."

    def file_of(self, size):
        if not self.file:
            self.file = BigFile(size)
        return self.file.path

    def done(self):
        if self.file:
            self.file.folder.cleanup()
        self.file = None

    def measure(self, contender, share):
        """Of the sender from its start, since it is its program that reads the file; of the receiver once it listens."""
        at, from_there = processors()
        size = max(LEAST, int(self.size * share))
        path = self.file_of(size)
        server = Server(contender, at)
        with contextlib.ExitStack() as stack:
            stack.callback(server.kill)
            begun = os.times().elapsed
            sender = subprocess.Popen(with_port(contender.send, server.port), stdin=stack.enter_context(open(path, "rb")),
                                      stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, preexec_fn=pinned(from_there))
            stack.callback(sender.stderr.close)
            _, status, used = os.wait4(sender.pid, 0)
            sender.returncode = os.waitstatus_to_exitcode(status)
            if sender.returncode != 0:
                raise RuntimeError(f"what {contender.name} sends with ended with {sender.returncode}")
            received = server.wait()
            if server.process.returncode != 0:
                raise RuntimeError(f"{contender.name} ended with {server.process.returncode}")
            gigabytes = size / GIGABYTE
            return Result((used_by(used) + received) / gigabytes, size / 1e6 / (os.times().elapsed - begun))

    def why_not_started(self, contender):
        try:
            self.measure(contender, 0)
        except (RuntimeError, FileNotFoundError) as failure:
            return str(failure)
        finally:
            self.done()
        return None
