"""What is different between two rigs, in the field's words and in what it means physically.

Takes an old rig and a new one, gives one `Difference` for each thing that both have, with its
size, its uncertainty where that is known, and whether it is more than that and more than a
trainer should tolerate; leaves showing them to the commands and the report.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from calibration.changes import (
    airway_volume_change_pct,
    cells_change,
    chest_change,
    lens_change,
    surface_change_m,
)
from mr.rig import CameraCalibration, MannequinCalibration, MarkerLayout, PoseEntry, Rig
from mr.types import Pose
from mr.validity import Found, Step

COVERAGE = 2.0
"""So many sigmas are more than chance: 95 % of a Gaussian. Ref: GUM, JCGM 100:2008, 6.3.3."""
PLACE_MM, PLACE_DEG = 1.0, 0.1
"""What a camera's place is to be known to. Ref: issue 6, cameras to world."""
NORMAL_DEG = 0.3
"""Ref: issue 6, the chest's normal."""
MANNEQUIN_MM = 1.0
PLATE_MM = 0.5
"""Plates are surveyed to half a millimetre. Ref: docs/guides/technician/rig.md."""
LENS_PCT = 0.2
"""Ref: issue 6, intrinsics."""
PICTURE_PX = 1.0
"""Ours: what the corners of a marker are found to, at the edge of the picture."""
CHEST_MM = 0.2
"""Ref: issue 6, displacement curve over 0 to 70 mm."""
CELLS_PCT, CELLS_MM = 2.0, 3.0
"""Ref: issue 6, load cells."""
VOLUME_PCT = 5.0
"""Ours: a tenth of the width of the band that profiles have for a breath (400 to 700 mL)."""
LATENCY_MS = 1.0
"""Ref: issue 6, clock offsets."""
GAIN_PCT = 1.0
"""Ours: half a millimetre of a stroke of 50 mm."""
HEEL_MM = 5.0
"""Ours: a sixth of the 30 mm within which the hands are in place."""
DEPTH_MM = 2.0
"""Ours: of a camera's distance to a plane at the distance of the chest."""
DEPTH_AT_M = 0.8
"""Where cameras hang over the chest. Ref: docs/guides/technician/mounting.md."""
BASELINE_MM = 0.05
SURFACE_MM = 2.0
"""Ours: the noise of one depth picture at 0.8 m."""
BENDING_SHARE = 0.1
ROUNDING = 1e-9
"""Relative; less is how numbers are written down, not a change."""


@dataclass(frozen=True, slots=True)
class Difference:
    """One thing that two rigs have, and by how much they differ in it."""

    thing: str
    """What it belongs to: "camera side", "mannequin MQ-1"."""
    what: str
    """ "place", "focal length, colour"."""
    words: str
    """By how much, as a technician says it: "moved by 3.2 mm"."""
    value: float | None = None
    """New minus old, or a distance; None where it has no size (another serial number)."""
    unit: str = ""
    sigma: float | None = None
    """One-sigma of `value`, from both rigs; None: neither says."""
    limit: float | None = None
    """Of its size: beyond it the old numbers would have misled. None: no limit."""
    always: bool = False
    """It is a change whatever its size: another device, a part that is new or gone."""

    @property
    def changed(self) -> bool:
        """Whether there is a difference at all."""
        return self.always or (self.value is not None and self.value != 0.0)

    @property
    def beyond_sigma(self) -> bool | None:
        """Whether it is more than chance; None when the uncertainty is not known."""
        if self.value is None or self.sigma is None:
            return None
        return abs(self.value) > COVERAGE * self.sigma

    @property
    def beyond_limit(self) -> bool:
        """Whether it is more than is tolerated; of what is another device that is not asked."""
        if self.value is None or self.limit is None:
            return False
        return not abs(self.value) <= self.limit  # a number that is none is beyond


def diff_rigs(old: Rig, new: Rig) -> tuple[Difference, ...]:
    """Compare two rigs, thing by thing; what is the same is in it with `changed` False."""
    found = [
        *_names(old, new),
        *_cameras(old, new),
        *_mannequins(old.mannequin, new.mannequin),
        *_lying(old, new),
        *_plates(old.markers, new.markers),
        *_body(old, new),
        *_steps(old.provenance.steps, new.provenance.steps),
    ]
    return tuple(found)


def _names(old: Rig, new: Rig) -> Iterator[Difference]:
    if old.name != new.name:
        yield Difference("rig", "name", f"{old.name!r} is now {new.name!r}", always=True)
    if old.provenance.kind != new.provenance.kind:
        words = f"{old.provenance.kind} is now {new.provenance.kind}"
        yield Difference("rig", "kind", words, always=True)


def _cameras(old: Rig, new: Rig) -> Iterator[Difference]:
    for camera_id in dict.fromkeys((*old.cameras, *new.cameras)):
        thing = f"camera {camera_id}"
        before, after = old.cameras.get(camera_id), new.cameras.get(camera_id)
        if before is None or after is None:
            words = "is new" if before is None else "is gone"
            yield Difference(thing, "camera", words, always=True)
            continue
        yield from _moved(thing, "place", before.world_from_cam, after.world_from_cam)
        yield from _seen_from(thing, old, new, before, after)
        if before.serial != after.serial:
            words = f"is another one: {before.serial} is now {after.serial}"
            yield Difference(thing, "device", words, always=True)
            continue
        yield from _lenses(thing, before, after)
        yield from _readings(thing, before, after)


def _moved(
    thing: str, what: str, before: PoseEntry, after: PoseEntry,
    limits: tuple[float, float] = (PLACE_MM, PLACE_DEG),
) -> Iterator[Difference]:  # fmt: skip
    yield from _moved_by(thing, what, before.pose(), after.pose(), limits)


def _moved_by(
    thing: str, what: str, before: Pose, after: Pose, limits: tuple[float, float]
) -> Iterator[Difference]:
    """Tell by how much an origin went and by what angle its axes turned."""
    far_mm = _clean(1000.0 * float(np.linalg.norm(after.t_m - before.t_m)), 1.0)
    turned = after.R @ before.R.T
    axis = np.array(
        [turned[2, 1] - turned[1, 2], turned[0, 2] - turned[2, 0], turned[1, 0] - turned[0, 1]]
    )
    # By the sine, too: the cosine alone loses angles below a few arc seconds.
    angle = math.atan2(0.5 * float(np.linalg.norm(axis)), 0.5 * (float(np.trace(turned)) - 1.0))
    angle_deg = _clean(math.degrees(angle), 1.0)
    yield Difference(thing, what, f"moved by {_n(far_mm)} mm", far_mm, "mm", None, limits[0])
    yield Difference(
        thing,
        f"{what}, direction",
        f"turned by {_n(angle_deg)}°",
        angle_deg,
        "deg",
        None,
        limits[1],
    )


def _seen_from(
    thing: str, old: Rig, new: Rig, before: CameraCalibration, after: CameraCalibration
) -> Iterator[Difference]:
    """Compare where the mannequin lies in the camera's picture: that counts in a session."""
    lay = before.world_from_cam.pose().inverse() @ old.world_from_mannequin.pose()
    lies = after.world_from_cam.pose().inverse() @ new.world_from_mannequin.pose()
    yield from _moved_by(thing, "mannequin as it sees it", lay, lies, (MANNEQUIN_MM, NORMAL_DEG))


def _lenses(
    thing: str, before: CameraCalibration, after: CameraCalibration
) -> Iterator[Difference]:
    for name in ("depth", "color"):
        was, is_now = getattr(before, name), getattr(after, name)
        seen = {"depth": "depth", "color": "colour"}[name]
        if was is None or is_now is None:
            if was is not is_now:
                words = "is new" if was is None else "is gone"
                yield Difference(thing, f"lens, {seen}", words, always=True)
            continue
        if (was.width_px, was.height_px) != (is_now.width_px, is_now.height_px):
            words = (
                f"{was.width_px}x{was.height_px} is now {is_now.width_px}x{is_now.height_px}: "
                "not compared"
            )
            yield Difference(thing, f"size of picture, {seen}", words, always=True)
            continue
        focal_pct, picture_px = (_clean(v, 1.0) for v in lens_change(was, is_now))
        yield Difference(
            thing, f"focal length, {seen}", f"{_s(focal_pct)} %", focal_pct, "%", None, LENS_PCT
        )
        words = f"points lie up to {_n(picture_px)} px elsewhere"
        yield Difference(thing, f"picture, {seen}", words, picture_px, "px", None, PICTURE_PX)
    was_pose, pose = before.color_from_depth, after.color_from_depth
    if was_pose is not None and pose is not None:
        yield from _moved(thing, "colour sensor from depth sensor", was_pose, pose)


def _readings(
    thing: str, before: CameraCalibration, after: CameraCalibration
) -> Iterator[Difference]:
    def distance_m(camera: CameraCalibration) -> float:
        return camera.depth_scale * DEPTH_AT_M + camera.depth_offset_m

    far_mm = _clean(1000.0 * (distance_m(after) - distance_m(before)), 1.0)
    words = f"{_s(far_mm)} mm at {DEPTH_AT_M:g} m"
    yield Difference(thing, "distance", words, far_mm, "mm", None, DEPTH_MM)
    gain_pct = _clean(100.0 * (after.depth_gain / before.depth_gain - 1.0), 1.0)
    words = f"{_s(gain_pct)} % of a stroke"
    yield Difference(thing, "depth of the chest", words, gain_pct, "%", None, GAIN_PCT)
    late_ms = _clean(1000.0 * (after.latency_s - before.latency_s), 1.0)
    words = f"{_s(late_ms)} ms"
    yield Difference(thing, "latency", words, late_ms, "ms", None, LATENCY_MS)
    heel_mm = 1000.0 * math.dist(before.heel_offset_m, after.heel_offset_m)
    words = f"seen {_n(heel_mm)} mm elsewhere"
    yield Difference(thing, "heel of the hand", words, heel_mm, "mm", None, HEEL_MM)
    base_mm = _clean(1000.0 * (after.baseline_m - before.baseline_m), 1.0)
    words = f"{_s(base_mm)} mm"
    yield Difference(thing, "baseline", words, base_mm, "mm", None, BASELINE_MM)


def _mannequins(
    before: MannequinCalibration | None, after: MannequinCalibration | None
) -> Iterator[Difference]:
    if before is None or after is None:
        if before is not after:
            words = "is new" if before is None else "is gone"
            yield Difference("mannequin", "mannequin", words, always=True)
        return
    thing = f"mannequin {after.serial}"
    if before.serial != after.serial:
        words = f"is another one: {before.serial} is now {after.serial}; curves are not compared"
        yield Difference(thing, "device", words, always=True)
        return
    change_mm, at_mm, sigma_mm = chest_change(before.chest_depth_m, after.chest_depth_m)
    change_mm = _clean(change_mm, 1.0)
    words = f"at most {_s(change_mm)} mm, at {at_mm:.0f} mm"
    yield Difference(thing, "chest's curve", words, change_mm, "mm", sigma_mm, CHEST_MM)
    for k, (was, is_now) in enumerate(zip(before.cell_force_n, after.cell_force_n, strict=True)):
        pct, at_n, sigma_pct = cells_change(was, is_now)
        pct = _clean(pct, 1.0)
        words = f"{_s(pct)} % at {at_n:.0f} N"
        yield Difference(thing, f"cell {k}, force", words, pct, "%", sigma_pct, CELLS_PCT)
        far_mm = 1000.0 * math.dist(
            before.cell_xy_in_mannequin_m[k], after.cell_xy_in_mannequin_m[k]
        )
        words = f"moved by {_n(far_mm)} mm"
        yield Difference(thing, f"cell {k}, place", words, far_mm, "mm", None, CELLS_MM)
    pct, sigma_pct = airway_volume_change_pct(before.airway_flow_ml_s, after.airway_flow_ml_s)
    pct = _clean(pct, 1.0)
    words = f"{_s(pct)} % of a breath of 500 mL"
    yield Difference(thing, "airway, volume", words, pct, "%", sigma_pct, VOLUME_PCT)
    ap_mm = _clean(1000.0 * (after.chest_ap_m - before.chest_ap_m), 1.0)
    yield Difference(thing, "front-to-back diameter", f"{_s(ap_mm)} mm", ap_mm, "mm")


def _lying(old: Rig, new: Rig) -> Iterator[Difference]:
    before, after = old.world_from_mannequin.pose(), new.world_from_mannequin.pose()
    limits = (MANNEQUIN_MM, NORMAL_DEG)
    yield from _moved_by("mannequin", "place in the room", before, after, limits)
    cosine = float(before.R[:, 2] @ after.R[:, 2])
    sine = float(np.linalg.norm(np.cross(before.R[:, 2], after.R[:, 2])))
    tilt_deg = _clean(math.degrees(math.atan2(sine, cosine)), 1.0)
    words = f"tilted by {_n(tilt_deg)}°"
    yield Difference("mannequin", "chest's normal", words, tilt_deg, "deg", None, NORMAL_DEG)


def _plates(old: MarkerLayout | None, new: MarkerLayout | None) -> Iterator[Difference]:
    if old is None or new is None:
        if old is not new:
            words = "are new" if old is None else "are gone"
            yield Difference("marker plates", "plates", words, always=True)
        return
    if old.dictionary != new.dictionary:
        words = f"{old.dictionary} is now {new.dictionary}"
        yield Difference("marker plates", "dictionary", words, always=True)
    before = {m.id: np.array(m.corners_in_mannequin_m) for m in old.markers}
    after = {m.id: np.array(m.corners_in_mannequin_m) for m in new.markers}
    for number in sorted(before.keys() | after.keys()):
        thing = f"marker plate {number}"
        if number not in before or number not in after:
            words = "is new" if number not in before else "is gone"
            yield Difference(thing, "plate", words, always=True)
            continue
        far = np.linalg.norm(after[number] - before[number], axis=1)
        far_mm = _clean(1000.0 * float(far.max()), 1.0)
        words = f"moved by {_n(far_mm)} mm"
        yield Difference(thing, "place on the mannequin", words, far_mm, "mm", None, PLATE_MM)


def _body(old: Rig, new: Rig) -> Iterator[Difference]:
    for what, before, after in (
        ("surface", old.surface, new.surface),
        ("bending of the chest", old.bending, new.bending),
    ):
        if (before is None) != (after is None):
            words = "is new" if before is None else "is gone"
            yield Difference("mannequin", what, words, always=True)
    if old.surface is not None and new.surface is not None:
        far_mm = 1000.0 * surface_change_m(old.surface.cloud(), new.surface.cloud())
        words = f"lies {_n(far_mm)} mm from the old one"
        yield Difference("mannequin", "surface", words, _clean(far_mm, 1.0), "mm", None, SURFACE_MM)
    if old.bending is not None and new.bending is not None:
        before_share, share = old.bending.flat(), new.bending.flat()
        both = (before_share > 0) & (share > 0)
        change = float(np.max(np.abs(share - before_share)[both], initial=0.0))
        words = f"at most {_n(100 * change)} % of the depth"
        yield Difference(
            "mannequin", "bending of the chest", words, change, "", None, BENDING_SHARE
        )


def _steps(old: dict[str, Step], new: dict[str, Step]) -> Iterator[Difference]:
    """Compare what procedures found: stiffness, and all else that has no place in the rig."""
    for key in sorted(old.keys() & new.keys()):
        for item in old[key].found.keys() & new[key].found.keys():
            before, after = old[key].found[item], new[key].found[item]
            if before.unit != after.unit or not _estimated(before, after):
                continue
            yield _step(key, item, before, after)


def _estimated(before: Found, after: Found) -> bool:
    """Tell whether both are estimates; counts and residuals differ each time and mean nothing."""
    return before.sigma is not None and after.sigma is not None


def _step(key: str, item: str, before: Found, after: Found) -> Difference:
    change = _clean(after.value - before.value, max(abs(after.value), abs(before.value)))
    sigma = math.hypot(before.sigma or 0.0, after.sigma or 0.0)
    unit = f" {after.unit}" if after.unit else ""
    words = f"{_s(change)}{unit}: {_n(before.value)} is now {_n(after.value)}"
    return Difference(key, item, words, change, after.unit, sigma)


def _clean(value: float, scale: float) -> float:
    """Leave out what is only how numbers were rounded."""
    return 0.0 if abs(value) < ROUNDING * max(scale, 1e-3) else value


def _n(value: float) -> str:
    """Write a size with three digits, as people read it."""
    if value == 0 or not math.isfinite(value):
        return f"{value:g}"
    digits = max(0, 2 - math.floor(math.log10(abs(value))))
    return f"{value:.{min(digits, 3)}f}"


def _s(value: float) -> str:
    """Write a change with its sign."""
    text = _n(abs(value))
    if value == 0 or float(text) == 0:
        return text
    return ("+" if value > 0 else "−") + text
