"""What must hold of every derivative: right values, right numbers, and nobody's memory touched or shared."""

from __future__ import annotations

import copy
import dataclasses
from collections.abc import Callable
from typing import Any

import numpy as np

import adtrans


def leaves(x: Any) -> list[Any]:
    """The leaves of a structure of tuples, lists, dicts and dataclasses."""
    if isinstance(x, (tuple, list)):
        return [leaf for item in x for leaf in leaves(item)]
    if isinstance(x, dict):
        return [leaf for item in x.values() for leaf in leaves(item)]
    if dataclasses.is_dataclass(x) and not isinstance(x, type):
        return [leaf for f in dataclasses.fields(x) for leaf in leaves(getattr(x, f.name))]
    return [x]


def rebuilt(x: Any, make: Callable[[Any], Any]) -> Any:
    """The same structure with `make(leaf)` for every leaf."""
    if isinstance(x, tuple) and hasattr(x, "_fields"):
        return type(x)(*(rebuilt(item, make) for item in x))
    if isinstance(x, (tuple, list)):
        return type(x)(rebuilt(item, make) for item in x)
    if isinstance(x, dict):
        return {key: rebuilt(item, make) for key, item in x.items()}
    if dataclasses.is_dataclass(x) and not isinstance(x, type):
        made = copy.copy(x)
        for f in dataclasses.fields(x):
            object.__setattr__(made, f.name, rebuilt(getattr(x, f.name), make))
        return made
    return make(x)


def is_floating(x: Any) -> bool:
    dtype = getattr(x, "dtype", None)
    if dtype is not None:
        return bool(np.issubdtype(dtype, np.inexact))
    return isinstance(x, (float, complex))


def copied(x: Any) -> Any:
    return rebuilt(x, lambda v: v.copy(order="K") if isinstance(v, np.ndarray) else v)


def direction(x: Any, rng: np.random.Generator) -> Any:
    """Something random in the structure of x; leaves without a derivative are kept."""

    def leaf(v: Any) -> Any:
        if not is_floating(v):
            return v
        r: Any = rng.uniform(0.3, 1.0, np.shape(v)) * rng.choice([-1.0, 1.0], np.shape(v))
        if np.iscomplexobj(v):
            r = r + 1j * rng.uniform(-1.0, 1.0, np.shape(v))
        if isinstance(v, np.ndarray):
            return np.asarray(r, v.dtype)
        return v.dtype.type(r) if isinstance(v, np.generic) else type(v)(r)

    return rebuilt(x, leaf)


def moved(x: Any, d: Any, t: float) -> Any:
    steps = iter(leaves(d))

    def leaf(v: Any) -> Any:
        step = next(steps)
        if not is_floating(v):
            return v
        out = v + t * step
        return np.asarray(out, v.dtype) if isinstance(v, np.ndarray) else type(v)(out)

    return rebuilt(x, leaf)


def inner(pattern: Any, a: Any, b: Any) -> float:
    """Re(sum(conj(a) * b)) over the floating leaves of a pattern."""
    total = 0.0
    for p, u, v in zip(leaves(pattern), leaves(a), leaves(b)):
        if is_floating(p):
            total += float(np.real(np.sum(np.conj(np.asarray(u, complex)) * np.asarray(v, complex))))
    return total


def terms(pattern: Any, a: Any, b: Any) -> float:
    """The sum of |conj(a) * b|: what rounding is relative to where the terms of `inner` cancel."""
    pairs = zip(leaves(pattern), leaves(a), leaves(b))
    return sum(float(np.sum(np.abs(np.multiply(u, v)))) for p, u, v in pairs if is_floating(p))


def slope(phi: Callable[[float], float], step: float, levels: int = 8) -> tuple[float, float]:
    """phi'(0) by central differences with Richardson extrapolation, and how far neighbours differ."""
    best, best_error = 0.0, np.inf
    previous: list[float] = []
    for level in range(levels):
        with np.errstate(all="ignore"):
            row = [(phi(step) - phi(-step)) / (2.0 * step)]
        for j in range(min(level, 3)):
            row.append(row[j] + (row[j] - previous[j]) / (4.0 ** (j + 1) - 1.0))
        for j in range(1, len(row)):
            error = max(abs(row[j] - row[j - 1]), abs(row[j] - previous[j - 1]))
            if error < best_error:
                best, best_error = row[j], error
        previous = row
        step /= 2.0
    return float(best), float(best_error)


def same(a: Any, b: Any, exact: float) -> str:
    """Empty when the values agree in types of leaves, shapes, dtypes and numbers."""
    first, second = leaves(a), leaves(b)
    if len(first) != len(second):
        return f"{len(second)} leaves instead of {len(first)}"
    for p, q in zip(first, second):
        if isinstance(p, np.ndarray) != isinstance(q, np.ndarray) and np.shape(p) != ():
            return f"{type(q).__name__} instead of {type(p).__name__}"
        if not isinstance(p, (np.ndarray, np.generic, int, float, complex)):
            continue
        if np.shape(p) != np.shape(q):
            return f"shape {np.shape(q)} instead of {np.shape(p)}"
        if getattr(p, "dtype", None) is not None and p.dtype != np.asarray(q).dtype:
            return f"dtype {np.asarray(q).dtype} instead of {p.dtype}"
        if not np.allclose(np.asarray(p), np.asarray(q), rtol=exact, atol=exact, equal_nan=True):
            return f"{q!r} instead of {p!r}"
    return ""


def _is_number(x: Any) -> bool:
    return isinstance(x, (int, float, complex, np.generic)) or isinstance(x, np.ndarray) and x.shape == ()


def structure(x: Any, g: Any) -> str:
    """Empty when a gradient has the structure, shapes and dtypes of its argument."""
    if type(x) is not type(g) and not (_is_number(x) and _is_number(g)):
        return f"{type(g).__name__} for {type(x).__name__}"
    for p, q in zip(leaves(x), leaves(g)):
        if not is_floating(p):
            continue
        if np.shape(p) != np.shape(q):
            return f"shape {np.shape(q)} for {np.shape(p)}"
        if isinstance(p, (np.ndarray, np.generic)) and np.asarray(q).dtype != p.dtype:
            return f"dtype {np.asarray(q).dtype} for {p.dtype}"
        if isinstance(p, np.ndarray) and not isinstance(q, np.ndarray):
            return f"{type(q).__name__} for {type(p).__name__}"
    return ""


def sharing(results: Any, others: Any) -> str:
    """Empty when the arrays of results are writable, and share no memory with each other or with others."""
    arrays = [leaf for leaf in leaves(results) if isinstance(leaf, np.ndarray) and is_floating(leaf)]
    foreign = [leaf for leaf in leaves(others) if isinstance(leaf, np.ndarray)]
    for i, a in enumerate(arrays):
        if not a.flags.writeable:
            return "a result is read-only"
        if a.size and any(s == 0 and n > 1 for s, n in zip(a.strides, a.shape)):
            return "a result is a broadcast view"
        for b in arrays[i + 1 :]:
            if np.shares_memory(a, b):
                return "two results share memory"
        for b in foreign:
            if np.shares_memory(a, b):
                return "a result shares memory with an argument or a vector"
    return ""


def problems(
    fun: Callable[..., Any],
    args: tuple[Any, ...],
    argnums: tuple[int, ...] | None = None,
    *,
    seed: int = 0,
    second: bool = False,
    modes: str = "vjp jvp",
) -> list[str]:
    """What is wrong with the derivatives of `fun` at `args`: one line each, empty when all holds.

    A refusal (AdtransError) is raised as it is. `second` also holds the derivative of the gradient
    against differences of the gradient.
    """
    rng = np.random.default_rng(seed)
    if argnums is None:
        argnums = tuple(i for i, a in enumerate(args) if any(is_floating(v) for v in leaves(a)))
    single = any(
        getattr(v, "dtype", None) in (np.dtype("float32"), np.dtype("complex64")) for v in leaves(args)
    )
    exact, loose = (2e-4, 3e-2) if single else (1e-9, 1e-5)
    found: list[str] = []
    with np.errstate(all="ignore"):
        value = fun(*copied(args))
    active = tuple(args[i] for i in argnums)
    v, w = direction(active, rng), direction(copied(value), rng)

    def shifted(t: float) -> list[Any]:
        given = copied(list(args))
        for i, x in zip(argnums, moved(active, v, t)):
            given[i] = x
        return given

    numeric, spread = slope(lambda t: inner(value, w, fun(*shifted(t))), 0.1 if single else 1e-2)
    size = max(abs(numeric), 1e-8 * abs(inner(value, w, value)), 1e-6)

    def agrees(got: float) -> bool:
        if abs(got - numeric) <= loose * size + 10 * spread or abs(got) > 1e5:
            return True  # or so steep that differences say nothing
        # a kink or a jump may lie inside the first steps
        near, error = slope(lambda t: inner(value, w, fun(*shifted(t))), 1e-2 if single else 1e-5, 4)
        return abs(got - near) <= loose * max(size, abs(near)) + 10 * error

    forward = backward = None
    if "jvp" in modes:
        given, vectors = copied(args), copied(v)
        out, tangent = adtrans.jvp(fun, argnums)(*given, *vectors)
        found += [f"jvp value: {e}" for e in [same(value, out, exact)] if e]
        found += [f"jvp changed its arguments: {e}" for e in [same((args, v), (given, vectors), 0.0)] if e]
        found += [f"tangent: {e}" for e in [structure(value, tangent)] if e]
        found += [f"jvp: {e}" for e in [sharing(tangent, (given, vectors, out))] if e]
        forward = inner(value, w, tangent)
        if not agrees(forward):
            found.append(f"jvp {forward!r} against differences {numeric!r}")
    if "vjp" in modes:
        derivative = adtrans.vjp(fun, argnums)
        given, vector = copied(args), copied(w)
        out, gradients = derivative(*given, vector)
        found += [f"vjp value: {e}" for e in [same(value, out, exact)] if e]
        found += [f"vjp changed its arguments: {e}" for e in [same((args, w), (given, vector), 0.0)] if e]
        found += [f"gradient: {e}" for x, g in zip(active, gradients) for e in [structure(x, g)] if e]
        found += [f"vjp: {e}" for e in [sharing(gradients, (given, vector, out))] if e]
        backward = inner(active, gradients, v)
        if not agrees(backward):
            found.append(f"vjp {backward!r} against differences {numeric!r}")
        _, again = derivative(*copied(args), copied(w))
        found += [f"the second call differs: {e}" for e in [same(gradients, again, exact)] if e]
        if isinstance(value, (float, np.floating)):  # grad leaves out what only the value needs
            _, unit = derivative(*copied(args), type(value)(1.0))
            error = same(unit, adtrans.grad(fun, argnums)(*copied(args)), exact)
            found += [f"grad differs from vjp: {error}"] if error else []
    if forward is not None and backward is not None:
        rounding = 1e-6 * max(terms(value, w, tangent), terms(active, gradients, v)) if single else 0.0
        if not abs(forward - backward) <= 10 * exact * max(size, abs(forward), abs(backward)) + rounding:
            found.append(f"dot product: jvp {forward!r}, vjp {backward!r}")
    if second:
        found += _second_order(fun, args, argnums, value, v, w, shifted, loose)
    return found


def _second_order(
    fun: Any, args: Any, argnums: Any, value: Any, v: Any, w: Any, shifted: Any, loose: float
) -> list[str]:
    """Forward over reverse, reverse over forward and reverse over reverse, against differences of the vjp."""
    found = []
    gradient = adtrans.vjp(fun, argnums)
    rng = np.random.default_rng(1)
    active = tuple(args[i] for i in argnums)
    u = direction(active, rng)
    numeric, spread = slope(lambda t: inner(active, u, gradient(*shifted(t), copied(w))[1]), 1e-2)
    size = max(abs(numeric), 1e-5)

    def compare(name: str, got: float) -> None:
        if not abs(got - numeric) <= 10 * loose * size + 10 * spread:
            found.append(f"{name} {got!r} against differences {numeric!r}")

    (_, _), (_, tangents) = adtrans.jvp(gradient, argnums)(*copied(args), copied(w), *copied(v))
    compare("forward over reverse", inner(active, u, tangents))
    zero = rebuilt(value, lambda x: x * 0 if is_floating(x) else x)
    _, bars = adtrans.vjp(gradient, argnums)(*copied(args), copied(w), (zero, copied(u)))
    compare("reverse over reverse", inner(active, bars, v))
    tangent_of = adtrans.jvp(fun, argnums)
    _, bars = adtrans.vjp(tangent_of, argnums)(*copied(args), *copied(u), (zero, copied(w)))
    compare("reverse over forward", inner(active, bars, v))
    return found


def agree(fun: Callable[..., Any], *args: Any, **options: Any) -> None:
    """Fail unless all of this holds."""
    found = problems(fun, args, **options)
    assert not found, "\n".join(found)


def agree_or_refused(fun: Callable[..., Any], *args: Any, **options: Any) -> None:
    """The same, but a refusal will do."""
    try:
        agree(fun, *args, **options)
    except adtrans.AdtransError as error:
        if error.code == "internal":
            raise
