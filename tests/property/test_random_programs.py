"""Random programs: their derivatives agree with differences and each other, or are refused."""

import os

import pytest
from programs import COMPOUND, SIMPLE, random_program
from shrinking import outcome

PROGRAMS = int(os.environ.get("ADTRANS_PROGRAMS", "120"))
PARTS = 6


@pytest.mark.parametrize("part", range(PARTS))
def test_random_programs(part, tmp_path):
    wrong = {}
    for seed in range(part, PROGRAMS, PARTS):
        program = random_program(seed)
        kind, details = outcome(program, str(tmp_path))
        if kind not in ("ok", "refused", "useless"):
            wrong[seed] = f"{kind}: {details}\n{program.text}"
    assert not wrong, "\n".join(f"seed {seed}: {text}" for seed, text in wrong.items())


def test_most_programs_are_not_refused(tmp_path):
    kinds = [outcome(random_program(seed), str(tmp_path), modes="jvp")[0] for seed in range(1000, 1030)]
    assert kinds.count("refused") <= 6


def test_the_generator_knows_many_statements():
    assert len(SIMPLE) + len(COMPOUND) >= 60
    used = {shape for seed in range(300) for shape in random_program(seed).shapes}
    assert len(used) == len(SIMPLE) + len(COMPOUND)


def test_programs_are_deterministic():
    assert random_program(7).text == random_program(7).text
