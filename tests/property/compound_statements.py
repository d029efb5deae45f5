"""Compound statements: loops, branches, guards, and recurrences through storage."""

from __future__ import annotations

from writer import RESULT, Shape, Writer, any_shape, compound, set_


def _loop_body(w: Writer, budget: int, exits: bool, before=None) -> dict[str, Shape]:
    w.loops += 1

    def start():
        if before:
            before()
        if exits and w.chance(0.6):
            w.put(f"if {w.condition()}:")
            w.put(f"    {w.r.choice(['break', 'continue', 'break'])}")

    inner = w.block(budget, start)
    w.loops -= 1
    return inner


@compound
def for_range(w, budget):
    i = w.fresh("i")
    count = w.r.choice(["2", "3", "n", "n", "1, 3", "2, -1, -1", "0, 4, 2", "n + 1", "0", "len(x)"])
    w.put(f"for {i} in range({count}):")
    w.ints.append(i)
    _loop_body(w, budget, w.chance(0.4))
    w.ints.remove(i)
    if w.chance(0.2):
        w.put("else:")
        w.block(0)


@compound
def for_reversed(w, budget):
    i = w.fresh("i")
    w.put(f"for {i} in reversed(range({w.r.choice(['3', 'n'])})):")
    w.ints.append(i)
    _loop_body(w, budget, False)
    w.ints.remove(i)


@compound
def for_items(w, budget):
    name = w.r.choice(w.arrays())
    t = w.fresh("t")
    w.put(f"for {t} in {name}{w.r.choice(['', '', '[::-1]', '[1:]'])}:")
    w.vars[t] = w.vars[name][1:]
    _loop_body(w, budget, w.chance(0.3))
    del w.vars[t]


@compound
def for_enumerate(w, budget):
    name = w.r.choice(w.arrays())
    i, t = w.fresh("i"), w.fresh("t")
    w.put(f"for {i}, {t} in enumerate({name}):")
    w.ints.append(i)
    w.vars[t] = w.vars[name][1:]
    _loop_body(w, budget, w.chance(0.3))
    w.ints.remove(i)
    del w.vars[t]


@compound
def for_zip(w, budget):
    a, b = w.r.choice(w.arrays()), w.r.choice(w.arrays())
    t, u = w.fresh("t"), w.fresh("t")
    w.put(f"for {t}, {u} in zip({a}, {b}{w.r.choice(['', '[1:]'])}):")
    w.vars[t], w.vars[u] = w.vars[a][1:], w.vars[b][1:]
    _loop_body(w, budget, False)
    del w.vars[t], w.vars[u]


@compound
def recurrence(w, budget):
    name = w.r.choice(w.arrays(1))
    i = w.fresh("i")
    n = w.vars[name][0]
    w.put(f"for {i} in range(1, {n}):")
    w.ints.append(i)
    w.put(f"    {name}[{i}] {w.r.choice(['=', '+=', '*='])} {name}[{i} - 1] * {w.scalar(1)} + {w.number()}")
    w.ints.remove(i)


@compound
def nested_writes(w, budget):
    if not w.arrays(2):
        return False
    name = w.r.choice(w.arrays(2))
    p, q = w.vars[name]
    i, j = w.fresh("i"), w.fresh("j")
    w.put(f"for {i} in range({p}):")
    w.put(f"    for {j} in range({w.r.choice([str(q), f'min({i} + 1, {q})'])}):")
    if w.chance(0.4):
        w.put(f"        if {j} == {w.r.choice([0, 1])}: {w.r.choice(['continue', 'break'])}")
    w.ints += [i, j]
    w.put(f"        {name}[{i}, {j}] {w.r.choice(['=', '+=', '*='])} {w.scalar(1)}")
    w.ints.remove(i)
    w.ints.remove(j)


@compound
def exchange_buffers(w, budget):
    shape = any_shape(w)
    a, b = w.fresh("b"), w.fresh("b")
    w.put(f"{a} = {w.r.choice(w.of(shape))}.copy()")
    w.put(f"{b} = {w.r.choice(['np.zeros_like(' + a + ')', a + ' * 0.5'])}")
    w.vars[a] = w.vars[b] = shape
    w.put(f"for _ in range({w.r.choice(['n', '3', '2'])}):")
    part = w.r.choice(["[:]", "[1:]", "[...]"])
    w.put(f"    {b}{part} = np.sin({a}{part if part != '[1:]' else '[:-1]'}) * {w.scalar(0)} + {w.number()}")
    if w.chance(0.3):
        w.put(f"    {a}[0] = {b}[-1] * 0.5")
    w.put(f"    {a}, {b} = {b}, {a}")


@compound
def last_value(w, budget):
    i, s = w.fresh("i"), w.fresh("s")
    w.put(f"for {i} in range({w.r.choice([2, 3])}):")
    w.ints.append(i)
    w.put(f"    {s} = {w.scalar(1)}")
    w.ints.remove(i)
    w.vars[s] = ()
    if w.chance(0.5):
        w.put(f"{s} = {s} * {i}")


@compound
def while_count(w, budget):
    k = w.fresh("k")
    w.put(f"{k} = 0")
    w.put(f"while {k} < {w.r.choice(['3', 'n', '2'])}:")
    w.ints.append(k)
    _loop_body(w, budget, w.chance(0.3), lambda: w.put(f"{k} += 1"))
    w.ints.remove(k)
    if w.chance(0.25):
        w.put("else:")
        w.block(0)


@compound
def while_value(w, budget):
    s, k = w.fresh("s"), w.fresh("k")
    w.put(f"{s} = abs({w.scalar(1)}) + 0.3")
    w.put(f"{k} = 0")
    w.vars[s] = ()
    w.frozen.add(s)
    w.put(f"while {s} < {w.r.choice(['2.0', '1.0', '4.0'])} and {k} < 5:")
    w.ints.append(k)
    w.put(f"    {k} += 1")
    w.put(f"    {s} = {s} * 1.4 + 0.1 * np.tanh({w.scalar(0)}) ** 2")
    _loop_body(w, budget, w.chance(0.3))
    w.ints.remove(k)
    w.frozen.discard(s)


@compound
def while_true(w, budget):
    k = w.fresh("k")
    w.put(f"{k} = 0")
    w.put("while True:")

    def start():
        w.put(f"{k} += 1")
        w.put(f"if {k} > {w.r.choice([2, 3])} or {w.condition()}:")
        w.put("    break")

    w.ints.append(k)
    _loop_body(w, budget, False, start)
    w.ints.remove(k)


@compound
def branch(w, budget):
    w.put(f"if {w.condition()}:")
    first = w.block(budget)
    scopes = [first]
    if w.chance(0.3):
        w.put(f"elif {w.condition()}:")
        scopes.append(w.block(budget))
    w.put("else:")
    scopes.append(w.block(budget))
    for name in first:
        if all(scope.get(name) == first[name] for scope in scopes):
            w.vars[name] = first[name]


@compound
def branch_alone(w, budget):
    w.put(f"if {w.condition()}:")
    w.block(budget)


@compound
def branch_defining(w, budget):
    shape = w.r.choice([(), any_shape(w)])
    name = w.fresh("s" if not shape else "abc"[len(shape)])
    make = (lambda: w.scalar(1)) if not shape else (lambda: w.array(shape, 1))
    flag = w.fresh("h")
    w.put(f"{flag} = {w.condition()}")
    w.put(f"if {flag}:")
    w.put(f"    {name} = {make()}")
    target = w.target(shape)
    value = make()
    w.put(f"if {flag}:")
    w.put(f"    {target} = {name} * 0.8")
    w.put("else:")
    w.put(f"    {target} = {value}")
    w.vars[target] = shape


@compound
def branch_aliasing(w, budget):
    shape = any_shape(w)
    a, b = w.r.choice(w.of(shape)), w.r.choice(w.of(shape))
    name = w.fresh("abc"[len(shape)])
    w.put(f"if {w.condition()}:")
    w.put(f"    {name} = {a}")
    w.put("else:")
    w.put(f"    {name} = {b}{w.r.choice(['', '.copy()', ' * 2.0'])}")
    w.vars[name] = shape
    w.put(f"{name}[{w.index(shape[0])}] = {w.scalar(1)}")


@compound
def return_early(w, budget):
    w.put(f"if {w.condition()}:")
    w.put(f"    return {RESULT}")


@compound
def guarded(w, budget):
    w.put("try:")
    w.put(f"    if {w.condition()}:")
    w.put("        raise ValueError('no')")
    name = w.r.choice(w.of(()))
    if name in w.frozen:
        name = w.fresh("s")
    w.put(f"    {name} = {w.scalar(1)}")
    w.put("except ValueError:")
    w.put(f"    {name} = {w.scalar(1)}")
    if w.chance(0.3):
        w.put("finally:")
        w.put(f"    {w.fresh('s')} = {name} * 2.0")
    w.vars[name] = ()


@compound
def with_errstate(w, budget):
    w.put("with np.errstate(all='ignore'):")
    w.vars = w.block(budget)


@compound
def growing_slot(w, budget):
    a, t, i = w.r.choice(w.arrays(1)), w.fresh("u"), w.fresh("i")
    w.put(f"{t} = {w.scalar(0)}")
    w.put(f"for {i} in range({w.r.choice(['n', '2', '3'])}):")
    w.put(f"    {t} = {w.r.choice([f'{t} * {a} * 0.5', f'{a} - {t}', f'np.sin({t} + {a})'])}")
    set_(w, w.target(()), (), f"np.sum({t})")


@compound
def lengthening_slot(w, budget):
    a, t, i = w.r.choice(w.arrays(1)), w.fresh("u"), w.fresh("i")
    w.put(f"{t} = {a}")
    w.put(f"for {i} in range({w.r.choice(['n', '2'])}):")
    w.put(
        f"    {t} = {w.r.choice([f'np.concatenate([{t}, {t} * {w.scalar(0)}])[1:]', f'np.append({t}, {w.scalar(0)})', f'{t}[1:] * {t}[:-1] if {t}.size > 1 else {t}'])}"
    )
    set_(w, w.target(()), (), f"np.sum({t} * {t})")


@compound
def for_pairs(w, budget):
    a, b = w.r.choice(w.arrays()), w.r.choice(w.arrays())
    i, t, u = w.fresh("i"), w.fresh("t"), w.fresh("t")
    w.put(f"for {i}, ({t}, {u}) in enumerate(zip({a}, {b})):")
    w.ints.append(i)
    w.vars[t], w.vars[u] = w.vars[a][1:], w.vars[b][1:]
    _loop_body(w, budget, w.chance(0.3))
    w.ints.remove(i)
    del w.vars[t], w.vars[u]


@compound
def for_parts(w, budget):
    shape = any_shape(w)
    t = w.fresh("t")
    parts = [w.leaf(shape) for _ in range(2)]
    w.put(
        w.r.choice(
            [
                f"for {t} in ({parts[0]}, {parts[1]}):",
                f"for {t} in [{parts[0]}, {parts[1]} * 2]:",
                f"for _, {t} in {{'a': {parts[0]} * 1.0, 'b': {parts[1]}}}.items():",
            ]
        )
    )
    w.vars[t] = shape
    w.frozen.add(t)
    w.depth += 1
    set_(w, w.target(()), (), f"np.sum({t} * {w.scalar(0)})")
    w.depth -= 1
    del w.vars[t]
    w.frozen.discard(t)


@compound
def guarded_store(w, budget):
    name = w.r.choice(w.arrays(1))
    w.put("try:")
    w.put(f"    {w.element(name)} = {w.scalar(1)}")
    w.put(f"    if {w.condition()}:")
    w.put("        raise ValueError('no')")
    w.put(f"    {w.element(name)} *= {w.scalar(0)}")
    w.put("except ValueError:")
    w.put(f"    {w.element(name)} += {w.scalar(0)}")


@compound
def while_views(w, budget):
    name, t = w.r.choice(w.arrays(1)), w.fresh("u")
    w.put(f"{t} = {name}{w.r.choice(['', ' * 1', '[::-1]'])}")
    w.put(f"while {t}.size > {w.r.choice([1, 2])}:")
    w.put(f"    {t}[0] *= {w.scalar(0)}")
    w.put(f"    {t} = {t}{w.r.choice(['[1:]', '[:-1]', '[::2]'])}")
    if w.chance(0.5):
        w.put(f"{t}[0] = {w.scalar(0)}")
