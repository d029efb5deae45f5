"""Arithmetic on axes, shapes and subscripts that rules need while a derivative is written.

Each function here takes and gives plain tuples, ints and strings: known arguments are folded.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from adtrans.rules.registry import nondifferentiable

Axes = tuple[int, ...]


def normalized(axes: Any, ndim: int) -> Axes:
    """`axes` (an int, a sequence of ints, or None for all) as a tuple of non-negative ints."""
    if axes is None:
        return tuple(range(ndim))
    if isinstance(axes, (tuple, list)):
        return tuple(axis % ndim for axis in axes)
    return (int(axes) % ndim,)


def inverse_permutation(axes: Any) -> Axes:
    """The permutation that undoes `axes`."""
    axes = [axis % len(axes) for axis in axes]
    return tuple(axes.index(i) for i in range(len(axes)))


def other_axes(axis: Any, ndim: int) -> Axes:
    """The axes that are not in `axis`."""
    return tuple(i for i in range(ndim) if i not in normalized(axis, ndim))


def negated(shift: Any) -> Any:
    """`-shift`, for an int and for a tuple of ints."""
    return tuple(-s for s in shift) if isinstance(shift, (tuple, list)) else -shift


def everything(count: int) -> tuple[slice, ...]:
    """As many full slices."""
    return (slice(None),) * count


def ones(count: int) -> Axes:
    """As many ones."""
    return (1,) * count


def position(axes: Axes, axis: int) -> int:
    """Where `axis` is among `axes`, -1 where it is not."""
    return axes.index(axis) if axis in axes else -1


# ----- tensordot -----


def contracted(axes: Any, a_ndim: int, b_ndim: int) -> tuple[Axes, Axes]:
    """The axes of both operands that tensordot sums over."""
    if isinstance(axes, (int, np.integer)):
        return tuple(range(a_ndim - int(axes), a_ndim)), tuple(range(int(axes)))
    a_axes, b_axes = axes
    return normalized(a_axes, a_ndim), normalized(b_axes, b_ndim)


def restoring(kept: Axes, summed: Axes, partner: Axes) -> Axes:
    """How to transpose what a tensordot with the other operand gives back to the operand's own axes.

    It has the operand's `kept` axes, then its `summed` axes in the order of the other operand's.
    """
    order = sorted(range(len(summed)), key=lambda i: partner[i])
    return inverse_permutation(list(kept) + [summed[i] for i in order])


def is_sorted(axes: Axes) -> bool:
    """Whether a permutation changes nothing."""
    return tuple(axes) == tuple(range(len(axes)))


# ----- fft -----


def effective_norm(norm: str | None) -> str:
    """The norm of a transform by name."""
    return norm or "backward"


def opposite_norm(norm: str | None) -> str:
    """The norm with which an inverse transform is the adjoint."""
    return {"backward": "forward", "forward": "backward", "ortho": "ortho"}[norm or "backward"]


def transformed_axes(axes: Any, count: int | None, ndim: int) -> Axes:
    """The axes of an n-dimensional transform: those named, or as many last ones as there are lengths."""
    if axes is None and count is not None:
        return tuple(range(ndim - count, ndim))
    return normalized(axes, ndim)


# ----- einsum -----

_LABELS = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"


def explicit_subscripts(subscripts: str, ranks: tuple[int, ...]) -> str:
    """Einsum subscripts without spaces or ellipses and with an output: `...j,j` gives `aj,j->a`."""
    subscripts = subscripts.replace(" ", "")
    inputs, arrow, output = subscripts.partition("->")
    terms = inputs.split(",")
    free = [label for label in _LABELS if label not in subscripts]
    extra = [rank - len(term.replace("...", "")) if "..." in term else 0 for term, rank in zip(terms, ranks)]
    shared = "".join(free[: max(extra, default=0)])
    terms = [term.replace("...", shared[len(shared) - n :]) for term, n in zip(terms, extra)]
    if arrow:
        output = output.replace("...", shared)
    else:
        labels = "".join(terms)
        output = shared + "".join(sorted(c for c in set(labels) if labels.count(c) == 1 and c not in shared))
    return f"{','.join(terms)}->{output}"


def interleaved_subscripts(inputs: Any, output: Any) -> str:
    """The sublists of `einsum(a, [0, 1], b, [1, 2], [0, 2])` as a string."""

    def text(sublist: Any) -> str:
        return "".join("..." if item is Ellipsis else _LABELS[item] for item in sublist)

    terms = ",".join(text(sublist) for sublist in inputs)
    return terms if output is None else f"{terms}->{text(output)}"


def is_identity(subscripts: str) -> bool:
    """Whether an einsum gives back its one operand."""
    operand, output = subscripts.split("->")
    return operand == output


def adjoint_subscripts(subscripts: str, which: int) -> str:
    """The einsum that takes `y`'s adjoint and the other operands to the adjoint of operand `which`.

    A label that is only in that operand is left out (its axis is broadcast afterwards); a label
    that it repeats is renamed, to be tied to the first by an identity matrix.
    """
    inputs, output = subscripts.split("->")
    terms = inputs.split(",")
    others = terms[:which] + terms[which + 1 :]
    target, ties = _untied(terms[which], subscripts)
    known = output + "".join(others) + "".join(ties)
    return f"{','.join([output, *others, *ties])}->{''.join(c for c in target if c in known)}"


def missing_axes(subscripts: str, which: int) -> Axes:
    """The axes of operand `which` whose label is nowhere else."""
    inputs, output = subscripts.split("->")
    terms = inputs.split(",")
    others = output + "".join(terms[:which] + terms[which + 1 :])
    target, ties = _untied(terms[which], subscripts)
    return tuple(i for i, c in enumerate(target) if c not in others + "".join(ties))


def tied_axes(subscripts: str, which: int) -> Axes:
    """The axes of operand `which` that repeat the label of an earlier one."""
    term = subscripts.split("->")[0].split(",")[which]
    return tuple(i for i, c in enumerate(term) if c in term[:i])


def _untied(term: str, subscripts: str) -> tuple[str, list[str]]:
    free = iter(label for label in reversed(_LABELS) if label not in subscripts)
    target, ties = "", []
    for i, label in enumerate(term):
        if label in term[:i]:
            fresh = next(free)
            ties.append(label + fresh)
            label = fresh
        target += label
    return target, ties


nondifferentiable(
    normalized, inverse_permutation, other_axes, negated, everything, ones, position,
    contracted, restoring, is_sorted, effective_norm, opposite_norm, transformed_axes,
    explicit_subscripts, interleaved_subscripts, is_identity, adjoint_subscripts, missing_axes, tied_axes,
)  # fmt: skip
