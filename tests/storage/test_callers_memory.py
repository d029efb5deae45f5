"""Arrays of the caller and of the module: never written, and found where parameters share them."""

import numpy as np
import pytest
from agreement import agree, problems
from writing import S, X

import adtrans

# ----- memory of the module, and memory that parameters share -----


def scale(u, s):
    u *= s


TABLE = np.array([0.5, 1.5, 2.5, 3.5, 4.5, 5.5])
LOG = []
SETTINGS = {"rate": 0.5}


def reads_the_module(x, s):
    u = x * TABLE
    u[0] = TABLE[1] * s * SETTINGS["rate"]
    return u + TABLE[::-1]


def writes_the_module(x, s):
    TABLE[0] = x[0]
    return x * TABLE[0] * s


def writes_a_view_of_the_module(x, s):
    v = TABLE[1:]
    v *= s
    return x[1:] * v


def writes_the_module_by_a_call(x, s):
    scale(TABLE, s)
    return x * TABLE


def writes_the_module_with_out(x, s):
    np.multiply(x, s, out=TABLE)
    return x * TABLE


def appends_to_the_module(x, s):
    LOG.append(x[0])
    return x * s * LOG[-1]


def stores_in_the_module(x, s):
    SETTINGS["rate"] = s
    return x * SETTINGS["rate"]


def captured_from_outside():
    table = np.ones(6)

    def f(x, s):
        table[0] = s
        return x * table

    return f


def test_an_array_of_the_module_is_read():
    agree(reads_the_module, X, S)


def test_an_array_of_the_module_that_was_changed_is_read_again():
    gradient = adtrans.vjp(reads_the_module)
    kept = TABLE.copy()
    try:
        gradient(X, S, np.ones(6))
        TABLE[:] = 2.0
        np.testing.assert_allclose(gradient(X, S, np.ones(6))[1][0], [0.0, 2.0, 2.0, 2.0, 2.0, 2.0])
    finally:
        TABLE[:] = kept


@pytest.mark.parametrize("mode", ["vjp", "jvp"])
@pytest.mark.parametrize(
    "fun",
    [writes_the_module, writes_a_view_of_the_module, writes_the_module_by_a_call, writes_the_module_with_out,
     appends_to_the_module, stores_in_the_module, captured_from_outside()],
)  # fmt: skip
def test_the_module_is_not_written(fun, mode):
    kept, settings, log = TABLE.copy(), dict(SETTINGS), list(LOG)
    try:
        with pytest.raises(adtrans.AdtransError):
            problems(fun, (X, S), modes=mode)
    finally:
        TABLE[:], LOG[:] = kept, log
        SETTINGS.update(settings)


def shared_and_written(u, v):
    u[0] = v[1] * 2.0
    return u * v


def shared_and_read(u, v):
    return u * v


@pytest.mark.parametrize("share", [lambda u: (u, u), lambda u: (u, u[::-1]), lambda u: (u[1:], u[:-1])])
@pytest.mark.parametrize("mode", ["vjp", "jvp"])
def test_parameters_that_share_memory_are_detected(share, mode):
    given = share(X.copy())
    derivative = adtrans.vjp(shared_and_written, (0, 1)) if mode == "vjp" else adtrans.jvp(shared_and_written)
    vectors = [np.ones(len(given[0]))]
    with pytest.raises((adtrans.AdtransError, ValueError), match="share|alias|overlap"):
        derivative(*given, *vectors)


@pytest.mark.parametrize("share", [lambda u: (u, u), lambda u: (u[1:], u[:-1])])
def test_parameters_that_share_memory_may_be_read(share):
    given = share(X.copy())
    _, (bu, bv) = adtrans.vjp(shared_and_read, (0, 1))(*given, np.ones(len(given[0])))
    np.testing.assert_allclose(bu, given[1])
    np.testing.assert_allclose(bv, given[0])


def test_halves_of_one_array_do_not_share():
    x = X.copy()
    _, (bu, _) = adtrans.vjp(shared_and_written, (0, 1))(x[:3], x[3:], np.ones(3))
    np.testing.assert_allclose(bu, [0.0, X[4], X[5]])
    np.testing.assert_array_equal(x, X)


# ----- what callers may pass -----


def sweep(x, s):
    x[1:] *= x[:-1] * s
    x[0] = s
    return x


def read_only(x):
    x = x.copy()
    x.flags.writeable = False
    return x


@pytest.mark.parametrize(
    "make",
    [read_only, lambda x: np.repeat(x, 2)[::2], lambda x: x[::-1].copy()[::-1], lambda x: np.stack([x, x]).T[:, 0]],
    ids=["read-only", "strided", "reversed", "column"],
)  # fmt: skip
def test_what_is_passed_is_copied_before_it_is_written(make):
    w = np.cos(X)
    expected, given = adtrans.vjp(sweep, (0, 1))(X.copy(), S, w), make(X)
    value, (bx, bs) = adtrans.vjp(sweep, (0, 1))(given, S, w)
    np.testing.assert_allclose(value, expected[0])
    np.testing.assert_allclose(bx, expected[1][0])
    np.testing.assert_allclose(bs, expected[1][1])
    np.testing.assert_array_equal(given, X)


def test_a_vector_may_be_the_argument_itself():
    x, other = X.copy(), X.copy()
    np.testing.assert_allclose(adtrans.vjp(sweep)(x, S, x)[1][0], adtrans.vjp(sweep)(x, S, other)[1][0])
    np.testing.assert_allclose(adtrans.jvp(sweep)(x, S, x)[1], adtrans.jvp(sweep)(x, S, other)[1])
    np.testing.assert_array_equal(x, X)


def test_one_tangent_for_two_arguments():
    v = X.copy()
    derivative = adtrans.jvp(shared_and_written, (0, 1))
    np.testing.assert_allclose(
        derivative(X.copy(), X * X, v, v)[1], derivative(X.copy(), X * X, X.copy(), X.copy())[1]
    )
    np.testing.assert_array_equal(v, X)


def test_interleaved_views_do_not_share():
    big = np.repeat(X, 2)
    _, (bu, _) = adtrans.vjp(shared_and_written, (0, 1))(big[::2], big[1::2], np.ones(6))
    np.testing.assert_allclose(bu, [0.0, *X[1:]])
