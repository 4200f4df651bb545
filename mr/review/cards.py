"""The numbers that tell most about a session, each with its target and its definition.

Takes an analysis, gives `Card`s; leaves their look to the report, the sheets and the prints.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

from mr.review.lines import sigma_beside
from mr.review.plots import number, spread, verdict
from mr.review.release import release_of

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Card:
    """One number with its unit, its target and its definition."""

    label: str
    amount: float | None
    digits: int
    unit: str
    target: str
    definition: str
    why: str = ""
    on_target: bool | None = None
    sigma: float | None = None

    @property
    def value(self) -> str:
        """The number as it is shown."""
        return number(self.amount, self.digits)

    @property
    def unit_words(self) -> str:
        """The unit as it stands behind the number, after the sigma; empty without a number."""
        if self.amount is None:
            return ""
        return self.unit if self.sigma is None else f"{spread(self.sigma)} {self.unit}"


def cards_of(analysis: Json) -> list[Card]:
    """Give the numbers that tell most about a session, each with its target and definition."""
    t, d = analysis["guideline"]["targets"], analysis["guideline"]["definitions"]
    s, release = analysis["summary"], release_of(t)
    band = f"{t['depth_low_mm']:g}–{t['depth_high_mm'] or 0:g} mm"
    if t["depth_high_mm"] is None:
        band = f"at least {t['depth_low_mm']:g} mm"
    if t["depth_low_ap_share"] is not None:
        band += f" ({t['depth_low_ap_share']:.0%} of this chest's AP diameter)"
    least = f"{d['min_excursion_mm'] or 0:g} mm"
    if d["min_excursion_mm"] is None:
        least = "a fifth of the typical stroke (the scale is unknown)"
    lost_s = sum(h["end_s"] - h["start_s"] for h in analysis["unmeasured"])
    long_pause = verdict(s["longest_pause_s"], 0.0, t["pause_max_s"]) == "high"
    cards = [
        Card(
            "Compressions",
            s["n_compressions"],
            0,
            "",
            f"in {s['duration_s'] - lost_s:.0f} s{' that were measured' if lost_s else ''}",
            f"Each moves the chest by at least {least} from the release before it.",
        ),
        _card(s, "Mean depth", "mean_depth_mm", 1, "mm", band,
              "Deepest point from the unloaded zero, mean of the measured compressions.",
              (t["depth_low_mm"], t["depth_high_mm"])),
        _card(s, "Depth in target", "depth_in_target_pct", 0, "%", band,
              "Share of the measured depths inside the band; a near miss counts as a miss here, "
              "unlike in the score."),
        _card(s, "Mean rate", "mean_rate_cpm", 1, "/min",
              f"{t['rate_low_cpm']:g}–{t['rate_high_cpm']:g} /min",
              f"Within periods of compressions; breaks of {d['pause_threshold_s']:g} s and more "
              "are left out.", (t["rate_low_cpm"], t["rate_high_cpm"])),
        _card(s, "Left at release", "mean_release_depth_mm", 1, "mm",
              release.limit if release.unit == "mm" else "told, not judged: the force left is",
              "Shallowest point after each compression, from the unloaded zero, mean of those "
              "measured."),
        _card(s, "Full release", "release_in_target_pct", 0, "%",
              f"{release.limit} left",
              "Share of the measured releases that come back to the unloaded zero within "
              "the limit." if release.unit == "mm" else
              "Share of the measured releases after which the load cells feel no more than the "
              "limit."),
        _card(s, "Compression fraction", "ccf_pct", 1, "%",
              "" if t["ccf_min_pct"] is None else f"at least {t['ccf_min_pct']:g} %",
              "CCF: from the first onset to the last release, less the pauses in between, over "
              "what is judged and was measured.",
              None if t["ccf_min_pct"] is None else (t["ccf_min_pct"], None)),
        Card(
            "Longest pause",
            s["longest_pause_s"],
            1,
            "s",
            f"at most {t['pause_max_s']:g} s",
            f"From one release to the next onset, where that takes {d['pause_threshold_s']:g} s "
            f"or more{', as far as it was measured' if lost_s else ''}.",
            # A longer one may lie in what was not measured.
            on_target=None if lost_s and not long_pause else not long_pause,
        ),
        _card(s, "Hands in place", "hand_in_target_pct", 0, "%",
              f"within {t['hand_offset_max_mm']:g} mm",
              "Distance of the hands from the compression point: their mean place while the chest "
              "is pressed by more than half."),
    ]  # fmt: skip
    if s["depth_trend_mm_min"] is not None:
        cards.append(
            _card(s, "Depth trend", "depth_trend_mm_min", 1, "mm a minute", "",
                  "How the depth changes within a cycle, per minute of compressing; below zero it "
                  "gets shallower: the rescuer tires.")
        )  # fmt: skip
    if s["n_ventilations"]:
        volume = volume_words(t)
        known = sum(v["volume_ml"] is not None for v in analysis["ventilations"])
        cards.append(
            _card(s, "Breath volume", "mean_volume_ml", 0, "mL", volume or "not judged by volume",
                  f"Mean of {known} measured of {s['n_ventilations']} breaths.",
                  (at_least(t["volume_low_ml"]), t["volume_high_ml"]) if volume else None)
        )  # fmt: skip
    return cards


def _card(
    s: Json, label: str, key: str, digits: int, unit: str, target: str, definition: str,
    band: tuple[float, float | None] | None = None,
) -> Card:  # fmt: skip
    value = s[key]
    if value is None:
        return Card(label, None, digits, unit, target, definition, s["why"][key])
    on_target = None if band is None else verdict(value, *band) == "ok"
    sigma = sigma_beside(s, key, unit)
    return Card(label, value, digits, unit, target, definition, on_target=on_target, sigma=sigma)


def volume_words(targets: Json) -> str:
    """Say what volume of a breath the profile wants; empty where it wants none."""
    low_ml, high_ml = targets["volume_low_ml"], targets["volume_high_ml"]
    if low_ml is None and high_ml is None:
        return ""
    if low_ml is None:
        return f"at most {high_ml:g} mL"
    return f"at least {low_ml:g} mL" if high_ml is None else f"{low_ml:g}–{high_ml:g} mL"


def at_least(low: float | None) -> float:
    """Give a lower bound, where there is none the lowest."""
    return -math.inf if low is None else low
