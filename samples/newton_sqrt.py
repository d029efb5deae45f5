"""Newton's square root: the derivative of a loop that stops when it is close enough.

    python samples/newton_sqrt.py

How often the loop runs depends on the number; the derivative follows the same steps back. It can be
taken again: the second derivative is the gradient of the gradient.
"""

from __future__ import annotations

import math

import adtrans


def square_root(a, tolerance):
    """The square root of a, by Newton's iteration from a itself."""
    x = a
    while abs(x * x - a) > tolerance:
        x = 0.5 * (x + a / x)
    return x


def main() -> float:
    first = adtrans.grad(square_root)
    second = adtrans.grad(first)
    first(2.0, 1e-12)
    print(first.source)

    worst = 0.0
    print("      a     square root      derivative   1/(2 sqrt a)       second   -1/(4 a sqrt a)")
    for a in (0.25, 2.0, 9.0, 1000.0):
        root, slope, bend = square_root(a, 1e-12), first(a, 1e-12), second(a, 1e-12)
        exact, exact_bend = 0.5 / math.sqrt(a), -0.25 / (a * math.sqrt(a))
        print(f"{a:7.2f} {root:15.10f} {slope:15.10f} {exact:14.10f} {bend:12.8f} {exact_bend:17.8f}")
        worst = max(worst, abs(slope / exact - 1.0), abs(bend / exact_bend - 1.0))
    print(f"largest relative error: {worst:.1e}")
    return worst


if __name__ == "__main__":
    main()
