"""Runs the unittest file named first; further words choose tests in it, as unittest's -k does.

A skipped test counts as a failed one, and so does a file without tests: what did not run has not been shown.
AHOY_ALLOW_SKIP=1 lets skips pass, for machines that lack a permission.
"""
import importlib.util
import os
import pathlib
import sys
import time
import unittest


def load(path, patterns):
    sys.path.insert(0, str(path.parent))
    spec = importlib.util.spec_from_file_location(path.stem, path)
    module = importlib.util.module_from_spec(spec)
    sys.modules[path.stem] = module
    spec.loader.exec_module(module)
    loader = unittest.TestLoader()
    loader.testNamePatterns = [f"*{pattern}*" for pattern in patterns] or None
    return loader.loadTestsFromModule(module)


class Timed(unittest.TextTestResult):
    """Says how long each took that took long: a test that waits for time, not for an event, is among them."""

    def startTest(self, test):
        self.begun = time.monotonic()
        super().startTest(test)

    def stopTest(self, test):
        super().stopTest(test)
        took = time.monotonic() - self.begun
        if took >= 3:
            self.stream.writeln(f"  ({took:.1f} s: {test.id()})")


def main():
    if len(sys.argv) < 2:
        sys.exit("usage: run.py FILE [PATTERN...]")
    path = pathlib.Path(sys.argv[1]).resolve()
    source = path.parent.parent
    os.environ.setdefault("AHOY_SOURCE", str(source))
    os.environ.setdefault("AHOY_BUILD", str(source / "build"))
    os.environ.setdefault("AHOY", os.environ["AHOY_BUILD"] + "/ahoy")
    result = unittest.TextTestRunner(verbosity=2, resultclass=Timed).run(load(path, sys.argv[2:]))
    failed = not result.wasSuccessful()
    if result.testsRun == 0:
        print(f"{path.name}: no test ran")
        failed = True
    if result.skipped and os.environ.get("AHOY_ALLOW_SKIP") != "1":
        print(f"{path.name}: {len(result.skipped)} skipped, which counts as failed (AHOY_ALLOW_SKIP=1 allows it)")
        failed = True
    sys.exit(1 if failed else 0)


main()
