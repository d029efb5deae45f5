"""Tangents and cotangents on their way in, gradients and tangents on their way out."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from adtrans.errors import ArgumentError, OutputError, OverlapError, VectorError
from adtrans.loader import structures

ndarray = np.ndarray

# ----- what came, and what was expected -----


def shown(x: Any) -> str:
    """A value as messages name it: `float64 array of shape (3,)`, `float`, `list of 2`."""
    cls = type(x)
    if isinstance(x, np.ndarray):
        return f"{x.dtype} array of shape {x.shape}"
    if x is None:
        return "None"
    if isinstance(x, (list, tuple, dict)):
        return f"{cls.__name__} of {len(x)}"
    return cls.__name__


VECTOR_HINT = (
    "A tangent is like its argument, a cotangent like the value; np.zeros_like gives one that is nothing."
)


def _mismatch(label: str, expected: str, v: Any) -> VectorError:
    return VectorError(f"{label}: expected {expected}, got {shown(v)}", hint=VECTOR_HINT)


# ----- in: vectors in the structure of what they belong to -----


def conform(v: Any, x: Any, label: str) -> Any:
    """The vector `v` in the structure, shapes and dtypes of `x`; VectorError where it does not fit.

    Entries at leaves that carry no derivative are ignored: 0 stands there for numbers, the leaf
    itself otherwise.
    """
    cls = type(x)
    if cls is ndarray or cls is np.memmap:
        return _conform_array(v, x, label) if x.dtype.kind in "fc" else still(x)
    if cls in structures.FLOATING:
        return _conform_number(v, x, label)
    inner = structures.children(x)
    if inner is None:
        return still(x)
    if type(v) is not cls:
        raise _mismatch(label, _structure(x), v)
    entries = structures.children(v)
    assert entries is not None
    if len(entries) != len(inner):
        raise _mismatch(label, _structure(x), v)
    if isinstance(x, (list, tuple)):
        found: Iterable[Any] = (entry for _, entry in entries)
    else:
        by_key = dict(entries)
        if any(key not in by_key for key, _ in inner):
            raise VectorError(
                f"{label}: expected keys {[k for k, _ in inner]}, got {list(by_key)}", hint=VECTOR_HINT
            )
        found = (by_key[key] for key, _ in inner)
    pairs = zip(inner, found)
    return structures.rebuild(x, [conform(entry, leaf, f"{label}[{key!r}]") for (key, leaf), entry in pairs])


def _structure(x: Any) -> str:
    return f"a {type(x).__name__}" + (f" of {len(x)}" if isinstance(x, (list, tuple, dict)) else "")


def _conform_array(v: Any, x: Any, label: str) -> Any:
    expected = f"a vector of shape {x.shape}"
    if type(v) is not ndarray:
        if type(v) not in structures.NUMBERS and type(v) is not np.memmap:
            raise _mismatch(label, expected, v)
        v = np.asarray(v)
    if v.shape != x.shape or v.dtype.kind not in "biufc":
        raise _mismatch(label, expected, v)
    if v.dtype.kind == "c" and x.dtype.kind == "f":
        raise _mismatch(label, f"a real vector (the argument is {shown(x)})", v)
    return v if v.dtype == x.dtype else v.astype(x.dtype)


def _conform_number(v: Any, x: Any, label: str) -> Any:
    if isinstance(v, np.ndarray) and v.shape == () and v.dtype.kind in "biufc":
        v = v[()]
    if type(v) not in structures.NUMBERS:
        raise _mismatch(label, f"a number ({type(x).__name__})", v)
    if isinstance(v, (complex, np.complexfloating)) and not isinstance(x, (complex, np.complexfloating)):
        raise _mismatch(label, f"a real number ({type(x).__name__})", v)
    return v if isinstance(v, type(x)) else type(x)(v)


def still(x: Any) -> Any:
    """What stands where nothing can vary: 0 for numbers and integer arrays, else the leaf itself."""
    cls = type(x)
    if cls in structures.NUMBERS:
        return 0
    if isinstance(x, np.ndarray) and x.dtype.kind in "biu":
        return np.zeros_like(x)
    return x


def as_floating(v: Any) -> Any:
    """A cotangent whose ints are floats, before the output that it belongs to is known."""
    cls = type(v)
    if cls in structures.FLOATING:
        return v
    if cls in structures.NUMBERS:
        return float(v)
    if isinstance(v, np.ndarray):
        return v.astype(float) if v.dtype.kind in "biu" else v
    inner = structures.children(v)
    return v if inner is None else structures.rebuild(v, [as_floating(child) for _, child in inner])


def check_cotangent(v: Any, y: Any, label: str) -> None:
    """VectorError unless the cotangent `v` has the structure and shapes of the value `y`."""
    conform(v, y, label)


# ----- out: results in the structure of what they belong to -----


def gradient(g: Any, x: Any, fresh: bool = False) -> Any:
    """The raw gradient (or tangent) `g` in the structure, shapes and dtypes of `x`.

    Arrays are copied unless they are known to be `fresh`. Where nothing can vary stands 0 for
    numbers, the leaf itself otherwise.
    """
    cls = type(x)
    if cls is ndarray or cls is np.memmap:
        return _gradient_array(g, x, fresh) if x.dtype.kind in "fc" else still(x)
    if cls in structures.FLOATING:
        return _gradient_number(g, x)
    inner = structures.children(x)
    if inner is None:
        return still(x)
    entries = {} if g is None else dict(structures.children(g) or ())
    keyed = not isinstance(x, (list, tuple))
    values = []
    for position, (key, leaf) in enumerate(inner):
        entry = entries.get(key if keyed or key in entries else position)
        values.append(gradient(entry, leaf, fresh))
    return structures.rebuild(x, values)


def _gradient_array(g: Any, x: Any, fresh: bool) -> Any:
    if g is None:
        return np.zeros_like(x, subok=False)
    g = np.asarray(g)
    if g.dtype.kind == "c" and x.dtype.kind == "f":
        g = g.real
    if g.shape != x.shape:
        g = np.broadcast_to(g, x.shape)
    if fresh and g.dtype == x.dtype and g.flags.writeable:
        return g
    return np.array(g, dtype=x.dtype)


def _gradient_number(g: Any, x: Any) -> Any:
    if g is None:
        return type(x)(0)
    if isinstance(g, np.ndarray):
        g = g.reshape(())[()]
    if isinstance(g, (complex, np.complexfloating)) and not isinstance(x, (complex, np.complexfloating)):
        g = g.real
    return g if type(g) is type(x) else type(x)(g)


# ----- checks of a call -----


def check_real_scalar(y: Any, name: str) -> None:
    """OutputError unless `y` is one real number."""
    if isinstance(y, np.ndarray) and y.shape == () and y.dtype.kind in "biuf":
        return
    cls = type(y)
    if cls in structures.NUMBERS and not issubclass(cls, (complex, np.complexfloating)):
        return
    raise OutputError(
        f"grad needs a function that returns one real number, but {name} returned {shown(y)}",
        hint="Use adtrans.vjp or adtrans.jacobian for other outputs.",
    )


def check_overlap(values: tuple[Any, ...], mutated: tuple[int, ...], names: tuple[str, ...]) -> None:
    """OverlapError when an argument that the function writes into shares memory with another."""
    found: list[tuple[int, str, Any]] = []
    for i, value in enumerate(values):
        for path, leaf in structures.leaves(value):
            if isinstance(leaf, np.ndarray) and leaf.size:
                found.append((i, structures.path_text(names[i], path, value), leaf))
    for k, (i, name, leaf) in enumerate(found):
        for j, other_name, other in found[:k]:
            if (i in mutated or j in mutated) and np.may_share_memory(leaf, other) and _share(leaf, other):
                raise OverlapError(
                    f"the arguments `{other_name}` and `{name}` share memory, and one is written into",
                    hint="Pass a copy of one of them, or let the function write into a copy.",
                )


def _share(a: Any, b: Any) -> bool:
    try:
        return np.shares_memory(a, b, max_work=100_000)  # type: ignore[arg-type]
    except np.exceptions.TooHardError:
        return True


def check_argument(x: Any, label: str, function: str) -> None:
    """ArgumentError unless the argument carries a derivative and holds nothing that cannot."""
    floating, counted = False, 0
    for path, leaf in structures.leaves(x):
        counted += 1
        if structures.is_floating(leaf):
            floating = True
        elif _is_unsupported(leaf):
            where = structures.path_text(label, path, x)
            raise ArgumentError(
                f"cannot differentiate {function} with respect to `{where}`: it is {_article(_kind(leaf))}",
                hint="Pass numbers or plain arrays of floating or complex dtype, or choose another argument with argnums.",
            )
    if not floating and counted:
        raise ArgumentError(
            f"cannot differentiate {function} with respect to `{label}`: it is {_article(_kind(x))}",
            hint=_float_hint(x, label),
        )


def _float_hint(x: Any, label: str) -> str:
    cls = type(x)
    if cls in structures.NUMBERS:
        return f"Pass a float: float({label}), or choose another argument with argnums."
    if isinstance(x, np.ndarray) and x.dtype.kind in "biu":
        return f"Pass a floating array: {label}.astype(float), or choose another argument with argnums."
    return "Pass a float or an array of floats, or choose another argument with argnums."


def _kind(x: Any) -> str:
    if isinstance(x, np.ndarray):
        plain = type(x) in (ndarray, np.memmap)
        return f"{x.dtype} array" if plain else f"{type(x).__name__} (a subclass of np.ndarray)"
    return "None" if x is None else type(x).__name__


def _article(noun: str) -> str:
    if noun == "None":
        return noun
    return f"an {noun}" if noun[:1].lower() in "aeiou" else f"a {noun}"


def _is_unsupported(x: Any) -> bool:
    """Number-like things whose derivative would be lost: they are refused, not passed over."""
    if isinstance(x, np.ndarray):
        return type(x) not in (ndarray, np.memmap) or x.dtype.kind in "OV"
    cls = type(x)
    if cls in structures.NUMBERS or isinstance(x, (str, bytes, type)) or x is None:
        return False
    if isinstance(x, (int, float, complex)):
        return not isinstance(x, int)
    return cls.__module__ in ("decimal", "_decimal", "fractions") or hasattr(cls, "__array__")
