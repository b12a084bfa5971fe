"""Starting is quick, measured beside a bare ``import numpy`` in the same minute."""

from __future__ import annotations

import subprocess
import sys
import time

# An idle machine imports NumPy in 0.1 s or more, where 0.2 s and 0.3 s are allowed; the ratios
# leave room for a busy one.
IMPORT, HELP = 2.0, 3.0
HEAVY = ("numpy", "jax", "xarray", "matplotlib", "scipy", "pandas", "pint", "yaml")


def seconds(program: str, times: int = 3) -> float:
    best = float("inf")
    for _ in range(times):
        began = time.perf_counter()
        subprocess.run([sys.executable, "-c", program], check=True, capture_output=True)
        best = min(best, time.perf_counter() - began)
    return best


def test_start_is_quick_beside_numpy() -> None:
    numpy = seconds("import numpy")
    assert seconds("import reassure") < IMPORT * numpy
    assert (
        seconds(
            "import sys; sys.argv = ['reassure', '--help']; from reassure.cli import main\n"
            "try:\n    main()\nexcept SystemExit:\n    pass"
        )
        < HELP * numpy
    )


def test_start_imports_nothing_heavy() -> None:
    program = (
        "import sys\nimport reassure\nfrom reassure.cli import app\n"
        f"print(*[name for name in {HEAVY!r} if name in sys.modules])"
    )
    ended = subprocess.run(
        [sys.executable, "-c", program], check=True, capture_output=True, text=True
    )
    assert ended.stdout.split() == []
