"""odeint and solve_ivp: the solver's own values, with the derivatives of a scheme of fixed steps."""

import numpy as np
import pytest

integrate = pytest.importorskip("scipy.integrate")

from property.agreement import agree  # noqa: E402

import adtrans  # noqa: E402

TIMES = np.linspace(0.0, 2.0, 5)
TIGHT = {"rtol": 1e-12, "atol": 1e-13}


def pendulum(y, t, k, c):
    return [y[1], -k * np.sin(y[0]) - c * y[1]]


def swing(y0, k, c):
    return integrate.odeint(pendulum, y0, TIMES, args=(k, c), **TIGHT)


def last_of_swing(y0, k, c):
    return integrate.odeint(pendulum, y0, TIMES, (k, c), **TIGHT)[-1, 0]


@pytest.mark.parametrize("fun", [swing, last_of_swing])
def test_odeint(fun):
    agree(fun, np.array([1.0, 0.0]), 2.0, 0.1, second=True)


def driven(k):
    return integrate.odeint(lambda y, t: -k * y + np.sin(t), [1.0, k], TIMES, **TIGHT)


def time_first(k):
    times = [0.0, 0.5, 1.0]
    return integrate.odeint(lambda t, y, q: -q * y + np.sin(t), k, times, (k,), tfirst=True, **TIGHT)


@pytest.mark.parametrize("fun", [driven, time_first])
def test_odeint_with_captures(fun):
    agree(fun, 2.0, second=True)


def test_times():
    """The solver's last time too is where its value is taken."""
    agree(lambda t: integrate.odeint(lambda y, s: -y + np.sin(s), 1.0, t, **TIGHT), np.array([0.0, 0.5, 1.0]))


def hunters(y0, k):
    return integrate.solve_ivp(
        lambda t, y: np.array([y[0] - k * y[0] * y[1], y[0] * y[1] - y[1]]), (0.0, 2.0), y0, t_eval=TIMES,
        **TIGHT,
    ).y  # fmt: skip


def hunters_with_arguments(y0, k):
    found = integrate.solve_ivp(
        lambda t, y, q: [y[0] - q * y[0] * y[1], y[0] * y[1] - y[1]], [0.0, 2.0], y0, "LSODA", [1.0, 1.5],
        args=(k,), **TIGHT,
    )  # fmt: skip
    assert found.success
    return np.sum(found.y[:, -1]) + found.t[1] * k


def backwards(y0, k):
    return integrate.solve_ivp(lambda t, y: -k * y * t, (2.0, 0.0), y0, t_eval=TIMES[::-1], **TIGHT)["y"]


@pytest.mark.parametrize("fun", [hunters, hunters_with_arguments, backwards])
def test_solve_ivp(fun):
    agree(fun, np.array([1.0, 0.5]), 2.0, second=True)


def test_complex_numbers():
    def wave(y0, k):
        return np.abs(integrate.solve_ivp(lambda t, y: 1j * k * y - y, (0, 2.0), y0, t_eval=TIMES, **TIGHT).y)

    agree(wave, np.array([1.0 + 0.5j, 0.5 + 0.1j]), 2.0, second=True)


def test_of_constants_nothing_is_asked():
    def scaled(a):
        stiff = integrate.odeint(lambda y, t: -1e6 * (y - np.cos(t)), 1.0, TIMES)
        return a * np.sum(stiff) + a * integrate.quad(lambda t: t * t, 0.0, 1.0)[0]

    agree(scaled, 1.5, second=True)
    gradient = adtrans.grad(scaled)
    gradient(1.5)
    assert "enough_steps" not in gradient.source


def test_the_value_is_the_solvers_own():
    y, _ = adtrans.jvp(lambda k: integrate.odeint(lambda y, t: -k * y, 1.0, TIMES))(2.0, 1.0)
    np.testing.assert_array_equal(y, integrate.odeint(lambda y, t: -2.0 * y, 1.0, TIMES))


def test_stiff_problems_are_refused():
    def stiff(k):
        return integrate.odeint(lambda y, t: -k * (y - np.cos(t)), 1.0, TIMES)[-1, 0]

    with pytest.raises(adtrans.AdtransError, match="does not follow") as refused:
        adtrans.grad(stiff)(1e6)
    assert refused.value.code == "solution"


def test_a_solver_that_stops_early_is_refused():
    def explodes(k):
        return integrate.solve_ivp(lambda t, y: k * y * y, (0.0, 2.0), [1.0], t_eval=TIMES).y

    with pytest.raises(adtrans.AdtransError) as refused:
        adtrans.jvp(explodes)(1.0, 1.0)
    assert refused.value.code == "solution"


@pytest.mark.parametrize("option", ["t_eval", "dense_output", "events"])
def test_refused(option):
    options = {"t_eval": {}, "dense_output": {"t_eval": TIMES, "dense_output": True}}
    given = options.get(option, {"t_eval": TIMES, "events": pendulum})

    def solved(k):
        return integrate.solve_ivp(lambda t, y: -k * y, (0.0, 2.0), [1.0], **given).y

    with pytest.raises(adtrans.UnsupportedError, match=f"{option}="):
        adtrans.jvp(solved)(1.0, 1.0)
