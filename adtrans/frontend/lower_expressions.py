"""Expressions to ops, in the order in which Python evaluates them."""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any

import gast

from adtrans.frontend.builder import Branch, Builder, Pending, shown_name
from adtrans.frontend.flow import ALL
from adtrans.frontend.scopes import target_names
from adtrans.ir import prims
from adtrans.ir.program import Block, Const, Op, Value

BINARY: dict[type, Callable[..., Any]] = {
    gast.Add: operator.add,
    gast.Sub: operator.sub,
    gast.Mult: operator.mul,
    gast.Div: operator.truediv,
    gast.FloorDiv: operator.floordiv,
    gast.Mod: operator.mod,
    gast.Pow: operator.pow,
    gast.MatMult: operator.matmul,
    gast.BitAnd: operator.and_,
    gast.BitOr: operator.or_,
    gast.BitXor: operator.xor,
    gast.LShift: operator.lshift,
    gast.RShift: operator.rshift,
}
UNARY: dict[type, Callable[..., Any]] = {
    gast.USub: operator.neg,
    gast.UAdd: operator.pos,
    gast.Invert: operator.invert,
    gast.Not: operator.not_,
}
COMPARE: dict[type, Callable[..., Any]] = {
    gast.Eq: operator.eq,
    gast.NotEq: operator.ne,
    gast.Lt: operator.lt,
    gast.LtE: operator.le,
    gast.Gt: operator.gt,
    gast.GtE: operator.ge,
    gast.Is: operator.is_,
    gast.IsNot: operator.is_not,
}
_CONSUMERS = frozenset(
    "next sum max min reduce fromiter accumulate".split()
)  # of all items, whatever else they take
_ITERATORS = frozenset("enumerate zip reversed".split())
CONVERSIONS: dict[int, Callable[..., Any]] = {ord("s"): str, ord("r"): repr, ord("a"): ascii}


class Expressions(Builder):
    """Lowers expressions; `lookup`, `closure` and `assign` come with the other parts."""

    bound: list[frozenset[str]]  # variables of the comprehensions around

    def lookup(self, name: str, node: Any) -> Value:
        raise NotImplementedError

    def closure(self, node: Any, pending: Pending | None = None) -> Value:
        raise NotImplementedError

    def assign(self, target: Any, value: Value) -> None:
        raise NotImplementedError

    # ----- dispatch -----

    def expr(self, node: Any) -> Value:
        """The value of an expression."""
        value: Value = getattr(self, "on_" + type(node).__name__)(node)
        if isinstance(value, Pending) or (isinstance(node, gast.Lambda) and self.changes_later(node)):
            raise self.refuse(
                node,
                "a variable that this function captures is assigned later, and the function is stored",
                "Pass the variable as an argument, or as a default (`name=name`).",
            )
        return value

    def changes_later(self, node: Any) -> tuple[str, ...]:
        raise NotImplementedError

    def used_at_once(self, node: Any) -> Value:
        """The value of an expression that is called, passed to a call or returned, never stored."""
        if isinstance(node, gast.Name):
            value = self.on_Name(node)
            return self.closure(value.node, value) if isinstance(value, Pending) else value
        if isinstance(node, gast.Lambda):
            return self.closure(node)
        return self.expr(node)

    # ----- leaves -----

    def on_Constant(self, node: Any) -> Value:
        return Const(node.value, self.span(node))

    def on_Name(self, node: Any) -> Value:
        return self.lookup(node.id, node)

    def on_Lambda(self, node: Any) -> Value:
        return self.closure(node)

    # ----- operators -----

    def on_BinOp(self, node: Any) -> Value:
        spine = []  # a long sum leans to the left
        while isinstance(node, gast.BinOp):
            spine.append(node)
            node = node.left
        value = self.expr(node)
        for node in reversed(spine):
            value = self.apply(BINARY[type(node.op)], value, self.expr(node.right), node=node)
        return value

    def on_UnaryOp(self, node: Any) -> Value:
        if isinstance(node.op, gast.USub) and isinstance(node.operand, gast.Constant):
            if type(node.operand.value) in (int, float, complex):
                return Const(-node.operand.value, self.span(node))
        return self.apply(UNARY[type(node.op)], self.expr(node.operand), node=node)

    def on_Compare(self, node: Any) -> Value:
        left = self.expr(node.left)
        right = self.expr(node.comparators[0])
        return self._compare(node, 0, left, right)

    def _compare(self, node: Any, i: int, left: Value, right: Value) -> Value:
        op = node.ops[i]
        if isinstance(op, (gast.In, gast.NotIn)):
            value = self.apply(operator.contains, right, left, node=node)
            if isinstance(op, gast.NotIn):
                value = self.apply(operator.not_, value, node=node)
        else:
            value = self.apply(COMPARE[type(op)], left, right, node=node)
        if i + 1 == len(node.ops):
            return value

        def rest() -> Value:
            return self._compare(node, i + 1, right, self.expr(node.comparators[i + 1]))

        return self.choose(value, rest, lambda: value, node)

    def on_BoolOp(self, node: Any) -> Value:
        return self._boolean(node, 0)

    def _boolean(self, node: Any, i: int) -> Value:
        value = self.expr(node.values[i])
        if i + 1 == len(node.values):
            return value

        def rest() -> Value:
            return self._boolean(node, i + 1)

        if isinstance(node.op, gast.And):
            return self.choose(value, rest, lambda: value, node)
        return self.choose(value, lambda: value, rest, node)

    def on_IfExp(self, node: Any) -> Value:
        condition = self.expr(node.test)
        return self.choose(condition, lambda: self.expr(node.body), lambda: self.expr(node.orelse), node)

    def choose(
        self, condition: Value, then: Callable[[], Value], orelse: Callable[[], Value], node: Any
    ) -> Value:
        """An `if` whose branches give one value."""
        branches: list[Branch] = []
        for part in (then, orelse):
            self.begin()
            branches.append(self.end(part()))
        value = self.join("if", [condition], branches, ALL, self.span(node))
        assert value is not None
        return value

    def on_NamedExpr(self, node: Any) -> Value:
        value = self.expr(node.value)
        self.bind(node.target.id, value)
        return value

    # ----- attributes and items -----

    def on_Attribute(self, node: Any) -> Value:
        return self.apply(getattr, self.expr(node.value), Const(node.attr), node=node)

    def on_Subscript(self, node: Any) -> Value:
        value = self.expr(node.value)
        return self.apply(operator.getitem, value, self.index(node.slice), node=node)

    def on_Slice(self, node: Any) -> Value:
        return self.index(node)

    def index(self, node: Any) -> Value:
        """An index; one made of constants is itself a constant."""
        if isinstance(node, gast.Slice):
            bounds = [
                Const(None) if part is None else self.expr(part)
                for part in (node.lower, node.upper, node.step)
            ]
            known = _known(bounds)
            return (
                self.apply(slice, *bounds, node=node)
                if known is None
                else Const(slice(*known), self.span(node))
            )
        if isinstance(node, gast.Tuple):
            parts = [self.item(part, self.index) for part in node.elts]
            known = _known(parts)
            return (
                self.apply(prims.tuple_, *parts, node=node)
                if known is None
                else Const(tuple(known), self.span(node))
            )
        return self.expr(node)

    # ----- displays -----

    def item(self, node: Any, lower: Callable[[Any], Value] | None = None) -> Value:
        """An item of a display or a call, which may be `*items`."""
        if isinstance(node, gast.Starred):
            return self.apply(prims.starred, self.consumed(node.value), node=node)
        return (lower or self.expr)(node)

    def on_Tuple(self, node: Any) -> Value:
        return self.apply(prims.tuple_, *map(self.item, node.elts), node=node)

    def on_List(self, node: Any) -> Value:
        return self.apply(prims.list_, *map(self.item, node.elts), node=node)

    def on_Set(self, node: Any) -> Value:
        return self.apply(prims.set_, *map(self.item, node.elts), node=node)

    def on_Dict(self, node: Any) -> Value:
        operands: list[Value] = []
        for key, value in zip(node.keys, node.values):
            if key is None:
                operands += [Const(None), self.apply(prims.double_starred, self.expr(value), node=value)]
            else:
                operands += [self.expr(key), self.expr(value)]
        return self.apply(prims.dict_, *operands, node=node)

    # ----- text -----

    def on_JoinedStr(self, node: Any) -> Value:
        return self.apply(prims.text, *map(self.expr, node.values), node=node)

    def on_FormattedValue(self, node: Any) -> Value:
        value = self.expr(node.value)
        if node.conversion != -1:
            value = self.apply(CONVERSIONS[node.conversion], value, node=node)
        form: Value = Const("") if node.format_spec is None else self.expr(node.format_spec)
        if isinstance(node.format_spec, gast.JoinedStr) and all(
            isinstance(v, gast.Constant) for v in node.format_spec.values
        ):
            self.block.ops.pop()  # a constant format needs no joining
            form = Const("".join(v.value for v in node.format_spec.values))
        return self.apply(format, value, form, node=node)

    # ----- calls -----

    def on_Call(self, node: Any) -> Value:
        if isinstance(node.func, gast.Constant) and callable(node.func.value):  # made by normalize
            return self.apply(node.func.value, *map(self.expr, node.args), node=node)
        if (
            isinstance(node.func, gast.Name)
            and node.func.id == "super"
            and not node.args
            and "__class__" in self.env
        ):
            first = next(iter(self.env))
            return self.apply(
                prims.call, self.expr(node.func), self.env["__class__"], self.env[first], node=node
            )
        callee = self.used_at_once(node.func)
        operands = [callee]
        for argument in node.args:
            if isinstance(argument, gast.GeneratorExp):
                operands.append(self._generator(argument, node))
            else:
                operands.append(self.item(argument, self.used_at_once))
        names = []
        for keyword in node.keywords:
            names.append(keyword.arg or "**")
            operands.append(self.used_at_once(keyword.value))
        return self.apply(prims.call, *operands, node=node, keywords=tuple(names))

    def _generator(self, node: Any, call: Any) -> Value:
        """A generator expression that a call consumes, as a list."""
        name = getattr(call.func, "id", None) or getattr(call.func, "attr", None)
        if name == "iter" or (len(call.args) > 1 and name not in _CONSUMERS):
            raise self.refuse(
                node,
                "a generator expression is followed only where a call consumes it at once",
                "Write a list comprehension.",
            )
        return self.on_ListComp(node)

    def iterated(self, node: Any) -> Value:
        """What a loop goes through: a list display that nothing else can reach is as good as a tuple."""
        if isinstance(node, gast.List):
            return self.on_Tuple(node)
        if (
            isinstance(node, gast.Call)
            and getattr(node.func, "id", None) in _ITERATORS
            and not node.keywords
            and not any(isinstance(argument, (gast.Starred, gast.GeneratorExp)) for argument in node.args)
        ):
            callee = self.used_at_once(node.func)
            return self.apply(prims.call, callee, *map(self.iterated, node.args), node=node)
        return self.consumed(node)

    def consumed(self, node: Any) -> Value:
        """An iterable that is gone through at once and to its end: a generator expression is a list then."""
        return self.on_ListComp(node) if isinstance(node, gast.GeneratorExp) else self.expr(node)

    def on_GeneratorExp(self, node: Any) -> Value:
        raise self.refuse(
            node,
            "a generator expression is followed only as the sole argument of a call, in `*` and in an unpacking",
            "Write a list comprehension.",
        )

    # ----- comprehensions -----

    def on_ListComp(self, node: Any) -> Value:
        return self._comprehension(
            node, prims.list_, lambda result: self._longer(prims.append, result, node.elt)
        )

    def on_SetComp(self, node: Any) -> Value:
        return self._comprehension(
            node, prims.set_, lambda result: self._longer(prims.include, result, node.elt)
        )

    def on_DictComp(self, node: Any) -> Value:
        return self._comprehension(
            node, prims.dict_, lambda result: self._longer(prims.insert, result, node.key, node.value)
        )

    def _longer(self, fn: Callable[..., Any], result: Value, *parts: Any) -> Value:
        """The container of a comprehension with one item more."""
        return self.apply(fn, result, *(self.expr(part) for part in parts), node=parts[0])

    def _comprehension(self, node: Any, make: Callable[..., Any], add: Callable[[Value], Value]) -> Value:
        """A container built by loops; it travels through them like a variable that nobody can name."""
        first = self.iterated(node.generators[0].iter)
        hidden = f"%{len(self.bound)}"
        outer = self.current(hidden)
        self.set(hidden, self.apply(make, node=node))
        walrus = [child.target.id for child in gast.walk(node) if isinstance(child, gast.NamedExpr)]
        self.bound.append(target_names(node))
        self._generators(
            node,
            0,
            first,
            lambda: self.set(hidden, add(self.current(hidden))),
            [hidden, *dict.fromkeys(walrus)],
        )
        self.bound.pop()
        result = self.current(hidden)
        self.set(hidden, outer)
        return result

    def _generators(
        self, node: Any, i: int, iterable: Value, add: Callable[[], None], walrus: list[str]
    ) -> None:
        """The loops of a comprehension from the i-th on; variables that `:=` assigns are their slots."""
        generator = node.generators[i]
        span = self.span(generator.target)
        item = Value(span=span)
        slots = [Value(name=shown_name(name), span=span) for name in walrus]
        inits = [self.current(name) for name in walrus]
        self.begin([item, *slots])
        for name, slot in zip(walrus, slots):
            self.set(name, slot)
        self.assign(generator.target, item)
        self._conditions(node, i, 0, add, walrus)
        yields = [self.current(name) for name in walrus]
        branch = self.end()
        branch.block.yields = [self.leaving(value) for value in yields]
        results = [Value(name=shown_name(name), span=span) for name in walrus]
        self.block.ops.append(
            Op("for", [iterable, *inits], results, [branch.block], {"comprehension": True}, span)
        )
        for name, value in zip(walrus, results):
            self.set(name, value)

    def _conditions(self, node: Any, i: int, j: int, add: Callable[[], None], walrus: list[str]) -> None:
        generator = node.generators[i]
        if j < len(generator.ifs):
            condition = self.expr(generator.ifs[j])
            self.begin()
            self._conditions(node, i, j + 1, add, walrus)
            then = self.end()
            mask = sum(self.flow.bits.get(name, 0) for name in walrus)
            self.join(
                "if",
                [condition],
                [then, Branch(Block(), {}, True)],
                mask,
                self.span(generator.ifs[j]),
                extra=tuple(walrus),
            )
        elif i + 1 < len(node.generators):
            self._generators(node, i + 1, self.iterated(node.generators[i + 1].iter), add, walrus)
        else:
            add()


def _known(values: list[Value]) -> list[Any] | None:
    """The objects of constants, if all are."""
    return [value.value for value in values] if all(isinstance(value, Const) for value in values) else None  # type: ignore[attr-defined]
