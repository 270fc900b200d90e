"""What the tests of the internet's protocols have in common: a server shared by a class, what a run must not leave behind."""
import os
import pathlib
import subprocess
import tempfile
import unittest

from command import AHOY, GUARD, run

EVERY_BYTE = bytes(range(256)) * 40
MUCH = os.urandom(1 << 20) * 50
WITHOUT_PROXY = {name: value for name, value in os.environ.items() if not name.lower().endswith("_proxy")}
NOBODY_KNOWN = WITHOUT_PROXY | {"NETRC": "/dev/null"}


class Fetching(unittest.TestCase):
    """`start` is the server's class; each test has a folder of its own that must be empty of what it does not name."""
    start = None

    @classmethod
    def setUpClass(cls):
        if cls.start:
            cls.server = cls.enterClassContext(cls.start())

    def setUp(self):
        self.folder = pathlib.Path(self.enterContext(tempfile.TemporaryDirectory(prefix="ahoy-fetch-")))

    def put(self, name, content):
        """A file that the server has."""
        path = self.server.root / name
        path.write_bytes(content)
        path.chmod(0o666)
        return path

    def ahoy(self, *words, env=NOBODY_KNOWN, **process):
        return run(*words, env=env, cwd=self.folder, **process)

    def expect(self, ended, status, out=None):
        self.assertEqual(ended.status, status, ended)
        if out is not None:
            self.assertEqual(ended.out, out, ended.err)
        return ended

    def fetch(self, url, *words, **process):
        return self.ahoy("fetch", url, *words, **process)

    def refused(self, status, cause, *words, **process):
        """Fails with this status and cause, writes nothing, and tells no secret."""
        ended = self.expect(self.ahoy(*words, **process), status, b"")
        self.assertRegex(ended.err, r"(?m)^ahoy: .*" + cause)
        self.assertNotIn("secret", ended.err)
        return ended

    def left(self):
        return sorted(path.name for path in self.folder.iterdir())


def begun(*words, **process):
    """`ahoy`, while it runs, with pipes."""
    return subprocess.Popen([AHOY, *map(str, words)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=NOBODY_KNOWN, **process)


def ended(process):
    out, err = process.communicate(timeout=GUARD)
    return process.returncode, out, err.decode()
