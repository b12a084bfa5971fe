"""The probabilities of chance in a game, made so that they sum to one in every future."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from reassure.model.checks.context import NONE, Context, Path
from reassure.model.expression import ONE, ZERO, Binary, Call, Expression, Number
from reassure.model.formula import Dimension
from reassure.model.mistakes import quote
from reassure.model.simplify import total

ELSE = "else"
_CLOSE = 1e-9


def chances(
    context: Context,
    written: Mapping[str, str | float],
    path: Path,
    inner: Mapping[str, Dimension],
) -> tuple[Expression, ...]:
    """One formula an option, as written; that of ``else`` is the rest. () where they have mistakes."""
    rest = [option for option, formula in written.items() if formula == ELSE]
    given: dict[str, Expression | None] = {
        option: context.formula(formula, (*path, option), expect=NONE, inner=inner)
        for option, formula in written.items()
        if formula != ELSE
    }
    if len(rest) > 1:
        what = f"{' and '.join(map(quote, rest))} are both `else`"
        context.say("E711", (*path, rest[1]), what, "give one of them a probability")
        return ()
    if any(formula is None for formula in given.values()):
        return ()
    formulas = {option: formula for option, formula in given.items() if formula is not None}
    if not _numbers_are_probabilities(context, formulas, path):
        return ()
    known = sum(item.value for item in formulas.values() if isinstance(item, Number))
    fixed = all(isinstance(item, Number) for item in formulas.values())
    if not rest and not fixed:
        what = "nothing makes these probabilities sum to one in every future"
        context.say("E711", path, what)
        return ()
    if (not rest and abs(known - 1.0) > _CLOSE) or known > 1.0 + _CLOSE:
        context.say("E711", path, f"the probabilities sum to {known:g}", "make them sum to 1")
        return ()
    if rest and fixed and known >= 1.0 - _CLOSE:
        what = f"{quote(rest[0])} can never be taken: the others sum to one"
        context.say("E707", (*path, rest[0]), what, "lower the others, or remove it")
        return ()
    return _summing_to_one(list(written), formulas)


def _numbers_are_probabilities(
    context: Context, formulas: Mapping[str, Expression], path: Path
) -> bool:
    good = True
    for option, formula in formulas.items():
        if not isinstance(formula, Number):
            continue
        if not 0 <= formula.value <= 1:
            what = f"{formula.value:g} is not a probability"
            context.say("E204", (*path, option), what, "between 0 and 1")
            good = False
        elif formula.value == 0:
            what = f"{quote(option)} can never be taken: its probability is 0"
            context.say("E707", (*path, option), what, "remove it, or raise its probability")
            good = False
    return good


def _summing_to_one(
    options: Sequence[str], formulas: Mapping[str, Expression]
) -> tuple[Expression, ...]:
    """Each clipped to [0, 1], and the rest what is left; scaled down where nothing is."""
    if all(isinstance(item, Number) for item in formulas.values()):
        values = {key: item.value for key, item in formulas.items() if isinstance(item, Number)}
        left = 1.0 - sum(values.values())
        scale = sum(values.values()) if len(values) == len(options) else 1.0
        return tuple(
            Number(values[option] / scale if option in values else left) for option in options
        )
    clipped = {key: _clipped(item) for key, item in formulas.items()}
    together = total(list(clipped.values()))
    left_over: Expression = Binary("-", ONE, together)
    if len(clipped) > 1:
        left_over = Call("max", (ZERO, left_over))
        most = Call("max", (ONE, together))
        clipped = {key: Binary("/", item, most) for key, item in clipped.items()}
    return tuple(clipped.get(option, left_over) for option in options)


def _clipped(formula: Expression) -> Expression:
    return formula if isinstance(formula, Number) else Call("clip", (formula, ZERO, ONE))
