"""What ails a camera is seen and said: settings, port, light, doubles, stalls, its clock."""

from __future__ import annotations

from typing import Any

import pytest

from tests.devices.test_realsense import run, sdk

__all__ = ["sdk"]

WORKER = "realsense_state_worker"


@pytest.fixture(autouse=True)
def _needs_the_sdk(sdk: None) -> None: ...


def test_settings_are_read_back_and_what_did_not_take_is_said() -> None:
    out = run("options", worker=WORKER)
    assert (out["exposure"], out["gain"]) == (8000, 32)
    assert out["details"] == {
        "m_per_count": "0.0001",
        "depth_unit_m": "0.0001",
        "preset": "not supported (4 was asked for)",
        "auto_exposure": "not supported (0 was asked for)",
        "exposure_us": "8000",
        "gain": "32",
        "laser": "not supported (1 was asked for)",
        "laser_power_mw": "150, not 100 as asked for",
        "usb": "2.1",
    }
    assert out["said"] == [
        "preset: not supported (4 was asked for)",
        "laser_power_mw: 150, not 100 as asked for",
        "runs on USB 2.1: use a USB 3 port and cable",
        "remark: firmware 5.12.7, not 5.16.0.1 as this SDK wants it",
    ]
    assert out["virtual"] == []
    assert out["kept"]


def test_depth_runs_beside_a_slower_colour_and_alone() -> None:
    out = run("rates", worker=WORKER)
    both, alone = out["both"], out["depth only"]
    assert both["streams"] == [["cam_a.depth", 90.0], ["cam_a.color", 15.0]]
    assert alone["streams"] == [["cam_a.depth", 90.0]]
    assert both["depth"] == alone["depth"] == list(range(1, 181))
    assert both["color"] == list(range(1, 31)) and alone["color"] == []
    assert both["said"] == alone["said"] == []


def test_a_camera_says_what_ails_it() -> None:
    out = run("state", worker=WORKER)
    assert out["healthy"] == {"said": [], "taken": 150}
    (dark,) = out["low light"]["said"]
    assert dark.startswith("low light: its automatic exposure is longer than 60 Hz allow")
    assert out["half rate"]["said"] == ["the camera itself is slower than 60 Hz"]
    (twice,) = out["doubles"]["said"]
    assert twice.startswith("frames come twice")
    assert out["doubles"]["taken"] == 150  # none of the five
    assert out["jump"] == {"said": ["its clock jumped by +50.0 s"], "taken": 208}


def test_a_stalled_stream_is_found_beside_one_that_runs() -> None:
    out = run("stalls", worker=WORKER)
    assert out["depth"].startswith("DeviceError: the camera's depth has been silent for 1 s")
    assert out["colour"] == ["it had stopped and was started again"]
    assert out["after"] == 60  # and both streams run again


def test_a_slow_round_loses_no_frame_and_one_too_slow_says_so() -> None:
    out: dict[str, Any] = run("slow_rounds", worker=WORKER)
    assert out["first"] == 1
    assert out["half"] == list(range(11, 41))
    assert out["said after half"] == []
    lost = out["three"][0] - 41
    assert 50 < lost <= 60  # 2 s are held of the 3 s
    assert out["three"] == list(range(41 + lost, 221))
    assert out["said after three"] == ["measuring falls behind: frames are lost"]
    # Without the worker the SDK's own queue drops after a second, and nobody says so.
    assert out["without"][0] > 90 - out["queue"] - 5
