"""Trajectories of points and of poses, and by how much one's clock lags another's.

Takes stamped points or poses, gives them at any instant, how fast they go, and a first guess
of the offset between two clocks; leaves registration to `mr.geometry.trajectory` and
`mr.geometry.handeye`. Knows no device.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from scipy.spatial.transform import Rotation, Slerp

from mr.types import BoolArray, FloatArray, IntArray

NS_PER_S = 1e9
MAX_GAP_S = 0.1
"""Over a longer silence nothing is interpolated."""
SPEED_SPAN_S = 0.15
"""A speed is a difference over so long: shorter ones are mostly noise."""
GRID_HZ = 50.0
FASTEST_SHARE = 95.0
"""Speeds are cut off at this percentile: a jump of a tracker has no say in the lag."""
LEAST_OVERLAP = 0.5
"""A lag at which less than this share of the shorter track overlaps is not looked at."""


@dataclass(frozen=True, slots=True, eq=False)
class PointTrack:
    """One point's way: stamps (n,) that increase, and places (n, 3) m."""

    t_ns: IntArray
    points_m: FloatArray

    def __len__(self) -> int:
        """Tell the number of looks."""
        return len(self.t_ns)

    def at(self, t_s: FloatArray, zero_ns: int) -> FloatArray:
        """Give places at seconds after `zero_ns`; NaN where there is a gap, or no more."""
        mine_s = (self.t_ns - zero_ns) / NS_PER_S
        place = np.stack([np.interp(t_s, mine_s, c) for c in self.points_m.T], axis=-1)
        place[~_spanned(mine_s, t_s)] = np.nan
        return place

    def speed(self, t_s: FloatArray, zero_ns: int) -> FloatArray:
        """Give speeds (m/s) around instants; NaN where there is a gap."""
        half_s = SPEED_SPAN_S / 2
        step = self.at(t_s + half_s, zero_ns) - self.at(t_s - half_s, zero_ns)
        return np.asarray(np.linalg.norm(step, axis=-1) / SPEED_SPAN_S)


@dataclass(frozen=True, slots=True, eq=False)
class PoseTrack:
    """One body's poses: stamps (n,) that increase, rotations (n, 3, 3), places (n, 3) m."""

    t_ns: IntArray
    R: FloatArray
    t_m: FloatArray
    _turns: list[Slerp] = field(default_factory=list, repr=False)
    """Made on first use: fits ask for the same track hundreds of times."""

    def __len__(self) -> int:
        """Tell the number of poses."""
        return len(self.t_ns)

    def inverse(self) -> PoseTrack:
        """``a_from_b`` → ``b_from_a`` at each stamp."""
        turned = np.swapaxes(self.R, -1, -2)
        return PoseTrack(self.t_ns, turned, -np.einsum("nij,nj->ni", turned, self.t_m))

    def subset(self, keep: BoolArray | slice) -> PoseTrack:
        """Give the poses that a mask or a slice picks."""
        return PoseTrack(self.t_ns[keep], self.R[keep], self.t_m[keep])

    def at(self, t_s: FloatArray, zero_ns: int) -> tuple[FloatArray, FloatArray, BoolArray]:
        """Give rotations, places and whether they are known at seconds after `zero_ns`."""
        mine_s = (self.t_ns - zero_ns) / NS_PER_S
        within = np.clip(t_s, mine_s[0], mine_s[-1])
        if not self._turns:
            from_first_s = (self.t_ns - self.t_ns[0]) / NS_PER_S
            self._turns.append(Slerp(from_first_s, Rotation.from_matrix(self.R)))
        last_s = (self.t_ns[-1] - self.t_ns[0]) / NS_PER_S
        R = self._turns[0](np.clip(within - mine_s[0], 0.0, last_s)).as_matrix()
        t_m = np.stack([np.interp(within, mine_s, c) for c in self.t_m.T], axis=-1)
        return R, t_m, _spanned(mine_s, t_s)

    def speed(self, t_s: FloatArray, zero_ns: int) -> FloatArray:
        """Give angular speeds (rad/s) around instants; NaN where there is a gap."""
        half_s = SPEED_SPAN_S / 2
        later, _, late_known = self.at(t_s + half_s, zero_ns)
        sooner, _, soon_known = self.at(t_s - half_s, zero_ns)
        turn = Rotation.from_matrix(later @ np.swapaxes(sooner, -1, -2)).magnitude()
        return np.where(late_known & soon_known, turn / SPEED_SPAN_S, np.nan)


def first_offset_s(a: PointTrack | PoseTrack, b: PointTrack | PoseTrack, most_s: float) -> float:
    """Guess by how much a's stamps lag b's, from how fast both go: no frame matters to it.

    Speeds at a's instant ``t + offset`` and b's instant ``t`` are held against each other at
    each offset of a grid; the best correlation's place is refined by a parabola.
    """
    zero_ns = int(b.t_ns[0])
    span_s = (int(b.t_ns[-1]) - zero_ns) / NS_PER_S
    t_s = np.arange(-most_s, span_s + most_s, 1 / GRID_HZ)
    fast_a, fast_b = _levelled(a.speed(t_s, zero_ns)), _levelled(b.speed(t_s, zero_ns))
    steps = np.arange(-round(most_s * GRID_HZ), round(most_s * GRID_HZ) + 1)
    least = LEAST_OVERLAP * min(np.isfinite(fast_a).sum(), np.isfinite(fast_b).sum())
    alike = np.array([_correlation(np.roll(fast_a, -k), fast_b, least) for k in steps])
    best = int(np.argmax(alike))
    shift = 0.0
    if 0 < best < len(steps) - 1:
        left, middle, right = alike[best - 1 : best + 2]
        bend = left - 2 * middle + right
        shift = 0.5 * (left - right) / bend if bend < 0 and np.isfinite(bend) else 0.0
    return float((steps[best] + shift) / GRID_HZ)


def _levelled(speed: FloatArray) -> FloatArray:
    known = np.isfinite(speed)
    if not known.any():
        return speed
    return np.minimum(speed, np.percentile(speed[known], FASTEST_SHARE))


def _correlation(x: FloatArray, y: FloatArray, least: float) -> float:
    both = np.isfinite(x) & np.isfinite(y)
    if both.sum() < max(least, 3):
        return -1.0
    x, y = x[both] - x[both].mean(), y[both] - y[both].mean()
    scale = float(np.sqrt((x @ x) * (y @ y)))
    return float(x @ y) / scale if scale > 0 else -1.0


def _spanned(mine_s: FloatArray, t_s: FloatArray) -> BoolArray:
    """Tell which instants lie between two stamps that are near each other."""
    after = np.clip(np.searchsorted(mine_s, t_s), 1, len(mine_s) - 1)
    near = mine_s[after] - mine_s[after - 1] <= MAX_GAP_S
    return np.asarray(near & (t_s >= mine_s[0]) & (t_s <= mine_s[-1]))
