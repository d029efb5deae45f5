import math

import numpy as np
from harness import array

from adtrans.rules.stand_ins import STAND_INS


def test_piecewise():
    x = array(9)
    for conditions, functions in (
        ([x > 0.0, x <= 0.0], [lambda z: z**2, lambda z: -z]),
        ([x > 0.0, x > 0.5], [np.sin, 2.0, np.cos]),
        (x > 0.3, [np.sin, np.cos]),
        ([x > 0.3], [np.sin]),
    ):
        np.testing.assert_array_equal(
            STAND_INS[np.piecewise](x, conditions, functions), np.piecewise(x, conditions, functions)
        )


def test_product():
    assert STAND_INS[math.prod]([2.0, 0.3, 0.7], start=1.5) == math.prod([2.0, 0.3, 0.7], start=1.5)
