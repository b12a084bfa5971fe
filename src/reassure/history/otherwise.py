"""What a counterfactual tells: what would have been different, and which decisions averted or brought."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from reassure.engine.conditioned import AS_IT_HAPPENED
from reassure.history.bands import Band, Fan
from reassure.model.mistakes import UsageError, quote, suggest

NOTE = "the model's counterfactual, and not history's"
"""What every report of one says first."""


@dataclass(frozen=True)
class Sway:
    """How an answer moves with a parameter: rank correlation over draws."""

    parameter: str
    correlation: float


@dataclass(frozen=True)
class Difference:
    """One number, as it was and as it would have been, in its own unit.

    Attributes:
        name, kind, unit: kind is outcome, quantity (at the last date) or event (how often since).
        factual, counterfactual, difference: over draws and chance.
        higher, lower: shares of futures in which it would have been so.
        chance: the share of the variance of the difference that is chance, not the parameters'; 0 where it does
            not vary, None where too few draws have two lanes or more to tell.
        prior: the difference over draws of the prior that were not weighed by the record; None where
            they are what :attr:`difference` is of.
        sways: the parameters whose draws go most with the difference.
    """

    name: str
    kind: str
    unit: str
    factual: Band
    counterfactual: Band
    difference: Band
    higher: float
    lower: float
    chance: float | None
    prior: Band | None
    sways: tuple[Sway, ...]

    def as_json(self) -> dict[str, Any]:
        """For other programs."""
        bands = ("factual", "counterfactual", "difference")
        return {
            "name": self.name,
            "kind": self.kind,
            "unit": self.unit,
            **{name: getattr(self, name).as_json() for name in bands},
            "higher": self.higher,
            "lower": self.lower,
            "chance": self.chance,
            "prior": None if self.prior is None else self.prior.as_json(),
            "sways": [{"parameter": x.parameter, "correlation": x.correlation} for x in self.sways],
        }


@dataclass(frozen=True)
class Decision:
    """Whether an option comes into force after the date, and when.

    Attributes:
        choice, option: names.
        factual, counterfactual: shares of futures in which it comes.
        averted: share of those in which it came in which it would not have come.
        brought: share of those in which it did not come in which it would have.
        date, otherwise: median dates at which it comes, '' where it never does.
    """

    choice: str
    option: str
    factual: float
    counterfactual: float
    averted: float | None
    brought: float | None
    date: str
    otherwise: str


@dataclass(frozen=True)
class Counterfactual:
    """What would have come otherwise, by the model.

    Attributes:
        model, digest, ledger, reading: what was asked.
        at, to, record: from which date things go otherwise, what is read off last, and where the record
            ends.
        policy, do: what is done otherwise.
        drawn_from, scenarios, replications, seed, effective_draws, weighed: see
            :class:`reassure.history.nowcast.Nowcast`.
        differences: outcomes (read to the last date), quantities and events.
        decisions: options that come in some future.
        factual, counterfactual: quantities step by step.
        remarks: what a reader should know.
    """

    model: str
    digest: str
    ledger: str
    reading: str
    at: str
    to: str
    record: str
    policy: str
    do: Mapping[str, float | str]
    drawn_from: str
    scenarios: int
    replications: int
    seed: int
    effective_draws: float
    weighed: bool
    differences: tuple[Difference, ...]
    decisions: tuple[Decision, ...]
    factual: Mapping[str, Fan]
    counterfactual: Mapping[str, Fan]
    remarks: tuple[str, ...]

    @property
    def otherwise(self) -> str:
        """What is done otherwise, in words."""
        held = [
            f"{name} held at {value if isinstance(value, str) else format(value, '.4g')}"
            for name, value in self.do.items()
        ]
        policy = [] if self.policy == AS_IT_HAPPENED and held else [self.policy]
        return ", ".join((*policy, *held))

    def difference(self, name: str) -> Difference:
        """Of an outcome, quantity or event.

        Raises:
            UsageError: it was not read.
        """
        for item in self.differences:
            if item.name == name:
                return item
        raise UsageError(
            f"{quote(name)} was not read", suggest(name, [item.name for item in self.differences])
        )

    def as_json(self) -> dict[str, Any]:
        """For other programs."""
        plain = ("model", "digest", "ledger", "reading", "at", "to", "record", "policy", "drawn_from",
                 "scenarios", "replications", "seed", "effective_draws", "weighed")  # fmt: skip
        return {
            "schema": 1,
            "note": NOTE,
            **{name: getattr(self, name) for name in plain},
            "do": dict(self.do),
            "differences": [item.as_json() for item in self.differences],
            "decisions": [
                {name: getattr(item, name) for name in Decision.__dataclass_fields__}
                for item in self.decisions
            ],
            "factual": {name: item.as_json() for name, item in self.factual.items()},
            "counterfactual": {name: x.as_json() for name, x in self.counterfactual.items()},
            "remarks": list(self.remarks),
        }
