"""UDP: each peer is a caller of its own, a datagram is one message, and two servers never talk each other to death.

The peers are plain Python sockets, in both roles. What is not answered is shown by something later that is: one
listener handles its datagrams in order.
"""
import contextlib
import json
import os
import pathlib
import re
import select
import signal
import socket
import struct
import tempfile
import unittest

from command import GUARD, Listener, Running, await_that, json_events, run
from machines import Machine, Pair
from peers import Caller

V4, V6, UDP = socket.AF_INET, socket.AF_INET6, socket.SOCK_DGRAM
LOOPBACK = {V4: "127.0.0.1", V6: "::1"}
MARK = 47 << 2  # DSCP 47, as the field of the header holds it
SERVICES = (7, 13, 17, 19, 37, 53, 69, 123)


class Peer:
    """A datagram socket that hears which mark each datagram carries."""

    def __init__(self, made=None, family=V4, at=None):
        self.socket = made or socket.socket(family, UDP)
        self.socket.settimeout(GUARD)
        self.family = self.socket.family
        if self.family == V6:
            self.socket.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_RECVTCLASS, 1)
        else:
            self.socket.setsockopt(socket.IPPROTO_IP, socket.IP_RECVTOS, 1)
        if at != "unbound":
            self.socket.bind(at or (LOOPBACK[self.family], 0))

    @property
    def address(self):
        return self.socket.getsockname()[:2]

    @property
    def label(self):
        host, port = self.address
        return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"

    def mark_by(self, field):
        level, option = (socket.IPPROTO_IPV6, socket.IPV6_TCLASS) if self.family == V6 else (socket.IPPROTO_IP, socket.IP_TOS)
        self.socket.setsockopt(level, option, field)

    def send(self, data, to):
        self.socket.sendto(data.encode() if isinstance(data, str) else data, to)

    def receive(self):
        """The next datagram, the field of its header that holds the mark, and its sender."""
        data, controls, _, sender = self.socket.recvmsg(1 << 16, 256)
        field = next((value[0] for _, kind, value in controls if kind in (socket.IP_TOS, socket.IPV6_TCLASS)), 0)
        return data, field, sender[:2]

    def text(self):
        return self.receive()[0].decode()

    def asks(self, data, to):
        """What comes back."""
        self.send(data, to)
        return self.receive()[0]

    def has_nothing(self):
        return not select.select([self.socket], [], [], 0)[0]

    def close(self):
        self.socket.close()

    def __enter__(self):
        return self

    def __exit__(self, *unused):
        self.close()


def listen(*words, host="127.0.0.1", **process):
    return Listener(f"udp://{host}:0", *words, **process)


def at(listener, host="127.0.0.1"):
    return (host, listener.port)


class Listening(unittest.TestCase):
    def test_a_hundred_peers_with_five_datagrams_each(self):
        with listen() as listener, contextlib.ExitStack() as closing:
            peers = [closing.enter_context(Peer()) for _ in range(100)]
            for turn in range(5):
                for number, peer in enumerate(peers):
                    peer.send(f"{number} says {turn}", at(listener))
                for number, peer in enumerate(peers):  # in order, also between peers
                    self.assertEqual(listener.out.next_line().decode(), f"[{peer.label}] {number} says {turn}")
            for number, peer in enumerate(peers):
                listener.say(f"@{peer.label} for {number} alone")
            for number, peer in enumerate(peers):
                data, _, sender = peer.receive()
                self.assertEqual((data.decode(), sender), (f"for {number} alone", at(listener)))
            listener.say("for all")
            for peer in peers:
                self.assertEqual(peer.text(), "for all")
                self.assertTrue(peer.has_nothing())
            self.assertEqual(listener.end(), 0)
            self.assertEqual(listener.out.all().count(b"\n"), 500)

    def test_names_and_who(self):
        for family, host, local in ((V4, "127.0.0.1", "127.0.0.1"), (V6, "[::1]", "[::1]")):
            with self.subTest(host=host), listen(host=host, stdin=-1) as listener, Peer(family=family) as peer:
                peer.send("hello", at(listener, LOOPBACK[family]))
                self.assertEqual(listener.out.next_line().decode(), f"[{peer.label}] hello")
                listener.say("/who")
                listener.err.until(rf"^\[{re.escape(peer.label)}\] udp {re.escape(local)}:{listener.port} <- "
                                   rf"{re.escape(peer.label)} since .*, 5 bytes received, 0 sent$")
                listener.say(f"/kick {peer.label}")
                listener.err.until("left: kicked")
                listener.say("/who")
                listener.err.until("nobody")

    def test_both_families_on_one_wildcard(self):
        """Nowhere is an IPv4 peer called ::ffff:."""
        with Listener("udp://:0", "-v") as listener, Peer() as four, Peer(family=V6) as six:
            four.send("four", at(listener))
            six.send("six", at(listener, "::1"))
            self.assertEqual(listener.out.next_line().decode(), f"[{four.label}] four")
            self.assertEqual(listener.out.next_line().decode(), f"[{six.label}] six")
            listener.say(f"@{four.label} to four")
            listener.say(f"@{six.label} to six")
            self.assertEqual((four.text(), six.text()), ("to four", "to six"))
            listener.say("/who")
            listener.err.until(rf"127\.0\.0\.1:{listener.port} <- 127\.0\.0\.1:\d+ ")
            listener.end()
            self.assertNotIn(b"ffff", listener.err.all())

    def test_the_address_that_was_asked_answers(self):
        for on in ("0.0.0.0", "[::]", ""):
            for handler in ("echo", "talk"):
                with self.subTest(on=on, handler=handler), Peer() as peer, \
                        Listener(f"udp://{on}:0", "--handler", handler) as listener:
                    for host in ("127.0.0.2", "127.0.0.1", "127.1.2.3"):
                        peer.send("hello", at(listener, host))
                        if handler == "talk":
                            listener.out.until("hello")
                            listener.say("hello")
                        self.assertEqual(peer.receive()[::2], (b"hello", at(listener, host)))
                    if handler == "talk":
                        listener.say("/who")
                        listener.err.until(rf" 127\.1\.2\.3:{listener.port} <- ")

    def test_the_address_that_was_asked_answers_also_in_a_hurry(self):
        """Several wait to be answered when the first one is."""
        hosts = [f"127.0.0.{number}" for number in range(1, 101)]
        for handler in ("echo", "greet", "time"):
            with self.subTest(handler=handler), Peer() as peer, Listener("udp://:0", "--handler", handler) as listener:
                for host in hosts:
                    peer.send(host, at(listener, host))
                for host in hosts:
                    data, _, sender = peer.receive()
                    self.assertEqual(sender, at(listener, host))
                    if handler == "echo":
                        self.assertEqual(data.decode(), host)

    def test_a_datagram_is_one_message_whatever_it_contains(self):
        cases = {b"": "", b"two\nlines": r"two\x0alines", b"line\n": r"line\x0a", b"\r[127.0.0.1:9] x": r"\x0d[127.0.0.1:9] x",
                 b"\x00\x1b[2J\\": r"\x00\x1b[2J\\", b"\xff": r"\xff", "grüße".encode(): "grüße"}
        with listen() as listener, Peer() as peer:
            for data, shown in cases.items():
                peer.send(data, at(listener))
                self.assertEqual(listener.out.next_line().decode(), f"[{peer.label}] {shown}")
        for words in (["--framing", "line"], ["--framing", "length"], ["--framing", "nul"], ["--framing", "raw"]):
            with self.subTest(words=words), listen(*words) as listener, Peer() as peer:
                for data in (b"one\ntwo", b"", b"\x00\x00\x00\x01x", b"three"):
                    peer.send(data, at(listener))
                for shown in (r"one\x0atwo", "", r"\x00\x00\x00\x01x", "three"):
                    self.assertEqual(listener.out.next_line().decode(), f"[{peer.label}] {shown}")
                listener.say("an answer")
                self.assertEqual(peer.text(), "an answer")  # as it is: no delimiter, no length

    def test_the_largest_datagram(self):
        with listen("--handler", "echo") as listener, Peer() as peer:
            for size in (65507, 65506, 1):
                self.assertEqual(peer.asks(b"x" * size, at(listener)), b"x" * size)
        with listen() as listener, Peer() as peer:
            peer.send(b"x" * 65507, at(listener))
            self.assertEqual(len(listener.out.next_line()), 65507 + len(f"[{peer.label}] "))

    def test_json(self):
        with listen("--json") as listener, Peer() as peer:
            for data in (b"hello", b"", b"\xff"):
                peer.send(data, at(listener))
            events = [json.loads(listener.out.next_line()) for _ in range(4)]
            self.assertEqual([event["event"] for event in events], ["join", "message", "message", "message"])
            self.assertEqual({event["from"] for event in events}, {peer.label})
            self.assertEqual([event.get("text", event.get("data")) for event in events[1:]], ["hello", "", "/w=="])
            listener.say(json.dumps({"to": peer.label, "text": "a\nb"}))
            self.assertEqual(peer.text(), "a\nb")

    def test_relay(self):
        with listen("--handler", "relay") as listener, Peer() as one, Peer() as two, Peer() as three:
            for peer in (one, two, three):
                peer.send("here", at(listener))
                listener.out.until("here")
            self.assertEqual((one.text(), one.text(), two.text()), (f"[{two.label}] here", f"[{three.label}] here", f"[{three.label}] here"))
            one.send("a\nb", at(listener))
            self.assertEqual((two.text(), three.text()), (rf"[{one.label}] a\x0ab",) * 2)
            self.assertTrue(one.has_nothing())

    def test_a_caller_whose_port_has_closed_harms_nobody(self):
        with listen("-v") as listener, Peer() as gone, Peer() as here:
            gone.send("and away", at(listener))
            here.send("here", at(listener))
            listener.out.until("here")
            gone.close()
            for turn in range(5):
                listener.say(f"turn {turn}")
                self.assertEqual(here.text(), f"turn {turn}")
            here.send("still", at(listener))
            listener.out.until("still")

    def test_a_caller_that_falls_silent_is_let_go(self):
        with listen("--idle-timeout", "200ms", "-v") as listener, Peer() as peer:
            peer.send("once", at(listener))
            listener.err.until("joined")
            listener.err.until("left")
            peer.send("again", at(listener))
            listener.err.until("joined")
            listener.out.until("again")

    def test_one_caller_too_many_has_the_place_of_who_was_silent_for_longest(self):
        """And of nobody who was heard within a second: until then it is told busy."""
        for handler in ("talk", "echo"):
            with self.subTest(handler=handler), listen("--max-clients", "2", "--handler", handler) as listener, \
                    Peer() as one, Peer() as two, Peer() as three:
                def heard(peer):
                    peer.send("hello", at(listener))
                    if handler == "echo":
                        self.assertEqual(peer.receive()[:2], (b"hello", MARK))
                    else:
                        listener.out.until(rf"{re.escape(peer.label)}\] hello")

                def goes_on_until(said):
                    one.send("hello", at(listener))
                    three.send("hello", at(listener))
                    return said in listener.err.so_far()

                heard(one)
                heard(two)
                heard(one)
                await_that(lambda: goes_on_until(b"made way"), "a second to pass")
                listener.err.until(rf"^\[{re.escape(three.label)}\] was told busy: 2 are here")
                listener.err.until(rf"^\[{re.escape(two.label)}\] made way for a newer caller \(--max-clients\)$")
                self.assertEqual(three.receive()[:2], (b"busy", MARK))
                listener.say("/who")
                here = {listener.err.until(r"^\[(\S+)\] udp ")[1] for _ in range(2)}
                self.assertEqual(here, {one.label, three.label})
                self.assertEqual(listener.err.so_far().count(b"made way"), 1)

    def test_where_none_can_make_way_it_is_told_busy(self):
        with Listener("udp://127.0.0.1:0", "tcp://127.0.0.1:0", "--max-clients", "1", endpoints=2) as listener, \
                Peer() as late:
            udp, tcp = (("127.0.0.1", int(url.rsplit(":", 1)[1])) for url in listener.urls)
            with Caller(tcp[1]) as caller:
                caller.send("hello\n")
                listener.out.until("hello")
                late.send("hello", udp)
                self.assertEqual(late.receive()[:2], (b"busy", MARK))
                listener.err.until(rf"^\[{re.escape(late.label)}\] was told busy: 1 are here")
                late.mark_by(MARK)  # the word is an automatic answer too
                late.send("hello", udp)
                listener.err.until(rf"^\[{re.escape(late.label)}\] was told busy: 1 are here")
                self.assertTrue(late.has_nothing())

    def test_a_flood_is_no_flood_of_lines(self):
        """Forged senders come by the thousand: some are named, of the others the number is told."""
        for words, named, more in (([], "(was told busy|made way for a newer caller)", "(were told busy|made way for newer callers)"),
                                   (["--deny", "127.1.0.0/16"], "(was turned away)", "(were turned away)")):
            with self.subTest(named), Peer() as allowed, \
                    Listener("udp://127.0.0.1:0", "--max-clients", "3", "--handler", "echo", *words) as listener:
                allowed.send("hello", at(listener))
                self.assertEqual(allowed.receive()[0], b"hello")
                for number in range(2000):
                    with Peer(at=(f"127.1.{number // 250}.{number % 250 + 1}", 0)) as forged:
                        forged.send("hello", at(listener))
                        allowed.send("hello", at(listener))
                        self.assertEqual(allowed.receive()[0], b"hello")
                listener.err.until(rf"^\d+ more {more}")
                self.assertEqual(listener.end(), 0)
                said = listener.err.all().decode()
                told = len(re.findall(rf"^\[\S+\] {named}", said, re.MULTILINE))
                self.assertLess(told, 500, said)
                counted = told + sum(int(found[0]) for found in re.findall(rf"^(\d+) more {more}", said, re.MULTILINE))
                self.assertEqual(counted, 2000 if words else 1998)  # two found a place, and whoever made way made one

    def test_allow_and_deny(self):
        for words, here, away in ((["--deny", "127.0.0.2/32"], "127.0.0.1", "127.0.0.2"),
                                  (["--allow", "127.0.0.3/32"], "127.0.0.3", "127.0.0.1"),
                                  (["--allow", "127.0.0.0/8", "--deny", "127.0.0.2"], "127.0.0.1", "127.0.0.2"),
                                  (["--allow", "127.0.0.0/8", "--deny", "127.0.0.2"], "127.0.0.1", "::1"),
                                  (["--allow", "::1"], "::1", "127.0.0.1"), (["--deny", "::/0"], "127.0.0.1", "::1")):
            families = [V6 if ":" in host else V4 for host in (here, away)]
            with self.subTest(words, away=away), Listener("udp://:0", *words, "--handler", "echo") as listener, \
                    Peer(family=families[0], at=(here, 0)) as allowed, Peer(family=families[1], at=(away, 0)) as denied:
                for _ in range(2):
                    denied.send("hello", at(listener, LOOPBACK[families[1]]))
                    self.assertEqual(allowed.asks("hello", at(listener, LOOPBACK[families[0]])), b"hello")
                    self.assertTrue(denied.has_nothing())
                listener.err.until(rf"^\[{re.escape(denied.label)}\] was turned away")
                listener.say("/who")
                listener.err.until(rf"^\[{re.escape(allowed.label)}\] udp")
                listener.end()
                self.assertNotIn(f"[{denied.label}] udp", listener.err.all().decode())

    def test_v_twice_tells_what_was_dropped_or_not_answered(self):
        """A program that reads nothing has its datagrams wait, and not without end."""
        for words, told in ((["-vv"], True), (["-v"], False)):
            with self.subTest(words), listen(*words, "--exec", "sh", "-c", "echo started; exec sleep 1000") as listener, \
                    Peer() as flood, Peer() as marked, Peer() as last:
                flood.asks("start", at(listener))
                marked.mark_by(MARK)
                marked.send("hello", at(listener))
                unread = f"{flood.label}: a datagram was dropped, ".encode()
                if told:
                    await_that(lambda: [flood.send("x" * 1000, at(listener)) for _ in range(100)]
                               and unread in listener.err.so_far(), "a drop that is told")
                else:
                    for _ in range(20_000):
                        flood.send("x" * 1000, at(listener))
                last.asks("hello", at(listener))  # it has handled all that came before
                listener.send_signal()  # its program would go on for a while
                listener.end()
                said = listener.err.all()
                self.assertEqual(unread in said, told)
                self.assertEqual(f"{marked.label}: not answered".encode() in said, told)

    def test_once(self):
        with listen("--once", stdin=-1) as listener, Peer() as one, Peer() as two:
            one.send("the one", at(listener))
            listener.out.until("the one")
            two.send("too late", at(listener))
            one.send("again", at(listener))
            listener.out.until("again")
            listener.say("an answer")
            self.assertEqual(one.text(), "an answer")
            self.assertEqual(listener.end(), 0)
            self.assertNotIn(b"too late", listener.out.all())

    def test_it_ends_with_callers_there(self):
        for handler in ("talk", "relay", "echo", "discard"):
            with self.subTest(handler=handler), listen("--handler", handler, "-v") as listener, Peer() as peer:
                for _ in range(3):
                    peer.send("hello", at(listener))
                listener.err.until("joined")
                self.assertEqual(listener.end(), 0)
                self.assertNotIn(b"ERROR", listener.err.all())

    def test_the_port_is_taken(self):
        with Peer() as peer:
            ended = run("listen", f"udp://127.0.0.1:{peer.address[1]}")
            self.assertEqual(ended.status, 45, ended.err)
            self.assertIn("address already in use", ended.err)

    def test_families_apart(self):
        for option, family, other in (("-4", V4, V6), ("-6", V6, V4)):
            with self.subTest(option), Listener("udp://:0", option, "--handler", "echo") as listener, \
                    Peer(family=family) as peer:
                self.assertEqual(peer.asks("hello", at(listener, LOOPBACK[family])), b"hello")
                with socket.socket(other, UDP) as refused:
                    refused.connect((LOOPBACK[other], listener.port))
                    refused.send(b"hello")
                    refused.settimeout(GUARD)
                    with self.assertRaises(ConnectionRefusedError):
                        refused.recv(1)

    def test_several_endpoints(self):
        with Listener("udp://127.0.0.1:0", "udp://127.0.0.2:0", "--handler", "echo", endpoints=2) as listener, Peer() as peer:
            for url, host in zip(listener.urls, ("127.0.0.1", "127.0.0.2")):
                self.assertEqual(peer.asks("hello", (host, int(url.rsplit(":", 1)[1]))), b"hello")


class Handlers(unittest.TestCase):
    def test_greet(self):
        for words, greeting in (([], b"Thank you for connecting"), (["--greeting", "Grüß Gott"], "Grüß Gott".encode())):
            with listen("--handler", "greet", *words) as listener, Peer() as peer:
                for _ in range(3):
                    self.assertEqual(peer.asks("", at(listener)), greeting)
                with Peer() as other:
                    self.assertEqual(other.asks("hello", at(listener)), greeting)

    def test_time(self):
        with listen("--handler", "time") as listener, Peer() as peer:
            for _ in range(3):
                self.assertRegex(peer.asks("", at(listener)), rb"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|\+00:00)\n$")

    def test_discard(self):
        with listen("--handler", "discard") as listener, Peer() as peer:
            for _ in range(1000):
                peer.send("hello", at(listener))
            listener.end()
            self.assertTrue(peer.has_nothing())
            self.assertEqual(listener.out.all(), b"")

    def test_a_program_per_peer(self):
        """Datagrams keep their borders on the way through it."""
        counting = ["/usr/bin/python3", "-u", "-c",
                    "import os\nn = 0\nwhile True:\n text = os.read(0, 65536)\n n += 1\n"
                    " os.write(1, b'%d: %s from %s at %s' % (n, text, os.environb[b'AHOY_PEER'], os.environb[b'AHOY_LOCAL']))"]
        with Listener("udp://:0", "--exec", *counting) as listener, Peer() as one, Peer() as two:
            for turn in (1, 2, 3):
                for peer in (one, two):
                    answer = peer.asks(f"turn\n{turn}", at(listener)).decode()
                    self.assertEqual(answer, f"{turn}: turn\n{turn} from {peer.label} at 127.0.0.1:{listener.port}")
            self.assertEqual(len(listener.children()), 2)
            self.assertEqual(listener.end(), 0)

    def test_the_end_of_a_programs_input(self):
        """A conversation has none; a datagram that is a request has one, after itself."""
        program = ["/usr/bin/python3", "-u", "-c",
                   "import os\nwhile True:\n text = os.read(0, 65536)\n os.write(1, b'got ' + text if text else b'the end')\n if not text: break"]
        for model, ends in (("event", False), ("iterative", False), ("process", True), ("thread", True)):
            with self.subTest(model), listen("--model", model, "--exec", *program) as listener, Peer() as peer:
                for text in ("one", "two"):
                    self.assertEqual(peer.asks(text, at(listener)), b"got " + text.encode())
                    if ends:
                        self.assertEqual(peer.text(), "the end")
                self.assertTrue(peer.has_nothing())

    def test_a_program_is_told_who_speaks_with_whom(self):
        """Also where no address but the one that was asked tells it."""
        for host, family, asked in (("127.0.0.1", V4, "127.0.0.1"), ("[::1]", V6, "::1"), ("", V4, "127.0.0.7"), ("", V6, "::1")):
            program = ["sh", "-c", 'echo "$AHOY_PEER and $AHOY_LOCAL"']
            with self.subTest(host=host, asked=asked), listen("--exec", *program, host=host) as listener, Peer(family=family) as peer:
                local = f"[{asked}]" if family == V6 else asked
                answer = peer.asks("hello", at(listener, asked)).decode()
                self.assertEqual(answer, f"{peer.label} and {local}:{listener.port}\n")

    def test_iterative_answers_every_peer(self):
        """A datagram's turn is a datagram's: nobody knows when a peer has left."""
        for handler in ("echo", "greet", "time", "talk", "relay"):
            with self.subTest(handler=handler), listen("--model", "iterative", "--handler", handler) as listener, \
                    Peer() as one, Peer() as two:
                for _ in range(20):
                    for peer in (one, two):
                        peer.send("hello", at(listener))
                        if handler in ("talk", "relay"):
                            self.assertEqual(listener.out.next_line().decode(), f"[{peer.label}] hello")
                        else:
                            self.assertTrue(peer.receive()[0])
                if handler == "talk":
                    listener.say(f"@{two.label} good")
                    self.assertEqual(two.text(), "good")
                self.assertEqual(listener.end(), 0)

    def test_ten_thousand_times_the_same(self):
        for model in ("event", "iterative"):
            with self.subTest(model), listen("--handler", "echo", "--model", model) as listener, Peer() as peer:
                for _ in range(10_000):
                    self.assertEqual(peer.asks("the same", at(listener)), b"the same")


@contextlib.contextmanager
def held_up(listener):
    """What comes meanwhile it finds all at once."""
    listener.send_signal(signal.SIGSTOP)
    await_that(lambda: pathlib.Path(f"/proc/{listener.pid}/stat").read_text().rsplit(")", 1)[1].split()[0] == "T", "the stop")
    yield
    listener.send_signal(signal.SIGCONT)


class Together(unittest.TestCase):
    """What has come by the time the listener looks is taken, and what is answered to that is sent, many by one system call."""

    def test_each_hears_its_own_in_order(self):
        ways = [("event", engine) for engine in ("epoll", "uring")] + [("iterative", "auto"), ("thread", "auto"), ("process", "auto")]
        for model, engine in ways:
            with self.subTest(model, engine=engine), listen("--handler", "echo", "--model", model, "--engine", engine) as listener, \
                    contextlib.ExitStack() as closing:
                peers = [closing.enter_context(Peer()) for _ in range(20)]
                rounds = ((20, (2, 0, 3) * 3), (4, (4, 1499, 1500, 1501) * 3), (1, (40_000, 5, 1600)))  # no more than a socket holds
                for count, sizes in rounds:  # large ones are not gathered, nor overtaken
                    said = [(b"%d %d " % (number, size)).ljust(size, b".")[:size] for number, size in enumerate(sizes)]
                    with held_up(listener):
                        for text in said:
                            for peer in peers[:count]:
                                peer.send(text, at(listener))
                    for peer in peers[:count]:
                        heard = [peer.receive()[0] for _ in said]
                        if model in ("event", "iterative"):
                            self.assertEqual(heard, said)
                        else:
                            self.assertEqual(sorted(heard), sorted(said))
                self.assertEqual(listener.end(), 0)

    def test_by_few_system_calls(self):
        for engine in ("epoll", "uring"):
            with self.subTest(engine), tempfile.NamedTemporaryFile("r") as trace, Peer() as peer, \
                    listen("--handler", "echo", "--engine", engine, env={**os.environ, "ASAN_OPTIONS": "detect_leaks=0"},
                           before=["strace", "-D", "-qq", "-f", "-o", trace.name, "-e", "trace=recvmsg,recvmmsg,sendmsg,sendmmsg"]) as listener:
                for _ in range(20):
                    for number in range(100):
                        peer.send(f"{number}", at(listener))
                    for number in range(100):
                        self.assertEqual(peer.text(), f"{number}")
                listener.end()
                calls = trace.read()
                self.assertLess(len(re.findall(r"\b(?:send|recv)m?msg\(", calls)), 2_000, "one for each, and direction, were 4000")

    def test_a_refusal_ends_the_conversation_whose_it_is(self):
        """Whether its handler waits for more or has ended, the reason is that of the answer which the kernel did not take."""
        for handler in ("echo", "time"):
            machine = Machine(self)
            with self.subTest(handler), machine.listen("udp://127.0.0.1:0", "--handler", handler, "-v") as listener, \
                    Peer(machine.socket(V4, UDP)) as heard, Peer(machine.socket(V4, UDP)) as unheard:
                machine.must("nft", "add table inet outgoing; add chain inet outgoing leaving { type filter hook output priority 0; };"
                             f"add rule inet outgoing leaving udp dport {unheard.address[1]} drop")
                with held_up(listener):
                    for number in range(6):
                        (unheard if number == 4 else heard).send(f"{number}", at(listener))  # not the last one of those taken together
                answers = [heard.text() for _ in range(5)]
                if handler == "echo":
                    self.assertEqual(answers, ["0", "1", "2", "3", "5"])
                listener.err.until(rf"(?m)^\[{re.escape(unheard.label)}\] left: operation not permitted")
                listener.end()
                self.assertNotIn(f"[{heard.label}] left: operation", listener.err.all().decode())


class NoEchoLoop(unittest.TestCase):
    """CVE-2024-2169: what answers by itself never answers what such a server sent."""

    ANSWERING = (("echo", b"hello"), ("greet", b"Thank you for connecting"), ("time", None))

    def test_an_answer_is_marked_and_a_marked_datagram_is_not_answered(self):
        for family, host in ((V4, "127.0.0.1"), (V6, "[::1]"), (V4, "[::]"), (V6, "[::]")):
            for handler, answer in self.ANSWERING:
                with self.subTest(handler=handler, family=family, host=host), listen("--handler", handler, host=host) as listener, \
                        Peer(family=family) as marked, Peer(family=family) as plain:
                    to = at(listener, LOOPBACK[family])
                    for ecn in (0, 1):  # the other two bits of the field are not the mark's
                        marked.mark_by(MARK | ecn)
                        marked.send("hello", to)
                    plain.send("hello", to)
                    data, field, sender = plain.receive()
                    self.assertEqual((field & 0xfc, sender), (MARK, to))
                    self.assertEqual(data, answer or data)
                    self.assertTrue(marked.has_nothing())
                    for field in (0, 1 << 2, 46 << 2, 48 << 2):  # only this mark
                        marked.mark_by(field)
                        self.assertTrue(marked.asks("hello", to))

    def test_a_known_caller_is_not_answered_either_once_it_is_marked(self):
        with listen("--handler", "echo") as listener, Peer() as peer:
            self.assertEqual(peer.asks("plain", at(listener)), b"plain")
            peer.mark_by(MARK)
            peer.send("marked", at(listener))
            peer.mark_by(0)
            self.assertEqual(peer.asks("plain again", at(listener)), b"plain again")

    def test_talk_shows_what_is_marked_and_does_not_mark_what_people_say(self):
        with listen() as listener, Peer() as peer:
            peer.mark_by(MARK)
            peer.send("hello", at(listener))
            self.assertEqual(listener.out.next_line().decode(), f"[{peer.label}] hello")
            listener.say("hello")
            self.assertEqual(peer.receive()[:2], (b"hello", 0))

    def test_service_ports_are_never_answered(self):
        machine = Machine(self)
        for family, host in ((V4, "127.0.0.1"), (V6, "[::1]"), (V4, "[::]")):
            for handler, _ in self.ANSWERING:
                with self.subTest(handler=handler, family=family), contextlib.ExitStack() as closing, \
                        machine.listen(f"udp://{host}:0", "--handler", handler) as listener:
                    to = at(listener, LOOPBACK[family])
                    services = [closing.enter_context(Peer(machine.socket(family, UDP), at=(LOOPBACK[family], port))) for port in SERVICES]
                    for service in services:
                        service.send("hello", to)
                    for port in (8, 0):
                        with Peer(machine.socket(family, UDP), at=(LOOPBACK[family], port)) as other:
                            self.assertTrue(other.asks("hello", to))
                    self.assertTrue(all(service.has_nothing() for service in services))

    def test_a_program_and_busy_are_automatic_answers_too(self):
        with Listener("udp://127.0.0.1:0", "tcp://127.0.0.1:0", "--max-clients", "1", "--exec", "cat", endpoints=2) as listener, \
                Peer() as one, Peer() as two:
            udp, tcp = (("127.0.0.1", int(url.rsplit(":", 1)[1])) for url in listener.urls)
            one.send("hello", udp)
            self.assertEqual(one.receive()[:2], (b"hello", MARK))
            with Caller(tcp[1]) as caller:  # it has the place of the one before
                caller.send("hello\n")
                self.assertEqual(caller.line(), b"hello")
                two.send("hello", udp)
                self.assertEqual(two.receive()[:2], (b"busy", MARK))

    def test_two_listeners_given_each_others_address_stop_after_one_each(self):
        """A forged datagram sets them on each other; the firewall counts what passes."""
        machine = Machine(self)
        with machine.listen("udp://127.0.0.1:0", "--handler", "echo", "-vv") as one, \
                machine.listen("udp://127.0.0.1:0", "--handler", "echo", "-vv") as two:
            machine.firewall(f"udp sport {one.port} udp dport {two.port} counter name there",
                             f"udp sport {two.port} udp dport {one.port} counter name back", counters=("there", "back"))
            with machine.socket(V4, socket.SOCK_RAW, socket.IPPROTO_UDP) as forger:
                forged = struct.pack("!HHHH", two.port, one.port, 8 + 5, 0) + b"hello"
                forger.sendto(forged, ("127.0.0.1", 0))
            with Peer(machine.socket(V4, UDP)) as peer:
                for listener in (one, two, one):  # by its answer, each has handled all that came before
                    self.assertEqual(peer.asks("hello", at(listener)), b"hello")
            self.assertEqual((machine.counted("back"), machine.counted("there")), (1, 1))  # the forged one, its answer


class Calling(unittest.TestCase):
    def test_send_ends_with_the_first_answer(self):
        for family, written in ((V4, "127.0.0.1"), (V6, "[::1]")):
            with self.subTest(written), Peer(family=family) as server, \
                    Running("send", f"udp://{written}:{server.address[1]}", "hello", "", "world", "--after-eof", "50s", "-v") as send:
                heard = [server.receive() for _ in range(3)]
                self.assertEqual([data for data, _, _ in heard], [b"hello", b"", b"world"])
                self.assertEqual(len({sender for _, _, sender in heard}), 1)
                server.send("the answer", heard[0][2])
                status, out, err = send.ended()
                self.assertEqual((status, out), (0, b"the answer"), err)
                self.assertIn("sent: 10 bytes", err)

    def test_send_without_an_answer(self):
        with Peer() as server:
            ended = run("send", f"udp://127.0.0.1:{server.address[1]}", "hello")
            self.assertEqual((ended.status, ended.out), (0, b""))
            self.assertIn("1 s more", ended.err)
            self.assertEqual(server.text(), "hello")

    def test_send_without_waiting(self):
        with Peer() as server:
            ended = run("send", f"udp://127.0.0.1:{server.address[1]}", "hello", "--after-eof", "close")
            self.assertEqual((ended.status, ended.out, ended.err), (0, b"", ""))
            self.assertEqual(server.text(), "hello")

    def test_send_a_line_a_datagram(self):
        with Peer() as server:
            ended = run("send", f"udp://127.0.0.1:{server.address[1]}", "--after-eof", "close", given=b"one\n\nthree\r\nfour")
            self.assertEqual(ended.status, 0, ended.err)
            self.assertEqual([server.text() for _ in range(4)], ["one", "", "three", "four"])

    def test_a_message_with_newlines_is_one_datagram(self):
        with Peer() as server:
            run("send", f"udp://127.0.0.1:{server.address[1]}", "one\ntwo\n", "--after-eof", "close")
            self.assertEqual(server.text(), "one\ntwo\n")

    def test_an_answer_without_bytes_is_one(self):
        with Peer() as server, Running("send", f"udp://127.0.0.1:{server.address[1]}", "hello", "--after-eof", "50s", "--json") as send:
            server.send("", server.receive()[2])
            status, out, _ = send.ended()
            self.assertEqual((status, json.loads(out)["reply"]), (0, ""))

    def test_only_who_was_called_is_heard(self):
        with Peer() as server, Peer() as stranger, Running("call", f"udp://127.0.0.1:{server.address[1]}", "--after-eof", "close") as call:
            call.write("hello\n")
            caller = server.receive()[2]
            stranger.send("I am the server", caller)
            server.send("welcome\n", caller)
            self.assertEqual(call.out.next_line(), b"welcome")
            call.end_input()
            self.assertEqual(call.ended()[:2], (0, b""))

    def test_call_both_ways_and_a_second_more(self):
        with Peer() as server, Running("call", f"udp://127.0.0.1:{server.address[1]}") as call:
            for turn in range(5):
                call.write(f"there {turn}\n")
                data, mark, caller = server.receive()
                self.assertEqual((data.decode(), mark), (f"there {turn}", 0))
                server.send(f"and back {turn}\n", caller)
                self.assertEqual(call.out.next_line().decode(), f"and back {turn}")
            call.end_input()
            call.err.until("listening 1 s more, since datagrams have no end")
            for turn in (1, 2):  # no answer ends it
                server.send(f"late {turn}\n", caller)
                self.assertEqual(call.out.next_line().decode(), f"late {turn}")
            self.assertEqual(call.wait(), 0)

    def test_call_waits_as_long_as_it_is_told(self):
        with Peer() as server:
            for rule, told in (("50s", "listening 50 s more"), ("wait", "listening on")):
                with self.subTest(rule), Running("call", f"udp://127.0.0.1:{server.address[1]}", "--after-eof", rule) as call:
                    call.write("hello\n")
                    caller = server.receive()[2]
                    call.end_input()
                    call.err.until(told)
                    server.send("late\n", caller)
                    self.assertEqual(call.out.next_line(), b"late")
                    call.process.terminate()
                    self.assertEqual(call.wait(), -15)

    def test_call_and_listen(self):
        with listen() as listener, Running("call", listener.urls[0], "--after-eof", "close") as call:
            call.write("hello\n")
            name = listener.out.until(r"^\[(\S+)\] hello$")[1]
            listener.say(f"@{name} welcome")
            listener.say("all\n")
            call.out.await_that(lambda: b"all" in call.out.raw, "both")
            call.end_input()
            self.assertEqual(call.wait(), 0)

    def test_nobody_is_there(self):
        for family, written in ((V4, "127.0.0.1"), (V6, "[::1]")):
            with Peer(family=family) as gone:
                port = gone.address[1]
            for words, data in ((["send", "{}", "hello"], None), (["send", "{}", "hello", "again"], None), (["send", "{}"], b"hello"),
                                (["call", "{}"], b"hello\n"), (["call", "{}", "--after-eof", "50s"], b"hello\n"),
                                (["send", "{}", "hello", "--after-eof", "close"], None)):
                words = [word.format(f"udp://{written}:{port}") for word in words]
                with self.subTest(words=words):
                    process = {"given": data} if data else {}
                    ended = run(*words, **process)
                    self.assertEqual((ended.status, ended.out), (7, b""), ended.err)
                    self.assertRegex(ended.err, rf"(?m)^ahoy: send to udp://{re.escape(written)}:{port}: connection refused\n.+\n\Z")

    def test_nobody_is_there_any_more(self):
        """The peer goes in mid-conversation."""
        with Peer() as server, Running("call", f"udp://127.0.0.1:{server.address[1]}") as call:
            call.write("hello\n")
            server.send("welcome\n", server.receive()[2])
            self.assertEqual(call.out.next_line(), b"welcome")
            server.close()
            call.write("still there?\n")
            status, _, err = call.ended()
            self.assertEqual(status, 7, err)

    def test_too_large(self):
        for family, written in ((V4, "127.0.0.1"), (V6, "[::1]")):
            with Peer(family=family) as server:
                to = f"udp://{written}:{server.address[1]}"
                ended = run("send", to, "x" * 65_600)
                self.assertEqual((ended.status, ended.out), (63, b""), ended.err)
                self.assertRegex(ended.err, r"\Aahoy: send to .*: message too long\n.*65507.*\n\Z")
                ended = run("send", to, "first", "x" * 65_600)
                self.assertEqual(ended.status, 18, ended.err)
                self.assertEqual(server.text(), "first")
                ended = run("call", to, given=b"x" * 65_600)
                self.assertEqual(ended.status, 63, ended.err)
                self.assertTrue(server.has_nothing())

    def test_a_source(self):
        with Peer() as server:
            to = f"udp://127.0.0.1:{server.address[1]}"
            run("send", to, "hello", "--source", "127.0.0.3", "--after-eof", "close")
            self.assertEqual(server.receive()[2][0], "127.0.0.3")
            self.assertEqual(run("send", to, "hello", "--source", "10.99.99.99").status, 45)

    def test_no_more_than_sent_is_known(self):
        for confirm in ("acked", "closed", "delivered"):
            self.assertEqual(run("send", "udp://127.0.0.1:20000", "hello", "--confirm", confirm).status, 2)

    def test_time_runs_out(self):
        with Peer() as server:
            for verb, words in (("send", ["hello"]), ("call", [])):
                ended = run(verb, f"udp://127.0.0.1:{server.address[1]}", *words, "--after-eof", "wait", "--timeout", "300ms")
                self.assertEqual(ended.status, 28, ended.err)

    def test_json(self):
        with Peer() as server, Running("call", f"udp://127.0.0.1:{server.address[1]}", "--json", "--after-eof", "close") as call:
            call.write('{"text":"a\\nb"}\n')
            data, _, caller = server.receive()
            self.assertEqual(data, b"a\nb")
            server.send(b"\xff", caller)
            call.out.await_that(lambda: b'"data"' in call.out.raw, "the answer")
            call.end_input()
            status, out, _ = call.ended()
            messages = [event for event in json_events(out) if event["event"] == "message"]
            self.assertEqual((status, [event["data"] for event in messages]), (0, ["/w=="]))


class Network(unittest.TestCase):
    """Between two machines."""

    def setUp(self):
        self.machines = Pair(self)
        self.client, self.server = self.machines.client, self.machines.server

    def test_the_second_address_that_was_asked_answers(self):
        with self.server.listen("udp://:0", "--handler", "echo") as listener:
            for family, hosts in ((V4, ("10.23.0.12", "10.23.0.2")), (V6, ("2001:db8:23::12", "2001:db8:23::2"))):
                with Peer(self.client.socket(family, UDP), at="unbound") as peer:
                    for host in hosts:
                        peer.send("hello", at(listener, host))
                        self.assertEqual(peer.receive()[::2], (b"hello", at(listener, host)))
                called = self.client.ahoy("send", f"udp://{hosts[0] if family == V4 else '[' + hosts[0] + ']'}:{listener.port}", "hello")
                self.assertEqual((called.status, called.out), (0, b"hello"), called.err)

    def test_unreachable(self):
        self.server.firewall("udp dport 20000 reject with icmpx type host-unreachable")
        for host in ("10.23.0.2", "[2001:db8:23::2]"):
            for verb, words, process in (("send", ["hello"], {}), ("call", [], {"given": b"hello\n"})):
                ended = self.client.ahoy(verb, f"udp://{host}:20000", *words, **process)
                self.assertEqual(ended.status, 7, (verb, host, ended.err))
        for host in ("10.99.0.1", "[2001:db8:99::1]"):
            ended = self.client.ahoy("send", f"udp://{host}:20000", "hello")
            self.assertEqual(ended.status, 7, ended.err)
            self.assertIn("network is unreachable", ended.err)

    def test_sending_that_fails(self):
        """Here by a firewall (EPERM): 55 as long as nothing was sent, and 18 from then on."""
        forbidden = (b"table inet gate {\n chain leaving {\n type filter hook output priority 0\n udp dport 20000 drop\n }\n}\n")
        with Peer(self.server.socket(V4, UDP), at="unbound") as peer:
            peer.socket.bind(("10.23.0.2", 20000))
            for verb in ("send", "call"):
                with self.client.call(verb, "udp://10.23.0.2:20000") as sender:
                    sender.write("first\n")
                    self.assertEqual(peer.text(), "first")
                    self.client.must("nft", "-f", "-", input=forbidden, stdin=None)
                    sender.write("second\n")
                    ended = sender.ended()
                    self.assertEqual((verb, ended.status), (verb, 18), ended)
                    self.assertRegex(ended.err, r"(?m)^ahoy: send to udp://10\.23\.0\.2:20000: operation not permitted$")
                self.assertEqual(self.client.ahoy(verb, "udp://10.23.0.2:20000", given=b"first\n").status, 55)
                self.client.must("nft", "delete table inet gate")

    def test_a_neighbour_that_is_not_there(self):
        """The kernel asks for its hardware address in vain, after the datagram was handed over."""
        for version, host in ((4, "10.23.0.99"), (6, "[2001:db8:23::99]")):
            self.client.set(f"net/ipv{version}/neigh/cable/mcast_solicit", 1)
            ended = self.client.ahoy("send", f"udp://{host}:20000", "hello", "--after-eof", "50s")
            self.assertEqual(ended.status, 7, ended.err)
            self.assertRegex(ended.err, r"ahoy: send to \S+: (no route to host|host is unreachable)\n.+\n\Z")

    def test_a_black_hole_is_no_error(self):
        """Nothing came back: over UDP that is all there is to know."""
        self.server.firewall("drop")
        ended = self.client.ahoy("send", "udp://10.23.0.2:20000", "hello")
        self.assertEqual((ended.status, ended.out), (0, b""))

    def test_a_name_with_an_address_to_which_there_is_no_way(self):
        self.client.ip("-6 route flush dev cable")
        with self.server.listen("udp://10.23.0.2:0", "--handler", "echo") as listener:
            sent = self.send_to_name(listener.port)
            self.assertEqual((sent.status, sent.out), (0, b"hello"), sent.err)

    def knowing_two(self):
        """The words before a command that is to know a name with two addresses, the first being IPv6."""
        return self.client.knowing(two_example="2001:db8:23::2 10.23.0.2")

    def run_with_name(self, verb, port, *words, **more):
        return run(verb, f"udp://two.example:{port}", *words, before=self.knowing_two(), **more)

    def send_to_name(self, port, *words):
        return self.run_with_name("send", port, "hello", *words)

    def test_the_next_address_where_nobody_is_at_the_first(self):
        with self.server.listen("udp://10.23.0.2:0", "--handler", "echo") as listener:
            for verb, words, data in (("send", ["hello"], b""), ("send", [], b"hello"), ("call", [], b"hello\n"), ("call", ["-v"], b"hello")):
                with self.subTest(verb=verb, words=words):
                    ended = self.run_with_name(verb, listener.port, *words, given=data)
                    self.assertEqual((ended.status, ended.out), (0, b"hello"), ended.err)

    def test_the_next_address_is_sent_nothing_twice(self):
        with Peer(self.server.socket(V4, UDP), at=("10.23.0.2", 0)) as server:
            for words in (["one"], ["one", "--after-eof", "close"], ["one", "two", "three"]):
                ended = self.run_with_name("send", server.address[1], *words)
                expected = [word for word in words if word in ("one", "two", "three")]
                with self.subTest(words):  # of several, the second may be under way before the first is refused
                    self.assertIn(ended.status, (0, 7) if len(expected) > 1 else (0,), ended.err)
                    if ended.status == 0:
                        self.assertEqual([server.text() for _ in expected], expected)
                    self.assertTrue(server.has_nothing())

    def test_what_may_have_been_heard_is_not_sent_to_the_next_address(self):
        with Peer(self.server.socket(V4, UDP), at=("10.23.0.2", 0)) as other:
            port = other.address[1]
            with Peer(self.server.socket(V6, UDP), family=V6, at=("2001:db8:23::2", port)) as server, \
                    Running("call", f"udp://two.example:{port}", before=self.knowing_two()) as call:
                call.write("one\n")
                self.assertEqual(server.text(), "one")
                server.close()
                call.write("two\n")
                ended = call.ended()
            self.assertEqual((ended.status, ended.out), (7, b""), ended.err)
            self.assertRegex(ended.err, r"(?m)^ahoy: .*connection refused\ntried \[2001:db8:23::2\]:\d+; the name has 10\.23\.0\.2:\d+ too: .*-4 or -6\n\Z")
            self.assertTrue(other.has_nothing())

    def test_nobody_is_at_any_address(self):
        with Peer(self.server.socket(V4, UDP), at=("10.23.0.2", 0)) as gone:
            port = gone.address[1]
        for words in (["hello"], ["hello", "--after-eof", "close"]):
            ended = self.run_with_name("send", port, *words)
            self.assertEqual((ended.status, ended.out), (7, b""), ended.err)
            self.assertRegex(ended.err, r"(?m)^ahoy: .*connection refused\ntried \[2001:db8:23::2\]:\d+, 10\.23\.0\.2:\d+: .*\n\Z")

    def test_families(self):
        with self.server.listen("udp://:0") as listener:
            for options, label in ((["-4"], "10.23.0.1"), (["-6"], "[2001:db8:23::1"), ([], "[2001:db8:23::1")):
                self.assertEqual(self.send_to_name(listener.port, *options, "--after-eof", "close").status, 0)
                listener.out.until(rf"^\[{re.escape(label)}\S+\] hello$")
            self.assertEqual(self.client.ahoy("send", f"udp://10.23.0.2:{listener.port}", "six", "-6").status, 2)

    def test_broadcast(self):
        """Whoever hears it answers from an address of its own; --source chooses the interface."""
        for handler in ("talk", "echo"):
            with self.subTest(handler), self.server.listen("udp://:0", "--handler", handler) as listener:
                for verb in ("send", "call"):
                    words = ["hello"] if verb == "send" else []
                    with self.client.call(verb, f"udp://<broadcast>:{listener.port}", *words, "--source", "10.23.0.1", "--after-eof", "50s") as caller:
                        if verb == "call":
                            caller.write("hello\n")
                        if handler == "talk":
                            name = listener.out.until(r"^\[(10\.23\.0\.1:\d+)\] hello$")[1]
                            listener.say(f"@{name} hello")
                        caller.out.await_that(lambda: caller.out.raw == b"hello", "the answer")
                        if verb == "send":
                            self.assertEqual(caller.wait(), 0)

    def test_broadcast_of_a_network(self):
        with self.server.listen("udp://:0", "--handler", "echo") as listener:
            sent = self.client.ahoy("send", f"udp://10.23.0.255:{listener.port}", "hello")
            self.assertEqual((sent.status, sent.out), (0, b"hello"), sent.err)

    def test_broadcast_answered_by_a_plain_peer(self):
        with Peer(self.server.socket(V4, UDP), at=("", 0)) as server:
            with self.client.call("send", f"udp://<broadcast>:{server.address[1]}", "hello", "--source", "10.23.0.11", "--after-eof", "50s") as send:
                data, _, caller = server.receive()
                self.assertEqual((data, caller[0]), (b"hello", "10.23.0.11"))
                server.send("here", caller)
                self.assertEqual(send.ended()[:2], (0, b"here"))

    def test_multicast(self):
        groups = {"239.23.0.1": ("10.23.0.2", "10.23.0.1", "10.23.0.1"),
                  "[ff15::23]": ("2001:db8:23::2", "2001:db8:23::1", "[2001:db8:23::1]")}
        for group, (here, there, label) in groups.items():
            for handler in ("talk", "echo"):
                with self.subTest(group=group, handler=handler), \
                        self.server.listen(f"udp://{group}:0", "--source", here, "--handler", handler) as listener:
                    with self.client.call("send", f"udp://{group}:{listener.port}", "hello", "--source", there, "--after-eof", "50s") as send:
                        if handler == "talk":
                            name = listener.out.until(rf"^\[({re.escape(label)}:\d+)\] hello$")[1]
                            listener.say(f"@{name} hello")
                        self.assertEqual(send.ended()[:2], (0, b"hello"))

    def test_multicast_through_the_interface_of_the_source(self):
        """Each machine has a second cable, to which the group would go without --source."""
        self.client.ip(f"link add other type veth peer name other netns {self.server.path}")
        for machine, name in ((self.client, "client"), (self.server, "server")):
            number = 1 if name == "client" else 2
            machine.ip(f"addr add 10.24.0.{number}/24 dev other", "link set other up", "route add 224.0.0.0/4 dev other")
        for near, far in (("10.23.0.1", "10.23.0.2"), ("10.24.0.1", "10.24.0.2")):
            with self.subTest(near), self.server.listen("udp://239.23.0.1:0", "--source", far, "--handler", "echo") as listener:
                with self.client.call("send", f"udp://239.23.0.1:{listener.port}", "hello", "--source", near, "--after-eof", "50s") as send:
                    self.assertEqual(send.ended()[:2], (0, b"hello"))
                joined = self.server.must("ip", "maddress", "show", "dev", "cable" if "23" in far[:5] else "other")
                self.assertIn("239.23.0.1", joined)

    def test_two_listeners_in_a_group(self):
        with self.server.listen("udp://239.23.0.1:20123", "--source", "10.23.0.2") as one, \
                self.server.listen("udp://239.23.0.1:20123", "--source", "10.23.0.2") as two:
            with self.client.call("call", "udp://239.23.0.1:20123", "--source", "10.23.0.1", "--after-eof", "50s") as call:
                call.write("hello\n")
                for listener, word in ((one, "one"), (two, "two")):
                    name = listener.out.until(r"^\[(\S+)\] hello$")[1]
                    listener.say(f"@{name} {word}")
                call.out.await_that(lambda: sorted((b"onetwo", b"twoone")).count(bytes(call.out.raw)), "both answers")

    def test_a_python_member_of_a_group(self):
        with Peer(self.server.socket(V4, UDP), at=("", 0)) as member:
            member.socket.setsockopt(socket.IPPROTO_IP, socket.IP_ADD_MEMBERSHIP,
                                     socket.inet_aton("239.23.0.9") + socket.inet_aton("10.23.0.2"))
            with self.client.call("send", f"udp://239.23.0.9:{member.address[1]}", "hello", "--source", "10.23.0.1", "--after-eof", "50s") as send:
                data, _, caller = member.receive()
                member.send("here", caller)
                self.assertEqual((data, send.ended()[:2]), (b"hello", (0, b"here")))

    def test_a_link_local_peer(self):
        """Its zone is part of its name."""
        name = re.search(r"(fe80::\S+)/", self.server.must("ip", "-6", "addr", "show", "dev", "cable", "scope", "link"))[1]
        with self.server.listen("udp://:0") as listener:
            with self.client.call("call", f"udp://[{name}%25cable]:{listener.port}", "--after-eof", "50s") as call:
                call.write("hello\n")
                label = listener.out.until(r"^\[(\[fe80::\S+)\] hello$")[1]
                listener.say(f"@{label} welcome")
                call.out.await_that(lambda: call.out.raw == b"welcome", "the answer")


if __name__ == "__main__":
    unittest.main()
