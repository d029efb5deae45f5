"""Solutions of initial value problems: the solver's own values, with the derivatives of a scheme of fixed steps."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy import integrate

from adtrans.ir.prims import append, attached, outside, refused, typed_as
from adtrans.rules.results import Result
from adtrans.rules.stand_ins import SOLVERS, STAND_INS
from adtrans.runtime import enough_steps

HOW = "the solver's own values; their derivatives are those of fixed steps, which must come to the same"


def runge_kutta(rhs, y, t, substeps):
    """The values at times `t`, one a row, by the classical scheme of order four from y at t[0]."""
    rows = [y]
    for k in range(len(t) - 1):
        h = (t[k + 1] - t[k]) / substeps
        for j in range(substeps):
            s = t[k] + j * h
            k1 = rhs(s, y)
            k2 = rhs(s + 0.5 * h, y + 0.5 * h * k1)
            k3 = rhs(s + 0.5 * h, y + 0.5 * h * k2)
            k4 = rhs(s + h, y + h * k3)
            y = y + h / 6.0 * (k1 + 2.0 * k2 + 2.0 * k3 + k4)
        rows = append(rows, y)
    return np.stack(rows)


def odeint(
    func, y0, t, args=(), Dfun=None, col_deriv=0, full_output=0, *, tcrit=None, tfirst=False, **options
):
    """integrate.odeint."""
    if full_output:
        refused("scipy.integrate.odeint with full_output= has no derivative rule")
    given = args if isinstance(args, tuple) else (args,)
    found = outside(
        integrate.odeint, func, y0, t, args, Dfun, col_deriv, tcrit=tcrit, tfirst=tfirst, **options
    )
    if tfirst:

        def rhs(s, y):
            return np.reshape(func(s, y, *given), np.shape(y))

    else:

        def rhs(s, y):
            return np.reshape(func(y, s, *given), np.shape(y))

    times = np.asarray(t)
    start = np.float64(1.0) * np.ravel(y0)
    substeps = typed_as(outside(enough_steps, rhs, start, times, found), 1)
    rows = runge_kutta(rhs, start, times, substeps)
    return attached(typed_as(found, rows), rows)


@dataclass(frozen=True)
class Trajectory(Result):
    """What integrate.solve_ivp returns, as far as it has or needs no derivative."""

    t: Any
    y: Any
    success: Any
    status: Any
    message: Any
    nfev: Any


def solve_ivp(
    fun, t_span, y0, method="RK45", t_eval=None, dense_output=False, events=None, vectorized=False,
    args=None, **options,
):  # fmt: skip
    """integrate.solve_ivp."""
    if t_eval is None:
        refused("scipy.integrate.solve_ivp without t_eval= has no derivative rule")
    if dense_output:
        refused("scipy.integrate.solve_ivp with dense_output= has no derivative rule")
    if events is not None:
        refused("scipy.integrate.solve_ivp with events= has no derivative rule")
    given = () if args is None else args
    found = outside(
        integrate.solve_ivp, fun, t_span, y0, method, t_eval, vectorized=vectorized, args=args, **options
    )

    def rhs(s, y):
        return np.reshape(fun(s, y, *given), np.shape(y))

    times = np.concatenate((np.asarray([t_span[0]]), np.asarray(t_eval)))
    start = np.float64(1.0) * np.ravel(y0)
    substeps = typed_as(outside(enough_steps, rhs, start, times, found.y.T), 1)
    columns = runge_kutta(rhs, start, times, substeps)[1:].T
    y = attached(typed_as(found.y, columns), columns)
    return Trajectory(1.0 * np.asarray(t_eval), y, found.success, found.status, found.message, found.nfev)


STAND_INS[integrate.odeint] = odeint
STAND_INS[integrate.solve_ivp] = solve_ivp
SOLVERS.update(fn for fn, stand_in in STAND_INS.items() if stand_in.__module__ == __name__)
