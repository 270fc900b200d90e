#!/usr/bin/python3
"""Measures functions, from the name to the closing brace, in lines that hold code.

usage: function_sizes.py [FILE...]     without files: the library, the command and the examples, tests excepted
Prints the count, the median and the longest; FILE:LINE of each function over the limit, and then ends with status 1.
"""
import pathlib
import statistics
import sys

sys.dont_write_bytecode = True
from cpp_source import Source  # noqa: E402

LIMIT = 60


def head(source, index):
    """First token of the declaration that the { at index belongs to, after template<...> and access specifiers."""
    first = index
    while first > 0 and source.text(first - 1) not in (";", "{") and not (
            source.text(first - 1) == "}" and source.is_block.get(source.partner.get(first - 1))):
        first = source.partner.get(first - 1, first - 1) if source.text(first - 1) in (")", "]", "}") else first - 1
    while source.text(first) in ("public", "private", "protected", "template"):
        first = after_angles(source, first + 1) if source.text(first) == "template" else first + 2
    return first


def after_angles(source, index):
    depth = 0
    while index < len(source.tokens):
        depth += {"<": 1, ">": -1}.get(source.text(index), 0)
        index += 1
        if depth == 0:
            break
    return index


def is_function(source, index):
    """Whether the block at index is a function's body: no type's or namespace's."""
    level = []
    scan = head(source, index)
    while scan < index:
        level.append(source.text(scan))
        scan = source.partner.get(scan, scan) + 1 if source.text(scan) in ("(", "[") else scan + 1
    if "(" not in level:
        return False
    return "operator" in level or not {"class", "struct", "union", "enum", "namespace"} & set(level[:level.index("(")])


def functions(source):
    """(first line, lines with code) of every function; what is nested in one belongs to it."""
    ends = -1
    for index, token in enumerate(source.tokens):
        if token.text != "{" or index < ends or not source.is_block[index] or index not in source.partner:
            continue
        if is_function(source, index):
            first, ends = head(source, index), source.partner[index]
            lines = {source.tokens[i].line for i in range(first, ends + 1)}
            yield source.tokens[first].line, len(lines)


def measure(paths):
    return [(size, path, line) for path in paths for line, size in functions(Source(path.read_text(encoding="utf-8")))]


def project():
    root = pathlib.Path(__file__).resolve().parent.parent
    return sorted(p for folder in ("ahoy", "examples") for p in (root / folder).rglob("*.[ch]pp") if not p.stem.endswith("_test"))


def main(arguments):
    sizes = measure([pathlib.Path(name) for name in arguments] or project())
    if sizes:
        longest, path, line = max(sizes)
        print(f"{len(sizes)} functions, median {statistics.median(size for size, _, _ in sizes):g} lines, longest {longest} ({path}:{line})")
    over = [row for row in sizes if row[0] > LIMIT]
    for size, path, line in over:
        print(f"{path}:{line}: {size} lines, over the limit of {LIMIT}")
    return 1 if over else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
