"""Callers that misbehave by datagrams, some of which no socket of theirs can send: those are made by hand (raw(7))."""
import contextlib
import random
import socket
import struct

from bad_callers import DONE, LATE, MOST, Row, hello_of_tls
from command import await_that

LARGEST = 65507
MARK = 47 << 2  # DSCP: what answers by itself carries it, and is not answered
ANSWERED_ONCE = f"({DONE}|{LATE})"  # a request under some models, a conversation under others
GONE = f"({DONE}|{LATE}|: connection refused)"


def header(source, to, size, flags=0, at=0, number=0):
    """RFC 791; the kernel fills in the checksum."""
    return struct.pack(">BBHHHBBH4s4s", 0x45, 0, 20 + size, number, flags << 13 | at >> 3, 64, socket.IPPROTO_UDP, 0, socket.inet_aton(source),
                       socket.inet_aton(to))


def datagram(from_port, to_port, data, size=None, checksum=0):
    """RFC 768; a checksum of 0 is none."""
    return struct.pack(">HHHH", from_port, to_port, 8 + len(data) if size is None else size, checksum) + data


@contextlib.contextmanager
def raw_socket():
    with socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_RAW) as made:
        made.setsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST, 1)
        yield made


def forged(source, port=None, data=b"hello\n", **how):
    """From whom it never was."""
    def body(bad):
        said = datagram(bad.to if port is None else port, bad.to, data, **how)
        with raw_socket() as by:
            for _ in range(20):
                with contextlib.suppress(PermissionError, OSError):
                    by.sendto(header(source, "127.0.0.1", len(said)) + said, ("127.0.0.1", 0))
        yield
    return body


def fragments(sizes, said=4000, again=1):
    """Pieces of a datagram of this size: where each begins, and its size. RFC 791, 3.2."""
    def body(bad):
        whole = datagram(40_000, bad.to, bytes(said))
        with raw_socket() as by:
            for number in range(1, 1 + again):
                for at, size in sizes:
                    piece = whole[at:at + size]
                    by.sendto(header("127.0.0.1", "127.0.0.1", len(piece), int(at + size < len(whole)), at, number) + piece, ("127.0.0.1", 0))
        yield
    return body


def said(data, times=1):
    """Says this, and goes on to be there."""
    def body(bad):
        caller = bad.datagrams()
        for _ in range(times):
            caller.send(data)
        yield
        bad.cell.err.until(rb"^\[%s\] left" % caller.label.encode())
    return body


def answered(data):
    """An echo gives it back, whole; under load one may be lost."""
    def body(bad):
        caller = bad.datagrams()
        caller.socket.settimeout(0.5)

        def is_answered():
            with contextlib.suppress(TimeoutError):
                caller.send(data)
                return caller.socket.recv(1 << 16) == data
            return False
        await_that(is_answered, "an answer")
        yield
    return body


def gone_before_its_answer(bad):
    caller = bad.datagrams()
    caller.send(b"hello\n")
    caller.close()
    yield


def marked(bad):
    """As an answer of another server like this one, which would be answered in turn for ever."""
    caller = bad.datagrams()
    caller.socket.setsockopt(socket.IPPROTO_IP, socket.IP_TOS, MARK)
    for _ in range(10):
        caller.send(b"hello\n")
    yield
    bad.callers.remove(caller)  # nobody was here


def from_port(number):
    """One of a service that answers by itself, too."""
    return forged("127.0.0.1", number)


def many(count, each=1):
    """Senders, of whom nothing is heard after that."""
    def body(bad):
        for _ in range(count):
            caller = bad.datagrams()
            for _ in range(each):
                caller.send(b"hello\n")
        yield
    return body


def flood(size, times):
    def body(bad):
        caller = bad.datagrams()
        data = random.randbytes(size)
        for _ in range(times):
            with contextlib.suppress(ConnectionRefusedError):
                caller.send(data)
        yield
    return body


SHAPES = [
    ("an empty datagram", b""), ("a NUL", b"\0"), ("random bytes", random.randbytes(1000)), ("NULs", bytes(4000)),
    ("an escape sequence", b"\x1b[2J\x1b]0;x\x07"), ("invalid UTF-8", b"\xff\xfe\xc0\xaf"), ("text turned round", "\u202eabc".encode()),
    ("newlines and a label", b"a\n[127.0.0.1:1] b\n"), ("a question to a name server", b"\x12\x34\x01\x00\x00\x01" + bytes(6) + b"\1a\0\0\1\0\1"),
    ("the answer of a name server", b"\x12\x34\x81\x80\x00\x01" + bytes(6) + b"\1a\0\0\1\0\1"),
    ("a hello of DTLS", b"\x16\xfe\xfd" + bytes(8) + b"\0\x10" + bytes(16)), ("a hello of QUIC", b"\xc3\0\0\0\1" + bytes(1195)),
    ("a request of SSDP", b"M-SEARCH * HTTP/1.1\r\nST:ssdp:all\r\n\r\n"), ("a request of NTP", b"\x17\0\x03\x2a" + bytes(4)),
]
RAW = [
    Row("from port 0", "udp", forged("127.0.0.1", 0), None),
    Row("from the port of echo", "udp", from_port(7), None),
    Row("from the port of chargen", "udp", from_port(19), None),
    Row("from the port of DNS", "udp", from_port(53), None),
    Row("from the server itself", "udp", forged("127.0.0.1"), None),
    Row("from the broadcast address", "udp", forged("255.255.255.255", 40_000), None),
    Row("from the broadcast address of loopback", "udp", forged("127.255.255.255", 40_000), None),
    Row("from a multicast address", "udp", forged("224.0.0.1", 40_000), None),
    Row("from nowhere", "udp", forged("0.0.0.0", 40_000), None),
    Row("from another machine", "udp", forged("192.0.2.1", 40_000), None),
    Row("says more than it has", "udp", forged("127.0.0.1", 40_000, size=4000), None),
    Row("says less than a header", "udp", forged("127.0.0.1", 40_000, size=3), None),
    Row("with a wrong checksum", "udp", forged("127.0.0.1", 40_000, checksum=0x1234), None),
    Row("the first fragment alone", "udp", fragments([(0, 1480)], again=50), None),
    Row("the last fragment alone", "udp", fragments([(2960, 1048)], again=50), None),
    Row("fragments that overlap", "udp", fragments([(0, 1480), (800, 1480), (1480, 2528)]), None),
    Row("fragments in the wrong order", "udp", fragments([(2960, 1048), (1480, 1480), (0, 1480)]), None),
    Row("the smallest fragments", "udp", fragments([(at, 8) for at in range(0, 4008, 8)]), None),
]
ECHO = [
    *[Row(f"{name}, for an echo", "udp", answered(data), ANSWERED_ONCE) for name, data in SHAPES],
    Row("the largest datagram", "udp", answered(random.randbytes(LARGEST)), ANSWERED_ONCE),
    Row("the largest, again and again, unheard", "udp", flood(LARGEST, 200), None),
    Row("a flood of small ones", "udp", flood(1, 3000), None),
    Row("a flood of empty ones", "udp", flood(0, 3000), None),
    Row("gone before its answer", "udp", gone_before_its_answer, GONE),
    Row("marked as an answer", "udp", marked),
    Row("a hundred senders", "udp", many(100), None),
    *RAW,
]
TALK = [
    *[Row(name, "udp", said(data), LATE) for name, data in SHAPES],
    Row("a datagram of more than a message", "udp", said(b"x" * (MOST + 1)), ": too long"),
    Row("the largest datagram, under talk", "udp", said(b"x" * LARGEST), ": too long"),
    Row("a hello of TLS", "udp", said(hello_of_tls()), LATE),
    Row("gone before it is told anything", "udp", gone_before_its_answer, LATE),
    Row("thirty senders, under talk", "udp", many(30, 3), None),
]
