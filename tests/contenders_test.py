"""The servers of bench/ echo, and its driver reports what they cost. No figure is judged."""
import contextlib
import importlib.util
import io
import json
import os
import pathlib
import re
import select
import socket
import subprocess
import sys
import tempfile
import threading
import unittest

from command import GUARD, Process, run

SOURCE = pathlib.Path(os.environ["AHOY_SOURCE"])
sys.dont_write_bytecode = True
sys.path.append(str(SOURCE / "bench"))
import cell as cells  # noqa: E402
import contenders  # noqa: E402
from echo_cell import EchoCell  # noqa: E402

SPEC = importlib.util.spec_from_file_location("bench_run", SOURCE / "bench/run.py")  # tests/ has a run.py too
driver = importlib.util.module_from_spec(SPEC)
SPEC.loader.exec_module(driver)

IN_C = ["raw_epoll", "raw_iterative", "raw_fork", "raw_thread"]
STRICT = ["cc", "-Wall", "-Wextra", "-Werror", "-O1", "-pthread"]
IN_PYTHON = ["asyncio_echo", "socketserver_echo"]


class Contenders(unittest.TestCase):
    def setUp(self):
        self.folder = self.enterContext(tempfile.TemporaryDirectory())

    def built(self, name):
        program = pathlib.Path(self.folder, name)
        subprocess.run([*STRICT, "-o", program, SOURCE / f"bench/{name}.c"], check=True)
        return program

    def commands(self):
        for name in IN_C:
            yield name, [self.built(name)]
        for name in IN_PYTHON:
            yield name, ["/usr/bin/python3", SOURCE / f"bench/{name}.py"]

    def test_echo(self):
        for name, command in self.commands():
            with self.subTest(name), Process(*command) as server:
                port = server.err.until(r"^listening on tcp://127\.0\.0\.1:(\d+) \(contender\)$")[1]
                connections = ["--connections", "1" if name == "raw_iterative" else "4"]
                for form, words in (([], []), (["connect"], []), ([], ["--size", "3m", "--depth", "3"])):
                    done = run("bench", *form, f"127.0.0.1:{port}", "--count", "12", *connections, *words)
                    self.assertEqual((done.status, done.err), (0, ""), (form, words))

    def test_epoll_keeps_what_its_peer_does_not_take(self):
        """A caller that sends for long before it reads gets all of it."""
        _, command = next(iter(self.commands()))
        with Process(*command) as server:
            port = int(server.err.until(r":(\d+) \(contender\)$")[1])
            with socket.create_connection(("127.0.0.1", port), GUARD) as caller:
                sent = 0
                caller.setblocking(False)
                with self.assertRaises(BlockingIOError):
                    while True:
                        sent += caller.send(b"x" * 65536)
                caller.settimeout(GUARD)
                caller.shutdown(socket.SHUT_WR)
                got = 0
                while piece := caller.recv(1 << 20):
                    got += len(piece)
            self.assertEqual(got, sent)


    def test_udp_echoes_many_at_once(self):
        with Process(self.built("raw_udp")) as server:
            url = server.err.until(r"^listening on (udp://127\.0\.0\.1:\d+) \(contender\)$")[1]
            for words in (["--depth", "100"], ["--depth", "2", "--size", "65507"]):
                done = run("bench", url, "--count", "1000", "--connections", "1", *words)
                self.assertEqual((done.status, done.err), (0, ""), words)


class Relay:
    """Says what each of so many callers says to the others, after `change`: of the line and the hearer, a list of lines."""

    def __init__(self, callers, change):
        self.callers, self.change = callers, change
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        self.thread = threading.Thread(target=self.serve, daemon=True)
        self.thread.start()

    def serve(self):
        here = [self.listener.accept()[0] for _ in range(self.callers)]
        heard = {each: b"" for each in here}
        while here:
            for one in select.select(here, [], [])[0]:
                data = one.recv(1 << 16)
                *lines, heard[one] = (heard[one] + data).split(b"\n")
                for number, other in enumerate(here):
                    if other is not one:
                        other.sendall(b"".join(said + b"\n" for line in lines for said in self.change(line, number)))
                if not data:
                    here.remove(one)
                    one.close()

    def __enter__(self):
        return self

    def __exit__(self, *unused):
        self.thread.join(GUARD)
        self.listener.close()


class RelayLoad(unittest.TestCase):
    def told(self, change):
        with tempfile.TemporaryDirectory() as folder, Relay(3, change) as relay:
            program = pathlib.Path(folder, "relay_load")
            subprocess.run([*STRICT, "-o", program, SOURCE / "bench/relay_load.c"], check=True)
            done = subprocess.run([program, str(relay.port), "3", "2", "500"], capture_output=True, text=True, timeout=GUARD, check=True)
        told = json.loads(done.stdout)
        return [told[name] for name in ("deliveries", "lost", "again", "wrong")]

    def test_counts_each_line_at_each_member(self):
        self.assertEqual(self.told(lambda line, _: [line]), [12, 0, 0, 0])
        self.assertEqual(self.told(lambda line, _: [b"[127.0.0.1:40000] " + line]), [12, 0, 0, 0])

    def test_one_that_is_lost(self):
        """Its speaker says no other."""
        self.assertEqual(self.told(lambda line, hearer: [] if line.startswith(b"00000000 ") and hearer == 1 else [line]), [9, 3, 0, 0])

    def test_one_that_comes_twice(self):
        told = self.told(lambda line, hearer: [line, line] if line.startswith(b"00000000 ") and hearer == 1 else [line])
        self.assertEqual(told, [12, 0, 1, 0])

    def test_one_that_was_not_said(self):
        def change(line, hearer):
            return [line[:-1] + b"?"] if line.startswith(b"00000000 ") and hearer == 1 else [line]

        self.assertEqual(self.told(change), [9, 3, 0, 1])


class Driver(unittest.TestCase):
    def rows(self, cell):
        self.addCleanup(cell.done)
        self.assertEqual(driver.build([cell]), set())
        return list(cells.rows_of(cell, 1, 0, set()))

    def test_relay(self):
        rows = self.rows(driver.RelayCell("x", [driver.relay_cell.NCAT, *driver.relay_cell.OURS], 5, 20))
        self.assertEqual([row.name for row in rows], ["ncat --broker", "ahoy relay, epoll", "ahoy relay, io_uring", "ncat --broker, again: the noise"])
        for row in rows:
            self.assertGreater(row.cost, 0)
            self.assertEqual(row.aside, 0, row)

    def test_bulk(self):
        cell = driver.BulkCell("x", [driver.bulk_cell.NC, driver.bulk_cell.socat("socat"), driver.bulk_cell.OURS], 0)
        rows = self.rows(cell)
        self.assertEqual(len(rows), 4)
        self.assertRegex(cells.table_of(cell, rows), r"\nahoy: the best of the others costs \d+\.\d\d times as much \(.*\)\.\n$")
        folder = pathlib.Path(cell.file.folder.name)
        self.assertTrue(folder.exists())
        cell.done()
        self.assertFalse(folder.exists())

    def test_bulk_that_fails(self):
        cell = driver.BulkCell("x", [driver.bulk_cell.NC._replace(send=["false"])], 0)
        with self.assertRaisesRegex(RuntimeError, "what nc sends with ended with 1"):
            cell.measure(cell.contenders[0], 0)
        cell.done()

    def test_memory(self):
        """What malloc(3) takes for the one block that raw_epoll.c has for each."""
        driver.take_every_descriptor()
        row = self.rows(driver.MemoryCell("x", [contenders.EPOLL], 0))[0]
        self.assertGreater(row.cost, 24)
        self.assertLess(row.cost, 200)

    def test_cold(self):
        rows = self.rows(driver.ColdCell("x", [driver.cold_cell.NC, driver.cold_cell.EMPTY, driver.cold_cell.OURS], 0))
        self.assertEqual(len(rows), 4)
        for row in rows:
            self.assertGreater(row.cost, 0)
            self.assertGreater(row.aside, 2)

    def test_datagrams(self):
        rows = self.rows(driver.EchoCell("x", [contenders.UDP, *contenders.OURS_UDP], ["--depth", "9"], 0, with_calls=False, scheme="udp"))
        self.assertEqual([row.name for row in rows[1:3]], ["ahoy event, epoll", "ahoy event, io_uring"])

    def test_instructions_are_a_difference(self):
        class Counted(driver.InstructionsCell):
            def count_of(self, contender, exchanges):
                return 1_000_000 + 70 * exchanges

            def why_not_started(self, contender):
                return None  # without valgrind, which is for the bench alone

        self.assertEqual([row.cost for row in self.rows(Counted("x", [contenders.EPOLL], [], 0))], [70])

    def test_the_best_of_the_others_is_that_of_the_round(self):
        costs = iter([2, 8, 1, 9, 3, 1])  # base, another, ours; twice

        class Told(cells.Cell):
            best_of_others = "ahoy"
            with_noise = False

            def measure(self, contender, share):
                return cells.Result(next(costs))

        cell = Told("x", [contenders.FORK, contenders.THREAD, contenders.OURS_THREAD])
        text = cells.table_of(cell, cells.rows_of(cell, 2, 1, set()))
        self.assertIn("ahoy thread: the best of the others costs 2.50 times as much (2.00 to 3.00).", text)

    def test_what_is_not_there_is_left_out(self):
        absent = contenders.Contender("absent", ["/nowhere/x"], ["/nowhere/compiler"])
        broken = contenders.Contender("broken", ["/nowhere/x"], ["sh", "-c", "echo why >&2; exit 1"])
        silent = contenders.Contender("silent", ["true"])
        said = io.StringIO()
        with contextlib.redirect_stderr(said):
            missing = driver.build([driver.EchoCell("x", [contenders.THREAD, absent, broken, silent], [], 0)])
        self.assertEqual(missing, {"absent", "broken", "silent"})
        self.assertEqual(said.getvalue().splitlines(), ["left out: absent: there is no /nowhere/compiler here",
                                                        "left out: broken does not build: why", "left out: silent does not start"])

    def test_reports(self):
        with tempfile.TemporaryDirectory() as folder:
            page = pathlib.Path(folder, "page.md")
            page.write_text("before\n" + driver.MARKS[0] + "old\n" + driver.MARKS[1] + "after\n")
            done = subprocess.run(["/usr/bin/python3", "-B", SOURCE / "bench/run.py", "--rounds", "2", "--share", "0.001", "--cell", "fork", "--write", page],
                                  capture_output=True, text=True, timeout=GUARD, check=False, env={**os.environ, "AHOY_BUILD": folder})
            self.assertEqual(done.returncode, 0, done.stderr)
            text = page.read_text()
        self.assertTrue(text.startswith("before\n" + driver.MARKS[0]))
        self.assertTrue(text.endswith(driver.MARKS[1] + "after\n"))
        self.assertNotIn("old", text)
        row = r"\| {} \| \d+\.\d\d \| {} \|  \| \d+ \|\n"
        ratios = r"\d+\.\d\d \| \d+\.\d\d to \d+\.\d\d"
        for name, ratio in [("fork per client, C", r"1 \| base"), ("ahoy process", ratios), ("fork per client, C, again: the noise", ratios)]:
            self.assertRegex(text, row.format(re.escape(name), ratio))
            self.assertRegex(done.stdout, row.format(re.escape(name), ratio))

    def test_every_base_is_built_by_hand(self):
        for cell in driver.CELLS:
            if isinstance(cell, EchoCell):
                self.assertEqual(cell.contenders[0].build[:1], ["cc"], cell.title)

    def test_counts_system_calls(self):
        """A server by hand takes two for each exchange, recv and send, and waits for many at once."""
        with tempfile.TemporaryDirectory() as folder:
            done = subprocess.run(["/usr/bin/python3", "-B", SOURCE / "bench/run.py", "--rounds", "1", "--share", "0.001", "--cell", "one connection,"],
                                  capture_output=True, text=True, timeout=GUARD, check=False, env={**os.environ, "AHOY_BUILD": folder})
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertRegex(done.stdout, r"(?m)^\| thread per client, C \| .* \| 2\.00 \| \d+ \|$")

    def test_ratios_are_of_one_round(self):
        costs = iter([1, 3, 2, 10, 5, 20])  # base, other, base again; twice

        class Told(cells.Cell):
            def measure(self, contender, share):
                return cells.Result(next(costs))

        rows = list(cells.rows_of(Told("x", [contenders.FORK, contenders.THREAD]), 2, 1, set()))
        self.assertEqual([row[2:5] for row in rows], [(1, 1, 1), (1.75, 0.5, 3), (2, 2, 2)])


if __name__ == "__main__":
    unittest.main()
