"""Dead code elimination: ops without effects whose results nobody reads, and loop slots nobody needs.

def f(%x: float):                    before
  %y: float = mul(%x, %x)
  %z: float = math.sin(%x)
  return %z
----
def f(%x: float):                    after
  %z: float = math.sin(%x)
  return %z
"""

from __future__ import annotations

import copy
import operator
from typing import Any

import numpy as np

from adtrans.analysis.aliases import changes_first
from adtrans.analysis.inference.apply import HANDLERS, IN_PLACE
from adtrans.ir import prims
from adtrans.ir import types as ty
from adtrans.ir.program import Block, Const, Function, Op, Value, blocks_of, walk
from adtrans.ir.regions import keep_results, leaving_blocks, slot_offsets, slots_of
from adtrans.rules.registry import lookup

_PURE_PRIMS = frozenset(
    [prims.tuple_, prims.list_, prims.set_, prims.dict_, prims.closure, prims.global_, prims.text, prims.append, prims.insert,
     prims.add_at, prims.set_at, prims.tape, prims.narrow, prims.import_, prims.is_sequence]
)  # fmt: skip
_NEVER_RAISES = frozenset(
    [prims.tuple_, prims.list_, prims.closure, prims.tape, prims.narrow, prims.is_sequence, np.shape, np.ndim, np.size, operator.is_,
     operator.is_not, operator.not_]
)  # fmt: skip
_SCALAR_ARITHMETIC = frozenset(
    [operator.add, operator.sub, operator.mul, operator.neg, operator.eq, operator.ne, operator.lt, operator.le, operator.gt, operator.ge]
)  # fmt: skip
_IMPURE = frozenset([print, setattr, delattr, prims.push, prims.pull, prims.augment_at, prims.call])


def is_pure(op: Op) -> bool:
    """Whether an op can be left out, or run another time, without anybody noticing."""
    if op.kind != "apply":
        return False
    fn: Any = op.fn
    if not op.results or fn in _IMPURE or op.attrs.get("impure"):
        return False
    if changes_first(fn):
        return False
    if fn in _PURE_PRIMS or op.attrs.get("record"):
        return True
    if "program" in op.attrs:
        return False
    primitive = lookup(fn)
    if primitive is not None:
        return primitive.pure and not primitive.stores
    if fn in IN_PLACE:
        return False
    if fn in HANDLERS:
        return True
    if fn is copy.deepcopy:
        return True
    module = getattr(fn, "__module__", None) or ""
    name = getattr(fn, "__qualname__", "")
    if module.startswith("numpy.random") or name.startswith(("list.", "dict.", "set.")):
        return name in ("dict.get", "list.index", "list.count", "list.copy")
    return module.partition(".")[0] in (
        "numpy",
        "scipy",
        "math",
        "builtins",
        "_operator",
        "operator",
        "cmath",
        "adtrans",
    )


def eliminate_dead_code(function: Function) -> Function:
    """Drop what does not matter to results and effects, to a fixpoint over loop slots."""
    pinned = _pinned(function)
    live = _with_effects(function.body, pinned)
    needed, regions = _needed(function, pinned, live)
    _sweep(function.body, needed, live | regions, pinned)
    return function


def _pinned(function: Function) -> set[Op]:
    """Applies that stay although nobody reads them: effects, and what may raise where a handler would see it."""
    found: set[Op] = set()
    for op in walk(function.body):
        if op.kind == "apply" and not is_pure(op):
            found.add(op)
        elif op.kind == "try" and op.attrs["handlers"]:
            found.update(inner for inner in walk(op.blocks[0]) if inner.kind == "apply" and _may_raise(inner))
    return found


def _may_raise(op: Op) -> bool:
    if op.fn in _SCALAR_ARITHMETIC:
        return not all(isinstance(v.type, ty.Scalar) for v in op.operands)
    return op.fn not in _NEVER_RAISES


def _needed(function: Function, pinned: set[Op], live_regions: set[Op]) -> tuple[set[Value], set[Op]]:
    """Values that results or effects depend on, and the regions that have to run for them."""
    needed: set[Value] = set()
    regions: set[Op] = set()
    around = _enclosing(function.body)
    made: dict[Value, Op] = {}
    params: dict[Value, tuple[Op, int, int]] = {}
    work: list[Value] = []

    def need(v: Value) -> None:
        if not isinstance(v, Const) and v not in needed:
            needed.add(v)
            work.append(v)

    for op in walk(function.body):
        for r in op.results:
            made[r] = op
        for b, block in enumerate(op.blocks):
            for k, p in enumerate(block.params):
                params[p] = (op, b, k)
        if op in pinned or op.kind == "raise":
            for v in op.operands:
                need(v)
        elif op in live_regions:
            _need_region(op, need)
    for v in function.results:
        need(v)
    while work:
        v = work.pop()
        maker = made.get(v)
        region = around.get(maker) if maker is not None else params[v][0] if v in params else None
        while region is not None and region not in regions:
            regions.add(region)
            _need_region(region, need)
            region = around.get(region)
        if maker is not None and maker.kind == "apply":
            for operand in maker.operands:
                need(operand)
        elif maker is not None:
            _need_region(maker, need)
            _need_result(maker, maker.results.index(v), need)
        elif v in params:
            op, b, k = params[v]
            _need_region(op, need)
            if op.kind in ("for", "while"):
                j = k - slot_offsets(op)[0]
                if j >= 0:
                    _need_slot(op, j, need)
            elif op.attrs.get("final") and b == 1:
                need(op.blocks[0].yields[k])
    return needed, regions


def _enclosing(body: Block) -> dict[Op, Op]:
    """The region op that each op stands in."""
    found: dict[Op, Op] = {}
    work = [body]
    while work:
        for op in work.pop().ops:
            for b in op.blocks:
                for inner in b.ops:
                    found[inner] = op
                work.append(b)
    return found


def _with_effects(body: Block, pinned: set[Op]) -> set[Op]:
    """Region ops that contain an effect, or may not end."""
    found: set[Op] = set()

    def visit(block: Block) -> bool:
        effect = False
        for op in block.ops:
            if op.kind == "apply":
                effect |= op in pinned
            elif op.kind == "raise":
                effect = True
            else:
                inner = [visit(b) for b in op.blocks]
                if any(inner) or op.kind == "try":
                    found.add(op)
                    effect = True
        return effect

    visit(body)
    return found


def _need_region(op: Op, need: Any) -> None:
    """What decides whether and how often a region runs."""
    if op.kind in ("if", "with", "try"):
        for v in op.operands:
            need(v)
    elif op.kind == "for":
        need(op.operands[0])
    elif op.kind == "while":
        need(op.blocks[0].yields[0])
    if op.attrs.get("exits"):
        need(op.blocks[-1].yields[0])


def _need_result(op: Op, k: int, need: Any) -> None:
    if op.kind in ("for", "while"):
        _need_slot(op, k, need)
        return
    for block in leaving_blocks(op):
        need(block.yields[k])


def _need_slot(op: Op, j: int, need: Any) -> None:
    inits, params, yields = slots_of(op)
    for v in (inits[j], yields[j], op.results[j], params[j]):
        need(v)
    if op.kind == "while":
        need(op.blocks[0].params[j])


def _sweep(body: Block, needed: set[Value], live: set[Op], pinned: set[Op]) -> None:
    for block in list(blocks_of(body)):
        kept = []
        for op in block.ops:
            if op.kind == "apply":
                if op in pinned or any(r in needed for r in op.results):
                    kept.append(op)
            elif op.kind == "raise" or op in live or any(r in needed for r in op.results):
                _prune_region(op, needed)
                kept.append(op)
        block.ops = kept


def _prune_region(op: Op, needed: set[Value]) -> None:
    """Drop the results (and slots) of a region that nobody needs."""
    if op.attrs.get("final"):
        first, last = op.blocks
        stay = [k for k, p in enumerate(last.params) if p in needed]
        last.params = [last.params[k] for k in stay]
        first.yields = [first.yields[k] for k in stay]
    keep = [k for k, r in enumerate(op.results) if r in needed]
    if len(keep) < len(op.results):
        keep_results(op, keep)
