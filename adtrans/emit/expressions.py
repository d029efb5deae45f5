"""Values as expressions: a name, a literal, or the op that is printed in the value's place."""

from __future__ import annotations

import ast
import builtins
import operator
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from adtrans.emit import nodes
from adtrans.emit.comments import is_derived
from adtrans.emit.constants import constant_node
from adtrans.emit.effects import IN_PLACE
from adtrans.emit.nodes import Node
from adtrans.emit.operators import BINARY, COMPARE, UNARY
from adtrans.ir import prims
from adtrans.ir import types as ty
from adtrans.ir.program import Const, Function, Op, Value, is_const, is_member

if TYPE_CHECKING:
    from adtrans.emit.scope import Scope


class Expressions:
    """Builds the expressions of one function."""

    def __init__(self, scope: Scope) -> None:
        self.scope = scope
        self.spelling = scope.module.spelling

    def value(self, value: Value) -> Node:
        """The expression for an operand."""
        if isinstance(value, Const):
            return self.constant(value.value)
        op = self.scope.placed.inlined.get(value)
        return self.op(op) if op is not None else nodes.name(self.scope.names.of(value))

    def constant(self, value: Any) -> Node:
        if isinstance(value, Function):
            return nodes.name(self.scope.module.function_name(value))
        return constant_node(value, self.spelling)

    def op(self, op: Op) -> Node:
        """The expression of an op."""
        if op.kind == "if":
            return self.conditional(op)
        if op.attrs.get("collects"):
            return self.comprehension(op)
        fn: Any = op.fn
        if op.attrs.get("style") in ("method", "attribute"):
            return self.method(op)
        if fn in BINARY or fn in IN_PLACE:
            left = self.value(op.operands[0])
            make, right = self.signed(
                BINARY[fn] if fn in BINARY else getattr(ast, IN_PLACE[fn]), op, op.operands[1]
            )
            return ast.BinOp(left, make(), right)
        if fn in COMPARE:
            return ast.Compare(self.value(op.operands[0]), [COMPARE[fn]()], [self.value(op.operands[1])])
        if fn in UNARY:
            inner = self.value(op.operands[0])
            return (
                nodes.negate(inner)
                if fn is operator.not_ and self.is_truth(op.operands[0])
                else ast.UnaryOp(UNARY[fn](), inner)
            )
        special = _SPECIAL.get(fn)
        found = special(self, op) if special is not None else None
        return found if found is not None else self.applied(op)

    def signed(self, make: Any, op: Op, value: Value) -> tuple[Any, Node]:
        """`a + -b` is `a - b` in derivatives: the operator and the right side to print."""
        if make in (ast.Add, ast.Sub) and is_derived(op):
            bare = self.without_sign(value)
            if bare is not None:
                return (ast.Sub if make is ast.Add else ast.Add), bare
        return make, self.value(value)

    def without_sign(self, value: Value) -> Node | None:
        """The negative of a value that is printed with a minus, or None; products pass the sign on."""
        if isinstance(value, Const):
            return self.constant(-value.value) if type(value.value) is float and value.value < 0 else None
        op = self.scope.placed.inlined.get(value)
        if op is None or op.kind != "apply":
            return None
        if op.fn is operator.neg:
            return self.value(op.operands[0])
        if op.fn in (operator.mul, operator.truediv) and is_derived(op):
            for k in (0, 1):
                bare = self.without_sign(op.operands[k])
                if bare is not None:
                    other = self.value(op.operands[1 - k])
                    return ast.BinOp(
                        *((bare, BINARY[op.fn](), other) if k == 0 else (other, BINARY[op.fn](), bare))
                    )
        return None

    def is_truth(self, value: Value) -> bool:
        """Whether `not not value` is `value`: it is a bool already."""
        inner = self.scope.placed.inlined.get(value)
        return inner is not None and inner.fn is not operator.not_

    def applied(self, op: Op) -> Node:
        """A call of a function that has a name; what it would assume anyway is not said."""
        operands, keywords = op.operands, op.keywords
        if keywords and is_derived(op) and is_member(op.fn, _REDUCTIONS):
            count = len(operands) - len(keywords)
            said = [(k, v) for k, v in zip(keywords, operands[count:]) if not _is_assumed(k, v)]
            operands, keywords = [*operands[:count], *(v for _, v in said)], tuple(k for k, _ in said)
        return self.call(self.function(op), operands, keywords)

    def function(self, op: Op) -> Node:
        fn = op.fn
        callee = callee_of(op)
        if callee is not None:
            return nodes.name(self.scope.module.function_name(callee))
        text = op.attrs.get("spelling")
        return nodes.dotted(self.spelling.dotted(text, fn) if text else self.spelling.spell(fn))

    def call(self, function: Node, operands: Sequence[Value], keywords: Sequence[str]) -> Node:
        count = len(operands) - len(keywords)
        args = [self.item(v) for v in operands[:count]]
        named = [(None if k == "**" else k, self.item(v)) for k, v in zip(keywords, operands[count:])]
        return nodes.call(function, args, named)

    def item(self, value: Value) -> Node:
        """An argument or an element of a display; `*e` is one."""
        op = self.scope.placed.inlined.get(value)
        if op is not None and op.fn is prims.starred:
            return ast.Starred(self.value(op.operands[0]), ast.Load())
        if op is not None and op.fn is prims.double_starred:
            return self.value(op.operands[0])
        return self.value(value)

    def method(self, op: Op) -> Node:
        owner = self.value(op.operands[0])
        if isinstance(owner, ast.Constant) and isinstance(owner.value, int):
            owner = nodes.call(nodes.dotted(self.spelling.path("builtins", "int")), [owner])
        name = str(op.attrs.get("spelling") or getattr(op.fn, "__name__", ""))
        if op.attrs["style"] == "attribute":
            return nodes.attribute(owner, name)
        callee = owner if name == "__call__" else nodes.attribute(owner, name)
        return self.call(callee, op.operands[1:], op.keywords)

    # ----- if -----

    def test(self, value: Value) -> Node:
        """A condition; `bool` of a container needs no saying there."""
        op = self.scope.placed.inlined.get(value)
        return self.value(op.operands[0] if op is not None and op.fn is bool else value)

    def conditional(self, op: Op) -> Node:
        """`a if c else b`; `c and b` and `c or b` where a branch is the condition itself."""
        test = op.operands[0]
        then, other = (b.yields[0] for b in op.blocks)
        if other is test and not isinstance(test, Const):
            return self.joined(ast.And, self.value(test), self.value(then))
        if then is test and not isinstance(test, Const):
            return self.joined(ast.Or, self.value(test), self.value(other))
        condition = self.test(test)
        if isinstance(condition, ast.UnaryOp) and isinstance(condition.op, ast.Not):
            return ast.IfExp(condition.operand, self.value(other), self.value(then))
        return ast.IfExp(condition, self.value(then), self.value(other))

    def joined(self, kind: Any, left: Node, right: Node) -> Node:
        if kind is ast.And and _chains(left, right):
            return ast.Compare(left.left, left.ops + right.ops, left.comparators + right.comparators)
        items: list[Node] = []
        for side in (left, right):
            items.extend(
                side.values if isinstance(side, ast.BoolOp) and isinstance(side.op, kind) else [side]
            )
        return ast.BoolOp(kind(), items)

    # ----- comprehensions and lambdas -----

    def comprehension(self, op: Op) -> Node:
        """`[f(x) for x in xs if x]` and its like for sets and dicts."""
        generators: list[Node] = []
        body, iterable = op.blocks[0], op.operands[0]
        target = self.scope.target_of(body)
        tests: list[Node] = []
        while True:
            last = self.scope.placed.statements[body][-1]
            if last.kind == "if":
                tests.append(self.value(last.operands[0]))
                body = last.blocks[0]
                continue
            generators.append(ast.comprehension(target, self.value(iterable), tests, 0))
            if last.kind != "for":
                break
            body, iterable, tests = last.blocks[0], last.operands[0], []
            target = self.scope.target_of(body)
        items = [self.value(v) for v in last.operands[1:]]
        kind = op.attrs["collects"]
        if kind is prims.dict_:
            return ast.DictComp(items[0], items[1], generators)
        return (ast.ListComp if kind is prims.list_ else ast.SetComp)(items[0], generators)

    def closure(self, op: Op) -> Node:
        return self.scope.module.lambda_(self.scope, op)

    # ----- special forms -----

    def index(self, value: Value) -> Node:
        """What stands between the brackets of a subscript."""
        if isinstance(value, Const):
            return self.constant_index(value.value)
        op = self.scope.placed.inlined.get(value)
        if op is not None and op.fn is builtins.slice:
            return ast.Slice(*(None if is_const(v, None) else self.value(v) for v in op.operands))
        if op is not None and op.fn is prims.tuple_ and op.operands:
            if not any(self.is_starred(v) for v in op.operands):
                return nodes.tuple_of([self.index(v) for v in op.operands])
            items = ast.List([self.item(v) for v in op.operands], ast.Load())  # x[*i] needs Python 3.11
            return nodes.call(nodes.dotted(self.spelling.path("builtins", "tuple")), [items])
        return self.value(value)

    def is_starred(self, value: Value) -> bool:
        op = self.scope.placed.inlined.get(value)
        return op is not None and op.fn is prims.starred

    def constant_index(self, value: Any) -> Node:
        if type(value) is tuple and value:
            return nodes.tuple_of([self.constant_index(item) for item in value])
        if type(value) is slice:
            parts = (value.start, value.stop, value.step)
            return ast.Slice(*(None if p is None else self.constant(p) for p in parts))
        return self.constant(value)

    def getitem(self, op: Op) -> Node:
        return nodes.subscript(self.value(op.operands[0]), self.index(op.operands[1]))

    def getattr(self, op: Op) -> Node | None:
        if len(op.operands) != 2 or not _is_name(op.operands[1]):
            return None
        owner = self.value(op.operands[0])
        if isinstance(owner, ast.Constant) and type(owner.value) is int:
            owner = nodes.call(nodes.name("int"), [owner])
        return nodes.attribute(owner, op.operands[1].value)  # type: ignore[attr-defined]

    def contains(self, op: Op) -> Node:
        container, item = op.operands
        return ast.Compare(self.value(item), [ast.In()], [self.value(container)])

    def display(self, op: Op) -> Node:
        items = [self.item(v) for v in op.operands]
        if op.fn is prims.list_:
            return ast.List(items, ast.Load())
        if op.fn is prims.dict_ and not items:
            return ast.Dict([], [])
        if op.fn is prims.set_:
            return (
                ast.Set(items)
                if items
                else nodes.call(nodes.dotted(self.spelling.path("builtins", "set")), [])
            )
        return nodes.tuple_of(items)

    def dictionary(self, op: Op) -> Node:
        keys: list[Node | None] = []
        for key, item in zip(op.operands[::2], op.operands[1::2]):
            inner = self.scope.placed.inlined.get(item)
            keys.append(None if inner is not None and inner.fn is prims.double_starred else self.value(key))
        return ast.Dict(keys, [self.item(v) for v in op.operands[1::2]])

    def called(self, op: Op) -> Node:
        return self.call(self.value(op.operands[0]), op.operands[1:], op.keywords)

    def global_(self, op: Op) -> Node:
        name = op.operands[0].value  # type: ignore[attr-defined]
        return nodes.dotted(self.spelling.name_in(op.attrs.get("namespace", self.scope.namespace), name))

    def text(self, op: Op) -> Node:
        """An f-string; str.format where a part holds quotes that Python 3.10 could not nest."""
        parts: list[Node] = []
        for v in op.operands:
            if isinstance(v, Const):
                parts.append(nodes.constant(str(v.value)))
                continue
            inner = self.scope.placed.inlined.get(v)
            spec, conversion, source = "", -1, v
            if inner is not None and inner.fn is builtins.format and not op_keywords(inner):
                if len(inner.operands) == 1 or isinstance(inner.operands[1], Const):
                    spec = inner.operands[1].value if len(inner.operands) > 1 else ""  # type: ignore[attr-defined]
                    source = inner.operands[0]
                    inner = self.scope.placed.inlined.get(source)
            if inner is not None and inner.fn in _CONVERSIONS and len(inner.operands) == 1:
                conversion, source = ord(_CONVERSIONS[inner.fn]), inner.operands[0]
            node = self.value(source)
            if any(
                isinstance(n, (ast.Constant, ast.JoinedStr, ast.Lambda, ast.Dict, ast.Set))
                and not _is_number(n)
                for n in ast.walk(node)
            ):
                return nodes.call(
                    nodes.attribute(nodes.constant(""), "join"),
                    [ast.List([self.value(p) for p in op.operands], ast.Load())],
                )
            spec_node = ast.JoinedStr([nodes.constant(spec)]) if spec else None
            parts.append(ast.FormattedValue(node, conversion, spec_node))
        return ast.JoinedStr(parts)

    def pulled(self, op: Op) -> Node:
        return nodes.call(nodes.attribute(self.value(op.operands[0]), "pop"), [])

    def pushed(self, op: Op) -> Node:
        values = [self.value(v) for v in op.operands[1:]]
        record = values[0] if len(values) == 1 else nodes.tuple_of(values)
        return nodes.call(nodes.attribute(self.value(op.operands[0]), "append"), [record])

    def is_sequence(self, op: Op) -> Node:
        kinds = [nodes.dotted(self.spelling.path("builtins", k)) for k in ("list", "tuple", "range")]
        test = nodes.dotted(self.spelling.path("builtins", "isinstance"))
        return nodes.call(test, [self.value(op.operands[0]), nodes.tuple_of(kinds)])

    def bound_method(self, op: Op) -> Node | None:
        """A method descriptor such as list.append: `x.append(v)`."""
        fn: Any = op.fn
        if (
            not op.operands
            or len(op.operands) == len(op.keywords)
            or isinstance(op.operands[0].type, ty.Known)
        ):
            return None
        return self.call(
            nodes.attribute(self.value(op.operands[0]), fn.__name__), op.operands[1:], op.keywords
        )

    def slice_(self, op: Op) -> Node:
        return nodes.call(
            nodes.dotted(self.spelling.path("builtins", "slice")), [self.value(v) for v in op.operands]
        )


def op_keywords(op: Op) -> bool:
    return bool(op.keywords)


def _is_name(value: Value) -> bool:
    return isinstance(value, Const) and isinstance(value.value, str) and value.value.isidentifier()


def _is_number(node: Node) -> bool:
    return isinstance(node, ast.Constant) and not isinstance(node.value, (str, bytes))


def _chains(left: Node, right: Node) -> bool:
    """Whether `a < b and b < c` can be said `a < b < c`."""
    if not (isinstance(left, ast.Compare) and isinstance(right, ast.Compare)):
        return False
    middle, again = left.comparators[-1], right.left
    if isinstance(middle, ast.Name) and isinstance(again, ast.Name):
        return bool(middle.id == again.id)
    if isinstance(middle, ast.Constant) and isinstance(again, ast.Constant):
        return type(middle.value) is type(again.value) and bool(middle.value == again.value)
    return False


_CONVERSIONS = {builtins.repr: "r", builtins.str: "s", builtins.ascii: "a"}

_SPECIAL: dict[Any, Callable[[Expressions, Op], Node | None]] = {
    operator.getitem: Expressions.getitem,
    operator.contains: Expressions.contains,
    builtins.getattr: Expressions.getattr,
    builtins.slice: Expressions.slice_,
    prims.tuple_: Expressions.display,
    prims.list_: Expressions.display,
    prims.set_: Expressions.display,
    prims.tape: lambda self, op: ast.List([], ast.Load()),
    prims.dict_: Expressions.dictionary,
    prims.call: Expressions.called,
    prims.global_: Expressions.global_,
    prims.text: Expressions.text,
    prims.closure: Expressions.closure,
    prims.pull: Expressions.pulled,
    prims.push: Expressions.pushed,
    prims.is_sequence: Expressions.is_sequence,
    prims.starred: lambda self, op: self.value(op.operands[0]),
    prims.double_starred: lambda self, op: self.value(op.operands[0]),
}
for _owner in (list, set, dict, str):
    for _method in vars(_owner).values():
        if type(_method) is type(list.append):
            _SPECIAL[_method] = Expressions.bound_method


_REDUCTIONS = {
    np.sum,
    np.prod,
    np.mean,
    np.max,
    np.min,
    np.var,
    np.std,
    np.any,
    np.all,
    np.cumsum,
    np.cumprod,
}
_ASSUMED: dict[str, Any] = {"axis": None, "dtype": None, "out": None, "keepdims": False}


def _is_assumed(keyword: str, value: Value) -> bool:
    return keyword in _ASSUMED and is_const(value, _ASSUMED[keyword])


def callee_of(op: Op) -> Function | None:
    """The program that an op calls: its fn is a Function, or something that holds one."""
    fn: Any = op.fn
    if fn is None or not isinstance(fn, Function) and callable(fn):
        return None
    held = fn if isinstance(fn, Function) else getattr(fn, "function", None)
    return held if isinstance(held, Function) else None


def prints_its_name(op: Op) -> bool:
    """Whether the function of an op is spelled out, not written as syntax."""
    fn: Any = op.fn
    if op.attrs.get("style") in ("method", "attribute") or op.attrs.get("collected"):
        return False
    if getattr(fn, "__module__", "") == "adtrans.ir.prims":
        return False
    syntax = (BINARY, COMPARE, UNARY, IN_PLACE, _SPECIAL, _STATEMENTS)
    return not any(is_member(fn, table) for table in syntax)


_STATEMENTS = {operator.setitem, operator.delitem, builtins.setattr, builtins.delattr}
