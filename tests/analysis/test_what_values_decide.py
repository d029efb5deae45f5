"""Lengths and dtypes that follow from values are never taken from an example."""

import numpy as np
import pytest

import adtrans


def through_flatnonzero(x, y):
    return np.sum(x[np.flatnonzero(x > 0.0)] * y)


def through_where(x, y):
    return np.sum(x[np.where(x > 0.0)] * y)


def through_extract(x, y):
    return np.sum(np.extract(x > 0.0, x) * y)


def through_compress(x, y):
    return np.sum(np.compress(x > 0.0, x) * y)


def through_delete(x, y):
    return np.sum(np.delete(x, x < 0.0) * y)


@pytest.mark.parametrize(
    "fun", [through_flatnonzero, through_where, through_extract, through_compress, through_delete]
)
def test_one_element_is_left_and_broadcasts(fun):
    x, y = np.array([-1.0, 2.0, -3.0]), np.array([0.3, 0.7, 1.9])
    bx, by = adtrans.grad(fun, argnums=(0, 1))(x, y)
    np.testing.assert_allclose(bx, [0.0, np.sum(y), 0.0])
    np.testing.assert_allclose(by, [2.0, 2.0, 2.0])


def spectral_size(a):
    return np.sum(np.abs(np.linalg.eigvals(a)) ** 2)


@pytest.mark.parametrize("turn", [0.0, 2.0])
def test_eigenvalues_of_a_real_matrix_may_be_complex(turn):
    a = np.array([[1.0, turn], [-turn - 0.5, 2.0]])
    expected = np.zeros((2, 2))
    for i, j in np.ndindex(2, 2):
        step = np.zeros((2, 2))
        step[i, j] = 1e-6
        expected[i, j] = (spectral_size(a + step) - spectral_size(a - step)) / 2e-6
    np.testing.assert_allclose(adtrans.grad(spectral_size)(a), expected, rtol=1e-5, atol=1e-6)


def masked_mean(x, mask):
    return np.mean(np.exp(x), where=mask)


def test_what_is_masked_has_no_part_in_the_gradient():
    x = np.array([1.0, np.inf, 2.0])
    with np.errstate(all="ignore"):
        bx = adtrans.grad(masked_mean)(x, np.array([True, False, True]))
    np.testing.assert_allclose(bx, [np.exp(1.0) / 2, 0.0, np.exp(2.0) / 2])


def in_order(x):
    return sorted([x[0], x[1], x[2]])[1] + max([x[0], x[1]], key=lambda v: -v) * x[2]


def test_sorted_and_keys():
    bx = adtrans.grad(in_order)(np.array([3.0, 1.0, 2.0]))
    np.testing.assert_allclose(bx, [0.0, 2.0, 2.0])
