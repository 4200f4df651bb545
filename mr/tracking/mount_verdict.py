"""Is a camera mounted well? Numbers of what it sees → a verdict per item and what to do.

Takes `MountFacts` and `MountLimits`, gives `MountItem`s in the order in which they are to
be put right; leaves the measuring to `mr.tracking.mount`. Every limit stands in one table.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

from pydantic import Field

from mr.config import Strict
from mr.tracking.mount_view import Side, Standpoint, side_of

Verdict = Literal["good", "usable", "bad", "unknown"]
PoseSource = Literal["markers", "calibrated", "picture"]
Hider = Literal["head or shoulders", "arms or trunk"]
OPPOSITE: dict[Side, Side] = {
    "left": "right",
    "right": "left",
    "head end": "foot end",
    "foot end": "head end",
    "above": "above",
}


class MountLimits(Strict):
    """What is good and what is still usable; `docs/guides/technician/mounting.md` says why."""

    distance_good_m: tuple[float, float] = (0.55, 0.75)
    """Ref: PARTS.md, D435 at 0.5 to 0.7 m."""
    distance_usable_m: tuple[float, float] = (0.45, 0.90)
    tilt_good_deg: tuple[float, float] = (20.0, 40.0)
    tilt_usable_deg: tuple[float, float] = (10.0, 45.0)
    from_learner_good_deg: float = 100.0
    """Angle about the chest's normal between the learner and the camera."""
    from_learner_usable_deg: float = 55.0
    blocked_at_share: float = Field(default=0.25, gt=0, lt=1)
    """A frame in which more of the chest is hidden than this measures nothing."""
    blocked_good_share: float = 0.02
    """Of the time."""
    blocked_usable_share: float = 0.10
    in_picture_good_share: float = 1.0
    """Corners of the chest's and the forearms' boxes."""
    in_picture_usable_share: float = 0.75
    chest_valid_good_share: float = 0.90
    chest_valid_usable_share: float = 0.70
    arms_valid_good_share: float = 0.80
    arms_valid_usable_share: float = 0.60
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
    """Of the window's time with somebody at the chest: the chest was out of sight."""
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


@dataclass(frozen=True, slots=True)
class MountItem:
    """One thing about a mount: what was found, how good that is, and what to do."""

    key: str
    label: str
    verdict: Verdict
    found: str
    advice: str = ""
    """What to do; empty when it is good, the reason when it is unknown."""


def judge(facts: MountFacts, limits: MountLimits = LIMITS) -> tuple[MountItem, ...]:
    """Judge a mount, item by item, in the order in which to put them right."""
    return (
        _picture(facts, limits),
        _distance(facts, limits),
        _tilt(facts, limits),
        _side(facts, limits),
        _sight(facts, limits),
        _share("chest", "depth on the chest", facts.chest_valid_share, facts, limits),
        _share("arms", "depth on the forearms", facts.arms_valid_share, facts, limits),
        _markers(facts, limits),
        _sigma(facts, limits),
        _rate(facts, limits),
        _light(facts, limits),
    )


def overall(items: tuple[MountItem, ...]) -> Verdict:
    """Give the worst of the items; what nobody has tried yet does not count."""
    verdicts = {item.key: item.verdict for item in items}
    if "bad" in verdicts.values():
        return "bad"
    if "unknown" in (verdicts["distance"], verdicts["chest"]):
        return "unknown"
    return "usable" if "usable" in verdicts.values() else "good"


def _band(value: float, good: tuple[float, float], usable: tuple[float, float]) -> Verdict:
    if good[0] <= value <= good[1]:
        return "good"
    return "usable" if usable[0] <= value <= usable[1] else "bad"


def _from(value: float, good: float, usable: float) -> Verdict:
    return "good" if value >= good else "usable" if value >= usable else "bad"


def _up_to(value: float, good: float, usable: float) -> Verdict:
    return _from(-value, -good, -usable)


def _pct(share: float) -> str:
    return f"{100 * share:.0f} %"


def _picture(facts: MountFacts, limits: MountLimits) -> MountItem:
    key, label, share = "aim", "aim", facts.in_picture_share
    if share is None:
        return MountItem(key, label, "unknown", "chest not found", facts.why)
    verdict = _from(share, limits.in_picture_good_share, limits.in_picture_usable_share)
    if facts.pose_from == "picture":
        found = "the flat thing in the middle of the picture is taken for the chest"
    else:
        found = f"{_pct(share)} of chest and forearms in the picture"
    advice = "" if verdict == "good" else "aim at the sternum: put it in the picture's middle"
    return MountItem(key, label, verdict, found, advice)


def _distance(facts: MountFacts, limits: MountLimits) -> MountItem:
    key, label = "distance", "distance"
    value = facts.middle_m if facts.place is None else facts.place.distance_m
    if value is None:
        return MountItem(key, label, "unknown", "nothing seen", facts.why)
    verdict = _band(value, limits.distance_good_m, limits.distance_usable_m)
    found = f"{value:.2f} m to the sternum"
    if facts.place is None:
        found = f"{value:.2f} m to the middle of the picture"
    low, high = limits.distance_good_m
    advice = ""
    if value > high:
        advice = f"move it {_steps_cm(value - high)} cm nearer: {low:.2f} to {high:.2f} m is good"
    elif value < low:
        advice = f"move it {_steps_cm(low - value)} cm away: {low:.2f} to {high:.2f} m is good"
    return MountItem(key, label, verdict, found, advice)


def _steps_cm(gap_m: float) -> int:
    """Round a gap up to what a person can do with a tripod: 5 cm."""
    return 5 * math.ceil(100 * gap_m / 5 - 1e-9)


def _tilt(facts: MountFacts, limits: MountLimits) -> MountItem:
    key, label = "tilt", "tilt"
    if facts.place is None:
        return MountItem(key, label, "unknown", "not known", facts.why)
    tilt_deg = math.degrees(facts.place.tilt_rad)
    low, high = limits.tilt_good_deg
    verdict = _band(tilt_deg, limits.tilt_good_deg, limits.tilt_usable_deg)
    about = "about " if facts.pose_from == "picture" else ""
    found = f"{about}{tilt_deg:.0f}° off the chest's normal"
    advice = ""
    if tilt_deg > high:
        advice = f"raise it: {tilt_deg:.0f}° off the chest's normal, at most {high:.0f}°"
    elif tilt_deg < low:
        advice = (
            f"lower it to the side: {tilt_deg:.0f}° off the chest's normal, at least {low:.0f}°"
        )
    return MountItem(key, label, verdict, found, advice)


def _side(facts: MountFacts, limits: MountLimits) -> MountItem:
    key, label = "side", "side"
    if facts.place is None:
        return MountItem(key, label, "unknown", "not known", facts.why)
    known = facts.side is not None
    found = _stands(facts.side) if facts.side is not None else "sides not known without markers"
    if facts.learner_azimuth_rad is None:
        return MountItem(key, label, "unknown", found, KNEEL)
    turn = facts.place.azimuth_rad - facts.learner_azimuth_rad
    apart_deg = abs(math.degrees(math.remainder(turn, math.tau)))
    verdict = _from(apart_deg, limits.from_learner_good_deg, limits.from_learner_usable_deg)
    if facts.place.side == "above":
        verdict = "usable"
    learner = facts.learner_side
    found = (
        f"{found}; learner {_kneels(learner)}" if known else f"{apart_deg:.0f}° from the learner"
    )
    return MountItem(key, label, verdict, found, "" if verdict == "good" else _turn(learner))


NO_DEPTH = "look for sunlight, glare and a dirty lens; nearer than 0.3 m there is no depth"
KNEEL = "nobody was seen over the chest: let someone kneel and press for 10 s"


def _stands(side: Side) -> str:
    return "straight above" if side == "above" else f"at the mannequin's {side}"


def _kneels(side: Side | None) -> str:
    return "not seen" if side is None else f"at its {side}"


def _turn(learner: Side | None) -> str:
    """Say where to go so that the learner is not in the way."""
    if learner is None:
        return "put it on the side opposite the learner"
    where = OPPOSITE[learner]
    return f"turn it to the mannequin's {where}{' side' if where in ('left', 'right') else ''}"


def _sight(facts: MountFacts, limits: MountLimits) -> MountItem:
    key, label = "sight", "sight of the chest"
    now = facts.unseen_now_share
    if now is None:
        return MountItem(key, label, "unknown", "not known", facts.why)
    found = f"{_pct(now)} of the chest out of sight now"
    blocked = facts.blocked_share
    if blocked is None:
        return MountItem(key, label, "unknown", found, KNEEL)
    found += f"; out of sight {_pct(blocked)} of the time"
    verdict = _up_to(blocked, limits.blocked_good_share, limits.blocked_usable_share)
    if verdict == "good":
        return MountItem(key, label, verdict, found)
    hider = f"the learner's {facts.hidden_by} hide" if facts.hidden_by else "something hides"
    where, learner = _turn(facts.learner_side), facts.learner_side
    if learner is not None and facts.side == OPPOSITE[learner]:
        where = "lower it, away from the learner's head"
    return MountItem(
        key, label, verdict, found, f"{where}: {hider} the chest {_pct(blocked)} of the time"
    )


def _share(
    key: str, label: str, share: float | None, facts: MountFacts, limits: MountLimits
) -> MountItem:
    if share is None:
        share = facts.middle_valid_share if key == "chest" else None
        if share is None or facts.middle_m is None:
            return MountItem(key, label, "unknown", "not known", facts.why)
        label = "depth in the middle"
    good, usable = limits.arms_valid_good_share, limits.arms_valid_usable_share
    if key == "chest":
        good, usable = limits.chest_valid_good_share, limits.chest_valid_usable_share
    verdict = _from(share, good, usable)
    found = f"{_pct(share)} of the pixels"
    if key == "chest" and facts.chest_px is not None:
        found = f"{_pct(share)} of {facts.chest_px} pixels"
    advice = "" if verdict == "good" else NO_DEPTH
    if advice and (facts.blocked_share or 0.0) > limits.blocked_usable_share:
        advice = "first clear the sight of the chest: what is too near gives no depth either"
    return MountItem(key, label, verdict, found, advice)


def _markers(facts: MountFacts, limits: MountLimits) -> MountItem:
    key, label = "markers", "markers"
    if facts.markers_total is None:
        why = "no layout is known: give --rig a rig file with markers"
        return MountItem(key, label, "unknown", "not looked for", why)
    if facts.markers_seen is None:
        return MountItem(key, label, "unknown", "not looked for", "there is no colour picture")
    verdict = _from(facts.markers_seen, limits.markers_good, limits.markers_usable)
    found = f"{facts.markers_seen} of {facts.markers_total} seen"
    advice = "" if verdict == "good" else "turn the plates to the camera and clear what hides them"
    return MountItem(key, label, verdict, found, advice)


def _sigma(facts: MountFacts, limits: MountLimits) -> MountItem:
    key, label = "noise", "noise"
    if facts.sigma_m is None:
        return MountItem(key, label, "unknown", "not known", facts.why)
    verdict = _up_to(facts.sigma_m, limits.sigma_good_m, limits.sigma_usable_m)
    found = f"{1000 * facts.sigma_m:.2f} mm a compression expected"
    advice = "" if verdict == "good" else "move it nearer, or raise its frame rate"
    return MountItem(key, label, verdict, found, advice)


def _rate(facts: MountFacts, limits: MountLimits) -> MountItem:
    key, label = "rate", "frame rate"
    if facts.rate_hz is None:
        return MountItem(key, label, "unknown", "not known yet", "too few frames so far")
    verdict = _from(facts.rate_hz, limits.rate_good_hz, limits.rate_usable_hz)
    advice = "" if verdict == "good" else "use a USB 3 port and cable, and give it more light"
    return MountItem(key, label, verdict, f"{facts.rate_hz:.0f} depth frames a second", advice)


def _light(facts: MountFacts, limits: MountLimits) -> MountItem:
    key, label = "light", "light"
    if facts.brightness is None:
        return MountItem(key, label, "unknown", "not known", "there is no colour picture")
    verdict = _band(facts.brightness, limits.brightness_good, limits.brightness_usable)
    dark = facts.brightness < limits.brightness_good[0]
    advice = (
        "" if verdict == "good" else "give it more light" if dark else "dim the light or shade it"
    )
    return MountItem(key, label, verdict, f"brightness {facts.brightness:.0f} of 255", advice)
