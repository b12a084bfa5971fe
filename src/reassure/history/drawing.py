"""Draws of the parameters, and what the record makes of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from reassure.engine import random as generator
from reassure.history.conditioning import Conditioning
from reassure.history.ledger import Ledger
from reassure.history.tracking import ENOUGH_DRAWS, Tracking
from reassure.model import calendar
from reassure.model.checked import Model
from reassure.model.mistakes import UsageError, quote, suggest
from reassure.study.design import Design, Joint, label_of
from reassure.study.main_outcomes import main_states
from reassure.study.quantities import quantities

if TYPE_CHECKING:
    from reassure.engine.random import Words

Array = np.ndarray[Any, Any]

MOST_STOCKS = 8  # shown unless others are asked for


@dataclass(frozen=True)
class Drawn:
    """Draws of the parameters, and the luck of their lanes.

    Attributes:
        values: ``[draws, P]``, internal units.
        words: of the lanes, draw by draw.
        given_record: whether they come from a posterior.
        label: where they are from.
        remarks: what a reader should know of them.
    """

    values: Array
    words: Words
    given_record: bool
    label: str
    remarks: tuple[str, ...]


def drawn(model: Model, kind: str | Joint, scenarios: int, replications: int, seed: int) -> Drawn:
    """Draws from the prior (``sobol``, ``latin``, ``random``) or from a posterior.

    Args:
        model: with the errors of courses among its parameters.
    """
    design = Design(model, kind, seed, scenarios)
    lane = np.arange(scenarios * replications)
    words = generator.future_words(seed, design.sequence, lane // replications, lane % replications)
    remarks = () if isinstance(kind, str) else kind.remarks(model)
    return Drawn(
        design.parameters(0, scenarios),
        words,
        not isinstance(kind, str),
        label_of(kind),
        remarks,
    )


def refuse_nothing(bound: Conditioning) -> None:
    """Refuse a ledger that tells nothing of the model.

    Raises:
        UsageError: as said.
    """
    told = [path for path, _ in bound.levers.values()] + list(bound.given.values())
    if bound.measured or any(not np.isnan(path).all() for path in told):
        return
    raise UsageError(
        f"the ledger {bound.ledger} tells nothing of {bound.model.name} before {bound.until}",
        "write `given:` and `observations:` in the model, or courses of its levers in the ledger",
    )


def weighing(tracking: Tracking, given_record: bool) -> tuple[bool, tuple[str, ...]]:
    """Whether to weigh draws by what was measured, and what to say of it."""
    if given_record:
        return False, ()
    if not tracking.source.data:
        said = "nothing is measured: the parameters are the prior's, along what happened"
        return False, (said,)
    effective = tracking.effective_draws()
    count = len(tracking.log_evidence)
    if effective >= ENOUGH_DRAWS:
        said = f"the record leaves {effective:.0f} of {count} draws of the prior in effect"
        return True, (f"{said}; a fit (reassure fit, then --posterior) is surer",)
    return False, (
        f"the record leaves only {effective:.1f} of {count} draws of the prior in effect, too few to"
        " weigh them by it: the parameters are the prior's, along what happened. Fit first (reassure"
        " fit), then --posterior DIR",
    )


def hindsight(
    drawn_from: str | Joint, ledger: Ledger, bound: Conditioning, known: str
) -> tuple[str, ...]:
    """How a fit knows the record otherwise than what goes on from it: later, from figures published after
    ``known`` (an ISO date), or by another coding."""
    from reassure.history.fit.posterior import Posterior

    if not isinstance(drawn_from, Posterior):
        return ()
    facts, made = drawn_from.facts, f"the fit in {drawn_from.folder}"
    remarks = []
    if (facts["ledger"], facts["reading"]) != (bound.ledger, bound.reading):
        remarks.append(
            f"{made} is of the ledger {facts['ledger']} under the reading {facts['reading']}, not of"
            f" {bound.ledger} under {bound.reading}"
        )
    until, known_by = facts.get("until"), facts.get("known_by")
    end = ledger.coverage[1].end.isoformat()
    seen = min(until or end, end)
    if calendar.parse_date(seen) > calendar.parse_date(bound.until):
        remarks.append(
            f"{made} has seen the record to {seen}, beyond {bound.until}: its parameters know what came; for"
            f" a forecast, fit with --to {bound.until} --known-by {known}"
        )
    elif _published_between(ledger, seen, known, known_by):
        remarks.append(
            f"{made} has used figures that were published after {known}; for a forecast, fit with"
            f" --to {bound.until} --known-by {known}"
        )
    return tuple(remarks)


def _published_between(ledger: Ledger, seen: str, known: str, known_by: str | None) -> bool:
    """Whether something of the record up to ``seen`` became known after ``known``, and by ``known_by`` if that
    is a date."""
    told = [(item.when.start, item.known) for item in ledger.events]
    told += [
        (item.when.start, item.known) for s in ledger.series.values() for item in s.observations
    ]
    last, cut = calendar.parse_date(seen), calendar.parse_date(known)
    until = calendar.parse_date(known_by) if known_by else None
    return any(
        start < last and cut < published and (until is None or published <= until)
        for start, published in told
    )


def shown_quantities(model: Model, of: Sequence[str] | None) -> tuple[str, ...]:
    """The quantities asked for; all beliefs and the main stocks if none are.

    Raises:
        UsageError: there is no such quantity.
    """
    if not of:
        beliefs = [belief.name for belief in model.beliefs]
        main = [item.name for item in main_states(model, 2 * MOST_STOCKS)]
        return (*beliefs, *[name for name in main if name not in beliefs][:MOST_STOCKS])
    known = quantities(model)
    for name in of:
        if name not in known:
            raise UsageError(
                f"{quote(name)} is no quantity of {model.name}",
                suggest(name, list(known)) or "`reassure show MODEL` lists them",
            )
    return tuple(dict.fromkeys(of))
