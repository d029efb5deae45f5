"""What may share memory with an argument is found by experiment, and held against what is known of it."""

import ast
import linecache
import sys
from pathlib import Path

import numpy as np
import pytest
from stages import typed

from adtrans.analysis.aliases import Aliases
from adtrans.analysis.views import depends_on_layout, may_be_view
from adtrans.ir.program import Const, walk

pytest.importorskip("scipy")

FOLDER = str(Path(__file__).parent.parent / "data" / "coverage")

MORE = """
np.asarray(m, float); np.asarray(m, np.float32); np.asarray(m, order='F'); np.asfortranarray(m); np.asfortranarray(u)
np.ascontiguousarray(m.T); np.asarray([u, w]); np.asarray(s); np.asarray(u[2]); np.atleast_1d(s); np.asarray(u, copy=True)
np.reshape(m, 12, copy=True); np.reshape(m, 12, order='F'); np.ravel(m.T); np.ravel(m, 'F'); m.T.ravel(); m.T.reshape(12)
np.require(m, None, 'F'); np.diag(m, 1); np.diag(u); np.linalg.diagonal(t, offset=1); np.atleast_2d(u, w)
np.broadcast_arrays(u, m); np.meshgrid(u, w); np.meshgrid(u, w, copy=False); np.meshgrid(u)
np.diff(u, 0); np.diff(u, n=0); np.diff(u, 1); np.linalg.matrix_power(a, 1); np.linalg.matrix_power(a, 2)
np.polyder(u, 0); np.polyint(u, 0); np.polyint(u, m=0); np.polyder(u)
np.einsum('ij->ji', m); np.einsum('ij', m); np.einsum('ji', m); np.einsum('ii', a); np.einsum('i...->...i', t)
np.einsum('ij->i', m); np.einsum('i', u, optimize=True); np.einsum(m, [0, 1], [1, 0]); np.einsum(m, [0, 1]); np.einsum('i,i->i', u, w)
u.conj(); u.conjugate(); c.conj(); np.conj(u); u.real; u.imag; c.imag; np.imag(u); s.real
u[()]; u[...]; u[1, ...]; u[1]; m[1]; m[[0, 1]]; m[:, 1]; u[None]; u[mask]; m.flat; m.view(); m.flatten(); m.copy('F')
np.tile(u, 1); np.repeat(u, 1); np.roll(u, 0); np.resize(u, 4); np.concatenate([u]); np.stack([u]); np.vstack([m]); np.block([u])
np.pad(u, 0); np.delete(u, []); np.insert(u, [], []); np.append(u, []); np.sum(m, axis=()); np.max(m, axis=()); np.clip(u, -9, 9)
np.positive(u); +u; np.sort(u); np.unwrap(u); np.nan_to_num(u); u.astype(float); np.fft.fftshift(u); np.where(mask, u, u)
np.split(u, 1); np.array_split(m, 1, 1); np.rot90(m, 0); np.rot90(m, 4); np.moveaxis(m, 0, 0); np.rollaxis(m, 0); np.transpose(u)
np.broadcast_to(u, (4,)); np.squeeze(m); np.trim_zeros(u); np.lib.stride_tricks.sliding_window_view(u, 2); np.interp(u, xp, xp)
np.array(u); np.array(m, order='F'); np.copy(u); np.triu(a); np.tril(a, 5); np.full((4,), u); np.compress(mask, u); np.take(u, [0, 1])
np.select([mask], [u]); np.choose(ii, [u, w]); np.round(u); np.fix(u); np.apply_along_axis(np.sort, 0, m); np.modf(p); np.gradient(u)
"""


def expressions():
    sys.path.insert(0, FOLDER)
    try:
        import ops_spec
    finally:
        sys.path.remove(FOLDER)
    more = [e.strip() for row in MORE.strip().splitlines() for e in row.split(";")]
    inputs = {**ops_spec.INPUTS, **ops_spec.STATIC}
    return list(
        dict.fromkeys([*more, *(e for row in ops_spec.OPS for e in row[2] if "sp." not in e)])
    ), inputs


EXPRESSIONS, INPUTS = expressions()


def arrays(value):
    if isinstance(value, np.flatiter):
        return [value.base]
    if isinstance(value, np.ndarray):
        return [value]
    return [a for item in value for a in arrays(item)] if isinstance(value, (tuple, list)) else []


@pytest.mark.parametrize("expression", EXPRESSIONS)
def test_what_shares_memory_is_known(expression):
    used = {node.id for node in ast.walk(ast.parse(expression)) if isinstance(node, ast.Name)}
    names = [name for name in INPUTS if name in used]
    given = [
        np.copy(INPUTS[name]) if isinstance(INPUTS[name], np.ndarray) else INPUTS[name] for name in names
    ]
    text = f"def f({', '.join(names)}):\n    return {expression}\n"
    linecache.cache[f"<{expression}>"] = (len(text), None, text.splitlines(True), f"<{expression}>")
    namespace = {"np": np, "__name__": __name__}
    exec(compile(text, f"<{expression}>", "exec"), namespace)
    try:
        results = arrays(namespace["f"](*given))
    except (AttributeError, TypeError):
        pytest.skip("not in this NumPy")
    program = typed(namespace["f"], *given)
    aliases = Aliases(program.function)
    ops = [op for op in walk(program.function.body) if op.kind == "apply"]
    for p, x in zip(program.params, given):
        if isinstance(p, Const) or not isinstance(x, np.ndarray):
            continue
        shares = any(np.shares_memory(x, r) for r in results)
        known = any(aliases.same(p, r) for r in program.function.results)
        if shares:
            assert known or any(map(may_be_view, ops))
        elif results and not any(map(depends_on_layout, ops)):
            assert not known
