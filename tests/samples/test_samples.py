"""Every sample runs, reaches what it promises, and has the gradient that it should have."""

import importlib.util
import sys
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

import adtrans

SAMPLES = Path(__file__).parents[2] / "samples"


def sample(name: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(f"sample_{name}", SAMPLES / f"{name}.py")
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


def test_every_sample_is_tested():
    tested = {"digits", "heat_inverse", "logistic_map", "lotka_volterra", "newton_sqrt"}
    assert {path.stem for path in SAMPLES.glob("*.py")} == tested


def test_digits_learns(capsys):
    assert sample("digits").main(epochs=12) >= 0.95
    printed = capsys.readouterr().out
    assert "def " in printed
    assert "by hand" in printed


def test_digits_gradient_is_the_textbook_one():
    digits = sample("digits")
    rng = np.random.default_rng(3)
    (images, labels), _ = digits.load(rng)
    params = digits.initial(rng)
    batch = (images[:32], np.eye(10)[labels[:32]], 1e-2)
    written = adtrans.grad(digits.loss)(params, *batch)
    by_hand = digits.gradient_by_hand(params, *batch)
    assert list(written) == list(by_hand)
    for name in by_hand:
        np.testing.assert_allclose(written[name], by_hand[name], rtol=1e-10, atol=1e-14)


def test_logistic_map_is_chaotic_at_four(capsys):
    assert sample("logistic_map").main(years=300) == pytest.approx(np.log(2.0), abs=0.03)
    assert "tape" in capsys.readouterr().out


def test_logistic_map_modes_agree():
    population = sample("logistic_map").population
    by_start, by_rate = adtrans.grad(population, argnums=("x", "r"))(0.3, 3.7, 20)
    _, along = adtrans.jvp(population, argnums=("x", "r"))(0.3, 3.7, 20, 0.7, -1.3)
    assert along == pytest.approx(0.7 * by_start - 1.3 * by_rate, rel=1e-10)


def test_newton_sqrt_to_second_order(capsys):
    assert sample("newton_sqrt").main() < 1e-6


def test_lotka_volterra_finds_the_rates(capsys):
    model = sample("lotka_volterra")
    np.testing.assert_allclose(model.main(), model.TRUE_RATES, rtol=0.02)


def test_heat_inverse_finds_start_and_conductivity(capsys):
    error, conductivity = sample("heat_inverse").main()
    assert error < 0.06
    assert conductivity == pytest.approx(0.35, rel=0.05)


def test_heat_inverse_gradient():
    heat = sample("heat_inverse")
    rng = np.random.default_rng(4)
    start, records = rng.standard_normal(17), rng.standard_normal((3, 5))
    assert adtrans.check(heat.misfit, start, 0.3, records, 4, 5, 0.1)
