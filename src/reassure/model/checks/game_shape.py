"""The shape of a game under construction, whichever way it was written."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping
from dataclasses import dataclass, field

from reassure.model.checked_games import Move
from reassure.model.expression import ONE, ZERO, Expression
from reassure.model.game_tree import ChanceMove, GameTree, InformationSet, Node

MAX_ENDS = 256
MAX_INFORMATION_SETS = 24
LOOKED_AT = 4096
"""Ends after which a game is not built further."""

Taken = Mapping[str, str]
"""Option by move, of the moves made on a path."""
Facts = tuple[tuple[str, str | None], ...]
"""What somebody knows: by move the option, None where it was not made; by signal its value."""


@dataclass(frozen=True, slots=True)
class GameShape:
    """A game without payoffs. Fields as in :class:`reassure.model.checked_games.ModelGame`.

    Attributes:
        worth: for each terminal the path in the file where its payoffs stand, in a written tree.
    """

    tree: GameTree
    moves: tuple[Move, ...]
    set_moves: tuple[str, ...]
    chance_moves: tuple[str, ...]
    paths: tuple[tuple[tuple[str, str], ...], ...]
    chances: tuple[tuple[Expression, ...], ...]
    observations: tuple[tuple[str, tuple[int, ...]], ...]
    worth: tuple[tuple[str | int, ...], ...] = ()


class TooLarge(Exception):
    """A game has more ends than are looked at."""


@dataclass(slots=True)
class _Kind:
    """Nodes of one information set or chance move."""

    at: int
    move: str
    options: tuple[str, ...]
    facts: Facts
    player: int = -1
    name: str = ""
    chances: tuple[Expression, ...] = ()


@dataclass(slots=True)
class Builder:
    """Nodes in preorder: :meth:`decision`, :meth:`chance` or :meth:`end` opens the next one."""

    nodes: list[Node] = field(default_factory=list)
    decisions: dict[Hashable, _Kind] = field(default_factory=dict)
    draws: dict[Hashable, _Kind] = field(default_factory=dict)
    paths: list[tuple[tuple[str, str], ...]] = field(default_factory=list)

    def decision(
        self, key: Hashable, player: int, move: str, options: tuple[str, ...], facts: Facts,
        name: str = "",
    ) -> int:  # fmt: skip
        """Opens a node of the information set ``key``; its index."""
        if key not in self.decisions:
            at = len(self.decisions)
            self.decisions[key] = _Kind(at, move, options, facts, player, name)
        return self._open(Node("decision", self.decisions[key].at))

    def chance(
        self, move: str, options: tuple[str, ...], chances: tuple[Expression, ...], facts: Facts
    ) -> int:
        """Opens a node of chance; its index. Those of one move with the same chances are one."""
        key = (move, chances)
        if key not in self.draws:
            at = len(self.draws)
            self.draws[key] = _Kind(at, move, options, facts, chances=chances)
        return self._open(Node("chance", self.draws[key].at))

    def end(self, taken: Taken) -> int:
        """Opens an end; its index."""
        if len(self.paths) >= LOOKED_AT:
            raise TooLarge
        self.paths.append(tuple(taken.items()))
        return self._open(Node("terminal", len(self.paths) - 1))

    def close(self, node: int, children: Iterable[int]) -> int:
        """Says what follows a node."""
        opened = self.nodes[node]
        self.nodes[node] = Node(opened.kind, opened.at, tuple(children))
        return node

    def _open(self, node: Node) -> int:
        self.nodes.append(node)
        return len(self.nodes) - 1

    def tree(self, players: tuple[str, ...], title: str) -> GameTree:
        """The tree of what was opened."""
        sets, draws = list(self.decisions.values()), list(self.draws.values())
        names = [item.name or name for item, name in zip(sets, _names(sets), strict=True)]
        return GameTree(
            players=players,
            information_sets=tuple(
                InformationSet(name, item.player, item.options)
                for item, name in zip(sets, names, strict=True)
            ),
            chance_moves=tuple(
                ChanceMove(name, item.options)
                for item, name in zip(draws, _names(draws), strict=True)
            ),
            nodes=tuple(self.nodes),
            terminals=tuple(", ".join(option for _, option in path) for path in self.paths),
            title=title,
        )


def _names(kinds: list[_Kind]) -> list[str]:
    """A readable name for each: the move's, and what tells it from the others of the move."""
    found: list[str] = []
    for item in kinds:
        rivals = [dict(other.facts) for other in kinds if other.move == item.move]
        telling = [
            _fact(label, value)
            for label, value in item.facts
            if any(rival.get(label, "") != value for rival in rivals)
        ]
        name = f"{item.move}: {', '.join(telling)}" if telling and len(rivals) > 1 else item.move
        same = sum(other == name or other.startswith(f"{name} #") for other in found)
        found.append(f"{name} #{same + 1}" if same else name)
    return found


def _fact(label: str, value: str | None) -> str:
    return f"no {label}" if value is None else f"{label}={value}"


def classes(keys: Iterable[Hashable]) -> tuple[int, ...]:
    """Equal keys get one number, in order of first appearance."""
    numbers: dict[Hashable, int] = {}
    return tuple(numbers.setdefault(key, len(numbers)) for key in keys)


def truths(moves: Mapping[str, tuple[str, ...]], taken: Taken) -> dict[str, Expression]:
    """The value of each ``MOVE`` and ``MOVE.OPTION`` on a path."""
    found: dict[str, Expression] = {}
    for move, options in moves.items():
        found[move] = ONE if move in taken else ZERO
        for option in options:
            found[f"{move}.{option}"] = ONE if taken.get(move) == option else ZERO
    return found
