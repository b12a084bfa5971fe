"""Gambit's strategic form files (``.nfg``, version 1), read as trees and written.

Two bodies exist: payoffs of every combination of strategies in turn (the first player's strategy
changes fastest), or a list of outcomes and then an outcome's number for every combination, 0 for none.
The tree that is read has one information set a player, in the players' order, so that nobody knows
what the others chose. Writing lists each player's *reduced* pure strategies: what it would do in
every information set that its own earlier choices do not rule out.
"""

from __future__ import annotations

import math
from fractions import Fraction
from itertools import product

from reassure.model.efg import Numbers, payoffs_in_braces
from reassure.model.game_text import MAX_NODES, Words, numbered, quoted, written
from reassure.model.game_tree import Game, GameTree, InformationSet, Node
from reassure.model.mistakes import UsageError, quote

MAX_STRATEGIES = 10_000
"""Reduced pure strategies of one player."""
MAX_PROFILES = 100_000
"""Combinations of strategies that a strategic form may have."""


def read(text: str, file: str = "game.nfg") -> Game:
    """The game that an ``.nfg`` text describes, as a tree of moves that nobody sees.

    Raises:
        ModelError: the text is not of the format; one mistake, with line and column.
    """
    words = Words(text, file)
    if not words.at_word("NFG"):
        words.fail("G101", "a strategic game begins with NFG 1 R")
    words.take()
    version = words.next
    if words.whole("the version 1") != 1:
        words.fail("G101", f"version {version.text} of NFG is not read", "use version 1", version)
    if not words.at_word("R", "D"):
        words.unexpected("R (or D) after 'NFG 1'")
    words.take()
    title = words.expect("text", "the title of the game in quotes").text
    words.expect("{", "'{' before the names of the players")
    labels = []
    while words.at("text"):
        labels.append(words.take().text)
    words.expect("}", "a player's name in quotes, or '}'")
    players = numbered(labels)
    strategies = _strategies(words, players)
    comment = words.take().text if words.at("text") else ""
    if words.at("{"):
        names, payoffs = _by_outcome(words, players, strategies)
    else:
        names, payoffs = _by_payoff(words, players, strategies)
    if not words.at("end"):
        words.unexpected(f"the end of the file after {len(names):,} combinations of strategies")
    return _tree(title, players, strategies, names, payoffs, comment, file)


def _strategies(words: Words, players: tuple[str, ...]) -> list[tuple[str, ...]]:
    """The strategies' names, from lists of names or from counts."""
    at = words.next
    words.expect("{", "'{' before the strategies of each player")
    found: list[tuple[str, ...]] = []
    for player in players:
        if words.at("number"):
            token = words.next
            count = words.whole(f"how many strategies {quote(player)} has", least=1)
            if count > MAX_STRATEGIES:
                what = f"{count:,} strategies; the limit is {MAX_STRATEGIES:,}"
                words.fail("G107", what, at=token)
            found.append(tuple(str(number) for number in range(1, count + 1)))
            continue
        words.expect("{", f"'{{' before the strategies of {quote(player)}, or how many it has")
        labels = []
        while words.at("text"):
            labels.append(words.take().text)
        if not labels:
            words.unexpected(f"a strategy of {quote(player)} in quotes")
        words.expect("}", f"a strategy of {quote(player)} in quotes, or '}}'")
        found.append(numbered(labels))
    words.expect("}", f"'}}' after the strategies of {len(players)} players")
    if _nodes([len(item) for item in found]) > MAX_NODES:
        words.fail("G107", f"as a tree this game has more than {MAX_NODES:,} nodes", at=at)
    return found


def _nodes(counts: list[int]) -> int:
    return sum(math.prod(counts[:level]) for level in range(len(counts) + 1))


def _by_outcome(
    words: Words, players: tuple[str, ...], strategies: list[tuple[str, ...]]
) -> tuple[list[str], list[Numbers]]:
    """Names and payoffs of every combination from the body that lists outcomes first."""
    outcomes: list[tuple[str, Numbers]] = [("", (Fraction(0),) * len(players))]
    words.expect("{", "'{' before the outcomes")
    while words.skip("{"):
        name = words.expect("text", "the name of the outcome in quotes").text
        words.skip(",")
        outcomes.append((name, payoffs_in_braces(words, players)))
    words.expect("}", "an outcome in braces, or '}'")
    found = []
    total = math.prod(map(len, strategies))
    for done in range(total):
        token = words.next
        number = words.whole(f"the outcome of combination {done + 1:,} of {total:,}")
        if number >= len(outcomes):
            what = f"outcome {number} of {len(outcomes) - 1}"
            words.fail("G104", what, "use a listed outcome, or 0 for none", token)
        found.append(outcomes[number])
        words.skip(",")
    return [name for name, _ in found], [payoffs for _, payoffs in found]


def _by_payoff(
    words: Words, players: tuple[str, ...], strategies: list[tuple[str, ...]]
) -> tuple[list[str], list[Numbers]]:
    """Names (none) and payoffs of every combination from the body that lists payoffs."""
    payoffs = []
    total = math.prod(map(len, strategies))
    for done in range(total):
        row = []
        for player in players:
            what = f"the payoff of {quote(player)} for combination {done + 1:,} of {total:,}"
            row.append(words.number(what))
            words.skip(",")
        payoffs.append(tuple(row))
    return [""] * total, payoffs


def _tree(
    title: str,
    players: tuple[str, ...],
    strategies: list[tuple[str, ...]],
    names: list[str],
    payoffs: list[Numbers],
    comment: str,
    file: str,
) -> Game:
    counts = [len(item) for item in strategies]
    nodes: list[Node] = []
    order: list[int] = []  # of each terminal, the combination's place in the file
    stack: list[tuple[int, int]] = [(0, 0)]  # level and place, of nodes yet to be numbered
    strides = [math.prod(counts[:level]) for level in range(len(counts))]
    sizes = [_nodes(counts[level:]) for level in range(len(counts) + 1)]
    while stack:
        level, place = stack.pop()
        if level == len(players):
            nodes.append(Node("terminal", len(order)))
            order.append(place)
            continue
        number = len(nodes)
        children = tuple(number + 1 + k * sizes[level + 1] for k in range(counts[level]))
        nodes.append(Node("decision", level, children))
        stack.extend(
            (level + 1, place + k * strides[level]) for k in reversed(range(counts[level]))
        )
    tree = GameTree(
        players=players,
        information_sets=tuple(
            InformationSet(f"{player}:1", number, strategies[number])
            for number, player in enumerate(players)
        ),
        chance_moves=(),
        nodes=tuple(nodes),
        terminals=tuple(names[place] for place in order),
        title=title,
    )
    return Game(tree, tuple(payoffs[place] for place in order), (), comment, file)


def write(game: Game) -> str:
    """The strategic form of a game as ``.nfg`` text, by payoffs.

    Moves of chance are averaged out. Strategies are called after their actions, joined with ``/``.

    Raises:
        UsageError: there are more combinations of strategies than the limit.
    """
    plans = [reduced_strategies(game.tree, player) for player in range(len(game.tree.players))]
    total = math.prod(map(len, plans))
    if total > MAX_PROFILES:
        raise UsageError(
            f"the strategic form has {total:,} combinations of strategies; the limit is "
            f"{MAX_PROFILES:,}",
            "write .efg, which has no such limit",
        )
    reach = _reached(game.tree, plans)
    weights = _chances(game)
    rows = []
    for backwards in product(*(range(len(item)) for item in reversed(plans))):
        ends = (1 << len(game.payoffs)) - 1
        for player, choice in enumerate(reversed(backwards)):
            ends &= reach[player][choice]
        rows.append(_expected(game, ends, weights))
    players = " ".join(map(quoted, game.tree.players))
    lists = "\n".join(
        "{ " + " ".join(quoted(name) for name in _names(game.tree, item)) + " }" for item in plans
    )
    body = "\n".join(" ".join(map(written, row)) for row in rows)
    head = f"NFG 1 R {quoted(game.tree.title)} {{ {players} }}"
    return f"{head}\n\n{{ {lists}\n}}\n{quoted(game.comment)}\n\n{body}\n"


Plan = dict[int, int]
"""An action for each information set that the plan's own earlier choices leave reachable."""


def reduced_strategies(tree: GameTree, player: int) -> list[Plan]:
    """A player's reduced pure strategies, the first information set's action changing slowest.

    Raises:
        UsageError: there are more than the limit.
    """
    histories: dict[int, list[Plan]] = {}
    for number, own in enumerate(_own_paths(tree, player)):
        node = tree.nodes[number]
        if node.kind == "decision" and tree.information_sets[node.at].player == player:
            histories.setdefault(node.at, []).append(own)
    found: list[Plan] = []
    stack: list[Plan] = [{}]
    while stack:
        plan = stack.pop()
        for at, ways in histories.items():
            if at not in plan and any(own.items() <= plan.items() for own in ways):
                actions = range(len(tree.information_sets[at].actions))
                stack.extend({**plan, at: action} for action in reversed(actions))
                break
        else:
            found.append(plan)
        if len(found) + len(stack) > MAX_STRATEGIES:
            raise UsageError(
                f"{quote(tree.players[player])} has more than {MAX_STRATEGIES:,} pure strategies",
                "write .efg, which has no such limit",
            )
    return found


def _own_paths(tree: GameTree, player: int) -> list[Plan]:
    """For each node what the player did on the way to it.

    A set that is met twice and left differently gets action -1: no pure strategy does that.
    """
    paths: list[Plan] = [{} for _ in tree.nodes]
    for number, node in enumerate(tree.nodes):
        own = node.kind == "decision" and tree.information_sets[node.at].player == player
        for action, child in enumerate(node.children):
            before = paths[number]
            done = action if before.get(node.at, action) == action else -1
            paths[child] = {**before, node.at: done} if own else before
    return paths


def _reached(tree: GameTree, plans: list[list[Plan]]) -> list[list[int]]:
    """For each player and plan, the terminals (as bits) that the plan does not rule out."""
    ends = [number for number, node in enumerate(tree.nodes) if node.kind == "terminal"]
    found = []
    for player, own_plans in enumerate(plans):
        paths = _own_paths(tree, player)
        masks = []
        for plan in own_plans:
            bits = 0
            for bit, number in enumerate(ends):
                if paths[number].items() <= plan.items():
                    bits |= 1 << bit
            masks.append(bits)
        found.append(masks)
    return found


def _chances(game: Game) -> list[Fraction]:
    """For each terminal the probability that chance moves as on its path."""
    weights = [Fraction(1)] * len(game.tree.nodes)
    for number, node in enumerate(game.tree.nodes):
        for action, child in enumerate(node.children):
            p = game.chances[node.at][action] if node.kind == "chance" else 1
            weights[child] = weights[number] * p
    return [
        weight
        for weight, node in zip(weights, game.tree.nodes, strict=True)
        if node.kind == "terminal"
    ]


def _expected(game: Game, ends: int, weights: list[Fraction]) -> list[Fraction]:
    total = [Fraction(0)] * len(game.tree.players)
    while ends:
        bit = (ends & -ends).bit_length() - 1
        ends &= ends - 1
        for player, payoff in enumerate(game.payoffs[bit]):
            total[player] += weights[bit] * payoff
    return total


def _names(tree: GameTree, plans: list[Plan]) -> tuple[str, ...]:
    return numbered(
        "/".join(tree.information_sets[at].actions[action] for at, action in sorted(plan.items()))
        or "nothing"
        for plan in plans
    )
