"""Proven signs of formulas: each one known by hand, and none ever wrong on random formulas."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from random_formulas import random_formulas
from reassure.engine.evaluation import evaluate
from reassure.engine.proofs import Proof
from reassure.engine.signs import join_signs
from reassure.engine.slope_maps import Dependence
from reassure.engine.slopes import Slopes
from reassure.engine.terms import collected
from reassure.model.expression import Binary, Expression, Ref
from small_models import Draft

RANGES = {
    "x": (0.0, 10.0),
    "y": (0.0, 1.0),
    "z": (-1.0, 1.0),
    "w": (0.0, float("inf")),
    "p": (0.2, 0.8),
    "n": (-5.0, -1.0),
}


def signs(text: str) -> dict[str, str]:
    """Signs by name; a remembered name is written with a tilde."""
    found = Proof(RANGES).signs(Draft().formula(text))
    return {read.name + "~" * read.lagged: sign for read, sign in found.items()}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("x + y - w", {"x": "+", "y": "+", "w": "-"}),
        ("x * z", {"x": "?", "z": "+"}),
        ("x * n", {"x": "-", "n": "+"}),
        ("x * (10 - x)", {"x": "?"}),
        ("x * (20 - x)", {"x": "+"}),
        ("x / (x + w)", {"x": "+", "w": "-"}),
        ("x / (1 + x)", {"x": "+"}),
        ("p / y", {"p": "+", "y": "-"}),
        ("y / z", {"y": "?", "z": "?"}),
        ("-2 < -2 / z", {"z": "?"}),
        ("2 * w * x - w * x", {"w": "+", "x": "+"}),
        ("y - y * p", {"y": "+", "p": "-"}),
        ("y * (1 - p) + p * (1 - y)", {"y": "?", "p": "?"}),
        ("z ** 2", {"z": "?"}),
        ("z ** 3", {"z": "+"}),
        ("(1 - y) ** 2", {"y": "-"}),
        ("x ** -1", {"x": "-"}),
        ("y ** p", {"y": "+", "p": "-"}),
        ("exp(-z) * x", {"z": "-", "x": "+"}),
        ("logit(p) * x", {"p": "+", "x": "?"}),
        ("max(0, x - w)", {"x": "+", "w": "-"}),
        ("max(x + 11, n)", {"x": "+"}),
        ("min(y, 0.5) * (1 - y)", {"y": "?"}),
        ("clip(z, -y, y)", {"z": "+", "y": "?"}),
        ("abs(n)", {"n": "-"}),
        ("sin(x)", {"x": "?"}),
        ("x % 3", {"x": "?"}),
        ("x // 3", {"x": "+"}),
        ("1 if x > 3 else 0.5", {"x": "+"}),
        ("0.5 if x > 3 else 1", {"x": "-"}),
        ("x if z > 0 else -x", {"x": "?", "z": "+"}),
        ("z ** 2 if z > 0 else 0", {"z": "+"}),
        ("x > w and not y > p", {"x": "+", "w": "-", "y": "-", "p": "+"}),
        ("y == 1", {"y": "+"}),
        ("y != 1", {"y": "-"}),
        ("x == 5", {"x": "?"}),
        ("lookup(x, [[0, 1], [5, 3], [10, 0]])", {"x": "?"}),
        ("lookup(y, [[0, 1], [5, 3], [10, 0]])", {"y": "+"}),
        ("smooth(x, q(1, 'year'))", {"x~": "+"}),
        ("delay(-x, q(1, 'year'), y)", {"x~": "-", "y~": "+"}),
        ("since(x > 3)", {"x~": "-"}),
        ("x - smooth(x, q(1, 'year'))", {"x": "+", "x~": "-"}),
        ("smooth(x, w * q(1, 'year'))", {"x~": "+", "w~": "?"}),
    ],
)
def test_a_sign_is_what_it_is_known_to_be(text: str, expected: dict[str, str]) -> None:
    found = {name: sign for name, sign in signs(text).items() if sign != "0"}
    assert found == expected


def test_what_cancels_has_no_sign() -> None:
    assert signs("x + y - x")["x"] == "0"


def test_what_a_memory_holds_is_not_the_present() -> None:
    # Were the past taken for the present, the product would look like a square and rise.
    assert signs("z * smooth(z, q(1, 'year'))") == {"z": "?", "z~": "?"}


def test_signs_join() -> None:
    assert join_signs(["+", "0", "+"]) == "+"
    assert join_signs(["+", "-"]) == "?"
    assert join_signs([]) == "0"


# -- random formulas ------------------------------------------------------------------------------

BOX = {"a": (0.0, 2.0), "b": (-1.0, 1.0), "c": (0.5, 3.0)}
formulas = random_formulas(sorted(BOX))


@settings(max_examples=400, deadline=None)
@given(formulas, st.integers(0, 2**32 - 1))
def test_a_proven_sign_is_never_wrong(formula: Expression, seed: int) -> None:
    points = 400
    draw = np.random.default_rng(seed)
    at = {name: draw.uniform(*ends, points) for name, ends in BOX.items()}
    for read, sign in Proof(BOX).signs(formula).items():
        other = np.random.default_rng(seed + 1).uniform(*BOX[read.name], points)
        # Kinks as well as points between them; at its ends a range may have no value.
        low, high = BOX[read.name]
        other[:100] = np.clip(np.round(other[:100] * 2) / 2, low + 1e-3, high - 1e-3)
        first = evaluate(formula, at)
        second = evaluate(formula, {**at, read.name: other})
        with np.errstate(invalid="ignore"):
            rise = (second - first) * np.sign(other - at[read.name])
        rise = rise[np.isfinite(rise)]
        slack = 1e-9 * (1 + np.max(np.abs(first[np.isfinite(first)]), initial=0.0))
        if sign in "+0":
            assert np.all(rise >= -slack)
        if sign in "-0":
            assert np.all(rise <= slack)


@settings(max_examples=200, deadline=None)
@given(formulas)
def test_collecting_terms_changes_no_value(formula: Expression) -> None:
    tidy = collected(formula)
    if tidy is None:
        return
    draw = np.random.default_rng(7)
    at = {name: draw.uniform(*ends, 50) for name, ends in BOX.items()}
    first = np.broadcast_to(evaluate(formula, at), 50).astype(float)
    second = np.broadcast_to(evaluate(tidy, at), 50).astype(float)
    both = np.isfinite(first) & np.isfinite(second)
    scale = 1 + np.max(np.abs(first[both]), initial=0.0)
    np.testing.assert_allclose(first[both], second[both], atol=1e-7 * scale)


def test_slopes_of_a_shared_subtree_take_time_in_proportion() -> None:
    formula: Expression = Ref("x")
    for _ in range(60):  # written out, this would be 2**60 leaves
        formula = Binary("+", formula, formula)
    slope = Slopes({"x": (0.0, 1.0)}).slopes(formula)[Dependence("x")]
    assert slope == (2.0**60, 2.0**60)
