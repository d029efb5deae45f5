"""Hares and lynxes: find the rates of a predator-prey model from counts of both animals.

    python samples/lotka_volterra.py

The model is integrated by Runge and Kutta's method; its Jacobian, four columns wide, is written in
forward mode, and Gauss and Newton's method with Levenberg and Marquardt's damping does the rest.
"""

from __future__ import annotations

import numpy as np

import adtrans

TRUE_RATES = np.array([1.1, 0.4, 0.4, 0.1])
START = np.array([10.0, 5.0])


def growth(animals, rates):
    """Change per year of hares and lynxes."""
    hares, lynxes = animals
    birth, hunting, death, feeding = rates
    return np.array([birth * hares - hunting * hares * lynxes, feeding * hares * lynxes - death * lynxes])


def step(animals, rates, h):
    k1 = growth(animals, rates)
    k2 = growth(animals + 0.5 * h * k1, rates)
    k3 = growth(animals + 0.5 * h * k2, rates)
    k4 = growth(animals + h * k3, rates)
    return animals + h / 6.0 * (k1 + 2.0 * k2 + 2.0 * k3 + k4)


def residuals(rates, start, counts, h, steps_between):
    """Relative differences of the model from the counts, flattened."""
    animals = start
    errors = np.zeros(counts.shape)
    for i in range(counts.shape[0]):
        for _ in range(steps_between):
            animals = step(animals, rates, h)
        errors[i] = animals / counts[i] - 1.0
    return errors.ravel()


def simulate(rates, start, count, h, steps_between):
    """The model's animals at each count."""
    seen = []
    animals = start
    for _ in range(count):
        for _ in range(steps_between):
            animals = step(animals, rates, h)
        seen.append(animals)
    return np.array(seen)


def fit(rates: np.ndarray, *data, iterations: int = 50) -> np.ndarray:
    """Least squares: a damped Gauss-Newton step each time, kept if it helps."""
    jacobian = adtrans.jacfwd(residuals)
    errors, damping = residuals(rates, *data), 1.0
    for iteration in range(iterations):
        J = jacobian(rates, *data)
        normal = J.T @ J
        change = np.linalg.solve(normal + damping * np.diag(np.diag(normal)), -J.T @ errors)
        with np.errstate(all="ignore"):
            tried = residuals(rates + change, *data)
        if tried @ tried < errors @ errors:
            small = errors @ errors - tried @ tried < 1e-9 * (errors @ errors)
            rates, errors, damping = rates + change, tried, damping / 5.0
            print(f"{iteration:3d}   misfit {errors @ errors:.6f}   rates {np.round(rates, 4)}", flush=True)
            if small:
                break
        else:
            damping *= 4.0
    return rates


def main(iterations: int = 50) -> np.ndarray:
    rng = np.random.default_rng(1)
    h, steps_between = 0.05, 5
    counts = simulate(TRUE_RATES, START, 40, h, steps_between)
    counts = counts * (1.0 + 0.01 * rng.standard_normal(counts.shape))  # nobody counts every hare
    rates = fit(np.array([0.8, 0.3, 0.6, 0.15]), START, counts, h, steps_between, iterations=iterations)
    print(f"found {np.round(rates, 3)}, the counts were made with {TRUE_RATES}")
    return rates


if __name__ == "__main__":
    main()
