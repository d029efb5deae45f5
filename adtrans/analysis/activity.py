"""Activity: which values depend on the active parameters (varied) and reach the result (useful).

Both are fixpoints over loop slots and storage: a class of memory is varied once something
varied is written into it, and useful once something read from it is.
"""

from __future__ import annotations

import operator
from typing import Any

import numpy as np

from adtrans.analysis.aliases import Aliases, changes_first, may_be_shared
from adtrans.analysis.inference.apply import COMPARISONS
from adtrans.errors import UnsupportedError
from adtrans.ir import prims
from adtrans.ir import types as ty
from adtrans.ir.program import Const, Function, Op, Value, walk
from adtrans.ir.regions import edges_of
from adtrans.rules.registry import lookup

_SHAPE_ONLY = frozenset(
    [
        len,
        np.shape,
        np.ndim,
        np.size,
        isinstance,
        type,
        np.zeros_like,
        np.ones_like,
        np.empty_like,
        hasattr,
        callable,
    ]
)
_FLAT = frozenset([int, bool, round, operator.not_, operator.is_, operator.is_not, operator.contains, str, repr, format, print, prims.text,
                   operator.floordiv, range, any, all, np.argmax, np.argmin, np.argsort]) | COMPARISONS  # fmt: skip
_TO_TEXT = frozenset([str, repr, format, prims.text])
_NUMBERS = (ty.Scalar, ty.Array, ty.Numeric)
_READS = frozenset([operator.getitem, getattr, prims.pull, prims.narrow, dict.get, dict.pop, list.pop])
_STORES = frozenset(
    [operator.setitem, prims.augment_at, list.append, list.extend, list.insert, dict.update, dict.setdefault]
)


def no_derivative(op: Op) -> bool:
    """Whether the results of an application are constants for differentiation."""
    fn: Any = op.fn
    if fn in _SHAPE_ONLY or fn in _FLAT:
        return True
    if (
        fn is getattr
        and isinstance(op.operands[1], Const)
        and op.operands[1].value in ("shape", "ndim", "size", "dtype", "nbytes")
    ):
        return True
    primitive = lookup(fn)
    return primitive is not None and primitive.nondifferentiable


class Activity:
    """The varied and the useful values of a typed program."""

    def __init__(self, function: Function, aliases: Aliases, active_params: list[Value]):
        self.aliases = aliases
        self.varied: set[Value] = set()
        self.useful: set[Value] = set()
        self.tainted: set[Value] = set()
        for p in active_params:
            self._mark(self.varied, p)
        self._forward(function)
        for r in function.results:
            if not isinstance(r, Const):
                self._mark(self.useful, r)
        self._backward(function)
        self._check_text(function)
        self._check_sparse(function)

    def _check_sparse(self, function: Function) -> None:
        """Refuse sparse matrices that are made from active values, but for those read as their entries."""
        for op in walk(function.body):
            if op.kind != "apply" or no_derivative(op):
                continue
            varied = any(self.is_varied(v) for v in op.operands)
            made = varied and any(isinstance(r.type, ty.Sparse) for r in op.results)
            if made or any(
                isinstance(v.type, ty.Sparse) and self._key(v) in self.varied for v in op.operands
            ):
                raise UnsupportedError("this use of a sparse matrix that depends on active values has no derivative rule", span=op.span,
                                       hint="make it of its values at constant places, multiply arrays with it or solve with it, or use a dense array: A.toarray()")  # fmt: skip

    def _check_text(self, function: Function) -> None:
        """Refuse numbers that come back out of text made from active values."""
        for op in walk(function.body):
            if (
                op.kind != "apply"
                or not op.results
                or op.fn in _FLAT
                or op.fn in _READS
                and isinstance(op.result.type, _NUMBERS)
                or not any(self._is_tainted(v) and _holds_text(v.type) for v in op.operands)
            ):
                continue
            if any(self.is_useful(r) and isinstance(r.type, (*_NUMBERS, ty.Any)) for r in op.results):
                raise UnsupportedError("a number is read from text that was made from active values", span=op.span,
                                       hint="keep the number itself, or cut the dependence with adtrans.stop_gradient")  # fmt: skip

    def is_varied(self, v: Value) -> bool:
        return not isinstance(v, Const) and self._key(v) in self.varied and ty.can_carry(v.type)

    def is_useful(self, v: Value) -> bool:
        return not isinstance(v, Const) and self._key(v) in self.useful

    def is_active(self, v: Value) -> bool:
        """Varied and useful: it has an adjoint, or a tangent that matters."""
        return self.is_varied(v) and self.is_useful(v)

    def _key(self, v: Value) -> Value:
        return self.aliases.find(v) if self.aliases.is_written(v) else v

    def _mark(self, marked: set[Value], v: Value) -> bool:
        key = self._key(v)
        if key in marked:
            return False
        marked.add(key)
        return True

    def _is_tainted(self, v: Value) -> bool:
        return not isinstance(v, Const) and self._memory(v) in self.tainted

    def _taint(self, v: Value) -> bool:
        """Note that text made from active values is there."""
        before = len(self.tainted)
        self.tainted.add(self._memory(v))
        return len(self.tainted) > before

    def _memory(self, v: Value) -> Value:
        return self.aliases.find(v) if may_be_shared(v.type) else v

    # ----- forwards -----

    def _forward(self, function: Function) -> None:
        changed = True
        while changed:
            changed = False
            for op in walk(function.body):
                changed |= self._vary(op)

    def _vary(self, op: Op) -> bool:
        changed = False
        if op.kind == "apply":
            if op.fn in _STORES or changes_first(op.fn) or (not op.results and len(op.operands) > 1):
                value = op.operands[1:]
                if (
                    any(self.is_varied(v) for v in value)
                    and not isinstance(op.operands[0], Const)
                    and ty.can_carry(op.operands[0].type)
                ):
                    changed |= self._mark(self.varied, op.operands[0])
            passed_on = bool(self.tainted) and any(self._is_tainted(v) for v in op.operands)
            if passed_on and op.fn in _STORES and not isinstance(op.operands[0], Const):
                changed |= self._taint(op.operands[0])
            if not op.results:
                return changed
            if passed_on or any(self.is_varied(v) for v in op.operands):
                for r in op.results:
                    if passed_on and not isinstance(r.type, _NUMBERS) and op.fn not in _FLAT - _TO_TEXT:
                        changed |= self._taint(r)
                    elif isinstance(r.type, ty.Text) and op.fn not in _READS:
                        changed |= self._taint(r)
                if not no_derivative(op):
                    for r in op.results:
                        if ty.can_carry(r.type):
                            changed |= self._mark(self.varied, r)
            return changed
        for targets, sources in edges_of(op):
            for target, source in zip(targets, sources):
                if self.is_varied(source):
                    changed |= self._mark(self.varied, target)
                if self._is_tainted(source):
                    changed |= self._taint(target)
        if op.kind == "for" and self.is_varied(op.operands[0]):
            changed |= self._mark(self.varied, op.blocks[0].params[0])
        return changed

    # ----- backwards -----

    def _backward(self, function: Function) -> None:
        ops = list(walk(function.body))
        changed = True
        while changed:
            changed = False
            for op in reversed(ops):
                changed |= self._use(op)

    def _use(self, op: Op) -> bool:
        changed = False
        if op.kind == "apply":
            if op.results:
                reached = any(self.is_useful(r) for r in op.results) and not no_derivative(op)
            else:
                reached = bool(op.operands) and self.is_useful(op.operands[0])
            if op.results and (op.fn in _STORES or changes_first(op.fn)):
                reached = reached or self.is_useful(op.operands[0])
            if reached:
                for v in op.operands:
                    if not isinstance(v, Const) and (ty.can_carry(v.type) or isinstance(v.type, ty.Array)):
                        changed |= self._mark(self.useful, v)
            return changed
        for targets, sources in edges_of(op):
            for target, source in zip(targets, sources):
                if not isinstance(source, Const) and self.is_useful(target) and ty.can_carry(source.type):
                    changed |= self._mark(self.useful, source)
        if op.kind == "for" and self.is_useful(op.blocks[0].params[0]) and may_be_shared(op.operands[0].type):
            changed |= self._mark(self.useful, op.operands[0])
        return changed


def _holds_text(t: ty.Type) -> bool:
    """Whether a value may be, or contain, text."""
    if isinstance(t, (ty.Text, ty.Any)):
        return True
    if isinstance(t, (ty.List, ty.Mapping)):
        return _holds_text(t.item)
    parts = (
        t.items if isinstance(t, ty.Tuple) else [i for _, i in t.fields] if isinstance(t, ty.Record) else []
    )
    return any(_holds_text(part) for part in parts)
