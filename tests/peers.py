"""What the command talks to: peers with plain sockets, and what the kernel knows of their connections."""
import contextlib
import os
import pathlib
import random
import select
import shutil
import socket
import tempfile
import threading
import typing

from command import GUARD, await_that


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

    def receive(self, most=1 << 16):
        piece = self.socket.recv(most)
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

    def until_reset(self):
        """All that still comes before a reset, which has to be how it ends."""
        try:
            while self.receive():
                pass
        except ConnectionResetError:
            rest, self.unread = self.unread, b""
            return rest
        raise AssertionError(f"it ended well, and no reset came; came: {self.unread[-2000:]!r}")

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


def receive_all(peer):
    received = b""
    while True:
        more = peer.recv(65536)
        if not more:
            return received
        received += more


def echo_all(peer):
    while piece := peer.recv(65536):
        peer.sendall(piece)


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
            peer.settimeout(GUARD)
            with contextlib.closing(peer):
                self.result = self.behave(peer)
        except OSError as failure:
            if not self.released.is_set():
                self.failure = failure
        except Exception as failure:  # told to the test by __exit__
            self.failure = failure

    def hold(self, _peer=None):
        """For a peer that does nothing while the command runs."""
        self.released.wait(GUARD)

    def join(self):
        self.thread.join(GUARD)
        assert not self.thread.is_alive(), "the peer has not ended"
        return self.result

    def __enter__(self):
        return self

    def __exit__(self, kind, *_):
        self.released.set()
        with contextlib.suppress(OSError):
            self.listener.shutdown(socket.SHUT_RDWR)
        self.thread.join(GUARD)
        self.listener.close()
        if self.folder:
            shutil.rmtree(self.folder)
        if self.failure and kind is None:
            raise self.failure


class Datagrams:
    """A socket for datagrams on 127.0.0.1, or ::1."""

    def __init__(self, family=socket.AF_INET):
        self.socket = socket.socket(family, socket.SOCK_DGRAM)
        self.socket.settimeout(GUARD)
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


def port_to_listen_on():
    """A free one that the kernel gives to nobody who asks for any, so that it stays free (ip(7), ip_local_port_range)."""
    for port in random.sample(range(20_000, 32_768), 1_000):
        with contextlib.suppress(OSError), socket.socket(socket.AF_INET6) as probe:
            probe.bind(("::", port))
            return port
    raise AssertionError("every port is taken")


class TcpSocket(typing.NamedTuple):
    """What the kernel tells of an IPv4 socket, proc(5)."""
    here: int  # its port
    there: int
    state: int  # include/net/tcp_states.h
    queued: int  # bytes sent and not known acknowledged
    inode: str


ESTABLISHED, PEER_ENDED, LISTENING = 0x01, 0x08, 0x0A
BOTH_ENDED = {0x09, 0x0B}  # our end is not acknowledged: LAST_ACK, and CLOSING where the two ends met


def tcp_sockets():
    """All of them."""
    for line in pathlib.Path("/proc/net/tcp").read_text().splitlines()[1:]:
        fields = line.split()
        here, there = (int(fields[i].rsplit(":", 1)[1], 16) for i in (1, 2))
        yield TcpSocket(here, there, int(fields[3], 16), int(fields[4].split(":")[0], 16), fields[9])


def tcp_sockets_of(pid):
    """Those of a process."""
    files = set()
    for entry in os.listdir(f"/proc/{pid}/fd"):
        with contextlib.suppress(OSError):
            files.add(os.readlink(f"/proc/{pid}/fd/{entry}"))
    return [each for each in tcp_sockets() if f"socket:[{each.inode}]" in files]


def is_listening(port):
    """Whether somebody does; unlike a connect, asking is not seen there."""
    return any(each.here == port and each.state == LISTENING for each in tcp_sockets())


def queued(here, there):
    """How many bytes the socket between these two ports has sent and does not know acknowledged."""
    return next((each.queued for each in tcp_sockets() if (each.here, each.there) == (here, there)), 0)


def overfill(caller, port):
    """Sends to what answers with as much, until more waits for the caller than its system would ever take unread."""
    caller.socket.settimeout(0)

    def is_full():
        with contextlib.suppress(BlockingIOError):
            caller.send(b"x" * 65536)
        return queued(port, caller.socket.getsockname()[1]) > caller.socket.getsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF)

    await_that(is_full, "a full queue")
    caller.socket.settimeout(GUARD)
