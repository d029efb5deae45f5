"""An area found by a compiled quadrature; the dependence of the area on the parameter is not visible."""
import math

import scipy.integrate

FUNCTION = "area"
ARGNUMS = (0,)
EXPECT = "refuse"


def area(a):
    x = scipy.integrate.quad(lambda t: math.exp(a * t), 0.0, 2.0)[0]  # <- refuse
    return x * x


def make_args(rng):
    return (1.0 + rng.random(),)
