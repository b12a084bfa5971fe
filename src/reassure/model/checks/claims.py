"""Claims: each with what its form needs and nothing else.

:data:`reassure.model.written_claims.FORMS` says of every form which fields it takes.
"""

from __future__ import annotations

import math
from itertools import pairwise
from typing import Any, Literal

from pydantic import ValidationError

from reassure.model.checked import Arm, Cause, Claim, Outcome
from reassure.model.checks.about import about, actor
from reassure.model.checks.causes import Claimant
from reassure.model.checks.context import Context, Path
from reassure.model.checks.outcomes import is_truth
from reassure.model.checks.record import record
from reassure.model.mistakes import quote, suggest
from reassure.model.written_claims import FORMS, Form
from reassure.model.written_claims import Cause as WrittenCause
from reassure.model.written_claims import Claim as WrittenClaim

Modality = Literal["asserts", "likely", "may", "believes"]


_FIELDS = ("of", "with", "than", "on", "is", "when", "through", "arms", "target")
_ATTRIBUTES = {"with": "with_", "is": "is_"}


def claims(
    context: Context, claimant: Claimant, outcomes: tuple[Outcome, ...]
) -> tuple[Claim, ...]:
    """The section ``claims:``."""
    known = {outcome.name: outcome for outcome in outcomes}
    numbers: dict[int, str] = {}
    found = []
    for name, item in context.section("claims").items():
        path: Path = ("claims", name)
        if item.number is not None:
            if item.number in numbers:
                what = f"{item.number} is already the number of {quote(numbers[item.number])}"
                context.say("E806", (*path, "number"), what)
            numbers[item.number] = name
        found.append(_Reader(context, claimant, known, item, path).read(name))
    return tuple(found)


class _Reader:
    """Reads one claim."""

    def __init__(
        self,
        context: Context,
        claimant: Claimant,
        known: dict[str, Outcome],
        item: WrittenClaim,
        path: Path,
    ) -> None:
        self.context, self.claimant, self.known = context, claimant, known
        self.item, self.path = item, path
        self.given = item.given is not None and bool(item.given.policy)
        self.ground = claimant.ground(item.given, (*path, "given"))

    def read(self, name: str) -> Claim:
        item, path = self.item, self.path
        modality, believer = self._modality()
        form = FORMS.get(item.form or "")
        if item.not_testable and item.form is not None:
            what = "a claim that is not testable has no form"
            self.context.say("E803", (*path, "form"), what, "remove `form` or `not_testable`")
        elif form is None and not item.not_testable:
            what = "`form` is missing"
            remedy = f"add `form:`, one of {', '.join(FORMS)}; or `not_testable:` with the reason"
            self.context.say("E202", path, what, remedy, of_key=True)
        if form is not None:
            self._fields(form)
        outcomes = self._outcomes(form)
        smallest = item.smallest_effect
        if form is not None and smallest is None:
            what = "`smallest_effect` is missing"
            remedy = "add `smallest_effect: {value: 0.02, because: ...}`"
            self.context.say("E202", path, what, remedy, of_key=True)
        if smallest is not None and not 0 <= smallest.value < math.inf:
            self.context.say(
                "E204", (*path, "smallest_effect"), "it is 0 or more", "write 0 or more"
            )
        if item.target is not None and not math.isfinite(item.target):
            self.context.say("E204", (*path, "target"), "a target is finite", "write a number")
        causes, arms = self._causes() if form is not None else ((), ())
        condition = self._condition()
        through, held = self._through()
        if believer and form is not None and outcomes:
            self._belief_of(believer, outcomes[0])
        return Claim(
            name=name,
            number=item.number,
            text=item.text,
            form=item.form or "",
            modality=modality,
            believer=believer,
            sign=self._sign(form),
            outcomes=outcomes,
            causes=causes,
            arms=arms,
            through=through,
            held=held,
            condition=condition,
            target=item.target,
            smallest_effect=smallest.value if smallest else 0.0,
            smallest_because=smallest.because if smallest else "",
            not_testable=item.not_testable,
            about=about(self.context, item, path),
            record=record(self.context, item.record, (*path, "record")),
        )

    def _modality(self) -> tuple[Modality, str]:
        written, at = self.item.modality, (*self.path, "modality")
        if isinstance(written, dict) and set(written) == {"believes"}:
            code = str(written["believes"])
            return "believes", actor(self.context, code, (*at, "believes"))
        match written:
            case "asserts" | "likely" | "may":
                if self.item.form == "perceived":
                    what = "a perceived effect is in somebody's belief"
                    self.context.say("E803", self.path, what, "add `modality: {believes: ACTOR}`")
                return written, ""
        known = ("asserts", "likely", "may")
        remedy = suggest(str(written), known) or "asserts, likely, may, or {believes: ACTOR}"
        self.context.say("E211", at, f"{quote(written)} is no modality", remedy)
        return "asserts", ""

    def _value(self, field: str) -> Any:
        value = getattr(self.item, _ATTRIBUTES.get(field, field))
        return None if value == "" else value

    def _fields(self, form: Form) -> None:
        """What the form needs and is missing; what it does not have and is given."""
        name = self.item.form
        for field in form.needs:
            if all(self._value(key) is None for key in field.split("|")):
                what = f"the form {name} needs `{field.replace('|', '` or `')}`"
                remedy = f"add `{field.partition('|')[0]}:`"
                self.context.say("E803", self.path, what, remedy, of_key=True)
        allowed = {key for field in (*form.needs, *form.takes) for key in field.split("|")}
        for field in _FIELDS:
            if self._value(field) is not None and field not in allowed:
                what = f"the form {name} has no `{field}`"
                self.context.say(
                    "E803", (*self.path, field), what, f"remove `{field}`", of_key=True
                )
        if "held" not in allowed and self.item.held != "baseline":
            what = f"the form {name} has no `held`"
            self.context.say("E803", (*self.path, "held"), what, "remove `held`", of_key=True)

    def _outcomes(self, form: Form | None) -> tuple[str, ...]:
        names = []
        for index, text in enumerate(self.item.on or ()):
            name = self.context.canonical(text, self.path)
            names.append(name)
            if name not in self.known and not self.context.exists("outcomes", name):
                what = f"{quote(name)} is not an outcome"
                self.context.say("E801", self._on(index), what, suggest(name, self.known) or None)
        if form is not None and names:
            least, most = form.outcomes
            if not least <= len(names) <= most:
                wanted = str(least) if least == most else f"{least} or {most}"
                what = f"{len(names)} outcomes, where the form {self.item.form} reads {wanted}"
                self.context.say("E803", (*self.path, "on"), what)
            self._same_unit(names)
        return tuple(names)

    def _on(self, index: int) -> Path:
        listed = isinstance(self.context.root.find((*self.path, "on")).value, tuple)
        return (*self.path, "on", index) if listed else (*self.path, "on")

    def _same_unit(self, names: list[str]) -> None:
        found = [self.known[name].unit for name in names if name in self.known]
        if self.item.form == "comparative" and len({(u.dimension, u.factor) for u in found}) > 1:
            said = " and ".join(unit.text for unit in found)
            self.context.say("E502", (*self.path, "on"), f"outcomes in {said} cannot be compared")

    def _sign(self, form: Form | None) -> int:
        words = self.item.is_
        if form is None or not words:
            return 0
        at = (*self.path, "is")
        if len(words) != len(form.words) and form.words:
            what = f"{len(words)} words, where the form {self.item.form} has {len(form.words)}"
            self.context.say("E803", at, what)
            return 0
        for word, known in zip(words, form.words, strict=False):
            if word not in known:
                what = f"{quote(word)} does not go with the form {self.item.form}"
                self.context.say("E803", at, what, f"write {' or '.join(known)}")
        if len(words) == 2 and words[0] == words[1]:
            what = "short run and long run go the same way"
            self.context.say(
                "E803", at, what, "write `is: [higher, lower]`, or two claims of form effect"
            )
        return 1 if words[0] in ("higher", "rising") else -1

    def _causes(self) -> tuple[tuple[Cause, ...], tuple[Arm, ...]]:
        item = self.item
        if item.form == "ordering":
            arms = tuple(
                self.claimant.ground(arm, (*self.path, "arms", index))
                for index, arm in enumerate(item.arms or ())
            )
            for index, (one, following) in enumerate(pairwise(arms)):
                if one == following:
                    at = (*self.path, "arms", index + 1)
                    self.context.say("E805", at, "this arm is the same as the one before")
            return (), arms
        if item.form == "existence" and item.of is None:
            return (), (self.ground,)
        if item.form == "threshold" and item.of is not None:
            at = (*self.path, "of")
            before = len(self.context.mistakes)
            levels = self.claimant.levels(item.of, self.ground, at, self.given)
            if len(set(levels)) < 3 and len(self.context.mistakes) == before:
                self.context.say("E805", at, "the three levels are not all different")
            roots = self.claimant.roots(item.of, levels)
            cause = Cause(self.claimant.label(item.of), levels[0], levels[-1], roots)
            return (cause,), levels
        written: list[tuple[str, WrittenCause | None]] = [("of", item.of)]
        written += [("with", item.with_), ("than", item.than)]
        if item.form == "sign_reversal" and item.with_ is None:
            written.append(("when", self._second()))
        causes = tuple(
            self.claimant.cause(cause, self.ground, (*self.path, key), self.given)
            for key, cause in written
            if cause is not None
        )
        if item.form == "existence":
            return causes, (causes[0].high,) if causes else ()
        if item.form == "comparative" and item.than is None and len(item.on or ()) < 2:
            what = "nothing to compare with"
            remedy = "add `than:` with a second cause, or a second outcome to `on:`"
            self.context.say("E803", self.path, what, remedy, of_key=True)
        return causes, ()

    def _second(self) -> WrittenCause | None:
        """``when`` of a sign reversal: a cause."""
        if self.item.when is None:
            return None
        try:
            return WrittenCause.model_validate(self.item.when)
        except ValidationError as error:
            first = error.errors(include_url=False)[0]
            at = (*self.path, "when", *(str(step) for step in first["loc"]))
            what = "the second cause is not understood"
            self.context.say(
                "E803", at, what, "write it as `of`, for example {lever: x, from: 0, to: 1}"
            )
            return None

    def _condition(self) -> str:
        written = self.item.when
        if self.item.form != "conditional" or written is None:
            return ""
        at = (*self.path, "when")
        if not isinstance(written, str):
            self.context.say("E203", at, "the name of an outcome belongs here")
            return ""
        name = self.context.canonical(written, self.path)
        outcome = self.known.get(name)
        if outcome is None:
            if not self.context.exists("outcomes", name):
                what = f"{quote(name)} is not an outcome"
                self.context.say("E801", at, what, suggest(name, self.known) or None)
        elif not is_truth(outcome):
            self.context.say("E804", at, f"{quote(name)} is not 0 or 1 in every future")
        return name

    def _through(self) -> tuple[str, str]:
        item = self.item
        if item.form != "mediated" or not item.through:
            return "", "baseline"
        at = (*self.path, "through")
        name = self.context.canonical(item.through, self.path)
        if name in self.claimant.parameters or (
            name not in self.context.dimensions and not self.context.is_broken(name)
        ):
            moving = [key for key in self.context.dimensions if key not in self.claimant.parameters]
            what = f"{quote(name)} is not a quantity that moves"
            self.context.say("E301", at, what, suggest(name, moving) or None)
            return name, "baseline"
        if item.held == "baseline":
            return name, "baseline"
        held = self.claimant.held(item.through, item.held, (*self.path, "held"))
        return name, "baseline" if held is None else repr(held[1])

    def _belief_of(self, believer: str, outcome: str) -> None:
        """Whether the outcome reads a belief of the one who believes."""
        reads = self.claimant.reads_belief_of(self.known.get(outcome), believer)
        if outcome in self.known and not reads:
            what = f"{quote(outcome)} reads no belief of {believer}'s"
            remedy = f"use an outcome of a belief with `holder: {believer}`"
            self.context.say("E803", (*self.path, "modality"), what, remedy)
