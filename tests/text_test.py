"""What every file of the project keeps to, whatever it is written in."""
import os
import pathlib
import re
import stat
import subprocess
import sys
import unittest

SOURCE = pathlib.Path(os.environ["AHOY_SOURCE"])
sys.path.insert(0, str(SOURCE / "script"))
import function_sizes  # noqa: E402
from cpp_source import Source  # noqa: E402

# Not the project's own text: what tools leave behind, and the fuzzers' inputs.
LEFT_OUT = re.compile(r"(corpus|\.git|\.cache|build|build-[^/]*|__pycache__|\.vscode|\.idea|compile_commands\.json)")

# Hosts that a page or a comment may send a reader to. A host elsewhere, a package registry's or a machine's, has no place.
HOSTS = re.compile(r"""(.*\.)?(
    localhost|example|test|invalid|example\.(com|net|org)|debian\.org|rfc-editor\.org|ietf\.org|iana\.org|man7\.org|kernel\.org
  | gnu\.org|llvm\.org|cppreference\.com|open-std\.org|cmake\.org|freedesktop\.org|github\.com|opensource\.org|semver\.org
  | w3\.org | keepachangelog\.com|shellcheck\.net|no-color\.org|unicode\.org|wikipedia\.org|pubs\.opengroup\.org
)""", re.VERBOSE)
URL = re.compile(r"https?://(?:[^\s/@\"'<>]*@)?([A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)*\.[A-Za-z]{2,})")
MACHINE_PATH = re.compile(r"(?<![\w.*~-])/(?:wor[k]|roo[t]|home/[a-z]\w*)(?:/|\b)")


def files():
    for folder, folders, names in os.walk(SOURCE):
        folders[:] = sorted(name for name in folders if not LEFT_OUT.fullmatch(name))
        yield from (pathlib.Path(folder, name) for name in sorted(names) if not LEFT_OUT.fullmatch(name))


def faults_of_line(line):
    if MACHINE_PATH.search(line):
        yield "a path of one machine"
    for host in URL.findall(line):
        if not HOSTS.fullmatch(host.lower()):
            yield f"a host that is not in this test's list: {host}"
    if line != line.rstrip(" \t\r"):
        yield "white space at the end"


def faults(name, text):
    """(line, fault) of a file's text."""
    found = [(n, fault) for n, line in enumerate(text.split("\n"), 1) for fault in faults_of_line(line)]
    if text and not text.endswith("\n"):
        found.append((text.count("\n") + 1, "no newline at the end"))
    if name.endswith("_test.cpp"):  # CTest passes both over: what did not run has not been shown
        found += [(text.count("\n", 0, m.start()) + 1, f"{m.group()}: no test is skipped")
                  for m in re.finditer(r"GTEST_SKIP|\bDISABLED_", text)]
    return found


class Text(unittest.TestCase):
    def test_readme_shows_the_examples(self):
        readme = (SOURCE / "README.md").read_text(encoding="utf-8")
        for name in ("echo_server", "echo_client", "page_client"):
            self.assertIn((SOURCE / f"examples/{name}.cpp").read_text(encoding="utf-8"), readme, name)

    def test_finds_faults(self):
        for name, text in [("a.md", "see /wor" + "k/x\n"), ("a.md", "in /roo" + "t\n"), ("a.md", "https:/" + "/packages.elsewhere.io/x\n"),
                           ("a.md", "x \n"), ("a.md", "x\r\n"), ("a.md", "x"), ("a_test.cpp", "GTEST_SKIP();\n"),
                           ("a_test.cpp", "TEST(a, DISABLED_b) {}\n")]:
            with self.subTest(text):
                self.assertTrue(faults(name, text))

    def test_accepts(self):
        for line in ["https://www.rfc-editor.org/rfc/rfc8305", "http://[::1]:80/", "network/working", "as root", "http://127.0.0.1/x"]:
            with self.subTest(line):
                self.assertEqual(faults("a.md", line + "\n"), [])

    def test_every_file(self):
        found = []
        for path in files():
            name = path.relative_to(SOURCE).as_posix()
            data = path.read_bytes()
            if path.is_symlink() or b"\0" in data:
                continue
            found += [f"{name}:{line}: {fault}" for line, fault in faults(name, data.decode("utf-8"))]
        self.assertEqual(found, [], "\n" + "\n".join(found))

    def test_no_function_is_long(self):
        over = [row for row in function_sizes.measure(function_sizes.project()) if row[0] > function_sizes.LIMIT]
        self.assertEqual(over, [])

    def test_function_sizes_are_measured(self):
        body = "\n".join(f"  f({n});" for n in range(61))
        sizes = list(function_sizes.functions(Source("namespace a {\nstruct b {\n  template <class T>\n  int c(T t) const {\n" + body + "\n  }\n};\n}\n")))
        self.assertEqual(sizes, [(4, 63)])


class Scripts(unittest.TestCase):
    scripts = [path for path in files() if path.is_file() and path.read_bytes().startswith(b"#!")]

    def test_are_executable(self):
        self.assertTrue(self.scripts)
        self.assertEqual([str(p) for p in self.scripts if not p.stat().st_mode & stat.S_IXUSR], [])

    def test_pass_shellcheck(self):
        shells = [path for path in self.scripts if re.match(rb"#!/bin/(sh|bash)\n", path.read_bytes())]
        run = subprocess.run(["shellcheck", *shells], capture_output=True, text=True, check=False)
        self.assertEqual(run.returncode, 0, run.stdout + run.stderr)

    def test_need_only_a_posix_shell(self):
        folder = SOURCE / "script"
        shells = [path for path in self.scripts if folder in path.parents and path.suffix != ".py"]
        self.assertTrue(shells)
        for path in shells:
            with self.subTest(path.name):
                text = path.read_text(encoding="utf-8")
                self.assertTrue(text.startswith("#!/bin/sh\n"))
                self.assertRegex(text, r"(?m)^set -eu$")


if __name__ == "__main__":
    unittest.main()
