import numpy as np
import pytest
from harness import array, check_rule, complex_array, positive

special = pytest.importorskip("scipy.special")

import adtrans.rules.scipy_special_families  # noqa: F401, E402


@pytest.mark.parametrize("n", [0, 1, 2, 5])
@pytest.mark.parametrize("name", ["legendre", "chebyt", "chebyu", "hermite", "hermitenorm", "laguerre"])
def test_orthogonal_polynomials(name, n):
    fn = getattr(special, f"eval_{name}")
    check_rule(fn, n, array(5), single=False, broadcast=False)
    check_rule(fn, np.array([n, 0, 3, 1, 2]), array(5), single=False, broadcast=False)


@pytest.mark.parametrize("n", [0, 1, 4])
def test_polynomials_with_parameters(n):
    for fn, parameters in (
        (special.eval_genlaguerre, (0.5,)),
        (special.eval_gegenbauer, (0.7,)),
        (special.eval_jacobi, (0.5, 1.5)),
    ):
        active = (len(parameters) + 1,)
        check_rule(fn, n, *parameters, array(5), inputs=active, single=False, broadcast=False)


@pytest.mark.parametrize("name", ["hankel1", "hankel2", "struve", "modstruve"])
def test_bessel_kin(name):
    check_rule(getattr(special, name), 1.5, 1.0 + positive(5), inputs=(1,), single=False, broadcast=False)


@pytest.mark.parametrize("derivative", [False, True])
@pytest.mark.parametrize("fn", [special.spherical_jn, special.spherical_yn])
def test_spherical(fn, derivative):
    check_rule(
        fn, 2, 1.0 + positive(5), derivative=derivative, inputs=(1,), single=False, broadcast=False, rtol=1e-5
    )


def test_functions_of_several_values():
    check_rule(special.airy, array(5), single=False)
    check_rule(special.airy, complex_array(5), single=False)
    check_rule(special.shichi, positive(5), single=False)
    check_rule(special.ellipj, array(5), 0.3, inputs=(0,), single=False)
    check_rule(special.ellipj, 0.3, positive(5), inputs=(0,), single=False)


@pytest.mark.parametrize("fn", [special.ellipkinc, special.ellipeinc])
def test_incomplete_elliptic(fn):
    check_rule(fn, array(5), positive(5), single=False)
    check_rule(fn, array(5), np.zeros(5), single=False, broadcast=False)


def test_inverses():
    check_rule(special.betaincinv, 2.0, 3.0, positive(5), inputs=(2,), single=False, broadcast=False)
    check_rule(special.gammaincinv, 2.0, positive(5), inputs=(1,), single=False, broadcast=False)
    check_rule(special.gammainccinv, 2.0, positive(5), inputs=(1,), single=False, broadcast=False)
    check_rule(special.inv_boxcox, positive(5), positive(5, seed=1), single=False)
    check_rule(special.inv_boxcox1p, positive(5), positive(5, seed=1), single=False)
    check_rule(special.inv_boxcox, positive(5), np.zeros(5), single=False, broadcast=False, rtol=1e-5)


@pytest.mark.parametrize(
    "name, before", [("stdtr", (3.0,)), ("stdtrit", (3.0,)), ("chdtr", (3.0,)), ("chdtrc", (3.0,)),
                     ("pdtr", (2,)), ("pdtrc", (2,)), ("bdtr", (2, 5)), ("bdtrc", (2, 5))]
)  # fmt: skip
def test_distribution_functions(name, before):
    active = (len(before),)
    check_rule(
        getattr(special, name), *before, positive(5), inputs=active, single=False, broadcast=False, rtol=1e-5
    )


def test_gdtr():
    check_rule(
        special.gdtr, positive(5), 2.0, positive(5, seed=1), inputs=(0, 2), single=False, broadcast=False
    )
    check_rule(
        special.gdtrc, positive(5), 2.0, positive(5, seed=1), inputs=(0, 2), single=False, broadcast=False
    )
