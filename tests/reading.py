"""Reads printed programs back, so that a pass is tested by the text before it and the text after it.

The inverse of adtrans.ir.printer for programs of named functions, numbers, slices and strings.
"""

from __future__ import annotations

import ast
import builtins
import importlib
import operator
import re
import textwrap
from typing import Any

from adtrans.ir import prims
from adtrans.ir import types as ty
from adtrans.ir.printer import print_program
from adtrans.ir.program import Block, Const, Function, Op, Value, undefined
from adtrans.ir.verify import verify

LABELS = ("then", "else", "do", "test", "except", "finally")
KINDS = ("if", "for", "while", "try", "with", "raise")
SCALARS: dict[str, ty.Type] = {
    "any": ty.ANY,
    "float": ty.FLOAT,
    "int": ty.INT,
    "bool": ty.BOOL,
    "complex": ty.COMPLEX,
    "str": ty.TEXT,
    "range": ty.Range(),
    "numeric": ty.NUMERIC,
}


def read_program(text: str) -> Function:
    """The program that prints as `text`."""
    rows = [row for row in text.splitlines() if row.strip()]
    margin = len(rows[0]) - len(rows[0].lstrip())
    return _Reader([row[margin:] for row in rows]).function()


class _Reader:
    def __init__(self, rows: list[str]) -> None:
        self.rows = [((len(row) - len(row.lstrip())) // 2, row.strip()) for row in rows]
        self.at = 0
        self.values: dict[str, Value] = {}

    def function(self) -> Function:
        found = re.fullmatch(r"def (\w+)\((.*)\):", self.rows[0][1])
        assert found, self.rows[0][1]
        self.at = 1
        params = self.defined(found[2])
        return Function(found[1], self.block(1, params))

    # ----- blocks and ops -----

    def block(self, depth: int, params: list[Value]) -> Block:
        block = Block(params)
        while self.at < len(self.rows) and self.rows[self.at][0] == depth:
            row = self.rows[self.at][1]
            word, _, rest = row.partition(" ")
            if word in ("yield", "return"):
                self.at += 1
                block.yields = [self.operand(part) for part in split(rest)]
                return block
            if row.endswith(":") and re.split(r"[(:]", row)[0] in LABELS:
                return block
            block.ops.append(self.op(depth, row))
        return block

    def op(self, depth: int, row: str) -> Op:
        left, equals, right = row.partition(" = ")
        if not equals or not left.startswith("%"):
            left, right = "", row
        right, attrs = attributes(right)
        word, _, rest = right.partition(" ")
        self.at += 1
        if word in KINDS:
            op = Op(word, [self.operand(part) for part in split(rest)], self.defined(left), [], attrs)
            self.regions(op, depth)
            return op
        name, _, inside = right.partition("(")
        keywords: list[str] = []
        operands = []
        for part in split(inside[:-1]):
            keyword = re.match(r"(\w+)=", part)
            if keyword:
                keywords.append(keyword[1])
                part = part[keyword.end() :]
            operands.append(self.operand(part))
        attrs["fn"] = named_function(name)
        if keywords:
            attrs["keywords"] = tuple(keywords)
        return Op("apply", operands, self.defined(left), [], attrs)

    def regions(self, op: Op, depth: int) -> None:
        while self.at < len(self.rows) and self.rows[self.at][0] == depth:
            found = re.fullmatch(r"(\w+)(?:\((.*)\))?:", self.rows[self.at][1])
            if not found or found[1] not in LABELS:
                break
            self.at += 1
            op.blocks.append(self.block(depth + 1, self.defined(found[2] or "")))
        if op.kind == "try":
            op.attrs["handlers"] = 0 if op.attrs.get("final") else len(op.operands)

    # ----- values -----

    def defined(self, text: str) -> list[Value]:
        made = []
        for part in split(text):
            name, _, type_ = part.partition(": ")
            base = re.fullmatch(r"%(\d+|\w+?)(_\d+)?", name)
            assert base, part
            value = Value(read_type(type_ or "any"), None if base[1].isdigit() else base[1])
            self.values[name] = value
            made.append(value)
        return made

    def operand(self, text: str) -> Value:
        if text == "undefined":
            return undefined()
        return self.values[text] if text.startswith("%") else Const(constant(text))


def constant(text: str) -> Any:
    """A known operand: a literal, a slice, a tuple of those, or a function in angle brackets."""
    if text.startswith("<"):
        return named_function(text[1:-1])
    if text.startswith("(") and text != "()":
        return tuple(constant(part) for part in split(text[1:-1]) if part)
    if re.fullmatch(r"-?\d*(:-?\d*){1,2}", text):
        return slice(*(int(part) if part else None for part in text.split(":")))
    return ast.literal_eval(text)


def named_function(name: str) -> Any:
    """What a printed name stands for."""
    module, _, last = name.rpartition(".")
    if not module:
        for room, key in ((prims, name + "_"), (prims, name), (operator, name), (builtins, name)):
            if callable(found := getattr(room, key, None)):
                return found
        raise NameError(name)
    if hasattr(builtins, module):
        return getattr(getattr(builtins, module), last)
    return getattr(importlib.import_module(re.sub(r"^np\b", "numpy", module)), last)


def attributes(text: str) -> tuple[str, dict[str, Any]]:
    """An op without its `{notes}`, and the notes."""
    if not text.endswith("}"):
        return text, {}
    head, _, inside = text[:-1].rpartition(" {")
    found: dict[str, Any] = {}
    for part in split(inside):
        name, equals, value = part.partition("=")
        found[name] = ast.literal_eval(value) if equals else True
    return head, found


def read_type(text: str) -> ty.Type:
    """The type that prints as `text`."""
    if text in SCALARS:
        return SCALARS[text]
    if text.startswith("np."):
        return ty.Scalar(text[3:], False)
    if text.endswith("?"):
        return ty.Optional(read_type(text[:-1]))
    if text.startswith("<"):
        return ty.Known(ast.literal_eval(text[1:-1]))
    if text.startswith(("(", "[")):
        return ty.Tuple(tuple(map(read_type, split(text[1:-1]))), tuple if text[0] == "(" else list)
    if text.startswith("{"):
        pairs = [part.partition(": ") for part in split(text[1:-1])]
        return ty.Record(tuple((key, read_type(item)) for key, _, item in pairs))
    if text.startswith("list["):
        return ty.List(read_type(text[5:-1]))
    name, _, dims = text[:-1].partition("[")
    return ty.Array(name, None if dims == "..." else tuple(map(read_dim, split(dims))))


def read_dim(text: str) -> ty.Dim:
    found = re.fullmatch(r"([a-z]\w*)?([+-]?\d+)?", text)
    assert found, text
    return ty.Dim(found[1], int(found[2] or 0))


def split(text: str) -> list[str]:
    """The parts between the commas that stand in no bracket and no string."""
    parts, depth, quote, start = [], 0, "", 0
    for i, c in enumerate(text):
        if quote:
            quote = "" if c == quote else quote
        elif c in "'\"":
            quote = c
        elif c in "([{<":
            depth += 1
        elif c in ")]}>":
            depth -= 1
        elif c == "," and not depth:
            parts.append(text[start:i].strip())
            start = i + 1
    last = text[start:].strip()
    return [*parts, last] if last else parts


def example(module: Any) -> tuple[str, str]:
    """The programs before and after a pass that its module's docstring shows, as they print."""
    shown = textwrap.dedent((module.__doc__ or "").split("\n\n")[-1]).strip()
    before, after = re.sub(r"\s{2,}(before|after)\b.*", "", shown).split("\n----\n")
    return before + "\n", after + "\n"


def passed(run: Any, text: str) -> str:
    """The text of a program after a pass."""
    function = read_program(text)
    verify(function)
    run(function)
    verify(function)
    return print_program(function)
