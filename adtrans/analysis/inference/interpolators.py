"""The type of what interpolators give: one value a point, in the shape of a sample."""

from __future__ import annotations

from typing import Any

import numpy as np

from adtrans import runtime
from adtrans.analysis.inference.apply import handles
from adtrans.analysis.inference.engine import Engine
from adtrans.ir import types as ty
from adtrans.ir.program import Value


@handles(runtime.interpolated, runtime.interpolated_at)
def _interpolated(
    engine: Engine, fn: Any, operands: list[Value], keywords: dict[str, Value], attrs: Any
) -> Value:
    kind, x, y, t, order, options = operands
    if isinstance(ty.widen(t.type), (ty.Tuple, ty.List)):
        t = engine.apply(np.array, [t])
    points, samples = ty.widen(t.type), y.type
    made: ty.Type = ty.ANY
    if isinstance(samples, ty.Array):
        dtype = None if samples.dtype is None else np.result_type(samples.dtype, float).name
        made = ty.Array(dtype, None)
        if samples.dims is not None and isinstance(points, ty.Scalar):
            made = ty.Array(dtype, samples.dims[1:])
        elif samples.dims is not None and isinstance(points, ty.Array) and points.dims is not None:
            made = ty.Array(dtype, (*points.dims, *samples.dims[1:]))
    return engine.emit(fn, [kind, x, y, t, order, options], [made])[0]
