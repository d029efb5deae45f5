"""Rules that users write, what they cut off, and that `check` finds what is wrong with them."""

import numpy as np
import pytest

import adtrans

X = np.array([-1.0, 0.5, 3.0])


def softclip(x, width=1.0):
    return width * np.tanh(x / width)


@adtrans.tangent(softclip)
def _(x, y, dx, width=1.0):
    return (1.0 - (y / width) ** 2) * dx


@adtrans.adjoint(softclip)
def _(x, y, by, width=1.0):
    return by * (1.0 - (y / width) ** 2)


def swish(x, k):
    return x / (1.0 + np.exp(-k * x))


adtrans.partials(swish, lambda x, k, y: (y / x + k * y * (1.0 - y / x), x * y * (1.0 - y / x)))


def scaled(a, b):
    return a * b * 1.0


@adtrans.tangent(scaled)
def _(a, b, y, da, db):
    return da * b + a * db


@adtrans.adjoint(scaled)
def _(a, b, y, by):
    return by * b, None  # the second one is forgotten


def halved(x):
    return 0.5 * x


@adtrans.tangent(halved)
def _(x, y, dx):
    return dx  # twice too much


@adtrans.adjoint(halved)
def _(x, y, by):
    return by


@adtrans.nondifferentiable
def bucket(x):
    return float(f"{x:.0f}")


# ----- rules -----


@pytest.mark.parametrize(
    "f, args",
    [
        (lambda x: np.sum(softclip(x)), (X,)),
        (lambda x: softclip(x, width=2.0), (X,)),
        (lambda x: softclip(x, 3.0) * x, (0.7,)),
        (lambda x, k: swish(x, k), (X, 2.0)),
        (lambda x, k: swish(softclip(x), k), (X, X[:, None] + 0.1)),
    ],
)
def test_right_rules_pass_the_check(f, args):
    report = adtrans.check(f, *args)
    assert report.ok, str(report)


def test_rules_are_used_and_inlined():
    made = adtrans.grad(lambda x: np.sum(softclip(x, width=2.0)))
    made(X)
    assert "(1.0 - (t / 2.0) ** 2)" in made.source


def test_rules_have_derivatives():
    second = adtrans.hvp(lambda x: np.sum(softclip(x)))(X, np.ones(3))
    t = np.tanh(X)
    np.testing.assert_allclose(second, -2.0 * t * (1.0 - t * t), rtol=1e-12)
    t = np.tanh(0.3)
    assert adtrans.grad(adtrans.grad(lambda x: softclip(x)))(0.3) == pytest.approx(-2.0 * t * (1.0 - t * t))


def test_a_forgotten_adjoint_fails_the_check():
    report = adtrans.check(lambda a, b: scaled(a, b), 2.0, 3.0)
    assert not report.ok
    assert report.dot > 1e-3 and report.adjoint > 1e-3
    assert report.tangent < 1e-6


def test_rules_that_agree_and_are_wrong_fail_the_check():
    report = adtrans.check(lambda x: halved(x), 2.0)
    assert not report.ok
    assert report.dot < 1e-12 and report.tangent > 1e-3 and report.adjoint > 1e-3


def test_options_that_a_rule_does_not_take_are_refused():
    def shifted(x, by_what=0.0):
        return x + by_what

    adtrans.partials(shifted, lambda x, y: 1.0)
    assert adtrans.grad(lambda x: shifted(x))(2.0) == 1.0
    with pytest.raises(adtrans.UnsupportedError, match="by_what="):
        adtrans.grad(lambda x: shifted(x, by_what=1.0))(2.0)


# ----- what is cut off -----


def test_nondifferentiable_in_both_modes():
    assert adtrans.grad(lambda x: x * bucket(x))(2.2) == 2.0
    assert adtrans.jvp(lambda x: x * bucket(x))(2.2, 1.0) == (2.2 * 2.0, 2.0)
    assert adtrans.grad(lambda x: bucket(x))(2.2) == 0.0


def test_nondifferentiable_is_a_decorator():
    assert bucket(2.2) == 2.0

    def one(x):
        return x

    def other(x):
        return x

    assert adtrans.nondifferentiable(one, other) is None
    assert adtrans.nondifferentiable(one) is one


def frozen_part(x):
    scale = adtrans.stop_gradient(np.max(np.abs(x)))
    return np.sum((x / scale) ** 2)


def test_stop_gradient_of_arrays():
    expected = 2.0 * X / 9.0
    np.testing.assert_allclose(adtrans.grad(frozen_part)(X), expected, rtol=1e-14)
    assert adtrans.jvp(frozen_part)(X, X)[1] == pytest.approx(np.sum(expected * X))


def held(x):
    total = 0.0
    for _ in range(3):
        x = x * adtrans.stop_gradient(x)
        total = total + x
    return total


def test_stop_gradient_in_a_loop():
    """Each product counts once: the slope of x_k is that of x_(k-1), times x_(k-1) held."""
    x, slope, expected = 1.5, 1.0, 0.0
    for _ in range(3):
        slope *= x
        x *= x
        expected += slope
    assert adtrans.grad(held)(1.5) == pytest.approx(expected)
    assert adtrans.jvp(held)(1.5, 1.0)[1] == pytest.approx(expected)


def test_stop_gradient_of_a_container():
    def loss(params):
        fixed = adtrans.stop_gradient(params)
        return params["w"] * fixed["w"] + fixed["b"]

    assert adtrans.grad(loss)({"w": 2.0, "b": 1.0}) == {"w": 2.0, "b": 0.0}


def test_stop_gradient_stays_in_second_derivatives():
    assert adtrans.grad(adtrans.grad(lambda x: adtrans.stop_gradient(x) * x * x))(3.0) == 6.0


def test_stop_gradient_hides_what_has_no_rule():
    assert adtrans.grad(lambda x: x * float(str(adtrans.stop_gradient(x))))(2.0) == 2.0
