"""Verdicts on a mount: each one reachable, at its limits; and what is said of nothing."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from pydantic import ValidationError

from mr.errors import CalibrationError
from mr.rig import CameraCalibration, Intrinsics, PoseEntry
from mr.tracking.mount import MountReport, MountWatch
from mr.tracking.mount_facts import LIMITS, MountFacts, MountLimits, Verdict
from mr.tracking.mount_verdict import KNEEL, MountItem, judge, overall
from mr.tracking.mount_view import CHEST_BOX_M, MountView, Standpoint, side_of, standpoint
from mr.types import Arrival, ColorFrame, DepthFrame, Pose

LENS = Intrinsics(width_px=212, height_px=120, fx_px=106.0, fy_px=106.0, cx_px=105.5, cy_px=59.5)
CAMERA = CameraCalibration(
    serial="1", depth=LENS, baseline_m=0.05, world_from_cam=PoseEntry.of(Pose.identity())
)
M_PER_COUNT = 1e-4


def place(distance_m: float = 0.70, tilt_deg: float = 30.0, azimuth_deg: float = 0.0) -> Standpoint:
    return Standpoint(distance_m, float(np.radians(tilt_deg)), float(np.radians(azimuth_deg)))


GOOD = MountFacts(
    pose_from="markers",
    why="",
    place=place(),
    middle_m=0.70,
    middle_valid_share=1.0,
    in_picture_share=1.0,
    chest_px=15000,
    chest_valid_share=0.95,
    arms_valid_share=0.90,
    hidden_now_share=0.0,
    hidden_share=0.0,
    unseen_now_share=0.05,
    blocked_share=0.0,
    hidden_by=None,
    learner_azimuth_rad=float(np.pi),
    markers_seen=5,
    markers_total=5,
    sigma_m=0.0004,
    rate_hz=60.0,
    brightness=110.0,
    seen_s=10.0,
)


def item(key: str, **changed: Any) -> MountItem:
    return next(i for i in judge(replace(GOOD, **changed)) if i.key == key)


def report(facts: MountFacts) -> MountReport:
    items = judge(facts)
    return MountReport("side", facts, items, overall(items))


# --- verdicts ------------------------------------------------------------------------------


def test_a_good_mount_is_good_in_every_item() -> None:
    assert [i.key for i in judge(GOOD) if i.verdict != "good" or i.advice] == []
    assert report(GOOD).verdict == "good"
    assert report(GOOD).advice == ""


@pytest.mark.parametrize(
    ("key", "changed", "verdict", "advice"),
    [
        ("aim", {"in_picture_share": 0.8}, "usable", "put it in the picture's middle"),
        ("aim", {"in_picture_share": 0.5}, "bad", "put it in the picture's middle"),
        ("distance", {"place": place(0.85)}, "usable", "move it 10 cm nearer"),
        ("distance", {"place": place(0.96)}, "bad", "move it 25 cm nearer"),
        ("distance", {"place": place(0.50)}, "usable", "move it 5 cm away"),
        ("distance", {"place": place(0.35)}, "bad", "move it 20 cm away"),
        ("tilt", {"place": place(tilt_deg=43)}, "usable", "raise it: 43°"),
        ("tilt", {"place": place(tilt_deg=52)}, "bad", "raise it: 52°"),
        ("tilt", {"place": place(tilt_deg=15)}, "usable", "lower it to the side: 15°"),
        ("tilt", {"place": place(tilt_deg=4)}, "bad", "lower it to the side: 4°"),
        ("side", {"place": place(azimuth_deg=90)}, "usable", "mannequin's left side"),
        ("side", {"place": place(azimuth_deg=175)}, "bad", "mannequin's left side"),
        ("side", {"learner_azimuth_rad": 0.1}, "bad", "mannequin's right side"),
        ("side", {"learner_azimuth_rad": None}, "unknown", "body is not in the picture"),
        ("side", {"learner_azimuth_rad": None, "blocked_share": None}, "unknown", KNEEL),
        ("sight", {"blocked_share": 0.05}, "usable", "too near to have depth hides the chest 5 %"),
        (
            "sight",
            {
                "blocked_share": 0.4,
                "hidden_by": "head or shoulders",
                "place": place(azimuth_deg=90),
            },
            "bad",
            "turn it to the mannequin's left side: the learner's head or shoulders hide the "
            "chest 40 % of the time",
        ),
        ("sight", {"blocked_share": 0.4}, "bad", "lower it, away from the learner's head"),
        ("sight", {"blocked_share": None}, "unknown", KNEEL),
        ("chest", {"chest_valid_share": 0.8}, "usable", "glare"),
        ("chest", {"chest_valid_share": 0.3}, "bad", "glare"),
        ("chest", {"chest_valid_share": 0.3, "blocked_share": 1.0}, "bad", "first clear the sight"),
        ("arms", {"arms_valid_share": 0.8}, "usable", "glare"),
        ("arms", {"arms_valid_share": 0.3}, "bad", "glare"),
        ("markers", {"markers_seen": 2}, "usable", "turn the plates"),
        ("markers", {"markers_seen": 1}, "bad", "turn the plates"),
        ("markers", {"markers_seen": None}, "unknown", "no colour picture"),
        ("markers", {"markers_total": None}, "unknown", "--rig"),
        ("noise", {"sigma_m": 0.0008}, "usable", "nearer"),
        ("noise", {"sigma_m": 0.0012}, "bad", "nearer"),
        ("noise", {"sigma_m": None}, "unknown", "too few frames"),
        ("rate", {"rate_hz": 30.0}, "usable", "USB 3"),
        ("rate", {"rate_hz": 15.0}, "bad", "USB 3"),
        ("rate", {"rate_hz": None}, "unknown", "too few frames"),
        ("light", {"brightness": 40.0}, "usable", "more light"),
        ("light", {"brightness": 10.0}, "bad", "more light"),
        ("light", {"brightness": 250.0}, "bad", "dim the light"),
        ("light", {"brightness": None}, "unknown", "no colour picture"),
    ],
)
def test_every_verdict_says_what_to_do(
    key: str, changed: dict[str, Any], verdict: Verdict, advice: str
) -> None:
    found = item(key, **changed)
    assert found.verdict == verdict, found
    assert advice in found.advice
    assert found.found
    # Nothing else is judged by it but what follows from it.
    others = {i.key for i in judge(replace(GOOD, **changed)) if i.verdict != "good"}
    assert others <= {key, "sight", "side"}


@pytest.mark.parametrize(
    ("key", "fact", "good", "usable"),
    [
        (
            "chest",
            "chest_valid_share",
            LIMITS.chest_valid_good_share,
            LIMITS.chest_valid_usable_share,
        ),
        ("arms", "arms_valid_share", LIMITS.arms_valid_good_share, LIMITS.arms_valid_usable_share),
        ("rate", "rate_hz", LIMITS.rate_good_hz, LIMITS.rate_usable_hz),
        ("sight", "blocked_share", LIMITS.blocked_good_share, LIMITS.blocked_usable_share),
        ("noise", "sigma_m", LIMITS.sigma_good_m, LIMITS.sigma_usable_m),
    ],
)
def test_a_limit_itself_is_inside(key: str, fact: str, good: float, usable: float) -> None:
    worse = -1e-6 if good > usable else 1e-6
    assert item(key, **{fact: good}).verdict == "good"
    assert item(key, **{fact: good + worse}).verdict == "usable"
    assert item(key, **{fact: usable}).verdict == "usable"
    assert item(key, **{fact: usable + worse}).verdict == "bad"


def test_distance_and_tilt_are_judged_as_they_are_shown() -> None:
    assert item("distance", place=place(LIMITS.distance_good_m[1] + 0.004)).verdict == "good"
    assert item("distance", place=place(LIMITS.distance_good_m[1] + 0.011)).verdict == "usable"
    assert item("tilt", place=place(tilt_deg=LIMITS.tilt_good_deg[0] - 0.4)).verdict == "good"
    assert item("tilt", place=place(tilt_deg=LIMITS.tilt_good_deg[0] - 1)).verdict == "usable"


def test_a_rough_tilt_is_judged_roughly() -> None:
    steep = place(tilt_deg=50)
    assert item("tilt", place=steep).verdict == "bad"
    assert item("tilt", place=steep, pose_from="picture").verdict == "usable"
    assert item("tilt", place=place(tilt_deg=58), pose_from="picture").verdict == "bad"


def test_without_markers_no_side_is_named() -> None:
    facts = replace(GOOD, pose_from="picture", markers_total=None)
    assert facts.side is None and facts.learner_side is None
    found = item("side", pose_from="picture", place=place(azimuth_deg=170))
    assert found.verdict == "bad"
    assert found.advice == "put it on the side opposite the learner"
    assert "left" not in found.found and "right" not in found.found


def test_a_chest_seen_a_while_ago_says_nothing_of_the_aim_now() -> None:
    guessed: dict[str, Any] = {"pose_from": "picture", "why": "rough"}
    assert item("aim", **guessed).verdict == "good"
    gone = item("aim", **guessed, middle_valid_share=0.2)
    assert gone.verdict == "unknown"
    assert "nothing gives depth in the middle" in gone.found
    assert "aim at the sternum" in gone.advice
    assert report(replace(GOOD, middle_valid_share=0.2, **guessed)).verdict == "unknown"
    assert item("aim", middle_valid_share=0.2).verdict == "good", "markers know where it is"


def test_one_bad_item_makes_a_bad_mount_and_is_named_first() -> None:
    bad = replace(GOOD, rate_hz=10.0, brightness=40.0)
    assert report(bad).verdict == "bad"
    assert "USB 3" in report(bad).advice


def test_what_nobody_has_tried_does_not_count_but_is_said() -> None:
    untried = replace(GOOD, learner_azimuth_rad=None, blocked_share=None)
    assert report(untried).verdict == "good"
    assert report(untried).advice == KNEEL


def test_limits_are_strict() -> None:
    with pytest.raises(ValidationError, match="distance_godo_m"):
        MountLimits.model_validate({"distance_godo_m": (0.1, 0.2)})
    with pytest.raises(ValidationError, match="window_s"):
        MountLimits(window_s=0.0)


@pytest.mark.parametrize(
    ("azimuth_deg", "side"),
    [
        (0, "left"),
        (44, "left"),
        (46, "head end"),
        (180, "right"),
        (-180, "right"),
        (-90, "foot end"),
    ],
)
def test_sides(azimuth_deg: float, side: str) -> None:
    assert side_of(float(np.radians(azimuth_deg))) == side


# --- one camera straight above a flat chest ------------------------------------------------


def above(height_m: float) -> Pose:
    """Give ``cam_from_mannequin`` of a camera straight above the sternum."""
    return Pose(np.diag([1.0, -1.0, -1.0]), np.array([0.0, 0.0, height_m]))


def depth(seq: int, t_s: float, metres: float | np.ndarray) -> DepthFrame:
    counts = np.full((LENS.height_px, LENS.width_px), 0, dtype=np.uint16)
    counts[:] = np.rint(np.asarray(metres) / M_PER_COUNT)
    return DepthFrame(Arrival("cam_a.depth", seq, seq, 0), "a", counts, M_PER_COUNT)


def watched(
    frames: list[tuple[int, float, float | np.ndarray]], pose: Pose | None = None
) -> MountReport:
    watch = MountWatch(CAMERA, calibrated=pose)
    for seq, t_s, metres in frames:
        watch.step(depth(seq, t_s, metres), round(t_s * 1e9))
    return watch.report()


def test_nothing_seen_is_unknown_and_says_so() -> None:
    for found in (MountWatch(CAMERA).report(), watched([(6 * k, 0.1 * k, 0.0) for k in range(30)])):
        assert found.verdict == "unknown"
        assert {i.verdict for i in found.items if i.key != "rate"} == {"unknown"}
        assert all(i.advice or i.key == "rate" for i in found.items)
        assert found.facts.place is None and found.facts.sigma_m is None
        assert found.advice


def test_a_flat_chest_in_the_middle_is_found_without_any_calibration() -> None:
    found = watched([(k, 0.1 * k, 0.62) for k in range(30)])
    facts = found.facts
    assert facts.pose_from == "picture" and facts.place is not None
    assert facts.place.distance_m == pytest.approx(0.62, abs=0.001)
    assert np.degrees(facts.place.tilt_rad) < 1.0
    assert facts.chest_valid_share == 1.0 and facts.unseen_now_share == 0.0
    assert facts.blocked_share is None  # nobody was there


def test_what_is_no_chest_is_not_taken_for_one() -> None:
    """Negative control: rough ground of the same distance gives a distance and no pose."""
    rough = 0.62 + 0.03 * np.random.default_rng(1).standard_normal((120, 212))
    found = watched([(6 * k, 0.1 * k, rough) for k in range(10)])
    assert found.facts.place is None
    assert found.facts.middle_m == pytest.approx(0.62, abs=0.01)
    assert "no bare chest" in found.facts.why
    assert found.verdict == "unknown"


def head_over(metres: float, width_px: int) -> np.ndarray:
    """Give a chest at 0.7 m with a head over its middle."""
    image = np.full((120, 212), 0.7)
    image[45:75, 106 - width_px : 106 + width_px] = metres
    return image


def test_the_share_of_the_time_in_which_the_chest_is_hidden() -> None:
    free, hidden = head_over(0.7, 0), head_over(0.15, 60)
    free[:40, 40:170] = hidden[:40, 40:170] = 0.3  # shoulders, at the side
    arms = free.copy()
    arms[35:85, 90:122] = 0.53  # forearms, 17 cm over the chest
    frames = [(k, 0.1 * k, hidden if k % 5 == 0 else arms) for k in range(100)]
    found = watched(frames, above(0.7))
    assert found.facts.blocked_share == pytest.approx(0.2, abs=0.02)
    assert found.facts.hidden_by == "head or shoulders"
    assert item_of(found, "sight").verdict == "bad"
    beside = watched([(k, 0.1 * k, free) for k in range(100)], above(0.7))
    assert beside.facts.blocked_share is None  # nobody has pressed yet
    control = watched([(k, 0.1 * k, arms) for k in range(100)], above(0.7))
    assert control.facts.blocked_share == 0.0 and control.facts.hidden_by is None
    assert control.facts.learner_side == "head end"  # what is up in the picture


def item_of(found: MountReport, key: str) -> MountItem:
    return next(i for i in found.items if i.key == key)


def test_pressing_hands_and_forearms_hide_nothing() -> None:
    view = MountView(MountWatch(CAMERA).camera, above(0.7))
    for at_m, hides in ((0.60, False), (0.50, False), (0.40, True)):
        look = view.chest.look(depth(0, 0.0, head_over(at_m, 20)))
        assert look is not None
        assert (look.hidden_share > 0.5) == hides, at_m


def test_the_pixels_of_the_chest_are_those_of_its_box() -> None:
    view = MountView(MountWatch(CAMERA).camera, above(0.7))
    look = view.chest.look(depth(0, 0.0, 0.7))
    assert look is not None
    (x0, x1), _, (_, top) = CHEST_BOX_M
    side_px = LENS.fx_px * (x1 - x0) / (0.7 - top)
    assert look.n_px == pytest.approx(side_px**2, rel=0.08)


def test_the_rate_is_the_cameras_own() -> None:
    """Frames that this program missed were taken all the same."""
    all_of_them = watched([(k, k / 60, 0.7) for k in range(120)])
    every_third = watched([(k, k / 60, 0.7) for k in range(0, 120, 3)])
    assert all_of_them.facts.rate_hz == pytest.approx(60.0, rel=0.01)
    assert every_third.facts.rate_hz == pytest.approx(60.0, rel=0.01)
    slow = watched([(k, k / 15, 0.7) for k in range(60)])
    assert slow.facts.rate_hz == pytest.approx(15.0, rel=0.01)


def test_a_moved_camera_begins_anew() -> None:
    hidden = head_over(0.2, 60)
    frames = [(k, 0.1 * k, hidden if k > 5 else 0.7) for k in range(20)]
    frames += [(20 + k, 2.0 + 0.1 * k, 0.9) for k in range(30)]
    found = watched(frames)
    assert found.facts.place is not None
    assert found.facts.place.distance_m == pytest.approx(0.9, abs=0.002)
    assert found.facts.blocked_share is None
    assert found.facts.seen_s < 3.1


def test_a_clock_that_jumps_back_begins_anew() -> None:
    frames: list[tuple[int, float, float | np.ndarray]] = [(k, 50 + 0.1 * k, 0.7) for k in range(9)]
    frames += [(k, 0.1 * k, 0.7) for k in range(20)]
    found = watched(frames)
    assert found.facts.rate_hz == pytest.approx(10.0, rel=0.01)
    assert found.facts.seen_s <= 2.0


def test_the_window_forgets() -> None:
    dark = [(k, 0.1 * k, head_over(0.2, 60)) for k in range(50)]
    clear = [(50 + k, 5.0 + 0.1 * k, 0.7) for k in range(120)]
    assert watched(dark, above(0.7)).facts.blocked_share == 1.0
    assert watched([*dark, *clear], above(0.7)).facts.blocked_share is None


def test_a_frame_of_another_size_is_refused() -> None:
    frame = DepthFrame(
        Arrival("cam_a.depth", 0, 0, 0), "a", np.zeros((90, 160), dtype=np.uint16), M_PER_COUNT
    )
    with pytest.raises(CalibrationError, match=r"\(90, 160\).*\(120, 212\)"):
        MountWatch(CAMERA).step(frame, 0)


def test_brightness_of_the_colour_picture() -> None:
    watch = MountWatch(CAMERA)
    for k, grey in enumerate((200, 30)):
        bgr = np.full((120, 212, 3), grey, dtype=np.uint8)
        watch.step(ColorFrame(Arrival("cam_a.color", k, k, 0), "a", bgr), k * 10**9)
    assert watch.report().facts.brightness == pytest.approx(30, abs=1)


def test_a_standpoint_is_told_from_the_pose() -> None:
    found = standpoint(above(0.66))
    assert found.distance_m == pytest.approx(0.66)
    assert found.tilt_rad == pytest.approx(0.0, abs=1e-9)
    assert found.side == "above"
