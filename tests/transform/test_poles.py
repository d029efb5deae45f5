"""Derivatives that are infinite somewhere: a cotangent of 0 stays 0 there, any other gives inf."""

import math

import numpy as np
import pytest
from agreement import agree
from stages import source

import adtrans
from adtrans.runtime import quotient

X = np.array([0.0, 1.0, 4.0])
ROOTS = [np.sqrt, np.cbrt, lambda x: x**0.3, lambda x: np.power(x, 0.25), lambda x: np.arccosh(x + 1.0),
         lambda x: np.arcsin(1.0 - x / 8.0), lambda x: np.arccos(1.0 - x / 8.0)]  # fmt: skip


@pytest.mark.parametrize("root", ROOTS)
def test_elements_that_are_not_used(root):
    def used(x):
        return np.sum(root(x)[1:])

    def all_of(x):
        return np.sum(root(x))

    found = adtrans.grad(used)(X)
    assert found[0] == 0.0
    assert np.allclose(found[1:], adtrans.grad(all_of)(X[1:]))
    with np.errstate(all="ignore"):
        assert np.isinf(adtrans.grad(all_of)(X)[0])


def test_pairs_of_bodies():
    def energy(x):
        r = np.sqrt((x.T - x) ** 2)
        r[r > 0] = 1.0 / r[r > 0]
        return np.sum(np.triu(r, 1))

    agree(energy, np.arange(1.0, 4.0)[:, None])


@pytest.mark.parametrize("root", [math.sqrt, np.sqrt, lambda x: x**0.5, lambda x: math.acosh(1.0 + x)])
def test_a_branch_that_leaves_the_root_out(root):
    def f(x):
        r = root(x * x)
        if r > 0:
            return 1.0 / r
        return 2.0 * x

    assert adtrans.grad(f)(0.0) == 2.0
    agree(f, 0.7, second=True)


def test_a_loop_that_leaves_a_pair_out():
    def energy(x):
        total = 0.0
        for i in range(3):
            for j in range(3):
                r = np.sqrt((x[i] - x[j]) ** 2)
                if r > 1e-9:
                    total += 1.0 / r
        return total

    agree(energy, np.array([0.1, 0.5, 0.9]))


def test_a_dead_branch_below_the_pole():
    def f(x):
        return np.sum(np.where(x > 0.0, np.sqrt(x) * x**0.3, 0.0))

    with np.errstate(invalid="ignore"):
        assert np.array_equal(adtrans.grad(f)(np.array([-1.0, 0.0]))[:2], [0.0, 0.0])


def test_a_cotangent_that_happens_to_be_zero():
    """The second derivative at 1 needs the slope of the root although the cotangent is 0 there."""

    def f(x):
        return np.sum((x - 1.0) * np.sqrt(x))

    agree(f, np.array([1.0, 2.0, 3.0]), second=True)
    assert adtrans.hessian(f)(np.array([1.0, 4.0]))[0, 0] == pytest.approx(1.0)


def test_any_other_cotangent():
    with np.errstate(all="ignore"):
        assert adtrans.grad(math.sqrt)(0.0) == math.inf
        assert np.array_equal(
            adtrans.vjp(np.sqrt)(X, np.array([-1.0, 1.0, 1.0]))[1][0], [-math.inf, 0.5, 0.25]
        )


def test_roots_of_positive_numbers_are_plain():
    def softened(x):
        d = x[:, None] - x
        return np.sum(d / np.sqrt(d * d + 1e-6) + np.sqrt(np.exp(d)) * d)

    assert "quotient" not in source(softened, X)
    assert "quotient" not in source(lambda x, y: math.sqrt(x * x + y * y), 1.0, 2.0)


@pytest.mark.parametrize(
    "b, x", [(X, X), (0.0, X), (X[:, None], X), (X.astype(np.float32), X.astype(np.float32))]
)
def test_quotient(b, x):
    found = quotient(b, x)
    with np.errstate(all="ignore"):
        plain = b / x
    assert found.dtype == plain.dtype
    assert np.array_equal(found, np.where(b == 0, 0.0, plain))


def test_quotient_of_numbers():
    assert [quotient(b, 0.0) for b in (0.0, 2.0, -2.0)] == [0.0, math.inf, -math.inf]
    assert quotient(1.0, 4.0) == 0.25


# ----- what is not chosen stays out, however large its derivative -----

NOT_CHOSEN = {
    "maximum": lambda x: np.sqrt(np.maximum(x, 0.0)),
    "minimum": lambda x: np.sqrt(-np.minimum(-x, 0.0)),
    "clip": lambda x: np.sqrt(np.clip(x, 0.0, 3.0)),
    "fmax": lambda x: np.fmax(x, 0.0) ** 0.5,
    "max": lambda x: np.array([np.sqrt(max(v, 0.0)) for v in x]),
    "where": lambda x: np.sqrt(np.where(x > 0.0, x, 0.0)),
    "the other one": lambda x: np.maximum(np.sqrt(x + 1.0), 0.5),
}


@pytest.mark.parametrize("name", NOT_CHOSEN)
def test_infinite_derivatives_of_what_is_not_chosen(name):
    def total(x):
        return np.sum(NOT_CHOSEN[name](x))

    agree(total, np.array([-1.0, 0.5, 2.0]))


def test_a_tangent_of_zero_stays_zero():
    np.testing.assert_array_equal(adtrans.jacfwd(np.sqrt)(X)[1], [0.0, 0.5, 0.0])
    np.testing.assert_array_equal(adtrans.jvp(np.sqrt)(X, np.array([0.0, 1.0, 1.0]))[1], [0.0, 0.5, 0.25])
    assert adtrans.jvp(np.sqrt)(X, np.ones(3))[1][0] == np.inf


def test_shares_are_products_where_nothing_is_infinite():
    assert "np.where" not in source(lambda w, x: np.sum(np.maximum(w @ x, 0.0) ** 2), np.ones((3, 3)), X)
