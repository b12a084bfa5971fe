"""``reassure ledger list``: the bundled ledgers."""

from __future__ import annotations

from reassure.cli.failures import explained
from reassure.cli.options import Json, Out, Quiet


@explained
def list_ledgers(json: Json = False, out: Out = None, quiet: Quiet = False) -> None:
    """List the bundled ledgers."""
    from reassure.cli.output import write, write_json
    from reassure.cli.tables import table
    from reassure.history.ledger import bundled_ledgers, load_ledger

    found = [load_ledger(name) for name in bundled_ledgers()]
    if json:
        entries = [
            {
                "name": item.name,
                "title": item.title,
                "events": len(item.events),
                "series": len(item.series),
                "readings": list(item.readings),
            }
            for item in found
        ]
        write_json({"schema": 1, "ledgers": entries}, out)
        return
    rows = [
        (x.name, str(len(x.events)), str(len(x.series)), ", ".join(x.readings), x.title)
        for x in found
    ]
    write(
        table(
            "",
            ("ledger", "events", "series", "readings", "what it is of"),
            rows,
            ("events", "series"),
        ),
        out,
    )
