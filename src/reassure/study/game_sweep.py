"""How the play of a game changes over one or two of its numbers.

**What varies.** ``PLAYER@END=FROM:TO[:STEPS]`` is the payoff of a player at the ends of a name (or at the
end of a number, where it has no name); ``chance@ACTION=FROM:TO[:STEPS]`` the probability of a move of
chance, whose other actions keep their proportions (``chance:MOVE@ACTION`` where several moves have it).

**What is read.** ``END`` is the probability of an outcome; ``PLAYER@ACTION`` that of an action where it
can be taken (``PLAYER:SET@ACTION`` where several information sets have it); ``value@PLAYER`` an
expected payoff.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from reassure.model.game_names import outcome_names
from reassure.model.game_tree import Game, GameTree
from reassure.model.mistakes import UsageError, quote, suggest

Array = NDArray[np.float64]
Progress = Callable[[int, int], None]

STEPS = {1: 41, 2: 25}
MAX_STEPS = 2_000
MAX_POINTS = 40_000
LANES = 2_048
"""Games solved at once."""


@dataclass(frozen=True, slots=True)
class Axis:
    """What varies.

    Attributes:
        said: as it was given, without its range.
        values: [steps].
        payoffs: (terminal, player) pairs that are set to the value.
        chance: (move, action) whose probability it is.
    """

    said: str
    values: Array
    payoffs: tuple[tuple[int, int], ...] = ()
    chance: tuple[int, int] | None = None


@dataclass(frozen=True, slots=True)
class Reading:
    """A number read off a solved game: ``kind`` is ``outcome``, ``move`` or ``value``."""

    said: str
    kind: str
    at: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Sweep:
    """A game solved at every point of a grid.

    Attributes:
        axes: one or two.
        readings: what was read.
        values: [reading, steps of the first axis(, steps of the second)].
        flags: the solver's, as numbers, [steps...]; 0 for none.
    """

    axes: tuple[Axis, ...]
    readings: tuple[Reading, ...]
    values: Array
    flags: NDArray[np.int64]

    @property
    def flagged(self) -> int:
        """Points whose solution carries a flag."""
        return int(np.count_nonzero(self.flags))


def parse_axes(texts: Sequence[str], game: Game) -> tuple[Axis, ...]:
    """What ``--vary`` asks for.

    Raises:
        UsageError: not of the form, or what the game does not have.
    """
    if not 1 <= len(texts) <= 2:
        raise UsageError(
            f"--vary is given {len(texts)} times", "give it once for a line, twice for a map"
        )
    axes = tuple(_axis(text, game, STEPS[len(texts)]) for text in texts)
    points = math.prod(len(axis.values) for axis in axes)
    if points > MAX_POINTS:
        raise UsageError(f"{points:,} points; the limit is {MAX_POINTS:,}", "ask for fewer steps")
    if len(axes) == 2:
        first, second = axes
        same_chance = first.chance and second.chance and first.chance[0] == second.chance[0]
        if set(first.payoffs) & set(second.payoffs) or same_chance:
            raise UsageError("both --vary set the same number", "vary two different ones")
    return axes


def _axis(text: str, game: Game, steps: int) -> Axis:
    what, equals, span = text.rpartition("=")
    numbers = span.split(":")
    remedy = "write for instance --vary 'PRK@war=-100:0' or 'chance@strong=0:1:21'"
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


def parse_readings(texts: Sequence[str], game: Game) -> tuple[Reading, ...]:
    """What ``--of`` asks for; every outcome without it.

    Raises:
        UsageError: the game does not have it.
    """
    tree = game.tree
    if not texts:
        names = dict.fromkeys(outcome_names(tree))
        return tuple(Reading(name, "outcome", tuple(_ends(tree, name))) for name in names)
    return tuple(_reading(text.strip(), tree) for text in texts)


def _reading(text: str, tree: GameTree) -> Reading:
    if text in tree.terminals:
        return Reading(text, "outcome", tuple(_ends(tree, text)))
    owner, at, rest = text.rpartition("@")
    if at and owner == "value" and rest in tree.players:
        return Reading(text, "value", (tree.players.index(rest),))
    if not at:
        return Reading(text, "outcome", tuple(_ends(tree, text)))
    found = []
    start = 0
    for item in tree.information_sets:
        player = tree.players[item.player]
        own = {player, f"{player}:{item.name}", item.name}
        if owner in own and rest in item.actions:
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


def sweep(
    game: Game,
    axes: Sequence[Axis],
    readings: Sequence[Reading],
    rationality: float | Mapping[str, float],
    progress: Progress | None = None,
) -> Sweep:
    """Solve ``game`` at every point of the axes' grid.

    Args:
        rationality: one for all players, or one a player.
        progress: called with (points done, points in all).

    Raises:
        UsageError: the solver refuses the tree.
    """
    import jax

    from reassure.engine.games.solver import Solver

    shape = tuple(len(axis.values) for axis in axes)
    total = math.prod(shape)
    grid = [values.ravel() for values in np.meshgrid(*(a.values for a in axes), indexing="ij")]
    lanes = min(LANES, total)
    found = np.empty((len(readings), total))
    flags = np.zeros(total, dtype=np.int64)
    with jax.enable_x64(True):
        solve = jax.jit(Solver(game.tree).function(lanes, np.float64))
        for start in range(0, total, lanes):
            count = min(lanes, total - start)
            at = np.minimum(np.arange(start, start + lanes), total - 1)
            payoffs, chances = _numbers(game, axes, [values[at] for values in grid])
            solved = solve(
                payoffs, _stacked(chances, lanes), _rationalities(game, rationality, lanes)
            )
            actions = np.asarray(solved.probabilities)
            ends = _ends_of(game.tree, actions, chances)
            values = np.asarray(solved.values)
            for row, reading in enumerate(readings):
                rows = {"outcome": ends, "move": actions, "value": values}[reading.kind]
                found[row, start : start + count] = rows[list(reading.at)].sum(axis=0)[:count]
            flags[start : start + count] = np.asarray(solved.flags)[:count]
            if progress is not None:
                progress(start + count, total)
    return Sweep(tuple(axes), tuple(readings), found.reshape(-1, *shape), flags.reshape(shape))


def _numbers(
    game: Game, axes: Sequence[Axis], values: Sequence[Array]
) -> tuple[Array, list[Array]]:
    """Payoffs [terminal, player, lane] and each chance move's probabilities [action, lane]."""
    lanes = len(values[0])
    base = np.array([[float(p) for p in row] for row in game.payoffs])
    payoffs = np.repeat(base[:, :, None], lanes, axis=2)
    chances = [
        np.repeat(np.array([[float(p)] for p in row]), lanes, axis=1) for row in game.chances
    ]
    for axis, value in zip(axes, values, strict=True):
        for terminal, player in axis.payoffs:
            payoffs[terminal, player] = value
        if axis.chance is not None:
            move, action = axis.chance
            others = 1 - chances[move][action]
            chances[move] *= (1 - value) / others
            chances[move][action] = value
    return payoffs, chances


def _stacked(chances: list[Array], lanes: int) -> Array:
    return np.concatenate(chances) if chances else np.zeros((0, lanes))


def _rationalities(game: Game, rationality: float | Mapping[str, float], lanes: int) -> Array:
    own = [
        rationality[player] if isinstance(rationality, Mapping) else rationality
        for player in game.tree.players
    ]
    return np.repeat(np.array(own, dtype=np.float64)[:, None], lanes, axis=1)


def _ends_of(tree: GameTree, actions: Array, chances: list[Array]) -> Array:
    """The probability of each terminal, [terminal, lane]."""
    starts = np.cumsum([0, *(len(item.actions) for item in tree.information_sets)])
    lanes = actions.shape[1] if len(actions) else (chances[0].shape[1] if chances else 1)
    reach: list[Array] = [np.ones(lanes)] * len(tree.nodes)
    found = np.empty((len(tree.terminals), lanes))
    for number, node in enumerate(tree.nodes):
        if node.kind == "terminal":
            found[node.at] = reach[number]
        for action, child in enumerate(node.children):
            rows = chances[node.at] if node.kind == "chance" else actions[starts[node.at] :]
            reach[child] = reach[number] * rows[action]
    return found
