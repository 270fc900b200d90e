"""TLS against other people's: openssl, curl, ncat, socat and Python's ssl, as callers and as servers."""
import contextlib
import json
import os
import pathlib
import re
import signal
import socket
import ssl
import subprocess
import tempfile
import unittest

from command import GUARD, Listener, Process, Running, await_that, run
from peers import Server, is_listening, port_to_listen_on, receive_all, reset
from servers.certificates import certificates

MODELS = (["event"], ["iterative"], ["thread"], ["process"], ["thread", "--workers", "2"], ["process", "--workers", "2"], ["event", "--workers", "2"])
VERSIONS = {"1.2": ssl.TLSVersion.TLSv1_2, "1.3": ssl.TLSVersion.TLSv1_3}
PIN = re.compile(r"ahoy call (tls://\S+#sha256=[0-9a-f]{64})$")
ONE = {"bench": ["--connections", "1"]}  # which is all that a server here answers
LARGE = os.urandom(1 << 20) * 50


def client_context(version="1.3", certificate=None, **more):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.minimum_version = context.maximum_version = VERSIONS[version]
    context.load_verify_locations((certificate or certificates().good).file)
    if "show" in more:
        context.load_cert_chain(more["show"].file, more["show"].key)
    return context


def server_context(version="1.3", certificate=None, asks=False):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = context.maximum_version = VERSIONS[version]
    shown = certificate or certificates().good
    context.load_cert_chain(shown.file, shown.key)
    if asks:
        context.verify_mode = ssl.CERT_REQUIRED
        context.load_verify_locations(certificates().good.file)
    return context


class Tls(unittest.TestCase):
    """Each test has a user's folder of its own."""

    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="ahoy-tls-")
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)
        before = os.environ.get("XDG_CONFIG_HOME")
        os.environ["XDG_CONFIG_HOME"] = folder.name
        self.addCleanup(lambda: os.environ.pop("XDG_CONFIG_HOME") if before is None else os.environ.update(XDG_CONFIG_HOME=before))
        good = certificates().good
        self.good = ["--cert", good.file, "--key", good.key]
        self.trusted = ["--cacert", good.file]

    def caller(self, port, **how):
        plain = socket.create_connection(("127.0.0.1", port), GUARD)
        self.addCleanup(plain.close)
        secure = client_context(**how).wrap_socket(plain, server_hostname="localhost")
        self.addCleanup(secure.close)
        return secure

    def server(self, behave, **how):
        """A server in Python's ssl; what it says of a failing handshake does not count."""
        def serve(peer):
            try:
                with server_context(**how).wrap_socket(peer, server_side=True) as secure:
                    return behave(secure)
            except (ssl.SSLError, OSError):
                return None
        return Server(socket.AF_INET, serve)

    @staticmethod
    def url(server):
        return f"tls://localhost:{server.endpoint.rsplit(':', 1)[1]}"

    def refused(self, status, words, *line, given=b""):
        ended = run(*line, given=given)
        self.assertEqual(ended.status, status, ended)
        self.assertRegex(ended.err, words)
        return ended


def blocking(secure):
    """The socket below, without TLS."""
    plain = socket.socket(fileno=secure.detach())
    plain.settimeout(GUARD)
    return plain


def answer(text):
    """Hears a line, says this, and ends with close_notify."""
    def behave(peer):
        heard = peer.recv(1 << 16)
        peer.sendall(text)
        peer.unwrap()
        return heard
    return behave


class Calls(Tls):
    def test_send(self):
        for version in VERSIONS:
            with self.subTest(version), self.server(answer(b"welcome\n"), version=version) as server:
                ended = run("send", self.url(server), "hello", *self.trusted, "-v")
                self.assertEqual((ended.status, ended.out), (0, b"welcome\n"), ended.err)
                self.assertIn("closed: the system of", ended.err)
                self.assertEqual(server.join(), b"hello\n")

    def test_call(self):
        for version in VERSIONS:
            with self.subTest(version), self.server(answer(b"welcome\n"), version=version) as server:
                ended = run("call", self.url(server), *self.trusted, given=b"hello\n")
                self.assertEqual((ended.status, ended.out), (0, b"welcome\n"), ended.err)

    def test_over_tls_1_2_the_peers_end_comes_first(self):
        """There our close_notify would make it drop what it still has to say."""
        def behave(peer):
            peer.settimeout(1)  # nothing is awaited that comes: that nothing does is what is looked for
            heard = peer.recv(1 << 16)
            try:
                heard += peer.recv(1 << 16) + b"<our end>"
            except TimeoutError:
                pass
            peer.settimeout(GUARD)
            peer.sendall(b"late\n")
            peer.unwrap()
            return heard
        with self.server(behave, version="1.2") as server:
            ended = run("send", self.url(server), "hello", *self.trusted)
            self.assertEqual((ended.status, ended.out), (0, b"late\n"), ended.err)
            self.assertIn("TLS 1.2", ended.err)
            self.assertEqual(server.join(), b"hello\n")

    def test_an_end_without_close_notify_is_no_end(self):
        def cut(peer):
            peer.recv(1 << 16)
            peer.sendall(b"half")
            plain = blocking(peer)
            plain.shutdown(socket.SHUT_WR)
            receive_all(plain)
            plain.close()
        for version in VERSIONS:
            with self.subTest(version, verb="send"), self.server(cut, version=version) as server:
                ended = self.refused(18, "all acknowledged, the peer ended without close_notify", "send", self.url(server), "x", *self.trusted)
                self.assertEqual(ended.out, b"half")
            with self.subTest(version, verb="call"), self.server(cut, version=version) as server:
                ended = self.refused(56, "without close_notify", "call", self.url(server), *self.trusted, given=b"x\n")
                self.assertEqual(ended.out, b"half")

    def test_what_was_not_said_whole_has_no_end(self):
        """Somebody on the way, who has no key, can say a FIN to us, and let the peer hear us still."""
        def cut(peer):
            heard = peer.recv(1 << 16)
            with blocking(peer) as below:
                below.shutdown(socket.SHUT_WR)
                return heard, len(receive_all(below)) > 0  # a record, which can be close_notify alone
        for verb, status in (("send", 18), ("call", 56)):
            with self.subTest(verb, whole=False), self.server(cut) as server, Running(verb, self.url(server), *self.trusted) as ahoy:
                ahoy.write(b"pay\n")
                self.assertEqual(ahoy.wait(), status)  # its input stays open
                self.assertEqual(server.join(), (b"pay\n", False))
            with self.subTest(verb, whole=True), self.server(cut) as server:
                self.refused(status, "without close_notify", verb, self.url(server), *self.trusted, given=b"pay\n")
                self.assertEqual(server.join(), (b"pay\n", True))

    def test_a_message_that_is_not_whole_is_no_cut_of_tls(self):
        for verb, status in (("send", 18), ("call", 56)):
            with self.subTest(verb), self.server(answer(b"\0\0\0\x09half")) as server:
                ended = self.refused(status, "the stream ended 8 bytes into a message", verb, self.url(server), "--framing", "length", *self.trusted, given=b"x\n")
                self.assertNotIn("close_notify", ended.err)

    def test_a_reset(self):
        def behave(peer):
            peer.recv(1)
            reset(blocking(peer))
        with self.server(behave) as server:
            # To a send that comes after a receive has had the reset, the kernel says EPIPE.
            self.refused(18, "reset|broken pipe", "send", self.url(server), "hello", *self.trusted)

    def test_bulk(self):
        def behave(peer):
            heard = b"".join(iter(lambda: peer.recv(1 << 16), b""))
            peer.unwrap()
            return heard
        with self.server(behave) as server:
            ended = run("send", self.url(server), *self.trusted, given=LARGE)
            self.assertEqual(ended.status, 0, ended.err)
            self.assertTrue(server.join() == LARGE)

    def test_echo_of_bulk_by_socat(self):
        port = port_to_listen_on()
        with Process(*socat_server("1.3")(port), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as server:
            self.await_port(port, server)
            given = LARGE[:1 << 24]
            ended = run("call", f"tls://localhost:{port}", *self.trusted, given=given)
            self.assertTrue(ended.out == given, (len(ended.out), ended.err))

    def await_port(self, port, server):
        """A call would be the one that it answers."""
        await_that(lambda: is_listening(port) or not server.is_running(), "a server that listens")
        self.assertTrue(server.is_running())

    def test_servers_of_others(self):
        for command, said in SERVERS_OF_OTHERS:
            port = port_to_listen_on()
            with self.subTest(command(port)), Process(*command(port), stdout=subprocess.DEVNULL) as server:
                self.await_port(port, server)
                with Running("call", f"tls://localhost:{port}", *self.trusted) as call:
                    call.write("hello\n")
                    self.assertEqual(call.out.next_line(), said)


    def test_delivery_to_servers_of_others(self):
        """Over TLS 1.2 our end is said when all was acknowledged: they wait for it, and we would for theirs."""
        for command, said in SERVERS_OF_OTHERS:
            port = port_to_listen_on()
            with self.subTest(command(port)), Process(*command(port), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as server:
                self.await_port(port, server)
                is_old = any("1_2" in str(word) or "=TLS1.2" in str(word) for word in command(port))
                ended = run("send", f"tls://localhost:{port}", "hello", *self.trusted, "-v", *(["--after-eof", "close", "--confirm", "acked"] if is_old else []))
                self.assertEqual(ended.status, 0, ended)
                self.assertIn("acknowledged all 6 bytes", ended.err)
                self.assertIn(ended.out, (said + b"\n", b""))  # ncat and TLS 1.2 end when they hear our end

    def test_a_server_of_others_that_is_killed_has_not_ended(self):
        for command, said in SERVERS_OF_OTHERS:
            port = port_to_listen_on()
            with self.subTest(command(port)), Process(*command(port), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as server:
                self.await_port(port, server)
                with Running("call", f"tls://localhost:{port}", *self.trusted) as call:
                    call.write("hello\n")
                    self.assertEqual(call.out.next_line(), said)
                    server.kill()
                    self.assertEqual(call.wait(), 56)


def socat_server(version):
    def command(port):
        good = certificates().good
        versions = f"openssl-min-proto-version=TLS{version},openssl-max-proto-version=TLS{version}"
        return ["socat", f"OPENSSL-LISTEN:{port},bind=127.0.0.1,cert={good.file},key={good.key},verify=0,{versions}", "EXEC:cat"]
    return command


def ncat_server(port):
    good = certificates().good
    return ["ncat", "--ssl", "--ssl-cert", good.file, "--ssl-key", good.key, "-l", "127.0.0.1", str(port), "-e", "/bin/cat"]


def s_server(version):
    good = certificates().good
    return lambda port: ["openssl", "s_server", "-accept", f"127.0.0.1:{port}", "-cert", good.file, "-key", good.key, "-rev", "-quiet", version]


SERVERS_OF_OTHERS = ((s_server("-tls1_2"), b"olleh"), (s_server("-tls1_3"), b"olleh"), (ncat_server, b"hello"), (socat_server("1.2"), b"hello"),
                     (socat_server("1.3"), b"hello"))


class Trust(Tls):
    def certificate_of(self, name, *, signed_by=None, names="DNS:localhost"):
        made = certificates().good._replace(file=self.folder / f"{name}.pem", key=self.folder / f"{name}.key")
        request = self.folder / f"{name}.request"
        signing = ["-CA", signed_by.file, "-CAkey", signed_by.key, "-CAcreateserial"] if signed_by else ["-signkey", made.key]
        for command in (["openssl", "req", "-new", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj", f"/CN={name}",
                         "-addext", f"subjectAltName={names}", "-keyout", made.key, "-out", request],
                        ["openssl", "x509", "-req", "-in", request, "-days", "3", "-copy_extensions", "copy", "-out", made.file, *signing]):
            subprocess.run(command, check=True, capture_output=True)
        return made

    def test_each_reason_has_its_words(self):
        known = certificates()
        of_stranger = self.certificate_of("by-stranger", signed_by=self.certificate_of("stranger"))
        for shown, words, reason in ((known.elsewhere, ["--cacert", known.elsewhere.file], "hostname mismatch.*elsewhere.invalid"),
                                     (known.expired, ["--cacert", known.expired.file], "expired.*good until"),
                                     (known.good, [], "self-signed.*ahoy call tls://localhost:[0-9]+#sha256="),
                                     (of_stranger, [], "issuer.*CN=stranger signed it"),
                                     (known.good, ["--cacert", known.elsewhere.file], "self-signed")):
            for verb in ("send", "call"):
                with self.subTest(reason, verb=verb), self.server(answer(b""), certificate=shown) as server:
                    self.refused(60, f"trust localhost:[0-9]+: the certificate is not trusted\n.*{reason}", verb, self.url(server), *words)
        with self.server(answer(b"")) as server:
            ended = self.refused(60, "its key is sha256=[0-9a-f]{64}, and not sha256=0{64}", "call", self.url(server) + "#sha256=" + "0" * 64)
            self.assertEqual(len(ended.err.splitlines()), 2)

    def test_a_subject_names_no_server(self):
        """It is whatever its owner asked for (RFC 9525, section 6.2)."""
        for names, words in (("email:alice@example.org", r"it has no subjectAltName; its subject, CN=localhost, does not count"), ("IP:10.0.0.1", r"is for 10\.0\.0\.1, and not for")):
            shown = self.certificate_of("localhost", names=names)
            with self.subTest(names), self.server(answer(b"hi\n"), certificate=shown) as server:
                self.refused(60, f"hostname mismatch.*{words}", "send", self.url(server), "x", "--cacert", shown.file)

    def test_a_key_that_others_may_read_is_said(self):
        both = self.folder / "both.pem"
        both.write_text(pathlib.Path(self.good[1]).read_text() + pathlib.Path(self.good[3]).read_text())
        key = self.folder / "shown.key"
        key.write_text(pathlib.Path(self.good[3]).read_text())
        for words in (["--cert", both], ["--cert", self.good[1], "--key", key]):
            with self.subTest(words):
                for mode, is_said in ((0o644, True), (0o600, False)):
                    words[-1].chmod(mode)
                    said = run("send", "tls://127.0.0.1:1", "x", *words).err
                    self.assertEqual(f"others may read {words[-1]}: chmod 600" in said, is_said, said)
                    with Listener("tls://127.0.0.1:0", *words) as listener:
                        self.assertEqual(f"others may read {words[-1]}: chmod 600" in listener.err.so_far().decode(), is_said)

    def test_a_certificate_that_is_out_of_date_is_said(self):
        """Who operates a server hears of it before its callers do."""
        known = certificates()
        for shown, is_said in ((known.expired, True), (known.good, False)):
            words = ["--cert", shown.file, "--key", shown.key]
            with self.subTest(shown.file), Listener("tls://127.0.0.1:0", *words) as listener:
                listener.send_signal(signal.SIGHUP)
                listener.err.until("^reloaded")
                said = run("send", "tls://127.0.0.1:1", "x", *words).err
                for text, times in ((listener.err.so_far().decode(), 2), (said, 1)):
                    self.assertEqual(len(re.findall(rf"--cert {shown.file}: it was good until \d{{4}}-\d\d-\d\d", text)), times * is_said, text)

    def test_insecure_is_said_aloud(self):
        with self.server(answer(b"hi\n"), certificate=certificates().elsewhere) as server:
            ended = run("send", self.url(server), "x", "--insecure")
            self.assertEqual((ended.status, ended.out), (0, b"hi\n"))
            self.assertIn("--insecure: whoever answers is believed", ended.err)

    def test_a_key_is_accepted_once_and_missed_when_it_changes(self):
        with self.server(answer(b"hi\n")) as server:
            refused = self.refused(60, "self-signed", "call", self.url(server))
            pinned = PIN.search(refused.err.strip())[1]
            fingerprint = pinned.split("#")[1]
        other = self.certificate_of("other")
        known = self.folder / "ahoy" / "known_hosts"
        with self.server(answer(b"hi\n")) as server:
            self.assertEqual(run("send", f"{self.url(server)}#{fingerprint}", "x").status, 0)
            self.assertEqual(known.read_text(), f"{self.url(server)} {fingerprint}\n")
            self.assertEqual(known.stat().st_mode & 0o777, 0o600)
            self.assertEqual(known.parent.stat().st_mode & 0o777, 0o700)
        with self.server(answer(b"hi\n"), certificate=other) as server:
            known.write_text(f"{self.url(server)} {fingerprint}\n")
            ended = self.refused(60, "ITS KEY HAS CHANGED", "call", self.url(server))
            self.assertIn(f"{known}:1", ended.err)
        with self.server(answer(b"hi\n")) as server:
            known.write_text(f"{self.url(server)} {fingerprint}\n")
            self.assertEqual(run("send", self.url(server), "x").out, b"hi\n")

    def test_another_key_comes_with_the_line_that_accepts_it(self):
        """Be it another one than the URL's, or than the one that is remembered; a loud word comes first."""
        known = self.folder / "ahoy" / "known_hosts"
        for verb in ("call", "send", "bench"):
            for is_remembered, warning in ((False, "IT HAS ANOTHER KEY THAN THE URL SAYS: "), (True, "ITS KEY HAS CHANGED: ")):
                with self.subTest(verb, remembered=is_remembered), self.server(answer(b"hi\n")) as server:
                    to = self.url(server)
                    known.parent.mkdir(exist_ok=True)
                    known.write_text(f"{to} sha256={'0' * 64}\n" if is_remembered else "")
                    ended = self.refused(60, f"\n{warning}", verb, to if is_remembered else f"{to}#sha256={'0' * 64}", *ONE.get(verb, []))
                    self.assertIn("Somebody may be in between", ended.err)
                    pinned = PIN.search(ended.err.strip())[1]
                    self.assertTrue(pinned.startswith(to + "#"), pinned)
                with Server(socket.AF_INET, server.behave) as server:
                    fingerprint = pinned.split("#")[1]
                    self.assertEqual(run("call", f"{self.url(server)}#{fingerprint}", given=b"x\n").out, b"hi\n")
                    self.assertIn(f"{self.url(server)} {fingerprint}\n", known.read_text())

    def test_a_server_that_wants_a_certificate(self):
        for version in VERSIONS:
            for verb, status in (("call", (35,)), ("send", (18, 35))):
                with self.subTest(version, verb=verb), self.server(answer(b"hi\n"), version=version, asks=True) as server:
                    ended = run(verb, self.url(server), *self.trusted, given=b"x\n")
                    self.assertIn(ended.status, status, ended)
                    self.assertRegex(ended.err, "no TLS was agreed on\n.*certificate of ours.*: --cert FILE shows one")
                    self.assertEqual(len(ended.err.splitlines()), 2)
            with self.subTest(version), self.server(answer(b"hi\n"), version=version, asks=True) as server:
                ended = run("send", self.url(server), "x", *self.trusted, *self.good)
                self.assertEqual((ended.status, ended.out), (0, b"hi\n"), ended.err)

    def test_no_tls_there(self):
        """Which URL is without TLS is said."""
        for said, words in ((b"220 ready\r\n", "what it says is not TLS: without TLS"), (b"", "it ended the connection instead: it may not let us in; if it speaks no TLS"),
                            (None, "unexpected message: if it speaks no TLS")):  # what was heard
            def behave(peer, said=said):
                heard = peer.recv(1 << 16)
                peer.sendall(heard if said is None else said)
            for verb in ("call", "send", "bench"):
                with self.subTest(said, verb=verb), Server(socket.AF_INET, behave) as server:
                    to = self.url(server)
                    self.refused(35, f"begin TLS with localhost:[0-9]+: .*\n{words} it is {to.replace('tls', 'tcp')}$", verb, to, *self.trusted, *ONE.get(verb, []))

    def test_a_reset_before_tls(self):
        """However far it had come, it is the handshake that has failed."""
        def behave(peer):
            peer.recv(1 << 16)
            reset(peer)
        for verb in ("call", "send", "bench"):
            with self.subTest(verb=verb), Server(socket.AF_INET, behave) as server:
                to = self.url(server)
                self.refused(35, "begin TLS with localhost:[0-9]+: no TLS was agreed on\nit reset the connection instead: it may not let us in; "
                             f"if it speaks no TLS it is {to.replace('tls', 'tcp')}$", verb, to, *self.trusted, *ONE.get(verb, []))

    def test_a_silent_server(self):
        with Server(socket.AF_INET, None) as server:
            server.behave = server.hold
            to = self.url(server)
            self.refused(28, f"begin TLS with localhost:[0-9]+: timed out\n.*says nothing: does it speak TLS. If not, it is {to.replace('tls', 'tcp')}; --connect-timeout",
                         "call", to, *self.trusted, "--connect-timeout", "200ms")


class Listens(Tls):
    def test_a_conversation_under_every_model(self):
        for model in MODELS:
            for handler in ("talk", "echo"):
                for version in VERSIONS:
                    with self.subTest(model=model, handler=handler, version=version), \
                            Listener("tls://127.0.0.1:0", "--handler", handler, "--model", *model, *self.good) as listener:
                        caller = self.caller(listener.port, version=version)
                        caller.sendall(b"hello\n")
                        if handler == "talk":
                            self.assertRegex(listener.out.next_line(), rb"\[127.0.0.1:\d+\] hello$")
                            listener.say("welcome")
                            self.assertEqual(caller.recv(100), b"welcome\n")
                            listener.end()
                        else:
                            self.assertEqual(caller.recv(100), b"hello\n")
                            caller.unwrap()  # which waits for the other close_notify
                            continue
                        self.assertEqual(caller.recv(100), b"")  # with close_notify, or it would throw

    def test_its_own_key_is_made_once_and_pinned_by_the_line_to_paste(self):
        lines = []
        for _ in range(2):
            with Listener("tls://127.0.0.1:0", "--handler", "echo") as listener:
                lines.append(listener.err.until(PIN.pattern)[1])
                ended = run("send", lines[-1], "hello")
                self.assertEqual((ended.status, ended.out), (0, b"hello\n"), ended.err)
        self.assertEqual(lines[0].split("#")[1], lines[1].split("#")[1])
        identity = self.folder / "ahoy" / "identity.pem"
        self.assertEqual(identity.stat().st_mode & 0o777, 0o600)

    def test_callers_of_others(self):
        good = certificates().good
        for name, command in {"s_client": ["openssl", "s_client", "-quiet", "-verify_return_error", "-CAfile", good.file],
                              "s_client of 1.2": ["openssl", "s_client", "-quiet", "-tls1_2", "-verify_return_error", "-CAfile", good.file],
                              "ncat": ["ncat", "--ssl-verify", "--ssl-trustfile", good.file],
                              "socat": ["socat", "-"], "socat of 1.2": ["socat", "-"]}.items():
            with self.subTest(name), Listener("tls://127.0.0.1:0", *self.good) as listener:
                to = {"s": ["-connect", f"localhost:{listener.port}"], "n": ["localhost", str(listener.port)]}[name[0]] if not name.startswith("socat") else \
                    [f"OPENSSL:localhost:{listener.port},cafile={good.file},openssl-max-proto-version=TLS1.{2 if '1.2' in name else 3}"]
                with Process(*command, *to) as caller:
                    caller.write("hello\n")
                    self.assertRegex(listener.out.next_line(), rb" hello$")
                    listener.say("welcome")
                    self.assertEqual(caller.out.next_line(), b"welcome")
                    caller.kill()
                    listener.err.until("left: .*(without close_notify|reset)")

    def test_curl(self):
        reply = "HTTP/1.0 200 OK\r\nContent-Type: text/plain\r\n\r\nahoy"
        with Listener("tls://127.0.0.1:0", "--handler", "greet", "--greeting", reply, *self.good) as listener:
            for version in VERSIONS:
                got = subprocess.run(["curl", "-sS", "--cacert", certificates().good.file, f"--tlsv{version}", "--tls-max", version,
                                      f"https://localhost:{listener.port}/"], capture_output=True, timeout=GUARD, check=True)
                self.assertEqual(got.stdout, b"ahoy", version)

    def test_bulk_both_ways_under_every_model(self):
        for model in MODELS:
            with self.subTest(model), Listener("tls://127.0.0.1:0", "--handler", "echo", "--model", *model, *self.good) as listener:
                ended = run("call", f"tls://localhost:{listener.port}", *self.trusted, given=LARGE)
                self.assertEqual(ended.status, 0, ended.err)
                self.assertTrue(ended.out == LARGE, len(ended.out))

    def test_a_program(self):
        with Listener("tls://127.0.0.1:0", *self.good, "--exec", "tr", "a-z", "A-Z") as listener:
            ended = run("send", f"tls://localhost:{listener.port}", "hello", *self.trusted)
            self.assertEqual((ended.status, ended.out), (0, b"HELLO\n"), ended.err)

    def test_a_caller_cut_short_is_known_from_one_that_ended(self):
        with Listener("tls://127.0.0.1:0", *self.good) as listener:
            caller = self.caller(listener.port)
            caller.sendall(b"hello\n")
            listener.out.next_line()
            plain = blocking(caller)
            plain.shutdown(socket.SHUT_WR)
            listener.err.until(r"\[127.0.0.1:\d+\] left: .*without close_notify")

    def test_plain_and_silent_callers_do_not_keep_others_from_being_served(self):
        for model in MODELS:
            if model[0] == "iterative":
                continue  # one at a time is what it promises
            with self.subTest(model), Listener("tls://127.0.0.1:0", "--handler", "echo", "--model", *model, *self.good,
                                               "--handshake-timeout", "300ms") as listener:
                silent = socket.create_connection(("127.0.0.1", listener.port), GUARD)
                plain = socket.create_connection(("127.0.0.1", listener.port), GUARD)
                plain.sendall(b"GET / HTTP/1.0\r\n\r\n")
                caller = self.caller(listener.port)
                caller.sendall(b"hello\n")
                self.assertEqual(caller.recv(100), b"hello\n")
                listener.err.until("what it says is not TLS")
                listener.err.until("the handshake took too long")
                for each in (silent, plain):
                    with contextlib.suppress(ConnectionResetError):
                        receive_all(each)  # it is closed
                    each.close()

    def test_a_tls_caller_on_a_plain_port(self):
        with Listener("127.0.0.1:0") as listener:
            with Process("openssl", "s_client", "-connect", f"127.0.0.1:{listener.port}"):
                listener.err.until(r"speaks TLS, which this endpoint does not: listen on tls://")

    def test_a_plain_caller_is_told_that_tls_is_spoken(self):
        for model in (["event"], ["thread"]):
            for verb in ("call", "send"):
                with self.subTest(model, verb=verb), Listener("tls://127.0.0.1:0", "--model", *model, *self.good) as listener:
                    ended = run(verb, f"127.0.0.1:{listener.port}", given=b"hello\n")
                    self.assertIn(f"\nit speaks TLS, and has not understood: call it by tls://127.0.0.1:{listener.port}", ended.err)
                    self.assertIn(ended.status, (35, 18))
                    listener.err.until(r"did not join: .*what it says is not TLS")

    def test_nobody_who_is_silent_or_slow_holds_a_turn_or_a_worker(self):
        """Each of them would be enough to hold the one that there is."""
        for model in (["iterative"], ["thread", "--workers", "1"], ["process", "--workers", "1"]):
            with self.subTest(model), Listener("tls://127.0.0.1:0", "--handler", "echo", "--model", *model, *self.good,
                                               "--handshake-timeout", "1m") as listener:
                said = (b"", b"\x16", b"\x16\x03\x01\x02\x00", b"\x16\x03\x01\x02\x00" + b"x" * 511)
                for each in said:
                    slow = socket.create_connection(("127.0.0.1", listener.port), GUARD)
                    self.addCleanup(slow.close)
                    slow.sendall(each)
                ended = run("send", f"tls://localhost:{listener.port}", "hello", *self.trusted)
                self.assertEqual((ended.status, ended.out), (0, b"hello\n"), ended.err)

    def test_one_deadline_from_accept_under_every_model(self):
        """A byte now and then does not move it."""
        for model in MODELS:
            with self.subTest(model), Listener("tls://127.0.0.1:0", "--handler", "echo", "--model", *model, *self.good,
                                               "--handshake-timeout", "400ms") as listener:
                with socket.create_connection(("127.0.0.1", listener.port), GUARD) as drip:
                    drip.settimeout(0.05)
                    drip.sendall(b"\x16\x03\x01\x02\x00")
                    left = 500  # of the record: each byte is awaited for 50 ms, so that all would take 25 s
                    with contextlib.suppress(BrokenPipeError, ConnectionResetError):
                        for _ in range(left):
                            try:
                                self.assertEqual(drip.recv(100), b"")
                                break
                            except TimeoutError:
                                drip.sendall(b"x")
                        else:
                            self.fail("it was heard to its end")
                listener.err.until("did not join: .*the handshake took too long")

    def test_who_has_not_agreed_does_not_join(self):
        for model in MODELS:
            for handler in ("talk", "echo"):
                with self.subTest(model=model, handler=handler), \
                        Listener("tls://127.0.0.1:0", "--handler", handler, "--model", *model, *self.good, "--json") as listener:
                    wrong = socket.create_connection(("127.0.0.1", listener.port), GUARD)
                    self.addCleanup(wrong.close)
                    with self.assertRaises(ssl.SSLError), wrong:
                        context = client_context(certificate=certificates().elsewhere)
                        context.wrap_socket(wrong, server_hostname="localhost")
                    listener.err.until("did not join: no TLS was agreed on")
                    caller = self.caller(listener.port)
                    caller.sendall(b"hello\n")
                    joined = json.loads(listener.out.next_line())
                    self.assertEqual((joined["event"], joined["text"], joined["from"]),
                                     ("join", "tls", "%s:%d" % caller.getsockname()))

    def test_once_is_for_who_agrees(self):
        for model in MODELS:
            for handler in ("talk", "echo"):
                with self.subTest(model=model, handler=handler), \
                        Listener("tls://127.0.0.1:0", "--handler", handler, "--model", *model, *self.good, "--once") as listener:
                    silent = socket.create_connection(("127.0.0.1", listener.port), GUARD)
                    self.addCleanup(silent.close)
                    with socket.create_connection(("127.0.0.1", listener.port), GUARD) as plain:
                        plain.sendall(b"GET / HTTP/1.0\r\n\r\n")
                        listener.err.until("what it says is not TLS")
                    caller = self.caller(listener.port)
                    caller.sendall(b"hello\n")
                    self.assertRegex(listener.out.next_line() if handler == "talk" else caller.recv(100), rb"hello\n?$")
                    caller.unwrap()
                    caller.close()
                    self.assertEqual(listener.wait(), 0)  # and the silent one has not kept it

    def test_who_is_here_and_by_which_key(self):
        good = certificates().good
        for model in MODELS:
            with self.subTest(model), Listener("tls://127.0.0.1:0", "--model", *model, *self.good, "--require-client-cert", "--cacert", good.file) as listener:
                caller = self.caller(listener.port, show=good)
                caller.sendall(b"hello\n")
                listener.out.next_line()
                listener.say("/who")
                listener.err.until(r"\[127.0.0.1:\d+\] tls sha256=[0-9a-f]{64} 127")

    def test_one_more_than_may_be_is_told_by_an_alert(self):
        for model in (["event"], ["thread"]):
            with self.subTest(model), Listener("tls://127.0.0.1:0", "--model", *model, *self.good, "--max-clients", "1") as listener:
                self.caller(listener.port)
                self.refused(35, "it cannot go on: it may be busy", "call", f"tls://localhost:{listener.port}", *self.trusted)
                listener.err.until("was told busy")

    def test_a_first_word_that_is_too_long(self):
        """OpenSSL would make room for it at once."""
        announced = b"\x16\x03\x01\x00\x20" + b"\x01\x01\xff\xff" + b"x" * 28
        for model in (["event"], ["process"]):
            with self.subTest(model), Listener("tls://127.0.0.1:0", "--model", *model, *self.good) as listener:
                with socket.create_connection(("127.0.0.1", listener.port), GUARD) as caller:
                    caller.sendall(announced)
                    listener.err.until("what it says first is too long")
                    with contextlib.suppress(ConnectionResetError):
                        receive_all(caller)

    def test_who_may_call(self):
        good, elsewhere = certificates().good, certificates().elsewhere
        keys = self.folder / "keys"
        der = subprocess.run(["sh", "-c", f"openssl x509 -in {good.file} -noout -pubkey | openssl pkey -pubin -outform der | sha256sum"],
                             capture_output=True, check=True).stdout.split()[0].decode()
        keys.write_text(f"# who may call\n\nsha256={der} alice\n")
        for words in (["--require-client-cert", "--cacert", good.file], ["--allow-key", keys]):
            for model in (["event"], ["process"]):
                with self.subTest(words, model=model), Listener("tls://127.0.0.1:0", "--handler", "echo", *self.good, *words, "--model", *model) as listener:
                    to = f"tls://localhost:{listener.port}"
                    ended = run("send", to, "hello", *self.trusted, *self.good)
                    self.assertEqual((ended.status, ended.out), (0, b"hello\n"), ended.err)
                    ended = run("call", to, *self.trusted, given=b"hello\n")
                    self.assertEqual(ended.status, 35, ended)
                    self.assertIn("certificate of ours", ended.err)
                    listener.err.until("it showed no certificate")
                    ended = run("call", to, *self.trusted, "--cert", elsewhere.file, "--key", elsewhere.key, given=b"hello\n")
                    self.assertEqual(ended.status, 35, ended)
                    self.assertIn("does not take our certificate", ended.err)

    def test_a_key_of_a_caller_as_the_manual_has_it(self):
        """Its lines as they stand, and each of the places from which the fingerprint can be pasted."""
        manual = (pathlib.Path(os.environ["AHOY_SOURCE"]) / "docs" / "tls.md").read_text()
        make, show, *_ = re.findall(r"(?ms)^```sh\n(.*?)^```$", manual)
        subprocess.run(["sh", "-c", make], cwd=self.folder, check=True, capture_output=True)
        line = subprocess.run(["sh", "-c", show], cwd=self.folder, check=True, capture_output=True, text=True).stdout
        self.assertRegex(line, r"\Asha256=[0-9a-f]{64} alice\n\Z")
        fingerprint = line.split()[0]
        alice = ["--cert", self.folder / "alice.pem", "--key", self.folder / "alice.key"]
        keys = self.folder / "keys"
        keys.write_text("".join(f"sha256={digit * 64}\n" for digit in "01"))
        with Listener("tls://127.0.0.1:0", "--handler", "echo", *self.good, "--allow-key", keys) as listener:
            to = f"tls://localhost:{listener.port}"
            for verb, status in (("call", 35), ("send", 18)):
                ended = self.refused(status, f"does not take our certificate; the key that we have shown is {fingerprint}", verb, to, *self.trusted, *alice, given=b"x\n")
                self.assertEqual(listener.err.until(r"did not join: .*its key is (sha256=\w+), .*\(--allow-key\)$")[1], fingerprint)
                self.assertEqual(len(ended.err.splitlines()), 2)
            keys.write_text(line)
            listener.send_signal(signal.SIGHUP)
            listener.err.until("^reloaded")
            ended = run("send", to, "hello", *self.trusted, *alice, "-v")
            self.assertEqual((ended.status, ended.out), (0, b"hello\n"), ended.err)
            self.assertIn(f"ahoy: our key is {fingerprint}\n", ended.err)

    def test_a_certificate_without_its_key(self):
        good, other = certificates().good, certificates().elsewhere
        for verb, to in (("listen", "tls://127.0.0.1:0"), ("call", "tls://localhost:1")):
            self.refused(2, "read key from .*: malformed\n.*; or --key FILE names another file\n$", verb, to, "--cert", good.file)
            self.refused(2, "read key from .*: malformed\nit is the key of another certificate than that of .*pem\n$",
                         verb, to, "--cert", good.file, "--key", other.key)

    def test_files_that_can_be_read_once(self):
        """As bash's <(…) gives them."""
        good = certificates().good
        key_once, certificate_once = (["bash", "-c", f"exec \"$@\" 3< <(cat '{name}')", "bash"] for name in (good.key, good.file))
        with Listener("tls://127.0.0.1:0", "--handler", "echo", "--cert", good.file, "--key", "/dev/fd/3", before=key_once) as listener:
            ended = run("send", f"tls://localhost:{listener.port}", "hello", "-v", *self.trusted,
                        "--cert", "/dev/fd/3", "--key", good.key, before=certificate_once)
            self.assertEqual((ended.status, ended.out), (0, b"hello\n"), ended.err)

    def test_a_key_that_tls_1_3_does_not_know(self):
        certificate, key = self.folder / "old.pem", self.folder / "old.key"
        subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:brainpoolP256r1", "-nodes", "-subj", "/CN=old",
                        "-keyout", key, "-out", certificate], check=True, stderr=subprocess.DEVNULL)
        with Listener("tls://127.0.0.1:0", "--handler", "echo", "--cert", certificate, "--key", key) as listener:
            asked = subprocess.run(["openssl", "s_client", "-connect", f"127.0.0.1:{listener.port}", "-tls1_2", "-curves", "brainpoolP256r1:P-256"],
                                   stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, timeout=GUARD)
            self.assertIn(b"Protocol  : TLSv1.2", asked.stdout)
            self.assertEqual(asked.returncode, 0)

    def test_keys_that_cannot_be_read(self):
        keys = self.folder / "keys"
        for text in ("", "# nobody\n", "sha256=12\n"):
            keys.write_text(text)
            self.refused(2, "fingerprint", "listen", "tls://127.0.0.1:0", "--allow-key", keys)

    def test_resumption(self):
        with Listener("tls://127.0.0.1:0", "--handler", "echo", *self.good) as listener:
            for version in VERSIONS:
                context = client_context(version)
                session = None
                for resumed in (False, True):
                    plain = socket.create_connection(("127.0.0.1", listener.port), GUARD)
                    with context.wrap_socket(plain, server_hostname="localhost", session=session) as caller:
                        caller.sendall(b"x")
                        caller.recv(1)
                        self.assertEqual(caller.session_reused, resumed, version)
                        session = caller.session


    def test_who_says_nothing_does_not_hold_up_the_end(self):
        for model in MODELS:
            for said in (b"", b"\x16\x03\x01\x02\x00"):
                with self.subTest(model=model, said=said), \
                        Listener("tls://127.0.0.1:0", "--handler", "echo", "--model", *model, *self.good, "--drain", "1h", "--handshake-timeout", "1h",
                                 "--log", "-") as listener, \
                        socket.create_connection(("127.0.0.1", listener.port), GUARD) as silent:
                    silent.sendall(said)
                    self.caller(listener.port).close()  # which came later, so the server knows of both
                    listener.err.until(" joined ")
                    self.assertEqual(listener.end(), 0)


class Tokens(Tls):
    def setUp(self):
        super().setUp()
        self.token, self.other = self.file_of("token", b"a token that is long"), self.file_of("other", b"another, as long as it")

    def file_of(self, name, text, mode=0o600):
        made = self.folder / name
        made.write_bytes(text)
        made.chmod(mode)
        return made

    def test_the_line_to_paste_says_what_a_caller_has_to_show(self):
        token, keys = self.token, self.file_of("keys", f"sha256={'0' * 64} alice\n".encode())
        pin = "#sha256=[0-9a-f]{64}"
        for own, words, proofs in (([], ["--token", token], f"{pin} --token FILE"), (self.good, ["--token", token], " --token FILE"),
                                   ([], ["--allow-key", keys], f"{pin} --cert FILE"), (self.good, ["--require-client-cert", *self.trusted], " --cert FILE"),
                                   (self.good, ["--allow-key", keys, "--token", token], " --token FILE --cert FILE"), (self.good, [], "")):
            with self.subTest(words, own=own), Listener("tls://127.0.0.1:0", *own, *words) as listener:
                self.assertTrue(listener.err.until(f"to call it: ahoy call tls://127.0.0.1:[0-9]+{proofs}$"))

    def test_both_have_it(self):
        for model in MODELS:
            with self.subTest(model), Listener("tls://127.0.0.1:0", "--handler", "echo", "--model", *model, *self.good, "--token", self.token) as listener:
                to = f"tls://localhost:{listener.port}"
                ended = run("send", to, "hello", *self.trusted, "--token", self.file_of("same", b"a token that is long\r\n"))
                self.assertEqual((ended.status, ended.out), (0, b"hello\n"), ended.err)
                self.refused(60, "prove token to localhost:[0-9]+: refused\nit does not take ours", "call", to, *self.trusted, "--token", self.other)
                listener.err.until("did not join: refused: it proves another one")
                self.refused(35, "it wants a token", "call", to, *self.trusted)
                listener.err.until("did not join: .*it proves no token")
                with self.assertRaisesRegex(ssl.SSLError, "(?i)access_denied|access denied"):
                    self.caller(listener.port)

    def test_a_server_that_has_none_or_another_one(self):
        with Listener("tls://127.0.0.1:0", *self.good) as listener:
            self.refused(60, "it asks for none: leave --token out$", "call", f"tls://localhost:{listener.port}", *self.trusted, "--token", self.token, given=b"secret\n")
        self.assertNotIn(b"secret", bytes(listener.out.raw))

    def test_a_server_that_does_not_know_the_token_gets_no_word(self):
        """It takes whatever is proved, and proves what it can: what came, and zeros."""
        for answer_of in (lambda heard: heard, lambda heard: bytes(32)):
            def behave(peer, answer_of=answer_of):
                heard = peer.recv(32)
                peer.sendall(answer_of(heard))
                return heard, peer.recv(100)
            context = server_context()
            context.set_alpn_protocols(["ahoy-token/1"])

            def serve(plain, context=context, behave=behave):
                with context.wrap_socket(plain, server_side=True) as peer:
                    return behave(peer)
            for words in (self.trusted, ["--insecure"]):
                with self.subTest(words), Server(socket.AF_INET, serve) as server:
                    self.refused(60, "it cannot prove that it has the same", "call", self.url(server), *words, "--token", self.token, given=b"secret\n")
                    heard, later = server.join()
                    self.assertEqual((len(heard), later), (32, b""))

    def test_a_proof_is_of_one_conversation_alone(self):
        """In between, with the token's owner on one side and the server on the other."""
        def between(port):
            def serve(plain):
                context = server_context()
                context.set_alpn_protocols(["ahoy-token/1"])
                onward = client_context()
                onward.set_alpn_protocols(["ahoy-token/1"])
                with context.wrap_socket(plain, server_side=True) as near, \
                        onward.wrap_socket(socket.create_connection(("127.0.0.1", port), GUARD), server_hostname="localhost") as far:
                    far.sendall(near.recv(32))
                    return far.recv(100)
            return serve
        with Listener("tls://127.0.0.1:0", "--handler", "echo", *self.good, "--token", self.token) as listener, \
                Server(socket.AF_INET, between(listener.port)) as server:
            ended = run("send", self.url(server), "hello", "--insecure", "--token", self.token)
            self.assertNotEqual(ended.status, 0)
            self.assertEqual(server.join(), b"")
            listener.err.until("did not join: refused: it proves another one")

    def test_what_is_no_token(self):
        for text in (b"", b"fifteen bytes!!\n", b"x" * 4097):
            ended = self.refused(2, "16 to 4096 bytes", "call", "tls://localhost:1", "--token", self.file_of("bad", text))
            self.assertNotIn("fifteen", ended.err)
        for text in (b"sixteen bytes!!!", b"x" * 4096 + b"\n"):
            self.assertEqual(run("call", "tls://localhost:1", "--token", self.file_of("good", text)).status, 7)
        self.refused(2, "it goes with tls", "call", "localhost:1", "--token", self.token)

    def test_others_may_read_it(self):
        shown = self.file_of("shown", b"sixteen bytes!!!", 0o640)
        self.assertIn("chmod 600", run("call", "tls://localhost:1", "--token", shown).err)
        self.assertNotIn("chmod", run("call", "tls://localhost:1", "--token", self.token).err)

    def test_it_is_shown_nowhere(self):
        said = run("send", "tls://localhost:1", "x", "--token", self.token, "-v").err
        said += run("send", "tls://localhost:1", "x", "--token", self.token, "--explain").out.decode()
        self.assertIn(str(self.token), said)
        self.assertNotIn("a token that is long", said)


class Protocols(Tls):
    def test_they_agree_or_not(self):
        for token in ([], ["--token", self.folder / "token"]):
            (self.folder / "token").write_bytes(b"sixteen bytes!!!")
            with self.subTest(token), Listener("tls://127.0.0.1:0", "--handler", "echo", *self.good, "--alpn", "ahoy/2", "--alpn", "ahoy/1", *token) as listener:
                to = f"tls://localhost:{listener.port}"
                ended = run("send", to, "hello", *self.trusted, "--alpn", "ahoy/1", *token)
                self.assertEqual((ended.status, ended.out), (0, b"hello\n"), ended.err)
                self.refused(35, "no protocol .ALPN. in common", "call", to, *self.trusted, "--alpn", "smtp", *token)
                if not token:
                    context = client_context()
                    context.set_alpn_protocols(["ahoy/1", "ahoy/2"])
                    with context.wrap_socket(socket.create_connection(("127.0.0.1", listener.port), GUARD), server_hostname="localhost") as caller:
                        self.assertEqual(caller.selected_alpn_protocol(), "ahoy/2")

    def test_names_that_cannot_be(self):
        self.refused(2, "from 1 to 255 bytes", "call", "tls://localhost:1", "--alpn", "x" * 256)


if __name__ == "__main__":
    unittest.main()
