import numpy as np
import pytest
from harness import array, check_rule, run_adjoint

ndimage = pytest.importorskip("scipy.ndimage")

import adtrans.rules.scipy_ndimage  # noqa: F401, E402

OPTIONS = {"order": 1, "broadcast": False, "single": False}


@pytest.mark.parametrize("mode", ["constant", "nearest"])
def test_map_coordinates(mode):
    check_rule(ndimage.map_coordinates, array(4, 5), 1.5 + array(2, 6), mode=mode, **OPTIONS)
    check_rule(ndimage.map_coordinates, array(4, 5), 1.5 + array(2, 3, 2), mode=mode, **OPTIONS)
    check_rule(ndimage.map_coordinates, array(7), 3.0 + array(1, 6), mode=mode, **OPTIONS)
    check_rule(ndimage.map_coordinates, array(3, 4, 3), 1.1 + array(3, 5) * 0.8, mode=mode, **OPTIONS)


@pytest.mark.parametrize("mode", ["constant", "nearest"])
def test_outside(mode):
    points = np.array([[-0.4, 1.3, 3.6, 2.2], [1.2, 4.7, 2.1, 3.4]])
    check_rule(ndimage.map_coordinates, array(4, 5), points, mode=mode, cval=2.0, **OPTIONS)


def test_other_orders_are_refused():
    with pytest.raises(NotImplementedError):
        run_adjoint(ndimage.map_coordinates, (array(4), array(1, 3)), array(3), array(3), {"order": 3})
