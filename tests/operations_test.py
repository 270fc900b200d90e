"""Operating `ahoy listen`: SIGHUP has its files read again, SIGUSR2 replaces its program, systemd hands it sockets, --user
makes it somebody else.

AHOY_WHOLE=1 has the load be what is promised, 200 reloads and 20 upgrades at 1,000 connections a second; else it is a tenth.
"""
import array
import contextlib
import ctypes
import errno
import json
import os
import pathlib
import pwd
import re
import shutil
import signal
import socket
import subprocess
import tempfile
import threading
import time
import unittest

from command import AHOY, GUARD, LISTENING, Listener, Process, Running, await_that, is_running, port_of, run
from peers import port_to_listen_on, receive_all
from servers.certificates import certificates
from tls_test import client_context

BUILD = pathlib.Path(os.environ["AHOY_BUILD"])
SOURCE = pathlib.Path(os.environ["AHOY_SOURCE"])
LOAD = BUILD / "connection_load"
WHOLE = os.environ.get("AHOY_WHOLE") == "1"
RELOADS, UPGRADES = (200, 20) if WHOLE else (20, 4)
SERVES = r"process (\d+) serves from now on"
MODELS = (["event"], ["event", "--workers", "2"], ["iterative"], ["thread"], ["thread", "--workers", "4"], ["process"], ["process", "--workers", "4"])

PR_SET_CHILD_SUBREAPER = 36
ctypes.CDLL(None, use_errno=True).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)  # those whose parents have gone are ours to reap


def status_of(pid):
    """Waits for the end of a process that became our child when its parent ended; None where that outlived it, and reaped it."""
    due = time.monotonic() + GUARD
    while time.monotonic() < due:
        with contextlib.suppress(ChildProcessError):
            ended, status = os.waitpid(pid, os.WNOHANG)
            if ended == pid:
                return os.waitstatus_to_exitcode(status)
        if not is_running(pid):
            return None
        time.sleep(0.01)
    raise AssertionError(f"process {pid} did not end")


def open_for_writing(fifo):
    """Returns when somebody reads it."""
    opened = []

    def is_open():
        try:
            opened.append(os.open(fifo, os.O_WRONLY | os.O_NONBLOCK))
        except OSError as why:
            if why.errno != errno.ENXIO:
                raise
        return opened
    await_that(is_open, f"a reader of {fifo}")
    os.set_blocking(opened[0], True)
    return opened[0]


def says(port, text="hello", host="127.0.0.1"):
    """What an echo server sends back; empty where it hangs up."""
    with socket.create_connection((host, port), GUARD) as peer:
        try:
            peer.sendall(text.encode())
            peer.shutdown(socket.SHUT_WR)
            return receive_all(peer).decode()
        except OSError:
            return ""


def connections(port):
    """What metrics say of how many are here."""
    with socket.create_connection(("127.0.0.1", port), GUARD) as peer:
        peer.sendall(b"GET /metrics HTTP/1.0\r\n\r\n")
        return int(re.search(r"(?m)^ahoy_connections (\d+)$", receive_all(peer).decode())[1])


def holds_port(pid, port):
    """Whether that process listens there on TCP over IPv4, proc(5)."""
    with contextlib.suppress(FileNotFoundError):
        open_files = {os.readlink(each) for each in pathlib.Path(f"/proc/{pid}/fd").iterdir()}
        for line in pathlib.Path("/proc/net/tcp").read_text().splitlines()[1:]:
            words = line.split()
            if words[1].endswith(f":{port:04X}") and words[3] == "0A" and f"socket:[{words[9]}]" in open_files:
                return True
    return False


class Service(Listener):
    """`ahoy listen` that is operated; after an upgrade its pid is that of the process which serves."""

    def __init__(self, *words, **process):
        self.first = None
        super().__init__(*words, stdin=subprocess.DEVNULL, **process)
        self.first = self.pid

    def reload(self):
        self.send_signal(signal.SIGHUP)
        return self.err.until(r"reloaded")[0] and self.err

    def reload_says(self):
        self.send_signal(signal.SIGHUP)
        return self.err.until(r"reloaded(: .*|, and nothing has changed: .*)")[1]

    def upgrade(self):
        """The pid of the process that served until now."""
        before = self.pid
        self.send_signal(signal.SIGUSR2)
        self.pid = int(self.err.until(SERVES)[1])
        return before

    def status(self, pid):
        return self.process.wait(GUARD) if pid == self.first else status_of(pid)

    def end_whole(self):
        self.send_signal(signal.SIGTERM)
        return self.status(self.pid)

    def __exit__(self, *unused):
        if self.pid != self.first:
            with contextlib.suppress(ProcessLookupError, ChildProcessError):
                os.kill(self.pid, signal.SIGKILL)
                os.waitpid(self.pid, 0)
        super().__exit__()


class Operations(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="ahoy-operations-")
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)
        self.folder.chmod(0o755)

    def file(self, name, text):
        path = self.folder / name
        path.write_text(text, encoding="utf-8")
        return path


class Reload(Operations):
    def test_networks_change_for_new_callers_and_nobody_is_dropped(self):
        for model in MODELS:
            with self.subTest(model=model):
                deny = self.file("deny", "# nobody yet\n")
                with Service("tcp://127.0.0.1:0", "--handler", "echo", "--deny", f"@{deny}", "--model", *model) as service:
                    with socket.create_connection(("127.0.0.1", service.port), GUARD) as here:
                        here.sendall(b"before")
                        self.assertEqual(here.recv(6, socket.MSG_WAITALL), b"before")
                        deny.write_text("10.0.0.0/8\n127.0.0.0/8 # ourselves\n")
                        self.assertIn("2 networks denied", service.reload_says())
                        self.assertEqual(says(service.port), "")
                        here.sendall(b"after")
                        self.assertEqual(here.recv(5, socket.MSG_WAITALL), b"after")
                    deny.write_text("# nobody any more\n")
                    service.reload_says()
                    self.assertEqual(says(service.port), "hello")

    def test_a_file_that_does_not_parse_changes_nothing(self):
        allow, deny = self.file("allow", "127.0.0.0/8\n"), self.file("deny", "#\n")
        with Service("tcp://127.0.0.1:0", "--handler", "echo", "--allow", f"@{allow}", "--deny", f"@{deny}") as service:
            deny.write_text("127.0.0.0/8\n")  # whole; what follows is not
            for text, told in (("127.0.0.1\n\n127.0.0.0/99\n", r'line 3 of \S+allow "127\.0\.0\.0/99"'), ("localhost\n", "line 1"),
                               ("", "it is empty"), ("# 127.0.0.1\n", "everybody could call"),
                               ("\x1b[31m\n", r"\\x1b"), ("127.0.0.1\n" * 110000, "file too large")):
                with self.subTest(text[:20]):
                    allow.write_text(text)
                    self.assertRegex(service.reload_says(), told)
                    self.assertEqual(says(service.port), "hello")
            allow.unlink()
            self.assertIn("no such file", service.reload_says())
            self.assertEqual(says(service.port), "hello")
            allow.write_text("127.0.0.1\r\n")
            self.assertIn("1 network allowed", service.reload_says())
            self.assertEqual(says(service.port), "")

    def test_files_are_read_at_the_start(self):
        bad = self.file("bad", "1.2.3.4/33\n")
        done = run("listen", "tcp://127.0.0.1:0", "--allow", f"@{bad}")
        self.assertEqual((done.status, done.out), (2, b""))
        self.assertIn("line 1 of", done.err)
        self.assertNotIn("listening", done.err)

    def certificate_of(self, port):
        context = client_context()
        context.check_hostname = False
        context.verify_mode = 0
        with socket.create_connection(("127.0.0.1", port), GUARD) as plain, context.wrap_socket(plain) as peer:
            peer.sendall(b"x")
            self.assertEqual(peer.recv(1), b"x")
            return peer.getpeercert(True)

    def test_a_new_certificate_is_shown_under_every_model(self):
        good, other = certificates().good, certificates().elsewhere
        for model in MODELS:
            with self.subTest(model=model):
                shown, key = self.folder / "shown.pem", self.folder / "shown.key"
                shutil.copy(good.file, shown), shutil.copy(good.key, key)
                with Service("tls://127.0.0.1:0", "--handler", "echo", "--cert", shown, "--key", key, "--model", *model) as service:
                    port = service.port
                    before = self.certificate_of(port)
                    with socket.create_connection(("127.0.0.1", port), GUARD) as plain, client_context().wrap_socket(plain, server_hostname="localhost") as here:
                        if model != ["iterative"]:
                            here.sendall(b"before")
                            self.assertEqual(here.recv(6), b"before")
                        shutil.copy(other.file, shown)  # its key is not the one that is there
                        self.assertIn("nothing has changed", "nothing has changed" + service.reload_says())
                        if model != ["iterative"]:
                            self.assertEqual(self.certificate_of(port), before)
                        shutil.copy(other.key, key)
                        service.reload_says()
                        if model != ["iterative"]:
                            self.assertNotEqual(self.certificate_of(port), before)
                        here.sendall(b"still here")
                        self.assertEqual(here.recv(10), b"still here")
                    self.assertNotEqual(self.certificate_of(port), before)
                    self.assertEqual(service.end_whole(), 0)

    def test_what_it_says_of_files_holds_nobody_up(self):
        """Where whoever reads standard error has stalled, and what is said is of a key that others may read."""
        good = certificates().good
        key = self.file("shown.key", good.key.read_text())
        key.chmod(0o644)
        errors, given = os.pipe()
        with os.fdopen(errors, "rb", buffering=0) as lines, Process(AHOY, "listen", "tls://127.0.0.1:0", "--handler", "echo", "--cert", good.file, "--key", key,
                                                                     stderr=given) as service:
            os.close(given)
            seen = b""
            while not (found := re.search(LISTENING.pattern.encode(), seen, re.M)):
                seen += lines.read(4096)
            port = port_of(found[1].decode())
            self.assertEqual(self.says_over_tls(port), b"hello")
            writer = os.open(f"/proc/self/fd/{errors}", os.O_WRONLY | os.O_NONBLOCK)
            with contextlib.suppress(BlockingIOError):
                while True:
                    os.write(writer, b"." * 4096)
            os.close(writer)
            service.send_signal(signal.SIGHUP)
            for _ in range(3):  # the one after the other, so that the signal has been heard
                self.assertEqual(self.says_over_tls(port), b"hello")
            service.send_signal()
            self.assertEqual(service.wait(), 0)

    def says_over_tls(self, port):
        with socket.create_connection(("127.0.0.1", port), GUARD) as plain, client_context().wrap_socket(plain, server_hostname="localhost") as peer:
            peer.sendall(b"hello")
            return peer.recv(5)

    def test_a_new_token_holds_for_new_callers(self):
        good = certificates().good
        for model in MODELS[1:]:
            with self.subTest(model=model):
                token, first, second = (self.file(name, text) for name, text in (
                    ("token", "the first of two tokens\n"), ("first", "the first of two tokens\n"), ("second", "and the second of them\n")))
                for each in (token, first, second):
                    each.chmod(0o600)
                with Service("tls://127.0.0.1:0", "--handler", "echo", "--cert", good.file, "--key", good.key, "--token", token,
                             "--model", *model) as service:
                    def proves(which):
                        done = run("send", f"tls://localhost:{service.port}", "hello", "--cacert", good.file, "--token", which)
                        self.assertIn((done.status, done.out), ((0, b"hello\n"), (60, b"")), done.err)
                        return done.status == 0
                    self.assertEqual((proves(first), proves(second)), (True, False))
                    token.write_text("too short\n")
                    self.assertIn("16 to 4096 bytes", service.reload_says())
                    self.assertEqual((proves(first), proves(second)), (True, False))
                    token.write_text(second.read_text())
                    service.reload_says()
                    self.assertEqual((proves(first), proves(second)), (False, True))
                    self.assertEqual(service.end_whole(), 0)

    def test_a_log_that_was_renamed_is_opened_anew(self):
        log, old = self.folder / "log", self.folder / "log.1"
        for model in MODELS:
            with self.subTest(model=model):
                log.unlink(missing_ok=True), old.unlink(missing_ok=True)
                with Service("tcp://127.0.0.1:0", "--handler", "echo", "--log", log, "--model", *model) as service:
                    self.assertEqual(says(service.port), "hello")
                    await_that(lambda: " left " in log.read_text(), "a line of the first caller")
                    log.rename(old)
                    self.assertEqual(says(service.port), "hello")
                    await_that(lambda: old.read_text().count(" left ") == 2, "a line of the second one, in the same file")
                    service.reload_says()
                    self.assertEqual(says(service.port), "hello")
                    await_that(lambda: log.exists() and " left " in log.read_text(), "a line of the third one")
                    self.assertEqual((log.read_text().count(" joined "), old.read_text().count(" joined ")), (1, 2))
                    open_files = [os.readlink(each) for each in pathlib.Path(f"/proc/{service.pid}/fd").iterdir()]
                    self.assertEqual((open_files.count(str(log)), open_files.count(str(old))), (1, 0))

    def test_a_log_that_cannot_be_opened_anew_goes_on_in_the_old_file(self):
        log, old = self.folder / "log", self.folder / "log.1"
        with Service("tcp://127.0.0.1:0", "--handler", "echo", "--log", log) as service:
            log.rename(old)
            log.mkdir()
            self.assertRegex(service.reload_says(), "everybody")
            self.assertIn(b"the log goes on in the file that was open", service.err.so_far())
            self.assertEqual(says(service.port), "hello")
            await_that(lambda: " left " in old.read_text(), "a line")

    def test_workers_that_were_renewed_end(self):
        good = certificates().good
        with Service("tls://127.0.0.1:0", "--handler", "echo", "--cert", good.file, "--key", good.key,
                     "--model", "process", "--workers", "2") as service:
            first = service.children()
            self.assertEqual(len(first), 2)
            for _ in range(5):
                service.reload_says()
                self.certificate_of(service.port)
            await_that(lambda: not any(is_running(each) for each in first), "the end of the first workers")
            await_that(lambda: len(service.children()) <= 2, "no more than two workers")

    def test_hangup_of_a_terminal_ends_it(self):
        leader, follower = os.openpty()
        port = port_to_listen_on()
        process = subprocess.Popen([AHOY, "listen", f"tcp://127.0.0.1:{port}", "--handler", "echo"], stdin=follower, stdout=follower,
                                   stderr=follower, start_new_session=True,
                                   preexec_fn=lambda: __import__("fcntl").ioctl(0, 0x540E, 0))  # TIOCSCTTY
        os.close(follower)
        seen = b""
        while b"listening on" not in seen:
            seen += os.read(leader, 4096)
        os.close(leader)
        self.assertEqual(process.wait(GUARD), 0)


class Upgrade(Operations):
    def test_hands_over_what_is_listened_on(self):
        path = self.folder / "socket"
        for model in MODELS:
            with self.subTest(model=model), Service("tcp://localhost:0", f"unix://{path}", "udp://127.0.0.1:0", "--handler", "echo",
                                                    "--model", *model, endpoints=len(socket.getaddrinfo("localhost", 0, type=socket.SOCK_STREAM)) + 2) as service:
                inode = path.stat().st_ino
                urls = list(service.urls)
                for _ in range(2):
                    before = service.upgrade()
                    self.assertEqual(service.status(before), 0)
                    self.assertEqual(path.stat().st_ino, inode)
                    self.assertEqual(says(service.port), "hello")
                    for url in urls[1:]:
                        self.assertIn(b"hello", run("send", url, "hello").out)
                self.assertEqual(service.end_whole(), 0)
                self.assertFalse(path.exists())

    def test_tls_goes_on(self):
        good = certificates().good
        with Service("tls://127.0.0.1:0", "tcp://127.0.0.1:0", "--handler", "echo", "--cert", good.file, "--key", good.key, endpoints=2) as service:
            service.status(service.upgrade())
            with socket.create_connection(("127.0.0.1", service.port), GUARD) as plain, client_context().wrap_socket(plain, server_hostname="localhost") as peer:
                peer.sendall(b"hello")
                self.assertEqual(peer.recv(5), b"hello")
            self.assertEqual(says(port_of(service.urls[1])), "hello")
            self.assertEqual(service.end_whole(), 0)

    def test_callers_who_are_here_finish(self):
        with Service("tcp://127.0.0.1:0", "--handler", "echo", "--drain", "20s") as service:
            with socket.create_connection(("127.0.0.1", service.port), GUARD) as here:
                here.sendall(b"before")
                self.assertEqual(here.recv(6, socket.MSG_WAITALL), b"before")
                before = service.upgrade()
                for _ in range(50):
                    self.assertEqual(says(service.port), "hello")
                here.sendall(b"after")
                self.assertEqual(here.recv(5, socket.MSG_WAITALL), b"after")
                self.assertEqual(says(service.port), "hello")
                self.assertTrue(is_running(before))
            self.assertEqual(service.status(before), 0)
            self.assertEqual(service.end_whole(), 0)

    def test_callers_who_stay_are_ended_after_the_drain(self):
        """Those in conversation, those who wait for a turn, those who wait for TLS, and one that takes nothing."""
        good = certificates().good
        for scheme, words in (("tcp", ()), ("tls", ("--cert", good.file, "--key", good.key))):
            for model in MODELS:
                with self.subTest(scheme=scheme, model=model), contextlib.ExitStack() as here, \
                        Service(f"{scheme}://127.0.0.1:0", "--handler", "echo", "--drain", "300ms", *words, "--model", *model) as service:
                    def connected():
                        return here.enter_context(socket.create_connection(("127.0.0.1", service.port), GUARD))
                    silent = [connected() for _ in range(6)]
                    if scheme == "tls":
                        silent[0] = here.enter_context(client_context().wrap_socket(silent[0], server_hostname="localhost"))
                    silent[0].sendall(b"x")
                    self.assertEqual(silent[0].recv(1), b"x")
                    silent[0].settimeout(0.2)
                    with contextlib.suppress(TimeoutError):
                        for _ in range(200):
                            silent[0].sendall(b"x" * 65536)
                    before = service.upgrade()
                    self.assertEqual(service.status(before), 0)
                    for each in silent[1:]:
                        with contextlib.suppress(ConnectionResetError):
                            self.assertEqual(each.recv(1), b"")
                    self.assertEqual(service.end_whole(), 0)

    def test_the_program_is_the_one_on_the_disk_by_now(self):
        program = self.folder / "ahoy"
        shutil.copy(AHOY, program)
        service = subprocess.Popen([program, "listen", "tcp://127.0.0.1:0", "--handler", "echo"], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                   stderr=subprocess.PIPE)
        from command import Lines
        lines = Lines(service.stderr)
        port = port_of(lines.until(LISTENING.pattern)[1])
        for text, told in ((f"#!/bin/sh\nexit 7\n", "it ended with status 7"), ("#!/bin/sh\nexec sleep 100\n", "did not say in time"),
                           ("no program\n", r"exec format error"), (None, "no such file")):
            with self.subTest(text):
                program.unlink()
                if text:
                    program.write_text(text)
                    program.chmod(0o755)
                service.send_signal(signal.SIGUSR2)
                self.assertRegex(lines.until("there is no successor")[0] + lines.so_far().decode(), told)
                self.assertEqual(says(port), "hello")
                children = pathlib.Path(f"/proc/{service.pid}/task/{service.pid}/children").read_text().split()
                self.assertEqual(children, [])
                if not text:
                    program.write_text("")
        program.unlink()
        shutil.copy(AHOY, program)
        service.send_signal(signal.SIGUSR2)
        next_one = int(lines.until(SERVES)[1])
        self.assertEqual(service.wait(GUARD), 0)
        self.assertEqual(os.readlink(f"/proc/{next_one}/exe"), str(program))
        self.assertEqual(says(port), "hello")
        os.kill(next_one, signal.SIGTERM)
        self.assertEqual(status_of(next_one), 0)
        service.stdout.close(), service.stderr.close()

    @contextlib.contextmanager
    def replaceable(self, *words):
        """A listener whose program is a file of the test's: that, the process, what it writes, and its port."""
        from command import Lines
        program = self.folder / "ahoy"
        program.unlink(missing_ok=True)
        shutil.copy(AHOY, program)
        with subprocess.Popen([program, "listen", "tcp://127.0.0.1:0", "--handler", "echo", *words], stdin=subprocess.DEVNULL,
                              stdout=subprocess.DEVNULL, stderr=subprocess.PIPE) as service:
            lines = Lines(service.stderr)
            try:
                yield program, service, lines, port_of(lines.until(LISTENING.pattern)[1])
            finally:
                service.kill()

    def begin_successor(self, program, service, then):
        """One that has begun, and does `then` once what is returned is called."""
        gate = self.folder / "gate"
        gate.unlink(missing_ok=True)
        os.mkfifo(gate)
        program.unlink()
        program.write_text(f'#!/bin/sh\nread word < "{gate}"\n{then}\n')
        program.chmod(0o755)
        service.send_signal(signal.SIGUSR2)
        opened = open_for_writing(gate)

        def go_on():
            os.write(opened, b"go on\n")
            os.close(opened)
        return go_on

    def test_a_reload_while_a_successor_begins_is_passed_on(self):
        """It may have read its files before they were changed."""
        for model in (["event"], ["event", "--engine", "uring"], ["iterative"], ["process", "--workers", "2"]):
            with self.subTest(model=model), self.replaceable("--model", *model) as (program, service, lines, port):
                go_on = self.begin_successor(program, service, f'exec "{AHOY}" "$@"')
                service.send_signal(signal.SIGHUP)
                go_on()
                lines.await_that(lambda: re.search(SERVES.encode(), lines.raw), "a successor")
                successor = int(re.search(SERVES.encode(), lines.raw)[1])
                try:
                    lines.await_that(lambda: b"reloaded: everybody allowed" in lines.raw, "the reload")
                    self.assertEqual(service.wait(GUARD), 0)
                    self.assertEqual(says(port), "hello")
                finally:
                    os.kill(successor, signal.SIGTERM)
                self.assertEqual(status_of(successor), 0)

    def test_a_reload_while_a_successor_fails_is_obeyed(self):
        deny = self.file("deny", "# nobody yet\n")
        with self.replaceable("--deny", f"@{deny}") as (program, service, lines, port):
            go_on = self.begin_successor(program, service, "exit 7")
            deny.write_text("127.0.0.1\n")
            service.send_signal(signal.SIGHUP)
            go_on()
            lines.until("there is no successor")
            lines.until("reloaded: everybody allowed, 1 network denied")
            self.assertEqual(says(port), "")

    def test_who_waits_for_its_last_callers_passes_a_reload_on(self):
        deny, log, old = self.file("deny", "# nobody yet\n"), self.folder / "log", self.folder / "log.1"
        with Service("tcp://127.0.0.1:0", "--handler", "echo", "--drain", "20s", "--deny", f"@{deny}", "--log", log) as service:
            with socket.create_connection(("127.0.0.1", service.port), GUARD) as here:
                here.sendall(b"before")
                self.assertEqual(here.recv(6, socket.MSG_WAITALL), b"before")
                before = service.upgrade()
                deny.write_text("127.0.0.1\n")
                log.rename(old)
                os.kill(before, signal.SIGHUP)
                service.err.until("reloaded: everybody allowed, 1 network denied")
                self.assertEqual(says(service.port), "")
                os.kill(before, signal.SIGUSR2)
                service.err.until("no successor is started: a successor was started already")
                here.sendall(b"after")
                self.assertEqual(here.recv(5, socket.MSG_WAITALL), b"after")
            self.assertEqual(service.status(before), 0)
            await_that(lambda: " left " in log.read_text(), "what the old one logs, in the new file")
            self.assertEqual(service.end_whole(), 0)

    def test_no_descriptor_is_left_open(self):
        def numbers(pid):
            return sorted(int(each) for each in os.listdir(f"/proc/{pid}/fd"))
        with Service("tcp://127.0.0.1:0", "--handler", "echo") as service:
            service.status(service.upgrade())
            second = numbers(service.pid)
            for _ in range(3):
                service.status(service.upgrade())
                says(service.port)
            await_that(lambda: len(numbers(service.pid)) == len(second), "the descriptors of before")
            self.assertEqual(service.end_whole(), 0)

    def test_programs_of_callers_get_nothing_of_it(self):
        with Service("tcp://127.0.0.1:0", "--exec", "sh", "-c", "env; ls /proc/self/fd | wc -w") as service:
            plain = says(service.port, "")
            service.status(service.upgrade())
            after = says(service.port, "")
            for name in ("LISTEN_FDS", "LISTEN_PID", "LISTEN_FDNAMES", "AHOY_SUCCESSOR", "NOTIFY_SOCKET"):
                self.assertNotIn(name + "=", after)
            self.assertEqual(plain.split()[-1], after.split()[-1])
            service.end_whole()

    def test_a_successor_that_was_succeeded_is_no_news(self):
        """The first process still has a caller when the second has ended well."""
        with Service("tcp://127.0.0.1:0", "--handler", "echo", "--drain", "none") as service:
            with socket.create_connection(("127.0.0.1", service.port), GUARD) as here:
                here.sendall(b"before")
                self.assertEqual(here.recv(6, socket.MSG_WAITALL), b"before")
                first, second = service.upgrade(), service.upgrade()
                await_that(lambda: not is_running(second), "the end of the second")
                here.sendall(b"after")
                self.assertEqual(here.recv(5, socket.MSG_WAITALL), b"after")
            self.assertEqual(service.status(first), 0)
            self.assertNotIn(b"has ended", service.err.so_far())
            service.end_whole()

    def test_metrics_and_the_log_go_over(self):
        """Also while somebody has begun to ask the old one for them, and it still has a caller."""
        at = port_to_listen_on()
        log = self.folder / "log"
        for model in MODELS:
            with self.subTest(model=model):
                log.unlink(missing_ok=True)
                with Service("tcp://127.0.0.1:0", "--handler", "echo", "--drain", "20s", "--metrics", f"127.0.0.1:{at}", "--log", log,
                             "--model", *model) as service:
                    service.err.until("metrics at")
                    with socket.create_connection(("127.0.0.1", service.port), GUARD) as here, \
                            socket.create_connection(("127.0.0.1", at), GUARD):
                        here.sendall(b"before")
                        self.assertEqual(here.recv(6, socket.MSG_WAITALL), b"before")
                        self.assertEqual(connections(at), 1)
                        before = service.upgrade()
                        service.err.until("metrics at")
                        self.assertEqual(connections(at), 0)
                        self.assertEqual(says(service.port), "hello")
                        here.sendall(b"after")
                        self.assertEqual(here.recv(5, socket.MSG_WAITALL), b"after")
                    self.assertEqual(service.status(before), 0)
                    await_that(lambda: log.read_text().count(" left ") == 2, "a line of either process")
                    self.assertEqual(log.read_text().count(" listening "), 2)
                    self.assertEqual(service.end_whole(), 0)

    def test_metrics_go_to_the_last_of_several(self):
        at = port_to_listen_on()
        with Service("tcp://127.0.0.1:0", "--handler", "echo", "--metrics", f"127.0.0.1:{at}") as service:
            service.err.until("metrics at")
            before = [service.upgrade() for _ in range(5)]
            for each in before:
                self.assertIn(service.status(each), (0, None))
            await_that(lambda: holds_port(service.pid, at), "the address to be the last one's")
            self.assertEqual(connections(at), 0)
            self.assertEqual(service.end_whole(), 0)

    def test_is_refused_where_nobody_could_take_over(self):
        with Service("tcp://127.0.0.1:0", "--once") as service:
            service.send_signal(signal.SIGUSR2)
            service.err.until("no successor is started: --once")

    def test_datagrams_go_to_the_successor(self):
        with Service("udp://127.0.0.1:0", "--handler", "echo") as service, socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as peer:
            peer.settimeout(GUARD)
            peer.connect(("127.0.0.1", service.port))
            peer.send(b"before")
            self.assertEqual(peer.recv(100), b"before")
            self.assertEqual(service.status(service.upgrade()), 0)  # it does not wait for who cannot end
            peer.send(b"after")
            self.assertEqual(peer.recv(100), b"after")
            self.assertEqual(service.end_whole(), 0)


class Load(Operations):
    """Nobody is refused, reset or lost."""

    def hold(self, service, rate, pause, upgrades, reloads, seconds):
        with Process(LOAD, service.urls[0], rate, pause) as load:
            pids = []
            steps = ["upgrade"] * upgrades + ["reload"] * reloads
            order = [steps[i * 7919 % len(steps)] for i in range(len(steps))] if len(steps) % 7919 else steps
            due = time.monotonic() + 0.5
            for step in order:
                time.sleep(max(0, due - time.monotonic()))
                due += seconds / len(order)
                if step == "upgrade":
                    pids.append(service.upgrade())
                else:
                    service.reload_says()
            time.sleep(max(0, due - time.monotonic()))
            load.end_input()
            result = json.loads(load.out.all())
            print(f"  {service.models[0]} {service.urls[0].split(':')[0]}: {len(pids)} upgrades, {reloads} reloads: {result}", flush=True)
            self.assertEqual(result["failures"], {})
            self.assertEqual(result["served"], result["begun"])
            for pid in pids:
                self.assertIn(service.status(pid), (0, None))

    def under(self, scheme, model, rate, *words, upgrades=UPGRADES, reloads=RELOADS):
        allow = self.file("allow", "127.0.0.0/8\n")
        with Service(f"{scheme}://127.0.0.1:0", "--handler", "echo", "--allow", f"@{allow}", "--drain", "20s", "--model", *model, *words) as service:
            self.hold(service, rate, 0 if model == ["iterative"] else 20, upgrades, reloads, max(4, upgrades * 2 + reloads // 10))
            self.assertEqual(service.end_whole(), 0)

    def test_tcp_at_a_thousand_a_second(self):
        self.under("tcp", ["event"], 1000)

    def test_tcp_under_the_other_models(self):
        for model in MODELS[1:]:
            with self.subTest(model=model):
                self.under("tcp", model, 300, upgrades=UPGRADES if WHOLE else 2, reloads=RELOADS if WHOLE else 10)

    def test_uring(self):
        self.under("tcp", ["event"], 1000, "--engine", "uring")

    def test_tls(self):
        good = certificates().good
        for model in (["process", "--workers", "16"], ["event"], ["thread"]):
            with self.subTest(model=model):
                self.under("tls", model, 100, "--cert", good.file, "--key", good.key,
                           upgrades=UPGRADES if WHOLE else 2, reloads=RELOADS if WHOLE else 10)


def given_sockets(*sockets, names=None, before="", count=None):
    """Words before a command that has it started with these sockets, as systemd does; and what Popen has to be told."""
    moves = "".join(f" {3 + at}<&{each.fileno()}" for at, each in enumerate(sockets))
    named = f"LISTEN_FDNAMES={':'.join(names)} " if names else ""
    script = f'export LISTEN_PID=$$ LISTEN_FDS={len(sockets) if count is None else count} {named}{before}; exec "$@"{moves}'
    return {"before": ("bash", "-c", script, "bash"), "pass_fds": [each.fileno() for each in sockets]}


class Activated(Running):
    """`ahoy listen` that finds sockets open; `endpoints` lines are awaited."""

    def __init__(self, *words, endpoints=1, **process):
        super().__init__("listen", *words, stdin=subprocess.DEVNULL, **process)
        self.urls = [self.err.until(LISTENING.pattern)[1] for _ in range(endpoints)]


class Systemd(Operations):
    def listening(self, family=socket.AF_INET, address=("127.0.0.1", 0), kind=socket.SOCK_STREAM):
        made = socket.socket(family, kind)
        self.addCleanup(made.close)
        made.bind(address)
        if kind == socket.SOCK_STREAM:
            made.listen(10)
        return made

    def test_all_are_served_without_an_endpoint(self):
        path = str(self.folder / "socket")
        sockets = [self.listening(), self.listening(socket.AF_INET6, ("::1", 0)), self.listening(socket.AF_UNIX, path),
                   self.listening(kind=socket.SOCK_DGRAM), self.listening()]
        good = certificates().good
        with Activated("--handler", "echo", "--cert", good.file, "--key", good.key, endpoints=5,
                       **given_sockets(*sockets, names=["a", "", "b", "c", "tls"])) as listener:
            ports = [each.getsockname()[1] for each in sockets]
            self.assertEqual(listener.urls, [f"tcp://127.0.0.1:{ports[0]}", f"tcp://[::1]:{ports[1]}", f"unix://{path}",
                                             f"udp://127.0.0.1:{ports[3]}", f"tls://127.0.0.1:{ports[4]}"])
            for url in listener.urls[:4]:
                self.assertIn(b"hello", run("send", url, "hello").out)
            with socket.create_connection(("127.0.0.1", ports[4]), GUARD) as plain, client_context().wrap_socket(plain, server_hostname="localhost") as peer:
                peer.sendall(b"hello")
                self.assertEqual(peer.recv(5), b"hello")
            listener.send_signal()
            self.assertEqual(listener.wait(), 0)
            self.assertTrue(os.path.exists(path))  # it is systemd's

    def test_an_endpoint_is_served_by_the_socket_that_is_the_same(self):
        one, other = self.listening(), self.listening()
        words = [f"tcp://127.0.0.1:{each.getsockname()[1]}" for each in (one, other)]
        with Activated(words[1], words[0], "tcp://127.0.0.1:0", "--handler", "echo", endpoints=3, **given_sockets(one, other)) as listener:
            self.assertEqual(listener.urls[:2], [words[1], words[0]])
            for url in listener.urls:
                self.assertEqual(says(port_of(url)), "hello")

    def test_one_that_is_no_endpoint_is_refused(self):
        done = run("listen", "tcp://127.0.0.1:0", **given_sockets(self.listening()))
        self.assertEqual(done.status, 2)
        self.assertIn("no ENDPOINT is the same", done.err)

    def test_survives_an_upgrade(self):
        path = str(self.folder / "socket")
        with Activated("--handler", "echo", endpoints=2, **given_sockets(self.listening(), self.listening(socket.AF_UNIX, path))) as listener:
            listener.send_signal(signal.SIGUSR2)
            following = int(listener.err.until(SERVES)[1])
            self.assertEqual(listener.wait(), 0)
            for url in listener.urls:
                self.assertIn(b"hello", run("send", url, "hello").out)
            os.kill(following, signal.SIGTERM)
            self.assertEqual(status_of(following), 0)
            self.assertTrue(os.path.exists(path))

    def test_a_successor_whose_metrics_address_is_taken_serves(self):
        """Between the two processes somebody else may have come."""
        with socket.create_server(("127.0.0.1", 0)) as other:
            at = other.getsockname()[1]
            hears, told = os.pipe()
            with open(hears, "rb", buffering=0) as hears, open(told, "wb") as told:
                with Activated("--handler", "echo", "--metrics", f"127.0.0.1:{at}",
                               **given_sockets(self.listening(), told, count=1, before="AHOY_SUCCESSOR='4 0'")) as listener:
                    self.assertEqual(hears.read(1), b"r")
                    listener.err.until("^ahoy: no metrics for now: .*address already in use")
                    self.assertEqual(says(port_of(listener.urls[0])), "hello")
                    other.close()
                    listener.err.until("^metrics at")
                    self.assertEqual(connections(at), 0)

    def test_hostile_environments(self):
        plain = open("/dev/null", "rb")
        self.addCleanup(plain.close)
        for count, before, given in (("abc", "", []), ("-1", "", []), ("99999999999999999999", "", []), ("1025", "", []), ("''", "", []),
                                     ("1", "", []), ("1000", "", [self.listening()]), ("1", "", [plain]), ("1", "", [socket.socketpair()[0]]),
                                     ("1", "AHOY_SUCCESSOR=x", [self.listening()]), ("1", "AHOY_SUCCESSOR='9999 0'", [self.listening()]),
                                     ("1", "AHOY_SUCCESSOR='2 99999999999'", [self.listening()]), ("1", "AHOY_SUCCESSOR='2 0 0 0'", [self.listening()]),
                                     ("1", "AHOY_SUCCESSOR='-5 -1'", [self.listening()])):
            with self.subTest(count=count, before=before):
                done = run("listen", **given_sockets(*given, before=before, count=count))
                self.assertIn(done.status, (1, 2), done.err)
                self.assertRegex(done.err, "^ahoy: (read|inherit) ")
                self.assertNotIn("fault of ours", done.err)
        for other in ("LISTEN_PID=1 LISTEN_FDS=5", "LISTEN_PID=x LISTEN_FDS=1", "NOTIFY_SOCKET=/nowhere", f"NOTIFY_SOCKET=/{'x' * 5000}", "NOTIFY_SOCKET=@"):
            with self.subTest(other[:40]), Activated("tcp://127.0.0.1:0", "--handler", "echo", before=("env", *other.split())) as listener:
                self.assertEqual(says(port_of(listener.urls[0])), "hello")

    def test_systemd_socket_activate(self):
        good = certificates().good
        for name, words in (("tcp", ()), ("tls", ("--cert", good.file, "--key", good.key))):
            with self.subTest(name):
                port = port_to_listen_on()
                with Process("systemd-socket-activate", "-l", f"127.0.0.1:{port}", f"--fdname={name}", AHOY, "listen", "--handler", "echo", *words,
                             stdin=subprocess.DEVNULL) as process:
                    process.err.until("Listening on")
                    with socket.create_connection(("127.0.0.1", port), GUARD) as plain:
                        with client_context().wrap_socket(plain, server_hostname="localhost") if name == "tls" else plain as peer:
                            peer.sendall(b"hello")
                            self.assertEqual(peer.recv(5), b"hello")

    def notices(self):
        told = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.addCleanup(told.close)
        told.settimeout(GUARD)
        told.bind(str(self.folder / "notify"))
        return told

    def test_readiness_is_told(self):
        told = self.notices()
        deny = self.file("deny", "#\n")
        with Service("tcp://127.0.0.1:0", "--handler", "echo", "--deny", f"@{deny}", before=("env", f"NOTIFY_SOCKET={told.getsockname()}")) as service:
            self.assertRegex(told.recv(1000), rb"\AREADY=1\nSTATUS=")
            before = time.clock_gettime_ns(time.CLOCK_MONOTONIC) // 1000
            service.reload_says()
            reloading = told.recv(1000)
            self.assertRegex(reloading, rb"\ARELOADING=1\nMONOTONIC_USEC=\d+\n\Z")
            self.assertGreaterEqual(int(reloading.split(b"=")[-1]), before)
            self.assertIn(b"READY=1\nSTATUS=serves\n", told.recv(1000))
            deny.write_text("nowhere\n")
            self.assertIn("nothing has changed", service.reload_says())
            self.assertTrue(told.recv(1000).startswith(b"RELOADING=1\n"))
            self.assertRegex(told.recv(1000), rb"\AREADY=1\nSTATUS=serves; not reloaded: read line 1 .*nowhere.*\n\Z")
            deny.write_text("#\n")
            first = service.upgrade()
            self.assertEqual(told.recv(1000), f"MAINPID={service.pid}\nREADY=1\n".encode())
            self.assertEqual(service.status(first), 0)
            self.assertEqual(service.end_whole(), 0)
            self.assertEqual(told.recv(1000), b"STOPPING=1\n")
            told.setblocking(False)
            self.assertRaises(BlockingIOError, told.recv, 1000)

    def test_units(self):
        text = (SOURCE / "packaging/ahoy.service.in").read_text(encoding="utf-8").replace("@CMAKE_INSTALL_FULL_BINDIR@/ahoy", AHOY)
        service = self.file("ahoy.service", text)
        shutil.copy(SOURCE / "packaging/ahoy.socket", self.folder)
        verified = subprocess.run(["systemd-analyze", "verify", "--man=no", service, self.folder / "ahoy.socket"], capture_output=True, text=True, check=False)
        self.assertEqual((verified.returncode, verified.stdout + verified.stderr), (0, ""))
        # In tenths, of ten: what a service with no limits has is 96.
        exposed = subprocess.run(["systemd-analyze", "security", "--offline=yes", "--threshold=15", "--no-pager", service], capture_output=True, text=True, check=False)
        self.assertEqual(exposed.returncode, 0, exposed.stdout)


class Privileges(Operations):
    """These tests are run by root, as the container's are: nobody else can become nobody."""

    def setUp(self):
        super().setUp()
        self.assertEqual(os.geteuid(), 0)
        self.nobody = pwd.getpwnam("nobody")

    def status_of_threads(self, pid):
        for each in pathlib.Path(f"/proc/{pid}/task").iterdir():
            yield dict(line.split(":\t", 1) for line in (each / "status").read_text().splitlines() if ":\t" in line)

    def check_is_nobody(self, pid):
        uid, gid = str(self.nobody.pw_uid), str(self.nobody.pw_gid)
        for status in self.status_of_threads(pid):
            self.assertEqual(status["Uid"].split(), [uid] * 4)
            self.assertEqual(status["Gid"].split(), [gid] * 4)
            self.assertEqual(status["Groups"].split(), [gid])
            self.assertEqual(status["NoNewPrivs"], "1")
            self.assertEqual(int(status["CapEff"], 16) | int(status["CapPrm"], 16), 0)

    def test_becomes_that_user_with_all_its_workers(self):
        for model in MODELS:
            with self.subTest(model=model), Service("tcp://127.0.0.1:0", "--handler", "echo", "--user", "nobody", "--model", *model) as service:
                with socket.create_connection(("127.0.0.1", service.port), GUARD) as here:
                    here.sendall(b"x")
                    self.assertEqual(here.recv(1), b"x")
                    self.check_is_nobody(service.pid)
                    for child in service.children():
                        self.check_is_nobody(child)

    def test_binds_and_reads_keys_before(self):
        good = certificates().good
        key = self.file("secret.pem", pathlib.Path(good.key).read_text(encoding="utf-8"))
        key.chmod(0o600)
        shown = self.file("shown.pem", pathlib.Path(good.file).read_text(encoding="utf-8"))
        with Service("tls://127.0.0.1:80", f"unix://{self.folder}/socket", "--handler", "echo", "--user", "nobody:nogroup", "--cert", shown, "--key", key,
                     endpoints=2, before=("unshare", "--net", "sh", "-c", 'ip link set lo up; exec "$@"', "sh")) as service:
            await_that(lambda: "Uid:\t65534" in pathlib.Path(f"/proc/{service.pid}/status").read_text(), "another user")
            self.check_is_nobody(service.pid)
            self.assertEqual((self.folder / "socket").stat().st_uid, self.nobody.pw_uid)
            self.assertIn("secret.pem", service.reload_says())  # it cannot read that any more
            self.assertIn(b"hello", run("send", f"unix://{self.folder}/socket", "hello").out)

    def test_what_that_user_may_not_read_is_said_at_the_start(self):
        good = certificates().good
        key = self.file("hidden.pem", pathlib.Path(good.key).read_text(encoding="utf-8"))
        key.chmod(0o600)
        shown = self.file("seen.pem", pathlib.Path(good.file).read_text(encoding="utf-8"))
        with Service("tls://127.0.0.1:0", "--handler", "echo", "--user", "nobody", "--cert", shown, "--key", key) as service:
            said = service.err.so_far()
            self.assertIn(b"hidden.pem: SIGHUP and SIGUSR2 will be refused", said)
            self.assertNotIn(b"seen.pem", said)

    def test_a_key_of_ones_own_stays_at_a_reload(self):
        """It may be in a folder where that user may not read."""
        banned = self.file("banned", "# none\n")
        banned.chmod(0o644)
        secret = self.folder / "root"
        secret.mkdir(mode=0o700)
        with Service("tls://127.0.0.1:0", "--handler", "echo", "--user", "nobody", "--deny", f"@{banned}", env=os.environ | {"XDG_CONFIG_HOME": str(secret)}) as service:
            self.assertIn(b"identity.pem, our key: SIGUSR2 will be refused; --cert FILE", service.err.so_far())
            banned.write_text("127.0.0.1\n")
            self.assertIn("everybody allowed, 1 network denied", service.reload_says())
            self.assertNotEqual(run("send", f"tls://127.0.0.1:{service.port}", "hello", "--insecure").status, 0)

    def test_who_cannot_be_is_refused_before_anything_is_listened_on(self):
        as_nobody = ("setpriv", "--reuid", "nobody", "--regid", "nogroup", "--clear-groups")
        for words, before, told in ((["daemon"], as_nobody, "become user daemon: operation not permitted\nonly root, or that user, may"), (["root"], as_nobody, "become user root"),
                                    (["nobody-at-all"], (), "no user has this name"), (["nobody:no-such-group"], (), "no group has this name"),
                                    (["4000000000"], (), "say a group"), (["4294967295"], (), "no user has this name"), ([":nogroup"], (), "NAME")):
            with self.subTest(words):
                done = run("listen", "tcp://127.0.0.1:0", "--user", *words, before=before)
                self.assertEqual(done.status, 2)
                self.assertIn(told, done.err)
                self.assertNotIn("listening", done.err)

    def test_who_is_that_user_already_is_fine(self):
        with Service("tcp://127.0.0.1:0", "--handler", "echo", "--user", "nobody") as service:
            self.assertEqual(service.status(service.upgrade()), 0)
            self.check_is_nobody(service.pid)
            self.assertEqual(says(service.port), "hello")
            service.end_whole()

    def test_the_log_is_made_by_that_user(self):
        """Who could not open it anew, when it is rotated, shall not open it at all."""
        folder = self.folder / "log"
        folder.mkdir()
        log = folder / "callers.log"
        words = ("listen", "tcp://127.0.0.1:0", "--handler", "echo", "--user", "nobody", "--log", log)
        done = run(*words)
        self.assertEqual(done.status, 23)
        self.assertRegex(done.err, r"(?m)^ahoy: log to \S+callers.log: permission denied\n.*--user")
        self.assertEqual(list(folder.iterdir()), [])
        os.chown(folder, self.nobody.pw_uid, self.nobody.pw_gid)
        with Service(*words[1:]) as service:
            self.assertEqual(says(service.port), "hello")
            await_that(lambda: " left " in log.read_text(), "a line")
            self.assertEqual(log.stat().st_uid, self.nobody.pw_uid)
            log.rename(folder / "callers.log.1")
            service.reload_says()
            self.assertEqual(says(service.port), "hello")
            await_that(lambda: log.exists() and " left " in log.read_text(), "a line in the new one")
            self.assertEqual(log.stat().st_uid, self.nobody.pw_uid)

    def test_numbers(self):
        with Service("tcp://127.0.0.1:0", "--handler", "echo", "--user", "54321:54322") as service:
            says(service.port)
            for status in self.status_of_threads(service.pid):
                self.assertEqual((status["Uid"].split(), status["Gid"].split(), status["Groups"].split()), (["54321"] * 4, ["54322"] * 4, []))


if __name__ == "__main__":
    unittest.main()
