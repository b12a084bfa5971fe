"""What tests record is printed when they are through."""

from __future__ import annotations

from typing import Any

from hypothesis import settings

# A busy machine is slow now and then; what must be fast has a test of its own.
settings.register_profile("patient", deadline=None)
settings.load_profile("patient")


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """Print what tests recorded under the name ``record``."""
    lines = [
        text
        for reports in terminalreporter.stats.values()
        for report in reports
        for name, text in getattr(report, "user_properties", ())
        if name == "record" and getattr(report, "when", "") == "call"
    ]
    if lines:
        terminalreporter.section("recorded")
        for line in lines:
            terminalreporter.write_line(line)
