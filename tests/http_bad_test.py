"""`ahoy fetch` and `ahoy send` over HTTP, against servers that misbehave."""
import gzip
import unittest
import zlib

from bad_cases import CONTROLS, BadCases
from bad_server import BadServer, cut, forever, hear_until, in_the_clear, reset, stall, start_tls
from servers import certificates

ASKED = hear_until(b"\r\n\r\n")
OK = b"HTTP/1.1 200 OK\r\n"
LONG = b"x" * 100_000
COPY = ["--output", "copy"]
USER = ["--user", "alice:secret"]
BOMB = gzip.compress(bytes(64 << 20))  # 64 KiB


def answer(*fields, body=b"", status=b"200 OK"):
    return b"HTTP/1.1 " + status + b"\r\n" + b"".join(field + b"\r\n" for field in fields) + b"\r\n" + body


def redirect(to, status=b"302 Found"):
    return [ASKED, answer(b"Location: " + to, b"Content-Length: 0", b"Connection: close", status=status)]


def challenge(*fields):
    """Again and again."""
    return [ASKED, answer(*(b"WWW-Authenticate: " + field for field in fields), b"Content-Length: 0", status=b"401 No")] * 200


READING = [
    ("nothing at all", [ASKED], "/", COPY, 56, "ended inside"),
    ("an end before the request", [], "/", COPY, 56, "ended inside|reset"),
    ("a reset", [ASKED, reset], "/", COPY, 56, "reset"),
    ("a reset in the header", [ASKED, OK, reset], "/", COPY, 56, "reset"),
    ("an end in the status line", [ASKED, b"HTTP/1.1 20"], "/", COPY, 56, "ended inside"),
    ("an end in the header", [ASKED, OK + b"Content-Le"], "/", COPY, 56, "ended inside"),
    ("an end after a line of the header", [ASKED, OK + b"Content-Length: 5\r\n"], "/", COPY, 56, "ended inside"),
    ("another protocol", [b"220 smtp.example.org ESMTP\r\n"], "/", COPY, 8, "broke the protocol"),
    ("a text without a header", [ASKED, b"hello\r\n"], "/", COPY, 8, "broke the protocol"),
    ("binary", [ASKED, bytes(range(256)) * 10], "/", COPY, 8, "broke the protocol"),
    ("NULs", [ASKED, bytes(5000)], "/", COPY, 8, "broke the protocol"),
    ("a version to come", [ASKED, b"HTTP/9.9 200 OK\r\n\r\n"], "/", COPY, 8, "broke the protocol"),
    ("a status of two digits", [ASKED, b"HTTP/1.1 20 OK\r\n\r\n"], "/", COPY, 8, "broke the protocol"),
    ("a status of four digits", [ASKED, b"HTTP/1.1 2000 OK\r\n\r\n"], "/", COPY, 8, "broke the protocol"),
    ("a negative status", [ASKED, b"HTTP/1.1 -20 OK\r\n\r\n"], "/", COPY, 8, "broke the protocol"),
    ("the status zero", [ASKED, b"HTTP/1.1 000 OK\r\n\r\n"], "/", COPY, 8, "broke the protocol"),
    ("a status in words", [ASKED, b"HTTP/1.1 two OK\r\n\r\n"], "/", COPY, 8, "broke the protocol"),
    ("no status", [ASKED, b"HTTP/1.1\r\n\r\n"], "/", COPY, 8, "broke the protocol"),
    ("a status that nobody knows", [ASKED, answer(status=b"999 what")], "/", COPY, 22, "999 what"),
    ("escapes in a refusal", [ASKED, answer(status=b"500 \x1b[2J\x9b\xe2\x80\xae")], "/", COPY, 22, r"500 \\x1b\[2J\\x9b\\u\{202e\}"),
    ("a line that is no field", [ASKED, OK + b"hello\r\nContent-Length: 5\r\n\r\n12345"], "/", COPY, 8, "without colon"),
    ("a NUL in the header", [ASKED, OK + b"A: b\0c\r\n\r\nx"], "/", COPY, 8, "broke the protocol"),
    ("a line of the header without an end", [ASKED, OK + b"A: ", forever(LONG)], "/", COPY, 8, "broke the protocol"),
    ("a status line without an end", [ASKED, b"HTTP/1.1 200 ", forever(LONG)], "/", COPY, 8, "broke the protocol"),
    ("a header without an end", [ASKED, OK, forever(b"A: b\r\n" * 1000)], "/", COPY, 8, "too many"),
    ("a header of large fields", [ASKED, OK, forever(b"A: " + LONG[:90_000] + b"\r\n", rate=64 << 20)], "/", COPY, 8, "(?i)too large"),
    ("a folded line without an end", [ASKED, OK + b"A: b\r\n", forever(b" c\r\n" * 1000, rate=64 << 20)], "/", COPY, 8, "(?i)too large"),
    ("interim answers without an end", [ASKED, forever(b"HTTP/1.1 100 Continue\r\n\r\n" * 1000)], "/", COPY, 8, "(?i)too large"),
    ("interim answers with fields", [ASKED, forever(answer(b"Link: " + LONG[:10_000], status=b"103 Early Hints"), rate=64 << 20)], "/", COPY, 8, "(?i)too large"),
    ("an answer that has only begun", [ASKED, b"HTTP/1.1 100 Continue\r\n\r\n"], "/", COPY, 56, "ended inside"),
    ("content that is cut", [ASKED, answer(b"Content-Length: 10", body=b"12345")], "/", COPY, 56, "ended inside"),
    ("content that is reset", [ASKED, answer(b"Content-Length: 10", body=b"12345"), reset], "/", COPY, 56, "reset"),
    ("a length below zero", [ASKED, answer(b"Content-Length: -5", body=b"12345")], "/", COPY, 8, "broke the protocol"),
    ("a length that is giant", [ASKED, answer(b"Content-Length: 9999999999999999999999", body=b"12345")], "/", COPY, 8, "no clear length"),
    ("a length in words", [ASKED, answer(b"Content-Length: many", body=b"12345")], "/", COPY, 8, "broke the protocol"),
    ("lengths that differ", [ASKED, answer(b"Content-Length: 5", b"Content-Length: 6", body=b"12345")], "/", COPY, 8, "no clear length"),
    ("two lengths", [ASKED, answer(b"Content-Length: 5, 6", body=b"12345")], "/", COPY, 8, "no clear length"),
    ("a length over the limit", [ASKED, answer(b"Content-Length: 2000000"), forever(LONG)], "/", ["--max-size", "1m", *COPY], 63, "more than 1048576"),
    ("content without an end", [ASKED, answer(), forever(LONG)], "/", ["--max-size", "1m", *COPY], 63, "more than 1048576"),
    ("chunks without an end", [ASKED, answer(b"Transfer-Encoding: chunked"), forever(b"186a0\r\n" + LONG + b"\r\n")], "/", ["--max-size", "1m", *COPY],
     63, "more than 1048576"),
    ("a chunk that is cut", [ASKED, answer(b"Transfer-Encoding: chunked", body=b"5\r\n123")], "/", COPY, 56, "ended inside"),
    ("no last chunk", [ASKED, answer(b"Transfer-Encoding: chunked", body=b"5\r\n12345\r\n")], "/", COPY, 56, "ended inside"),
    ("a chunk without a size", [ASKED, answer(b"Transfer-Encoding: chunked", body=b"\r\n12345\r\n")], "/", COPY, 8, "broke the protocol"),
    ("a chunk of a size below zero", [ASKED, answer(b"Transfer-Encoding: chunked", body=b"-5\r\n12345\r\n0\r\n\r\n")], "/", COPY, 8, "broke the protocol"),
    ("a chunk of a size in words", [ASKED, answer(b"Transfer-Encoding: chunked", body=b"zero\r\n12345\r\n0\r\n\r\n")], "/", COPY, 8, "broke the protocol"),
    ("a chunk of a giant size", [ASKED, answer(b"Transfer-Encoding: chunked", body=b"fffffffffffffffff\r\n1")], "/", COPY, 8, "broke the protocol"),
    ("a chunk's size without an end", [ASKED, answer(b"Transfer-Encoding: chunked"), forever(b"0" * 1000)], "/", COPY, 8, "broke the protocol"),
    ("a chunk longer than its size", [ASKED, answer(b"Transfer-Encoding: chunked", body=b"2\r\n12345\r\n0\r\n\r\n")], "/", COPY, 8, "broke the protocol"),
    ("trailers without an end", [ASKED, answer(b"Transfer-Encoding: chunked", body=b"1\r\nx\r\n0\r\n"), forever(b"A: b\r\n" * 1000)], "/", COPY, 8, "too"),
    ("a trailer without an end", [ASKED, answer(b"Transfer-Encoding: chunked", body=b"1\r\nx\r\n0\r\nA: "), forever(LONG)], "/", COPY, 8, "broke the protocol"),
    ("a coding that nobody knows", [ASKED, answer(b"Transfer-Encoding: rot13", body=b"12345")], "/", COPY, 8, "broke the protocol"),
    ("chunks of codings without an end", [ASKED, answer(b"Transfer-Encoding: " + b"gzip, " * 1000 + b"chunked")], "/", COPY, 8, "broke the protocol"),
    ("no gzip", [ASKED, answer(b"Content-Encoding: gzip", body=b"hello there")], "/", ["--compressed", *COPY], 8, "broke the protocol"),
    ("half a gzip", [ASKED, answer(b"Content-Encoding: gzip", b"Content-Length: 130", body=gzip.compress(LONG)[:60])], "/", ["--compressed", *COPY],
     56, "ended inside"),
    ("more after the gzip", [ASKED, answer(b"Content-Encoding: gzip", body=gzip.compress(b"x") + LONG)], "/", ["--compressed", *COPY], 8, "broke"),
    ("a bomb of gzip", [ASKED, answer(b"Content-Encoding: gzip", b"Content-Length: %d" % len(BOMB), body=BOMB)], "/",
     ["--compressed", "--max-size", "1m", *COPY], 63, "more than 1048576"),
    ("a bomb of deflate", [ASKED, answer(b"Content-Encoding: deflate", body=zlib.compress(bytes(64 << 20)))], "/",
     ["--compressed", "--max-size", "1m", *COPY], 63, "more than 1048576"),
    ("a bomb in a bomb", [ASKED, answer(b"Content-Encoding: gzip, gzip", body=gzip.compress(BOMB))], "/",
     ["--compressed", "--max-size", "1m", *COPY], 63, "more than 1048576"),
    ("codings without an end", [ASKED, answer(b"Content-Encoding: " + b"gzip, " * 1000 + b"gzip", body=BOMB)], "/", ["--compressed", *COPY], 8, "broke"),
    ("redirects in a circle", [ASKED, answer(b"Location: /", b"Content-Length: 0", status=b"301 x")] * 20, "/", ["--location", *COPY], 22, "redirects"),
    ("a redirect to a file", redirect(b"file:///etc/passwd"), "/", ["--location", *COPY], 22, "points to file:"),
    ("a redirect to Gopher", redirect(b"gopher://127.0.0.1:1/0x"), "/", ["--location", *COPY], 22, "points to gopher:"),
    ("a redirect to FTP", redirect(b"ftp://alice:secret@127.0.0.1:1/x"), "/", ["--location", *COPY], 22, "points to ftp://127"),
    ("a redirect to a scheme that nobody knows", redirect(b"javascript://x"), "/", ["--location", *COPY], 22, "a scheme that nobody knows"),
    ("a redirect to no URL", redirect(b"http://[::1/"), "/", ["--location", *COPY], 8, "broke the protocol"),
    ("a redirect to a port that is none", redirect(b"http://127.0.0.1:99999/"), "/", ["--location", *COPY], 8, "broke the protocol"),
    ("a redirect to a host with spaces", redirect(b"http://a b/"), "/", ["--location", *COPY], 8, "Bad hostname"),
    ("a redirect to nobody", redirect(b"http://127.0.0.1:1/"), "/", ["--location", *COPY], 7, "connect to 127.0.0.1:1: connection refused"),
    ("a redirect of 100 KB", redirect(b"/" + b"x" * 90_000), "/", ["--location", *COPY], 8, "(?i)too large"),
    ("a login that is asked for", [ASKED, answer(b'WWW-Authenticate: Basic realm="\x1b[2J"', status=b"401 No")], "/", COPY, 67, "401"),
    ("a login that is asked for by nothing", [ASKED, answer(status=b"401 No")], "/", [*USER, *COPY], 67, "401"),
    ("a login that is asked for again and again", challenge(b"Basic realm=x"), "/", [*USER, *COPY], 67, "401"),
    ("a challenge that is always stale", challenge(b'Digest realm="x", nonce="y", stale=true'), "/", [*USER, *COPY], 22, "redirects"),
    ("a challenge that is none", challenge(b'Digest realm="x'), "/", [*USER, *COPY], 67, "401"),
    ("a challenge that cannot be met", challenge(b'Digest realm="x", nonce="y", algorithm=ROT13'), "/", [*USER, *COPY], 67, "401"),
    ("a proxy's login", [ASKED, answer(b"Proxy-Authenticate: Basic realm=x", status=b"407 No")], "/", [*USER, *COPY], 67, "407"),
    ("another protocol from here on", [ASKED, answer(b"Upgrade: x", status=b"101 Switching Protocols")], "/", COPY, 56, "ended inside"),
    ("silence", [ASKED, stall], "/", ["--timeout", "300ms", *COPY], 28, "timed out"),
    ("silence in the header", [ASKED, OK + b"Content-Le", stall], "/", ["--timeout", "300ms", *COPY], 28, "timed out"),
    ("silence in the content", [ASKED, answer(b"Content-Length: 10", body=b"12345"), stall], "/", ["--timeout", "300ms", *COPY], 28, "timed out"),
    ("a header byte by byte", [ASKED, OK, forever(b"H", rate=10)], "/", ["--timeout", "500ms", *COPY], 28, "timed out"),
    ("content byte by byte", [ASKED, answer(b"Content-Length: 10000"), forever(b"x", rate=10)], "/", ["--timeout", "500ms", *COPY], 28, "timed out"),
]

RESUMING = [
    ("a range from elsewhere", [ASKED, answer(b"Content-Range: bytes 0-5/6", b"Content-Length: 6", body=b"abcdef", status=b"206 Partial")], 8, "range"),
    ("a range that nobody names", [ASKED, answer(b"Content-Length: 3", body=b"def", status=b"206 Partial")], 8, "range"),
    ("a range that is none", [ASKED, answer(b"Content-Range: \x1b[2J", b"Content-Length: 3", body=b"def", status=b"206 Partial")], 8, "range"),
    ("several ranges", [ASKED, answer(b"Content-Type: multipart/byteranges; boundary=x", b"Content-Length: 3", body=b"--x", status=b"206 Partial")], 8, "range"),
    ("a range that is cut", [ASKED, answer(b"Content-Range: bytes 3-5/6", b"Content-Length: 3", body=b"d", status=b"206 Partial")], 56, "ended inside"),
]

HARMLESS = [
    ("an answer before the request", [answer(b"Content-Length: 5", body=b"12345"), ASKED], "/", [], b"12345"),
    ("more than was announced", [ASKED, answer(b"Content-Length: 5", body=b"1234567890")], "/", [], b"12345"),
    ("a second answer behind the first", [ASKED, answer(b"Content-Length: 5", body=b"12345" + answer(body=b"other"))], "/", [], b"12345"),
    ("the header of a second answer in the first", [ASKED, answer(b"A: b\r\n\r\n" + OK + b"B: c", body=b"x")], "/", ["--head"], answer(b"A: b")),
    ("a carriage return in a value", [ASKED, answer(b"A: b\rSet-Cookie: c", b"Content-Length: 5", body=b"12345")], "/", [], b"12345"),
    ("bare line feeds", [ASKED, b"HTTP/1.1 200 OK\nContent-Length: 5\n\n12345"], "/", [], b"12345"),
    ("no reason", [ASKED, b"HTTP/1.1 200\r\nContent-Length: 5\r\n\r\n12345"], "/", [], b"12345"),
    ("a name for the file", [ASKED, answer(b'Content-Disposition: attachment; filename="../../x"', b"Content-Length: 1", body=b"x")], "/", [], b"x"),
    ("content of what has none", [ASKED, answer(b"Content-Length: 5", body=b"12345", status=b"204 None")], "/", [], b""),
    ("content of a header alone", [ASKED, answer(b"Content-Length: 5", body=b"12345")], "/", ["--head"], answer(b"Content-Length: 5")),
    ("interim answers", [ASKED, b"HTTP/1.1 100 Continue\r\n\r\n" * 20 + answer(b"Content-Length: 5", body=b"12345")], "/", [], b"12345"),
    ("a redirect that is not followed", redirect(b"file:///etc/passwd"), "/", [], b""),
    ("chunks and a length", [ASKED, answer(b"Transfer-Encoding: chunked", b"Content-Length: 3", body=b"5\r\n12345\r\n0\r\n\r\n")], "/", [], b"12345"),
    ("an extension of 5 KB at each chunk", [ASKED, answer(b"Transfer-Encoding: chunked", body=b"5;" + LONG[:5000] + b"\r\n12345\r\n0\r\n\r\n")], "/", [], b"12345"),
]

WRITING = [
    ("an end after the header", [ASKED], 18, "ended inside.*; whether the server has it is not known"),
    ("a reset in the content", [ASKED, hear_until(b"ello"), reset], 18, "not known"),
    ("an end that is no answer", [ASKED, hear_until(b"ello"), b"HTTP/1.1 2"], 18, "not known"),
    ("no HTTP", [ASKED, hear_until(b"ello"), b"what?\r\n"], 18, "not known"),
    ("interim answers to content without an end", [ASKED, forever(b"HTTP/1.1 100 Continue\r\n\r\n" * 1000)], 18, "not known"),
    ("a refusal before the content", [ASKED, answer(b"Content-Length: 0", b"Connection: close", status=b"413 Too much")], 22, "413 Too much"),
    ("a redirect of the content", redirect(b"file:///etc/passwd", b"307 Elsewhere"), 22, "HTTP 307; it points to file:.*: send there"),
    ("an answer without an end", [ASKED, OK, forever(b"A: b\r\n" * 1000)], 18, "too many|not known"),
    ("silence after content", [ASKED, stall], 28, "timed out"),
]


class Reading(BadCases):
    scheme = "http"

    def test_cases(self):
        self.check_refused(READING)

    def test_harmless(self):
        self.check_harmless(HARMLESS)

    def test_closed_at_every_byte(self):
        self.check_cut_at_every_byte([ASKED, answer(b"Content-Length: 10", body=b"1234567890")], "/")
        self.check_cut_at_every_byte([ASKED, answer(b"Transfer-Encoding: chunked", body=b"a\r\n1234567890\r\n0\r\n\r\n")], "/", but=1)

    def test_resuming(self):
        for name, case, status, says in RESUMING:
            with self.case(name, case) as bad:
                (self.folder / "copy.part").write_bytes(b"abc")
                (self.folder / "copy.part.from").write_text(f"{self.url(bad, '/')}\n\"a\"\n", encoding="utf-8")
                ended = self.expect(self.run_against(bad, "/", "--resume", *COPY), status, b"")
                self.assertRegex(ended.err, says)
                self.assertEqual(self.left(), ["copy.part", "copy.part.from"])
                self.assertTrue(b"abcd".startswith((self.folder / "copy.part").read_bytes()))

    def test_ranges_that_are_not_given(self):
        with self.case("all of it", [ASKED, answer(b"Content-Length: 5", body=b"12345")]) as bad:
            ended = self.refused(22, "fetch a range", "fetch", self.url(bad, "/"), "--range", "1-2", *COPY)
            self.assertIn("no ranges", ended.err)
            self.assertEqual(self.left(), [])

    def test_a_refusal_in_many_words(self):
        words = b"\x1b[2J" + b"no" * 100_000
        with self.case("refused", [ASKED, answer(b"Content-Length: %d" % len(words), body=words, status=b"500 No")]) as bad:
            shown = self.expect(self.run_against(bad, "/", "-v"), 22, b"").err
            self.assertIn(r"\x1b[2Jno", shown)
            self.assertLess(len(shown), 70_000)
        with self.case("cut", [ASKED, answer(b"Content-Length: 9", body=b"because", status=b"500 No"), reset]) as bad:
            self.assertRegex(self.expect(self.run_against(bad, "/", "-v"), 22, b"").err, "(?m)^because$")

    def test_a_login_is_for_one_server(self):
        """A redirect to another one, be it of the same name, takes no login along."""
        with BadServer([ASKED, answer(b"Content-Length: 2", body=b"ok")]) as other:
            to_other = redirect(b"http://127.0.0.1:%d/" % other.port)
            for words, first in ((USER, challenge(b"Basic realm=x")[:2]), (["--header", "Authorization: secret"], []), (["--header", "Cookie: secret"], [])):
                with self.case(words, [*first, *to_other]) as bad:
                    self.expect(self.run_against(bad, "/", "--location", *words), 0, b"ok")
                    self.assertRegex(bad.heard, b"(?i)authorization|cookie")
            self.assertEqual(len(other.conversations), 3)
            for conversation in other.conversations:
                self.assertNotRegex(bytes(conversation.heard), b"(?i)authorization|cookie|secret")

    def test_what_is_shown_is_escaped(self):
        controls = b"A: \x1b[2J\x9b\xe2\x80\xae"
        with BadServer([ASKED, answer(controls, b"Set-Cookie: secret", b"Content-Length: 0")]) as bad:
            shown = self.expect(self.run_against(bad, "/", "-v"), 0, b"").err
            self.assertNotRegex(shown, CONTROLS)
            self.assertIn(r"< A: \x1b[2J\x9b\u{202e}", shown)
            self.assertNotIn("secret", shown)

    def test_nothing_becomes_a_request_of_its_own(self):
        for path, words in (("/a b", []), ("/a\r\nB: c", []), ("/", ["--header", "A: b\r\nB: c"]), ("/", ["--header", "A\nB: c"]), ("/", ["--range", "0-\r\nB: c"])):
            with self.case((path, words), [ASKED, answer()]) as bad:
                self.expect(self.run_against(bad, path, *words), 2, b"")
                self.assertEqual(bad.conversations, [])


class Encrypted(BadCases):
    scheme = "https"

    def test_cases(self):
        trusted = certificates().good
        trust = ["--cacert", trusted.file, *COPY]
        self.check_refused([
            ("words for TLS", [b"HTTP/1.1 400 this is no TLS\r\n\r\n"], "/", trust, 35, "begin TLS"),
            ("an end for TLS", [], "/", trust, 35, "begin TLS"),
            ("an end in the handshake", [hear_until(b"\x16"), b"\x16\x03\x03\x00\x7a\x02"], "/", trust, 35, "begin TLS"),
            ("records without an end", [forever(b"\x16\x03\x03\x40\x00" + bytes(1 << 14))], "/", ["--connect-timeout", "1s", *trust], 28, "timed out"),
            ("silence in the handshake", [stall], "/", ["--timeout", "300ms", *trust], 28, "timed out"),
            ("an end that nobody announced", [start_tls(trusted), ASKED, answer(body=b"half"), cut], "/", trust, 56, "without TLS saying so"),
            ("an end that nobody announced, in the header", [start_tls(trusted), ASKED, OK, cut], "/", trust, 56, "unexpected eof|ended inside|reset"),
            ("words in the clear from here on", [start_tls(trusted), ASKED, answer(b"Content-Length: 9"), in_the_clear(b"half")], "/", trust, 56, "SSL|reset"),
            ("a redirect out of TLS with a login", [start_tls(trusted), *redirect(b"http://127.0.0.1:1/")], "/", ["--location", *USER, *trust], 22, "points to http:.* https alone"),
        ])


    def test_a_redirect_into_tls(self):
        trusted = certificates().good
        with BadServer([start_tls(trusted), ASKED, answer(b"Content-Length: 2", body=b"ok")]) as other:
            with BadServer(redirect(b"https://127.0.0.1:%d/" % other.port)) as bad:
                self.expect(self.ahoy("fetch", f"http://127.0.0.1:{bad.port}/", "--location", "--insecure"), 0, b"ok")


class Writing(BadCases):
    scheme = "http"
    verb = "send"

    def test_cases(self):
        for given in (b"hello", bytes(5 << 20) + b"hello"):
            self.check_refused([(name, case, "/", ["--timeout", "1s"] if status == 28 else [], status, says) for name, case, status, says in WRITING], given=given)

    def test_an_answer_before_the_content(self):
        for case in ([ASKED, answer(b"Content-Length: 0"), reset], [ASKED, answer(b"Content-Length: 0", b"Connection: close"), reset]):
            with self.case(case, case) as bad:
                self.assertIn("not known", self.expect(self.run_against(bad, "/", given=bytes(5 << 20)), 18, b"").err)

    def test_digest(self):
        """Content that can be read again goes again, once the server has said what it wants to know."""
        asks = answer(b'WWW-Authenticate: Digest realm="x", nonce="y"', b"Content-Length: 0", b"Connection: close", status=b"401 No")
        again = answer(b'WWW-Authenticate: Digest realm="x", nonce="z"', b"Content-Length: 0", status=b"401 No")
        for words in (["hello"], ["hello", "--method", "PUT"]):
            with self.case(words, ([ASKED, hear_until(b"hello"), asks], [ASKED, again, hear_until(b"hello"), answer(b"Content-Length: 2", body=b"ok")])) as bad:
                self.expect(self.run_against(bad, "/", *words, *USER), 0, b"ok")
                self.assertRegex(bad.heard, b"Authorization: Basic")
                self.assertRegex(bytes(bad.conversations[1].heard), b'Authorization: Digest username="alice"(?s:.*)nonce="z"(?s:.*)hello')
        with self.case("a file", ([ASKED, hear_until(b"hello"), asks], [ASKED, again, hear_until(b"hello"), answer(b"Content-Length: 2", body=b"ok")])) as bad:
            (self.folder / "source").write_bytes(b"not this; hello")
            with open(self.folder / "source", "rb", buffering=0) as file:
                file.read(10)
                self.expect(self.run_against(bad, "/", *USER, stdin=file), 0, b"ok")
            self.assertNotIn(b"not this", bytes(bad.conversations[1].heard))
        with self.case("a pipe", [ASKED, hear_until(b"hello"), asks]) as bad:
            self.assertIn("cannot be read again", self.refused(67, "log in", "send", self.url(bad, "/"), *USER, given=b"hello").err)


if __name__ == "__main__":
    unittest.main()
