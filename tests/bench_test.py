"""`ahoy bench` against real listeners, and against servers that do not echo. No speed is asserted: what is, are counts,
what an echo must be, and how it ends."""
import contextlib
import json
import os
import pathlib
import re
import signal
import socket
import tempfile
import threading
import unittest
import xml.etree.ElementTree

from command import AHOY, GUARD, Listener, Process, Running, await_that, is_running, run
from peers import unused_port

MODELS = [("iterative", 0, None), ("process", 0, 20.90), ("process", 15, 2.58), ("thread", 0, 0.99), ("thread", 15, 2.05),
          ("event", 0, None), ("event", max(2, os.cpu_count()), None)]
TIMES = ["p50_us", "p99_us", "p99.9_us", "max_us"]


class Server:
    """Serves every caller in a thread with `behave`, until the test is over."""

    def __init__(self, behave):
        self.behave = behave
        self.listener = socket.create_server(("127.0.0.1", 0), backlog=100)
        self.endpoint = f"127.0.0.1:{self.listener.getsockname()[1]}"
        self.over = threading.Event()
        self.callers = []
        self.threads = [threading.Thread(target=self.accept, daemon=True)]
        self.threads[0].start()

    def accept(self):
        with contextlib.suppress(OSError):
            while True:
                caller, _ = self.listener.accept()
                caller.settimeout(GUARD)
                self.callers.append(caller)
                self.threads.append(threading.Thread(target=self.serve, args=(caller,), daemon=True))
                self.threads[-1].start()

    def serve(self, caller):
        with contextlib.suppress(OSError), contextlib.closing(caller):
            self.behave(self, caller)

    def __enter__(self):
        return self

    def __exit__(self, *unused):
        self.over.set()
        self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()
        for thread in self.threads:
            thread.join(GUARD)


def echo_with(change):
    """An echo server whose answers went through `change`, of the bytes and of how many came before."""
    def behave(_server, caller):
        before = 0
        while piece := caller.recv(1 << 16):
            caller.sendall(change(piece, before))
            before += len(piece)
    return behave


def without_an_answer(server, caller):
    caller.recv(1)
    server.over.wait(GUARD)


class Case(unittest.TestCase):
    def measured(self, *words, status=0):
        """The object that `bench --json` prints, and what it says on standard error."""
        done = run("bench", *words, "--json")
        self.assertEqual(done.status, status, done)
        self.assertEqual(done.out.count(b"\n"), 1, done.out)
        told = json.loads(done.out)
        self.assertEqual(told["status"], status)
        if status == 0:
            self.assertEqual((told["errors"], done.err), (0, ""))
        return told, done.err

    def times_are_in_order(self, told):
        times = [told[name] for name in TIMES]
        self.assertEqual(times, sorted(times))
        self.assertGreater(times[0], 0)
        self.assertGreater(told["seconds"], 0)
        self.assertGreater(told["rate"], 0)


class Endpoints(Case):
    def test_fields(self):
        with Listener("127.0.0.1:0", "--handler", "echo") as listener:
            told, _ = self.measured(listener.urls[0], "--count", "1001", "--connections", "7", "--size", "100", "--depth", "3")
        self.assertEqual(list(told), ["endpoint", "connections", "size", "depth", "seconds", "exchanges", "rate", *TIMES, "errors", "status"])
        self.assertEqual({name: told[name] for name in ("endpoint", "connections", "size", "depth", "exchanges")},
                         {"endpoint": listener.urls[0], "connections": 7, "size": 100, "depth": 3, "exchanges": 1001})
        self.times_are_in_order(told)

    def test_no_more_connections_than_have_a_share(self):
        with Listener("127.0.0.1:0", "--handler", "echo", "-v") as listener:
            told, _ = self.measured(listener.urls[0], "--count", "10")
            self.assertEqual((told["connections"], told["exchanges"]), (10, 10))
            listener.end()
            self.assertEqual(listener.err.all().decode().count("joined"), 10)
            self.assertIn("10 connections, 64 bytes each way", self.text_of("--count", "10"))

    def text_of(self, *words):
        with Listener("127.0.0.1:0", "--handler", "echo") as listener:
            return run("bench", listener.urls[0], *words).out.decode()

    def test_every_transport(self):
        with tempfile.TemporaryDirectory() as folder, \
                Listener("127.0.0.1:0", "[::1]:0", f"unix://{folder}/s", "--handler", "echo", endpoints=3) as listener:
            for url in listener.urls:
                with self.subTest(url):
                    self.assertEqual(self.measured(url, "--count", "200")[0]["exchanges"], 200)
                    self.assertEqual(self.measured("connect", url, "--count", "50")[0]["connections"], 50)

    def test_every_model(self):
        for model in ("iterative", "process", "thread", "event"):
            with self.subTest(model), Listener("127.0.0.1:0", "--handler", "echo", "--model", model) as listener:
                self.assertEqual(self.measured(listener.urls[0], "--count", "103", "--connections", "5")[0]["exchanges"], 103)

    def test_sizes(self):
        with Listener("127.0.0.1:0", "--handler", "echo") as listener:
            for size, depth in [("1", "1"), ("1", "1000"), ("65521", "2"), ("65536", "3"), ("100001", "5"), ("20m", "2")]:
                with self.subTest(size=size, depth=depth):
                    told, _ = self.measured(listener.urls[0], "--count", "20", "--connections", "3", "--size", size, "--depth", depth)
                    self.assertEqual(told["exchanges"], 20)

    def test_by_time_no_caller_is_reset(self):
        with Listener("127.0.0.1:0", "--handler", "echo", "-v") as listener:
            told, _ = self.measured(listener.urls[0], "--duration", "200ms", "--connections", "20", "--depth", "8")
            self.assertLessEqual(told["seconds"], 0.2)
            self.times_are_in_order(told)
            self.measured("connect", listener.urls[0], "--duration", "100ms")
            listener.end()
            said = listener.err.all().decode()
        self.assertEqual(said.count("joined"), said.count("left"))
        self.assertNotIn("reset", said)

    def test_what_is_under_way_at_the_end_is_awaited_and_not_counted(self):
        ends = []

        def late(server, caller):
            caller.sendall(caller.recv(64, socket.MSG_WAITALL))
            second = caller.recv(64, socket.MSG_WAITALL)
            server.over.wait(0.2)  # until after the end
            caller.sendall(second)
            caller.recv(1)
            ends.append(caller.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR))  # a reset; after an end, recv does not tell

        with Server(late) as server:
            told, _ = self.measured(server.endpoint, "--duration", "50ms", "--connections", "2")
        self.assertEqual((told["exchanges"], ends), (2, [0, 0]))

    def test_as_text(self):
        with Listener("127.0.0.1:0", "--handler", "echo") as listener:
            done = run("bench", listener.urls[0], "--count", "10", "--connections", "1")
        self.assertEqual((done.status, done.err), (0, ""))
        lines = done.out.decode().split("\n")
        self.assertEqual(lines[0], f"{listener.urls[0]}: 1 connection, 64 bytes each way, 1 under way on each")
        self.assertRegex(lines[1], r"^  rate    \d+ exchanges a second: 10 in 0\.\d\d s$")
        self.assertEqual([line.split()[0] for line in lines[1:-1]], ["rate", "p50", "p99", "p99.9", "max", "errors"])

    def test_connections(self):
        with Listener("127.0.0.1:0", "--handler", "echo") as listener:
            told, _ = self.measured("connect", listener.urls[0], "--count", "101", "--connections", "4", "--size", "5000")
        self.assertEqual((told["connections"], told["size"]), (101, 5000))
        self.times_are_in_order(told)

    def test_fewer_exchanges_than_connections(self):
        with Listener("127.0.0.1:0", "--handler", "echo") as listener:
            self.assertEqual(self.measured(listener.urls[0], "--count", "3", "--connections", "10")[0]["exchanges"], 3)
            self.assertEqual(self.measured("connect", listener.urls[0], "--count", "3")[0]["connections"], 3)


class Failures(Case):
    def refused(self, behave, status, said, *words, errors=3):
        with Server(behave) as server:
            for form in ([], ["connect"]):
                with self.subTest(form):
                    told, err = self.measured(*form, server.endpoint, "--connections", "3", *(words or ["--count", "30"]), status=status)
                    self.assertEqual(told["errors"], errors)
                    self.assertIn(said, err)
                    self.assertIn(len(err.splitlines()), (1, 2), err)

    def test_nobody_there(self):
        held, port = unused_port()
        with held:
            told, err = self.measured(f"127.0.0.1:{port}", "--count", "10", "--connections", "2", status=7)
            self.assertEqual((told["exchanges"], told["errors"]), (0, 2))
            self.assertIn("connection refused", err)
            done = run("bench", f"127.0.0.1:{port}")
            self.assertEqual((done.status, done.out), (7, b""))

    def test_another_byte(self):
        self.refused(echo_with(lambda piece, _: bytes([piece[0] ^ 1]) + piece[1:]), 8, "what came back is not what was sent")

    def test_the_last_byte_of_a_later_exchange(self):
        wrong = echo_with(lambda piece, before: piece[:-1] + bytes([piece[-1] ^ 0x80]) if before >= 640 else piece)
        with Server(wrong) as server:
            told, err = self.measured(server.endpoint, "--connections", "1", "--count", "30", status=8)
        self.assertEqual((told["exchanges"], told["errors"]), (10, 1))
        self.assertIn("is not what was sent", err)

    def test_the_same_answer_twice(self):
        """What was right once is wrong in another place."""
        first = []

        def repeat(piece, _before):
            first.append(piece)
            return first[0]

        with Server(echo_with(repeat)) as server:
            told, _ = self.measured(server.endpoint, "--connections", "1", "--count", "30", status=8)
        self.assertEqual(told["exchanges"], 1)

    def test_more_than_was_sent(self):
        self.refused(echo_with(lambda piece, _: piece + piece), 8, "more came back than was sent")

    def test_an_answer_before_the_question(self):
        def greet(server, caller):
            caller.sendall(b"220 ready\r\n")
            without_an_answer(server, caller)
        self.refused(greet, 8, "bench takes a server that echoes")

    def test_an_early_end(self):
        def half(_server, caller):
            caller.sendall(caller.recv(64, socket.MSG_WAITALL)[:32])
        self.refused(half, 56, "the stream ended inside a message")

    def test_a_reset(self):
        def reset(_server, caller):
            caller.recv(64, socket.MSG_WAITALL)
            caller.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
        self.refused(reset, 56, "connection reset by peer")

    def test_no_answer_in_the_time(self):
        self.refused(without_an_answer, 28, "nothing came back", "--duration", "50ms")

    def test_no_answer_in_the_whole_run(self):
        self.refused(without_an_answer, 28, "--timeout says how long", "--timeout", "100ms", errors=0)

    def test_one_caller_of_two_is_never_answered(self):
        """The iterative server's second caller waits, and that is told."""
        with Listener("127.0.0.1:0", "--handler", "echo", "--model", "iterative") as listener:
            told, err = self.measured(listener.urls[0], "--duration", "100ms", "--connections", "2", status=28)
            self.assertEqual(told["errors"], 1)
            self.assertGreater(told["exchanges"], 0)
            self.assertIn("nothing came back", err)

    def test_a_signal_ends_it(self):
        with Listener("127.0.0.1:0", "--handler", "echo") as listener, Running("bench", listener.urls[0], "--duration", "1h") as bench:
            await_that(lambda: listener.processor_seconds() > 0.02, "some load")
            bench.send_signal(signal.SIGINT)
            self.assertEqual(bench.wait(), -signal.SIGINT)


class DatagramServer:
    """Answers with what `behave` makes of each datagram, a list of datagrams, until the test is over."""

    def __init__(self, behave):
        self.behave = behave
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind(("127.0.0.1", 0))
        self.endpoint = f"udp://127.0.0.1:{self.socket.getsockname()[1]}"
        self.is_over = False
        self.thread = threading.Thread(target=self.serve, daemon=True)
        self.thread.start()

    def serve(self):
        while True:
            data, peer = self.socket.recvfrom(1 << 16)
            if self.is_over:
                return
            for answer in self.behave(data):
                self.socket.sendto(answer, peer)

    def __enter__(self):
        return self

    def __exit__(self, *unused):
        self.is_over = True
        self.socket.sendto(b"", self.socket.getsockname())
        self.thread.join(GUARD)
        self.socket.close()


def number_of(data):
    return int.from_bytes(data[:8], "little")


class Datagrams(Case):
    def told(self, behave, *words, status=0):
        with DatagramServer(behave) as server:
            return self.measured(server.endpoint, "--connections", "1", *words, status=status)

    def test_every_engine_and_family(self):
        for engine in ("epoll", "uring"):
            with Listener("udp://127.0.0.1:0", "udp://[::1]:0", "--handler", "echo", "--engine", engine, endpoints=2) as listener:
                for url in listener.urls:
                    with self.subTest(url, engine=engine):
                        told, _ = self.measured(url, "--count", "1001", "--connections", "7", "--depth", "3", "--size", "100")
                        self.assertEqual((told["endpoint"], told["exchanges"]), (url, 1001))
                        self.times_are_in_order(told)

    def test_sizes(self):
        with Listener("udp://127.0.0.1:0", "--handler", "echo") as listener:
            for size in (8, 9, 1500, 65507):
                with self.subTest(size):
                    self.assertEqual(self.measured(listener.urls[0], "--count", "10", "--connections", "1", "--size", size)[0]["exchanges"], 10)

    def test_by_time(self):
        with Listener("udp://127.0.0.1:0", "--handler", "echo") as listener:
            told, _ = self.measured(listener.urls[0], "--duration", "100ms", "--connections", "2", "--depth", "4")
        self.assertLessEqual(told["seconds"], 0.1)
        self.times_are_in_order(told)

    def test_as_text(self):
        with Listener("udp://127.0.0.1:0", "--handler", "echo") as listener:
            done = run("bench", listener.urls[0], "--count", "10", "--connections", "2")
        self.assertEqual((done.status, done.err), (0, ""))
        self.assertIn(": 2 sockets, 64 bytes each way", done.out.decode())

    def test_in_another_order(self):
        kept = []

        def reversed_fours(data):
            kept.append(data)
            return [kept.pop() for _ in range(4)] if len(kept) == 4 else []

        self.assertEqual(self.told(reversed_fours, "--count", "40", "--depth", "4")[0]["exchanges"], 40)

    def test_each_twice(self):
        self.assertEqual(self.told(lambda data: [data, data], "--count", "40", "--depth", "4")[0]["exchanges"], 40)

    def test_what_is_lost_is_counted_and_made_up_for(self):
        lost = {3, 4, 20}
        told, err = self.told(lambda data: [] if number_of(data) in lost else [data], "--count", "30", "--depth", "5", status=28)
        self.assertEqual((told["exchanges"], told["errors"]), (27, 3))
        self.assertIn("did not come back within a second", err)

    def test_as_many_are_under_way_behind_one_that_is_late(self):
        kept = []

        def first_after_the_others(data):
            if number_of(data) == 0:
                kept.append(data)
                return []
            return [data, *kept] if number_of(data) == 28 else [data]

        told, _ = self.told(first_after_the_others, "--count", "30", "--depth", "2")
        self.assertEqual(told["exchanges"], 30)

    def test_each_twice_behind_one_that_is_lost(self):
        told, _ = self.told(lambda data: [data, data] if number_of(data) else [], "--count", "30", "--depth", "3", status=28)
        self.assertEqual((told["exchanges"], told["errors"]), (29, 1))

    def test_one_that_comes_late_is_lost_once(self):
        kept = []

        def late(data):
            if number_of(data) == 0:
                kept.append(data)
                return []
            return [*kept, data]

        told, _ = self.told(late, "--count", "3", status=28)
        self.assertEqual((told["exchanges"], told["errors"]), (2, 1))

    def test_no_answer(self):
        told, _ = self.told(lambda data: [], "--count", "6", "--depth", "6", status=28)
        self.assertEqual((told["exchanges"], told["errors"]), (0, 6))

    def test_something_else(self):
        for name, change in [("a byte", lambda data: data[:-1] + bytes([data[-1] ^ 1])), ("the number", lambda data: b"\xff" + data[1:]),
                             ("shorter", lambda data: data[:-1]), ("longer", lambda data: data + b"x"), ("empty", lambda data: b""),
                             ("a number to come", lambda data: (number_of(data) + 1).to_bytes(8, "little") + data[8:])]:
            with self.subTest(name):
                told, err = self.told(lambda data, change=change: [change(data)], "--count", "30", status=8)
                self.assertEqual((told["exchanges"], told["errors"]), (0, 1))
                self.assertIn("what came back is not what was sent", err)

    def test_nobody_there(self):
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as held:
            held.bind(("127.0.0.1", 0))
            held.connect(held.getsockname())  # it takes nothing from others
            told, err = self.measured(f"udp://127.0.0.1:{held.getsockname()[1]}", "--connections", "2", "--count", "10", status=7)
        self.assertEqual((told["exchanges"], told["errors"]), (0, 2))
        self.assertIn("connection refused", err)


class Models(Case):
    def test_fields(self):
        with tempfile.TemporaryDirectory() as folder:
            drawing = pathlib.Path(folder, "models.svg")
            told, _ = self.measured_models("--count", "40", "--connections", "4", "--size", "1000", "--plot", drawing)
            names = [element.text for element in xml.etree.ElementTree.parse(drawing).iter("{http://www.w3.org/2000/svg}text")]
        self.assertEqual(list(told), ["count", "connections", "size", "depth", "models", "status"])
        self.assertEqual((told["count"], told["connections"], told["size"]), (40, 4, 1000))
        self.assertEqual([(row["model"], row["workers"], row["book"] and row["book"]["seconds"]) for row in told["models"]], MODELS)
        for row in told["models"]:
            self.assertEqual((row["connections"], row["errors"]), (40, 0))
            self.assertGreater(row["processor"], 0)
            self.assertAlmostEqual(row["above_iterative"], row["processor"] - told["models"][0]["processor"], places=5)
            self.times_are_in_order(row)
        for name in ("iterative", "process, 15 workers", "UNP: 20.90 s"):
            self.assertIn(name, names)

    def measured_models(self, *words):
        done = run("bench", "models", *words, "--json")
        self.assertEqual((done.status, done.err), (0, ""))
        return json.loads(done.out), done.err

    def test_as_text(self):
        done = run("bench", "models", "--count", "20")
        self.assertEqual((done.status, done.err), (0, ""))
        text = done.out.decode()
        self.assertRegex(text, r"(?m)^process, 15 workers .* 2\.58  5, preforked, the parent passes descriptors$")
        self.assertRegex(text, r"(?m)^thread, 15 workers .* 2\.05  8, prethreaded, the main thread accepts$")
        self.assertRegex(text, r"(?m)^event .*\S$")
        for figure in ("20.90", "1.80", "2.07", "1.75", "2.58", "0.99", "1.93", "2.05"):
            self.assertIn(figure, text)

    def test_no_server_is_left(self):
        with Running("bench", "models", "--count", "100000000") as bench:
            servers = []

            def is_started():
                servers[:] = pathlib.Path(f"/proc/{bench.pid}/task/{bench.pid}/children").read_text().split()
                return servers and b"--handler=echo" in pathlib.Path(f"/proc/{servers[0]}/cmdline").read_bytes()

            await_that(is_started, "the first server")
            bench.send_signal(signal.SIGKILL)
            bench.wait()
            await_that(lambda: not is_running(int(servers[0])), "its end")


class Drawings(Case):
    def test_of_times(self):
        with Listener("127.0.0.1:0", "--handler", "echo") as listener, tempfile.TemporaryDirectory() as folder:
            drawing = pathlib.Path(folder, "times.svg")
            drawing.write_text("what was there before, and longer than nothing")
            self.measured(listener.urls[0], "--count", "10", "--plot", drawing)
            names = [element.text for element in xml.etree.ElementTree.parse(drawing).iter("{http://www.w3.org/2000/svg}text")]
        self.assertIn("p99.9", names)

    def test_that_cannot_be_written(self):
        done = run("bench", "127.0.0.1:9", "--plot", "/nowhere/x.svg")
        self.assertEqual((done.status, done.out), (23, b""))
        self.assertIn("/nowhere/x.svg", done.err)


class Progress(Case):
    def shown(self, *words):
        """What a terminal is shown on standard error, while standard output is a pipe."""
        ours, theirs = os.openpty()
        with contextlib.ExitStack() as stack:
            stack.callback(os.close, ours)
            with os.fdopen(theirs, "wb") as terminal:
                bench = stack.enter_context(Process(AHOY, "bench", *words, stderr=terminal))
            shown = b""
            with contextlib.suppress(OSError):  # the end of a terminal
                while piece := os.read(ours, 1 << 16):
                    shown += piece
            self.assertEqual(bench.wait(), 0)
            self.assertNotIn(b"\x1b", bench.out.rest())
        return shown

    def test_on_a_terminal(self):
        with Listener("127.0.0.1:0", "--handler", "echo") as listener:
            shown = self.shown(listener.urls[0], "--duration", "300ms")
        self.assertRegex(shown, rb"\[=* *\] +\d+% tcp://127")
        self.assertTrue(shown.endswith(b"\r\x1b[K"), shown)
        shown = self.shown("models", "--count", "20")
        for name in ("iterative", "process, 15 workers", "event"):
            self.assertIn(name.encode(), shown)

    def test_elsewhere_there_is_none(self):
        with Listener("127.0.0.1:0", "--handler", "echo") as listener:
            self.assertEqual(run("bench", listener.urls[0], "--count", "10").err, "")


class Words(Case):
    def test_that_cannot_be(self):
        for words, said in [
            ([], "missing"), (["connect"], "missing"), (["models", "x"], "one word too many"), (["localhost", "80", "90"], "one word too many"),
            (["connect", "localhost:80", "90"], "one word too many"), (["udp://localhost:9", "--size", "7"], "contradictory"),
            (["connect", "udp://localhost:9"], "contradictory"),
            (["models", "--depth", "2"], "contradictory"), (["models", "--duration", "1s"], "contradictory"),
            (["connect", "localhost:9", "--depth", "2"], "contradictory"), (["localhost:9", "--duration", "none"], "contradictory"),
            (["-4", "[::1]:9"], "contradictory"),
        ]:
            with self.subTest(words):
                done = run("bench", *words)
                self.assertEqual((done.status, done.out), (2, b""))
                self.assertIn(said, re.sub(r"\n.*", "", done.err))


if __name__ == "__main__":
    unittest.main()
