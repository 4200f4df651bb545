"""The states a learner can be in, as snapshots."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from mr.rig import Intrinsics
from mr.types import Cue, Health, Phase, Pose, Snapshot
from tests.snapshots import IN_FULL_SWING as RIGHT

LOST = (
    Health("mannequin", "sim", "lost", 0.0, 12, 3.1, "no bytes for 3 s"),
    Health("cam0", "sim", "ok", 30.0, 0, 0.0),
)


def _states() -> dict[str, Snapshot]:
    nothing = {
        "depth_mm": None,
        "depth_sigma_mm": None,
        "velocity_mm_s": None,
        "rate_cpm": None,
        "last_depth_mm": None,
        "last_release_mm": None,
        "hand_offset_mm": None,
    }
    return {
        "right": RIGHT,
        "too shallow": replace(
            RIGHT, last_depth_mm=41.0, depth_mm=40.0, cue=Cue("push_deeper", "warning")
        ),
        "too deep": replace(
            RIGHT, last_depth_mm=66.4, depth_mm=66.0, cue=Cue("push_less", "warning")
        ),
        "too slow": replace(RIGHT, rate_cpm=88.0, cue=Cue("faster", "hint")),
        "too fast": replace(RIGHT, rate_cpm=134.0, cue=Cue("slower", "hint")),
        "leaning": replace(
            RIGHT, last_release_mm=11.3, depth_mm=12.0, cue=Cue("let_it_rise", "warning")
        ),
        "wrong place": replace(
            RIGHT, hand_offset_mm=(38.0, -31.0), cue=Cue("move_hands", "warning")
        ),
        "hands off": replace(
            RIGHT,
            phase=Phase.PAUSED,
            hands="off",
            hand_offset_mm=None,
            depth_mm=0.0,
            hands_off_s=7.6,
            cue=Cue("hands_on_chest", "warning"),
        ),
        "go on": replace(RIGHT, phase=Phase.PAUSED, hands_off_s=11.0, cue=Cue("resume", "warning")),
        "breaths": replace(
            RIGHT,
            mode="30:2",
            phase=Phase.VENTILATING,
            n_in_cycle=30,
            hands="off",
            hand_offset_mm=None,
            depth_mm=0.0,
            hands_off_s=3.4,
            cue=Cue("breathe", "hint"),
        ),
        "in a cycle": replace(RIGHT, mode="30:2"),
        "sensor lost": replace(
            RIGHT, **nothing, hands="unknown", health=LOST, cue=Cue("sensor_lost", "warning")
        ),
        "ready": replace(
            RIGHT,
            **nothing,
            phase=Phase.WAITING,
            n_compressions=0,
            n_in_cycle=0,
            hands="off",
            elapsed_s=0.0,
            cue=Cue("start_when_ready", "hint"),
        ),
        "unknown": replace(
            RIGHT, **nothing, n_compressions=0, n_in_cycle=0, hands="unknown", cue=None
        ),
        "swap": replace(RIGHT, n_compressions=1204, elapsed_s=754.0, cue=Cue("swap", "hint")),
        "finished": replace(
            RIGHT, phase=Phase.FINISHED, score_pct=92.4, cue=Cue("finished", "good")
        ),
        "assessment": replace(RIGHT, guidance=False, last_depth_mm=40.0),
        "live": replace(
            RIGHT,
            kind="live",
            health=(
                Health(
                    "mannequin",
                    "live",
                    "degraded",
                    150.0,
                    90,
                    0.0,
                    "a quarter of its samples is lost",
                ),
                Health("cam0", "live", "ok", 30.0, 0, 0.0),
                Health("cam1", "live", "absent", 0.0, 0, 0.0),
            ),
        ),
    }


@pytest.fixture
def states() -> dict[str, Snapshot]:
    """Every state that has its own look, by its name."""
    return _states()


@pytest.fixture
def lens() -> Intrinsics:
    """A colour camera of 640×480 px with a clear distortion."""
    return Intrinsics(
        width_px=640,
        height_px=480,
        fx_px=606.0,
        fy_px=604.0,
        cx_px=322.5,
        cy_px=238.2,
        distortion=(0.11, -0.22, 0.001, -0.0008, 0.05),
    )


@pytest.fixture
def cam_from_mannequin() -> Pose:
    """A camera 0.85 m off, looking down at the chest from its right side."""
    forward = -np.array([-0.55, -0.12, 0.64])
    forward /= np.linalg.norm(forward)
    right = np.cross(forward, [0.0, 0.0, 1.0])
    right /= np.linalg.norm(right)
    cam_in_mannequin = np.stack([right, np.cross(forward, right), forward], axis=1)
    turn = Rotation.from_euler("z", 4.0, degrees=True).as_matrix()
    eye = -0.86 * forward + np.array([0.01, 0.02, 0.0])
    return Pose(cam_in_mannequin @ turn, eye).inverse()
