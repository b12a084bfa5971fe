"""The what-ifs of a brief: who would do what in each game, how likely, and what comes of it."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction

import numpy as np

from reassure.engine.games.single import named
from reassure.engine.games.views import View
from reassure.model.calendar import date_of_step
from reassure.model.checked import Model
from reassure.model.checked_games import ModelGame, Move
from reassure.model.game_tree import Game, GameTree
from reassure.report.game_drawing import MAX_ENDS, game_picture
from reassure.report.picture import Picture
from reassure.report.telling_plays import game_said
from reassure.report.wording import listed, percent, plain_name, two_figures
from reassure.study.design import Joint
from reassure.study.whatifs import Looked, Moment, WhatIf, what_ifs

SCENARIOS = 32


@dataclass(frozen=True, slots=True)
class GamePart:
    """One game as the templates lay it out.

    Attributes:
        columns: heads of the cases.
        moves, results: rows of a name, a note and one figure a case.
        picture: the tree at one moment; None where nothing is drawn.
    """

    title: str
    text: str
    columns: list[str]
    moves: list[dict[str, object]]
    results: list[dict[str, object]]
    flags: str
    picture: Picture | None


def game_parts(
    model: Model,
    policies: Sequence[str],
    *,
    scenarios: int,
    seed: int,
    design: str | Joint,
    settings: Mapping[str, float | str] | None,
    pictures: bool,
) -> list[GamePart]:
    """Every game of a model, at the start and half way, under the first two of ``policies``."""
    middle = model.time.steps // 2
    first = policies[0]
    moments = [Moment(first, 0), *(Moment(policy, middle) for policy in reversed(policies[:2]))]
    found = what_ifs(
        model,
        moments,
        scenarios=min(SCENARIOS, scenarios),
        seed=seed,
        design=design,
        settings=settings,
    )
    return [_part(model, item, moments, pictures) for item in found]


def games_line(scenarios: int) -> str:
    """What the figures of the page are."""
    return (
        "Each game is solved at the moment that heads the column, with the payoffs, capabilities and beliefs of that "
        f"moment; figures are averages over the first {min(SCENARIOS, scenarios)} scenarios, one future each. A move's "
        "figure is its chance once its turn comes. Where governments misperceive, each moves by the game as it sees "
        "it; “as X sees it” is the whole game as X has it in mind."
    )


def _part(model: Model, item: WhatIf, moments: Sequence[Moment], pictures: bool) -> GamePart:
    game = item.game
    names = {actor.code: actor.name for actor in model.actors}
    cases = _cases(model, game, moments, names)
    looks = [item.looks[moment, view] for _, moment, view in cases]
    share = f"{item.flagged:,} of {item.solves:,} solves carry a flag"
    return GamePart(
        title=game_said(game),
        text=game.about.text,
        columns=[head for head, _, _ in cases],
        moves=[
            row for move in game.moves for row in _move_rows(move, names.get(move.actor, ""), looks)
        ],
        results=[
            {
                "name": result.about.text or plain_name(result.name, result.about.label),
                "cells": [two_figures(float(np.mean(look.results[result.name]))) for look in looks],
            }
            for result in game.results
            if result.written
        ],
        flags=share if item.flagged else "no solve carries a flag",
        picture=_picture(model, item) if pictures and _drawable(game) else None,
    )


def _drawable(game: ModelGame) -> bool:
    return len(game.tree.terminals) <= MAX_ENDS


def _cases(
    model: Model, game: ModelGame, moments: Sequence[Moment], names: Mapping[str, str]
) -> list[tuple[str, Moment, View]]:
    """Head, moment and view of each column: moments as things are, then views of the last one."""

    def said(moment: Moment) -> str:
        date = date_of_step(model.time, moment.step)[:4]
        return f"{plain_name(moment.policy or 'default')}, {date}"

    last = moments[-1]
    ordered = [moments[0], last, *moments[1:-1]]
    cases = [(said(moment), moment, View()) for moment in dict.fromkeys(ordered)]
    cases += [
        (f"{said(last)}, {plain_name(v.name, v.about.label)}", last, View(v.name))
        for v in game.variants
    ]
    cases += [
        (f"{said(last)}, as {names.get(p.actor, p.actor)} sees it", last, View("", p.actor))
        for p in game.perceptions
    ]
    return cases


def _move_rows(move: Move, actor: str, looks: Sequence[Looked]) -> list[dict[str, object]]:
    """A row an option; of two options only the second, which names the first."""
    who = actor or "chance"
    shown = move.options[1:] if len(move.options) == 2 else move.options
    other = f" (else {plain_name(move.options[0])})" if len(move.options) == 2 else ""
    verb = {"type": "is ", "chance": f"{plain_name(move.name)}, "}.get(move.kind, "")
    return [
        {
            "name": f"{who}: {verb}{plain_name(option)}{other}",
            "cells": [
                percent(float(np.mean(look.moves[move.name, option])))
                if (move.name, option) in look.moves
                else "—"
                for look in looks
            ],
        }
        for option in shown
    ]


def _picture(model: Model, item: WhatIf) -> Picture:
    svg, caption = game_tree_svg(model, item)
    return Picture(svg, caption)


def game_tree_svg(model: Model, item: WhatIf) -> tuple[str, str]:
    """The tree of a game at the moment that is shown whole, and what the picture is of."""
    game = item.game
    tree = _worded(game)
    concrete = Game(
        tree,
        tuple(tuple(Fraction(f"{v:.0f}") for v in row) for row in item.payoffs),
        tuple(tuple(Fraction(f"{v:.2f}") for v in row) for row in item.chances),
    )
    when = date_of_step(model.time, item.shown.step)
    policy = plain_name(item.shown.policy or "default levers")
    note = f"scenario 0 under {policy}, {when}: chances as each sees the game, payoffs in points"
    data = game_picture(concrete, profile=named(tree, item.actions), note=note)
    text = data.decode("utf-8")
    actors = {actor.code: actor.name for actor in model.actors}
    players = listed([f"{code} {actors.get(code, code)}" for code in tree.players])
    return text[text.index("<svg") :], (
        f"{game_said(game)}: the wider a branch, the likelier the move. {players}."
    )


def _worded(game: ModelGame) -> GameTree:
    """A game's tree with names as a reader says them."""
    tree = game.tree
    names = [
        plain_name(re.sub(r"\w+=(?=[A-Za-z])", "", item.name)) for item in tree.information_sets
    ]
    if len(set(names)) < len(names):
        names = [item.name for item in tree.information_sets]
    return replace(
        tree,
        title=game_said(game),
        terminals=("",) * len(tree.terminals),
        information_sets=tuple(
            replace(item, name=name, actions=tuple(map(plain_name, item.actions)))
            for item, name in zip(tree.information_sets, names, strict=True)
        ),
        chance_moves=tuple(
            replace(item, name=plain_name(item.name), actions=tuple(map(plain_name, item.actions)))
            for item in tree.chance_moves
        ),
    )
