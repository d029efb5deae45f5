"""deque, defaultdict and Counter in programs, and variables that nested functions assign."""

from collections import Counter, defaultdict, deque

import numpy as np
import pytest
from agreement import agree

import adtrans

X = np.array([0.3, 1.1, 0.7, 0.55, 0.9, 0.4])
S = 0.8


# ----- deque -----


def queue(x, s):
    d = deque()
    for v in x:
        d.append(v * s)
        if len(d) > 3:
            d.popleft()
    return sum(d) * d[0] * d[-1]


def moving_average(x, s):
    d = deque(maxlen=3)
    out = []
    for v in x:
        d.append(v * s)
        out.append(sum(d) / len(d))
    return np.array(out)


def length_given(x, s, most):
    d = deque(x * s, most)
    d.appendleft(s)
    return sum(d) * d[0]


def both_ends(x, s):
    d = deque([x[0], x[1] * s, s])
    d.appendleft(x[2])
    d.rotate(2)
    d.extend(x[3:])
    d.rotate(-1)
    d.extendleft([s, x[5]])
    t = 1.0
    while d:
        t = t * d.popleft() + (d.pop() if d else 0.0)
    return t


def bounded_at_both_ends(x, s):
    d = deque(x * s, 3)
    d.appendleft(s)
    d.extendleft(x[:2])
    return d[0] * d[1] + d[2]


def arrays_in_a_queue(x, s):
    d = deque([x * s])
    for k in range(3):
        v = d.popleft()
        v *= x[k]
        d.append(v)
        d.append(v * s)
    return d[0] * d[1]


def breadth_first(x, s):
    d = deque([(0, x[0])])
    t = 0.0
    while d:
        k, v = d.popleft()
        t += v * s
        if k < 2:
            d.append((k + 1, v * x[k]))
            d.append((k + 2, v + s))
    return t


# ----- defaultdict, Counter -----


def sums_by_key(x, s):
    d = defaultdict(float)
    for k, v in enumerate(x):
        d[k % 3] += v * s
    return d[0] * d[1] + d[2] + d[7]


def lists_by_key(x, s):
    d = defaultdict(list)
    for k, v in enumerate(x):
        d[k % 2].append(v * s)
    return sum(d[0]) * sum(d[1])


def arrays_by_key(x, s):
    d = defaultdict(lambda: np.zeros(3))
    for k in range(4):
        d[k % 2] += x[:3] * s
        d[k % 2][0] *= s
    return d[0] * d[1]


def active_default(x, s):
    d = defaultdict(lambda: s)
    d["a"] *= x[0]
    t = d["b"] + d.get("c", x[1])
    return d["a"] * t * len(d) + sum(d.values())


def nested_defaults(x, s):
    d = defaultdict(lambda: defaultdict(float))
    for k in range(4):
        d[k % 2][k % 3] += x[k] * s
    return d[0][0] * d[1][1]


def filled_at_first(x, s):
    d = defaultdict(float, {"a": x[0]})
    d["a"] *= s
    d["b"] += s
    return sum(v * v for v in d.values())


def counter(x, s):
    c, seen = Counter(), Counter("hello")
    for k, v in enumerate(x):
        c["ab"[k % 2]] += v * s
    return c["a"] * c["b"] * seen["l"] + c["none"] * s


def buckets(x, s):
    d = {}
    for k, v in enumerate(x):
        d.setdefault(k % 2, []).append(v * s)
    return sum(d[0]) * sum(d[1])


# ----- nonlocal -----


def summed_by_a_closure(x, s):
    total = 0.0

    def add(v):
        nonlocal total
        total += v * s

    for v in x:
        add(v)
    return total * s


def best_and_count(x, s):
    """Two variables, one of them active."""
    count, best = 0, x[0]

    def see(v):
        nonlocal count, best
        count += 1
        if v > best:
            best = v
        return best * count

    return sum([see(v) for v in x]) + best * count * s


def array_assigned_two_levels_up(x, s):
    u = x * s

    def step():
        nonlocal u
        u = u * x

        def inner():
            nonlocal u
            u += s

        inner()

    step()
    step()
    return u


def parameter_assigned(x, s):
    def shrink():
        nonlocal x
        x = x * s

    while x[0] > 0.01:
        shrink()
    return x


def variables_of_two_functions(x, s):
    a = 1.0

    def outer():
        b = s

        def inner():
            nonlocal a, b
            a = a * x[0]
            b = b + a

        inner()
        inner()
        return b

    return outer() * a * outer()


class Powers:
    def __init__(self, base):
        self.base = base

    def of(self, n):
        return self.base if n == 0 else self.base * self.of(n - 1)


def recursive_method(x, s):
    p = Powers(s)
    p.base = p.base * x[0]
    return p.of(3) * x


PROGRAMS = [
    queue, moving_average, both_ends, bounded_at_both_ends, arrays_in_a_queue, breadth_first, sums_by_key,
    lists_by_key, arrays_by_key, active_default, nested_defaults, filled_at_first, counter, buckets,
    summed_by_a_closure, best_and_count, array_assigned_two_levels_up, parameter_assigned,
    variables_of_two_functions, recursive_method,
]  # fmt: skip


@pytest.mark.parametrize("fun", PROGRAMS)
def test_program(fun):
    agree(fun, X, S)


@pytest.mark.parametrize("most", [1, 3, 9])
def test_a_length_that_is_an_argument(most):
    agree(length_given, X, S, most)


def returned(x):
    return deque([x])


def changed_by_recursion(x):
    total = 0.0

    def visit(n):
        nonlocal total
        total += x
        if n > 0:
            visit(n - 1)

    visit(3)
    return total


def assigned_by_a_loop(x):
    def next_one():
        nonlocal k
        k += 1

    for k in range(2):
        next_one()
    return x * k


@pytest.mark.parametrize("fun", [returned, changed_by_recursion, assigned_by_a_loop])
def test_refused(fun):
    with pytest.raises(adtrans.AdtransError):
        adtrans.vjp(fun)(0.5, 1.0)
