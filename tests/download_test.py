"""What `ahoy fetch --output` makes of what is there already, what `--resume` goes on with, and what becomes of the bar on a terminal."""
import contextlib
import json
import os
import pty
import re
import select
import signal
import stat
import subprocess
import threading
import unittest

from bad_server import BadServer, hear_until
from command import AHOY, GUARD, Running, await_that
from fetching import EVERY_BYTE, MUCH, NOBODY_KNOWN, Fetching
from servers import Ftp, Nginx, PlainFtp

ASKED = hear_until(b"\r\n\r\n")
SOME = MUCH[:160 << 10]
OTHER = bytes(reversed(EVERY_BYTE))
USER = ["--user", "alice:secret"]
RESUMED = ["--output", "copy", "--resume"]


def answer(*fields, body=b"", status=b"200 OK"):
    length = b"Content-Length: %d" % len(body)
    return b"HTTP/1.1 " + status + b"\r\n" + b"".join(field + b"\r\n" for field in (*fields, length, b"Connection: close")) + b"\r\n" + body


class Web(Fetching):
    start = Nginx

    def url(self, path="/all"):
        return f"http://localhost:{self.server.http_port}{path}"

    def setUp(self):
        super().setUp()
        self.put("all", EVERY_BYTE)


class Target(Web):
    """The file that --output names."""

    def into(self, name, *words, **process):
        return self.fetch(self.url(), "--output", name, *words, **process)

    def device(self, name, minor):
        """One like that of /dev: root may replace those themselves, and so uses none of them here."""
        if os.geteuid() != 0:
            return f"/dev/{name}"
        os.mknod(self.folder / name, 0o666 | stat.S_IFCHR, os.makedev(1, minor))
        return self.folder / name

    def test_a_device_stays_what_it_is(self):
        for name, minor, status, says in (("null", 3, 0, ""), ("full", 7, 23, "no space left")):
            with self.subTest(name):
                device = self.device(name, minor)
                self.assertIn(says, self.expect(self.into(device), status).err)
                self.assertTrue(stat.S_ISCHR(os.stat(device).st_mode))

    def test_a_pipe_is_written_to_at_the_pace_of_its_reader(self):
        self.put("much", MUCH)
        os.mkfifo(self.folder / "pipe")
        reader = os.open(self.folder / "pipe", os.O_RDONLY | os.O_NONBLOCK)
        os.set_blocking(reader, True)
        with open(reader, "rb") as into, Running("fetch", self.url("/much"), "--output", "pipe", cwd=self.folder, env=NOBODY_KNOWN) as fetching:
            select.select([into], [], [], GUARD)  # to read before anybody writes would be to find the end
            self.assertEqual(into.read(), MUCH)
            self.assertEqual(fetching.ended().status, 0)
        self.assertTrue(stat.S_ISFIFO((self.folder / "pipe").stat().st_mode))
        self.assertEqual(self.left(), ["pipe"])

    def test_a_pipe_whose_reader_goes(self):
        self.put("much", MUCH)
        os.mkfifo(self.folder / "pipe")
        with open(os.open(self.folder / "pipe", os.O_RDONLY | os.O_NONBLOCK), "rb") as into:
            with Running("fetch", self.url("/much"), "--output", "pipe", cwd=self.folder, env=NOBODY_KNOWN) as fetching:
                select.select([into], [], [], GUARD)
                into.close()
                ended = fetching.ended()
        self.assertEqual(ended.status, 23)
        self.assertIn("save pipe: broken pipe", ended.err)

    def test_our_own_output_is_written_to(self):
        (self.folder / "stdout").symlink_to("/proc/self/fd/1")  # as /dev/stdout is
        self.expect(self.into("stdout"), 0, EVERY_BYTE)
        with open(self.folder / "log", "ab") as log:
            log.write(b"before ")
            log.flush()
            self.expect(self.into("stdout", stdout=log), 0)
        self.assertEqual((self.folder / "log").read_bytes(), b"before " + EVERY_BYTE)
        self.assertEqual(self.left(), ["log", "stdout"])

    def test_a_pipe_that_nobody_reads(self):
        os.mkfifo(self.folder / "pipe")
        self.assertIn("nobody reads it", self.expect(self.into("pipe"), 23).err)
        self.refused(2, "contradictory", "fetch", self.url(), "--output", "pipe", "--resume")
        self.assertEqual(self.left(), ["pipe"])

    def test_a_link_is_followed(self):
        (self.folder / "there").mkdir()
        (self.folder / "there" / "old").write_bytes(b"old")
        for name, to in (("link", "there/old"), ("chain", "link"), ("to-nothing", "there/new"), ("absolute", self.folder / "there" / "newer")):
            with self.subTest(name):
                (self.folder / name).symlink_to(to)
                self.expect(self.into(name), 0)
                self.assertTrue((self.folder / name).is_symlink())
                self.assertEqual((self.folder / name).read_bytes(), EVERY_BYTE)
        self.assertEqual(sorted(os.listdir(self.folder / "there")), ["new", "newer", "old"])

    def test_what_cannot_be_written_to(self):
        (self.folder / "folder").mkdir()
        (self.folder / "circle").symlink_to("circle")
        for name, says in (("folder", "is a directory"), ("folder/", "is a directory"), ("circle", "symbolic links"), ("nowhere/x", "no such")):
            with self.subTest(name):
                self.assertRegex(self.expect(self.into(name), 23).err, says)
        self.assertEqual(self.left(), ["circle", "folder"])

    def test_rights_are_those_of_the_file_that_is_replaced(self):
        for words in ([], ["--resume"]):
            for mode in (0o600, 0o640, 0o755):
                with self.subTest((words, mode)):
                    copy = self.folder / "copy"
                    copy.write_bytes(b"old")
                    copy.chmod(mode)
                    if os.geteuid() == 0:
                        os.chown(copy, self.server.user, self.server.group)
                    was = copy.stat()
                    self.expect(self.into("copy", *words), 0)
                    now = copy.stat()
                    self.assertEqual((now.st_mode, now.st_uid, now.st_gid), (was.st_mode, was.st_uid, was.st_gid))
                    self.assertEqual(copy.read_bytes(), EVERY_BYTE)

    def test_rights_of_a_new_file_are_the_usual_ones(self):
        for words in ([], ["--resume"]):
            for mask in (0o022, 0o027, 0o077):
                with self.subTest((words, mask)):
                    self.expect(self.into("copy", *words, umask=mask), 0)
                    self.assertEqual(stat.S_IMODE((self.folder / "copy").stat().st_mode), 0o666 & ~mask)
                    (self.folder / "copy").unlink()


class Resuming(Web):
    """Nothing that goes on is joined to what is not its beginning."""

    def leave_part(self):
        """Begins, and is ended in the middle."""
        with Running("fetch", self.url("/slow/some"), *RESUMED, cwd=self.folder, env=NOBODY_KNOWN) as fetching:
            await_that(lambda: self.left() and self.part().stat().st_size > 0, "the first bytes")
            fetching.send_signal(signal.SIGTERM)
            fetching.ended()
        self.assertEqual(self.left(), ["copy.part", "copy.part.from"])
        return self.part().stat().st_size

    def part(self):
        return self.folder / "copy.part"

    def note(self, url, validator):
        (self.folder / "copy.part.from").write_text(f"{url}\n{validator}\n", encoding="utf-8")

    def expect_whole(self, url, content, *words):
        ended = self.expect(self.fetch(url, *RESUMED, "-v", *words), 0, b"")
        self.assertEqual((self.folder / "copy").read_bytes(), content)
        self.assertEqual(self.left(), ["copy"])
        return ended.err

    def test_the_rest_comes_where_it_is_the_same(self):
        self.put("some", SOME)
        there = self.leave_part()
        said = self.expect_whole(self.url("/slow/some"), SOME)
        self.assertIn(f"> Range: bytes={there}-", said)
        self.assertIn("206 Partial", said)

    def test_what_has_changed_comes_anew(self):
        self.put("some", SOME)
        there = self.leave_part()
        os.utime(self.put("some", SOME[::-1]), (1, 1))
        self.assertIn(f"> Range: bytes={there}-", self.expect_whole(self.url("/slow/some"), SOME[::-1]))

    def test_a_part_that_is_whole_is_enough(self):
        rows = map(json.loads, self.fetch(self.url(), "--head", "--json").out.splitlines())
        tag = next(row["value"] for row in rows if row.get("name") == "ETag")
        self.part().write_bytes(EVERY_BYTE)
        self.note(self.url(), tag)
        self.assertIn("416", self.expect_whole(self.url(), EVERY_BYTE))

    def test_what_nobody_knows_the_beginning_of_comes_anew(self):
        for url, validator in ((None, None), (self.url("/other"), '"x"'), (self.url(), ""), (self.url(), '"x"')):
            with self.subTest((url, validator)):
                self.part().write_bytes(b"something else")
                if url:
                    self.note(url, validator)
                self.expect_whole(self.url(), EVERY_BYTE)
                (self.folder / "copy").unlink()

    def test_a_part_that_is_longer_comes_anew(self):
        with BadServer([ASKED, answer(b'ETag: "a"', b"Content-Range: bytes */2", status=b"416 No")],
                       [ASKED, answer(b'ETag: "a"', body=b"12")]) as server:
            url = f"http://127.0.0.1:{server.port}/"
            self.part().write_bytes(b"123")
            self.note(url, '"a"')
            self.expect_whole(url, b"12")
            self.assertIn(b'\r\nIf-Range: "a"\r\n', server.heard)

    def test_servers_that_do_not_heed_the_condition(self):
        rest = [b"Content-Range: bytes 3-5/6"]
        for name, kept, fields in (("another tag", '"a"', [b'ETag: "b"']), ("a weak tag", '"a"', [b'ETag: W/"a"']),
                                   ("another time", "Mon, 01 Jan 2024 00:00:00 GMT", [b"Last-Modified: Tue, 02 Jan 2024 00:00:00 GMT"])):
            with self.subTest(name), BadServer([ASKED, answer(*rest, *fields, body=b"DEF", status=b"206 Partial")],
                                               [ASKED, answer(*fields, body=b"ABCDEF")]) as server:
                url = f"http://127.0.0.1:{server.port}/"
                self.part().write_bytes(b"abc")
                self.note(url, kept)
                self.expect_whole(url, b"ABCDEF")
                (self.folder / "copy").unlink()

    def test_what_tells_one_state_from_another(self):
        date, earlier = b"Tue, 02 Jan 2024 00:00:00 GMT", b"Mon, 01 Jan 2024 00:00:00 GMT"
        for fields, kept in (([b'ETag: "a"', b"Last-Modified: " + earlier], '"a"'), ([b'ETag: W/"a"'], None), ([b"ETag: a"], None), ([], None),
                             ([b"Last-Modified: " + earlier, b"Date: " + date], earlier.decode()), ([b"Last-Modified: " + date, b"Date: " + date], None),
                             ([b'ETag: "\x1b[2J"'], None)):
            cut_short = answer(*fields, body=b"abcdef")[:-3]
            with self.subTest(fields), BadServer([ASKED, cut_short]) as server:
                url = f"http://127.0.0.1:{server.port}/"
                self.expect(self.fetch(url, *RESUMED), 56)
                self.assertEqual(self.part().read_bytes(), b"abc")
                self.assertEqual(self.left(), ["copy.part", "copy.part.from"] if kept else ["copy.part"])
                if kept:
                    self.assertEqual((self.folder / "copy.part.from").read_text(encoding="utf-8"), f"{url}\n{kept}\n")
                    self.assertEqual(stat.S_IMODE((self.folder / "copy.part.from").stat().st_mode), 0o600)
            for name in self.left():
                (self.folder / name).unlink()

    def test_what_cannot_be_resumed(self):
        for word in ("--head", "--compressed"):
            self.part().write_bytes(b"abc")
            self.refused(2, "contradictory", "fetch", self.url(), *RESUMED, word)
            self.assertEqual(self.part().read_bytes(), b"abc")
        self.refused(2, "contradictory", "send", self.url("/echo"), "--resume", "x")


class ResumingFiles(Fetching):
    """By FTP."""
    start = Ftp

    def url(self, path):
        return f"ftp://localhost:{self.server.port}{path}"

    def note(self, content, url=None):
        changed = int((self.server.root / "x").stat().st_mtime)
        size = (self.server.root / "x").stat().st_size
        (self.folder / "copy.part").write_bytes(content)
        (self.folder / "copy.part.from").write_text(f"{url or self.url('/x')}\n{changed} {size}\n", encoding="utf-8")

    def expect_whole(self, content):
        ended = self.expect(self.fetch(self.url("/x"), *USER, *RESUMED, "-v"), 0, b"")
        self.assertEqual((self.folder / "copy").read_bytes(), content)
        self.assertEqual(self.left(), ["copy"])
        (self.folder / "copy").unlink()
        return ended.err

    def test_the_rest_comes_where_it_is_the_same(self):
        self.put("x", EVERY_BYTE)
        self.note(EVERY_BYTE[:1000])
        self.assertIn("> REST 1000", self.expect_whole(EVERY_BYTE))
        self.note(EVERY_BYTE)
        self.expect_whole(EVERY_BYTE)

    def test_else_all_comes_anew(self):
        self.put("x", EVERY_BYTE)
        self.note(OTHER[:1000])
        os.utime(self.put("x", EVERY_BYTE), (1, 1))
        self.assertNotIn("> REST 1000", self.expect_whole(EVERY_BYTE))
        self.note(OTHER[:1000], url=self.url("/y"))
        self.expect_whole(EVERY_BYTE)
        self.note(OTHER + b"more")
        self.expect_whole(EVERY_BYTE)
        (self.folder / "copy.part").write_bytes(OTHER[:1000])
        self.expect_whole(EVERY_BYTE)

    def test_a_run_that_is_cut_off_is_gone_on_with(self):
        with Ftp(more="TransferRate RETR 200:0\n") as server:
            (server.root / "x").write_bytes(MUCH)
            words = ["fetch", f"ftp://localhost:{server.port}/x", *USER, *RESUMED, "-v"]
            for _ in range(2):
                with Running(*words, cwd=self.folder, env=NOBODY_KNOWN) as fetching:
                    before = (self.folder / "copy.part").stat().st_size if self.left() else 0
                    await_that(lambda: self.left() and (self.folder / "copy.part").stat().st_size > before, "some bytes")
                    fetching.send_signal(signal.SIGTERM)
                    said = fetching.ended().err
            self.assertIn(f"> REST {before}", said)
            self.assertTrue(MUCH.startswith((self.folder / "copy.part").read_bytes()))

    def test_what_cannot_be_resumed(self):
        self.put("x", b"one\ntwo\n")
        for path in ("/x;type=a", "/", "/x;type=d"):
            self.refused(2, "contradictory", "fetch", self.url(path), *USER, *RESUMED)
        self.assertEqual(self.left(), [])

    def test_sending_what_is_shorter_than_what_is_there(self):
        for given in ({"given": b"short"}, {"stdin": self.input_file(b"short")}):
            there = self.put("x", b"x" * 100)
            self.refused(22, "refused", "send", self.url("/x"), *USER, "--resume", **given)
            self.assertEqual(there.read_bytes(), b"x" * 100)

    def input_file(self, content):
        (self.folder / "input").write_bytes(content)
        return self.enterContext(open(self.folder / "input", "rb"))

    def test_what_is_sent_is_what_left(self):
        self.put("x", EVERY_BYTE[:1000])
        for sent in (len(EVERY_BYTE) - 1000, 0):
            ended = self.expect(self.ahoy("send", self.url("/x"), *USER, "--resume", "--json", stdin=self.input_file(EVERY_BYTE)), 0)
            self.assertEqual(json.loads(ended.out)["sent"], sent)
            self.assertEqual((self.server.root / "x").read_bytes(), EVERY_BYTE)

    def test_a_name_is_not_cut_at_a_number_sign(self):
        self.put("x", b"another file")
        self.put("x#y", EVERY_BYTE)
        self.assertIn("%23", self.refused(2, "malformed", "fetch", self.url("/x#y"), *USER).err)
        self.refused(2, "malformed", "send", self.url("/x#y"), *USER, "z")
        self.expect(self.fetch(self.url("/x%23y"), *USER), 0, EVERY_BYTE)


class ResumingPlainFiles(ResumingFiles):
    """The same with another server."""
    start = PlainFtp
    test_a_run_that_is_cut_off_is_gone_on_with = None


class Terminal(unittest.TestCase):
    """`ahoy` on a terminal that shows a bar after a second, for which a server is slow."""

    def run_on_terminal(self, *words, until=None, then=None):
        """What it shows; `then` is called once the bar is seen."""
        ours, theirs = pty.openpty()
        with contextlib.ExitStack() as all_of_it:
            all_of_it.callback(os.close, ours)
            process = subprocess.Popen([AHOY, *map(str, words)], stdin=theirs, stdout=theirs, stderr=theirs, env=NOBODY_KNOWN, start_new_session=True)
            all_of_it.callback(process.wait, GUARD)
            os.close(theirs)
            shown = b""
            with contextlib.suppress(OSError):  # EIO: nobody has the other end any more
                while piece := os.read(ours, 1 << 16):
                    shown += piece
                    if then and re.search(until, shown):
                        then()
                        then = None
            self.status = process.wait(GUARD)
        return shown

    def slow_server(self):
        """Says nothing until it is told to."""
        told = threading.Event()
        return BadServer([ASKED, lambda _: told.wait(GUARD), answer(body=b'{"id": 123}')]), told

    def check_bar_gives_way(self, *words):
        slow, told = self.slow_server()
        with slow as server:
            shown = self.run_on_terminal(words[0], f"http://127.0.0.1:{server.port}/", *words[1:], until=rb"\d%", then=told.set)
            self.assertEqual(self.status, 0, shown)
            self.assertRegex(shown, rb"\d% http")
            self.assertTrue(shown.endswith(b'\r\x1b[K{"id": 123}'), shown[-200:])

    def test_the_reply_stays(self):
        self.check_bar_gives_way("send", "hello")
        self.check_bar_gives_way("fetch")

    def test_none_while_something_is_typed(self):
        with BadServer([ASKED, lambda conversation: conversation.over.wait(GUARD)]) as server:
            shown = self.run_on_terminal("send", f"http://127.0.0.1:{server.port}/", "--timeout", "2s")
            self.assertEqual(self.status, 28, shown)
            self.assertNotIn(b"%", shown)
            self.assertNotIn(b"\x1b[K", shown)


if __name__ == "__main__":
    unittest.main()
