"""What the record says of claims: evidence with its weights, the verdict, and what it hinges on."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import Any

SCHEMA = 1


@dataclass(frozen=True, slots=True)
class Seen:
    """One piece of evidence or one test, weighed.

    Attributes:
        key: ``evidence 1``, ``test 1``.
        ids: of the ledger's events; of a test, its series or none.
        what: the events in words, or what the test found.
        because: why it weighs so.
        group: the group it is counted in; ''.
        likelihood: under the claim; None of a test.
        weights: rival to decibels for the claim.
        p: of a test: one-sided, in the claimed direction, and adjusted; else None.
    """

    key: str
    ids: tuple[str, ...]
    what: str
    because: str
    group: str
    likelihood: float | None
    weights: dict[str, float]
    p: tuple[float, float] | None = None


@dataclass(frozen=True, slots=True)
class Sensitivity:
    """How firm a verdict is.

    Attributes:
        margin: decibels to the nearest threshold.
        leave_one_out: share of pieces without which the verdict stays.
        perturbed: share of disturbed codings under which it stays; None if not asked for.
        codings: how many.
    """

    margin: float
    leave_one_out: float
    perturbed: float | None = None
    codings: int = 0


@dataclass(frozen=True, slots=True)
class RecordVerdict:
    """What the record says of one claim.

    Attributes:
        verdict: one of :data:`reassure.history.record.weights.VERDICTS`; '' where the claim has no record.
        reading: the coding of the ledger it was found under.
        weights: rival to total decibels for the claim.
        best_rival: the rival that the claim beats least.
        hinges_on: pieces or groups whose removal changes the verdict, each with the verdict without it.
        would_be_seen: of what is not observable, what would have to be seen.
        warnings: events that are counted in several independent pieces.
    """

    id: str
    number: int | None
    text: str
    verdict: str
    reading: str
    expects: str
    against: str
    evidence: tuple[Seen, ...]
    weights: dict[str, float]
    best_rival: str
    hinges_on: tuple[tuple[str, str], ...]
    sensitivity: Sensitivity | None
    would_be_seen: str = ""
    note: str = ""
    warnings: tuple[str, ...] = ()

    @property
    def lead(self) -> float | None:
        """Decibels against the best rival; None where nothing was weighed."""
        return self.weights[self.best_rival] if self.best_rival else None

    def as_json(self) -> dict[str, Any]:
        """The verdict as plain values."""
        firm = self.sensitivity
        return {
            "verdict": self.verdict,
            "reading": self.reading,
            "expects": self.expects,
            "against": self.against,
            "evidence": [
                {
                    "key": item.key,
                    "ids": list(item.ids),
                    "what": item.what,
                    "because": item.because,
                    "group": item.group,
                    "likelihood": item.likelihood,
                    "decibels": item.weights,
                    "p": None if item.p is None else {"one_sided": item.p[0], "holm": item.p[1]},
                }
                for item in self.evidence
            ],
            "decibels": self.weights,
            "best_rival": self.best_rival,
            "hinges_on": [{"without": key, "verdict": word} for key, word in self.hinges_on],
            "sensitivity": None
            if firm is None
            else {
                "margin_decibels": firm.margin,
                "leave_one_out": firm.leave_one_out,
                "perturbed": firm.perturbed,
                "codings": firm.codings,
            },
            "would_be_seen": self.would_be_seen,
            "note": self.note,
            "warnings": list(self.warnings),
        }


@dataclass(frozen=True, slots=True)
class RecordResult:
    """What the record says of an argument's claims.

    Attributes:
        rivals: name to sentence.
    """

    model: str
    ledger: str
    reading: str
    rivals: dict[str, str]
    results: tuple[RecordVerdict, ...]

    def __getitem__(self, claim: str) -> RecordVerdict:
        """The verdict on the claim with this id.

        Raises:
            KeyError: there is none.
        """
        for item in self.results:
            if item.id == claim:
                return item
        raise KeyError(claim)

    @property
    def contradicted(self) -> list[RecordVerdict]:
        """The claims against which the record speaks, be it weakly, worst first."""
        found = [item for item in self.results if item.verdict.startswith("contradicted")]
        return sorted(found, key=lambda item: item.lead or 0.0)

    def counts(self) -> Counter[str]:
        """How many claims have each verdict."""
        return Counter(item.verdict for item in self.results)

    def as_json(self) -> dict[str, Any]:
        """Everything as plain values."""
        return {
            "schema": SCHEMA,
            "model": self.model,
            "ledger": self.ledger,
            "reading": self.reading,
            "rivals": self.rivals,
            "claims": [
                {"id": item.id, "number": item.number, "text": item.text, "record": item.as_json()}
                for item in self.results
            ],
        }


BOTH = "the argument and the record agree"
LOGIC = "the logic holds but the record does not"
RECORD = "the record holds though the logic need not"
MIXED = "the logic holds, the record is mixed"
NEITHER = "neither"
UNSEEN = "the record cannot say"


def together(model: str, record: str) -> str:
    """The two verdicts in words. The logic holds where the model says that the claim holds or mostly holds; the
    record where it supports it, be it weakly.
    """
    if record in ("", "not observable"):
        return UNSEEN
    logic, seen = model in ("holds", "mostly holds"), record.startswith("supported")
    if logic:
        return BOTH if seen else MIXED if record == "mixed" else LOGIC
    return RECORD if seen else NEITHER
