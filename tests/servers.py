"""What the tests of `call` and `send` share: the command, and peers written with the plain socket module."""
import contextlib
import os
import shutil
import socket
import subprocess
import tempfile
import threading

AHOY = os.environ["AHOY"]
PATIENCE = 60  # seconds that a test waits for an event before it fails; nothing is expected to take so long


class Ended:
    """How a run of the command ended."""

    def __init__(self, status, out, err):
        self.status = status
        self.out = out
        self.err = err

    def __repr__(self):
        return f"status {self.status}\nstdout {self.out!r}\nstderr:\n{self.err}"


def run(*words, given=b"", stdin=None, stdout=subprocess.PIPE):
    """Runs the command to its end, with `given` on its standard input (or the file `stdin`)."""
    source = {"stdin": stdin} if stdin is not None else {"input": given}
    done = subprocess.run([AHOY, *words], stdout=stdout, stderr=subprocess.PIPE, timeout=PATIENCE, **source)
    return Ended(done.returncode, done.stdout, done.stderr.decode())


class Running:
    """The command while it runs."""

    def __init__(self, *words, **popen):
        popen = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE} | popen
        self.process = subprocess.Popen([AHOY, *words], bufsize=0, **popen)
        self.watchdog = threading.Timer(PATIENCE, self.process.kill)  # a test that waits for ever fails instead
        self.watchdog.start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.watchdog.cancel()
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        for stream in (self.process.stdin, self.process.stdout, self.process.stderr):
            if stream:
                stream.close()

    def write(self, data):
        self.process.stdin.write(data)

    def end_input(self):
        self.process.stdin.close()

    def read(self, size):
        """Exactly `size` bytes of its output, or fewer at the end."""
        got = b""
        while len(got) < size:
            more = self.process.stdout.read(size - len(got))
            if not more:
                break
            got += more
        return got

    def wait_for_error(self, words):
        """Reads its standard error up to a line that holds the words; returns that line."""
        for line in self.process.stderr:
            if words in line.decode():
                return line.decode()
        raise AssertionError(f"{words!r} was not said")

    def end(self):
        out = self.process.stdout.read() if self.process.stdout else b""
        err = self.process.stderr.read().decode()
        return Ended(self.process.wait(timeout=PATIENCE), out, err)


def receive_all(peer):
    received = b""
    while True:
        more = peer.recv(65536)
        if not more:
            return received
        received += more


def receive_exactly(peer, size):
    received = b""
    while len(received) < size:
        more = peer.recv(size - len(received))
        if not more:
            raise AssertionError(f"the end after {len(received)} of {size} bytes")
        received += more
    return received


def reset(peer):
    """Closes with a reset; on a Unix socket the same close is a plain one."""
    peer.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
    peer.close()


class Server:
    """A stream server for one caller: `behave(connection)` runs on a thread of its own."""

    def __init__(self, family, behave, receive_buffer=None):
        self.folder = tempfile.mkdtemp(prefix="ahoy-peer-") if family == socket.AF_UNIX else None
        self.listener = socket.socket(family, socket.SOCK_STREAM)
        if receive_buffer:
            self.listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        if self.folder:
            path = os.path.join(self.folder, "peer")
            self.listener.bind(path)
            self.endpoint = f"unix://{path}"
        else:
            self.listener.bind(("127.0.0.1", 0))
            self.endpoint = f"tcp://127.0.0.1:{self.listener.getsockname()[1]}"
        self.listener.listen(1)
        self.released = threading.Event()  # set by a test that is over
        self.result = None
        self.failure = None
        self.behave = behave
        self.thread = threading.Thread(target=self.serve, daemon=True)
        self.thread.start()

    def serve(self):
        try:
            peer, _ = self.listener.accept()
            peer.settimeout(PATIENCE)
            with contextlib.closing(peer):
                self.result = self.behave(peer)
        except OSError as failure:
            if not self.released.is_set():
                self.failure = failure
        except Exception as failure:  # told to the test by __exit__
            self.failure = failure

    def hold(self, _peer=None):
        """For a peer that does nothing while the command runs."""
        self.released.wait(PATIENCE)

    def join(self):
        self.thread.join(PATIENCE)
        assert not self.thread.is_alive(), "the peer has not ended"
        return self.result

    def __enter__(self):
        return self

    def __exit__(self, kind, *_):
        self.released.set()
        with contextlib.suppress(OSError):
            self.listener.shutdown(socket.SHUT_RDWR)
        self.thread.join(PATIENCE)
        self.listener.close()
        if self.folder:
            shutil.rmtree(self.folder)
        if self.failure and kind is None:
            raise self.failure


class Datagrams:
    """A socket for datagrams on 127.0.0.1, or ::1."""

    def __init__(self, family=socket.AF_INET):
        self.socket = socket.socket(family, socket.SOCK_DGRAM)
        self.socket.settimeout(PATIENCE)
        self.socket.bind(("::1" if family == socket.AF_INET6 else "127.0.0.1", 0))
        host = "[::1]" if family == socket.AF_INET6 else "127.0.0.1"
        self.endpoint = f"udp://{host}:{self.socket.getsockname()[1]}"

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()


def unused_port(kind=socket.SOCK_STREAM):
    """A port that nobody listens on: held by a socket that does not, so that nobody else takes it meanwhile."""
    held = socket.socket(socket.AF_INET, kind)
    held.bind(("127.0.0.1", 0))
    return held, held.getsockname()[1]
