"""Hands stay free: the sticks cover the hand, and what lies behind them is not drawn."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from mr.rig import Intrinsics
from mr.types import Pose, Snapshot
from overlays.hands import HEEL_RADIUS_M, hand_capsules, heel_capsules
from overlays.mirror import draw_mirror
from overlays.primitives import Capsule, Label, Panel, Polygon, Scene
from overlays.render.mask import SOFT_M, billboards, kept_share
from overlays.render.registered import project_px

EYE = np.array([0.1, -0.3, 0.8])


def flat_hand() -> np.ndarray:
    """A right hand, flat above the chest, fingers along +y, 19 cm long, 8.5 cm wide."""
    joints = np.zeros((26, 3))
    joints[0], joints[1] = (0.0, 0.05, 0.0), (0.0, 0.0, 0.0)
    joints[2:6] = [(-0.025, 0.02, 0), (-0.045, 0.05, 0), (-0.055, 0.08, 0), (-0.06, 0.10, 0)]
    for k, x in enumerate((-0.032, -0.011, 0.011, 0.032)):
        joints[6 + 5 * k : 11 + 5 * k] = [(x, y, 0.0) for y in (0.03, 0.09, 0.13, 0.16, 0.19)]
    return joints + np.array([0.0, -0.08, 0.03])


ALL = np.ones(26, dtype=bool)


def inside(point_m: np.ndarray, capsule: Capsule) -> bool:
    a, b = np.array(capsule.a_in_mannequin_m), np.array(capsule.b_in_mannequin_m)
    t = np.clip((point_m - a) @ (b - a) / max((b - a) @ (b - a), 1e-12), 0.0, 1.0)
    return float(np.linalg.norm(point_m - a - t * (b - a))) <= capsule.radius_m


def test_the_sticks_cover_the_whole_hand_and_not_the_chest_beside_it() -> None:
    joints = flat_hand()
    sticks = hand_capsules(joints, ALL)
    for y in np.linspace(0.005, 0.085, 9):
        half_m = 0.031 + 0.13 * y  # 64 mm at the wrist, 84 mm at the knuckles
        for x in np.linspace(-half_m, half_m, 9):
            palm = np.array([x, y - 0.08, 0.03])
            assert any(inside(palm, stick) for stick in sticks), (x, y)
    for joint in joints:
        assert any(inside(joint, stick) for stick in sticks)
    for aside in ((0.09, 0.0, 0.0), (-0.12, 0.0, 0.0), (0.0, 0.16, 0.0)):
        assert not any(inside(np.array(aside), stick) for stick in sticks), aside


def test_unknown_joints_take_their_sticks_with_them() -> None:
    known = ALL.copy()
    known[10] = False
    assert len(hand_capsules(flat_hand(), known)) == len(hand_capsules(flat_hand(), ALL)) - 1
    lost = flat_hand()
    lost[10] = np.nan
    assert hand_capsules(lost, ALL) == hand_capsules(lost, known)
    assert hand_capsules(flat_hand(), ~ALL) == ()
    with pytest.raises(ValueError, match=r"\(26, 3\) joints"):
        hand_capsules(np.zeros((21, 3)), ALL[:21])


def test_a_heel_is_where_the_snapshot_says_or_nowhere(states: dict[str, Snapshot]) -> None:
    (heel,) = heel_capsules(states["wrong place"])
    assert heel.a_in_mannequin_m[:2] == pytest.approx((0.038, -0.031))
    assert heel.radius_m == HEEL_RADIUS_M
    assert heel_capsules(states["hands off"]) == ()
    assert heel_capsules(replace(states["right"], hand_offset_mm=None)) == ()


def outline_hits(capsule: Capsule, direction: np.ndarray) -> bool:
    """Whether a ray from the eye meets the capsule, by stepping along it."""
    steps = EYE + np.linspace(0.2, 2.0, 4000)[:, None] * direction
    a, b = np.array(capsule.a_in_mannequin_m), np.array(capsule.b_in_mannequin_m)
    t = np.clip((steps - a) @ (b - a) / max((b - a) @ (b - a), 1e-12), 0.0, 1.0)
    return bool(
        (np.linalg.norm(steps - a - t[:, None] * (b - a), axis=1) <= capsule.radius_m).any()
    )


@pytest.mark.parametrize(
    "capsule",
    [
        Capsule((0.0, 0.0, 0.0), (0.06, 0.02, 0.01), 0.02),
        Capsule((0.0, 0.0, 0.0), (0.0, 0.0, 0.05), 0.042),
        Capsule((0.02, 0.0, 0.0), (0.02, 0.0, 0.0), 0.03),
        Capsule((0.0, 0.0, 0.0), tuple(0.1 * EYE), 0.02),
    ],
    ids=["across", "upright", "ball", "towards the eye"],
)
def test_the_sheet_shows_the_outline_that_rays_find(capsule: Capsule) -> None:
    sheet = billboards([capsule], EYE)
    assert sheet.points_in_mannequin_m.shape == (6, 3)
    origin = sheet.points_in_mannequin_m[0]
    u = (sheet.points_in_mannequin_m[1] - origin) / (sheet.place_m[1, 0] - sheet.place_m[0, 0])
    v = (sheet.points_in_mannequin_m[5] - origin) / (sheet.place_m[5, 1] - sheet.place_m[0, 1])
    wrong = checked = 0
    for s in np.linspace(0.02, 0.98, 13):
        for t in np.linspace(0.02, 0.98, 13):
            place = (1 - np.array([s, t])) * sheet.place_m[0] + np.array([s, t]) * sheet.place_m[2]
            point = origin + u * (place[0] - sheet.place_m[0, 0])
            point = point + v * (place[1] - sheet.place_m[0, 1])
            along = max(abs(place[0]) - sheet.half_m[0], 0.0)
            edge_m = float(np.hypot(along, place[1]) - sheet.radius_m[0])
            if abs(edge_m) < 0.002:  # the outline of a ball in perspective is no circle
                continue
            ray = (point - EYE) / np.linalg.norm(point - EYE)
            checked += 1
            wrong += outline_hits(capsule, ray) != (edge_m < 0)
    assert checked > 100
    assert wrong == 0


def test_the_share_left_goes_from_none_to_all_over_the_soft_edge() -> None:
    places = np.array([[0.0, 0.0], [0.0, 0.02], [0.0, 0.02 + SOFT_M / 2], [0.0, 0.02 + SOFT_M]])
    share = kept_share(places, np.full(4, 0.03), np.full(4, 0.02))
    assert share == pytest.approx([0.0, 0.0, 0.5, 1.0])


def test_a_hand_at_the_eye_is_left_out() -> None:
    at_eye = Capsule(tuple(EYE - 0.01), tuple(EYE + 0.01), 0.05)
    assert len(billboards([at_eye], EYE).points_in_mannequin_m) == 0
    assert len(billboards([], EYE).points_in_mannequin_m) == 0


def square(size_m: float) -> Polygon:
    corners = [(-1, -1), (1, -1), (1, 1), (-1, 1)]
    return Polygon(tuple((size_m * x, size_m * y, 0.0) for x, y in corners), (1.0, 0.0, 1.0, 1.0))


def test_the_mirror_leaves_the_hand_free_and_writes_over_it(
    lens: Intrinsics, cam_from_mannequin: Pose
) -> None:
    picture = np.full((lens.height_px, lens.width_px, 3), 120, dtype=np.uint8)
    hand = Capsule((0.0, 0.0, 0.0), (0.03, 0.0, 0.0), 0.02)
    label = Label((0.0, 0.0, 0.0), "█", 0.006, (0.0, 1.0, 0.0, 1.0))
    panel = Panel(1024, 40, ())

    def drawn(mask: tuple[Capsule, ...], *items: Polygon | Label) -> np.ndarray:
        scene = Scene(0, items, panel, mask=mask)
        return draw_mirror(picture, scene, cam_from_mannequin, lens)

    def colour(image: np.ndarray, point: tuple[float, float, float]) -> list[int]:
        at_px, _ = project_px(np.array([point]), cam_from_mannequin, lens)
        x, y = (1.6 * (at_px[0] + 0.5)).astype(int)
        return [int(v) for v in image[y, x]]

    free, bare = drawn((hand,), square(0.08)), drawn((), square(0.08))
    assert colour(bare, (0.01, 0.0, 0.0)) == [255, 0, 255], "the control: without a mask"
    assert colour(free, (0.01, 0.0, 0.0)) == pytest.approx([120] * 3, abs=2)
    assert colour(free, (0.01, 0.06, 0.0)) == [255, 0, 255], "beside the hand it is drawn"
    written = drawn((hand,), square(0.08), label)
    assert colour(written, (0.0, 0.0, 0.0))[1] > 200
