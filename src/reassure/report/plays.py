"""The games that were played in one future: who did what, how likely it was, who was wrong, who learnt.

Every play is solved again at its moment, in double precision, from the recorded paths; which moves
were made is read off the paths and never drawn again.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from reassure.engine.evaluation import evaluate
from reassure.engine.games.interpreted import Lane
from reassure.engine.games.names import lesson_name, lessons
from reassure.engine.games.views import View, viewer_of
from reassure.model.checked import Belief, Model
from reassure.model.checked_games import ModelGame, Move

Paths = Mapping[str, NDArray[np.float64]]
"""Every named quantity of one future, [step], in internal units."""

WORTH_TELLING = 0.10  # by how much a probability must be misjudged
EXPECTED = 0.7  # probability from which on the moves of a play are no news
LEARNT = 0.05  # log-odds below which nothing was learnt
MOVED = 0.03  # by how much a belief's probability must move to be news


@dataclass(frozen=True, slots=True)
class MadeMove:
    """A move of a play.

    Attributes:
        kind, actor: as of the game's move.
        probability: what the mover's own strategy, or chance, gave to the option.
    """

    move: str
    kind: str
    actor: str
    option: str
    probability: float


@dataclass(frozen=True, slots=True)
class Misjudged:
    """What ``actor`` gave to a move that another made, or to another's type: ``perceived``, where
    the truth was ``actual``."""

    actor: str
    move: str
    mover: str
    option: str
    perceived: float
    actual: float


@dataclass(frozen=True, slots=True)
class Learnt:
    """What a play told the holder of a belief, in log-odds, and where that takes it from
    ``before``, a probability."""

    holder: str
    belief: str
    move: str
    option: str
    amount: float
    before: float

    @property
    def after(self) -> float:
        """The probability when nothing else moves the belief."""
        inside = min(max(self.before, 1e-12), 1 - 1e-12)
        return 1 / (1 + math.exp(-(math.log(inside / (1 - inside)) + self.amount)))


@dataclass(frozen=True, slots=True)
class Playing:
    """One game, played at one step."""

    step: int
    game: str
    moves: tuple[MadeMove, ...]
    misjudged: tuple[Misjudged, ...]
    lessons: tuple[Learnt, ...]

    @property
    def taught(self) -> tuple[Learnt, ...]:
        """The lessons that are news."""
        return tuple(item for item in self.lessons if abs(item.after - item.before) >= MOVED)

    @property
    def uneventful(self) -> bool:
        """Whether it ended with its first decision."""
        return sum(move.kind == "decision" for move in self.moves) <= 1

    @property
    def routine(self) -> bool:
        """Whether it is hardly worth telling: it ended at once or as was to be expected, and taught
        nobody anything."""
        likely = [move.probability for move in self.moves if move.kind == "decision"]
        return (self.uneventful or math.prod(likely) >= EXPECTED) and not self.taught

    def as_json(self, date: str) -> dict[str, Any]:
        """What ``story --json`` says of a play."""
        return {
            "date": date,
            "step": self.step,
            "game": self.game,
            "moves": [asdict(item) | {"actor": item.actor or None} for item in self.moves],
            "misjudged": [asdict(item) | {"mover": item.mover or None} for item in self.misjudged],
            "lessons": [asdict(item) | {"after": item.after} for item in self.lessons],
        }


def plays(model: Model, paths: Paths) -> list[Playing]:
    """Every play of a future, in order of time."""
    found = [
        _played(model, game, paths, int(step))
        for game in model.games
        if game.play is not None
        for step in np.flatnonzero(paths[game.name][: model.time.steps] > 0.5)
    ]
    order = {game.name: place for place, game in enumerate(model.games)}
    return sorted(found, key=lambda item: (item.step, order[item.game]))


def moment(game: ModelGame, values: Mapping[str, Any]) -> Lane:
    """A game at one moment of one future, from the values of all names then."""
    return Lane(game, lambda formula: float(evaluate(formula, values)))


def _played(model: Model, game: ModelGame, paths: Paths, step: int) -> Playing:
    values = {name: path[step] for name, path in paths.items()}
    lane = moment(game, values)
    way = list(_way(game, values))
    viewers = [item.actor for item in game.perceptions]
    truth = lane.strategies(View())
    known = {viewer: lane.strategies(View("", viewer)) for viewer in viewers}
    moves: list[MadeMove] = []
    wrong: list[Misjudged] = []
    for number, action in way:
        node, move, option = game.tree.nodes[number], *_taken(game, number, action)
        chance = node.kind == "chance"
        likely = _nature(lane, View(), node.at, action) if chance else truth[node.at, action]
        moves.append(MadeMove(move.name, move.kind, move.actor, option, likely))
        for viewer in viewers:
            view = View("", viewer_of(game, viewer))
            seen = (
                _nature(lane, view, node.at, action) if chance else known[viewer][node.at, action]
            )
            if viewer != move.actor and abs(seen - likely) > WORTH_TELLING:
                wrong.append(Misjudged(viewer, move.name, move.actor, option, seen, likely))
    return Playing(
        step, game.name, tuple(moves), tuple(wrong), tuple(_learnt(model, game, paths, step))
    )


def _way(game: ModelGame, values: Mapping[str, Any]) -> Iterator[tuple[int, int]]:
    """The nodes that a play passed, with the action taken at each."""
    tree, number = game.tree, 0
    while tree.nodes[number].kind != "terminal":
        node = tree.nodes[number]
        for action, child in enumerate(node.children):
            move, option = _taken(game, number, action)
            if values[f"{game.name}.{move.name}.{option}"] > 0.5:
                yield number, action
                number = child
                break
        else:
            raise ValueError(f"no move was made at {move.name} of {game.name}")


def _taken(game: ModelGame, number: int, action: int) -> tuple[Move, str]:
    node = game.tree.nodes[number]
    if node.kind == "chance":
        name, options = game.chance_moves[node.at], game.tree.chance_moves[node.at].actions
    else:
        name, options = game.set_moves[node.at], game.tree.information_sets[node.at].actions
    return next(move for move in game.moves if move.name == name), options[action]


def _nature(lane: Lane, view: View, at: int, action: int) -> float:
    return float(evaluate(lane.game.chances[at][action], lane.numbers(view)))


def _learnt(model: Model, game: ModelGame, paths: Paths, step: int) -> Iterator[Learnt]:
    for holder, lesson in lessons(model, game):
        amount = float(paths[lesson_name(holder, lesson)][step])
        for belief in model.beliefs:
            told = any(item.lesson == lesson for item in belief.evidence)
            if belief.holder == holder and told and abs(amount) >= LEARNT:
                before = float(paths[belief.name][step])
                yield Learnt(holder, belief.name, lesson.move, lesson.option, amount, before)


def teaching_game(model: Model, belief: Belief, evidence: str) -> ModelGame | None:
    """The game from which a term of a belief's evidence learns, if it is of that kind."""
    lesson = next((item.lesson for item in belief.evidence if item.name == evidence), None)
    return next((g for g in model.games if lesson and g.name == lesson.game), None)
