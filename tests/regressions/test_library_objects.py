"""Random generators and loggers in a program: objects of libraries that are known by their class."""

import logging

import numpy as np
import pytest
from agreement import agree

import adtrans

LOG = logging.getLogger("tests.programs")
RANDOM = np.random.RandomState(5)


def test_arrays_as_long_as_drawn_numbers_are_written_in_place():
    def f(x):
        z = np.random.RandomState(3).randn(6, 10)
        z = np.hstack([z, -z])
        s = np.full(z.shape[1], x)
        for row in z:
            s *= np.exp(0.1 * row)
        return s.mean()

    agree(f, 1.3)


def test_every_way_to_draw_has_a_type():
    def f(x):
        rng = np.random.default_rng(0)
        h = rng.normal(size=(4, len(x))) @ x[rng.permutation(len(x))]
        h += rng.uniform(-1, 1, 4)
        h *= rng.random()
        h[rng.random(4) < 0.5] *= 0.5
        y = np.zeros(2)
        y += h[rng.choice(4, size=2, replace=False)]
        return y * x[rng.integers(0, len(x), size=2)]

    agree(f, np.array([0.3, -0.5, 1.1]))


def test_the_global_generator():
    def f(x):
        np.random.seed(0)
        s = x * np.random.randn(3, 4)[np.random.randint(0, 3, size=5)].sum()
        s += np.random.normal(0.0, 1.0, size=x.shape)
        return s

    agree(f, np.array([0.3, -0.5, 1.1]))


def test_drawing_with_active_parameters_is_refused():
    def f(x):
        return np.random.default_rng(0).normal(x, 1.0)

    with pytest.raises(adtrans.AdtransError, match="no derivative rule"):
        adtrans.grad(f)(1.0)


def test_a_global_generator_is_drawn_from_in_the_order_of_the_program():
    def f(x):
        a = RANDOM.normal(size=3)
        return np.sum(x * a) + RANDOM.uniform() * x[0]

    RANDOM.seed(1)
    value, slope = adtrans.value_and_grad(f)(np.ones(3))
    RANDOM.seed(1)
    assert value == f(np.ones(3))
    RANDOM.seed(1)
    a = RANDOM.normal(size=3)
    np.testing.assert_allclose(slope, a + np.array([RANDOM.uniform(), 0.0, 0.0]))


def test_a_logger_is_told_of_active_values(caplog):
    def f(x):
        log = logging.getLogger("tests.programs")
        y = np.sin(x)
        LOG.info("y = %s", y.sum())
        if log.isEnabledFor(logging.INFO):
            log.warning("%d values", len(y))
        y *= 2.0
        return y

    with caplog.at_level(logging.INFO):
        agree(f, np.array([0.3, -0.5, 1.1]))
    assert "3 values" in caplog.text
