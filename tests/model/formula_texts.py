"""Hypothesis strategies for texts of formulas over a, b and c, and what Python makes of them."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from hypothesis import strategies as st

from reassure.model.formula import NONE, Table
from reassure.model.functions import FUNCTIONS

NAMES = ("a", "b", "c")
SCOPE = Table(dict.fromkeys(NAMES, NONE))
ENVIRONMENT: dict[str, Any] = {
    "__builtins__": {},
    **{name: function.numpy for name, function in FUNCTIONS.items()},
}

_constants = st.sampled_from(["0.5", "1", "2", "3", "0.1", "10", "1e-3", ".25"])
_one = [name for name, function in FUNCTIONS.items() if len(function.arguments) == 1]

numbers: st.SearchStrategy[str] = st.deferred(
    lambda: st.one_of(
        _constants,
        st.sampled_from(NAMES),
        st.tuples(numbers, st.sampled_from(["+", "-", "*", "/", "%", "//"]), numbers).map(
            _bracketed
        ),
        st.tuples(numbers, st.sampled_from([" + ", " - ", " * ", "**"]), _constants).map("".join),
        numbers.map(lambda x: f"-({x})"),
        st.tuples(st.sampled_from(_one), numbers).map(lambda x: f"{x[0]}({x[1]})"),
        st.tuples(st.sampled_from(["min", "max"]), numbers, numbers).map(_call),
        st.tuples(st.just("clip"), numbers, numbers, numbers).map(_call),
        st.tuples(numbers, truths, numbers).map(lambda x: f"({x[0]} if {x[1]} else {x[2]})"),
    )
)
"""Formulas that are numbers."""

truths: st.SearchStrategy[str] = st.deferred(
    lambda: st.one_of(
        st.tuples(numbers, _comparisons, numbers).map(" ".join),
        st.tuples(numbers, _comparisons, numbers, _comparisons, numbers).map(" ".join),
        st.tuples(truths, st.sampled_from(["and", "or"]), truths).map(_bracketed),
        truths.map(lambda x: f"not ({x})"),
    )
)
"""Formulas that are truth values."""

_comparisons = st.sampled_from(["<", "<=", ">", ">=", "==", "!="])


def _bracketed(parts: tuple[str, ...]) -> str:
    return f"({' '.join(parts)})"


def _call(parts: tuple[str, ...]) -> str:
    return f"{parts[0]}({', '.join(parts[1:])})"


def by_python(text: str, values: dict[str, float]) -> float | None:
    """What Python itself makes of the text; None where it has no finite real value."""
    try:
        with np.errstate(all="ignore"):
            result = eval(text, ENVIRONMENT, {k: np.float64(v) for k, v in values.items()})
        if isinstance(result, complex):
            return None
        value = float(result)
    except (ZeroDivisionError, OverflowError, TypeError):
        return None
    return value if math.isfinite(value) else None
