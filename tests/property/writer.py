"""What writes a random function: names, shapes, expressions and blocks; the statements are rooms of their own."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass, field

Shape = tuple[int, ...]
ROWS, COLUMNS = 3, 4
RESULT = "<result>"

SIMPLE: list = []
COMPOUND: list = []


def simple(function):
    SIMPLE.append(function)
    return function


def compound(function):
    COMPOUND.append(function)
    return function


@dataclass
class Program:
    """The text of a module with a function `f`, and what to call it with."""

    text: str
    arguments: tuple[str, ...]
    seed: int
    shapes: list[str] = field(default_factory=list)


class Writer:
    """Writes one function, statement by statement; it knows the shape of every variable in scope."""

    def __init__(self, seed: int, single: bool = False):
        self.r = random.Random(seed)
        self.single = single
        self.lines: list[str] = []
        self.depth = 1
        self.vars: dict[str, Shape] = {}
        self.ints: list[str] = []
        self.names = 0
        self.loops = 0
        self.used: list[str] = []
        self.frozen: set[str] = set()

    # ----- small things -----

    def put(self, line: str) -> None:
        self.lines.append("    " * self.depth + line)

    def fresh(self, prefix: str) -> str:
        self.names += 1
        return f"{prefix}{self.names}"

    def chance(self, p: float) -> bool:
        return self.r.random() < p

    def of(self, shape: Shape) -> list[str]:
        return [n for n, s in self.vars.items() if s == shape]

    def arrays(self, rank: int | None = None, least: int = 2) -> list[str]:
        return [n for n, s in self.vars.items() if s and (rank is None or len(s) == rank) and min(s) >= least]

    def target(self, shape: Shape) -> str:
        """An old variable of the shape, or a new one."""
        old = [n for n in self.of(shape) if n not in self.frozen]
        if old and self.chance(0.6):
            return self.r.choice(old)
        return self.fresh("s" if not shape else "abc"[len(shape)])

    def number(self) -> str:
        return self.r.choice(["0.5", "1.5", "2", "0.3", "-0.7", "1", "3.0", "0.25"])

    def index(self, n: int) -> str:
        """An index into n items, sometimes negative or a loop counter."""
        if self.ints and self.chance(0.3):
            return f"{self.r.choice(self.ints)} % {n}"
        return str(self.r.randrange(-n, n))

    def slices(self, n: int) -> tuple[str, int]:
        """A slice of n items and how many it takes."""
        while True:
            a = self.r.choice([None, 0, 1, -2, 2, -n])
            b = self.r.choice([None, n, -1, n - 1, 2])
            c = self.r.choice([None, None, None, 2, -1, -2, 1, 3])
            count = len(range(n)[slice(a, b, c)])
            if count >= 1:
                break
        show = ["" if k is None else str(k) for k in (a, b)]
        return f"{show[0]}:{show[1]}" + (f":{c}" if c is not None else ""), count

    def part(self, shape: Shape) -> tuple[str, Shape]:
        """A subscript of an array of the shape, with at least one slice, and the shape it takes."""
        if self.chance(0.15):
            return "...", shape
        texts, kept = [], []
        for k, n in enumerate(shape):
            if len(shape) > 1 and self.chance(0.3) and (kept or k < len(shape) - 1):
                texts.append(self.index(n))
            else:
                text, count = self.slices(n)
                texts.append(text)
                kept.append(count)
        if not kept:
            text, count = self.slices(shape[0])
            texts[0], kept = text, [count]
        return ", ".join(texts), tuple(kept)

    def element(self, name: str) -> str:
        return f"{name}[{', '.join(self.index(n) for n in self.vars[name])}]"

    # ----- expressions -----

    def scalar(self, depth: int = 2) -> str:
        r = self.r
        k = r.random()
        if depth <= 0 or k < 0.3:
            options = self.of(()) or ["s"]
            if self.chance(0.4) and self.arrays(least=1):
                return self.element(r.choice(self.arrays(least=1)))
            return r.choice(options)
        a = self.scalar(depth - 1)
        if k < 0.6:
            b = self.scalar(depth - 1) if self.chance(0.7) else self.number()
            return f"({a} {r.choice(['+', '-', '*', '+', '*'])} {b})"
        if k < 0.75:
            return r.choice(
                ["np.sin({})", "np.tanh({})", "math.cos({})", "abs({})", "-({})", "float({})"]
            ).format(a)
        if k < 0.85 and self.arrays():
            v = self.array(self.vars[r.choice(self.arrays())], 1)
            return r.choice(["np.sum({})", "np.mean({})", "({}).sum()", "np.max({})", "({}).min()"]).format(v)
        if k < 0.92:
            return f"({a} / (1.5 + {self.scalar(0)} ** 2))"
        if self.arrays(1):
            v = r.choice(self.arrays(1))
            w = self.array(self.vars[v], 1)
            return r.choice([f"np.dot({v}, {w})", f"({v} @ {w})"])
        return f"max({a}, {self.number()})"

    def array(self, shape: Shape, depth: int = 2) -> str:
        """An expression of exactly this shape."""
        r = self.r
        k = r.random()
        if depth <= 0 or k < 0.2:
            return self.leaf(shape)
        if k < 0.55:
            a, b = self.array(shape, depth - 1), self.operand(shape, depth - 1)
            if self.chance(0.4):
                a, b = b, a
            return f"({a} {r.choice(['+', '-', '*', '*'])} {b})"
        if k < 0.75:
            a = self.array(shape, depth - 1)
            return r.choice(
                ["np.sin({})", "np.tanh({})", "np.exp(-({}) ** 2)", "-{}", "np.abs({})", "({}) ** 2",
                 "np.sqrt(1.0 + ({}) ** 2)", "np.square({})", "np.cos({})", "np.negative({})"]
            ).format(a)  # fmt: skip
        a, b = self.array(shape, depth - 1), self.operand(shape, depth - 1)
        if k < 0.83:
            return r.choice(
                ["np.maximum({}, {})", "np.minimum({}, {})", "np.arctan2({}, 2.0 + np.abs({}))"]
            ).format(a, b)
        if k < 0.9:
            return f"np.where({self.array(shape, 0)} > {self.number()}, {a}, {b})"
        if k < 0.95 and len(shape) == 1:
            return r.choice(["np.cumsum({})", "np.roll({}, 1)", "np.flip({})", "np.sort({})"]).format(a)
        return f"np.clip({a}, -1.5, 1.5)"

    def operand(self, shape: Shape, depth: int) -> str:
        """Something that broadcasts to the shape."""
        k = self.r.random()
        if k < 0.2:
            return self.number()
        if k < 0.45:
            return self.scalar(depth)
        if k < 0.55 and len(shape) == 2:
            if self.of(shape[1:]):
                return self.r.choice(self.of(shape[1:]))
            if self.of(shape[:1]):
                return f"{self.r.choice(self.of(shape[:1]))}[:, None]"
        if k < 0.65 and len(shape) == 2 and self.of(shape):
            name = self.r.choice(self.of(shape))
            return self.r.choice(["np.sum({}, axis=0)", "np.mean({}, axis=1, keepdims=True)", "{}.max(axis=-1)[:, None]",
                                  "{}.sum(0, keepdims=True)"]).format(name)  # fmt: skip
        return self.array(shape, depth)

    def leaf(self, shape: Shape) -> str:
        r = self.r
        found = list(self.of(shape))
        if len(shape) == 2:
            found += [f"{n}.T" for n in self.of(shape[::-1])]
            if self.of(shape[:1]) and self.of(shape[1:]):
                found.append(f"np.outer({r.choice(self.of(shape[:1]))}, {r.choice(self.of(shape[1:]))})")
        else:
            for n in self.arrays(2):
                rows, columns = self.vars[n]
                if (columns,) == shape:
                    found.append(f"{n}[{self.index(rows)}]")
                if (rows,) == shape:
                    found += [f"{n}[:, {self.index(columns)}]", f"{n}.sum(axis=1)"]
                if (columns,) == shape and self.of((rows,)):
                    found.append(f"({r.choice(self.of((rows,)))} @ {n})")
                if (rows,) == shape and self.of((columns,)):
                    found.append(f"({n} @ {r.choice(self.of((columns,)))})")
            for n in self.arrays(1):
                for _ in range(3):
                    text, count = self.slices(self.vars[n][0])
                    if (count,) == shape:
                        found.append(f"{n}[{text}]")
        for n in self.arrays(len(shape)):
            if all(p < q for p, q in zip(shape, self.vars[n])):
                found.append(f"{n}[{', '.join(f':{p}' for p in shape)}]")
        if not found or self.chance(0.05):
            size = shape[0] if len(shape) == 1 else shape
            return r.choice([f"np.full({size}, {self.scalar(0)})", f"np.ones({size})"])
        return r.choice(found)

    def condition(self) -> str:
        r = self.r
        k = r.random()
        if k < 0.5:
            return f"{self.scalar(1)} {r.choice(['>', '<'])} {self.number()}"
        if k < 0.6:
            return f"-0.4 < {self.scalar(0)} < 1.1"
        if k < 0.75 and self.ints:
            return f"{r.choice(self.ints)} {r.choice(['> 0', '% 2 == 0', '== 1', '< 2'])}"
        if k < 0.85 and self.arrays():
            return f"np.any({r.choice(self.arrays())} > {self.number()})"
        if k < 0.93:
            return f"{self.scalar(0)} > 0.2 and {self.scalar(0)} < 1.4"
        return f"not {self.scalar(0)} > 0.1 or n > 1"

    # ----- blocks -----

    def block(self, budget: int, before: Callable[[], None] | None = None) -> dict[str, Shape]:
        """An indented block of statements; gives its scope, and restores the one around it."""
        saved, ints, depth = dict(self.vars), list(self.ints), self.depth
        self.depth += 1
        mark = len(self.lines)
        if before:
            before()
        for _ in range(self.r.randint(1, 3)):
            self.statement(budget - 1)
        if len(self.lines) == mark:
            self.put("pass")
        inner = self.vars
        self.vars, self.ints, self.depth = saved, ints, depth
        return inner

    def statement(self, budget: int) -> None:
        simple = [m for m in SIMPLE]
        shapes = simple + (COMPOUND if budget > 0 else [])
        weights = [1.0] * len(simple) + ([2.0] * len(COMPOUND) if budget > 0 else [])
        for _ in range(20):
            shape = self.r.choices(shapes, weights)[0]
            if shape(self, budget) is not False:
                self.used.append(shape.__name__)
                return


def set_(w: Writer, name: str, shape: Shape, text: str) -> None:
    w.put(f"{name} = {text}")
    w.vars[name] = shape


def any_shape(w: Writer) -> Shape:
    return w.r.choice([w.vars[n] for n in w.arrays(least=1)])
