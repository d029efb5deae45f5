"""Derivatives of derivatives are the same two transforms again."""

import numpy as np
import pytest
from stages import source

import adtrans
from adtrans import grad, hvp, jvp, value_and_grad, vjp

X = np.linspace(0.5, 1.5, 4)
V = np.cos(np.arange(4.0))


def smooth(x):
    return np.sum(np.sin(x) * x)


def looped(x):
    for _ in range(3):
        x = np.sin(x) * x
    return np.sum(x)


def stored(x):
    y = x.copy()
    y[1:] *= y[:-1]
    return np.sum(y * y)


def chosen(x):
    if x[0] > 0:
        y = x * x * x
    else:
        y = np.sin(x)
    return np.sum(y)


def called(x):
    def inner(u):
        return np.tanh(u) * x

    return np.sum(inner(x) * inner(2.0 * x))


def repeated(x):
    y = x
    while np.sum(y) < 40.0:
        y = y * 1.5 + y * y
    return np.sum(y)


FUNCTIONS = [smooth, looped, stored, chosen, called, repeated]


def along(gradient, x, v, step=1e-5):
    """The derivative of a gradient along v, by differences."""
    return (gradient(x + step * v) - gradient(x - step * v)) / (2.0 * step)


# ----- two transforms -----


@pytest.mark.parametrize("fun", FUNCTIONS)
def test_hvp(fun):
    np.testing.assert_allclose(hvp(fun)(X, V), along(grad(fun), X, V), rtol=1e-6)


@pytest.mark.parametrize("fun", FUNCTIONS)
def test_gradient_of_a_gradient(fun):
    def slope(x):
        return np.sum(grad(fun)(x) * V)

    np.testing.assert_allclose(grad(slope)(X), along(grad(fun), X, V), rtol=1e-6)


@pytest.mark.parametrize("fun", FUNCTIONS)
def test_gradient_of_a_tangent(fun):
    def slope(x):
        return jvp(fun)(x, V)[1]

    np.testing.assert_allclose(grad(slope)(X), along(grad(fun), X, V), rtol=1e-6)


@pytest.mark.parametrize("fun", FUNCTIONS)
def test_tangent_of_a_pullback(fun):
    (value, _), (slope, (bent,)) = jvp(vjp(fun))(X, 1.0, V)
    assert value == pytest.approx(fun(X))
    assert slope == pytest.approx(grad(fun)(X) @ V)
    np.testing.assert_allclose(bent, along(grad(fun), X, V), rtol=1e-6)


@pytest.mark.parametrize("fun", FUNCTIONS)
def test_tangent_of_a_tangent(fun):
    _, ((_, slope), (_, bend)) = None, jvp(jvp(fun))(X, V, V)
    assert slope == pytest.approx(grad(fun)(X) @ V)
    assert bend == pytest.approx(V @ along(grad(fun), X, V), rel=1e-6)


# ----- scalars, to any order -----


@pytest.mark.parametrize(
    "order, expected", [(1, 5.0 * 2.0**4), (2, 20.0 * 2.0**3), (3, 60.0 * 4.0), (4, 240.0)]
)
def test_orders(order, expected):
    derivative = lambda x: x**5.0
    for _ in range(order):
        derivative = grad(derivative)
    assert derivative(2.0) == pytest.approx(expected)


def test_the_text_of_a_second_derivative_stands_alone():
    def cube(x):
        return x * x * x

    text = grad(grad(cube)).specialize(2.0).source
    assert "grad(" not in text
    assert "import" not in text


# ----- a derivative inside -----


def test_a_gradient_step_inside():
    def loss(w, x):
        return np.sum((w * x - 1.0) ** 2)

    def trained(w, x, rate):
        for _ in range(3):
            w = w - rate * grad(loss)(w, x)
        return loss(w, x)

    assert adtrans.check(trained, X, V, 0.01)


def test_a_captured_variable_is_active_inside():
    def outer(x):
        def inner(y):
            return x * y * y

        return grad(inner)(x)

    assert grad(outer)(3.0) == pytest.approx(4.0 * 3.0)


def test_perturbations_are_not_confused():
    def outer(x):
        return x * grad(lambda y: x + y)(1.0)

    assert grad(outer)(2.0) == pytest.approx(1.0)


def test_value_and_gradient_inside():
    def f(x):
        value, slope = value_and_grad(smooth)(x)
        return value * np.sum(slope)

    assert adtrans.check(f, X)


def test_the_text_of_an_inner_gradient_is_written_in_place():
    def outer(x):
        def inner(y):
            return x * y * y

        return grad(inner)(x)

    assert "adtrans" not in source(outer, 2.0)
