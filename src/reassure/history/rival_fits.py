"""What fits of rival readings must share to be weighed: the record, value by value."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from reassure.history.fit.posterior import Posterior, facts_of
from reassure.model.mistakes import UsageError

PROBABILITIES = frozenset({"poisson", "negative_binomial", "ordinal", "bernoulli", "hazard"})
"""Families whose terms are probabilities; those of the others are densities."""


@dataclass(frozen=True)
class Record:
    """The record of one fit.

    Attributes:
        folder: of the fit.
        ledger, coding, since, until: as the fit was asked for.
        dates: first day of each step.
        measurements: names, in order.
        told: whether a value of a measurement falls in a step, ``[steps]``.
        values: what was observed, by measurement, where the fit's folder holds it.
        given: names of what is conditioned on.
        likelihoods: family by measurement.
    """

    folder: Path
    ledger: str
    coding: str
    since: str | None
    until: str | None
    dates: tuple[str, ...]
    measurements: tuple[str, ...]
    told: dict[str, NDArray[np.bool_]]
    values: dict[str, NDArray[np.float64]]
    given: list[str]
    likelihoods: dict[str, str]

    @staticmethod
    def of(posterior: Posterior) -> Record:
        """The record of a fit.

        Raises:
            UsageError: the folder does not say when its values fall, or holds no log densities.
        """
        folder, facts = posterior.folder, posterior.facts
        record: dict[str, Any] | None = facts.get("record")
        if record is None:
            raise UsageError(
                f"the fit in {folder} does not say the dates of its values",
                "give the `reassure fit` that made it once more: it adds them and draws nothing anew",
            )
        names = tuple(sorted(posterior.terms))
        dates = tuple(record["dates"])
        fits = all(rows.shape[-1] == len(dates) for rows in posterior.terms.values())
        if not names or not fits or not all(np.isfinite(x).all() for x in posterior.terms.values()):
            raise UsageError(
                f"the log densities in {folder} do not fit its dates, or are no numbers",
                "fit again in a new folder",
            )
        return Record(
            folder=folder,
            ledger=facts["ledger"],
            coding=facts["reading"],
            since=facts.get("since"),
            until=facts.get("until"),
            dates=dates,
            measurements=names,
            # Where nothing is told, the log density is zero whatever the draw.
            told={name: (posterior.terms[name] != 0).any(axis=(0, 1)) for name in names},
            values={name: item.observed for name, item in posterior.replicates.items()},
            given=list(record["given"]),
            likelihoods=dict(record["likelihoods"]),
        )


def check_rivals(one: Record, other: Record) -> None:
    """Refuse two fits that are not of the same record.

    Raises:
        UsageError: they are not.
    """
    both = f"{one.folder} and {other.folder}"
    same = "fit the readings to the same record, with the same --ledger, --reading, --from and --to"
    for what, a, b in (
        ("of different ledgers", one.ledger, other.ledger),
        ("of different readings of the ledger", one.coding, other.coding),
        ("with different --from", one.since, other.since),
        ("with different --to", one.until, other.until),
    ):
        if a != b:
            raise UsageError(f"{both} are fits {what}: {a or 'none'} and {b or 'none'}", same)
    if one.dates != other.dates:
        raise UsageError(
            f"{both} are fits of different dates: {_span(one)} and {_span(other)}",
            "fit readings with the same `time:`, and the same --to",
        )
    if one.measurements != other.measurements:
        odd = sorted({*one.measurements} ^ {*other.measurements})
        raise UsageError(
            f"{both} do not measure the same: only one of them has {', '.join(odd)}",
            "give the readings the same `observations:`",
        )
    for name in one.measurements:
        _check_values(name, one, other, both)


def _check_values(name: str, one: Record, other: Record, both: str) -> None:
    known = name in one.values and name in other.values
    if known and not np.array_equal(one.values[name], other.values[name], equal_nan=True):
        raise UsageError(
            f"{both} do not see the same values of {name}",
            "use one version of the ledger, and the same series, `per`, `window` and `aggregate`",
        )
    if not np.array_equal(one.told[name], other.told[name]):
        raise UsageError(
            f"{both} do not see {name} at the same times",
            "give it the same `series`, `lag`, `window` and `every` in the readings",
        )
    families = [item.likelihoods.get(name, "") for item in (one, other)]
    if (families[0] in PROBABILITIES) != (families[1] in PROBABILITIES):
        raise UsageError(
            f"{name} is {families[0]} in {one.folder} and {families[1]} in {other.folder}: a probability and a "
            "density cannot be compared",
            "give it likelihoods of one kind in the readings",
        )


def _span(record: Record) -> str:
    return f"{len(record.dates)} steps from {record.dates[0]} to {record.dates[-1]}"


def names_of(folders: Sequence[str | Path]) -> list[str]:
    """What to call the fit in each folder: its model, and the folder where models share a name.

    Raises:
        UsageError: a folder is named twice, or holds no fit.
    """
    paths = [Path(folder) for folder in folders]
    places = [path.resolve() for path in paths]
    for path, place in zip(paths, places, strict=True):
        if places.count(place) > 1:
            raise UsageError(f"{path} is named twice", "name the fit of each reading once")
    models = [str((facts_of(path) or {}).get("model", path)) for path in paths]
    return [
        f"{model} ({path})" if models.count(model) > 1 else model
        for model, path in zip(models, paths, strict=True)
    ]
