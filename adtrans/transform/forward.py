"""Forward mode: every active value travels with its tangent, every written array with a shadow.

    w = u * v           ->        dw = du * v + u * dv
                                  w = u * v

Tangents stand before their primal statement unless a partial names the output. Containers,
tapes and slots are doubled, so a tangent aliases exactly as its primal does.
"""

from __future__ import annotations

import operator
from typing import Any

import numpy as np

from adtrans import runtime
from adtrans.analysis.activity import Activity, no_derivative
from adtrans.analysis.aliases import Aliases, changes_first
from adtrans.analysis.inference.algebra import Zero, conformed, expanded, materialise, zero_of
from adtrans.analysis.inference.apply import IN_PLACE
from adtrans.analysis.inference.arrays import known_shape
from adtrans.analysis.inference.engine import Engine
from adtrans.analysis.views import is_view, reshapes_storage, shared_operands, viewed, views_from
from adtrans.errors import UnsupportedError
from adtrans.ir import prims
from adtrans.ir import types as ty
from adtrans.ir.program import Block, Const, Function, Op, Value, free_values
from adtrans.rules.registry import Primitive, lookup
from adtrans.runtime import CHECKS
from adtrans.transform import poles, undefined
from adtrans.transform.containers import changes_container, forward_change, forward_make, is_container
from adtrans.transform.elementary import (
    bound_operands,
    call_rule,
    check_partial,
    rule_of,
    unsupported,
)
from adtrans.transform.forward_regions import ForwardRegions
from adtrans.transform.inlining import inline_rule
from adtrans.transform.regions import maybe_undefined
from adtrans.transform.signs import may_be_complex

# Helpers of generated code that are linear in these operands.
_SCALING = frozenset(
    [operator.mul, np.multiply, operator.truediv, np.divide]
)  # their partials have the full shape
_LINEAR_HELPERS: dict[Any, tuple[int, ...]] = {
    runtime.unbroadcast: (0,), runtime.conform: (0,), runtime.expand: (0,), runtime.expand_to: (0,), runtime.add_trees: (0, 1), runtime.add_slice: (0, 2), runtime.add_item: (0, 2),
}  # fmt: skip


class Forward(ForwardRegions):
    """Writes the tangent program of one program."""

    def __init__(self, engine: Engine, function: Function, aliases: Aliases, activity: Activity):
        self.engine = engine
        self.function = function
        self.aliases = aliases
        self.activity = activity
        self.tangents: dict[Value, Value] = {}
        self.seeds: set[Value] = set()
        self.parts: dict[Value, dict[Any, Value]] = {}  # of *args and **kwargs, what is differentiated
        self.shadows = engine.storage
        engine.maybe_undefined = maybe_undefined(function.body)
        self.layout_matters = reshapes_storage(function, aliases.is_written)

    def write(self, active: dict[Value, Value]) -> Block:
        """The body with tangents; `active` gives the tangent of every active parameter."""
        self.tangents.update(active)
        self.seeds = {*active.values(), *self.function.params}
        self.engine.algebra = True
        return self._block(self.function.body)

    def of(self, v: Value) -> Value:
        """The tangent of a value; a zero without form where it has none."""
        return self.tangents.get(v) or Zero(v)

    def whole(self, v: Value) -> Value:
        """The tangent of a value in the structure of the value."""
        if isinstance(v, Const) and not isinstance(v.value, (int, float, complex, np.ndarray)):
            return v
        if isinstance(ty.widen(v.type), (ty.Text, ty.Known, ty.Range)):
            return v
        found = self.of(v)
        if isinstance(found, Zero):
            return zero_of(self.engine, v) if not isinstance(v, Const) else Const(0.0)
        return expanded(self.engine, found, v) if isinstance(ty.widen(v.type), ty.Array) else found

    def is_storage(self, v: Value) -> bool:
        return self.aliases.is_written(v) and isinstance(v.type, ty.Array)

    def is_active(self, v: Value) -> bool:
        return self.activity.is_active(v)

    # ----- blocks -----

    def _block(self, block: Block) -> Block:
        out = Block(list(block.params))
        with self.engine.inside(out):
            for op in block.ops:
                with self.engine.at(op.span, tangent=True, derived=True):
                    if op.kind == "apply":
                        self._apply(op)
                    elif op.kind == "raise":
                        self.engine.append(op)
                    else:
                        self._region(op)
        out.yields = list(block.yields)
        return out

    def _keep(self, op: Op) -> None:
        self.engine.append(op)

    def _apply(self, op: Op) -> None:
        if changes_container(op):
            forward_change(self, op)
            return
        if op.fn in (np.add.at, np.subtract.at):
            self._scatter(op)
            return
        if not op.results:
            self._effect(op)
            return
        if changes_first(op.fn):
            self._keep(op)
            return
        active = [r for r in op.results if self.is_active(r)]
        if active and no_derivative(op) and op.fn is not prims.tape and self.is_storage(op.result):
            self._keep(op)
            self.tangents[op.result] = self._owned(Zero(op.result), op.result)
            self._name(self.tangents[op.result], op.result)
            self.shadows.add(self.tangents[op.result])
            return
        if (
            active
            and no_derivative(op)
            and is_container(op.result.type)
            and self.aliases.is_written(op.result)
        ):
            self._keep(op)
            self.tangents[op.result] = self.engine.emit(runtime.zeros_like, [op.result], [op.result.type])[0]
            self._name(self.tangents[op.result], op.result)
            return
        if not active or (op.fn is not prims.tape and no_derivative(op)):
            self._keep(op)
            return
        if op.fn is prims.pull:
            self._pull(op)
            return
        if op.fn is runtime.take_tail:
            self._keep(op)
            tail = self.engine.emit(
                op.fn, [self.whole(op.operands[0]), op.operands[1]], [op.result.type], attrs={"impure": True}
            )[0]
            self.tangents[op.result] = tail
            return
        if "program" in op.attrs:
            from adtrans.transform.programs import forward_call

            forward_call(self, op)
            return
        if self._result_needs_primal_first(op):
            self._keep(op)
            tangent = self._tangent(op)
        else:
            before = len(self.engine.block.ops)
            tangent = self._tangent(op)
            if _names(self.engine.block.ops[before:], op.result, tangent):
                self.engine.block.ops.insert(before, op)
                for r in op.results:
                    self.engine.definitions[r] = op
            else:
                self._keep(op)
        if self.is_storage(op.result) and not _refers(op):
            tangent = self._owned(tangent, op.result)
        elif self._has_written_parts(op):
            tangent = self._owned_parts(tangent, op.result)
        elif not self.is_storage(op.result) and not _displays(op) and not shared_operands(op):
            tangent = self._settled(tangent)
        if isinstance(tangent, Zero):
            return
        self._name(tangent, op.result)
        self.tangents[op.result] = tangent
        if self.is_storage(op.result):
            self.shadows.add(tangent)

    def _has_written_parts(self, op: Op) -> bool:
        """Whether a library function gives several new arrays, of which some are written later."""
        if not isinstance(op.result.type, ty.Tuple) or lookup(op.fn) is None or op.fn is operator.getitem:
            return False
        return self.aliases.is_touched(op.result) and not shared_operands(op)

    def _owned_parts(self, tangent: Value, result: Value) -> Value:
        """Shadows of their own for the arrays of a library's result."""
        engine = self.engine
        parts = []
        for part, like in zip(engine.take_apart(tangent), engine.take_apart(result)):
            parts.append(self._owned(part, like) if isinstance(like.type, ty.Array) else part)
            self.shadows.add(parts[-1])
        return engine.make_tuple(parts, result.type.cls)  # type: ignore[union-attr]

    def _settled(self, tangent: Value) -> Value:
        """The tangent of a value: a shadow may change later, so it is taken as it is now."""
        if self._is_shadow(tangent) or self.is_storage(tangent):
            return self.engine.copied(tangent)
        made = self.engine.definition(tangent)
        if made is None or made.fn is not prims.tuple_:
            return tangent
        parts = [self._settled(part) for part in made.operands]
        return tangent if parts == made.operands else self.engine.make_tuple(parts)

    def _result_needs_primal_first(self, op: Op) -> bool:
        return self.is_storage(op.result) or op.fn is prims.tape

    def _name(self, tangent: Value, result: Value) -> None:
        if not isinstance(tangent, Const) and tangent.name is None and result.name is not None:
            tangent.name = f"d{result.name}"

    def _owned(self, tangent: Value, result: Value) -> Value:
        """A shadow of its own for an array that is written later."""
        engine = self.engine
        if isinstance(tangent, Zero):
            return engine.emit(np.zeros_like, [result], [result.type])[0]
        tangent = expanded(engine, tangent, result)
        made = engine.definition(tangent)
        if self.layout_matters or _is_narrower(tangent, result):
            shadow = engine.emit(np.zeros_like, [result], [result.type])[0]
            engine.emit(operator.setitem, [shadow, Const(Ellipsis), tangent], [])
            return shadow
        if (
            made is not None
            and made.kind == "apply"
            and made in engine.block.ops
            and not is_view(made)
            and made.fn not in (operator.getitem, getattr)
        ):
            if not any(tangent is t for t in self.tangents.values()):
                return tangent
        return engine.emit(np.copy, [tangent], [tangent.type])[0]

    def _is_shadow(self, tangent: Value) -> bool:
        """Whether a tangent is the shadow of storage, or a view of it."""
        if isinstance(tangent, Const) or not isinstance(tangent.type, ty.Array):
            return False
        return any(v in self.shadows for v in views_from(tangent, self.engine.definition))

    # ----- tangents of applications -----

    def _tangent(self, op: Op) -> Value:
        engine, fn = self.engine, op.fn
        assert fn is not None
        made = forward_make(self, op)
        if made is not None:
            return made
        if is_view(op) and self.is_storage(op.result):
            return self._same_on(op, {viewed(op)})
        if (
            fn in (operator.getitem, getattr, list, tuple, dict, reversed, prims.narrow)
            or fn is np.copy
            and self.is_storage(op.operands[0])
        ):
            if isinstance(self.of(op.operands[0]), Zero) or self._is_idle(op):
                return Zero(op.result)
            return self._same_on(op, {0})
        if fn is prims.tape:
            return engine.emit(prims.tape, [], [op.result.type], name="dtape")[0]
        if fn in (prims.tuple_, prims.list_, prims.append, prims.closure):
            operands = [
                v if k == 0 and fn is prims.closure else self.whole(v) for k, v in enumerate(op.operands)
            ]
            return engine.emit(fn, operands, [op.result.type], op.keywords, _attrs(op))[0]
        if fn is prims.dict_ or fn is prims.insert:
            operands = [
                self.whole(v) if (k % 2 == 1 if fn is prims.dict_ else k != 1) else v
                for k, v in enumerate(op.operands)
            ]
            return engine.emit(fn, operands, [op.result.type], op.keywords, _attrs(op))[0]
        if op.attrs.get("record"):
            names = op.attrs["record"]
            return engine.emit(
                runtime.rebuild,
                [op.result, *(self.whole(v) for v in op.operands[-len(names) :])],
                [op.result.type],
                names,
            )[0]
        if fn is runtime.rebuild:
            return engine.emit(
                fn, [op.operands[0], *(self.whole(v) for v in op.operands[1:])], [op.result.type], op.keywords
            )[0]
        if fn is prims.add_at:
            return self._add_at(op)
        if fn in _LINEAR_HELPERS:
            operands = [self.whole(v) if k in _LINEAR_HELPERS[fn] else v for k, v in enumerate(op.operands)]
            return engine.emit(fn, operands, [op.result.type], op.keywords)[0]
        return self._by_rule(op)

    def _is_idle(self, op: Op) -> bool:
        """Whether an op reads one of *args or **kwargs that is not differentiated."""
        parts = self.parts.get(op.operands[0])
        key = op.operands[1] if len(op.operands) > 1 else None
        return (
            parts is not None
            and isinstance(key, Const)
            and op.fn is operator.getitem
            and key.value not in parts
        )

    def _same_on(self, op: Op, positions: set[int]) -> Value:
        """The same op on the tangents of some operands."""
        operands = [self.whole(v) if k in positions else v for k, v in enumerate(op.operands)]
        assert op.fn is not None
        return self.engine.emit(op.fn, operands, [ty.dual(op.result.type)], op.keywords, _attrs(op))[0]

    def _add_at(self, op: Op) -> Value:
        b, index, v = op.operands
        db, dv = self.of(b), self.of(v)
        if isinstance(dv, Zero):
            return db
        return self.engine.emit(prims.add_at, [self.whole(b), index, dv], [op.result.type], (), _attrs(op))[0]

    def _by_rule(self, op: Op) -> Value:
        engine = self.engine
        primitive = rule_of(op)
        inputs, options = bound_operands(engine, op, primitive)
        tangents = [self.of(v) for v in inputs]
        holders = [k for k, v in enumerate(inputs) if not isinstance(tangents[k], Zero)]
        if not holders:
            return Zero(op.result)
        checks = undefined.of_forward(self, op, primitive, inputs, options, tangents)
        undefined.in_forward(engine, op, checks, None)
        tangent = self._rule_tangent(op, primitive, inputs, options, tangents, holders)
        undefined.in_forward(engine, op, checks, tangent)
        return tangent

    def _rule_tangent(
        self,
        op: Op,
        primitive: Primitive,
        inputs: list[Value],
        options: dict[str, Value],
        tangents: list[Value],
        holders: list[int],
    ) -> Value:
        engine = self.engine
        if primitive.elementwise and any(
            not isinstance(ty.widen(inputs[k].type), (ty.Scalar, ty.Array, ty.Numeric, ty.Any, ty.Optional))
            for k in holders
        ):
            raise unsupported(op, None, "this operation on a list or tuple")
        if primitive.partials is not None:
            if options:
                raise unsupported(op, None, f"this call with {', '.join(options)}=")
            if len(holders) == 1 and self._meets_pole(op, primitive, inputs, tangents[holders[0]]):
                k = holders[0]
                moved = call_rule(
                    engine, primitive.at_poles, [*inputs, op.result, tangents[k]], {}, len(inputs)
                )
                return self._fitted(moved[k] or Zero(op.result), op)
            parts = call_rule(engine, primitive.partials, [*inputs, op.result], {}, len(inputs))
            total: Value = Zero(op.result)
            for k, (p, d) in enumerate(zip(parts, tangents)):
                check_partial(engine, op.fn, p, k, not isinstance(d, Zero))
                if p is None or isinstance(d, Zero) or isinstance(p, Zero):
                    continue
                total = engine.apply(operator.add, [total, engine.apply(operator.mul, [d, p])])
            return self._fitted(total, op)
        if primitive.tangent is not None:
            first = primitive.inputs or 0
            names = primitive.tangent.__code__.co_varnames
            for v, t in zip(names[:first], tangents):
                if f"d{v}" not in names and not isinstance(t, Zero):
                    raise unsupported(op, None, f"this call, with respect to {v},")
            given = [
                t
                if not isinstance(t, Zero) or isinstance(v.type, (ty.Scalar, ty.Array, ty.Numeric, ty.Any))
                else self.whole(v)
                for t, v in zip(tangents, inputs)
            ]
            wanted = [d for v, d in zip(names[:first], given) if f"d{v}" in names]
            raw = inline_rule(engine, primitive.tangent, [*inputs, op.result, *wanted], options)
            if isinstance(raw, Const) and raw.value is None:
                return Zero(op.result)
            return self._fitted(raw, op)
        if primitive.linear:
            return self._fitted(self._multilinear(op, inputs, tangents, options, primitive.linear), op)
        raise unsupported(op, None, None)

    def _meets_pole(self, op: Op, primitive: Primitive, inputs: list[Value], d: Value) -> bool:
        """Whether the adjoint of a pole, which is its own transpose for real numbers, is to be used."""
        if primitive.at_poles is None or any(map(may_be_complex, [*inputs, op.result])):
            return False
        return poles.meets_zero(self, op.fn, inputs, d)

    def _multilinear(
        self,
        op: Op,
        inputs: list[Value],
        tangents: list[Value],
        options: dict[str, Value],
        linear: tuple[int, ...],
    ) -> Value:
        total: Value = Zero(op.result)
        for k in linear:
            if k >= len(inputs) or isinstance(tangents[k], Zero):
                continue
            operands, keywords = list(op.operands), op.keywords
            if k < len(op.positional()):
                operands[k] = self.whole(inputs[k])
            else:
                operands, keywords = (
                    [*inputs[:k], self.whole(inputs[k]), *inputs[k + 1 :], *options.values()],
                    tuple(options),
                )
            term = self.engine.apply(
                op.fn,
                operands,
                keywords,
                {k_: v for k_, v in _attrs(op).items() if k_ in ("style", "spelling")},
            )
            total = self.engine.apply(operator.add, [total, term])
        return total

    def _fitted(self, tangent: Value, op: Op) -> Value:
        """The tangent in the shape and dtype of its primal."""
        if isinstance(tangent, Zero):
            return tangent
        result = op.result
        if (
            isinstance(result.type, (ty.Array, ty.Numeric, ty.Any))
            and known_shape(result.type) is None
            and _may_be_narrow(op)
        ):
            return expanded(self.engine, tangent, result)
        if isinstance(ty.widen(result.type), (ty.Scalar, ty.Array)):
            if known_shape(tangent.type) != known_shape(result.type):
                tangent = expanded(self.engine, tangent, result)
            return conformed(self.engine, tangent, result)
        if isinstance(tangent.type, ty.Tuple) and isinstance(result.type, ty.Tuple):
            items = self.engine.take_apart(tangent)
            if any(isinstance(i, Zero) or isinstance(i, Const) and i.value is None for i in items):
                likes = self.engine.take_apart(result)
                items = [
                    materialise(self.engine, Zero(like)) if isinstance(i, (Zero, Const)) else i
                    for i, like in zip(items, likes)
                ]
                return self.engine.make_tuple(items, tuple if result.type.cls is not list else list)
        return tangent

    # ----- effects -----

    def _effect(self, op: Op) -> None:
        engine, fn = self.engine, op.fn
        target = op.operands[0] if op.operands and fn not in CHECKS else None
        if target is None or isinstance(target, Const) or not self.is_active(target):
            if (
                target is not None
                and not isinstance(target, Const)
                and fn in (operator.setitem, prims.augment_at)
            ):
                self._check_truncation(op, target)
            self._keep(op)
            return
        if fn is runtime.add_into:
            self._keep(op)
            if isinstance(self.of(target), Zero):
                # from here on the tangent changes in place, and is one object
                if not any(target in made.results for made in engine.block.ops):
                    raise UnsupportedError("the adjoint of a list is added to in another block", span=op.span,
                                           hint="build a new list (a comprehension), or use an array")  # fmt: skip
                self.tangents[target] = self.whole(target)
            engine.emit(runtime.add_into, [self.whole(target), self.whole(op.operands[1])], [])
            return
        if fn is prims.push:
            self._keep(op)
            engine.emit(prims.push, [self.tangents[target], *(self.whole(v) for v in op.operands[1:])], [])
            return
        if not isinstance(target.type, ty.Array):
            raise UnsupportedError("a list or a dict that holds active values is changed in place", span=op.span,
                                   hint="build a new list or dict (a comprehension), or use an array")  # fmt: skip
        shadow = self.whole(target)
        if fn is operator.setitem:
            value = self.of(op.operands[2])
            engine.emit(
                operator.setitem,
                [shadow, op.operands[1], Const(0.0) if isinstance(value, Zero) else value],
                [],
            )
            self._keep(op)
            return
        if fn is prims.augment_at:
            index, operation, value_op = op.operands[1], op.operands[2].value, op.operands[3]  # type: ignore[attr-defined]
        elif fn in IN_PLACE:
            index, operation, value_op = None, fn, op.operands[1]
        else:
            raise unsupported(op)
        value = self.of(value_op)
        if operation in (operator.iadd, operator.isub):
            if not isinstance(value, Zero):
                if index is None:
                    engine.emit(operation, [shadow, value], [])
                else:
                    engine.emit(prims.augment_at, [shadow, index, Const(operation), value], [])
            self._keep(op)
            return
        self._operation(op, target, shadow, index, operation, value_op)

    def _scatter(self, op: Op) -> None:
        """`np.add.at(x, i, v)`: the same on the tangents."""
        self._keep(op)
        target, index, v = op.operands
        value = self.of(v)
        if self.is_active(target) and not isinstance(value, Zero):
            assert op.fn is not None
            self.engine.emit(op.fn, [self.tangents[target], index, value], [], attrs={"impure": True})

    def _check_truncation(self, op: Op, target: Value) -> None:
        value = op.operands[2] if op.fn is operator.setitem else op.operands[3]
        if self.activity.is_varied(value) and not ty.can_carry(target.type):
            raise UnsupportedError(f"active values are written into an array of {getattr(target.type, 'dtype', 'unknown')} numbers, which truncates them",
                                   span=op.span, hint="make the array with dtype=float")  # fmt: skip

    def _operation(
        self, op: Op, target: Value, shadow: Value, index: Value | None, operation: Any, value: Value
    ) -> None:
        """`x[i] *= v`: the tangent of the operation, from the old part."""
        engine, plain = self.engine, IN_PLACE[operation]
        primitive = lookup(plain)
        old = target if index is None else engine.apply(operator.getitem, [target, index])
        d_old = shadow if index is None else engine.apply(operator.getitem, [shadow, index])
        if primitive is None or primitive.nondifferentiable or plain is operator.matmul:
            raise UnsupportedError(
                "this augmented assignment to an array is not supported",
                span=op.span,
                hint="write x = x op y",
            )
        engine.algebra = False
        y = engine.apply(plain, [old, value])
        engine.algebra = True
        shell = Op("apply", [old, value], [y], [], {"fn": plain}, op.span)
        self.tangents[old] = d_old
        tangent = self._by_rule(shell)
        stored = Const(0.0) if isinstance(tangent, Zero) else tangent
        engine.emit(operator.setitem, [shadow, index if index is not None else Const(Ellipsis), stored], [])
        if index is None:
            self.tangents[target] = shadow
        self._keep(op)

    def _pull(self, op: Op) -> None:
        self._keep(op)
        results = self.engine.emit(
            prims.pull, [self.tangents[op.operands[0]]], [ty.dual(r.type) for r in op.results]
        )
        for r, d in zip(op.results, results):
            if self.is_active(r):
                self._name(d, r)
                self.tangents[r] = d


def _refers(op: Op) -> bool:
    """Whether an op gives a reference to memory that its operand holds already."""
    if is_view(op) or op.fn in (getattr, prims.narrow, dict.get, list.pop):
        return True
    return op.fn is operator.getitem and not isinstance(op.operands[0].type, ty.Array)


def _displays(op: Op) -> bool:
    """Whether an op only holds its operands: so does its tangent hold theirs."""
    return op.fn in (prims.tuple_, prims.list_, prims.dict_, prims.closure) or bool(op.attrs.get("record"))


def _attrs(op: Op) -> dict[str, Any]:
    return {
        k: v
        for k, v in op.attrs.items()
        if k not in ("fn", "keywords", "reverse", "mirror", "loops", "namespace", "derived")
    }


def _is_narrower(tangent: Value, result: Value) -> bool:
    """Whether a tangent may be unable to hold what its array comes to hold: `x + 1j` has the real tangent dx."""
    here, there = (getattr(v.type, "dtype", None) for v in (tangent, result))
    if here is None or there is None:
        return False
    return np.dtype(there).kind == "c" or np.result_type(here, there) != np.dtype(here)


def _names(ops: list[Op], result: Value, tangent: Value) -> bool:
    """Whether what was just written reads the primal's result."""
    return tangent is result or any(v is result for v in free_values(Block([], ops, [tangent])))


def _may_be_narrow(op: Op) -> bool:
    """Whether an operand without a tangent may give a result more of a shape than its tangent has."""
    primitive = lookup(op.fn)
    if primitive is None or not primitive.elementwise or op.fn in _SCALING:
        return False
    return sum(not isinstance(ty.widen(v.type), ty.Scalar) for v in op.operands) > 1
