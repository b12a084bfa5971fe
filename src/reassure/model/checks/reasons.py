"""placeholder"""

from __future__ import annotations
from reassure.model.checks.context import Context


def check_reasons(context: Context) -> None: ...
