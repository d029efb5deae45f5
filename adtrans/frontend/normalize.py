"""gast to smaller gast: `match` becomes `if`, `while` with `:=` becomes `while True`, names are mangled."""

from __future__ import annotations

from typing import Any

import gast

from adtrans.frontend.patterns import expand_match


def normalize(function: Any, seen: set[str], class_name: str | None = None) -> None:
    """Rewrite a function in place; `seen` are the names of the nodes in it."""
    if class_name is not None:
        for node in gast.walk(function):
            _mangle(node, class_name.lstrip("_"))
    if "Match" in seen or {"While", "NamedExpr"} <= seen:
        _rewrite(function)
    if "Match" in seen:
        seen.add("NamedExpr")  # patterns keep what they look at


def _assigns_in_test(node: Any) -> bool:
    return isinstance(node, gast.While) and any(
        isinstance(inner, gast.NamedExpr) for inner in gast.walk(node.test)
    )


def _open(loop: Any, number: int) -> list[Any]:
    """`while test: body else: rest`, with `:=` in its test, as a loop that leaves from inside.

    ended = False                 (only with an else)
    while True:
        if test: body
        else: ended = True; break
    if ended: rest
    """
    place = loop.test
    leave: list[Any] = [gast.copy_location(gast.Break(), place)]
    before, after = [], []
    if loop.orelse:
        name = f"%ended{number}"
        before = [_flag(name, False, place)]
        leave.insert(0, _flag(name, True, place))
        test = gast.copy_location(gast.Name(name, gast.Load(), None, None), place)
        after = [gast.copy_location(gast.If(test, loop.orelse, []), place)]
    turn = gast.copy_location(gast.If(place, loop.body, leave), loop)
    loop.test = gast.copy_location(gast.Constant(True, None), place)
    loop.body, loop.orelse = [turn], []
    return [*before, loop, *after]


def _flag(name: str, value: bool, place: Any) -> Any:
    target = gast.copy_location(gast.Name(name, gast.Store(), None, None), place)
    known = gast.copy_location(gast.Constant(value, None), place)
    return gast.copy_location(gast.Assign([target], known, None), place)


def _rewrite(function: Any) -> None:
    counter = 0
    lists = [function.body]
    for statements in lists:
        i = 0
        while i < len(statements):
            if isinstance(statements[i], gast.Match):
                statements[i : i + 1] = expand_match(statements[i], counter)
                counter += 1
            elif _assigns_in_test(statements[i]):
                statements[i : i + 1] = _open(statements[i], counter)
                counter += 1
            for node in (statements[i], *getattr(statements[i], "handlers", ())):
                for field in ("body", "orelse", "finalbody"):
                    inner = getattr(node, field, None)
                    if isinstance(inner, list) and inner:
                        lists.append(inner)
            i += 1


def _mangle(node: Any, class_name: str) -> None:
    for field in ("id", "attr", "name", "arg", "asname"):
        name = getattr(node, field, None)
        if isinstance(name, str) and name.startswith("__") and not name.endswith("__") and "." not in name:
            setattr(node, field, f"_{class_name}{name}")
