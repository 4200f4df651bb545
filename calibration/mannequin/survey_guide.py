"""How the pictures for the plates' survey are guided.

Takes candidate pictures, gives a verdict on each and which plate to show next, from where;
leaves measuring to `calibration.mannequin.survey`.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from calibration.boards.charuco import CharucoBoard
from calibration.guide import Progress, Verdict
from calibration.mannequin.plate_bundle import Picture
from calibration.mannequin.survey import PlatesSeen, pictures_of, seen_angle_rad
from mr.rig import CameraModel
from mr.types import FloatArray

WANTED = 6
"""Pictures of each plate."""
WANTED_ANGLE_RAD = np.radians(35.0)
BLURRED_PX = 3.0
MAX_RMS_PX = 1.0
SAME_EYE_M = 0.04


class SurveyGuide:
    """Guides a camera round the mannequin until each plate is known from several sides."""

    def __init__(
        self,
        board: CharucoBoard,
        cameras: Mapping[str, CameraModel],
        sides_m: Mapping[int, float],
    ) -> None:
        self._board, self._cameras, self._sides_m = board, dict(cameras), dict(sides_m)
        self.samples: list[PlatesSeen] = []
        self._pictures: list[Picture] = []

    def offer(self, sample: PlatesSeen) -> Verdict:
        """Take a picture, or say why not."""
        if sample.sharpness_px > BLURRED_PX:
            return Verdict(False, "blurred: hold the camera still, or give more light")
        if len(sample.board_ids) == 0:
            return Verdict(False, "the registration board is not seen: have it in the picture, too")
        known = [j for j in sample.plate_ids if j in self._sides_m]
        if not known:
            more = f", only {list(sample.plate_ids)}" if sample.plate_ids else ""
            return Verdict(False, f"no plate of this mannequin is in the picture{more}")
        found = pictures_of([sample], self._board, self._cameras, self._sides_m)
        if not found:
            return Verdict(False, "too little of the board is seen, or too slanted: go higher")
        if found[0].board.rms_px > MAX_RMS_PX:
            return Verdict(
                False,
                f"the board's corners are {found[0].board.rms_px:.1f} px off a flat board: lay it "
                "on something stiff",
            )
        eye = _eye(found[0])
        for old in self._pictures:
            if np.linalg.norm(_eye(old) - eye) < SAME_EYE_M and set(known) <= set(old.plates):
                return Verdict(False, "seen from here before: go elsewhere")
        self.samples.append(sample)
        self._pictures += found
        return Verdict(True)

    @property
    def progress(self) -> Progress:
        """How far it is."""
        share = np.array([self._share(j) for j in self._sides_m])
        return Progress(
            share=float(share.mean()),
            done=bool((share >= 1.0).all()),
            next=self._next(),
            n_taken=len(self.samples),
            residual=self._residual(),
            coverage=share[None, :],
            coverage_of="plates " + ", ".join(str(j) for j in self._sides_m),
        )

    def _share(self, plate: int) -> float:
        n = min(self._n(plate) / WANTED, 1.0)
        angle = min(seen_angle_rad(self._pictures, plate) / WANTED_ANGLE_RAD, 1.0)
        return 0.5 * float(n + angle)

    def _n(self, plate: int) -> int:
        return sum(plate in p.plates for p in self._pictures)

    def _next(self) -> str:
        worst = min(self._sides_m, key=self._share)
        if self._share(worst) >= 1.0:
            return "enough; further pictures make it better"
        angle = np.degrees(seen_angle_rad(self._pictures, worst))
        if self._n(worst) >= 2 and angle < np.degrees(WANTED_ANGLE_RAD):
            return (
                f"show plate {worst} and the board from another side: {angle:.0f} of "
                f"{np.degrees(WANTED_ANGLE_RAD):.0f} degrees apart so far"
            )
        return f"show plate {worst} and the board together: {self._n(worst)} of {WANTED} pictures"

    def _residual(self) -> str:
        if not self._pictures:
            return ""
        return f"{np.median([p.board.rms_px for p in self._pictures]):.2f} px rms of the board"


def _eye(picture: Picture) -> FloatArray:
    return picture.board.color_from_board.inverse().t_m
