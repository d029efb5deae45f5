"""Recursive functions: a forward and a reverse function, handing over a record."""

import numpy as np
import pytest
from stages import source

import adtrans
from adtrans.errors import UnsupportedError

X = np.arange(1.0, 4.0)


def power(x, n):
    if n == 0:
        return 1.0
    return x * power(np.sin(x), n - 1)


def total(tree):
    if len(tree) == 1:
        return tree[0] * tree[0]
    half = len(tree) // 2
    return total(tree[:half]) * np.sin(total(tree[half:]))


def even(x, n):
    return x if n == 0 else odd(x * x, n - 1)


def odd(x, n):
    return -x if n == 0 else even(np.sin(x), n - 1)


def scaled(x, k, n):
    if n == 0:
        return x * k
    return scaled(x * k, k, n - 1) + x


def nested(x, n):
    def go(y, k):
        if k == 0:
            return y
        return go(y * x, k - 1)

    return go(x, n)


def whole(x, n):
    return np.sum(arrays(x, n))


def arrays(x, n):
    if n == 0:
        return x
    return arrays(np.tanh(x) * x, n - 1) + x


def definitions(text):
    return [row.partition("(")[0][4:] for row in text.splitlines() if row.startswith("def ")]


def test_a_pair_of_functions():
    assert definitions(source(power, 2.0, 3))[1:] == ["power_forward", "power_reverse"]


def test_a_tangent_is_one_function():
    assert definitions(source(power, 2.0, 3, 1.0, transform="jvp")) == ["jvp_power", "power_tangent"]


def test_of_functions_that_call_each_other_one_is_written_into_the_other():
    assert definitions(source(even, 0.5, 3))[1:] == ["even_forward", "even_reverse"]


def test_only_active_arguments_have_an_adjoint():
    text = source(scaled, 2.0, 0.5, 3)
    assert "bk" not in text
    assert "bk" in source(scaled, 2.0, 0.5, 3, argnums=(0, 1))


@pytest.mark.parametrize("n", [0, 1, 2, 5])
@pytest.mark.parametrize("fun, x", [(power, 1.3), (even, 0.7), (nested, 1.1), (whole, X)])
def test_right(fun, x, n):
    assert adtrans.check(fun, x, n)


@pytest.mark.parametrize("size", [1, 2, 5])
def test_a_divided_array_is_right(size):
    assert adtrans.check(total, np.linspace(0.5, 1.5, size))


def test_all_arguments_active():
    g = adtrans.grad(scaled, argnums=(0, 1))(1.5, 0.5, 3)
    eps = 1e-6
    for k in range(2):
        step = [eps if i == k else 0.0 for i in range(2)]
        up = scaled(1.5 + step[0], 0.5 + step[1], 3)
        down = scaled(1.5 - step[0], 0.5 - step[1], 3)
        assert g[k] == pytest.approx((up - down) / (2 * eps), rel=1e-6)


def test_forward_over_forward():
    def second(x):
        return adtrans.jvp(power)(x, 3, 1.0)[1]

    eps = 1e-6
    _, curvature = adtrans.jvp(second)(1.3, 1.0)
    assert curvature == pytest.approx((second(1.3 + eps) - second(1.3 - eps)) / (2 * eps), rel=1e-6)


def test_reverse_over_reverse_is_refused_with_a_way_out():
    with pytest.raises(UnsupportedError, match="forward mode for one of the two"):
        adtrans.grad(adtrans.grad(power))(1.3, 3)
