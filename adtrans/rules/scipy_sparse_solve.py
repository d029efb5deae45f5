"""Systems of sparse matrices: scipy.sparse.linalg with a constant matrix, and with one of active values."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import scipy.sparse.linalg as sl

from adtrans.rules.registry import adjoint, tangent
from adtrans.rules.stand_ins import SAID, STAND_INS


@tangent(sl.spsolve)
def _(A, b, y, db, permc_spec=None, use_umfpack=True):
    return sl.spsolve(A, db, permc_spec=permc_spec, use_umfpack=use_umfpack)


@adjoint(sl.spsolve)
def _(A, b, y, by, permc_spec=None, use_umfpack=True):
    bb = sl.spsolve(A.conj().T.tocsc(), by, permc_spec=permc_spec, use_umfpack=use_umfpack)
    return NotImplemented, np.reshape(bb, np.shape(b))


def backwards(trans):
    """The system that the adjoint solves."""
    if trans == "T":
        raise NotImplementedError("systems of the transposed factors: use trans='H'")
    return "H" if trans == "N" else "N"


@tangent(sl.SuperLU.solve)
def _(self, rhs, y, drhs, trans="N"):
    return self.solve(drhs, trans)


@adjoint(sl.SuperLU.solve)
def _(self, rhs, y, by, trans="N"):
    return NotImplemented, self.solve(by, backwards(trans))


def factorized(A):
    """scipy.sparse.linalg.factorized."""
    factors = sl.splu(A.tocsc())
    return lambda b: factors.solve(b)


STAND_INS[sl.factorized] = factorized

# ----- matrices of active values -----


class Factors(NamedTuple):
    """What splu(A) keeps of a matrix of active values."""

    matrix: Any

    def solve(self, rhs, trans="N"):
        if trans == "N":
            return self.matrix.solve(rhs)
        matrix = self.matrix.transpose()
        return (matrix if trans == "T" else matrix.conj()).solve(rhs)


def spsolve(A, b, permc_spec=None, use_umfpack=True):
    """scipy.sparse.linalg.spsolve: a matrix of one column is a vector."""
    return A.solve(np.ravel(b) if np.ndim(b) == 2 and np.shape(b)[1] == 1 else b)


def splu(A, permc_spec=None, diag_pivot_thresh=None, relax=None, panel_size=None, options=None):
    """scipy.sparse.linalg.splu."""
    return Factors(A)


OF_ENTRIES: dict[Any, Any] = {sl.spsolve: spsolve, sl.splu: splu}
SAID[sl.splu] = ("", "for the method `solve`")
