"""What `observations` and `given` mean, and that nothing computed depends on them."""

from __future__ import annotations

from pathlib import Path

import pytest

from reassure.engine.games.names import formulas_of
from reassure.model.checked import Model
from reassure.model.expression import Number, Ref, memories
from reassure.model.load import check, load
from reassure.report.listing import SECTIONS

BASE = """\
language: 1
time: {start: 2007-02, years: 2, step: month}
actors: {A: a}
sets: {base: [north, south]}
parameters:
  drive: {prior: {uniform: [0, 1]}, unit: 1/year, because: a, cites: s}
  noise: {prior: {uniform: [0, 1]}, because: a, cites: s}
sources: {s: {title: t}}
events:
  clash: {rate: drive, because: a, cites: s}
  test: {rate: drive, mark: {lognormal: {median: "q(2, 'km')", sigma: 1}, unit: km}, because: a, cites: s}
  leak[base]: {rate: drive, because: a, cites: s}
stocks:
  way: {initial: 0, change: "drive * q(1, 'km')", unit: km, because: a, cites: s}
choices:
  arms:
    {actor: A, every: 1 year, initial: shield, rationality: 1, because: a, cites: s,
     options: {shield: {utility: 0}, spear: {utility: "way / q(1, 'km')"}}}
outcomes:
  end: {final: way}
"""
HISTORY = """\
observations:
  clashes:
    of: clash
    events: {category: provocation, ids: E1}
    every: quarter
    likelihood: {negative_binomial: {dispersion: noise}}
    because: a
  walked:
    of: smooth(way, q(3, 'month'))
    series: walked/A
    unit: km
    per: 1000
    lag: 1 month
    scale: 2
    bias: q(3, 'km')
    breaks: [{from: 2007-05, add: "q(1, 'km') * noise", because: b}]
    window: [2007-03, 2008]
    likelihood: {normal: {sd: "q(1, 'km')"}}
    target: false
    because: a
  first: {of: clash.rate, events: provocation, likelihood: {hazard: {}}, because: a}
  leaks[base]:
    of: leak[base]
    series: {by: {north: leaks/N, south: leaks/S}}
    likelihood: {poisson: {}}
    because: a
given:
  test: {events: {ids: [E1, E2]}, sizes: {E1: 3.5}, because: a}
  leak[base]: {series: {by: {north: leaks/N, else: leaks/S}}, window: [2007, 2008-02], because: a}
  arms: {course: arms, because: a}
"""


def made(text: str) -> Model:
    return load("made.yaml", text=text)


@pytest.fixture(scope="module")
def model() -> Model:
    return made(BASE + HISTORY)


def test_observations_mean_what_is_written(model: Model) -> None:
    by = {item.name: item for item in model.measurements}
    assert list(by) == ["clashes", "walked", "first", "leaks[north]", "leaks[south]"]
    clashes = by["clashes"]
    assert clashes.events is not None
    assert (clashes.events.category, clashes.events.ids) == ("provocation", ("E1",))
    assert (clashes.every, clashes.aggregate, clashes.target) == ("quarter", "sum", True)
    assert clashes.likelihood.arguments == (("dispersion", (Ref("noise"),)),)
    walked = by["walked"]
    assert (walked.series, walked.events, walked.aggregate) == ("walked/A", None, "mean")
    assert (walked.lag, walked.per, walked.unit.factor) == (1 / 12, 1000, 1000)  # in metres
    assert (walked.scale, walked.bias) == (Number(2.0), Number(3000.0))
    assert walked.likelihood.arguments == (("sd", (Number(1000.0),)),)
    assert [item.since for item in walked.shifts] == ["2007-05-01"]
    assert walked.window == ("2007-03-01", "2008-12-31")
    assert not walked.target
    assert by["first"].unit.dimension == "1/year"
    assert by["leaks[south]"].series == "leaks/S"
    assert by["leaks[south]"].formula == Ref("leak[south]")


def test_what_is_given_means_what_is_written(model: Model) -> None:
    test, north, south, arms = model.given
    assert (test.name, test.kind, test.sizes) == ("test", "event", (("E1", 3500.0),))
    assert (north.name, north.series, south.series) == ("leak[north]", "leaks/N", "leaks/S")
    assert north.window == ("2007-01-01", "2008-02-29")
    assert (arms.kind, arms.course) == ("choice", "arms")


def test_nothing_computed_depends_on_it(model: Model) -> None:
    bare = made(BASE)
    assert model.digest == bare.digest
    assert set(formulas_of(model)) == set(formulas_of(bare))
    assert not any(memories(formula) for formula in formulas_of(model))
    assert any(memories(item.formula) for item in model.measurements)


def test_a_parameter_of_an_observation_is_of_use() -> None:
    told = {item.message for item in check("made.yaml", text=BASE).warnings}
    assert "no outcome depends on 'noise'" in told
    assert check("made.yaml", text=BASE + HISTORY).warnings == ()


def test_what_has_no_reason_is_warned_of() -> None:
    text = (BASE + HISTORY).replace("because: b}]", "label: b}]")
    text = text.replace("{course: arms, because: a}", "{course: arms}")
    text = text.replace("hazard: {}}, because: a}", "hazard: {}}}")
    assert [(item.path, item.code) for item in check("made.yaml", text=text).warnings] == [
        ("observations.walked.breaks.1", "W101"),
        ("observations.first", "W101"),
        ("given.arms", "W101"),
    ]


def test_a_strict_reading_leaves_out_what_came_later() -> None:
    text = BASE + HISTORY.replace("because: b}]", "because: b, known_by: 2007-06}]").replace(
        "{course: arms, because: a}", "{course: arms, because: a, known_by: 2008}"
    ).replace("hazard: {}}, because: a}", "hazard: {}}, because: a, known_by: 2010}")
    report = check("made.yaml", text=text, known_by="2007-05")
    assert report.model is not None
    assert "first" not in [item.name for item in report.model.measurements]
    assert report.model.measurements[1].shifts == ()
    assert [item.kind for item in report.model.given] == ["event"] * 3
    later = check("made.yaml", text=text, known_by="2007-07")
    assert later.model is not None
    (shift,) = later.model.measurements[1].shifts
    assert shift.about.known_by == "2007-06-01"


def test_a_variation_changes_and_removes_them(tmp_path: Path, model: Model) -> None:
    (tmp_path / "first.yaml").write_text(BASE + HISTORY)
    (tmp_path / "second.yaml").write_text(
        "language: 1\nextends: first.yaml\n"
        "observations:\n"
        "  clashes: {every: year}\n"
        "  walked: ~\n"
        "  ways: {of: way, series: w, unit: km, likelihood: {lognormal: {sigma: 1}}, because: a}\n"
        "given: {arms: ~}\n"
    )
    found = load(tmp_path / "second.yaml")
    names = [item.name for item in found.measurements]
    assert names == ["clashes", "first", "leaks[north]", "leaks[south]", "ways"]
    assert (found.measurements[0].every, found.measurements[0].events) == (
        "year", model.measurements[0].events,
    )  # fmt: skip
    assert "arms" not in [item.name for item in found.given]
    assert found.digest == model.digest
    assert ("given", "arms", "removed") in found.differences


def test_they_are_listed(model: Model) -> None:
    rows = {row[0]: row for row in SECTIONS["observations"](model).rows}
    assert rows["clashes"][2:4] == (
        "events of provocation E1, by quarter", "negative_binomial dispersion noise",
    )  # fmt: skip
    assert rows["walked"][1] == "q(3, 'km') + (2) * (smooth(way, q(3, 'month')))"
    assert "1 month late" in rows["walked"][4]
    assert rows["first"][2] == "events of provocation, the first"
    assert [row[2] for row in SECTIONS["given"](model).rows] == [
        "events E1, E2; sizes of E1", "series leaks/N", "series leaks/S", "course arms",
    ]  # fmt: skip
