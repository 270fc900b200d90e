"""Starts the real command, and talks to it with plain sockets.

Every await has a deadline, GUARD, that only a program which hangs reaches; no result depends on it.
"""
import contextlib
import json
import os
import pathlib
import re
import select
import signal
import socket
import subprocess
import threading
import time

AHOY = os.environ.get("AHOY", "build/ahoy")
GUARD = 60
SANITIZED = bool(os.environ.get("AHOY_SANITIZE"))  # the command keeps what is freed, and more of everything
LISTENING = re.compile(r"listening on (\S+) \((\w+)\)$")
LISTENING_STATE = 0x0A


class Lines:
    """What a program writes into a pipe, line by line, as it comes. Waiting for a line takes it and all before it."""

    def __init__(self, pipe):
        self.pipe = pipe
        self.raw = bytearray()  # all that was ever read
        self.ended = False
        self.changed = threading.Condition()
        self.taken = 0
        self.reader = threading.Thread(target=self.read_all, daemon=True)
        self.reader.start()

    def read_all(self):
        while True:
            try:
                piece = os.read(self.pipe.fileno(), 1 << 16)
            except (OSError, ValueError):
                piece = b""
            with self.changed:
                self.raw += piece
                self.ended = self.ended or not piece
                self.changed.notify_all()
            if not piece:
                return

    def await_that(self, condition, what):
        with self.changed:
            if not self.changed.wait_for(lambda: condition() or self.ended, GUARD):
                raise AssertionError(f"waited in vain for {what}; came: {bytes(self.raw[-2000:])!r}")
            if not condition():
                raise AssertionError(f"ended without {what}; came: {bytes(self.raw[-2000:])!r}")

    def next_line(self):
        """The next line, without its newline, as bytes; None at the end."""
        with self.changed:
            if not self.changed.wait_for(lambda: self.raw.find(b"\n", self.taken) >= 0 or self.ended, GUARD):
                raise AssertionError(f"waited in vain for a line; came: {bytes(self.raw[-2000:])!r}")
            end = self.raw.find(b"\n", self.taken)
            if end < 0:
                return None
            line = bytes(self.raw[self.taken:end])
            self.taken = end + 1
            return line

    def until(self, pattern):
        """The match of the next line in which `pattern` is found."""
        seen = []
        while True:
            line = self.next_line()
            if line is None:
                raise AssertionError(f"ended without {pattern!r}; came: {seen[-20:]}")
            seen.append(line)
            found = re.search(pattern, line.decode(errors="surrogateescape"))
            if found:
                return found

    def all(self):
        """Everything, to the end."""
        self.reader.join(GUARD)
        if self.reader.is_alive():
            raise AssertionError("the end did not come")
        return bytes(self.raw)

    def so_far(self):
        with self.changed:
            return bytes(self.raw)


class Listener:
    """`ahoy listen` while it runs. `before` are the words of a command that starts it."""

    def __init__(self, *words, before=(), endpoints=1, **process):
        process.setdefault("stdin", subprocess.PIPE)
        process.setdefault("stdout", subprocess.PIPE)
        command = [*before, AHOY, "listen", *[str(word) for word in words]]
        self.process = subprocess.Popen(command, stderr=subprocess.PIPE, bufsize=0, **process)
        self.pid = self.process.pid
        self.out = Lines(self.process.stdout) if self.process.stdout else None
        self.err = Lines(self.process.stderr)
        self.urls = []
        self.models = []
        try:
            for _ in range(endpoints):
                found = self.err.until(LISTENING.pattern)
                self.urls.append(found[1])
                self.models.append(found[2])
        except BaseException:
            self.kill()
            raise

    @property
    def port(self):
        return port_of(self.urls[0])

    def say(self, line):
        """One line on its standard input."""
        data = line.encode() if isinstance(line, str) else line
        self.process.stdin.write(data + b"\n")

    def end_input(self):
        self.process.stdin.close()

    def send_signal(self, number=signal.SIGTERM):
        os.kill(self.pid, number)

    def wait(self):
        """The exit status; negative: the signal that ended it."""
        return self.process.wait(GUARD)

    def end(self, number=signal.SIGTERM):
        self.send_signal(number)
        return self.wait()

    def has_stayed_within(self, size):
        """Whether it never had more memory than `size` bytes."""
        text = pathlib.Path(f"/proc/{self.pid}/status").read_text()
        most = int(re.search(r"VmHWM:\s+(\d+) kB", text)[1]) * 1024
        return most < size + (1 << 30 if SANITIZED else 0)

    def processor_seconds(self):
        fields = pathlib.Path(f"/proc/{self.pid}/stat").read_text().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def children(self):
        return [int(word) for word in pathlib.Path(f"/proc/{self.pid}/task/{self.pid}/children").read_text().split()]

    def kill(self):
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait(GUARD)
        for lines in (self.out, self.err):
            if lines:
                lines.reader.join(GUARD)
        for pipe in (self.process.stdin, self.process.stdout, self.process.stderr):
            with contextlib.suppress(OSError):
                if pipe:
                    pipe.close()

    def __enter__(self):
        return self

    def __exit__(self, *unused):
        if self.process.poll() is None:
            self.send_signal()
            self.send_signal()
            with contextlib.suppress(subprocess.TimeoutExpired):
                self.process.wait(10)
        self.kill()


class Caller:
    """A peer with a plain stream socket."""

    def __init__(self, to, family=socket.AF_INET, host=None, receive_buffer=None):
        self.socket = socket.socket(family, socket.SOCK_STREAM)
        self.socket.settimeout(GUARD)
        if receive_buffer:
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        loopback = {socket.AF_INET: "127.0.0.1", socket.AF_INET6: "::1"}.get(family)
        self.socket.connect(str(to) if family == socket.AF_UNIX else (host or loopback, to))
        self.unread = b""
        self.label = None if family == socket.AF_UNIX else label_of(self.socket.getsockname())

    def send(self, data):
        self.socket.sendall(data.encode() if isinstance(data, str) else data)

    def receive(self):
        piece = self.socket.recv(1 << 16)
        self.unread += piece
        return piece

    def line(self):
        """The next line, without its newline; what is left at the end, None after it."""
        while b"\n" not in self.unread:
            if not self.receive():
                rest, self.unread = self.unread, b""
                return rest or None
        line, self.unread = self.unread.split(b"\n", 1)
        return line

    def rest(self):
        """All that still comes, to the end."""
        while self.receive():
            pass
        rest, self.unread = self.unread, b""
        return rest

    def end(self):
        self.socket.shutdown(socket.SHUT_WR)

    def reset(self):
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
        self.socket.close()

    def is_quiet(self):
        """Nothing has come, and no end."""
        return not self.unread and not select.select([self.socket], [], [], 0)[0]

    def close(self):
        self.socket.close()

    def __enter__(self):
        return self

    def __exit__(self, *unused):
        self.close()


def label_of(name):
    host, port = name[:2]
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def port_of(url):
    return int(url.rsplit(":", 1)[1])


def json_events(lines):
    return [json.loads(line) for line in lines.splitlines()]


def run(*words, **process):
    """`ahoy` to its end: what subprocess.run returns."""
    process.setdefault("stdin", subprocess.DEVNULL)
    return subprocess.run([AHOY, *[str(word) for word in words]], capture_output=True, timeout=GUARD, **process)


def await_that(condition, what):
    """For what nothing but looking tells: a file that goes, a process that ends."""
    due = time.monotonic() + GUARD
    while not condition():
        if time.monotonic() > due:
            raise AssertionError(f"waited in vain for {what}")
        time.sleep(0.01)


def is_running(pid):
    """A zombie still counts: somebody forgot it."""
    return pathlib.Path(f"/proc/{pid}").exists()


def is_free_of(port, family=socket.AF_INET):
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        return probe.connect_ex(("127.0.0.1", port)) != 0


def tcp_sockets():
    """Of this machine, IPv4: port here, port there, state (one of include/net/tcp_states.h), bytes sent and not known acknowledged."""
    for line in pathlib.Path("/proc/net/tcp").read_text().splitlines()[1:]:
        local, remote, state, queues = line.split()[1:5]
        yield *(int(each.rsplit(":", 1)[1], 16) for each in (local, remote)), int(state, 16), int(queues.split(":")[0], 16)


def is_listening(port):
    """Whether somebody does; unlike a connect, asking is not seen there."""
    return any(here == port and state == LISTENING_STATE for here, _, state, _ in tcp_sockets())


def queued(here, there):
    """How many bytes the socket between these two ports has sent and does not know acknowledged."""
    return next((bytes for local, remote, _, bytes in tcp_sockets() if (local, remote) == (here, there)), 0)


def overfill(caller, port):
    """Sends to what answers with as much, until more waits for the caller than its system would ever take unread."""
    caller.socket.settimeout(0)

    def is_full():
        with contextlib.suppress(BlockingIOError):
            caller.send(b"x" * 65536)
        return queued(port, caller.socket.getsockname()[1]) > caller.socket.getsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF)

    await_that(is_full, "a full queue")
    caller.socket.settimeout(GUARD)
