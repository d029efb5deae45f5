"""Random programs for tests: every kind of statement, nested, with exits anywhere."""

from __future__ import annotations

import contextlib
import linecache
import random
import types
from typing import Any

NAMES = ("a", "b", "c", "i", "j")
_made = 0


def function_from(text: str, name: str = "f", namespace: dict[str, Any] | None = None) -> Any:
    """The function that a text defines, with the text where Python looks for it."""
    global _made
    _made += 1
    filename = f"<text {_made}>"
    linecache.cache[filename] = (len(text), None, text.splitlines(True), filename)
    module = {"__name__": "text", "contextlib": contextlib} if namespace is None else namespace
    exec(compile(text, filename, "exec"), module)
    found = module[name]
    assert isinstance(found, types.FunctionType)
    return found


def random_program(seed: int) -> str:
    """A function `f(a, b)` that ends, whatever it is given."""
    writer = _Writer(random.Random(seed))
    start = "    c = i = j = 1\n" if seed % 3 else ""
    return f"def f(a, b):\n    fuel = 40\n{start}" + writer.block(1, 6, False) + "    return (a, b, fuel)\n"


class _Writer:
    def __init__(self, rng: random.Random):
        self.rng = rng
        self.budget = 40

    def expr(self) -> str:
        kind = self.rng.randrange(10)
        a, b = self.rng.choice(NAMES[:4]), self.rng.choice(NAMES)
        if kind < 4:
            return f"{a} + {self.rng.randrange(4)}"
        if kind < 6:
            return f"{a} * 2 - {b}"
        return (
            f"({a} and {b} + 1)",
            f"({a} + 1 if {b} > 2 else {b} - 1)",
            f"sum([{a} for {a} in range(3) if {a} != {b}])",
            f"(lambda q, {b}={b}: q + {b} + {a})({self.rng.randrange(3)})",
        )[kind - 6]

    def condition(self) -> str:
        a, b, n = self.rng.choice(NAMES[:3]), self.rng.choice(NAMES), self.rng.randrange(6)
        forms = (
            f"{a} > {n}",
            f"{a} % 3 == {n % 3}",
            f"{a} < {b} + {n} < 9",
            f"not {a} % 2",
            f"({a} := {b} + 1) % 2",
        )
        return self.rng.choice(forms)

    def block(self, depth: int, most: int, in_loop: bool) -> str:
        count = self.rng.randint(1, most)
        return "".join(self.statement(depth, in_loop) for _ in range(count))

    def statement(self, depth: int, in_loop: bool) -> str:
        self.budget -= 1
        pad = "    " * depth
        name = self.rng.choice(NAMES[:3])
        if self.budget < 0 or depth > 5 or self.rng.random() < 0.35:
            forms = [
                f"{name} = {self.expr()}",
                f"{name} += {self.expr()}",
                f"a, {name} = {self.expr()}, b + 0",
            ]
            return f"{pad}{self.rng.choice(forms)}\n"
        inner = lambda loop: self.block(depth + 1, 3, loop)
        kind = self.rng.randrange(14)
        if kind < 4:
            text = f"{pad}if {self.condition()}:\n{inner(in_loop)}"
            return text + (f"{pad}else:\n{inner(in_loop)}" if self.rng.random() < 0.5 else "")
        if kind < 6:
            target = self.rng.choice(NAMES)
            text = f"{pad}for {target} in range({self.rng.randrange(4)}):\n{inner(True)}"
            return text + (f"{pad}else:\n{inner(in_loop)}" if self.rng.random() < 0.3 else "")
        if kind < 8:
            test = self.rng.choice([f"fuel > 0 and {self.condition()}", "True", "fuel > 0"])
            text = f"{pad}while {test}:\n{pad}    fuel -= 1\n{pad}    if fuel < 0: break\n{inner(True)}"
            return text + (
                f"{pad}else:\n{inner(in_loop)}" if self.rng.random() < 0.3 and test != "True" else ""
            )
        if kind < 10:
            if in_loop and self.rng.random() < 0.7:
                return f"{pad}{self.rng.choice(['break', 'continue'])}\n"
            return f"{pad}return ({name} + 0, {self.rng.randrange(9)})\n"
        if kind == 10:
            final = f"{pad}finally:\n{pad}    {name} = {self.expr()}\n"
            return f"{pad}try:\n{inner(in_loop)}" + final
        if kind == 11:
            text = f"{pad}try:\n{inner(in_loop)}{pad}    if {self.condition()}: raise KeyError({name} + 0)\n"
            text += f"{pad}except KeyError as error:\n{pad}    a = b = c = len(error.args)\n{inner(in_loop)}"
            return text + (f"{pad}else:\n{inner(in_loop)}" if self.rng.random() < 0.4 else "")
        if kind == 12:
            return f"{pad}with contextlib.nullcontext({self.expr()}) as {name}:\n{inner(in_loop)}"
        other = self.rng.choice(NAMES[:3])
        text = f"{pad}def g(x, y={other} + 0):\n"
        text += f"{pad}    if x > {other}:\n{pad}        return x + y\n{pad}    return {name} * 2\n"
        text += f"{pad}{other} = g({name})\n"
        return text + (f"{pad}{name} = g({other}, 1)\n" if self.rng.random() < 0.5 else "")
