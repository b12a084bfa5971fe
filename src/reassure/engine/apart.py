"""A piece of work that the compiler is told to treat as one."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import jax
from jax.experimental.xla_metadata import set_xla_metadata


def apart(work: Callable[..., Any], attributes: Mapping[str, str]) -> Callable[..., Any]:
    """``work`` as a call of its own with attributes for the compiler; as it is where there are none.

    Nothing is then worked out again in each of its readers, and, as one kernel, it is vectorised
    throughout: nearly three times as fast as in pieces. See docs/decisions/0019-compile.md.

    Every array must be read by the work: a call of one kernel that is given others stops some
    versions of the compiler.
    """
    if not attributes:
        return work
    called = jax.jit(work)

    def call(*given: Any) -> Any:
        with set_xla_metadata(**attributes):  # type: ignore[no-untyped-call]
            return called(*given)

    return call
