"""Ctrl-C, closed pipes and full disks: a clean end that says what is done, in a process of its own."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

COMMAND = "from reassure.cli import main; main()"


def started(*words: str, where: Path, **how: object) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", COMMAND, *words],
        cwd=where,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        **how,  # type: ignore[call-overload]
    )


def test_ctrl_c_says_what_is_done(tmp_path: Path) -> None:
    """The run is far too long to finish; the interrupt comes once futures are being run."""
    many = ["--scenarios", "4000000", "--replications", "16", "--json"]
    program = (
        "import _thread, threading, sys\n"
        "import reassure.study.running as running\n"
        "told = running._Work._told\n"
        "def heard(self, done, total):\n"
        "    told(self, done, total)\n"
        "    if self.done and not heard.sent:\n"
        "        heard.sent = True\n"
        "        _thread.interrupt_main()\n"
        "heard.sent = False\n"
        "running._Work._told = heard\n"
        f"{COMMAND}\n"
    )
    ended = subprocess.run(
        [sys.executable, "-c", program, "run", "logistic", *many],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert ended.returncode == 130, ended.stderr
    found = json.loads(ended.stdout)
    assert found["complete"] is False
    assert 0 < found["scenarios"] < 4000000
    assert "Stopped early" in ended.stderr
    assert "Traceback" not in ended.stderr


def test_ctrl_c_before_anything_is_finished_says_so(tmp_path: Path) -> None:
    process = started("run", "richardson", "--scenarios", "1000000", where=tmp_path)
    time.sleep(0.8)
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate(timeout=60)
    assert process.returncode in {130, -signal.SIGINT}
    if process.returncode == 130:
        assert "stopped" in errors.lower()
        assert "Traceback" not in errors


def test_an_interrupt_where_python_would_drop_it_is_heard_later() -> None:
    from reassure.cli.interrupts import listen

    before = signal.getsignal(signal.SIGINT)
    listen()
    try:

        def _xla_gc_callback() -> None:
            signal.raise_signal(signal.SIGINT)

        _xla_gc_callback()  # not raised here
        with pytest.raises(KeyboardInterrupt):
            time.sleep(5)
    finally:
        signal.signal(signal.SIGINT, before)


def test_the_first_ctrl_c_is_announced_where_work_goes_on(
    capsys: pytest.CaptureFixture[str],
) -> None:
    from reassure.cli.interrupts import announced, listen

    before = signal.getsignal(signal.SIGINT)
    listen()
    try:
        with announced("stopping, and telling"):
            for _ in range(2):
                with pytest.raises(KeyboardInterrupt):
                    signal.raise_signal(signal.SIGINT)
    finally:
        signal.signal(signal.SIGINT, before)
    assert capsys.readouterr().err.count("stopping, and telling; Ctrl-C again") == 1


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no full disk here")
@pytest.mark.parametrize("words", [["--help"], ["list", "--json"], ["schema"]])
def test_a_full_disk_is_said(words: list[str], tmp_path: Path) -> None:
    with open("/dev/full", "w", encoding="utf-8") as full:
        ended = subprocess.run(
            [sys.executable, "-c", COMMAND, *words],
            stdout=full,
            stderr=subprocess.PIPE,
            cwd=tmp_path,
            text=True,
            check=False,
        )
    assert ended.returncode == 2
    assert "No space left" in ended.stderr
    assert "Traceback" not in ended.stderr
    assert "::" not in ended.stderr


def test_a_reader_may_leave(tmp_path: Path) -> None:
    process = started("schema", where=tmp_path)
    assert process.stdout is not None
    process.stdout.readline()
    process.stdout.close()
    assert process.stderr is not None
    errors = process.stderr.read()
    assert process.wait(timeout=60) == 0
    assert errors == ""


def test_closed_output_is_no_mistake(tmp_path: Path) -> None:
    ended = subprocess.run(
        ["sh", "-c", f'"{sys.executable}" -c "{COMMAND}" schema >&-'],
        capture_output=True,
        text=True,
        cwd=tmp_path,
        check=False,
    )
    assert "Traceback" not in ended.stderr
    assert ended.returncode == 0
