"""C++ source as tokens with their brackets: enough for the checks of this folder, which need no types."""
import re
from typing import NamedTuple

TOKEN = re.compile(r"""
    (?P<comment>//(?:[^\n\\]|\\.)*|/\*.*?\*/)
  | (?P<directive>^[ \t]*\#(?:\\\n|/\*.*?\*/|[^\n])*)
  | (?P<raw>(?:u8|[uUL])?R"(?P<mark>[^()\\\s]{0,16})\(.*?\)(?P=mark)")
  | (?P<string>(?:u8|[uUL])?"(?:[^"\\\n]|\\.)*"|(?:u8|[uUL])?'(?:[^'\\\n]|\\.)+')
  | (?P<number>\.?[0-9](?:'[0-9a-zA-Z]|[eEpP][+-]|[0-9a-zA-Z_.])*)
  | (?P<word>[A-Za-z_]\w*)
  | (?P<mark2>->\*?|::|&&|\|\||<<=|[-+*/%^&|]=|[=!<>]=|\+\+|--|\.\.\.|\S)
""", re.VERBOSE | re.DOTALL | re.MULTILINE)
COROUTINE_WORDS = {"co_await", "co_yield", "co_return"}
CONTROLS = {"if", "while", "for", "switch"}
TYPE_HEADS = {"class", "struct", "union", "enum", "namespace", "extern", "requires", "concept"}
AFTER_PARAMETERS = {")", "else", "do", "try", ";", "}", "noexcept", "mutable", "const", "override", "final", "constexpr", "consteval"}


class Token(NamedTuple):
    text: str
    line: int


class Source:
    """A file's tokens, each with the index of the bracket around it and, for a bracket, its partner and its kind."""

    def __init__(self, text):
        self.tokens, self.directives = [], []
        for match in TOKEN.finditer(text):
            kind, line = match.lastgroup, text.count("\n", 0, match.start()) + 1
            kind = "raw" if kind == "mark" else kind
            if kind == "directive":
                self.directives.append(Token(match.group(), line))
            elif kind != "comment":
                literal = kind in ("raw", "string")
                self.tokens.append(Token('""' if literal else match.group(), line))
        self.parent, self.partner, self.is_block = [], {}, {}
        self._match_brackets()

    def _match_brackets(self):
        stack = []
        for index, token in enumerate(self.tokens):
            if token.text in (")", "]", "}") and stack:
                opening = stack.pop()
                self.partner[opening], self.partner[index] = index, opening
            self.parent.append(stack[-1] if stack else None)
            if token.text in ("(", "[", "{"):
                if token.text == "{":
                    self.is_block[index] = self._opens_block(index)
                stack.append(index)

    def text(self, index):
        return self.tokens[index].text if 0 <= index < len(self.tokens) else ""

    def _opens_block(self, index):
        before, parent = self.text(index - 1), self.parent[index]
        if index == 0 or before in AFTER_PARAMETERS:
            return True
        if before == "{":
            return self.is_block[index - 1]
        if before == "]":  # a lambda without parameters, or the bound of a new-expression
            return self.is_lambda(self.partner[index - 1])
        if before == ":":
            return parent is None or self.text(parent) == "{"
        if not re.match(r"[A-Za-z_>]", before) or before in ("return", "co_return", "co_await", "co_yield"):
            return before == '""' and self.text(index - 2) == "extern"
        return self._head_of_block(index)

    def _head_of_block(self, index):
        """Whether a word before { is the end of a type's head or of a trailing return type, not a type being made."""
        scan = index - 1
        while scan >= 0 and (scan in self.partner or self.text(scan) not in (";", "{", "}", "(", "=", ",")):
            if self.text(scan) in TYPE_HEADS or (self.text(scan) == "->" and self.text(scan - 1) in AFTER_PARAMETERS):
                return True
            closes = self.text(scan) in (")", "]", "}") and scan in self.partner
            if self.text(scan) == "}" and closes and self.is_block.get(self.partner[scan]):
                return False
            scan = (self.partner[scan] if closes else scan) - 1
        return False

    def is_lambda(self, index):
        """Whether the [ at index introduces a lambda, not a subscript, an attribute or a structured binding."""
        before = self.text(index - 1)
        if self.text(index) != "[" or before == "[" or self.text(index + 1) == "[":
            return False
        if before in ("auto", "&", "&&") and self.text(self.partner.get(index, index) + 1) in ("=", ":"):
            return False
        subscripted = re.match(r"[A-Za-z_0-9)\]\"]", before) and before not in COROUTINE_WORDS | {"return", "else", "do", "case"}
        return not subscripted

    def captures(self, index):
        return self.partner.get(index, index + 1) != index + 1

    def lambda_body(self, index):
        """The { of the lambda introduced at index, or None."""
        scan = self.partner.get(index, index) + 1
        while scan < len(self.tokens) and self.text(scan) not in (";", ")", "]", "}", ","):
            if self.text(scan) == "{":
                return scan
            scan = self.partner[scan] + 1 if self.text(scan) in ("(", "[") and scan in self.partner else scan + 1
        return None

    def block_of(self, index):
        """The innermost block's { around index."""
        scan = self.parent[index]
        while scan is not None and not self.is_block.get(scan):
            scan = self.parent[scan]
        return scan

    def statement(self, index):
        """First and last token of the statement around index, nested blocks included."""
        block = self.block_of(index)
        while self.parent[index] != block:
            index = self.parent[index]
        first = index
        while not self._starts_statement(first):
            first = self.partner.get(first - 1, first - 1) if self.text(first - 1) in (")", "]", "}") else first - 1
        last = index
        end = self.partner.get(block, len(self.tokens)) if block is not None else len(self.tokens)
        while last < end and self.text(last) != ";":
            last = self.partner.get(last, last) + 1 if self.text(last) in ("(", "[", "{") else last + 1
        return first, min(last, end - 1)

    def _starts_statement(self, index):
        before = self.text(index - 1)
        if index == 0 or before in (";", "{", "else", "do"):
            return True
        if before == "}":
            return bool(self.is_block.get(self.partner.get(index - 1)))
        if before == ":":
            return not self._has_question(index - 1)
        if before == ")":
            opening = self.partner.get(index - 1, 0)
            return self.text(opening - 1) in CONTROLS or (self.text(opening - 1) == "constexpr" and self.text(opening - 2) == "if")
        return False

    def _has_question(self, index):
        while index >= 0 and self.text(index) not in (";", "{", "}", "("):
            if self.text(index) == "?":
                return True
            index -= 1
        return False
