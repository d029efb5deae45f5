"""What the reverse sweep reads is saved on a tape, recomputed, or still there."""

import numpy as np
import pytest
from stages import source, sweeps

import adtrans

X = np.arange(1.0, 5.0)


def taped(fun, *args, **options):
    """What each iteration saves: the arguments of every `tape.append`."""
    forward, _ = sweeps(source(fun, *args, **options))
    rows = [row for row in forward if ".append(" in row]
    return [row.partition(".append(")[2][:-1] for row in rows]


# ----- no tape -----


def test_a_program_that_is_linear_in_its_storage_has_no_tape():
    def jacobi(a, b, steps):
        a, b = a.copy(), b.copy()
        for _ in range(steps):
            b[1:-1] = (a[:-2] + a[1:-1] + a[2:]) / 3.0
            a[1:-1] = (b[:-2] + b[1:-1] + b[2:]) / 3.0
        return np.sum(a**2)

    assert taped(jacobi, X, X, 3, argnums=(0, 1)) == []


def test_a_sum_has_no_tape_and_no_forward_loop():
    def f(x, n):
        total = 0.0
        for i in range(n):
            total = total + x[i] * x[i]
        return total

    forward, _ = sweeps(source(f, X, 3))
    assert forward == []


def test_what_only_inactive_arguments_decide_is_not_saved():
    def f(x, k, n):
        total = 0.0
        for i in range(n):
            total = total + k * x
        return total

    assert taped(f, 2.0, 0.5, 3) == []


def test_products_of_what_is_never_written_are_computed_again_where_that_leaves_no_tape():
    def f(a, k, n):
        y = np.zeros(4)
        for i in range(n):
            y[: i + 1] += k * (a[i] @ a[:, : i + 1])
        return np.sum(y)

    def g(a, k, n):
        y = np.zeros(4)
        for i in range(n):
            k = k * np.cos(y[i])
            y[: i + 1] += k * (a[i] @ a[:, : i + 1])
        return np.sum(y)

    A = np.outer(X, X + 1.0)
    assert taped(f, A, 0.5, 3, argnums=(0, 1)) == []
    assert len(taped(g, A, 0.5, 3, argnums=(0, 1))) == 1
    assert adtrans.check(f, A, 0.5, 3)
    assert adtrans.check(g, A / 9.0, 0.5, 3)


def test_the_shape_of_a_copy_is_asked_of_an_array_that_is_there_anyway():
    def f(p, n):
        for _ in range(n):
            old = p.copy()
            p[1:-1] = old[2:] + old[:-2]
        return np.sum(p)

    assert taped(f, X, 3) == []


# ----- one record an iteration -----


def test_heat_saves_the_laplacian_only():
    def heat(u, k, steps):
        u = u.copy()
        for _ in range(steps):
            u[1:-1] += k * (u[2:] - 2.0 * u[1:-1] + u[:-2])
        return np.sum(u * u)

    text = source(heat, X, 0.1, 3, argnums=(0, 1))
    assert taped(heat, X, 0.1, 3, argnums=(0, 1)) == ["t"]
    assert "t = u[2:] - 2.0 * u[1:-1] + u[:-2]" in text


def test_heat_saves_nothing_where_its_rate_is_not_active():
    def heat(u, k, steps):
        u = u.copy()
        for _ in range(steps):
            u[1:-1] += k * (u[2:] - 2.0 * u[1:-1] + u[:-2])
        return np.sum(u * u)

    assert taped(heat, X, 0.1, 3) == []


def test_a_slot_is_saved_by_its_parameter():
    def logistic_map(x, r, n):
        for i in range(n):
            x = r * x * (1.0 - x)
        return x

    assert taped(logistic_map, 0.3, 3.1, 7, argnums=(0, 1)) == ["x"]


def test_the_yield_of_a_slot_is_read_back_as_the_next_parameter():
    def f(w, x, n):
        h = x
        for i in range(n):
            h = np.tanh(w @ h)
        return np.sum(h)

    assert taped(f, np.ones((4, 4)), X, 3) == ["h"]


def test_several_values_are_one_record():
    def f(x, y, n):
        for i in range(n):
            x, y = x * y, np.sin(x)
        return x + y

    (record,) = taped(f, 2.0, 3.0, 3, argnums=(0, 1))
    assert record.startswith("(") and record.count(",") == 1


# ----- recomputed -----


def test_index_arithmetic_and_views_are_recomputed():
    def f(x, w, n):
        for i in range(n):
            k = 2 * i + 1
            v = w[k:]
            x = np.sin(x) * np.sum(v) * k
        return x

    (record,) = taped(f, 2.0, X, 2)
    assert record in ("x", "(x, t)")
    assert "2 * i + 1" in "\n".join(sweeps(source(f, 2.0, X, 2))[1])


def test_items_of_what_is_never_written_are_read_again():
    def f(x, n):
        total = 1.0
        for i in range(n):
            total = total * x[i]
        return total

    assert taped(f, X, 3) == ["total"]


def test_random_numbers_are_saved_not_drawn_again():
    def f(x, n, rng):
        for i in range(n):
            x = x * rng.standard_normal()
        return x

    forward, reverse = sweeps(source(f, 2.0, 3, np.random.default_rng(0)))
    assert "\n".join(forward).count("standard_normal()") == 1
    assert "standard_normal" not in "\n".join(reverse)


# ----- branches -----


def test_a_condition_that_can_be_computed_again_is_not_saved():
    def f(x, n):
        total = 0.0
        for i in range(n):
            if i % 2 == 0:
                total = total + x[i] * x[i]
            else:
                total = total + np.sin(x[i])
        return total

    assert taped(f, X, 3) == []


def test_a_condition_on_a_slot_is_decided_by_the_saved_slot():
    def f(x, n):
        for i in range(n):
            if x > 1.0:
                x = np.sin(x)
            else:
                x = x * x
        return x

    assert taped(f, 2.0, 3) == ["x"]


def test_the_branch_of_a_function_needs_no_tape():
    def f(x, k):
        if k > 0:
            y = np.sin(x)
            z = y * y
        else:
            z = x
        return np.sum(z)

    assert taped(f, X, 0.5) == []


# ----- the number of iterations -----


def test_a_counted_loop_is_reversed_by_its_range():
    def f(x, n):
        for i in range(1, n, 2):
            x = np.sin(x) * i
        return x

    assert "in reversed(range(1, n, 2)):" in source(f, 2.0, 7)


def test_a_loop_with_an_exit_counts_its_trips():
    def f(x, n):
        for i in range(n):
            if x > 10.0:
                break
            x = x * x
        return x

    text = source(f, 2.0, 5)
    assert "trips += 1" in text
    assert "[:trips]):" in text


def test_a_while_is_reversed_until_its_tape_is_empty():
    def newton_sqrt(a, tol):
        x = a
        while abs(x * x - a) > tol:
            x = 0.5 * (x + a / x)
        return x

    assert "while tape:" in source(newton_sqrt, 2.0, 1e-12)


@pytest.mark.parametrize("depth", [1, 2, 3])
def test_nested_loops_save_in_one_order(depth):
    import adtrans

    def f(x, n, m):
        for i in range(n):
            for j in range(m):
                x = np.sin(x) * 1.5
            x = x * x
        return x

    assert adtrans.check(f, 1.3, depth, 2)
