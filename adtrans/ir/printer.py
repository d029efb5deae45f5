"""Programs as text: deterministic and readable, the form in which passes are tested.

def f(%x, %n=):
  %0 = global('range')
  %1 = call(%0, %n)
  %s = for %1, 0.0
  do(%i, %s_1):
    %2 = mul(%x, %i)
    %s_2 = add(%s_1, %2)
    yield %s_2
  return %s
"""

from __future__ import annotations

from typing import Any

from adtrans.ir import prims
from adtrans.ir import types as ty
from adtrans.ir.program import Block, Const, Function, Op, Value, is_undefined


def print_program(function: Function) -> str:
    """The text of a program; nested functions follow the one they are made in."""
    printer = _Printer()
    texts = []
    todo, seen = [function], {id(function)}
    for each in todo:
        texts.append(printer.function(each))
        for inner in printer.nested:
            if id(inner) not in seen:
                seen.add(id(inner))
                todo.append(inner)
        printer.nested.clear()
    return "\n".join(texts)


class _Printer:
    def __init__(self) -> None:
        self.nested: list[Function] = []
        self._names: dict[int, str] = {}
        self._used: dict[str, int] = {}
        self._lines: list[str] = []

    def function(self, function: Function) -> str:
        self._names, self._used, self._lines = {}, {}, []
        with_default = {name for name, _, default in function.signature if default}
        params = []
        for param in function.params:
            mark = "=" if param.name in with_default else ""
            params.append(self._define(param) + mark)
        captures = f" captures {', '.join(function.captures)}" if function.captures else ""
        self._lines.append(f"def {function.name}({', '.join(params)}){captures}:")
        self._block(function.body, 1, "return")
        return "\n".join(self._lines) + "\n"

    # ----- values -----

    def _define(self, value: Value) -> str:
        base = value.name or ""
        count = self._used.get(base, 0)
        self._used[base] = count + 1
        name = f"%{base}_{count}" if base and count else f"%{base}" if base else f"%{count}"
        self._names[id(value)] = name
        return name if isinstance(value.type, ty.Any) else f"{name}: {value.type}"

    def _read(self, value: Value) -> str:
        if is_undefined(value):
            return "undefined"
        if isinstance(value, Const):
            return self._constant(value.value)
        return self._names.get(id(value), f"%?{value.name or ''}")

    def _constant(self, value: Any) -> str:
        if isinstance(value, Function):
            self.nested.append(value)
            return f"<{value.name}>"
        if isinstance(value, slice):
            parts = [
                "" if part is None else self._constant(part) for part in (value.start, value.stop, value.step)
            ]
            return ":".join(parts[:2] if value.step is None else parts)
        if isinstance(value, tuple):
            return "(" + ", ".join(map(self._constant, value)) + ("," if len(value) == 1 else "") + ")"
        if isinstance(value, (int, float, complex, str, bytes, type(None), type(...))):
            return repr(value)
        return f"<{name_of(value)}>"

    # ----- ops -----

    def _block(self, block: Block, depth: int, leave: str) -> None:
        # one frame for all depths: a chain of early returns nests hundreds of blocks
        work: list[Any] = [("end", block, depth, leave), *(("op", op, depth) for op in reversed(block.ops))]
        while work:
            what, item, level, *more = work.pop()
            margin = "  " * level
            if what == "op":
                head = self._op(item)
                results = ", ".join(map(self._define, item.results))
                self._lines.append(f"{margin}{results} = {head}" if results else f"{margin}{head}")
                entries: list[Any] = []
                for label, inner in zip(_labels(item), item.blocks):
                    entries.append(("label", (label, inner), level))
                    entries += [("op", op, level + 1) for op in inner.ops]
                    entries.append(("end", inner, level + 1, "yield"))
                work += reversed(entries)
            elif what == "label":
                label, inner = item
                params = ", ".join(map(self._define, inner.params))
                self._lines.append(f"{margin}{label}({params}):" if params else f"{margin}{label}:")
            else:
                values = ", ".join(map(self._read, item.yields))
                if values or more[0] == "return":
                    self._lines.append(f"{margin}{more[0]} {values}".rstrip())

    def _op(self, op: Op) -> str:
        names = op.keywords
        operands = [self._read(value) for value in op.operands]
        if names:
            cut = len(operands) - len(names)
            operands[cut:] = [
                f"**{text}" if name == "**" else f"{name}={text}" for name, text in zip(names, operands[cut:])
            ]
        if op.kind == "apply":
            attrs = {
                k: v
                for k, v in op.attrs.items()
                if k not in ("fn", "keywords", "namespace", "captures", "defaults")
            }
            return f"{name_of(op.fn)}({', '.join(operands)}){_shown(attrs)}"
        attrs = {k: v for k, v in op.attrs.items() if k != "handlers"}
        return f"{op.kind} {', '.join(operands)}".rstrip() + _shown(attrs)


def name_of(fn: Any) -> str:
    """What a callable is called in printed programs: `add`, `np.tanh`, `math.sin`, `tuple`."""
    name = getattr(fn, "__name__", None)
    if name is None:
        return f"{type(fn).__name__}"
    module = getattr(fn, "__module__", None) or ""
    if type(fn).__name__ == "ufunc":
        module = "numpy"
    if getattr(prims, name, None) is fn:
        return str(name).rstrip("_")
    if type(fn).__name__ == "method_descriptor":
        return f"{fn.__objclass__.__name__}.{name}"
    if module in ("builtins", "_operator", "operator", ""):
        return str(name)
    return f"{module.replace('numpy', 'np')}.{name}"


def _labels(op: Op) -> list[str]:
    if op.kind == "if":
        return ["then", "else"]
    if op.kind == "while":
        return ["test", "do"]
    if op.kind == "try":
        last = "finally" if op.attrs.get("final") else "except"
        return ["do", *([last] * (len(op.blocks) - 1))]
    return ["do"] * len(op.blocks)


def _shown(attrs: dict[str, Any]) -> str:
    if not attrs:
        return ""
    return (
        " {"
        + ", ".join(name if value is True else f"{name}={value!r}" for name, value in sorted(attrs.items()))
        + "}"
    )
