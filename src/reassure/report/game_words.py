"""How the parts of a game are said in pictures, outlines and tables."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction

from reassure.model.game_names import outcome_names
from reassure.model.game_text import written
from reassure.model.game_tree import Game, GameTree
from reassure.model.mistakes import printable

Profile = Mapping[str, Mapping[str, Mapping[str, float]]]
"""``{player: {information set: {action: probability}}}``."""


def shortened(text: str, limit: int = 28) -> str:
    """A label in one line, without control characters, cut at ``limit`` characters."""
    said = printable(text)
    return said if len(said) <= limit else said[: limit - 1] + "…"


def number_said(value: Fraction) -> str:
    """A payoff as written where that is short, else with five figures."""
    text = written(value)
    return text if len(text) <= 8 else f"{float(value):.5g}"


def chance_said(value: Fraction) -> str:
    """A probability of chance, as written where that is short."""
    text = written(value)
    return text if len(text) <= 6 else f"{float(value):.4g}"


def probability_said(value: float) -> str:
    """A move's probability with three decimals; 0 and 1 only where it is that close."""
    text = f"{value:.3f}"
    if text == "0.000" and value > 0:
        return f"{value:.1e}" if value < 5e-5 else f"{value:.4f}"
    return text


def set_said(tree: GameTree, at: int) -> str:
    """An information set without its player's name; '' for one that stands alone and is unnamed."""
    item = tree.information_sets[at]
    prefix = f"{tree.players[item.player]}:"
    return item.name.removeprefix(prefix)


def action_probability(
    tree: GameTree, at: int, action: int, profile: Profile | None
) -> float | None:
    """The probability of an action in a profile; None without one."""
    if profile is None:
        return None
    item = tree.information_sets[at]
    return float(profile[tree.players[item.player]][item.name][item.actions[action]])


def branch_said(game: Game, number: int, action: int, profile: Profile | None) -> str:
    """A branch's action with its probability where that is known."""
    node = game.tree.nodes[number]
    if node.kind == "chance":
        label = shortened(game.tree.chance_moves[node.at].actions[action])
        return f"{label}  {chance_said(game.chances[node.at][action])}"
    label = shortened(game.tree.information_sets[node.at].actions[action])
    probability = action_probability(game.tree, node.at, action, profile)
    return label if probability is None else f"{label}  {probability_said(probability)}"


def end_paths(tree: GameTree) -> tuple[str, ...]:
    """For each terminal the actions that lead to it, joined with ``/``."""
    paths: list[str] = [""] * len(tree.nodes)
    found = [""] * len(tree.terminals)
    for number, node in enumerate(tree.nodes):
        if node.kind == "terminal":
            found[node.at] = paths[number]
            continue
        moves = tree.chance_moves if node.kind == "chance" else tree.information_sets
        for action, child in zip(moves[node.at].actions, node.children, strict=True):
            before = paths[number]
            paths[child] = f"{before} / {action}" if before else action
    return tuple(found)


def outcome_paths(tree: GameTree) -> dict[str, str]:
    """How each outcome comes about: its path, or at how many ends it stands."""
    found: dict[str, list[str]] = {}
    for name, path in zip(outcome_names(tree), end_paths(tree), strict=True):
        found.setdefault(name, []).append(path)
    return {
        name: paths[0] if len(paths) == 1 else f"at {len(paths)} ends"
        for name, paths in found.items()
    }


def terminal_probabilities(game: Game, profile: Profile) -> tuple[float, ...]:
    """How likely each terminal is when everybody moves by ``profile``."""
    reach = [1.0] * len(game.tree.nodes)
    found = [0.0] * len(game.tree.terminals)
    for number, node in enumerate(game.tree.nodes):
        if node.kind == "terminal":
            found[node.at] = reach[number]
        for action, child in enumerate(node.children):
            if node.kind == "chance":
                step = float(game.chances[node.at][action])
            else:
                step = action_probability(game.tree, node.at, action, profile) or 0.0
            reach[child] = reach[number] * step
    return tuple(found)


def outcome_probabilities(game: Game, profile: Profile) -> dict[str, float]:
    """How likely each outcome is: terminals of one name count together."""
    found: dict[str, float] = {}
    ends = terminal_probabilities(game, profile)
    for name, probability in zip(outcome_names(game.tree), ends, strict=True):
        found[name] = found.get(name, 0.0) + probability
    return found
