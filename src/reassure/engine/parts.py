"""A formula that a quantity follows."""

from __future__ import annotations

from dataclasses import dataclass

from reassure.engine.signs import Sign
from reassure.model.expression import Expression


@dataclass(frozen=True, slots=True)
class Part:
    """One formula that a quantity follows.

    ``sense`` is how the quantity follows it: '+' with it, '-' against it, '?' in either direction.
    ``delay``: what it does shows from the next step on, or later. ``sudden``: of a formula that
    moves a quantity at a pace, what of it comes at once; None where nothing has a pace.
    """

    label: str
    formula: Expression
    delay: bool = False
    sense: Sign = "+"
    sudden: Expression | None = None
