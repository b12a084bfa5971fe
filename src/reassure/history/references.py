"""Whether a ledger has what a model names of it: series, courses and their options, events, readings."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from reassure.history.ledger import Ledger
from reassure.history.ledger.picking import lacking
from reassure.history.record.judge import ledger_of, open_ledger
from reassure.model import calendar
from reassure.model.checked import Model
from reassure.model.checked_record import Pick, Record
from reassure.model.checks.context import Path, written
from reassure.model.mistakes import Mistake, ModelError, UsageError, in_order, mistake, quote
from reassure.model.yaml_source import Node

Lack = tuple[Path, UsageError]
"""Where a model names something that its ledger lacks, and what to say of it."""


def unresolved(model: Model, source: Node) -> tuple[Mistake, ...]:
    """All that a model names of its ledger and that is not there; none where it names no ledger.

    Args:
        source: the model's file, for the places.

    Returns:
        by place: E817 for each name; or E818 alone, where the ledger itself cannot be used.
    """
    if not model.ledger:
        return ()
    try:
        ledger = open_ledger(model, None, None)
    except ModelError as error:
        return (_unusable(model, source, error),)
    found: dict[object, Mistake] = {}
    for path, lack in _lacks(model, ledger, source):
        one = mistake("E817", source.place_of(path), written(path), lack.message, lack.remedy)
        # Members of a family stand in one place, and are told of once.
        found.setdefault(one.place if "[" in one.path else (one.place, one.message), one)
    return in_order(found.values())


def _unusable(model: Model, source: Node, error: ModelError) -> Mistake:
    first, *more = error.mistakes
    called = quote(model.ledger)
    if first.code == "L101":  # no such folder, or one that is no ledger
        near = first.remedy if first.remedy.startswith("did you mean") else None
        what = f"{called}: {first.message}"
        return mistake("E818", source.place_of(("ledger",)), "ledger", what, near)
    many = f"{len(more) + 1} mistakes, first" if more else "a mistake"
    what = f"the ledger {called} has {many}: {first.place.file}:{first.place.line}: {first.message}"
    remedy = f"mend it: `reassure ledger check {ledger_of(model)}`"
    return mistake("E818", source.place_of(("ledger",)), "ledger", what, remedy)


def _lacks(model: Model, ledger: Ledger, source: Node) -> Iterator[Lack]:
    for measurement in model.measurements:
        at: Path = ("observations", measurement.name)
        yield from _asked(ledger.series_called, measurement.series, (*at, "series"))
        yield from _picked(ledger, measurement.events, (*at, "events"), source)
    for given in model.given:
        at = ("given", given.name)
        yield from _asked(ledger.series_called, given.series, (*at, "series"))
        yield from _picked(ledger, given.events, (*at, "events"), source)
        yield from _asked(ledger.course_called, given.course, (*at, "course"))
        yield from _unlike(model, ledger, given.course, given.name, (*at, "course"))
        for id, _ in given.sizes:
            yield from _asked(ledger.event, id, (*at, "sizes", id))
    for lever in model.levers:
        yield from _unlike(model, ledger, lever.name, lever.name, ("levers", lever.name))
    for claim in model.claims:
        if claim.record is not None:
            yield from _record(ledger, claim.record, ("claims", claim.name, "record"), source)


def _record(ledger: Ledger, record: Record, at: Path, source: Node) -> Iterator[Lack]:
    for n, piece in enumerate(record.pieces):
        path: Path = (*at, "evidence", n)
        for id in piece.sees:
            yield from _asked(ledger.event, id, _of_item((*path, "sees"), id, source))
        yield from _asked(ledger.with_reading, piece.reading, (*path, "reading"))
    for n, test in enumerate(record.tests):
        path = (*at, "tests", n)
        yield from _asked(ledger.series_called, test.series, (*path, "series"))
        yield from _picked(ledger, test.events, (*path, "events"), source)
        yield from _picked(ledger, test.after, (*path, "after"), source)
        yield from _asked(ledger.with_reading, test.reading, (*path, "reading"))


def _asked(look: Callable[[str], object], name: str, path: Path) -> Iterator[Lack]:
    """What ``look`` says of a name that it does not find; '' is no name."""
    try:
        if name:
            look(name)
    except UsageError as error:
        yield path, error


def _unlike(model: Model, ledger: Ledger, name: str, of: str, path: Path) -> Iterator[Lack]:
    """Where a course says in the time of the model what the choice or lever ``of`` cannot be."""
    if name not in ledger.courses:
        return
    options = {choice.name: [x.name for x in choice.options] for choice in model.choices}
    options |= {lever.name: list(lever.options) for lever in model.levers}
    first, last = (calendar.day_of_step(model.time, k) for k in (0, model.time.steps))
    course = ledger.courses[name].between(first, last)
    for point in course.points:
        try:
            course.option(point, options[of], of) if options[of] else course.number(point, of)
        except UsageError as error:
            yield path, error


def _picked(ledger: Ledger, pick: Pick | None, path: Path, source: Node) -> Iterator[Lack]:
    if pick is not None:
        for key, name, error in lacking(ledger, pick):
            yield _of_item((*path, key), name, source), error


def _of_item(path: Path, name: str, source: Node) -> Path:
    """The path of ``name`` in the list at ``path``; ``path`` itself where no list is written."""
    value = source.find(path).value
    listed = value if isinstance(value, tuple) else ()
    return next(((*path, n) for n, item in enumerate(listed) if item.text == name), path)
