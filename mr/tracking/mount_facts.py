"""What is known of one camera's mount, and the limits it is judged by: two tables.

Holds no computation but names of sides; filled in by `mr.tracking.mount`, judged by
`mr.tracking.mount_verdict`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from pydantic import Field

from mr.config import Strict
from mr.tracking.mount_view import Side, Standpoint, side_of

Verdict = Literal["good", "usable", "bad", "unknown"]
PoseSource = Literal["markers", "calibrated", "picture"]
Hider = Literal["head or shoulders", "arms or trunk"]


class MountLimits(Strict):
    """What is good and what is still usable; `docs/guides/technician/mounting.md` says why."""

    distance_good_m: tuple[float, float] = (0.55, 0.75)
    """Ref: PARTS.md, D435 at 0.5 to 0.7 m."""
    distance_usable_m: tuple[float, float] = (0.45, 0.90)
    tilt_good_deg: tuple[float, float] = (20.0, 40.0)
    tilt_usable_deg: tuple[float, float] = (10.0, 45.0)
    tilt_rough_deg: float = 12.0
    """Without markers the tilt may be off by so much: the chest is round, and an aim 5 cm beside
    the sternum tells it 11 degrees wrong (simulated)."""
    from_learner_good_deg: float = 100.0
    """Angle about the chest's normal between the learner and the camera."""
    from_learner_usable_deg: float = 75.0
    blocked_at_share: float = Field(default=0.40, gt=0, lt=1)
    """A frame in which more of the chest is hidden or without depth is lost. Simulated, a
    fifth is without depth beside two arms, and a third still measures."""
    blocked_good_share: float = 0.02
    """Of the time."""
    blocked_usable_share: float = 0.10
    in_picture_good_share: float = 0.85
    """Corners of the chest's and the forearms' boxes."""
    in_picture_usable_share: float = 0.75
    chest_valid_good_share: float = 0.85
    """Beside hands and arms lies their stereo shadow: good places have 89 to 94 % (simulated)."""
    chest_valid_usable_share: float = 0.70
    arms_valid_good_share: float = 0.84
    arms_valid_usable_share: float = 0.78
    """With 83 % the tracking saw the hands all the time, with 75 % less than half (simulated)."""
    markers_good: int = 3
    markers_usable: int = 2
    """A pose needs two. Ref: `mr.tracking.markers`."""
    sigma_good_m: float = 0.0005
    """Of one compression's depth, by noise alone. Ref: 1.0 mm RMS is what a camera may err."""
    sigma_usable_m: float = 0.0010
    rate_good_hz: float = 45.0
    rate_usable_hz: float = 25.0
    brightness_good: tuple[float, float] = (50.0, 200.0)
    """Mean of the colour picture's grey, 0 to 255."""
    brightness_usable: tuple[float, float] = (25.0, 235.0)
    window_s: float = Field(default=10.0, gt=0)
    """How long the share of the time looks back."""


LIMITS = MountLimits()


@dataclass(frozen=True, slots=True, eq=False)
class MountFacts:
    """What one camera's frames say about its mount; None: not known, `why` says the reason."""

    pose_from: PoseSource | None
    why: str
    """Why the mannequin's pose is not known, or only roughly; empty when it is known."""
    place: Standpoint | None
    middle_m: float | None
    """Depth in the middle of the picture."""
    middle_valid_share: float | None
    in_picture_share: float | None
    chest_px: int | None
    chest_valid_share: float | None
    arms_valid_share: float | None
    hidden_now_share: float | None
    """Of the chest's rays."""
    hidden_share: float | None
    """The same, mean over the window."""
    unseen_now_share: float | None
    """Of the chest's rays: hidden, or without depth."""
    blocked_share: float | None
    """Of the window's time in which somebody pressed: the chest was out of sight."""
    hidden_by: Hider | None
    learner_azimuth_rad: float | None
    """Where the learner is, about the chest's normal; None until one was seen."""
    markers_seen: int | None
    markers_total: int | None
    sigma_m: float | None
    """Expected one-sigma of a compression's depth, by noise alone."""
    rate_hz: float | None
    brightness: float | None
    seen_s: float
    """How long the camera has stood like this."""

    @property
    def side(self) -> Side | None:
        """Name the camera's side of the mannequin; None where the sides are not known."""
        return None if self.place is None or self.pose_from == "picture" else self.place.side

    @property
    def learner_side(self) -> Side | None:
        """Name the learner's side of the mannequin; None where it is not known."""
        if self.learner_azimuth_rad is None or self.pose_from == "picture":
            return None
        return side_of(self.learner_azimuth_rad)
