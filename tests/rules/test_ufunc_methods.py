import numpy as np
import pytest
from harness import array, check_rule, complex_array, positive

import adtrans.rules.ufunc_methods  # noqa: F401


@pytest.mark.parametrize("indices", [[0, 2], [0, 4, 1, 3], [3, 3, 1], [1]])
def test_sums_of_segments(indices):
    check_rule(np.add.reduceat, array(5), indices, inputs=(0,))
    check_rule(np.add.reduceat, array(3, 5), indices, inputs=(0,), axis=1)


@pytest.mark.parametrize("ufunc", [np.add, np.subtract, np.multiply, np.divide])
def test_all_pairs(ufunc):
    check_rule(ufunc.outer, array(3), positive(4))
    check_rule(ufunc.outer, array(2, 3), positive(4))
    check_rule(ufunc.outer, array(3), positive(2, 2))
    check_rule(ufunc.outer, complex_array(3), positive(4))
