"""A game's tree as lines of text, for a terminal or a pipe."""

from __future__ import annotations

from reassure.model.game_names import outcome_names
from reassure.model.game_tree import Game
from reassure.report.game_words import (
    Profile,
    branch_said,
    number_said,
    set_said,
    shortened,
)
from reassure.report.wording import counted

MOST_LINES = 500


def outline(game: Game, *, profile: Profile | None = None, most: int = MOST_LINES) -> str:
    """The tree, a node a line: the branch that leads to it, then who moves there or what it is worth.

    Args:
        profile: strategies whose probabilities are said.
        most: lines after which the rest is only counted.
    """
    tree = game.tree
    lines: list[str] = []
    names = outcome_names(tree)
    stack: list[tuple[int, str, str, str]] = [(0, "", "", "")]
    while stack:
        number, lead, fork, branch = stack.pop()
        if len(lines) == most:
            left = counted(len(tree.nodes) - most, "more node")
            lines.append(f"… {left}")
            break
        node = tree.nodes[number]
        if node.kind == "terminal":
            payoffs = ", ".join(map(number_said, game.payoffs[node.at]))
            named = f"  {shortened(names[node.at])}" if tree.terminals[node.at] else ""
            what = f"({payoffs}){named}"
        elif node.kind == "chance":
            name = tree.chance_moves[node.at].name
            what = "chance" if name.isdigit() else f"chance [{shortened(name)}]"
        else:
            player = tree.players[tree.information_sets[node.at].player]
            what = f"{shortened(player)} [{shortened(set_said(tree, node.at))}]"
        lines.append(f"{lead}{fork}{f'{branch}  →  ' if branch else ''}{what}")
        if fork:
            lead += "   " if fork.startswith("└") else "│  "
        last = len(node.children) - 1
        for action in range(last, -1, -1):
            said = branch_said(game, number, action, profile)
            mark = "└─ " if action == last else "├─ "
            stack.append((node.children[action], lead, mark, said))
    return "\n".join(lines)


def summary(game: Game) -> str:
    """What kind of game it is, in one line."""
    tree = game.tree
    members = [0] * len(tree.information_sets)
    for node in tree.nodes:
        if node.kind == "decision":
            members[node.at] += 1
    hidden = any(count > 1 for count in members)
    sets = counted(len(tree.information_sets), "information set")
    parts = [
        counted(len(tree.players), "player"),
        sets,
        counted(len(tree.chance_moves), "chance move"),
        counted(len(tree.terminals), "end"),
        "imperfect information" if hidden else "perfect information",
    ]
    return ", ".join(part for part in parts if not part.startswith("0 chance"))
