"""Callers that misbehave, under every model: the server lives, others are served meanwhile, and why each one left is said."""
import collections
import concurrent.futures
import contextlib
import itertools
import re
import tempfile
import traceback
import unittest

import bad_callers
import bad_datagrams
import bad_tls_callers
from bad_callers import IDLE, MESSAGE_TIME, MOST, Bad
from command import SANITIZED, Listener, await_that, json_events
from models_test import WAYS, descriptors_of, named
from servers.certificates import certificates

UNSEEN = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\u00ad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\U000e0000-\U000e0fff]")
TABLES = {
    "echo": [*bad_callers.ECHO, *bad_callers.UNIX, *bad_tls_callers.ROWS, *bad_datagrams.ECHO],
    "talk": [*bad_callers.TALK, *bad_datagrams.TALK],
}
LEAST = {"tcp": 480, "tls": 1000, "unix": 540, "udp": 400}
KEPT = 6  # workers: as many as two rows use, with those who are served meanwhile
ROWS_OF_TLS = 16
CELLS_AT_ONCE = 4  # much of their time is waiting


def rows_of(handler, transport, way):
    """In parts, each for a server of its own: of those whose handshake fails before they join it names no more than 32 at once."""
    rows = [row for row in TABLES[handler] if transport in row.transports.split()]
    size = ROWS_OF_TLS if transport == "tls" else len(rows)
    rows.sort(key=lambda row: row.ends is None or isinstance(row.ends, dict) and row.ends[transport] is None)  # floods come last
    return [rows[at:at + size] for at in range(0, len(rows), size)]


class Words:
    """What the listener writes: found wherever it is, since rows run side by side."""

    def __init__(self, lines):
        self.lines = lines

    def mark(self):
        return len(self.lines.so_far())

    def until(self, pattern, mark=0):
        """The first match after the mark."""
        found = []

        def is_there():
            found[:] = [re.compile(pattern, re.M).search(self.lines.raw, mark)]
            return found[0]
        self.lines.await_that(is_there, pattern)
        return found[0]


class Cell:
    """One server: a handler and a model, at one transport."""

    def __init__(self, transport, handler, way, rows):
        self.transport, self.handler, self.way, self.rows = transport, handler, way, rows
        self.numbers, self.connections = itertools.count(), itertools.count(1)
        # Each caller has to wait for the ones before it: so one thing at a time. Of a Unix socket nobody knows which one is whose.
        one_by_one = way.model == "iterative" or transport == "unix"
        self.at_once = 1 if one_by_one else 2 if way.has_kept else 6
        self.serves_many = way.model != "iterative" and not way.has_kept
        self.folder = tempfile.TemporaryDirectory(prefix="ahoy-bad-")

    @property
    def name(self):
        return f"{self.transport}, {self.handler}, {named(self.way)}"

    def start(self):
        on = f"unix://{self.folder.name}/socket" if self.transport == "unix" else f"{self.transport}://127.0.0.1:0"
        words = ["--model", self.way.model, *(["--workers", KEPT] if self.way.has_kept else ["--workers", self.way.workers] if self.way.workers else [])]
        shown = ["--json"] if self.handler == "echo" else []
        secure = ["--cert", certificates().good.file, "--key", certificates().good.key] if self.transport == "tls" else []
        limits = ["--idle-timeout", f"{IDLE}s", "--drain", "1s"]
        if self.transport == "tls":
            limits += ["--handshake-timeout", f"{IDLE}s"]
        if self.handler in ("talk", "relay"):
            limits += ["--max-message", MOST, *(["--message-timeout", f"{MESSAGE_TIME}s"] if self.transport != "udp" else [])]
        self.listener = Listener(on, "--handler", self.handler, "-v", *words, *limits, *secure, *shown)
        self.url = self.listener.urls[0]
        self.err, self.out = Words(self.listener.err), Words(self.listener.out)

    def open_descriptors(self):
        """How many of each kind, of the server and of all its processes."""
        found = collections.Counter()
        for pid in (self.listener.pid, *self.listener.children()):
            with contextlib.suppress(FileNotFoundError):  # it has ended meanwhile
                found.update((pid, re.sub(r"\d+", "N", each)) for each in descriptors_of(pid).values())
        return found

    def pollers(self):
        return sum(count for (_, kind), count in self.open_descriptors().items() if "eventpoll" in kind)

    # --- somebody else, who does no harm ---

    def call_well(self):
        """Connects, and shakes hands, which comes before its turn. What goes by datagrams has nothing to connect."""
        if self.transport == "udp":
            return Bad(self).datagrams()
        caller = Bad(self).plain()
        return bad_tls_callers.over(caller).shake() if self.transport == "tls" else caller

    def serve_well(self, caller):
        self.hear_well(*self.say_well(caller))

    def say_well(self, caller):
        """All of it, and its end: who has to wait for its turn must not be silent when that comes."""
        text = f"good {next(self.numbers)} ".encode()
        mark = self.out.mark()
        if self.transport != "udp":
            caller.send(text + b"\n")
            caller.end()
        return caller, text, mark

    def hear_well(self, caller, text, mark):
        if self.transport == "udp":
            return self.serve_datagrams_well(caller, text, mark)
        with contextlib.closing(caller):
            if self.handler == "echo":
                assert caller.line() == text
            else:
                self.out.until(re.escape(b"] " + text), mark)
            assert caller.rest() == b""

    def serve_datagrams_well(self, caller, text, mark):
        """One may be lost in a flood, so it is said again."""
        with contextlib.closing(caller):
            caller.socket.settimeout(0.2)

            def is_answered():
                with contextlib.suppress(TimeoutError, ConnectionRefusedError):
                    caller.send(text)
                    return caller.socket.recv(1 << 16) == text
                return self.handler == "talk" and text in self.listener.out.so_far()[mark:]
            await_that(is_answered, "an answer")

    # --- the rows ---

    def run(self, row):
        bad = Bad(self)
        with bad.open:
            mark, out = self.err.mark(), self.out.mark()
            steps = row.body(bad)
            next(steps)
            good = self.say_well(self.call_well())
            if self.way.model != "iterative":
                self.hear_well(*good)
                good = None
            for _ in steps:
                raise AssertionError("it yields twice")
            bad.open.close()
            if good:
                self.hear_well(*good)
            self.check_said(row, bad, mark, out)
        self.serve_well(self.call_well())
        assert self.listener.is_running()

    def check_said(self, row, bad, mark, out):
        ends = row.ends[self.transport] if isinstance(row.ends, dict) else row.ends
        if ends is None:
            return
        for label in [each.label for each in bad.callers]:
            found = self.err.until(rb"^\[%s\] (left|did not join)(.*)$" % re.escape(label.encode()), mark)
            assert re.match(ends, found[2].decode()), f"{found[0]!r} is not {ends!r}"
            if row.shown:
                self.out.until(rb"^\[%s\] %s$" % (re.escape(label.encode()), row.shown), out)

    def run_all(self):
        """What went wrong, by the names of the rows."""
        self.start()
        failures = {}
        with self.listener, self.folder:
            self.serve_well(self.call_well())
            await_that(lambda: b"] left" in self.listener.err.so_far(), "the first one to leave")
            if self.way.model == "event" and self.way.workers:
                await_that(lambda: self.pollers() > self.way.workers, "each loop to begin")
            before = self.open_descriptors()
            with concurrent.futures.ThreadPoolExecutor(self.at_once) as pool:
                for row, failure in zip(self.rows, pool.map(self.failure_of, self.rows)):
                    failures[row.name] = failure
            failures["in the end"] = self.failure_in(lambda: self.check_end(before))
        return failures

    def check_end(self, before):
        try:
            await_that(lambda: self.open_descriptors() <= before, "descriptors")
        except AssertionError:
            raise AssertionError(f"descriptors are left: {self.open_descriptors() - before}") from None
        assert self.listener.end() == 0
        if self.handler == "echo":
            self.check_events()
        for lines in (self.listener.err, self.listener.out):
            text = lines.all().decode()
            assert not UNSEEN.search(text), f"{UNSEEN.search(text)} is not escaped"

    def check_events(self):
        """Whom --json tells of, it tells the same of, but for the option: who was not here for long it may leave out."""
        told = {(event["from"], event["text"]) for event in json_events(self.listener.out.all()) if event["event"] == "leave"}
        left = re.findall(r"^\[(.*)\] left(?:: (.*?))?(?: \(--[a-z-]+\))?$", self.listener.err.all().decode(), re.M)
        assert told, "nobody left"
        assert told <= {(label, why or "done") for label, why in left}, told

    def failure_of(self, row):
        return self.failure_in(lambda: self.run(row))

    def failure_in(self, work):
        try:
            work()
        except Exception:  # told by the test
            return traceback.format_exc() + self.listener.err.so_far()[-1500:].decode(errors="replace")
        return None


class BadCallers(unittest.TestCase):
    def check(self, transport):
        ways = WAYS[::2] if SANITIZED else WAYS  # a sanitizer looks at each piece of code, and need not see it with each other one
        cells = [Cell(transport, handler, way, rows) for way in ways for handler in TABLES for rows in rows_of(handler, transport, way)]
        done = 0
        with concurrent.futures.ThreadPoolExecutor(CELLS_AT_ONCE) as pool:
            for cell, failures in zip(cells, pool.map(Cell.run_all, cells)):
                done += len(failures) - 1
                for name, failure in failures.items():
                    with self.subTest(f"{cell.name}: {name}"):
                        self.assertIsNone(failure, failure)
        print(f"{transport}: {done} cases")
        self.assertGreaterEqual(done, LEAST[transport] // (3 if SANITIZED else 1))

    def test_tcp(self):
        self.check("tcp")

    def test_tls(self):
        self.check("tls")

    def test_unix(self):
        self.check("unix")

    def test_udp(self):
        self.check("udp")


if __name__ == "__main__":
    unittest.main()
