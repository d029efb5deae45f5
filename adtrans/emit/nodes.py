"""Small builders of syntax nodes."""

from __future__ import annotations

import ast
from collections.abc import Sequence
from typing import Any

Node = Any


def name(text: str) -> Node:
    return ast.Name(text, ast.Load())


def store(text: str) -> Node:
    return ast.Name(text, ast.Store())


def constant(value: Any) -> Node:
    return ast.Constant(value, None)


def attribute(value: Node, text: str, ctx: Node | None = None) -> Node:
    return ast.Attribute(value, text, ctx or ast.Load())


def dotted(text: str) -> Node:
    """`np.linalg.solve` (or `_globals['k']`) as a node."""
    if "[" in text:
        return ast.parse(text, mode="eval").body
    first, *rest = text.split(".")
    node = name(first)
    for part in rest:
        node = attribute(node, part)
    return node


def call(function: Node, args: Sequence[Node], keywords: Sequence[tuple[str | None, Node]] = ()) -> Node:
    return ast.Call(function, list(args), [ast.keyword(k, v) for k, v in keywords])


def subscript(value: Node, index: Node, ctx: Node | None = None) -> Node:
    return ast.Subscript(value, index, ctx or ast.Load())


def tuple_of(items: Sequence[Node], ctx: Node | None = None) -> Node:
    return ast.Tuple(list(items), ctx or ast.Load())


def assign(target: Node, value: Node) -> Node:
    return ast.Assign([target], value, None)


def negate(test: Node) -> Node:
    """`not test`, without double negation; `not x in c` is `x not in c`."""
    if isinstance(test, ast.UnaryOp) and isinstance(test.op, ast.Not):
        return test.operand
    if isinstance(test, ast.Compare) and len(test.ops) == 1 and isinstance(test.ops[0], (ast.In, ast.Is)):
        flipped = ast.NotIn() if isinstance(test.ops[0], ast.In) else ast.IsNot()
        return ast.Compare(test.left, [flipped], test.comparators)
    return ast.UnaryOp(ast.Not(), test)


def parameter(text: str) -> Node:
    return ast.arg(text, None)


def header(text: str, parameters: Node) -> Node:
    """A def without its body."""
    return ast.FunctionDef(text, parameters, [ast.Pass()], [], None)


def arguments(
    plain: Sequence[str],
    *,
    positional_only: Sequence[str] = (),
    star: str | None = None,
    keyword_only: Sequence[tuple[str, Node | None]] = (),
    double_star: str | None = None,
    defaults: Sequence[Node] = (),
) -> Node:
    """The parameters of a def or a lambda."""
    return ast.arguments(
        [parameter(p) for p in positional_only],
        [parameter(p) for p in plain],
        parameter(star) if star else None,
        [parameter(p) for p, _ in keyword_only],
        [d for _, d in keyword_only],
        parameter(double_star) if double_star else None,
        list(defaults),
    )
