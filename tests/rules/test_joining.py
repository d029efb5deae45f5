import numpy as np
import pytest
from harness import array
from structured import check_structured

import adtrans.rules.joining  # noqa: F401


def parts(*shapes):
    return [array(*shape, seed=k) for k, shape in enumerate(shapes)]


@pytest.mark.parametrize("shapes, axis", [(((4,), (4,)), 0), (((4,), (2,), (1,)), 0), (((3, 4), (3, 2)), 1),
                                          (((3, 4), (3, 2)), -1), (((3, 4), (2, 2), (3,)), None),
                                          (((1, 4), (2, 4)), 0), (((0,), (3,)), 0)], ids=str)  # fmt: skip
def test_concatenate(shapes, axis):
    check_structured(np.concatenate, parts(*shapes), axis=axis)
    check_structured(np.concat, tuple(parts(*shapes)), axis=axis)


@pytest.mark.parametrize("axis", [0, 1, 2, -1, -2])
def test_stack(axis):
    check_structured(np.stack, parts((3, 4), (3, 4)), axis=axis)


def test_stack_of_numbers():
    check_structured(np.stack, [0.3, 0.5])
    check_structured(np.hstack, [0.3, 0.5])
    check_structured(np.vstack, [0.3, 0.5])
    check_structured(np.dstack, [0.3, 0.5])
    check_structured(np.column_stack, [0.3, 0.5])


@pytest.mark.parametrize("fn", [np.vstack, np.hstack, np.dstack, np.column_stack])
@pytest.mark.parametrize("shapes", [((4,), (4,)), ((3, 4), (3, 4)), ((2, 3, 4), (2, 3, 4))], ids=str)
def test_stacks(fn, shapes):
    check_structured(fn, parts(*shapes))


def test_stacks_of_different_lengths():
    check_structured(np.hstack, parts((3,), (2,)))
    check_structured(np.hstack, parts((3, 1), (3, 2)))
    check_structured(np.vstack, parts((1, 4), (3, 4)))
    check_structured(np.vstack, parts((2, 4), (4,)))
    check_structured(np.vstack, parts((4,), (2, 4)))
    check_structured(np.column_stack, parts((3,), (3, 2)))


def test_block():
    check_structured(np.block, [parts((3, 4), (3, 2)), parts((2, 5), (2, 1))])
    check_structured(np.block, parts((3,), (2,)))
    check_structured(np.block, [[0.3, array(2)], [array(3)]])
    check_structured(np.block, [[array(2, 2), array(2, 1)], [array(2), 0.5]])


@pytest.mark.parametrize(
    "shapes, axis",
    [(((4,), (3,)), None), (((2, 3), (4,)), None), (((2, 3), (1, 3)), 0), (((2, 3), (2, 1)), -1)],
    ids=str,
)
def test_append(shapes, axis):
    check_structured(np.append, *parts(*shapes), axis=axis)
    check_structured(np.append, *parts(*shapes), active=1, axis=axis)


def test_append_of_a_number():
    check_structured(np.append, array(3), 0.5)
    check_structured(np.append, array(3), 0.5, active=1)


@pytest.mark.parametrize("fn, shape, options", [
    (np.split, (4,), {"indices_or_sections": 2}), (np.split, (3, 4), {"indices_or_sections": [1], "axis": 1}),
    (np.array_split, (7,), {"indices_or_sections": 3}),
    (np.array_split, (2, 7), {"indices_or_sections": (2, 3), "axis": -1}),
    (np.hsplit, (3, 4), {"indices_or_sections": 2}), (np.hsplit, (4,), {"indices_or_sections": 2}),
    (np.vsplit, (3, 4), {"indices_or_sections": [1]}), (np.dsplit, (2, 3, 4), {"indices_or_sections": 2}),
], ids=lambda v: getattr(v, "__name__", str(v)))  # fmt: skip
def test_splits(fn, shape, options):
    check_structured(fn, array(*shape), **options)


@pytest.mark.skipif(not hasattr(np, "unstack"), reason="NumPy 2.1")
@pytest.mark.parametrize("axis", [0, 1, -1])
def test_unstack(axis):
    check_structured(np.unstack, array(3, 4), axis=axis)
