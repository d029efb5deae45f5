"""Lengths that follow a loop: equal within an iteration, and never taken for those of another one."""

import numpy as np
import pytest
from agreement import problems

import adtrans

X = np.array([0.3, 2.0, 0.7, 1.0])


def after_an_inner_loop(x, n):
    total = 0.0
    for i in range(1, n):
        for k in range(1, 3):
            part = x[:k] * i
            if k == 1:
                first = part
        total = total + np.sum(first * part * first)
    return total


def of_the_iteration_before(x, n):
    total = 0.0
    before = x[:1]
    for i in range(1, n):
        part = x[:i] * 3.0
        total = total + np.sum(np.sin(before) * part)
        before = part * 2.0
    return total


def in_a_list(x, n):
    parts = []
    for i in range(1, n):
        parts.append(x[:i] * 2.0)
    return np.sum(parts[0] * parts[1] * parts[0])


def in_a_comprehension(x, n):
    parts = [x[:i] * 2.0 for i in range(1, n)]
    return np.sum(parts[0] * parts[1])


@pytest.mark.parametrize("fun", [after_an_inner_loop, of_the_iteration_before, in_a_list, in_a_comprehension])
def test_lengths_of_other_iterations(fun):
    assert not problems(fun, (X, 3), argnums=(0,))


def unpacked(x, n, m):
    a, b = [x[:k] for k in (n, m)]
    return a * b


def grown(x, n, m):
    parts = []
    for k in [n, m]:
        parts.append(x[:k] ** 2)
    return parts[0] * parts[1]


def mapped(x, n, m):
    a, b = map(lambda k: x[:k] * 1.0, (n, m))
    return a * b


def turned(x, n, m):
    a = b = None
    for k in (n, m):
        a, b = b, x[:k]
    return a * b


def kept(x, n, m):
    parts = {k: x[:v] for k, v in zip("ab", (n, m))}
    return parts["a"] * parts["b"]


def head(x, k):
    return x[:k] * 2.0


def called(x, n, m):
    return head(x, n) * head(x, m) * np.prod([head(x, k)[0] for k in (n, m)])


@pytest.mark.parametrize("lengths", [(3, 3), (1, 3), (3, 1)], ids=str)
@pytest.mark.parametrize("fun", [unpacked, grown, mapped, turned, kept, called])
def test_lengths_that_one_place_makes(fun, lengths):
    assert not problems(fun, (X, *lengths), argnums=(0,))


def clipped(x, y, n):
    total = 0.0
    for i in range(n):
        total = total + np.sum(x[: i + 1] * y[: i + 1])
    return total


@pytest.mark.parametrize("y", [X * 2.0, X[:1], np.arange(1.0, 8.0)], ids=["equal", "one", "longer"])
def test_the_same_bounds_on_axes_of_other_lengths(y):
    n = 4 if len(y) < 5 else 3
    assert not problems(clipped, (X, y, n), argnums=(0, 1))


def test_slices_of_one_length_need_no_sum_back():
    def pairs(x, y):
        z = np.copy(x)
        for i in range(x.shape[0]):
            z[: i + 1] += x[: i + 1] * y[i]
        return np.sum(z)

    source = adtrans.grad(pairs, (0, 1)).specialize(X, X).source
    assert "unbroadcast" not in source
    assert "tape" not in source
