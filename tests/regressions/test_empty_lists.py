"""Lists that are empty in the first iteration, and what is asked of them there."""

import numpy as np
import pytest
from agreement import agree

TABLEAU = [[], [1 / 5], [3 / 40, 9 / 40]]
Y = np.array([0.3, -0.8])


def stages(y, h):
    ks = []
    for row in TABLEAU:
        yi = y + h * sum((a * k for a, k in zip(row, ks)), start=np.zeros_like(y))
        ks.append(np.sin(yi))
    return ks[-1]


def stages_from_zero(y, h):
    ks = []
    for row in TABLEAU:
        yi = y + h * sum(a * k for a, k in zip(row, ks))
        ks.append(np.sin(yi))
    return ks[-1]


def totals(y, h):
    ks = []
    held = {}
    for i, row in enumerate(TABLEAU):
        t = sum(held.values()) + sum(sorted(ks)) + np.sum([k * a for k, a in zip(ks, row)])
        t = t + (ks[-1] if ks else h) + np.prod(ks) + np.sum(ks) + np.array(ks).sum()
        held[i] = t * h * y[0]
        ks.append(np.sin(t))
    return ks[-1]


def truth_of_a_list_that_grows(y, h):
    ks = []
    for _ in range(3):
        if ks:
            best = ks[0]
            for k in range(1, len(ks)):
                best = max(best, ks[k])
            s = best * y[0]
        else:
            s = h
        ks.append(np.sin(s))
    return ks[-1] * (y if not ks else y + 1.0)


def truth_of_a_stack(y, h):
    stack, total = [h], 0.0
    while stack:
        v = stack.pop()
        total += v * y[0]
        if v > 0.2:
            stack.append(0.5 * v)
        total *= np.cos(stack[-1]) if stack else y[1]
    return total


def defaults(y, h):
    positive = [v for v in y if v > 0.0]
    large = [v for v in y if v > 5.0]
    found = min(large, default=None)
    total = max(positive, default=h) + min(large, default=h) + max((), default=h)
    return total + max([v * h for v in y], default=0.0, key=abs) + (h if found is None else found)


@pytest.mark.parametrize(
    "f", [stages, stages_from_zero, totals, truth_of_a_list_that_grows, truth_of_a_stack, defaults]
)
def test_agrees(f):
    agree(f, Y, 0.7)
