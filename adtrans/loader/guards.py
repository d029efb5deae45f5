"""What a derivative relies on by identity, as conditions that a call checks."""

from __future__ import annotations

import builtins
import types
import weakref
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from adtrans.transform.request import root_of

Binder = Callable[[str, Any], str]


def identities(depends: Iterable[Any]) -> Iterator[tuple[Any, str, Any]]:
    """The (namespace or cell, name, object) guards among a derivative's dependencies, once each."""
    seen = set()
    for item in depends:
        if isinstance(item, tuple) and len(item) == 3 and isinstance(item[0], (dict, type, types.CellType)):
            key = (id(item[0]), item[1])
            if key not in seen:
                seen.add(key)
                yield item


def functions(depends: Iterable[Any]) -> Iterator[types.FunctionType]:
    """The functions whose code a derivative was written from, once each."""
    seen = set()
    for item in depends:
        found = item[2] if isinstance(item, tuple) and len(item) == 3 else item
        ours = (getattr(found, "__module__", None) or "").startswith("adtrans.")
        if isinstance(found, types.FunctionType) and not ours and id(found) not in seen:
            seen.add(id(found))
            yield found


def conditions(function: Any, depends: Iterable[Any], bind: Binder) -> Iterator[str]:
    """Python expressions that hold as long as the derivative is that of the running code."""
    depends = list(depends)
    root = root_of(function)
    if root is not None:
        # the function itself is not kept alive by its derivatives
        yield f"{bind('root', weakref.ref(root))}().__code__ is {bind('code', root.__code__)}"
    for namespace, name, found in identities(depends):
        value = bind("object", found)
        if isinstance(namespace, types.CellType):
            yield f"{bind('cell', namespace)}.cell_contents is {value}"
        elif isinstance(namespace, type):
            yield from _member_conditions(namespace, name, value, bind)
        elif name in namespace:
            yield f"{bind('names', namespace)}.get({name!r}) is {value}"
        elif getattr(builtins, name, None) is found:
            yield f"{bind('names', namespace)}.get({name!r}, {value}) is {value}"
    for callee in functions(depends):
        if callee is not root:
            name = bind("callee", callee)
            yield f"{name}.__code__ is {bind('code', callee.__code__)}"
            yield f"{name}.__defaults__ is {bind('defaults', callee.__defaults__)}"
            yield f"{name}.__kwdefaults__ is {bind('defaults', callee.__kwdefaults__)}"


def _member_conditions(cls: type, name: str, value: str, bind: Binder) -> Iterator[str]:
    """That a class has a member from where it had it: the classes before that one have none."""
    for base in cls.__mro__:
        if name in vars(base):
            yield f"{bind('members', vars(base))}.get({name!r}) is {value}"
            return
        yield f"{name!r} not in {bind('members', vars(base))}"
