"""A root found by a compiled solver."""
import math

import scipy.optimize

FUNCTION = "root"
ARGNUMS = (0,)


def root(a):
    x = scipy.optimize.brentq(lambda t: math.exp(t) - a * (2.0 - t), -1.0, 2.0, xtol=1e-14)
    return x * x


def make_args(rng):
    return (1.0 + rng.random(),)
