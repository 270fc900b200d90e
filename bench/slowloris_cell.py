"""Ten thousand who say a byte now and then: what others wait for their answer meanwhile, and when those are cut."""
import contextlib
import dataclasses
import gc
import json
import os
import socket
import ssl
import statistics
import subprocess
import tempfile
import time

from cell import Cell, Result
from contenders import Contender, in_c
from measuring import AHOY, GUARD, Server, pinned, processors

LOAD = in_c("hostile_load", "callers that do harm")
PAUSE = 10  # seconds between two bytes
LIMIT = 15  # of --message-timeout, --handshake-timeout
BLOCKS, PROBES = 10, 300  # lines in each of so many blocks, whose own p99s are taken
BETWEEN = 0.002  # seconds
TALK = ["--handler", "talk", "--framing", "line"]
PLAIN = [AHOY, "listen", "tcp://127.0.0.1:0", *TALK, "--message-timeout", f"{LIMIT}s"]
SECURE = [AHOY, "listen", "tls://127.0.0.1:0", *TALK, "--handshake-timeout", f"{LIMIT}s"]
A_HELLO = "1603010200010001fc0303"  # its beginning


def alone_and_beside(start, many):
    return [Contender("nobody else", start), Contender(many, start)]


def secured(plain):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE  # its key was made a moment ago
    return context.wrap_socket(plain)


@dataclasses.dataclass
class SlowlorisCell(Cell):
    many: int
    head: str = ""  # of what the slow ones say
    is_secure: bool = False

    cost_head = "p99, µs"
    cost_form = ".0f"
    aside_head = "the last one cut after, s"
    aside_form = ".1f"
    calls_head = ""
    most_rounds = 3
    programs = (LOAD,)

    def about(self):
        deadline = "a handshake may" if self.is_secure else "a message may"
        return (f"{self.many} callers say a byte each {PAUSE} s, and {deadline} take {LIMIT} s. Another one says a line each {BETWEEN * 1000:.0f} ms: "
                f"how long it takes until it is written; the median of {BLOCKS} p99s, each of {PROBES} lines. The slow ones are cut that long after their first byte.")

    def measure(self, contender, share):
        at, from_there = processors()
        beside = contender is not self.contenders[0]
        with contextlib.ExitStack() as stack:
            os.environ["XDG_CONFIG_HOME"] = stack.enter_context(tempfile.TemporaryDirectory())  # for the server's key
            server = Server(contender, at, stdout=subprocess.PIPE)
            stack.callback(server.kill)
            caller = stack.enter_context(socket.create_connection(("127.0.0.1", server.port), GUARD))
            if self.is_secure:
                caller = stack.enter_context(secured(caller))
            stack.callback(os.sched_setaffinity, 0, os.sched_getaffinity(0))
            os.sched_setaffinity(0, {from_there})  # we are the load, too
            load = self.begin(stack, server, share, from_there) if beside else None
            p99s = [probe(caller, server.process.stdout)[PROBES * 99 // 100] for _ in range(BLOCKS)]
            return Result(statistics.median(p99s), self.last_cut(load) if beside else 0)

    def begin(self, stack, server, share, processor):
        words = [*LOAD.start, "drip", server.port, int(self.many * share), PAUSE * 1000, self.head]
        load = subprocess.Popen([str(word) for word in words], stdout=subprocess.PIPE, text=True, preexec_fn=pinned(processor))
        stack.callback(load.wait)
        stack.callback(load.kill)
        if load.stdout.readline() != "ready\n":
            raise RuntimeError("the slow callers were not let in")
        return load

    def last_cut(self, load):
        told = json.loads(load.communicate(timeout=GUARD)[0])
        if told["here"]:
            raise RuntimeError(f"not all were cut: {told}")
        return told["last"]


def probe(caller, shown):
    """Seconds from each line that is said until it is written."""
    gc.disable()
    latencies = []
    for number in range(PROBES):
        line = b"probe %d" % number
        begun = time.perf_counter()
        caller.sendall(line + b"\n")
        while not shown.readline().endswith(b"] " + line + b"\n"):
            pass
        latencies.append(time.perf_counter() - begun)
        time.sleep(BETWEEN)
    gc.enable()
    return sorted(latencies)
