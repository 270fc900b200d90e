"""`ahoy fetch` and `ahoy send` over HTTP, against nginx; what Python's own module reads is the second opinion."""
import contextlib
import http.client
import json
import os
import pathlib
import signal
import socket
import subprocess
import unittest

from bad_cases import MEMORY
from bad_server import BadServer, hear_until
from command import GUARD, Process, Running, await_that, port_of
from fetching import EVERY_BYTE, MUCH, NOBODY_KNOWN, Fetching
from peers import receive_exactly
from servers import Nginx, certificates

EXAMPLE = pathlib.Path(os.environ["AHOY_BUILD"], "examples/page_server")


class Web(Fetching):
    start = Nginx

    def url(self, path, user=""):
        return f"http://{user}localhost:{self.server.http_port}{path}"

    def secure(self, path):
        return f"https://localhost:{self.server.https_port}{path}"

    def opinion(self, path, **headers):
        connection = http.client.HTTPConnection("localhost", self.server.http_port, timeout=GUARD)
        connection.request("GET", path, headers=headers)
        return connection.getresponse().read()


class Content(Web):
    def test_is_what_it_is(self):
        for name, content in (("all", EVERY_BYTE), ("empty", b""), ("text.txt", b"one\n.\ntwo"), ("\u00fcml\u00e4ut", b"utf-8 name")):
            with self.subTest(name):
                self.put(name, content)
                path = "/" + "".join(f"%{byte:02x}" for byte in name.encode())
                self.expect(self.fetch(self.url(path)), 0, content)
                self.assertEqual(self.opinion(path), content)

    def test_fifty_megabytes_go_into_a_file(self):
        self.put("much", MUCH)
        for url, words in ((self.url("/much"), []), (self.secure("/much"), ["--cacert", self.server.certificate])):
            self.expect(self.fetch(url, *words, "--output", "copy"), 0, b"")
            self.assertEqual((self.folder / "copy").read_bytes(), MUCH)
            self.assertEqual(self.left(), ["copy"])
            (self.folder / "copy").unlink()

    def test_ranges(self):
        self.put("all", EVERY_BYTE)
        for words, part in (("0-99", EVERY_BYTE[:100]), ("10000-", EVERY_BYTE[10000:]), ("-10", EVERY_BYTE[-10:])):
            self.expect(self.fetch(self.url("/all"), "--range", words), 0, part)
        self.refused(22, "refused", "fetch", self.url("/all"), "--range", "99999999-")
        self.refused(2, "malformed", "fetch", self.url("/all"), "--range", "all")

    def test_compressed_content_is_decoded(self):
        text = b"the same line\n" * 10000
        self.put("text.txt", text)
        ended = self.expect(self.fetch(self.url("/text.txt"), "--compressed", "-v"), 0, text)
        self.assertIn("< Content-Encoding: gzip", ended.err)
        self.assertNotIn("gzip", self.expect(self.fetch(self.url("/text.txt"), "-v"), 0, text).err)
        self.refused(2, "contradictory", "fetch", self.url("/text.txt"), "--compressed", "--range", "0-9")

    def test_what_was_compressed_well_takes_no_more_memory(self):
        size = 200 << 20
        self.put("zeros.txt", bytes(size))
        for url, words in ((self.url("/zeros.txt"), []), (self.secure("/zeros.txt"), ["--cacert", self.server.certificate])):
            self.expect(self.fetch(url, "--compressed", "--output", "copy", *words, before=MEMORY), 0, b"")
            self.assertEqual((self.folder / "copy").stat().st_size, size)
            (self.folder / "copy").unlink()
            self.refused(63, "too long", "fetch", url, "--compressed", "--max-size", "1m", "--output", "copy", *words, before=MEMORY)

    def test_head(self):
        self.put("all", EVERY_BYTE)
        lines = self.expect(self.fetch(self.url("/all"), "--head"), 0).out.decode().split("\r\n")
        self.assertEqual(lines[0], "HTTP/1.1 200 OK")
        self.assertIn(f"Content-Length: {len(EVERY_BYTE)}", lines)
        self.assertEqual(lines[-2:], ["", ""])

    def test_http2_over_tls(self):
        self.put("all", EVERY_BYTE)
        ended = self.expect(self.fetch(self.secure("/all"), "--cacert", self.server.certificate, "-v"), 0, EVERY_BYTE)
        self.assertIn("< HTTP/2 200", ended.err)

    def test_json_is_of_the_header_alone(self):
        self.put("all", EVERY_BYTE)
        rows = [json.loads(line) for line in self.expect(self.fetch(self.url("/all"), "--head", "--json"), 0).out.splitlines()]
        self.assertEqual(rows[0], {"status": 200, "version": "1.1", "reason": "OK"})
        self.assertIn({"name": "Content-Length", "value": str(len(EVERY_BYTE))}, rows)
        self.refused(2, "contradictory", "fetch", self.url("/all"), "--json")

    def test_headers_are_sent_and_cannot_be_split(self):
        ended = self.expect(self.fetch(self.url("/echo"), "--header", "X-One: 1", "--header", "X-Empty:"), 0)
        self.assertRegex(ended.out.decode(), r"(?m)^X-One: 1\r$")
        self.assertRegex(ended.out.decode(), r"(?m)^X-Empty: ?\r$")
        for header in ("X: a\r\nY: b", "X: a\nY: b", "no colon", ": empty"):
            self.refused(2, "malformed", "fetch", self.url("/echo"), "--header", header)

    def test_redirects_on_request(self):
        self.put("all", EVERY_BYTE)
        self.assertNotEqual(self.expect(self.fetch(self.url("/to/all")), 0).out, EVERY_BYTE)
        self.expect(self.fetch(self.url("/to/all"), "--location"), 0, EVERY_BYTE)
        self.assertRegex(self.fetch(self.url("/to/all")).err, "it points to .*/all; --location follows")
        self.refused(22, "follow redirects", "fetch", self.url("/circle"), "--location")

    def test_what_the_server_refuses(self):
        for status, ours in ((400, 22), (401, 67), (403, 22), (404, 78), (410, 78), (418, 22), (500, 22), (503, 22)):
            with self.subTest(status):
                ended = self.refused(ours, "", "fetch", self.url(f"/status/{status}"), "--output", "copy")
                self.assertIn(f"HTTP {status}", ended.err)
                self.assertEqual(self.left(), [])
        self.expect(self.fetch(self.url("/status/204")), 0, b"")
        self.assertIn("<h1>404 Not Found</h1>", self.refused(78, "", "fetch", self.url("/status/404"), "-v").err)

    def test_more_than_is_wanted(self):
        self.put("all", EVERY_BYTE)
        self.refused(63, "too long", "fetch", self.url("/all"), "--max-size", str(len(EVERY_BYTE) - 1), "--output", "copy")
        self.assertEqual(self.left(), [])
        self.expect(self.fetch(self.url("/all"), "--max-size", str(len(EVERY_BYTE))), 0, EVERY_BYTE)


class Proxies(Web):
    def test_are_not_used(self):
        """Nobody listens at port 1, and a proxy would get the login."""
        self.put("all", EVERY_BYTE)
        proxied = NOBODY_KNOWN | {name: "http://127.0.0.1:1" for name in ("http_proxy", "https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY")}
        self.expect(self.fetch(self.url("/private/all"), "--user", "alice:secret", env=proxied), 0, EVERY_BYTE)
        self.expect(self.fetch(self.secure("/all"), "--cacert", self.server.certificate, env=proxied), 0, EVERY_BYTE)


class Login(Web):
    def test_right_wrong_and_none(self):
        self.put("all", EVERY_BYTE)
        self.expect(self.fetch(self.url("/private/all"), "--user", "alice:secret"), 0, EVERY_BYTE)
        self.expect(self.fetch(self.url("/private/all", "alice:secret@")), 0, EVERY_BYTE)
        self.expect(self.fetch(self.url("/private/all", "alice:%73ecret@")), 0, EVERY_BYTE)
        self.refused(67, "login refused", "fetch", self.url("/private/all"), "--user", "alice:secret2")
        self.refused(67, "login refused", "fetch", self.url("/private/all"))

    def test_content_needs_no_second_time(self):
        """Basic goes along at once: nobody could read a pipe again."""
        secure = ["--cacert", self.server.certificate]
        source = self.folder / "source"
        source.write_bytes(MUCH)
        for url, words in ((self.url("/private/copy"), []), (self.secure("/private/copy"), secure)):
            for content in (EVERY_BYTE, MUCH):
                self.expect(self.ahoy("send", url, "--method", "PUT", "--user", "alice:secret", *words, given=content), 0)
                self.assertEqual((self.server.root / "copy").read_bytes(), content)
            with open(source, "rb") as file:
                self.expect(self.ahoy("send", url, "--method", "PUT", "--user", "alice:secret", *words, stdin=file), 0)
            self.refused(67, "send to", "send", url, "--method", "PUT", "--user", "alice:secret2", *words, given=EVERY_BYTE)

    def test_netrc(self):
        self.put("all", EVERY_BYTE)
        netrc = self.folder / "netrc"
        netrc.write_text("machine elsewhere login alice password wrong\nmachine localhost\n login alice\n password secret\n")
        known = NOBODY_KNOWN | {"NETRC": str(netrc)}
        self.expect(self.fetch(self.url("/private/all"), env=known), 0, EVERY_BYTE)
        self.expect(self.fetch(self.url("/private/all"), "--user", "alice", env=known), 0, EVERY_BYTE)
        self.refused(67, "login refused", "fetch", self.url("/private/all"), "--user", "bob", env=known, before=["setsid", "-w"])

    def test_secrets_are_seen_nowhere(self):
        self.put("much", MUCH)
        words = [self.url("/private/all", "alice:secret@"), "--user", "alice:secret", "--header", "Cookie: secret"]
        self.put("all", EVERY_BYTE)
        ended = self.expect(self.fetch(*words, "-v"), 0, EVERY_BYTE)
        self.assertIn("> Authorization: ****", ended.err)
        self.assertNotIn("secret", ended.err)
        self.assertNotIn("c2VjcmV0", ended.err)
        url = f"http://alice:secret@localhost:{self.server.http_port}/slow/much"
        headers = ["--header", "Authorization: secret", "--header=Cookie:secret"]
        with Running("fetch", url, "--user", "alice:secret", "--user=alice:secret", *headers, env=NOBODY_KNOWN) as fetching:
            fetching.out.take(1)
            self.assertNotIn(b"secret", pathlib.Path(f"/proc/{fetching.pid}/cmdline").read_bytes())


    def test_a_login_goes_nowhere_else_in_the_clear(self):
        """It is refused before anything is opened; HTTP cannot begin TLS on its way."""
        for host in ("127.evil.invalid", "192.0.2.1", "evil.invalid"):
            for words in (["--user", "alice:secret"], ["--user", "alice:secret", "--explain"]):
                self.refused(67, "log in to .*: login refused", "fetch", f"http://{host}/", *words)
        self.put("all", EVERY_BYTE)
        self.expect(self.fetch(f"http://127.0.0.1:{self.server.http_port}/private/all", "--user", "alice:secret"), 0, EVERY_BYTE)
        told = self.expect(self.fetch("http://192.0.2.1/", "--user", "alice:secret", "--insecure", "--explain"), 0).out
        self.assertNotIn(b"begin TLS", told)

    def test_secrets_are_not_explained(self):
        told = self.expect(self.fetch("http://localhost/", "--header", "Authorization: Bearer secret", "--explain"), 0).out
        self.assertIn(b"say           Authorization: ****\n", told)
        self.assertNotIn(b"secret", told)


class Trust(Web):
    def test_only_whom_we_trust(self):
        self.put("all", EVERY_BYTE)
        self.refused(60, "not trusted", "fetch", self.secure("/all"))
        ended = self.expect(self.fetch(self.secure("/all"), "--insecure"), 0, EVERY_BYTE)
        self.assertIn("--insecure", ended.err)
        self.refused(35, "TLS", "fetch", f"https://localhost:{self.server.http_port}/all")

    def test_an_encrypted_key_asks_nobody(self):
        certificate = self.folder / "ours.pem"
        key = self.folder / "key.pem"
        subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-passout", "pass:secret", "-subj", "/CN=x", "-keyout", key, "-out", certificate],
                       check=True, capture_output=True, timeout=GUARD)
        master, slave = os.openpty()
        try:
            words = ["--insecure", "--cert", certificate, "--key", key, "--timeout", "20s"]
            ended = self.expect(self.fetch(self.secure("/"), *words, before=["setsid", "-c", "-w"], stdin=slave), 2, b"")
            self.assertIn("decrypted before", ended.err)
        finally:
            os.close(master)
            os.close(slave)

    def test_tls_without_tls_is_a_mistake(self):
        self.refused(2, "contradictory", "fetch", self.url("/"), "--cacert", self.server.certificate)
        self.refused(2, "contradictory", "send", self.url("/"), "x", "--cert", self.server.certificate)
        self.put("all", EVERY_BYTE)
        self.expect(self.fetch(self.url("/to/all"), "--location", "--cacert", self.server.certificate), 0, EVERY_BYTE)

    def test_what_to_do_is_said(self):
        self.assertIn("--cacert", self.refused(60, "not trusted", "fetch", self.secure("/")).err)
        plain = f"https://localhost:{self.server.http_port}/"
        self.assertIn("speaks no TLS there: http://", self.refused(35, "begin TLS", "fetch", plain).err)
        self.assertIn("nothing listens there", self.refused(7, "connect to", "fetch", "http://127.0.0.1:1/").err)

    def test_certificates_that_do_not_fit(self):
        for name in ("expired", "elsewhere"):
            shown = getattr(certificates(), name)
            with self.subTest(name), Nginx(shown) as web:
                url = f"https://localhost:{web.https_port}/"
                self.refused(60, "not trusted", "fetch", url, "--cacert", shown.file, "--output", "copy")
                self.assertEqual(self.left(), [])


class Interruption(Web):
    def test_killed_in_mid_transfer(self):
        with Nginx() as web:
            (web.root / "much").write_bytes(MUCH)
            with Running("fetch", f"http://localhost:{web.http_port}/slow/much", "--output", "copy", cwd=self.folder, env=NOBODY_KNOWN) as fetching:
                await_that(lambda: any(path.stat().st_size for path in self.folder.iterdir()), "the first bytes")
                web.kill()
                ended = fetching.ended()
        self.assertEqual(ended.status, 56, ended)
        self.assertEqual(self.left(), [])

    def test_stalled(self):
        with Nginx() as web:
            web.stall()
            url = f"http://localhost:{web.http_port}/"
            self.refused(28, f"fetch from {url}: timed out", "fetch", url, "--timeout", "500ms", "--output", "copy")
            self.refused(28, f"send to {url}: timed out", "send", url, "x", "--timeout", "500ms")
            self.assertEqual(self.left(), [])
            web.go_on()

    def test_a_signal_leaves_nothing(self):
        self.put("much", MUCH)
        for number in (signal.SIGINT, signal.SIGTERM):
            with Running("fetch", self.url("/slow/much"), "--output", "copy", cwd=self.folder, env=NOBODY_KNOWN) as fetching:
                await_that(lambda: any(path.stat().st_size for path in self.folder.iterdir()), "the first bytes")
                fetching.send_signal(number)
                self.assertEqual(fetching.ended().status, -number)
            self.assertEqual(self.left(), [])

    def test_output_that_cannot_be_written(self):
        self.put("all", EVERY_BYTE)
        self.refused(23, "nowhere/copy", "fetch", self.url("/all"), "--output", "nowhere/copy")
        with open("/dev/full", "wb") as full:
            self.assertEqual(self.fetch(self.url("/all"), stdout=full).status, 23)


class Send(Web):
    def test_post_and_put(self):
        echoed = self.expect(self.ahoy("send", self.url("/echo"), "hello", "--header", "X-One: 1"), 0).out
        header, body = echoed.split(b"\r\n\r\n", 1)
        self.assertTrue(header.startswith(b"POST /echo HTTP/1.1\r\n"), header)
        self.assertIn(b"X-One: 1", header)
        self.assertEqual(body, b"hello")
        for given in (EVERY_BYTE, b""):
            echoed = self.expect(self.ahoy("send", self.url("/echo"), given=given), 0).out
            self.assertEqual(echoed.split(b"\r\n\r\n", 1)[1], given)

    def test_fifty_megabytes(self):
        source = self.folder / "source"
        source.write_bytes(MUCH)
        for words in ({"stdin": open(source, "rb")}, {"given": MUCH}):  # noqa: SIM115
            self.expect(self.ahoy("send", self.url("/copy"), "--method", "PUT", **words), 0)
            self.assertEqual((self.server.root / "copy").read_bytes(), MUCH)
            (self.server.root / "copy").unlink()
            if "stdin" in words:
                words["stdin"].close()

    def test_what_the_server_refuses(self):
        self.refused(78, "not there", "send", self.url("/status/404"), "x")
        self.refused(22, "send to .*refused", "send", self.url("/status/500"), given=MUCH)
        ended = self.refused(22, "send to .*refused", "send", self.url("/again"), "x")
        self.assertRegex(ended.err, "HTTP 307; it points to .*/echo: send there")
        self.assertIn("HTTP 302", self.refused(22, "send to", "send", self.url("/to/all"), "x").err)

    def test_files_that_claim_to_be_empty(self):
        with open("/proc/self/mountinfo", "rb") as mounts:
            expected = pathlib.Path("/proc/self/mountinfo").read_bytes()
            echoed = self.expect(self.ahoy("send", self.url("/echo"), stdin=mounts), 0).out
        self.assertEqual(len(echoed.split(b"\r\n\r\n", 1)[1]), len(expected))

    def test_a_file_that_changes_meanwhile(self):
        for change, status in ((lambda file: os.truncate(file, len(MUCH) // 2), 26), (lambda file: open(file, "ab").write(b"more"), 0)):  # noqa: SIM115
            source = self.folder / "source"
            source.write_bytes(MUCH)
            with BadServer([hear_until(b"\r\n\r\n"), lambda _, now=change: now(source), hear_until(MUCH[-64:]), b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"]) as server:
                with open(source, "rb") as file:
                    ended = self.expect(self.ahoy("send", f"http://127.0.0.1:{server.port}/", stdin=file), status, b"")
                self.assertNotIn(b"more", server.heard[-64:])
                self.assertEqual("shorter" in ended.err, status == 26, ended.err)

    def test_no_content(self):
        self.put("all", EVERY_BYTE)
        with open("/dev/null", "rb") as nothing:
            self.expect(self.ahoy("send", self.url("/all"), "--method", "DELETE", stdin=nothing), 0, b"")
        self.assertFalse((self.server.root / "all").exists())

    def test_one_message_is_the_content(self):
        self.refused(2, "", "send", self.url("/echo"), "one", "two")

    def test_json_is_one_object(self):
        told = json.loads(self.expect(self.ahoy("send", self.url("/echo"), "hello", "--json"), 0).out)
        self.assertEqual({name: told[name] for name in ("sent", "acknowledged", "confirm", "status")},
                         {"sent": 5, "acknowledged": None, "confirm": "delivered", "status": 0})
        self.assertIn("hello", told["reply"])
        refused = self.expect(self.ahoy("send", self.url("/status/500"), "hello", "--json"), 22)
        self.assertEqual(json.loads(refused.out)["confirm"], "none")
        self.assertIn("500 Internal Server Error", json.loads(refused.out)["reply"])
        long = self.expect(self.ahoy("send", self.url("/echo"), "x" * 100, "--json", "--max-message", "10"), 63)
        self.assertEqual(json.loads(long.out)["status"], 63)


class Handler(Web):
    """examples/page_server.cpp: a handler that fetches while it serves."""

    def test_a_client_of_its_own(self):
        """examples/page_client.cpp, as the README shows it."""
        self.put("all", EVERY_BYTE)
        done = subprocess.run([EXAMPLE.parent / "page_client", self.url("/all")], capture_output=True, env=NOBODY_KNOWN, check=False)
        self.assertEqual((done.returncode, done.stdout), (0, EVERY_BYTE))
        done = subprocess.run([EXAMPLE.parent / "page_client", self.url("/nosuch")], capture_output=True, env=NOBODY_KNOWN, check=False)
        self.assertEqual((done.returncode, done.stdout), (1, b""))

    def test_no_caller_waits_for_the_fetch_of_another(self):
        self.put("all", EVERY_BYTE)
        self.put("much", MUCH)
        for model in ("event", "thread", "process"):
            with self.subTest(model), Process(EXAMPLE, "tcp://127.0.0.1:0", self.url(""), model, env=NOBODY_KNOWN) as server:
                port = port_of(server.out.until("127").string)
                with contextlib.ExitStack() as open_ones:
                    callers = [open_ones.enter_context(socket.create_connection(("127.0.0.1", port), GUARD)) for _ in range(101)]
                    waits = callers.pop()
                    waits.sendall(b"/slow/much\n")
                    self.assertTrue(waits.recv(1))
                    for caller in callers:
                        caller.sendall(b"/all\n")
                    for caller in callers:
                        self.assertEqual(receive_exactly(caller, len(EVERY_BYTE)), EVERY_BYTE)
                    self.assertTrue(waits.recv(1), "it still goes on")


if __name__ == "__main__":
    unittest.main()
