"""Statements on storage that travels: arrays in containers, nested lists, objects that change."""

from __future__ import annotations

from writer import any_shape, set_, simple


def _own(w, shape):
    """An array of a shape that is nobody else's."""
    return f"{w.leaf(shape)} * {w.number()}"


@simple
def arrays_in_a_list(w, _):
    shape, rows, row = any_shape(w), w.fresh("rows"), w.fresh("row")
    w.put(f"{rows} = [{_own(w, shape)}, {w.r.choice(w.of(shape))}.copy(), {_own(w, shape)}]")
    kind = w.r.randrange(5)
    if kind == 0:
        w.put(f"for {row} in {rows}:")
        w.put(f"    {row} *= {w.scalar(0)}")
        w.put(f"    {row}[0] = {row}[-1] * {w.scalar(0)}")
    elif kind == 1:
        w.put(f"{rows}[{w.index(3)}] += {w.scalar(0)}")
        w.put(f"{rows}[{w.index(3)}][{w.index(shape[0])}] *= {w.scalar(0)}")
    elif kind == 2:
        w.put(f"{rows}[0], {rows}[2] = {rows}[2], {rows}[0]")
        w.put(f"{rows}[0][0] = {w.scalar(0)}")
    elif kind == 3:
        w.put(f"{row} = {rows}.pop({w.r.choice(['', '0', '-1', '1'])})")
        w.put(f"{row} -= {rows}[0] * {w.scalar(0)}")
        w.put(f"{rows}.append({row})")
        w.put(f"{row} *= {w.number()}")
    else:
        w.put(f"{rows}.append({rows}[0])")
        w.put(f"{rows}[-1][-1] += {w.scalar(0)}")
    text = w.r.choice([f"{rows}[0] * {rows}[-1]", f"np.sum(np.stack({rows}), axis=0)", f"sum({rows})"])
    set_(w, w.fresh("abc"[len(shape)]), shape, text)


@simple
def appended_then_changed(w, _):
    shape, rows, h, i = any_shape(w), w.fresh("rows"), w.fresh("h"), w.fresh("i")
    w.put(f"{rows} = []")
    w.put(f"{h} = {_own(w, shape)}")
    w.put(f"for {i} in range({w.r.choice(['2', '3', 'n + 1'])}):")
    if w.chance(0.5):
        w.put(f"    {h} = {h} * {w.scalar(0)} + {w.number()}")
    w.put(f"    {rows}.append({h})")
    w.put(f"    {h}[{w.index(shape[0])}] += {w.scalar(0)}")
    if w.chance(0.5):
        w.put(f"    {h} *= {w.scalar(0)}")
    set_(w, w.fresh("abc"[len(shape)]), shape, f"{rows}[0] * {rows}[-1] + {h}")


@simple
def arrays_in_a_dict(w, _):
    shape, d, k = any_shape(w), w.fresh("d"), w.fresh("k")
    keys = w.r.choice(["('a', 'b')", "sorted(['b', 'a'])", "('a', 'b', 'a')"])
    w.put(f"{d} = {{}}")
    w.put(f"for {k} in {keys}:")
    w.put(f"    {d}[{k}] = {_own(w, shape)}")
    w.put(f"for {k} in {d}:")
    w.put(f"    {d}[{k}] {w.r.choice(['*=', '+=', '-='])} {w.scalar(0)}")
    w.put(f"    {d}[{k}][{w.index(shape[0])}] = {w.scalar(0)}")
    set_(w, w.fresh("abc"[len(shape)]), shape, f"{d}['a'] * {d}['b']")


@simple
def list_of_lists(w, _):
    g, i, j = w.fresh("g"), w.fresh("i"), w.fresh("j")
    make = w.r.choice(["[[0.0] * 3 for _ in range(2)]", "[[1.0, 2.0, 0.5], [0.0, 0.0, 1.0]]", "[[], []]"])
    w.put(f"{g} = {make}")
    w.put(f"for {i} in range(2):")
    w.put(f"    for {j} in range(3):")
    if make == "[[], []]":
        w.put(f"        {g}[{i}].append({w.scalar(0)} * ({j} + 1))")
    else:
        w.put(f"        {g}[{i}][{j}] {w.r.choice(['=', '+=', '*='])} {w.scalar(0)}")
    if w.chance(0.5):
        w.put(f"{g}[0], {g}[1] = {g}[1], {g}[0]")
        w.put(f"{g}[0][1] *= {w.scalar(0)}")
    set_(w, w.target(()), (), f"{g}[0][1] * {g}[1][2] + sum(sum(t) for t in {g})")


@simple
def list_changed_at_places(w, _):
    q = w.fresh("q")
    w.put(f"{q} = [{w.scalar(0)}, {w.scalar(0)}, {w.scalar(0)}, {w.scalar(0)}]")
    for _ in range(w.r.randint(1, 3)):
        i = w.index(3)
        w.put(
            w.r.choice(
                [
                    f"{q}.insert({i}, {w.scalar(0)})",
                    f"{q}[{i}] = {q}[0] * {w.scalar(0)}",
                    f"{q}[1:3] = [{w.scalar(0)}, {q}[0]]",
                    f"{q}[:1] = [{w.scalar(0)}, {w.scalar(0)}]",
                    f"{q}.append({q}.pop({w.r.choice(['', '0', '1', '-2'])}) * {w.scalar(0)})",
                    f"{q} += [{w.scalar(0)}]",
                    f"{q}.reverse()",
                    f"{q} = {q}[1:] + [{w.scalar(0)}] + {q}[:1]",
                    f"{q}.extend(t * {w.scalar(0)} for t in {q}[:2])",
                ]
            )
        )
    set_(w, w.target(()), (), f"{q}[0] * {q}[-1] + sum({q})")


@simple
def list_rebound_in_a_loop(w, _):
    q, i = w.fresh("q"), w.fresh("i")
    w.put(f"{q} = [{w.scalar(0)}, {w.scalar(0)}]")
    w.put(f"for {i} in range({w.r.choice(['2', '3', 'n'])}):")
    w.put(f"    {q} = [t * {w.scalar(0)} + {w.number()} for t in {q}]")
    if w.chance(0.7):
        w.put(f"    {q}[{w.index(2)}] = {q}[0] * {q}[1]")
    set_(w, w.target(()), (), f"{q}[0] * {q}[1]")


@simple
def an_object(w, _):
    shape, p, i = w.r.choice([(), any_shape(w)]), w.fresh("p"), w.fresh("i")
    first = w.scalar(0) if not shape else _own(w, shape)
    w.put(f"{p} = Mover({first}, {w.scalar(0)})")
    if w.chance(0.4):
        other = w.fresh("p")
        w.put(f"{other} = {p}")
        w.put(f"{other}.speed = {w.scalar(0)}")
    w.put(f"for {i} in range({w.r.choice(['2', '3', 'n'])}):")
    w.put(f"    {p}.step({w.scalar(0)})")
    if w.chance(0.5):
        w.put(f"    if {w.condition()}:")
        w.put(f"        {p}.place = {p}.place * {w.number()}")
    if shape and w.chance(0.5):
        w.put(f"{p}.place[{w.index(shape[0])}] = {w.scalar(0)}")
    set_(w, w.fresh("abc"[len(shape)] if shape else "s"), shape, f"{p}.place * {p}.speed + {p}.far()")


@simple
def objects_in_a_list(w, _):
    ps, t = w.fresh("ps"), w.fresh("t")
    w.put(f"{ps} = [Mover({w.scalar(0)}, {w.scalar(0)}), Mover({w.scalar(0)}, {w.scalar(0)})]")
    w.put(f"for {t} in {ps}:")
    w.put(f"    {t}.step({w.scalar(0)})")
    if w.chance(0.5):
        w.put(f"{ps}[0].place, {ps}[1].place = {ps}[1].place, {ps}[0].speed")
    set_(w, w.target(()), (), f"{ps}[0].far() * {ps}[1].far()")


@simple
def a_state_dict(w, _):
    shape, d, i = any_shape(w), w.fresh("state"), w.fresh("i")
    w.put(f"{d} = {{'u': {_own(w, shape)}, 'k': {w.scalar(0)}}}")
    w.put(f"for {i} in range({w.r.choice(['2', '3', 'n'])}):")
    w.put(f"    {d}['u'] = {d}['u'] * {d}['k'] + {w.number()}")
    w.put(f"    {d}['k'] += {w.scalar(0)}")
    if w.chance(0.5):
        w.put(f"    {d}['u'][{w.index(shape[0])}] *= {d}['k']")
    set_(w, w.fresh("abc"[len(shape)]), shape, f"{d}['u'] * {d}['k']")


@simple
def none_at_first(w, _):
    shape, v, u = any_shape(w), w.fresh("v"), w.fresh("u")
    w.put(f"{u} = {_own(w, shape)}")
    w.put(f"{v} = None")
    w.put(f"if {w.condition()}:")
    w.put(f"    {v} = {u}[1:]" if w.chance(0.5) else f"    {v} = {u}")
    w.put(f"if {v} is not None:")
    w.put(f"    {v} *= {w.scalar(0)}")
    w.vars[u] = shape
