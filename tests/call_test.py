"""`ahoy call` holds a conversation: both ways, to the end, and with the end rule's statuses."""
import json
import os
import pty
import select
import signal
import socket
import subprocess
import tempfile
import threading
import time
import unittest

from command import AHOY, GUARD, Running, run
from peers import Datagrams, Server, echo_all, port_to_listen_on, receive_all, receive_exactly, reset, unused_port

TCP = socket.AF_INET
UNIX = socket.AF_UNIX
BOTH = (TCP, UNIX)
MUCH = b"0123456789abcdef" * 12500  # 200,000 bytes


class Conversation(unittest.TestCase):

    def expect(self, ended, status, out=b""):
        self.assertEqual((ended.status, ended.out), (status, out), ended)


class PythonPeers(Conversation):
    def test_a_greeting_without_newline_arrives_whole(self):
        for family in BOTH:
            with Server(family, lambda peer: peer.sendall(b"Thank you for connecting")) as server:
                self.expect(run("call", server.endpoint), 0, b"Thank you for connecting")
            with Server(family, lambda peer: peer.sendall(b"Thank you for connecting")) as server:
                with Running("call", server.endpoint) as ahoy:  # its input stays open
                    self.assertEqual(ahoy.ended().out, b"Thank you for connecting")

    def test_an_answer_in_three_writes_a_second_apart(self):
        def behave(peer):
            received = peer.recv(1024)
            for word in (b"one ", b"two ", b"three"):
                peer.sendall(word)
                time.sleep(1)  # as the peer that it stands for does
            return received
        for family in BOTH:
            with Server(family, behave) as server:
                self.expect(run("call", server.endpoint, given=b"hello"), 0, b"one two three")
                self.assertEqual(server.join(), b"hello")

    def test_word_by_word(self):
        def behave(peer):
            for _ in range(20):
                peer.sendall(receive_exactly(peer, 6).upper())
        for family in BOTH:
            with Server(family, behave) as server, Running("call", server.endpoint) as ahoy:
                for _ in range(20):
                    ahoy.write(b"hello\n")
                    self.assertEqual(ahoy.out.take(6), b"HELLO\n")
                self.expect(ahoy.ended(), 0)

    def test_much_both_ways_at_once(self):
        for family in BOTH:
            with Server(family, echo_all) as server:
                self.expect(run("call", server.endpoint, given=MUCH * 20), 0, MUCH * 20)

    def test_every_byte_is_unchanged(self):
        every = bytes(range(256)) * 3
        with Server(TCP, lambda peer: peer.sendall(receive_all(peer))) as server:
            self.expect(run("call", server.endpoint, given=every), 0, every)


class End(Conversation):
    """The end rule, by what standard input is, by --after-eof, and by what the peer does."""

    def inputs(self):
        reader, writer = os.pipe()
        os.close(writer)
        main, terminal = pty.openpty()
        os.write(main, b"\x04")  # ^D at the head of a line: the end
        with tempfile.TemporaryFile() as empty, open(os.devnull, "rb") as null:
            yield "pipe", reader
            yield "file", empty
            yield "/dev/null", null
            yield "terminal", terminal
        for each in (reader, main, terminal):
            os.close(each)

    def test_our_end_is_told_and_the_answer_awaited(self):
        def behave(peer):
            self.assertEqual(receive_all(peer), b"")
            peer.sendall(b"and you?")
        for family in BOTH:
            for name, stdin in self.inputs():
                for rule in ([], ["--after-eof", "30s"]):
                    if name == "terminal" and rule:
                        continue  # its ^D is used up
                    with self.subTest(stdin=name, rule=rule), Server(family, behave) as server:
                        self.expect(run("call", *rule, server.endpoint, stdin=stdin), 0, b"and you?")

    def test_closed_input_is_at_its_end(self):
        def behave(peer):
            self.assertEqual(receive_all(peer), b"")
            peer.sendall(b"and you?")
        with Server(TCP, behave) as server:
            done = subprocess.run(["sh", "-c", f'exec "{AHOY}" call {server.endpoint} <&-'], capture_output=True,
                                  timeout=GUARD)
            self.assertEqual((done.returncode, done.stdout), (0, b"and you?"), done)

    def test_close_does_not_wait_for_the_peer(self):
        def behave(peer):
            received = receive_exactly(peer, 5)
            server.hold()
            return received
        for rule in ("close", "200ms"):
            for family in BOTH:
                with self.subTest(rule=rule), Server(family, behave) as server:
                    self.expect(run("call", "--after-eof", rule, server.endpoint, given=b"hello"), 0)
                    server.released.set()
                    self.assertEqual(server.join(), b"hello")

    def test_the_peer_ends_first(self):
        for family in BOTH:
            with Server(family, lambda peer: peer.sendall(receive_exactly(peer, 5))) as server:
                with Running("call", server.endpoint) as ahoy:
                    ahoy.write(b"hello")
                    ended = ahoy.ended()  # although its own input is open
                    self.expect(ended, 0, b"hello")
                    self.assertIn("standard input was not read to its end", ended.err)

    def test_the_peer_ends_first_and_takes_what_is_at_hand(self):
        def behave(peer):
            peer.shutdown(socket.SHUT_WR)
            return receive_all(peer)
        for family in BOTH:
            with tempfile.TemporaryFile() as file, Server(family, behave) as server:
                file.write(MUCH * 5)
                file.seek(0)
                self.expect(run("call", server.endpoint, stdin=file), 0)
                self.assertEqual(server.join(), MUCH * 5)

    def test_the_peer_ends_first_and_does_not_take_all(self):
        def behave(peer):
            receive_exactly(peer, 1000)
            peer.shutdown(socket.SHUT_WR)
            assert select.select([peer], [], [], GUARD)[0]
        for family in BOTH:
            with Server(family, behave) as server, tempfile.TemporaryFile() as file:
                file.write(MUCH * 20)
                file.seek(0)
                ended = run("call", server.endpoint, stdin=file)
                self.expect(ended, 18)
                self.assertRegex(ended.err, r"(?m)^at most \d+ of (the )?\d+ bytes( read so far)? reached the peer's system;")

    def test_a_reset(self):
        with Server(TCP, lambda peer: [receive_exactly(peer, 5), reset(peer)]) as server:
            with Running("call", server.endpoint) as ahoy:
                ahoy.write(b"hello")
                ended = ahoy.ended()
                self.expect(ended, 56)
                self.assertIn(": connection reset by peer", ended.err)

    def test_a_reset_while_there_is_more_to_send(self):
        with Server(TCP, lambda peer: [receive_exactly(peer, 5), reset(peer)]) as server, tempfile.TemporaryFile() as much:
            much.write(MUCH * 100)
            much.seek(0)
            self.expect(run("call", server.endpoint, stdin=much), 56)
        with Server(TCP, lambda peer: [receive_exactly(peer, 5), reset(peer)]) as server:
            self.expect(run("call", server.endpoint, given=MUCH * 100), 56)

    def test_what_came_before_a_reset_is_shown(self):
        def behave(peer):
            peer.sendall(b"goodbye")
            receive_exactly(peer, 5)
            reset(peer)
        with Server(TCP, behave) as server, Running("call", server.endpoint) as ahoy:
            self.assertEqual(ahoy.out.take(7), b"goodbye")
            ahoy.write(b"hello")
            self.assertEqual(ahoy.ended().status, 56)

    def test_time_runs_out(self):
        for family in BOTH:
            with Server(family, lambda peer: server.hold()) as server:
                ended = run("call", "--timeout", "300ms", server.endpoint, given=b"hello")
                self.expect(ended, 28)
                self.assertIn("5 of 5 bytes", ended.err)

    def test_refused_and_unknown(self):
        held, port = unused_port()
        with held:
            self.expect(run("call", "127.0.0.1", str(port)), 7)
        self.expect(run("call", "no-such-name.invalid"), 6)

    def test_output_that_cannot_be_written(self):
        with Server(TCP, lambda peer: peer.sendall(b"hello")) as server, open("/dev/full", "wb") as full:
            self.expect(run("call", server.endpoint, stdout=full), 23, None)

    def test_output_that_nobody_reads(self):
        with Server(TCP, lambda peer: [peer.sendall(b"hello"), server.hold()]) as server:
            with Running("call", server.endpoint) as ahoy:
                self.assertEqual(ahoy.out.take(5), b"hello")
            reader, writer = os.pipe()
            os.close(reader)
        with Server(TCP, lambda peer: peer.sendall(b"hello")) as server, open(writer, "wb") as nobody:
            self.expect(run("call", server.endpoint, stdout=nobody), -signal.SIGPIPE, None)

    def test_signals_end_it(self):
        for number in (signal.SIGINT, signal.SIGTERM):
            with Server(TCP, lambda peer: [peer.sendall(b"hello"), server.hold()]) as server:
                with Running("call", server.endpoint) as ahoy:
                    self.assertEqual(ahoy.out.take(5), b"hello")
                    ahoy.process.send_signal(number)
                    self.assertEqual(ahoy.ended().status, -number)

    def test_as_the_ends_of_a_shell_pipe(self):
        with Server(TCP, lambda peer: peer.sendall(receive_all(peer).upper())) as server:
            done = subprocess.run(["sh", "-c", f'echo hello | "{AHOY}" call {server.endpoint} | tr L 1'],
                                  capture_output=True, timeout=GUARD)
            self.assertEqual(done.stdout, b"HE11O\n")


class Messages(Conversation):
    def test_framings(self):
        for framing, wire in (("line", b"a\nb\n"), ("nul", b"a\0b\0"), ("length", b"\0\0\0\1a\0\0\0\1b")):
            def behave(peer, size=len(wire)):
                received = receive_exactly(peer, size)
                peer.sendall(received)
                return received
            with self.subTest(framing=framing), Server(TCP, behave) as server:
                self.expect(run("call", "--framing", framing, server.endpoint, given=b"a\nb"), 0, b"a\nb\n")
                self.assertEqual(server.join(), wire)

    def test_a_message_that_is_cut_short(self):
        with Server(TCP, lambda peer: peer.sendall(b"\0\0\0\5abc")) as server:
            self.expect(run("call", "--framing", "length", server.endpoint), 56)

    def test_a_message_over_the_limit(self):
        def behave(peer):
            peer.sendall(b"x" * 2000)
            server.hold()
        with Server(TCP, behave) as server:
            ended = run("call", "--framing", "line", "--max-message", "1k", server.endpoint)
            self.expect(ended, 63)
            self.assertTrue(ended.err.endswith("the limit of 1024 bytes; --max-message changes it\n"), ended.err)

    def test_json(self):
        def behave(peer):
            received = receive_all(peer)
            peer.sendall("grüße\n".encode() + b"\xff\n")
            return received
        with Server(TCP, behave) as server:
            ended = run("call", "--json", "--framing", "line", server.endpoint, given=b'{"text":"hello"}\n{"data":"AAE="}\n')
            self.assertEqual(ended.status, 0, ended)
            self.assertEqual(server.join(), b"hello\n\0\1\n")
            events = [json.loads(line) for line in ended.out.splitlines()]
            self.assertEqual([(each["event"], each.get("text"), each.get("data")) for each in events],
                             [("join", "tcp", None), ("message", "grüße", None), ("message", None, "/w=="),
                              ("leave", "done", None)])
            peer = server.endpoint.removeprefix("tcp://")
            self.assertEqual({each["from"] for each in events}, {peer})

    def test_json_that_is_none(self):
        with Server(TCP, lambda peer: server.hold()) as server:
            self.expect_status(run("call", "--json", server.endpoint, given=b"hello\n"), 26)
        with Server(TCP, lambda peer: server.hold()) as server:
            self.expect_status(run("call", "--json", server.endpoint, given=b'{"to":"somebody","text":"x"}\n'), 26)

    def test_a_source_that_is_a_port_alone(self):
        """Its address is the wildcard of the peer's family, and where the name has both, of one after the other."""
        for host in ("127.0.0.1", "[::1]", ""):
            family, here = (socket.AF_INET6, "::1") if host == "[::1]" else (socket.AF_INET, "127.0.0.1")
            # Of neither port another program has the same number, at [::1] or for a moment.
            with socket.create_server((here, port_to_listen_on()), family=family) as server:
                server.settimeout(GUARD)
                for form in (":{}", "{}"):
                    port = port_to_listen_on()
                    with self.subTest(host=host, form=form), \
                            Running("call", "--source", form.format(port), f"tcp://{host}:{server.getsockname()[1]}") as call:
                        peer, name = server.accept()
                        peer.close()
                        self.assertEqual(name[:2], (here, port))
                        call.end_input()
                        self.expect_status(call.ended(), 0)
        held, port = unused_port()
        with held:
            ended = run("call", "--source", ":0", f"tcp://:{port}")
            self.expect_status(ended, 7)
            self.assertIn(f"connect to [::1]:{port}", ended.err)
            self.assertIn(f"also tried 127.0.0.1:{port}", ended.err)

    def test_json_ends_with_the_first_line_that_is_none(self):
        """What it meant was not said: 0 would not be true. `listen` goes on (listen_test), and both are in the manual."""
        def behave(peer):
            return receive_all(peer)
        with Server(TCP, behave) as server:
            ended = run("call", "--json", "--framing", "line", server.endpoint, given=b'{"text":"one"}\n{"txt":"two"}\n{"text":"three"}\n')
            self.expect_status(ended, 26)
            self.assertEqual(server.join(), b"one\n")
        self.assertIn("A line that is none ends call, with status 26,", " ".join(run("help", "call").out.decode().split()))

    def expect_status(self, ended, status):
        self.assertEqual(ended.status, status, ended)

    def test_timestamps_and_hex(self):
        with Server(TCP, lambda peer: peer.sendall(b"one\ntwo")) as server:
            ended = run("call", "--timestamps", server.endpoint)
            self.assertRegex(ended.out, rb"^[-0-9]+T[:.0-9]+Z one\n[-0-9]+T[:.0-9]+Z two$")
        # A dump shows what came when nothing follows for a while, and does not wait for a full line.
        with Server(TCP, lambda peer: [peer.sendall(b"hi"), server.hold()]) as server:
            with Running("call", "--hex", server.endpoint) as ahoy:
                line = b"00000000  68 69" + b" " * 45 + b"|hi|\n"
                self.assertEqual(ahoy.out.take(len(line)), line)


class Terminal(Conversation):
    """On a terminal what the peer sends is escaped, and shown as it comes."""

    def call_on_terminal(self, endpoint, *words):
        main, terminal = pty.openpty()
        process = subprocess.Popen([AHOY, "call", *words, endpoint], stdin=terminal, stdout=terminal,
                                   stderr=subprocess.PIPE, start_new_session=True)
        os.close(terminal)
        return main, process

    def read_until(self, main, words):
        seen = b""
        while words not in seen:
            self.assertTrue(select.select([main], [], [], GUARD)[0], seen)
            seen += os.read(main, 4096)
        return seen

    def test_controls_are_escaped(self):
        def behave(peer):
            peer.sendall(b"\x1b[2Jred\r\x07 \xe2\x80\xae \xff caf\xc3\xa9\n")
            return receive_all(peer)
        with Server(TCP, behave) as server:
            main, process = self.call_on_terminal(server.endpoint)
            seen = self.read_until(main, b"\n")
            self.assertEqual(seen, b"\\x1b[2Jred\\x0d\\x07 \\u{202e} \\xff caf\xc3\xa9\r\n")
            os.write(main, b"hello\n\x04")
            self.assertEqual(server.join(), b"hello\n")
            self.assertEqual(process.wait(GUARD), 0)
            process.stderr.close()
            os.close(main)

    def test_a_character_in_two_pieces(self):
        halves = threading.Event()
        def behave(peer):
            peer.sendall(b"caf\xc3")
            self.assertTrue(halves.wait(GUARD))
            peer.sendall(b"\xa9.")
        with Server(TCP, behave) as server:
            main, process = self.call_on_terminal(server.endpoint)
            self.read_until(main, b"caf")
            halves.set()
            # Whether the second half came in time or not: no byte is lost, and none is shown raw.
            self.assertRegex(self.read_until(main, b"."), rb"^(\xc3\xa9|\\xc3\\xa9)\.$")
            self.assertEqual(process.wait(GUARD), 0)
            process.stderr.close()
            os.close(main)

    def test_the_peers_end_ends_it(self):
        with Server(TCP, lambda peer: peer.sendall(b"bye\n")) as server:
            main, process = self.call_on_terminal(server.endpoint)
            self.assertEqual(process.wait(GUARD), 0)
            self.assertEqual(process.stderr.read(), b"")
            process.stderr.close()
            os.close(main)

    def test_in_the_background_it_leaves_the_terminal_alone(self):
        # A job that is not in the foreground would be stopped (SIGTTIN) by its first read.
        with Server(TCP, lambda peer: [peer.sendall(b"hello\n"), server.hold()]) as server:
            main, terminal = pty.openpty()
            script = f'set -m; "{AHOY}" call {server.endpoint} & read line; jobs; kill %1; echo "read $line"'
            process = subprocess.Popen(["bash", "-c", "exec <\"$0\" >\"$0\" 2>&1; " + script, os.ttyname(terminal)],
                                       start_new_session=True)
            self.read_until(main, b"hello")
            os.write(main, b"typed\n")
            seen = self.read_until(main, b"read typed")
            self.assertIn(b"Running", seen)
            process.wait(GUARD)
            os.close(terminal)
            os.close(main)


class Udp(Conversation):
    def test_lines_are_datagrams_both_ways(self):
        with Datagrams() as peer, Running("call", "--after-eof", "wait", peer.endpoint) as ahoy:
            for word in (b"one", b"", b"three"):
                ahoy.write(word + b"\n")
                text, caller = peer.socket.recvfrom(100)
                self.assertEqual(text, word)
                peer.socket.sendto(b"<" + text + b">", caller)
                self.assertEqual(ahoy.out.take(len(word) + 2), b"<" + word + b">")

    def test_with_line_framing_each_datagram_is_a_line(self):
        words = (b"no newline", b"", b"a newline\n", b"[127.0.0.1:9] no newline either")
        for framing, expected in ((["--framing", "line"], b"no newline\n\na newline\n[127.0.0.1:9] no newline either\n"),
                                  (["--framing", "raw"], b"".join(words)), ([], b"".join(words))):
            for verb in ("call", "send"):  # send goes on to the end of its input
                with self.subTest(framing=framing, verb=verb), Datagrams() as peer, Running(verb, *framing, "--after-eof", "wait", peer.endpoint) as ahoy:
                    ahoy.write(b"hello\n")
                    _, caller = peer.socket.recvfrom(100)
                    for word in words:
                        peer.socket.sendto(word, caller)
                    self.assertEqual(ahoy.out.take(len(expected)), expected)

    def test_it_listens_one_second_more(self):
        with Datagrams() as peer, Running("call", peer.endpoint) as ahoy:
            ahoy.write(b"hello\n")
            _, caller = peer.socket.recvfrom(100)
            ahoy.end_input()
            self.assertIn("listening 1 s more", ahoy.err.until("listening").string)
            peer.socket.sendto(b"late", caller)
            peer.socket.sendto(b" and later", caller)
            self.expect(ahoy.ended(), 0, b"late and later")

    def test_close_does_not_listen(self):
        with Datagrams() as peer:
            ended = run("call", "--after-eof", "close", peer.endpoint, given=b"hello\n")
            self.expect(ended, 0)
            self.assertEqual(ended.err, "")

    def test_port_unreachable(self):
        held, port = unused_port(socket.SOCK_DGRAM)
        held.close()
        ended = run("call", f"udp://127.0.0.1:{port}", given=b"hello\n")
        self.expect(ended, 7)
        self.assertIn("connection refused", ended.err)
        with Running("call", f"udp://127.0.0.1:{port}") as ahoy:  # at once, not at the end of the input
            ahoy.write(b"hello\n")
            self.assertEqual(ahoy.ended().status, 7)

    def test_json(self):
        with Datagrams() as peer, Running("call", "--json", peer.endpoint) as ahoy:
            ahoy.write(b'{"text":"hello"}\n')
            text, caller = peer.socket.recvfrom(100)
            self.assertEqual(text, b"hello")
            ahoy.end_input()
            peer.socket.sendto(b"answer", caller)
            events = [json.loads(line) for line in ahoy.ended().out.splitlines()]
            self.assertEqual([(each["event"], each["text"]) for each in events], [("message", "answer")])


if __name__ == "__main__":
    unittest.main()
