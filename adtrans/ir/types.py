"""Abstract types: what a value is known to be when a derivative is written.

Types make derivatives fast; `Any` is always a valid answer. A type says nothing about
activity, storage or rules.
"""

from __future__ import annotations

import functools
import sys
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any as Object_

import numpy as np


@dataclass(frozen=True)
class Dim:
    """A symbolic length `symbol + offset`; a literal one has no symbol.

    Symbols that start with `n` are dims of arguments, which are never 1 (a 1 is literal); those with an
    `x` count with the index of a loop.
    """

    symbol: str | None
    offset: int = 0

    @property
    def literal(self) -> int | None:
        return self.offset if self.symbol is None else None

    @property
    def may_be_one(self) -> bool:
        if self.symbol is None:
            return self.offset == 1
        return not (self.symbol.startswith("n") and self.offset == 0)

    @property
    def is_of_argument(self) -> bool:
        """Whether it is a number, or counted from the length of an argument: the same all the time."""
        return self.symbol is None or self.symbol.startswith("n")

    @property
    def counts(self) -> bool:
        """Whether it follows the index of a loop."""
        return self.symbol is not None and "x" in self.symbol

    @property
    def varies(self) -> bool:
        """Whether it was joined from several, or follows the index of a loop."""
        return self.counts or self.symbol is not None and self.symbol.startswith("j")

    def __add__(self, count: int) -> Dim:
        return Dim(self.symbol, self.offset + count)

    def __str__(self) -> str:
        if self.symbol is None:
            return str(self.offset)
        return self.symbol + (f"{self.offset:+d}" if self.offset else "")


def known_dim(length: int) -> Dim:
    return Dim(None, length)


@dataclass(frozen=True)
class Any:
    """Nothing is known."""

    def __str__(self) -> str:
        return "any"


@dataclass(frozen=True)
class Foreign(Any):
    """An array of a class of its own arithmetic: masked, a matrix."""

    cls: type

    def __str__(self) -> str:
        return self.cls.__name__


@dataclass(frozen=True)
class Instance(Any):
    """An object of a class of a library, of which nothing but the class is known."""

    cls: type

    def __str__(self) -> str:
        return self.cls.__name__


@dataclass(frozen=True)
class Sparse(Instance):
    """A matrix of scipy.sparse: its dtype and its lengths, where they are known. It carries no derivative."""

    dtype: str | None = None
    dims: tuple[Dim, ...] | None = None

    def __str__(self) -> str:
        inside = "..." if self.dims is None else ",".join(map(str, self.dims))
        return f"{self.cls.__name__}[{inside}]"


@dataclass(frozen=True)
class Never:
    """No value arrives here: an undefined variable, or code after a raise."""

    def __str__(self) -> str:
        return "never"


@dataclass(frozen=True, eq=False)
class Known:
    """Exactly this Python object: None, a string, a function, a module, a class, a dtype…"""

    value: Object_

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Known) or type(self.value) is not type(other.value):
            return False
        if self.value is other.value:
            return True
        simple = (str, bytes, int, float, complex, tuple, slice, np.dtype, frozenset)
        return isinstance(self.value, simple) and bool(self.value == other.value)

    def __hash__(self) -> int:
        try:
            return hash(self.value)
        except TypeError:
            return id(self.value)

    def __str__(self) -> str:
        name = getattr(self.value, "__name__", None)
        return f"<{name if name else repr(self.value)}>"


@dataclass(frozen=True)
class Scalar:
    """A number of shape (): dtype is a NumPy name, or None for 'some inexact number'.

    `python` is True for Python's own numbers, False for NumPy scalars, None where either
    may come. `dim` names the value of an integer that is a length.
    """

    dtype: str | None
    python: bool | None = True
    dim: Dim | None = None

    def __str__(self) -> str:
        name = {"float64": "float", "int64": "int", "complex128": "complex"}.get(
            self.dtype or "", self.dtype or "number"
        )
        name = name if self.python is not False else f"np.{self.dtype or 'number'}"
        return f"{name}({self.dim})" if self.dim and not self.dim.counts else name


@dataclass(frozen=True)
class Array:
    """An exact np.ndarray; dtype None is 'some inexact dtype', dims None an unknown rank."""

    dtype: str | None
    dims: tuple[Dim, ...] | None

    def __str__(self) -> str:
        inside = "..." if self.dims is None else ",".join(map(str, self.dims))
        return f"{self.dtype or 'inexact'}[{inside}]"


@dataclass(frozen=True)
class Numeric:
    """A number or an array of inexact dtype: a parameter of which nothing is known yet."""

    def __str__(self) -> str:
        return "numeric"


@dataclass(frozen=True)
class Tuple:
    """A tuple, named tuple or list whose length and items are known (`cls` says which)."""

    items: tuple[Type, ...]
    cls: type = tuple

    def __str__(self) -> str:
        open_, close = ("[", "]") if self.cls is list else ("(", ")")
        name = "" if self.cls in (tuple, list) else self.cls.__name__
        return name + open_ + ", ".join(map(str, self.items)) + close


@dataclass(frozen=True)
class List:
    """A list (or a tuple, by `cls`) of items of one type; its length may have a name."""

    item: Type
    length: Dim | None = None
    cls: type = list
    site: str = ""  # where it is made, for a list that grows later; several are joined by "|"

    def __str__(self) -> str:
        return f"{self.cls.__name__}[{self.item}]" + (f"*{self.length}" if self.length else "")


@dataclass(frozen=True)
class Record:
    """A dict, dataclass or plain object whose keys are known (`cls` is dict, or the class)."""

    fields: tuple[tuple[Object_, Type], ...]
    cls: type = dict

    def get(self, key: Object_) -> Type | None:
        return next((type_ for name, type_ in self.fields if name == key), None)

    def __str__(self) -> str:
        name = "" if self.cls is dict else self.cls.__name__
        return name + "{" + ", ".join(f"{k}: {t}" for k, t in self.fields) + "}"


@dataclass(frozen=True)
class Mapping:
    """A dict whose keys are not known; every value is an `item`."""

    key: Type
    item: Type
    site: str = ""

    def __str__(self) -> str:
        return f"dict[{self.key}: {self.item}]"


@dataclass(frozen=True)
class Optional:
    """None, or a value of a type; a test for None tells which."""

    item: Type

    def __str__(self) -> str:
        return f"{self.item}?"


@dataclass(frozen=True)
class Range:
    """A range of Python ints."""

    length: Dim | None = None

    def __str__(self) -> str:
        return "range"


@dataclass(frozen=True)
class Text:
    """A string that is not known."""

    def __str__(self) -> str:
        return "str"


@dataclass(frozen=True)
class Closure:
    """A nested function or lambda: its code (an ir Function), and the types of what it captures.

    A closure is a value made of its captures; it is called by inlining or by name.
    """

    function: Object_
    captures: tuple[Type, ...] = ()

    def __str__(self) -> str:
        inside = ", ".join(map(str, self.captures))
        return f"closure {self.function.name}({inside})"


@dataclass(frozen=True)
class Method:
    """A bound method: the function, and the type of the object it is bound to."""

    function: Object_
    owner: Type

    def __str__(self) -> str:
        return f"method {getattr(self.function, '__name__', self.function)} of {self.owner}"


Type = (
    Any
    | Never
    | Known
    | Scalar
    | Array
    | Numeric
    | Tuple
    | List
    | Record
    | Mapping
    | Range
    | Text
    | Closure
    | Method
    | Optional
)

ANY = Any()
NEVER = Never()
NUMERIC = Numeric()
TEXT = Text()
INT = Scalar("int64")
FLOAT = Scalar("float64")
BOOL = Scalar("bool")
COMPLEX = Scalar("complex128")
NONE = Known(None)
SLICE = Instance(slice)  # whose bounds are not known


def is_sparse(value: object) -> bool:
    """Whether an object is a matrix of scipy.sparse, which only a program that has imported it can hold."""
    library = sys.modules.get("scipy.sparse")
    return library is not None and bool(library.issparse(value))


def sparse_type(value: Object_, dim: Callable[[int], Dim] = known_dim) -> Sparse:
    """The type of a matrix of scipy.sparse."""
    return Sparse(type(value), value.dtype.name, tuple(map(dim, value.shape)))


def symbols_of(type_: Type) -> set[str]:
    """The symbols of all lengths that a type mentions."""
    found: set[str] = set()

    def note(dim: Dim) -> bool:
        if dim.symbol is not None:
            found.add(dim.symbol)
        return True

    renamed(type_, note, "")
    return found


def length_of(type_: Type) -> Dim | None:
    """The length that an integer stands for; the index of a loop may be negative, and is none."""
    dim = getattr(type_, "dim", None)
    return None if dim is None or dim.counts else dim


def renamed(type_: Type, keeps: Callable[[Dim], bool], site: str) -> Type:
    """A type whose lengths, but for those to keep, are named after where they stand."""
    t = type_
    if isinstance(t, Array) and t.dims is not None:
        dims = tuple(d if keeps(d) else Dim(f"j{site}_{i}") for i, d in enumerate(t.dims))
        return Array(t.dtype, dims)
    if isinstance(t, Sparse) and t.dims is not None:
        return replace(t, dims=tuple(d if keeps(d) else Dim(f"j{site}_{i}") for i, d in enumerate(t.dims)))
    if isinstance(t, Scalar):
        return t if t.dim is None or keeps(t.dim) else replace(t, dim=None)
    if isinstance(t, Tuple):
        return Tuple(tuple(renamed(item, keeps, f"{site}_{i}") for i, item in enumerate(t.items)), t.cls)
    if isinstance(t, Record):
        return type(t)(tuple((k, renamed(item, keeps, f"{site}_{k}")) for k, item in t.fields), t.cls)
    if isinstance(t, Closure):
        captures = enumerate(t.captures)
        return Closure(t.function, tuple(renamed(item, keeps, f"{site}_{i}") for i, item in captures))
    if isinstance(t, Method):
        return Method(t.function, renamed(t.owner, keeps, site))
    if isinstance(t, (List, Mapping, Optional)):
        t = replace(t, item=renamed(t.item, keeps, site))
    if isinstance(t, (List, Range)) and t.length is not None and not keeps(t.length):
        t = replace(t, length=None)
    return t


@functools.cache
def is_inexact(dtype: str | None) -> bool:
    """Whether a dtype name is one that can carry a derivative."""
    return dtype is None or np.dtype(dtype).kind in "fc"


def is_hashable(value: object) -> bool:
    """Whether a value can be a key."""
    try:
        hash(value)
    except TypeError:
        return False
    return True


def is_real_scalar(type_: Type) -> bool | None:
    """Whether a value is one real number, so that grad may be taken of it; None where the type does not tell."""
    type_ = widen(type_)
    if isinstance(type_, (Any, Numeric, Optional)):
        return None
    if not isinstance(type_, (Scalar, Array)) or isinstance(type_, Array) and type_.dims:
        return False
    if type_.dtype is None:
        return None
    if np.dtype(type_.dtype).kind not in "biuf":
        return False
    return None if isinstance(type_, Array) and type_.dims is None else True


def can_carry(type_: Type) -> bool:
    """Whether a value of this type can carry a derivative at all."""
    stack = [type_]
    while stack:
        t = stack.pop()
        if isinstance(t, (Scalar, Array)):
            if is_inexact(t.dtype):
                return True
        elif isinstance(t, (Any, Numeric)):
            if not isinstance(t, Sparse):
                return True
        elif isinstance(t, Tuple):
            stack.extend(t.items)
        elif isinstance(t, (List, Optional)):
            stack.append(t.item)
        elif isinstance(t, Record):
            stack.extend(inner for _, inner in t.fields)
        elif isinstance(t, Mapping):
            stack.append(t.item)
        elif isinstance(t, Closure):
            stack.extend(t.captures)
        elif isinstance(t, Method):
            stack.append(t.owner)
    return False


def widen(type_: Type) -> Type:
    """The type of which `Known` numbers and strings are instances."""
    if isinstance(type_, Known):
        value = type_.value
        if isinstance(value, bool):
            return BOOL
        if isinstance(value, int):
            return INT
        if isinstance(value, float):
            return FLOAT
        if isinstance(value, complex):
            return COMPLEX
        if isinstance(value, str):
            return TEXT
        if isinstance(value, np.generic):
            return Scalar(value.dtype.name, False)
        if type(value) in (tuple, list):
            return Tuple(tuple(widen(Known(item)) for item in value), type(value))
    return type_


def dual(type_: Type) -> Type:
    """The type of the tangents and the adjoints of values of a type: numbers that carry none have real ones."""
    t = widen(type_)
    if isinstance(t, Scalar):
        dtype = t.dtype if is_inexact(t.dtype) else "float64"
        return Scalar(dtype, None if t.python is not False else False)
    if isinstance(t, Array) and not is_inexact(t.dtype):
        return Array("float64", t.dims)
    return t


def join(a: Type, b: Type, site: str = "") -> Type:
    """The least type that holds both; `site` names dims that differ, deterministically."""
    if a == b or isinstance(b, Never):
        return a
    if isinstance(a, Never):
        return b
    if NONE in (a, b) or isinstance(a, Optional) or isinstance(b, Optional):
        return _join_optional(a, b, site)
    a, b = widen(a), widen(b)
    if a == b:
        return a
    if isinstance(a, Scalar) and isinstance(b, Scalar):
        return _join_scalars(a, b)
    if isinstance(a, Array) and isinstance(b, Array):
        dtype = a.dtype if a.dtype == b.dtype else None
        if dtype is None and not (is_inexact(a.dtype) and is_inexact(b.dtype)):
            return ANY
        if a.dims is None or b.dims is None or len(a.dims) != len(b.dims):
            return Array(dtype, None)
        return Array(
            dtype, tuple(p if p == q else Dim(f"j{site}_{i}") for i, (p, q) in enumerate(zip(a.dims, b.dims)))
        )
    if isinstance(a, Tuple) and isinstance(b, Tuple) and a.cls is b.cls and len(a.items) == len(b.items):
        return Tuple(
            tuple(join(p, q, f"{site}_{i}") for i, (p, q) in enumerate(zip(a.items, b.items))), a.cls
        )
    if (
        isinstance(a, (Tuple, List))
        and isinstance(b, (Tuple, List))
        and a.cls is b.cls
        and a.cls in (list, tuple)
    ):
        p, q = as_list(a), as_list(b)
        length = p.length if p.length == q.length else None
        return List(join(p.item, q.item, site), length, a.cls, join_sites(p.site, q.site))
    if isinstance(a, Record) and isinstance(b, Record) and a.cls is b.cls:
        if [k for k, _ in a.fields] == [k for k, _ in b.fields]:
            kind = type(a) if type(a) is type(b) else Record
            return kind(
                tuple((k, join(p, q, f"{site}_{k}")) for (k, p), (_, q) in zip(a.fields, b.fields)), a.cls
            )
    if isinstance(a, (Record, Mapping)) and isinstance(b, (Record, Mapping)):
        if getattr(a, "cls", dict) is dict and getattr(b, "cls", dict) is dict:
            m, n = as_mapping(a), as_mapping(b)
            return Mapping(join(m.key, n.key), join(m.item, n.item, site), join_sites(m.site, n.site))
    if isinstance(a, Range) and isinstance(b, Range):
        return Range()
    if isinstance(a, Sparse) and isinstance(b, Sparse):
        return _join_sparse(a, b, site)
    if isinstance(a, Closure) and isinstance(b, Closure) and a.function is b.function:
        return Closure(
            a.function,
            tuple(join(p, q, f"{site}_{i}") for i, (p, q) in enumerate(zip(a.captures, b.captures))),
        )
    numeric = (Numeric, Scalar, Array)
    if isinstance(a, numeric) and isinstance(b, numeric) and _is_number(a) and _is_number(b):
        return NUMERIC
    return ANY


def _join_sparse(a: Sparse, b: Sparse, site: str) -> Sparse:
    cls = next(c for c in a.cls.__mro__ if issubclass(b.cls, c))
    dtype = a.dtype if a.dtype == b.dtype else None
    if a.dims is None or b.dims is None or len(a.dims) != len(b.dims):
        return Sparse(cls, dtype)
    dims = tuple(p if p == q else Dim(f"j{site}_{i}") for i, (p, q) in enumerate(zip(a.dims, b.dims)))
    return Sparse(cls, dtype, dims)


def join_sites(a: str, b: str) -> str:
    """The places where one of two containers was made; "?" stands for one that is not known."""
    if a == b:
        return a
    return "|".join(sorted({*(a or "?").split("|"), *(b or "?").split("|")}))


def _join_optional(a: Type, b: Type, site: str) -> Type:
    inner: Type = NEVER
    for t in (a, b):
        if t != NONE:
            inner = join(inner, t.item if isinstance(t, Optional) else t, site)
    inner = widen(inner)
    return ANY if isinstance(inner, Any) else Optional(inner)


def _is_number(type_: Type) -> bool:
    return not (isinstance(type_, Array) and not is_inexact(type_.dtype))


def _join_scalars(a: Scalar, b: Scalar) -> Scalar:
    python = a.python if a.python == b.python else None
    if a.dtype == b.dtype:
        return Scalar(a.dtype, python, a.dim if a.dim == b.dim else None)
    if a.dtype is None or b.dtype is None:
        return Scalar(None, python)
    kinds = {np.dtype(a.dtype).kind, np.dtype(b.dtype).kind}
    if kinds <= set("bui"):
        return Scalar("int64", python)
    if {"f", "c"} <= kinds or "float32" in (a.dtype, b.dtype) or "complex64" in (a.dtype, b.dtype):
        return Scalar(None, python)
    return Scalar("complex128" if "c" in kinds else "float64", python)


def as_list(type_: Tuple | List) -> List:
    """A known sequence as one of unknown items."""
    if isinstance(type_, List):
        return type_
    item: Type = NEVER
    for each in type_.items:
        item = join(item, each)
    return List(item, known_dim(len(type_.items)), type_.cls)


def unsized(type_: Type) -> Type:
    """The same type where the lengths of lists are not known."""
    if isinstance(type_, List):
        return replace(type_, item=unsized(type_.item), length=None if type_.cls is list else type_.length)
    if isinstance(type_, Tuple):
        return Tuple(tuple(map(unsized, type_.items)), type_.cls)
    if isinstance(type_, Mapping):
        return replace(type_, item=unsized(type_.item))
    return type_


def as_mapping(type_: Record | Mapping) -> Mapping:
    """A dict of known keys as one of unknown keys."""
    if isinstance(type_, Mapping):
        return type_
    key: Type = NEVER
    item: Type = NEVER
    for name, each in type_.fields:
        key, item = join(key, widen(Known(name))), join(item, each)
    return Mapping(key, item)
