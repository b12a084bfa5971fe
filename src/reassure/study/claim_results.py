"""What the futures say of claims: one result a claim, and all of an argument's together."""

from __future__ import annotations

from collections import Counter
from dataclasses import asdict, dataclass, field
from html import escape
from typing import Any

from reassure.engine.results import Solves
from reassure.model.checked import Cite
from reassure.study.hinges import Hinge, percent, two_figures
from reassure.study.solves import solves_json, solves_line
from reassure.study.verdict import VERDICTS, Label, Thresholds, Verdict

SCHEMA = 1


@dataclass(frozen=True, slots=True)
class ClaimResult:
    """What the futures say of one claim.

    Attributes:
        id: the claim's name; ``number`` its number in the text, or None.
        standing: 'assumed', 'derived', 'no path', or '' if not testable; ``standing_reason`` in a
            sentence.
        verdict: see docs/verdicts.md.
        supports, contradicts, no_effect, undetermined: shares of the scenarios to which the claim
            applies; they sum to one. A claim that is not testable leaves all undetermined.
        intervals: 95 percent intervals of the four shares, for the number of scenarios drawn.
        applicable: share of the futures to which the claim applies; below 1 only where conditional.
        scenarios: how many scenarios it applies to.
        effect: 5, 50 and 95 percent quantiles over scenarios of the mean of ``estimand``, in
            ``unit``; None if nothing was run.
        smallest_effect: the smallest that matters, with its reason.
        replications: most replications that any scenario got.
        replications_needed: how many would settle nine in ten of the undetermined scenarios, as
            planned from what was seen; 0 when none is undetermined, None when it cannot be said (an
            effect on the edge).
        hinges: where it fails, in one line; '' when it simply holds. ``hinge`` has the same as
            numbers.
        note: what a reader must know besides.
        labels: what each scenario says.
    """

    id: str
    number: int | None
    text: str
    cites: tuple[Cite, ...]
    form: str
    modality: str
    believer: str
    standing: str
    standing_reason: str
    verdict: Verdict
    supports: float
    contradicts: float
    no_effect: float
    undetermined: float
    intervals: tuple[tuple[float, float], ...]
    applicable: float
    scenarios: int
    estimand: str
    effect: tuple[float, float, float] | None
    unit: str
    smallest_effect: float
    smallest_because: str
    replications: int
    replications_needed: int | None
    hinges: str
    hinge: Hinge
    note: str
    labels: tuple[Label, ...]

    def as_json(self) -> dict[str, Any]:
        """One entry of the contract of ``claims --json``."""
        names = ("supports", "contradicts", "no_effect", "undetermined")
        effect = dict(zip(("p05", "p50", "p95"), self.effect, strict=True)) if self.effect else None
        return {
            "id": self.id,
            "number": self.number,
            "text": self.text,
            "cites": [f"{c.source} / {c.where}" if c.where else c.source for c in self.cites],
            "form": self.form,
            "modality": self.modality,
            "believer": self.believer,
            "standing": self.standing,
            "standing_reason": self.standing_reason,
            "verdict": self.verdict,
            **{name: getattr(self, name) for name in names},
            "intervals": dict(zip(names, map(list, self.intervals), strict=True)),
            "applicable": self.applicable,
            "scenarios": self.scenarios,
            "estimand": self.estimand,
            "effect": effect,
            "unit": self.unit,
            "smallest_effect": self.smallest_effect,
            "smallest_because": self.smallest_because,
            "replications": self.replications,
            "replications_needed": self.replications_needed,
            "hinges": self.hinges,
            "hinge": self.hinge.as_json(),
            "note": self.note,
        }


@dataclass(frozen=True, slots=True)
class ClaimsResult:
    """What the futures say of an argument's claims, in the model's order.

    Attributes:
        model: its name.
        scenarios: how many were drawn; ``replications`` each at first, ``max_replications`` at
            most.
        futures: how many were run, in ``seconds``, compilation included.
        complete: False when the test was stopped early.
        provenance: what made the result.
        games: how often each game was solved, and how often something was flagged.
    """

    model: str
    title: str
    scenarios: int
    replications: int
    max_replications: int
    thresholds: Thresholds
    futures: int
    seconds: float
    complete: bool
    provenance: dict[str, str | int | float]
    results: tuple[ClaimResult, ...]
    games: dict[str, Solves] = field(default_factory=dict)

    order = VERDICTS

    def __getitem__(self, name: str | int) -> ClaimResult:
        """A result by the claim's id or number."""
        for item in self.results:
            if name in (item.id, item.number):
                return item
        raise KeyError(name)

    @property
    def thresholds_note(self) -> str:
        """A sentence on the thresholds, where they are not the usual ones; else ''."""
        usual = asdict(Thresholds())
        changed = [
            f"{name} {two_figures(value)} (usually {two_figures(usual[name])})"
            for name, value in asdict(self.thresholds).items()
            if value != usual[name]
        ]
        return f"Thresholds of the verdicts differ: {', '.join(changed)}." if changed else ""

    def summary(self) -> str:
        """The verdicts counted, and what it took, in one line."""
        counts, count = Counter(item.verdict for item in self.results), len(self.results)
        said = ", ".join(f"{counts[name]} {name}" for name in VERDICTS if counts[name])
        line = solves_line(self.games)
        games = f" {line[0].upper()}{line[1:]}." if line else ""
        return (
            f"{count} {'claim' if count == 1 else 'claims'}: {said or 'none'}. "
            f"{self.futures:,} futures, "
            f"{self.scenarios} scenarios, {self.seconds:.1f} s.{games}"
        )

    def as_json(self) -> dict[str, Any]:
        """The contract of ``claims --json``."""
        return {
            "schema": SCHEMA,
            "model": self.model,
            "hash": self.provenance.get("model_hash", ""),
            "seed": self.provenance.get("seed"),
            "design": self.provenance.get("design"),
            "scenarios": self.scenarios,
            "replications": self.replications,
            "max_replications": self.max_replications,
            "thresholds": asdict(self.thresholds),
            "futures": self.futures,
            "seconds": self.seconds,
            "complete": self.complete,
            "provenance": self.provenance,
            **({"games": solves_json(self.games)} if self.games else {}),
            "claims": [item.as_json() for item in self.results],
        }

    def _repr_html_(self) -> str:
        rows = "".join(
            "<tr>"
            + "".join(
                f"<td>{escape(cell)}</td>"
                for cell in (
                    "" if item.number is None else str(item.number),
                    item.text or item.id,
                    item.verdict,
                    item.standing,
                    percent(item.supports),
                    percent(item.no_effect),
                    percent(item.contradicts),
                    percent(item.undetermined),
                    item.hinges or item.note,
                )
            )
            + "</tr>"
            for item in self.results
        )
        names = "no.,claim,verdict,standing,supports,no effect,contradicts,undetermined,hinges on"
        head = "".join(f"<th>{name}</th>" for name in names.split(","))
        return f"<table><tr>{head}</tr>{rows}</table><p>{escape(self.summary())}</p>"
