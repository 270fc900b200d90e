"""Has each call of the command that may fail, fail once, and sees what becomes of the conversation.

`tests/faults/faults.cpp`, loaded into the command, counts calls and has one fail. A *point* is one such failure: of a scenario,
of the kind of call (kinds are counted apart), the how manieth, and with which errno. A run in which nothing fails tells which points
there are, and how a good end looks; then each point is a run of its own, with a peer of ours that knows what arrived.
"""
import concurrent.futures
import contextlib
import ctypes
import functools
import json
import mmap
import os
import pathlib
import re
import select
import signal
import socket
import ssl
import struct
import subprocess
import sys
import tempfile
import threading
import time
import typing

AHOY = os.environ.get("AHOY", "build/ahoy")
LIBRARY = pathlib.Path(os.environ.get("AHOY_BUILD", "build")) / "tests" / "faults.so"
KINDS = ("system", "memory", "tls")
HEAD = struct.Struct("=IIII4IIIQII")  # of `record` in faults/shared.hpp
MOST_CALLS = 60_000
PATIENCE = 2  # seconds from the failure, or from the last that its peers did, to the end; more is a hang
GUARD = 30  # seconds: after these a run is ended by force, and has failed
SHORTENED = -1  # in a row's outcomes


class Row(typing.NamedTuple):
    name: str
    kind: int
    outcomes: tuple


@functools.cache
def rows():
    """The table in faults.cpp."""
    library = ctypes.CDLL(str(LIBRARY))
    library.faults_row.restype = ctypes.c_char_p
    found = []
    while True:
        kind, outcomes = ctypes.c_uint(), (ctypes.c_int * 5)()
        name = library.faults_row(len(found), ctypes.byref(kind), outcomes)
        if name is None:
            return found
        found.append(Row(name.decode(), kind.value, tuple(outcome for outcome in outcomes if outcome)))


class Point(typing.NamedTuple):
    scenario: str
    kind: int
    call: int
    how: int
    row: int  # that it was in the run without a failure

    def __str__(self):
        outcome = rows()[self.row].outcomes[self.how]
        word = "shortened" if outcome == SHORTENED else os.strerror(outcome) if outcome > 0 else f"EAI {outcome}"
        return f"{self.scenario}:{KINDS[self.kind]}:{self.call}:{self.how} ({rows()[self.row].name}: {word})"

    @property
    def name(self):
        return f"{self.scenario}:{KINDS[self.kind]}:{self.call}:{self.how}"


class Record:
    """The file that a run shares with the command."""

    def __init__(self, folder, point, armed):
        self.path = folder / "faults"
        with open(self.path, "wb+") as file:
            file.truncate(HEAD.size + MOST_CALLS * len(KINDS))
            self.map = mmap.mmap(file.fileno(), 0)
        kind, call, how = (point.kind, point.call, point.how) if point else (0, 0, 0)
        struct.pack_into("=IIII", self.map, 0, kind, call, how, armed)

    def arm(self):
        struct.pack_into("=I", self.map, 12, 1)

    def fail_all(self, kind):
        """From now on, until disarm()."""
        struct.pack_into("=IIII", self.map, 0, KINDS.index(kind), 1, 0, 2)

    def disarm(self):
        struct.pack_into("=I", self.map, 12, 0)

    def head(self):
        return HEAD.unpack_from(self.map)

    def counted(self):
        return self.head()[4:7]

    def failed_row(self):
        """What failed; None while nothing has."""
        row = self.head()[8]
        return row - 1 if row else None

    def failed_at(self):
        return self.head()[10] / 1e9

    def left_open(self):
        return self.head()[11]

    def calls(self, kind):
        begin = HEAD.size + kind * MOST_CALLS
        return self.map[begin:begin + min(self.counted()[kind], MOST_CALLS)]


class Good(typing.NamedTuple):
    """How a run ends in which nothing fails."""
    left_open: int
    files: frozenset
    descriptors: int
    calls: tuple


class Run:
    """The command in a folder of its own, and what was seen of it."""

    def __init__(self, scenario, point, good):
        self.scenario, self.point, self.good = scenario, point, good
        self.complaints = []
        self.out, self.err = bytearray(), bytearray()
        self.status = None
        self.last_act = 0.0
        self.slow = 0.0
        self.descriptors = 0

    def __enter__(self):
        self.temporary = tempfile.TemporaryDirectory(prefix="ahoy-faults-")
        self.folder = pathlib.Path(self.temporary.name)
        self.home = self.folder / "home"
        self.home.mkdir()
        self.record = Record(self.folder, self.point, not self.scenario.listens)
        return self

    def __exit__(self, *unused):
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self.process.pid, signal.SIGKILL)
        for pipe in (self.process.stdin, self.process.stdout, self.process.stderr):
            if pipe:
                with contextlib.suppress(OSError):
                    pipe.close()
        self.temporary.cleanup()

    def complain(self, words):
        self.complaints.append(words)

    def act(self):
        """The peer did something, from which on the command has to do its part."""
        self.last_act = time.monotonic()

    def start(self, words, given=None):
        kept = {name: os.environ[name] for name in ("PATH", "ASAN_OPTIONS", "UBSAN_OPTIONS") if name in os.environ}
        rings = {"AHOY_FAULTS_RINGS": "1"} if self.scenario.rings else {}
        names = {"LD_PRELOAD": str(LIBRARY.resolve()), "AHOY_FAULTS": str(self.record.path), "HOME": str(self.home),
                 "XDG_CONFIG_HOME": str(self.home), "TMPDIR": str(self.home)}
        self.process = subprocess.Popen([AHOY, *map(str, words)], stdin=subprocess.PIPE if given is not None else subprocess.DEVNULL,
                                        stdout=subprocess.PIPE, stderr=subprocess.PIPE, bufsize=0, env=kept | rings | names, cwd=self.home,
                                        start_new_session=True)
        self.started = time.monotonic()
        self.act()
        self.pipes = {self.process.stdout.fileno(): self.out, self.process.stderr.fileno(): self.err}
        if given is not None:
            with contextlib.suppress(BrokenPipeError):
                self.process.stdin.write(given)
            self.process.stdin.close()

    def read(self, limit):
        """Some of what it writes; false once it writes no more, or after `limit` seconds."""
        ready, _, _ = select.select(list(self.pipes), [], [], max(limit, 0))
        for pipe in ready:
            piece = os.read(pipe, 1 << 16)
            self.pipes[pipe] += piece
            if not piece:
                del self.pipes[pipe]
        return bool(ready)

    def until(self, condition):
        """Whether that became true before its output ended."""
        due = time.monotonic() + GUARD
        while not condition() and self.pipes and time.monotonic() < due:
            self.read(0.5)
        return bool(condition())

    def end(self):
        """Waits for its end and for that of its output, which those of its children hold who are left."""
        process = os.pidfd_open(self.process.pid)
        due = self.started + GUARD
        try:
            while True:
                ready, _, _ = select.select([process, *self.pipes], [], [], max(due - time.monotonic(), 0))
                if process in ready:
                    break
                if not ready:
                    self.complain(f"did not end within {GUARD} s")
                    return
                self.read(0)
        finally:
            os.close(process)
        ended = time.monotonic()
        self.status = self.process.wait()
        since = max(self.last_act, self.record.failed_at() if self.record.failed_row() is not None else 0)
        self.slow = max(self.slow, ended - since)
        due = time.monotonic() + 5
        while self.pipes and time.monotonic() < due:
            self.read(due - time.monotonic())
        if self.pipes:
            self.complain("left a process behind that holds its output")

    def until_idle(self):
        """It says that it listens before all else that it begins with is there, which is no caller's concern."""
        before, due = None, time.monotonic() + 5
        with contextlib.suppress(FileNotFoundError):
            while time.monotonic() < due:
                status = pathlib.Path(f"/proc/{self.process.pid}/status").read_text()
                now = re.findall(r"^(?:State:\s+S|\w*ctxt_switches:.*)", status, re.M)
                if now == before and len(now) == 3:
                    return
                before = now
                time.sleep(0.01)

    def processor_time(self):
        """In seconds, of all threads of all its processes, which are a session of their own."""
        ticks = 0
        for stat in pathlib.Path("/proc").glob("[0-9]*/stat"):
            with contextlib.suppress(FileNotFoundError, ProcessLookupError):
                fields = stat.read_text().rpartition(")")[2].split()
                ticks += int(fields[11]) + int(fields[12]) if int(fields[3]) == self.process.pid else 0
        return ticks / os.sysconf("SC_CLK_TCK")

    def count_descriptors(self):
        return len(os.listdir(f"/proc/{self.process.pid}/fd"))

    def settle(self):
        """After the last caller it has no more than it had in the good run."""
        most = self.good.descriptors if self.good else None
        due = time.monotonic() + (PATIENCE + 3 if most is not None else 0.3)
        with contextlib.suppress(FileNotFoundError):
            while True:
                self.descriptors = self.count_descriptors()
                if (most is not None and self.descriptors <= most) or time.monotonic() > due:
                    break
                time.sleep(0.01)
        if most is not None and self.descriptors > most:
            self.complain(f"holds {self.descriptors} descriptors after its callers left, {most} without a failure")

    def files(self):
        return frozenset(str(path.relative_to(self.home)) for path in self.home.rglob("*"))

    def error_line(self):
        """The line that says what failed; empty if there is none."""
        found = re.search(r"^ahoy: .*$", self.err.decode(errors="replace"), re.M)
        return found[0] if found else ""

    def judge(self):
        """What holds of every run, whatever failed."""
        text = self.err.decode(errors="replace")
        if self.status is None:
            return
        failed = self.record.failed_row()
        name = rows()[failed].name if failed is not None else ""
        closed_output = name in ("write", "writev") and self.status == -signal.SIGPIPE
        if self.status < 0 and not closed_output:
            self.complain(f"ended by signal {-self.status}")
        elif self.status > 0 and not self.error_line() and not self.could_not_speak(name):
            self.complain(f"status {self.status} without a word")
        for bad in ("terminate called", "std::", "what():", "Sanitizer", "runtime error", "Assertion", "a fault of ours", "ad file descriptor"):
            if bad in text:
                self.complain(f"said {bad!r}")
        if self.good:
            if self.status >= 0 and self.record.left_open() > self.good.left_open + self.scenario.looks_up:
                self.complain(f"{self.record.left_open()} descriptors open at the end, {self.good.left_open} without a failure")
            surplus = self.files() - self.good.files
            if name == "stat":
                surplus -= {"socket"}  # whose it is could not be asked
            if surplus:
                self.complain(f"left {sorted(surplus)}")

    def could_not_speak(self, name):
        """What failed was to write, perhaps of these very words."""
        return name in ("write", "writev")


class Peer:
    """A server of ours in a thread; `behave` gets each connection and the list of what arrived."""

    def __init__(self, run, behave, family=socket.AF_INET, kind=socket.SOCK_STREAM, path=None):
        self.run, self.behave = run, behave
        self.socket = socket.socket(family, kind)
        self.socket.bind(str(path) if path else ("127.0.0.1", 0))
        self.arrived = []  # of each conversation that ended as it should, all that it said
        self.conversations = 0
        if kind == socket.SOCK_STREAM:
            self.socket.listen()
        self.port = None if path else self.socket.getsockname()[1]
        self.until_stopped, self.stop = socket.socketpair()
        self.thread = threading.Thread(target=self.serve if kind == socket.SOCK_STREAM else self.answer, daemon=True)

    def has_more(self):
        """Who was acknowledged by the system, and is gone, may still wait here: it is served before the stop is heard."""
        return self.socket in select.select([self.socket, self.until_stopped], [], [])[0]

    def serve(self):
        while self.has_more():
            peer, _ = self.socket.accept()
            peer.settimeout(GUARD)
            self.conversations += 1
            with peer, contextlib.suppress(OSError, ssl.SSLError):
                self.behave(self, peer)
            self.run.act()

    def answer(self):
        while self.has_more():
            said, who = self.socket.recvfrom(1 << 16)
            self.arrived.append(said)
            with contextlib.suppress(OSError):
                self.socket.sendto(b"reply to " + said, who)
            self.run.act()

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *unused):
        self.stop.close()
        self.thread.join(GUARD)
        self.socket.close()
        self.until_stopped.close()


def all_of(peer):
    parts = []
    while piece := peer.recv(1 << 16):
        parts.append(piece)
    return b"".join(parts)


def reply_at_the_end(server, peer):
    said = all_of(peer)
    server.arrived.append(said)
    peer.sendall(b"reply to " + said[:20])


def reply_by_tls(server, peer):
    with server_context().wrap_socket(peer, server_side=True) as secure:
        said = b""
        with contextlib.suppress(ssl.SSLEOFError):
            while piece := secure.recv(1 << 16):
                said += piece
            server.arrived.append(said)
        secure.sendall(b"reply to " + said[:20])
        secure.unwrap()


def echo(server, peer):
    while piece := peer.recv(1 << 16):
        peer.sendall(piece)


BODY = b"what was asked for\n" * 200


def answer_http(server, peer):
    asked = b""
    while b"\r\n\r\n" not in asked and (piece := peer.recv(1 << 16)):
        asked += piece
    peer.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\nConnection: close\r\n\r\n" % len(BODY) + BODY)
    server.arrived.append(asked)


@functools.cache
def server_context():
    from servers.certificates import certificates
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificates().good.file, certificates().good.key)
    return context


@functools.cache
def client_context():
    from servers.certificates import certificates
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.load_verify_locations(certificates().good.file)
    return context


class Scenario:
    listens = False
    rings = False
    looks_up = 0  # the thread that does holds so many descriptors, its own and glibc's, and is not waited for

    def __init__(self, name, *words, **more):
        self.name, self.words = name, words
        for key, value in more.items():
            setattr(self, key, value)


class Client(Scenario):
    """A verb that talks to a peer of ours. `truth` is what shall arrive, `answer` what shall be written."""
    behave = staticmethod(reply_at_the_end)
    family = socket.AF_INET
    kind = socket.SOCK_STREAM
    scheme = "tcp"
    truth = b"one\ntwo\n"
    given = None
    place = ""
    verb = "send"
    looks_up = 2
    reply_counts = True  # for status 0

    def play(self, run):
        path = run.folder / "socket" if self.family == socket.AF_UNIX else None
        with Peer(run, self.behave, self.family, self.kind, path) as peer:
            url = f"unix://{path}" if path else f"{self.scheme}://localhost:{peer.port}{self.place}"
            run.start([self.verb, url, *(word() if callable(word) else word for word in self.words)], self.given)
            run.end()
        self.check(run, peer)

    @property
    def answer(self):
        return b"reply to " + self.truth[:20]

    def check(self, run, peer):
        if not self.answer.startswith(bytes(run.out)):
            run.complain(f"wrote {bytes(run.out)!r}")
        if run.status == 0 and ((self.reply_counts and bytes(run.out) != self.answer) or (self.truth is not None and self.truth not in peer.arrived)):
            run.complain(f"status 0, though {peer.arrived!r} arrived and {bytes(run.out)!r} was written")


class Datagrams(Client):
    kind = socket.SOCK_DGRAM
    scheme = "udp"
    truth = b"one"


class Bench(Client):
    behave = staticmethod(echo)
    verb = "bench"

    def check(self, run, peer):
        if run.status == 0:
            try:
                if json.loads(run.out.decode())["exchanges"] < 20:
                    raise ValueError
            except (ValueError, KeyError):
                run.complain(f"status 0 with {bytes(run.out)!r}")


class Fetch(Client):
    behave = staticmethod(answer_http)
    scheme = "http"
    verb = "fetch"
    place = "/page"
    truth = None
    answer = BODY


class Call(Client):
    verb = "call"
    given = b"one\ntwo\n"


BUSY = b"busy\n"
# What it may give up for, though it has begun to listen: its own input, and to wait for its own descriptors.
FATAL = {"read": r"ahoy: read from standard input: ", "epoll_ctl": r"ahoy: (wait for a descriptor|watch for the end): "}


class Listen(Scenario):
    """Three callers, one after another; whoever comes after the failure must be served."""
    listens = True
    said = b"hello\n"
    scheme = "tcp"
    handler = "echo"
    callers = 3
    from_start = False

    def play(self, run):
        if self.from_start:
            run.record.arm()
        where = f"unix://{run.home}/socket" if self.scheme == "unix" else f"{self.scheme}://127.0.0.1:0"
        run.start(["listen", where, *(("--handler", self.handler) if self.handler else ()),
                   *(word() if callable(word) else word for word in self.words)])
        if run.until(lambda: re.search(rb"listening on \S+ \(.*\n", run.err)):
            run.until_idle()
            run.record.arm()
            self.talk(run)
        run.end()
        self.check(run)

    def talk(self, run):
        for number in range(self.callers):
            failed_before = run.record.failed_row() is not None
            came = self.visit(run, number)
            run.act()
            truth = self.expected(number)
            if came == BUSY and not failed_before and run.record.failed_row() is not None:
                continue  # told so, who met the failure
            if came == b"" and failed_before:
                self.await_end(run)  # it may be about to give up
            if came is None or not truth.startswith(came):
                if came is not None or failed_before:
                    run.complain(f"caller {number + 1} got {came!r}")
            elif came != truth and failed_before:
                if not self.is_gone(run):
                    run.complain(f"caller {number + 1}, who came after the failure, got {came!r}")
            if self.is_gone(run):
                break
        if not self.is_gone(run):
            run.settle()
            run.record.disarm()
            os.kill(run.process.pid, signal.SIGTERM)
            run.act()

    def await_end(self, run):
        due = time.monotonic() + 0.5
        while not self.is_gone(run) and time.monotonic() < due:
            time.sleep(0.01)

    @staticmethod
    def is_gone(run):
        run.read(0)
        with contextlib.suppress(ChildProcessError):
            found = os.waitid(os.P_PID, run.process.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT)
            return found is not None
        return True

    def expected(self, number):
        return self.said

    def is_reachable(self, run):
        return self.scheme == "unix" or re.search(rb"listening on \S+:\d+ ", run.err)

    def connect(self, run):
        if self.scheme == "unix":
            peer = socket.socket(socket.AF_UNIX)
            peer.settimeout(GUARD)
            peer.connect(f"{run.home}/socket")
            return peer
        found = re.search(rb"listening on \S+:(\d+) ", run.err)
        if not found:
            raise OSError("it does not say where it listens")
        port = int(found[1])
        peer = socket.create_connection(("127.0.0.1", port), GUARD)
        return client_context().wrap_socket(peer, server_hostname="localhost") if self.scheme == "tls" else peer

    def visit(self, run, number):
        """What the caller got, until its end or a reset; None where it waited in vain."""
        came = b""
        begun = time.monotonic()
        try:
            with self.connect(run) as peer:
                peer.settimeout(PATIENCE + 3)
                peer.sendall(self.said)
                if self.scheme != "tls":
                    peer.shutdown(socket.SHUT_WR)
                while (self.scheme != "tls" or len(came) < len(self.said)) and (piece := peer.recv(1 << 16)):
                    came += piece
        except TimeoutError:
            run.slow = max(run.slow, time.monotonic() - begun)
            return None
        except OSError:
            pass
        took = time.monotonic() - max(begun, run.record.failed_at() if run.record.failed_row() is not None else 0)
        run.slow = max(run.slow, took)
        return came

    def check(self, run):
        if run.record.failed_row() is None:
            if run.status != 0:
                run.complain(f"status {run.status}")
        elif run.status not in (0, None):
            self.check_fatal(run)

    def check_fatal(self, run):
        """It gave up. While it begins it may; for one caller's sake it may not."""
        failed = rows()[run.record.failed_row()].name
        is_its_own = failed in FATAL and re.match(FATAL[failed], run.error_line()) and run.err.count(b"left: ") < 2
        if b"listening on" in run.err and not is_its_own:
            run.complain(f"gave up: status {run.status}, {run.error_line()!r}")


class Once(Listen):
    """One caller to the end: what it said is written, what we said it has got, or the status says otherwise."""
    callers = 1
    handler = None
    given = b"reply\n"
    from_start = True

    def play(self, run):
        where = f"unix://{run.home}/socket" if self.scheme == "unix" else f"{self.scheme}://127.0.0.1:0"
        run.record.arm()
        run.start(["listen", where, "--once", *(word() if callable(word) else word for word in self.words)], self.given)
        came = b""
        if run.until(lambda: re.search(rb"(listening on |to call it:).*\n", run.err)):
            if self.is_reachable(run):
                came = self.visit(run, 0)
            else:  # its name could not be asked for, or not be said
                os.kill(run.process.pid, signal.SIGTERM)
            run.act()
        run.end()
        text = bytes(run.out)
        if text and not re.fullmatch(rb"\[\S+\] hello\n", text) and not re.match(rb"(\[(\S+(\] (h(e(l(lo?)?)?)?)?)?)?)?$", text):
            run.complain(f"wrote {text!r}")
        is_refused = came == BUSY and run.status == 1
        if came and not self.given.startswith(came) and not is_refused:
            run.complain(f"the caller got {came!r}")
        if run.status == 0 and not text.endswith(b"] hello\n") and b"left: " not in run.err and self.is_reachable(run):
            run.complain(f"status 0, though {text!r} was written")


class Talk(Listen):
    """What callers say is written. Whoever comes after the failure must be heard."""
    handler = "talk"

    def visit(self, run, number):
        before = len(run.out)
        came = super().visit(run, number)
        if came != b"":
            return came
        due = time.monotonic() + 0.5
        while b"] hello\n" not in run.out[before:] and run.pipes and time.monotonic() < due:
            run.read(0.05)
        return b"hello\n" if b"] hello\n" in run.out[before:] else b""

    def check_fatal(self, run):
        """But for output that cannot be written."""
        if rows()[run.record.failed_row()].name != "write" or run.status not in (23, -signal.SIGPIPE):
            super().check_fatal(run)


def own_certificate():
    from servers.certificates import certificates
    return str(certificates().good.file)


def own_key():
    from servers.certificates import certificates
    return str(certificates().good.key)


TLS_SERVER = ("--cert", own_certificate, "--key", own_key)
TLS_CLIENT = ("--cacert", own_certificate)

SCENARIOS = {each.name: each for each in (
    Client("send-tcp", "one", "two"),
    Client("send-piped", given=b"one\ntwo\n"),
    Client("send-acked", "one", "two", "--confirm", "acked", reply_counts=False),
    Client("send-unix", "one", "two", family=socket.AF_UNIX),
    Datagrams("send-udp", "one"),
    Client("send-tls", "one", "two", *TLS_CLIENT, scheme="tls", behave=staticmethod(reply_by_tls)),
    Call("call-tcp"),
    Call("call-unix", family=socket.AF_UNIX),
    Call("call-tls", *TLS_CLIENT, scheme="tls", behave=staticmethod(reply_by_tls)),
    Fetch("fetch-http"),
    Bench("bench", "--connections", "2", "--count", "20", "--size", "16", "--json"),
    Once("once-talk"),
    Once("once-unix", scheme="unix"),
    Once("once-process", "--model", "process"),
    Once("once-thread", "--model", "thread"),
    Once("once-uring", "--engine", "uring", rings=True),
    Listen("echo-event"),
    Listen("echo-uring", "--engine", "uring", rings=True),
    Listen("echo-iterative", "--model", "iterative"),
    Listen("echo-thread", "--model", "thread"),
    Listen("echo-process", "--model", "process"),
    Listen("echo-pool", "--model", "thread", "--workers", "2"),
    Listen("echo-prefork", "--model", "process", "--workers", "2"),
    Listen("echo-loops", "--workers", "2"),
    Listen("echo-unix", scheme="unix"),
    Listen("exec", "--exec", "cat", handler=None),
    Talk("talk-event"),
    Talk("relay-event", handler="relay"),
    Listen("echo-tls", *TLS_SERVER, scheme="tls"),
    Listen("echo-tls-process", "--model", "process", *TLS_SERVER, scheme="tls"),
)}


def play(scenario, point=None, good=None):
    """One run; what was seen of it."""
    with Run(scenario, point, good) as run:
        scenario.play(run)
        if run.status is None and not run.complaints:
            run.complain("its end was not seen")
        run.judge()
        run.failed_row = run.record.failed_row()
        run.calls = tuple(run.record.calls(kind) for kind in range(len(KINDS)))
        run.left_open = run.record.left_open()
        run.kept_files = run.files()
        return run


@functools.cache
def good_run(name):
    """How it is without a failure, and the most descriptors of some runs: a thread may still hold one, or not any more."""
    runs = [play(SCENARIOS[name]) for _ in range(3)]
    for run in runs:
        if run.status != 0 or run.complaints:
            raise AssertionError(f"{name}, in which nothing fails, ended with {run.status}: {run.complaints}, {bytes(run.out)!r}, {run.err.decode()}")
    return Good(max(run.left_open for run in runs), runs[0].kept_files, max(run.descriptors for run in runs), runs[0].calls)


def points_of(name):
    return [Point(name, kind, number, how, row) for kind, calls in enumerate(good_run(name).calls)
            for number, row in enumerate(calls, 1) for how in range(len(rows()[row].outcomes))]


@contextlib.contextmanager
def starving(run):
    """All memory is gone; what it does while nothing can be done should be nothing."""
    run.until_idle()
    run.record.fail_all("memory")
    before = run.processor_time()
    yield
    time.sleep(1)
    used = run.processor_time() - before
    run.record.disarm()
    if used > 0.5:
        run.complain(f"took {used:.2f} s of a second's processor time")


@contextlib.contextmanager
def listening(scheme, words, complaints):
    """A run of `listen` in which nothing fails yet, and its port; it is told to end, and has to."""
    scenario = Listen("starved", scheme=scheme)
    with Run(scenario, None, None) as run:
        run.record.disarm()
        run.start(["listen", f"{scheme}://127.0.0.1:0", "--handler", "echo", *(word() if callable(word) else word for word in words)])
        run.until(lambda: re.search(rb"listening on \S+:\d+ \(.*\n", run.err))
        yield run, scenario, int(re.search(rb"listening on \S+:(\d+) ", run.err)[1])
        os.kill(run.process.pid, signal.SIGTERM)
        run.act()
        run.end()
        complaints += run.complaints if run.status == 0 else [*run.complaints, f"status {run.status}: {run.err.decode()}"]


def starve(scheme, *words):
    """Memory runs out while a caller is here and another comes; complaints."""
    complaints = []
    with listening(scheme, words, complaints) as (run, scenario, port):
        with scenario.connect(run) as here, contextlib.ExitStack() as late:
            here.sendall(b"x")
            here.recv(1)
            with starving(run):
                late.enter_context(socket.create_connection(("127.0.0.1", port), GUARD)).sendall(b"y")
                here.close()
        came = scenario.visit(run, 0)
        if came != scenario.said:
            run.complain(f"who came when there was memory again got {came!r}")
    return complaints


def starve_datagrams(*words):
    """The same of datagrams, which may be lost."""
    complaints = []
    with listening("udp", words, complaints) as (run, _, port), contextlib.ExitStack() as here:
        def said(text):
            peer = here.enter_context(socket.socket(socket.AF_INET, socket.SOCK_DGRAM))
            peer.settimeout(PATIENCE)
            peer.connect(("127.0.0.1", port))
            peer.send(text)
            return peer
        first = said(b"x")
        first.recv(1)
        with starving(run):
            for _ in range(5):
                said(b"y")
            first.send(b"z")
        with contextlib.suppress(OSError):  # TimeoutError, too
            if said(b"hello").recv(9) == b"hello":
                return complaints
        run.complain("who came when there was memory again got no answer")
    return complaints


def parse(text):
    name, kind, call, how = text.split(":")
    kind, call = KINDS.index(kind), int(call)
    calls = good_run(name).calls[kind]
    return Point(name, kind, call, int(how), calls[call - 1])


def try_point(point):
    """Complaints about it, as text; and whether anything failed in it (calls are not as many each time)."""
    run = play(SCENARIOS[point.scenario], point, good_run(point.scenario))
    for _ in range(2):  # was it the machine, or what is there only now and then?
        if run.slow <= PATIENCE and not run.complaints:
            break
        if any(not re.search(r"took|within|got None|descriptors", words) for words in run.complaints):
            break  # not of the kind that goes by
        again = play(SCENARIOS[point.scenario], point, good_run(point.scenario))
        if min(run.slow, again.slow) > PATIENCE:
            again.complain(f"took {min(run.slow, again.slow):.1f} s")
        run = again
    if not run.complaints:
        return None, run.failed_row is not None
    happened = rows()[run.failed_row].name if run.failed_row is not None else "nothing"
    return (f"{point}, {happened} failed: {'; '.join(run.complaints)}; status {run.status}, out {bytes(run.out)[-300:]!r}, "
            f"err {bytes(run.err)[-600:].decode(errors='replace')!r}"), True


def spread(points, most):
    """So many of them, evenly."""
    return points if len(points) <= most else [points[index * len(points) // most] for index in range(most)]


def some_points(name, most_calls, most_memory):
    """Of a scenario: allocations are many, and much alike."""
    points = points_of(name)
    memory = [each for each in points if KINDS[each.kind] == "memory"]
    return spread([each for each in points if KINDS[each.kind] != "memory"], most_calls) + spread(memory, most_memory)


def try_all(points, say=print):
    """In how many of the points something failed, and the complaints. Some at once, since all wait most of their time."""
    failed, complaints, begun = 0, [], time.monotonic()
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count() + 1) as pool:
        for number, (words, happened) in enumerate(pool.map(try_point, points), 1):
            failed += happened
            if words:
                complaints.append(words)
                say(words)
            if number % 1000 == 0:
                say(f"{number} of {len(points)} points, {len(complaints)} complaints, {time.monotonic() - begun:.0f} s")
    return failed, complaints


def main(words):
    """script/faults."""
    points = []
    for word in words or SCENARIOS:
        points += [parse(word)] if ":" in word else points_of(word)
    failed, complaints = try_all(points, lambda text: print(text, flush=True))
    print(f"{len(points)} points, in {failed} a call failed; {len(complaints)} complaints")
    return 1 if complaints else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
