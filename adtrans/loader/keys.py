"""Keys of specialisations: what about an argument decides which derivative serves it.

Exact keys hold classes, dtypes, shapes and static values; functions are held weakly.
"""

from __future__ import annotations

import dataclasses
import enum
import types
import weakref
from typing import Any

import numpy as np

from adtrans.ir import types as ty
from adtrans.loader import structures

Path = tuple[Any, ...]
ndarray = np.ndarray

PLAIN: frozenset[type] = structures.NUMBERS | {type(None)}
_BY_VALUE = (str, bytes, type(Ellipsis), np.dtype)


def identity(x: Any) -> Any:
    """A key that equals only that of this very object, and does not keep it alive."""
    try:
        return weakref.ref(x)
    except TypeError:
        return (type(x), id(x)) if not callable(x) else ("object", x)


def key_of(x: Any, ancestors: tuple[int, ...] = ()) -> Any:
    """The exact key of an argument: equal keys have equal types, shapes and known values."""
    cls = type(x)
    if cls is ndarray:
        return x.dtype, x.shape
    if cls in PLAIN:
        return cls
    if cls is tuple or cls is list:
        if len(x) > 16:
            kinds = set(map(type, x))
            if len(kinds) == 1 and kinds <= PLAIN:
                return cls, len(x), kinds.pop()
        ancestors = (*ancestors, id(x))
        return cls, *(key_of(item, ancestors) if id(item) not in ancestors else None for item in x)
    if isinstance(x, _BY_VALUE):
        return cls, x
    if cls is np.memmap:
        return cls, x.dtype, x.shape
    if isinstance(x, enum.Enum):
        return cls, x.name
    if cls is slice:
        return cls, x.start, x.stop, x.step
    if cls is range:
        return cls, len(x)
    if cls is types.MethodType:
        return cls, identity(x.__func__), key_of(x.__self__, ancestors)
    if isinstance(x, np.ndarray):
        return cls, x.dtype, x.shape
    if ty.is_sparse(x):
        return cls, x.dtype, x.shape
    inner = structures.children(x)
    if inner is None:
        return identity(x) if callable(x) or isinstance(x, types.ModuleType) else (cls, "opaque")
    if id(x) in ancestors:
        return cls
    ancestors = (*ancestors, id(x))
    return cls, *((key, key_of(child, ancestors)) for key, child in inner)


def static_key(values: tuple[Any, ...], statics: tuple[Path, ...]) -> tuple[Any, ...]:
    """The values at the paths that a derivative depends on by value, with their classes."""
    found = []
    for path in statics:
        value = at_path(values, path)
        found.append((type(value), value if ty.is_hashable(value) else key_of(value)))
    return tuple(found)


def at_path(values: Any, path: Path, missing: Any = None) -> Any:
    """The value at a path through structures; `missing` where there is none."""
    for key in path:
        inner = dict(structures.children(values) or ())
        if key not in inner:
            return missing
        values = inner[key]
    return values


def weakened(type_: Any) -> Any:
    """A type as a key: what it knows by identity is held weakly."""
    if isinstance(type_, ty.Known):
        value = type_.value
        if isinstance(
            value, (*_BY_VALUE, bool, int, float, complex, tuple, frozenset, type(None), np.generic)
        ):
            return ty.Known(value)
        if isinstance(value, slice):
            return slice, value.start, value.stop, value.step
        return identity(value)
    if isinstance(type_, tuple):
        return tuple(map(weakened, type_))
    if isinstance(type_, (ty.Tuple, ty.List, ty.Record, ty.Mapping, ty.Method)):
        fields = (getattr(type_, f.name) for f in dataclasses.fields(type_))
        return type(type_), *(weakened(value) if not isinstance(value, type) else value for value in fields)
    if isinstance(type_, types.FunctionType):
        return identity(type_)
    return type_
