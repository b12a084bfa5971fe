"""Rival readings of one record, weighed by how well each foretells it from its past.

Each reading is a fit. The log density of every datum given all before it is on disk with each draw, so
that a fit of the whole record can be made to stand for one of the record up to any time by weights
(:mod:`reassure.history.scores.leave_future_out`), without fitting again.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import logsumexp

from reassure.history.fit.posterior import Posterior
from reassure.history.rival_fits import Record, check_rivals, names_of
from reassure.history.scores import (
    Comparison,
    Fitted,
    LeaveFutureOut,
    Row,
    compare,
    error_of_sum,
    leave_future_out,
)
from reassure.history.scores.comparison import FEWEST
from reassure.history.when import day
from reassure.model.mistakes import UsageError

Array = NDArray[np.float64]

SLIGHT = 1.0
"""Nats by which the fitted density may differ from the model's own without a remark."""


@dataclass(frozen=True)
class Weighed:
    """How one reading foretold the record.

    Attributes:
        name: of the model, with the folder where two are of one model; says if it did not converge.
        folder: of its fit.
        converged: whether the chains of its fit can be believed.
        foretold: log density and k-hat of each time.
        by_measurement: ``[times, measurements]``, which add up to the log density of each time; NaN where
            its draws do not reach.
    """

    name: str
    folder: Path
    converged: bool
    foretold: LeaveFutureOut
    by_measurement: Array


@dataclass(frozen=True)
class Gap:
    """What one measurement adds to a reading's difference from the best, in nats, with its standard error."""

    measurement: str
    reading: str
    difference: float
    error: float


@dataclass(frozen=True)
class Weighing:
    """Readings of one record side by side, the best first.

    Attributes:
        ledger, coding: the record.
        dates: first day of each time that was foretold.
        ahead: steps foretold together.
        measurements: names, and ``values``: how many values of each were foretold.
        readings: as weighed, in the order of ``comparison``.
        comparison: the table, and what may be said of it.
        seed: of the errors of weights.
        remarks: what a reader should know.
    """

    ledger: str
    coding: str
    dates: tuple[str, ...]
    ahead: int
    measurements: tuple[str, ...]
    values: tuple[int, ...]
    readings: tuple[Weighed, ...]
    comparison: Comparison
    seed: int
    remarks: tuple[str, ...]

    @property
    def sentence(self) -> str:
        """What can be said, and no more: no winner within errors."""
        return self.comparison.sentence

    @property
    def rows(self) -> tuple[tuple[Row, Weighed], ...]:
        """Each line of the table with its reading."""
        return tuple(zip(self.comparison.rows, self.readings, strict=True))

    def gaps(self, reading: str) -> tuple[Gap, ...]:
        """The difference of a reading from the best, by measurement, the largest first."""
        (found,) = (item for item in self.readings if item.name == reading)
        apart = found.by_measurement - self.readings[0].by_measurement
        gaps = [
            Gap(name, reading, float(apart[:, k].sum()), error_of_sum(apart[:, k], self.ahead))
            for k, name in enumerate(self.measurements)
        ]
        return tuple(sorted(gaps, key=lambda gap: (-abs(gap.difference), gap.measurement)))

    def as_json(self) -> dict[str, Any]:
        """For other programs; None for what is infinite or no number."""
        return {
            "schema": 1,
            "ledger": self.ledger,
            "reading": self.coding,
            "from": self.dates[0],
            "ahead": self.ahead,
            "seed": self.seed,
            "sentence": self.sentence,
            "winner": self.comparison.winner or None,
            "dates": list(self.dates),
            "measurements": dict(zip(self.measurements, self.values, strict=True)),
            "readings": [self._row(row, item) for row, item in self.rows],
            "remarks": list(self.remarks),
        }

    def _row(self, row: Row, item: Weighed) -> dict[str, Any]:
        told = ("elpd", "elpd_error", "difference", "difference_error", "stacking", "stacking_error",
                "pseudo_bma", "pseudo_bma_error")  # fmt: skip
        return {
            "name": item.name,
            "folder": str(item.folder),
            "converged": item.converged,
            **{key: _finite(getattr(row, key)) for key in told},
            "unsound": row.unsound,
            "khat_limit": item.foretold.limit,
            "worst_khat": _finite(item.foretold.khat.max()),
            "by_measurement": {
                gap.measurement: {
                    "difference": _finite(gap.difference),
                    "error": _finite(gap.error),
                }
                for gap in self.gaps(item.name)
            },
            "times": {
                "elpd": [_finite(value) for value in item.foretold.elpd],
                "khat": [_finite(value) for value in item.foretold.khat],
            },
        }


def weigh(
    folders: Sequence[str | Path],
    *,
    since: str | None = None,
    ahead: int = 1,
    unconverged: bool = False,
    seed: int = 0,
) -> Weighing:
    """Weigh fits of rival readings to one record.

    Args:
        folders: of at least two fits.
        since: the first date to be foretold; None for the middle of what was measured.
        ahead: steps foretold together.
        unconverged: use fits that did not converge, too, and name them as such.
        seed: of the bootstrap that gives weights their errors.

    Raises:
        UsageError: a fit is missing, not finished or did not converge; they are of different records; or
            there is nothing to foretell.
    """
    if len(folders) < 2:
        raise UsageError(
            f"weighing needs two fits, and was given {len(folders)}",
            "name the folder of each reading's fit",
        )
    if ahead < 1:
        raise UsageError(f"--ahead {ahead} is no number of steps", "give 1 or more")
    names = names_of(folders)
    one: Record | None = None
    first = 0
    found: list[Weighed] = []
    remarks: list[str] = []
    given: dict[str, list[str]] = {}
    for name, folder in zip(names, folders, strict=True):
        posterior = Posterior.load(folder, unconverged=unconverged)
        record = Record.of(posterior)
        if one is None:
            one, first = record, _first(record, since, ahead)
        check_rivals(one, record)
        if not posterior.converged:
            name += " (did not converge)"
            why = "; ".join(posterior.diagnostics.problems)
            remarks.append(
                f"the fit in {folder} did not converge ({why}); what follows cannot be relied on"
            )
        remarks += _approximated(name, posterior)
        given[name] = record.given
        found.append(_foretell(name, posterior, record, first, ahead))
    assert one is not None
    try:
        comparison = compare({item.name: item.foretold for item in found}, seed)
    except ValueError as fault:
        raise UsageError(
            f"the fits cannot be weighed: {fault}", "begin later with --from"
        ) from None
    by_name = {item.name: item for item in found}
    times = found[0].foretold.times
    # A step counts in each of the forecasts, ``ahead`` long, that hold it; its values are counted once.
    held = np.unique(times[:, None] + np.arange(ahead))
    return Weighing(
        ledger=one.ledger,
        coding=one.coding,
        dates=tuple(one.dates[k] for k in times),
        ahead=ahead,
        measurements=one.measurements,
        values=tuple(int(one.told[name][held].sum()) for name in one.measurements),
        readings=tuple(by_name[row.name] for row in comparison.rows),
        comparison=comparison,
        seed=seed,
        remarks=(*remarks, *_conditioned(given), *_unsound(one, found)),
    )


def _first(record: Record, since: str | None, ahead: int) -> int:
    """The first step to be foretold.

    Raises:
        UsageError: nothing, or nothing before it, was measured.
    """
    told = np.any([record.told[name] for name in record.measurements], axis=0)
    steps = np.flatnonzero(told)
    last = len(record.dates) - ahead
    if since is None:
        first = int(steps[len(steps) // 2]) if len(steps) else 0
        if len(steps) < 2 or first > last:
            raise UsageError(
                f"{record.folder} has too little to foretell: {len(steps)} times with a value",
                "fit a longer record, or give a smaller --ahead",
            )
        return first
    first = int(np.searchsorted(np.array(record.dates), day(since, "--from").isoformat()))
    if not told[:first].any() or first > last or not told[first:].any():
        lacks = "from then on" if told[:first].any() else "before it, to foretell from"
        raise UsageError(
            f"--from {since}: too little was measured {lacks}",
            f"the record has values from {record.dates[steps[0]]} to {record.dates[steps[-1]]}"
            if len(steps)
            else "fit a longer record",
        )
    return first


def _foretell(name: str, posterior: Posterior, record: Record, first: int, ahead: int) -> Weighed:
    """Foretell each time from ``first`` on."""
    size = posterior.log_likelihood.size
    parts = np.stack([posterior.terms[key].reshape(size, -1) for key in record.measurements])
    told = np.stack([record.told[key] for key in record.measurements])
    total = np.where(told.any(axis=0), parts.sum(axis=0), np.nan)
    foretold = leave_future_out(total, first=first, ahead=ahead)
    fit = Fitted(total, total.shape[1])
    shares = np.stack([_shared(fit, parts, int(time), ahead) for time in foretold.times])
    return Weighed(name, posterior.folder, posterior.converged, foretold, shares)


def _shared(fit: Fitted, parts: Array, time: int, ahead: int) -> Array:
    """Log density of a forecast by measurement, ``[measurements]``: each given those before it in the list, which
    makes them add up."""
    weights = fit.weights(time)
    if weights is None:
        return np.full(len(parts), np.nan)
    each = parts[:, :, time : time + ahead].sum(axis=2)
    joint = logsumexp(weights.logs[:, 0] + np.cumsum(each, axis=0), axis=1)
    return np.asarray(np.diff(joint, prepend=0.0))


def _approximated(name: str, posterior: Posterior) -> list[str]:
    made = posterior.facts.get("approximation")
    if not made or not made["treated"] or made["particles"] is None:
        return []
    off = made["fitted"] - made["particles"]
    if abs(off) < SLIGHT:
        return []
    return [
        f"the density fitted for {name} is {off:+.1f} off its own, over the whole record; differences no "
        "larger than that may come from it"
    ]


def _conditioned(given: dict[str, list[str]]) -> list[str]:
    """A remark where the readings are told different things before they foretell."""
    shared = set.intersection(*(set(names) for names in given.values()))
    more = {name: sorted(set(told) - shared) for name, told in given.items()}
    if not any(more.values()):
        return []
    said = "; ".join(f"{name}: {', '.join(told) or 'nothing'}" for name, told in more.items())
    return [
        f"the readings are not given the same, and who is told more has less to foretell ({said})"
    ]


def _unsound(record: Record, found: Sequence[Weighed]) -> list[str]:
    """What to do where k-hat is too high."""
    high = np.any([item.foretold.khat > item.foretold.limit for item in found], axis=0)
    if not high.any():
        return []
    times = found[0].foretold.times
    after = int(np.flatnonzero(high)[-1]) + 1
    left = len(times) - after
    said = "where k-hat is above its limit, a fit of the whole record cannot stand for one of the record up to then"
    if left < FEWEST:
        return [
            f"{said}; a later --from that leaves out such times leaves {left} times, which are too few"
        ]
    return [f"{said}; --from {record.dates[times[after]]} leaves such times out, and keeps {left}"]


def _finite(value: Any) -> float | None:
    return float(value) if np.isfinite(value) else None
