"""The table of functions: what it promises of each function is true of its implementation."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest

from reassure.model.forms import BINDERS
from reassure.model.functions import FORMS, FUNCTIONS, Function, functions_table

NAMES = [
    *("exp", "log", "log1p", "expm1", "sqrt", "abs", "min", "max", "clip", "positive", "tanh"),
    *("logistic", "logit", "norm_cdf", "sin", "cos", "sign", "floor", "ceil", "round"),
]
"""What every back end must implement."""

DOMAINS = {"log": (1e-6, 5.0), "log1p": (-0.99, 5.0), "sqrt": (0.0, 5.0), "logit": (1e-6, 1 - 1e-6)}


def test_the_names_that_every_back_end_maps() -> None:
    assert list(FUNCTIONS) == NAMES


def test_every_form_is_bound() -> None:
    assert set(BINDERS) == set(FORMS)
    assert not set(FORMS) & set(FUNCTIONS)


def _points(function: Function) -> np.ndarray:
    low, high = DOMAINS.get(function.name, (-5.0, 5.0))
    return np.linspace(low, high, 41)


def _count(function: Function) -> int:
    return 3 if function.variadic else len(function.arguments)


@pytest.mark.parametrize("function", FUNCTIONS.values(), ids=lambda f: f.name)
def test_direction_and_range_hold(function: Function) -> None:
    points = _points(function)
    count = _count(function)
    coarse = points[::8]
    for position in range(count):
        for others in itertools.product(coarse, repeat=count - 1):
            arguments = [*others[:position], points, *others[position:]]
            values = np.broadcast_to(function.numpy(*arguments), points.shape)
            assert np.all(values >= function.range[0])
            assert np.all(values <= function.range[1])
            ranges = tuple((float(np.min(a)), float(np.max(a))) for a in arguments)
            direction = function.direction(position, ranges)
            steps = np.diff(values)
            if direction is not None:
                assert np.all(direction * steps >= 0)
            elif count == 1:
                assert np.any(steps > 0)
                assert np.any(steps < 0)  # 'either' is said only where it is so


def test_abs_turns_at_zero() -> None:
    absolute = FUNCTIONS["abs"]
    assert absolute.direction(0, ((0.0, 3.0),)) == 1
    assert absolute.direction(0, ((-3.0, 0.0),)) == -1
    assert absolute.direction(0, ((-3.0, 1.0),)) is None


@pytest.mark.parametrize("function", FUNCTIONS.values(), ids=lambda f: f.name)
def test_smoothness_holds(function: Function) -> None:
    low, high = {
        **DOMAINS,
        "log": (0.5, 2.0),
        "log1p": (-0.5, 2.0),
        "logit": (0.2, 0.8),
        "sqrt": (0.5, 2.0),
    }.get(function.name, (-2.0, 2.0))
    points = np.linspace(low + 1e-4, high - 1e-4, 20011)
    width = points[1] - points[0]
    fixed = [-0.5123, 0.5123][: _count(function) - 1]
    steps = np.abs(np.diff(function.numpy(points, *fixed)))
    jumps = bool(np.any(steps > 100 * width))
    assert jumps == (function.smoothness == "jump")
    slopes = np.diff(function.numpy(points, *fixed)) / width
    kinks = bool(np.any(np.abs(np.diff(slopes)) > 0.1)) and not jumps
    assert kinks == (function.smoothness == "lipschitz")


@pytest.mark.parametrize(
    ("name", "arguments", "value"),
    [
        ("exp", (1.0,), math.e),
        ("log", (math.e,), 1.0),
        ("log1p", (1e-10,), 1e-10 - 5e-21),
        ("expm1", (1e-10,), 1e-10 + 5e-21),
        ("sqrt", (2.0,), math.sqrt(2)),
        ("abs", (-2.0,), 2.0),
        ("min", (3.0, 1.0, 2.0), 1.0),
        ("max", (3.0, 1.0, 2.0), 3.0),
        ("clip", (7.0, 0.0, 5.0), 5.0),
        ("clip", (1.0, 5.0, 2.0), 2.0),  # min(max(x, lo), hi), whatever the order of the bounds
        ("positive", (-2.0,), 0.0),
        ("tanh", (0.5,), math.tanh(0.5)),
        ("logistic", (0.7,), 1 / (1 + math.exp(-0.7))),
        ("logistic", (-800.0,), 0.0),
        ("logit", (0.25,), math.log(1 / 3)),
        ("norm_cdf", (1.959963984540054,), 0.975),
        ("sin", (1.0,), math.sin(1)),
        ("cos", (1.0,), math.cos(1)),
        ("sign", (-3.0,), -1.0),
        ("floor", (-1.5,), -2.0),
        ("ceil", (-1.5,), -1.0),
        ("round", (2.5,), 2.0),
    ],
)
def test_values(name: str, arguments: tuple[float, ...], value: float) -> None:
    assert float(FUNCTIONS[name].numpy(*arguments)) == pytest.approx(value, rel=1e-12, abs=1e-300)


def test_the_docs_table_has_every_function_and_form() -> None:
    table = functions_table()
    for item in [*FUNCTIONS.values(), *FORMS.values()]:
        assert f"| `{item.signature}` | {item.doc} |" in table
