"""The prompt as a person sees it: what stands on a terminal (tmux) while lines are typed and others arrive."""
import contextlib
import itertools
import os
import pathlib
import re
import shlex
import shutil
import signal
import socket
import subprocess
import tempfile
import unittest

from command import AHOY, GUARD, await_that
from peers import Caller, is_listening, overfill

NUMBER = itertools.count()


class Terminal:
    """A terminal of its own, in which a shell runs a script; it stays when the script is over.

    A terminal forgets what it has not shown yet when it is told Ctrl-C or Ctrl-Z, and shows ^C itself where nobody edits
    a line: what is not awaited before may be missing, also the end of a line.
    """

    def __init__(self, script, columns=80, rows=24):
        self.folder = tempfile.TemporaryDirectory(prefix="ahoy-terminal-")
        self.path = pathlib.Path(self.folder.name)
        self.server = f"ahoy-test-{os.getpid()}-{next(NUMBER)}"
        program = self.path / "script"
        program.write_text(f"cd {self.path}\ntrap : INT QUIT HUP TERM\nstty -a >{self.path}/before\n{script}\necho status $?\nstty -a >{self.path}/after\n")
        self.tmux("-f", "/dev/null", "new-session", "-d", "-x", columns, "-y", rows, "-s", "it", "sleep infinity")
        self.tmux("set-option", "-g", "remain-on-exit", "on")
        self.tmux("set-option", "-g", "history-limit", 10000)
        # The pane that is looked at begins with its output recorded from the first byte on.
        self.tmux("new-window", "-t", "it:1", f"stty -echo; read go; stty echo; exec /bin/sh {program}")
        self.recorded = self.path / "recorded"
        self.tmux("pipe-pane", "-t", "it:1", f"cat >{self.recorded}")
        self.key("Enter")

    def tmux(self, *words):
        done = subprocess.run(["tmux", "-u", "-L", self.server, *map(str, words)], capture_output=True, text=True, check=False,
                              env=os.environ | {"LC_ALL": "C.UTF-8", "TERM": "xterm"})
        if done.returncode != 0:
            raise AssertionError(f"tmux {words}: {done.stderr}")
        return done.stdout

    def key(self, *names):
        self.tmux("send-keys", "-t", "it:1", *names)

    def type(self, text):
        self.tmux("send-keys", "-t", "it:1", "-l", text)

    def lines(self):
        """All that stands there, the part that has scrolled away too, as the terminal broke it into lines."""
        text = self.tmux("capture-pane", "-p", "-t", "it:1", "-S", "-").rstrip("\n")
        return text.split("\n")

    def rows_from(self, pattern):
        """The lines from the first one with the pattern on."""
        lines = self.lines()
        start = next((i for i, line in enumerate(lines) if re.search(pattern, line)), len(lines))
        return lines[start:]

    def await_last(self, *expected):
        """Waits until the last lines that are not empty are these (trailing spaces do not count)."""
        wanted = [line.rstrip() for line in expected]
        self.await_screen(lambda lines: [line.rstrip() for line in lines][-len(wanted):] == wanted, wanted)

    def await_match(self, pattern):
        self.await_screen(lambda lines: any(re.search(pattern, line) for line in lines), pattern)
        return next(found for found in (re.search(pattern, line) for line in self.lines()) if found)

    def await_screen(self, condition, what):
        try:
            await_that(lambda: condition(self.lines()), what)
        except AssertionError as failure:
            raise AssertionError("\n".join([f"{failure}; there stands:", *self.lines()])) from None

    def raw(self):
        """Every byte that went to the terminal; they are recorded a little after they are shown."""
        return self.recorded.read_bytes()

    def await_raw(self, begin, pattern):
        """What went there from `begin` on, once the pattern (of bytes) is found in it."""
        await_that(lambda: re.search(pattern, self.raw()[begin:], re.DOTALL), pattern)
        return self.raw()[begin:]

    def pid_of(self, name):
        """Of the program that the script runs now."""
        return next(pid for pid in self.programs() if pathlib.Path(f"/proc/{pid}/comm").read_text().strip() == name)

    def shell(self):
        return int(self.tmux("display-message", "-p", "-t", "it:1", "#{pane_pid}"))

    def programs(self):
        """The processes that the script has started and that still run."""
        shell = self.shell()
        with contextlib.suppress(FileNotFoundError):
            return [int(pid) for pid in pathlib.Path(f"/proc/{shell}/task/{shell}/children").read_text().split()]
        return []

    def settings(self, when):
        return (self.path / when).read_text()

    def await_end(self):
        self.await_match(r"status \d+$")
        await_that(lambda: (self.path / "after").exists() and self.settings("after"), "the terminal's settings")

    def __enter__(self):
        return self

    def __exit__(self, *unused):
        left = [self.shell(), *self.programs()]
        self.tmux("kill-server")
        # The shell ignores that its terminal has gone, and `listen` goes on without input.
        for pid in left:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        self.folder.cleanup()


def at(name, *options, program=AHOY):
    return f"{shlex.quote(str(program))} {name} {' '.join(options)}"


class Listening(Terminal):
    def __init__(self, *options, program=AHOY, **size):
        super().__init__(at("listen", "127.0.0.1:0", *options, program=program), **size)
        self.port = int(self.await_match(r"listening on tcp://127.0.0.1:(\d+) ")[1])

    def caller(self, **how):
        caller = Caller(self.port, **how)
        self.await_match(re.escape(f"[{caller.label}] joined"))
        return caller


class Peer(Caller):
    """The other side of `call`."""

    def __init__(self, accepted):
        self.socket = accepted
        self.socket.settimeout(GUARD)
        self.unread = b""


class AtAPrompt(unittest.TestCase):
    def test_a_line_that_is_typed_is_said(self):
        with Listening() as terminal, terminal.caller() as caller:
            terminal.await_last(f"[{caller.label}] joined", ">")
            terminal.type("hello there")
            terminal.await_last("> hello there")
            terminal.key("Enter")
            self.assertEqual(caller.line(), b"hello there")
            terminal.await_last("> hello there", ">")

    def test_history(self):
        with Listening() as terminal, terminal.caller() as caller:
            for text in ("one", "two", "three"):
                terminal.type(text)
                terminal.key("Enter")
                self.assertEqual(caller.line(), text.encode())
            terminal.key("Up")
            terminal.await_last("> three")
            terminal.key("Up")
            terminal.await_last("> two")
            terminal.key("Up", "Down")
            terminal.await_last("> two")
            terminal.type(" more")
            terminal.key("Enter")
            self.assertEqual(caller.line(), b"two more")

    def test_completion(self):
        with Listening() as terminal, terminal.caller() as caller:
            terminal.type("@")
            terminal.key("Tab")
            terminal.await_last(f"> @{caller.label}")
            terminal.type("psst")
            terminal.key("Enter")
            self.assertEqual(caller.line(), b"psst")
            terminal.type("/wh")
            terminal.key("Tab")
            terminal.await_last("> /who")
            terminal.key("Enter")
            terminal.await_match(re.escape(f"[{caller.label}] tcp"))
            terminal.type("/kick ")
            terminal.key("Tab")
            terminal.await_last(f"> /kick {caller.label}")
            terminal.key("Enter")
            self.assertEqual(caller.until_reset(), b"")
            terminal.await_match(re.escape(f"[{caller.label}] left"))

    def test_completion_between_several(self):
        with Listening() as terminal, terminal.caller() as one, terminal.caller() as other:
            terminal.type("@")
            terminal.key("Tab")
            terminal.await_match("> @127.0.0.1:")
            terminal.key("Tab")
            terminal.await_screen(lambda lines: any(f"@{one.label}" in line and f"@{other.label}" in line for line in lines), "both")
            common = os.path.commonprefix([one.label, other.label])
            terminal.await_last(f"> @{common}")
            terminal.type(other.label[len(common):] + " you")
            terminal.key("Enter")
            self.assertEqual(other.line(), b"you")
            self.assertTrue(one.is_quiet())

    def test_editing(self):
        with Listening() as terminal, terminal.caller() as caller:
            terminal.type("world")
            terminal.key("C-a")
            terminal.type("hello ")
            terminal.key("C-e", "BSpace")
            terminal.type("d!")
            terminal.key("Enter")
            self.assertEqual(caller.line(), b"hello world!")

    def test_keys_that_empty_the_line_are_no_end(self):
        with Listening() as terminal, terminal.caller() as caller:
            for number, keys in enumerate((("BSpace", "BSpace"), ("C-u",), ("C-w",), ("C-a", "C-d", "C-d"), ("C-a", "C-k"))):
                terminal.type("ab")
                terminal.key(*keys, "C-u")
                terminal.type(f"line {number}")
                terminal.key("Enter")
                self.assertEqual(caller.line(), f"line {number}".encode(), keys)

    def test_text_beyond_ascii(self):
        text = "zażółć 日本語 – ok"
        with Listening() as terminal, terminal.caller() as caller:
            terminal.type(text)
            terminal.await_last(f"> {text}")
            caller.send("ping\n")
            terminal.await_last(f"[{caller.label}] ping", f"> {text}")
            terminal.key("BSpace", "Enter")
            self.assertEqual(caller.line().decode(), text[:-1])


class WhileTyping(unittest.TestCase):
    """A line that arrives garbles nothing."""

    def test_a_line_that_arrives(self):
        with Listening() as terminal, terminal.caller() as caller:
            terminal.type("hello wor")
            terminal.await_last("> hello wor")
            caller.send("ping\n")
            terminal.await_last(f"[{caller.label}] joined", f"[{caller.label}] ping", "> hello wor")
            terminal.type("ld")
            terminal.await_last("> hello world")
            terminal.key("Enter")
            self.assertEqual(caller.line(), b"hello world")

    def test_a_line_longer_than_the_terminal_is_wide(self):
        for length in (38, 39, 57, 58, 59, 97, 98, 150):  # at 40 columns, with "> ": around one, two and more rows
            with self.subTest(length), Listening(columns=40) as terminal, terminal.caller() as caller:
                text = "".join(itertools.islice(itertools.cycle("abcdefghijklmnopqrstuvwxyz0123456789"), length))
                whole = "> " + text
                rows = [whole[i:i + 40] for i in range(0, len(whole), 40)]
                terminal.type(text)
                terminal.await_last(*rows)
                before = [f"[{caller.label}] joined"]
                for word in ("ping", "pong"):
                    caller.send(word + "\n")
                    before.append(f"[{caller.label}] {word}")
                    terminal.await_last(*before, *rows)
                self.assertEqual(sum(line.startswith("> ") for line in terminal.lines()), 1)
                terminal.type("!")
                terminal.key("Enter")
                self.assertEqual(caller.line().decode(), text + "!")

    def test_the_cursor_in_the_middle_of_a_long_line(self):
        with Listening(columns=40) as terminal, terminal.caller() as caller:
            text = "x" * 100
            terminal.type(text)
            terminal.key("C-a")
            caller.send("ping\n")
            terminal.await_last(f"[{caller.label}] ping", "> " + "x" * 38, "x" * 40, "x" * 22)
            terminal.type("y")
            terminal.await_last(f"[{caller.label}] ping", "> y" + "x" * 37, "x" * 40, "x" * 23)
            caller.send("pong\n")
            terminal.await_last(f"[{caller.label}] pong", "> y" + "x" * 37, "x" * 40, "x" * 23)
            terminal.key("Enter")
            self.assertEqual(caller.line().decode(), "y" + text)

    def test_wide_characters_over_several_rows(self):
        for columns in (40, 41):  # at 41 a character would have to be cut in two at the end of each row
            with self.subTest(columns), Listening(columns=columns) as terminal, terminal.caller() as caller:
                text = "日本語" * 17  # two columns each: 102 columns
                rows = ["> " + text[:19], text[19:39], text[39:]]
                terminal.type(text)
                terminal.await_last(*rows)
                before = [f"[{caller.label}] joined"]
                for word in ("ping", "pong"):
                    caller.send(word + "\n")
                    before.append(f"[{caller.label}] {word}")
                    terminal.await_last(*before, *rows)
                self.assertEqual(sum(line.startswith("> ") for line in terminal.lines()), 1)
                terminal.key("Enter")
                self.assertEqual(caller.line().decode(), text)

    def test_many_lines_at_once(self):
        with Listening() as terminal, terminal.caller() as caller:
            terminal.type("hello wor")
            terminal.await_last("> hello wor")
            said = [f"line {i}" for i in range(300)]
            caller.send("".join(line + "\n" for line in said))
            expected = [f"[{caller.label}] {line}" for line in said]
            terminal.await_last(*expected, "> hello wor")
            terminal.type("ld")
            terminal.key("Enter")
            self.assertEqual(caller.line(), b"hello world")

    def test_lines_that_arrive_between_keys(self):
        with Listening() as terminal, terminal.caller() as caller:
            for i, letter in enumerate("abcdefghijklmnop"):
                caller.send(f"{i}\n")
                terminal.type(letter)
            expected = [f"[{caller.label}] {i}" for i in range(16)]
            terminal.await_last(*expected, "> abcdefghijklmnop")
            terminal.key("Enter")
            self.assertEqual(caller.line(), b"abcdefghijklmnop")

    def test_who_comes_and_goes(self):
        with Listening() as terminal:
            terminal.await_last(">")  # else the terminal itself shows what is typed
            terminal.type("hello wor")
            with terminal.caller() as caller:
                terminal.await_last(f"[{caller.label}] joined", "> hello wor")
                caller.end()
                terminal.await_last(f"[{caller.label}] joined", f"[{caller.label}] left", "> hello wor")

    def test_a_terminal_that_changes_its_size(self):
        with Listening(columns=80) as terminal, terminal.caller() as caller:
            terminal.type("x" * 30)
            terminal.await_last("> " + "x" * 30)
            terminal.tmux("resize-window", "-t", "it:1", "-x", "40")
            terminal.type("y" * 30)
            terminal.await_last("> " + "x" * 30 + "y" * 8, "y" * 22)
            caller.send("ping\n")
            terminal.await_last(f"[{caller.label}] ping", "> " + "x" * 30 + "y" * 8, "y" * 22)
            terminal.key("C-a")
            terminal.type("z")
            terminal.await_last(f"[{caller.label}] ping", "> z" + "x" * 30 + "y" * 7, "y" * 23)

    def test_what_a_peer_sends_never_acts_on_the_terminal(self):
        with Listening() as terminal, terminal.caller() as caller:
            terminal.type("hello wor")
            terminal.await_last("> hello wor")
            begin = len(terminal.raw())
            hostile = b"\x1b[2J\x1b]0;title\x07\x9b31m\r> rm -rf\x08\x7f\xe2\x80\xae\x00end\n"
            caller.send(hostile + bytes(range(1, 10)) + bytes(range(11, 256)) + b"end\n")
            terminal.await_screen(lambda lines: sum("end" in line for line in lines) >= 2, "both lines")
            terminal.await_last("> hello wor")
            written = terminal.await_raw(begin, b"end.*end.*hello wor")
            for raw in (b"\x1b[2J", b"\x1b]", b"\x07", b"\x9b", b"\x08\x7f", b"\x00", "\u202e".encode(), "\x9b".encode()):
                self.assertNotIn(raw, written)
            self.assertIn(rb"\x1b[2J\x1b]0;title\x07", written)


class TheEnd(unittest.TestCase):
    def test_ctrl_c_drains_and_gives_the_terminal_back(self):
        with Listening() as terminal, terminal.caller() as caller:
            terminal.type("half a li")
            terminal.await_last("> half a li")
            terminal.key("C-c")
            self.assertEqual(caller.rest(), b"")
            caller.end()
            terminal.await_match("^status 0$")  # where the line stood that was begun
            terminal.await_end()
            self.assertEqual(terminal.settings("before"), terminal.settings("after"))

    def test_quit(self):
        with Listening() as terminal:
            terminal.await_last(">")
            terminal.type("/quit")
            terminal.key("Enter")
            terminal.await_match("^status 0$")
            terminal.await_end()
            self.assertEqual(terminal.settings("before"), terminal.settings("after"))

    def test_ctrl_d_ends_the_input_and_not_the_listener(self):
        with Listening() as terminal, terminal.caller() as caller:
            terminal.type("hello")
            terminal.key("Enter")
            self.assertEqual(caller.line(), b"hello")
            terminal.key("C-d")
            caller.send("still here\n")
            terminal.await_match(re.escape(f"[{caller.label}] still here"))
            with terminal.caller() as another:
                another.send("me too\n")
                terminal.await_match(re.escape(f"[{another.label}] me too"))
            terminal.key("C-c")
            terminal.await_match("status 0$")
            terminal.await_end()
            self.assertEqual(terminal.settings("before"), terminal.settings("after"))

    def test_ctrl_d_in_a_half_typed_line(self):
        """As the manual says: it deletes the character under the cursor, and at the end of the line does nothing."""
        with Listening() as terminal, terminal.caller() as caller:
            terminal.type("helxlo")
            terminal.key("Left", "Left", "Left", "C-d", "End", "C-d", "Enter")
            self.assertEqual(caller.line(), b"hello")
            terminal.type("still")
            terminal.key("Enter")
            self.assertEqual(caller.line(), b"still")

    def test_a_second_ctrl_c_cuts(self):
        with Listening("--handler", "echo", "--drain", "1h") as terminal, terminal.caller(receive_buffer=4096) as caller:
            terminal.await_last(f"[{caller.label}] joined", ">")
            overfill(caller, terminal.port)
            terminal.key("C-c")
            await_that(lambda: not is_listening(terminal.port), "the first one to be heard")
            terminal.key("C-c")
            terminal.await_match("status 0$")


class Stopped(unittest.TestCase):
    """Ctrl-Z, under a shell with job control: the terminal is the shell's, then ours again, and the line still there."""

    @contextlib.contextmanager
    def stopped(self, words, then):
        """A prompt with a line begun, stopped; what the shell does then it does when Enter is typed."""
        script = f"set -m\n{words}\nstty -a >stopped; echo it has stopped; read go; {then}"
        with Terminal(script) as terminal:
            terminal.await_last(">")
            terminal.type("half a li")
            terminal.await_last("> half a li")
            terminal.key("C-z")
            terminal.await_match("^it has stopped$")
            self.assertEqual(terminal.settings("stopped"), terminal.settings("before"))
            yield terminal

    def expect_line_again(self, terminal, reader):
        terminal.await_last("> half a li")
        terminal.type("ne")
        terminal.await_last("> half a line")
        terminal.key("Enter")
        self.assertEqual(reader.line(), b"half a line")
        terminal.await_last("> half a line", ">")
        terminal.key("C-c")
        terminal.await_end()
        self.assertEqual(terminal.settings("after"), terminal.settings("before"))

    def port(self, terminal):
        return int(terminal.await_match(r"listening on tcp://127.0.0.1:(\d+) ")[1])

    def test_listen(self):
        with self.stopped(at("listen", "127.0.0.1:0"), "fg") as terminal:
            with Caller(self.port(terminal)) as caller:  # which the kernel lets in meanwhile
                caller.send("ping\n")
                terminal.key("Enter")
                terminal.await_match(re.escape(f"[{caller.label}] ping"))
                self.expect_line_again(terminal, caller)

    def test_call(self):
        with socket.create_server(("127.0.0.1", 0)) as server:
            server.settimeout(GUARD)
            with self.stopped(at("call", f"127.0.0.1 {server.getsockname()[1]}"), "fg") as terminal:
                with Peer(server.accept()[0]) as peer:
                    terminal.key("Enter")
                    self.expect_line_again(terminal, peer)

    def test_twice_and_in_the_background_between(self):
        """There it shows what comes, and no prompt."""
        with self.stopped(at("listen", "127.0.0.1:0"), "bg; echo there it goes; read go; fg; echo again; read go; fg") as terminal:
            terminal.key("Enter")
            terminal.await_match("^there it goes$")
            with Caller(self.port(terminal)) as caller:
                caller.send("ping\n")
                terminal.await_last("there it goes", f"[{caller.label}] joined", f"[{caller.label}] ping")
                terminal.key("Enter")
                terminal.await_last("> half a li")
                terminal.key("C-z")
                terminal.await_match("^again$")
                terminal.key("Enter")
                self.expect_line_again(terminal, caller)


class Calling(unittest.TestCase):
    """`call` at a terminal has the prompt, too."""

    @contextlib.contextmanager
    def call(self, *options, program=AHOY, columns=80):
        with socket.create_server(("127.0.0.1", 0)) as server:
            server.settimeout(GUARD)
            words = at("call", f"127.0.0.1 {server.getsockname()[1]}", *options, program=program)
            with Terminal(words, columns=columns) as terminal:
                accepted, _ = server.accept()
                with Peer(accepted) as peer:
                    terminal.await_match("^>|no line editing|status")
                    yield terminal, peer

    def expect_terminal_as_before(self, terminal, status):
        terminal.await_match(f"status {status}$")
        terminal.await_end()
        self.assertEqual(terminal.settings("before"), terminal.settings("after"))

    def test_lines_both_ways(self):
        with self.call() as (terminal, peer):
            terminal.await_last(">")
            terminal.type("hello wor")
            terminal.await_last("> hello wor")
            peer.send("ping\n")
            terminal.await_last("ping", "> hello wor")
            peer.send("po")
            peer.send("ng\nand more\n")
            terminal.await_last("ping", "pong", "and more", "> hello wor")
            terminal.type("ld")
            terminal.key("Enter")
            self.assertEqual(peer.line(), b"hello world")
            terminal.key("Up", "Enter")
            self.assertEqual(peer.line(), b"hello world")
            terminal.key("C-d")
            self.assertEqual(peer.rest(), b"")
            peer.send("still heard\n")
            terminal.await_match("^still heard$")
            peer.close()
            self.expect_terminal_as_before(terminal, 0)

    def test_a_line_that_is_emptied_is_no_end(self):
        with self.call() as (terminal, peer):
            terminal.type("ab")
            terminal.key("BSpace", "BSpace", "C-u")
            terminal.type("hello")
            terminal.key("Enter")
            self.assertEqual(peer.line(), b"hello")

    def test_a_line_without_an_end(self):
        with self.call() as (terminal, peer):
            terminal.type("hello wor")
            peer.send("login: ")
            terminal.await_last("login: …", "> hello wor")
            peer.send("again: ")
            terminal.await_last("login: …", "again: …", "> hello wor")

    def test_what_a_peer_sends_never_acts_on_the_terminal(self):
        with self.call() as (terminal, peer):
            terminal.type("hello wor")
            terminal.await_last("> hello wor")
            begin = len(terminal.raw())
            peer.send(b"\x1b[2J\x1b]0;title\x07\x9b31m\r> rm -rf\x08\x7f\x00end\n")
            terminal.await_match("end$")
            terminal.await_last("> hello wor")
            written = terminal.await_raw(begin, b"end.*hello wor")
            for raw in (b"\x1b[2J", b"\x1b]", b"\x07", b"\x9b", b"\x00"):
                self.assertNotIn(raw, written)

    def test_the_peer_ends(self):
        with self.call() as (terminal, peer):
            terminal.type("half a li")
            terminal.await_last("> half a li")
            peer.send("bye\n")
            peer.close()
            terminal.await_match("^bye$")
            self.expect_terminal_as_before(terminal, 0)

    def test_a_reset(self):
        with self.call() as (terminal, peer):
            terminal.type("half a li")
            terminal.await_last("> half a li")
            peer.reset()
            terminal.await_match("^ahoy: receive from .*: connection reset by peer$")
            self.expect_terminal_as_before(terminal, 56)

    def test_ctrl_c(self):
        with self.call() as (terminal, peer):
            terminal.type("half a li")
            terminal.await_last("> half a li")
            terminal.key("C-c")
            self.expect_terminal_as_before(terminal, 130)

    def test_signals(self):
        for number in (signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT):
            with self.subTest(number.name), self.call() as (terminal, peer):
                terminal.type("half a li")
                terminal.await_last("> half a li")
                os.kill(terminal.pid_of("ahoy"), number)
                self.expect_terminal_as_before(terminal, 128 + number)

    def test_time_runs_out(self):
        with self.call("--timeout", "1s") as (terminal, peer):
            self.expect_terminal_as_before(terminal, 28)

    def test_output_that_is_no_terminal_is_unchanged(self):
        with self.call(">out") as (terminal, peer):
            terminal.type("hello")
            terminal.key("Enter")
            self.assertEqual(peer.line(), b"hello")
            peer.send(b"\x1b[2J no end")
            peer.close()
            self.expect_terminal_as_before(terminal, 0)
            self.assertEqual((terminal.path / "out").read_bytes(), b"\x1b[2J no end")

    def test_without_the_module(self):
        with tempfile.TemporaryDirectory() as folder:
            program = pathlib.Path(folder) / "ahoy"
            shutil.copy(AHOY, program)
            with self.call("-v", program=program) as (terminal, peer):
                terminal.await_match("no line editing: the module prompt is not installed")
                terminal.type("hello there")
                terminal.key("Enter")
                self.assertEqual(peer.line(), b"hello there")
                peer.send("ping")
                terminal.await_last("hello there", "ping")
                terminal.key("C-c")
                self.expect_terminal_as_before(terminal, 130)


class WithoutTheModule(unittest.TestCase):
    def test_plain_lines_do(self):
        with tempfile.TemporaryDirectory() as folder:
            program = pathlib.Path(folder) / "ahoy"
            shutil.copy(AHOY, program)
            with Listening("-v", program=program) as terminal, terminal.caller() as caller:
                terminal.await_match("no line editing: the module prompt is not installed")
                terminal.type("hello there")
                terminal.key("Enter")
                self.assertEqual(caller.line(), b"hello there")
                caller.send("ping\n")
                terminal.await_last("hello there", f"[{caller.label}] ping")
                terminal.key("C-c")
                terminal.await_match("status 0$")

    def test_ctrl_d_hands_over_what_is_typed(self):
        """As the manual says of lines that are not edited; the next one ends the input."""
        with socket.create_server(("127.0.0.1", 0)) as server, \
                Terminal(at("call", f"127.0.0.1 {server.getsockname()[1]}", "2>errors")) as terminal:
            server.settimeout(GUARD)
            with Peer(server.accept()[0]) as peer:
                terminal.type("hel")
                terminal.key("C-d")
                self.assertEqual(peer.receive(), b"hel")
                terminal.key("C-d")
                self.assertEqual(peer.rest(), b"hel")
            terminal.await_match("status 0$")


if __name__ == "__main__":
    unittest.main()
