"""Long lines are broken inside brackets, never past 88 columns."""

import pytest

from adtrans.emit.text import LIMIT, lines_of

LONG = [
    "total = alpha_value * beta_value + gamma_value * delta_value + epsilon_value * zeta_value + eta_value",
    "return function_of_many(first_argument, second_argument * 2.0, third_argument, fourth=fourth)",
    "if first_condition > 0.0 and second_condition < limit_of_this and third_condition != other_condition:",
    "first, second, third, fourth, fifth, sixth, seventh, eighth, ninth, tenth, eleventh = tape.pop()",
    "values[first_index, second_index:third_index] += some_function(other_values[first_index], scale * size)",
    "x = {'first': first_value + 1.0, 'second': second_value * 2.0, 'third': third_value - 3.0, 'f': 4.0}",
    "y = alpha_value if first_condition_of_many > 0.0 else beta_value if second_condition else gamma",
]


@pytest.mark.parametrize("indent", [0, 8, 24])
@pytest.mark.parametrize("text", LONG)
def test_fits(text, indent):
    lines = lines_of(text, indent)
    assert max(map(len, lines)) <= LIMIT
    body = "\n".join(lines) + ("\n" + " " * (indent + 4) + "pass" if text.endswith(":") else "")
    header = "".join(" " * k + "if True:\n" for k in range(0, indent, 4))
    wrapped = "def f():\n" + "\n".join(" " + row for row in (header + body).split("\n"))
    compile(wrapped, "<text>", "exec")


def test_breaks_at_the_loosest_operator():
    assert lines_of(LONG[0], 0) == [
        "total = (alpha_value * beta_value + gamma_value * delta_value",
        "         + epsilon_value * zeta_value + eta_value)",
    ]


def test_a_call_needs_no_more_parentheses():
    assert lines_of(LONG[1], 4)[0].startswith("    return function_of_many(first_argument")


def test_targets_are_wrapped():
    assert lines_of(LONG[3], 0)[-1].endswith(") = tape.pop()")


def test_no_room_is_no_loop():
    assert lines_of("x = " + " + ".join(["value"] * 40), 200)
