"""Whole matrices of derivatives, and elementwise ones: loops over basis vectors around jvp and vjp."""

from __future__ import annotations

import inspect
import os
import types
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from adtrans.derivative import Argnums, Derivative, Signature
from adtrans.loader import pickling, specialize, structures
from adtrans.loader.target import Target

Call = Callable[[tuple[Any, ...]], tuple[Any, Any]]


class Loop:
    """A callable that runs one derivative many times; its source is that derivative's.

    `inner` is the loop that is differentiated, when it is one: a loop is linear in what its
    derivative returns, so the tangent of a loop is the same loop over tangents.
    """

    transform = ""

    def __init__(
        self, fun: Callable[..., Any], derivative: Derivative, argnums: Argnums, inner: Loop | None = None
    ):
        self.derivative = derivative
        self.inner = inner
        self.target: Target = inner.target if inner is not None else derivative.target
        self.single = isinstance(argnums, (int, str))
        self.public_argnums = argnums
        self.__wrapped__ = fun
        self.__name__ = derivative.__name__
        self.__qualname__ = derivative.__qualname__
        self.__module__ = derivative.__module__
        self.__doc__ = derivative.__doc__

    def __call__(self, /, *args: Any, **keywords: Any) -> Any:
        values = tuple(self.target.bind(args, keywords))
        return self.run(values, lambda vectors: self.derivative._table.dispatch((*values, *vectors)))

    def specialize(self, *args: Any, **keywords: Any) -> Callable[..., Any]:
        """The same loop around the compiled derivative for the types of these arguments."""
        values = tuple(self.target.bind(args, keywords))
        table = self.derivative._table
        used: list[Any] = []

        def call(vectors: tuple[Any, ...]) -> Any:
            given = (*values, *vectors)
            used.append(table.specialisation(given[: table.count]))
            return table.dispatch(given)

        self.run(values, call)
        if not used:
            return self
        found = used[0].call

        def specialized(*args: Any, **keywords: Any) -> Any:
            values = tuple(self.target.bind(args, keywords))
            return self.run(values, lambda vectors: found(*values, *vectors))

        specialized.source = used[0].source  # type: ignore[attr-defined]
        return specialized

    def run(self, values: tuple[Any, ...], call: Call) -> Any:
        """The result, from what the derivative returns for each vector."""
        raise NotImplementedError

    def tangent_of_inner(
        self, values: tuple[Any, ...], vectors: tuple[Any, ...], call: Call
    ) -> tuple[Any, Any]:
        """What the inner loop returns, and its tangent along `vectors`."""
        assert self.inner is not None
        seen: list[tuple[Any, Any]] = []

        def primal(unit: tuple[Any, ...]) -> Any:
            seen.append(call((*unit, *vectors)))
            return seen[-1][0]

        value = self.inner.run(values, primal)
        order = iter(seen)
        return value, self.inner.run(values, lambda unit: next(order)[1])

    def active(self, values: tuple[Any, ...]) -> tuple[Any, ...]:
        """The arguments that are differentiated, among the bound ones."""
        slots = Target(self.target.function).slots(self.derivative.argnums, list(values))
        return tuple(values[s] if isinstance(s, int) else values[s[0]][s[1]] for s in slots)

    def output(self, values: tuple[Any, ...]) -> Any:
        """Something in the structure of the function's output at these arguments."""
        found = self.derivative._table.specialisation(values)
        output = found.generated.output
        shape = specialize.output_shape(output, found.request.types, values)
        dtype = getattr(output, "dtype", None)
        if shape is not None and dtype is not None:
            return np.zeros(shape, dtype) if shape else np.dtype(dtype).type(0)
        return self.target.run([structures.map_leaves(_copied, value) for value in values])

    @property
    def source(self) -> str:
        """The text of the derivative that is run."""
        return self.derivative.source

    def show(self) -> None:
        """Print `.source`."""
        print(self.source)

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write `.source` to a file."""
        self.derivative.save(path)

    __signature__ = Signature()

    def signature(self) -> inspect.Signature:
        """The function's own signature."""
        return inspect.Signature(list(self.target.public))

    def __get__(self, instance: Any, owner: type | None = None) -> Any:
        return self if instance is None else types.MethodType(self, instance)

    def __repr__(self) -> str:
        return f"<adtrans {self.transform} of {self.__module__}.{self.__qualname__}>"

    def __reduce__(self) -> Any:
        if pickling.is_importable(self):
            return self.__qualname__
        wrapped = self.inner if self.__wrapped__ is self.inner else pickling.portable(self.__wrapped__)
        return type(self), (wrapped, self.derivative, self.public_argnums, self.inner)

    def __copy__(self) -> Loop:
        return self

    def __deepcopy__(self, memo: Any) -> Loop:
        return self


def _copied(x: Any) -> Any:
    return x.copy(order="K") if isinstance(x, np.ndarray) else x


def _is_complex(x: Any) -> bool:
    return np.iscomplexobj(x)


# ----- basis vectors -----


def floating_leaves(x: Any) -> list[Any]:
    """The leaves of a structure that carry derivatives, in order."""
    return [leaf for _, leaf in structures.leaves(x) if structures.is_floating(leaf)]


def unit_vectors(structure: Any, unit: Callable[[Any], Any]) -> Iterator[tuple[int, Any]]:
    """(leaf number, vector) for each element of each floating leaf: `unit(leaf)` there, zero elsewhere."""
    for number, leaf in enumerate(floating_leaves(structure)):
        for position in range(np.size(leaf)):
            yield number, _with_entry(structure, number, position, unit(leaf))


def _with_entry(structure: Any, number: int, position: int, value: Any) -> Any:
    count = -1

    def entry(leaf: Any) -> Any:
        nonlocal count
        if not structures.is_floating(leaf):
            return leaf
        count += 1
        here = value if count == number else 0.0
        if isinstance(leaf, np.ndarray):
            made = np.zeros(leaf.shape, np.result_type(leaf.dtype, np.asarray(here).dtype.type(0)))
            if count == number:
                made[np.unravel_index(position, leaf.shape)] = here
            return made
        return type(leaf)(here)

    return structures.map_leaves(entry, structure)


def _assembled(rows: list[Any], outer: Any, inner: Any) -> Any:
    """One array of shape outer + inner from its slices; a number where both are numbers."""
    shape = np.shape(outer) + np.shape(inner)
    dtype = np.result_type(outer, inner)
    made = np.array(rows, dtype).reshape(shape)
    if not shape and not isinstance(outer, np.ndarray) and not isinstance(inner, np.ndarray):
        kind = complex if made.dtype.kind == "c" else float
        plain = isinstance(outer, (float, complex)) and isinstance(inner, (float, complex))
        return kind(made) if plain else made[()]
    return made


def _nested(outer: Any, inner: Any, entry: Callable[[int, int], Any]) -> Any:
    """`outer`, with a copy of `inner` at each floating leaf, and an entry at each of its floating leaves."""
    i = -1

    def at_outer(x: Any) -> Any:
        nonlocal i
        if not structures.is_floating(x):
            return x
        i += 1
        j = -1

        def at_inner(y: Any) -> Any:
            nonlocal j
            if not structures.is_floating(y):
                return y
            j += 1
            return entry(i, j)

        return structures.map_leaves(at_inner, inner)

    return structures.map_leaves(at_outer, outer)


# ----- jacobians -----


class ForwardJacobian(Loop):
    """Columns by jvp, one for each element of the arguments."""

    transform = "jacfwd"

    def run(self, values: tuple[Any, ...], call: Call) -> Any:
        active = self.active(values)
        if self.inner is not None:
            outer, call = call, lambda vectors: self.tangent_of_inner(values, vectors, outer)
        value: Any = None
        columns: list[list[list[Any]]] = []  # by argument leaf, element, output leaf
        for number, vector in unit_vectors(active, lambda leaf: 1.0):
            value, tangent = call(vector)
            if len(columns) == number:
                columns.append([])
            column = floating_leaves_like(tangent, value)
            if _is_complex(floating_leaves(active)[number]):
                column = self._complex_column(column, value, vector, call)
            columns[number].append(column)
        if not columns or not any(columns):
            value = self.output(values) if self.inner is None else self.inner(*values)
            columns = [[] for _ in floating_leaves(active)]
        outputs, inputs = floating_leaves(value), floating_leaves(active)

        def entry(i: int, j: int) -> Any:
            rows = [np.asarray(column[i]) for column in columns[j]]
            stacked = np.stack(rows, axis=-1) if rows else np.zeros((*np.shape(outputs[i]), 0))
            return _assembled(stacked, outputs[i], inputs[j])  # type: ignore[arg-type]

        return _nested(value, active[0] if self.single else active, entry)

    @staticmethod
    def _complex_column(column: list[Any], value: Any, vector: Any, call: Call) -> list[Any]:
        """A real output of a complex argument has the gradient of `grad`: x-part plus i times y-part."""
        if all(_is_complex(leaf) for leaf in floating_leaves(value)):
            return column
        turned = structures.map_leaves(lambda v: v * 1j if _is_complex(v) else v, vector)
        other = floating_leaves_like(call(turned)[1], value)
        return [a if _is_complex(y) else a + 1j * b for a, b, y in zip(column, other, floating_leaves(value))]


def floating_leaves_like(x: Any, pattern: Any) -> list[Any]:
    """The leaves of `x` where the leaves of `pattern`, built alike, are floating."""
    pairs = zip(structures.leaves(x), structures.leaves(pattern))
    return [leaf for (_, leaf), (_, other) in pairs if structures.is_floating(other)]


def forward_jacobian(
    fun: Any, argnums: Argnums, options: tuple[tuple[str, Any], ...] = ()
) -> ForwardJacobian:
    """Columns of the Jacobian of a function, or of another loop."""
    listed: Argnums = (argnums,) if isinstance(argnums, (int, str)) else argnums
    if isinstance(fun, Loop):
        return ForwardJacobian(fun, Derivative(fun.derivative, "jvp", listed, options), argnums, fun)
    return ForwardJacobian(fun, Derivative(fun, "jvp", listed, options), argnums)


class ReverseJacobian(Loop):
    """Rows by vjp, one for each element of the output."""

    transform = "jacrev"

    def run(self, values: tuple[Any, ...], call: Call) -> Any:
        active = self.active(values)
        value = self.output(values)
        inputs = floating_leaves(active)
        outputs = floating_leaves(value)
        rows: list[list[list[Any]]] = [[] for _ in outputs]  # by output leaf, element, argument leaf
        for number, vector in unit_vectors(value, lambda leaf: 1.0):
            row = floating_leaves_like(call((vector,))[1], active)
            if _is_complex(outputs[number]):
                row = self._complex_row(row, inputs, vector, call, active)
            rows[number].append(row)

        def entry(i: int, j: int) -> Any:
            found = [np.asarray(row[j]) for row in rows[i]]
            stacked = np.stack(found) if found else np.zeros((0, *np.shape(inputs[j])))
            return _assembled(stacked, outputs[i], inputs[j])  # type: ignore[arg-type]

        return _nested(value, active[0] if self.single else active, entry)

    @staticmethod
    def _complex_row(row: list[Any], inputs: list[Any], vector: Any, call: Call, active: Any) -> list[Any]:
        """vjp is the adjoint: its conjugate is the row; a real argument has the row's real part only."""
        if all(_is_complex(x) for x in inputs):
            return [np.conj(r) for r in row]
        turned = structures.map_leaves(lambda v: v * 1j if _is_complex(v) else v, vector)
        other = floating_leaves_like(call((turned,))[1], active)
        return [np.conj(a) if _is_complex(x) else a + 1j * b for a, b, x in zip(row, other, inputs)]


class ElementwiseGradient(Loop):
    """One vjp with a cotangent of ones."""

    transform = "elementwise_grad"

    def run(self, values: tuple[Any, ...], call: Call) -> Any:
        if self.inner is not None:  # elementwise, so that a sum of columns is a sum of rows
            ones = structures.map_leaves(_one, self.active(values))
            found = self.tangent_of_inner(values, ones, call)[1]
            return found if self.single else (found,)
        gradients = call((structures.map_leaves(_one, self.output(values)),))[1]
        return gradients[0] if self.single else gradients


def _one(x: Any) -> Any:
    if not structures.is_floating(x):
        return x
    return np.ones_like(x, subok=False) if isinstance(x, np.ndarray) else type(x)(1)
