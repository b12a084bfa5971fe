"""Compiled programs kept on disk, so that the next process need not compile them again."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from pathlib import Path


def cache_folder() -> Path:
    """The user's folder for compiled programs: ``$REASSURE_CACHE``, or ``reassure`` in the
    system's cache folder."""
    if chosen := os.environ.get("REASSURE_CACHE"):
        return Path(chosen)
    if sys.platform == "win32":
        base = Path(os.environ.get("LOCALAPPDATA", Path.home() / "AppData" / "Local"))
    elif sys.platform == "darwin":
        base = Path.home() / "Library" / "Caches"
    else:
        base = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    return base / "reassure"


def keep_compiled(folder: Path | None = None) -> None:
    """Let JAX keep compiled programs in ``folder`` (:func:`cache_folder` without one) for this
    process.

    For programs that own their process, such as the command line: it changes JAX's settings, which
        a library must
    not do behind its user's back. A folder that cannot be written is no error: nothing is kept
    then.
    """
    import jax

    path = folder or cache_folder()
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError:
        return
    update: Callable[[str, object], None] = jax.config.update
    update("jax_compilation_cache_dir", str(path))
    update("jax_persistent_cache_min_compile_time_secs", 0.3)
    update("jax_persistent_cache_min_entry_size_bytes", -1)
