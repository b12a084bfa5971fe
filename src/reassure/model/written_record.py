"""How the test of a claim on the record is written: evidence, its weights, and statistical tests.

Nothing here changes what the model computes: the model's digest leaves it out.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BeforeValidator, Field, WithJsonSchema

from reassure.model.written_claims_values import ONE_OR_MORE, listed
from reassure.model.written_values import Date, Element, Numeral, Shape, Text

Names = Annotated[list[str], BeforeValidator(listed), WithJsonSchema(ONE_OR_MORE)]
"""One name or a list of them."""

TestForm = Literal["event_study", "interrupted", "rank", "trend", "counts"]
"""How a statistical test on the record is made."""


class Rival(Element):
    """An explanation that competes with claims of the argument. A bare text is its `text`."""

    short = "text"
    short_kinds = (str,)

    model: Text = ""
    """A model that spells it out: a bundled name, or a file in this model's folder."""


class Piece(Shape):
    """One piece of evidence: how likely it was to be seen under the claim and under each rival."""

    sees: Names = Field(default_factory=list)
    """Ids of the ledger's events that are seen."""
    likelihood: dict[str, Numeral] = Field(default_factory=dict)
    """Probability of seeing it under `claim` and under each rival, above 0 and below 1."""
    because: Text = ""
    """Why these probabilities."""
    group: Text = ""
    """Pieces of one group depend on one another and are counted once, with their mean weight."""
    reading: Text = ""
    """The reading of the ledger under which it counts; left out, every reading."""


class Pick(Shape):
    """Which of the ledger's events are meant. A bare word is the category."""

    short = "category"
    short_kinds = (str,)

    category: Text = ""
    """Their category."""
    actor: Text = ""
    """Who did it."""
    target: Text = ""
    """To whom."""
    direction: int | None = Field(default=None, ge=-1, le=1)
    """Their coded direction: -1, 0 or 1."""
    least: int = Field(default=1, ge=1, le=3)
    """Their least magnitude, 1 to 3."""
    ids: Names = Field(default_factory=list)
    """Ids of events: these alone, as far as the rest fits them too."""


class RecordTest(Shape):
    """A statistical test on the ledger's series or counts of events."""

    form: TestForm
    """`rank` (before and after a date), `interrupted` (level shift against the trend), `trend`,
    `counts` (two rates) or `event_study` (events after events).
    """
    series: Text = ""
    """Of `rank`, `interrupted`, `trend`: the series."""
    events: Pick | None = None
    """Of `counts` and `event_study`: the events counted."""
    after: Pick | None = None
    """Of `event_study`: the events after which they are looked for."""
    at: Date | None = None
    """Of `rank`, `interrupted`, `counts`: the date that parts before from after."""
    during: list[Date] | None = Field(default=None, min_length=2, max_length=2)
    """Its first and last date; left out, the window of the record."""
    within: int = Field(default=90, ge=1)
    """Of `event_study`: how many days after."""
    is_: Literal["higher", "lower"] = Field(alias="is")
    """The direction claimed: of the later part, of the trend, or after the events."""
    rivals: Names = Field(default_factory=list)
    """The rivals that expect no such difference; left out, all of them."""
    reading: Text = ""
    """The reading of the ledger under which it is made; left out, every reading."""
    because: Text = ""
    """Why this test speaks to the claim."""


class Record(Shape):
    """How a claim is held against the record: what would count for it, what against, and what is seen."""

    window: list[Date] | None = Field(default=None, min_length=2, max_length=2)
    """First and last date of what is looked at; left out, from the model's start to the ledger's end.
    """
    expects: Text = ""
    """What would be seen if the claim were true."""
    against: Text = ""
    """What would speak against it."""
    rivals: Names = Field(default_factory=list)
    """The rivals that it is held against, from the section `rivals`."""
    evidence: list[Piece] = Field(default_factory=list)
    """The pieces of evidence."""
    tests: list[RecordTest] = Field(default_factory=list)
    """Statistical tests, where numbers carry them."""
    unobservable: Text = ""
    """Why the record cannot tell, and what would have to be seen; then it has no evidence."""
    note: Text = ""
    """What a reader must know besides."""
