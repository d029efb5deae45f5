"""Decorators of nested functions, as the calls that they are.

@checkpoint                 def f(x): ...
def f(x): ...        ->     f = checkpoint(f)
"""

from __future__ import annotations

from typing import Any

import gast

from adtrans.frontend.scopes import statements_in


def rewrite(function: Any) -> None:
    """Replace the decorators of the functions inside a function."""
    if not any(
        isinstance(node, gast.FunctionDef) and node.decorator_list for node in statements_in(function)
    ):
        return
    for node in [function, *_inside(function)]:
        for field in ("body", "orelse", "finalbody"):
            statements = getattr(node, field, None)
            if isinstance(statements, list):
                setattr(node, field, [made for s in statements for made in _plain(s)])


def _inside(function: Any) -> list[Any]:
    return [node for node in gast.walk(function) if node is not function]


def _plain(statement: Any) -> list[Any]:
    if not isinstance(statement, gast.FunctionDef) or not statement.decorator_list:
        return [statement]
    decorators, statement.decorator_list = statement.decorator_list, []
    place = decorators[0]
    value = gast.copy_location(gast.Name(statement.name, gast.Load(), None, None), place)
    for decorator in reversed(decorators):
        value = gast.copy_location(gast.Call(decorator, [value], []), place)
    target = gast.copy_location(gast.Name(statement.name, gast.Store(), None, None), place)
    return [statement, gast.copy_location(gast.Assign([target], value, None), place)]
