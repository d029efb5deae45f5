"""The few functions that generated code may call where a type is not known when it is written."""

from __future__ import annotations

import enum
import functools
import math
import types
from typing import Any

import numpy as np

from adtrans.errors import SolutionError, UndefinedGradientError, UnsupportedError


def unbroadcast(b: Any, x: Any) -> Any:
    """Sum the adjoint `b` of a broadcast `x` back to the shape and the dtype of `x`."""
    b = np.asarray(b)
    shape = np.shape(x)
    if b.ndim > len(shape):
        b = b.sum(axis=tuple(range(b.ndim - len(shape))))
    axes = tuple(i for i, n in enumerate(shape) if n == 1 and b.shape[i] != 1)
    if axes:
        b = b.sum(axis=axes, keepdims=True)
    if b.shape != shape:
        b = np.broadcast_to(b, shape).copy()
    return conform(b[()] if not shape and not isinstance(x, np.ndarray) else b, x)


def conform(b: Any, x: Any) -> Any:
    """The adjoint `b` with the dtype of `x`: its real part for a real `x`, float32 kept."""
    if np.iscomplexobj(b) and not np.iscomplexobj(x):
        b = np.real(b)
    dtype = getattr(x, "dtype", None)
    if dtype is not None and dtype.kind in "fc" and getattr(b, "dtype", None) != dtype:
        b = (
            np.asarray(b).astype(dtype)[()]
            if np.ndim(x) == 0 and not isinstance(x, np.ndarray)
            else np.asarray(b, dtype)
        )
    return b


def expand(b: Any, x: Any, axis: Any = None, keepdims: bool = False) -> Any:
    """The adjoint `b` of a reduction of `x` along `axis`, with axes so that it broadcasts against `x`."""
    if axis is None or keepdims or np.ndim(x) == 0:
        return b
    axes = axis if isinstance(axis, tuple) else (axis,)
    return np.expand_dims(b, tuple(a % np.ndim(x) for a in axes))


def quotient(b: Any, x: Any) -> Any:
    """`b / x`, which is 0 where `b` is: a cotangent of 0 stays 0 at a pole of a derivative."""
    if not isinstance(b, np.ndarray) and not isinstance(x, np.ndarray):
        if not b:
            return b
        return b / x if x else b * math.inf
    out = b / x
    total = np.add.reduce(out, axis=None)
    if total - total != 0:  # an infinity or a NaN is among them
        out = np.where(np.equal(b, 0), out.dtype.type(0), out)
    return out


def zeros_like(x: Any) -> Any:
    """Zero in the structure of `x`: numbers 0.0, arrays of zeros, containers of these."""
    if isinstance(x, np.ndarray):
        return np.zeros_like(x) if x.dtype.kind in "fc" else np.zeros(x.shape)
    if isinstance(x, np.inexact):
        return type(x)(0)
    if isinstance(x, tuple):
        items = [zeros_like(item) for item in x]
        return tuple.__new__(type(x), items)
    if isinstance(x, list):
        return [zeros_like(item) for item in x]
    if isinstance(x, dict):
        return {key: zeros_like(item) for key, item in x.items()}
    if has_fields(x):
        return rebuild(x, **{key: zeros_like(item) for key, item in vars(x).items()})
    return 0j if isinstance(x, complex) else 0.0


def add_trees(a: Any, b: Any) -> Any:
    """The sum of two adjoints of one structure."""
    if isinstance(a, dict):
        return {key: add_trees(item, b[key]) for key, item in a.items()}
    if isinstance(a, list):
        return [add_trees(x, y) for x, y in zip(a, b)]
    if isinstance(a, tuple):
        return tuple.__new__(type(a), [add_trees(x, y) for x, y in zip(a, b)])
    if has_fields(a):
        return rebuild(a, **{key: add_trees(item, vars(b)[key]) for key, item in vars(a).items()})
    return a + b if is_number(a) and is_number(b) else a  # a text, a function, ... stands for itself


def is_number(x: Any) -> bool:
    """Whether `x` is a number or an array of numbers."""
    return isinstance(x, (int, float, complex, np.generic, np.ndarray))


def has_fields(x: Any) -> bool:
    """Whether `x` is an object whose attributes may have adjoints: not a function, a class, an enum's member."""
    if not hasattr(x, "__dict__") or isinstance(x, (np.ndarray, np.ufunc, type, enum.Enum)):
        return False
    return not isinstance(x, (types.FunctionType, types.MethodType, types.ModuleType, functools.partial))


def rebuild(x: Any, /, **fields: Any) -> Any:
    """An object of the class of `x` with these attributes, made without calling its initialiser."""
    return instance(type(x), **fields)


def instance(cls: type, /, **fields: Any) -> Any:
    """An object of a class with these attributes, made without calling its initialiser."""
    made = types.SimpleNamespace() if cls is types.SimpleNamespace else object.__new__(cls)
    for name, value in fields.items():
        object.__setattr__(made, name, value)
    return made


def add_slice(b: Any, index: Any, v: Any) -> Any:
    """The adjoint `b` of a list or tuple with the adjoint `v` of its slice added."""
    out = list(b)
    for k, item in zip(range(len(out))[index], v):
        out[k] = add_trees(out[k], item)
    return out if isinstance(b, list) else tuple.__new__(type(b), out)


def add_item(b: Any, key: Any, v: Any) -> Any:
    """The adjoint `b` of an array or a container with the adjoint `v` added to one part of it."""
    if isinstance(b, np.ndarray):
        out = b.copy()
        np.add.at(out, key, v)
        return out
    if isinstance(b, tuple):
        return tuple.__new__(type(b), [add_trees(x, v) if k == key % len(b) else x for k, x in enumerate(b)])
    if hasattr(b, "__dict__"):
        return rebuild(b, **{**vars(b), key: add_trees(vars(b)[key], v)})
    out = b.copy()
    out[key] = add_trees(out[key], v)
    return out


def surviving(x: Any, index: Any) -> Any:
    """Where `x[index] = v` leaves an item of `v` in `x`: of writes to one place the last survives."""
    order = np.arange(x[index].size).reshape(x[index].shape)
    last = np.empty(x.shape, dtype=int)
    last[index] = order
    return last[index] == order


def check_compact(x: Any) -> None:
    """Raise where an argument that is reshaped and written lies in memory with gaps: its copy would not."""
    if not (x.flags.c_contiguous or x.flags.f_contiguous):
        raise UnsupportedError(
            "an argument that is no contiguous array is reshaped and written, and its layout decides what is written",
            hint="Make it contiguous first: x = np.ascontiguousarray(x)",
        )


def check_copy(made: Any, base: Any) -> None:
    """Raise where an array that counts as new shares memory that is written."""
    if np.may_share_memory(made, base):
        raise UnsupportedError(
            "a function gives its argument itself, or a view of it, and one of them is written",
            hint="Make a copy of the result: y = y.copy()",
        )


def check_view(view: Any, base: Any) -> None:
    """Raise where a reshaped array that is written is a copy: the derivative was written for a view."""
    if view.size and not np.shares_memory(view, base):
        raise UnsupportedError(
            "an array of this memory layout is copied by reshape or ravel, and then written",
            hint="Make it contiguous first: x = np.ascontiguousarray(x)",
        )


def check_defined(undefined: Any, message: str) -> None:
    """Raise where a derivative is asked for that does not exist."""
    if np.any(undefined):
        raise UndefinedGradientError(message)


def at_solution(slopes: Any, x: Any, left: Any, bounds: Any = None) -> Any:
    """The slopes of equations, a Jacobian or one of each; an error where these do not determine the solution `x`.

    left: what is left of the equations at x. bounds: of a minimum.
    """
    coupled = np.ndim(slopes) == 2
    if np.linalg.slogdet(slopes)[0] == 0 if coupled else not np.all(slopes):
        raise SolutionError(
            "the slopes of equations are 0, or depend on each other, where a solver has solved them",
            why="A solution has no derivative there.",
            hint="Write the equations so that their root is a simple one, or cut the dependence with adtrans.stop_gradient",
        )
    step = np.linalg.solve(slopes, left) if coupled else left / slopes
    if not np.max(np.abs(step), initial=0.0) <= 1e-3 * (1.0 + np.max(np.abs(x), initial=0.0)):
        raise SolutionError(
            "a solver has found no solution",
            why="The equations do not hold at the point that it returned, or hardly determine it.",
            hint="Start nearer to a solution or ask for smaller tolerances. Or cut the dependence with adtrans.stop_gradient",
        )
    if bounds is not None and _is_at_a_bound(x, bounds):
        raise SolutionError(
            "a minimum lies on a bound, where its derivative follows from other equations",
            hint="Leave the variable out that is fixed there, or cut the dependence with adtrans.stop_gradient",
        )
    return slopes


def _is_at_a_bound(x: Any, bounds: Any) -> bool:
    if hasattr(bounds, "lb"):
        lower, upper = bounds.lb, bounds.ub
    elif len(bounds) == 2 and len(x) != 2 or np.ndim(bounds[0]) == 0:
        lower, upper = bounds
    else:
        pairs = [(-np.inf if a is None else a, np.inf if b is None else b) for a, b in bounds]
        lower, upper = np.transpose(pairs)
    near = 1e-6 * (1.0 + np.abs(x))
    return bool(np.any(x - lower <= near) or np.any(upper - x <= near))


def enough_steps(rhs: Any, y: Any, t: Any, found: Any) -> int:
    """How many steps of the classical Runge-Kutta scheme between times follow what a solver has found.

    Doubling their number changes the values at the times by 1e-9 of the largest at most.
    """
    before = None
    for power in range(2, 12):
        rows = _runge_kutta(rhs, y, t, 2**power)
        size = np.max(np.abs(rows), initial=0.0)
        if (
            before is not None
            and np.isfinite(size)
            and np.max(np.abs(rows - before), initial=0.0) <= 1e-9 * size
        ):
            same = rows[len(rows) - len(found) :]
            if len(found) >= len(t) - 1 and np.max(np.abs(same - found), initial=0.0) <= 1e-2 * size:
                return int(2**power)
            break
        before = rows
    raise SolutionError(
        "a scheme of fixed steps does not follow the solver of this initial value problem",
        why="Derivatives are those of the classical Runge-Kutta scheme, which does not suit stiff problems.",
        hint="Give more times between the first and the last, or smaller tolerances; or write an implicit scheme as a loop",
    )


def _runge_kutta(rhs: Any, y: Any, t: Any, substeps: int) -> Any:
    rows = [y]
    with np.errstate(all="ignore"):
        for start, end in zip(t, t[1:]):
            h = (end - start) / substeps
            for j in range(substeps if h else 0):
                s = start + j * h
                k1 = rhs(s, y)
                k2 = rhs(s + 0.5 * h, y + 0.5 * h * k1)
                k3 = rhs(s + 0.5 * h, y + 0.5 * h * k2)
                k4 = rhs(s + h, y + h * k3)
                y = y + h / 6.0 * (k1 + 2.0 * k2 + 2.0 * k3 + k4)
            rows.append(y)
    return np.array(rows)


CHECKS = frozenset([check_compact, check_copy, check_defined, check_view])


def add_into(shadow: Any, b: Any) -> None:
    """Add the adjoint `b` of a list or dict into its shadow."""
    for key in shadow if isinstance(shadow, dict) else range(len(shadow)):
        shadow[key] = add_trees(shadow[key], b[key])


def add_each(shadows: Any, b: Any) -> None:
    """Add the adjoint `b` of a list or dict of arrays into the shadows of these arrays."""
    for key in shadows if isinstance(shadows, dict) else range(len(shadows)):
        shadows[key] = added(shadows[key], b[key])


def added(shadow: Any, b: Any) -> Any:
    """A shadow with its adjoint `b` added: to arrays, lists and dicts in place."""
    if isinstance(shadow, (list, dict)):
        add_each(shadow, b)
    elif isinstance(shadow, np.ndarray):
        shadow += b
    elif isinstance(shadow, tuple):
        return tuple.__new__(type(shadow), [added(x, y) for x, y in zip(shadow, b)])
    else:
        return add_trees(shadow, b)
    return shadow


def sum_parts(b: Any, items: Any, count: int) -> Any:
    """The adjoint of `items`, from the adjoint `b` of `items * count`."""
    n = len(items)
    total = b[:n]
    for k in range(1, count):
        total = add_trees(total, b[k * n : (k + 1) * n])
    return total if count > 0 else zeros_like(items)


def order_of(keys: Any, reverse: bool = False) -> list[int]:
    """The places of keys in ascending order; equal ones stay in order."""
    return sorted(range(len(keys)), key=keys.__getitem__, reverse=reverse)


def place_of_largest(keys: Any) -> int:
    """The first place of the largest key."""
    return max(range(len(keys)), key=keys.__getitem__)


def place_of_smallest(keys: Any) -> int:
    """The first place of the smallest key."""
    return min(range(len(keys)), key=keys.__getitem__)


def take_tail(shadow: list[Any], count: int) -> list[Any]:
    """Remove the last `count` items of a list, and return them."""
    at = len(shadow) - count
    tail = shadow[at:]
    del shadow[at:]
    return tail


def expand_to(b: Any, x: Any) -> Any:
    """The adjoint `b`, which broadcasts against `x`, in the shape of `x`."""
    if isinstance(x, np.ndarray) and np.shape(b) != x.shape:
        return np.broadcast_to(b, x.shape).copy()
    return b


def sparse_entries(a: Any) -> tuple[Any, Any, Any]:
    """The values of a matrix of scipy.sparse, and the rows and the columns that they stand in."""
    entries = a.tocoo()
    return entries.data, entries.row.astype(np.int64), entries.col.astype(np.int64)


def sparse_times(values: Any, rows: Any, cols: Any, shape: Any, x: Any) -> Any:
    """The product of an array with the sparse matrix that has these values; equal places add up."""
    import scipy.sparse

    return scipy.sparse.coo_array((values, (rows, cols)), shape=shape).dot(x)


def sparse_solve(values: Any, rows: Any, cols: Any, shape: Any, b: Any) -> Any:
    """The solution of a system with the sparse matrix that has these values, in the shape of `b`."""
    import scipy.sparse.linalg

    matrix = scipy.sparse.csc_array((values, (rows, cols)), shape=shape)
    return np.reshape(scipy.sparse.linalg.spsolve(matrix, b), np.shape(b))


def interpolated(kind: Any, x: Any, y: Any, t: Any, order: Any, options: Any) -> Any:
    """A derivative at `t` of the interpolator of class `kind` through samples along the first axis of `y`."""
    made = kind(x, y, **options)
    return np.asarray(made.antiderivative(-order)(t) if order < 0 else made(t, order))


def interpolated_at(kind: Any, x: Any, y: Any, t: Any, order: Any, options: Any) -> Any:
    """The same, for interpolators that are not linear in their samples."""
    return interpolated(kind, x, y, t, order, options)
