"""Plays of games as prose."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

from reassure.model.checked import Model
from reassure.model.checked_games import ModelGame
from reassure.report.plays import Learnt, MadeMove, Misjudged, Playing
from reassure.report.wording import likelihood, listed, percent, plain_name


def said_play(model: Model, play: Playing, when: str, *, numbers: bool) -> str:
    """A play in sentences: what each side did in order and how likely it was, who was wrong, and who
    learnt what.

    Args:
        when: its date in words.
        numbers: whether to add the figures.
    """
    teller = _Play(model, play, numbers)
    return " ".join(filter(None, [teller.course(when), teller.errors(), teller.lessons()]))


def short_plays(model: Model, found: Iterable[Playing]) -> str:
    """Games that came to nothing, or went as everybody expected, in a sentence; '' for none."""
    games = {game.name: game_said(game) for game in model.games}
    passed: dict[str, Counter[str]] = {}
    for play in found:
        how = "came to nothing" if play.uneventful else "went as was to be expected"
        passed.setdefault(how, Counter())[games[play.game]] += 1
    times = {1: "", 2: " (twice)"}
    return " ".join(
        f"These {how}: "
        + "; ".join(name + times.get(n, f" ({n} times)") for name, n in counts.items())
        + "."
        for how, counts in passed.items()
    )


def game_said(game: ModelGame) -> str:
    """A game as a reader calls it."""
    return plain_name(game.name, game.about.label)


def option_said(option: str) -> str:
    """An option as a reader says it, in quotes."""
    return f"“{plain_name(option)}”"


class _Play:
    def __init__(self, model: Model, play: Playing, numbers: bool) -> None:
        self.model, self.play, self.numbers = model, play, numbers
        self.game = next(game for game in model.games if game.name == play.game)
        self.actors = {actor.code: actor.name for actor in model.actors}

    def actor(self, code: str) -> str:
        return self.actors.get(code, code)

    def course(self, when: str) -> str:
        parts = []
        before = ""
        for move in self.play.moves:
            parts.append(self._made(move, before))
            before = move.actor if move.kind == "decision" else ""
        return f"In {when} it came to {game_said(self.game)}: {'; '.join(parts)}."

    def _made(self, move: MadeMove, before: str) -> str:
        option = option_said(move.option)
        how = percent(move.probability) if self.numbers else likelihood(move.probability)
        if move.kind == "type":
            chance = f" ({how})" if self.numbers else ""
            return f"{self.actor(move.actor)} was {option}{chance}, which it alone knew"
        if move.kind == "chance":
            return f"{plain_name(move.move)}, by chance: {option} ({how})"
        again = "then " if before == move.actor else ""
        return f"{self.actor(move.actor)} {again}chose {option} ({how})"

    def errors(self) -> str:
        """Who misjudged what; those who erred alike together."""
        alike: dict[tuple[str, bool], list[Misjudged]] = {}
        for item in self.play.misjudged:
            alike.setdefault((item.move, item.perceived > item.actual), []).append(item)
        return " ".join(self._error(items) for items in alike.values())

    def _error(self, items: Sequence[Misjudged]) -> str:
        first = items[0]
        kind = next(move.kind for move in self.play.moves if move.move == first.move)
        option, mover = option_said(first.option), self.actor(first.mover)
        about = {"type": f"that {mover} was {option}", "decision": f"that {mover} chose {option}"}
        who = [
            self.actor(item.actor) + (f" ({percent(item.perceived)})" if self.numbers else "")
            for item in items
        ]
        verb = "overrated" if first.perceived > first.actual else "underrated"
        truth = f", which was {percent(first.actual)}" if self.numbers else ""
        what = about.get(kind, f"of {option} on {plain_name(first.move)}")
        return f"{listed(who)} had {verb} the chance {what}{truth}."

    def lessons(self) -> str:
        return " ".join(self._lesson(item) for item in self.play.taught)

    def _lesson(self, item: Learnt) -> str:
        belief = next(b for b in self.model.beliefs if b.name == item.belief)
        that = belief.that or plain_name(belief.name, belief.about.label)
        who = self.actor(item.holder)
        if self.numbers:
            return (
                f"{who} learnt from it ({item.amount:+.2f}) and now thought it "
                f"{percent(item.after)} likely, after {percent(item.before)}, that {that}."
            )
        more = "more likely" if item.amount > 0 else "less likely"
        much = "much " if abs(item.after - item.before) > 0.15 else ""
        return f"{who} learnt from it, and now thought it {much}{more} that {that}."
