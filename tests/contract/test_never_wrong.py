"""What would be silently wrong is refused, and what is right passes."""

import ast
import decimal
import fractions
import functools

import gast
import numpy as np
import pytest

import adtrans
from adtrans import grad, jvp, vjp
from adtrans.errors import AdtransError
from adtrans.frontend import accepted

pytestmark = pytest.mark.fast

X = np.arange(1.0, 4.0)
MASKED = np.ma.array([1.0, 2.0, 3.0], mask=[0, 1, 0])
MATRIX = np.asmatrix([[1.0, 2.0, 3.0]])


# ----- the table of what is accepted -----


def test_every_construct_of_python_is_accepted_or_refused_by_name():
    """Statements and expressions that Python has: each is in one table, none is in both."""
    kinds = {
        name
        for name in dir(gast)
        if isinstance(getattr(gast, name), type)
        and issubclass(getattr(gast, name), (gast.stmt, gast.expr))
        and getattr(ast, name, None) not in (None, ast.stmt, ast.expr)
    }
    assert not accepted.ACCEPTED & set(accepted.REFUSED)
    # what Python itself makes of older syntax never reaches us
    old = {"Index", "ExtSlice", "Num", "Str", "Bytes", "NameConstant", "Ellipsis", "Param"}
    assert kinds - old - accepted.ACCEPTED - set(accepted.REFUSED) <= {"Interpolation", "TemplateStr"}


# ----- classes of numbers and arrays -----


def masked_argument(x, m):
    return np.sum(x * m)


def masked_global(x):
    return np.sum(x * MASKED)


def matrix_argument(x, m):
    return np.sum(m * x[:, None])


def matrix_global(x):
    return np.sum(MATRIX * x[:, None])


def in_a_structure(x, p):
    return np.sum(p["m"] * x)


def masked_made(x):
    return np.sum(np.ma.masked_array(x))


def matrix_made(x):
    return np.sum(np.asmatrix(x))


def objects_by_astype(x):
    return np.sum(x.astype(object))


def objects_by_array(x):
    return np.sum(np.array([x[0], x[1]], dtype=object))


def objects_by_letter(x):
    return np.sum(x.astype("O"))


def decimals(x):
    return float(decimal.Decimal(x[0])) * x[1]


@pytest.mark.parametrize(
    "fun, rest",
    [
        (masked_argument, (MASKED,)),
        (masked_global, ()),
        (matrix_argument, (MATRIX,)),
        (matrix_global, ()),
        (in_a_structure, ({"m": MASKED},)),
        (masked_made, ()),
        (matrix_made, ()),
        (objects_by_astype, ()),
        (objects_by_array, ()),
        (objects_by_letter, ()),
        (decimals, ()),
    ],
    ids=lambda x: getattr(x, "__name__", ""),
)
def test_foreign_arithmetic_is_refused(fun, rest):
    for call in (lambda: vjp(fun)(X, *rest, 1.0), lambda: jvp(fun)(X, *rest, X)):
        with pytest.raises(AdtransError) as caught:
            call()
        assert caught.value.span is not None and caught.value.hint


@pytest.mark.parametrize(
    "x",
    [
        MASKED,
        MATRIX,
        np.array([1.0, 2.0], object),
        np.zeros(2, [("a", float)]),
        decimal.Decimal(1),
        fractions.Fraction(1),
        [1.0, decimal.Decimal(1)],
        {"a": X, "b": MASKED},
    ],
    ids=lambda x: type(x).__name__,
)
def test_foreign_arguments_are_refused(x):
    with pytest.raises(adtrans.ArgumentError, match="`x"):
        grad(lambda x: 1.0)(x)


def test_foreign_arrays_that_are_not_used_or_made_plain_first_pass():
    assert grad(lambda x, m: np.sum(x))(X, MASKED).tolist() == [1.0] * 3
    assert grad(lambda x, m: np.sum(x * np.asarray(m)))(X, MATRIX).tolist() == [1.0, 2.0, 3.0]


def test_pandas_is_refused():
    pandas = pytest.importorskip("pandas")
    with pytest.raises(adtrans.ArgumentError):
        grad(lambda x: 1.0)(pandas.Series([1.0, 2.0]))


# ----- what cuts numbers off -----


def test_rounding_has_derivative_zero():
    assert grad(lambda x: int(x) * x)(3.5) == 3.0
    assert grad(lambda x: bool(x) * x)(3.5) == 1.0
    assert grad(lambda x: round(x) * x)(3.4) == 3.0
    assert grad(lambda x: np.sum(x.astype(int) * x))(X).tolist() == [1.0, 2.0, 3.0]
    assert grad(lambda x: np.sum((x > 1.5) * x))(X).tolist() == [0.0, 1.0, 1.0]


def by_format(x):
    return float(f"{x[0]:.3f}") * x[1]


def by_join(x):
    parts = ["1", str(x[0])]
    return float("".join(parts)) * x[1]


def by_a_list(x):
    texts = [str(v) for v in x]
    return float(texts[0]) * x[1]


def truncated(x):
    y = np.zeros(3, dtype=int)
    y[:] = x
    return np.sum(y * x)


def truncated_by_out(x):
    y = np.zeros(3, dtype=np.float32)
    k = np.zeros(3, dtype=int)
    np.copyto(k, x, casting="unsafe")
    return np.sum(k * x) + np.sum(y)


def bits(x):
    return np.sum(x.view(np.int64) * x)


def bits_by_bytes(x):
    return np.sum(np.frombuffer(x.tobytes()) * x)


@pytest.mark.parametrize(
    "fun", [by_format, by_join, by_a_list, truncated, truncated_by_out, bits, bits_by_bytes]
)
def test_text_truncation_and_bits_are_refused(fun):
    for call in (lambda: vjp(fun)(X, 1.0), lambda: jvp(fun)(X, X)):
        with pytest.raises(AdtransError):
            call()


# ----- wrappers -----


class Opaque:
    """A callable that holds a function, as wrappers written in C do."""

    __slots__ = ("__wrapped__",)

    def __init__(self, f):
        self.__wrapped__ = f

    def __call__(self, *args):
        return 3.0 * self.__wrapped__(*args)


def test_a_wrapper_is_never_unwrapped():
    def square(x):
        return x * x

    @functools.wraps(square)
    def tripled(x):
        return 3.0 * square(x)

    assert grad(tripled)(2.0) == 12.0
    assert grad(Opaque(square))(2.0) == 12.0
    assert grad(lambda x: tripled(x))(2.0) == 12.0


# ----- shapes, dtypes and special values -----


def test_special_values_pass_through_as_numpy_gives_them():
    x = np.array([np.nan, np.inf, -np.inf, 2.0])
    with np.errstate(all="ignore"):
        g = grad(lambda x: np.sum(x * x))(x)
        np.testing.assert_array_equal(g, 2.0 * x)
        assert grad(lambda x: np.sum(np.sqrt(x)))(np.zeros(2)).tolist() == [np.inf] * 2
        assert np.isnan(grad(lambda x: np.sum(np.log(x) * 0.0))(np.zeros(1)))[0]


@pytest.mark.parametrize("dtype", ["f2", "f4", "f8", "g", "c8", "c16"])
@pytest.mark.parametrize("shape", [(), (1,), (0,), (2, 0), (3,)])
def test_dtypes_and_shapes_are_kept(dtype, shape):
    x = np.ones(shape, dtype)
    _, (g,) = vjp(lambda x: x * x)(x, np.ones(shape, dtype))
    _, t = jvp(lambda x: x * x)(x, np.ones(shape, dtype))
    assert g.dtype == t.dtype == x.dtype and g.shape == t.shape == shape


def test_integer_arguments_are_refused():
    for x in (3, np.int64(3), True, np.arange(3), np.array([True])):
        with pytest.raises(adtrans.ArgumentError, match="float"):
            grad(lambda x: 1.0)(x)
