"""`mrcpr calibrate` with recordings in the cameras' place, as the RealSense SDK writes them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from calibration.boards.charuco import CharucoBoard, find_board
from calibration.cameras.intrinsics_guide import IntrinsicsGuide
from calibration.draft import load_draft
from calibration.simulated.board_technician import BoardTechnician
from mr.devices.realsense.recorder import TimedFrame, record_frames
from mr.sim.plane_depth import PlaneDepth
from mr.sim.rig import make_sim_rig, sim_calibration
from tests.cli.mannequin.boards import Run

FPS, EACH = 15, 3
"""Pictures a second, and of each place of the board."""


@pytest.fixture(scope="session")
def boards_filmed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Film a technician who holds the board as the guide says; with the depth of it."""
    pytest.importorskip("pyrealsense2")
    camera, board = make_sim_rig().camera, CharucoBoard()
    technician = BoardTechnician(camera.color, board, 1)
    guide = IntrinsicsGuide(board, (camera.color.width_px, camera.color.height_px))
    sensor = PlaneDepth(camera, board.size_m, seed=1)

    def frames() -> Iterator[TimedFrame]:
        n = 0
        for frame in technician.frames(guide):
            guide.offer(find_board(frame.grey, board))
            bgr = np.asarray(cv2.cvtColor(frame.grey, cv2.COLOR_GRAY2BGR), dtype=np.uint8)
            place = camera.color_from_depth.inverse() @ frame.color_from_board
            for _ in range(EACH):
                yield n / FPS, sensor.frames(place, 1, n / FPS)[0], bgr
                n += 1

    path = tmp_path_factory.mktemp("filmed") / "board.db3"
    record_frames(path, frames(), sim_calibration(make_sim_rig()), FPS)
    return path


def test_a_lens_from_a_recording(
    mrcpr: Run, boards_filmed: Path, tmp_path: Path, require: Any
) -> None:
    require.module("pyrealsense2", "pip install 'mrcpr[realsense]'")
    rig, film = tmp_path / "rig.toml", ("--camera-file", f"side={boards_filmed}")
    told = mrcpr("calibrate", "new", *film, "--no-mannequin", "--rig", rig).require(0)
    assert "camera side: Simulated D435 SIM-D435-1" in told.out
    draft_path = tmp_path / "rig.work" / "draft.toml"
    draft = load_draft(draft_path)
    camera, made = draft.cameras["side"], sim_calibration(make_sim_rig())
    assert camera.serial == "SIM-D435-1" and camera.color is not None and made.color is not None
    assert camera.color.fx_px == pytest.approx(made.color.fx_px, rel=1e-6)
    assert camera.baseline_m == pytest.approx(made.baseline_m, rel=1e-6)
    said = mrcpr("calibrate", "status", "--rig", rig).require(0).out
    assert re.search("→ next +intrinsics", said), said
    assert f"→ mrcpr calibrate intrinsics --rig {rig} (at hand: the ChArUco board)" in said
    done = mrcpr("calibrate", "intrinsics", *film, "--rig", rig).require(0)
    assert "intrinsics of side: ✓ passed" in done.out
    assert f"kept in {draft_path}" in done.out
    assert "still to do: mrcpr calibrate plates, world, rest" in done.out
    color = load_draft(draft_path).cameras["side"].color
    true = make_sim_rig().camera.color
    assert color is not None and color.fx_px == pytest.approx(true.fx_px, rel=2e-3)


def test_what_a_recording_cannot_be(
    mrcpr: Run, boards_filmed: Path, tmp_path: Path, require: Any
) -> None:
    require.module("pyrealsense2", "pip install 'mrcpr[realsense]'")
    rig, film = tmp_path / "rig.toml", ("--camera-file", f"side={boards_filmed}")
    new = ("calibrate", "new", "--no-mannequin", "--rig", rig, "--camera-file")
    mrcpr(*new, boards_filmed).require_one_line("--camera-file", "give ID=FILE")
    mrcpr(*new, f"side={tmp_path}/none.db3").require_one_line("none.db3", "no such recording")
    (tmp_path / "text.db3").write_text("no recording")
    mrcpr(*new, f"side={tmp_path}/text.db3").require_one_line("text.db3")
    assert not (tmp_path / "rig.work").exists()
    mrcpr(*new, film[1]).require(0)
    lens = ("calibrate", "intrinsics", "--rig", rig, "--camera-file")
    mrcpr(*lens, f"top={boards_filmed}").require(2)
    mrcpr(*lens, boards_filmed).require(2)
    draft_path = tmp_path / "rig.work" / "draft.toml"
    draft_path.write_text(draft_path.read_text().replace("SIM-D435-1", "SIM-D435-2"))
    done = mrcpr(*lens, film[1]).require(2)
    assert "camera side: this is SIM-D435-1, and the rig's is SIM-D435-2" in done.err
    done = mrcpr("calibrate", "motion", "--rig", rig).require(2)
    assert "no camera beside a mannequin" in done.err
