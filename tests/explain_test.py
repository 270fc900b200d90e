"""`--explain` of URLs against what `-v` then shows of the exchange itself."""
import re
import unittest

from fetching import Fetching
from servers import Ftp, Gopher, Mail, Mailboxes, News, Nginx

LOGIN = ["--user", "alice:secret"]
MAIL = ["--from", "Alice <alice@t.invalid>", "--to", "bob@t.invalid", "--cc", "alice@t.invalid", "--subject", "x", "y"]
ARTICLE = ["--from", "alice@t.invalid", "--subject", "x", "y"]


class Explained(Fetching):
    """Each request that is announced is made, in that order, whatever the server's answer is."""

    def check(self, *words, given=b""):
        announced = self.expect(self.ahoy(*words, "--explain"), 0).out.decode()
        said = iter(re.sub("^> (a\\d+ )?", "", line) for line in self.ahoy(*words, "-v", given=given).err.splitlines() if line.startswith("> "))
        requests = re.findall(r"(?m)^  say +(.*)$", announced)
        self.assertTrue(requests, announced)
        for request in requests:
            self.assertTrue(any(line.startswith(request.split("...")[0]) for line in said), (request, words))
        self.assertNotIn("secret", announced)
        self.assertIn("exit with", announced)


class Http(Explained):
    start = Nginx

    def test_requests(self):
        url = f"http://localhost:{self.server.http_port}"
        self.check("fetch", url)
        self.check("fetch", f"{url}/a%20b?c=d", "--head", "--header", "X: y")
        self.check("fetch", url, "--compressed", *LOGIN)
        self.check("fetch", url, "--range", "0-1", *LOGIN)
        self.check("send", f"{url}/x", "--method", "PUT", "hello")

    def test_whom_it_believes(self):
        text = self.expect(self.fetch(f"https://localhost:{self.server.https_port}", "--explain", "--cacert", "own.pem"), 0).out
        self.assertIn(b"a certificate for localhost that own.pem vouch for", text)


class FileTransfer(Explained):
    start = Ftp

    def test_requests(self):
        url = f"ftp://localhost:{self.server.port}"
        self.put("there", b"x")
        for words in (["fetch", f"{url}/"], ["fetch", f"{url}/there"], ["fetch", f"{url}/there;type=a"], ["fetch", f"{url}/there", "--active"],
                      ["send", f"{url}/new", "x"], ["send", f"{url}/there", "--append", "x"]):
            self.check(*words, *LOGIN)

    def test_active(self):
        """The content comes, too: the server connects to us."""
        self.put("there", b"content")
        self.expect(self.fetch(f"ftp://localhost:{self.server.port}/there", "--active", *LOGIN), 0, b"content")
        self.expect(self.ahoy("send", f"ftp://localhost:{self.server.port}/new", "--active", "more", *LOGIN), 0)
        self.assertEqual((self.server.root / "new").read_bytes(), b"more")


class Menus(Explained):
    start = Gopher

    def test_requests(self):
        self.check("fetch", f"gopher://localhost:{self.server.port}/0/about")
        self.check("fetch", f"gopher://localhost:{self.server.port}/7/find", "--search", "some words")


class Sending(Explained):
    start = Mail

    def test_requests(self):
        url = f"smtp://localhost:{self.server.port}"
        self.check("send", url, *MAIL)
        self.check("send", url, "--to", "bob@t.invalid", given=b"From: alice@t.invalid\n\nx\n")

    def test_tls_for_a_login_elsewhere(self):
        for words, begins in ((["--user", "alice"], True), (["--user", "alice", "--insecure"], False), ([], False), (["--starttls"], True)):
            text = self.expect(self.ahoy("send", "smtp://mail.t.invalid", *MAIL, *words, "--explain"), 0).out
            self.assertEqual(b"begin TLS" in text, begins, words)


class Reading(Explained):
    start = Mailboxes

    def test_requests(self):
        self.server.put(b"Subject: x\r\n\r\ny\r\n")
        for words in (["/"], ["/1"], ["/1", "--top", "3"], ["/1", "--head"], ["/1", "--delete"]):
            self.check("fetch", f"pop3://localhost:{self.server.pop3_port}{words[0]}", *words[1:], *LOGIN)

    def test_requests_of_imap(self):
        self.server.put(b"Subject: x\r\n\r\ny\r\n", "box")
        url = f"imap://localhost:{self.server.imap_port}"
        for words in (["/"], ["/box"], ["/box", "--search", "y"], ["/box?ALL"], ["/box;UID=1"], ["/box/1"], ["/box/1", "--delete"]):
            self.check("fetch", url + words[0], *words[1:], *LOGIN)
        self.check("send", f"{url}/INBOX", *LOGIN, "--from", "alice@t.invalid", "--subject", "x", "y")


class Newsgroups(Explained):
    start = News

    def test_requests(self):
        url = f"nntp://localhost:{self.server.port}"
        self.check("send", f"{url}/test.a", *ARTICLE)
        for words in (["/"], ["/test.*"], ["/test.a"], ["/test.a/1"], ["/test.a/1", "--head"], ["/test.a/1", "--body"]):
            self.check("fetch", url + words[0], *words[1:])


if __name__ == "__main__":
    unittest.main()
