"""Sessions with two cameras: one is unplugged, stalls or jumps, and the other goes on."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from tests.devices.test_realsense import run, sdk

__all__ = ["sdk"]

WORKER = "realsense_session_worker"
SILENT = "the camera has been silent for 2 s: check its cable and plug it in again"


@pytest.fixture(autouse=True)
def _needs_the_sdk(sdk: None) -> None: ...


def the_other_is_well(out: dict[str, Any]) -> None:
    assert out["b"]["lost"] == 0
    assert out["b"]["n_while_a_is_silent"] > 10  # of 60 and more; a busy machine pushes fewer
    assert out["b"]["rising"]
    assert not [e for e in out["events"] if "device" in e[0] and "cam_b" in e[1]]
    assert out["a"]["rising"]  # stamps never go back, whatever its clock does
    assert out["same_in_replay"]


def test_one_of_two_cameras_is_unplugged_and_comes_back(tmp_path: Path) -> None:
    out = run("unplugged", tmp_path / "s.mcap", worker=WORKER)
    the_other_is_well(out)
    assert [kind for kind, _ in out["events"] if "device" in kind] == ["device_lost", "device_back"]
    assert ["device_lost", f"cam_a.depth: {SILENT}"] in out["events"]
    assert re.fullmatch(r"silent for \d\.\d s", out["silent"])
    assert out["gone"].startswith(SILENT)
    state, why = out["later"]
    assert state == "lost" and re.search(r"\(for [3-9] s\)$", why), why  # and since when
    assert "came back" in out["back"]
    assert out["states"]["cam_a.depth"][:3] == ["absent", "ok", "lost"]
    assert out["states"]["cam_a.depth"][-1] == "ok"
    assert re.search(r"was lost for \d+\.\d s, and came back", out["end"]["cam_a.depth"][1])


def test_a_camera_that_ails_says_what_and_since_when(tmp_path: Path) -> None:
    out = run("ailing", tmp_path / "s.mcap", worker=WORKER)
    the_other_is_well(out)
    assert "slower than 30 Hz" in out["slow"] and re.search(
        r"\b\d+ of 30 Hz for \d+ s", out["slow"]
    )
    assert "its clock jumped by +500.0 s" in out["jump"]
    assert "its clock jumped by +500.0 s (for 3 s)" in out["stepped"]
    assert out["stalled"].startswith("silent for")
    assert ["complaint", "cam_a.depth: its clock jumped by +500.0 s"] in out["events"]
    assert out["a"]["lost"] <= 40  # the clock is fitted anew from the next frames
    assert abs(out["a"]["late_ms"]) < 10_000  # it would be 500 s
