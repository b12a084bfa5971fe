"""What a brief holds, gathered from runs, claims, graph and stories; the templates only lay it out."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from reassure.model.checked import Model
from reassure.report.brief_causes import arrows, loops_in_words
from reassure.report.brief_games import GamePart, game_parts, games_line
from reassure.report.brief_record import contradictions, record_of, with_record
from reassure.report.brief_stories import three_stories
from reassure.report.brief_verdicts import (
    claim_row,
    finding,
    findings,
    glossary,
    groups,
    headline,
    headlines,
    tally,
)
from reassure.report.figures import fans, swings_of
from reassure.report.picture import Picture
from reassure.report.wording import counted, listed, percent, plain_name, two_figures
from reassure.study.claims import ClaimsResult, test_claims
from reassure.study.design import Joint
from reassure.study.engines import engine_for
from reassure.study.interests import Standings, serve
from reassure.study.main_outcomes import main_outcomes
from reassure.study.predictive import Prediction, predict
from reassure.study.result import RunResult
from reassure.study.running import run

if TYPE_CHECKING:
    from reassure.engine.causal import CausalGraph

MOST_LOOPS = 12
MOST_OUTCOMES = 24


@dataclass(frozen=True, slots=True)
class Page:
    """Everything the templates need, as text and numbers ready to print."""

    title: str
    byline: str
    warning: str
    headline: str
    finding: str
    complete: bool
    contents: list[tuple[str, str]]
    notes: list[str]
    method_line: str
    tally: list[dict[str, Any]]
    findings: list[dict[str, Any]]
    headlines: list[dict[str, Any]]
    against: dict[str, Any]
    groups: list[dict[str, Any]]
    glossary: list[dict[str, str]]
    policies: list[str]
    policies_line: str
    outcome_rows: list[dict[str, Any]]
    interest_rows: list[dict[str, Any]]
    interests_line: str
    fans: list[Picture]
    tornados: list[Picture]
    hinges: list[str]
    predictive_line: str
    predictive_rows: list[dict[str, str]]
    predictive_rest: list[dict[str, str]]
    diagram: str
    diagram_line: str
    arrows: list[str]
    loops: list[dict[str, str]]
    games: list[GamePart]
    games_line: str
    stories: list[dict[str, Any]]
    stories_line: str
    limits: list[str]
    provenance: list[tuple[str, str]]
    sources: list[str] = field(default_factory=list)


CONTENTS = [
    ("argument", "The argument"),
    ("verdicts", "Verdicts"),
    ("policies", "Policies"),
    ("hinges", "What it hinges on"),
    ("prior", "Before any claim"),
    ("causes", "What drives what"),
    ("games", "What if"),
    ("stories", "Three futures"),
    ("limits", "Limits and provenance"),
]


def assemble(
    model: Model,
    graph: CausalGraph,
    *,
    scenarios: int,
    replications: int,
    max_replications: int,
    seed: int,
    design: str | Joint,
    policies: Sequence[str] | None,
    settings: Mapping[str, float | str] | None,
    progress: Callable[[int, int], None] | None,
    pictures: bool,
) -> Page:
    """Do all the work of a brief. ``pictures``: whether to draw (Markdown has none)."""
    engine_for(model).prepare()
    claims = test_claims(
        model,
        scenarios=scenarios,
        replications=replications,
        max_replications=max_replications,
        seed=seed,
        design=design,
        set=settings,
        graph=graph,
        progress=progress,
    )
    futures = run(
        model,
        policies=policies,
        scenarios=scenarios,
        replications=replications,
        seed=seed,
        design=design,
        set=settings,
        keep_futures=True,
        progress=progress,
    )
    complete = claims.complete and futures.complete
    said = finding(claims)
    swayed = swings_of(model, futures)
    predictions = predict(model, futures)
    record, unread = record_of(model)
    rows = with_record([claim_row(result) for result in claims.results], claims, record)
    return Page(
        title=model.title,
        byline=_byline(model, futures),
        warning=" ".join(filter(None, [_warning(model, futures, complete), unread])),
        headline=headline(model, claims),
        finding=said[0].upper() + said[1:],
        complete=complete,
        contents=[item for item in CONTENTS if model.games or item[0] != "games"],
        notes=[part.strip() for part in model.notes.split("\n\n") if part.strip()],
        method_line=_method_line(model, claims, futures),
        tally=tally(claims),
        findings=findings(claims),
        headlines=with_record(headlines(model, claims), claims, record),
        against=contradictions(record),
        groups=groups(rows),
        glossary=glossary(model, claims, [x.name for item in swayed for x in item.largest]),
        policies=[plain_name(name).replace("+", " + ") for name in futures.policies],
        policies_line=_policies_line(model),
        outcome_rows=_outcome_rows(model, futures),
        interest_rows=_interest_rows(model, serve(model, futures)),
        interests_line=(
            "The share of scenarios in which each policy serves the actor best among those shown, by the weighted "
            "outcomes that the model says it wants."
        ),
        fans=fans(model, futures, seed=seed, settings=settings) if pictures else [],
        tornados=[item.picture() for item in swayed] if pictures else [],
        hinges=[item.sentence() for item in swayed],
        predictive_line=(
            "Before any claim is tested: what the priors alone imply, over scenarios under the first policy, against "
            "plain facts where there are some."
        ),
        predictive_rows=[_prediction_row(item) for item in predictions if _checked(item)],
        predictive_rest=[_prediction_row(item) for item in predictions if not _checked(item)],
        diagram=_diagram(model, graph) if pictures else "",
        diagram_line=(
            "The backbone of the model, derived from its formulas: + raises, − lowers, ? cannot be said in advance."
        ),
        arrows=[] if pictures else arrows(model, graph),
        loops=loops_in_words(model, graph.by_element.loops),
        games=game_parts(
            model,
            futures.policies,
            scenarios=scenarios,
            seed=seed,
            design=design,
            settings=settings,
            pictures=pictures,
        ),
        games_line=games_line(scenarios),
        stories=three_stories(model, futures, seed=seed, settings=settings),
        stories_line=(
            "One typical future and the two most unlike it and each other, out of those run under the first policy: "
            "chosen by their outcomes, none of them a forecast."
        ),
        limits=_limits(model, claims, futures),
        provenance=[(key, str(value)) for key, value in futures.provenance.items()],
        sources=[
            ", ".join(part for part in (s.author, str(s.year or ""), s.title) if part)
            for s in model.sources
        ],
    )


def _byline(model: Model, futures: RunResult) -> str:
    time = model.time
    return (
        f"Model {model.name}, {len(model.actors)} actors, {time.years:g} years from {time.start}, "
        f"{counted(futures.futures, 'future')} of {counted(len(futures.policies), 'policy', 'policies')}"
    )


def _warning(model: Model, futures: RunResult, complete: bool) -> str:
    used = {part for policy in futures.policies for part in policy.split("+")}
    seeing = [
        policy.name for policy in model.policies if policy.clairvoyant and policy.name in used
    ]
    parts = []
    drawn = futures.scenario_design.kind
    if not isinstance(drawn, str):
        parts += [f"{remark[0].upper()}{remark[1:]}." for remark in drawn.remarks(model)]
    if not complete:
        parts.append(
            "This brief was stopped early: its figures are of the futures finished by then."
        )
    if seeing:
        parts.append(f"Clairvoyant: the rules of {listed(seeing)} see what no government could.")
    return " ".join(parts)


def _policies_line(model: Model) -> str:
    line = (
        "For each policy the mean over all futures, and below it the range from the 5th to the 95th percentile "
        "over scenarios of the mean over replications: what nobody knows, not chance."
    )
    if len(model.outcomes) > MOST_OUTCOMES:
        line += (
            f" Shown are the {MOST_OUTCOMES} outcomes that interests and claims turn on most; `reassure run` lists all "
            f"{len(model.outcomes)}."
        )
    return line


def _method_line(model: Model, claims: ClaimsResult, futures: RunResult) -> str:
    given = (
        "which nobody knows"
        if isinstance(futures.scenario_design.kind, str)
        else f"given what happened ({futures.design})"
    )
    return (
        f"The argument runs as a model over {counted(claims.scenarios, 'scenario')}: draws of its "
        f"{counted(len(model.parameters), 'uncertain parameter')}, {given}. Inside each, chance is drawn "
        f"again and again. {counted(claims.futures + futures.futures, 'future')} were run in all. A claim is "
        "tested in each scenario by itself; the finding is the share of scenarios in which it holds."
    )


def _outcome_rows(model: Model, futures: RunResult) -> list[dict[str, Any]]:
    tables = [{row.outcome: row for row in futures.summary(policy)} for policy in futures.policies]
    shown = {outcome.name for outcome in main_outcomes(model)[:MOST_OUTCOMES]}
    return [
        {
            "name": plain_name(outcome.name, outcome.about.label),
            "text": outcome.about.text,
            "unit": "" if outcome.unit.text == "1" else outcome.unit.text,
            "cells": [
                {
                    "mean": two_figures(table[outcome.name].mean),
                    "low": two_figures(table[outcome.name].p05),
                    "high": two_figures(table[outcome.name].p95),
                }
                for table in tables
            ],
        }
        for outcome in model.outcomes
        if outcome.name in shown
    ]


def _interest_rows(model: Model, standings: Sequence[Standings]) -> list[dict[str, Any]]:
    names = {actor.code: actor.name for actor in model.actors}
    return [
        {
            "name": names.get(item.actor, item.actor),
            "cells": [f"{percent(share)} best" for share in item.best],
        }
        for item in standings
    ]


def _checked(item: Prediction) -> bool:
    """Whether there is something to say of an outcome besides its figures."""
    return item.plausible is not None or bool(item.remark)


def _prediction_row(item: Prediction) -> dict[str, str]:
    facts = ""
    if item.plausible is not None:
        facts = (
            f"{two_figures(item.plausible[0])} to {two_figures(item.plausible[1])}: {item.because}"
        )
    return {
        "name": plain_name(item.outcome, item.label),
        "unit": "" if item.unit == "1" else item.unit,
        "low": two_figures(item.p05),
        "middle": two_figures(item.p50),
        "high": two_figures(item.p95),
        "facts": facts,
        "remark": item.remark,
    }


def _diagram(model: Model, graph: CausalGraph) -> str:
    from reassure.report.diagram import diagram_svg

    return diagram_svg(model, graph)


def _limits(model: Model, claims: ClaimsResult, futures: RunResult) -> list[str]:
    found = [
        "A verdict is about this model and these priors, not about the world: it says what the argument implies, "
        "not whether it is true.",
        f"The scenarios are {futures.scenarios} draws, so every share has sampling error; a share of one half "
        f"is uncertain by about {percent(1 / max(futures.scenarios, 1) ** 0.5)}.",
        "Weights, rates and utilities rest on the reasons given in the model file; where nobody knows, they are wide.",
    ]
    if claims.thresholds_note:
        found.append(claims.thresholds_note)
    found.extend(futures.remarks)
    return found
