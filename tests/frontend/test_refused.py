"""What is not accepted is refused, with its line and a way out."""

import textwrap

import pytest
from random_programs import function_from

from adtrans.errors import AdtransError, UnsupportedError
from adtrans.frontend.lower import lower

REFUSED = {
    "global": "def f(x):\n    y = x\n    global state  # here\n    state = y\n    return y\n",
    "nonlocal": """
        def outer():
            n = 0
            def f(x):
                nonlocal n  # here
                n = n + 1
                return x
            return f
        """,
    "yield": "def f(x):\n    yield x  # here\n",
    "yield from": "def f(x):\n    yield from x  # here\n",
    "class": "def f(x):\n    y = x\n    class A:  # here\n        pass\n    return A\n",
    "async": "def f(x):\n    async def g():  # here\n        pass\n    return x\n",
    "decorated recursion": """
        def f(x):
            @wraps(x)
            def g(n): return n and g(n - 1)  # here
            return g(x)
        """,
    "variable of a loop": """
        def f(x):
            def g():
                nonlocal k  # here
                k = k + 1
            for k in range(3):
                g()
            return k * x
        """,
    "generator": "def f(x):\n    return (y for y in x)  # here\n",
    "lazy": "def f(x):\n    return sum(iter(y for y in x))  # here\n",
    "half written": """
        def f(x):
            total = 0
            try:
                total = x + 1
                total = total / x
            except ZeroDivisionError:
                print(total)  # here
            return total
        """,
    "half written, read after the loop": """
        def f(x):
            n = 5
            while True:
                try:
                    n -= 1
                    raise KeyError(x)
                except KeyError:
                    break  # here
            return n
        """,
    "stored closure": "def f(x):\n    fs = [lambda u: u * k for k in x]  # here\n    return fs[0](1)\n",
    "closure that changes": """
        def f(x):
            k = 1
            fs = []
            for i in range(3):
                k = k + 1
                fs.append({"f": lambda u: u * k})  # here
            return fs[0]["f"](x)
        """,
    "closure chosen at run time": """
        def f(x):
            k = 1
            if x > 0:
                g = lambda u: u + k  # here
            else:
                g = lambda u: u - k
            k = 2
            return g(x)
        """,
    "mutual recursion": """
        def f(x):
            def even(n): return n == 0 or odd(n - 1)
            def odd(n): return n != 0 and even(n - 1)  # here
            return even(x)
        """,
    "return in finally": "def f(x):\n    try:\n        x += 1\n    finally:\n        return x  # here\n",
}


@pytest.mark.parametrize("name", REFUSED)
def test_refused(name):
    text = textwrap.dedent(REFUSED[name]).lstrip()
    function = function_from(text, "outer" if "outer" in text else "f")
    if "outer" in text:
        function = function()
    with pytest.raises(UnsupportedError) as caught:
        lower(function)
    error = caught.value
    marked = 1 + next(i for i, line in enumerate(text.splitlines()) if "# here" in line)
    if name == "mutual recursion":  # either of the two
        marked = error.span.line
    assert error.span.line == marked
    assert f":{marked}:" in str(error).splitlines()[0]
    assert error.hint
    assert isinstance(error, AdtransError) and isinstance(error, TypeError)


def test_python_refuses_what_it_cannot_parse_itself():
    deep = "def f(x):\n    return " + "(" * 150 + "x" + ")" * 150 + "\n"
    try:
        function = function_from(deep)
    except (SyntaxError, MemoryError, RecursionError):
        return
    lower(function)
