"""A valid model that tests change a line of, and what the loader says of the result."""

from __future__ import annotations

from pathlib import Path

from reassure.model.checked import Model
from reassure.model.load import Report, check, load

VALID = (Path(__file__).parents[1] / "corpus" / "valid.yaml").read_text(encoding="utf-8")


def changed(*pairs: tuple[str, str]) -> str:
    """The valid model with texts replaced, each of which must be there."""
    text = VALID
    for old, new in pairs:
        assert old in text, old
        text = text.replace(old, new)
    return text


def loaded(*pairs: tuple[str, str]) -> Model:
    """The meaning of a changed model."""
    return load("changed.yaml", text=changed(*pairs))


def report(*pairs: tuple[str, str]) -> Report:
    """What a check says of a changed model."""
    return check("changed.yaml", text=changed(*pairs))


def codes(*pairs: tuple[str, str]) -> list[str]:
    """Codes of the mistakes of a changed model."""
    return [item.code for item in report(*pairs).mistakes]
