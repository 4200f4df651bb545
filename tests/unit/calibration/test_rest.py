"""Where the mannequin lies, by several cameras together; one that was pushed is named."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from calibration.mannequin.normal_guide import RestGuide, RestLook
from calibration.mannequin.rest import APART_M, Rest, measure_rest, rest_record
from calibration.simulated.resting import rest_looks
from mr.errors import CalibrationError
from mr.geometry.poses import difference
from mr.rig import CameraCalibration, PoseEntry
from mr.sim.rig import CameraPlace, make_sim_rigs, sim_calibration
from mr.types import Pose

RIGS = make_sim_rigs({"a": CameraPlace(azimuth_deg=25.0), "b": CameraPlace(azimuth_deg=-25.0)})
CAMERAS = {key: sim_calibration(rig) for key, rig in RIGS.items()}
LAYOUT = next(iter(RIGS.values())).marker_layout()
TRUE = next(iter(RIGS.values())).world_from_mannequin


@pytest.fixture(scope="module")
def looks() -> list[RestLook]:
    return [
        look
        for k, (key, rig) in enumerate(RIGS.items())
        for look in rest_looks(rig, CAMERAS[key], seed=k)
    ]


@pytest.fixture(scope="module")
def rest(looks: list[RestLook]) -> Rest:
    return measure_rest(looks, LAYOUT, CAMERAS, 0.22)


def test_two_cameras_agree_on_where_it_lies(rest: Rest, looks: list[RestLook]) -> None:
    off = difference(rest.world_from_mannequin, TRUE)
    assert np.linalg.norm(off[3:]) < 3e-3 and np.degrees(np.linalg.norm(off[:3])) < 0.4
    assert rest.world_from_mannequin.covariance is not None
    assert set(rest.by_camera) == {"a", "b"} and 0 < rest.apart_m < APART_M
    record = rest_record(rest, "rig")
    assert record.passed, record.failures
    assert record.procedure == "rest" and record.n_samples == len(looks) == 24
    items = [check.item for check in record.checks]
    assert "markers off their pose, camera b" in items
    assert "two cameras' markers apart, at worst" in items
    assert rest.inputs_sha256 in record.inputs_sha256.values()


def moved(
    camera: CameraCalibration, shift_m: float = 0.0, turn_deg: float = 0.0
) -> CameraCalibration:
    stood = camera.world_from_cam.pose()
    turn = Rotation.from_euler("y", turn_deg, degrees=True).as_matrix()
    stands = Pose(turn @ stood.R, stood.t_m + np.array([shift_m, 0.0, 0.0]))
    return camera.model_copy(update={"world_from_cam": PoseEntry.of(stands)})


@pytest.mark.parametrize("change", [{"shift_m": 0.012}, {"turn_deg": 1.5}])
def test_a_camera_that_was_moved_is_caught(looks: list[RestLook], change: dict[str, float]) -> None:
    cameras = CAMERAS | {"b": moved(CAMERAS["b"], **change)}
    with pytest.raises(CalibrationError, match=r"cameras a and b .* apart: was one moved since"):
        measure_rest(looks, LAYOUT, cameras, 0.22)


def test_a_camera_that_did_not_look_is_named(looks: list[RestLook]) -> None:
    mine = [look for look in looks if look.camera_id == "a"]
    with pytest.raises(CalibrationError, match="camera b has not looked"):
        measure_rest(mine, LAYOUT, CAMERAS, 0.22)
    alone = measure_rest(mine, LAYOUT, {"a": CAMERAS["a"]}, None)
    assert alone.apart_m == 0.0
    assert "two cameras" not in " ".join(c.item for c in rest_record(alone, "rig").checks)


def test_the_guide_wants_each_cameras_looks(looks: list[RestLook]) -> None:
    guide = RestGuide(CAMERAS, LAYOUT)
    for look in looks[:12]:
        assert guide.offer(look).taken
    assert not guide.progress.done and "b" in guide.progress.next
    for look in looks[12:]:
        assert guide.offer(look).taken
    assert guide.progress.done
    again = RestGuide(CAMERAS, LAYOUT)
    for look in looks:
        again.offer(look)
    assert again.progress.next == guide.progress.next  # the same when it is resumed
