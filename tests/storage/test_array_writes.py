"""Writes into arrays: every form of index, every operator, and the functions that write."""

import numpy as np
import pytest
from agreement import agree
from writing import M, S, X, everywhere, written

INDEX = [
    "u[2] = u[1] * s",
    "u[-1] = s",
    "u[0], u[1] = u[1], u[0] * s",
    "u[np.int64(3)] = x[0] * u[3]",
    "i = np.argmax(x)\nu[i] = u[i] * s",
    "u[1:3] = x[:2] * s",
    "u[::2] = u[1::2]",
    "u[::-2] = x[:3] * u[:3]",
    "u[4:0:-1] = u[:4] * s",
    "u[:] = x * s",
    "u[...] = s",
    "u[1:-1] = s * 2.0",
    "u[1:4] = 0",
    "u[:0] = s",
    "u[slice(1, 4)] = x[3:]",
    "u[None, :2] = a[:1, :2]",
    "u[u > 0.5] = s",
    "u[x > 0.5] = x[x > 0.5] * s",
    "u[[0, 2, 2]] = x[:3] * s",
    "u[np.array([1, 1, 1])] = x[:3] * u[:3]",
    "u[[1, -1]] = s",
    "i = np.array([5, 0, 3])\nu[i] = u[i] * x[:3]",
    "i = np.argsort(x)\nu[i] = u",
    "a[1, 2] = a[0, 1] * s",
    "a[1] = x[:4]",
    "a[1][2] = s",
    "a[:, 1] = a[:, 0] * s",
    "a[1:, ::2] = a[:2, 1::2]",
    "a[..., -1] = x[:3]",
    "a[[0, 2]] = a[[2, 0]] * s",
    "a[[0, 1, 1], [2, 3, 3]] = x[:3]",
    "a[:, [0, 0, 1]] = x[:3]",
    "a[np.ix_([0, 2], [1, 3])] = x[:4].reshape(2, 2) * s",
    "a[np.arange(3), [1, 0, 3]] = u[:3]",
    "a[a < 0.4] = s",
    "a[m > 0.5] = u[0]",
    "a[np.array([True, False, True])] = x[:4]",
    "a[np.array([True, False, True]), 1] = x[:2]",
    "a[np.diag_indices(3)] = x[:3]",
    "a[np.triu_indices(3)] = x",
    "a[np.where(m > 0.5)] = s",
    "a[np.nonzero(m < 0.5)] *= s",
    "a[0, ::-1] = u[:4]",
    "a[()] = s",
    "a[None, 0] = x[None, :4]",
    "a[:] = a[::-1] * s",
]

AUGMENTED = [
    "u += x",
    "u -= s * x",
    "u *= s",
    "u /= x + s",
    "u **= 2",
    "u **= s",
    "u //= s",
    "u %= s",
    "u[1] += s",
    "u[1:] -= u[:-1]",
    "u[::-1] *= x",
    "u[::2] /= s + x[::2]",
    "u[1:4] **= 2",
    "u[2] **= s",
    "u[:3] %= 0.35",
    "u[:3] //= 0.1",
    "u[x > 0.5] += s",
    "u[x > 0.5] *= x[x > 0.5]",
    "u[[0, 2, 2]] += x[:3]",
    "u[[0, 2, 2]] *= s",
    "i = np.array([1, 1, 4])\nu[i] -= x[i] * u[i]",
    "a += x[:4]",
    "a *= x[:3, None]",
    "a -= a.mean(axis=0)",
    "a /= np.sum(a, axis=1, keepdims=True)",
    "a @= np.outer(x[:4], x[:4])",
    "a[0] += a[1] * s",
    "a[:, 0] *= a[:, 1]",
    "a[..., 1:3] -= s",
    "a[[0, 0], [1, 1]] += x[:2]",
    "a[m > 0.5] /= s",
    "a[1] @= np.outer(x[:4], x[:4])",
    "a += a",
    "u *= u[0]",
    "u /= u[-1]",
    "a -= a[0]",
    "k = np.zeros(6)\nk += x\nk *= k\nu += k",
]

OVERLAPPING = [
    "u[1:] = u[:-1] * 2",
    "u[1:] = u[:-1]",
    "u[:-1] = u[1:]",
    "u[:-1] += u[1:]",
    "u[1:] += u[:-1]",
    "u[::-1] += u",
    "u[:] = u[::-1]",
    "u += u[::-1]",
    "u[2:] *= u[:-2]",
    "u[1:-1] = u[:-2] + u[2:] - s * u[1:-1]",
    "a[1:] = a[:-1]",
    "a[:, 1:] -= a[:, :-1]",
    "a[:3, :3] = a[:3, :3].T",
    "a[:3, :3] += a[:3, :3].T",
    "a[0], a[1] = a[1], a[0]",
    "u[:3], u[3:] = u[3:], u[:3] * s",
    "u[0], u[0] = s, u[1]",
]

FUNCTIONS = [
    "np.add(u, x, out=u)",
    "np.multiply(u, s, out=u)",
    "np.sin(u, out=u)",
    "np.exp(x, u)",
    "np.add(u[1:], u[:-1], out=u[1:])",
    "np.multiply(u[::-1], u, out=u)",
    "np.add(u[:3], x[:3], out=u[::2])",
    "np.sqrt(u, out=u, where=x > 0.5)",
    "np.log(x, out=u, where=x > 0.5)",
    "np.divide(x, u, out=u, where=u > 0.5)",
    "np.multiply(x, s, where=[True, False, True, True, False, True], out=u)",
    "np.add(a, x[:4], out=a, where=m > 0.5)",
    "np.maximum(u, 0.5, out=u)",
    "np.clip(u, 0.4, 0.8, out=u)",
    "u.clip(0.4, 0.8, out=u)",
    "np.negative(a, a)",
    "np.tanh(a[1], out=a[0])",
    "np.cumsum(u, out=u)",
    "np.cumsum(x, out=u)",
    "np.sum(a, axis=0, out=u[:4])",
    "np.dot(m[:, :3], x[:3], out=u[:3])",
    "np.matmul(m, x[:4], out=u[:3])",
    "np.mean(a, axis=1, out=u[3:])",
    "np.take(x, [0, 1, 1], out=u[:3])",
    "np.copyto(u, x)",
    "np.copyto(u, s)",
    "np.copyto(u, x, where=x > 0.5)",
    "np.copyto(a, x[:4])",
    "np.copyto(u[1:], u[:-1])",
    "np.put(u, [0, 3], x[:2] * s)",
    "np.put(u, [1, 1, 4], x[:3])",
    "np.put(a, [0, 5, 11], s)",
    "u.put([0, 2], x[2:4])",
    "np.place(u, x > 0.5, x[:2])",
    "np.putmask(u, x > 0.5, x * s)",
    "np.put_along_axis(a, np.argmax(m, axis=1)[:, None], s, axis=1)",
    "np.put_along_axis(a, np.argsort(m, axis=0), a * s, axis=0)",
    "np.fill_diagonal(a, s)",
    "np.fill_diagonal(a, x[:3])",
    "np.fill_diagonal(a[:, 1:], 0.0)",
    "u.fill(s)",
    "u[1:3].fill(s)",
    "a[:, 0].fill(u[0])",
    "u.sort()",
    "a.sort(axis=0)",
    "a.sort()",
    "u[1:5].sort()",
    "u[::-1].sort()",
    "u.partition(2)",
    "np.add.at(u, [0, 2, 2], x[:3])",
    "np.add.at(u, 1, s)",
    "np.add.at(u, slice(1, 4), x[:3])",
    "np.add.at(a, ([0, 1, 1], [2, 3, 3]), x[:3])",
    "np.add.at(a, [0, 0], x[:4])",
    "np.add.at(u, x > 0.5, s)",
    "np.subtract.at(u, [0, 2, 2], x[:3])",
    "np.multiply.at(u, [0, 2, 2], x[:3])",
    "np.divide.at(u, [0, 2, 2], x[:3])",
    "np.power.at(u, [0, 2, 2], 2)",
    "np.maximum.at(u, [0, 2, 2], x[:3])",
    "np.minimum.at(u, [1, 2, 2], x[:3])",
    "np.negative.at(u, [0, 2])",
    "np.exp.at(u, [0, 2])",
    "u.resize(6)",
    "u.flat[2] = s",
    "u.flat = x * s",
    "a.flat[[0, 5]] = x[:2]",
    "a.flat[::2] *= s",
    "u.real[:] = x",
    "u.__setitem__(1, s)",
    "u.__iadd__(x)",
    "u.imag if s < 0 else u.real[1:]\nu[0] = s",
]

ROUNDED = [
    "h = np.zeros(3, np.float32)\nh[0] = s\nh += x[:3]\nu[:3] = h",
    "h = u.astype(np.float32)\nh[1:] = h[:-1] * s\nu[...] = h",
    "h = np.empty((2, 3), dtype=np.float32)\nh[:] = x[:3]\nh[1] *= s\nu += h.ravel()",
    "a[0] *= x[:4]\na[1] = u[:4]",
]

DTYPES = [
    "z = np.zeros(6, complex)\nz[:] = u\nz *= 1j + s\nu[...] = z.imag",
    "z = u + 1j * x\nz.real[1:] = x[1:] * s\nz.imag *= s\nu[:] = z.real * z.imag",
    "z = np.zeros(3, complex)\nz.real = x[:3]\nz.imag = u[:3]\nu[:3] = np.abs(z * z)",
    "k = np.zeros(3, int)\nk[1] = 2\nk += 1\nu[k] *= s",
    "k = np.arange(6)\nk[::2] += 1\nk[k > 5] = 0\nu[k] += x",
    "b = np.zeros(6, bool)\nb[2:4] = True\nb[0] = s > 0.5\nb |= x > 0.8\nu[b] *= s",
    "b = x > 0.5\nb &= x < 1.0\nb[1] ^= True\nu[~b] = s",
    "count = np.zeros(3, dtype=int)\nfor v in x:\n    count[int(v * 2)] += 1\nu[:3] /= count + s",
]


@pytest.mark.parametrize(("statements", "context"), everywhere(INDEX))
def test_index(statements, context):
    agree(written(statements, context), X, M, S)


@pytest.mark.parametrize(("statements", "context"), everywhere(AUGMENTED))
def test_augmented(statements, context):
    agree(written(statements, context), X, M, S)


@pytest.mark.parametrize(("statements", "context"), everywhere(OVERLAPPING))
def test_overlapping(statements, context):
    agree(written(statements, context), X, M, S)


@pytest.mark.parametrize(("statements", "context"), everywhere(FUNCTIONS))
def test_function(statements, context):
    agree(written(statements, context), X, M, S)


@pytest.mark.parametrize(("statements", "context"), everywhere(DTYPES))
def test_dtype(statements, context):
    agree(written(statements, context), X, M, S)


@pytest.mark.parametrize(("statements", "context"), everywhere(ROUNDED))
def test_rounded(statements, context):
    agree(written(statements, context), X, M.astype(np.float32), S)


@pytest.mark.parametrize("context", ["straight", "loop", "branch", "called"])
@pytest.mark.parametrize("statements", ["u[1:] = u[:-1] * s", "u[[0, 0]] += x[:2]", "np.exp(u, out=u)"])
def test_single_precision(statements, context):
    agree(written(statements, context), X.astype(np.float32), M.astype(np.float32), np.float32(S))
