"""Loops to ops: variables that live from one turn to the next, or beyond the loop, become its slots."""

from __future__ import annotations

from typing import Any

import gast

from adtrans.frontend.builder import shown_name
from adtrans.frontend.flow import (
    BREAK,
    CONTROL_BITS,
    EXIT,
    LEFT,
    RESULT,
    RESULT_BIT,
    RETURN,
    RETURNED,
    RETURNED_BIT,
    Summary,
    is_endless,
)
from adtrans.frontend.lower_control import Chain, Choice, Control
from adtrans.ir.program import Const, Op, Span, Value, undefined


class Loops(Control):
    """Lowers `for` and `while`, with `else`, and exits from inside."""

    def _loop(self, s: Any, rest: Chain, out: int) -> bool:
        flow = self.flow
        after, head, body = flow.after[id(s)], flow.head[id(s)], flow.of(s.body)
        is_for = isinstance(s, gast.For)
        leaves = body.exits & (BREAK | RETURN)
        if is_for:
            self._check_generators(s)
        iterable = [self.iterated(s.iter)] if is_for else []
        span = self.span(s.iter if is_for else s.test)
        assigned = body.assigned
        if is_for:
            assigned |= self._target_mask(s.target)
        names = flow.keys(assigned & head & ~CONTROL_BITS)
        if leaves & RETURN:
            names += [name for name, bit in ((RESULT, RESULT_BIT), (RETURNED, RETURNED_BIT)) if head & bit]
        stops = bool(leaves) and bool(s.orelse)  # whether the loop's `else` asks how it ended

        inits = [self.leaving(self.current(name)) for name in names]
        if RETURNED in names:
            inits[names.index(RETURNED)] = Const(False)
        blocks = []
        if not is_for:
            self._start(names, [], span)
            if stops:
                self.block.params.append(Value(name="done", span=span))
            flag = Const(True) if is_endless(s) else self.expr(s.test)
            condition = self.end()
            condition.block.yields = [flag]
            blocks.append(condition.block)
        item = Value(span=span)
        params = self._start(names, [item] if is_for else [], span)
        if stops:
            self.block.params.append(Value(name="done", span=span))
            params = [*params, self.block.params[-1]]
        self.set(EXIT, Const(False))
        self.set(LEFT, Const(False))
        self.depth += 1
        if is_for:
            self.assign(s.target, item)
        self.sequence(Chain(s.body), head)
        self.depth -= 1
        yields = [self.current(EXIT)] if leaves else []
        yields += [self.leaving(self.current(name)) for name in names]
        yields += [self.current(EXIT)] if stops else []
        if not self.alive:
            yields = [undefined() for _ in yields]
        turn = self.end()
        turn.block.yields = yields
        blocks.append(turn.block)

        results = [Value(name=param.name, span=span) for param in params]
        attrs = {"exits": True} if leaves else {}
        inits += [Const(False)] if stops else []
        self.block.ops.append(
            Op(s.__class__.__name__.lower(), iterable + inits, results, blocks, attrs, span)
        )
        for name in flow.keys(assigned & ~CONTROL_BITS):
            self.set(name, undefined())
        for name, value in zip(names, results):
            self.set(name, value)
        self.alive = not is_endless(s) or bool(leaves)
        return self._after_loop(s, body, names, results, after, span, rest, out) if self.alive else False

    def _check_generators(self, s: Any) -> None:
        """Refuse a loop that changes what the generator expressions that it iterates over read as it goes."""
        found = _read_lazily(s.iter)
        if not found:
            return
        changed = _changed_names(s.body) | set(self.scopes.names([s.target]).assigns)
        for generator in found:
            shared = [name for name in self.scopes.names([generator]).reads if name in changed]
            if shared:
                raise self.refuse(
                    generator,
                    f"the loop changes {shared[0]!r}, which this generator expression reads as it goes",
                    "Write a list comprehension before the loop, or loop over what it loops over.",
                )

    def _start(self, names: list[str], first: list[Value], span: Span) -> list[Value]:
        """Begin a block of a loop: its slots become the variables; the slots are returned."""
        slots = [Value(name=shown_name(name), span=span) for name in names]
        self.begin(first + slots)
        for name, slot in zip(names, slots):
            self.set(name, slot)
        return slots if not first else self.block.params[1:]

    def _after_loop(
        self,
        s: Any,
        body: Summary,
        names: list[str],
        results: list[Value],
        after: int,
        span: Span,
        rest: Chain,
        out: int,
    ) -> bool:
        if s.orelse:
            if body.exits & BREAK:
                rest = Chain([Choice(results[-1], [], s.orelse, after, span)], 0, rest)
            elif not is_endless(s):
                rest = Chain(s.orelse, 0, rest)
        if not body.exits & RETURN:
            return bool(s.orelse) and self._continue_with(rest, out)
        sure = is_endless(s) and not body.exits & BREAK
        flag = Const(True) if sure else dict(zip(names, results)).get(RETURNED, Const(False))
        self.set(RETURNED, flag)
        if self.depth:
            self.set(EXIT, flag)
            self.set(LEFT, flag)
        if self._guard_at(RETURN, rest, out, span):
            return True
        return bool(s.orelse) and self._continue_with(rest, out)

    def _target_mask(self, target: Any) -> int:
        return sum(self.flow.bits.get(name, 0) for name in self.scopes.names([target]).assigns)


# What hands on the items of its arguments one by one.
_LAZY = frozenset(
    "enumerate zip map filter islice chain takewhile dropwhile starmap accumulate pairwise".split()
)


def _read_lazily(node: Any) -> list[Any]:
    """The generator expressions that an iterable reads one item at a time."""
    if isinstance(node, gast.GeneratorExp):
        return [node]
    callee = getattr(node, "func", None)
    if getattr(callee, "id", getattr(callee, "attr", None)) not in _LAZY:
        return []
    return [found for argument in node.args for found in _read_lazily(argument)]


def _changed_names(statements: list[Any]) -> set[str]:
    """The variables that some statements assign, write into, or call a method of."""
    changed = set()
    for statement in statements:
        for node in gast.walk(statement):
            if isinstance(node, gast.Call) and isinstance(node.func, gast.Attribute):
                node = node.func
            elif not isinstance(getattr(node, "ctx", None), (gast.Store, gast.Del)):
                continue
            while isinstance(node, (gast.Attribute, gast.Subscript)):
                node = node.value
            if isinstance(node, gast.Name):
                changed.add(node.id)
    return changed
