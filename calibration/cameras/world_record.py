"""What the cameras' places look like in a report.

Takes a `World`, gives one `Record` a camera; leaves measuring to `calibration.cameras.world`.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from calibration.boards.charuco import CharucoBoard
from calibration.cameras.boards_seen import BoardsSeen
from calibration.cameras.bow import flatness_check
from calibration.cameras.stated import FOCAL_SIGMA, PRINT_SIGMA, SHIFT_SIGMA_M, stated_lines
from calibration.cameras.world import World
from calibration.cameras.world_faults import MAX_MISFIT_M, MAX_SIZE_OFF
from calibration.record import BudgetLine, Check, Plot, Record, points, sha256_of
from mr.types import BoolArray, FloatArray

MAX_MM, MAX_DEG = 1.0, 0.1
"""Ref: issue 6, cameras-to-world."""
MAX_TOTAL_MM = 2.0
"""With the print and the lens: what a chest's place needs."""
MAX_RMS_PX = 0.8
PLOTTED = 1500


def world_record(
    world: World,
    camera_id: str,
    samples: Sequence[BoardsSeen] = (),
    board: CharucoBoard | None = None,
    *,
    print_sigma: float = PRINT_SIGMA,
    focal_sigma: float = FOCAL_SIGMA,
    shift_sigma_m: float = SHIFT_SIGMA_M,
) -> Record:
    """Write one camera's place down for the report; sigmas as `measure_world` was told them."""
    k = world.camera_ids.index(camera_id)
    turn, shift = _sigmas(world.capture_covariance[k])
    covariance = world.world_from_cam[k].covariance
    assert covariance is not None
    _, whole = _sigmas(covariance)
    mine = world.view_camera == k
    checks = [
        Check(
            item="place in the world, one-sigma of the capture",
            value=shift,
            unit="mm",
            high=MAX_MM,
            why="cameras-to-world to 1 mm: take more places, tilted ones among them",
        ),
        Check(
            item="turn in the world, one-sigma of the capture",
            value=turn,
            unit="deg",
            high=MAX_DEG,
            why="cameras-to-world to 0.1 degrees",
        ),
        Check(
            item="place, one-sigma with print and lens",
            value=whole,
            unit="mm",
            high=MAX_TOTAL_MM,
            why="a chest's place needs 2 mm: measure the print with a caliper",
        ),
        Check(
            item="board apart from the other cameras', at worst",
            value=1000 * float(world.misfit_m[mine].max()),
            unit="mm",
            high=1000 * MAX_MISFIT_M,
            why="more is a camera or a board that moved",
        ),
        Check(
            item="corners off the joint solution, rms",
            value=world.rms_px[k],
            unit="px",
            high=MAX_RMS_PX,
            why="more is a lens that is not the calibrated one",
        ),
        flatness_check(world.bow),
    ]
    if np.isfinite(world.size_ratio[k]):
        checks.append(
            Check(
                item="depth sensor's over corners' distance",
                value=100 * world.size_ratio[k],
                unit="%",
                low=100 * (1 - MAX_SIZE_OFF),
                high=100 * (1 + MAX_SIZE_OFF),
                why="more is a wrong square size, or a depth that is not calibrated",
            )
        )
    distance = float(np.linalg.norm(world.world_from_cam[k].t_m))
    return Record(
        procedure="world",
        subject=camera_id,
        checks=tuple(checks),
        budget=(
            BudgetLine(
                source="corners, places and tilts of the capture",
                sigma=shift,
                unit="mm",
                how="measured: from what the joint solution leaves over",
            ),
            *stated_lines(print_sigma, focal_sigma, shift_sigma_m, distance),
        ),
        plots=_plots(world, mine),
        n_samples=int(world.n_views[k]),
        inputs_sha256={} if not samples else {f"camera_{camera_id}_boards": _hash(samples)},
        notes=_notes(world),
    )


def _sigmas(covariance: FloatArray) -> tuple[float, float]:
    """Give the largest one-sigma of turn (deg) and of place (mm) on any axis."""
    turn = np.sqrt(np.linalg.eigvalsh(covariance[:3, :3])[-1])
    shift = np.sqrt(np.linalg.eigvalsh(covariance[3:, 3:])[-1])
    return float(np.degrees(turn)), 1000 * float(shift)


def _plots(world: World, mine: BoolArray) -> tuple[Plot, ...]:
    pick = np.unique(np.linspace(0, len(world.left_px) - 1, PLOTTED).astype(int))
    left = world.left_px[pick]
    return (
        Plot(
            title="the board's middle apart from the joint solution",
            x_label="instant",
            y_label="[mm]",
            series=(
                points("this camera", world.view_instant[mine] + 1, 1000 * world.misfit_m[mine]),
            ),
        ),
        Plot(
            title="corners of all cameras, seen less foretold",
            x_label="right [px]",
            y_label="down [px]",
            series=(points("corners", left[:, 0], left[:, 1]),),
            equal=True,
        ),
    )


def _notes(world: World) -> tuple[str, ...]:
    notes = []
    if world.left_out:
        which = ", ".join(str(i + 1) for i in world.left_out)
        notes.append(f"left out, for the board was not still there: instant {which}")
    if world.stretch > 1.5:
        notes.append(
            f"cameras disagree {world.stretch:.1f} times as much as corners do within a picture, "
            "and the sigmas were stretched by that: a lens may be off"
        )
    if not np.isfinite(world.size_ratio).any():
        notes.append("no depth was given: nothing checks the board's size independently")
    return tuple(notes)


def _hash(samples: Sequence[BoardsSeen]) -> str:
    return sha256_of([px for s in samples for px in s.corners_px])
