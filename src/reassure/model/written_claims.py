"""How a claim is written: its form, what it varies, and what it is read off.

To add a form: one line in :data:`FORMS`, and its contrasts in ``reassure.study.contrasts``.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, WithJsonSchema
from pydantic_core import PydanticCustomError

from reassure.model.written_claims_values import ONE_OR_MORE as _ONE_OR_MORE
from reassure.model.written_claims_values import listed as _listed
from reassure.model.written_record import Record
from reassure.model.written_values import Date, Element, Numeral, Shape, Text


@dataclass(frozen=True, slots=True)
class Form:
    """What a form of claim takes.

    Attributes:
        needs: fields that must be given; ``a|b`` for either.
        takes: fields that may be given besides.
        outcomes: how many outcomes it reads, at least and at most.
        words: the words of ``is``; two entries where it takes two.
    """

    needs: tuple[str, ...]
    takes: tuple[str, ...] = ()
    outcomes: tuple[int, int] = (1, 1)
    words: tuple[tuple[str, ...], ...] = (("higher", "lower"),)


_UP = (("higher", "lower"),)

FORMS: dict[str, Form] = {
    "effect": Form(("of", "on", "is")),
    "perceived": Form(("of", "on", "is")),
    "no_effect": Form(("of", "on"), words=()),
    "interaction": Form(("of", "with", "on", "is")),
    "complement": Form(("of", "with", "on"), ("is",)),
    "substitute": Form(("of", "with", "on"), ("is",)),
    "conditional": Form(("of", "on", "is", "when")),
    "mediated": Form(("of", "on", "is", "through"), ("held",)),
    "ordering": Form(("arms", "on", "is"), words=(("rising", "falling"),)),
    "threshold": Form(("of", "on", "is")),
    "comparative": Form(("of", "on", "is"), ("than",), outcomes=(1, 2)),
    "existence": Form(("on",), ("of",), words=()),
    "insufficiency": Form(("of", "on", "is", "target")),
    "sign_reversal": Form(("of", "on", "is", "with|when")),
    "horizon": Form(("of", "on", "is"), outcomes=(2, 2), words=(*_UP, *_UP)),
}
"""Every form and the fields it takes."""


def _form(value: Any) -> Any:
    if not isinstance(value, str) or value not in FORMS:
        known = ", ".join(FORMS)
        raise PydanticCustomError(
            "literal_error", "a form is one of {expected}", {"expected": known}
        )
    return value


FormName = Annotated[str, BeforeValidator(_form), WithJsonSchema({"enum": list(FORMS)})]
"""The name of a form."""

Value = Annotated[Any, WithJsonSchema({"type": ["number", "string"]})]
"""A number in the unit of what it sets, or the name of an option."""


class Cause(Shape):
    """What a claim varies, from low to high. Exactly one of `policy`, `lever`, `parameter`,
    `event`, `do`.
    """

    policy: list[str] | None = Field(default=None, min_length=2)
    """Two policies: the low and the high arm."""
    lever: Text = ""
    """A lever, with `from` and `to`, or `levels`."""
    parameter: Text = ""
    """A parameter, with `from` and `to`, `quantiles`, or `levels`."""
    event: Text = ""
    """An event whose rate (in its unit) or probability is held, with `from` and `to`, or `levels`.
    """
    do: dict[str, list[Value]] | None = None
    """Quantities held, each at a low and a high value: `{threat: [0.2, 0.8]}`."""
    from_: Value = Field(default=None, alias="from")
    """The low value, in the quantity's unit."""
    to: Value = None
    """The high value, in the quantity's unit."""
    quantiles: list[Numeral] | None = Field(default=None, min_length=2, max_length=2)
    """Low and high value of a parameter, as quantiles of its prior."""
    levels: list[Value] | None = Field(default=None, min_length=3, max_length=3)
    """Of a threshold: three rising values."""
    during: list[Date] | None = Field(default=None, min_length=2, max_length=2)
    """From when to when `do` holds; left out, always."""


class Ground(Shape):
    """What is held the same on both sides. A bare word is the policy."""

    short = "policy"
    short_kinds = (str,)

    policy: Text = ""
    """The policy, or policies joined with `+`; left out, the first of the file."""
    set: dict[str, Value] = Field(default_factory=dict)
    """Levers held over the policy's setting, and parameters held, in their units."""
    do: dict[str, Value] = Field(default_factory=dict)
    """Quantities held, in their units."""
    during: list[Date] | None = Field(default=None, min_length=2, max_length=2)
    """From when to when `do` holds; left out, always."""


class SmallestEffect(Shape):
    """The smallest difference that matters."""

    short = "value"
    short_kinds = (int, float)

    value: Numeral
    """In the outcome's unit; 0 or more."""
    because: Text = ""
    """Why less would not matter."""


class Claim(Element):
    """A sentence of the argument that the futures can bear out or contradict."""

    number: int | None = Field(default=None, ge=1)
    """Its number in the text."""
    form: FormName | None = None
    """What kind of sentence it is, and so how it is tested."""
    modality: Annotated[
        Any,
        WithJsonSchema(
            {
                "anyOf": [
                    {"enum": ["asserts", "likely", "may"]},
                    {
                        "type": "object",
                        "properties": {"believes": {"type": "string"}},
                        "required": ["believes"],
                        "additionalProperties": False,
                    },
                ]
            }
        ),
    ] = "asserts"
    """How firmly the text says it: asserts, likely, may, or `{believes: JPN}`."""
    of: Cause | None = None
    """What is varied."""
    on: Annotated[list[str] | None, BeforeValidator(_listed), WithJsonSchema(_ONE_OR_MORE)] = None
    """The outcome it is read off; of `horizon` and `comparative`, one or two."""
    is_: Annotated[
        list[Literal["higher", "lower", "rising", "falling"]] | None,
        BeforeValidator(_listed),
        WithJsonSchema(_ONE_OR_MORE),
    ] = Field(default=None, alias="is")
    """The direction claimed, from low to high: higher or lower (of `ordering`: rising or falling).
    """
    with_: Cause | None = Field(default=None, alias="with")
    """The second cause, of an interaction, a complement, a substitute or a sign reversal."""
    than: Cause | None = None
    """What the cause is compared with."""
    when: Any = Field(default=None, json_schema_extra={"type": ["string", "object"]})
    """Of `conditional`: the outcome that must be 1 on both sides. Of `sign_reversal`: the second
    cause.
    """
    through: Text = ""
    """Of `mediated`: the quantity the effect runs through."""
    held: Value = "baseline"
    """Of `mediated`: whether it is held at its path in the low arm (`baseline`) or at a number."""
    arms: list[Ground] | None = Field(default=None, min_length=2)
    """Of `ordering`: the arms, in order."""
    target: Numeral | None = None
    """Of `insufficiency`: what the outcome misses even with the cause at high."""
    smallest_effect: SmallestEffect | None = None
    """The smallest difference that matters, with its reason."""
    given: Ground | None = None
    """What is held the same on both sides; left out, the first policy of the file."""
    not_testable: Text = ""
    """Why it cannot be tested; then it has no form."""
    record: Record | None = None
    """How it is held against what happened; it changes nothing that the model computes."""
