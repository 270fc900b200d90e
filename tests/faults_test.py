"""Each call of the command that may fail fails once: a selection of the points that script/faults tries all of."""
import collections
import pathlib
import tempfile
import unittest

import faulty

LEAST = 2000  # points in which a call did fail
MOST_CALLS, MOST_MEMORY = 110, 40  # of a scenario


class Faults(unittest.TestCase):
    def test_nothing_that_fails_once_does_more_harm_than_it_must(self):
        points = [point for name in faulty.SCENARIOS for point in faulty.some_points(name, MOST_CALLS, MOST_MEMORY)]
        failed, complaints = faulty.try_all(points)
        self.assertEqual(complaints, [])
        self.assertGreaterEqual(failed, LEAST, "calls are not counted, or not made to fail")

    def test_a_point_fails_the_call_that_it_names(self):
        for name, call in (("send-unix", "connect"), ("echo-iterative", "accept4"), ("echo-uring", "io_uring_enter"),
                           ("send-tls", "SSL_do_handshake")):
            with self.subTest(name, call=call):
                points = [point for point in faulty.points_of(name) if faulty.rows()[point.row].name == call]
                self.assertTrue(points, "the scenario makes the call")
                failed = collections.Counter()
                for point in points[:4]:
                    run = faulty.play(faulty.SCENARIOS[name], point, faulty.good_run(name))
                    failed[faulty.rows()[run.failed_row].name if run.failed_row is not None else "none"] += 1
                self.assertGreater(failed[call], 0, failed)

    def test_where_memory_stays_gone_a_listener_waits_and_then_goes_on(self):
        """A loop that tries at once what failed would hold up all others, who could give some back."""
        ways = ((), ("--engine", "uring"), ("--workers", "2"), ("--model", "iterative"), ("--model", "thread"), ("--model", "process"),
                ("--model", "thread", "--workers", "2"), ("--model", "process", "--workers", "2"))
        for way in ways:
            with self.subTest(way):
                self.assertEqual(faulty.starve("tcp", *way), [])
                self.assertEqual(faulty.starve_datagrams(*way), [])
        for way in ways[:1] + ways[4:]:
            with self.subTest("tls", way=way):
                self.assertEqual(faulty.starve("tls", *faulty.TLS_SERVER, *way), [])

    def test_the_driver_complains_of_what_is_wrong(self):
        """Programs that lie stand in the command's place."""
        lies = {"exit 0": "status 0", "exit 3": "without a word", "kill -SEGV $$": "signal 11",
                "echo \"terminate called\" >&2; exit 1": "terminate called", "echo ahoy: it failed >&2; touch left; exit 1": "left",
                "echo ahoy: it failed >&2; echo wrong; exit 1": "wrote", "sleep 9 & echo ahoy: it failed >&2; exit 1": "process behind"}
        scenario = faulty.SCENARIOS["send-unix"]
        point, good = faulty.points_of("send-unix")[0], faulty.good_run("send-unix")
        real = faulty.AHOY
        with tempfile.TemporaryDirectory() as folder:
            liar = pathlib.Path(folder) / "ahoy"
            self.addCleanup(setattr, faulty, "AHOY", real)
            faulty.AHOY = str(liar)
            for lie, complaint in lies.items():
                with self.subTest(lie):
                    liar.write_text(f"#!/bin/sh\n{lie}\n")
                    liar.chmod(0o700)
                    run = faulty.play(scenario, point, good)
                    self.assertIn(complaint, "; ".join(run.complaints))


if __name__ == "__main__":
    unittest.main()
