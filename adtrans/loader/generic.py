"""Types before any call: annotations, defaults, else numbers or arrays."""

from __future__ import annotations

import collections.abc
import dataclasses
import inspect
import typing
from typing import Any

import numpy as np

from adtrans.errors import ArgumentError, UnsupportedError
from adtrans.ir import types as ty
from adtrans.loader import store, types_of
from adtrans.loader.guards import root_of
from adtrans.transform.request import Generated, Request

_NUMBERS: dict[Any, ty.Type] = {
    float: ty.FLOAT,
    int: ty.INT,
    bool: ty.BOOL,
    complex: ty.COMPLEX,
    str: ty.TEXT,
}


def generated(derivative: Any, given: dict[str, ty.Type] | None = None) -> Generated:
    """A derivative of which no argument has been seen; `given` are the types of some parameters."""
    target = derivative.target
    hints = _hints(root_of(target.function))
    values = [_default(p) for p in target.parameters]
    bare = type(target)(target.function)
    slots = bare.slots(derivative.argnums, values)
    wanted = {slot if isinstance(slot, int) else slot[0] for slot in slots}
    kept = []
    for i, p in enumerate(target.parameters):
        stated = (given or {}).get(p.name)
        if stated is not None:
            kept.append(_checked(stated, p.name, target.name) if i in wanted else stated)
            continue
        type_ = _parameter_type(p, hints.get(p.name, inspect.Parameter.empty))
        kept.append(ty.NUMERIC if i in wanted and not ty.can_carry(type_) else type_)
    options = derivative.chain[-1][2]
    statics: tuple[Any, ...] = tuple((i,) for i, type_ in enumerate(kept) if _is_value(type_))
    while True:
        request = Request(target.function, derivative.transform, slots, tuple(kept), options, statics)
        made = store.generate(request)
        wanted = {path[0] if isinstance(path, tuple) else path for path in made.statics}
        wanted -= {path[0] for path in statics}
        if made.text:
            return made
        unknown = [
            p
            for p in (target.parameters[i] for i in wanted)
            if p.default is inspect.Parameter.empty or p.name in (given or {})
        ]
        if unknown or not wanted:
            named = " and ".join(f"`{target.parameters[i].name}`" for i in sorted(wanted)) or "its arguments"
            raise UnsupportedError(
                f"the source of this derivative of {target.name} depends on the value of {named}",
                hint="Call it first, or use .specialize(*args).source; on the command line, give --args.",
            )
        for i in wanted:
            kept[i] = ty.Known(target.parameters[i].default)
        statics = (*statics, *((i,) for i in sorted(wanted)))


def _checked(type_: ty.Type, name: str, function: str) -> ty.Type:
    if not ty.can_carry(type_):
        raise ArgumentError(
            f"cannot differentiate {function} with respect to `{name}`: it is of type {type_}",
            hint="Choose another argument with argnums.",
        )
    return type_


def _is_value(type_: ty.Type) -> bool:
    return isinstance(type_, ty.Known) and isinstance(type_.value, int)


def _hints(function: Any) -> dict[str, Any]:
    try:
        return typing.get_type_hints(function)
    except Exception:  # annotations are the user's: whatever they raise, they say nothing
        return dict(getattr(function, "__annotations__", None) or {})


def _default(p: inspect.Parameter) -> Any:
    if p.kind is p.VAR_POSITIONAL:
        return ()
    if p.kind is p.VAR_KEYWORD:
        return {}
    return None if p.default is p.empty else p.default


def _parameter_type(p: inspect.Parameter, annotation: Any) -> ty.Type:
    if p.kind is p.VAR_POSITIONAL:
        return ty.Tuple(())
    if p.kind is p.VAR_KEYWORD:
        return ty.Record(())
    noted = _annotated(annotation)
    if noted is not None:
        return noted
    if p.default is p.empty or isinstance(p.default, (float, complex, np.ndarray, np.inexact)):
        return ty.NUMERIC
    return types_of.types_of((p.default,))[0]


def _annotated(annotation: Any) -> ty.Type | None:
    """The type that an annotation promises; None where it promises nothing that helps."""
    found = _NUMBERS.get(annotation) if isinstance(annotation, type) else None
    if found is not None:
        return found
    if annotation is np.ndarray:
        return ty.Array(None, None)
    origin, arguments = typing.get_origin(annotation), typing.get_args(annotation)
    if origin is np.ndarray:
        return ty.Array(_dtype_name(arguments), None)
    if origin is tuple and arguments and Ellipsis not in arguments:
        items = tuple(_annotated(a) or ty.NUMERIC for a in arguments)
        return ty.Tuple(items)
    if origin in (list, collections.abc.Sequence) and arguments:
        return ty.List(_annotated(arguments[0]) or ty.NUMERIC)
    if isinstance(annotation, type) and issubclass(annotation, np.inexact):
        return ty.Scalar(np.dtype(annotation).name, False)
    if isinstance(annotation, type) and dataclasses.is_dataclass(annotation):
        hints = _hints(annotation)
        names = [f.name for f in dataclasses.fields(annotation)]
        return ty.Record(
            tuple((name, _annotated(hints.get(name)) or ty.NUMERIC) for name in names), annotation
        )
    if isinstance(annotation, type) and issubclass(annotation, tuple) and hasattr(annotation, "_fields"):
        hints = _hints(annotation)
        return ty.Tuple(
            tuple(_annotated(hints.get(name)) or ty.NUMERIC for name in annotation._fields), annotation
        )
    return None


def _dtype_name(arguments: tuple[Any, ...]) -> str | None:
    inner = typing.get_args(arguments[-1]) if arguments else ()
    scalar = inner[0] if inner else None
    if isinstance(scalar, type) and issubclass(scalar, np.inexact):
        try:
            return np.dtype(scalar).name
        except TypeError:
            return None
    return None
