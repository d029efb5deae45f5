"""The text of tangents, construct by construct, and that they are right."""

import numpy as np
import pytest
from stages import block, source

import adtrans

X = np.arange(1.0, 5.0)


def body(fun, *args, **options):
    text = source(fun, *args, transform="jvp", **options)
    return text[text.index("def ") :]


def test_tangents_stand_beside_their_primal():
    def f(u, v):
        w = u * v
        return np.sin(w)

    assert body(f, 1.3, 0.7, 1.0, 1.0, argnums=(0, 1)) == block(
        """
        def jvp_f(u, v, du, dv):
            # w = u * v
            dw = du * v + u * dv
            w = u * v
            return np.sin(w), dw * np.cos(w)
        """
    )


def test_a_loop_carries_its_tangents():
    def f(x, r, n):
        for i in range(n):
            x = r * x
        return x

    assert body(f, 0.3, 3.1, 7, 1.0) == block(
        """
        def jvp_f(x, r, n, dx):
            for _ in range(n):
                # x = r * x
                dx = r * dx
                x = r * x
            return x, dx
        """
    )


def test_storage_has_a_shadow_that_is_written_along():
    def f(u, k):
        u = u.copy()
        u[1:] += k * u[:-1]
        return u

    text = body(f, X, 2.0, X)
    assert "du = du.copy()" in text
    assert text.index("du[1:] += ") < text.index("    u[1:] += ")


def test_the_shadow_of_a_view_is_the_view_of_the_shadow():
    def f(x):
        y = x * 2.0
        v = y[1:]
        v[0] = y[0] * y[0]
        return y

    text = body(f, X, X)
    assert "dv = dy[1:]" in text


def test_what_is_not_active_has_no_tangent():
    def f(x, k):
        z = np.exp(k)
        return np.sum(x) * z

    assert "dz" not in body(f, X, 0.5, X)


def test_a_branch_is_written_once():
    def f(x, k):
        if k > 0:
            y = np.sin(x)
        else:
            y = x
        return y

    assert body(f, 2.0, 0.5, 1.0).count("if ") == 1


def test_tangent_of_a_result_that_does_not_vary_is_zero():
    value, tangent = adtrans.jvp(lambda x: np.floor(x))(X, X)
    np.testing.assert_array_equal(tangent, np.zeros(4))


def test_the_callers_arrays_are_not_changed():
    def f(x):
        x[0] = x[1] * x[2]
        return x

    x, dx = X.copy(), np.ones(4)
    adtrans.jvp(f)(x, dx)
    np.testing.assert_array_equal(x, X)
    np.testing.assert_array_equal(dx, np.ones(4))


def test_the_tangent_of_a_sum_with_a_constant_is_its_own_array():
    def f(x):
        a = x * 2.0
        c = a + 1.0
        a[0] = c[1]
        return c * a

    assert adtrans.check(f, X)


def test_a_while_loop_with_an_exit():
    def f(x, n):
        k = 0
        while True:
            x = np.sin(x) + x * x
            k += 1
            if k > n:
                break
        return x

    text = body(f, 0.5, 3, 1.0)
    assert "while True:" in text
    assert adtrans.check(f, 0.5, 3)


@pytest.mark.parametrize("argnums", [0, 1, (0, 1), (1, 0)])
def test_vectors_follow_argnums(argnums):
    def f(a, b):
        return a * a * b

    wanted = {0: 2.0 * 3.0 * 5.0, 1: 9.0}
    positions = argnums if isinstance(argnums, tuple) else (argnums,)
    _, tangent = adtrans.jvp(f, argnums=argnums)(3.0, 5.0, *(1.0 for _ in positions))
    assert tangent == sum(wanted[k] for k in positions)


def test_forward_agrees_with_reverse():
    def f(x, n):
        y = x.copy()
        for i in range(1, n):
            y[i] = np.tanh(y[i - 1] * y[i]) + y[i]
        return np.sum(y * x)

    dx = np.cos(X)
    _, tangent = adtrans.jvp(f)(X, 4, dx)
    assert tangent == pytest.approx(adtrans.grad(f)(X, 4) @ dx)


def power(*args):
    return args[0] ** args[1]


def named_power(**numbers):
    return numbers["base"] ** numbers["exponent"]


def test_what_is_not_differentiated_adds_nothing():
    """The logarithm of the base, which is nan, is not asked for."""
    assert adtrans.jvp(power, 0)(np.array(-2.0), np.array(3.0), np.array(1.0))[1] == 12.0
    given = {"base": np.array(-2.0), "exponent": np.array(3.0), "dbase": np.array(1.0)}
    assert adtrans.jvp(named_power, "base")(**given)[1] == 12.0
