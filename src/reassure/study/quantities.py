"""The quantities of a model that formulas can read: their names, units and descriptions."""

from __future__ import annotations

from collections.abc import Iterator

from reassure.model.checked import About, Auxiliary, Model, Noise, Stock, Unit

ONE = Unit()


def quantities(model: Model) -> dict[str, tuple[Unit, About]]:
    """Every quantity that can be held or recorded, such as ``gap`` or ``provocation.rate``."""
    return dict(_quantities(model))


def _quantities(model: Model) -> Iterator[tuple[str, tuple[Unit, About]]]:
    for parameter in model.parameters:
        yield parameter.name, (parameter.unit, parameter.about)
    for lever in model.levers:
        yield lever.name, (lever.unit, lever.about)
        yield f"{lever.name}.ordered", (lever.unit, lever.about)
        if lever.cost is not None:
            yield f"{lever.name}.cost", (lever.cost_unit, lever.about)
    moving: tuple[Auxiliary | Noise | Stock, ...] = (
        *model.auxiliaries,
        *model.noises,
        *model.stocks,
    )
    for item in moving:
        yield item.name, (item.unit, item.about)
    for event in model.events:
        yield event.name, (ONE, event.about)
        yield f"{event.name}.magnitude", (ONE, event.about)
        if event.kind != "calendar":
            driver = event.unit if event.kind == "rate" else ONE
            yield f"{event.name}.{event.kind}", (driver, event.about)
    for belief in model.beliefs:
        yield belief.name, (ONE, belief.about)
        yield f"{belief.name}.logodds", (ONE, belief.about)
    for choice in model.choices:
        yield choice.name, (ONE, choice.about)
        for option in choice.options:
            yield f"{choice.name}.{option.name}", (ONE, option.about)
            yield f"{choice.name}.probability.{option.name}", (ONE, option.about)
