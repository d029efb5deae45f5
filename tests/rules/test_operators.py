import builtins
import operator

import numpy as np
import pytest
from harness import array, check_rule, positive, run_adjoint, run_tangent

import adtrans.rules.operators  # noqa: F401
from adtrans.rules.registry import lookup


@pytest.mark.parametrize("name", "add sub mul truediv pow mod iadd isub imul itruediv ipow imod".split())
def test_binary_operators(name):
    fn = getattr(operator, name)
    if not name.startswith("i"):
        check_rule(fn, positive(5), positive(5, seed=1))
    check_rule(fn, 0.7, 0.3)


@pytest.mark.parametrize("name", ["neg", "pos", "abs"])
def test_unary_operators(name):
    check_rule(getattr(operator, name), array(5))
    check_rule(getattr(operator, name), -0.7)


def test_an_operator_is_a_spelling_of_a_ufunc():
    assert lookup(operator.mul) is lookup(np.multiply)
    assert lookup(builtins.abs) is lookup(np.abs)
    assert lookup(builtins.pow) is lookup(np.power)


def test_in_place_operators_are_the_same_primitives():
    assert lookup(operator.iadd) is lookup(operator.add)


@pytest.mark.parametrize(
    "fn", [operator.lt, operator.eq, operator.not_, operator.and_, operator.floordiv, int, bool, round]
)
def test_what_has_no_derivative(fn):
    assert lookup(fn).nondifferentiable


def test_conversions():
    check_rule(float, 0.7)
    check_rule(complex, 0.7, 0.2)
    assert run_tangent(complex, (0.7, None), 0.7 + 0j, {0: 2.0}, {}) == 2.0


@pytest.mark.parametrize("fn", [max, min])
def test_extrema_of_two_numbers(fn):
    check_rule(fn, 0.7, 0.2)
    check_rule(fn, -0.7, 0.2)
    assert run_adjoint(fn, (1.0, 1.0), 1.0, 1.0, {}) == [0.5, 0.5]


def test_sum():
    check_rule(sum, array(3, 2), None)
    check_rule(sum, array(3, 2), array(2))
    check_rule(sum, [array(2), array(2, seed=1)], None)
    check_rule(sum, [0.3, 0.4, 0.5], 0.2)


def test_divmod():
    check_rule(divmod, 5.3, 2.2)
