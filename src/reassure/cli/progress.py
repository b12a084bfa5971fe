"""A progress bar on standard error for anything that takes over two seconds."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

Progress = Callable[[int, int], None]
"""Called with (futures done, futures in all); either may be revised upwards as work is added."""

PATIENCE = 2.0  # seconds before a bar appears


@contextmanager
def progress_bar(
    what: str, *, quiet: bool = False, of: str = "futures"
) -> Iterator[Progress | None]:
    """Yield a callback that draws a bar with futures (or what ``of`` names) per second once two
    seconds have passed.

    Yields None when nobody watches: with ``quiet``, or when standard error is not a terminal.
    """
    if quiet or not sys.stderr.isatty():
        yield None
        return
    from rich.console import Console
    from rich.progress import BarColumn, TextColumn, TimeRemainingColumn
    from rich.progress import Progress as Bar

    bar = Bar(
        TextColumn(what),
        BarColumn(),
        TextColumn(f"{{task.completed:,.0f}} of {{task.total:,.0f}} {of}"),
        TextColumn("{task.fields[speed]:,.0f}/s"),
        TimeRemainingColumn(),
        console=Console(stderr=True),
        transient=True,
    )
    task = bar.add_task(what, total=1, speed=0.0)
    began = time.monotonic()
    shown = False

    def update(done: int, total: int) -> None:
        nonlocal shown
        elapsed = time.monotonic() - began
        if not shown and elapsed > PATIENCE:
            bar.start()
            shown = True
        bar.update(task, completed=done, total=max(total, 1), speed=done / max(elapsed, 1e-9))

    try:
        yield update
    finally:
        if shown:
            bar.stop()
