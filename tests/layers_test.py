"""The include rule: a folder of ahoy/ is one layer, and includes run downward only."""
import os
import pathlib
import re
import sys
import unittest

SOURCE = pathlib.Path(os.environ["AHOY_SOURCE"])
sys.path.insert(0, str(SOURCE / "script"))
from cpp_source import TOKEN  # noqa: E402

# Lowest first; two of the same height do not include each other.
LAYERS = {"error": 0, "address": 1, "task": 1, "socket": 2, "engine": 3, "connection": 4, "message": 5, "protocol": 6,
          "server": 7, "handler": 8, "ahoy.hpp": 9, "command": 10, "internet": 11}  # ahoy.hpp: the library in one header

# What runs over any engine names none: layer, what it must not include, and why.
UNNAMED = [(layer, r"ahoy/engine/(blocking|epoll|uring|simulated)\.hpp", "runs over any engine, so it names none")
           for layer in ("connection", "message", "protocol", "handler")]

# Libraries: the start of their headers' names, and the layers whose .cpp files may use them. The command's headers may
# too; a public header shows none, so that who uses ahoy needs nothing but its own headers.
COMMAND = ("command", "internet")  # one program, in two parts
LIBRARIES = {"fmt/": set(LAYERS), "openssl/": {"connection", "protocol"}, "liburing": {"engine"}, "curl/": {"protocol"}, "libtelnet": {"protocol"},
             "sqlite3": {"message"}, "nlohmann/": {"command"}, "histedit": {"command"}, "editline/": {"command"},
             "spdlog/": {"command"}, "gtest/": set(), "gmock/": set()}

INCLUDE = re.compile(r'^[ \t]*#[ \t]*include[ \t]*([<"])([^>"]+)[>"]', re.MULTILINE)


def includes(text):
    for match in INCLUDE.finditer(text):
        yield text.count("\n", 0, match.start()) + 1, match.group(1) == "<", match.group(2)


def broken_layer(layer, name):
    target = re.fullmatch(r"ahoy/(\w+)/\w+\.hpp", name) or re.fullmatch(r"ahoy/(ahoy\.hpp)", name)
    if not target or target.group(1) not in LAYERS:
        return f"{name} is in no layer"
    below = LAYERS[target.group(1)]
    if target.group(1) != layer and below >= LAYERS[layer]:
        return f"{layer} must not include {name}: includes run downward only"
    for forbidden_in, pattern, reason in UNNAMED:
        if layer == forbidden_in and re.fullmatch(pattern, name):
            return f"{layer} must not include {name}: it {reason}"
    return None


def broken_library(layer, path, name):
    library = next((prefix for prefix in LIBRARIES if name.startswith(prefix)), None)
    if path.endswith("_test.cpp") and re.fullmatch(r"tests/\w+\.hpp", name):  # what tests share
        return None
    if library is None:
        return f"{name} is of no library that ahoy may use" if "/" in name and not is_system(name) else None
    if path.endswith("_test.cpp") and (library in ("gtest/", "gmock/") or layer in LIBRARIES[library]):
        return None
    if path.endswith(".hpp") and layer not in COMMAND:
        return f"a public header must not include {name}"
    return None if layer in LIBRARIES[library] else f"{layer} must not include {name}"


def is_system(name):
    return re.match(r"(sys|net|netinet|arpa|linux|asm|bits)/", name)


# An option of the command, as a text would name it: the library does not know the command, and speaks of its own fields.
OPTION = re.compile(r"(?<![\w-])--[a-z]")


def options_named(text):
    """The lines of string literals that name an option."""
    literals = (match for match in TOKEN.finditer(text) if match.lastgroup in ("string", "raw", "mark"))
    return [text.count("\n", 0, match.start()) + 1 for match in literals if OPTION.search(match.group())]


def broken(path, text):
    """(line, reason) of each include in ahoy/LAYER/FILE that the rule forbids."""
    layer = path.split("/")[1]
    if layer not in LAYERS:
        return [(1, f"ahoy/{layer} is in no layer")]
    found = []
    for line, angled, name in includes(text):
        if not angled:
            found.append((line, f'include <ahoy/LAYER/x.hpp>, not "{name}"'))
            continue
        reason = broken_layer(layer, name) if name.startswith("ahoy/") else broken_library(layer, path, name)
        if reason:
            found.append((line, reason))
    if layer not in COMMAND:
        found += [(line, "a text names an option of the command, which the library does not know") for line in options_named(text)]
    if path.endswith(".hpp") and "#pragma once" not in text:
        found.append((1, "a header begins with #pragma once"))
    return found


class Layers(unittest.TestCase):
    def test_forbids(self):
        for path, include in [
            ("ahoy/error/error.hpp", "<ahoy/address/host.hpp>"), ("ahoy/address/host.cpp", "<ahoy/task/task.hpp>"),
            ("ahoy/task/task.hpp", "<ahoy/address/host.hpp>"), ("ahoy/message/channel.cpp", "<ahoy/server/server.hpp>"),
            ("ahoy/message/channel.cpp", "<ahoy/engine/epoll.hpp>"), ("ahoy/socket/socket.cpp", '"socket.hpp"'),
            ("ahoy/engine/engine.hpp", "<fmt/format.h>"), ("ahoy/server/server.cpp", "<nlohmann/json.hpp>"),
            ("ahoy/socket/socket_test.cpp", "<ahoy/engine/engine.hpp>"), ("ahoy/unknown/x.hpp", "<string>"),
            ("ahoy/socket/socket.cpp", "<boost/asio.hpp>"), ("ahoy/server/server.cpp", "<ahoy/nowhere/x.hpp>"),
            ("ahoy/task/task.hpp", "<gtest/gtest.h>"), ("ahoy/handler/echo.hpp", "<ahoy/ahoy.hpp>"), ("ahoy/task/task.cpp", "<gtest/gtest.h>"),
            ("ahoy/task/task.cpp", "<tests/reset.hpp>"), ("ahoy/task/task.hpp", "<tests/reset.hpp>"),
        ]:
            with self.subTest(f"{path} {include}"):
                self.assertTrue(broken(path, f"#pragma once\n#include {include}\n"))

    def test_allows(self):
        for path, include in [
            ("ahoy/socket/socket.hpp", "<ahoy/address/address.hpp>"), ("ahoy/socket/fd.hpp", "<ahoy/socket/socket.hpp>"),
            ("ahoy/command/main.cpp", "<ahoy/engine/epoll.hpp>"), ("ahoy/server/event.cpp", "<ahoy/engine/epoll.hpp>"),
            ("ahoy/task/task_test.cpp", "<gtest/gtest.h>"), ("ahoy/task/task_test.cpp", "<tests/reset.hpp>"), ("ahoy/error/error.cpp", "<fmt/format.h>"),
            ("ahoy/command/listen.hpp", "<nlohmann/json.hpp>"), ("ahoy/socket/socket.cpp", "<sys/socket.h>"), ("ahoy/socket/socket.cpp", "<vector>"),
        ]:
            with self.subTest(f"{path} {include}"):
                self.assertEqual(broken(path, f"#pragma once\n#include {include}\n"), [])

    def test_only_the_command_names_its_options(self):
        for text in ('throw error{"try --connect-timeout"};', 'const char* a =\n  "x"\n  "--drain is longer";', 'auto a = R"(--once)";'):
            with self.subTest(text):
                self.assertTrue(broken("ahoy/server/server.cpp", text))
                self.assertEqual(broken("ahoy/command/listen.cpp", text), [])
        for text in ('"xn--bcher-kva.example"', "--count; // --once", 'f("a -- b", i--)'):
            with self.subTest(text):
                self.assertEqual(broken("ahoy/server/server.cpp", text), [])

    def test_project_obeys(self):
        paths = sorted(p for p in (SOURCE / "ahoy").rglob("*") if p.suffix in (".cpp", ".hpp"))
        self.assertTrue(paths)
        found = []
        for path in paths:
            name = path.relative_to(SOURCE).as_posix()
            found += [f"{name}:{line}: {reason}" for line, reason in broken(name, path.read_text(encoding="utf-8"))]
        self.assertEqual(found, [], "\n" + "\n".join(found))

    def test_cmake_has_the_same_layers(self):
        text = (SOURCE / "cmake/library.cmake").read_text(encoding="utf-8")
        layers = re.search(r"set\(layers ([^)]*)\)", text).group(1).split()
        apart = ["protocol", "ahoy.hpp", "command", "internet"]  # libraries and programs of their own
        self.assertEqual(sorted(layers + apart), sorted(LAYERS))


if __name__ == "__main__":
    unittest.main()
