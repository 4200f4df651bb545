"""What cameras see of the daily check's presses.

Takes a capture's looks at the chest and what the mannequin said of its presses, gives each
camera's depth at the block and its latency; leaves the pressing to `calibration.daily_presses`
and the markers to `calibration.daily_plates`.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from calibration.daily_presses import Pressed
from calibration.record import Check
from mr.fusion.give import HandGive
from mr.rig import CameraCalibration, Rig
from mr.session.drift_limits import LIMITS
from mr.types import (
    ChestObservation,
    FloatArray,
    IntArray,
    Sample,
)

LEAST_LOOKS = 20
"""Looks at pressing hands, for a camera to be judged at all."""
BLOCK_MM = 1.5
"""Ours: 3 % of 50 mm; healthy cameras stay under 1 mm (simulated)."""
BESIDE_MM = 3.0
"""The same by the chest beside the hands, which tells less: 0.7 mm of its rest alone."""
LATENCY_KNOWN_MS = 3.0
"""A latency that is known no better is not judged."""
LIFTED_M = 0.002
"""Hands so far above the zero are in the air."""
REST_M, DEEP_SHARE, BETWEEN_WEIGHT = 0.003, 0.9, 0.02
"""The ends of a press, and what weighs between them: as in `calibration.together.motion`."""
SURE_ROUNDS, HUBER = 3, 1.5
PRESS_NS = 900_000_000
"""A press' ways down and up take no longer, each."""
STAYS_MM, CLOCKS_MS = 0.35, 1.5
"""One-sigma of what pixels are each off at rest and at the block, and of clocks that settle anew.
Simulated."""
ALIKE = 4.0
"""Looks that follow one another are alike: so many count as one."""
BESIDE_SIGMA_MM = 0.7
"""How well the chest beside the hands lies where it is believed to be at rest; as fusion takes
it (mr.fusion.lesson.PRIOR)."""


@dataclass(frozen=True, slots=True)
class CameraChecked:
    """One camera beside the block."""

    camera_id: str
    n_looks: int
    depth_mm: float | None
    """At the block, by the back of the hand; None: too few looks."""
    depth_sigma_mm: float
    beside_mm: float | None
    """At the block, by the bare chest beside the hands; None: too little of it was seen."""
    beside_sigma_mm: float
    latency_ms: float | None
    """Beyond the calibrated one; None: the presses' edges do not tell."""
    latency_sigma_ms: float

    def checks(self, block_mm: float) -> list[Check]:
        """Show it with limits."""
        name = f"camera {self.camera_id}"
        checks = [Check(item=f"{name}, looks at the presses", value=self.n_looks, unit="",
                        low=LEAST_LOOKS, why=f"ours; with fewer it is not judged: does {name} see "
                        "the chest?")]  # fmt: skip
        readings = (
            ("hand", self.depth_mm, self.depth_sigma_mm, BLOCK_MM),
            ("chest beside the hand", self.beside_mm, self.beside_sigma_mm, BESIDE_MM),
        )
        for what, depth_mm, sigma_mm, most_mm in readings:
            if depth_mm is None:
                continue
            by_mm = depth_mm - block_mm
            why = "ours: healthy cameras stay well within"
            if abs(by_mm) > most_mm:
                why = (
                    f"{name} sees {depth_mm:.1f} mm of the {block_mm:g} mm block "
                    f"({100.0 * by_mm / block_mm:+.0f} %): calibrate `motion`"
                )
            checks.append(Check(item=f"{name}, depth at the block by the {what}", value=by_mm,
                                unit="mm", sigma=sigma_mm, low=-most_mm, high=most_mm,
                                why=why))  # fmt: skip
        if self.latency_ms is not None:
            limit = LIMITS["lag"]
            why = limit.why
            if abs(self.latency_ms) > limit.limit:
                how = "later" if self.latency_ms > 0 else "earlier"
                why = (
                    f"pictures of {name} come {abs(self.latency_ms):.0f} ms {how} than calibrated: "
                    f"{limit.recalibrate}"
                )
            checks.append(Check(item=f"{name}, latency", value=self.latency_ms, unit="ms",
                                sigma=self.latency_sigma_ms, low=-limit.limit, high=limit.limit,
                                why=why))  # fmt: skip
        return checks


def check_cameras(
    samples: Sequence[Sample],
    rig: Rig,
    camera_ids: Sequence[str],
    pressed: Pressed,
    block_mm: float,
    block_sigma_mm: float,
) -> tuple[CameraChecked, ...]:
    """Compare what each camera sees of the presses with the block."""
    looks: dict[str, list[ChestObservation]] = {key: [] for key in camera_ids}
    for sample in samples:
        if isinstance(sample, ChestObservation) and sample.camera_id in looks:
            looks[sample.camera_id].append(sample)
    return tuple(
        _camera(key, rig.cameras[key], seen, pressed, block_mm, block_sigma_mm)
        for key, seen in looks.items()
    )


def _camera(
    camera_id: str, camera: CameraCalibration, seen: Sequence[ChestObservation], pressed: Pressed,
    block_mm: float, block_sigma_mm: float,
) -> CameraChecked:  # fmt: skip
    on = [s for s in seen if s.hands == "on" and s.surface_z_m is not None]
    t_ns = np.array([s.stamp.t_ns for s in on], np.int64) - round(1e9 * camera.latency_s)
    z_m = np.array([s.surface_z_m for s in on], np.float64)
    press = _press_of(t_ns, pressed)
    kept = press >= 0
    t_s = (t_ns - pressed.t_ns[0]) / 1e9
    zeros_m = np.array([hold.before_mm for hold in pressed.holds]) / 1e3
    found = None
    if kept.sum() >= LEAST_LOOKS:
        give = HandGive(camera.depth_gain)
        found = _fit(t_s[kept], z_m[kept], press[kept], zeros_m, pressed, give)
    beside_mm, beside_sigma_mm = _beside(seen, camera, pressed)
    if found is None:
        return CameraChecked(camera_id, int(kept.sum()), None, math.nan, beside_mm,
                             beside_sigma_mm, None, math.nan)  # fmt: skip
    scale, scale_sigma, late_s, late_sigma_s = found
    held_mm = float(np.mean([hold.depth_mm - hold.before_mm for hold in pressed.holds]))
    late_known = 1e3 * late_sigma_s < LATENCY_KNOWN_MS
    return CameraChecked(
        camera_id,
        int(kept.sum()),
        scale * held_mm,
        math.hypot(scale_sigma * held_mm, block_sigma_mm, STAYS_MM),
        beside_mm,
        beside_sigma_mm,
        1e3 * late_s if late_known else None,
        math.hypot(1e3 * late_sigma_s, CLOCKS_MS),
    )


def _press_of(t_ns: IntArray, pressed: Pressed) -> IntArray:
    """Tell to which press an instant belongs, from its way down to its way up; -1: to none."""
    at = np.full(len(t_ns), -1)
    depth_m = np.interp(t_ns, pressed.t_ns, pressed.depth_mm) / 1e3
    for k, hold in enumerate(pressed.holds):
        around = np.abs(t_ns - 0.5 * (hold.start_ns + hold.end_ns))
        near = around < 0.5 * (hold.end_ns - hold.start_ns) + PRESS_NS
        at[near & (depth_m - hold.before_mm / 1e3 > -LIFTED_M)] = k
    return at


def _fit(
    t_s: FloatArray, z_m: FloatArray, press: IntArray, zeros_m: FloatArray, pressed: Pressed,
    give: HandGive,
) -> tuple[float, float, float, float] | None:  # fmt: skip
    """Fit an offset for each press, a scale and a lag; (scale, sigma, lag in s, sigma).

    ``z = offset[press] + slide[press] * t - scale * seen(depth(t - lag))``. Looks
    that follow one another are alike, and what their pixels are each off stays in the scale.
    """
    n = int(press.max()) + 1
    depth_m = np.interp(t_s, pressed.t_s, pressed.depth_mm / 1e3) - zeros_m[press]
    velocity = np.interp(t_s, pressed.t_s, pressed.velocity_m_s)
    seen_m = np.array([give.seen_m(float(d)) for d in depth_m])
    slope = np.array([give.slope(float(d)) for d in depth_m])
    offsets = np.column_stack([press == k for k in range(n)]).astype(np.float64)
    # Hands slide while they press: each press' offset drifts.
    columns = np.column_stack([-seen_m, slope * velocity, offsets, offsets * t_s[:, None]])
    every = _solve(columns, z_m, np.ones(len(z_m)))
    # Between its ends a stroke hangs on how soon hands give way: it tells of the lag alone.
    deep_m = float(np.quantile(depth_m, 0.9))
    between = (depth_m > REST_M) & (depth_m < DEEP_SHARE * deep_m)
    ends = _solve(columns, z_m, np.where(between, BETWEEN_WEIGHT, 1.0))
    if every is None or ends is None:
        return None
    return ends[0][0], ends[1][0], every[0][1], every[1][1]


def _solve(
    columns: FloatArray, z_m: FloatArray, trust: FloatArray
) -> tuple[list[float], list[float]] | None:
    """Solve by least squares that a few wild looks do not move far; values and one-sigmas."""
    weights = trust
    for _ in range(SURE_ROUNDS):
        root = np.sqrt(weights)
        beta, *_ = np.linalg.lstsq(columns * root[:, None], z_m * root, rcond=None)
        left = np.abs(z_m - columns @ beta)
        scale_m = max(1.4826 * float(np.median(left[trust >= 1.0])), 1e-5)
        weights = trust / np.maximum(1.0, left / (HUBER * scale_m))
    normal = columns.T @ (columns * weights[:, None])
    if np.linalg.cond(normal) > 1e12:
        return None
    sigma = scale_m * np.sqrt(ALIKE * np.diag(np.linalg.inv(normal)))
    return beta.tolist(), sigma.tolist()


def _beside(
    seen: Sequence[ChestObservation], camera: CameraCalibration, pressed: Pressed
) -> tuple[float | None, float]:
    """Give the depth over the held block by the bare chest beside the hands, and its one-sigma."""
    means = []
    for hold in pressed.holds:
        values = [
            s.beside_depth_m
            for s in seen
            if s.beside_depth_m is not None
            and hold.start_ns <= s.stamp.t_ns - round(1e9 * camera.latency_s) <= hold.end_ns
        ]
        if len(values) >= LEAST_LOOKS // 4:
            means.append(1e3 * float(np.median(values)))
    if len(means) < 2:
        return None, math.nan
    return float(np.mean(means)), math.hypot(float(np.std(means, ddof=1)), BESIDE_SIGMA_MM)
