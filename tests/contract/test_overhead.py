"""A call through a derivative adds little to the function that it finds."""

import time

import numpy as np
import pytest

from adtrans import grad


def three(a, b, c):
    return a * b + c


def weighted(w, x, y):
    return np.sum(w * x) - y


def best(function, args, batch=1000, batches=200):
    """Seconds of a call in the quietest of many batches, so that other work on the machine does not count."""
    times = []
    for _ in range(batches):
        start = time.perf_counter()
        for _ in range(batch):
            function(*args)
        times.append(time.perf_counter() - start)
    return min(times) / batch


@pytest.mark.parametrize(
    "fun, args",
    [(three, (1.5, 2.5, 0.5)), (weighted, (np.ones(3), np.ones(3), 0.5))],
    ids=["numbers", "arrays"],
)
def test_dispatch_of_three_arguments(fun, args):
    through = grad(fun)
    plain = through.specialize(*args)
    through(*args)
    assert best(through, args) - best(plain, args) <= 1.5e-6
