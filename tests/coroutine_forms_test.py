"""The checker of forbidden coroutine forms: it finds each bad sample, accepts each good one, and the project has none."""
import os
import pathlib
import subprocess
import sys
import unittest

SOURCE = pathlib.Path(os.environ["AHOY_SOURCE"])
sys.path.insert(0, str(SOURCE / "script"))
import coroutine_forms  # noqa: E402

AGGREGATE = "struct options { std::string host; int port; };\n"

# Each is the body of a coroutine, or more, and words of the reason that it must be refused with.
BAD = [
    ("if (co_await f() != 3) g();", "head of if"),
    ("if constexpr (co_await f()) g();", "head of if"),
    ("if (auto x = co_await f(); x) g();", "head of if"),
    ("while (co_await f()) {}", "head of while"),
    ("do { g(); } while (co_await f());", "head of while"),
    ("switch (co_await f()) { default: break; }", "head of switch"),
    ("for (auto& x : co_await f()) g(x);", "head of for"),
    ("for (int i = co_await f(); i < 3; ++i) g();", "head of for"),
    ("while (check(co_await f())) {}", "head of while"),
    ("auto x = b ? co_await f() : 0;", "?:"),
    ("auto x = co_await f() ? 1 : 0;", "?:"),
    ("auto x = b && co_await f();", "&&"),
    ("auto x = co_await f() or b;", "&&"),
    ("b || co_await f();", "&&"),
    ("auto x = co_await f() + co_await g();", "more than once"),
    ("auto x = co_await f(), y = co_await g();", "more than once"),
    ("g(co_await f());", "parentheses"),
    ("EXPECT_EQ(co_await f(), 3);", "parentheses"),
    ("auto n = (co_await f()).size();", "parentheses"),
    ("co_await g(co_await f());", "parentheses"),
    ("pair p{co_await f(), 1};", "braced list"),
    ("int a[] = {co_await f()};", "braced list"),
    ("co_return {co_await f()};", "braced list"),
    ("auto x = table[co_await f()];", "subscript"),
    ("auto x = 1 + co_await f();", "larger expression"),
    ("out << co_await f();", "larger expression"),
    ("auto x = !co_await f();", "larger expression"),
    ("int x = 3; co_await f([x] { return x; });", "capturing lambda"),
    ("co_await f([&] { return 1; });", "capturing lambda"),
    ("auto x = co_await f(1, [this](int n) { return n; });", "capturing lambda"),
    ("auto run = [&]() -> ahoy::task<> { co_await f(); };", "lambda that captures"),
    ("auto run = [x = 3]() -> task<int> { co_return x; };", "lambda that captures"),
    ("spawn([this] { g(); co_await f(); });", "lambda that captures"),
    ("int x = co_await f({.host = \"h\", .port = 1});", "designated"),
    ("int x = co_await f(other{.host = \"h\"});", "designated"),
    ("co_await f({\"h\", 1});", "braced list as an argument"),
    ("co_await f(1, {\"h\", 1});", "braced list as an argument"),
    ("co_await f(options{\"h\", 1});", "aggregate options"),
    ("}\n#define AWAIT(x) co_await x\nvoid g() {", "macro"),
    ("}\nahoy::task<int> late(options o) { co_return 1; ", "aggregate options by value"),
    ("}\ntask<std::vector<int>> room::late(int n, const options o) { co_return {}; ", "aggregate options by value"),
    ("auto r = R\"(\"; // )\"; if (co_await f()) g();", "head of if"),
    ("case 1: g(co_await f());", "parentheses"),
    ("auto n = 1'000; while (co_await f()) {}", "head of while"),
]

GOOD = [
    "co_await f();",
    "auto x = co_await f();",
    "const auto& x = co_await f();",
    "auto&& x = co_await f();",
    "auto [a, b] = co_await f();",
    "[[maybe_unused]] auto x = co_await f(a ? b : c, d && e);",
    "x = co_await f();",
    "total += co_await f();",
    "(void)co_await f();",
    "co_return co_await f();",
    "if (x) co_await f();",
    "if (x) { co_await f(); } else co_await g();",
    "for (;;) { auto bytes = co_await peer.receive(); if (bytes.empty()) break; co_await peer.send(bytes); }",
    "while (x) co_await f();",
    "switch (x) { case 1: co_await f(); break; default: auto y = co_await g(); }",
    "try { co_await f(); } catch (const error& e) { g(e); }",
    "co_await tick{};",
    "co_await awaiter{this, 3};",
    "co_await f(name{});",
    "co_await f([] { return 1; });",
    "auto run = []() -> task<> { co_await f(); }; co_await run();",
    "auto run = [](room& r, int n) -> task<int> { auto x = co_await r.join(n); co_return x; };",
    "auto g = [x] { return x; }; co_await f(g);",
    "auto outer = [&] { auto inner = []() -> task<> { co_return; }; return inner(); };",
    "options o{\"h\", 1}; co_await f(o);",
    "// if (co_await f()) is forbidden\n/* while (co_await f()) */ co_await f();",
    "log(\"if (co_await f())\"); co_await f();",
    "std::array<int, 2> a{1, 2}; co_await f(a[1]);",
    "ahoy::scope children; children.start(f()); co_await children.join();",
    "}\nahoy::task<> late(const options& o, options&& p, options* q) { co_await f(); ",
    "}\nstruct base { base() : a_{1}, b_{2} { g(); } task<> run() { co_await f(); } int a_, b_; };\nvoid g() {",
    "}\ntemplate <class T> requires good<T> task<> run(T& t) { co_await t(); }\nauto h() -> task<> { co_await f(); ",
    "}\nnamespace a::inline b { class c final : public d { task<> e() const { co_await f(); } }; }\nvoid g() {",
]


def in_coroutine(body):
    return AGGREGATE + "ahoy::task<> sample(connection& peer) {\n" + body + "\n}\n"


class CoroutineForms(unittest.TestCase):
    def test_finds_each_bad_sample(self):
        for body, words in BAD:
            with self.subTest(body):
                reasons = [reason for _, reason in coroutine_forms.findings(in_coroutine(body))]
                self.assertTrue(any(words in reason for reason in reasons), reasons)

    def test_accepts_each_good_sample(self):
        for body in GOOD:
            with self.subTest(body):
                self.assertEqual(coroutine_forms.findings(in_coroutine(body)), [])

    def test_names_the_line(self):
        self.assertEqual([line for line, _ in coroutine_forms.findings("task<> f() {\n\n  if (co_await g()) {}\n}\n")], [3])

    def test_project_has_none(self):
        run = subprocess.run([sys.executable, "-B", SOURCE / "script/coroutine_forms.py"], capture_output=True, text=True, check=False)
        self.assertEqual((run.returncode, run.stdout), (0, ""), run.stdout + run.stderr)


if __name__ == "__main__":
    unittest.main()
