"""Gambit's extensive form files (``.efg``, version 2), read and written.

A file is a prologue (``EFG 2 R "title" { players } "comment"``) and the nodes in preorder, each
``c`` (chance), ``p`` (a player) or ``t`` (an end). Information sets, chance events and outcomes are
numbered; what they hold is said where they first appear and may be left out, or must be the same,
afterwards. Outcomes also stand at inner nodes: the payoff of an end is the sum along its path.

Names in a :class:`Game` are unique where they are looked up: an unnamed information set is
``PLAYER:number`` with the file's number, unnamed players and actions are numbered from 1, and
repeated names get ``_1``, ``_2``. A terminal is called after its outcome, else after its node.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from fractions import Fraction
from typing import Literal

from reassure.model.game_text import (
    MAX_DEPTH,
    MAX_NODES,
    Token,
    Words,
    numbered,
    quoted,
    written,
)
from reassure.model.game_tree import ChanceMove, Game, GameTree, InformationSet, Node
from reassure.model.mistakes import quote

Numbers = tuple[Fraction, ...]


def read(text: str, file: str = "game.efg") -> Game:
    """The game that an ``.efg`` text describes.

    Args:
        text: the content of the file.
        file: what messages call it.

    Raises:
        ModelError: the text is not of the format; one mistake, with line and column.
    """
    return _Reader(Words(text, file)).game()


@dataclass(slots=True)
class _Set:
    """An information set or a chance event as the file introduced it."""

    number: int
    player: int
    name: str
    labels: tuple[str, ...]
    chances: Numbers = ()


@dataclass(slots=True)
class _Outcome:
    name: str
    payoffs: Numbers


@dataclass(slots=True)
class _Open:
    """A node with children still to come."""

    at: int
    wants: int
    payoffs: Numbers
    children: list[int] = field(default_factory=list)


@dataclass(slots=True)
class _Reader:
    words: Words
    title: str = ""
    comment: str = ""
    players: tuple[str, ...] = ()
    sets: dict[tuple[int, int], int] = field(default_factory=dict)
    found: list[_Set] = field(default_factory=list)
    events: dict[int, int] = field(default_factory=dict)
    chance: list[_Set] = field(default_factory=list)
    outcomes: dict[int, _Outcome] = field(default_factory=dict)
    nodes: list[Node] = field(default_factory=list)
    terminals: list[str] = field(default_factory=list)
    payoffs: list[Numbers] = field(default_factory=list)

    def game(self) -> Game:
        self._prologue()
        self._tree()
        tree = GameTree(
            players=self.players,
            information_sets=self._information_sets(),
            chance_moves=tuple(
                ChanceMove(name, numbered(event.labels))
                for event, name in zip(
                    self.chance,
                    numbered([e.name or str(e.number) for e in self.chance]),
                    strict=True,
                )
            ),
            nodes=tuple(self.nodes),
            terminals=tuple(self.terminals),
            title=self.title,
        )
        return Game(
            tree=tree,
            payoffs=tuple(self.payoffs),
            chances=tuple(event.chances for event in self.chance),
            comment=self.comment,
            path=self.words.file,
        )

    def _information_sets(self) -> tuple[InformationSet, ...]:
        names: list[str] = [""] * len(self.found)
        for player, label in enumerate(self.players):
            own = [i for i, item in enumerate(self.found) if item.player == player]
            given = [self.found[i].name or f"{label}:{self.found[i].number}" for i in own]
            for i, name in zip(own, numbered(given), strict=True):
                names[i] = name
        return tuple(
            InformationSet(name, item.player, numbered(item.labels))
            for name, item in zip(names, self.found, strict=True)
        )

    def _prologue(self) -> None:
        words = self.words
        if not words.at_word("EFG"):
            words.fail("G101", "an extensive game begins with EFG 2 R")
        words.take()
        version = words.next
        if words.whole("the version 2") != 2:
            words.fail(
                "G101", f"version {version.text} of EFG is not read", "use version 2", version
            )
        if not words.at_word("R", "D"):
            words.unexpected("R (or D) after 'EFG 2'")
        words.take()
        self.title = words.expect("text", "the title of the game in quotes").text
        words.expect("{", "'{' before the names of the players")
        labels = []
        while words.at("text"):
            labels.append(words.take().text)
        words.expect("}", "a player's name in quotes, or '}'")
        self.players = numbered(labels)
        if words.at("text"):
            self.comment = words.take().text

    def _tree(self) -> None:
        words = self.words
        nothing = (Fraction(0),) * len(self.players)
        stack: list[_Open] = []
        kinds: list[Literal["decision", "chance", "terminal"]] = []
        ats: list[int] = []
        names: list[str] = []
        children: list[tuple[int, ...]] = []
        while True:
            token = words.next
            if token.kind != "word" or token.text not in ("c", "p", "t"):
                left = sum(item.wants - len(item.children) for item in stack)
                why = f" ({left} more, at least, to complete the tree)" if stack else ""
                words.unexpected(f"a node, that is 'c', 'p' or 't'{why}")
            words.take()
            number = len(kinds)
            if number >= MAX_NODES:
                words.fail("G107", f"the tree has more than {MAX_NODES:,} nodes", at=token)
            names.append(words.expect("text", "the name of the node in quotes").text)
            if stack:
                stack[-1].children.append(number)
            before = stack[-1].payoffs if stack else nothing
            children.append(())
            if token.text == "t":
                outcome = self._outcome()
                kinds.append("terminal")
                ats.append(len(self.terminals))
                self.terminals.append((outcome.name if outcome else "") or names[-1])
                self.payoffs.append(_sum(before, outcome))
            else:
                kind, at, wants = self._event() if token.text == "c" else self._set()
                kinds.append(kind)
                ats.append(at)
                if len(stack) >= MAX_DEPTH:
                    words.fail("G107", f"the tree is more than {MAX_DEPTH:,} moves deep", at=token)
                stack.append(_Open(number, wants, _sum(before, self._outcome())))
            while stack and len(stack[-1].children) == stack[-1].wants:
                done = stack.pop()
                children[done.at] = tuple(done.children)
            if not stack:
                break
        if not words.at("end"):
            words.unexpected("the end of the file: every branch of the tree has ended")
        self.nodes = [Node(*node) for node in zip(kinds, ats, children, names, strict=True)]

    def _event(self) -> tuple[Literal["chance"], int, int]:
        """The chance event of a ``c`` node: its index and how many branches it has."""
        words = self.words
        start = words.next
        number = words.whole("the number of the chance event", least=1)
        known = self.events.get(number)
        if not words.at("text"):
            if known is None:
                words.fail("G104", f"chance event {number} has not been described yet", at=start)
            return "chance", known, len(self.chance[known].labels)
        item = _Set(number, -1, words.take().text, ())
        if known is not None and not words.at("{"):
            self._same(start, f"chance event {number}", self.chance[known].name == item.name)
            return "chance", known, len(self.chance[known].labels)
        brace = words.expect("{", "'{' before the actions of chance and their probabilities")
        labels, chances = [], []
        while words.at("text"):
            labels.append(words.take().text)
            at = words.next
            chances.append(words.number("the probability of the action before it"))
            if chances[-1] < 0:
                words.fail("G106", f"the probability {at.text} is negative", at=at)
            words.skip(",")
        if not labels:
            words.unexpected("an action of chance in quotes")
        words.expect("}", "an action of chance in quotes, or '}'")
        if sum(chances) != 1:
            total = written(sum(chances, Fraction(0)))
            words.fail("G106", f"the probabilities add up to {total}, not to 1", at=brace)
        item.labels, item.chances = tuple(labels), tuple(chances)
        if known is None:
            known = self.events[number] = len(self.chance)
            self.chance.append(item)
        self._same(start, f"chance event {number}", self.chance[known] == item)
        return "chance", known, len(labels)

    def _set(self) -> tuple[Literal["decision"], int, int]:
        """The information set of a ``p`` node: its index and how many actions it has."""
        words = self.words
        start = words.next
        player = words.whole("the number of the player", least=1) - 1
        if player >= len(self.players):
            count = len(self.players)
            words.fail("G104", f"player {player + 1} of {count}", "use a listed player", start)
        start = words.next
        number = words.whole("the number of the information set", least=1)
        what = f"information set {number} of player {quote(self.players[player])}"
        known = self.sets.get((player, number))
        if not words.at("text"):
            if known is None:
                words.fail("G104", f"{what} has not been described yet", at=start)
            return "decision", known, len(self.found[known].labels)
        item = _Set(number, player, words.take().text, ())
        if known is not None and not words.at("{"):
            self._same(start, what, self.found[known].name == item.name)
            return "decision", known, len(self.found[known].labels)
        words.expect("{", "'{' before the actions")
        labels = []
        while words.at("text"):
            labels.append(words.take().text)
            words.skip(",")
        if not labels:
            words.unexpected("an action in quotes")
        words.expect("}", "an action in quotes, or '}'")
        item.labels = tuple(labels)
        if known is None:
            known = self.sets[player, number] = len(self.found)
            self.found.append(item)
        self._same(start, what, self.found[known] == item)
        return "decision", known, len(labels)

    def _outcome(self) -> _Outcome | None:
        """The outcome at a node; None for outcome 0."""
        words = self.words
        start = words.next
        number = words.whole("the number of an outcome, 0 for none")
        known = self.outcomes.get(number)
        if not words.at("text"):
            if number and known is None:
                words.fail("G104", f"outcome {number} has not been described yet", at=start)
            return known
        if not number:
            words.fail("G105", "outcome 0 stands for none: it has no name and no payoffs", at=start)
        name = words.take().text
        if known is not None and not words.at("{"):
            self._same(start, f"outcome {number}", known.name == name)
            return known
        words.expect("{", "'{' before the payoffs of the outcome")
        payoffs = payoffs_in_braces(words, self.players)
        item = _Outcome(name, payoffs)
        self._same(start, f"outcome {number}", known is None or known == item)
        self.outcomes[number] = item
        return item

    def _same(self, at: Token, what: str, same: bool) -> None:
        if not same:
            message = f"{what} is described differently from where it first appears"
            self.words.fail("G105", message, at=at)


def payoffs_in_braces(words: Words, players: tuple[str, ...]) -> Numbers:
    """One payoff a player, up to and with the closing brace; commas between them are optional."""
    payoffs = []
    for player in players:
        if words.at("}"):
            words.unexpected(f"the payoff of {quote(player)} ({len(players)} payoffs in all)")
        payoffs.append(words.number(f"the payoff of {quote(player)}"))
        words.skip(",")
    words.expect("}", f"'}}' after {len(players)} payoffs")
    return tuple(payoffs)


def _sum(before: Numbers, outcome: _Outcome | None) -> Numbers:
    if outcome is None:
        return before
    return tuple(a + b for a, b in zip(before, outcome.payoffs, strict=True))


def write(game: Game) -> str:
    """A game as ``.efg`` text, exact: reading it gives the game back.

    Every payoff stands at an end. Ends of one name and the same payoffs share an outcome.
    """
    tree = game.tree
    numbers = _set_numbers(tree)
    described: set[tuple[str, int]] = set()
    outcomes: dict[tuple[str, Numbers], int] = {}
    players = " ".join(quoted(player) for player in tree.players)
    lines = [f"EFG 2 R {quoted(tree.title)} {{ {players} }}", quoted(game.comment), ""]
    for node in tree.nodes:
        head = quoted(node.name)
        if node.kind == "terminal":
            lines.append(f"t {head} {_end(game, node.at, node.name, outcomes)}")
            continue
        first = (node.kind, node.at) not in described
        described.add((node.kind, node.at))
        if node.kind == "chance":
            move = tree.chance_moves[node.at]
            pairs = zip(move.actions, game.chances[node.at], strict=True)
            inside = " ".join(f"{quoted(action)} {written(p)}" for action, p in pairs)
            what = f" {quoted(move.name)} {{ {inside} }}" if first else ""
            lines.append(f"c {head} {node.at + 1}{what} 0")
            continue
        item = tree.information_sets[node.at]
        number, name = numbers[node.at]
        inside = " ".join(quoted(action) for action in item.actions)
        what = f" {quoted(name)} {{ {inside} }}" if first else ""
        lines.append(f"p {head} {item.player + 1} {number}{what} 0")
    return "\n".join(lines) + "\n"


def _end(game: Game, terminal: int, node: str, outcomes: dict[tuple[str, Numbers], int]) -> str:
    name = game.tree.terminals[terminal]
    if name == node:
        name = ""  # it is read from the node again
    payoffs = game.payoffs[terminal]
    if not name and not any(payoffs):
        return "0"
    known = outcomes.get((name, payoffs)) if name else None
    if known is not None:
        return str(known)
    number = len(outcomes) + 1
    outcomes[name or f"\0{number}", payoffs] = number
    return f"{number} {quoted(name)} {{ {', '.join(map(written, payoffs))} }}"


def _set_numbers(tree: GameTree) -> list[tuple[int, str]]:
    """Number and label of each information set, so that ``PLAYER:number`` is read back as such."""
    found: list[tuple[int, str]] = []
    taken: set[tuple[int, int]] = set()
    for item in tree.information_sets:
        number = own_number(item, tree)
        if number is not None and (item.player, number) not in taken:
            taken.add((item.player, number))
    for item in tree.information_sets:
        number = own_number(item, tree)
        if number is not None:
            found.append((number, ""))
            continue
        number = next(n for n in range(1, MAX_NODES + 2) if (item.player, n) not in taken)
        taken.add((item.player, number))
        found.append((number, item.name))
    return found


def own_number(item: InformationSet, tree: GameTree) -> int | None:
    """The number of an information set that has no name but ``PLAYER:number``; None for a named one."""
    digits = item.name.removeprefix(f"{tree.players[item.player]}:")
    if digits == item.name or not (digits.isascii() and digits.isdigit()) or digits[0] == "0":
        return None
    return int(digits) if len(digits) < 10 else None
