"""What the test of a claim on the record means, checked."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from reassure.model.checked_about import Place


@dataclass(frozen=True, slots=True)
class Rival:
    """An explanation that competes with claims: its name, its sentence, and a model that spells it out."""

    name: str
    text: str
    model: str = ""


@dataclass(frozen=True, slots=True)
class Piece:
    """One piece of evidence.

    Attributes:
        sees: ids of ledger events.
        likelihood: probability of seeing it under the claim.
        under: (rival, probability of seeing it under that rival), for each rival of the record.
        because: the reason of the numbers.
        group: pieces of one group depend on one another; '' stands alone.
        reading: the reading of the ledger under which it counts; '' is every one.
    """

    sees: tuple[str, ...]
    likelihood: float
    under: tuple[tuple[str, float], ...]
    because: str
    group: str = ""
    reading: str = ""


@dataclass(frozen=True, slots=True)
class Pick:
    """Which events: by category, actor, target ('' is any), direction (None is any), least magnitude, ids
    (none is any)."""

    category: str = ""
    actor: str = ""
    target: str = ""
    direction: int | None = None
    least: int = 1
    ids: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class RecordTest:
    """A statistical test on series or counts of events; ``sign`` is +1 for 'higher', -1 for 'lower'."""

    form: str
    sign: int
    rivals: tuple[str, ...]
    because: str
    series: str = ""
    events: Pick | None = None
    after: Pick | None = None
    at: date | None = None
    during: tuple[date, date] | None = None
    within: int = 90
    reading: str = ""


@dataclass(frozen=True, slots=True)
class Record:
    """How a claim is held against the record.

    Attributes:
        start, end: the window, both included; None is the model's start and the ledger's end.
        rivals: names of the rivals.
        unobservable: why the record cannot tell and what would have to be seen; '' where it can.
        place: where it stands in its file.
    """

    start: date | None
    end: date | None
    expects: str
    against: str
    rivals: tuple[str, ...]
    pieces: tuple[Piece, ...]
    tests: tuple[RecordTest, ...]
    unobservable: str = ""
    note: str = ""
    place: Place | None = None
