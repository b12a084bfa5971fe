"""Which quantity a name in a formula is, and what to say when it is none."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager

from reassure.model.expression import ONE, ZERO, Number, Ref
from reassure.model.mistakes import quote, suggest
from reassure.model.parser import FormulaError, error_at
from reassure.model.scope import Bound, Scope
from reassure.model.units import NONE, TIME

_SHOWN = 8  # parts or options that a message lists


class Resolver:
    """The names of one formula, with the members that index sets stand for at this point of it."""

    def __init__(self, scope: Scope, words: Sequence[str]) -> None:
        self._scope = scope
        self._words = {word: index for index, word in enumerate(words)}
        self._binding: Mapping[str, str] = scope.binding

    @contextmanager
    def bound_to(self, index_set: str, member: str) -> Iterator[None]:
        """Within: the index set stands for its member."""
        outer = self._binding
        self._binding = {**outer, index_set: member}
        try:
            yield
        finally:
            self._binding = outer

    def quantity(self, node: ast.expr) -> Bound:
        """The quantity that ``node`` names.

        Raises:
            FormulaError: it names none (E301, E303, E307).
        """
        if isinstance(node, ast.Name) and node.id in self._words:
            return Bound(Number(float(self._words[node.id])), NONE)
        name = self._canonical(node)
        known = self._known(name)
        if known is None:
            raise self._undefined(name, node)
        return known

    def option(self, owner: ast.expr, word: ast.expr) -> Bound | None:
        """The index of the bare ``word`` among the options of ``owner``; None for any other pair.

        Raises:
            FormulaError: the word is neither one of the options of ``owner`` nor a quantity (E304).
        """
        named = ast.Name | ast.Attribute | ast.Subscript
        if not isinstance(word, ast.Name) or not isinstance(owner, named):
            return None
        try:
            name = self._canonical(owner)
        except FormulaError:
            return None  # said where the owner itself is bound
        options = self._scope.options(name)
        if options is None:
            return None
        if word.id in options:
            return Bound(Number(float(options.index(word.id))), NONE)
        if self._known(word.id) is not None:
            return None
        remedy = suggest(word.id, options) or f"its options are {', '.join(options[:_SHOWN])}"
        message = f"{quote(word.id)} is not an option of {quote(name)}"
        raise error_at(word, "E304", message, remedy)

    def _known(self, name: str) -> Bound | None:
        match name:
            case "time":
                return Bound(Ref("time"), TIME)
            case "dt":
                return Bound(Number(self._scope.dt), TIME)
            case "true":
                return Bound(ONE, NONE)
            case "false":
                return Bound(ZERO, NONE)
        dimension = self._scope.dimension(name)
        return None if dimension is None else Bound(Ref(name), dimension)

    def _canonical(self, node: ast.expr) -> str:
        """The name with its index resolved to a member."""
        match node:
            case ast.Name(id=name):
                return name
            case ast.Attribute(value=value, attr=part):
                return f"{self._canonical(value)}.{part}"
            case ast.Subscript(value=value, slice=ast.Name(id=index)):
                return f"{self._canonical(value)}[{self._member(index, node)}]"
        raise error_at(
            node, "E402", "only a name can have parts", "write name.part or name[member]"
        )

    def _member(self, index: str, node: ast.expr) -> str:
        sets = self._scope.sets
        if index in self._binding:
            return self._binding[index]
        if any(index in members for members in sets.values()):
            return index
        if index in sets:
            message = f"{quote(index)} is an index set that is not open here"
            raise error_at(node, "E303", message, f"write sum({index}, ...), or a member of it")
        words = [*sets, *(member for members in sets.values() for member in members)]
        message = f"{quote(index)} is neither an index set nor a member of one"
        raise error_at(node, "E303", message, suggest(index, words) or "add it to a set")

    def _undefined(self, name: str, node: ast.expr) -> FormulaError:
        names, sets = list(self._scope.names), self._scope.sets
        indexed = re.compile(re.escape(name) + r"\[(\w+)\]")
        members = [match[1] for match in map(indexed.match, names) if match]
        if members:
            owner = next((s for s, all_of in sets.items() if members[0] in all_of), members[0])
            remedy = f"write {name}[{members[0]}], or sum({owner}, {name}[{owner}])"
            return error_at(node, "E307", f"{quote(name)} has one value for each {owner}", remedy)
        if name in sets:
            message = f"{quote(name)} is an index set, not a quantity"
            return error_at(node, "E303", message, f"write name[{name}]")
        stem, _, part = name.rpartition(".")
        if stem and self._known(stem) is not None:
            parts = [n.removeprefix(f"{stem}.") for n in names if n.startswith(f"{stem}.")]
            listed = ", ".join(parts[:_SHOWN])
            has = f"its parts are {listed}" if parts else f"use {quote(stem)} itself"
            message = f"{quote(stem)} has no part {quote(part)}"
            return error_at(node, "E301", message, suggest(part, parts) or has)
        return error_at(
            node,
            "E301",
            f"{quote(name)} is not defined",
            suggest(name, names) or "define it, or correct the name",
        )
