"""Functions of SSA become one module: its docstring, its imports, its functions."""

from __future__ import annotations

import ast
import contextlib
import inspect
import sys
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from adtrans.emit import nodes
from adtrans.emit.coalesce import coalesce
from adtrans.emit.constants import constant_node, touch
from adtrans.emit.control import Control
from adtrans.emit.copies import find_vacant, settle_copies
from adtrans.emit.expressions import Expressions, callee_of, prints_its_name
from adtrans.emit.fuse import prepare
from adtrans.emit.liveness import Ranges
from adtrans.emit.names import assign
from adtrans.emit.nodes import Node
from adtrans.emit.placement import Placement, place
from adtrans.emit.scope import Scope
from adtrans.emit.spelling import Spelling
from adtrans.emit.tails import Edges, find_edges
from adtrans.emit.text import Placed, lines_of, statement_text
from adtrans.ir import prims
from adtrans.ir.program import UNDEFINED, Block, Const, Function, Op, Span, Value, is_undefined, walk


@dataclass(frozen=True)
class Emitted:
    """A module's text, and the objects that its namespace must hold beforehand, by name.

    places: the user's text that each line comes from, by its number.
    """

    text: str
    bindings: dict[str, Any] = field(default_factory=dict)
    places: dict[int, Span] = field(default_factory=dict, compare=False)


def emit_module(functions: list[Function], *, title: str = "", imports: Iterable[str] = ()) -> Emitted:
    """The module that defines `functions`, in their order; `imports` are lines it shall have anyway."""
    with _deep_recursion():
        functions = with_callees(functions)
        module = Module(functions, imports)
        parts = [module.function(f) for f in functions]
    rows: list[str] = []
    if title:
        rows.extend(_docstring(title, 0))
    imported = module.spelling.import_lines()
    if imported:
        rows.extend([""] * bool(rows) + imported)
    for part in parts:
        rows.extend(["", ""] if rows else [])
        rows.extend(part)
    places = {k: row.span for k, row in enumerate(rows, 1) if isinstance(row, Placed)}
    return Emitted("\n".join(rows) + "\n", dict(module.spelling.bindings), places)


class Module:
    """The names that functions of one module share."""

    def __init__(self, functions: list[Function], imports: Iterable[str] = ()) -> None:
        taken = {name for f in functions for name in _all_parameter_names(f)}
        self.names: dict[Function, str] = {}
        self.spelling = Spelling(taken, imports)
        for f in functions:
            name = f.name if f.name.isidentifier() else "function"  # a lambda that calls itself
            self.names[f] = _free(name, self.names.values())
        self.called: set[str] = set()
        for f in functions:
            self.touch(f)

    def function_name(self, function: Function) -> str:
        return self.names.get(function, function.name)

    def touch(self, function: Function) -> None:
        """Meet every name that a function reads from outside, so that no variable hides one."""
        spelling = self.spelling
        for op in walk(function.body):
            for v in op.operands:
                if isinstance(v, Const):
                    if isinstance(v.value, Function):
                        self.meet(v.value, op)
                    elif v.value is UNDEFINED:
                        spelling.reserved.add("undefined")
                    elif op.fn is not prims.global_ and op.fn is not prims.augment_at:
                        touch(v.value, spelling)
            fn: Any = op.fn
            if fn is prims.global_:
                spelling.name_in(op.attrs.get("namespace", function.namespace), op.operands[0].value)  # type: ignore[attr-defined]
            elif (callee := callee_of(op)) is not None:
                self.called.add(self.function_name(callee))
            elif fn is prims.is_sequence:
                for name in ("isinstance", "list", "tuple", "range"):
                    spelling.path("builtins", name)
            elif fn is prims.add_at and op.attrs.get("repeats"):
                spelling.path("numpy", "add.at")
            elif fn is prims.set_ and not op.operands:
                spelling.path("builtins", "set")
            elif fn is not None and prints_its_name(op):
                text = op.attrs.get("spelling")
                spelling.dotted(text, fn) if text else spelling.spell(fn)
        for value in function.defaults.values():
            if not isinstance(value, Value):
                touch(value, spelling)

    def meet(self, function: Function, op: Op) -> None:
        if op.fn is prims.closure:
            self.touch(function)
        else:
            self.called.add(self.function_name(function))

    # ----- functions -----

    def function(self, function: Function, indent: int = 0) -> list[str]:
        """The lines of a top-level function."""
        copy = prepare(function)
        names = dict(zip(copy.params, _parameter_names(function)))
        scope = self.scope(copy, names)
        header = nodes.header(self.function_name(function), self.arguments(scope, names))
        rows = lines_of(statement_text(header).split(":\n")[0] + ":", indent)
        if function.doc:
            rows.extend(_docstring(function.doc, indent + 4))
        return rows + Control(scope).run(indent + 4)

    def scope(self, copy: Function, names: dict[Value, str]) -> Scope:
        """Decide placement, variables and names of a function."""
        edges = find_edges(copy)
        return self.decide(copy, edges, place(copy.body, edges), names)

    def decide(
        self,
        copy: Function,
        edges: Edges,
        placed: Placement,
        names: dict[Value, str],
        free: Iterable[str] = (),
    ) -> Scope:
        """Decide variables and names; `free` are names of the scope around that stand for themselves."""
        ranges = Ranges(copy.body, edges, placed)
        variables = coalesce(ranges, copy.params)
        for _ in range(3):
            if not settle_copies(edges, placed, ranges, variables):
                break
            ranges = Ranges(copy.body, edges, placed)
            variables = coalesce(ranges, copy.params)
        reserved = self.spelling.reserved | self.called
        chosen = assign(ranges, variables, names, reserved, set(free))
        vacant = find_vacant(edges, placed, variables)
        return Scope(self, copy, edges, placed, ranges, variables, chosen, copy.namespace, vacant)

    def arguments(
        self, scope: Scope, names: dict[Value, str], defaults: dict[str, Node] | None = None
    ) -> Node:
        function = scope.function
        given = dict(defaults or {})
        for name, value in function.defaults.items():
            if name not in given and not isinstance(value, Value):
                given[name] = constant_node(value, self.spelling)
        if not function.signature:
            return nodes.arguments(list(names.values()))
        plain: list[str] = []
        positional_only: list[str] = []
        keyword_only: list[tuple[str, Node | None]] = []
        star = double_star = None
        trailing: list[Node] = []
        kinds = inspect._ParameterKind
        for name, kind, has_default in function.signature:
            if kind in (kinds.POSITIONAL_ONLY, kinds.POSITIONAL_OR_KEYWORD):
                (positional_only if kind == kinds.POSITIONAL_ONLY else plain).append(name)
                if has_default and name in given:
                    trailing.append(given[name])
            elif kind == kinds.VAR_POSITIONAL:
                star = name
            elif kind == kinds.KEYWORD_ONLY:
                keyword_only.append((name, given.get(name) if has_default else None))
            else:
                double_star = name
        known = {name for name, _, _ in function.signature}
        plain.extend(name for name in names.values() if name not in known)
        return nodes.arguments(
            plain,
            positional_only=positional_only,
            star=star,
            keyword_only=keyword_only,
            double_star=double_star,
            defaults=trailing,
        )

    # ----- nested functions -----

    def is_lambda(self, outer: Scope, op: Op) -> bool:
        closure = outer.placed.closures[op]
        return closure.is_expression and closure.function.name == "<lambda>"

    def nested(self, outer: Scope, op: Op, indent: int) -> list[str]:
        """A def inside a function."""
        scope, arguments = self.inner(outer, op)
        header = nodes.header(outer.name(op.result), arguments)
        rows = lines_of(statement_text(header).split(":\n")[0] + ":", indent)
        if scope.function.doc:
            rows.extend(_docstring(scope.function.doc, indent + 4))
        return rows + Control(scope).run(indent + 4)

    def lambda_(self, outer: Scope, op: Op) -> Node:
        """A nested function that is one expression."""
        scope, arguments = self.inner(outer, op)
        return ast.Lambda(
            arguments, Expressions(scope).value(scope.edges.edge[scope.function.body].values[0])
        )

    def inner(self, outer: Scope, op: Op) -> tuple[Scope, Node]:
        """The scope of a nested function, and its parameters.

        A captured variable that is assigned once is read from the scope around; of any other the
        value of the moment is kept as the default of a keyword.
        """
        closure = outer.placed.closures[op]
        function = closure.function
        signature = [name for name, _, _ in function.signature]
        names = dict(zip(function.params, signature))
        captures = op.attrs.get("captures", ())
        around = function.params[len(signature) :]
        free: set[str] = set()
        kept: list[tuple[str, Node | None]] = []
        for param, name, value in zip(around, captures, op.operands[1:]):
            if is_assigned_once(outer, value) and outer.name(value) not in signature:
                names[param] = outer.name(value)
                free.add(names[param])
            elif is_undefined(value):
                names[param] = name
            else:
                names[param] = name
                kept.append((name, Expressions(outer).value(value)))
        if function.self_name:
            names[function.params[-1]] = outer.name(op.result)
            free.add(outer.name(op.result))
        values = op.operands[1 + len(captures) :]
        defaults = {
            name: Expressions(outer).value(v) for name, v in zip(op.attrs.get("defaults", ()), values)
        }
        scope = self.decide(function, closure.edges, closure.placed, names, free)
        arguments = self.arguments(scope, {p: names[p] for p in function.params[: len(signature)]}, defaults)
        for name, node in kept:
            arguments.kwonlyargs.append(nodes.parameter(name))
            arguments.kw_defaults.append(node)
        return scope, arguments


def is_assigned_once(scope: Scope, value: Value) -> bool:
    """Whether a variable keeps the value that it has, so that a nested function may read it later."""
    if isinstance(value, Const) or len(scope.variables.members_of(value)) > 1:
        return False
    block: Block | None = scope.ranges.home[value][0]
    while block in scope.ranges.outer:
        block, _, op = scope.ranges.outer[block]
        if op.kind in ("for", "while"):
            return False
    return True


def with_callees(functions: list[Function]) -> list[Function]:
    """The functions, after them those that they call and that are programs themselves."""
    found = list(functions)
    for f in found:
        for op in walk(f.body):
            callee = callee_of(op)
            if callee is not None and not any(callee is other for other in found):
                found.append(callee)
    return found


def _free(name: str, used: Collection[str]) -> str:
    free, count = name, 1
    while free in used:
        count += 1
        free = f"{name}_{count}"
    return free


def _parameter_names(function: Function) -> list[str]:
    names = [name for name, _, _ in function.signature]
    names.extend(p.name or f"a{k + 1}" for k, p in enumerate(function.params[len(names) :], len(names)))
    return names


def _all_parameter_names(function: Function) -> list[str]:
    found: list[str] = []
    work = [function]
    while work:
        f = work.pop()
        found.extend(_parameter_names(f))
        for op in walk(f.body):
            if op.fn is prims.closure:
                work.append(op.operands[0].value)  # type: ignore[attr-defined]
    return found


def _docstring(text: str, indent: int) -> list[str]:
    rows = inspect.cleandoc(text).replace("\\", "\\\\").replace('"""', '\\"\\"\\"').split("\n")
    margin = " " * indent
    if len(rows) == 1:
        return [f'{margin}"""{rows[0]}"""']
    return [f'{margin}"""{rows[0]}', *[margin + row if row else "" for row in rows[1:]], f'{margin}"""']


@contextlib.contextmanager
def _deep_recursion() -> Iterator[None]:
    """Nesting is followed by recursion; deep programs need more of it than Python's default."""
    limit = sys.getrecursionlimit()
    sys.setrecursionlimit(max(limit, 10_000))
    try:
        yield
    finally:
        with contextlib.suppress(RecursionError):
            sys.setrecursionlimit(limit)
