"""In whose eyes, and under which what-if, a game reads other quantities than the true ones."""

from __future__ import annotations

from dataclasses import replace

from reassure.model.checked_games import ModelGame, Perception, Replacements, Variant
from reassure.model.checks.about import about, actor
from reassure.model.checks.budget import formulas
from reassure.model.checks.context import Context, Path
from reassure.model.checks.game_formulas import no_memories
from reassure.model.expression import references
from reassure.model.formula import name_problem
from reassure.model.mistakes import quote, suggest
from reassure.model.written_games import Game, Replaced


def reads(game: ModelGame) -> frozenset[str]:
    """The quantities that a game's own formulas read."""
    own = (game.payoffs, game.chances, game.rationality, game.results)
    return frozenset().union(*(references(formula) for formula in formulas(own)))


def variants(context: Context, item: Game, game: ModelGame) -> ModelGame:
    """The game with its variants."""
    found = []
    for name, written in item.variants.items():
        path: Path = ("games", game.name, "variants", name)
        told = about(context, written, path)
        found.append(Variant(name, _replaced(context, game, written, path), told))
    return replace(game, variants=tuple(found))


def perceptions(context: Context, item: Game, game: ModelGame) -> ModelGame:
    """The game with what actors take quantities for."""
    found = []
    for code, written in item.perceives.items():
        path: Path = ("games", game.name, "perceives", code)
        actor(context, code, path)
        if code not in item.players and (problem := name_problem(code)):
            context.say("E206", path, f"{quote(code)} {problem}", of_key=True)
        told = about(context, written, path)
        found.append(Perception(code, _replaced(context, game, written, path), told))
    return replace(game, perceptions=tuple(found))


def _replaced(context: Context, game: ModelGame, written: Replaced, path: Path) -> Replacements:
    """What stands for what, each of the dimension of the name it stands for."""
    known = reads(game)
    long = "set" in context.root.find(path).entries
    found = []
    for key, formula in written.set.items():
        at: Path = (*path, "set", key) if long else (*path, key)
        name = context.canonical(key, path)
        if name not in known:
            defined = name in context.dimensions
            what = f"no formula of this game reads {quote(name)}"
            if not defined:
                what = f"{quote(name)} is not defined"
            remedy = suggest(name, known) or None
            context.say("E713" if defined else "E301", at, what, remedy, of_key=True)
            continue
        value = context.formula(formula, at, expect=context.dimensions.get(name))
        if value is not None and no_memories(context, (value,), at, game.name):
            found.append((name, value))
    return tuple(found)
