"""Flow in a driven cavity, and two stencils of weather models."""

import numpy as np

BET_M = 0.5
BET_P = 0.5


def pressure_source(b, rho, dt, u, v, dx, dy):
    b[1:-1, 1:-1] = rho * (
        1 / dt * ((u[1:-1, 2:] - u[1:-1, :-2]) / (2 * dx) + (v[2:, 1:-1] - v[:-2, 1:-1]) / (2 * dy))
        - ((u[1:-1, 2:] - u[1:-1, :-2]) / (2 * dx)) ** 2
        - 2 * ((u[2:, 1:-1] - u[:-2, 1:-1]) / (2 * dy) * (v[1:-1, 2:] - v[1:-1, :-2]) / (2 * dx))
        - ((v[2:, 1:-1] - v[:-2, 1:-1]) / (2 * dy)) ** 2
    )


def pressure_poisson(p, sweeps, dx, dy, b):
    for _ in range(sweeps):
        pn = p.copy()
        p[1:-1, 1:-1] = ((pn[1:-1, 2:] + pn[1:-1, :-2]) * dy**2 + (pn[2:, 1:-1] + pn[:-2, 1:-1]) * dx**2) / (
            2 * (dx**2 + dy**2)
        ) - dx**2 * dy**2 / (2 * (dx**2 + dy**2)) * b[1:-1, 1:-1]
        p[:, -1] = p[:, -2]
        p[0, :] = p[1, :]
        p[:, 0] = p[:, 1]
        p[-1, :] = 0


def cavity_flow(steps, sweeps, u, v, dt, dx, dy, p, rho, nu):
    """Incompressible flow under a moving lid: velocities and pressure in place."""
    b = np.zeros_like(p)
    for _ in range(steps):
        un = u.copy()
        vn = v.copy()
        pressure_source(b, rho, dt, u, v, dx, dy)
        pressure_poisson(p, sweeps, dx, dy, b)
        u[1:-1, 1:-1] = (
            un[1:-1, 1:-1]
            - un[1:-1, 1:-1] * dt / dx * (un[1:-1, 1:-1] - un[1:-1, :-2])
            - vn[1:-1, 1:-1] * dt / dy * (un[1:-1, 1:-1] - un[:-2, 1:-1])
            - dt / (2 * rho * dx) * (p[1:-1, 2:] - p[1:-1, :-2])
            + nu * dt / dx**2 * (un[1:-1, 2:] - 2 * un[1:-1, 1:-1] + un[1:-1, :-2])
            + nu * dt / dy**2 * (un[2:, 1:-1] - 2 * un[1:-1, 1:-1] + un[:-2, 1:-1])
        )
        v[1:-1, 1:-1] = (
            vn[1:-1, 1:-1]
            - un[1:-1, 1:-1] * dt / dx * (vn[1:-1, 1:-1] - vn[1:-1, :-2])
            - vn[1:-1, 1:-1] * dt / dy * (vn[1:-1, 1:-1] - vn[:-2, 1:-1])
            - dt / (2 * rho * dy) * (p[2:, 1:-1] - p[:-2, 1:-1])
            + nu * dt / dx**2 * (vn[1:-1, 2:] - 2 * vn[1:-1, 1:-1] + vn[1:-1, :-2])
            + nu * dt / dy**2 * (vn[2:, 1:-1] - 2 * vn[1:-1, 1:-1] + vn[:-2, 1:-1])
        )
        u[0, :] = 0
        u[:, 0] = 0
        u[:, -1] = 0
        u[-1, :] = 1
        v[0, :] = 0
        v[-1, :] = 0
        v[:, 0] = 0
        v[:, -1] = 0


def cavity_flow_loss(steps, sweeps, u, v, dt, dx, dy, p, rho, nu):
    cavity_flow(steps, sweeps, u, v, dt, dx, dy, p, rho, nu)
    return np.sum(u * u) + np.sum(v * v) + np.sum(p * p)


def horizontal_diffusion(in_field, out_field, coeff):
    """Fourth-order diffusion of every level, with fluxes that would steepen a gradient set to zero."""
    i, j, _ = out_field.shape
    lap = 4.0 * in_field[1 : i + 3, 1 : j + 3] - (
        in_field[2 : i + 4, 1 : j + 3]
        + in_field[: i + 2, 1 : j + 3]
        + in_field[1 : i + 3, 2 : j + 4]
        + in_field[1 : i + 3, : j + 2]
    )
    flx = lap[1:, 1:-1] - lap[:-1, 1:-1]
    flx = np.where(flx * (in_field[2 : i + 3, 2 : j + 2] - in_field[1 : i + 2, 2 : j + 2]) > 0, 0, flx)
    fly = lap[1:-1, 1:] - lap[1:-1, :-1]
    fly = np.where(fly * (in_field[2 : i + 2, 2 : j + 3] - in_field[2 : i + 2, 1 : j + 2]) > 0, 0, fly)
    out_field[:] = in_field[2 : i + 2, 2 : j + 2] - coeff * (
        flx[1:, :] - flx[:-1, :] + fly[:, 1:] - fly[:, :-1]
    )


def horizontal_diffusion_loss(in_field, out_field, coeff):
    horizontal_diffusion(in_field, out_field, coeff)
    return np.sum(out_field * out_field)


def vertical_advection(utens_stage, u_stage, wcon, u_pos, utens, dtr_stage):
    """Implicit advection along the levels: a tridiagonal system for every column."""
    ni, nj, nk = utens_stage.shape
    ccol = np.empty((ni, nj, nk))
    dcol = np.empty((ni, nj, nk))
    data_col = np.empty((ni, nj))
    for k in range(nk):
        if k > 0:
            gav = -0.25 * (wcon[1:, :, k] + wcon[:-1, :, k])
            as_ = gav * BET_M
            acol = gav * BET_P
            below = -as_ * (u_stage[:, :, k - 1] - u_stage[:, :, k])
        else:
            acol = np.zeros((ni, nj))
            below = np.zeros((ni, nj))
        if k < nk - 1:
            gcv = 0.25 * (wcon[1:, :, k + 1] + wcon[:-1, :, k + 1])
            cs = gcv * BET_M
            ccol[:, :, k] = gcv * BET_P
            above = -cs * (u_stage[:, :, k + 1] - u_stage[:, :, k])
        else:
            ccol[:, :, k] = 0.0
            above = np.zeros((ni, nj))
        bcol = dtr_stage - acol - ccol[:, :, k]
        dcol[:, :, k] = dtr_stage * u_pos[:, :, k] + utens[:, :, k] + utens_stage[:, :, k] + below + above
        if k > 0:
            divided = 1.0 / (bcol - ccol[:, :, k - 1] * acol)
            ccol[:, :, k] = ccol[:, :, k] * divided
            dcol[:, :, k] = (dcol[:, :, k] - dcol[:, :, k - 1] * acol) * divided
        else:
            ccol[:, :, k] = ccol[:, :, k] / bcol
            dcol[:, :, k] = dcol[:, :, k] / bcol
    for k in range(nk - 1, -1, -1):
        if k == nk - 1:
            data_col[:] = dcol[:, :, k]
        else:
            data_col[:] = dcol[:, :, k] - ccol[:, :, k] * data_col
        utens_stage[:, :, k] = dtr_stage * (data_col - u_pos[:, :, k])


def vertical_advection_loss(utens_stage, u_stage, wcon, u_pos, utens, dtr_stage):
    vertical_advection(utens_stage, u_stage, wcon, u_pos, utens, dtr_stage)
    return np.sum(utens_stage * utens_stage)
