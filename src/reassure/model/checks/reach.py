"""placeholder"""

from __future__ import annotations
from reassure.model.checked import Model
from reassure.model.checks.context import Context


def check_reach(context: Context, model: Model) -> None: ...
