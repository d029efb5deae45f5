"""Solutions of scipy.optimize, by the implicit function theorem.

The solver is called as it is, and its result held fixed. A step of Newton's method from there, with the Jacobian
held fixed too, has the solution's derivative; each further step has one more of the higher ones.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy import optimize

import adtrans
from adtrans.ir.prims import attached, order, outside, refused, typed_as
from adtrans.rules.results import Result
from adtrans.rules.stand_ins import SOLVERS, STAND_INS
from adtrans.runtime import at_solution

HOW = "the solver's own solution; its derivatives are those of the equations that it solves"

# ----- the theorem -----


def solution(residual, point, bounds=None):
    """A vector at which `residual` vanishes, with its derivatives."""
    columns = [adtrans.jvp(residual)(point, e)[1] for e in np.eye(len(point))]
    J = typed_as(np.stack(columns, axis=1), np.outer(point, point))
    left = residual(point)
    J = at_solution(J, point, left, bounds)
    x = attached(point, -np.linalg.solve(J, left))
    return improved(x, lambda x: np.linalg.solve(J, residual(x)), point, order() - 1)


def solution_of_each(residual, point):
    """The same for a number, or for an array of which each element solves an equation of its own."""
    ones = 1.0 if np.ndim(point) == 0 else np.ones_like(point)
    slope = adtrans.jvp(residual)(point, ones)[1]
    left = residual(point)
    slope = at_solution(slope, point, left)
    x = attached(point, -left / slope)
    return improved(x, lambda x: residual(x) / slope, point, order() - 1)


def improved(x, step, point, count):
    """The solution after further steps, each for one more of the higher derivatives."""
    return improved(attached(point, x - step(x)), step, point, count - 1) if count > 0 else x


def as_tuple(args):
    """Further arguments, of which one alone needs no tuple."""
    return args if isinstance(args, tuple) else (args,)


def vector(values):
    """What a system of equations comes to, as an array of one axis."""
    return values if isinstance(values, np.ndarray) and np.ndim(values) == 1 else np.ravel(values)


def number_or_array(x):
    """A list as the array that solvers make of it."""
    return np.asarray(x) if isinstance(x, (list, tuple)) else x


def is_function(option):
    """Whether a function is given for an option that may be None, a flag or a name."""
    return not (option is None or isinstance(option, (bool, str)))


def is_set(flag):
    """Whether an option that may be a function is True."""
    return isinstance(flag, bool) and flag


# ----- systems of equations -----


def fsolve(func, x0, args=(), fprime=None, full_output=0, *rest, **options):
    """optimize.fsolve."""
    if full_output:
        refused("scipy.optimize.fsolve with full_output= has no derivative rule")
    given = as_tuple(args)
    found = outside(optimize.fsolve, func, x0, args, fprime, full_output, *rest, **options)
    point = typed_as(found, np.float64(1.0) * np.ravel(x0))
    return solution(lambda x: vector(func(x, *given)), point)


@dataclass(frozen=True)
class Root(Result):
    """What optimize.root returns, as far as it has or needs no derivative."""

    x: Any
    success: Any
    status: Any
    message: Any
    nfev: Any


def root(fun, x0, args=(), method="hybr", jac=None, tol=None, callback=None, options=None):
    """optimize.root."""
    if callback is not None:
        refused("scipy.optimize.root with callback= has no derivative rule")
    if np.ndim(number_or_array(x0)) > 1:
        refused("scipy.optimize.root with an x0 of several axes has no derivative rule")
    given = as_tuple(args)
    found = outside(optimize.root, fun, x0, args, method=method, jac=jac, tol=tol, options=options)
    point = typed_as(found.x, np.float64(1.0) * np.ravel(x0))
    x = solution(lambda x: vector(fun(x, *given)[0] if is_set(jac) else fun(x, *given)), point)
    return Root(x, found.success, found.status, found.message, found.nfev)


STAND_INS[optimize.fsolve] = fsolve
STAND_INS[optimize.root] = root

# ----- one equation -----


def of_bracket(solver):
    """What stands for a solver that is given an interval."""

    def root_between(f, a, b, args=(), *rest, full_output=False, **options):
        if full_output or len(rest) > 3:
            refused("with full_output= has no derivative rule")
        given = as_tuple(args)
        point = typed_as(outside(solver, f, a, b, args, *rest, **options), 1.0)
        return solution_of_each(lambda x: f(x, *given), point)

    return root_between


for _solver in (optimize.brentq, optimize.brenth, optimize.bisect, optimize.ridder, optimize.toms748):
    STAND_INS[_solver] = of_bracket(_solver)


def newton(func, x0, fprime=None, args=(), *rest, full_output=False, **options):
    """optimize.newton."""
    if full_output or len(rest) > 5:
        refused("scipy.optimize.newton with full_output= has no derivative rule")
    found = outside(optimize.newton, func, x0, fprime, args, *rest, **options)
    point = typed_as(found, 1.0 * number_or_array(x0))
    return solution_of_each(lambda x: func(x, *args), point)


@dataclass(frozen=True)
class ScalarRoot(Result):
    """What optimize.root_scalar returns."""

    root: Any
    converged: Any
    flag: Any
    iterations: Any
    function_calls: Any


def root_scalar(f, args=(), method=None, bracket=None, fprime=None, fprime2=None, **options):
    """optimize.root_scalar."""
    given = as_tuple(args)
    found = outside(optimize.root_scalar, f, args, method, bracket, fprime=fprime, fprime2=fprime2, **options)
    point = typed_as(found.root, 1.0)
    has_slope = is_set(fprime) or is_set(fprime2)
    x = solution_of_each(lambda x: f(x, *given)[0] if has_slope else f(x, *given), point)
    return ScalarRoot(x, found.converged, found.flag, found.iterations, found.function_calls)


def fixed_point(func, x0, args=(), *rest, **options):
    """optimize.fixed_point."""
    point = typed_as(outside(optimize.fixed_point, func, x0, args, *rest, **options), 1.0 * np.asarray(x0))
    if np.ndim(point) == 0:
        return solution_of_each(lambda x: x - func(x, *args), point)
    if np.ndim(point) > 1:
        refused("scipy.optimize.fixed_point with an x0 of several axes has no derivative rule")
    return solution(lambda x: x - func(x, *args), point)


STAND_INS[optimize.newton] = newton
STAND_INS[optimize.root_scalar] = root_scalar
STAND_INS[optimize.fixed_point] = fixed_point

# ----- minima: the gradient vanishes -----


@dataclass(frozen=True)
class Minimum(Result):
    """What optimize.minimize returns, as far as it has or needs no derivative."""

    x: Any
    fun: Any
    success: Any
    status: Any
    message: Any
    nfev: Any
    nit: Any


def minimize(
    fun, x0, args=(), method=None, jac=None, hess=None, hessp=None, bounds=None, constraints=(), tol=None,
    callback=None, options=None,
):  # fmt: skip
    """optimize.minimize."""
    if callback is not None:
        refused("scipy.optimize.minimize with callback= has no derivative rule")
    if constraints:
        refused("scipy.optimize.minimize with constraints= has no derivative rule")
    given = as_tuple(args)
    found = outside(
        optimize.minimize, fun, x0, args, method=method, jac=jac, hess=hess, hessp=hessp, bounds=bounds,
        tol=tol, options=options,
    )  # fmt: skip
    point = typed_as(found.x, np.float64(1.0) * np.ravel(x0))

    def objective(x):
        return fun(x, *given)[0] if is_set(jac) else fun(x, *given)

    def slope(x):
        return vector(jac(x, *given)) if is_function(jac) else adtrans.grad(objective)(x)

    x = solution(slope, point, bounds)
    least = attached(typed_as(found.fun, 1.0), objective(x))
    return Minimum(x, least, found.success, found.status, found.message, found.nfev, found.nit)


@dataclass(frozen=True)
class ScalarMinimum(Result):
    """What optimize.minimize_scalar returns."""

    x: Any
    fun: Any
    success: Any
    message: Any
    nfev: Any
    nit: Any


def minimize_scalar(fun, bracket=None, bounds=None, args=(), method=None, tol=None, options=None):
    """optimize.minimize_scalar."""
    given = as_tuple(args)
    found = outside(optimize.minimize_scalar, fun, bracket, bounds, args, method, tol, options)
    point = typed_as(found.x, 1.0)

    def objective(x):
        return fun(x, *given)

    x = solution_of_each(lambda x: adtrans.grad(objective)(x), point)
    least = attached(typed_as(found.fun, 1.0), objective(x))
    return ScalarMinimum(x, least, found.success, found.message, found.nfev, found.nit)


@dataclass(frozen=True)
class LeastSquares(Result):
    """What optimize.least_squares returns, as far as it has or needs no derivative."""

    x: Any
    cost: Any
    fun: Any
    success: Any
    status: Any
    message: Any
    nfev: Any


def least_squares(
    fun, x0, jac="2-point", bounds=(-np.inf, np.inf), *, loss="linear", args=(), kwargs=None, callback=None,
    **options,
):  # fmt: skip
    """optimize.least_squares; the second derivatives of the residuals count."""
    if loss != "linear":
        refused("scipy.optimize.least_squares with loss= has no derivative rule")
    if callback is not None:
        refused("scipy.optimize.least_squares with callback= has no derivative rule")
    named = {} if kwargs is None else kwargs
    found = outside(optimize.least_squares, fun, x0, jac, bounds, args=args, kwargs=named, **options)
    point = typed_as(found.x, np.float64(1.0) * np.ravel(x0))

    def residuals(x):
        return vector(fun(x, *args, **named))

    def cost(x):
        return 0.5 * np.sum(residuals(x) ** 2)

    x = solution(lambda x: adtrans.grad(cost)(x), point, bounds)
    least = attached(typed_as(found.cost, 1.0), cost(x))
    left = residuals(x)
    return LeastSquares(
        x, least, attached(typed_as(found.fun, left), left), found.success, found.status, found.message, found.nfev
    )  # fmt: skip


STAND_INS[optimize.minimize] = minimize
STAND_INS[optimize.minimize_scalar] = minimize_scalar
STAND_INS[optimize.least_squares] = least_squares
SOLVERS.update(fn for fn, stand_in in STAND_INS.items() if stand_in.__module__ == __name__)
