import functools
import math

import numpy as np
import pytest
from harness import array, positive

from adtrans.rules.stand_ins import STAND_INS, largest_by, ordered, smallest_by


def test_piecewise():
    x = array(9)
    for conditions, functions in (
        ([x > 0.0, x <= 0.0], [lambda z: z**2, lambda z: -z]),
        ([x > 0.0, x > 0.5], [np.sin, 2.0, np.cos]),
        (x > 0.3, [np.sin, np.cos]),
        ([x > 0.3], [np.sin]),
    ):
        np.testing.assert_array_equal(
            STAND_INS[np.piecewise](x, conditions, functions), np.piecewise(x, conditions, functions)
        )


def test_product():
    assert STAND_INS[math.prod]([2.0, 0.3, 0.7], start=1.5) == math.prod([2.0, 0.3, 0.7], start=1.5)


def test_vectorize():
    x, y = array(3, 4), array(4)
    for f, args in (
        (lambda a: a * a if a > 0.0 else -a, (x,)),
        (lambda a, b: a * b, (x, y)),
        (np.sin, (0.3,)),
    ):
        np.testing.assert_array_equal(STAND_INS[np.vectorize](f)(*args), np.vectorize(f)(*args))


def test_apply_along_axis():
    for f in (np.sum, np.cumsum, np.sort):
        for axis in (0, 1, -1):
            for x in (array(3, 4), array(2, 3, 4)):
                np.testing.assert_array_equal(
                    STAND_INS[np.apply_along_axis](f, axis, x), np.apply_along_axis(f, axis, x)
                )


def test_fromfunction():
    def f(i, j):
        return 2.0 * i + j

    np.testing.assert_array_equal(STAND_INS[np.fromfunction](f, (2, 3)), np.fromfunction(f, (2, 3)))


def test_keys():
    items = [3, -1, 2, -3, 1]
    for reverse in (False, True):
        assert ordered(items, key=abs, reverse=reverse) == sorted(items, key=abs, reverse=reverse)
    assert largest_by(items, key=abs) == max(items, key=abs)
    assert smallest_by(items, key=abs) == min(items, key=abs)


@pytest.mark.parametrize("fn", [np.union1d, np.intersect1d, np.setdiff1d, np.setxor1d])
def test_sets(fn):
    x, y = np.array([3.0, 1.0, 3.0, 2.0]), np.array([2.0, 5.0, 1.0, 5.0])
    np.testing.assert_array_equal(STAND_INS[fn](x, y), fn(x, y))


def test_others():
    x, y, t = array(4), positive(3), array(2, 3, 4)
    for axes in (0, (0, 2), [1], np.array([0, 1])):
        np.testing.assert_array_equal(
            STAND_INS[np.apply_over_axes](np.sum, t, axes), np.apply_over_axes(np.sum, t, axes)
        )
    np.testing.assert_array_equal(STAND_INS[np.fromiter](iter([1.0, 2.0]), float), [1.0, 2.0])
    np.testing.assert_array_equal(STAND_INS[np.power.outer](y, x), np.power.outer(y, x))
    polyval = np.polynomial.polynomial.polyval
    np.testing.assert_array_equal(STAND_INS[polyval](x, y), polyval(x, y))
    np.testing.assert_allclose(
        STAND_INS[math.dist]([1.0, 2.0], [3.0, 5.0]), math.dist([1.0, 2.0], [3.0, 5.0])
    )


def test_wraps_gives_the_function_itself():
    def function(x):
        return x

    assert STAND_INS[functools.wraps](function)(abs) is abs
