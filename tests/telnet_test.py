"""`ahoy call telnet://`, against inetutils' telnetd; a terminal is a pty, and telnetlib the second opinion."""
import fcntl
import os
import pty
import struct
import telnetlib
import termios
import unittest
import warnings

from command import AHOY, GUARD, Lines, Process, Running
from fetching import NOBODY_KNOWN, Fetching
from servers import Telnet

PROGRAM = 'echo "ready $TERM"; while read -r line; do echo "said $line"; [ "$line" != size ] || stty size; done'


class Terminal(Process):
    """`ahoy` at a terminal of its own, of 100 columns and 30 rows."""

    def __init__(self, *words):
        self.ours, theirs = pty.openpty()
        self.resize(100, 30)
        super().__init__(AHOY, *words, stdin=theirs, stdout=theirs, stderr=theirs, start_new_session=True, env=NOBODY_KNOWN | {"TERM": "xterm"},
                         preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0))
        os.close(theirs)
        self.shown = Lines(os.fdopen(self.ours, "rb", buffering=0, closefd=False))

    def resize(self, columns, rows):
        fcntl.ioctl(self.ours, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))

    def type(self, text):
        os.write(self.ours, text.encode())

    def echoes(self):
        return bool(termios.tcgetattr(self.ours)[3] & termios.ECHO)


class Calls(Fetching):
    @classmethod
    def setUpClass(cls):
        cls.server = cls.enterClassContext(Telnet(PROGRAM))

    def url(self):
        return f"telnet://localhost:{self.server.port}/"

    def test_through_pipes(self):
        with Running("call", self.url(), env=NOBODY_KNOWN | {"TERM": "dumb"}) as call:
            call.out.until("ready dumb")
            call.write("hello \u00e4\n")
            call.out.until("^said hello \u00e4")
            call.end_input()
            call.kill()

    def test_from_a_file(self):
        # telnetd now and then forgets what its program wrote last before it ended (4 of 100, to a plain socket, too).
        with Telnet('echo ready; read -r line; echo "said $line"; sleep 0.5') as server:
            ended = self.ahoy("call", f"telnet://localhost:{server.port}", "--after-eof", "wait", given=b"hello\n")
            self.assertRegex(self.expect(ended, 0).out, rb"said hello\n$")

    def test_what_is_negotiated(self):
        with Running("call", self.url(), "-v", env=NOBODY_KNOWN) as call:
            call.err.until("^< IAC DO TERMINAL-TYPE")
            call.err.until("^> IAC WILL WINDOW-SIZE")
            call.kill()

    def test_at_a_terminal(self):
        with Terminal("call", self.url()) as call:
            call.shown.until("Ctrl-]")
            call.shown.until("ready xterm")
            call.type("size\n")
            call.shown.until("^said size")
            call.shown.until("^30 100")
            self.assertFalse(call.echoes(), "the server does")
            call.resize(90, 20)
            call.type("size\n")
            call.shown.until("^20 90")
            call.type("\x1d")
            self.assertEqual(call.wait(), 0)
            self.assertTrue(call.echoes(), "the terminal is as it was")

    def test_a_second_opinion(self):
        warnings.simplefilter("ignore", DeprecationWarning)
        with telnetlib.Telnet("localhost", self.server.port, GUARD) as other:
            theirs = other.read_until(b"ready")
        with Running("call", self.url(), env=NOBODY_KNOWN) as call:
            ours = call.out.until("ready").string
            call.kill()
        self.assertTrue(theirs.endswith(b"ready") and ours.startswith("ready"))

    def test_killed_and_stalled(self):
        with Telnet() as server:
            url = f"telnet://localhost:{server.port}/"
            with Running("call", url, env=NOBODY_KNOWN) as call:
                call.out.until("ready")
                server.stall()
                self.refused(28, "timed out", "call", url, "--timeout", "500ms")
                server.kill()
                self.assertIn(call.ended().status, (0, 56))

    def test_nobody_there(self):
        self.refused(7, "connection refused", "call", "telnet://localhost:1/")
        self.refused(2, "", "fetch", "telnet://localhost:1/")


if __name__ == "__main__":
    unittest.main()
