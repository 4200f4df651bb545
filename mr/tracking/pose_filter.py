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
LOOKS_TO_NAME = 2
RELOCK_LOOKS = 3
STALE_S = 30.0
"""A mannequin not seen for so long may have been moved: the learner's arms may hide all
markers but one for a whole set of compressions, hardly for longer."""


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
    _fixed_ns: int = 0
    """When a pose was last measured; the belief creeps away from then on."""
    _borne_out_ns: int = 0
    """When anything was last seen that fits the belief."""
    _n_against: int = 0
    """Looks in a row that speak against the belief."""
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
            away_mm = 1e3 * float(np.linalg.norm(gap[3:]))
            self._against(f"by about {away_mm:.0f} mm")
            self._astray = [*(p for p in self._astray if _close(p, measured)), measured]
            if len(self._astray) >= RELOCK_LOOKS:
                self._lock(measured, t_ns)
            return
        gain = prior @ np.linalg.inv(total)
        step = perturb(self.pose, gain @ gap)
        covariance = (np.eye(6) - gain) @ prior
        self.pose = Pose(step.R, step.t_m, 0.5 * (covariance + covariance.T))
        self._borne_out(t_ns)
        self._fixed_ns = t_ns

    def unseen(self, t_ns: int, agrees: bool | None = None) -> None:
        """Note that an image gave no pose of its own.

        `agrees` says whether the few markers it shows lie where they must; None: it
        shows none.
        """
        if not self.from_markers:
            return
        if agrees:
            self._borne_out(t_ns)
        elif agrees is False:
            self._against("but too few markers are seen to say where to")
        age_s = (t_ns - self._borne_out_ns) * 1e-9
        if age_s > STALE_S and not self.why:
            self.why = f"no markers seen for {age_s:.0f} s"

    def _borne_out(self, t_ns: int) -> None:
        self._borne_out_ns = t_ns
        self._n_against = 0
        self._astray.clear()
        self.why = ""

    def _against(self, how: str) -> None:
        """One look that does not fit may be a misread; two in a row are named."""
        self._n_against += 1
        if self._n_against >= LOOKS_TO_NAME:
            self.why = f"the mannequin or the camera was moved, {how}"

    def _lock(self, measured: Pose, t_ns: int) -> None:
        self.pose, self.from_markers = measured, True
        self._fixed_ns = t_ns
        self._borne_out(t_ns)

    def _prior(self, t_ns: int) -> FloatArray:
        assert self.pose.covariance is not None
        elapsed_s = max(0.0, (t_ns - self._fixed_ns) * 1e-9)
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
