"""What the reverse sweep asks for, it gets: by recomputing what is cheap, saving the rest.

Runs when the reverse sweep is written and what is dead in it is gone. Values of a loop's
iteration or of a branch in a loop go to a tape, one record an execution of the block; values
of a branch at the level of the function leave it as results of the branch.
"""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any

import numpy as np

from adtrans.analysis.aliases import Aliases
from adtrans.analysis.inference.engine import Engine
from adtrans.analysis.views import is_view, viewed
from adtrans.ir import prims
from adtrans.ir import types as ty
from adtrans.ir.program import (
    Block,
    Cloner,
    Const,
    Op,
    Value,
    blocks_of,
    free_values,
    is_const,
    undefined,
    walk,
)
from adtrans.ir.regions import define, slots_of
from adtrans.ir.uses import substitute
from adtrans.optimize.dce import is_pure
from adtrans.runtime import conform, expand_to, unbroadcast
from adtrans.transform.regions import Mirror

_CHEAP_SCALAR = frozenset([operator.add, operator.sub, operator.mul, operator.neg, operator.lt, operator.le, operator.gt, operator.ge,
                           operator.eq, operator.ne, operator.not_, operator.and_, operator.or_, operator.is_, operator.is_not])  # fmt: skip
_CHEAP_ALWAYS = frozenset(
    [
        prims.narrow,
        prims.tuple_,
        slice,
        range,
        len,
        np.shape,
        np.ndim,
        np.size,
        prims.closure,
        reversed,
        prims.global_,
    ]
)
_STEADY = frozenset([operator.add, operator.sub, operator.mul, operator.neg, operator.matmul, np.outer])
_NUMBERS = (ty.Scalar, ty.Array, ty.Known)
_INTEGER = frozenset([operator.floordiv, operator.mod, min, max, int])

_SHAPE_OF_FIRST = frozenset(
    [np.zeros_like, np.empty_like, np.full_like, np.ones_like, np.shape, np.ndim, np.size, len]
)
_SHAPE_OF_SECOND = frozenset([unbroadcast, expand_to, conform])
_SHAPE_ATTRIBUTES = ("shape", "ndim", "size", "dtype")


class Saving:
    """Makes every primal value that the reverse sweep reads available there."""

    def __init__(self, engine: Engine, aliases: Aliases, body: Block):
        self.engine = engine
        self.aliases = aliases
        self.body = body
        self.tapes: list[tuple[Op, Op]] = []  # (region at function level, tape op)
        self._read_places: dict[Value, Any] = {}
        self.alive = _arrays_by_type(body)

    def save(self, mirrors: list[Mirror]) -> None:
        for mirror in mirrors:
            self._mirror(mirror, None, mirror.forward)
        self._lift_transparent()
        define([v for op in walk(self.body) if op.fn is prims.push for v in op.operands[1:]], self.body)

    def _ask_others(self, reverse: Block) -> None:
        """Where only the shape of a value matters, a value of the same type that is alive anyway is asked."""
        asked: dict[Value, bool] = {}
        for block in blocks_of(reverse):
            for v in block.yields:
                asked[v] = False
            for op in block.ops:
                shaped = shaped_by(op)
                for v in op.operands:
                    asked[v] = asked.get(v, True) and v is shaped
        others = {v: self.alive.get(v.type, v) for v, only in asked.items() if only}
        substitute(reverse, {v: other for v, other in others.items() if v is not other})

    def _mirror(self, mirror: Mirror, loop: Mirror | None, top: Op) -> None:
        is_loop = mirror.forward.kind in ("for", "while")
        for inner in mirror.inner:
            self._mirror(inner, mirror if is_loop else loop, top)
        for forward, reverse in mirror.pairs:
            self._ask_others(reverse)
            if is_loop:
                self._loop_pair(mirror, forward, reverse, top, loop is None)
            else:
                self._branch_pair(mirror, forward, reverse, top, loop is not None)

    # ----- what is asked for -----

    def _locals(self, forward: Block) -> dict[Value, Op | None]:
        """Values defined in a block, blocks that always run included."""
        found: dict[Value, Op | None] = dict.fromkeys(forward.params)
        work = [forward]
        while work:
            block = work.pop()
            for op in block.ops:
                for r in op.results:
                    found[r] = op
                if op.kind == "with" or op.attrs.get("final"):
                    for b in op.blocks:
                        found.update(dict.fromkeys(b.params))
                        work.append(b)
        return found

    def _wanted(self, forward: Block, reverse: Block) -> tuple[list[Value], dict[Value, Op | None]]:
        defined = self._locals(forward)
        order = {v: i for i, v in enumerate(defined)}
        wanted = [v for v in free_values(reverse) if v in defined]
        return sorted(wanted, key=order.__getitem__), defined

    # ----- what is cheap -----

    def _is_cheap(self, op: Op | None) -> bool:
        """Whether an op may be run again in the reverse sweep instead of saving its result."""
        if op is None or not is_pure(op) or len(op.results) != 1:
            return False
        fn: Any = op.fn
        t = ty.widen(op.result.type)
        if fn in _CHEAP_ALWAYS:
            return not (fn is len and self._is_changed(op.operands[0]))
        if fn is getattr:
            return is_const(op.operands[1], "shape", "ndim", "size", "dtype") or not self._is_changed(
                op.operands[0]
            )
        if is_view(op) and isinstance(op.operands[viewed(op)].type, ty.Array):
            return not any(self._is_changed(v) for k, v in enumerate(op.operands) if k != viewed(op))
        if fn is operator.getitem:
            return not self._is_changed(op.operands[0]) and (
                isinstance(t, ty.Scalar) or not isinstance(op.operands[0].type, ty.Array)
            )
        if isinstance(t, ty.Scalar):
            if (
                t.dtype in ("int64", "bool")
                and fn in _INTEGER
                and not any(isinstance(v.type, ty.Array) for v in op.operands)
            ):
                return True
            return fn in _CHEAP_SCALAR and not any(isinstance(v.type, ty.Array) for v in op.operands)
        if fn is operator.neg:
            return not self._is_changed(op.operands[0])
        return False

    def _is_steady(self, op: Op | None) -> bool:
        """Whether an op multiplies or adds arrays that are never written, none of them two matrices."""
        if op is None or op.fn not in _STEADY or not all(isinstance(v.type, _NUMBERS) for v in op.operands):
            return False
        ranks = [len(v.type.dims or (0, 0)) for v in op.operands if isinstance(v.type, ty.Array)]
        if op.fn is operator.matmul and min(ranks) > 1:
            return False
        return not any(self._is_changed(v) for v in (*op.operands, *op.results))

    def _is_changed(self, v: Value) -> bool:
        return not isinstance(v, Const) and self.aliases.is_written(v)

    def _choose(
        self,
        wanted: list[Value],
        defined: dict[Value, Op | None],
        free: set[Value],
        sink: Callable[[Value], bool],
    ) -> tuple[list[Value], list[Value]]:
        """(values to save, values to recompute in order of definition) so that all wanted are there."""
        saved: dict[Value, None] = {}

        def available(v: Value, seen: dict[Value, bool]) -> bool:
            work = [v]
            needed: set[Value] = set()
            while work:
                x = work.pop()
                if isinstance(x, Const) or x not in defined or x in free or x in saved or x in needed:
                    continue
                op = defined[x]
                if not (self._is_cheap(op) or sink(x)):
                    return False
                needed.add(x)
                assert op is not None
                work.extend(op.operands)
                if len(needed) > 12:
                    return False
            return True

        for v in wanted:
            if not available(v, {}):
                saved[v] = None
        for v in reversed(list(saved)):
            op = defined[v]
            if self._is_cheap(op):
                del saved[v]
                if not available(v, {}):
                    saved[v] = None
        recomputed: dict[Value, None] = {}
        work = [v for v in wanted if v not in saved and v not in free]
        while work:
            v = work.pop()
            if v in recomputed:
                continue
            recomputed[v] = None
            op = defined[v]
            assert op is not None
            work.extend(
                x
                for x in op.operands
                if not isinstance(x, Const) and x in defined and x not in free and x not in saved
            )
        order = {v: i for i, v in enumerate(defined)}
        return sorted(saved, key=order.__getitem__), sorted(recomputed, key=order.__getitem__)

    def _recompute(
        self, values: list[Value], defined: dict[Value, Op | None], mapping: dict[Value, Value], span: Any
    ) -> list[Op]:
        cloner = Cloner(mapping)
        ops = []
        for v in values:
            op = defined[v]
            assert op is not None
            made = cloner.op(op)
            made.attrs.update(reverse=True, derived=True, recomputed=True)
            self.engine.definitions[made.result] = made
            ops.append(made)
        mapping.update(cloner.mapping)
        return ops

    # ----- loops -----

    def _loop_pair(self, mirror: Mirror, forward: Block, reverse: Block, top: Op, outermost: bool) -> None:
        wanted, defined = self._wanted(forward, reverse)
        loop = mirror.forward
        mapping: dict[Value, Value] = {}
        free: set[Value] = set()
        if loop.kind == "for":
            free.add(forward.params[0])
            mapping[forward.params[0]] = reverse.params[0]
        asked = [v for v in wanted if v not in free]
        saved, recomputed = self._choose(asked, defined, free, lambda v: False)
        if saved:
            # no tape at all is worth some products: of what never changes they are what they were
            all_again = self._choose(asked, defined, free, lambda v: self._is_steady(defined[v]))
            saved, recomputed = all_again if not all_again[0] else (saved, recomputed)
        saved = self._carry_backwards(mirror, forward, reverse, saved, mapping)
        opening: list[Op] = []
        if saved:
            tape = self._tape(top)
            fields = [Value(v.type, v.name, loop.span) for v in saved]
            mapping.update(zip(saved, fields))
            self._lift_values(forward, saved)
            forward.ops.append(Op("apply", [tape, *saved], [], [], {"fn": prims.push}, None))
            opening.append(Op("apply", [tape], fields, [], {"fn": prims.pull, "reverse": True}, None))
            if loop.kind == "while" and outermost and loop is top:
                self._while_tape(mirror, tape)
        opening += self._recompute(recomputed, defined, mapping, loop.span)
        reverse.ops[:0] = opening
        substitute(reverse, mapping)

    def _carry_backwards(
        self, mirror: Mirror, forward: Block, reverse: Block, saved: list[Value], mapping: dict[Value, Value]
    ) -> list[Value]:
        """Of a slot's parameter and its yield only the parameter is saved: the yield is the next one's parameter."""
        loop = mirror.forward
        _, params, yields = slots_of(loop)
        for j, (param, y) in enumerate(zip(params, yields)):
            if param in saved and y in saved and y is not param:
                after = Value(y.type, y.name, loop.span)
                result = Value(y.type, y.name, loop.span)
                reverse.params.append(after)
                mirror.reverse.operands.append(loop.results[j])
                mirror.reverse.results.append(result)
                reverse.yields.append(param)
                mapping[y] = after
                saved = [v for v in saved if v is not y]
        return saved

    def _while_tape(self, mirror: Mirror, tape: Value) -> None:
        """`while tape:` instead of counting the trips of a while loop."""
        op = mirror.reverse
        body = op.blocks[0]
        index = body.params[0]
        if any(v is index for b in blocks_of(body) for o in b.ops for v in o.operands):
            return
        op.kind = "while"
        op.operands = op.operands[1:]
        body.params = body.params[1:]
        op.blocks = [Block([Value(p.type, p.name, p.span) for p in body.params], [], [tape]), body]

    def _tape(self, top: Op) -> Value:
        tape = Value(ty.List(ty.ANY, site="tape"), "tape", None)
        op = Op("apply", [], [tape], [], {"fn": prims.tape}, None)
        self.tapes.append((top, op))
        self.engine.definitions[tape] = op
        return tape

    def place_tapes(self, body: Block) -> None:
        """Put every tape's creation before the region that fills it."""
        if not self.tapes:
            return
        outermost = {inner: op for op in body.ops for b in op.blocks for inner in walk(b)}
        before: dict[Op, list[Op]] = {}
        for top, tape in self.tapes:
            before.setdefault(outermost.get(top, top), []).append(tape)
        body.ops = [made for op in body.ops for made in (*before.get(op, ()), op)]

    # ----- branches -----

    def _branch_pair(self, mirror: Mirror, forward: Block, reverse: Block, top: Op, in_loop: bool) -> None:
        wanted, defined = self._wanted(forward, reverse)
        if not wanted:
            return
        forward_only = self._uses_in(forward, mirror.forward)
        mapping: dict[Value, Value] = {}

        def sinks(v: Value) -> bool:
            op = defined[v]
            return (
                op is not None
                and is_pure(op)
                and v not in forward_only
                and not any(self._is_changed(x) for x in op.operands)
                and not self._is_changed(v)
            )

        saved, recomputed = self._choose(wanted, defined, set(), sinks)
        opening: list[Op] = []
        if saved and in_loop:
            tape = self._tape(top)
            fields = [Value(v.type, v.name, mirror.forward.span) for v in saved]
            mapping.update(zip(saved, fields))
            self._lift_values(forward, saved)
            forward.ops.append(Op("apply", [tape, *saved], [], [], {"fn": prims.push}, None))
            opening.append(Op("apply", [tape], fields, [], {"fn": prims.pull, "reverse": True}, None))
        elif saved:
            asked = list(saved)
            self._lift_values(forward, saved)
            for v, lifted in zip(asked, saved):
                mapping[v] = self._export(mirror.forward, forward, lifted)
        opening += self._recompute(recomputed, defined, mapping, mirror.forward.span)
        reverse.ops[:0] = opening
        substitute(reverse, mapping)

    def _uses_in(self, forward: Block, region: Op) -> set[Value]:
        """Values of a branch that the forward sweep itself needs: through effects, yields, regions."""
        used: set[Value] = set()
        for op in walk(forward):
            if not is_pure(op):
                used.update(op.operands)
                for b in op.blocks:
                    used.update(b.yields)
        used.update(forward.yields)
        work = list(used)
        definition = {r: op for op in walk(forward) for r in op.results}
        while work:
            op_found = definition.get(work.pop())
            if op_found is not None:
                for x in op_found.operands:
                    if x not in used:
                        used.add(x)
                        work.append(x)
        return used

    def _export(self, region: Op, block: Block, v: Value) -> Value:
        """A value of one block of a region as a result of the region."""
        for k, y in enumerate(block.yields):
            if y is v and k < len(region.results):
                return region.results[k]
        result = Value(v.type, v.name, region.span)
        for b in region.blocks[1:] if region.attrs.get("final") else region.blocks:
            b.yields.append(v if b is block else undefined())
        region.results.append(result)
        return result

    # ----- blocks that always run -----

    def _lift_values(self, forward: Block, values: list[Value]) -> None:
        """Make values of `with` and `try … finally` blocks visible at the level of `forward`."""
        inside = {
            r: (op, b)
            for op, b in _transparent(forward)
            for r in (*b.params, *(r for inner in b.ops for r in inner.results))
        }
        for k, v in enumerate(values):
            while v in inside:
                op, b = inside[v]
                if op.attrs.get("final") and b is op.blocks[0]:
                    param = Value(v.type, v.name, op.span)
                    b.yields.append(v)
                    op.blocks[1].params.append(param)
                    result = Value(v.type, v.name, op.span)
                    op.blocks[1].yields.append(param)
                    op.results.append(result)
                    v = result
                else:
                    v = self._export(op, b, v)
            values[k] = v

    def _lift_transparent(self) -> None:
        """The same for what the reverse sweep reads at function level."""
        regions = list(_transparent(self.body))
        if not regions:
            return
        for op, block in regions:
            defined = {*block.params, *(r for inner in block.ops for r in inner.results)}
            outside = _uses_outside(self.body, op, defined)
            mapping = {}
            for v in outside:
                lifted = [v]
                self._lift_values(self.body, lifted)
                if lifted[0] is not v:
                    mapping[v] = lifted[0]
            if mapping:
                _substitute_after(self.body, op, mapping)


def shaped_by(op: Op) -> Value | None:
    """The operand of which an op asks nothing but the shape and the dtype."""
    if op.fn in _SHAPE_OF_FIRST or op.fn is getattr and is_const(op.operands[1], *_SHAPE_ATTRIBUTES):
        return op.operands[0]
    return op.operands[1] if op.fn in _SHAPE_OF_SECOND else None


def _arrays_by_type(body: Block) -> dict[ty.Type, Value]:
    """For types whose lengths are those of arguments: the first array of that type at function level."""
    found: dict[ty.Type, Value] = {}
    made = {r: op for op in body.ops if not op.attrs.get("reverse") for r in op.results if op.fn is not None}
    for v in (*body.params, *made):
        t = v.type
        if isinstance(t, ty.Array) and t.dims and t.dtype and all(d.is_of_argument for d in t.dims):
            first = found.setdefault(t, v)
            if v in made and made[v].fn is np.copy and made[v].operands[0] is first and v.name == first.name:
                found[t] = v  # the copy of an argument takes its name
    return found


def _transparent(block: Block) -> list[tuple[Op, Block]]:
    """The blocks of `with` and `try … finally` ops in a block, inner ones first."""
    found: list[tuple[Op, Block]] = []
    work = [block]
    while work:
        b = work.pop()
        for op in b.ops:
            if op.kind == "with" or op.attrs.get("final"):
                for inner in op.blocks:
                    found.append((op, inner))
                    work.append(inner)
    return found[::-1]


def _uses_outside(body: Block, region: Op, defined: set[Value]) -> list[Value]:
    inside = set(map(id, [o for b in region.blocks for o in walk(b)]))
    used: dict[Value, None] = {}
    for op in walk(body):
        if id(op) in inside:
            continue
        values = [*op.operands, *(y for b in op.blocks if op is not region for y in b.yields)]
        for v in values:
            if v in defined:
                used[v] = None
    for v in body.yields:
        if v in defined:
            used[v] = None
    return list(used)


def _substitute_after(body: Block, region: Op, mapping: dict[Value, Value]) -> None:
    inside = set(map(id, [o for b in region.blocks for o in walk(b)])) | {id(region)}
    for op in walk(body):
        if id(op) in inside:
            continue
        op.operands = [mapping.get(v, v) for v in op.operands]
        for b in op.blocks:
            b.yields = [mapping.get(v, v) for v in b.yields]
    body.yields = [mapping.get(v, v) for v in body.yields]
