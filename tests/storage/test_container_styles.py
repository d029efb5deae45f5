"""Lists the ways people use them: tables, histories, exchanged items, matrices by hand."""

import itertools

import numpy as np
import pytest
from agreement import agree
from writing import S, X

# ----- lists -----


def bubble_sort(x, s):
    y = [v * s for v in x]
    for n in range(5, 0, -1):
        for i in range(n):
            if y[i] > y[i + 1]:
                y[i], y[i + 1] = y[i + 1], y[i]
    return np.array(y) * x


def exchanged(x, s):
    y = [x[0], x[1], s]
    y[0], y[2] = y[2], y[0] * y[1]
    y[0], y[1] = y[1], y[0]
    return y[0] * y[1] + y[2]


def towers(x, s):
    pegs = [[x[0], x[1], x[2]], [], []]
    pegs[1].append(pegs[0].pop() * s)
    pegs[2].append(pegs[0].pop())
    pegs[2].append(pegs[1].pop())
    return pegs[2][0] * pegs[2][1] + pegs[0][0]


def moved_between_lists(x, s):
    todo, done = [v for v in x], []
    while todo:
        done.append(todo.pop() * s ** len(todo))
    return done[0] * done[-1] + done[2]


def copied_by_a_slice(x, s):
    y = [x[0], x[1], x[2]]
    z = y[:]
    z[0] = s
    y[1] *= z[0]
    return sum(y) * sum(z)


def stored_at_the_whole_slice(x, s):
    y = [x[0], x[1]]
    z = y
    y[:] = [v * s for v in y]
    return z[0] * z[1]


def shifted_queue(x, s):
    recent = [0.0, 0.0, 0.0]
    total = 0.0
    for v in x:
        recent = recent[1:] + [v]
        total += recent[0] * recent[2] * s
    return total


def starred_display(x, s):
    y = [x[0]]
    for v in x[1:4]:
        y = [*y, y[-1] * v]
    first, *middle, last = y
    return first * last + sum(middle) * s


def transposed_by_zip(x, s):
    rows = [[x[0], x[1]], [x[2], s]]
    columns = [list(c) for c in zip(*rows)]
    columns[0][1] *= s
    return columns[0][0] * columns[0][1] + columns[1][0] * columns[1][1]


def gaussian_elimination_of_lists(x, s):
    rows = [[x[0] + 1.0, x[1], s], [x[2], x[3] + 2.0, x[4]]]
    for i in range(2):
        pivot = rows[i][i]
        rows[i] = [v / pivot for v in rows[i]]
        for j in range(2):
            if j != i:
                f = rows[j][i]
                rows[j] = [a - f * b for a, b in zip(rows[j], rows[i])]
    return rows[0][2] * rows[1][2]


def exchanged_rows(x, s):
    rows = [x[:3] * s, x[3:] + s]
    rows[0], rows[1] = rows[1], rows[0]
    rows[0] = rows[0] * rows[1]
    return rows[0] + rows[1]


def exchanged_rows_then_written(x, s):
    rows = [x[:3] * s, x[3:] + s]
    rows[0], rows[1] = rows[1], rows[0]
    rows[0] *= rows[1]
    return rows[0] + rows[1]


def enumerated_and_stored(x, s):
    y = [v for v in x]
    for i, v in enumerate(y):
        y[i] = v * s
        if i > 0:
            y[i] += y[i - 1]
    return y[-1] * y[2]


def read_while_it_changes(x, s):
    y = [x[0], x[1], x[2]]
    for i, v in enumerate(y):
        if i < 2:
            y[i + 1] = y[i + 1] * v
    return y[2] * s


def grown_while_read(x, s):
    y = [x[0]]
    for v in y:
        if len(y) < 5:
            y.append(v * s + x[len(y)])
    return y[-1] * y[1]


def prefix_sums(x, s):
    total, sums = 0.0, [0.0]
    for v in x:
        total += v * s
        sums.append(total)
    return np.array([sums[i + 2] - sums[i] * s for i in range(5)])


def accumulated(x, s):
    y = list(itertools.accumulate(v * s for v in x))
    return y[-1] * y[2]


def flattened(x, s):
    groups = [[x[0], x[1]], [s], []]
    flat = [v for g in groups for v in g]
    flat[0] *= s
    return flat[0] * flat[2] + groups[0][0]


def lists_added(x, s):
    flat = sum([[x[0], s], [x[1]]], [])
    return flat[0] * flat[1] + flat[2] ** 2


def list_as_matrix(x, s):
    table = [[0.0] * 3 for _ in range(3)]
    for i in range(3):
        for j in range(3):
            table[i][j] = x[i] * x[j + 3] + (table[i - 1][j] * s if i else 0.0)
    return sum(table[i][2 - i] for i in range(3)) * np.sum(np.array(table))


def table_of_zeros_by_multiplication(x, s):
    # the rows are one list
    table = [[0.0, 0.0]] * 2
    table[0][1] = x[0] * s
    table[1][0] = table[0][1] * x[1]
    return table[0][0] * table[1][1]


def dynamic_programme(x, s):
    best = [0.0] * 7
    for i in range(1, 7):
        take = x[i - 1] + (best[i - 2] if i > 1 else 0.0) * s
        best[i] = take if take > best[i - 1] else best[i - 1]
    return best[6]


def backtracked(x, s):
    path = []
    best = [0.0]

    def walk(k, total):
        if k == 3:
            if total > best[0]:
                best[0] = total
            return
        for v in (x[k], x[k + 3] * s):
            path.append(v)
            walk(k + 1, total + v * len(path))
            path.pop()

    walk(0, 0.0)
    return best[0]


def mixed_items(x, s):
    record = [0, x[0], "name", x[1:3] * s]
    record[0] += 2
    record[1] = record[1] * record[0]
    record[3] = record[3] * record[1]
    return record[3]


def list_in_a_tuple(x, s):
    state = ([x[0]], {"n": s})
    for k in range(2):
        state[0].append(state[0][-1] * state[1]["n"])
        state[1]["n"] = state[1]["n"] + x[k]
    return state[0][-1] * state[1]["n"]


def tuple_extended_in_a_loop(x, s):
    y = (s,)
    for v in x[:3]:
        y += (v * y[-1],)
    return y[0] * y[1] + y[3]


def flags(x, s):
    done = [False] * 6
    total = 0.0
    for k in (3, 1, 3, 5):
        if not done[k]:
            total += x[k] * s
            done[k] = True
        else:
            total *= x[k]
    return total


def arrays_collected_and_joined(x, s):
    parts = []
    u = x.copy()
    while len(u) > 1:
        u = u[1:] * u[:-1] * s
        parts.append(u)
    return np.concatenate(parts)


def arrays_collected_and_stacked(x, s):
    u, frames = x * s, [x]
    for _ in range(2):
        u = np.sin(u) + frames[-1]
        frames.append(u)
    return np.stack(frames)[:, ::2]


def krylov(x, s):
    a = np.outer(x[:3], x[3:]) + np.eye(3) * s
    basis = [np.ones(3)]
    for _ in range(2):
        v = a @ basis[-1]
        for b in basis:
            v = v - (b @ v) * b / 3.0
        basis.append(v)
    return np.array(basis)


def krylov_in_place(x, s):
    a = np.outer(x[:3], x[3:]) + np.eye(3) * s
    basis = [np.ones(3)]
    for _ in range(2):
        v = a @ basis[-1]
        for b in basis:
            v -= (b @ v) * b / 3.0
        basis.append(v)
    return np.array(basis)


PROGRAMS = [
    bubble_sort, exchanged, towers, moved_between_lists, copied_by_a_slice, stored_at_the_whole_slice,
    shifted_queue, starred_display, transposed_by_zip, gaussian_elimination_of_lists, exchanged_rows,
    exchanged_rows_then_written, enumerated_and_stored, read_while_it_changes, grown_while_read,
    prefix_sums, accumulated, flattened, lists_added, list_as_matrix, table_of_zeros_by_multiplication,
    dynamic_programme, backtracked, mixed_items, list_in_a_tuple, tuple_extended_in_a_loop, flags,
    arrays_collected_and_joined, arrays_collected_and_stacked, krylov, krylov_in_place,
]  # fmt: skip


@pytest.mark.parametrize("fun", PROGRAMS)
def test_style(fun):
    agree(fun, X, S)


SECOND = [
    bubble_sort, exchanged, moved_between_lists, dynamic_programme, arrays_collected_and_joined,
    prefix_sums,
]  # fmt: skip


@pytest.mark.parametrize("fun", SECOND)
def test_second_order(fun):
    agree(fun, X, S, second=True)
