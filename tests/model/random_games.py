"""Random games for property tests: any tree that the format can hold."""

from __future__ import annotations

from fractions import Fraction

from hypothesis import strategies as st

from reassure.model.game_tree import ChanceMove, Game, GameTree, InformationSet, Node

LABELS = st.text(
    st.characters(exclude_categories=("Cs", "Cc")), min_size=1, max_size=6
) | st.sampled_from(
    ['say "no"', "C:\\path", "ends with \\", "\\\\", '\\"', "{ } , 1", "two\nlines"]
)
PAYOFFS = st.fractions(-1000, 1000, max_denominator=999) | st.integers(-9, 9).map(Fraction)


@st.composite
def games(draw: st.DrawFn, *, most_nodes: int = 25) -> Game:
    """A game whose names are unique where they are looked up, in the order of a file."""
    players = tuple(draw(st.lists(LABELS, min_size=1, max_size=3, unique=True)))
    nodes: list[Node] = []
    sets: list[InformationSet] = []
    chance: list[ChanceMove] = []
    chances: list[tuple[Fraction, ...]] = []
    terminals: list[str] = []
    payoffs: list[tuple[Fraction, ...]] = []

    def grow(depth: int) -> int:
        number = len(nodes)
        name = draw(st.just("") | LABELS)
        nodes.append(Node("terminal", -1, (), name))
        kinds = ["terminal"] if depth > 3 or number > most_nodes else ["p", "p", "c", "terminal"]
        kind = draw(st.sampled_from(kinds))
        if kind == "terminal":
            nodes[number] = Node("terminal", len(terminals), (), name)
            terminals.append(draw(st.just(name) | LABELS))
            payoffs.append(tuple(draw(PAYOFFS) for _ in players))
            return number
        if kind == "c":
            at = draw(st.integers(0, len(chance)))
            if at == len(chance):
                labels = tuple(draw(st.lists(LABELS, min_size=1, max_size=3, unique=True)))
                parts = [draw(st.integers(0, 7)) for _ in labels]
                parts[0] += 1
                chance.append(ChanceMove(f"event {at}", labels))
                chances.append(tuple(Fraction(part, sum(parts)) for part in parts))
            count, what = len(chance[at].actions), "chance"
        else:
            at = draw(st.integers(0, len(sets)))
            if at == len(sets):
                player = draw(st.integers(0, len(players) - 1))
                labels = tuple(draw(st.lists(LABELS, min_size=1, max_size=3, unique=True)))
                unnamed = draw(st.booleans())
                label = f"{players[player]}:{at + 1}" if unnamed else f"set {at}"
                sets.append(InformationSet(label, player, labels))
            count, what = len(sets[at].actions), "decision"
        children = tuple(grow(depth + 1) for _ in range(count))
        nodes[number] = Node(what, at, children, name)
        return number

    grow(0)
    tree = GameTree(
        players,
        tuple(sets),
        tuple(chance),
        tuple(nodes),
        tuple(terminals),
        draw(st.just("") | LABELS),
    )
    return Game(tree, tuple(payoffs), tuple(chances), draw(st.just("") | LABELS))
