"""The text of gradients, construct by construct, and that they are right."""

import numpy as np
import pytest
from stages import block, source

import adtrans

X = np.arange(1.0, 5.0)


def body(fun, *args, **options):
    """The text of a gradient's function."""
    text = source(fun, *args, **options)
    return text[text.index("def ") :]


# ----- text -----


def test_numbers():
    def f(u, v):
        w = u * v
        return w / (u + v)

    assert body(f, 1.3, 0.7, argnums=(0, 1)) == block(
        """
        def grad_f(u, v):
            # forward sweep
            w = u * v
            t = u + v
            # reverse sweep
            # return w / (u + v)
            bt = w / t / t
            return v / t - bt, u / t - bt
        """
    )


def test_a_sum_of_products_is_an_inner_product():
    def f(k, x, w):
        return np.sum(np.sin(k * x)) - np.sum(np.cos(k * w))

    text = body(f, 0.5, X, np.ones((3, 4)))
    assert "return np.vdot(np.sin(k * w), w) + np.cos(k * x) @ x" in text
    assert adtrans.check(f, 0.5, X, np.ones((3, 4)))


def test_a_sum_of_products_in_single_precision_stays():
    def f(k, x):
        return np.sum(np.sin(k * x))

    text = body(f, np.float32(0.5), np.ones(3, np.float32))
    assert "np.sum(" in text and "@" not in text


def test_what_only_the_shape_is_read_of_is_not_saved():
    def f(w, x, n):
        total = np.zeros(3)
        for i in range(n):
            total = total + np.sum(x[i : i + len(w), :, None] * w, axis=(0, 1))
        return np.sum(total * total)

    w, x = np.arange(24.0).reshape(2, 4, 3) / 5.0, np.arange(20.0).reshape(5, 4) / 7.0
    text = body(f, w, x, 3, argnums=(0, 1))
    assert "tape" not in text
    assert adtrans.check(f, w, x, 3)


def test_a_cotangent_is_spread_out_where_it_is_summed_back():
    def f(x, w):
        return np.sum(np.sum(x + w, axis=1) ** 2)

    assert adtrans.check(f, np.ones((3, 1)), np.arange(12.0).reshape(3, 4))
    assert adtrans.check(f, np.ones((3, 4)), np.arange(4.0))


def test_a_branch_is_reversed_by_a_branch():
    def f(x, k):
        if k > 0:
            y = x * x * k
        else:
            y = k * np.sin(x)
        return y

    text = body(f, 2.0, 0.5, argnums=(0, 1))
    then, otherwise = text.split("if k > 0:")[1].split("else:")
    assert "# y = x * x * k" in then
    assert "# y = k * np.sin(x)" in otherwise
    assert text.count("if k > 0:") == 1


def test_a_loop_is_reversed_by_a_loop():
    def f(x, n):
        for i in range(n):
            x = np.sin(x)
        return x

    assert body(f, 2.0, 3) == block(
        """
        def grad_f(x, n):
            # forward sweep
            tape = []
            for _ in range(n):
                tape.append(x)
                x = np.sin(x)
            # reverse sweep
            bx = 1.0
            for _ in reversed(range(n)):
                # x = np.sin(x)
                bx *= np.cos(tape.pop())
            return bx
        """
    )


def test_a_store_reads_and_clears_the_shadow():
    def f(u, k):
        y = np.zeros(4)
        y[1:3] = k * u[:2]
        return y @ u

    rows = body(f, X, 2.0).splitlines()
    clearing = next(i for i, row in enumerate(rows) if row.strip() == "by[1:3] = 0.0")
    assert any("by[1:3]" in row for row in rows[:clearing])


def test_broadcast_operands_are_summed_back():
    def f(w, b, x):
        return np.sum((x @ w + b) ** 2)

    text = body(f, np.ones((4, 3)), np.ones(3), np.ones((5, 4)), argnums=(0, 1))
    assert "np.sum(bt, axis=0)" in text or ", axis=0)" in text


def test_adjoints_that_are_zero_are_not_there():
    def f(x, k):
        y = np.sin(x)
        z = np.floor(y)
        return np.sum(y * k) + z[0]

    assert "bz" not in body(f, X, 2.0)


def test_no_sweep_is_written_for_what_is_not_asked_for():
    def f(x, k):
        return np.sum(np.sin(x) * np.exp(k))

    assert "np.exp(k)" in body(f, X, 2.0)
    assert "np.cos" not in body(f, X, 2.0, argnums=1)


def test_each_adjoint_statement_stands_under_its_primal():
    def f(x):
        y = np.sin(x)
        z = y * y
        return np.sum(z)

    rows = [row.strip() for row in body(f, X).splitlines()]
    comments = [row for row in rows if row.startswith("# ") and "sweep" not in row]
    assert comments == sorted(comments, key=["# return np.sum(z)", "# z = y * y", "# y = np.sin(x)"].index)


def test_printing_happens_once(capsys):
    def f(x, n):
        for i in range(n):
            print("turn", i)
            x = x * x
        return x

    adtrans.grad(f)(1.1, 2)
    assert capsys.readouterr().out == "turn 0\nturn 1\n"


# ----- right -----


def with_else(x, n):
    for i in range(n):
        if x[i] > 3.5:
            y = x[i] * x[i]
            break
    else:
        y = np.sin(x[0])
    return y


def with_continue(x, n):
    total = 0.0
    for i in range(n):
        if x[i] < 2.5:
            continue
        total = total + x[i] ** 3
    return total


def early(x, n):
    for i in range(n):
        for j in range(n):
            if x[i] * x[j] > 5.0:
                return x[i] * np.sin(x[j])
    return x[0]


def tried(x, n):
    total = 0.0
    for i in range(n):
        try:
            total = total + x[i + 2] * x[i]
        except IndexError:
            total = total * x[0]
    return total


def ensured(x, n):
    y = x * x
    try:
        z = np.sum(y)
    finally:
        y = y * 2.0
    return z * np.sum(y)


def quiet(x, n):
    with np.errstate(all="ignore"):
        y = np.log(x) * x
    return np.sum(y)


def counted_down(x, n):
    total = x[0]
    while n > 0:
        total = np.sin(total) * x[n]
        n = n - 1
    return total


def of_items(x, n):
    items = [x[i] * x[i] for i in range(n)]
    return sum(items) * items[-1]


def of_a_dict(x, n):
    d = {"a": x[0] * x[1], "b": np.sum(x)}
    return d["a"] * d["b"] ** n


def swapped(x, n):
    a, b = x[0], x[1]
    for _ in range(n):
        a, b = b, a * b
    return a + b


def of_rows(x, n):
    m = np.outer(x, x)
    total = 0.0
    for row in m:
        total = total + np.sum(row) ** 2
    return total


@pytest.mark.parametrize("n", [0, 1, 3])
@pytest.mark.parametrize(
    "fun",
    [with_else, with_continue, early, tried, ensured, quiet, counted_down, of_a_dict, swapped, of_rows],
)
def test_right(fun, n):
    assert adtrans.check(fun, X, n)


def test_a_list_of_items_is_right():
    assert adtrans.check(of_items, X, 3)


def test_an_adjoint_that_is_the_array_itself_is_read_before_the_array_is_restored():
    def f(x):
        y = x * 1.0
        z = y * y
        y[:] = np.cos(y)
        return np.sum(z * y)

    np.testing.assert_allclose(adtrans.grad(f)(X), 2.0 * X * np.cos(X) - X * X * np.sin(X))


def test_a_loop_that_never_runs_gives_the_shape_of_the_argument():
    gradient = adtrans.grad(with_continue)(X, 0)
    np.testing.assert_array_equal(gradient, np.zeros(4))


SQUARE = np.array([[2.0, 0.3], [0.3, 1.0]])


@pytest.mark.parametrize(
    "part",
    [
        lambda x: np.linalg.svd(x)[1], lambda x: np.linalg.eigh(x)[0], lambda x: np.linalg.qr(x)[1],
        lambda x: np.linalg.lstsq(x, X[:2])[0], lambda x: np.split(x, 2)[1], lambda x: np.meshgrid(x, X)[0],
        lambda x: np.gradient(x)[1], lambda x: np.linalg.slogdet(np.stack([x, 2.0 * x]))[1], lambda x: np.modf(x)[0],
    ],
)  # fmt: skip
def test_the_sum_of_one_of_several_results(part):
    """The cotangent of a sum is one number, and rules are given it in the shape of their result."""
    gradient = adtrans.grad(lambda x: np.sum(part(x)))(SQUARE)
    direction = np.cos(np.arange(4.0)).reshape(2, 2)
    tangent = adtrans.jvp(lambda x: np.sum(part(x)))(SQUARE, direction)[1]
    np.testing.assert_allclose(np.sum(gradient * direction), tangent, rtol=1e-10)
