import pytest
from harness import array, check_rule, complex_array

fft = pytest.importorskip("scipy.fft")

import adtrans.rules.scipy_fft  # noqa: F401, E402

NORMS = [None, "backward", "forward", "ortho"]


@pytest.mark.parametrize("norm", NORMS)
@pytest.mark.parametrize("type", [1, 2, 3, 4])
@pytest.mark.parametrize("fn", [fft.dct, fft.idct, fft.dst, fft.idst])
def test_cosines_and_sines(fn, type, norm):
    check_rule(fn, array(5), type=type, norm=norm)
    check_rule(fn, array(3, 4), type=type, norm=norm, axis=0)
    check_rule(fn, array(3, 4), type=type, norm=norm, n=3)
    check_rule(fn, array(3, 4), type=type, norm=norm, n=6, axis=1)
    check_rule(fn, complex_array(4), type=type, norm=norm)


@pytest.mark.parametrize("norm", NORMS)
@pytest.mark.parametrize("type", [1, 2, 3, 4])
@pytest.mark.parametrize("fn", [fft.dctn, fft.idctn, fft.dstn, fft.idstn])
def test_several_axes(fn, type, norm):
    check_rule(fn, array(3, 4), type=type, norm=norm)
    check_rule(fn, array(2, 3, 4), type=type, norm=norm, axes=(0, 2))


@pytest.mark.parametrize("norm", NORMS)
@pytest.mark.parametrize(
    "name", ["fft", "ifft", "rfft", "ihfft", "fft2", "ifft2", "fftn", "ifftn", "rfft2", "rfftn"]
)
def test_fourier(name, norm):
    check_rule(getattr(fft, name), array(3, 4), norm=norm, single=False)


@pytest.mark.parametrize("name", ["irfft", "hfft", "irfft2", "irfftn"])
def test_to_real(name):
    check_rule(getattr(fft, name), complex_array(3, 4), single=False)


def test_shifts():
    check_rule(fft.fftshift, array(3, 4))
    check_rule(fft.ifftshift, array(5), axes=0)
