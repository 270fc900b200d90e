"""Callers that misbehave, and what is said of them. A row of a table is a behaviour:

    Row("resets in mid message", "tcp tls unix", mid_message_reset, "connection reset by peer")

Its body is given a Bad, by which it calls, and is a generator: up to its `yield` it does the harm, then somebody else has to
be served, then it goes on. The last word is what the listener says of its end, a regular expression, or one for each transport.
"""
import contextlib
import os
import random
import re
import select
import socket
import ssl
import struct
import tempfile
import time
import typing

from command import GUARD, SANITIZED
from peers import Caller, label_of
from servers.certificates import certificates

MOST = 4096  # bytes of a message, --max-message
IDLE = 4 if SANITIZED else 1  # seconds: --idle-timeout, --handshake-timeout
MESSAGE_TIME = IDLE + 1  # seconds: --message-timeout
DONE = "$"  # of an ordinary end nothing is said
RESET = ": (connection reset by peer|broken pipe|no TLS was agreed on: it reset the connection instead)"
LATE = ": timed out"
STREAMS = "tcp tls unix"
CLIENT = {"1.2": ssl.TLSVersion.TLSv1_2, "1.3": ssl.TLSVersion.TLSv1_3}


class Row(typing.NamedTuple):
    name: str
    transports: str
    body: typing.Callable
    ends: typing.Any = DONE  # what is said of the end of each of its callers; None: it is never seen
    shown: bytes = None  # on standard output, after the label: regular expression


def tls_context(version="1.3", ciphers=None):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.load_verify_locations(certificates().good.file)
    context.minimum_version = context.maximum_version = CLIENT[version]
    if ciphers:
        context.set_ciphers(ciphers)
    return context


CONTEXTS = {}


def context_of(version):
    if version not in CONTEXTS:
        CONTEXTS[version] = tls_context(version)
    return CONTEXTS[version]


class TlsCaller(Caller):
    """A peer whose TLS is here and whose bytes go by a plain socket, so that it may say anything below."""

    def __init__(self, to, version="1.3", context=None, host=None):
        super().__init__(to, host=host)
        self.incoming, self.outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        self.tls = (context or context_of(version)).wrap_bio(self.incoming, self.outgoing, server_hostname="localhost")

    def hello(self):
        """The records that it begins with."""
        with contextlib.suppress(ssl.SSLWantReadError):
            self.tls.do_handshake()
        return self.outgoing.read()

    def raw(self, data):
        """Below TLS."""
        self.socket.sendall(data)

    def flush(self):
        self.raw(self.outgoing.read())

    def hear(self):
        """More of what comes below; false at the end."""
        piece = self.socket.recv(1 << 16)
        self.incoming.write(piece)
        return bool(piece)

    def shake(self):
        while True:
            try:
                self.tls.do_handshake()
                self.flush()
                return self
            except ssl.SSLWantReadError:
                self.flush()
                if not self.hear():
                    raise ConnectionResetError("the end in the handshake") from None

    def record(self, data):
        """What says this, below."""
        self.tls.write(data)
        return self.outgoing.read()

    def send(self, data):
        self.raw(self.record(data.encode() if isinstance(data, str) else data))

    def receive(self, most=1 << 16):
        while True:
            try:
                piece = self.tls.read(most)
                self.unread += piece
                return piece
            except ssl.SSLWantReadError:
                if not self.hear():
                    return b""
            except ssl.SSLZeroReturnError:
                return b""

    def say_end(self):
        """close_notify."""
        with contextlib.suppress(ssl.SSLError):
            self.tls.unwrap()
        self.flush()

    def end(self):
        self.say_end()
        super().end()


class Bad:
    """One run of a behaviour: whom it calls, and all its callers."""

    def __init__(self, cell):
        self.cell = cell
        self.transport = cell.transport
        self.url = cell.url
        self.callers = []
        self.open = contextlib.ExitStack()

    @property
    def to(self):
        return self.url.removeprefix("unix://") if self.transport == "unix" else int(self.url.rsplit(":", 1)[1])

    def take(self, caller):
        if self.transport == "unix":
            caller.label = f"unix:{next(self.cell.connections)}"  # those of a cell come one after the other
        self.callers.append(caller)
        self.open.callback(caller.close)
        return caller

    def plain(self, **how):
        """Connected, and nothing said: below TLS."""
        family = socket.AF_UNIX if self.transport == "unix" else socket.AF_INET
        return self.take(Caller(self.to, family, **how))

    def tls(self, version="1.3", **how):
        """Connected: its handshake is still to be made."""
        return self.take(TlsCaller(self.to, version, **how))

    def caller(self, version="1.3"):
        """In conversation."""
        return self.tls(version).shake() if self.transport == "tls" else self.plain()

    def few(self, many):
        """As many callers as the model serves at once without others having to wait for them."""
        waits_for_handshakes = self.transport == "tls" and self.cell.way.model == "iterative"
        return many if self.cell.serves_many else 1 if waits_for_handshakes else 2

    def datagrams(self, host="127.0.0.1", port=0):
        return self.take(DatagramCaller(self.to, host, port))


class DatagramCaller:
    """A peer with a datagram socket."""

    def __init__(self, to, host="127.0.0.1", port=0):
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.settimeout(GUARD)
        self.socket.bind((host, port))
        self.socket.connect(("127.0.0.1", to))
        self.label = label_of(self.socket.getsockname())

    def send(self, data):
        self.socket.send(data)

    def close(self):
        self.socket.close()


def until_cut(caller):
    """Hears nothing of what comes, below TLS, until it ends or is reset."""
    with contextlib.suppress(ConnectionResetError, BrokenPipeError):
        while caller.socket.recv(1 << 16):
            pass


def say_until_full(caller, piece=b"x" * 16384):
    """Says as much as goes without hearing any of what is answered."""
    data = caller.record(piece) if isinstance(caller, TlsCaller) else piece
    caller.socket.setblocking(False)
    quiet = 0
    while quiet < 3:
        with contextlib.suppress(BlockingIOError):
            data = data[caller.socket.send(data):]
            quiet = 0
            if not data:
                data = caller.record(piece) if isinstance(caller, TlsCaller) else piece
            continue
        quiet = 0 if select.select([], [caller.socket], [], 0.05)[1] else quiet + 1
    caller.socket.settimeout(GUARD)


def answered(caller, text=b"hello"):
    caller.send(text + b"\n")
    assert caller.line() == text


# --- streams ---

def goes_at_once(bad):
    bad.plain().close()
    yield


def resets_at_once(bad):
    bad.plain().reset()
    yield


def ends_at_once(bad):
    caller = bad.plain()
    caller.socket.shutdown(socket.SHUT_WR)
    until_cut(caller)
    yield


def resets_in_mid_message(bad):
    caller = bad.caller()
    caller.send(b"half")
    yield
    caller.reset()


def resets_after_its_answer(bad):
    caller = bad.caller()
    answered(caller)
    yield
    caller.reset()


def resets_with_its_answer_unread(bad):
    caller = bad.caller()
    caller.send(b"hello\n")
    select.select([caller.socket], [], [])
    yield
    caller.reset()


def closes_with_its_answer_unread(bad):
    caller = bad.caller()
    caller.send(b"hello\n")
    select.select([caller.socket], [], [])
    yield
    caller.close()


def resets_while_we_send(bad):
    caller = bad.caller()
    say_until_full(caller)
    yield
    caller.reset()


def closes_while_we_send(bad):
    caller = bad.caller()
    say_until_full(caller)
    yield
    caller.close()


def ends_its_half(bad):
    caller = bad.caller()
    answered(caller)
    caller.end()
    until_cut(caller)
    yield


def ends_its_half_in_mid_line(bad):
    caller = bad.caller()
    caller.send(b"half")
    caller.end()
    assert bad.transport == "tls" or caller.rest() == b"half"
    until_cut(caller)
    yield


def ends_its_half_and_stays(bad):
    caller = bad.caller()
    answered(caller)
    caller.end()
    yield
    until_cut(caller)


def ends_its_half_while_answers_wait(bad):
    caller = bad.caller()
    say_until_full(caller)
    caller.socket.shutdown(socket.SHUT_WR)
    yield
    time.sleep(IDLE)  # as long as answers may wait
    until_cut(caller)


def says_nothing(bad):
    caller = bad.caller()
    yield
    until_cut(caller)


def says_a_byte(bad):
    caller = bad.caller()
    caller.send(b"x")
    yield
    until_cut(caller)


def takes_nothing(bad):
    caller = bad.caller()
    say_until_full(caller)
    yield
    time.sleep(IDLE)  # what it takes would count as life
    until_cut(caller)


def takes_nothing_through_a_small_window(bad):
    caller = bad.plain(receive_buffer=1024)
    say_until_full(caller)
    yield
    time.sleep(IDLE)
    until_cut(caller)


def closes_its_ear(bad):
    caller = bad.caller()
    answered(caller)
    caller.socket.shutdown(socket.SHUT_RD)
    with contextlib.suppress(BrokenPipeError, ConnectionResetError):
        for _ in range(100):
            caller.send(b"x" * 1000)
    yield
    caller.reset()


def urgent_data(bad):
    caller = bad.caller()
    for _ in range(100):
        caller.socket.send(b"!", socket.MSG_OOB)
        caller.send(b".")
    yield
    caller.end()
    until_cut(caller)


def urgent_data_in_a_record(bad):
    """TLS misses the byte that is urgent, its last one, and takes the next record's first for it."""
    caller = bad.caller()
    caller.socket.send(caller.record(b"."), socket.MSG_OOB)
    caller.send(b".")
    yield
    until_cut(caller)


def urgent_data_alone(bad):
    caller = bad.plain()
    caller.socket.send(b"!", socket.MSG_OOB)
    yield
    until_cut(caller)


def tiny_segments(bad):
    caller = bad.caller()
    if bad.transport != "unix":
        caller.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    for _ in range(1000):
        caller.send(b"x")
        if bad.transport == "unix":
            caller.receive()  # each takes as much of the kernel's memory as a long one
    yield
    caller.send(b"\n")
    assert caller.line() == b"x" * 1000
    caller.end()
    until_cut(caller)


def smallest_segments(bad):
    caller = bad.take(SmallestSegments(bad.to))
    answered(caller, b"x" * 5000)
    yield
    caller.end()
    until_cut(caller)


class SmallestSegments(Caller):
    def __init__(self, to):
        with socket.socket() as made:
            made.setsockopt(socket.IPPROTO_TCP, socket.TCP_MAXSEG, 88)
            made.connect(("127.0.0.1", to))
            self.socket = socket.socket(fileno=made.detach())
        self.socket.settimeout(GUARD)
        self.unread = b""
        self.label = label_of(self.socket.getsockname())


def flood(bad):
    caller = bad.caller()
    piece = random.randbytes(1 << 15)
    for _ in range(64):
        caller.send(piece)
        left = len(piece)
        while left:
            left -= len(caller.receive())
    caller.unread = b""
    yield
    caller.end()
    until_cut(caller)


def flood_without_listening_then_end(bad):
    """Which has to be heard to the end, and answered."""
    caller = bad.caller()
    say_until_full(caller)
    yield
    caller.end()
    until_cut(caller)


def connections_that_go(bad):
    for _ in range(50):
        bad.plain().close()
    yield


def connections_that_reset(bad):
    for _ in range(50):
        bad.plain().reset()
    yield


def connections_that_are_silent(bad):
    callers = [bad.plain() for _ in range(bad.few(30))]
    yield
    for each in callers:
        until_cut(each)


def connections_that_say_half(bad):
    callers = [bad.caller() for _ in range(bad.few(10))]
    for each in callers:
        each.send(b"half")
    yield
    for each in callers:
        each.reset()


def random_bytes(bad):
    caller = bad.caller()
    said = random.randbytes(1 << 16)
    caller.send(said)
    yield
    heard = b""
    while len(heard) < len(said):
        heard += caller.receive()
    assert heard == said
    caller.unread = b""
    caller.end()
    until_cut(caller)


def said_and_ended(data):
    """Says this, and ends."""
    def body(bad):
        caller = bad.caller()
        caller.send(data)
        yield
        caller.end()
        until_cut(caller)
    return body


def said_and_reset(data):
    def body(bad):
        caller = bad.caller()
        caller.send(data)
        bad.cell.out.until(re.escape(data))
        yield
        caller.reset()
    return body


def said_and_silent(data):
    """Says this, then nothing more."""
    def body(bad):
        caller = bad.caller()
        caller.send(data)
        yield
        until_cut(caller)
    return body


def said_too_much(data):
    """Says this, for which it is told why, and cut."""
    def body(bad):
        caller = bad.caller()
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):
            caller.send(data)
        with contextlib.suppress(ConnectionResetError):
            while caller.receive():
                pass
        assert b"too long, the limit is" in caller.unread, caller.unread
        yield
    return body


def has_ended(caller, limit):
    """Whether the end came within so many seconds; what comes before it is lost."""
    caller.socket.settimeout(limit)
    try:
        return not caller.socket.recv(1 << 16)
    except TimeoutError:
        return False
    finally:
        caller.socket.settimeout(GUARD)


def never_ends_its_line(bad):
    """Nor is it ever silent for long."""
    caller = bad.caller()
    caller.send(b"x")
    yield
    with contextlib.suppress(BrokenPipeError, ConnectionResetError):
        while not has_ended(caller, 0.05):
            caller.send(b"x")


def hello_of_tls():
    return ssl_hello("1.3")


def ssl_hello(version):
    outgoing = ssl.MemoryBIO()
    begun = context_of(version).wrap_bio(ssl.MemoryBIO(), outgoing, server_hostname="localhost")
    with contextlib.suppress(ssl.SSLWantReadError):
        begun.do_handshake()
    return outgoing.read()


def tls_on_plain(bad):
    caller = bad.plain()
    caller.send(hello_of_tls())
    yield
    caller.end()
    until_cut(caller)


ECHO = [
    Row("goes before a byte", STREAMS, goes_at_once, {"tcp": DONE, "tls": ": .*end", "unix": DONE}),
    Row("resets before a byte", STREAMS, resets_at_once, {"tcp": RESET, "tls": RESET, "unix": DONE}),
    Row("ends its half before a byte", STREAMS, ends_at_once, {"tcp": DONE, "tls": ": .*end", "unix": DONE}),
    Row("resets in mid message", STREAMS, resets_in_mid_message, {"tcp": RESET, "tls": RESET, "unix": f"({RESET}|$)"}),
    Row("resets after its answer", STREAMS, resets_after_its_answer, {"tcp": RESET, "tls": RESET, "unix": DONE}),
    Row("resets with its answer unread", STREAMS, resets_with_its_answer_unread, RESET),
    Row("closes with its answer unread", STREAMS, closes_with_its_answer_unread, RESET),
    Row("resets while we send", STREAMS, resets_while_we_send, RESET),
    Row("closes while we send", STREAMS, closes_while_we_send, RESET),
    Row("ends its half after an answer", STREAMS, ends_its_half),
    Row("ends its half in mid line", STREAMS, ends_its_half_in_mid_line),
    Row("ends its half and stays", STREAMS, ends_its_half_and_stays),
    Row("ends its half while answers wait, which it does not take", STREAMS, ends_its_half_while_answers_wait, LATE),
    Row("says nothing", STREAMS, says_nothing, LATE),
    Row("says a byte and no more", STREAMS, says_a_byte, LATE),
    Row("takes nothing of much", STREAMS, takes_nothing, LATE),
    Row("takes nothing, through a small window", "tcp", takes_nothing_through_a_small_window, LATE),
    Row("closes its ear and goes on talking", STREAMS, closes_its_ear, RESET),
    Row("urgent data between others", "tcp", urgent_data),
    Row("urgent data in TLS", "tls", urgent_data_in_a_record, ": .*"),
    Row("urgent data alone", "tcp", urgent_data_alone, LATE),
    Row("a thousand tiny segments", STREAMS, tiny_segments),
    Row("the smallest segments there are", "tcp", smallest_segments),
    Row("two megabytes", STREAMS, flood),
    Row("as much as goes, then hears all", "tcp unix", flood_without_listening_then_end),
    Row("fifty connections that go", STREAMS, connections_that_go, {"tcp": DONE, "unix": DONE, "tls": None}),
    Row("fifty connections that are reset", STREAMS, connections_that_reset, {"tcp": RESET, "unix": DONE, "tls": None}),
    Row("many silent connections", "tcp unix", connections_that_are_silent, LATE),
    Row("many that say half and are reset", STREAMS, connections_that_say_half, RESET),
    Row("random bytes", STREAMS, random_bytes),
    Row("NULs", STREAMS, said_and_ended(bytes(10_000))),
    Row("a TLS hello without TLS", "tcp unix", tls_on_plain),
    Row("bytes of 255", STREAMS, said_and_ended(b"\xff" * 10_000)),
    Row("an answer of a server", STREAMS, said_and_ended(b"HTTP/1.1 200 OK\r\n\r\n" * 100)),
]


# --- what is said, under talk ---

def unfinished_and_reset(bad):
    caller = bad.caller()
    caller.send(b"unfinished")
    bad.cell.out.until(b"unfinished")
    yield
    caller.reset()


TEXTS = [  # what is said, and how it is shown
    ("NULs in a line", b"a" + bytes(100) + b"z", rb"a(\\x00){100}z"),
    ("an escape sequence that clears the screen", b"\x1b[2J\x1b[H", rb"\\x1b\[2J\\x1b\[H"),
    ("an escape sequence that sets the title", b"\x1b]0;owned\x07", rb"\\x1b\]0;owned\\x07"),
    ("a device control string", b"\x1bP+q544e\x1b\\", rb"\\x1bP\+q544e\\x1b\\\\"),
    ("controls of eight bits", b"\x9b2J\xc2\x9b2J", rb"\\x9b2J\\u\{9b\}2J"),
    ("backspaces", b"x\x08\x08\x08", rb"x(\\x08){3}"),
    ("returns without newlines", b"a\r\r\rb", rb"a(\\x0d){3}b"),
    ("invalid UTF-8", b"\xff\xfe\x80", rb"\\xff\\xfe\\x80"),
    ("overlong UTF-8", b"\xc0\xaf\xe0\x80\xaf", rb"\\xc0\\xaf\\xe0\\x80\\xaf"),
    ("surrogates in UTF-8", b"\xed\xa0\x80", rb"\\xed\\xa0\\x80"),
    ("text turned round", "abc\u202edef".encode(), rb"abc\\u\{202e\}def"),
    ("isolates", "\u2066x\u2069".encode(), rb"\\u\{2066\}x\\u\{2069\}"),
    ("a line separator", "a\u2028b".encode(), rb"a\\u\{2028\}b"),
    ("what has no width", "\u200b\ufeff".encode(), rb"\\u\{200b\}\\u\{feff\}"),
    ("tags", "\U000e0041".encode(), rb"\\u\{e0041\}"),
    ("a label that pretends", b"\r[127.0.0.1:1] x", rb"\\x0d\[127\.0\.0\.1:1\] x"),
    ("a label as its text", b"[127.0.0.1:1] x", rb"\[127\.0\.0\.1:1\] x"),
    ("a message of JSON", b'{"event":"leave","from":"127.0.0.1:1"}', rb'\{"event":"leave","from":"127\.0\.0\.1:1"\}'),
    ("the command to end", b"/quit", rb"/quit"),
    ("a command to cut another", b"/kick 127.0.0.1:1", rb"/kick 127\.0\.0\.1:1"),
    ("words of Telnet", b"\xff\xfd\x18\xff\xfb\x1f", rb"\\xff\\xfd\\x18\\xff\\xfb\\x1f"),
    ("backslashes that pretend to be escapes", b"\\x1b[2J", rb"\\\\x1b\[2J"),
    ("formats", b"%s%n{}{0}", rb"%s%n\{\}\{0\}"),
    ("the longest line", b"x" * MOST, b"x" * MOST),
]

TALK = [
    *[Row(name, STREAMS, said_and_ended(said + b"\n"), shown=shown) for name, said, shown in TEXTS],
    Row("a line without an end", STREAMS, said_too_much(b"x" * 3 * MOST), ": too long: .* \\(--max-message\\)$"),
    Row("a line that is one byte too long", STREAMS, said_too_much(b"x" * (MOST + 1) + b"\n"), ": too long: .* \\(--max-message\\)$"),
    Row("a line that is too long after others", STREAMS, said_too_much(b"fine\n" * 10 + b"x" * 2 * MOST), ": too long: ", rb"fine"),
    Row("a hundred kilobytes in a line", STREAMS, said_too_much(b"x" * 100_000), ": too long: "),
    Row("a flood of empty lines", STREAMS, said_and_ended(b"\n" * 5000)),
    Row("a flood of short lines", STREAMS, said_and_ended(b"a\n" * 5000), shown=b"a"),
    Row("a line that ends with its half", STREAMS, said_and_ended(b"half"), shown=b"half"),
    Row("resets an unfinished line", STREAMS, unfinished_and_reset, {"tcp": RESET, "tls": RESET, "unix": DONE}, shown="unfinished…".encode()),
    Row("an unfinished line, then nothing", STREAMS, said_and_silent(b"half"), LATE, "half…".encode()),
    Row("an unfinished line of hostile bytes", STREAMS, said_and_silent(b"\x1b[31m\xe2\x82"), LATE, rb"\\x1b\[31m\\xe2\\x82" + "…".encode()),
    Row("a line that never ends, byte by byte", STREAMS, never_ends_its_line, ": timed out: a message took too long to be whole"),
    Row("resets after a line", STREAMS, said_and_reset(b"to be reset\n"), {"tcp": RESET, "tls": RESET, "unix": DONE}, b"to be reset"),
    Row("a TLS hello without TLS, under talk", "tcp unix", tls_on_plain, "($|: .*)"),
]

# --- Unix sockets ---

def pass_descriptors(caller, descriptors, data=b"x"):
    caller.socket.sendmsg([data], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, struct.pack(f"{len(descriptors)}i", *descriptors))])


def passed(many, times=1):
    """So many descriptors come with each of so many messages."""
    def body(bad):
        caller = bad.plain()
        with open("/dev/null", "rb") as what:
            for _ in range(times):
                pass_descriptors(caller, [what.fileno()] * many)
        yield
        caller.send("\n")
        assert caller.line() == b"x" * times
        caller.end()
        until_cut(caller)
    return body


def passed_and_gone(bad):
    caller = bad.plain()
    for _ in range(10):
        pass_descriptors(caller, [0] * 10)
    caller.close()
    yield


def passed_to_itself(bad):
    """A circle, which the kernel alone can free."""
    caller = bad.plain()
    pass_descriptors(caller, [caller.socket.fileno()] * 3)
    yield
    caller.close()


def passed_a_pipe(bad):
    """Whoever kept it would keep its other end from seeing an end."""
    caller = bad.plain()
    reading, writing = os.pipe()
    pass_descriptors(caller, [writing])
    os.close(writing)
    yield
    caller.send("\n")
    assert caller.line() == b"x"
    with open(reading, "rb") as end:
        assert select.select([end], [], [], GUARD)[0]
        assert end.read() == b""
    caller.end()
    until_cut(caller)


def said_who_it_is(bad):
    caller = bad.plain()
    who = struct.pack("3i", os.getpid(), os.getuid(), os.getgid())
    caller.socket.sendmsg([b"x\n"], [(socket.SOL_SOCKET, socket.SCM_CREDENTIALS, who)])
    yield
    assert caller.line() == b"x"
    caller.end()
    until_cut(caller)


def called(name):
    """Has this name of its own; one of the file system's is in a folder."""
    def body(bad):
        folder = bad.open.enter_context(tempfile.TemporaryDirectory())
        caller = bad.take(NamedCaller(bad.to, name if name.startswith(b"\0") or not name else folder.encode() + b"/" + name))
        answered(caller)
        yield
        caller.end()
        until_cut(caller)
    return body


class NamedCaller(Caller):
    def __init__(self, to, name):
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.settimeout(GUARD)
        self.socket.bind(name)
        self.socket.connect(to)
        self.unread = b""
        self.label = None


UNIX = [
    Row("passes a descriptor", "unix", passed(1)),
    Row("passes as many descriptors as a message holds", "unix", passed(253)),
    Row("passes descriptors again and again", "unix", passed(100, 30)),
    Row("passes descriptors and goes", "unix", passed_and_gone, RESET + "?$|" + RESET),
    Row("passes its own socket", "unix", passed_to_itself, RESET),
    Row("passes the end of a pipe", "unix", passed_a_pipe),
    Row("says who it is by credentials", "unix", said_who_it_is),
    Row("has an abstract name", "unix", called(b"\0ahoy-bad\x1b[2J\n%d" % os.getpid())),
    Row("has an abstract name of NULs", "unix", called(b"\0" * 100 + b"%d" % os.getpid())),
    Row("has a name that the kernel gives", "unix", called(b"")),
    Row("has a name with a newline and escapes", "unix", called("x\n[unix:1] left\x1b[2J\u202e".encode())),
    Row("has a long name", "unix", called(b"x" * 70)),
]
