import sys
from pathlib import Path

import numpy as np
import pytest

sys.path.append(str(Path(__file__).parent.parent / "property"))
from agreement import problems

import adtrans

si = pytest.importorskip("scipy.interpolate")

rng = np.random.default_rng(0)
x = np.arange(7.0) + 0.8 * np.sort(rng.random(7))
y, Y = rng.normal(size=7), rng.normal(size=(7, 2))
t, far = np.linspace(x[0] + 0.1, x[-1] - 0.13, 5), np.linspace(x[0] + 1.7, x[-1] + 2.0, 5)
T, a = x[0] + np.array([[1.3, 2.7], [3.1, 4.4]]), x[0] + 1.234
loop = np.append(y[:-1], y[0])

cubic, b_spline = si.CubicSpline(x, y), si.make_interp_spline(x, Y)
pchip, akima = si.PchipInterpolator(x, y), si.Akima1DInterpolator(x, y)
fitted, held = si.UnivariateSpline(x, y, s=0.5), si.UnivariateSpline(x, y, ext=3)
knots = si.splrep(x, y)
pieces, basis = si.PPoly.from_spline(knots), si.BSpline(*knots)
lines = si.interp1d(x, y)
on = si.interp1d(x, Y.T, fill_value="extrapolate")
filled = si.interp1d(x, y, bounds_error=False, fill_value=(1.0, 2.0))

rows, columns = np.array([0.0, 1.0, 2.5, 3.0]), np.array([0.0, 0.7, 1.9])
V, P = rng.normal(size=(4, 3)), rng.random((5, 2)) * 1.8 + 0.05
grid = si.RegularGridInterpolator((rows, columns), V)

OUTSIDE = {
    "CubicSpline": (lambda t: cubic(t) ** 2, t),
    "at a matrix": (lambda t: cubic(t) ** 2, T),
    "at a number": (lambda t: cubic(t) ** 2, a),
    "its derivative": (lambda t: cubic(t, 1) * t, t),
    "other splines of it": (lambda t: cubic.derivative()(t) * cubic.antiderivative()(t), t),
    "integrate": (lambda a, b: cubic.integrate(a, b) ** 2, a, a + 1.0),
    "make_interp_spline": (lambda t: b_spline(t) ** 2, t),
    "PPoly, BSpline": (lambda t: pieces(t) * basis(t), t),
    "integrate a BSpline": (lambda a, b: basis.integrate(a, b) ** 2, a, a + 1.0),
    "PchipInterpolator, Akima1DInterpolator": (lambda t: pchip(t) * akima(t), t),
    "UnivariateSpline": (lambda t: fitted(t) ** 2, t),
    "constant beyond": (lambda t: held(t) ** 2, far),
    "its integral": (lambda a, b: fitted.integral(a, b) ** 2, a, a + 1.0),
    "splev": (lambda t: si.splev(t, knots) ** 2, t),
    "derivative by splev": (lambda t: si.splev(t, knots, der=1) ** 2, t),
    "interp1d": (lambda t: lines(t) ** 2, t),
    "interp1d, going on": (lambda t: on(t) ** 2, far),
    "interp1d, filled": (lambda t: filled(t) ** 2, far),
    "RegularGridInterpolator": (lambda p: grid(p) ** 2, P),
}


@pytest.mark.parametrize("name", OUTSIDE)
def test_made_outside_of_the_program(name):
    fun, *args = OUTSIDE[name]
    assert problems(fun, tuple(args), second=True) == []


INSIDE = {
    "CubicSpline": (lambda y, t: si.CubicSpline(x, y)(t), y, t),
    "at a number": (lambda y, t: si.CubicSpline(x, y)(t) ** 2, y, a),
    "several, natural, its derivative": (lambda y, t: si.CubicSpline(x, y, bc_type="natural")(t, 1), Y, T),
    "along another axis": (lambda y, t: si.CubicSpline(x, y, axis=1)(t) ** 2, Y.T.copy(), t),
    "boundary values": (lambda y, t: si.CubicSpline(x, y, bc_type=((1, 0.3), (2, -0.4)))(t) ** 2, y, t),
    "clamped, going on": (lambda y, t: si.CubicSpline(x, y, bc_type="clamped", extrapolate=True)(t), y, far),
    "periodic, in its points": (lambda t: si.CubicSpline(x, loop, bc_type="periodic")(t) ** 2, t),
    "other splines of it": (
        lambda y, t: si.CubicSpline(x, y).derivative()(t) * si.CubicSpline(x, y).antiderivative()(t),
        y,
        t,
    ),
    "integrate": (lambda y, a, b: si.CubicSpline(x, y).integrate(a, b) ** 2, y, a, a + 1.0),
    "make_interp_spline": (lambda y, t: si.make_interp_spline(x, y, k=3)(t) ** 2, y, t),
    "make_interp_spline of order 1": (lambda y, t: si.make_interp_spline(x, y, k=1)(t) ** 2, Y, t),
    "make_interp_spline, second derivative": (lambda y, t: si.make_interp_spline(x, y, 5)(t, 2) ** 2, y, t),
    "make_interp_spline, boundary values": (
        lambda y, t: si.make_interp_spline(x, y, bc_type=([(1, 0.3)], [(2, 0.1)]))(t) ** 2,
        y,
        t,
    ),
    "BSpline": (lambda c, t: si.BSpline(knots[0], c, 3)(t) ** 2, knots[1][:7].copy(), t),
    "InterpolatedUnivariateSpline": (lambda y, t: si.InterpolatedUnivariateSpline(x, y)(t) ** 2, y, t),
    "constant beyond": (lambda y, t: si.InterpolatedUnivariateSpline(x, y, ext=3)(t) ** 2, y, far),
    "UnivariateSpline": (lambda t: si.UnivariateSpline(x, y, s=0.5)(t) ** 2, t),
    "PchipInterpolator": (lambda t: si.PchipInterpolator(x, y)(t) ** 2, t),
    "Akima1DInterpolator": (lambda t: si.Akima1DInterpolator(x, y)(t) ** 2, t),
    "make_smoothing_spline": (lambda t: si.make_smoothing_spline(x, y, lam=0.1)(t) ** 2, t),
    "interp1d": (lambda x, y, t: si.interp1d(x, y)(t) ** 2, x, y, t),
    "interp1d at a number": (lambda x, y, t: si.interp1d(x, y)(t) ** 2, x, y, a),
    "interp1d, going on": (
        lambda x, y, t: si.interp1d(x, y, axis=0, fill_value="extrapolate")(t) ** 2,
        x,
        Y,
        far,
    ),
    "interp1d, filled": (
        lambda x, y, t: si.interp1d(x, y, bounds_error=False, fill_value=0.0)(t) ** 2,
        x,
        Y.T.copy(),
        far,
    ),
    "interp1d, in any order": (lambda x, y, t: si.interp1d(x[::-1], y[::-1])(t) ** 2, x, y, t),
    "RegularGridInterpolator": (
        lambda rows, V, P: si.RegularGridInterpolator((rows, columns), V)(P) ** 2,
        rows,
        V,
        P,
    ),
    "going on": (
        lambda V, P: (
            si.RegularGridInterpolator((rows, columns), V, bounds_error=False, fill_value=None)(P) ** 2
        ),
        V,
        P + 1.0,
    ),
    "a tuple of coordinates": (
        lambda V, p, q: si.RegularGridInterpolator((rows, columns), V)((p, q)) ** 2,
        V,
        P[:, 0].copy(),
        P[:, 1].copy(),
    ),
    "one point": (lambda V, p: si.RegularGridInterpolator((rows, columns), V)(p) ** 2, V, P[0].copy()),
}


@pytest.mark.parametrize("name", INSIDE)
def test_made_in_the_program(name):
    fun, *args = INSIDE[name]
    assert problems(fun, tuple(args), second=True) == []


def test_complex_samples():
    z = y + 1j * y[::-1]
    assert problems(lambda z, t: si.CubicSpline(x, z)(t), (z, t)) == []


def test_in_a_loop():
    def steps(y, t):
        for _ in range(3):
            t = 3.0 + np.tanh(si.CubicSpline(x, y)(t))
        return t

    assert problems(steps, (y, t), second=True) == []


def test_outside_of_the_range_is_an_error():
    with pytest.raises(ValueError, match="outside"):
        adtrans.grad(lambda t: np.sum(lines(t)))(far)
    with pytest.raises(ValueError, match="outside"):
        adtrans.grad(lambda p: np.sum(grid(p)))(P + 5.0)
    with pytest.raises(ValueError, match="ascend"):
        adtrans.grad(lambda p: np.sum(si.RegularGridInterpolator((rows[::-1], columns), V)(p)))(P)


REFUSED = {
    "places of a spline": (lambda x: si.CubicSpline(x, y)(t), x),
    "samples of PchipInterpolator": (lambda y: si.PchipInterpolator(x, y)(t), y),
    "samples of a smoothing spline": (lambda y: si.UnivariateSpline(x, y)(t), y),
    "samples of splrep": (lambda y: si.splev(t, si.splrep(x, y)), y),
    "samples of a periodic spline": (
        lambda y: si.CubicSpline(x, np.append(y[:-1], y[0]), bc_type="periodic")(t),
        y,
    ),
    "boundary values": (lambda y: si.CubicSpline(x, y, bc_type=((1, y[0]), (1, 0.0)))(t), y),
    "other kinds of interp1d": (lambda y: si.interp1d(x, y, kind="cubic")(t), y),
    "other methods on grids": (
        lambda V: si.RegularGridInterpolator((rows, columns), V, method="nearest")(P),
        V,
    ),
    "coefficients": (lambda y: si.CubicSpline(x, y).c, y),
    "roots": (lambda y: si.CubicSpline(x, y).roots(), y),
    "returned": (lambda y: si.CubicSpline(x, y), y),
    "KroghInterpolator": (lambda t: si.KroghInterpolator(x, y)(t), t),
}


@pytest.mark.parametrize("name", REFUSED)
@pytest.mark.parametrize("transform", [adtrans.vjp, adtrans.jvp])
def test_what_is_refused(name, transform):
    fun, *args = REFUSED[name]
    vectors = args if transform is adtrans.jvp else (1.0,)
    with pytest.raises(adtrans.AdtransError) as caught:
        transform(fun)(*args, *vectors)
    assert caught.value.code != "internal"
    assert caught.value.hint
