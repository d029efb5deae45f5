"""The transforms: Jacobians, Hessians, elementwise derivatives, checks, and rules that users register."""

import numpy as np
import pytest

import adtrans
from adtrans import elementwise_grad, grad, hessian, hvp, jacfwd, jacobian, jacrev, value_and_grad

pytestmark = pytest.mark.fast

A = np.array([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]])


def linear(x):
    return A @ x


def mixed(x, s):
    return s * x * x


@pytest.mark.parametrize("transform", [jacfwd, jacrev, jacobian])
def test_jacobian(transform):
    x = np.arange(3.0)
    assert np.allclose(transform(linear)(x), A)
    by_x, by_s = transform(mixed, (0, 1))(x, 2.0)
    assert np.allclose(by_x, np.diag(4.0 * x)) and np.allclose(by_s, x * x)
    assert transform(mixed)(3.0, 2.0) == 12.0 and type(transform(mixed)(3.0, 2.0)) is float


@pytest.mark.parametrize("transform", [jacfwd, jacrev])
def test_jacobian_of_structures(transform):
    found = transform(lambda p: (p["a"] * p["b"], p["a"]))({"a": np.array([1.0, 2.0]), "b": 3.0})
    assert np.allclose(found[0]["a"], 3.0 * np.eye(2)) and np.allclose(found[0]["b"], [1.0, 2.0])
    assert np.allclose(found[1]["a"], np.eye(2)) and np.allclose(found[1]["b"], 0.0)


@pytest.mark.parametrize("transform", [jacfwd, jacrev])
def test_jacobian_of_holomorphic_functions(transform):
    z = np.array([1.0 + 2.0j, -0.5j])
    assert np.allclose(transform(lambda z: z * z)(z), np.diag(2.0 * z))
    assert np.allclose(transform(lambda x: x * (1.0 + 2.0j))(np.ones(2)), (1.0 + 2.0j) * np.eye(2))


@pytest.mark.parametrize("transform", [jacfwd, jacrev])
def test_jacobian_of_nothing(transform):
    assert transform(lambda x: x * x)(np.zeros(0)).shape == (0, 0)


def test_hessian():
    f = lambda x, s: s * np.sum(x * x * x)
    x = np.array([1.0, 2.0])
    assert np.allclose(hessian(f)(x, 2.0), np.diag(12.0 * x))
    (xx, xs), (sx, ss) = hessian(f, (0, 1))(x, 2.0)
    assert (
        np.allclose(xs, 3.0 * x * x)
        and np.allclose(sx, xs)
        and ss == 0.0
        and np.allclose(xx, np.diag(12.0 * x))
    )
    assert hessian(lambda x: x**3)(2.0) == 12.0


def test_loops_nest():
    f = lambda x: np.sin(x) * x[::-1]
    x = np.array([0.3, 1.0, -2.0])
    expected = jacfwd(jacrev(f))(x)
    assert expected.shape == (3, 3, 3) and np.allclose(expected, np.swapaxes(expected, 1, 2))
    assert np.allclose(jacrev(jacfwd(f))(x), expected)
    assert np.allclose(jacfwd(grad(lambda x: np.sum(x**3)))(x), np.diag(6.0 * x))
    assert np.allclose(jacfwd(hessian(lambda x: np.sum(x**4)))(x)[1, 1, 1], 24.0 * x[1])
    sine = elementwise_grad(elementwise_grad(elementwise_grad(np.sin)))
    assert np.allclose(sine(x), -np.cos(x)) and np.allclose(sine(0.5), -np.cos(0.5))


def test_hvp_is_the_product_with_the_hessian():
    f = lambda x: np.sum(np.sin(x) * x[::-1])
    x, v = np.array([0.3, 1.0, -2.0]), np.array([1.0, -1.0, 0.5])
    assert np.allclose(hvp(f)(x, v), hessian(f)(x) @ v)


def test_elementwise_grad():
    x = np.array([0.5, -1.0])
    assert np.allclose(elementwise_grad(np.tanh)(x), 1.0 - np.tanh(x) ** 2)
    assert elementwise_grad(lambda x, y: x * y, 1)(2.0, 3.0) == 2.0
    assert np.allclose(elementwise_grad(lambda x, y: x * y, 1)(x, 3.0), np.sum(x))


def test_loops_are_differentiated_by_loops_only():
    with pytest.raises(adtrans.ArgumentError):
        grad(jacobian(linear))


def test_loops_have_source_and_stand_for_their_function():
    j = jacobian(linear)
    x = np.arange(3.0)
    assert np.allclose(j.specialize(x)(x), A) and "def" in j.source
    assert j.__wrapped__ is linear and j.__name__ == "linear"


def test_has_aux():
    f = lambda x: (x * x, {"seen": x})
    assert grad(f, has_aux=True)(3.0) == (6.0, {"seen": 3.0})
    assert value_and_grad(f, has_aux=True)(3.0) == ((9.0, {"seen": 3.0}), 6.0)
    assert grad(lambda x, y: (x * y, None), (0, 1), has_aux=True)(2.0, 3.0) == ((3.0, 2.0), None)


def test_all_are_decorators():
    for transform in (
        grad,
        value_and_grad,
        adtrans.vjp,
        adtrans.jvp,
        hvp,
        jacfwd,
        jacrev,
        hessian,
        elementwise_grad,
    ):
        assert transform(argnums=0)(np.sin).__wrapped__ is np.sin


def test_check():
    report = adtrans.check(lambda x, y: np.sum(np.sin(x) * y), np.array([0.3, 0.7]), 2.0)
    assert report and report.ok and "ok" in str(report)


def test_check_finds_wrong_rules():
    def cube(x):
        return np.power(x, 3)

    def wrong(x):
        return cube(x)

    adtrans.partials(cube, lambda x, y: x)
    report = adtrans.check(wrong, 2.0)
    assert not report.ok and "WRONG" in str(report)


def test_registered_rules_are_used():
    def opaque(x, k=1.0):
        return float(str(x)) * k

    with pytest.raises(adtrans.UnsupportedError):
        grad(lambda x: opaque(x))(2.0)

    @adtrans.adjoint(opaque)
    def _(x, y, by, k=1.0):
        return by * k

    assert grad(lambda x: opaque(x) * x)(2.0) == 4.0


def test_nondifferentiable():
    def steps(x):
        return float(str(x))

    adtrans.nondifferentiable(steps)
    assert grad(lambda x: steps(x) * x)(2.0) == 2.0


def test_stop_gradient():
    assert grad(lambda x: x * adtrans.stop_gradient(x))(3.0) == 3.0


def test_checkpoint():
    @adtrans.checkpoint
    def f(x):
        return x * x

    assert f(3.0) == 9.0 and f.__name__ == "f"
    assert grad(f)(3.0) == 6.0
    assert grad(lambda x: f(x) * x)(2.0) == 12.0
