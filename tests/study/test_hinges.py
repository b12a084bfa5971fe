"""What separates scenarios is found, and nothing is found where there is nothing."""

from __future__ import annotations

import numpy as np
import pytest

from reassure.model.checked import Parameter, Prior, Unit
from reassure.study.hinges import NOTHING, Condition, hinges, two_figures

NAMES = [f"p{i}" for i in range(60)]
PARAMETERS = [
    Parameter(name, Prior("uniform", (("low", 0.0), ("high", 1.0))), Unit()) for name in NAMES
]
SCENARIOS = 128


def space(seed: int) -> np.ndarray:
    return np.random.default_rng(seed).random((SCENARIOS, len(NAMES)))


def split(effect: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    return effect > 0, effect <= 0


def test_one_parameter_is_found_with_its_direction_and_cut() -> None:
    values = space(1)
    effect = values[:, 7] - 0.3
    found = hinges(*split(effect), effect, values, PARAMETERS)
    (condition,) = found.conditions
    assert (condition.parameter, condition.direction) == ("p7", "low")
    assert condition.high == pytest.approx(0.3, abs=0.06)
    assert found.inside < 0.15
    assert found.outside > 0.95
    assert "p7 is low (below 0.3" in found.line


def test_two_parameters_that_matter_together_are_found() -> None:
    values = space(2)
    effect = np.where((values[:, 3] > 0.5) & (values[:, 11] < 0.5), -1.0, 1.0)
    found = hinges(*split(effect), effect, values, PARAMETERS)
    assert {(c.parameter, c.direction) for c in found.conditions} == {
        ("p3", "high"),
        ("p11", "low"),
    }
    assert found.inside < 0.1
    assert found.outside > 0.9


def test_a_middling_parameter_is_found() -> None:
    values = space(3)
    effect = np.abs(values[:, 5] - 0.5) - 0.2
    found = hinges(*split(effect), effect, values, PARAMETERS)
    assert [(c.parameter, c.direction) for c in found.conditions] == [("p5", "middling")]
    assert "between 0.3" in found.line


def test_chance_alone_is_seldom_taken_for_a_finding() -> None:
    rng = np.random.default_rng(4)
    false = 0
    for seed in range(60):
        values = space(100 + seed)
        effect = rng.normal(size=SCENARIOS)
        false += hinges(*split(effect), effect, values, PARAMETERS).line != NOTHING
    assert false <= 8  # 3 are to be expected; 9 would be a one-in-400 accident


def test_where_labels_hardly_differ_the_size_of_the_effect_is_used() -> None:
    values = space(5)
    effect = 0.01 * values[:, 9]
    nobody = np.zeros(SCENARIOS, dtype=bool)
    found = hinges(nobody, ~nobody, effect, values, PARAMETERS)
    assert found.measure == "effect"
    assert [(c.parameter, c.direction) for c in found.conditions] == [("p9", "low")]
    assert found.line.startswith("weakest where p9 is low")


def test_only_candidates_that_vary_are_looked_at() -> None:
    values = space(6)
    effect = values[:, 7] - 0.3
    rest = set(NAMES) - {"p7"}
    assert hinges(*split(effect), effect, values, PARAMETERS, candidates=rest).line == NOTHING
    values[:, 7] = 0.5
    assert hinges(*split(effect), effect, values, PARAMETERS).line == NOTHING
    assert hinges(*split(effect), np.zeros(SCENARIOS), values, [], candidates=()).line == NOTHING


def test_cuts_are_said_in_the_written_unit() -> None:
    months = [
        Parameter("lag", Prior("uniform", (("low", 0.0), ("high", 12.0))), Unit("month", 1 / 12))
    ]
    values = np.random.default_rng(7).random((SCENARIOS, 1))  # years
    effect = 0.5 - values[:, 0]
    found = hinges(*split(effect), effect, values, months)
    (condition,) = found.conditions
    assert condition.low == pytest.approx(6.0, abs=0.7)
    assert "month)" in str(condition)
    assert found.as_json() == [
        {
            "parameter": "lag",
            "direction": "high",
            "low": condition.low,
            "high": None,
            "unit": "month",
        }
    ]


def test_the_line_is_the_same_every_time() -> None:
    values = space(8)
    effect = values[:, 1] + values[:, 2] - 0.8
    assert len({hinges(*split(effect), effect, values, PARAMETERS).line for _ in range(3)}) == 1


@pytest.mark.parametrize(
    ("number", "said"),
    [
        (0.0, "0"),
        (1234.0, "1200"),
        (0.04567, "0.046"),
        (-3.14, "-3.1"),
        (9.99, "10"),
        (1e-9, "1.0e-09"),
    ],
)
def test_two_figures(number: float, said: str) -> None:
    assert two_figures(number) == said


def test_conditions_in_words() -> None:
    assert (
        str(Condition("x", "extreme", 0.1, 0.9, "1")) == "x is extreme (below 0.10 or above 0.90)"
    )


def test_what_does_not_vary_is_associated_with_nothing() -> None:
    from reassure.study.hinges import _association

    half = np.arange(10) < 5
    every = np.ones(10, dtype=bool)
    assert _association(half, half) == pytest.approx(1)
    for box, bad in ((every, half), (~every, half), (half, every), (half, ~every)):
        assert _association(box, bad) == 0.0
