"""Connections that are held: what the server's memory grows by for each, once it was used."""
import contextlib
import dataclasses
import pathlib
import re
import resource
import socket
import struct

from cell import Cell, Result
from measuring import GUARD, Server, processors

FEW = 2_000  # as many as a server may have buffers, each of which is used once before one is used again
SPARE = 100  # descriptors
RESET = struct.pack("ii", 1, 0)  # no port of ours is to be kept for a minute (SO_LINGER, socket(7))
MESSAGE = b"x" * 64


def pss_of(pid):
    """Bytes of a process, of what it shares its part: proc(5)."""
    text = pathlib.Path(f"/proc/{pid}/smaps_rollup").read_text()
    return 1024 * int(re.search(r"(?m)^Pss: +(\d+) kB$", text)[1])


def descriptors():
    """How many a process may have: getrlimit(2)."""
    return resource.getrlimit(resource.RLIMIT_NOFILE)[1]


def held(stack, port):
    """A connection that made one exchange, so that the server has taken and used whatever it takes for each."""
    made = stack.enter_context(socket.create_connection(("127.0.0.1", port), GUARD))
    made.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
    made.sendall(MESSAGE)
    if made.recv(len(MESSAGE), socket.MSG_WAITALL) != MESSAGE:
        raise RuntimeError("what came back is not what was sent")


@dataclasses.dataclass
class MemoryCell(Cell):
    """We hold them, so that neither we nor the server may have more descriptors than a process may."""
    most: int

    cost_head = "bytes each"
    cost_scale = 1
    cost_form = ".0f"
    aside_head = "held"
    calls_head = ""
    most_rounds = 3
    with_noise = False

    def about(self):
        return (f"Growth of PSS from {FEW} connections to all, by their number; each made one exchange of {len(MESSAGE)} B before. "
                "What the kernel takes for its sockets and rings is not in it.")

    def measure(self, contender, share):
        server = Server(contender, processors()[0])
        many = min(max(2 * FEW, int(self.most * share)), descriptors() - SPARE)
        with contextlib.ExitStack() as stack:
            stack.callback(server.kill)
            for _ in range(FEW):
                held(stack, server.port)
            before = pss_of(server.pid)
            for _ in range(many - FEW):
                held(stack, server.port)
            return Result((pss_of(server.pid) - before) / (many - FEW), many)
