"""Reverse sweeps whose text was once wrong around a reversed loop, or for items counted from the end."""

import numpy as np
import pytest
from agreement import problems

import adtrans


def test_initial_values_of_reversed_slots_are_one_assignment():
    def f(x, s, n):
        k = 0
        while True:
            k += 1
            if k > 3 or np.any(x > 3.0):
                break
            if n % 2 == 0:
                return np.sum(x) + s
        try:
            if x[-1] > 0.2:
                raise ValueError("no")
            s = s + x[0]
        except ValueError:
            s = s * s
        return np.sum(x) + s

    x = np.array([0.5, 1.2, 0.8, 1.9])
    for n in (1, 2):
        assert problems(f, (x, 0.7, n)) == []
        cotangents = adtrans.vjp(f, (0, 1))(x, 0.7, n, 1.0)[1]
        assert cotangents[1] == pytest.approx(1.4 if n == 1 else 1.0)


def test_a_mask_of_one_iteration_is_not_used_after_the_loop():
    def f(x, y, s):
        b = np.where(y > 0.1, y, x)
        for k in range(3):
            if k > s:
                break
            x[-3] = np.tanh(y[1])
            b[b > 1.5 - k] = s
        return np.sum(b) + s

    x, y = np.arange(4.0), np.arange(4.0) / 3
    for s in (-1.0, 0.3, 1.5):
        assert problems(f, (x, y, s)) == []


@pytest.mark.parametrize("k", [-4, -2, -1, 0, 3])
def test_an_item_of_a_tuple_counted_from_the_end(k):
    def f(y, k):
        items = tuple(y)
        return items[1] * items[k] + items[-1]

    y = np.array([2.0, 3.0, 5.0, 7.0])
    expected = np.zeros(4)
    expected[1] += y[k]
    expected[k] += y[1]
    expected[-1] += 1
    np.testing.assert_array_equal(adtrans.grad(f)(y, k), expected)
