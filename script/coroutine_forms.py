#!/usr/bin/python3
"""Finds the coroutine forms that GCC 12 compiles wrongly without a word (CONTRIBUTING.md has the list and the reasons).

usage: coroutine_forms.py [FILE...]     without files: every C++ source and header of the project
Prints FILE:LINE: REASON for each and ends with status 1 if there was one. It reads tokens, not types; where tokens do not
tell, it is strict, since what it asks for (give the awaited value, or the argument, a name) is always possible.
"""
import pathlib
import re
import sys

sys.dont_write_bytecode = True
from cpp_source import CONTROLS, COROUTINE_WORDS, Source, Token  # noqa: E402

AWAITS = {"co_await", "co_yield"}
ASSIGNMENTS = {"=", "+=", "-=", "*=", "/=", "%=", "&=", "|=", "^="}
# Members that make an aggregate more than bytes: what owns something and so has a destructor.
OWNING = {"string", "vector", "function", "unique_ptr", "shared_ptr", "optional", "deque", "map", "unordered_map", "set", "list", "any", "variant", "exception_ptr"}


def around(source, index):
    """Why the await at index must not stand inside the brackets that it stands in, or None."""
    scan = source.parent[index]
    if scan is None or source.is_block.get(scan):
        return None
    block = source.block_of(index)
    while scan != block:
        before = source.text(scan - 1)
        if before == "constexpr":
            before = source.text(scan - 2)
        if source.text(scan) == "(" and before in CONTROLS:
            return f"inside the head of {before} (...)"
        scan = source.parent[scan]
    return {"(": "inside parentheses", "[": "inside a subscript", "{": "inside a braced list"}[source.text(source.parent[index])]


def level_tokens(source, first, last):
    """The indices of a statement's own tokens, without what its brackets hold."""
    index = first
    while index <= last:
        yield index
        index = source.partner.get(index, index) + 1 if source.text(index) in ("(", "[", "{") else index + 1


def in_expression(source, index, first, last):
    """Why the await at index must not stand in the expression that its statement is, or None."""
    level = list(level_tokens(source, first, last))
    assigned = next((i for i in level if source.text(i) in ASSIGNMENTS), None)
    expression = [i for i in level if assigned is None or i > assigned]
    words = {source.text(i) for i in expression}
    if "?" in words:
        return "beside ?:"
    if words & {"&&", "||", "and", "or"}:
        return "beside && or ||"
    before = source.text(index - 1)
    void_cast = before == ")" and source.partner.get(index - 1) == first and source.text(first + 1) == "void"
    if index != first and not void_cast and before not in ASSIGNMENTS | {"co_return"}:
        return "inside a larger expression"
    return None


def temporaries(source, index, first, last, aggregates):
    """Why a temporary in the statement of the await at index must not be there, or None."""
    for i in range(first, last + 1):
        if source.block_of(i) != source.block_of(index):
            continue
        if source.is_lambda(i) and source.captures(i):
            return "with a capturing lambda in its expression"
        if source.text(i) != "{" or source.is_block.get(i) or source.partner.get(i) == i + 1:
            continue
        if source.text(i + 1) == ".":
            return "with a designated initializer in its expression"
        if source.text(i - 1) in ("(", ","):
            return "with a braced list as an argument"
        if source.text(i - 1) in aggregates:
            return f"with a temporary of the aggregate {source.text(i - 1)} in its expression"
    return None


def check_await(source, index, aggregates):
    reason = around(source, index)
    if reason:
        return reason
    first, last = source.statement(index)
    others = sum(source.text(i) in AWAITS and source.block_of(i) == source.block_of(index) for i in range(first, last + 1))
    if others > 1:
        return "more than once in a statement"
    return in_expression(source, index, first, last) or temporaries(source, index, first, last, aggregates)


def check_lambda(source, index):
    """Why the lambda at index must not be a coroutine, or None."""
    body = source.lambda_body(index)
    if body is None or not source.captures(index):
        return None
    for i in range(body, source.partner.get(body, body)):
        if source.text(i) in COROUTINE_WORDS and function_body(source, i) == body:
            return "a coroutine lambda that captures: its captures die before it does"
    return None


def function_body(source, index):
    """The { of the lambda body around index; for code outside lambdas, the outermost."""
    bodies = source.__dict__.setdefault("bodies", {source.lambda_body(i) for i in range(len(source.tokens)) if source.is_lambda(i)})
    scan = source.parent[index]
    while scan is not None and scan not in bodies:
        scan = source.parent[scan]
    return scan


def aggregates_of(source):
    """Names of structs that own something and have no constructor."""
    names = set()
    for i, token in enumerate(source.tokens):
        body = i + 2
        if token.text != "struct" or source.text(body) != "{" or body not in source.partner:
            continue
        name = source.text(i + 1)
        members = [source.text(j) for j in range(body + 1, source.partner[body]) if source.parent[j] == body]
        constructed = any(a == name and b == "(" for a, b in zip(members, members[1:]))
        if not constructed and OWNING & set(members) and "await_ready" not in members:
            names.add(name)
    return names


def check_parameters(source, aggregates):
    """By-value parameters of coroutines whose type is an owning aggregate."""
    for i, token in enumerate(source.tokens):
        opening = source.partner.get(i)
        if token.text != ")" or opening is None or not returns_task(source, opening):
            continue
        level = [source.text(j) for j in range(opening + 1, i)]
        for name, following in zip(level, level[1:]):
            if name in aggregates and re.match(r"[A-Za-z_]", following):
                yield Token(f"a coroutine takes the aggregate {name} by value: give it a constructor", token.line)


def returns_task(source, opening):
    """Whether the ( at opening holds the parameters of a function declared as task<...> NAME(...)."""
    i = opening - 2
    while source.text(i) == "::" and i > 1:
        i -= 2
    if source.text(i) != ">":
        return False
    depth = 0
    while i >= 0 and source.text(i) not in (";", "{", "}"):
        depth += {">": 1, "<": -1}.get(source.text(i), 0)
        i -= 1
        if depth == 0:
            return source.text(i) == "task"
    return False


def findings(text, aggregates=frozenset()):
    """(line, reason) of every forbidden form in a file's text."""
    source = Source(text)
    aggregates = set(aggregates) | aggregates_of(source)
    found = [(d.line, "co_await inside a macro") for d in source.directives if any(word in d.text for word in AWAITS)]
    for i, token in enumerate(source.tokens):
        if token.text in AWAITS and source.text(i - 1) != "operator":
            reason = check_await(source, i, aggregates)
            if reason:
                found.append((token.line, f"{token.text} {reason}"))
        elif token.text == "[" and source.is_lambda(i):
            reason = check_lambda(source, i)
            if reason:
                found.append((token.line, reason))
    found += [(token.line, token.text) for token in check_parameters(source, aggregates)]
    return sorted(found)


def main(arguments):
    root = pathlib.Path(__file__).resolve().parent.parent
    paths = [pathlib.Path(name) for name in arguments]
    if not paths:
        folders = ("ahoy", "examples", "tests", "bench", "fuzz")
        paths = sorted(p for folder in folders for p in (root / folder).rglob("*") if p.suffix in (".cpp", ".hpp"))
    texts = {path: path.read_text(encoding="utf-8") for path in paths}
    aggregates = set().union(*(aggregates_of(Source(text)) for text in texts.values())) if texts else set()
    failed = 0
    for path, text in texts.items():
        for line, reason in findings(text, aggregates):
            print(f"{path}:{line}: {reason}")
            failed += 1
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
