"""A ledger begun in an empty folder, and events added to it one by one."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from reassure.history.ledger.checks import alike, findings
from reassure.history.ledger.courses import ALLOWED as COURSE_ALLOWED
from reassure.history.ledger.courses import FILE as COURSES
from reassure.history.ledger.courses import NEEDED as COURSE_NEEDED
from reassure.history.ledger.importing.write import replace_file
from reassure.history.ledger.load import EVENT_ALLOWED, EVENT_NEEDED, find, load_ledger, read_event
from reassure.history.ledger.meant import Event, Ledger
from reassure.model.mistakes import ModelError, UsageError, mistake

COLUMNS = (*EVENT_NEEDED, *EVENT_ALLOWED)

START = """\
ledger: 1
title: {title}
about: ''

# Code: name. Use ISO 3166 codes for states; two names joined by - act together.
actors: {{{actors}}}

# What the events cover; an absence outside of it says nothing.
coverage: {{from: {start}, to: {end}}}

# The name of the coding in events.csv. Others stand in readings/NAME.csv and are named under `readings:`.
reading: default

# What each kind of event moves, and what +1 and -1 say of it.
categories:
  provocation: {{variable: restraint, plus: 'freeze, talks', minus: 'attack, test, incursion'}}
  reassurance: {{variable: commitment, plus: 'pledge, forces kept', minus: 'doubt, withdrawal'}}
"""


def new_ledger(
    folder: Path, *, title: str, actors: Mapping[str, str], start: str, end: str
) -> None:
    """Begin a ledger in an empty folder, which is made if need be.

    Raises:
        UsageError: the folder holds something already.
        ModelError: what was given makes no ledger; nothing is written then.
    """
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise UsageError(f"{folder} is not an empty folder", "name another")
    made = not folder.exists()
    folder.mkdir(parents=True, exist_ok=True)
    quoted = ", ".join(f"{_quoted(code)}: {_quoted(name)}" for code, name in actors.items())
    text = START.format(title=_quoted(title), actors=quoted, start=start, end=end)
    files = {
        "ledger.yaml": text,
        "events.csv": ",".join(COLUMNS) + "\n",
        COURSES: ",".join((*COURSE_NEEDED, *COURSE_ALLOWED)) + "\n",
    }
    try:
        for name, content in files.items():
            replace_file(folder / name, content)
        load_ledger(folder)
    except BaseException:
        for name in files:
            (folder / name).unlink(missing_ok=True)
        if made:
            folder.rmdir()
        raise


def add_event(ledger: str | Path, fields: Mapping[str, str]) -> Event:
    """Add one event to a ledger's events.csv, whole or not at all.

    Args:
        fields: by column; what is left out is empty. Without ``id`` the next free one of its year.

    Raises:
        ModelError: the event is wrong, lies outside the coverage, has no source, or is there already.
    """
    folder = find(ledger)
    held = load_ledger(folder)
    row = dict.fromkeys(COLUMNS, "") | {key: value.strip() for key, value in fields.items()}
    row["id"] = row["id"] or _next_id(held, row["date"])
    path = folder / "events.csv"
    before = path.read_text(encoding="utf-8-sig") if path.exists() else ",".join(COLUMNS) + "\n"
    if not before.endswith("\n"):
        before += "\n"
    event = read_event(folder, before.count("\n") + 1, row)
    if any(item.id == event.id for item in held.events):
        what = f"the id {event.id} stands in the ledger already"
        raise ModelError([mistake("L109", event.place, f"events.{event.id}.id", what)])
    told = [*findings(replace(held, events=(event,), series={}, courses={}))]
    for item in held.events:
        if alike(event, item):
            what = f"it looks like {item.id} of {item.when.text}: {item.summary}"
            told.append(mistake("L202", event.place, f"events.{event.id}", what))
    for other in event.distinct_from:
        if all(item.id != other for item in held.events):
            what = f"there is no event {other}"
            told.append(mistake("L108", event.place, f"events.{event.id}.distinct_from", what))
    if told:
        raise ModelError(told)
    header = next(csv.reader([before.splitlines()[0]]))
    lacking = [name for name in COLUMNS if row[name] and name not in header]
    if lacking:
        raise UsageError(
            f"events.csv has no column {lacking[0]}", "add it to the header and the rows"
        )
    out = io.StringIO()
    csv.writer(out, lineterminator="\n").writerow([row.get(name, "") for name in header])
    replace_file(path, before + out.getvalue())
    return event


def _next_id(ledger: Ledger, date: str) -> str:
    before = f"E{date[:4]}-"
    used = [item.id[len(before) :] for item in ledger.events if item.id.startswith(before)]
    return f"{before}{max([int(n) for n in used if n.isdecimal()], default=0) + 1:02}"


def _quoted(text: str) -> str:
    return "'" + " ".join(text.split()).replace("'", "''") + "'"
