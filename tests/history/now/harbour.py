"""A region of one's own: a small model, and a ledger of six years of it."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from reassure.history.fit.posterior import Posterior
from reassure.history.ledger.adding import new_ledger
from reassure.model.checked import Model
from reassure.model.load import load

MODEL = """\
language: 1
title: A harbour and its neighbour
ledger: harbour-ledger
sources: {own: {author: A. N. Author, year: 2020, title: Notes}}
time: {start: 2010-01, years: 8, step: month}
actors: {AAA: The port, RIV: The neighbour}
parameters:
  incident_rate: {prior: {lognormal: {median: 2, p95: 4}}, unit: 1/year, because: two a year, cites: own}
  doubt_weight: {prior: {uniform: [0.2, 0.6]}, because: a guess, cites: own}
  storm_size: {prior: {uniform: [2, 4]}, because: a guess, cites: own}
levers:
  drills: {actor: AAA, range: [0, 1], default: 0.5, because: from none to many, cites: own}
  talks: {actor: AAA, range: [0, 1], default: 0, because: from none to many, cites: own}
policies:
  visible: {set: {drills: 0.95}, because: drills as a signal}
  quiet: {set: {drills: 0.05}, because: no drills}
  talking: {set: {talks: 1}, because: talks}
events:
  incident: {actor: RIV, rate: "incident_rate * (1.5 - drills) * (1 + mood)", unit: 1/year,
    because: drills deter, cites: own}
  storm: {rate: "q(1, '1/year')", mark: {lognormal: {median: storm_size, sigma: 0.5}}, because: one a year, cites: own}
  visit: {actor: AAA, probability: "(0.2 + 0.2 * talks) * confidence",
    because: guests come when all is calm, cites: own}
  rumour: {rate: "q(3, '1/year')", because: often, cites: own}
auxiliaries:
  mood: {noise: uniform, scale: 0.5, because: moods, cites: own}
beliefs:
  confidence:
    holder: AAA
    that: help would come
    prior: 0.6
    fades: q(3, 'year')
    because: a little better than even
    cites: own
    evidence:
      incident: -doubt_weight
      visit: 0.3
      rumour: -0.05
      drilling: {rate: "q(0.6, '1/year') * drills", because: they reassure, cites: own}
stocks:
  arms:
    initial: 1
    change: q(0.3, '1/year') * (build == build_up) - q(0.05, '1/year') * arms
    jump: 0.01 * storm.magnitude
    bounds: [0, 20]
    because: a build-up adds and storms make repairs
    cites: own
choices:
  build:
    actor: AAA
    every: 1 year
    initial: hold
    rationality: 4
    when: incident_rate > 0
    because: mostly the better
    cites: own
    options:
      hold: {utility: 0}
      build_up: {utility: 0.8 - 1.2 * confidence}
outcomes:
  arms_end: {final: arms}
  builds_up: {reached: build == build_up}
  incidents: {sum: incident}
given:
  incident: {events: {category: provocation}, because: all are known}
  storm: {events: {ids: [S1, S2]}, sizes: {S1: 3.5, S2: 2.5}, because: both are known}
  visit: {events: {ids: [V1, V2, V3]}, because: all are known}
  build: {course: build, because: it is known}
observations:
  yearly: {of: incident.rate * dt, events: {category: provocation}, every: year,
    likelihood: {poisson: {}}, because: a count}
"""

EVENTS = (
    ("P1", "2010-05-03", "provocation"),
    ("P2", "2011-02-01", "provocation"),
    ("P3", "2011-02-20", "provocation"),
    ("P4", "2012-09-09", "provocation"),
    ("P5", "2014-04-04", "provocation"),
    ("P6", "2015-07-07", "provocation"),
    ("S1", "2011-11-11", "reassurance"),
    ("S2", "2014-02-02", "reassurance"),
    ("V1", "2010-08-01", "reassurance"),
    ("V2", "2013-03-03", "reassurance"),
    ("V3", "2015-01-02", "reassurance"),
)
COURSES = """\
course,from,value,low,high,because,events
drills,2010-01-01,0.4,0.3,0.5,as it began,
drills,2013-01-01,0.7,0.6,0.8,more of them,P4
build,2010-01-01,hold,,,as it began,
build,2013-02-01,build_up,,,the decision,P4
"""


def region(folder: Path, *, events: bool = True) -> tuple[Model, Path]:
    """The model and the folder of the ledger, written to ``folder``."""
    ledger = folder / "harbour-ledger"
    new_ledger(
        ledger,
        title="A harbour",
        actors={"AAA": "The port", "RIV": "The neighbour"},
        start="2010",
        end="2015",
    )
    if events:
        head = (ledger / "events.csv").read_text().strip()
        columns = head.split(",")
        rows = []
        for id, date, category in EVENTS:
            actor, target = ("RIV", "AAA") if category == "provocation" else ("AAA", "RIV")
            row = dict.fromkeys(columns, "") | {
                "id": id, "date": date, "actor": actor, "target": target, "category": category,
                "direction": "-1" if category == "provocation" else "1", "magnitude": "2",
                "summary": f"what happened ({id})", "seen": "no", "note": "made up",
            }  # fmt: skip
            rows.append(",".join(row[name] for name in columns))
        (ledger / "events.csv").write_text("\n".join([head, *rows]) + "\n")
        (ledger / "courses.csv").write_text(COURSES)
    path = folder / "harbour.yaml"
    path.write_text(MODEL, encoding="utf-8")
    return load(path), ledger


def fitted(
    model: Model,
    until: str | None = None,
    known_by: str | None = None,
    reading: str = "default",
) -> Posterior:
    """A converged fit of four draws, of the record up to ``until``."""
    names = tuple(item.name for item in model.parameters)
    return Posterior(
        folder=Path("fits"),
        facts={
            "digest": model.digest,
            "model": model.name,
            "dimensions": {},
            "ledger": "harbour-ledger",
            "reading": reading,
            "until": until,
            "known_by": known_by,
        },
        diagnostics=type("Fine", (), {"converged": True, "problems": ()})(),
        score_names=names,
        scores=np.zeros((1, 4, 3)),
        names=names,
        values=np.array([[[1.0, 0.3, 3.0], [2.0, 0.3, 3.0], [1.5, 0.4, 2.5], [1.2, 0.5, 2.2]]]),
        log_likelihood=np.zeros((1, 4)),
        terms={},
    )
