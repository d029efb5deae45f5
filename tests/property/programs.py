"""Random Python programs: real source text with loops, branches, views, stores, helpers and closures.

python tests/property/programs.py N [FIRST]     run N programs, print and shrink what fails
python tests/property/programs.py show SEED     print one program
"""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass, field

Shape = tuple[int, ...]
ROWS, COLUMNS = 3, 4

HELPERS = """
import numpy as np
import math


def blend(u, v, k=0.5, *, shift=0.1):
    return k * u + (1.0 - k) * np.sin(v) + shift


def pair(u, v):
    return u * 0.7 - v, u + 0.3 * v


def keep(u, v):
    return u


def pick(u, v, flag):
    if flag:
        return u
    return v


def scale_in_place(u, k):
    u *= k
    u[0] = u[0] + u[-1] * k


def shift_in_place(u, v):
    u[1:] += 0.5 * u[:-1] * v
    return u


def rising(u, n):
    if n <= 0:
        return u
    return 0.5 * rising(np.sin(u), n - 1) + 0.3 * u


def even(u, n):
    if n == 0:
        return u * 0.9
    return odd(u + 0.1, n - 1)


def odd(u, n):
    if n == 0:
        return u * 1.1
    return even(np.tanh(u), n - 1)


def weigh(*parts, **named):
    total = 0.0
    for k, part in enumerate(parts):
        total = total + part * (k + 1)
    for part in named.values():
        total = total - 0.5 * part
    return total


def until(u, limit):
    for k in range(4):
        if u > limit:
            return u * k
        u = u * 1.3 + 0.2
    return u
"""


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


# ----- statement shapes: each writes its lines, or gives False when it does not fit -----

SIMPLE: list = []
COMPOUND: list = []


def simple(function):
    SIMPLE.append(function)
    return function


def compound(function):
    COMPOUND.append(function)
    return function


def _set(w: Writer, name: str, shape: Shape, text: str) -> None:
    w.put(f"{name} = {text}")
    w.vars[name] = shape


def _any_shape(w: Writer) -> Shape:
    return w.r.choice([w.vars[n] for n in w.arrays(least=1)])


@simple
def assign_scalar(w, _):
    text = w.scalar()
    _set(w, w.target(()), (), text)


@simple
def augment_scalar(w, _):
    name = w.r.choice(w.of(()))
    if name in w.frozen:
        return False
    w.put(f"{name} {w.r.choice(['+=', '-=', '*=', '+='])} {w.scalar(1)}")


@simple
def integer_start(w, _):
    name = w.fresh("s")
    w.put(f"{name} = {w.r.choice(['0', '1'])}")
    w.put(f"{name} += {w.scalar(1)}")
    w.put(f"{name} *= {w.scalar(0)}")
    w.vars[name] = ()


@simple
def conditional_expression(w, _):
    a, b, c = w.scalar(1), w.condition(), w.scalar(1)
    _set(w, w.target(()), (), f"{a} if {b} else {c}")


@simple
def exchange_scalars(w, _):
    names = [n for n in w.of(()) if n not in w.frozen]
    if len(names) < 2:
        return False
    a, b = w.r.sample(names, 2)
    w.put(f"{a}, {b} = {b}, {w.scalar(1)}")


@simple
def assign_array(w, _):
    shape = _any_shape(w)
    text = w.array(shape)
    _set(w, w.target(shape), shape, text)


@simple
def allocate(w, _):
    shape = _any_shape(w)
    like = w.r.choice(w.of(shape))
    size = shape[0] if len(shape) == 1 and w.chance(0.5) else shape
    kind = f", {like}.dtype" if w.single else ""
    text = w.r.choice([f"np.zeros({size}{kind})", f"np.ones({size}{kind})", f"np.zeros_like({like})",
                       f"np.full_like({like}, {w.scalar(0)})"])  # fmt: skip
    _set(w, w.fresh("abc"[len(shape)]), shape, text)


@simple
def alias(w, _):
    shape = _any_shape(w)
    text = w.r.choice(w.of(shape))
    _set(w, w.target(shape), shape, text)


@simple
def copy(w, _):
    shape = _any_shape(w)
    name = w.r.choice(w.of(shape))
    text = w.r.choice(["{}.copy()", "np.copy({})", "np.array({})", "{} * 1.0", "{} + 0.0"]).format(name)
    _set(w, w.target(shape), shape, text)


@simple
def view(w, _):
    name = w.r.choice(w.arrays())
    text, shape = w.part(w.vars[name])
    if min(shape) < 2:
        return False
    _set(w, w.target(shape), shape, f"{name}[{text}]")


@simple
def transpose(w, _):
    if not w.arrays(2):
        return False
    name = w.r.choice(w.arrays(2))
    _set(w, w.target(w.vars[name][::-1]), w.vars[name][::-1], f"{name}.T")


@simple
def flatten(w, _):
    if not w.arrays(2):
        return False
    name = w.r.choice(w.arrays(2))
    p, q = w.vars[name]
    text = w.r.choice(
        [
            "{}.reshape(-1)",
            "{}.ravel()",
            "np.reshape({}, -1)",
            "{}.flatten()",
            "{}.reshape(" + str(p * q) + ")",
        ]
    )
    _set(w, w.fresh("b"), (p * q,), text.format(name))


@simple
def reshape(w, _):
    found = [n for n in w.arrays(1) if w.vars[n][0] % 2 == 0]
    if not found:
        return False
    name = w.r.choice(found)
    n = w.vars[name][0]
    _set(w, w.fresh("c"), (2, n // 2), f"{name}.reshape(2, {n // 2})")


@simple
def row(w, _):
    if not w.arrays(2):
        return False
    name = w.r.choice(w.arrays(2))
    p, q = w.vars[name]
    text, n = w.r.choice([(f"{name}[{w.index(p)}]", q), (f"{name}[:, {w.index(q)}]", p)])
    _set(w, w.target((n,)), (n,), text)


@simple
def store_element(w, _):
    name = w.r.choice(w.arrays())
    w.put(f"{w.element(name)} = {w.scalar(1)}")


@simple
def augment_element(w, _):
    name = w.r.choice(w.arrays())
    w.put(f"{w.element(name)} {w.r.choice(['+=', '*=', '-='])} {w.scalar(1)}")


@simple
def store_slice(w, _):
    name = w.r.choice(w.arrays())
    text, shape = w.part(w.vars[name])
    w.put(f"{name}[{text}] = {w.operand(shape, 1)}")


@simple
def augment_slice(w, _):
    name = w.r.choice(w.arrays())
    text, shape = w.part(w.vars[name])
    w.put(f"{name}[{text}] {w.r.choice(['+=', '-=', '*=', '*='])} {w.operand(shape, 1)}")


@simple
def augment_array(w, _):
    name = w.r.choice(w.arrays())
    w.put(f"{name} {w.r.choice(['+=', '-=', '*=', '*='])} {w.operand(w.vars[name], 1)}")


@simple
def store_all(w, _):
    name = w.r.choice(w.arrays())
    w.put(f"{name}[:] = {w.operand(w.vars[name], 1)}")


@simple
def overlap(w, _):
    name = w.r.choice(w.arrays())
    w.put(
        w.r.choice(
            [
                "{0}[1:] = {0}[:-1]",
                "{0}[:-1] = {0}[1:] * {1}",
                "{0}[1:] += {0}[:-1]",
                "{0}[...] = {0}[::-1]",
                "{0} += {0}[::-1]",
                "{0} *= {0}",
                "{0}[::-1] = {0} * {1}",
                "{0}[:-1] -= {1} * {0}[1:]",
                "{0}[1:] *= {0}[:-1]",
                "{0}[:] = {0}",
                "{0} -= {0}",
            ]
        ).format(name, w.number())  # fmt: skip
    )


@simple
def exchange_elements(w, _):
    name = w.r.choice(w.arrays())
    n = w.vars[name][0]
    i, j = w.index(n), w.index(n)
    tail = ".copy()" if len(w.vars[name]) > 1 else ""
    w.put(f"{name}[{i}], {name}[{j}] = {name}[{j}]{tail}, {name}[{i}]{tail}")


@simple
def masked_store(w, _):
    name = w.r.choice(w.arrays())
    limit = w.number()
    w.put(
        w.r.choice(
            [
                f"{name}[{name} > {limit}] = {w.scalar(1)}",
                f"{name}[{name} > {limit}] *= {w.scalar(0)}",
                f"{name}[{name} < {limit}] += {w.number()}",
            ]
        )  # fmt: skip
    )


@simple
def out_argument(w, _):
    name = w.r.choice(w.arrays())
    a, b = w.leaf(w.vars[name]), w.leaf(w.vars[name])
    w.put(
        w.r.choice(
            [
                f"np.multiply({a}, {b}, out={name})",
                f"np.add({a}, {name}, out={name})",
                f"np.sin({a}, out={name})",
            ]
        )
    )


@simple
def copy_to(w, _):
    name = w.r.choice(w.arrays())
    w.put(w.r.choice([f"np.copyto({name}, {w.array(w.vars[name], 1)})", f"{name}.fill({w.scalar(0)})"]))


@simple
def reduce_axis(w, _):
    if not w.arrays(2):
        return False
    name = w.r.choice(w.arrays(2))
    p, q = w.vars[name]
    axis = w.r.choice([0, 1, -1])
    shape = (q,) if axis == 0 else (p,)
    call = w.r.choice(["np.sum", "np.mean", "np.max", "np.prod", "np.var", "np.min"])
    _set(w, w.target(shape), shape, f"{call}({w.array((p, q), 1)}, axis={axis})")


@simple
def keep_axis(w, _):
    if not w.arrays(2):
        return False
    name = w.r.choice(w.arrays(2))
    shape = w.vars[name]
    _set(w, w.target(shape), shape, f"{name} - {name}.mean(axis={w.r.choice([0, 1])}, keepdims=True)")


@simple
def product(w, _):
    if not w.arrays(2):
        return False
    a = w.r.choice(w.arrays(2))
    shape = (w.vars[a][0],) * 2
    _set(
        w,
        w.target(shape),
        shape,
        w.r.choice([f"{a} @ {a}.T", f"np.dot({a}, {a}.T)", f"np.einsum('ij,kj->ik', {a}, {a})"]) + " * 0.3",
    )


@simple
def concatenate(w, _):
    a, b = w.r.choice(w.arrays(1)), w.r.choice(w.arrays(1))
    shape = (w.vars[a][0] + w.vars[b][0],)
    if shape[0] > 12:
        return False
    _set(w, w.fresh("b"), shape, w.r.choice([f"np.concatenate([{a}, {b}])", f"np.hstack(({a}, {b}))"]))


@simple
def stack(w, _):
    a = w.r.choice(w.arrays(1))
    b = w.r.choice(w.of(w.vars[a]))
    shape = (2, *w.vars[a])
    _set(
        w,
        w.target(shape),
        shape,
        w.r.choice([f"np.stack([{a}, {b}])", f"np.array([{a}, {b}])", f"np.vstack([{a}, {b}])"]),
    )


@simple
def array_of_scalars(w, _):
    parts = [w.scalar(1) for _ in range(w.r.choice([2, 3, 4]))]
    kind = ", dtype=x.dtype" if w.single else ""
    _set(w, w.target((len(parts),)), (len(parts),), f"np.array([{', '.join(parts)}]{kind})")


@simple
def where_guard(w, _):
    shape = _any_shape(w)
    name = w.r.choice(w.of(shape))
    _set(
        w,
        w.target(shape),
        shape,
        f"np.where({name} > 0.1, np.log(np.where({name} > 0.1, {name}, 1.0)), {w.operand(shape, 0)})",
    )


@simple
def gather(w, _):
    name = w.r.choice(w.arrays(1))
    n = w.vars[name][0]
    index = [w.r.randrange(-n, n) for _ in range(3)]
    _set(
        w,
        w.target((3,)),
        (3,),
        w.r.choice([f"{name}[{index}]", f"{name}[np.array({index})]", f"np.take({name}, {index})"]),
    )


@simple
def masked_sum(w, _):
    name = w.r.choice(w.arrays())
    _set(w, w.target(()), (), f"np.sum({name}[{name} > {w.number()}])")


@simple
def walrus(w, _):
    name = w.fresh("s")
    text = w.scalar(1)
    _set(w, w.target(()), (), f"({name} := {text}) * {name}")
    w.vars[name] = ()


@simple
def star_unpack(w, _):
    name = w.r.choice(w.arrays(1))
    a, b = w.fresh("s"), w.fresh("s")
    w.put(f"{a}, *_, {b} = {name}")
    w.vars[a] = w.vars[b] = ()


@simple
def call_inlined(w, _):
    shape = w.r.choice([(), _any_shape(w)])
    a, b = (w.scalar(1), w.scalar(0)) if not shape else (w.array(shape, 1), w.operand(shape, 0))
    text = w.r.choice([f"blend({a}, {b})", f"blend({a}, {b}, 0.8)", f"blend({a}, v={b}, shift={w.scalar(0)})", f"weigh({a}, {b})",
                       f"weigh({a}, more={b})", f"rising({a}, 2)", f"even({a}, n)"])  # fmt: skip
    _set(w, w.target(shape), shape, text)


@simple
def call_pair(w, _):
    shape = w.r.choice([(), _any_shape(w)])
    a, b = (w.scalar(1), w.scalar(0)) if not shape else (w.leaf(shape), w.array(shape, 1))
    names = w.fresh("s" if not shape else "abc"[len(shape)]), w.target(shape)
    w.put(f"{names[0]}, {names[1]} = pair({a}, {b})")
    for name in names:
        w.vars[name] = shape


@simple
def call_alias(w, _):
    shape = _any_shape(w)
    a, b = w.r.choice(w.of(shape)), w.r.choice(w.of(shape))
    _set(
        w,
        w.target(shape),
        shape,
        w.r.choice([f"keep({a}, {b})", f"pick({a}, {b}, {w.condition()})", f"pick({a}, {b}, n > 1)"]),
    )


@simple
def call_storing(w, _):
    name = w.r.choice(w.arrays(1))
    k = w.scalar(0)
    w.put(w.r.choice([f"scale_in_place({name}, {k})", f"shift_in_place({name}, {k})"]))
    if w.chance(0.4):
        _set(w, w.target(w.vars[name]), w.vars[name], f"shift_in_place({name}, {k})")


@simple
def call_returning_early(w, _):
    _set(w, w.target(()), (), f"until({w.scalar(1)}, {w.number()})")


@simple
def closure(w, _):
    name = w.fresh("g")
    captured = w.scalar(0)
    w.put(f"def {name}(t, k={w.scalar(0)}):")
    w.put(f"    return t * k + {captured}")
    shape = w.r.choice([(), _any_shape(w)])
    argument = w.scalar(1) if not shape else w.leaf(shape)
    _set(
        w,
        w.target(shape),
        shape,
        f"{name}({argument})" + (f" * {name}({w.scalar(0)}, {w.number()})" if w.chance(0.5) else ""),
    )


@simple
def anonymous(w, _):
    name = w.fresh("g")
    w.put(f"{name} = lambda t: t * {w.scalar(0)} - {w.number()}")
    shape = w.r.choice([(), _any_shape(w)])
    argument = w.scalar(1) if not shape else w.leaf(shape)
    _set(w, w.target(shape), shape, f"{name}({argument})")


@simple
def comprehension(w, _):
    name = w.r.choice(w.arrays(1))
    text = w.r.choice(
        [f"sum([t * {w.scalar(0)} for t in {name}])", f"sum(t * t for t in {name} if t > {w.number()})",
         f"np.sum(np.array([t * k for k, t in enumerate({name})]))", f"sum([p * q for p, q in zip({name}, {name}[1:])])"]
    )  # fmt: skip
    _set(w, w.target(()), (), text)


@simple
def through_containers(w, _):
    shape = w.r.choice([(), _any_shape(w)])
    a, b = (w.scalar(1), w.scalar(0)) if not shape else (w.leaf(shape), w.array(shape, 1))
    name = w.fresh("d")
    kind = w.r.randrange(4)
    if kind == 0:
        w.put(f"{name} = {{'p': {a}, 'q': {b}}}")
        text = f"{name}['p'] * {name}['q']"
    elif kind == 1:
        w.put(f"{name} = [{a}, {b}]")
        text = f"{name}[0] - {name}[-1]"
    elif kind == 2:
        w.put(f"{name} = ({a}, ({b}, 2.0))")
        text = f"{name}[0] * {name}[1][1] + {name}[1][0]"
    else:
        w.put(f"{name} = []")
        w.put(f"{name}.append({a})")
        w.put(f"{name}.append({b})")
        text = f"{name}[1] + 0.5 * {name}[0]"
    _set(w, w.target(shape), shape, text)


@simple
def read_parameters(w, _):
    shape = _any_shape(w)
    if not w.of((COLUMNS,)):
        return False
    _set(
        w,
        w.target((COLUMNS,)),
        (COLUMNS,),
        w.r.choice(["p['w'] * p['k']", "p['w']", "q[0] * q[1]", "p['w'] + q[1]"]),
    )


@simple
def assertion(w, _):
    name = w.r.choice(w.arrays())
    w.put(f"assert {name}.ndim == {len(w.vars[name])} and len({name}) == {w.vars[name][0]}")


# ----- compound statements -----


def _loop_body(w: Writer, budget: int, exits: bool, before=None) -> dict[str, Shape]:
    w.loops += 1

    def start():
        if before:
            before()
        if exits and w.chance(0.6):
            w.put(f"if {w.condition()}:")
            w.put(f"    {w.r.choice(['break', 'continue', 'break'])}")

    inner = w.block(budget, start)
    w.loops -= 1
    return inner


@compound
def for_range(w, budget):
    i = w.fresh("i")
    count = w.r.choice(["2", "3", "n", "n", "1, 3", "2, -1, -1", "0, 4, 2", "n + 1", "0", "len(x)"])
    w.put(f"for {i} in range({count}):")
    w.ints.append(i)
    _loop_body(w, budget, w.chance(0.4))
    w.ints.remove(i)
    if w.chance(0.2):
        w.put("else:")
        w.block(0)


@compound
def for_reversed(w, budget):
    i = w.fresh("i")
    w.put(f"for {i} in reversed(range({w.r.choice(['3', 'n'])})):")
    w.ints.append(i)
    _loop_body(w, budget, False)
    w.ints.remove(i)


@compound
def for_items(w, budget):
    name = w.r.choice(w.arrays())
    t = w.fresh("t")
    w.put(f"for {t} in {name}{w.r.choice(['', '', '[::-1]', '[1:]'])}:")
    w.vars[t] = w.vars[name][1:]
    _loop_body(w, budget, w.chance(0.3))
    del w.vars[t]


@compound
def for_enumerate(w, budget):
    name = w.r.choice(w.arrays())
    i, t = w.fresh("i"), w.fresh("t")
    w.put(f"for {i}, {t} in enumerate({name}):")
    w.ints.append(i)
    w.vars[t] = w.vars[name][1:]
    _loop_body(w, budget, w.chance(0.3))
    w.ints.remove(i)
    del w.vars[t]


@compound
def for_zip(w, budget):
    a, b = w.r.choice(w.arrays()), w.r.choice(w.arrays())
    t, u = w.fresh("t"), w.fresh("t")
    w.put(f"for {t}, {u} in zip({a}, {b}{w.r.choice(['', '[1:]'])}):")
    w.vars[t], w.vars[u] = w.vars[a][1:], w.vars[b][1:]
    _loop_body(w, budget, False)
    del w.vars[t], w.vars[u]


@compound
def recurrence(w, budget):
    name = w.r.choice(w.arrays(1))
    i = w.fresh("i")
    n = w.vars[name][0]
    w.put(f"for {i} in range(1, {n}):")
    w.ints.append(i)
    w.put(f"    {name}[{i}] {w.r.choice(['=', '+=', '*='])} {name}[{i} - 1] * {w.scalar(1)} + {w.number()}")
    w.ints.remove(i)


@compound
def nested_writes(w, budget):
    if not w.arrays(2):
        return False
    name = w.r.choice(w.arrays(2))
    p, q = w.vars[name]
    i, j = w.fresh("i"), w.fresh("j")
    w.put(f"for {i} in range({p}):")
    w.put(f"    for {j} in range({w.r.choice([str(q), f'min({i} + 1, {q})'])}):")
    if w.chance(0.4):
        w.put(f"        if {j} == {w.r.choice([0, 1])}: {w.r.choice(['continue', 'break'])}")
    w.ints += [i, j]
    w.put(f"        {name}[{i}, {j}] {w.r.choice(['=', '+=', '*='])} {w.scalar(1)}")
    w.ints.remove(i)
    w.ints.remove(j)


@compound
def exchange_buffers(w, budget):
    shape = _any_shape(w)
    a, b = w.fresh("b"), w.fresh("b")
    w.put(f"{a} = {w.r.choice(w.of(shape))}.copy()")
    w.put(f"{b} = {w.r.choice(['np.zeros_like(' + a + ')', a + ' * 0.5'])}")
    w.vars[a] = w.vars[b] = shape
    w.put(f"for _ in range({w.r.choice(['n', '3', '2'])}):")
    part = w.r.choice(["[:]", "[1:]", "[...]"])
    w.put(f"    {b}{part} = np.sin({a}{part if part != '[1:]' else '[:-1]'}) * {w.scalar(0)} + {w.number()}")
    if w.chance(0.3):
        w.put(f"    {a}[0] = {b}[-1] * 0.5")
    w.put(f"    {a}, {b} = {b}, {a}")


@compound
def last_value(w, budget):
    i, s = w.fresh("i"), w.fresh("s")
    w.put(f"for {i} in range({w.r.choice([2, 3])}):")
    w.ints.append(i)
    w.put(f"    {s} = {w.scalar(1)}")
    w.ints.remove(i)
    w.vars[s] = ()
    if w.chance(0.5):
        w.put(f"{s} = {s} * {i}")


@compound
def while_count(w, budget):
    k = w.fresh("k")
    w.put(f"{k} = 0")
    w.put(f"while {k} < {w.r.choice(['3', 'n', '2'])}:")
    w.ints.append(k)
    _loop_body(w, budget, w.chance(0.3), lambda: w.put(f"{k} += 1"))
    w.ints.remove(k)
    if w.chance(0.25):
        w.put("else:")
        w.block(0)


@compound
def while_value(w, budget):
    s, k = w.fresh("s"), w.fresh("k")
    w.put(f"{s} = abs({w.scalar(1)}) + 0.3")
    w.put(f"{k} = 0")
    w.vars[s] = ()
    w.frozen.add(s)
    w.put(f"while {s} < {w.r.choice(['2.0', '1.0', '4.0'])} and {k} < 5:")
    w.ints.append(k)
    w.put(f"    {k} += 1")
    w.put(f"    {s} = {s} * 1.4 + 0.1 * np.tanh({w.scalar(0)}) ** 2")
    _loop_body(w, budget, w.chance(0.3))
    w.ints.remove(k)
    w.frozen.discard(s)


@compound
def while_true(w, budget):
    k = w.fresh("k")
    w.put(f"{k} = 0")
    w.put("while True:")

    def start():
        w.put(f"{k} += 1")
        w.put(f"if {k} > {w.r.choice([2, 3])} or {w.condition()}:")
        w.put("    break")

    w.ints.append(k)
    _loop_body(w, budget, False, start)
    w.ints.remove(k)


@compound
def branch(w, budget):
    w.put(f"if {w.condition()}:")
    first = w.block(budget)
    scopes = [first]
    if w.chance(0.3):
        w.put(f"elif {w.condition()}:")
        scopes.append(w.block(budget))
    w.put("else:")
    scopes.append(w.block(budget))
    for name in first:
        if all(scope.get(name) == first[name] for scope in scopes):
            w.vars[name] = first[name]


@compound
def branch_alone(w, budget):
    w.put(f"if {w.condition()}:")
    w.block(budget)


@compound
def branch_defining(w, budget):
    shape = w.r.choice([(), _any_shape(w)])
    name = w.fresh("s" if not shape else "abc"[len(shape)])
    make = (lambda: w.scalar(1)) if not shape else (lambda: w.array(shape, 1))
    flag = w.fresh("h")
    w.put(f"{flag} = {w.condition()}")
    w.put(f"if {flag}:")
    w.put(f"    {name} = {make()}")
    target = w.target(shape)
    value = make()
    w.put(f"if {flag}:")
    w.put(f"    {target} = {name} * 0.8")
    w.put("else:")
    w.put(f"    {target} = {value}")
    w.vars[target] = shape


@compound
def branch_aliasing(w, budget):
    shape = _any_shape(w)
    a, b = w.r.choice(w.of(shape)), w.r.choice(w.of(shape))
    name = w.fresh("abc"[len(shape)])
    w.put(f"if {w.condition()}:")
    w.put(f"    {name} = {a}")
    w.put("else:")
    w.put(f"    {name} = {b}{w.r.choice(['', '.copy()', ' * 2.0'])}")
    w.vars[name] = shape
    w.put(f"{name}[{w.index(shape[0])}] = {w.scalar(1)}")


@compound
def return_early(w, budget):
    w.put(f"if {w.condition()}:")
    w.put(f"    return {RESULT}")


@compound
def guarded(w, budget):
    w.put("try:")
    w.put(f"    if {w.condition()}:")
    w.put("        raise ValueError('no')")
    name = w.r.choice(w.of(()))
    if name in w.frozen:
        name = w.fresh("s")
    w.put(f"    {name} = {w.scalar(1)}")
    w.put("except ValueError:")
    w.put(f"    {name} = {w.scalar(1)}")
    if w.chance(0.3):
        w.put("finally:")
        w.put(f"    {w.fresh('s')} = {name} * 2.0")
    w.vars[name] = ()


@compound
def with_errstate(w, budget):
    w.put("with np.errstate(all='ignore'):")
    w.vars = w.block(budget)


RESULT = "<result>"


def result(w: Writer) -> str:
    """What the function returns; every return of one program returns the same kind."""
    kind = w.r.randrange(8)
    arrays = [n for n in w.vars if w.vars[n]]
    a, b = w.r.choice(arrays), w.r.choice(arrays)
    total = " + ".join(f"np.sum({n})" for n in w.r.sample(arrays, min(3, len(arrays)))) + " + s"
    if kind <= 2:
        return total
    if kind == 3:
        return f"({total}) * {w.element(a)}"
    if kind == 4:
        return a
    if kind == 5:
        return f"{a}, {b}"
    if kind == 6:
        return f"{{'a': {a}, 'b': ({b}, {total})}}"
    return f"[{a} * 2.0, {w.element(b)}]"


def random_program(seed: int) -> Program:
    """The program of a seed."""
    r = random.Random(f"kind {seed}")
    single = r.random() < 0.1
    w = Writer(seed, single)
    w.vars = {"x": (COLUMNS,), "y": (COLUMNS,), "m": (ROWS, COLUMNS), "s": ()}
    parameters = dict(w.vars)
    w.ints = ["n"]
    for _ in range(w.r.randint(2, 6)):
        w.statement(2)
    final = result(w)
    names = set(parameters)
    outer = {n: s for n, s in w.vars.items()}
    # an early return gives the same structure, of parameters only
    w.vars = {n: s for n, s in outer.items() if n in names}
    early = final
    for name in sorted(set(outer) - names, key=len, reverse=True):
        if (
            name in final.replace("(", " ").replace(")", " ").replace("[", " ").replace(",", " ").split()
            or name in final
        ):
            same = [n for n in names if outer[n] == outer[name]]
            make = same[0] if same else f"np.zeros({outer[name]})"
            early = early.replace(name, make)
    body = "\n".join(w.lines).replace(RESULT, early)
    text = f"{HELPERS}\n\ndef f(x, y, m, s, n, p, q):\n{body}\n    return {final}\n"
    dtype = "np.float32" if single else "float"
    array = "rng.uniform({}, 1.4, {}).astype(" + dtype + ")"
    arguments = (
        array.format(-1.0, 4),
        array.format(0.2, 4),
        array.format(-1.0, (3, 4)),
        "float(rng.uniform(0.2, 1.2))",
        str(r.choice([0, 1, 2, 2, 3])),
        "{'w': " + array.format(-1.0, 4) + ", 'k': 0.7}",
        "(1.3, " + array.format(-1.0, 4) + ")",
    )
    return Program(text, arguments, seed, w.used)


def main() -> None:
    import sys

    from shrinking import run

    if sys.argv[1:2] == ["show"]:
        print(random_program(int(sys.argv[2])).text)
        return
    count, first = int(sys.argv[1]), int((*sys.argv[2:], "0")[0])
    found = run(range(first, first + count), second="second" in sys.argv)
    print({kind: len(seeds) for kind, seeds in sorted(found.items())})


if __name__ == "__main__":
    main()
