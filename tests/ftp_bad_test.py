"""`ahoy fetch` and `ahoy send` over FTP, against servers that misbehave."""
import json
import unittest

from bad_cases import CONTROLS, BadCases, size_of
from bad_server import forever, hear, hear_until, reset, stall, start_tls
from servers import certificates


def passive(conversation):
    """The data connection comes to the same port: the script for the next caller is its."""
    conversation.send(b"229 go (|||%d|)\r\n" % conversation.peer.getsockname()[1])


def take(conversation):
    """The first bytes: a connection that is reset before it is made is another case, after which PASV is asked for."""
    conversation.receive()


def passive_at(address):
    """The older form, in which the server names a host."""
    def step(conversation):
        port = conversation.peer.getsockname()[1]
        conversation.send(b"227 go (%s,%d,%d)\r\n" % (address, port >> 8, port & 255))
    return step


GREETED = [b"220 ready\r\n", hear(b"USER")]
LOGGED_IN = [*GREETED, b"331 password?\r\n", hear(b"PASS"), b"230 in\r\n", hear(b"PWD"), b'257 "/" is it\r\n']
ASKED = [*LOGGED_IN, hear(b"EPSV")]
SIZED = [*ASKED, passive, hear(b"TYPE"), b"200 ok\r\n", hear(b"SIZE")]
RETR = [*SIZED, b"213 5\r\n", hear(b"RETR")]
FILE = [*RETR, b"150 here\r\n"]
WHOLE = [*FILE, b"226 done\r\n", hear(b"QUIT")]
LIST = [*ASKED, passive, hear(b"TYPE"), b"200 ok\r\n", hear(b"MLSD"), b"150 here\r\n"]
LISTED = [*LIST, b"226 done\r\n", hear(b"QUIT")]
STOR = [*ASKED, passive, hear(b"TYPE"), b"200 ok\r\n", hear(b"STOR")]
COPY = ["--output", "copy"]
USER = ["--user", "alice:secret"]
LONG = b"x" * 100_000

READING = [
    ("nothing at all", [], "/x", COPY, (8, 56), "ahoy"),
    ("a reset", [reset], "/x", COPY, (7, 56), "reset"),
    ("another protocol", [b"HTTP/1.1 400 Bad Request\r\n\r\n"], "/x", COPY, (8, 56), "ahoy"),
    ("one that waits for us", [b"SSH-2.0-OpenSSH_9\r\n"], "/x", COPY, (8, 56), "ahoy"),
    ("binary", [bytes(range(256)) * 10], "/x", COPY, (8, 56), "ahoy"),
    ("a greeting without an end", [forever(LONG)], "/x", COPY, 8, "ahoy"),
    ("a greeting of lines without an end", [forever(b"220-hello\r\n" * 1000)], "/x", COPY, 8, "ahoy"),
    ("a server that goes down", [b"421 try later\r\n"], "/x", COPY, (8, 22), "ahoy"),
    ("a code of two digits", [b"22 ready\r\n", stall], "/x", ["--timeout", "300ms", *COPY], 28, "timed out"),
    ("a code of four digits", [b"2200 ready\r\n", stall], "/x", ["--timeout", "300ms", *COPY], 28, "timed out"),
    ("an end after the greeting", GREETED, "/x", COPY, 56, "ahoy"),
    ("a reset after the greeting", [*GREETED, reset], "/x", COPY, 56, "reset"),
    ("escapes in a refusal", [*GREETED, b"530 \x1b[2J\x9b\xe2\x80\xae\r\n"], "/x", COPY, 67, r"530 \\x1b\[2J\\x9b\\u\{202e\}"),
    ("a login that is refused", [*GREETED, b"331 password?\r\n", hear(b"PASS"), b"530 no\r\n"], "/x", [*USER, *COPY], 67, "530 no"),
    ("a login that wants an account", [*GREETED, b"331 password?\r\n", hear(b"PASS"), b"332 account?\r\n"], "/x", [*USER, *COPY], 67, "ahoy"),
    ("a login that wants more and more", [*GREETED, b"331 password?\r\n", hear(b"PASS"), b"331 password?\r\n"], "/x", [*USER, *COPY], (8, 67), "ahoy"),
    ("a reply to the login without an end", [*GREETED, forever(b"230-hello\r\n" * 1000)], "/x", COPY, 8, "ahoy"),
    ("a code of another command", [*GREETED, b"150 here\r\n"], "/x", COPY, (8, 67), "ahoy"),
    ("where we are, without an end", [*LOGGED_IN[:-1], b'257 "/', forever(LONG)], "/x", COPY, 8, "ahoy"),
    ("a port that is none", [*ASKED, b"229 go (|||0|)\r\n", hear(b"PASV"), b"500 no\r\n"], "/x", COPY, 8, "ahoy"),
    ("a port that is too large", [*ASKED, b"229 go (|||99999|)\r\n", hear(b"PASV"), b"500 no\r\n"], "/x", COPY, 8, "ahoy"),
    ("a port in words", [*ASKED, b"229 go (|||many|)\r\n", hear(b"PASV"), b"500 no\r\n"], "/x", COPY, 8, "ahoy"),
    ("neither way to a port", [*ASKED, b"500 no\r\n", hear(b"PASV"), b"500 no\r\n"], "/x", COPY, 8, "ahoy"),
    ("an address of giant numbers", [*ASKED, b"500 no\r\n", hear(b"PASV"), b"227 go (999,0,0,1,999,999)\r\n"], "/x", COPY, 8, "ahoy"),
    ("an address that is none", [*ASKED, b"500 no\r\n", hear(b"PASV"), b"227 go \x1b[2J\r\n"], "/x", COPY, 8, "ahoy"),
    ("a port where nobody is", [*ASKED, b"229 go (|||1|)\r\n", hear(b"PASV"), b"500 no\r\n"], "/x", COPY, (7, 8), "ahoy"),
    ("a file that is not there", [*SIZED, b"550 no \x1b[2J\r\n"], "/x", COPY, 78, r"550 no \\x1b\[2J"),
    ("a file that is missing, with a name that misleads", [*SIZED, b"550 permission denied.txt: No such file or directory\r\n"], "/x", COPY, 78, "550 permission"),
    ("a file whose size nobody may know", [*SIZED, b"550 x: Permission denied\r\n"], "/x", COPY, 22, "550 x: Permission denied"),
    ("a file that nobody may read", [*RETR, b"550 x: Access is DENIED\r\n"], "/x", COPY, 22, "550 x: Access is DENIED"),
    ("a folder that nobody may enter", [*ASKED[:-1], hear(b"CWD"), b"550 x: Permission denied\r\n"], "/x/", COPY, 22, "550 x"),
    ("a refusal to send", [*RETR, b"425 not now\r\n"], "/x", COPY, 22, "425 not now"),
    ("a size below zero", ([*SIZED, b"213 -5\r\n", hear(b"RETR"), b"150 here\r\n"], [b"12"]), "/x", COPY, 56, "ahoy"),
    ("a size over the limit", ([*SIZED, b"213 2000000\r\n", hear(b"RETR"), b"150 here\r\n"], [forever(LONG)]), "/x", ["--max-size", "1m", *COPY], 63, "more than 1048576"),
    ("a file without an end", ([*SIZED, b"500 no\r\n", hear(b"RETR"), b"150 here\r\n", stall], [forever(LONG)]), "/x", ["--max-size", "1m", *COPY],
     63, "more than 1048576"),
    ("a file longer than its size", ([*FILE, stall], [forever(LONG)]), "/x", ["--timeout", "2s", *COPY], 28, "timed out"),
    ("less than was announced", ([*FILE, b"226 done\r\n"], [b"12"]), "/x", COPY, 56, "ended inside"),
    ("a file that is reset", ([*FILE, stall], [b"12", reset]), "/x", ["--timeout", "3s", *COPY], (28, 56), "ahoy"),
    ("a file, and then a failure", ([*FILE, b"451 disk\r\n"], [b"12345"]), "/x", COPY, (22, 56), "ahoy"),
    ("half a file, and then a failure", ([*FILE, b"426 cut\r\n"], [b"12"]), "/x", COPY, 56, "ahoy"),
    ("a file, and then the end", (FILE, [b"12345"]), "/x", COPY, 56, "ahoy"),
    ("a file, and then a reset", ([*FILE, reset], [b"12345"]), "/x", COPY, 56, "ahoy"),
    ("a file, and then binary", ([*FILE, bytes(range(256)) * 300], [b"12345"]), "/x", COPY, (8, 56), "ahoy"),
    ("a folder, and then the end", (LIST, [b"type=file; x\r\n"]), "/", COPY, 56, "ahoy"),
    ("a folder that is reset", ([*LIST, stall], [b"type=file; x\r\n", reset]), "/", ["--timeout", "3s", *COPY], (28, 56), "ahoy"),
    ("a line of a folder without an end", ([*LIST, stall], [forever(LONG)]), "/", COPY, 8, "no end"),
    ("a folder without an end", ([*LIST, stall], [forever(b"x\r\n" * 30_000)]), "/", ["--max-size", "1m", *COPY], 63, "more than 1048576"),
    ("a folder that is not there", [*ASKED[:-1], hear(b"CWD"), b"550 no\r\n"], "/x/", COPY, 78, "550 no"),
    ("silence", [stall], "/x", ["--timeout", "300ms", *COPY], 28, "timed out"),
    ("silence after the login", [*GREETED, stall], "/x", ["--timeout", "300ms", *COPY], 28, "timed out"),
    ("silence at the data", (FILE, [stall]), "/x", ["--timeout", "300ms", *COPY], 28, "timed out"),
    ("silence after the data", ([*FILE, stall], [b"12345"]), "/x", ["--timeout", "2s", *COPY], (28, 56), "ahoy"),
    ("a server that calls nobody", ([*FILE, stall], [b"1", stall]), "/x", ["--timeout", "300ms", *COPY], 28, "timed out"),
    ("no TLS where it is asked for", [b"220 ready\r\n", hear(b"AUTH"), b"500 no\r\n", hear(b"AUTH"), b"500 no\r\n", hear()], "/x", ["--starttls", *USER, *COPY], 35, "TLS"),
    ("words for TLS", [b"220 ready\r\n", hear(b"AUTH"), b"234 go\r\n", hear_until(b"\x16"), b"230 in, in the clear\r\n"], "/x", ["--starttls", *USER, *COPY], 35, "TLS"),
    ("words before TLS", [b"220 ready\r\n", hear(b"AUTH"), b"234 go\r\n230 in\r\n", stall], "/x", ["--starttls", "--timeout", "2s", *USER, *COPY], (8, 35, 56), "ahoy"),
]

WRITING = [
    ("a refusal", [*STOR, b"553 not allowed\r\n"], 22, "553 not allowed"),
    ("a file that is not available", [*STOR, b"550 no\r\n"], 22, "550 no"),
    ("a file that nobody may write", [*STOR, b"550 x: Permission denied\r\n"], 22, "550 x: Permission denied"),
    ("a disk that is full for us", [*STOR, b"552 quota\r\n"], 22, "552 quota"),
    ("a disk that is full", [*STOR, b"452 full\r\n"], 22, "452 full"),
    ("a disk that becomes full", ([*STOR, b"150 go\r\n", b"452 full\r\n"], [stall]), 22, "452 full"),
    ("data that is reset", ([*STOR, b"150 go\r\n426 cut\r\n"], [take, reset]), 18, "ahoy"),
    ("an end without an answer", ([*STOR, b"150 go\r\n"], [stall]), 18, "ahoy"),
    ("silence where content was to go", [*STOR, stall], 28, "timed out"),
]

ROWS = (b"type=file;size=5; ../../x\r\ntype=file; /etc/passwd\r\ntype=dir; ..\r\ntype=file; a\x1b[2J\r\ntype=file; b\xe2\x80\xae\r\ntype=file; c\xff\x9b\r\n"
        b"type=file;size=-1;modify=\x1b[2J; d\r\ntype=\x1b[2J; e\r\nno row\r\n\r\n")
NAMES = ["../../x", "/etc/passwd", "a\x1b[2J", "b\u202e", "c", "d", "e", "row"]


class Reading(BadCases):
    scheme = "ftp"

    def test_cases(self):
        self.check_refused(READING)

    def test_harmless(self):
        self.check_harmless([
            ("an address of another host", ([*ASKED, b"500 no\r\n", hear(b"PASV"), passive_at(b"10,1,2,3"), *WHOLE[len(ASKED) + 1:]], [b"12345"]), "/x", [], b"12345"),
            ("a size that is giant", ([*SIZED, b"213 9999999999999999999999\r\n", hear(b"RETR"), b"150 here\r\n226 done\r\n"], [b"12"]), "/x", [], b"12"),
            ("replies before the commands", ([b"".join(step for step in LOGGED_IN if isinstance(step, bytes)), *WHOLE[len(LOGGED_IN):]], [b"12345"]), "/x", [], b"12345"),
            ("bare line feeds", ([step.replace(b"\r", b"") if isinstance(step, bytes) else step for step in WHOLE], [b"12345"]), "/x", [], b"12345"),
            ("a name in the path", (WHOLE, [b"12345"]), "/%2e%2e/%2e%2e/x", [], b"12345"),
        ])

    def test_closed_at_every_byte(self):
        """`passive` says a port of five digits, which are no part of the size."""
        self.check_cut_at_every_byte(FILE, "/x", statuses=(7, 8, 56, 67), others=([b"12345"],))
        self.assertGreater(size_of(FILE), 70)

    def test_hostile_names_are_shown_and_not_obeyed(self):
        for words in ([], ["--json"]):
            with self.case(words, (LISTED, [ROWS])) as bad:
                out = self.expect(self.run_against(bad, "/", *words), 0).out.decode()
                self.assertNotRegex(out, CONTROLS.replace("\\n", ""))
                self.assertEqual(self.left(), [])
                if words:
                    names = [json.loads(line)["name"] for line in out.splitlines()]
                    self.assertEqual(names[:4], NAMES[:4])
                    self.assertEqual(len(names), len(NAMES))
                else:
                    self.assertIn("../../x\n", out)
                    self.assertIn("a\\x1b[2J\n", out)

    def test_nothing_becomes_a_command_of_its_own(self):
        for path, words in (("/a%0d%0aDELE%20x", []), ("/a%0a/", []), ("/a%00", []), ("/a", ["--user", "alice\r\nDELE x:secret"]), ("/a", ["--user", "alice:secret\nDELE x"])):
            with self.case((path, words), [*LOGGED_IN, stall]) as bad:
                ended = self.expect(self.run_against(bad, path, *words), 2, b"")
                self.assertNotIn("secret", ended.err)
                self.assertEqual(bad.conversations, [])
        with self.case("in the URL", [*LOGGED_IN, stall]) as bad:
            self.expect(self.fetch(f"ftp://alice%0d%0aDELE%20x:secret@127.0.0.1:{bad.port}/x"), 2, b"")
            self.assertEqual(bad.conversations, [])


class Encrypted(BadCases):
    scheme = "ftps"

    def test_cases(self):
        trusted = certificates().good
        trust = ["--cacert", trusted.file, *COPY]
        self.check_refused([
            ("words for TLS", [b"220 ready\r\n", stall], "/x", trust, 35, "TLS"),
            ("an end after the handshake", [start_tls(trusted)], "/x", trust, (8, 56), "ahoy"),
        ])


class Writing(BadCases):
    scheme = "ftp"
    verb = "send"

    def test_cases(self):
        for given in (b"hello", bytes(5 << 20)):
            self.check_refused([(name, case, "/x", ["--timeout", "1s"] if status == 28 else [], status, says) for name, case, status, says in WRITING], given=given)


if __name__ == "__main__":
    unittest.main()
