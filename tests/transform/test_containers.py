"""Lists and dicts that change in place: each has a shadow that changes with it, or is refused."""

import numpy as np
import pytest
from stages import source

import adtrans
from adtrans.errors import AdtransError

X = np.arange(1.0, 5.0)


# ----- in place -----


def appended(x, n):
    items = []
    for i in range(n):
        items.append(x[i] * x[i])
    return sum(items) * items[0]


def assigned(x, n):
    items = [x[0], x[1], x[2]]
    items[1] = items[0] * items[2]
    items[0] = items[1] * x[3]
    return items[0] * items[1] * items[2]


def augmented(x, n):
    items = [x[0], x[1]]
    for i in range(n):
        items[0] += items[1] * x[i]
    return items[0] * items[1]


def popped(x, n):
    items = [x[0], x[1], x[2]]
    last = items.pop()
    return last * sum(items)


def stacked(x, n):
    stack = [x[0]]
    for i in range(n):
        top = stack.pop()
        stack.append(np.sin(top) * x[i])
    return stack[-1]


def extended(x, n):
    items = [x[0]]
    items.extend([x[1] * x[1], x[2]])
    return items[1] * items[2] * len(items)


def lengthened(x, n):
    items = [x[0]]
    items += [x[1] * x[1], x[2]]
    return items[1] * items[2] * len(items)


def remembered(x, n):
    memo = {0: x[0], 1: x[1]}
    for i in range(2, n + 1):
        memo[i] = memo[i - 1] * memo[i - 2]
    return memo[n]


def windowed(x, n):
    window = []
    for i in range(n):
        if len(window) >= 2:
            window.pop(0)
        window.append(x[i] * x[i])
    return window[0] * window[1]


def inserted(x, n):
    items = [x[0], x[1]]
    items.insert(0, x[2] * x[3])
    return items[0] * items[1]


def reversed_in_place(x, n):
    items = [x[0], x[1] * x[1], x[2]]
    items.reverse()
    return items[0] * items[0] * items[1]


def counted(x, n):
    table = {}
    for i in range(n):
        key = "even" if i % 2 == 0 else "odd"
        table[key] = table.get(key, 0.0) + x[i] * x[i]
    return table["even"] * x[0]


def updated(x, n):
    table = {"a": x[0], "b": x[1]}
    table["a"] = table["a"] * table["b"]
    table["c"] = x[2]
    return table["a"] * table["c"]


def of_arrays(x, n):
    rows = [x * 1.0, x * 2.0]
    rows[0] = rows[0] * rows[1]
    return np.sum(rows[0]) * rows[1][0]


def history(x, n):
    states = [x]
    for i in range(n):
        states.append(np.sin(states[-1]) * x)
    return np.sum(states[-1]) + np.sum(states[0] * states[1])


def joined(x, n):
    parts = []
    for i in range(n):
        parts.append(x[i:] * x[i])
    return np.sum(np.concatenate(parts) ** 2)


def grown_inside_another(x, n):
    a = [x[0]]
    held = [a]
    for i in range(n):
        a.append(a[-1] * x[i])
    return held[0][-1]


def chosen(x, n):
    a, b = [x[0]], [x[1]]
    c = a if n > 2 else b
    c.append(x[2] * x[3])
    return sum(a) * sum(b)


def shared_name(x, n):
    a = [x[0]]
    b = a
    b.append(x[1] * x[2])
    return a[1] * a[0]


RIGHT = [
    appended,
    assigned,
    augmented,
    popped,
    lengthened,
    remembered,
    windowed,
    updated,
    of_arrays,
    history,
    joined,
    shared_name,
]
RIGHT_OR_REFUSED = [extended, stacked, inserted, reversed_in_place, counted, grown_inside_another, chosen]


@pytest.mark.parametrize("n", [2, 3, 4])
@pytest.mark.parametrize("fun", RIGHT, ids=lambda f: f.__name__)
def test_right(fun, n):
    assert adtrans.check(fun, X, n)


@pytest.mark.parametrize("fun", RIGHT_OR_REFUSED, ids=lambda f: f.__name__)
def test_never_wrong(fun):
    try:
        assert adtrans.check(fun, X, 3)
    except AdtransError as error:
        assert error.span is not None
        assert error.hint


def test_a_list_of_the_caller_is_not_changed():
    def f(items):
        items = list(items)
        items[0] = items[0] * items[1]
        return items[0] * items[1]

    given = [2.0, 3.0]
    assert adtrans.grad(f)(given) == [9.0, 12.0]
    assert given == [2.0, 3.0]


def test_an_argument_that_is_changed_in_place_is_copied():
    def f(items):
        items.append(items[1] * 2.0)
        return items[0] * items[-1]

    given = [2.0, 3.0]
    assert adtrans.grad(f)(given) == [6.0, 4.0]
    assert given == [2.0, 3.0]


def test_the_shadow_of_a_list_grows_and_shrinks_with_it():
    def f(x, n):
        items = []
        for i in range(n):
            items.append(x[i] * x[i])
        return items[0] * items[n - 1]

    _, reverse = source(f, X, 3).split("# reverse sweep")
    assert "bitems.pop()" in reverse
