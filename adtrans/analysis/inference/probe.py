"""Result types by example: a library function runs on small arrays of the operands' types.

Three runs with different lengths for every symbolic dim tell which dim of the result is which:
a length that is the same in all runs is literal, one that follows a symbol (with an offset) is
that symbol's, any other is a dim of its own, named by the call's site.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np

from adtrans.analysis.inference.arrays import by_value
from adtrans.analysis.inference.members import call_of
from adtrans.ir import types as ty
from adtrans.ir.program import Const, Value
from adtrans.rules.registry import lookup

RUNS = 3
# Lengths of the k-th symbol in the three runs: differences of different symbols never agree.
_LENGTHS = ((5, 8, 6), (7, 5, 11), (9, 14, 10), (6, 13, 8), (11, 6, 9), (8, 9, 14), (4, 11, 13), (12, 7, 5))
_LARGEST = 200_000


class CannotProbe(Exception):
    """The operands have no example, or the function did not run on it."""


class Examples:
    """Example operands for one run, with one length a symbol (or one length for all: `every`)."""

    def __init__(self, run: int, symbols: dict[str, int], site: str = "", every: int | None = None):
        self.run = run
        self.every = every
        self.site = site
        self.symbols = symbols

    def length(self, dim: ty.Dim) -> int:
        if dim.symbol is None:
            return dim.offset
        if self.every is not None:
            return self.every
        index = self.symbols.setdefault(dim.symbol, len(self.symbols))
        if index >= len(_LENGTHS):
            raise CannotProbe("too many symbolic dims")
        return max(0, _LENGTHS[index][self.run] + dim.offset)

    def example(self, value: Value) -> Any:
        if isinstance(value, Const):
            return value.value
        return self.of_type(value.type)

    def of_type(self, type_: ty.Type) -> Any:
        if isinstance(type_, ty.Known):
            return type_.value
        if isinstance(type_, ty.Scalar):
            return self._number(type_)
        if isinstance(type_, ty.Array):
            return self._array(type_)
        if isinstance(type_, ty.Tuple):
            items = [self.of_type(item) for item in type_.items]
            return items if type_.cls is list else tuple.__new__(type_.cls, items)
        if isinstance(type_, ty.List):
            length = type_.length if type_.length is not None else ty.Dim(f"u{self.site}_{len(self.symbols)}")
            return type_.cls(self.of_type(type_.item) for _ in range(self.length(length)))
        if isinstance(type_, ty.Record) and type_.cls is dict:
            return {key: self.of_type(inner) for key, inner in type_.fields}
        if isinstance(type_, ty.Range) and type_.length is not None:
            return range(self.length(type_.length))
        if isinstance(type_, ty.Sparse):
            return self._sparse(type_)
        raise CannotProbe(str(type_))

    def _sparse(self, type_: ty.Sparse) -> Any:
        if type_.dims is None or type_.dtype is None:
            raise CannotProbe("a sparse matrix of unknown shape or dtype")
        return type_.cls(self._array(ty.Array(type_.dtype, type_.dims)))

    def _number(self, type_: ty.Scalar) -> Any:
        if type_.dim is not None and not type_.dim.counts:
            return self.length(type_.dim)
        if type_.dtype is None or (
            type_.python is None and type_.dtype not in ("float64", "int64", "bool", "complex128")
        ):
            raise CannotProbe("a number of unknown dtype")
        kind = np.dtype(type_.dtype).kind
        value = np.dtype(type_.dtype).type(1 if kind in "biu" else 0.5 + 0.25j if kind == "c" else 0.5)
        if not type_.python:
            return value
        # an unknown Python integer takes another value in every run
        return value.item() + self.run if type_.dtype == "int64" else value.item()

    def _array(self, type_: ty.Array) -> Any:
        if type_.dims is None or type_.dtype is None:
            raise CannotProbe("an array of unknown rank or dtype")
        shape = tuple(self.length(dim) for dim in type_.dims)
        size = int(np.prod(shape))
        if size > _LARGEST:
            raise CannotProbe("too large")
        dtype = np.dtype(type_.dtype)
        if dtype.kind == "b":
            return np.ones(shape, dtype)
        if dtype.kind in "iu":
            return np.zeros(shape, dtype)
        array = ((np.arange(size, dtype=float) * 0.37) % 0.9 + 0.05).reshape(shape)
        if len(shape) >= 2 and shape[-1] == shape[-2]:
            array = 0.1 * (array + np.swapaxes(array, -1, -2)) + 2.0 * np.eye(shape[-1])
        return array.astype(dtype) * dtype.type(1 + 0.5j) if dtype.kind == "c" else array.astype(dtype)


def probe(fn: Callable[..., Any], operands: list[Value], keywords: tuple[str, ...], site: str) -> ty.Type:
    """The type of fn(*operands), from three example runs. Raises CannotProbe."""
    symbols: dict[str, int] = {}
    try:
        results = [_run(fn, operands, keywords, Examples(run, symbols, site)) for run in range(RUNS)]
    except CannotProbe:
        # lengths that the primal makes equal have different names here: take one for all, and learn the rank
        return _rank_alone(fn, operands, keywords, site)
    return _certain(fn, operands, _common(results, symbols, site), site)


def probe_shapes(
    fn: Callable[..., Any], operands: list[Value], keywords: tuple[str, ...], site: str
) -> ty.Type:
    """The type of fn(*operands) where no length depends on anything but lengths. Raises CannotProbe."""
    symbols: dict[str, int] = {}
    results = [_run(fn, operands, keywords, Examples(run, symbols, site)) for run in range(RUNS)]
    return _common(results, symbols, site)


def _run(fn: Callable[..., Any], operands: list[Value], keywords: tuple[str, ...], examples: Examples) -> Any:
    values = [examples.example(v) for v in operands]
    split = len(values) - len(keywords)
    try:
        with np.errstate(all="ignore"), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return fn(*values[:split], **dict(zip(keywords, values[split:])))
    except Exception as problem:
        raise CannotProbe(str(problem)) from problem


def _rank_alone(
    fn: Callable[..., Any], operands: list[Value], keywords: tuple[str, ...], site: str
) -> ty.Type:
    """The type of a result with its lengths unknown."""
    literals = {
        d.offset
        for v in operands
        if isinstance(v.type, (ty.Array, ty.Sparse))
        for d in v.type.dims or ()
        if d.symbol is None and d.offset > 1
    }
    for every in (*sorted(literals), 12, 4, 3, 2):
        try:
            result = _run(fn, operands, keywords, Examples(0, {}, site, every))
        except CannotProbe:
            continue
        return _certain(fn, operands, _common([result], {}, site), site)
    raise CannotProbe("no example runs")


# ----- what no example can tell -----

# Functions whose result has as many elements as the values say.
_LENGTH_BY_VALUE = frozenset(
    getattr(np, name)
    for name in "unique unique_values unique_all unique_counts unique_inverse nonzero flatnonzero argwhere extract compress trim_zeros "
    "delete setdiff1d setxor1d union1d intersect1d repeat bincount arange where roots polydiv".split()
    if hasattr(np, name)
)


def _certain(fn: Callable[..., Any], operands: list[Value], type_: ty.Type, site: str) -> ty.Type:
    """The type less what depends on the values of the operands: their sign, their repetition, their sum."""
    if lookup(fn) is None or fn in _LENGTH_BY_VALUE and not _counts(fn, operands):
        type_ = of_any_length(type_, site)
    return _of_any_dtype(type_) if by_value(fn) else type_


def _counts(fn: Callable[..., Any], operands: list[Value]) -> bool:
    """Whether the length follows from constants and lengths, as in np.arange(n) and np.repeat(x, 3)."""
    if fn is np.where:
        return len(operands) == 3
    counts = operands if fn is np.arange else operands[1:2] if fn in (np.repeat, np.delete) else None
    return counts is not None and all(
        isinstance(v, Const) or isinstance(v.type, ty.Scalar) and v.type.dtype == "int64" for v in counts
    )


def of_any_length(type_: ty.Type, site: str) -> ty.Type:
    """The type with lengths of its own."""
    if isinstance(type_, ty.Array) and type_.dims is not None:
        return ty.Array(type_.dtype, tuple(ty.Dim(f"v{site}_{i}") for i in range(len(type_.dims))))
    if isinstance(type_, ty.Sparse) and type_.dims is not None:
        return replace(type_, dims=tuple(ty.Dim(f"v{site}_{i}") for i in range(len(type_.dims))))
    if isinstance(type_, ty.Tuple):
        return ty.Tuple(tuple(of_any_length(t, f"{site}_{i}") for i, t in enumerate(type_.items)), type_.cls)
    return type_


def _of_any_dtype(type_: ty.Type) -> ty.Type:
    if isinstance(type_, ty.Array) and type_.dtype in ("float64", "float32"):
        return ty.Array(None, type_.dims)
    return (
        ty.Tuple(tuple(map(_of_any_dtype, type_.items)), type_.cls) if isinstance(type_, ty.Tuple) else type_
    )


# ----- the common type of results -----


def _common(results: list[Any], symbols: dict[str, int], site: str) -> ty.Type:
    first = results[0]
    if any(type(r) is not type(first) for r in results):
        return ty.ANY
    if ty.is_sparse(first):
        if any(r.ndim != first.ndim for r in results):
            return ty.Sparse(type(first), first.dtype.name)
        dims = tuple(_dim([r.shape[i] for r in results], symbols, f"{site}_{i}") for i in range(first.ndim))
        return ty.Sparse(type(first), first.dtype.name, dims)
    if isinstance(first, np.matrix):
        return ty.Foreign(type(first))
    if isinstance(first, np.ndarray) and type(first) is np.ndarray and first.dtype.kind in "biufc":
        if any(r.ndim != first.ndim for r in results):
            return ty.Array(first.dtype.name, None)
        return ty.Array(
            first.dtype.name,
            tuple(_dim([r.shape[i] for r in results], symbols, f"{site}_{i}") for i in range(first.ndim)),
        )
    if isinstance(first, (bool, int, float, complex)) and type(first) in (bool, int, float, complex):
        dtype = {bool: "bool", int: "int64", float: "float64", complex: "complex128"}[type(first)]
        if dtype == "int64":
            found = _dim(list(results), symbols, "")
            return ty.Scalar(dtype, True, found if found.symbol else None)
        return ty.Scalar(dtype)
    if isinstance(first, np.generic) and first.dtype.kind in "biufc":
        return ty.Scalar(first.dtype.name, False)
    if isinstance(first, (tuple, list)):
        if all(len(r) == len(first) for r in results):
            items = tuple(_common([r[i] for r in results], symbols, f"{site}_{i}") for i in range(len(first)))
            return ty.Tuple(items, type(first))
        item: ty.Type = ty.NEVER
        for inner in first:
            item = ty.join(item, _common([inner], symbols, site), site)
        return ty.List(item, None, list) if type(first) is list else ty.ANY
    if isinstance(first, str):
        return ty.TEXT
    if first is None or isinstance(first, np.dtype):
        return ty.Known(first)
    if lookup(call_of(type(first))) is not None or type(first).__name__ == "SuperLU":
        return ty.Instance(type(first))
    return ty.ANY


def _dim(lengths: list[int], symbols: dict[str, int], site: str) -> ty.Dim:
    if len(lengths) < RUNS:
        return ty.Dim(f"p{site}")
    if len(set(lengths)) == 1:
        return ty.known_dim(lengths[0])
    for symbol, index in symbols.items():
        offsets = {length - base for length, base in zip(lengths, _LENGTHS[index])}
        if len(offsets) == 1 and abs(offset := offsets.pop()) <= 2:
            return ty.Dim(symbol, offset)
    return ty.Dim(f"p{site}") if site else ty.Dim(None, 0)
