"""Numbers and names in words: one place, so that every report speaks alike."""

from __future__ import annotations

import math
from collections.abc import Sequence


def two_figures(value: float) -> str:
    """``value`` with two significant figures, without an exponent where a reader can do without."""
    if not math.isfinite(value):
        return "—"
    if value == 0:
        return "0"
    digits = 1 - int(f"{value:.1e}".split("e")[1])  # the exponent after rounding
    rounded = round(value, digits)
    if abs(rounded) >= 1e6 or abs(rounded) < 1e-4:
        return f"{rounded:.1e}"
    return f"{rounded:,.{max(digits, 0)}f}"


def percent(share: float) -> str:
    """A share as a whole percentage that is 0 or 100 only when it is exactly so."""
    if 0 < share < 0.01:
        return "<1%"
    if 0.99 < share < 1:
        return ">99%"
    return f"{share:.0%}"


def likelihood(probability: float) -> str:
    """How likely something was, in words."""
    if probability > 0.8:
        return "nearly certain at that moment"
    if probability > 0.5:
        return "the likeliest option"
    if probability > 0.2:
        return "one option among several"
    return "against the odds"


def listed(parts: Sequence[str]) -> str:
    """``a, b and c``."""
    if len(parts) < 2:
        return "".join(parts)
    return ", ".join(parts[:-1]) + " and " + parts[-1]


def counted(count: int, one: str, many: str | None = None) -> str:
    """``1 claim``, ``2 claims``."""
    return f"{count:,} {one if count == 1 else many or one + 's'}"


def spoken_unit(text: str, value: float | None = None) -> str:
    """A unit as it follows a figure, with its space: `` a year`` for 1/year, `` years`` where it is counted."""
    if text in ("", "1"):
        return ""
    above, slash, below = text.replace(" ", "").partition("/")
    if slash and below in _TIMES:
        return f" a {below}" if above == "1" else f" {above} a {below}"
    if text in _TIMES:
        return f" {text}" if value is not None and abs(value) == 1 else f" {text}s"
    return f" {text}"


_TIMES = frozenset({"year", "month", "week", "day"})


def plain_name(name: str, label: str = "") -> str:
    """A name as a reader says it: its label, or the name with its underscores opened."""
    if label:
        return label
    return name.replace("_", " ").replace("[", " (").replace("]", ")").replace(".", ", ")
