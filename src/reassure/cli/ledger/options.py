"""Options that several ledger commands share."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

LedgerName = Annotated[
    str,
    typer.Argument(metavar="LEDGER", help="Folder of a ledger, or name of a bundled one."),
]
LedgerFolder = Annotated[
    Path, typer.Argument(metavar="LEDGER", help="Folder of a ledger of one's own.")
]
