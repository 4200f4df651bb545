"""Looking for a headset in a process of its own: what hangs or dies there is found, and gone."""

from __future__ import annotations

import multiprocessing
import os
import subprocess
import sys
import time

import pytest

from mr.cli.check_devices import check_headset
from overlays.xr import probe
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
    assert found.broken
    assert "gave no answer in 0.3 s" in found.why
    assert multiprocessing.active_children() == []


def test_a_runtime_that_takes_its_process_with_it_is_told() -> None:
    found = probe_apart(LONG_S, dies)
    assert not found.usable
    assert found.broken
    assert "library crashed" in found.why


HANGING = """
import time
from functools import partial
from overlays.xr.probe import probe_apart
print(probe_apart(0.3, partial(time.sleep, 600)).why)
"""


def test_a_program_ends_although_a_runtime_hangs() -> None:
    told = subprocess.run(
        [sys.executable, "-c", HANGING], capture_output=True, text=True, check=True, timeout=LONG_S
    )
    assert "gave no answer" in told.stdout


@pytest.mark.parametrize("look", [hangs, dies])
def test_the_doctor_warns_of_a_runtime_that_is_broken(
    look: object, monkeypatch: pytest.MonkeyPatch, require
) -> None:
    require.module("xr", "pip install 'mrcpr[headset]'")
    asked_s: list[float] = []

    def apart(timeout_s: float) -> XrProbe:
        asked_s.append(timeout_s)
        return probe_apart(0.3 if look is hangs else LONG_S, look)

    monkeypatch.setattr(probe, "probe_apart", apart)
    check = check_headset()
    assert (check.state, bool(check.cure)) == ("warning", True)
    assert len(asked_s) == 1
