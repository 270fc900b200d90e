"""`ahoy send` over SMTP, against exim; what arrived is read with Python's email, and smtplib is the second opinion."""
import contextlib
import email
import email.policy
import os
import pathlib
import smtplib
import subprocess
import unittest

from bad_server import BadServer, hear, hear_until, reset, stall, forever, start_tls
from command import GUARD, Running
from fetching import EVERY_BYTE, MUCH, NOBODY_KNOWN, Fetching
from servers import Mail, certificates

FROM = ["--from", "alice@t.invalid"]
ALICE, BOB = ["--to", "alice@t.invalid"], ["--to", "bob@t.invalid"]


class Mailing(Fetching):
    start = Mail

    def setUp(self):
        super().setUp()
        self.before = {name: len(self.server.messages(name)) for name in ("alice", "bob")} if self.start else {}

    def url(self, port=None):
        return f"smtp://localhost:{port or self.server.port}"

    def send(self, *words, **process):
        return self.ahoy("send", self.url(), *words, **process)

    def arrived(self, name="bob", count=1):
        """What came for that one since the test began, as it was sent, but for what exim puts before it."""
        return self.server.messages(name, self.before[name] + count)[self.before[name]:]

    def read(self, name="bob"):
        return email.message_from_bytes(self.arrived(name)[0], policy=email.policy.default)


def without_trace(message):
    """As it was sent: exim adds Return-path, Received and the like before it."""
    return message[message.index(b"Subject:"):]


class Composed(Mailing):
    def test_a_short_one(self):
        sent = self.expect(self.send(*FROM, *BOB, "--cc", "Alice A. <alice@t.invalid>", "--subject", "hi", "hello", ".", "..there"), 0)
        self.assertRegex(sent.out, rb"^250 OK id=\S+\n$")
        for name in ("alice", "bob"):
            got = self.read(name)
            self.assertEqual((got["subject"], got["to"], got["cc"]), ("hi", "bob@t.invalid", "\"Alice A.\" <alice@t.invalid>"))
            self.assertEqual(got.get_content(), "hello\n.\n..there\n")
            self.assertTrue(got["date"].datetime and got["message-id"])

    def test_utf8_everywhere(self):
        (self.folder / "Gr\u00fc\u00dfe \u20ac.bin").write_bytes(EVERY_BYTE)
        subject = "\u00c4rger \U0001f4a5 " * 12
        self.expect(self.send("--from", "\"\u00c4lice, B.\" <alice@t.invalid>", *BOB, "--subject", subject.strip(), "--attach",
                              "Gr\u00fc\u00dfe \u20ac.bin", given="caf\u00e9 = \n.\ntrailing \n".encode()), 0)
        got = self.read()
        self.assertEqual((got["subject"], got["from"].addresses[0].display_name), (subject.strip(), "\u00c4lice, B."))
        text, attached = got.iter_parts()
        self.assertEqual(text.get_content(), "caf\u00e9 = \n.\ntrailing \n")
        self.assertEqual((attached.get_filename(), attached.get_content()), ("Gr\u00fc\u00dfe \u20ac.bin", EVERY_BYTE))

    def test_fifty_megabytes(self):
        (self.folder / "much").write_bytes(MUCH)
        self.expect(self.send(*FROM, *BOB, "--subject", "much", "--attach", "much", ""), 0)
        _, attached = self.read().iter_parts()
        self.assertTrue(attached.get_content() == MUCH)

    def test_nobody_is_told_of_a_hidden_copy(self):
        self.expect(self.send(*FROM, *BOB, "--bcc", "alice@t.invalid", "--subject", "x", "y"), 0)
        self.assertNotIn(b"\nbcc:", b"\n" + self.arrived("alice")[0].lower())  # of which a Message-ID may have the letters
        self.assertIsNone(self.read()["bcc"])

    def test_nothing_breaks_out_of_a_header(self):
        for words in (["--subject", "a\nBcc: eve@x"], ["--subject", "s", "--cc", "a@x\r\nRCPT TO:<b@y>"]):
            self.refused(2, "malformed", "send", self.url(), *FROM, *BOB, *words, "y")
        self.refused(26, "no such file", "send", self.url(), *FROM, *BOB, "--attach", "nosuch", "y")
        self.refused(2, "missing", "send", self.url(), *BOB, "--subject", "s", "y")


class Client(Mailing):
    def test_the_example(self):
        """examples/mail_client.cpp"""
        program = pathlib.Path(os.environ["AHOY_BUILD"], "examples/mail_client")
        sent = subprocess.run([program, self.url(), "alice@t.invalid", "bob@t.invalid", "Gr\u00fc\u00dfe"], input="caf\u00e9\n".encode(),
                              capture_output=True, check=False)
        self.assertEqual((sent.returncode, sent.stderr), (0, b""))
        self.assertEqual((self.read()["subject"], self.read().get_content()), ("Gr\u00fc\u00dfe", "caf\u00e9\n"))


class Whole(Mailing):
    def test_is_what_it_was(self):
        body = b"".join([b".\n..\n", bytes(range(0x80, 0x100)), b"\n\n.x \n"])
        for text in (body, b""):
            with self.subTest(text):
                self.before["bob"] = len(self.server.messages("bob"))
                message = b"Subject: 8 bits\nFrom: alice@t.invalid\nTo: Bob <bob@t.invalid>\nBCC: alice@t.invalid,\n  alice@t.invalid\n\n" + text
                self.expect(self.send(given=message), 0)
                got = self.arrived()[0]
                self.assertEqual(got[got.index(b"\n\n") + 2:], text)
                self.assertNotIn(b"BCC", got)
        self.assertTrue(self.arrived("alice"))

    def test_as_smtplib_sends_it(self):
        message = b"Subject: same\nFrom: alice@t.invalid\nTo: bob@t.invalid\nMessage-ID: <1@x>\nDate: Mon, 23 Nov 2026 09:30:00 +0000\n\n.a\n..\n\nend\n"
        self.expect(self.send(given=message), 0)
        with smtplib.SMTP("localhost", self.server.port, timeout=GUARD) as client:
            client.sendmail("alice@t.invalid", ["bob@t.invalid"], message.replace(b"\n", b"\r\n"))
        ours, theirs = self.arrived(count=2)
        self.assertEqual(without_trace(ours), without_trace(theirs))

    def test_what_is_no_mail(self):
        self.refused(26, "malformed", "send", self.url(), *FROM, *BOB, given=b"hello there\n")
        self.refused(2, "missing", "send", self.url(), *FROM, given=b"Subject: x\n\n")


class Refusals(Mailing):
    def test_one_of_two(self):
        ended = self.expect(self.send(*FROM, *BOB, "--to", "nobody@t.invalid", "--subject", "x", "y"), 22)
        self.assertRegex(ended.err, r"ahoy: nobody@t\.invalid is refused: 550 .*unknown user")
        self.assertIn("1 of 2", ended.err)
        self.assertEqual(self.read().get_content(), "y\n")

    def test_all(self):
        self.refused(22, "refused", "send", self.url(), *FROM, "--to", "nobody@t.invalid", "--to", "eve@else.invalid", "--subject", "x", "y")

    def test_login(self):
        far = ["--to", "eve@else.invalid", "--subject", "x", "y"]
        self.refused(67, "login refused", "send", self.url(), *FROM, *BOB, "--subject", "x", "y", "--user", "alice:secret2")
        ended = self.expect(self.send(*FROM, *BOB, "--subject", "x", "y", "--user", "alice:secret", "-v"), 0)
        self.assertNotIn("secret", ended.err)
        self.assertNotIn("AGFsaWNlAHNlY3JldA", ended.err)
        self.refused(22, "refused", "send", self.url(), *FROM, *far)


class Ends(Fetching):
    def send(self, server, *words):
        return self.ahoy("send", f"smtp://localhost:{server.port}", *FROM, *BOB, "--subject", "x", *words)

    def test_stalled(self):
        with Mail() as server:
            server.stall()
            self.expect(self.send(server, "y", "--timeout", "500ms"), 28)
            server.go_on()

    def test_killed_in_mid_transfer(self):
        """While standard input has not ended: nothing arrives, and the status says so."""
        with Mail() as server, Running("send", f"smtp://localhost:{server.port}", *FROM, *BOB, "--subject", "x", "-v", env=NOBODY_KNOWN) as sending:
            sending.write(b"begun\n" * 60000)  # what is short is looked at first
            sending.err.until("354 ")
            server.kill()
            with contextlib.suppress(BrokenPipeError):  # it has ended already
                sending.write(b"more\n" * 100000)
                sending.end_input()
            self.assertIn(sending.ended().status, (18, 55, 56))
            self.assertEqual(server.messages("bob"), [])


class Encrypted(Mailing):
    words = [*FROM, *BOB, "--subject", "x", "y"]

    def trust(self):
        return ["--cacert", str(certificates().good.file)]

    def test_right(self):
        ended = self.expect(self.send(*self.words, *self.trust(), "--starttls", "--user", "alice:secret", "-v"), 0)
        self.assertIn("> STARTTLS", ended.err)
        self.expect(self.ahoy("send", f"smtps://localhost:{self.server.tls_port}", *self.words, *self.trust()), 0)

    def test_not_trusted(self):
        self.refused(60, "not trusted", "send", self.url(), *self.words, "--starttls")
        self.refused(60, "not trusted", "send", f"smtps://localhost:{self.server.tls_port}", *self.words)

    def test_a_server_without(self):
        with BadServer([b"220 x\r\n", hear(b"EHLO"), b"250 x\r\n", hear()]) as server:
            self.refused(35, "TLS", "send", self.url(server.port), *self.words, "--starttls")
            self.assertNotIn(b"MAIL", server.heard)


# What is said up to a mail's end, without and with PIPELINING.
HELLO = [b"220 x\r\n", hear(b"EHLO"), b"250-x\r\n250 SIZE\r\n"]
PIPED = [b"220 x\r\n", hear(b"EHLO"), b"250-x\r\n250 PIPELINING\r\n"]
MAIL = [hear(b"MAIL"), b"250 a\r\n", hear(b"RCPT"), b"250 b\r\n", hear(b"DATA"), b"354 c\r\n"]
END = hear_until(b"\r\n.\r\n")
WHOLE = [*MAIL, END, b"250 d\r\n", hear(b"QUIT"), b"221 e\r\n"]
RIGHT = HELLO + WHOLE
LONG = b"x" * 70000

# A name, what the server does, the status, what is said of it.
BAD = [
    ("no greeting", [b""], 56, ""),
    ("binary", [EVERY_BYTE + b"\n"], 56, ""),
    ("refused at the door", [b"554 no\r\n", hear()], (8, 22, 67), ""),
    ("closed after EHLO", [b"220 x\r\n", hear(b"EHLO")], (8, 56), ""),
    ("reset after EHLO", [*HELLO, hear(b"MAIL"), reset], 56, ""),
    ("closed after MAIL", [*HELLO, hear(b"MAIL")], 56, "ended"),
    ("no reply of SMTP", [*HELLO, hear(b"MAIL"), b"hello\r\n"], 8, "no reply"),
    ("a number of two digits", [*HELLO, hear(b"MAIL"), b"25 x\r\n"], 8, "no reply"),
    ("a number of four digits", [*HELLO, hear(b"MAIL"), b"2500 x\r\n"], 8, "no reply"),
    ("1xx", [*HELLO, hear(b"MAIL"), b"150 x\r\n"], 8, "no reply"),
    ("999", [*HELLO, hear(b"MAIL"), b"999 x\r\n"], 8, "no reply"),
    ("an empty line", [*HELLO, hear(b"MAIL"), b"\r\n"], 8, "no reply"),
    ("NULs", [*HELLO, hear(b"MAIL"), b"\0" * 100 + b"\r\n"], 8, "no reply"),
    ("lines of two numbers", [*HELLO, hear(b"MAIL"), b"250-x\r\n550 y\r\n"], 8, "no reply"),
    ("an endless line", [*HELLO, hear(b"MAIL"), forever(b"250 x" * 1000)], 8, "end"),
    ("a line that is too long", [*HELLO, hear(b"MAIL"), b"250 " + LONG + b"\r\n"], 8, ""),
    ("an endless reply", [*HELLO, hear(b"MAIL"), forever(b"250-x\r\n" * 1000)], 8, "no reply"),
    ("an escape in a reply", [*HELLO, hear(b"MAIL"), b"550 \x1b[2J\x07no\r\n"], 22, r"\\x1b"),
    ("no mail", [*HELLO, hear(b"MAIL"), b"451 later\r\n"], 22, "451 later"),
    ("no mail, piped", [*PIPED, hear(b"DATA"), b"451 later\r\n503 x\r\n503 x\r\n"], 22, "451 later"),
    ("nobody", [*HELLO, *MAIL[:3], b"550 no\r\n", hear(b"QUIT"), b"221 x\r\n"], 22, "550 no"),
    ("nobody, piped", [*PIPED, hear(b"DATA"), b"250 a\r\n550 no\r\n503 no\r\n", hear(b"QUIT")], 22, "550 no"),
    ("nobody, piped, and text all the same", [*PIPED, hear(b"DATA"), b"250 a\r\n550 no\r\n354 go\r\n", hear(b"."), b"554 none\r\n", hear(b"QUIT")], 22, "550 no"),
    ("closing at RCPT", [*HELLO, *MAIL[:3], b"421 bye\r\n"], 22, "421 bye"),
    ("no text", [*HELLO, *MAIL[:5], b"452 full\r\n"], 22, "452 full"),
    ("250 to DATA", [*HELLO, *MAIL[:5], b"250 what\r\n"], 22, "250 what"),
    ("refused at the end", [*HELLO, *MAIL, END, b"554 spam\r\n", hear(b"QUIT")], 22, "554 spam"),
    ("later at the end", [*HELLO, *MAIL, END, b"451 later\r\n"], 22, "451 later"),
    ("another 2xx at the end", [*HELLO, *MAIL, END, b"251 hm\r\n"], 22, "251 hm"),
    ("354 at the end", [*HELLO, *MAIL, END, b"354 more\r\n"], 22, "354 more"),
    ("closed at the end", [*HELLO, *MAIL, END], 18, "not known"),
    ("reset at the end", [*HELLO, *MAIL, END, reset], 18, "not known"),
    ("nonsense at the end", [*HELLO, *MAIL, END, b"hm\r\n"], 18, "not known"),
    ("half a word at the end", [*HELLO, *MAIL, END, b"250 o"], 18, "not known"),
    ("silence at the end", [*HELLO, *MAIL, END, stall], 18, "not known"),
    ("silence at the greeting", [stall], 28, ""),
    ("silence after EHLO", [b"220 x\r\n", hear(b"EHLO"), stall], 28, ""),
    ("silence after MAIL", [*HELLO, hear(b"MAIL"), stall], 28, ""),
    ("no farewell", [*HELLO, *MAIL, END, b"250 d\r\n"], 0, ""),
    ("nonsense as farewell", [*HELLO, *MAIL, END, b"250 d\r\n", hear(b"QUIT"), b"\x1b\r\n"], 0, ""),
    ("silence as farewell", [*HELLO, *MAIL, END, b"250 d\r\n", hear(b"QUIT"), stall], 0, ""),
    ("silence as farewell after a refusal", [*HELLO, *MAIL[:3], b"550 no\r\n", hear(b"QUIT"), stall], 22, "550 no"),
    ("bare line feeds", [step.replace(b"\r", b"") if isinstance(step, bytes) else step for step in RIGHT], 0, ""),
]


class Bad(Fetching):
    words = [*FROM, *BOB, "--subject", "x", "y", "--timeout", "2s"]

    def test_servers(self):
        for name, script, status, said in BAD:
            with self.subTest(name), BadServer(script) as server:
                ended = self.ahoy("send", f"smtp://localhost:{server.port}", *self.words)
                self.assertIn(ended.status, status if isinstance(status, tuple) else (status,), ended)
                self.assertRegex(ended.err, said or "^")
                self.assertNotIn("\x1b", ended.err)

    def test_a_login_is_not_left_out_in_silence(self):
        with BadServer([*HELLO, hear()]) as server:
            url = f"smtp://localhost:{server.port}"
            self.assertIn("the server has no AUTH", self.refused(67, "login refused", "send", url, *self.words, "--user", "alice:secret").err)
            self.assertNotIn(b"MAIL", server.heard)
        (self.folder / "netrc").write_text("machine localhost login alice password secret\n", encoding="ascii")
        with BadServer(RIGHT) as server:
            url = f"smtp://localhost:{server.port}"
            ended = self.expect(self.ahoy("send", url, *self.words, env=NOBODY_KNOWN | {"NETRC": str(self.folder / "netrc")}), 0)
            self.assertIn("the login that ~/.netrc has for it is not used", ended.err)
            self.assertNotIn(b"alice:", server.heard)

    def test_output_that_fails_says_what_was_taken(self):
        with BadServer(RIGHT) as server, open("/dev/full", "wb") as full:
            ended = self.ahoy("send", f"smtp://localhost:{server.port}", *self.words, stdout=full)
            self.assertEqual(ended.status, 23)
            self.assertIn("ahoy: the server has it: 250 d\n", ended.err)

    def test_a_type_of_its_own(self):
        with BadServer(RIGHT) as server:
            self.expect(self.ahoy("send", f"smtp://localhost:{server.port}", *self.words, "--header", "Content-Type: text/html"), 0)
            self.assertEqual(server.heard.lower().count(b"content-type"), 1)
        (self.folder / "a").write_bytes(b"x")
        self.refused(2, "Content-Type: malformed", "send", "smtp://localhost:1", *self.words, "--header", "Content-Type: text/html", "--attach", "a")

    def test_what_is_not_passed_over(self):
        self.refused(2, "contradictory|--to", "send", "smtp://localhost:1/foo", *self.words)
        self.refused(26, "attach /no/such: no such file", "send", "smtp://localhost:1", *self.words, "--attach", "/no/such")

    def test_closed_at_every_byte(self):
        said = sum(len(step) for step in RIGHT if isinstance(step, bytes))
        taken = said - len(b"221 e\r\n")  # with the line feed of 250
        for at in range(1, said):
            with self.subTest(at), BadServer(RIGHT, close_at=at) as server:
                ended = self.ahoy("send", f"smtp://localhost:{server.port}", *self.words)
                in_doubt = taken - len(b"250 d\r\n") <= at < taken
                self.assertTrue(ended.status == 0 if at >= taken else ended.status == 18 if in_doubt else ended.status in (8, 22, 55, 56), ended)

    def test_an_extension_said_before_tls_does_not_count(self):
        trusted = certificates().good
        script = [b"220 x\r\n", hear(b"EHLO"), b"250-x\r\n250-PIPELINING\r\n250 STARTTLS\r\n", hear(b"STARTTLS"), b"220 go\r\n", start_tls(trusted),
                  hear(b"EHLO"), b"250 x\r\n", hear(b"MAIL"), b"550 no\r\n", hear()]
        with BadServer(script) as server:
            self.refused(22, "refused", "send", f"smtp://localhost:{server.port}", *self.words, "--starttls", "--cacert", str(trusted.file))
            self.assertNotIn(b"RCPT", server.heard)


if __name__ == "__main__":
    unittest.main()
