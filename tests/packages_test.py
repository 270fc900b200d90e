"""script/packages names the package of every program that the tests and scripts start."""
import functools
import os
import pathlib
import re
import shutil
import subprocess
import unittest

SOURCE = pathlib.Path(os.environ["AHOY_SOURCE"])
PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

# Which group must hold what a file starts: a test may use the packages of test, a check those of check too.
GROUPS = {"build": ["build"], "test": ["build", "test"], "check": ["build", "test", "check"], "bench": ["build", "test", "bench"]}

# Words that look like a program in a test and are none: options' values, messages, names of callers.
NOT_PROGRAMS = {"ahoy", "time", "link", "who", "users", "size", "file", "ar"}

# Looked for before it is used, and not needed.
OPTIONAL = {"ccache", "sudo"}

WORDS = r"[A-Za-z][\w.+-]*"
PYTHON_CALLS = [re.compile(rf'[\[(]\s*"({WORDS})"\s*,'), re.compile(rf'(?:run|sh|popen|Popen|call|output|start|spawn|which|program|path_of)\(\s*f?"({WORDS})[ "]')]
SHELL_WORDS_BEFORE = re.compile(r"\b(?:if|then|elif|else|while|until|do|exec|xargs|env)[ \t]")
SHELL_CALLS = re.compile(rf"(?:^|[;&|({{!])[ \t]*(?:\w+=\S*[ \t]+)*({WORDS})(?=[ \t\n;)])", re.MULTILINE)
BUILT_IN = set("""if then else elif fi for while until do done case esac in set cd echo printf exit export return read trap shift exec
    eval local test command type wait kill ulimit umask unset true false pwd time function""".split())


def packages():
    rows = [line.split(None, 2) for line in (SOURCE / "script/packages").read_text(encoding="utf-8").splitlines()]
    return [row for row in rows if row and not row[0].startswith("#")]


@functools.cache
def owners():
    """Path of each program that a package brought -> the package; /usr taken off, since / and /usr are one."""
    found = {}
    for path in pathlib.Path("/var/lib/dpkg/info").glob("*.list"):
        package = path.stem.split(":")[0]
        for line in path.read_text(encoding="utf-8", errors="replace").splitlines():
            found[line.removeprefix("/usr")] = package
    return found


def owner(program):
    """The package that a program of this machine came with, or None for what no package brought."""
    found = shutil.which(program, path=PATH)
    return found and owners().get(os.path.realpath(found).removeprefix("/usr"))


def always_there(package):
    """Whether every Debian system has the package."""
    fields = subprocess.run(["dpkg-query", "-W", "-f", "${Essential} ${Priority}\n", package], capture_output=True, text=True, check=True)
    return any(word in fields.stdout.split() for word in ("yes", "required"))


def with_dependencies(names):
    """The installed packages that come with those named, directly or not."""
    rows = subprocess.run(["dpkg-query", "-W", "-f", "${Package}\t${Pre-Depends},${Depends}\n"], capture_output=True, text=True, check=True).stdout
    depends = {}
    for row in rows.splitlines():
        package, needs = row.split("\t")
        depends.setdefault(package, set()).update(re.findall(r"(?:^|[,|])\s*([a-z0-9][a-z0-9.+-]*)", needs))
    found, waiting = set(), set(names)
    while waiting:
        found |= waiting
        waiting = {need for name in waiting for need in depends.get(name, ()) if need in depends} - found
    return found


def programs_in(path, text):
    if path.suffix == ".py":
        found = {word for call in PYTHON_CALLS for word in call.findall(text)}
    else:
        text = SHELL_WORDS_BEFORE.sub(";", re.sub(r"(?m)#.*$|'[^']*'", "", text))
        found = set(SHELL_CALLS.findall(text))
        found -= set(re.findall(rf"(?m)^\s*({WORDS})\(\)", text))
    return found - BUILT_IN - NOT_PROGRAMS - OPTIONAL


def group_of(path):
    name = path.relative_to(SOURCE).as_posix()
    if name.startswith(("script/check", "script/fuzz")):
        return "check"
    if name == "script/bench":
        return "bench"
    return "build" if name in ("script/bootstrap", "script/build", "script/demo") else "test"


def sources():
    shells = [p for p in (SOURCE / "script").rglob("*") if p.is_file() and p.read_bytes().startswith(b"#!/bin/sh")]
    return sorted(shells + list((SOURCE / "tests").rglob("*.py")))


class Packages(unittest.TestCase):
    def test_each_row_has_group_package_and_reason(self):
        rows = packages()
        for row in rows:
            with self.subTest(" ".join(row)):
                self.assertEqual(len(row), 3)
                self.assertIn(row[0], GROUPS)
        names = [row[1] for row in rows]
        self.assertEqual(sorted(names), sorted(set(names)))

    def test_each_is_installed(self):
        for group, name, _ in packages():
            if group not in ("check", "bench"):
                with self.subTest(name):
                    state = subprocess.run(["dpkg-query", "-W", "-f", "${db:Status-Status}", name], capture_output=True, text=True, check=False)
                    self.assertEqual(state.stdout, "installed")

    def test_each_program_has_its_package(self):
        have = {group: with_dependencies(name for g, name, _ in packages() if g in groups) for group, groups in GROUPS.items()}
        seen = set()
        for path in sources():
            group = group_of(path)
            for program in sorted(programs_in(path, path.read_text(encoding="utf-8"))):
                package = owner(program)
                if package is None or always_there(package):
                    continue
                seen.add(program)
                with self.subTest(f"{path.relative_to(SOURCE)}: {program}"):
                    self.assertTrue(package in have[group], f"script/packages lacks {package} in group {group}, for {program}")
        self.assertIn("cmake", seen)
        self.assertIn("shellcheck", seen)

    def test_finds_programs(self):
        self.assertIn("nc", programs_in(pathlib.Path("x.py"), 'run(["nc", "-N", host])'))
        self.assertIn("ip", programs_in(pathlib.Path("x.py"), 'run("ip netns add a")'))
        self.assertIn("nginx", programs_in(pathlib.Path("x.py"), 'self.program("nginx")'))
        self.assertIn("tmux", programs_in(pathlib.Path("x"), "if tmux -V; then\n"))
        self.assertIn("strace", programs_in(pathlib.Path("x"), "LC_ALL=C strace -f x\n"))


if __name__ == "__main__":
    unittest.main()
