"""The kernels of benchmarks/kernels: their derivatives, and which of them need no tape."""

import re
import sys
from pathlib import Path

import numpy as np
import pytest

import adtrans

FOLDERS = [str(Path(__file__).parents[1] / "benchmarks"), str(Path(__file__).parent / "property")]
sys.path[:0] = FOLDERS
try:
    from agreement import agree, copied, direction, inner, moved, slope
    from kernels.registry import KERNELS
    from tapes import peak_bytes
finally:
    del sys.path[: len(FOLDERS)]

TOLERANCE = 1e-6


def each_kernel(wrong=None, kernels=KERNELS):
    """A test of every kernel; those that are known to be wrong come with the reason."""
    reasons = wrong or {}
    marks = {name: pytest.mark.xfail(strict=True, reason=reason) for name, reason in reasons.items()}
    cases = [pytest.param(k, id=k.name, marks=marks.get(k.name, ())) for k in kernels]
    return pytest.mark.parametrize("kernel", cases)


def differences(kernel, args):
    """A direction, and the slope of the kernel's function along it."""
    active = tuple(args[i] for i in kernel.argnums)
    along = direction(active, np.random.default_rng(1))

    def value(t):
        given = list(copied(args))
        for i, x in zip(kernel.argnums, moved(active, along, t)):
            given[i] = x
        return kernel.fun(*given)

    numeric, _ = slope(value, 1e-2)
    return active, along, numeric


@each_kernel()
def test_gradient(kernel):
    args = kernel.arguments(np.random.default_rng(0), *kernel.small)
    active, along, numeric = differences(kernel, args)
    gradients = adtrans.grad(kernel.fun, kernel.argnums)(*copied(args))
    assert inner(active, gradients, along) == pytest.approx(numeric, rel=TOLERANCE)


@each_kernel()
def test_tangent(kernel):
    args = kernel.arguments(np.random.default_rng(0), *kernel.small)
    _, along, numeric = differences(kernel, args)
    _, tangent = adtrans.jvp(kernel.fun, kernel.argnums)(*copied(args), *along)
    assert tangent == pytest.approx(numeric, rel=TOLERANCE)


@each_kernel()
def test_products_agree_and_leave_arguments_alone(kernel):
    args = kernel.arguments(np.random.default_rng(0), *kernel.small)
    agree(kernel.fun, *args, argnums=kernel.argnums)


@each_kernel(kernels=[kernel for kernel in KERNELS if kernel.linear])
def test_linear_kernels_have_no_tape(kernel):
    args = kernel.arguments(np.random.default_rng(0), *kernel.small)
    source = adtrans.grad(kernel.fun, kernel.argnums).specialize(*args).source
    assert not re.search(r"\btape", source)


def test_the_arguments_of_benchmarks_suit_the_kernels():
    for kernel in KERNELS:
        args = kernel.arguments(np.random.default_rng(0), *kernel.large)
        assert np.isfinite(kernel.fun(*args)), kernel.name


def test_what_is_on_a_tape_counts_once():
    source = """
def twice(x, n):
    tape = []
    tape2 = []
    for i in range(n):
        tape.append(x)
        tape2.append((x[1:], i))
        x = x * 1.0
    while tape:
        tape.pop()
    return x
"""
    x = np.zeros(10)
    pairs = 3 * sys.getsizeof((0, 0)) + sum(map(sys.getsizeof, range(3)))
    assert peak_bytes(source, "twice", (x, 3)) == 3 * x.nbytes + pairs
    assert peak_bytes("def none(x): return x", "none", (x,)) is None
