"""Where the marker plates are, from pictures that show them beside a board on the chest.

Takes pictures of the registration board lying on the chest together with the plates, from
several sides (a camera in the hand will do), and the board's place on the mannequin; gives the
`MarkerLayout` with a sigma for each plate. Leaves capture to `calibration.mannequin.survey_guide`
and naming what is wrong to `calibration.mannequin.survey_faults`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from calibration.boards.charuco import CharucoBoard
from calibration.cameras.board_depth import color_of
from calibration.cameras.view_pose import view_pose
from calibration.mannequin.plate_bundle import Bundle, Picture, adjust, square_corners_m, start_of
from calibration.mannequin.survey_faults import Oddity, odd_plates, require_sound
from mr.errors import CalibrationError
from mr.geometry.poses import skew
from mr.rig import CameraModel, Marker, MarkerLayout
from mr.types import FloatArray, IntArray, Pose

MIN_PICTURES = 4
"""Of one plate."""
MIN_ANGLE_RAD = np.radians(20.0)
"""Between the directions a plate is seen from: below, its distance hangs on its size alone."""
MAX_START_PX = 25.0
"""A plate that no one place explains better is not one plate."""


@dataclass(frozen=True, slots=True, eq=False)
class PlatesSeen:
    """One picture with the registration board and some plates."""

    camera_id: str
    board_ids: IntArray
    board_corners_px: FloatArray
    """(n, 2)."""
    plate_ids: tuple[int, ...]
    plate_corners_px: FloatArray
    """(k, 4, 2) in OpenCV's order."""
    sharpness_px: float = float("nan")


@dataclass(frozen=True, slots=True, eq=False)
class Survey:
    """The plates as they are."""

    layout: MarkerLayout
    ids: tuple[int, ...]
    sigma_m: FloatArray
    """(plates,) rms over a plate's corners of their one-sigma in space, against the board."""
    corner_covariance: FloatArray
    """(plates, 12, 12) of the corners in the mannequin's frame, against the board."""
    frame_sigma_m: FloatArray
    """(plates,) what the board's own place on the chest adds; 0 if it was not stated."""
    rms_px: FloatArray
    """(plates,) of their corners."""
    n_pictures: IntArray
    """(plates,)."""
    angle_rad: FloatArray
    """(plates,) widest angle between the directions it was seen from."""
    oddities: tuple[Oddity, ...]
    left_px: FloatArray
    """(corners, 2) what is left of the plates' corners."""
    corner_sigma_px: float
    """Of the plates' corners on one axis."""
    n_used: int
    """Pictures."""


def measure_survey(
    samples: Sequence[PlatesSeen],
    board: CharucoBoard,
    cameras: Mapping[str, CameraModel],
    mannequin_from_board: Pose,
    sides_m: Mapping[int, float],
    dictionary: str = "DICT_APRILTAG_36h11",
) -> Survey:
    """Measure where the marker plates are.

    Parameters
    ----------
    samples
        Ten or more pictures, from all sides.
    board
        The registration board as it was printed.
    cameras
        Those that took the pictures; only their colour lenses count.
    mannequin_from_board
        Where the board lies on the chest; its covariance, if any, is told apart.
    sides_m
        Each plate's side, by its id.
    dictionary
        The plates' one.

    Raises
    ------
    CalibrationError
        When a plate is seen too seldom or from one side only, moved meanwhile, has another
        size, or is bent; or the board moved or has another size.
    """
    pictures = pictures_of(samples, board, cameras, sides_m)
    angles = _require_seen(pictures, sides_m)
    start = {}
    for j, side_m in sides_m.items():
        start[j], off_px = start_of(pictures, j, side_m)
        if off_px > MAX_START_PX:
            raise CalibrationError(
                f"survey: no one place explains plate {j}, by {off_px:.0f} px at best: there are "
                "two with this id, or it or the board moved: look, and take all again"
            )
    bundle = adjust(pictures, sides_m, start)
    require_sound(bundle, sides_m)
    return _result(bundle, sides_m, mannequin_from_board, dictionary, angles, len(pictures))


def pictures_of(
    samples: Sequence[PlatesSeen],
    board: CharucoBoard,
    cameras: Mapping[str, CameraModel],
    sides_m: Mapping[int, float],
) -> list[Picture]:
    """Find the board's pose in each picture; those without a clear one are left out."""
    lenses = {name: color_of(c)[0] for name, c in cameras.items()}
    pictures = []
    for number, s in enumerate(samples):
        if s.camera_id not in lenses:
            continue
        lens = lenses[s.camera_id]
        view = view_pose(s.board_ids, s.board_corners_px, board, lens)
        plates = {
            j: px for j, px in zip(s.plate_ids, s.plate_corners_px, strict=True) if j in sides_m
        }
        if view is not None and view.clear and plates:
            pictures.append(Picture(number, lens, view, plates))
    return pictures


def seen_angle_rad(pictures: Sequence[Picture], plate: int) -> float:
    """Tell the widest angle between the directions from which a plate was seen with the board."""
    eyes = np.array([p.board.color_from_board.inverse().t_m for p in pictures if plate in p.plates])
    if len(eyes) < 2:
        return 0.0
    ways = eyes / np.linalg.norm(eyes, axis=1, keepdims=True)
    return float(np.arccos(np.clip((ways @ ways.T).min(), -1, 1)))


def _require_seen(pictures: Sequence[Picture], sides_m: Mapping[int, float]) -> dict[int, float]:
    if not pictures:
        raise CalibrationError(
            "survey: no picture shows the registration board and a plate together: take the "
            "pictures from farther off, with the board's print up; is it the right board?"
        )
    angles = {}
    for j in sides_m:
        n = sum(j in p.plates for p in pictures)
        angles[j] = seen_angle_rad(pictures, j)
        if n < MIN_PICTURES:
            raise CalibrationError(
                f"survey: plate {j} is seen with the board in {n} pictures, {MIN_PICTURES} are "
                "needed: take more that show both; does the plate have this id?"
            )
        if angles[j] < MIN_ANGLE_RAD:
            raise CalibrationError(
                f"survey: plate {j} is seen from one side only, {np.degrees(angles[j]):.0f} "
                f"degrees apart, {np.degrees(MIN_ANGLE_RAD):.0f} are needed: take pictures from "
                "the other side, too"
            )
    return angles


def _result(
    bundle: Bundle,
    sides_m: Mapping[int, float],
    mannequin_from_board: Pose,
    dictionary: str,
    angles: Mapping[int, float],
    n_used: int,
) -> Survey:
    markers, sigma, frame, covariances, rms, n = [], [], [], [], [], []
    for j in bundle.ids:
        lies = bundle.board_from_plate[j]
        in_board = lies.apply(square_corners_m(sides_m[j]))
        markers.append(_marker(j, mannequin_from_board.apply(in_board)))
        assert lies.covariance is not None
        covariance = _of_corners(in_board - lies.t_m, lies.covariance, mannequin_from_board.R)
        covariances.append(covariance)
        sigma.append(np.sqrt(np.trace(covariance) / 4))
        frame.append(_frame_sigma_m(mannequin_from_board, in_board))
        mine = [k for k, look in enumerate(bundle.looks) if look.plate == j]
        rms.append(np.sqrt(np.mean((bundle.left_px[mine] ** 2).sum(axis=-1))))
        n.append(len(mine))
    return Survey(
        layout=MarkerLayout(dictionary=dictionary, markers=tuple(markers)),
        ids=bundle.ids,
        sigma_m=np.array(sigma),
        corner_covariance=np.array(covariances),
        frame_sigma_m=np.array(frame),
        rms_px=np.array(rms),
        n_pictures=np.array(n, dtype=np.int64),
        angle_rad=np.array([angles[j] for j in bundle.ids]),
        oddities=odd_plates(bundle, sides_m),
        left_px=bundle.left_px.reshape(-1, 2),
        corner_sigma_px=bundle.sigma_px,
        n_used=n_used,
    )


def _of_corners(arm_m: FloatArray, covariance: FloatArray, turn: FloatArray) -> FloatArray:
    """Carry a pose's (6, 6) to its four corners, (12, 12), turned into the mannequin's frame."""
    lever = np.concatenate([-skew(arm_m), np.repeat(np.eye(3)[None], 4, axis=0)], axis=2)
    lever = (turn @ lever).reshape(12, 6)
    return np.asarray(lever @ covariance @ lever.T)


def _frame_sigma_m(mannequin_from_board: Pose, in_board_m: FloatArray) -> float:
    if mannequin_from_board.covariance is None:
        return 0.0
    arm = in_board_m.mean(axis=0) @ mannequin_from_board.R.T
    lever = np.concatenate([-skew(arm), np.eye(3)], axis=1)
    return float(np.sqrt(np.trace(lever @ mannequin_from_board.covariance @ lever.T)))


def _marker(plate: int, corners_m: FloatArray) -> Marker:
    a, b, c, d = (tuple(round(float(x), 6) for x in row) for row in corners_m)
    return Marker(
        id=plate,
        corners_in_mannequin_m=(
            (a[0], a[1], a[2]),
            (b[0], b[1], b[2]),
            (c[0], c[1], c[2]),
            (d[0], d[1], d[2]),
        ),
    )
