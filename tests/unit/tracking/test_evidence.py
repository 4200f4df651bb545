"""Landmarks as evidence: sides by a vote, a heel that is doubted, a bystander, never depth."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from itertools import permutations

import numpy as np
import pytest

from mr.geometry.camera import Camera
from mr.rig import CameraCalibration, PoseEntry
from mr.tracking.evidence import FEWEST, REMEMBERED_S, TOLERANCE_M, HandEvidence
from mr.types import Arrival, DepthFrame, FloatArray, HandLandmarks, HandSample, Pose, Stamp
from tests.unit.tracking.test_tracker import ABOVE, COLOR, DEPTH

COLOR_FROM_DEPTH = Pose(np.eye(3), np.array([0.015, 0.0, 0.0]))
CAM_FROM_MANNEQUIN = ABOVE.inverse()
CALIBRATION = CameraCalibration(
    serial="1",
    depth=DEPTH,
    color=COLOR,
    color_from_depth=PoseEntry.of(COLOR_FROM_DEPTH),
    baseline_m=0.05,
    world_from_cam=PoseEntry.of(ABOVE),
)
HEEL = (0.01, -0.02, 0.05)
EVERY_NS = 100_000_000


def frame_at(height_m: float) -> DepthFrame:
    """Give a depth image in which all lies at one height over the chest."""
    counts = np.full((240, 320), round((0.7 - height_m) * 1e4), np.uint16)
    return DepthFrame(Arrival("cam_a.depth", 0, 0, 0), "a", counts, 1e-4)


def sample(t_ns: int, heel: tuple[float, float, float] | None = HEEL, side: str = "unknown"):
    why = "" if heel else "no forearm is seen"
    sigma_m = 0.006 if heel else float("nan")
    return HandSample(Arrival("cam_a.hand", 0, 0, 0), Stamp(t_ns, 1), "a", heel, sigma_m, side, why)


def marks(
    t_ns: int, wrist: FloatArray, side: str = "left", trust: float = 0.95, turn_rad: float = 0.0
) -> HandLandmarks:
    """Give landmarks of a hand that lies at a wrist, its middle knuckle 90 mm further."""
    along = 0.09 * np.array([np.cos(turn_rad), np.sin(turn_rad), 0.0])
    points = np.tile(wrist, (21, 1)) + np.linspace(0, 1, 21)[:, None] * 2 * along
    points[9] = wrist + along
    for knuckle, across in ((5, -0.02), (13, 0.02), (17, 0.035)):
        points[knuckle] = points[9] + np.array([0.0, across, 0.0])
    in_color = (COLOR_FROM_DEPTH @ CAM_FROM_MANNEQUIN).apply(points)
    pixels = Camera(COLOR).project(in_color)
    return HandLandmarks(
        Arrival("cam_a.landmarks", 0, 0, 0), Stamp(t_ns, 1), "a", pixels, trust, side
    )


def wrist_at(dx_m: float = -0.02, dy_m: float = 0.0, z_m: float = 0.05) -> FloatArray:
    return np.array([HEEL[0] + dx_m, HEEL[1] + dy_m, z_m])


Hands = Callable[[int, int], list[HandLandmarks]]


def session(
    hands: Hands, n: int = 12, height_m: float = 0.05, heel=HEEL, side: str = "unknown"
) -> tuple[HandSample, HandEvidence]:
    """Fold n depth frames, with the hands of each picture coming a frame later."""
    evidence = HandEvidence(CALIBRATION)
    frame = frame_at(height_m)
    told = sample(0)
    for k in range(n):
        told = evidence.judge(sample(k * EVERY_NS, heel, side), frame)
        for found in hands(k, k * EVERY_NS):
            evidence.see(found, CAM_FROM_MANNEQUIN)
    last = sample((n - 1) * EVERY_NS + 1, heel, side)
    told = evidence.judge(last, frame)
    assert told.heel_in_mannequin_m == last.heel_in_mannequin_m, "never the value"
    return told, evidence


def test_points_are_lifted_to_where_they_are() -> None:
    evidence = HandEvidence(CALIBRATION)
    evidence.judge(sample(0), frame_at(0.05))
    seen = evidence.see(marks(1, wrist_at(), turn_rad=0.4), CAM_FROM_MANNEQUIN)
    assert seen is not None
    assert seen.place == "chest"
    assert seen.wrist_m == pytest.approx(wrist_at(), abs=0.001)
    assert seen.away_m is not None and seen.away_m < 0.01
    along = (seen.knuckle_m - seen.wrist_m)[:2]
    assert along / np.linalg.norm(along) == pytest.approx([np.cos(0.4), np.sin(0.4)], abs=0.01)


@pytest.mark.parametrize("side", ["left", "right"])
def test_one_hand_gets_its_side(side: str) -> None:
    told, _ = session(lambda k, t: [marks(t, wrist_at(), side)])
    assert told.side == side
    assert told.sigma_m == 0.006
    assert not told.why


@pytest.mark.parametrize(
    "sides",
    [
        lambda k: "left" if k % 2 else "right",
        lambda k: "left" if k % 4 else "right",
        lambda k: "unknown",
    ],
    ids=["flips", "a quarter flips", "never told"],
)
def test_a_side_that_flips_stays_unknown(sides: Callable[[int], str]) -> None:
    assert session(lambda k, t: [marks(t, wrist_at(), sides(k))])[0].side == "unknown"


def test_few_looks_say_nothing() -> None:
    def few(k: int, t_ns: int) -> list[HandLandmarks]:
        return [marks(t_ns, wrist_at())] if k < FEWEST - 1 else []

    def enough(k: int, t_ns: int) -> list[HandLandmarks]:
        return [marks(t_ns, wrist_at())] if k < FEWEST else []

    assert session(few)[0].side == "unknown"
    assert session(enough)[0].side == "left"


def test_old_looks_are_forgotten() -> None:
    evidence = HandEvidence(CALIBRATION)
    for k in range(8):
        evidence.judge(sample(k * EVERY_NS), frame_at(0.05))
        evidence.see(marks(k * EVERY_NS, wrist_at()), CAM_FROM_MANNEQUIN)
    just = 7 * EVERY_NS + round(1e9 * REMEMBERED_S / 4)
    assert evidence.judge(sample(just), frame_at(0.05)).side == "left"
    later = 8 * EVERY_NS + round(1e9 * REMEMBERED_S)
    assert evidence.judge(sample(later), frame_at(0.05)).side == "unknown"
    assert not evidence._looks


def test_two_hands_are_both_and_two_arms_stay_both() -> None:
    def two(k: int, t_ns: int) -> list[HandLandmarks]:
        return [
            marks(t_ns, wrist_at(), "left"),
            marks(t_ns, wrist_at(dy_m=0.02), "right"),
        ]

    assert session(two)[0].side == "both"
    assert session(lambda k, t: two(k, t) if k % 3 == 0 else two(k, t)[:1])[0].side != "both"
    one = session(lambda k, t: [marks(t, wrist_at(), "left")], side="both")[0]
    assert one.side == "both", "depth sees two arms: landmarks see the upper hand only"


@pytest.mark.parametrize("away_m", [0.06, 0.10])
def test_landmarks_elsewhere_widen_sigma_and_say_so(away_m: float) -> None:
    told, _ = session(lambda k, t: [marks(t, wrist_at(dy_m=away_m))])
    assert told.sigma_m == pytest.approx(np.hypot(0.006, away_m / 2), rel=0.05)
    assert f"{1e3 * away_m:.0f} mm from the heel" in told.why
    assert told.side == "unknown"
    # The controls: within the tolerance, sometimes elsewhere only, or another hand beside.
    near, _ = session(lambda k, t: [marks(t, wrist_at(dy_m=0.9 * TOLERANCE_M))])
    mixed, _ = session(lambda k, t: [marks(t, wrist_at(dy_m=away_m if k % 2 else 0.0))])
    beside, _ = session(lambda k, t: [marks(t, wrist_at()), marks(t, wrist_at(dy_m=away_m))])
    for fine in (near, mixed, beside):
        assert fine.sigma_m == 0.006
        assert not fine.why


def test_a_bystanders_hands_between_camera_and_chest_are_ignored() -> None:
    """In the picture they cover the chest; in depth they lie far over it."""

    def hands(k: int, t_ns: int) -> list[HandLandmarks]:
        return [marks(t_ns, wrist_at(dx_m=-0.06, z_m=0.42))]

    told, evidence = session(hands, height_m=0.42)
    seen = [hand for look in evidence._looks.values() for hand in look]
    assert {hand.place for hand in seen} == {"away"}
    assert told == sample((12 - 1) * EVERY_NS + 1)
    # The control: the same pixels with the hand on the chest do count.
    told, evidence = session(hands, height_m=0.05)
    seen = [hand for look in evidence._looks.values() for hand in look]
    assert {hand.place for hand in seen} == {"chest"}
    assert told != sample((12 - 1) * EVERY_NS + 1)


def test_hands_off_in_depth_but_seen_is_said() -> None:
    told, _ = session(lambda k, t: [marks(t, wrist_at())], heel=None)
    assert told.heel_in_mannequin_m is None
    assert told.why == "no forearm is seen; hand landmarks see a hand over the chest"
    told, _ = session(lambda k, t: [], heel=None)
    assert told.why == "no forearm is seen"


def test_without_depth_at_the_hand_nothing_is_concluded() -> None:
    holes = replace(frame_at(0.05), depth_counts=np.zeros((240, 320), np.uint16))
    evidence = HandEvidence(CALIBRATION)
    for k in range(10):
        told = evidence.judge(sample(k * EVERY_NS), holes)
        seen = evidence.see(marks(k * EVERY_NS, wrist_at()), CAM_FROM_MANNEQUIN)
        assert seen is not None and seen.place == "unknown"
        assert told == sample(k * EVERY_NS)


def test_the_order_in_which_looks_come_in_does_not_matter() -> None:
    looks = [marks(k * EVERY_NS, wrist_at(), "left" if k else "right", 0.9) for k in range(6)]
    told = set()
    for order in list(permutations(range(6)))[::90]:
        evidence = HandEvidence(CALIBRATION)
        for k in range(8):
            evidence.judge(sample(k * EVERY_NS), frame_at(0.05))
        for k in order:
            evidence.see(looks[k], CAM_FROM_MANNEQUIN)
        told.add(evidence.judge(sample(8 * EVERY_NS), frame_at(0.05)))
    assert len(told) == 1


@pytest.mark.parametrize(
    "pixels",
    [np.full((21, 2), np.nan), np.full((21, 2), 1e9), np.full((21, 2), -5.0), np.zeros((0, 2))],
)
def test_odd_landmarks_do_no_harm(pixels: FloatArray) -> None:
    evidence = HandEvidence(CALIBRATION)
    for k in range(10):
        assert evidence.judge(sample(k * EVERY_NS), frame_at(0.05)) == sample(k * EVERY_NS)
        found = replace(marks(k * EVERY_NS, wrist_at()), landmarks_px=pixels)
        evidence.see(found, CAM_FROM_MANNEQUIN)


def test_a_camera_without_colour_passes_samples_unchanged() -> None:
    bare = CALIBRATION.model_copy(update={"color": None, "color_from_depth": None})
    evidence = HandEvidence(bare)
    assert evidence.see(marks(0, wrist_at()), CAM_FROM_MANNEQUIN) is None
    same = sample(5)
    assert evidence.judge(same, frame_at(0.05)) is same


# --- places for where a headset lies --------------------------------------------------------


def test_places_are_lifted_by_the_depth_of_their_picture() -> None:
    """The hand has gone up since: the newest depth frame would put it elsewhere."""
    evidence = HandEvidence(CALIBRATION)
    for k in range(6):
        evidence.judge(sample(k * 30_000_000), frame_at(0.05 + 0.03 * k))
    seen = evidence.see(marks(31_000_000, wrist_at(z_m=0.08)), CAM_FROM_MANNEQUIN)
    assert seen is not None
    assert seen.points_m[0] == pytest.approx(wrist_at(z_m=0.08), abs=0.001)
    assert seen.points_m[:, 2] == pytest.approx(0.08, abs=0.001)
    # 3.5 px at 0.62 m, seen by a lens of 300 px.
    assert seen.sigma_m == pytest.approx(3.5 * 0.62 / 300, rel=0.02)
    newest = evidence.see(marks(150_000_000, wrist_at(z_m=0.08)), CAM_FROM_MANNEQUIN)
    assert newest is not None
    assert np.abs(newest.points_m[:, 2] - 0.08).min() > 0.05  # the control


def test_a_picture_without_depth_of_its_time_tells_no_place() -> None:
    evidence = HandEvidence(CALIBRATION)
    evidence.judge(sample(0), frame_at(0.05))
    late = evidence.see(marks(200_000_000, wrist_at()), CAM_FROM_MANNEQUIN)
    assert late is not None
    assert np.isnan(late.points_m).all()
