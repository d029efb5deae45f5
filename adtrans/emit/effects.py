"""What an op reads and writes, as bits: the order of two ops matters only where these meet."""

from __future__ import annotations

import builtins
import operator
from collections.abc import Callable
from types import BuiltinFunctionType, FunctionType, ModuleType
from typing import Any, NamedTuple

import numpy as np

from adtrans import runtime
from adtrans.ir import prims
from adtrans.ir import types as ty
from adtrans.ir.program import Const, Op, Value, is_member
from adtrans.rules.registry import lookup

HEAP, TAPE, OUTSIDE = 1, 2, 4
ALL = HEAP | TAPE | OUTSIDE


class Effect(NamedTuple):
    """Regions read and regions written."""

    reads: int = 0
    writes: int = 0

    def __or__(self, other: Effect) -> Effect:
        return Effect(self.reads | other.reads, self.writes | other.writes)

    def conflicts(self, other: Effect) -> bool:
        return bool(self.writes & (other.reads | other.writes) or self.reads & other.writes)


PURE = Effect()
READS = Effect(HEAP)
OPAQUE = Effect(ALL, ALL)

IN_PLACE: dict[Any, str] = {
    operator.iadd: "Add", operator.isub: "Sub", operator.imul: "Mult", operator.itruediv: "Div",
    operator.ifloordiv: "FloorDiv", operator.imod: "Mod", operator.ipow: "Pow", operator.imatmul: "MatMult",
    operator.iand: "BitAnd", operator.ior: "BitOr", operator.ixor: "BitXor", operator.ilshift: "LShift",
    operator.irshift: "RShift",
}  # fmt: skip

STORES = {
    operator.setitem, operator.delitem, builtins.setattr, builtins.delattr, prims.augment_at,
    list.append, list.extend, list.insert, list.pop, list.remove, list.clear, list.sort, list.reverse,
    set.add, set.update, set.discard, set.remove, dict.update, dict.pop, dict.setdefault, dict.clear,
    np.copyto, np.put, np.place, np.putmask, np.fill_diagonal, np.put_along_axis,
    runtime.add_into, runtime.add_each, runtime.take_tail,
    np.ndarray.fill, np.ndarray.sort, np.ndarray.put, np.ndarray.partition, np.ndarray.resize,
}  # fmt: skip

_DISPLAYS = {
    prims.tuple_,
    prims.list_,
    prims.set_,
    prims.dict_,
    prims.closure,
    builtins.slice,
    prims.text,
    prims.tape,
}
_CONTENT_FREE = {"shape", "size", "ndim", "dtype", "T", "mT", "real", "imag"}
_READING = {
    builtins.abs, builtins.len, builtins.float, builtins.int, builtins.bool, builtins.complex, builtins.str,
    builtins.min, builtins.max, builtins.sum, builtins.range, builtins.enumerate, builtins.zip,
    builtins.reversed, builtins.isinstance, builtins.tuple, builtins.list, builtins.dict, builtins.set,
    builtins.getattr, builtins.hasattr, builtins.round, builtins.pow, builtins.divmod, builtins.repr,
    builtins.format, builtins.type, builtins.sorted, builtins.any, builtins.all, builtins.issubclass,
    builtins.callable, builtins.frozenset, builtins.map, builtins.filter, prims.starred, prims.double_starred,
    list.copy, list.index, list.count, dict.copy, dict.get, prims.unpack, prims.is_sequence, prims.add_at, prims.set_at,
}  # fmt: skip


def is_index(value: Value) -> bool:
    """Whether a value is a whole number."""
    return isinstance(value.type, ty.Scalar) and value.type.dtype == "int64"


def is_immutable(value: Value) -> bool:
    """Whether nothing can change what the value holds."""
    stack = [value.type]
    while stack:
        t = stack.pop()
        if isinstance(t, ty.Tuple) and t.cls is not list:
            stack.extend(t.items)
        elif isinstance(t, ty.List) and t.cls is tuple:
            stack.append(t.item)
        elif isinstance(t, ty.Known):
            if isinstance(t.value, (list, dict, set, np.ndarray)):
                return False
        elif not isinstance(t, (ty.Scalar, ty.Never, ty.Text, ty.Range)):
            return False
    return True


def _is_basic_index(value: Value) -> bool:
    stack = [value.type]
    while stack:
        t = stack.pop()
        if isinstance(t, ty.Tuple) and t.cls is not list:
            stack.extend(t.items)
        elif isinstance(t, ty.Known):
            if isinstance(t.value, tuple):
                stack.extend(ty.Known(item) for item in t.value)
            elif not (t.value is None or t.value is Ellipsis or isinstance(t.value, (slice, int))):
                return False
        elif not (isinstance(t, ty.Scalar) and t.dtype is not None and np.dtype(t.dtype).kind in "iu"):
            return False
    return True


def _is_view(op: Op) -> bool:
    """Making a view reads no contents; reading the view does."""
    return (
        op.fn is operator.getitem
        and isinstance(op.operands[0].type, ty.Array)
        and bool(op.results)
        and isinstance(op.result.type, ty.Array)
        and _is_basic_index(op.operands[1])
    )


def effect_of(op: Op) -> Effect:
    """What an apply op reads and writes; a raise counts as a write of everything."""
    if op.kind != "apply":
        return Effect(ALL, ALL) if op.kind == "raise" else PURE
    fn = op.fn
    if op.attrs.get("collected"):  # into the list of a comprehension, which nothing else sees
        return PURE
    if fn is prims.push or fn is prims.pull:
        return Effect(TAPE, TAPE)
    if fn is prims.global_:
        return PURE if _is_settled(op) else Effect(OUTSIDE)
    if fn is prims.call or fn is prims.import_ or not callable(fn):
        return OPAQUE
    if is_member(fn, _DISPLAYS):
        return PURE
    if is_member(fn, STORES) or is_member(fn, IN_PLACE):
        return Effect(HEAP, HEAP)
    if fn in (prims.add_at, prims.set_at) and op.attrs.get("inplace"):
        return Effect(HEAP, HEAP)
    return _effect_of_function(op, fn)


def _is_settled(op: Op) -> bool:
    """Whether a global is a builtin, a module, a function or a class: read at any time, it is the same."""
    namespace, name = op.attrs.get("namespace"), op.operands[0]
    if namespace is None or not isinstance(name, Const):
        return False
    value = namespace.get(name.value, builtins.__dict__.get(name.value))
    return isinstance(value, (ModuleType, FunctionType, BuiltinFunctionType, type, np.ufunc))


def _effect_of_function(op: Op, fn: Callable[..., Any]) -> Effect:
    known = lookup(fn)
    attribute = op.attrs.get("style") == "attribute" or fn is builtins.getattr
    if known is not None:
        if not known.pure:
            return OPAQUE
        if known.stores or "out" in op.keywords:
            return Effect(HEAP, HEAP)
    elif not _is_reading(fn):
        return OPAQUE
    elif "out" in op.keywords:
        return Effect(HEAP, HEAP)
    if attribute and op.attrs.get("spelling") in _CONTENT_FREE or _is_view(op):
        return PURE
    if known is not None and known.shape_only and len(known.shape_only) >= len(op.operands):
        return PURE
    if all(is_immutable(v) for v in op.operands):
        return PURE
    return (
        READS
        if all(isinstance(v.type, (ty.Array, ty.Scalar, ty.Known)) for v in op.operands)
        else Effect(HEAP | TAPE)
    )


def _is_reading(fn: Any) -> bool:
    if is_member(fn, _READING) or isinstance(fn, np.ufunc):
        return True
    owner = getattr(fn, "__objclass__", None) or getattr(fn, "__self__", None)
    if isinstance(owner, np.ufunc):
        return fn.__name__ != "at"
    if owner in (np.ndarray, str, tuple, complex, float):
        return True
    home = getattr(fn, "__module__", None) or ""
    if home in ("_operator", "operator", "math", "cmath", "adtrans.runtime"):
        return True
    return home.split(".")[0] == "numpy" and "random" not in home
