"""The structures that arguments come in: containers and plain objects, their children, their rebuilding.

A structure is walked and built without running any code of its class.
"""

from __future__ import annotations

import collections
import enum
import sys
import types
from collections.abc import Callable, Iterable
from typing import Any

import numpy as np

Children = list[tuple[Any, Any]]

NUMBERS: frozenset[type] = frozenset(
    {bool, int, float, complex} | {np.dtype(code).type for code in "?bhilqBHILQefdgFDG"}
)
FLOATING: frozenset[type] = frozenset(t for t in NUMBERS if issubclass(t, (float, complex, np.inexact)))

_LIBRARIES = frozenset(sys.stdlib_module_names) - {"__main__"} | {"numpy", "scipy", "pandas", "xarray"}
_HEAP_TYPE = 1 << 9
_object_kinds: dict[type, bool] = {}


def is_object(x: Any) -> bool:
    """Whether `x` is a plain object: an instance of a Python class whose attributes are its state."""
    cls = type(x)
    known = _object_kinds.get(cls)
    if known is None:
        if len(_object_kinds) > 4096:
            _object_kinds.clear()
        known = _object_kinds[cls] = _is_plain_class(cls)
    return known


def _is_plain_class(cls: type) -> bool:
    if cls is types.SimpleNamespace:
        return True
    opaque: tuple[type, ...] = (
        type,
        enum.Enum,
        BaseException,
        np.ndarray,
        np.generic,
        int,
        float,
        complex,
        str,
        bytes,
    )
    opaque += (tuple, list, dict, set, frozenset, types.ModuleType)
    if not cls.__flags__ & _HEAP_TYPE or issubclass(cls, opaque):
        return False
    root = (getattr(cls, "__module__", None) or "").partition(".")[0]
    if root in _LIBRARIES or (root == "adtrans" and hasattr(cls, "specialize")):
        return False
    return bool(cls.__dictoffset__) or any("__slots__" in vars(base) for base in cls.__mro__)


def is_named_tuple(cls: type) -> bool:
    return issubclass(cls, tuple) and isinstance(getattr(cls, "_fields", None), tuple)


def attributes(x: Any) -> Children:
    """Names and values of an object's own state: slots first, then its dictionary."""
    found: Children = []
    for base in reversed(type(x).__mro__):
        slots = vars(base).get("__slots__", ())
        for name in (slots,) if isinstance(slots, str) else slots:
            if name in ("__dict__", "__weakref__"):
                continue
            if name.startswith("__") and not name.endswith("__"):
                name = f"_{base.__name__.lstrip('_')}{name}"
            try:
                found.append((name, object.__getattribute__(x, name)))
            except AttributeError:
                continue
    try:
        found.extend(object.__getattribute__(x, "__dict__").items())
    except AttributeError:
        pass
    return found


def children(x: Any) -> Children | None:
    """(key, child) pairs of a structure; None for a leaf."""
    cls = type(x)
    if cls is tuple or cls is list:
        return list(enumerate(x))
    if cls in NUMBERS or cls is np.ndarray or x is None:
        return None
    if issubclass(cls, dict):
        return list(_plain_dict(cls).items(x))
    if issubclass(cls, (tuple, list)):
        return list(enumerate(cls.__iter__(x))) if cls is list or is_named_tuple(cls) else None
    return attributes(x) if is_object(x) else None


def _plain_dict(cls: type) -> type[dict[Any, Any]]:
    """The class whose own methods read and fill a dictionary; an OrderedDict keeps its order apart."""
    return collections.OrderedDict if issubclass(cls, collections.OrderedDict) else dict


def rebuild(x: Any, values: Iterable[Any]) -> Any:
    """A structure like `x` with these children, made without calling its class."""
    cls = type(x)
    if cls is list:
        return list(values)
    if issubclass(cls, tuple):
        return tuple.__new__(cls, values)
    if cls is dict:
        return dict(zip(x, values))
    if issubclass(cls, dict):
        copied: Any = cls.__new__(cls)
        if hasattr(x, "default_factory"):
            copied.default_factory = x.default_factory
        plain = _plain_dict(cls)
        for key, value in zip(plain.keys(x), values):
            plain.__setitem__(copied, key, value)
        if hasattr(x, "__dict__"):
            copied.__dict__.update(x.__dict__)
        return copied
    made: Any = types.SimpleNamespace() if cls is types.SimpleNamespace else object.__new__(cls)
    for (name, _), value in zip(attributes(x), values):
        object.__setattr__(made, name, value)
    return made


def leaves(
    x: Any, path: tuple[Any, ...] = (), ancestors: tuple[int, ...] = ()
) -> Iterable[tuple[tuple[Any, ...], Any]]:
    """(path, leaf) pairs of a structure, in order; a cycle ends where it closes."""
    inner = children(x)
    if inner is None or id(x) in ancestors:
        yield path, x
        return
    for key, child in inner:
        yield from leaves(child, (*path, key), (*ancestors, id(x)))


def is_floating(x: Any) -> bool:
    """Whether a leaf carries a derivative: a float or complex number, or an exact array of these."""
    cls = type(x)
    if cls is np.ndarray or cls is np.memmap:
        return x.dtype.kind in "fc"
    return cls in FLOATING


def map_leaves(function: Callable[[Any], Any], x: Any) -> Any:
    """The structure with `function` applied to its leaves."""
    inner = children(x)
    return function(x) if inner is None else rebuild(x, [map_leaves(function, child) for _, child in inner])


def path_text(name: str, path: Iterable[Any], x: Any) -> str:
    """How a user would spell the place `path` inside an argument: `p.layers[0]['w']`."""
    text = name
    for key in path:
        if isinstance(x, dict):
            text, x = f"{text}[{key!r}]", x[key]
        elif isinstance(x, list) or type(x) is tuple:
            text, x = f"{text}[{key}]", x[key]
        elif isinstance(x, tuple):
            text, x = f"{text}.{type(x)._fields[key]}", x[key]  # type: ignore[attr-defined]
        else:
            text, x = f"{text}.{key}", object.__getattribute__(x, key)
    return text
