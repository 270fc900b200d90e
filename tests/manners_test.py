"""A server among strangers: limits per address, callers that never read, the log of events, metrics."""
import contextlib
import functools
import hashlib
import json
import os
import pathlib
import re
import resource
import signal
import socket
import ssl
import stat
import subprocess
import tempfile
import unittest

from command import GUARD, Listener, await_that, run
from peers import reset
from servers.certificates import certificates

HERE = "127.0.0.1:0"
WAYS = (("iterative",), ("event",), ("event", "--workers", 2), ("thread",), ("thread", "--workers", 3), ("process",), ("process", "--workers", 3))
CONCURRENT = WAYS[1:]
INTERNAL_ERROR = b"\x15\x03\x03\x00\x02\x02\x50"  # an alert, RFC 5246, section 7.2
SMALL = 4096  # a receive buffer that is full soon


def words(way):
    return ("--model", *way)


def caller(port, host="127.0.0.1", buffer=None):
    """Connected from `host`, which is another caller than 127.0.0.1 where it is another address."""
    peer = socket.socket()
    peer.settimeout(GUARD)
    if buffer:
        peer.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, buffer)
    peer.bind((host, 0))
    peer.connect(("127.0.0.1", port))
    return peer


def secure(peer, shown=None, trusted=None):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.load_verify_locations((trusted or certificates().good).file)
    if shown:
        context.load_cert_chain(*shown)
    return context.wrap_socket(peer, server_hostname="localhost")


def all_of(peer):
    """What it says to the end."""
    said = b""
    with contextlib.suppress(ConnectionResetError):
        while more := peer.recv(1 << 16):
            said += more
    return said


def is_served(peer):
    """Whether an echo answers."""
    peer.sendall(b"hello\n")
    return peer.recv(6) == b"hello\n"


def fingerprint(certificate):
    """The SHA-256 of its key (SubjectPublicKeyInfo)."""
    key = subprocess.run(["openssl", "x509", "-in", certificate, "-noout", "-pubkey"], stdout=subprocess.PIPE, check=True).stdout
    bare = subprocess.run(["openssl", "pkey", "-pubin", "-outform", "der"], input=key, stdout=subprocess.PIPE, check=True).stdout
    return hashlib.sha256(bare).hexdigest()


class Manners(unittest.TestCase):
    def setUp(self):
        self.open = contextlib.ExitStack()
        self.addCleanup(self.open.close)
        self.folder = pathlib.Path(self.open.enter_context(tempfile.TemporaryDirectory(prefix="ahoy-manners-")))

    def caller(self, *where, **how):
        return self.open.enter_context(contextlib.closing(caller(*where, **how)))

    def secure(self, *where):
        return self.open.enter_context(contextlib.closing(secure(caller(*where))))

    def datagrams(self, port, host="127.0.0.1"):
        peer = self.open.enter_context(socket.socket(socket.AF_INET, socket.SOCK_DGRAM))
        peer.settimeout(GUARD)
        peer.bind((host, 0))
        peer.connect(("127.0.0.1", port))
        return peer


def under(ways):
    """The test is called for each of them."""
    def around(test):
        @functools.wraps(test)
        def with_each(self):
            for way in ways:
                with self.subTest(" ".join(map(str, way))):
                    test(self, way)
        return with_each
    return around


def tls_words():
    good = certificates().good
    return ("--cert", good.file, "--key", good.key)


class PerAddress(Manners):
    @under(CONCURRENT)
    def test_so_many_at_once(self, way):
        with Listener(HERE, *words(way), "--handler", "echo", "--max-per-address", 2) as listener:
            first, second = self.caller(listener.port), self.caller(listener.port)
            self.assertTrue(is_served(first) and is_served(second))
            third = self.caller(listener.port)
            self.assertEqual(all_of(third), b"busy\n")
            listener.err.until(r"^\[127.0.0.1:\d+\] was told busy: 2 from its address are here \(--max-per-address\)$")
            self.assertTrue(is_served(self.caller(listener.port, "127.0.0.2")), "another address")
            first.close()
            await_that(lambda: self.is_let_in(listener.port), "a place")

    def is_let_in(self, port):
        peer = self.caller(port)
        with contextlib.suppress(ConnectionError):
            if is_served(peer):
                return True
        peer.close()
        return False

    def answer(self, port):
        with caller(port) as peer:
            peer.sendall(b"hello\n")
            return peer.recv(16)

    def test_one_at_a_time_too(self):
        with Listener(HERE, "--model", "iterative", "--handler", "echo", "--max-per-address", 1) as listener:
            first = self.caller(listener.port)
            self.assertTrue(is_served(first))
            self.assertEqual(all_of(self.caller(listener.port)), b"busy\n")
            waits = self.caller(listener.port, "127.0.0.2")
            first.close()
            self.assertTrue(is_served(waits))

    @under(CONCURRENT)
    def test_over_tls_they_are_told_by_an_alert(self, way):
        with Listener("tls://127.0.0.1:0", *tls_words(), *words(way), "--handler", "echo", "--max-per-address", 1) as listener:
            self.assertTrue(is_served(self.secure(listener.port)))
            self.assertEqual(all_of(self.caller(listener.port)), INTERNAL_ERROR)
            listener.err.until(r"was told busy: 1 from its address")
            self.assertTrue(is_served(self.secure(listener.port, "127.0.0.2")))

    def test_tcp_and_tls_count_together(self):
        with Listener(HERE, "tls://127.0.0.1:0", *tls_words(), "--handler", "echo", "--max-per-address", 1, endpoints=2) as listener:
            secured = int(listener.urls[1].rsplit(":", 1)[1])
            self.assertTrue(is_served(self.caller(listener.port)))
            self.assertEqual(all_of(self.caller(secured)), INTERNAL_ERROR)

    def test_a_network_of_inet6_is_one_address(self):
        with Listener("[::1]:0", "--handler", "echo", "--max-per-address", 1) as listener:
            peers = []
            for _ in range(2):
                peer = self.open.enter_context(socket.socket(socket.AF_INET6))
                peer.settimeout(GUARD)
                peer.connect(("::1", listener.port))
                peers.append(peer)
            self.assertTrue(is_served(peers[0]))
            self.assertEqual(all_of(peers[1]), b"busy\n")

    def test_unix_sockets_are_not_limited(self):
        path = self.folder / "socket"
        with Listener(f"unix://{path}", "--handler", "echo", "--max-per-address", 1, "--rate-per-address", 1, "--burst-per-address", 1):
            for _ in range(5):
                peer = self.open.enter_context(socket.socket(socket.AF_UNIX))
                peer.connect(str(path))
                self.assertTrue(is_served(peer))

    @under(CONCURRENT)
    def test_so_many_a_second(self, way):
        with Listener(HERE, *words(way), "--handler", "echo", "--rate-per-address", 1, "--burst-per-address", 3) as listener:
            for _ in range(3):
                with caller(listener.port) as peer:
                    self.assertTrue(is_served(peer))
            await_that(lambda: self.answer(listener.port) == b"busy\n", "one that finds no token")
            listener.err.until(r"was told busy: too many came from its address \(--rate-per-address\)$")
            self.assertTrue(is_served(self.caller(listener.port, "127.0.0.3")))

    @under(CONCURRENT)
    def test_a_flood_from_one_address_keeps_nobody_else_out(self, way):
        with Listener(HERE, *words(way), "--handler", "echo", "--max-per-address", 1, "--drain", "10s") as listener:
            self.assertTrue(is_served(self.caller(listener.port)))
            flood = [self.caller(listener.port) for _ in range(100)]  # none of them ends its half
            self.assertTrue(is_served(self.caller(listener.port, "127.0.0.2")))
            words_heard = sorted({all_of(peer) for peer in flood[:4]})
            self.assertEqual(words_heard, [b"busy\n"])
            await_that(lambda: is_at_end(flood[-1]), "the close of one that found no word")

    @under((("event",), ("iterative",)))
    def test_datagrams_of_conversations(self, way):
        with Listener("udp://" + HERE, *words(way), "--handler", "echo", "--max-per-address", 2) as listener:
            first, second, third = (self.datagrams(listener.port) for _ in range(3))
            for peer in (first, second):
                peer.send(b"here")
                self.assertEqual(peer.recv(100), b"here")

            def is_let_in():
                for peer in (second, third):
                    peer.send(b"still")
                self.assertEqual(second.recv(100), b"still")
                with contextlib.suppress(TimeoutError):
                    return third.recv(100) == b"still"
                return False  # it was not even told busy: that is told at a bounded rate

            third.send(b"here")
            self.assertEqual(third.recv(100), b"busy")
            third.settimeout(0.1)
            other = self.datagrams(listener.port, "127.0.0.2")
            other.send(b"here")
            self.assertEqual(other.recv(100), b"here")
            await_that(is_let_in, "the silent one to make way")
            listener.err.until(rf"^\[127.0.0.1:{first.getsockname()[1]}\] made way")

    @under((("thread",), ("process",), ("thread", "--workers", 2), ("process", "--workers", 2)))
    def test_datagrams_that_are_requests(self, way):
        with Listener("udp://" + HERE, *words(way), "--handler", "echo", "--rate-per-address", 1, "--burst-per-address", 2) as listener:
            peer = self.datagrams(listener.port)
            answers = []
            for number in range(3):
                peer.send(b"%d" % number)
                answers.append(peer.recv(100))
            self.assertEqual(answers, [b"0", b"1", b"busy"])
            other = self.datagrams(listener.port, "127.0.0.2")
            other.send(b"other")
            self.assertEqual(other.recv(100), b"other")

    def test_forged_senders_do_not_shut_out_who_connects(self):
        with Listener(HERE, "udp://" + HERE, "--handler", "echo", "--max-per-address", 1, endpoints=2) as listener:
            forged = self.datagrams(int(listener.urls[1].rsplit(":", 1)[1]))
            forged.send(b"x")
            self.assertEqual(forged.recv(10), b"x")
            self.assertTrue(is_served(self.caller(listener.port)))

    def test_values(self):
        for name in ("--max-per-address", "--rate-per-address", "--burst-per-address"):
            for value in ("0", "-1", "x", ""):
                self.assertEqual(run("listen", HERE, f"{name}={value}").status, 2, (name, value))


class Leaving(Manners):
    """Who was served, or was not let in, and does not hang up."""
    CALLERS = 150

    def assert_few_are_held(self, listener, behave):
        folder = f"/proc/{listener.pid}/fd"
        before, most = len(os.listdir(folder)), 0
        for _ in range(self.CALLERS):
            behave(self.caller(listener.port))
            most = max(most, len(os.listdir(folder)))
        self.assertLess(most, before + 50)

    @under(WAYS)
    def test_after_a_greeting(self, way):
        with Listener(HERE, *words(way), "--handler", "greet", "--max-clients", 4) as listener:
            self.assert_few_are_held(listener, all_of)
            self.assertTrue(all_of(self.caller(listener.port)))

    @under(WAYS)
    def test_after_words_that_are_not_tls(self, way):
        def behave(peer):
            peer.sendall(b"X")
            self.assertEqual(all_of(peer)[:1], b"\x15")
        with Listener("tls://" + HERE, *tls_words(), *words(way), "--handler", "echo", "--max-clients", 4) as listener:
            self.assert_few_are_held(listener, behave)
            self.assertTrue(is_served(self.open.enter_context(contextlib.closing(secure(caller(listener.port))))))


class Forged(Manners):
    """A room over UDP, where anybody may have said that he is somebody else."""

    def heard_of(self, peers, word):
        count = 0
        for peer in peers:
            peer.setblocking(False)
            with contextlib.suppress(BlockingIOError):
                while word not in peer.recv(1 << 16):
                    pass
                count += 1
        return count

    def test_who_forges_an_address_has_little_sent_there(self):
        with Listener("udp://" + HERE, "--handler", "relay") as listener:
            victim = [self.datagrams(listener.port) for _ in range(60)]
            speaker, witness = self.datagrams(listener.port, "127.0.0.2"), self.datagrams(listener.port, "127.0.0.3")
            for peer in [*victim, witness]:
                peer.send(b"here")
            listener.out.until(r"127\.0\.0\.3:\d+\] here")
            speaker.send(b"ahoy")
            while b"ahoy" not in witness.recv(1 << 16):
                pass
            self.assertTrue(0 < self.heard_of(victim, b"ahoy") <= 32)

    def test_what_is_too_large_for_many_is_told_of_a_few(self):
        log = pathlib.Path(self.open.enter_context(tempfile.TemporaryDirectory())) / "log"
        with Listener("udp://" + HERE, "--handler", "relay", "--max-per-address", 100, "--log", log) as listener:
            members = [self.datagrams(listener.port) for _ in range(80)]
            for peer in members:
                peer.send(b"here")
                listener.out.until("here")
            members[0].send(b"\1" * 30_000)  # escaped, that is four times as much
            listener.out.until("x01")
            members[0].send(b"over")
            while b"over" not in members[-1].recv(1 << 16):
                pass
            listener.send_signal()
            err = listener.ended().err
        told = len(re.findall(r"(?m)^\[.*was not sent 12\d+ bytes: no datagram holds so many$", err))
        self.assertTrue(0 < told < 60, told)
        self.assertEqual(int(re.search(r"(?m)^(\d+) more messages were not sent", err)[1]), 79 - told)
        self.assertLess(log.read_text().count("no datagram holds"), 60)


def is_at_end(peer):
    with contextlib.suppress(BlockingIOError):
        try:
            return peer.recv(16, socket.MSG_DONTWAIT) == b""
        except ConnectionResetError:
            return True
    return False


def hears(peer, other):
    """Whether what the other one says reaches it: a room takes a moment to let in."""
    other.sendall(b"here\n")
    with contextlib.suppress(TimeoutError):
        return bool(peer.recv(1000))
    return False


STALLED = r"^\[127.0.0.1:(\d+)\] left: too slow: took nothing for 300ms \(--stall-timeout\)$"


def pour(peer, most=1 << 26):
    """Sends to what answers with as much, until nothing more is taken, or it is cut: whether it was."""
    peer.settimeout(0.5)
    try:
        for _ in range(most >> 16):
            peer.sendall(bytes(1 << 16))
    except TimeoutError:
        return False
    except OSError:
        return True
    finally:
        peer.settimeout(GUARD)
    raise AssertionError("all of it was taken")


class Stalls(Manners):
    limit = ("--stall-timeout", "300ms", "--drain", "100ms")  # the last is what a cut waits for at most

    def assert_cut(self, listener, peer, is_reset=False):
        found = listener.err.until(STALLED)
        self.assertEqual(int(found[1]), peer.getsockname()[1])
        if not is_reset:
            with self.assertRaises(ConnectionResetError):
                while peer.recv(1 << 20):
                    pass

    @under(WAYS)
    def test_an_echo_that_nobody_reads(self, way):
        with Listener(HERE, *words(way), "--handler", "echo", *self.limit) as listener:
            silent = self.caller(listener.port, buffer=SMALL)
            self.assert_cut(listener, silent, pour(silent))
            self.assertTrue(is_served(self.caller(listener.port)), "its place is free")

    @under(WAYS)
    def test_a_greeting_that_nobody_reads(self, way):
        greeting = "x" * 100_000
        big = self.folder / "big"
        big.write_bytes(bytes(1 << 24))
        with Listener(HERE, *words(way), *self.limit, "--exec", "cat", big) as listener:
            silent = self.caller(listener.port, buffer=SMALL)
            self.assert_cut(listener, silent)
        with Listener(HERE, *words(way), "--handler", "greet", "--greeting", greeting, *self.limit) as listener:
            self.caller(listener.port, buffer=SMALL)
            reader = self.caller(listener.port)
            self.assertEqual(all_of(reader), greeting.encode())

    @under(WAYS)
    def test_over_tls(self, way):
        with Listener("tls://127.0.0.1:0", *tls_words(), *words(way), "--handler", "echo", *self.limit) as listener:
            silent = self.secure(listener.port)
            pour(silent)
            self.assertEqual(int(listener.err.until(STALLED)[1]), silent.getsockname()[1])
            self.assertTrue(is_served(self.secure(listener.port)))

    @under(WAYS)
    def test_one_who_reads_slowly_stays(self, way):
        """However slowly: here, less in a limit than the kernel wants to be free before it takes more."""
        size = 1 << 21
        big = self.folder / "big"
        big.write_bytes(os.urandom(size))
        with Listener(HERE, *words(way), "-v", "--stall-timeout", "2s", "--exec", "cat", big) as listener:
            slow = self.caller(listener.port, buffer=SMALL)
            got = b""
            pause = self.datagrams(listener.port)  # nobody answers: a clock
            pause.settimeout(0.05)
            for _ in range(60):
                got += slow.recv(16384)
                with contextlib.suppress(TimeoutError, ConnectionError):
                    pause.recv(1)
            got += all_of(slow)
            self.assertEqual(len(got), size)
            self.assertIn("left", listener.err.until(r"left.*$")[0])

    def test_rooms_have_their_own_rule(self):
        with Listener(HERE, "--handler", "relay", "--slow", "drop-oldest", "--queue", "64k", "--drain", "100ms") as listener:
            silent, talks = self.caller(listener.port, buffer=SMALL), self.caller(listener.port)
            talks.settimeout(0.1)
            await_that(lambda: hears(talks, silent), "both in the room")
            talks.settimeout(1)
            with contextlib.suppress(TimeoutError):
                for _ in range(1000):
                    talks.sendall(b"x" * 20000 + b"\n")
            listener.err.until(r"is slow: \d+ messages? for it (was|were) dropped$")
            talks.settimeout(GUARD)
            self.assertNotIn(b"too slow", listener.err.so_far())
            self.assertTrue(silent.recv(1))

    def test_none(self):
        with Listener(HERE, "--handler", "echo", "--stall-timeout", "none") as listener:
            silent = self.caller(listener.port, buffer=SMALL)
            pour(silent)
            self.assertNotIn(b"left", listener.err.so_far())

    def test_what_holds_is_said(self):
        self.assertRegex(run("listen", HERE, "--handler", "echo", "--explain").out.decode(), r"took? nothing.* for 2m")


def ask(port, request=b"GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n"):
    with caller(port) as peer:
        peer.sendall(request)
        said = all_of(peer)
    head, _, body = said.partition(b"\r\n\r\n")
    return head.decode(), body.decode()


def scrape(port):
    return parsed(ask(port)[1])


TIME = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z"


class Logs(Manners):
    def setUp(self):
        super().setUp()
        self.log = self.folder / "log"

    def lines(self):
        return self.log.read_text().splitlines()

    def await_line(self, pattern):
        await_that(lambda: any(re.search(pattern, line) for line in self.lines()), pattern)
        return next(line for line in self.lines() if re.search(pattern, line))

    def events(self):
        return [json.loads(line) for line in self.lines()]

    @under(WAYS)
    def test_text(self, way):
        self.log.unlink(missing_ok=True)
        with Listener(HERE, *words(way), "--handler", "echo", "--log", self.log, "--max-per-address", 2, "--deny", "127.0.0.9") as listener:
            peer = self.caller(listener.port)
            self.assertTrue(is_served(peer))
            name = f"127.0.0.1:{peer.getsockname()[1]}"
            peer.shutdown(socket.SHUT_WR)
            self.assertEqual(all_of(peer), b"")
            line = self.await_line(" left ")
            self.assertRegex(line, rf"^{TIME} left peer={name} transport=tcp ms=\d+ received=6 sent=6 reason=done$")
            self.caller(listener.port, "127.0.0.9")
            self.assertRegex(self.await_line(" refused "), rf"^{TIME} refused peer=127.0.0.9:\d+ reason=denied$")
            rude = self.caller(listener.port)
            self.assertTrue(is_served(rude))
            reset(rude)
            self.assertRegex(self.await_line(" reason=\"connection reset"), r" ms=\d+ received=6 sent=6 ")
        self.assertRegex(self.lines()[0], rf"^{TIME} listening transport=tcp address=127.0.0.1:{listener.port}$")
        self.assertRegex(self.lines()[1], rf"^{TIME} joined peer={name} transport=tcp$")
        self.assertEqual(stat.S_IMODE(self.log.stat().st_mode), 0o640 & ~current_umask())

    @under(WAYS)
    def test_json(self, way):
        self.log.unlink(missing_ok=True)
        shown = certificates().elsewhere
        with Listener("tls://127.0.0.1:0", *tls_words(), *words(way), "--handler", "echo", "--cacert", shown.file, "--require-client-cert",
                      "--log", self.log, "--log-format", "json") as listener:
            peer = self.open.enter_context(contextlib.closing(secure(caller(listener.port), shown)))
            self.assertTrue(is_served(peer))
            peer.unwrap()
            self.await_line('"left"')
        joined, left = (next(event for event in self.events() if event["event"] == name) for name in ("joined", "left"))
        for event in (joined, left):
            self.assertEqual((event["transport"], event["tls"], event["key"]), ("tls", "TLSv1.3", fingerprint(shown.file)))
        self.assertEqual(left["reason"], "done")
        self.assertGreater(left["sent"], 500, "the handshake counts, too")
        self.assertTrue(all(re.fullmatch(TIME, event["time"]) for event in self.events()))

    @under(WAYS)
    def test_who_agrees_on_no_tls_is_told_once(self, way):
        """Some fail before a worker has them, others at the worker."""
        self.log.unlink(missing_ok=True)
        with Listener("tls://127.0.0.1:0", *tls_words(), *words(way), "--handler", "echo", "--metrics", HERE, "--log", self.log) as listener:
            port = int(listener.err.until(r"^metrics at http://127.0.0.1:(\d+)/metrics$")[1])
            self.caller(listener.port).sendall(b"GET / HTTP/1.0\r\n\r\n")
            self.await_line(" refused ")
            with self.assertRaises(ssl.SSLCertVerificationError):
                secure(self.caller(listener.port), trusted=certificates().elsewhere)
            await_that(lambda: sum(" refused " in line for line in self.lines()) == 2, "the second one")
            self.assertTrue(is_served(self.secure(listener.port)))
            now = scrape(port)
            self.assertEqual((now['ahoy_tls_handshakes_total{result="failed"}'], now['ahoy_connections_refused_total{reason="insecure"}']), (2, 2))
            self.assertEqual((now['ahoy_tls_handshakes_total{result="ok"}'], now["ahoy_connections_joined_total"]), (1, 1))
            self.assertEqual(sum(value for name, value in now.items() if "ended_total" in name), 0)
        refused = [line for line in self.lines() if " refused " in line]
        self.assertEqual(len(refused), 2)
        for line in refused:
            self.assertRegex(line, rf'^{TIME} refused peer=127.0.0.1:\d+ transport=tls reason="insecure: ')

    @under(WAYS)
    def test_which_limit_of_time_it_was(self, way):
        for url, option, limit, more, rude, reason in (
                (HERE, "--idle-timeout", "200ms", ["--handler", "echo"], lambda _: None, "timed out: it said nothing for too long"),
                (HERE, "--idle-timeout", "200ms", ["--handler", "talk"], lambda _: None, "timed out: it said nothing for too long"),
                (HERE, "--message-timeout", "200ms", [], lambda peer: peer.sendall(b"half"), "timed out: a message took too long to be whole"),
                (HERE, "--stall-timeout", "300ms", ["--handler", "echo"], pour, "too slow: took nothing for 300ms"),
                ("tls://127.0.0.1:0", "--handshake-timeout", "200ms", tls_words(), lambda _: None, "insecure: timed out: the handshake took too long")):
            self.log.unlink(missing_ok=True)
            with self.subTest(option, more=more), Listener(url, *words(way), option, limit, *more, "--log", self.log, "--drain", "100ms") as listener:
                rude(self.caller(listener.port, buffer=SMALL))
                self.assertRegex(self.await_line("reason="), rf'^{TIME} (left|refused) .*reason="{reason}"$')
                listener.err.until(rf": {reason.removeprefix('insecure: ')} \({option}\)$")

    def test_a_plain_caller_on_tls(self):
        with Listener("tls://127.0.0.1:0", *tls_words(), "--handler", "echo", "--log", self.log, "--log-format", "json") as listener:
            self.caller(listener.port).sendall(b"GET / HTTP/1.0\r\n\r\n")
            self.await_line('"refused"')
            refused = next(event for event in self.events() if event["event"] == "refused")
            self.assertTrue(refused["reason"].startswith("insecure: "), refused)

    def test_standard_error(self):
        with Listener(HERE, "--handler", "echo", "--log", "-") as listener:
            self.assertTrue(is_served(self.caller(listener.port)))
            listener.err.until(rf"^{TIME} joined peer=127.0.0.1:\d+ transport=tcp$")

    def test_a_flood_is_counted_and_not_named(self):
        with Listener(HERE, "--handler", "echo", "--log", self.log, "--log-format", "json", "--max-per-address", 1) as listener:
            self.assertTrue(is_served(self.caller(listener.port)))
            for _ in range(200):
                caller(listener.port).close()
            def told():
                events = self.events()
                return sum(event.get("callers", 1) for event in events if event["event"] in ("refused", "more"))
            await_that(lambda: told() == 200, "all of them")
            self.assertLess(len(self.lines()), 60)

    def test_a_full_disk_is_told_once_and_stops_nobody(self):
        if not os.path.exists("/dev/full"):
            self.fail("no /dev/full")
        with Listener(HERE, "--handler", "echo", "--log", "/dev/full") as listener:
            told = b"ahoy: write /dev/full: no space left on device; the server goes on without it\n"
            await_that(lambda: told in listener.err.so_far(), "a word on that")
            for _ in range(10):
                self.assertTrue(is_served(self.caller(listener.port)))
        self.assertEqual(listener.err.so_far().count(b"/dev/full"), 1)

    def test_a_limit_on_its_size_too(self):
        """A signal (SIGXFSZ) must not end the server; what is written in part is no line."""
        def limit():
            resource.setrlimit(resource.RLIMIT_FSIZE, (200, 200))
        with Listener(HERE, "--handler", "echo", "--log", self.log, preexec_fn=limit) as listener:
            for _ in range(10):
                self.assertTrue(is_served(self.caller(listener.port)))
            listener.err.until(r"^ahoy: write \S+log: .*; the server goes on without it$")

    def test_a_file_that_cannot_be_made(self):
        ended = run("listen", HERE, "--log", self.folder / "no" / "log")
        self.assertEqual(ended.status, 23, ended)
        self.assertRegex(ended.err, r"\Aahoy: log to \S+/no/log: no such file or directory\nmake its folder first\n")

    def test_a_program_that_fails(self):
        with Listener(HERE, "--log", self.log, "--exec", "sh", "-c", "exit 3") as listener:
            self.caller(listener.port).close()
            line = self.await_line(" left ")
        self.assertRegex(line, r'reason="[^"]*"$')


def current_umask():
    value = os.umask(0)
    os.umask(value)
    return value


NAME = r"[a-zA-Z_:][a-zA-Z0-9_:]*"
LABELS = r'\{[a-zA-Z_][a-zA-Z0-9_]*="(?:[^"\\\n]|\\["\\n])*"(?:,[a-zA-Z_][a-zA-Z0-9_]*="(?:[^"\\\n]|\\["\\n])*")*\}'
SAMPLE = re.compile(rf"({NAME})({LABELS})? (-?\d+(?:\.\d+)?)")


def parsed(text):
    """Strictly, by the description of the format: families one after the other, each with its HELP and TYPE first."""
    assert text.endswith("\n") and "\r" not in text
    samples, family, types = {}, None, {}
    lines = text[:-1].split("\n")
    position = 0
    while position < len(lines):
        help_line = re.fullmatch(rf"# HELP ({NAME}) (\S.*)", lines[position])
        assert help_line, lines[position]
        type_line = re.fullmatch(rf"# TYPE ({NAME}) (counter|gauge)", lines[position + 1])
        assert type_line and type_line[1] == help_line[1], lines[position + 1]
        family = type_line[1]
        assert family not in types, "twice"
        types[family] = type_line[2]
        assert (type_line[2] == "counter") == family.endswith("_total"), family
        position += 2
        before = position
        while position < len(lines) and not lines[position].startswith("#"):
            sample = SAMPLE.fullmatch(lines[position])
            assert sample and sample[1] == family, lines[position]
            assert (sample[1], sample[2] or "") not in samples, "twice"
            samples[sample[1] + (sample[2] or "")] = float(sample[3])
            position += 1
        assert position > before, "a family without samples"
    return samples


class Metrics(Manners):
    def metrics_of(self, listener):
        return int(listener.err.until(r"^metrics at http://127.0.0.1:(\d+)/metrics$")[1])

    @under(WAYS)
    def test_counts(self, way):
        with Listener(HERE, *words(way), "--handler", "echo", "--metrics", HERE, "--max-per-address", 1, "--deny", "127.0.0.9") as listener:
            port = self.metrics_of(listener)
            peer = self.caller(listener.port)
            self.assertTrue(is_served(peer))
            now = scrape(port)
            self.assertEqual(now["ahoy_connections"], 1)
            self.assertEqual(now["ahoy_received_bytes_total"], 6)
            self.assertEqual(now["ahoy_sent_bytes_total"], 6)
            all_of(self.caller(listener.port))
            all_of(self.caller(listener.port, "127.0.0.9"))
            peer.close()
            await_that(lambda: scrape(port)["ahoy_connections"] == 0, "the end")
            now = scrape(port)
            self.assertEqual(now["ahoy_connections_joined_total"], 1)
            self.assertEqual(now['ahoy_connections_ended_total{reason="done"}'], 1)
            self.assertEqual(now['ahoy_connections_refused_total{reason="per_address"}'], 1)
            self.assertEqual(now['ahoy_connections_refused_total{reason="denied"}'], 1)
            self.assertEqual(now["ahoy_received_bytes_total"], 6)
            info = next(name for name in now if name.startswith("ahoy_build_info"))
            self.assertRegex(info, rf'version="[^"]+",engine="[^"]+",model="{way[0]}"')
            self.assertGreater(now["ahoy_start_time_seconds"], 1.7e9)

    def test_tls(self):
        with Listener("tls://127.0.0.1:0", *tls_words(), "--handler", "echo", "--metrics", HERE) as listener:
            port = self.metrics_of(listener)
            self.assertTrue(is_served(self.secure(listener.port)))
            self.caller(listener.port).sendall(b"hello, I am no TLS\n")
            await_that(lambda: scrape(port)['ahoy_tls_handshakes_total{result="failed"}'] == 1, "the failure")
            self.assertEqual(scrape(port)['ahoy_tls_handshakes_total{result="ok"}'], 1)
            self.assertEqual(scrape(port)['ahoy_connections_refused_total{reason="insecure"}'], 1)

    def test_curl(self):
        with Listener(HERE, "--metrics", HERE) as listener:
            port = self.metrics_of(listener)
            asked = ["curl", "-sS", "--noproxy", "*", "-m", str(GUARD), "-D", str(self.folder / "head"), f"http://127.0.0.1:{port}/metrics"]
            text = subprocess.run(asked, stdout=subprocess.PIPE, check=True).stdout.decode()
            parsed(text)
            self.assertRegex((self.folder / "head").read_text(), r"(?m)\AHTTP/1.1 200 OK\r?$")
            self.assertRegex((self.folder / "head").read_text(), r"(?mi)^content-type: text/plain; version=0\.0\.4; charset=utf-8\r?$")

    def test_other_requests(self):
        with Listener(HERE, "--metrics", HERE) as listener:
            port = self.metrics_of(listener)
            for request, status in ((b"GET / HTTP/1.1\r\n\r\n", "404"), (b"GET /metricsx HTTP/1.0\r\n\r\n", "404"),
                                    (b"GET /metrics?name[]=x HTTP/1.0\r\n\r\n", "200"), (b"GET /metrics HTTP/1.0\n\n", "200"),
                                    (b"POST /metrics HTTP/1.1\r\nContent-Length: 0\r\n\r\n", "405"), (b"HEAD /metrics HTTP/1.1\r\n\r\n", "405"),
                                    (b"nonsense\r\n\r\n", "400"), (b"GET  /metrics HTTP/1.1\r\n\r\n", "400"), (b"\x16\x03\x01\r\n\r\n", "400"),
                                    (b"GET /metrics HTTP/1.1\r\nX: " + b"x" * 9000 + b"\r\n\r\n", "431")):
                self.assertRegex(ask(port, request)[0], rf"\AHTTP/1.1 {status} ", request[:60])
            self.assertIn("Allow: GET", ask(port, b"PUT /metrics HTTP/1.1\r\n\r\n")[0])

    @under((("event",), ("iterative",), ("process",)))
    def test_bad_scrapers_harm_nobody(self, way):
        with Listener(HERE, *words(way), "--handler", "echo", "--metrics", HERE) as listener:
            port = self.metrics_of(listener)
            silent = [self.caller(port) for _ in range(40)]
            self.assertTrue(is_served(self.caller(listener.port)))
            said = {all_of(each)[:12] for each in silent}
            self.assertEqual(said, {b"HTTP/1.1 503", b""})  # cut at the deadline, or without a word
            self.assertIn("ahoy_connections", ask(port)[1])

    def test_an_address_that_is_taken(self):
        with Listener(HERE) as other:
            ended = run("listen", HERE, "--metrics", f"127.0.0.1:{other.port}")
            self.assertEqual(ended.status, 45, ended)

    def test_addresses_that_are_none(self):
        for value in ("udp://127.0.0.1:1", "unix:///x", "tls://127.0.0.1:1", "nonsense:port"):
            self.assertEqual(run("listen", HERE, "--metrics", value).status, 2, value)

    def test_it_ends_with_the_server(self):
        with Listener(HERE, "--metrics", HERE) as listener:
            port = self.metrics_of(listener)
            self.caller(port)
            self.assertEqual(listener.end(signal.SIGTERM), 0)


if __name__ == "__main__":
    unittest.main()
