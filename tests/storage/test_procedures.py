"""Functions that change their arguments or what they capture."""

import functools

import numpy as np
import pytest
from agreement import agree
from writing import M, S, X

# ----- procedures -----


def scale(u, s):
    u *= s


def shift(u, by=1.0):
    u[1:] += by * u[:-1]
    return None


def interior(u):
    return u[1:-1]


def normalise(u):
    u /= np.sqrt(np.sum(u * u))
    return u


def smooth(u, k, out):
    out[1:-1] = u[1:-1] + k * (u[2:] - 2.0 * u[1:-1] + u[:-2])
    out[0], out[-1] = u[0], u[-1]


def halves(u):
    n = len(u) // 2
    return u[:n], u[n:]


def accumulate(total, values, weight=1.0):
    for i, v in enumerate(values):
        total[i] += weight * v
    return total


def swap(u, i, j):
    u[i], u[j] = u[j], u[i]


def sift(u, n):
    for i in range(n - 1):
        if u[i] > u[i + 1]:
            swap(u, i, i + 1)


def append_square(items, v):
    items.append(v * v)


def fill(d, key, value):
    d[key] = value


def boundary(g, value):
    g[0] = g[-1] = value
    g[:, 0] = g[:, -1] = value


def fft_like(u):
    n = len(u)
    if n == 1:
        return u
    even, odd = fft_like(u[::2]), fft_like(u[1::2])
    return np.concatenate([even + odd, even - odd])


def in_place_recursion(u):
    if len(u) > 1:
        u[1:] += u[:-1]
        in_place_recursion(u[1:])


# ----- programs that call them -----


def returns_none(x, s):
    u = x.copy()
    scale(u, s)
    shift(u)
    shift(u, by=s)
    return u


def in_a_loop(x, s):
    u = x.copy()
    for _ in range(3):
        shift(u, s)
        scale(u, u[0])
    return u


def in_a_branch(x, s):
    u = x * s
    if np.sum(u) > 1.0:
        scale(u, s)
    else:
        shift(u)
    return u


def view_returned(x, s):
    u = x.copy()
    inner = interior(u)
    inner *= s
    interior(u)[0] = s
    interior(interior(u))[:] += x[:2]
    return u


def view_returned_in_a_loop(x, s):
    u = x.copy()
    for _ in range(3):
        v = interior(u)
        v += s * (u[2:] - u[:-2])
    return u


def two_views_returned(x, s):
    u = x.copy()
    low, high = halves(u)
    low *= high
    high += s * low
    return u


def argument_returned(x, s):
    u = x * s
    v = normalise(u)
    v[0] = s
    return u * v


def view_given(x, s):
    u = x.copy()
    scale(u[::2], s)
    shift(u[1:4], s)
    shift(u[::-1])
    return u


def row_given(m, s):
    a = m.copy()
    for row in a:
        normalise(row)
    scale(a[:, 1], s)
    shift(a.T[0])
    return a


def buffers_given(x, s):
    u, v = x.copy(), np.empty_like(x)
    for _ in range(3):
        smooth(u, s, v)
        u, v = v, u
    return u


def buffer_given_by_name(x, s):
    v = np.empty_like(x)
    smooth(out=v, k=s, u=x)
    smooth(v * x, s, out=v)
    return v


def keyword_and_default(x, s):
    total = np.zeros(6)
    accumulate(total, x)
    accumulate(total, x * x, weight=s)
    return total


def elements_swapped(x, s):
    u = x * s
    swap(u, 0, 3)
    swap(u, np.argmin(u), -1)
    return u * x


def bubble_sort(x, s):
    u = x * s
    for n in range(len(u), 1, -1):
        sift(u, n)
    return u * x


def list_given(x, s):
    items = [s]
    for v in x[:3]:
        append_square(items, v * items[-1])
    return items[-1] + items[1]


def list_given_straight(x, s):
    items = [s]
    append_square(items, x[0])
    append_square(items, items[1])
    return items[0] * items[1] * items[2]


def dict_given(x, s):
    d = {"a": x[0]}
    fill(d, "b", s)
    fill(d, "a", d["a"] * d["b"])
    return d["a"] * d["b"]


def matrix_given(m, s):
    g = m.copy()
    for k in range(2):
        g[1:-1, 1:-1] *= s
        boundary(g, g[1, 1])
    return g


def recursion(x, s):
    return fft_like(np.concatenate([x, x[:2] * s]))


def recursion_in_place(x, s):
    u = x * s
    in_place_recursion(u)
    return u


def lambda_that_writes(x, s):
    u = x.copy()
    put = lambda i, v: u.__setitem__(i, v)
    put(0, s)
    return u


def partial_of_a_procedure(x, s):
    u = x.copy()
    double = functools.partial(scale, u)
    double(s)
    double(u[0])
    return u


def procedure_in_a_list(x, s):
    u = x.copy()
    for step in (shift, normalise):
        step(u)
    return u * s


def procedure_by_name(x, s):
    u = x.copy()
    steps = {"shift": shift, "scale": scale}
    for name in ["shift", "scale"]:
        steps[name](u, s)
    return u


def early_return(x, s):
    def relax(u, k):
        if k == 0:
            u[0] = s
            return
        u[k] = s * u[k - 1]

    u = x.copy()
    for k in range(4):
        relax(u, k)
    return u


def starred_arguments(x, s):
    def change(*arrays, by):
        for u in arrays:
            u *= by

    u, v = x.copy(), x * x
    change(u, v, by=s)
    return u + v


# ----- captured arrays -----


def captured(x, s):
    u = x.copy()

    def add(i, v):
        u[i] += v * s

    add(0, x[1])
    add(-1, u[0])
    return u


def captured_in_a_loop(x, s):
    u = x.copy()

    def relax(k):
        u[k] = s * (u[k - 1] + u[k + 1])

    for _ in range(2):
        for k in range(1, 5):
            relax(k)
    return u


def captured_work_array(x, s):
    work = np.zeros_like(x)

    def slope(u):
        work[:-1] = u[1:] - u[:-1]
        work[-1] = u[0] - u[-1]
        return work

    u = x.copy()
    for _ in range(3):
        u = u + s * slope(u)
    return u


def captured_by_a_lambda(x, s):
    u = x * s
    f = lambda k: u[k] * u[0]
    before = f(1)
    u[1] = s
    u *= x
    return before * f(1)


def captured_matrix(m, s):
    a = m.copy()

    def eliminate(i, j):
        a[j] -= a[j, i] / a[i, i] * a[i] * s

    for i in range(2):
        for j in range(i + 1, 3):
            eliminate(i, j)
    return a


def captured_twice(x, s):
    u = x.copy()

    def outer(k):
        def inner(v):
            u[k] *= v

        inner(s)
        inner(u[k + 1])

    outer(0)
    outer(2)
    return u


def captured_default(x, s):
    u = x.copy()

    def change(k, target=u):
        target[k] = s * target[k + 1]
        return target

    change(0)
    return change(2) * u


# ----- the caller's arrays -----


def parameter_changed(x, s):
    x *= s
    x[0] = x[1]
    return x


def parameter_changed_in_a_loop(x, s):
    for k in range(1, 6):
        x[k] += s * x[k - 1]
    return np.sum(x * x)


def parameter_view_changed(x, s):
    v = x[::2]
    v *= s
    return x * x[0]


def parameter_changed_sometimes(x, s):
    if s > 2.0:
        x = x.copy()
    x[0] = s
    return x


def parameter_passed_on(x, s):
    scale(x, s)
    return x * x


def parameter_returned_view(x, s):
    shift(x, s)
    return x[1:-1]


def parameter_sorted(x, s):
    x.sort()
    return x * s


def parameter_as_out(x, s):
    return np.multiply(x, s, out=x)


PROGRAMS = [
    returns_none, in_a_loop, in_a_branch, view_returned, view_returned_in_a_loop, two_views_returned,
    argument_returned, view_given, buffers_given, buffer_given_by_name, keyword_and_default, elements_swapped,
    bubble_sort, list_given, list_given_straight, dict_given, recursion, recursion_in_place,
    lambda_that_writes, partial_of_a_procedure, procedure_in_a_list, procedure_by_name, early_return,
    starred_arguments, captured, captured_in_a_loop, captured_work_array, captured_by_a_lambda,
    captured_twice, captured_default, parameter_changed, parameter_changed_in_a_loop, parameter_view_changed,
    parameter_changed_sometimes, parameter_passed_on, parameter_returned_view, parameter_sorted,
    parameter_as_out,
]  # fmt: skip


@pytest.mark.parametrize("fun", PROGRAMS)
def test_procedure(fun):
    agree(fun, X, S)


@pytest.mark.parametrize("fun", [row_given, matrix_given, captured_matrix])
def test_procedure_of_a_matrix(fun):
    agree(fun, M, S)
