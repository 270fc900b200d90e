"""What is compared: a name, the command that starts it, and the one that builds it."""
import typing

from measuring import AHOY, BUILT, HERE


class Contender(typing.NamedTuple):
    name: str
    start: list  # the words of its command
    build: list = []  # the words that build it; none: nothing to build
    slow: int = 1  # it gets so many times fewer exchanges
    send: list = []  # where both ends are its own: the words of the other


def in_c(name, text, *words):
    return Contender(text, [BUILT / name], ["cc", "-O2", "-pthread", "-o", BUILT / name, HERE / f"{name}.c", *words])


def in_cpp(name, text, *words):
    return Contender(text, [BUILT / name], ["c++", "-std=c++20", "-O2", "-pthread", "-o", BUILT / name, HERE / f"{name}.cpp", *words])


def in_go(name, text):
    return Contender(text, [BUILT / name], ["go", "build", "-o", BUILT / name, HERE / f"{name}.go"])


def in_python(name, text):
    return Contender(text, ["/usr/bin/python3", HERE / f"{name}.py"], slow=5)


def ours(text, *words):
    return Contender(f"ahoy {text}", [AHOY, "listen", "127.0.0.1:0", "--handler", "echo", *words])


EPOLL = in_c("raw_epoll", "epoll, C")
ITERATIVE = in_c("raw_iterative", "iterative, C")
FORK = in_c("raw_fork", "fork per client, C")
THREAD = in_c("raw_thread", "thread per client, C")
URING = in_c("raw_uring", "io_uring, C", "-luring")
UV = in_c("libuv_echo", "libuv", "-luv")
ASIO = [in_cpp("asio_callbacks", "Asio, callbacks"), in_cpp("asio_coroutines", "Asio, coroutines")]
GO = in_go("go_echo", "Go")
ASYNCIO = in_python("asyncio_echo", "Python asyncio")
SOCKETSERVER = in_python("socketserver_echo", "Python socketserver, threads")
EVENT = [ours("event, epoll", "--model", "event", "--engine", "epoll"), ours("event, io_uring", "--model", "event", "--engine", "uring")]
OURS_ITERATIVE = ours("iterative", "--model", "iterative")
OURS_THREAD = ours("thread", "--model", "thread")
OURS_PROCESS = ours("process", "--model", "process")
UDP = in_c("raw_udp", "recvmmsg and sendmmsg, C")
OURS_UDP = [Contender(f"ahoy event, {text}", [AHOY, "listen", "udp://127.0.0.1:0", "--handler", "echo", "--engine", name])
            for text, name in (("epoll", "epoll"), ("io_uring", "uring"))]
LOOPS = [EPOLL, URING, *EVENT, UV, *ASIO, GO]
