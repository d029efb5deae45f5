"""Numerical programs the way they are written, each with several kinds of writes at once."""

import numpy as np
import pytest
from agreement import agree
from writing import M, S, X


def thomas(x, s):
    n = len(x)
    a, b, c, d = -0.1 * x, 2.0 + x * s, -0.2 * x, x.copy()
    for i in range(1, n):
        w = a[i] / b[i - 1]
        b[i] -= w * c[i - 1]
        d[i] -= w * d[i - 1]
    d[-1] /= b[-1]
    for i in range(n - 2, -1, -1):
        d[i] = (d[i] - c[i] * d[i + 1]) / b[i]
    return d


def cholesky(m, s):
    a = m @ m.T + np.eye(3) * s
    n = a.shape[0]
    low = np.zeros((n, n))
    for i in range(n):
        for j in range(i + 1):
            total = a[i, j] - low[i, :j] @ low[j, :j]
            low[i, j] = np.sqrt(total) if i == j else total / low[j, j]
    return low


def lu_in_place(m, s):
    a = m @ m.T + np.eye(3) * s
    for k in range(2):
        a[k + 1 :, k] /= a[k, k]
        a[k + 1 :, k + 1 :] -= np.outer(a[k + 1 :, k], a[k, k + 1 :])
    return a


def gram_schmidt(m, s):
    q = m.T.copy()
    for j in range(q.shape[1]):
        v = q[:, j]
        for i in range(j):
            v -= (q[:, i] @ v) * q[:, i]
        v /= np.sqrt(v @ v + s * 0.01)
    return q


def householder(m, s):
    r = m.T * s
    for k in range(3):
        v = r[k:, k].copy()
        v[0] += np.sqrt(v @ v)
        v /= np.sqrt(v @ v)
        r[k:, k:] -= 2.0 * np.outer(v, v @ r[k:, k:])
    return r


def viterbi(m, s):
    score = np.zeros((3, 4))
    score[0] = m[0]
    for t in range(1, 3):
        for j in range(4):
            score[t, j] = np.max(score[t - 1] * s + m[t, j])
    return score[-1]


def edit_distance(x, s):
    n = 4
    d = [[0.0] * n for _ in range(n)]
    for i in range(1, n):
        d[i][0] = d[i - 1][0] + s
        d[0][i] = d[0][i - 1] + s
    for i in range(1, n):
        for j in range(1, n):
            d[i][j] = min(d[i - 1][j] + s, d[i][j - 1] + s, d[i - 1][j - 1] + abs(x[i] - x[j + 1]))
    return d[n - 1][n - 1]


def soft_dtw(x, s):
    d = np.full((4, 4), 10.0)
    d[0, 0] = 0.0
    for i in range(1, 4):
        for j in range(1, 4):
            cost = (x[i] - x[j + 2]) ** 2
            d[i, j] = cost - s * np.log(
                np.exp(-d[i - 1, j] / s) + np.exp(-d[i, j - 1] / s) + np.exp(-d[i - 1, j - 1] / s)
            )
    return d[3, 3]


def n_bodies(x, s):
    q, v = x.reshape(3, 2) * 2.0, np.zeros((3, 2))
    for _ in range(2):
        acc = np.zeros_like(q)
        for i in range(3):
            for j in range(i + 1, 3):
                d = q[j] - q[i]
                f = d / (d @ d + s) ** 1.5
                acc[i] += f
                acc[j] -= f
        v += 0.1 * acc
        q += 0.1 * v
    return q


def runge_kutta_with_buffers(x, s):
    def slope(u, out):
        np.multiply(u, 1.0 - u, out=out)
        out *= s

    u = x.copy()
    k = np.empty((4, len(x)))
    stage = np.empty_like(x)
    h = 0.1
    for _ in range(3):
        slope(u, k[0])
        stage[:] = u + 0.5 * h * k[0]
        slope(stage, k[1])
        stage[:] = u + 0.5 * h * k[1]
        slope(stage, k[2])
        stage[:] = u + h * k[2]
        slope(stage, k[3])
        u += h / 6.0 * (k[0] + 2 * k[1] + 2 * k[2] + k[3])
    return u


def adams_bashforth(x, s):
    slopes = []
    u = x.copy()
    for k in range(5):
        slopes.append(-s * u**2)
        if len(slopes) < 3:
            u = u + 0.1 * slopes[-1]
        else:
            u = u + 0.1 / 12 * (23 * slopes[-1] - 16 * slopes[-2] + 5 * slopes[-3])
    return u


def history_matrix(x, s):
    h = np.zeros((4, 6))
    h[0] = x
    for k in range(3):
        now, then = h[k], h[k + 1]
        then[:] = now * s
        then[1:] += now[:-1]
        then[0] = now[-1]
    return h


def upwind(x, s):
    u = x.copy()
    for _ in range(3):
        speed = u - 0.6
        left, right = u - np.roll(u, 1), np.roll(u, -1) - u
        u -= s * 0.1 * np.where(speed > 0, speed * left, speed * right)
    return u


def ghost_cells(m, s):
    g = np.zeros((5, 6))
    g[1:-1, 1:-1] = m
    for _ in range(2):
        g[0], g[-1] = g[1], g[-2]
        g[:, 0], g[:, -1] = g[:, -2], g[:, 1]
        g[1:-1, 1:-1] += (
            0.1 * s * (g[2:, 1:-1] + g[:-2, 1:-1] + g[1:-1, 2:] + g[1:-1, :-2] - 4 * g[1:-1, 1:-1])
        )
    return g[1:-1, 1:-1]


def assembly(x, s):
    elements = np.array([[0, 1], [1, 2], [2, 3], [3, 4]])
    k = np.zeros((5, 5))
    for (i, j), e in zip(elements, x):
        block = e * np.array([[1.0, -1.0], [-1.0, 1.0]])
        k[np.ix_([i, j], [i, j])] += block
    k[0, :] = 0.0
    k[0, 0] = s
    f = np.zeros(5)
    f[-1] = 1.0
    return np.linalg.solve(k, f)


def scattered_forces(x, s):
    i, j = np.array([0, 1, 2, 0]), np.array([1, 2, 3, 3])
    q = x.copy()
    for _ in range(2):
        f = s * (q[j] - q[i])
        force = np.zeros_like(q)
        np.add.at(force, i, f)
        np.subtract.at(force, j, f)
        q += 0.1 * force
    return q


def scattered_forces_by_minus(x, s):
    i, j = np.array([0, 1, 2, 0]), np.array([1, 2, 3, 3])
    q = x.copy()
    for _ in range(2):
        f = s * np.sin(q[j] - q[i])
        force = np.zeros_like(q)
        np.add.at(force, i, f)
        np.add.at(force, j, -f)
        q += 0.1 * force
    return q


def recurrent_cell(x, s):
    h, c = np.zeros(2), np.zeros(2)
    outputs = np.zeros((3, 2))
    for t in range(3):
        z = np.tanh(x[2 * t : 2 * t + 2] + s * h)
        c *= 0.5
        c += z
        h = np.tanh(c)
        outputs[t] = h
    return outputs


def network_by_hand(x, s):
    w = [x[:4].reshape(2, 2) * 1.0, x[2:].reshape(2, 2) * 1.0]
    for _ in range(2):
        inputs = [np.array([1.0, 0.5])]
        for layer in w:
            inputs.append(np.tanh(layer @ inputs[-1]))
        delta = 2.0 * (inputs[-1] - s)
        for k in reversed(range(2)):
            delta = delta * (1.0 - inputs[k + 1] ** 2)
            step = np.outer(delta, inputs[k])
            delta = w[k].T @ delta
            w[k] = w[k] - 0.1 * step
    return np.sum(w[0] * w[1])


def power_iteration(m, s):
    a = m @ m.T
    v = np.ones(3)
    for _ in range(4):
        v = a @ v
        v /= np.sqrt(np.sum(v**2))
    return v * s


def conjugate_gradients(m, s):
    a = m @ m.T + np.eye(3) * s
    b = m[:, 0]
    x = np.zeros(3)
    r = b - a @ x
    p = r.copy()
    rr = r @ r
    for _ in range(2):
        ap = a @ p
        alpha = rr / (p @ ap)
        x += alpha * p
        r -= alpha * ap
        new = r @ r
        p *= new / rr
        p += r
        rr = new
    return x


def jacobi_sweeps(m, s):
    a = m[:, :3] + 3.0 * np.eye(3)
    b = m[:, 3] * s
    u = np.zeros(3)
    for _ in range(3):
        new = np.empty_like(u)
        for i in range(3):
            new[i] = (b[i] - a[i, :i] @ u[:i] - a[i, i + 1 :] @ u[i + 1 :]) / a[i, i]
        u = new
    return u


def gauss_seidel(m, s):
    a = m[:, :3] + 3.0 * np.eye(3)
    b = m[:, 3] * s
    u = np.zeros(3)
    for _ in range(3):
        for i in range(3):
            u[i] += (b[i] - a[i] @ u) / a[i, i]
    return u


def kalman(x, s):
    mean, p = np.zeros(2), np.eye(2)
    f = np.array([[1.0, 0.1], [0.0, 1.0]])
    h = np.array([1.0, 0.0])
    for z in x:
        mean = f @ mean
        p = f @ p @ f.T
        p[np.diag_indices(2)] += 0.1 * s
        gain = p @ h / (h @ p @ h + 0.5)
        mean += gain * (z - h @ mean)
        p -= np.outer(gain, h @ p)
    return mean


def fast_fourier(x, s):
    u = np.concatenate([x, x[:2] * s]) + 0j
    order = [0, 4, 2, 6, 1, 5, 3, 7]
    u[:] = u[order]
    size = 2
    while size <= 8:
        w = np.exp(-2j * np.pi * np.arange(size // 2) / size)
        for start in range(0, 8, size):
            low = u[start : start + size // 2]
            high = u[start + size // 2 : start + size]
            t = w * high
            high[:] = low - t
            low += t
        size *= 2
    return np.abs(u) ** 2


def histogram(x, s):
    bins = np.zeros(4)
    for v in x:
        k = int(v * 3)
        f = v * 3 - k
        bins[k % 4] += (1.0 - f) * s
        bins[(k + 1) % 4] += f
    return bins


def insertion_sort(x, s):
    u = x * s
    for i in range(1, len(u)):
        v, j = u[i], i - 1
        while j >= 0 and u[j] > v:
            u[j + 1] = u[j]
            j -= 1
        u[j + 1] = v
    return u * x


def quick_select(x, s):
    items = [v * s for v in x]
    k = 2
    while len(items) > 1:
        pivot = items[0]
        low = [v for v in items if v < pivot]
        high = [v for v in items if v > pivot]
        if k < len(low):
            items = low
        elif k == len(low):
            items = [pivot]
        else:
            k -= len(low) + 1
            items = high
    return items[0] ** 2


def polynomial_by_list(x, s):
    p = [1.0]
    for root in x[:3]:
        p = [a - root * b for a, b in zip(p + [0.0], [0.0] + p)]
    total = 0.0
    for c in p:
        total = total * s + c
    return total


def multigrid(x, s):
    def smooth(u, f, n):
        for _ in range(n):
            u[1:-1] = 0.5 * (u[:-2] + u[2:] + f[1:-1] * s)

    f = np.concatenate([x, x[:3]])
    u = np.zeros(9)
    smooth(u, f, 2)
    r = np.zeros(9)
    r[1:-1] = f[1:-1] + (u[:-2] - 2 * u[1:-1] + u[2:])
    coarse = np.zeros(5)
    smooth(coarse, r[::2], 3)
    u[::2] += coarse
    u[1::2] += 0.5 * (coarse[:-1] + coarse[1:])
    smooth(u, f, 1)
    return u


def exponential_average(x, s):
    out = np.empty_like(x)
    out[0] = x[0]
    for i in range(1, len(x)):
        out[i] = s * x[i] + (1 - s) * out[i - 1]
    return out


def delay_line(x, s):
    line = np.zeros(3)
    out = []
    for v in x:
        line[1:] = line[:-1]
        line[0] = v
        out.append(line @ np.array([s, s * s, 0.5]))
    return np.array(out)


def ring_buffer(x, s):
    ring = np.zeros(3)
    out = np.zeros(6)
    for i, v in enumerate(x):
        ring[i % 3] = v
        out[i] = ring.mean() * s + ring[(i + 1) % 3] ** 2
    return out


def normalised_attention(m, s):
    score = m @ m.T * s
    score[np.triu_indices(3, 1)] = -np.inf
    score -= score.max(axis=1, keepdims=True)
    np.exp(score, out=score)
    score /= score.sum(axis=1, keepdims=True)
    return score @ m


def log_sum_exp_rows(m, s):
    a = m * s
    top = a.max(axis=1, keepdims=True)
    a -= top
    np.exp(a, out=a)
    total = a.sum(axis=1)
    np.log(total, out=total)
    total += top[:, 0]
    return total


def clipped_steps(x, s):
    u = x.copy()
    for _ in range(3):
        g = 2.0 * u - s
        norm = np.sqrt(np.sum(g * g))
        if norm > 1.0:
            g /= norm
        u -= 0.3 * g
        u[u < 0.35] = 0.35
    return u


def relaxation_with_tolerance(x, s):
    u = x.copy()
    for k in range(50):
        old = u.copy()
        u[1:-1] = 0.5 * (u[:-2] + u[2:])
        u[1] *= s
        if np.max(np.abs(u - old)) < 1e-3:
            break
    return u


def priority_of_paths(x, s):
    distance = [0.0] + [100.0] * 3
    edges = [(0, 1, 0), (1, 2, 1), (0, 2, 2), (2, 3, 3)]
    for _ in range(3):
        for a, b, k in edges:
            if distance[a] + x[k] < distance[b]:
                distance[b] = distance[a] + x[k]
    return distance[3] * s


def spline_coefficients(x, s):
    n = len(x)
    h = 0.5 + s
    alpha = np.zeros(n)
    alpha[1:-1] = 3.0 * (x[2:] - 2 * x[1:-1] + x[:-2]) / h
    low, mu, z = np.ones(n), np.zeros(n), np.zeros(n)
    for i in range(1, n - 1):
        low[i] = 4.0 * h - h * mu[i - 1]
        mu[i] = h / low[i]
        z[i] = (alpha[i] - h * z[i - 1]) / low[i]
    c = np.zeros(n)
    for j in range(n - 2, -1, -1):
        c[j] = z[j] - mu[j] * c[j + 1]
    return c


ARRAYS = [
    thomas, edit_distance, soft_dtw, n_bodies, runge_kutta_with_buffers, adams_bashforth, history_matrix,
    upwind, assembly, scattered_forces, scattered_forces_by_minus, recurrent_cell, network_by_hand, kalman,
    fast_fourier, histogram, insertion_sort, quick_select, polynomial_by_list, multigrid,
    exponential_average, delay_line, ring_buffer, clipped_steps, relaxation_with_tolerance,
    priority_of_paths, spline_coefficients,
]  # fmt: skip
MATRICES = [
    cholesky, lu_in_place, gram_schmidt, householder, viterbi, ghost_cells, power_iteration,
    conjugate_gradients, jacobi_sweeps, gauss_seidel, normalised_attention, log_sum_exp_rows,
]  # fmt: skip


@pytest.mark.parametrize("fun", ARRAYS)
def test_algorithm(fun):
    agree(fun, X, S)


@pytest.mark.parametrize("fun", MATRICES)
def test_algorithm_of_a_matrix(fun):
    agree(fun, M, S)
