"""Which applications give references into the memory of their operands rather than new memory."""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from adtrans.analysis.inference.outputs import parameters_of
from adtrans.ir import types as ty
from adtrans.ir.program import Const, Function, Op, Value, is_const, is_member, walk
from adtrans.rules.registry import lookup

# Views of each operand, given back as a tuple where there are several.
_OF_EACH = frozenset([np.broadcast_arrays, np.atleast_1d, np.atleast_2d, np.atleast_3d])
# The operand itself where its dtype, its layout and its class suit, else a copy.
_CONVERTED = frozenset([np.asarray, np.asanyarray, np.ascontiguousarray, np.asfortranarray, np.require])
_BY_LAYOUT = frozenset([np.reshape, np.ravel, np.ascontiguousarray, np.asfortranarray, np.require])
# The operand itself where this option has this value, else a new array.
_BY_OPTION: dict[Any, tuple[str, int]] = {np.diff: ("n", 0), np.polyder: ("m", 0), np.polyint: ("m", 0),
                                          np.linalg.matrix_power: ("n", 1)}  # fmt: skip
# Functions that no rule says to give views, and that may give them all the same.
_WITHOUT_FACT = _OF_EACH | {np.meshgrid, np.einsum, np.diag, np.imag}


def shared_operands(op: Op) -> tuple[int, ...]:
    """Positions of the operands that the results of a known function share memory with."""
    fn = op.fn
    primitive = lookup(fn)
    if primitive is None or primitive.stores:
        return ()
    if primitive.view_of is None and fn not in _WITHOUT_FACT:
        return ()
    found: tuple[int, ...] = () if primitive.view_of is None else (primitive.view_of,)
    if fn in _OF_EACH or fn is np.meshgrid and not is_const(option(op, "copy") or Const(True), True):
        found = tuple(range(len(op.positional())))
    elif fn is np.einsum:
        found = _contracted(op)
    elif fn is np.diag:
        found = (0,) if _rank(op.operands[0]) == 2 else ()
    elif fn is np.imag:
        found = () if _kind(op.operands[0]) in ("real", "unknown") else found
    elif fn in _CONVERTED and _converts(op) or is_const(option(op, "copy") or Const(None), True):
        found = ()
    return tuple(k for k in found if k < len(op.operands) and _is_memory(op.operands[k].type))


def is_view(op: Op) -> bool:
    """Whether an op gives a reference into its operand rather than new memory."""
    if op.fn is operator.getitem:
        return op.attrs.get("access") == "view"
    return op.kind == "apply" and len(shared_operands(op)) == 1


def viewed(op: Op) -> int:
    """The position of the operand that a view op views."""
    return 0 if op.fn is operator.getitem else shared_operands(op)[0]


def views_from(v: Value, definition: Callable[[Value], Op | None]) -> Iterator[Value]:
    """A value, what it is a view of, what that is a view of, and so on."""
    yield v
    made = definition(v)
    while made is not None and made.kind == "apply" and is_view(made):
        v = made.operands[viewed(made)]
        yield v
        made = definition(v)


def depends_on_layout(op: Op) -> bool:
    """Whether a view op gives a copy instead where layout or dtype, seen when the program runs, do not suit."""
    if op.kind != "apply" or not is_view(op):
        return False
    if op.fn in _CONVERTED and (option(op, "order") is not None or not _has_dtype(op)):
        return True
    return op.fn in _BY_LAYOUT or op.fn is np.einsum and bool(op.keywords)


def may_be_view(op: Op) -> bool:
    """Whether an op that counts as giving new memory may give its operand, or a view of it, after all."""
    if op.kind != "apply" or not op.operands or is_view(op):
        return False
    if is_member(op.fn, _BY_OPTION):
        name, value = _BY_OPTION[op.fn]
        given = option(op, name)
        return given is not None and (not isinstance(given, Const) or given.value == value)
    if op.fn is np.einsum:  # with a computed string, or with lists of labels
        return not isinstance(op.operands[0], Const) and len(op.positional()) <= 3
    if op.fn is np.diag:
        return _rank(op.operands[0]) is None
    if op.fn is np.conjugate:
        return op.attrs.get("style") == "method" and _kind(op.operands[0]) == "unknown"
    return op.fn is np.imag and _kind(op.operands[0]) == "unknown"


def reshapes_storage(function: Function, is_written: Callable[[Value], bool]) -> bool:
    """Whether memory layout decides what a write changes: some functions give views or copies by it."""
    return any(depends_on_layout(op) and is_written(op.result) for op in walk(function.body))


def option(op: Op, name: str) -> Value | None:
    """An argument by its name, given by keyword or by position."""
    found = op.by_keyword().get(name)
    if found is not None:
        return found
    names = [p.name for p in parameters_of(op.fn) or () if p.kind is not p.KEYWORD_ONLY]
    k = names.index(name) if name in names else len(op.operands)
    return op.operands[k] if k < len(op.positional()) else None


def _contracted(op: Op) -> tuple[int, ...]:
    """The operand of an einsum that only reorders it, or takes a diagonal."""
    given = op.positional()
    if len(given) == 2 and isinstance(given[0], Const) and isinstance(given[0].value, str):
        return (1,) if _sums_nothing(given[0].value) else ()
    return ()


def _sums_nothing(subscripts: str) -> bool:
    """Whether every label of an einsum's one operand is a label of its result."""
    labels, arrow, left = subscripts.replace(" ", "").replace("...", "").partition("->")
    return set(labels) <= set(left) if arrow else len(set(labels)) == len(labels)


def _converts(op: Op) -> bool:
    """Whether the result surely has another dtype than the operand."""
    here, there = _dtype(op.operands[0]), _dtype(op.result)
    return here is not None and there is not None and here != there


def _has_dtype(op: Op) -> bool:
    """Whether the result surely has the dtype of the operand."""
    wanted = option(op, "dtype")
    if wanted is None or isinstance(wanted, Const) and wanted.value is None:
        return True
    here, there = _dtype(op.operands[0]), _dtype(op.result)
    return here is not None and here == there


def _is_memory(t: ty.Type) -> bool:
    """Whether NumPy takes a value as it lies in memory: of numbers and lists it makes new arrays."""
    return isinstance(t, (ty.Array, ty.Numeric, ty.Any, ty.Optional))


def _dtype(v: Value) -> str | None:
    return getattr(ty.widen(v.type), "dtype", None)


def _kind(v: Value) -> str:
    dtype = _dtype(v)
    return "unknown" if dtype is None else "complex" if np.dtype(dtype).kind == "c" else "real"


def _rank(v: Value) -> int | None:
    t = ty.widen(v.type)
    return len(t.dims) if isinstance(t, ty.Array) and t.dims is not None else None
