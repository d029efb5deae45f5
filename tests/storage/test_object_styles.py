"""Objects the ways people write them: linked nodes, operators, iterators, contexts, shared and replaced parts."""

import copy
import dataclasses
from dataclasses import InitVar, dataclass, field
from functools import cached_property

import numpy as np
import pytest
from agreement import agree, problems
from writing import S, X

import adtrans


@dataclass
class Node:
    value: float
    next: object = None


@dataclass
class Body:
    q: np.ndarray
    v: np.ndarray
    m: float = 1.0

    def push(self, f, h):
        self.v += h / self.m * f

    def move(self, h):
        self.q += h * self.v


@dataclass
class World:
    bodies: list
    time: float = 0.0

    def step(self, h):
        for b in self.bodies:
            b.push(-b.q, h)
        for b in self.bodies:
            b.move(h)
        self.time += h


@dataclass
class Scaled:
    raw: np.ndarray
    scale: InitVar[float] = 1.0
    total: float = field(init=False, default=0.0)

    def __post_init__(self, scale):
        self.raw = self.raw * scale
        self.total = np.sum(self.raw)


@dataclass(frozen=True)
class Frozen:
    a: float
    b: float

    def moved(self, h):
        return Frozen(self.a + h * self.b, self.b - h * self.a)


class Vector:
    def __init__(self, a, b):
        self.a, self.b = a, b

    def __add__(self, other):
        return Vector(self.a + other.a, self.b + other.b)

    def __mul__(self, k):
        return Vector(self.a * k, self.b * k)

    __rmul__ = __mul__

    def __neg__(self):
        return Vector(-self.a, -self.b)

    def __iadd__(self, other):
        self.a += other.a
        self.b += other.b
        return self

    def dot(self, other):
        return self.a * other.a + self.b * other.b

    def __getitem__(self, k):
        return self.b if k else self.a

    def __len__(self):
        return 2


class Dual:
    def __init__(self, value, slope):
        self.value, self.slope = value, slope

    def __mul__(self, other):
        return Dual(self.value * other.value, self.slope * other.value + self.value * other.slope)

    def __add__(self, other):
        return Dual(self.value + other.value, self.slope + other.slope)


class Countdown:
    def __init__(self, start, factor):
        self.value, self.factor, self.left = start, factor, 3

    def __iter__(self):
        return self

    def __next__(self):
        if self.left == 0:
            raise StopIteration
        self.left -= 1
        self.value = self.value * self.factor
        return self.value


class Scope:
    def __init__(self, u, factor):
        self.u, self.factor = u, factor

    def __enter__(self):
        self.u *= self.factor
        return self

    def __exit__(self, *error):
        self.u += 1.0
        return False


class Lazy:
    def __init__(self, u):
        self.u = u

    @cached_property
    def norm(self):
        return np.sqrt(np.sum(self.u**2))


class Defaults:
    rate = 0.5
    total = 0.0

    def add(self, v):
        self.total = self.total + v * self.rate


class Model:
    def __init__(self, w):
        self.params = {"w": w, "b": np.zeros(3)}
        self.log = []

    def forward(self, h):
        out = np.tanh(self.params["w"] * h + self.params["b"])
        self.log.append(np.sum(out))
        return out

    def train(self, h, rate):
        out = self.forward(h)
        slope = 2.0 * out * (1.0 - out**2)
        self.params["w"] = self.params["w"] - rate * slope * h
        self.params["b"] -= rate * slope

    @classmethod
    def scaled(cls, w, s):
        return cls(w * s)

    @staticmethod
    def loss(out):
        return np.sum(out**2)


class Ring:
    def __init__(self, n):
        self.data = np.zeros(n)
        self.at = 0

    def push(self, v):
        self.data[self.at] = v
        self.at = (self.at + 1) % len(self.data)


class Tree:
    def __init__(self, value):
        self.value = value
        self.children = []

    def add(self, child):
        self.children.append(child)
        return self

    def total(self):
        return self.value + sum(0.5 * c.total() for c in self.children)


def linked_list(x, s):
    head = None
    for v in x[:3]:
        head = Node(v * s, head)
    total, node = 0.0, head
    while node is not None:
        total = total * s + node.value
        node = node.next
    return total


def linked_list_straight(x, s):
    last = Node(x[0])
    first = Node(x[1], last)
    last.value *= s
    first.next.value += first.value
    return last.value * first.value


def bodies_in_place(x, s):
    a, b = Body(x[:3].copy(), np.zeros(3)), Body(x[3:].copy(), np.ones(3), 2.0)
    for _ in range(2):
        f = s * (b.q - a.q)
        a.push(f, 0.1)
        b.push(-f, 0.1)
        a.move(0.1)
        b.move(0.1)
    return a.q * b.q


def world(x, s):
    w = World([Body(x[:3].copy(), np.zeros(3)), Body(x[3:].copy(), np.ones(3))])
    for _ in range(2):
        w.step(s)
    return w.bodies[0].q * w.bodies[1].v * w.time


def array_of_two_objects(x, s):
    u = x[:3] * s
    a, b = Body(u, x[3:].copy()), Body(u, x[3:] * s)
    a.move(0.5)
    b.move(0.5)
    return a.q * b.v


def attribute_rebound_and_written(x, s):
    b = Body(x[:3] * s, x[3:] * 1.0)
    old = b.q
    b.q = b.q * 2.0
    b.q += old
    old *= s
    return b.q * old


def post_init(x, s):
    a = Scaled(x, s)
    a.raw[0] = a.total
    a.total *= s
    return a.raw * a.total


def frozen(x, s):
    p = Frozen(x[0], x[1])
    for _ in range(3):
        p = p.moved(s)
    return p.a * p.b


def frozen_list(x, s):
    ps = [Frozen(x[0], x[1]), Frozen(x[2], x[3])]
    for k in range(2):
        ps = [p.moved(s) for p in ps]
        ps[0] = dataclasses.replace(ps[0], a=ps[1].b)
    return sum(p.a * p.b for p in ps)


def vectors(x, s):
    a, b = Vector(x[0], x[1]), Vector(x[2], s)
    c = a + b * s + 2.0 * -a
    return c.dot(a) * c[1]


def vectors_in_a_loop(x, s):
    total = Vector(0.0, 0.0)
    for k in range(5):
        total = total + Vector(x[k], x[k + 1]) * s
    return total.dot(total)


def vectors_in_place(x, s):
    total = Vector(x[0], x[1])
    other = total
    for k in range(3):
        total += Vector(x[k], x[k + 1] * s)
    return total.dot(other)


def dual_numbers(x, s):
    a, b = Dual(x[0], 1.0), Dual(s, x[1])
    c = a
    for _ in range(3):
        c = c * a + b
    return c.value * c.slope


def own_iterator(x, s):
    total = 0.0
    for v in Countdown(x[0], s):
        total += v * x[1]
    return total


def own_context(x, s):
    u = x.copy()
    with Scope(u, s) as scope:
        scope.u[0] = s
        u *= x
    return u


def cached(x, s):
    lazy = Lazy(x * s)
    return lazy.norm * lazy.norm + lazy.u[0]


def class_defaults(x, s):
    d = Defaults()
    for v in x:
        d.add(v * s)
    d.rate = s
    d.add(x[0])
    return d.total * d.rate


def two_with_class_defaults(x, s):
    a, b = Defaults(), Defaults()
    a.add(x[0])
    b.add(s)
    a.add(b.total)
    return a.total * b.total


def model(x, s):
    m = Model(x[:3])
    for _ in range(2):
        m.train(x[3:], s)
    return Model.loss(m.forward(x[3:])) + sum(m.log)


def model_straight(x, s):
    m = Model.scaled(x[:3], s)
    m.params["w"][0] = s
    m.params["b"] += x[3:]
    return m.forward(x[3:]) * m.log[0]


def ring(x, s):
    r = Ring(3)
    for v in x[:5]:
        r.push(v * s)
    return r.data * r.at


def tree(x, s):
    root = Tree(x[0]).add(Tree(x[1]).add(Tree(s))).add(Tree(x[2]))
    root.children[0].value *= s
    return root.total() * x[3]


def tree_in_a_loop(x, s):
    root = Tree(s)
    for v in x:
        root.add(Tree(v * s))
    for k, child in enumerate(root.children):
        child.value += k * s
    return root.total()


def copied_object(x, s):
    a = Body(x[:3] * s, x[3:] * 1.0)
    b = copy.copy(a)
    b.m = s
    b.v = b.v * 2.0
    return a.q * a.m + b.v * b.m


def deep_copied_object(x, s):
    a = Body(x[:3] * s, x[3:] * 1.0)
    b = copy.deepcopy(a)
    b.q *= 2.0
    return a.q * b.q


def object_as_dict(x, s):
    a = Frozen(x[0], s)
    d = dataclasses.asdict(a)
    d["a"] *= d["b"]
    return d["a"] * a.a


def object_in_a_dict(x, s):
    bodies = {"a": Body(x[:3] * 1.0, x[3:] * 1.0), "b": Body(x[3:] * 1.0, np.zeros(3))}
    for name in ("a", "b"):
        bodies[name].move(s)
    bodies["a"].q = bodies["b"].q * bodies["a"].q
    return bodies["a"].q


def objects_exchanged(x, s):
    cells = [Node(x[0]), Node(x[1])]
    for k in range(3):
        cells[0], cells[1] = cells[1], cells[0]
        cells[0].value *= s
        cells[1].value += cells[0].value
    return cells[0].value * cells[1].value


def object_or_none(x, s):
    best = None
    for v in x:
        if best is None or v > best.value:
            best = Node(v)
        best.value *= s
    return best.value


def replaced_part(x, s):
    w = World([Node(x[0]), Node(x[1])])
    kept = w.bodies[0]
    w.bodies[0] = Node(x[2] * s)
    kept.value = kept.value * w.bodies[0].value
    w.bodies[1].value += kept.value
    return w.bodies[0].value * w.bodies[1].value


def object_made_in_each_iteration(x, s):
    total = 0.0
    for v in x:
        p = Node(v)
        p.value *= s
        q = p
        q.value += v
        total += p.value
    return total


def object_passed_and_returned(x, s):
    def grow(node, k):
        node.value = node.value * k
        return node

    a = Node(x[0])
    b = grow(grow(a, s), x[1])
    b.value += s
    return a.value


def bound_method(x, s):
    b = Body(x[:3] * 1.0, x[3:] * 1.0)
    move = b.move
    for _ in range(2):
        move(s)
    return b.q


def object_captured(x, s):
    b = Node(x[0])

    def grow(v):
        b.value = b.value * v + s

    for v in x[:3]:
        grow(v)
    return b.value


def early_return_of_an_attribute(x, s):
    b = Node(x[0])
    for v in x:
        b.value += v * s
        if b.value > 1.0:
            return b.value * b.value
    return b.value


def attributes_by_name_in_a_loop(x, s):
    p = Frozen(x[0], x[1])
    total = 0.0
    for name in ("a", "b"):
        total = total * s + getattr(p, name)
    return total * (s if hasattr(p, "c") else x[2])


PROGRAMS = [
    linked_list, linked_list_straight, bodies_in_place, world, array_of_two_objects,
    attribute_rebound_and_written, post_init, frozen, frozen_list, vectors, vectors_in_a_loop,
    vectors_in_place, dual_numbers, own_iterator, own_context, cached, class_defaults,
    two_with_class_defaults, model, model_straight, ring, tree, tree_in_a_loop, copied_object,
    deep_copied_object, object_as_dict, object_in_a_dict, objects_exchanged, object_or_none, replaced_part,
    object_made_in_each_iteration, object_passed_and_returned, bound_method, object_captured,
    early_return_of_an_attribute, attributes_by_name_in_a_loop,
]  # fmt: skip


@pytest.mark.parametrize("fun", PROGRAMS)
def test_style(fun):
    agree(fun, X, S)


SECOND = [frozen, vectors_in_a_loop, dual_numbers, bodies_in_place, class_defaults, objects_exchanged]


@pytest.mark.parametrize("fun", SECOND)
def test_second_order(fun):
    agree(fun, X, S, second=True)


def world_given(w, s):
    for _ in range(2):
        w.step(s)
    return w.bodies[0].q * w.bodies[1].v


def body_given(b, s):
    b.move(s)
    b.q[0] = s
    return b.q * b.m


def body_given_and_returned(b, s):
    b.push(b.q, s)
    b.m = b.m * s
    return b


def node_given(n, s):
    n.value *= s
    return n.value * n.value


@pytest.mark.parametrize(
    ("fun", "given"),
    [(world_given, World([Body(X[:3], X[3:]), Body(X[3:], X[:3] * 1.0, 2.0)])),
     (body_given, Body(X[:3], X[3:], 1.5)), (body_given_and_returned, Body(X[:3], X[3:], 1.5)),
     (node_given, Node(0.5))],
)  # fmt: skip
def test_given(fun, given):
    agree(fun, copy.deepcopy(given), S)


MODULE_OBJECT = Body(np.ones(3), np.ones(3))


def reads_an_object_of_the_module(x, s):
    return x[:3] * MODULE_OBJECT.q * MODULE_OBJECT.m * s


def moves_an_object_of_the_module(x, s):
    MODULE_OBJECT.move(s)
    return x[:3] * MODULE_OBJECT.q


def stores_in_an_object_of_the_module(x, s):
    MODULE_OBJECT.m = s
    return x[:3] * MODULE_OBJECT.m


def test_an_object_of_the_module_is_read():
    agree(reads_an_object_of_the_module, X, S)


@pytest.mark.parametrize("mode", ["vjp", "jvp"])
@pytest.mark.parametrize("fun", [moves_an_object_of_the_module, stores_in_an_object_of_the_module])
def test_an_object_of_the_module_is_not_written(fun, mode):
    try:
        with pytest.raises(adtrans.AdtransError):
            problems(fun, (X, S), modes=mode)
    finally:
        MODULE_OBJECT.q[:], MODULE_OBJECT.m = 1.0, 1.0
