"""``reassure game solve``: how a game is played."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Annotated, Any

import typer

from reassure.cli.failures import explained
from reassure.cli.game.options import (
    At,
    OfPrecision,
    OfScenarios,
    RationalityOption,
    ViewOption,
    which_future,
)
from reassure.cli.options import (
    Design,
    Json,
    PosteriorOption,
    Quiet,
    Seed,
    Settings,
    Unconverged,
)

if TYPE_CHECKING:
    from reassure.engine.games.nash import Equilibrium
    from reassure.report.game_source import ResolvedGame, WhichFuture


@explained
def solve(
    games: Annotated[
        list[str],
        typer.Argument(metavar="FILE|MODEL:GAME...", help="Game files, or models with a game."),
    ],
    rationality: RationalityOption = None,
    nash: Annotated[
        bool,
        typer.Option("--nash", help="Nash equilibria instead; says how they were found."),
    ] = False,
    at: At = None,
    view: ViewOption = None,
    seed: Seed = 0,
    design: Design = "sobol",
    posterior: PosteriorOption = None,
    unconverged: Unconverged = False,
    set: Settings = None,
    precision: OfPrecision = "float32",
    scenarios: OfScenarios = None,
    json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Solve games: the logit agent quantal response equilibrium, on the branch from random play.

    With --json every game gives one line, in order. Players, information sets and actions are called
    as in the file; an unnamed information set is PLAYER:number. Ends of one name count together.
    A game of a model, MODEL:GAME, is that of one moment of one future (--at), in somebody's eyes
    (--view).
    """
    from reassure.cli.progress import progress_bar
    from reassure.model.mistakes import UsageError

    if nash and rationality is not None:
        raise UsageError("--nash and --rationality exclude each other", "keep one of the two")
    sources = _resolve_all(
        games,
        which_future(at, view, seed, design, posterior, unconverged, set, precision, scenarios),
    )
    for source in sources:
        source.levels(rationality)  # all are understood before the first is solved
        if nash:
            source.in_one_game("Nash equilibria are those of")
    watched = sys.stdout.isatty()  # what is printed there says enough
    with progress_bar("solving", quiet=quiet or watched, of="games") as progress:
        for number, source in enumerate(sources):
            if number and not json:
                print()
            if nash:
                _nash(source, json, quiet)
            else:
                _logit(source, rationality, json)
            if progress is not None:
                progress(number + 1, len(sources))


def _resolve_all(games: list[str], which: WhichFuture) -> list[ResolvedGame]:
    """Every game, or the mistakes of all files."""
    from reassure.model.mistakes import Mistake, ModelError
    from reassure.report.game_source import resolve_game

    found, mistakes = [], list[Mistake]()
    for name in games:
        try:
            found.append(resolve_game(name, which))
        except ModelError as error:
            mistakes += error.mistakes
    if mistakes:
        raise ModelError(mistakes)
    return found


def _logit(source: ResolvedGame, rationality: str | None, json: bool) -> None:
    from reassure.model.rationality import rationality_said
    from reassure.report.solved_game import solve_source

    solved = solve_source(source, rationality)
    if json:
        _line(solved.as_json())
        return
    default = rationality is None and source.rationality is None
    _print(
        source, rationality_said(solved.rationality, source.unit, default=default), solved.as_json()
    )


def _nash(source: ResolvedGame, json: bool, quiet: bool) -> None:
    from reassure.cli.output import remark
    from reassure.engine.games.nash import equilibria
    from reassure.report.game_report import solved_json

    found = equilibria(source.game)
    made = [
        solved_json(source.name, source.game, None, item.profile, item.values, None, _notes(item))
        for item in found.equilibria
    ]
    if json:
        none: dict[str, Any] = {player: {} for player in source.game.tree.players}
        first = made[0] if made else {**_EMPTY, "game": source.name, "profile": none}
        parts = ("profile", "values", "flags", "outcomes")
        several = [{key: item[key] for key in parts} for item in made]
        about = {"method": found.method, "said": list(found.said), "regret": found.regret}
        data = {**first, "nash": {**about, "equilibria": several}}
        if source.looked is not None:
            data |= {"view": source.looked.eyes.said, "at": source.looked.moment.as_json()}
        _line(data)
        return
    for number, item in enumerate(made, 1):
        if number > 1:
            print()
        count = f" {number} of {len(made)}" if len(made) > 1 else ""
        _print(source, f"Nash equilibrium{count}, by {found.method}", item)
    if not made:
        print(f"No Nash equilibrium found by {found.method}")
    for sentence in found.said:
        remark(sentence, quiet=quiet)


_EMPTY: dict[str, Any] = {
    "schema": 1, "game": "", "rationality": None, "profile": {}, "values": {}, "residual": None,
    "flags": ["no equilibrium found"], "outcomes": {},
}  # fmt: skip


def _notes(item: Equilibrium) -> tuple[str, ...]:
    return tuple(f"not reached, given as uniform: {name}" for name in item.unreached)


def _line(data: dict[str, Any]) -> None:
    import json

    print(json.dumps(data, allow_nan=False, ensure_ascii=False))


def _print(source: ResolvedGame, how: str, data: dict[str, Any]) -> None:
    from reassure.cli.tables import table
    from reassure.model.mistakes import printable
    from reassure.report.game_words import outcome_paths, probability_said, shortened

    tree = source.game.tree
    for line in (tree.title or source.name, *source.remarks(), how):
        print(printable(line))
    if data["residual"] is not None:
        print(f"residual {data['residual']:.1e}")
    for flag in data["flags"]:
        print(printable(f"flag: {flag}"))
    moves = [
        (printable(player), printable(name), printable(action), probability_said(p))
        for player, sets in data["profile"].items()
        for name, actions in sets.items()
        for action, p in actions.items()
    ]
    print()
    print(
        table(
            "Moves", ("player", "information set", "action", "probability"), moves, ("probability",)
        )
    )
    values = [(printable(player), f"{value:.5g}") for player, value in data["values"].items()]
    print()
    print(table("Expected payoffs", ("player", "payoff"), values, ("payoff",)))
    if data.get("results"):
        results = [(printable(name), f"{value:.5g}") for name, value in data["results"].items()]
        print()
        print(table("Results", ("result", "value"), results, ("value",)))
    how_reached = outcome_paths(tree)
    ends = [
        (shortened(name, 60), probability_said(p), shortened(how_reached[name], 60))
        for name, p in data["outcomes"].items()
    ]
    print()
    print(table("Outcomes", ("outcome", "probability", "path"), ends, ("probability",)))
