"""Programs that were once differentiated wrongly: one short function each, named after what must hold."""

from typing import NamedTuple

import numpy as np
import pytest
from agreement import problems

import adtrans

X = np.array([1.0, 2.0, 3.0, 4.0, 5.0])
M = np.arange(1.0, 13.0).reshape(4, 3) / 7.0


def agree(fun, *args, **options):
    assert problems(fun, args, **options) == []


def refused(fun, *args):
    with pytest.raises(adtrans.AdtransError):
        adtrans.vjp(fun)(*args, 1.0)


# ----- storage -----


def test_cotangent_of_swapped_buffers_is_copied_before_it_is_cleared():
    def f(x, n):
        a = np.zeros(5)
        b = x.copy()
        for i in range(n):
            a[:] = b * 2.0
            a, b = b, a
        return a, b

    for n in range(4):
        agree(f, X, n)


def test_cotangent_of_a_raveled_store_is_copied_before_it_is_cleared():
    def f(x):
        y = x.T.copy()
        v = y.ravel()
        v *= 2.0
        v[2:5] = v[3:6] * v[0]
        return y

    agree(f, M)


def test_cotangent_of_an_overlapping_store_with_steps():
    def f(x):
        y = x * 1
        y[1:] = y[:-1]
        y[:-1] = y[1:]
        y[::2] = y[::-2]
        return y * x

    agree(f, X)


def test_tangent_of_a_sum_with_a_constant_does_not_share_a_shadow():
    def f(x):
        a = x * 2
        c = a + 1
        a[0] = c[1]
        return c * a

    agree(f, X)


def test_second_order_of_overlapping_stores():
    def f(x):
        y = np.zeros(5)
        y[1:-1] = x[2:] * x[:-2]
        y[2] = y[1] * y[3]
        y[::2] *= x[::2]
        return y * x

    agree(f, X, second=True)


BUFFER = np.zeros(5)


def test_stores_into_globals_and_captured_arrays_are_refused():
    def f(x):
        BUFFER[:] = x * 2
        return np.sum(BUFFER * x)

    captured = np.zeros(5)

    def g(x):
        captured[:] = x * 2
        return np.sum(captured * x)

    refused(f, X)
    refused(g, X)


# ----- control flow -----


def test_variable_first_assigned_in_a_loop_and_read_after_it():
    def f(x):
        for i in range(3):
            last = x[i] * i
        return last * i

    agree(f, X)


def test_second_order_of_loops_and_branches():
    def f(x, n):
        h = x
        for i in range(n):
            h = np.tanh(h) * x
        return h

    def g(x):
        s = 0.0
        for i in range(5):
            if x[i] > 2.5:
                s = s + x[i] ** 3
            else:
                s = s * x[i]
        return s

    agree(f, X, 3, second=True)
    agree(g, X, second=True)


# ----- structures -----


def test_concatenated_tuples():
    def f(x):
        q = (x * 2.0,)
        a, b = q + (x,)
        return a - b * a

    agree(f, X)


class Pair(NamedTuple):
    a: float
    b: np.ndarray


def test_returned_named_tuples_keep_their_type():
    def f(p):
        return Pair(p.a * 2, p.b * p.a)

    agree(f, Pair(1.5, X))


# ----- calls -----


def test_lambdas_have_derivatives():
    agree(lambda y: y * y, 2.0)
    agree(lambda y, *, k=2.0: np.sum(y * k), X)
    assert adtrans.grad(adtrans.grad(lambda x: x**5))(2.0) == 160.0


def test_inner_derivative_of_a_nested_function():
    def f(x):
        def inner(y):
            return x * y * y

        return adtrans.grad(inner)(x)

    agree(f, 1.3)


def loss(w, x):
    return np.sum((w * x - 1) ** 2)


def test_descent_by_an_inner_gradient():
    def f(w, x):
        w = w.copy()
        for i in range(3):
            w -= 0.01 * adtrans.grad(loss)(w, x)
        return loss(w, x)

    agree(f, X / 5, X)
