"""What each statement reads, assigns and leaves by, and which variables are live after it.

All sets of variables are bit masks; two linear passes over the statements compute everything.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import gast

from adtrans.frontend.scopes import COMPREHENSIONS, FUNCTIONS, Scopes, default_nodes, imported_name
from adtrans.frontend.scopes import children as evaluated

# how control leaves a statement, other than to the next one
RETURN, BREAK, CONTINUE = 1, 2, 4

# the variables of control itself, and the bits that stand for them
RESULT, RETURNED, EXIT, LEFT = "%result", "%returned", "%exit", "%left"
CONTROL = (RESULT, RETURNED, EXIT, LEFT)
RESULT_BIT, RETURNED_BIT, EXIT_BIT, LEFT_BIT = 1, 2, 4, 8
CONTROL_BITS = 15
ALL = -1


class Summary(NamedTuple):
    """What a statement, or a list of them, does."""

    gen: int = 0  # read before they are assigned
    kill: int = 0  # assigned on every path that goes on to the next statement
    assigned: int = 0
    exits: int = 0
    falls: bool = True  # whether the next statement is ever reached


class _Targets(NamedTuple):
    """What is live where break, continue and return go."""

    to_break: int = 0
    to_continue: int = 0
    to_return: int = 0
    in_loop: bool = False

    def beyond(self, summary: Summary) -> int:
        """What is live where a statement's exits go."""
        live = self.to_break if summary.exits & BREAK else 0
        live |= self.to_continue if summary.exits & CONTINUE else 0
        return live | (self.to_return if summary.exits & RETURN else 0)

    def into(self, summary: Summary, after: int) -> int:
        """What is live before a statement."""
        return summary.gen | (after & ~summary.kill) | self.beyond(summary)


_Work = tuple[list[Any], int, _Targets]  # statements, what is live after them, where exits go


class Flow:
    """The flow of one function's statements."""

    def __init__(
        self,
        body: list[Any],
        variables: list[str],
        scopes: Scopes,
        hidden_reads: dict[str, tuple[str, ...]],
        has_walrus: bool,
    ):
        self.names: list[str] = [*CONTROL, *variables]
        self.bits = {name: 1 << i for i, name in enumerate(self.names)}
        self.after: dict[int, int] = {}  # live after a statement, by id
        self.head: dict[int, int] = {}  # live at the end of a loop's body
        self.inner: dict[int, int] = {}  # live after a try statement's parts, before its `finally`
        self.caught: dict[int, int] = {}  # live where an except handler begins
        self._scopes = scopes
        self._hidden = {name: self._mask(reads) for name, reads in hidden_reads.items()}
        self._walrus = has_walrus
        self._summaries: dict[int, Summary] = {}
        self._kept: list[Any] = []
        self._summarise(body)
        self._liveness(body)

    # ----- answers -----

    def of(self, node: Any) -> Summary:
        """The summary of a statement or of a list of statements."""
        if isinstance(node, list) and not node:
            return Summary()
        return self._summaries[id(node)]

    def keys(self, mask: int) -> list[str]:
        """The names in a mask, in a fixed order."""
        mask &= (1 << len(self.names)) - 1
        found = []
        while mask:
            low = mask & -mask
            found.append(self.names[low.bit_length() - 1])
            mask ^= low
        return found

    # ----- bottom up: summaries -----

    def _summarise(self, body: list[Any]) -> None:
        lists = [body]
        for statements in lists:
            for statement in statements:
                lists.extend(inner for inner in inner_lists(statement) if inner)
        for statements in reversed(lists):
            gen, kill, assigned, exits, falls = 0, 0, 0, 0, True
            for statement in statements:
                summary = self._summaries[id(statement)] = self._statement(statement)
                self._kept.append(statement)
                if falls:
                    gen |= summary.gen & ~kill
                    kill |= summary.kill
                    assigned |= summary.assigned
                    exits |= summary.exits
                    falls = summary.falls
            self._summaries[id(statements)] = Summary(gen, kill if falls else ALL, assigned, exits, falls)
            self._kept.append(statements)

    def _statement(self, s: Any) -> Summary:
        if isinstance(s, gast.If):
            test, body, orelse = self._reads(s.test), self.of(s.body), self.of(s.orelse)
            return Summary(
                test.gen | ((body.gen | orelse.gen) & ~test.kill),
                test.kill | (body.kill & orelse.kill),
                test.assigned | body.assigned | orelse.assigned,
                body.exits | orelse.exits,
                body.falls or orelse.falls,
            )
        if isinstance(s, (gast.For, gast.While)):
            return self._loop(s)
        if isinstance(s, gast.With):
            parts = [
                part
                for item in s.items
                for part in (item.context_expr, item.optional_vars)
                if part is not None
            ]
            return _then(self._reads(*parts), self.of(s.body))
        if isinstance(s, gast.Try):
            return self._try(s)
        if isinstance(s, gast.Return):
            return Summary(self._reads(s.value).gen, ALL, self._reads(s.value).assigned, RETURN, False)
        if isinstance(s, gast.Raise):
            reads = self._reads(s.exc, s.cause)
            return Summary(reads.gen, ALL, reads.assigned, 0, False)
        if isinstance(s, (gast.Break, gast.Continue)):
            return Summary(0, ALL, 0, BREAK if isinstance(s, gast.Break) else CONTINUE, False)
        return self._reads(s)

    def _loop(self, s: Any) -> Summary:
        body, orelse = self.of(s.body), self.of(s.orelse)
        if isinstance(s, gast.For):
            first, target = self._reads(s.iter), self._reads(s.target)
            turn = _then(target, body)
        else:
            first = self._reads(s.test)
            turn = body
        gen = first.gen | ((turn.gen | orelse.gen) & ~first.kill)
        falls = bool(body.exits & BREAK) or (orelse.falls and not is_endless(s))
        exits = (body.exits & RETURN) | orelse.exits
        return Summary(
            gen, first.kill if falls else ALL, first.assigned | turn.assigned | orelse.assigned, exits, falls
        )

    def _try(self, s: Any) -> Summary:
        body, final = _then(self.of(s.body), self.of(s.orelse)), self.of(s.finalbody)
        gen, kill, assigned, exits, falls = (
            body.gen | self.of(s.orelse).gen,
            body.kill,
            body.assigned,
            body.exits,
            body.falls,
        )
        assigned |= self.of(s.orelse).assigned
        for handler in s.handlers:
            summary, reads = self.of(handler.body), self._reads(handler.type)
            name = self.bits[handler.name.id] if handler.name is not None else 0
            gen |= reads.gen | (summary.gen & ~name)
            kill &= summary.kill | name
            assigned |= reads.assigned | summary.assigned | name
            exits |= summary.exits
            falls = falls or summary.falls
        gen |= final.gen
        return Summary(
            gen, kill | final.kill, assigned | final.assigned, exits | final.exits, falls and final.falls
        )

    # ----- expressions -----

    def _mask(self, names: Any) -> int:
        mask = 0
        for name in names:
            mask |= self.bits.get(name, 0)
        return mask

    def _read_mask(self, names: Any) -> int:
        mask = 0
        for name in names:
            mask |= self.bits.get(name, 0) | self._hidden.get(name, 0)
        return mask

    def _reads(self, *nodes: Any) -> Summary:
        present = [node for node in nodes if node is not None]
        if self._walrus:
            return self._in_order(present)
        names = self._scopes.names(present)
        assigned = self._mask(names.assigns)
        return Summary(self._read_mask(names.reads), assigned, assigned)

    def _in_order(self, nodes: list[Any]) -> Summary:
        """As evaluation goes, because `:=` assigns in the middle of an expression."""
        gen = kill = assigned = 0

        def visit(node: Any) -> None:
            nonlocal gen, kill, assigned
            if isinstance(node, gast.Name):
                if isinstance(node.ctx, gast.Load):
                    gen |= self._read_mask((node.id,)) & ~kill
                else:
                    kill |= self._mask((node.id,))
                    assigned |= self._mask((node.id,))
            elif isinstance(node, (*FUNCTIONS, *COMPREHENSIONS, gast.Import, gast.ImportFrom)):
                names = self._scopes.names([node])
                gen |= self._read_mask(names.reads) & ~kill
                assigned |= self._mask(names.assigns)
                if isinstance(node, gast.FunctionDef):
                    kill |= self._mask((node.name,))
                elif isinstance(node, (gast.Import, gast.ImportFrom)):
                    kill |= self._mask(imported_name(alias) for alias in node.names)
                elif isinstance(node, gast.Lambda):
                    for default in default_nodes(node.args):
                        visit(default)
            elif isinstance(node, (gast.BoolOp, gast.IfExp, gast.Compare)):
                parts = evaluated(node)[::-1]
                sure = 2 if isinstance(node, gast.Compare) else 1
                if isinstance(node, gast.Compare):
                    parts = [node.left, *node.comparators]
                for part in parts[:sure]:
                    visit(part)
                known = kill
                for part in parts[sure:]:
                    kill = known
                    visit(part)
                kill = known
            else:
                for child in reversed(evaluated(node)):
                    visit(child)

        for node in nodes:
            visit(node)
        return Summary(gen, kill, assigned)

    # ----- top down: liveness -----

    def _liveness(self, body: list[Any]) -> None:
        work: list[_Work] = [(body, RESULT_BIT, _Targets())]
        while work:
            statements, out, targets = work.pop()
            reached = 0
            for statement in statements:
                reached += 1
                if not self.of(statement).falls:
                    break
            live = out
            for i in range(reached - 1, -1, -1):
                s = statements[i]
                summary = self.of(s)
                if summary.exits:
                    live |= (out & CONTROL_BITS) | targets.beyond(summary)
                    if summary.exits & RETURN:
                        live |= RESULT_BIT
                    if summary.falls and i < reached - 1:
                        live |= guard_bit(summary.exits, targets.in_loop)
                self.after[id(s)] = live
                self._inside(s, live, targets, work)
                live = targets.into(summary, live)

    def _inside(self, s: Any, after: int, targets: _Targets, work: list[_Work]) -> None:
        if isinstance(s, gast.If):
            work += [(inner, after, targets) for inner in (s.body, s.orelse)]
        elif isinstance(s, gast.With):
            work.append((s.body, after, targets))
        elif isinstance(s, (gast.For, gast.While)):
            self._inside_loop(s, after, targets, work)
            work.append((s.orelse, after, targets))
        elif isinstance(s, gast.Try):
            self._inside_try(s, after, targets, work)

    def _inside_try(self, s: Any, after: int, targets: _Targets, work: list[_Work]) -> None:
        final = self.of(s.finalbody)
        work.append((s.finalbody, after, targets))
        kill = 0 if final.kill == ALL else final.kill & ~CONTROL_BITS
        inner = final.gen | (after & ~kill)
        targets = _Targets(
            targets.to_break | final.gen,
            targets.to_continue | final.gen,
            targets.to_return | final.gen,
            targets.in_loop,
        )
        exits = self.of(s).exits
        if s.orelse and exits:  # the `else` comes after the handlers, if control has not left
            inner |= guard_bit(exits, targets.in_loop)
        self.inner[id(s)] = inner
        work.append((s.body, inner | self.of(s.orelse).gen, targets))
        work += [(part, inner, targets) for part in (*(handler.body for handler in s.handlers), s.orelse)]
        for handler in s.handlers:
            name = self.bits[handler.name.id] if handler.name is not None else 0
            self.caught[id(handler)] = targets.into(self.of(handler.body), inner) & ~name

    def _inside_loop(self, s: Any, after: int, targets: _Targets, work: list[_Work]) -> None:
        body, orelse = self.of(s.body), self.of(s.orelse)
        if isinstance(s, gast.For):
            again = _then(self._reads(s.target), body).gen
        else:
            test = self._reads(s.test)
            again = test.gen | (body.gen & ~test.kill)
        control = EXIT_BIT if body.exits & (BREAK | RETURN) else 0
        if body.exits & RETURN:
            control |= RESULT_BIT
            if after & (RETURNED_BIT | EXIT_BIT | LEFT_BIT) or s.orelse:
                control |= RETURNED_BIT
        leaving = (after & ~CONTROL_BITS) | control
        head = self.head[id(s)] = leaving | again | orelse.gen
        work.append((s.body, head, _Targets(leaving, head, targets.to_return, True)))


def inner_lists(statement: Any) -> list[list[Any]]:
    """The lists of statements inside a statement."""
    if isinstance(statement, (gast.If, gast.For, gast.While)):
        return [statement.body, statement.orelse]
    if isinstance(statement, gast.With):
        return [statement.body]
    if isinstance(statement, gast.Try):
        handlers = [handler.body for handler in statement.handlers]
        return [statement.body, *handlers, statement.orelse, statement.finalbody]
    return []


def guard_bit(exits: int, in_loop: bool) -> int:
    """The flag that says, after a statement with these exits, whether control has left."""
    if not in_loop:
        return RETURNED_BIT
    return LEFT_BIT if exits & CONTINUE else EXIT_BIT


def is_endless(loop: Any) -> bool:
    """Whether a loop is `while True`."""
    return isinstance(loop, gast.While) and isinstance(loop.test, gast.Constant) and bool(loop.test.value)


def _then(first: Summary, second: Summary) -> Summary:
    """One thing after another."""
    return Summary(
        first.gen | (second.gen & ~first.kill),
        first.kill | second.kill,
        first.assigned | second.assigned,
        first.exits | second.exits,
        first.falls and second.falls,
    )
