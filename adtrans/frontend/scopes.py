"""Names: which variables a function owns, which it takes from around it, and what an expression reads."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import gast

COMPREHENSIONS = (gast.ListComp, gast.SetComp, gast.DictComp, gast.GeneratorExp)
FUNCTIONS = (gast.FunctionDef, gast.Lambda)


class Names(NamedTuple):
    """Names that a piece of program reads and assigns, in order of first occurrence."""

    reads: dict[str, None]
    assigns: dict[str, None]


class Scope(NamedTuple):
    """What a function owns (`local`, parameters first) and what it reads from around it (`free`)."""

    parameters: tuple[str, ...]
    local: dict[str, None]
    free: tuple[str, ...]


class Scopes:
    """The scopes of a function and of all functions inside it, each computed once."""

    def __init__(self) -> None:
        self._scopes: dict[int, Scope] = {}
        self._kept: list[Any] = []  # nodes stay alive, so that their ids stay theirs

    def of(self, function: Any) -> Scope:
        """The scope of a FunctionDef or Lambda."""
        known = self._scopes.get(id(function))
        if known is None:
            parameters = parameter_names(function.args)
            body = function.body if isinstance(function.body, list) else [function.body]
            names = self.names(body)
            local = dict.fromkeys((*parameters, *names.assigns))
            free = tuple(name for name in names.reads if name not in local)
            known = self._scopes[id(function)] = Scope(parameters, local, free)
            self._kept.append(function)
        return known

    def names(self, nodes: list[Any]) -> Names:
        """What some nodes read and assign in the scope they stand in."""
        reads: dict[str, None] = {}
        assigns: dict[str, None] = {}
        stack: list[tuple[Any, frozenset[str]]] = [(node, frozenset()) for node in reversed(nodes)]
        while stack:
            node, bound = stack.pop()
            if isinstance(node, gast.Name):
                if node.id not in bound:
                    (reads if isinstance(node.ctx, gast.Load) else assigns)[node.id] = None
                continue
            if isinstance(node, gast.Constant):
                continue
            if isinstance(node, FUNCTIONS):
                stack.extend((child, bound) for child in reversed(default_nodes(node.args)))
                for name in self.of(node).free:
                    if name not in bound:
                        reads[name] = None
                if isinstance(node, gast.FunctionDef):
                    assigns[node.name] = None
                continue
            if isinstance(node, COMPREHENSIONS):
                first, inner = node.generators[0].iter, bound | target_names(node)
                stack.extend((child, inner) for child in _comprehension_parts(node) if child is not first)
                stack.append((first, bound))
                continue
            if isinstance(node, (gast.Import, gast.ImportFrom)):
                for alias in node.names:
                    assigns[imported_name(alias)] = None
                continue
            stack.extend((child, bound) for child in children(node))
        return Names(reads, assigns)


def statements_in(function: Any) -> Iterator[Any]:
    """The statements of a function and of the functions inside it; no expression holds any."""
    work = [function]
    while work:
        node = work.pop()
        for field in ("body", "orelse", "handlers", "finalbody", "cases"):
            inner = getattr(node, field, None)
            if isinstance(inner, list):
                work.extend(inner)
                yield from inner


def children(node: Any) -> list[Any]:
    """Nodes inside, in reverse order of evaluation; no operators, and no annotations, which are not run."""
    in_order = _IN_ORDER.get(type(node))
    if in_order is not None:
        return in_order(node)
    found: list[Any] = []
    for field in node._fields:
        value = getattr(node, field, None)
        if isinstance(value, list):
            found.extend(item for item in value if isinstance(item, gast.AST) and item._fields)
        elif isinstance(value, gast.AST) and value._fields:
            found.append(value)
    found.reverse()
    return found


def _of_annotated(node: Any) -> list[Any]:
    if node.value is None:
        return [] if isinstance(node.target, gast.Name) else [node.target]
    return [node.target, node.value]


def _of_augmented(node: Any) -> list[Any]:
    if isinstance(node.target, gast.Name):  # it is read, too
        return [node.target, node.value, gast.Name(node.target.id, gast.Load(), None, None)]
    return [node.target, node.value]


def _of_dict(node: Any) -> list[Any]:
    return [part for pair in zip(node.keys, node.values) for part in pair if part is not None][::-1]


# last first: what is written later in the text may be evaluated first
_IN_ORDER: dict[type, Callable[[Any], list[Any]]] = {
    gast.Constant: lambda node: [],
    gast.Name: lambda node: [],
    gast.BinOp: lambda node: [node.right, node.left],
    gast.Attribute: lambda node: [node.value],
    gast.Assign: lambda node: [*node.targets[::-1], node.value],
    gast.AnnAssign: _of_annotated,
    gast.AugAssign: _of_augmented,
    gast.NamedExpr: lambda node: [node.target, node.value],
    gast.For: lambda node: [*node.orelse[::-1], *node.body[::-1], node.target, node.iter],
    gast.IfExp: lambda node: [node.orelse, node.body, node.test],
    gast.Dict: _of_dict,
}


def _comprehension_parts(node: Any) -> list[Any]:
    """Everything inside a comprehension but its targets, last first."""
    parts: list[Any] = []
    for generator in node.generators:
        parts += [generator.iter, *generator.ifs]
        if not isinstance(generator.target, gast.Name):
            parts += [
                child
                for child in gast.walk(generator.target)
                if isinstance(getattr(child, "ctx", None), gast.Load)
            ]
    parts += [node.key, node.value] if isinstance(node, gast.DictComp) else [node.elt]
    return parts[::-1]


def target_names(comprehension: Any) -> frozenset[str]:
    """The variables that a comprehension owns."""
    names: set[str] = set()
    for generator in comprehension.generators:
        stack = [generator.target]
        while stack:
            node = stack.pop()
            if isinstance(node, gast.Name):
                names.add(node.id)
            elif isinstance(node, (gast.Tuple, gast.List)):
                stack.extend(node.elts)
            elif isinstance(node, gast.Starred):
                stack.append(node.value)
    return frozenset(names)


def parameter_names(arguments: Any) -> tuple[str, ...]:
    """Parameters in the order of a signature."""
    names = [*arguments.posonlyargs, *arguments.args]
    if arguments.vararg:
        names.append(arguments.vararg)
    names += arguments.kwonlyargs
    if arguments.kwarg:
        names.append(arguments.kwarg)
    return tuple(name.id for name in names)


def default_nodes(arguments: Any) -> list[Any]:
    """The expressions of defaults, in the order they are evaluated."""
    return [*arguments.defaults, *(default for default in arguments.kw_defaults if default is not None)]


def imported_name(alias: Any) -> str:
    """The variable that an import binds."""
    return alias.asname or alias.name.split(".")[0]
