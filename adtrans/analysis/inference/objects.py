"""The type of a Python object that a program reads from a global or a closure cell."""

from __future__ import annotations

import dataclasses
import logging
from typing import Any

import numpy as np

from adtrans.ir import types as ty


def type_of_object(value: Any, depth: int = 0) -> ty.Type:
    """The abstract type of an object; lengths of arrays are literal."""
    if value is None or isinstance(value, (bool, str, bytes)):
        return ty.Known(value)
    for cls, found in ((int, ty.INT), (float, ty.FLOAT), (complex, ty.COMPLEX)):
        if type(value) is cls:
            return found
    if isinstance(value, np.generic) and value.dtype.kind in "biufc":
        return ty.Scalar(value.dtype.name, False)
    if type(value) is np.ndarray and value.dtype.kind in "biufc":
        return ty.Array(value.dtype.name, tuple(ty.known_dim(n) for n in value.shape))
    if isinstance(value, np.ndarray) and type(value) not in (np.ndarray, np.memmap):
        return ty.Foreign(type(value))
    for library_class in (np.random.Generator, np.random.RandomState, logging.Logger):
        if isinstance(value, library_class):
            return ty.Instance(library_class)
    if ty.is_sparse(value):
        return ty.sparse_type(value)
    if depth > 6:
        return ty.ANY
    if isinstance(value, tuple):
        return ty.Tuple(tuple(type_of_object(item, depth + 1) for item in value), type(value))
    if type(value) is list:
        if len(value) > 64:
            item: ty.Type = ty.NEVER
            for each in value:
                item = ty.join(item, type_of_object(each, depth + 1))
            return ty.List(item)
        return ty.Tuple(tuple(type_of_object(item, depth + 1) for item in value), list)
    if type(value) is dict:
        return ty.Record(tuple((key, type_of_object(item, depth + 1)) for key, item in value.items()))
    if type(value) is range:
        return ty.Range()
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        fields = tuple(
            (f.name, type_of_object(getattr(value, f.name), depth + 1)) for f in dataclasses.fields(value)
        )
        return ty.Record(fields, type(value))
    return ty.Known(value) if callable(value) or isinstance(value, (type, np.dtype)) else ty.ANY
