"""From a sequence of moves to a tree: who knows what when it decides.

A player knows its types, its own moves, and of others' moves what ``seen_by`` lets it see, unless
the decision says with ``sees`` what it knows at that moment. What it knew at an earlier decision it
still knows at a later one, so that recall is perfect by construction.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from reassure.model.checked_games import Move
from reassure.model.checks.about import about, actor
from reassure.model.checks.context import Context, Path, said
from reassure.model.checks.game_chances import chances
from reassure.model.checks.game_formulas import earlier_only, no_memories, over_moves
from reassure.model.checks.game_names import move_dimensions, moves_of
from reassure.model.checks.game_players import no_player
from reassure.model.checks.game_shape import (
    Builder,
    Facts,
    GameShape,
    Taken,
    classes,
    truths,
)
from reassure.model.expression import ONE, Expression, Number, references, walk
from reassure.model.formula import name_problem
from reassure.model.mistakes import Fault, quote, suggest
from reassure.model.simplify import settled
from reassure.model.written_games import Game
from reassure.model.written_games import Move as WrittenMove

_NODE = 4  # what a node of the tree costs for each move of the game, in parts of formulas


@dataclass(slots=True)
class Step:
    """One written move, looked at.

    Attributes:
        seen_by: who sees it beside its maker; None: everybody.
        looks: the moves that its player knows of when it decides, of others'; None: those it sees.
        signals: what it knows of others' moves instead, by name.
        reached: whether some path makes it.
        size: parts of its formulas.
    """

    move: Move
    path: Path
    condition: Expression | None = None
    seen_by: frozenset[str] | None = None
    looks: tuple[str, ...] | None = None
    signals: tuple[tuple[str, Expression], ...] = ()
    chances: tuple[Expression, ...] = ()
    reached: bool = False
    size: int = 0

    def made_by(self, player: str) -> bool:
        """Whether a player decides here."""
        return self.move.kind == "decision" and self.move.actor == player

    def seen(self, by: str) -> bool:
        """Whether an actor sees what was done."""
        if self.move.kind != "chance" and self.move.actor == by:
            return True
        return self.move.kind != "type" and (self.seen_by is None or by in self.seen_by)


def from_moves(
    context: Context, game: Game, path: Path, observers: tuple[str, ...], title: str
) -> GameShape | None:
    """The shape of a game written as moves; None where it has mistakes, which are then noted.

    Raises:
        TooLarge: it has more ends than are looked at.
    """
    before = len(context.mistakes)
    steps = [
        _step(context, game, name, item, (*path, "moves", name))
        for name, item in game.moves.items()
    ]
    _types_come_first(context, steps)
    if len(context.mistakes) > before:
        return None
    tree = _Growing(
        context, (*path, "moves"), steps, tuple(game.players), moves_of(game), observers
    )
    try:
        tree.grow(0, {}, {})
    except Fault as fault:
        context.fault(fault, (*path, "moves"))
        return None
    for step in steps:
        if not step.reached:
            what = f"{quote(step.move.name)} is never made: its `if` holds on no path"
            context.say("E707", (*step.path, "if"), what)
    if len(context.mistakes) > before:
        return None
    return tree.shape(title)


def _step(context: Context, game: Game, name: str, item: WrittenMove, path: Path) -> Step:
    makers = [key for key in ("actor", "chance", "type") if getattr(item, key)]
    kind, owner = "decision", item.actor or item.type
    if len(makers) != 1:
        what = f"{' and '.join(makers)} stand together" if makers else "nobody makes this move"
        context.say("E210", path, what, "keep exactly one of actor, chance and type")
    elif makers[0] != "actor":
        kind = makers[0]
    if owner and owner not in game.players:
        what, remedy = no_player(owner, game.players)
        context.say("E305", (*path, makers[0] if makers else "actor"), what, remedy)
    options = tuple(item.options)
    _good_names(context, options, (*path, "options"), "an option")
    move = Move(
        name=name,
        kind="type" if kind == "type" else "chance" if kind == "chance" else "decision",
        actor=owner,
        options=options,
        about=about(context, item, path),
        written=_written(item),
    )
    found = Step(move, path)
    if item.seen_by is not None:
        found.seen_by = frozenset(item.seen_by) - {"all"}
        if "all" in item.seen_by:
            found.seen_by = None
        for code in found.seen_by or ():
            actor(context, code, (*path, "seen_by"))
    if item.if_ is not None:
        found.condition = over_moves(context, game, item.if_, (*path, "if"), name, truth=True)
    _knowledge(context, game, item, found)
    _options(context, game, item, found)
    formulas = (found.condition or ONE, *(signal for _, signal in found.signals), *found.chances)
    found.size = sum(1 for formula in formulas for _ in walk(formula))
    return found


def _written(item: WrittenMove) -> str:
    """Where a move is made and who knows of it."""
    parts = [f"if {said(item.if_)}"] if item.if_ is not None else []
    if item.seen_by is not None:
        parts.append(f"seen by {', '.join(item.seen_by) or 'nobody else'}")
    if isinstance(item.sees, dict):
        signals = (f"{key} ({said(formula)})" for key, formula in item.sees.items())
        parts.append(f"knowing {', '.join(signals) or 'nothing of it'}")
    elif item.sees is not None:
        parts.append(f"knowing {', '.join(item.sees) or 'nothing of other moves'}")
    return "; ".join(parts)


def _options(context: Context, game: Game, item: WrittenMove, found: Step) -> None:
    """Options of a decision are a list; of chance and types a mapping to probabilities."""
    at: Path = (*found.path, "options")
    if found.move.kind == "decision":
        if isinstance(item.options, dict):
            what = "the options of a decision have no probabilities"
            context.say("E210", at, what, f"write [{', '.join(item.options)}]")
    elif not isinstance(item.options, dict):
        what = "every option of chance needs a probability"
        context.say("E711", at, what, "write {accident: 0.1, none: else}")
    else:
        found.chances = chances(context, item.options, at, move_dimensions(game))
        if found.chances:
            no_memories(context, found.chances, at, found.path[1])
            earlier_only(context, game, found.chances, at, found.move.name)


def _knowledge(context: Context, game: Game, item: WrittenMove, found: Step) -> None:
    """What the player of a decision sees of others' moves at that moment."""
    if item.sees is None:
        return
    path: Path = (*found.path, "sees")
    if found.move.kind != "decision":
        context.say("E210", path, "only a player that decides sees something", "remove `sees`")
    if isinstance(item.sees, dict):
        _good_names(context, tuple(item.sees), path, "a signal")
        signals = [
            (key, over_moves(context, game, formula, (*path, key), found.move.name))
            for key, formula in item.sees.items()
        ]
        found.looks = ()
        found.signals = tuple((key, value) for key, value in signals if value is not None)
        return
    earlier = list(game.moves)[: list(game.moves).index(found.move.name)]
    for index, name in enumerate(item.sees):
        if name not in earlier:
            what = f"{quote(name)} is not a move before this one"
            remedy = suggest(name, earlier) or "name an earlier move, or a signal with a formula"
            context.say("E301", (*path, index), what, remedy)
    found.looks = tuple(item.sees)


def _types_come_first(context: Context, steps: list[Step]) -> None:
    decided = False
    for step in steps:
        if step.move.kind == "type":
            if decided or step.condition is not None:
                what = "a type is given at the start, before anybody decides, and always"
                context.say("E210", step.path, what, "move it up, and take out its `if`")
        elif step.move.kind == "decision":
            decided = True


def _good_names(context: Context, names: tuple[str, ...], path: Path, what: str) -> None:
    seen: set[str] = set()
    node = context.root.find(path).value
    for index, name in enumerate(names):
        at: Path = (*path, name) if isinstance(node, dict) else (*path, index)
        problem = name_problem(name)
        if problem is not None:
            context.say("E206", at, f"{quote(name)} {problem}", of_key=True)
        elif name in seen:
            context.say("E209", at, f"{quote(name)} is {what} twice", "remove one")
        seen.add(name)


Moment = tuple[str, Facts, str]
"""A player's decision: its name, what the player saw, what it did."""
Memories = Mapping[str, tuple[Moment, ...]]
"""By player its decisions so far."""


@dataclass(slots=True)
class _Growing:
    """The tree while it grows from the moves."""

    context: Context
    path: Path
    steps: list[Step]
    players: tuple[str, ...]
    options: Mapping[str, tuple[str, ...]]
    observers: tuple[str, ...]
    builder: Builder = field(default_factory=Builder)
    final: list[tuple[object, ...]] = field(default_factory=list)

    def grow(self, at: int, taken: Taken, memories: Memories) -> int:
        """Adds what follows once the moves before ``at`` are made; the index of its first node."""
        self.context.spend(_NODE * len(self.steps), self.path)
        known = truths(self.options, taken)
        while at < len(self.steps) and not self._made(self.steps[at], known):
            at += 1
        if at == len(self.steps):
            node = self.builder.end(taken)
            self.final.append(
                tuple(self._in_the_end(code, taken, memories) for code in self.observers)
            )
            return node
        step = self.steps[at]
        step.reached = True
        move = step.move
        facts: Facts = ()
        own: tuple[Moment, ...] = ()
        if move.kind == "decision":
            facts = self._facts(step, at, taken, known)
            own = memories.get(move.actor, ())
            player = self.players.index(move.actor)
            told = self._told(move.actor, taken, facts, own)
            node = self.builder.decision(
                (move.name, own, facts), player, move.name, move.options, told
            )
        else:
            self.context.spend(step.size, step.path)
            odds = tuple(settled(item, known) for item in step.chances)
            read = frozenset().union(*map(references, step.chances))
            told = tuple(
                (name, taken.get(name))
                for name in self.options
                if any(item.partition(".")[0] == name for item in read)
            )
            node = self.builder.chance(move.name, move.options, odds, told)
        below = []
        for option in move.options:
            after = memories
            if move.kind == "decision":
                after = {**memories, move.actor: (*own, (move.name, facts, option))}
            below.append(self.grow(at + 1, {**taken, move.name: option}, after))
        return self.builder.close(node, below)

    def _made(self, step: Step, known: Mapping[str, Expression]) -> bool:
        if step.condition is None:
            return True
        self.context.spend(step.size, step.path)
        found = settled(step.condition, known)
        return isinstance(found, Number) and found.value != 0

    def _facts(self, step: Step, at: int, taken: Taken, known: Mapping[str, Expression]) -> Facts:
        """What a player sees when it decides, beside what it knew and did before."""
        me = step.move.actor
        found: list[tuple[str, str | None]] = []
        for earlier in self.steps[:at]:
            name, kind = earlier.move.name, earlier.move.kind
            if earlier.move.actor == me:
                visible = kind == "type"
            else:
                visible = kind != "type" and earlier.seen(me)
                if step.looks is not None:
                    visible = name in step.looks
            if visible:
                found.append((name, taken.get(name)))
        self.context.spend(step.size, step.path)
        for name, signal in step.signals:
            value = settled(signal, known)
            found.append((name, f"{value.value:g}" if isinstance(value, Number) else "?"))
        return tuple(found)

    def _told(self, me: str, taken: Taken, facts: Facts, own: tuple[Moment, ...]) -> Facts:
        """Facts for a name: with the player's own moves, and what it knew when it made them."""
        found = {
            step.move.name: taken.get(step.move.name) for step in self.steps if step.made_by(me)
        }
        for _, known, _ in own:
            found |= dict(known)
        return tuple({**found, **dict(facts)}.items())

    def _in_the_end(self, code: str, taken: Taken, memories: Memories) -> object:
        """What an actor knows once the game is over."""
        seen = tuple(taken.get(step.move.name) for step in self.steps if step.seen(code))
        return seen, memories.get(code, ())

    def shape(self, title: str) -> GameShape:
        """The finished game."""
        built = self.builder
        return GameShape(
            tree=built.tree(self.players, title),
            moves=tuple(step.move for step in self.steps),
            set_moves=tuple(item.move for item in built.decisions.values()),
            chance_moves=tuple(item.move for item in built.draws.values()),
            paths=tuple(built.paths),
            chances=tuple(item.chances for item in built.draws.values()),
            observations=tuple(
                (code, classes(item[index] for item in self.final))
                for index, code in enumerate(self.observers)
            ),
        )
