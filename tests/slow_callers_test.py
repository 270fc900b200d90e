"""Callers that say a byte now and then, and callers that never read: the former are cut in time, the latter cost no more memory than they may."""
import contextlib
import re
import resource
import socket
import unittest

from bad_callers import ssl_hello, until_cut
from command import Listener, SANITIZED, await_that
from peers import Caller
from servers.certificates import certificates

MANY = 300
QUEUE = 64 << 10
MEGABYTE = 1 << 20


def setUpModule():
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


class Cut(unittest.TestCase):
    """The time of a silent one begins anew with every byte, and that of a message does not."""

    def drip_until_cut(self, listener, said):
        """Many say this byte by byte; a byte comes before a silent one would be cut."""
        with contextlib.ExitStack() as stack:
            slow = [stack.enter_context(Caller(listener.port)) for _ in range(MANY)]
            left = set(slow)
            at = 0

            def are_cut():
                nonlocal at
                for each in list(left):
                    with contextlib.suppress(BlockingIOError):
                        try:
                            each.socket.setblocking(False)
                            each.socket.send(said[at % len(said):][:1])
                            if each.socket.recv(4096):
                                continue
                        except ConnectionError:
                            pass
                        left.remove(each)
                at += 1
                return not left
            await_that(are_cut, "the end of all of them")
            return {each.label for each in slow}

    def reasons(self, listener, labels):
        listener.end()
        said = re.findall(r"^\[(.*)\] (?:left|did not join): (.*)$", listener.err.all().decode(), re.M)
        return {why for label, why in said if label in labels}

    def test_messages_have_to_be_whole_in_time(self):
        for words in (["--framing", "line"], [], ["--framing", "nul"], ["--handler", "relay"], ["--model", "thread"], ["--model", "process", "--workers", "400"]):
            with self.subTest(words), Listener("127.0.0.1:0", "--idle-timeout", "10m", "--message-timeout", "1s", *words) as listener:
                self.assertEqual(self.reasons(listener, self.drip_until_cut(listener, b"x")), {"timed out: a message took too long to be whole (--message-timeout)"})

    def test_handshakes_have_to_be_done_in_time(self):
        good = certificates().good
        with Listener("tls://127.0.0.1:0", "--handshake-timeout", "1s", "--cert", good.file, "--key", good.key) as listener:
            labels = self.drip_until_cut(listener, ssl_hello("1.3") * 20)
            self.assertEqual(self.reasons(listener, labels), {"timed out: the handshake took too long (--handshake-timeout)"})

    def test_without_it_they_stay(self):
        with Listener("127.0.0.1:0", "--framing", "line", "--idle-timeout", "10m") as listener, Caller(listener.port) as slow, Caller(listener.port) as quick:
            for _ in range(10):
                slow.send("x")
                quick.send("hello\n")
                listener.out.until("hello")
            slow.send("\n")
            self.assertRegex(listener.out.next_line(), rb" x{10}$")

    def test_whole_messages_may_come_for_ever(self):
        with Listener("127.0.0.1:0", "--framing", "line", "--message-timeout", "500ms", "-v") as listener, Caller(listener.port) as caller:
            with Caller(listener.port) as slow:
                slow.send("x")

                def is_other_cut():
                    caller.send("a\nb")
                    listener.out.until(" a$")
                    caller.send("\n")
                    listener.out.until(" b$")
                    return b"left: timed out" in listener.err.so_far()
                await_that(is_other_cut, "the end of one whose message is never whole")
                until_cut(slow)
            caller.send("still here\n")
            listener.out.until("still here")


class Deaf(unittest.TestCase):
    """What waits for those who never read."""

    @staticmethod
    def deaf(stack, listener):
        """So that little waits in the kernel: what that keeps it counts in segments."""
        for _ in range(MANY):
            made = stack.enter_context(socket.socket())
            made.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1024)
            made.setsockopt(socket.IPPROTO_TCP, socket.TCP_MAXSEG, 536)
            made.connect(("127.0.0.1", listener.port))

    def test_memory_stays_within_the_cap_and_the_others_hear_all(self):
        for policy, said in (("disconnect", "left: too slow"), ("drop-oldest", "is slow: "), ("drop-newest", "is slow: ")):
            with self.subTest(policy), Listener("127.0.0.1:0", "--handler", "relay", "--queue", QUEUE, "--slow", policy, "--slow-after", "200ms", "-v") as listener, \
                    contextlib.ExitStack() as stack:
                speaker, hearer = (stack.enter_context(Caller(listener.port)) for _ in range(2))
                self.deaf(stack, listener)
                for _ in range(MANY + 2):
                    listener.err.until("joined")
                lines = 3000
                for number in range(0, lines, 10):
                    speaker.send(b"".join(b"%0300d\n" % each for each in range(number, number + 10)))
                    for each in range(number, number + 10):
                        self.assertEqual(int(hearer.line().split()[-1]), each)
                        listener.out.next_line()
                listener.err.until(said)
                self.assertTrue(listener.has_stayed_within(16 * MEGABYTE + MANY * QUEUE * 11 // 10))
                self.assertEqual(listener.end(), 0)

    def test_each_line_costs_little_for_each_of_them(self):
        """What is done for one who is known to be slow does not grow with their number."""
        with Listener("127.0.0.1:0", "--handler", "relay", "--queue", "4k", "--slow", "drop-oldest", "--slow-after", "100ms") as listener, \
                contextlib.ExitStack() as stack:
            speaker, hearer = (stack.enter_context(Caller(listener.port)) for _ in range(2))
            for _ in range(3):
                self.deaf(stack, listener)

            def converse(lines):
                before = listener.processor_seconds()
                for _ in range(lines):
                    speaker.send("x" * 500 + "\n")
                    hearer.line()
                return listener.processor_seconds() - before
            converse(400)  # until all are known to be slow
            self.assertLess(converse(500), 500 * 3 * MANY * 2e-6 * (10 if SANITIZED else 1))


if __name__ == "__main__":
    unittest.main()
