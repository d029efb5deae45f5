"""Generated text that needs nothing of adtrans: the runtime helpers that it imports, written into it."""

from __future__ import annotations

import ast
import inspect

from adtrans import errors, runtime

_PACKAGE = "adtrans"


def standalone(text: str) -> str:
    """The text with each import of a runtime helper replaced by the helper's own source."""
    tree = ast.parse(text)
    lines = text.splitlines()
    wanted: list[str] = []
    dropped: list[ast.stmt] = []
    for statement in tree.body:
        if isinstance(statement, ast.ImportFrom) and statement.module == f"{_PACKAGE}.runtime":
            wanted += [name.name for name in statement.names]
            dropped.append(statement)
    if not dropped:
        return text
    helpers = _closure(wanted)
    body = "\n".join(inspect.getsource(getattr(runtime, name)).rstrip() + "\n\n" for name in helpers)
    sources = ast.parse(body)
    body = "".join(f"{_written(error)}\n\n\n" for error in _raised(sources)) + body
    known = {name for s in tree.body for name in _imported(s)}
    imports = [f"import {line}" for line in _imports_of(sources) if line.split(" as ")[-1] not in known]
    if _mentions(sources, "Any"):
        imports.append("from typing import Any")
    first = dropped[0].lineno - 1
    gone = {i for s in dropped for i in range(s.lineno - 1, s.end_lineno or s.lineno)}
    rest = [line for i, line in enumerate(lines[first:], first) if i not in gone]
    while rest and (not rest[0].strip() or rest[0].startswith(("import ", "from "))):
        imports.append(rest.pop(0)) if rest[0].strip() else rest.pop(0)
    head = lines[:first] + [line for line in imports if line not in lines[:first]]
    return "\n".join([*head, "", "", body.rstrip(), "", "", *rest, ""])


def _closure(names: list[str]) -> list[str]:
    """The helpers and those that they call, in the order of the runtime module."""
    found, work = set(), list(names)
    while work:
        name = work.pop()
        if name in found:
            continue
        found.add(name)
        tree = ast.parse(inspect.getsource(getattr(runtime, name)))
        used = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
        work += [other for other in used if inspect.isfunction(getattr(runtime, other, None))]
    return [name for name in vars(runtime) if name in found]


def _raised(tree: ast.Module) -> list[type[errors.AdtransError]]:
    """The classes of errors that helpers raise."""
    used = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
    found = [getattr(errors, name, None) for name in sorted(used)]
    return [e for e in found if isinstance(e, type) and issubclass(e, errors.AdtransError)]


def _written(error: type[errors.AdtransError]) -> str:
    """The text of a class of this name that needs nothing of ours."""
    base = next(cls.__name__ for cls in error.__mro__ if cls.__module__ == "builtins")
    return f"class {error.__name__}({base}):\n    def __init__(self, what, **ways):\n        super().__init__(what)"


def _imports_of(tree: ast.Module) -> list[str]:
    """`module as name` for each module of the runtime that its functions read."""
    used = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
    modules = sorted(
        (name, m.__name__) for name, m in vars(runtime).items() if inspect.ismodule(m) and name in used
    )
    return [module if module == name else f"{module} as {name}" for name, module in modules]


def _imported(statement: ast.stmt) -> list[str]:
    if isinstance(statement, (ast.Import, ast.ImportFrom)):
        return [alias.asname or alias.name for alias in statement.names]
    return []


def _mentions(tree: ast.Module, name: str) -> bool:
    return any(isinstance(node, ast.Name) and node.id == name for node in ast.walk(tree))
