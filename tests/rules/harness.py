"""The checks of a rule: it is run as a plain Python function, without any transform.

    check_rule(np.sum, array(2, 3, 4), axis=1)

compares the tangent with central differences, the adjoint with the tangent by the dot-product
identity, and looks at shapes and dtypes. Inputs are given by position, as the rule has them.
"""

from __future__ import annotations

import inspect
import zlib
from typing import Any

import numpy as np

from adtrans.rules.registry import lookup
from adtrans.runtime import conform, unbroadcast, zeros_like


def array(*shape: int, low: float = -1.0, high: float = 1.0, seed: int = 0, dtype: Any = float) -> Any:
    """Reproducible uniform numbers, no two of them near each other (kinks are hit by nobody)."""
    size = int(np.prod(shape))
    rng = np.random.default_rng(zlib.crc32(repr((shape, seed)).encode()))
    steps = (rng.permutation(size) + rng.uniform(0.3, 0.7, size)) / max(size, 1)
    return (low + (high - low) * steps).reshape(shape).astype(dtype)


def positive(*shape: int, seed: int = 0, dtype: Any = float) -> Any:
    return array(*shape, low=0.2, high=0.9, seed=seed, dtype=dtype)


def complex_array(*shape: int, seed: int = 0) -> Any:
    return array(*shape, seed=seed) + 1j * array(*shape, seed=seed + 1)


# ----- running a rule -----


def run_tangent(
    fn: Any, args: tuple[Any, ...], y: Any, tangents: dict[int, Any], options: dict[str, Any]
) -> Any:
    """The tangent of the output by the rules of `fn`; `tangents` by input position."""
    record = _record(fn)
    if record.tangent is not None:
        names = list(inspect.signature(record.tangent).parameters)
        inputs = names[: names.index("y")]
        given = {f"d{name}": tangents.get(i) for i, name in enumerate(inputs)}
        for i, name in enumerate(inputs):
            if given[f"d{name}"] is None and f"d{name}" in names:
                given[f"d{name}"] = zeros_like(args[i])
        order = [given[name] for name in names[len(inputs) + 1 :] if name in given]
        return record.tangent(*args, y, *order, **_accepted(record.tangent, options))
    if record.partials is not None:
        return sum(
            p * tangents[i]
            for i, p in enumerate(_partials(record, args, y))
            if i in tangents and p is not None
        )
    assert record.linear, f"{fn} has no tangent"
    return sum(fn(*args[:i], d, *args[i + 1 :], **options) for i, d in tangents.items() if i in record.linear)


def run_adjoint(fn: Any, args: tuple[Any, ...], y: Any, by: Any, options: dict[str, Any]) -> list[Any]:
    """The adjoints of all inputs by the rules of `fn`, as the rule gives them (not summed back)."""
    record = _record(fn)
    if record.adjoint is not None:
        found = record.adjoint(*args, y, by, **_accepted(record.adjoint, options))
        return [found] if record.inputs == 1 else list(found)
    assert record.partials is not None, f"{fn} has no adjoint"
    return [
        None if p is None or p is NotImplemented else by * (np.conj(p) if np.iscomplexobj(p) else p)
        for p in _partials(record, args, y)
    ]


def sum_back(fn: Any, b: Any, x: Any) -> Any:
    """What the caller of a rule does: the adjoint with the shape and dtype of its input."""
    if _record(fn).elementwise:
        return unbroadcast(b, x)
    if isinstance(x, (list, tuple)):
        return [sum_back(fn, c, z) for c, z in zip(b, x)]
    return conform(np.broadcast_to(b, np.shape(x)), x)


def _record(fn: Any) -> Any:
    record = lookup(fn)
    assert record is not None, f"{fn} is not registered"
    return record


def _partials(record: Any, args: tuple[Any, ...], y: Any) -> tuple[Any, ...]:
    found = record.partials(*args, y)
    return found if isinstance(found, tuple) else (found,)


def call(fn: Any, args: tuple[Any, ...], options: dict[str, Any]) -> Any:
    """`fn` itself: an input that is None was not given."""
    if not any(x is None for x in args):
        return fn(*args, **options)
    try:
        names = list(inspect.signature(fn).parameters)
    except ValueError:
        return fn(*[x for x in args if x is not None], **options)
    first = next(i for i, x in enumerate(args) if x is None)
    later = {name: x for name, x in zip(names[first:], args[first:]) if x is not None}
    try:
        return fn(*args[:first], **later, **options)
    except TypeError:
        return fn(*args, **options)


def _accepted(rule: Any, options: dict[str, Any]) -> dict[str, Any]:
    unknown = set(options) - set(inspect.signature(rule).parameters)
    assert not unknown, f"the rule does not take {unknown}"
    return options


# ----- comparing -----


def leaves(value: Any) -> list[Any]:
    if isinstance(value, (tuple, list)):
        return [leaf for item in value for leaf in leaves(item)]
    return [value]


def inner(a: Any, b: Any) -> float:
    """Re(sum(conj(a) * b)), the product under which a vjp is the adjoint of a jvp."""
    pairs = [(x, y) for x, y in zip(leaves(a), leaves(b)) if x is not None and y is not None]
    return float(
        sum(np.real(np.sum(np.conj(np.asarray(x, wide(x))) * np.asarray(y, wide(y)))) for x, y in pairs)
    )


def wide(x: Any) -> type:
    return complex if np.iscomplexobj(x) else float


def direction(value: Any, seed: int) -> Any:
    """A random value with the structure, shape and kind of `value`; None where it has no direction."""
    if isinstance(value, (tuple, list)):
        items = [direction(item, seed + 1 + i) for i, item in enumerate(value)]
        return type(value)(items) if type(value) in (tuple, list) else type(value)(*items)
    rng = np.random.default_rng(seed)
    out = rng.standard_normal(np.shape(value))
    if np.iscomplexobj(value):
        out = out + 1j * rng.standard_normal(np.shape(value))
    if isinstance(value, (int, float, complex)) and not isinstance(value, np.generic):
        return complex(out) if isinstance(value, complex) else float(out)
    dtype = getattr(value, "dtype", None)
    return np.asarray(out, dtype if dtype is not None and dtype.kind in "fc" else None)[()]


def is_active(value: Any) -> bool:
    if isinstance(value, (list, tuple)):
        return len(value) > 0 and all(is_active(item) for item in value)
    return np.asarray(value).dtype.kind in "fc"


def shifted(args: tuple[Any, ...], tangents: dict[int, Any], h: float) -> tuple[Any, ...]:
    def move(x: Any, d: Any) -> Any:
        return type(x)(move(*pair) for pair in zip(x, d)) if isinstance(x, (list, tuple)) else x + h * d

    return tuple(move(x, tangents[i]) if i in tangents else x for i, x in enumerate(args))


def numeric_tangent(
    fn: Any, args: tuple[Any, ...], tangents: dict[int, Any], options: dict[str, Any], h: float
) -> list[Any]:
    """Central differences at two steps, extrapolated (error h**4)."""

    def slope(h: float) -> list[Any]:
        high, low = (leaves(call(fn, shifted(args, tangents, s), options)) for s in (h, -h))
        return [(np.asarray(p, wide(p)) - np.asarray(q, wide(q))) / (2 * h) for p, q in zip(high, low)]

    return [(4 * near - far) / 3 for near, far in zip(slope(h / 2), slope(h))]


def check_rule(
    fn: Any,
    *args: Any,
    inputs: tuple[int, ...] | None = None,
    rtol: float = 1e-6,
    h: float = 1e-4,
    single: bool = True,
    broadcast: bool = True,
    numeric: bool = True,
    **options: Any,
) -> None:
    """Check the rules of `fn` at `args`, in the directions of `inputs` (default: every inexact one).

    single: float32 inputs keep float32; broadcast: an elementwise function of two or more
    inputs is also checked with shapes that differ; numeric=False: no differences (at a kink).
    """
    active = tuple(i for i, x in enumerate(args) if is_active(x)) if inputs is None else inputs
    _check(fn, args, active, options, rtol, h, numeric)
    if single and any(hasattr(leaf, "dtype") for i in active for leaf in leaves(args[i])):
        _check_single(fn, args, active, options)
    if broadcast and _record(fn).elementwise and len(args) > 1 and all(np.ndim(args[i]) for i in active):
        for variant in _broadcasts(args, active):
            _check(fn, variant, active, options, rtol, h, numeric)


def _check(
    fn: Any,
    args: tuple[Any, ...],
    active: tuple[int, ...],
    options: dict[str, Any],
    rtol: float,
    h: float,
    numeric: bool,
) -> None:
    with np.errstate(all="ignore"):
        y = call(fn, args, options)
        tangents = {i: direction(args[i], 10 + i) for i in active}
        dy = run_tangent(fn, args, y, tangents, options)
        if numeric:
            expected = numeric_tangent(fn, args, tangents, options, h)
            assert len(leaves(dy)) == len(expected), "the tangent has another structure than the output"
            for d, e in zip(leaves(dy), expected):
                d = np.broadcast_to(0.0 if d is None else d, e.shape)
                np.testing.assert_allclose(
                    d, e, rtol=rtol, atol=rtol * (1 + np.max(np.abs(e), initial=0.0)), err_msg="tangent"
                )
        by = direction(y, 77)
        adjoints = run_adjoint(fn, args, y, by, options)
        assert len(adjoints) == len(args), f"{len(adjoints)} adjoints for {len(args)} inputs"
        right = 0.0
        for i in active:
            if adjoints[i] is None:
                continue
            b = sum_back(fn, adjoints[i], args[i])
            assert [np.shape(c) for c in leaves(b)] == [np.shape(x) for x in leaves(args[i])], (
                f"shape of the adjoint of input {i}"
            )
            right += inner(b, tangents[i])
    left = inner(by, dy)
    assert np.isfinite(left), "tangent is not finite"
    np.testing.assert_allclose(
        right, left, rtol=1e-10, atol=1e-10 * (1 + abs(left)), err_msg="adjoint against tangent"
    )


def _check_single(fn: Any, args: tuple[Any, ...], active: tuple[int, ...], options: dict[str, Any]) -> None:
    """float32 in, float32 out: before the caller casts anything."""

    def narrow(x: Any) -> Any:
        if isinstance(x, (list, tuple)):
            return type(x)(narrow(item) for item in x)
        if type(x) in (float, complex):
            return x
        return np.asarray(x).astype(np.complex64 if np.iscomplexobj(x) else np.float32)[()]

    def narrow_enough(value: Any) -> bool:
        return all(
            np.asarray(v).dtype.itemsize <= (8 if np.iscomplexobj(v) else 4)
            or type(v) in (float, int, complex, type(None))
            for v in leaves(value)
        )

    args = tuple(narrow(x) if i in active else x for i, x in enumerate(args))
    with np.errstate(all="ignore"):
        y = call(fn, args, options)
        if not narrow_enough(y):
            return
        tangents = {
            i: direction(args[i], 10 + i) for i in active if np.shape(args[i]) or hasattr(args[i], "dtype")
        }
        assert narrow_enough(run_tangent(fn, args, y, tangents, options)), "the tangent is not float32"
        for i, b in enumerate(run_adjoint(fn, args, y, direction(y, 77), options)):
            assert i not in active or narrow_enough(b), f"the adjoint of input {i} is not float32"


def _broadcasts(args: tuple[Any, ...], active: tuple[int, ...]) -> list[tuple[Any, ...]]:
    """Each active input in turn as a Python number, with size 1, with a leading axis; all of them empty."""
    found = []
    for i in active:
        for change in (
            lambda x: x.flat[0].item(),
            lambda x: x.flat[:1].reshape((1,) * x.ndim),
            lambda x: x[None],
            lambda x: x.flat[0],
        ):
            found.append(tuple(change(np.asarray(x)) if j == i else x for j, x in enumerate(args)))
    if len({np.shape(x) for x in args if np.ndim(x)}) == 1:
        found.append(tuple(np.asarray(x)[:0] if np.ndim(x) else x for x in args))
    return found
