"""Loops, branches and exits that were once differentiated wrongly, named after what must hold."""

import numpy as np
from agreement import agree

X = np.array([1.0, 2.0, 3.0, 4.0, 5.0])
M = np.arange(1.0, 13.0).reshape(4, 3) / 7.0


# ----- control flow -----


def test_variable_first_assigned_in_a_loop_and_read_after_it():
    def f(x):
        for i in range(3):
            last = x[i] * i
        return last * i

    agree(f, X)


def test_second_order_of_loops_and_branches():
    def f(x, n):
        h = x
        for i in range(n):
            h = np.tanh(h) * x
        return h

    def g(x):
        s = 0.0
        for i in range(5):
            if x[i] > 2.5:
                s = s + x[i] ** 3
            else:
                s = s * x[i]
        return s

    agree(f, X, 3, second=True)
    agree(g, X, second=True)


# ----- stores in branches and loops with exits -----


def test_store_in_a_branch_is_undone_with_the_value_before_it():
    def f(y, s):
        if s > 0.1:
            y[:] = np.cos(y)
        return y

    def g(x, s):
        y = x * 1
        if s > 0.1:
            y[1:] = y[:-1] * s
        z = y
        return z * z

    for s in (0.05, 0.5):
        agree(f, X, s)
        agree(g, X, s)


def test_store_in_a_loop_with_an_exit():
    def f(y):
        for i in range(3):
            if y[0] > 100.0:
                break
            y[:] = np.abs(y) * y
        return y

    agree(f, -X / 3)
    agree(f, 30.0 * X)


def test_variable_of_a_branch_that_is_not_taken():
    def f(x, s):
        h = s < 1
        if h:
            b = x
        if h:
            c = b * 0.8
        else:
            c = x * x
        return c

    agree(f, X, 0.5)
    agree(f, X, 1.5)


def test_lists_of_different_lengths_meet():
    def f(x):
        a = [x, x * 2] if x[0] > 0 else [x]
        return a[-1] * a[0]

    agree(f, X)
    agree(f, -X)


def test_list_returned_from_inside_a_loop():
    def f(x, limit):
        for i in range(3):
            if x[i] > limit:
                return [x * 2, x[0]]
        return [x, x[1]]

    agree(f, X, 1.5)
    agree(f, X, 9.0)


def test_slot_whose_shape_changes():
    def f(x):
        a = x
        for i in range(3):
            a = np.concatenate([a, a * x[i]])[1:]
        return a

    def g(x):
        a = x
        for i in range(3):
            a = np.convolve(a, x)
        return a

    agree(f, X)
    agree(g, X)


# ----- control flow, again -----


def test_exits_from_a_reversed_range():
    def f(x, n, limit):
        for i in reversed(range(n)):
            if x[i] < limit:
                return x * i
            x = x * x[i]
        return x

    agree(f, X / 3, 3, 0.0)
    agree(f, X / 3, 3, 0.8)


def test_loop_with_stores_inside_with():
    def f(m):
        with np.errstate(all="ignore"):
            for j in range(3):
                m *= m
        return m

    agree(f, M)


def test_try_except_finally_in_a_loop():
    def f(m):
        s = 0.0
        for t in m:
            try:
                s = s + np.sum(t)
            except ValueError:
                s = t[1]
            finally:
                u = s * 2.0
        return s * u

    agree(f, M)


def test_break_before_a_finally():
    def f(x):
        for i in range(3):
            try:
                if i == 1:
                    break
                x = x * 2
            finally:
                x = x * x
        return x

    agree(f, X)


def test_a_finally_that_reads_an_array_before_it_writes_it():
    def f(x):
        try:
            z = x * 1.0
        finally:
            y = +z
            z[1] = 0.0
        return y + z

    agree(f, X)
