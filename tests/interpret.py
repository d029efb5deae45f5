"""Runs programs op by op on real values: what a program means, for tests to compare with."""

from __future__ import annotations

import builtins
import contextlib
import inspect
from typing import Any

from adtrans.ir import prims
from adtrans.ir.program import UNDEFINED, Block, Const, Function, Op, Value

SPREADING = (prims.call, prims.tuple_, prims.list_, prims.set_)


def interpret(
    function: Function,
    args: tuple[Any, ...] = (),
    kwargs: dict[str, Any] | None = None,
    cells: dict[str, Any] | None = None,
) -> Any:
    """The result of a program; `cells` are the values of its captures, by name."""
    outside = [(cells or {})[name] for name in function.captures]
    return _call(function, args, kwargs or {}, outside, function.defaults)


def _call(
    function: Function,
    args: tuple[Any, ...],
    kwargs: dict[str, Any],
    captured: list[Any],
    defaults: dict[str, Any],
) -> Any:
    parameters = [
        inspect.Parameter(
            name,
            inspect._ParameterKind(kind),
            default=defaults[name] if has_default else inspect.Parameter.empty,
        )
        for name, kind, has_default in function.signature
    ]
    bound = inspect.Signature(parameters).bind(*args, **kwargs)
    bound.apply_defaults()
    values = [*bound.arguments.values(), *captured]
    frame = _Frame(function)
    frame.enter(function.body, values)
    return frame.read(function.body.yields[0]) if function.body.yields else None


class _Raised(Exception):
    """Never raised: marks a block that ended by raising."""


class _Frame:
    def __init__(self, function: Function):
        self.function = function
        self.values: dict[int, Any] = {}
        self.starred: dict[int, int] = {}  # values to spread: 1 for `*`, 2 for `**`

    def read(self, value: Value) -> Any:
        found = self.raw(value)
        if found is UNDEFINED:
            raise UnboundLocalError(value.name or "a variable")
        return found

    def raw(self, value: Value) -> Any:
        return value.value if isinstance(value, Const) else self.values[id(value)]

    def enter(self, block: Block, params: list[Any]) -> None:
        assert len(block.params) == len(params), (self.function.name, block.params, params)
        for param, value in zip(block.params, params):
            self.values[id(param)] = value
        for op in block.ops:
            getattr(self, "do_" + op.kind)(op)

    def leave(self, block: Block) -> list[Any]:
        return [self.raw(value) for value in block.yields]

    def set(self, op: Op, values: Any) -> None:
        values = list(values)
        assert len(values) == len(op.results), (op, values)
        for result, value in zip(op.results, values):
            self.values[id(result)] = value

    # ----- ops -----

    def do_apply(self, op: Op) -> None:
        fn = op.fn
        if fn is prims.closure:
            self.set(op, [self._closure(op)])
            return
        if fn is prims.global_:
            self.set(op, [self._global(self.read(op.operands[0]))])
            return
        if fn in (prims.starred, prims.double_starred):
            self.starred[id(op.result)] = 1 if fn is prims.starred else 2
        positional: list[Any] = []
        for value in op.positional():
            found = self.read(value)
            if fn in SPREADING and self.starred.get(id(value)) == 1:
                positional.extend(found)
            else:
                positional.append(found)
        keywords: dict[str, Any] = {}
        for name, value in zip(op.keywords, op.operands[len(op.operands) - len(op.keywords) :]):
            found = self.read(value)
            keywords.update(found if name == "**" else {name: found})
        if fn is prims.dict_:
            self.set(op, [self._dict(op, positional)])
            return
        assert fn is not None
        result = fn(*positional, **keywords)
        if fn is prims.unpack or (fn is prims.pull and len(op.results) > 1):
            self.set(op, result)
        elif op.results:
            self.set(op, [result])

    def _dict(self, op: Op, operands: list[Any]) -> dict[Any, Any]:
        made: dict[Any, Any] = {}
        for i in range(0, len(operands), 2):
            if self.starred.get(id(op.operands[i + 1])) == 2:
                made.update(operands[i + 1])
            else:
                made[operands[i]] = operands[i + 1]
        return made

    def _global(self, name: str) -> Any:
        namespace = self.function.namespace
        if name in namespace:
            return namespace[name]
        if hasattr(builtins, name):
            return getattr(builtins, name)
        raise NameError(name)

    def _closure(self, op: Op) -> Any:
        function, *rest = [self.raw(value) for value in op.operands]
        names = op.attrs["captures"]
        captured, given = rest[: len(names)], rest[len(names) :]
        defaults = dict(zip(op.attrs["defaults"], given))

        def run(*args: Any, **kwargs: Any) -> Any:
            itself = [run] if function.self_name else []
            return _call(function, args, kwargs, [*captured, *itself], defaults)

        return run

    def do_if(self, op: Op) -> None:
        block = op.blocks[0 if self.read(op.operands[0]) else 1]
        self.enter(block, [])
        self.set(op, self.leave(block))

    def do_for(self, op: Op) -> None:
        iterable, *slots = [self.raw(value) for value in op.operands]
        body = op.blocks[0]
        for item in iterable:
            self.enter(body, [item, *slots])
            slots = self.leave(body)
            if op.attrs.get("exits") and slots.pop(0):
                break
        self.set(op, slots)

    def do_while(self, op: Op) -> None:
        slots = [self.raw(value) for value in op.operands]
        test, body = op.blocks
        while True:
            self.enter(test, slots)
            if not self.leave(test)[0]:
                break
            self.enter(body, slots)
            slots = self.leave(body)
            if op.attrs.get("exits") and slots.pop(0):
                break
        self.set(op, slots)

    def do_try(self, op: Op) -> None:
        body, *others = op.blocks
        if op.attrs.get("final"):
            left: list[Any] = [UNDEFINED for _ in body.yields]
            try:
                self.enter(body, [])
                left = self.leave(body)
            except BaseException:
                with contextlib.suppress(UnboundLocalError):  # it reads what the body has half written
                    self.enter(others[0], left)
                raise
            self.enter(others[0], left)
            self.set(op, self.leave(others[0]))
            return
        try:
            self.enter(body, [])
        except BaseException as error:
            for value, handler in zip(op.operands, others):
                if isinstance(error, self.read(value)):
                    self.enter(handler, [error])
                    self.set(op, self.leave(handler))
                    return
            raise
        self.set(op, self.leave(body))

    def do_with(self, op: Op) -> None:
        body = op.blocks[0]
        with self.read(op.operands[0]) as entered:
            self.enter(body, [entered])
        self.set(op, self.leave(body))

    def do_raise(self, op: Op) -> None:
        values = [self.read(value) for value in op.operands]
        if not values:
            raise
        if len(values) == 2:
            raise values[0] from values[1]
        raise values[0]
