"""`ahoy fetch` over POP3, against dovecot; Python's poplib is the second opinion."""
import json
import poplib
import unittest

from bad_server import BadServer, forever, hear, reset, stall
from command import GUARD, Running, await_that
from fetching import EVERY_BYTE, MUCH, NOBODY_KNOWN, Fetching
from servers import Mailboxes, certificates

USER = ["--user", "alice:secret"]
# As a message holds them: lines that begin with dots, no body, bytes that are no text.
MESSAGES = [b"Subject: dots\r\n\r\n.\r\n..\r\n.x\r\nend\r\n", b"Subject: empty\r\n\r\n",
            b"Subject: bytes\r\n\r\n" + bytes(byte for byte in range(1, 256) if byte not in b"\r\n") + b"\r\n"]


class Mailbox(Fetching):
    start = Mailboxes

    def url(self, path="/", scheme="pop3", port=None):
        return f"{scheme}://localhost:{port or self.server.pop3_port}{path}"

    def opinion(self, ask):
        client = poplib.POP3("localhost", self.server.pop3_port, GUARD)
        client.user("alice")
        client.pass_("secret")
        try:
            return ask(client)
        finally:
            client.quit()

    def setUp(self):
        super().setUp()
        self.opinion(lambda client: [client.dele(number) for number in range(1, client.stat()[0] + 1)])
        for each in MESSAGES:
            self.server.put(each.replace(b"\r\n", b"\n"))


class Fetch(Mailbox):
    def test_a_list(self):
        sizes, names = self.opinion(lambda client: (client.list()[1], client.uidl()[1]))
        out = self.expect(self.fetch(self.url(), *USER, "--json"), 0).out
        rows = [json.loads(line) for line in out.splitlines()]
        self.assertEqual([f"{row['number']} {row['size']}".encode() for row in rows], sizes)
        self.assertEqual([f"{row['number']} {row['uidl']}".encode() for row in rows], names)
        self.assertEqual([line.split()[0] for line in self.expect(self.fetch(self.url(""), *USER), 0).out.splitlines()], [b"1", b"2", b"3"])

    def test_messages(self):
        for number, message in enumerate(MESSAGES, 1):
            self.expect(self.fetch(self.url(f"/{number}"), *USER), 0, message)
            self.assertEqual(b"\r\n".join(self.opinion(lambda client, number=number: client.retr(number)[1])) + b"\r\n", message)

    def test_the_top(self):
        self.expect(self.fetch(self.url("/1"), *USER, "--head"), 0, b"Subject: dots\r\n\r\n")
        self.expect(self.fetch(self.url("/1"), *USER, "--top", "2"), 0, b"Subject: dots\r\n\r\n.\r\n..\r\n")

    def test_fifty_megabytes(self):
        lines = b"".join(MUCH[at:at + 600].hex().encode() + b"\n" for at in range(0, 25 << 20, 600))
        self.server.put(b"Subject: much\n\n" + lines)
        self.expect(self.fetch(self.url("/4"), *USER, "--output", "much"), 0, b"")
        self.assertTrue((self.folder / "much").read_bytes() == b"Subject: much\r\n\r\n" + lines.replace(b"\n", b"\r\n"))
        self.refused(63, "too long", "fetch", self.url("/4"), *USER, "--max-size", "1M", "--output", "less")
        self.assertEqual(self.left(), ["much"])

    def test_delete(self):
        self.expect(self.fetch(self.url("/2"), *USER, "--delete", "--output", "copy"), 0, b"")
        self.assertEqual((self.folder / "copy").read_bytes(), MESSAGES[1])
        self.assertEqual(self.opinion(lambda client: client.stat()[0]), 2)
        self.refused(2, "", "fetch", self.url(), *USER, "--delete")
        self.expect(self.fetch(self.url("/1"), *USER, "--delete", "--output", "no/such"), 23)
        self.assertEqual(self.opinion(lambda client: client.stat()[0]), 2)

    def test_what_is_not_there(self):
        self.refused(78, "not there", "fetch", self.url("/9"), *USER, "--output", "copy")
        self.refused(2, "malformed", "fetch", self.url("/x"), *USER)
        self.refused(2, "malformed", "fetch", self.url("/1%0d%0aDELE%201"), *USER)
        self.assertEqual(self.left(), [])

    def test_login(self):
        self.refused(67, "login refused", "fetch", self.url(), "--user", "alice:secret2")
        self.assertIn("say who you are with --user", self.refused(67, "login refused", "fetch", self.url()).err)
        shown = self.expect(self.fetch(self.url(), *USER, "-v"), 0).err
        self.assertIn("> UIDL", shown)
        self.assertNotIn("secret", shown)
        self.assertNotIn("AGFsaWNlAHNlY3JldA", shown)


class Encrypted(Mailbox):
    def test_tls(self):
        trust = ["--cacert", str(certificates().good.file)]
        for words in ([self.url("/1"), "--starttls"], [self.url("/1", "pop3s", self.server.pop3s_port)]):
            self.expect(self.fetch(*words, *USER, *trust), 0, MESSAGES[0])
            self.refused(60, "not trusted", "fetch", *words, *USER)

    def test_a_server_without(self):
        with BadServer([b"+OK x\r\n", hear(b"CAPA"), b"+OK\r\nUSER\r\n.\r\n", hear()]) as server:
            self.refused(35, "TLS", "fetch", self.url(port=server.port), *USER, "--starttls")
            self.assertNotIn(b"alice", server.heard)


class Ends(Fetching):
    def test_killed_in_mid_transfer(self):
        with Mailboxes() as server:
            server.put(b"Subject: much\r\n\r\n" + b"line\r\n" * (10 << 20))
            with Running("fetch", f"pop3://localhost:{server.pop3_port}/1", *USER, "--output", "copy", cwd=self.folder, env=NOBODY_KNOWN) as fetching:
                await_that(lambda: any(path.stat().st_size for path in self.folder.iterdir()), "the first bytes")
                server.kill()
                self.assertEqual(fetching.ended().status, 56)
        self.assertEqual(self.left(), [])

    def test_stalls(self):
        with Mailboxes() as server:
            server.stall()
            self.refused(28, "timed out", "fetch", f"pop3://localhost:{server.pop3_port}/", *USER, "--timeout", "500ms")
            server.go_on()


LOGIN = [b"+OK x\r\n", hear(b"CAPA"), b"-ERR\r\n", hear(b"USER"), b"+OK\r\n", hear(b"PASS"), b"+OK\r\n"]
LIST = [*LOGIN, hear(b"LIST")]
UIDL = [*LIST, b"+OK\r\n1 5\r\n2 7\r\n.\r\n", hear(b"UIDL")]
WHOLE = [*UIDL, b"+OK\r\n1 a\r\n2 b\r\n.\r\n", hear(b"QUIT"), b"+OK\r\n"]
LISTED = b"     1          5  a\n     2          7  b\n"
RETR = [*LOGIN, hear(b"RETR")]

# Of the list. A name, what the server does, the status, what is said of it.
BAD = [
    ("no greeting", [b""], (8, 56), ""),
    ("another protocol", [b"220 x\r\n"], (8, 56), ""),
    ("binary", [EVERY_BYTE + b"\n"], (8, 56), ""),
    ("refused at the door", [b"-ERR no\r\n", hear()], (8, 67), ""),
    ("closed after the login", LOGIN, 56, "ended"),
    ("reset after the login", [*LIST, reset], 56, ""),
    ("no reply of POP3", [*LIST, b"250 x\r\n"], 8, "no reply"),
    ("OK without a plus", [*LIST, b"OK\r\n"], 8, "no reply"),
    ("a plus and no space", [*LIST, b"+OKAY\r\n"], 8, "no reply"),
    ("an empty line", [*LIST, b"\r\n"], 8, "no reply"),
    ("NULs", [*LIST, b"\0\0\0\r\n"], 8, "no reply"),
    ("an escape", [*LIST, b"-ERR \x1b[2J\r\n"], 22, r"\\x1b"),
    ("an endless line", [*LIST, forever(b"+OK x" * 1000)], 8, "end"),
    ("a line that is too long", [*LIST, b"+OK " + b"x" * 70000 + b"\r\n"], 8, ""),
    ("an endless line of the list", [*LIST, b"+OK\r\n", forever(b"1" * 1000)], 8, "no reply"),
    ("an endless list of one", [*LIST, b"+OK\r\n", forever(b"1 1\r\n" * 1000)], 8, "no reply"),
    ("no number", [*LIST, b"+OK\r\nx 5\r\n.\r\n"], 8, "no reply"),
    ("no size", [*LIST, b"+OK\r\n1\r\n.\r\n"], 8, "no reply"),
    ("a size that is giant", [*LIST, b"+OK\r\n1 99999999999999999999\r\n.\r\n"], 8, "no reply"),
    ("a size below none", [*LIST, b"+OK\r\n1 -5\r\n.\r\n"], 8, "no reply"),
    ("the message zero", [*LIST, b"+OK\r\n0 5\r\n.\r\n"], 8, "no reply"),
    ("backwards", [*LIST, b"+OK\r\n2 5\r\n1 5\r\n.\r\n"], 8, "no reply"),
    ("closed in the list", [*LIST, b"+OK\r\n1 5\r\n"], 56, "ended"),
    ("closed before the dot ends", [*LIST, b"+OK\r\n1 5\r\n."], 56, "ended"),
    ("a name that is too long", [*UIDL, b"+OK\r\n1 " + b"x" * 71 + b"\r\n.\r\n"], 8, "no reply"),
    ("no name", [*UIDL, b"+OK\r\n1\r\n.\r\n"], 8, "no reply"),
    ("an endless list of names", [*UIDL, b"+OK\r\n", forever(b"1 a\r\n" * 10000, rate=64 << 20)], 8, "no reply"),
    ("closed in the names", [*UIDL, b"+OK\r\n1 a\r\n"], 56, "ended"),
    ("no farewell", WHOLE[:-1], 0, ""),
    ("a farewell that fails, on which nothing hangs", [*WHOLE[:-1], b"-ERR not deleted\r\n"], 0, ""),
    ("silence at the farewell", [*WHOLE[:-1], stall], 0, ""),
    ("silence", [stall], 28, ""),
    ("silence in the list", [*LIST, b"+OK\r\n1 5\r\n", stall], 28, ""),
]


class Bad(Fetching):
    def fetch_from(self, server, path, *words):
        return self.fetch(f"pop3://localhost:{server.port}{path}", *USER, "--timeout", "5s", *words)

    def check(self, ended, status, said):
        self.assertIn(ended.status, status if isinstance(status, tuple) else (status,), ended)
        self.assertRegex(ended.err, said or "^")
        self.assertNotIn("\x1b", ended.err)

    def test_lists(self):
        for name, script, status, said in BAD:
            with self.subTest(name), BadServer(script) as server:
                self.check(self.fetch_from(server, "/"), status, said)

    def test_names_are_escaped(self):
        with BadServer([*UIDL, b"+OK\r\n1 \x1b[2J\r\n.\r\n", *WHOLE[-2:]]) as server:
            self.assertIn(b"\\x1b[2J", self.expect(self.fetch_from(server, "/"), 0).out)

    def test_a_server_without_names(self):
        with BadServer([*UIDL, b"-ERR\r\n", *WHOLE[-2:]]) as server:
            self.expect(self.fetch_from(server, "/"), 0, b"     1          5  \n     2          7  \n")

    def test_closed_at_every_byte(self):
        said = sum(len(step) for step in WHOLE if isinstance(step, bytes))
        for at in range(1, said):
            with self.subTest(at), BadServer(WHOLE, close_at=at) as server:
                taken = at >= said - len(WHOLE[-1])
                self.assertIn(self.fetch_from(server, "/").status, (0,) if taken else (8, 56, 67))
        with BadServer(WHOLE) as server:
            self.expect(self.fetch_from(server, "/"), 0, LISTED)

    def test_no_half_of_a_message_is_left_or_deleted(self):
        for script in ([*RETR, b"+OK\r\nSubject: x\r\n\r\nhalf"], [*RETR, b"+OK\r\nhalf\r\n.", reset], [*RETR, b"+OK\r\nhalf\r\n", reset]):
            with BadServer(script) as server:
                self.check(self.fetch_from(server, "/1", "--output", "copy", "--delete"), 56, "")
                self.assertNotIn(b"DELE", server.heard)
                self.assertEqual(self.left(), [])

    def test_a_message_without_end(self):
        with BadServer([*RETR, b"+OK\r\n", forever(b"x" * 10000)]) as server:
            self.check(self.fetch_from(server, "/1", "--output", "copy", "--max-size", "100k"), 63, "too long")
        self.assertEqual(self.left(), [])

    def test_a_delete_that_is_not_confirmed_is_told(self):
        get = [*RETR, b"+OK\r\nx\r\n.\r\n", hear(b"DELE")]
        for script, status in (([*get, b"+OK\r\n", hear(b"QUIT")], 56), ([*get, b"+OK\r\n", hear(b"QUIT"), b"-ERR no\r\n"], 22), ([*get, b"+OK\r\n", hear(b"QUIT"), stall], 28), ([*get, b"-ERR no\r\n"], 78)):
            with BadServer(script) as server:
                self.check(self.fetch_from(server, "/1", "--output", "copy", "--delete", "--timeout", "2s"), status, "")


if __name__ == "__main__":
    unittest.main()
