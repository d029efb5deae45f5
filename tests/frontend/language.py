"""One function or more for every construct of the language, with arguments that take every path."""


def match_everything(x):
    match x:
        case 0:
            return "zero"
        case 1 | 2:
            return "low"
        case (a, 0):
            r = ("pair0", a)
        case [a, b, *rest] if len(rest) > 1:
            return a, b, rest
        case [a, *_]:
            r = ("lst", a)
        case {"k": v, **others}:
            return v, others
        case float(f):
            return f + 1
        case complex(real=re, imag=im):
            return re, im
        case str() as s:
            return s * 2
        case ("a" | "b") as q:
            return q
        case None:
            return "none"
        case _:
            r = "default"
    return r, x


def match_nested(p):
    match p:
        case {"t": ("a", n) | (n, "a")}:
            return n
        case [[x, y], {"z": z}]:
            return x + y + z
        case x:
            return x


def try_everything(x):
    log = []
    try:
        log.append("t")
        if x == 0:
            return log, "ret"
        if x == 1:
            raise ValueError("a")
        if x == 2:
            raise KeyError("b")
        y = 5
    except ValueError as e:
        log.append(str(e))
        y = -1
    except (KeyError, TypeError):
        log.append("ke")
        return log
    else:
        log.append("else")
        y = 7
    finally:
        log.append("fin")
    return log, y


def for_with_exits(n, m):
    out = []
    for i in range(n):
        for j in range(m):
            if j == i:
                continue
            if j > 3:
                break
            if i * j == 6:
                return out, "ret", i, j
            out.append((i, j))
        else:
            out.append("else")
            if i == 2:
                continue
        if i == 4:
            break
        k = i
    else:
        out.append("outer else")
        k = 100
    return out, k, i


def while_walrus_else(n):
    i = 0
    while (i := i + 1) < n:
        if i == 3:
            continue
        if i == 7:
            break
        x = i
    else:
        return "else", i
    return i, x


def while_else(n):
    i = 0
    while i < n:
        i += 1
        if i == 5:
            break
    else:
        return -1
    return i


def closures(n):
    k = 1

    def g(x, y=k):
        return x * k + y

    out = []
    for i in range(n):
        k = i
        out.append(g(2))
    fact = lambda n: 1 if n < 2 else n * fact(n - 1)

    def rec(n):
        if n < 2:
            return 1
        return rec(n - 1) + h(n)

    def h(n):
        return n * k

    return (
        out,
        g(5),
        fact(5),
        rec(4),
        list(map(lambda u: u * k, out)),
        [f(2) for f in [lambda u, i=i: u * i for i in range(3)]],
    )


def comprehensions(n):
    i = 10
    a = [i * j for i in range(n) if i % 2 for j in range(i) if j != 1]
    b = {i: (t := i * 2) for i in range(n)}
    c = {x % 3 for x in range(n)}
    s = sum(x * x for x in range(n))
    return a, b, c, s, i, t, max((abs(q) for q in a), default=1), sum((x for x in a), 5)


def texts(x, w=8):
    return f"{x:.3f} {x!r:>{w}} {x!s} plain {{}} {w=}", f"{x}abc"


def calls(*args, k=1, **kw):
    d = {**kw, "z": k, "q": 2}
    a, *b, c = [*args, *args]
    (p, q), [r, *s] = (a, b), b
    del kw
    lst = [0] * 4
    lst[1:3] = [7, 8]
    lst[0] += 5
    lst[-1] -= 1
    del lst[2]
    x = y = lst
    x += [3]
    return d, a, b, c, p, q, r, s, lst, y, dict(**d, extra=1), max(*args, key=lambda v: -v), print


def booleans(a, b, c):
    x = a and b or c
    y = not a
    z = a < b < c <= 10 != 11
    w = (a if b else c) is None
    if a and (n := b) > 1:
        z = (z, n)
    return x, y, z, w, a in (1, 2), b not in [3]


def early_returns(x):
    if x > 10:
        if x > 20:
            return "big"
        y = 1
    elif x < 0:
        raise ValueError("neg")
    else:
        y = 2
    if x == 5:
        return y
    z = y * 2
    return z


def with_and_imports(x):
    import contextlib
    import os.path
    import os.path as osp
    from math import sqrt as sq

    with contextlib.nullcontext(x) as a, contextlib.nullcontext((a, 2)) as (b, c):
        if b > 3:
            return "r", b
        d = a + b
    return d, c, sq(4.0), os.sep, osp.sep


def try_in_loop(n):
    out = []
    for i in range(n):
        try:
            v = 1 / (i - 2)
            if i == 4:
                break
        except ZeroDivisionError:
            out.append("z")
            continue
        out.append(v)
    return out, i


def try_last_statement(n):
    total = 0
    for i in range(n):
        try:
            total = total + 1 / (i - 2)
        except ZeroDivisionError:
            pass
    return total


def deletes(n):
    if n:
        v = 1
        del v
    v = 3
    for v in range(n):
        pass
    for q in []:
        pass
    return v


def endless_loops(n):
    while True:
        while True:
            n -= 1
            if n < 5:
                break
            if n == 8:
                return "eight"
        n -= 1
        if n < -3:
            break
    return n


def loop_variables(a, b):
    x = a
    for x in b:
        pass
    y = [x for x in b]
    return x, y


def raises(x):
    try:
        raise ValueError("in") from KeyError("k")
    except ValueError as e:
        if x:
            raise
        return repr(e.__cause__)


def exits_through_finally(x):
    for i in range(3):
        try:
            if i == x:
                return i, "r"
            if i == x + 1:
                break
        finally:
            x += 10
    return x


def lambdas(xs):
    k = len(xs)
    fs = {"a": lambda u: u + k, "b": lambda: k}
    return fs["a"](1) + fs["b"]() + (lambda *a, s=2, **q: sum(a) + s)(1, 2)


def returned_closures(n):
    def add(x):
        return x + n

    return add(1), sorted([3, 1, 2], key=lambda v: -v)


def slices(x):
    i = 1
    return x[1:], x[i:], x[::2], x[-1], x[i], x[:-1:i]


TABLE = [
    (calls, [(1, 2, 3), (4, 5)]),
    (
        match_everything,
        [
            (0,),
            (2,),
            ((5, 0),),
            ([1, 2, 3, 4],),
            ([1, 2],),
            ({"k": 1, "j": 2},),
            (2.5,),
            (3 + 1j,),
            ("a",),
            (None,),
            (99,),
            ([],),
        ],
    ),
    (match_nested, [({"t": ("a", 4)},), ({"t": (4, "a")},), ([[1, 2], {"z": 3}],), (7,)]),
    (try_everything, [(i,) for i in range(4)]),
    (for_with_exits, [(n, m) for n in range(7) for m in range(7)]),
    (while_walrus_else, [(2,), (3,), (5,), (9,)]),
    (while_else, [(3,), (9,)]),
    (closures, [(0,), (3,)]),
    (comprehensions, [(1,), (6,)]),
    (texts, [(1.5,), (2, 4)]),
    (booleans, [(a, b, c) for a in (0, 1, 2) for b in (0, 2, 3) for c in (0, 4)]),
    (early_returns, [(i,) for i in (-1, 3, 5, 11, 25)]),
    (with_and_imports, [(1,), (5,)]),
    (try_in_loop, [(2,), (4,), (7,)]),
    (try_last_statement, [(5,)]),
    (deletes, [(0,), (2,)]),
    (endless_loops, [(20,), (7,)]),
    (loop_variables, [(1, []), (1, [2, 3])]),
    (raises, [(0,), (1,)]),
    (exits_through_finally, [(0,), (1,), (5,)]),
    (lambdas, [([1, 2],)]),
    (returned_closures, [(2,)]),
    (slices, [([1, 2, 3, 4],)]),
]

CASES = [(function, args) for function, many in TABLE for args in many]
