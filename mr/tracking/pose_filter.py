"""One camera's belief of where the mannequin lies, over time.

Takes single looks (a pose from markers or from the surface) and their instants, gives the
filtered pose and whether it can be trusted; leaves pixels to `mr.tracking.markers` and
`.registration`. A mannequin lies still but creeps under compressions, and may be bumped:
then the belief is dropped at once and taken up again when a few looks agree.

A look's error has two parts. Its *noise* is drawn anew each time and averages out; what it
*shares* with the next look of its kind (the pattern of these corners, this scan) does not,
and what all looks share (the camera's scale) does not either. The gain is that of a Kalman
filter; how much of each kind's shared error the belief holds is carried along (a Schmidt
filter), so that ten looks at one picture do not claim to be ten pictures.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Literal

import numpy as np

from mr.geometry.poses import difference, perturb
from mr.types import FloatArray, Pose

CREEP_RAD_PER_SQRT_S = 0.0005
CREEP_M_PER_SQRT_S = 0.0002
"""Random walk of a mannequin on the floor under compressions: 1.5 mm in a minute."""
SCALE = 3e-4
"""One-sigma of a camera's focal length and scale: an error along the line of sight.
Ref: `mr.sim.rig` states 5e-4 as its camera's; evenly up to that is a sigma of 3e-4."""
SHIFT_M = 0.00012
"""The same of where the colour sensor sits beside the depth sensor, on each axis."""
TURNED_RAD = 0.0001
FLOOR_RAD, FLOOR_M = 0.001, 0.0005
"""What a look may be off beside its sigmas before it counts as a bump."""
GATE = 22.5
"""χ²(6) at 99.9 %."""
LOOKS_TO_NAME = 2
RELOCK_LOOKS = 3
ODD_LOOKS = 3
"""Looks in a row of one kind that do not fit, while the other kind's do."""
REMEMBERED, USUAL_SHARE = 20, 0.2
STALE_S = 30.0
"""A mannequin not seen for so long may have been moved: the learner's arms may hide all
markers but one for a whole set of compressions, hardly for longer."""

Source = Literal["markers", "surface"]


@dataclass(frozen=True, slots=True, eq=False)
class Look:
    """One measured ``cam_from_mannequin``; covariances (6, 6) as in `mr.geometry.poses`."""

    pose: Pose
    noise: FloatArray
    shared: FloatArray
    """Of the error that the next look of this kind has as well."""
    source: Source


@dataclass(frozen=True, slots=True)
class Apart:
    """How far the looks of one kind lie from those of the other, on the mean."""

    distance_m: float
    sigma_m: float
    """One-sigma along the way from one to the other."""


@dataclass(slots=True)
class PoseFilter:
    """Holds a calibrated pose until the mannequin is seen, then follows it.

    Parameters
    ----------
    pose
        ``cam_from_mannequin`` as calibrated; later the belief, with its covariance.
    """

    pose: Pose
    source: Literal["calibrated", "markers", "surface"] = "calibrated"
    """What the belief rests on: markers, as soon as one look at them is in it."""
    stale_why: str = ""
    moved_to: Pose | None = None
    """Where looks say it is that do not fit the belief; None while they do, or differ."""
    unclear: bool = False
    """Markers too few for a pose speak against the belief."""
    _noise: FloatArray = field(default_factory=lambda: np.zeros((6, 6)))
    _holds: dict[Source, FloatArray] = field(default_factory=dict)
    """How much of each kind's shared error the belief holds."""
    _shared: dict[Source, FloatArray] = field(default_factory=dict)
    _fixed_ns: int = 0
    """When a pose was last measured; the belief creeps away from then on."""
    _borne_out_ns: int = 0
    """When anything was last seen that fits the belief."""
    _markers_ns: int | None = None
    _n_against: int = 0
    """Looks in a row that speak against the belief."""
    _astray: list[Look] = field(default_factory=list)
    _usual: dict[Source, FloatArray] = field(default_factory=dict)
    """What each kind's looks usually differ from the belief by: only a change of that is a
    bump. What stays the same is a scan or a layout of its own mind."""
    _unsure: dict[Source, FloatArray] = field(default_factory=dict)
    """Noise (6, 6) that is left in `_usual`."""
    _odd: dict[Source, list[float]] = field(default_factory=dict)
    """Distances (m) of each kind's last looks that did not fit."""

    @property
    def doubtful(self) -> bool:
        """Whether the last look spoke against the belief."""
        return self._n_against > 0

    @property
    def lost(self) -> bool:
        """Whether the pose is not to be trusted."""
        return self.moved_to is not None or self.unclear or bool(self.stale_why)

    @property
    def disagreement_m(self) -> float | None:
        """How far one kind of look stands apart while the other fits; None if none does."""
        for gaps in self._odd.values():
            if len(gaps) >= ODD_LOOKS and not self.lost:
                return float(np.median(gaps))
        return None

    @property
    def apart(self) -> Apart | None:
        """How far apart markers and surface say that it lies; None until both have said."""
        if len(self._unsure) < 2:
            return None
        gap = self._usual["markers"] - self._usual["surface"]
        total = _floor() + sum(self._unsure.values())
        distance_m = float(np.linalg.norm(gap[3:]))
        way = gap[3:] / distance_m if distance_m > 0.0 else np.array([0.0, 0.0, 1.0])
        return Apart(distance_m, float(np.sqrt(way @ total[3:, 3:] @ way)))

    def _note_usual(self, look: Look, share: float) -> None:
        """Keep how unsure `_usual` is: a part of what it was, a part of the new look."""
        own, old = look.noise, self._unsure.get(look.source)
        noise = own if old is None else (1.0 - share) ** 2 * (old - look.shared) + share**2 * own
        self._unsure[look.source] = noise + look.shared

    def seen(self, look: Look, t_ns: int) -> None:
        """Take a measured pose at an instant."""
        if self.source == "calibrated" or self.stale_why:
            self._lock(look, t_ns)
            return
        prior = self._prior(t_ns)
        gap = difference(look.pose, self.pose)
        own = look.noise + look.shared
        total = prior + self._held() + own
        if look.source not in self._usual:
            self._usual[look.source] = gap
            self._note_usual(look, 1.0)
        usual = self._usual[look.source]
        change = gap - usual
        if gap @ np.linalg.solve(total + _floor(), gap) > GATE:
            gaps = self._odd.setdefault(look.source, [])
            self._odd[look.source] = [*gaps[-REMEMBERED:], float(np.linalg.norm(gap[3:]))]
            if change @ np.linalg.solve(prior + 2.0 * look.noise + _floor(), change) > GATE:
                self._stands_apart(look, usual, t_ns)
            return
        self._odd.pop(look.source, None)
        self._usual[look.source] = usual + USUAL_SHARE * change
        self._note_usual(look, USUAL_SHARE)
        gain = prior @ np.linalg.inv(prior + own)
        keep = np.eye(6) - gain
        self._noise = keep @ prior @ keep.T + gain @ look.noise @ gain.T
        self._holds = {kind: keep @ part for kind, part in self._holds.items()}
        self._holds[look.source] = self._holds.get(look.source, np.zeros((6, 6))) + gain
        self._shared[look.source] = look.shared
        self._tell(perturb(self.pose, gain @ gap))
        self._borne_out(t_ns, look.source)
        self._fixed_ns = t_ns

    def unseen(self, t_ns: int, agrees: bool | None = None) -> None:
        """Note that an image gave no pose of its own.

        `agrees` says whether the few markers it shows lie where they must; None: it
        shows none.
        """
        if self.source == "calibrated":
            return
        if agrees:
            self._borne_out(t_ns, "markers")
        elif agrees is False:
            self._n_against += 1
            self.unclear = self.moved_to is None and self._n_against >= LOOKS_TO_NAME
        age_s = (t_ns - self._borne_out_ns) * 1e-9
        if age_s > STALE_S and not self.lost:
            self.stale_why = f"the mannequin was not seen for {age_s:.0f} s"

    def _stands_apart(self, look: Look, usual: FloatArray, t_ns: int) -> None:
        """One look that does not fit may be a misread; two in a row are named."""
        self._n_against += 1
        # Both kinds notice one bump, each beside where it always is.
        meant = replace(look, pose=perturb(look.pose, -usual))
        self._astray = [*(p for p in self._astray if _close(p, meant)), meant]
        if self._n_against >= LOOKS_TO_NAME:
            self.moved_to, self.unclear = meant.pose, False
        if len(self._astray) >= RELOCK_LOOKS:
            self._lock(look, t_ns)

    def _borne_out(self, t_ns: int, source: Source) -> None:
        self._borne_out_ns = t_ns
        if source == "markers":
            self._markers_ns = t_ns
        last_ns = self._markers_ns
        fresh = last_ns is not None and (t_ns - last_ns) * 1e-9 <= STALE_S
        self.source = "markers" if fresh else "surface"
        self._n_against = 0
        self._astray.clear()
        self.stale_why, self.moved_to, self.unclear = "", None, False

    def _lock(self, look: Look, t_ns: int) -> None:
        self._noise, self._shared = look.noise, {look.source: look.shared}
        self._holds = {look.source: np.eye(6)}
        self._tell(look.pose)
        self._fixed_ns = t_ns
        self._odd.clear()
        self._usual = {look.source: np.zeros(6)}
        self._unsure = {look.source: look.noise + look.shared}
        self._markers_ns = None
        self._borne_out(t_ns, look.source)

    def _tell(self, pose: Pose) -> None:
        told = self._noise + self._held() + _common(pose)
        self.pose = Pose(pose.R, pose.t_m, 0.5 * (told + told.T))

    def _held(self) -> FloatArray:
        """Give the covariance of the shared errors that the belief holds."""
        parts = [w @ self._shared[kind] @ w.T for kind, w in self._holds.items()]
        return np.asarray(sum(parts, np.zeros((6, 6))))

    def _prior(self, t_ns: int) -> FloatArray:
        elapsed_s = max(0.0, (t_ns - self._fixed_ns) * 1e-9)
        creep = np.repeat([CREEP_RAD_PER_SQRT_S**2, CREEP_M_PER_SQRT_S**2], 3) * elapsed_s
        return np.asarray(self._noise + np.diag(creep))


def _common(pose: Pose) -> FloatArray:
    """Covariance of what every look of this camera shares, seen from the camera."""
    out = np.zeros((6, 6))
    out[:3, :3] = TURNED_RAD**2 * np.eye(3)
    out[3:, 3:] = SCALE**2 * np.outer(pose.t_m, pose.t_m) + SHIFT_M**2 * np.eye(3)
    return out


def _floor() -> FloatArray:
    return np.diag(np.repeat([FLOOR_RAD**2, FLOOR_M**2], 3))


def _close(a: Look, b: Look) -> bool:
    """Whether two single looks can be of one mannequin at rest."""
    gap = difference(a.pose, b.pose)
    total = a.noise + a.shared + b.noise + b.shared + 4 * _floor()
    return bool(gap @ np.linalg.solve(total, gap) <= GATE)
