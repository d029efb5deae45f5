"""Nested functions and lambdas: what they capture, and when a capture may change under them.

Python's closures see a variable's latest value. A function whose captures are never assigned after
it is defined is a plain value. Any other is made anew, with the values of the moment, wherever it
is called, passed to a call or returned; storing it is refused.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import gast

from adtrans.frontend.builder import Pending
from adtrans.frontend.lower_expressions import Expressions
from adtrans.frontend.scopes import (
    COMPREHENSIONS,
    FUNCTIONS,
    Scopes,
    children,
    default_nodes,
    imported_name,
    target_names,
)
from adtrans.ir import prims
from adtrans.ir.program import Const, Function, Op, Value


class _Place(NamedTuple):
    """Where something happens: a position in program order, and the loops around it."""

    position: int
    loops: tuple[int, ...]

    def may_follow(self, other: _Place) -> bool:
        """Whether this can happen after `other` did."""
        return self.position > other.position or bool(set(self.loops) & set(other.loops))


class ClosureFacts:
    """For every nested function: the name it is bound to, and which captures change later."""

    def __init__(self, body: list[Any], scopes: Scopes, any_function: bool):
        self._scopes = scopes
        self._functions: dict[int, tuple[Any, _Place]] = {}
        self._assigned: dict[str, list[tuple[_Place, int]]] = {}  # places, each with the function bound there
        self.own_names: dict[int, str] = {}
        self._bound_to: dict[str, list[Any]] = {}
        if any_function:
            self._scan(body)
        self._changing: dict[int, tuple[str, ...]] = {}
        if self._functions:
            self._find_changing()

    def changes_later(self, function: Any) -> tuple[str, ...]:
        """Captured variables that may be assigned after the function is made."""
        return self._changing.get(id(function), ())

    def hidden_reads(self) -> dict[str, tuple[str, ...]]:
        """For each name of a nested function: the variables that calling it reads."""
        found: dict[str, dict[str, None]] = {}
        for name in self._bound_to:
            reads: dict[str, None] = {}
            todo, seen = [name], {name}
            while todo:
                for function in self._bound_to.get(todo.pop(), ()):
                    for free in self._scopes.of(function).free:
                        reads[free] = None
                        if free not in seen:
                            seen.add(free)
                            todo.append(free)
            found[name] = reads
        return {name: tuple(reads) for name, reads in found.items()}

    def _scan(self, body: list[Any]) -> None:
        position = 0
        stack: list[tuple[Any, tuple[int, ...]]] = [(node, ()) for node in reversed(body)]
        while stack:
            node, loops = stack.pop()
            position += 1
            here = _Place(position, loops)
            if isinstance(node, gast.Name):
                if not isinstance(node.ctx, gast.Load):
                    self._assigned.setdefault(node.id, []).append((here, 0))
            elif isinstance(node, FUNCTIONS):
                self._functions[id(node)] = (node, here)
                if isinstance(node, gast.FunctionDef):
                    self._bind(node.name, node, here)
                stack.extend((child, loops) for child in reversed(default_nodes(node.args)))
            elif isinstance(node, (gast.Import, gast.ImportFrom)):
                for alias in node.names:
                    self._assigned.setdefault(imported_name(alias), []).append((here, 0))
            elif (
                isinstance(node, gast.Assign)
                and isinstance(node.value, gast.Lambda)
                and _is_name(node.targets)
            ):
                self._functions[id(node.value)] = (node.value, here)
                self._bind(node.targets[0].id, node.value, here)
                stack.extend((child, loops) for child in reversed(default_nodes(node.value.args)))
            elif isinstance(node, gast.For):
                stack.extend((child, loops) for child in reversed(node.orelse))
                inner = (*loops, position)
                stack.extend((child, inner) for child in reversed([node.target, *node.body]))
                stack.append((node.iter, loops))
            elif isinstance(node, gast.While):
                stack.extend((child, loops) for child in reversed(node.orelse))
                stack.extend((child, (*loops, position)) for child in reversed([node.test, *node.body]))
            elif isinstance(node, COMPREHENSIONS):
                inner = (*loops, position)
                for name in sorted(target_names(node)):
                    self._assigned.setdefault(name, []).append((_Place(position, inner), 0))
                stack.extend((child, inner) for child in children(node))
            else:
                stack.extend((child, loops) for child in children(node))

    def _bind(self, name: str, function: Any, here: _Place) -> None:
        self.own_names[id(function)] = name
        self._bound_to.setdefault(name, []).append(function)
        self._assigned.setdefault(name, []).append((here, id(function)))

    def _find_changing(self) -> None:
        for key, (function, here) in self._functions.items():
            own = self.own_names.get(key)
            changing = [
                name
                for name in self._scopes.of(function).free
                if any(
                    place.may_follow(here)
                    for place, bound in self._assigned.get(name, ())
                    if not (name == own and bound == key)
                )
            ]
            self._changing[key] = tuple(changing)
        grown = True  # a function that captures a changing function changes with it
        while grown:
            grown = False
            for key, (function, _) in self._functions.items():
                for name in self._scopes.of(function).free:
                    if name in self._changing[key] or name == self.own_names.get(key):
                        continue
                    if any(self._changing[id(inner)] for inner in self._bound_to.get(name, ())):
                        self._changing[key] = (*self._changing[key], name)
                        grown = True


def _is_name(targets: list[Any]) -> bool:
    return len(targets) == 1 and isinstance(targets[0], gast.Name)


class Closures(Expressions):
    """Lowers the making of nested functions."""

    facts: ClosureFacts
    scopes: Scopes

    def visible(self, name: str) -> bool:
        """Whether a name is a variable here: of this function, or one it captures."""
        raise NotImplementedError

    def nested(self, node: Any, captures: tuple[str, ...], self_name: str | None) -> Function:
        raise NotImplementedError

    def changes_later(self, node: Any) -> tuple[str, ...]:
        return tuple(name for name in self.facts.changes_later(node) if self.visible(name))

    def define(self, name: str, node: Any) -> None:
        """`def name(...)`, or `name = lambda ...`."""
        if not self.changes_later(node):
            self.bind(name, self.closure(node))
            return
        if name in self.changes_later(node):
            raise self.refuse(
                node,
                f"`{name}` calls itself by a name that is assigned again",
                "Give the nested function a name of its own.",
            )
        self.set(name, Pending(node, self.defaults(node)))

    def defaults(self, node: Any) -> list[Value]:
        """The values of a nested function's defaults, evaluated now."""
        return [self.used_at_once(default) for default in default_nodes(node.args)]

    def closure(self, node: Any, pending: Pending | None = None) -> Value:
        """A nested function with the values its captures have at this moment."""
        if node in self.making:
            raise self.refuse(
                node,
                "nested functions that call each other are not followed",
                "Move them to the module, and pass what they share as arguments.",
            )
        self.making.append(node)
        defaults = pending.defaults if pending is not None else self.defaults(node)
        own = self.facts.own_names.get(id(node))
        free = [name for name in self.scopes.of(node).free if self.visible(name)]
        captures = tuple(name for name in free if name != own)
        function = self.nested(node, captures, own if own in free else None)
        operands = [self._captured(name) for name in captures]
        self.making.pop()
        result = Value(name=own, span=self.span(node))
        attrs: dict[str, Any] = {
            "fn": prims.closure,
            "captures": captures,
            "defaults": tuple(function.defaults),
        }
        changing = self.changes_later(node)
        if changing:
            attrs["changing"] = changing
        self.block.ops.append(
            Op("apply", [Const(function), *operands, *defaults], [result], None, attrs, self.span(node))
        )
        return result

    making: list[Any]  # nested functions that are being made, to see that none needs itself

    def _captured(self, name: str) -> Value:
        value = self.current(name)
        return self.closure(value.node, value) if isinstance(value, Pending) else value
