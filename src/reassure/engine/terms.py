"""Like terms collected: a formula as a sum of products, so that what cancels is seen to cancel."""

from __future__ import annotations

from functools import reduce

from reassure.model.expression import Binary, Expression, Number, Ref, Unary, children

# A product of atoms, each with its power, in the order of the atoms' numbers.
Product = tuple[tuple[int, int], ...]
Polynomial = dict[Product, float]

MOST_TERMS = 120
MOST_NODES = 1500  # of the formula written out


class _TooLong(Exception):
    pass


def collected(expression: Expression) -> Expression | None:
    """``expression`` as a polynomial in its parts that are no sums or products; None if that is
    long."""
    if _size(expression, {}) > MOST_NODES:
        return None
    atoms: dict[Expression, int] = {}
    try:
        polynomial = _polynomial(expression, atoms)
    except _TooLong:
        return None
    names = list(atoms)
    terms = [_product(coefficient, powers, names) for powers, coefficient in polynomial.items()]
    return reduce(lambda total, term: Binary("+", total, term), terms) if terms else Number(0.0)


def _size(node: Expression, known: dict[int, int]) -> int:
    if id(node) not in known:
        known[id(node)] = 1 + sum(_size(child, known) for child in children(node))
    return known[id(node)]


def _product(coefficient: float, powers: Product, atoms: list[Expression]) -> Expression:
    result: Expression | None = None if coefficient == 1.0 and powers else Number(coefficient)
    for atom, power in powers:
        factor = atoms[atom] if power == 1 else Binary("**", atoms[atom], Number(float(power)))
        result = factor if result is None else Binary("*", result, factor)
    return Number(coefficient) if result is None else result


def _polynomial(node: Expression, atoms: dict[Expression, int]) -> Polynomial:
    match node:
        case Number(value):
            return {(): value} if value else {}
        case Unary("-", operand):
            return _times({(): -1.0}, _polynomial(operand, atoms))
        case Binary("+" | "-" as op, left, right):
            sign = 1.0 if op == "+" else -1.0
            return _plus(_polynomial(left, atoms), _polynomial(right, atoms), sign)
        case Binary("*", left, right):
            return _times(_polynomial(left, atoms), _polynomial(right, atoms))
        case Binary("/", left, Number(value)) if value:
            return _times(_polynomial(left, atoms), {(): 1.0 / value})
        case Binary("/", left, right) if left != Number(1.0):
            return _times(_polynomial(left, atoms), _atom(Binary("/", Number(1.0), right), atoms))
        case Binary("**", base, Number(power)) if power in (2.0, 3.0):
            once = _polynomial(base, atoms)
            return reduce(_times, [once] * int(power))
        case Ref() | _:
            return _atom(node, atoms)


def _atom(node: Expression, atoms: dict[Expression, int]) -> Polynomial:
    return {((atoms.setdefault(node, len(atoms)), 1),): 1.0}


def _plus(a: Polynomial, b: Polynomial, sign: float) -> Polynomial:
    total = dict(a)
    for powers, coefficient in b.items():
        total[powers] = total.get(powers, 0.0) + sign * coefficient
    return {powers: coefficient for powers, coefficient in total.items() if coefficient != 0.0}


def _times(a: Polynomial, b: Polynomial) -> Polynomial:
    if len(a) * len(b) > MOST_TERMS:
        raise _TooLong
    total: Polynomial = {}
    for first, x in a.items():
        for second, y in b.items():
            powers = dict(first)
            for atom, power in second:
                powers[atom] = powers.get(atom, 0) + power
            key = tuple(sorted(powers.items()))
            total[key] = total.get(key, 0.0) + x * y
    return {powers: coefficient for powers, coefficient in total.items() if coefficient != 0.0}
