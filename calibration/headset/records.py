"""A headset's registration as it is shown, filed and kept in the rig.

Takes what `calibration.headset.touch` or `.sweep` found, gives its record and the rig file's
table; leaves measuring to them.
"""

from __future__ import annotations

import numpy as np

from calibration.headset.registering import HeadsetRegistration
from calibration.record import BudgetLine, Check, Plot, Record, line, points
from mr.geometry.hand import BIAS_M
from mr.rig import HeadsetCalibration
from mr.types import FloatArray

PLACE_MM, TURN_DEG, EXTENT_MM = 2.0, 0.5, 400.0
"""Limits of a registration. Source: the issue."""
CROSS_SIGMA_M = 5e-4
"""Of a printed cross's place. Assumed: a ruler and the mannequin's pose."""


def registration_record(
    found: HeadsetRegistration, subject: str, chest_in_world_m: FloatArray
) -> Record:
    """Make the record of a registration.

    Parameters
    ----------
    found
        What was measured.
    subject
        The headset's model.
    chest_in_world_m
        (3,) where it has to be right.
    """
    place_mm = 1000 * float(np.hypot(found.sigma_at_m(chest_in_world_m), CROSS_SIGMA_M))
    bias_mm = 1000 * float(np.linalg.norm(found.hand_bias_m))
    checks = [
        Check(
            item="place at the chest, one-sigma",
            value=place_mm,
            unit="mm",
            high=PLACE_MM,
            why="an overlay this far off is not noticed; more: sweep longer, touch more crosses "
            "with the hand turned",
        ),
        Check(
            item="turn, one-sigma",
            value=float(np.degrees(found.sigma_rad)),
            unit="deg",
            high=TURN_DEG,
            why="half a degree is 4 mm at half a metre; more: sweep wider",
        ),
        Check(
            item="latency of hand joints",
            value=1000 * found.latency_s,
            unit="ms",
            sigma=1000 * found.latency_sigma_s,
        ),
        Check(
            item="user's bias, wrist and knuckles",
            value=bias_mm,
            unit="mm",
            sigma=1000 * float(np.linalg.norm(found.hand_bias_sigma_m)),
        ),
        Check(item="looks left out", value=100 * found.outliers, unit="%", high=40.0),
    ]
    if np.isfinite(found.extents_m).all():
        checks += [
            Check(
                item=f"sweep along its {name} direction",
                value=1000 * float(extent_m),
                unit="mm",
                low=EXTENT_MM,
                why="what the noise of joints leaves of a turn goes by how far the hand went",
            )
            for name, extent_m in zip(("longest", "second", "third"), found.extents_m, strict=True)
        ]
    return Record(
        procedure="headset",
        subject=subject,
        checks=tuple(checks),
        budget=_budget(found, chest_in_world_m),
        plots=_plots(found),
        n_samples=found.n_looks,
        notes=(
            f"{found.n_looks} looks are worth {found.worth:.0f} independent ones: a joint's error "
            f"goes on for {found.noise.correlation_s:.2f} s",
            "a bias is taken to turn with the hand; one that were fixed to the room could not be "
            "told from the place",
        ),
    )


def _budget(found: HeadsetRegistration, chest_in_world_m: FloatArray) -> tuple[BudgetLine, ...]:
    return (
        BudgetLine(
            source="joints' noise and the user's bias, as far as they were told apart",
            sigma=1000 * found.sigma_at_m(chest_in_world_m),
            unit="mm",
            how=f"measured: {found.worth:.0f} independent looks; a user's bias of "
            f"{1000 * BIAS_M:g} mm was assumed before",
        ),
        BudgetLine(
            source="places of the crosses",
            sigma=1000 * CROSS_SIGMA_M,
            unit="mm",
            how="assumed: ruler and the mannequin's pose",
        ),
    )


def _plots(found: HeadsetRegistration) -> tuple[Plot, ...]:
    left = Plot(
        title="What is left of the registration",
        x_label="time (s)",
        y_label="headset minus rig (mm)",
        series=tuple(
            points(axis, found.t_s, 1000 * column)
            for axis, column in zip("xyz", found.residual_m.T, strict=True)
        ),
    )
    lengths = np.sort(1000 * np.linalg.norm(found.residual_m, axis=1))
    share = Plot(
        title="How much of it is how large",
        x_label="length of what is left (mm)",
        y_label="share of averages (%)",
        series=(line("share", lengths, 100 * np.arange(1, len(lengths) + 1) / len(lengths)),),
    )
    return left, share


def rig_entry(
    found: HeadsetRegistration, model: str, user: str, made_utc: str
) -> HeadsetCalibration:
    """Give what the rig file keeps: what is of the headset and the user, not of the session."""
    hand, tip = (tuple(float(x) for x in v) for v in (found.hand_bias_m, found.tip_bias_m))
    return HeadsetCalibration(
        model=model,
        user=user,
        latency_s=found.latency_s,
        latency_sigma_s=found.latency_sigma_s,
        hand_bias_m=(hand[0], hand[1], hand[2]),
        tip_bias_m=(tip[0], tip[1], tip[2]),
        bias_sigma_m=float(np.linalg.norm(found.hand_bias_sigma_m)),
        made_utc=made_utc,
    )
