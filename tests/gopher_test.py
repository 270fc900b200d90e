"""`ahoy fetch` over Gopher, against gophernicus and pygopherd; a socket's own bytes are the second opinion."""
import json
import socket
import unittest
import urllib.parse

from bad_server import BadServer, hear, reset
from command import GUARD
from fetching import EVERY_BYTE, MUCH, Fetching
from servers import Gopher, Pygopherd, certificates


class Items(Fetching):
    start = Gopher

    def put(self, name, content):
        """gophernicus shows what everybody may read."""
        super().put(name, content).chmod(0o644)

    def url(self, path):
        return f"gopher://localhost:{self.server.port}{path}"

    def opinion(self, selector):
        with socket.create_connection(("localhost", self.server.port), GUARD) as caller:
            caller.sendall(selector.encode() + b"\r\n")
            came = b""
            while piece := caller.recv(1 << 16):
                came += piece
        return came

    def test_binary_and_text(self):
        self.put("all.bin", EVERY_BYTE)
        self.put("text.txt", b"one\r\n.two\r\n")
        for path, selector in (("/9/all.bin", "/all.bin"), ("/0/text.txt", "/text.txt")):
            self.expect(self.fetch(self.url(path)), 0, self.opinion(selector))
        self.assertEqual(self.fetch(self.url("/9/all.bin")).out, EVERY_BYTE)

    def test_fifty_megabytes(self):
        self.put("much.bin", MUCH)
        self.expect(self.fetch(self.url("/9/much.bin"), "--output", "copy"), 0, b"")
        self.assertEqual((self.folder / "copy").read_bytes(), MUCH)

    def test_a_menu(self):
        self.put("text.txt", b"text\n")
        rows = [json.loads(line) for line in self.expect(self.fetch(self.url("/"), "--json"), 0).out.splitlines()]
        found = [row for row in rows if "text.txt" in row["title"]]
        self.assertEqual(found[0]["kind"], "text")
        self.expect(self.fetch(found[0]["url"]), 0, self.opinion("/text.txt"))
        self.assertIn(b"text      ", self.expect(self.fetch(self.url("/")), 0).out)

    def test_tls(self):
        self.put("all.bin", EVERY_BYTE)
        url = f"gophers://localhost:{self.server.tls_port}/9/all.bin"
        self.expect(self.fetch(url, "--cacert", self.server.certificate), 0, EVERY_BYTE)
        self.refused(60, "not trusted", "fetch", url)

    def test_content_of_every_kind(self):
        for name, content in (("empty.bin", b""), ("dots.txt", b".\n..\n.three\n"), ("Gr\u00fc\u00dfe \u20ac.txt", "Gr\u00fc\u00dfe \u20ac\n".encode()),
                              ("latin.txt", b"caf\xe9\n")):
            self.put(name, content)
            path = urllib.parse.quote(name)
            if name.endswith(".bin"):
                self.expect(self.fetch(self.url(f"/9/{path}")), 0, content)
            self.expect(self.fetch(self.url(f"/0/{path}")), 0, self.opinion("/" + name))

    def test_certificates_that_do_not_fit(self):
        for name in ("expired", "elsewhere"):
            shown = getattr(certificates(), name)
            with self.subTest(name), Gopher(shown) as server:
                self.refused(60, "not trusted", "fetch", f"gophers://localhost:{server.tls_port}/", "--cacert", shown.file)

    def test_killed_in_mid_transfer(self):
        with BadServer([hear(b"/much"), MUCH[:1 << 20], reset]) as server:
            self.refused(56, "", "fetch", f"gopher://localhost:{server.port}/9/much", "--output", "copy")
        self.assertEqual(self.left(), [])

    def test_selectors_cannot_be_split(self):
        for path in ("/0/a%0d%0ab", "/0/a%09b", "/0/a%00"):
            self.refused(2, "malformed", "fetch", self.url(path))

    def test_what_is_not_there(self):
        """gophernicus says so in words of its own."""
        self.assertIn("the server said: Error", self.refused(8, "menu", "fetch", self.url("/1/none")).err)

    def test_stalled(self):
        with Gopher() as server:
            server.stall()
            self.refused(28, "timed out", "fetch", f"gopher://localhost:{server.port}/", "--timeout", "500ms")
            server.go_on()


class Other(Fetching):
    start = Pygopherd

    def test_a_menu_and_a_text(self):
        self.put("text.txt", b"text\n")
        url = f"gopher://localhost:{self.server.port}"
        rows = [json.loads(line) for line in self.expect(self.fetch(url + "/", "--json"), 0).out.splitlines()]
        self.assertIn(("text", f"{url}/0/text.txt"), [(row["kind"], row["url"]) for row in rows])
        self.assertIn(b"text\n", self.expect(self.fetch(url + "/0/text.txt"), 0).out.replace(b"\r", b""))

    def test_what_is_not_there(self):
        """It is said by an item of type 3, whatever was asked for."""
        for kind in "019":
            self.refused(78, "not there\nthe server said: .*nosuch", "fetch", f"gopher://localhost:{self.server.port}/{kind}/nosuch", "--output", "copy")
        self.assertEqual(self.left(), [])


if __name__ == "__main__":
    unittest.main()
