"""Is a camera mounted well? Numbers of what it sees → a verdict per item and what to do.

Takes `MountFacts` and `MountLimits`, gives `MountItem`s in the order in which they are to
be put right; leaves the measuring to `mr.tracking.mount`. Every limit stands in one table.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from mr.tracking.mount_facts import LIMITS, MountFacts, MountLimits, Verdict
from mr.tracking.mount_guess import MIN_VALID_SHARE
from mr.tracking.mount_view import Side

OPPOSITE: dict[Side, Side] = {
    "left": "right",
    "right": "left",
    "head end": "foot end",
    "foot end": "head end",
    "above": "above",
}


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
    if "unknown" in (verdicts["aim"], verdicts["distance"], verdicts["chest"]):
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
    if facts.pose_from == "picture" and (facts.middle_valid_share or 0.0) < MIN_VALID_SHARE:
        # Where the chest was seen a while ago says nothing of where the camera is aimed now.
        found = "nothing gives depth in the middle of the picture now"
        return MountItem(key, label, "unknown", found, f"aim at the sternum; {NO_DEPTH}")
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
    value = round(value, 2)  # as it is shown
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
    tilt_deg = round(math.degrees(facts.place.tilt_rad))
    rough = facts.pose_from == "picture"
    low, high = limits.tilt_good_deg
    verdict = _band(tilt_deg, limits.tilt_good_deg, limits.tilt_usable_deg)
    if verdict == "bad" and rough:
        least, most = limits.tilt_usable_deg
        slack = limits.tilt_rough_deg
        verdict = _band(tilt_deg, limits.tilt_good_deg, (least - slack, most + slack))
    about = "about " if rough else ""
    found = f"{about}{tilt_deg:.0f}° off the chest's normal"
    advice, wanted = "", f"{low:.0f} to {high:.0f}° is good"
    if tilt_deg > high:
        advice = f"raise it: {tilt_deg:.0f}° off the chest's normal, {wanted}"
    elif tilt_deg < low:
        advice = f"lower it to the side: {tilt_deg:.0f}° off the chest's normal, {wanted}"
    return MountItem(key, label, verdict, found, advice)


def _side(facts: MountFacts, limits: MountLimits) -> MountItem:
    key, label = "side", "side"
    if facts.place is None:
        return MountItem(key, label, "unknown", "not known", facts.why)
    known = facts.side is not None
    found = _stands(facts.side) if facts.side is not None else "sides not known without markers"
    if facts.learner_azimuth_rad is None:
        why = KNEEL if facts.blocked_share is None else "the learner's body is not in the picture"
        return MountItem(key, label, "unknown", found, why)
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


NO_DEPTH = "look for what is nearer than 0.3 m, and for sunlight, glare and a dirty lens"
NEAR_HIDES = "something too near to have depth hides"
FEW_FRAMES = "too few frames so far"
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
    found = f"{_pct(now)} of the chest not seen now"
    blocked = facts.blocked_share
    if blocked is None:
        return MountItem(key, label, "unknown", found, KNEEL)
    found += f"; lost {_pct(blocked)} of the time"
    verdict = _up_to(blocked, limits.blocked_good_share, limits.blocked_usable_share)
    if verdict == "good":
        return MountItem(key, label, verdict, found)
    hider = f"the learner's {facts.hidden_by} hide" if facts.hidden_by else NEAR_HIDES
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
        why = facts.why if facts.place is None else FEW_FRAMES
        return MountItem(key, label, "unknown", "not known yet", why)
    verdict = _up_to(facts.sigma_m, limits.sigma_good_m, limits.sigma_usable_m)
    found = f"{1000 * facts.sigma_m:.2f} mm a compression expected"
    advice = "" if verdict == "good" else "move it nearer, or raise its frame rate"
    return MountItem(key, label, verdict, found, advice)


def _rate(facts: MountFacts, limits: MountLimits) -> MountItem:
    key, label = "rate", "frame rate"
    if facts.rate_hz is None:
        return MountItem(key, label, "unknown", "not known yet", FEW_FRAMES)
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
