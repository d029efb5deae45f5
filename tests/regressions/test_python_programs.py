"""Programs in Python's own style: enumerations, itertools, ordering by key, functions in tuples."""

import functools
import itertools
import math
from dataclasses import dataclass
from enum import Enum, IntEnum

import numpy as np
import pytest
from agreement import agree

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


# ----- numbers of NumPy -----


def numpy_numbers(x, y):
    return np.float64(x[0]) * y[1] + x.sum().item() + y[:1].item() ** 2 + np.array(x[2]).item() * x[1].item()


_OF_NUMBERS = [members_compared, numbered_members, a_default_list, a_text_beside_a_number, a_dict_in_order,
               functions_composed_twice, ranked_objects]  # fmt: skip
_OF_ARRAYS = [arrays_of_other_lengths_in_tuples, rows_of_three, tuples_in_order, keys_that_are_tuples,
              chosen_tuples, filtered, iterated_by_hand, numpy_numbers]  # fmt: skip


@pytest.mark.parametrize("fun", _OF_NUMBERS, ids=lambda f: f.__name__)
def test_a_program_of_numbers(fun):
    agree(fun, S, T)


@pytest.mark.parametrize("fun", _OF_ARRAYS, ids=lambda f: f.__name__)
def test_a_program_of_arrays(fun):
    agree(fun, X, Y)
