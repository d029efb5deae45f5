"""Programs in which an exception, raised or not, decides what the derivative is."""

import numpy as np
import pytest

import adtrans


def test_a_read_that_only_decides_the_path_is_kept():
    def f(x, n):
        try:
            y = x[n]
        except IndexError:
            y = np.sum(x)
        return y * 2.0

    gradient = adtrans.grad(f)
    np.testing.assert_array_equal(gradient(np.arange(4.0), 7), np.full(4, 2.0))
    np.testing.assert_array_equal(gradient(np.arange(4.0), 2), [0, 0, 2, 0])


@pytest.mark.parametrize("transform", [adtrans.grad, adtrans.value_and_grad])
def test_a_missing_key_is_missed_inside_its_try(transform):
    def f(x, table):
        try:
            k = table["a"] * 2.0
        except KeyError:
            k = 5.0
        return x * k

    derivative = transform(f)
    expected = {"a": 2.0, "b": 5.0}
    for key, slope in expected.items():
        found = derivative(2.0, {key: 1.0})
        assert found == (slope if transform is adtrans.grad else (2 * slope, slope))


def test_a_text_that_is_no_number_raises_inside_its_try():
    def f(x, text):
        try:
            power = float(text)
        except ValueError:
            return x
        return x**power

    assert adtrans.grad(f)(3.0, "a") == 1.0
    assert adtrans.grad(f)(3.0, "2") == 6.0


def test_the_best_of_a_list_starts_as_none():
    def f(x):
        best = None
        for v in x:
            if best is None or v * v > best:
                best = v * v
        return best

    np.testing.assert_array_equal(adtrans.grad(f)(np.array([1.0, 3.0, 2.0])), [0, 6, 0])
    with pytest.raises(adtrans.OutputError, match="None"):
        adtrans.grad(f)(np.array([]))
