"""Programs in Python's own style: enumerations, itertools, ordering by key, functions in tuples."""

import bisect
import functools
import itertools
import math
from dataclasses import InitVar, dataclass, field
from enum import Enum, IntEnum
from typing import NamedTuple

import numpy as np
import pytest
from agreement import agree

import adtrans

X = np.array([0.9, 0.3, 0.7, 0.5])
Y = np.array([0.4, 0.8, 0.6, 0.2])
S, T = 0.7, 1.2


class Kind(Enum):
    SINE = "sine"
    SHIFT = 0.5


class Code(IntEnum):
    ADD = 0
    SIN = 2


# ----- enumerations -----


def members_compared(s, t):
    for kind in [Kind.SINE, Kind.SHIFT]:
        s = math.sin(s * t) if kind is Kind.SINE else s + kind.value
    return s


def numbered_members(s, t):
    for code, by in [(Code.ADD, t), (Code.SIN, 2.0)]:
        if code == Code.ADD:
            s = s + by
        elif code is Code.SIN:
            s = math.sin(by * s)
    return s


# ----- defaults, and functions in tuples -----


def _pushed(v, stack=[]):
    stack = stack + [v]
    return stack


def a_default_list(s, t):
    more = _pushed(t, _pushed(s))
    return more[0] ** 2 * more[1] + _pushed(s)[0]


def _composed(*functions):
    return functools.reduce(lambda f, g: lambda x: g(f(x)), functions)


def functions_composed_twice(s, t):
    f = _composed(lambda v: v * t, np.sin, lambda v: v**2 + t)
    return f(s) + _composed(f, f)(t)


# ----- tuples in lists -----


def a_text_beside_a_number(s, t):
    items = [("a", s), ("b", t)]
    k = 1 if s > t else 0
    return items[k][1] * 3.0


def arrays_of_other_lengths_in_tuples(x, y):
    items = [(x, y), (x[:2] * 2.0, y)]
    k = 1 if x[0] > y[0] else 0
    return items[k][0].sum() * 3.0


def rows_of_three(x, y):
    rows = []
    for k in range(3):
        rows.append((f"row{k}", x * k, y[:k]))
    total = 0.0
    for name, a, _ in rows:
        total += a.sum() * len(name)
    return total + rows[1][2].sum()


# ----- order -----


def tuples_in_order(x, y):
    points = sorted(zip(x, y))
    places = [(a, i) for i, a in enumerate(x)]
    places.sort(reverse=True)
    return sum(k * a + a * b for k, (a, b) in enumerate(points)) + places[0][0] * places[0][1]


def keys_that_are_tuples(x, y):
    points = list(zip(x, y))
    far = max(points, key=lambda p: (round(p[0]), p[1]))
    near = min(points, key=lambda p: (round(p[0]), -p[1]))
    return far[0] * far[1] + near[0] * 2.0


def a_dict_in_order(s, t):
    words = {"b": s, "a": t, "c": s * t}
    total = 0.0
    for i, (_, v) in enumerate(sorted(words.items())):
        total += (i + 1) * v
    for i, word in enumerate(sorted(words, reverse=True)):
        total += i * words[word] ** 2
    by_value = sorted(words.items(), key=lambda item: -item[1])
    return total + by_value[0][1] * 3.0 + words[max(words, key=words.get)]


@dataclass(order=True)
class Ranked:
    key: float
    value: float


def ranked_objects(s, t):
    items = [Ranked(v, v * s) for v in (t, s, s * t)]
    items.sort()
    return items[0].value * 3.0 + max(items).value + sorted(items, key=lambda i: -i.value)[0].key


# ----- iterators -----


def chosen_tuples(x, y):
    total = sum((a - b) ** 2 for a, b in itertools.combinations(x, 2))
    total += sum(a * b * c for a, b, c in itertools.combinations(list(x), 3))
    total += sum(a * b for a, b in itertools.product(x, y))
    total += sum(a * b * c for a, b, c in itertools.product(y, repeat=3))
    total += sum(a * b**2 for a, b in itertools.permutations(x, 2))
    for p in itertools.permutations([0, 1, 2]):
        total += x[p[0]] * y[p[1]] ** 2
    for i, j in itertools.product(range(2), range(3)):
        total += x[i] * y[j]
    return total + sum(a * b for a, b in itertools.combinations_with_replacement(y, 2))


def filtered(x, y):
    total = sum(filter(lambda v: v > 0.4, x))
    for v in filter(None, [1.0, 0.0, y[0]]):
        total += v * x[1]
    total += sum(itertools.takewhile(lambda v: v > 0.6, x)) ** 2
    total += sum(itertools.dropwhile(lambda v: v > 0.6, x)) * 3.0
    total += sum(itertools.filterfalse(lambda v: v > 0.4, x)) ** 2
    first, second = itertools.compress(y, [1, 0, 0, 1])
    return total + first * second


def iterated_by_hand(x, y):
    total = 0.0
    rows = iter(x)
    for v in rows:
        total += v * total + v
    return total * y[0]


def generator_expressions(x, y):
    first, second = (v * 2.0 for v in x[:2])
    largest = max(*(v**2 for v in [y[0], y[2]]))
    total = 0.0
    for v in (u**2 for u in x if u > 0.4):
        total += v * total + v
    for i, v in enumerate(u * first for u in x):
        total += i * v
    third = next(v for v in x if v < 0.6)
    return first * second + largest + total + third**2 + next((v for v in x if v > 100.0), 0.5)


# ----- objects that are iterated over, or managers of a context -----


class Path:
    def __init__(self, points):
        self.points = points
        self.walks = 0

    def __iter__(self):
        self.walks += 1
        return iter(self.points)


@dataclass(frozen=True)
class Pair:
    a: float
    b: float

    def __iter__(self):
        return iter((self.a, self.b))


def iterated_objects(x, y):
    path = Path([v * 2.0 for v in x])
    total = sum(path) + sum(v**2 for v in path)
    for i, v in enumerate(path):
        total += i * v
    a, b = Pair(x[0], total)
    total += sum(c * d for c, d in zip(Pair(a, b), path)) + max(*Pair(x[1], y[2]))
    return total * path.walks + list(Pair(y[1], x[2]))[1]


class Box:
    def __init__(self, value):
        self.value = value


class Scaled:
    def __init__(self, box, factor):
        self.box, self.factor = box, factor

    def __enter__(self):
        self.box.value = self.box.value * self.factor
        return self

    def __exit__(self, *error):
        self.box.value = self.box.value + 1.0
        return False


def managers_of_a_context(s, t):
    box = Box(s)
    with Scaled(box, t) as outer, Scaled(box, outer.factor):
        y = box.value**2
        if y > 100.0:
            return y
    for _ in range(2):
        with Scaled(box, t):
            y = y + box.value
    return y * box.value


class Zeroed:
    def __init__(self, a):
        self.a = a

    def __enter__(self):
        self.a[0] = 0.0
        return self.a

    def __exit__(self, kind, error, trace):
        self.a *= 2.0


def an_array_in_a_context(x, y):
    buffer = x.copy()
    with Zeroed(buffer) as inside:
        inside += y
    return (buffer * x).sum()


def members_in_a_loop(s, t):
    for kind in Kind:
        s = math.sin(s) if kind is Kind.SINE else s * t
    return s * len(Kind) + (Kind("sine") is Kind["SINE"]) * t


# ----- objects in lists, and chains of them -----


class Body:
    def __init__(self, x, v):
        self.x, self.v = x, v

    def drift(self, s):
        self.x += s * self.v


def bodies_in_a_list(x, y):
    bodies = [Body(x[k], y[k]) for k in range(3)]
    for _ in range(2):
        for i, a in enumerate(bodies):
            force = 0.0
            for j, b in enumerate(bodies):
                if i != j:
                    force += (b.x - a.x) / (1.0 + (b.x - a.x) ** 2)
            a.v += 0.1 * force
        for b in bodies:
            b.drift(0.2)
    return sum(b.v**2 for b in bodies)


def objects_in_a_dict(x, y):
    bodies = {name: Body(x[i], y[i]) for i, name in enumerate(["a", "b", "c"])}
    for body in bodies.values():
        body.v += x[3] * body.x
    bodies["a"].x += bodies["b"].v
    return sum(b.x * b.v for b in bodies.values())


class Link:
    def __init__(self, value, next=None):
        self.value, self.next = value, next


def a_chain(s, t):
    node = head = Link(s, Link(s * t, Link(t)))
    while node:
        node.value *= 2.0
        if node.next is None:
            break
        node = node.next
    return head.value * node.value


# ----- what may be None -----


class Hit(NamedTuple):
    value: float
    rest: np.ndarray


def _found(x, limit):
    for i, v in enumerate(x):
        if v > limit:
            return i, v
    return None


def _hit(x, limit):
    for i, v in enumerate(x):
        if v > limit:
            return Hit(v, x * i)


def a_tuple_or_none(x, y):
    total = y[0]
    for limit in (0.8, 5.0):
        found = _found(x, limit)
        if found is not None:
            i, v = found
            total += v**2 * (i + 1)
        hit = _hit(x, limit)
        if hit:
            total += hit.value * hit.rest.sum()
    return total


def never_found(x, y):
    hit = _hit(x, 5.0)
    return x[0] * y[0] if hit is None else hit.value * hit.rest.sum()


def the_best_so_far(x, y):
    best = rows = None
    for k, v in enumerate(x * y):
        candidate = {"value": v * v, "rest": (k, [v, v + 1.0])}
        if best is None or candidate["value"] > best["value"]:
            best = candidate
        rows = [v] if rows is None else rows + [v * k]
    k, pair = best["rest"]
    return best["value"] * k + sum(pair) + sum(r**2 for r in rows)


# ----- decorators, cached properties, fields for the initialiser only -----


def _doubled(f):
    @functools.wraps(f)
    def doubled(*args, **keywords):
        return 2.0 * f(*args, **keywords)

    return doubled


def decorated_inside(s, t):
    @_doubled
    def power(v, p=2):
        return v**p

    return power(s) + power(t, p=3)


class Cached:
    def __init__(self, u):
        self.u = u

    @functools.cached_property
    def norm(self):
        return (self.u**2).sum()


def a_cached_property(x, y):
    a = Cached(x.copy())
    before = a.norm
    a.u[0] = y[0]
    a.u = a.u * 2.0
    return before * a.norm + Cached(y).norm + a.u.sum()


@dataclass
class Rescaled:
    raw: InitVar[float]
    factor: float = 2.0
    value: float = field(init=False)

    def __post_init__(self, raw):
        self.value = raw * self.factor


def a_field_for_the_initialiser(s, t):
    return Rescaled(s, t).value ** 2 + Rescaled(raw=t).value


# ----- arguments and entries of unknown number -----


class Polynomial:
    def __init__(self, *coefficients):
        self.coefficients = list(coefficients)

    def __call__(self, t):
        value = 0.0
        for c in reversed(self.coefficients):
            value = value * t + c
        return value

    def __mul__(self, other):
        made = [0.0] * (len(self.coefficients) + len(other.coefficients) - 1)
        for i, a in enumerate(self.coefficients):
            for j, b in enumerate(other.coefficients):
                made[i + j] += a * b
        return Polynomial(*made)

    def slope(self):
        return Polynomial(*[i * c for i, c in enumerate(self.coefficients)][1:])


def polynomials(s, t):
    p = Polynomial(s, t, 1.0) * Polynomial(t, s * t)
    return p(0.7) + p.slope()(s)


def _total(first, *rest, scale=1.0):
    return first + scale * sum(rest) * len(rest)


def arguments_of_unknown_number(x, y):
    items = [v**2 for v in x if v > 0.4]
    return _total(y[0], *items) + _total(items[0], *items, scale=2.0) + (lambda *a: sum(a))(*items)


def dicts_of_pairs(x, y):
    named = dict(zip(("a", "b", "c"), x))
    other = dict(zip("ab", y))
    other.update(zip("bz", x))
    other.update([("q", y[2])])
    numbered = dict(enumerate(y))
    copied = {}
    copied.update(named.items())
    copied.update(w=x[3])
    total = sum(k * v**2 for k, v in numbered.items())
    return named["a"] * copied["w"] + sum(other.values()) * total + copied["b"]


# ----- divide and conquer -----


def _transformed(x):
    n = x.shape[0]
    if n == 1:
        return x.astype(complex)
    even, odd = _transformed(x[::2]), _transformed(x[1::2])
    turn = np.exp(-2j * np.pi * np.arange(n // 2) / n)
    return np.concatenate([even + turn * odd, even - turn * odd])


def _compared(v):
    if len(v) <= 1:
        return v
    half = len(v) // 2
    a, b = _compared(v[:half]), _compared(v[half:])
    return np.concatenate([np.minimum(a, b), np.maximum(a, b)])


def divided_and_joined(x, y):
    return np.sum(np.abs(_transformed(x)[1:]) ** 3) + (_compared(y) * np.arange(4)).sum()


# ----- places found by comparing, and second derivatives through slices of lists -----


def interpolated(x, y):
    places = [0.0, 0.35, 0.75, 1.2]
    total = 0.0
    for v in y:
        k = bisect.bisect_right(places, v) - 1
        w = (v - places[k]) / (places[k + 1] - places[k])
        total += (1.0 - w) * x[k] ** 2 + w * x[k + 1] ** 2
    return total


def _chained(items):
    total = items[0]
    for item in items[1:]:
        total = total * item + sum(v**2 for v in items[:2])
    return total


def test_a_second_derivative_through_slices_of_a_list():
    agree(_chained, [0.3, 0.4, 0.5], second=True)


# ----- what is refused -----


def _extended_by_something(x):
    items = [("leaf", x[0]), ("pair", ("leaf", x[1]), ("leaf", x[2]))]
    total = 0.0
    while items:
        kind, *rest = items.pop()
        if kind == "leaf":
            total += rest[0] ** 2
        else:
            items.extend(rest)
    return total


def _changed_while_read(x):
    total = 0.0
    for v in (total + u for u in x):
        total += v
    return total


def _written_while_read(x):
    y = x.copy()
    for i, v in enumerate(y[k] * 2.0 for k in range(2)):
        y[i + 1] = v
    return y.sum()


def _endless(x):
    return next(x[0] * k for k in itertools.count() if k * x[0] > 3.0)


class Swallowing:
    def __enter__(self):
        return 1.0

    def __exit__(self, kind, error, trace):
        return True


def _keeps_back_errors(x):
    with Swallowing() as factor:
        y = x * factor
    return y.sum()


def _logged(v, log=[]):
    log.append(v)
    return v


def _writes_a_default(x):
    return _logged(x[0]) * x[1]


@pytest.mark.parametrize("fun, said", [
    (_changed_while_read, "loop changes 'total'"), (_written_while_read, "loop changes 'y'"),
    (_endless, "never ends"), (_extended_by_something, "not known what is put into this list"), (_keeps_back_errors, "keep back an exception"),
    (_writes_a_default, "an object that lives outside of this function is changed"),
])  # fmt: skip
def test_refused(fun, said):
    with pytest.raises(adtrans.UnsupportedError, match=said) as error:
        adtrans.grad(fun)(X)
    assert error.value.span is not None


# ----- numbers of NumPy -----


def numpy_numbers(x, y):
    return np.float64(x[0]) * y[1] + x.sum().item() + y[:1].item() ** 2 + np.array(x[2]).item() * x[1].item()


_OF_NUMBERS = [members_compared, numbered_members, a_default_list, a_text_beside_a_number, a_dict_in_order,
               functions_composed_twice, ranked_objects, managers_of_a_context, members_in_a_loop,
               a_chain, decorated_inside, polynomials, a_field_for_the_initialiser]  # fmt: skip
_OF_ARRAYS = [arrays_of_other_lengths_in_tuples, rows_of_three, tuples_in_order, keys_that_are_tuples,
              chosen_tuples, filtered, iterated_by_hand, numpy_numbers, generator_expressions, iterated_objects,
              an_array_in_a_context, bodies_in_a_list, objects_in_a_dict, a_tuple_or_none,
              never_found, the_best_so_far, a_cached_property, arguments_of_unknown_number, dicts_of_pairs,
              divided_and_joined, interpolated]  # fmt: skip


@pytest.mark.parametrize("fun", _OF_NUMBERS, ids=lambda f: f.__name__)
def test_a_program_of_numbers(fun):
    agree(fun, S, T)


@pytest.mark.parametrize("fun", _OF_ARRAYS, ids=lambda f: f.__name__)
def test_a_program_of_arrays(fun):
    agree(fun, X, Y)
