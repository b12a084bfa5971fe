"""What every element of a checked model may have: its place, its unit, its reasons and sources."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Place:
    """Where something stands in a file: 1-based line and column."""

    file: str
    line: int
    column: int


@dataclass(frozen=True, slots=True)
class Unit:
    """A unit as written and its size: value in this unit = internal value / ``factor``."""

    text: str = "1"
    factor: float = 1.0
    dimension: str = ""  # canonical text of the dimensions, '' for none


@dataclass(frozen=True, slots=True)
class Cite:
    """One citation: a key of ``Model.sources`` and where in it."""

    source: str
    where: str = ""


@dataclass(frozen=True, slots=True)
class Source:
    """An entry of ``sources:``."""

    key: str
    author: str = ""
    year: int | None = None
    title: str = ""
    details: tuple[tuple[str, str], ...] = ()  # whatever else was written: journal, url, pages


@dataclass(frozen=True, slots=True)
class About:
    """What every element may say of itself."""

    text: str = ""  # `text:`: what it is, for a reader
    because: str = ""
    cites: tuple[Cite, ...] = ()
    known_by: str = ""  # ISO date; '' when the element could always have been known
    label: str = ""  # short name for plots; '' means the name
    alias: str = ""  # the name that keys its random stream and design column; '' means its own
    place: Place | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class Actor:
    """A state or other party."""

    code: str
    name: str
    about: About = About()
