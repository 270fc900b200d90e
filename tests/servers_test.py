"""The servers of tests/servers, as Python's own modules see them: a second opinion, with which other tests compare.

Debian 12's Python is the last one that has nntplib and telnetlib.
"""
import contextlib
import ftplib
import http.client
import imaplib
import io
import nntplib
import os
import pathlib
import poplib
import shutil
import smtplib
import socket
import ssl
import subprocess
import sys
import telnetlib
import tempfile
import unittest
import warnings

from command import GUARD, await_that, is_running
from servers import Ftp, Gopher, ImplicitFtp, Mail, Mailboxes, News, Nginx, PlainFtp, Pygopherd, Telnet, certificates
from servers.server import Server

EVERY_BYTE = bytes(range(256)) * 40
DOTS = b".\n..\n.a line that begins with a dot\n\nthe end: \xc3\xa4\xc3\xb6\xc3\xbc, \xe4\xf6\xfc\n"
LOCALHOST = "localhost"


def trusting(server):
    """What a client uses that trusts this server alone."""
    return ssl.create_default_context(cafile=server.certificate)


def mail(body, subject="test"):
    return b"From: <bob@t.invalid>\r\nTo: <alice@t.invalid>\r\nSubject: " + subject.encode() + b"\r\n\r\n" + body.replace(b"\n", b"\r\n")


def body_of(message):
    return message.replace(b"\r\n", b"\n").split(b"\n\n", 1)[1]


class Shared(unittest.TestCase):
    """Tests that one server is enough for."""
    start = None

    @classmethod
    def setUpClass(cls):
        warnings.simplefilter("ignore", DeprecationWarning)
        cls.server = cls.enterClassContext(cls.start())


class Web(Shared):
    start = Nginx

    def connections(self):
        yield http.client.HTTPConnection(LOCALHOST, self.server.http_port, timeout=GUARD)
        yield http.client.HTTPConnection("::1", self.server.http_port, timeout=GUARD)
        yield http.client.HTTPSConnection(LOCALHOST, self.server.https_port, timeout=GUARD, context=trusting(self.server))

    def ask(self, connection, method, path, body=None, **headers):
        with contextlib.closing(connection):
            connection.request(method, path, body, headers)
            answer = connection.getresponse()
            return answer, answer.read()

    def asked(self, *request, **headers):
        return self.ask(next(self.connections()), *request, **headers)

    def test_file_comes_back(self):
        (self.server.root / "bytes").write_bytes(EVERY_BYTE)
        for connection in self.connections():
            with self.subTest(connection):
                answer, body = self.ask(connection, "GET", "/bytes")
                self.assertEqual((answer.status, body), (200, EVERY_BYTE))

    def test_unix_socket(self):
        (self.server.root / "a").write_bytes(b"by a path")
        connection = http.client.HTTPConnection(LOCALHOST)
        connection.sock = socket.socket(socket.AF_UNIX)
        connection.sock.connect(str(self.server.socket))
        self.assertEqual(self.ask(connection, "GET", "/a")[1], b"by a path")

    def test_part_of_a_file(self):
        (self.server.root / "part").write_bytes(EVERY_BYTE)
        answer, body = self.asked("GET", "/part", Range="bytes=10-19")
        self.assertEqual((answer.status, body), (206, EVERY_BYTE[10:20]))

    def test_text_is_compressed(self):
        (self.server.root / "long.txt").write_bytes(b"again and again\n" * 1000)
        answer, body = self.asked("GET", "/long.txt", **{"Accept-Encoding": "gzip"})
        self.assertEqual((answer.headers["Content-Encoding"], body[:2]), ("gzip", b"\x1f\x8b"))

    def test_upload(self):
        answer, _ = self.asked("PUT", "/new/folder/%C3%A4", EVERY_BYTE)
        self.assertEqual((answer.status, (self.server.root / "new/folder/ä").read_bytes()), (201, EVERY_BYTE))
        self.assertEqual(self.asked("DELETE", "/new/folder/%C3%A4")[0].status, 204)
        self.assertEqual(self.asked("GET", "/new/folder/%C3%A4")[0].status, 404)

    def test_echo(self):
        answer, body = self.asked("POST", "/echo", EVERY_BYTE, Wanted="this")
        head, body = body.split(b"\r\n\r\n", 1)
        self.assertEqual((answer.status, body), (200, EVERY_BYTE))
        self.assertRegex(head, rb"(?s)^POST /echo HTTP/1.1\r\n.*\r\nWanted: this")

    def test_statuses_and_redirects(self):
        (self.server.root / "a").write_bytes(b"here")
        for path, status, location in [("/none", 404, None), ("/status/410", 410, None), ("/status/503", 503, None),
                                       ("/to/a", 302, "/a"), ("/circle", 302, "/circle"), ("/again", 307, "/echo")]:
            with self.subTest(path):
                answer, _ = self.asked("GET", path)
                self.assertEqual((answer.status, answer.headers["Location"]), (status, location))

    def test_login(self):
        (self.server.root / "own").write_bytes(b"of alice")
        for credentials, status in [("YWxpY2U6c2VjcmV0", 200), ("YWxpY2U6d3Jvbmc=", 401)]:  # alice:secret, alice:wrong
            self.assertEqual(self.asked("GET", "/private/own", Authorization=f"Basic {credentials}")[0].status, status)
        self.assertEqual(self.asked("GET", "/private/own")[0].status, 401)

    def test_two_versions_of_http(self):
        context = trusting(self.server)
        context.set_alpn_protocols(["h2"])
        with socket.create_connection((LOCALHOST, self.server.https_port), GUARD) as plain:
            with context.wrap_socket(plain, server_hostname=LOCALHOST) as peer:
                self.assertEqual(peer.selected_alpn_protocol(), "h2")


class Files:
    """What every server of files can, whatever way one came in."""

    def test_upload_and_download(self):
        for name, content in [("bytes", EVERY_BYTE), ("empty", b""), ("ä ö", b"umlauts"), ("dots", DOTS)]:
            with self.subTest(name), self.session() as ftp:
                ftp.storbinary(f"STOR {name}", io.BytesIO(content))
                self.assertEqual((self.server.root / name).read_bytes(), content)
                pieces = []
                ftp.retrbinary(f"RETR {name}", pieces.append)
                self.assertEqual(b"".join(pieces), content)

    def test_resume_and_append(self):
        with self.session() as ftp:
            ftp.storbinary("STOR numbers", io.BytesIO(b"0123"))
            ftp.storbinary("APPE numbers", io.BytesIO(b"4567"))
            ftp.storbinary("STOR numbers", io.BytesIO(b"6789"), rest=6)
            pieces = []
            ftp.retrbinary("RETR numbers", pieces.append, rest=2)
            self.assertEqual(b"".join(pieces), b"23456789")

    def test_folders(self):
        with self.session() as ftp:
            ftp.mkd("folder")
            ftp.storbinary("STOR folder/a", io.BytesIO(b"abc"))
            ftp.rename("folder/a", "folder/b")
            self.assertEqual(ftp.nlst("folder")[-1].split("/")[-1], "b")
            listed = {name: facts for name, facts in ftp.mlsd("folder", ["type", "size"]) if facts["type"] == "file"}
            self.assertEqual(listed, {"b": {"type": "file", "size": "3"}})
            ftp.voidcmd("TYPE I")
            self.assertEqual(ftp.size("folder/b"), 3)
            ftp.delete("folder/b")
            ftp.rmd("folder")
            self.assertFalse((self.server.root / "folder").exists())

    def test_active(self):
        with self.session() as ftp:
            ftp.set_pasv(False)
            ftp.storbinary("STOR active", io.BytesIO(EVERY_BYTE))
        self.assertEqual((self.server.root / "active").read_bytes(), EVERY_BYTE)

    def test_missing_file(self):
        with self.session() as ftp, self.assertRaisesRegex(ftplib.error_perm, "^550"):
            ftp.retrbinary("RETR none", print)

    def test_wrong_password(self):
        with self.assertRaisesRegex(ftplib.error_perm, "^530"):
            self.session("wrong")


class FilesPlain(Files, Shared):
    start = Ftp

    def session(self, password="secret"):
        ftp = ftplib.FTP(timeout=GUARD)
        ftp.connect("127.0.0.1", self.server.port)
        self.addCleanup(ftp.close)
        ftp.login("alice", password)
        return ftp


class FilesOfPyftpdlib(FilesPlain):
    start = PlainFtp

    def test_anonymous(self):
        (self.server.root / "open").write_bytes(b"for everybody")
        with ftplib.FTP(timeout=GUARD) as ftp:
            ftp.connect("127.0.0.1", self.server.port)
            ftp.login()
            pieces = []
            ftp.retrbinary("RETR open", pieces.append)
            self.assertEqual(pieces, [b"for everybody"])
            with self.assertRaisesRegex(ftplib.error_perm, "^550"):
                ftp.delete("open")


class FilesOverTls(Files, Shared):
    start = Ftp

    def session(self, password="secret"):
        ftp = ftplib.FTP_TLS(timeout=GUARD, context=trusting(self.server))
        ftp.connect(LOCALHOST, self.server.port)
        self.addCleanup(ftp.close)
        ftp.login("alice", password)
        ftp.prot_p()
        return ftp


class Implicit(ftplib.FTP_TLS):
    """TLS from the first byte on, which ftplib lacks."""

    def connect(self, host, port):
        self.host = host
        self.sock = self.context.wrap_socket(socket.create_connection((host, port), GUARD), server_hostname=host)
        self.af = self.sock.family
        self.file = self.sock.makefile("r", encoding=self.encoding)
        return self.getresp()


class FilesOverImplicitTls(FilesOverTls):
    start = ImplicitFtp

    def session(self, password="secret"):
        ftp = Implicit(context=trusting(self.server))
        ftp.connect(LOCALHOST, self.server.port)
        self.addCleanup(ftp.close)
        ftp.login("alice", password)
        ftp.prot_p()
        return ftp


class Sending(Shared):
    start = Mail

    def plain(self):
        return smtplib.SMTP(LOCALHOST, self.server.port, timeout=GUARD)

    def after_starttls(self):
        session = self.plain()
        session.starttls(context=trusting(self.server))
        return session

    def over_tls(self):
        return smtplib.SMTP_SSL(LOCALHOST, self.server.tls_port, timeout=GUARD, context=trusting(self.server))

    def arrived(self, name, session, to, message):
        """What comes to `name` of it, sent to `to`."""
        before = len(self.server.messages(name))
        self.assertEqual(session.sendmail("bob@t.invalid", to, message), {})
        return body_of(self.server.messages(name, before + 1)[-1])

    def test_mail_arrives(self):
        for start in (self.plain, self.after_starttls, self.over_tls):
            for body in (DOTS, b"", EVERY_BYTE.replace(b"\r", b"").replace(b"\0", b"") + b"\n"):
                with self.subTest(start.__name__, body=body[:5]), start() as session:
                    self.assertEqual(self.arrived("alice", session, ["alice@t.invalid"], mail(body)), body)

    def test_mail_to_two(self):
        with self.plain() as session:
            before = len(self.server.messages("alice"))
            self.assertEqual(self.arrived("bob", session, ["alice@t.invalid", "bob@t.invalid"], mail(b"to both\n")), b"to both\n")
            self.assertEqual(body_of(self.server.messages("alice", before + 1)[-1]), b"to both\n")

    def test_some_are_refused(self):
        before = len(self.server.messages("bob"))
        with self.plain() as session:
            refused = session.sendmail("x@elsewhere.invalid", ["nobody@t.invalid", "bob@t.invalid", "x@elsewhere.invalid"], mail(b"to one\n"))
            self.server.messages("bob", before + 1)
        self.assertEqual(refused, {"nobody@t.invalid": (550, b"unknown user"), "x@elsewhere.invalid": (550, b"relay denied")})

    def test_extensions(self):
        with self.plain() as session:
            session.ehlo()
            self.assertLessEqual({"size", "8bitmime", "pipelining", "starttls", "auth", "smtputf8", "chunking"}, set(session.esmtp_features))

    def test_login(self):
        for start in (self.plain, self.after_starttls, self.over_tls):
            for mechanism in ("auth_plain", "auth_login"):
                with self.subTest(f"{start.__name__}: {mechanism}"), start() as session:
                    session.ehlo()
                    session.user, session.password = "alice", "secret"
                    self.assertEqual(session.auth(mechanism[5:].upper(), getattr(session, mechanism))[0], 235)
                    self.assertEqual(session.mail("alice@t.invalid")[0], 250)
                    self.assertEqual(session.rcpt("x@elsewhere.invalid")[0], 250)
            with self.subTest(f"{start.__name__}: wrong"), start() as session, self.assertRaises(smtplib.SMTPAuthenticationError):
                session.login("alice", "wrong")


class Pop(Shared):
    start = Mailboxes
    given = [mail(DOTS), mail(b""), mail(EVERY_BYTE.replace(b"\r", b"").replace(b"\0", b"") + b"\n")]

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        for message in cls.given:
            cls.server.put(message.replace(b"\r\n", b"\n"))

    def plain(self):
        return poplib.POP3(LOCALHOST, self.server.pop3_port, timeout=GUARD)

    def after_stls(self):
        session = self.plain()
        session.stls(trusting(self.server))
        return session

    def over_tls(self):
        return poplib.POP3_SSL(LOCALHOST, self.server.pop3s_port, timeout=GUARD, context=trusting(self.server))

    def test_messages_are_read(self):
        for start in (self.plain, self.after_stls, self.over_tls):
            with self.subTest(start.__name__):
                session = start()
                session.user("alice")
                session.pass_("secret")
                self.assertEqual(session.stat()[0], len(self.given))
                for n, message in enumerate(self.given, 1):
                    self.assertEqual(b"".join(line + b"\n" for line in session.retr(n)[1]), message.replace(b"\r\n", b"\n"))
                self.assertEqual(session.top(1, 1)[1][-1], b".")
                self.assertEqual(len({line.split()[1] for line in session.uidl()[1]}), len(self.given))
                with self.assertRaisesRegex(poplib.error_proto, "ERR"):
                    session.retr(9)
                session.quit()

    def test_message_is_deleted(self):
        self.server.put(mail(b"to be deleted\n"))
        for left in (1, 0):
            session = self.plain()
            session.user("alice")
            session.pass_("secret")
            self.assertEqual(session.stat()[0], len(self.given) + left)
            if left:
                session.dele(len(self.given) + 1)
            session.quit()

    def test_wrong_password(self):
        for start in (self.plain, self.after_stls, self.over_tls):
            with self.subTest(start.__name__):
                session = start()
                session.user("alice")
                with self.assertRaisesRegex(poplib.error_proto, "AUTH"):
                    session.pass_("wrong")
                session.close()


class Imap(Shared):
    start = Mailboxes

    def plain(self):
        return imaplib.IMAP4(LOCALHOST, self.server.imap_port, timeout=GUARD)

    def after_starttls(self):
        session = self.plain()
        session.starttls(trusting(self.server))
        return session

    def over_tls(self):
        return imaplib.IMAP4_SSL(LOCALHOST, self.server.imaps_port, ssl_context=trusting(self.server), timeout=GUARD)

    def test_messages_are_kept(self):
        for start in (self.plain, self.after_starttls, self.over_tls):
            with self.subTest(start.__name__), start() as session:
                session.login("alice", "secret")
                mailbox = start.__name__
                self.assertEqual(session.create(mailbox)[0], "OK")
                for message in (mail(DOTS), mail(b"")):
                    self.assertEqual(session.append(mailbox, None, None, message)[0], "OK")
                self.assertEqual(session.select(mailbox), ("OK", [b"2"]))
                self.assertEqual(session.fetch("1", "(BODY.PEEK[])")[1][0][1], mail(DOTS))
                self.assertEqual(session.fetch("2", "(BODY.PEEK[])")[1][0][1], mail(b""))
                self.assertEqual(session.search(None, "SUBJECT", "test"), ("OK", [b"1 2"]))
                self.assertEqual(session.select("none")[0], "NO")

    def test_what_was_put(self):
        self.server.put(mail(b"in a folder\n"), "Lists")
        with self.plain() as session:
            session.login("alice", "secret")
            self.assertEqual(session.select("Lists"), ("OK", [b"1"]))
            self.assertEqual(session.fetch("1", "(BODY[TEXT])")[1][0][1], b"in a folder\r\n")

    def test_challenge(self):
        with self.plain() as session:
            self.assertEqual(session.login_cram_md5("alice", "secret")[0], "OK")

    def test_extensions(self):
        with self.plain() as session:
            session.login("alice", "secret")
            self.assertLessEqual({"IDLE", "MOVE", "UIDPLUS", "LITERAL+"}, set(session.capability()[1][0].decode().split()))

    def test_wrong_password(self):
        for start in (self.plain, self.after_starttls, self.over_tls):
            with self.subTest(start.__name__), start() as session, self.assertRaisesRegex(imaplib.IMAP4.error, "AUTHENTICATIONFAILED"):
                session.login("alice", "wrong")


class Articles(Shared):
    start = News

    def plain(self, **login):
        return nntplib.NNTP(LOCALHOST, self.server.port, timeout=GUARD, **login)

    def after_starttls(self):
        session = self.plain()
        session.starttls(trusting(self.server))
        return session

    def over_tls(self):
        return nntplib.NNTP_SSL(LOCALHOST, self.server.tls_port, timeout=GUARD, ssl_context=trusting(self.server))

    def article(self, group, body):
        return io.BytesIO(b"From: Alice <alice@t.invalid>\r\nNewsgroups: " + group.encode() + b"\r\nSubject: test\r\n"
                          b"Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\n" + body.replace(b"\n", b"\r\n"))

    def test_groups(self):
        with self.plain() as session:
            self.assertEqual({group.group: group.flag for group in session.list()[1]},
                             {"test.a": "y", "test.b": "y", "test.closed": "n", "test.moderated": "m"})
            self.assertEqual(session.description("test.b"), "Was noch versucht wird: äöü")
            self.assertEqual([group.group for group in session.list("test.[ab]")[1]], ["test.a", "test.b"])

    def test_article_is_posted_and_read(self):
        for start in (self.plain, self.after_starttls, self.over_tls):
            with self.subTest(start.__name__), start() as session:
                self.assertRegex(session.post(self.article("test.a", DOTS)), "^240")
                self.await_article("test.a", start)
                _, _, _, last, _ = session.group("test.a")
                _, article = session.article(last)
                lines = article.lines[article.lines.index(b"") + 1:]
                self.assertEqual(b"".join(line + b"\n" for line in lines), DOTS)
                self.assertEqual(session.over((last, last))[1][0][1]["subject"], "test")
                self.assertEqual(session.stat(article.message_id)[2], article.message_id)

    def await_article(self, group, start):
        """innd has taken it when it answers, and tells readers a little later."""
        self.posted = getattr(self, "posted", 0) + 1

        def is_there():
            with start() as session:
                return session.group(group)[1] >= self.posted
        await_that(is_there, "an article")

    def test_missing_items(self):
        with self.plain() as session:
            for ask, status in [(lambda: session.group("test.none"), 411), (lambda: session.article("<none@t.invalid>"), 430)]:
                with self.assertRaisesRegex(nntplib.NNTPTemporaryError, f"^{status}"):
                    ask()

    def test_closed_group(self):
        with self.plain() as session, self.assertRaisesRegex(nntplib.NNTPTemporaryError, "^441"):
            session.post(self.article("test.closed", b"not wanted\n"))

    def test_login(self):
        with self.plain() as session:
            with self.assertRaisesRegex(nntplib.NNTPTemporaryError, "^480"):
                session.group("private.a")
            session.login("alice", "secret")
            self.assertRegex(session.group("private.a")[0], "^211")
            self.assertRegex(session.post(self.article("private.a", b"by alice\n")), "^240")

    def test_wrong_password(self):
        with self.assertRaisesRegex(nntplib.NNTPTemporaryError, "^481"):
            self.plain(user="alice", password="wrong")


class Terminal(Shared):
    start = Telnet

    def test_conversation(self):
        with telnetlib.Telnet("127.0.0.1", self.server.port, GUARD) as session:
            self.assertTrue(session.read_until(b"ready ", GUARD).endswith(b"ready "))
            session.write(b"hello\r\n")
            self.assertIn(b"said hello", session.read_until(b"said hello", GUARD))

    def test_type_of_the_terminal(self):
        """RFC 1091: it asks whether we would tell, then to be told."""
        def answer(peer, verb, option):
            if verb == telnetlib.DO:
                peer.sendall(telnetlib.IAC + (telnetlib.WILL if option == telnetlib.TTYPE else telnetlib.WONT) + option)
            elif verb == telnetlib.WILL:
                peer.sendall(telnetlib.IAC + telnetlib.DONT + option)
            elif verb == telnetlib.SE and session.read_sb_data() == telnetlib.TTYPE + b"\1":
                peer.sendall(telnetlib.IAC + telnetlib.SB + telnetlib.TTYPE + b"\0VT52" + telnetlib.IAC + telnetlib.SE)

        with telnetlib.Telnet() as session:
            session.set_option_negotiation_callback(answer)
            session.open("127.0.0.1", self.server.port, GUARD)
            self.assertIn(b"ready vt52", session.read_until(b"ready vt52", GUARD))


class Menus:
    """What every gopher server can."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        (cls.server.root / "folder").mkdir()
        (cls.server.root / "a.txt").write_bytes(b"one line\n.dot\n")
        (cls.server.root / "b.bin").write_bytes(EVERY_BYTE)

    def ask(self, selector, port=None, context=None):
        with socket.create_connection((LOCALHOST, port or self.server.port), GUARD) as plain:
            with context.wrap_socket(plain, server_hostname=LOCALHOST) if context else contextlib.nullcontext(plain) as peer:
                peer.sendall(selector + b"\r\n")
                with peer.makefile("rb") as stream:
                    return stream.read()

    def menu(self, *how):
        rows = [line.split(b"\t") for line in self.ask(b"", *how).split(b"\r\n")]
        return {row[1]: row[0][:1] for row in rows if len(row) > 3 and row[0][:1] not in (b"i", b"")}

    def test_menu(self):
        items = {selector.strip(b"/"): kind for selector, kind in self.menu().items()}
        self.assertEqual(items, {b"folder": b"1", b"a.txt": b"0", b"b.bin": b"9"})

    def test_binary(self):
        self.assertEqual(self.ask(b"/b.bin"), EVERY_BYTE)

    def test_text(self):
        """Neither of the two ends a text with a dot, nor doubles one in it, whatever RFC 1436 says."""
        self.assertEqual(self.ask(b"/a.txt").replace(b"\r\n", b"\n"), b"one line\n.dot\n")


class MenusOfGophernicus(Menus, Shared):
    start = Gopher

    def test_missing_item(self):
        """What looks like a menu is answered with one, and what does not with a text that nothing tells from a file."""
        self.assertRegex(self.ask(b"/none/"), rb"\A3Error: .*\r\n\.\r\n\Z")
        self.assertRegex(self.ask(b"/none"), rb"\AError: .*\r\n\Z")

    def test_tls(self):
        context = trusting(self.server)
        self.assertEqual(self.ask(b"/b.bin", self.server.tls_port, context), EVERY_BYTE)
        self.assertEqual(self.menu(self.server.tls_port, context), self.menu())


class MenusOfPygopherd(Menus, Shared):
    start = Pygopherd

    def test_missing_item(self):
        self.assertRegex(self.ask(b"/none"), rb"\A3.*\r\n\Z")

    def test_views(self):
        self.assertRegex(self.ask(b"/a.txt\t!"), rb"(?m)^\+INFO: 0")


class TrustTest(unittest.TestCase):
    def test_bad_certificates(self):
        cases = [(certificates().expired, "certificate has expired"), (certificates().elsewhere, "Hostname mismatch")]
        for certificate, reason in cases:
            with self.subTest(reason), Nginx(certificate) as web:
                connection = http.client.HTTPSConnection(LOCALHOST, web.https_port, timeout=GUARD, context=trusting(web))
                with contextlib.closing(connection), self.assertRaisesRegex(ssl.SSLCertVerificationError, reason):
                    connection.request("GET", "/")

    def test_unknown_certificate(self):
        with Nginx() as web:
            connection = http.client.HTTPSConnection(LOCALHOST, web.https_port, timeout=GUARD, context=ssl.create_default_context())
            with contextlib.closing(connection), self.assertRaisesRegex(ssl.SSLCertVerificationError, "self-signed"):
                connection.request("GET", "/")

    def test_every_server_shows_the_certificate_it_was_given(self):
        for start, name in [(Mail, "tls_port"), (Mailboxes, "imaps_port"), (Mailboxes, "pop3s_port"), (News, "tls_port"), (Gopher, "tls_port"),
                            (ImplicitFtp, "port")]:
            with self.subTest(f"{start.__name__}.{name}"), start(certificates().elsewhere) as server:
                with socket.create_connection((LOCALHOST, getattr(server, name)), GUARD) as plain:
                    with self.assertRaisesRegex(ssl.SSLCertVerificationError, "Hostname mismatch"):
                        trusting(server).wrap_socket(plain, server_hostname=LOCALHOST)


class Forgetful(Server):
    """It starts others that it forgets, two generations of them, in sessions of their own, deaf to being asked to end."""
    greetings = {"port": b""}

    def prepare(self):
        self.children = self.folder / "children"
        self.script = self.write("forgetful", """#!/bin/sh
for n in 1 2 3; do
  setsid sh -c 'trap "" TERM; echo $$ >>@children; while :; do sleep 1000; done' & :
done
exec socat TCP-LISTEN:@port,bind=127.0.0.1,reuseaddr,fork EXEC:cat
""", 0o755)

    def commands(self):
        return [[*self.program(self.script)]]


class Failing(Server):
    greetings = {"port": b""}

    def commands(self):
        return [[*self.program("sh"), "-c", "echo this is the reason; exit 3"]]


class LifeTest(unittest.TestCase):
    """A server is there from `with` on, and nothing of it afterwards."""

    def test_nothing_is_left(self):
        with Forgetful() as server:
            await_that(lambda: server.children.exists() and len(server.children.read_text().split()) == 3, "three children")
            pids = [int(word) for word in server.children.read_text().split()]
            self.assertTrue(all(map(is_running, pids)))
        self.assertEqual([pid for pid in pids if is_running(pid)], [])
        self.assertFalse(server.folder.exists())
        with self.assertRaises(ConnectionRefusedError):
            socket.create_connection(("127.0.0.1", server.port), GUARD)

    def test_nothing_is_left_by_a_test_that_is_killed(self):
        child = ("import sys, os, signal; sys.path.insert(0, sys.argv[1]); from servers import Nginx; web = Nginx();"
                 "print(web.http_port, web.folder, web.kept[0].keeper.pid, flush=True); os.kill(os.getpid(), signal.SIGKILL)")
        temporary = self.enterContext(tempfile.TemporaryDirectory())
        done = subprocess.run([sys.executable, "-B", "-c", child, pathlib.Path(__file__).parent], env=os.environ | {"TMPDIR": temporary},
                              capture_output=True, text=True, check=False)
        port, folder, keeper = done.stdout.split()
        self.addCleanup(shutil.rmtree, folder)
        await_that(lambda: not is_running(int(keeper)), "the keeper's end")
        with self.assertRaises(ConnectionRefusedError):
            socket.create_connection(("127.0.0.1", int(port)), GUARD)

    def test_failure_to_start_says_why(self):
        with self.assertRaisesRegex(AssertionError, "(?s)Failing has not started:.*this is the reason"):
            Failing()

    def test_bad_configuration_says_why(self):
        with self.assertRaisesRegex(AssertionError, "(?s)Nginx has not started:.*unknown directive"):
            Nginx(more="nonsense;")

    def test_missing_program_says_so(self):
        class Missing(Failing):
            def commands(self):
                return [self.program("no-such-program")]
        with self.assertRaisesRegex(AssertionError, "no-such-program is not installed"):
            Missing()

    def test_end_of_its_own_is_told(self):
        with self.assertRaisesRegex(AssertionError, "Nginx has ended by itself"), Nginx() as web:
            os.kill(int((web.folder / "pid").read_text()), 15)
            await_that(lambda: not web.kept[0].is_running(), "its end")

    def test_kill_resets_connections(self):
        with Nginx() as web:
            (web.root / "long").write_bytes(bytes(1 << 24))
            with socket.create_connection((LOCALHOST, web.http_port), GUARD) as peer:
                peer.sendall(b"GET /slow/long HTTP/1.0\r\n\r\n")
                self.assertTrue(peer.recv(100))
                web.kill()
                size = 0
                with contextlib.suppress(ConnectionResetError):
                    while piece := peer.recv(1 << 20):
                        size += len(piece)
                self.assertLess(size, 1 << 24)

    def test_stalled_server_is_silent_until_it_goes_on(self):
        with Mail() as server, socket.create_connection((LOCALHOST, server.port), GUARD) as peer:
            self.assertTrue(peer.recv(1000).startswith(b"220"))
            server.stall()
            peer.sendall(b"NOOP\r\n")
            peer.settimeout(0.2)
            with self.assertRaises(TimeoutError):
                peer.recv(1000)
            peer.settimeout(GUARD)
            server.go_on()
            self.assertTrue(peer.recv(1000).startswith(b"250"))


if __name__ == "__main__":
    unittest.main()
