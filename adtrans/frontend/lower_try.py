"""`with` and `try` to ops."""

from __future__ import annotations

from typing import Any

import gast

from adtrans.frontend.builder import Branch, shown_name
from adtrans.frontend.flow import CONTROL_BITS
from adtrans.frontend.lower_control import Chain, Choice, Control
from adtrans.ir.program import Const, Op, Span, Value, undefined


class Guarded(Control):
    """Lowers statements whose blocks may be interrupted."""

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
            rest = Chain([Choice(self.current(asks), s.orelse, [], after, span)], 0, rest)
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
            for name in self.flow.keys(assigned & self.flow.caught[id(handler)] & ~CONTROL_BITS)[:1]:
                raise self.refuse(
                    handler.body[0],
                    f"when the exception comes, `{name}` may or may not have its new value, and it is read",
                    f"Assign `{name}` in the handler, or only in the last statement of the try block.",
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


def _cannot_raise(s: Any) -> bool:
    if isinstance(s, gast.Return):
        return s.value is None or isinstance(s.value, (gast.Name, gast.Constant))
    return isinstance(s, (gast.Break, gast.Continue, gast.Pass))


def _only_names(target: Any) -> bool:
    return isinstance(target, gast.Name) or all(isinstance(part, gast.Name) for part in target.elts)
