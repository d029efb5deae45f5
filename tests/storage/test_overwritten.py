"""What a derivative needs is overwritten after its use: operands, results, indices, masks, weights."""

import pytest
from agreement import agree
from writing import M, S, X, everywhere, written

OPERAND = [
    "np.exp(w)", "np.log(w)", "np.sqrt(w)", "np.tanh(w)", "1.0 / w", "w / x", "x / w", "w * w", "w**3", "w**x", "x**w",
    "np.power(w, 2.5)", "np.abs(w - 0.5)", "np.maximum(w, x)", "np.minimum(w, 0.6)", "np.clip(w, 0.3, 0.7)",
    "np.where(w > 0.6, w, x * w)", "np.hypot(w, x)", "np.arctan2(w, x)", "np.sum(w * w)", "np.sum(w) * w",
    "np.prod(w)", "np.max(w)", "np.min(w) * x", "np.mean(w**2)", "np.std(w)", "np.var(w) * w", "np.dot(w, w)", "w @ x",
    "np.outer(w, w)[1]", "np.sort(w) * w", "w[np.argsort(w)]", "w[np.argmax(w)] * w", "np.cumsum(w * w)", "np.cumprod(w)",
    "np.diff(w)[2] * w", "np.linalg.norm(w)", "w / np.linalg.norm(w)", "np.convolve(w, x)[:6]", "np.interp(x, w.cumsum(), w)",
    "np.median(w)", "np.logaddexp(w, x)", "np.fft.fft(w).real * w", "np.einsum('i,i->i', w, w)", "np.einsum('i,j->', w, w)",
    "np.linalg.solve(np.diag(w), x)", "np.linalg.det(np.diag(w))", "np.linalg.inv(np.diag(w) + 1.0)[0]", "np.roll(w, 1) * w",
    "np.pad(w, 1)[1:-1] * w", "np.tile(w, 2)[3:9] * w", "np.repeat(w, 2)[::2] * w", "np.concatenate([w, w])[3:9] * w",
    "np.stack([w, x])[0] * w", "w.reshape(2, 3).T.ravel() * w", "w[::-1] * w", "w[[0, 0, 1, 2, 2, 3]] * w", "np.take(w, [5, 4, 3, 2, 1, 0]) * w",
    "np.array([w[0], w[1], s, w[2], w[3], s]) * w", "np.array([v * v for v in w])", "sum(v * v for v in w) * x",
    "np.vander(w, 2).T[0] * w", "np.polyval([1.0, s, w[0]], w)", "np.trapezoid(w, x) * w", "np.gradient(w) * w", "np.cross(w[:3], w[3:])[0] * w",
    "np.kron(w[:2], w[3:])", "np.average(w, weights=w)", "np.nansum(w) * w", "np.quantile(w, 0.3)", "np.ptp(w) * w", "np.sinc(w)",
    "(w > 0.5) * w", "np.heaviside(w - 0.5, 0.5) * w", "np.sign(w - 0.6) * w", "np.mod(w, 0.35) * w", "np.real(np.exp(1j * w))",
    "np.abs(w + 1j * x)", "np.angle(w + 1j * x)", "np.tensordot(w, w, 0)[0]", "np.triu(np.outer(w, w))[0]", "np.matmul(np.outer(w, x), w)",
]  # fmt: skip

RESULT = [
    "np.exp(u)", "np.sqrt(u)", "np.tanh(u)", "1.0 / u", "u / x", "x / u", "u**s", "np.power(s, u)", "np.cumprod(u)", "u / np.linalg.norm(u)",
    "np.sort(u)", "np.linalg.solve(np.diag(u), x)", "np.linalg.inv(np.diag(u) + 1.0)[0]", "np.linalg.cholesky(np.diag(u))[0]", "np.arctan2(u, x)",
    "np.hypot(u, x)", "np.logaddexp(u, x)", "np.maximum(u, x)", "np.cumsum(u)", "np.maximum.accumulate(u)", "np.clip(u, 0.4, 0.8)", "np.abs(u)",
    "np.array(np.linalg.norm(u))", "np.max(np.outer(u, u), axis=0)", "np.prod(np.outer(u, x), axis=0)", "np.std(np.outer(u, x), axis=0)",
    "np.expm1(u)", "np.tan(u)", "np.arctan(u)", "np.reciprocal(u)", "np.cbrt(u)", "np.where(x > 0.5, u, s)", "np.outer(u, u)[1]", "u * s", "u + 0.0",
]  # fmt: skip

OPTIONS = [
    "k = x > 0.5\nt = np.where(k, u, s * u)\nk[:] = False\nu *= t",
    "k = x > 0.5\nt = np.select([k, ~k], [u, s * u])\nk[:] = False\nu *= t",
    "k = x > 0.5\nt = np.sum(u * u, where=k)\nk[:] = False\nu *= t",
    "k = x > 0.5\nt = np.compress(k, u * u)\nk[:] = False\nu *= t[0]",
    "k = x > 0.5\nt = u[k] * u[k]\nk[:] = False\nu *= t[0]",
    "k = x > 0.5\nt = np.extract(k, u * u)\nk[:] = True\nu *= t[0]",
    "k = x > 0.5\nnp.multiply(u, u, out=u, where=k)\nk[:] = ~k\nu *= s",
    "k = x > 0.5\nnp.copyto(u, x * u, where=k)\nk[:] = ~k\nu *= s",
    "k = x > 0.5\nu[k] = x[k] * u[k]\nk[:] = ~k\nu *= s",
    "k = x > 0.5\nu[k] *= s * u[0]\nk[0] = not k[0]\nu *= s",
    "k = (x > 0.5) * 1.0\nt = u * u * k\nk[:] = 0.0\nu *= s + t",
    "i = np.array([0, 2, 4])\nt = np.take(u * u, i)\ni += 1\nu[i] *= t",
    "i = np.array([0, 2, 4])\nt = u[i] * u[i + 1]\ni[:] = 0\nu[:3] *= t",
    "i = np.array([0, 2, 2])\nnp.add.at(u, i, u[:3] * s)\ni[:] = 0\nu *= u[1]",
    "i = np.array([0, 2, 2])\nu[i] = u[:3] * x[:3]\ni[:] = 0\nu *= s",
    "i = np.array([0, 2, 2])\nu[i] += u[:3] * x[:3]\ni[:] = 0\nu *= s",
    "i = np.array([2, 1, 0])\na[i] = a * a\ni[:] = 0\na *= s",
    "i = np.array([2, 1, 0])\na[i, 1] *= a[0, i]\ni[:] = 0\na *= s",
    "i = np.array([1, 0, 2, 0, 1, 2])\nt = np.bincount(i, weights=u * u)\ni[:] = 0\nu[:3] *= t",
    "i = np.array([1, 2])\nt = np.repeat(u[:2] * u[:2], i)\ni[:] = 0\nu[:3] *= t",
    "i = np.argsort(x)\nt = np.take_along_axis(u * u, i, 0)\ni[:] = 0\nu *= t",
    "i = np.array([0, 1, 1])\nt = np.choose(i, [u[:3] * u[3:], x[:3]])\ni[:] = 0\nu[:3] *= t",
    "i = np.array([0, 2, 4])\nt = np.add.reduceat(u * u, i)\ni[:] = 0\nu[:3] *= t",
    "i = np.array([1, 1, 2])\nt = u[:3] ** i\ni[:] = 0\nu[:3] *= t",
    "i = np.array([1, 1, 2])\nt = u[:3] * i\ni[:] = 0\nu[:3] *= t + s",
    "g = np.array([0.2, 0.61, 1.3])\nt = np.interp(x, g, u[:3] * u[:3])\ng *= 2.0\nu *= t",
    "g = np.array([0.4, 0.31, 0.5, 0.6, 0.7, 0.8])\nt = np.clip(u, g, 0.9)\ng *= 0.0\nu *= t",
    "g = np.array([0.2, 0.6, 1.3])\nt = np.average(u[:3] * u[3:], weights=g)\ng *= 2.0\nu *= t",
    "g = np.array([0.2, 0.6, 1.3])\nt = np.convolve(u * u, g)[:6]\ng *= 2.0\nu *= t",
    "g = np.array([0.2, 0.6, 1.3])\nt = np.polyval(g, u * u)\ng *= 2.0\nu *= t",
    "g = np.eye(6) + 0.1\nt = np.linalg.solve(g, u * u)\ng *= 2.0\nu *= t",
    "g = np.eye(6) + 0.1\nt = g @ (u * u)\ng *= 0.0\nu *= t",
    "g = np.eye(6) + 0.1\nt = np.einsum('ij,j->i', g, u * u)\ng[...] = 0.0\nu *= t",
    "h = np.cos(x)\nv = h[1:]\nt = u[1:] * v\nh *= 0.0\nu[1:] *= t",
    "h = np.cos(x)\nt = h.reshape(2, 3) @ u[:3]\nh[:] = 0.0\nu[:2] *= t",
    "h = np.cos(x)\nt = np.dot(h.T, u)\nh[:] = 0.0\nu *= t",
    "n = 2\nt = u**n\nn += 1\nu *= t**n",
    "sl = [0, 3]\nt = u[sl[0] : sl[1]] * u[3:]\nsl[1] = 1\nu[sl[0] : sl[1]] *= t[0]",
    "n = [2, 3]\nt = u.reshape(n) * u[:3]\nn[0] = 6\nu *= t.ravel()",
    "d = {'axis': 0}\nt = np.sum(a * a, axis=d['axis'])\nd['axis'] = 1\nu[:3] *= np.sum(a, axis=d['axis']) * t[0]",
    "c = 2.0\nf = lambda v: v * v * c\nt = f(u)\nc = 3.0\nu[:] = f(t)",
    "k = np.ones(3, bool)\nfor i in range(3):\n    u[:3][k] *= u[3:][k]\n    k[i] = False",
    "p = np.arange(6)\nfor i in range(3):\n    p[i], p[5 - i] = p[5 - i], p[i]\n    u[:] = u[p] * x",
    "p = [0, 1, 2, 3, 4, 5]\nfor i in range(3):\n    p[i], p[5 - i] = p[5 - i], p[i]\n    u[:] = u[p] * x",
]

SEEN = [
    "r = a[0]\na[0] = x[:4]\nu[:4] = r",
    "r = a[0] + 0.0\na[0] = x[:4]\nu[:4] = r",
    "r = a[[0]][0]\na[0] = x[:4]\nu[:4] = r",
    "r = a[0].copy()\na[0] = x[:4]\nu[:4] = r",
    "r = a.T[0]\na[:, 0] *= x[:3]\nu[:3] = r",
    "r = a.T[0] * 1.0\na[:, 0] *= x[:3]\nu[:3] = r",
    "r = np.sort(a[0])\na[0] *= x[:4]\nu[:4] = r",
    "r = a.ravel()[2:5]\na[0] *= x[:4]\nu[:3] = r",
    "r = a.max(axis=0)\na[0] *= x[:4]\nu[:4] = r",
    "r = a[0, 1]\na[0] *= x[:4]\nu[0] = r",
    "r = a[0, 1:2]\na[0] *= x[:4]\nu[:1] = r",
    "r = a[0].reshape(2, 2)\na[0] *= x[:4]\nu[:4] = (r @ r).ravel()",
    "r = a[1:]\nv = r.T\na[2] *= x[:4]\nu[:2] = v[0] * v[1]",
    "r = np.broadcast_to(u[:1], (3,))\nu[0] = s\na[:, 0] *= r",
    "r = u.real\nu[0] = s\na[0] *= r[:4]",
    "r = np.where(x > 0.5, u, u)\nu[0] = s\nu *= r",
    "r = u[u > 0.5]\nu[:] = s\nu[: len(r)] = r",
    "r = sum(u)\nu[:] = s\nu *= r",
    "r = list(u)\nu[:] = s\nu *= r[1]",
    "r = [v for v in a]\na[0] *= s\nu[:4] = r[0]",
    "r = (u[0], u[1:])\nu[:] *= s\nu[0] = r[0] * r[1][0]",
    "r = lambda: u[0] * u[1]\nu[:] *= s\nu[0] = r()",
    "p, q = u[:2]\nu[:] *= s\nu[0] = p * q",
    "p, q, _ = a\na[:] *= s\nu[:4] = p * q",
    "t = u\nu = u * s\nt[0] = s\nu[1] = t[0]",
    "t = u[:]\nu = t\nt[0] = s\nu[1] = t[0] * x[1]",
]


def lines(expressions: list[str], template: str) -> list[str]:
    return [template.format(e) for e in expressions]


@pytest.mark.parametrize(
    ("statements", "context"),
    everywhere(lines(OPERAND, "w = u * s\nt = {}\nw[...] = 0.25\nu *= t\nw *= u"), ""),
)
def test_operand(statements, context):
    agree(written(statements, context), X, M, S)


@pytest.mark.parametrize(
    ("statements", "context"), everywhere(lines(RESULT, "t = {}\nu[:] = u * t\nt[...] = 0.25\nu += t"), "")
)
def test_result(statements, context):
    agree(written(statements, context), X, M, S)


@pytest.mark.parametrize(("statements", "context"), everywhere(OPTIONS, ""))
def test_option(statements, context):
    agree(written(statements, context), X, M, S)


@pytest.mark.parametrize(("statements", "context"), everywhere(SEEN, ""))
def test_seen_or_not(statements, context):
    agree(written(statements, context), X, M, S)
