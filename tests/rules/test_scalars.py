import math
import sys
from pathlib import Path

import numpy as np
import pytest

sys.path.append(str(Path(__file__).parent.parent / "property"))
from agreement import agree
from harness import check_rule, run_adjoint, run_tangent

import adtrans.rules.scalars  # noqa: F401

ANYWHERE = "sin cos tan asin acos atan sinh cosh tanh asinh atanh exp expm1 erf erfc fabs degrees radians"
POSITIVE = "sqrt log2 log10 log1p modf frexp"
NEWER = "exp2 cbrt" if sys.version_info >= (3, 11) else ""


@pytest.mark.parametrize("name", f"{ANYWHERE} {POSITIVE} {NEWER}".split())
def test_functions_of_one_number(name):
    check_rule(getattr(math, name), 0.37)
    if name in ANYWHERE:
        check_rule(getattr(math, name), -0.81)


@pytest.mark.parametrize("name", "fmod remainder copysign pow atan2".split())
def test_functions_of_two_numbers(name):
    check_rule(getattr(math, name), 1.7, 0.6)


def test_logarithm_has_an_optional_base():
    check_rule(math.log, 1.7, 0.6)
    assert run_adjoint(math.log, (1.7, None), math.log(1.7), 1.0, {}) == [1.0 / 1.7, None]


def test_hypot_takes_two_or_three_numbers():
    check_rule(math.hypot, 1.7, -0.6, 0.3)
    assert run_adjoint(math.hypot, (3.0, 4.0, None), 5.0, 1.0, {}) == [0.6, 0.8, None]


def test_acosh():
    check_rule(math.acosh, 1.7)


def test_ldexp_is_linear():
    check_rule(math.ldexp, 0.7, 3)


def test_sum_of_a_list():
    assert run_adjoint(math.fsum, ([0.1, 0.2, 0.3],), 0.6, 2.0, {}) == [[2.0, 2.0, 2.0]]
    assert run_tangent(math.fsum, ([0.1, 0.2],), 0.3, {0: [1.0, 2.0]}, {}) == 3.0


@pytest.mark.parametrize(
    "fn, x, expected",
    [
        (math.sqrt, 0.0, math.inf),
        (math.asin, 1.0, math.inf),
        (math.acos, 1.0, -math.inf),
        (math.acosh, 1.0, math.inf),
        (math.fabs, 0.0, 0.0),
        (math.fabs, -0.0, 0.0),
        (math.tanh, 400.0, 0.0),
    ],
)
def test_a_pole_is_inf_and_never_an_error(fn, x, expected):
    assert run_adjoint(fn, (x,), fn(x), 1.0, {}) == [expected]


@pytest.mark.parametrize("p, expected", [(0.0, 0.0), (0.5, math.inf), (1.0, 1.0), (2.0, 0.0)])
def test_powers_of_zero(p, expected):
    assert run_adjoint(math.pow, (0.0, p), math.pow(0.0, p), 1.0, {}) == [expected, 0.0]


def test_power_of_a_negative_number():
    base, exponent = run_adjoint(math.pow, (-2.0, 3.0), -8.0, 1.0, {})
    assert base == 12.0 and math.isnan(exponent)


def test_the_origin_has_slope_zero():
    assert run_adjoint(math.hypot, (0.0, 0.0, None), 0.0, 1.0, {}) == [0.0, 0.0, None]
    assert run_adjoint(math.atan2, (0.0, 0.0), 0.0, 1.0, {}) == [0.0, 0.0]


def test_angles_of_tiny_numbers():
    assert run_adjoint(math.atan2, (1e-200, 1e-200), math.pi / 4, 1.0, {}) == pytest.approx([5e199, -5e199])


@pytest.mark.skipif(sys.version_info < (3, 13), reason="new in Python 3.13")
def test_fma():
    check_rule(math.fma, 0.7, -1.2, 0.4)


def test_complex_numbers_of_numpy():
    agree(lambda x: np.complex128(x) * (1.0 + 2.0j), 0.4)
    agree(lambda z: np.complex128(z) ** 2, 0.4 - 0.3j)
