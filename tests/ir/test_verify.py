"""Programs that break a rule are found out."""

import operator

import pytest

from adtrans.errors import VerifyError
from adtrans.ir import prims
from adtrans.ir.program import Block, Const, Function, Op, Value, undefined
from adtrans.ir.verify import verify

x, y, z, flag = Value(name="x"), Value(name="y"), Value(name="z"), Value(name="flag")


def add(result, *operands):
    return Op("apply", list(operands), [result], attrs={"fn": operator.add})


def branch(results, then, orelse):
    return Op("if", [flag], results, [then, orelse])


GOOD = {
    "a sum": Block([x], [add(y, x, Const(1))], [y]),
    "a branch": Block([x, flag], [branch([z], Block([], [add(y, x, x)], [y]), Block([], [], [x]))], [z]),
    "the same value yielded twice": Block([x], [], [x, x]),
    "a raise": Block([x, flag], [branch([], Block([], [Op("raise", [x], [])], []), Block())], [x]),
    "a loop that exits": Block(
        [x],
        [Op("for", [x, Const(0)], [y], [Block([z, flag], [], [Const(True), flag])], {"exits": True})],
        [y],
    ),
}

BAD = {
    "not defined": Block([x], [], [y]),
    "defined twice": Block([x], [add(y, x, x), add(y, x, x)], [y]),
    "defined later": Block([x], [add(z, y, x), add(y, x, x)], [z]),
    "out of sight": Block([x, flag], [branch([], Block([], [add(y, x, x)], []), Block())], [y]),
    "read in the sibling": Block(
        [x, flag], [branch([z], Block([], [add(y, x, x)], [y]), Block([], [], [y]))], [z]
    ),
    "too few yields": Block([x, flag], [branch([z], Block([], [], [x]), Block())], [z]),
    "one branch": Block([x, flag], [Op("if", [flag], [], [Block()])], []),
    "a slot too many": Block([x], [Op("for", [x, x], [y], [Block([z], [], [z])])], [y]),
    "a test that yields nothing": Block(
        [x], [Op("while", [x], [y], [Block([z]), Block([flag], [], [flag])])], [y]
    ),
    "no exit flag": Block([x], [Op("for", [x], [], [Block([z])], {"exits": True})], []),
    "no callable": Block([x], [Op("apply", [x], [y], attrs={"fn": "add"})], [y]),
    "unknown kind": Block([x], [Op("goto", [], [])], []),
    "raise in the middle": Block([x], [Op("raise", [x], []), add(y, x, x)], []),
    "a value after a raise": Block([x], [Op("raise", [x], [])], [x]),
    "a handler without its exception": Block(
        [x], [Op("try", [x], [], [Block(), Block()], {"handlers": 1})], []
    ),
    "targets that do not match": Block(
        [x], [Op("apply", [x, Const(2), Const(False), Const(0)], [y], attrs={"fn": prims.unpack})], []
    ),
}


@pytest.mark.parametrize("name", GOOD)
def test_good(name):
    verify(Function("f", GOOD[name]))


@pytest.mark.parametrize("name", BAD)
def test_bad(name):
    with pytest.raises(VerifyError, match="^f"):
        verify(Function("f", BAD[name]))


def test_params_agree_with_the_signature():
    with pytest.raises(VerifyError, match="2 params, 1 by the signature"):
        verify(Function("f", Block([x, y], [], [x]), signature=(("x", 1, False),)))


def test_a_raised_block_yields_undefined():
    block = Block(
        [x, flag], [branch([y], Block([], [Op("raise", [x], [])], [undefined()]), Block([], [], [x]))], [y]
    )
    verify(Function("f", block))


def test_nested_functions_are_verified():
    inner = Function("inner", Block([x], [], [y]))
    make = Op("apply", [Const(inner)], [z], attrs={"fn": prims.closure, "captures": (), "defaults": ()})
    with pytest.raises(VerifyError, match="inner"):
        verify(Function("f", Block([], [make], [z])))
