"""Shadows: the adjoints of arrays that are written, with the same structure and the same aliases.

Where one allocation reaches every use, the shadow is a local of the mirrored block; where
identity is decided at run time (slots, branches, containers) it is made beside the array in
the forward sweep and travels with it.
"""

from __future__ import annotations

import operator
from copy import deepcopy
from typing import TYPE_CHECKING, Any

import numpy as np

from adtrans.analysis.inference.algebra import Zero, expanded, unbroadcasted
from adtrans.analysis.inference.apply import IN_PLACE
from adtrans.analysis.views import is_view, option, shared_operands, viewed
from adtrans.errors import UnsupportedError
from adtrans.ir import prims
from adtrans.ir import types as ty
from adtrans.ir.program import Block, Const, Op, Value, walk
from adtrans.rules.registry import lookup

if TYPE_CHECKING:
    from adtrans.transform.adjoints import Scope
    from adtrans.transform.reverse import Reverse

READ_ONLY = frozenset(
    [np.diagonal, np.diag, np.broadcast_to, np.linalg.diagonal, np.lib.stride_tricks.sliding_window_view]
)


def is_read_only_view(op: Op) -> bool:
    """Whether an op gives a view that cannot be written: np.diag makes a new matrix of a vector."""
    return op.fn in READ_ONLY and is_view(op)


class Shadows:
    """The shadows of one program's storage."""

    def __init__(self, reverse: Reverse):
        self.reverse = reverse
        self._known = reverse.travelling.known

    # ----- local ones -----

    def open(self, block: Block) -> None:
        """At the top of a mirrored block: shadows of what its forward block allocates."""
        reverse = self.reverse
        for op in block.ops:
            if op.kind != "apply" or is_view(op) and self._is_local_view(op):
                continue
            for r in op.results:
                if reverse.is_storage(r) and reverse.activity.is_active(r) and r not in self._known:
                    made = reverse.engine.emit(
                        np.zeros_like, [r], [r.type], attrs={"shadow": True, "loops": reverse.loops[op]}
                    )[0]
                    made.name = _name(r)
                    self._known[r] = made

    def _is_local_view(self, op: Op) -> bool:
        return self.reverse.is_storage(op.operands[viewed(op)])

    def of(self, v: Value) -> Value:
        """The shadow of an array; views of it are written where they are needed."""
        found = self._known.get(v)
        if found is not None:
            return found
        op = self.reverse.engine.definition(v)
        if op is None or op.kind != "apply" or not is_view(op):
            raise UnsupportedError("it is not known which array this is", span=v.span or (op.span if op else None),
                                   hint="make a copy of it before it is changed")  # fmt: skip
        if is_read_only_view(op):
            raise UnsupportedError(
                f"{getattr(op.fn, '__name__', 'this')} of an array that is written is not supported",
                span=op.span,
                hint="take it of a copy",
            )
        operands = list(op.operands)
        operands[viewed(op)] = self.of(operands[viewed(op)])
        attrs = {
            k: x
            for k, x in op.attrs.items()
            if k not in ("fn", "keywords", "reverse", "derived", "mirror", "loops")
        }
        return self.reverse.engine.emit(op.fn, operands, [v.type], op.keywords, {**attrs, "shadow": True})[0]

    def add_to_diagonal(self, v: Value, b: Value) -> bool:
        """Add to the shadow of a matrix's diagonal, which is a view that cannot be written; whether `v` is one."""
        engine = self.reverse.engine
        op = engine.definition(v)
        if op is None or op.fn not in (np.diagonal, np.diag) or len(op.operands) > 2:
            return False
        base, offset = op.operands[0], option(op, "offset" if op.fn is np.diagonal else "k") or Const(0)
        if not isinstance(base.type, ty.Array) or base.type.dims is None or len(base.type.dims) != 2:
            return False
        if not isinstance(offset, Const):
            return False
        i = engine.apply(np.arange, [engine.apply(len, [v])])
        row, column = (
            i if k <= 0 else engine.apply(operator.add, [i, Const(k)]) for k in (-offset.value, offset.value)
        )
        index = engine.apply(prims.tuple_, [row, column])
        shadow = self.of(base)
        self.reverse.touch(shadow)
        engine.emit(prims.augment_at, [shadow, index, Const(operator.iadd), b], [])
        return True

    def is_read_only(self, v: Value) -> bool:
        """Whether an array is a view that cannot be written, nor its shadow."""
        op = self.reverse.engine.definition(v)
        return op is not None and op.kind == "apply" and is_read_only_view(op)

    def add_through(self, v: Value, b: Value, scope: Scope) -> bool:
        """Add to the adjoint of a view that cannot be written, by its rule; whether `v` is one."""
        from adtrans.transform.elementary import bound_operands, call_rule

        engine = self.reverse.engine
        op = engine.definition(v)
        primitive = lookup(op.fn) if op is not None and self.is_read_only(v) else None
        if op is None or primitive is None or primitive.adjoint is None:
            return False
        if self.add_to_diagonal(v, b):
            return True
        inputs, options = bound_operands(engine, op, primitive)
        contributions = call_rule(
            engine, primitive.adjoint, [*inputs, v, expanded(engine, b, v)], options, len(inputs)
        )
        for x, c in zip(inputs, contributions):
            if c is not None:
                self.reverse.contribute(scope, x, c)
        return True

    # ----- writes -----

    def write(self, op: Op, scope: Scope) -> None:
        """The mirror of a write: undo it if need be, then read and clear the shadow there."""
        engine = self.reverse.engine
        target = op.operands[0]
        if op.fn is operator.setitem:
            index, value, operation = op.operands[1], op.operands[2], None
        elif op.fn is prims.augment_at:
            index, value, operation = op.operands[1], op.operands[3], op.operands[2].value  # type: ignore[attr-defined]
        else:
            index, value, operation = Const(Ellipsis), op.operands[1], op.fn
        engine.emit(prims.restore, [target, index], [], attrs={"write": op})
        active = self.reverse.activity.is_active(target)
        if not active:
            if self.reverse.activity.is_varied(value) and not ty.can_carry(target.type):
                self._refuse_truncation(op, target)
            return
        shadow = self.of(target)
        if self._may_repeat(op, index):
            self._scattered(op, shadow, target, index, value, operation, scope)
        elif operation is None:
            self._store(op, shadow, target, index, value, scope)
        elif operation in (operator.iadd, operator.isub):
            if self.reverse.activity.is_varied(value):
                b = self._snapshot(shadow, index, target)
                if operation is operator.isub:
                    b = engine.apply(operator.neg, [b])
                self._give(scope, value, b)
        else:
            self._operation(op, shadow, target, index, value, operation, scope)

    def _refuse_truncation(self, op: Op, target: Value) -> None:
        raise UnsupportedError(f"active values are written into an array of {getattr(target.type, 'dtype', 'unknown')} numbers, which truncates them",
                               span=op.span, hint="make the array with dtype=float")  # fmt: skip

    def _may_repeat(self, op: Op, index: Value) -> bool:
        """Whether an index may name one place twice: one with arrays of integers."""
        from adtrans.analysis.inference.arrays import _rank_of_index, index_parts

        definition = self.reverse.engine.definition
        kinds = {
            "slice" if _made_by(definition(part), slice) else _rank_of_index(part)[0]
            for part in index_parts(index, definition)
        }
        return bool(kinds & {"array", "unknown"})

    def _scattered(
        self, op: Op, shadow: Value, target: Value, index: Value, value: Value, operation: Any, scope: Scope
    ) -> None:
        """The mirror of a write by arrays of integers: of writes to one place only the last counts."""
        from adtrans.runtime import surviving

        engine = self.reverse.engine
        part = engine.apply(operator.getitem, [shadow, index])
        type_ = part.type.dims if isinstance(part.type, ty.Array) else None
        alive = engine.emit(surviving, [target, index], [ty.Array("bool", type_)])[0]
        b = engine.emit(np.where, [alive, part, Const(0.0)], [part.type])[0]
        if operation is None:
            engine.emit(operator.setitem, [shadow, index, Const(0.0)], [])
            self._give(scope, value, b)
        elif operation in (operator.iadd, operator.isub):
            self._give(scope, value, engine.apply(operator.neg, [b]) if operation is operator.isub else b)
        else:
            old = engine.apply(operator.getitem, [target, index])
            b_old, b_value = self._of_operation(op, old, value, operation, b)
            engine.emit(operator.setitem, [shadow, index, Const(0.0)], [])
            if b_old is not None:
                engine.emit(np.add.at, [shadow, index, b_old], [], attrs={"impure": True})
            if b_value is not None:
                self._give(scope, value, b_value)

    def _of_operation(
        self, op: Op, old: Value, value: Value, operation: Any, b: Value
    ) -> tuple[Value | None, Value | None]:
        """The adjoints of `old op v` with respect to both."""
        from adtrans.transform import undefined
        from adtrans.transform.elementary import partial_contributions

        engine, plain = self.reverse.engine, IN_PLACE[operation]
        primitive = lookup(plain)
        if primitive is None or primitive.nondifferentiable:
            return None, None
        if plain is operator.matmul:
            raise UnsupportedError("`@=` on an array is not supported", span=op.span, hint="write x = x @ y")
        engine.algebra = False
        y = engine.apply(plain, [old, value])
        engine.algebra = True
        wanted = [True, self.reverse.activity.is_varied(value)]
        step = Op("apply", [old, value], [y], [], {**op.attrs, "fn": plain}, op.span)
        undefined.in_reverse(self.reverse, step, primitive, [old, value], {}, b, wanted)
        b_old, b_value = partial_contributions(self.reverse, plain, [old, value], y, b, wanted)
        return (None if isinstance(b_old, Zero) else b_old), (b_value if wanted[1] else None)

    def add_at(self, op: Op, scope: Scope) -> None:
        """The mirror of `np.add.at(x, i, v)`: v gets the shadow's items, the shadow stays."""
        target, index, value = op.operands
        engine = self.reverse.engine
        engine.emit(prims.restore, [target, index], [], attrs={"write": op})
        if not self.reverse.activity.is_active(target) or not self.reverse.activity.is_varied(value):
            return
        b = engine.apply(operator.getitem, [self.of(target), index])
        self._give(scope, value, engine.apply(operator.neg, [b]) if op.fn == np.subtract.at else b)

    def _snapshot(self, shadow: Value, index: Value, target: Value) -> Value:
        """The shadow's part as it is now."""
        part = self._part(shadow, index)
        if isinstance(ty.widen(part.type), ty.Scalar):
            return part
        return self.reverse.engine.copied(part, snapshot=True)

    def _part(self, shadow: Value, index: Value) -> Value:
        if isinstance(index, Const) and index.value is Ellipsis:
            return shadow
        return self.reverse.engine.apply(operator.getitem, [shadow, index])

    def _give(self, scope: Scope, value: Value, b: Value) -> None:
        if isinstance(value, Const) or not self.reverse.activity.is_varied(value):
            return
        self.reverse.contribute(scope, value, unbroadcasted(self.reverse.engine, b, value))

    def _store(self, op: Op, shadow: Value, target: Value, index: Value, value: Value, scope: Scope) -> None:
        engine = self.reverse.engine
        self._store_plain(shadow, target, index, value, scope)
        if not isinstance(index, Const) and is_mask(index) and _rank(index) == _rank(target):
            # what was overwritten is dead in whatever made the array: see elementary.mask_of
            self.reverse.note_mask(shadow, engine.apply(np.logical_not, [index]))

    def _store_plain(self, shadow: Value, target: Value, index: Value, value: Value, scope: Scope) -> None:
        engine = self.reverse.engine
        if self.reverse.activity.is_varied(value):
            b = self._snapshot(shadow, index, target)
            engine.emit(operator.setitem, [shadow, index, Const(0.0)], [])
            self._give(scope, value, b)
        else:
            engine.emit(operator.setitem, [shadow, index, Const(0.0)], [])

    def _operation(
        self, op: Op, shadow: Value, target: Value, index: Value, value: Value, operation: Any, scope: Scope
    ) -> None:
        """`x[i] = x[i] op v`: the adjoint of the operation between the old part and v."""
        engine = self.reverse.engine
        b = self._snapshot(shadow, index, target)
        old = (
            target
            if isinstance(index, Const) and index.value is Ellipsis
            else engine.apply(operator.getitem, [target, index])
        )
        b_old, b_value = self._of_operation(op, old, value, operation, b)
        engine.emit(operator.setitem, [shadow, index, Const(0.0) if b_old is None else b_old], [])
        if b_value is not None:
            self._give(scope, value, b_value)


def only_returned(reverse: Reverse) -> set[Value]:
    """Containers that are made to be returned, or to be consumed at once by a library function."""
    body = reverse.function.body
    readers: dict[Value, list[Any]] = {}
    for op in walk(body):
        for v in op.operands:
            readers.setdefault(v, []).append(op)
        for b in op.blocks:
            for v in b.yields:
                readers.setdefault(v, []).append(b)
    for v in body.yields:
        readers.setdefault(v, []).append(body)
    fine: set[Value] = set()

    def written_between(made: Op, reader: Any) -> bool:
        """Whether what a display holds may be written before its reader runs."""
        start, loops = reverse.position[made], reverse.loops[made]
        stop = reverse.position[reader] if isinstance(reader, Op) else len(reverse.position)
        inner = set(reverse.loops[reader]) - set(loops) if isinstance(reader, Op) else set()
        for v in made.operands:
            if isinstance(v, Const) or not reverse.aliases.is_written(v):
                continue
            for write in reverse.aliases.writes[reverse.aliases.find(v)]:
                if start < reverse.position.get(write, start) < stop or inner & set(
                    reverse.loops.get(write, ())
                ):
                    return True
        return False

    def consumed(op: Any) -> bool:
        if op is body:
            return True
        if not isinstance(op, Op) or op.kind != "apply" or not op.results:
            return False
        if op.fn in (prims.tuple_, prims.list_, prims.dict_) or op.attrs.get("record"):
            return op.result in fine
        if op.fn in (operator.add, operator.mul) and isinstance(op.result.type, (ty.List, ty.Tuple)):
            return False  # it holds the same items
        primitive = lookup(op.fn)
        return (
            op.fn is deepcopy
            or primitive is not None
            and not shared_operands(op)
            and op.fn is not operator.getitem
        )

    for op in reversed(list(walk(body))):
        if op.kind == "apply" and (
            op.fn in (prims.tuple_, prims.list_, prims.dict_) or op.attrs.get("record")
        ):
            if all(
                consumed(reader) and not written_between(op, reader) for reader in readers.get(op.result, [])
            ):
                fine.add(op.result)
    return fine


def _made_by(op: Op | None, fn: Any) -> bool:
    return op is not None and op.fn is fn


def is_mask(index: Value) -> bool:
    """Whether an index is an array of booleans."""
    if isinstance(index, Const):
        return isinstance(index.value, np.ndarray) and index.value.dtype == bool
    return isinstance(index.type, ty.Array) and index.type.dtype == "bool"


def _rank(v: Value) -> int | None:
    t = v.type
    return len(t.dims) if isinstance(t, ty.Array) and t.dims is not None else None


def _name(v: Value) -> str | None:
    return f"b{v.name}" if v.name else None
