"""Generated texts by what they were generated from: in memory, on disk, else written now.

The key is known before anything is generated. What only generation finds out (the functions that
were called, the constants that were read) is stored beside the text, and checked when it is read.
"""

from __future__ import annotations

import gc
import json
import threading
import types
from collections import OrderedDict
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from adtrans import registration
from adtrans.ir import types as ty
from adtrans.loader import cache, digests, guards, locations
from adtrans.loader.digests import NoDigest
from adtrans.loader.locations import Locator, NoLocation
from adtrans.runtime import check_defined
from adtrans.transform.request import Generated, Request

_MOST = 512
_memory: OrderedDict[str, str] = OrderedDict()  # bodies by key
_lock = threading.Lock()


def _written(request: Request) -> Generated:
    with _without_collection():
        from adtrans.transform import pipeline  # late: cached texts do without it

        return pipeline.generate(request)


@contextmanager
def _without_collection() -> Iterator[None]:
    """No garbage collection while many small objects are made that all stay."""
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()


def generate(request: Request) -> Generated:
    """The text that answers a request, from the nearest place that has it."""
    key = key_of(request)
    if key is None:
        return _written(request)
    root = guards.root_of(request.function)
    assert root is not None
    with _lock:
        body = _memory.get(key)
    if body is None:
        body = cache.read(key)
    if body is not None:
        found = decoded(body, root)
        if found is not None:
            _remember(key, body)
            return found
    made = _written(request)
    body = encoded(made, root)
    if body is not None:
        _remember(key, body)
        cache.write(key, body)
    return made


def _remember(key: str, body: str) -> None:
    with _lock:
        _memory[key] = body
        _memory.move_to_end(key)
        if len(_memory) > _MOST:
            _memory.popitem(last=False)


def key_of(request: Request) -> str | None:
    """A digest of everything that a request says; None where something has none."""
    root = guards.root_of(request.function)
    if root is None:
        return None
    chain = getattr(request.function, "chain", ())
    try:
        return digests.hashed(
            [
                digests.of_installation(),
                registration.digest(),
                digests.of_function(root),
                repr(chain),
                request.transform,
                repr(request.argnums),
                repr(request.options),
                repr(request.statics),
                *map(digests.of_type, request.types),
            ]
        )
    except NoDigest:
        return None


# ----- bodies -----


def encoded(made: Generated, root: Any) -> str | None:
    """A body; None where something in it cannot be found again in another process.

    Checks of undefined gradients name lines, which move while the function stays the same.
    """
    if check_defined.__name__ in made.text:
        return None
    locator = Locator(root)
    try:
        depends = [_encoded_dependency(item, locator) for item in made.depends if not is_ours(item)]
        return json.dumps(
            {
                "depends": depends,
                "bindings": {name: locator.locate(x) for name, x in made.bindings.items()},
                "entry": made.entry,
                "statics": [list(path) for path in made.statics],
                "mutated": list(made.mutated),
                "fresh": made.fresh,
                "single": made.single,
                "output": _encoded_type(made.output, locator),
                "places": _encoded_places(made.places, locator),
                "text": made.text,
            }
        )
    except (NoDigest, NoLocation, TypeError):
        return None


def decoded(body: str, root: Any) -> Generated | None:
    """What a body holds; None where something that it depends on has changed."""
    try:
        held = json.loads(body)
        depends = []
        for place, name, digest in held["depends"]:
            namespace = locations.resolve(place, root)
            now = namespace if name is None else locations.meaning(namespace, name)
            if digests.of(now) != digest:
                return None
            depends.append(now if name is None else (namespace, name, now))
        return Generated(
            held["text"],
            held["entry"],
            {name: locations.resolve(place, root) for name, place in held["bindings"].items()},
            depends,
            tuple(tuple(path) for path in held["statics"]),
            _decoded_type(held["output"], root),
            tuple(held["mutated"]),
            held["fresh"],
            held["single"],
            [
                (line, locations.resolve(place, root), offset)
                for place, lines in held["places"]
                for line, offset in lines
            ],
        )
    except (NoDigest, LookupError, ImportError, AttributeError, ValueError, TypeError):
        return None


def is_ours(x: Any) -> bool:
    """Whether a dependency is a function of adtrans itself: the digest of the installation covers it."""
    return isinstance(x, types.FunctionType) and (x.__module__ or "").startswith("adtrans.")


def _encoded_dependency(item: Any, locator: Locator) -> list[Any]:
    if isinstance(item, tuple) and len(item) == 3:
        namespace, name, x = item
        return [locator.add(namespace, name, x), name, digests.of(x)]
    return [locator.locate(item), None, digests.of(item)]


def _encoded_places(places: list[tuple[int, Any, int]], locator: Locator) -> list[Any]:
    """Lines by the function that they come from."""
    by_function: dict[Any, list[tuple[int, int]]] = {}
    for line, function, offset in places:
        by_function.setdefault(function, []).append((line, offset))
    return [[locator.locate(function), lines] for function, lines in by_function.items()]


def _encoded_type(type_: Any, locator: Locator) -> Any:
    """The few types that outputs have; anything else counts as unknown."""
    if isinstance(type_, ty.Scalar):
        return ["scalar", type_.dtype, type_.python]
    if isinstance(type_, ty.Array):
        dims = None if type_.dims is None else [[dim.symbol, dim.offset] for dim in type_.dims]
        return ["array", type_.dtype, dims]
    if isinstance(type_, ty.Tuple):
        return ["tuple", locator.locate(type_.cls), [_encoded_type(item, locator) for item in type_.items]]
    if isinstance(type_, ty.Numeric):
        return ["numeric"]
    if isinstance(type_, (ty.Known, ty.Record, ty.List)):
        return ["other"]
    return ["any"]


def _decoded_type(held: Any, root: Any) -> ty.Type:
    kind, *rest = held
    if kind == "scalar":
        return ty.Scalar(*rest)
    if kind == "array":
        dims = None if rest[1] is None else tuple(ty.Dim(*dim) for dim in rest[1])
        return ty.Array(rest[0], dims)
    if kind == "tuple":
        return ty.Tuple(
            tuple(_decoded_type(item, root) for item in rest[1]), locations.resolve(rest[0], root)
        )
    if kind == "other":  # a structure: not one number
        return ty.Record(())
    return ty.NUMERIC if kind == "numeric" else ty.ANY


def unlock() -> None:
    """A new lock, which nobody holds."""
    global _lock
    _lock = threading.Lock()


def clear() -> None:
    """Forget the texts in memory."""
    with _lock:
        _memory.clear()
