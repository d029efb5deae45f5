import numpy as np
import pytest
from harness import array, check_rule, complex_array

signal = pytest.importorskip("scipy.signal")

import adtrans.rules.scipy_signal  # noqa: F401, E402

MODES = ["full", "same", "valid"]
LENGTHS = [(5, 3), (5, 4), (6, 3), (6, 2), (3, 5), (4, 6), (3, 3), (5, 1), (1, 4)]


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("n, m", LENGTHS)
def test_vectors(n, m, mode):
    a, v = array(n), array(m, seed=1)
    for fn in (signal.convolve, signal.correlate, signal.fftconvolve, signal.oaconvolve):
        check_rule(fn, a, v, mode=mode, single=False)
    for fn in (signal.convolve, signal.correlate):
        check_rule(fn, a, v, mode=mode, method="direct")


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize(
    "shapes", [((5, 4), (3, 3)), ((5, 6), (2, 4)), ((3, 2), (4, 5)), ((1, 4), (1, 3))], ids=str
)
def test_matrices(shapes, mode):
    a, v = array(*shapes[0]), array(*shapes[1], seed=1)
    for fn in (signal.convolve, signal.correlate, signal.fftconvolve, signal.convolve2d, signal.correlate2d):
        check_rule(fn, a, v, mode=mode, single=False)


@pytest.mark.parametrize("mode", MODES)
def test_complex(mode):
    a, v = complex_array(5, 4), complex_array(2, 3)
    for fn in (signal.convolve, signal.correlate, signal.fftconvolve, signal.convolve2d, signal.correlate2d):
        check_rule(fn, a, v, mode=mode, single=False)


@pytest.mark.parametrize("type", ["linear", "constant"])
def test_detrend(type):
    check_rule(signal.detrend, array(7), type=type)
    check_rule(signal.detrend, array(3, 7), type=type)
    check_rule(signal.detrend, array(7, 3), type=type, axis=0)
    check_rule(signal.detrend, array(9), type=type, bp=np.array([4]))
