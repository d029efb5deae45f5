"""Derivatives of linear interpolation in scipy.ndimage."""

import numpy as np
from scipy import ndimage

from adtrans.ir.prims import add_at
from adtrans.rules.registry import adjoint, tangent
from adtrans.runtime import zeros_like

# ----- map_coordinates with order=1: each point lies between two samples along every axis -----


def cells(image, coordinates):
    """Along every axis: the samples before and after each point, its place between them, whether inside."""
    found = ()
    for i in range(np.ndim(image)):
        c, last = coordinates[i], np.shape(image)[i] - 1
        alive = (c >= 0) & (c <= last)
        inner = np.clip(c, 0, last)
        floor = np.clip(np.floor(inner), 0, max(last - 1, 0))
        before = floor.astype(int)
        found = (*found, (before, np.minimum(before + 1, last), inner - floor, alive))
    return found


def corners(image):
    """All choices of the sample before (0) or after (1) along every axis."""
    found = ((),)
    for _ in range(np.ndim(image)):
        found = tuple((*c, k) for c in found for k in (0, 1))
    return found


def everywhere(found, image, mode):
    """1 where a point is read from the image, 0 where it lies outside."""
    alive = 1.0
    if mode == "constant":
        for i in range(np.ndim(image)):
            alive = alive * found[i][3]
    return alive


def weight(found, corner, image, without):
    """The weight of a corner, without its factor along one axis."""
    w = 1.0
    for i in range(np.ndim(image)):
        if i != without:
            w = w * (found[i][2] if corner[i] == 1 else 1.0 - found[i][2])
    return w


def sample(found, corner, image):
    """The index of a corner."""
    index = ()
    for i in range(np.ndim(image)):
        index = (*index, found[i][corner[i]])
    return index


def slopes(found, image, mode):
    """The derivatives of the values in the coordinates, one array an axis; 0 outside."""
    out = ()
    for i in range(np.ndim(image)):
        slope = 0.0
        for corner in corners(image):
            part = weight(found, corner, image, i) * image[sample(found, corner, image)]
            slope = slope + part if corner[i] == 1 else slope - part
        out = (*out, slope * (everywhere(found, image, mode) if mode == "constant" else found[i][3]))
    return np.stack(out)


def check(order, mode):
    if order != 1 or mode not in ("constant", "nearest"):
        raise NotImplementedError


@tangent(ndimage.map_coordinates)
def _(image, coordinates, y, dimage, dcoordinates, order=3, mode="constant", cval=0.0, prefilter=True):
    check(order, mode)
    found = cells(image, coordinates)
    total = 0.0
    for corner in corners(image):
        total = total + weight(found, corner, image, -1) * dimage[sample(found, corner, image)]
    change = np.sum(slopes(found, image, mode) * dcoordinates, axis=0)
    return total * everywhere(found, image, mode) + change


@adjoint(ndimage.map_coordinates)
def _(image, coordinates, y, by, order=3, mode="constant", cval=0.0, prefilter=True):
    check(order, mode)
    found = cells(image, coordinates)
    b = by * everywhere(found, image, mode)
    bimage = zeros_like(image)
    for corner in corners(image):
        bimage = add_at(bimage, sample(found, corner, image), weight(found, corner, image, -1) * b)
    return bimage, by * slopes(found, image, mode)
