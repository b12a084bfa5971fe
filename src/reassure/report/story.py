"""One future as dated prose, with the turning points and what moved them."""

from __future__ import annotations

import calendar
from collections import defaultdict
from dataclasses import dataclass
from itertools import groupby
from typing import Any

import numpy as np

from reassure.model.checked import About, Belief, Model
from reassure.report.plays import Playing, plays, teaching_game
from reassure.report.telling_plays import said_play, short_plays
from reassure.report.turning_points import Driver, Paths, TurningPoint, turning_points
from reassure.report.wording import likelihood, listed, plain_name, spoken_unit, two_figures
from reassure.study.main_outcomes import main_outcomes

SCHEMA = 1
MOST_OUTCOMES = 10  # that the prose ends with


@dataclass(frozen=True, slots=True)
class Happening:
    """Events of one kind in one step."""

    step: int
    date: str
    event: str
    actor: str
    count: int
    magnitude: float


@dataclass(frozen=True, slots=True)
class Story:
    """One future, told.

    Attributes:
        model: what it is a future of.
        policy, scenario, replication, seed, design: its address; the same address gives the same future.
        outcomes: name -> value in the outcome's unit, those of the run.
        happenings: every step in which something happened.
        points: the turning points, in order of time.
        plays: every game that was played, in order of time.
        parameters: the scenario, name -> value in the parameter's unit.
        clairvoyant: policies in force whose rules see what nobody could.
    """

    model: Model
    policy: str
    scenario: int
    replication: int
    seed: int
    design: str
    outcomes: dict[str, float]
    parameters: dict[str, float]
    happenings: tuple[Happening, ...]
    points: tuple[TurningPoint, ...]
    clairvoyant: tuple[str, ...] = ()
    plays: tuple[Playing, ...] = ()

    def as_json(self) -> dict[str, Any]:
        """The contract of ``story --json``."""
        return {
            "schema": SCHEMA,
            "model": self.model.name,
            "hash": self.model.digest,
            "policy": self.policy,
            "scenario": self.scenario,
            "replication": self.replication,
            "seed": self.seed,
            "design": self.design,
            "clairvoyant": list(self.clairvoyant),
            "outcomes": self.outcomes,
            "parameters": self.parameters,
            "events": [
                {
                    "date": item.date,
                    "step": item.step,
                    "event": item.event,
                    "actor": item.actor or None,
                    "count": item.count,
                    "magnitude": item.magnitude,
                }
                for item in self.happenings
            ],
            "plays": [item.as_json(iso_date(self.model, item.step)) for item in self.plays],
            "turning_points": [self._point_json(point) for point in self.points],
            "text": self.text(numbers=True),
        }

    def _point_json(self, point: TurningPoint) -> dict[str, Any]:
        data: dict[str, Any] = {
            "kind": point.kind,
            "name": point.name,
            "from": iso_date(self.model, point.first),
            "to": iso_date(self.model, point.last),
            "before": point.before,
            "after": point.after,
            "drivers": [{"name": d.name, "amount": d.amount} for d in point.drivers],
        }
        if point.kind == "choice":
            options = _choice(self.model, point.name).options
            data["before"] = options[round(point.before)].name
            data["after"] = options[round(point.after)].name
            data["likelihood"] = point.likelihood
        else:
            data["rest"] = point.rest
        return data

    def text(self, *, numbers: bool = False) -> str:
        """The story as paragraphs, one a year in which something turned or was played.

        Runs of other years are named. ``numbers`` adds the figures.
        """
        teller = _Teller(self, numbers)
        return "\n\n".join(teller.paragraphs())

    def _repr_html_(self) -> str:
        from html import escape

        body = "".join(f"<p>{escape(part)}</p>" for part in self.text().split("\n\n"))
        return f"<h4>{escape(self.model.title)}: {escape(self.policy)}</h4>{body}"


def tell(
    model: Model,
    paths: Paths,
    *,
    policy: str,
    scenario: int,
    replication: int,
    seed: int,
    design: str,
    outcomes: dict[str, float],
    parameters: dict[str, float],
    most: int = 12,
) -> Story:
    """Make a story of the recorded paths of one future.

    Args:
        paths: every named quantity, [step], in internal units.
        most: how many turning points to tell at most.
    """
    used = set(policy.split("+"))
    return Story(
        model=model,
        policy=policy,
        scenario=scenario,
        replication=replication,
        seed=seed,
        design=design,
        outcomes=outcomes,
        parameters=parameters,
        happenings=tuple(_happenings(model, paths)),
        points=tuple(turning_points(model, paths, most=most)),
        clairvoyant=tuple(p.name for p in model.policies if p.clairvoyant and p.name in used),
        plays=tuple(plays(model, paths)),
    )


def _happenings(model: Model, paths: Paths) -> list[Happening]:
    found: list[Happening] = []
    for event in model.events:
        counts = np.rint(paths[event.name][: model.time.steps]).astype(int)
        sizes = paths[f"{event.name}.magnitude"]
        busy = np.flatnonzero(counts)
        if event.kind == "calendar" and len(busy) == model.time.steps:
            continue  # a clock, not news
        found.extend(
            Happening(
                int(step),
                iso_date(model, int(step)),
                event.name,
                event.actor,
                int(counts[step]),
                float(sizes[step]),
            )
            for step in busy
        )
    return sorted(found, key=lambda item: item.step)


def iso_date(model: Model, step: int) -> str:
    """The date that labels a step: YYYY-MM, or YYYY-MM-DD where steps are shorter than a month."""
    from reassure.model.calendar import date_of_step

    return date_of_step(model.time, step)


def month_of(date: str) -> str:
    """``2009-03-01`` as ``March 2009``."""
    year, month, *_ = date.split("-")
    return f"{calendar.month_name[int(month)]} {year}"


def _choice(model: Model, name: str) -> Any:
    return next(choice for choice in model.choices if choice.name == name)


class _Teller:
    """Turns a story's parts into sentences."""

    def __init__(self, story: Story, numbers: bool) -> None:
        self.story = story
        self.model = story.model
        self.numbers = numbers
        self.actors = {actor.code: actor.name for actor in story.model.actors}
        self.about: dict[str, About] = {}
        for group in (
            self.model.auxiliaries,
            self.model.stocks,
            self.model.beliefs,
            self.model.choices,
            self.model.levers,
            self.model.events,
            self.model.noises,
            self.model.parameters,
            self.model.outcomes,
            self.model.games,
        ):
            self.about.update((item.name, item.about) for item in group)

    def paragraphs(self) -> list[str]:
        opening = (
            f"This is one future of “{self.model.title}” under {self.story.policy or 'the default levers'}: "
            f"scenario {self.story.scenario}, replication {self.story.replication}, "
            f"seed {self.story.seed}. It is one of many, and no forecast."
        )
        if self.story.clairvoyant:
            seen = ", ".join(self.story.clairvoyant)
            opening += f" The policy {seen} is clairvoyant: its rules see what nobody could."
        told = [(point.last, self._point(point)) for point in self.story.points]
        told += [
            (play.step, said_play(self.model, play, self._when(play.step), numbers=self.numbers))
            for play in self.story.plays
            if not play.routine
        ]
        years: dict[str, list[str]] = defaultdict(list)
        for step, sentences in sorted(told, key=lambda item: item[0]):
            years[iso_date(self.model, step)[:4]].append(sentences)
        paragraphs = [opening]
        for told_of, run in groupby(self._calendar(), key=years.__contains__):
            if not told_of:
                paragraphs += [self._quiet_years(list(run))] if years else []
                continue
            for year in run:
                parts = [f"{year}.", self._news(year), *years[year], self._routine(year)]
                paragraphs.append(" ".join(filter(None, parts)))
        if not years:
            paragraphs.append(
                "Nothing turned: no belief moved far within a year and no choice changed."
            )
        paragraphs.append(self._ending())
        return paragraphs

    def _name(self, name: str) -> str:
        head = name.split(".", 1)[0]
        if name in self.about:
            return plain_name(name, self.about[name].label)
        if head in self.about and name != head:
            return (
                f"{plain_name(head, self.about[head].label)} ({plain_name(name[len(head) + 1 :])})"
            )
        return plain_name(name)

    def _when(self, step: int) -> str:
        return month_of(iso_date(self.model, step))

    def _calendar(self) -> list[str]:
        """Every year of the run."""
        steps = range(self.model.time.steps + 1)
        last = {point.last for point in self.story.points}
        shown = steps if self.model.time.steps in last else steps[:-1]
        return list(dict.fromkeys(iso_date(self.model, step)[:4] for step in shown))

    def _quiet_years(self, run: list[str]) -> str:
        """A run of years in which nothing turned, and what happened in them all the same."""
        said = f"Quiet years: {run[0]} to {run[-1]}." if len(run) > 1 else f"Quiet year: {run[0]}."
        news = self._news(*run)
        return f"{said} {news}" if news else said

    def _routine(self, year: str) -> str:
        """The games of a year that are no news, in a sentence."""
        found = [p for p in self.story.plays if iso_date(self.model, p.step).startswith(year)]
        return short_plays(self.model, [p for p in found if p.routine])

    def _news(self, *years: str) -> str:
        occasions = {
            (game.play.event, item.step)
            for game in self.model.games
            for item in self.story.plays
            if game.play is not None and item.game == game.name
        }
        counts: dict[str, int] = defaultdict(int)
        for item in self.story.happenings:
            told_as_game = (item.event, item.step) in occasions
            if item.date[:4] in years and not told_as_game:
                counts[item.event] += item.count
        if not counts:
            return ""
        most = sorted(counts, key=lambda name: -counts[name])[:4]
        parts = [_told(self._name(name), _times(counts[name])) for name in most]
        return ("The year saw " if len(years) == 1 else "They saw ") + listed(parts) + "."

    def _point(self, point: TurningPoint) -> str:
        return self._belief(point) if point.kind == "belief" else self._decision(point)

    def _belief(self, point: TurningPoint) -> str:
        belief = next(item for item in self.model.beliefs if item.name == point.name)
        holder = self.actors.get(belief.holder, belief.holder)
        rises = point.after > point.before
        drop = abs(point.after - point.before)
        verb = ("rose" if rises else "fell") + (" sharply" if drop > 0.2 else "")
        start, end = (self._when(step) for step in (point.first, point.last))
        proposition = f"belief that {belief.that}" if belief.that else self._name(belief.name)
        sentence = f"Between {start} and {end}, {holder}'s {proposition} {verb}"
        if self.numbers:
            sentence += f" from {point.before:.0%} to {point.after:.0%}"
        direction = 1 if rises else -1
        pushing = [d for d in point.drivers if d.amount * direction > 0][:3]
        against = [d for d in point.drivers if d.amount * direction < 0][:1]
        if pushing:
            sentence += ", moved by " + listed(
                [self._evidence(belief, driver) for driver in pushing]
            )
        elif point.rest * direction > 0:
            sentence += ", as older impressions faded"
        if against and pushing:
            sentence += f", against {self._evidence(belief, against[0])}"
        return sentence + "."

    def _evidence(self, belief: Belief, driver: Driver) -> str:
        game = teaching_game(self.model, belief, driver.name)
        if game is None:
            return self._driver(driver)
        shown = f"what came to light in {self._name(game.name)}"
        return f"{shown} ({driver.amount:+.2f})" if self.numbers else shown

    def _driver(self, driver: Driver) -> str:
        name = self._name(driver.name)
        return f"{name} ({driver.amount:+.2f})" if self.numbers else name

    def _decision(self, point: TurningPoint) -> str:
        choice = _choice(self.model, point.name)
        actor = self.actors.get(choice.actor, choice.actor)
        old, new = (choice.options[round(value)] for value in (point.before, point.after))
        when = self._when(point.first)
        sentence = (
            f"In {when} {actor} moved on {self._name(choice.name)} from "
            f"{plain_name(old.name, old.about.label)} to {plain_name(new.name, new.about.label)}"
        )
        if point.likelihood is not None:
            word = likelihood(point.likelihood)
            sentence += f" ({word}{f', {point.likelihood:.0%}' if self.numbers else ''})"
        helping = [driver for driver in point.drivers if driver.amount > 0][:3]
        if helping:
            sentence += ", made more attractive since the last decision by changes in "
            sentence += listed([self._driver(driver) for driver in helping])
        return sentence + "."

    def _ending(self) -> str:
        parts = []
        shown = main_outcomes(self.model)[:MOST_OUTCOMES]
        for outcome in shown:
            value = self.story.outcomes[outcome.name]
            figure = two_figures(value) + spoken_unit(outcome.unit.text)
            if outcome.kind == "reached":
                figure = "yes" if value > 0.5 else "no"
            parts.append(f"{self._name(outcome.name)}: {figure}")
        rest = len(self.model.outcomes) - len(shown)
        also = f" The values of {rest} further outcomes come with --json." if rest else ""
        return "At the end — " + "; ".join(parts) + "." + also


def _told(name: str, times: str) -> str:
    """``a skirmish (twice)``, and within the brackets that a name already ends with."""
    return f"{name[:-1]}, {times})" if name.endswith(")") else f"{name} ({times})"


def _times(count: int) -> str:
    return {1: "once", 2: "twice"}.get(count, f"{count} times")
