"""A call through a derivative does little before the function that it finds. `benchmarks/dispatch.py` measures it."""

import sys

import numpy as np
import pytest

from adtrans import grad


def three(a, b, c):
    return a * b + c


def weighted(w, x, y):
    return np.sum(w * x) - y


def calls(function, args):
    """How many functions one call runs, those of C included."""
    found = []
    sys.setprofile(lambda frame, event, arg: found.append(event))
    try:
        function(*args)
    finally:
        sys.setprofile(None)
    return found.count("call") + found.count("c_call")


@pytest.mark.parametrize(
    "fun, args, most",
    [(three, (1.5, 2.5, 0.5), 5), (weighted, (np.ones(3), np.ones(3), 0.5), 8)],
    ids=["numbers", "arrays"],
)
def test_dispatch_of_three_arguments(fun, args, most):
    through = grad(fun)
    plain = through.specialize(*args)
    through(*args)
    assert calls(through, args) - calls(plain, args) <= most
