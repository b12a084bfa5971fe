"""Lists that may be written as one word."""

from __future__ import annotations

from typing import Any

ONE_OR_MORE: dict[str, Any] = {
    "anyOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}, "minItems": 1}]
}
"""The JSON schema of a text or a list of texts."""


def listed(value: Any) -> Any:
    """A single text as a list of one."""
    return [value] if isinstance(value, str) else value
