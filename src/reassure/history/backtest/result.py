"""A finished backtest: who foretold what how well, and what may be said of it."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable
from dataclasses import dataclass, fields
from functools import cached_property
from typing import Any

import numpy as np

from reassure.history.backtest.origins import Origin
from reassure.history.backtest.scoring import Row
from reassure.history.backtest.simple import BASELINES
from reassure.history.record.statistics import holm
from reassure.history.scores import (
    BETTER,
    NO_BETTER,
    UNTOLD,
    WORSE,
    Calibration,
    Paired,
    calibration,
    compare_scores,
    coverage,
)

Array = np.ndarray[Any, Any]
Key = tuple[str, str, str]

TIE = "tie"
"""Two readings forecast the same: at all origins they are the same model, or give the same scores."""

UNSHARED = "nothing to compare"
"""Two readings have no scores of the same values: one was not run, or measures nothing that the other does."""


@dataclass(frozen=True)
class Part:
    """A reading at an origin.

    Attributes:
        reading, origin: labels.
        way: how its parameters learnt.
        said: how that went.
        notes: of how the record was taken.
        missing: targets that are not scored, with the reason.
        rows: its scores.
        same_as: the reading that computes the same at this origin; '' for none before it.
    """

    reading: str
    origin: str
    way: str
    said: str
    notes: tuple[str, ...]
    missing: dict[str, str]
    rows: tuple[Row, ...]
    same_as: str = ""


@dataclass(frozen=True)
class Standing:
    """How a reading did on a target, or on all of them.

    Attributes:
        target: '' for all.
        reading: who forecast.
        values, years: how many were scored, and in how many calendar years.
        crps, log: means of its scores.
        brier: mean, where the target has an event; None else.
        against: the comparison of CRPS with each baseline, by name.
        best: the baseline with the least mean CRPS, '' where there is none. It is chosen after the
            fact, which is to the baseline's advantage.
        rivals: the comparison with each other reading, or :data:`TIE`, or :data:`UNSHARED`.
        adjusted: the p-value against the best baseline, adjusted for the number of targets.
    """

    target: str
    reading: str
    values: int
    years: int
    crps: float
    log: float
    brier: float | None
    against: dict[str, Paired]
    best: str
    rivals: dict[str, Paired | str]
    adjusted: float = float("nan")

    @property
    def paired(self) -> Paired | None:
        """The comparison with the best baseline."""
        return self.against.get(self.best)

    @property
    def verdict(self) -> str:
        """Better, no better, worse or cannot be told, than the best baseline."""
        return UNTOLD if self.paired is None else self.paired.verdict

    @property
    def skill(self) -> tuple[float, float, float]:
        """1 - ours / theirs of mean CRPS against the best baseline, with its interval's ends."""
        paired = self.paired
        if paired is None or not paired.theirs > 0:
            return (float("nan"),) * 3
        ends = (-paired.high / paired.theirs, -paired.low / paired.theirs)
        return (paired.skill, *ends)

    @property
    def sentence(self) -> str:
        """The verdict in words."""
        if self.paired is None:
            return f"{self.target or 'all'}: cannot be told: the past gives no baseline"
        return f"{self.target or 'all targets'}: {self.paired.sentence(self.best)}"


@dataclass(frozen=True)
class Backtest:
    """Forecasts of several readings from several origins, scored beside the baselines.

    Attributes:
        readings: names; the first is the one that the others are rivals of.
        ledger, coding: names.
        origins, horizon, policy, draws, seed: as asked for.
        parts: each reading at each origin, as far as finished.
        baselines: rows of the baselines.
        labels: what each target is, in words.
        complete: False if it was interrupted.
    """

    readings: tuple[str, ...]
    ledger: str
    coding: str
    origins: tuple[Origin, ...]
    horizon: str
    policy: str
    draws: int
    seed: int
    parts: tuple[Part, ...]
    baselines: tuple[Row, ...]
    labels: dict[str, str]
    complete: bool = True

    @cached_property
    def rows(self) -> tuple[Row, ...]:
        """All scores."""
        return (*(row for part in self.parts for row in part.rows), *self.baselines)

    @cached_property
    def _by(self) -> dict[str, dict[Key, Row]]:
        found: dict[str, dict[Key, Row]] = {}
        for row in self.rows:
            found.setdefault(row.by, {})[row.origin, row.target, row.period] = row
        return found

    @cached_property
    def targets(self) -> tuple[str, ...]:
        """Those that were scored, in the model's order."""
        there = {row.target for row in self.rows}
        return tuple(name for name in self.labels if name in there)

    @cached_property
    def unscored(self) -> dict[str, str]:
        """Targets that no origin could score, with a reason."""
        found = {name: why for part in self.parts for name, why in part.missing.items()}
        return {name: why for name, why in found.items() if name not in self.targets}

    def standing(self, reading: str, target: str = "") -> Standing:
        """How a reading did on a target, or ('') over all, each target counting alike."""
        ours = {k: r for k, r in self._by.get(reading, {}).items() if target in ("", k[1])}
        scale = {} if target else self._scales(ours)
        if not target:  # what no baseline forecast has nothing to be compared by
            ours = {key: row for key, row in ours.items() if key[1] in scale}
        there = [name for name in BASELINES if self._by.get(name)]
        if not target:  # only those of which every target has one
            there = [n for n in there if n in BASELINES[:3]]
        against = {}
        for name in there:
            theirs = self._by[name]
            keys = [key for key in ours if key in theirs]
            if keys:
                against[name] = self._paired(ours, theirs, keys, scale)
        rivals: dict[str, Paired | str] = {}
        for other in self.readings:
            if other != reading:
                theirs = self._by.get(other, {})
                keys = [key for key in ours if key in theirs]
                if not keys:
                    rivals[other] = UNSHARED
                elif all(ours[k].crps == theirs[k].crps for k in keys):
                    rivals[other] = TIE
                else:
                    rivals[other] = self._paired(ours, theirs, keys, scale)
        rows = list(ours.values())
        brier = [row.brier for row in rows if row.brier is not None]
        return Standing(
            target,
            reading,
            len(rows),
            len({row.year for row in rows}),
            self._level(rows, scale),
            _mean([row.log for row in rows]),
            _mean(brier) if brier else None,
            against,
            self._best(ours, against),
            rivals,
        )

    def standings(self, reading: str) -> tuple[Standing, ...]:
        """How a reading did on each target."""
        from dataclasses import replace

        found = [self.standing(reading, name) for name in self.targets]
        told = [i for i, item in enumerate(found) if item.paired is not None]
        adjusted = holm([found[i].paired.p for i in told])  # type: ignore[union-attr]
        for i, p in zip(told, adjusted, strict=True):
            found[i] = replace(found[i], adjusted=p)
        return tuple(found)

    def _best(self, ours: dict[Key, Row], against: dict[str, Paired]) -> str:
        """The baseline with the least mean CRPS, over the values that all of them forecast."""
        if not against:
            return ""
        keys = [key for key in ours if all(key in self._by[name] for name in against)]
        if not keys:
            return max(against, key=lambda name: against[name].targets)
        scale = self._scales(ours)
        return min(
            against,
            key=lambda name: _mean([self._by[name][k].crps / scale.get(k[1], 1.0) for k in keys]),
        )

    def _level(self, rows: list[Row], scale: dict[str, float]) -> float:
        """The mean CRPS; with scales, of their ratios, each target counting alike."""
        by: dict[str, list[float]] = {}
        for row in rows:
            by.setdefault(row.target, []).append(row.crps / scale.get(row.target, 1.0))
        return _mean([_mean(values) for values in by.values()])

    def _scales(self, ours: dict[Key, Row]) -> dict[str, float]:
        """The mean CRPS of the baselines by target, by which scores of targets are made comparable."""
        found: dict[str, list[float]] = {}
        for name in BASELINES:
            for key, row in self._by.get(name, {}).items():
                if key in ours:
                    found.setdefault(row.target, []).append(row.crps)
        return {name: _mean(values) or 1.0 for name, values in found.items()}

    def _paired(
        self,
        ours: dict[Key, Row],
        theirs: dict[Key, Row],
        keys: list[Key],
        scale: dict[str, float],
    ) -> Paired:
        counts: dict[str, int] = {}
        for key in keys:
            counts[key[1]] = counts.get(key[1], 0) + 1
        share = np.ones(len(keys))
        if scale:  # every target counts alike
            share = np.array(
                [len(keys) / len(counts) / counts[k[1]] / scale.get(k[1], 1.0) for k in keys]
            )
        first = np.array([ours[key].crps for key in keys]) * share
        second = np.array([theirs[key].crps for key in keys]) * share
        return compare_scores(first, second, [ours[key].year for key in keys])

    def shared(self, reading: str, by: str, target: str = "") -> list[tuple[Row, Row]]:
        """Scores of a reading beside those of another forecaster for the same values."""
        theirs = self._by.get(by, {})
        return [
            (row, theirs[key])
            for key, row in self._by.get(reading, {}).items()
            if key in theirs and target in ("", key[1])
        ]

    def spread(self, by: str, target: str = "") -> tuple[Calibration, dict[float, float]]:
        """Whether what came lay where the forecasts said, and the coverage of central intervals."""
        rows = [r for r in self._by.get(by, {}).values() if target in ("", r.target)]
        ends = np.array([r.low for r in rows]), np.array([r.high for r in rows])
        return calibration(ends, [row.year for row in rows]), coverage(ends)

    def as_json(self) -> dict[str, Any]:
        """Everything for other programs; NaN and infinities are None."""
        return {
            "schema": 1,
            "readings": list(self.readings),
            "ledger": self.ledger,
            "reading": self.coding,
            "origins": [
                {"label": o.label, "day": o.day, "steps": o.end - o.step, "shortened": o.shortened}
                for o in self.origins
            ],
            "horizon": self.horizon,
            "policy": self.policy,
            "draws": self.draws,
            "seed": self.seed,
            "complete": self.complete,
            "learning": [
                {"reading": p.reading, "origin": p.origin, "way": p.way, "said": p.said,
                 "same_as": p.same_as, "notes": list(p.notes)}
                for p in self.parts
            ],
            "targets": self.labels,
            "unscored": self.unscored,
            "standings": [
                _standing_json(item)
                for name in self.readings
                for item in (self.standing(name), *self.standings(name))
            ],
            "rows": [row.as_json() for row in self.rows],
        }  # fmt: skip

    def as_csv(self) -> str:
        """Every score, one line a forecast of a value."""
        buffer = io.StringIO()
        names = [f.name for f in fields(Row) if f.name != "quantiles"]
        writer = csv.writer(buffer, lineterminator="\n")
        writer.writerow([*names, "q05", "q25", "q50", "q75", "q95"])
        for row in self.rows:
            own = ["" if (x := getattr(row, name)) is None else x for name in names]
            writer.writerow([*own, *row.quantiles])
        return buffer.getvalue()


def _mean(values: Iterable[float]) -> float:
    listed = list(values)
    return float(np.mean(listed)) if listed else float("nan")


def _finite(value: float | None) -> float | None:
    return None if value is None or not np.isfinite(value) else float(value)


def _standing_json(item: Standing) -> dict[str, Any]:
    def paired(found: Paired | str) -> dict[str, Any] | str:
        if isinstance(found, str):
            return found
        return {
            "ours": _finite(found.ours), "theirs": _finite(found.theirs),
            "difference": _finite(found.difference), "low": _finite(found.low),
            "high": _finite(found.high), "p": found.p, "values": found.targets,
            "years": found.clusters, "verdict": found.verdict,
        }  # fmt: skip

    return {
        "reading": item.reading,
        "target": item.target or None,
        "values": item.values,
        "years": item.years,
        "crps": _finite(item.crps),
        "log": _finite(item.log),
        "brier": _finite(item.brier),
        "best_baseline": item.best,
        "verdict": item.verdict,
        "adjusted_p": _finite(item.adjusted),
        "sentence": item.sentence,
        "against": {name: paired(found) for name, found in item.against.items()},
        "rivals": {name: paired(found) for name, found in item.rivals.items()},
    }


__all__ = [
    "BETTER",
    "NO_BETTER",
    "TIE",
    "UNSHARED",
    "UNTOLD",
    "WORSE",
    "Backtest",
    "Part",
    "Standing",
]
