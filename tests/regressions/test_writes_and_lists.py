"""Writes that say where by what they change, matrices of np.diag that are written, lists beside arrays."""

import numpy as np
import pytest
from agreement import agree

X = np.array([0.9, 0.6, 1.3])
S = 0.7


def mask_of_itself(x, s):
    y = x.copy()
    active = np.ones(3, dtype=bool)
    for _ in range(3):
        y[active] = s * y[active] ** 2
        active[active] = y[active] > 0.3
    return y


def places_of_itself(x, s):
    i = np.array([0, 1, 2])
    y = x.copy()
    for _ in range(3):
        y[i] *= s * x
        i[i] = i[::-1].copy()
        y[i] += x[0]
    return y


def matrix_of_a_diagonal(x, s):
    laplacian = np.diag(2.0 * x)
    for i in range(3):
        laplacian[i, i - 1] -= s * x[i]
        laplacian[i, i] += s
    return np.linalg.inv(laplacian) @ x


def matrix_of_a_diagonal_before_writes(x, s):
    laplacian = np.diag(s * x)
    held = {}
    for i, v in enumerate(x):
        held[i] = v
    for i, v in held.items():
        laplacian[0, i] -= v
    return np.linalg.eigvalsh(laplacian + laplacian.T)


def lists_beside_arrays(x, s):
    y = x + [s, 2 * s, 1.0]
    z = [s, x[0], 2.0] * x - [1.0, s, s] / x
    z += [s, s, s]
    return y * z**2 + (s, s, 2.0) @ x


@pytest.mark.parametrize(
    "f",
    [
        mask_of_itself,
        places_of_itself,
        matrix_of_a_diagonal,
        matrix_of_a_diagonal_before_writes,
        lists_beside_arrays,
    ],
)
def test_agrees(f):
    agree(f, X, S)
