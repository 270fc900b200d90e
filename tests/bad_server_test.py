"""The scripted server does what its scripts say."""
import socket
import ssl
import unittest

from bad_server import BadServer, forever, hear, hear_until, reset, stall, start_tls
from command import GUARD, await_that
from peers import Caller
from servers import certificates


class Script(unittest.TestCase):
    def talk(self, *scripts, say=b"", **how):
        """What the first caller hears, who says this and then ends; and the server."""
        with BadServer(*scripts, **how) as bad, Caller(bad.port) as caller:
            caller.send(say)
            caller.end()
            return caller.rest(), bad

    def test_rows(self):
        cases = [
            ("says", [b"a\r\n", b"b"], b"", b"a\r\nb", 2),
            ("hears a line, in any case", [hear(b"QUIT"), b"bye"], b"NOOP\r\nquit\r\n", b"bye", 2),
            ("hears any line", [hear(), b"1", hear(), b"2"], b"a\nb\n", b"12", 4),
            ("hears to the end of a mail", [hear_until(b"\r\n.\r\n"), b"250"], b"a\r\n.b\r\n\r\n.\r\n", b"250", 2),
            ("waits in vain", [b"a", hear(b"QUIT"), b"b"], b"NOOP\r\n", b"a", 1),
            ("stalls", [b"a", stall, b"b"], b"x\n", b"a", 1),
        ]
        for name, script, say, heard, reached in cases:
            with self.subTest(name):
                came, bad = self.talk(script, say=say)
                self.assertEqual((came, bad.reached, bad.heard), (heard, reached, say))

    def test_closes_at_every_byte(self):
        for size in range(1, 8):
            came, bad = self.talk([b"abc", hear(), b"defg"], say=b"x\n", close_at=size)
            self.assertEqual((came, bad.reached), (b"abcdefg"[:size], 0 if size <= 3 else 2))

    def test_reset(self):
        with BadServer([b"a", hear(), reset]) as bad, Caller(bad.port) as caller:
            self.assertEqual(caller.receive(), b"a")
            caller.send(b"x\n")
            self.assertIn(caller.until_reset(), (b"", b"a"))

    def test_sends_until_the_caller_goes(self):
        with BadServer([forever(b"again\r\n" * 100)]) as bad:
            with Caller(bad.port) as caller:
                for _ in range(1000):
                    self.assertEqual(caller.line(), b"again\r")
                self.assertFalse(bad.conversations[0].ended)
            await_that(lambda: bad.conversations[0].ended, "its end")

    def test_ends_with_the_test_whatever_it_does(self):
        for script in ([stall], [hear()], [forever(b"x" * 100000)], [b"x" * (1 << 25)]):
            with self.subTest(script), BadServer(script) as bad, Caller(bad.port):
                await_that(lambda bad=bad: bad.conversations, "a conversation")

    def test_each_caller_has_a_script(self):
        with BadServer([b"one"], [b"more"]) as bad:
            heard = []
            for _ in range(3):
                with Caller(bad.port) as caller:
                    caller.end()
                    heard.append(caller.rest())
        self.assertEqual(heard, [b"one", b"more", b"more"])

    def test_tls_from_a_step_on(self):
        for cut, last in ((None, b""), (9, None)):  # an end, and a cut, which TLS tells from each other
            script = [hear(b"STLS"), b"+OK\r\n", start_tls(certificates().good), hear(b"NOOP"), b"safe"]
            with self.subTest(cut), BadServer(script, close_at=cut) as bad:
                with socket.create_connection(("127.0.0.1", bad.port), GUARD) as plain:
                    plain.sendall(b"STLS\r\n")
                    self.assertEqual(plain.recv(100), b"+OK\r\n")
                    context = ssl.create_default_context(cafile=certificates().good.file)
                    context.options &= ~ssl.OP_IGNORE_UNEXPECTED_EOF
                    with context.wrap_socket(plain, server_hostname="localhost", suppress_ragged_eofs=False) as peer:
                        peer.sendall(b"NOOP\r\n")
                        self.assertEqual(peer.recv(100), b"safe")
                        self.assertEqual(self.end_of(peer), last)
                self.assertEqual(bad.heard, b"STLS\r\nNOOP\r\n")

    def end_of(self, peer):
        """Nothing, where the end was announced; None where it was not."""
        try:
            return peer.recv(100)
        except ssl.SSLError as failure:
            self.assertEqual(failure.reason, "UNEXPECTED_EOF_WHILE_READING")
            return None

    def test_mistake_in_a_script_is_told(self):
        with self.assertRaises(TypeError), BadServer([b"a", None]) as bad, Caller(bad.port) as caller:
            self.assertEqual(caller.rest(), b"a")


if __name__ == "__main__":
    unittest.main()
