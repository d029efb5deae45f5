"""How an object prints: `np.linalg.solve`, `math.sin`, `mymodule.f`; and the imports this asks for."""

from __future__ import annotations

import builtins
import keyword
import math
import sys
import types
from collections.abc import Iterable
from typing import Any

import numpy as np

_NUMPY_MODULES = ("", "linalg", "fft", "random", "polynomial.polynomial", "lib.stride_tricks", "testing")
_ALIASES = {"numpy": "np"}
_SHORT = {"absolute": "abs", "conjugate": "conj", "true_divide": "divide"}
_LIBRARIES = {"numpy", "scipy", "math", "cmath", "functools", "itertools", "operator", "builtins"}
_PUBLIC = ("math", "cmath", "functools", "itertools", "operator", "collections", "copy", "time", "random")


def _lookup(root: Any, path: str) -> Any:
    found = root
    for part in path.split("."):
        found = getattr(found, part)
    return found


def _reaches(root: Any, path: str, target: Any) -> bool:
    try:
        return _lookup(root, path) is target
    except (AttributeError, ImportError):
        return False


def _numpy_path(target: Any, name: str) -> str | None:
    """`linalg.solve` for np.linalg.solve, or None."""
    for module in _NUMPY_MODULES:
        loaded = sys.modules.get(f"numpy.{module}" if module else "numpy")  # np.testing takes long to import
        if loaded is not None and _reaches(loaded, name, target):
            return f"{module}.{name}" if module else name
    return None


def _locate_instance(owner: Any) -> tuple[str, str] | None:
    """The public module of a library, and the name there, of an object such as scipy.stats.norm."""
    parts = type(owner).__module__.split(".")
    for count in range(len(parts), 0, -1):
        module = sys.modules.get(".".join(parts[:count]))
        if module is None or any(part.startswith("_") for part in parts[:count]):
            continue
        for name, found in vars(module).items():
            if found is owner and not name.startswith("_"):
                return module.__name__, name
    return None


def locate(target: Any) -> tuple[str, str] | None:
    """The module and the dotted path in it through which an object can be imported, or None."""
    if isinstance(target, types.ModuleType):
        module = target.__name__
        return (module, "") if sys.modules.get(module) is target and module != "__main__" else None
    owner = getattr(target, "__self__", None)
    if isinstance(target, types.BuiltinMethodType) and isinstance(owner, (np.ufunc, type)):
        found = locate(owner)
        return (found[0], f"{found[1]}.{target.__name__}") if found else None
    if isinstance(target, types.MethodType) and isinstance(owner, type):
        found = locate(owner)
        return (found[0], f"{found[1]}.{target.__name__}") if found else None
    if isinstance(target, types.MethodType):
        found = _locate_instance(owner)
        return (found[0], f"{found[1]}.{target.__name__}") if found else None
    if isinstance(target, (types.MethodDescriptorType, types.WrapperDescriptorType)):
        found = locate(target.__objclass__)
        return (found[0], f"{found[1]}.{target.__name__}") if found else None
    name = getattr(target, "__name__", None)
    if not isinstance(name, str):
        return None
    if isinstance(target, np.ufunc) and name in _SHORT and getattr(np, _SHORT[name], None) is target:
        return "numpy", _SHORT[name]
    if getattr(builtins, name, None) is target:
        return "builtins", name
    path = _numpy_path(target, name)
    if path is not None:
        return "numpy", path
    home = getattr(target, "__module__", None)
    qualified = getattr(target, "__qualname__", name)
    if isinstance(target, np.ufunc):
        home = next((m for m in ("scipy.special",) if _reaches(sys.modules.get(m), name, target)), home)
        qualified = name
    return _from_module(target, home, qualified, name)


def _from_module(target: Any, home: str | None, qualified: str, name: str) -> tuple[str, str] | None:
    candidates = list(_PUBLIC)
    if isinstance(home, str):
        parts = home.split(".")
        public = [".".join(parts[:n]) for n in range(1, len(parts) + 1)]
        if any(part.startswith("_") for part in parts):  # scipy.linalg._basic.solve is scipy.linalg.solve
            hidden = [module for module in public if "._" in f".{module}"]
            open_ = [module for module in public if module not in hidden]
            candidates = [*reversed(open_), *reversed(hidden), *candidates]
        else:
            candidates = [home, *candidates]
    for module in candidates:
        loaded = sys.modules.get(module)
        if loaded is None or module == "__main__":
            continue
        for path in (qualified, name):
            if "<" not in path and _reaches(loaded, path, target):
                return module, path
    return None


class Spelling:
    """The names that a module reads from outside: its imports, its builtins and its bindings.

    `taken` are the names of parameters, which can neither be renamed nor hide an import.
    """

    def __init__(self, taken: Iterable[str] = (), imports: Iterable[str] = ()) -> None:
        self.taken = set(taken)
        self.lines: dict[str, str] = {}
        # builtins that printing may add to a program that does not name them
        self.reserved: set[str] = {
            "enumerate",
            "len",
            "list",
            "range",
            "reversed",
            "slice",
            "tuple",
            "zip",
        } - self.taken
        self.bindings: dict[str, Any] = {}
        self._spelled: dict[int, tuple[Any, str]] = {}
        self._roots: dict[str, str] = {}
        for line in imports:
            self.lines[line] = line

    # ----- what passes ask -----

    def spell(self, target: Any, hint: str = "object") -> str:
        """The dotted text of an object; what cannot be imported becomes a binding."""
        known = self._spelled.get(id(target))
        if known is None:
            found = locate(target)
            text = self.path(*found) if found else self.bind(target, getattr(target, "__name__", hint))
            known = self._spelled[id(target)] = (target, text)
        return known[1]

    def path(self, module: str, path: str) -> str:
        """The text of `path` in `module`, imported as is the custom for that module."""
        if module == "builtins" and path.split(".")[0] not in self.taken:
            self.reserved.add(path.split(".")[0])
            return path
        if module == "adtrans.runtime" and path.split(".")[0] not in self.taken:
            return self._import_name(module, path)
        root = self._import(module)
        return f"{root}.{path}" if path else root

    def dotted(self, text: str, target: Any) -> str:
        """A spelling that the user chose, where it still says the same; else ours."""
        root, _, path = text.partition(".")
        for module, alias in (("numpy", "np"), (root, root)):
            if root == alias and module in _LIBRARIES and path:
                loaded = sys.modules.get(module)
                if loaded is not None and (_reaches(loaded, path, target) or _same(loaded, path, target)):
                    if module == "scipy" or "." in path:
                        return self._dotted_module(module, path)
                    return self.path(module, path)
        if not path and getattr(builtins, root, None) is target:
            return self.path("builtins", root)
        return self.spell(target)

    def name_in(self, namespace: dict[str, Any], name: str) -> str:
        """A global name, read live from the namespace of the module that it belongs to."""
        if name not in namespace:
            return self.path("builtins", name) if hasattr(builtins, name) else self._plain(name)
        value = namespace[name]
        if isinstance(value, types.ModuleType) and locate(value):
            return self.spell(value)
        home = namespace.get("__name__")
        module = sys.modules.get(home) if isinstance(home, str) else None
        if module is not None and getattr(module, "__dict__", None) is namespace:
            if home != "__main__" and getattr(module, "__spec__", None) is not None:
                return self.path(str(home), name)
            return f"{self._bound(module, 'main' if home == '__main__' else str(home))}.{name}"
        return f"{self._bound(namespace, 'globals')}[{name!r}]"

    def bind(self, target: Any, hint: str) -> str:
        """A name that the loader must put into the module's namespace."""
        word = "".join(c if c.isalnum() else "_" for c in hint).strip("_") or "object"
        return self._bound(target, f"primal_{word}" if callable(target) else word)

    def import_lines(self) -> list[str]:
        """The import statements, plain ones first, each group in alphabetical order."""
        lines = sorted(set(self.lines.values()))
        found = [x for x in lines if x.startswith("import")]
        names: dict[str, list[str]] = {}
        for line in lines:
            if line.startswith("from"):
                module, _, name = line[len("from ") :].partition(" import ")
                names.setdefault(module, []).append(name)
        for module, several in names.items():
            line = f"from {module} import {', '.join(several)}"
            found.append(
                line
                if len(line) <= 88
                else f"from {module} import (\n    " + ",\n    ".join(several) + ",\n)"
            )
        return found

    # ----- how they are met -----

    def _plain(self, name: str) -> str:
        self.reserved.add(name)
        return name

    def _bound(self, target: Any, hint: str) -> str:
        for name, bound in self.bindings.items():
            if bound is target:
                return name
        name = self._free(f"_{hint.replace('.', '_')}")
        self.bindings[name] = target
        self.reserved.add(name)
        return name

    def _free(self, name: str) -> str:
        free, count = name, 1
        while free in self.taken or free in self.reserved or keyword.iskeyword(free):
            count += 1
            free = f"{name}_{count}"
        return free

    def _import(self, module: str) -> str:
        if module in self._roots:
            return self._roots[module]
        alias = _ALIASES.get(module, module)
        root = alias.split(".")[0]
        if root in self.taken:
            alias = root = self._free(f"_{alias.replace('.', '_')}")
        self.lines[module] = f"import {module}" if alias == module else f"import {module} as {alias}"
        self.reserved.add(root)
        self._roots[module] = alias
        return alias

    def _import_name(self, module: str, name: str) -> str:
        key = f"{module}:{name}"
        if key not in self._roots:
            self.lines[key] = f"from {module} import {name}"
            self.reserved.add(name)
            self._roots[key] = name
        return name

    def _dotted_module(self, module: str, path: str) -> str:
        parts = path.split(".")
        for n in range(len(parts) - 1, 0, -1):
            inner = ".".join([module, *parts[:n]])
            if module != "numpy" and inner in sys.modules:
                return self.path(inner, ".".join(parts[n:]))
        return self.path(module, path)


def _same(root: Any, path: str, target: Any) -> bool:
    """np.abs is spelled so by the user where np.absolute is meant: equal, if not the same path."""
    try:
        return bool(_lookup(root, path) == target)
    except Exception:
        return False


def is_special_float(value: float) -> bool:
    """Whether a float has no literal: inf and nan."""
    return math.isinf(value) or math.isnan(value)
