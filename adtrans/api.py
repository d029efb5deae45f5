"""The public transforms: each one names a derivative, or a loop over one."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from adtrans.derivative import Argnums, Derivative
from adtrans.errors import OptionError
from adtrans.jacobians import ElementwiseGradient, Loop, ReverseJacobian, forward_jacobian

Options = tuple[tuple[str, Any], ...]


def _made(make: Callable[[Any], Any], fun: Any) -> Any:
    """`make(fun)`; or `make` itself, when it is used as a decorator with arguments."""
    return make if fun is None else make(fun)


def _options(undefined: str, has_aux: bool = False) -> Options:
    if undefined not in ("value", "raise"):
        raise OptionError(f"undefined must be 'value' or 'raise', not {undefined!r}")
    found: Options = (("has_aux", True),) if has_aux else ()
    return (*found, ("undefined", "raise")) if undefined == "raise" else found


def grad(fun: Any = None, argnums: Argnums = 0, *, has_aux: bool = False, undefined: str = "value") -> Any:
    """The gradient of a function that returns one real number.

    argnums: which arguments, by position or name; an int or a name gives one gradient, a tuple or
    a list a tuple of gradients. A gradient has the structure, the shape and the dtype of its
    argument. has_aux: the function returns (value, aux), and the result is (gradient, aux).
    undefined: where no derivative exists (abs at 0, a tie in max) there is a value by convention; with
    "raise" it is UndefinedGradientError, which names the line. All transforms take it.

    Raises ArgnumError for arguments that do not exist, ArgumentError for arguments that carry no
    derivative, OutputError for outputs that are not one real number, and UnsupportedError, with
    the place, for what cannot be differentiated.

    >>> adtrans.grad(lambda x: x * x)(3.0)
    6.0
    """
    options = _options(undefined, has_aux)
    return _made(lambda f: Derivative(f, "grad", argnums, options), fun)


def value_and_grad(
    fun: Any = None, argnums: Argnums = 0, *, has_aux: bool = False, undefined: str = "value"
) -> Any:
    """The value and the gradient of a function, as a pair; `((value, aux), gradient)` with `has_aux`.

    >>> adtrans.value_and_grad(lambda x: x * x)(3.0)
    (9.0, 6.0)
    """
    options = _options(undefined, has_aux)
    return _made(lambda f: Derivative(f, "value_and_grad", argnums, options), fun)


def vjp(fun: Any = None, argnums: Argnums = 0, *, undefined: str = "value") -> Any:
    """The vector-Jacobian product: called as `v(*args, cotangent)`, it returns (value, gradients).

    The cotangent has the structure and the shapes of the function's output. The gradients are a
    tuple, also for one argument. Of complex functions this is the adjoint of `jvp` under
    Re(sum(conj(a) * b)).

    >>> adtrans.vjp(lambda x: x * x)(3.0, 1.0)
    (9.0, (6.0,))
    """
    options = _options(undefined)
    return _made(lambda f: Derivative(f, "vjp", argnums, options), fun)


def jvp(fun: Any = None, argnums: Argnums = 0, *, undefined: str = "value") -> Any:
    """The Jacobian-vector product: called as `j(*args, *tangents)`, it returns (value, tangent).

    There is one tangent for each of `argnums`, in the structure and the shapes of its argument.

    >>> adtrans.jvp(lambda x: x * x)(3.0, 1.0)
    (9.0, 6.0)
    """
    options = _options(undefined)
    return _made(lambda f: Derivative(f, "jvp", argnums, options), fun)


def hvp(fun: Any = None, argnums: Argnums = 0, *, undefined: str = "value") -> Any:
    """The Hessian-vector product: `h(*args, *vectors)`, one vector for each of `argnums`.

    The result has the structure of `grad`'s. It is the tangent of the gradient, in one sweep.

    >>> adtrans.hvp(lambda x: x * x * x)(3.0, 1.0)
    18.0
    """
    options = _options(undefined)

    def make(f: Any) -> Derivative:
        inner = Derivative(f, "grad", argnums, options)
        return Derivative(inner, "jvp", argnums, (("tangent_only", True), *options), wrapped=f)

    return _made(make, fun)


def jacfwd(fun: Any = None, argnums: Argnums = 0, *, undefined: str = "value") -> Any:
    """The Jacobian, column by column: one `jvp` for each element of the arguments.

    For an array or number it has the shape of the output, then that of the argument; of structures
    it is the output's structure with the argument's inside.
    """
    options = _options(undefined)
    return _made(lambda f: forward_jacobian(f, argnums, options), fun)


def jacrev(fun: Any = None, argnums: Argnums = 0, *, undefined: str = "value") -> Any:
    """The Jacobian, row by row: one `vjp` for each element of the output. Its shape is that of `jacfwd`."""
    options = _options(undefined)

    def make(f: Any) -> Loop:
        if isinstance(f, Loop):  # of a loop there are tangents only
            return forward_jacobian(f, argnums, options)
        return ReverseJacobian(f, Derivative(f, "vjp", argnums, options), argnums)

    return _made(make, fun)


def jacobian(fun: Any = None, argnums: Argnums = 0, *, undefined: str = "value") -> Any:
    """The Jacobian, of the shape of the output, then that of the argument; row by row, as `jacrev`.

    >>> adtrans.jacobian(lambda x: x * x)(np.array([1.0, 2.0]))
    array([[2., 0.],
           [0., 4.]])
    """
    return jacrev(fun, argnums, undefined=undefined)


def hessian(fun: Any = None, argnums: Argnums = 0, *, undefined: str = "value") -> Any:
    """The matrix of second derivatives of a function that returns one real number.

    For a tuple of `argnums` it is a tuple of tuples of blocks. It is made by one Hessian-vector
    product for each element of the arguments.
    """
    options = _options(undefined)

    def make(f: Any) -> Loop:
        made = forward_jacobian(Derivative(f, "grad", argnums, options), argnums, options)
        made.__wrapped__ = f
        return made

    return _made(make, fun)


def elementwise_grad(fun: Any = None, argnums: Argnums = 0, *, undefined: str = "value") -> Any:
    """The derivative of an elementwise function at each element of its argument.

    It is the gradient of the sum of the outputs, in the shape of the argument.

    >>> adtrans.elementwise_grad(np.sin)(np.zeros(3))
    array([1., 1., 1.])
    """
    options = _options(undefined)

    def make(f: Any) -> Loop:
        if isinstance(f, ElementwiseGradient) and isinstance(argnums, (int, str)):
            return ElementwiseGradient(f, Derivative(f.derivative, "jvp", (argnums,), options), argnums, f)
        return ElementwiseGradient(f, Derivative(f, "vjp", argnums, options), argnums)

    return _made(make, fun)
