"""Interpolators of scipy.interpolate: in the points all of them, in the samples those that are linear in these."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from scipy import interpolate

from adtrans.rules.registry import adjoint, tangent
from adtrans.rules.stand_ins import CALLED, MAKES_ANOTHER, SAID, STAND_INS
from adtrans.runtime import interpolated, interpolated_at

# ----- interpolators that were made outside of the program: a derivative is the next order -----

SPLINES = (interpolate.PPoly, interpolate.BSpline)


def beside(factor, y):
    """What multiplies values at points: one factor a point."""
    return np.reshape(factor, np.shape(factor) + (1,) * (np.ndim(y) - np.ndim(factor)))


def at_points(products, x):
    """The sums for each point."""
    return np.sum(products, axis=tuple(range(np.ndim(x), np.ndim(products))))


def first_axis(spline, x, y):
    if np.ndim(x) != np.ndim(y) and spline.axis != 0:
        raise NotImplementedError("splines along another axis than the first have no derivative")
    return spline


for _cls in (*SPLINES, interpolate.UnivariateSpline):
    MAKES_ANOTHER.update({_cls.derivative, _cls.antiderivative})


@tangent(*(cls.__call__ for cls in SPLINES))
def _(self, x, y, dx, nu=0, extrapolate=None):
    return first_axis(self, x, y)(x, nu + 1, extrapolate) * beside(dx, y)


@adjoint(*(cls.__call__ for cls in SPLINES))
def _(self, x, y, by, nu=0, extrapolate=None):
    slope = first_axis(self, x, y)(x, nu + 1, extrapolate)
    return NotImplemented, at_points(np.real(np.conj(slope) * by), x)


def beyond(spline, ext):
    """How the derivative goes on outside: one that stays at its boundary values has none there."""
    ext = spline.ext if ext is None else ext
    return 1 if ext in (3, "const") else ext


@tangent(interpolate.UnivariateSpline.__call__)
def _(self, x, y, dx, nu=0, ext=None):
    return self(x, nu + 1, beyond(self, ext)) * dx


@adjoint(interpolate.UnivariateSpline.__call__)
def _(self, x, y, by, nu=0, ext=None):
    return NotImplemented, self(x, nu + 1, beyond(self, ext)) * by


@tangent(interpolate.PPoly.integrate, interpolate.BSpline.integrate)
def _(self, a, b, y, da, db, extrapolate=None):
    return self(b, 0, extrapolate) * db - self(a, 0, extrapolate) * da


@adjoint(interpolate.PPoly.integrate, interpolate.BSpline.integrate)
def _(self, a, b, y, by, extrapolate=None):
    ba = -np.sum(np.real(np.conj(self(a, 0, extrapolate)) * by))
    return NotImplemented, ba, np.sum(np.real(np.conj(self(b, 0, extrapolate)) * by))


@tangent(interpolate.UnivariateSpline.integral)
def _(self, a, b, y, da, db):
    return self(b, 0, 1) * db - self(a, 0, 1) * da


@adjoint(interpolate.UnivariateSpline.integral)
def _(self, a, b, y, by):
    return NotImplemented, -self(a, 0, 1) * by, self(b, 0, 1) * by


@tangent(interpolate.splev)
def _(x, tck, y, dx, der=0, ext=0):
    return interpolate.splev(x, tck, der + 1, 1 if ext == 3 else ext) * dx


@adjoint(interpolate.splev)
def _(x, tck, y, by, der=0, ext=0):
    return interpolate.splev(x, tck, der + 1, 1 if ext == 3 else ext) * by, NotImplemented


# ----- interpolators of samples that may be active -----


FITTED = (interpolate.InterpolatedUnivariateSpline, interpolate.UnivariateSpline)


def interpolants(kind, x, count, t, order, options):
    """The values of the interpolators of unit vectors, with one more axis for these."""
    units = np.eye(count)
    if kind is interpolate.InterpolatedUnivariateSpline:  # which takes vectors only
        return np.stack([interpolated(kind, x, unit, t, order, options) for unit in units], axis=-1)
    return interpolated(kind, x, units, t, order, options)


def next_order(kind, options):
    """The options of the derivative: beyond boundary values that go on it is zero."""
    if kind in FITTED and options["ext"] in (3, "const"):
        return {**options, "ext": 1}
    return options


def without_values(end, shape):
    """A boundary condition with zeros of a shape in place of its values."""
    if isinstance(end, list):
        return [(condition[0], np.zeros(shape)) for condition in end]
    return (end[0], np.zeros(shape)) if isinstance(end, tuple) else end


def linear(kind, options, shape):
    """The options for which an interpolator is linear in samples of a shape."""
    if kind is interpolate.InterpolatedUnivariateSpline or kind is interpolate.BSpline:
        return options
    ends = options["bc_type"]
    if isinstance(ends, tuple):
        return {**options, "bc_type": (without_values(ends[0], shape), without_values(ends[1], shape))}
    return options


@tangent(interpolated)
def _(kind, x, samples, t, order, options, y, dsamples, dt):
    slope = interpolated(kind, x, samples, t, order + 1, next_order(kind, options))
    change = interpolated(kind, x, dsamples, t, order, linear(kind, options, np.shape(samples)[1:]))
    return change + slope * beside(dt, y)


@adjoint(interpolated)
def _(kind, x, samples, t, order, options, y, by):
    each, count = np.shape(samples)[0], np.size(t)
    weights = interpolants(kind, x, each, t, order, linear(kind, options, (each,)))
    b = np.reshape(weights, (count, -1)).T @ np.reshape(by, (count, -1))
    slope = interpolated(kind, x, samples, t, order + 1, next_order(kind, options))
    bt = at_points(np.real(np.conj(slope) * by), t)
    return None, NotImplemented, np.reshape(b, np.shape(samples)), bt, None, NotImplemented


@tangent(interpolated_at)
def _(kind, x, samples, t, order, options, y, dt):
    return interpolated_at(kind, x, samples, t, order + 1, next_order(kind, options)) * beside(dt, y)


@adjoint(interpolated_at)
def _(kind, x, samples, t, order, options, y, by):
    slope = interpolated_at(kind, x, samples, t, order + 1, next_order(kind, options))
    return None, NotImplemented, NotImplemented, at_points(slope * by, t), None, NotImplemented


class Spline(NamedTuple):
    """What stands for a spline that the program makes: its samples along the first axis, and its order."""

    evaluate: Any
    kind: Any
    x: Any
    y: Any
    options: Any
    axis: Any
    order: Any

    def __call__(self, x, nu=0, extrapolate=None, ext=None):
        if extrapolate is not None or ext is not None:
            raise NotImplementedError("extrapolate= belongs where the spline is made")
        z = self.evaluate(self.kind, self.x, self.y, x, self.order + nu, self.options)
        if self.axis == 0:
            return z
        return np.moveaxis(z, range(np.ndim(x)), range(self.axis, self.axis + np.ndim(x)))

    def derivative(self, nu=1):
        return Spline(*self[:6], self.order + nu)

    def antiderivative(self, nu=1):
        return Spline(*self[:6], self.order - nu)

    def integrate(self, a, b, extrapolate=None):
        whole = self.antiderivative()
        return whole(b, 0, extrapolate) - whole(a, 0, extrapolate)

    def integral(self, a, b):
        return self.integrate(a, b)


def evaluation(bc_type):
    """Which function evaluates: periodic splines take no samples that are not periodic, as tangents are."""
    return interpolated_at if isinstance(bc_type, str) and bc_type == "periodic" else interpolated


def spline(evaluate, kind, x, y, options, axis=0):
    x, y = np.asarray(x), np.asarray(y)
    along = axis % np.ndim(y)
    return Spline(evaluate, kind, x, np.moveaxis(y, along, 0) if along else y, options, along, 0)


def cubic_spline(x, y, axis=0, bc_type="not-a-knot", extrapolate=None):
    """CubicSpline."""
    options = {"bc_type": bc_type, "extrapolate": extrapolate}
    return spline(evaluation(bc_type), interpolate.CubicSpline, x, y, options, axis)


def make_interp_spline(x, y, k=3, t=None, bc_type=None, axis=0, check_finite=True):
    """make_interp_spline."""
    options = {"k": k, "t": t, "bc_type": bc_type}
    return spline(evaluation(bc_type), interpolate.make_interp_spline, x, y, options, axis)


def b_spline(t, c, k, extrapolate=True, axis=0):
    """BSpline, which is linear in its coefficients."""
    return spline(interpolated, interpolate.BSpline, t, c, {"k": k, "extrapolate": extrapolate}, axis)


def interpolated_univariate(x, y, w=None, bbox=(None, None), k=3, ext=0, check_finite=False):
    """InterpolatedUnivariateSpline."""
    options = {"w": w, "bbox": bbox, "k": k, "ext": ext}
    return spline(interpolated, interpolate.InterpolatedUnivariateSpline, x, y, options)


def univariate(x, y, w=None, bbox=(None, None), k=3, s=None, ext=0, check_finite=False):
    """UnivariateSpline."""
    options = {"w": w, "bbox": bbox, "k": k, "s": s, "ext": ext}
    return spline(interpolated_at, interpolate.UnivariateSpline, x, y, options)


def make_smoothing_spline(x, y, w=None, lam=None):
    """make_smoothing_spline."""
    return spline(interpolated_at, interpolate.make_smoothing_spline, x, y, {"w": w, "lam": lam})


def pchip(x, y, axis=0, extrapolate=None):
    """PchipInterpolator."""
    return spline(interpolated_at, interpolate.PchipInterpolator, x, y, {"extrapolate": extrapolate}, axis)


def akima(x, y, axis=0, *, method="akima", extrapolate=None):
    """Akima1DInterpolator."""
    options = {"method": method, "extrapolate": extrapolate}
    return spline(interpolated_at, interpolate.Akima1DInterpolator, x, y, options, axis)


STAND_INS[interpolate.CubicSpline] = cubic_spline
STAND_INS[interpolate.make_interp_spline] = make_interp_spline
STAND_INS[interpolate.BSpline] = b_spline
STAND_INS[interpolate.InterpolatedUnivariateSpline] = interpolated_univariate
STAND_INS[interpolate.UnivariateSpline] = univariate
STAND_INS[interpolate.make_smoothing_spline] = make_smoothing_spline
STAND_INS[interpolate.PchipInterpolator] = pchip
STAND_INS[interpolate.Akima1DInterpolator] = akima

# ----- straight lines between samples, which may all be active -----


def check_inside(outside, bounds_error):
    if bounds_error and np.any(outside):
        raise ValueError("a point is outside of the interpolation range")


class Lines(NamedTuple):
    """What stands for interp1d: samples along the first axis, at places that ascend."""

    x: Any
    y: Any
    axis: Any
    bounds_error: Any
    fill_value: Any

    def __call__(self, x):
        high = np.clip(np.searchsorted(self.x, x), 1, len(self.x) - 1)
        low = high - 1
        slope = (self.y[high] - self.y[low]) / beside(self.x[high] - self.x[low], self.y[high])
        z = slope * beside(x - self.x[low], slope) + self.y[low]
        if not isinstance(self.fill_value, str):
            below, above = x < self.x[0], x > self.x[-1]
            check_inside(below | above, self.bounds_error)
            if isinstance(self.fill_value, tuple):
                first, last = self.fill_value
            else:
                first, last = self.fill_value, self.fill_value
            z = np.where(beside(below, z), first, np.where(beside(above, z), last, z))
        if self.axis == 0:
            return z
        return np.moveaxis(z, range(np.ndim(x)), range(self.axis, self.axis + np.ndim(x)))


def interp1d(
    x, y, kind="linear", axis=-1, copy=True, bounds_error=None, fill_value=np.nan, assume_sorted=False
):
    """interp1d of kind "linear"."""
    if kind != "linear":
        raise NotImplementedError("interp1d has a derivative for kind='linear': use make_interp_spline")
    x, y = np.asarray(x), np.asarray(y)
    along = axis % np.ndim(y)
    y = np.moveaxis(y, along, 0) if along else y
    if not assume_sorted:
        order = np.argsort(x, kind="stable")
        x, y = x[order], y[order]
    return Lines(x, y, along, bounds_error is None or bounds_error, fill_value)


def of_interp1d(self, x):
    """An interp1d that was made outside of the program."""
    fill_value = "extrapolate" if self._extrapolate else self.fill_value
    return interp1d(self.x, self.y, self._kind, self.axis, True, self.bounds_error, fill_value, True)(x)


STAND_INS[interpolate.interp1d] = interp1d
CALLED[interpolate.interp1d] = of_interp1d


class Grid(NamedTuple):
    """What stands for a RegularGridInterpolator of straight lines."""

    points: Any
    values: Any
    method: Any
    bounds_error: Any
    fill_value: Any

    def __call__(self, xi, method=None):
        if (self.method if method is None else method) != "linear":
            raise NotImplementedError("RegularGridInterpolator has a derivative for method='linear'")
        count = len(self.points)
        if np.ndim(self.values) != count:
            raise NotImplementedError("RegularGridInterpolator has a derivative for one value a point")
        if isinstance(xi, tuple):
            xi = np.stack(np.broadcast_arrays(*xi), axis=-1)
        xi = np.asarray(xi)
        xi = np.reshape(xi, (-1, count)) if np.ndim(xi) == 1 else xi
        z = self.lines(xi)
        if self.fill_value is None and not self.bounds_error:
            return z
        outside = False
        for i in range(count):
            outside = outside | (xi[..., i] < self.points[i][0]) | (xi[..., i] > self.points[i][-1])
        check_inside(outside, self.bounds_error)
        return z if self.fill_value is None else np.where(outside, self.fill_value, z)

    def lines(self, xi):
        """The weighted values at all corners of the cell that each point lies in."""
        corners = (((), 1.0),)
        for i in range(len(self.points)):
            grid, x = np.asarray(self.points[i]), xi[..., i]
            low = np.clip(np.searchsorted(grid, x, side="right") - 1, 0, len(grid) - 2)
            place = (x - grid[low]) / (grid[low + 1] - grid[low])
            ends = ((low, 1.0 - place), (low + 1, place))
            corners = tuple(((*c, end), weight * w) for c, weight in corners for end, w in ends)
        z = 0.0
        for corner, weight in corners:
            z = z + weight * self.values[corner]
        return z


def regular_grid(points, values, method="linear", bounds_error=True, fill_value=np.nan):
    """RegularGridInterpolator."""
    for grid in points:
        if np.any(np.diff(grid) <= 0):
            raise ValueError("the points of a RegularGridInterpolator must ascend to have a derivative")
    return Grid(points, np.asarray(values), method, bounds_error, fill_value)


def of_grid(self, xi, method=None):
    """A RegularGridInterpolator that was made outside of the program."""
    points = tuple(np.asarray(grid) for grid in self.grid)
    return Grid(points, np.asarray(self.values), self.method, self.bounds_error, self.fill_value)(xi, method)


STAND_INS[interpolate.RegularGridInterpolator] = regular_grid
CALLED[interpolate.RegularGridInterpolator] = of_grid

# ----- what readers are told -----

_ALL = "linear in the samples, which may be active; the places may not"
for _cls in (interpolate.CubicSpline, interpolate.make_interp_spline):
    SAID[_cls] = ("not in `x`; `y` not if periodic", _ALL)
SAID[interpolate.InterpolatedUnivariateSpline] = ("not in `x`", _ALL)
for _cls in (
    interpolate.PchipInterpolator,
    interpolate.Akima1DInterpolator,
    interpolate.UnivariateSpline,
    interpolate.make_smoothing_spline,
):
    SAID[_cls] = ("not in `x` and `y`", "in the points that it is called with")
SAID[interpolate.BSpline] = ("not in `t`", "linear in the coefficients, which may be active")
SAID[interpolate.PPoly] = ("made outside of the program", "in the points that it is called with")
SAID[interpolate.interp1d] = (
    "kind='linear'",
    "in places, samples and points; at a place the slope before it",
)
SAID[interpolate.RegularGridInterpolator] = (
    "method='linear', one value a point",
    "in grid, values and points; at a grid point the slope behind it",
)
