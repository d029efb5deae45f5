"""Lists and dicts that change in place: their shadows have the same structure and change alike.

rows.append(h)        forward mode:  drows.append(dh)
                      reverse mode:  bh += brows.pop()
"""

from __future__ import annotations

import operator
from typing import TYPE_CHECKING, Any

from adtrans.analysis.aliases import Aliases
from adtrans.analysis.inference import arrays
from adtrans.errors import UnsupportedError
from adtrans.ir import prims
from adtrans.ir import types as ty
from adtrans.ir.program import Block, Const, Function, Op, Value, blocks_of, walk
from adtrans.ir.regions import slots_of
from adtrans.runtime import add_each, add_into, add_slice, add_trees, take_tail, zeros_like

if TYPE_CHECKING:
    from adtrans.transform.adjoints import Entry, Scope
    from adtrans.transform.forward import Forward
    from adtrans.transform.reverse import Reverse

_GROW = frozenset([list.append, list.insert, list.extend, operator.iadd])
MAKES = frozenset([prims.list_, prims.dict_, list, dict, operator.mul, operator.add, list.copy, dict.copy])
_HOLD = frozenset([prims.tuple_, prims.list_, prims.dict_, prims.closure, prims.append, prims.insert])
_METHOD = "method"


def is_container(t: ty.Type) -> bool:
    return isinstance(t, ty.Mapping) or isinstance(t, ty.List) and t.cls is list and t.site != "tape"


def changes_container(op: Op) -> bool:
    """Whether an op changes a list or a dict."""
    fn: Any = op.fn
    if op.kind != "apply" or not op.operands or not is_container(op.operands[0].type):
        return False
    return fn in (operator.setitem, operator.delitem, list.pop, list.reverse, dict.pop, list.clear, list.sort, list.remove,
                  dict.setdefault, dict.update, dict.clear) or fn in (list.append, list.insert, list.extend) or (fn is operator.iadd and not op.results)  # fmt: skip


def refuse(op: Op, what: str = "this change of a list or dict that holds active values") -> UnsupportedError:
    return UnsupportedError(
        f"{what} is not supported",
        span=op.span,
        hint="build a new list or dict (a comprehension), or use an array",
    )


def _is_plain(item: ty.Type) -> bool:
    """Whether 0.0 is a zero for items of a type."""
    return not isinstance(item, (ty.Tuple, ty.List, ty.Record, ty.Mapping))


def copy_comprehensions(function: Function, aliases: Aliases) -> bool:
    """A comprehension whose list changes later is copied into a list of its own. True if any was."""
    changed = False
    inner: set[Value] = set()  # of loops in a comprehension: the list is complete after the outermost one
    for op in list(walk(function.body)):
        if op.kind != "for":
            continue
        for k, r in enumerate(op.results):
            if is_container(r.type) and aliases.is_written(r) and _gathers(op, k, inner):
                if r not in inner:
                    _copy_after(function, op, k)
                    changed = True
    return changed


def _gathers(loop: Op, k: int, inner: set[Value]) -> bool:
    """Whether a slot of a loop is a list or dict that gets items; `inner` learns of the lists on the way."""
    _, params, yields = slots_of(loop)
    return _is_longer(loop.blocks[0], yields[k], params[k], inner)


def _is_longer(block: Block, y: Value, start: Value, inner: set[Value]) -> bool:
    """Whether a value that a block yields is the list that it starts with, and more."""
    made = next((op for op in block.ops if y in op.results), None)
    if made is None:
        return False
    k = made.results.index(y)
    if made.kind == "apply":
        longer = made.fn in (prims.append, prims.insert) and made.operands[0] is start
    elif made.kind == "for":
        longer = slots_of(made)[0][k] is start and _gathers(made, k, inner)
    else:
        longer = made.kind == "if" and any(_is_longer(b, b.yields[k], start, inner) for b in made.blocks)
    if longer and made.kind != "apply":
        inner.add(y)
    return longer


def _copy_after(function: Function, region: Op, k: int) -> None:
    from adtrans.ir.uses import substitute

    old = region.results[k]
    fresh = Value(old.type, old.name, old.span)
    fn: Any = list if isinstance(old.type, ty.List) else dict
    for block in blocks_of(function.body):
        if region in block.ops:
            at = block.ops.index(region)
            rest = Block([], block.ops[at + 1 :], block.yields)
            substitute(rest, {old: fresh})
            copy = Op("apply", [old], [fresh], [], {"fn": fn, "separate": True}, region.span)
            block.ops = [*block.ops[: at + 1], copy, *rest.ops]
            block.yields = rest.yields
            return


# ----- reverse mode -----


class ContainerShadows:
    """The shadows of one program's changing lists and dicts, each a local of the mirrored block."""

    def __init__(self, reverse: Reverse):
        self.reverse = reverse
        self._known = reverse.travelling.known

    def is_storage(self, v: Value) -> bool:
        if not is_container(v.type) or v in self.reverse.travelling.grown:
            return False
        return self.reverse.aliases.is_written(v)

    def open(self, block: Block) -> None:
        """At the top of a mirrored block: shadows of the containers that its forward block makes."""
        reverse = self.reverse
        for op in block.ops:
            for r in op.results:
                if not self.is_storage(r) or not reverse.activity.is_active(r) or r in self._known:
                    continue
                if op.kind != "apply" or op.fn not in MAKES:
                    raise refuse(op, "a changing list or dict that a library function made")
                with reverse.engine.at(op.span):
                    name = f"b{r.name}" if r.name else None
                    self._known[r] = reverse.engine.emit(
                        zeros_like, [r], [r.type], attrs={"shadow": True}, name=name
                    )[0]

    def of(self, v: Value) -> Value:
        found = self._known.get(v)
        if found is None:
            raise UnsupportedError("it is not known which list or dict this is", span=v.span or self.reverse.engine.span,
                                   hint="build a new one (a comprehension), or use an array")  # fmt: skip
        return found

    def contribute(self, v: Value, b: Value, reader: Op | None) -> None:
        """Add an adjoint of the whole container, which `reader` took, into its shadow."""
        travelling = self.reverse.travelling
        if travelling.is_reference(v) and travelling.holds_references(v):
            self.reverse.engine.emit(add_each, [travelling.consumed(reader, v), b], [])
        else:
            self.reverse.engine.emit(add_into, [self.of(v), b], [])

    def read(self, op: Op, b: Value) -> None:
        """The mirror of `y = x[i]`."""
        engine = self.reverse.engine
        base, key = op.operands[:2]
        shadow = self.of(base)
        if isinstance(op.result.type, ty.List) and (
            isinstance(key, Const) and isinstance(key.value, slice) or self.reverse._is_slice(key)
        ):
            total = engine.emit(add_slice, [shadow, key, b], [base.type])[0]
            engine.emit(operator.setitem, [shadow, Const(slice(None)), total], [])
            return
        old = engine.emit(operator.getitem, [shadow, key], [ty.widen(op.result.type)])[0]
        if isinstance(ty.widen(op.result.type), (ty.Scalar, ty.Array)):
            total = engine.emit(operator.add, [old, b], [old.type])[0]
        else:
            total = engine.emit(add_trees, [old, b], [old.type])[0]
        engine.emit(operator.setitem, [shadow, key, total], [])

    def change(self, op: Op, scope: Scope) -> None:
        """The mirror of a change."""
        from adtrans.transform.mixed_items import MixedItems, is_mixed

        reverse, engine, fn = self.reverse, self.reverse.engine, op.fn
        target = op.operands[0]
        engine.emit(prims.restore, [target], [], attrs={"write": op})
        if not reverse.activity.is_active(target):
            return
        travelling = reverse.travelling
        if travelling.is_reference(target) and travelling.holds_references(target):
            if is_mixed(reverse, target):
                MixedItems(reverse, target).change(op, scope)
            return  # the shadows of its items are known by themselves
        shadow, rest = self.of(target), op.operands[1:]
        item = ty.widen(target.type.item)  # type: ignore[union-attr]
        if fn is list.append:
            self._give(scope, rest[0], self._pop(shadow, [], item))
        elif fn is list.insert:
            self._give(scope, rest[1], self._pop(shadow, [rest[0]], item))
        elif fn in (list.extend, operator.iadd):
            self._extended(op, shadow, rest[0], scope)
        elif fn is operator.setitem:
            self._stored(op, shadow, rest, item, scope)
        elif fn is operator.delitem:
            self._deleted(op, shadow, rest[0])
        elif fn in (list.pop, dict.pop):
            self._popped(op, shadow, rest, scope)
        elif fn is list.reverse:
            engine.emit(list.reverse, [shadow], [], (), {"style": _METHOD, "spelling": "reverse"})
        else:
            raise refuse(op)

    def _pop(self, shadow: Value, index: list[Value], item: ty.Type) -> Value:
        return self.reverse.engine.emit(
            list.pop, [shadow, *index], [item], (), {"style": _METHOD, "spelling": "pop"}
        )[0]

    def _give(self, scope: Scope, v: Value, b: Value) -> None:
        self.reverse._flow(scope, v, b)

    def _extended(self, op: Op, shadow: Value, more: Value, scope: Scope) -> None:
        engine = self.reverse.engine
        length = engine.apply(len, [more])
        target = op.operands[0].type
        assert isinstance(target, ty.List)
        tail = engine.emit(take_tail, [shadow, length], [ty.List(target.item)], attrs={"impure": True})[0]
        if isinstance(more, Const) or not self.reverse.activity.is_varied(more):
            return
        if not isinstance(more.type, (ty.List, ty.Tuple)):
            raise refuse(op)
        made = engine.definition(more)
        if made is not None and made.fn is prims.list_ and not self.is_storage(more):
            for k, v in enumerate(made.operands):
                self._give(scope, v, engine.emit(operator.getitem, [tail, Const(k)], [ty.widen(v.type)])[0])
            return
        self._give(scope, more, tail)

    def _stored(self, op: Op, shadow: Value, rest: list[Value], item: ty.Type, scope: Scope) -> None:
        key, value = rest
        engine = self.reverse.engine
        if arrays.is_slice(key, engine.definition):
            self._slice_stored(op, shadow, key, value, scope)
            return
        b = engine.emit(operator.getitem, [shadow, key], [item])[0]
        zero = Const(0.0) if _is_plain(item) else engine.emit(zeros_like, [b], [item])[0]
        engine.emit(operator.setitem, [shadow, key, zero], [])
        self._give(scope, value, b)

    def _slice_stored(self, op: Op, shadow: Value, key: Value, value: Value, scope: Scope) -> None:
        """The mirror of `q[start:stop] = v`: v takes its part, zeros stand for what was there."""
        engine = self.reverse.engine
        made = engine.definition(key)
        if made is None or made.fn is not slice:
            raise refuse(op, "assignment to every n-th item of a list that holds active values")
        start = made.operands[0]
        length = engine.emit(len, [value], [ty.INT])[0]
        stop = engine.emit(operator.add, [start, length], [ty.INT])[0]
        part = engine.emit(slice, [start, stop, Const(None)], [ty.SLICE])[0]
        b = engine.emit(operator.getitem, [shadow, part], [shadow.type])[0]
        engine.emit(operator.setitem, [shadow, part, self._zeros(op, made)], [])
        if not isinstance(value, Const) and self.reverse.activity.is_varied(value):
            self._give(scope, value, b)

    def _zero(self, op: Op, key: Value) -> Value:
        """A zero for an item that a change took away: 0.0, or what is of the structure of the item."""
        engine, target = self.reverse.engine, op.operands[0]
        item = ty.widen(target.type.item)  # type: ignore[union-attr]
        if _is_plain(item):
            return Const(0.0)
        old = engine.emit(operator.getitem, [target, key], [item])[0]
        return engine.emit(zeros_like, [old], [item])[0]

    def _zeros(self, op: Op, span: Op) -> Value:
        """A list of zeros as long as a slice."""
        engine, target = self.reverse.engine, op.operands[0]
        if not _is_plain(ty.widen(target.type.item)):  # type: ignore[union-attr]
            part = engine.emit(slice, list(span.operands), [ty.SLICE])[0]
            old = engine.emit(operator.getitem, [target, part], [target.type])[0]
            return engine.emit(zeros_like, [old], [target.type])[0]
        count = engine.emit(operator.sub, [span.operands[1], span.operands[0]], [ty.INT])[0]
        zero = engine.emit(prims.list_, [Const(0.0)], [ty.List(ty.FLOAT)])[0]
        return engine.emit(operator.mul, [zero, count], [ty.List(ty.FLOAT)])[0]

    def _deleted(self, op: Op, shadow: Value, key: Value) -> None:
        engine = self.reverse.engine
        if not isinstance(op.operands[0].type, ty.List):
            engine.emit(operator.setitem, [shadow, key, self._zero(op, key)], [])
            return
        if arrays.is_slice(key, engine.definition):
            made = engine.definition(key)
            if made is None or made.fn is not slice:
                raise refuse(op, "deletion of every n-th item of a list that holds active values")
            here = engine.emit(slice, [made.operands[0], made.operands[0], Const(None)], [ty.SLICE])[0]
            engine.emit(operator.setitem, [shadow, here, self._zeros(op, made)], [])
            return
        engine.emit(
            list.insert, [shadow, key, self._zero(op, key)], [], (), {"style": _METHOD, "spelling": "insert"}
        )

    def _popped(self, op: Op, shadow: Value, rest: list[Value], scope: Scope) -> None:
        from adtrans.transform.adjoints import whole

        engine = self.reverse.engine
        entry: Entry | None = self.reverse.adjoint_of(scope, op.result)
        if entry is None:
            b = self._zero(op, rest[0] if rest else Const(-1))
        else:
            b = whole(engine, op.result, entry)
        if op.fn is dict.pop:
            if len(rest) > 1:
                raise refuse(op, "dict.pop with a default")
            engine.emit(operator.setitem, [shadow, rest[0], b], [])
        elif not rest or isinstance(rest[0], Const) and rest[0].value == -1:
            engine.emit(list.append, [shadow, b], [], (), {"style": _METHOD, "spelling": "append"})
        else:
            engine.emit(list.insert, [shadow, rest[0], b], [], (), {"style": _METHOD, "spelling": "insert"})


def undo(op: Op, mark: Op) -> list[Op] | None:
    """Ops that put a container back as it was before a change; None where that takes a saved value."""
    target = op.operands[0]
    attrs = {k: v for k, v in mark.attrs.items() if k not in ("fn", "write")}
    if op.fn is list.append:
        gone = Value(ty.ANY)
        return [
            Op(
                "apply",
                [target],
                [gone],
                [],
                {**attrs, "fn": list.pop, "style": _METHOD, "spelling": "pop"},
                op.span,
            )
        ]
    if op.fn is list.pop and len(op.operands) == 1:
        return [
            Op(
                "apply",
                [target, op.result],
                [],
                [],
                {**attrs, "fn": list.append, "style": _METHOD, "spelling": "append"},
                op.span,
            )
        ]
    if op.fn in (list.extend, operator.iadd):
        more, tail = op.operands[1], Value(ty.ANY)
        ops = []
        count: Value = Const(len(more.type.items)) if isinstance(more.type, ty.Tuple) else Value(ty.INT)
        if not isinstance(count, Const):
            ops.append(Op("apply", [more], [count], [], {**attrs, "fn": len}, op.span))
        return [
            *ops,
            Op("apply", [target, count], [tail], [], {**attrs, "fn": take_tail, "impure": True}, op.span),
        ]
    return None


def undo_by_copy(op: Op, mark: Op) -> tuple[list[Op], list[Op]]:
    """(ops before a change that copy the container, ops that put the copy back)."""
    target = mark.operands[0]
    attrs = {k: v for k, v in mark.attrs.items() if k not in ("fn", "write")}
    old = Value(target.type, "old", op.span)
    style = {"style": _METHOD, "spelling": "copy"}
    if isinstance(target.type, ty.List):
        copied: Any = list.copy
        back = [
            Op("apply", [target, Const(slice(None)), old], [], [], {**attrs, "fn": operator.setitem}, op.span)
        ]
    else:
        copied = dict.copy
        back = [
            Op(
                "apply",
                [target],
                [],
                [],
                {**attrs, "fn": dict.clear, "style": _METHOD, "spelling": "clear"},
                op.span,
            ),
            Op(
                "apply",
                [target, old],
                [],
                [],
                {**attrs, "fn": dict.update, "style": _METHOD, "spelling": "update"},
                op.span,
            ),
        ]
    return [Op("apply", [target], [old], [], {"fn": copied, **style}, op.span)], back


# ----- forward mode -----


def forward_change(forward: Forward, op: Op) -> None:
    """Change a container and, in the same way, its tangent."""
    fn: Any = op.fn
    target = op.operands[0]
    if not forward.is_active(target):
        forward._keep(op)
        return
    if (
        fn in (list.sort, list.remove, dict.setdefault, dict.update)
        or fn is dict.pop
        and len(op.operands) > 2
    ):
        raise refuse(op)
    shadow = forward.whole(target)
    plain = (
        {0}
        if fn in (operator.delitem, list.pop, dict.pop, list.reverse, list.clear, dict.clear)
        else {len(op.operands) - 1}
    )
    operands = [
        shadow if k == 0 else forward.whole(v) if k in plain else v for k, v in enumerate(op.operands)
    ]
    attrs = {k: v for k, v in op.attrs.items() if k in ("style", "spelling")}
    types = [ty.widen(r.type) for r in op.results]
    made = forward.engine.emit(
        fn,
        operands,
        types,
        op.keywords,
        attrs,
        f"d{op.result.name}" if op.results and op.result.name else None,
    )
    forward._keep(op)
    for r, d in zip(op.results, made):
        if forward.is_active(r):
            forward.tangents[r] = d


def forward_make(forward: Forward, op: Op) -> Value | None:
    """The tangent of a new list or dict that changes later; None for other ops."""
    fn: Any = op.fn
    if not is_container(op.result.type) or fn not in MAKES or fn in (prims.list_, prims.dict_):
        return None
    item = ty.widen(op.result.type.item)  # type: ignore[union-attr]
    shares = isinstance(
        item, (ty.Array, ty.List, ty.Mapping)
    )  # what it holds is shared, and so are the zeros
    if not shares and not any(forward.is_active(v) for v in op.operands):
        return forward.engine.emit(zeros_like, [op.result], [op.result.type])[0]
    counts = fn is operator.mul  # `items * n`: only the items have a tangent
    operands = [
        v if counts and not isinstance(ty.widen(v.type), (ty.List, ty.Tuple)) else forward.whole(v)
        for v in op.operands
    ]
    return forward.engine.emit(fn, operands, [op.result.type], op.keywords)[0]


__all__ = [
    "ContainerShadows",
    "changes_container",
    "copy_comprehensions",
    "forward_change",
    "forward_make",
    "undo",
]
