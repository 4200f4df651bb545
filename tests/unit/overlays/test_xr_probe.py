"""Looking for a headset in a process of its own: what hangs or dies there is found, and gone."""

from __future__ import annotations

import multiprocessing
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from overlays.xr.probe import XrProbe, probe_apart

LONG_S = 60.0


def finds() -> XrProbe:
    return XrProbe(True, "a runtime", "a headset")


def hangs() -> XrProbe:
    time.sleep(10 * LONG_S)
    raise AssertionError("it was waited for")


def dies() -> XrProbe:
    os._exit(3)


def test_what_is_found_comes_back() -> None:
    assert probe_apart(LONG_S, finds) == finds()


def test_a_runtime_that_hangs_is_given_up_and_ended() -> None:
    found = probe_apart(0.3, hangs)
    assert not found.usable
    assert "gave no answer in 0.3 s" in found.why
    assert multiprocessing.active_children() == []


def test_a_runtime_that_takes_its_process_with_it_is_told() -> None:
    found = probe_apart(LONG_S, dies)
    assert not found.usable
    assert "library crashed" in found.why


HANGING = """
import time
from pathlib import Path
from functools import partial
from overlays.xr.probe import probe_apart
print(probe_apart(0.3, partial(time.sleep, 600)).why)
"""


def test_a_program_ends_although_a_runtime_hangs() -> None:
    told = subprocess.run(
        [sys.executable, "-c", HANGING], capture_output=True, text=True, check=True, timeout=LONG_S
    )
    assert "gave no answer" in told.stdout


LEAVES_ITS_ID = """
import os, sys, time
from functools import partial
from overlays.xr.probe import probe_apart
from tests.unit.overlays.test_xr_probe import hangs_and_says_so
probe_apart(600.0, partial(hangs_and_says_so, sys.argv[1]))
"""


def hangs_and_says_so(path: str) -> XrProbe:
    Path(path).write_text(f"{os.getpid()}\n")
    return hangs()


def is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
        status = Path(f"/proc/{pid}/stat")
        return not (Path("/proc/self").exists() and ") Z " in status.read_text())  # not a zombie
    except (ProcessLookupError, FileNotFoundError):
        return False


@pytest.mark.skipif(sys.platform == "win32", reason="signal 0 asks nothing there")
def test_nothing_that_hangs_outlives_who_asked(tmp_path: Path) -> None:
    note = tmp_path / "pid"
    asker = subprocess.Popen([sys.executable, "-c", LEAVES_ITS_ID, str(note)])
    until_s = time.monotonic() + LONG_S
    try:
        while not (note.exists() and note.read_text().endswith("\n")):
            assert time.monotonic() < until_s
            time.sleep(0.05)
        pid = int(note.read_text())
        assert is_alive(pid)
    finally:
        asker.kill()
        asker.wait()
    while is_alive(pid) and time.monotonic() < until_s:
        time.sleep(0.05)
    assert not is_alive(pid)
