"""The classical kernels of kernels/: what their gradients cost, and who else can write them."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import peers
import tapes
from kernels.registry import KERNELS, Kernel
from timing import copies, duration, geometric_mean, interleaved, table

import adtrans

TITLE = """Kernels
  tape: the most bytes that the tapes of one gradient call hold at a time (each object once, a view as the
  memory that it is of), `none` where the gradient's text has no tape; linear kernels need none
  autograd, jax: their gradient's time over adtrans's, of the same text with their NumPy as `np` (JAX compiled,
  the compilation left out); `cannot` where that raises, `wrong` where the numbers differ"""


def size(count: int | None) -> str:
    """Bytes with the unit that suits them."""
    if count is None:
        return "none"
    for unit, scale in (("MB", 1e6), ("kB", 1e3)):
        if count >= scale:
            return f"{count / scale:.3g} {unit}"
    return f"{count} B"


def beside(name: str, kernel: Kernel, ours: Callable[..., Any], args: Sequence[Any]) -> str:
    """How a peer's gradient compares: times ours, or why it does not."""
    if not peers.installed(name):
        return "-"
    try:
        theirs = peers.PEERS[name](kernel.fun, kernel.argnums, args)
        result = theirs(*copies(args))
    except Exception:  # each library has its own ways of saying no
        return "cannot"
    if not peers.agree(ours(*copies(args)), result):
        return "wrong"
    own, other = interleaved([ours, theirs], args)
    return f"{other / own:.2f}"


def run() -> None:
    rows, ratios = [], []
    for kernel in KERNELS:
        args = kernel.arguments(np.random.default_rng(0), *kernel.large)
        gradient = adtrans.grad(kernel.fun, kernel.argnums).specialize(*copies(args))
        primal, ours = interleaved([kernel.fun, gradient], args)
        ratios.append(ours / primal)
        tape = size(tapes.peak_bytes(gradient.source, gradient.__name__, copies(args)))
        name = f"{kernel.name} (linear)" if kernel.linear else kernel.name
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            others = [beside(peer, kernel, gradient, args) for peer in peers.PEERS]
        rows.append([name, duration(primal), duration(ours), f"{ratios[-1]:.2f}", tape, *others])
    rows.append(["geometric mean", "", "", f"{geometric_mean(ratios):.2f}", *[""] * 3])
    table(TITLE, ["kernel", "primal", "gradient", "gradient/primal", "tape", *peers.PEERS], rows)
