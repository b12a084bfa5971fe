"""From a game written as a tree, node by node, to its shape."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from dataclasses import dataclass, field

from reassure.model.checked_games import Move
from reassure.model.checks.about import actor
from reassure.model.checks.context import Context, Path
from reassure.model.checks.game_chances import chances
from reassure.model.checks.game_formulas import no_memories
from reassure.model.checks.game_names import moves_of
from reassure.model.checks.game_players import no_player
from reassure.model.checks.game_shape import Builder, GameShape, Taken, classes
from reassure.model.expression import Expression
from reassure.model.formula import name_problem
from reassure.model.game_checks import forgetting
from reassure.model.mistakes import quote, suggest
from reassure.model.written_games import Branch, Game

Known = Mapping[str, tuple[object, ...]]
"""By player its information sets and what it did there, so far."""


def from_tree(
    context: Context, game: Game, path: Path, observers: tuple[str, ...], title: str
) -> GameShape | None:
    """The shape of a game written as a tree; None where it has mistakes, which are then noted.

    Raises:
        TooLarge: it has more ends than are looked at.
    """
    if game.tree is None:
        return None
    before = len(context.mistakes)
    growing = _Growing(context, game, observers)
    growing.grow(game.tree, (*path, "tree"), {}, {}, {})
    if len(context.mistakes) > before:
        return None
    shape = growing.shape(title)
    places = [place for _, _, place in growing.sets.values()]
    for item in forgetting(shape.tree):
        context.say("E708", (*places[item.information_set], "knows"), item.said(shape.tree))
    return shape if len(context.mistakes) == before else None


@dataclass(slots=True)
class _Growing:
    context: Context
    game: Game
    observers: tuple[str, ...]
    builder: Builder = field(default_factory=Builder)
    moves: dict[str, Move] = field(default_factory=dict)
    odds: dict[str, tuple[Expression, ...]] = field(default_factory=dict)
    sets: dict[Hashable, tuple[str, tuple[str, ...], Path]] = field(default_factory=dict)
    final: list[tuple[object, ...]] = field(default_factory=list)
    worth: list[Path] = field(default_factory=list)

    def grow(
        self, node: Branch, path: Path, taken: Taken, known: Known, seen: Mapping[str, object]
    ) -> int:
        """Adds a node and what follows it; its index. ``seen``: by actor the moves that it will
        know of at the end."""
        if not node.options:
            return self._end(node, path, taken, known, seen)
        if node.payoffs:
            what = "payoffs stand at ends, and here something follows"
            self.context.say("E210", (*path, "payoffs"), what, "move them to the ends")
        self._move(node, path, taken)
        options = tuple(node.options)
        if node.chance:
            at = self.builder.chance(node.move, options, self._chances(node, path), ())
        else:
            at = self._decision(node, path, options, taken)
        everybody = () if node.chance else self.observers
        seers = everybody if node.seen_by is None else tuple(node.seen_by)
        if "all" in seers:
            seers = self.observers
        below = []
        for option, branch in node.options.items():
            after, kept = known, dict(seen)
            if not node.chance:
                mine = (*known.get(node.actor, ()), (self._key(node, path), option))
                after = {**known, node.actor: mine}
            for code in seers:
                kept[code] = (kept.get(code), node.move, option)
            onward = (*path, "options", option)
            below.append(self.grow(branch, onward, {**taken, node.move: option}, after, kept))
        return self.builder.close(at, below)

    def _end(
        self, node: Branch, path: Path, taken: Taken, known: Known, seen: Mapping[str, object]
    ) -> int:
        for key in ("actor", "chance", "move", "knows", "probabilities", "seen_by"):
            if getattr(node, key):
                what = f"an end has no `{key}`"
                self.context.say("E210", (*path, key), what, "add `options:`, or remove it")
        self.worth.append((*path, "payoffs"))
        self.final.append(tuple((known.get(code), seen.get(code)) for code in self.observers))
        return self.builder.end(taken)

    def _move(self, node: Branch, path: Path, taken: Taken) -> None:
        """Notes a move where it is first met; later nodes of it must be of the same maker."""
        context = self.context
        if not node.move:
            context.say("E202", path, "`move` is missing", "name the move")
        elif problem := name_problem(node.move):
            context.say("E206", (*path, "move"), f"{quote(node.move)} {problem}")
        if bool(node.actor) == node.chance:
            what = "a node is either an `actor`'s or chance's"
            context.say("E210", path, what, "keep exactly one of actor and chance")
        elif node.actor and node.actor not in self.game.players:
            what, remedy = no_player(node.actor, self.game.players)
            context.say("E305", (*path, "actor"), what, remedy)
        if node.move in taken:
            what = f"{quote(node.move)} is made twice on one path"
            context.say("E209", (*path, "move"), what, "give the second one a name of its own")
        for option in node.options:
            if problem := name_problem(option):
                at = (*path, "options", option)
                context.say("E206", at, f"{quote(option)} {problem}", of_key=True)
        for code in node.seen_by or ():
            if code != "all":
                actor(context, code, (*path, "seen_by"))
        known = self.moves.get(node.move)
        if known is None:
            options = moves_of(self.game).get(node.move, ())
            kind = "chance" if node.chance else "decision"
            self.moves[node.move] = Move(
                node.move, "chance" if kind == "chance" else "decision", node.actor, options
            )
        elif known.actor != node.actor:
            what = f"{quote(node.move)} is also the name of a move of {known.actor or 'chance'}"
            context.say("E209", (*path, "move"), what, "give it a name of its own")

    def _chances(self, node: Branch, path: Path) -> tuple[Expression, ...]:
        context = self.context
        if node.knows:
            context.say("E210", (*path, "knows"), "chance has no `knows`", "remove it")
        if not node.probabilities:
            known = self.odds.get(node.move)
            if known is None:
                context.say("E711", path, "chance has no `probabilities`", "add them")
            elif len(known) != len(node.options):
                what = "this node has other options than the one that gave the probabilities"
                context.say("E709", path, what, "add `probabilities:`")
            return known or ()
        at = (*path, "probabilities")
        for option in node.probabilities:
            if option not in node.options:
                remedy = suggest(option, node.options) or "see its `options`"
                what = f"{quote(option)} is not an option of this move"
                context.say("E304", (*at, option), what, remedy, of_key=True)
                return ()
        for option in node.options:
            if option not in node.probabilities:
                what = f"{quote(option)} has no probability"
                context.say("E711", at, what, f"add it, or `{option}: else`")
                return ()
        found = chances(context, node.probabilities, at, {})
        if found and no_memories(context, found, at, path[1]):
            order = list(node.probabilities)
            found = tuple(found[order.index(option)] for option in node.options)
            self.odds[node.move] = found
        return found

    def _key(self, node: Branch, path: Path) -> Hashable:
        return (node.actor, node.knows) if node.knows else path

    def _decision(self, node: Branch, path: Path, options: tuple[str, ...], taken: Taken) -> int:
        """A node of an information set; the others of the set must look alike."""
        if node.probabilities:
            what = "a decision has no probabilities"
            self.context.say("E210", (*path, "probabilities"), what, "remove `probabilities`")
        key = self._key(node, path)
        move, actions, _ = self.sets.get(key, (node.move, options, path))
        self.sets[key] = (move, actions, path)
        if actions != options or move != node.move:
            what = (
                f"{node.actor} knows only {quote(node.knows)} here, and has {', '.join(options)} "
                f"under {quote(node.move)}, where it had {', '.join(actions)} under {quote(move)}"
            )
            self.context.say("E709", (*path, "knows"), what)
        players = list(self.game.players)
        player = players.index(node.actor) if node.actor in players else 0
        facts = () if node.knows else tuple(taken.items())
        return self.builder.decision(key, player, node.move, options, facts, node.knows)

    def shape(self, title: str) -> GameShape:
        """The finished game."""
        built = self.builder
        return GameShape(
            tree=built.tree(tuple(self.game.players), title),
            moves=tuple(self.moves.values()),
            set_moves=tuple(item.move for item in built.decisions.values()),
            chance_moves=tuple(item.move for item in built.draws.values()),
            paths=tuple(built.paths),
            chances=tuple(item.chances for item in built.draws.values()),
            observations=tuple(
                (code, classes(item[index] for item in self.final))
                for index, code in enumerate(self.observers)
            ),
            worth=tuple(self.worth),
        )
