"""Texts that stand for objects: equal in every process where a derivative written for one serves the other.

What has no such text has no entry in the cache on disk.
"""

from __future__ import annotations

import enum
import functools
import hashlib
import linecache
import os
import sys
import types
from collections.abc import Iterable
from contextvars import ContextVar
from pathlib import Path
from typing import Any

import numpy as np

from adtrans.frontend.source import last_line
from adtrans.ir import types as ty


class NoDigest(Exception):
    """An object that cannot be told from others across processes."""


# ----- functions -----


def of_function(function: types.FunctionType) -> str:
    """The code, the text and the defaults of a function."""
    text = lines_of(function.__code__)
    if not text:
        raise NoDigest(function)
    defaults = (function.__defaults__, sorted((function.__kwdefaults__ or {}).items()))
    parts = [function.__module__ or "", function.__qualname__, of_code(function.__code__), text]
    return hashed([*parts, _defaults(defaults)])


def _defaults(defaults: Any) -> str:
    try:
        return of(defaults)
    except NoDigest:
        return "unknown"  # defaults are bound as arguments: their types are in the key


def of_code(code: types.CodeType) -> str:
    """What a code object does; not where it stands."""
    constants = [of_code(c) if isinstance(c, types.CodeType) else _constant(c) for c in code.co_consts]
    counts = (code.co_argcount, code.co_posonlyargcount, code.co_kwonlyargcount, code.co_flags)
    names = (code.co_name, code.co_names, code.co_varnames, code.co_freevars, code.co_cellvars)
    return hashed([code.co_code.hex(), *constants, repr(counts), repr(names)])


def _constant(value: Any) -> str:
    if isinstance(value, frozenset):
        return f"frozenset({sorted(map(_constant, value))})"
    if isinstance(value, tuple):
        return f"({', '.join(map(_constant, value))})"
    return f"{type(value).__name__} {value!r}"


def lines_of(code: types.CodeType) -> str:
    """The lines of text that a code object came from; empty where there is no text."""
    linecache.checkcache(code.co_filename)
    lines = linecache.getlines(code.co_filename)
    return "".join(lines[code.co_firstlineno - 1 : last_line(code)])


# ----- values and types -----


def of(x: Any) -> str:
    """A text for a value; NoDigest where there is none."""
    cls = type(x)
    if x is None or cls in (bool, int, str, bytes, type(Ellipsis)):
        return repr(x)
    if cls is float:
        return x.hex()
    if cls is complex:
        return f"complex({x.real.hex()}, {x.imag.hex()})"
    if cls in (tuple, list):
        return f"{cls.__name__}({', '.join(map(of, x))})"
    if cls is dict:
        return f"dict({', '.join(f'{of(k)}: {of(v)}' for k, v in x.items())})"
    if cls in (frozenset, set):
        return f"{cls.__name__}({', '.join(sorted(map(of, x)))})"
    if cls is slice:
        return f"slice({of(x.start)}, {of(x.stop)}, {of(x.step)})"
    if isinstance(x, np.dtype):
        return f"dtype {x.str}" if x.fields is None else f"dtype {x.descr}"
    if isinstance(x, np.generic) or cls is np.ndarray:
        if x.dtype.kind not in "biufcSU" or x.nbytes > 1 << 20:
            raise NoDigest(x)
        return f"{cls.__name__} {x.dtype.str} {x.shape} {hashed([x.tobytes().hex()])}"
    if isinstance(x, types.ModuleType):
        return f"module {x.__name__} {getattr(x, '__version__', '')}"
    if cls is types.FunctionType:
        return f"function {of_function(x)}"
    if isinstance(x, enum.Enum):
        return f"{of_class(cls)}.{x.name} = {of(x.value)}"
    if isinstance(x, type):
        return of_class(x)
    if cls in (property, staticmethod, classmethod):
        return f"{cls.__name__} {_member(x)}"
    if cls is types.MethodType:
        return f"method {of(x.__func__)}"
    name = getattr(x, "__qualname__", None) or getattr(x, "__name__", None)
    written_in_c = isinstance(x, np.ufunc) or not hasattr(x, "__dict__")
    if callable(x) and name and written_in_c:
        return f"built-in {getattr(x, '__module__', None)}.{name}"
    chain = getattr(x, "chain", None)
    if chain is not None and hasattr(cls, "specialize"):
        return f"derivative {of(chain)} of {of(x.target.function)}"
    if callable(x) and name and isinstance(getattr(x, "__wrapped__", None), types.FunctionType):
        return f"{cls.__name__} of {of(x.__wrapped__)}"
    raise NoDigest(x)


def of_class(cls: type) -> str:
    """A class by name, with the text of its own methods and of those of its bases."""
    around = _described.get()
    if cls in around:  # what it holds refers to it, as the members of an enumeration do
        return f"class {cls.__module__}.{cls.__qualname__}"
    token = _described.set((*around, cls))
    try:
        return f"class {hashed(_parts_of_class(cls))}"
    finally:
        _described.reset(token)


def _parts_of_class(cls: type) -> list[str]:
    parts = []
    for base in cls.__mro__:
        parts.append(f"{base.__module__}.{base.__qualname__}")
        if base.__module__.partition(".")[0] not in sys.stdlib_module_names:
            members = ((name, value) for name, value in vars(base).items() if name not in _MACHINERY)
            parts += [f"{name} {_member(value)}" for name, value in members]
    return parts


_described: ContextVar[tuple[type, ...]] = ContextVar("described", default=())
_MACHINERY = ("__module__", "__doc__", "__dict__", "__weakref__", "__firstlineno__", "__static_attributes__")


def _member(value: Any) -> str:
    for name in ("__func__", "fget"):
        value = getattr(value, name, None) or value
    if isinstance(value, types.FunctionType):
        return of_code(value.__code__)
    try:
        return of(value)
    except NoDigest:
        return type(value).__qualname__


def of_type(type_: Any) -> str:
    """A text for an abstract type, exact where `str` is not."""
    if isinstance(type_, ty.Known):
        return f"Known({of(type_.value)})"
    if isinstance(type_, ty.Record):
        fields = ", ".join(f"{of(key)}: {of_type(inner)}" for key, inner in type_.fields)
        return f"Record({of_class(type_.cls)}, {fields})"
    if isinstance(type_, ty.Tuple):
        return f"Tuple({of_class(type_.cls)}, {', '.join(map(of_type, type_.items))})"
    if isinstance(type_, ty.List):
        return f"List({of_class(type_.cls)}, {of_type(type_.item)}, {type_.length})"
    if isinstance(type_, ty.Mapping):
        return f"Mapping({of_type(type_.key)}, {of_type(type_.item)})"
    if isinstance(type_, ty.Method):
        return f"Method({of(type_.function)}, {of_type(type_.owner)})"
    if isinstance(type_, ty.Closure):
        raise NoDigest(type_)
    return repr(type_)


def hashed(parts: Iterable[str]) -> str:
    """A SHA-256 digest of texts, in order."""
    state = hashlib.sha256()
    for part in parts:
        data = part.encode("utf-8", "surrogatepass")
        state.update(b"%d:" % len(data))
        state.update(data)
    return state.hexdigest()


# ----- what every derivative depends on -----


@functools.cache
def of_installation() -> str:
    """Python, NumPy, SciPy, gast and astor by version; this package by version and by the text of its files."""
    from adtrans import __version__

    python = f"{sys.implementation.name} {sys.version_info.major}.{sys.version_info.minor}"
    libraries = [np.__version__, *_distributions("gast", "astor", "scipy")]
    return hashed([python, __version__, *libraries, *_texts(str(Path(__file__).parent.parent))])


def _texts(root: str) -> list[str]:
    """A name and a digest of each Python file below a folder; their times would say less."""
    found = []
    for folder, folders, names in os.walk(root):
        folders[:] = sorted(name for name in folders if name != "__pycache__")
        for name in sorted(names):
            if name.endswith(".py"):
                with open(os.path.join(folder, name), "rb") as file:
                    digest = hashlib.sha256(file.read()).hexdigest()
                found.append(f"{folder[len(root) :]}/{name} {digest}")
    return found


def _distributions(*names: str) -> list[str]:
    """The installed versions, by their metadata folders (importlib.metadata is slow to import)."""
    wanted = tuple(f"{name}-" for name in names)
    found: set[str] = set()
    for path in sys.path:
        try:
            found.update(entry for entry in os.listdir(path or ".") if entry.startswith(wanted))
        except OSError:
            continue
    return sorted(found)
