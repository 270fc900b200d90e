"""Many callers, fast ones, and ones that do not read: `ahoy listen` keeps every line whole and its memory bounded."""
import collections
import re
import resource
import socket
import threading
import time
import unittest

from command import GUARD, SANITIZED, Listener
from peers import Caller

FEW_DESCRIPTORS = ["sh", "-c", 'ulimit -n 64; exec "$@"', "sh"]
SOFT_LIMIT = ["sh", "-c", 'ulimit -Sn 1024; exec "$@"', "sh"]
MEGABYTE = 1 << 20


def setUpModule():
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    if hard < 11_000:
        raise RuntimeError(f"these tests open 10,000 sockets, and the hard limit of descriptors is {hard}")


def side_by_side(works):
    """Runs functions in threads to their end; raises what one of them raised."""
    failures = []

    def guarded(work):
        try:
            work()
        except BaseException as failure:  # told by the thread that waits
            failures.append(failure)

    threads = [threading.Thread(target=guarded, args=(work,), daemon=True) for work in works]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(2 * GUARD)
    if failures:
        raise failures[0]
    if any(thread.is_alive() for thread in threads):
        raise AssertionError("a caller waits in vain")


class Numbers(unittest.TestCase):
    def test_100_callers_with_20_lines_each(self):
        with Listener("127.0.0.1:0") as listener:
            callers = [Caller(listener.port) for _ in range(100)]

            def talk(caller):
                for number in range(20):
                    line = f"line {number} of {caller.label} {'x' * number * 50}\n"
                    middle = len(line) // 2
                    caller.send(line[:middle])
                    caller.send(line[middle:])

            side_by_side([lambda caller=caller: talk(caller) for caller in callers])
            heard = collections.defaultdict(list)
            for _ in range(2000):
                label, text = listener.out.next_line().decode().split(" ", 1)
                heard[label].append(text)
            for caller in callers:
                self.assertEqual(heard[f"[{caller.label}]"],
                                 [f"line {number} of {caller.label} {'x' * number * 50}" for number in range(20)])
                caller.close()
            self.assertEqual(listener.end(), 0)
            self.assertEqual(listener.out.all().count(b"\n"), 2000)

    def test_5000_callers_at_once(self):
        with Listener("127.0.0.1:0", before=SOFT_LIMIT) as listener:
            callers = []
            self.addCleanup(lambda: [caller.close() for caller in callers])
            for _ in range(5000):
                callers.append(Caller(listener.port))
            for caller in callers:
                caller.send("here\n")
            heard = {listener.out.next_line().decode() for _ in callers}
            self.assertEqual(heard, {f"[{caller.label}] here" for caller in callers})
            listener.say("for all")
            for caller in callers:
                self.assertEqual(caller.line(), b"for all")
            last = callers[-1]
            listener.say(f"@{last.label} for you")
            self.assertEqual(last.line(), b"for you")
            self.assertEqual(listener.end(), 0)

    def test_20_callers_relay_lines_of_20_kB(self):
        with Listener("127.0.0.1:0", "--handler", "relay") as listener:
            callers = [Caller(listener.port) for _ in range(20)]
            for caller in callers:
                caller.send("here\n")
            for _ in callers:
                listener.out.until("here")
            marked = {caller.label: chr(ord("a") + number) for number, caller in enumerate(callers)}
            expected = {f"[{label}] {mark * 20_000}": 10 for label, mark in marked.items()}

            def talk(caller):
                for _ in range(10):
                    caller.send(marked[caller.label] * 20_000 + "\n")

            def hear(caller):
                heard = collections.Counter()
                while sum(heard.values()) < 190:
                    line = caller.line().decode()
                    if not line.endswith("here"):
                        heard[line] += 1
                others = {line: count for line, count in expected.items() if f"[{caller.label}]" not in line}
                self.assertEqual(heard, others)

            side_by_side([lambda work=work, caller=caller: work(caller) for caller in callers for work in (talk, hear)])
            shown = collections.Counter(listener.out.next_line().decode() for _ in range(200))
            self.assertEqual(shown, expected)
            for caller in callers:
                caller.close()


class Slow(unittest.TestCase):
    """One talker that is as fast as it can be, callers that read, and one that does not."""
    LINES = 8000
    LINE = 10_000  # 80 MB in all, of which one caller's queue may hold 256 kB
    WORDS = ("--handler", "relay", "--queue", "256k", "--slow-after", "200ms")

    def setUp(self):
        self.numbers = [f"{number:08} " for number in range(self.LINES)]

    def open(self, policy, *words):
        listener = Listener("127.0.0.1:0", *self.WORDS, "--slow", policy, *words)
        self.addCleanup(listener.__exit__)
        callers = [Caller(listener.port) for _ in range(3)] + [Caller(listener.port, receive_buffer=4096)]
        for caller in callers:
            self.addCleanup(caller.close)
            caller.send("here\n")
            listener.out.until("here")
        self.lead = f"[{callers[0].label}] "
        return listener, *callers

    def line(self, number):
        return (self.numbers[number] + "x" * self.LINE + "\n").encode()

    def talk(self, talker):
        for number in range(self.LINES):
            talker.send(self.line(number))

    def heard_numbers(self, caller, last=None):
        """Of all lines to the end, or to the last one; each must be whole."""
        numbers = []
        while numbers[-1:] != [last if last is not None else self.LINES - 1]:
            line = caller.line()
            if line is None:
                break
            text = line.decode()
            if text.endswith("here"):
                continue
            self.assertTrue(text.startswith(self.lead), text[:60])
            numbers.append(int(text[len(self.lead):][:8]))
            self.assertEqual(len(text), len(self.lead) + 9 + self.LINE)
        return numbers

    def hear_everything(self, caller):
        self.assertEqual(self.heard_numbers(caller), list(range(self.LINES)))

    def shown(self, listener):
        for number in range(self.LINES):
            self.assertIn(self.numbers[number], listener.out.next_line()[:60].decode())

    def test_disconnect_cuts_the_slow_one_alone(self):
        listener, talker, one, two, slow = self.open("disconnect")
        side_by_side([lambda: self.talk(talker), lambda: self.hear_everything(one), lambda: self.hear_everything(two),
                      lambda: self.shown(listener)])
        listener.err.until(rf"^\[{re.escape(slow.label)}\] left: .*(slow|took)")
        self.assertTrue(listener.has_stayed_within(32 * MEGABYTE))
        listener.say("/who")
        rows = [listener.err.until("<-").string for _ in range(3)]
        self.assertFalse(any(slow.label in row for row in rows))

    def dropped_by(self, policy):
        listener, talker, one, two, slow = self.open(policy)
        side_by_side([lambda: self.talk(talker), lambda: self.hear_everything(one), lambda: self.hear_everything(two),
                      lambda: self.shown(listener)])
        self.assertTrue(listener.has_stayed_within(32 * MEGABYTE))
        listener.say(f"@{slow.label} {self.numbers[0]}")  # wakes nobody: it is slow; but says that all was said
        slow.end()  # what is queued for it is flushed, then it is closed
        numbers = self.heard_numbers_with_rest(slow)
        listener.err.until(rf"^\[{re.escape(slow.label)}\] is slow")
        for caller in (talker, one, two):
            caller.close()
        self.assertEqual(listener.end(), 0)
        said = listener.err.all().decode()
        told = sum(map(int, re.findall(rf"\[{re.escape(slow.label)}\] is slow: (\d+) messages? for it w", said)))
        self.assertTrue(said.endswith(f"in all, {told} messages for slow callers were dropped (--slow {policy})\n"), said[-200:])
        return numbers, told

    def heard_numbers_with_rest(self, slow):
        """Of a caller that was slow: what it was told in between by us is left out."""
        numbers = []
        for line in slow.rest().decode().splitlines():
            if line.startswith(self.lead) and not line.endswith("here"):
                self.assertEqual(len(line), len(self.lead) + 9 + self.LINE)
                numbers.append(int(line[len(self.lead):][:8]))
        return numbers

    def test_drop_newest_keeps_what_came_first_and_counts_the_rest(self):
        numbers, told = self.dropped_by("drop-newest")
        self.assertEqual(numbers, list(range(len(numbers))))
        self.assertGreater(len(numbers), 0)
        self.assertIn(told - (self.LINES - len(numbers)), (0, 1))  # 1: what we said to it may be among them

    def test_drop_oldest_keeps_what_came_last_and_counts_the_rest(self):
        numbers, told = self.dropped_by("drop-oldest")
        self.assertEqual(numbers, sorted(set(numbers)))
        self.assertEqual(numbers[-1], self.LINES - 1)
        self.assertIn(told - (self.LINES - len(numbers)), (0, 1))

    def test_block_loses_nothing_and_holds_everybody_up(self):
        self.LINES = 3000
        listener, talker, one, two, slow = self.open("block")
        talking = threading.Thread(target=self.talk, args=(talker,), daemon=True)
        talking.start()
        one.socket.settimeout(2)  # far more than --slow-after; 30 MB do not fit where the slow one's lines wait
        with self.assertRaises(TimeoutError):
            self.hear_everything(one)
        self.assertTrue(talking.is_alive())
        one.socket.settimeout(GUARD)
        side_by_side([lambda: self.hear_everything(slow), lambda: self.hear_everything(two),
                      lambda: self.heard_numbers(one), lambda: self.shown(listener)])
        talking.join(GUARD)
        self.assertFalse(talking.is_alive())
        self.assertNotIn(b"left", listener.err.so_far())

    def test_a_caller_that_reads_slowly_is_not_cut_however_fast_the_talker(self):
        """It reads all the time, but in small bits: the pauses are what is tested here, nothing waits by them."""
        self.LINES = 1000
        for policy in ("disconnect", "drop-oldest", "drop-newest"):
            with self.subTest(policy):
                listener, talker, one, two, never = self.open(policy, "--slow-after", "1s")
                never.close()

                def read_slowly(caller):
                    data = b""
                    while data.count(b"\n") < self.LINES:
                        piece = caller.socket.recv(6_000)
                        self.assertTrue(piece, "it was cut")
                        data += piece if b"\n" in piece else b""
                        time.sleep(0.002)

                side_by_side([lambda: self.talk(talker), lambda: self.hear_everything(one), lambda: read_slowly(two),
                              lambda: self.shown(listener)])
                self.assertNotIn(b"is slow", listener.err.so_far())
                listener.__exit__()


class Flood(unittest.TestCase):
    def connect_many(self, port, count):
        """Sockets whose connects are begun; a full backlog leaves the last ones waiting."""
        sockets = []
        self.addCleanup(lambda: [each.close() for each in sockets])
        for _ in range(count):
            each = socket.socket()
            each.setblocking(False)
            each.connect_ex(("127.0.0.1", port))
            sockets.append(each)
        return sockets

    def share_of_a_core(self, listener):
        """While nothing frees: the time it computes, by the time that passes."""
        computed, passed = listener.processor_seconds(), time.monotonic()
        time.sleep(3)
        return (listener.processor_seconds() - computed) / (time.monotonic() - passed)

    def close_one(self, sockets, label):
        port = int(label.rsplit(":", 1)[1])
        (one,) = [each for each in sockets if each.fileno() >= 0 and each.getsockname()[1] == port]
        one.close()

    def flooded(self, *words):
        listener = Listener("127.0.0.1:0", "-v", *words, before=FEW_DESCRIPTORS)
        self.addCleanup(listener.__exit__)
        return listener, self.connect_many(listener.port, 10_000)

    def serves_again(self, listener, sockets, served):
        """As soon as a place is free the next one has it; and when the flood is over, everybody."""
        for label in served[:5]:
            self.close_one(sockets, label)
            listener.err.until(rf"^\[{re.escape(label)}\] left")
            listener.err.until(r"\] joined$")
        for each in sockets:
            each.close()
        with Caller(listener.port) as caller:
            while (word := self.word_for(caller)) == b"busy":
                caller.close()
                caller.__init__(listener.port)
            listener.out.until(rf"^\[{re.escape(caller.label)}\] after the flood$")

    def word_for(self, caller):
        """busy, or what we make it say."""
        caller.send("after the flood\n")
        caller.end()
        return caller.line()

    def test_more_callers_than_places(self):
        listener, sockets = self.flooded()
        served = [listener.err.until(r"^\[(\S+)\] joined$")[1] for _ in range(32)]
        listener.err.until("told busy")
        self.assertLess(self.share_of_a_core(listener), 0.05)
        self.serves_again(listener, sockets, served)

    if not SANITIZED:  # UBSan asks through a pipe whether an object is readable, and without descriptors takes all for broken
        def test_more_callers_than_descriptors(self):
            listener, sockets = self.flooded("--max-clients", "10000")
            listener.err.until("^ahoy: accept: .*(files|descriptors)")
            served = re.findall(r"\[(\S+)\] joined", listener.err.so_far().decode())
            self.assertGreater(len(served), 32)
            self.assertLess(self.share_of_a_core(listener), 0.05)
            self.assertEqual(listener.err.so_far().count(b"accept: "), 1)  # a flood is no flood of lines
            self.serves_again(listener, sockets, served)


if __name__ == "__main__":
    unittest.main()
