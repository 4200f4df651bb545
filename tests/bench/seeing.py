"""How well cameras alone measure: the scenes' figures, their controls, the claimed sigmas.

Takes filmed scenes, gives tables by distance and number of cameras; leaves filming to
`scenes` and the comparing of one session to `accuracy`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from mr.geometry.poses import difference
from mr.sim.film import FilmStore
from mr.types import FloatArray, HandSample, MannequinPose
from tests.bench.accuracy import (
    NO_FAULT,
    Errors,
    Fault,
    compare,
    coverage,
    figures,
    pooled,
)
from tests.bench.scenes import Filmed, Scene, calibrate, film

SETTLED_S = 1.0
"""By then each camera has seen markers and surface once; before it a first look stands alone."""
CAMERAS = {"one camera": ("a", "b"), "two cameras": ("ab",)}


@dataclass(frozen=True, slots=True, eq=False)
class SceneErrors:
    """One scene's errors by cameras: ``a``, ``b`` and ``ab``; pickles between processes."""

    scene: Scene
    errors: dict[str, Errors]
    deeper: dict[str, Errors]
    """The control: the truth is 5 mm deeper than it was."""
    dropped: dict[str, Errors]
    """The control: one true compression is left out."""
    pose: FloatArray
    """(n, 3): when a pose was told (s), how far (mm) and how turned (deg) it was; both cameras."""
    heel_mm: dict[str, FloatArray]
    """Distance of the heel in each look with hands on the chest, less the calibrated offset."""


def see(scene: Scene, store: FilmStore | None = None) -> SceneErrors:
    """Film a scene, or play its film, and compare what was measured with its truth."""
    filmed = film(scene, calibrate(scene), store)
    outcomes = {ids: filmed.outcome(ids) for ids in ("a", "b", "ab")}
    script = scene.script()

    def errors(fault: Fault) -> dict[str, Errors]:
        return {k: compare(script, filmed.start_ns, o, fault) for k, o in outcomes.items()}

    return SceneErrors(
        scene=scene,
        errors=errors(NO_FAULT),
        deeper=errors(Fault(deeper_mm=5.0)),
        dropped=errors(Fault(drop=True)),
        pose=pose_errors(filmed),
        heel_mm={k: heel_errors_mm(filmed, k) for k in scene.places},
    )


def pose_errors(filmed: Filmed) -> FloatArray:
    """Give when each pose was told (s), how far (mm) and how turned (deg) at the sternum."""
    true = next(iter(filmed.scene.rigs().values())).world_from_mannequin
    told = [s for s in filmed.samples if isinstance(s, MannequinPose) and s.source != "calibrated"]
    rows = []
    for sample in told:
        gap = difference(sample.world_from_mannequin, true)
        away_mm, turned_deg = 1e3 * np.linalg.norm(gap[3:]), np.degrees(np.linalg.norm(gap[:3]))
        rows.append(((sample.stamp.t_ns - filmed.start_ns) * 1e-9, away_mm, turned_deg))
    return np.array(rows)


def heel_errors_mm(filmed: Filmed, camera_id: str) -> FloatArray:
    """Give the distance of each seen heel from the true one while the hands press."""
    script, camera = filmed.scene.script(), filmed.rig.cameras[camera_id]
    looks = [
        (s.stamp.t_ns, *s.heel_in_mannequin_m[:2])
        for s in filmed.samples
        if isinstance(s, HandSample) and s.camera_id == camera_id and s.heel_in_mannequin_m
    ]
    t_ns, x_m, y_m = np.array(looks).T
    t_s = (t_ns - filmed.start_ns) * 1e-9 - camera.latency_s
    plan = script.compressions
    pressing = (t_s > plan[0].onset_s) & (t_s < plan[-1].release_s)
    xy_m = np.stack([x_m, y_m], axis=1)[pressing] - np.array(camera.heel_offset_m)
    gap_m = xy_m - script.hand_offset_m(t_s[pressing])
    return np.asarray(1e3 * np.linalg.norm(gap_m, axis=1))


def evaluate(every: Sequence[SceneErrors]) -> dict[str, Any]:
    """Give the figures by distance and cameras, the controls, and the claimed sigmas."""
    distances = sorted({_distance_m(s) for s in every})

    def pool(of: Sequence[SceneErrors], cameras: str, which: str = "errors") -> Errors:
        return pooled([getattr(s, which)[k] for s in of for k in CAMERAS[cameras]])

    rows = {
        f"{cameras}, {distance_m} m": figures(
            pool([s for s in every if _distance_m(s) == distance_m], cameras)
        )
        for cameras in CAMERAS
        for distance_m in distances
    }
    heel = np.concatenate([mm for s in every for mm in s.heel_mm.values()])
    pose = np.concatenate([s.pose for s in every])
    settled = pose[:, 0] > SETTLED_S
    return {
        "simulated": True,
        "scenes": len(every),
        "by_distance": rows,
        "by_scene": {
            f"{s.scene.name}, {k}": figures(errors) for s in every for k, errors in s.errors.items()
        },
        "all": figures(pool(every, "one camera")),
        "controls": {
            "truth 5 mm deeper": figures(pool(every, "one camera", "deeper")),
            "one true compression dropped in each": figures(pool(every, "one camera", "dropped")),
        },
        "coverage": {cameras: coverage(pool(every, cameras)) for cameras in CAMERAS},
        "heel_rms_mm": float(np.sqrt((heel**2).mean())),
        "pose": _worst(pose[settled]),
        "pose_in_the_first_second": _worst(pose[~settled]),
    }


def _worst(pose: FloatArray) -> dict[str, float]:
    """Give the errors of poses (n, 3) told."""
    mm, deg = pose[:, 1], pose[:, 2]
    return {
        "n": len(pose),
        "rms_mm": float(np.sqrt((mm**2).mean())),
        "p95_mm": float(np.percentile(mm, 95)),
        "worst_mm": float(mm.max()),
        "rms_deg": float(np.sqrt((deg**2).mean())),
        "worst_deg": float(deg.max()),
    }


def _distance_m(errors: SceneErrors) -> float:
    return errors.scene.places["a"].distance_m
