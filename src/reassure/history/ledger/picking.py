"""Which events of a ledger a :class:`Pick` of a model means."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reassure.model.mistakes import UsageError, suggest

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import date

    from reassure.history.ledger.meant import Event, Ledger
    from reassure.model.checked_record import Pick


def check_pick(ledger: Ledger, pick: Pick) -> None:
    """Looks whether all that ``pick`` names is in the ledger: the whole one, not what was known by a date.

    Raises:
        UsageError: the ledger has no such category, actor or event.
    """
    for _, _, error in lacking(ledger, pick):
        raise error


def lacking(ledger: Ledger, pick: Pick) -> Iterator[tuple[str, str, UsageError]]:
    """What ``pick`` names and the whole ledger lacks: the key that names it, the name, and what to say."""
    ids = [event.id for event in ledger.events] if pick.ids else []
    asked = [
        ("category", "category", pick.category, ledger.categories),
        ("actor", "actor", pick.actor, ledger.actors),
        ("target", "actor", pick.target, ledger.actors),
        *(("ids", "event", one, ids) for one in pick.ids),
    ]
    for key, what, name, known in asked:
        if name and name not in known:
            told = f"the ledger {ledger.name} has no {what} {name}"
            yield key, name, UsageError(told, suggest(name, list(known)))


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
