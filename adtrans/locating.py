"""Where a derivative goes wrong: the function is cut after each of its statements, and each part is checked.

A part returns the numbers that its variables hold, so that dot products are taken at that point of the
program. Loops and branches are entered: a loop's body is cut in its first turn.
"""

from __future__ import annotations

import ast
import copy
import linecache
import types
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from adtrans.errors import AdtransError, place
from adtrans.frontend import source
from adtrans.ir.program import Span
from adtrans.loader import structures
from adtrans.loader.target import target_of

_RESULT = "_found"
_made = 0
Path = tuple[tuple[str, int], ...]  # from the function to a statement: field and position, outermost first


def first_wrong(fun: Callable[..., Any], args: tuple[Any, ...], argnums: Any, tolerance: float) -> str:
    """A line that names the first statement whose derivative is wrong, and shows it."""
    target = target_of(fun)
    function = target.function
    if not isinstance(function, types.FunctionType) or target.args or target.keywords:
        return "cannot look inside a bound function or a derivative: check the plain function"
    try:
        found = source.find(function)
    except AdtransError as error:
        return str(error)
    if not isinstance(found.node, ast.FunctionDef):
        return f"first wrong statement: {_shown(found, found.node)}"
    culprit = _search(found, function, args, argnums, tolerance)
    return f"first wrong statement: {_shown(found, culprit if culprit is not None else found.node)}"


def _shown(found: source.Found, node: ast.AST) -> str:
    line, column = node.lineno, node.col_offset  # type: ignore[attr-defined]
    text = found.source.lines[line - 1].encode()
    start = len(text[:column].decode())
    span = Span(found.source, line, start, line, len(found.source.lines[line - 1]))
    return f"{place(span)}\n    {line} | {found.source.lines[line - 1]}"


def _search(
    found: source.Found, function: types.FunctionType, args: tuple[Any, ...], argnums: Any, tolerance: float
) -> ast.stmt | None:
    """The first statement after which a check fails: down from the function into its blocks."""
    assert isinstance(found.node, ast.FunctionDef)
    outer: Path = ()
    culprit: ast.stmt | None = None
    while True:
        for path, statement in _statements(found.node, outer):
            if isinstance(statement, ast.Return) or _is_wrong(
                found.node, path, function, args, argnums, tolerance
            ):
                culprit, outer = statement, path
                break
        else:
            return culprit
        if not any(_statements(found.node, outer)):
            return culprit


def _statements(node: Any, outer: Path) -> Iterator[tuple[Path, ast.stmt]]:
    """The statements of the block that a path leads into."""
    inside = _at(node, outer)
    for field in ("body", "orelse", "finalbody"):
        for k, statement in enumerate(getattr(inside, field, None) or ()):
            if isinstance(statement, ast.stmt) and not isinstance(inside, (ast.Lambda, ast.ClassDef)):
                if inside is node or not isinstance(inside, ast.FunctionDef):
                    yield (*outer, (field, k)), statement


def _at(node: Any, path: Path) -> Any:
    for field, k in path:
        node = getattr(node, field)[k]
    return node


def _is_wrong(
    node: ast.FunctionDef,
    path: Path,
    function: types.FunctionType,
    args: tuple[Any, ...],
    argnums: Any,
    tolerance: float,
) -> bool:
    """Whether the derivative of the part up to a statement fails its check; False where it cannot be taken."""
    from adtrans.checking import check

    try:
        held = _compiled(_cut(node, path, "locals()"), function)(*copy.deepcopy(args))
        if not isinstance(held, dict):  # the part has returned before
            return False
        names = [name for name, value in held.items() if _is_number(value)]
        if not names:
            return False
        part = _compiled(_cut(node, path, f"({', '.join(names)},)"), function)
        return not check(part, *args, argnums=argnums, tolerance=tolerance).ok
    except Exception:  # a part may be refused, or fail, where the whole does not
        return False


def _is_number(value: Any) -> bool:
    return structures.is_floating(value) and bool(np.all(np.isfinite(value)))


def _cut(node: ast.FunctionDef, path: Path, result: str) -> ast.FunctionDef:
    """The function up to a statement, returning `result`; loops around it are left after their first turn."""
    made = copy.deepcopy(node)
    made.decorator_list = []
    made.name = _RESULT
    made.returns = None
    inside: Any = made
    for field, k in path:
        block = getattr(inside, field)
        inside = block[k]
        del block[k + 1 :]
        if isinstance(inside, (ast.For, ast.While)) and (field, k) != path[-1]:
            inside.orelse = []
    loop = _loops(made, path)
    parent = _at(made, path[:-1])
    block = getattr(parent, path[-1][0])
    if loop:
        block.append(ast.Break())
    made.body.append(ast.Return(ast.parse(result, mode="eval").body))
    return ast.fix_missing_locations(made)


def _loops(node: ast.FunctionDef, path: Path) -> bool:
    """Whether the last statement of a path stands in a loop."""
    return any(isinstance(_at(node, path[:k]), (ast.For, ast.While)) for k in range(1, len(path)))


def _compiled(node: ast.FunctionDef, function: types.FunctionType) -> Any:
    """A part as a function of its own, which reads what the whole function reads."""
    global _made
    _made += 1
    text = ast.unparse(ast.Module([node], []))
    name = f"<adtrans part {_made} of {function.__name__}>"
    linecache.cache[name] = (len(text), None, text.splitlines(True), name)
    cells = zip(function.__code__.co_freevars, function.__closure__ or ())
    namespace = {**function.__globals__, **{name: cell.cell_contents for name, cell in cells}}
    exec(compile(text, name, "exec", dont_inherit=True), namespace)
    return namespace[_RESULT]
