"""Trajectories: bodies under gravity, and a chaotic system by Runge-Kutta steps."""

import numpy as np


def acceleration(pos, mass, G, softening):
    """Accelerations of all bodies, of shape (n, 3)."""
    x = pos[:, 0:1]
    y = pos[:, 1:2]
    z = pos[:, 2:3]
    dx = x.T - x
    dy = y.T - y
    dz = z.T - z
    inv_r3 = dx**2 + dy**2 + dz**2 + softening**2
    inv_r3[inv_r3 > 0] = inv_r3[inv_r3 > 0] ** (-1.5)
    ax = G * (dx * inv_r3) @ mass
    ay = G * (dy * inv_r3) @ mass
    az = G * (dz * inv_r3) @ mass
    return np.hstack((ax, ay, az))


def energies(pos, vel, mass, G):
    """Kinetic and potential energy."""
    kinetic = 0.5 * np.sum(mass * vel**2)
    x = pos[:, 0:1]
    y = pos[:, 1:2]
    z = pos[:, 2:3]
    dx = x.T - x
    dy = y.T - y
    dz = z.T - z
    inv_r = np.sqrt(dx**2 + dy**2 + dz**2)
    inv_r[inv_r > 0] = 1.0 / inv_r[inv_r > 0]
    potential = G * np.sum(np.triu(-(mass * mass.T) * inv_r, 1))
    return kinetic, potential


def n_body(mass, pos, vel, steps, dt, G, softening):
    """Leapfrog integration; energies after every step."""
    vel -= np.mean(mass * vel, axis=0) / np.mean(mass)
    acc = acceleration(pos, mass, G, softening)
    kinetic = np.empty(steps + 1)
    potential = np.empty(steps + 1)
    kinetic[0], potential[0] = energies(pos, vel, mass, G)
    for i in range(steps):
        vel += acc * dt / 2.0
        pos += vel * dt
        acc = acceleration(pos, mass, G, softening)
        vel += acc * dt / 2.0
        kinetic[i + 1], potential[i + 1] = energies(pos, vel, mass, G)
    return kinetic, potential


def n_body_loss(mass, pos, vel, steps, dt, G, softening):
    kinetic, potential = n_body(mass, pos, vel, steps, dt, G, softening)
    return np.sum(kinetic * potential) + np.sum(pos * pos)


def lorenz(state, sigma, rho, beta):
    x, y, z = state
    return np.array([sigma * (y - x), x * (rho - z) - y, x * y - beta * z])


def runge_kutta(start, sigma, rho, beta, steps, dt):
    """The trajectory from start, of shape (steps + 1, 3)."""
    path = np.empty((steps + 1, 3))
    path[0] = start
    for i in range(steps):
        k1 = lorenz(path[i], sigma, rho, beta)
        k2 = lorenz(path[i] + 0.5 * dt * k1, sigma, rho, beta)
        k3 = lorenz(path[i] + 0.5 * dt * k2, sigma, rho, beta)
        k4 = lorenz(path[i] + dt * k3, sigma, rho, beta)
        path[i + 1] = path[i] + dt / 6.0 * (k1 + 2.0 * k2 + 2.0 * k3 + k4)
    return path


def runge_kutta_loss(start, sigma, rho, beta, steps, dt):
    path = runge_kutta(start, sigma, rho, beta, steps, dt)
    return np.mean(path * path)
