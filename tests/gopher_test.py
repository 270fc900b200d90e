"""`ahoy fetch` over Gopher, against gophernicus and pygopherd; a socket's own bytes are the second opinion."""
import json
import socket
import unittest

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

    def test_selectors_cannot_be_split(self):
        for path in ("/0/a%0d%0ab", "/0/a%09b", "/0/a%00"):
            self.refused(2, "malformed", "fetch", self.url(path))

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


if __name__ == "__main__":
    unittest.main()
