"""The standard layout: the camera reads it, it is not flat, and the command writes it."""

from __future__ import annotations

import tomllib
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from calibration.boards.layout import DISC_M, STANDARD, TAG_M, standard_layout
from mr.cli.main import load_command
from mr.errors import ConfigError
from mr.rig import MarkerLayout
from mr.sim.camera import SimImager
from mr.sim.learner import still_script
from mr.sim.rig import Plate, make_sim_rig, sim_calibration
from mr.tracking.markers import estimate_pose


def mounted() -> tuple[Plate, ...]:
    """The simulator's plates, put where the standard says."""
    plates = []
    for place in STANDARD:
        c = place.corners_in_mannequin_m()
        x, y = c[1] - c[0], c[0] - c[3]
        axes = np.stack([x, y, np.cross(x, y)], axis=1)
        r = Rotation.from_matrix(axes / np.linalg.norm(axes, axis=0)).as_rotvec()
        centre = c.mean(axis=0)
        plates.append(
            Plate(
                place.id,
                (float(centre[0]), float(centre[1]), float(centre[2])),
                (float(r[0]), float(r[1]), float(r[2])),
                TAG_M,
                DISC_M,
            )
        )
    return tuple(plates)


def test_a_camera_on_the_left_reads_all_five() -> None:
    sim = replace(make_sim_rig(), plates=mounted())
    color = sim_calibration(sim, exact=True).color
    assert color is not None
    bgr = SimImager(sim, still_script(1.0)).bgr(0.0)
    fit = estimate_pose(bgr, standard_layout(), color)
    assert fit.n_markers == len(STANDARD)
    assert fit.cam_from_mannequin is not None
    true = sim.mannequin_from_color.inverse()
    assert np.linalg.norm(fit.cam_from_mannequin.t_m - true.t_m) < 0.0005


def off_plane_m(points: np.ndarray) -> float:
    """How far points lie from their best plane, rms."""
    far = points - points.mean(axis=0)
    return float(np.sqrt(np.linalg.eigvalsh(far.T @ far / len(far))[0]))


def test_the_plates_lie_in_no_common_plane() -> None:
    layout = standard_layout()
    corners = np.array([m.corners_in_mannequin_m for m in layout.markers])
    sides = np.linalg.norm(corners - np.roll(corners, 1, axis=1), axis=-1)
    assert sides == pytest.approx(TAG_M, abs=1e-5)
    assert off_plane_m(corners.reshape(-1, 3)) > 0.02
    flat = corners.reshape(-1, 3) * [1.0, 1.0, 0.0]  # the control
    assert off_plane_m(flat) < 0.001
    normals = np.cross(corners[:, 1] - corners[:, 0], corners[:, 0] - corners[:, 3])
    assert (normals[:, 2] > 0).all()


@pytest.mark.parametrize("paper", ["A4", "letter"])
def test_the_command_writes_everything_once(
    tmp_path: Path, paper: str, capsys: pytest.CaptureFixture[str]
) -> None:
    run: Callable[..., object] = load_command("calibrate").main
    run(["boards", str(tmp_path / "m"), "--paper", paper], standalone_mode=False)
    names = sorted(p.name for p in (tmp_path / "m").iterdir())
    plates = ["layout.pdf", *[f"markers-{k}.pdf" for k in range(1, 6)], "markers.toml"]
    assert names == [f"charuco-{paper}.pdf", *plates, f"registration-{paper}.pdf"]
    assert "print markers-1.pdf to markers-5.pdf at 100 %" in " ".join(
        capsys.readouterr().out.split()
    )
    told = tomllib.loads((tmp_path / "m" / "markers.toml").read_text(encoding="utf-8"))
    assert MarkerLayout(**told["markers"]) == standard_layout()
    with pytest.raises(ConfigError, match="exists already"):
        run(["boards", str(tmp_path / "m")], standalone_mode=False)
