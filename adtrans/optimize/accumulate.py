"""Sums into an array of one's own happen in place; printed, the sum below is `b += x`.

def f(%x: float64[n0]):              before: %b is new, and read nowhere else
  %b: float64[n0] = mul(2.0, %x) {reverse}
  %b_1: float64[n0] = add(%b, %x) {reverse}
  return %b_1
----
def f(%x: float64[n0]):              after
  %b: float64[n0] = mul(2.0, %x) {reverse}
  %b_1: float64[n0] = add(%b, %x) {inplace, reverse}
  return %b_1
"""

from __future__ import annotations

import operator

from adtrans.ir import prims
from adtrans.ir import types as ty
from adtrans.ir.program import Block, Const, Function, Op, Value, blocks_of
from adtrans.ir.regions import slot_offsets, slots_of
from adtrans.ir.uses import path_counts
from adtrans.optimize.ownership import is_fresh

_SUMS = frozenset([operator.add, operator.sub])


def accumulate_in_place(function: Function) -> Function:
    """Mark the sums that may take the place of their first operand."""
    owner = _Owner(function)
    for block in list(blocks_of(function.body)):
        for op in block.ops:
            if (
                op.kind != "apply"
                or not op.results
                or not (op.attrs.get("derived") or op.attrs.get("reverse"))
            ):
                continue
            if op.fn in _SUMS and isinstance(op.result.type, ty.Array):
                a, b = op.operands
                if a is b:
                    continue
                if _fits(a.type, op.result.type) and owner.gives(a, block):
                    op.attrs["inplace"] = True
                elif op.fn is operator.add and _fits(b.type, op.result.type) and owner.gives(b, block):
                    op.operands = [b, a]
                    op.attrs["inplace"] = True
            elif op.fn is prims.add_at and owner.gives(op.operands[0], block):
                op.attrs["inplace"] = True
    return function


def _fits(a: ty.Type, result: ty.Type) -> bool:
    """Whether an array can hold a result: the same dtype and dims, both known."""
    return (
        isinstance(a, ty.Array)
        and isinstance(result, ty.Array)
        and a == result
        and a.dims is not None
        and a.dtype is not None
    )


class _Owner:
    """Answers whether a value is new memory that one reader alone sees."""

    def __init__(self, function: Function):
        self.counts = path_counts(function.body)
        self.home: dict[Value, tuple[Op, int]] = {}
        self.block_of: dict[Value, Block] = {}
        self.around: dict[Block, tuple[Op, Block]] = {}
        for block in blocks_of(function.body):
            self.block_of.update(dict.fromkeys(block.params, block))
            for op in block.ops:
                for k, r in enumerate(op.results):
                    self.home[r] = (op, k)
                    self.block_of[r] = block
                for inner in op.blocks:
                    self.around[inner] = op, block
                    for k, p in enumerate(inner.params):
                        self.home[p] = (op, -1 - k)

    def gives(self, v: Value, block: Block) -> bool:
        """Whether what reads `v` in a block may have its memory."""
        while self.block_of.get(v) is not block:
            op, block = self.around.get(block, (None, block))
            if op is None or op.kind != "if":
                return False
        return self.owns(v)

    def owns(self, v: Value) -> bool:
        """Whether `v` has one reader and everything it may be is new and given away."""
        if self.counts[v] != 1:
            return False
        seen: set[Value] = {v}
        work = [v]
        while work:
            x = work.pop()
            if isinstance(x, Const):
                return False
            where = self.home.get(x)
            if where is None:
                return False
            op, k = where
            if op.kind == "apply":
                if not (is_fresh(op) or _is_new_container(op)) and op.fn is not prims.add_at:
                    return False
                continue
            sources = self._sources(op, k)
            if sources is None:
                return False
            for s in sources:
                if s in seen:
                    continue
                if self.counts[s] != 1 or isinstance(s, Const):
                    return False
                seen.add(s)
                work.append(s)
        return True

    @staticmethod
    def _sources(op: Op, k: int) -> list[Value] | None:
        """What a result (k ≥ 0) or a block parameter (-1 - index) of a region may be."""
        if op.kind in ("for", "while"):
            j = k if k >= 0 else -1 - k - slot_offsets(op)[0]
            inits, _, yields = slots_of(op)
            return [inits[j], yields[j]] if j >= 0 else None
        if k < 0:
            return None
        if op.kind == "if":
            return [b.yields[k] for b in op.blocks]
        return None


def _is_new_container(op: Op) -> bool:
    from adtrans.runtime import zeros_like

    return op.fn in (zeros_like, prims.list_, prims.dict_)
