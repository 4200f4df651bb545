"""What a command line makes of a simulated scene."""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np
import pytest

from calibration.simulated import several
from mr.cli.scene import KeptScene
from mr.cli.scene_picture import WORDS_PX, scene_png
from mr.config import Mode
from mr.errors import CalibrationError
from mr.sim.limbs import Physique
from mr.sim.rig import CameraPlace, make_sim_rig

SCENE = KeptScene("good", Mode.HANDS_ONLY, 1.0, 3)


def picture(scene: KeptScene) -> np.ndarray:
    image = cv2.imdecode(np.frombuffer(scene_png(scene), np.uint8), cv2.IMREAD_COLOR)
    assert image is not None
    return np.asarray(image)


def test_one_camera_hangs_where_the_standard_one_does() -> None:
    (rig,) = SCENE.rigs().values()
    standard = make_sim_rig()
    assert rig.camera_id == standard.camera_id
    assert np.array_equal(rig.mannequin_from_cam.t_m, standard.mannequin_from_cam.t_m)


@pytest.mark.parametrize(("azimuth", "second"), [(3.0, -47.0), (-3.0, 47.0)])
def test_the_second_camera_hangs_around_the_mannequins_left(azimuth: float, second: float) -> None:
    places = replace(SCENE, n_cameras=2, place=CameraPlace(0.7, 20.0, azimuth)).places()
    assert [(i, p.azimuth_deg) for i, p in places.items()] == [("a", azimuth), ("b", second)]


def test_the_hand_is_where_the_truth_says_at_each_peak() -> None:
    truth, script = SCENE.truth(30, 2), SCENE.script()
    strokes = truth["compressions"]
    assert len(strokes) == script.truth().count >= 1
    for stroke in strokes:
        heel_m = script.hands_at(stroke["peak_s"]).heel_in_mannequin_m
        assert stroke["hand_offset_mm"] == pytest.approx([1e3 * heel_m[0], 1e3 * heel_m[1]])
    assert truth["scene"]["cameras"]["side"]["distance_m"] == CameraPlace().distance_m


def test_a_place_without_a_calibration_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    def unfit(*_args: object, **_more: object) -> None:
        raise CalibrationError("mannequin pose: 0 of 6 frames usable")

    monkeypatch.setattr(several, "calibrate_simulated", unfit)
    far = replace(SCENE, place=CameraPlace(1.4, 70.0, 90.0))
    with pytest.raises(
        CalibrationError, match=r"camera side: .*1.4 m away, 70 degrees .* --azimuth"
    ):
        far.calibrated()


def test_the_picture_shows_who_kneels_there() -> None:
    bare, gloved = picture(SCENE), picture(replace(SCENE, physique=Physique(gloves=True)))
    assert bare.shape == gloved.shape == (480 + WORDS_PX, bare.shape[1], 3)
    differs = (bare != gloved).any(axis=2)
    assert 1000 < differs[:480, :848].sum() < 60_000, "the hands, in colour"
    assert not differs[:480, 848:].any(), "depth sees no colour"
    nearer = picture(replace(SCENE, place=CameraPlace(distance_m=0.6)))
    assert (bare != nearer).any(axis=2)[:480, 848:].mean() > 0.5
    assert (bare != nearer).any(axis=2)[480:].any(), "the words name the place"
