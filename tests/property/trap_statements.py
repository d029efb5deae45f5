"""Simple statements that set traps: captured stores, inner derivatives, scattered writes, dtypes, chosen indices."""

from __future__ import annotations

from writer import any_shape, set_, simple


@simple
def captured_store(w, _):
    name, g = w.r.choice(w.arrays(1)), w.fresh("g")
    n = w.vars[name][0]
    w.put(f"def {g}(k, v=0.5):")
    w.put(f"    {name}[k % {n}] {w.r.choice(['+=', '*=', '='])} v * {w.scalar(0)}")
    w.put(f"{g}({w.index(n)})")
    if w.chance(0.5):
        w.put(f"{g}({w.index(n)}, {w.scalar(1)})")


@simple
def inner_gradient(w, _):
    a, b = w.scalar(0), w.scalar(0)
    text = w.r.choice(
        [f"adtrans.grad(cubic)({a}, {b})", f"adtrans.grad(lambda t: t * t * {a})({b})",
         f"adtrans.value_and_grad(cubic)({a}, {w.number()})[1]", f"adtrans.jvp(cubic)({a}, 0.5, {b})[1]"]
    )  # fmt: skip
    set_(w, w.target(()), (), text)


@simple
def integer_array(w, _):
    name, k = w.r.choice(w.arrays(1)), w.fresh("k")
    n = w.vars[name][0]
    w.put(f"{k} = np.array([{w.r.randrange(n)}, {w.r.randrange(n)}, {w.r.randrange(n)}])")
    w.put(f"{k}[{w.r.randrange(3)}] = {w.r.randrange(n)}")
    set_(
        w,
        w.target((3,)),
        (3,),
        w.r.choice([f"{name}[{k}] * {k}", f"{name}[{k}] + {k} ** 2", f"np.take({name}, {k})"]),
    )


@simple
def scattered_store(w, _):
    name = w.r.choice(w.arrays(1))
    n = w.vars[name][0]
    i, j = w.r.randrange(n), w.r.randrange(-n, n)
    w.put(w.r.choice([f"{name}[[{i}, {j}]] = {w.scalar(1)}", f"np.add.at({name}, [{i}, {j}, {i}], {w.scalar(0)})",
                      f"{name}[[{i}, {j}]] += {w.scalar(0)}", f"{name}[[{i}, {j}]] = {name}[[{j}, {i}]] * 0.5"]))  # fmt: skip


@simple
def mask_variable(w, _):
    name, k = w.r.choice(w.arrays()), w.fresh("h")
    w.put(f"{k} = {name} > {w.number()}")
    if w.chance(0.5):
        w.put(f"{k}[0] = {w.r.choice(['True', 'False', '~' + k + '[1]'])}")
    w.put(w.r.choice([f"{name}[{k}] = {w.scalar(0)}", f"{name}[~{k}] *= {w.scalar(0)}", f"{name}[{k}] = {name}[{k}] ** 2",
                      f"{name}[{k}] += {name}[{k}] * {w.scalar(0)}"]))  # fmt: skip


@simple
def complex_numbers(w, _):
    if w.single:
        return False
    shape = any_shape(w)
    z = w.fresh("z")
    w.put(f"{z} = {w.leaf(shape)} + 1j * {w.leaf(shape)}")
    if w.chance(0.6):
        w.put(
            w.r.choice(
                [
                    f"{z}[0] *= 1j",
                    f"{z}[-1] = {w.scalar(0)}",
                    f"{z} *= {w.scalar(0)} - 0.5j",
                    f"{z}[1:] += {z}[:-1]",
                ]
            )
        )
    set_(
        w,
        w.target(shape),
        shape,
        w.r.choice(
            [f"np.real({z} * {z}.conj())", f"({z} * {z}).imag", f"np.abs({z} + 2.0)", f"{z}.real - {z}.imag"]
        ),
    )


@simple
def zero_dimensional(w, _):
    e = w.fresh("e")
    w.put(f"{e} = np.array({w.scalar(0)})")
    w.put(
        w.r.choice(
            [
                f"{e} += {w.scalar(0)}",
                f"{e}[...] = {e} * {w.scalar(0)}",
                f"{e} *= {e}",
                f"{e}[()] = {w.scalar(0)}",
            ]
        )
    )
    set_(w, w.target(()), (), w.r.choice([f"float({e})", f"{e} * 2.0 + 0.0", f"{e}[()]"]))


@simple
def one_item_broadcast(w, _):
    a, b = w.r.choice(w.arrays()), w.r.choice(w.arrays(1))
    w.put(
        w.r.choice(
            [
                f"{a} += {b}[:1]",
                f"{a} *= np.sum({b}, keepdims=True)[:1]",
                f"{a}[:] = {b}[-1:]",
                f"{a}[1:] *= {b}[1:2]",
            ]
        )
    )


@simple
def list_of_arrays(w, _):
    shape = any_shape(w)
    name = w.fresh("d")
    w.put(f"{name} = [{w.leaf(shape)}, {w.array(shape, 1)}, {w.r.choice(w.of(shape))} * 1]")
    index = w.r.choice(["0", "-1", "n % 3"])
    if w.chance(0.5):
        set_(w, w.target(shape), shape, f"{name}[{index}] * {w.r.choice([name + '[1]', w.number()])}")
    else:
        set_(
            w, w.target(()), (), w.r.choice([f"norms({name})", f"norms({name}[1:])", f"np.sum(sum({name}))"])
        )


@simple
def named_tuple(w, _):
    shape = w.r.choice([(), any_shape(w)])
    a, b = (w.scalar(1), w.scalar(0)) if not shape else (w.leaf(shape), w.array(shape, 1))
    name = w.fresh("d")
    w.put(f"{name} = {w.r.choice(['Pair', 'swapped'])}({a}, {b})")
    if w.chance(0.3):
        w.put(f"{name} = {name}._replace(first={a} * 2.0)")
    set_(
        w,
        w.target(shape),
        shape,
        w.r.choice([f"{name}.first * {name}.second", f"{name}[0] - {name}.second", f"Pair(*{name}).first"]),
    )


@simple
def chained_assignment(w, _):
    shape = any_shape(w)
    a, b = w.target(shape), w.fresh("abc"[len(shape)])
    w.put(f"{a} = {b} = {w.array(shape, 1)}")
    w.vars[a] = w.vars[b] = shape
    if w.chance(0.5):
        w.put(f"{a}[0] = {b}[-1] = {w.scalar(0)}")


@simple
def exchange_contents(w, _):
    shape = any_shape(w)
    a, b = w.r.choice(w.of(shape)), w.r.choice(w.of(shape))
    w.put(
        w.r.choice(
            [f"{a}[:], {b}[:] = {b} * 1, {a} * 0.5", f"{a}[:], {b}[:] = {b}, {a}", f"{a}, {b} = {b}, {a}"]
        )
    )


@simple
def chosen_index(w, _):
    name, k = w.r.choice(w.arrays(1)), w.fresh("k")
    w.put(
        f"{k} = {w.r.choice(['int(np.argmax(' + name + '))', 'np.argmin(' + name + ')', 'int(abs(s) * 3) % ' + str(w.vars[name][0])])}"
    )
    w.put(
        w.r.choice(
            [
                f"{name}[{k}] = {w.scalar(1)}",
                f"{name}[{k}] *= {w.scalar(0)}",
                f"{name}[0] = {name}[{k}] * 0.5",
            ]
        )
    )


@simple
def call_settling(w, _):
    name = w.r.choice(w.arrays(1))
    shape = w.vars[name]
    if w.chance(0.5):
        w.put(f"sweep({name}, {w.r.choice(['1', 'len(' + name + ') - 1'])})")
    else:
        set_(w, w.target(shape), shape, f"settle({name}, {w.number()})")


@simple
def remainders(w, _):
    a = w.scalar(0)
    set_(
        w,
        w.target(()),
        (),
        w.r.choice(
            [
                f"{a} % 0.7",
                f"{a} // 0.37 + {a}",
                f"math.floor({a} * 3.3) * {w.scalar(0)}",
                f"{a} ** 2.0",
                f"(1.0 + {a} ** 2) ** {w.scalar(0)}",
                f"np.hypot({a}, 1.0)",
                f"math.atan2({a}, 1.2)",
                f"min({a}, {w.scalar(0)})",
            ]
        ),
    )


@simple
def power_in_place(w, _):
    name = w.r.choice(w.arrays())
    w.put(
        w.r.choice(
            [
                f"{name} **= 2",
                f"{name} /= 1.5 + np.abs({w.leaf(w.vars[name])})",
                f"{name}.sort()" if len(w.vars[name]) == 1 else f"{name} /= 2.0",
                f"{name}[0] **= 2",
            ]
        )
    )


@simple
def solve(w, _):
    name = w.r.choice(w.arrays(1))
    n = w.vars[name][0]
    set_(
        w,
        w.target((n,)),
        (n,),
        f"np.linalg.solve(3.0 * np.eye({n}{', dtype=x.dtype' if w.single else ''}) + np.tanh(np.outer({name}, {name})), {name})",
    )


@simple
def listed_items(w, _):
    name, items, rest = w.r.choice(w.arrays(1)), w.fresh("l"), w.fresh("s")
    kind = w.r.randrange(3)
    if kind == 0:
        w.put(f"{items} = {w.r.choice(['list', 'tuple'])}({name})")
        text = f"{items}[0] * {items}[-1] + {w.scalar(0)}"
    elif kind == 1:
        w.put(f"{rest}, *{items} = {name}")
        w.vars[rest] = ()
        text = f"{rest} * {items}[0] + sum({items})"
    else:
        w.put(f"{items} = [t * {w.scalar(0)} for t in {name}]")
        w.put(f"{items}[0] = {w.scalar(0)}")
        text = f"{items}[0] * {items}[1] - max({items})"
    set_(w, w.target(()), (), text)


@simple
def list_that_grows(w, _):
    items, i = w.fresh("l"), w.fresh("i")
    shape = w.r.choice([(), any_shape(w)])
    first = w.scalar(0) if not shape else w.leaf(shape)
    w.put(f"{items} = [{first} * 1.0]")
    w.put(f"for {i} in range({w.r.choice(['n', '2', '3'])}):")
    w.put(f"    {items}.append({items}[-1] * {w.scalar(0)} + {w.number()})")
    if w.chance(0.3):
        w.put(f"    {items}[0] = {items}[-1] * 0.5")
    set_(w, w.target(shape), shape, f"{items}[-1] * {items}[0]")


@simple
def dict_that_changes(w, _):
    items, key = w.fresh("d"), w.fresh("k")
    w.put(f"{items} = {{'a': {w.scalar(0)}, 'b': {w.scalar(1)}}}")
    w.put(f"for {key} in ('a', 'b'{w.r.choice(['', ', ' + repr('a')])}):")
    w.put(f"    {items}[{key}] = {items}[{key}] * {w.scalar(0)}")
    if w.chance(0.5):
        w.put(f"{items}['c'] = {items}['a'] + {items}['b']")
    set_(w, w.target(()), (), f"{items}['a'] * {items}['b'] + sum({items}.values())")
