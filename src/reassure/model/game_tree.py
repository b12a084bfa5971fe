"""A game in extensive form: who moves when, knowing what, and what it is worth to whom.

The *shape* of a game (:class:`GameTree`) is kept apart from its *numbers* (payoffs and chance
probabilities): a model's game has one shape and other numbers in every future and at every step,
and a solver is compiled once a shape. :class:`Game` is a shape with one set of numbers, as a file
in Gambit's format holds it.

Nodes are numbered in preorder (the root is 0, a node comes before its children). An *information
set* gathers the decision nodes between which its player cannot tell; all of them have its actions,
in its order.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from fractions import Fraction
from typing import Literal


@dataclass(frozen=True, slots=True)
class InformationSet:
    """Decision nodes that their player cannot tell apart.

    Attributes:
        name: as the file names it; where it is unnamed, its number within the player from 1.
        player: index into ``GameTree.players``.
        actions: names in order; unnamed ones are numbered from 1.
    """

    name: str
    player: int
    actions: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ChanceMove:
    """A move of chance: nodes of one chance move share their probabilities.

    Attributes:
        name: as the file names it, or its number from 1.
        actions: names of what may happen, in order.
    """

    name: str
    actions: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Node:
    """A node of the tree.

    Attributes:
        kind: whose move it is, or the end.
        at: index of its information set, its chance move or its terminal.
        children: one node an action, in the order of the actions; () at the end.
        name: as the file names it, '' for none.
    """

    kind: Literal["decision", "chance", "terminal"]
    at: int
    children: tuple[int, ...] = ()
    name: str = ""


@dataclass(frozen=True, slots=True)
class GameTree:
    """The shape of a game.

    Attributes:
        players: names in order.
        information_sets: in order of first appearance in preorder.
        chance_moves: likewise.
        nodes: in preorder.
        terminals: a name for each terminal, in preorder; '' for none.
        title: of the game.
    """

    players: tuple[str, ...]
    information_sets: tuple[InformationSet, ...]
    chance_moves: tuple[ChanceMove, ...]
    nodes: tuple[Node, ...]
    terminals: tuple[str, ...]
    title: str = ""


@dataclass(frozen=True, slots=True)
class Game:
    """A game with its numbers, exact as written.

    Attributes:
        tree: its shape.
        payoffs: ``[terminals][players]``.
        chances: ``[chance moves][actions]``, each summing to one.
        comment: free text that came with it.
        path: where it was read from, for messages.
    """

    tree: GameTree
    payoffs: tuple[tuple[Fraction, ...], ...]
    chances: tuple[tuple[Fraction, ...], ...]
    comment: str = ""
    path: str = field(default="", compare=False)
