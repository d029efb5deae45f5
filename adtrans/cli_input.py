"""What the command line is given: functions, arguments, types. What cannot be used is BadInput."""

from __future__ import annotations

import ast
import contextlib
import importlib.util
import linecache
import os
import re
import sys
import types
from collections.abc import Callable
from typing import Any

from adtrans.errors import AdtransError

STDIN = "<stdin>"


class BadInput(Exception):
    """What the user gave cannot be used."""


# ----- functions -----


def load(spec: str) -> tuple[Any, types.ModuleType]:
    """The function that FILE.py:FUNC names, and the module it is in; -:FUNC is in standard input."""
    path, colon, name = spec.rpartition(":")
    if not colon or not name or not path:
        raise BadInput(f"expected FILE.py:FUNC, got {spec!r}")
    module = _from_stdin() if path == STDIN else _from_file(path)
    found: Any = module
    for part in name.split("."):
        try:
            found = getattr(found, part)
        except AttributeError:
            known = [n for n, x in vars(module).items() if isinstance(x, types.FunctionType)]
            has = f"; it has {', '.join(known)}" if known and "." not in name else ""
            raise BadInput(f"there is no {name} in {path}{has}") from None
    return found, module


_read: dict[
    str, types.ModuleType
] = {}  # modules of this call, by path: a file runs once for all its functions


def forget() -> None:
    """Read files anew from here on."""
    _read.clear()


def _from_file(path: str) -> types.ModuleType:
    where = os.path.abspath(path)
    if where in _read:
        return _read[where]
    if not os.path.isfile(path):
        raise BadInput(f"there is no file {path}")
    folder, file = os.path.split(where)
    if folder not in sys.path:
        sys.path.insert(0, folder)
    stem = os.path.splitext(file)[0]
    if stem in sys.modules:
        stem = f"_{stem}_program"
    found = importlib.util.spec_from_file_location(stem, where)
    if found is None or found.loader is None:
        raise BadInput(f"{path} is not a Python file")
    loader = found.loader
    module = importlib.util.module_from_spec(found)
    sys.modules[stem] = module
    _run(lambda: loader.exec_module(module), path)
    _read[where] = module
    return module


def _from_stdin() -> types.ModuleType:
    if STDIN in _read:
        return _read[STDIN]
    try:
        text = sys.stdin.read()
    except (OSError, ValueError) as error:
        raise BadInput(f"standard input cannot be read: {error}") from None
    module = types.ModuleType("_stdin_program")
    sys.modules["_stdin_program"] = module
    linecache.cache[STDIN] = (len(text), None, text.splitlines(True), STDIN)
    _run(lambda: exec(compile(text, STDIN, "exec"), vars(module)), STDIN)
    _read[STDIN] = module
    return module


def _run(work: Callable[[], Any], path: str) -> None:
    try:
        with contextlib.redirect_stdout(sys.stderr):  # what the file prints is no part of our output
            work()
    except AdtransError:
        raise
    except (Exception, SystemExit) as error:
        raise BadInput(f"{path} cannot be run: {type(error).__name__}: {error}") from None


def complete(prefix: str) -> list[str]:
    """What FILE.py:FUNC may go on with: files and folders, then the functions of the file."""
    path, colon, name = prefix.rpartition(":")
    if colon and os.path.isfile(path):
        return [f"{path}:{found}" for found in _functions_in(path) if found.startswith(name)]
    folder, start = os.path.split(prefix)
    found = []
    for entry in sorted(os.listdir(folder or ".")):
        full = os.path.join(folder, entry)
        if entry.startswith(start) and not entry.startswith("."):
            if os.path.isdir(full):
                found.append(full + os.sep)
            elif entry.endswith(".py"):
                found.append(full + ":")
    return found


def _functions_in(path: str) -> list[str]:
    """The functions of a file and the methods of its classes, without running it."""
    try:
        with open(path, "rb") as file:
            tree = ast.parse(file.read())
    except (OSError, SyntaxError, ValueError):
        return []
    found = []
    for node in tree.body:
        if isinstance(node, ast.FunctionDef):
            found.append(node.name)
        elif isinstance(node, ast.ClassDef):
            found += [
                f"{node.name}.{inner.name}" for inner in node.body if isinstance(inner, ast.FunctionDef)
            ]
    return found


# ----- arguments -----


def argnums(text: str) -> Any:
    """Names and positions, apart by commas; one alone stands for itself."""
    parts = [part.strip() for part in text.split(",") if part.strip()]
    if not parts:
        raise BadInput("--wrt names no argument")
    found = [int(part) if re.fullmatch(r"-?\d{1,9}", part) else part for part in parts]
    return found[0] if len(found) == 1 else tuple(found)


def arguments(text: str, module: types.ModuleType) -> tuple[tuple[Any, ...], dict[str, Any]]:
    """What stands between the parentheses of a call, evaluated in the module; `np` is there too."""
    import numpy as np

    namespace = {"np": np, **vars(module)}
    try:
        return eval(f"(lambda *args, **keywords: (args, keywords))({text}\n)", namespace)
    except Exception as error:
        raise BadInput(f"--args {text!r} cannot be evaluated: {type(error).__name__}: {error}") from None


def called(function: Callable[..., Any], args: tuple[Any, ...], keywords: dict[str, Any]) -> Any:
    """A call with the user's arguments; what they get wrong is their input, not our mistake."""
    try:
        return function(*args, **keywords)
    except AdtransError:
        raise
    except TypeError as error:
        raise BadInput(f"--args does not fit: {error}") from None
    except Exception as error:
        raise BadInput(f"{type(error).__name__}: {error}") from None


# ----- types -----


def parameter_types(text: str) -> dict[str, Any]:
    """The types that `x=float64[n,d], k=3` states, by parameter.

    Numbers: float, int, bool, complex, or a dtype as in `np.float32`. Arrays: a dtype and the names
    or the values of their lengths. Tuples, lists and dicts are written as in Python, with types inside.
    A string, an int, a bool or None stands for that very value.
    """
    readable = re.sub(r"(\w)\[\s*\]", r"\1[()]", text)  # float64[] has no dims
    try:
        call = ast.parse(f"_({readable}\n)", mode="eval").body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        raise BadInput(f"--types {text!r}: expected NAME=TYPE, ...") from None
    if not isinstance(call, ast.Call) or call.args or any(k.arg is None for k in call.keywords):
        raise BadInput(f"--types {text!r}: expected NAME=TYPE, ...")
    lengths: dict[Any, Any] = {}
    return {str(k.arg): _type(k.value, lengths) for k in call.keywords}


def _type(node: ast.expr, lengths: dict[Any, Any]) -> Any:
    from adtrans.ir import types as ty

    if isinstance(node, ast.Constant) and not isinstance(node.value, (float, complex, bytes)):
        return ty.Known(node.value)
    if (
        isinstance(node, ast.UnaryOp)
        and isinstance(node.op, ast.USub)
        and isinstance(node.operand, ast.Constant)
    ):
        if type(node.operand.value) is int:
            return ty.Known(-node.operand.value)
    if isinstance(node, ast.Name):
        known = {"float": ty.FLOAT, "int": ty.INT, "bool": ty.BOOL, "complex": ty.COMPLEX, "str": ty.TEXT}
        return known.get(node.id) or ty.Scalar(_dtype(node), False)
    if isinstance(node, ast.Attribute):
        return ty.Scalar(_dtype(node), False)
    if isinstance(node, ast.Subscript):
        inside = node.slice.elts if isinstance(node.slice, ast.Tuple) else [node.slice]
        return ty.Array(_dtype(node.value), tuple(_length(item, lengths) for item in inside))
    if isinstance(node, (ast.Tuple, ast.List)):
        items = tuple(_type(item, lengths) for item in node.elts)
        return ty.Tuple(items, tuple if isinstance(node, ast.Tuple) else list)
    if isinstance(node, ast.Dict) and all(isinstance(key, ast.Constant) for key in node.keys):
        keys = [key.value for key in node.keys if isinstance(key, ast.Constant)]
        return ty.Record(tuple(zip(keys, (_type(value, lengths) for value in node.values))), dict)
    raise BadInput(f"--types: {ast.unparse(node)} is no type")


def _dtype(node: ast.expr) -> str:
    import numpy as np

    name = ast.unparse(node).removeprefix("np.").removeprefix("numpy.")
    try:
        found = np.dtype({"float": "float64", "int": "int64", "complex": "complex128"}.get(name, name))
    except TypeError:
        raise BadInput(f"--types: {ast.unparse(node)} is no type") from None
    if found.kind not in "biufc":
        raise BadInput(f"--types: arrays of {name} are not differentiated")
    return found.name


def _length(node: ast.expr, lengths: dict[Any, Any]) -> Any:
    """A length by name or value; equal ones share a symbol, 0 and 1 are themselves."""
    from adtrans.ir import types as ty

    if isinstance(node, ast.Constant) and type(node.value) is int and node.value >= 0:
        if node.value <= 1:
            return ty.known_dim(node.value)
        key: Any = node.value
    elif isinstance(node, ast.Name):
        key = node.id
    else:
        raise BadInput(f"--types: {ast.unparse(node)} is no length")
    return lengths.setdefault(key, ty.Dim(f"n{len(lengths)}"))
