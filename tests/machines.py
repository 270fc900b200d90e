"""Machines for tests: network namespaces, joined by veth, with packet loss, cut links and firewalls where a test asks.

A namespace has no name, only a descriptor of the test's own process, so that nothing is left behind whatever becomes of
it. Only root may make one; anybody else becomes root in a user namespace first, by starting the test anew.
"""
import ctypes
import json
import os
import pathlib
import socket
import subprocess
import sys
import tempfile
import threading

from command import GUARD, Listener, Running, await_that, run

CLONE_NEWNET = 0x40000000
LIBC = ctypes.CDLL(None, use_errno=True)

if os.geteuid() != 0:
    os.execvp("unshare", ["unshare", "--map-root-user", "--", *sys.orig_argv])


def checked(result):
    if result != 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))


def in_thread(work):
    """What `work` returns; whatever it does to its thread's namespaces ends with the thread."""
    results, failures = [], []

    def run():
        try:
            results.append(work())
        except BaseException as failure:  # told by whoever waits
            failures.append(failure)

    thread = threading.Thread(target=run)
    thread.start()
    thread.join(GUARD)
    if failures:
        raise failures[0]
    return results[0]


class Machine:
    """One network namespace: its programs, its sockets, its firewall."""

    def __init__(self, test):
        self.descriptor = in_thread(self.make)
        test.addCleanup(os.close, self.descriptor)
        self.path = f"/proc/{os.getpid()}/fd/{self.descriptor}"
        self.before = ["nsenter", f"--net={self.path}", "--"]
        self.ip("link set lo up")
        self.set("net/ipv6/conf/default/accept_dad", 0)  # addresses are usable at once

    @staticmethod
    def make():
        try:
            checked(LIBC.unshare(CLONE_NEWNET))
        except PermissionError as failure:
            raise PermissionError("a network namespace of our own needs CAP_SYS_ADMIN (a container lacks it unless it is "
                                  "privileged), or user namespaces for who is not root") from failure
        return os.open("/proc/thread-self/ns/net", os.O_RDONLY | os.O_CLOEXEC)

    def run(self, *words, **process):
        """A program to its end."""
        process.setdefault("stdin", subprocess.DEVNULL)
        return subprocess.run([*self.before, *[str(word) for word in words]], capture_output=True, timeout=GUARD, **process)

    def must(self, *words, **process):
        done = self.run(*words, **process)
        if done.returncode != 0:
            raise AssertionError(f"{words}: {done.stderr.decode()}")
        return done.stdout.decode()

    def ip(self, *commands):
        for command in commands:
            self.must("ip", *command.split())

    def set(self, name, value):
        """A setting of the namespace, by its path below /proc/sys."""
        self.must("sh", "-c", f"echo {value} > /proc/sys/{name}")

    def inside(self, work):
        """What `work` returns, done in a thread that is in this namespace; a socket stays where it was made."""
        def entered():
            checked(LIBC.setns(self.descriptor, CLONE_NEWNET))
            return work()
        return in_thread(entered)

    def socket(self, family, kind, protocol=0):
        made = self.inside(lambda: socket.socket(family, kind, protocol))
        made.settimeout(GUARD)
        return made

    # Rules see what arrives here. A counter that a rule names tells how many it met.
    def firewall(self, *rules, counters=()):
        lines = ["table inet firewall", "delete table inet firewall", "table inet firewall {",
                 *[f"counter {name} {{ }}" for name in counters],
                 "chain arriving {", "type filter hook input priority 0", *rules, "}", "}"]
        self.must("nft", "-f", "-", input="\n".join(lines + [""]).encode(), stdin=None)

    def no_firewall(self):
        self.must("nft", "delete table inet firewall")

    def counted(self, name):
        listed = json.loads(self.must("nft", "-j", "list", "counter", "inet", "firewall", name))
        return listed["nftables"][-1]["counter"]["packets"]

    def ahoy(self, *words, **process):
        """`ahoy` to its end."""
        return run(*words, before=self.before, **process)

    def call(self, *words, **process):
        return Running(*words, before=self.before, **process)

    def listen(self, *words, **process):
        before = [*process.pop("before", ()), *self.before]
        return Listener(*words, before=before, **process)

    def knowing(self, **hosts):
        """Words that start a program here for which /etc/hosts is made of `hosts`, name="address address"."""
        lines = [f"{address} {name.replace('_', '.')}" for name, addresses in hosts.items() for address in addresses.split()]
        with tempfile.NamedTemporaryFile("w", delete=False) as file:
            file.write("\n".join(lines + [""]))
        hidden = 'mount --bind "$1" /etc/hosts && rm "$1" && shift && exec "$@"'
        return ["unshare", "--mount", "sh", "-c", hidden, "sh", file.name, *self.before]


class Pair:
    """A client machine and a server machine, each with two addresses of each family, and the cable between them."""

    NAMES = ("client", "server")
    INET = {"client": "10.23.0.1", "server": "10.23.0.2"}
    INET6 = {"client": "2001:db8:23::1", "server": "2001:db8:23::2"}  # no ULA: IPv4 would come before it (RFC 6724)
    SECOND = {"client": ("10.23.0.11", "2001:db8:23::11"), "server": ("10.23.0.12", "2001:db8:23::12")}

    def __init__(self, test):
        self.client, self.server = Machine(test), Machine(test)
        # The kernel is quick to notice a cable whose ends have different numbers (linkwatch_urgent_event in link_watch.c).
        self.client.ip(f"link add cable index 10 type veth peer name cable netns {self.server.path}")
        for name, machine in zip(self.NAMES, (self.client, self.server)):
            machine.ip("link set cable gso_max_segs 1",  # loss is of packets, not of the bundles that veth makes of them
                       f"addr add {self.INET[name]}/24 brd + dev cable", f"addr add {self.SECOND[name][0]}/24 dev cable",
                       f"addr add {self.INET6[name]}/64 dev cable nodad",
                       f"addr add {self.SECOND[name][1]}/64 dev cable nodad", "link set cable up")
        for name, machine in zip(reversed(self.NAMES), (self.client, self.server)):
            await_that(lambda: self.sees(machine, name), "the cable")

    def sees(self, machine, other):
        """The kernel notices a cable after a while, and has no route for IPv6 until then."""
        plugged = " UP " in machine.must("ip", "-brief", "link", "show", "cable")
        return plugged and machine.run("ip", "route", "get", self.INET6[other]).returncode == 0

    def addresses(self):
        """The server's: as it is written, as it is written before a port, and its family."""
        return [(self.INET["server"], self.INET["server"], socket.AF_INET),
                (self.INET6["server"], f"[{self.INET6['server']}]", socket.AF_INET6)]

    def lose(self, percent):
        for machine in (self.client, self.server):
            machine.firewall(f"numgen random mod 100 < {percent} counter name lost drop", counters=["lost"])

    def lost(self):
        return sum(machine.counted("lost") for machine in (self.client, self.server))

    def drop_all(self):
        for machine in (self.client, self.server):
            machine.firewall("drop")

    def heal(self):
        for machine in (self.client, self.server):
            machine.no_firewall()


def file_of(data):
    """An unnamed file that holds `data`, at its beginning: a standard input."""
    file = tempfile.TemporaryFile()
    file.write(data)
    file.seek(0)
    return file


def example(name):
    return pathlib.Path(os.environ.get("AHOY_BUILD", "build")) / "examples" / name
