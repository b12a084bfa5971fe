"""What can be reached: levers that nothing reads, options that never open, parameters that move
nothing.
"""

from __future__ import annotations

from collections.abc import Iterator

from reassure.model.checked import Choice, Model, Rule
from reassure.model.checks.budget import formulas
from reassure.model.checks.context import Context, Path
from reassure.model.checks.game_use import check_game_use
from reassure.model.checks.names import ordered
from reassure.model.expression import instant_references, references
from reassure.model.intervals import Interval, interval
from reassure.model.mistakes import quote
from reassure.model.priors import support

INFINITE = (float("-inf"), float("inf"))


def check_reach(context: Context, model: Model) -> None:
    """Notes unused levers and parts of games, unreachable options and idle parameters."""
    _levers(context, model)
    _options(context, model)
    if model.games:
        check_game_use(context, model, ranges(model))
    if model.outcomes:
        _parameters(context, model)


def _levers(context: Context, model: Model) -> None:
    read: set[str] = set()
    for section in (model.auxiliaries, model.noises, model.events, model.stocks, model.beliefs,
                    model.choices, model.games, model.outcomes):  # fmt: skip
        for formula in formulas(section):
            read |= references(formula)
    for policy in model.policies:
        for name, setting in policy.settings:
            if isinstance(setting, Rule):
                read |= {item for item in references(setting.formula) if _stem(item) != name}
    read |= {seen.of for seen in model.observations}
    for lever in model.levers:
        for formula in formulas((lever.cost, lever.lag, lever.slippage)):
            read |= {item for item in references(formula) if _stem(item) != lever.name}
    for lever in model.levers:
        if not read & {lever.name, f"{lever.name}.ordered", f"{lever.name}.cost"}:
            path: Path = ("levers", lever.name)
            context.say("E704", path, f"nothing reads the lever {quote(lever.name)}", of_key=True)


def _stem(name: str) -> str:
    return name.partition(".")[0].partition("@")[0]


# -- options --------------------------------------------------------------------------------------


def _options(context: Context, model: Model) -> None:
    known = ranges(model)
    for choice in model.choices:
        path: Path = ("choices", choice.name)
        if choice.offset >= model.time.steps:
            what = "the first decision falls after the end of the run"
            context.say("E703", (*path, "offset"), what, "shorten `offset`")
            continue
        if choice.when is not None and interval(choice.when, known) == (0.0, 0.0):
            what = "`when` never holds: no decision ever falls due"
            context.say("E703", (*path, "when"), what, "loosen `when`")
            continue
        reached, opened = _reached(choice, known)
        for index, option in enumerate(choice.options):
            at: Path = (*path, "options", option.name)
            if index in reached:
                continue
            if index not in opened:
                what = f"{quote(option.name)} is never open: what it requires cannot hold"
                context.say("E703", (*at, "requires"), what)
            else:
                start = choice.options[choice.initial].name
                what = f"{quote(option.name)} cannot be reached from {quote(start)}"
                context.say("E703", at, what, of_key=True)


def _reached(choice: Choice, known: dict[str, Interval]) -> tuple[set[int], set[int]]:
    """Options that some path from the first one can reach, and those that are ever open on it.

    What an option requires is looked at as long as the choice has only been where it has been.
    """
    index = {option.name: place for place, option in enumerate(choice.options)}
    reached = {choice.initial}
    while True:
        own = known | {choice.name: (float(min(reached)), float(max(reached)))}
        for place, option in enumerate(choice.options):
            own[f"{choice.name}.{option.name}"] = (0.0, float(place in reached))
        opened = {
            place
            for place, option in enumerate(choice.options)
            if option.requires is None or interval(option.requires, own) != (0.0, 0.0)
        }
        onward: set[int] = set()
        for place in reached:
            option = choice.options[place]
            onward |= {index[name] for name in option.then} if option.irreversible else opened
        if onward & opened <= reached:
            return reached, opened
        reached |= onward & opened


def ranges(model: Model) -> dict[str, Interval]:
    """Lowest and highest value of each name, as far as it is declared or follows from formulas."""
    found: dict[str, Interval] = {"time": (0.0, model.time.years)}
    for parameter in model.parameters:
        low, high = support(parameter.prior)
        factor = parameter.unit.factor
        found[parameter.name] = (low * factor, high * factor)
    for lever in model.levers:
        found[lever.name] = found[f"{lever.name}.ordered"] = (lever.low, lever.high)
        if lever.slippage is not None:  # a slippage outside [0, 1] overshoots
            found[lever.name] = INFINITE
    for event in model.events:
        top = float(event.cap) if event.kind == "rate" else 1.0
        found[event.name] = (0.0, top)
        if event.mark is None:
            found[f"{event.name}.magnitude"] = (0.0, top)
    for stock in model.stocks:
        found[stock.name] = (stock.low, stock.high)
    for belief in model.beliefs:
        found[belief.name] = (0.0, 1.0)
        found[f"{belief.name}.logodds"] = (-belief.bound, belief.bound)
    for choice in model.choices:
        found[choice.name] = (0.0, float(len(choice.options) - 1))
        for option in choice.options:
            found[f"{choice.name}.{option.name}"] = (0.0, 1.0)
            found[f"{choice.name}.probability.{option.name}"] = (0.0, 1.0)
    for game in model.games:
        if game.play is not None:
            found[game.name] = (0.0, 1.0)
            for move in game.moves:
                found |= {f"{game.name}.{move.name}.{one}": (0.0, 1.0) for one in move.options}
    own = {auxiliary.name: auxiliary.formula for auxiliary in model.auxiliaries}
    needs = {
        name: [item for item in instant_references(formula) if item in own]
        for name, formula in own.items()
    }
    for name in ordered(needs)[0]:
        found[name] = interval(own[name], found)
    return found


# -- parameters -----------------------------------------------------------------------------------


def _parameters(context: Context, model: Model) -> None:
    needs = dict(_needs(model))
    pending = [name for outcome in model.outcomes for name in references(outcome.formula)]
    pending += [name for formula in formulas(model.measurements) for name in references(formula)]
    reached: set[str] = set()
    while pending:
        name = pending.pop()
        if name in reached:
            continue
        reached.add(name)
        pending.extend(item for item in needs.get(_stem(name), ()) if item not in reached)
        if "@" in name:
            pending.append(name.partition("@")[0])
    for parameter in model.parameters:
        if parameter.name not in reached:
            what = f"no outcome depends on {quote(parameter.name)}"
            context.say("W103", ("parameters", parameter.name), what, of_key=True)


def _needs(model: Model) -> Iterator[tuple[str, set[str]]]:
    """What each element reads, at whatever time."""
    for section in (model.auxiliaries, model.noises, model.stocks, model.choices, model.events):
        for element in section:
            yield element.name, _read(element)
    for belief in model.beliefs:
        learns = {item.lesson.game for item in belief.evidence if item.lesson is not None}
        happens = {item.event for item in belief.evidence if item.event}
        yield belief.name, _read(belief) | happens | learns
    for game in model.games:
        yield game.name, _read(game) | ({game.play.event} if game.play is not None else set())
    for lever in model.levers:
        rules = {
            name
            for policy in model.policies
            for key, setting in policy.settings
            if key == lever.name and isinstance(setting, Rule)
            for name in references(setting.formula)
        }
        yield lever.name, _read(lever) | rules


def _read(element: object) -> set[str]:
    found: set[str] = set()
    for formula in formulas(element):
        found |= references(formula)
    return found
