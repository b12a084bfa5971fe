"""A folder becomes a :class:`Ledger`, or every mistake in it is told at once."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, timedelta
from importlib.resources import files
from itertools import pairwise
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING

from reassure.history.ledger.courses import read_courses
from reassure.history.ledger.manifest import Family, Manifest, families, manifest, tree
from reassure.history.ledger.meant import Event, Ledger, Observation, Reading, Series
from reassure.history.ledger.spans import Span, parse_span
from reassure.history.ledger.tables import inside, plain_number, rows
from reassure.model.checked import Place
from reassure.model.mistakes import Mistake, ModelError, mistake, quote, suggest
from reassure.model.yaml_source import MAX_TOLD

if TYPE_CHECKING:
    from collections.abc import Iterable

EVENT_NEEDED = ("id", "date", "actor", "target", "category", "direction", "magnitude", "summary")
EVENT_ALLOWED = ("source_title", "source_url", "seen", "note", "known", "distinct_from")
SERIES_NEEDED = ("series", "period", "value")
SERIES_ALLOWED = ("actor", "partner", "known", "marks", "source", "url")
READING_NEEDED = ("id", "direction")
READING_ALLOWED = ("magnitude", "note")
MARKS = frozenset({"derived", "rounded", "provisional", "bound", "estimate", "unseen"})


def bundled_folder() -> Path:
    """The folder of the bundled ledgers."""
    return Path(str(files("reassure"))) / "library" / "ledgers"


def bundled_ledgers() -> tuple[str, ...]:
    """The names of the bundled ledgers, in alphabetical order."""
    found = bundled_folder()
    if not found.is_dir():
        return ()
    return tuple(sorted(p.name for p in found.iterdir() if (p / "ledger.yaml").is_file()))


def find(name_or_path: str | Path) -> Path:
    """The folder of a ledger.

    Raises:
        ModelError: there is no such ledger.
    """
    given = Path(name_or_path)
    if str(name_or_path) in bundled_ledgers() and not (given / "ledger.yaml").is_file():
        return bundled_folder() / str(name_or_path)
    try:
        if (given / "ledger.yaml").is_file():
            return given
        there = given.exists()
    except (OSError, ValueError):  # a name too long, or with a NUL in it
        there = False
    place = Place(str(name_or_path)[:200], 1, 1)
    what = "this has no file ledger.yaml" if there else "there is no such ledger"
    raise ModelError(
        [mistake("L101", place, "", what, suggest(str(name_or_path), bundled_ledgers()) or None)]
    )


def load_ledger(name_or_path: str | Path) -> Ledger:
    """Load a ledger: a bundled one by name, or any by the path of its folder.

    Raises:
        ModelError: with every mistake of its files, each with file, line, field and remedy.
    """
    folder = find(name_or_path)
    told: list[Mistake] = []
    found = _Loading(folder, told).ledger()
    if told or found is None:
        raise ModelError(told[:MAX_TOLD])
    return found


@dataclass(slots=True)
class _Loading:
    """The files of one folder, read in turn; mistakes are gathered."""

    folder: Path
    told: list[Mistake]

    def ledger(self) -> Ledger | None:
        path = inside(self.folder, "ledger.yaml", self.told)
        root = tree(path, self.told) if path else None
        if root is None:
            return None
        said = manifest(root, self.told)
        events = self.events(said)
        series = self.all_series(said)
        readings = self.readings(said, events)
        spans = [item.when for item in events]
        if said.coverage:
            coverage = said.coverage
        elif spans:
            coverage = (min(spans, key=lambda s: s.start), max(spans, key=lambda s: s.end))
        else:
            coverage = (parse_span("1900"), parse_span("2100"))
        return Ledger(
            self.folder.resolve().name,
            said.title,
            said.about,
            MappingProxyType(said.actors),
            MappingProxyType(said.categories),
            coverage,
            tuple(sorted(events, key=lambda e: (e.when.start, e.id))),
            MappingProxyType(series),
            MappingProxyType(readings),
            said.reading,
            said.reading,
            MappingProxyType(said.sources),
            MappingProxyType(read_courses(self.folder, [item.id for item in events], self.told)),
        )

    def say(
        self, code: str, place: Place, path: str, message: str, remedy: str | None = None
    ) -> None:
        self.told.append(mistake(code, place, path, message, remedy))

    def events(self, said: Manifest) -> list[Event]:
        path = inside(self.folder, "events.csv", self.told)
        if path is None:
            return []
        found: dict[str, Event] = {}
        for place, row in rows(path, EVENT_NEEDED, EVENT_ALLOWED, self.told):
            item = self.event(place, row, said)
            if item is None:
                continue
            if item.id in found:
                first = found[item.id].place.line
                what = f"the id {quote(item.id)} stands in line {first} already"
                self.say("L109", place, f"events.{item.id}.id", what)
            else:
                found[item.id] = item
        for item in found.values():
            for other in item.distinct_from:
                if other not in found:
                    what = f"there is no event {quote(other)}"
                    where = f"events.{item.id}.distinct_from"
                    self.say("L108", item.place, where, what, suggest(other, list(found)) or None)
        return list(found.values())

    def event(self, place: Place, row: dict[str, str], said: Manifest) -> Event | None:
        """One event, or None where it is too wrong to go on."""
        before = len(self.told)
        at = f"events.{row['id'] or '?'}"
        if not row["id"] or any(c.isspace() for c in row["id"]):
            self.say("L105", place, f"{at}.id", "an id is one word", "give it one")
        if not row["summary"]:
            self.say("L105", place, f"{at}.summary", "it is empty", "say what happened")
        when = self.span(place, f"{at}.date", row["date"])
        if when is not None and when.precision not in ("day", "month", "year"):
            what = f"{quote(row['date'])} is a {when.precision}"
            self.say("L106", place, f"{at}.date", what, "give a day, a month or a year")
        known: Span | None = when
        if row["known"]:
            known = self.span(place, f"{at}.known", row["known"])
        if known and when and known.end < when.start:
            what = "it was known before it happened"
            self.say("L106", place, f"{at}.known", what, "give a later date")
        actors = self.actors(place, f"{at}.actor", row["actor"], said)
        targets = self.actors(place, f"{at}.target", row["target"], said)
        category = row["category"]
        if category not in said.categories:
            what = f"unknown category {quote(category)}"
            remedy = suggest(category, list(said.categories)) or None
            self.say("L108", place, f"{at}.category", what, remedy)
        direction = self.whole(place, f"{at}.direction", row["direction"], -1, 1)
        magnitude = self.whole(place, f"{at}.magnitude", row["magnitude"], 1, 3)
        seen = row["seen"].lower() or ("yes" if row["source_url"] else "no")
        if seen not in ("yes", "no"):
            self.say("L105", place, f"{at}.seen", f"{quote(seen)}", "write yes or no")
        if len(self.told) > before or when is None or known is None:
            return None
        return Event(
            row["id"],
            when,
            actors,
            targets,
            category,
            direction,
            magnitude,
            row["summary"],
            row["source_title"],
            row["source_url"],
            seen == "yes",
            row["note"],
            known.end,
            tuple(row["distinct_from"].split()),
            place,
        )

    def span(self, place: Place, path: str, text: str) -> Span | None:
        try:
            return parse_span(text)
        except ValueError as error:
            self.say("L106", place, path, str(error))
            return None

    def actors(self, place: Place, path: str, text: str, said: Manifest) -> tuple[str, ...]:
        """``USA-KOR`` as its actors."""
        found = tuple(part.strip() for part in text.split("-"))
        for name in dict.fromkeys(found):
            if name not in said.actors:
                what = f"unknown actor {quote(name)}" if name else "no actor"
                self.say("L108", place, path, what, suggest(name, list(said.actors)) or None)
        return tuple(dict.fromkeys(found))

    def whole(self, place: Place, path: str, text: str, low: int, high: int) -> int:
        allowed = [str(number) for number in range(low, high + 1)]
        plain = text.removeprefix("+")
        if plain not in allowed:
            self.say("L105", place, path, f"{quote(text)}", f"write one of {', '.join(allowed)}")
            return low
        return int(plain)

    def readings(self, said: Manifest, events: Iterable[Event]) -> dict[str, Reading]:
        codes = {item.id: item for item in events}
        own = Reading(said.reading, "the coding in events.csv", MappingProxyType({}))
        found = {said.reading: own}
        for name, about in said.readings.items():
            if name == said.reading:
                found[name] = replace(own, about=about)
                continue
            path = inside(self.folder, f"readings/{name}.csv", self.told)
            if path is None:
                where = Place(str(self.folder / "readings" / f"{name}.csv"), 1, 1)
                self.say("L103", where, f"readings.{name}", "the file is missing", "write it")
                continue
            coded: dict[str, tuple[int, int]] = {}
            for place, row in rows(path, READING_NEEDED, READING_ALLOWED, self.told):
                at = f"readings.{name}.{row['id']}"
                if row["id"] not in codes:
                    what = f"there is no event {quote(row['id'])}"
                    self.say("L108", place, at, what, suggest(row["id"], list(codes)) or None)
                    continue
                if row["id"] in coded:
                    self.say("L109", place, at, "it is coded twice")
                direction = self.whole(place, f"{at}.direction", row["direction"], -1, 1)
                magnitude = codes[row["id"]].magnitude
                if row["magnitude"]:
                    magnitude = self.whole(place, f"{at}.magnitude", row["magnitude"], 1, 3)
                coded[row["id"]] = (direction, magnitude)
            found[name] = Reading(name, about, MappingProxyType(coded))
        return found

    def all_series(self, said: Manifest) -> dict[str, Series]:
        path = inside(self.folder, "series.yaml", self.told)
        root = tree(path, self.told) if path else None
        if root is None:
            return {}
        declared = families(root, self.told)
        for name, family in declared.items():
            for actor in (family.actor, family.partner):
                if actor and actor not in said.actors:
                    self.say(
                        "L108", family.place, f"series.{name}", f"unknown actor {quote(actor)}"
                    )
        table = inside(self.folder, "series.csv", self.told)
        tables = [table] if table else []
        for item in sorted((self.folder / "series").glob("*.csv")):
            held = inside(self.folder, f"series/{item.name}", self.told)
            tables += [held] if held else []
        values: dict[tuple[str, str, str], list[Observation]] = {}
        for file in tables:
            for place, row in rows(file, SERIES_NEEDED, SERIES_ALLOWED, self.told):
                self.observation(place, row, declared, said, values)
        found = {}
        for (name, actor, partner), held_values in values.items():
            family = declared[name]
            made = self.series(name, actor, partner, family, held_values)
            found[made.name] = made
        for name, family in declared.items():
            of = {item.name for item in found.values() if item.family == name}
            if not of:
                what = "no file has a value of it"
                self.say("L108", family.place, f"series.{name}", what, "add values, or remove it")
            for _, which in family.breaks:
                if which and which not in of:
                    what = f"a break of {quote(which)}, which is no series of it"
                    path_ = f"series.{name}.breaks"
                    self.say("L108", family.place, path_, what, suggest(which, list(of)) or None)
        return dict(sorted(found.items()))

    def observation(
        self,
        place: Place,
        row: dict[str, str],
        declared: dict[str, Family],
        said: Manifest,
        values: dict[tuple[str, str, str], list[Observation]],
    ) -> None:
        name = row["series"]
        at = f"series.{name[:60]}.{row['period'][:20]}"
        family = declared.get(name)
        if family is None:
            what = f"unknown series {quote(name)}"
            remedy = suggest(name, list(declared)) or "describe it in series.yaml"
            self.say("L108", place, at, what, remedy)
            return
        before = len(self.told)
        for actor in (row["actor"], row["partner"]):
            if actor and actor not in said.actors:
                near = suggest(actor, list(said.actors)) or None
                self.say("L108", place, at, f"unknown actor {quote(actor)}", near)
        when = self.span(place, at, row["period"])
        if when is not None and family.period not in ("mixed", when.precision):
            what = f"{quote(row['period'])} is a {when.precision}, but the series is by {family.period}"
            remedy = "write every period alike, or declare `period: mixed`"
            self.say("L106", place, at, what, remedy)
        value = plain_number(row["value"])
        if value is None:
            self.say("L107", place, f"{at}.value", f"{quote(row['value'])} is not a number")
        marks = frozenset(row["marks"].split())
        for mark in sorted(marks - MARKS):
            remedy = suggest(mark, MARKS) or f"the marks are {', '.join(sorted(MARKS))}"
            self.say("L105", place, f"{at}.marks", f"unknown mark {quote(mark)}", remedy)
        stated = self.span(place, f"{at}.known", row["known"]) if row["known"] else None
        if len(self.told) > before or when is None or value is None:
            return
        known = stated.end if stated else _later(when.end, family.lag_days)
        kept = values.setdefault((name, row["actor"], row["partner"]), [])
        kept.append(Observation(when, value, known, marks, row["source"], row["url"], place))

    def series(
        self, name: str, actor: str, partner: str, family: Family, values: list[Observation]
    ) -> Series:
        full = name + (f"/{actor}" if actor else "") + (f"-{partner}" if partner else "")
        values.sort(key=lambda item: (item.when.start, item.when.end))
        for one, other in pairwise(values):
            if one.when == other.when:
                what = f"{other.when.text} stands in line {one.place.line} already"
                self.say("L109", other.place, f"series.{full}.{other.when.text}", what)
        return Series(
            full,
            name,
            family.about,
            family.unit,
            actor or family.actor,
            partner or family.partner,
            family.period,
            tuple(values),
            family.coverage or (values[0].when, values[-1].when),
            tuple(item for item, which in family.breaks if which in ("", full)),
            family.source,
            family.terms,
            family.lag_days,
        )


def _later(day: date, days: int) -> date:
    return day + timedelta(days=days)


def read_event(folder: Path, line: int, row: dict[str, str]) -> Event:
    """One row as an event of the ledger in ``folder``, as if it stood in that line of events.csv.

    Raises:
        ModelError: with everything that is wrong with it.
    """
    told: list[Mistake] = []
    root = tree(folder / "ledger.yaml", told)
    loading = _Loading(folder, told)
    place = Place(str(folder / "events.csv"), line, 1)
    event = loading.event(place, row, manifest(root, told)) if root else None
    if event is None or told:
        raise ModelError(told)
    return event
