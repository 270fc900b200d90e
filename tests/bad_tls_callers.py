"""Callers that misbehave below TLS: before, in and after its handshake. RFC 8446; of TLS 1.2 RFC 5246."""
import contextlib
import random
import socket
import ssl
import struct
import time

from bad_callers import LATE, RESET, Row, TlsCaller, answered, context_of, has_ended, ssl_hello, tls_context, until_cut
from command import Process
from servers.certificates import certificates

CHANGE_CIPHER, ALERT, HANDSHAKE, DATA, HEARTBEAT = 20, 21, 22, 23, 24
WARNING, FATAL = 1, 2
CLOSE_NOTIFY, BAD_CERTIFICATE, USER_CANCELED, NO_RENEGOTIATION = 0, 42, 90, 100
NOT_TLS = ": no TLS was agreed on: .*not TLS"
REFUSED = ": no TLS was agreed on: "
CUT = ": .*(ended|end|close_notify)"
LATE_HANDSHAKE = ": timed out: the handshake took too long"
BROKEN = ": "  # it broke the protocol: in OpenSSL's words


def record(kind, data, version=0x0303):
    return struct.pack(">BHH", kind, version, len(data)) + data


def alert(level, what):
    return record(ALERT, bytes([level, what]))


def message(kind, data, size=None):
    """Of the handshake; with another size than it has, if that is given."""
    return bytes([kind]) + struct.pack(">I", len(data) if size is None else size)[1:] + data


def client_hello(body, size=None):
    return record(HANDSHAKE, message(1, body, size), 0x0301)


def plain_hello(version=0x0303, suites=b"\x13\x01\x13\x02\xc0\x2b\xc0\x2f", extensions=b"", session=b""):
    return (struct.pack(">H", version) + random.randbytes(32) + bytes([len(session)]) + session + struct.pack(">H", len(suites)) + suites + b"\1\0" +
            struct.pack(">H", len(extensions)) + extensions)


def extension(kind, data):
    return struct.pack(">HH", kind, len(data)) + data


def server_name(name):
    entry = b"\0" + struct.pack(">H", len(name)) + name
    return extension(0, struct.pack(">H", len(entry)) + entry)


def over(caller):
    """TLS by the socket of a plain caller."""
    secure = TlsCaller.__new__(TlsCaller)
    secure.socket, secure.unread, secure.label = caller.socket, b"", caller.label
    secure.incoming, secure.outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    secure.tls = context_of("1.3").wrap_bio(secure.incoming, secure.outgoing, server_hostname="localhost")
    return secure


def say(caller, data):
    """Below TLS; it may have been cut by then."""
    with contextlib.suppress(BrokenPipeError, ConnectionResetError):
        caller.socket.sendall(data() if callable(data) else data)


# --- before and in the handshake ---

def cut_for(data):
    """Says this, and is cut for it."""
    def body(bad):
        caller = bad.plain()
        say(caller, data)
        until_cut(caller)
        yield
    return body


def stays_after(data):
    """Says this, then nothing more, until it is cut."""
    def body(bad):
        caller = bad.plain()
        say(caller, data)
        yield
        until_cut(caller)
    return body


def ends_after(data):
    def body(bad):
        caller = bad.plain()
        say(caller, data)
        yield
        with contextlib.suppress(OSError):  # it may be cut by then
            caller.socket.shutdown(socket.SHUT_WR)
        until_cut(caller)
    return body


def resets_after(data):
    def body(bad):
        caller = bad.plain()
        say(caller, data)
        yield
        caller.reset()
    return body


def hello():
    return ssl_hello("1.3")


def half_hello():
    return hello()[:100]


def drips_hello(bad):
    caller = bad.plain()
    said = hello() * 10
    yield
    with contextlib.suppress(BrokenPipeError, ConnectionResetError):
        for at in range(len(said)):
            caller.socket.sendall(said[at:at + 1])
            if has_ended(caller, 0.02):
                break
    until_cut(caller)


def hello_in_tiny_segments(bad):
    """Which is no harm."""
    caller = bad.tls()
    caller.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    for byte in caller.hello():
        caller.socket.sendall(bytes([byte]))
    answered(caller.shake())
    yield
    caller.end()
    until_cut(caller)


def hello_in_tiny_records(bad):
    caller = bad.tls()
    said = caller.hello()[5:]
    for at in range(0, len(said), 10):
        caller.raw(record(HANDSHAKE, said[at:at + 10], 0x0301))
    answered(caller.shake())
    yield
    caller.end()
    until_cut(caller)


def hello_twice(bad):
    caller = bad.plain()
    said = hello()
    say(caller, said + said)
    until_cut(caller)
    yield


def answers_with(data, version="1.3"):
    """After the server's part of the handshake."""
    def body(bad):
        caller = bad.tls(version)
        caller.raw(caller.hello())
        caller.hear()
        say(caller, data)
        until_cut(caller)
        yield
    return body


def leaves_after_server_hello(how):
    def body(bad):
        caller = bad.tls()
        caller.raw(caller.hello())
        caller.hear()
        yield
        how(caller)
    return body


def wrong_finished(version):
    def body(bad):
        caller = bad.tls(version)
        caller.raw(caller.hello())
        caller.hear()
        with contextlib.suppress(ssl.SSLWantReadError):
            caller.tls.do_handshake()
        said = bytearray(caller.outgoing.read())
        said[-1] ^= 1
        say(caller, bytes(said))
        until_cut(caller)
        yield
    return body


def another_key_exchange(bad):
    caller = bad.tls("1.2")
    caller.raw(caller.hello())
    caller.hear()
    say(caller, record(HANDSHAKE, message(16, b"\x41" + random.randbytes(65))))
    until_cut(caller)
    yield


def no_cipher_in_common(bad):
    caller = bad.tls("1.2", context=tls_context("1.2", "ECDHE-RSA-AES128-GCM-SHA256"))
    caller.raw(caller.hello())
    until_cut(caller)
    yield


def many_silent(bad):
    callers = [bad.plain() for _ in range(bad.few(10))]
    yield
    for each in callers:
        until_cut(each)


# --- after the handshake ---

def then(data, version="1.3"):
    """Says this below TLS once it is in conversation, and is cut for it."""
    def body(bad):
        caller = bad.caller(version)
        answered(caller)
        say(caller, data)
        until_cut(caller)
        yield
    return body


def broken_record(version):
    def body(bad):
        caller = bad.caller(version)
        answered(caller)
        said = bytearray(caller.record(b"hello\n"))
        said[-1] ^= 1
        say(caller, bytes(said))
        until_cut(caller)
        yield
    return body


def repeated_record(version):
    def body(bad):
        caller = bad.caller(version)
        said = caller.record(b"hello\n")
        say(caller, said + said)
        until_cut(caller)
        yield
    return body


def ends_without_close_notify(bad):
    caller = bad.caller()
    answered(caller)
    yield
    caller.socket.shutdown(socket.SHUT_WR)
    until_cut(caller)


def ends_in_a_record(bad):
    caller = bad.caller()
    answered(caller)
    caller.raw(caller.record(b"hello\n")[:-3])
    yield
    caller.socket.shutdown(socket.SHUT_WR)
    until_cut(caller)


def resets_in_a_record(bad):
    caller = bad.caller()
    answered(caller)
    caller.raw(caller.record(b"hello\n")[:-3])
    yield
    caller.reset()


def silent_in_a_record(bad):
    caller = bad.caller()
    answered(caller)
    caller.raw(caller.record(b"hello\n")[:-3])
    yield
    until_cut(caller)


def drips_a_record(bad):
    """Whose bytes are no words of its: the time of a silent one runs."""
    caller = bad.caller()
    answered(caller)
    said = caller.record(b"x" * 16000)
    yield
    with contextlib.suppress(BrokenPipeError, ConnectionResetError):
        for at in range(len(said)):
            caller.socket.sendall(said[at:at + 1])
            if has_ended(caller, 0.05):
                break
    until_cut(caller)


def talks_after_close_notify(bad):
    caller = bad.caller()
    answered(caller)
    caller.say_end()
    say(caller, random.randbytes(1000))
    yield
    with contextlib.suppress(OSError):
        caller.socket.shutdown(socket.SHUT_WR)
    until_cut(caller)


def stays_after_close_notify(bad):
    caller = bad.caller()
    answered(caller)
    caller.say_end()
    yield
    until_cut(caller)


def resets_after_close_notify(bad):
    caller = bad.caller()
    answered(caller)
    caller.say_end()
    yield
    caller.reset()


def ends_at_once(version):
    """Shakes hands, and that is all."""
    def body(bad):
        caller = bad.caller(version)
        caller.end()
        until_cut(caller)
        yield
    return body


def smallest_records(bad):
    caller = bad.caller()
    caller.raw(b"".join(caller.record(b"x") for _ in range(2000)) + caller.record(b"\n"))
    yield
    assert caller.line() == b"x" * 2000
    caller.end()
    until_cut(caller)


def by_s_client(version, key, times):
    """What openssl s_client(1) does when this key is typed so often."""
    def body(bad):
        with Process("openssl", "s_client", "-connect", f"127.0.0.1:{bad.to}", f"-tls{version}", "-CAfile", certificates().good.file) as client:
            client.write("hello\n")
            client.out.until("^hello$")
            yield
            for _ in range(times):
                with contextlib.suppress(BrokenPipeError):
                    client.write(key + "\n")
                time.sleep(0.002)  # s_client takes what it reads at once for one key
            with contextlib.suppress(BrokenPipeError):
                client.end_input()
            client.wait()
    return body


OLD = {name: plain_hello(number) for name, number in (("SSL 3", 0x0300), ("TLS 1.0", 0x0301), ("TLS 1.1", 0x0302))}
HELLO_SSL_2 = b"\x80\x2e\x01\x00\x02\x00\x15\x00\x00\x00\x10" + b"\x01\x00\x80\x02\x00\x80\x03\x00\x80\x04\x00\x80\x05\x00\x80\x06\x00\x40\x07\x00\xc0" + bytes(16)

ROWS = [
    Row("says nothing before TLS", "tls", stays_after(b""), LATE_HANDSHAKE),
    Row("many that say nothing before TLS", "tls", many_silent, LATE_HANDSHAKE),
    Row("HTTP in the clear", "tls", cut_for(b"GET / HTTP/1.0\r\n\r\n"), NOT_TLS),
    Row("a line in the clear", "tls", cut_for(b"hello, is anybody there?\n"), NOT_TLS),
    Row("five bytes in the clear", "tls", cut_for(b"hi!!\n"), REFUSED),
    Row("a byte in the clear", "tls", stays_after(b"h"), REFUSED),
    Row("NULs instead of TLS", "tls", cut_for(bytes(1000)), REFUSED),
    Row("bytes of 255 instead of TLS", "tls", cut_for(b"\xff" * 1000), REFUSED),
    Row("escape sequences instead of TLS", "tls", cut_for(b"\x1b[2J\x1b]0;x\x07" * 10), REFUSED),
    Row("a hello of SSL 2", "tls", cut_for(HELLO_SSL_2), REFUSED),
    *[Row(f"a hello of {name}", "tls", cut_for(client_hello(body)), REFUSED) for name, body in OLD.items()],
    Row("a part of a hello, then an end", "tls", ends_after(half_hello), CUT),
    Row("a part of a hello, then nothing", "tls", stays_after(half_hello), LATE_HANDSHAKE),
    Row("a part of a hello, then a reset", "tls", resets_after(half_hello), RESET),
    Row("a hello, then an end", "tls", ends_after(hello), CUT),
    Row("a hello, then nothing", "tls", stays_after(hello), LATE_HANDSHAKE),
    Row("a hello, then a reset", "tls", resets_after(hello), RESET),
    Row("a hello byte by byte, late", "tls", drips_hello, LATE_HANDSHAKE),
    Row("a hello in tiny segments", "tls", hello_in_tiny_segments),
    Row("a hello in tiny records", "tls", hello_in_tiny_records),
    Row("a hello twice", "tls", hello_twice, REFUSED),
    Row("a hello that says it has 16 megabytes", "tls", cut_for(client_hello(random.randbytes(1000), (1 << 24) - 1)), REFUSED),
    Row("a hello that says it has less than it has", "tls", cut_for(client_hello(plain_hello(), 10)), REFUSED),
    Row("a hello of nothing", "tls", cut_for(client_hello(b"")), REFUSED),
    Row("a hello of random bytes", "tls", cut_for(client_hello(random.randbytes(300))), REFUSED),
    Row("a hello without ciphers", "tls", cut_for(client_hello(plain_hello(suites=b""))), REFUSED),
    Row("a hello of ciphers that nobody has", "tls", cut_for(client_hello(plain_hello(suites=b"\xfe\xfe" * 20_000)[:16_000])), REFUSED),
    Row("a hello with broken extensions", "tls", cut_for(client_hello(plain_hello(extensions=b"\0\0\xff\xff\0"))), REFUSED),
    Row("a hello with an extension twice", "tls", cut_for(client_hello(plain_hello(extensions=server_name(b"localhost") * 2))), REFUSED),
    Row("a hello to a name of NULs", "tls", cut_for(client_hello(plain_hello(extensions=server_name(b"a\0b")))), REFUSED),
    Row("a hello to a name of escapes", "tls", stays_after(client_hello(plain_hello(extensions=server_name(b"\x1b[2J")))), REFUSED + "|" + LATE_HANDSHAKE),
    Row("a hello to a name of ten kilobytes", "tls", cut_for(client_hello(plain_hello(extensions=server_name(b"x" * 10_000)))), REFUSED),
    Row("a hello with a session of 33 bytes", "tls", cut_for(client_hello(plain_hello(session=bytes(33)))), REFUSED),
    Row("another message than a hello", "tls", cut_for(record(HANDSHAKE, message(20, bytes(32)))), REFUSED),
    Row("a record that is too long", "tls", cut_for(record(HANDSHAKE, b"\1" + bytes(20_000))), REFUSED),
    Row("records of nothing", "tls", cut_for(record(HANDSHAKE, b"") * 1000), REFUSED),
    Row("records of another kind", "tls", cut_for(record(99, b"x" * 100)), REFUSED),
    Row("a heartbeat that asks for more", "tls", cut_for(record(HEARTBEAT, b"\1\x40\0")), REFUSED),
    Row("data before the hello", "tls", cut_for(record(DATA, b"hello\n")), REFUSED),
    Row("a change of ciphers before the hello", "tls", cut_for(record(CHANGE_CIPHER, b"\1") * 100), REFUSED),
    Row("a fatal alert at once", "tls", cut_for(alert(FATAL, 40)), REFUSED),
    Row("warnings without end", "tls", cut_for(alert(WARNING, USER_CANCELED) * 1000), REFUSED),
    Row("a close_notify at once", "tls", ends_after(alert(WARNING, CLOSE_NOTIFY)), ": "),
    Row("data before the end of the handshake", "tls", answers_with(record(DATA, b"hello\n")), REFUSED),
    Row("data before the end of the handshake of 1.2", "tls", answers_with(record(DATA, b"hello\n"), "1.2"), REFUSED),
    Row("an alert against our certificate", "tls", answers_with(alert(FATAL, BAD_CERTIFICATE)), REFUSED + "it does not take our certificate"),
    Row("a close_notify in the handshake", "tls", answers_with(alert(WARNING, CLOSE_NOTIFY) * 2), ": "),
    Row("a wrong Finished", "tls", wrong_finished("1.3"), REFUSED),
    Row("a wrong Finished of 1.2", "tls", wrong_finished("1.2"), REFUSED),
    Row("a key exchange of random bytes", "tls", another_key_exchange, REFUSED),
    Row("changes of ciphers without end", "tls", answers_with(record(CHANGE_CIPHER, b"\1") * 1000), REFUSED),
    Row("no cipher in common", "tls", no_cipher_in_common, REFUSED),
    Row("goes in the handshake", "tls", leaves_after_server_hello(lambda caller: caller.close()), "(" + CUT + "|" + RESET + ")"),
    Row("resets in the handshake", "tls", leaves_after_server_hello(lambda caller: caller.reset()), RESET),
    Row("stays in the handshake", "tls", leaves_after_server_hello(until_cut), LATE_HANDSHAKE),

    Row("shakes hands and leaves", "tls", ends_at_once("1.3")),
    Row("shakes hands and leaves, by 1.2", "tls", ends_at_once("1.2")),
    Row("a record that was changed", "tls", broken_record("1.3"), BROKEN),
    Row("a record that was changed, of 1.2", "tls", broken_record("1.2"), BROKEN),
    Row("a record that was repeated", "tls", repeated_record("1.3"), BROKEN),
    Row("a record that was repeated, of 1.2", "tls", repeated_record("1.2"), BROKEN),
    Row("plain text after TLS", "tls", then(b"GET / HTTP/1.0\r\n\r\n"), BROKEN),
    Row("random bytes after TLS", "tls", then(record(DATA, random.randbytes(1000))), BROKEN),
    Row("a record that is too long, later", "tls", then(record(DATA, random.randbytes(20_000))), BROKEN),
    Row("an alert in the clear", "tls", then(alert(FATAL, 40)), BROKEN),
    Row("a hello in the midst of it", "tls", then(hello), BROKEN),
    Row("a hello in the midst of it, by 1.2", "tls", then(hello, "1.2"), BROKEN),
    Row("a renegotiation", "tls", by_s_client("1_2", "R", 1), None),
    Row("renegotiations without end", "tls", by_s_client("1_2", "R", 20), None),
    Row("updates of keys without end", "tls", by_s_client("1_3", "K", 100), None),
    Row("the smallest records there are", "tls", smallest_records),
    Row("an end without close_notify", "tls", ends_without_close_notify, ": .*close_notify"),
    Row("an end in a record", "tls", ends_in_a_record, ": "),
    Row("a reset in a record", "tls", resets_in_a_record, RESET),
    Row("silence in a record", "tls", silent_in_a_record, LATE),
    Row("a record byte by byte", "tls", drips_a_record, LATE),
    Row("data after close_notify", "tls", talks_after_close_notify),
    Row("stays after close_notify", "tls", stays_after_close_notify),
    Row("resets after close_notify", "tls", resets_after_close_notify, "($|" + RESET + ")"),
]
