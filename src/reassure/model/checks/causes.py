"""What a claim varies and what it holds: causes, grounds, and the arms they become."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from reassure.model.checked import Arm, Cause, Constant, Lever, Outcome, Parameter, Policy
from reassure.model.checks.context import Context, Path
from reassure.model.checks.policies import value_of
from reassure.model.expression import Expression, references
from reassure.model.mistakes import quote, suggest, without_percent
from reassure.model.written_claims import Cause as WrittenCause
from reassure.model.written_claims import Ground

Pairs = tuple[tuple[str, float], ...]

_KEYS = ("policy", "lever", "parameter", "event", "do")


@dataclass(slots=True)
class Claimant:
    """What causes and grounds refer to."""

    context: Context
    levers: Mapping[str, Lever]
    parameters: Mapping[str, Parameter]
    policies: Mapping[str, Policy]
    formulas: Mapping[str, Expression]

    def reads_belief_of(self, outcome: Outcome | None, holder: str) -> bool:
        """Whether an outcome reads a belief of ``holder``, or a game as ``holder`` sees it; itself or
        through auxiliaries."""
        beliefs, games = self.context.section("beliefs"), self.context.section("games")
        pending = [outcome.formula] if outcome else []
        seen: set[str] = set()
        while pending:
            for name in references(pending.pop()) - seen:
                seen.add(name)
                belief = beliefs.get(name.partition(".")[0])
                if belief is not None and belief.holder == holder:
                    return True
                stem, *parts = name.split(".")
                if stem in games and holder in games[stem].perceives and holder in parts[:-1]:
                    return True
                if name in self.formulas:
                    pending.append(self.formulas[name])
        return False

    # -- grounds -----------------------------------------------------------------------------------

    def ground(self, written: Ground | None, path: Path) -> Arm:
        """The arm on which everything else is held: the first policy unless one is given."""
        first = next(iter(self.policies), "")
        if written is None:
            return Arm(policy=first)
        policy = first
        if written.policy:
            policy = self.policy(written.policy, (*path, "policy"))
        settings: list[tuple[str, float]] = []
        parameters: list[tuple[str, float]] = []
        for key, value in written.set.items():
            at: Path = (*path, "set", key)
            name = self.context.canonical(key, path)
            if name in self.levers:
                number = value_of(self.context, self.levers[name], value, at)
                if number is not None:
                    settings.append((name, number))
            elif name in self.parameters:
                number = self.number(value, at)
                if number is not None:
                    parameters.append((name, number * self.parameters[name].unit.factor))
            elif not self.context.is_broken(name):
                what = f"{quote(name)} is neither a lever nor a parameter"
                remedy = suggest(name, [*self.levers, *self.parameters]) or "use `do:` for others"
                self.context.say("E301", at, what, remedy, of_key=True)
        do = tuple(
            (name, number)
            for key, value in written.do.items()
            if (held := self.held(key, value, (*path, "do", key))) is not None
            for name, number in (held,)
        )
        window = self.window(written.during, path) if do else None
        return Arm(policy, tuple(settings), tuple(parameters), (), do, window)

    def policy(self, text: str, path: Path) -> str:
        """Policy names joined with ``+``, after a look whether they exist and can be joined."""
        names = [part.strip() for part in text.split("+")]
        setters: dict[str, str] = {}
        for name in names:
            policy = self.policies.get(name)
            if policy is None:
                if not self.context.exists("policies", name):
                    what = f"{quote(name)} is not a policy"
                    self.context.say("E301", path, what, suggest(name, self.policies) or None)
                continue
            for lever, _ in policy.settings:
                if lever in setters:
                    what = f"{setters[lever]} and {name} both set {quote(lever)}"
                    self.context.say("E210", path, what, "join policies that set different levers")
                setters[lever] = name
        return "+".join(names)

    # -- causes ------------------------------------------------------------------------------------

    def cause(self, written: WrittenCause, ground: Arm, path: Path, given: bool) -> Cause:
        """What is varied, on ``ground``; ``given`` says whether the ground's policy was written."""
        before = len(self.context.mistakes)
        arms = self.arms(written, ground, path, 2, given)
        roots = self.roots(written, arms)
        if arms[0] == arms[1] and len(self.context.mistakes) == before:
            self.context.say("E805", path, "the two sides of the contrast are the same")
        return Cause(self.label(written), arms[0], arms[1], roots)

    def levels(
        self, written: WrittenCause, ground: Arm, path: Path, given: bool
    ) -> tuple[Arm, ...]:
        """The three arms of a threshold."""
        return self.arms(written, ground, path, 3, given)

    def arms(
        self, written: WrittenCause, ground: Arm, path: Path, count: int, given: bool
    ) -> tuple[Arm, ...]:
        """One arm for each of the ``count`` values of a cause, from low to high."""
        kinds = [key for key in _KEYS if getattr(written, key)]
        empty = tuple(ground for _ in range(count))
        if len(kinds) != 1:
            said = f"{' and '.join(kinds)} stand together" if kinds else "nothing is varied"
            self.context.say("E210", path, said, f"keep exactly one of {', '.join(_KEYS)}")
            return empty
        self._superfluous(written, kinds[0], path)
        match kinds[0]:
            case "policy":
                return self._policies(written, ground, path, count, given) or empty
            case "do":
                return self._do(written, ground, path, count) or empty
        values = self._values(written, path, count)
        if values is None:
            return empty
        made = [
            self._at(written, kinds[0], value, ground, path, index)
            for index, value in enumerate(values)
        ]
        return tuple(arm or ground for arm in made)

    def _superfluous(self, written: WrittenCause, kind: str, path: Path) -> None:
        unused = {
            "policy": ("from", "to", "levels", "quantiles", "during"),
            "do": ("from", "to", "levels", "quantiles"),
            "lever": ("quantiles", "during"),
            "parameter": ("during",),
            "event": ("quantiles",),
        }[kind]
        for key in unused:
            if getattr(written, "from_" if key == "from" else key) is not None:
                what = f"`{key}` does not go with `{kind}`"
                self.context.say("E210", (*path, key), what, f"remove `{key}`", of_key=True)

    def _policies(
        self, written: WrittenCause, ground: Arm, path: Path, count: int, given: bool
    ) -> tuple[Arm, ...] | None:
        names = written.policy or []
        if len(names) != count:
            what = f"{len(names)} policies, where {count} belong"
            self.context.say("E203", (*path, "policy"), what, "write [low, high]")
            return None
        found = []
        for index, name in enumerate(names):
            text = f"{name}+{ground.policy}" if given and ground.policy else name
            found.append(replace(ground, policy=self.policy(text, (*path, "policy", index))))
        return tuple(found)

    def _do(
        self, written: WrittenCause, ground: Arm, path: Path, count: int
    ) -> tuple[Arm, ...] | None:
        rows: list[list[tuple[str, float]]] = [[] for _ in range(count)]
        for key, values in (written.do or {}).items():
            at: Path = (*path, "do", key)
            if len(values) != count:
                what = f"{len(values)} values, where {count} belong"
                self.context.say("E203", at, what, "write [low, high]")
                return None
            for index, value in enumerate(values):
                held = self.held(key, value, (*at, index))
                if held is None:
                    return None
                rows[index].append(held)
        window = self.window(written.during, path)
        if ground.do and ground.window != window:
            what = "the ground holds quantities in another window"
            self.context.say("E210", path, what, "give both the same `during`")
        names = {name for name, _ in rows[0]}
        kept = tuple(pair for pair in ground.do if pair[0] not in names)
        return tuple(replace(ground, do=(*kept, *row), window=window) for row in rows)

    def _values(self, written: WrittenCause, path: Path, count: int) -> list[Any] | None:
        if count == 3:
            if written.levels is None:
                what = "a threshold needs three `levels`"
                self.context.say("E803", path, what, "write `levels: [a, b, c]`")
            return written.levels
        if written.levels is not None:
            what = "`levels` belong to a threshold"
            self.context.say(
                "E210", (*path, "levels"), what, "write `from:` and `to:`", of_key=True
            )
            return None
        if written.quantiles is not None:
            if written.from_ is not None or written.to is not None:
                what = "`quantiles` and `from`, `to` stand together"
                self.context.say("E210", path, what, "keep one of the two")
            return list(written.quantiles)
        if written.from_ is None or written.to is None:
            what = "a cause goes from a low to a high value"
            self.context.say("E202", path, what, "write `from:` and `to:`")
            return None
        return [written.from_, written.to]

    def _at(
        self, written: WrittenCause, kind: str, value: Any, ground: Arm, path: Path, index: int
    ) -> Arm | None:
        """The ground with one lever, parameter or event at one value."""
        at: Path = (*path, "levels", index)
        if written.levels is None:
            key = "quantiles" if written.quantiles is not None else ("from", "to")[index]
            at = (*path, key, index) if key == "quantiles" else (*path, key)
        name = self.context.canonical(getattr(written, kind), path)
        if kind == "lever":
            lever = self._known(self.levers, name, "lever", path)
            number = None if lever is None else value_of(self.context, lever, value, at)
            return (
                None
                if number is None
                else replace(ground, settings=_with(ground.settings, name, number))
            )
        if kind == "event":
            held = self._event(name, value, path, at)
            if held is None:
                return None
            window = self.window(written.during, path)
            if ground.do and ground.window != window:
                what = "the ground holds quantities in another window"
                self.context.say("E210", path, what, "give both the same `during`")
            return replace(ground, do=_with(ground.do, *held), window=window)
        parameter = self._known(self.parameters, name, "parameter", path)
        number = self.number(value, at)
        if parameter is None or number is None:
            return None
        if written.quantiles is None:
            fixed = number * parameter.unit.factor
            return replace(ground, parameters=_with(ground.parameters, name, fixed))
        if not 0 < number < 1:
            self.context.say("E204", at, f"{number:g} is not a probability", "between 0 and 1")
            return None
        others = tuple(pair for pair in ground.parameters if pair[0] != name)
        return replace(ground, parameters=others, quantiles=_with(ground.quantiles, name, number))

    def _known(self, among: Mapping[str, Any], name: str, kind: str, path: Path) -> Any:
        if name not in among and not self.context.is_broken(name):
            what = f"{quote(name)} is not a {kind}"
            self.context.say("E301", (*path, kind), what, suggest(name, among) or None)
        return among.get(name)

    def _event(self, name: str, value: Any, path: Path, at: Path) -> tuple[str, float] | None:
        event = self._known(self.context.section("events"), name, "event", path)
        number = self.number(value, at)
        if event is None or number is None:
            return None
        if event.dates is not None:
            what = f"{quote(name)} happens by the calendar: nothing can be varied"
            self.context.say("E805", (*path, "event"), what, "use `do:` on what follows from it")
            return None
        part = "rate" if event.rate is not None else "probability"
        high = 1.0 if part == "probability" else math.inf
        if not 0 <= number <= high:
            what = f"{number:g} is not a {part}"
            self.context.say("E204", at, what, "0 or more" if part == "rate" else "between 0 and 1")
        factor = self.context.quiet_unit(event.unit).factor if part == "rate" else 1.0
        return f"{name}.{part}", number * factor

    def held(self, key: str, value: Any, path: Path) -> tuple[str, float] | None:
        """A quantity held by ``do``: its name, and the value in internal units."""
        context = self.context
        name = context.canonical(key, path)
        if name in self.parameters or (
            name.removesuffix(".ordered") in self.levers and "." in name
        ):
            what = f"{quote(name)} is not held by `do`"
            kind = "parameter" if name in self.parameters else "lever"
            context.say("E805", path, what, f"vary it as a `{kind}`", of_key=True)
            return None
        if name not in context.dimensions or "@" in name:
            if not context.is_broken(name):
                remedy = suggest(name, context.dimensions) or None
                context.say("E301", path, f"{quote(name)} is not defined", remedy, of_key=True)
            return None
        options = context.options.get(name)
        if options and isinstance(value, str):
            if value not in options:
                remedy = suggest(value, options) or f"one of {', '.join(options[:20])}"
                context.say(
                    "E304", path, f"{quote(value)} is not an option of {quote(name)}", remedy
                )
                return None
            return name, float(options.index(value))
        number = self.number(value, path)
        return None if number is None else (name, number * self.factor(name))

    def factor(self, name: str) -> float:
        """The size of the unit in which a quantity is written."""
        stem, _, part = name.partition(".")
        for section in ("levers", "stocks", "auxiliaries"):
            element = self.context.section(section).get(stem)
            if element is None:
                continue
            text = element.cost_unit if part == "cost" else element.unit
            return self.context.quiet_unit(text).factor if text else 1.0
        event = self.context.section("events").get(stem)
        if event is not None and part == "rate":
            return self.context.quiet_unit(event.unit).factor
        if event is not None and part == "magnitude" and event.mark is not None and event.mark.unit:
            return self.context.quiet_unit(event.mark.unit).factor
        return 1.0

    def number(self, value: Any, path: Path) -> float | None:
        """A finite number; None for anything else, which is then noted."""
        if isinstance(value, bool):
            return float(value)
        if isinstance(value, int | float) and abs(value) < 1e30:
            return float(value)
        self.context.say("E203", path, "a number belongs here", without_percent(value))
        return None

    def window(self, during: list[str] | None, path: Path) -> tuple[int, int] | None:
        """Steps [first, last) from two dates."""
        if during is None:
            return None
        steps = [self.context.date(text, (*path, "during", i)) for i, text in enumerate(during)]
        first, last = steps[0] or 0, steps[1]
        if last is None:
            return None
        if first >= last:
            what = "the window ends before it begins"
            self.context.say("E205", (*path, "during"), what, "write [start, end]")
            return None
        return first, last

    # -- for the causal graph ----------------------------------------------------------------------

    def label(self, written: WrittenCause) -> str:
        if written.policy:
            return " -> ".join(written.policy)
        if written.do:
            return ", ".join(f"do {name}" for name in written.do)
        return written.lever or written.parameter or written.event

    def roots(self, written: WrittenCause, arms: tuple[Arm, ...]) -> tuple[tuple[str, int], ...]:
        """The names that differ between the two arms, with the sign of the difference where it has
        one.
        """
        low, high = arms[0], arms[-1]
        if written.policy:
            return self._policy_roots(low.policy, high.policy)
        roots: dict[str, int] = {}
        for field in ("settings", "parameters", "quantiles", "do"):
            before, after = dict(getattr(low, field)), dict(getattr(high, field))
            for name, value in after.items():
                if name in before and value != before[name]:
                    roots[name] = 1 if value > before[name] else -1
        return tuple(roots.items())

    def _policy_roots(self, low: str, high: str) -> tuple[tuple[str, int], ...]:
        roots = []
        before, after = self._settings(low), self._settings(high)
        for name in dict.fromkeys([*before, *after]):
            if name not in self.levers:
                continue
            status_quo = Constant(self.levers[name].default)
            first, second = before.get(name, status_quo), after.get(name, status_quo)
            if first == second:
                continue
            sign = 0
            if isinstance(first, Constant) and isinstance(second, Constant):
                sign = 1 if second.value > first.value else -1
            roots.append((name, sign))
        return tuple(roots)

    def _settings(self, joined: str) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for name in joined.split("+"):
            policy = self.policies.get(name)
            if policy is not None:
                found |= dict(policy.settings)
        return found


def _with(pairs: Pairs, name: str, value: float) -> Pairs:
    return (*(pair for pair in pairs if pair[0] != name), (name, value))
