"""How a conversation ends: every row of docs/end-rule.md, and what the page says around it, against nc, ncat and socat.

Ends are seen from outside: a socket's state tells whether our half is closed (/proc/net/tcp).
"""
import contextlib
import fcntl
import itertools
import os
import pathlib
import pty
import re
import signal
import socket
import subprocess
import tempfile
import termios
import unittest

from command import AHOY, GUARD, Process, await_that, run
from peers import ESTABLISHED, LISTENING, PEER_ENDED, Server, receive_exactly, reset, tcp_sockets_of

PAGE = pathlib.Path(os.environ["AHOY_SOURCE"]) / "docs" / "end-rule.md"
INPUTS = ("a terminal", "a pipe", "`/dev/null`", "closed")
WORDS = {  # all that a cell of the table may say
    "verb": ("`listen --once`", "`call`", "`send`"),
    "`--after-eof`": ("default", "`wait`", "`close`", "DURATION"),
    "a terminal": ("at Ctrl-D", "when both ended"),
    "a pipe": ("at its end", "when both ended"),
    "`/dev/null`": ("at once", "when both ended"),
    "closed": ("at once", "when both ended"),
    "then the peer is heard": ("until it ends", "no more", "so long at most"),
    "status": ("0", "18"),
    "a peer that ends first": ("ends our input", "is sent the rest"),
}
DATAGRAM_WORDS = ("1 s more", "without end", "no more", "so long")
PEERS = ("nc", "ncat", "socat")
NEVER, SOON = "1h", "200ms"  # for DURATION


def tables():
    lines = PAGE.read_text().splitlines()
    starts = [i for i, line in enumerate(lines) if line.startswith("| verb ")]
    return [[[cell.strip() for cell in line.strip("|").split("|")]
             for line in itertools.takewhile(lambda line: line.startswith("|"), lines[start:])] for start in starts]


def rows_of(table):
    return [dict(zip(table[0], row, strict=True)) for row in table[2:]]


STREAMS, DATAGRAMS = (rows_of(table) for table in tables())


def take_terminal():
    fcntl.ioctl(0, termios.TIOCSCTTY, 0)


class Program(Process):
    """A program while it runs. `stdin` is one of INPUTS, or what Popen takes."""

    def __init__(self, *command, stdin="a pipe", **process):
        self.master = None
        self.kind = stdin
        if stdin == "a terminal":
            self.master, slave = pty.openpty()
            process |= {"stdin": slave, "start_new_session": True, "preexec_fn": take_terminal}
        elif stdin == "closed":
            command = ("/bin/sh", "-c", 'exec "$@" <&-', "sh", *command)
            process["stdin"] = subprocess.DEVNULL
        else:
            process["stdin"] = {"a pipe": subprocess.PIPE, "`/dev/null`": subprocess.DEVNULL}.get(stdin, stdin)
        super().__init__(*command, **process)
        if self.master is not None:
            os.close(slave)

    def write(self, data):
        if self.master is None:
            super().write(data)
        else:
            os.write(self.master, data.encode() if isinstance(data, str) else data)

    def end_input(self):
        if self.master is not None:
            os.write(self.master, b"\x04")
        elif self.process.stdin:
            self.process.stdin.close()

    def state(self):
        """Of its one connection; None where it has none any more."""
        with contextlib.suppress(FileNotFoundError):
            return next((each.state for each in tcp_sockets_of(self.pid) if each.there), None)

    def listening_port(self):
        listening = lambda: [each.here for each in tcp_sockets_of(self.pid) if each.state == LISTENING]
        await_that(listening, "a port to call")
        return listening()[0]

    def __exit__(self, *unused):
        super().__exit__()
        if self.master is not None:
            os.close(self.master)


COMMANDS = {  # as a client, as a server: programs that end their half at the end of their input
    "nc": (["nc", "-N", "127.0.0.1", "{}"], ["nc", "-N", "-l", "127.0.0.1", "0"]),
    "ncat": (["ncat", "127.0.0.1", "{}"], ["ncat", "-l", "127.0.0.1", "0"]),
    "socat": (["socat", "-t", str(GUARD), "-", "TCP:127.0.0.1:{}"],
              ["socat", "-t", str(GUARD), "-", "TCP-LISTEN:0,bind=127.0.0.1"]),
}


def hangs_up(row, peer):
    """As servers, nc and ncat end when they see our end, whatever their input."""
    return row["verb"] != "`listen --once`" and peer != "socat"


class Conversation(contextlib.ExitStack):
    """One of our verbs and another program, connected."""

    def __init__(self, row, stdin, peer, limit=NEVER, held=False):
        """`held`: the peer's program does nothing, from the first: its system alone acknowledges, and its half stays open."""
        super().__init__()
        self.stdin = stdin
        rule = row["`--after-eof`"].strip("`").replace("DURATION", limit)
        options = [] if rule == "default" else ["--after-eof", rule]
        self.verb = row["verb"].strip("`").split()
        self.is_listener = self.verb[0] == "listen"
        client, server = COMMANDS[peer]
        if self.is_listener:
            options += ["--drain", "100ms"]
            self.ours = self.enter_context(Program(AHOY, *self.verb, "127.0.0.1:0", "-v", *options, stdin=stdin))
            port = re.search(r":(\d+) ", self.ours.err.until("listening on").string)[1]
            self.peer = self.enter_context(Program(*[word.format(port) for word in client]))
        else:
            self.peer = self.enter_context(Program(*server))
            port = self.peer.listening_port()
            if held:
                self.hold()
            self.ours = self.enter_context(Program(AHOY, *self.verb, "127.0.0.1", port, "-v", *options, stdin=stdin))
        self.ours.err.until("joined|connected to")

    def __exit__(self, *why):
        with contextlib.suppress(ProcessLookupError):
            self.go_on()
        return super().__exit__(*why)

    def hold(self):
        self.peer.send_signal(signal.SIGSTOP)

    def go_on(self):
        self.peer.send_signal(signal.SIGCONT)

    def tell(self, text):
        """From us to the peer."""
        self.ours.write(text + "\n")
        self.peer.out.until(f"{text}$")

    def hear(self, text):
        self.peer.write(text + "\n")
        self.ours.out.until(f"{text}$")

    def our_half_is_closed(self):
        return self.ours.state() not in (ESTABLISHED, PEER_ENDED)


class TheTable(unittest.TestCase):
    def test_it_says_only_what_is_known_here(self):
        for row in STREAMS:
            for column, cell in row.items():
                self.assertIn(cell, WORDS[column], row)
        for row in DATAGRAMS:
            for column in list(row)[1:]:
                self.assertIn(row[column].removesuffix(", to the first answer"), DATAGRAM_WORDS)

    def test_it_is_whole(self):
        self.assertEqual([(row["verb"], row["`--after-eof`"]) for row in STREAMS],
                         list(itertools.product(WORDS["verb"], WORDS["`--after-eof`"])))
        self.assertEqual([row["verb"] for row in DATAGRAMS], ["`call`", "`send`"])


class Manual(unittest.TestCase):
    """`ahoy help VERB` and the man page have what the page has: its rows, and no others."""

    def test_it_has_the_rows_of_the_page(self):
        lasting = {row["verb"].strip("`"): row for row in DATAGRAMS}
        for name in ("listen", "call", "send"):
            of_verb = [row for row in STREAMS if row["verb"].strip("`").split()[0] == name]
            halves = [[row["`--after-eof`"].strip("`"), *(row[kind] for kind in INPUTS)] for row in of_verb]
            peers = [[row["`--after-eof`"].strip("`"), row["then the peer is heard"], row["status"], row["a peer that ends first"]] for row in of_verb]
            if name in lasting:
                over_udp = [lasting[name][how].split(",")[0] for how in ("default", "`wait`", "`close`", "DURATION")]
                peers = [[*row, last] for row, last in zip(peers, over_udp, strict=True)]
            for words in (["help", name], ["help", "--man", name]):
                with self.subTest(words):
                    text = run(*words).out.decode().replace("\\-", "-")
                    after, _, rest = text.partition("by what standard input is:")
                    self.assertIn("THE END", after)
                    first, _, second = rest.partition("What follows:")
                    self.assertEqual(self.rows(first), halves)
                    self.assertEqual(self.rows(second), peers)

    def rows(self, text):
        """Those of the table with which it begins, a table being what two spaces and more cut into columns."""
        lines = [re.split(r" {2,}", line.strip()) for line in text.splitlines()]
        table = itertools.takewhile(lambda row: len(row) > 1, itertools.dropwhile(lambda row: len(row) < 2, lines))
        return list(table)[1:]


class Streams(unittest.TestCase):
    """Each row, under each standard input, with each program."""

    def each(self, of=STREAMS, inputs=INPUTS):
        for row, stdin, peer in itertools.product(of, inputs, PEERS):
            yield row, stdin, peer, self.subTest(verb=row["verb"], after_eof=row["`--after-eof`"], stdin=stdin, peer=peer)

    def begin_and_end_input(self, talk, cell):
        """Up to our own end; what the cell says about our half is seen."""
        if talk.stdin in ("a terminal", "a pipe"):
            talk.tell("hello")
            talk.hear("hello yourself")
            self.assertEqual(talk.ours.state(), ESTABLISHED)
        talk.ours.end_input()
        if cell == "when both ended":
            talk.hear("once")
            talk.hear("twice")  # by then the end of the input, which came before, has had its effect
            self.assertEqual(talk.ours.state(), ESTABLISHED)
        else:
            await_that(talk.our_half_is_closed, "our end")

    def see_heard_until_it_ends(self, row, stdin, peer, limit=NEVER):
        with Conversation(row, stdin, peer, limit) as talk:
            self.begin_and_end_input(talk, row[stdin])
            talk.hear("late")
            self.assertTrue(talk.ours.is_running())
            talk.peer.end_input()
            self.assertEqual(talk.ours.wait(), 0, talk.ours.err.all())
            self.assertEqual(talk.peer.wait(), 0)

    def see_that_it_ends_with_one_who_hangs_up(self, row, stdin, peer, limit=NEVER):
        with Conversation(row, stdin, peer, limit, held=True) as talk:
            talk.ours.end_input()
            await_that(talk.our_half_is_closed, "our end")
            self.assertTrue(talk.ours.is_running())
            talk.go_on()
            self.assertEqual(talk.ours.wait(), 0, talk.ours.err.all())
            self.assertEqual(talk.peer.wait(), 0)

    def see_that_we_leave(self, row, stdin, peer, limit=NEVER):
        with Conversation(row, stdin, peer, limit, held=True) as talk:
            talk.ours.end_input()
            self.assertEqual(talk.ours.wait(), int(row["status"]), talk.ours.err.all())

    def test_our_input_ends_first(self):
        for row, stdin, peer, this in self.each():
            with this:
                heard = row["then the peer is heard"]
                if heard == "no more":
                    self.see_that_we_leave(row, stdin, peer)
                elif hangs_up(row, peer) and row[stdin] != "when both ended":
                    self.see_that_it_ends_with_one_who_hangs_up(row, stdin, peer)
                else:
                    self.see_heard_until_it_ends(row, stdin, peer)
                if heard == "so long at most":
                    self.see_that_we_leave(row, stdin, peer, SOON)

    def test_the_peer_ends_first(self):
        for row, stdin, peer, this in self.each(inputs=("a terminal", "a pipe")):
            with this, Conversation(row, stdin, peer) as talk:
                talk.tell("hello")
                talk.hear("hello yourself")
                talk.peer.end_input()
                if row["a peer that ends first"] == "is sent the rest":
                    await_that(lambda talk=talk: talk.ours.state() == PEER_ENDED, "the peer's end")
                    talk.tell("the rest")
                    talk.ours.end_input()
                self.assertEqual(talk.ours.wait(), 0, talk.ours.err.all())
                self.assertEqual(talk.peer.wait(), 0)

    def test_a_file_is_sent_whole_to_a_peer_that_ended_first(self):
        text = b"".join(b"%d\n" % i for i in range(200_000))
        with tempfile.TemporaryFile() as file:
            file.write(text)
            for row in STREAMS:
                with self.subTest(verb=row["verb"], after_eof=row["`--after-eof`"]):
                    file.seek(0)
                    self.assertEqual(self.received_by_one_who_ended_first(row, file), text)

    def received_by_one_who_ended_first(self, row, file):
        """A caller, or a server, of plain Python, whose system takes less than the whole before its end."""
        rule = row["`--after-eof`"].strip("`").replace("DURATION", NEVER)
        options = [] if rule == "default" else ["--after-eof", rule]
        verb = row["verb"].strip("`").split()
        with socket.socket() as server, contextlib.ExitStack() as stack:
            server.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 16)
            server.bind(("127.0.0.1", 0))
            server.listen()
            if verb[0] == "listen":
                ours = stack.enter_context(Program(AHOY, *verb, "127.0.0.1:0", *options, stdin=file))
                port = re.search(r":(\d+) ", ours.err.until("listening on").string)[1]
                peer = socket.create_connection(("127.0.0.1", int(port)))
            else:
                ours = stack.enter_context(
                    Program(AHOY, *verb, "127.0.0.1", server.getsockname()[1], *options, stdin=file))
                peer = server.accept()[0]
            with peer:
                peer.settimeout(GUARD)
                peer.shutdown(socket.SHUT_WR)
                received = b"".join(iter(lambda: peer.recv(1 << 16), b""))
            self.assertEqual(ours.wait(), 0, ours.err.all())
            return received


class OtherPrograms(unittest.TestCase):
    """What the page says of them, beyond what the table's rows show."""

    def test_nc_without_N_never_ends_its_half(self):
        with Program("nc", "-l", "127.0.0.1", "0") as peer:
            with Program(AHOY, "call", "127.0.0.1", peer.listening_port()) as ours:
                peer.write("hello\n")
                ours.out.until("hello")
                peer.end_input()
                for text in ("once", "twice"):  # by then the end of its input, which came before, has had its effect
                    ours.write(text + "\n")
                    peer.out.until(text)
                self.assertEqual(ours.state(), ESTABLISHED)
                ours.end_input()
                self.assertEqual(ours.wait(), 0)

    def test_a_talk_listener_hangs_up_but_not_on_one_who_waits(self):
        with Program(AHOY, "listen", "127.0.0.1:0") as listener:
            port = re.search(r":(\d+) ", listener.err.until("listening on").string)[1]
            with Program(AHOY, "call", "127.0.0.1", port, stdin="`/dev/null`") as ours:
                self.assertEqual(ours.wait(), 0)
            with Program(AHOY, "call", "127.0.0.1", port, "--after-eof", "wait") as ours:
                ours.write("are you there?\n")
                ours.end_input()
                listener.out.until("there")
                listener.write("yes\n")
                ours.out.until("yes")
                listener.send_signal(signal.SIGTERM)
                self.assertEqual((listener.wait(), ours.wait()), (0, 0))


class Broken(unittest.TestCase):
    """What the page says of the status where a peer takes not all, or resets."""

    def test_a_peer_that_ended_first_and_took_not_all(self):
        def behave(peer):
            receive_exactly(peer, 1000)  # then closes, with the rest unread: the kernel resets
        with Server(socket.AF_INET, behave) as server:
            ended = run("call", server.endpoint, given=b"x" * 10_000_000)
        self.assertIn(ended.status, (18, 56), ended)  # which of the two the kernel tells first is not ours to say
        self.assertIn("at most", ended.err)

    def test_a_peer_that_ended_its_half_and_resets_later(self):
        def behave(peer):
            peer.shutdown(socket.SHUT_WR)
            receive_exactly(peer, 1000)
            reset(peer)
        with Server(socket.AF_INET, behave) as server, tempfile.TemporaryFile() as file:
            file.truncate(10_000_000)
            ended = run("call", server.endpoint, stdin=file)
        self.assertEqual(ended.status, 18, ended)
        self.assertRegex(ended.err, r"at most \d+ of 10000000 bytes reached the peer's system")

    def test_a_reset(self):
        for rule in ([], ["--after-eof", "wait"], ["--after-eof", "1h"]):
            with self.subTest(rule), Server(socket.AF_INET, lambda peer: [receive_exactly(peer, 6), reset(peer)]) as server:
                with Program(AHOY, "call", *rule, server.endpoint) as ours:
                    ours.write("hello\n")
                    self.assertEqual(ours.wait(), 56)

    def test_confirm_acked_asks_for_less(self):
        for rule in ([], ["--after-eof", "close"], ["--after-eof", SOON]):
            with self.subTest(rule), Server(socket.AF_INET, lambda peer: server.hold()) as server:
                self.assertEqual(run("send", "--confirm", "acked", *rule, server.endpoint, "hello").status, 0)


class Datagram(unittest.TestCase):
    """Each row of the second table, with a peer that answers late."""

    def each(self):
        for row, (after_eof, cell) in itertools.product(DATAGRAMS, list(DATAGRAMS[0].items())[1:]):
            del cell
            yield row["verb"].strip("`"), after_eof.strip("`"), row[after_eof], self.subTest(row["verb"], after_eof=after_eof)

    def begin(self, stack, verb, rule, limit):
        """A datagram has been received, our input is at its end: the process, the peer's socket, the caller."""
        peer = stack.enter_context(socket.socket(socket.AF_INET, socket.SOCK_DGRAM))
        peer.bind(("127.0.0.1", 0))
        peer.settimeout(GUARD)
        options = [] if rule == "default" else ["--after-eof", rule.replace("DURATION", limit)]
        ours = stack.enter_context(Program(AHOY, verb, *options, f"udp://127.0.0.1:{peer.getsockname()[1]}"))
        ours.write("hello\n")
        text, caller = peer.recvfrom(100)
        self.assertEqual(text, b"hello")
        ours.end_input()
        return ours, peer, caller

    def test_it_is_heard_for_so_long(self):
        for verb, rule, cell, this in self.each():
            if not cell.startswith(("without end", "so long")):
                continue
            with this, contextlib.ExitStack() as stack:
                ours, peer, caller = self.begin(stack, verb, rule, NEVER)
                ours.err.until("listening")
                peer.sendto(b"one\n", caller)
                ours.out.until("one")
                if cell.endswith("to the first answer"):
                    self.assertEqual(ours.wait(), 0)
                    continue
                peer.sendto(b"two\n", caller)
                ours.out.until("two")
                self.assertTrue(ours.is_running())
                ours.send_signal(signal.SIGTERM)
                self.assertEqual(ours.wait(), -signal.SIGTERM)

    def test_and_no_longer(self):
        for verb, rule, cell, this in self.each():
            if cell.startswith("without end"):
                continue
            with this, contextlib.ExitStack() as stack:
                ours, _, _ = self.begin(stack, verb, rule, SOON)
                self.assertEqual(ours.wait(), 0)
                said = ours.err.all().decode()
                self.assertEqual("listening 1 s more" in said, cell.startswith("1 s more"), said)
                self.assertEqual("listening" in said, cell != "no more", said)

    def test_a_listener_with_one_caller(self):
        for rule in ("close", SOON):
            with self.subTest(rule), self.called_once("--after-eof", rule) as ours:
                ours.end_input()
                self.assertEqual(ours.wait(), 0)
        with self.called_once("--idle-timeout", SOON) as ours:
            ours.end_input()
            self.assertEqual(ours.wait(), 0)
        with self.called_once() as ours:
            ours.end_input()
            self.ask(ours, "once more")
            self.ask(ours, "and again")
            self.assertTrue(ours.is_running())
            ours.send_signal(signal.SIGTERM)
            self.assertEqual(ours.wait(), 0)

    @contextlib.contextmanager
    def called_once(self, *options):
        with Program(AHOY, "listen", "--once", *options, "udp://127.0.0.1:0") as ours, \
                socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as self.caller:
            port = re.search(r":(\d+) ", ours.err.until("listening on").string)[1]
            self.caller.connect(("127.0.0.1", int(port)))
            self.caller.settimeout(GUARD)
            self.ask(ours, "hello")
            ours.write("hello yourself\n")
            self.assertEqual(self.caller.recv(100), b"hello yourself")
            yield ours

    def ask(self, ours, text):
        self.caller.send(text.encode())
        ours.out.until(f"{text}$")


class Shell(unittest.TestCase):
    """As shells run programs: in pipes, in the background, without an input, under nohup."""

    def setUp(self):
        self.folder = tempfile.TemporaryDirectory(prefix="ahoy-end-")
        self.addCleanup(self.folder.cleanup)
        self.path = pathlib.Path(self.folder.name)

    def sh(self, script, **process):
        process = {"stdin": "`/dev/null`", "cwd": self.folder.name} | process
        return Program("/bin/sh", "-c", script, AHOY, **process)

    def test_both_ends_of_a_pipe(self):
        text = "".join(f"{i}\n" for i in range(100_000))
        with Program(AHOY, "listen", "--once", "--handler", "echo", "127.0.0.1:0") as echo:
            port = re.search(r":(\d+) ", echo.err.until("listening on").string)[1]
            with self.sh(f'seq 0 99999 | "$0" call 127.0.0.1 {port} | cat') as ours:
                self.assertEqual(ours.out.all().decode(), text)
                self.assertEqual(ours.wait(), 0)
            self.assertEqual(echo.wait(), 0)

    def test_from_one_pipe_to_another(self):
        """`listen --once` in the middle of one pipe, `call` in the middle of the other: all comes through, both ways.
        Either may come to the end of its input first: so one of them has to send on when the other has ended."""
        url = f"unix://{self.path}/socket"
        with self.sh(f'seq 1 50000 | "$0" listen --once --framing line {url} | sed "s/.*] //"', stdin="`/dev/null`") as left:
            left.err.until("listening on")
            with self.sh(f'seq 50001 100000 | "$0" call --after-eof wait {url} | cat') as right:
                self.assertEqual(right.out.all().decode(), "".join(f"{i}\n" for i in range(1, 50001)))
                self.assertEqual(left.out.all().decode(), "".join(f"{i}\n" for i in range(50001, 100001)))
                self.assertEqual((left.wait(), right.wait()), (0, 0))
        self.assertFalse((self.path / "socket").exists())

    def test_a_reader_that_leaves(self):
        """As any program in a pipe: SIGPIPE, seen as 141 by the shell."""
        with Server(socket.AF_INET, lambda peer: serve_forever(peer)) as server:
            with self.sh(f'{{ "$0" call {server.endpoint}; echo status $? >&2; }} | head -n 1') as ours:
                ours.err.until("^status 141$")
                self.assertEqual(ours.out.all(), b"again\n")

    def test_the_input_closed(self):
        with Program(AHOY, "listen", "127.0.0.1:0", stdin="closed") as listener:
            port = re.search(r":(\d+) ", listener.err.until("listening on").string)[1]
            with Program(AHOY, "send", "127.0.0.1", port, "hello", stdin="closed") as ours:
                self.assertEqual(ours.wait(), 0, ours.err.all())
            listener.out.until("hello$")
            self.assertTrue(listener.is_running())
            listener.send_signal(signal.SIGTERM)
            self.assertEqual(listener.wait(), 0)

    def started_in_background(self, verb, before=""):
        """Of `verb &` in a sh without job control, which ignores SIGINT for it and gives it /dev/null: its process id."""
        ours = self.sh(f'{before} "$0" {verb} & echo pid $!; wait $!; echo status $?')
        return ours, int(ours.out.until(r"^pid (\d+)$")[1])

    def test_in_the_background_an_ignored_interrupt_stays_ignored(self):
        with greeter() as server:
            for verb in ("listen 127.0.0.1:0", f"call {server.endpoint}"):
                ours, pid = self.started_in_background(verb)
                with self.subTest(verb), ours:
                    (ours.err if verb.startswith("listen") else ours.out).until("listening on|hello")
                    os.kill(pid, signal.SIGINT)
                    self.assertEqual(pending_or_caught(pid, signal.SIGINT), set())
                    os.kill(pid, signal.SIGTERM)
                    ours.out.until("^status 0$" if verb.startswith("listen") else "^status 143$")

    def test_under_nohup(self):
        ours, pid = self.started_in_background("listen 127.0.0.1:0 2>said", before="nohup")
        with ours:
            said = self.path / "said"
            await_that(lambda: said.exists() and "listening on" in said.read_text(), "the port")
            port = re.search(r":(\d+) ", said.read_text())[1]
            os.kill(pid, signal.SIGHUP)
            self.assertEqual(run("send", f"127.0.0.1:{port}", "still here?").status, 0)
            ours.out.until("still here\\?$")
            os.kill(pid, signal.SIGTERM)
            ours.out.until("^status 0$")


class Signals(unittest.TestCase):
    """SIGINT and SIGTERM end `call` and `send` as they end any program, and the terminal is as it was."""

    def test_they_end_it(self):
        for verb, stdin, number in itertools.product(("call", "send"), ("a terminal", "a pipe"),
                                                     (signal.SIGINT, signal.SIGTERM)):
            with self.subTest(verb, stdin=stdin, signal=number.name), greeter() as server, \
                    Program(AHOY, verb, server.endpoint, stdin=stdin) as ours:
                before = termios.tcgetattr(ours.master) if ours.master is not None else None
                ours.out.until("hello")
                ours.send_signal(number)
                self.assertEqual(ours.wait(), -number)
                if before:
                    self.assertEqual(termios.tcgetattr(ours.master), before)

    def test_a_shell_sees_128_and_the_number(self):
        with greeter() as server, \
                Program("/bin/sh", "-c", '"$0" call "$1" & echo pid $!; wait $!; echo status $?', AHOY, server.endpoint) as ours:
            pid = int(ours.out.until(r"^pid (\d+)$")[1])
            ours.out.until("hello")
            os.kill(pid, signal.SIGTERM)
            ours.out.until("^status 143$")

    def test_ctrl_c_at_a_terminal(self):
        for verb in ("call", "send"):
            with self.subTest(verb), greeter() as server, Program(AHOY, verb, server.endpoint, stdin="a terminal") as ours:
                ours.out.until("hello")
                ours.write("\x03")
                self.assertEqual(ours.wait(), -signal.SIGINT)


def greeter():
    """A server that says hello, and then nothing."""
    server = Server(socket.AF_INET, lambda peer: [peer.sendall(b"hello\n"), server.hold()])
    return server


def pending_or_caught(pid, number):
    """Of this signal: what a process does with it, as /proc tells. Ignored, it is never pending."""
    status = pathlib.Path(f"/proc/{pid}/status").read_text()
    masks = {name: int(re.search(rf"^{name}:\s*([0-9a-f]+)$", status, re.M)[1], 16) for name in ("SigPnd", "ShdPnd", "SigCgt", "SigBlk")}
    return {name for name, mask in masks.items() if mask >> (number - 1) & 1}


def serve_forever(peer):
    with contextlib.suppress(OSError):
        while True:
            peer.sendall(b"again\n" * 1000)


if __name__ == "__main__":
    unittest.main()
