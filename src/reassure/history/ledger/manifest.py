"""Reading the YAML of a ledger: `ledger.yaml` and `series.yaml`, every mistake with its line."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from reassure.history.ledger.meant import Break, Category
from reassure.history.ledger.spans import PRECISIONS, Span, parse_span
from reassure.model.checked import Place
from reassure.model.mistakes import Mistake, ModelError, mistake, quote, suggest
from reassure.model.yaml_source import Node, decode, read

PERIODS = (*PRECISIONS, "mixed")


@dataclass(slots=True)
class Manifest:
    """What `ledger.yaml` says."""

    place: Place
    title: str = ""
    about: str = ""
    actors: dict[str, str] = field(default_factory=dict)
    categories: dict[str, Category] = field(default_factory=dict)
    coverage: tuple[Span, Span] | None = None
    reading: str = "default"
    readings: dict[str, str] = field(default_factory=dict)
    sources: dict[str, str] = field(default_factory=dict)


@dataclass(slots=True)
class Family:
    """What `series.yaml` says of the series of one meaning."""

    place: Place
    about: str
    unit: str
    period: str
    actor: str
    partner: str
    coverage: tuple[Span, Span] | None
    breaks: tuple[tuple[Break, str], ...]
    """Each with the series that it is of; '' for all of the family."""
    source: str
    terms: str
    lag_days: int


def tree(path: Path, told: list[Mistake]) -> Node | None:
    """The YAML of a file, or None where it cannot be read (which is told)."""
    try:
        return read(decode(path.read_bytes(), str(path)), str(path), told)
    except ModelError as error:
        told.extend(error.mistakes)
        return None


def manifest(root: Node, told: list[Mistake]) -> Manifest:
    """What the tree of `ledger.yaml` means."""
    known = ("ledger", "title", "about", "actors", "categories", "coverage", "reading")
    _keys(root, (*known, "readings", "sources"), ("ledger", "title", "actors", "categories"), told)
    version = root.get("ledger")
    if version is not None and version.value != 1:
        what = f"this is a ledger of form {quote(version.plain())}"
        told.append(mistake("E203", version.place, "ledger", what, "write `ledger: 1`"))
    found = Manifest(root.place, _text(root, "title", told), _text(root, "about", told))
    found.actors = _texts(root, "actors", told)
    found.sources = _texts(root, "sources", told)
    found.reading = _text(root, "reading", told) or "default"
    found.readings = _texts(root, "readings", told)
    found.coverage = _coverage(root, "coverage", told)
    for name, node in _named(root, "categories", told):
        _keys(node, ("variable", "plus", "minus"), ("variable", "plus", "minus"), told, name)
        said = (_text(node, key, told) for key in ("variable", "plus", "minus"))
        found.categories[name] = Category(name, *said)
    return found


def families(root: Node, told: list[Mistake]) -> dict[str, Family]:
    """What the tree of `series.yaml` means."""
    _keys(root, ("series",), ("series",), told)
    found = {}
    known = ("about", "unit", "period", "actor", "partner", "coverage", "breaks", "source", "terms")
    for name, node in _named(root, "series", told):
        _keys(node, (*known, "lag_days"), ("about", "unit", "period"), told, name)
        if "/" in name or not name.strip():
            what = f"{quote(name)} is no name of series"
            told.append(mistake("E203", node.place, name, what, "leave out the /"))
        period = _text(node, "period", told)
        if period and period not in PERIODS:
            where = node.place_of(("period",))
            remedy = suggest(period, PERIODS) or f"write one of {', '.join(PERIODS)}"
            told.append(mistake("E203", where, f"{name}.period", f"{quote(period)}", remedy))
        lag = node.get("lag_days")
        days = lag.value if lag is not None else 0
        if not isinstance(days, int) or isinstance(days, bool) or not 0 <= days <= 36_600:
            where = node.place_of(("lag_days",))
            remedy = "write a whole number of days"
            told.append(mistake("E204", where, f"{name}.lag_days", f"{quote(days)}", remedy))
            days = 0
        found[name] = Family(
            node.place,
            _text(node, "about", told),
            _text(node, "unit", told),
            period,
            _text(node, "actor", told),
            _text(node, "partner", told),
            _coverage(node, "coverage", told),
            _breaks(node, name, told),
            _text(node, "source", told),
            _text(node, "terms", told),
            days,
        )
    return found


def _breaks(node: Node, name: str, told: list[Mistake]) -> tuple[tuple[Break, str], ...]:
    held = node.get("breaks")
    if held is None:
        return ()
    if not isinstance(held.value, tuple):
        told.append(mistake("E203", held.place, f"{name}.breaks", "this is no list"))
        return ()
    found = []
    for item in held.value:
        _keys(item, ("at", "kind", "what", "of"), ("at", "kind", "what"), told, f"{name}.breaks")
        at = _span(item, "at", told)
        kind = _text(item, "kind", told)
        if kind not in ("measurement", "real"):
            remedy = "write `measurement` or `real`"
            told.append(mistake("E203", item.place, f"{name}.breaks", f"{quote(kind)}", remedy))
        elif at is not None:
            found.append((Break(at, kind, _text(item, "what", told)), _text(item, "of", told)))
    return tuple(sorted(found, key=lambda pair: pair[0].at.start))


def _coverage(node: Node, key: str, told: list[Mistake]) -> tuple[Span, Span] | None:
    held = node.get(key)
    if held is None:
        return None
    _keys(held, ("from", "to"), ("from", "to"), told, key)
    first, last = _span(held, "from", told), _span(held, "to", told)
    if first is None or last is None:
        return None
    if last.end < first.start:
        told.append(mistake("L106", held.place, key, "it ends before it begins", "swap the dates"))
        return None
    return first, last


def _span(node: Node, key: str, told: list[Mistake]) -> Span | None:
    held = node.get(key)
    if held is None:
        return None
    try:
        return parse_span(held.text)
    except ValueError as error:
        told.append(mistake("L106", held.place, key, str(error)))
        return None


def _keys(
    node: Node, known: Sequence[str], needed: Sequence[str], told: list[Mistake], path: str = ""
) -> None:
    """Tell of keys that are unknown or missing, and of what is no mapping."""
    before = f"{path}." if path else ""
    if not isinstance(node.value, dict):
        remedy = f"write {', '.join(f'{key}: …' for key in needed)}"
        told.append(mistake("E203", node.place, path, "a mapping belongs here", remedy))
        return
    for key, entry in node.entries.items():
        if key not in known:
            remedy = suggest(key, known) or f"the keys are {', '.join(known)}"
            said = f"unknown key {quote(key)}"
            told.append(mistake("E201", entry.place, before + key[:40], said, remedy))
    for key in needed:
        if key not in node.entries:
            told.append(mistake("E202", node.place, before + key, f"`{key}` is missing"))


def _text(node: Node, key: str, told: list[Mistake]) -> str:
    held = node.get(key)
    if held is None or held.value is None:
        return ""
    if isinstance(held.value, str | int | float):
        return held.text.strip()
    told.append(mistake("E203", held.place, key, "a text belongs here", "write one text"))
    return ""


def _named(node: Node, key: str, told: list[Mistake]) -> list[tuple[str, Node]]:
    held = node.get(key)
    if held is None or held.value is None:
        return []
    if not isinstance(held.value, dict):
        remedy = "write a line `NAME: …` for each"
        told.append(mistake("E203", held.place, key, "a mapping belongs here", remedy))
        return []
    return [(name, entry.node) for name, entry in held.entries.items()]


def _texts(node: Node, key: str, told: list[Mistake]) -> dict[str, str]:
    found = {}
    for name, item in _named(node, key, told):
        if not isinstance(item.value, str):
            remedy = "write one text, in quotes if need be"
            told.append(mistake("E203", item.place, f"{key}.{name}", "a text belongs here", remedy))
        else:
            found[name] = item.value.strip()
    return found
