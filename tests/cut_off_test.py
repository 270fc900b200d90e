"""Whom `ahoy listen` throws out is told so by a reset, and no program takes it for an end; all others end well."""
import os
import re
import signal
import struct
import tempfile
import unittest

from command import Listener, Running, await_that, is_running, port_of, run
from models_test import OWN_WORKER, WAYS, Way, named
from peers import Caller, Datagrams, is_listening

HERE = "127.0.0.1:0"
LONG = "x" * 60_000


def kick(listener, caller):
    listener.say(f"/kick {caller}")


def joined(listener):
    return listener.err.until(r"^\[(.*)\] joined$")[1]


def bytes_of_the_first(listener):
    listener.say("/who")
    return int(listener.err.until("([0-9]+) bytes received|nobody")[1] or 0)


class Verbs(unittest.TestCase):
    """What a script sees that calls with ahoy: not 0."""

    def test_a_caller_that_is_kicked(self):
        for way in WAYS:
            with self.subTest(named(way)), Listener(HERE, "-v", *way.words) as listener:
                with Running("call", "127.0.0.1", listener.port) as call:
                    label = joined(listener)
                    listener.say("last words")
                    self.assertEqual(call.out.next_line(), b"last words")
                    kick(listener, label)
                    ended = call.ended()
                    self.assertEqual(ended.status, 56)
                    self.assertIn("reset", ended.err)

    def test_what_was_sent_and_then_kicked_is_not_confirmed(self):
        with Listener(HERE, "-v", "--after-eof", "wait") as listener:
            with Running("send", f"127.0.0.1:{listener.port}", "hello") as send:
                label = joined(listener)
                listener.out.until("hello")
                kick(listener, label)
                self.assertEqual(send.ended().status, 18)

    def test_one_that_says_nothing_for_too_long(self):
        with Listener(HERE, "--idle-timeout", "100ms") as listener:
            with Running("call", "127.0.0.1", listener.port) as call:
                self.assertEqual(call.wait(), 56)

    def test_a_message_that_is_too_long(self):
        """The reason arrives, whatever the framing; it is over TCP that the status can tell, and over Unix sockets, where
        something is left unread."""
        with tempfile.TemporaryDirectory() as folder:
            for endpoint in (f"tcp://{HERE}", f"unix://{folder}/socket"):
                for framing in ("line", "nul", "length"):
                    with self.subTest(framing, endpoint=endpoint):
                        with Listener(endpoint, "--framing", framing, "--max-message", "10") as listener:
                            done = run("send", listener.urls[0], "--framing", framing, "x" * 100_000)
                            self.assertEqual(done.status, 18, done.err)
                            self.assertIn(b"too long", done.out)

    def test_a_program_that_fails(self):
        for program in ("cat; exit 3", "cat; kill -9 $$"):
            for words in ([], ["--idle-timeout", "10m"]):
                with self.subTest(program, words=words), Listener(HERE, *words, "--exec", "sh", "-c", program) as listener:
                    done = run("call", "127.0.0.1", listener.port, given=b"all of it")
                    self.assertEqual((done.status, done.out), (56, b"all of it"))

    def test_words_that_cannot_be_written(self):
        full = ["sh", "-c", 'exec "$@" >/dev/full', "sh"]
        for words in ([], ["--once"], ["--handler", "relay"]):
            with self.subTest(words), Listener(HERE, *words, before=full) as listener:
                self.assertEqual(run("send", "127.0.0.1", listener.port, "lost").status, 18)
                self.assertEqual(listener.wait(), 23)

    def test_one_that_takes_nothing(self):
        with Listener(HERE, "-v", "--queue", "1k", "--slow-after", "50ms", "--drain", "100ms") as listener:
            ours, theirs = os.pipe()
            with Running("call", "127.0.0.1", listener.port, stdout=theirs) as call:
                os.close(theirs)
                joined(listener)
                while b"left: " not in listener.err.so_far():
                    listener.say(LONG)
                with open(ours, "rb") as pipe:
                    pipe.read()
                self.assertEqual(call.wait(), 56)

    def test_what_ends_well_is_0(self):
        for words, given in ((["--handler", "greet"], b"never read"), (["--handler", "echo"], b"x"), ([], b"x\n"),
                             (["--exec", "true"], b"never read"), (["--exec", "cat"], b"x")):
            for way in WAYS:
                with self.subTest(words, way=named(way)), Listener(HERE, *way.words, *words) as listener:
                    self.assertEqual(run("call", "127.0.0.1", listener.port, given=given).status, 0)

    def test_busy_is_no_cut(self):
        with Listener(HERE, "--max-clients", "1") as listener, Caller(listener.port) as first:
            first.send("x\n")
            listener.out.until("x")
            done = run("call", "127.0.0.1", listener.port)
            self.assertEqual((done.status, done.out), (0, b"busy\n"))


class Resets(unittest.TestCase):
    def test_whoever_is_kicked_under_whatever_handler(self):
        for way in WAYS:
            for words in (("--handler", "echo"), ("--handler", "talk"), ("--handler", "relay"), ("--exec", "cat")):
                with self.subTest(named(way), words=words), Listener(HERE, "-v", *way.words, *words) as listener:
                    with Caller(listener.port) as caller:
                        joined(listener)
                        kick(listener, caller.label)
                        self.assertEqual(caller.until_reset(), b"")

    def test_the_reason_comes_before_the_reset_though_much_is_unread(self):
        for way in WAYS:
            with self.subTest(named(way)), Listener(HERE, *way.words, "--framing", "length", "--max-message", "1k") as listener:
                with Caller(listener.port) as caller:
                    caller.send(struct.pack(">I", 1 << 20) + b"x" * 100_000)
                    said = caller.until_reset()
                    self.assertEqual(struct.unpack(">I", said[:4])[0], len(said) - 4)
                    self.assertIn(b"too long", said)

    def test_one_that_had_left_and_did_not_take_what_was_queued(self):
        for way in (Way("event"), Way("thread"), Way("process")):
            with self.subTest(named(way)), Listener(HERE, "-v", "--slow-after", "100ms", "--drain", "100ms", *way.words) as listener:
                with Caller(listener.port, receive_buffer=4096) as caller:
                    joined(listener)
                    for _ in range(60):
                        listener.say(LONG)
                    caller.end()
                    listener.err.until("left: ")
                    self.assertLess(len(caller.until_reset()), 60 * 60_001)

    def test_one_that_takes_nothing_at_the_end(self):
        for way in (Way("event"), Way("thread"), Way("process")):
            for signals, drain in ((1, "100ms"), (2, "10m")):
                with self.subTest(named(way), signals=signals), Listener(HERE, "-v", "--drain", drain, *way.words) as listener:
                    with Caller(listener.port, receive_buffer=4096) as caller:
                        joined(listener)
                        for _ in range(60):
                            listener.say(LONG)
                        listener.say("/who")
                        listener.err.until(caller.label)
                        listener.send_signal()
                        if signals == 2:
                            await_that(lambda port=listener.port: not is_listening(port), "the first signal to be heard")
                            listener.send_signal()
                        listener.wait()
                        self.assertLess(len(caller.until_reset()), 60 * 60_001)

    def test_a_child_of_a_program_that_holds_the_connection_does_not_hold_off_the_reset(self):
        with Listener(HERE, "--exec", "sh", "-c", "setsid sh -c 'echo $$; exec sleep 1000' & wait $!; exit 3") as listener:
            with Caller(listener.port) as caller:
                pid = int(caller.line())
                try:
                    kick(listener, caller.label)
                    self.assertEqual(caller.until_reset(), b"")
                    self.assertTrue(is_running(pid))
                finally:
                    os.kill(pid, signal.SIGKILL)


class TheEnd(unittest.TestCase):
    """What callers had said when listen was told to end is heard; what they say later they are told is not."""

    def test_what_had_come_is_heard_though_its_caller_waited_for_its_turn(self):
        for way in (Way("iterative"), Way("thread", 1), Way("process", 1)):
            for handler in ("talk", "echo"):
                with self.subTest(named(way), handler=handler):
                    with Listener(HERE, "-v", "--drain", "10m", *way.words, "--handler", handler) as listener:
                        with Caller(listener.port) as first, Caller(listener.port) as waiting:
                            joined(listener)
                            listener.err.until("waits")
                            waiting.send("said in time\n")
                            listener.say("/who")
                            listener.err.until(rf"{re.escape(waiting.label)}.*waiting")
                            listener.send_signal()
                            first.rest()
                            self.assertEqual(waiting.rest(), b"said in time\n" if handler == "echo" else b"")
                        self.assertEqual(listener.wait(), 0)
                        if handler == "talk":
                            self.assertIn(b"said in time", listener.out.all())

    def test_a_program_reads_what_had_come_then_its_inputs_end(self):
        """It reads nothing before listen is told to end."""
        program = 'echo ready; while ! [ -e "$0" ]; do sleep 0.01; done; tr a b; echo good-bye'
        for way in WAYS:
            for words in ([], ["--idle-timeout", "10m"]):
                with self.subTest(named(way), words=words), tempfile.TemporaryDirectory() as folder:
                    with Listener(HERE, "--drain", "10m", *way.words, *words, "--exec", "sh", "-c", program, f"{folder}/go") as listener:
                        with Caller(listener.port) as caller:
                            self.assertEqual(caller.line(), b"ready")
                            caller.send("a" * 50_000)
                            listener.send_signal()
                            await_that(lambda port=listener.port: not is_listening(port), "the signal to be heard")
                            open(f"{folder}/go", "w").close()
                            self.assertEqual(caller.rest(), b"b" * 50_000 + b"good-bye\n")
                        self.assertEqual(listener.wait(), 0)

    def test_over_udp_a_program_reads_what_had_come(self):
        program = 'echo > "$0.$$"; while ! [ -e "$0" ]; do sleep 0.01; done; exec cat'
        for way in WAYS:
            with self.subTest(named(way)), tempfile.TemporaryDirectory() as folder:
                words = ("--drain", "10m", *way.words, "--exec", "sh", "-c", program, f"{folder}/go")
                with Listener(f"udp://{HERE}", f"tcp://{HERE}", "-v", *words, endpoints=2) as listener, Datagrams() as peer:
                    to = ("127.0.0.1", listener.port)
                    for number in range(3):
                        peer.socket.sendto(b"%d" % number, to)
                    programs = 3 if way in OWN_WORKER else 1  # of each request, or of the peer
                    await_that(lambda folder=folder, programs=programs: len(os.listdir(folder)) == programs, "the programs")
                    if programs == 1:
                        await_that(lambda listener=listener: bytes_of_the_first(listener) == 3, "them to be received")
                    listener.send_signal()
                    await_that(lambda port=port_of(listener.urls[1]): not is_listening(port), "the signal to be heard")
                    open(f"{folder}/go", "w").close()
                    self.assertEqual(sorted(peer.socket.recv(100) for _ in range(3)), [b"0", b"1", b"2"])
                    self.assertEqual(listener.wait(), 0)


if __name__ == "__main__":
    unittest.main()
