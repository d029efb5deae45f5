import numpy as np
import pytest
from harness import array, check_rule, complex_array, positive, run_adjoint, run_tangent

import adtrans.rules.selection

MASK = np.array([True, False, True, True])
NAN, INF = np.nan, np.inf


def adjoints(fn, *args, **options):
    with np.errstate(all="ignore"):
        y = fn(*args, **options)
        return run_adjoint(fn, args, y, np.ones_like(y), options)


@pytest.mark.parametrize("fn", [np.maximum, np.minimum, np.fmax, np.fmin])
def test_extrema_of_two(fn):
    check_rule(fn, array(5), array(5, seed=1))
    check_rule(fn, array(3, 4), array(4, seed=1))
    check_rule(fn, 0.3, 0.7)
    check_rule(fn, array(4), 0.0, inputs=(0,))
    check_rule(fn, 0.1, array(4), inputs=(1,))


@pytest.mark.parametrize("fn", [np.maximum, np.minimum, np.fmax, np.fmin])
@pytest.mark.parametrize("value", [0.0, 1.5, -INF, INF])
def test_a_tie_is_halved(fn, value):
    x = np.full(3, value)
    for b in adjoints(fn, x, x.copy()):
        np.testing.assert_array_equal(b, np.full(3, 0.5))
    assert adjoints(fn, value, value) == [0.5, 0.5]


def test_maximum_with_zero():
    np.testing.assert_array_equal(adjoints(np.maximum, np.array([-1.0, 0.0, 2.0]), 0.0)[0], [0.0, 0.5, 1.0])
    np.testing.assert_array_equal(adjoints(np.minimum, np.array([-1.0, 0.0, 2.0]), 0.0)[0], [1.0, 0.5, 0.0])
    np.testing.assert_array_equal(adjoints(np.minimum, 0.0, np.array([-1.0, 0.0, 2.0]))[1], [1.0, 0.5, 0.0])


def test_nan():
    assert np.isnan(adjoints(np.maximum, np.array([NAN]), np.array([1.0]))[0])
    assert [b[0] for b in adjoints(np.fmax, np.array([NAN]), np.array([1.0]))] == [0.0, 1.0]
    assert [b[0] for b in adjoints(np.fmin, np.array([2.0]), np.array([NAN]))] == [1.0, 0.0]


def test_clip():
    x = array(7)
    check_rule(np.clip, x, -0.5, 0.4, inputs=(0,))
    check_rule(np.clip, x, None, 0.4, inputs=(0,))
    check_rule(np.clip, x, -0.5, None, inputs=(0,))
    check_rule(np.clip, x, array(7, seed=1) - 0.5, array(7, seed=2) + 0.5)
    check_rule(np.clip, array(3, 4), array(4) - 0.5, None)
    check_rule(np.clip, 0.3, -0.2, 0.9)


def test_clip_at_its_bounds():
    x = np.array([-2.0, -1.0, 0.0, 1.0, 2.0])
    b, low, high = adjoints(np.clip, x, -1.0, 1.0)
    np.testing.assert_array_equal(b, [0.0, 0.5, 1.0, 0.5, 0.0])
    np.testing.assert_array_equal(low, [1.0, 0.5, 0.0, 0.0, 0.0])
    np.testing.assert_array_equal(high, [0.0, 0.0, 0.0, 0.5, 1.0])
    assert adjoints(np.clip, x, None, None)[1:] == [None, None]


@pytest.mark.skipif(np.lib.NumpyVersion(np.__version__) < "2.1.0", reason="keywords of NumPy 2.1")
def test_clip_by_its_new_keywords():
    x = np.array([-2.0, 0.0, 2.0])
    found = run_adjoint(
        np.clip, (x, None, None), np.clip(x, min=-1.0, max=1.0), np.ones(3), {"min": -1.0, "max": 1.0}
    )
    np.testing.assert_array_equal(found[0], [0.0, 1.0, 0.0])


def test_where():
    check_rule(np.where, MASK, array(4), array(4, seed=1))
    check_rule(np.where, MASK, array(4), 0.0, inputs=(1,))
    check_rule(np.where, MASK, array(1, 4), array(3, 1), inputs=(1, 2))
    check_rule(np.where, MASK, complex_array(4), array(4))
    check_rule(np.where, MASK, 0.3, array(4))


def test_where_of_a_condition_alone():
    assert run_adjoint(np.where, (MASK, None, None), np.where(MASK), None, {}) == [None, None, None]
    assert run_tangent(np.where, (MASK, None, None), np.where(MASK), {}, {}) is None


def test_nan_to_num():
    check_rule(np.nan_to_num, array(4))
    check_rule(np.nan_to_num, complex_array(4))
    b = adjoints(np.nan_to_num, np.array([1.0, NAN, INF, -INF]), nan=3.0)[0]
    np.testing.assert_array_equal(b, [1.0, 0.0, 0.0, 0.0])


def test_select():
    x, z = array(4), array(4, seed=1)
    check_rule(np.select, [MASK, ~MASK], [x, z], None)
    check_rule(np.select, [x > 0.3, x > -0.5], [x, z], 0.3, single=False)
    check_rule(np.select, [MASK, x > 0.0], [0.4, z], array(4, seed=2), single=False)


@pytest.mark.parametrize("mode", ["raise", "wrap", "clip"])
def test_choose(mode):
    numbers = np.array([0, 1, 1, 0]) + (mode != "raise") * np.array([0, 4, 0, -3])
    check_rule(np.choose, numbers, [array(4), array(4, seed=1)], mode=mode)
    check_rule(np.choose, numbers, [array(4), 0.3], mode=mode, single=False)
    check_rule(np.choose, numbers, array(2, 4), mode=mode)


def test_compress_and_extract():
    check_rule(np.compress, MASK, array(4))
    check_rule(np.compress, MASK, array(3, 4), axis=1)
    check_rule(np.compress, MASK[:2], array(3, 4), axis=0)
    check_rule(np.compress, MASK, array(3, 4))
    check_rule(np.extract, np.array([[True, False], [True, True]]), array(2, 2))
    check_rule(np.extract, MASK, positive(4))


def test_clip_with_one_bound_or_with_numbers_is_written_short():
    x = np.array([-1.0, 0.4, 3.0])
    for f in (lambda x: np.sum(np.clip(x, -0.5, 2.0)), lambda x: np.sum(np.clip(x, 0.0, None)), lambda x: np.sum(np.clip(x, None, 1))):  # fmt: skip
        source = adtrans.grad(f).specialize(x).source
        assert len(source.strip().splitlines()) <= 7 and "import adtrans" not in source, source
