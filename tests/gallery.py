"""What tracking makes of good and of bad views: ``python -m tests.gallery FILE.jpg``.

Simulated cameras watch simulated learners; each case shows the colour picture and the depth
picture (near is red, black is not measured) with what the tracker tells of that very frame
drawn on it, beside what is true. docs/guides/technician/tracking.jpg is from here.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt

from calibration.simulated.quick import calibrate_simulated
from mr.files import write_whole
from mr.geometry.camera import Camera
from mr.rig import CameraCalibration, Rig
from mr.sim.camera import M_PER_COUNT, SimImager
from mr.sim.learner import LearnerStyle, make_script, style_named
from mr.sim.limbs import Physique
from mr.sim.plant import Bench
from mr.sim.rig import CameraPlace, make_sim_rigs, sim_calibration
from mr.sim.script import Script
from mr.tracking.tracker import CameraTracker
from mr.types import (
    Arrival,
    ChestObservation,
    ColorFrame,
    DepthFrame,
    FloatArray,
    HandSample,
    MannequinPose,
    Pose,
    Stamp,
)

HZ, WATCHED_S = 15.0, 3.5
GOOD = CameraPlace(0.7, 30.0, 0.0)
CROP = (slice(0, 480), slice(104, 744))
"""Rows and columns of a picture that are shown: its sides are the floor."""
WORDS_PX, TILE_SHARE = 84, 0.62
INK, PAPER, WARN = (245, 245, 245), (32, 28, 26), (90, 200, 255)
AXES = (((0, 0, 255), "left"), ((0, 220, 0), "head"), ((255, 160, 40), "normal"))
AXIS_M = 0.08
HANDS_M = 0.06
"""What is seen over the heel is the back of the upper hand: it is drawn where the chest is."""
FONT = cv2.FONT_HERSHEY_SIMPLEX

Bgr = npt.NDArray[np.uint8]


@dataclass(frozen=True)
class Case:
    """One view: who presses, who watches, and when it is looked at."""

    name: str
    place: CameraPlace = GOOD
    style: LearnerStyle = field(default_factory=lambda: style_named("good"))
    physique: Physique = field(default_factory=Physique)
    at_s: Callable[[Script], float] = lambda script: script.compressions[7].peak_s
    bump_m: tuple[float, float, float] = (0.0, 0.0, 0.0)
    """How far somebody runs into the camera, just before the eighth compression's peak."""


def cases() -> list[Case]:
    """Give the views, good ones first."""
    near = replace(style_named("good"), offset_mm=(15.0, 70.0))
    beside = replace(style_named("good"), offset_mm=(20.0, 190.0))
    above = CameraPlace(0.7, 8.0, 0.0)
    return [
        Case("bare chest", at_s=lambda script: 1.0),
        Case("hands rest", at_s=lambda script: script.compressions[0].onset_s - 0.1),
        Case("full compression"),
        Case("full compression, from 50 degrees around", CameraPlace(0.7, 30.0, 50.0)),
        Case("release, gloves", physique=Physique(gloves=True), at_s=_release),
        Case("a bystander's hand on the belly", physique=Physique(bystander_heel_m=(0.0, -0.2, 0))),
        Case("hands 7 cm towards the head", style=near),
        Case("hands at the throat", style=beside),
        Case("camera too flat (60 deg)", CameraPlace(0.7, 60.0, 0.0)),
        Case("camera beside the learner's shoulder", CameraPlace(0.7, 30.0, 120.0)),
        Case("camera too far (1.2 m)", CameraPlace(1.2, 30.0, 0.0)),
        Case("learner's head in the way", above, physique=Physique(head_forward_m=0.30)),
        Case("camera just bumped by 20 mm", bump_m=(0.01, 0.008, -0.015)),
        Case("camera bumped, a second later", at_s=_later, bump_m=(0.01, 0.008, -0.015)),
    ]


def _release(script: Script) -> float:
    return script.compressions[7].release_s


def _later(script: Script) -> float:
    return script.compressions[7].peak_s + 0.8


def picture_of(case: Case) -> Bgr:
    """Watch a case up to its instant, and draw what is told then."""
    script = make_script(case.style, compressing_s=5.0, seed=7)
    sim = make_sim_rigs({"side": case.place})["side"]
    rig = calibrated()
    rig = rig.model_copy(
        update={"cameras": {"side": sim_calibration(sim)}, "markers": sim.marker_layout()}
    )
    tracker = CameraTracker(rig, "side")
    end_s = case.at_s(script)
    world = sim.camera.world_from_cam
    run_into = replace(sim.camera, world_from_cam=Pose(world.R, world.t_m + np.array(case.bump_m)))
    imagers = [
        SimImager(s, script, 7, physique=case.physique)
        for s in (sim, replace(sim, camera=run_into))
    ]
    bumped_s = script.compressions[7].peak_s - 1.5 / HZ if any(case.bump_m) else np.inf
    told: list[object] = []
    for k, t_s in enumerate(
        np.arange(end_s - round(min(end_s, WATCHED_S) * HZ) / HZ, end_s, 1 / HZ)
    ):
        told += look(tracker, imagers[int(bumped_s < t_s)], k, float(t_s))
    imager = imagers[int(bumped_s < end_s)]
    told += look(tracker, imager, len(told), end_s)
    return tile(case, rig.cameras["side"], imager, end_s, told)


def look(tracker: CameraTracker, imager: SimImager, k: int, t_s: float) -> list[object]:
    """Let the tracker see one instant in colour and depth; gives what it tells."""
    t_ns = 10**9 + round(t_s * 1e9)
    arrival = Arrival("cam_side.depth", k, t_ns // 1000, t_ns)
    told: list[object] = []
    told += tracker.step(ColorFrame(arrival, "side", imager.bgr(t_s)), Stamp(t_ns, 0))
    depth = DepthFrame(arrival, "side", imager.depth_counts(t_s), M_PER_COUNT)
    told += tracker.step(depth, Stamp(t_ns, 0))
    return told


_RIGS: dict[str, Rig] = {}


def calibrated() -> Rig:
    """Give the rig as its good camera calibrated it: layout, surface, and where it lies."""
    if "rig" not in _RIGS:
        sim = make_sim_rigs({"side": GOOD})["side"]
        _RIGS["rig"] = calibrate_simulated(sim, Bench(7), seed=7, with_motion=False)
    return _RIGS["rig"]


def tile(
    case: Case, lens: CameraCalibration, imager: SimImager, t_s: float, told: list[object]
) -> Bgr:
    """Draw one case: both pictures, what was told last, and what is true."""
    pose = [s for s in told if isinstance(s, MannequinPose)][-1]
    chest = [s for s in told if isinstance(s, ChestObservation)][-1]
    hand = [s for s in told if isinstance(s, HandSample)][-1]
    assert lens.color is not None and lens.color_from_depth is not None
    in_depth = lens.world_from_cam.pose().inverse() @ pose.world_from_mannequin
    in_color = lens.color_from_depth.pose() @ in_depth
    pictures = (
        (imager.bgr(t_s).copy(), Camera(lens.color), in_color),
        (false_color(imager.depth_counts(t_s)), Camera(lens.depth), in_depth),
    )
    for picture, camera, cam_from_mannequin in pictures:
        draw(picture, camera, cam_from_mannequin, hand, pose.valid)
    both = np.concatenate([p[CROP] for p, _, _ in pictures], axis=1)
    both = cv2.resize(both, None, fx=TILE_SHARE, fy=TILE_SHARE, interpolation=cv2.INTER_AREA)
    under = np.full((WORDS_PX, both.shape[1], 3), PAPER, np.uint8)
    pressed_mm = 1e3 * float(imager.script.chest_depth_m(t_s))
    lines = [(f"{case.name}: chest pressed {pressed_mm:.0f} mm", INK)]
    lines.append(_chest_words(chest))
    lines.append((pose.why, WARN) if pose.why else (f"mannequin seen by its {pose.source}", INK))
    for k, (text, color) in enumerate(lines):
        cv2.putText(under, text, (10, 24 + 25 * k), FONT, 0.52, color, 1, cv2.LINE_AA)
    return np.asarray(np.concatenate([both, under]), np.uint8)


def _chest_words(chest: ChestObservation) -> tuple[str, tuple[int, int, int]]:
    if chest.surface_z_m is None:
        return f"hands {chest.hands}: {chest.why}", WARN
    where = "bare chest" if chest.hands == "off" else "back of the hand"
    z_mm, sigma_mm = 1e3 * chest.surface_z_m, 1e3 * chest.sigma_m
    return (
        f"hands {chest.hands}, {where} at {z_mm:+.1f} mm, noise {sigma_mm:.2f} mm, {chest.n_px} px",
        INK,
    )


def draw(
    picture: Bgr, camera: Camera, cam_from_mannequin: Pose, hand: HandSample, valid: bool
) -> None:
    """Draw the mannequin's axes at the compression point, and the heel where it was told."""
    ends = np.concatenate([np.zeros((1, 3)), AXIS_M * np.eye(3)])
    origin, *tips = _pixels(camera, cam_from_mannequin, ends)
    for tip, (color, name) in zip(tips, AXES, strict=True):
        cv2.line(picture, origin, tip, color if valid else WARN, 3 if valid else 1, cv2.LINE_AA)
        for thick, ink in ((4, (0, 0, 0)), (1, color)):
            cv2.putText(picture, name, (tip[0] + 6, tip[1]), FONT, 0.55, ink, thick, cv2.LINE_AA)
    if hand.heel_in_mannequin_m is None:
        return
    heel = np.array(hand.heel_in_mannequin_m) - [0.0, 0.0, HANDS_M * (not hand.why)]
    turn = np.linspace(0.0, 2 * np.pi, 40)
    ring = heel + hand.sigma_m * np.stack([np.cos(turn), np.sin(turn), 0 * turn], axis=1)
    outline = np.array(_pixels(camera, cam_from_mannequin, ring), np.int32)
    color = WARN if hand.why else INK
    cv2.polylines(picture, [outline], True, (0, 0, 0), 5, cv2.LINE_AA)
    cv2.polylines(picture, [outline], True, color, 2, cv2.LINE_AA)
    ((x, y),) = _pixels(camera, cam_from_mannequin, heel[None])
    cv2.drawMarker(picture, (x, y), color, cv2.MARKER_CROSS, 14, 2)


def _pixels(
    camera: Camera, cam_from_mannequin: Pose, points_m: FloatArray
) -> list[tuple[int, int]]:
    return [(int(x), int(y)) for x, y in camera.project(cam_from_mannequin.apply(points_m)).round()]


def false_color(counts: npt.NDArray[np.uint16]) -> Bgr:
    """Turn a depth picture into colours; black is not measured."""
    z = counts * M_PER_COUNT
    low, high = np.percentile(z[counts > 0], (1, 95))
    share = np.clip((z - low) / (high - low), 0.0, 1.0)
    picture = cv2.applyColorMap((255 * (1.0 - share)).astype(np.uint8), cv2.COLORMAP_TURBO)
    picture[counts == 0] = 0
    return np.asarray(picture, np.uint8)


def main() -> None:
    """Draw all cases, two side by side, into one file."""
    (name,) = sys.argv[1:]
    tiles = []
    for case in cases():
        print(f"watching: {case.name}", flush=True)
        tiles.append(np.pad(picture_of(case), ((0, 10), (0, 10), (0, 0))))
    rows = [np.concatenate(tiles[k : k + 2], axis=1) for k in range(0, len(tiles), 2)]
    sheet = np.concatenate(rows)
    data = cv2.imencode(".jpg", sheet, [cv2.IMWRITE_JPEG_QUALITY, 80])[1].tobytes()
    write_whole(Path(name), data)


if __name__ == "__main__":
    main()
