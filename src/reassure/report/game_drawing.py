"""A game's tree as a picture.

Players differ by colour and by the shape of their nodes, and are named in the legend and over their
column of payoffs. Information sets of several nodes are joined by dashed lines in their player's
colour. Of a solved game every branch says its probability, and is drawn the wider the likelier it is.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from reassure.model.game_tree import Game
from reassure.model.mistakes import UsageError
from reassure.report.game_layout import GameLayout, lay_out
from reassure.report.game_words import (
    Profile,
    action_probability,
    branch_said,
    number_said,
    set_said,
    shortened,
)
from reassure.report.pictures import picture
from reassure.report.plots import INK, PALETTE

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

MARKS = ("o", "s", "D", "^", "v", "p", "h")
"""Shapes of the players' nodes, in the order of :data:`PALETTE`."""
MAX_ENDS = 400
"""Ends that one picture can show; a taller picture cannot be read, nor made by some viewers."""

ROW = 0.30
LETTER = 0.066  # inches a letter of the labels takes, about
LANE = 0.10
LABELS = 7.5
GREY = "#8a8a8a"


def game_picture(
    game: Game, suffix: str = ".svg", *, profile: Profile | None = None, note: str = ""
) -> bytes:
    """The tree of a game as the bytes of an SVG or PNG file.

    Args:
        game: what is drawn.
        suffix: ``.svg`` or ``.png``.
        profile: strategies to show, for a solved game.
        note: a line under the title, such as the rationality at which it was solved.

    Raises:
        UsageError: the game has more than :data:`MAX_ENDS` ends, or the suffix is another.
    """
    figure = game_figure(game, profile=profile, note=note)
    return picture(figure, f"Tree of {shortened(game.tree.title, 80) or 'a game'}", suffix)


def game_figure(game: Game, *, profile: Profile | None = None, note: str = "") -> Figure:
    """The tree of a game as a matplotlib figure; see :func:`game_picture`."""
    ends = len(game.tree.terminals)
    if ends > MAX_ENDS:
        raise UsageError(
            f"the game has {ends:,} ends, and a picture shows at most {MAX_ENDS}",
            "read the outline instead: leave --out away",
        )
    return _Drawing(game, profile, note).figure


class _Drawing:
    """One picture in the making; lengths are in inches, y runs downwards."""

    def __init__(self, game: Game, profile: Profile | None, note: str) -> None:
        from matplotlib.figure import Figure

        self.game, self.profile = game, profile
        self.tree = game.tree
        self.layout: GameLayout = lay_out(game.tree)
        self.row = 0.42 if len(self.tree.terminals) <= 12 else ROW
        self.x = self._columns()
        names_width = max((len(shortened(name)) for name in self.tree.terminals), default=0)
        self.names_x = self.x[-1] + 0.18
        first = self.names_x + (names_width * LETTER + 0.15 if names_width else 0.1)
        self.payoff_x = self._payoff_columns(first)
        wide = (self.payoff_x[-1] if self.payoff_x else first) + 0.25
        heading = max(len(self.tree.title) * 0.085, len(note) * LETTER, self._legend_width())
        wide = max(wide, heading + 0.3)
        self.top = 1.02 + (0.18 if note else 0.0)
        tall = self.top + len(self.tree.terminals) * self.row + 0.15
        self.figure = Figure(figsize=(wide, tall))
        self.axes: Axes = self.figure.add_axes((0, 0, 1, 1))
        self.axes.set(xlim=(0, wide), ylim=(tall, 0))
        self.axes.axis("off")
        self._heading(note)
        self._sets()
        self._branches()
        self._nodes()
        self._ends()

    # -- places

    def y(self, number: int) -> float:
        return self.top + (self.layout.rows[number] + 0.5) * self.row

    def _columns(self) -> list[float]:
        """The x of each column: as wide as the longest label on the way to it."""
        longest = [0] * len(self.layout.width)
        for number, node in enumerate(self.tree.nodes):
            column = self.layout.columns[number]
            if node.kind != "terminal":
                longest[column] = max(longest[column], len(self._name(number)) - 1)
            for action in range(len(node.children)):
                said = branch_said(self.game, number, action, self.profile)
                longest[column + 1] = max(longest[column + 1], len(said))
        found = [0.25 + longest[0] * LETTER]
        for column in range(1, len(longest)):
            lanes = self.layout.width[column] * LANE
            found.append(found[-1] + 0.62 + max(longest[column], 3) * LETTER + lanes)
        return found

    def _payoff_columns(self, first: float) -> list[float]:
        found = []
        at = first
        for player, name in enumerate(self.tree.players):
            longest = max(len(number_said(row[player])) for row in self.game.payoffs)
            at += max(longest * LETTER, len(shortened(name, 14)) * LETTER * 1.05) + 0.16
            found.append(at)
        return found

    def _legend_width(self) -> float:
        names = [shortened(name, 40) for name in self.tree.players]
        return sum(len(name) * LETTER + 0.45 for name in names) + 0.9

    # -- parts

    def _text(self, x: float, y: float, text: str, **style: Any) -> None:
        plain: dict[str, Any] = {"fontsize": LABELS, "color": INK, "va": "center"}
        self.axes.text(x, y, text, parse_math=False, **plain | style)

    def _heading(self, note: str) -> None:
        self._text(0.15, 0.22, shortened(self.tree.title, 120), fontsize=11, weight="bold")
        y = 0.50
        if note:
            self._text(0.15, y - 0.03, note, color=GREY)
            y += 0.18
        x = 0.2
        for player, name in enumerate(self.tree.players):
            self._mark(x, y, player)
            said = shortened(name, 40)
            self._text(x + 0.12, y, said, color=self._colour(player), fontsize=8.5)
            x += len(said) * LETTER * 1.12 + 0.42
        if self.tree.chance_moves:
            self._mark(x, y, None)
            self._text(x + 0.12, y, "chance", fontsize=8.5)
        for player, at in enumerate(self.payoff_x):
            said = shortened(self.tree.players[player], 14)
            style = {"color": self._colour(player), "weight": "bold", "ha": "right"}
            self._text(at, self.top - 0.1, said, **style)

    def _colour(self, player: int) -> str:
        return PALETTE[player % len(PALETTE)]

    def _mark(self, x: float, y: float, player: int | None) -> None:
        if player is None:
            self.axes.plot(x, y, "o", ms=6, mfc="white", mec=INK, mew=1.2, zorder=4)
            return
        colour = self._colour(player)
        mark = MARKS[player % len(MARKS)]
        self.axes.plot(x, y, mark, ms=7, mfc=colour, mec="white", mew=0.8, zorder=4)

    def _name(self, number: int) -> str:
        """What stands under a node: its information set, or its move of chance."""
        node = self.tree.nodes[number]
        if node.kind == "chance":
            name = self.tree.chance_moves[node.at].name
            return "" if name.isdigit() else shortened(name, 18)
        return shortened(set_said(self.tree, node.at), 18)

    def _branches(self) -> None:
        for number, node in enumerate(self.tree.nodes):
            x, y = self.x[self.layout.columns[number]], self.y(number)
            for action, child in enumerate(node.children):
                to_x, to_y = self.x[self.layout.columns[child]], self.y(child)
                bend = x + 0.34
                if node.kind == "chance":
                    p: float | None = float(self.game.chances[node.at][action])
                    colour = INK
                else:
                    p = action_probability(self.tree, node.at, action, self.profile)
                    colour = self._colour(self.tree.information_sets[node.at].player)
                width = 1.0 if self.profile is None or p is None else 0.5 + 3.5 * p
                self.axes.plot(
                    [x, bend, to_x],
                    [y, to_y, to_y],
                    color=colour,
                    linewidth=width,
                    alpha=0.85,
                    solid_joinstyle="round",
                    zorder=2,
                )
                said = branch_said(self.game, number, action, self.profile)
                lift = 0.035 + width / 144
                self._text(bend + 0.06, to_y - lift, said, va="bottom", zorder=5)

    def _sets(self) -> None:
        for lane in self.layout.lanes:
            colour = self._colour(self.tree.information_sets[lane.information_set].player)
            x = self.x[lane.column]
            line = x - LANE * lane.lane - (0.04 if lane.lane else 0.0)
            ys = [self.y(number) for number in lane.nodes]
            style: dict[str, Any] = {
                "color": colour, "linewidth": 1.3, "linestyle": (0, (3, 2)), "zorder": 3
            }  # fmt: skip
            self.axes.plot([line, line], [ys[0], ys[-1]], **style)
            if lane.lane:
                for y in ys:
                    self.axes.plot([line, x], [y, y], **style | {"linestyle": "-"})
                    self.axes.plot(line, y, "o", ms=2.6, color=colour, zorder=3)

    def _nodes(self) -> None:
        for number, node in enumerate(self.tree.nodes):
            if node.kind == "terminal":
                continue
            x, y = self.x[self.layout.columns[number]], self.y(number)
            chance = node.kind == "chance"
            player = None if chance else self.tree.information_sets[node.at].player
            self._mark(x, y, player)
            colour = INK if player is None else self._colour(player)
            lanes = self.layout.width[self.layout.columns[number]] * LANE
            style = {"color": colour, "va": "top", "ha": "right", "fontsize": 7, "zorder": 5}
            self._text(
                x - 0.07 - (lanes + 0.04 if lanes else 0), y + 0.05, self._name(number), **style
            )

    def _ends(self) -> None:
        right = self.payoff_x[-1] if self.payoff_x else self.names_x
        for number, node in enumerate(self.tree.nodes):
            if node.kind != "terminal":
                continue
            x, y = self.x[self.layout.columns[number]], self.y(number)
            self.axes.plot([x, right], [y, y], ":", color="#cccccc", linewidth=0.8, zorder=1)
            self.axes.plot(x, y, "|", ms=6, color=INK, zorder=4)
            behind = {"facecolor": "white", "edgecolor": "none", "pad": 0.8}
            name = shortened(self.tree.terminals[node.at])
            if name:
                self._text(self.names_x, y, name, color="#555555", bbox=behind)
            for player, at in enumerate(self.payoff_x):
                said = number_said(self.game.payoffs[node.at][player])
                colour = self._colour(player)
                self._text(at, y, said, color=colour, ha="right", fontsize=8, bbox=behind)
