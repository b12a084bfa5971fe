"""Where in the space of scenarios a claim fails: the few parameters that matter, in one line.

Each parameter is ranked over the scenarios, and enters twice: as its rank, which finds "high" and
"low", and as the rank's distance from the middle, which finds "extreme" and "middling". The column
most correlated with failure (for a rank and a two-valued label this is the rank-biserial
correlation, Cureton 1956) or with the weakness of the effect is taken if its correlation exceeds
what 95 percent of permutations of the scenarios reach with *any* column (Westfall & Young 1993: the
maximum over columns guards against finding something merely by looking at many). Further columns
are sought in what the first leave unexplained, by permuting residuals (Freedman & Lane 1983). A box
is then cut along the parameters found, as in PRIM (Friedman & Fisher 1999), so that failure is
dense inside it and rare outside.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.stats import rankdata

from reassure.model.checked import Parameter

Array = NDArray[np.float64]
Mask = NDArray[np.bool_]

AT_MOST = 3
PERMUTATIONS = 499
SMALLEST_GROUP = 6
"""With fewer supporting, or fewer failing, scenarios their labels tell nothing from chance."""

_CUTS = tuple(i / 20 for i in range(2, 19))  # quantiles at which a box may be cut
NOTHING = "nothing stands out: no parameter separates these scenarios beyond what chance would"


@dataclass(frozen=True, slots=True)
class Condition:
    """One side of the box: a parameter between ``low`` and ``high`` (written unit; infinite: open).

    ``direction`` is 'high', 'low', 'middling' or 'extreme'; for 'extreme' it lies *outside* [low,
    high].
    """

    parameter: str
    direction: str
    low: float
    high: float
    unit: str

    def __str__(self) -> str:
        unit = "" if self.unit in ("", "1") else f" {self.unit}"
        low, high = two_figures(self.low), two_figures(self.high)
        said = {
            "high": f"above {low}{unit}",
            "low": f"below {high}{unit}",
            "middling": f"between {low} and {high}{unit}",
            "extreme": f"below {low} or above {high}{unit}",
        }[self.direction]
        return f"{self.parameter} is {self.direction} ({said})"


@dataclass(frozen=True, slots=True)
class Hinge:
    """Where a claim fails.

    Attributes:
        line: one sentence for a reader.
        conditions: the box, most important parameter first; empty when nothing stands out.
        mass: share of the scenarios that lie in the box.
        inside, outside: what is seen in the box and elsewhere: the share of support, or, where
            labels do not differ enough, the median effect in the claimed direction.
        measure: which of the two, 'support' or 'effect'; '' when nothing stands out.
    """

    line: str
    conditions: tuple[Condition, ...] = ()
    mass: float = 0.0
    inside: float = 0.0
    outside: float = 0.0
    measure: str = ""

    def as_json(self) -> list[dict[str, Any]]:
        """The box as plain data; an open side is null."""
        return [
            {
                "parameter": item.parameter,
                "direction": item.direction,
                "low": item.low if np.isfinite(item.low) else None,
                "high": item.high if np.isfinite(item.high) else None,
                "unit": item.unit,
            }
            for item in self.conditions
        ]


def hinges(
    supports: Mask,
    fails: Mask,
    effect: Array,
    values: Array,
    parameters: Sequence[Parameter],
    *,
    candidates: Collection[str] | None = None,
    seed: int = 0,
) -> Hinge:
    """What separates the scenarios in which a claim fails from those that support it.

    Args:
        supports, fails: ``[scenario]``; scenarios in neither (undetermined) are left out of the
            comparison of labels.
        effect: mean effect in the claimed direction, ``[scenario]``, used where the labels hardly
            differ.
        values: parameters in internal units, ``[scenario, parameter]``, in the order of
            ``parameters``.
        candidates: names of the parameters that can matter; None for all.
        seed: of the permutations.
    """
    chosen = [
        index
        for index, parameter in enumerate(parameters)
        if (candidates is None or parameter.name in candidates) and np.ptp(values[:, index]) > 0
    ]
    by_label = min(supports.sum(), fails.sum()) >= SMALLEST_GROUP
    use = (supports | fails) if by_label else np.isfinite(effect)
    if not chosen or use.sum() < 2 * SMALLEST_GROUP:
        return Hinge(NOTHING)
    weakness = -_ranks(np.where(np.isfinite(effect), effect, 0.0)[use][:, None])[:, 0]
    if by_label:
        bad = fails[use]
        # The size of the effect often says more clearly what the labels say too.
        responses = np.stack([bad.astype(np.float64), weakness], axis=1)
    else:
        bad = weakness >= np.quantile(weakness, 2 / 3)
        responses = weakness[:, None]
    columns = values[use][:, chosen]
    found = _selected(columns, responses, np.random.default_rng(seed))
    box, conditions = _box(columns, found, bad, [parameters[index] for index in chosen])
    if not conditions:
        return Hinge(NOTHING)
    measured = supports[use].astype(np.float64) if by_label else effect[use]
    statistic = np.mean if by_label else np.median
    inside = float(statistic(measured[box])) if box.any() else 0.0
    outside = float(statistic(measured[~box])) if not box.all() else 0.0
    where = " and ".join(str(condition) for condition in conditions)
    if by_label:
        line = (
            f"fails mainly where {where}: supported in {percent(inside)} of scenarios there, "
            f"{percent(outside)} elsewhere"
        )
    else:
        line = (
            f"weakest where {where}: median effect in the claimed direction "
            f"{two_figures(inside)} there, {two_figures(outside)} elsewhere"
        )
    measure = "support" if by_label else "effect"
    return Hinge(line, conditions, float(box.mean()), inside, outside, measure)


# -- which parameters -----------------------------------------------------------------------------


def _ranks(columns: Array) -> Array:
    """Ranks of each column scaled to (0, 1), ties shared."""
    return np.asarray((rankdata(columns, axis=0) - 0.5) / len(columns))


def _selected(
    columns: Array, responses: Array, rng: np.random.Generator
) -> list[tuple[int, bool, int]]:
    """Columns that pass: (column, whether folded, sign of the correlation with failing).

    ``responses`` are ways to say how far a scenario is from support, ``[scenario, response]``; the
    first column is sought in all of them, the next in the one that it was found in.
    """
    ranks = _ranks(columns)
    features = np.concatenate([ranks, np.abs(ranks - 0.5)], axis=1)
    count, width = columns.shape
    found: list[tuple[int, bool, int]] = []
    basis = np.full((count, 1), count**-0.5)
    while len(found) < AT_MOST:
        left = _unit(responses - basis @ (basis.T @ responses))
        free = _unit(features - basis @ (basis.T @ features))
        for column, _, _ in found:  # a parameter counts once, as rank or folded
            free[:, [column, width + column]] = 0.0
        correlation = free.T @ left
        best, which = np.unravel_index(np.argmax(np.abs(correlation)), correlation.shape)
        strength = float(correlation[best, which])
        order = rng.permuted(np.tile(np.arange(count), (PERMUTATIONS, 1)), axis=1)
        highest = np.zeros(PERMUTATIONS)
        for response in left.T:  # all responses move together
            # Not a matrix product: its threads cost more than they save at this size.
            reached = np.einsum("bs,sp->bp", response[order], free)
            highest = np.maximum(highest, np.abs(reached).max(axis=1))
        if ((highest >= abs(strength)).sum() + 1) / (PERMUTATIONS + 1) > 0.05:
            break
        found.append((int(best) % width, bool(best >= width), 1 if strength > 0 else -1))
        responses = responses[:, [which]]
        basis = np.concatenate([basis, free[:, [best]]], axis=1)
    return found


def _unit(columns: Array) -> Array:
    """Columns scaled to length one; what is constant (nothing left but rounding) becomes zero."""
    length = np.sqrt((columns**2).sum(axis=0))
    return np.where(length > 1e-9, columns / np.maximum(length, 1e-9), 0.0)


# -- the box --------------------------------------------------------------------------------------


def _box(
    columns: Array,
    found: Sequence[tuple[int, bool, int]],
    bad: Mask,
    parameters: Sequence[Parameter],
) -> tuple[Mask, tuple[Condition, ...]]:
    """The box along the parameters found in which failure is densest, and its sides."""
    whole = np.ones(len(bad), dtype=bool)
    sides = [whole] * len(found)
    conditions: list[Condition | None] = [None] * len(found)
    for _ in range(3):  # a cut that was best alone need not be best beside the others
        for place, (column, folded, sign) in enumerate(found):
            others = np.logical_and.reduce([whole, *sides[:place], *sides[place + 1 :]])
            options = list(_cuts(columns[:, column], folded, sign, parameters[column]))
            scores = [_association(others & side, bad) for side, _ in options]
            best = int(np.argmax(scores))
            # A side that makes the box worse than it is without it is left open.
            if scores[best] <= _association(others, bad):
                sides[place], conditions[place] = whole, None
            else:
                sides[place], conditions[place] = options[best]
    kept = tuple(condition for condition in conditions if condition is not None)
    return np.logical_and.reduce(sides), kept


def _cuts(
    values: Array, folded: bool, sign: int, parameter: Parameter
) -> list[tuple[Mask, Condition]]:
    """Every way to cut along one parameter."""
    factor, unit, name = parameter.unit.factor, parameter.unit.text, parameter.name
    cuts: list[tuple[Mask, Condition]] = []
    if folded:
        for tail in (q for q in _CUTS if q < 0.5):
            low, high = (float(v) for v in np.quantile(values, [tail, 1 - tail]))
            middle = (values >= low) & (values <= high)
            side = ~middle if sign > 0 else middle
            word = "extreme" if sign > 0 else "middling"
            cuts.append((side, Condition(name, word, low / factor, high / factor, unit)))
        return cuts
    for q in _CUTS:
        cut = float(np.quantile(values, q))
        if sign > 0:
            side, low, high = values > cut, cut / factor, np.inf
        else:
            side, low, high = values < cut, -np.inf, cut / factor
        cuts.append((side, Condition(name, "high" if sign > 0 else "low", low, high, unit)))
    return cuts


def _association(box: Mask, bad: Mask) -> float:
    """Correlation of two truth values (phi); 0 where one of them does not vary."""
    if box.all() or not box.any() or bad.all() or not bad.any():
        return 0.0
    return float(np.corrcoef(box, bad)[0, 1])


# -- figures in prose -----------------------------------------------------------------------------


def two_figures(value: float) -> str:
    """A number with two significant figures and no exponent unless it is very large or small."""
    if value == 0 or not np.isfinite(value):
        return "0" if value == 0 else str(value)
    if not 1e-4 <= abs(value) < 1e7:
        return f"{value:.1e}"
    digits = max(1 - int(f"{value:.1e}".split("e")[1]), 0)  # the exponent after rounding
    return f"{float(f'{value:.1e}'):.{digits}f}"


def percent(share: float) -> str:
    """A share as a whole percentage that is 0 or 100 only when it is exactly so."""
    if 0 < share < 0.01:
        return "<1%"
    return ">99%" if 0.99 < share < 1 else f"{share:.0%}"
