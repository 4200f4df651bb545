"""One camera's belief of where the mannequin lies, over time.

Takes single poses with covariance and their instants, gives the filtered pose and
whether it can be trusted; leaves pixels to `mr.tracking.markers`. A mannequin lies still
but creeps under compressions, and may be bumped: then the belief is dropped at once and
taken up again when a few looks agree.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from mr.geometry.poses import difference, perturb
from mr.types import FloatArray, Pose

CREEP_RAD_PER_SQRT_S = 0.0015
CREEP_M_PER_SQRT_S = 0.0005
"""Random walk of a mannequin on the floor under compressions."""
FLOOR_RAD = 0.002
FLOOR_M = 0.001
"""Error of single poses that averaging does not remove (layout, intrinsics)."""
GATE = 22.5
"""χ²(6) at 99.9 %."""
RELOCK_LOOKS = 3
STALE_S = 5.0
"""A mannequin not seen for so long may have been moved."""


@dataclass(slots=True)
class PoseFilter:
    """Holds a calibrated pose until markers are seen, then follows them.

    Parameters
    ----------
    pose
        ``cam_from_mannequin`` as calibrated.
    """

    pose: Pose
    from_markers: bool = False
    why: str = ""
    """Why the pose is not to be trusted; empty when it is."""
    _seen_ns: int = 0
    _astray: list[Pose] = field(default_factory=list)

    def seen(self, measured: Pose, t_ns: int) -> None:
        """Take a pose measured from markers (with covariance) at an instant."""
        if measured.covariance is None:
            raise ValueError("a measured pose needs its covariance")
        if not self.from_markers:
            self._lock(measured, t_ns)
            return
        prior = self._prior(t_ns)
        gap = difference(measured, self.pose)
        total = prior + measured.covariance
        if gap @ np.linalg.solve(total + _floor(), gap) > GATE:
            self._stray(measured, t_ns)
            return
        gain = prior @ np.linalg.inv(total)
        step = perturb(self.pose, gain @ gap)
        covariance = (np.eye(6) - gain) @ prior
        self.pose = Pose(step.R, step.t_m, 0.5 * (covariance + covariance.T))
        self._seen_ns = t_ns
        self._astray.clear()
        self.why = ""

    def unseen(self, t_ns: int) -> None:
        """Note that an image showed no usable markers."""
        if self.from_markers and not self._astray:
            age_s = (t_ns - self._seen_ns) * 1e-9
            self.why = f"no markers seen for {age_s:.0f} s" if age_s > STALE_S else ""

    def _stray(self, measured: Pose, t_ns: int) -> None:
        """A pose that does not fit the belief: a misread, or the mannequin was moved."""
        steady = [p for p in self._astray if _close(p, measured)]
        self._astray = [*steady, measured]
        away_mm = 1e3 * float(np.linalg.norm(measured.t_m - self.pose.t_m))
        self.why = f"the mannequin or the camera was moved by about {away_mm:.0f} mm"
        if len(self._astray) >= RELOCK_LOOKS:
            self._lock(measured, t_ns)

    def _lock(self, measured: Pose, t_ns: int) -> None:
        self.pose, self.from_markers, self.why = measured, True, ""
        self._seen_ns = t_ns
        self._astray.clear()

    def _prior(self, t_ns: int) -> FloatArray:
        assert self.pose.covariance is not None
        elapsed_s = max(0.0, (t_ns - self._seen_ns) * 1e-9)
        creep = np.repeat([CREEP_RAD_PER_SQRT_S**2, CREEP_M_PER_SQRT_S**2], 3) * elapsed_s
        return np.asarray(self.pose.covariance + np.diag(creep))


def _floor() -> FloatArray:
    return np.diag(np.repeat([FLOOR_RAD**2, FLOOR_M**2], 3))


def _close(a: Pose, b: Pose) -> bool:
    """Whether two single poses can be of one mannequin at rest."""
    assert a.covariance is not None
    assert b.covariance is not None
    gap = difference(a, b)
    return bool(gap @ np.linalg.solve(a.covariance + b.covariance + 4 * _floor(), gap) <= GATE)
