"""How a program grows with its model, recorded at the end of every test run."""

from __future__ import annotations

from collections.abc import Callable

from multiply import multiplied
from reassure.engine.engine import compile_model
from reassure.model.load import load


def test_easley_at_one_two_and_four_times_its_size(
    record_property: Callable[[str, object], None],
) -> None:
    model = load("easley2007-formula")
    sizes = {times: compile_model(multiplied(model, times)).size() for times in (1, 2, 4)}
    for times, size in sizes.items():
        record_property(
            "record",
            f"easley2007-formula x {times}: {size.floating:,} operations a step, "
            f"compiled in {size.compile_seconds:.1f} s, "
            f"{size.temporary_bytes / 2**20:.2f} MiB of temporary memory",
        )
    one = sizes[1]
    for times, size in sizes.items():
        # Nothing is unrolled or worked out twice: work grows as the model does.
        assert size.floating <= 1.02 * times * one.floating
        assert size.streams == times * one.streams
        assert size.temporary_bytes <= 8 * 2**20
    # By the clock of a machine that has other work too.
    assert sizes[4].compile_seconds <= 16 * one.compile_seconds
