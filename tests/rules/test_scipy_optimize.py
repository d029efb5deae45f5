"""Solutions of scipy.optimize, by the implicit function theorem: in both modes, and twice."""

import subprocess
import sys

import numpy as np
import pytest

optimize = pytest.importorskip("scipy.optimize")

from property.agreement import agree, problems  # noqa: E402

import adtrans  # noqa: E402
from adtrans.rules.stand_ins import STAND_INS  # noqa: E402

pytestmark = pytest.mark.filterwarnings("ignore::RuntimeWarning")

# ----- one equation -----


def excess(t, a):
    return np.exp(t) - a * (2.0 - t)


@pytest.mark.parametrize("name", ["brentq", "brenth", "bisect", "ridder", "toms748"])
def test_in_an_interval(name):
    solver = getattr(optimize, name)
    agree(lambda a: solver(lambda t: excess(t, a), -1.0, 2.0, xtol=1e-14), 1.5, second=True)
    agree(lambda a: solver(excess, -1.0, 2.0, (a,), xtol=1e-14) ** 2, 1.5, second=True)
    agree(lambda a: solver(excess, -1.0, 2.0, args=a, xtol=1e-14), 1.5)


def newton_in_the_loop(a):
    total = 0.0
    for k in range(3):
        total = total + optimize.newton(lambda t: t**3 + a * total - k - 1.0, 1.0, tol=1e-14)
    return total


def newton_with_slope(a):
    return optimize.newton(lambda t, b: t**3 - b, 1, lambda t, b: 3.0 * t**2, (a,), 1e-14)


def newton_of_each(a):
    return optimize.newton(lambda t: t**3 + t - a, np.ones(2), tol=1e-14)


def newton_of_a_list(a):
    return optimize.newton(lambda t: t**3 + t - a, [1.0, 2.0], tol=1e-14)


def newton_complex(a):
    return np.abs(optimize.newton(lambda t: t**2 + a, 1j, tol=1e-15))


@pytest.mark.parametrize(
    "fun", [newton_in_the_loop, newton_with_slope, newton_of_each, newton_of_a_list, newton_complex]
)
def test_newton(fun):
    agree(fun, np.array([1.5, 2.5]) if "_of_" in fun.__name__ else 1.5, second=True)


def in_a_bracket(a):
    found = optimize.root_scalar(lambda t: t**3 - a, bracket=(0.0, 3.0), xtol=1e-14)
    return found.root**2 if found.converged else 0.0 * a


def from_a_start(a):
    return optimize.root_scalar(lambda t, b: (t**3 - b, 3.0 * t**2), (a,), fprime=True, x0=1.0, xtol=1e-14)[
        "root"
    ]


@pytest.mark.parametrize("fun", [in_a_bracket, from_a_start])
def test_root_scalar(fun):
    agree(fun, 1.5, second=True)


def test_fixed_point():
    agree(lambda a: optimize.fixed_point(lambda t: np.cos(a * t), 0.6, xtol=1e-14), 0.7, second=True)

    def vector(a):
        start = np.array([0.6, 0.5])
        return optimize.fixed_point(lambda t: np.cos(a * t[::-1]), start, xtol=1e-14, method="iteration")

    agree(vector, np.array([0.7, 0.9]), second=True)


# ----- systems -----


def balance(x, a, c):
    return np.array([a * x[0] + x[1] ** 2 - c, x[0] * x[1] - 1.0])


def by_arguments(a, c):
    return np.sum(optimize.fsolve(balance, np.array([1.0, 1.0]), (a, c), xtol=1e-13) ** 3)


def by_captures(a, c):
    return optimize.fsolve(lambda x: [a * x[0] + x[1] ** 2 - c, x[0] * x[1] - 1.0], [1.0, 1.0], xtol=1e-13)


def from_a_number(a, c):
    return optimize.fsolve(lambda x: x**2 - a * c, 1.0, xtol=1e-13)[0]


def written_into(a, c):
    x = optimize.fsolve(lambda x: x**2 - a * c, [1.0], xtol=1e-13)
    x[0] = x[0] * x[0] * a
    return np.sum(x**2)


def by_root(a, c):
    found = optimize.root(lambda x: balance(x, a, c), [1.0, 1.0], tol=1e-13)
    assert found.success
    return found.x


def by_root_with_its_jacobian(a, c):
    def both(x, b):
        J = np.array([[b, 2.0 * x[1]], [x[1], x[0]]])
        return balance(x, b, c), J

    return optimize.root(both, [1.0, 1.0], a, jac=True, method="lm", tol=1e-13)["x"]


SYSTEMS = [by_arguments, by_captures, from_a_number, written_into, by_root, by_root_with_its_jacobian]


@pytest.mark.parametrize("fun", SYSTEMS)
def test_systems(fun):
    agree(fun, 1.5, 3.0, second=fun is not written_into)


class Spring:
    def __init__(self, k):
        self.k = k

    def force(self, x):
        return self.k * x + x**3 - 1.0


def test_what_is_given_as_a_function():
    def stretched(k):
        spring = Spring(k)
        return optimize.brentq(lambda x: spring.force(x), 0.0, 5.0, xtol=1e-14)

    agree(stretched, 1.2, second=True)
    agree(lambda k: optimize.brentq(Spring(k).force, 0.0, 5.0, xtol=1e-14), 1.2, second=True)

    def partial(k):
        import functools

        return optimize.brentq(functools.partial(lambda c, x: x**2 - c, k), 0.0, 5.0, xtol=1e-14)

    agree(partial, 1.2, second=True)


def test_one_solver_in_another():
    def outer(a):
        def inner(c):
            return optimize.brentq(lambda t: t**3 + c * t - a, 0.0, 5.0, xtol=1e-15)

        return optimize.brentq(lambda c: inner(c) - a * c * 0.5, 0.01, 5.0, xtol=1e-14)

    agree(outer, 1.2, second=True)


# ----- minima -----


def energy(x, a, b):
    return np.sum((x - a) ** 2) + b * np.sum(np.exp(x) * x)


def force(x, a, b):
    return 2.0 * (x - a) + b * np.exp(x) * (1.0 + x)


def by_differences(a, b):
    found = optimize.minimize(energy, np.array([0.5, 0.5, 0.5]), (a, b), tol=1e-10)
    return np.sum(found.x) + found.fun


def with_force(a, b):
    found = optimize.minimize(energy, [0.5, 0.5, 0.5], (a, b), jac=force, tol=1e-14)
    return found.x * found.fun


def with_both(a, b):
    def both(x):
        return energy(x, a, b), force(x, a, b)

    return optimize.minimize(both, np.array([0.5, 0.5, 0.5]), jac=True, method="Newton-CG", tol=1e-14).x


def inside_of_bounds(a, b):
    options = {"ftol": 1e-16, "gtol": 1e-13}
    found = optimize.minimize(
        energy, np.ones(3), (a, b), jac=force, bounds=[(-5.0, None)] * 3, options=options
    )
    return found.x


@pytest.mark.parametrize("fun", [by_differences, with_force, with_both, inside_of_bounds])
def test_minimize(fun):
    agree(fun, np.array([0.2, 0.3, 0.5]), 0.4, second=fun is not by_differences)


def test_minimize_scalar():
    def least(a):
        found = optimize.minimize_scalar(lambda x: (x - a) ** 2 + np.exp(x), tol=1e-13)
        return found.x * found.fun

    def bounded(a):
        return optimize.minimize_scalar(
            lambda x, b: (x - b) ** 2 + np.exp(x),
            args=(a,), bounds=(-3.0, 3.0), method="bounded", options={"xatol": 1e-13},
        ).x  # fmt: skip

    agree(least, 1.3, second=True)
    agree(bounded, 1.3, second=True)


TIMES = np.linspace(0.0, 1.0, 6)
TIGHT = {"xtol": 1e-15, "ftol": 1e-15, "gtol": 1e-15}


def misfit(p, times, y):
    return p[0] * np.exp(-p[1] * times) - y


def fitted(y):
    return optimize.least_squares(misfit, [1.0, 1.0], args=(TIMES, y), **TIGHT).x


def left_over(y):
    found = optimize.least_squares(lambda p: misfit(p, TIMES, y), np.array([1.0, 1.0]), **TIGHT)
    return found.cost + np.sum(found.fun**3)


@pytest.mark.parametrize("fun", [fitted, left_over])
def test_least_squares_with_residuals_that_stay(fun):
    agree(fun, np.exp(-1.3 * TIMES) + 0.1 * np.sin(9.0 * TIMES), second=True)


# ----- orders, values and refusals -----


def cube_root(a):
    return optimize.brentq(lambda x: x**3 - a, 0.0, 5.0, xtol=1e-15)


def test_every_order():
    derivative, a = cube_root, 1.2
    exact = 1.0
    for k in range(4):
        derivative = adtrans.grad(derivative)
        exact *= 1.0 / 3.0 - k
        np.testing.assert_allclose(derivative(a), exact * a ** (1.0 / 3.0 - k - 1.0), rtol=1e-9)
    assert problems(lambda a: adtrans.grad(cube_root)(a), (a,), second=True) == []


def test_the_value_is_the_solvers_own():
    def rough(a):
        return optimize.brentq(lambda x: x**3 - a, 0.0, 5.0, xtol=1e-3)

    assert adtrans.value_and_grad(rough)(1.2)[0] == rough(1.2)


def test_the_solver_is_called_once_and_solved_with_once():
    gradient = adtrans.grad(by_arguments)
    gradient(1.5, 3.0)
    assert gradient.source.count(" = scipy.optimize.fsolve(") == 1
    assert "tape" not in gradient.source


@pytest.mark.parametrize(
    "call, option",
    [
        ("fsolve(lambda x: x**2 - a, 1.0, full_output=True)[0]", "full_output="),
        ("brentq(lambda x: x**2 - a, 0.0, 3.0, full_output=True)[0]", "full_output="),
        ("newton(lambda x: x**2 - a, 1.0, full_output=True)[0]", "full_output="),
        ("root(lambda x: x**2 - a, 1.0, callback=print).x", "callback="),
        ("root(lambda x: x**2 - a, np.ones((2, 2))).x", "several axes"),
        ("root(lambda x: x**2 - a, 1.0).fjac", "'fjac'"),
        ("minimize(lambda x: np.sum((x - a)**2), np.ones(2), callback=print).x", "callback="),
        ("minimize(lambda x: np.sum((x - a)**2), np.ones(2), constraints={'type': 'eq'}).x", "constraints="),
        ("minimize(lambda x: np.sum((x - a)**2), np.ones(2)).hess_inv", "'hess_inv'"),
        ("least_squares(lambda x: x - a, np.ones(2), loss='huber').x", "loss="),
    ],
)
def test_refused(call, option, program):
    fun = program(
        f"import numpy as np\nfrom scipy import optimize\n\n\ndef f(a):\n    return optimize.{call}\n"
    )
    with pytest.raises(adtrans.UnsupportedError, match=option):
        adtrans.jvp(fun)(2.0, 1.0)


@pytest.fixture
def program(tmp_path):
    def load(text):
        path = tmp_path / "refused.py"
        path.write_text(text)
        namespace = {"__name__": "refused"}
        exec(compile(text, str(path), "exec"), namespace)
        return namespace["f"]

    return load


@pytest.mark.parametrize(
    "fun",
    [
        lambda a: optimize.minimize(lambda x: np.sum((x - a) ** 2), np.ones(2), bounds=[(0.0, 1.0)] * 2).x,
        lambda a: optimize.minimize(
            lambda x: np.sum((x - a) ** 2), np.ones(2), bounds=optimize.Bounds(0.0, 1.0)
        ).x,
        lambda a: optimize.least_squares(lambda x: x - a, np.full(2, 0.3), bounds=(0.0, 1.0)).x,
        lambda a: optimize.minimize_scalar(
            lambda x: (x - a) ** 2, bounds=(0.0, 1.0), method="bounded"
        ).x,
        lambda a: optimize.fsolve(lambda x: x**2 + a, 1.0),
        lambda a: optimize.fsolve(lambda x: (x[0] + x[1] - a, 2.0 * x[0] + 2.0 * x[1] - 2.0 * a), [a, 0.0]),
        lambda a: optimize.brentq(lambda x: (x - 0.5) ** 3 * a, 0.0, 1.0),
    ],
)  # fmt: skip
def test_no_solution(fun):
    with pytest.raises(adtrans.AdtransError) as refused:
        adtrans.jvp(fun)(1.2, 1.0)
    assert refused.value.code == "solution"


CONSTANT = [
    lambda: optimize.fsolve(lambda x: x**2 - 2.0, 1.0),
    lambda: optimize.fsolve(lambda x: x**2 - 2.0, 1.0, full_output=True)[0],
    lambda: optimize.fsolve(lambda x: x**2 + 2.0, 1.0),
    lambda: (
        optimize.minimize(
            lambda x: np.sum((x - 1.0) ** 2),
            np.ones(2),
            constraints={"type": "eq", "fun": lambda x: x[0] - 0.5},
        ).x
    ),
    lambda: optimize.brentq(lambda x: (x - 0.5) ** 3, 0.0, 1.0),
]


@pytest.mark.parametrize("solved", CONSTANT)
def test_of_constants_nothing_is_asked(solved):
    agree(lambda a: a * np.sum(solved()), 1.5, second=True)
    gradient = adtrans.grad(lambda a: a * np.sum(solved()))
    gradient(1.5)
    assert "at_solution" not in gradient.source


@pytest.mark.parametrize("name", ["brenth", "fsolve", "minimize_scalar"])
def test_stand_ins_are_listed(name):
    from adtrans.catalogue import rows

    row = next(row for row in rows() if row.name == f"scipy.optimize.{name}")
    assert row.modes == "both" and "equations" in row.conventions
    assert getattr(optimize, name) in STAND_INS


def test_importing_adtrans_does_not_import_the_solvers():
    text = (
        "import sys; from adtrans.rules import load; load.core(); assert 'scipy.optimize' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", text], check=True)
