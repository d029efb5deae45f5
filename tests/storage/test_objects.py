"""Attributes that are stored, methods that change their object, and arrays that objects hold."""

import dataclasses
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import NamedTuple

import numpy as np
import pytest
from agreement import agree
from writing import S, X


@dataclass
class Particle:
    x: float
    v: float

    def kick(self, h):
        self.v -= h * self.x

    def drift(self, h):
        self.x += h * self.v

    def energy(self):
        return 0.5 * (self.v**2 + self.x**2)


@dataclass
class State:
    q: np.ndarray
    p: np.ndarray
    t: float = 0.0

    def step(self, h):
        self.p = self.p - h * self.q
        self.q = self.q + h * self.p
        self.t += h

    def step_in_place(self, h):
        self.p -= h * self.q
        self.q += h * self.p


@dataclass
class TracedState:
    q: np.ndarray
    trace: list = field(default_factory=list)

    def step(self, h):
        self.q = self.q - h * self.q**2
        self.trace.append(self.q[0])


class Oscillator:
    def __init__(self, q, h):
        self.q = q
        self.p = np.zeros_like(q)
        self.h = h
        self.steps = 0

    def step(self):
        self.p = self.p - self.h * self.q
        self.q = self.q + self.h * self.p
        self.steps += 1

    def step_in_place(self):
        self.p -= self.h * self.q
        self.q[1:] += self.h * self.p[:-1]
        return self

    @property
    def energy(self):
        return np.sum(self.q**2 + self.p**2)


class Counter:
    def __init__(self):
        self.total = 0.0
        self.count = 0

    def add(self, v):
        self.total += v
        self.count += 1

    def mean(self):
        return self.total / self.count


class Stack:
    def __init__(self):
        self.items = []

    def push(self, v):
        self.items.append(v)

    def pop(self):
        return self.items.pop()

    def __len__(self):
        return len(self.items)


class Layer:
    def __init__(self, w, b):
        self.w, self.b = w, b
        self.last = None

    def __call__(self, x):
        self.last = x
        return np.tanh(self.w * x + self.b)


class Momentum:
    def __init__(self, rate):
        self.rate = rate
        self.speed = None

    def update(self, params, grads):
        if self.speed is None:
            self.speed = np.zeros_like(params)
        self.speed = 0.9 * self.speed - self.rate * grads
        return params + self.speed


class Grid:
    def __init__(self, n):
        self.u = np.zeros(n)

    def __getitem__(self, i):
        return self.u[i]

    def __setitem__(self, i, v):
        self.u[i] = v


class Account:
    __slots__ = ("balance",)

    def __init__(self, balance):
        self.balance = balance

    @property
    def doubled(self):
        return 2.0 * self.balance

    @doubled.setter
    def doubled(self, value):
        self.balance = value / 2.0


class Base:
    scale = 2.0

    def __init__(self, v):
        self.v = v

    def grow(self):
        self.v = self.v * self.scale


class Derived(Base):
    def __init__(self, v, s):
        super().__init__(v)
        self.s = s

    def grow(self):
        super().grow()
        self.v += self.s


class Pair(NamedTuple):
    a: np.ndarray
    b: np.ndarray


def dataclass_attribute(x, s):
    p = Particle(x[0], x[1])
    p.x = p.x * s
    p.v += p.x
    return p.x * p.v


def dataclass_methods(x, s):
    p = Particle(x[0], x[1])
    p.kick(s)
    p.drift(s)
    return p.energy()


def dataclass_methods_in_a_loop(x, s):
    p = Particle(x[0], x[1])
    for _ in range(4):
        p.kick(0.5 * s)
        p.drift(s)
        p.kick(0.5 * s)
    return p.energy()


def dataclass_in_a_branch(x, s):
    p = Particle(x[0], x[1])
    if s > 0.5:
        p.x = s * p.v
    else:
        p.v = s
    return p.energy()


def dataclass_aliased(x, s):
    p = Particle(x[0], x[1])
    q = p
    q.x = s * x[2]
    return p.x * p.v


def dataclass_replaced(x, s):
    p = Particle(x[0], x[1])
    for _ in range(3):
        p = dataclasses.replace(p, x=p.x + s * p.v, v=p.v - s * p.x)
    return p.energy()


def dataclass_rebuilt(x, s):
    p = Particle(x[0], x[1])
    for _ in range(3):
        v = p.v - s * p.x
        p = Particle(p.x + s * v, v)
    return p.energy()


def list_of_dataclasses(x, s):
    bodies = [Particle(x[k], x[k + 3]) for k in range(3)]
    for _ in range(2):
        for body in bodies:
            body.kick(s)
        for body in bodies:
            body.x += s * body.v
    return sum(body.energy() for body in bodies)


def state_of_arrays(x, s):
    state = State(x.copy(), np.zeros_like(x))
    for _ in range(3):
        state.step(s)
    return state.q * state.p + state.t


def state_of_arrays_in_place(x, s):
    state = State(x.copy(), np.zeros_like(x))
    for _ in range(3):
        state.step_in_place(s)
    return state.q * state.p


def array_of_an_object_changed(x, s):
    state = State(x * s, x + s)
    state.q[0] = s
    state.q += state.p
    state.p[1:] *= state.q[:-1]
    return state.q * state.p


def array_kept_outside(x, s):
    q = x * s
    state = State(q, x)
    q[1] = s
    state.q *= 2.0
    return q + state.p


def array_taken_out(x, s):
    state = State(x * s, x + 0.0)
    for k in range(2):
        q = state.q
        q[k] = s * q[k + 1]
        q *= state.p
    return state.q


def trace_of_an_object(x, s):
    state = TracedState(x.copy())
    for _ in range(3):
        state.step(s)
    return sum(state.trace) * state.q


def plain_class(x, s):
    o = Oscillator(x, s)
    o.step()
    return o.energy


def plain_class_in_a_loop(x, s):
    o = Oscillator(x, s)
    for _ in range(3):
        o.step()
    return o.energy * o.steps


def plain_class_in_place(x, s):
    o = Oscillator(x.copy(), s)
    for _ in range(3):
        o.step_in_place()
    return o.q * o.p


def chained_methods(x, s):
    o = Oscillator(x.copy(), s)
    return o.step_in_place().step_in_place().energy


def attribute_of_a_plain_class(x, s):
    o = Oscillator(x, s)
    o.h *= 0.5
    o.q = o.q * o.h
    o.extra = o.q[0]
    return o.energy * o.extra


def attribute_deleted(x, s):
    o = Oscillator(x, s)
    kept = o.h
    del o.h
    return o.energy * kept


def attribute_by_name(x, s):
    o = Oscillator(x, s)
    for name in ("q", "p"):
        setattr(o, name, getattr(o, name) * s + 1.0)
    return o.energy


def running_mean(x, s):
    c = Counter()
    for v in x:
        c.add(v * s)
    return c.mean() * c.total


def running_mean_of_some(x, s):
    c = Counter()
    for v in x:
        if v > 0.45:
            c.add(v * s)
    return c.mean()


def stack_object(x, s):
    stack = Stack()
    for v in x:
        stack.push(v * s)
    total = 0.0
    while len(stack) > 2:
        total += stack.pop() * stack.pop()
    return total


def layers(x, s):
    net = [Layer(x[:3], s), Layer(x[3:], 0.5 * s)]
    h = np.ones(3)
    for layer in net:
        h = layer(h)
    return h * net[0].last * net[1].last


def optimizer(x, s):
    step, params = Momentum(s), x.copy()
    for _ in range(3):
        params = step.update(params, 2.0 * params)
    return params


def grid_with_items(x, s):
    g = Grid(6)
    for k in range(1, 6):
        g[k] = g[k - 1] * s + x[k]
    return g.u


def slots_and_setter(x, s):
    a = Account(x[0])
    a.doubled = s * x[1]
    a.balance += a.doubled
    return a.balance * a.doubled


def inherited(x, s):
    d = Derived(x[0], s)
    d.grow()
    d.grow()
    return d.v


def inherited_in_a_loop(x, s):
    d = Derived(x.copy(), s)
    for _ in range(3):
        d.grow()
    return d.v * d.s


def two_objects(x, s):
    a, b = Particle(x[0], x[1]), Particle(x[2], x[3])
    for _ in range(3):
        a.kick(s * b.x)
        b.kick(s * a.x)
        a, b = b, a
    return a.energy() - b.energy()


def chosen_object(x, s):
    a, b = Particle(x[0], x[1]), Particle(x[2], x[3])
    p = a if s > 0.5 else b
    p.x *= s
    p.kick(x[4])
    return a.energy() * b.energy()


def nested_objects(x, s):
    o = Oscillator(x.copy(), s)
    o.inner = Particle(x[0], s)
    o.inner.x *= o.h
    o.inner.kick(o.q[1])
    return o.inner.energy()


def simple_namespace(x, s):
    state = SimpleNamespace(q=x * s, t=0.0)
    for _ in range(2):
        state.q = state.q * s
        state.t += s
    return state.q * state.t


def simple_namespace_in_place(x, s):
    state = SimpleNamespace(q=x * s)
    state.q += s
    state.q[0] = x[1]
    return state.q


def named_tuple_of_arrays(x, s):
    pair = Pair(x * s, x + s)
    pair.a[0] = s
    pair.b[:] += pair.a
    for _ in range(2):
        pair = pair._replace(a=pair.a * pair.b)
    return pair.a * pair.b


def named_tuple_in_a_loop(x, s):
    pair = Pair(x.copy(), np.zeros_like(x))
    for k in range(3):
        pair.b[k] += pair.a[k + 1] * s
        pair.a[...] = pair.a + pair.b
    return pair.a * pair.b


def closure_with_state(x, s):
    total = 0.0

    def add(v):
        nonlocal total
        total += v * s

    for v in x:
        add(v)
    return total * total


def closure_with_a_list(x, s):
    seen = []

    def f(v):
        seen.append(v * s)
        return v * len(seen)

    total = sum(f(v) for v in x)
    return total * seen[2]


def built_in_a_function(x, s):
    def make(k):
        p = Particle(x[k], s)
        p.x *= s
        return p

    return make(0).energy() * make(1).energy()


def changed_in_a_function(x, s):
    def advance(p, n):
        for _ in range(n):
            p.kick(s)
            p.drift(s)

    p = Particle(x[0], x[1])
    advance(p, 3)
    return p.energy()


PROGRAMS = [
    dataclass_attribute, dataclass_methods, dataclass_methods_in_a_loop, dataclass_in_a_branch,
    dataclass_aliased, dataclass_replaced, dataclass_rebuilt, list_of_dataclasses, state_of_arrays,
    state_of_arrays_in_place, array_of_an_object_changed, array_kept_outside, array_taken_out,
    trace_of_an_object, plain_class, plain_class_in_a_loop, plain_class_in_place, chained_methods,
    attribute_of_a_plain_class, attribute_deleted, attribute_by_name, running_mean, running_mean_of_some,
    stack_object, layers, optimizer, grid_with_items, slots_and_setter, inherited, inherited_in_a_loop,
    two_objects, chosen_object, nested_objects, simple_namespace, simple_namespace_in_place,
    named_tuple_of_arrays, named_tuple_in_a_loop, closure_with_state, closure_with_a_list,
    built_in_a_function, changed_in_a_function,
]  # fmt: skip


@pytest.mark.parametrize("fun", PROGRAMS)
def test_object(fun):
    agree(fun, X, S)


def parameter_advanced(state, s):
    for _ in range(2):
        state.step(s)
    return state.q * state.p


def parameter_advanced_in_place(state, s):
    for _ in range(2):
        state.step_in_place(s)
    return state.q * state.p


def parameter_attribute(state, s):
    state.t = s * state.q[0]
    return state.p * state.t


def parameter_array(state, s):
    state.q[0] = s
    state.q *= state.p
    return state.q


@pytest.mark.parametrize(
    "fun", [parameter_advanced, parameter_advanced_in_place, parameter_attribute, parameter_array]
)
def test_object_that_is_a_parameter(fun):
    agree(fun, State(X, X * X, 0.5), S)
