"""Starts the real command, and other programs, and reads what they write.

Every await has a deadline, GUARD, that only a program which hangs reaches; no result depends on it.
"""
import contextlib
import json
import os
import pathlib
import re
import signal
import subprocess
import threading
import time
import typing

AHOY = os.environ.get("AHOY", "build/ahoy")
GUARD = 60
SANITIZED = bool(os.environ.get("AHOY_SANITIZE"))  # the command keeps what is freed, and more of everything
LISTENING = re.compile(r"listening on (\S+) \((\w+)(?:, \d+ workers?)?\)$")


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

    def take(self, size):
        """Exactly so many bytes, or fewer at the end."""
        with self.changed:
            if not self.changed.wait_for(lambda: len(self.raw) - self.taken >= size or self.ended, GUARD):
                raise AssertionError(f"waited in vain for {size} bytes; came: {bytes(self.raw[-2000:])!r}")
            piece = bytes(self.raw[self.taken:self.taken + size])
            self.taken += len(piece)
            return piece

    def rest(self):
        """What nobody took, to the end."""
        return self.all()[self.taken:]

    def all(self):
        """Everything, to the end."""
        self.reader.join(GUARD)
        if self.reader.is_alive():
            raise AssertionError("the end did not come")
        return bytes(self.raw)

    def so_far(self):
        with self.changed:
            return bytes(self.raw)


class Ended(typing.NamedTuple):
    """How a run of the command ended."""
    status: int  # negative: the signal that ended it
    out: bytes
    err: str


class Process:
    """A program while it runs; what it writes is read as it comes. `before` are the words of a command that starts it."""

    def __init__(self, *command, before=(), **process):
        process = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE} | process
        self.process = subprocess.Popen([str(word) for word in (*before, *command)], bufsize=0, **process)
        self.pid = self.process.pid
        self.out = Lines(self.process.stdout) if self.process.stdout else None
        self.err = Lines(self.process.stderr) if self.process.stderr else None

    def write(self, data):
        self.process.stdin.write(data.encode() if isinstance(data, str) else data)

    def end_input(self):
        self.process.stdin.close()

    def is_running(self):
        return self.process.poll() is None

    def send_signal(self, number=signal.SIGTERM):
        os.kill(self.pid, number)

    def wait(self):
        """The exit status; negative: the signal that ended it."""
        return self.process.wait(GUARD)

    def ended(self):
        """Waits for its end; of its output that is left which no test took before, of its errors all."""
        out = self.out.rest() if self.out else b""
        return Ended(self.wait(), out, self.err.all().decode())

    def kill(self):
        if self.is_running():
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
        self.kill()


class Running(Process):
    """`ahoy` with these words."""

    def __init__(self, *words, **process):
        super().__init__(AHOY, *words, **process)


class Listener(Running):
    """`ahoy listen`, once it listens."""

    def __init__(self, *words, endpoints=1, **process):
        super().__init__("listen", *words, **process)
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
        self.write((line.encode() if isinstance(line, str) else line) + b"\n")

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

    def __exit__(self, *unused):
        if self.is_running():
            self.send_signal()
            self.send_signal()
            with contextlib.suppress(subprocess.TimeoutExpired):
                self.process.wait(10)
        self.kill()


def run(*words, given=b"", before=(), **process):
    """`ahoy` to its end, with `given` on its standard input (or the file `stdin`)."""
    source = {} if "stdin" in process else {"input": given}
    process = {"stdout": subprocess.PIPE} | process
    done = subprocess.run([*before, AHOY, *map(str, words)], stderr=subprocess.PIPE, timeout=GUARD, check=False, **source, **process)
    return Ended(done.returncode, done.stdout, done.stderr.decode())


def port_of(url):
    return int(url.rsplit(":", 1)[1])


def json_events(lines):
    return [json.loads(line) for line in lines.splitlines()]


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
