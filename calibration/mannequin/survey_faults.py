"""What can be wrong with marker plates or the board beside them, found and named.

Takes the adjusted pictures, gives for each plate how far its size and flatness are off, and
refuses what moved or is not what was stated. Leaves adjusting to
`calibration.mannequin.plate_bundle`.

Each question is one more set of unknowns (a scale, a twist, another place from a picture on),
and is answered by how far they fall and how large they come out.
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from calibration.cameras.pose_graph import Extended
from calibration.mannequin.plate_bundle import Bundle, Look, square_corners_m
from mr.errors import CalibrationError
from mr.geometry.poses import skew
from mr.types import FloatArray

SIGMAS = 5.0
MAX_SIZE_OFF_M = 6e-4
"""Of a side: what a ruler misses of a print, and lenses feign."""
MAX_TWIST_M = 8e-4
"""Of corners out of a plate's plane."""
MAX_MOVE_M = 0.0015
MAX_SIGMA_PX = 0.6
"""Refined corners keep 0.1 to 0.2 px; more is a lens or a plate that is not as stated."""
LOST_PX = 12.0
"""What moved by so much (15 mm) is told from the worst picture, not by small steps."""
LEAST_FALL = 60.0
"""Of chi², for six unknowns and some hundred questions: noise alone gives 35 once in a thousand
captures."""


@dataclass(frozen=True, slots=True)
class Oddity:
    """How far one plate is from a flat square of the stated side."""

    plate: int
    side_off_m: float
    side_sigma_m: float
    twist_m: float
    """Two corners stand so far out of its plane, the other two below it."""
    twist_sigma_m: float


@dataclass(frozen=True, slots=True)
class _Finding:
    fall: float
    words: str


def odd_plates(bundle: Bundle, sides_m: Mapping[int, float]) -> tuple[Oddity, ...]:
    """Measure each plate's size and flatness, one at a time."""
    asked = Extended(bundle.rows, bundle.miss)
    found = []
    for j in bundle.ids:
        size = asked.gain(_shape_columns(bundle, j, _size_shape(sides_m[j])))
        twist = asked.gain(_shape_columns(bundle, j, _twist_shape()))
        found.append(
            Oddity(
                j,
                float(size[1][0]),
                float(size[2][0]),
                float(twist[1][0]),
                float(twist[2][0]),
            )
        )
    return tuple(found)


def require_sound(bundle: Bundle, sides_m: Mapping[int, float]) -> None:
    """Refuse pictures in which something is not as stated; the likeliest reason is told.

    Raises
    ------
    CalibrationError
        When the board or a plate moved, has another size, or is bent.
    """
    asked = Extended(bundle.rows, bundle.miss)
    findings = [
        *_board_moved(asked, bundle),
        *_plates_moved(asked, bundle),
        *_sizes(asked, bundle, sides_m),
    ]
    if bundle.sigma_px > LOST_PX or (bundle.sigma_px > MAX_SIGMA_PX and not findings):
        off = np.sqrt((bundle.left_px**2).sum(axis=-1).mean(axis=-1))
        worst = bundle.looks[int(np.argmax(off))]
        raise CalibrationError(
            f"survey: no one place explains plate {worst.plate}: it is {off.max():.1f} px off in "
            f"picture {worst.picture + 1}: are there two with this id, or did it or the board "
            "move? Look, and take all again"
        )
    if findings:
        raise CalibrationError(max(findings, key=lambda f: f.fall).words)


def _sizes(asked: Extended, bundle: Bundle, sides_m: Mapping[int, float]) -> list[_Finding]:
    findings, shares = [], []
    for j in bundle.ids:
        fall, off, sigma = asked.gain(_shape_columns(bundle, j, _size_shape(sides_m[j])))
        shares.append(1 + off[0] / sides_m[j])
        if abs(off[0]) > max(MAX_SIZE_OFF_M, SIGMAS * sigma[0]):
            findings.append(
                _Finding(
                    fall,
                    f"survey: plate {j} measures {1000 * (sides_m[j] + off[0]):.1f} mm, "
                    f"{1000 * sides_m[j]:.1f} mm are stated: measure its side and give it",
                )
            )
        fall, off, sigma = asked.gain(_shape_columns(bundle, j, _twist_shape()))
        if abs(off[0]) > max(MAX_TWIST_M, SIGMAS * sigma[0]):
            findings.append(
                _Finding(
                    fall,
                    f"survey: plate {j} is bent: its corners stand {1000 * abs(off[0]):.1f} mm out "
                    "of its plane: put a flat one in its place",
                )
            )
    n_size = sum(" measures " in f.words for f in findings)
    if len(bundle.ids) > 1 and n_size == len(bundle.ids) and np.ptp(shares) < 0.015:
        share = float(np.mean(shares))
        columns = sum(_shape_columns(bundle, j, _size_shape(sides_m[j])) for j in bundle.ids)
        fall = asked.gain(np.asarray(columns))[0]
        return [
            _Finding(
                max(fall, *(f.fall for f in findings)) + 1.0,
                f"survey: all plates measure {share:.3f} of what is stated: the registration "
                f"board's squares are {1 / share:.3f} of theirs: measure the board's print",
            )
        ]
    return findings


def _plates_moved(asked: Extended, bundle: Bundle) -> list[_Finding]:
    """Ask of each plate, at each picture, whether it lies elsewhere from then on."""
    findings = []
    for j in bundle.ids:
        mine = [k for k in bundle.looks if k.plate == j]
        for before, k in itertools.pairwise(mine):
            later = [x for x in mine if x.picture >= k.picture]
            fall, step, _ = asked.gain(_motion_columns(bundle, later, mine[0]))
            moved = float(np.linalg.norm(step[3:]))
            if moved > MAX_MOVE_M and fall > LEAST_FALL:
                findings.append(
                    _Finding(
                        fall,
                        f"survey: plate {j} moved between picture {before.picture + 1} and "
                        f"{k.picture + 1}, by {1000 * moved:.1f} mm: fix it and take all again",
                    )
                )
    return findings


def _board_moved(asked: Extended, bundle: Bundle) -> list[_Finding]:
    """Ask whether all plates together lie elsewhere to the board from a picture on."""
    findings = []
    numbers = sorted({k.picture for k in bundle.looks})
    for before, number in itertools.pairwise(numbers):
        later = [k for k in bundle.looks if k.picture >= number]
        if len({k.plate for k in later}) < 2:
            continue
        fall, step, _ = asked.gain(_motion_columns(bundle, later, None))
        moved = float(np.linalg.norm(step[3:]))
        if moved > MAX_MOVE_M and fall > LEAST_FALL:
            findings.append(
                _Finding(
                    fall,
                    f"survey: the registration board moved between picture {before + 1} and "
                    f"{number + 1}, by {1000 * moved:.1f} mm: fix it to the chest and take all "
                    "again",
                )
            )
    return findings


def _motion_columns(bundle: Bundle, looks: list[Look], about: Look | None) -> FloatArray:
    """Whitened d px / d [w, v] of what these looks show, about a plate's middle or the board's."""
    columns = np.zeros((len(bundle.miss), 6))
    for look in looks:
        centre = np.zeros(3) if about is None else about.corners_in_board_m.mean(axis=0)
        arm = look.corners_in_board_m - centre
        by = np.concatenate([-look.by_board_point @ skew(arm), look.by_board_point], axis=2)
        columns[look.rows] = by.reshape(8, 6)
    return columns


def _shape_columns(bundle: Bundle, plate: int, shape_m: FloatArray) -> FloatArray:
    """Whitened d px / d amplitude of a shape (4, 3) in the plate's frame."""
    columns = np.zeros((len(bundle.miss), 1))
    turned = shape_m @ bundle.board_from_plate[plate].R.T
    for look in bundle.looks:
        if look.plate == plate:
            columns[look.rows, 0] = np.einsum("nij,nj->ni", look.by_board_point, turned).ravel()
    return columns


def _size_shape(side_m: float) -> FloatArray:
    return square_corners_m(side_m) / side_m


def _twist_shape() -> FloatArray:
    return np.array([[0, 0, 1.0], [0, 0, -1.0], [0, 0, 1.0], [0, 0, -1.0]])
