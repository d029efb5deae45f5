"""Scalar loops beside Autograd, which records every operation of every call."""

from __future__ import annotations

import sys
from pathlib import Path

from timing import duration, interleaved, table

import adtrans

sys.path.insert(0, str(Path(__file__).parents[1] / "samples"))

from logistic_map import population
from newton_sqrt import square_root

PROBLEMS = [
    ("logistic map, 1000 years", population, (0.3, 3.1, 1000)),
    ("Newton's square root", square_root, (2e6, 1e-6)),
]


def run() -> None:
    try:
        import autograd
    except ImportError:
        print("\nAutograd is not installed: pip install 'adtrans[bench]'")
        return
    rows = []
    for name, primal, args in PROBLEMS:
        ours = adtrans.grad(primal)
        special = ours.specialize(*args)
        theirs = autograd.grad(primal)
        assert abs(ours(*args) - theirs(*args)) <= 1e-9 * abs(theirs(*args))
        call, plain, peer = interleaved([ours, special, theirs], args, seconds=2.0)
        rows.append(
            [
                name,
                duration(call),
                duration(plain),
                duration(peer),
                f"{peer / call:.0f}",
                f"{peer / plain:.0f}",
            ]
        )
    head = ["function", "adtrans", "specialized", "autograd", "autograd/adtrans", "autograd/specialized"]
    table("Gradients beside Autograd (wanted: at least 100)", head, rows)
