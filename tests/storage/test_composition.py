"""Derivatives of derivatives of programs that write: forward over reverse, reverse over reverse and over forward."""

import numpy as np
import pytest
from agreement import agree
from writing import EVERYTHING, M, S, X, everywhere, written

import adtrans

STATEMENTS = [
    "u[1:] = u[:-1] * u[1:]",
    "u[::-1] += u * x",
    "u *= u[::-1]",
    "for i in range(1, 6):\n    u[i] = u[i - 1] * u[i] + s",
    "v = u[1:]\nw = v[::2]\nw *= v[0]\nu[0] = w[1] * s",
    "a.T[1] = x[:3] * a[:, 0]",
    "a.ravel()[::5] *= u[0]",
    "u[[0, 2, 2]] = x[:3] * u[:3]",
    "u[[0, 2, 2]] += x[:3] * u[1]",
    "np.add.at(u, [0, 2, 2], x[:3] * u[3:])",
    "u[x > 0.5] *= s * u[0]",
    "u[u > 0.6] = x[u > 0.6] ** 2",
    "np.multiply(u, x, out=u)",
    "np.exp(u * s, out=u)",
    "np.divide(x, u, out=u, where=x > 0.5)",
    "np.copyto(u, x * s, where=x > 0.5)",
    "np.fill_diagonal(a, s * s)",
    "u.sort()\nu *= x",
    "u.fill(s * u[0])",
    "np.cumsum(u * u, out=u)",
    "u **= 3\nu /= x",
    "h = u\nh += x * h\nu = h * u",
    "for row in a:\n    row -= row.mean() ** 2",
    "b = u[:4] if s > 5.0 else a[1]\nb *= b * x[:4]",
    "p, q, r = a\nq *= p\nr[1:] = q[:-1] * r[0]",
    "c = u[2]\nu[2] = s * c\nu[0] = c * u[2]",
    "e = np.array(s)\ne *= e\nu[1] = e * u[2]",
    "np.squeeze(a[:1])[1] *= x[1]",
    "w = (v := u[2:]) * s\nv[0] = w[1]",
    "for i in np.ndindex(a.shape):\n    a[i] *= s + i[0]",
    "t = 0.0\nfor v in u:\n    t += v * t + s\nu *= t",
]


@pytest.mark.parametrize(("statements", "context"), everywhere(STATEMENTS, "straight" if EVERYTHING else ""))
def test_statements(statements, context):
    agree(written(statements, context), X, M, S, second=True)


def logistic_map(x, s):
    u = x * 0.5
    for _ in range(4):
        u[...] = 3.0 * s * u * (1.0 - u)
    return u


def swapped_buffers(x, s):
    old, new = x.copy(), np.zeros_like(x)
    for _ in range(3):
        new[1:-1] = old[1:-1] * (1.0 + s * (old[2:] - old[:-2]))
        new[0] = new[-1] = old[0] * s
        old, new = new, old
    return old


def list_that_grows(x, s):
    y = [s]
    for v in x:
        y.append(y[-1] * v + s)
    return y[-1] * y[3]


def list_items_stored(x, s):
    y = [x[0], x[1], x[2]]
    for k in range(6):
        y[k % 3] = y[k % 3] * x[k] + y[(k + 1) % 3]
    return y[0] * y[1] + y[2]


def stack(x, s):
    pending, total = [x[0], x[1]], 0.0
    while pending:
        v = pending.pop()
        total += v**3 * s
        if v > 0.2:
            pending.append(v * v * 0.5)
    return total


def dict_of_numbers(x, s):
    d = {"total": 0.0, "weight": 1.0}
    for v in x:
        d["total"] += v * d["weight"] ** 2
        d["weight"] *= s
    return d["total"] * d["weight"]


def dict_of_arrays(x, s):
    d = {"q": x.copy(), "p": np.zeros_like(x)}
    for _ in range(2):
        d["p"] -= s * np.sin(d["q"])
        d["q"] += s * d["p"]
    return d["q"] * d["p"]


def rows_in_a_list(x, s):
    rows = [x * s, x + s]
    for row in rows:
        row *= row[0]
    rows[0][1:] *= rows[1][:-1]
    return rows[0] * rows[1]


def history(x, s):
    u, rows = x.copy(), []
    for _ in range(3):
        u *= s * u
        rows.append(u.copy())
    return np.array(rows)


def relax(u, s):
    u[1:-1] += s * (u[2:] * u[:-2] - u[1:-1])


def procedure(x, s):
    u = x.copy()
    for _ in range(3):
        relax(u, s)
        relax(u[::2], s * u[0])
    return u


def captured(x, s):
    u = x.copy()

    def change(k):
        u[k] *= s * u[k - 1]

    for k in range(4):
        change(k)
    return u


def parameter_changed(x, s):
    for k in range(1, 6):
        x[k] *= x[k - 1] + s
    return x


def elimination(x, s):
    a = np.eye(2) + np.outer(x[:2], x[2:4]) * s
    b = x[4:].copy()
    f = a[1, 0] / a[0, 0]
    a[1] -= f * a[0]
    b[1] -= f * b[0]
    b[1] /= a[1, 1]
    b[0] = (b[0] - a[0, 1] * b[1]) / a[0, 0]
    return b


def while_with_a_write(x, s):
    u = x.copy()
    while np.sum(u) < 20.0:
        u[1:] += s * u[:-1] * u[1:]
        u[0] *= 1.5
    return u


def branch_on_a_write(x, s):
    u = x.copy()
    for k in range(5):
        if u[k] > u[k + 1]:
            u[k], u[k + 1] = u[k + 1] * s, u[k] ** 2
        else:
            u[k + 1] *= u[k]
    return u


def object_with_state(x, s):
    class_free = {"q": [x[0], x[1]], "p": [s, s]}
    for _ in range(2):
        for i in range(2):
            class_free["p"][i] -= s * class_free["q"][i] ** 2
            class_free["q"][i] += class_free["p"][i]
    return class_free["q"][0] * class_free["p"][1]


PROGRAMS = [
    logistic_map, swapped_buffers, list_that_grows, list_items_stored, stack, dict_of_numbers, dict_of_arrays,
    rows_in_a_list, history, procedure, captured, parameter_changed, elimination, while_with_a_write,
    branch_on_a_write, object_with_state,
]  # fmt: skip


@pytest.mark.parametrize("fun", PROGRAMS)
def test_program(fun):
    agree(fun, X, S, second=True)


# ----- derivatives inside of a program that writes -----


def energy(q, k):
    e = np.zeros(3)
    for i in range(3):
        e[i] = k * q[i] ** 2 * q[i + 1]
    e[1:] *= e[:-1]
    return np.sum(e)


def newton(x, s):
    u = x.copy()
    for _ in range(2):
        u -= 0.1 * s * adtrans.grad(energy)(u, s)
    return u


def leapfrog(x, s):
    force = adtrans.grad(energy)
    q, p = x.copy(), np.zeros_like(x)
    for _ in range(2):
        p -= 0.5 * s * force(q, s)
        q += s * p
        p[1:] *= q[:-1]
    return q * p


def pushed_forward(x, s):
    def sweep(u):
        u = u.copy()
        for i in range(1, 6):
            u[i] *= u[i - 1] * s
        return u

    value, tangent = adtrans.jvp(sweep)(x, x * x)
    tangent[0] = value[1]
    return tangent * value


def pulled_back(x, s):
    def sweep(u):
        u[1:] *= u[:-1] * s
        return u

    value, (bar,) = adtrans.vjp(sweep)(x, np.cos(x))
    bar[::2] *= value[::2]
    return bar


@pytest.mark.parametrize("fun", [newton, leapfrog, pushed_forward, pulled_back])
def test_derivative_inside(fun):
    agree(fun, X, S, second=True)


def tower(t):
    u = np.array([t, t * t, 0.5])
    for _ in range(2):
        u[1:] *= u[:-1]
        u[0] += np.sin(u[2])
    return u[0] * u[1] * u[2]


def test_third_derivatives_agree():
    forward = adtrans.jvp(adtrans.jvp(adtrans.jvp(tower)))(0.7, 1.0, 1.0, 1.0)
    by_reverse = adtrans.grad(adtrans.grad(adtrans.grad(tower)))(0.7)
    mixed = adtrans.grad(lambda t: adtrans.jvp(adtrans.grad(tower))(t, 1.0)[1])(0.7)
    np.testing.assert_allclose([by_reverse, mixed], forward[1][1][1], rtol=1e-8)
