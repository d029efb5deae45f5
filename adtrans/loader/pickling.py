"""Functions and derivatives as pickles: by import name, else by their text and what they captured."""

from __future__ import annotations

import functools
import importlib
import importlib.util
import linecache
import pickle
import sys
import types
import zlib
from typing import Any

from adtrans.frontend import source


def is_importable(x: Any) -> bool:
    """Whether `module.qualname` is this very object."""
    found: Any = sys.modules.get(getattr(x, "__module__", None) or "")
    for name in getattr(x, "__qualname__", "<>").split("."):
        found = getattr(found, name, None)
    return found is x


def portable(x: Any) -> Any:
    """`x`, or something that unpickles to its equal where `x` itself cannot be pickled."""
    if isinstance(x, types.FunctionType):
        return x if is_importable(x) else Portable(restore_function, x)
    if isinstance(x, types.ModuleType):
        return Portable(importlib.import_module, x)
    if type(x) is functools.partial:
        return functools.partial(portable(x.func), *map(portable, x.args), **_each(x.keywords))
    if isinstance(x, types.MethodType) and isinstance(x.__func__, types.FunctionType):
        return x if is_importable(x.__func__) else Portable(types.MethodType, x)
    return x


def _each(items: dict[str, Any]) -> dict[str, Any]:
    return {name: portable(value) for name, value in items.items()}


class Portable:
    """Pickles to a call that makes the object anew; it never exists after unpickling."""

    def __init__(self, restore: Any, x: Any):
        self.restore = restore
        self.x = x

    def __call__(self, *args: Any, **keywords: Any) -> Any:
        return self.x(*args, **keywords)

    def __reduce__(self) -> Any:
        x = self.x
        if isinstance(x, types.ModuleType):
            return self.restore, (x.__name__,)
        if isinstance(x, types.MethodType):
            return self.restore, (portable(x.__func__), x.__self__)
        return self.restore, (_state_of(x),)


_ITSELF = "<adtrans: the function itself>"


def _state_of(function: types.FunctionType) -> dict[str, Any]:
    """Everything that makes the function, by values that pickle."""
    found = source.find(function)
    cells = {}
    for name, cell in zip(function.__code__.co_freevars, function.__closure__ or ()):
        value = cell.cell_contents
        cells[name] = _ITSELF if value is function else portable(value)
    module = function.__module__
    state = {
        "text": _text_of(found, tuple(cells)),
        "name": function.__name__,
        "qualname": function.__qualname__,
        "module": module,
        "doc": function.__doc__,
        "defaults": tuple(map(portable, function.__defaults__ or ())) or None,
        "keyword_defaults": _each(function.__kwdefaults__ or {}) or None,
        "cells": cells,
        "globals": {},
    }
    if not _is_found(module):
        names = _names_in(function.__code__)
        given = function.__globals__
        state["globals"] = _each({name: given[name] for name in names if name in given})
    return state


def _is_found(module: str | None) -> bool:
    if not module or module == "__main__":
        return False
    try:
        return importlib.util.find_spec(module) is not None
    except (ImportError, ValueError, AttributeError):
        return False


def _names_in(code: types.CodeType) -> list[str]:
    names = dict.fromkeys(code.co_names)
    for inner in code.co_consts:
        if isinstance(inner, types.CodeType):
            names.update(dict.fromkeys(_names_in(inner)))
    return list(names)


def _text_of(found: source.Found, free: tuple[str, ...]) -> str:
    """A module that defines `_outer(free variables)`, which returns the function."""
    node = found.node
    end_line, end_column = node.end_lineno, node.end_col_offset
    assert end_line is not None and end_column is not None
    # positions of ast count bytes; those of the text count characters
    lines = found.source.lines
    start = len(lines[node.lineno - 1].encode()[: node.col_offset].decode())
    end = len(lines[end_line - 1].encode()[:end_column].decode())
    segment = found.source.segment(node.lineno, start, end_line, end)
    head = f"def _outer({', '.join(free)}):\n"
    name = getattr(node, "name", None)
    if name is None:
        return f"{head}    return (\n{segment}\n    )\n"
    indent = lines[node.lineno - 1][:start]
    if indent:
        return f"{head}{indent}{segment}\n{indent}return {name}\n"
    if free:
        raise pickle.PicklingError(f"cannot pickle {found.source.name}: its text stands at the margin")
    return f"{segment}\n\n\n{head}    return {name}\n"


def restore_function(state: dict[str, Any]) -> types.FunctionType:
    """The function that a state describes, its text known to linecache."""
    text = state["text"]
    filename = f"<adtrans pickle of {state['qualname']} {abs(hash_of(text)):x}>"
    linecache.cache[filename] = (len(text), None, text.splitlines(True), filename)
    try:
        namespace = importlib.import_module(state["module"]).__dict__ if not state["globals"] else {}
    except ImportError:
        namespace = {}
    if not namespace:
        namespace = {"__name__": state["module"], "__builtins__": __builtins__, **state["globals"]}
    scratch = dict(namespace)
    exec(compile(text, filename, "exec", dont_inherit=True), scratch)
    made = scratch["_outer"](*state["cells"].values())
    function = types.FunctionType(
        made.__code__, namespace, state["name"], state["defaults"], made.__closure__
    )
    function.__kwdefaults__ = state["keyword_defaults"]
    function.__qualname__, function.__module__ = state["qualname"], state["module"]
    function.__doc__ = state["doc"]
    for cell in function.__closure__ or ():
        if isinstance(cell.cell_contents, str) and cell.cell_contents == _ITSELF:
            cell.cell_contents = function
    return function


def hash_of(text: str) -> int:
    """A number for a text, the same in every process."""
    return zlib.crc32(text.encode())
