"""Iterators that are used up, arrays that are or are not copies, shadows that must hold complex numbers."""

import numpy as np
import pytest
from agreement import problems

import adtrans

X = np.array([0.3, 2.0, 0.7, 1.0])


def products_then_sum(x):
    pairs = zip(x, x[1:])
    return sum(a * b for a, b in pairs) + sum(a for a, b in pairs)


def mapped_twice(x):
    squares = map(lambda v: v * v, x)
    return sum(squares) + sum(squares)


def reversed_twice(x):
    backwards, total = reversed(x), 0.0
    for v in backwards:
        total += v
    for v in backwards:
        total += v
    return total


def zipped_outside(x):
    pairs, total = zip(x, x), 0.0
    for _ in range(3):
        for a, b in pairs:
            total += a * b
    return total


@pytest.mark.parametrize("fun", [products_then_sum, mapped_twice, reversed_twice, zipped_outside])
def test_an_iterator_is_used_once(fun):
    with pytest.raises(adtrans.UnsupportedError, match="iterated over a second time"):
        adtrans.grad(fun)(X)


def test_an_iterator_made_in_a_loop_is_new_every_time():
    def f(x):
        total = 0.0
        for _ in range(3):
            pairs = zip(x, x)
            for a, b in pairs:
                for k, c in enumerate(reversed(x)):
                    if k > b:
                        break
                    total += a * b + c * k
        return total

    assert problems(f, (X,)) == []


def written_through_nditer(x):
    for item in np.nditer(x, op_flags=["readwrite"]):
        item[...] = 2 * item
    return np.sum(x)


def perhaps_a_copy(x):
    y = np.array(x, copy=None)
    y[0] = 1.0
    return np.sum(x * y)


@pytest.mark.parametrize("fun", [written_through_nditer, perhaps_a_copy])
def test_what_may_write_through_is_refused(fun):
    with pytest.raises(adtrans.UnsupportedError):
        adtrans.grad(fun)(X)


def grown(x, s):
    z = x + 1j * np.ones(4)
    z *= x
    return z


def filled(x, s):
    z = np.full(3, s, complex)
    z[0] = 1j * s
    return z


def listed(x, s):
    z = np.array([s, x[0], 1j])
    z[1] = 1j * s
    return z


def chosen(x, s):
    z = np.where(x > 0.5, x, 1j)
    z[1] = 1j * s
    return z


def joined(x, s):
    z = np.concatenate([x, [1j]])
    z[1] = 1j * s
    return z


def shifted(x, s):
    z = x + 0j
    z += 1j * x
    return z


@pytest.mark.parametrize("fun", [grown, filled, listed, chosen, joined, shifted])
def test_the_shadow_of_a_complex_array_is_complex(fun):
    assert problems(fun, (X, 0.5)) == []
    dx, ds = np.array([1.0, -1.0, 0.5, 2.0]), 3.0
    step = 1e-6
    expected = (fun(X + step * dx, 0.5 + step * ds) - fun(X - step * dx, 0.5 - step * ds)) / (2 * step)
    np.testing.assert_allclose(adtrans.jvp(fun, (0, 1))(X, 0.5, dx, ds)[1], expected, rtol=1e-8)


def test_a_store_in_a_body_with_finally():
    def f(m):
        try:
            m[0] = m[1] * 2
            return m
        finally:
            np.sum(m)

    assert problems(f, (X,)) == []


def test_a_variable_of_a_branch_not_taken_before_finally():
    def f(x, s):
        try:
            small = s < 0.5
            if small:
                b = x
            if small:
                c = b * 0.8
            else:
                c = x
            return c
        finally:
            np.sum(x)

    for s in (0.3, 0.7):
        assert problems(f, (X, s)) == []


PLACES = np.array([0, 1, 0, 3])


def test_subtracting_at_places():
    def f(x):
        z = x * 1.0
        np.subtract.at(z, PLACES, x * x)
        return z

    assert problems(f, (X,), second=True) == []


def test_scattering_into_what_nobody_reads():
    def f(x):
        unread = np.zeros(4)
        np.add.at(unread, PLACES, x)
        return x * x

    assert problems(f, (X,)) == []


@pytest.mark.parametrize("index", [slice(2), PLACES, X > 0.5, (PLACES, None)], ids=str)
def test_one_adjoint_for_many_places(index):
    def f(x):
        return np.sum(x[index]) ** 2 * x[0]

    assert problems(f, (X,), second=True) == []
