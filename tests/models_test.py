"""Every handler under every way to serve, on every family: `ahoy listen` under its models and their workers."""
import contextlib
import itertools
import os
import pathlib
import random
import re
import signal
import socket
import tempfile
import threading
import typing
import unittest

from command import GUARD, SANITIZED, Listener, await_that
from peers import Caller, is_listening, label_of, overfill, reset, tcp_sockets

HERE = "127.0.0.1:0"


class Way(typing.NamedTuple):
    """A row of Stevens' table (UNP vol. 1, 30.1)."""
    model: str
    workers: int = 0

    @property
    def words(self):
        return ("--model", self.model, *(("--workers", self.workers) if self.workers else ()))

    @property
    def has_kept(self):
        """So many threads or processes serve one caller each, and no more."""
        return self.workers > 0 and self.model != "event"


WAYS = (Way("iterative"), Way("event"), Way("event", 3), Way("thread"), Way("thread", 3), Way("process"), Way("process", 3))
CONCURRENT = WAYS[1:]
OWN_WORKER = WAYS[3:]  # whose callers have a thread or a process each


def named(way):
    return f"{way.model}{f' --workers {way.workers}' if way.workers else ''}"


class DatagramCaller:
    """A peer with a datagram socket, used as a Caller is: each line is a datagram."""

    def __init__(self, port):
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.settimeout(GUARD)
        self.socket.connect(("127.0.0.1", port))
        self.label = label_of(self.socket.getsockname())

    def send(self, data):
        self.socket.send(data.rstrip("\n").encode())

    def line(self):
        return self.socket.recv(1 << 16).rstrip(b"\n")

    def close(self):
        self.socket.close()


class Family(typing.NamedTuple):
    name: str
    endpoint: str
    family: int
    ends: bool = True  # a caller has an end, and the listener tells it of its own


def families(folder):
    return (Family("IPv4", f"tcp://{HERE}", socket.AF_INET), Family("IPv6", "tcp://[::1]:0", socket.AF_INET6),
            Family("Unix", f"unix://{folder}/socket", socket.AF_UNIX), Family("UDP", f"udp://{HERE}", socket.AF_INET, ends=False))


def exact(label):
    return re.escape(label) if label else r"unix:\d+"


# ThreadSanitizer starts a thread of its own before the first of ours.
THREADS_OF_SANITIZER = int(os.environ.get("AHOY_SANITIZE") == "thread")
USERS = itertools.count()


def threads_of(pid):
    """But for the sanitizer's own, which blocks all signals."""
    found = set()
    for name in os.listdir(f"/proc/{pid}/task"):
        with contextlib.suppress(FileNotFoundError, ProcessLookupError):
            status = pathlib.Path(f"/proc/{pid}/task/{name}/status").read_text()
            blocked = int(re.search(r"^SigBlk:\s*([0-9a-f]+)$", status, re.M)[1], 16)
            if not (THREADS_OF_SANITIZER and blocked >> (signal.SIGUSR1 - 1) & 1):
                found.add(int(name))
    return found


def descriptors_of(pid):
    """What each number refers to."""
    found = {}
    for name in os.listdir(f"/proc/{pid}/fd"):
        with contextlib.suppress(FileNotFoundError):
            found[int(name)] = os.readlink(f"/proc/{pid}/fd/{name}")
    return found


def state_of(pid):
    """proc(5): Z is a zombie, t and T are stopped."""
    try:
        return pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0]
    except (FileNotFoundError, ProcessLookupError):
        return None


def served(caller, text="hello"):
    """Whether an echo answers it: waits for that."""
    caller.send(f"{text}\n")
    return caller.line() == text.encode()


class Matrix(unittest.TestCase):
    """One body for each handler; each cell is one way on one family."""

    def in_each_cell(self, body, *words):
        """Calls `body` with a listener, the family, and callers: three where the model serves several at once."""
        for way in WAYS:
            with self.subTest(way=named(way)), tempfile.TemporaryDirectory() as folder:
                rows = families(folder)
                with Listener(*[each.endpoint for each in rows], "-v", *way.words, *words, endpoints=len(rows)) as listener:
                    self.assertEqual(set(listener.models), {way.model})
                    for each, url in zip(rows, listener.urls):
                        with self.subTest(way=named(way), family=each.name), contextlib.ExitStack() as stack:
                            count = 1 if way.model == "iterative" else 3
                            body(listener, each, [stack.enter_context(self.caller(each, url)) for _ in range(count)])
                    self.assertEqual(listener.end(), 0)

    def caller(self, of, url):
        to = url.removeprefix("unix://") if of.family == socket.AF_UNIX else int(url.rsplit(":", 1)[1])
        return contextlib.closing(Caller(to, of.family) if of.ends else DatagramCaller(to))

    def end(self, of, caller):
        """Ends its half, and takes what is still said."""
        if not of.ends:
            return b""
        caller.end()
        return caller.rest()

    def test_echo(self):
        def body(_, of, callers):
            for number, caller in enumerate(callers):
                caller.send(f"first of {number}\n")
            for number, caller in reversed(list(enumerate(callers))):
                self.assertEqual(caller.line(), b"first of %d" % number)
                caller.send("second\n")
                self.assertEqual(caller.line(), b"second")
            for caller in callers:
                self.assertEqual(self.end(of, caller), b"")

        self.in_each_cell(body, "--handler", "echo")

    def test_exec_cat(self):
        def body(_, of, callers):
            for number, caller in reversed(list(enumerate(callers))):
                caller.send(f"hello {number}\n")
                self.assertEqual(caller.line(), b"hello %d" % number)
            for caller in callers:
                self.assertEqual(self.end(of, caller), b"")

        self.in_each_cell(body, "--exec", "cat")

    def test_greet(self):
        def body(_, of, callers):
            for caller in reversed(callers):
                caller.send("hello\n")
                said = caller.line() if not of.ends else caller.rest()
                self.assertEqual(said, b"Thank you for connecting")

        self.in_each_cell(body, "--handler", "greet")

    def test_time(self):
        def body(_, of, callers):
            for caller in reversed(callers):
                caller.send("hello\n")
                self.assertRegex(caller.line(), rb"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$")
                self.assertEqual(self.end(of, caller), b"")

        self.in_each_cell(body, "--handler", "time")

    def test_discard(self):
        def body(listener, of, callers):
            for caller in reversed(callers):
                for _ in range(20):
                    caller.send("x" * 10_000 + "\n")
                self.assertEqual(self.end(of, caller), b"")
                if of.ends:
                    listener.err.until(rf"^\[{exact(caller.label)}\] left$")

        self.in_each_cell(body, "--handler", "discard")

    def test_talk(self):
        def body(listener, of, callers):
            labels = []
            for number, caller in enumerate(callers):
                caller.send(f"I am {number}\n")
                labels.append(listener.out.until(rf"^\[({exact(caller.label)})\] I am {number}$")[1])
            listener.say("for all")
            for caller in callers:
                self.assertEqual(caller.line(), b"for all")
            for caller, label in zip(callers, labels):
                listener.say(f"@{label} for {label}")
                self.assertEqual(caller.line().decode(), f"for {label}")
            for caller, label in zip(callers, labels):
                self.leave(listener, of, caller, label)

        self.in_each_cell(body, "--handler", "talk")

    def test_relay(self):
        def body(listener, of, callers):
            labels = []
            for number, caller in enumerate(callers):
                caller.send(f"I am {number}\n")
                labels.append(listener.out.until(rf"^\[({exact(caller.label)})\] I am {number}$")[1])
            for caller, label in zip(callers, labels):
                caller.send("for all\n")
                for other in callers:
                    if other is not caller:
                        self.assertEqual(self.line_but_first_ones(other), f"[{label}] for all")
            for caller, label in zip(callers, labels):
                self.leave(listener, of, caller, label)

        self.in_each_cell(body, "--handler", "relay")

    def line_but_first_ones(self, caller):
        """Who came when is left to chance."""
        while "I am" in (line := caller.line().decode()):
            pass
        return line

    def leave(self, listener, of, caller, label):
        """Nobody knows of a peer that sends datagrams whether it has left."""
        if of.ends:
            self.assertEqual(self.end(of, caller), b"")
        else:
            listener.say(f"/kick {label}")
        listener.err.until(rf"^\[{re.escape(label)}\] left{'' if of.ends else ': kicked'}$")


class Waiting(unittest.TestCase):
    def test_whom_iterative_keeps_waiting_all_others_answer_at_once(self):
        for way in WAYS:
            with self.subTest(named(way)), Listener(HERE, "-v", *way.words, "--handler", "echo") as listener:
                with Caller(listener.port) as first, Caller(listener.port) as second:
                    self.assertTrue(served(first))
                    second.send("2\n")
                    if way.model == "iterative":
                        listener.err.until(rf"^\[{re.escape(second.label)}\] waits, 1 before it$")
                        self.assertTrue(served(first, "still me"))
                        self.assertTrue(second.is_quiet())
                        first.close()
                    self.assertEqual(second.line(), b"2")

    def test_where_all_workers_are_busy_the_next_one_waits_for_the_first_that_is_free(self):
        for way in (Way("thread", 2), Way("process", 2)):
            for handler in ("echo", "relay"):
                with self.subTest(named(way), handler=handler), contextlib.ExitStack() as stack:
                    listener = stack.enter_context(Listener(HERE, "-v", *way.words, "--handler", handler))
                    callers = [stack.enter_context(Caller(listener.port)) for _ in range(4)]
                    for caller in callers[:2]:
                        listener.err.until(r"joined$")
                    for caller in callers[2:]:
                        listener.err.until(rf"^\[{re.escape(caller.label)}\] waits, ")
                        caller.send("at last\n")
                    self.assertTrue(callers[2].is_quiet())
                    callers[1].close()
                    listener.err.until(rf"^\[{re.escape(callers[2].label)}\] joined$")
                    callers[0].close()
                    listener.err.until(rf"^\[{re.escape(callers[3].label)}\] joined$")
                    if handler == "echo":
                        self.assertEqual(callers[2].line(), b"at last")
                        self.assertEqual(callers[3].line(), b"at last")


class Workers(unittest.TestCase):
    """It is the model that was asked for."""

    def test_a_process_for_each_caller_which_is_gone_when_its_caller_is(self):
        with Listener(HERE, "--model", "process", "--handler", "echo") as listener:
            self.assertEqual(listener.children(), [])
            callers = []
            for number in (1, 2, 3):
                callers.append(Caller(listener.port))
                self.assertTrue(served(callers[-1]))
                self.assertEqual(len(listener.children()), number)
            for left, caller in zip((2, 1, 0), callers):
                caller.close()
                await_that(lambda: len(listener.children()) == left, "the child to be gone")

    def test_prefork_has_its_children_from_the_start_and_keeps_them(self):
        with Listener(HERE, "--model", "process", "--workers", 3, "--handler", "echo") as listener:
            await_that(lambda: len(listener.children()) == 3, "the children")
            kept = listener.children()
            for _ in range(4):
                with contextlib.ExitStack() as stack:
                    for caller in [stack.enter_context(Caller(listener.port)) for _ in range(3)]:
                        self.assertTrue(served(caller))
                        self.assertEqual(listener.children(), kept)
            self.assertEqual(listener.end(), 0)
            self.assertEqual([state_of(pid) for pid in kept], [None] * 3)

    def test_a_thread_for_each_caller_which_is_gone_when_its_caller_is(self):
        with Listener(HERE, "--model", "thread", "--handler", "echo") as listener:
            before = threads_of(listener.pid)
            callers = []
            for number in (1, 2, 3):
                callers.append(Caller(listener.port))
                self.assertTrue(served(callers[-1]))
                self.assertEqual(len(threads_of(listener.pid) - before), number)
            for left, caller in zip((2, 1, 0), callers):
                caller.close()
                await_that(lambda: len(threads_of(listener.pid) - before) == left, "the thread to be gone")
            self.assertEqual(listener.children(), [])

    def test_threads_and_loops_that_are_kept_are_there_from_the_start(self):
        with Listener(HERE, "--handler", "echo") as plain:
            alone = len(threads_of(plain.pid))
        for model in ("thread", "event"):
            with self.subTest(model), Listener(HERE, "--model", model, "--workers", 3, "--handler", "echo") as listener:
                await_that(lambda: len(threads_of(listener.pid)) == alone + 3, "the threads")
                kept = threads_of(listener.pid)
                for _ in range(4):
                    with contextlib.ExitStack() as stack:
                        for caller in [stack.enter_context(Caller(listener.port)) for _ in range(3)]:
                            self.assertTrue(served(caller))
                    self.assertEqual(threads_of(listener.pid), kept)

    def test_loops_share_callers(self):
        """Of six callers each of three loops has two: its own epoll set has their descriptors, and a handler's work."""
        with Listener(HERE, "--model", "event", "--workers", 3, "--handler", "echo") as listener, contextlib.ExitStack() as stack:
            for caller in [stack.enter_context(Caller(listener.port)) for _ in range(6)]:
                self.assertTrue(served(caller))
            sets = [number for number, what in descriptors_of(listener.pid).items() if what == "anon_inode:[eventpoll]"]

            def watched():
                return sorted(pathlib.Path(f"/proc/{listener.pid}/fdinfo/{number}").read_text().count("tfd:") for number in sets)

            await_that(lambda: watched()[:3] == [3, 3, 3], "each to watch its wire and two callers")

    def test_a_program_is_started_by_whoever_serves_its_caller(self):
        for way in WAYS:
            with self.subTest(named(way)), Listener(HERE, *way.words, "--exec", "sh", "-c", "echo $PPID; read line") as listener:
                with Caller(listener.port) as caller:
                    parent = int(caller.line())
                    if way.model == "process":
                        self.assertIn(parent, listener.children())
                    else:
                        self.assertEqual(parent, listener.pid)

    def test_a_child_has_nothing_of_other_callers(self):
        for workers in (0, 3):
            with self.subTest(workers=workers), contextlib.ExitStack() as stack:
                way = Way("process", workers)
                listener = stack.enter_context(Listener(HERE, *way.words, "--handler", "echo"))
                callers = {}
                for _ in range(3):
                    caller = stack.enter_context(Caller(listener.port))
                    self.assertTrue(served(caller))
                    callers[caller.socket.getsockname()[1]] = caller
                inodes = {f"socket:[{each.inode}]": each for each in tcp_sockets() if listener.port in (each.here, each.there)}
                own = descriptors_of(listener.pid)
                held = []
                for child in listener.children():
                    all_of_it = descriptors_of(child)
                    self.assertEqual([all_of_it[number] for number in range(3)], [own[number] for number in range(3)])
                    here = [inodes[what] for what in all_of_it.values() if what in inodes]
                    self.assertEqual([each.here for each in here], [listener.port], "its caller alone")
                    held.append(here[0].there)
                    wires = [what for what in all_of_it.values() if what.startswith("socket:") and what not in inodes
                             and what not in (own[0], own[1], own[2])]
                    self.assertEqual(len(wires), 1, all_of_it)
                    others = {number: what for number, what in all_of_it.items() if number > 2 and not what.startswith("socket:")}
                    for number, what in others.items():  # opened before the server began: the same number there
                        self.assertEqual(own.get(number), what, (all_of_it, own))
                self.assertEqual(sorted(held), sorted(callers))

    def test_nothing_is_written_twice(self):
        """A child has a copy of what its parent has not written yet."""
        with Listener(HERE, "-v", "--model", "process", "--handler", "relay") as listener:
            labels = []
            for number in range(20):
                with Caller(listener.port) as caller:
                    caller.send(f"line {number}\n")
                    caller.end()
                    self.assertEqual(caller.rest(), b"")
                    labels.append(caller.label)
            self.assertEqual(listener.end(), 0)
            self.assertEqual(listener.out.all().decode(), "".join(f"[{label}] line {number}\n" for number, label in enumerate(labels)))
            said = listener.err.all().decode().splitlines()
            for label in labels:
                self.assertEqual([line for line in said if label in line], [f"[{label}] joined", f"[{label}] left"])


class Console(unittest.TestCase):
    def test_who_and_kick(self):
        for way in WAYS:
            for words in (("--handler", "echo"), ("--handler", "relay"), ("--exec", "cat")):
                with self.subTest(named(way), words=words), Listener(HERE, "-v", *way.words, *words) as listener:
                    with Caller(listener.port) as caller:
                        caller.send("hello\n")
                        if "relay" in words:
                            listener.out.until("hello")
                        else:
                            self.assertEqual(caller.line(), b"hello")
                        listener.say("/who")
                        row = listener.err.until(rf"^\[{re.escape(caller.label)}\] tcp 127\.0\.0\.1:{listener.port} <- .*").string
                        self.assertIn(f"6 bytes received, {0 if 'relay' in words else 6} sent", row)
                        listener.say(f"/kick {caller.label}")
                        self.assertEqual(caller.until_reset(), b"")
                        listener.err.until(rf"^\[{re.escape(caller.label)}\] left: kicked$")

    def test_who_shows_no_bytes_of_unix_callers_at_a_worker(self):
        for way in WAYS:
            with self.subTest(named(way)), tempfile.TemporaryDirectory() as folder:
                with Listener(f"unix://{folder}/socket", *way.words, "--handler", "echo") as listener:
                    with Caller(f"{folder}/socket", socket.AF_UNIX) as caller:
                        self.assertTrue(served(caller))
                        listener.say("/who")
                        row = listener.err.until(r"^\[unix:1\] unix ").string
                        counted = way.model == "iterative" or way == Way("event")
                        self.assertIn(", 6 bytes received, 6 sent, pid" if counted else ", at a worker, pid", row)

    def test_kick_of_one_who_does_not_read(self):
        for way in WAYS:
            with self.subTest(named(way)), Listener(HERE, "-v", *way.words, "--handler", "echo") as listener:
                with Caller(listener.port, receive_buffer=4096) as caller:
                    overfill(caller, listener.port)
                    listener.say(f"/kick {caller.label}")
                    listener.err.until(rf"^\[{re.escape(caller.label)}\] left: kicked$")


class Limits(unittest.TestCase):
    def test_idle_timeout(self):
        for way in WAYS:
            for handler in ("echo", "relay"):
                with self.subTest(named(way), handler=handler):
                    with Listener(HERE, "--idle-timeout", "100ms", *way.words, "--handler", handler) as listener:
                        with Caller(listener.port) as caller:
                            self.assertEqual(caller.until_reset(), b"")
                            listener.err.until(rf"\[{re.escape(caller.label)}\] left: .*timed out")

    def test_one_more_than_may_be_is_told_busy(self):
        for way in WAYS:
            with self.subTest(named(way)), Listener(HERE, "-v", "--max-clients", 1, *way.words, "--handler", "echo") as listener:
                with Caller(listener.port) as first:
                    self.assertTrue(served(first))
                    with Caller(listener.port) as second:
                        self.assertEqual(second.rest(), b"busy\n")
                    self.assertTrue(served(first))
                listener.err.until(r"left$")
                with Caller(listener.port) as third:
                    self.assertTrue(served(third))

    def test_once(self):
        for way in WAYS:
            for handler in ("echo", "talk"):
                with self.subTest(named(way), handler=handler):
                    with Listener(HERE, "-v", "--once", *way.words, "--handler", handler) as listener:
                        with Caller(listener.port) as caller:
                            caller.send("hello\n")
                            if handler == "talk":
                                self.assertEqual(listener.out.next_line().decode(), f"[{caller.label}] hello")
                                listener.end_input()
                            caller.end()
                            self.assertEqual(caller.rest(), b"" if handler == "talk" else b"hello\n")
                        self.assertEqual(listener.wait(), 0)

    def test_allow_and_deny(self):
        for way in WAYS:
            for words in (("--deny", "127.0.0.0/8"), ("--allow", "127.0.0.2")):
                with self.subTest(named(way), words=words), Listener(HERE, *words, *way.words, "--handler", "greet") as listener:
                    with Caller(listener.port) as caller:
                        with contextlib.suppress(ConnectionResetError):
                            self.assertEqual(caller.rest(), b"")
                        listener.err.until(rf"^\[{re.escape(caller.label)}\] was turned away")
                        self.assertEqual(listener.children(), [] if not way.has_kept or way.model != "process" else listener.children())


class End(unittest.TestCase):
    """With a drain of ten minutes, which only who waits in vain would use up."""
    WORDS = ("--drain", "10m")

    def test_callers_hear_what_was_said_to_them_and_the_end(self):
        for way in WAYS:
            for handler in ("echo", "relay"):
                with self.subTest(named(way), handler=handler), contextlib.ExitStack() as stack:
                    listener = stack.enter_context(Listener(HERE, "-v", *self.WORDS, *way.words, "--handler", handler))
                    callers = [stack.enter_context(Caller(listener.port)) for _ in range(1 if way.model == "iterative" else 3)]
                    for caller in callers:
                        listener.err.until("joined$")
                    if handler == "echo":
                        for caller in callers:
                            self.assertTrue(served(caller))
                    else:
                        listener.say("good-bye")
                        for caller in callers:
                            self.assertEqual(caller.line(), b"good-bye")
                    listener.send_signal()
                    for caller in callers:
                        self.assertEqual(caller.rest(), b"")
                    self.assertEqual(listener.wait(), 0)

    def test_programs_are_told_to_end(self):
        program = "echo ready; cat; echo told"  # at the end of its input
        for way in WAYS:
            with self.subTest(named(way)), Listener(HERE, *self.WORDS, *way.words, "--exec", "sh", "-c", program) as listener:
                with Caller(listener.port) as caller:
                    self.assertEqual(caller.line(), b"ready")
                    listener.send_signal()
                    self.assertEqual(caller.rest(), b"told\n")
                self.assertEqual(listener.wait(), 0)

    def test_a_second_signal_cuts_who_does_not_read(self):
        for way in WAYS:
            with self.subTest(named(way)), Listener(HERE, "-v", *self.WORDS, *way.words, "--handler", "echo") as listener:
                with Caller(listener.port, receive_buffer=4096) as caller:
                    overfill(caller, listener.port)
                    children = listener.children()
                    listener.send_signal()
                    await_that(lambda: not self.listens(listener), "the end of accepting")
                    self.assertTrue(listener.is_running())
                    listener.send_signal()
                    self.assertEqual(listener.wait(), 0)
                    self.assertEqual([state_of(pid) for pid in children], [None] * len(children))

    def listens(self, listener):
        return any(each.here == listener.port and each.state == 0x0A for each in tcp_sockets())

    def test_100_idle_callers_hold_up_no_end(self):
        for way in WAYS:
            with self.subTest(named(way)), contextlib.ExitStack() as stack:
                listener = stack.enter_context(Listener(HERE, "-v", *self.WORDS, *way.words, "--handler", "echo"))
                callers = [stack.enter_context(Caller(listener.port)) for _ in range(100)]
                for _ in range(1 if way.model == "iterative" else way.workers if way.has_kept else 100):
                    listener.err.until("joined$")
                for _ in range(99 if way.model == "iterative" else 100 - way.workers if way.has_kept else 0):
                    listener.err.until(r"waits, \d+ before it$")
                listener.send_signal()
                for caller in callers:
                    with contextlib.suppress(ConnectionResetError):  # it was never accepted
                        self.assertEqual(caller.rest(), b"")
                self.assertEqual(listener.wait(), 0)

    def test_an_interrupt_from_the_terminal_reaches_all_processes_and_cuts_nobody(self):
        """A terminal signals the whole group."""
        for way in (Way("process"), Way("process", 3)):
            for handler in ("echo", "relay"):
                with self.subTest(named(way), handler=handler):
                    with Listener(HERE, "-v", *self.WORDS, *way.words, "--handler", handler, start_new_session=True) as listener:
                        with Caller(listener.port) as caller:
                            listener.err.until("joined$")
                            os.killpg(listener.pid, signal.SIGINT)
                            self.assertEqual(caller.rest(), b"")
                        self.assertEqual(listener.wait(), 0)
                        self.assertNotIn(b"SIG", listener.err.all())


class Slow(unittest.TestCase):
    def test_a_caller_that_does_not_read_harms_nobody_and_is_put_out(self):
        for way in CONCURRENT:
            for family in (socket.AF_INET, socket.AF_UNIX):
                with self.subTest(named(way), family=family.name), contextlib.ExitStack() as stack:
                    folder = stack.enter_context(tempfile.TemporaryDirectory())
                    listener = stack.enter_context(Listener(HERE, f"unix://{folder}/socket", "-v", *way.words, "--handler", "relay",
                                                            "--queue", "64k", "--slow-after", "200ms", "--drain", "100ms", "--max-clients", 3, endpoints=2))
                    to = f"{folder}/socket" if family == socket.AF_UNIX else listener.port
                    talker, reader = (stack.enter_context(Caller(listener.port)) for _ in range(2))
                    slow = stack.enter_context(Caller(to, family, receive_buffer=4096))
                    for _ in range(3):
                        listener.err.until("joined$")
                    line = "x" * 50_000
                    for _ in range(200):  # more than all buffers between hold
                        talker.send(line + "\n")
                        self.assertEqual(reader.line().decode(), f"[{talker.label}] {line}")
                    listener.err.until(rf"^\[{exact(slow.label)}\] left: too slow$")
                    talker.send("after\n")
                    self.assertEqual(reader.line().decode(), f"[{talker.label}] after")


class Busy:
    """Callers who say something and hear it again, over and over, in a thread."""

    def __init__(self, callers):
        self.callers = callers
        self.over = threading.Event()
        self.failures = []
        self.thread = threading.Thread(target=self.run, daemon=True)

    def run(self):
        try:
            number = 0
            while not self.over.is_set():
                number += 1
                for caller in self.callers:
                    if not served(caller, f"round {number}"):
                        raise AssertionError("not what was said")
        except Exception as failure:  # told by __exit__
            self.failures.append(failure)

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.over.set()
        self.thread.join(GUARD)
        if self.failures:
            raise self.failures[0]


def child_of(listener, caller):
    """The process that has the server's end of this caller's connection; one that is kept gets it after the word of its joining."""
    there = caller.socket.getsockname()[1]
    holders = []

    def is_held():
        inodes = {each.inode for each in tcp_sockets() if (each.here, each.there) == (listener.port, there)}
        held = {f"socket:[{inode}]" for inode in inodes}
        holders[:] = [pid for pid in listener.children() if held & set(descriptors_of(pid).values())]
        return len(holders) == 1
    await_that(is_held, "a child that has the connection")
    return holders[0]


class Faults(unittest.TestCase):
    def setUp(self):
        self.seed = random.randrange(1 << 32)
        print(f"seed {self.seed} ", end="", flush=True)
        self.random = random.Random(self.seed)

    def test_a_child_that_is_killed_under_load_harms_its_caller_alone(self):
        for way in (Way("process"), Way("process", 4)):
            for handler in ("echo", "relay"):
                with self.subTest(named(way), handler=handler, seed=self.seed), contextlib.ExitStack() as stack:
                    listener = stack.enter_context(Listener(HERE, "-v", *way.words, "--handler", handler))
                    callers = [stack.enter_context(Caller(listener.port)) for _ in range(4)]
                    for _ in callers:
                        listener.err.until("joined$")
                    for _ in range(5):
                        victim = callers.pop(self.random.randrange(4))
                        with Busy(callers) if handler == "echo" else contextlib.nullcontext():
                            child = child_of(listener, victim)
                            os.kill(child, signal.SIGKILL)
                            self.assertEqual(victim.until_reset(), b"")
                            listener.err.until(rf"^\[{re.escape(victim.label)}\] left: its process was ended by SIGKILL \(killed\)$")
                            callers.append(stack.enter_context(Caller(listener.port)))
                            listener.err.until(rf"^\[{re.escape(callers[-1].label)}\] joined$")
                        await_that(lambda: len(listener.children()) == 4 and child not in listener.children(), "one for each")
                        if handler == "relay":
                            callers[0].send(f"{child} is gone\n")
                            for other in callers[1:]:
                                self.assertEqual(other.line().decode(), f"[{callers[0].label}] {child} is gone")

    def test_a_child_that_is_killed_while_it_serves_nobody_is_told_of_and_replaced(self):
        with Listener(HERE, "--model", "process", "--workers", 2, "--handler", "echo") as listener:
            await_that(lambda: len(listener.children()) == 2, "the children")
            for child in listener.children():
                os.kill(child, signal.SIGKILL)
                listener.err.until("SIGKILL")
            with Caller(listener.port) as one, Caller(listener.port) as other:
                self.assertTrue(served(one) and served(other))
                self.assertEqual(len(listener.children()), 2)

    def test_a_child_that_dies_before_it_has_taken_its_caller_costs_nobody_anything(self):
        way = Way("process", 1)
        for handler in ("echo", "relay"):
            with self.subTest(handler=handler), Listener(HERE, "-v", *way.words, "--handler", handler) as listener:
                await_that(listener.children, "the child")
                (child,) = listener.children()
                os.kill(child, signal.SIGSTOP)
                await_that(lambda child=child: state_of(child) == "T", "it to be stopped")
                with Caller(listener.port) as caller:
                    listener.err.until("joined$")
                    os.kill(child, signal.SIGKILL)
                    self.answered(listener, caller, handler)
                    caller.end()
                    caller.rest()
                    listener.err.until("left$")

    def test_no_child_survives_its_parent(self):
        for way in (Way("process"), Way("process", 3)):
            for handler in ("echo", "relay"):
                with self.subTest(named(way), handler=handler), contextlib.ExitStack() as stack:
                    listener = stack.enter_context(Listener(HERE, "-v", *way.words, "--handler", handler))
                    callers = [stack.enter_context(Caller(listener.port)) for _ in range(2)]
                    for _ in callers:
                        listener.err.until("joined$")
                    children = listener.children()
                    self.assertEqual(len(children), way.workers or 2)
                    listener.kill()
                    for caller in callers:
                        with contextlib.suppress(ConnectionResetError):
                            self.assertEqual(caller.rest(), b"")
                    for child in children:  # who inherits it may be slow to reap it
                        await_that(lambda child=child: state_of(child) in (None, "Z", "X"), "the end of a child")

    def test_a_child_that_does_not_run_holds_up_neither_a_kick_nor_the_end(self):
        for way in (Way("process"), Way("process", 2)):
            with self.subTest(named(way)), Listener(HERE, "-v", "--drain", "10m", *way.words, "--handler", "echo") as listener:
                for how in ("kick", "end"):
                    with Caller(listener.port) as caller:
                        self.assertTrue(served(caller))
                        stopped = listener.children()
                        for child in stopped:
                            os.kill(child, signal.SIGSTOP)
                            await_that(lambda child=child: state_of(child) == "T", "it to be stopped")
                        if how == "kick":
                            listener.say(f"/kick {caller.label}")
                            listener.err.until(rf"^\[{re.escape(caller.label)}\] left: kicked$")
                            for child in set(stopped) & set(listener.children()):
                                os.kill(child, signal.SIGCONT)
                        else:
                            listener.send_signal()
                            await_that(lambda port=listener.port: not is_listening(port), "the end of accepting")
                            listener.send_signal()
                        self.assertEqual(caller.until_reset(), b"")
                self.assertEqual(listener.wait(), 0)
                self.assertEqual([state_of(child) for child in stopped], [None] * len(stopped))

    def limited_to(self, processes):
        """Counting threads. Root is exempt from RLIMIT_NPROC, and others may come and go, who just ended too: a user each time."""
        user = 61_000 + (16 * os.getpid() + next(USERS)) % 4_000
        return ["setpriv", "--reuid", str(user), "--regid", str(user), "--clear-groups", "prlimit", f"--nproc={processes}"]

    @unittest.skipUnless(os.geteuid() == 0, "to become another user takes root")
    def test_where_no_more_processes_or_threads_are_to_be_had_callers_are_told_busy(self):
        rows = ((Way("process"), "start a process", 2 * THREADS_OF_SANITIZER), (Way("thread"), "start a thread", THREADS_OF_SANITIZER))
        for way, cause, own in rows:  # a sanitizer's thread is in each process that has another, or is a copy of one
            for handler in ("echo", "relay"):
                with self.subTest(named(way), handler=handler), contextlib.ExitStack() as stack:
                    listener = stack.enter_context(Listener(HERE, "-v", "--max-clients", 100, *way.words, "--handler", handler,
                                                            before=self.limited_to(3 + own)))
                    callers = [stack.enter_context(Caller(listener.port)) for _ in range(2)]
                    for _ in callers:
                        listener.err.until("joined$")
                    for child in listener.children():
                        await_that(lambda child=child: len(os.listdir(f"/proc/{child}/task")) == 1 + THREADS_OF_SANITIZER, "its threads")
                    with Busy(callers) if handler == "echo" else contextlib.nullcontext():
                        for _ in range(3):
                            with Caller(listener.port) as refused:
                                self.assertEqual(refused.rest(), b"busy\n")
                            listener.err.until(rf"^\[{re.escape(refused.label)}\] was told busy: {cause}: resource temporarily")
                    callers[0].close()
                    listener.err.until(rf"^\[{re.escape(callers[0].label)}\] left$")
                    await_that(lambda: len(listener.children()) + len(threads_of(listener.pid)) == 2, "the end of its worker")
                    with Caller(listener.port) as new:
                        listener.err.until(rf"^\[{re.escape(new.label)}\] joined$")

    @unittest.skipUnless(os.geteuid() == 0, "to become another user takes root")
    def test_no_more_than_half_of_the_processes_that_may_be_are_for_callers(self):
        for way in (Way("thread"),) if THREADS_OF_SANITIZER else (Way("process"), Way("thread")):  # processes would be two each
            with self.subTest(named(way)), contextlib.ExitStack() as stack:
                listener = stack.enter_context(Listener(HERE, *way.words, "--handler", "echo", before=self.limited_to(6)))
                callers = [stack.enter_context(Caller(listener.port)) for _ in range(3)]
                for caller in callers:
                    self.assertTrue(served(caller))
                with Caller(listener.port) as refused:
                    self.assertEqual(refused.rest(), b"busy\n")
                    listener.err.until(rf"^\[{re.escape(refused.label)}\] was told busy: 3 are here \(--max-clients\)$")

    if not SANITIZED:  # UBSan asks through a pipe whether an object is readable, and without descriptors takes all for broken
        def test_where_descriptors_run_out_callers_wait_or_are_told_busy_and_it_recovers(self):
            few = ["sh", "-c", 'ulimit -n 64; exec "$@"', "sh"]
            for way in CONCURRENT:
                for handler in ("echo", "relay"):
                    with self.subTest(named(way), handler=handler), contextlib.ExitStack() as stack:
                        listener = stack.enter_context(Listener(HERE, "-v", "--max-clients", 10_000, *way.words, "--handler", handler, before=few))
                        first = stack.enter_context(Caller(listener.port))
                        self.answered(listener, first, handler)
                        crowd = [stack.enter_context(Caller(listener.port)) for _ in range(100)]
                        listener.err.until("too many open files")
                        self.answered(listener, first, handler)
                        for each in crowd:
                            each.close()
                        self.answered(listener, first, handler)
                        self.recovered(listener, handler)
                        first.close()
                        with Listener(HERE, *way.words, "--handler", handler, before=few) as fresh:
                            all_employed(fresh, way, handler)
                            await_that(lambda: has_no_more(listener, taken_by(fresh)), "all to be as it was")

    def answered(self, listener, caller, handler):
        caller.send("hello\n")
        if handler == "relay":
            listener.out.until(rf"^\[{re.escape(caller.label)}\] hello$")
        else:
            self.assertEqual(caller.line(), b"hello")

    def recovered(self, listener, handler):
        """A caller may come while those who hung up are still being seen off."""
        while True:
            with Caller(listener.port) as caller:
                caller.send("at last\n")
                caller.end()
                with contextlib.suppress(ConnectionResetError):
                    if caller.rest() != b"busy\n":
                        break
        if handler == "relay":
            listener.out.until(rf"^\[{re.escape(caller.label)}\] at last$")


def all_employed(listener, way, handler):
    """Every worker that is kept serves somebody: from then on it has all that it ever needs."""
    with contextlib.ExitStack() as stack:
        callers = [stack.enter_context(Caller(listener.port)) for _ in range(way.workers)]
        for number, caller in enumerate(callers):
            caller.send(f"{number}\n")
        for number, caller in enumerate(callers):
            if handler == "echo":
                caller.line()
            else:
                listener.out.until(r"\] \d$")


def has_no_more(listener, than):
    return all(now <= then for now, then in zip(taken_by(listener), than))


def taken_by(listener):
    """Descriptors, threads, children, and those of them that are zombies."""
    children = listener.children()
    return (len(descriptors_of(listener.pid)), len(threads_of(listener.pid)), len(children),
            sum(state_of(child) == "Z" for child in children))


class Cuts(unittest.TestCase):
    """Connections that end at any byte, in any way: a reset, an end, a half-close that waits for the rest."""
    CONNECTIONS = 2_000 if SANITIZED else 15_000  # of each way; 105,000 in all
    AT_ONCE = 20
    TEXT = b"".join(b"line %d\n" % number for number in range(50))

    def cut(self, caller):
        """Leaves the socket where it waits for the rest."""
        caller.setblocking(False)
        with contextlib.suppress(ConnectionError, BlockingIOError):
            caller.send(self.TEXT[:self.random.randrange(len(self.TEXT) + 1)])
            if self.random.random() < 0.3:
                caller.recv(self.random.randrange(1, 200))
        how = self.random.choice(("reset", "end", "half"))
        if how == "half":
            caller.shutdown(socket.SHUT_WR)
            return caller
        if how == "reset":
            reset(caller)
        caller.close()
        return None

    def wait_for_the_end(self, callers):
        for caller in callers:
            caller.settimeout(GUARD)
            with contextlib.suppress(ConnectionError), contextlib.closing(caller):
                while caller.recv(1 << 16):
                    pass

    def cut_many(self, to):
        for _ in range(self.CONNECTIONS // 2 // self.AT_ONCE):
            callers = []
            for _ in range(self.AT_ONCE):
                family, name = self.random.choice(to)
                callers.append(socket.socket(family, socket.SOCK_STREAM))
                callers[-1].connect(name)
            waiting = [self.cut(caller) for caller in self.random.sample(callers, len(callers))]
            self.wait_for_the_end([each for each in waiting if each])

    def test_connections_cut_at_any_byte_leave_nothing_behind(self):
        seed = random.randrange(1 << 32)
        print(f"seed {seed} ", end="", flush=True)
        self.random = random.Random(seed)
        for way in WAYS:
            for handler in ("echo", "relay"):
                with self.subTest(named(way), handler=handler, seed=seed), tempfile.TemporaryDirectory() as folder:
                    with Listener(HERE, f"unix://{folder}/socket", *way.words, "--handler", handler, endpoints=2) as listener:
                        to = [(socket.AF_INET, ("127.0.0.1", listener.port)), (socket.AF_UNIX, f"{folder}/socket")]
                        all_employed(listener, way, handler)
                        before = taken_by(listener)
                        self.cut_many(to)
                        await_that(lambda: has_no_more(listener, before), f"all to be as it was: {before}")
                        with Caller(listener.port) as caller:
                            caller.send("after all\n")
                            if handler == "relay":
                                listener.out.until(rf"^\[{re.escape(caller.label)}\] after all$")
                            else:
                                self.assertEqual(caller.line(), b"after all")
                        self.assertEqual(listener.end(), 0)


if __name__ == "__main__":
    unittest.main()
