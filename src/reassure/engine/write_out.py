"""Formulas with their auxiliaries written out, so that how a modeller cut them leaves no trace."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from reassure.engine.equations import Equations
from reassure.engine.slopes import with_children
from reassure.model.expression import Expression, Memory, Ref, children, references


class WriteOut:
    """A rewriting that replaces auxiliaries, rates and costs by their formulas.

    Those in ``kept`` stay: what was asked for, and what remembers itself, that is, whose own past
    is read by a memory on a circle through it. With another rewriting as ``base``, whatever comes
    to the same in both is the very same tree, so that nothing is proven of it twice.
    """

    def __init__(
        self, source: Equations, keep: Iterable[str] = (), base: WriteOut | None = None
    ) -> None:
        always = base.kept if base else _self_remembering(source.rewritten)
        self.kept: frozenset[str] = frozenset(keep) | always
        self._source = source
        self._base = base
        self._known: dict[int, tuple[Expression, Expression]] = {}
        self._asked: dict[Expression, Expression] = {}
        self._changed = self._closure(frozenset(keep)) if base else frozenset(source.rewritten)

    def _closure(self, keep: frozenset[str]) -> frozenset[str]:
        """What reads a name in ``keep``, at first or at second hand."""
        formulas = self._source.rewritten
        found = set(keep)
        while True:
            more = {n for n, f in formulas.items() if n not in found and references(f) & found}
            if not more:
                return frozenset(found)
            found |= more

    def changes(self, formula: Expression) -> bool:
        """Whether ``formula`` comes out otherwise than in the base."""
        return bool(references(formula) & self._changed)

    def __call__(self, formula: Expression) -> Expression:
        """``formula`` written out: of equal formulas the very same tree."""
        if self._base is not None and not self.changes(formula):
            return self._base(formula)
        found = self._asked.get(formula)
        if found is None:
            rewrite = self._source.rewrite
            # Writing out may bring a choice and an option that it is compared with together.
            found = self._asked[formula] = rewrite(self._write(rewrite(formula)))
        return found

    def _write(self, node: Expression) -> Expression:
        known = self._known.get(id(node))
        if known is None:
            known = self._known[id(node)] = (node, self._written(node))
        return known[1]

    def _written(self, node: Expression) -> Expression:
        if isinstance(node, Ref):
            formula = self._source.rewritten.get(node.name)
            if formula is None or node.name in self.kept:
                return node
            if self._base is not None and node.name not in self._changed:
                return self._base._write(node)
            return self._write(formula)
        below = children(node)
        new = [self._write(child) for child in below]
        if all(a is b for a, b in zip(below, new, strict=True)):
            return node
        return with_children(node, new)


def _self_remembering(formulas: Mapping[str, Expression]) -> frozenset[str]:
    import networkx as nx

    graph: nx.DiGraph[str] = nx.DiGraph()
    remembered: set[tuple[str, str]] = set()
    for name, formula in formulas.items():
        graph.add_edges_from((read, name) for read in references(formula) if read in formulas)
        pending: list[tuple[Expression, bool]] = [(formula, False)]
        while pending:
            node, past = pending.pop()
            if past and isinstance(node, Ref) and node.name in formulas:
                remembered.add((node.name, name))
            inside = past or isinstance(node, Memory)
            pending.extend((child, inside) for child in children(node))
    places = {
        name: number
        for number, group in enumerate(nx.strongly_connected_components(graph))
        for name in group
    }
    return frozenset(
        read for read, reader in remembered if places.get(read, -1) == places.get(reader, -2)
    )
