"""A number that becomes an array in a loop starts as an array, where nobody can tell the difference.

    velocity = 0.0                  velocity = np.zeros_like(w)
    for k in range(n):              for k in range(n):
        velocity = ...                  velocity = ...

The array is written when the loop is (`start`). `seen` then follows it through the program that came of it:
until it meets an array of its shape it must only be used elementwise, and must not be returned, stored or
asked for its kind. Where that does not hold, the program is written again with the number.
"""

from __future__ import annotations

import operator
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import numpy as np

from adtrans.analysis.inference import arrays
from adtrans.analysis.inference.apply import ARITHMETIC, COMPARISONS, IN_PLACE
from adtrans.ir import types as ty
from adtrans.ir.program import Block, Const, Function, Op, Value, blocks_of, walk
from adtrans.ir.regions import edges_of, leaving_blocks, slots_of
from adtrans.ir.uses import readers

if TYPE_CHECKING:
    from adtrans.analysis.inference.engine import Engine

STARTS = "starts"
_AUGMENTED = "augmented"

_RAISE_ON_NUMBERS = frozenset([operator.truediv, operator.floordiv, operator.mod, operator.pow])


# ----- writing -----


def start(engine: Engine, number: Value, becomes: ty.Type, scope: Iterable[Value], name: str | None, site: str, places: frozenset[Any] | None) -> Value | None:  # fmt: skip
    """An array in place of the number that a variable of a loop holds at first; None where that is not possible.

    `places` is where the variable is changed by `+=`, see `augmented`.
    """
    if (
        engine.algebra
        or not engine.promotes
        or ("number", site) in engine.flags
        or places is None
        or not isinstance(becomes, ty.Array)
        or not becomes.dims
        or not _takes(becomes.dtype, ty.widen(number.type))
    ):
        return None
    held = [v for v in (*engine.arguments, *scope) if isinstance(v.type, ty.Array) and type(v) is Value]
    zero = isinstance(number, Const) and str(number.value) in ("0", "0.0")
    options: tuple[Value, ...] = () if zero else (number,)
    like = next((v for v in held if v.type == becomes), None)
    if like is not None:
        made = engine.apply(np.zeros_like if zero else np.full_like, [like, *options])
    else:
        shape = [_length(engine, dim, held) for dim in becomes.dims]
        if any(n is None for n in shape):
            return None
        lengths = engine.make_tuple([n for n in shape if n is not None]) if len(shape) > 1 else shape[0]
        assert lengths is not None
        dtype = np.dtype(becomes.dtype).type
        kind = () if dtype is np.float64 else (Const(dtype),)
        made = engine.apply(np.zeros if zero else np.full, [lengths, *options, *kind], ("dtype",) * len(kind))
    op = engine.definition(made)
    if op is None or made.type != becomes:
        return None
    op.attrs[STARTS], op.attrs[_AUGMENTED] = site, places
    made.name = made.name or name
    return made


def _takes(dtype: str | None, number: ty.Type) -> bool:
    """Whether arithmetic with a number is the same as with an array of this dtype that is full of it."""
    if not isinstance(number, ty.Scalar) or number.dtype not in ("int64", "float64"):
        return False
    return ty.is_inexact(dtype) and (bool(number.python) or (dtype, number.dtype) == ("float64", "float64"))


def _length(engine: Engine, dim: ty.Dim, held: list[Value]) -> Value | None:
    """A length, read off the shape of an array that has it."""
    if dim.literal is not None:
        return Const(dim.literal)
    for v in held:
        dims = v.type.dims if isinstance(v.type, ty.Array) else None
        if dims and dim in dims:
            shape = engine.apply(getattr, [v, Const("shape")])
            return engine.apply(operator.getitem, [shape, Const(dims.index(dim))])
    return None


def augmented(body: Block, variable: Value) -> frozenset[Any] | None:
    """The places of `x += v` for a variable of a loop; None where another name keeps the old x.

    `body` is not typed: there `x += v` still makes a new value, which arrays do not.
    """
    uses = readers(body)
    owners = {id(b): op for op in walk(body) for b in op.blocks}
    homes = {id(op): b for b in blocks_of(body) for op in b.ops}
    places: set[Any] = set()
    work, met = [variable], {variable}
    while work:
        v = work.pop()
        targets: list[Value] = []
        for use in uses.get(v, ()):
            if isinstance(use, Block):
                owner = owners.get(id(use))
                flows = [t for to, of in (edges_of(owner) if owner else []) for t, o in zip(to, of) if o is v]
                targets += flows
                continue
            if use.kind == "apply" and not (use.fn in IN_PLACE and use.operands[0] is v):
                continue
            later = _later(use, homes, owners)
            if any(other is not use and id(other) in later for other in uses[v]):
                return None
            if use.kind == "apply":
                places.add(use.span)
            else:
                targets += [t for to, of in edges_of(use) for t, o in zip(to, of) if o is v]
        if any(t.name != variable.name for t in targets):
            return None
        work += [t for t in targets if t not in met]
        met.update(targets)
    return frozenset(places)


def _later(op: Op, homes: dict[int, Block], owners: dict[int, Op]) -> set[int]:
    """What may run after an op has begun, within the turn of the outermost loop, and the blocks that end."""
    found: set[int] = {id(inner) for b in op.blocks for inner in walk(b)}
    at: Op | None = op
    while at is not None:
        block = homes[id(at)]
        rest = Block([], block.ops[block.ops.index(at) + 1 :], [])
        found |= {id(block)} | {id(o) for o in walk(rest)} | {id(b) for b in blocks_of(rest)}
        at = owners.get(id(block))
    return found


# ----- whether anybody can tell -----


def seen(function: Function, asked: set[Value]) -> set[str]:
    """The sites of starts that are seen to be arrays; `asked` are values whose kind has decided something."""
    starts = [op for op in walk(function.body) if STARTS in op.attrs]
    if not starts:
        return set()
    flow = _Flow(function, asked)
    while True:
        known = len(flow.numbers)
        shown = [op for op in starts if flow.shows(op)]
        if len(flow.numbers) == known:  # none of them was taken for an array
            break
    told = {op.attrs[STARTS] for op in shown}
    for op in starts:
        del op.attrs[STARTS], op.attrs[_AUGMENTED]
    return told


class _Flow:
    def __init__(self, function: Function, asked: set[Value]):
        self.asked = asked
        self.uses = readers(function.body)
        self.owners = {id(b): op for op in walk(function.body) for b in op.blocks}
        self.blocks = list(blocks_of(function.body))
        self.numbers: set[Value] = set()

    def shows(self, start: Op) -> bool:
        work, met = [start.result], {start.result}
        while work:
            v = work.pop()
            self.numbers.add(v)
            if v in self.asked:
                return True
            settled = self._after_changes(v)
            uses = [use for use in self.uses.get(v, ()) if id(use) not in settled]
            changes = [use for use in self.uses.get(v, ()) if isinstance(use, Op) and _changes(use, v)]
            if any(use.span not in start.attrs[_AUGMENTED] for use in changes):
                return True
            for use in uses:
                onward = self._through(use, v)
                if onward is None:
                    return True
                work += [r for r in onward if r not in met]
                met.update(onward)
        return False

    def _after_changes(self, v: Value) -> set[int]:
        """The ops and blocks that read `v` when it has become an array by a change in place."""
        found: set[int] = set()
        for block in self.blocks:
            at = next((k for k, op in enumerate(block.ops) if self._makes_array(op, v)), None)
            if at is not None:
                later = Block([], block.ops[at + 1 :], block.yields)
                found |= {id(op) for op in walk(later)} | {id(b) for b in blocks_of(later)} | {id(block)}
        return found

    def _through(self, use: Op | Block, v: Value) -> list[Value] | None:
        """The values that are the number too where the number is used; None where it would be seen."""
        if isinstance(use, Block):
            return self._yielded(use, v) if id(use) in self.owners else None
        if use.kind in ("for", "while"):
            inits, params, _ = slots_of(use)
            if v in use.operands[: len(use.operands) - len(inits)]:
                return None
            at = [k for k, init in enumerate(inits) if init is v]
            entries = [*params, *(use.blocks[0].params if use.kind == "while" else ())]
            results = [] if use.kind == "for" and _turns(use.operands[0]) else [use.results[k] for k in at]
            return [entries[i] for i in range(len(entries)) if i % len(inits) in at] + results
        if use.kind != "apply":
            return None
        if use.fn in IN_PLACE and not use.results:
            covers = use.operands[0] is not v or self._covers([use.operands[1]], v.type)
            return [] if covers and use.operands[0] is not use.operands[1] else None
        return self._elementwise(use, v)

    def _yielded(self, block: Block, v: Value) -> list[Value] | None:
        owner = self.owners[id(block)]
        at = [k for k, found in enumerate(block.yields) if found is v]
        if owner.kind in ("for", "while"):
            _, params, yields = slots_of(owner)
            if block is not owner.blocks[-1] or len(block.yields) > len(yields) and 0 in at:
                return None
            at = [k - (len(block.yields) - len(yields)) for k in at]
            entries = [*params, *(owner.blocks[0].params if owner.kind == "while" else ())]
            return [entries[i] for i in range(len(entries)) if i % len(params) in at] + [
                owner.results[k] for k in at
            ]
        if block not in leaving_blocks(owner):
            return [owner.blocks[1].params[k] for k in at]
        return [owner.results[k] for k in at]

    def _makes_array(self, op: Op, v: Value) -> bool:
        """Whether an op surely changes `v` in place by an array of its shape."""
        if op.kind == "for" and _turns(op.operands[0]):
            return any(self._makes_array(inner, v) for inner in op.blocks[0].ops)
        return _changes(op, v) and self._covers([op.operands[1]], v.type)

    def _elementwise(self, op: Op, v: Value) -> list[Value] | None:
        if not (op.fn in ARITHMETIC or op.fn in COMPARISONS or isinstance(op.fn, np.ufunc)) or op.keywords:
            return None
        if not all(isinstance(r.type, ty.Array) for r in op.results):
            return None
        others = [w for w in op.operands if w is not v]
        if all(self._covers(others, r.type) for r in op.results):
            return []
        return None if op.fn in _RAISE_ON_NUMBERS and op.operands[0] is not v else op.results

    def _covers(self, operands: list[Value], t: ty.Type) -> bool:
        """Whether these alone, as far as they are arrays, broadcast to the shape of `t`."""
        shapes = [v.type.dims for v in operands if isinstance(v.type, ty.Array) and v not in self.numbers]
        return bool(shapes) and arrays.broadcast(shapes, "") == getattr(t, "dims", None)


def _changes(use: Op, v: Value) -> bool:
    return use.fn in IN_PLACE and not use.results and use.operands[0] is v


def _turns(iterated: Value) -> bool:
    """Whether a loop over it has a turn; lengths of arguments are 2 or more, or are written out."""
    if isinstance(iterated, Const):
        return len(iterated.value) > 0
    length = getattr(iterated.type, "length", None)
    return length is not None and length.offset >= (-1 if length.symbol else 1) and length.is_of_argument
