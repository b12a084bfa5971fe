"""Interval arithmetic: bounds that hold for every value, and that are tight where it matters."""

from __future__ import annotations

import math

import pytest
from formula_texts import NAMES, SCOPE, numbers, truths
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from reassure.engine.evaluation import evaluate
from reassure.model.expression import Memory, Number, Ref
from reassure.model.formula import NONE, TIME, FormulaErrors, Table, bind, parse
from reassure.model.intervals import Interval, divide, interval, multiply, power, sign_of

INF = math.inf
WHOLE = (-INF, INF)
RANGES: dict[str, Interval] = {
    "share": (0.0, 1.0),
    "gap": (-1.0, 2.0),
    "rate": (0.0, INF),
    "debt": (-INF, -1.0),
    "count": (2.0, 3.0),
    "memory": (0.5, 8.0),
    "lag": (-1.0, 1.0),
}
NAMED = Table({**dict.fromkeys([*RANGES, "free"], NONE), "memory": TIME, "lag": TIME})


def bounds(text: str) -> Interval:
    return interval(bind(parse(text), NAMED).expression, RANGES)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("3", (3.0, 3.0)),
        ("free", WHOLE),
        ("-gap", (-2.0, 1.0)),
        ("share + gap", (-1.0, 3.0)),
        ("share - gap", (-2.0, 2.0)),
        ("share * (1 - share)", (0.0, 1.0)),
        ("gap * count", (-3.0, 6.0)),
        ("gap * gap", (0.0, 4.0)),
        ("gap ** 2", (0.0, 4.0)),
        ("gap ** 3", (-1.0, 8.0)),
        ("count ** -1", (1 / 3, 0.5)),
        ("share ** 0.5", (0.0, 1.0)),
        ("share ** count", (0.0, 1.0)),
        ("count ** gap", (1 / 3, 9.0)),
        ("gap ** gap", WHOLE),
        ("rate * 0", (0.0, 0.0)),
        ("rate * gap", WHOLE),
        ("rate * share", (0.0, INF)),
        ("rate - rate", WHOLE),
        ("rate + debt", WHOLE),
        ("1 / count", (1 / 3, 0.5)),
        ("1 / share", (1.0, INF)),
        ("1 / gap", WHOLE),
        ("1 / debt", (-1.0, 0.0)),
        ("share / (share + 1)", (0.0, 1.0)),
        ("count // 2", (1.0, 1.0)),
        ("gap % 1", (0.0, 1.0)),
        ("share % 2", (0.0, 1.0)),
        ("exp(gap)", (math.exp(-1), math.exp(2))),
        ("exp(rate)", (1.0, INF)),
        ("exp(debt)", (0.0, math.exp(-1))),
        ("log(share)", (-INF, 0.0)),
        ("log(gap)", (-INF, math.log(2))),
        ("sqrt(gap)", (0.0, math.sqrt(2))),
        ("logistic(free)", (0.0, 1.0)),
        ("logit(share)", WHOLE),
        ("abs(gap)", (0.0, 2.0)),
        ("abs(debt)", (1.0, INF)),
        ("sin(free)", (-1.0, 1.0)),
        ("sign(count)", (1.0, 1.0)),
        ("max(gap, 0)", (0.0, 2.0)),
        ("positive(gap)", (0.0, 2.0)),
        ("clip(free, 0, share)", (0.0, 1.0)),
        ("min(free, count, gap)", (-INF, 2.0)),
        ("count > 1", (1.0, 1.0)),
        ("count <= share", (0.0, 0.0)),
        ("gap > 0", (0.0, 1.0)),
        ("count == 4", (0.0, 0.0)),
        ("count != 4", (1.0, 1.0)),
        ("not count > 1", (0.0, 0.0)),
        ("gap > 0 and count > 5", (0.0, 0.0)),
        ("gap > 0 or count > 1", (1.0, 1.0)),
        ("1 if count > 1 else free", (1.0, 1.0)),
        ("gap if gap > 0 else 0", (0.0, 2.0)),
        ("0 if gap <= 0.5 else gap", (0.0, 2.0)),
        ("free if 0 < free < 1 else 0.5", (0.0, 1.0)),
        ("free if free == 2 else 1", (1.0, 2.0)),
        ("0.5 if free < 0 or free > 1 else free", (0.0, 1.0)),
        ("0.5 if not (free >= 0 and free <= 1) else free", (0.0, 1.0)),
        ("1 / gap if gap > 0.5 else 0", (0.0, 2.0)),
        ("lookup(gap, [[0, 1], [1, 3], [5, 2]])", (1.0, 3.0)),
        ("lookup(count, [[0, 1], [4, 5]])", (3.0, 4.0)),
        ("lookup(free, [[0, 1], [1, 0.5]])", (0.5, 1.0)),
        ("smooth(gap, memory)", (-1.0, 2.0)),
        ("smooth(gap, memory, initial=5)", (-1.0, 5.0)),
        ("smooth(gap, lag)", WHOLE),
        ("previous(share, 0)", (0.0, 1.0)),
        ("delay(count, q(1, 'year'), 0)", (0.0, 3.0)),
        ("material_delay(share, q(1, 'year'))", (0.0, 1.0)),
        ("material_delay(share, memory)", (0.0, INF)),
        ("since(share > 0.5)", (0.0, INF)),
        # What is remembered is not bound by what holds now.
        ("previous(gap, 0) if gap > 0 else 0", (-1.0, 2.0)),
    ],
)
def test_bounds(text: str, expected: Interval) -> None:
    assert bounds(text) == pytest.approx(expected, rel=1e-12)


def test_a_name_without_a_range_may_be_anything() -> None:
    memory = Memory("smooth", Ref("x"), Number(1.0), 1, None, 0)
    assert interval(memory, {}) == WHOLE
    assert interval(memory, {"x": (0.0, 1.0)}) == (0.0, 1.0)


@pytest.mark.parametrize(
    ("low", "high", "sign"),
    [
        (0, 0, 0),
        (0, 2, 1),
        (1, INF, 1),
        (-2, 0, -1),
        (-INF, -1, -1),
        (-1, 1, None),
        (-INF, INF, None),
    ],
)
def test_sign(low: float, high: float, sign: int | None) -> None:
    assert sign_of(low, high) == sign


_values = st.sampled_from([-3.0, -1.5, -1.0, -0.5, 0.0, 0.3, 1.0, 2.0, 5.0])
_boxes = st.fixed_dictionaries(
    dict.fromkeys(NAMES, st.tuples(_values, _values, st.floats(0, 1), st.sampled_from("  <>=")))
)


@given(numbers | truths, _boxes)
@example("(a if a > b else b) / c", dict.fromkeys(NAMES, (-1.0, 2.0, 0.5, " ")))
@settings(max_examples=150, deadline=None)
def test_every_value_lies_within_the_bounds(
    text: str, boxes: dict[str, tuple[float, float, float, str]]
) -> None:
    assume(len(text) < 3000)
    try:
        expression = bind(parse(text), SCOPE).expression
    except FormulaErrors:
        return
    ranges: dict[str, Interval] = {}
    values: dict[str, float] = {}
    for name, (one, other, share, end) in boxes.items():
        low, high = min(one, other), max(one, other)
        values[name] = min(max(low + share * (high - low), low), high)
        low = -INF if end == "<" else values[name] if end == "=" else low
        high = INF if end == ">" else values[name] if end == "=" else high
        ranges[name] = (low, high)
    value = float(evaluate(expression, values))
    low, high = interval(expression, ranges)
    assert low <= high
    if math.isfinite(value):
        slack = 1e-9 * (1.0 + abs(value))
        assert low - slack <= value <= high + slack


_intervals = st.tuples(
    st.sampled_from([-INF, -2.0, -1.0, 0.0, 0.5]), st.sampled_from([0.5, 1.0, 3.0, INF])
)


@given(
    _intervals, _intervals, st.floats(0, 1), st.floats(0, 1), st.sampled_from([-2.0, 0.5, 2.0, 3.0])
)
def test_operations_enclose(a: Interval, b: Interval, s: float, t: float, n: float) -> None:
    def inside(part: Interval, share: float) -> float:
        low, high = max(part[0], -50.0), min(part[1], 50.0)
        return low + share * (high - low)

    def holds(part: Interval, value: float) -> bool:
        return part[0] - 1e-9 * abs(value) <= value <= part[1] + 1e-9 * abs(value)

    x, y = inside(a, s), inside(b, t)
    assert holds(multiply(a, b), x * y)
    if abs(y) > 1e-300:
        assert holds(divide(a, b), x / y)
    if x > 1e-90 or (x < -1e-90 and n.is_integer()):
        assert holds(power(a, (n, n)), x**n)
    if x > 1e-3 and a[0] >= 0:
        assert holds(power(a, b), x**y)
