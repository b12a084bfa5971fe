"""Circles: names that need each other's value at the same moment.

A stock, a belief, a choice, a lever with a lag and every memory hand over a value from the step
before, so they break circles. At the opening of a run memories have nothing to hand over yet: one
without an initial value needs its source there, which can close a circle of its own.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from reassure.model.checked import Lever, Model, Rule
from reassure.model.checks.context import Context, Path
from reassure.model.checks.game_use import names_of, needs_at_once
from reassure.model.expression import Expression, Memory, Ref, children

Graph = dict[str, list[str]]


def check_circles(context: Context, model: Model) -> None:
    """Notes every circle once, printed as ``a -> b -> a``."""
    places = dict(_places(context, model))
    steady = _graph(context, model, opening=False)
    for circle in circles(steady):
        shown = " -> ".join([*circle, circle[0]])
        what = f"these need each other at one step: {shown}"
        context.say("E302", places.get(circle[0], ()), what, _remedy(model, circle), of_key=True)
    if context.mistakes:
        return
    for circle in circles(_graph(context, model, opening=True)):
        shown = " -> ".join([*circle, circle[0]])
        remedy = "give the memory an `initial`, or the lever a `lag`"
        what = f"these need each other before the first step: {shown}"
        context.say("E302", places.get(circle[0], ()), what, remedy, of_key=True)


def _remedy(model: Model, circle: list[str]) -> str | None:
    """What breaks a circle; None for the usual."""
    games = {game.name for game in model.games}
    found = next((name for name in circle if name.partition(".")[0] in games), None)
    if found is None:
        return None
    return f"a game reads the values of its step: read previous({found}, 0) instead"


def _graph(context: Context, model: Model, *, opening: bool) -> Graph:
    """What each name needs at a step, or at the opening."""

    def needs(*formulas: Expression | None) -> list[str]:
        found: dict[str, None] = {}
        for formula in formulas:
            if formula is not None:
                found.update(dict.fromkeys(_needed(formula, opening)))
        return list(found)

    graph: Graph = {}
    for auxiliary in model.auxiliaries:
        graph[auxiliary.name] = needs(auxiliary.formula)
    for noise in model.noises:
        graph[noise.name] = [] if opening else needs(noise.scale, noise.memory)
    for event in model.events:
        if event.kind != "calendar":
            graph[f"{event.name}.{event.kind}"] = needs(event.driver)
            graph[event.name] = [] if opening else [f"{event.name}.{event.kind}"]
        marks = (event.mark.first, event.mark.second) if event.mark and not opening else ()
        graph[f"{event.name}.magnitude"] = [event.name, *needs(*marks)]
    for lever in model.levers:
        graph[f"{lever.name}.ordered"] = needs(*_rules(model, lever))
        if lever.lag is None:
            graph[lever.name] = [f"{lever.name}.ordered", *needs(lever.slippage)]
        if lever.cost is not None:
            graph[f"{lever.name}.cost"] = needs(lever.cost)
    for seen in model.observations:
        graph[seen.name] = [seen.of] if opening or seen.delay_steps == 0 else []
    for choice in model.choices:
        drives = [option.utility for option in choice.options]
        drives += [option.requires for option in choice.options if option.requires is not None]
        for option in choice.options:
            graph[f"{choice.name}.probability.{option.name}"] = needs(choice.rationality, *drives)
    for game in model.games:
        moves, results = names_of(context, game)
        if game.play is not None:
            occasion = [game.play.event] if game.play.event else []
            graph[game.name] = [] if opening else [*occasion, *needs(game.play.when)]
        graph.update(dict.fromkeys(results, needs_at_once(game)))
        graph.update(dict.fromkeys(moves, [] if opening else [game.name, *needs_at_once(game)]))
    return graph


def _rules(model: Model, lever: Lever) -> Iterator[Expression]:
    """Every policy's rule for a lever: one step serves all policies."""
    for policy in model.policies:
        for name, setting in policy.settings:
            if name == lever.name and isinstance(setting, Rule):
                yield setting.formula


def _needed(formula: Expression, opening: bool) -> Iterator[str]:
    """Names whose present value a formula needs."""
    pending = [formula]
    while pending:
        node = pending.pop()
        if isinstance(node, Ref):
            yield node.name
        elif isinstance(node, Memory):
            if node.function == "material_delay" and node.time is not None:
                pending.append(node.time)
            if opening and node.initial is not None:
                pending.append(node.initial)
            elif opening and node.function != "since":
                pending.append(node.source)
        else:
            pending.extend(children(node))


def circles(graph: Mapping[str, list[str]]) -> Iterator[list[str]]:
    """Circles of a graph, each begun at the name that comes first in it; no two share a name."""
    done: set[str] = set()
    for start in graph:
        if start in done:
            continue
        stack: list[tuple[str, Iterator[str]]] = [(start, iter(graph[start]))]
        on_path = {start: 0}
        while stack:
            name, below = stack[-1]
            following = next(below, None)
            if following is None:
                stack.pop()
                del on_path[name]
                done.add(name)
            elif following in on_path:
                circle = [item for item, _ in stack[on_path[following] :]]
                yield _begun_first(circle, graph)
                done.update(on_path)
                break
            elif following in graph and following not in done:
                on_path[following] = len(stack)
                stack.append((following, iter(graph[following])))


def _begun_first(circle: list[str], graph: Mapping[str, list[str]]) -> list[str]:
    order = {name: index for index, name in enumerate(graph)}
    first = min(range(len(circle)), key=lambda index: order[circle[index]])
    return circle[first:] + circle[:first]


def _places(context: Context, model: Model) -> Iterator[tuple[str, Path]]:
    """Where each name is defined."""
    for name in [item.name for item in model.auxiliaries] + [item.name for item in model.noises]:
        yield name, ("auxiliaries", name)
    for event in model.events:
        for part in ("", ".rate", ".probability", ".magnitude"):
            yield f"{event.name}{part}", ("events", event.name)
    for lever in model.levers:
        for part in ("", ".ordered", ".cost"):
            yield f"{lever.name}{part}", ("levers", lever.name)
    for seen in model.observations:
        yield seen.name, ("policies",)
    for game in model.games:
        for name in (game.name, *(n for names in names_of(context, game) for n in names)):
            yield name, ("games", game.name)
    for choice in model.choices:
        for option in choice.options:
            name = f"{choice.name}.probability.{option.name}"
            yield name, ("choices", choice.name, "options", option.name)
