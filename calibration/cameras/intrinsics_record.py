"""What is said of a measured lens: limits, what is weak, what to do.

Takes a `MeasuredIntrinsics`, gives its `Record`; leaves measuring to
`calibration.cameras.intrinsics`.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from calibration.boards.charuco import BoardView
from calibration.cameras.intrinsics import MeasuredIntrinsics
from calibration.record import BudgetLine, Check, Plot, Record, line, points, sha256_of

FOCAL_MAX_PCT = 0.2
"""Ref: the project's limit on intrinsics; 1.4 mm at 0.7 m."""
FOCAL_SIGMA_MAX_PCT = FOCAL_MAX_PCT / 2
"""The limit is kept by two sigmas."""
RMS_MAX_PX = 0.5
"""Sharp corners leave 0.05 to 0.2 px (measured on painted boards and 4 webcams' clips: 0.4)."""
COVERED_MIN = 0.75
"""Share of the picture's cells with corners."""
VIEWS_MIN = 12
TILT_DEG = 15.0
TILTED_MIN = 2
"""So many boards lean at least so far to each of four sides."""
SAG_MAX_M = 1e-3
"""A sheet glued onto glass or aluminium lies within 0.2 mm; a clipboard bends by 1 to 3."""
LONGER_MAX_PCT = 0.25
"""A print that is longer one way makes one focal length as wrong: more than the limit."""
SIDES = ("right", "left", "bottom", "top")
_MOST_POINTS = 500


def intrinsics_record(
    measured: MeasuredIntrinsics, camera_id: str, views: Sequence[BoardView] = ()
) -> Record:
    """Write down what was found, with its limits; `views` are hashed as the inputs."""
    hashed = [a for view in views for a in (view.ids, view.corners_px)]
    return Record(
        procedure="intrinsics",
        subject=camera_id,
        checks=(
            *_lens_checks(measured),
            *_capture_checks(measured),
            *_board_checks(measured),
            *_change_checks(measured),
        ),
        budget=_budget(measured),
        plots=_plots(measured),
        n_samples=len(measured.used),
        inputs_sha256={"board_views": sha256_of(hashed)} if hashed else {},
        notes=_notes(measured),
    )


def _lens_checks(measured: MeasuredIntrinsics) -> tuple[Check, ...]:
    lens, sigma = measured.intrinsics, measured.sigma
    tilt = "hold the board tilted by 20 to 40 degrees, to each of its four sides"
    rays_max_px = FOCAL_SIGMA_MAX_PCT / 100 * lens.fx_px
    rays_px = float(measured.ray_sigma_px.max())
    values = (
        Check(item="fx", value=lens.fx_px, unit="px", sigma=float(sigma[0])),
        Check(item="fy", value=lens.fy_px, unit="px", sigma=float(sigma[1])),
        Check(item="cx", value=lens.cx_px, unit="px", sigma=float(sigma[2])),
        Check(item="cy", value=lens.cy_px, unit="px", sigma=float(sigma[3])),
    )
    return (
        *values,
        _judged(
            "focal length, one sigma",
            measured.focal_sigma_pct,
            "%",
            FOCAL_SIGMA_MAX_PCT,
            "the project's limit is 0.2 %, at two sigmas",
            f"the focal length is weak: {tilt}, near and far",
        ),
        _judged(
            "centre, one sigma",
            measured.centre_sigma_px,
            "px",
            rays_max_px,
            "the focal length's limit, as an angle",
            f"the picture's centre is weak: {tilt}",
        ),
        _judged(
            "anywhere in the picture, one sigma",
            rays_px,
            "px",
            rays_max_px,
            "the focal length's limit, as an angle",
            f"the lens is weak {_where(measured)}: hold the board there",
        ),
        _judged(
            "corners left over",
            measured.rms_px,
            "px",
            RMS_MAX_PX,
            "sharp corners leave 0.05 to 0.4 px",
            "blurred, moving, or not this board: fix the focus, more light, hold it still",
        ),
    )


def _capture_checks(measured: MeasuredIntrinsics) -> tuple[Check, ...]:
    tilts = measured.tilts_deg
    leaning = np.array(
        [
            (tilts[:, 0] > TILT_DEG).sum(),
            (tilts[:, 0] < -TILT_DEG).sum(),
            (tilts[:, 1] > TILT_DEG).sum(),
            (tilts[:, 1] < -TILT_DEG).sum(),
        ]
    )
    least = int(np.argmin(leaning))
    empty = measured.coverage < 0.5
    return (
        _at_least(
            "pictures used", len(measured.used), "", VIEWS_MIN, "fewer are easily misled",
            "too few pictures: take 20",
        ),
        _at_least(
            "picture covered", float(measured.coverage.mean()), "", COVERED_MIN,
            "distortion is not known where no corner was",
            f"no corners at the {_cells_in_words(empty)}: hold the board there",
        ),
        _at_least(
            "tilted boards, least of four sides", int(leaning[least]), "", TILTED_MIN,
            f"by {TILT_DEG:g} degrees or more: without tilt, focal length is distance",
            f"{int(leaning[least])} boards lead away to the picture's {SIDES[least]}: tilt it so "
            "by 30 degrees, twice or more",
        ),
    )  # fmt: skip


def _board_checks(measured: MeasuredIntrinsics) -> tuple[Check, ...]:
    shape = measured.shape
    sag_mm, sigma_mm = 1000 * shape.sag_m, 1000 * shape.sag_sigma_m
    how = "its width" if shape.across else "its height"
    way = "bulges to" if shape.sag_m > 0 else "is hollow towards"
    known = shape.sag_sigma_m < SAG_MAX_M / 3
    bent = known and abs(shape.sag_m) > SAG_MAX_M
    longer, longer_sigma = 100 * shape.longer_across, 100 * shape.longer_sigma
    known_longer = longer_sigma < LONGER_MAX_PCT / 3
    uneven = known_longer and abs(longer) > LONGER_MAX_PCT
    which = "across than down" if longer > 0 else "down than across"
    return (
        Check(
            item="board's sag",
            value=abs(sag_mm),
            unit="mm",
            sigma=sigma_mm,
            high=1000 * SAG_MAX_M if known else None,
            why=(
                f"the board is bent by about {abs(sag_mm):.1f} mm along {how} (its middle {way} "
                "the camera): glue it onto something flat and take the pictures again"
                if bent
                else "a sheet on glass lies within 0.2 mm"
                if known
                else "too weak to tell"
            ),
        ),
        Check(
            item="print longer across than down",
            value=longer,
            unit="%",
            sigma=longer_sigma,
            low=-LONGER_MAX_PCT if known_longer else None,
            high=LONGER_MAX_PCT if known_longer else None,
            why=(
                f"the print is {abs(longer):.2f} % longer {which} than its scale says: measure "
                "both of its rulers and give both"
                if uneven
                else "it makes one focal length as wrong"
                if known_longer
                else "too weak to tell: turn the board by 90 degrees in some pictures"
            ),
        ),
    )


def _change_checks(measured: MeasuredIntrinsics) -> tuple[Check, ...]:
    changed = measured.changed
    if changed.after < 0:
        return ()
    sure = changed.sure
    words = (
        f"the lens changed after picture {changed.after}: focal length by "
        f"{changed.focal_pct:+.2f} %, centre by {changed.centre_px:.1f} px; switch autofocus and "
        "zoom off, do not touch the lens, and take the pictures again"
    )
    weak = measured.focal_sigma_pct > FOCAL_SIGMA_MAX_PCT or measured.coverage.mean() < COVERED_MIN
    if weak:  # motion under a rolling shutter can look like it where the lens is hardly known
        words = (
            f"pictures up to {changed.after} and later ones do not agree on one lens: the lens "
            "changed, or the board moved while it was taken; switch autofocus off, hold it still"
        )
    focal = changed.focal_pct if sure else 0.0
    centre_max_px = FOCAL_MAX_PCT / 100 * measured.intrinsics.fx_px
    centre = changed.centre_px if sure else 0.0
    kept = "no change stands out of the noise" if not sure else "a change within the limit"
    return (
        Check(
            item="focal length changed meanwhile",
            value=focal,
            unit="%",
            low=-FOCAL_MAX_PCT,
            high=FOCAL_MAX_PCT,
            why=words if abs(focal) > FOCAL_MAX_PCT else kept,
        ),
        _judged("centre moved meanwhile", centre, "px", centre_max_px, kept, words),
    )


def _budget(measured: MeasuredIntrinsics) -> tuple[BudgetLine, ...]:
    lens = measured.intrinsics
    corner = f"measured: {measured.sigma_px:.3f} px left at each of {measured.n_corners} corners"
    print_px = lens.fx_px * measured.shape.longer_sigma
    return (
        BudgetLine(source="corners, in fx", sigma=float(measured.sigma[0]), unit="px", how=corner),
        BudgetLine(source="corners, in fy", sigma=float(measured.sigma[1]), unit="px", how=corner),
        BudgetLine(
            source="print's sides, in fx and fy",
            sigma=float(print_px),
            unit="px",
            how="measured: by boards that were turned",
        ),
    )


def _plots(measured: MeasuredIntrinsics) -> tuple[Plot, ...]:
    lens = measured.intrinsics
    step = max(1, len(measured.left_px) // _MOST_POINTS)
    seen, left = measured.seen_px[::step], measured.left_px[::step]
    frame_x = [0, lens.width_px, lens.width_px, 0, 0]
    frame_y = [0, 0, -lens.height_px, -lens.height_px, 0]
    return (
        Plot(
            title="Where corners were seen",
            x_label="right, px",
            y_label="up, px",
            series=(points("corners", seen[:, 0], -seen[:, 1]), line("picture", frame_x, frame_y)),
            equal=True,
        ),
        Plot(
            title="What is left of the corners",
            x_label="right, px",
            y_label="down, px",
            series=(points("seen less modelled", left[:, 0], left[:, 1]),),
            equal=True,
        ),
        Plot(
            title="What is left, picture by picture",
            x_label="picture",
            y_label="rms, px",
            series=(points("rms", measured.used, measured.per_view_px),),
        ),
    )


def _notes(measured: MeasuredIntrinsics) -> tuple[str, ...]:
    notes = ["One camera cannot tell the size of the squares: check it by the ruler and by depth."]
    n_few = sum(why.endswith("corners") for _, why in measured.left_out)
    if n_few:
        notes.append(f"{n_few} pictures with too few corners were left out.")
    notes += [
        f"Picture {number} left out: {why}."
        for number, why in measured.left_out
        if not why.endswith("corners")
    ]
    if measured.shape.bend_fitted or measured.shape.longer_fitted:
        notes.append("The board's shape is part of the fit, so that the lens does not imitate it.")
    if measured.covariance[-1, -1] == 0:
        notes.append("k3 is held at 0: these pictures do not tell it.")
    return tuple(notes)


def _where(measured: MeasuredIntrinsics) -> str:
    """Say where the lens is known worst."""
    rows, columns = measured.ray_sigma_px.shape
    row, column = np.unravel_index(int(np.argmax(measured.ray_sigma_px)), (rows, columns))
    empty = np.zeros((3, 3), dtype=bool)
    empty[int(row * 3 // rows), int(column * 3 // columns)] = True
    return f"at the {_cells_in_words(empty)}"


def _cells_in_words(cells: np.ndarray) -> str:
    """Name the part of the picture in which most of the cells are that are true."""
    best, name = 0.0, "rim"
    for row, vertical in enumerate(("top", "", "bottom")):
        for column, level in enumerate(("left", "", "right")):
            r = np.array_split(np.arange(cells.shape[0]), 3)[row]
            c = np.array_split(np.arange(cells.shape[1]), 3)[column]
            share = float(cells[np.ix_(r, c)].mean()) if len(r) and len(c) else 0.0
            if share > best:
                best, name = share, " ".join(w for w in (vertical, level) if w) or "middle"
    return f"{name} of the picture"


def _judged(item: str, value: float, unit: str, high: float, kept: str, broken: str) -> Check:
    why = kept if value <= high else broken
    return Check(item=item, value=value, unit=unit, high=high, why=why)


def _at_least(item: str, value: float, unit: str, low: float, kept: str, broken: str) -> Check:
    return Check(item=item, value=value, unit=unit, low=low, why=kept if value >= low else broken)
