"""What NumPy makes of an index: `np.r_`, `np.c_`, `np.mgrid` and `np.ogrid` as the functions that do the same."""

from __future__ import annotations

from typing import Any

import numpy as np

from adtrans.analysis.inference import arrays
from adtrans.analysis.inference.engine import Engine
from adtrans.ir import prims
from adtrans.ir import types as ty
from adtrans.ir.program import Const, Value, is_const

INDEX_TRICKS = (np.r_, np.c_, np.mgrid, np.ogrid)


def index_trick(engine: Engine, how: Any, index: Value) -> Value:
    """The value of how[index]."""
    if how is np.mgrid or how is np.ogrid:
        return _grid(engine, index, sparse=how is np.ogrid)
    parts = arrays.index_parts(index, engine.definition)
    if any(isinstance(p, Const) and isinstance(p.value, str) for p in parts):
        raise engine.refuse("np.r_ and np.c_ with strings are not supported", "use np.concatenate")
    lines = [
        _axis(engine, p)
        if arrays.is_slice(p, engine.definition)
        else engine.apply(np.atleast_1d, [p])
        if how is np.r_
        else p
        for p in parts
    ]
    join = np.concatenate if how is np.r_ else np.column_stack
    return engine.apply(join, [engine.apply(prims.list_, lines)])


def _grid(engine: Engine, index: Value, sparse: bool) -> Value:
    """`np.mgrid[a:b, c:d]` and `np.ogrid[a:b, c:d]` as np.meshgrid of their axes."""
    parts = arrays.index_parts(index, engine.definition)
    if not all(arrays.is_slice(p, engine.definition) for p in parts):
        raise engine.refuse("np.mgrid and np.ogrid are indexed by slices only", "use np.meshgrid")
    axes = [_axis(engine, p) for p in parts]
    if parts == [index]:
        return axes[0]
    if sparse:
        return engine.apply(np.meshgrid, [*axes, Const("ij"), Const(True)], ("indexing", "sparse"))
    return engine.apply(np.array, [engine.apply(np.meshgrid, [*axes, Const("ij")], ("indexing",))])


def _axis(engine: Engine, part: Value) -> Value:
    """The numbers from start to stop of a slice; an imaginary step says how many they are."""
    start, stop, step = _ends(engine, part)
    start = Const(0) if is_const(start, None) else start
    if is_const(stop, None):
        raise engine.refuse("this slice has no end", "say where it ends")
    if is_const(step, None):
        return engine.apply(np.arange, [stop] if is_const(start, 0) else [start, stop])
    t = ty.widen(step.type)
    if not isinstance(t, ty.Scalar) or t.dtype is None:
        raise engine.refuse("it is not known whether the step of this slice is imaginary", "use np.linspace")
    if np.dtype(t.dtype).kind != "c":
        return engine.apply(np.arange, [start, stop, step])
    if isinstance(step, Const):
        return engine.apply(np.linspace, [start, stop, Const(int(abs(step.value)))])
    return engine.apply(np.linspace, [start, stop, engine.apply(int, [engine.apply(abs, [step])])])


def _ends(engine: Engine, part: Value) -> list[Value]:
    if isinstance(part, Const):
        return [Const(part.value.start), Const(part.value.stop), Const(part.value.step)]
    made = engine.definition(part)
    assert made is not None
    return list(made.operands)
