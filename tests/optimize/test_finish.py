"""The last passes together: what is handed to emit."""

import operator

import numpy as np
from reading import passed
from stages import applied, block, finished

import adtrans
from adtrans.analysis.inference.engine import Engine
from adtrans.ir import prims
from adtrans.ir.program import walk
from adtrans.optimize.finish import finish

X = np.arange(1.0, 5.0)


def after(text):
    return passed(lambda function: finish(function, Engine()), text)


# ----- first contributions -----


def test_a_shadow_starts_as_its_first_contribution():
    assert after(
        """
        def f(%u: float64[n0]):
          %bu: float64[n0] = np.zeros_like(%u) {reverse, shadow}
          %0: float64[n0] = mul(2.0, %u) {reverse}
          iadd(%bu, %0) {reverse}
          return %bu
        """
    ) == block(
        """
        def f(%u: float64[n0]):
          %bu: float64[n0] = mul(2.0, %u) {reverse}
          return %bu
        """
    )


def test_a_contribution_of_another_shape_is_added_to_zeros():
    text = """
        def f(%u: float64[n0], %k: float):
          %bu: float64[n0] = np.zeros_like(%u) {reverse, shadow}
          %0: float = mul(2.0, %k) {reverse}
          iadd(%bu, %0) {reverse}
          return %bu
        """
    assert after(text) == block(text)


def test_a_contribution_that_is_read_again_is_added_to_zeros():
    text = """
        def f(%u: float64[n0]):
          %bu: float64[n0] = np.zeros_like(%u) {reverse, shadow}
          %0: float64[n0] = mul(2.0, %u) {reverse}
          iadd(%bu, %0) {reverse}
          %1: (float64[n0], float64[n0]) = tuple(%bu, %0)
          return %1
        """
    assert "np.zeros_like" in after(text)


def test_a_shadow_that_is_read_first_starts_as_zeros():
    text = """
        def f(%u: float64[n0]):
          %bu: float64[n0] = np.zeros_like(%u) {reverse, shadow}
          %0: float = np.sum(%bu) {reverse}
          %1: float64[n0] = mul(%0, %u) {reverse}
          iadd(%bu, %1) {reverse}
          return %bu
        """
    assert "np.zeros_like" in after(text)


# ----- what only the transforms read -----


def test_no_marker_is_left():
    def f(x, k):
        best = None if k > 2.0 else x[0]
        if best is None:
            return np.sum(x)
        return best * np.sum(adtrans.stop_gradient(x))

    function = finished(f, X, 1.0)
    assert applied(function, prims.narrow) == []
    assert applied(function, adtrans.stop_gradient) == []


def test_recursive_calls_name_the_functions_written_for_them():
    def power(x, n):
        if n == 0:
            return 1.0
        return x * power(x, n - 1)

    calls = [op for op in walk(finished(power, 2.0, 3).body) if "program" in op.attrs]
    assert [op.fn.name for op in calls] == ["power_forward", "power_reverse"]


# ----- in all -----


def test_contributions_are_added_in_place():
    def f(x, y):
        a = np.sin(x) * y
        b = np.cos(x) * y
        return np.sum(a * b)

    function = finished(f, X, X, argnums=(0, 1))
    sums = [op for op in walk(function.body) if op.fn in (operator.add, operator.sub)]
    assert len(sums) == 2
    assert all(op.attrs.get("inplace") for op in sums)


def test_a_primal_value_that_no_gradient_reads_is_gone():
    def f(x, k):
        y = np.exp(k)
        return np.sum(x * x) + y

    assert applied(finished(f, X, 2.0), np.exp) == []
    assert len(applied(finished(f, X, 2.0, transform="vjp"), np.sum)) == 1
