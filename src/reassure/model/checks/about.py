"""What elements say of themselves, and the sources and actors they name."""

from __future__ import annotations

from collections.abc import Sequence

from reassure.model import calendar
from reassure.model.checked import About, Actor, Cite, Observable, Source
from reassure.model.checks.context import Context, Path
from reassure.model.mistakes import Fault, quote, suggest
from reassure.model.written import Observable as WrittenObservable
from reassure.model.written_values import Element


def sources(context: Context) -> tuple[Source, ...]:
    """The section ``sources:``."""
    found = []
    for key, item in context.section("sources").items():
        details = tuple((name, str(value)) for name, value in (item.model_extra or {}).items())
        found.append(Source(key, item.author, item.year, item.title, details))
    return tuple(found)


def actors(context: Context) -> tuple[Actor, ...]:
    """The section ``actors:``."""
    return tuple(
        Actor(code, item.name or code, about(context, item, ("actors", code)))
        for code, item in context.section("actors").items()
    )


def about(context: Context, element: Element, path: Path, text: str = "") -> About:
    """What ``element`` says of itself. ``text`` stands in for a missing ``text:``."""
    known_by = ""
    if element.known_by is not None:
        try:
            known_by = calendar.parse_date(element.known_by).isoformat()
        except Fault as fault:
            context.fault(fault, (*path, "known_by"))
    return About(
        text=element.text or text,
        because=element.because,
        cites=cites(context, element.cites, path),
        known_by=known_by,
        label=element.label,
        alias=context.alias(element.alias, path),
        place=context.place(path, of_key=True),
    )


def cites(context: Context, written: Sequence[str], path: Path) -> tuple[Cite, ...]:
    """Citations, each of a source that the file lists."""
    known = context.root.get("sources")
    keys = list(known.entries) if known is not None else []
    found = []
    for index, item in enumerate(written):
        key, _, where = item.partition("/")
        cite = Cite(key.strip(), where.strip())
        found.append(cite)
        if cite.source not in keys:
            node = context.root.find((*path, "cites"))
            at: Path = (
                (*path, "cites", index) if isinstance(node.value, tuple) else (*path, "cites")
            )
            what = f"{quote(cite.source)} is not among the sources"
            context.say("E306", at, what, suggest(cite.source, keys) or None)
    return tuple(found)


_LISTED = 8  # actors, at most, that a message names


def actor(context: Context, code: str, path: Path, *, needed: bool = True) -> str:
    """``code``, after a look whether it is an actor."""
    known = context.root.get("actors")
    codes = list(known.entries) if known is not None else []
    if (code or needed) and code not in codes:
        remedy = suggest(code, codes)
        if 0 < len(codes) <= _LISTED:
            remedy = f"{remedy} the actors are {', '.join(codes)}".lstrip()
        context.say("E305", path, f"{quote(code)} is not among the actors", remedy or None)
    return code


def observable(
    context: Context, written: WrittenObservable | None, path: Path, factor: float
) -> Observable | None:
    """Who sees a quantity whose unit has the size ``factor``."""
    if written is None:
        return None
    inner: Path = (*path, "observable")
    if not written.by:
        what = "nobody is named who sees it"
        context.say("E203", (*inner, "by"), what, "name actors, or remove `observable`")
    if written.by == ["all"]:
        by = tuple(context.section("actors"))
    else:
        by = tuple(dict.fromkeys(written.by))
        for code in by:
            actor(context, code, (*inner, "by"))
    if not 0 <= written.noise < float("inf"):
        context.say(
            "E204", (*inner, "noise"), "an error has a size of 0 or more", "write 0 or more"
        )
    delay = context.steps(written.delay, (*inner, "delay"))
    return Observable(by, delay, written.noise * factor)
