"""The linear recurrence, a helper of generated code that NumPy lacks: cumulative products need it."""

import numpy as np

from adtrans.rules.registry import adjoint, tangent


def recurrence(a, b):
    """y with y[0] = b[0] and y[i] = a[i] * y[i - 1] + b[i], along the first axis (a[0] is not read)."""
    y = np.array(b)
    if y.ndim == 1:
        total = 0.0
        for i, (factor, term) in enumerate(zip(np.asarray(a).tolist(), y.tolist())):
            total = factor * total + term if i else term
            y[i] = total
    else:
        for i in range(1, len(y)):
            y[i] += a[i] * y[i - 1]
    return y


def later(a):
    """`a` moved one place up, 0 coming in."""
    return np.concatenate((a[1:], np.zeros_like(a[:1])))


def earlier(a):
    """`a` moved one place down, 0 coming in."""
    return np.concatenate((np.zeros_like(a[:1]), a[:-1]))


def backward(a, b):
    """The transpose: y[i] = a[i + 1] * y[i + 1] + b[i]."""
    return recurrence(later(a)[::-1], b[::-1])[::-1]


@tangent(recurrence)
def _(a, b, y, da, db):
    return recurrence(a, da * earlier(y) + db)


@adjoint(recurrence)
def _(a, b, y, by):
    bb = backward(np.conj(a), by)
    return bb * np.conj(earlier(y)), bb
