"""A progress bar on standard error for anything that takes over two seconds."""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from reassure.cli.interrupts import announced

Progress = Callable[[int, int], None]
"""Called with (futures done, futures in all); either may be revised upwards as work is added."""

PATIENCE = 2.0  # seconds before a bar appears


@contextmanager
def progress_bar(
    what: str, *, quiet: bool = False, stopping: str = "", of: str = "futures"
) -> Iterator[Progress | None]:
    """Yield a callback for a bar with futures (or what ``of`` names) per second, which appears once
    two seconds have passed.

    It appears by itself, so that preparing and compiling, which report nothing, show as well; the
    speed counts from the first report on. Yields None when nobody watches: with ``quiet``, or when
    standard error is not a terminal.

    Args:
        stopping: what to say on Ctrl-C, where the work goes on to tell what is done.
    """
    with announced(stopping):
        if quiet or not sys.stderr.isatty():
            yield None
            return
        yield from _bar(what, of)


def _bar(what: str, of: str) -> Iterator[Progress]:
    from rich.console import Console
    from rich.progress import BarColumn, TextColumn, TimeElapsedColumn, TimeRemainingColumn
    from rich.progress import Progress as Bar

    bar = Bar(
        TextColumn("{task.description}", markup=False),
        BarColumn(bar_width=24),
        TextColumn("{task.fields[counted]}", markup=False),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
        console=Console(stderr=True),
        transient=True,
    )
    task = bar.add_task("preparing", total=None, counted="")
    start: dict[str, Any] = {}
    timer = threading.Timer(PATIENCE, bar.start)
    timer.daemon = True
    timer.start()

    def update(done: int, total: int) -> None:
        now = time.monotonic()
        if not start or done < start["done"]:  # the first report, or the next piece of the work
            start.update(time=now, done=0 if total == done else done)
        speed = (done - start["done"]) / max(now - start["time"], 1e-9)
        counted = f"{done:,} of {total:,} {of}"
        if now - start["time"] > 0.1:
            counted += f", {speed:,.0f}/s"
        bar.update(task, completed=done, total=max(total, 1), description=what, counted=counted)

    try:
        yield update
    finally:
        timer.cancel()
        timer.join()
        bar.stop()
