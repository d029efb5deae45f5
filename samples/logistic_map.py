"""The logistic map: how far apart two populations drift that start almost alike.

    python samples/logistic_map.py

The population of each year follows from the last one's: x -> r * x * (1 - x). Below r = 3 it
settles; at r = 4 it is chaotic, and a difference of d grows to about d * 2**n in n years. The
derivative of the last year by the first one says exactly how much.
"""

from __future__ import annotations

import math

import adtrans


def population(x, r, years):
    """The population after some years, as a share of what the land can feed."""
    for _ in range(years):
        x = r * x * (1.0 - x)
    return x


def lyapunov_exponent(x: float, r: float, years: int) -> float:
    """Mean growth of a small difference, per year, on a logarithmic scale."""
    by_start = adtrans.grad(population)(x, r, years)
    return math.log(abs(by_start)) / years


def main(years: int = 400) -> float:
    gradient = adtrans.grad(population, argnums=("x", "r"))
    by_start, by_rate = gradient(0.3, 2.8, 50)
    print(gradient.source)
    print(f"at r = 2.8 it settles at {population(0.3, 2.8, 50):.6f} (1 - 1/r = {1 - 1 / 2.8:.6f})")
    print(f"the start no longer matters ({by_start:.1e}), the rate does: {by_rate:.6f}")

    # the same number forwards: push a direction through the years
    _, tangent = adtrans.jvp(population, argnums="r")(0.3, 2.8, 50, 1.0)
    print(f"in forward mode: {tangent:.6f}, by theory: 1/r^2 = {1 / 2.8**2:.6f}")

    for r in (2.8, 3.2, 3.5, 3.9, 4.0):
        exponent = lyapunov_exponent(0.3, r, years)
        print(f"r = {r}: exponent {exponent:+.3f}  {'chaos' if exponent > 0 else 'order'}")
    print(f"expected at r = 4: ln 2 = {math.log(2):.3f}")
    return exponent


if __name__ == "__main__":
    main()
