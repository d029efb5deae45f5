"""Values that are a number on one path and an array on another: their tangents and adjoints have their shape."""

import numpy as np
import pytest
from agreement import problems

X = np.arange(1.0, 5.0)


def summed_by_rows(x, n):
    u = x if n > 1 else x[0]
    t = np.ones((4, 4)) - u
    return np.sum(np.mean(t, axis=1))


def transposed(x, n):
    u = x if n > 1 else x[0]
    t = u + np.zeros((4, 4))
    return np.transpose(t) * 2.0


def multiplied(x, n):
    u = x if n > 1 else x[0]
    t = u + np.zeros((4, 4))
    return t.T @ x


def reshaped(x, n):
    u = x if n > 1 else x[0]
    t = np.maximum(u, np.full((2, 4), 2.5))
    return t.reshape(4, 2) @ np.ones(2)


def chosen(x, n):
    u = x if n > 1 else x[0]
    t = np.where(np.eye(4) > 0, u, 2.0)
    return np.cumsum(t, axis=0)[2]


def of_a_loop(x, n):
    u = 1
    for _ in range(n):
        u = x
    return np.sum(np.mean(np.ones((3, 4)) - u, axis=1)) + u


@pytest.mark.parametrize("fun", [summed_by_rows, transposed, multiplied, reshaped, chosen, of_a_loop])
@pytest.mark.parametrize("n", [0, 2])
def test_the_shape_of_what_has_no_tangent(fun, n):
    assert not problems(fun, (X, n), argnums=(0,))
