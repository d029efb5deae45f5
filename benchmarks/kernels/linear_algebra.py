"""Products of matrices and vectors: PolyBench's BLAS-like kernels."""

import numpy as np


def gemm(alpha, beta, C, A, B):
    C *= beta
    C += alpha * A @ B


def gemm_loss(alpha, beta, C, A, B):
    gemm(alpha, beta, C, A, B)
    return np.sum(C * C)


def two_mm(alpha, beta, A, B, C, D):
    D[:] = alpha * A @ B @ C + beta * D


def two_mm_loss(alpha, beta, A, B, C, D):
    two_mm(alpha, beta, A, B, C, D)
    return np.sum(D * D)


def atax(A, x):
    return (A @ x) @ A


def atax_loss(A, x):
    y = atax(A, x)
    return np.sum(y * y)


def bicg(A, p, r):
    return r @ A, A @ p


def bicg_loss(A, p, r):
    s, q = bicg(A, p, r)
    return np.sum(s * s) + np.sum(q * q)


def mvt(x1, x2, y1, y2, A):
    x1 += A @ y1
    x2 += y2 @ A


def mvt_loss(x1, x2, y1, y2, A):
    mvt(x1, x2, y1, y2, A)
    return np.sum(x1 * x1) + np.sum(x2 * x2)


def gesummv(alpha, beta, A, B, x):
    return alpha * A @ x + beta * B @ x


def gesummv_loss(alpha, beta, A, B, x):
    y = gesummv(alpha, beta, A, B, x)
    return np.sum(y * y)


def doitgen(A, C4):
    """Multi-resolution analysis: every layer of A times C4, in place."""
    for r in range(A.shape[0]):
        A[r] = A[r] @ C4


def doitgen_loss(A, C4):
    doitgen(A, C4)
    return np.sum(A * A)


def syrk(alpha, beta, C, A):
    """Symmetric rank-k update of the lower triangle of C."""
    n, m = A.shape
    for i in range(n):
        C[i, : i + 1] *= beta
        for k in range(m):
            C[i, : i + 1] += alpha * A[i, k] * A[: i + 1, k]


def syrk_loss(alpha, beta, C, A):
    syrk(alpha, beta, C, A)
    return np.sum(C * C)


def syr2k(alpha, beta, C, A, B):
    """Symmetric rank-2k update of the lower triangle of C."""
    n, m = A.shape
    for i in range(n):
        C[i, : i + 1] *= beta
        for k in range(m):
            C[i, : i + 1] += A[: i + 1, k] * alpha * B[i, k] + B[: i + 1, k] * alpha * A[i, k]


def syr2k_loss(alpha, beta, C, A, B):
    syr2k(alpha, beta, C, A, B)
    return np.sum(C * C)


def symm(alpha, beta, C, A, B):
    """C = alpha * A @ B + beta * C, where only the lower triangle of the symmetric A is stored."""
    m, _ = C.shape
    C *= beta
    for i in range(m):
        C[:i] += alpha * np.outer(A[i, :i], B[i])
        C[i] += alpha * (B[i] * A[i, i] + A[i, :i] @ B[:i])


def symm_loss(alpha, beta, C, A, B):
    symm(alpha, beta, C, A, B)
    return np.sum(C * C)


def trmm(alpha, A, B):
    """B = alpha * A.T @ B in place, where A is unit lower triangular."""
    m, n = B.shape
    for i in range(m):
        for j in range(n):
            B[i, j] += A[i + 1 :, i] @ B[i + 1 :, j]
    B *= alpha


def trmm_loss(alpha, A, B):
    trmm(alpha, A, B)
    return np.sum(B * B)
