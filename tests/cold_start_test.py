"""A verb loads the libraries that it uses, and no other: what the dynamic loader itself says (ld.so(8), LD_DEBUG)."""
import contextlib
import fcntl
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

from command import AHOY, GUARD, await_that
from peers import LISTENING, Server, receive_all, tcp_sockets_of

# What C++ needs is within the command (cmake/command.cmake), but where a sanitizer looks into it.
NEEDED = re.compile(r"(libc|ld-linux-\S+?|linux-vdso)\.so(\.[0-9.]+)?")
SANITIZERS = re.compile(r"lib(m|gcc_s|stdc\+\+|fmt|asan|ubsan|tsan|clang_rt\.\S+?|dl|rt|pthread|resolv|unwind)\.so(\.[0-9.]+)?")
PROMPT = {"prompt.so", "libedit.so.2"}


def libraries(loader_output):
    """The libraries that a process has initialized, by file name."""
    return {os.path.basename(path) for path in re.findall(r"calling init: (\S+)", loader_output)}


def surplus(loaded):
    known = [NEEDED] + ([SANITIZERS] if os.environ.get("AHOY_SANITIZE") else [])
    return {name for name in loaded if not any(each.fullmatch(name) for each in known)}


def loaded_by(*words, **process):
    process = {"stdin": subprocess.DEVNULL} | process
    done = subprocess.run([AHOY, *words], stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=GUARD, text=True,
                          env=os.environ | {"LD_DEBUG": "files"}, **process)
    return done.returncode, libraries(done.stderr)


def take_terminal():
    fcntl.ioctl(0, termios.TIOCSCTTY, 0)


class ColdStart(unittest.TestCase):
    def expect_needed_alone(self, loaded):
        self.assertIn("libc.so.6", loaded)  # else nothing was seen at all
        self.assertEqual(surplus(loaded), set())

    def test_send(self):
        for family in (socket.AF_INET, socket.AF_UNIX):
            for options in ([], ["--json"], ["--framing", "nul", "-v"]):
                with self.subTest(options, family=family), Server(family, receive_all) as server:
                    status, loaded = loaded_by("send", *options, server.endpoint, "hello")
                    self.assertEqual(status, 0)
                    self.expect_needed_alone(loaded)

    def test_send_of_standard_input(self):
        with Server(socket.AF_INET, receive_all) as server:
            status, loaded = loaded_by("send", server.endpoint)
            self.assertEqual(status, 0)
            self.expect_needed_alone(loaded)

    def test_datagrams(self):
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as peer:
            peer.bind(("127.0.0.1", 0))
            status, loaded = loaded_by("send", "--after-eof", "close", f"udp://127.0.0.1:{peer.getsockname()[1]}", "hello")
            self.assertEqual(status, 0)
            self.expect_needed_alone(loaded)

    def test_call_in_a_pipe(self):
        with Server(socket.AF_INET, receive_all) as server:
            status, loaded = loaded_by("call", server.endpoint)
            self.assertEqual(status, 0)
            self.expect_needed_alone(loaded)

    def test_openssl_is_for_who_asks_for_tls(self):
        """So it would be seen if another endpoint brought it along."""
        with contextlib.closing(socket.socket()) as nobody:
            nobody.bind(("127.0.0.1", 0))
            status, loaded = loaded_by("send", f"tls://127.0.0.1:{nobody.getsockname()[1]}", "hello")
        self.assertEqual(status, 7)
        self.assertLessEqual({"libssl.so.3", "libcrypto.so.3"}, loaded)

    def test_what_only_prints(self):
        for words in (["--version"], ["help", "send"], ["send", "--explain", "127.0.0.1:1", "x"], ["send", "--no-such"]):
            with self.subTest(words):
                self.expect_needed_alone(loaded_by(*words)[1])

    @contextlib.contextmanager
    def listener(self, **process):
        """While it listens: the file of what its loader says."""
        listener = subprocess.Popen([AHOY, "listen", "127.0.0.1:0"], stdout=subprocess.DEVNULL,
                                    env=os.environ | {"LD_DEBUG": "files", "LD_DEBUG_OUTPUT": self.output}, **process)
        path = pathlib.Path(f"{self.output}.{listener.pid}")
        try:
            await_that(lambda: any(each.state == LISTENING for each in tcp_sockets_of(listener.pid)), "a listener")
            yield path
        finally:
            listener.send_signal(signal.SIGTERM)
            listener.wait(GUARD)

    def setUp(self):
        self.folder = tempfile.TemporaryDirectory(prefix="ahoy-cold-")
        self.addCleanup(self.folder.cleanup)
        self.output = os.path.join(self.folder.name, "loader")

    def test_listen_in_a_pipe(self):
        with self.listener(stdin=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as path:
            pass
        self.expect_needed_alone(libraries(path.read_text()))

    def test_listen_at_a_terminal_loads_the_prompt(self):
        """So it would be seen if another verb did."""
        main, terminal = pty.openpty()
        try:
            with self.listener(stdin=terminal, stderr=terminal, start_new_session=True, preexec_fn=take_terminal) as path:
                await_that(lambda: PROMPT <= libraries(path.read_text()), "the prompt's libraries")
        finally:
            os.close(terminal)
            os.close(main)


if __name__ == "__main__":
    unittest.main()
