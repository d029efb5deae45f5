"""Operations of the language that have no Python callable of their own.

Each one runs, so that a program can be interpreted op by op. An `apply` op's `fn` is one of
these, a function of `operator`, a builtin, or a library function.
"""

from __future__ import annotations

import builtins
import importlib
from typing import Any

import numpy as np


class Cells:
    """The variables of a function that functions inside it assign."""


def tuple_(*items: Any) -> tuple[Any, ...]:
    """`(a, b)`"""
    return items


def list_(*items: Any) -> list[Any]:
    """`[a, b]`"""
    return builtins.list(items)


def set_(*items: Any) -> set[Any]:
    """`{a, b}`"""
    return builtins.set(items)


def dict_(*pairs: Any) -> dict[Any, Any]:
    """`{k: v}`: keys and values alternate."""
    return builtins.dict(zip(pairs[::2], pairs[1::2]))


def starred(items: Any) -> Any:
    """`*items` among the operands of call, tuple_, list_ or set_."""
    return items


def double_starred(items: Any) -> Any:
    """`**items` among the operands of call, or (key None) of dict_."""
    return items


def unpack(sequence: Any, before: int, star: bool, after: int) -> tuple[Any, ...]:
    """`a, *b, c = sequence`: one result a target; `before` is the number of targets without a star."""
    items = builtins.list(sequence)
    if not star:
        if len(items) != before:
            raise ValueError(f"expected {before} values to unpack, got {len(items)}")
        return builtins.tuple(items)
    if len(items) < before + after:
        raise ValueError(f"expected at least {before + after} values to unpack, got {len(items)}")
    middle = items[before : len(items) - after]
    return (*items[:before], middle, *items[len(items) - after :])


def call(function: Any, *args: Any, **keywords: Any) -> Any:
    """`function(*args, **keywords)` where the function is itself a value."""
    return function(*args, **keywords)


def global_(name: str) -> Any:
    """A global or builtin name, read where the program runs."""
    raise NameError(name)


def closure(function: Any, *captures: Any) -> Any:
    """A nested function or lambda with the values of its free variables and of its defaults."""
    return function, captures


def text(*parts: str) -> str:
    """An f-string: its parts in order, each already formatted (`format(value, spec)`)."""
    return "".join(parts)


def import_(module: str, name: str | None) -> Any:
    """`import module` (the module itself, for dotted names too), or `from module import name`."""
    found = importlib.import_module(module)
    return found if name is None else getattr(found, name)


def is_sequence(value: Any) -> bool:
    """What a sequence pattern of `match` asks: a Sequence, but no string."""
    return isinstance(value, (builtins.list, builtins.tuple, range))


# ----- what is said of the results of solvers -----


def outside(function: Any, *args: Any, **keywords: Any) -> Any:
    """`function(*args, **keywords)` as it is: what it returns counts as a constant, of no known type."""
    return function(*args, **keywords)


def typed_as(value: Any, like: Any) -> Any:
    """The same value, which is known to have the type and the shape of `like`."""
    return value


def attached(value: Any, carrier: Any) -> Any:
    """`value`, whose derivative is that of `carrier`."""
    return value


def order() -> int:
    """How often the program is differentiated that is written here."""
    return 1


def refused(message: str) -> Any:
    """Where this would run, the derivative is refused."""
    raise NotImplementedError(message)


# ----- what derivatives add -----


def tape() -> list[Any]:
    """A new, empty tape."""
    return []


def push(tape: list[Any], *values: Any) -> None:
    """Save one record."""
    tape.append(values[0] if len(values) == 1 else values)


def pull(tape: list[Any]) -> Any:
    """Take the last record back; one result a field."""
    return tape.pop()


def add_at(b: Any, index: Any, v: Any) -> Any:
    """`b` with `v` added at `index`, repeated indices accumulating; functional."""
    if isinstance(b, np.ndarray):
        b = b.copy()
        np.add.at(b, index, v)
        return b
    if isinstance(b, (list, dict)):
        b = b.copy()
        b[index] = b[index] + v
        return b
    return builtins.tuple(x + v if i == index else x for i, x in enumerate(b))


def set_at(x: Any, index: Any, v: Any) -> Any:
    """`x` with `v` stored at `index`; functional."""
    x = x.copy()
    x[index] = v
    return x


def augment_at(x: Any, index: Any, operation: Any, v: Any) -> None:
    """`x[index] += v` as one statement; `operation` is operator.iadd or a sibling."""
    x[index] = operation(x[index], v)


def append(items: list[Any], item: Any) -> list[Any]:
    """A list with one item more, as a value; written in place where `items` dies."""
    return [*items, item]


def insert(items: dict[Any, Any], key: Any, item: Any) -> dict[Any, Any]:
    """A dict with one entry more, as a value; written in place where `items` dies."""
    return {**items, key: item}


def restore(x: Any, index: Any) -> None:
    """Where the reverse sweep passes a write: `x[index] = old` goes here if anything reads it."""


def include(items: set[Any], item: Any) -> set[Any]:
    """A set with one item more, as a value; written in place where `items` dies."""
    return {*items, item}


def narrow(value: Any) -> Any:
    """The same value, of which a test has shown that it is not None."""
    return value
