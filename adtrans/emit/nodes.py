"""Small builders of gast nodes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import gast

Node = Any


def name(text: str) -> Node:
    return gast.Name(text, gast.Load(), None, None)


def store(text: str) -> Node:
    return gast.Name(text, gast.Store(), None, None)


def constant(value: Any) -> Node:
    return gast.Constant(value, None)


def attribute(value: Node, text: str, ctx: Node | None = None) -> Node:
    return gast.Attribute(value, text, ctx or gast.Load())


def dotted(text: str) -> Node:
    """`np.linalg.solve` (or `_globals['k']`) as a node."""
    if "[" in text:
        return gast.parse(text).body[0].value
    first, *rest = text.split(".")
    node = name(first)
    for part in rest:
        node = attribute(node, part)
    return node


def call(function: Node, args: Sequence[Node], keywords: Sequence[tuple[str | None, Node]] = ()) -> Node:
    return gast.Call(function, list(args), [gast.keyword(k, v) for k, v in keywords])


def subscript(value: Node, index: Node, ctx: Node | None = None) -> Node:
    return gast.Subscript(value, index, ctx or gast.Load())


def tuple_of(items: Sequence[Node], ctx: Node | None = None) -> Node:
    return gast.Tuple(list(items), ctx or gast.Load())


def assign(target: Node, value: Node) -> Node:
    return gast.Assign([target], value, None)


def negate(test: Node) -> Node:
    """`not test`, without double negation; `not x in c` is `x not in c`."""
    if isinstance(test, gast.UnaryOp) and isinstance(test.op, gast.Not):
        return test.operand
    if isinstance(test, gast.Compare) and len(test.ops) == 1 and isinstance(test.ops[0], (gast.In, gast.Is)):
        flipped = gast.NotIn() if isinstance(test.ops[0], gast.In) else gast.IsNot()
        return gast.Compare(test.left, [flipped], test.comparators)
    return gast.UnaryOp(gast.Not(), test)


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

    def parameter(text: str) -> Node:
        return gast.Name(text, gast.Param(), None, None)

    return gast.arguments(
        [parameter(p) for p in plain],
        [parameter(p) for p in positional_only],
        parameter(star) if star else None,
        [parameter(p) for p, _ in keyword_only],
        [d for _, d in keyword_only],
        parameter(double_star) if double_star else None,
        list(defaults),
    )
