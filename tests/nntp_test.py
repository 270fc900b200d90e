"""`ahoy fetch` and `ahoy send` over NNTP, against InterNetNews; what Python's own module reads is the second opinion.

Debian 12's Python is the last one that has nntplib.
"""
import contextlib
import json
import nntplib
import os
import pathlib
import re
import signal
import threading
import unittest

from bad_server import BadServer, forever, hear, hear_until, reset, stall, start_tls
from command import GUARD, SANITIZED, Running, await_that
from fetching import NOBODY_KNOWN, Fetching
from servers import News, certificates

nntplib._MAXLINE = 1 << 20  # pylint: disable=protected-access; it takes no longer lines than 2048 else

BODIES = {
    "dots": b"one\n.\n..\n.two\nthree\n",
    "an empty line": b"\n",
    "eight bits": bytes(range(0x80, 0x100)) + b"\n",
    "without an end": b"no newline",
    "empty lines": b"\n\n\na\n\n",
    "utf-8": "Grüße, мир\n".encode(),
    "long": b"x" * 5000 + b"\n",
    "many": b"".join(b"%d .\n" % i for i in range(50_000)),
}


def article_of(body, subject="test", group="test.a"):
    return (b"From: Alice <alice@t.invalid>\nNewsgroups: " + group.encode() + b"\nSubject: " + subject.encode() +
            b"\nMIME-Version: 1.0\nContent-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: 8bit\n\n" + body)


def in_lines(lines):
    return b"".join(line + b"\r\n" for line in lines)


class Articles(Fetching):
    start = News

    def url(self, path, user=""):
        return f"nntp://{user}localhost:{self.server.port}{path}"

    def secure(self, path):
        return f"nntps://localhost:{self.server.tls_port}{path}"

    def opinion(self, **login):
        return nntplib.NNTP("localhost", self.server.port, timeout=GUARD, **login)

    def post(self, body, group="test.a", subject="test"):
        """Posts an article, and waits until readers are told of it: its message-id."""
        ended = self.expect(self.ahoy("send", self.url("/"), given=article_of(body, subject, group)), 0)
        self.assertRegex(ended.out, rb"^Article received <.*>\n$")
        message_id = ended.out.split()[-1].decode()
        self.await_article(message_id)
        return message_id

    def await_article(self, message_id):
        def is_there():
            with self.opinion() as session, contextlib.suppress(nntplib.NNTPTemporaryError):
                _, (number, _, lines) = session.head(message_id)
                group = next(line for line in lines if line.startswith(b"Xref:")).split()[-1].split(b":")
                return session.group(group[0].decode())[3] >= int(group[1])
            return False
        await_that(is_there, "an article")

    def refuse(self, status, cause, words, *call, **process):
        """As refused(), and the server's words, or others, are the hint."""
        ended = self.refused(status, cause, *call, **process)
        self.assertRegex(ended.err, words)
        return ended


class Content(Articles):
    def test_every_body_comes_back(self):
        for name, body in BODIES.items():
            with self.subTest(name):
                message_id = self.post(body)
                whole = body if body.endswith(b"\n") else body + b"\n"
                expected = whole.replace(b"\n", b"\r\n")
                self.expect(self.fetch(self.url(f"/{message_id}"), "--body"), 0, expected)
                with self.opinion() as session:
                    self.assertEqual(in_lines(session.body(message_id)[1].lines), expected)
                    head, all_of_it = (in_lines(ask(message_id)[1].lines) for ask in (session.head, session.article))
                self.expect(self.fetch(self.url(f"/{message_id}"), "--head"), 0, head)
                for form in (message_id, message_id.strip("<>"), message_id.replace("<", "%3C").replace("@", "%40").replace(">", "%3E")):
                    self.expect(self.fetch(self.url(f"/{form}")), 0, all_of_it)

    def test_by_number(self):
        message_id = self.post(b"by number\n", "test.b")
        with self.opinion() as session:
            _, _, _, last, _ = session.group("test.b")
            article = in_lines(session.article(last)[1].lines)
        self.expect(self.fetch(self.url(f"/test.b/{last}")), 0, article)
        self.assertIn(message_id.encode(), article)

    def test_goes_into_a_file(self):
        message_id = self.post(BODIES["many"])
        self.expect(self.fetch(self.url(f"/{message_id}"), "--body", "--output", "copy"), 0, b"")
        self.assertEqual((self.folder / "copy").read_bytes(), BODIES["many"].replace(b"\n", b"\r\n"))
        self.assertEqual(self.left(), ["copy"])

    def test_not_more_than_allowed(self):
        message_id = self.post(BODIES["many"])
        self.refused(63, "too long", "fetch", self.url(f"/{message_id}"), "--max-size", "100k", "--output", "copy")
        self.assertEqual(self.left(), [])


class Lists(Articles):
    def test_groups(self):
        with self.opinion() as session:
            for path, pattern in (("/", None), ("/test.*", "test.*"), ("/test.?", "test.?"), ("/*,!test.m*", "*,!test.m*"), ("/test.[ab]", "test.[ab]"),
                                  ("/none.*", "none.*")):
                expected = [(group.group, int(group.last), int(group.first), group.flag) for group in session.list(pattern)[1]]
                with self.subTest(path):
                    rows = self.expect(self.fetch(self.url(path)), 0).out.decode().splitlines()
                    self.assertEqual([tuple(row.split("\t")) for row in rows], [tuple(map(str, each)) for each in expected])
                    objects = [json.loads(line) for line in self.expect(self.fetch(self.url(path), "--json"), 0).out.splitlines()]
                    self.assertEqual(objects, [dict(zip(("name", "last", "first", "status"), each)) for each in expected])

    def test_overview(self):
        for subject in ("one", "zwei äöü", "three\u202e"):
            self.post(b"body\n", "test.b", subject)
        with self.opinion() as session:
            _, _, first, last, _ = session.group("test.b")
            entries = session.over((first, last))[1]
        numbers = [number for number, _ in entries]
        for words, part in (([], numbers), (["--last", "2"], numbers[-2:]), (["--last", "0"], []), (["--last", "1000"], numbers)):
            with self.subTest(words):
                objects = [json.loads(line) for line in self.expect(self.fetch(self.url("/test.b"), "--json", *words), 0).out.splitlines()]
                self.assertEqual([each["number"] for each in objects], part)
                rows = self.expect(self.fetch(self.url("/test.b"), *words), 0).out.splitlines()
                self.assertEqual([int(row.split(b"\t")[0]) for row in rows], part)
        for each, (_, known) in zip([json.loads(line) for line in self.fetch(self.url("/test.b"), "--json").out.splitlines()], entries):
            for ours, theirs in (("subject", "subject"), ("from", "from"), ("date", "date"), ("message_id", "message-id"), ("references", "references")):
                self.assertEqual(each[ours], nntplib.decode_header(known[theirs]))
            self.assertEqual((each["bytes"], each["lines"]), (int(known[":bytes"]), int(known[":lines"])))
        shown = self.fetch(self.url("/test.b")).out
        self.assertIn("zwei äöü".encode(), shown)
        self.assertIn(b"three\\u{202e}\t", shown)

    def test_empty_group(self):
        self.expect(self.fetch(self.url("/test.moderated")), 0, b"")
        self.expect(self.fetch(self.url("/test.moderated"), "--json"), 0, b"")


class Posting(Articles):
    def test_header_is_made(self):
        ended = self.expect(self.ahoy("send", self.url("/test.a,test.b"), "--from", "Älice <alice@t.invalid>", "--subject", "Grüße an alle " * 10,
                                      "--header", "Organization: keine", ".hello", "..", "Grüße"), 0)
        message_id = ended.out.split()[-1].decode()
        self.assertRegex(message_id, r"^<[0-9a-f]{32}@t\.invalid>$")
        self.await_article(message_id)
        with self.opinion() as session:
            article = session.article(message_id)[1]
            self.assertEqual(article.lines[article.lines.index(b"") + 1:], [b".hello", b"..", "Grüße".encode()])
            number = int(next(line for line in article.lines if line.startswith(b"Xref:")).split()[-2].split(b":")[1])
            session.group("test.a")
            entry = session.over((number, number))[1][0][1]
        self.assertEqual(nntplib.decode_header(entry["subject"]), "Grüße an alle " * 10)
        self.assertEqual(nntplib.decode_header(entry["from"]), "Älice <alice@t.invalid>")
        shown = self.fetch(self.url("/test.a"), "--last", "1").out.decode()
        self.assertIn("\tÄlice <alice@t.invalid>\t" + "Grüße an alle " * 10 + "\t", shown)
        self.assertIn(b"Newsgroups: test.a,test.b", article.lines)
        self.assertIn(b"Organization: keine", article.lines)

    def test_standard_input_is_the_body_where_a_header_is_made(self):
        ended = self.expect(self.ahoy("send", self.url("/test.a"), "--from", "a@t.invalid", "--subject", "x", given=BODIES["dots"]), 0)
        message_id = ended.out.split()[-1].decode()
        self.await_article(message_id)
        self.expect(self.fetch(self.url(f"/{message_id}"), "--body"), 0, BODIES["dots"].replace(b"\n", b"\r\n"))

    def test_refused(self):
        words = ["--from", "a@t.invalid", "--subject", "x", "hello"]
        self.refuse(22, "refused", "the server said: 441 Postings to .*test.closed.* are not allowed", "send", self.url("/test.closed"), *words)
        self.refuse(22, "refused", "the server said: 441", "send", self.url("/"), given=b"no article")
        self.refuse(22, "refused", "the server said: 441 Article is empty", "send", self.url("/"), given=article_of(b""))
        self.refuse(22, "refused", "the server said: 441", "send", self.url("/no.such.group"), *words)

    def test_nothing_is_injected(self):
        good = ["--from", "a@t.invalid", "--subject", "x", "hello"]
        for position, value in ((1, "a@t.invalid\nControl: cancel <x@y>"), (3, "x\r\nNewsgroups: test.b"), (3, "x\n\nbody"), (3, "\x1b[2J"), (1, "ä@t.invalid")):
            words = list(good)
            words[position] = value
            with self.subTest(value):
                self.refused(2, "malformed", "send", self.url("/test.a"), *words)
        for path in ("/test.a%0d%0aX:%20y", "/test.*", "/test.a/1", "/a,,b"):
            self.refused(2, "malformed", "send", self.url(path), *good)
        self.refused(2, "--subject: missing", "send", self.url("/test.a"), "--from", "a@t.invalid", "hello")
        self.refused(2, "--from: missing", "send", self.url("/test.a"), "--subject", "x", "hello")
        self.refused(2, "Newsgroups: malformed", "send", self.url("/"), *good)
        self.refused(2, "contradictory|newsgroup", "send", self.url("/test.a"), given=article_of(b""))


class Access(Articles):
    def test_missing(self):
        for path, words in (("/test.none", "411"), ("/test.none/1", "411"), ("/test.a/99999", "423"), ("/<none@t.invalid>", "430")):
            self.refuse(78, "not there", f"the server said: {words}", "fetch", self.url(path), "--output", "copy")
            self.assertEqual(self.left(), [])

    def test_login(self):
        self.refuse(67, "login refused", "the server said: 480", "fetch", self.url("/private.a"))
        for url, words in ((self.url("/private.a"), ["--user", "alice:secret"]), (self.url("/private.a", "alice:secret@"), [])):
            ended = self.expect(self.fetch(url, *words, "-v"), 0, b"")
            self.assertIn("> AUTHINFO ****", ended.err)
            self.assertNotIn("secret", ended.err)
        self.refuse(67, "login refused", "the server said: 481", "fetch", self.url("/private.a"), "--user", "alice:wrong")
        netrc = self.folder / "netrc"
        netrc.write_text("machine localhost login alice password secret\n", encoding="utf-8")
        self.expect(self.fetch(self.url("/private.a"), env=os.environ | {"NETRC": str(netrc)}), 0, b"")
        self.expect(self.ahoy("send", self.url("/private.a"), "--user", "alice:secret", "--from", "a@t.invalid", "--subject", "x", "hello"), 0)

    def test_tls(self):
        trusted = ["--cacert", self.server.certificate]
        for url, words in ((self.secure("/test.*"), []), (self.url("/test.*"), ["--starttls"])):
            with self.subTest(url):
                plain = self.expect(self.fetch(self.url("/test.*")), 0).out
                self.expect(self.fetch(url, *words, *trusted), 0, plain)
                self.refuse(60, "trust localhost:.*not trusted", "self-signed", "fetch", url, *words)
                ended = self.expect(self.fetch(url, *words, "--insecure"), 0, plain)
                self.assertIn("whoever answers is believed", ended.err)
                self.expect(self.fetch(url, *words, *trusted, "--user", "alice:secret"), 0)
        self.refused(2, "no such file", "fetch", self.secure("/"), "--cacert", "/nowhere")

    def test_no_tls_where_there_is_none(self):
        self.refused(35, "begin TLS", "fetch", f"nntps://localhost:{self.server.port}/")


class Untrusted(Articles):
    start = None

    def test_certificates(self):
        for certificate, words in ((certificates().elsewhere, "hostname mismatch"), (certificates().expired, "certificate has expired")):
            with self.subTest(words), News(certificate) as self.server:
                for url, more in ((self.secure("/"), []), (self.url("/"), ["--starttls"])):
                    self.refuse(60, "not trusted", words, "fetch", url, *more, "--cacert", certificate.file)
                    self.expect(self.fetch(url, *more, "--insecure"), 0)


class CutOff(Articles):
    """In the middle of an article of 50 MB."""
    start = None
    LINE = b"." + b"x" * 99 + b"\n"
    COUNT = 500_000

    def setUp(self):
        super().setUp()
        self.server = self.enterContext(News())
        self.message_id = self.post(self.LINE * self.COUNT)

    def begin(self, *words):
        """Some of it has come, and the server does not go on."""
        fetching = self.enterContext(Running("fetch", self.url(f"/{self.message_id}"), "--body", "--output", "copy", *words, cwd=self.folder, env=NOBODY_KNOWN))
        await_that(lambda: any(path.stat().st_size for path in self.folder.iterdir()), "the first bytes")
        self.server.stall()
        self.assertEqual([name for name in self.left() if name == "copy"], [])
        return fetching

    def test_not_at_all(self):
        self.expect(self.fetch(self.url(f"/{self.message_id}"), "--body", "--output", "copy"), 0)
        self.assertEqual((self.folder / "copy").read_bytes(), self.LINE.replace(b"\n", b"\r\n") * self.COUNT)

    def test_killed(self):
        fetching = self.begin()
        self.server.kill()
        self.assertEqual(fetching.ended().status, 56)
        self.assertEqual(self.left(), [])

    def test_stalled(self):
        ended = self.begin("--timeout", "3s").ended()
        self.server.go_on()
        self.assertEqual(ended.status, 28, ended)
        self.assertIn("timed out", ended.err)
        self.assertEqual(self.left(), [])

    def test_mute_from_the_first(self):
        self.server.stall()
        self.refused(28, "connect to localhost:.* timed out", "fetch", self.url("/"), "--connect-timeout", "300ms")
        self.refused(28, "timed out", "fetch", self.url("/"), "--timeout", "300ms")
        self.server.go_on()

    def test_signal(self):
        for number in (signal.SIGINT, signal.SIGTERM):
            fetching = self.begin()
            fetching.send_signal(number)
            self.assertEqual(fetching.ended().status, -number)
            self.assertEqual(self.left(), [])
            self.server.go_on()


CAPABLE = [b"200 ready\r\n", hear(b"CAPABILITIES"), b"101 here\r\nVERSION 2\r\nREADER\r\nAUTHINFO USER\r\nSTARTTLS\r\n.\r\n"]
CHOSEN = [*CAPABLE, hear(b"GROUP"), b"211 2 1 2 a.b\r\n"]
OVERVIEW = [*CHOSEN, hear(b"LIST OVERVIEW.FMT"), b"503 none\r\n", hear(b"OVER 1-2")]
ASKED = [*CAPABLE, hear(b"ARTICLE")]
POSTING = [*CAPABLE, hear(b"POST")]
LOGIN = [*CAPABLE, hear(b"AUTHINFO USER alice")]
TO_TLS = [*CAPABLE, hear(b"STARTTLS")]
ARTICLE = "/<a@b>"
USER = ["--user", "alice:secret"]
LONG = b"x" * 100_000

# What happens, the script, path and options, the status, what the error says.
READING = [
    ("nothing at all", [], ARTICLE, [], 56, "ended inside a message"),
    ("a reset early on", [b"200 ready\r\n", hear(b"CAPABILITIES"), reset], ARTICLE, [], 56, "reset"),
    ("another protocol", [b"220 smtp.example.org ESMTP\r\n"], ARTICLE, [], 8, "220 smtp"),
    ("one that waits for us", [b"SSH-2.0-OpenSSH_9\r\n"], ARTICLE, [], 8, "SSH-2"),
    ("binary", [bytes(range(256)) + b"\n"], ARTICLE, [], 8, "broke the protocol"),
    ("NUL", [b"200\0ready\r\n"], ARTICLE, [], 8, r"200\\x00ready"),
    ("controls in words", [b"400 \x1b[2J\x9b\xe2\x80\xae\r\n"], ARTICLE, [], 22, r"400 \\x1b\[2J\\x9b\\u\{202e\}"),
    ("a greeting without an end", [forever(LONG)], ARTICLE, [], 8, "no end|too long"),
    ("a greeting that is too long", [LONG + b"\r\n"], ARTICLE, [], 8, "no end|too long"),
    ("a server that goes down", [b"400 try later\r\n"], ARTICLE, [], 22, "400 try later"),
    ("a server that lets nobody in", [b"502 go away\r\n"], ARTICLE, [], 67, "502 go away"),
    ("a negative code", [b"-200 ready\r\n"], ARTICLE, [], 8, "-200"),
    ("a code of four digits", [b"2000 ready\r\n"], ARTICLE, [], 8, "2000"),
    ("a continued line, as SMTP's", [b"200-ready\r\n200 really\r\n"], ARTICLE, [], 8, "200-ready"),
    ("capabilities without an end", [b"200 ready\r\n", hear(), b"101 here\r\n", forever(b"X\r\n" * 1000)], ARTICLE, [], 8, "too many"),
    ("a capability without an end", [b"200 ready\r\n", hear(), b"101 here\r\n", forever(LONG)], ARTICLE, [], 8, "no end|too long"),
    ("capabilities that are none", [b"200 ready\r\n", hear(), b"200 yes\r\n"], ARTICLE, [], 8, "200 yes"),
    ("a reply before the command", [*CAPABLE, b"430 early\r\n", stall], ARTICLE, [], 78, "430 early"),
    ("an article that was not asked for", [*CAPABLE, b"222 0 body\r\nx\r\n.\r\n", stall], ARTICLE, [], 8, "222 0 body"),
    ("a code of another command", [*ASKED, b"211 1 1 1 a\r\n"], ARTICLE, [], 8, "211 1 1 1"),
    ("a code that wants more", [*ASKED, b"381 password?\r\n"], ARTICLE, [], 8, "381"),
    ("an empty line", [*ASKED, b"\r\n"], ARTICLE, [], 8, "broke the protocol"),
    ("no article", [*ASKED, b"430 no\r\n"], ARTICLE, [], 78, "430 no"),
    ("an unknown refusal", [*ASKED, b"499 \r\n"], ARTICLE, [], 22, "499"),
    ("an article that is cut", [*ASKED, b"220 0\r\nA: b\r\n\r\nx\r\n"], ARTICLE, [], 56, "ended inside"),
    ("an article that is cut at its last dot", [*ASKED, b"220 0\r\nA: b\r\n\r\nx\r\n."], ARTICLE, [], 56, "ended inside"),
    ("a reset in an article", [*ASKED, b"220 0\r\nA: b\r\n", reset], ARTICLE, [], 56, "reset|ended inside"),
    ("an article without an end", [*ASKED, b"220 0\r\n", forever(LONG)], ARTICLE, ["--max-size", "1m"], 63, "more than 1048576"),
    ("a server that stalls", [*ASKED, b"220 0\r\nA: b\r\n", stall], ARTICLE, ["--timeout", "300ms"], 28, "timed out"),
    ("a list without an end", [*CAPABLE, hear(b"LIST"), b"215 list\r\n", forever(b"a.b 1 1 y\r\n" * 1000)], "/", ["--max-size", "1m"], 63, "too long"),
    ("a line of a list without an end", [*CAPABLE, hear(b"LIST"), b"215 list\r\n", forever(LONG)], "/", [], 8, "no entry"),
    ("a list that is none", [*CAPABLE, hear(b"LIST"), b"215 list\r\n\x1b]0;x\x07\r\n.\r\n"], "/", [], 8, r"no entry: \\x1b\]0;x\\x07"),
    ("a list with numbers too large", [*CAPABLE, hear(b"LIST"), b"215 list\r\na 99999999999999999999 1 y\r\n.\r\n"], "/", [], 8, "no entry"),
    ("a list that is cut", [*CAPABLE, hear(b"LIST"), b"215 list\r\na 1 1 y\r\nb 1"], "/", [], 56, "ended inside"),
    ("a group with words for numbers", [*CAPABLE, hear(b"GROUP"), b"211 many few all a.b\r\n"], "/a.b", [], 8, "211 many"),
    ("a group with negative numbers", [*CAPABLE, hear(b"GROUP"), b"211 1 -1 1 a.b\r\n"], "/a.b", [], 8, "211 1 -1"),
    ("an overview with other fields without an end", [*CHOSEN, hear(b"LIST"), b"215 order\r\n", forever(b"Subject:\r\n" * 1000)], "/a.b", [], 8, "too many"),
    ("an overview without numbers", [*OVERVIEW, b"224 here\r\nx\ty\r\n.\r\n"], "/a.b", [], 8, "no entry: x"),
    ("an overview of binary", [*OVERVIEW, b"224 here\r\n" + bytes(range(256)) + b"\r\n.\r\n"], "/a.b", [], 8, "no entry"),
    ("an overview that is cut", [*OVERVIEW, b"224 here\r\n1\tx\r\n"], "/a.b", [], 56, "ended inside"),
    ("no overview", [*OVERVIEW, b"503 none\r\n"], "/a.b", [], 22, "503 none"),
    ("a login that is asked for again and again", [*ASKED, b"480 log in\r\n", hear(b"AUTHINFO"), b"281 ok\r\n", hear(b"ARTICLE"), b"480 log in\r\n"],
     ARTICLE, [], 67, "480 log in"),
    ("a login that is asked for after it", [*LOGIN, b"281 ok\r\n", hear(b"ARTICLE"), b"480 log in\r\n"], ARTICLE, USER, 67, "480 log in"),
    ("a login that is refused", [*LOGIN, b"381 go on\r\n", hear(b"AUTHINFO PASS secret"), b"481 no\r\n"], ARTICLE, USER, 67, "481 no"),
    ("a login that comes to nothing", [*LOGIN, b"381 go on\r\n", hear(), b"381 go on\r\n"], ARTICLE, USER, 8, "381 go on"),
    ("a login that is cut", [*LOGIN, b"381 go on\r\n", hear()], ARTICLE, USER, 56, "ended inside"),
    ("the password said back", [*LOGIN, b"381 go on\r\n", hear(), b"400\r\n"], ARTICLE, USER, 22, "400"),
    ("no TLS where it was promised", [*TO_TLS, b"580 no\r\n"], ARTICLE, ["--starttls"], 35, "580 no"),
    ("no TLS at all", [b"200 ready\r\n", hear(), b"101 here\r\nREADER\r\n.\r\n", stall], ARTICLE, ["--starttls"], 35, "no STARTTLS"),
    ("words for TLS", [*TO_TLS, b"382 go on\r\n", hear_until(b"\x01"), b"200 ready, in the clear\r\n"], ARTICLE, ["--starttls"], 35, "begin TLS"),
    ("words before TLS", [*TO_TLS, b"382 go on\r\n101 here\r\n.\r\n"], ARTICLE, ["--starttls"], 8, "more than that TLS"),
    ("an end for TLS", [*TO_TLS, b"382 go on\r\n", hear_until(b"\x01")], ARTICLE, ["--starttls"], 35, "instead"),
    ("no TLS, and a login", [*TO_TLS, b"580 no\r\n", stall], ARTICLE, ["--starttls", *USER], 35, "580 no"),
]

WRITING = [
    ("nobody may post", [*POSTING, b"440 no posting\r\n"], 22, "440 no posting"),
    ("nobody may post without a login", [*POSTING, b"480 log in\r\n"], 67, "480 log in"),
    ("another reply to POST", [*POSTING, b"240 taken\r\n"], 8, "240 taken"),
    ("an article that is refused", [*POSTING, b"340 go on\r\n", hear_until(b"\r\n.\r\n"), b"441 no\r\n"], 22, "441 no"),
    ("an article without an answer", [*POSTING, b"340 go on\r\n", hear_until(b"\r\n.\r\n")], 18, "ended inside.*not known"),
    ("an answer that is none", [*POSTING, b"340 go on\r\n", hear_until(b"\r\n.\r\n"), b"taken\r\n"], 18, "taken.*not known"),
]


class BadServers(Fetching):
    LIMIT = () if SANITIZED else ("prlimit", f"--data={64 << 20}")  # whatever it sends

    def test_reading(self):
        for name, script, path, words, status, says in READING:
            with self.subTest(name), BadServer(script) as bad:
                ended = self.refused(status, "", "fetch", f"nntp://127.0.0.1:{bad.port}{path}", "--output", "copy", *words, before=self.LIMIT)
                self.assertRegex(ended.err, says)
                self.assertEqual(self.left(), [])

    def test_writing(self):
        for name, script, status, says in WRITING:
            with self.subTest(name), BadServer(script) as bad:
                ended = self.refused(status, "", "send", f"nntp://127.0.0.1:{bad.port}/a.b", "--from", "a@b", "--subject", "x", "hello", before=self.LIMIT)
                self.assertRegex(ended.err, says)

    def test_closed_at_every_byte(self):
        whole = [b"200 ready\r\n", hear(), b"101 here\r\nREADER\r\n.\r\n", hear(b"GROUP"), b"211 2 1 2 a.b\r\n", hear(b"ARTICLE"),
                 b"220 1 <a@b>\r\nA: b\r\n\r\n..\r\nx\r\n.\r\n"]
        size = sum(len(step) for step in whole if isinstance(step, bytes))
        for cut in range(1, size + 1):
            with self.subTest(cut), BadServer(whole, close_at=cut) as bad:
                ended = self.fetch(f"nntp://127.0.0.1:{bad.port}/a.b/1", "--output", "copy")
                self.assertEqual(ended.status, 0 if cut == size else 56, ended)
                self.assertEqual(self.left(), ["copy"] if cut == size else [])
        self.assertEqual((self.folder / "copy").read_bytes(), b"A: b\r\n\r\n.\r\nx\r\n")

    def test_cut_under_tls(self):
        """An end that nobody announces is none, be it at the end of a line."""
        script = [start_tls(certificates().good), *ASKED, b"220 0\r\nA: b\r\n\r\nx\r\n"]
        size = sum(len(step) for step in script if isinstance(step, bytes))
        for more, cut in (([], None), ([b".\r\n"], size), ([b".\r\n"], size - 3)):
            with self.subTest(cut), BadServer(script + more, close_at=cut) as bad:
                self.refused(56, "ended inside a message", "fetch", f"nntps://localhost:{bad.port}{ARTICLE}", "--cacert", certificates().good.file,
                             "--output", "copy")
                self.assertEqual(self.left(), [])

    def test_hostile_names_are_shown_and_not_obeyed(self):
        rows = b"a\x1b[2J 1 1 y\r\n.../../x 1 1 y\r\nb\xe2\x80\xae 2 1 m\r\nc\xff 3 1 \x9b\r\n"
        script = [*CAPABLE, hear(b"LIST"), b"215 list\r\n" + rows + b".\r\n"]
        with BadServer(script) as bad:
            url = f"nntp://127.0.0.1:{bad.port}/"
            self.expect(self.fetch(url), 0, b"a\\x1b[2J\t1\t1\ty\n../../x\t1\t1\ty\nb\\u{202e}\t2\t1\tm\nc\\xff\t3\t1\t\\x9b\n")
            for line in self.expect(self.fetch(url, "--json"), 0).out.splitlines():
                self.assertNotRegex(line.decode(), "[\x00-\x1f\x7f-\x9f\u202e]")
                json.loads(line)

    def test_words_of_other_languages(self):
        row = "1\t=?UTF-8?B?R3LDvMOfZQ==?= all\t=?iso-8859-1?Q?=C4lice?= <a@b>\td\t<=?x@y>\t\t1\t1\r\n"
        with BadServer([*OVERVIEW, b"224 here\r\n" + row.encode() + b".\r\n"]) as bad:
            shown = json.loads(self.expect(self.fetch(f"nntp://127.0.0.1:{bad.port}/a.b", "--json"), 0).out)
        self.assertEqual((shown["subject"], shown["from"], shown["message_id"]), ("Gr\u00fc\u00dfe all", "\u00c4lice <a@b>", "<=?x@y>"))

    def test_output_that_fails_says_what_was_taken(self):
        with BadServer([*POSTING, b"340 go on\r\n", hear_until(b"\r\n.\r\n"), b"240 taken <a@b>\r\n"]) as bad, open("/dev/full", "wb") as full:
            ended = self.ahoy("send", f"nntp://127.0.0.1:{bad.port}/a.b", "--from", "a@b", "--subject", "x", "hello", stdout=full)
            self.assertEqual(ended.status, 23)
            self.assertIn("ahoy: the server has it: taken <a@b>\n", ended.err)

    def test_a_login_that_nobody_gave_is_hinted_at(self):
        with BadServer([*ASKED, b"480 log in\r\n"]) as bad:
            self.assertIn("480 log in; say who you are with --user", self.refused(67, "", "fetch", f"nntp://127.0.0.1:{bad.port}{ARTICLE}").err)

    def test_memory_does_not_grow_with_a_list(self):
        def peak_of(count, *words):
            """KiB, when most of so many rows are written."""
            rows = b"".join(b"%d\tsubject\tsomebody\tMon, 23 Nov 2026 09:30:00 +0000\t<%d@t.invalid>\t\t1000\t10\r\n" % (i, i) for i in range(1, count + 1))
            looked = threading.Event()
            script = [*CAPABLE, hear(b"GROUP"), b"211 %d 1 %d a.b\r\n" % (count, count), hear(b"LIST"), b"503 none\r\n", hear(b"OVER"),
                      b"224 here\r\n" + rows, lambda _: looked.wait(GUARD), b".\r\n", hear(b"QUIT"), b"205 bye\r\n"]
            out = self.folder / "rows"
            with BadServer(script) as bad, open(out, "wb") as rows_file:
                with Running("fetch", f"nntp://127.0.0.1:{bad.port}/a.b", *words, stdout=rows_file) as fetching:
                    await_that(lambda: out.stat().st_size > len(rows) * 0.7 or not fetching.is_running(), "most rows")
                    status = pathlib.Path(f"/proc/{fetching.pid}/status").read_text(encoding="utf-8")
                    looked.set()
                    self.assertEqual(fetching.ended().status, 0)
            self.assertEqual(len(out.read_bytes().splitlines()), count)
            return int(re.search(r"VmHWM:\s+(\d+) kB", status)[1])

        for words in ([], ["--json"]):
            few, many = peak_of(20_000, *words), peak_of(200_000, *words)
            self.assertLess(many, few + (1 << 20 if SANITIZED else 2000), words)

    def test_nothing_becomes_a_command_of_its_own(self):
        for path in ("/a%0d%0aQUIT", "/a%0aPOST", "/<a%0d%0a@b>", "/a.b/1%0d%0aQUIT", "/a%20b", "/a%00"):
            with self.subTest(path), BadServer(CAPABLE) as bad:
                self.refused(2, "malformed", "fetch", f"nntp://127.0.0.1:{bad.port}{path}")
                self.assertEqual(bad.conversations, [])
        with BadServer(CAPABLE) as bad:
            self.refused(2, "malformed", "fetch", f"nntp://127.0.0.1:{bad.port}/", "--user", "alice\nQUIT:secret")
            self.assertNotIn(b"alice", bad.heard)


if __name__ == "__main__":
    unittest.main()
