"""Starts the programs that are compared, each on its processor, and reads from the kernel what they cost."""
import os
import pathlib
import re
import resource
import signal
import socket
import subprocess
import time

HERE = pathlib.Path(__file__).resolve().parent
AHOY = os.environ.get("AHOY", str(HERE.parent / "build/ahoy"))
BUILT = pathlib.Path(os.environ.get("AHOY_BUILD", HERE.parent / "build"), "bench")
LISTENING = re.compile(rb"listening on \w+://127\.0\.0\.1:(\d+) ")
PORT = "{port}"  # in the words of a command: one that its user chose
GUARD = 120  # seconds that only what hangs reaches


def take_every_descriptor():
    """For us and all that we start, as far as the hard limit allows."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))


def processors():
    """Those of the server and of the load; the same one where there is only one."""
    mine = sorted(os.sched_getaffinity(0))
    return mine[0], mine[-1]


def pinned(processor):
    return lambda: os.sched_setaffinity(0, {processor})


def with_port(words, port):
    return [str(word).replace(PORT, str(port)) for word in words]


def unused_port():
    """Of 127.0.0.1; what names no port 0 may take it, if it is quick."""
    with socket.create_server(("127.0.0.1", 0)) as held:
        return held.getsockname()[1]


def listens(port):
    """Whether anything does, on 127.0.0.1 or everywhere; asked without a connection: /proc/net/tcp (proc(5))."""
    rows = [line.split() for name in ("tcp", "tcp6") for line in pathlib.Path("/proc/net", name).read_text().splitlines()[1:]]
    return any(row[1].endswith(f":{port:04X}") and row[3] == "0A" for row in rows)


def used_so_far(pid):
    """Seconds of processor time of a process that runs, of all its threads: clock_getcpuclockid(3)."""
    return time.clock_gettime((~pid << 3) | 2)


def used_by(usage):
    return usage.ru_utime + usage.ru_stime


def children_of(pid):
    return pathlib.Path(f"/proc/{pid}/task/{pid}/children").read_text().split()


def await_that(condition, what):
    due = time.monotonic() + GUARD
    while not condition():
        if time.monotonic() > due:
            raise RuntimeError(f"waited in vain for {what}")
        time.sleep(0.001)


class Server:
    """A contender while it runs, once it listens. `before` are the words of a command that starts it."""

    def __init__(self, contender, processor, before=(), stdout=subprocess.DEVNULL):
        self.name = contender.name
        self.port = unused_port() if any(PORT in str(word) for word in contender.start) else 0
        self.process = subprocess.Popen(with_port([*before, *contender.start], self.port), stdin=subprocess.DEVNULL, stdout=stdout,
                                        stderr=subprocess.PIPE, preexec_fn=pinned(processor))
        try:
            self.await_start()
        except BaseException:
            self.kill()
            raise
        self.pid = self.process.pid
        self.children = len(children_of(self.pid))
        self.before = used_so_far(self.pid)

    def await_start(self):
        if self.port:
            await_that(lambda: listens(self.port) or self.process.poll() is not None, f"{self.name} to listen")
            if self.process.returncode is not None:
                raise RuntimeError(f"{self.name} does not start")
        while not self.port:
            line = self.process.stderr.readline()
            if not line:
                raise RuntimeError(f"{self.name} does not start")
            found = LISTENING.search(line)
            self.port = int(found[1]) if found else 0

    def end(self):
        """Seconds that it and all its children used since it began to listen."""
        # What it has not waited for yet is not counted.
        await_that(lambda: len(children_of(self.pid)) <= self.children, "the server's last child to end")
        self.process.send_signal(signal.SIGTERM)
        return self.wait()

    def wait(self):
        """As end(), of one that ends by itself."""
        await_that(lambda: os.waitid(os.P_PID, self.pid, os.WEXITED | os.WNOWAIT | os.WNOHANG), f"the end of {self.name}")
        _, status, used = os.wait4(self.pid, 0)
        self.process.returncode = os.waitstatus_to_exitcode(status)
        self.process.stderr.close()
        return used_by(used) - self.before

    def kill(self):
        self.process.stderr.close()
        if self.process.returncode is None:
            self.process.kill()
            self.process.wait()


def is_traced(pid):
    """Whether every thread of it is."""
    return all("TracerPid:\t0\n" not in each.read_text() for each in pathlib.Path(f"/proc/{pid}/task").glob("*/status"))


class Trace:
    """strace(1) on a server, of its system calls and those of the threads that it makes from now on."""

    def __init__(self, pid, folder):
        self.counts = pathlib.Path(folder, "calls")
        self.process = subprocess.Popen(["strace", "-f", "-qq", "-c", "-o", self.counts, "-p", str(pid)])
        await_that(lambda: is_traced(pid), "strace to attach")

    def end(self):
        self.process.send_signal(signal.SIGINT)
        self.process.wait(GUARD)
        total = re.search(r"(?m)^100\.00 .* total$", self.counts.read_text())
        return int(total[0].split()[3])
