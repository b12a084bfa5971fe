"""Where the bundled models are: ``library/NAME/NAME.yaml`` inside the package."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path


def folder() -> Path:
    """The folder of the bundled library."""
    return Path(str(files("reassure"))) / "library"


def names() -> tuple[str, ...]:
    """The names of the bundled models, in alphabetical order."""
    return tuple(
        sorted(
            item.name
            for item in folder().iterdir()
            if item.is_dir() and (item / f"{item.name}.yaml").is_file()
        )
    )


def path(name: str) -> Path:
    """The file of a bundled model.

    Raises:
        KeyError: there is no such model.
    """
    if name not in names():
        raise KeyError(name)
    return folder() / name / f"{name}.yaml"
