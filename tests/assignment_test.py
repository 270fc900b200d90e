"""Assignment-V: a message from a client machine to a server machine and back, over TCP, and what becomes of it when the
network between them loses packets, falls silent, is cut, or says no. The machines are network namespaces."""
import contextlib
import json
import re
import socket
import subprocess
import unittest

from command import GUARD, run
from machines import Pair, example, file_of

COUNT = re.compile(r"at most (\d+) of (?:the )?(\d+) bytes(?: read so far)? reached the peer's system; "
                   r"how many its program read is not known")


def listening(machine, family, host):
    """A Python server that accepts when the test says so."""
    server = machine.socket(family, socket.SOCK_STREAM)
    server.bind((host, 0))
    server.listen(5)
    return server


def accepted(server):
    peer, _ = server.accept()
    peer.settimeout(GUARD)
    return peer


class Conversations(unittest.TestCase):
    """Under no loss and under 5 %: the same words, only later."""

    def setUp(self):
        self.machines = Pair(self)
        self.client, self.server = self.machines.client, self.machines.server

    def of_each_kind(self, conversation):
        for host, written, family in self.machines.addresses():
            with self.subTest(host=host):
                conversation(host, written, family)
        self.machines.lose(5)
        for host, written, family in self.machines.addresses():
            with self.subTest(host=host, loss="5 %"):
                while self.machines.lost() < 10:  # else it would not have shown anything
                    conversation(host, written, family)
                self.machines.lose(5)

    def test_the_examples(self):
        def conversation(host, written, family):
            command = [*self.server.before, example("assignment_server"), host, "0", "and back"]
            with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:
                try:
                    port = re.search(r":(\d+), -\)", server.stdout.readline())[1]
                    for message in ("there", "x" * 30_000):  # a pipe holds as much
                        answer = self.client.must(example("assignment_client"), host, port, message)
                        self.assertEqual(answer, f"{written}:{port} says: and back\n")
                        self.assertTrue(server.stdout.readline().endswith(f" says: {message}\n"))
                finally:
                    server.terminate()
        self.of_each_kind(conversation)

    def test_send_and_its_answer(self):
        def conversation(host, written, family):
            message = "to the server machine " + "x" * 100_000
            with listening(self.server, family, host) as server:
                port = server.getsockname()[1]
                with self.client.call("send", "-v", f"{written}:{port}", message) as send:
                    with accepted(server) as peer, peer.makefile("rb") as stream:
                        self.assertEqual(stream.read().decode(), message + "\n")
                        peer.sendall(b"and back")
                    status, out, err = send.ended()
                    self.assertEqual((status, out), (0, b"and back"), err)
                    self.assertIn(f"closed: the system of {written}:{port} acknowledged all {len(message) + 1} bytes", err)
        self.of_each_kind(conversation)

    def test_listen_hears_send(self):
        def conversation(host, written, family):
            with self.server.listen(f"{written}:0", "--framing", "line") as listener:  # strict: it waits as long as it takes
                sent = self.client.ahoy("send", f"{written}:{listener.port}", "x" * 100_000)
                self.assertEqual((sent.status, sent.err), (0, ""))
                label = re.escape(written[:-2])  # the client's differs in the last digit alone
                self.assertRegex(listener.out.next_line().decode(), rf"^\[{label}\S+\] x{{100000}}$")
        self.of_each_kind(conversation)

    def test_listen_and_call_both_ways(self):
        def conversation(host, written, family):
            with self.server.listen(f"{written}:0") as listener:
                with self.client.call("call", f"{written}:{listener.port}") as call:
                    for turn in range(20):
                        call.write(f"there {turn}\n")
                        name = listener.out.until(rf"^\[(\S+)\] there {turn}$")[1]
                        listener.say(f"@{name} and back {turn}")
                        self.assertEqual(call.out.next_line().decode(), f"and back {turn}")
                    call.end_input()
                    self.assertEqual(call.wait(), 0)
        self.of_each_kind(conversation)

    def test_much_each_way_at_once_is_identical(self):
        """Through --exec cat, so that both directions are full at once."""
        data = b"".join(b"%07d\n" % number for number in range(60_000))
        def conversation(host, written, family):
            with self.server.listen(f"{written}:0", "--exec", "cat") as listener, file_of(data) as file:
                called = self.client.ahoy("call", f"{written}:{listener.port}", stdin=file)
                self.assertEqual((called.status, called.err), (0, ""))
                self.assertTrue(called.out == data)
        self.of_each_kind(conversation)


class Cut(unittest.TestCase):
    """In mid-conversation the network falls silent."""

    def setUp(self):
        self.machines = Pair(self)
        self.client, self.server = self.machines.client, self.machines.server

    @contextlib.contextmanager
    def begun(self, *words, host=0, after=b"once"):
        """`words` by the client, to a Python server that has read `after`."""
        host, written, family = self.machines.addresses()[host]
        with listening(self.server, family, host) as server:
            target = f"{written}:{server.getsockname()[1]}"
            with self.client.call(*[word.format(target) for word in words]) as verb, accepted(server) as peer:
                verb.write(after)
                heard = b""
                while len(heard) < len(after):
                    heard += peer.recv(len(after) - len(heard))
                self.assertEqual(heard, after)
                yield verb, peer

    def cuts(self):
        def down(machine):
            return lambda: machine.ip("link set cable down")
        return {"dropped": self.machines.drop_all, "server's end down": down(self.server),
                "client's end down": down(self.client), "no route": lambda: self.client.ip("addr flush dev cable")}

    def test_send_says_28_and_the_count(self):
        for kind, host in [*((kind, 0) for kind in self.cuts()), ("dropped", 1)]:
            with self.subTest(kind=kind, host=host):
                self.setUp()
                with self.begun("send", "{}", "--timeout", "2s", host=host) as (send, _):
                    self.cuts()[kind]()
                    send.write(b"and again")
                    send.end_input()
                    status, out, err = send.ended()
                    self.assertEqual((status, out), (28, b""), err)
                    self.assertRegex(err, r"^ahoy: wait for the acknowledgement of \S+: .*\nat most \d+ of 13 bytes ")
                    self.assertEqual(COUNT.search(err)[2], "13")
                    self.assertGreaterEqual(int(COUNT.search(err)[1]), 4)

    def test_the_count_of_much(self):
        """What the kernel could not even put on the wire is not counted as possibly there."""
        much = bytes(8 << 20)
        host, written, family = self.machines.addresses()[0]
        for words in ([], ["--json"]):
            with self.subTest(words=words), listening(self.server, family, host) as server, file_of(much) as file:
                target = f"{written}:{server.getsockname()[1]}"
                with self.client.call("send", target, "--timeout", "2s", *words, stdin=file) as send, accepted(server) as peer:
                    heard = peer.recv(100_000, socket.MSG_WAITALL)
                    self.machines.drop_all()
                    status, out, err = send.ended()
                    self.assertEqual(status, 28, err)
                    count = COUNT.search(err)
                    self.assertEqual(int(count[2]), len(much))
                    peer.setblocking(False)
                    with contextlib.suppress(BlockingIOError):
                        while piece := peer.recv(1 << 20):
                            heard += piece
                    self.assertLessEqual(len(heard), int(count[1]))
                    self.assertLess(int(count[1]), len(much))
                    if words:
                        told = json.loads(out)
                        self.assertEqual((told["status"], told["confirm"]), (28, "none"))
                        self.assertLessEqual(told["acknowledged"], len(heard))
                        self.assertLessEqual(told["acknowledged"], int(count[1]))
                        self.assertLessEqual(int(count[1]), told["sent"])  # what never left our kernel is not in it
                self.machines.heal()

    def test_call_says_28_and_the_count(self):
        for kind in self.cuts():
            with self.subTest(kind=kind):
                self.setUp()
                with self.begun("call", "{}", "--timeout", "2s") as (call, _):
                    self.cuts()[kind]()
                    call.write(b"and again")
                    call.end_input()
                    status, out, err = call.ended()
                    self.assertEqual((status, out), (28, b""), err)
                    self.assertEqual(COUNT.search(err)[2], "13")

    def test_call_shows_what_came_before(self):
        with self.begun("call", "{}", "--timeout", "2s") as (call, peer):
            peer.sendall(b"came\nin time")
            self.assertEqual(call.out.next_line(), b"came")
            self.machines.drop_all()
            status, out, _ = call.ended()
            self.assertEqual((status, out), (28, b"in time"))

    def test_the_system_gives_up_first(self):
        """Without --timeout it is the kernel that ends the wait, after the retransmissions it is allowed."""
        self.client.set("net/ipv4/tcp_retries2", 1)
        with self.begun("send", "{}") as (send, _):
            self.machines.drop_all()
            send.write(b"and again")
            send.end_input()
            status, out, err = send.ended()
            self.assertEqual((status, out), (18, b""), err)
            self.assertRegex(err, r"\Aahoy: receive from \S+: (connection )?timed out\nat most 13 of 13 bytes .*; 4 were acknowledged\n\Z")
        self.machines.heal()
        with self.begun("call", "{}") as (call, _):
            self.machines.drop_all()
            call.write(b"and again")
            call.end_input()
            status, out, err = call.ended()
            self.assertEqual(status, 56, err)  # nobody's --timeout is over
            self.assertEqual(COUNT.search(err)[2], "13")

    def test_a_peer_that_comes_back_in_time_is_confirmed(self):
        """A silence is no failure: what was in flight arrives once the way is free."""
        with self.begun("send", "-v", "{}", "--timeout", "50s") as (send, peer):
            self.server.firewall("counter name unheard drop", counters=["unheard"])
            send.write(b"and again")
            send.end_input()
            while self.server.counted("unheard") < 3:
                pass
            self.server.no_firewall()
            with peer.makefile("rb") as stream:
                self.assertEqual(stream.read(), b"and again")
            peer.close()
            status, _, err = send.ended()
            self.assertEqual(status, 0, err)
            self.assertIn("closed: ", err)

    def test_a_reset_on_the_way(self):
        """A firewall that says no in mid-conversation."""
        for verb, status in (("send", 18), ("call", 56)):
            with self.subTest(verb=verb), self.begun(verb, "{}", "--timeout", "50s") as (talking, _):
                self.server.firewall("meta l4proto tcp reject with tcp reset")
                talking.write(b"and again")
                talking.end_input()
                ended, _, err = talking.ended()
                self.assertEqual(ended, status, err)
                self.assertIn("connection reset", err)
                self.assertEqual(COUNT.search(err)[2], "13")
            self.server.no_firewall()

    def test_listen_lives_on(self):
        """A caller that the network took is nobody else's trouble."""
        with self.server.listen("10.23.0.2:0", "--idle-timeout", "1s", "-v") as listener:
            with self.client.call("call", f"10.23.0.2:{listener.port}") as gone:
                gone.write("before\n")
                listener.out.until("before")
                self.machines.drop_all()
                listener.say("to nobody")
                listener.err.until(r"\] left")
                self.machines.heal()
            sent = self.client.ahoy("send", f"10.23.0.2:{listener.port}", "after")
            self.assertEqual(sent.status, 0, sent.err)
            listener.out.until("after")


class Confirmations(unittest.TestCase):
    """sent, acked and closed are three different things."""

    def setUp(self):
        self.machines = Pair(self)
        self.client, self.server = self.machines.client, self.machines.server

    def outcome(self, confirm, before_sending=None, peer_ends=False, firewall=()):
        """What `send --confirm` makes of a peer, and what --json tells."""
        with listening(self.server, socket.AF_INET, "10.23.0.2") as server:
            words = ["send", "--json", "--timeout", "2s", f"10.23.0.2:{server.getsockname()[1]}", "--confirm", confirm]
            with self.client.call(*words) as send, accepted(server) as peer:
                if firewall:
                    self.server.firewall(*firewall)
                send.write(b"a word")
                send.end_input()
                if peer_ends:
                    with peer.makefile("rb") as stream:
                        self.assertEqual(stream.read(), b"a word")
                    peer.shutdown(socket.SHUT_WR)
                status, out, err = send.ended()
                told = json.loads(out)
                self.assertEqual(told["status"], status)
                if status != 0:
                    self.assertIn("6 of 6 bytes reached the peer's system; how many its program read is not known; ", err)
                    self.assertEqual("at most" in err, told["acknowledged"] == 0, err)
        if firewall:
            self.server.no_firewall()
        return status, told["acknowledged"], told["confirm"]

    def test_nothing_arrives(self):
        dropped = ["meta l4proto tcp drop"]
        self.assertEqual(self.outcome("sent", firewall=dropped)[0], 0)
        self.assertEqual(self.outcome("acked", firewall=dropped), (28, 0, "sent"))
        self.assertEqual(self.outcome("closed", firewall=dropped), (28, 0, "sent"))

    def test_the_peer_never_ends(self):
        self.assertEqual(self.outcome("sent")[0], 0)
        self.assertEqual(self.outcome("acked"), (0, 6, "acked"))
        self.assertEqual(self.outcome("closed"), (28, 6, "acked"))

    def test_the_peer_ends(self):
        self.assertEqual(self.outcome("sent", peer_ends=True)[0], 0)
        self.assertEqual(self.outcome("acked", peer_ends=True)[0:2], (0, 6))
        self.assertEqual(self.outcome("closed", peer_ends=True), (0, 6, "closed"))

    def test_all_but_our_end_arrives(self):
        """Every byte is acknowledged, our FIN is not."""
        our_end = ["tcp flags fin drop", "tcp flags & fin == fin drop"]
        self.assertEqual(self.outcome("sent", firewall=our_end)[0], 0)
        self.assertEqual(self.outcome("closed", firewall=our_end), (28, 6, "acked"))
        self.assertEqual(self.outcome("acked", firewall=our_end), (0, 6, "acked"))


class NotConnected(unittest.TestCase):
    def setUp(self):
        self.machines = Pair(self)
        self.client, self.server = self.machines.client, self.machines.server

    def assert_told(self, place, status, cause, *options, hint=".+"):
        """Both verbs, with both families; `place` names one address of each."""
        for host in {"server": ("10.23.0.2", "[2001:db8:23::2]"), "nobody": ("10.23.0.99", "[2001:db8:23::99]"),
                     "elsewhere": ("10.99.0.1", "[2001:db8:99::1]")}[place]:
            for verb, *words in (["send", "word"], ["call"]):
                with self.subTest(verb=verb, host=host):
                    ended = self.client.ahoy(verb, f"{host}:20000", *words, *options)
                    self.assertEqual((ended.status, ended.out), (status, b""), ended.err)
                    self.assertRegex(ended.err, rf"\Aahoy: connect to \S*{re.escape(host)}:20000: {cause}\n{hint}\n\Z")

    def test_nobody_listens(self):
        self.assert_told("server", 7, "connection refused")

    def test_a_firewall_resets(self):
        self.server.firewall("tcp dport 20000 reject with tcp reset")
        self.assert_told("server", 7, "connection refused")

    def test_a_firewall_says_unreachable(self):
        self.server.firewall("tcp dport 20000 reject with icmpx type host-unreachable")
        self.assert_told("server", 7, "(no route to host|host is unreachable|permission denied)")

    def test_a_route_says_unreachable(self):
        self.client.ip("route add unreachable 10.99.0.0/16", "route add unreachable 2001:db8:99::/48")
        self.assert_told("elsewhere", 7, "(no route to host|host is unreachable)")

    def test_no_route(self):
        self.assert_told("elsewhere", 7, "network is unreachable")

    def test_a_neighbour_that_is_not_there(self):
        """The kernel asks for its hardware address in vain."""
        self.client.set("net/ipv4/neigh/cable/mcast_solicit", 1)
        self.client.set("net/ipv6/neigh/cable/mcast_solicit", 1)
        self.assert_told("nobody", 7, "(no route to host|host is unreachable)")

    def test_a_black_hole(self):
        self.server.firewall("meta l4proto tcp drop")
        self.assert_told("server", 28, "timed out", "--connect-timeout", "300ms", hint=".+; --connect-timeout gives .+")

    def test_time_for_the_whole_run_is_shorter(self):
        self.server.firewall("meta l4proto tcp drop")
        self.assert_told("server", 28, "timed out", "--timeout", "300ms", hint=".+; --timeout gives .+")

    def test_the_system_gives_up_first(self):
        self.server.firewall("meta l4proto tcp drop")
        self.client.set("net/ipv4/tcp_syn_retries", 1)
        self.client.set("net/ipv4/tcp_syn_linear_timeouts", 0)
        ended = self.client.ahoy("send", "10.23.0.2:20000", "word", "--connect-timeout", "50s")
        self.assertEqual(ended.status, 28, ended.err)

    def test_a_source_that_is_not_ours(self):
        for host, source in (("10.23.0.2", "10.23.0.77"), ("[2001:db8:23::2]", "2001:db8:23::77")):
            ended = self.client.ahoy("send", f"{host}:20000", "word", "--source", source)
            self.assertEqual(ended.status, 45, ended.err)

    def test_a_source_of_ours_is_what_the_peer_sees(self):
        for host, written, family in self.machines.addresses():
            source = self.machines.SECOND["client"][":" in host]
            with self.subTest(source=source), listening(self.server, family, host) as server:
                target = f"{written}:{server.getsockname()[1]}"
                with self.client.call("send", target, "word", "--source", source) as send:
                    peer, name = server.accept()
                    with peer:
                        self.assertEqual(name[0], source)
                        peer.shutdown(socket.SHUT_WR)
                        self.assertEqual(send.wait(), 0)


class Names(unittest.TestCase):
    """Every address of a name is tried, and a dead one holds the others up for a quarter of a second (RFC 8305)."""

    def setUp(self):
        self.machines = Pair(self)
        self.client, self.server = self.machines.client, self.machines.server

    def send_to_name(self, addresses, port, *words):
        before = self.client.knowing(two_example=addresses)
        return run("send", f"two.example:{port}", "word", *words, before=before)

    def assert_answered(self, listening_at, addresses, *rules):
        with self.server.listen(f"{listening_at}:0") as listener:
            self.server.firewall(*rules, counters=["dead"])
            sent = self.send_to_name(addresses, listener.port)
            self.assertEqual((sent.status, sent.err), (0, ""))
            listener.out.until(r"\] word$")
            self.assertGreater(self.server.counted("dead"), 0)  # it was tried, and first

    def test_a_dead_address_before_a_live_one(self):
        """The kernel would go on with the dead one for two minutes, the command for ten seconds."""
        self.assert_answered("10.23.0.2", "2001:db8:23::2 10.23.0.2", "meta l4proto tcp meta nfproto ipv6 counter name dead drop")

    def test_a_refusing_address_before_a_live_one(self):
        self.assert_answered("10.23.0.2", "2001:db8:23::2 10.23.0.2",
                             "meta l4proto tcp meta nfproto ipv6 counter name dead reject with tcp reset")

    def test_two_dead_addresses_before_a_live_one(self):
        dead = "tcp dport > 0 ip6 daddr { 2001:db8:23::2, 2001:db8:23::12 } counter name dead drop"
        self.assert_answered("10.23.0.2", "2001:db8:23::2 2001:db8:23::12 10.23.0.2", dead)

    def test_a_family_alone(self):
        with self.server.listen("10.23.0.2:0") as listener:
            self.server.firewall("meta l4proto tcp meta nfproto ipv6 counter name dead drop", counters=["dead"])
            sent = self.send_to_name("2001:db8:23::2 10.23.0.2", listener.port, "-4")
            self.assertEqual(sent.status, 0, sent.err)
            self.assertEqual(self.server.counted("dead"), 0)
            sent = self.send_to_name("2001:db8:23::2 10.23.0.2", listener.port, "-6", "--connect-timeout", "300ms")
            self.assertEqual(sent.status, 28, sent.err)

    def test_an_address_that_is_named_twice_is_tried_once(self):
        self.server.firewall("meta l4proto tcp counter name dead reject with tcp reset", counters=["dead"])
        self.assertEqual(self.send_to_name("10.23.0.2 10.23.0.2", 20000).status, 7)
        self.assertEqual(self.server.counted("dead"), 1)

    def test_all_refuse(self):
        sent = self.send_to_name("2001:db8:23::2 10.23.0.2", 20000)
        self.assertEqual(sent.status, 7)
        self.assertRegex(sent.err, r"\Aahoy: connect to \[2001:db8:23::2\]:20000 \(two.example\): connection refused\n"
                                               r".*10\.23\.0\.2:20000.*\n\Z")

    def test_all_are_dead(self):
        self.server.firewall("meta l4proto tcp drop")
        sent = self.send_to_name("2001:db8:23::2 10.23.0.2", 20000, "--connect-timeout", "600ms")
        self.assertEqual(sent.status, 28)
        self.assertRegex(sent.err, r"\Aahoy: connect to \S*two.example\S*: (connection )?timed out\n.+\n\Z")

    def test_one_connection_is_made(self):
        """An attempt that comes second is given up: the server sees no ghost of a caller."""
        with self.server.listen(":0", "-v") as listener:
            self.server.firewall("tcp flags syn ip6 daddr 2001:db8:23::2 limit rate over 1/day burst 1 packets drop")
            sent = self.send_to_name("2001:db8:23::2 10.23.0.2", listener.port)
            self.assertEqual(sent.status, 0, sent.err)
            listener.out.until("word")
            listener.end()
            self.assertEqual(listener.out.all().count(b"\n"), 1)


if __name__ == "__main__":
    unittest.main()
