"""Noise, events and choices as nodes: how uniforms become what happens.

Every use of a uniform follows the table in :mod:`reassure.engine.random`. Poisson tails come from
the recursion of the probabilities, ``p(c) = p(c - 1) * mean / c``; the mean of a step must stay
below 80 in single precision, where ``exp(-mean)`` ends.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from reassure.model.checked import Choice, Event, Mark, Model, Noise

if TYPE_CHECKING:
    from reassure.engine.reading import Moment

CLOSED = -1e30
"""The score of a closed option: its weight is exactly 0 beside any open one."""


def noise(now: Moment, item: Noise) -> int:
    """A draw of named noise, zero at the opening."""
    graph, lowering = now.graph, now.lowering
    if now.opening:
        return graph.number(0.0)
    scale = now.value(item.scale)
    if item.kind == "uniform":
        return graph.add("mul", scale, lowering.uniform_of(item))
    shock = graph.add("mul", scale, lowering.normal_of(item))
    if item.kind == "normal":
        return shock
    assert item.memory is not None
    ratio = graph.add("div", graph.number(-lowering.dt), now.value(item.memory))
    kept = graph.add("exp", ratio)
    fresh = graph.add("sqrt", graph.add("neg", graph.add("expm1", graph.add("add", ratio, ratio))))
    moved = graph.add(
        "add", graph.add("mul", kept, now.carried(item.name)), graph.add("mul", fresh, shock)
    )
    return graph.select(lowering.calendar((0,)), shock, moved)


def count(now: Moment, event: Event) -> int:
    """How often an event happens in the step, zero at the opening."""
    graph, lowering = now.graph, now.lowering
    if now.opening:
        return graph.number(0.0)
    if event.kind == "calendar":
        return graph.numeric(lowering.calendar(event.steps))
    draw = lowering.draw(event.about.alias or event.name, "count")
    if event.kind == "probability":
        return graph.numeric(graph.add("lt", draw, now.read(f"{event.name}.probability")))
    rate = graph.add("max", now.read(f"{event.name}.rate"), graph.number(0.0))
    mean = graph.add("mul", rate, graph.number(lowering.dt))
    term = graph.add("exp", graph.add("neg", mean))
    above = graph.add("sub", graph.number(1.0), draw)  # u < P(N > c) as P(N <= c) < 1 - u
    below, happened = term, [graph.numeric(graph.add("lt", term, above))]
    for c in range(1, event.cap):
        term = graph.add("mul", term, graph.add("mul", mean, graph.number(1.0 / c)))
        below = graph.add("add", below, term)
        happened.append(graph.numeric(graph.add("lt", below, above)))
    return graph.chain("add", happened, 0.0)


def magnitude(now: Moment, event: Event) -> int:
    """The sum of the marks of what happened in the step; the count where there are no marks."""
    graph, happened, mark = now.graph, now.read(event.name), event.mark
    if mark is None or now.opening:
        return happened
    first, second = now.value(mark.first), now.value(mark.second)
    sizes = []
    for i in range(event.cap):
        draw = now.lowering.draw(event.about.alias or event.name, f"mark{i}")
        size = _size(now, mark, first, second, draw)
        counts = graph.add("lt", graph.number(float(i)), happened)
        sizes.append(graph.select(counts, size, graph.number(0.0)))
    return graph.chain("add", sizes, 0.0)


def _size(now: Moment, mark: Mark, first: int, second: int, draw: int) -> int:
    graph = now.graph
    match mark.family:
        case "uniform":
            width = graph.add("sub", second, first)
            return graph.add("add", first, graph.add("mul", width, draw))
        case "normal":
            return graph.add("add", first, graph.add("mul", second, graph.add("normal", draw)))
        case "lognormal":
            spread = graph.add("mul", second, graph.add("normal", draw))
            return graph.add("mul", first, graph.add("exp", spread))
        case "exponential":
            return graph.add("mul", graph.add("neg", first), graph.add("log", draw))
        case "discrete":
            total, upto, size = sum(mark.weights), 0.0, graph.number(mark.values[0])
            for weight, value in zip(mark.weights, mark.values[1:], strict=False):
                upto += weight
                passed = graph.add("ge", draw, graph.number(upto / total))
                size = graph.select(passed, graph.number(value), size)
            return size


def weights(now: Moment, choice: Choice, present: int | None = None) -> list[int]:
    """Logit weights of the options, 0 for what is closed and 1 for the best of what is open.

    Args:
        present: node of the option in force; None for what the choice itself reads.
    """
    graph = now.graph
    present = now.read(choice.name) if present is None else present
    rationality = now.value(choice.rationality)
    scores = []
    for i, option in enumerate(choice.options):
        score = graph.add("mul", rationality, now.value(option.utility))
        conditions = [] if option.requires is None else [now.truth(option.requires)]
        for j, other in enumerate(choice.options):
            if j != i and other.irreversible and option.name not in other.then:
                conditions.append(graph.add("ne", present, graph.number(float(j))))
        if conditions:
            allowed = graph.chain("and", conditions, True)
            is_open = graph.add("or", allowed, graph.add("eq", present, graph.number(float(i))))
            score = graph.select(is_open, score, graph.number(CLOSED))
        scores.append(score)
    best = graph.chain("max", scores, 0.0)
    return [graph.add("exp", graph.add("sub", score, best)) for score in scores]


def is_due(now: Moment, choice: Choice) -> int:
    """Whether a decision is taken at the step."""
    lowering = now.lowering
    steps = tuple(range(choice.offset, lowering.model.time.steps + 1, choice.every))
    due = lowering.calendar(steps)
    return due if choice.when is None else now.graph.add("and", due, now.truth(choice.when))


def decided(now: Moment, choice: Choice) -> int:
    """The option in force at the next step."""
    graph, lowering = now.graph, now.lowering
    present, parts = now.read(choice.name), weights(now, choice)
    draw = lowering.draw(choice.about.alias or choice.name, "choice")
    upto = [parts[0]]
    for part in parts[1:]:
        upto.append(graph.add("add", upto[-1], part))
    at = graph.add("mul", draw, upto[-1])
    passed = [graph.numeric(graph.add("ge", at, item)) for item in upto[:-1]]
    taken = graph.chain("add", passed, 0.0)
    if choice.when is not None:
        taken = graph.select(now.truth(choice.when), taken, present)
    due = tuple(range(choice.offset, lowering.model.time.steps + 1, choice.every))
    return graph.select(lowering.calendar(due), taken, present)


def definitions(model: Model) -> dict[str, Callable[[Moment], int]]:
    """How the names of noises, events and choices become nodes."""
    names: dict[str, Callable[[Moment], int]] = {}
    for item in model.noises:
        names[item.name] = lambda now, x=item: noise(now, x)  # type: ignore[misc]
    for event in model.events:
        names[event.name] = lambda now, x=event: count(now, x)  # type: ignore[misc]
        names[f"{event.name}.magnitude"] = lambda now, x=event: magnitude(now, x)  # type: ignore[misc]
        if event.kind != "calendar":
            names[f"{event.name}.{event.kind}"] = lambda now, x=event.driver: now.value(x)  # type: ignore[misc]
    for choice in model.choices:
        names[choice.name] = lambda now, x=choice.name: now.carried(x)  # type: ignore[misc]
        for i, option in enumerate(choice.options):
            in_force, share = (
                f"{choice.name}.{option.name}",
                f"{choice.name}.probability.{option.name}",
            )
            names[in_force] = lambda now, x=choice.name, i=i: _is_in_force(now, x, i)  # type: ignore[misc]
            names[share] = lambda now, x=choice, i=i: _probability(now, x, i)  # type: ignore[misc]
    return names


def _is_in_force(now: Moment, choice: str, option: int) -> int:
    graph = now.graph
    return graph.numeric(graph.add("eq", now.read(choice), graph.number(float(option))))


def _probability(now: Moment, choice: Choice, option: int) -> int:
    parts = weights(now, choice)
    return now.graph.add("div", parts[option], now.graph.chain("add", parts, 0.0))
