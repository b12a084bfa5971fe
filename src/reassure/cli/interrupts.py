"""Ctrl-C: heard wherever it comes, and answered when the work goes on to tell what is done."""

from __future__ import annotations

import _thread
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

# Python drops an exception raised in one of these and goes on: an interrupt there would be lost.
DEAF = frozenset({"_xla_gc_callback", "__del__"})
AGAIN = 0.02  # seconds after which an interrupt that fell on deaf ears is tried again

_notices: list[str] = []


def listen() -> None:
    """Take over SIGINT, in the main thread."""
    if threading.current_thread() is threading.main_thread():
        signal.signal(signal.SIGINT, _interrupt)


@contextmanager
def announced(notice: str) -> Iterator[None]:
    """Say ``notice`` at the first Ctrl-C: that what is done so far will be told, which takes a while."""
    _notices[:] = [notice] if notice else []
    try:
        yield
    finally:
        _notices.clear()


def _interrupt(number: int, frame: FrameType | None) -> None:
    here = frame
    while here is not None:
        if here.f_code.co_name in DEAF:
            again = threading.Timer(AGAIN, _try_again)
            again.daemon = True
            again.start()
            return
        here = here.f_back
    if _notices:
        print(f"\nreassure: {_notices.pop()}; Ctrl-C again to stop at once", file=sys.stderr)
    raise KeyboardInterrupt


def _try_again() -> None:
    if hasattr(signal, "pthread_kill"):  # it also wakes a main thread that waits
        signal.pthread_kill(threading.main_thread().ident or 0, signal.SIGINT)
    else:
        _thread.interrupt_main()
