import numpy as np
import pytest
from harness import array, check_rule, complex_array, run_adjoint, run_tangent
from structured import check_structured

import adtrans.rules.sorting  # noqa: F401


@pytest.mark.parametrize("axis", [-1, 0, 1, None])
def test_sort(axis):
    check_rule(np.sort, array(3, 4), axis=axis)
    check_rule(np.sort, array(3, 4, 2), axis=axis, kind="stable")


def test_sort_of_a_vector():
    check_rule(np.sort, array(7))
    check_rule(np.sort, array(7), stable=True)
    check_rule(np.sort, array(0))
    check_rule(np.sort_complex, complex_array(5), single=False)


def test_equal_elements_stay_in_order():
    x = np.array([2.0, 1.0, 2.0, 1.0])
    dy = run_tangent(np.sort, (x,), np.sort(x), {0: np.array([1.0, 2.0, 3.0, 4.0])}, {})
    np.testing.assert_array_equal(dy, [2.0, 4.0, 1.0, 3.0])


@pytest.mark.parametrize("kth", [0, 2, -1, (1, 3)])
@pytest.mark.parametrize("axis", [-1, 0, None])
def test_partition(kth, axis):
    check_rule(np.partition, array(5, 4), kth=kth, axis=axis)
    check_rule(np.partition, array(9), kth=kth)


@pytest.mark.parametrize("axis", [None, 0, 1])
def test_unique(axis):
    check_rule(np.unique, array(3, 4), axis=axis)


def test_unique_of_repeated_values():
    x = np.array([3.0, 1.0, 3.0, 1.0, 2.0])
    y = np.unique(x)
    (bx,) = run_adjoint(np.unique, (x,), y, np.array([10.0, 20.0, 30.0]), {})
    np.testing.assert_array_equal(bx, [30.0, 10.0, 0.0, 0.0, 20.0])
    y = np.unique(x, return_index=True, return_counts=True)
    (bx,) = run_adjoint(
        np.unique,
        (x,),
        y,
        (np.array([10.0, 20.0, 30.0]), None, None),
        {"return_index": True, "return_counts": True},
    )
    np.testing.assert_array_equal(bx, [30.0, 10.0, 0.0, 0.0, 20.0])


@pytest.mark.skipif(not hasattr(np, "unique_values"), reason="NumPy 2")
def test_unique_values():
    check_rule(np.unique_values, array(6))


@pytest.mark.parametrize("reverse", [False, True])
def test_sorted(reverse):
    check_structured(sorted, array(5).tolist(), reverse=reverse)


def test_tolist():
    check_structured(np.ndarray.tolist, array(5))
    check_structured(np.ndarray.tolist, array(2, 3))
