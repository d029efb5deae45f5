"""The iterators of itertools and functools that are read as the Python they stand for."""

import functools
import itertools
import sys
from pathlib import Path

import numpy as np
import pytest

sys.path.append(str(Path(__file__).parent.parent / "property"))
from agreement import agree

X = np.array([0.4, 0.7, 1.1, 1.3])


def chained(x):
    return sum(v * v for v in itertools.chain(x[:2], x[1:]))


def chained_from_iterable(x):
    return sum(v * v for v in itertools.chain.from_iterable([x[:2], x[2:]]))


def accumulated(x):
    return sum(v * v for v in itertools.accumulate(x))


def reduced(x):
    return functools.reduce(lambda a, b: a * b + b, x)


def starred(x):
    return sum(itertools.starmap(lambda a, b: a * b, zip(x[1:], x[:-1])))


def sliced(x):
    return sum(v * v for v in itertools.islice(x, 1, 3))


def paired(x):
    return sum(a * b for a, b in itertools.pairwise(x))


def filtered(x):
    return sum(v * v for v in itertools.filterfalse(lambda v: v > 1.0, x))


def begun_and_ended(x):
    return sum(itertools.takewhile(lambda v: v < 1.0, x)) * sum(itertools.dropwhile(lambda v: v < 1.0, x))


def squared(f):
    @functools.wraps(f)
    def inner(x):
        return f(x) ** 2

    return inner


@squared
def decorated(x):
    return x[0] * x[1]


@pytest.mark.parametrize(
    "fun",
    [
        chained,
        chained_from_iterable,
        accumulated,
        reduced,
        starred,
        sliced,
        paired,
        filtered,
        begun_and_ended,
    ],
    ids=lambda f: f.__name__,
)
def test_iterators(fun):
    agree(fun, X)
