import numpy as np
import pytest
from harness import array, check_rule, complex_array, positive, run_adjoint
from structured import check_structured, tupled

import adtrans.rules.creation  # noqa: F401


def test_full():
    for fill in (0.7, np.array(0.7), array(3), array(2, 1)):
        check_rule(np.full, (2, 3), fill, inputs=(1,))
        check_rule(np.full_like, array(2, 3), fill, inputs=(1,))


@pytest.mark.parametrize("fn", [np.linspace, np.logspace, np.geomspace])
@pytest.mark.parametrize("options", [{"num": 5}, {"num": 5, "endpoint": False}, {"num": 1}], ids=str)
def test_ranges(fn, options):
    check_rule(fn, 0.7, 1.3, **options)
    check_rule(fn, positive(3), 1.3, **options)
    check_rule(fn, positive(3, 1), positive(2, seed=1), axis=-1, **options)


def test_linspace_with_step():
    for endpoint in (True, False):
        for active in (0, 1):
            check_structured(np.linspace, 0.7, 1.3, active=active, num=5, retstep=True, endpoint=endpoint)


def test_logspace_base():
    check_rule(np.logspace, 0.7, 1.3, num=4, base=2.0)


def test_arange():
    (start, stop, step) = run_adjoint(np.arange, (0.3, 3.0, 0.5), np.arange(0.3, 3.0, 0.5), np.ones(6), {})
    assert start == 6.0 and stop is None and step == 15.0
    assert run_adjoint(np.arange, (0.3, 3.0, None), np.arange(0.3, 3.0), np.ones(3), {})[0] == 3.0
    assert run_adjoint(np.arange, (3.0, None, None), np.arange(3.0), np.ones(3), {}) == [None, None, None]


@pytest.mark.parametrize("indexing", ["xy", "ij"])
@pytest.mark.parametrize("sparse", [False, True])
def test_meshgrid(indexing, sparse):
    for shapes in [((4,), (3,)), ((4,),), ((4,), (3,), (2,)), ((), (3,))]:
        vectors = tuple(array(*shape, seed=k) for k, shape in enumerate(shapes))
        check_structured(tupled(np.meshgrid), vectors, indexing=indexing, sparse=sparse)


@pytest.mark.parametrize(
    "options", [{}, {"N": 3}, {"increasing": True}, {"N": 6, "increasing": True}, {"N": 1}], ids=str
)
def test_vander(options):
    check_rule(np.vander, array(4), **options)
    check_rule(np.vander, complex_array(4), **options)
    x = np.array([0.0, 1.0])
    assert np.all(np.isfinite(run_adjoint(np.vander, (x,), np.vander(x), np.ones((2, 2)), {})[0]))
