"""A camera's lag and gain against the mannequin, from compressions that both saw.

Takes the mannequin's depths and one camera's heights of the same compressions, each with
its own stamps; gives by how much the camera's stamps lag the mannequin's, and how much of a
true displacement the camera sees. Leaves recording to the procedures that use it, and what
the numbers are for to `mr.fusion`, which looks the mannequin up at ``stamp - latency_s``.

Ref: the sigmas are a delete-one-block jackknife (Künsch 1989), because a camera's noise and
a hand's slow shift are not independent from frame to frame.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from mr.errors import CalibrationError
from mr.fusion.give import beyond_m
from mr.types import FloatArray

NS_PER_S = 1e9
LAG_RANGE_S = (-0.1, 0.2)
"""Searched; less than half a compression's period, so that none is taken for the next."""
LAG_STEP_S = 0.005
MIN_FRAMES = 40
MIN_COMPRESSIONS = 5
MIN_STROKE_M = 0.025
MAX_GAP_S = 0.1
"""Over a longer silence of the mannequin its depth is not interpolated."""
MAX_RMS_M = 0.004
MAX_LEFT_SHARE = 0.2
"""What is left may be so large a share of the motion; otherwise it is another motion."""
REST_M, DEEP_SHARE = 0.003, 0.75
BETWEEN_WEIGHT = 0.02
GAIN_BOUNDS = (0.8, 1.25)
_HUBER = 1.345
_TUKEY = 4.685
_SIGMA_FROM_MAD = 1.4826
_ROUNDS = 8
_LEAST_USED = 0.7

BoolArray = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True, eq=False)
class SeenMotion:
    """The same compressions, seen by the mannequin (n) and by one camera (m).

    All stamps are of the host's clock and increase. `surface_z_m` is as in
    `ChestObservation`: it falls when the chest is pressed; heights that were not measured
    are left out, and so are frames without hands on the chest.
    """

    depth_t_ns: npt.NDArray[np.int64]
    depth_m: FloatArray
    surface_t_ns: npt.NDArray[np.int64]
    surface_z_m: FloatArray
    surface_sigma_m: FloatArray


@dataclass(frozen=True, slots=True)
class CameraMotion:
    """How one camera's motion relates to the mannequin's."""

    latency_s: float
    latency_sigma_s: float
    depth_gain: float
    depth_gain_sigma: float
    rms_m: float
    """Of what is left of the heights used."""
    n_used: int
    n_compressions: int


def measure_camera_motion(seen: SeenMotion, camera_id: str) -> CameraMotion:
    """Measure a camera's latency and gain.

    The height is modelled as ``offset + drift * t - seen(depth(t - latency))``: the drift
    takes up a hand that slides, and ``seen`` is `mr.fusion.give`'s curve of hands that give
    way. A straight line through such a curve is too flat by a hundredth, and so the gain is
    that of the stroke's ends, which any law of giving way shares. Frames that do not fit are
    left out (Tukey's biweight). The sigmas are of these compressions; clocks that
    settle anew in each session are not in them.

    Parameters
    ----------
    seen
        Ten compressions or so, of 40 mm or more.
    camera_id
        Names the camera in messages.

    Raises
    ------
    CalibrationError
        When there are too few samples or compressions, too little motion, or the two do not
        tell of the same motion.
    """
    what = f"camera {camera_id}, latency and gain"
    motion = _Motion.of(seen, what)
    lag_s = motion.search(what)
    every = np.ones(motion.n, dtype=bool)
    whole = motion.refine(lag_s, every)
    if whole.gain > 1.0:
        motion = replace(motion, soft=True)
        whole = motion.refine(whole.lag_s, every)
    _require_agreement(whole, motion, what)
    parts = np.array([_pair(motion.refine(whole.lag_s, ~block)) for block in motion.blocks()])
    k = len(parts)
    sigma = np.sqrt((k - 1) / k * np.sum((parts - parts.mean(axis=0)) ** 2, axis=0))
    return CameraMotion(
        latency_s=whole.lag_s,
        latency_sigma_s=float(sigma[0]),
        depth_gain=whole.gain,
        depth_gain_sigma=float(sigma[1]),
        rms_m=whole.rms_m,
        n_used=whole.n_used,
        n_compressions=motion.n_compressions,
    )


@dataclass(frozen=True, slots=True)
class _Fit:
    lag_s: float
    gain: float
    rms_m: float
    n_used: int


def _pair(fit: _Fit) -> tuple[float, float]:
    return fit.lag_s, fit.gain


@dataclass(frozen=True, slots=True, eq=False)
class _Motion:
    """Checked samples in seconds from the first height: the fit's own form of them."""

    depth_t_s: FloatArray
    depth_m: FloatArray
    t_s: FloatArray
    z_m: FloatArray
    sigma_m: FloatArray
    presses_s: FloatArray
    """When the chest passes half the stroke on its way in, once a compression."""
    soft: bool = False
    """Hands give way: the surface goes down farther than the chest."""

    @property
    def n(self) -> int:
        return len(self.t_s)

    @property
    def n_compressions(self) -> int:
        return len(self.presses_s)

    @staticmethod
    def of(seen: SeenMotion, what: str) -> _Motion:
        """Check samples; keep the heights from the first compression to the last."""
        _require_whole(seen, what)
        zero_ns = int(seen.surface_t_ns[0])
        depth_t_s = (seen.depth_t_ns - zero_ns) / NS_PER_S
        t_s = (seen.surface_t_ns - zero_ns) / NS_PER_S
        low_m, high_m = (float(v) for v in np.percentile(seen.depth_m, (2, 98)))
        presses_s = presses_of(depth_t_s, seen.depth_m, low_m, high_m)
        within = spoken_of(depth_t_s, t_s)
        if len(presses_s):
            within &= (t_s >= presses_s[0]) & (t_s < presses_s[-1])
        _require_motion(high_m - low_m, len(presses_s), int(within.sum()), what)
        return _Motion(
            depth_t_s,
            seen.depth_m,
            t_s[within],
            seen.surface_z_m[within],
            seen.surface_sigma_m[within],
            presses_s,
        )

    def search(self, what: str) -> float:
        """Find the lag at which the two agree best, to a grid's step."""
        lags_s = np.arange(LAG_RANGE_S[0], LAG_RANGE_S[1] + LAG_STEP_S / 2, LAG_STEP_S)
        spread = [float(np.median(np.abs(self._solve_robustly(float(lag))))) for lag in lags_s]
        best = int(np.argmin(spread))
        if best in (0, len(lags_s) - 1):
            raise CalibrationError(
                f"{what}: no lag between {1000 * LAG_RANGE_S[0]:.0f} and "
                f"{1000 * LAG_RANGE_S[1]:.0f} ms fits: check that both have seen the same "
                "compressions on one host's clock"
            )
        return float(lags_s[best])

    def refine(self, lag_s: float, keep: BoolArray) -> _Fit:
        """Fit lag, gain, offset and drift together to the heights of `keep`."""
        left = self._solve_robustly(lag_s, keep)
        beta = self._solve(lag_s, huber(left) * keep)[0]
        for _ in range(_ROUNDS):
            u = left / (_TUKEY * scale_of(left[keep]))
            weights = np.where(keep & (np.abs(u) < 1), (1 - u * u) ** 2, 0.0)
            step_s, beta, left = self._step(lag_s, float(beta[2]), weights)
            lag_s += step_s
        used = weights > 0
        z = left[used] * self.sigma_m[used]
        beta = self._solve(lag_s, weights * self._ends(lag_s))[0]
        return _Fit(lag_s, 1.0 + float(beta[2]), float(np.sqrt(np.mean(z**2))), int(used.sum()))

    def blocks(self) -> list[BoolArray]:
        """Give the heights of each compression, as masks."""
        index = np.searchsorted(self.presses_s, self.t_s, side="right")
        return [index == k for k in np.unique(index)]

    def _depth_at(self, lag_s: float) -> FloatArray:
        return np.asarray(np.interp(self.t_s - lag_s, self.depth_t_s, self.depth_m))

    def _ends(self, lag_s: float) -> FloatArray:
        """Weigh the ends of the stroke: what lies between hangs on how soon hands give way."""
        depth_m = self._depth_at(lag_s)
        ends = (depth_m < REST_M) | (depth_m > DEEP_SHARE * np.percentile(depth_m, 98))
        return np.where(ends, 1.0, BETWEEN_WEIGHT)

    def _solve(self, lag_s: float, weights: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Solve for offset, drift and the gain's excess at one lag; residuals in sigmas."""
        depth_m = self._depth_at(lag_s)
        columns = np.column_stack((np.ones(self.n), self.t_s, -beyond_m(depth_m, self.soft)))
        return weighted(columns, self.z_m + depth_m, weights, self.sigma_m)

    def _solve_robustly(self, lag_s: float, keep: BoolArray | None = None) -> FloatArray:
        """Give the residuals of a fit that a few wild heights do not move far."""
        base = np.ones(self.n) if keep is None else keep.astype(np.float64)
        left = self._solve(lag_s, base)[1]
        for _ in range(_ROUNDS):
            left = self._solve(lag_s, huber(left) * base)[1]
        return left

    def _step(
        self, lag_s: float, excess: float, weights: FloatArray
    ) -> tuple[float, FloatArray, FloatArray]:
        """Take one Gauss-Newton step in the lag, with the rest solved anew."""
        half_s = 0.5 * LAG_STEP_S
        depth_m = self._depth_at(lag_s)
        ahead_m, behind_m = self._depth_at(lag_s - half_s), self._depth_at(lag_s + half_s)
        seen_m_s = (ahead_m - behind_m) / (2 * half_s) + excess * (
            beyond_m(ahead_m, self.soft) - beyond_m(behind_m, self.soft)
        ) / (2 * half_s)
        columns = np.column_stack(
            (np.ones(self.n), self.t_s, -beyond_m(depth_m, self.soft), seen_m_s)
        )
        beta, _ = weighted(columns, self.z_m + depth_m, weights, self.sigma_m)
        step_s = float(np.clip(beta[3], -LAG_STEP_S, LAG_STEP_S))
        return step_s, *self._solve(lag_s + step_s, weights)


def weighted(
    columns: FloatArray, z_m: FloatArray, weights: FloatArray, sigma_m: FloatArray
) -> tuple[FloatArray, FloatArray]:
    """Solve weighted columns for values; what is left is in sigmas."""
    scale = np.sqrt(weights) / sigma_m
    beta = np.asarray(np.linalg.lstsq(columns * scale[:, None], z_m * scale, rcond=None)[0])
    return beta, (z_m - columns @ beta) / sigma_m


def huber(left: FloatArray) -> FloatArray:
    """Give Huber's weights of residuals."""
    return np.asarray(1.0 / np.maximum(1.0, np.abs(left) / (_HUBER * scale_of(left))))


def scale_of(left: FloatArray) -> float:
    """Give the residuals' scale, which a few wrong ones do not move."""
    return max(_SIGMA_FROM_MAD * float(np.median(np.abs(left))), 1e-9)


def presses_of(t_s: FloatArray, depth_m: FloatArray, low_m: float, high_m: float) -> FloatArray:
    """Tell when the chest passes half the stroke inwards, having been above a quarter."""
    deep = depth_m > low_m + 0.5 * (high_m - low_m)
    level = np.where(deep, 1, np.where(depth_m < low_m + 0.25 * (high_m - low_m), -1, 0))
    clear = level != 0
    return np.asarray(t_s[clear][1:][np.diff(level[clear]) > 0])


def spoken_of(depth_t_s: FloatArray, t_s: FloatArray) -> BoolArray:
    """Tell at which instants, whatever the lag, the mannequin had no gap."""
    from_s, to_s = t_s - LAG_RANGE_S[1], t_s - LAG_RANGE_S[0]
    silent = np.diff(depth_t_s) > MAX_GAP_S
    starts_s, ends_s = depth_t_s[:-1][silent], depth_t_s[1:][silent]
    gap = ((from_s[:, None] < ends_s) & (to_s[:, None] > starts_s)).any(axis=1)
    return np.asarray(~gap & (from_s >= depth_t_s[0]) & (to_s <= depth_t_s[-1]))


def _require_motion(stroke_m: float, n_compressions: int, n_heights: int, what: str) -> None:
    if stroke_m < MIN_STROKE_M:
        raise CalibrationError(
            f"{what}: the chest moves by {stroke_m * 1000:.1f} mm, "
            f"{MIN_STROKE_M * 1000:.0f} are needed: compress as deep as in training"
        )
    if n_compressions < MIN_COMPRESSIONS or n_heights < MIN_FRAMES:
        raise CalibrationError(
            f"{what}: {n_compressions} compressions with {n_heights} heights, "
            f"{MIN_COMPRESSIONS} with {MIN_FRAMES} are needed: compress for longer, "
            "seen by both"
        )


def _require_whole(seen: SeenMotion, what: str) -> None:
    n_heights, n_depths = len(seen.surface_t_ns), len(seen.depth_t_ns)
    if n_heights < MIN_FRAMES or n_depths < MIN_FRAMES:
        raise CalibrationError(
            f"{what}: {n_heights} heights and {n_depths} depths, {MIN_FRAMES} of each are "
            "needed: record for longer, with the hands in view"
        )
    streams = (
        ("depths", seen.depth_t_ns, (seen.depth_m,)),
        ("heights", seen.surface_t_ns, (seen.surface_z_m, seen.surface_sigma_m)),
    )
    for name, t_ns, columns in streams:
        finite = all(np.isfinite(c).all() and len(c) == len(t_ns) for c in columns)
        if not finite or (np.diff(t_ns) <= 0).any():
            raise CalibrationError(
                f"{what}: the {name} must be finite, one for each stamp, and their stamps must "
                "increase: leave out what was not measured and record again"
            )
    if (seen.surface_sigma_m <= 0).any():
        raise CalibrationError(f"{what}: the heights' sigmas must be above 0: record again")


def _require_agreement(fit: _Fit, motion: _Motion, what: str) -> None:
    """Refuse a fit that another motion, or another chest, must have made."""
    if fit.gain <= 0:
        raise CalibrationError(
            f"{what}: the camera sees the surface rise while the mannequin's chest sinks: "
            "check that both have seen the same compressions on one host's clock"
        )
    limit_m = min(MAX_RMS_M, MAX_LEFT_SHARE * fit.gain * float(np.std(motion.depth_m)))
    if fit.rms_m > limit_m or fit.n_used < _LEAST_USED * motion.n:
        raise CalibrationError(
            f"{what}: {fit.n_used} of {motion.n} heights follow the mannequin, to "
            f"{fit.rms_m * 1000:.1f} mm rms ({limit_m * 1000:.1f} are allowed): check "
            "that both have seen the same compressions and that only the hands were over the chest"
        )
    low, high = GAIN_BOUNDS
    if not low <= fit.gain <= high:
        raise CalibrationError(
            f"{what}: the camera sees {fit.gain:.2f} of the chest's motion, {low} to {high} is "
            "plausible: check the camera's place and the chest's curve"
        )
