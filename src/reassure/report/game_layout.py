"""Where the parts of a game's picture go: columns by move, a row for each end.

The tree runs from left to right. A node stands half way between its first and last child, so nodes of
one column never share a row. All nodes of an information set stand in one column where the tree allows;
those with other nodes between them are joined by a *lane*, a vertical line of their own left of the
column.
"""

from __future__ import annotations

from dataclasses import dataclass

from reassure.model.game_tree import GameTree


@dataclass(frozen=True, slots=True)
class Lane:
    """The line that joins the nodes of an information set.

    Attributes:
        information_set: index.
        nodes: those joined, from top to bottom.
        column: where they stand.
        lane: 0 for a line through the nodes themselves, else how many lanes to the left of them.
    """

    information_set: int
    nodes: tuple[int, ...]
    column: int
    lane: int


@dataclass(frozen=True, slots=True)
class GameLayout:
    """Places of nodes and lines.

    Attributes:
        columns: of each node, from 0 at the root.
        rows: of each node; ends have whole numbers from 0 at the top.
        lanes: one or more lines an information set of several nodes, one for each column that it is in.
        width: how many lanes each column has.
    """

    columns: tuple[int, ...]
    rows: tuple[float, ...]
    lanes: tuple[Lane, ...]
    width: tuple[int, ...]


def lay_out(tree: GameTree) -> GameLayout:
    """Places for the nodes of ``tree``."""
    columns = _columns(tree)
    rows = [0.0] * len(tree.nodes)
    for number in range(len(tree.nodes) - 1, -1, -1):  # children before parents
        node = tree.nodes[number]
        if node.kind == "terminal":
            rows[number] = float(node.at)
        else:
            rows[number] = (rows[node.children[0]] + rows[node.children[-1]]) / 2
    lanes = _lanes(tree, columns, rows)
    width = [0] * (max(columns) + 1)
    for lane in lanes:
        width[lane.column] = max(width[lane.column], lane.lane)
    return GameLayout(tuple(columns), tuple(rows), tuple(lanes), tuple(width))


def _columns(tree: GameTree) -> list[int]:
    """Each node one column after its parent, and as far right as the rest of its information set."""
    columns = [0] * len(tree.nodes)
    least = [0] * len(tree.information_sets)
    for _ in range(len(tree.information_sets) + 1):
        before = list(least)
        for number, node in enumerate(tree.nodes):
            if node.kind == "decision":
                columns[number] = max(columns[number], least[node.at])
                least[node.at] = max(least[node.at], columns[number])
            for child in node.children:
                columns[child] = columns[number] + 1
        if least == before:
            return columns
        if max(columns) > 4 * _depth(tree):  # sets that cross each other: nothing aligns them
            break
    return _by_depth(tree)


def _by_depth(tree: GameTree) -> list[int]:
    columns = [0] * len(tree.nodes)
    for number, node in enumerate(tree.nodes):
        for child in node.children:
            columns[child] = columns[number] + 1
    return columns


def _depth(tree: GameTree) -> int:
    return max(_by_depth(tree)) + 1


def _lanes(tree: GameTree, columns: list[int], rows: list[float]) -> list[Lane]:
    members: dict[tuple[int, int], list[int]] = {}
    for number, node in enumerate(tree.nodes):
        if node.kind == "decision":
            members.setdefault((columns[number], node.at), []).append(number)
    by_column: dict[int, list[tuple[float, int]]] = {}
    for number, row in enumerate(rows):
        by_column.setdefault(columns[number], []).append((row, number))
    found: list[Lane] = []
    taken: dict[int, list[list[tuple[float, float]]]] = {}
    spans = sorted(
        (rows[nodes[-1]] - rows[nodes[0]], column, at, nodes)
        for (column, at), nodes in members.items()
        if len(nodes) > 1
    )
    for _, column, at, nodes in spans:  # short lines next to the nodes, long ones outside
        top, bottom = rows[nodes[0]], rows[nodes[-1]]
        between = any(top < r < bottom and n not in nodes for r, n in by_column[column])
        if not between:
            found.append(Lane(at, tuple(nodes), column, 0))
            continue
        lanes = taken.setdefault(column, [])
        free = (all(bottom < a or b < top for a, b in used) for used in lanes)
        lane = next((i for i, good in enumerate(free) if good), len(lanes))
        if lane == len(lanes):
            lanes.append([])
        lanes[lane].append((top, bottom))
        found.append(Lane(at, tuple(nodes), column, lane + 1))
    found.sort(key=lambda item: (item.column, item.lane, item.nodes))
    return found
