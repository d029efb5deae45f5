"""Builds blocks of ops while variables turn into values: the environment, branches and their joins."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from adtrans.errors import UnsupportedError
from adtrans.frontend.accepted import refusal
from adtrans.frontend.flow import EXIT, LEFT, RETURNED, Flow
from adtrans.ir.program import Block, Const, Op, Source, Span, Value, undefined

_SHOWN = {RETURNED: "returned", EXIT: "done", LEFT: "skipped"}


def shown_name(name: str) -> str | None:
    """What a variable's values are called: hidden variables have no name."""
    return _SHOWN.get(name) if name.startswith("%") else name


class Pending(Value):
    """A nested function whose captures change after it is defined: it is made anew where it is used."""

    __slots__ = ("node", "defaults")

    def __init__(self, node: Any, defaults: list[Value]):
        super().__init__()
        self.node = node
        self.defaults = defaults


@dataclass
class Branch:
    """A finished block, what it assigned, and whether its end is ever reached."""

    block: Block
    assigned: dict[str, Value]
    alive: bool
    value: Value | None = None


class Builder:
    """The state of lowering one function."""

    flow: Flow

    def __init__(self, source: Source):
        self.source = source
        self.block = Block()
        self.env: dict[str, Value] = {}
        self.alive = True  # False after a raise, until the end of the block
        self.statement: tuple[int, int, int, int] | None = None
        self._logs: list[dict[str, Value | None]] = []
        self._outer: list[Block] = []

    # ----- places -----

    def span(self, node: Any) -> Span:
        """Where a node stands, with the statement that is being lowered."""
        column = self._column(node.lineno, node.col_offset)
        return Span(
            self.source,
            node.lineno,
            column,
            node.end_lineno,
            self._column(node.end_lineno, node.end_col_offset),
            self.statement,
        )

    def _column(self, line: int, offset: int) -> int:
        """A column in characters; Python's trees count bytes."""
        text = self.source.lines[line - 1]
        return offset if text.isascii() else len(text.encode()[:offset].decode(errors="ignore"))

    def refuse(self, node: Any, why: str, hint: str) -> UnsupportedError:
        """The error for a construct."""
        return refusal(self.span(node), why, hint)

    # ----- ops -----

    def apply(
        self, fn: Callable[..., Any], *operands: Value, node: Any, keywords: tuple[str, ...] = ()
    ) -> Value:
        """An op with one result."""
        result = Value(span=self.span(node))
        self._apply(fn, operands, [result], node, keywords)
        return result

    def effect(self, fn: Callable[..., Any], *operands: Value, node: Any) -> None:
        """An op that is there for what it does."""
        self._apply(fn, operands, [], node, ())

    def _apply(
        self, fn: Any, operands: Any, results: list[Value], node: Any, keywords: tuple[str, ...]
    ) -> Op:
        attrs: dict[str, Any] = {"fn": fn}
        if keywords:
            attrs["keywords"] = keywords
        op = Op(
            "apply", list(operands), results, None, attrs, results[0].span if results else self.span(node)
        )
        self.block.ops.append(op)
        return op

    def raise_(self, operands: list[Value], node: Any) -> None:
        """End the block by raising."""
        self.block.ops.append(Op("raise", operands, [], span=self.span(node)))
        self.alive = False

    # ----- variables -----

    def set(self, name: str, value: Value) -> None:
        """Assign a variable, remembering what it was for the end of the branch."""
        if self._logs and name not in self._logs[-1]:
            self._logs[-1][name] = self.env.get(name)
        self.env[name] = value

    def bind(self, name: str, value: Value) -> None:
        """Assign a user's variable; the first name a value gets is its name."""
        if value.name is None and not isinstance(value, Const) and not name.startswith("%"):
            value.name = name
        self.set(name, value)

    def current(self, name: str) -> Value:
        """What a variable holds, or undefined."""
        value = self.env.get(name)
        return undefined() if value is None else value

    # ----- branches -----

    def begin(self, params: list[Value] | None = None) -> None:
        """Start a block inside the current one."""
        self._outer.append(self.block)
        self._logs.append({})
        self.block = Block(params)

    def end(self, value: Value | None = None) -> Branch:
        """Finish the block; the variables are again what they were before it."""
        log = self._logs.pop()
        branch = Branch(self.block, {name: self.env[name] for name in log}, self.alive, value)
        for name, old in log.items():
            if old is None:
                del self.env[name]
            else:
                self.env[name] = old
        self.block = self._outer.pop()
        self.alive = True
        return branch

    def join(
        self,
        kind: str,
        operands: list[Value],
        branches: list[Branch],
        mask: int,
        span: Span,
        attrs: dict[str, Any] | None = None,
        extra: tuple[str, ...] = (),
    ) -> Value | None:
        """Add the op made of these branches; live variables that they assign become its results."""
        results: list[Value] = []
        changed: dict[str, Value] = {}
        alive = [branch for branch in branches if branch.alive]
        if any(branch.value is not None for branch in alive):
            result = Value(span=span)
            results.append(result)
            for branch in branches:
                branch.block.yields.append(
                    branch.value if branch.alive and branch.value is not None else undefined()
                )
        else:
            result = None
        assigned: dict[str, None] = {}
        for branch in branches:
            assigned.update(dict.fromkeys(branch.assigned))
        bits = self.flow.bits
        for name in sorted(assigned, key=lambda name: (name.startswith("%"), bits.get(name, 0))):
            if not bits.get(name, 0) & mask and name not in extra:
                changed[name] = undefined()
                continue
            before = self.current(name)
            values = [branch.assigned.get(name, before) for branch in alive]
            if values and all(_same(value, values[0]) for value in values) and _is_outside(values, before):
                changed[name] = values[0]
                continue
            merged = Value(name=shown_name(name), span=span)
            for branch in branches:
                value = branch.assigned.get(name, before) if branch.alive else undefined()
                branch.block.yields.append(self.leaving(value))
            results.append(merged)
            changed[name] = merged
        self.block.ops.append(Op(kind, operands, results, [branch.block for branch in branches], attrs, span))
        for name, value in changed.items():
            self.set(name, value)
        self.alive = bool(alive)
        return result

    def leaving(self, value: Value) -> Value:
        """A value as it leaves a block."""
        if isinstance(value, Pending):
            raise self.refuse(
                value.node,
                "which function is called is decided at run time, and what it captures is assigned later",
                "Pass those variables to it as arguments, or as defaults (`name=name`).",
            )
        return value


def _same(a: Value, b: Value) -> bool:
    if a is b:
        return True
    return (
        isinstance(a, Const)
        and isinstance(b, Const)
        and type(a.value) in (bool, type(None))
        and a.value is b.value
    )


def _is_outside(values: list[Value], before: Value) -> bool:
    """Whether a value that all branches agree on is known outside of them."""
    return len(values) > 1 or isinstance(values[0], Const) or values[0] is before
