"""Statements with blocks. break, continue and return become flags, or, where a branch always
leaves, the rest of its block moves into the sibling branch and no flag is needed.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import gast

from adtrans.frontend.builder import Branch, shown_name
from adtrans.frontend.flow import (
    BREAK,
    CONTINUE,
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
from adtrans.frontend.lower_statements import Statements
from adtrans.ir.program import Const, Op, Span, Value, undefined


@dataclass(frozen=True)
class Chain:
    """Statements still to come: the rest of a list, then what follows the list."""

    statements: list[Any]
    start: int = 0
    then: Chain | None = None


@dataclass(frozen=True)
class _Choice:
    """A branch on a value that is no expression of the user's: the `else` of a loop or a try."""

    condition: Value
    body: list[Any]
    orelse: list[Any]
    after: int
    span: Span


class Control(Statements):
    """Lowers statements with blocks, and chains of statements."""

    depth = 0  # loops around
    flags = 0  # hidden flags made so far

    def sequence(self, chain: Chain | None, out: int) -> None:
        """Statements one after another; `out` is what is live after the last of them."""
        while chain is not None and self.alive:
            if chain.start >= len(chain.statements):
                chain = chain.then
                continue
            s = chain.statements[chain.start]
            rest = Chain(chain.statements, chain.start + 1, chain.then)
            if isinstance(s, _Choice):
                if self._choose(s.condition, s.body, s.orelse, s.after, s.span, rest, out):
                    return
                chain = rest
                continue
            self.statement = self._header(s)
            if isinstance(s, (gast.Return, gast.Break, gast.Continue)):
                self._leave(s)
                return
            done = False
            if not self.flow.of(s).falls:
                rest = Chain([])  # never reached
            if isinstance(s, gast.If):
                condition = self.expr(s.test)
                done = self._choose(
                    condition, s.body, s.orelse, self.flow.after[id(s)], self.span(s.test), rest, out
                )
            elif isinstance(s, (gast.For, gast.While)):
                done = self._loop(s, rest, out)
            elif isinstance(s, gast.Try):
                done = self._try(s, rest, out)
            elif isinstance(s, gast.With):
                self._with(s, 0)
                done = self.alive and self._guard(self.flow.of(s).exits, rest, out, s)
            else:
                self.simple(s)
            if done:
                return
            chain = rest

    def _header(self, s: Any) -> tuple[int, int, int, int]:
        """Where a statement stands, without the statements inside it."""
        end = s
        if isinstance(s, (gast.If, gast.While)):
            end = s.test
        elif isinstance(s, gast.For):
            end = s.iter
        elif isinstance(s, gast.With):
            end = s.items[-1].optional_vars or s.items[-1].context_expr
        elif isinstance(s, gast.Try):
            return (
                s.lineno,
                self._column(s.lineno, s.col_offset),
                s.lineno,
                self._column(s.lineno, s.col_offset) + 3,
            )
        elif isinstance(s, gast.FunctionDef):
            return (
                s.lineno,
                self._column(s.lineno, s.col_offset),
                s.lineno,
                len(self.source.lines[s.lineno - 1]),
            )
        column, end_column = (
            self._column(s.lineno, s.col_offset),
            self._column(end.end_lineno, end.end_col_offset),
        )
        return (s.lineno, column, end.end_lineno, end_column)

    # ----- leaving -----

    def _leave(self, s: Any) -> None:
        if isinstance(s, gast.Return):
            value = Const(None) if s.value is None else self.used_at_once(s.value)
            self.set(RESULT, value)
            self.set(RETURNED, Const(True))
        if self.depth:
            if not isinstance(s, gast.Continue):
                self.set(EXIT, Const(True))
            self.set(LEFT, Const(True))

    def _guard(self, exits: int, rest: Chain, out: int, node: Any) -> bool:
        """Go on with `rest` only if control has not left; whether `rest` is dealt with here."""
        if not exits or not _has_more(rest):
            return False
        flag = self.current(RETURNED if not self.depth else LEFT if exits & CONTINUE else EXIT)
        if isinstance(flag, Const):
            return bool(flag.value)
        self.begin()
        left = self.end()
        self.begin()
        self.sequence(rest, out)
        self.join("if", [flag], [left, self.end()], out, self.span(node))
        return True

    # ----- branches -----

    def _choose(
        self,
        condition: Value,
        body: list[Any],
        orelse: list[Any],
        after: int,
        span: Span,
        rest: Chain,
        out: int,
    ) -> bool:
        """An `if`; whether the rest of the block has gone into one of its branches."""
        then, other = self.flow.of(body), self.flow.of(orelse)
        exits = then.exits | other.exits
        absorbs = bool(exits) and not (then.falls and other.falls)
        branches = []
        for statements, summary in ((body, then), (orelse, other)):
            self.begin()
            self.sequence(
                Chain(statements, 0, rest if absorbs and summary.falls else None), out if absorbs else after
            )
            branches.append(self.end())
        self.join("if", [condition], branches, out if absorbs else after, span)
        return absorbs or (self.alive and self._guard_at(exits, rest, out, span))

    def _guard_at(self, exits: int, rest: Chain, out: int, span: Span) -> bool:
        return self._guard(exits, rest, out, _At(span))

    def span(self, node: Any) -> Span:
        return node.where if isinstance(node, _At) else super().span(node)

    # ----- loops -----

    def _loop(self, s: Any, rest: Chain, out: int) -> bool:
        flow = self.flow
        after, head, body = flow.after[id(s)], flow.head[id(s)], flow.of(s.body)
        is_for = isinstance(s, gast.For)
        leaves = body.exits & (BREAK | RETURN)
        iterable = [self.expr(s.iter)] if is_for else []
        span = self.span(s.iter if is_for else s.test)
        assigned = body.assigned
        if is_for:
            assigned |= self._target_mask(s.target)
        names = flow.keys(assigned & head & ~15)
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
        for name in flow.keys(assigned & ~15):
            self.set(name, undefined())
        for name, value in zip(names, results):
            self.set(name, value)
        self.alive = not is_endless(s) or bool(leaves)
        return self._after_loop(s, body, names, results, after, span, rest, out) if self.alive else False

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
                rest = Chain([_Choice(results[-1], [], s.orelse, after, span)], 0, rest)
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

    def _continue_with(self, rest: Chain, out: int) -> bool:
        self.sequence(rest, out)
        return True

    def _target_mask(self, target: Any) -> int:
        return sum(self.flow.bits.get(name, 0) for name in self.scopes.names([target]).assigns)

    # ----- with -----

    def _with(self, s: Any, i: int) -> None:
        if i == len(s.items):
            self.sequence(Chain(s.body), self.flow.after[id(s)])
            return
        manager = s.items[i]
        value = self.expr(manager.context_expr)
        entered = Value(span=self.span(manager.context_expr))
        self.begin([entered])
        if manager.optional_vars is not None:
            self.assign(manager.optional_vars, entered)
        self._with(s, i + 1)
        self.join("with", [value], [self.end()], self.flow.after[id(s)], self.span(manager.context_expr))

    # ----- try -----

    def _try(self, s: Any, rest: Chain, out: int) -> bool:
        if not s.finalbody:
            return self._try_except(s, self.flow.inner[id(s)], rest, out)
        after, inner, final = self.flow.after[id(s)], self.flow.inner[id(s)], self.flow.of(s.finalbody)
        if final.exits:
            raise self.refuse(
                s.finalbody[0],
                "leaving a `finally` block discards exceptions",
                "Leave after the try statement.",
            )
        span = self._where(s)
        self.begin()
        if s.handlers:
            self._try_except(s, inner, None, inner)
        else:
            self.sequence(Chain(s.body), inner)
        completed = self.alive
        body = self.end()
        names = [name for name in self.flow.names if name in body.assigned and self.flow.bits[name] & inner]
        body.block.yields = [
            self.leaving(body.assigned[name]) if completed else undefined() for name in names
        ]
        params = [Value(name=shown_name(name), span=span) for name in names]
        self.begin(params)
        for name, param in zip(names, params):
            self.set(name, param)
        self.sequence(Chain(s.finalbody), after)
        last = self.end()
        kept = [name for name in self.flow.names if name in last.assigned and self.flow.bits[name] & after]
        last.block.yields = [
            self.leaving(last.assigned[name]) if last.alive else undefined() for name in kept
        ]
        results = [Value(name=shown_name(name), span=span) for name in kept]
        self.block.ops.append(
            Op("try", [], results, [body.block, last.block], {"handlers": 0, "final": True}, span)
        )
        for name in (*body.assigned, *last.assigned):
            self.set(name, undefined())
        for name, value in zip(kept, results):
            constant = body.assigned.get(name)
            unchanged = completed and isinstance(constant, Const) and last.assigned[name] in params
            self.set(name, constant if unchanged and constant is not None else value)
        self.alive = completed and last.alive
        return self.alive and self._guard_at(self.flow.of(s).exits, rest, out, span)

    def _try_except(self, s: Any, after: int, rest: Chain | None, out: int) -> bool:
        flow, span = self.flow, self._where(s)
        types = [Const(BaseException) if h.type is None else self.expr(h.type) for h in s.handlers]
        self._refuse_half_written(s)
        # the flag that says whether the body has completed, if the `else` must ask for it
        asks = ""
        if s.orelse and any(flow.of(handler.body).falls for handler in s.handlers):
            self.flags += 1
            asks = f"%completed{self.flags}"
        self.begin()
        self.sequence(Chain(s.body), after | flow.of(s.orelse).gen)
        if asks:
            self.set(asks, Const(True))
        branches = [self.end()]
        for handler in s.handlers:
            branches.append(self._handler(handler, after, asks))
        self.join(
            "try",
            list(types),
            branches,
            after | flow.of(s.orelse).gen,
            span,
            {"handlers": len(types)},
            (asks,) if asks else (),
        )
        if not self.alive:
            return False
        exits = flow.of(s.body).exits
        for handler in s.handlers:
            exits |= flow.of(handler.body).exits
        rest = rest or Chain([])
        if asks:
            rest = Chain([_Choice(self.current(asks), s.orelse, [], after, span)], 0, rest)
        elif s.orelse:
            rest = Chain(s.orelse, 0, rest)
        return self._guard_at(exits, rest, out, span) or (bool(s.orelse) and self._continue_with(rest, out))

    def _handler(self, handler: Any, after: int, asks: str) -> Branch:
        caught = Value(span=self._where(handler))
        self.begin([caught])
        if asks:
            self.set(asks, Const(False))
        if handler.name is not None:
            self.bind(handler.name.id, caught)
        self.sequence(Chain(handler.body), after)
        if handler.name is not None:
            self.set(handler.name.id, undefined())
        return self.end()

    def _refuse_half_written(self, s: Any) -> None:
        """Refuse a handler that reads what the body may have assigned before it was interrupted."""
        assigned = self.flow.of(s.body).assigned & ~self._written_last(s.body)
        for handler in s.handlers:
            read = self.flow.keys(assigned & self.flow.caught[id(handler)] & ~15)
            if read:
                raise self.refuse(
                    handler.body[0],
                    f"when the exception comes, `{read[0]}` may or may not have its new value, and it is read afterwards",
                    f"Assign `{read[0]}` in the handler, or assign it in the last statement of the try block only.",
                )

    def _written_last(self, body: list[Any]) -> int:
        """Variables that only the last statement of a body assigns: an exception leaves them as they were."""
        last = len(body) - 1
        while last >= 0 and _cannot_raise(body[last]):
            last -= 1
        if last < 0 or not isinstance(body[last], (gast.Assign, gast.AugAssign, gast.AnnAssign)):
            return 0
        written = self.flow.of(body[last]).assigned
        targets = getattr(body[last], "targets", None) or [body[last].target]
        if not all(isinstance(t, (gast.Name, gast.Tuple)) and _only_names(t) for t in targets):
            return 0
        for i, statement in enumerate(body):
            if i != last:
                written &= ~self.flow.of(statement).assigned
        return written

    def _where(self, node: Any) -> Span:
        column = self._column(node.lineno, node.col_offset)
        width = 3 if isinstance(node, gast.Try) else 6
        return Span(self.source, node.lineno, column, node.lineno, column + width, self.statement)


@dataclass(frozen=True)
class _At:
    """Stands for a node where only its place is known."""

    where: Span


def _has_more(chain: Chain | None) -> bool:
    while chain is not None:
        if chain.start < len(chain.statements):
            return True
        chain = chain.then
    return False


def _cannot_raise(s: Any) -> bool:
    if isinstance(s, gast.Return):
        return s.value is None or isinstance(s.value, (gast.Name, gast.Constant))
    return isinstance(s, (gast.Break, gast.Continue, gast.Pass))


def _only_names(target: Any) -> bool:
    return isinstance(target, gast.Name) or all(isinstance(part, gast.Name) for part in target.elts)
