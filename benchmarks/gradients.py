"""What a gradient costs beside its primal, and beside the gradient an engineer wrote by hand."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
from timing import copies, duration, geometric_mean, interleaved, table

import adtrans

ROOT = Path(__file__).parents[1]
sys.path[:0] = [str(ROOT / "samples"), str(ROOT / "tests" / "data" / "golden")]

import digits  # noqa: E402
import golden  # noqa: E402
import heat_inverse  # noqa: E402


def sample_problems(rng: np.random.Generator):
    """As golden's problems: primal, gradient by hand or None, argnums, arguments."""
    (images, labels), _ = digits.load(rng)
    batch = (images[:64], np.eye(10)[labels[:64]], 1e-4)
    yield digits.loss, digits.gradient_by_hand, 0, (digits.initial(rng), *batch)
    records = rng.standard_normal((12, 17))
    yield heat_inverse.misfit, None, (0, 1), (rng.standard_normal(65), 0.3, records, 4, 10, 1e-3)


def problems(rng: np.random.Generator):
    for primal, by_hand, argnums, _, args in golden.problems(rng):
        yield primal, by_hand, argnums, args
    yield from sample_problems(rng)


def run() -> None:
    rows, to_hand, to_primal = [], [], []
    for primal, by_hand, argnums, args in problems(np.random.default_rng(0)):
        gradient = adtrans.grad(primal, argnums=argnums).specialize(*copies(args))
        functions = [primal, gradient, by_hand] if by_hand else [primal, gradient]
        times = interleaved(functions, args)
        to_primal.append(times[1] / times[0])
        hand = "-"
        if by_hand:
            to_hand.append(times[1] / times[2])
            hand = f"{to_hand[-1]:.2f}"
        rows.append([primal.__name__, *map(duration, times[:2]), f"{to_primal[-1]:.2f}", hand])
    rows.append(
        ["geometric mean", "", "", f"{geometric_mean(to_primal):.2f}", f"{geometric_mean(to_hand):.2f}"]
    )
    table("Gradients", ["function", "primal", "gradient", "gradient/primal", "gradient/by hand"], rows)
