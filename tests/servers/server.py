"""What the servers have in common: a folder, ports, a keeper who ends them, and that they run as nobody where root starts them."""
import contextlib
import grp
import os
import pathlib
import pwd
import random
import shutil
import socket
import string
import subprocess
import sys
import tempfile
import time

from command import GUARD
from servers.certificates import certificates

PROGRAMS = "/usr/sbin:/usr/bin:/sbin:/bin"
KEEPER = pathlib.Path(__file__).with_name("keeper.py")


class Port:
    """A port for a server, out of the range that the kernel chooses from (ip(7), ip_local_port_range).

    It stays held by a socket that never listens, and that lets others in who ask with SO_REUSEADDR, as servers do: a test
    that looks for a port at the same time does not, and takes another one.
    """

    def __init__(self):
        for number in random.sample(range(10_000, 32_000), 1_000):
            self.holder = socket.socket(socket.AF_INET6)
            self.holder.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
            with contextlib.suppress(OSError):
                self.holder.bind(("::", number))
                self.holder.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                self.number = number
                return
            self.holder.close()
        raise AssertionError("every port is taken")


class Kept:
    """A program with a keeper, who outlives nobody: neither the program nor this process (keeper.py)."""

    def __init__(self, log, *command):
        self.was_ended = False
        self.keeper = subprocess.Popen([sys.executable, "-I", "-S", KEEPER, log, *map(str, command)],
                                       stdin=subprocess.PIPE, stdout=subprocess.PIPE, bufsize=0)

    def is_running(self):
        return self.keeper.poll() is None

    def send_signal(self, name):
        """To the program and all that it started."""
        self.keeper.stdin.write(f"{name}\n".encode())
        self.keeper.stdout.readline()

    def end(self, at_once=False):
        """Whether it still ran, or was ended before."""
        if not self.was_ended:
            self.was_ended = self.is_running()
            if self.was_ended and at_once:
                self.send_signal("SIGKILL")
            self.keeper.stdin.close()
            self.keeper.wait(GUARD)
            self.keeper.stdout.close()
        return self.was_ended


class Text(string.Template):
    """@name is replaced: servers' own variables begin with a dollar sign."""
    delimiter = "@"


class Members(dict):
    """Those of an object, by name."""

    def __init__(self, of):
        super().__init__()
        self.of = of

    def __missing__(self, name):
        return getattr(self.of, name)


class Server:
    """A real server, in a folder of its own that is gone with it.

    `greetings` names its ports, and of each how the first line that it sends begins; nothing where the caller speaks first.
    `prepare()` writes the configuration, `commands()` are the programs to start, as lists of words.
    """
    greetings = {}
    user_name = "nobody"  # where root starts it
    ends_at_once = False  # for one that does not heed being asked

    def __init__(self, certificate=None, more=""):
        """`more` is appended to the configuration."""
        self.more = more
        self.user, self.group = os.geteuid(), os.getegid()
        if self.user == 0:
            self.user, self.group = pwd.getpwnam(self.user_name)[2:4]
        else:
            self.user_name = pwd.getpwuid(self.user).pw_name
        self.group_name = grp.getgrgid(self.group).gr_name
        self.kept = []
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="ahoy-", dir="/tmp"))  # short: unix(7) has 108 bytes for a socket
        self.ports = {name: Port() for name in self.greetings}
        for name, port in self.ports.items():
            setattr(self, name, port.number)
        try:
            self.certificate, self.key = self.copy_of(certificate or certificates().good)
            self.root = self.make_folder("root")
            self.logs = self.make_folder("log")
            self.own(self.folder)
            self.prepare()
            for words in self.commands():
                self.kept.append(Kept(self.logs / "output", *words))
            for name, greeting in self.greetings.items():
                self.await_greeting(self.ports[name].number, greeting)
        except BaseException as failure:
            self.__exit__(type(failure))
            raise

    def prepare(self):
        """Before it is started."""

    def commands(self):
        raise NotImplementedError

    def program(self, name):
        """Its path, after the words that take root's rights from it; `name` may be a path."""
        before = ["setpriv", f"--reuid={self.user}", f"--regid={self.group}", "--clear-groups"] if os.geteuid() == 0 else []
        return [*before, path_of(name)]

    def copy_of(self, certificate):
        """Keys are for their owner's eyes alone, and some servers see to it."""
        copies = [self.folder / name for name in ("certificate.pem", "key.pem")]
        for source, copy in zip(certificate, copies):
            shutil.copy(source, copy)
            self.own(copy).chmod(0o600)
        return copies

    def own(self, path):
        """Makes a file or folder the server's."""
        os.chown(path, self.user, self.group)
        return path

    def make_folder(self, *names):
        path = self.folder
        for name in names:
            path = path / name
            if not path.exists():
                path.mkdir()
                self.own(path)
        return path

    def write(self, name, text, mode=0o644):
        """A file of the configuration; @NAME in it is the member of that name."""
        path = self.folder / name
        path.write_text(Text(text).substitute(Members(self)), encoding="utf-8")
        path.chmod(mode)
        return path

    def await_greeting(self, port, greeting):
        due = time.monotonic() + GUARD
        while True:
            if not all(each.is_running() for each in self.kept):
                raise AssertionError(f"{type(self).__name__} has not started:\n{self.log()}")
            if time.monotonic() > due:
                raise AssertionError(f"{type(self).__name__} does not answer at port {port}:\n{self.log()}")
            with contextlib.suppress(ConnectionError), socket.create_connection(("127.0.0.1", port), GUARD) as caller:
                came = caller.recv(1000) if greeting else b""
                if not came.startswith(greeting):
                    raise AssertionError(f"{type(self).__name__} greets with {came!r}:\n{self.log()}")
                return
            time.sleep(0.005)

    def log(self):
        """The end of what it has to say for itself."""
        texts = [(path, path.read_text(encoding="utf-8", errors="replace")) for path in sorted(self.folder.glob("log/*")) if path.is_file()]
        return "\n".join(f"{path.name}: {text[-3000:]}" for path, text in texts if text)

    def stall(self):
        """Stops it in whatever it does; connections stay."""
        for each in self.kept:
            each.send_signal("SIGSTOP")

    def go_on(self):
        for each in self.kept:
            each.send_signal("SIGCONT")

    def kill(self):
        """As a machine ends it that loses power."""
        for each in self.kept:
            each.end(at_once=True)

    def close(self):
        ran = [each.end(at_once=self.ends_at_once) for each in self.kept]
        for port in self.ports.values():
            port.holder.close()
        log = self.log()
        shutil.rmtree(self.folder)
        if not all(ran):
            raise AssertionError(f"{type(self).__name__} has ended by itself:\n{log}")

    def __enter__(self):
        return self

    def __exit__(self, kind, *unused):
        with contextlib.suppress(*([AssertionError] if kind else [])):
            self.close()


def path_of(program):
    """Where it is, on a PATH or not that has the folders of servers."""
    path = shutil.which(program, path=PROGRAMS)
    if not path:
        raise AssertionError(f"{program} is not installed: script/bootstrap --test")
    return path
