"""Lists and dicts that change when the program runs: what their types have room for, and their methods."""

from __future__ import annotations

import collections
import operator

from adtrans.analysis.inference.engine import Engine, Restart
from adtrans.analysis.inference.special_containers import check_plain, special
from adtrans.analysis.inference.virtual import Lazy
from adtrans.ir import types as ty
from adtrans.ir.program import Const, Value
from adtrans.rules import stand_ins

LIST_METHODS = frozenset("append extend insert pop remove sort reverse clear".split())
DICT_METHODS = frozenset("update pop setdefault clear popitem".split())


def mutate(engine: Engine, t: ty.Type) -> None:
    """A list or a dict of this program changes: its items are then not known one by one."""
    if special(engine, t) is not None:
        return
    if isinstance(t, (ty.Tuple, ty.List)) and t.cls is list and not engine.run_time_lists:
        engine.restart(("lists",))
    if (
        isinstance(t, ty.Mapping) or isinstance(t, ty.Record) and t.cls is dict
    ) and not engine.run_time_dicts:
        engine.restart(("dicts",))
    if isinstance(t, ty.Mapping):
        for site in t.site.split("|"):
            if site in engine.spread and ("changed", site) not in engine.flags:
                engine.restart(("changed", site))
            engine.flags.add(("changed", site))


def resize(engine: Engine, base: Value) -> None:
    """The length of a list of this program changes: the lengths of lists then have no names."""
    if isinstance(base.type, ty.List) and base.type.length is not None:
        engine.restart(("lengths",))


def grow(engine: Engine, base: Value, item: Value, key: Value | None = None) -> None:
    """Something is put into a list or dict: its type must have room for it."""
    t = base.type
    if not isinstance(t, (ty.List, ty.Mapping)):
        return
    for suffix, have, value in (("", t.item, item), ("k", getattr(t, "key", None), key)):
        if value is None or have is None:
            continue
        put = ty.widen(value.type)
        if engine.heap.loops:  # the next time it may have another length
            put = ty.renamed(put, lambda dim: dim.is_of_argument, t.site)
        want = ty.join(have, put, t.site)
        if want == have:
            continue
        sites = t.site.split("|")
        if "" in sites or "?" in sites:
            raise engine.refuse(
                f"a {value.type} is put into a container of {have}, which was made elsewhere",
                "make the container here, with items of one kind",
            )
        for site in sites:
            name = site + suffix
            engine.flags = {f for f in engine.flags if f[:2] != ("items", name)} | {("items", name, want)}
        raise Restart(engine.flags)


def listed(engine: Engine, items: Value) -> Value:
    """The list of what is put into another list."""
    made = engine.apply(list, [items])
    if not isinstance(made.type, (ty.Tuple, ty.List)):
        raise engine.refuse(
            "it is not known what is put into this list", "put its items into it one by one, by append"
        )
    return made


def list_method(
    engine: Engine, owner: Value, name: str, args: list[Value], options: dict[str, Value]
) -> Value:
    """`items.append(v)` and its siblings."""
    from adtrans.analysis.inference.containers import item_read, storable

    mutate(engine, owner.type)
    t = owner.type
    assert isinstance(t, ty.List)
    if name == "sort":
        ordered = engine.apply(sorted, [owner, *options.values()], tuple(options))
        return engine.apply(operator.setitem, [owner, Const(slice(None)), ordered])
    if name == "clear":
        return engine.apply(operator.delitem, [owner, Const(slice(None))])
    if name == "remove":
        place = engine.emit(
            list.index, [owner, *args], [ty.INT], (), {"style": "method", "spelling": "index"}
        )
        return engine.apply(operator.delitem, [owner, place[0]])
    resize(engine, owner)
    if name == "extend":
        args = [listed(engine, args[0])]
        grow(engine, owner, Value(ty.as_list(args[0].type).item))  # type: ignore[arg-type]
    if name in ("append", "insert"):
        args = [*args[:-1], storable(engine, args[-1])]
        grow(engine, owner, args[-1])
    results = [item_read(engine, t.item)] if name == "pop" else []
    style = {"style": "method", "spelling": name}
    made = engine.emit(getattr(list, name), [owner, *args], results, (), style)
    return made[0] if made else Const(None)


def dict_method(
    engine: Engine,
    owner: Value,
    name: str,
    args: list[Value],
    options: dict[str, Value],
    filling: bool = False,
) -> Value:
    """`d.update(e)` and its siblings; `filling`: of a dict that is being made."""
    from adtrans.analysis.inference.calls import call_user
    from adtrans.analysis.inference.containers import entries, item_read

    t = owner.type
    found = special(engine, t)
    if name == "update" and found is not None and found.cls is collections.Counter and not filling:
        check_plain(engine, t, "update")
    if name == "update":
        for source in args:
            of_pairs = isinstance(source, Lazy) or isinstance(source.type, (ty.List, ty.Tuple))
            if of_pairs:
                call_user(engine, stand_ins.update_by_pairs, [owner, source], {})  # type: ignore[arg-type]
                continue
            if isinstance(source.type, ty.Mapping):
                call_user(engine, stand_ins.update, [owner, source], {})  # type: ignore[arg-type]
                continue
            for key, value in entries(engine, source):
                engine.apply(operator.setitem, [owner, key, value])
        for key_name, value in options.items():
            engine.apply(operator.setitem, [owner, Const(key_name), value])
        return Const(None)
    if name == "setdefault":
        default = args[1] if len(args) > 1 else Const(None)
        return call_user(engine, stand_ins.setdefault, [owner, args[0], default], {})  # type: ignore[arg-type]
    if name == "pop" and len(args) > 1:
        return call_user(engine, stand_ins.pop, [owner, *args], {})  # type: ignore[arg-type]
    if name == "pop" and isinstance(t, ty.Record) and type(args[0]) is Const and not engine.run_time_dicts:
        from adtrans.analysis.inference.instances import becomes_object

        becomes_object(engine, dict)
    mutate(engine, t)
    assert isinstance(t, ty.Mapping)
    item = item_read(engine, t.item)
    results: dict[str, list[ty.Type]] = {"pop": [item], "popitem": [ty.Tuple((t.key, item))]}
    style = {"style": "method", "spelling": name}
    made = engine.emit(getattr(dict, name), [owner, *args], results.get(name, []), (), style)
    return made[0] if made else Const(None)
