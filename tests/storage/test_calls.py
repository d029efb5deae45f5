"""Calls that write between the parts of an expression, results that share memory, and who owns what a call is given."""

import copy
import functools
from dataclasses import dataclass

import numpy as np
import pytest
from agreement import agree, problems
from writing import M, S, X

import adtrans


def halve(u):
    u *= 0.5
    return u[0]


def bump(u, k, by=1.0):
    u[k] += by
    return u[k]


# ----- the order in which an expression reads and writes -----


def item_then_call(x, s):
    u = x.copy()
    return u[0] + halve(u) * u[0] * s


def array_then_call(x, s):
    # the array is read after the call has changed it: it is one object
    u = x.copy()
    return u * halve(u) + s * u


def sliced_array_then_call(x, s):
    u = x.copy()
    return u[1:] * halve(u) * s


def product_then_call(x, s):
    u = x.copy()
    return (u * s) * halve(u)


def augmented_by_a_call(x, s):
    u = x.copy()
    u += halve(u) * s
    return u


def augmented_item_by_a_call(x, s):
    # u[0] is read before the call
    u = x.copy()
    u[0] += halve(u) * s
    u[1:] *= halve(u)
    return u


def index_by_a_call(x, s):
    u = x.copy()

    def place():
        u[0] *= s
        return 1

    u[place()] = u[0] * u[1]
    u[place()] += u[0]
    return u


def display_with_a_call(x, s):
    u = x.copy()
    items = [u[0], halve(u), u[0], u.sum()]
    return items[0] * items[1] + items[2] * items[3] * s


def argument_after_a_call(x, s):
    u = x.copy()
    return np.dot(u, np.full(6, halve(u))) * s


def keyword_after_a_call(x, s):
    def combine(a, b, c):
        return a * b + c

    u = x.copy()
    return combine(c=u[0], a=halve(u), b=u[0] * s)


def comparison_with_a_call(x, s):
    u = x.copy()
    if u[0] > halve(u):
        u *= s
    return u


def short_circuit(x, s):
    u = x.copy()
    if s > 0.5 or halve(u) > 0:
        u[1] *= s
    if s > 0.5 and halve(u) > 0:
        u[2] *= s
    return u


def call_in_a_condition(x, s):
    u = x.copy()
    y = u[1] if halve(u) > 0.1 else u[2] * s
    return y * u[1] * s


def chained_calls(x, s):
    u = x.copy()
    return bump(u, 0, bump(u, 1, bump(u, 2, s))) * u


def call_in_a_slice(x, s):
    u = x.copy()
    y = u[int(halve(u) > 0) :] * s
    return y


def statement_expression(x, s):
    u = x.copy()
    bump(u, 0, s), bump(u, 0, u[1])
    [bump(u, k, s * u[k]) for k in range(3)]
    return u


def comprehension_with_a_call(x, s):
    u = x.copy()
    y = [bump(u, 0, s * v) for v in x]
    return np.array(y) * u[0]


def all_with_a_call(x, s):
    u = x.copy()
    if all(bump(u, k, s) > 0 for k in range(3)):
        u *= u
    return u


def mapped_call(x, s):
    u = x.copy()
    list(map(lambda k: bump(u, k, s), range(3)))
    return u * u[0]


def reduced_call(x, s):
    def add(u, v):
        u += v * s
        return u

    return functools.reduce(add, [x, x * x], np.zeros(6))


# ----- results that share memory -----


def twice_the_same(x, s):
    u = x * s
    return u, u


def array_and_view(x, s):
    u = x * s
    u[0] = s
    return u, u[1:]


def parameter_itself(x, s):
    return x


def view_of_a_parameter(x, s):
    return x[1:], x[::-1]


def written_parameter_and_view(x, s):
    v = x[1:]
    v *= s
    return x, v


def list_of_the_same(x, s):
    u = x * s
    return [u, u, u[:2]]


def overlapping_results(x, s):
    u = x * s
    u *= u
    return u[:4], u[2:]


def dict_of_views(m, s):
    a = m * s
    a[0] *= a[1]
    return {"row": a[0], "column": a[:, 0], "all": a}


# ----- defaults, copies -----


def optional_output(x, out=None):
    if out is None:
        out = np.zeros_like(x)
    out[1:] += x[:-1] * x[1:]
    return out


def without_output(x, s):
    return optional_output(x * s) * s


def with_output(x, s):
    u = x.copy()
    optional_output(x * s, u)
    optional_output(u, out=u)
    return u


def optional_output_in_a_loop(x, s):
    out = None
    for k in range(3):
        out = optional_output(x * s, out)
    return out


def workspace(x, s, work=None):
    work = np.empty_like(x) if work is None else work
    np.multiply(x, s, out=work)
    work[0] = s
    return work * x


def shallow_copy_of_a_list(x, s):
    rows = [x * s, x + s]
    other = rows.copy()
    other[0] = other[0] * 2.0
    return rows[0] * other[0] + other[1]


def copied_array(x, s):
    u = x * s
    v = copy.copy(u)
    w = copy.deepcopy(u)
    u *= 2.0
    v[0] = s
    return u * v * w


def deep_copy_of_a_list(x, s):
    rows = [x * s, x + s]
    other = copy.deepcopy(rows)
    other[0] *= 2.0
    return rows[0] * other[0]


def shallow_copy_then_written(x, s):
    rows = [x * s, x + s]
    other = list(rows)
    other[0] *= 2.0
    return rows[0] * other[1]


def shallow_copy_of_a_dict(x, s):
    d = {"a": x * s, "b": x + s}
    e = dict(d)
    e["a"] = e["b"] * s
    return d["a"] * e["a"]


def rows_of_a_matrix_in_a_list(m, s):
    a = m * s
    rows = [a[i] for i in range(3)]
    rows[0] *= rows[1]
    return a


def list_of_a_matrix(m, s):
    a = m * s
    for row in list(a):
        row *= s
    return a


def row_appended_then_matrix_changed(m, s):
    a = m * s
    rows = []
    for i in range(3):
        rows.append(a[i])
        a[i] *= s
    a *= 2.0
    return rows[0] * rows[1] * rows[2]


def stop_gradient_of_an_array(x, s):
    u = x.copy()
    v = adtrans.stop_gradient(u)
    u *= s
    return u * x


def checkpointed_procedure(x, s):
    @adtrans.checkpoint
    def sweep(u):
        u = u.copy()
        for k in range(1, 6):
            u[k] *= u[k - 1]
        return u

    u = sweep(x) * s
    return sweep(u)


def checkpointed_write(x, s):
    def sweep(u):
        u[1:] *= u[:-1] * s
        return u

    u = x.copy()
    adtrans.checkpoint(sweep)(u)
    return u


PROGRAMS = [
    item_then_call, array_then_call, sliced_array_then_call, product_then_call, augmented_by_a_call,
    augmented_item_by_a_call, index_by_a_call, display_with_a_call, argument_after_a_call,
    keyword_after_a_call, comparison_with_a_call, short_circuit, call_in_a_condition, chained_calls,
    call_in_a_slice, statement_expression, comprehension_with_a_call, all_with_a_call, mapped_call,
    reduced_call, twice_the_same, array_and_view, parameter_itself, view_of_a_parameter,
    written_parameter_and_view, list_of_the_same, overlapping_results, without_output, with_output,
    optional_output_in_a_loop, workspace, shallow_copy_of_a_list, copied_array, deep_copy_of_a_list,
    shallow_copy_then_written, shallow_copy_of_a_dict, checkpointed_procedure, checkpointed_write,
]  # fmt: skip
MATRICES = [dict_of_views, rows_of_a_matrix_in_a_list, list_of_a_matrix, row_appended_then_matrix_changed]


@pytest.mark.parametrize("fun", PROGRAMS)
def test_call(fun):
    agree(fun, X, S)


@pytest.mark.parametrize("fun", MATRICES)
def test_call_with_a_matrix(fun):
    agree(fun, M, S)


# ----- layouts of parameters -----


def ravelled(m, s):
    m.ravel()[1] = s
    return m * m


def copy_ravelled(m, s):
    a = m.copy()
    a.ravel()[1] = s
    return a * m


def like_ravelled(m, s):
    a = np.zeros_like(m)
    a.reshape(-1)[1] = s * m[0, 0]
    return a + m


def product_ravelled(m, s):
    a = m * s
    a.reshape(-1)[1] *= s
    return a


def written_rows(m, s):
    for row in m:
        row[1:] *= row[:-1]
    m.T[0] += s
    return m


BIG = np.arange(48.0).reshape(6, 8) / 48.0 + 0.1
LAYOUTS = {
    "C": M.copy(),
    "F": np.asfortranarray(M),
    "transposed": M.T.copy().T,
    "strided": BIG[::2, ::2],
    "reversed": BIG[:3, :4][::-1, ::-1],
    "one row": M[:1].copy(),
    "one column": M[:, :1].copy(),
    "empty": np.zeros((0, 4)),
}


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("fun", [ravelled, copy_ravelled, like_ravelled, product_ravelled, written_rows])
def test_layout(fun, layout):
    m = LAYOUTS[layout]
    if m.shape[1] == 1 or not m.size:
        m = m if fun is written_rows else np.asfortranarray(BIG[:2, :3])
    agree(fun, m, S)


@pytest.mark.parametrize("fun", [ravelled, copy_ravelled, like_ravelled, product_ravelled])
def test_one_derivative_for_two_layouts(fun):
    derivative = adtrans.vjp(fun)
    w = np.cos(M)
    for m in (M.copy(), np.asfortranarray(M), M.copy()):
        _, (bm,) = derivative(m, S, w)
        step = 1e-6
        for i in np.ndindex(M.shape):
            up, down = m.copy(order="K"), m.copy(order="K")
            up[i] += step
            down[i] -= step
            expected = np.sum(w * (fun(up, S) - fun(down, S))) / (2 * step)
            np.testing.assert_allclose(bm[i], expected, rtol=1e-6, atol=1e-8)


# ----- memory that parts of the arguments share -----


@dataclass
class Weights:
    w: np.ndarray
    b: np.ndarray


def dict_written(d, s):
    d["w"][0] = d["b"][1] * s
    return d["w"] * d["b"]


def list_written(d, s):
    d[0][0] = d[1][1] * s
    return d[0] * d[1]


def object_written(d, s):
    d.w[0] = d.b[1] * s
    return d.w * d.b


@pytest.mark.parametrize("mode", ["vjp", "jvp"])
@pytest.mark.parametrize(
    ("fun", "make"),
    [(dict_written, lambda w, b: {"w": w, "b": b}), (list_written, lambda w, b: [w, b]),
     (list_written, lambda w, b: (w, b)), (object_written, Weights)],
)  # fmt: skip
def test_shared_memory_inside_an_argument(fun, make, mode):
    """Right, or refused: as arrays apart, or with a clear error for shared ones."""
    agree(fun, make(X.copy(), X * X), S, modes=mode)
    w = X.copy()
    if mode == "vjp":
        call = lambda: adtrans.vjp(fun)(make(w, w), S, np.ones(6))
    else:
        call = lambda: adtrans.jvp(fun)(make(w, w), S, make(X, X))
    with pytest.raises((adtrans.AdtransError, ValueError), match="share|alias|overlap|same"):
        call()


def test_tied_weights_that_are_only_read():
    def f(d):
        return np.sum(d["w"] * d["b"])

    w = X.copy()
    gradient = adtrans.grad(f)({"w": w, "b": w})
    np.testing.assert_allclose(gradient["w"], X)
    np.testing.assert_allclose(gradient["b"], X)
    assert not np.shares_memory(gradient["w"], gradient["b"])


NO_WORK = np.zeros(6)


def default_array(x, s, work=NO_WORK):
    work[0] = x[0] * s
    return work * x


def default_list(x, s, seen=[]):
    seen.append(x[0] * s)
    return seen[0] * x


def test_a_default_that_is_written_keeps_its_value():
    """A default lives as long as its function: written, it is refused, or each call starts anew."""
    for fun in (default_array, default_list):
        try:
            adtrans.vjp(fun)(X, S, np.ones(6))
        except adtrans.AdtransError:
            pass
    assert np.all(default_array.__defaults__[0] == 0.0)
    assert default_list.__defaults__[0] == []


class Settings:
    table = np.ones(6)
    scale = 2.0


SETTINGS = Settings()
TABLES = {"a": np.ones(6)}


def reads_settings(x, s):
    u = x * SETTINGS.table * TABLES["a"]
    u[0] = SETTINGS.scale * s
    return u


def writes_settings(x, s):
    SETTINGS.scale = s
    return x * SETTINGS.scale


def writes_a_table_of_settings(x, s):
    SETTINGS.table[0] = s
    return x * SETTINGS.table


def writes_a_table_of_a_dict(x, s):
    TABLES["a"][0] = s
    return x * TABLES["a"]


def writes_what_may_be_a_table(x, s):
    t = TABLES["a"] if s > 0.5 else x.copy()
    t[0] = s
    return x * t


def writes_an_alias_of_a_table(x, s):
    t = np.asarray(SETTINGS.table).reshape(2, 3)
    t += s
    return x * t.ravel()


def copies_a_table(x, s):
    t = SETTINGS.table.copy()
    t[0] = s
    return x * t


def test_settings_are_read():
    agree(reads_settings, X, S)
    agree(copies_a_table, X, S)


@pytest.mark.parametrize("mode", ["vjp", "jvp"])
@pytest.mark.parametrize(
    "fun",
    [writes_settings, writes_a_table_of_settings, writes_a_table_of_a_dict, writes_what_may_be_a_table,
     writes_an_alias_of_a_table],
)  # fmt: skip
def test_settings_are_not_written(fun, mode):
    try:
        with pytest.raises(adtrans.AdtransError):
            problems(fun, (X, S), modes=mode)
    finally:
        SETTINGS.table[:] = TABLES["a"][:] = 1.0
        SETTINGS.scale = 2.0
