"""deque, defaultdict and Counter, as the lists and dicts that behave like them."""

from __future__ import annotations

import collections
import operator
from dataclasses import dataclass
from typing import Any

from adtrans.analysis.inference.apply import handles
from adtrans.analysis.inference.calls import call_user
from adtrans.analysis.inference.engine import Engine
from adtrans.analysis.inference.virtual import Lazy
from adtrans.ir import prims
from adtrans.ir import types as ty
from adtrans.ir.program import Block, Const, Value
from adtrans.rules import stand_ins

QUEUE_METHODS = frozenset("append appendleft popleft extend extendleft rotate insert".split())


@dataclass(frozen=True)
class Special:
    """What a list or dict stands for: its class, and the length that it may have, or what makes its items."""

    cls: type
    option: Value | None = None


def special(engine: Engine, t: ty.Type) -> Special | None:
    """What the lists or dicts of a type stand for. Raises UnsupportedError where they differ."""
    if not isinstance(t, (ty.List, ty.Mapping)) or not t.site:
        return None
    found = {_key(what): what for site in t.site.split("|") for what in [_made_at(engine, site)]}
    if len(found) > 1:
        names = " or a ".join(sorted({"plain one" if s is None else s.cls.__name__ for s in found.values()}))
        raise engine.refuse(f"this list or dict may be a {names}", "make it in one place")
    return next(iter(found.values()))


def _made_at(engine: Engine, site: str) -> Special | None:
    if site in engine.special:
        known: Special = engine.special[site]
        return known
    for flag in engine.flags:  # what earlier evaluations have seen
        if flag[:2] == ("special", site):
            return Special(flag[2], None if flag[3] is None else Const(flag[3]))
    return None


def _key(what: Special | None) -> Any:
    if what is None:
        return None
    return what.cls, what.option.value if type(what.option) is Const else what.option


def check_plain(engine: Engine, t: ty.Type, what: str) -> None:
    """Refuse an operation that means something else for a special container."""
    found = special(engine, t)
    if found is not None and (found.cls is not collections.deque or found.option is not None):
        raise engine.refuse(
            f"{what} of a {found.cls.__name__} is not supported", "use a list, a dict or an array"
        )


def check_result(engine: Engine, t: ty.Type) -> None:
    """Refuse a program whose result is, or holds, a special container."""
    work = [t]
    while work:
        t = work.pop()
        if isinstance(t, (ty.List, ty.Mapping)):
            found = special(engine, t)
            if found is not None:
                plain = "list" if isinstance(t, ty.List) else "dict"
                raise engine.refuse(f"a {found.cls.__name__} is returned", f"return a {plain}: {plain}(...)")
            work.append(t.item)
        elif isinstance(t, ty.Tuple):
            if t.cls.__module__.startswith("adtrans.rules"):
                raise engine.refuse("an object of SciPy that is made here is returned", "return arrays")
            work += t.items
        elif isinstance(t, ty.Record):
            work += [item for _, item in t.fields]
        elif isinstance(t, ty.Optional):
            work.append(t.item)


def item_of(engine: Engine, d: Value, key: Value) -> Value:
    """`d[key]` of a dict that has the key."""
    if isinstance(d.type, ty.Mapping):
        return engine.emit(operator.getitem, [d, key], [d.type.item])[0]
    return engine.apply(operator.getitem, [d, key])


def get(engine: Engine, d: Value, key: Value, default: Value) -> Value:
    """`d.get(key, default)`: a branch on whether the key is there."""
    there = engine.apply(operator.contains, [d, key])
    if isinstance(there, Const):
        return item_of(engine, d, key) if there.value else default
    found, missing = Block(), Block()
    with engine.inside(found):
        item = item_of(engine, d, key)
    target = Value()
    env: dict[Value, Value] = {}
    engine.merge(there, [found, missing], [[item], [default]], env, [target])
    return env[target]


# ----- deque -----


@handles(collections.deque)
def _deque(engine: Engine, fn: Any, operands: list[Value], keywords: dict[str, Value], attrs: Any) -> Value:
    if not engine.run_time_lists:
        engine.restart(("lists",))
    from adtrans.analysis.inference.changing import list_method

    given = {**dict(zip(("iterable", "maxlen"), operands)), **keywords}
    most = given.get("maxlen")
    if isinstance(most, Const) and most.value is None:
        most = None
    if most is not None and type(most) is not Const and most not in engine.arguments:
        raise engine.refuse("a deque of a computed length is not supported", "give maxlen as a number")
    made = engine.emit(prims.list_, [], [engine.fresh(ty.List(ty.NEVER))])[0]
    _register(engine, made, Special(collections.deque, most))
    if "iterable" in given:
        queue_method(engine, made, "extend", [given["iterable"]]) or list_method(
            engine, made, "extend", [given["iterable"]], {}
        )
    return made


def _register(engine: Engine, made: Value, what: Special) -> None:
    assert isinstance(made.type, (ty.List, ty.Mapping))
    engine.special[made.type.site] = what
    if what.option is None or type(what.option) is Const:
        option = what.option.value if isinstance(what.option, Const) else None
        engine.flags.add(("special", made.type.site, what.cls, option))


def queue_method(engine: Engine, owner: Value, name: str, args: list[Value]) -> Value | None:
    """The value of d.name(*args) for the methods that a deque has for itself; None for others."""
    from adtrans.analysis.inference.changing import list_method

    found = special(engine, owner.type)
    most = found.option if found is not None else None
    if name == "popleft":
        return list_method(engine, owner, "pop", [Const(0)], {})
    if name in ("rotate", "extendleft") or name == "extend" and most is not None:
        return call_user(engine, getattr(stand_ins, name), [owner, *args], {})
    if name in ("append", "appendleft") and most is not None:
        room: Any = stand_ins.make_room if name == "append" else stand_ins.make_room_left
        call_user(engine, room, [owner, most], {})
    if name == "appendleft":
        return list_method(engine, owner, "insert", [Const(0), *args], {})
    if name == "insert":
        check_plain(engine, owner.type, "insert")
    return None


# ----- defaultdict, Counter -----


@handles(collections.defaultdict)
def _defaultdict(
    engine: Engine, fn: Any, operands: list[Value], keywords: dict[str, Value], attrs: Any
) -> Value:
    factory = operands[0] if operands else Const(None)
    known = isinstance(factory, Const) and not isinstance(factory, Lazy)
    if not known and not isinstance(factory.type, ty.Closure):
        raise engine.refuse("this default of a defaultdict is not known", "give list, float or a lambda")
    nothing = type(factory) is Const and factory.value is None
    return _filled(
        engine, Special(collections.defaultdict, None if nothing else factory), operands[1:], keywords
    )


@handles(collections.Counter)
def _counter(engine: Engine, fn: Any, operands: list[Value], keywords: dict[str, Value], attrs: Any) -> Value:
    what = Special(collections.Counter)
    if operands and not _is_dict(operands[0].type):
        made = _filled(engine, what, [], keywords)
        call_user(engine, stand_ins.count_into, [made, operands[0]], {})  # type: ignore[arg-type]
        return made
    return _filled(engine, what, operands, keywords)


def _is_dict(t: ty.Type) -> bool:
    return isinstance(t, ty.Mapping) or isinstance(t, ty.Record) and t.cls is dict


def _filled(engine: Engine, what: Special, given: list[Value], keywords: dict[str, Value]) -> Value:
    from adtrans.analysis.inference.changing import dict_method

    made = engine.emit(prims.dict_, [], [engine.fresh(ty.Mapping(ty.NEVER, ty.NEVER))])[0]
    _register(engine, made, what)
    if given or keywords:
        dict_method(engine, made, "update", given, keywords, filling=True)
    return made


def read(engine: Engine, d: Value, key: Value) -> Value | None:
    """`d[key]` of a dict that gives something for every key; None for plain dicts."""
    found = special(engine, d.type)
    if found is None:
        return None
    if found.cls is collections.Counter:
        return get(engine, d, key, Const(0))
    if found.option is not None:
        call_user(engine, stand_ins.fill, [d, key, found.option], {})  # type: ignore[arg-type]
    return item_of(engine, d, key)
