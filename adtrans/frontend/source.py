"""Finds the text of a running function, and proves that it is the text: it compiles to its code."""

from __future__ import annotations
import __future__

import ast
import linecache
import types
from collections.abc import Iterator
from typing import Any, NamedTuple

from adtrans.errors import MissingSourceError, StaleSourceError, shown_path
from adtrans.ir.program import Source

FunctionNode = ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda

_FUTURES = 0
for _name in __future__.all_feature_names:
    _FUTURES |= getattr(__future__, _name).compiler_flag


class Found(NamedTuple):
    """A function's syntax tree (Python's own), its text, and the namespaces it reads."""

    node: FunctionNode
    source: Source
    namespace: dict[str, Any]
    code: types.CodeType
    class_name: str | None = None  # of the class that it stands in, if any


class _Place(NamedTuple):
    """A function in a file, with the functions and classes around it, outermost first."""

    node: FunctionNode
    around: tuple[ast.AST, ...]


class _File(NamedTuple):
    raw: list[str]
    lines: tuple[str, ...]
    by_name: dict[str, list[_Place]]
    imported: tuple[str, ...]  # names that the module imports: calls of their attributes compile differently


_files: dict[str, _File] = {}


def find(function: types.FunctionType) -> Found:
    """The text of the code that `function` runs; wrappers are not looked through."""
    code = function.__code__
    file = _read(code.co_filename, function)
    places = file.by_name.get(code.co_name, [])
    here = [place for place in places if _first_line(place.node) == code.co_firstlineno]
    matches = [place for place in here if _compiles_to(place, code, file)]
    if not matches and "@pytest_ar" in function.__globals__:  # pytest has rewritten its asserts
        matches = [place for place in here if _has_assert(place.node)]
    if not matches:  # the file may have gained or lost lines above an unchanged function
        matches = [place for place in places if place not in here and _compiles_to(place, code, file)]
    if not matches and code.co_filename == "<string>":  # the lines are those of `python -c`, not of this exec
        raise _no_text(function)
    if not matches:
        file_name, line = shown_path(code.co_filename), code.co_firstlineno
        raise StaleSourceError(
            f"the text of {function.__qualname__} is not the text of the running function",
            why=f"{file_name} has changed since its line {line} was imported.",
            hint="Import the module again, or restart.",
        )
    place = matches[0] if len(matches) == 1 else _by_columns(matches, code, file)
    name = function.__qualname__.replace(".<locals>.", ".")
    classes = [outer.name for outer in place.around if isinstance(outer, ast.ClassDef)]
    text = Source(code.co_filename, file.lines, name)
    return Found(place.node, text, function.__globals__, code, classes[-1] if classes else None)


def _no_text(function: types.FunctionType) -> MissingSourceError:
    return MissingSourceError(
        f"there is no text of {function.__qualname__} to read",
        why=f"It was compiled from {function.__code__.co_filename!r}, of which Python keeps no lines.",
        hint="Put it into a file or a notebook cell, or give its derivative with @adtrans.adjoint.",
    )


def _read(filename: str, function: types.FunctionType) -> _File:
    """The parsed file, parsed once for each text."""
    linecache.checkcache(filename)
    raw = linecache.getlines(filename, function.__globals__)
    if not raw:
        raise _no_text(function)
    known = _files.get(filename)
    if known is not None and (known.raw is raw or known.raw == raw):
        return known
    text = "".join(raw)
    try:
        tree = ast.parse(text)
    except (SyntaxError, ValueError) as error:
        raise StaleSourceError(
            f"the file of {function.__qualname__} is not Python any more",
            why=f"{shown_path(filename)}: {error}.",
            hint="Repair the file and import it again.",
        ) from None
    file = _File(raw, tuple(line.rstrip("\r\n") for line in raw), *_index(tree))
    _files[filename] = file
    return file


def _index(tree: ast.Module) -> tuple[dict[str, list[_Place]], tuple[str, ...]]:
    """Every function of a file by the name its code has, and the names that the module imports."""
    by_name: dict[str, list[_Place]] = {}
    imported: dict[str, None] = {}
    stack: list[tuple[ast.AST, tuple[ast.AST, ...]]] = [(tree, ())]
    while stack:
        node, around = stack.pop()
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)):
            name = "<lambda>" if isinstance(node, ast.Lambda) else node.name
            by_name.setdefault(name, []).append(_Place(node, around))
            around = (*around, node)
        elif isinstance(node, ast.ClassDef):
            around = (*around, node)
        elif isinstance(node, (ast.Import, ast.ImportFrom)) and not around:
            imported.update((alias.asname or alias.name.split(".")[0], None) for alias in node.names)
            continue
        for name in node._fields:
            inner = getattr(node, name, None)
            if isinstance(inner, list):
                stack.extend((item, around) for item in reversed(inner) if isinstance(item, ast.AST))
            elif isinstance(inner, ast.AST) and inner._fields:
                stack.append((inner, around))
    for places in by_name.values():
        places.sort(key=lambda place: (place.node.lineno, place.node.col_offset))
    return by_name, tuple(name for name in imported if name != "*")


def _first_line(node: FunctionNode) -> int:
    decorators = getattr(node, "decorator_list", ())
    return decorators[0].lineno if decorators else node.lineno


def _has_assert(node: ast.AST) -> bool:
    return any(isinstance(inner, ast.Assert) for inner in ast.walk(node))


def _compiles_to(place: _Place, code: types.CodeType, file: _File) -> bool:
    compiled = _compile(place, code, file)
    return compiled is not None and _same_code(compiled, code)


def _by_columns(matches: list[_Place], code: types.CodeType, file: _File) -> _Place:
    """Equal functions on one line: the one whose instructions stand at the same columns."""
    positions = getattr(types.CodeType, "co_positions", None)  # since Python 3.11
    if positions is not None:
        wanted = list(positions(code))
        for place in matches:
            compiled = _compile(place, code, file)
            if compiled is not None and list(positions(compiled)) == wanted:
                return place
    return matches[0]


def _compile(place: _Place, code: types.CodeType, file: _File) -> types.CodeType | None:
    """The code of a function's text, compiled where its free variables are free and its names mangled."""
    node = place.node
    position: dict[str, Any] = {
        "lineno": node.lineno,
        "col_offset": 0,
        "end_lineno": node.lineno,
        "end_col_offset": 0,
    }
    body: list[ast.stmt]
    if isinstance(node, ast.Lambda):
        body = [ast.Assign([ast.Name("_lambda", ast.Store(), **position)], node, **position)]
    else:
        bare = type(node)(**{name: getattr(node, name) for name in node._fields if hasattr(node, name)})
        ast.copy_location(bare, node)
        bare.decorator_list = []
        # a module's function that calls itself reads a global
        body = [bare] if node.name in code.co_freevars else [ast.Global([node.name], **position), bare]
    classes = [i for i, outer in enumerate(place.around) if isinstance(outer, ast.ClassDef)]
    if classes:
        if classes[-1] != len(place.around) - 1:
            body = [_function("_method", body, position)]
        class_name = place.around[classes[-1]].name  # type: ignore[attr-defined]
        body = [_generic(ast.ClassDef(class_name, [], [], body, [], **position))]
        if class_name not in code.co_freevars:  # a method that names its own class reads a global
            body.insert(0, ast.Global([class_name], **position))
    free = [name for name in code.co_freevars if name != "__class__"]
    if free:
        targets: list[ast.expr] = [ast.Name(name, ast.Store(), **position) for name in free]
        body = [ast.Assign(targets, ast.Constant(None, **position), **position), *body]
    names = [ast.alias(name, None, **position) for name in file.imported]
    head: list[ast.stmt] = [ast.Import(names, **position)] if names else []
    module = ast.Module([*head, _function("_outer", body, position)], [])
    flags = code.co_flags & _FUTURES
    try:
        outer = compile(module, code.co_filename, "exec", flags=flags, dont_inherit=True)
    except (SyntaxError, ValueError):
        return None
    found = [inner for inner in _codes_in(outer) if inner.co_name == code.co_name]
    first = node.lineno
    return next((inner for inner in found if inner.co_firstlineno == first), None)


def _function(name: str, body: list[ast.stmt], position: dict[str, Any]) -> Any:
    arguments = ast.arguments([], [], None, [], [], None, [])
    return _generic(ast.FunctionDef(name, arguments, body, [], None, None, **position))


def _generic(node: Any) -> Any:
    if "type_params" in node._fields:  # since Python 3.12
        node.type_params = []
    return node


def _codes_in(code: types.CodeType) -> Iterator[types.CodeType]:
    """All code objects inside another, outermost first."""
    queue = [code]
    for outer in queue:
        inner = [c for c in outer.co_consts if isinstance(c, types.CodeType)]
        yield from inner
        queue.extend(inner)


def last_line(code: types.CodeType) -> int:
    """The last line that a code object, or one inside it, came from."""
    last = max((line for *_, line in code.co_lines() if line is not None), default=code.co_firstlineno)
    return max([last, *(last_line(c) for c in code.co_consts if isinstance(c, types.CodeType))])


def _same_code(a: types.CodeType, b: types.CodeType) -> bool:
    return (
        a.co_code == b.co_code
        and a.co_names == b.co_names
        and a.co_varnames == b.co_varnames
        and a.co_freevars == b.co_freevars
        and a.co_cellvars == b.co_cellvars
        and a.co_argcount == b.co_argcount
        and a.co_posonlyargcount == b.co_posonlyargcount
        and a.co_kwonlyargcount == b.co_kwonlyargcount
        and _same_constant(a.co_consts, b.co_consts)
    )


def _same_constant(a: Any, b: Any) -> bool:
    if type(a) is not type(b):
        return False
    if isinstance(a, types.CodeType):
        return a.co_name == b.co_name and _same_code(a, b)
    if isinstance(a, tuple):
        return len(a) == len(b) and all(map(_same_constant, a, b))
    if isinstance(a, frozenset):
        return sorted(map(repr, a)) == sorted(map(repr, b))
    if isinstance(a, str):
        # before Python 3.11 the constants have the qualified names of nested functions
        return a == b or ("<locals>." in a and a.rpartition("<locals>.")[2] == b.rpartition("<locals>.")[2])
    return bool(a == b) if isinstance(a, bytes) else repr(a) == repr(b)
