"""`ahoy call telnet://`, against servers that misbehave."""
import os
import select
import socket
import unittest
import zlib

from bad_cases import CONTROLS, MEMORY, BadCases
from bad_server import BadServer, Gone, forever, hear_until, reset, stall
from command import Running
from fetching import NOBODY_KNOWN

SE, NOP, SB, WILL, WONT, DO, DONT, IAC = (bytes([code]) for code in (240, 241, 250, 251, 252, 253, 254, 255))
BINARY, ECHO, SGA, STATUS, TTYPE, NAWS, LINEMODE, COMPRESS2, NOBODYS = (bytes([code]) for code in (0, 1, 3, 5, 24, 31, 34, 86, 200))
ASK_TYPE = IAC + SB + TTYPE + b"\1" + IAC + SE
LONG = b"x" * 100_000
BOMB = zlib.compress(bytes(64 << 20))


def negotiated(verb, options):
    return b"".join(IAC + verb + bytes([option]) for option in options)


FLOOD = negotiated(DO, range(40, 240)) * 50

CALLING = [
    ("a reset", [b"hello\r\n" + IAC + DO + TTYPE, hear_until(IAC + WILL + TTYPE), reset], "/", [], 56, "reset"),
    ("a reset that meets an answer", [IAC + DO + TTYPE, hear_until(IAC + WILL + TTYPE), b"hello" + IAC + DO + NAWS, reset], "/", [], 56, "reset"),
    ("a reset in a negotiation", [IAC + DO + TTYPE + IAC + DO, hear_until(IAC + WILL + TTYPE), reset], "/", [], 56, "reset"),
    ("a subnegotiation without an end", [IAC + SB + TTYPE, forever(LONG)], "/", [], 8, "negotiate"),
    ("a subnegotiation of bytes that are none", [IAC + SB + NOBODYS, forever(bytes(10_000))], "/", [], 8, "negotiate"),
    ("a subnegotiation of doubled marks", [IAC + SB + TTYPE, forever(IAC * 10_000)], "/", [], 8, "negotiate"),
    ("requests without an end that nobody hears the answers of", [forever(FLOOD, rate=64 << 20)], "/", [], 8, "negotiate"),
    ("a loop of a request", [forever(IAC + DO + ECHO + IAC + DONT + ECHO, rate=64 << 20), stall], "/", ["--timeout", "1s"], (8, 28), "ahoy"),
    ("a loop of an offer", [forever((IAC + WILL + ECHO + IAC + WONT + ECHO) * 5000, rate=64 << 20)], "/", [], 8, "negotiate"),
    ("a loop of the window's size", [forever((IAC + DO + NAWS + IAC + DONT + NAWS) * 5000, rate=64 << 20)], "/", [], 8, "negotiate"),
    ("the terminal's type, again and again", [IAC + DO + TTYPE, forever(ASK_TYPE * 5000, rate=64 << 20)], "/", [], 8, "negotiate"),
    ("compression that nobody agreed to", [IAC + SB + COMPRESS2 + IAC + SE + zlib.compress(b"hello")], "/", [], 8, "negotiate"),
    ("a bomb", [IAC + SB + COMPRESS2 + IAC + SE, BOMB, stall], "/", [], 8, "negotiate"),
    ("compressed binary", [IAC + SB + COMPRESS2 + IAC + SE + bytes(range(256))], "/", [], 8, "negotiate"),
    ("binary that ends within an end of a line", [IAC + WILL + BINARY + b"\r", hear_until(IAC + DO + BINARY), IAC + WONT + BINARY + b"\n", hear_until(IAC + DONT + BINARY), reset], "/", [], 56, "reset"),
    ("silence", [stall], "/", ["--timeout", "300ms"], 28, "timed out"),
    ("silence in a subnegotiation", [IAC + SB + TTYPE + b"\1", stall], "/", ["--timeout", "300ms"], 28, "timed out"),
    ("silence after an end that is open", [IAC, stall], "/", ["--timeout", "300ms"], 28, "timed out"),
]

# What the server sends, what is shown.
HARMLESS = [
    ("nothing at all", b"", b""),
    ("an end in a negotiation", b"a" + IAC + DO, b"a"),
    ("an end in a subnegotiation", b"a" + IAC + SB + TTYPE + b"\1", b"a"),
    ("an end at a mark", b"a" + IAC, b"a"),
    ("a mark that is doubled", b"a" + IAC + IAC + b"b", b"a\xffb"),
    ("commands that mean nothing", b"a" + b"".join(IAC + bytes([code]) for code in range(241, 250)) + b"b", b"ab"),
    ("commands that are none", b"a" + b"".join(IAC + bytes([code]) for code in range(0, 200)) + b"b", None),
    ("options that are none", negotiated(DO, range(256)) + negotiated(WILL, range(256)) + b"b", b"b"),
    ("answers that nobody asked for", negotiated(DONT, range(256)) + negotiated(WONT, range(256)) + b"b", b"b"),
    ("a subnegotiation of nothing", b"a" + IAC + SB + IAC + SE + b"b", None),
    ("a subnegotiation in a subnegotiation", b"a" + IAC + SB + TTYPE + IAC + SB + TTYPE + b"\1" + IAC + SE + b"b", None),
    ("an end of no subnegotiation", b"a" + IAC + SE + b"b", b"ab"),
    ("a type that nobody asks for", IAC + SB + TTYPE + b"\0xterm" + IAC + SE + b"b", b"b"),
    ("a window's size from a server", IAC + SB + NAWS + b"\xff\xff" + IAC + SE + b"b", None),
    ("a line mode that nobody agreed to", IAC + SB + LINEMODE + b"\1\3" + IAC + SE + b"b", b"b"),
    ("binary", bytes(range(14, 255)), bytes(range(14, 255))),
    ("returns and NULs", b"a\r\0b\r\nc\0d", b"a\rb\nc\0d"),
]


def stall_until_half_closed(conversation):
    while conversation.receive():
        pass


def end_and_leave_unread(conversation):
    """Hears one byte of what is said, ends its side, and goes."""
    conversation.peer.recv(1)
    conversation.peer.shutdown(socket.SHUT_WR)
    raise Gone


def fill(pipe):
    """How many bytes it takes until it has taken none for a while."""
    os.set_blocking(pipe.fileno(), False)
    taken = 0
    while select.select([], [pipe], [], 2)[1] and taken < 200 << 20:
        taken += os.write(pipe.fileno(), LONG)
    return taken


class Calling(BadCases):
    scheme = "telnet"
    verb = "call"

    def setUp(self):
        """Standard input has nothing to say, and does not end."""
        super().setUp()
        theirs, ours = os.pipe()
        self.input = self.enterContext(open(theirs, "rb"))
        self.enterContext(open(ours, "wb"))

    def test_cases(self):
        for name, case, path, words, status, says in CALLING:
            with self.case(name, case) as bad:
                ended = self.run_against(bad, path, *words, stdin=self.input)
                self.assertIn(ended.status, status if isinstance(status, tuple) else (status,), ended)
                self.assertRegex(ended.err, r"\Aahoy: ")
                self.assertRegex(ended.err, says)
                self.assertNotRegex(ended.err, CONTROLS)
                self.assertLess(len(ended.out), 1 << 20)

    def test_harmless(self):
        for name, sent, shown in HARMLESS:
            for words in ([], ["-v"]):
                with self.case((name, words), [sent]) as bad:
                    ended = self.run_against(bad, "/", *words, stdin=self.input)
                    self.assertEqual(ended.status, 0, ended)
                    self.assertNotRegex(ended.err, CONTROLS)
                    if shown is not None:
                        self.assertEqual(ended.out, shown)

    def test_what_the_server_says_first_and_last(self):
        """It asks for the type of the terminal, which must not be more than one word of a subnegotiation."""
        with BadServer([IAC + DO + TTYPE + ASK_TYPE, hear_until(IAC + SE), b"done"]) as bad:
            ended = self.ahoy("call", self.url(bad, "/"), stdin=self.input, env=NOBODY_KNOWN | {"TERM": os.fsdecode(b"x\xff\xf0y")})
            self.assertEqual((ended.status, ended.out), (0, b"done"), ended)
            self.assertEqual(bad.heard.replace(IAC + IAC, b"").count(IAC + SE), 1)

    def test_requests_after_the_end_of_the_input_are_left_alone(self):
        with BadServer([stall_until_half_closed, IAC + DO + TTYPE, *[FLOOD] * 30, b"done"]) as bad:
            self.assertEqual(self.ahoy("call", self.url(bad, "/"), given=b"hello\n"), (0, b"done", ""))

    def test_the_answer_comes_after_the_end_of_the_input(self):
        with BadServer([hear_until(b"world\r\n"), stall_until_half_closed, b"it is said\r\n"]) as bad:
            self.assertEqual(self.ahoy("call", self.url(bad, "/"), given=b"hello\nworld\n"), (0, b"it is said\n", ""))

    def test_the_answer_comes_before_the_end_where_that_is_to_wait(self):
        with BadServer([hear_until(b"world\r\n"), IAC + DO + TTYPE, hear_until(IAC + WILL + TTYPE), b"it is said\r\n"]) as bad:
            self.assertEqual(self.ahoy("call", self.url(bad, "/"), "--after-eof", "wait", given=b"hello\nworld\n"), (0, b"it is said\n", ""))

    def test_a_server_that_hangs_up_at_the_end_of_the_input(self):
        with BadServer([stall_until_half_closed]) as bad:
            ended = self.expect(self.ahoy("call", self.url(bad, "/"), given=b"hello\n"), 0, b"")
            self.assertIn("--after-eof wait", ended.err)

    def test_after_the_end_of_the_input_nothing_is_waited_for(self):
        for rule in ("close", "100ms"):
            with self.subTest(rule), BadServer([stall]) as bad:
                self.assertEqual(self.ahoy("call", self.url(bad, "/"), "--after-eof", rule, given=b"hello\n"), (0, b"", ""))
                self.assertEqual(bad.heard, b"hello\r\n")

    def test_what_the_server_has_not_taken(self):
        with BadServer([b"enough\r\n", end_and_leave_unread]) as bad:
            ended = self.ahoy("call", self.url(bad, "/"), given=bytes(20 << 20))
            self.assertEqual((ended.status, ended.out), (18, b"enough\n"), ended)
            self.assertRegex(ended.err, r"\Aahoy: send to .*\n.* bytes ")

    def test_no_login_and_no_messages(self):
        self.refused(2, "", "call", "telnet://alice@localhost:1/")
        self.refused(2, "", "call", "telnet://localhost:1/", "--user", "alice:secret")
        self.refused(2, "", "call", "telnet://localhost:1/", "--json")

    def test_memory_does_not_grow_with_what_is_typed(self):
        """A server that hears nothing: what is said to it waits where it comes from."""
        with BadServer([lambda conversation: conversation.over.wait()]) as bad, Running("call", self.url(bad, "/"), env=NOBODY_KNOWN, before=MEMORY) as call:
            taken = fill(call.process.stdin)
            self.assertLess(taken, 32 << 20)
            self.assertTrue(call.is_running())

    def test_memory_does_not_grow_with_what_is_shown(self):
        with BadServer([forever(LONG, rate=256 << 20)]) as bad:
            with Running("call", self.url(bad, "/"), stdin=self.input, env=NOBODY_KNOWN, before=MEMORY) as call:
                call.out.await_that(lambda: len(call.out.raw) > 100 << 20, "100 MB")
                self.assertTrue(call.is_running())


if __name__ == "__main__":
    unittest.main()
