"""A model as tables: the one description that ``show``, the briefs and the docs' model pages print."""

from __future__ import annotations

from collections.abc import Callable

from reassure.model.checked import (
    Constant,
    Event,
    Lever,
    Model,
    Observable,
    Outcome,
    Policy,
    Rule,
    Schedule,
    Setting,
)
from reassure.model.checked_games import Lesson
from reassure.report.listing_claims import claims
from reassure.report.listing_games import game_moves, game_payoffs, game_results, game_views, games
from reassure.report.listing_history import given, observations
from reassure.report.listing_words import Listing, citations, grounds, number
from reassure.report.wording import counted


def date_of(model: Model, step: int) -> str:
    """The calendar label of a step. A month is a twelfth of a year; the calendar only labels."""
    from reassure.model.calendar import date_of_step

    return date_of_step(model.time, step)


def setting_text(model: Model, lever: Lever, setting: Setting) -> str:
    """How a policy sets one lever, in the lever's own unit and with its options' names."""

    def value_text(value: float) -> str:
        if lever.options:
            return lever.options[round(value)]
        return number(value / lever.unit.factor)

    match setting:
        case Constant(value=value):
            return value_text(value)
        case Schedule(steps=steps, values=values):
            return ", ".join(
                f"{value_text(value)} from {date_of(model, step)}"
                for step, value in zip(steps, values, strict=True)
            )
        case Rule(written=written):
            return f"by rule: {written}"


def _seen_by(observable: Observable | None) -> str:
    if observable is None:
        return ""
    late = f", {observable.delay_steps} steps late" if observable.delay_steps else ""
    blurred = f", error {number(observable.noise)}" if observable.noise else ""
    return ", ".join(observable.by) + late + blurred


def _unit(text: str) -> str:
    return "" if text == "1" else text


def _parameters(model: Model) -> Listing:
    return Listing(
        "Parameters",
        ("parameter", "prior", "unit", "what it is", "because"),
        tuple(
            (p.name, p.prior.written, _unit(p.unit.text), p.about.text, grounds(p.about))
            for p in model.parameters
        ),
    )


def _correlations(model: Model) -> Listing:
    return Listing(
        "Correlations",
        ("parameters", "rho", "because"),
        tuple(
            (f"{c.first} with {c.second}", number(c.rho), grounds(c.about))
            for c in model.correlations
        ),
    )


def _levers(model: Model) -> Listing:
    def reach(lever: Lever) -> str:
        if lever.options:
            return " / ".join(lever.options)
        low, high = lever.low / lever.unit.factor, lever.high / lever.unit.factor
        return f"{number(low)} to {number(high)}"

    def default(lever: Lever) -> str:
        return setting_text(model, lever, Constant(lever.default))

    return Listing(
        "Levers",
        ("lever", "actor", "range", "default", "what it is", "because"),
        tuple(
            (x.name, x.actor, reach(x), default(x), x.about.text, grounds(x.about))
            for x in model.levers
        ),
    )


def _policies(model: Model) -> Listing:
    levers = {lever.name: lever for lever in model.levers}

    def settings(policy: Policy) -> str:
        seeing = "clairvoyant; " if policy.clairvoyant else ""
        return seeing + "; ".join(
            f"{name} = {setting_text(model, levers[name], setting)}"
            for name, setting in policy.settings
        )

    return Listing(
        "Policies",
        ("policy", "what it is", "sets", "because"),
        tuple((p.name, p.about.text, settings(p), grounds(p.about)) for p in model.policies),
    )


def _events(model: Model) -> Listing:
    def driver(event: Event) -> str:
        if event.kind == "calendar":
            return ", ".join(date_of(model, step) for step in event.steps)
        unit = f" [{event.unit.text}]" if event.kind == "rate" else " a step"
        return f"{event.kind} {event.written}{unit}"

    return Listing(
        "Events",
        ("event", "actor", "how often", "what it is", "because"),
        tuple((e.name, e.actor, driver(e), e.about.text, grounds(e.about)) for e in model.events),
    )


def _stocks(model: Model) -> Listing:
    return Listing(
        "Stocks",
        ("stock", "change", "bounds", "unit", "what it is", "because"),
        tuple(
            (
                s.name,
                s.written,
                f"{number(s.low / s.unit.factor)} to {number(s.high / s.unit.factor)}",
                _unit(s.unit.text),
                s.about.text,
                grounds(s.about),
            )
            for s in model.stocks
        ),
    )


def _lesson(lesson: Lesson) -> str:
    return f"what the game {lesson.game} shows of {lesson.move}.{lesson.option}"


def _beliefs(model: Model) -> Listing:
    rows = []
    for belief in model.beliefs:
        moved = "; ".join(
            f"{item.event if item.kind == 'event' else item.name}: "
            + (_lesson(item.lesson) if item.lesson else item.written)
            for item in belief.evidence
        )
        of = f" (about {belief.about_belief})" if belief.about_belief else ""
        rows.append(
            (
                belief.name,
                belief.holder,
                (belief.that or belief.about.text) + of,
                moved,
                grounds(belief.about),
            )
        )
    return Listing("Beliefs", ("belief", "holder", "that", "moved by", "because"), tuple(rows))


def _choices(model: Model) -> Listing:
    rows = []
    for choice in model.choices:
        options = "; ".join(
            f"{option.name}: {option.written}" + (" (irreversible)" if option.irreversible else "")
            for option in choice.options
        )
        rows.append((choice.name, choice.actor, options, choice.about.text, grounds(choice.about)))
    return Listing(
        "Choices",
        ("choice", "actor", "options and utilities", "what it is", "because"),
        tuple(rows),
    )


def _auxiliaries(model: Model) -> Listing:
    rows = [
        (
            a.name,
            a.written,
            _unit(a.unit.text),
            _seen_by(a.observable),
            a.about.text,
            grounds(a.about),
        )
        for a in model.auxiliaries
    ]
    rows.extend(
        (n.name, f"noise, {n.kind}", _unit(n.unit.text), "", n.about.text, grounds(n.about))
        for n in model.noises
    )
    return Listing(
        "Auxiliaries", ("name", "formula", "unit", "seen by", "what it is", "because"), tuple(rows)
    )


def _outcomes(model: Model) -> Listing:
    def window(outcome: Outcome) -> str:
        if outcome.kind == "final":
            return date_of(model, outcome.last)
        if outcome.first == 0 and outcome.last == model.time.steps:
            return "whole run"
        return f"{date_of(model, outcome.first)} to {date_of(model, outcome.last)}"

    return Listing(
        "Outcomes",
        ("outcome", "how", "when", "unit", "what it is", "because"),
        tuple(
            (
                o.name,
                f"{o.kind} of {o.written}",
                window(o),
                _unit(o.unit.text),
                o.about.text,
                grounds(o.about),
            )
            for o in model.outcomes
        ),
    )


def _interests(model: Model) -> Listing:
    return Listing(
        "Interests",
        ("actor", "outcome", "weight", "because"),
        tuple((i.actor, i.outcome, number(i.weight), grounds(i.about)) for i in model.interests),
    )


def _actors(model: Model) -> Listing:
    return Listing(
        "Actors",
        ("actor", "name", "what it is"),
        tuple((a.code, a.name, a.about.text) for a in model.actors),
    )


def _sources(model: Model) -> Listing:
    return Listing(
        "Sources",
        ("key", "author", "year", "title", "details"),
        tuple(
            (
                s.key,
                s.author,
                "" if s.year is None else str(s.year),
                s.title,
                "; ".join(f"{key}: {value}" for key, value in s.details),
            )
            for s in model.sources
        ),
    )


SECTIONS: dict[str, Callable[[Model], Listing]] = {
    "actors": _actors,
    "parameters": _parameters,
    "correlate": _correlations,
    "levers": _levers,
    "policies": _policies,
    "events": _events,
    "stocks": _stocks,
    "beliefs": _beliefs,
    "choices": _choices,
    "games": games,
    "moves": game_moves,
    "payoffs": game_payoffs,
    "results": game_results,
    "views": game_views,
    "auxiliaries": _auxiliaries,
    "outcomes": _outcomes,
    "observations": observations,
    "given": given,
    "claims": claims,
    "interests": _interests,
    "sources": _sources,
}


def listings(model: Model) -> list[Listing]:
    """Every section of ``model`` that has something in it, in the order of the language."""
    found = (section(model) for section in SECTIONS.values())
    return [listing for listing in found if listing.rows]


def facts(model: Model) -> list[tuple[str, str]]:
    """The model in a few lines: what it is called, its clock, its size, what it varies."""
    time = model.time
    quantities = sum(
        len(group)
        for group in (
            model.auxiliaries,
            model.noises,
            model.events,
            model.stocks,
            model.beliefs,
            model.choices,
            model.levers,
            model.games,
        )
    )
    found = [
        ("title", model.title),
        ("time", f"{number(time.years)} years from {time.start}, a {time.step} a step"),
        ("actors", ", ".join(actor.name for actor in model.actors)),
        (
            "size",
            f"{len(model.parameters)} parameters, {quantities} quantities that move, "
            f"{len(model.outcomes)} outcomes, {counted(len(model.claims), 'claim')}",
        ),
        ("policies", ", ".join(policy.name for policy in model.policies)),
    ]
    clairvoyant = [policy.name for policy in model.policies if policy.clairvoyant]
    if clairvoyant:
        found.append(("clairvoyant", ", ".join(clairvoyant) + ": rules that see what nobody could"))
    if model.extends:
        found.append(("extends", f"{model.extends}, with {len(model.differences)} differences"))
    found.append(("digest", model.digest[:16]))
    return found


__all__ = [
    "SECTIONS",
    "Listing",
    "citations",
    "date_of",
    "facts",
    "grounds",
    "listings",
    "number",
    "setting_text",
]
