"""A game whose payoffs are to be estimated, and the file that says it.

The file is YAML::

    title: Speculative attacks
    players: [Market, Government]
    moves:                                  # the first one opens the game
      attack:  {player: Market, options: {hold: no attack, attack: answer}}
      answer:  {player: Government, options: {devalue: devaluation, defend: defense}}
    payoffs:                                # what is not listed is 0
      Market:
        no attack: [reserves, overvaluation]
        devaluation: [1]
        defense: [1]
      Government:
        defense: [1, election]
    observed: outcome                       # the column that says how it ended
    link: probit                            # logit or probit
    error: private                          # agent or private

An option leads to another move or, with any other word, to an outcome. A payoff is a number (fixed),
a list of columns with a coefficient each (``1`` is the constant), or a mapping from names of
coefficients to columns; a coefficient that is named twice is one coefficient. In place of ``moves``
(and ``players``) ``game: FILE.efg`` takes the tree of a game file, whose payoffs stand where the file
lists none, with information sets as they are.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from typing import Literal

from reassure.model.checked import Place
from reassure.model.game_files import read_game
from reassure.model.game_tree import Game, GameTree, InformationSet, Node
from reassure.model.mistakes import Mistake, ModelError, mistake, quote, suggest
from reassure.model.yaml_source import Node as Written
from reassure.model.yaml_source import decode, read

Link = Literal["logit", "probit"]
Error = Literal["agent", "private"]

KEYS = ("title", "players", "moves", "game", "payoffs", "observed", "link", "error")
MAX_MOVES = 200
MAX_COEFFICIENTS = 200


@dataclass(frozen=True, slots=True)
class Term:
    """A coefficient times a column, one addend of a payoff.

    Attributes:
        coefficient: index into :attr:`StatisticalGame.coefficients`.
        column: a column's name; None for the constant 1.
    """

    coefficient: int
    column: str | None


@dataclass(frozen=True, slots=True)
class StatisticalGame:
    """What a file says.

    Attributes:
        game: the tree; its payoffs are those that are fixed, 0 where something is estimated.
        outcomes: the names of the terminals, each once.
        coefficients: names in the order written.
        places: where each coefficient stands first.
        terms: by (terminal, player), the payoff to be estimated.
        observed: the column that holds the outcome.
        link: of the choice probabilities.
        error: ``agent``: every move of a player has errors of its own; ``private``: every payoff has
            one that its player alone knows.
    """

    game: Game
    outcomes: tuple[str, ...]
    coefficients: tuple[str, ...]
    places: tuple[Place, ...]
    terms: dict[tuple[int, int], tuple[Term, ...]]
    observed: str
    link: Link
    error: Error

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns that payoffs read, each once."""
        used = (term.column for terms in self.terms.values() for term in terms)
        return tuple(dict.fromkeys(column for column in used if column is not None))


def read_statistical_game(path: str | Path) -> StatisticalGame:
    """Read a file as the module describes it.

    Raises:
        ModelError: with the mistakes of the file.
    """
    file = str(path)
    try:
        data = Path(path).read_bytes()
    except OSError as error:
        what = f"this file cannot be read: {error.strerror or error}"
        place = Place(file, 1, 1)
        remedy = "give a file that describes a game to be estimated"
        raise ModelError([mistake("E106", place, "", what, remedy)]) from None
    return _Reader(read(decode(data, file), file), Path(path).parent).result()


@dataclass(slots=True)
class _Reader:
    root: Written
    folder: Path
    mistakes: list[Mistake] = field(default_factory=list)
    coefficients: dict[str, Place] = field(default_factory=dict)

    def result(self) -> StatisticalGame:
        for key, entry in self.root.entries.items():
            if key not in KEYS:
                self.say("E201", entry.place, key, f"{quote(key)} is no key", suggest(key, KEYS))
        link = self.word("link", ("logit", "probit"), "logit")
        error = self.word("error", ("agent", "private"), "agent")
        observed = self.root.get("observed")
        if observed is None or not isinstance(observed.value, str):
            place = observed.place if observed else self.root.place
            what = "`observed` names the column that holds the outcome"
            self.say("E202", place, "observed", what, "add `observed: COLUMN`")
        game = self.game()
        terms, fixed = self.payoffs(game.tree)
        self.done()
        assert observed is not None
        rows = [list(row) for row in game.payoffs]
        for (terminal, player), value in fixed.items():
            rows[terminal][player] = value
        for terminal, player in terms:
            rows[terminal][player] = Fraction(0)
        found = StatisticalGame(
            game=Game(game.tree, tuple(map(tuple, rows)), game.chances, path=self.root.place.file),
            outcomes=tuple(dict.fromkeys(game.tree.terminals)),
            coefficients=tuple(self.coefficients),
            places=tuple(self.coefficients.values()),
            terms=terms,
            observed=str(observed.value),
            link=link,  # type: ignore[arg-type]
            error=error,  # type: ignore[arg-type]
        )
        self.check(found)
        self.done()
        return found

    def say(self, code: str, place: Place, path: str, what: str, remedy: str | None = None) -> None:
        self.mistakes.append(mistake(code, place, path, what, remedy or None))

    def done(self) -> None:
        if self.mistakes:
            raise ModelError(self.mistakes)

    def word(self, key: str, words: tuple[str, ...], default: str) -> str:
        node = self.root.get(key)
        if node is None:
            return default
        if node.value not in words:
            what = f"{quote(node.text)} is none of {', '.join(words)}"
            self.say("E211", node.place, key, what)
            return default
        return str(node.value)

    def game(self) -> Game:
        file, moves = self.root.get("game"), self.root.get("moves")
        if (file is None) == (moves is None):
            what = "a game is either drawn under `moves` or taken from a file with `game`"
            self.say("E210", self.root.place, "moves", what)
            self.done()
        title = str(found.value) if (found := self.root.get("title")) else ""
        if moves is not None:
            return _Moves(self, moves, title).game()
        assert file is not None
        name = file.value
        if not isinstance(name, str) or Path(name).name != name:
            what = "`game` names an .efg or .nfg file in the folder of this file"
            self.say("E203", file.place, "game", what, "write its name, without a folder")
            self.done()
        game = read_game(self.folder / str(name))
        if "" in game.tree.terminals:
            what = f"an end of {name} has no name, so it cannot be recognised in the data"
            self.say("E202", file.place, "game", what, "name every outcome in the game file")
            self.done()
        return game

    def payoffs(
        self, tree: GameTree
    ) -> tuple[dict[tuple[int, int], tuple[Term, ...]], dict[tuple[int, int], Fraction]]:
        section = self.root.get("payoffs")
        terms: dict[tuple[int, int], tuple[Term, ...]] = {}
        fixed: dict[tuple[int, int], Fraction] = {}
        if section is None or not section.entries:
            place = section.place if section else self.root.place
            self.say("E202", place, "payoffs", "`payoffs` is missing: nothing is to be estimated")
            self.done()
            raise AssertionError
        for player, entry in section.entries.items():
            path = f"payoffs.{player}"
            if player not in tree.players:
                what = f"{quote(player)} is no player"
                self.say("E301", entry.place, path, what, suggest(player, tree.players))
                continue
            if not entry.node.entries:
                what = "a player's payoffs are listed by outcome"
                self.say("E203", entry.place, path, what, "write for instance {war: [1]}")
            for outcome, inner in entry.node.entries.items():
                where = f"{path}.{outcome}"
                if outcome not in tree.terminals:
                    what = f"{quote(outcome)} is no outcome of the game"
                    self.say("E301", inner.place, where, what, suggest(outcome, tree.terminals))
                    continue
                own = tree.players.index(player)
                at = [(t, own) for t, name in enumerate(tree.terminals) if name == outcome]
                value = inner.node.value
                if isinstance(value, int | float) and not isinstance(value, bool):
                    fixed |= dict.fromkeys(at, Fraction(str(value)))
                    continue
                found = tuple(self.terms(inner.node, where, f"{player}.{outcome}"))
                terms |= dict.fromkeys(at, found)
        if not self.coefficients and not self.mistakes:
            self.say("E202", section.place, "payoffs", "no payoff has a coefficient")
        if len(self.coefficients) > MAX_COEFFICIENTS:
            what = f"{len(self.coefficients)} coefficients; the limit is {MAX_COEFFICIENTS}"
            self.say("G107", section.place, "payoffs", what)
        return terms, fixed

    def terms(self, node: Written, path: str, stem: str) -> Iterator[Term]:
        if isinstance(node.value, tuple):
            for item in node.value:
                yield from self.term(item, path, f"{stem}: {_column_said(item)}", item.place)
        elif node.entries:
            for name, entry in node.entries.items():
                yield from self.term(entry.node, f"{path}.{name}", name, entry.place)
        else:
            what = "a payoff is a number, a list of columns, or coefficients with their columns"
            self.say("E203", node.place, path, what, "write for instance [1, reserves]")

    def term(self, node: Written, path: str, name: str, place: Place) -> Iterator[Term]:
        value = node.value
        if isinstance(value, str) and value:
            column = value
        elif value == 1 and not isinstance(value, bool):
            column = None
        else:
            what = f"{quote(node.text or 'this')} is neither a column nor 1, the constant"
            self.say("E203", node.place, path, what, "write a column's name, or 1")
            return
        self.coefficients.setdefault(name, place)
        yield Term(list(self.coefficients).index(name), column)

    def check(self, found: StatisticalGame) -> None:
        tree = found.game.tree
        place = (self.root.get("link") or self.root).place
        own = [sum(n.kind == "decision" and n.at == s for n in tree.nodes) for s in _sets(tree)]
        if found.link == "logit":
            if found.error == "private":
                what = "private information has the link probit only"
                self.say("E210", place, "error", what, "write `link: probit`, or `error: agent`")
            return
        if any(count > 1 for count in own):
            what = "the link probit needs a game of perfect information"
            self.say("E210", place, "link", what, "write `link: logit`")
        for item in tree.information_sets:
            if len(item.actions) > 2:
                what = f"the link probit takes two options a move; {quote(item.name)} has "
                what += str(len(item.actions))
                self.say("E210", place, "link", what, "write `link: logit`")
        if found.error == "private" and _moves_twice(tree):
            what = "with private information every player moves once on a path at most"
            self.say("E210", place, "error", what, "write `error: agent`")


def _column_said(node: Written) -> str:
    return "constant" if node.value == 1 else node.text


def _sets(tree: GameTree) -> range:
    return range(len(tree.information_sets))


def _moves_twice(tree: GameTree) -> bool:
    before: list[frozenset[int]] = [frozenset()] * len(tree.nodes)
    for number, node in enumerate(tree.nodes):
        moved = before[number]
        if node.kind == "decision":
            player = tree.information_sets[node.at].player
            if player in moved:
                return True
            moved |= {player}
        for child in node.children:
            before[child] = moved
    return False


class _Moves:
    """The tree that a file's ``moves`` draw."""

    def __init__(self, reader: _Reader, section: Written, title: str) -> None:
        self.reader, self.section, self.title = reader, section, title
        listed = reader.root.get("players")
        names = listed.value if listed and isinstance(listed.value, tuple) else ()
        self.players = tuple(str(item.value) for item in names)
        if not self.players or len(set(self.players)) < len(self.players):
            place = (listed or reader.root).place
            what = "`players` lists the players' names, each once"
            reader.say("E202", place, "players", what, "write for instance [Market, Government]")
        if not section.entries:
            reader.say("E203", section.place, "moves", "`moves` maps names to moves")
        reader.done()

    def options(self, name: str) -> dict[str, str]:
        node = self.section.entries[name].node
        options = node.get("options")
        return (
            {key: str(entry.node.value) for key, entry in options.entries.items()}
            if options
            else {}
        )

    def player(self, name: str) -> int:
        entry = self.section.entries[name]
        path = f"moves.{name}"
        for key, inner in entry.node.entries.items():
            if key not in ("player", "options"):
                what = f"{quote(key)} is no key of a move"
                self.reader.say(
                    "E201", inner.place, path, what, suggest(key, ("player", "options"))
                )
        player = entry.node.get("player")
        if player is None or str(player.value) not in self.players:
            said = quote(player.text) if player else "nobody"
            what = f"{said} is none of the players {', '.join(self.players)}"
            self.reader.say(
                "E301", (player or entry.node).place, path, what, "write `player: NAME`"
            )
            return 0
        if len(self.options(name)) < 2:
            what = "a move has two options or more"
            self.reader.say("E202", entry.place, path, what, "write `options: {name: leads to}`")
        return self.players.index(str(player.value))

    def game(self) -> Game:
        moves = list(self.section.entries)
        sets: list[InformationSet] = []
        nodes: list[Node] = []
        terminals: list[str] = []
        children: dict[int, list[int]] = {}
        used: set[str] = set()
        stack: list[tuple[str, int]] = [(moves[0], -1)]
        while stack:
            name, parent = stack.pop()
            number = len(nodes)
            if parent >= 0:
                children[parent].append(number)
            if name not in self.section.entries:
                nodes.append(Node("terminal", len(terminals), (), name))
                terminals.append(name)
                continue
            if name in used or len(used) >= MAX_MOVES:
                place = self.section.entries[name].place
                what = (
                    f"the move {quote(name)} is led to twice: each is made at one place of the tree"
                )
                self.reader.say(
                    "E302", place, f"moves.{name}", what, "write it twice, by two names"
                )
                self.reader.done()
            used.add(name)
            options = self.options(name)
            nodes.append(Node("decision", len(sets), (), name))
            sets.append(InformationSet(name, self.player(name), tuple(options)))
            children[number] = []
            stack.extend((to, number) for to in reversed(options.values()))
        for name in moves:
            if name not in used:
                what = f"nothing leads to the move {quote(name)}"
                place = self.section.entries[name].place
                self.reader.say("E703", place, f"moves.{name}", what, "let an option lead to it")
        self.reader.done()
        complete = [
            Node(node.kind, node.at, tuple(children.get(number, ())), node.name)
            for number, node in enumerate(nodes)
        ]
        tree = GameTree(
            self.players, tuple(sets), (), tuple(complete), tuple(terminals), self.title
        )
        nothing = (Fraction(0),) * len(self.players)
        return Game(tree, (nothing,) * len(terminals), ())
