"""Units: what a text such as ``USD/year`` means, and the dimension that formulas are checked with.

Pint (https://pint.readthedocs.io) knows the units; it is asked about one plain name at a time and
never parses a text from a file. Internally time is counted in years and everything else in pint's
base units, so a month is a twelfth of a year exactly. Money and heads are dimensions of their own.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from typing import Any

from reassure.model.checked import Unit
from reassure.model.mistakes import Fault, nearest, quote

MAX_UNIT_LENGTH = 100
MAX_EXPONENT = 12

_OWN_UNITS = (
    "USD = [usd] = dollar",
    "JPY = [jpy] = yen",
    "KRW = [krw] = won",
    "CNY = [cny] = yuan",
    "EUR = [eur] = euro",
    "person = [person] = _ = people = persons = troop",
    "missile = [missile]",
    "warhead = [warhead]",
    "calendar_quarter = year / 4",
    "thousand = 1e3",
    "million = 1e6",
    "billion = 1e9",
    "trillion = 1e12",
)
# Pint's own quarter is a mass, and its '%' is no word.
_SPELLED = {"%": "percent", "quarter": "calendar_quarter", "quarters": "calendar_quarter"}
_COMMON = (
    *("year", "month", "quarter", "week", "day", "hour", "percent", "USD", "JPY", "KRW", "CNY"),
    *("EUR", "person", "troop", "missile", "warhead", "thousand", "million", "billion"),
    *("trillion", "km", "meter", "kilogram", "tonne", "joule", "watt", "kelvin"),
)


_SECONDS_PER_YEAR = 31557600.0  # 365.25 days


class UnitError(Fault):
    """A text that is no unit, or units that cannot be converted (codes E501, E502, E504, E506)."""


@dataclass(frozen=True, slots=True)
class Dimension:
    """What a quantity is, whatever its size: a product of powers of base dimensions.

    ``powers`` holds (base unit, exponent) pairs in alphabetical order; the base of time is 'year'.
    ``None`` stands for "agrees with anything": the literal 0, or what is not known.
    """

    powers: tuple[tuple[str, Fraction], ...] | None = ()

    def __mul__(self, other: Dimension) -> Dimension:
        return _product((self, 1), (other, 1))

    def __truediv__(self, other: Dimension) -> Dimension:
        return _product((self, 1), (other, -1))

    def __pow__(self, exponent: Fraction | int) -> Dimension:
        return _product((self, exponent))

    def agrees(self, other: Dimension) -> bool:
        """Whether the two may be added, compared or assigned."""
        return self.powers is None or other.powers is None or self.powers == other.powers

    def __str__(self) -> str:
        """In base units, as a model file would write it: ``USD/year``; ``1`` for none."""
        if self.powers is None:
            return "any unit"
        above = [_power(base, exponent) for base, exponent in self.powers if exponent > 0]
        below = [_power(base, -exponent) for base, exponent in self.powers if exponent < 0]
        return "/".join(["*".join(above) or "1", *below])


NONE = Dimension()
"""The dimension of a plain number."""
TIME = Dimension((("year", Fraction(1)),))
"""The dimension of time."""
ANY = Dimension(None)
"""Agrees with every dimension."""


def _power(base: str, exponent: Fraction) -> str:
    if exponent == 1:
        return base
    return f"{base}**{exponent}" if exponent.denominator == 1 else f"{base}**({exponent})"


def _product(*factors: tuple[Dimension, Fraction | int]) -> Dimension:
    total: dict[str, Fraction] = {}
    for dimension, exponent in factors:
        if dimension.powers is None:
            return ANY
        for base, power in dimension.powers:
            total[base] = total.get(base, Fraction(0)) + power * exponent
    return Dimension(tuple(sorted((base, power) for base, power in total.items() if power)))


def unit(text: str) -> Unit:
    """The unit that ``text`` names: ``month``, ``1/year``, ``billion USD/year``, ``km**2``, ``%``.

    Raises:
        UnitError: the text is not a unit, or is an offset or logarithmic one.
    """
    factor, dimension = _read(text)
    return Unit(text.strip() or "1", factor, "" if dimension == NONE else str(dimension))


def dimension(of: Unit | str) -> Dimension:
    """The dimension of a unit, given as such or as text.

    Raises:
        UnitError: as :func:`unit`.
    """
    return _read(of if isinstance(of, str) else of.text)[1]


def conversion(source: Unit | str, target: Unit | str) -> float:
    """The factor that turns a number in ``source`` into one in ``target``.

    Raises:
        UnitError: either is not a unit, or their dimensions differ (E502).
    """
    texts = [item if isinstance(item, str) else item.text for item in (source, target)]
    (size, kind), (wanted, other) = map(_read, texts)
    if kind != other:
        raise UnitError(
            "E502", f"{quote(texts[0])} ({kind}) cannot become {quote(texts[1])} ({other})"
        )
    return size / wanted


_TOKEN = re.compile(
    r"\s*(?:(?P<name>[A-Za-z][A-Za-z0-9_]*|%)|(?P<power>\*\*|\^)|(?P<op>[*/])|(?P<number>-?\d+))"
)


@lru_cache(maxsize=1024)
def _read(text: str) -> tuple[float, Dimension]:
    """Size in internal units and dimension. Grammar: ``factor (('*' | '/' | ' ') factor)*`` with
    ``factor = (name | '1') ('**' integer)?``."""
    if len(text) > MAX_UNIT_LENGTH:
        raise UnitError("E506", f"a unit of {len(text)} characters; the limit is {MAX_UNIT_LENGTH}")
    size, total = 1.0, NONE
    for name, exponent in _factors(text.strip() or "1"):
        factor, kind = (1.0, NONE) if name == "1" else _named(name)
        size *= factor**exponent
        total *= kind**exponent
    if not (math.isfinite(size) and size > 0):
        raise UnitError("E506", f"{quote(text)} is too large or too small to compute with")
    return size, total


def _factors(text: str) -> Iterable[tuple[str, int]]:
    """(name, exponent) of each factor of a unit's text."""
    tokens = _tokens(text)
    found: list[tuple[str, int]] = []
    position, sign, wanted = 0, 1, True
    while position < len(tokens):
        kind, said = tokens[position]
        position += 1
        if kind == "op" and not wanted:
            sign, wanted = (1 if said == "*" else -1), True
        elif kind == "name" or (kind, said) == ("number", "1"):
            exponent = 1
            if position + 1 < len(tokens) and tokens[position][0] == "power":
                following, digits = tokens[position + 1]
                if following != "number" or len(digits) > 3 or abs(int(digits)) > MAX_EXPONENT:
                    raise UnitError(
                        "E506",
                        f"the exponent of {quote(said)} is not a whole number to {MAX_EXPONENT}",
                    )
                exponent = int(digits)
                position += 2
            found.append((said, sign * exponent))
            sign, wanted = 1, False
        else:
            raise UnitError("E506", f"{quote(text)} is not a unit: {quote(said)} is out of place")
    if wanted:
        raise UnitError("E506", f"{quote(text)} is not a unit: it ends too early")
    return found


def _tokens(text: str) -> list[tuple[str, str]]:
    tokens: list[tuple[str, str]] = []
    position = 0
    while position < len(text):
        match = _TOKEN.match(text, position)
        if match is None:
            wrong = text[position:].strip()[:1]
            raise UnitError(
                "E506", f"{quote(text)} is not a unit: {quote(wrong)} is not allowed in one"
            )
        tokens.append((match.lastgroup or "", match.group().strip()))
        position = match.end()
    return tokens


@lru_cache(maxsize=1)
def _registry() -> Any:
    import pint

    registry: Any = pint.UnitRegistry(on_redefinition="raise")
    for definition in _OWN_UNITS:
        registry.define(definition)
    return registry


@lru_cache(maxsize=1024)
def _named(name: str) -> tuple[float, Dimension]:
    """Size in internal units and dimension of one unit by name; ``name`` is a plain word."""
    import pint

    registry = _registry()
    known = _SPELLED.get(name, name)
    try:
        # Pint's size of decibels and degrees is that of a difference; refuse before asking for it.
        if not registry.Quantity(1.0, known)._is_multiplicative:
            raise UnitError("E504", f"{quote(name)} has an offset or is logarithmic")
        size, base = registry.get_base_units(known)
    except pint.UndefinedUnitError:
        found = nearest(name, _COMMON)
        remedy = f"did you mean {quote(found)}?" if found else None
        raise UnitError("E501", f"{quote(name)} is not a known unit", remedy) from None
    factor, powers = float(size), []
    for item, exponent in base._units.items():
        if item == "second":
            factor /= _SECONDS_PER_YEAR ** float(exponent)
            item = "year"
        if registry.get_dimensionality(item):  # a radian and a bit are plain numbers
            powers.append((item, Fraction(exponent).limit_denominator(100)))
    return factor, Dimension(tuple(sorted(powers)))
