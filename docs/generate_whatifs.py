"""Write a page on each what-if of the Easley model, with its tree as a picture.

    python docs/generate_whatifs.py            solve the games (a minute), then write figures, pictures and pages
    python docs/generate_whatifs.py --text     write the pages from the figures that are there

The words come from the model file, the figures from ``games/whatifs.json``. A test compares each page with what the
model file and these figures make of it, and the digest beside the figures with that of the model.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterable, Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np

from reassure.model.checked import Model
from reassure.model.checked_games import ModelGame
from reassure.model.load import load
from reassure.report import listing_games
from reassure.report.listing_words import Listing, grounds
from reassure.report.wording import counted, listed, percent, plain_name, two_figures

MODEL = "easley2007"
POLICY = "drift"
SCENARIOS = 32
GAMES = Path(__file__).parent / "games"
FIGURES = GAMES / "whatifs.json"
NOTE = "<!-- Written by docs/generate_whatifs.py; change the model file, not this page. -->\n\n"


def figures(model: Model) -> dict[str, Any]:
    """What the games come to under drift at the start; pictures are written on the way."""
    from reassure.engine.games.nash import equilibria
    from reassure.engine.games.views import View
    from reassure.model.game_tree import Game
    from reassure.report.brief_games import game_tree_svg
    from reassure.study.whatifs import Moment, views_shown, what_ifs

    at = Moment(POLICY, 0)
    found: dict[str, Any] = {"digest": model.digest, "games": {}}
    for item in what_ifs(model, [at], scenarios=SCENARIOS):
        game = item.game
        exact = Game(
            game.tree,
            tuple(tuple(Fraction(float(v)) for v in row) for row in item.payoffs),
            tuple(tuple(_shares(row)) for row in item.chances),
        )
        nash = equilibria(exact)
        (GAMES / f"{slug(game)}.svg").write_text(game_tree_svg(model, item)[0], encoding="utf-8")
        found["games"][game.name] = {
            "flagged": item.flagged,
            "solves": item.solves,
            "views": [
                {
                    "variant": view.variant,
                    "viewer": view.viewer,
                    "results": {
                        result.name: _short(np.mean(item.looks[at, view].results[result.name]))
                        for result in game.results
                        if result.written
                    },
                }
                for view in views_shown(game)
            ],
            "moves": {
                f"{move.name}.{option}": _short(
                    np.mean(item.looks[at, View()].moves[move.name, option])
                )
                for move in game.moves
                for option in move.options
            },
            "scenario": [_short(p) for p in item.actions],
            "nash": {
                "method": nash.method,
                "count": len(nash.equilibria),
                "said": list(nash.said),
                "actions": [_short(p) for p in nash.equilibria[0].probabilities],
            },
        }
    return found


def _shares(row: Sequence[float]) -> list[Fraction]:
    """Probabilities as fractions that sum to one."""
    exact = [Fraction(float(value)) for value in row]
    return [*exact[:-1], 1 - sum(exact[:-1], Fraction(0))]


def _short(value: Any) -> float:
    return float(f"{float(value):.3g}")


def slug(game: ModelGame) -> str:
    """The name of a game's page."""
    name = game.name.removesuffix("_game").replace("_", "-")
    number = re.match(r"W\d+", game.about.label)
    return f"{number[0].lower()}-{name}" if number else name


def page(model: Model, game: ModelGame, solved: dict[str, Any]) -> str:
    """One game: who plays, moves, payoffs, who may be wrong about what, its tree, what it comes to."""
    names = {actor.code: actor.name for actor in model.actors}
    players = listed([f"{names.get(code, code)} (`{code}`)" for code in game.tree.players])
    summary = dict(
        zip(
            listing_games.games(model).columns,
            _own(listing_games.games(model), game)[0],
            strict=True,
        )
    )
    parts = [
        NOTE + f"# {game.about.label or plain_name(game.name)}\n",
        f"{_prose(_opening(game.about.text))}. Why it is asked: {_prose(grounds(game.about))}.\n",
        f"Players: {players}. In the model it is `{game.name}`, {_prose(summary['when'])}. "
        f"Rationality per 100 points: {_prose(summary['rationality'])}.\n",
        f"![The tree of the game]({slug(game)}.svg)\n",
        f"*The tree in the first scenario under {POLICY} at the start: the wider a branch, the likelier the move.*\n",
        "## Moves\n",
        _table(listing_games.game_moves(model), game),
        "## Payoffs\n",
        "Points from 0 to 100; 50 is calm. A part counts where the moves that it names were made.\n",
        _table(listing_games.game_payoffs(model), game),
        "## Results\n",
        _table(listing_games.game_results(model), game),
    ]
    if _own(listing_games.game_views(model), game):
        parts += [
            "## Who may be wrong about what, and what if\n",
            "What an actor takes quantities for, and what a variant sets them to.\n",
            _table(listing_games.game_views(model), game),
        ]
    parts += ["## What it comes to\n", *_solved(names, game, solved)]
    return "\n".join(parts)


def _solved(names: dict[str, str], game: ModelGame, solved: dict[str, Any]) -> list[str]:
    flags = f"{solved['flagged']:,} of {solved['solves']:,} solves carry a flag"
    results = [result for result in game.results if result.written]
    rows = [
        (
            _view(names, view["variant"], view["viewer"]),
            *(two_figures(view["results"][result.name]) for result in results),
        )
        for view in solved["views"]
    ]
    moves = [
        (
            plain_name(move.name),
            plain_name(option),
            percent(solved["moves"][f"{move.name}.{option}"]),
        )
        for move in game.moves
        for option in move.options
    ]
    nash, both, start = solved["nash"], [], 0
    for item in game.tree.information_sets:
        for action in item.actions:
            logit, exact = solved["scenario"][start], nash["actions"][start]
            who = names.get(game.tree.players[item.player], "")
            both.append(
                (f"{who}, {_set(item.name)}", plain_name(action), percent(logit), percent(exact))
            )
            start += 1
    found = counted(nash["count"], "equilibrium", "equilibria")
    return [
        f"Under {POLICY} at the start, averaged over {SCENARIOS} scenarios; {flags}.\n",
        _rows(("view", *(plain_name(result.name) for result in results)), rows),
        "How likely each option is once its turn comes, each mover seeing the game its own way:\n",
        _rows(("move", "option", "chance"), moves),
        "In the first scenario, beside a Nash equilibrium of the game as it truly is, known to all "
        f"({nash['method']}, {found} found; the first is shown). {' '.join(nash['said'])}\n",
        _rows(("who, and what it knows", "option", "logit", "Nash"), both),
    ]


def _view(names: dict[str, str], variant: str, viewer: str) -> str:
    if viewer:
        return f"as {names.get(viewer, viewer)} sees it"
    return plain_name(variant) if variant else "as things are"


def _opening(text: str) -> str:
    return text[:1].upper() + text[1:]


def _set(name: str) -> str:
    return plain_name(re.sub(r"\w+=(?=[A-Za-z])", "", name))


def _own(listing: Listing, game: ModelGame) -> list[tuple[str, ...]]:
    return [row for row in listing.rows if row[0] == game.name]


def _table(listing: Listing, game: ModelGame) -> str:
    code = {"formula", "part", "move", "result"}
    columns = listing.columns[1:]
    rows = [
        tuple(
            f"`{cell}`" if head in code and cell else _prose(cell)
            for head, cell in zip(columns, row[1:], strict=True)
        )
        for row in _own(listing, game)
    ]
    return _rows(columns, rows)


def _rows(columns: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    def line(cells: Sequence[str]) -> str:
        return "| " + " | ".join(" ".join(c.split()).replace("|", "\\|") for c in cells) + " |"

    return "\n".join([line(columns), "|" + " --- |" * len(columns), *map(line, rows)]) + "\n"


def _prose(text: str) -> str:
    return re.sub(r"([*<$\\`_])", r"\\\1", text)


def pages(model: Model, found: dict[str, Any]) -> dict[Path, str]:
    """Every page and its text."""
    return {
        GAMES / f"{slug(game)}.md": page(model, game, found["games"][game.name])
        for game in model.games
    }


def main() -> None:
    model = load(MODEL)
    if "--text" in sys.argv:
        found = json.loads(FIGURES.read_text(encoding="utf-8"))
    else:
        found = figures(model)
        FIGURES.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
    for path, text in pages(model, found).items():
        path.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
