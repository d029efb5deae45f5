import numpy as np
import pytest
from harness import array, check_rule, complex_array

import adtrans.rules.fft  # noqa: F401

NORMS = [None, "backward", "ortho", "forward"]


@pytest.mark.parametrize("norm", NORMS)
@pytest.mark.parametrize(
    "options", [{}, {"n": 6}, {"n": 3}, {"n": 5, "axis": 0}, {"axis": 0}, {"n": 1}], ids=str
)
@pytest.mark.parametrize("name", "fft ifft rfft irfft hfft ihfft".split())
def test_one_axis(name, options, norm):
    fn = getattr(np.fft, name)
    for shape in [(4, 5), (3, 4)]:
        if name in ("irfft", "hfft"):
            check_rule(fn, complex_array(*shape), norm=norm, **options)
            check_rule(fn, array(*shape), norm=norm, **options)
        else:
            check_rule(fn, array(*shape), norm=norm, **options)
        if name in ("fft", "ifft"):
            check_rule(fn, complex_array(*shape), norm=norm, **options)


def test_vectors():
    for name in "fft ifft rfft irfft hfft ihfft".split():
        check_rule(getattr(np.fft, name), array(7))
        check_rule(getattr(np.fft, name), array(6))


@pytest.mark.parametrize("norm", NORMS)
@pytest.mark.parametrize("options", [{}, {"axes": (0, 2)}, {"s": (3, 6), "axes": (1, 2)},
                                     {"s": (5, 2), "axes": (-1, 0)}, {"axes": (1, 0)},
                                     {"s": (-1, 3), "axes": (0, 1)}], ids=str)  # fmt: skip
@pytest.mark.parametrize("name", "fft2 ifft2 fftn ifftn rfft2 rfftn irfft2 irfftn".split())
def test_several_axes(name, options, norm):
    fn = getattr(np.fft, name)
    if not name.startswith("r"):
        check_rule(fn, complex_array(2, 3, 4), norm=norm, **options)
    check_rule(fn, array(2, 3, 4), norm=norm, **options)


@pytest.mark.parametrize("axes", [None, 0, (0, 1)])
@pytest.mark.parametrize("fn", [np.fft.fftshift, np.fft.ifftshift])
def test_shifts(fn, axes):
    check_rule(fn, array(3, 4), axes=axes)
