"""What a store overwrites is put back in the reverse sweep, where something there reads it."""

import numpy as np
import pytest
from agreement import problems
from stages import source, sweeps

import adtrans

X = np.arange(1.0, 6.0)


def restored(fun, *args, **options):
    """The stores that the reverse sweep makes into the primal's array `y`."""
    _, reverse = sweeps(source(fun, *args, **options))
    return [row for row in reverse if row.startswith("y[") and " = " in row]


def right(fun, *args):
    """Whether vjp agrees with differences, and grad with vjp."""
    assert adtrans.check(fun, *args)
    value, (gradient,) = adtrans.vjp(fun)(*args, np.ones_like(fun(*args)))
    if np.ndim(value) == 0:
        np.testing.assert_allclose(adtrans.grad(fun)(*args), gradient)


def test_a_store_whose_old_value_is_read_again():
    def f(x, n):
        y = x.copy()
        for i in range(n):
            y[1:] = y[:-1] * y[1:]
        return np.sum(y)

    text = source(f, X, 3)
    assert "tape.append(y[1:].copy())" in text
    assert restored(f, X, 3) == ["y[1:] = tape.pop()"]
    right(f, X, 3)


def test_a_store_outside_of_loops_keeps_the_old_value_by_name():
    def f(x):
        y = x * 2.0
        z = y * y
        y[0] = 1.0
        return np.sum(z * y)

    assert "tape" not in source(f, X)
    right(f, X)


@pytest.mark.parametrize("kind", ["never read", "read before only by what is linear", "read after only"])
def test_a_store_that_needs_no_undoing(kind):
    def never(x):
        y = x * 2.0
        y[0] = 1.0
        return np.sum(y)

    def linear(x):
        y = x * 2.0
        s = np.sum(y)
        y[0] = 1.0
        return s + np.sum(y)

    def after(x):
        y = x * 2.0
        y[0] = 1.0
        return np.sum(y * y)

    chosen = {"never read": never, "read after only": after}.get(kind, linear)
    assert restored(chosen, X) == []
    right(chosen, X)


def test_what_reads_written_storage_is_saved_rather_than_restored():
    def f(u):
        y = np.zeros(5)
        for i in range(1, 5):
            y[i] = np.tanh(y[i - 1] + u[i])
        return y[4]

    assert restored(f, X) == []
    right(f, X)


def test_a_store_in_a_branch_is_undone_in_that_branch():
    def f(x, k):
        y = x * 1.0
        z = y * y
        if k > 0:
            y[:] = np.cos(y)
        return np.sum(z * y)

    text = source(f, X, 0.5)
    undo = text.index("y[:] = old")
    assert text.rindex("if ", 0, undo) > text.index("# reverse sweep")
    right(f, X, 0.5)
    right(f, X, -0.5)


def test_stores_are_undone_from_the_last_to_the_first():
    def f(x):
        y = x * 1.0
        a = y[0] * y[1]
        y[0] = y[1] * y[1]
        b = y[0] * y[1]
        y[1] = y[0] * y[0]
        return a * b * np.sum(y * y)

    right(f, X)


def test_a_mutated_argument_is_the_callers_own_again():
    def f(y):
        y[1:] *= y[:-1]
        return np.sum(y * y)

    x = X.copy()
    adtrans.grad(f)(x)
    np.testing.assert_array_equal(x, X)


def test_the_value_is_that_of_the_end_of_the_forward_sweep():
    def f(x, n):
        y = x.copy()
        for i in range(n):
            y[1:] = y[:-1] * y[1:]
        return y

    value, _ = adtrans.vjp(f)(X, 3, np.ones(5))
    np.testing.assert_array_equal(value, f(X, 3))


@pytest.mark.parametrize(
    "index",
    [0, -1, slice(None), slice(1, -1), slice(None, None, -1), [0, 2], np.array([1, 1, 3]), X > 2.0, ...],
)
def test_any_index(index):
    def f(x):
        y = x * 1.0
        z = np.sin(y)
        y[index] = y[index] * y[index]
        return np.sum(z * y * y)

    right(f, X)


@pytest.mark.parametrize(
    "store",
    [
        lambda y: np.copyto(y, y * y),
        lambda y: y.fill(2.0),
        lambda y: np.multiply(y, y, out=y),
        lambda y: np.square(y, out=y),
    ],
)
def test_library_functions_that_store(store):
    def f(x):
        y = x * 1.0
        z = y * y
        store(y)
        return np.sum(z * y)

    right(f, X)


def test_a_list_that_is_changed_after_its_items_were_used_is_right_or_refused():
    def f(x):
        y = [x, 2.0 * x]
        z = y[0] * y[1]
        y[0] = z
        return z * y[0] * y[1]

    try:
        right(f, 2.0)
    except adtrans.AdtransError as error:
        assert "list" in str(error)


# ----- restores that another one covers before anything reads -----


def linear(c, a, n):
    y = c.copy()
    y *= np.sum(a)
    for i in range(n):
        y[i] += a[i]
        y[:i] += a[i]
    return np.sum(y * a)


def scaled_row(c, a, n):
    y = c.copy()
    for i in range(n):
        y[: i + 1] *= a[i]
        for k in range(n):
            y[: i + 1] += a[k] * a[: i + 1]
    return np.sum(y * y)


def other_row(c, a, n):
    y = c.copy()
    for i in range(n):
        y[i] *= a[i]
        for k in range(n):
            y[k] += a[k] * a[i]
    return np.sum(y * y)


def read_on_one_way(c, a, n):
    y = c.copy()
    y *= a
    for i in range(n):
        if a[i] > 2.0:
            a = a * y[i]
        y[i] += a[i]
    return np.sum(y * a)


def at_places_that_change(c, a, n):
    y = c.copy()
    k = 0
    for i in range(n):
        y[k] *= a[i]
        k = (k + 2) % n
        y[k] += a[i]
    return np.sum(y * y)


def by_an_array_that_changes(c, a, n):
    y = c.copy()
    at = np.zeros(2, dtype=int)
    for i in range(n):
        y[at] = y[at] * a[i]
        at[0] = i
        y[at] += a[i] * a[0]
    return np.sum(y * y)


def through_a_view(c, a, n):
    y = c.copy()
    tail = y[1:]
    for i in range(n - 1):
        tail[i] *= a[i]
        y[i] += a[i] * a[0]
    return np.sum(y * y)


@pytest.mark.parametrize(
    "fun, count",
    [
        (linear, 1),
        (scaled_row, 1),
        (other_row, 2),
        (read_on_one_way, 1),
        (at_places_that_change, 2),
        (by_an_array_that_changes, 2),
        (through_a_view, 1),
    ],
)
def test_a_restore_that_is_covered_by_another_is_left_out(fun, count):
    assert adtrans.check(fun, X, X[::-1].copy() / 2.0, 4)
    value, gradients = adtrans.vjp(fun, (0, 1))(X, X[::-1].copy() / 2.0, 4, 1.0)
    for one, other in zip(gradients, adtrans.grad(fun, (0, 1))(X, X[::-1].copy() / 2.0, 4)):
        np.testing.assert_allclose(one, other)
    assert len(restored(fun, X, X[::-1].copy() / 2.0, 4, argnums=(0, 1))) == count


# ----- storage of a turn's own -----


def summed_anew(x, n):
    u = np.sin(x)
    for _ in range(n):
        t = np.zeros_like(x)
        for _ in range(2):
            t += x * u
        u = u * t
    return u


def kept_for_the_next_turn(x, n):
    kept, s = None, 0.0
    for i in range(n):
        t = x * (i + 1.0)
        if kept is not None:
            s = s + np.sum(kept**3)
        for k in range(2):
            t[k] = t[k] * t[k + 1]
        s = s + np.sum(np.sin(t))
        kept = t
    return s


def kept_in_a_list(x, n):
    rows, s = [], 0.0
    for i in range(n):
        t = x * (i + 1.0)
        rows.append(t)
        rows[-1][0] = np.exp(rows[0][1])
        s = s + np.sum(t**2)
        t *= 0.5
    return s + sum(np.sum(r**2) for r in rows)


def one_of_two(x, n):
    s, shared = 0.0, np.zeros(3)
    for i in range(n):
        t = shared if i % 2 else np.zeros(3)
        t += x * (i + 1)
        s = s + np.sum(t**3)
        t[0] = s
    return s


def carried_on(x, n):
    t = x * 1.0
    for _ in range(n):
        u = t
        t = u * 2.0
        u[0] = np.sin(u[1])
        t[1] = u[0] * t[0]
    return t


@pytest.mark.parametrize("n", [0, 1, 3])
@pytest.mark.parametrize("fun", [summed_anew, kept_for_the_next_turn, kept_in_a_list, one_of_two, carried_on])
def test_arrays_that_a_turn_makes(fun, n):
    assert not problems(fun, (np.array([0.3, 0.7, 1.1]), n), argnums=(0,), second=True)


def test_an_array_of_one_turn_is_not_put_back_for_another():
    x = np.array([0.3, 0.7, 1.1])
    source = adtrans.vjp(summed_anew, 0).specialize(x, 3, x).source
    assert source.count("tape.append") == 1 and "t.copy()" not in source
