"""Ownership: which values are new arrays that nobody else refers to.

It alone licenses adding in place and returning an array as it is.

    def f(%x: float64[n0]):              before: the result is the caller's own array
      return %x
    ----
    def f(%x: float64[n0]):              after
      %x_1: float64[n0] = np.copy(%x) {reverse, spelling='copy', style='method'}
      return %x_1
"""

from __future__ import annotations

import operator
from typing import Any

import numpy as np

from adtrans.analysis.aliases import changed_by_call
from adtrans.analysis.views import may_be_view, shared_operands, views_from
from adtrans.ir import prims
from adtrans.ir import types as ty
from adtrans.ir.program import Block, Const, Function, Op, Value, blocks_of, is_undefined, walk
from adtrans.ir.regions import leaving_blocks, slots_of
from adtrans.rules.registry import lookup

_DISPLAYS = frozenset([prims.tuple_, prims.list_, prims.dict_])
_FRESH: frozenset[Any] = frozenset(
    [
        np.copy,
        np.zeros,
        np.ones,
        np.empty,
        np.full,
        np.full_like,
        np.zeros_like,
        np.ones_like,
        np.array,
        prims.add_at,
    ]
)
_OPERATORS = frozenset(
    getattr(operator, n) for n in "add sub mul truediv floordiv mod pow matmul neg".split()
)


def is_fresh(op: Op) -> bool:
    """Whether an op's array result is always new memory."""
    fn: Any = op.fn
    if op.kind != "apply" or len(op.results) != 1:
        return False
    if fn in _FRESH or fn in _OPERATORS:
        return True
    primitive = lookup(fn)
    if primitive is not None:
        return (
            fn is not operator.getitem
            and not shared_operands(op)
            and not may_be_view(op)
            and (primitive.elementwise or str(getattr(fn, "__module__", "")).startswith("numpy"))
        )
    return False


class Origins:
    """The ops whose results a value may be, through every region."""

    def __init__(self, function: Function):
        self.sources: dict[Value, list[Value]] = {}
        self.definitions: dict[Value, Op] = {}
        self.params = set(function.params)
        for op in walk(function.body):
            if op.kind == "apply":
                for r in op.results:
                    self.definitions[r] = op
                continue
            self._region(op)

    def _region(self, op: Op) -> None:
        add = self.sources.setdefault
        if op.kind in ("for", "while"):
            for init, p, y, r in zip(*slots_of(op), op.results):
                add(p, []).extend([init, y])
                add(r, []).extend([init, y])
            return
        for b in leaving_blocks(op):
            for r, y in zip(op.results, b.yields):
                add(r, []).append(y)
        if op.attrs.get("final"):
            for p, y in zip(op.blocks[1].params, op.blocks[0].yields):
                add(p, []).append(y)

    def of(self, v: Value) -> set[Value]:
        """The values at the ends of all ways to a value: results of ops, parameters."""
        found: set[Value] = set()
        seen: set[Value] = set()
        work = [v]
        while work:
            x = work.pop()
            if x in seen or isinstance(x, Const) and (is_undefined(x) or not isinstance(x.value, np.ndarray)):
                continue
            seen.add(x)
            if x in self.sources:
                work.extend(self.sources[x])
                continue
            op = self.definitions.get(x)
            if op is not None and op.fn is prims.add_at and op.attrs.get("inplace"):
                work.append(op.operands[0])
                continue
            found.add(x)
        return found


def own_results(function: Function) -> bool:
    """Copy every array that the program returns and that may not be its own. True when all are known."""
    origins = Origins(function)
    taken: set[Value] = set()
    known = True
    results = list(function.body.yields)
    work: list[tuple[Op | None, int, Value]] = [(None, k, v) for k, v in enumerate(results)]
    while work:
        holder, k, v = work.pop(0)
        if isinstance(v, Const) or isinstance(ty.widen(v.type), (ty.Scalar, ty.Known, ty.Text)):
            continue
        op = origins.definitions.get(v)
        if op is not None and op.fn in _DISPLAYS and not isinstance(v.type, (ty.List, ty.Mapping)):
            work[:0] = [(op, i, x) for i, x in enumerate(op.operands)]
            continue
        if not isinstance(v.type, ty.Array):
            known = False
            continue
        ends = origins.of(v)
        own = bool(ends) and all(e in origins.definitions and is_fresh(origins.definitions[e]) for e in ends)
        if (
            holder is not None
            and (not own or ends & taken)
            and _written_after(function, origins, holder, ends)
        ):
            known = False  # a copy there would miss what is written later
            continue
        if not own or ends & taken:
            copy = Value(v.type, v.name, v.span)
            made = Op(
                "apply",
                [v],
                [copy],
                [],
                {"fn": np.copy, "style": "method", "spelling": "copy", "reverse": True},
                None,
            )
            _insert(function.body, holder, made)
            if holder is None:
                function.body.yields[k] = copy
            else:
                holder.operands[k] = copy
        taken |= ends
    return known


def _written_after(function: Function, origins: Origins, holder: Op, ends: set[Value]) -> bool:
    """Whether an array that a display holds is, or may be, written after the display is made."""
    ops = [op for op in walk(function.body) if op.kind == "apply"]
    later = ops[ops.index(holder) + 1 :]
    targets = [v for op in later for v in (op.operands[:1] if not op.results else changed_by_call(op))]
    return any(origins.of(base) & ends for v in targets for base in views_from(v, origins.definitions.get))


def _insert(body: Block, holder: Op | None, made: Op) -> None:
    for block in blocks_of(body):
        if holder is None:
            block.ops.append(made)
            return
        if holder in block.ops:
            block.ops.insert(block.ops.index(holder), made)
            return
