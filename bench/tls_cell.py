"""TLS: echoes and handshakes beside others, and what strangers cost who have not shaken hands yet."""
import contextlib
import dataclasses
import shutil
import socket
import ssl
import time

from cell import Cell, Result
from contenders import EPOLL, Contender, in_c
from echo_cell import EchoCell
from measuring import AHOY, BUILT, GUARD, PORT, Server, processors, used_so_far
from memory_cell import RESET, SPARE, descriptors, pss_of

KEY = BUILT / "identity.pem"
BACKEND = "{backend}"  # in the words of a command: the port of a server without TLS
IDENTITY = Contender("a key", [KEY], ["sh", "-c", f"openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj /CN=bench -keyout {KEY}.key "
                                      f"-out {KEY}.crt && cat {KEY}.key {KEY}.crt > {KEY}"])
REFERENCE = in_c("raw_tls", "epoll and OpenSSL, C", "-lssl", "-lcrypto")._replace(start=[BUILT / "raw_tls", KEY])
SOCAT = Contender("socat", ["socat", f"OPENSSL-LISTEN:{PORT},bind=127.0.0.1,fork,backlog=4096,cert={KEY},verify=0", "PIPE"], slow=5)
STUNNEL_SETTINGS = f"foreground = yes\npid =\ndebug = 0\n[bench]\naccept = 127.0.0.1:{PORT}\nconnect = 127.0.0.1:{BACKEND}\ncert = {KEY}\n"
STUNNEL = Contender("stunnel", ["sh", "-c", f"exec stunnel -fd 3 3<<'END'\n{STUNNEL_SETTINGS}END\n"])


def ours(text, *words):
    return Contender(f"ahoy {text}", [AHOY, "listen", "tls://127.0.0.1:0", "--handler", "echo", "--cert", KEY, *words])


OURS = [ours("event, epoll", "--engine", "epoll"), ours("event, io_uring", "--engine", "uring")]
ALL = [REFERENCE, *OURS, STUNNEL, SOCAT]


@dataclasses.dataclass
class TlsEchoCell(EchoCell):
    """All with one key, ECDSA over P-256. The load believes whoever answers."""
    with_calls: bool = False
    scheme: str = "tls"

    programs = (IDENTITY, EPOLL)

    def about(self):
        return "stunnel has a server without TLS behind it, which is not counted."

    def run_load(self, port, count, processor):
        self.load = [*dict.fromkeys([*self.load, "--insecure"])]
        return super().run_load(port, count, processor)

    @contextlib.contextmanager
    def with_backend(self, contender):
        if not any(BACKEND in str(word) for word in contender.start):
            yield contender
            return
        backend = Server(EPOLL, processors()[1])
        try:
            yield contender._replace(start=[str(word).replace(BACKEND, str(backend.port)) for word in contender.start])
        finally:
            backend.kill()

    def measure(self, contender, share):
        with self.with_backend(contender) as whole:
            return super().measure(whole, share)

    def why_not_started(self, contender):
        if contender is STUNNEL and not shutil.which("stunnel"):
            return "stunnel: it is not here"
        with self.with_backend(contender) as whole:
            return super().why_not_started(whole)


def hello():
    """What a caller says first."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    from_server, to_server = ssl.MemoryBIO(), ssl.MemoryBIO()
    session = context.wrap_bio(from_server, to_server, server_hostname="localhost")
    with contextlib.suppress(ssl.SSLWantReadError):
        session.do_handshake()
    return to_server.read()


HELLO = hello()
LONGEST_RECORD = 16640
STAGES = {"says nothing": (b"", False), "has said a byte": (HELLO[:1], False), "in the middle of its hello": (HELLO[:-1], False), "was answered": (HELLO, True),
          "was answered, and is in the middle of the longest record": (HELLO + b"\x17\x03\x03" + LONGEST_RECORD.to_bytes(2, "big") + bytes(LONGEST_RECORD - 1), True)}
FEW = 500


def stranger(stack, port, said, is_answered):
    made = stack.enter_context(socket.create_connection(("127.0.0.1", port), GUARD))
    made.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
    made.sendall(said)
    if is_answered and not made.recv(1):
        raise RuntimeError("it was not answered")


@dataclasses.dataclass
class StrangersCell(Cell):
    """Each of its contenders is a stage at which callers stay."""
    most: int

    cost_head = "bytes each"
    cost_scale = 1
    cost_form = ".0f"
    aside_head = "held"
    calls_head = ""
    most_rounds = 3
    with_noise = False
    programs = (IDENTITY,)

    def about(self):
        return f"Growth of PSS from {FEW} callers to all, by their number, under event and epoll. 65536 is what one may have."

    def measure(self, contender, share):
        server = Server(OURS[0]._replace(start=[*OURS[0].start, "--handshake-timeout", "none"]), processors()[0])
        many = min(max(2 * FEW, int(self.most * share)), descriptors() - SPARE)
        with contextlib.ExitStack() as stack:
            stack.callback(server.kill)
            for _ in range(FEW):
                stranger(stack, server.port, *STAGES[contender.name])
            before = pss_of(server.pid)
            for _ in range(many - FEW):
                stranger(stack, server.port, *STAGES[contender.name])
            return Result((pss_of(server.pid) - before) / (many - FEW), many)

    def why_not_started(self, contender):
        return None


@dataclasses.dataclass
class StalledCell(TlsEchoCell):
    """So many callers shake hands and do not go on; others are served meanwhile."""
    stalled: int = 5_000

    cost_head = "% of a processor"
    cost_scale = 100
    aside_head = "echoes a second, in % of without them"
    calls_head = ""
    most_rounds = 3
    with_noise = False
    programs = (IDENTITY,)
    seconds = 5

    def about(self):
        return f"{self.stalled} callers whose hello was answered, held for {self.seconds} s; then an echo of 64 B goes on with them, and was measured without."

    def rate_of(self, server):
        return self.run_load(server.port, self.count, processors()[1])["rate"]

    def measure(self, contender, share):
        server = Server(contender, processors()[0])
        with contextlib.ExitStack() as stack:
            stack.callback(server.kill)
            without = self.rate_of(server)
            for _ in range(min(self.stalled, descriptors() - SPARE)):
                stranger(stack, server.port, HELLO, True)
            before = used_so_far(server.pid)
            time.sleep(self.seconds)
            spent = used_so_far(server.pid) - before
            return Result(spent / self.seconds, 100 * self.rate_of(server) / without)


ENDLESS = [each._replace(start=[*each.start, "--handshake-timeout", "none"]) for each in OURS]
CELLS = [
    TlsEchoCell("TLS 1.3, echo 64 B, 16 connections", ALL, ["--connections", "16"], 60_000),
    TlsEchoCell("TLS 1.3, echo 256 KiB, 4 connections: bulk", ALL, ["--connections", "4", "--size", "256k"], 2_000),
    TlsEchoCell("TLS 1.3, handshake, exchange, close: 4 at once", ALL, ["connect", "--connections", "4"], 3_000),
    StrangersCell("TLS, memory of a caller that has not shaken hands", [Contender(name, [AHOY]) for name in STAGES], 5_000),
    StalledCell("TLS, 5000 stalled handshakes", [REFERENCE, *ENDLESS], ["--connections", "16"], 20_000),
]
