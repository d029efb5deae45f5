"""A heated rod, backwards: how warm was it at the start, and how well does it conduct?

    python samples/heat_inverse.py

A few sensors record the temperature while the rod cools; its ends are kept at zero. The simulation
updates one array in place; its derivative runs the updates backwards.
"""

from __future__ import annotations

import numpy as np

import adtrans


def misfit(start, conductivity, records, spacing, every, smoothness):
    """Squared differences of a simulated rod from the records; neighbours at the start should be alike."""
    u = start.copy()
    u[0] = 0.0
    u[-1] = 0.0
    total = smoothness * np.sum((start[1:] - start[:-1]) ** 2)
    for i in range(records.shape[0]):
        for _ in range(every):
            u[1:-1] += conductivity * (u[2:] - 2.0 * u[1:-1] + u[:-2])
        total += np.sum((u[::spacing] - records[i]) ** 2)
    return total


def measure(start, conductivity, count, spacing, every):
    """What the sensors would record of a rod."""
    u = start.copy()
    records = []
    for _ in range(count):
        for _ in range(every):
            u[1:-1] += conductivity * (u[2:] - 2.0 * u[1:-1] + u[:-2])
        records.append(u[::spacing].copy())
    return np.array(records)


def recover(start, conductivity, *data, iterations: int = 400, report: int = 100):
    """Descent with momentum and per-coordinate scaling (Adam) on both unknowns at once."""
    value_and_gradient = adtrans.value_and_grad(misfit, argnums=("start", "conductivity"))
    x = np.append(start, conductivity)
    mean, square = np.zeros_like(x), np.zeros_like(x)
    rates = np.append(np.full_like(start, 0.03), 0.003)
    for iteration in range(1, iterations + 1):
        value, (by_start, by_conductivity) = value_and_gradient(x[:-1], float(x[-1]), *data)
        slope = np.append(by_start, by_conductivity)
        mean = 0.9 * mean + 0.1 * slope
        square = 0.99 * square + 0.01 * slope**2
        step = mean / (1.0 - 0.9**iteration) / (np.sqrt(square / (1.0 - 0.99**iteration)) + 1e-12)
        x = x - rates * (1.0 - iteration / (iterations + 1)) * step
        if iteration % report == 0:
            print(f"{iteration:4d}   misfit {value:9.5f}   conductivity {x[-1]:.4f}", flush=True)
    return x[:-1], float(x[-1])


def main(iterations: int = 400) -> tuple[float, float]:
    rng = np.random.default_rng(2)
    place = np.linspace(0.0, 1.0, 65)
    true_start = np.exp(-(((place - 0.3) / 0.08) ** 2)) + 0.6 * np.exp(-(((place - 0.7) / 0.12) ** 2))
    true_start[[0, -1]] = 0.0
    true_conductivity, spacing, every = 0.35, 4, 10

    records = measure(true_start, true_conductivity, 12, spacing, every)
    records += 0.002 * rng.standard_normal(records.shape)
    start, conductivity = recover(np.zeros(65), 0.2, records, spacing, every, 1e-3, iterations=iterations)

    error = float(np.sqrt(np.mean((start - true_start) ** 2)))
    print(f"conductivity {conductivity:.4f} (was {true_conductivity}), start within {error:.3f} on average")
    for i in range(0, 65, 8):
        print(
            f"{place[i]:6.3f} {true_start[i]:7.3f} {start[i]:7.3f}  " + "#" * round(40 * max(start[i], 0.0))
        )
    return error, conductivity


if __name__ == "__main__":
    main()
