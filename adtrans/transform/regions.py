"""Reverse mode of regions: branches, loops, `with` and `try`, each undone by a region of its own."""

from __future__ import annotations

import operator
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from adtrans.analysis.inference.algebra import conformed, zero_of
from adtrans.errors import UnsupportedError
from adtrans.ir import types as ty
from adtrans.ir.program import Block, Const, Op, Value, free_values, is_undefined, walk
from adtrans.ir.regions import edges_of, slots_of
from adtrans.transform.adjoints import Entry, Parts, Scope, adjoint_name, whole

if TYPE_CHECKING:
    from adtrans.analysis.activity import Activity
    from adtrans.analysis.aliases import Aliases
    from adtrans.analysis.inference.engine import Engine
    from adtrans.transform.containers import ContainerShadows


@dataclass
class Mirror:
    """A region of the forward sweep and the region of the reverse sweep that undoes it."""

    forward: Op
    reverse: Op
    pairs: list[tuple[Block, Block]]
    inner: list[Mirror] = field(default_factory=list)
    trips: Value | None = None


@dataclass
class Way:
    """One block of an `if` of the reverse sweep, the adjoints it sets and the regions it undoes."""

    block: Block
    scope: Scope
    inner: list[Mirror] = field(default_factory=list)


class Regions:
    """The part of Reverse that undoes regions."""

    engine: Engine
    aliases: Aliases
    activity: Activity
    containers: ContainerShadows
    seeds: set[Value]
    _inner: list[Mirror]

    if TYPE_CHECKING:

        def open(self, block: Block) -> None: ...
        def ops(self, block: Block, scope: Scope) -> None: ...
        def contribute(self, scope: Scope, v: Value, b: Entry) -> None: ...
        def may_vanish(self, b: Value) -> bool: ...
        def has_shadow(self, v: Value) -> bool: ...
        def adjoint_of(self, scope: Scope, r: Value) -> Entry | None: ...

    def _if(self, op: Op, scope: Scope) -> None:
        for k, r in enumerate(op.results):
            kinds = {type(ty.widen(b.yields[k].type)) for b in op.blocks if not is_undefined(b.yields[k])}
            if (
                isinstance(r.type, ty.Any)
                and self.activity.is_active(r)
                and len(kinds) > 1
                and kinds & {ty.Tuple, ty.List, ty.Record, ty.Mapping}
            ):
                raise UnsupportedError(
                    "the branches give active values of different structure",
                    span=op.span,
                    hint="give the same structure on both sides",
                )
        entries = self._entries(op, scope)
        ways = [self._way(scope, partial(self._undo, block, entries)) for block in op.blocks]
        made = self._choice(ways, scope, lambda: op.operands[0])
        if made is not None:
            inner = [m for way in ways for m in way.inner]
            self._inner.append(Mirror(op, made, list(zip(op.blocks, made.blocks)), inner))

    def _entries(self, op: Op, scope: Scope) -> list[Entry | None]:
        """The adjoints of a region's results; storage has a shadow instead."""
        return [None if self.has_shadow(r) else self.adjoint_of(scope, r) for r in op.results]

    def _way(self, scope: Scope, write: Callable[[Scope], None]) -> Way:
        """Write one of the blocks of an `if` of the reverse sweep."""
        way = Way(Block(), Scope(scope))
        outer, self._inner = self._inner, way.inner
        with self.engine.inside(way.block):
            write(way.scope)
        self._inner = outer
        return way

    def _choice(self, ways: list[Way], scope: Scope, test: Callable[[], Value]) -> Op | None:
        """The `if` of two ways, which yields the adjoints that either changes; None if they do nothing."""
        engine = self.engine
        blocks = [way.block for way in ways]
        changed = list(dict.fromkeys(v for way in ways for v in way.scope.own))
        if not changed and not any(b.ops for b in blocks):
            return None
        results = []
        for v in changed:
            for way in ways:
                with engine.inside(way.block):
                    way.block.yields.append(whole(engine, v, way.scope.get(v)))
            type_ = ty.dual(v.type)
            if not isinstance(type_, (ty.Scalar, ty.Array)):
                type_ = ty.join(blocks[0].yields[-1].type, blocks[1].yields[-1].type)
            results.append(Value(type_, adjoint_name(v), engine.span))
        made = Op("if", [test()], results, blocks, dict(engine.marks), engine.span)
        engine.append(made)
        for v, r in zip(changed, results):
            scope.set(v, r)
        return made

    def _flow(self, child: Scope, y: Value, b: Entry) -> None:
        """A cotangent that enters a branch through its yield."""
        if isinstance(y, Const) or is_undefined(y):
            return
        if isinstance(b, Value) and not isinstance(b, Const):
            b = conformed(self.engine, b, y) if isinstance(ty.widen(y.type), (ty.Scalar, ty.Array)) else b
        self.contribute(child, y, b)

    def _for(self, op: Op, scope: Scope) -> None:
        self._loop(op, scope)

    def _while(self, op: Op, scope: Scope) -> None:
        self._loop(op, scope)

    def _loop(self, op: Op, scope: Scope) -> None:
        """Reverse a loop: its slots' adjoints are carried backwards, outer values' are summed."""
        engine, activity = self.engine, self.activity
        inits, params, yields = slots_of(op)
        body = op.blocks[-1]
        slots = [
            j
            for j, p in enumerate(params)
            if (activity.is_active(p) or activity.is_active(op.results[j])) and not self.has_shadow(p)
        ]
        inside = set(params)
        outer = [
            v
            for v in free_values(body)
            if v not in inside and activity.is_active(v) and not self.has_shadow(v)
        ]
        if op.kind == "for":
            outer = [v for v in outer if v is not body.params[0]]
        starts = [whole(engine, op.results[j], scope.pop(op.results[j])) for j in slots]
        sums = [whole(engine, v, scope.get(v)) for v in outer]
        index = Value(ty.INT, body.params[0].name if op.kind == "for" else None, engine.span)
        slot_types = [ty.renamed(ty.dual(params[j].type), _stays, f"{engine.site()}_b{j}") for j in slots]
        slot_params = [Value(t, adjoint_name(params[j]), engine.span) for t, j in zip(slot_types, slots)]
        sum_params = [Value(ty.dual(v.type), adjoint_name(v), engine.span) for v in outer]
        for j, b, start in zip(slots, slot_params, starts):
            if _is_sum(engine.definition(yields[j]), params[j]) and not self.may_vanish(start):
                self.seeds.add(b)
        mirrored, child = Block([index, *slot_params, *sum_params]), Scope(scope)
        for v, p in zip(outer, sum_params):
            child.set(v, p)
        outer_list, self._inner = self._inner, []
        with engine.inside(mirrored):
            self.open(body)
            for j, b in zip(slots, slot_params):
                self._flow(child, yields[j], b)
            self.ops(body, child)
            out_slots = []
            for j, b in zip(slots, slot_params):
                entry = child.pop(params[j])
                like = params[j] if isinstance(entry, Parts) or _changes_shape(params[j]) else b
                out_slots.append(zero_of(engine, like) if entry is None else whole(engine, like, entry))
            out_sums = [whole(engine, v, child.get(v)) for v in outer]
        inner, self._inner = self._inner, outer_list
        mirrored.yields = [*out_slots, *out_sums]
        if not mirrored.ops and not slots and all(a is b for a, b in zip(out_sums, sum_params)):
            return
        iterable, trips = self._iterations(op)
        results = [Value(p.type, p.name, engine.span) for p in (*slot_params, *sum_params)]
        made = Op("for", [iterable, *starts, *sums], results, [mirrored], dict(engine.marks), engine.span)
        engine.append(made)
        for v, p, y, r in zip(outer, sum_params, out_sums, results[len(slots) :]):
            if y is not p:
                scope.set(v, r)
        for j, r in zip(slots, results):
            self._flow(scope, inits[j], r)
        self._inner.append(Mirror(op, made, [(body, mirrored)], inner, trips))

    def _iterations(self, op: Op) -> tuple[Value, Value | None]:
        """What the reverse loop runs over: the range backwards, or as many trips as were made."""
        engine = self.engine
        trips = None
        if op.kind == "while" or op.attrs.get("exits"):
            trips = count_trips(op)
        if op.kind == "while":
            assert trips is not None
            return engine.emit(range, [trips], [ty.Range()])[0], trips
        values = op.operands[0]
        if trips is not None:
            made = engine.definition(values)
            if made is not None and made.fn is reversed:
                values = engine.emit(
                    operator.getitem, [made.operands[0], Const(slice(None, None, -1))], [ty.Range()]
                )[0]
            cut = engine.emit(slice, [Const(None), trips, Const(None)], [ty.SLICE])[0]
            values = engine.emit(operator.getitem, [values, cut], [ty.Range()])[0]
        made = engine.definition(values)
        if made is not None and made.fn is range and trips is None:
            values = engine.emit(range, list(made.operands), [made.result.type])[0]
        if made is not None and made.fn is reversed and trips is None:
            return made.operands[0], None
        return engine.emit(reversed, [values], [ty.Range()])[0], trips

    def _with(self, op: Op, scope: Scope) -> None:
        """The reverse statements run under the np.errstate of their primal, under no other manager."""
        engine, block = self.engine, op.blocks[0]
        entries = self._entries(op, scope)
        made = engine.definition(op.operands[0])
        if made is None or made.fn is not np.errstate:
            self._undo(block, entries, scope)
            return
        mirrored, child = Block([Value(ty.ANY)]), Scope(scope)
        with engine.inside(mirrored):
            self._undo(block, entries, child)
            changed = list(child.own)
            mirrored.yields = [whole(engine, v, child.get(v)) for v in changed]
        if not changed and not mirrored.ops:
            return
        results = [Value(ty.dual(v.type), adjoint_name(v), engine.span) for v in changed]
        manager = engine.emit(np.errstate, list(made.operands), [ty.ANY], made.keywords)[0]
        engine.append(Op("with", [manager], results, [mirrored], dict(engine.marks), engine.span))
        for v, r in zip(changed, results):
            scope.set(v, r)

    def _undo(self, block: Block, entries: list[Entry | None], scope: Scope) -> None:
        """Reverse a block that always runs, here."""
        self.open(block)
        for y, b in zip(block.yields, entries):
            if b is not None:
                self._flow(scope, y, b)
        self.ops(block, scope)

    def _try(self, op: Op, scope: Scope) -> None:
        """Reverse the path that completed; a flag says which."""
        engine = self.engine
        entries = self._entries(op, scope)
        if op.attrs.get("final"):
            self._final(op, scope, entries)
            return
        self._check_interrupted(op)
        path = Value(ty.INT, "path", engine.span)
        op.results.append(path)
        for k, block in enumerate(op.blocks):
            block.yields.append(Const(k))
        self._paths(op, path, 0, entries, scope)

    def _check_interrupted(self, op: Op) -> None:
        """Refuse a try body that may be left half-way through its changes of what lives outside of it."""
        body = op.blocks[0]
        inside = set(walk(body))
        made = {r for inner in inside for r in inner.results}
        for root, writes in self.aliases.writes.items():
            for write in writes:
                if write in inside and self.activity.is_active(write.operands[0]):
                    members = [v for v in free_values(body) if self.aliases.same(v, root)]
                    if any(v not in made for v in members):
                        raise UnsupportedError(
                            "the body of this try changes an array or a list that lives outside of it, "
                            "and may be left half-way",
                            span=write.span,
                            hint="change a copy in the body, and assign it when the body is done",
                        )

    def _paths(self, op: Op, path: Value, k: int, entries: list[Entry | None], scope: Scope) -> None:
        """Undo the block that completed, of those from the k-th on."""
        if k == len(op.blocks):
            return
        taken = self._way(scope, partial(self._undo, op.blocks[k], entries))
        other = self._way(scope, partial(self._paths, op, path, k + 1, entries))
        made = self._choice(
            [taken, other], scope, lambda: self.engine.emit(operator.eq, [path, Const(k)], [ty.BOOL])[0]
        )
        if made is not None:
            self._inner.append(Mirror(op, made, [(op.blocks[k], taken.block)], taken.inner))
            self._inner.extend(other.inner)

    def _final(self, op: Op, scope: Scope, entries: list[Entry | None]) -> None:
        """try/finally: the body and then the final block ran; undo them in the other order."""
        body, final = op.blocks
        self._undo(final, entries, scope)
        self._undo(body, [scope.pop(p) for p in final.params], scope)


def maybe_undefined(body: Block) -> set[Value]:
    """Results and slots that hold nothing on some path."""
    found: set[Value] = set()
    changed = True
    while changed:
        before = len(found)
        for op in walk(body):
            if op.kind == "apply":
                continue
            for targets, sources in edges_of(op):
                found.update(t for t, s in zip(targets, sources) if is_undefined(s) or s in found)
        changed = len(found) > before
    return found


def count_trips(op: Op) -> Value:
    """Give a loop a slot that counts its iterations; the final count."""
    body = op.blocks[-1]
    before, after = Value(ty.INT, "trips", op.span), Value(ty.INT, "trips", op.span)
    body.params.append(before)
    body.ops.append(Op("apply", [before, Const(1)], [after], [], {"fn": operator.add}, op.span))
    body.yields.append(after)
    op.operands.append(Const(0))
    result = Value(ty.INT, "trips", op.span)
    op.results.append(result)
    if op.kind == "while":
        op.blocks[0].params.append(Value(ty.INT, "trips", op.span))
    return result


def _stays(dim: ty.Dim) -> bool:
    """Whether a slot has this length in every iteration; its adjoint comes with that of the next one."""
    return dim.symbol is None or not dim.symbol.startswith("j")


def _is_sum(op: Op | None, param: Value) -> bool:
    """Whether a loop's variable is added to: its adjoint then stays what it is."""
    return op is not None and op.fn in (operator.add, operator.sub) and param in op.operands


def _changes_shape(param: Value) -> bool:
    """Whether a slot may hold arrays of different shapes in different iterations."""
    t = param.type
    if isinstance(t, ty.Array):
        return t.dims is None or not all(map(_stays, t.dims))
    return isinstance(t, (ty.Any, ty.Numeric))
