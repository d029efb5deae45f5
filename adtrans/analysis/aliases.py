"""Which values may share memory, and which memory is written: flow-insensitive, by union-find.

Everything that may share memory with something that is written is storage. A container counts
as sharing memory with what it holds.
"""

from __future__ import annotations

import copy
import operator
from types import FunctionType
from typing import Any

import numpy as np

from adtrans.analysis.inference.apply import HANDLERS, IN_PLACE
from adtrans.analysis.views import shared_operands
from adtrans.ir import prims
from adtrans.ir import types as ty
from adtrans.ir.program import Block, Const, Function, Op, Value, is_member, walk
from adtrans.ir.regions import entry_slots, slots_of
from adtrans.rules.registry import lookup
from adtrans.runtime import CHECKS, add_into

_HOLD = frozenset(
    [
        prims.tuple_,
        prims.list_,
        prims.dict_,
        prims.set_,
        prims.append,
        prims.insert,
        prims.closure,
        prims.call,
    ]
)
_READ_FROM = frozenset(
    [
        prims.narrow,
        operator.getitem,
        getattr,
        list,
        tuple,
        dict,
        dict.get,
        list.pop,
        dict.pop,
        reversed,
        sorted,
        min,
        max,
    ]
)
_STORE = frozenset([operator.setitem, prims.augment_at, operator.delitem])
_LIST_EFFECTS = frozenset([list.append, list.extend, list.insert, list.pop, list.remove, list.sort, list.reverse, list.clear,
                           dict.update, dict.pop, dict.setdefault, dict.clear])  # fmt: skip


# Functions of NumPy that change their first argument.
CHANGES_FIRST: frozenset[Any] = frozenset(
    [np.put, np.place, np.putmask, np.fill_diagonal, np.put_along_axis, np.copyto, np.ndarray.sort, np.ndarray.partition,
     np.ndarray.fill, np.ndarray.put, np.ndarray.resize, np.ndarray.setfield, np.ndarray.byteswap, np.ndarray.setflags,
     np.ndarray.__setitem__, *(getattr(np.ndarray, f"__i{name}__") for name in
     "add sub mul truediv floordiv mod pow matmul and or xor lshift rshift".split())]
)  # fmt: skip


def changes_first(fn: Any) -> bool:
    """Whether a library function changes the memory of its first argument."""
    name = getattr(fn, "__name__", "")
    if name == "at" and isinstance(getattr(fn, "__self__", None), np.ufunc):
        return True
    if name == "shuffle" and fn is np.random.shuffle:  # read late: numpy.random takes long to import
        return True
    return is_member(fn, CHANGES_FIRST)


_CHANGES_NOTHING = frozenset(
    "math cmath builtins operator _operator numpy scipy adtrans copy logging warnings time itertools functools collections".split()
)


def is_unknown(fn: Any) -> bool:
    """Whether a callable may keep, or change, what it is given: nothing is known of it."""
    if fn is prims.call:
        return True
    if getattr(fn, "__name__", "") == "shuffle":
        return True
    if lookup(fn) is not None or getattr(fn, "function", None) is not None:  # a rule, or a program
        return False
    owner = getattr(fn, "__self__", None)
    module = getattr(fn, "__module__", None) or getattr(type(owner), "__module__", None) or "builtins"
    nameless = isinstance(fn, FunctionType) and fn.__module__ in ("builtins", None)
    return (nameless or module.partition(".")[0] not in _CHANGES_NOTHING) and not isinstance(fn, type)


def changed_by_call(op: Op) -> list[Value]:
    """Arrays and containers that a library function or an unknown call changes, or may change."""
    if op.kind != "apply":
        return []
    if changes_first(op.fn):
        return [v for v in op.operands[:1] if not isinstance(v, Const)]
    if not is_unknown(op.fn):
        return []
    kinds = (ty.Array, ty.List, ty.Mapping)
    return [v for v in op.operands if isinstance(v.type, kinds) and not isinstance(v, Const)]


def may_be_shared(t: ty.Type) -> bool:
    """Whether values of a type are references to memory."""
    return not isinstance(t, (ty.Scalar, ty.Known, ty.Text, ty.Never, ty.Range))


class Aliases:
    """Classes of values that may share memory, and the ops that write each class."""

    def __init__(self, function: Function):
        self._parent: dict[Value, Value] = {}
        self.writes: dict[Value, list[Op]] = {}
        self.kinds: dict[Value, set[str]] = {}
        for param in function.params:
            self.find(param)
        self._tapes: dict[tuple[Value, int], list[Value]] = {}
        self._block(function.body)
        self._join_tapes()
        self._regroup()

    def extend(self, function: Function) -> None:
        """Take in what has been added to the program."""
        self._block(function.body)
        self._join_tapes()
        self._regroup()

    def _join_tapes(self) -> None:
        """What is pulled from a field of a tape is what was pushed there."""
        fields: dict[tuple[Value, int], Value] = {}
        for (tape, k), values in self._tapes.items():
            for v in values:
                self.union(fields.setdefault((self.find(tape), k), v), v)

    def find(self, v: Value) -> Value:
        """The representative of a value's class."""
        parent = self._parent
        root = v
        while parent.setdefault(root, root) is not root:
            root = parent[root]
        while parent[v] is not root:
            parent[v], v = root, parent[v]
        return root

    def same(self, a: Value, b: Value) -> bool:
        return self.find(a) is self.find(b)

    def is_written(self, v: Value) -> bool:
        """Whether what a value refers to changes: an array's numbers, a container's structure or items."""
        if not may_be_shared(v.type):
            return False
        kinds = self.kinds.get(self.find(v))
        if kinds is None:
            return False
        if isinstance(v.type, ty.Array):
            return "array" in kinds
        if isinstance(v.type, (ty.List, ty.Mapping)):
            return "container" in kinds
        return True

    def is_touched(self, v: Value) -> bool:
        """Whether anything that a value refers to, or that it holds, changes."""
        return may_be_shared(v.type) and self.find(v) in self.kinds

    def union(self, a: Value, b: Value) -> None:
        if (
            isinstance(a, Const)
            or isinstance(b, Const)
            or not may_be_shared(a.type)
            or not may_be_shared(b.type)
        ):
            return
        p, q = self.find(a), self.find(b)
        if p is not q:
            self._parent[q] = p

    def _regroup(self) -> None:
        grouped: dict[Value, list[Op]] = {}
        for v, ops in self.writes.items():
            grouped.setdefault(self.find(v), []).extend(ops)
        self.writes = {root: list(dict.fromkeys(ops)) for root, ops in grouped.items()}
        for root, ops in grouped.items():
            for op in ops:
                changed = changed_by_call(op)
                t = changed[0].type if changed else op.operands[0].type
                kind = (
                    {"array"}
                    if isinstance(t, ty.Array)
                    else {"container"}
                    if isinstance(t, (ty.List, ty.Mapping))
                    else {"array", "container"}
                )
                self.kinds.setdefault(root, set()).update(kind)

    def _block(self, block: Block) -> None:
        for op in walk(block):
            if op.kind == "apply":
                self._apply(op)
            elif op.kind in ("if", "with", "try"):
                for inner in op.blocks:
                    for result, y in zip(op.results, inner.yields):
                        self.union(result, y)
                if op.attrs.get("final"):
                    for p, y in zip(op.blocks[1].params, op.blocks[0].yields):
                        self.union(p, y)
            elif op.kind in ("for", "while"):
                self._loop(op)

    def _loop(self, op: Op) -> None:
        inits, params, yields = slots_of(op)
        for result, init, param, y, other in zip(op.results, inits, params, yields, entry_slots(op)):
            self.union(param, init)
            self.union(param, y)
            self.union(param, result)
            self.union(param, other)
        if op.kind == "for" and may_be_shared(op.operands[0].type):
            self.union(op.blocks[0].params[0], op.operands[0])

    def _apply(self, op: Op) -> None:
        fn: Any = op.fn
        operands = [v for v in op.operands if not isinstance(v, Const)]
        if fn in _STORE:
            self._write(op, op.operands[0])
            if fn is operator.setitem and not isinstance(op.operands[0].type, ty.Array):
                self.union(op.operands[0], op.operands[2])
            return
        for v in changed_by_call(op):
            self._write(op, v)
        if changes_first(fn):
            return
        if fn in IN_PLACE and not op.results:
            self._write(op, op.operands[0])
            return
        if fn is prims.push or fn is prims.pull:
            self._write(op, op.operands[0])
            for k, v in enumerate(op.operands[1:] if fn is prims.push else op.results):
                if not isinstance(v, Const) and may_be_shared(v.type):
                    self._tapes.setdefault((op.operands[0], k), []).append(v)
            return
        if fn in _LIST_EFFECTS:
            self._write(op, op.operands[0])
            for v in operands[1:]:
                self.union(op.operands[0], v)
            for r in op.results:
                self.union(op.operands[0], r)
            return
        if fn is add_into:  # the shadow of an inner derivative
            self._write(op, op.operands[0])
            return
        if is_member(fn, CHECKS) or op.attrs.get("outside call"):
            return
        if not op.results:
            primitive = lookup(fn)
            for i in primitive.stores if primitive is not None else ():
                self._write(op, op.operands[i])
            return
        if fn in _HOLD or op.attrs.get("record") or "program" in op.attrs:
            for v in operands:
                for r in op.results:
                    self.union(r, v)
            return
        if fn in _COPIES and _holds_numbers(op.result.type):
            return
        if fn is operator.getitem and is_slice(op.operands[1]) and _holds_numbers(op.result.type):
            return
        if fn in (operator.add, operator.mul) and isinstance(op.result.type, (ty.List, ty.Tuple)):
            for v in operands:
                self.union(op.result, v)
            return
        if fn in _READ_FROM:
            if fn is not operator.getitem or op.attrs.get("access") != "copy":
                if op.operands and not isinstance(op.operands[0], Const):
                    for r in op.results:
                        self.union(r, op.operands[0])
            return
        primitive = lookup(fn)
        if primitive is not None:
            for k in shared_operands(op):
                self.union(op.result, op.operands[k])
            for i in primitive.stores:
                self._write(op, op.operands[i])
            return
        if fn in IN_PLACE or _is_fresh(fn):
            return
        for v in operands:
            for r in op.results:
                self.union(r, v)

    def _write(self, op: Op, target: Value) -> None:
        if not isinstance(target, Const):
            self.writes.setdefault(target, []).append(op)


_COPIES = frozenset([list, tuple, dict, sorted, list.copy, dict.copy, operator.add, operator.mul])


def is_slice(index: Value) -> bool:
    if isinstance(index, Const):
        return isinstance(index.value, slice)
    return index.type == ty.SLICE


def _holds_numbers(t: ty.Type) -> bool:
    """Whether a container holds numbers only, or tuples of them: a copy of it shares nothing."""
    return isinstance(t, (ty.List, ty.Mapping)) and _is_number(t.item)


def _is_number(t: ty.Type) -> bool:
    if isinstance(t, ty.Tuple) and t.cls is not list:
        return all(map(_is_number, t.items))
    if isinstance(t, ty.List) and t.cls is tuple:
        return _is_number(t.item)
    return isinstance(ty.widen(t), (ty.Scalar, ty.Text))


def _is_fresh(fn: Any) -> bool:
    """Python's own functions and the known ones of NumPy give new objects; any other may give a view."""
    module = getattr(fn, "__module__", None) or ""
    if fn is memoryview:
        return False
    return module.startswith(("math", "builtins", "operator", "_operator", "adtrans.runtime")) or fn in HANDLERS or fn in (
        prims.tape, prims.add_at, prims.set_at, prims.global_, prims.text, copy.deepcopy,
    )  # fmt: skip
