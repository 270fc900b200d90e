"""`ahoy fetch` and `ahoy send` over FTP, against proftpd and pyftpdlib; Python's ftplib is the second opinion."""
import ftplib
import io
import json
import signal
import unittest

from command import GUARD, Running, await_that
from fetching import EVERY_BYTE, MUCH, NOBODY_KNOWN, Fetching
from servers import Ftp, ImplicitFtp, PlainFtp, certificates

USER = ["--user", "alice:secret"]


class Files(Fetching):
    start = Ftp

    def url(self, path):
        return f"ftp://localhost:{self.server.port}{path}"

    def opinion(self, name):
        into = io.BytesIO()
        with ftplib.FTP() as client:
            client.connect("localhost", self.server.port, GUARD)
            client.login("alice", "secret")
            client.retrbinary(f"RETR {name}", into.write)
        return into.getvalue()


class Fetch(Files):
    def test_is_what_it_is(self):
        for name, content in (("all", EVERY_BYTE), ("empty", b""), ("\u00fcml\u00e4ut %41", b"a name in UTF-8")):
            with self.subTest(name):
                self.put(name, content)
                path = "/" + "".join(f"%{byte:02x}" for byte in name.encode())
                self.expect(self.fetch(self.url(path), *USER), 0, content)
                self.assertEqual(self.opinion(name), content)

    def test_from_the_root_or_from_home(self):
        self.put("all", EVERY_BYTE)
        absolute = str(self.server.root / "all")
        for path in ("/all", "/" + absolute, "/%2F" + absolute[1:]):
            self.expect(self.fetch(self.url(path), *USER), 0, EVERY_BYTE)

    def test_fifty_megabytes(self):
        self.put("much", MUCH)
        self.expect(self.fetch(self.url("/much"), *USER, "--output", "copy"), 0, b"")
        self.assertEqual((self.folder / "copy").read_bytes(), MUCH)
        self.assertEqual(self.left(), ["copy"])

    def test_ranges(self):
        self.put("all", EVERY_BYTE)
        self.expect(self.fetch(self.url("/all"), *USER, "--range", "100-199"), 0, EVERY_BYTE[100:200])

    def test_folders(self):
        (self.server.root / "folder").mkdir(exist_ok=True)
        (self.server.root / "folder").chmod(0o777)
        (self.server.root / "folder" / "inner").mkdir(exist_ok=True)
        self.put("folder/a file", b"12345")
        self.put("folder/bad\x1b[2Jname", b"")
        rows = [json.loads(line) for line in self.expect(self.fetch(self.url("/folder/"), *USER, "--json"), 0).out.splitlines()]
        found = {row["name"]: row for row in rows}
        self.assertEqual(sorted(found), ["a file", "bad\x1b[2Jname", "inner"])
        self.assertEqual((found["a file"]["kind"], found["a file"]["size"], found["inner"]["kind"]), ("file", 5, "folder"))
        self.assertRegex(found["a file"]["modified"], r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$")
        text = self.expect(self.fetch(self.url("/folder/"), *USER), 0).out
        self.assertNotIn(b"\x1b", text)
        self.assertIn(b"a file\n", text)

    def test_what_is_not_there(self):
        self.refused(78, "not there", "fetch", self.url("/nosuch"), *USER, "--output", "copy")
        self.refused(78, "not there", "fetch", self.url("/nosuch/"), *USER)
        self.refused(78, "not there", "fetch", self.url("/nosuch/file"), *USER)
        self.assertEqual(self.left(), [])

    def test_login(self):
        self.put("all", EVERY_BYTE)
        self.refused(67, "login refused", "fetch", self.url("/all"), "--user", "alice:secret2")
        self.refused(67, "login refused", "fetch", self.url("/all"))
        ended = self.expect(self.fetch(self.url("/all"), *USER, "-v"), 0)
        self.assertIn("> PASS ****", ended.err)
        self.assertNotIn("secret", ended.err)

    def test_commands_cannot_be_split(self):
        self.refused(2, "malformed", "fetch", self.url("/a%0d%0aDELE%20all"), *USER)
        self.refused(2, "malformed", "fetch", self.url("/a%00"), *USER)

    def test_killed_in_mid_transfer(self):
        with Ftp(more="TransferRate RETR 200:0\n") as server:
            (server.root / "much").write_bytes(MUCH)
            with Running("fetch", f"ftp://localhost:{server.port}/much", *USER, "--output", "copy", cwd=self.folder, env=NOBODY_KNOWN) as fetching:
                await_that(lambda: any(path.stat().st_size for path in self.folder.iterdir()), "the first bytes")
                server.kill()
                self.assertEqual(fetching.ended().status, 56)
        self.assertEqual(self.left(), [])

    def test_stalled(self):
        with Ftp() as server:
            server.stall()
            self.refused(28, "timed out", "fetch", f"ftp://localhost:{server.port}/x", *USER, "--timeout", "500ms")
            server.go_on()


class Tls(Files):
    def test_explicit(self):
        self.put("all", EVERY_BYTE)
        trusted = ["--cacert", self.server.certificate]
        ended = self.expect(self.fetch(self.url("/all"), *USER, *trusted, "--starttls", "-v"), 0, EVERY_BYTE)
        self.assertLess(ended.err.index("> AUTH"), ended.err.index("> USER"))
        self.refused(60, "not trusted", "fetch", self.url("/all"), *USER, "--starttls")

    def test_implicit(self):
        with ImplicitFtp() as server:
            (server.root / "all").write_bytes(EVERY_BYTE)
            url = f"ftps://localhost:{server.port}/all"
            self.expect(self.fetch(url, *USER, "--cacert", server.certificate), 0, EVERY_BYTE)
            self.refused(60, "not trusted", "fetch", url, *USER)

    def test_certificates_that_do_not_fit(self):
        for name in ("expired", "elsewhere"):
            shown = getattr(certificates(), name)
            with self.subTest(name), Ftp(shown) as server:
                self.refused(60, "not trusted", "fetch", f"ftp://localhost:{server.port}/", *USER, "--starttls", "--cacert", shown.file)

    def test_no_server_without_tls(self):
        with PlainFtp() as server:
            ended = self.refused(35, "TLS", "fetch", f"ftp://localhost:{server.port}/", *USER, "--starttls", "-v")
            self.assertNotIn("USER", ended.err)


class Send(Files):
    def test_a_file(self):
        for name, given in (("sent", EVERY_BYTE), ("sent", b""), ("much", MUCH)):
            self.expect(self.ahoy("send", self.url("/" + name), *USER, given=given), 0, b"")
            self.assertEqual((self.server.root / name).read_bytes(), given)
            self.assertEqual(self.opinion(name), given)

    def test_append_and_resume(self):
        self.put("sent", b"begin ")
        self.expect(self.ahoy("send", self.url("/sent"), *USER, "--append", given=b"middle "), 0)
        self.expect(self.ahoy("send", self.url("/sent"), *USER, "--resume", given=b"............. end"), 0)
        self.assertEqual((self.server.root / "sent").read_bytes(), b"begin middle  end")

    def test_what_the_server_refuses(self):
        self.refused(78, "not there", "send", self.url("/nosuch/file"), *USER, "x")
        self.refused(2, "missing", "send", self.url("/"), *USER, "x")


class Plain(Fetching):
    start = PlainFtp

    def test_a_listing_without_mlsd_and_an_anonymous_one(self):
        self.put("all", EVERY_BYTE)
        url = f"ftp://localhost:{self.server.port}"
        self.expect(self.fetch(url + "/all"), 0, EVERY_BYTE)
        rows = [json.loads(line) for line in self.expect(self.fetch(url + "/", "--json"), 0).out.splitlines()]
        self.assertEqual([(row["name"], row["size"]) for row in rows], [("all", len(EVERY_BYTE))])


if __name__ == "__main__":
    unittest.main()
