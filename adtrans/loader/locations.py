"""Where objects are found again in another process: modules, globals, closure cells, literals.

A location is a JSON list; the function being differentiated is its anchor.
"""

from __future__ import annotations

import ast
import importlib
import inspect
import sys
import types
from collections.abc import Iterable
from typing import Any

import numpy as np

Location = list[Any]

_LITERALS = (bool, int, str, bytes, type(None), type(Ellipsis))


class NoLocation(Exception):
    """An object that cannot be found again."""


class Locator:
    """Finds locations of objects around a function, and of those that its dependencies name."""

    def __init__(self, root: types.FunctionType):
        self.root = root
        self._functions: list[tuple[types.FunctionType, Location]] = [(root, ["root"])]
        self._named: dict[int, tuple[Any, Location]] = {}

    def add(self, namespace: Any, name: str, x: Any) -> Location:
        """Note that `x` is what `name` means in a namespace; the namespace's location."""
        place = self.locate(namespace)
        self._named.setdefault(id(x), (x, ["in", place, name]))
        if isinstance(x, types.FunctionType):
            self._functions.append((x, ["in", place, name]))
        return place

    def locate(self, x: Any) -> Location:
        """The location of an object; NoLocation where it has none."""
        if x is self.root:
            return ["root"]
        if isinstance(x, types.CellType):
            return self._cell(x)
        if type(x) is dict:
            return self._namespace(x)
        if isinstance(x, types.ModuleType):
            return ["module", x.__name__] if sys.modules.get(x.__name__) is x else self._by_name(x)
        literal = _literal(x)
        if literal is not None:
            return literal
        if id(x) in self._named and self._named[id(x)][0] is x:
            return self._named[id(x)][1]
        return self._by_name(x)

    def _cell(self, cell: types.CellType) -> Location:
        for function, place in self._functions:
            for name, found in zip(function.__code__.co_freevars, function.__closure__ or ()):
                if found is cell:
                    return ["cell", place, name]
        raise NoLocation(cell)

    def _namespace(self, namespace: dict[str, Any]) -> Location:
        for function, place in self._functions:
            if function.__globals__ is namespace:
                return ["globals", place]
        name = namespace.get("__name__")
        module = sys.modules.get(name) if isinstance(name, str) else None
        if module is not None and vars(module) is namespace:
            return ["dict", name]
        raise NoLocation(namespace)

    def _by_name(self, x: Any) -> Location:
        name = getattr(x, "__qualname__", None) or getattr(x, "__name__", None)
        for module in _modules_of(x):
            found = _attribute(sys.modules.get(module), name) if name else None
            if found is x:
                return ["import", module, name]
            if isinstance(found, property) and found.fget is x:
                return ["getter", module, name]
        if type(x).__module__.startswith("adtrans."):  # one of our own markers
            for name, found in vars(sys.modules[type(x).__module__]).items():
                if found is x:
                    return ["import", type(x).__module__, name]
        raise NoLocation(x)


def _modules_of(x: Any) -> Iterable[str]:
    module = getattr(x, "__module__", None)
    if isinstance(module, str):
        yield module
    if isinstance(x, np.ufunc):
        yield "numpy"
        yield "scipy.special"


def _attribute(x: Any, dotted: str) -> Any:
    for name in dotted.split("."):
        x = getattr(x, name, None)
    return x


def _literal(x: Any) -> Location | None:
    cls = type(x)
    if cls in _LITERALS or (cls is tuple and all(_literal(item) is not None for item in x)):
        text = repr(x)
        return ["literal", text] if _is_literal(text) else None
    if cls is float:
        return ["float", x.hex()]
    if isinstance(x, np.dtype) and x.fields is None:
        return ["dtype", x.str]
    return None


def _is_literal(text: str) -> bool:
    try:
        ast.literal_eval(text)
    except ValueError:
        return False
    return True


def resolve(location: Location, root: types.FunctionType) -> Any:
    """The object at a location; LookupError, ImportError or AttributeError where there is none."""
    kind, *rest = location
    if kind == "root":
        return root
    if kind == "module":
        return importlib.import_module(rest[0])
    if kind == "dict":
        return vars(importlib.import_module(rest[0]))
    if kind == "import":
        found = _attribute(importlib.import_module(rest[0]), rest[1])
        if found is None:
            raise LookupError(rest[1])
        return found
    if kind == "getter":
        return _attribute(importlib.import_module(rest[0]), rest[1]).fget
    if kind == "globals":
        return resolve(rest[0], root).__globals__
    if kind == "cell":
        function = resolve(rest[0], root)
        return (function.__closure__ or ())[function.__code__.co_freevars.index(rest[1])]
    if kind == "in":
        return meaning(resolve(rest[0], root), rest[1])
    if kind == "literal":
        return ast.literal_eval(rest[0])
    if kind == "float":
        return float.fromhex(rest[0])
    if kind == "dtype":
        return np.dtype(rest[0])
    raise LookupError(kind)


def meaning(namespace: Any, name: str) -> Any:
    """What a name means now in a namespace: a dict of globals, a cell, a class, an object with attributes."""
    if isinstance(namespace, types.CellType):
        return namespace.cell_contents
    if isinstance(namespace, dict):
        if name in namespace:
            return namespace[name]
        return getattr(importlib.import_module("builtins"), name)
    if isinstance(namespace, type):
        return inspect.getattr_static(namespace, name)
    return getattr(namespace, name)
