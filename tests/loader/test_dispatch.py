"""Dispatch: which text serves which arguments, what is forgotten, and what is noticed."""

import gc
import logging
import threading
import weakref

import numpy as np
import pytest

from adtrans import grad, jvp, vjp
from adtrans.ir import types as ty
from adtrans.loader import dispatch
from adtrans.transform.request import Generated

pytestmark = pytest.mark.fast

SQUARE = "def derivative(x):\n    return (2.0 * x,)\n"


def square():
    def f(x):
        return x * x

    return f


def test_one_text_for_one_pattern(fake):
    fake.texts["grad"] = SQUARE
    g = grad(square())
    for n in (2, 3, 4):
        assert g(np.ones(n)).shape == (n,)
    assert g(1.0) == 2.0
    assert [str(r.types[0]) for r in fake.requests] == ["float64[n0]", "float"]


def test_a_dtype_has_its_own_text(fake):
    fake.texts["grad"] = SQUARE
    g = grad(square())
    assert g(np.ones(2, "f4")).dtype == np.float32
    assert g(np.ones(2)).dtype == np.float64
    assert len(fake.requests) == 2


def test_objects_for_one_function_share_their_texts(fake):
    fake.texts["grad"] = SQUARE
    f = square()
    grad(f)(1.0)
    grad(f)(2.0)
    assert len(fake.requests) == 1


def test_static_values_join_the_key(fake):
    def f(x, axis):
        return x.sum(axis)

    def write(request):
        axis = request.types[1]
        if not isinstance(axis, ty.Known):
            return Generated("", "derivative", statics=((1,),), output=ty.FLOAT)
        return f"def derivative(x, axis):\n    return ({axis.value}.0 * x,)\n"

    fake.texts["grad"] = write
    g = grad(f)
    assert [g(1.0, 0), g(1.0, 1), g(1.0, 2), g(1.0, 1)] == [0.0, 1.0, 2.0, 1.0]
    assert g(np.ones(2), 3).tolist() == [3.0, 3.0]


def test_at_most_64_with_one_warning(fake, caplog):
    fake.texts["grad"] = SQUARE
    f = square()
    g = grad(f)
    shapes = (
        [(1,) * k for k in range(30)]
        + [(2,) + (1,) * k for k in range(30)]
        + [(1, 2) + (1,) * k for k in range(10)]
    )
    with caplog.at_level(logging.WARNING, "adtrans"):
        for shape in shapes[:64]:
            g(np.ones(shape))
        g(np.ones(shapes[0]))  # used again: not the one to go
        for shape in shapes[64:]:
            g(np.ones(shape))
        before = len(fake.requests)
        g(np.ones(shapes[0]))
        assert len(fake.requests) == before == len(shapes)
        assert len(dispatch._tables[f][g.chain].patterns) == dispatch.MOST
    assert len(caplog.records) == 1


def test_a_function_is_not_kept_alive(fake):
    fake.texts["grad"] = SQUARE
    f = square()
    grad(f)(1.0)
    fake.requests.clear()
    gone = weakref.ref(f)
    del f
    gc.collect()
    assert gone() is None


def test_function_arguments_are_held_weakly(fake):
    fake.texts["grad"] = "def derivative(x, h):\n    return (x,)\n"

    def f(x, h):
        return h(x)

    g = grad(f)
    h = square()
    g(1.0, h)
    gone = weakref.ref(h)
    fake.requests.clear()
    del h
    gc.collect()
    assert gone() is None


def helper(x):
    return x


def test_rebinding_is_noticed(fake, monkeypatch):
    def f(x):
        return helper(x)

    def write(request):
        factor = f.__globals__["FACTOR"]
        depends = [(f.__globals__, "FACTOR", factor)]
        text = f"def derivative(x):\n    return ({factor!r},)\n"
        return Generated(text, "derivative", depends=depends, output=ty.FLOAT)

    fake.texts["grad"] = write
    monkeypatch.setitem(f.__globals__, "FACTOR", 2.0)
    g = grad(f)
    assert g(1.0) == 2.0
    monkeypatch.setitem(f.__globals__, "FACTOR", 3.0)
    assert g(1.0) == 3.0


def test_new_code_is_noticed(fake):
    def f(x):
        return x * x

    def other(x):
        return x * x * x

    fake.texts["grad"] = lambda request: f"def derivative(x):\n    return ({len(f.__code__.co_code)}.0,)\n"
    g = grad(f)
    first = g(1.0)
    f.__code__ = other.__code__
    assert g(1.0) != first


def test_threads_generate_once(fake):
    fake.texts["grad"] = SQUARE
    g = grad(square())
    found = []
    threads = [threading.Thread(target=lambda: found.append(g(1.0))) for _ in range(8)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    assert found == [2.0] * 8 and len(fake.requests) == 1


def test_source_is_that_of_the_last_call(fake):
    fake.texts["grad"] = lambda request: f"# {request.types[0]}\n{SQUARE}"
    g = grad(square())
    assert g.source.startswith("# numeric")
    g(1.0), g(np.ones(2)), g(2.0)
    assert g.source.startswith("# float\n")


# ----- what comes out -----


def test_results_share_no_memory(fake):
    kept = np.ones(3)
    fake.texts["vjp"] = Generated(
        "def derivative(x, y, b):\n    return x, (b, KEPT)\n",
        "derivative",
        {"KEPT": kept},
        output=ty.Array("float64", None),
    )
    x, y, b = np.ones(3), np.ones(3), np.ones(3)
    _, (bx, by) = vjp(lambda x, y: x + y, argnums=(0, 1))(x, y, b)
    assert not any(np.shares_memory(p, q) for p in (bx, by) for q in (x, y, b, kept))


def test_tangents_share_no_memory(fake):
    fake.texts["jvp"] = Generated(
        "def derivative(x, dx):\n    return x, dx\n", "derivative", output=ty.Array("float64", None)
    )
    x, dx = np.ones(3), np.ones(3)
    _, dy = jvp(lambda x: x)(x, dx)
    assert not np.shares_memory(dy, dx) and dy.flags.writeable


def test_read_only_results_are_copied(fake):
    fake.texts["grad"] = (
        "import numpy as np\ndef derivative(x):\n    return (np.broadcast_to(1.0, x.shape),)\n"
    )
    found = grad(lambda x: x.sum())(np.ones(3))
    assert found.flags.writeable and found.base is None


def test_a_gradient_has_the_dtype_of_its_argument(fake):
    fake.texts["grad"] = "import numpy as np\ndef derivative(x):\n    return (np.ones(3),)\n"
    assert grad(lambda x: x.sum())(np.ones(3, "f4")).dtype == np.float32
    assert grad(lambda x: x.sum())(np.ones(3, ">f8")).dtype == np.dtype(">f8")
