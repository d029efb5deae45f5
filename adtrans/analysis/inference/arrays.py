"""Result types of what programs do most with arrays: elementwise, reductions, indexing."""

from __future__ import annotations

import functools
import math
import operator
from collections.abc import Callable
from typing import Any

import numpy as np

from adtrans.ir import prims
from adtrans.ir import types as ty
from adtrans.ir.program import Const, Value, is_const


def by_value(fn: Callable[..., Any]) -> bool:
    """Whether a function's result is real or complex as the values have it."""
    if fn in (np.real_if_close, np.roots, np.linalg.eig, np.linalg.eigvals):
        return True
    return getattr(fn, "__name__", "") in (
        "sqrtm",
        "logm",
        "fractional_matrix_power",
    ) and fn.__module__.startswith("scipy.linalg")


# ----- elementwise -----


def elementwise(fn: Callable[..., Any], operands: list[Value], site: str) -> ty.Type:
    """The type of a broadcasting function of numbers and arrays."""
    if fn is np.clip and any(is_const(v, None) for v in operands):
        operands = [v for v in operands if not is_const(v, None)]
        fn = np.maximum if len(operands) == 2 else np.positive
    kinds: list[Any] = [ty.widen(v.type) for v in operands]
    if not all(isinstance(t, (ty.Scalar, ty.Array, ty.Numeric)) for t in kinds):
        return ty.ANY
    if any(isinstance(t, ty.Numeric) for t in kinds):
        return ty.NUMERIC
    if fn is np.where and len(operands) == 1:
        rank = len(kinds[0].dims) if isinstance(kinds[0], ty.Array) and kinds[0].dims else 0
        return ty.Tuple((ty.Array("int64", (ty.Dim(f"w{site}"),)),) * rank) if rank else ty.ANY
    if fn in (math.modf, math.frexp):
        return ty.Tuple((ty.FLOAT, ty.FLOAT if fn is math.modf else ty.INT))
    if fn is divmod:
        return ty.Tuple(
            (elementwise(operator.floordiv, operands, site), elementwise(operator.mod, operands, site))
        )
    sample = _sample(fn, tuple(_key(v, t) for v, t in zip(operands, kinds)))
    arrays = [t for t in kinds if isinstance(t, ty.Array)]
    if sample is None:
        if not arrays:
            return ty.Scalar(None, None)
        return ty.Array(None, broadcast([t.dims for t in arrays], site))
    dtype, python = sample
    if by_value(fn) and "complex" in "".join(t.dtype or "" for t in kinds):
        return ty.Array(None, broadcast([t.dims for t in arrays], site)) if arrays else ty.Scalar(None, None)
    if not arrays:
        dim = _integer_dim(fn, operands, dtype)
        return ty.Scalar(dtype, python, dim)
    dims = broadcast([t.dims for t in arrays], site)
    if dims == ():
        return ty.Scalar(dtype, False)
    return ty.Array(dtype, dims)


def _key(value: Value, type_: Any) -> tuple[Any, ...]:
    exponent = value.value if isinstance(value, Const) and isinstance(value.value, int) else None
    rank = min(1, len(type_.dims)) if isinstance(type_, ty.Array) and type_.dims is not None else 1
    if isinstance(type_, ty.Array):
        return "array", type_.dtype, rank
    return "number", type_.dtype, type_.python, None if exponent is None else (exponent >= 0)


@functools.lru_cache(maxsize=4096)
def _sample(fn: Callable[..., Any], keys: tuple[tuple[Any, ...], ...]) -> tuple[str, bool] | None:
    """(dtype, is a Python number) of fn on examples; None where it cannot be told."""
    if any(key[1] is None or (key[0] == "number" and key[2] is None) for key in keys):
        return _inexact_without_example(fn, keys)
    for number in (0.5, 1.0, 2.0):
        values = [_example(key, number) for key in keys]
        try:
            with np.errstate(all="ignore"):
                result = fn(*values)
        except (ValueError, ArithmeticError):
            continue
        except Exception:
            return None
        if isinstance(result, (np.ndarray, np.generic)):
            return (result.dtype.name, False) if result.dtype.kind in "biufc" else None
        for cls, dtype in ((bool, "bool"), (int, "int64"), (float, "float64"), (complex, "complex128")):
            if type(result) is cls:
                return dtype, True
        return None
    return None


def _inexact_without_example(
    fn: Callable[..., Any], keys: tuple[tuple[Any, ...], ...]
) -> tuple[str, bool] | None:
    """Unknown weakness matters to single precision only; comparisons are bool whatever comes."""
    numbers = tuple(
        (*key[:1], key[1] or "float64", *(key[2:] if key[0] == "array" else (False, *key[3:])))
        for key in keys
    )
    found = _sample(fn, numbers)
    if found is None:
        return None
    if found[0] == "bool" or (
        found[0] == "float64" and all(key[1] is not None and "32" not in key[1] for key in keys)
    ):
        return found
    return None


def _example(key: tuple[Any, ...], number: float) -> Any:
    dtype = np.dtype(key[1])
    value = dtype.type(1) if dtype.kind in "biu" else dtype.type(number)
    if key[0] == "array":
        return np.full((1,) * key[2], value)
    value = value.item() if key[2] else value
    return -value if key[3] is False and dtype.kind in "i" else value


def _integer_dim(fn: Callable[..., Any], operands: list[Value], dtype: str) -> ty.Dim | None:
    """Lengths survive adding and subtracting literals."""
    if dtype != "int64" or len(operands) != 2:
        return None
    a, b = operands
    left, right = getattr(a.type, "dim", None), getattr(b.type, "dim", None)
    if fn in (operator.add, operator.iadd):
        if left is not None and isinstance(b, Const):
            return left + int(b.value)
        if right is not None and isinstance(a, Const):
            return right + int(a.value)
    if fn in (operator.sub, operator.isub) and left is not None and isinstance(b, Const):
        return left + -int(b.value)
    return None


def broadcast(shapes: list[tuple[ty.Dim, ...] | None], site: str) -> tuple[ty.Dim, ...] | None:
    """The dims of a broadcast result; None where a rank is unknown."""
    known = [s for s in shapes if s is not None]
    if len(known) < len(shapes):
        return None
    rank = max(map(len, known), default=0)
    out = []
    for axis in range(-rank, 0):
        out.append(_broadcast_dim([s[axis] for s in known if len(s) >= -axis], f"{site}_{rank + axis}"))
    return tuple(out)


def _broadcast_dim(dims: list[ty.Dim], site: str) -> ty.Dim:
    distinct = [d for d in dict.fromkeys(dims) if d.literal != 1]
    if not distinct:
        return ty.known_dim(1)
    if len(distinct) == 1:
        return distinct[0]
    certain = [d for d in distinct if not d.may_be_one]
    # lengths that cannot be 1 must agree, else the primal raises
    return certain[0] if certain else ty.Dim(f"b{site}")


# ----- reductions -----

REDUCTIONS: set[Callable[..., Any]] = {
    np.sum, np.mean, np.prod, np.max, np.min, np.amax, np.amin, np.var, np.std, np.any, np.all, np.ptp,
    np.argmax, np.argmin, np.median, np.nansum, np.nanmean, np.nanprod, np.nanmax, np.nanmin, np.nanvar,
    np.nanstd, np.nanmedian, np.count_nonzero,
}  # fmt: skip


def reduction(
    fn: Callable[..., Any], operands: list[Value], keywords: tuple[str, ...], site: str
) -> ty.Type | None:
    """The type of a reduction along a static axis; None where it takes a probe."""
    array = operands[0].type
    split = len(operands) - len(keywords)
    options = dict(zip(keywords, operands[split:]))
    if split > 2 or not set(options) <= {"axis", "keepdims"} or not isinstance(array, ty.Array):
        return None
    axis: Value = operands[1] if split == 2 else options.get("axis", Const(None))
    keepdims = options.get("keepdims", Const(False))
    if not isinstance(axis, Const) or not isinstance(keepdims, Const):
        return None
    dtype = _reduced_dtype(fn, array.dtype) if array.dtype is not None else None
    if array.dims is None:
        return ty.Scalar(dtype, False) if axis.value is None and not keepdims.value else ty.Array(dtype, None)
    rank = len(array.dims)
    try:
        axes = (
            range(rank)
            if axis.value is None
            else axis.value
            if isinstance(axis.value, tuple)
            else (axis.value,)
        )
        dropped = {operator.index(a) % rank if -rank <= a < rank else None for a in axes}
    except (TypeError, ZeroDivisionError):
        return None
    if None in dropped:
        return None
    if keepdims.value:
        return ty.Array(
            dtype, tuple(ty.known_dim(1) if i in dropped else d for i, d in enumerate(array.dims))
        )
    dims = tuple(d for i, d in enumerate(array.dims) if i not in dropped)
    return ty.Array(dtype, dims) if dims else ty.Scalar(dtype, False)


@functools.lru_cache(maxsize=256)
def _reduced_dtype(fn: Callable[..., Any], dtype: str) -> str:
    with np.errstate(all="ignore"):
        return str(np.asarray(fn(np.ones(2, dtype))).dtype.name)


# ----- products -----


def product(a: Value, b: Value, site: str) -> ty.Type | None:
    """The type of a matrix product; None where it takes a probe."""
    p, q = a.type, b.type
    if (
        not isinstance(p, ty.Array)
        or not isinstance(q, ty.Array)
        or not p.dims
        or not q.dims
        or p.dtype is None
        or q.dtype is None
    ):
        return None
    dtype = np.result_type(p.dtype, q.dtype).name
    batch = broadcast([p.dims[:-2], q.dims[:-2]], site)
    assert batch is not None
    dims = (*batch, *p.dims[-2:-1], *(q.dims[-1:] if len(q.dims) > 1 else ()))
    return ty.Array(dtype, dims) if dims else ty.Scalar(dtype, False)


# ----- indexing -----


def index_parts(index: Value, definition: Callable[[Value], Any]) -> list[Value]:
    """The parts of an index: the items of a tuple, or the index itself."""
    if isinstance(index, Const):
        if isinstance(index.value, tuple):
            return [Const(item) for item in index.value]
        return [index]
    op = definition(index)
    if op is not None and op.fn is prims.tuple_:
        return list(op.operands)
    t = index.type
    if isinstance(t, ty.Tuple) and t.items and all(isinstance(item, ty.Array) for item in t.items):
        return [Value(item) for item in t.items] if t.cls is tuple else [index]
    return [index]


def _rank_of_index(part: Value) -> tuple[str, int | None, str | None]:
    """(basic-int | slice | new | ellipsis | array | mask | unknown, rank, dtype) of one index part."""
    if isinstance(part, Const):
        value = part.value
        if value is None:
            return "new", 0, None
        if value is Ellipsis:
            return "ellipsis", 0, None
        if isinstance(value, slice):
            return "slice", 0, None
        if isinstance(value, (bool, np.bool_)):
            return "unknown", None, None
        if isinstance(value, (int, np.integer)):
            return "int", 0, None
        if isinstance(value, (list, tuple, np.ndarray, range)):
            array = np.asarray(value)
            return ("mask" if array.dtype == bool else "array"), array.ndim, array.dtype.name
        return "unknown", None, None
    t = part.type
    if isinstance(t, ty.Scalar):
        if t.dtype is not None and np.dtype(t.dtype).kind in "iu":
            return "int", 0, t.dtype
        return "unknown", None, None
    if isinstance(t, ty.Array):
        rank = None if t.dims is None else len(t.dims)
        if t.dtype == "bool":
            return "mask", rank, "bool"
        return "array", rank, t.dtype
    if isinstance(t, ty.Known) and isinstance(t.value, slice):
        return "slice", 0, None
    if isinstance(t, ty.Range):
        return "array", 1, "int64"
    if isinstance(t, (ty.List, ty.Tuple)):
        item = ty.widen(ty.as_list(t).item)
        if isinstance(item, ty.Scalar) and item.dtype is not None and np.dtype(item.dtype).kind in "iu":
            return "array", 1, item.dtype
        if isinstance(item, ty.Scalar) and item.dtype == "bool":
            return "mask", 1, "bool"
        return "unknown", None, None
    return "unknown", None, None


def is_slice(part: Value, definition: Callable[[Value], Any]) -> bool:
    if isinstance(part, Const):
        return isinstance(part.value, slice)
    op = definition(part)
    return op is not None and op.fn is slice


def getitem(
    array: ty.Array, parts: list[Value], definition: Callable[[Value], Any], site: str
) -> tuple[ty.Type, str]:
    """(type, kind) of array[parts]; kind is 'scalar', 'view', 'copy' or 'unknown'."""
    described = [("slice", 0, None) if is_slice(p, definition) else _rank_of_index(p) for p in parts]
    kinds = [d[0] for d in described]
    if "unknown" in kinds or array.dims is None:
        if "unknown" not in kinds and not {"array", "mask"} & set(kinds):
            if "int" in kinds and "ellipsis" not in kinds:  # a number, if these are all axes
                return (ty.NUMERIC if ty.is_inexact(array.dtype) else ty.ANY), "unknown"
            return ty.Array(array.dtype, None) if array.dtype else ty.ANY, "view"
        return ty.ANY, "unknown"
    consumed = sum(1 for k in kinds if k in ("int", "slice", "array")) + sum(
        d[1] or 0 for d in described if d[0] == "mask"
    )
    dims = list(array.dims)
    if consumed > len(dims) or any(d[0] in ("array", "mask") and d[1] is None for d in described):
        return ty.ANY, "unknown"
    spelled_out = "ellipsis" not in kinds
    if spelled_out:
        parts, described = [*parts, Const(Ellipsis)], [*described, ("ellipsis", 0, None)]
    out: list[ty.Dim] = []
    advanced: list[tuple[ty.Dim, ...]] = []
    where: list[int] = []  # positions in `out` where an advanced part stood
    order: list[int] = []
    position = 0
    for k, (part, (kind, rank, _)) in enumerate(zip(parts, described)):
        if kind == "new":
            out.append(ty.known_dim(1))
        elif kind == "ellipsis":
            rest = len(dims) - consumed
            out.extend(dims[position : position + rest])
            position += rest
        elif kind == "slice":
            out.append(_slice_dim(dims[position], part, definition, f"{site}_{k}"))
            position += 1
        elif kind == "int":
            position += 1
            order.append(k)
            where.append(len(out))
        elif kind == "array":
            advanced.append(_dims_of(part, f"{site}_{k}"))
            position += 1
            order.append(k)
            where.append(len(out))
        else:
            advanced.append((ty.Dim(f"m{site}_{k}"),))
            position += rank or 0
            order.append(k)
            where.append(len(out))
    if not advanced:
        if out:
            return ty.Array(array.dtype, tuple(out)), "view"
        # x[i, j, ...] of all indices is a 0-d view; x[i, j] is a number
        return (
            (ty.Scalar(array.dtype, False), "scalar") if spelled_out else (ty.Array(array.dtype, ()), "view")
        )
    together = broadcast(list(advanced), site)
    adjacent = all(b - a == 1 for a, b in zip(order, order[1:]))
    at = where[0] if adjacent else 0
    assert together is not None
    out[at:at] = together
    return (ty.Array(array.dtype, tuple(out)), "copy") if out else (ty.Scalar(array.dtype, False), "scalar")


def _dims_of(part: Value, site: str) -> tuple[ty.Dim, ...]:
    if isinstance(part, Const):
        return tuple(ty.known_dim(n) for n in np.asarray(part.value).shape)
    t = part.type
    if isinstance(t, ty.Array) and t.dims is not None:
        return t.dims
    if isinstance(t, ty.Tuple):
        return (ty.known_dim(len(t.items)),)
    length = getattr(t, "length", None)
    return (length if length is not None else ty.Dim(f"i{site}"),)


def _slice_dim(dim: ty.Dim, part: Value, definition: Callable[[Value], Any], site: str) -> ty.Dim:
    if isinstance(part, Const):
        bounds: list[Any] = [part.value.start, part.value.stop, part.value.step]
        dims: list[ty.Dim | None] = [None, None, None]
    else:
        operands = definition(part).operands
        bounds = [v.value if isinstance(v, Const) else v for v in operands]
        dims = [getattr(v.type, "dim", None) for v in operands]
    start, stop, step = bounds
    if dim.literal is not None and all(b is None or isinstance(b, int) for b in bounds):
        return ty.known_dim(len(range(dim.literal)[slice(*bounds)]))
    if step in (None, -1) and start is None and stop is None:
        return dim
    if step in (None, 1) and dim.symbol is not None:
        low = 0 if start is None else start
        if isinstance(low, int) and low >= 0:
            if stop is None:
                return dim + -low
            if isinstance(stop, int) and stop < 0:
                return dim + (stop - low)
            if dims[1] is not None and dims[1].symbol == dim.symbol and dims[1].offset <= dim.offset:
                return dims[1] + -low
        if isinstance(low, int) and low < 0 and stop is None:
            return ty.Dim(f"s{site}")
    if all(b is None or isinstance(b, int) or d is not None for b, d in zip(bounds, dims)):
        # the same bounds on axes of one length, which clips them alike
        return ty.Dim("_".join([f"s{dim}", *(str(b if d is None else d) for b, d in zip(bounds, dims))]))
    return ty.Dim(f"s{site}")


def is_math(fn: Any) -> bool:
    return getattr(fn, "__module__", None) == "math" or fn in vars(math).values()


def known_shape(type_: ty.Type) -> tuple[ty.Dim, ...] | None:
    """Dims of a number or an array; None where they are not known."""
    type_ = ty.widen(type_)
    if isinstance(type_, ty.Scalar):
        return ()
    return type_.dims if isinstance(type_, ty.Array) else None


def shape_of_constructor(
    shape: Value, definition: Callable[[Value], Any], site: str
) -> tuple[ty.Dim, ...] | None:
    """Dims that a shape argument asks for: an int, or a tuple or list of ints."""
    parts: list[Value] | None = (
        [Const(v) for v in shape.value]
        if is_const(shape) and isinstance(shape.value, (tuple, list))
        else None
    )
    if parts is None:
        op = definition(shape)
        if op is not None and op.fn in (prims.tuple_, prims.list_):
            parts = list(op.operands)
        elif isinstance(shape.type, ty.Tuple):
            return tuple(_dim_of_int(Value(t), f"{site}_{i}") for i, t in enumerate(shape.type.items))
        elif isinstance(ty.widen(shape.type), ty.Scalar):
            parts = [shape]
        else:
            return None
    return tuple(_dim_of_int(part, f"{site}_{i}") for i, part in enumerate(parts))


def _dim_of_int(part: Value, site: str) -> ty.Dim:
    if isinstance(part, Const) and isinstance(part.value, (int, np.integer)) and part.value >= 0:
        return ty.known_dim(int(part.value))
    dim = getattr(part.type, "dim", None)
    return dim if dim is not None else ty.Dim(f"c{site}")
