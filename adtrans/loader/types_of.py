"""From real arguments to abstract types: what a specialisation is made for."""

from __future__ import annotations

import enum
import types
from typing import Any

import numpy as np

from adtrans.ir import types as ty
from adtrans.loader import structures

Path = tuple[Any, ...]

_LONG = 16  # longer sequences of one item type are typed by that item
_WIDE = 256  # wider dictionaries are typed by their values
_BY_VALUE = (str, bytes, type(None), type(Ellipsis), type(NotImplemented), slice, np.dtype)
_BY_IDENTITY = (
    type,
    types.FunctionType,
    types.BuiltinFunctionType,
    types.ModuleType,
    types.MethodDescriptorType,
    types.WrapperDescriptorType,
    types.MethodWrapperType,
    enum.Enum,
)


class Dims:
    """Names for lengths: equal lengths share one, in order of first appearance; 0 and 1 are literal."""

    def __init__(self) -> None:
        self.names: dict[int, ty.Dim] = {}

    def of(self, length: int) -> ty.Dim:
        if length <= 1:
            return ty.known_dim(length)
        return self.names.setdefault(length, ty.Dim(f"n{len(self.names)}"))


def types_of(values: tuple[Any, ...], statics: frozenset[Path] = frozenset()) -> tuple[ty.Type, ...]:
    """The types of bound arguments; those at `statics` paths are Known by value."""
    dims = Dims()
    return tuple(type_of(value, dims, statics, (i,)) for i, value in enumerate(values))


def type_of(
    x: Any,
    dims: Dims | None = None,
    statics: frozenset[Path] = frozenset(),
    path: Path = (),
    ancestors: tuple[int, ...] = (),
) -> ty.Type:
    """The type of one value."""
    dims = dims or Dims()
    if path in statics:
        return ty.Known(x)
    cls = type(x)
    if cls is np.ndarray or cls is np.memmap:
        if x.dtype.kind not in "biufc":
            return ty.ANY
        return ty.Array(x.dtype.name, tuple(dims.of(n) for n in x.shape))
    if cls in structures.NUMBERS:
        return _number(x)
    if isinstance(x, (*_BY_VALUE, *_BY_IDENTITY)):
        return ty.Known(x)
    if cls is types.MethodType:
        return ty.Method(x.__func__, type_of(x.__self__, dims, statics, (*path, "__self__"), ancestors))
    if cls is range:
        return ty.Range(dims.of(len(x)))
    if isinstance(x, np.ndarray):
        return ty.Foreign(cls)
    if ty.is_sparse(x):
        return ty.sparse_type(x, dims.of)
    inner = structures.children(x)
    if inner is None:
        return ty.Known(x) if callable(x) else ty.ANY
    if id(x) in ancestors:
        return ty.ANY
    ancestors = (*ancestors, id(x))
    if isinstance(x, (tuple, list)):
        return _sequence(x, dims, statics, path, ancestors)
    fields = tuple((key, type_of(child, dims, statics, (*path, key), ancestors)) for key, child in inner)
    if isinstance(x, dict) and len(fields) > _WIDE:
        return ty.as_mapping(ty.Record(fields, dict))
    return ty.Record(fields, cls)


def _number(x: Any) -> ty.Scalar:
    cls = type(x)
    if cls is float:
        return ty.FLOAT
    if cls is int:
        return ty.INT
    if cls is bool:
        return ty.BOOL
    if cls is complex:
        return ty.COMPLEX
    return ty.Scalar(x.dtype.name, False)


def _sequence(
    x: Any, dims: Dims, statics: frozenset[Path], path: Path, ancestors: tuple[int, ...]
) -> ty.Tuple | ty.List:
    cls = type(x)
    if len(x) > _LONG and cls in (tuple, list):
        length = dims.of(len(x))
        kinds = set(map(type, x))
        if len(kinds) == 1 and kinds <= structures.NUMBERS:
            return ty.List(_number(x[0]), length, cls)
        items = [type_of(item, dims, statics, (*path, i), ancestors) for i, item in enumerate(x)]
        if all(item == items[0] for item in items) or len(items) > _WIDE:
            item: ty.Type = ty.NEVER
            for other in items:
                item = item if other == item else ty.join(item, other)
            return ty.List(item, length, cls)
        return ty.Tuple(tuple(items), cls)
    items = [type_of(item, dims, statics, (*path, i), ancestors) for i, item in enumerate(x)]
    return ty.Tuple(tuple(items), cls)
