"""What names mean in classes and modules: each that a derivative relies on becomes a guard of it."""

from __future__ import annotations

import inspect
import sys
import types as pytypes
from typing import Any

from adtrans.analysis.inference.engine import Engine


def member(engine: Engine, cls: type, name: str) -> Any:
    """The raw member of a class (a property, a static method, a function); None where it has none."""
    found = inspect.getattr_static(cls, name, None)
    if found is not None and any(name in vars(base) for base in cls.__mro__ if not _is_library(base)):
        engine.guards[id(cls), name] = (cls, name, found)  # type: ignore[assignment]
    return found


def call_of(cls: type) -> Any:
    """What the objects of a class do when they are called; None where they cannot be."""
    return next((vars(base)["__call__"] for base in cls.__mro__ if "__call__" in vars(base)), None)


def note_attribute(engine: Engine, owner: Any, name: str, found: Any) -> None:
    """Note that an attribute of a module, a class or an object of a class was relied on."""
    if isinstance(owner, pytypes.ModuleType):
        if not _is_library(owner) and vars(owner).get(name) is found:
            engine.guards[id(vars(owner)), name] = (vars(owner), name, found)
    else:
        member(engine, owner if isinstance(owner, type) else type(owner), name)


def _is_library(x: Any) -> bool:
    module = x.__name__ if isinstance(x, pytypes.ModuleType) else x.__module__
    top = module.partition(".")[0]
    return top in ("numpy", "scipy", "adtrans") or top in sys.stdlib_module_names and top != "__main__"
