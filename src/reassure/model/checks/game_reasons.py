"""Reasons in games: why a player is as rational as it is, why an end is worth what it is, why
somebody takes a thing for another.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import Any

from reassure.model.checks.context import Path, said
from reassure.model.checks.game_names import branches
from reassure.model.formula import FormulaError, parse
from reassure.model.written_games import Game, Part

SCALE = 100.0
"""A number that needs no reason in a payoff or a result: the length of their scale."""


def bare(formula: str | float) -> bool:
    """Whether a formula is nothing but a name, which has reasons of its own."""
    try:
        return isinstance(parse(said(formula)).tree, ast.Name | ast.Attribute | ast.Subscript)
    except FormulaError:
        return True  # told as a mistake


def relations(name: str, game: Game) -> Iterator[tuple[Path, Any, str]]:
    """What of a game says how one thing follows from others: its place, the element, its formula."""
    path: Path = ("games", name)
    for code, player in game.players.items():
        if not bare(player.rationality):
            yield (*path, "players", code), player, said(player.rationality)
    for code, payoff in game.payoffs.items():
        at: Path = (*path, "payoffs", code)
        if isinstance(payoff, Part):
            yield at, payoff, said(payoff.value)
        elif isinstance(payoff, dict):
            for key, part in payoff.items():
                yield (*at, key), part, said(part.value)
        else:
            yield at, None, said(payoff)
    for code, seen in game.perceives.items():
        yield (
            (*path, "perceives", code),
            seen,
            " + ".join(f"({said(f)})" for f in seen.set.values()),
        )


def judgements(name: str, game: Game) -> Iterator[tuple[Path, Any, str]]:
    """What of a game may hold numbers that need a reason, which the game itself may give."""
    path: Path = ("games", name)
    for key, move in game.moves.items():
        if isinstance(move.options, dict):
            for formula in move.options.values():
                yield (*path, "moves", key), move, said(formula)
    for key, result in game.results.items():
        yield (*path, "results", key), result, said(result.value)
    if game.tree is not None:
        for node in branches(game.tree):
            for formula in (*node.probabilities.values(), *node.payoffs.values()):
                yield (*path, "tree"), None, said(formula)
