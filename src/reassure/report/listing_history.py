"""How a model shows in the record as tables: its observations, and what the record gives."""

from __future__ import annotations

from reassure.model.checked import Model
from reassure.model.checked_history import Given, Measurement
from reassure.model.checked_record import Pick
from reassure.report.listing_words import Listing, grounds, number


def observations(model: Model) -> Listing:
    """Which quantity shows where in the ledger, and how the record scatters about it."""
    return Listing(
        "Observations",
        ("observation", "of", "in the ledger", "likelihood", "adjusted", "what it is", "because"),
        tuple(
            (
                item.name,
                item.written,
                _where(item),
                item.likelihood.written,
                _adjusted(item),
                item.about.text,
                grounds(item.about),
            )
            for item in model.measurements
        ),
    )


def given(model: Model) -> Listing:
    """Which events and choices are taken from the ledger where the model is held against it."""
    return Listing(
        "Given by the record",
        ("given", "kind", "in the ledger", "absence counts", "what it is", "because"),
        tuple(
            (
                item.name,
                item.kind,
                _source(item),
                _span(item.window),
                item.about.text,
                grounds(item.about),
            )
            for item in model.given
        ),
    )


def pick_text(pick: Pick) -> str:
    """Which events are meant, in words."""
    parts = [pick.category and f"of {pick.category}", pick.actor and f"by {pick.actor}",
             pick.target and f"to {pick.target}",
             "" if pick.direction is None else f"with direction {pick.direction:+d}".replace("+0", "0"),
             f"of magnitude {pick.least} or more" if pick.least > 1 else "",
             ", ".join(pick.ids)]  # fmt: skip
    return " ".join(["events", *(part for part in parts if part)])


def _where(item: Measurement) -> str:
    if item.events is None:
        return f"series {item.series}"
    return pick_text(item.events) + (f", by {item.every}" if item.every else ", the first")


def _source(item: Given) -> str:
    if item.course:
        return f"course {item.course}"
    if item.events is None:
        return f"series {item.series}"
    sized = f"; sizes of {', '.join(key for key, _ in item.sizes)}" if item.sizes else ""
    return pick_text(item.events) + sized


def _adjusted(item: Measurement) -> str:
    """What is done to either side before they are compared, and what is left out."""
    told: list[str] = [item.aggregate] if item.likelihood.family != "hazard" else []
    if item.per != 1:
        told.append(f"the series divided by {number(item.per)}")
    if item.unit.text != "1":
        told.append(f"in {item.unit.text}")
    if item.lag:
        months = number(item.lag * 12)
        told.append(f"{months} {'month' if months == '1' else 'months'} late")
    told += [f"plus {one.written} from {one.since} on" for one in item.shifts]
    if item.window:
        told.append(_span(item.window))
    if not item.target:
        told.append("not forecast")
    return "; ".join(told)


def _span(window: tuple[str, str] | None) -> str:
    return f"{window[0]} to {window[1]}" if window else ""
