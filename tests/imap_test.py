"""`ahoy fetch` and `ahoy send` over IMAP, against dovecot; what Python's imaplib and email read is the second opinion."""
import email
import email.policy
import imaplib
import json
import os
import pathlib
import unittest

from bad_server import BadServer, forever, hear, reset, stall, start_tls
from command import GUARD, Process, await_that
from fetching import EVERY_BYTE, MUCH, NOBODY_KNOWN, Fetching, begun, ended
from servers import Mailboxes, certificates

imaplib._MAXLINE = 1 << 24  # pylint: disable=protected-access

EXAMPLE = pathlib.Path(os.environ["AHOY_BUILD"], "examples/mail_sorter")
USER = ["--user", "alice:secret"]
# As a message holds them: lines that begin with dots, no body, no end, bytes that are no text, words of other languages.
MESSAGES = [b"Subject: dots\r\n\r\n.\r\n..\r\n.x\r\nend\r\n",
            b"Subject: empty\r\n\r\n",
            b"Subject: no end\r\n\r\n* 1 FETCH (BODY[] {5}\r\na1 OK",
            b"Subject: bytes\r\n\r\n" + bytes(byte for byte in range(1, 256) if byte not in b"\r\n") + b"\r\n",
            "Subject: =?utf-8?q?Gr=C3=BC=C3=9Fe?=\r\nFrom: =?iso-8859-1?q?=C4lice?= <alice@t.invalid>\r\nDate: Mon, 23 Nov 2026 09:30:00 +0000\r\n\r\nmilch und käse\r\n".encode()]
PARTS = (b"Subject: parts\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=x\r\n\r\n"
         b"--x\r\nContent-Type: text/plain\r\n\r\none\r\n--x\r\nContent-Transfer-Encoding: base64\r\n\r\ndHdv\r\n--x--\r\n")


class Mailbox(Fetching):
    start = Mailboxes

    def url(self, path="/", scheme="imap", port=None):
        return f"{scheme}://localhost:{port or self.server.imap_port}{path}"

    def setUp(self):
        super().setUp()
        self.theirs = imaplib.IMAP4("localhost", self.server.imap_port, GUARD)
        self.addCleanup(self.theirs.logout)
        self.theirs.login("alice", "secret")
        for name in self.names():
            self.theirs.delete(f'"{name}"')
        self.theirs.select()
        self.theirs.uid("STORE", "1:*", "+FLAGS", "\\Deleted")
        self.theirs.expunge()

    def names(self):
        return [line.split(b'"."', 1)[1].strip().strip(b'"').decode() for line in self.theirs.list()[1]]

    def append(self, message, mailbox="INBOX", flags=None):
        """With imaplib, which leaves the message as it is: its UID."""
        said = self.theirs.append(mailbox, flags, None, message)
        self.assertEqual(said[0], "OK", said)
        return int(said[1][0].split(b"APPENDUID ")[1].split()[1].rstrip(b"]"))

    def content(self, uid, mailbox="INBOX", section=""):
        """What imaplib reads."""
        self.theirs.select(mailbox, readonly=True)
        (_, content), *_ = self.theirs.uid("FETCH", str(uid), f"(BODY.PEEK[{section}])")[1]
        return content

    def rows(self, path, *words):
        return [json.loads(line) for line in self.expect(self.fetch(self.url(path), *USER, "--json", *words), 0).out.splitlines()]

    def uids(self, path, *words):
        return [row["uid"] for row in self.rows(path, *words)]


class Messages(Mailbox):
    def test_whole(self):
        for message in MESSAGES:
            uid = self.append(message)
            self.assertEqual(self.content(uid), message)
            for path in (f"/INBOX;UID={uid}", f"/inbox/;UID={uid}", f"/INBOX/{uid}"):
                self.expect(self.fetch(self.url(path), *USER), 0, message)

    def test_sections(self):
        uid = self.append(PARTS)
        self.assertEqual(self.content(uid, section="1"), b"one")
        for section, text in (("1", b"one"), ("2", b"dHdv"), ("2.MIME", b"Content-Transfer-Encoding: base64\r\n\r\n"), ("TEXT", PARTS.split(b"\r\n\r\n", 1)[1])):
            self.expect(self.fetch(self.url(f"/INBOX;UID={uid}/;SECTION={section}"), *USER), 0, text)
        self.expect(self.fetch(self.url(f"/INBOX/{uid}"), *USER, "--head"), 0, PARTS.split(b"\r\n\r\n", 1)[0] + b"\r\n\r\n")
        self.expect(self.fetch(self.url(f"/INBOX/{uid}"), *USER, "--body"), 0, PARTS.split(b"\r\n\r\n", 1)[1])
        self.refused(78, "not there", "fetch", self.url(f"/INBOX;UID={uid};SECTION=9"), *USER)
        self.refused(2, "contradictory", "fetch", self.url(f"/INBOX;UID={uid};SECTION=1"), *USER, "--head")
        for words in (["--head"], ["--body"], []):
            self.refused(2, "contradictory", "fetch", self.url(f"/INBOX;UID={uid}"), *USER, "--json", *words)
        empty = self.append(MESSAGES[1])
        self.expect(self.fetch(self.url(f"/INBOX;UID={empty};SECTION=1"), *USER), 0, b"")

    def test_is_not_marked_as_seen(self):
        uid = self.append(MESSAGES[0])
        self.expect(self.fetch(self.url(f"/INBOX/{uid}"), *USER), 0)
        self.assertNotIn("\\Seen", self.rows("/INBOX")[0]["flags"])

    def test_fifty_megabytes(self):
        much = b"Subject: much\r\n\r\n" + MUCH.replace(b"\0", b"\1").replace(b"\r", b"r").replace(b"\n", b"\r\n")
        sent = self.expect(self.ahoy("send", self.url("/INBOX"), *USER, given=much), 0)
        uid = int(sent.out.split(b"]")[0].split()[-1])
        self.expect(self.fetch(self.url(f"/INBOX/{uid}"), *USER, "--output", "much"), 0, b"")
        self.assertTrue((self.folder / "much").read_bytes() == much)
        self.refused(63, "too long", "fetch", self.url(f"/INBOX/{uid}"), *USER, "--max-size", "1M", "--output", "less")
        self.assertEqual(self.left(), ["much"])

    def test_delete(self):
        uids = [self.append(message) for message in MESSAGES[:3]]
        self.theirs.uid("STORE", str(uids[0]), "+FLAGS", "\\Deleted")  # by somebody else: it stays
        self.expect(self.fetch(self.url(f"/INBOX/{uids[1]}"), *USER, "--delete", "--output", "copy"), 0, b"")
        self.assertEqual((self.folder / "copy").read_bytes(), MESSAGES[1])
        self.assertEqual(self.uids("/INBOX"), [uids[0], uids[2]])
        (self.folder / "folder").mkdir()
        for output in ("no/such", "folder"):  # one is known to fail at the beginning, one at the end
            self.expect(self.fetch(self.url(f"/INBOX/{uids[2]}"), *USER, "--delete", "--output", output), 23)
        self.assertEqual(self.uids("/INBOX"), [uids[0], uids[2]])
        for path, *words in (["/INBOX"], [f"/INBOX/{uids[2]}", "--head"], [f"/INBOX;UID={uids[2]};SECTION=1"]):
            self.refused(2, "contradictory", "fetch", self.url(path), *USER, "--delete", *words)

    def test_what_is_not_there(self):
        uid = self.append(MESSAGES[0])
        for path in ("/nosuch", "/nosuch/5", f"/nosuch;UID={uid}", "/INBOX/999999", "/INBOX;UID=4294967295", f"/INBOX;UIDVALIDITY=1;UID={uid}"):
            self.refused(78, "not there", "fetch", self.url(path), *USER, "--output", "copy")
        self.assertEqual(self.left(), [])


class Lists(Mailbox):
    def test_mailboxes(self):
        for name in ("b", "a.c", "a", "Gr&APwA3w-e", "x &- y"):
            self.theirs.create(f'"{name}"')
        out = self.expect(self.fetch(self.url(), *USER), 0).out.decode()
        self.assertEqual([line.split("\t")[0] for line in out.splitlines()], ["INBOX", "Grüße", "a", "a.c", "b", "x & y"])
        rows = self.rows("")
        self.assertEqual(len(rows), len(self.names()))
        self.assertIn("\\HasChildren", next(row for row in rows if row["name"] == "a")["attributes"])
        self.assertEqual({row["delimiter"] for row in rows}, {"."})

    def test_names_of_other_languages(self):
        self.theirs.create('"Gr&APwA3w-e &- &ZeVnLIqe-"')
        path = "/Gr%C3%BC%C3%9Fe%20%26%20%E6%97%A5%E6%9C%AC%E8%AA%9E"
        self.expect(self.ahoy("send", self.url(path), *USER, given=MESSAGES[0]), 0)
        self.assertEqual(self.content(1, '"Gr&APwA3w-e &- &ZeVnLIqe-"'), MESSAGES[0])
        self.expect(self.fetch(self.url(path + "/1"), *USER), 0, MESSAGES[0])

    def test_a_mailbox_may_have_a_number(self):
        self.theirs.create("2026")
        self.theirs.create("INBOX.2026")
        self.append(MESSAGES[0], "2026")
        self.assertEqual(len(self.rows("/2026")), 1)

    def test_messages(self):
        uids = [self.append(message, flags="(\\Seen $own)") for message in MESSAGES]
        rows = self.rows("/INBOX")
        self.assertEqual([(row["uid"], row["number"], row["size"]) for row in rows], [(uid, at + 1, len(MESSAGES[at])) for at, uid in enumerate(uids)])
        self.assertEqual((rows[4]["subject"], rows[4]["from"], rows[4]["date"]), ("Grüße", "Älice <alice@t.invalid>", "Mon, 23 Nov 2026 09:30:00 +0000"))
        self.assertEqual(set(rows[0]["flags"].split()) - {"\\Recent"}, {"\\Seen", "$own"})
        self.assertRegex(rows[0]["received"], r"^[ 0-3]\d-...-\d{4} \d\d:\d\d:\d\d [+-]\d{4}$")
        out = self.expect(self.fetch(self.url("/INBOX"), *USER), 0).out.decode()
        self.assertEqual(out.splitlines()[4].split("\t")[:5],
                         [str(uids[4]), "Mon, 23 Nov 2026 09:30:00 +0000", "Älice <alice@t.invalid>", "Grüße", str(len(MESSAGES[4]))])

    def test_the_last_ones(self):
        self.assertEqual(self.uids("/INBOX"), [])
        uids = [self.append(message) for message in MESSAGES]
        for last, expected in (("2", uids[-2:]), ("0", []), ("99", uids), ("2147483647", uids)):
            self.assertEqual(self.uids("/INBOX", "--last", last), expected)
        self.assertEqual(self.uids("/INBOX", "--last", "1", "--search", "Subject"), uids[-1:])

    def test_a_header_that_is_giant(self):
        """Its beginning is read, and those after it are."""
        self.append(b"Subject: " + b"\r\n ".join([b"x" * 70] * 3000) + b"\r\n\r\n")
        self.append(b"Subject: next\r\n\r\n")
        first, second = self.rows("/INBOX")
        self.assertTrue(first["subject"].startswith("x" * 70))
        self.assertEqual(second["subject"], "next")

    def test_search(self):
        uids = [self.append(message) for message in MESSAGES]
        self.theirs.select()
        self.theirs.uid("STORE", str(uids[1]), "+FLAGS", "\\Flagged")
        for words, expected in ((["käse"], [uids[4]]), (["dots"], [uids[0]]), (["nowhere"], []), (['"#'], [uids[3]]), (["[\\]"], [uids[3]])):
            self.assertEqual(self.uids("/INBOX", "--search", *words), expected, words)
        for query, expected in (("FLAGGED", [uids[1]]), ("SUBJECT%20%22no%20end%22", [uids[2]]), ("OR%20FLAGGED%20SUBJECT%20dots", uids[:2])):
            self.assertEqual(self.uids(f"/INBOX?{query}"), expected, query)
        self.assertEqual(self.uids("/INBOX?SUBJECT%20empty", "--search", "dots"), [])
        self.refused(22, "refused", "fetch", self.url("/INBOX?NONSENSE"), *USER)

    def test_a_search_among_many(self):
        """More than one answer may hold."""
        message = b"Subject: %d\r\n\r\n"
        for at in range(1, 7001):
            self.server.put(message % at, "many")
        self.assertEqual(len(self.uids("/many?ALL")), 7000)
        self.assertEqual([row["subject"] for row in self.rows("/many?SUBJECT%20999")], ["999", "1999", "2999", "3999", "4999", "5999", "6999"])
        self.assertEqual([row["subject"] for row in self.rows("/many", "--last", "2")], ["6999", "7000"])

    def test_nothing_breaks_out_of_a_command(self):
        with BadServer([stall]) as server:
            for path, *words in (["/a%0d%0aa2%20DELETE%20b"], ["/a%00b"], ["/INBOX;UID=1%0d%0a"], ["/INBOX?ALL%0d%0aa2%20NOOP"], ["/INBOX?TEXT%20%7B5%2B%7D"],
                                 ["/INBOX", "--search", "a\nb"], ["/INBOX", "--search", "a\rb"], ["/INBOX;UID=1;SECTION=1%5D%0d%0a"]):
                self.refused(2, "malformed", "fetch", self.url(path, port=server.port), *USER, *words)
            self.refused(2, "malformed", "send", self.url("/a%0d%0ab", port=server.port), *USER, given=MESSAGES[0])
            self.assertEqual(server.conversations, [])


class Sorter(Mailbox):
    """examples/mail_sorter.cpp: what the client does beside the command. IDLE, flags, moving."""

    def test_mail_is_sorted_as_it_comes(self):
        self.theirs.create("Gr&APwA3w-e")
        self.append(b"Subject: dull\r\n\r\n")
        self.append(b"Subject: a party\r\n\r\n")
        with Process(EXAMPLE, self.url(""), "alice", "party", "Grüße", env=NOBODY_KNOWN) as sorter:
            sorter.write("secret\n")
            sorter.out.until("1 moved")
            self.append(b"Subject: dull, too\r\n\r\n")
            sorter.out.until("0 moved")
            self.append("Subject: =?utf-8?q?noch_eine_F=C3=AAte=2C_a_party?=\r\n\r\n".encode())
            sorter.out.until("^4 noch eine Fête, a party$")
            sorter.out.until("1 moved")
        self.assertEqual([row["subject"] for row in self.rows("/INBOX")], ["dull", "dull, too"])
        moved = self.rows("/Gr%C3%BC%C3%9Fe")
        self.assertEqual([row["subject"] for row in moved], ["a party", "noch eine Fête, a party"])
        self.assertTrue(all("$sorted" in row["flags"] for row in moved))


class Append(Mailbox):
    def send(self, *words, path="/INBOX", **process):
        return self.ahoy("send", self.url(path), *USER, *words, **process)

    def test_whole(self):
        for at, message in enumerate(MESSAGES, 1):
            sent = self.expect(self.send(given=message), 0)
            self.assertRegex(sent.out, rb"^OK \[APPENDUID \d+ \d+\] .*\n$")
            self.assertEqual(self.content(int(sent.out.split(b"]")[0].split()[-1])), message)
            self.assertEqual(len(self.rows("/INBOX")), at)

    def test_lines_end_as_they_must(self):
        message = b"Subject: x\nBcc: eve@t.invalid\n\na\r\nb\n\n\rc\n"
        sent = self.expect(self.send(given=message), 0)
        uid = int(sent.out.split(b"]")[0].split()[-1])
        self.assertEqual(self.content(uid), b"Subject: x\r\nBcc: eve@t.invalid\r\n\r\na\r\nb\r\n\r\n\rc\r\n")

    def test_composed(self):
        (self.folder / "Grüße €.bin").write_bytes(EVERY_BYTE)
        self.expect(self.send("--from", "Älice <alice@t.invalid>", "--to", "bob@t.invalid", "--subject", "Ärger", "--attach", "Grüße €.bin", "hello", ".", "käse"), 0)
        self.theirs.select()
        got = email.message_from_bytes(self.theirs.fetch("1", "(BODY.PEEK[])")[1][0][1], policy=email.policy.default)
        self.assertEqual((got["subject"], got["to"], got["from"].addresses[0].display_name), ("Ärger", "bob@t.invalid", "Älice"))
        text, attached = got.iter_parts()
        self.assertEqual(text.get_content().replace("\r\n", "\n"), "hello\n.\nkäse\n")
        self.assertEqual((attached.get_filename(), attached.get_content()), ("Grüße €.bin", EVERY_BYTE))

    def test_what_is_no_mail(self):
        self.refused(26, "malformed", "send", self.url("/INBOX"), *USER, given=b"hello there\n")
        self.refused(26, "malformed", "send", self.url("/INBOX"), *USER, given=b"")
        self.refused(26, "malformed", "send", self.url("/INBOX"), *USER, given=b"Subject: x\n\n\0\n")
        self.refused(2, "missing", "send", self.url("/INBOX"), *USER, "--subject", "x", "y")
        for path in ("/", "/INBOX;UID=5", "/INBOX?ALL"):
            self.refused(2, "", "send", self.url(path), *USER, given=MESSAGES[0])
        self.assertEqual(self.rows("/INBOX"), [])

    def test_a_mailbox_that_is_not_there(self):
        for message in (MESSAGES[0], MESSAGES[0] + b"x" * 10000):  # what goes at once, and what is asked for
            self.refused(78, "not there", "send", self.url("/nosuch"), *USER, given=message)
        self.assertEqual(self.names(), ["INBOX"])


class Login(Mailbox):
    def test_right_and_wrong(self):
        self.refused(67, "login refused", "fetch", self.url(), "--user", "alice:secret2")
        self.refused(67, "login refused", "fetch", self.url())
        self.refused(67, "login refused", "send", self.url("/INBOX"), "--user", "alice:secret2", given=MESSAGES[0])
        shown = self.expect(self.fetch(self.url("/INBOX"), *USER, "-v"), 0).err
        self.assertIn("> a2 EXAMINE \"INBOX\"", shown)
        self.assertNotIn("secret", shown)
        self.assertNotIn("AGFsaWNlAHNlY3JldA", shown)

    def test_tls(self):
        uid = self.append(MESSAGES[0])
        trust = ["--cacert", str(certificates().good.file)]
        for words in ([self.url(f"/INBOX/{uid}"), "--starttls"], [self.url(f"/INBOX/{uid}", "imaps", self.server.imaps_port)]):
            self.expect(self.fetch(*words, *USER, *trust), 0, MESSAGES[0])
            self.refused(60, "not trusted", "fetch", *words, *USER)
        self.expect(self.ahoy("send", self.url("/INBOX", "imaps", self.server.imaps_port), *USER, *trust, given=MESSAGES[1]), 0)

    def test_a_server_without_tls(self):
        for can in (b"IMAP4rev1", b"IMAP4rev1 STARTTLS"):
            script = [b"* OK x\r\n", hear(b"A001"), b"* CAPABILITY " + can + b"\r\nA001 OK\r\n", hear(b"A002"), b"A002 NO\r\n", hear()]
            with BadServer(script) as server:
                self.refused(35, "TLS", "fetch", self.url(port=server.port), *USER, "--starttls")
                self.assertNotIn(b"alice", server.heard)

    def test_the_wrong_certificate(self):
        for certificate in (certificates().elsewhere, certificates().expired):
            with Mailboxes(certificate) as server:
                words = [self.url("/", "imaps", server.imaps_port), "--cacert", str(certificate.file)]
                self.refused(60, "not trusted", "fetch", *words, *USER)



class Ends(Fetching):
    def test_stalls(self):
        with Mailboxes() as server:
            server.stall()
            self.refused(28, "timed out", "fetch", f"imap://localhost:{server.imap_port}/", *USER, "--timeout", "500ms")
            server.go_on()

    def test_killed_in_mid_transfer(self):
        """No half of it is left: neither here nor there."""
        with Mailboxes() as server:
            server.put(b"Subject: much\n\n" + b"x" * 70 * (1 << 20))
            into = begun("fetch", f"imap://localhost:{server.imap_port}/INBOX/1", *USER, "--output", self.folder / "copy")
            await_that(lambda: any(path.stat().st_size > 1 << 20 for path in self.folder.iterdir()), "the first megabyte")
            server.kill()
            status, _, err = ended(into)
            self.assertEqual((status, self.left()), (56, []), err)


# Up to where our own dialogue begins, with libcurl's tags, and then with ours.
LOGIN = [b"* OK x\r\n", hear(b"A001"), b"* CAPABILITY IMAP4rev1\r\nA001 OK\r\n", hear(b"A002"), b"A002 OK\r\n"]
BEGUN = [*LOGIN, hear(b"a1"), b"* CAPABILITY IMAP4rev1 UIDPLUS\r\na1 OK\r\n"]
BYE = [hear(b""), b"* BYE\r\n"]
LIST = [*BEGUN, hear(b"a2 LIST")]
OPEN = [*BEGUN, hear(b"a2 EXAMINE"), b"* 2 EXISTS\r\na2 OK\r\n"]
ROWS = [*OPEN, hear(b"a3 FETCH")]
ROW = b"* %d FETCH (UID %d FLAGS (\\Seen) INTERNALDATE \"x\" RFC822.SIZE 5 BODY[HEADER.FIELDS (DATE FROM SUBJECT)] {14}\r\nSubject: a\r\n\r\n)\r\n"
GET = [*OPEN, hear(b"a3 UID FETCH 7")]
GIVEN = b"* 1 FETCH (UID 7 BODY[] {5}\r\nhello)\r\na3 OK\r\n"
SEARCH = [*OPEN, hear(b"a3 UID SEARCH")]
ROWS_SHOWN = b"7\t\t\ta\t5\t\\Seen\n8\t\t\ta\t5\t\\Seen\n"

# A name, the path, what the server does, the status, what is said of it.
BAD = [
    ("no greeting", "/", [b""], (8, 56, 67), ""),
    ("another protocol", "/", [b"220 x\r\n"], (8, 56, 67), ""),
    ("binary", "/", [EVERY_BYTE + b"\n"], (8, 56, 67), ""),
    ("hangs up at the door", "/", [b"* BYE no\r\n"], (8, 56, 67), ""),
    ("closed after the login", "/", LOGIN, 56, "ended"),
    ("reset after the login", "/", [*LOGIN, hear(b"a1"), reset], 56, ""),
    ("no capabilities", "/", [*LOGIN, hear(b"a1"), b"a1 NO none\r\n"], 22, "none"),
    ("a reply to what was not asked", "/", [*LOGIN, hear(b"a1"), b"a2 OK\r\n"], 8, "not asked"),
    ("a reply before the request", "/", [*LOGIN, hear(b"a1"), b"a1 OK\r\na3 OK\r\n", hear(b"a2")], 8, "not asked"),
    ("a tag of nobody", "/", [*LIST, b"A002 OK\r\n"], 8, "not asked"),
    ("it waits for us", "/", [*LIST, b"+ go on\r\n"], 8, "waits"),
    ("no reply of IMAP", "/", [*LIST, b"+OK\r\n"], 8, "no reply"),
    ("an empty line", "/", [*LIST, b"\r\n"], 8, "no reply"),
    ("NULs", "/", [*LIST, b"\0\0\0\r\n"], 8, "no reply"),
    ("a tab", "/", [*LIST, b"*\tLIST\r\n"], 8, "no reply"),
    ("an escape", "/", [*LIST, b"a2 NO \x1b[2J\r\n"], 22, r"\\x1b"),
    ("a status of nothing", "/", [*LIST, b"a2 MAYBE\r\n"], 8, "no reply"),
    ("BYE", "/", [*LIST, b"* BYE going down\r\n"], 56, "going down"),
    ("an endless line", "/", [*LIST, forever(b"* LIST x" * 1000)], 8, "end"),
    ("a line that is too long", "/", [*LIST, b"* OK " + b"x" * 70000 + b"\r\n"], 8, ""),
    ("lines without end, by literals", "/", [*LIST, forever(b"* LIST () NIL {60000}\r\n" + b"x" * 60000)], 8, "too long|no reply"),
    ("a flood of what was not asked", "/", [*LIST, forever(b"* 5 EXISTS\r\n" * 1000)], 8, "more than it was asked"),
    ("a flood of mailboxes", "/", [*LIST, forever(b"* LIST () NIL x\r\n" * 1000)], 8, "more than it was asked"),
    ("a flood of capabilities", "/", [*LIST, forever(b"* CAPABILITY" + b" X" * 1000 + b"\r\n", rate=64 << 20)], 8, "more than it was asked"),
    ("a list of lists", "/", [*LIST, b"* LIST " + b"(" * 60000 + b"\r\n"], 8, "no reply"),
    ("a list of closed lists", "/", [*LIST, b"* LIST " + b"(" * 1000 + b")" * 1000 + b"\r\n"], 8, "no reply"),
    ("a list that closes twice", "/", [*LIST, b"* LIST ()) NIL x\r\n"], 8, "no reply"),
    ("a string without an end", "/", [*LIST, b"* LIST () NIL \"x\r\n"], 8, "no reply"),
    ("no mailbox", "/", [*LIST, b"* LIST x\r\n"], 8, "no mailbox"),
    ("a literal of terabytes", "/", [*LIST, b"* LIST () NIL {99999999999999}\r\n"], 8, "literal is too long"),
    ("a literal beyond numbers", "/", [*LIST, b"* LIST () NIL {99999999999999999999}\r\n"], 8, "no reply"),
    ("a literal below none", "/", [*LIST, b"* LIST () NIL {-5}\r\n"], 8, "no reply"),
    ("a literal that is cut", "/", [*LIST, b"* LIST () NIL {5}\r\nab"], 56, "ended"),
    ("a literal that is shorter", "/", [*LIST, b"* LIST () NIL {9}\r\nab\r\na2 OK\r\n"], (8, 56), ""),
    ("silence", "/", [stall], 28, ""),
    ("silence in the list", "/", [*LIST, b"* LIST () NIL a\r\n", stall], 28, ""),
    ("closed at the mailbox", "/a", [*BEGUN, hear(b"a2 EXAMINE")], 56, "ended"),
    ("no such mailbox", "/a", [*BEGUN, hear(b"a2"), b"a2 NO no\r\n"], 78, "NO no"),
    ("a mailbox that is not to be had now", "/a", [*BEGUN, hear(b"a2"), b"a2 NO [UNAVAILABLE] later\r\n"], 22, "later"),
    ("BAD", "/a", [*BEGUN, hear(b"a2"), b"a2 BAD what\r\n"], 22, "what"),
    ("a flood of messages", "/a", [*ROWS, forever(ROW % (1, 7) * 100, rate=64 << 20)], 8, "more than it was asked"),
    ("a header of terabytes", "/a", [*ROWS, b"* 1 FETCH (UID 7 BODY[HEADER.FIELDS (DATE)] {99999999999999}\r\n"], 8, "literal is too long"),
    ("closed in the rows", "/a", [*ROWS, ROW % (1, 7)], 56, "ended"),
    ("rows that end in no", "/a", [*ROWS, ROW % (1, 7) + b"a3 NO half\r\n"], 22, "half"),
    ("what was found are no numbers", "/a?ALL", [*SEARCH, b"* SEARCH x\r\n"], 8, "no messages"),
    ("more was found than there is", "/a?ALL", [*SEARCH, b"* SEARCH 1 2 3\r\n"], 8, "no messages"),
    ("a search that fails", "/a?ALL", [*SEARCH, b"a3 NO [BADCHARSET (x)] no\r\n"], 22, "no"),
    ("no such message", "/a;UID=7", [*GET, b"a3 OK\r\n"], 78, "no message"),
    ("a message that is no string", "/a;UID=7", [*GET, b"* 1 FETCH (UID 7 BODY[] NIL)\r\na3 OK\r\n"], 78, "no message"),
    ("another message", "/a;UID=7", [*GET, b"* 1 FETCH (UID 8 BODY[] {5}\r\nhello)\r\na3 OK\r\n"], 8, "not the message"),
    ("a message of nobody", "/a;UID=7", [*GET, b"* 1 FETCH (BODY[] {5}\r\nhello)\r\na3 OK\r\n"], 8, "not the message"),
    ("a message that ends early", "/a;UID=7", [*GET, b"* 1 FETCH (UID 7 BODY[] {500}\r\nhello)\r\na3 OK\r\n"], 56, "ended"),
    ("a message that ends late", "/a;UID=7", [*GET, b"* 1 FETCH (UID 7 BODY[] {2}\r\nhello)\r\na3 OK\r\n"], 8, "not the message"),
    ("a message that ends in no", "/a;UID=7", [*GET, b"* 1 FETCH (UID 7 BODY[] {5}\r\nhello)\r\na3 NO [SERVERBUG] broken\r\n"], 22, "broken"),
    ("a message without last word", "/a;UID=7", [*GET, b"* 1 FETCH (UID 7 BODY[] {5}\r\nhello)\r\n"], 56, "ended"),
    ("silence in a message", "/a;UID=7", [*GET, b"* 1 FETCH (UID 7 BODY[] {500}\r\nhello", stall], 28, ""),
]

# How a server takes a message, or does not: of one that goes after it was asked for, since it has no LITERAL+.
APPEND = [*BEGUN, hear(b"a2 APPEND")]
TAKEN = [*APPEND, b"+ go\r\n", hear(b"end")]
BAD_APPENDS = [
    ("refused at once", [*APPEND, b"a2 NO [OVERQUOTA] full\r\n"], 22, "full"),
    ("no such mailbox", [*APPEND, b"a2 NO [TRYCREATE] none\r\n"], 78, "none"),
    ("taken before it was sent", [*APPEND, b"a2 OK done\r\n"], 8, "not said yet"),
    ("closed instead of going on", APPEND, 56, "ended"),
    ("silence instead of going on", [*APPEND, stall], 28, ""),
    ("refused at the end", [*TAKEN, b"a2 NO [LIMIT] too big\r\n"], 22, "too big"),
    ("BAD at the end", [*TAKEN, b"a2 BAD x\r\n"], 22, "BAD x"),
    ("closed at the end", TAKEN, 18, "not known"),
    ("reset at the end", [*TAKEN, reset], 18, "not known"),
    ("nonsense at the end", [*TAKEN, b"hm\r\n"], 18, "not known"),
    ("BYE at the end", [*TAKEN, b"* BYE x\r\n"], 18, "not known"),
    ("half a word at the end", [*TAKEN, b"a2 O"], 18, "not known"),
    ("silence at the end", [*TAKEN, stall], 18, "not known"),
    ("no farewell", [*TAKEN, b"a2 OK done\r\n"], 0, ""),
    ("nonsense as farewell", [*TAKEN, b"a2 OK done\r\n", hear(b"a3"), b"\x1b\r\n"], 0, ""),
]


class Bad(Fetching):
    def fetch_from(self, server, path, *words):
        return self.fetch(f"imap://localhost:{server.port}{path}", *USER, "--timeout", "5s", *words)

    def check(self, run, status, said):
        self.assertIn(run.status, status if isinstance(status, tuple) else (status,), run)
        self.assertRegex(run.err, said or "^")
        self.assertNotIn("\x1b", run.err)

    def test_servers(self):
        for name, path, script, status, said in BAD:
            with self.subTest(name), BadServer(script) as server:
                self.check(self.fetch_from(server, path, "--output", "copy"), status, said)
                self.assertEqual(self.left(), [])

    def test_appends(self):
        for name, script, status, said in BAD_APPENDS:
            with self.subTest(name), BadServer(script) as server:
                self.check(self.ahoy("send", f"imap://localhost:{server.port}/a", *USER, "--timeout", "3s", given=b"Subject: x\n\nend\n"), status, said)

    def test_lines_end_as_they_must(self):
        """Some servers mend it, as dovecot does; it is not theirs to do."""
        whole = b"Subject: xy\r\n" + b"\r\n" * 100_000 + b"end"  # wherever it is cut when it is read, it is within a line's end
        for given, wire in ((b"Subject: x\r\n\na\r\nb\n\n\rc\r\n\nend", b"Subject: x\r\n\r\na\r\nb\r\n\r\n\rc\r\n\r\nend"), (whole, whole)):
            with BadServer([*APPEND, b"+ go\r\n", hear(b"end"), b"a2 OK x\r\n"]) as server:
                self.expect(self.ahoy("send", f"imap://localhost:{server.port}/a", *USER, given=given), 0, b"OK x\n")
                self.assertTrue(b'a2 APPEND "a" {%d}\r\n%b\r\n' % (len(wire), wire) in server.heard)

    def test_output_that_fails_says_what_was_taken(self):
        with BadServer([*TAKEN, b"a2 OK [APPENDUID 1 2] done\r\n"]) as server, open("/dev/full", "wb") as full:
            run = self.ahoy("send", f"imap://localhost:{server.port}/a", *USER, given=b"Subject: x\n\nend\n", stdout=full)
            self.assertEqual(run.status, 23)
            self.assertIn("ahoy: the server has it: OK [APPENDUID 1 2] done\n", run.err)

    def test_a_message_that_is_cut(self):
        """The server cannot have taken it: that is no doubt."""
        message = b"Subject: x\n\n" + b"x" * (20 << 20)
        for end in (reset, lambda conversation: conversation.peer.close()):
            with BadServer([*APPEND, b"+ go\r\n", end]) as server:
                run = self.ahoy("send", f"imap://localhost:{server.port}/a", *USER, given=message)
                self.assertIn(run.status, (55, 56), run)
                self.assertEqual(run.out, b"")

    def test_hostile_names(self):
        listed = b"* LIST (\\x) \"/\" \"../../x\"\r\n* LIST () \"/\" {8}\r\na\r\n\x1b[2J\x07\r\n* LIST () NIL \"\xff\"\r\na2 OK\r\n"
        with BadServer([*LIST, listed, *BYE]) as server:
            self.expect(self.fetch_from(server, "/"), 0, b"../../x\t\\x\na\\x0d\\x0a\\x1b[2J\\x07\t\n\\xff\t\n")
            self.assertEqual(self.left(), [])

    def test_hostile_rows(self):
        header = b"Subject: =?utf-8?q?=1b[2J=0a=0d?=\r\nFrom: \x9b\x07\r\n\r\n"
        row = b"* 1 FETCH (UID 7 FLAGS (x) INTERNALDATE \"x\" RFC822.SIZE 5 BODY[HEADER.FIELDS (DATE FROM SUBJECT)] {%d}\r\n%b)\r\n" % (len(header), header)
        with BadServer([*ROWS, row + b"a3 OK\r\n", *BYE]) as server:
            self.expect(self.fetch_from(server, "/a"), 0, b"7\t\t\\x9b\\x07\t\\x1b[2J\\x0a\\x0d\t5\tx\n")

    def test_what_is_unusual_and_right(self):
        """The order of items, a UID after the content, quoted content, changes of flags in between, words for a person that end as a literal begins."""
        for said in (GIVEN, b"* 1 FETCH (BODY[] {5}\r\nhello UID 7)\r\na3 OK {5}\r\n", b"* 1 FETCH (UID 7 BODY[] \"hello\")\r\na3 OK\r\n",
                     b"* OK x {5}\r\n* 1 FETCH (FLAGS (\\Seen))\r\n* 1 FETCH (FLAGS () body[]<0> ~{5}\r\nhello UID 7)\r\n* 3 EXISTS\r\na3 OK\r\n",
                     GIVEN.replace(b"\r\n", b"\n")):
            with self.subTest(said), BadServer([*GET, said, *BYE]) as server:
                self.expect(self.fetch_from(server, "/a;UID=7"), 0, b"hello")

    def test_a_farewell_that_fails_is_no_failure(self):
        for last in ([hear(b"a4")], [hear(b"a4"), b"\x1b\r\n"], [hear(b"a4"), reset]):
            with BadServer([*GET, GIVEN, *last]) as server:
                self.expect(self.fetch_from(server, "/a;UID=7"), 0, b"hello")

    def test_closed_at_every_byte(self):
        script = [*ROWS, ROW % (1, 7) + ROW % (2, 8) + b"a3 OK\r\n", hear(b"a4"), b"* BYE\r\n"]
        said = sum(len(step) for step in script if isinstance(step, bytes))
        done = said - len(b"* BYE\r\n")
        for at in range(1, said):
            with self.subTest(at), BadServer(script, close_at=at) as server:
                run = self.fetch_from(server, "/a", "--output", "rows")
                self.assertIn(run.status, (0,) if at >= done else (8, 56, 67), run)
                self.assertEqual(self.left(), ["rows"] if at >= done else [])
            if at >= done:
                self.assertEqual((self.folder / "rows").read_bytes(), ROWS_SHOWN)
                (self.folder / "rows").unlink()

    def test_a_message_without_end(self):
        with BadServer([*GET, b"* 1 FETCH (UID 7 BODY[] {99999999999999}\r\n", forever(b"x" * 10000)]) as server:
            self.check(self.fetch_from(server, "/a;UID=7", "--output", "copy", "--max-size", "100k"), 63, "too long")
        with BadServer([*GET, b"* 1 FETCH (UID 7 BODY[] {99999999999999}\r\n", forever(b"x" * 10000)]) as server:
            self.check(self.fetch(f"imap://localhost:{server.port}/a;UID=7", *USER, "--output", "copy", "--timeout", "1s"), 28, "")
        with BadServer([*GET, b"* 1 FETCH (UID 7 BODY[] {101}\r\n", stall]) as server:  # it is known before it comes
            self.check(self.fetch_from(server, "/a;UID=7", "--output", "copy", "--max-size", "100"), 63, "too long")
        self.assertEqual(self.left(), [])

    def test_nothing_is_deleted_that_is_not_whole(self):
        opened = [*BEGUN, hear(b"a2 SELECT"), b"* 1 EXISTS\r\na2 OK\r\n", hear(b"a3")]
        for said, status in ((b"* 1 FETCH (UID 7 BODY[] {5}\r\nhel", 56), (b"* 1 FETCH (UID 7 BODY[] {5}\r\nhello)\r\n", 56), (b"* 1 FETCH (UID 7 BODY[] {5}\r\nhello)\r\na3 NO x\r\n", 78)):
            with BadServer([*opened, said]) as server:
                self.check(self.fetch_from(server, "/a;UID=7", "--output", "copy", "--delete"), status, "")
                self.assertNotIn(b"STORE", server.heard)
                self.assertEqual(self.left(), [])

    def test_a_delete_that_is_not_confirmed_is_told(self):
        marked = [*BEGUN, hear(b"a2 SELECT"), b"* 1 EXISTS\r\na2 OK\r\n", hear(b"a3"), GIVEN, hear(b"a4 UID STORE 7 +FLAGS.SILENT (\\DELETED)")]
        expunged = [*marked, b"a4 OK\r\n", hear(b"a5 UID EXPUNGE 7")]
        for script, status in ((marked, 56), ([*marked, b"a4 NO no\r\n"], 22), (expunged, 56), ([*expunged, b"a5 NO no\r\n"], 22), ([*expunged, b"* 1 EXPUNGE\r\na5 OK\r\n"], 0)):
            with BadServer(script) as server:
                self.check(self.fetch_from(server, "/a;UID=7", "--output", "copy", "--delete"), status, "")

    def test_a_server_that_cannot_delete_one_alone(self):
        with BadServer([*LOGIN, hear(b"a1"), b"* CAPABILITY IMAP4rev1\r\na1 OK\r\n", hear(b"a2 SELECT"), b"* 1 EXISTS\r\na2 OK\r\n", hear()]) as server:
            self.check(self.fetch_from(server, "/a;UID=7", "--output", "copy", "--delete"), 22, "UIDPLUS")
            self.assertNotIn(b"FETCH", server.heard)
        self.assertEqual(self.left(), [])

    def test_what_is_said_before_tls_does_not_count(self):
        """RFC 9051, section 11.1: a reply that an attacker puts before TLS is none."""
        trusted = certificates().good
        script = [b"* OK x\r\n", hear(b"A001"), b"* CAPABILITY IMAP4rev1 STARTTLS\r\nA001 OK\r\n", hear(b"A002"), b"A002 OK go\r\n* 5 EXISTS\r\n", start_tls(trusted),
                  hear(b""), b"* CAPABILITY IMAP4rev1\r\nA003 OK\r\n", hear()]
        with BadServer(script) as server:
            run = self.fetch_from(server, "/", "--starttls", "--cacert", str(trusted.file))
            self.assertNotEqual(run.status, 0)
            self.assertNotIn(b"alice", server.heard)


if __name__ == "__main__":
    unittest.main()
