"""From the arguments of a call to the derivative made for their types.

An exact dictionary (dtypes and shapes) stands in front of the patterns (symbolic shapes); the
code that computes exact keys is generated for the number of arguments.
"""

from __future__ import annotations

import dataclasses
import os
import threading
import weakref
from collections import OrderedDict
from collections.abc import Callable
from types import FunctionType
from typing import TYPE_CHECKING, Any

import numpy as np

from adtrans.errors import AdtransError, UnsupportedError
from adtrans.ir import types as ty
from adtrans.loader import guards, keys, store, types_of, vectors
from adtrans.loader.keys import Path
from adtrans.loader.placing import place_at
from adtrans.loader.specialize import Specialisation, Surroundings, must_check_output, specialise, tuple_of
from adtrans.loader.target import Target
from adtrans.transform.request import Request

if TYPE_CHECKING:
    import logging

MOST = 64  # specialisations of one derivative
MOST_EXACT = 1024  # exact shapes remembered
_NOTHING = object()

Chain = tuple[tuple[str, tuple[int | str, ...], tuple[tuple[str, Any], ...]], ...]


class Table:
    """The specialisations of one derivative of one function, shared by every object that stands for it."""

    def __init__(self, target: Callable[[], Target], chain: Chain, count: int, vectors_count: int):
        self._target = target  # the target without bound values; made anew, so that nothing is kept alive
        self.transform, self.argnums, self.options = chain[-1]
        self.vectors_count = vectors_count
        self.statics: tuple[Path, ...] = ()
        self.patterns: OrderedDict[Any, Specialisation] = OrderedDict()
        self.last: list[Specialisation | None] = [None]
        self._warned = False
        self.count = count
        self.unlock()
        self._renew()

    def unlock(self) -> None:
        """New locks, which nobody holds."""
        self._lock = threading.RLock()
        self._building: dict[Any, threading.RLock] = {}

    # ----- the fast path -----

    def _renew(self) -> None:
        """An empty exact dictionary, and key code for the static arguments known so far."""
        self.exact: dict[Any, Callable[..., Any]] = {}
        params = [f"p{i}" for i in range(self.count)]
        every = ", ".join(params + [f"v{i}" for i in range(self.vectors_count)])
        lines, parts = [], []
        for i, p in enumerate(params):
            lines += [
                f"    k{i} = type({p})",
                f"    if k{i} is ndarray:",
                f"        k{i} = {p}.shape if {p}.dtype is float64 else ({p}.dtype, {p}.shape)",
                f"    elif k{i} not in plain:",
                f"        k{i} = key_of({p})",
            ]
            parts.append(f"k{i}")
        if self.statics:
            parts.append(f"static_key({tuple_of(params)}, statics)")
        key = tuple_of(parts)
        text = "\n".join(
            ["def key(args):", f"    {tuple_of(params)} = args", *lines, f"    return {key}", ""]
            + ["def dispatch(args):", f"    {every}, = args", *lines, "    try:"]
            + [f"        call = exact[{key}]", "    except KeyError:", "        call = None"]
            # outside the handler, so that errors do not name this KeyError as their context
            + [
                "    if call is None:",
                f"        call = miss({tuple_of(params)})",
                f"    return call({every})",
                "",
            ]
        )
        names = {
            "ndarray": np.ndarray,
            "plain": keys.PLAIN,
            "key_of": keys.key_of,
            "static_key": keys.static_key,
            "statics": self.statics,
            "float64": np.dtype(np.float64),
            "exact": self.exact,
            "miss": self.miss,
        }
        exec(compile(text, "<adtrans dispatch>", "exec"), names)
        self._key: Callable[..., Any] = names["key"]  # type: ignore[assignment]
        self.dispatch: Callable[..., Any] = names["dispatch"]  # type: ignore[assignment]

    # ----- the slow path -----

    def miss(self, values: tuple[Any, ...]) -> Callable[..., Any]:
        """The call for arguments whose exact key is new."""
        plain = tuple(map(_as_ndarray, values))
        call = self.specialisation(plain).call
        if any(a is not b for a, b in zip(plain, values)):
            call = _with_plain_arguments(call, self.count)
        with self._lock:
            if len(self.exact) >= MOST_EXACT:
                self.exact.clear()
            self.exact[self._key(values)] = call
        return call

    def specialisation(self, values: tuple[Any, ...]) -> Specialisation:
        """The derivative for these bound arguments, generated if its pattern is new."""
        target = self._target()
        slots = target.slots(self.argnums, list(values))
        names = tuple(p.name for p in target.parameters)
        for slot in slots:
            label = names[slot] if isinstance(slot, int) else f"{names[slot[0]]}[{slot[1]!r}]"
            try:
                vectors.check_argument(_argument(values, slot), label, target.name)
            except AdtransError as error:
                place_at(error, target.function, names[slot if isinstance(slot, int) else slot[0]])
                raise
        while True:
            statics = self.statics
            types_ = types_of.types_of(values, frozenset(statics))
            key = (slots, keys.weakened(types_))
            with self._lock:
                found = self._touch(key)
                if found is not None:
                    return found
                lock = self._building.setdefault(key, threading.RLock())
            with lock:
                with self._lock:
                    found = self._touch(key)
                if found is not None:
                    return found
                if self.statics != statics:  # another thread has found out meanwhile
                    continue
                known = tuple(
                    path for path in statics if keys.at_path(values, path, _NOTHING) is not _NOTHING
                )
                request = Request(target.function, self.transform, slots, types_, self.options, known)
                try:
                    made = self.build(request, names)
                except AdtransError as error:  # it names the user's line; our own frames say nothing
                    _logger().debug("refused", exc_info=True)
                    self._building.pop(key, None)
                    raise error.with_traceback(None) from error.__cause__
                if isinstance(made, Specialisation):
                    with self._lock:
                        self._add(key, made)
                    return made
            with self._lock:  # some values must be known: key by them, and start again
                self._building.pop(key, None)
                if not set(made) <= set(self.statics):
                    self.statics = tuple(sorted({*self.statics, *made}, key=repr))
                    self._renew()
                elif set(made) <= set(statics):
                    raise AdtransError(f"the derivative of {target.name} never has the values it asks for")

    def build(self, request: Request, names: tuple[str, ...]) -> Specialisation | tuple[Path, ...]:
        """A new specialisation, or the paths of values that it must know first."""
        name = getattr(request.function, "__name__", "function")
        generated = store.generate(request)
        wanted = tuple(path if isinstance(path, tuple) else (path,) for path in generated.statics)
        if any(not any(path[: len(k)] == k for k in request.statics) for path in wanted):
            return wanted
        if not generated.text:
            raise UnsupportedError(f"the derivative of {name} needs to know an argument that is no number")
        check = drop = False
        if not isinstance(request.function, FunctionType):
            generated.output = ty.ANY  # it says what the function at the bottom returns
        elif self.transform in ("grad", "value_and_grad"):
            check = must_check_output(generated.output, dict(self.options).get("has_aux", False))
            if check and self.transform == "grad":
                drop, request = True, dataclasses.replace(request, transform="value_and_grad")
                generated = store.generate(request)
        around = Surroundings(name, names, self._stale(), self.last, check, drop)
        return specialise(request, generated, around)

    def _stale(self) -> Callable[..., Any]:
        table = weakref.ref(self)

        def stale(*args: Any) -> Any:
            """Forget what relies on a binding that has changed, and start again."""
            self = table()
            assert self is not None
            self.forget()
            return self.dispatch(args)

        return stale

    def forget(self) -> None:
        """Drop every specialisation."""
        with self._lock:
            self.patterns.clear()
            self._renew()

    def _touch(self, key: Any) -> Specialisation | None:
        found = self.patterns.get(key)
        if found is not None:
            self.patterns.move_to_end(key)
        return found

    def _add(self, key: Any, made: Specialisation) -> None:
        self._building.pop(key, None)
        self.patterns[key] = made
        if len(self.patterns) >= MOST:
            self._renew()  # uses must be seen, to know which one is the least recent
        if len(self.patterns) > MOST:
            self.patterns.popitem(last=False)
            if not self._warned:
                self._warned = True
                _logger().warning(
                    "%s of %s has more than %d specialisations; the least recently used are dropped",
                    self.transform,
                    self._target().name,
                    MOST,
                )


def _logger() -> logging.Logger:
    import logging  # late: calls that go well have nothing to say

    return logging.getLogger("adtrans")


def _argument(values: tuple[Any, ...], slot: Any) -> Any:
    return values[slot] if isinstance(slot, int) else values[slot[0]][slot[1]]


def _as_ndarray(x: Any) -> Any:
    """An np.memmap is read as the array that it is."""
    return x.view(np.ndarray) if type(x) is np.memmap else x


def _with_plain_arguments(call: Callable[..., Any], count: int) -> Callable[..., Any]:
    def plain_call(*args: Any) -> Any:
        return call(*map(_as_ndarray, args[:count]), *args[count:])

    return plain_call


# ----- tables by function -----

_tables: weakref.WeakKeyDictionary[Any, dict[Any, Table]] = weakref.WeakKeyDictionary()
_tables_lock = threading.Lock()


def table_of(target: Target, chain: Chain, vectors_count: int) -> Table:
    """The table of a derivative: one for each function and chain of transforms."""
    from adtrans.derivative import rebuilt

    root = guards.root_of(target.function)
    assert root is not None
    reference = weakref.ref(root)

    def bare() -> Target:
        function = reference()
        assert function is not None
        return Target(rebuilt(function, chain[:-1]))

    with _tables_lock:
        by_chain = _tables.setdefault(root, {})
        found = by_chain.get(chain)
        if found is None:
            found = by_chain[chain] = Table(bare, chain, len(target.parameters), vectors_count)
        return found


def _unlock_all() -> None:
    """In a forked process the threads that held locks are gone."""
    global _tables_lock
    _tables_lock = threading.Lock()
    store.unlock()
    for by_chain in list(_tables.values()):
        for table in by_chain.values():
            table.unlock()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_unlock_all)


def forget_all() -> None:
    """Drop every specialisation of every derivative: a rule may have changed."""
    with _tables_lock:
        found = [table for by_chain in _tables.values() for table in by_chain.values()]
    for table in found:
        table.forget()
