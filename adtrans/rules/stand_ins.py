"""Library functions that are read as if the user had written them out: they call what they are given."""

import functools
import itertools
import math
import operator
from collections.abc import Callable
from typing import Any

import numpy as np

from adtrans.rules.registry import nondifferentiable
from adtrans.runtime import order_of, place_of_largest, place_of_smallest

nondifferentiable(order_of, place_of_largest, place_of_smallest)


def fromkeys(keys, value=None):
    """dict.fromkeys."""
    return {key: value for key in keys}  # noqa: C420  (what dict.fromkeys stands for)


def setdefault(d, key, default):
    """dict.setdefault."""
    if key not in d:
        d[key] = default
    return d[key]


def pop(d, key, default):
    """dict.pop with a default."""
    return d.pop(key) if key in d else default


def update(d, other):
    """dict.update with a dict."""
    for key in other:
        d[key] = other[key]


def update_by_pairs(d, pairs):
    """dict.update with pairs."""
    for key, value in pairs:
        d[key] = value


def piecewise(x, condlist, funclist, *args, **kw):
    """np.piecewise: a later condition wins, and a function left over is for the rest."""
    conditions = condlist if isinstance(condlist, (list, tuple)) else [condlist]
    y = np.zeros_like(x)
    if len(funclist) > len(conditions):
        y = funclist[-1](x, *args, **kw) if callable(funclist[-1]) else funclist[-1]
    for condition, piece in zip(conditions, funclist):
        y = np.where(condition, piece(x, *args, **kw) if callable(piece) else piece, y)
    return y


def vectorize(pyfunc, otypes=None):
    """np.vectorize of a function of one result."""

    def apply(*args):
        arrays = np.broadcast_arrays(*args) if len(args) > 1 else args
        flat = [np.ravel(a).tolist() for a in arrays]
        results = [pyfunc(*items) for items in zip(*flat)]
        first = pyfunc(*[np.ravel(a)[0] for a in arrays]) if otypes is None else None  # it says the dtype
        dtype = np.asarray(first).dtype if otypes is None else otypes[0]
        made = np.array(results, dtype=dtype)
        return np.reshape(made, np.shape(arrays[0]))

    return apply


def apply_along_axis(func1d, axis, arr, *args, **kwargs):
    """np.apply_along_axis."""
    b = np.moveaxis(arr, axis, -1)
    results = np.array([func1d(row, *args, **kwargs) for row in np.reshape(b, (-1, b.shape[-1]))])
    if np.ndim(results) == 1:
        return np.reshape(results, b.shape[:-1])
    return np.moveaxis(np.reshape(results, (*b.shape[:-1], -1)), -1, axis)


def fromfunction(function, shape, *, dtype=float, **kwargs):
    """np.fromfunction."""
    grid = np.indices(shape, dtype=dtype)
    return function(*[grid[k] for k in range(len(shape))], **kwargs)


def apply_over_axes(func, a, axes):
    """np.apply_over_axes."""
    for axis in (
        np.ravel(axes).tolist()
        if isinstance(axes, np.ndarray)
        else axes
        if isinstance(axes, (list, tuple))
        else (axes,)
    ):
        result = func(a, axis)
        a = result if np.ndim(result) == np.ndim(a) else np.expand_dims(result, axis)
    return a


def fromiter(iter, dtype, count=-1):
    """np.fromiter of numbers, all of them."""
    return np.array(list(iter), dtype=dtype)


def union1d(ar1, ar2):
    """np.union1d."""
    return np.unique(np.concatenate((np.ravel(ar1), np.ravel(ar2))))


def intersect1d(ar1, ar2):
    """np.intersect1d; a common element counts as the first array's."""
    found = np.unique(ar1)
    return found[np.isin(found, ar2)]


def setdiff1d(ar1, ar2):
    """np.setdiff1d."""
    found = np.unique(ar1)
    return found[np.isin(found, ar2, invert=True)]


def setxor1d(ar1, ar2):
    """np.setxor1d."""
    found = union1d(ar1, ar2)
    return found[np.isin(found, ar1) ^ np.isin(found, ar2)]


def polyval(x, c):
    """np.polynomial.polynomial.polyval of one polynomial, by Horner's rule."""
    y = c[-1] + x * 0
    for k in range(2, len(c) + 1):
        y = c[-k] + y * x
    return y


def outer_of(ufunc):
    """The outer function of a ufunc."""

    def outer(A, B):
        return ufunc(np.reshape(A, np.shape(A) + (1,) * np.ndim(B)), B)

    return outer


def dist(p, q):
    """math.dist."""
    return float(np.linalg.norm(np.asarray(p) - np.asarray(q)))


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


def extreme_or(function, items, *, default, **options):
    """max() or min() of one list, with a default."""
    return function(items, **options) if items else default


def ordered(items, *, key=None, reverse=False):
    """sorted(); equal ones stay in order."""
    keys = items if key is None else [key(item) for item in items]
    return [items[k] for k in order_of(keys, reverse)]


def largest_by(items, *, key=None):
    """max() by a key, or of what is no number."""
    return items[place_of_largest(items if key is None else [key(item) for item in items])]


def smallest_by(items, *, key=None):
    """min() by a key, or of what is no number."""
    return items[place_of_smallest(items if key is None else [key(item) for item in items])]


def first(items, *default):
    """next() of a generator expression, whose items are these."""
    if default:
        return items[0] if len(items) > 0 else default[0]
    return items[0]


def chosen(function, iterable):
    """filter(), all at once."""
    return [item for item in list(iterable) if (item if function is None else function(item))]


def not_chosen(function, iterable):
    """itertools.filterfalse, all at once."""
    return [item for item in list(iterable) if not (item if function is None else function(item))]


def compress(data, selectors):
    """itertools.compress, all at once."""
    return [item for item, wanted in zip(data, selectors) if wanted]


def takewhile(predicate, iterable):
    """itertools.takewhile, all at once."""
    found = []
    for item in iterable:
        if not predicate(item):
            break
        found.append(item)
    return found


def dropwhile(predicate, iterable):
    """itertools.dropwhile, all at once."""
    found = []
    dropping = True
    for item in iterable:
        dropping = dropping and predicate(item)
        if not dropping:
            found.append(item)
    return found


def accumulate(iterable, func=operator.add, *, initial=None):
    """itertools.accumulate, all at once."""
    items = list(iterable)
    if initial is None:
        total, rest = items[0], items[1:]
    else:
        total, rest = initial, items
    found = [total]
    for item in rest:
        total = func(total, item)
        found.append(total)
    return found


def starmap(function, iterable):
    """itertools.starmap, all at once."""
    return [function(*args) for args in iterable]


def chain(*iterables):
    """itertools.chain, all at once."""
    found = []
    for items in iterables:
        found = found + list(items)
    return found


def chain_from_iterable(iterables):
    """itertools.chain.from_iterable, all at once."""
    return [item for items in iterables for item in items]


def pairwise(iterable):
    """itertools.pairwise, all at once."""
    items = list(iterable)
    return [(items[k], items[k + 1]) for k in range(len(items) - 1)]


def islice(iterable, *bounds):
    """itertools.islice, all at once."""
    return list(iterable)[slice(*bounds)]


def product_of_2(a, b):
    """itertools.product of two, all at once."""
    return [(u, v) for u in a for v in b]


def product_of_3(a, b, c):
    """itertools.product of three, all at once."""
    return [(u, v, w) for u in a for v in b for w in c]


def combinations_of_2(items, *, repeated=0):
    """itertools.combinations(items, 2), or with replacement, all at once."""
    n = len(items)
    return [(items[i], items[j]) for i in range(n) for j in range(i + 1 - repeated, n)]


def combinations_of_3(items, *, repeated=0):
    """itertools.combinations(items, 3), or with replacement, all at once."""
    n, more = len(items), 1 - repeated
    return [
        (items[i], items[j], items[k])
        for i in range(n)
        for j in range(i + more, n)
        for k in range(j + more, n)
    ]


def permutations_of_2(items):
    """itertools.permutations(items, 2), all at once."""
    n = len(items)
    return [(items[i], items[j]) for i in range(n) for j in range(n) if i != j]


def permutations_of_3(items):
    """itertools.permutations(items, 3), all at once."""
    n = len(items)
    return [
        (items[i], items[j], items[k])
        for i in range(n)
        for j in range(n)
        if i != j
        for k in range(n)
        if i != k and j != k
    ]


def reduce(function, iterable, *initial):
    """functools.reduce."""
    items = list(iterable)
    if initial:
        total, rest = initial[0], items
    else:
        total, rest = items[0], items[1:]
    for item in rest:
        total = function(total, item)
    return total


def wraps(wrapped):
    """functools.wraps, which changes what a function says of itself only."""
    return lambda function: function


def rotate(d, n=1):
    """deque.rotate."""
    if len(d) > 0:
        at = len(d) - n % len(d)
        d[:] = d[at:] + d[:at]


def make_room(d, most):
    """What deque.append does first where the length is bounded."""
    if most == 0:
        raise ValueError("a deque that holds nothing")
    if len(d) >= most:
        d.pop(0)


def make_room_left(d, most):
    """What deque.appendleft does first where the length is bounded."""
    if most == 0:
        raise ValueError("a deque that holds nothing")
    if len(d) >= most:
        d.pop()


def extend(d, items):
    """deque.extend."""
    for item in items:
        d.append(item)


def extendleft(d, items):
    """deque.extendleft."""
    for item in items:
        d.appendleft(item)


def fill(d, key, factory):
    """What reading d[key] of a defaultdict does first."""
    if key not in d:
        d[key] = factory()


def count_into(d, items):
    """Counter.update with things to count."""
    for item in items:
        d[item] += 1


# Those that may be given what cannot be followed, as long as it is constant.
SOLVERS: set[Callable[..., Any]] = set()

# Of classes whose objects, made outside of a program, are called in it: what stands for the call.
CALLED: dict[type, Any] = {}

# Methods of such objects that give another one, which depends on nothing but the object.
MAKES_ANOTHER: set[Callable[..., Any]] = set()

# Of functions that are read in another way than by rules: their limits, and what is said of them.
SAID: dict[Any, tuple[str, str]] = {}

STAND_INS: dict[Callable[..., Any], Any] = {
    np.piecewise: piecewise,
    np.vectorize: vectorize,
    np.apply_along_axis: apply_along_axis,
    np.apply_over_axes: apply_over_axes,
    np.fromfunction: fromfunction,
    np.fromiter: fromiter,
    np.union1d: union1d,
    np.intersect1d: intersect1d,
    np.setdiff1d: setdiff1d,
    np.setxor1d: setxor1d,
    np.polynomial.polynomial.polyval: polyval,
    math.dist: dist,
    dict.fromkeys: fromkeys,
    math.prod: product,
    itertools.accumulate: accumulate,
    itertools.starmap: starmap,
    itertools.chain: chain,
    itertools.chain.from_iterable: chain_from_iterable,
    itertools.islice: islice,
    itertools.pairwise: pairwise,
    itertools.filterfalse: not_chosen,
    itertools.compress: compress,
    itertools.takewhile: takewhile,
    itertools.dropwhile: dropwhile,
    functools.reduce: reduce,
    functools.wraps: wraps,
}
for _ufunc in (
    np.power,
    np.maximum,
    np.minimum,
    np.fmax,
    np.fmin,
    np.hypot,
    np.arctan2,
    np.logaddexp,
    np.remainder,
    np.fmod,
):
    STAND_INS[_ufunc.outer] = outer_of(_ufunc)
