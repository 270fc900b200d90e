"""How conversations with `ahoy listen` end, and how it ends itself: half-close, --once, signals, its own streams."""
import os
import pathlib
import signal
import socket
import subprocess
import tempfile
import threading
import time
import unittest

from command import AHOY, GUARD, Lines, Listener, await_that, run
from peers import Caller, is_listening

LONG = "x" * 60_000


def answered(listener, caller, text="y"):
    """Both know of each other."""
    caller.send("x\n")
    listener.out.until("x$")
    listener.say(text)
    assert caller.line() == text.encode()


class HalfClose(unittest.TestCase):
    def test_a_caller_that_ends_its_half_has_left(self):
        """Its last line is shown, its queue flushed, then it is closed, at once: no timer is in this test's way."""
        with Listener("127.0.0.1:0", "--drain", "10m", "--slow-after", "10m") as listener:
            with Caller(listener.port, receive_buffer=65536) as caller:
                answered(listener, caller)
                for _ in range(100):
                    listener.say(LONG)
                listener.say("end")
                listener.say("/who")
                listener.err.until(caller.label)  # all of that waits for it by now
                caller.send("last")
                caller.end()
                listener.out.until(r"\] last$")
                self.assertEqual(caller.rest(), (LONG + "\n").encode() * 100 + b"end\n")
            listener.say("/who")
            listener.err.until("nobody is here")

    def test_one_that_left_and_takes_nothing_is_not_kept_for_ever(self):
        with Listener("127.0.0.1:0", "--slow-after", "100ms", "-v") as listener:
            with Caller(listener.port, receive_buffer=4096) as caller:
                answered(listener, caller)
                for _ in range(60):
                    listener.say(LONG)
                caller.end()
                listener.err.until("left")

    def test_after_eof_wait_keeps_it(self):
        with Listener("127.0.0.1:0", "--after-eof", "wait") as listener, Caller(listener.port) as caller:
            caller.send("last")
            caller.end()
            listener.out.until(r"\] last$")
            for text in ("one", "two"):
                listener.say(text)
                self.assertEqual(caller.line(), text.encode())
            self.assertEqual(listener.end(), 0)
            self.assertEqual(caller.rest(), b"")


class Once(unittest.TestCase):
    def test_the_end_of_our_input_ends_our_half_and_we_go_on_receiving(self):
        for model in ("event", "iterative"):
            with self.subTest(model), Listener("127.0.0.1:0", "--once", "--model", model) as listener:
                with Caller(listener.port) as caller:
                    listener.say("for you")
                    listener.end_input()
                    self.assertEqual(caller.rest(), b"for you\n")
                    for text in ("one", "two"):
                        caller.send(text + "\n")
                        listener.out.until(text)
                    caller.end()
                    self.assertEqual(listener.wait(), 0)

    def test_the_order_of_the_two_ends_does_not_matter(self):
        """What is at hand is said, though the caller had ended its half before it was read."""
        with tempfile.TemporaryFile() as text:
            text.write((LONG + "\n").encode() * 50)
            text.seek(0)
            with Listener("127.0.0.1:0", "--once", stdin=text) as listener:
                with Caller(listener.port, receive_buffer=4096) as caller:
                    caller.send("question\n")
                    caller.end()
                    listener.out.until("question")
                    self.assertEqual(caller.rest(), (LONG + "\n").encode() * 50)
                self.assertEqual(listener.wait(), 0)

    def test_when_the_caller_ends_input_is_waited_for_no_longer(self):
        with Listener("127.0.0.1:0", "--once") as listener:
            with Caller(listener.port) as caller:
                answered(listener, caller)
                caller.end()
                self.assertEqual(caller.rest(), b"")
            self.assertEqual(listener.wait(), 0)

    def test_input_before_the_first_caller_is_for_it(self):
        with Listener("127.0.0.1:0", "--once") as listener:
            listener.say("written early")
            listener.end_input()
            with Caller(listener.port) as caller:
                self.assertEqual(caller.rest(), b"written early\n")
            self.assertEqual(listener.wait(), 0)

    def test_a_file_is_said_as_it_is_under_raw(self):
        """Whatever would be a command, and whether or not its last line ends."""
        text = b"a\r\n/etc/hosts\n@bob hi\n// comment\n/quit\n\0\xff" + os.urandom(1 << 21) + b"the end"
        with tempfile.TemporaryFile() as file:
            file.write(text)
            for way in ("file", "pipe"):
                file.seek(0)
                with self.subTest(way), Listener("127.0.0.1:0", "--once", "--framing", "raw", "--no-commands", **({"stdin": file} if way == "file" else {})) as listener:
                    with Caller(listener.port) as caller:
                        if way == "pipe":
                            threading.Thread(target=lambda: (listener.write(text), listener.end_input()), daemon=True).start()
                        self.assertTrue(caller.rest() == text)
                        caller.end()
                        self.assertEqual(listener.wait(), 0)

    def test_a_file_that_is_said_line_by_line_is_warned_of(self):
        with tempfile.TemporaryFile() as file:
            file.write(b"one\n/nobody\ntwo")
            file.seek(0)
            with Listener("127.0.0.1:0", "--once", stdin=file) as listener, Caller(listener.port) as caller:
                self.assertEqual(caller.rest(), b"one\ntwo\n")
                listener.err.until("standard input is a file: .* --framing raw --no-commands says it as it is")
                listener.err.until("/nobody: there is no such command")

    def test_nobody_else_is_answered(self):
        with Listener("127.0.0.1:0", "--once") as listener, Caller(listener.port) as caller:
            answered(listener, caller)
            await_that(lambda: not is_listening(listener.port), "the end of its listening")
            self.assertTrue(listener.is_running())

    def test_wait_keeps_our_half_open(self):
        with Listener("127.0.0.1:0", "--once", "--after-eof", "wait") as listener:
            with Caller(listener.port) as caller:
                listener.say("for you")
                listener.end_input()
                self.assertEqual(caller.line(), b"for you")
                caller.send("x\n")
                listener.out.until("x")
                self.assertTrue(caller.is_quiet())
                caller.end()
                self.assertEqual(caller.rest(), b"")
            self.assertEqual(listener.wait(), 0)

    def test_close_and_a_duration_do_not_wait_for_the_caller(self):
        for rule in ("close", "100ms"):
            with self.subTest(rule), Listener("127.0.0.1:0", "--once", "--after-eof", rule) as listener:
                with Caller(listener.port, receive_buffer=4096) as caller:
                    for _ in range(50):
                        listener.say(LONG)
                    listener.end_input()
                    self.assertEqual(caller.rest(), (LONG + "\n").encode() * 50)
                    self.assertEqual(listener.wait(), 0)  # the caller has not ended its half

    def test_the_programs_of_the_field_as_its_one_caller(self):
        commands = {"nc": ["nc", "-N", "127.0.0.1"], "ncat": ["ncat", "127.0.0.1"], "socat": ["socat", "-t60", "-"]}
        for name, words in commands.items():
            for ours_first in (True, False):
                with self.subTest(name, ours_first=ours_first), Listener("127.0.0.1:0", "--once") as listener:
                    words_now = [*words, f"TCP:127.0.0.1:{listener.port}" if name == "socat" else str(listener.port)]
                    peer = subprocess.Popen(words_now, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
                    peer.stdin.write(b"from peer\n")
                    peer.stdin.flush()
                    listener.out.until("from peer")
                    listener.say("from us")
                    self.assertEqual(peer.stdout.readline(), b"from us\n")
                    (listener.end_input if ours_first else peer.stdin.close)()
                    if ours_first:
                        peer.stdin.close()
                    self.assertEqual(listener.wait(), 0)
                    self.assertEqual(peer.wait(GUARD), 0)
                    peer.stdout.close()


class Signals(unittest.TestCase):
    def test_both_drain_without_waiting_for_callers_to_leave(self):
        """With a drain of ten minutes, which only who waits for the caller would use up."""
        for number in (signal.SIGINT, signal.SIGTERM):
            for model in ("event", "iterative"):
                with self.subTest(number, model=model):
                    with Listener("127.0.0.1:0", "--drain", "10m", "--model", model) as listener:
                        with Caller(listener.port) as idle, Caller(listener.port) as waiting:
                            answered(listener, idle)
                            listener.say("last words")
                            listener.say("/who")
                            listener.err.until(waiting.label)
                            self.assertEqual(listener.end(number), 0)
                            self.assertEqual(idle.rest(), b"last words\n")
                            waiting.rest()

    def test_a_queue_is_flushed_to_a_caller_that_is_slow_and_then_it_is_closed(self):
        with Listener("127.0.0.1:0", "--drain", "10m") as listener, Caller(listener.port, receive_buffer=4096) as caller:
            answered(listener, caller)
            for _ in range(200):
                listener.say(LONG[:20_000])
            listener.say("/who")
            listener.err.until(caller.label)
            caller.send("unread by nobody\n" * 100)
            listener.send_signal()
            self.assertEqual(caller.rest(), (LONG[:20_000] + "\n").encode() * 200)
            self.assertEqual(listener.wait(), 0)

    def test_the_drain_ends_in_time_and_a_second_signal_cuts(self):
        for drain in ("100ms", "10m"):
            with self.subTest(drain), Listener("127.0.0.1:0", "--drain", drain) as listener:
                with Caller(listener.port, receive_buffer=4096) as caller:
                    answered(listener, caller)
                    for _ in range(60):
                        listener.say(LONG)
                    listener.say("/who")
                    listener.err.until(caller.label)
                    listener.send_signal()
                    if drain == "10m":
                        await_that(lambda: not is_listening(listener.port), "the first signal to be heard")
                        listener.send_signal()
                    self.assertEqual(listener.wait(), 0)

    def test_signals_that_come_while_it_ends_change_nothing(self):
        """Whoever sends them: a supervisor that is impatient, a log rotation in the last moment."""
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGUSR2):
            for _ in range(5):
                with self.subTest(number.name), Listener("127.0.0.1:0", "--drain", "none") as listener:
                    listener.send_signal()
                    status = None
                    while status is None:
                        listener.send_signal(number)
                        status = listener.process.poll()
                    self.assertEqual(status, 0)

    def test_a_drain_without_limit_waits_for_the_slowest(self):
        """Longer than another listener's, with the same caller, which takes little, but never nothing for long."""
        told = [LONG + "\n"] * 60
        with Listener("127.0.0.1:0", "--drain", "none") as patient, Caller(patient.port, receive_buffer=4096) as caller, \
                Listener("127.0.0.1:0", "--drain", "3s") as other, Caller(other.port, receive_buffer=4096) as its:
            for listener, slow in ((patient, caller), (other, its)):
                answered(listener, slow)
                for line in told:
                    listener.say(line[:-1])
                listener.say("/who")
                listener.err.until(slow.label)
                listener.send_signal()
            with self.assertRaises(ConnectionResetError):
                while its.receive(256):
                    caller.receive(256)
                    time.sleep(0.01)  # so slow are they
            self.assertEqual(other.wait(), 0)
            self.assertEqual(caller.rest(), "".join(told).encode())
            self.assertEqual(patient.wait(), 0)

    def test_the_port_is_free_again(self):
        with Listener("127.0.0.1:0") as listener, Caller(listener.port) as caller:
            answered(listener, caller)
            listener.end()
            with Listener(f"127.0.0.1:{listener.port}") as again, Caller(again.port) as other:
                answered(again, other)

    def test_a_signal_that_was_ignored_stays_ignored(self):
        ignoring = ["sh", "-c", 'trap "" INT; exec "$@"', "sh"]
        with Listener("127.0.0.1:0", before=ignoring) as listener, Caller(listener.port) as caller:
            listener.send_signal(signal.SIGINT)
            answered(listener, caller)
            self.assertEqual(listener.end(signal.SIGTERM), 0)


class Streams(unittest.TestCase):
    def test_with_closed_input(self):
        closing = ["sh", "-c", 'exec "$@" <&-', "sh"]
        with Listener("127.0.0.1:0", before=closing) as listener, Caller(listener.port) as caller:
            caller.send("heard\n")
            listener.out.until(r"\] heard$")
            self.assertEqual(listener.end(), 0)

    def test_with_closed_output_and_a_full_one(self):
        for how, cause in ((">&-", "bad file descriptor"), (">/dev/full", "no space left")):
            with self.subTest(how):
                shell = ["sh", "-c", f'exec "$@" {how}', "sh"]
                with Listener("127.0.0.1:0", before=shell) as listener, Caller(listener.port) as caller:
                    caller.send("x\n")
                    self.assertEqual(listener.wait(), 23)
                    self.assertIn(cause, listener.err.until("^ahoy: write to standard output").string.lower())

    def test_an_output_that_nobody_reads_ends_it_as_sigpipe_would(self):
        with tempfile.TemporaryDirectory() as folder:
            path = pathlib.Path(folder) / "socket"
            with Listener(f"unix://{path}") as listener, Caller(path, socket.AF_UNIX) as caller:
                reader, writer = os.pipe()
                os.close(reader)
                os.close(writer)
                caller.send("x\n")
                listener.out.until("x")
                listener.kill()
            reader, writer = os.pipe()
            with Listener(f"unix://{path}", stdout=writer) as listener, Caller(path, socket.AF_UNIX) as caller:
                os.close(writer)
                os.close(reader)
                caller.send("x\n")
                self.assertEqual(listener.wait(), -signal.SIGPIPE)
                self.assertEqual(listener.err.all().count(b"ahoy: "), 0)
                self.assertFalse(path.exists())

    def test_an_output_whose_reader_stalls_holds_up_who_speaks_and_does_not_keep_it_from_ending(self):
        for signals, drain in ((1, "100ms"), (2, "10m")):
            reader, writer = os.pipe()
            with self.subTest(signals), Listener("127.0.0.1:0", "--drain", drain, stdout=writer) as listener:
                os.close(writer)
                with Caller(listener.port) as talker, Caller(listener.port) as other:
                    talker.socket.settimeout(3)
                    with self.assertRaises(TimeoutError):
                        while True:
                            talker.send("x" * 10_000 + "\n")
                    listener.say("not your fault")
                    self.assertEqual(other.line(), b"not your fault")
                    self.assertTrue(listener.has_stayed_within(64 << 20))
                    for _ in range(signals):
                        listener.send_signal()
                        if signals == 2:
                            await_that(lambda: not is_listening(listener.port), "the signal to be heard")
                    self.assertEqual(listener.wait(), 23)
                    listener.err.until("^ahoy: write to standard output")
                os.close(reader)

    def test_an_output_whose_reader_stalls_has_no_more_time_than_callers_have(self):
        """The other has the time of one drain and a half, and uses it up for a caller that takes nothing."""
        reader, writer = os.pipe()
        self.addCleanup(os.close, reader)
        with Listener("127.0.0.1:0", "--drain", "3s", stdout=writer) as stalled, Listener("127.0.0.1:0", "--drain", "4500ms") as other:
            os.close(writer)
            with Caller(stalled.port) as talker, Caller(other.port, receive_buffer=4096) as deaf:
                answered(other, deaf)
                for _ in range(60):
                    other.say(LONG)
                other.say("/who")
                other.err.until(deaf.label)
                talker.socket.settimeout(1)
                with self.assertRaises(TimeoutError):
                    while True:
                        talker.send("x" * 10_000 + "\n")
                for each in (stalled, other):
                    each.send_signal()
                self.assertEqual(stalled.wait(), 23)
                self.assertTrue(other.is_running())

    def test_in_the_background_of_a_shell(self):
        script = '"$1" listen 127.0.0.1:0 & echo $!; wait $!; echo status $?'
        with subprocess.Popen(["sh", "-c", script, "sh", AHOY], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE) as shell:
            out, err = Lines(shell.stdout), Lines(shell.stderr)
            pid = int(out.next_line())
            port = int(err.until(r"listening on .*:(\d+) ")[1])
            with Caller(port) as caller:
                caller.send("x\n")
                out.until(rf"\[{caller.label}\] x")
            os.kill(pid, signal.SIGINT)  # which a shell has its background ignore
            with Caller(port) as caller:
                caller.send("y\n")
                out.until("y")
            os.kill(pid, signal.SIGTERM)
            out.until("status 0")
            shell.wait(GUARD)

    def test_as_both_ends_of_a_pipe(self):
        script = 'echo from the pipe | "$1" listen --once 127.0.0.1:0 | sed "s/^/got /"'
        with subprocess.Popen(["sh", "-c", script, "sh", AHOY], stdout=subprocess.PIPE, stderr=subprocess.PIPE) as shell:
            out, err = Lines(shell.stdout), Lines(shell.stderr)
            with Caller(int(err.until(r"listening on .*:(\d+) ")[1])) as caller:
                caller.send("answer\n")
                caller.end()
                self.assertEqual(caller.rest(), b"from the pipe\n")
                self.assertEqual(out.next_line().decode(), f"got [{caller.label}] answer")
            self.assertEqual(shell.wait(GUARD), 0)

    def test_a_timeout_is_for_the_whole_run(self):
        done = run("listen", "127.0.0.1:0", "--timeout", "100ms")
        self.assertEqual((done.status, done.out), (28, b""))
        self.assertRegex(done.err, r"\nahoy: listen: timed out\n.*100ms.*\n\Z")


class Nobody(unittest.TestCase):
    def test_that_nobody_is_here_to_hear_is_said_once(self):
        with Listener("127.0.0.1:0") as listener:
            listener.say("one")
            listener.err.until("nobody is here who could hear that")
            listener.say("two")
            listener.say("/who")
            self.assertEqual(listener.err.next_line(), b"nobody is here")
            with Caller(listener.port) as caller:
                answered(listener, caller)


class UnixSockets(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.path = pathlib.Path(self.folder.name) / "socket"
        self.addCleanup(self.folder.cleanup)

    def test_the_file_is_ours_alone_and_goes_when_we_go(self):
        os.umask(0o000)
        self.addCleanup(os.umask, os.umask(0o000))
        for end in (lambda listener: listener.say("/quit"), lambda listener: listener.send_signal(signal.SIGTERM),
                    lambda listener: listener.send_signal(signal.SIGINT)):
            with Listener(f"unix://{self.path}") as listener:
                self.assertEqual(listener.urls, [f"unix://{self.path}"])
                self.assertEqual(self.path.stat().st_mode & 0o777, 0o600)
                end(listener)
                self.assertEqual(listener.wait(), 0)
                self.assertFalse(self.path.exists())

    def test_what_a_killed_one_left_is_replaced(self):
        with Listener(f"unix://{self.path}") as listener:
            listener.process.kill()
            listener.wait()
        self.assertTrue(self.path.exists())
        with Listener(f"unix://{self.path}") as listener, Caller(self.path, socket.AF_UNIX) as caller:
            caller.send("x\n")
            self.assertEqual(listener.out.next_line(), b"[unix:1] x")

    def test_a_live_one_is_never_stolen(self):
        with Listener(f"unix://{self.path}") as listener:
            for _ in range(3):
                refused = run("listen", f"unix://{self.path}")
                self.assertEqual(refused.status, 45)
                self.assertIn("a server is listening there", refused.err)
            with Caller(self.path, socket.AF_UNIX) as caller:
                caller.send("x\n")
                listener.out.until("x")

    def test_one_whose_backlog_is_full_is_live_too(self):
        with socket.socket(socket.AF_UNIX) as server:
            server.bind(str(self.path))
            server.listen(0)
            with Caller(self.path, socket.AF_UNIX):
                self.assertEqual(run("listen", f"unix://{self.path}").status, 45)

    def test_a_file_that_is_no_socket_is_left_alone(self):
        self.path.write_text("precious")
        refused = run("listen", f"unix://{self.path}")
        self.assertEqual(refused.status, 45)
        self.assertIn("no socket", refused.err)
        self.assertEqual(self.path.read_text(), "precious")

    def test_a_file_that_took_our_place_is_not_removed(self):
        with Listener(f"unix://{self.path}") as listener:
            self.path.unlink()
            with Listener(f"unix://{self.path}"):
                self.assertEqual(listener.end(), 0)
                self.assertTrue(self.path.exists())


if __name__ == "__main__":
    unittest.main()
