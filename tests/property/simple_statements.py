"""Simple statements: numbers, arrays, aliases, views and stores."""

from __future__ import annotations

from writer import any_shape, set_, simple


@simple
def assign_scalar(w, _):
    text = w.scalar()
    set_(w, w.target(()), (), text)


@simple
def augment_scalar(w, _):
    name = w.r.choice(w.of(()))
    if name in w.frozen:
        return False
    w.put(f"{name} {w.r.choice(['+=', '-=', '*=', '+='])} {w.scalar(1)}")


@simple
def integer_start(w, _):
    name = w.fresh("s")
    w.put(f"{name} = {w.r.choice(['0', '1'])}")
    w.put(f"{name} += {w.scalar(1)}")
    w.put(f"{name} *= {w.scalar(0)}")
    w.vars[name] = ()


@simple
def conditional_expression(w, _):
    a, b, c = w.scalar(1), w.condition(), w.scalar(1)
    set_(w, w.target(()), (), f"{a} if {b} else {c}")


@simple
def exchange_scalars(w, _):
    names = [n for n in w.of(()) if n not in w.frozen]
    if len(names) < 2:
        return False
    a, b = w.r.sample(names, 2)
    w.put(f"{a}, {b} = {b}, {w.scalar(1)}")


@simple
def assign_array(w, _):
    shape = any_shape(w)
    text = w.array(shape)
    set_(w, w.target(shape), shape, text)


@simple
def allocate(w, _):
    shape = any_shape(w)
    like = w.r.choice(w.of(shape))
    size = shape[0] if len(shape) == 1 and w.chance(0.5) else shape
    kind = f", {like}.dtype" if w.single else ""
    text = w.r.choice([f"np.zeros({size}{kind})", f"np.ones({size}{kind})", f"np.zeros_like({like})",
                       f"np.full_like({like}, {w.scalar(0)})"])  # fmt: skip
    set_(w, w.fresh("abc"[len(shape)]), shape, text)


@simple
def alias(w, _):
    shape = any_shape(w)
    text = w.r.choice(w.of(shape))
    set_(w, w.target(shape), shape, text)


@simple
def copy(w, _):
    shape = any_shape(w)
    name = w.r.choice(w.of(shape))
    text = w.r.choice(["{}.copy()", "np.copy({})", "np.array({})", "{} * 1.0", "{} + 0.0"]).format(name)
    set_(w, w.target(shape), shape, text)


@simple
def view(w, _):
    name = w.r.choice(w.arrays())
    text, shape = w.part(w.vars[name])
    if min(shape) < 2:
        return False
    set_(w, w.target(shape), shape, f"{name}[{text}]")


@simple
def transpose(w, _):
    if not w.arrays(2):
        return False
    name = w.r.choice(w.arrays(2))
    set_(w, w.target(w.vars[name][::-1]), w.vars[name][::-1], f"{name}.T")


@simple
def flatten(w, _):
    if not w.arrays(2):
        return False
    name = w.r.choice(w.arrays(2))
    p, q = w.vars[name]
    text = w.r.choice(
        [
            "{}.reshape(-1)",
            "{}.ravel()",
            "np.reshape({}, -1)",
            "{}.flatten()",
            "{}.reshape(" + str(p * q) + ")",
        ]
    )
    set_(w, w.fresh("b"), (p * q,), text.format(name))


@simple
def reshape(w, _):
    found = [n for n in w.arrays(1) if w.vars[n][0] % 2 == 0]
    if not found:
        return False
    name = w.r.choice(found)
    n = w.vars[name][0]
    set_(w, w.fresh("c"), (2, n // 2), f"{name}.reshape(2, {n // 2})")


@simple
def row(w, _):
    if not w.arrays(2):
        return False
    name = w.r.choice(w.arrays(2))
    p, q = w.vars[name]
    text, n = w.r.choice([(f"{name}[{w.index(p)}]", q), (f"{name}[:, {w.index(q)}]", p)])
    set_(w, w.target((n,)), (n,), text)


@simple
def store_element(w, _):
    name = w.r.choice(w.arrays())
    w.put(f"{w.element(name)} = {w.scalar(1)}")


@simple
def augment_element(w, _):
    name = w.r.choice(w.arrays())
    w.put(f"{w.element(name)} {w.r.choice(['+=', '*=', '-='])} {w.scalar(1)}")


@simple
def store_slice(w, _):
    name = w.r.choice(w.arrays())
    text, shape = w.part(w.vars[name])
    w.put(f"{name}[{text}] = {w.operand(shape, 1)}")


@simple
def augment_slice(w, _):
    name = w.r.choice(w.arrays())
    text, shape = w.part(w.vars[name])
    w.put(f"{name}[{text}] {w.r.choice(['+=', '-=', '*=', '*='])} {w.operand(shape, 1)}")


@simple
def augment_array(w, _):
    name = w.r.choice(w.arrays())
    w.put(f"{name} {w.r.choice(['+=', '-=', '*=', '*='])} {w.operand(w.vars[name], 1)}")


@simple
def store_all(w, _):
    name = w.r.choice(w.arrays())
    w.put(f"{name}[:] = {w.operand(w.vars[name], 1)}")


@simple
def overlap(w, _):
    name = w.r.choice(w.arrays())
    w.put(
        w.r.choice(
            [
                "{0}[1:] = {0}[:-1]",
                "{0}[:-1] = {0}[1:] * {1}",
                "{0}[1:] += {0}[:-1]",
                "{0}[...] = {0}[::-1]",
                "{0} += {0}[::-1]",
                "{0} *= {0}",
                "{0}[::-1] = {0} * {1}",
                "{0}[:-1] -= {1} * {0}[1:]",
                "{0}[1:] *= {0}[:-1]",
                "{0}[:] = {0}",
                "{0} -= {0}",
            ]
        ).format(name, w.number())  # fmt: skip
    )


@simple
def exchange_elements(w, _):
    name = w.r.choice(w.arrays())
    n = w.vars[name][0]
    i, j = w.index(n), w.index(n)
    tail = ".copy()" if len(w.vars[name]) > 1 else ""
    w.put(f"{name}[{i}], {name}[{j}] = {name}[{j}]{tail}, {name}[{i}]{tail}")


@simple
def masked_store(w, _):
    name = w.r.choice(w.arrays())
    limit = w.number()
    w.put(
        w.r.choice(
            [
                f"{name}[{name} > {limit}] = {w.scalar(1)}",
                f"{name}[{name} > {limit}] *= {w.scalar(0)}",
                f"{name}[{name} < {limit}] += {w.number()}",
            ]
        )  # fmt: skip
    )


@simple
def out_argument(w, _):
    name = w.r.choice(w.arrays())
    a, b = w.leaf(w.vars[name]), w.leaf(w.vars[name])
    w.put(
        w.r.choice(
            [
                f"np.multiply({a}, {b}, out={name})",
                f"np.add({a}, {name}, out={name})",
                f"np.sin({a}, out={name})",
            ]
        )
    )


@simple
def copy_to(w, _):
    name = w.r.choice(w.arrays())
    w.put(w.r.choice([f"np.copyto({name}, {w.array(w.vars[name], 1)})", f"{name}.fill({w.scalar(0)})"]))
