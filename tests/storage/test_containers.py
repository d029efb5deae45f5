"""Lists that grow and change, and arrays that are written while they stand in one."""

import numpy as np
import pytest
from agreement import agree
from writing import S, X

# ----- lists of numbers -----


def appended(x, s):
    history = []
    for v in x:
        history.append(v * s)
    return np.array(history)


def appended_and_read(x, s):
    y = [x[0]]
    for k in range(1, 5):
        y.append(y[-1] * x[k] + s)
    return sum(y)


def fibonacci(x, s):
    y = [x[0], x[1]]
    while len(y) < 7:
        y.append(y[-1] * s + y[-2])
    return y[-1]


def appended_in_a_branch(x, s):
    large = []
    for v in x:
        if v > 0.45:
            large.append(v * v)
    return np.sum(large) * s


def appended_in_two_branches(x, s):
    small, large = [], []
    for v in x:
        if v > 0.6:
            large.append(v)
        else:
            small.append(v * s)
    return sum(small) * sum(large)


def extended(x, s):
    y = [s]
    y.extend([x[0], x[1] * s])
    y.extend(v * v for v in x[2:])
    y.extend(x)
    return np.prod(np.array(y))


def inserted(x, s):
    y = [x[0], x[1]]
    y.insert(1, s * x[2])
    y.insert(0, y[-1] * s)
    return y[0] * y[1] + y[2] * y[3]


def inserted_in_a_loop(x, s):
    y = []
    for v in x:
        y.insert(0, v * s)
    return np.dot(np.array(y), x)


def popped(x, s):
    y = [x[0], x[1], x[2]]
    last = y.pop()
    first = y.pop(0)
    return last * first + y[0] * s


def stored(x, s):
    y = [0.0] * 4
    for k in range(4):
        y[k] = x[k] * x[k + 1]
    return y[0] * y[3] + y[1] * s


def stored_and_read(x, s):
    y = [x[0]] * 5
    for k in range(1, 5):
        y[k] = y[k - 1] * s + x[k] * y[k]
    return y[4]


def augmented_item(x, s):
    y = [1.0, 2.0, 3.0]
    for k in range(6):
        y[k % 3] += x[k] * s
        y[k % 3] *= y[(k + 1) % 3]
    return y[0] + y[1] * y[2]


def augmented_item_straight(x, s):
    y = [x[0], x[1]]
    y[0] += s
    y[1] *= y[0]
    y[-1] -= y[0] ** 2
    return y[0] * y[1]


def stored_at_a_slice(x, s):
    y = [x[0], x[1], x[2], x[3]]
    y[1:3] = [s, s * x[4], x[5]]
    y[:1] = []
    return y[0] * y[1] + y[2] * y[3]


def deleted(x, s):
    y = [x[0], x[1], x[2] * s, x[3]]
    del y[1]
    del y[-1]
    return y[0] * y[1]


def deleted_slice(x, s):
    y = [v * s for v in x]
    del y[1:3]
    return y[1] * y[2]


def added(x, s):
    y = [x[0]]
    z = y
    y += [x[1] * s]
    y = y + [s]
    return sum(y) * sum(z)


def added_in_a_loop(x, s):
    y = []
    for v in x:
        y += [v, v * s]
    return y[1] * y[-2] + y[4]


def multiplied(x, s):
    y = [x[0], s] * 3
    y[0] = x[1]
    y *= 2
    return y[0] * y[6] + y[2] * y[5]


def comprehended(x, s):
    y = [v * s for v in x if v > 0.35]
    z = [a * b for a, b in zip(y, y[1:])]
    return sum(z)


def comprehended_and_stored(x, s):
    y = [0.0 for _ in range(6)]
    for i, v in enumerate(x):
        y[i] = v * v
        y[i - 1] += y[i] * s
    return np.array(y)


def nested_comprehension(x, s):
    table = [[a * b for a in x[:3]] for b in x[3:]]
    return sum(row[i] * s for i, row in enumerate(table))


def reversed_in_place(x, s):
    y = [v * s for v in x]
    y.reverse()
    return y[0] * y[1] + y[5]


def sorted_in_place(x, s):
    y = [v * s for v in x]
    y.sort()
    return y[0] * y[1] + y[5] * 3


def sorted_by_key(x, s):
    y = [(v * s, k) for k, v in enumerate(x)]
    y.sort(key=lambda p: -p[0])
    return y[0][0] * y[1][0] + y[0][1]


def cleared(x, s):
    y = [x[0], x[1]]
    total = sum(y)
    y.clear()
    y.append(s)
    return total * y[0]


def copied_list(x, s):
    y = [x[0], x[1]]
    z = y.copy()
    w = list(y)
    y[0] = s
    z[1] *= y[0]
    return z[0] * z[1] + w[0] * y[1]


def aliased_list(x, s):
    y = [x[0], x[1]]
    z = y
    z[0] = s * x[2]
    z.append(x[3])
    return y[0] * y[2]


def stack(x, s):
    pending, total = [x[0]], 0.0
    while pending:
        v = pending.pop()
        total += v * s
        if v > 0.1:
            pending.append(v * 0.5)
            pending.append(v * v * 0.2)
    return total


def stack_of_pairs(x, s):
    pending = [(0, 6, s)]
    total = 0.0
    while pending:
        lo, hi, w = pending.pop()
        if hi - lo == 1:
            total += w * x[lo]
        else:
            mid = (lo + hi) // 2
            pending.append((lo, mid, w * 0.5))
            pending.append((mid, hi, w * w))
    return total


def queue(x, s):
    waiting = [v for v in x[:3]]
    for k in range(5):
        v = waiting.pop(0)
        waiting.append(v * s + x[k])
    return waiting[0] * waiting[1] + waiting[2]


def postfix(x, s):
    values = []
    for token in ["a", "b", "+", "c", "*", "a", "-"]:
        if token == "a":
            values.append(x[0])
        elif token == "b":
            values.append(s)
        elif token == "c":
            values.append(x[1] * x[2])
        else:
            b, a = values.pop(), values.pop()
            values.append(a + b if token == "+" else a * b if token == "*" else a - b)
    return values[0]


def returned_list(x, s):
    y = [s]
    for v in x[:3]:
        y.append(v * y[-1])
    return y


def window(x, s):
    recent, out = [], []
    for v in x:
        recent.append(v)
        if len(recent) > 3:
            recent = recent[1:]
        out.append(sum(recent) / len(recent) * s)
    return np.array(out)


def removed_and_counted(x, s):
    order = [2, 0, 1]
    order.remove(0)
    order.append(4)
    total = 0.0
    for k in order:
        total = total * s + x[k]
    return total


# ----- lists of arrays, lists of lists -----


def history_of_copies(x, s):
    h, rows = x.copy(), []
    for _ in range(3):
        rows.append(h.copy())
        h *= s
    return np.array(rows)


def history_of_references(x, s):
    h, rows = x.copy(), []
    for _ in range(3):
        rows.append(h)
        h += s * x
    return rows[0] * rows[1]


def appended_then_changed(x, s):
    rows = []
    h = x * s
    rows.append(h)
    h += 1.0
    h *= h
    return rows[0]


def appended_then_changed_in_a_loop(x, s):
    rows = []
    for k in range(3):
        h = x * (s + k)
        rows.append(h)
        h += k
    return np.sum(rows, axis=0)


def rows_changed(x, s):
    rows = [x * s, x + s]
    rows[0] += 1.0
    rows[1][2] = s
    rows[0][1:] *= rows[1][:-1]
    return rows[0] * rows[1]


def rows_changed_in_a_loop(x, s):
    rows = [x * s, x + s, x.copy()]
    for row in rows:
        row *= s
        row[0] = x[1]
    return rows[0] * rows[1] + rows[2]


def rows_changed_by_index(x, s):
    rows = [np.zeros(3) for _ in range(2)]
    for k in range(6):
        rows[k % 2][k // 2] += x[k] * s
    return rows[0] * rows[1]


def rows_replaced(x, s):
    rows = [x, x]
    for k in range(4):
        rows[k % 2] = rows[k % 2] * s + rows[(k + 1) % 2]
    return rows[0] * rows[1]


def row_shared(x, s):
    rows = [x * s] * 2
    rows[0][0] = s
    rows[1] *= 2.0
    return rows[0] + rows[1]


def grid_of_lists(x, s):
    grid = [[0.0] * 3 for _ in range(2)]
    for k in range(6):
        grid[k // 3][k % 3] = x[k] * s
    for j in range(3):
        grid[1][j] += grid[0][j] * grid[0][2 - j]
    return sum(grid[1])


def matrix_product_of_lists(x, s):
    a = [[x[0], x[1]], [x[2], s]]
    b = [[0.0, 0.0], [0.0, 0.0]]
    for i in range(2):
        for j in range(2):
            for k in range(2):
                b[i][j] += a[i][k] * a[k][j]
    return b[0][0] * b[1][1] - b[0][1] * b[1][0]


def ragged(x, s):
    rows = []
    for k in range(3):
        rows.append([])
        for j in range(k + 1):
            rows[k].append(x[j] * s**k)
    return sum(row[-1] * row[0] for row in rows)


def buckets(x, s):
    buckets = [[], []]
    for v in x:
        buckets[int(v > 0.6)].append(v * s)
    return sum(buckets[0]) * sum(buckets[1])


def row_of_a_list_renamed(x, s):
    rows = [x * s, x + s]
    first = rows[0]
    first[2] = s
    rows[0] = first * first
    first *= 3.0
    return rows[0] + first + rows[1]


def popped_row_changed(x, s):
    rows = [x * s, x + s]
    last = rows.pop()
    last *= x
    rows.append(last)
    last[0] = s
    return rows[0] * rows[1]


def tuple_of_arrays_changed(x, s):
    pair = (x * s, x + s)
    pair[0][:] = pair[1] * s
    a, b = pair
    a += b
    return pair[0] * pair[1]


def tuple_of_arrays_in_a_loop(x, s):
    state = (x.copy(), np.zeros_like(x))
    for _ in range(3):
        q, p = state
        p -= s * q
        q += s * p
    return state[0] * state[1]


def tuple_returned_in_a_loop(x, s):
    state = (x.copy(), np.zeros_like(x))
    for _ in range(3):
        q, p = state
        state = (q + s * p, p - s * q)
    return state


def layers(x, s):
    weights = [x[:2] * s, x[2:4], x[4:]]
    h = np.array([1.0, 0.5])
    for w in weights:
        h = np.tanh(w * h)
    return h.sum()


def sgd_on_a_list(x, s):
    params = [x[:3].copy(), x[3:].copy()]
    for _ in range(3):
        grads = [2.0 * p for p in params]
        for p, g in zip(params, grads):
            p -= 0.1 * s * g
    return params[0] * params[1]


def momentum_on_lists(x, s):
    params = [x[:3].copy(), x[3:].copy()]
    speeds = [np.zeros_like(p) for p in params]
    for _ in range(3):
        for p, v in zip(params, speeds):
            v *= 0.9
            v -= s * p
            p += v
    return params[0] * params[1]


def momentum_by_index(x, s):
    params = [x[:3], x[3:]]
    speeds = [0.0, 0.0]
    for _ in range(3):
        for i in range(2):
            speeds[i] = 0.9 * speeds[i] - s * params[i]
            params[i] = params[i] + speeds[i]
    return params[0] * params[1]


PROGRAMS = [
    appended, appended_and_read, fibonacci, appended_in_a_branch, appended_in_two_branches, extended,
    inserted, inserted_in_a_loop, popped, stored, stored_and_read, augmented_item,
    augmented_item_straight, stored_at_a_slice, deleted, deleted_slice, added, added_in_a_loop,
    multiplied, comprehended, comprehended_and_stored, nested_comprehension, reversed_in_place,
    sorted_in_place, sorted_by_key, cleared, copied_list, aliased_list, stack, stack_of_pairs, queue,
    postfix, returned_list, window, removed_and_counted, history_of_copies, history_of_references,
    appended_then_changed, appended_then_changed_in_a_loop, rows_changed, rows_changed_in_a_loop,
    rows_changed_by_index, rows_replaced, row_shared, grid_of_lists, matrix_product_of_lists, ragged,
    buckets, row_of_a_list_renamed, popped_row_changed, tuple_of_arrays_changed,
    tuple_of_arrays_in_a_loop, tuple_returned_in_a_loop, layers, sgd_on_a_list, momentum_on_lists,
    momentum_by_index,
]  # fmt: skip


@pytest.mark.parametrize("fun", PROGRAMS)
def test_container(fun):
    agree(fun, X, S)
