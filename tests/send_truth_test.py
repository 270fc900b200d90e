"""`ahoy send` tells the truth: what each end of a conversation makes of its status, its count and its words."""
import json
import os
import re
import select
import socket
import tempfile
import threading
import time
import unittest

from command import GUARD, Running, await_that, run
from peers import BOTH_ENDED, Datagrams, Server, echo_all, port_to_listen_on, receive_all, receive_exactly, reset, tcp_sockets, unused_port

TCP = socket.AF_INET
UNIX = socket.AF_UNIX
BOTH = (TCP, UNIX)
MUCH = b"0123456789abcdef" * 12500  # 200,000 bytes
COUNT = re.compile(r"^(?:at most )?(\d+) of (?:the )?(\d+) bytes(?: read so far)? reached the peer's system; "
                   r"how many its program read is not known(?:; (?:(?P<acked>none|\d+) (?:was|were) acknowledged"
                   r"|our end was (?:acknowledged too|not acknowledged)))?(?:; --confirm acked .*)?$", re.MULTILINE)


def wait_for_data(peer):
    """Something has come, and is left unread."""
    assert select.select([peer], [], [], GUARD)[0]


class Truth(unittest.TestCase):

    def expect(self, ended, status, out=b""):
        self.assertEqual((ended.status, ended.out), (status, out), ended)

    def count(self, ended):
        found = COUNT.search(ended.err)
        self.assertTrue(found, ended)
        return int(found[1]), int(found[2])


class Stream(Truth):
    def test_reads_all_and_closes(self):
        for family in BOTH:
            with Server(family, receive_all) as server:
                self.expect(run("send", server.endpoint, given=MUCH), 0)
                self.assertEqual(server.join(), MUCH)

    def test_each_message_is_a_line(self):
        for family in BOTH:
            with Server(family, receive_all) as server:
                self.expect(run("send", server.endpoint, "one", "", "three", given=b"not this"), 0)
                self.assertEqual(server.join(), b"one\n\nthree\n")

    def test_framings(self):
        for framing, wire in (("raw", b"ab"), ("nul", b"a\0b\0"), ("length", b"\0\0\0\1a\0\0\0\1b")):
            with self.subTest(framing=framing), Server(TCP, receive_all) as server:
                self.expect(run("send", "--framing", framing, server.endpoint, "a", "b"), 0)
                self.assertEqual(server.join(), wire)

    def test_standard_input_is_sent_as_it_is(self):
        every = bytes(range(256)) + b"\r\n\n no end of line"
        for family in BOTH:
            with Server(family, receive_all) as server:
                self.expect(run("send", server.endpoint, given=every), 0)
                self.assertEqual(server.join(), every)

    def test_nothing_to_send_is_confirmed_too(self):
        for family in BOTH:
            with Server(family, receive_all) as server:
                self.expect(run("send", server.endpoint), 0)
                self.assertEqual(server.join(), b"")

    def test_resets_and_reads_nothing(self):
        def behave(peer):
            wait_for_data(peer)
            reset(peer)
        with Server(TCP, behave) as server:
            ended = run("send", server.endpoint, given=MUCH)
            self.expect(ended, 18)
            reached, total = self.count(ended)
            self.assertTrue(0 < reached <= total <= len(MUCH), ended)

    def test_closes_without_reading(self):
        for family in BOTH:
            with Server(family, wait_for_data) as server:
                ended = run("send", server.endpoint, "hello")
                self.expect(ended, 18)
                self.assertEqual(self.count(ended), (6, 6))

    def test_reads_10_kB_of_200_kB_then_closes(self):
        for family in BOTH:
            with Server(family, lambda peer: receive_exactly(peer, 10_000)) as server:
                with tempfile.TemporaryFile() as file:
                    file.write(MUCH)
                    file.seek(0)
                    ended = run("send", server.endpoint, stdin=file)
                self.expect(ended, 18)
                reached, total = self.count(ended)
                self.assertTrue(10_000 <= reached <= len(MUCH), ended)
                self.assertEqual(total, len(MUCH))

    def test_answers_one_second_after_our_end(self):
        def behave(peer):
            received = receive_all(peer)
            time.sleep(1)  # the silence is what is tested
            peer.sendall(b"you said " + received)
        for family in BOTH:
            with Server(family, behave) as server:
                self.expect(run("send", server.endpoint, "hello"), 0, b"you said hello\n")

    def test_answers_and_closes_before_our_end(self):
        def behave(peer):
            receive_exactly(peer, 6)
            peer.sendall(b"answer")
        for family in BOTH:
            with Server(family, behave) as server, Running("send", server.endpoint) as ahoy:
                ahoy.write(b"hello\n")
                server.join()
                self.assertEqual(ahoy.out.take(6), b"answer")
                ahoy.end_input()
                self.expect(ahoy.ended(), 0)

    def test_ends_its_half_first_and_reads_all(self):
        def behave(peer):
            peer.sendall(b"I only listen")
            peer.shutdown(socket.SHUT_WR)
            return receive_all(peer)
        for family in BOTH:
            with Server(family, behave) as server, Running("send", server.endpoint) as ahoy:
                self.assertEqual(ahoy.out.take(13), b"I only listen")
                ahoy.write(MUCH)
                ahoy.end_input()
                self.expect(ahoy.ended(), 0)
                self.assertEqual(server.join(), MUCH)

    def test_closed_before_more_was_sent(self):
        def behave(peer):
            receive_exactly(peer, 6)
            peer.sendall(b"bye")
        for family in BOTH:
            with Server(family, behave) as server, Running("send", server.endpoint) as ahoy:
                ahoy.write(b"hello\n")
                server.join()
                self.assertEqual(ahoy.out.take(3), b"bye")
                ahoy.write(b"are you there\n")
                ahoy.end_input()
                ended = ahoy.ended()
                self.expect(ended, 18)
                self.assertRegex(ended.err, r"(?m)^ahoy: send to ")  # there was nothing more to receive
                self.count(ended)

    def test_answer_is_printed_although_the_rest_was_not_taken(self):
        def behave(peer):
            receive_exactly(peer, 1000)
            peer.sendall(b"too much")
            peer.shutdown(socket.SHUT_WR)
            wait_for_data(peer)
        for family in BOTH:
            with Server(family, behave) as server:
                ended = run("send", server.endpoint, given=MUCH)
                self.expect(ended, 18, b"too much")

    def test_shuts_down_its_half_and_closes_with_data_unread(self):
        # TCP: once both sides have ended, a close with unread data sends no reset: nothing tells it from a peer that
        # has read. Documented; 0 is what the transport can confirm. A Unix socket tells.
        def behave(peer):
            peer.shutdown(socket.SHUT_WR)
            wait_for_data(peer)
            # Our end has come too when the system says so without anything being read (POLLRDHUP).
            poll = select.poll()
            poll.register(peer, select.POLLRDHUP)
            assert poll.poll(GUARD * 1000)
        with Server(TCP, behave) as server:
            self.expect(run("send", server.endpoint, "hello"), 0)
        with Server(UNIX, behave) as server:
            ended = run("send", server.endpoint, "hello")
            self.expect(ended, 18)
            self.assertIn("ahoy: send to unix:", ended.err)  # there was nothing more to receive

    def test_what_fails_after_the_peers_end_is_our_sending(self):
        # Its system closed our window, so that our end waits with us when the reset comes.
        def behave(peer):
            peer.shutdown(socket.SHUT_WR)
            await_that(lambda: any(each.there == port and each.state in BOTH_ENDED for each in tcp_sockets()), "our end")
            reset(peer)
        for verb in ("send", "call"):
            with self.subTest(verb), Server(TCP, behave, 4096) as server, tempfile.TemporaryFile() as file:
                port = server.listener.getsockname()[1]
                file.write(MUCH[:100_000])
                file.seek(0)
                ended = run(verb, server.endpoint, stdin=file)
                self.expect(ended, 18)
                self.assertRegex(ended.err, r"\Aahoy: send to \S+: connection reset by peer\n")
                reached, total = self.count(ended)
                self.assertLess(reached, total)
                self.assertTrue(0 < int(COUNT.search(ended.err)["acked"]) <= reached, ended)

    def test_never_reads(self):
        for family in BOTH:
            with Server(family, lambda peer: server.hold()) as server:
                ended = run("send", "--timeout", "500ms", server.endpoint, given=MUCH * 50)
                self.expect(ended, 28)
                reached, total = self.count(ended)
                self.assertLess(reached, len(MUCH) * 50)
                self.assertIn(" timed out\n", ended.err)

    def test_never_closes(self):
        waited = {TCP: "wait for the end of", UNIX: "wait for the acknowledgement of"}
        known = {TCP: "\n6 of 6 bytes reached the peer's system; how many its program read is not known; our end was acknowledged too\n",
                 UNIX: "\nat most 6 of 6 bytes reached the peer's system; how many its program read is not known\n"}
        for family in BOTH:
            with Server(family, lambda peer: server.hold()) as server:
                ended = run("send", "--timeout", "500ms", server.endpoint, "hello")
                self.expect(ended, 28)
                self.assertIn(waited[family], ended.err)
                self.assertIn(known[family], ended.err)

    def test_what_was_acknowledged_is_said(self):
        def behave(peer):
            receive_exactly(peer, 6)
            reset(peer)
        with Server(TCP, behave) as server, Running("send", server.endpoint) as ahoy:  # its input stays open
            ahoy.write(b"hello\n")
            ended = ahoy.ended()
            self.expect(ended, 18)
            self.assertIn("\nat most 6 of the 6 bytes read so far reached the peer's system; how many its program read is not known; "
                          "6 were acknowledged\n", ended.err)

    def test_a_unix_peer_that_took_all_and_never_closes(self):
        def behave(peer):
            receive_exactly(peer, 6)
            server.hold()
        with Server(UNIX, behave) as server:
            ended = run("send", "--timeout", "500ms", server.endpoint, "hello")
            self.expect(ended, 28)
            self.assertRegex(ended.err, r"\Aahoy: wait for the end of \S+: timed out\n6 of 6 bytes were taken by the peer\n\Z")

    def test_input_that_does_not_end(self):
        def behave(peer):
            with self.assertRaises(ConnectionResetError):  # what is not whole must not look so
                receive_all(peer)
        with Server(TCP, behave) as server, Running("send", "--timeout", "300ms", server.endpoint) as ahoy:
            ended = ahoy.ended()
            self.expect(ended, 28)
            self.assertIn("wait for input", ended.err)
            server.join()

    def test_refused(self):
        held, port = unused_port()
        with held:
            ended = run("send", "127.0.0.1", str(port), "hello")
        self.expect(ended, 7)
        self.assertIn(f"ahoy: connect to 127.0.0.1:{port}: connection refused\n", ended.err)

    def test_no_such_socket_file(self):
        self.expect(run("send", "unix:///nonexistent/socket", "hello"), 7)

    def test_a_file_that_is_no_socket(self):
        with tempfile.NamedTemporaryFile() as file, tempfile.TemporaryDirectory() as folder:
            for path, kind in ((file.name, "file"), (folder, "directory")):
                for verb, words in (("send", ["hello"]), ("call", [])):
                    ended = run(verb, f"unix://{path}", *words)
                    self.expect(ended, 7)
                    self.assertRegex(ended.err, rf"\Aahoy: connect to \S+: connection refused\nthere is a {kind} of that name, and it is no socket: .+\n\Z")

    def test_unknown_name(self):
        self.expect(run("send", "no-such-name.invalid", "23456", "hello"), 6)

    def test_port_out_of_range(self):
        self.expect(run("send", "127.0.0.1", "99999", "hello"), 2)

    def test_a_message_with_its_delimiter(self):
        self.expect(run("send", "127.0.0.1", "23456", "two\nlines"), 2)

    def test_output_that_cannot_be_written(self):
        def behave(peer):
            receive_all(peer)
            peer.sendall(b"answer")
        with Server(TCP, behave) as server, open("/dev/full", "wb") as full:
            ended = run("send", server.endpoint, "hello", stdout=full)
            self.expect(ended, 23, None)
            self.assertIn("write to standard output", ended.err)

    def test_output_that_nobody_reads(self):
        def behave(peer):
            receive_all(peer)
            peer.sendall(b"answer")
        reader, writer = os.pipe()
        os.close(reader)
        with Server(TCP, behave) as server, open(writer, "wb") as nobody:
            self.expect(run("send", server.endpoint, "hello", stdout=nobody), -13, None)

    def test_input_that_cannot_be_read(self):
        def behave(peer):
            with self.assertRaises(ConnectionResetError):
                receive_all(peer)
        with Server(TCP, behave) as server:
            folder = os.open("/", os.O_RDONLY | os.O_DIRECTORY)
            ended = run("send", server.endpoint, stdin=folder)
            os.close(folder)
            self.expect(ended, 26)
            server.join()

    def test_a_large_answer_to_a_slow_reader(self):
        def behave(peer):
            receive_all(peer)
            peer.sendall(MUCH * 5)
        for family in BOTH:
            with Server(family, behave) as server, Running("send", server.endpoint, "hello") as ahoy:
                server_is_done = server.thread
                self.assertEqual(ahoy.out.take(10), MUCH[:10])
                self.assertEqual(ahoy.out.take(len(MUCH) * 5 - 10), (MUCH * 5)[10:])
                server_is_done.join(GUARD)
                self.expect(ahoy.ended(), 0)

    def test_both_talk_at_once_more_than_buffers_hold(self):
        # A peer that answers while it is being sent to, and reads on only when the answer is taken: no deadlock.
        for family in BOTH:
            with Server(family, echo_all) as server:
                self.expect(run("send", server.endpoint, given=MUCH * 20), 0, MUCH * 20)

    def test_an_answer_that_is_too_long_ends_what_is_not_whole_by_a_reset(self):
        def behave(peer):
            peer.recv(100)
            peer.sendall(b"x" * 64)
            try:
                return receive_all(peer)
            except ConnectionResetError:
                return "was reset"
        for verb in ("send", "call"):
            with self.subTest(verb), Server(TCP, behave) as server, Running(verb, "--framing", "nul", "--max-message", "10", server.endpoint) as ahoy:
                ahoy.write(b"one\n")
                self.assertEqual(ahoy.wait(), 63)  # its input stays open
                self.assertRegex(ahoy.ended().err, r"\Aahoy: receive from \S+: too long\n.*--max-message changes it")
                self.assertEqual(server.join(), "was reset")


class Confirm(Truth):
    """Three levels, and servers that tell them apart."""

    def test_a_peer_that_accepts_and_never_closes(self):
        for confirm, status in (("sent", 0), ("acked", 0), ("closed", 28)):
            with self.subTest(confirm=confirm), Server(TCP, lambda peer: server.hold()) as server:
                ended = run("send", "-v", "--confirm", confirm, "--timeout", "700ms", server.endpoint, "hello")
                self.assertEqual(ended.status, status, ended)

    def test_a_unix_peer_that_takes_and_never_closes(self):
        def behave(peer):
            receive_exactly(peer, 6)
            server.hold()
        for confirm, status in (("sent", 0), ("acked", 0), ("closed", 28)):
            with self.subTest(confirm=confirm), Server(UNIX, behave) as server:
                ended = run("send", "--confirm", confirm, "--timeout", "700ms", server.endpoint, "hello")
                self.assertEqual(ended.status, status, ended)

    def test_a_peer_whose_window_is_full(self):
        # Its system cannot take all; ours can.
        for confirm, status in (("sent", 0), ("acked", 28), ("closed", 28)):
            with self.subTest(confirm=confirm), Server(TCP, lambda peer: server.hold(), 4096) as server:
                ended = run("send", "--confirm", confirm, "--timeout", "700ms", server.endpoint, given=MUCH[:100_000])
                self.assertEqual(ended.status, status, ended)
                if status:
                    reached, total = self.count(ended)
                    self.assertEqual(total, 100_000)
                    self.assertLess(reached, 100_000)
                    self.assertIn("wait for the acknowledgement of", ended.err)

    def test_a_unix_peer_that_does_not_read(self):
        for confirm, status in (("sent", 0), ("acked", 28), ("closed", 28)):
            with self.subTest(confirm=confirm), Server(UNIX, lambda peer: server.hold()) as server:
                ended = run("send", "--confirm", confirm, "--timeout", "700ms", server.endpoint, "hello")
                self.assertEqual(ended.status, status, ended)

    def test_what_is_sent_and_not_acknowledged_arrives_all_the_same(self):
        def behave(peer):
            self.assertTrue(may_read.wait(GUARD))
            return receive_all(peer)
        may_read = threading.Event()
        with Server(TCP, behave, 4096) as server:
            ended = run("send", "--confirm", "sent", server.endpoint, given=MUCH[:100_000])
            self.expect(ended, 0)
            may_read.set()
            self.assertEqual(server.join(), MUCH[:100_000])

    def test_verbose_names_the_confirmation(self):
        for confirm in ("acked", "closed"):
            with self.subTest(confirm=confirm), Server(TCP, receive_all) as server:
                ended = run("send", "-v", "--confirm", confirm, server.endpoint, "hello")
                self.assertEqual(ended.status, 0, ended)
                self.assertRegex(ended.err, r"(?m)^ahoy: (acked|closed): the system of 127\.0\.0\.1:\d+ acknowledged all 6")
        with Server(TCP, receive_all) as server:
            self.assertIn("\nahoy: closed: ", run("send", "-v", server.endpoint, "hello").err)

    def test_what_comes_after_the_confirmation_changes_nothing(self):
        """How soon a reset comes after the last acknowledgement is nobody's choice."""
        def behave(peer):
            receive_exactly(peer, 6)
            reset(peer)
        for confirm, status in (("acked", 0), ("closed", 18)):
            for _ in range(5):
                with self.subTest(confirm=confirm), Server(TCP, behave) as server:
                    self.assertEqual(run("send", "--confirm", confirm, server.endpoint, "hello").status, status)

    def test_more_than_the_transport_has(self):
        self.expect(run("send", "--confirm", "delivered", "tcp://127.0.0.1:1", "hello"), 2)
        self.expect(run("send", "--confirm", "acked", "udp://127.0.0.1:1", "hello"), 2)


class AfterEof(Truth):
    """What --after-eof changes, and what it does not: less than `closed` is never 0."""

    def test_the_peer_does_not_end(self):
        for rule, status in (("close", 18), ("200ms", 18), ("wait", 28)):
            for family in (TCP,):
                with self.subTest(rule=rule), Server(family, lambda peer: server.hold()) as server:
                    ended = run("send", "--after-eof", rule, "--timeout", "700ms", server.endpoint, "hello")
                    self.assertEqual(ended.status, status, ended)
                    self.assertEqual(self.count(ended), (6, 6))
                    self.assertEqual(" timed out\n" in ended.err, rule != "close", ended)  # which sets no time

    def test_a_peer_that_ends_and_takes_nothing_has_no_longer(self):
        def behave(peer):
            peer.shutdown(socket.SHUT_WR)
            server.hold()
        for verb in ("send", "call"):
            # A file is at hand whole: of a pipe, `call` would end what came before the peer's end.
            with self.subTest(verb), Server(TCP, behave, receive_buffer=4096) as server, tempfile.TemporaryFile() as file:
                file.write(MUCH[:60_000])
                file.seek(0)
                ended = run(verb, "--after-eof", "200ms", "--timeout", "20s", server.endpoint, stdin=file)
                self.assertEqual(ended.status, 18, ended)
                self.assertIn("wait for the acknowledgement of", ended.err)
                self.assertLess(self.count(ended)[0], 60_000)

    def test_close_says_what_it_leaves_out(self):
        for family, count in ((TCP, "6 of 6 bytes reached the peer's system; how many its program read is not known; "
                                    "our end was acknowledged too"), (UNIX, "6 of 6 bytes were taken by the peer")):
            def behave(peer):
                receive_exactly(peer, 6)
                server.hold()
            with self.subTest(family=family), Server(family, behave) as server:
                ended = run("send", "--after-eof", "close", server.endpoint, "hello")
                self.expect(ended, 18)
                self.assertRegex(ended.err, r"\Aahoy: wait for the end of \S+: left out by --after-eof close\n"
                                            rf"{count}; --confirm acked asks for no more than that\n\Z")

    def test_with_less_to_confirm(self):
        for rule, status in (("close", 0), ("200ms", 0), ("wait", 28)):
            with self.subTest(rule=rule), Server(TCP, lambda peer: server.hold()) as server:
                ended = run("send", "--confirm", "acked", "--after-eof", rule, "--timeout", "700ms", server.endpoint, "hello")
                self.assertEqual(ended.status, status, ended)

    def test_an_answer_within_the_limit(self):
        def behave(peer):
            peer.sendall(b"you said " + receive_all(peer))
        for family in BOTH:
            with self.subTest(family=family), Server(family, behave) as server:
                ended = run("send", "--after-eof", "30s", server.endpoint, "hello")
                self.expect(ended, 0, b"you said hello\n")


class Json(Truth):
    def report(self, ended):
        lines = ended.out.splitlines()
        self.assertEqual(len(lines), 1, ended)
        return json.loads(lines[0])

    def test_done(self):
        def behave(peer):
            peer.sendall(b"got " + receive_all(peer))
        for family in BOTH:
            with Server(family, behave) as server:
                ended = run("send", "--json", server.endpoint, "hello")
                self.assertEqual(ended.status, 0, ended)
                self.assertEqual(self.report(ended), {"sent": 6, "acknowledged": 6, "confirm": "closed", "status": 0,
                                                      "reply": "got hello\n"})

    def test_a_reply_that_is_not_text(self):
        with Server(TCP, lambda peer: peer.sendall(b"\xff\0" + receive_all(peer))) as server:
            report = self.report(run("send", "--json", server.endpoint, "hello"))
            self.assertEqual((report["data"], "reply" in report), ("/wBoZWxsbwo=", False))

    def test_failures_are_told_too(self):
        held, port = unused_port()
        with held:
            report = self.report(run("send", "--json", "127.0.0.1", str(port), "hello"))
        self.assertEqual(report, {"sent": 0, "acknowledged": None, "confirm": "none", "status": 7, "reply": None})
        with Server(TCP, lambda peer: server.hold()) as server:
            ended = run("send", "--json", "--timeout", "500ms", server.endpoint, "hello")
            self.assertEqual(self.report(ended), {"sent": 6, "acknowledged": 6, "confirm": "acked", "status": 28,
                                                  "reply": None})
        with Server(TCP, wait_for_data) as server:
            report = self.report(run("send", "--json", server.endpoint, "hello"))
            self.assertEqual(report["status"], 18)

    def test_words_that_make_no_sense(self):
        for words in (["--confirm", "delivered", "127.0.0.1:9", "x"], ["--nonsense", "127.0.0.1:9"], ["127.0.0.1:99999", "x"], [],
                      ["127.0.0.1:9", "a\nb"]):
            with self.subTest(words):
                ended = run("send", "--json", *words)
                self.assertEqual(self.report(ended), {"sent": 0, "acknowledged": None, "confirm": "none", "status": 2, "reply": None})
                self.assertEqual(ended.status, 2)
                self.assertTrue(ended.err.startswith("ahoy: "))
                self.assertEqual(run("send", *words).out, b"")
        self.assertEqual(run("send", "--nonsense", "127.0.0.1:9", "--", "--json").out, b"")

    def test_a_reply_over_the_limit(self):
        with Server(TCP, lambda peer: [receive_all(peer), peer.sendall(b"x" * 2000)]) as server:
            ended = run("send", "--json", "--max-message", "1k", server.endpoint, "hello")
            self.assertEqual((ended.status, self.report(ended)["status"]), (63, 63), ended)


class Shown(Truth):
    def test_hex_and_timestamps(self):
        with Server(TCP, lambda peer: peer.sendall(receive_all(peer))) as server:
            ended = run("send", "--hex", server.endpoint, given=b"0123456789abcdef\x1b")
            self.expect(ended, 0, b"00000000  30 31 32 33 34 35 36 37  38 39 61 62 63 64 65 66  |0123456789abcdef|\n"
                                  b"00000010  1b" + b" " * 48 + b"|.|\n")
        with Server(TCP, lambda peer: peer.sendall(receive_all(peer))) as server:
            ended = run("send", "--timestamps", server.endpoint, "one", "two")
            self.assertRegex(ended.out, rb"^\d{4}-\d\d-\d\dT[0-9:.]+Z one\n\d{4}-\d\d-\d\dT[0-9:.]+Z two\n$")

    def test_bytes_are_unchanged(self):
        every = bytes(range(256)) * 4
        with Server(TCP, lambda peer: peer.sendall(receive_all(peer))) as server:
            self.expect(run("send", server.endpoint, given=every), 0, every)

    def test_framed_replies_are_lines(self):
        with Server(TCP, lambda peer: peer.sendall(receive_all(peer))) as server:
            self.expect(run("send", "--framing", "length", server.endpoint, "one", "two"), 0, b"one\ntwo\n")


class Udp(Truth):
    def test_the_first_answer_ends_it(self):
        for family in (socket.AF_INET, socket.AF_INET6):
            with self.subTest(family=family.name), Datagrams(family) as peer:
                with Running("send", "-v", "--after-eof", "wait", peer.endpoint, "hello") as ahoy:
                    text, caller = peer.socket.recvfrom(100)
                    self.assertEqual(text, b"hello")
                    peer.socket.sendto(b"answer", caller)
                    ended = ahoy.ended()
                    self.expect(ended, 0, b"answer")
                    self.assertIn("ahoy: sent: 5 bytes", ended.err)

    def test_no_answer(self):
        with Datagrams() as peer:
            ended = run("send", peer.endpoint, "one", "two")
            self.expect(ended, 0)
            self.assertIn("listening 1 s more", ended.err)
            self.assertEqual([peer.socket.recv(100), peer.socket.recv(100)], [b"one", b"two"])

    def test_a_line_of_input_is_a_datagram(self):
        with Datagrams() as peer:
            self.expect(run("send", "--after-eof", "close", peer.endpoint, given=b"one\n\nthree"), 0)
            self.assertEqual([peer.socket.recv(100) for _ in range(3)], [b"one", b"", b"three"])

    def test_a_message_is_one_whatever_it_holds(self):
        with Datagrams() as peer:
            self.expect(run("send", "--after-eof", "close", peer.endpoint, "two\nlines"), 0)
            self.assertEqual(peer.socket.recv(100), b"two\nlines")

    def test_port_unreachable(self):
        held, port = unused_port(socket.SOCK_DGRAM)
        held.close()
        ended = run("send", f"udp://127.0.0.1:{port}", "hello")
        self.expect(ended, 7)
        self.assertIn("connection refused", ended.err)
        self.expect(run("send", f"udp://127.0.0.1:{port}", "one", "two", "three"), 7)

    def test_too_large(self):
        with Datagrams() as peer:
            ended = run("send", "--after-eof", "close", peer.endpoint, "x" * 65_508)
            self.expect(ended, 63)
            self.assertIn("65507", ended.err)
            self.expect(run("send", "--after-eof", "close", peer.endpoint, "small", "x" * 65_508), 18)

    def test_time_runs_out(self):
        with Datagrams() as peer:
            self.expect(run("send", "--after-eof", "wait", "--timeout", "300ms", peer.endpoint, "hello"), 28)

    def test_json(self):
        with Datagrams() as peer, Running("send", "--json", peer.endpoint, "hello") as ahoy:
            _, caller = peer.socket.recvfrom(100)
            peer.socket.sendto(b"answer", caller)
            self.assertEqual(json.loads(ahoy.ended().out), {"sent": 5, "acknowledged": None, "confirm": "sent",
                                                          "status": 0, "reply": "answer"})

    def test_source(self):
        with Datagrams() as peer:
            held, port = unused_port(socket.SOCK_DGRAM)
            held.close()
            self.expect(run("send", "--source", f"127.0.0.1:{port}", "--after-eof", "close", peer.endpoint, "x"), 0)
            self.assertEqual(peer.socket.recvfrom(100), (b"x", ("127.0.0.1", port)))
            self.expect(run("send", "--source", "192.0.2.1", peer.endpoint, "x"), 45)

    def test_a_source_that_is_a_port_alone(self):
        with Datagrams() as peer:
            for form in (":{}", "{}"):
                port = port_to_listen_on()
                self.expect(run("send", "--source", form.format(port), "--after-eof", "close", peer.endpoint, "x"), 0)
                self.assertEqual(peer.socket.recvfrom(100), (b"x", ("127.0.0.1", port)))


if __name__ == "__main__":
    unittest.main()
