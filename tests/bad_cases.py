"""Tables of servers that misbehave, and how each is run: in bounded memory and time, and nothing is left behind.

A case is a row: its name, the server's script (a tuple of them, where more connections than one are made; see bad_server.py),
path and options of the run, the status (or those that it may be), and what the error says. Where it does no harm there is the content in their place.
"""
import contextlib
import pathlib
import tempfile

from bad_server import BadServer
from command import SANITIZED
from fetching import Fetching

MEMORY = () if SANITIZED else ("prlimit", f"--data={64 << 20}")  # whatever a server sends
TIME = ("--timeout", "20s")  # a case that needs that long fails, since its status is not 28
CONTROLS = "[\x00-\x09\x0b-\x1f\x7f-\x9f\u202e]"


def scripts_of(case):
    return case if isinstance(case, tuple) else (case,)


def size_of(script):
    """How many bytes it sends."""
    return sum(len(step) for step in script if isinstance(step, bytes))


class BadCases(Fetching):
    scheme = ""
    verb = "fetch"

    def url(self, bad, path):
        return f"{self.scheme}://127.0.0.1:{bad.port}{path}"

    @contextlib.contextmanager
    def case(self, name, case, **how):
        """Runs in a folder of its own, which is empty."""
        with self.subTest(name), tempfile.TemporaryDirectory(prefix="ahoy-bad-") as folder, BadServer(*scripts_of(case), **how) as bad:
            self.folder = pathlib.Path(folder)
            yield bad

    def run_against(self, bad, path, *words, **process):
        limit = () if "--timeout" in words else TIME
        return self.ahoy(self.verb, self.url(bad, path), *words, *limit, before=MEMORY, **process)

    def check_refused(self, rows, *more, **process):
        for name, case, path, words, status, says in rows:
            with self.case(name, case) as bad:
                ended = self.run_against(bad, path, *words, *more, **process)
                self.assertIn(ended.status, status if isinstance(status, tuple) else (status,), ended)
                self.assertEqual(ended.out, b"")
                self.assertRegex(ended.err, r"\Aahoy: ")
                self.assertRegex(ended.err, says)
                self.assertNotRegex(ended.err, CONTROLS)
                self.assertNotIn("secret", ended.err)
                self.assertEqual(self.left(), [])

    def check_harmless(self, rows, *more):
        """Nothing but that content comes, in the place for it."""
        for name, case, path, words, content in rows:
            with self.case(name, case) as bad:
                ended = self.expect(self.run_against(bad, path, *words, *more, "--output", "copy"), 0, b"")
                self.assertNotRegex(ended.err, CONTROLS)
                self.assertEqual((self.folder / "copy").read_bytes(), content)
                self.assertEqual(self.left(), ["copy"])

    def check_cut_at_every_byte(self, script, path, *words, statuses=(56,), others=(), but=0):
        """Fails with one of these statuses wherever the first connection ends, but for the last bytes; `others` are the scripts of further ones."""
        for cut in range(1, size_of(script) - but):
            with self.case(cut, (script, *others), close_at=cut) as bad:
                ended = self.run_against(bad, path, *words, "--output", "copy")
                self.assertIn(ended.status, statuses, ended)
                self.assertRegex(ended.err, r"\Aahoy: ")
                self.assertEqual(self.left(), [])
