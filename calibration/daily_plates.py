"""Where cameras see the mannequin and its plates in the daily check.

Takes a capture's markers and poses, gives for each camera what it sees of each plate, of the
mannequin's place, and how far markers and surface are apart; leaves the presses to
`calibration.daily_views`.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from calibration.record import Check
from mr.geometry.poses import difference
from mr.rig import CameraCalibration, MarkerLayout, Rig
from mr.session.drift_limits import LIMITS
from mr.tracking.markers import Seen, fit_markers, miss_px
from mr.tracking.plates import MOVED_M
from mr.types import FloatArray, MannequinPose, MarkersSeen, Pose, Sample

RESIDUAL_PX = 0.5
"""Ours: corners are found to 0.1 px; more is another lens, or plates that lie elsewhere."""
PLACE_MM, TURN_DEG = 3.0, 0.4
"""Ours: how far mannequin and cameras may lie from where they were calibrated."""
PLACE_SIGMA_MM = 0.3


@dataclass(frozen=True, slots=True, eq=False)
class PlatesChecked:
    """What one camera sees of mannequin and plates."""

    camera_id: str
    n_pictures: int
    seen_share: dict[int, float]
    """Of each plate of the layout: in how many of the searched pictures it was found."""
    residual_px: float | None
    off_mm: dict[int, float]
    """Of each plate that was seen beside two others: how far it lies from its place by them."""
    place_mm: float | None
    """From where the rig says that the mannequin lies."""
    turn_deg: float | None
    apart_mm: float | None
    """Markers from surface."""
    apart_sigma_mm: float
    others_mm: float | None = None
    """From where the other cameras see the mannequin; None: there are none."""

    def checks(self) -> list[Check]:
        """Show it with limits."""
        name = f"camera {self.camera_id}"
        n = sum(share > 0.5 for share in self.seen_share.values())
        missing = [str(i) for i, share in sorted(self.seen_share.items()) if share <= 0.5]
        why = "the rig's markers; two are needed for a pose"
        if missing:
            why += f"; not seen: {', '.join(missing)}"
        checks = [Check(item=f"{name}, markers seen", value=n, unit="", low=2, why=why)]
        if self.residual_px is not None:
            why = "ours: more is another lens, or a plate that lies elsewhere"
            checks.append(Check(item=f"{name}, markers' residual", value=self.residual_px,
                                unit="px", high=RESIDUAL_PX, why=why))  # fmt: skip
        for number, off_mm in sorted(self.off_mm.items()):
            why = "ours: mr.tracking.plates.MOVED_M"
            if off_mm > 1e3 * MOVED_M:
                why = (
                    f"the plate of marker {number} lies {off_mm:.0f} mm from its place: put it "
                    "back, or calibrate `plates`"
                )
            checks.append(Check(item=f"{name}, plate {number}", value=off_mm, unit="mm",
                                high=1e3 * MOVED_M, why=why))  # fmt: skip
        return checks + self._place_checks(name)

    def _place_checks(self, name: str) -> list[Check]:
        checks = []
        if self.place_mm is not None and self.turn_deg is not None:
            why = "ours: where the rig was calibrated"
            if self.place_mm > PLACE_MM or self.turn_deg > TURN_DEG:
                why = self._who_moved(name)
            checks += [
                Check(item=f"{name}, mannequin's place", value=self.place_mm, unit="mm",
                      sigma=PLACE_SIGMA_MM, high=PLACE_MM, why=why),
                Check(item=f"{name}, mannequin's turn", value=self.turn_deg, unit="deg",
                      high=TURN_DEG, why=why),
            ]  # fmt: skip
        if self.apart_mm is not None:
            limit = LIMITS["markers"]
            why = limit.why
            if self.apart_mm > limit.limit:
                why = (
                    f"markers and surface are {self.apart_mm:.1f} mm apart in {name}: was a plate "
                    f"moved? Else {limit.recalibrate}"
                )
            checks.append(Check(item=f"{name}, markers against surface", value=self.apart_mm,
                                unit="mm", sigma=self.apart_sigma_mm, high=limit.limit,
                                why=why))  # fmt: skip
        return checks

    def _who_moved(self, name: str) -> str:
        words = f"{name} sees the mannequin {self.place_mm:.1f} mm and {self.turn_deg:.1f} deg"
        words += " from where the rig was calibrated: "
        if self.others_mm is None:
            return words + (
                "put the mannequin back; if it was not moved, the camera was: calibrate `world`"
            )
        if self.others_mm > PLACE_MM:
            return words + f"other cameras do not: {name} was moved: calibrate `world`"
        return words + "so do the others: the mannequin was moved: put it back or calibrate `rest`"


def check_plates(
    samples: Sequence[Sample], rig: Rig, camera_ids: Sequence[str]
) -> tuple[PlatesChecked, ...]:
    """Look at where each camera sees the mannequin and its plates."""
    if rig.markers is None and rig.surface is None:
        return ()
    lies = rig.world_from_mannequin.pose()
    poses = {key: _last_pose(samples, key) for key in camera_ids}
    found = []
    for key in camera_ids:
        pictures = [
            s for s in samples if isinstance(s, MarkersSeen) and s.camera_id == key and s.looked
        ]
        others = [
            p.world_from_mannequin.t_m for k, p in poses.items() if k != key and p is not None
        ]
        found.append(_plates(key, rig, pictures, poses[key], lies, others))
    return tuple(found)


def _last_pose(samples: Sequence[Sample], camera_id: str) -> MannequinPose | None:
    mine = (
        s
        for s in reversed(samples)
        if isinstance(s, MannequinPose)
        and s.arrival.stream.startswith(f"cam_{camera_id}.")
        and s.valid
        and s.source != "calibrated"
    )
    return next(mine, None)


def _plates(
    camera_id: str, rig: Rig, pictures: Sequence[MarkersSeen], pose: MannequinPose | None,
    lies: Pose, others_m: Sequence[FloatArray],
) -> PlatesChecked:  # fmt: skip
    layout, camera = rig.markers, rig.cameras[camera_id]
    counts = Counter(number for picture in pictures for number in picture.ids)
    ids = () if layout is None else tuple(marker.id for marker in layout.markers)
    residuals, off_mm = [], {}
    if layout is not None and camera.color is not None:
        for picture in pictures:
            seen = Seen(picture.ids, picture.corners_px, picture.n_foreign)
            residuals.append(fit_markers(seen, layout, camera.color).residual_px)
        off_mm = _plates_off(pictures, layout, camera)
    known = [r for r in residuals if math.isfinite(r)]
    place_mm = turn_deg = apart_mm = others_mm = None
    if pose is not None:
        gap = difference(pose.world_from_mannequin, lies)
        place_mm = 1e3 * float(np.linalg.norm(gap[3:]))
        turn_deg = math.degrees(float(np.linalg.norm(gap[:3])))
        apart_mm = None if pose.apart_m is None else 1e3 * pose.apart_m
        if others_m:
            middle_m = np.median(np.array(others_m), axis=0)
            others_mm = 1e3 * float(np.linalg.norm(pose.world_from_mannequin.t_m - middle_m))
    sigma_m = 0.0 if pose is None or pose.apart_sigma_m is None else pose.apart_sigma_m
    return PlatesChecked(
        camera_id,
        len(pictures),
        {number: counts[number] / max(len(pictures), 1) for number in ids},
        float(np.median(known)) if known else None,
        off_mm,
        place_mm,
        turn_deg,
        apart_mm,
        1e3 * sigma_m,
        others_mm,
    )


def _plates_off(
    pictures: Sequence[MarkersSeen], layout: MarkerLayout, camera: CameraCalibration
) -> dict[int, float]:
    """Give how far (mm) each plate lies, across the picture, from where the others say.

    A plate that was moved pulls the others' pose, so the one that is farthest off is left out
    first, and the rest are judged without it.
    """
    assert camera.color is not None
    offs: dict[int, list[float]] = {}
    for picture in pictures:
        if len(picture.ids) < 3:
            continue
        seen = Seen(picture.ids, picture.corners_px, 0)
        worst, by = None, 0.0
        alone = {k: _off_mm(seen, {k}, layout, camera) for k in picture.ids}
        for k, value in alone.items():
            if value is not None and value[k] > by:
                worst, by = k, value[k]
        without = alone[worst] if worst is not None else None
        if without is None:
            continue
        for k, value_mm in without.items():
            offs.setdefault(k, []).append(value_mm)
    return {k: float(np.median(values)) for k, values in offs.items()}


def _off_mm(
    seen: Seen, without: set[int], layout: MarkerLayout, camera: CameraCalibration
) -> dict[int, float] | None:
    """Fit the pose without some plates; give how far all lie from it."""
    assert camera.color is not None
    keep = [i not in without for i in seen.ids]
    rest = Seen(tuple(i for i in seen.ids if i not in without), seen.corners_px[keep], 0)
    pose = fit_markers(rest, layout, camera.color).cam_from_mannequin
    if pose is None:
        return None
    centres_m = {m.id: np.array(m.corners_in_mannequin_m).mean(axis=0) for m in layout.markers}
    px = miss_px(seen, layout, camera.color, pose)
    z_m = np.array([pose.apply(centres_m[i])[2] for i in seen.ids])
    return dict(zip(seen.ids, (1e3 * px * z_m / camera.color.fx_px).tolist(), strict=True))
