"""Simple statements: library calls, calls of helpers and closures, containers."""

from __future__ import annotations

from writer import COLUMNS, any_shape, set_, simple


@simple
def reduce_axis(w, _):
    if not w.arrays(2):
        return False
    name = w.r.choice(w.arrays(2))
    p, q = w.vars[name]
    axis = w.r.choice([0, 1, -1])
    shape = (q,) if axis == 0 else (p,)
    call = w.r.choice(["np.sum", "np.mean", "np.max", "np.prod", "np.var", "np.min"])
    set_(w, w.target(shape), shape, f"{call}({w.array((p, q), 1)}, axis={axis})")


@simple
def keep_axis(w, _):
    if not w.arrays(2):
        return False
    name = w.r.choice(w.arrays(2))
    shape = w.vars[name]
    set_(w, w.target(shape), shape, f"{name} - {name}.mean(axis={w.r.choice([0, 1])}, keepdims=True)")


@simple
def product(w, _):
    if not w.arrays(2):
        return False
    a = w.r.choice(w.arrays(2))
    shape = (w.vars[a][0],) * 2
    set_(
        w,
        w.target(shape),
        shape,
        w.r.choice([f"{a} @ {a}.T", f"np.dot({a}, {a}.T)", f"np.einsum('ij,kj->ik', {a}, {a})"]) + " * 0.3",
    )


@simple
def concatenate(w, _):
    a, b = w.r.choice(w.arrays(1)), w.r.choice(w.arrays(1))
    shape = (w.vars[a][0] + w.vars[b][0],)
    if shape[0] > 12:
        return False
    set_(w, w.fresh("b"), shape, w.r.choice([f"np.concatenate([{a}, {b}])", f"np.hstack(({a}, {b}))"]))


@simple
def stack(w, _):
    a = w.r.choice(w.arrays(1))
    b = w.r.choice(w.of(w.vars[a]))
    shape = (2, *w.vars[a])
    set_(
        w,
        w.target(shape),
        shape,
        w.r.choice([f"np.stack([{a}, {b}])", f"np.array([{a}, {b}])", f"np.vstack([{a}, {b}])"]),
    )


@simple
def array_of_scalars(w, _):
    parts = [w.scalar(1) for _ in range(w.r.choice([2, 3, 4]))]
    kind = ", dtype=x.dtype" if w.single else ""
    set_(w, w.target((len(parts),)), (len(parts),), f"np.array([{', '.join(parts)}]{kind})")


@simple
def where_guard(w, _):
    shape = any_shape(w)
    name = w.r.choice(w.of(shape))
    set_(
        w,
        w.target(shape),
        shape,
        f"np.where({name} > 0.1, np.log(np.where({name} > 0.1, {name}, 1.0)), {w.operand(shape, 0)})",
    )


@simple
def gather(w, _):
    name = w.r.choice(w.arrays(1))
    n = w.vars[name][0]
    index = [w.r.randrange(-n, n) for _ in range(3)]
    set_(
        w,
        w.target((3,)),
        (3,),
        w.r.choice([f"{name}[{index}]", f"{name}[np.array({index})]", f"np.take({name}, {index})"]),
    )


@simple
def masked_sum(w, _):
    name = w.r.choice(w.arrays())
    set_(w, w.target(()), (), f"np.sum({name}[{name} > {w.number()}])")


@simple
def walrus(w, _):
    name = w.fresh("s")
    text = w.scalar(1)
    set_(w, w.target(()), (), f"({name} := {text}) * {name}")
    w.vars[name] = ()


@simple
def star_unpack(w, _):
    name = w.r.choice(w.arrays(1))
    a, b = w.fresh("s"), w.fresh("s")
    w.put(f"{a}, *_, {b} = {name}")
    w.vars[a] = w.vars[b] = ()


@simple
def call_inlined(w, _):
    shape = w.r.choice([(), any_shape(w)])
    a, b = (w.scalar(1), w.scalar(0)) if not shape else (w.array(shape, 1), w.operand(shape, 0))
    text = w.r.choice([f"blend({a}, {b})", f"blend({a}, {b}, 0.8)", f"blend({a}, v={b}, shift={w.scalar(0)})", f"weigh({a}, {b})",
                       f"weigh({a}, more={b})", f"rising({a}, 2)", f"even({a}, n)"])  # fmt: skip
    set_(w, w.target(shape), shape, text)


@simple
def call_pair(w, _):
    shape = w.r.choice([(), any_shape(w)])
    a, b = (w.scalar(1), w.scalar(0)) if not shape else (w.leaf(shape), w.array(shape, 1))
    names = w.fresh("s" if not shape else "abc"[len(shape)]), w.target(shape)
    w.put(f"{names[0]}, {names[1]} = pair({a}, {b})")
    for name in names:
        w.vars[name] = shape


@simple
def call_alias(w, _):
    shape = any_shape(w)
    a, b = w.r.choice(w.of(shape)), w.r.choice(w.of(shape))
    set_(
        w,
        w.target(shape),
        shape,
        w.r.choice([f"keep({a}, {b})", f"pick({a}, {b}, {w.condition()})", f"pick({a}, {b}, n > 1)"]),
    )


@simple
def call_storing(w, _):
    name = w.r.choice(w.arrays(1))
    k = w.scalar(0)
    w.put(w.r.choice([f"scale_in_place({name}, {k})", f"shift_in_place({name}, {k})"]))
    if w.chance(0.4):
        set_(w, w.target(w.vars[name]), w.vars[name], f"shift_in_place({name}, {k})")


@simple
def call_returning_early(w, _):
    set_(w, w.target(()), (), f"until({w.scalar(1)}, {w.number()})")


@simple
def closure(w, _):
    name = w.fresh("g")
    captured = w.scalar(0)
    w.put(f"def {name}(t, k={w.scalar(0)}):")
    w.put(f"    return t * k + {captured}")
    shape = w.r.choice([(), any_shape(w)])
    argument = w.scalar(1) if not shape else w.leaf(shape)
    set_(
        w,
        w.target(shape),
        shape,
        f"{name}({argument})" + (f" * {name}({w.scalar(0)}, {w.number()})" if w.chance(0.5) else ""),
    )


@simple
def anonymous(w, _):
    name = w.fresh("g")
    w.put(f"{name} = lambda t: t * {w.scalar(0)} - {w.number()}")
    shape = w.r.choice([(), any_shape(w)])
    argument = w.scalar(1) if not shape else w.leaf(shape)
    set_(w, w.target(shape), shape, f"{name}({argument})")


@simple
def comprehension(w, _):
    name = w.r.choice(w.arrays(1))
    text = w.r.choice(
        [f"sum([t * {w.scalar(0)} for t in {name}])", f"sum(t * t for t in {name} if t > {w.number()})",
         f"np.sum(np.array([t * k for k, t in enumerate({name})]))", f"sum([p * q for p, q in zip({name}, {name}[1:])])"]
    )  # fmt: skip
    set_(w, w.target(()), (), text)


@simple
def through_containers(w, _):
    shape = w.r.choice([(), any_shape(w)])
    a, b = (w.scalar(1), w.scalar(0)) if not shape else (w.leaf(shape), w.array(shape, 1))
    name = w.fresh("d")
    kind = w.r.randrange(4)
    if kind == 0:
        w.put(f"{name} = {{'p': {a}, 'q': {b}}}")
        text = f"{name}['p'] * {name}['q']"
    elif kind == 1:
        w.put(f"{name} = [{a}, {b}]")
        text = f"{name}[0] - {name}[-1]"
    elif kind == 2:
        w.put(f"{name} = ({a}, ({b}, 2.0))")
        text = f"{name}[0] * {name}[1][1] + {name}[1][0]"
    else:
        w.put(f"{name} = []")
        w.put(f"{name}.append({a})")
        w.put(f"{name}.append({b})")
        text = f"{name}[1] + 0.5 * {name}[0]"
    set_(w, w.target(shape), shape, text)


@simple
def read_parameters(w, _):
    shape = any_shape(w)
    if not w.of((COLUMNS,)):
        return False
    set_(
        w,
        w.target((COLUMNS,)),
        (COLUMNS,),
        w.r.choice(["p['w'] * p['k']", "p['w']", "q[0] * q[1]", "p['w'] + q[1]"]),
    )


@simple
def assertion(w, _):
    name = w.r.choice(w.arrays())
    w.put(f"assert {name}.ndim == {len(w.vars[name])} and len({name}) == {w.vars[name][0]}")
