"""The servers of bench/ echo, and its driver reports what they cost. No figure is judged."""
import importlib.util
import os
import pathlib
import re
import socket
import subprocess
import sys
import tempfile
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
IN_PYTHON = ["asyncio_echo", "socketserver_echo"]


class Contenders(unittest.TestCase):
    def setUp(self):
        self.folder = self.enterContext(tempfile.TemporaryDirectory())

    def commands(self):
        for name in IN_C:
            program = pathlib.Path(self.folder, name)
            subprocess.run(["cc", "-Wall", "-Wextra", "-Werror", "-O1", "-pthread", "-o", program, SOURCE / f"bench/{name}.c"], check=True)
            yield name, [program]
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


class Driver(unittest.TestCase):
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
