import numpy as np
import pytest
from harness import positive

stats = pytest.importorskip("scipy.stats")

import adtrans.rules.scipy_frozen  # noqa: F401, E402
from adtrans.rules.stand_ins import STAND_INS  # noqa: E402

METHODS = ["pdf", "logpdf", "cdf", "logcdf", "sf", "logsf", "ppf", "isf"]


@pytest.mark.parametrize("method", METHODS)
def test_frozen_in_the_program(method):
    x = positive(4)
    for dist, args, kwds in ((stats.norm, (0.3, 2.0), {}), (stats.gamma, (1.5,), {"scale": 0.7})):
        frozen = STAND_INS[dist](*args, **kwds)
        np.testing.assert_array_equal(getattr(frozen, method)(x), getattr(dist(*args, **kwds), method)(x))


@pytest.mark.parametrize("method", METHODS)
def test_frozen_outside_of_the_program(method):
    x, frozen = positive(4), stats.norm(0.3, scale=2.0)
    stand_in = STAND_INS[getattr(type(frozen), method)]
    np.testing.assert_array_equal(stand_in(frozen, x), getattr(frozen, method)(x))


@pytest.mark.parametrize("method", ["pmf", "logpmf", "cdf", "sf"])
def test_discrete(method):
    k, frozen = np.array([0, 2, 5]), stats.poisson(1.7)
    expected = getattr(frozen, method)(k)
    np.testing.assert_array_equal(getattr(STAND_INS[stats.poisson](1.7), method)(k), expected)
    np.testing.assert_array_equal(STAND_INS[getattr(type(frozen), method)](frozen, k), expected)
