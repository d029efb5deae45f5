"""Values that may be None: tests joined by `and` and `or`, tuples that are the best so far."""

from collections import namedtuple

import numpy as np
import pytest
from agreement import agree

Sphere = namedtuple("Sphere", "center radius")
C = np.array([[0.5, 0.2, 3.0], [0.9, 0.3, 4.0], [-0.7, 0.1, 2.0]])
RAY = np.array([0.9, 0.7, 0.3])


def hit(s, o):
    b = o @ s
    if b < 0.0:
        return None
    t = b - 0.1
    return t if t > 1e-4 else None


def nearest(c, o):
    best, who = np.inf, None
    for s in c:
        t = hit(s, o)
        if t is not None and t < best:
            best, who = t, s
    if who is None:
        return 0.1 * o[0]
    color = who[0] * max(best, 0.0)
    color += 0.3 * o[1]
    return color


def left_out(c, o):
    total = o[0]
    for s in c:
        t = hit(s, o)
        if t is None or t > 2.5:
            continue
        total += max(t, 0.0) * s[1]
    return total


def nearest_sphere(c, o):
    scene = [Sphere(s, r) for s, r in zip(c, o)]
    best, who = np.inf, None
    for s in scene:
        t = s.radius * s.center[0]
        if t < best:
            best, who = t, s
    if who is None:
        return 0.0
    shade = who.radius * max(np.dot(who.center, who.center), 0.0)
    shade += 2.0 * best
    return shade


@pytest.mark.parametrize("f", [nearest, left_out, nearest_sphere])
def test_agrees(f):
    agree(f, C, RAY)
