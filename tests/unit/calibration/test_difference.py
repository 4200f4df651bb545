"""Each part of a rig is changed by a known amount; exactly that is found and named."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from calibration.difference import Difference, diff_rigs
from mr.geometry.cloud import Cloud
from mr.geometry.poses import pose_of
from mr.rig import Bending, Curve, MarkerLayout, PoseEntry, Rig, SurfaceEntry, dumps_rig, loads_rig
from mr.types import Pose
from mr.validity import Found, Step
from tests.unit.calibration.rigs import a_cloud, a_plate, a_whole_rig

OLD = a_whole_rig()
assert OLD.mannequin is not None and OLD.markers is not None and OLD.bending is not None
CHEST, CELL = OLD.mannequin.chest_depth_m, OLD.mannequin.cell_force_n[0]
FLOW = OLD.mannequin.airway_flow_ml_s


def camera(**more: Any) -> Rig:
    side = OLD.cameras["side"].model_copy(update=more)
    return OLD.model_copy(update={"cameras": {"side": side}})


def mannequin(**more: Any) -> Rig:
    assert OLD.mannequin is not None
    return OLD.model_copy(update={"mannequin": OLD.mannequin.model_copy(update=more)})


def changed(new: Rig) -> dict[str, Difference]:
    return {f"{d.thing}: {d.what}": d for d in diff_rigs(OLD, new) if d.changed}


def turned(entry: PoseEntry, deg: float, by_m: tuple[float, float, float]) -> PoseEntry:
    pose = entry.pose()
    turn = pose_of(np.radians([deg, 0, 0]), np.zeros(3)).R
    return PoseEntry.of(Pose(pose.R @ turn, pose.t_m + by_m))


def bent(curve: Curve, values: Callable[[np.ndarray[Any, Any]], Any]) -> Curve:
    new = values(np.array(curve.values))
    return curve.model_copy(update={"values": tuple(float(v) for v in new)})


def test_a_rig_does_not_differ_from_itself_nor_from_its_file() -> None:
    assert changed(OLD) == {}
    assert changed(loads_rig(dumps_rig(OLD), "again")) == {}
    assert len(diff_rigs(OLD, OLD)) > 25


def test_rounding_is_no_change() -> None:
    pose = OLD.cameras["side"].world_from_cam.pose()
    assert changed(camera(world_from_cam=PoseEntry.of(pose))) == {}


def test_a_moved_camera() -> None:
    place = turned(OLD.cameras["side"].world_from_cam, 0.15, (0.0032, 0, 0))
    found = changed(camera(world_from_cam=place))
    moved = found["camera side: place"]
    assert (moved.words, moved.unit, moved.beyond_limit) == ("moved by 3.20 mm", "mm", True)
    direction = found["camera side: place, direction"]
    assert direction.value == pytest.approx(0.15, rel=1e-6) and direction.beyond_limit
    assert moved.beyond_sigma is None
    # What counts in a session has changed, too: where it sees the mannequin.
    assert found["camera side: mannequin as it sees it"].beyond_limit
    assert set(found) == {
        "camera side: place",
        "camera side: place, direction",
        "camera side: mannequin as it sees it",
        "camera side: mannequin as it sees it, direction",
    }


def test_a_world_that_was_laid_elsewhere_moves_nothing_that_counts() -> None:
    shift = pose_of(np.array([0.0, 0.0, 0.5]), np.array([1.0, 2.0, 0.0]))
    new = camera(world_from_cam=PoseEntry.of(shift @ OLD.cameras["side"].world_from_cam.pose()))
    lies = PoseEntry.of(shift @ OLD.world_from_mannequin.pose())
    found = changed(new.model_copy(update={"world_from_mannequin": lies}))
    assert not [name for name in found if "as it sees it" in name]
    assert found["mannequin: place in the room"].beyond_limit


def test_a_small_turn_is_not_lost_in_the_cosine() -> None:
    place = turned(OLD.cameras["side"].world_from_cam, 1e-6, (0, 0, 0))
    found = changed(camera(world_from_cam=place))["camera side: place, direction"]
    assert found.value == pytest.approx(1e-6, rel=0.01)


def test_a_tilted_mannequin() -> None:
    new = OLD.model_copy(
        update={"world_from_mannequin": turned(OLD.world_from_mannequin, 0.5, (0, 0.002, 0))}
    )
    found = changed(new)
    assert found["mannequin: place in the room"].words == "moved by 2.00 mm"
    assert found["mannequin: chest's normal"].value == pytest.approx(0.5)
    assert found["mannequin: chest's normal"].beyond_limit


def test_a_lens() -> None:
    color = OLD.cameras["side"].color
    assert color is not None
    found = changed(camera(color=color.model_copy(update={"fx_px": 612.0 * 1.0005, "cx_px": 425})))
    focal = found["camera side: focal length, colour"]
    assert (focal.words, focal.beyond_limit) == ("+0.050 %", False)
    far = found["camera side: picture, colour"]
    assert far.value == pytest.approx(1.0 + 0.0005 * 424, abs=0.02) and far.beyond_limit
    bent_lens = color.model_copy(update={"distortion": (0.06, -0.1, 0.0, 0.0, 0.0)})
    found = changed(camera(color=bent_lens))
    assert set(found) == {"camera side: picture, colour"}
    r = float(np.hypot(424, 240) / 612)
    assert found["camera side: picture, colour"].value == pytest.approx(612 * 0.01 * r**3, rel=0.1)


@pytest.mark.parametrize(
    ("more", "name", "words", "beyond"),
    [
        ({"depth_scale": 1.002, "depth_offset_m": 0.001}, "distance", "+2.60 mm at 0.8 m", True),
        ({"depth_gain": 0.995}, "depth of the chest", "−0.500 % of a stroke", False),
        ({"latency_s": 0.0235}, "latency", "+2.50 ms", True),
        ({"heel_offset_m": (0.003, 0.004)}, "heel of the hand", "seen 5.00 mm elsewhere", False),
        ({"baseline_m": 0.0501}, "baseline", "+0.100 mm", True),
    ],
)
def test_what_a_camera_reads(more: dict[str, Any], name: str, words: str, beyond: bool) -> None:
    found = changed(camera(**more))
    assert list(found) == [f"camera side: {name}"]
    assert found[f"camera side: {name}"].words == words
    assert found[f"camera side: {name}"].beyond_limit is beyond


def test_a_chest() -> None:
    values = bent(CHEST, lambda v: v + np.array([0, 0.00031, 0]))
    found = changed(mannequin(chest_depth_m=values))["mannequin MQ-1: chest's curve"]
    assert found.words == "at most +0.310 mm, at 40 mm"
    assert found.sigma == pytest.approx(0.1 * 2**0.5)
    assert found.beyond_sigma is True and found.beyond_limit is True
    slight = changed(mannequin(chest_depth_m=bent(CHEST, lambda v: v + np.array([0, 1e-4, 0]))))
    assert slight["mannequin MQ-1: chest's curve"].beyond_sigma is False


def test_a_chest_whose_counts_fall_is_compared_by_its_depths() -> None:
    fallen = Curve(counts=(0, 500, 1000), values=(0.08, 0.03, 0.0), sigma=1e-4)
    assert OLD.mannequin is not None
    old = mannequin(chest_depth_m=fallen)
    new = mannequin(chest_depth_m=bent(fallen, lambda v: v + np.array([0, 0.001, 0])))
    (found,) = [d for d in diff_rigs(old, new) if d.changed]
    assert found.words == "at most +1.00 mm, at 30 mm"


def test_cells_and_airway() -> None:
    cells = (bent(CELL, lambda v: v * 1.03), CELL, CELL, CELL)
    found = changed(mannequin(cell_force_n=cells))
    assert list(found) == ["mannequin MQ-1: cell 0, force"]
    cell = found["mannequin MQ-1: cell 0, force"]
    assert (cell.words, cell.beyond_limit) == ("+3.00 % at 300 N", True)
    assert cell.sigma == pytest.approx(100 * 1.5 * 2**0.5 / 300)
    flow = changed(mannequin(airway_flow_ml_s=bent(FLOW, lambda v: v * 0.97)))
    volume = flow["mannequin MQ-1: airway, volume"]
    assert volume.words == "−3.00 % of a breath of 500 mL" and volume.beyond_sigma is True
    places = ((-0.03, 0.034), (0.03, 0.03), (0.03, -0.03), (-0.03, -0.03))
    found = changed(mannequin(cell_xy_in_mannequin_m=places))
    assert found["mannequin MQ-1: cell 0, place"].words == "moved by 4.00 mm"


def test_plates() -> None:
    assert OLD.markers is not None
    new = OLD.model_copy(
        update={"markers": MarkerLayout(markers=(a_plate(1, 0.0, 0.2007), a_plate(3, 0.1, 0.0)))}
    )
    found = changed(new)
    assert found["marker plate 1: place on the mannequin"].words == "moved by 0.700 mm"
    assert found["marker plate 1: place on the mannequin"].beyond_limit
    assert found["marker plate 2: plate"].words == "is gone"
    assert found["marker plate 3: plate"].words == "is new"


def test_surface_and_bending() -> None:
    cloud = a_cloud()
    lifted = Cloud(cloud.points_m + np.array([0, 0, 0.003]), cloud.normals)
    assert OLD.bending is not None
    shares = (
        (0.5, 0.0, *OLD.bending.shares[0][2:]),
        (0.65, *OLD.bending.shares[1][1:]),
        *OLD.bending.shares[2:],
    )
    new = OLD.model_copy(
        update={"surface": SurfaceEntry.of(lifted), "bending": Bending(shares=shares)}
    )
    found = changed(new)
    assert found["mannequin: surface"].value == pytest.approx(3.0, abs=0.05)
    # A cell that was not measured is no change of the chest.
    assert found["mannequin: bending of the chest"].value == pytest.approx(0.15)


@pytest.mark.parametrize(
    ("new", "name", "words"),
    [
        (mannequin(serial="MQ-2"), "mannequin MQ-2: device", "is another one: MQ-1 is now MQ-2"),
        (camera(serial="SN-2"), "camera side: device", "is another one: SN-1234 is now SN-2"),
        (OLD.model_copy(update={"mannequin": None}), "mannequin: mannequin", "is gone"),
        (OLD.model_copy(update={"cameras": {}}), "camera side: camera", "is gone"),
        (OLD.model_copy(update={"surface": None}), "mannequin: surface", "is gone"),
        (OLD.model_copy(update={"markers": None}), "marker plates: plates", "are gone"),
        (camera(color=None), "camera side: lens, colour", "is gone"),
        (OLD.model_copy(update={"name": "x"}), "rig: name", "'lab 2, bench A' is now 'x'"),
    ],
)
def test_another_device_or_part_is_named(new: Rig, name: str, words: str) -> None:
    found = changed(new)
    assert found[name].words.startswith(words)
    back = diff_rigs(new, OLD)
    assert any(d.changed for d in back)


def test_what_steps_estimated_is_compared_with_both_sigmas() -> None:
    def rig(stiffness: float, rms: float) -> Rig:
        step = Step(
            procedure="stiffness", subject="MQ-1", made_utc="2026-11-30", software="t", passed=True,
            found={
                "force at 50 mm": Found(value=stiffness, unit="N", sigma=3.0),
                "residual": Found(value=rms, unit="N", high=5.0),
            },
        )  # fmt: skip
        return OLD.model_copy(update={"provenance": OLD.provenance.with_steps(step)})

    (found,) = [d for d in diff_rigs(rig(420.0, 1.0), rig(400.0, 2.0)) if d.changed]
    assert (found.thing, found.what) == ("stiffness MQ-1", "force at 50 mm")
    assert found.words == "−20.0 N: 420 is now 400"
    assert found.sigma == pytest.approx(3 * 2**0.5) and found.beyond_sigma is True


def test_a_number_that_is_none_is_beyond_its_limit() -> None:
    assert Difference("a", "b", "c", float("nan"), "mm", 1.0, 1.0).beyond_limit
