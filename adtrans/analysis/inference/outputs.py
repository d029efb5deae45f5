"""Arrays that a library function writes its result into: `f(x, out=z)` is `z[...] = f(x)`."""

from __future__ import annotations

import functools
import inspect
import operator
from collections.abc import Hashable
from typing import Any

import numpy as np

from adtrans.analysis.inference.engine import Engine
from adtrans.ir import types as ty
from adtrans.ir.program import Const, Value, is_const
from adtrans.rules.registry import lookup

# Positions of `out` where NumPy does not tell its signatures.
_POSITIONS: dict[Any, int] = {np.dot: 2, np.concatenate: 2}
_OF_UFUNCS = {"reduce": 3, "accumulate": 3, "reduceat": 4}


@functools.lru_cache(maxsize=1024)
def parameters_of(fn: Any) -> tuple[inspect.Parameter, ...] | None:
    """The parameters of a function, None where they are not known."""
    try:
        return tuple(inspect.signature(fn).parameters.values())
    except (TypeError, ValueError):
        return None


@functools.lru_cache(maxsize=1024)
def _positional_names(fn: Any) -> tuple[str, ...]:
    """The names of the parameters that a library function takes by position; those not known are empty."""
    known = parameters_of(fn)
    if known is not None:
        return tuple(p.name for p in known if p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD))
    method = isinstance(getattr(fn, "__self__", None), np.ufunc)
    at = _OF_UFUNCS.get(fn.__name__) if method else _POSITIONS.get(fn)
    return ("",) * at + ("out",) if at is not None else ()


def _is_library(fn: Any) -> bool:
    owner = getattr(fn, "__objclass__", None) or type(getattr(fn, "__self__", None))
    module = getattr(fn, "__module__", None) or getattr(owner, "__module__", None) or ""
    return module.partition(".")[0] in ("numpy", "scipy")


def written_out(
    engine: Engine, fn: Any, operands: list[Value], keywords: tuple[str, ...], attrs: Any
) -> Value | None:
    """`f(x, out=z)` as what it does: `z[...] = f(x)`, and the value is z."""
    split = len(operands) - len(keywords)
    positional, options = operands[:split], dict(zip(keywords, operands[split:]))
    target = options.pop("out", None)
    if isinstance(fn, np.ufunc):
        targets = positional[fn.nin :]
        if targets:
            positional, target = positional[: fn.nin], targets[0] if fn.nout == 1 else _some(targets)
    elif _is_library(fn) and isinstance(fn, Hashable):
        names = _positional_names(fn)
        if target is None and "out" in names[: len(positional)]:
            at = names.index("out")
            target = positional[at]
            options = {**dict(zip(names[at + 1 :], positional[at + 1 :])), **options}
            positional = positional[:at]
        _refuse_overwriting(engine, fn, names, positional, options)
    if target is None or isinstance(target, Const) and target.value is None:
        return None
    if isinstance(target.type, ty.Tuple) and len(target.type.items) == 1:
        target = engine.take_apart(target)[0]
    known = fn.nout == 1 if isinstance(fn, np.ufunc) else lookup(fn) is not None
    if not isinstance(target.type, ty.Array) or not known:
        raise engine.refuse("out= is not supported here", "assign the result instead")
    where = options.pop("where", None) if isinstance(fn, np.ufunc) else None
    positional = _without_defaults(fn, positional)
    value = engine.apply(fn, [*positional, *options.values()], tuple(options), attrs)
    if where is not None:
        value = engine.apply(np.where, [where, value, target])
    engine.apply(operator.setitem, [target, Const(Ellipsis), value])
    return target


def _some(targets: list[Value]) -> Value | None:
    """One of the arrays that are given, None where none is."""
    return next((v for v in targets if not (isinstance(v, Const) and v.value is None)), None)


def _without_defaults(fn: Any, positional: list[Value]) -> list[Value]:
    """Arguments without the last ones that are None where None is their default."""
    known = parameters_of(fn) or ()
    while positional and isinstance(positional[-1], Const) and positional[-1].value is None:
        at = len(positional) - 1
        if at >= len(known) or known[at].default is not None:
            break
        positional = positional[:-1]
    return positional


def _refuse_overwriting(
    engine: Engine, fn: Any, names: tuple[str, ...], positional: list[Value], options: dict[str, Value]
) -> None:
    """Refuse options by which a library function changes, or gives back, the arrays that it is given."""
    for name, v in {**dict(zip(names, positional)), **options}.items():
        if name.startswith("overwrite") and not (isinstance(v, Const) and not v.value):
            raise engine.refuse(f"with {name}= this function changes its argument", f"leave {name}= out")
        if name == "copy" and fn in (np.astype, np.nan_to_num) and not is_const(v, True):
            raise engine.refuse(
                "copy=False gives the argument itself or a copy, by its dtype and layout",
                "leave copy= out, or use np.asarray",
            )
        if name == "output" and isinstance(v.type, (ty.Array, ty.Any, ty.Numeric)):
            raise engine.refuse("output= is not supported here", "assign the result instead")
