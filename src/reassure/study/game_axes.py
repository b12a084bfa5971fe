"""What a sweep of a game varies, and what it reads.

**What varies.** ``PLAYER@END=FROM:TO[:STEPS]`` is the payoff of a player at the ends of a name (or at the
end of a number, where it has no name); ``chance@ACTION=FROM:TO[:STEPS]`` the probability of a move of
chance, whose other actions keep their proportions (``chance:MOVE@ACTION`` where several moves have it).
Of a model's game, ``QUANTITY=FROM:TO[:STEPS]`` is a quantity that the game reads, in its unit.

**What is read.** ``END`` is the probability of an outcome; ``PLAYER@ACTION`` that of an action where it
can be taken (``PLAYER:SET@ACTION`` where several information sets have it); ``value@PLAYER`` an
expected payoff. Of a model's game also ``RESULT``, a result of the game, and ``MOVE.OPTION``, how likely
it is that the move is made so.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from reassure.engine.games.views import seen
from reassure.model.expression import references
from reassure.model.game_names import outcome_names
from reassure.model.game_tree import Game, GameTree
from reassure.model.mistakes import UsageError, quote, suggest
from reassure.study.game_moment import Eyes, GameMoment, underlying
from reassure.study.quantities import quantities

Array = NDArray[np.float64]

STEPS = {1: 41, 2: 25}
MAX_STEPS = 2_000
MAX_POINTS = 40_000


@dataclass(frozen=True, slots=True)
class Axis:
    """What varies.

    Attributes:
        said: as it was given, without its range.
        values: [steps].
        payoffs: (terminal, player) pairs that are set to the value.
        chance: (move, action) whose probability it is.
        quantity: the name of the quantity that is set to the value.
        factor: internal units in one of its own.
    """

    said: str
    values: Array
    payoffs: tuple[tuple[int, int], ...] = ()
    chance: tuple[int, int] | None = None
    quantity: str = ""
    factor: float = 1.0


@dataclass(frozen=True, slots=True)
class Looked:
    """A model's game as a sweep looks at it: when, and in whose eyes."""

    moment: GameMoment
    eyes: Eyes

    def read(self) -> frozenset[str]:
        """The quantities that matter in these eyes."""
        game = self.moment.game
        views = {*self.moment.views_of(self.eyes), self.moment.view_of(self.eyes)}
        formulas = [formula for view in views for formula in seen(game, view).values()]
        return frozenset().union(*map(references, formulas))


@dataclass(frozen=True, slots=True)
class Reading:
    """A number read off a solved game: ``kind`` is ``outcome``, ``move``, ``value`` or ``result``."""

    said: str
    kind: str
    at: tuple[int, ...]


def parse_axes(texts: Sequence[str], game: Game, looked: Looked | None = None) -> tuple[Axis, ...]:
    """What ``--vary`` asks for.

    Args:
        looked: of a model's game, whose quantities can vary as well.

    Raises:
        UsageError: not of the form, or what the game does not have.
    """
    if not 1 <= len(texts) <= 2:
        raise UsageError(
            f"--vary is given {len(texts)} times", "give it once for a line, twice for a map"
        )
    axes = tuple(_axis(text, game, STEPS[len(texts)], looked) for text in texts)
    points = math.prod(len(axis.values) for axis in axes)
    if points > MAX_POINTS:
        raise UsageError(f"{points:,} points; the limit is {MAX_POINTS:,}", "ask for fewer steps")
    if len(axes) == 2:
        first, second = axes
        same_chance = first.chance and second.chance and first.chance[0] == second.chance[0]
        same = bool(first.quantity) and first.quantity == second.quantity
        if set(first.payoffs) & set(second.payoffs) or same_chance or same:
            raise UsageError("both --vary set the same number", "vary two different ones")
    return axes


def _axis(text: str, game: Game, steps: int, looked: Looked | None) -> Axis:
    what, equals, span = text.rpartition("=")
    numbers = span.split(":")
    remedy = "write for instance --vary 'PRK@war=-100:0' or 'chance@strong=0:1:21'"
    if looked is not None:
        remedy = f"write for instance --vary '{min(looked.read(), default='x')}=0:1'"
    if not equals or len(numbers) not in (2, 3):
        raise UsageError(f"--vary {quote(text)} is not WHAT=FROM:TO or WHAT=FROM:TO:STEPS", remedy)
    try:
        low, high = (float(part) for part in numbers[:2])
        count = int(numbers[2]) if len(numbers) == 3 else steps
    except ValueError:
        raise UsageError(
            f"--vary {quote(text)}: {quote(span)} holds what is no number", remedy
        ) from None
    if not (math.isfinite(low) and math.isfinite(high) and low != high):
        raise UsageError(f"--vary {quote(text)}: the range is empty or not finite", remedy)
    if max(abs(low), abs(high)) > 1e100:
        raise UsageError(f"--vary {quote(text)}: the range is too wide", "at most 1e100")
    if not 2 <= count <= MAX_STEPS:
        raise UsageError(f"--vary {quote(text)}: {count} steps", f"2 to {MAX_STEPS:,}")
    values = np.linspace(low, high, count)
    tree = game.tree
    owner, at, rest = what.strip().partition("@")
    if looked is not None and not at:
        return _quantity(what.strip(), values, looked)
    if at and owner not in tree.players and owner.split(":")[0] == "chance":
        move, action = _chance(tree, owner.partition(":")[2], rest)
        if min(low, high) < 0 or max(low, high) > 1:
            raise UsageError(f"--vary {quote(text)}: a probability is from 0 to 1", remedy)
        others = sum(game.chances[move]) - game.chances[move][action]
        if others == 0:
            raise UsageError(
                f"{quote(rest)} has all the probability: the others have no proportions to keep",
                "give them some in the game file",
            )
        return Axis(what.strip(), values, chance=(move, action))
    for player in sorted(tree.players, key=len, reverse=True):  # names may hold an @
        if what.strip().startswith(player + "@"):
            ends = _ends(tree, what.strip()[len(player) + 1 :])
            index = tree.players.index(player)
            return Axis(what.strip(), values, tuple((end, index) for end in ends))
    known = ", ".join((*tree.players, "chance"))
    raise UsageError(f"--vary {quote(text)} names none of {known} before '@'", remedy)


def _quantity(name: str, values: Array, looked: Looked) -> Axis:
    """A quantity that the game reads, in its unit."""
    moment, read = looked.moment, looked.read()
    if name not in read:
        where = f"{moment.game.name} as seen by {looked.eyes.said}"
        what = f"{quote(name)} does not matter in {where}"
        if name in underlying(moment.game):
            raise UsageError(what, "it is replaced there by what the view sets or takes it for")
        raise UsageError(what, suggest(name, read) or f"it reads {', '.join(sorted(read))}")
    known = quantities(moment.model)
    factor = known[name][0].factor if name in known else 1.0
    return Axis(name, values, quantity=name, factor=factor)


def _chance(tree: GameTree, name: str, action: str) -> tuple[int, int]:
    found = [
        (number, move.actions.index(action))
        for number, move in enumerate(tree.chance_moves)
        if action in move.actions and name in ("", move.name)
    ]
    if len(found) == 1:
        return found[0]
    known = [a for move in tree.chance_moves for a in move.actions]
    if found:
        names = ", ".join(quote(tree.chance_moves[number].name) for number, _ in found)
        raise UsageError(
            f"several moves of chance have {quote(action)}: {names}", "write chance:MOVE@ACTION"
        )
    raise UsageError(
        f"no move of chance has the action {quote(action)}",
        suggest(action, known) or f"there are {', '.join(known) or 'none'}",
    )


def _ends(tree: GameTree, name: str) -> list[int]:
    """The terminals of an outcome."""
    names = outcome_names(tree)
    found = [end for end, given in enumerate(names) if given == name]
    if found:
        return found
    known = list(dict.fromkeys(names))
    remedy = suggest(name, known) or f"there are {', '.join(known[:12])}"
    raise UsageError(f"the game has no end {quote(name)}", remedy)


def parse_readings(
    texts: Sequence[str], game: Game, looked: Looked | None = None
) -> tuple[Reading, ...]:
    """What ``--of`` asks for; without it every outcome, or the own results of a model's game.

    Raises:
        UsageError: the game does not have it.
    """
    tree = game.tree
    own = _own(looked)
    if not texts:
        results = [item for item in own.values() if item.kind == "result"]
        results = [item for item in results if not item.said.startswith("payoff.")]
        if results:
            return tuple(results)
        names = dict.fromkeys(outcome_names(tree))
        return tuple(Reading(name, "outcome", tuple(_ends(tree, name))) for name in names)
    asked = [text.strip() for text in texts]
    return tuple(own[text] if text in own else _reading(text, tree, own) for text in asked)


def _own(looked: Looked | None) -> dict[str, Reading]:
    """What can be read of a model's game by its names: results, and options of moves."""
    if looked is None:
        return {}
    game = looked.moment.game
    found = {
        f"{move.name}.{option}": Reading(
            f"{move.name}.{option}",
            "outcome",
            tuple(end for end, path in enumerate(game.paths) if (move.name, option) in path),
        )
        for move in game.moves
        for option in move.options
    }
    for number, result in enumerate(game.results):
        found[result.name] = Reading(result.name, "result", (number,))
    return found


def _reading(text: str, tree: GameTree, own: dict[str, Reading]) -> Reading:
    if text in tree.terminals:
        return Reading(text, "outcome", tuple(_ends(tree, text)))
    owner, at, rest = text.rpartition("@")
    if at and owner == "value" and rest in tree.players:
        return Reading(text, "value", (tree.players.index(rest),))
    if not at:
        if own and text not in outcome_names(tree):
            raise UsageError(
                f"the game has no result, move or end {quote(text)}",
                suggest(text, own) or f"it has {', '.join(own)}",
            )
        return Reading(text, "outcome", tuple(_ends(tree, text)))
    found = []
    start = 0
    for item in tree.information_sets:
        player = tree.players[item.player]
        known = {player, f"{player}:{item.name}", item.name}
        if owner in known and rest in item.actions:
            found.append((start + item.actions.index(rest), item.name))
        start += len(item.actions)
    if len(found) == 1:
        return Reading(text, "move", (found[0][0],))
    if found:
        names = ", ".join(quote(name) for _, name in found)
        raise UsageError(
            f"--of {quote(text)} could be at any of {names}", "write PLAYER:SET@ACTION"
        )
    raise UsageError(
        f"--of {quote(text)} is neither an outcome nor a move of the game",
        "write an outcome, PLAYER@ACTION, PLAYER:SET@ACTION or value@PLAYER",
    )
