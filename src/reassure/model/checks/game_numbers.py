"""The formulas of a game's payoffs and results, written out for each of its ends."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from reassure.model.checked import About
from reassure.model.checked_games import PayoffPart, Result
from reassure.model.checks.about import about
from reassure.model.checks.context import NONE, Context, Path, said
from reassure.model.checks.game_formulas import no_memories
from reassure.model.checks.game_names import PAYOFF, move_dimensions, moves_of
from reassure.model.checks.game_players import no_player
from reassure.model.checks.game_shape import GameShape, truths
from reassure.model.expression import ZERO, Expression, references, walk
from reassure.model.formula import Dimension, name_problem
from reassure.model.mistakes import Fault, quote
from reassure.model.simplify import settled, total
from reassure.model.units import dimension
from reassure.model.written_games import Game, Part


@dataclass(slots=True)
class Numbers:
    """The formulas of a game, written out for each of its ends."""

    context: Context
    name: str
    item: Game
    shape: GameShape
    truths: list[dict[str, Expression]] = field(init=False)

    def __post_init__(self) -> None:
        moves = moves_of(self.item)
        self.truths = [truths(moves, dict(path)) for path in self.shape.paths]

    def payoffs(self) -> tuple[tuple[tuple[Expression, ...], ...], tuple[PayoffPart, ...]]:
        """For each end each player's payoff, and the parts as written."""
        context, path = self.context, ("games", self.name)
        columns: list[list[Expression]] = []
        parts: list[PayoffPart] = []
        for code in self.item.payoffs:
            if code not in self.item.players:
                what, remedy = no_player(code, self.item.players)
                context.say("E305", (*path, "payoffs", code), what, remedy, of_key=True)
        ends = self._worth(parts)
        for code in self.item.players:
            rows: list[list[Expression]] = [list(row.get(code, ())) for row in ends]
            for key, part, at in self._parts(code):
                told = (
                    about(context, part, at)
                    if isinstance(part, Part)
                    else About(place=context.place(at, of_key=True))
                )
                value = part.value if isinstance(part, Part) else part
                parts.append(PayoffPart(code, key, said(value), told))
                if isinstance(part, Part):
                    at = at if _is_short(context, at) else (*at, "value")
                for row, formula in zip(rows, self._at_ends(value, at, NONE), strict=True):
                    row.append(formula)
            if any(not row for row in rows):
                at = (*path, "payoffs")
                what = f"{quote(code)} is a player, and nothing says what it gets"
                if self.shape.worth and any(rows):
                    missing = next(i for i, row in enumerate(rows) if not row)
                    at = self.shape.worth[missing]
                    what = f"{quote(code)} gets nothing said at this end"
                context.say("E710", at, what, f"add `{code}:` to the payoffs")
            columns.append([total([p for p in row if p != ZERO]) for row in rows])
        return tuple(zip(*columns, strict=True)), tuple(parts)

    def _worth(self, parts: list[PayoffPart]) -> list[dict[str, list[Expression]]]:
        """Payoffs that stand at the ends of a written tree."""
        found: list[dict[str, list[Expression]]] = [{} for _ in self.shape.paths]
        for index, at in enumerate(self.shape.worth):
            node = self.context.root.find(at)
            written = node.plain() if isinstance(node.value, dict) else {}
            for code, formula in written.items():
                here = (*at, code)
                if code not in self.item.players:
                    what, remedy = no_player(code, self.item.players)
                    self.context.say("E305", here, what, remedy, of_key=True)
                    continue
                (value,) = self._at_ends(formula, here, NONE, ends=(index,))
                found[index].setdefault(code, []).append(value)
                label = self.shape.tree.terminals[index]
                parts.append(PayoffPart(code, label, said(formula)))
        return found

    def _parts(self, code: str) -> Iterable[tuple[str, Part | str | float, Path]]:
        """A player's parts, each with its name and place; the name of a single one is ''."""
        at: Path = ("games", self.name, "payoffs", code)
        written: Any = self.item.payoffs.get(code)
        if isinstance(written, dict):
            for key, part in written.items():
                if problem := name_problem(key):
                    self.context.say("E206", (*at, key), f"{quote(key)} {problem}", of_key=True)
                yield key, part, (*at, key)
        elif written is not None:
            yield "", written, at

    def results(self, payoffs: tuple[tuple[Expression, ...], ...]) -> tuple[Result, ...]:
        """Own results, then every player's expected payoff."""
        found = []
        worth = [
            {f"{PAYOFF}.{code}": row[i] for i, code in enumerate(self.item.players)}
            for row in payoffs
        ]
        for key, item in self.item.results.items():
            at: Path = ("games", self.name, "results", key)
            unit = self.context.unit(item.unit, (*at, "unit"))
            value_at = at if _is_short(self.context, at) else (*at, "value")
            before = len(self.context.mistakes)
            weights = self._at_ends(item.value, value_at, dimension(unit), worth=worth)
            given: tuple[Expression, ...] = ()
            if item.given is not None:
                given = self._at_ends(item.given, (*at, "given"), NONE, worth=worth)
            if len(self.context.mistakes) == before:
                self._says_something(item.given is not None, weights, given, value_at, at)
            told = about(self.context, item, at)
            found.append(Result(key, weights, given, unit, said(item.value), told))
        for i, code in enumerate(self.item.players):
            found.append(Result(f"{PAYOFF}.{code}", tuple(row[i] for row in payoffs)))
        return tuple(found)

    def _says_something(
        self,
        conditional: bool,
        weights: tuple[Expression, ...],
        given: tuple[Expression, ...],
        value_at: Path,
        at: Path,
    ) -> None:
        """Notes a result that is 0 whatever happens."""
        if conditional and all(formula == ZERO for formula in given):
            what = "this happens at no end of the game"
            self.context.say("E707", (*at, "given"), what, "correct `given`")
        elif all(formula == ZERO for formula in weights):
            what = "this is 0 at every end of the game"
            self.context.say("E707", value_at, what, "correct it")

    def _at_ends(
        self,
        written: str | float,
        path: Path,
        expect: Dimension,
        *,
        ends: tuple[int, ...] | None = None,
        worth: list[dict[str, Expression]] | None = None,
    ) -> tuple[Expression, ...]:
        """A formula at each end; 0 where it has mistakes, which are then noted."""
        which = range(len(self.shape.paths)) if ends is None else ends
        inner = move_dimensions(self.item)
        if worth is not None:
            inner |= {f"{PAYOFF}.{code}": NONE for code in self.item.players}
        nothing: tuple[Expression, ...] = (ZERO,) * len(which)
        found = self.context.formula(written, path, expect=expect, inner=inner)
        if found is None or not no_memories(self.context, (found,), path, self.name):
            return nothing
        read = sorted(references(found) & inner.keys())
        size = sum(1 for _ in walk(found))
        known: dict[tuple[Expression, ...], Expression] = {}
        formulas = []
        for end in which:
            here: Mapping[str, Expression] = self.truths[end]
            if worth is not None:
                here = {**here, **worth[end]}
            key = tuple(here[name] for name in read)
            if key not in known:
                self.context.spend(size, path)
                try:
                    known[key] = settled(found, here)
                except Fault as fault:
                    way = self.shape.tree.terminals[end]
                    message = f"{fault.message} where the game goes: {way}"
                    self.context.fault(Fault(fault.code, message, fault.remedy), path)
                    return nothing
            formulas.append(known[key])
        return tuple(formulas)


def _is_short(context: Context, path: Path) -> bool:
    """Whether an element is written as the one value that stands for it."""
    return not isinstance(context.root.find(path).value, dict)
