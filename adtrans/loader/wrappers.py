"""Python functions written around what has no Python text: ufuncs and functions written in C."""

from __future__ import annotations

import inspect
import linecache
import math
import sys
import types
from collections.abc import Callable
from typing import Any

import numpy as np

from adtrans.errors import MissingSourceError

_written: dict[Any, types.FunctionType] = {}


def can_write(fun: Any) -> bool:
    """Whether a Python function can be written around this one: it has a public name and a known arity."""
    return isinstance(fun, (np.ufunc, types.BuiltinFunctionType)) and spelling(fun) is not None


def spelling(fun: Any) -> str | None:
    """The dotted public name of a library function; None where it has none."""
    name = getattr(fun, "__name__", "")
    module = getattr(fun, "__module__", None)
    if getattr(np, name, None) is fun:
        return f"np.{name}"
    if getattr(math, name, None) is fun:
        return f"math.{name}"
    if isinstance(fun, np.ufunc):
        special = _module("scipy.special")
        return f"special.{name}" if special is not None and getattr(special, name, None) is fun else None
    found = _module(module or "")
    return f"{module.rpartition('.')[2]}.{name}" if module and getattr(found, name, None) is fun else None


def _module(name: str) -> Any:
    return sys.modules.get(name)


def written(fun: Any) -> types.FunctionType:
    """`def sin(x): return np.sin(x)`, with its text known to linecache."""
    try:
        return _written[fun]
    except KeyError:
        pass
    dotted = spelling(fun)
    assert dotted is not None
    names = _parameter_names(fun)
    text = f"def {fun.__name__}({', '.join(names)}):\n    return {dotted}({', '.join(names)})\n"
    made = define(text, fun.__name__, f"<adtrans {dotted}>", _namespace(dotted, fun))
    made.__doc__ = fun.__doc__
    _written[fun] = made
    return made


def _namespace(dotted: str, fun: Any) -> dict[str, Any]:
    root = dotted.partition(".")[0]
    return {root: {"np": np, "math": math}.get(root) or _module(fun.__module__) or _module("scipy.special")}


def _parameter_names(fun: Callable[..., Any]) -> list[str]:
    if isinstance(fun, np.ufunc):
        return ["x"] if fun.nin == 1 else [f"x{i + 1}" for i in range(fun.nin)]
    try:
        parameters = inspect.signature(fun).parameters.values()
    except ValueError:
        raise MissingSourceError(
            f"the parameters of {fun.__name__} are not known", hint="Differentiate a function that calls it."
        ) from None
    required = (p for p in parameters if p.default is p.empty)
    return [p.name for p in required if p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD)]


def define(text: str, name: str, filename: str, namespace: dict[str, Any]) -> types.FunctionType:
    """Run a definition, its text registered with linecache, and return the function `name`."""
    linecache.cache[filename] = (len(text), None, text.splitlines(True), filename)
    namespace.setdefault("__name__", "adtrans.written")
    exec(compile(text, filename, "exec"), namespace)
    return namespace[name]
