"""Variables that nested functions assign (`nonlocal`), as attributes of an object that all of them hold.

    def f(x):                        def f(x):
        total = 0.0                      cells = Cells(); cells.total = 0.0
        def add(v):            ->        def add(v):
            nonlocal total                   cells.total += v
            total += v

A variable that is bound in another way than by assignment keeps its `nonlocal`, which is then refused.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import gast

from adtrans.frontend.scopes import (
    COMPREHENSIONS,
    FUNCTIONS,
    Scopes,
    parameter_names,
    statements_in,
    target_names,
)
from adtrans.ir import prims

_STATEMENTS = (gast.Assign, gast.AugAssign, gast.AnnAssign)


def rewrite(function: Any) -> None:
    """Replace the variables of a function, and of those inside it, that a `nonlocal` names."""
    if not any(isinstance(node, gast.Nonlocal) for node in statements_in(function)):
        return
    shared: dict[Any, dict[str, None]] = {}
    parents = _parents(function)
    for inner in parents:
        for statement in _own(inner):
            if isinstance(statement, gast.Nonlocal):
                for name in statement.names:
                    owner = _owner(inner, name, parents)
                    if owner is not None:
                        shared.setdefault(owner, {})[name] = None
    for number, (owner, names) in enumerate(shared.items()):
        fine = [name for name in names if _is_assigned_only(owner, name)]
        if fine:
            _share(owner, frozenset(fine), f"%cells{number}")


def _parents(function: Any) -> dict[Any, Any]:
    """Every function inside, with the one around it."""
    found: dict[Any, Any] = {function: None}
    for outer in (work := [function]):
        for node in _own(outer):
            if isinstance(node, FUNCTIONS):
                found[node] = outer
                work.append(node)
    return found


def _own(function: Any) -> Iterator[Any]:
    """The nodes of a function, without those of the functions inside it."""
    work = list(function.body) if isinstance(function.body, list) else [function.body]
    while work:
        node = work.pop()
        yield node
        if not isinstance(node, FUNCTIONS):
            work.extend(gast.iter_child_nodes(node))


def _declared(function: Any) -> set[str]:
    return {name for node in _own(function) if isinstance(node, gast.Nonlocal) for name in node.names}


def _owns(function: Any, name: str) -> bool:
    if name in parameter_names(function.args):
        return True
    body = function.body if isinstance(function.body, list) else [function.body]
    return name in Scopes().names(body).assigns and name not in _declared(function)


def _owner(function: Any, name: str, parents: dict[Any, Any]) -> Any:
    outer = parents[function]
    while outer is not None and not _owns(outer, name):
        outer = parents[outer]
    return outer


def _is_assigned_only(owner: Any, name: str) -> bool:
    """Whether a variable is bound by assignments alone: not by `for`, `with`, `import`, `def`, `:=`."""
    stores = assigned = 0
    for node in _scope(owner, name):
        stores += _is_store(node, name)
        if isinstance(node, _STATEMENTS):
            for target in getattr(node, "targets", None) or [node.target]:
                assigned += sum(_is_store(part, name) for part in gast.walk(target))
        if isinstance(node, gast.FunctionDef) and node.name == name:
            return False
        if isinstance(node, (gast.Import, gast.ImportFrom, gast.ExceptHandler, gast.MatchAs, gast.MatchStar)):
            return False
    return stores == assigned


def _is_store(node: Any, name: str) -> bool:
    return isinstance(node, gast.Name) and node.id == name and isinstance(node.ctx, (gast.Store, gast.Del))


def _scope(owner: Any, name: str) -> Iterator[Any]:
    """The nodes of a function, and of those inside it, where a name is the function's variable."""
    work = list(owner.body)
    while work:
        node = work.pop()
        if isinstance(node, COMPREHENSIONS) and name in target_names(node):
            continue
        yield node
        if not isinstance(node, FUNCTIONS) or not _owns(node, name):
            work.extend(gast.iter_child_nodes(node))


def _share(owner: Any, names: frozenset[str], cells: str) -> None:
    renamer = _Renamer(names, cells)
    owner.body = [renamer.visit(node) for node in owner.body]
    place = owner.body[0]
    opening = [_assign(_name(cells, gast.Store(), place), _made(place), place)]
    for parameter in parameter_names(owner.args):
        if parameter in names:
            target = renamer.field(parameter, gast.Store(), place)
            opening.append(_assign(target, _name(parameter, gast.Load(), place), place))
    first = isinstance(place, gast.Expr) and isinstance(place.value, gast.Constant)
    owner.body[int(first) : int(first)] = opening


def _name(name: str, ctx: Any, place: Any) -> Any:
    return gast.copy_location(gast.Name(name, ctx, None, None), place)


def _made(place: Any) -> Any:
    cls = gast.copy_location(gast.Constant(prims.Cells, None), place)
    return gast.copy_location(gast.Call(cls, [], []), place)


def _assign(target: Any, value: Any, place: Any) -> Any:
    return gast.copy_location(gast.Assign([target], value, None), place)


class _Renamer(gast.NodeTransformer):
    """Puts `cells.name` for the names of one function's variables."""

    def __init__(self, names: frozenset[str], cells: str):
        self.names = names
        self.cells = cells

    def field(self, name: str, ctx: Any, place: Any) -> Any:
        owner = _name(self.cells, gast.Load(), place)
        return gast.copy_location(gast.Attribute(owner, name, ctx), place)

    def visit_Name(self, node: Any) -> Any:
        return self.field(node.id, node.ctx, node) if node.id in self.names else node

    def visit_Nonlocal(self, node: Any) -> Any:
        node.names = [name for name in node.names if name not in self.names]
        return node if node.names else gast.copy_location(gast.Pass(), node)

    def _within(self, names: frozenset[str], nodes: list[Any]) -> list[Any]:
        outer, self.names = self.names, names
        try:
            return [self.visit(node) for node in nodes]
        finally:
            self.names = outer

    def _function(self, node: Any) -> Any:
        arguments = node.args
        arguments.defaults = [self.visit(default) for default in arguments.defaults]
        arguments.kw_defaults = [d if d is None else self.visit(d) for d in arguments.kw_defaults]
        left = frozenset(name for name in self.names if not _owns(node, name))
        if isinstance(node.body, list):
            node.body = self._within(left, node.body)
        else:
            (node.body,) = self._within(left, [node.body])
        return node

    visit_FunctionDef = visit_Lambda = _function

    def _comprehension(self, node: Any) -> Any:
        first = node.generators[0]
        (iterable,) = self._within(self.names, [first.iter])
        first.iter = gast.copy_location(gast.Constant(None, None), first.iter)
        outer, self.names = self.names, self.names - target_names(node)
        self.generic_visit(node)
        self.names = outer
        first.iter = iterable
        return node


for _kind in COMPREHENSIONS:
    setattr(_Renamer, f"visit_{_kind.__name__}", _Renamer._comprehension)
