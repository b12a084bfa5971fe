"""A small model and a ledger of its world, made by the model's own rules."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from types import MappingProxyType

import numpy as np

from reassure.history.ledger import Ledger
from reassure.history.ledger.courses import Course, Point
from reassure.history.ledger.meant import Category, Event, Observation, Reading, Series
from reassure.history.ledger.spans import parse_span

MODEL = """
language: 1
title: A small world
time: {start: 2000-01, years: 20, step: month}
ledger: small
sources: {note: {author: A, year: 2000, title: T}}
actors: {A: Alpha, B: Beta}
parameters:
  base: {prior: {lognormal: {median: 2, p95: 20}}, unit: 1/year, because: a test}
  pull: {prior: {normal: {mean: 0, sd: 0.5}}, because: a test}
  edge: {prior: {normal: {mean: -4, sd: 1}}, because: a test}
levers:
  effort: {actor: A, range: [0, 1], default: 0.2, because: a test}
events:
  clash: {rate: base, because: a test}
stocks:
  mood:
    initial: 0.5
    change: "(clip(0.5 + pull * (effort - 0.2), 0, 1) - mood) / q(2, 'year')"
    bounds: [0, 1]
    because: a test
choices:
  arms:
    actor: B
    every: 1 year
    offset: 6 months
    initial: shield
    rationality: 1
    options: {shield: {utility: 0}, spear: {utility: edge + effort}}
    because: a test
auxiliaries:
  calm: {formula: 1 - mood, because: a test}
  july: {formula: "abs(time % q(1, 'year') - q(6, 'month')) < q(1, 'day')", because: a test}
outcomes:
  mood_end: {final: mood}
given:
  clash: {series: clashes, because: a test}
observations:
  rows: {text: clashes counted, of: base * dt, series: clashes, likelihood: {poisson: {}}, because: a test}
  poll:
    text: mood in polls
    of: mood
    series: polls
    per: 100
    likelihood: {logit_normal: {sd: 0.2}}
    because: a test
    # breaks
  meetings:
    text: meetings
    of: base * dt
    events: {category: talks}
    every: year
    scale: 0.5
    likelihood: {poisson: {}}
    because: a test
  spear:
    text: the decision for a spear
    of: "-log(max(1 - arms.probability.spear, 0.001)) / dt * july"
    events: {ids: [D1]}
    likelihood: {hazard: {}}
    because: a test
"""


def model_file(
    folder: Path, name: str = "small", change: Callable[[str], str] = lambda t: t
) -> Path:
    """The model as a file."""
    path = folder / f"{name}.yaml"
    path.write_text(change(MODEL), encoding="utf-8")
    return path


def ledger(seed: int = 1) -> Ledger:
    """What happened: six clashes a year, a rising mood, a spear in July 2012."""
    rng = np.random.default_rng(seed)
    quarters = [f"{year}-Q{q}" for year in range(1995, 2020) for q in range(1, 5)]
    years = [str(year) for year in range(1995, 2020)]
    mood = {y: 50 if int(y) < 2003 else min(50 + 3 * (int(y) - 2003), 65) for y in years}
    meetings = [
        _event(f"M{y}{k}", f"{y}-{1 + int(rng.integers(12)):02d}", "talks")
        for y in years
        for k in range(int(rng.poisson(3)))
    ]
    events = [*meetings, _event("D1", "2012-07-10", "arms")]
    points = (
        Point(date(1998, 1, 1), 0.2, because="before"),
        Point(date(2003, 1, 1), 0.8, 0.7, 0.9, "a new government"),
        Point(date(2013, 5, 1), 0.1, because="another"),
    )
    talks = Category("talks", "talk", "more", "less")
    own = Reading("own", "as coded", MappingProxyType({}))
    return Ledger(
        name="small",
        title="Small",
        about="made up",
        actors=MappingProxyType({"A": "Alpha", "B": "Beta"}),
        categories=MappingProxyType({"talks": talks, "arms": replace(talks, name="arms")}),
        coverage=(parse_span("1995-01-01"), parse_span("2019-12-31")),
        events=tuple(sorted(events, key=lambda item: item.when.start)),
        series=MappingProxyType(
            {
                "clashes": _series("clashes", quarters, rng.poisson(1.5, len(quarters)), 45),
                "polls": _series("polls", years, [mood[y] + rng.normal(0, 1) for y in years], 100),
            }
        ),
        readings=MappingProxyType({"own": own}),
        reading="own",
        coding="own",
        sources=MappingProxyType({}),
        courses=MappingProxyType({"effort": Course("effort", points)}),
    )


def _event(id: str, when: str, category: str) -> Event:
    span = parse_span(when)
    return Event(id, span, ("A",), ("B",), category, 1, 2, "it", "", "", True, "", span.end)


def _series(name: str, periods: list[str], values: object, lag: int) -> Series:
    spans = [parse_span(text) for text in periods]
    seen = tuple(
        Observation(span, float(value), span.end + timedelta(days=lag))
        for span, value in zip(spans, values, strict=True)  # type: ignore[call-overload]
    )
    kind = spans[0].precision
    ends = (spans[0], spans[-1])
    return Series(name, name, "it", "1", "", "", kind, seen, ends, (), "made", "free", lag)


def with_another_future(whole: Ledger, day: date, seed: int) -> Ledger:
    """The ledger with everything that became known after ``day`` replaced by noise."""
    rng = np.random.default_rng(seed)

    def other(item: Observation) -> Observation:
        noise = float(rng.integers(1, 99))
        share = 0 < item.value < 1  # no likelihood of shares could have another value
        return item if item.known <= day else replace(item, value=noise / (100 if share else 1))

    series = {
        name: replace(item, observations=tuple(other(o) for o in item.observations))
        for name, item in whole.series.items()
    }
    end = whole.coverage[1].end
    late = (end - day).days
    events = []
    for event in whole.events:
        if event.known > day:
            moved = day + timedelta(days=int(rng.integers(1, late)))
            span = parse_span(moved.isoformat())
            event = replace(
                event, when=span, known=span.end, direction=int(rng.integers(-1, 2)), magnitude=1
            )
        events.append(event)
    courses = {}
    for name, course in whole.courses.items():
        kept = [p for p in course.points if p.since <= day]
        words = sorted({p.value for p in course.points if isinstance(p.value, str)})
        new = [
            Point(day + timedelta(days=k * 200 + 1), rng.choice(words) if words else rng.random())
            for k in range(5)
        ]
        courses[name] = Course(name, (*kept, *new))
    return replace(
        whole,
        events=tuple(sorted(events, key=lambda item: item.when.start)),
        series=MappingProxyType(series),
        courses=MappingProxyType(courses),
    )


def ledger_folder(folder: Path) -> Path:
    """The ledger's clashes, polls, decision and course as files."""
    whole = ledger()
    folder.mkdir()
    (folder / "ledger.yaml").write_text(
        "ledger: 1\ntitle: Small\nabout: made up\nactors: {A: Alpha, B: Beta}\n"
        "coverage: {from: 1995-01, to: 2019-12}\nreading: own\nreadings: {own: as coded}\n"
        "categories:\n  talks: {variable: talk, plus: more, minus: less}\n"
        "  arms: {variable: arms, plus: more, minus: less}\n"
    )
    heads = "id,date,actor,target,category,direction,magnitude,summary,source_title,source_url,seen,note,known\n"
    lines = [
        f"{e.id},{e.when.text},A,B,{e.category},1,2,number {i},,,no,made up,\n"
        for i, e in enumerate(whole.events)
        if e.id == "D1" or e.id.endswith("0")
    ]
    (folder / "events.csv").write_text(heads + "".join(lines))
    described, rows = "series:\n", "series,actor,partner,period,value,known,marks,source,url\n"
    for name, item in whole.series.items():
        first, last = (span.text for span in item.coverage)
        described += (
            f"  {name}:\n    about: it\n    unit: '1'\n    period: {item.period}\n"
            f"    coverage: {{from: {first}, to: {last}}}\n    source: made\n    terms: free\n"
            f"    lag_days: {item.lag_days}\n"
        )
        rows += "".join(f"{name},,,{o.when.text},{o.value},,,,\n" for o in item.observations)
    (folder / "series.yaml").write_text(described)
    (folder / "series.csv").write_text(rows)
    (folder / "courses.csv").write_text(
        "course,from,value,low,high,because,events\n"
        + "".join(
            f"effort,{p.since},{p.value},,,{p.because},\n" for p in whole.courses["effort"].points
        )
    )
    return folder
