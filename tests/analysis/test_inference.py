"""What a program's values are known to be: dtypes, Python's numbers, and symbolic shapes."""

import numpy as np
import pytest
from stages import block, named, shown, typed

from adtrans.ir import types as ty

X = np.arange(1.0, 5.0)
W = np.ones((5, 4))


def result_type(fun, *args):
    return str(typed(fun, *args).function.results[0].type)


# ----- whole programs -----


def test_arithmetic_of_numbers():
    def power_ratio(u, v):
        w = u * v
        z = w / (u + v)
        return z * z

    assert shown(typed(power_ratio, 1.3, 0.7)) == block(
        """
        def power_ratio(%u: float, %v: float):
          %w: float = mul(%u, %v)
          %0: float = add(%u, %v)
          %z: float = truediv(%w, %0)
          %1: float = mul(%z, %z)
          return %1
        """
    )


def test_the_same_function_at_other_types():
    def power_ratio(u, v):
        w = u * v
        return w / (u + v)

    assert shown(typed(power_ratio, X, 0.7)) == block(
        """
        def power_ratio(%u: float64[n0], %v: float):
          %w: float64[n0] = mul(%u, %v)
          %0: float64[n0] = add(%u, %v)
          %1: float64[n0] = truediv(%w, %0)
          return %1
        """
    )


def test_storage_is_copied_on_entry_when_the_function_writes_its_argument():
    def doubled(u, steps):
        for i in range(steps):
            u[1:] += 2.0 * u[:-1]
        return u

    assert shown(typed(doubled, X, 3)) == block(
        """
        def doubled(%u: float64[n0], %steps: int):
          %u_1: float64[n0] = np.copy(%u)
          %0: range = range(%steps)
          for %0
          do(%i: int):
            %1: float64[n0-1] = getitem(%u_1, :-1)
            %2: float64[n0-1] = mul(2.0, %1)
            augment_at(%u_1, 1:, <iadd>, %2)
          return %u_1
        """
    )


def test_a_loop_with_an_exit():
    def first_above(x, k):
        for i in range(4):
            if x[i] > k:
                return x[i]
        return 0.0

    text = shown(typed(first_above, X, 2.5))
    assert "{exits}" in text
    assert text.splitlines()[0] == "def first_above(%x: float64[n0], %k: float):"


# ----- shapes -----


@pytest.mark.parametrize(
    "fun, expected",
    [
        (lambda x, w: w @ x, "float64[n1]"),
        (lambda x, w: w.T, "float64[n0,n1]"),
        (lambda x, w: w[1:, :-1], "float64[n1-1,n0-1]"),
        (lambda x, w: w[0], "float64[n0]"),
        (lambda x, w: w[:, None], "float64[n1,1,n0]"),
        (lambda x, w: w[..., 0], "float64[n1]"),
        (lambda x, w: x[:, None] - x, "float64[n0,n0]"),
        (lambda x, w: w + x, "float64[n1,n0]"),
        (lambda x, w: np.sum(w, axis=0), "float64[n0]"),
        (lambda x, w: np.sum(w, axis=1, keepdims=True), "float64[n1,1]"),
        (lambda x, w: np.zeros_like(w), "float64[n1,n0]"),
        (lambda x, w: np.zeros(w.shape[1]), "float64[n0]"),
        (lambda x, w: np.outer(x, x), "float64[n0,n0]"),
        (lambda x, w: np.stack([x, x]), "float64[2,n0]"),
        (lambda x, w: np.where(x > 0, x, 0.0), "float64[n0]"),
        (lambda x, w: x.reshape(2, 2), "float64[2,2]"),
        (lambda x, w: np.diff(x), "float64[n0-1]"),
    ],
)
def test_shapes(fun, expected):
    assert result_type(fun, X, W) == expected


def test_lengths_that_are_equal_share_a_symbol():
    assert result_type(lambda x, y: x + y, X, 2.0 * X) == "float64[n0]"


def test_a_length_of_one_is_literal():
    assert result_type(lambda x: x + 1.0, np.ones((1, 3))) == "float64[1,n0]"


def test_lengths_are_integers_that_know_their_symbol():
    assert result_type(lambda x: len(x), X) == "int(n0)"
    assert result_type(lambda x: x.shape[0], X) == "int(n0)"


def test_an_unknown_length_is_the_same_one_each_time_it_is_made_there():
    def f(x, n):
        y = np.zeros(n)
        z = y + 1.0
        return z * y

    function = typed(f, X, 3).function
    assert function.results[0].type == named(function, "y").type


def test_different_lengths_meet_as_an_unknown_one():
    def f(x, k):
        if k > 0:
            y = x[1:]
        else:
            y = x
        return y

    (dim,) = typed(f, X, 0.5).function.results[0].type.dims
    assert dim.symbol not in (None, "n0")


def test_different_ranks_meet_as_an_unknown_rank():
    def f(x, k):
        return x if k > 0 else x[:, None]

    assert result_type(f, X, 0.5) == "float64[...]"


def test_a_slot_whose_length_changes_has_an_unknown_one():
    def f(x, n):
        y = x
        for i in range(n):
            y = y[1:]
        return y

    assert result_type(f, X, 2) not in ("float64[n0]", "float64[n0-1]")


def test_slices_at_the_same_bounds_of_axes_of_one_length_are_of_one_length():
    def f(x, w):
        total = 0.0
        for i in range(len(x)):
            y = x[i:]
            z = w[i, i:]
            v = w[i:, i]
            total += np.sum(y * z) + np.sum(v)
        return total

    function = typed(f, X, W).function
    assert named(function, "y").type.dims == named(function, "z").type.dims != named(function, "v").type.dims


# ----- dtypes -----


@pytest.mark.parametrize(
    "fun, expected",
    [
        (lambda x: x + 1, "float32[n0]"),
        (lambda x: x * 2.0, "float32[n0]"),
        (lambda x: x.astype(np.float64), "float64[n0]"),
        (lambda x: x + np.ones(3), "float64[n0]"),
        (lambda x: x * 1j, "complex64[n0]"),
        (lambda x: x > 0, "bool[n0]"),
        (lambda x: np.argmax(x), "np.int64"),
        (lambda x: np.sum(x), "np.float32"),
        (lambda x: float(x[0]), "float"),
        (lambda x: float() + x[0] * int(), "np.float32"),
        (lambda x: x[0], "np.float32"),
    ],
)
def test_dtypes(fun, expected):
    assert result_type(fun, np.ones(3, np.float32)) == expected


def test_an_integer_that_becomes_a_float_in_a_loop():
    def f(x, n):
        total = 0
        for i in range(n):
            total = total + x
        return total

    assert result_type(f, 2.0, 3) == "float"


def test_numbers_and_arrays_meet_as_either():
    def f(x, k):
        return x if k > 0 else 0.0

    assert typed(f, X, 0.5).function.results[0].type == ty.NUMERIC
