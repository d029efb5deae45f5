"""Statements with blocks. break, continue and return become flags, or, where a branch always
leaves, the rest of its block moves into the sibling branch and no flag is needed.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import gast

from adtrans.frontend.flow import (
    CONTINUE,
    EXIT,
    LEFT,
    RESULT,
    RETURNED,
)
from adtrans.frontend.lower_statements import Statements
from adtrans.ir.program import Const, Span, Value


class Chain(NamedTuple):
    """Statements still to come: the rest of a list, then what follows the list."""

    statements: list[Any]
    start: int = 0
    then: Chain | None = None


class Choice(NamedTuple):
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
            if isinstance(s, Choice):
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
        line, column = s.lineno, self._column(s.lineno, s.col_offset)
        end = s
        if isinstance(s, (gast.If, gast.While)):
            end = s.test
        elif isinstance(s, gast.For):
            end = s.iter
        elif isinstance(s, gast.With):
            end = s.items[-1].optional_vars or s.items[-1].context_expr
        elif isinstance(s, gast.Try):
            return line, column, line, column + 3
        elif isinstance(s, gast.FunctionDef):
            return line, column, line, len(self.source.lines[line - 1])
        return line, column, end.end_lineno, self._column(end.end_lineno, end.end_col_offset)

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

    def _continue_with(self, rest: Chain, out: int) -> bool:
        self.sequence(rest, out)
        return True

    # ----- the other parts -----

    def _loop(self, s: Any, rest: Chain, out: int) -> bool:
        raise NotImplementedError

    def _with(self, s: Any, i: int) -> None:
        raise NotImplementedError

    def _try(self, s: Any, rest: Chain, out: int) -> bool:
        raise NotImplementedError


class _At(NamedTuple):
    """Stands for a node where only its place is known."""

    where: Span


def _has_more(chain: Chain | None) -> bool:
    while chain is not None:
        if chain.start < len(chain.statements):
            return True
        chain = chain.then
    return False
