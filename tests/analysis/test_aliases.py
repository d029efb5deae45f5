"""Which values may share memory, and which memory is written."""

import copy
import importlib.util

import numpy as np
import pytest
from stages import named, typed

from adtrans.analysis.aliases import Aliases

X = np.arange(1.0, 5.0)
M = np.ones((3, 4))


def aliases(fun, *args):
    """The aliases of a program, and its values by the user's names."""
    function = typed(fun, *args).function
    return Aliases(function), lambda name: named(function, name)


def written(fun, *args):
    """Whether the memory behind `y` is written."""
    found, value = aliases(fun, *args)
    return found.is_written(value("y"))


# ----- views and copies -----


@pytest.mark.parametrize(
    "view",
    [
        lambda y: y[1:],
        lambda y: y[::-1],
        lambda y: y[0],
        lambda y: y[..., None],
        lambda y: y.T,
        lambda y: y.reshape(-1),
        lambda y: np.ravel(y),
        lambda y: np.transpose(y),
        lambda y: np.swapaxes(y, 0, 1),
        lambda y: np.asarray(y),
        lambda y: np.squeeze(y),
        lambda y: np.atleast_2d(y),
        lambda y: np.diagonal(y),
    ],
)
def test_a_view_shares_memory(view):
    def f(x):
        y = x * 2.0
        v = view(y)
        return np.sum(y) + np.sum(v)

    found, value = aliases(f, M)
    assert found.same(value("y"), value("v"))


@pytest.mark.parametrize(
    "made",
    [
        lambda y: y + 0.0,
        lambda y: y.copy(),
        lambda y: np.copy(y),
        lambda y: y[[0, 1]],
        lambda y: y[y > 0],
        lambda y: np.sin(y),
        lambda y: np.zeros_like(y),
        lambda y: y.astype(float),
        lambda y: np.concatenate([y, y]),
        lambda y: y.flatten(),
        lambda y: np.sum(y, axis=0),
        lambda y: copy.deepcopy(y),
    ],
)
def test_a_new_array_does_not(made):
    def f(x):
        y = x * 2.0
        v = made(y)
        return np.sum(y) + np.sum(v)

    found, value = aliases(f, M)
    assert not found.same(value("y"), value("v"))


def test_another_name_is_the_same_value():
    def f(x):
        y = x * 2.0
        z = y
        z[0] = 1.0
        return y

    assert written(f, X)


def test_numbers_share_nothing():
    def f(x):
        y = x[0]
        x[0] = 2.0 * y
        return y

    assert not written(f, X)


# ----- ways through regions and containers -----


def test_either_branch():
    def f(x, k):
        y = x * 2.0
        z = x * 3.0
        w = y if k > 0 else z
        w[0] = 1.0
        return y + z

    found, value = aliases(f, X, 0.5)
    assert found.is_written(value("y"))
    assert found.is_written(value("z"))


def test_buffers_swapped_in_a_loop():
    def f(x, n):
        a, b = x * 2.0, x * 3.0
        for i in range(n):
            a[0] = b[1]
            a, b = b, a
        return a

    found, value = aliases(f, X, 3)
    assert found.same(value("a"), value("b"))
    assert found.is_written(value("b"))


def test_rows_of_a_loop_are_views():
    def f(m):
        y = m * 2.0
        for row in y:
            row[0] = 1.0
        return y

    assert written(f, M)


def test_items_of_a_container_that_is_known_are_seen_through():
    def f(x):
        y = x * 2.0
        pair = (y, x * 3.0)
        pair[1][0] = 1.0
        return y

    assert not written(f, X)


def test_items_of_a_list_that_grows_share_memory_with_it():
    def f(x, n):
        y = x * 2.0
        kept = []
        for i in range(n):
            kept.append(y)
        kept[0][1] = 1.0
        return y

    assert written(f, X, 3)


# ----- writes -----


@pytest.mark.parametrize(
    "write",
    [
        lambda y: np.copyto(y, 1.0),
        lambda y: y.fill(1.0),
        lambda y: y.sort(),
        lambda y: np.add.at(y, [0], 1.0),
        lambda y: np.fill_diagonal(y, 1.0),
        lambda y: np.put(y, [0], 1.0),
        lambda y: np.exp(y, out=y),
        lambda y: np.multiply(y, 2.0, out=y),
    ],
)
def test_what_writes(write):
    def f(x):
        y = x * 2.0
        write(y)
        return y

    assert written(f, M)


@pytest.mark.parametrize("statement", ["y[0] = 1.0", "y += 1.0", "y[1:] *= 2.0", "y @= x"])
def test_statements_that_write(statement, tmp_path):
    path = tmp_path / "written.py"
    path.write_text(f"def f(x):\n    y = x * 2.0\n    {statement}\n    return y\n")
    spec = importlib.util.spec_from_file_location("written", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    assert written(module.f, np.ones((3, 3)))


def test_a_callee_that_writes():
    def fill(u):
        u[0] = 1.0

    def f(x):
        y = x * 2.0
        fill(y)
        return y

    assert written(f, X)


def test_reading_is_not_writing():
    def f(x):
        y = x * 2.0
        return y[0] * np.sum(y[1:]) + y.shape[0]

    assert not written(f, X)


def test_numbers_are_rebound_not_written():
    def f(x):
        y = x
        y += 1.0
        return y

    assert not written(f, 2.0)
