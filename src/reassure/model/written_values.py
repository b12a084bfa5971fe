"""The small values that stand in a model's fields, and the base of all its shapes."""

from __future__ import annotations

import math
from typing import Annotated, Any, ClassVar

from pydantic import BaseModel, BeforeValidator, ConfigDict, WithJsonSchema, model_validator


def _number(value: Any) -> Any:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise ValueError("a number belongs here")
    try:
        return float(value)
    except OverflowError:
        raise ValueError("the number is too large") from None


def _text(value: Any) -> Any:
    if isinstance(value, bool | dict | list) or value is None:
        raise ValueError("text belongs here")
    return str(value)


def _flag(value: Any) -> Any:
    if not isinstance(value, bool):
        raise ValueError("true or false belongs here")
    return value


def _formula(value: Any) -> Any:
    if isinstance(value, bool):
        return 1.0 if value else 0.0
    if isinstance(value, int | float):
        number = _number(value)
        if not math.isfinite(number):
            raise ValueError("a formula cannot be infinite")
        return number
    if not isinstance(value, str):
        raise ValueError("a formula belongs here: text, or a number")
    return value


def _date(value: Any) -> Any:
    if isinstance(value, bool) or not isinstance(value, str | int):
        raise ValueError("a date belongs here, such as 2007-02 or 2007-02-01")
    return str(value)


def _duration(value: Any) -> Any:
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        raise ValueError("a time belongs here, such as `6 months`")
    return value


def _cites(value: Any) -> Any:
    items = [value] if isinstance(value, str) else value
    if not isinstance(items, list) or not all(isinstance(item, str) for item in items):
        raise ValueError(
            "a source's key belongs here, as `key` or `key / where`, or a list of them"
        )
    return items


Numeral = Annotated[float, BeforeValidator(_number), WithJsonSchema({"type": "number"})]
"""A number as written."""

Text = Annotated[str, BeforeValidator(_text), WithJsonSchema({"type": ["string", "number"]})]
"""Text. Numbers are taken as they stand, so that `unit: 1` needs no quotes."""

Flag = Annotated[bool, BeforeValidator(_flag), WithJsonSchema({"type": "boolean"})]
"""true or false."""

Formula = Annotated[
    str | float,
    BeforeValidator(_formula),
    WithJsonSchema({"type": ["string", "number", "boolean"]}),
]
"""A formula, or a number."""

Date = Annotated[str, BeforeValidator(_date), WithJsonSchema({"type": ["string", "integer"]})]
"""A date: a year, a month `2007-02` or a day `2007-02-01`."""

Duration = Annotated[
    str | int | float, BeforeValidator(_duration), WithJsonSchema({"type": ["string", "number"]})
]
"""A stretch of time, such as `6 months`."""

Cites = Annotated[
    list[str],
    BeforeValidator(_cites),
    WithJsonSchema({"anyOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}}]}),
]
"""One citation, `key` or `key / where`, or a list of them."""

Setting = Annotated[
    Any,
    WithJsonSchema(
        {
            "anyOf": [
                {"type": "number"},
                {"type": "string"},
                {
                    "type": "object",
                    "properties": {"rule": {"type": ["string", "number"]}},
                    "additionalProperties": {"type": ["number", "string"]},
                },
            ]
        }
    ),
]
"""How a policy sets a lever: a value, an option, a schedule by date, or a rule."""


class Shape(BaseModel):
    """A mapping with known keys."""

    model_config = ConfigDict(extra="forbid", strict=True, use_attribute_docstrings=True)

    short: ClassVar[str] = ""  # the key whose value may stand for the whole mapping
    short_kinds: ClassVar[tuple[type, ...]] = ()  # and what kinds of value do

    @model_validator(mode="before")
    @classmethod
    def _unfold(cls, data: Any) -> Any:
        return {cls.short: data} if cls.short and isinstance(data, cls.short_kinds) else data


class Element(Shape):
    """What every element may say of itself."""

    text: Text = ""
    """What it is, for a reader."""
    because: Text = ""
    """Why it is so: the reason for its number or its form."""
    cites: Cites = []
    """Where it comes from: a key of `sources`, as `key` or `key / where`, or a list of them."""
    known_by: Date | None = None
    """The date from which it could have been known. A strict reading drops what came later."""
    label: Text = ""
    """A short name for plots and tables."""
    alias: Text = ""
    """After renaming an element, its old name: it then keeps the random numbers that it had."""


class Observable(Shape):
    """Who sees a quantity, how late and how blurred. `[JPN, KOR]` is short for `{by: [JPN, KOR]}`,
    `all` for every actor.
    """

    short = "by"
    short_kinds = (str, list)

    by: Annotated[
        list[str],
        BeforeValidator(lambda value: [value] if isinstance(value, str) else value),
        WithJsonSchema(
            {"anyOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}}]}
        ),
    ]
    """The actors who see it, or `all`."""
    delay: Duration = 0
    """How late they see it, such as `1 month`."""
    noise: Numeral = 0.0
    """Standard deviation of the error with which they see it, in the quantity's unit."""
