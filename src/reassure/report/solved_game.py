"""A game that was solved, of a file or of a model at a moment."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from reassure.model.game_tree import Game
from reassure.model.rationality import Rationality, given_levels, rationality_said
from reassure.report.game_report import played, solved_json
from reassure.report.game_words import Profile, outcome_probabilities, terminal_probabilities

if TYPE_CHECKING:
    from reassure.report.game_source import ResolvedGame
    from reassure.report.picture import Picture


@dataclass(frozen=True)
class SolvedGame:
    """A game solved at a moment of a future.

    Attributes:
        name: which game.
        game: the tree with the payoffs and chances that count.
        rationality: of each player, in ``unit``.
        profile: how likely each action is, by player, information set and action.
        values: each player's expected payoff.
        residual: how far the equations of the equilibrium are from holding.
        flags: what to know before relying on it, in words; () for nothing.
        outcomes: how likely each end is.
        results: the game's own results (``tried``, say), in their units.
        view: in whose eyes, as ``view=`` takes it; '' for a file.
        at: the moment: policy, scenario, replication, step, date, seed, design; None for a file.
        unit: what one unit of rationality is per.
        remarks: the moment and the view in words.
    """

    name: str
    game: Game
    rationality: Rationality
    profile: Profile
    values: Mapping[str, float]
    residual: float
    flags: tuple[str, ...]
    outcomes: Mapping[str, float]
    results: Mapping[str, float] = field(default_factory=dict)
    view: str = ""
    at: Mapping[str, Any] | None = None
    unit: str = ""
    remarks: tuple[str, ...] = ()

    def as_json(self) -> dict[str, Any]:
        """What ``reassure game solve --json`` prints."""
        data = solved_json(
            self.name, self.game, self.rationality, self.profile, self.values, self.residual,
            self.flags,
        )  # fmt: skip
        if self.at is not None:
            data |= {"results": dict(self.results), "view": self.view, "at": dict(self.at)}
        return data

    def notes(self) -> tuple[str, ...]:
        """The moment, the view, the rationality and the flags, each in a few words."""
        return (*self.remarks, rationality_said(self.rationality, self.unit), *self.flags)

    def note(self) -> str:
        """The same in one line."""
        return "; ".join(self.notes())

    def draw(self) -> str:
        """The tree as text, with how likely each move is."""
        from reassure.report.game_outline import outline

        heading = (self.game.tree.title or self.name, self.note(), "")
        return "\n".join((*heading, outline(self.game, profile=self.profile)))

    def picture(self) -> Picture:
        """The tree as a drawing; the likelier a move, the wider its line."""
        from reassure.report.game_drawing import game_picture
        from reassure.report.picture import Picture

        drawn = game_picture(self.game, ".svg", profile=self.profile, note=self.note())
        svg = drawn.decode()
        return Picture(svg[svg.index("<svg") :], f"{self.game.tree.title or self.name}, solved.")

    def __repr__(self) -> str:
        return f"<SolvedGame {self.name}: {self.note()}>"

    def _repr_html_(self) -> str:
        return self.picture()._repr_html_()


def solve_source(
    source: ResolvedGame, rationality: str | float | Mapping[str, float] | None = None
) -> SolvedGame:
    """The logit equilibrium of a game that was resolved.

    In the view ``actual`` every player's game is solved, and each moves by its own.

    Args:
        rationality: as on the command line, or as numbers; None for the source's own.

    Raises:
        UsageError: the rationality is not understood, or the game cannot be solved.
    """
    if isinstance(rationality, Mapping):
        rationality = ",".join(f"{player}={level!r}" for player, level in rationality.items())
    elif rationality is not None:
        rationality = str(rationality)
    asked = source.levels(rationality or None)
    if source.looked is None:
        profile, values, residual, flags = played(source.game, asked)
        ends = outcome_probabilities(source.game, profile)
        return SolvedGame(
            source.name, source.game, asked, profile, values, residual, flags, ends,
            unit=source.unit,
        )  # fmt: skip
    moment, eyes = source.looked.moment, source.looked.eyes
    players = source.game.tree.players
    instead = given_levels(rationality or None, players)
    own: dict[str, Any] = {}
    residual, flags = 0.0, ()
    views = source.views()
    for view in dict.fromkeys(views):
        levels = {p: v / source.per for p, v in (moment.rationality(view) | instead).items()}
        solved, _, left, found = played(moment.as_game(view), levels)
        who = [p for p, seen in zip(players, views, strict=True) if seen == view]
        own |= {player: solved[player] for player in who}
        residual = max(residual, left)
        several = f" (the game of {', '.join(who)})" if len(set(views)) > 1 else ""
        flags += tuple(f"{flag}{several}" for flag in found)
    profile = {player: own[player] for player in players}
    likely = terminal_probabilities(source.game, profile)
    values = {
        player: sum(p * float(row[i]) for p, row in zip(likely, source.game.payoffs, strict=True))
        for i, player in enumerate(players)
    }
    import numpy as np

    return SolvedGame(
        source.name, source.game, asked, profile, values, residual, flags,
        outcome_probabilities(source.game, profile), moment.results(eyes, np.array(likely)),
        eyes.said, moment.as_json(), source.unit, source.remarks(),
    )  # fmt: skip
