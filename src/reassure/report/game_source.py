"""Which game a reference on the command line means."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from reassure.model.game_files import SUFFIXES, read_game
from reassure.model.game_tree import Game
from reassure.model.mistakes import UsageError, quote
from reassure.model.rationality import Rationality, parse_rationality

if TYPE_CHECKING:
    from reassure.engine.games.views import View
    from reassure.model.checked import Model
    from reassure.study.design import Joint
    from reassure.study.game_axes import Looked

Values = Mapping[str, float | str]


@dataclass(frozen=True, slots=True)
class WhichFuture:
    """Which moment of which future a model's game is taken from, and how it is looked at.

    Attributes:
        at: POLICY,SCENARIO,REPLICATION,TIME; None for the first policy's first future at the start.
        view: [VARIANT][.ACTOR]; None for the true numbers.
        seed, design, set, precision, scenarios: as in a story.
    """

    at: str | None = None
    view: str | None = None
    seed: int = 0
    design: str | Joint = "sobol"
    set: Values | None = None
    precision: str = "float32"
    scenarios: int | None = None


@dataclass(frozen=True, slots=True)
class ResolvedGame:
    """A game with what goes with it.

    Attributes:
        name: what output calls it: the reference as given.
        game: shape and numbers; of a model's game those that count in the view.
        rationality: of each player by name, where the source says it; None for a file, which does not.
        unit: what one unit of rationality is per.
        per: how many units of payoff that is.
        looked: the moment and the view of a model's game.
        default: whether the moment was not asked for.
    """

    name: str
    game: Game
    rationality: dict[str, float] | None
    unit: str
    per: float = 1.0
    looked: Looked | None = None
    default: bool = False

    def levels(self, text: str | None) -> Rationality:
        """The rationality that a command line asks for, in :attr:`unit`.

        Raises:
            UsageError: it is not understood.
        """
        return parse_rationality(text, self.game.tree.players, self.rationality)

    def views(self) -> tuple[View, ...]:
        """For each player the view that it moves by; () for a file."""
        return () if self.looked is None else self.looked.moment.views_of(self.looked.eyes)

    def in_one_game(self, what: str) -> None:
        """Refuse what has no meaning where players have different games in mind.

        Raises:
            UsageError: they do.
        """
        if len(set(self.views())) > 1:
            raise UsageError(
                f"in the view actual each player has a game of its own, and {what} one game",
                "give --view true, or --view ACTOR for what one of them has in mind",
            )

    def remarks(self) -> tuple[str, ...]:
        """What is shown: the moment and the view; () for a file."""
        if self.looked is None:
            return ()
        chosen = " (the first; choose with --at)" if self.default else ""
        moment = self.looked.moment
        return f"{moment.said()}{chosen}", f"view: {moment.eyes_said(self.looked.eyes)}"


FILE_UNIT = "per unit of the file's payoffs"
MODEL_UNIT = "per 100 points"


def resolve_game(reference: str, which: WhichFuture | None = None) -> ResolvedGame:
    """The game that ``reference`` names: the path of an ``.efg`` or ``.nfg`` file, or ``MODEL:GAME``
    with a bundled model's name or a model file's path.

    Args:
        reference: as given on the command line.
        which: of a model's game; a file has no moments.

    Raises:
        ModelError: the file cannot be read.
        UsageError: it names no game, or a moment is asked of a file.
    """
    which = which or WhichFuture()
    path = Path(reference)
    model, colon, name = reference.rpartition(":")
    if colon and not path.exists() and path.suffix.lower() not in SUFFIXES:
        from reassure.model.load import load

        return resolve_model_game(reference, load(model), name, which)
    if path.suffix.lower() not in SUFFIXES and not path.exists():
        raise UsageError(
            f"{quote(reference)} is no game file",
            "give the path of an .efg or .nfg file, or MODEL:GAME",
        )
    if which.at is not None or which.view is not None:
        option = "--at" if which.at is not None else "--view"
        raise UsageError(
            f"{option} names a moment of a model, and {quote(reference)} is a file",
            f"leave out {option}",
        )
    return ResolvedGame(reference, read_game(path), None, FILE_UNIT)


def resolve_model_game(reference: str, model: Model, name: str, which: WhichFuture) -> ResolvedGame:
    """A model's game at a moment.

    Args:
        reference: what output calls it.

    Raises:
        UsageError: the model has no such game, future or view.
    """
    from reassure.study.game_axes import Looked
    from reassure.study.game_moment import PER, find_game, moment, parse_address, parse_view

    game = find_game(model, name)
    eyes = parse_view(game, which.view)
    address = parse_address(model, which.at)
    now = moment(
        model, name, address, seed=which.seed, design=which.design, set=which.set,
        precision=which.precision, scenarios=which.scenarios,
    )  # fmt: skip
    own = {
        player: now.rationality(view)[player]
        for player, view in zip(game.tree.players, now.views_of(eyes), strict=True)
    }
    numbers = now.as_game(now.view_of(eyes))
    looked = Looked(now, eyes)
    return ResolvedGame(reference, numbers, own, MODEL_UNIT, PER, looked, which.at is None)
