"""What the loader asks of the pipeline, and what it gets: apart, so that cached texts load without it."""

from __future__ import annotations

from dataclasses import dataclass, field
from types import FunctionType
from typing import Any

from adtrans.ir import types as ty


@dataclass(frozen=True)
class Request:
    """What derivative of what function, at which argument types.

    function: a Python function, or a Derivative (whose `target`, `transform`, `argnums`, `single`
    and `options` say what it is), to be composed.
    transform: "grad", "value_and_grad", "vjp" or "jvp".
    argnums: positions among the bound parameters; `(position, item)` is one element of *args
    (an int) or one of **kwargs (a string).
    types: one a bound parameter, in signature order; *args is a Tuple, **kwargs a Record.
    options: ("has_aux", True): the function returns (value, aux).
    ("tangent_only", True): jvp returns the tangent alone.
    ("single", True): one bare gradient instead of a tuple of one.
    statics: paths whose type is Known because an earlier Generated.statics asked for the value.
    """

    function: Any
    transform: str
    argnums: tuple[int | tuple[int, Any], ...]
    types: tuple[ty.Type, ...]
    options: tuple[tuple[str, Any], ...] = ()
    statics: tuple[tuple[Any, ...], ...] = ()


@dataclass
class Generated:
    """A module's text, and what the loader must know of it.

    bindings: names that the loader injects into the module before it runs.
    depends: (namespace dict or cell, name, object) for each name whose binding was relied on by
    identity, and functions whose text was read.
    statics: paths `(position, key, ...)` of arguments whose value is needed; when one of them is
    not in the request's statics, the text is not used and generate is called again.
    output: type of the function's result; mutated: parameter positions that it writes into.
    fresh: gradients and tangents are known to share no memory with anything.
    single: the entry returns one bare gradient.
    places: (line, function, offset): a line of the text comes from that line below the function's first.
    """

    text: str
    entry: str
    bindings: dict[str, Any] = field(default_factory=dict)
    depends: list[Any] = field(default_factory=list)
    statics: tuple[tuple[Any, ...], ...] = ()
    output: ty.Type = ty.ANY
    mutated: tuple[int, ...] = ()
    fresh: bool = False
    single: bool = False
    places: list[tuple[int, Any, int]] = field(default_factory=list)


def root_of(function: Any) -> FunctionType | None:
    """The Python function at the bottom of derivatives of derivatives."""
    while not isinstance(function, FunctionType):
        function = getattr(getattr(function, "target", None), "function", None)
        if function is None:
            return None
    return function
