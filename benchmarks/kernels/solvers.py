"""Factorisations and solvers that work in place, an element or a row at a time."""

import numpy as np


def cholesky(A):
    """The lower triangle of A becomes its Cholesky factor."""
    n = A.shape[0]
    for i in range(n):
        for j in range(i):
            A[i, j] -= A[i, :j] @ A[j, :j]
            A[i, j] /= A[j, j]
        A[i, i] -= A[i, :i] @ A[i, :i]
        A[i, i] = np.sqrt(A[i, i])


def cholesky_loss(A):
    cholesky(A)
    return np.sum(np.tril(A))


def lu(A):
    """A becomes its factors, L without its diagonal of ones."""
    n = A.shape[0]
    for i in range(n):
        for j in range(i):
            A[i, j] -= A[i, :j] @ A[:j, j]
            A[i, j] /= A[j, j]
        for j in range(i, n):
            A[i, j] -= A[i, :i] @ A[:i, j]


def lu_loss(A):
    lu(A)
    return np.sum(A * A)


def ludcmp(A, b):
    """Solves A @ x = b by factors in place and two substitutions."""
    n = A.shape[0]
    x = np.zeros_like(b)
    y = np.zeros_like(b)
    for i in range(n):
        for j in range(i):
            A[i, j] -= A[i, :j] @ A[:j, j]
            A[i, j] /= A[j, j]
        for j in range(i, n):
            A[i, j] -= A[i, :i] @ A[:i, j]
    for i in range(n):
        y[i] = b[i] - A[i, :i] @ y[:i]
    for i in range(n - 1, -1, -1):
        x[i] = (y[i] - A[i, i + 1 :] @ x[i + 1 :]) / A[i, i]
    return x, y


def ludcmp_loss(A, b):
    x, y = ludcmp(A, b)
    return np.sum(x * x) + np.sum(y)


def trisolv(L, x, b):
    """Forward substitution: x becomes the solution of L @ x = b."""
    for i in range(x.shape[0]):
        x[i] = (b[i] - L[i, :i] @ x[:i]) / L[i, i]


def trisolv_loss(L, x, b):
    trisolv(L, x, b)
    return np.sum(x * x)


def durbin(r):
    """Levinson-Durbin recursion for a Toeplitz system."""
    y = np.empty_like(r)
    alpha = -r[0]
    beta = 1.0
    y[0] = -r[0]
    for k in range(1, r.shape[0]):
        beta *= 1.0 - alpha * alpha
        alpha = -(r[k] + np.dot(np.flip(r[:k]), y[:k])) / beta
        y[:k] += alpha * np.flip(y[:k])
        y[k] = alpha
    return y


def durbin_loss(r):
    y = durbin(r)
    return np.sum(y * y)


def gramschmidt(A):
    """QR decomposition by modified Gram-Schmidt; A is used up."""
    n = A.shape[1]
    Q = np.zeros_like(A)
    R = np.zeros((n, n))
    for k in range(n):
        R[k, k] = np.sqrt(np.dot(A[:, k], A[:, k]))
        Q[:, k] = A[:, k] / R[k, k]
        for j in range(k + 1, n):
            R[k, j] = np.dot(Q[:, k], A[:, j])
            A[:, j] -= Q[:, k] * R[k, j]
    return Q, R


def gramschmidt_loss(A):
    Q, R = gramschmidt(A)
    return np.sum(Q) + np.sum(R * R)
