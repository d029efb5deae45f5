"""All kernels: what is differentiated, with respect to which parameters, and at what arguments."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from kernels import dynamics, fluids, learning, linear_algebra, mining, signals, solvers, stencils

Arguments = tuple[Any, ...]


@dataclass(frozen=True)
class Kernel:
    """A function of a kernel that returns a number, the names of the parameters that its gradient is
    wanted for, and a maker of arguments of a given size: small for tests, large for measuring.

    `linear` says that the arrays which change do so linearly: a gradient then needs no tape.
    """

    fun: Callable[..., Any]
    wrt: str
    arguments: Callable[..., Arguments]
    small: tuple[int, ...]
    large: tuple[int, ...]
    linear: bool = False

    @property
    def name(self) -> str:
        return self.fun.__name__.removesuffix("_loss")

    @property
    def argnums(self) -> tuple[int, ...]:
        names = list(inspect.signature(self.fun).parameters)
        return tuple(names.index(name) for name in self.wrt.split())


def between(rng: np.random.Generator, *shapes: tuple[int, ...]) -> list[np.ndarray]:
    """Arrays of numbers between 0.1 and 1."""
    return [rng.uniform(0.1, 1.0, shape) for shape in shapes]


def around(rng: np.random.Generator, *shapes: tuple[int, ...]) -> list[np.ndarray]:
    """Arrays of numbers around 0."""
    return [rng.standard_normal(shape) for shape in shapes]


def dominant(rng: np.random.Generator, n: int) -> np.ndarray:
    """A matrix whose factors need no pivots."""
    return rng.uniform(-1.0, 1.0, (n, n)) / n + 2.0 * np.eye(n)


def definite(rng: np.random.Generator, n: int) -> np.ndarray:
    """A symmetric positive definite matrix."""
    a = rng.standard_normal((n, n))
    return a @ a.T / n + np.eye(n)


def toeplitz_row(rng: np.random.Generator, n: int) -> np.ndarray:
    """Autocorrelations that fall off, so that no reflection is near 1."""
    return 0.5 * rng.uniform(-1.0, 1.0, n) / (1.0 + np.arange(n))


def cavity(rng: np.random.Generator, n: int, m: int, steps: int, sweeps: int) -> Arguments:
    u, v, p = (0.1 * a for a in around(rng, (n, m), (n, m), (n, m)))
    return steps, sweeps, u, v, 0.001, 2.0 / (m - 1), 2.0 / (n - 1), p, 1.0, 0.1


def advection(rng: np.random.Generator, i: int, j: int, k: int) -> Arguments:
    shape = (i, j, k)
    return (*between(rng, shape, shape, (i + 1, j, k), shape, shape), 3.0 / 20.0)


def cells(rng: np.random.Generator, time: int, batch: int, inputs: int, units: int) -> Arguments:
    x, h, c = around(rng, (time, batch, inputs), (batch, units), (batch, units))
    W, U, b = around(rng, (inputs, 4 * units), (units, 4 * units), (4 * units,))
    return x, h, c, W / np.sqrt(inputs), U / np.sqrt(units), b


def bodies(rng: np.random.Generator, n: int, steps: int) -> Arguments:
    mass, pos, vel = rng.uniform(0.5, 1.5, (n, 1)), *around(rng, (n, 3), (n, 3))
    return mass, pos, vel, steps, 0.01, 1.0, 0.1


KERNELS = [
    # ----- products -----
    Kernel(
        linear_algebra.gemm_loss,
        "alpha beta C A B",
        lambda rng, n, m, k: (1.5, 1.2, *between(rng, (n, m), (n, k), (k, m))),
        small=(3, 4, 5),
        large=(250, 240, 260),
        linear=True,
    ),
    Kernel(
        linear_algebra.two_mm_loss,
        "alpha beta A B C D",
        lambda rng, n, m, k, w: (1.5, 1.2, *between(rng, (n, m), (m, k), (k, w), (n, w))),
        small=(3, 4, 5, 2),
        large=(220, 200, 240, 210),
        linear=True,
    ),
    Kernel(
        linear_algebra.atax_loss,
        "A x",
        lambda rng, n, m: tuple(between(rng, (n, m), (m,))),
        small=(4, 3),
        large=(1500, 1600),
        linear=True,
    ),
    Kernel(
        linear_algebra.bicg_loss,
        "A p r",
        lambda rng, n, m: tuple(between(rng, (n, m), (m,), (n,))),
        small=(4, 3),
        large=(1500, 1600),
        linear=True,
    ),
    Kernel(
        linear_algebra.mvt_loss,
        "x1 x2 y1 y2 A",
        lambda rng, n: tuple(between(rng, (n,), (n,), (n,), (n,), (n, n))),
        small=(4,),
        large=(1600,),
        linear=True,
    ),
    Kernel(
        linear_algebra.gesummv_loss,
        "alpha beta A B x",
        lambda rng, n: (1.5, 1.2, *between(rng, (n, n), (n, n), (n,))),
        small=(4,),
        large=(1200,),
        linear=True,
    ),
    Kernel(
        linear_algebra.doitgen_loss,
        "A C4",
        lambda rng, r, q, p: tuple(between(rng, (r, q, p), (p, p))),
        small=(2, 3, 4),
        large=(80, 60, 80),
    ),
    Kernel(
        linear_algebra.syrk_loss,
        "alpha beta C A",
        lambda rng, n, m: (1.5, 1.2, *between(rng, (n, n), (n, m))),
        small=(4, 3),
        large=(70, 60),
    ),
    Kernel(
        linear_algebra.syr2k_loss,
        "alpha beta C A B",
        lambda rng, n, m: (1.5, 1.2, *between(rng, (n, n), (n, m), (n, m))),
        small=(4, 3),
        large=(60, 50),
    ),
    Kernel(
        linear_algebra.symm_loss,
        "alpha beta C A B",
        lambda rng, m, n: (1.5, 1.2, *between(rng, (m, n), (m, m), (m, n))),
        small=(4, 3),
        large=(150, 170),
        linear=True,
    ),
    Kernel(
        linear_algebra.trmm_loss,
        "alpha A B",
        lambda rng, m, n: (1.5, *between(rng, (m, m), (m, n))),
        small=(4, 3),
        large=(70, 80),
    ),
    # ----- factorisations and solvers -----
    Kernel(
        solvers.cholesky_loss,
        "A",
        lambda rng, n: (definite(rng, n),),
        small=(5,),
        large=(80,),
    ),
    Kernel(
        solvers.lu_loss,
        "A",
        lambda rng, n: (dominant(rng, n),),
        small=(5,),
        large=(80,),
    ),
    Kernel(
        solvers.ludcmp_loss,
        "A b",
        lambda rng, n: (dominant(rng, n), *between(rng, (n,))),
        small=(5,),
        large=(80,),
    ),
    Kernel(
        solvers.trisolv_loss,
        "L x b",
        lambda rng, n: (dominant(rng, n), *between(rng, (n,), (n,))),
        small=(5,),
        large=(1500,),
    ),
    Kernel(
        solvers.durbin_loss,
        "r",
        lambda rng, n: (toeplitz_row(rng, n),),
        small=(6,),
        large=(1500,),
    ),
    Kernel(
        solvers.gramschmidt_loss,
        "A",
        lambda rng, n, m: tuple(around(rng, (n, m))),
        small=(5, 3),
        large=(120, 60),
    ),
    # ----- stencils -----
    Kernel(
        stencils.jacobi_1d_loss,
        "A B",
        lambda rng, steps, n: (steps, *between(rng, (n,), (n,))),
        small=(3, 8),
        large=(300, 10_000),
        linear=True,
    ),
    Kernel(
        stencils.jacobi_2d_loss,
        "A B",
        lambda rng, steps, n, m: (steps, *between(rng, (n, m), (n, m))),
        small=(3, 6, 5),
        large=(40, 150, 160),
        linear=True,
    ),
    Kernel(
        stencils.heat_3d_loss,
        "A B",
        lambda rng, steps, n, m, k: (steps, *between(rng, (n, m, k), (n, m, k))),
        small=(2, 4, 5, 6),
        large=(15, 26, 28, 30),
        linear=True,
    ),
    Kernel(
        stencils.seidel_2d_loss,
        "A",
        lambda rng, steps, n: (steps, *between(rng, (n, n))),
        small=(2, 5),
        large=(4, 80),
        linear=True,
    ),
    Kernel(
        stencils.fdtd_2d_loss,
        "ex ey hz source",
        lambda rng, steps, n, m: tuple(between(rng, (n, m), (n, m), (n, m), (steps,))),
        small=(3, 5, 6),
        large=(60, 120, 130),
        linear=True,
    ),
    Kernel(
        stencils.adi_loss,
        "u",
        lambda rng, steps, n: (steps, *between(rng, (n, n))),
        small=(2, 5),
        large=(6, 120),
    ),
    # ----- tables and graphs -----
    Kernel(
        mining.correlation_loss,
        "data",
        lambda rng, n, m: tuple(around(rng, (n, m))),
        small=(6, 4),
        large=(500, 200),
    ),
    Kernel(
        mining.covariance_loss,
        "data",
        lambda rng, n, m: tuple(around(rng, (n, m))),
        small=(6, 4),
        large=(500, 200),
    ),
    Kernel(
        mining.floyd_warshall_loss,
        "path",
        lambda rng, n: tuple(between(rng, (n, n))),
        small=(6,),
        large=(120,),
    ),
    # ----- filters -----
    Kernel(
        signals.deriche_loss,
        "image",
        lambda rng, h, w: (0.25, *between(rng, (h, w))),
        small=(5, 6),
        large=(250, 260),
        linear=True,
    ),
    Kernel(
        signals.iir_loss,
        "b a x",
        lambda rng, n: (np.array([0.3, 0.5, 0.2]), np.array([1.1, -0.4, 0.15]), *around(rng, (n,))),
        small=(7,),
        large=(3000,),
    ),
    # ----- trajectories -----
    Kernel(dynamics.n_body_loss, "mass pos vel dt G", bodies, small=(4, 3), large=(60, 30)),
    Kernel(
        dynamics.runge_kutta_loss,
        "start sigma rho beta",
        lambda rng, steps: (np.array([1.0, 0.5, 0.8]), 10.0, 28.0, 8.0 / 3.0, steps, 0.01),
        small=(5,),
        large=(500,),
    ),
    # ----- flows -----
    Kernel(fluids.cavity_flow_loss, "u v p rho nu", cavity, small=(6, 5, 2, 3), large=(60, 64, 10, 20)),
    Kernel(
        fluids.horizontal_diffusion_loss,
        "in_field out_field coeff",
        lambda rng, i, j, k: tuple(around(rng, (i + 4, j + 4, k), (i, j, k), (i, j, k))),
        small=(3, 4, 2),
        large=(64, 66, 40),
        linear=True,
    ),
    Kernel(
        fluids.vertical_advection_loss,
        "utens_stage u_stage wcon u_pos utens",
        advection,
        small=(3, 2, 4),
        large=(40, 42, 40),
    ),
    # ----- layers -----
    Kernel(
        learning.conv2d_loss,
        "images weights",
        lambda rng, n, h, k, c, f: tuple(around(rng, (n, h, h + 1, c), (k, k, c, f))),
        small=(2, 5, 3, 2, 2),
        large=(8, 14, 5, 3, 16),
        linear=True,
    ),
    Kernel(
        learning.max_pool_loss,
        "images",
        lambda rng, n, h, w, c: tuple(around(rng, (n, h, w, c))),
        small=(2, 4, 6, 2),
        large=(16, 32, 32, 32),
    ),
    Kernel(learning.lstm_loss, "x h c W U b", cells, small=(3, 2, 3, 4), large=(50, 16, 32, 64)),
]
