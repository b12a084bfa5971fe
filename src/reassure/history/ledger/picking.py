"""Which events of a ledger a :class:`Pick` of a model means."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reassure.model.mistakes import UsageError, suggest

if TYPE_CHECKING:
    from datetime import date

    from reassure.history.ledger.meant import Event, Ledger
    from reassure.model.checked_record import Pick


def check_pick(ledger: Ledger, pick: Pick) -> None:
    """Looks whether all that ``pick`` names is in the ledger: the whole one, not what was known by a date.

    Raises:
        UsageError: the ledger has no such category, actor or event.
    """
    ids = [event.id for event in ledger.events] if pick.ids else []
    asked = [("category", pick.category, ledger.categories), ("actor", pick.actor, ledger.actors),
             ("actor", pick.target, ledger.actors), *(("event", one, ids) for one in pick.ids)]  # fmt: skip
    for what, name, known in asked:
        if name and name not in known:
            raise UsageError(
                f"the ledger {ledger.name} has no {what} {name}", suggest(name, list(known))
            )


def picked(ledger: Ledger, pick: Pick, start: date, end: date) -> tuple[Event, ...]:
    """The events meant whose first day is from ``start`` to ``end``, both included, in order."""
    ids = set(pick.ids)
    return tuple(
        event
        for event in ledger.events
        if start <= event.when.start <= end
        and (not ids or event.id in ids)
        and (not pick.category or event.category == pick.category)
        and (not pick.actor or pick.actor in event.actors)
        and (not pick.target or pick.target in event.targets)
        and (pick.direction is None or event.direction == pick.direction)
        and event.magnitude >= pick.least
    )
