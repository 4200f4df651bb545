"""A rig file is refused where its numbers cannot be a rig's."""

from __future__ import annotations

from typing import Any

import pytest

from mr.errors import CalibrationError, ConfigError
from mr.rig import (
    CameraCalibration,
    Intrinsics,
    MannequinCalibration,
    PoseEntry,
    dumps_rig,
    loads_rig,
)
from mr.wire import UNNAMED
from tests.unit.recording.conftest import a_rig

GOOD = "counts = [0.0, 1000.0]\nvalues = [0.0, 0.1]"


def with_chest_curve(counts: list[float], values: list[Any]) -> str:
    text = dumps_rig(a_rig())
    assert text.count(GOOD) > 1
    return text.replace(GOOD, f"counts = {counts}\nvalues = {values}", 1)


@pytest.mark.parametrize("values", [[0.0, 0.04, 0.08], [0.08, 0.04, 0.0]])
def test_a_curve_may_rise_or_fall(values: list[float]) -> None:
    rig = loads_rig(with_chest_curve([0.0, 500.0, 1000.0], values), "rig.toml")
    assert rig.mannequin is not None
    assert rig.mannequin.chest_depth_m(250.0) == pytest.approx((values[0] + 0.04) / 2)


@pytest.mark.parametrize(
    ("counts", "values", "words"),
    [
        ([0.0, 500.0, 1000.0], [0.0, 0.09, 0.002], "rise or fall all the way"),
        ([0.0, 500.0, 1000.0], [0.0, 0.0, 0.1], "rise or fall all the way"),
        ([0.0, 500.0, 400.0], [0.0, 0.04, 0.08], "counts must increase"),
        ([0.0, 500.0, 1000.0], [0.0, 0.1], "3 counts, but 2 values"),
        ([0.0, 500.0, 1000.0], [0.0, 40.0, 80.0], "beyond 0.2 m"),
    ],
)
def test_an_impossible_chest_curve_is_refused(
    counts: list[float], values: list[float], words: str
) -> None:
    with pytest.raises(ConfigError, match=words) as caught:
        loads_rig(with_chest_curve(counts, values), "rig.toml")
    assert str(caught.value).startswith("rig.toml: mannequin.chest_depth_m")


def test_a_mannequin_without_a_name_is_told_apart_from_another() -> None:
    rig = a_rig()
    assert rig.mannequin is not None
    serial = rig.mannequin.serial
    assert rig.require_mannequin(serial) is rig.mannequin
    with pytest.raises(CalibrationError, match="use its own rig file"):
        rig.require_mannequin(serial + "-2")
    with pytest.raises(CalibrationError, match=f"run `mrcpr mannequin name {serial}`"):
        rig.require_mannequin(UNNAMED)


def camera_text(more: str = "") -> str:
    """A rig file with one camera, as it was before cameras had settings."""
    lens = Intrinsics(width_px=640, height_px=360, fx_px=400, fy_px=400, cx_px=320, cy_px=180)
    pose = PoseEntry(rotvec_rad=(0, 0, 0), t_m=(0, 0, 0))
    camera = CameraCalibration(
        serial="S1", depth=lens, color=lens, color_from_depth=pose, baseline_m=0.05,
        world_from_cam=pose,
    )  # fmt: skip
    text = dumps_rig(a_rig().model_copy(update={"cameras": {"side": camera}}))
    assert "settings" not in text and "driver" not in text
    return text + more


def test_a_camera_without_settings_is_asked_for_what_was_calibrated() -> None:
    camera = loads_rig(camera_text(), "rig.toml").cameras["side"]
    want = camera.live_settings()
    assert camera.settings is None
    assert (want.depth_width_px, want.depth_height_px) == (
        camera.depth.width_px,
        camera.depth.height_px,
    )
    assert want.color == (camera.color is not None)
    assert (want.depth_fps, want.exposure_us) == (60, 8000)


def test_settings_stay_in_the_rig_file() -> None:
    lens = loads_rig(camera_text(), "rig.toml").cameras["side"].depth
    more = (
        "\n[cameras.side.settings]\n"
        f"depth_width_px = {lens.width_px}\ndepth_height_px = {lens.height_px}\n"
        'depth_fps = 90\ncolor = false\npreset = "high-density"\n'
        "exposure_us = 5000\nlaser = true\nlaser_power_mw = 150\ngain = 16\n"
    )
    rig = loads_rig(camera_text(more), "rig.toml")
    want = rig.cameras["side"].live_settings()
    assert (want.depth_fps, want.color, want.preset, want.gain) == (90, False, "high-density", 16)
    assert loads_rig(dumps_rig(rig), "again").cameras["side"].settings == want


def test_settings_of_another_size_than_calibrated_are_refused() -> None:
    more = "\n[cameras.side.settings]\ndepth_width_px = 123\ncolor = false\n"
    with pytest.raises(ConfigError, match="settings ask for depth at 123x") as caught:
        loads_rig(camera_text(more), "rig.toml")
    assert "calibrate again" in str(caught.value)


def test_crosstalk_and_stiffness_are_kept_and_left_out() -> None:
    rig = a_rig()
    assert rig.mannequin is not None
    assert "crosstalk" not in dumps_rig(rig)
    assert "stiffness" not in dumps_rig(rig)
    data = rig.mannequin.model_dump() | {
        "cell_crosstalk": ((1, 0.01, 0, 0), (0, 1, 0, 0), (0, 0, 1, 0), (0, 0, 0.02, 1)),
        "stiffness": {
            "linear_n_m": 5200.0,
            "cubic_n_m3": 1.35e6,
            "force_at_50mm_n": 428.75,
            "sigma_n": 0.7,
        },
    }
    mannequin = MannequinCalibration.model_validate(data)
    kept = loads_rig(dumps_rig(rig.model_copy(update={"mannequin": mannequin})), "rig.toml")
    assert kept.mannequin == mannequin
    assert kept.mannequin.stiffness is not None
    assert kept.mannequin.stiffness.damping_ns_m is None
    for rows in (((1, 0.5, 0, 0), *data["cell_crosstalk"][1:]), ((0.9, 0, 0, 0),) * 4):
        with pytest.raises(ValueError, match="calibrate the cells again"):
            MannequinCalibration.model_validate(data | {"cell_crosstalk": rows})
