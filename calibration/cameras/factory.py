"""Whether the intrinsics that a camera's maker states hold.

Takes the maker's intrinsics and the views a lens was measured from, gives a verdict that is
honest about what the views could not have shown: "holds" only where an error beyond the
limit is excluded, "differs" only where one is shown, else "weak". Leaves measuring to
`calibration.cameras.intrinsics`.

Ref: two one-sided tests (Schuirmann 1987): that no difference is seen proves nothing; that
the largest difference which agrees with what was seen lies within the limit does.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import cv2
import numpy as np
from scipy import stats

from calibration.boards.charuco import BoardView, CharucoBoard
from calibration.cameras.intrinsics import MeasuredIntrinsics, map_rays, measure_intrinsics
from calibration.cameras.intrinsics_record import FOCAL_MAX_PCT, intrinsics_record
from calibration.cameras.lens_fit import fit_poses, values_of
from calibration.record import Check, Plot, Record, points
from mr.errors import CalibrationError
from mr.geometry.camera import Camera
from mr.rig import Intrinsics
from mr.types import FloatArray

SIGMAS = 2.0
"""Ref: 95 %."""
SIGMAS_AGAINST = 4.0
"""A maker's lens is refuted by more than it is proved by: few pictures tell many things."""


@dataclass(frozen=True, slots=True, eq=False)
class FactoryProof:
    """The maker's lens against the measured one."""

    verdict: Literal["holds", "differs", "weak"]
    focal_pct: tuple[float, float]
    """By how much the maker's fx and fy are larger."""
    focal_sigma_pct: tuple[float, float]
    centre_px: tuple[float, float]
    """By how much the maker's cx and cy are larger."""
    centre_sigma_px: tuple[float, float]
    ray_px: float
    """Largest distance in the picture between what both see, turned as suits best."""
    ray_sigma_px: float
    hidden_focal_pct: float
    """An error of the maker's focal length this large could have been hidden (95 %)."""
    hidden_ray_px: float
    """And this large anywhere in the picture."""
    factory_rms_px: float
    free_rms_px: float
    per_view_px: FloatArray
    """Rms of each view with the maker's lens."""
    chi2: float
    n_free: int
    p_value: float
    """Of the measured lens fitting so much better if the maker's were true."""
    measured: MeasuredIntrinsics

    @property
    def words(self) -> str:
        """What was found, in one line."""
        worst = max(self.focal_pct, key=abs)
        if self.verdict == "holds":
            return (
                f"the maker's intrinsics hold: an error of the focal length above "
                f"{self.hidden_focal_pct:.2f} % would have been seen"
            )
        if self.verdict == "differs":
            return (
                f"the maker's intrinsics do not hold (focal length {worst:+.2f} %, "
                f"{self.ray_px:.1f} px in the picture): use the measured ones"
            )
        return (
            f"these pictures cannot prove the maker's intrinsics: an error of "
            f"{self.hidden_focal_pct:.2f} % or {self.hidden_ray_px:.1f} px could be hidden; take "
            "more, tilted, all over the picture"
        )

    def record(self, camera_id: str, views: Sequence[BoardView] = ()) -> Record:
        """Write down what was found, beside the record of the measured lens."""
        rays_max_px = FOCAL_MAX_PCT / 100 * self.measured.intrinsics.fx_px
        own = intrinsics_record(self.measured, camera_id, views)
        # What the board and the capture were like decides what the comparison is worth.
        shared = [c for c in own.checks if c.item not in {"fx", "fy", "cx", "cy"}]
        worst = int(np.argmax(np.abs(self.focal_pct)))
        return Record(
            procedure="factory-intrinsics",
            subject=camera_id,
            checks=(
                Check(
                    item="maker's focal length, largest error not excluded",
                    value=self.hidden_focal_pct,
                    unit="%",
                    high=FOCAL_MAX_PCT,
                    why=self.words,
                ),
                Check(
                    item="maker's lens anywhere, largest error not excluded",
                    value=self.hidden_ray_px,
                    unit="px",
                    high=rays_max_px,
                    why=self.words,
                ),
                Check(
                    item="maker's focal length less measured",
                    value=self.focal_pct[worst],
                    unit="%",
                    sigma=self.focal_sigma_pct[worst],
                ),
                Check(
                    item="corners left by the maker's lens", value=self.factory_rms_px, unit="px"
                ),
                *shared,
            ),
            budget=own.budget,
            plots=(
                Plot(
                    title="What is left, picture by picture",
                    x_label="picture",
                    y_label="rms, px",
                    series=(
                        points("maker's lens", self.measured.used, self.per_view_px),
                        points("measured lens", self.measured.used, self.measured.per_view_px),
                    ),
                ),
                *own.plots[:2],
            ),
            n_samples=own.n_samples,
            inputs_sha256=own.inputs_sha256,
            notes=(self.words, *own.notes),
        )


def prove_factory(
    views: Sequence[BoardView], board: CharucoBoard, intrinsics: Intrinsics
) -> FactoryProof:
    """Test a maker's intrinsics against those that views of a board give.

    Raises
    ------
    CalibrationError
        When the pictures are of another size than the intrinsics, or hold no lens.
    """
    size_px = (intrinsics.width_px, intrinsics.height_px)
    if views and tuple(views[0].size_px) != size_px:
        raise CalibrationError(
            f"factory intrinsics: they are for {size_px[0]}x{size_px[1]}, the pictures are "
            f"{views[0].size_px[0]}x{views[0].size_px[1]}: ask the camera for the same size"
        )
    measured = measure_intrinsics(views, board, size_px)
    factory, own = values_of(intrinsics), values_of(measured.intrinsics)
    held = fit_poses(list(measured.corners), factory, measured.poses)
    free = measured.covariance.diagonal() > 0
    n_free, n_seen = int(free.sum()), 2 * measured.n_corners
    n_spare = max(n_seen - 6 * len(measured.used) - n_free, 1)
    gain = np.sum(np.concatenate(held.left_px) ** 2) - np.sum(measured.left_px**2)
    chi2 = max(float(gain) / measured.sigma_px**2, 0.0)
    off, sigma = factory - own, measured.sigma
    ray_px, ray_sigma_px = _apart(measured, intrinsics)
    scale_pct = 100 / own[:2]
    focal, focal_sigma = off[:2] * scale_pct, sigma[:2] * scale_pct
    hidden = float(np.max(np.abs(focal) + SIGMAS * focal_sigma))
    shown = float(np.max(np.abs(focal) - SIGMAS_AGAINST * focal_sigma))
    ray_limit = FOCAL_MAX_PCT / 100 * own[0]
    worst = int(np.argmax(ray_px + SIGMAS * ray_sigma_px))
    hidden_ray = float(ray_px[worst] + SIGMAS * ray_sigma_px[worst])
    shown_ray = float(np.max(ray_px - SIGMAS_AGAINST * ray_sigma_px))
    verdict: Literal["holds", "differs", "weak"] = "weak"
    if shown > FOCAL_MAX_PCT or shown_ray > ray_limit:
        verdict = "differs"
    elif hidden <= FOCAL_MAX_PCT and hidden_ray <= ray_limit:
        verdict = "holds"
    return FactoryProof(
        verdict=verdict,
        focal_pct=(float(focal[0]), float(focal[1])),
        focal_sigma_pct=(float(focal_sigma[0]), float(focal_sigma[1])),
        centre_px=(float(off[2]), float(off[3])),
        centre_sigma_px=(float(sigma[2]), float(sigma[3])),
        ray_px=float(ray_px[worst]),
        ray_sigma_px=float(ray_sigma_px[worst]),
        hidden_focal_pct=hidden,
        hidden_ray_px=hidden_ray,
        factory_rms_px=held.rms_px,
        free_rms_px=measured.rms_px,
        per_view_px=held.per_view_px,
        chi2=chi2,
        n_free=n_free,
        p_value=float(stats.f.sf(chi2 / n_free, n_free, n_spare)),
        measured=measured,
    )


def _apart(measured: MeasuredIntrinsics, intrinsics: Intrinsics) -> tuple[FloatArray, FloatArray]:
    """Give how far both lenses see apart over the picture, (135,) px, and its sigma."""
    lens = measured.intrinsics
    size_px = (lens.width_px, lens.height_px)
    rays = map_rays(values_of(lens), size_px)
    apart = Camera(intrinsics).project(rays) - Camera(lens).project(rays)
    turn = _turning(values_of(lens), rays)
    apart = apart.ravel() - turn @ (turn.T @ apart.ravel())
    return np.hypot(*apart.reshape(-1, 2).T), measured.ray_sigma_px.ravel()


def _turning(values: FloatArray, rays: FloatArray) -> FloatArray:
    """Give an orthonormal basis, (2n, 3), of how a turn of the camera moves the picture."""
    matrix = np.array([[values[0], 0, values[2]], [0, values[1], values[3]], [0, 0, 1.0]])
    _, slope = cv2.projectPoints(rays, np.zeros(3), np.zeros(3), matrix, values[4:])
    return np.asarray(np.linalg.qr(slope[:, :3])[0])
