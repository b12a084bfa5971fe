"""Formulas, from text to meaning: the one place to import them from.

>>> formula = parse("max(0, threat - confidence)")
>>> formula.names
('threat', 'confidence')
>>> bound = bind(formula, Table(dimensions={"threat": NONE, "confidence": NONE}))
>>> show(bound.expression), str(bound.dimension)
('max(0, threat - confidence)', '1')
"""

from __future__ import annotations

from reassure.model.bind import bind
from reassure.model.parser import PREDEFINED, Formula, FormulaError, name_problem, parse
from reassure.model.scope import Bound, FormulaErrors, Scope, Table
from reassure.model.show import show
from reassure.model.units import ANY, NONE, TIME, Dimension

__all__ = [
    "ANY",
    "NONE",
    "PREDEFINED",
    "TIME",
    "Bound",
    "Dimension",
    "Formula",
    "FormulaError",
    "FormulaErrors",
    "Scope",
    "Table",
    "bind",
    "name_problem",
    "parse",
    "show",
]
