"""Checks of a function's derivatives against differences and against each other."""

from __future__ import annotations

import dataclasses
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from adtrans.derivative import Derivative
from adtrans.errors import AdtransError
from adtrans.loader import structures
from adtrans.loader.target import Target, target_of

_LEVELS = 8


@dataclass(frozen=True)
class Report:
    """What `adtrans.check` found: relative errors, and the tolerances that they are held against.

    value: of the values that vjp and jvp return beside the derivatives. tangent: of jvp against
    differences. adjoint: of vjp against differences. dot: of <jvp, w> = <vjp, v>. second: of the
    tangent of vjp against differences of vjp; None where there is no second derivative.
    by: "complex step" where the function takes it, else "central differences".
    located: the first statement that goes wrong, if it was asked for.
    """

    function: str
    value: float
    tangent: float
    adjoint: float
    dot: float
    tolerance: float
    second: float | None = None
    by: str = "central differences"
    located: str = ""

    @property
    def ok(self) -> bool:
        exact = max(1e-10, 1e-4 * self.tolerance)
        loose = [self.tangent, self.adjoint] + ([] if self.second is None else [self.second])
        return all(e <= self.tolerance for e in loose) and all(e <= exact for e in (self.dot, self.value))

    def __bool__(self) -> bool:
        return self.ok

    def __str__(self) -> str:
        rows = [
            ("value", self.value, "of the value beside the derivative"),
            ("tangent", self.tangent, f"of jvp against {self.by}"),
            ("adjoint", self.adjoint, f"of vjp against {self.by}"),
            ("dot product", self.dot, "of <jvp(v), w> = <v, vjp(w)>"),
        ]
        if self.second is not None:
            rows.append(("second order", self.second, "of jvp of vjp against central differences"))
        lines = [f"{self.function}: {'ok' if self.ok else 'WRONG'} (tolerance {self.tolerance:.0e})"]
        lines += [f"    {name:13s}{error:9.1e}  {what}" for name, error, what in rows]
        if self.located:
            lines.append(self.located)
        return "\n".join(lines)


def check(
    fun: Callable[..., Any],
    /,
    *args: Any,
    argnums: Any = None,
    tolerance: float | None = None,
    locate: bool = False,
) -> Report:
    """Hold the tangent and the adjoint of `fun` at `args` against differences and each other.

    argnums: what to differentiate; every argument with a floating leaf by default. locate: when
    something is wrong, look for the first statement whose derivative is. The report is true where
    everything agrees, and prints as a small table.

    >>> adtrans.check(np.tanh, 0.5).ok
    True
    """
    target = target_of(fun)
    values = target.bind(args, {})
    if argnums is None:
        argnums = tuple(i for i, x in enumerate(args) if _has_floating(x))
    forward, backward = Derivative(fun, "jvp", argnums), Derivative(fun, "vjp", argnums)
    dtypes = [getattr(leaf, "dtype", None) for _, leaf in structures.leaves(values)]
    single = np.float32 in dtypes or np.complex64 in dtypes
    tolerance = tolerance or (2e-2 if single else 1e-5)
    rng = np.random.default_rng(0)
    slots = Target(target.function).slots(forward.argnums, values)
    active = tuple(values[s] if isinstance(s, int) else values[s[0]][s[1]] for s in slots)
    primal = target.run(_copies(values))
    direction = tuple(_random(a, rng) for a in active)
    weights = _random(primal, rng)

    def at(t: complex) -> Any:
        moved = _copies(values)
        for slot, a, d in zip(slots, active, direction):
            _put(moved, slot, _moved(a, d, t))
        return moved

    step = 0.1 if single else 1e-2
    numeric = derivative_of(lambda t: inner(primal, weights, target.run(at(t))), step)
    stepped = None if single else _complex_step(lambda t: target.run(at(t)), active, primal, weights)
    by = "central differences"
    if stepped is not None and abs(stepped - numeric) <= 1e-7 * max(abs(numeric), abs(stepped)):
        numeric, by = stepped, "complex step"
    value, tangent = forward(*_copies(args), *direction)
    other_value, gradients = backward(*_copies(args), weights)
    from_tangent = inner(primal, weights, tangent)
    from_adjoint = inner(active, gradients, direction)
    noise = 1e-8 * abs(inner(primal, weights, primal))
    size = max(abs(numeric), abs(from_tangent), abs(from_adjoint), noise, 1e-300)
    report = Report(
        getattr(fun, "__name__", repr(fun)),
        max(_distance(primal, value), _distance(primal, other_value)),
        _relative(from_tangent - numeric, size),
        _relative(from_adjoint - numeric, size),
        _relative(from_tangent - from_adjoint, size),
        tolerance,
        _second_order(backward, at, active, direction, weights, step, size),
        by,
    )
    if locate and not report.ok:
        from adtrans.locating import first_wrong

        return dataclasses.replace(report, located=first_wrong(fun, args, argnums, tolerance))
    return report


def _complex_step(run: Callable[[complex], Any], active: Any, primal: Any, weights: Any) -> float | None:
    """The derivative by one step into the complex plane; None where the function does not take it."""
    real = [leaf for _, leaf in structures.leaves((active, primal)) if structures.is_floating(leaf)]
    if any(np.iscomplexobj(leaf) for leaf in real):
        return None
    h = 1e-30
    try:
        with np.errstate(all="ignore"), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            moved = run(1j * h)
            total = 0.0
            for (_, p), (_, w), (_, m) in zip(*map(structures.leaves, (primal, weights, moved))):
                if structures.is_floating(p):
                    total += float(np.sum(np.asarray(w) * np.imag(m)))
    except Exception:  # whatever a function does with complex numbers that it does not expect
        return None
    return total / h if np.isfinite(total) else None


def _second_order(
    backward: Derivative,
    at: Callable[[float], Any],
    active: Any,
    direction: Any,
    weights: Any,
    step: float,
    size: float,
) -> float | None:
    """The error of the tangent of the gradient along a direction; None where there is none."""
    target = backward.target
    if target.args or target.keywords or not target.is_simple:
        return None
    argnums = backward.argnums
    twice = Derivative(backward, "jvp", argnums)
    try:
        _, (_, tangent) = twice(*at(0.0), weights, *direction)
    except AdtransError:
        return None
    numeric = derivative_of(lambda t: inner(active, direction, backward(*at(t), weights)[1]), step)
    found = inner(active, direction, tangent)
    return _relative(found - numeric, max(abs(found), abs(numeric), 1e-4 * size))


def _has_floating(x: Any) -> bool:
    return any(structures.is_floating(leaf) for _, leaf in structures.leaves(x))


def _relative(error: float, size: float) -> float:
    return float(abs(error) / size) if np.isfinite(error) else float("inf")


def _copies(values: Any) -> list[Any]:
    return [structures.map_leaves(_copied, value) for value in values]


def _copied(x: Any) -> Any:
    return x.copy(order="K") if isinstance(x, np.ndarray) else x


def _put(values: list[Any], slot: Any, x: Any) -> None:
    if isinstance(slot, int):
        values[slot] = x
        return
    position, item = slot
    inside = values[position]
    if isinstance(inside, dict):
        values[position] = {**inside, item: x}
    else:
        values[position] = tuple(x if i == item else old for i, old in enumerate(inside))


def _random(x: Any, rng: np.random.Generator) -> Any:
    def leaf(v: Any) -> Any:
        if not structures.is_floating(v):
            return v
        r: Any = rng.uniform(0.4, 1.0, np.shape(v)) * rng.choice([-1.0, 1.0], np.shape(v))
        if np.iscomplexobj(v):
            r = r + 1j * rng.uniform(-1.0, 1.0, np.shape(v))
        return np.asarray(r, v.dtype) if isinstance(v, np.ndarray) else type(v)(r)

    return structures.map_leaves(leaf, x)


def _moved(x: Any, d: Any, t: complex) -> Any:
    inner_x = structures.children(x)
    if inner_x is None:
        if not structures.is_floating(x):
            return x
        if isinstance(t, complex):
            return x + t * d
        return (x + t * d).astype(x.dtype) if isinstance(x, np.ndarray) else type(x)(x + t * d)
    inner_d = structures.children(d) or []
    return structures.rebuild(x, [_moved(a, b, t) for (_, a), (_, b) in zip(inner_x, inner_d)])


def inner(pattern: Any, a: Any, b: Any) -> float:
    """Re(sum(conj(a) * b)) over the floating leaves of a pattern."""
    total = 0.0
    for (_, p), (_, u), (_, v) in zip(structures.leaves(pattern), structures.leaves(a), structures.leaves(b)):
        if structures.is_floating(p):
            total += float(np.real(np.sum(np.conj(np.asarray(u, complex)) * np.asarray(v, complex))))
    return total


def _distance(a: Any, b: Any) -> float:
    worst = 0.0
    for (_, p), (_, q) in zip(structures.leaves(a), structures.leaves(b)):
        if structures.is_floating(p):
            if np.shape(p) != np.shape(q):
                return float("inf")
            if np.size(p):
                off = np.nanmax(np.abs(np.asarray(p) - np.asarray(q)), initial=0.0)
                worst = max(worst, float(off) / max(float(np.nanmax(np.abs(p), initial=0.0)), 1e-300))
    return worst


def derivative_of(phi: Callable[[float], float], step: float) -> float:
    """phi'(0) by central differences with Richardson extrapolation: the entry whose neighbours agree best."""
    best, best_error = 0.0, np.inf
    previous: list[float] = []
    for level in range(_LEVELS):
        with np.errstate(all="ignore"):
            row = [(phi(step) - phi(-step)) / (2.0 * step)]
        for j in range(min(level, 3)):
            row.append(row[j] + (row[j] - previous[j]) / (4.0 ** (j + 1) - 1.0))
        for j in range(1, len(row)):
            error = max(abs(row[j] - row[j - 1]), abs(row[j] - previous[j - 1]))
            if error < best_error:
                best, best_error = row[j], error
        if level == 0:
            best = row[0]
        previous = row
        step /= 2.0
    return float(best)
