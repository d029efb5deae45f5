"""Library functions that are read as if the user had written them out: they call what they are given."""

import math
from collections.abc import Callable
from typing import Any

import numpy as np


def piecewise(x, condlist, funclist, *args, **kw):
    """np.piecewise: a later condition wins, and a function left over is for the rest."""
    conditions = condlist if isinstance(condlist, (list, tuple)) else [condlist]
    y = np.zeros_like(x)
    if len(funclist) > len(conditions):
        y = funclist[-1](x, *args, **kw) if callable(funclist[-1]) else funclist[-1]
    for k in range(len(conditions)):
        piece = funclist[k](x, *args, **kw) if callable(funclist[k]) else funclist[k]
        y = np.where(conditions[k], piece, y)
    return y


def product(iterable, *, start=1):
    """math.prod."""
    total = start
    for factor in iterable:
        total = total * factor
    return total


def largest(items):
    """max() of one list."""
    best = items[0]
    for k in range(1, len(items)):
        best = max(best, items[k])
    return best


def smallest(items):
    """min() of one list."""
    best = items[0]
    for k in range(1, len(items)):
        best = min(best, items[k])
    return best


def ordered(items, *, key, reverse=False):
    """sorted() by a key that is a number; equal ones stay in order."""
    keys = np.array([key(item) for item in items])
    return [items[k] for k in np.argsort(-1 * keys if reverse else keys, kind="stable").tolist()]


def largest_by(items, *, key):
    """max() by a key that is a number."""
    return items[int(np.argmax(np.array([key(item) for item in items])))]


def smallest_by(items, *, key):
    """min() by a key that is a number."""
    return items[int(np.argmin(np.array([key(item) for item in items])))]


STAND_INS: dict[Callable[..., Any], Callable[..., Any]] = {np.piecewise: piecewise, math.prod: product}
