import math

import numpy as np
import pytest
from harness import array, check_rule, complex_array, positive, run_adjoint

import adtrans.rules.ufuncs  # noqa: F401
from adtrans.rules.registry import lookup

INF, NAN = np.inf, np.nan
POSITIVE = "log log2 log10 log1p sqrt cbrt modf frexp".split()
ANYWHERE = (
    "sin cos tan arcsin arccos arctan sinh cosh tanh arcsinh arctanh exp exp2 expm1 square reciprocal "
    "negative positive absolute fabs sinc deg2rad rad2deg degrees radians "
    "sign real imag conjugate angle real_if_close"
).split()
COMPLEX = (
    "sin cos tan sinh cosh tanh exp exp2 expm1 log log2 log10 log1p sqrt square reciprocal negative positive "
    "absolute sign real imag conjugate angle real_if_close arcsin arccos arctan arcsinh arctanh"
).split()
BINARY = (
    "add subtract multiply divide power float_power logaddexp logaddexp2 arctan2 hypot remainder fmod "
    "copysign heaviside nextafter divmod"
).split()


def adjoints(fn, *args, **options):
    with np.errstate(all="ignore"):
        y = fn(*args, **options)
        return run_adjoint(fn, args, y, np.ones_like(y) if isinstance(y, np.ndarray) else 1.0, options)


@pytest.mark.parametrize("name", POSITIVE + ANYWHERE)
def test_functions_of_one_array(name):
    fn = getattr(np, name)
    for x in (positive(5), positive(2, 3), positive(1), positive(0), np.float64(0.37), 0.37, np.array(0.37)):
        check_rule(fn, x)
    if name in ANYWHERE:
        check_rule(fn, array(5) + 0.01)


@pytest.mark.parametrize("name", COMPLEX)
def test_functions_of_one_complex_array(name):
    check_rule(getattr(np, name), complex_array(5))
    check_rule(getattr(np, name), 0.3 - 0.2j)


@pytest.mark.parametrize("name", BINARY)
def test_functions_of_two_arrays(name):
    fn = getattr(np, name)
    check_rule(fn, positive(5), positive(5, seed=1))
    check_rule(fn, positive(3, 4), positive(3, 1, seed=1))
    if name != "divmod":
        check_rule(fn, 0.7, 0.3, numeric=name != "heaviside")


@pytest.mark.parametrize("name", "add subtract multiply divide".split())
def test_complex_arithmetic(name):
    for pair in (
        (complex_array(4), complex_array(4, seed=3)),
        (complex_array(4), positive(4)),
        (positive(4), complex_array(4)),
    ):
        check_rule(getattr(np, name), *pair)


def test_other_signatures():
    check_rule(np.arccosh, positive(4) + 1.0)
    check_rule(np.ldexp, array(4), np.arange(4))
    check_rule(np.unwrap, array(6))
    check_rule(np.unwrap, 4.0 * array(3, 4), axis=0, period=2.0)
    check_rule(np.angle, complex_array(4), deg=True)


# ----- powers -----


@pytest.mark.parametrize("p", [0, 1, 2, 3, -1, -2, 0.5, 2.5, 2.0])
def test_constant_exponents(p):
    check_rule(np.power, positive(5), p, inputs=(0,))
    check_rule(np.power, 0.7, p, inputs=(0,))
    if p == int(p):
        check_rule(np.power, array(5), p, inputs=(0,))
        check_rule(np.power, complex_array(5), p, inputs=(0,))


@pytest.mark.parametrize("zero", [0.0, np.zeros(1)], ids=["number", "array"])
@pytest.mark.parametrize("p, expected", [(0.0, 0.0), (0.5, INF), (1.0, 1.0), (2.0, 0.0)])
def test_powers_of_zero(zero, p, expected):
    for exponent in (p, np.float64(p), np.full(1, p)):
        base, power = adjoints(np.power, zero, exponent)
        assert np.all(base == expected) and np.all(power == 0.0)


@pytest.mark.parametrize("base", [-2.0, np.full(1, -2.0)], ids=["number", "array"])
def test_power_of_a_negative_number(base):
    found, exponent = adjoints(np.power, base, 3.0)
    assert np.all(found == 12.0) and np.all(np.isnan(exponent))


# ----- edges -----


@pytest.mark.parametrize(
    "name, x, expected",
    [
        ("sqrt", 0.0, INF),
        ("log", 0.0, INF),
        ("log1p", -1.0, INF),
        ("cbrt", 0.0, INF),
        ("arcsin", 1.0, INF),
        ("arccos", 1.0, -INF),
        ("arccosh", 1.0, INF),
        ("arctanh", 1.0, INF),
        ("absolute", 0.0, 0.0),
        ("absolute", -0.0, 0.0),
        ("absolute", 0j, 0.0),
        ("fabs", 0.0, 0.0),
        ("fabs", -0.0, 0.0),
        ("tanh", 400.0, 0.0),
        ("sinc", 0.0, 0.0),
    ],
)
def test_edges(name, x, expected):
    for value in (x, np.array([x])):
        assert np.all(adjoints(getattr(np, name), value)[0] == expected)


@pytest.mark.parametrize("x", [1e-12, 1e-6, 1e-3, 0.05, 0.2999, 0.3001, 1.7])
def test_sinc_near_zero(x):
    u, terms = math.pi * x, range(1, 40)
    exact = math.pi * sum((-1) ** k * 2 * k * u ** (2 * k - 1) / math.factorial(2 * k + 1) for k in terms)
    np.testing.assert_allclose(adjoints(np.sinc, np.array([x]))[0], exact, rtol=1e-12)


def test_tie_of_tanh_never_overflows():
    with np.errstate(all="raise"):
        assert run_adjoint(np.tanh, (np.array([800.0]),), np.array([1.0]), np.ones(1), {})[0] == 0.0


@pytest.mark.parametrize(
    "a, b, expected",
    [
        (-INF, -INF, (0.0, 0.0)),
        (INF, INF, (0.5, 0.5)),
        (INF, 1.0, (1.0, 0.0)),
        (-INF, 1.0, (0.0, 1.0)),
        (0.0, 2000.0, (0.0, 1.0)),
    ],
)
@pytest.mark.parametrize("name", ["logaddexp", "logaddexp2"])
def test_logaddexp_at_infinity(name, a, b, expected):
    assert tuple(x[0] for x in adjoints(getattr(np, name), np.array([a]), np.array([b]))) == expected
    assert tuple(adjoints(getattr(np, name), a, b)) == expected


@pytest.mark.parametrize("zero", [0.0, np.zeros(1)], ids=["number", "array"])
def test_the_origin_has_slope_zero(zero):
    for name in ("hypot", "arctan2"):
        assert [float(np.squeeze(b)) for b in adjoints(getattr(np, name), zero, zero)] == [0.0, 0.0]


def test_extreme_magnitudes():
    tiny, huge = np.array([1e-200]), np.array([1e200])
    np.testing.assert_allclose(adjoints(np.arctan2, tiny, tiny), [[5e199], [-5e199]])
    np.testing.assert_allclose(adjoints(np.hypot, huge, huge), [[math.sqrt(0.5)], [math.sqrt(0.5)]])
    np.testing.assert_allclose(adjoints(np.divide, np.array([1e-300]), np.array([1e-200]))[1], [-1e100])


@pytest.mark.parametrize("a, b", [(5.5, 2.0), (-5.5, 2.0), (6.0, 2.0), (5.5, -2.0)])
def test_remainders(a, b):
    for x, m in ((a, b), (np.array([a]), np.array([b]))):
        assert float(np.squeeze(adjoints(np.remainder, x, m)[1])) == -math.floor(a / b)
        assert float(np.squeeze(adjoints(np.fmod, x, m)[1])) == -math.trunc(a / b)


@pytest.mark.parametrize(
    "name", "floor ceil rint trunc floor_divide signbit isnan greater logical_and round".split()
)
def test_what_has_no_derivative(name):
    assert lookup(getattr(np, name)).nondifferentiable
