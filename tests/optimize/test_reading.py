"""The reader of printed programs gives back what was printed."""

import numpy as np
import pytest
from reading import read_program
from stages import finished, typed

from adtrans.ir.printer import print_program
from adtrans.ir.verify import verify


def weighted(x, k, n):
    total = 0.0
    for i in range(n):
        if x[i] > k:
            total = total + x[i] * k
        else:
            total = total - np.sum(x[1:-1])
    return total


def relaxed(x, k, n):
    y = x.copy()
    while y[0] > k:
        y[1:] *= k
        y[0] = y[1] - 1.0
    return np.sum(y, axis=0)


@pytest.mark.parametrize("fun", [weighted, relaxed])
def test_the_same_text(fun):
    for program in (typed(fun, np.ones(4), 0.5, 3).function, finished(fun, np.ones(4), 0.5, 3)):
        text = print_program(program)
        again = read_program(text)
        verify(again)
        assert print_program(again) == text
