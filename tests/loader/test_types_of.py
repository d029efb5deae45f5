"""Argument types: numbers, arrays by dtype and symbolic shape, structures, what is known by identity."""

import collections
import dataclasses
import enum
import math
import types
from typing import NamedTuple

import numpy as np
import pytest

from adtrans.ir import types as ty
from adtrans.loader.keys import key_of
from adtrans.loader.types_of import types_of

pytestmark = pytest.mark.fast


def shown(*values):
    return [str(t) for t in types_of(values)]


class Point(NamedTuple):
    x: float
    y: float


@dataclasses.dataclass
class Body:
    mass: float
    place: np.ndarray


class Slotted:
    __slots__ = ("a", "__b")

    def __init__(self):
        self.a, self.__b = 1.0, 2.0


class Color(enum.Enum):
    RED = 1


def test_numbers():
    assert types_of((1.0, 2, True, 1j)) == (ty.FLOAT, ty.INT, ty.BOOL, ty.COMPLEX)
    assert types_of((np.float32(1), np.int8(1))) == (ty.Scalar("float32", False), ty.Scalar("int8", False))


def test_equal_lengths_share_a_symbol():
    assert shown(np.zeros((3, 4)), np.zeros(4), np.zeros(3)) == [
        "float64[n0,n1]",
        "float64[n1]",
        "float64[n0]",
    ]


def test_one_and_zero_are_literal():
    assert shown(np.zeros((1, 0, 2))) == ["float64[1,0,n0]"]


def test_memmap_is_an_array(tmp_path):
    mapped = np.memmap(tmp_path / "data", dtype=float, shape=(3,), mode="w+")
    assert shown(mapped) == ["float64[n0]"]


def test_arrays_of_other_classes_are_told_apart():
    assert types_of((np.ma.zeros(3),)) == (ty.Foreign(np.ma.MaskedArray),)


@pytest.mark.parametrize("value", [np.array([None]), np.array(["a"]), object()])
def test_what_is_not_numeric_is_any(value):
    assert types_of((value,)) == (ty.ANY,)


@pytest.mark.parametrize(
    "value", [None, "sum", b"x", math.sin, np, np.float32, np.dtype("f4"), Color.RED, len]
)
def test_known(value):
    assert types_of((value,)) == (ty.Known(value),)


def test_structures():
    value = {"p": Point(1.0, 2.0), "b": [Body(1.0, np.zeros(2)), 3]}
    assert shown(value) == ["{p: Point(float, float), b: [Body{mass: float, place: float64[n0]}, int]}"]


def test_objects():
    assert shown(types.SimpleNamespace(a=1.0)) == ["SimpleNamespace{a: float}"]
    assert shown(Slotted()) == ["Slotted{a: float, _Slotted__b: float}"]


def test_dictionary_subclasses_keep_their_class():
    found = types_of((collections.OrderedDict(a=1.0),))[0]
    assert found.cls is collections.OrderedDict


def test_a_cycle_ends():
    node = types.SimpleNamespace(value=1.0)
    node.parent = node
    assert types_of((node,))[0].get("parent") == ty.ANY
    assert key_of(node) == key_of(node)


def test_long_lists_are_typed_by_their_items():
    assert types_of(([1.0] * 100,)) == (ty.List(ty.FLOAT, ty.Dim("n0"), list),)
    assert types_of((tuple(np.zeros(2) for _ in range(20)),))[0].cls is tuple


def test_static_paths_are_known_by_value():
    assert types_of((1.0, 2), frozenset({(1,)})) == (ty.FLOAT, ty.Known(2))
    assert types_of(([1, 2],), frozenset({(0, 1)}))[0].items == (ty.INT, ty.Known(2))


def test_methods_are_typed_by_function_and_owner():
    method = types.MethodType(lambda self: 0.0, Body(1.0, np.zeros(2)))
    assert isinstance(types_of((method,))[0], ty.Method)


VALUES = [
    1.0, 1, True, 1j, "a", "b", None, np.float32(1), np.zeros(2), np.zeros(3), np.zeros(2, "f4"),
    np.zeros((2, 1)), [1.0], (1.0,), [1.0, 2.0], {"a": 1.0}, {"b": 1.0}, Point(1.0, 2.0),
    Body(1.0, np.zeros(2)), math.sin, math.cos, slice(1), slice(2), Color.RED, np.zeros(2, ">f8"), range(3),
]  # fmt: skip


def test_keys_tell_types_apart():
    keys = [key_of(value) for value in VALUES]
    assert len(set(keys)) == len(VALUES)
    assert keys == [key_of(value) for value in VALUES]
