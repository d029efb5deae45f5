"""Grids by index, single items, generator expressions that are consumed at once, lists that NumPy reduces."""

import functools

import numpy as np
import pytest
from agreement import agree

X = np.array([0.3, 1.1, -0.7])
Y = np.array([0.9, -0.4, 0.2])


def grids(x, a):
    rows, columns = np.mgrid[: len(x), 0 : len(x)] - a
    i, j = np.ogrid[: len(x), 0.0:a:0.5]
    line = np.mgrid[0:a:3j]
    fine = np.mgrid[-1 : 1 : len(x) * 1j, 0:1:0.25]
    return np.sum(rows * columns * x), np.sum(i * j * a), line**2, fine * a


def joined_ranges(x, a):
    return np.r_[0.0:a:4j, x, a] ** 2, np.c_[x, 0 : len(x)] * a, np.r_[: len(x)] * x


def single_items(x, a):
    w = np.clip(np.outer(x, x)[:1] @ x, -2.0, 2.0)
    return [w.item(), x.mean(keepdims=True).item(), np.sum(x).item() * a, (x[:1, None] * 1j).item()]


def consumed_at_once(x, a):
    def f(p, q, r, k=1.0):
        return p * q + k * r

    p, q = (v * 2.0 for v in (x, a))
    r, *rest = (np.sin(v) for v in (x, a, x * a))
    s = f(*(v + 1.0 for v in (p, q)), r, k=2.0)
    t = [*(v**2 for v in rest), s]
    total = functools.reduce(lambda u, v: 0.5 * u + v, (v for v in t), 1.0)
    return total, np.fromiter((np.sum(v) for v in t), dtype=float)


def reduced_lists(x, a):
    y = x * a
    largest = np.maximum.reduce([x, y, x * y]) + np.add.reduce((x, y)) + np.logaddexp.reduce([x, y])
    return largest, np.multiply.reduce([x[0], y[0], 2.0])


def unpacked_arrays(x, a):
    p, q, r = np.exp(a), *np.sin(x[1:])
    return p * q + r, np.array([*x, a, *np.sin(x)])


@pytest.mark.parametrize(
    "f", [grids, joined_ranges, single_items, consumed_at_once, reduced_lists, unpacked_arrays]
)
def test_agrees(f):
    agree(f, X, 1.3)
