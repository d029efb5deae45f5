"""What a call through a derivative adds to the generated function it finds."""

from __future__ import annotations

import numpy as np
from timing import duration, interleaved, table

import adtrans


def one(a):
    return a * a


def three(a, b, c):
    return a * b + c


def weighted(w, x, y):
    return np.sum(w * x) - y


def in_a_dict(params, x):
    return params["a"] * x + params["b"]


CASES = [
    ("one float", one, (1.5,)),
    ("three floats", three, (1.5, 2.5, 0.5)),
    ("two arrays and a float", weighted, (np.ones(3), np.ones(3), 0.5)),
    ("a dict of two floats", in_a_dict, ({"a": 1.5, "b": 0.5}, 2.0)),
]


def run() -> None:
    rows = []
    for name, function, args in CASES:
        gradient = adtrans.grad(function)
        special = gradient.specialize(*args)
        through, plain = interleaved([gradient, special], args)
        rows.append([name, duration(plain), duration(through), duration(max(through - plain, 0.0))])
    table("Dispatch", ["arguments", "generated function", "through the derivative", "added"], rows)
