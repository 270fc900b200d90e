"""`ahoy fetch` over Gopher, against servers that misbehave."""
import json
import unittest

from bad_cases import CONTROLS, BadCases
from bad_server import cut, forever, hear, reset, stall, start_tls
from servers import certificates

ASKED = hear()
COPY = ["--output", "copy"]
LONG = b"x" * 100_000
LIMITED = ["--max-size", "1m", *COPY]
ROW = b"0text\t/text\tlocalhost\t70\r\n"

READING = [
    ("a reset", [ASKED, reset], "/", COPY, 56, "reset"),
    ("a reset in a menu", [ASKED, ROW[:20], reset], "/", COPY, 56, "reset"),
    ("a reset in a file", [ASKED, b"half", reset], "/9/x", COPY, 56, "reset"),
    ("a line of a menu without an end", [ASKED, forever(LONG)], "/", COPY, 8, "no end"),
    ("a field without an end", [ASKED, b"0title\t", forever(LONG)], "/", COPY, 8, "no end"),
    ("tabs without an end", [ASKED, b"0", forever(b"\t" * 10_000)], "/", COPY, 8, "no end"),
    ("NULs without an end", [ASKED, forever(bytes(10_000))], "/", COPY, 8, "no end"),
    ("returns without an end", [ASKED, forever(b"\r" * 10_000)], "/", COPY, 8, "no end"),
    ("a menu without an end", [ASKED, forever(ROW * 3000)], "/", LIMITED, 63, "more than 1048576"),
    ("empty lines without an end", [ASKED, forever(b"\r\n" * 30_000)], "/", LIMITED, 63, "more than 1048576"),
    ("more without an end after the last dot", [ASKED, ROW + b".\r\n", forever(LONG)], "/", LIMITED, 63, "more than 1048576"),
    ("a search without an end", [ASKED, forever(ROW * 3000)], "/7/x", ["--search", "x", *LIMITED], 63, "more than 1048576"),
    ("a text without an end", [ASKED, forever(LONG)], "/0/x", LIMITED, 63, "more than 1048576"),
    ("a file without an end", [ASKED, forever(LONG)], "/9/x", LIMITED, 63, "more than 1048576"),
    ("words in place of a menu", [ASKED, b"Error: no such file \x1b[2J\r\n"], "/1/none", COPY, 8, r"menu: .*\n.*Error: no such file \\x1b"),
    ("a name in place of a type", [stall], "/a.txt", COPY, 2, "(?s)malformed.* /0/a.txt"),
    ("silence", [stall], "/", ["--timeout", "300ms", *COPY], 28, "timed out"),
    ("silence in a menu", [ASKED, ROW[:20], stall], "/", ["--timeout", "300ms", *COPY], 28, "timed out"),
    ("silence in a file", [ASKED, b"half", stall], "/9/x", ["--timeout", "300ms", *COPY], 28, "timed out"),
    ("a menu byte by byte", [ASKED, forever(b"x", rate=10)], "/", ["--timeout", "500ms", *COPY], 28, "timed out"),
]

# A row of a menu, and what is printed of it: title, URL.
ROWS = [
    ("escapes in a title", b"0\x1b[2J\x07\t/x\tlocalhost\t70", "\x1b[2J\x07", "gopher://localhost/0/x"),
    ("marks in a title", b"0a\xe2\x80\xaeb\t/x\tlocalhost\t70", "a\u202eb", "gopher://localhost/0/x"),
    ("a title that is no text", b"0\xff\xfe\t/x\tlocalhost\t70", None, "gopher://localhost/0/x"),
    ("a type that is none", b"\x1b[2J\t/x\tlocalhost\t70", "[2J", None),
    ("a type that is no text", b"\xfftitle\t/x\tlocalhost\t70", "title", None),
    ("a selector out of the folder", b"0x\t../../x\tlocalhost\t70", "x", "gopher://localhost/0../../x"),
    ("escapes in a selector", b"0x\t/\x1b[2J y\tlocalhost\t70", "x", "gopher://localhost/0/%1B%5B2J%20y"),
    ("a line end in a selector", b"0x\t/a%0d%0aQUIT\r\tlocalhost\t70", "x", "gopher://localhost/0/a%250d%250aQUIT%0D"),
    ("escapes in a host", b"0x\t/x\t\x1b[2J\t70", "x", ""),
    ("a path in a host", b"0x\t/x\tlocalhost/9/etc/passwd?\t70", "x", ""),
    ("a login in a host", b"0x\t/x\tlocalhost@example.org\t70", "x", ""),
    ("a port in a host", b"0x\t/x\tlocalhost:25\t70", "x", ""),
    ("a port below zero", b"0x\t/x\tlocalhost\t-1", "x", "gopher://localhost/0/x"),
    ("a port that is too large", b"0x\t/x\tlocalhost\t99999", "x", "gopher://localhost/0/x"),
    ("a port in words", b"0x\t/x\tlocalhost\tmany", "x", "gopher://localhost/0/x"),
    ("an address", b"0x\t/x\t::1\t70", "x", "gopher://[::1]/0/x"),
    ("escapes in a URL", b"hx\tURL:http://x/\x1b[2J\tlocalhost\t70", "x", "http://x/\x1b[2J"),
    ("a script for a URL", b"hx\tURL:javascript:alert(1)\tlocalhost\t70", "x", "javascript:alert(1)"),
    ("nothing but a type", b"0", "", ""),
    ("no tabs", b"0hello there", "hello there", ""),
    ("tabs alone", b"0\t\t\t\t\t\t", "", ""),
    ("a number for a host", b"0x\t/x\t70\tlocalhost", "x", "gopher://0.0.0.70/0/x"),
    ("an error", b"3not found\t\terror.host\t1", "not found", ""),
    ("no row at all", b"\x80\x81\x82", None, None),
]


class Reading(BadCases):
    scheme = "gopher"

    def test_cases(self):
        self.check_refused(READING)

    def test_harmless(self):
        self.check_harmless([
            ("nothing at all", [ASKED], "/", [], b""),
            ("an end before the request", [], "/", [], b""),
            ("an answer before the request", [b"12345", ASKED], "/9/x", [], b"12345"),
            ("another protocol", [ASKED, b"HTTP/1.1 400 Bad\r\n\r\n"], "/9/x", [], b"HTTP/1.1 400 Bad\r\n\r\n"),
            ("more after the last dot", [ASKED, b".\r\n" + ROW], "/", [], b""),
            ("empty lines", [ASKED, b"\r\n\r\n\n"], "/", [], b""),
        ])

    def test_rows(self):
        for name, row, title, url in ROWS:
            with self.case(name, [ASKED, ROW + row + b"\r\n"]) as bad:
                out = self.expect(self.run_against(bad, "/"), 0).out.decode()
                self.assertNotRegex(out, CONTROLS)
                self.assertEqual(len(out.splitlines()), 2)
            with self.case(name, [ASKED, ROW + row + b"\r\n"]) as bad:
                out = self.expect(self.run_against(bad, "/", "--json"), 0).out.decode()
                self.assertNotRegex(out, CONTROLS)
                first, shown = (json.loads(line) for line in out.splitlines())
                self.assertEqual(first["title"], "text")
                if title is not None:
                    self.assertEqual(shown["title"], title)
                if url is not None:
                    self.assertEqual(shown["url"], url)

    def test_cut_at_every_byte(self):
        """A menu has no end of its own: each that comes is whole, as far as it comes, once it is known for one."""
        for size in range(ROW.index(b"\t") + 1, len(ROW)):
            with self.case(size, [ASKED, ROW], close_at=size) as bad:
                ended = self.expect(self.run_against(bad, "/"), 0)
                self.assertEqual(len(ended.out.splitlines()), 1)

    def test_nothing_becomes_a_request_of_its_own(self):
        for path, words in (("/0/a%0d%0ab", []), ("/0/a%0ab", []), ("/0/a%09b", []), ("/0/a%00b", []), ("/7/x", ["--search", "a\r\nb"]), ("/7/x", ["--search", "a\tb"])):
            with self.case((path, words), [ASKED, ROW]) as bad:
                self.expect(self.run_against(bad, path, *words), 2, b"")
                self.assertEqual(bad.conversations, [])


def list_itself(conversation):
    port = conversation.peer.getsockname()[1]
    conversation.send(b"1here\t/a\t127.0.0.1\t%d\r\n1else\t/a\tlocalhost\t70\r\n" % port)


class Encrypted(BadCases):
    scheme = "gophers"

    def test_what_is_listed_there_is_asked_for_as_the_menu_was(self):
        with self.case("itself", [start_tls(certificates().good), ASKED, list_itself]) as bad:
            out = self.expect(self.run_against(bad, "/", "--json", "--insecure"), 0).out
            self.assertEqual([json.loads(line)["url"] for line in out.splitlines()], [self.url(bad, "/1/a"), "gopher://localhost/1/a"])

    def test_cases(self):
        trusted = certificates().good
        trust = ["--cacert", trusted.file, *COPY]
        self.check_refused([
            ("words for TLS", [ROW, stall], "/", trust, 35, "TLS"),
            ("an end that nobody announced", [start_tls(trusted), ASKED, b"half", cut], "/9/x", trust, 56, "without TLS saying so"),
            ("a menu that nobody ended", [start_tls(trusted), ASKED, ROW, cut], "/", trust, 56, "without TLS saying so"),
            ("nothing that nobody ended", [start_tls(trusted), ASKED, cut], "/", trust, 56, "without TLS saying so"),
        ])


if __name__ == "__main__":
    unittest.main()
