"""docs/rules.md: every function with rules, and what holds for all of them. `adtrans rules --markdown` prints it."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import groupby

from adtrans.catalogue import Row, versions

# call expressions that no rule serves, and why
REFUSED = {
    "np.add(u,w,dtype=np.float64)": "`dtype=` of a ufunc would round or widen what rules compute with; convert the operands with `astype`",
    "sp.special.betainc(s,s2,x)": "no closed form in `a` and `b`; the derivative in `x` is there",
    "sp.special.gammainc(s,p)": "no closed form in `a`; the derivative in `x` is there",
    "sp.special.zeta(p,s2)": "no closed form in `x`; the derivative in `q` is there",
    "sp.special.hyp1f1(s,s2,x)": "no closed form in `a` and `b`; the derivative in `x` is there",
    "sp.special.hyp2f1(s,s2,2.5,x)": "no closed form in `a`, `b` and `c`; the derivative in `x` is there",
    "sp.linalg.schur(a)[0]": "the order of the eigenvalues on the diagonal, and so the derivative, is LAPACK's choice",
}

HEAD = """# Rules

What `adtrans rules --markdown` prints: every function that adtrans knows the derivative of, and what
holds for all of them. `adtrans rules PATTERN` lists those whose names match a regular expression.

## What holds for all rules

- Both modes are served by every rule, and derivatives have derivatives: what a rule calls has rules.
- float32 in, float32 out: a gradient has the dtype of its argument, the gradient of a real argument is
  real. Empty arrays, arrays of one element and arrays of shape `()` work. What was broadcast is summed.
- Options (`axis`, `keepdims`, `mode`, …) are constants; an active one is refused. Integers and booleans
  carry no derivative, and what is rounded or compared has derivative 0.
- A derivative raises nothing that the function itself does not raise: at a pole it is inf or nan, for
  Python's own numbers too.

## Complex numbers

`vjp` is the adjoint of `jvp` under `Re(sum(conj(a) * b))`. So the gradient of a real function points
where it grows fastest, and that of `abs(z) ** 2` is `2 * z`; a real argument has a real gradient.

```python
import numpy as np

import adtrans


def energy(z):
    return np.abs(z) ** 2


print(adtrans.grad(energy)(1 + 2j))
print(adtrans.jvp(lambda z: z * z)(1 + 2j, 1.0)[1])
```

```text
(2+4j)
(2+4j)
```

JAX and Autograd return the conjugate. For a function `f`, a point `z` and a cotangent `b`:

| | adtrans | JAX, Autograd |
|---|---|---|
| gradient of a real function | `grad(f)(z)` | `conj` of it |
| product with a cotangent | `vjp(f)(z, b)` | `conj` of `vjp(f)(z, conj(b))` |
| tangent | `jvp(f)(z, d)` | the same |
| derivative of a holomorphic function | `jvp(f)(z, 1.0)`, or `conj` of `vjp(f)(z, 1.0)` | `grad(f, holomorphic=True)(z)` |

## Where there is no derivative

By default there is a value everywhere, by these conventions; the tables below name the places.

- A kink has the middle of its two slopes: `abs` has 0 at 0, `sqrt(x @ x)` as `norm` has 0 at 0.
- A tie is shared: `maximum(x, y)` gives half to each, `max(x)` gives equal shares to the elements that
  reach it, `clip` half at a bound.
- A step has 0, also at its jump, and a function that jumps (`x % y`) the slope beside the jump.
- A pole has inf: `sqrt` and `log` at 0, `arccos` at 1. Its product with 0 is nan, as in NumPy: write
  `np.abs(x)` for `np.sqrt(x ** 2)`, and `scipy.special.xlogy(x, x)` for `x * np.log(x)`.
- What `where`, `select`, `choose` or a mask do not choose has exactly 0, whatever stands there.
- Eigenvectors and singular vectors whose values are equal have nan, with NumPy's warning; values
  alone are exact there.

With `undefined="raise"`, an option of every transform, a derivative that does not exist raises
`UndefinedGradientError` where it is asked for, and the error names the line:

```python
# ranges.py
import numpy as np


def spread(x):
    return np.max(x) - np.min(x)
```

```python
print(adtrans.grad(spread)(np.array([1.0, 3.0, 3.0])))
try:
    adtrans.grad(spread, undefined="raise")(np.array([1.0, 3.0, 3.0]))
except adtrans.UndefinedGradientError as error:
    print(error)
```

```text
[-1.   0.5  0.5]
ranges.py:6:12: `np.max(x)` has no derivative where several elements are the extremum
```

Reverse mode looks at the elements whose cotangent is not 0, forward mode at those whose tangent is not
0: `np.where(x > 0.0, np.sqrt(x), 0.0)` has a gradient at 0. Eigenvalues, ranks and singular values count
as equal, or as 0, to rounding. Comparisons, branches and steps (`floor`, `x // y`) are not looked at.
Without the option nothing is looked at, and the generated source is the same.

## Rules of your own

A rule is a small Python function. Its parameters are the inputs, the output `y`, the tangents (`d` and
the input's name) or the cotangent `by`, then the options that the function has. It is read like any
other function and inlined in the generated source, so what it calls needs rules too.

```python
def softclip(x, width=1.0):
    return width * np.tanh(x / width)


@adtrans.tangent(softclip)
def _(x, y, dx, width=1.0):
    return (1.0 - (y / width) ** 2) * dx


@adtrans.adjoint(softclip)
def _(x, y, by, width=1.0):
    return by * (1.0 - (y / width) ** 2)


def loss(x):
    return np.sum(softclip(x, width=2.0))


print(adtrans.check(loss, np.array([-1.0, 0.5, 3.0])).ok)
```

```text
True
```

`adtrans.check` holds the tangent and the adjoint against differences, and against each other: run it on
a function that calls yours. `adtrans.partials(f, rule)` states the partial derivatives of an elementwise
function once, for both modes. `adtrans.nondifferentiable(f)` says that a derivative is 0 wherever it
exists, and `adtrans.stop_gradient(x)` is `x`, taken for a constant:

```python
def bucket(x):
    return float(f"{x:.0f}")


adtrans.nondifferentiable(bucket)
print(adtrans.grad(lambda x: x * bucket(x))(2.2))
print(adtrans.grad(lambda x: x * adtrans.stop_gradient(x))(3.0))
```

```text
2.0
3.0
```
"""

TABLES = """## Functions

Written with {versions}. Modes: `both`, or one of `reverse` and `forward`. A limit is an argument without a
derivative, or what a call is refused with. A convention says what the derivative is where there are
several, or none. Methods of arrays (`x.sum()`) and operators are the functions that they stand for; a
ufunc's `out=` and `where=` are served as stores. Frozen distributions of scipy.stats are read as calls of
the distributions.
"""


def markdown(rows: Iterable[Row]) -> str:
    """The page."""
    rows = list(rows)
    parts = [HEAD, "## What is refused\n", _refused(), TABLES.format(versions=versions())]
    active = [row for row in rows if row.modes != "zero"]
    for library, group in groupby(sorted(active, key=_section), key=_section):
        parts += [f"### {library}\n", _table(group)]
    parts += ["### Derivative 0 wherever it exists\n", _listed(row for row in rows if row.modes == "zero")]
    return "\n".join(parts)


def _section(row: Row) -> str:
    """`scipy.stats` for the methods of its distributions, too."""
    module = row.name.split(".")
    deep = (
        module[0] == "scipy" or module[0] == "numpy" and module[1] in ("linalg", "fft", "polynomial", "lib")
    )
    return ".".join(module[:2] if deep else module[:1])


def _refused() -> str:
    rows = "".join(f"| `{_cell(call)}` | {_cell(why)} |\n" for call, why in REFUSED.items())
    return (
        "Anything without a rule or Python source is refused, with the place and a way out. Of the calls that\n"
        "the tests of coverage make (`u`, `w`, `v3` are vectors, `s`, `s2`, `p`, `x` numbers, `a` a matrix), these are:\n\n"
        f"| call | reason |\n|---|---|\n{rows}"
    )


def _table(rows: Iterable[Row]) -> str:
    lines = [
        f"| `{row.name}` | {row.modes} | {_cell(row.limits)} | {_cell(row.conventions)} |\n" for row in rows
    ]
    return "| function | modes | limits | conventions |\n|---|---|---|---|\n" + "".join(lines)


def _listed(rows: Iterable[Row]) -> str:
    return ", ".join(f"`{row.name}`" for row in rows) + "\n"


def _cell(text: str) -> str:
    return text.replace("|", "\\|")
