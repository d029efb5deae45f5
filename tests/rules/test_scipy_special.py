import math
import subprocess
import sys

import numpy as np
import pytest
from harness import array, check_rule, positive, run_adjoint

special = pytest.importorskip("scipy.special")
import adtrans.rules.scipy_special  # noqa: E402, F401

X, P = array(5), positive(5) + 1.0
UNARY = {
    "x": "erf erfc erfcx erfi expit log_expit softplus ndtr log_ndtr i0 i1 i0e i1e dawsn cosm1 wofz "
    "exp2 exp10 expm1 exprel",
    "p": "gamma gammaln loggamma digamma psi rgamma j0 j1 y0 y1 k0 k1 k0e k1e exp1 expi spence "
    "lambertw sici fresnel factorial",
    "q": "logit erfcinv ndtri entr ellipk ellipe log1p cbrt ber bei ker kei berp beip kerp keip",
}


@pytest.mark.parametrize(
    "domain, name", [(domain, name) for domain in UNARY for name in UNARY[domain].split()]
)
def test_functions_of_one_array(domain, name):
    if not hasattr(special, name):
        pytest.skip("a newer SciPy")
    check_rule(getattr(special, name), {"x": X, "p": P, "q": positive(5)}[domain])


def test_erfinv():
    check_rule(special.erfinv, 0.9 * X)


@pytest.mark.parametrize(
    "name",
    "beta betaln xlogy xlog1py rel_entr kl_div binom comb boxcox boxcox1p owens_t poch pseudo_huber".split(),
)
def test_functions_of_two_arrays(name):
    check_rule(getattr(special, name), P, positive(5, seed=1))


def test_huber():
    check_rule(special.huber, np.full(5, 0.51), array(5))


@pytest.mark.parametrize("name", "gammainc gammaincc jv yv iv kv ive kve".split())
def test_functions_with_a_parameter(name):
    check_rule(getattr(special, name), 2.3, P, inputs=(1,), single=False)


@pytest.mark.parametrize("name", "polygamma expn yn kn".split())
def test_functions_with_an_integer(name):
    check_rule(getattr(special, name), 2, P, inputs=(1,))


def test_other_signatures():
    check_rule(special.betainc, 1.5, 2.5, positive(5), inputs=(2,), single=False)
    check_rule(special.zeta, 2.5, P, inputs=(1,))
    check_rule(special.hyp1f1, 0.7, 1.3, positive(5), inputs=(2,))
    check_rule(special.hyp2f1, 0.7, 1.3, 2.5, positive(5), inputs=(3,))
    check_rule(special.multigammaln, P + 1.0, 3, inputs=(0,))


@pytest.mark.parametrize("keepdims", [False, True])
@pytest.mark.parametrize("axis", [None, 0, -1, (0, 2)], ids=str)
def test_logsumexp(axis, keepdims):
    check_rule(special.logsumexp, array(2, 3, 4), axis, None, keepdims=keepdims)
    check_rule(special.logsumexp, array(2, 3, 4), axis, positive(4), keepdims=keepdims)


@pytest.mark.parametrize("axis", [None, 0, -1])
def test_softmax(axis):
    check_rule(special.softmax, array(3, 4), axis=axis)
    check_rule(special.log_softmax, array(3, 4), axis=axis)


def test_logsumexp_of_minus_infinity():
    for x, expected in (([0.0, -np.inf], [1.0, 0.0]), ([-np.inf, -np.inf], [0.0, 0.0])):
        a = np.array(x)
        found = run_adjoint(special.logsumexp, (a, None, None), special.logsumexp(a), 1.0, {})[0]
        np.testing.assert_array_equal(found, expected)


def test_no_overflow_when_saturated():
    with np.errstate(all="raise"):
        for x in (-800.0, 800.0):
            y = special.expit(np.array([x]))
            assert run_adjoint(special.expit, (np.array([x]),), y, np.ones(1), {})[0] == 0.0


def test_xlogy_of_zeros():
    zero = np.zeros(1)
    assert [float(b[0]) for b in run_adjoint(special.xlogy, (zero, zero), zero, np.ones(1), {})] == [0.0, 0.0]


def test_what_needs_scipy():
    check_rule(math.gamma, 2.3)
    check_rule(math.lgamma, 2.3)
    check_rule(np.i0, X)


def test_a_rule_with_functions_of_scipy_needs_no_import_by_the_program(tmp_path):
    program = tmp_path / "program.py"
    program.write_text(
        "import math, numpy, adtrans\n"
        "print(adtrans.grad(lambda x: numpy.i0(x))(1.5), adtrans.grad(lambda x: math.gamma(x))(2.0))"
    )
    run = subprocess.run([sys.executable, program], capture_output=True, text=True)
    assert run.stderr == ""
    np.testing.assert_allclose([float(w) for w in run.stdout.split()], [special.i1(1.5), special.psi(2.0)])
