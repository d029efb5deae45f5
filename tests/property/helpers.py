"""The functions and classes that random programs call: the text that stands before each of them."""

HELPERS = """
import math
from typing import NamedTuple

import numpy as np

import adtrans


class Pair(NamedTuple):
    first: object
    second: object


class Mover:
    def __init__(self, place, speed):
        self.place = place
        self.speed = speed
        self.steps = 0

    def step(self, dt):
        self.place = self.place + dt * self.speed
        self.speed *= 0.9
        self.steps += 1
        return self

    def far(self):
        return np.sum(self.place * self.place) * 0.1 + self.steps


def blend(u, v, k=0.5, *, shift=0.1):
    return k * u + (1.0 - k) * np.sin(v) + shift


def pair(u, v):
    return u * 0.7 - v, u + 0.3 * v


def keep(u, v):
    return u


def pick(u, v, flag):
    if flag:
        return u
    return v


def scale_in_place(u, k):
    u *= k
    u[0] = u[0] + u[-1] * k


def shift_in_place(u, v):
    u[1:] += 0.5 * u[:-1] * v
    return u


def rising(u, n):
    if n <= 0:
        return u
    return 0.5 * rising(np.sin(u), n - 1) + 0.3 * u


def even(u, n):
    if n == 0:
        return u * 0.9
    return odd(u + 0.1, n - 1)


def odd(u, n):
    if n == 0:
        return u * 1.1
    return even(np.tanh(u), n - 1)


def weigh(*parts, **named):
    total = 0.0
    for k, part in enumerate(parts):
        total = total + part * (k + 1)
    for part in named.values():
        total = total - 0.5 * part
    return total


def until(u, limit):
    for k in range(4):
        if u > limit:
            return u * k
        u = u * 1.3 + 0.2
    return u


def settle(u, limit):
    for k in range(len(u)):
        if u[k] > limit:
            u[k] = limit * u[0]
            return u
        u[k] = u[k] * 0.9
    return u * 2.0


def sweep(u, k):
    if k <= 0:
        return
    u[k] = u[k - 1] * u[k] + 0.1
    sweep(u, k - 1)


def swapped(u, v):
    return Pair(v, u * 0.5)


def cubic(t, k):
    return k * t * t * t


def norms(parts):
    return sum(np.sum(part * part) for part in parts)
"""
