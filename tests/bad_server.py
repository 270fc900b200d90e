"""A server that misbehaves to a script. A case is a row of a table, such as

    ("a reply before the command", [b"220 ready\\r\\n250 early\\r\\n", hear(b"EHLO"), reset])

A script is a list of steps for one connection: bytes are sent, and the others are the functions below. After the last one
the server ends its side, and hears what still comes. A caller who goes ends the script wherever it is: `reached` says where.
"""
import contextlib
import os
import socket
import ssl
import threading

from command import GUARD, await_that
from peers import reset as reset_socket


class Gone(Exception):
    """The conversation is over, by the script, by the caller or by the test."""


class Enough(Exception):
    """So many bytes were sent as may be."""


class Conversation:
    """One connection: what a step is given."""

    def __init__(self, peer, close_at, over):
        self.peer = peer
        self.left = close_at  # bytes that may still be sent; None: all
        self.over = over
        self.heard = bytearray()
        self.taken = 0  # of what was heard, by hear()
        self.reached = 0  # steps that were done
        self.ended = False

    def play(self, script):
        try:
            for step in script:
                if isinstance(step, bytes):
                    self.send(step)
                else:
                    step(self)
                self.reached += 1
            self.end_tls()
        except Enough:  # over TLS the end is not announced then, which is how one knows a cut from an end
            pass
        socket.socket.shutdown(self.peer, socket.SHUT_WR)
        while self.receive():
            pass

    def end_tls(self):
        if isinstance(self.peer, ssl.SSLSocket):
            self.peer = self.peer.unwrap()

    def send(self, data):
        if self.left is not None and len(data) >= self.left:
            self.peer.sendall(data[:self.left])
            raise Enough
        self.peer.sendall(data)
        if self.left is not None:
            self.left -= len(data)

    def receive(self):
        piece = self.peer.recv(1 << 16)
        self.heard += piece
        return piece

    def line(self):
        while (end := self.heard.find(b"\n", self.taken)) < 0:
            if not self.receive():
                raise Gone
        line = bytes(self.heard[self.taken:end + 1])
        self.taken = end + 1
        return line


def hear(beginning=b""):
    """The next line that begins so, in whatever case; those before it are passed over."""
    def step(conversation):
        while not conversation.line().upper().startswith(beginning.upper()):
            pass
    return step


def hear_until(end):
    """All that comes, up to and with these bytes: the end of a head, of a mail."""
    def step(conversation):
        while (found := conversation.heard.find(end, conversation.taken)) < 0:
            if not conversation.receive():
                raise Gone
        conversation.taken = found + len(end)
    return step


def reset(conversation):
    reset_socket(conversation.peer)
    raise Gone


def stall(conversation):
    """Says nothing, and listens, until the caller goes."""
    while conversation.receive():
        pass
    raise Gone


def forever(piece, rate=4 << 20):
    """Sends it again and again, so many bytes a second at most, until the caller goes."""
    def step(conversation):
        while not conversation.over.wait(len(piece) / rate):
            conversation.send(piece)
        raise Gone
    return step


def start_tls(certificate):
    """From here on; `certificate` is one of servers.certificates()."""
    def step(conversation):
        conversation.peer = context_of(certificate).wrap_socket(conversation.peer, server_side=True)
    return step


def cut(conversation):
    """Ends what goes under TLS, of which TLS says nothing."""
    socket.socket.shutdown(conversation.peer, socket.SHUT_WR)
    raise Gone


def in_the_clear(data):
    """Under TLS, and without it."""
    def step(conversation):
        with socket.socket(fileno=os.dup(conversation.peer.fileno())) as plain:
            plain.sendall(data)
    return step


def context_of(certificate):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate.file, certificate.key)
    return context


class BadServer:
    """Listens at `port` of 127.0.0.1, and plays the first script to the first caller, and so on, the last one to all others.

    With `close_at` the server ends its side as soon as so many bytes have been sent, wherever the script is by then.
    """

    def __init__(self, *scripts, close_at=None):
        self.scripts = scripts
        self.close_at = close_at
        self.over = threading.Event()
        self.conversations = []  # in the order in which they began
        self.failures = []
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        self.threads = [threading.Thread(target=self.accept, daemon=True)]
        self.threads[0].start()

    def first(self):
        """The conversation with the first caller, once it is over."""
        await_that(lambda: self.conversations and self.conversations[0].ended, "the end of the first caller")
        return self.conversations[0]

    @property
    def heard(self):
        """All that the first caller said, once it is gone."""
        return bytes(self.first().heard)

    @property
    def reached(self):
        """How many steps were done with the first caller, once it is gone."""
        return self.first().reached

    def accept(self):
        while True:
            try:
                peer, _ = self.listener.accept()
            except OSError:
                return
            peer.settimeout(GUARD)
            script = self.scripts[min(len(self.conversations), len(self.scripts) - 1)]
            self.conversations.append(Conversation(peer, self.close_at, self.over))
            self.threads.append(threading.Thread(target=self.play, args=(self.conversations[-1], script), daemon=True))
            self.threads[-1].start()

    def play(self, conversation, script):
        try:
            with contextlib.suppress(Gone, OSError):  # ssl.SSLError is one: callers go in mid-handshake too
                conversation.play(script)
        except Exception as failure:  # a mistake in the script: told to the test by __exit__
            self.failures.append(failure)
        finally:
            conversation.ended = True
            conversation.peer.close()

    def __enter__(self):
        return self

    def __exit__(self, kind, *_):
        self.over.set()
        self.listener.shutdown(socket.SHUT_RDWR)
        self.threads[0].join(GUARD)
        for conversation in self.conversations:
            with contextlib.suppress(OSError):
                conversation.peer.shutdown(socket.SHUT_RDWR)
        for thread in self.threads:
            thread.join(GUARD)
            assert not thread.is_alive(), "a conversation has not ended"
        self.listener.close()
        if self.failures and kind is None:
            raise self.failures[0]
