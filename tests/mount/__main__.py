"""Sweep a simulated camera round the mannequin: ``python -m tests.mount > places.jsonl``.

For each place one line of JSON: what the mount's report says, beside what the chest's
tracking makes of the same frames against the script's truth. SIMULATED numbers; the table
in docs/guides/technician/mounting.md is from here.
"""

from __future__ import annotations

import json
import math
import warnings
from typing import Any

import numpy as np

from mr.sim.camera import SimImager
from mr.sim.learner import make_script
from mr.sim.rig import CameraPlace as Place
from mr.tracking.tracker import CameraTracker
from mr.types import ChestObservation, Stamp
from tests.mount.places import calibrated_watch, depth_frame, rig_at, rig_file

HZ, SEED, SECONDS = 10, 3, 4.0
PER_FRAME = 60 // HZ
"""Frame numbers of a 60 fps camera; only every so many is rendered."""

RING = [Place(0.70, 30.0, float(a)) for a in range(0, 360, 30)]
GRID = [
    Place(d / 100, float(t), 0.0)
    for d in (50, 60, 70, 80, 90, 110)
    for t in (10, 20, 30, 40, 45, 50, 60)
]
ELSEWHERE = [Place(0.70, float(t), float(a)) for a in (90, 180, 270) for t in (10, 20, 45, 60)]
SLANTED = [Place(0.70, float(t), float(a)) for a in (60, 135, 225, 300) for t in (10, 45)]


def look_from(place: Place) -> dict[str, Any]:
    """Watch one learner press from one place."""
    script = make_script("good", compressing_s=SECONDS, seed=SEED)
    sim = rig_at(place)
    imager = SimImager(sim, script, SEED)
    tracker = CameraTracker(rig_file(sim), sim.camera_id)
    watch = calibrated_watch(sim)
    last_s = script.compressions[-1].release_s
    times = np.arange(script.compressions[0].onset_s, last_s, 1 / HZ)
    z_mm = np.full(len(times), np.nan)
    for k, t_s in enumerate(times):
        frame = depth_frame(imager, PER_FRAME * k, float(t_s))
        watch.step(frame, round(t_s * 1e9))
        for told in tracker.step(frame, Stamp(round(t_s * 1e9), 1000)):
            on = isinstance(told, ChestObservation) and told.hands == "on"
            if on and told.surface_z_m is not None:
                z_mm[k] = 1e3 * told.surface_z_m
    report = watch.report()
    facts = report.facts
    error_mm = z_mm + 1e3 * script.chest_depth_m(times)
    seen = np.isfinite(error_mm)
    return {
        "distance_m": place.distance_m,
        "tilt_deg": place.tilt_deg,
        "azimuth_deg": place.azimuth_deg,
        "verdict": report.verdict,
        "not_good": {i.key: i.verdict for i in report.items if i.verdict in ("bad", "usable")},
        "chest_px": facts.chest_px,
        "chest_valid_pct": _pct(facts.chest_valid_share),
        "arms_valid_pct": _pct(facts.arms_valid_share),
        "in_picture_pct": _pct(facts.in_picture_share),
        "unseen_now_pct": _pct(facts.unseen_now_share),
        "hidden_pct": _pct(facts.hidden_share),
        "out_of_sight_pct_of_time": _pct(facts.blocked_share),
        "learner_deg": None
        if facts.learner_azimuth_rad is None
        else round(math.degrees(facts.learner_azimuth_rad)),
        "sigma_compression_mm": None if facts.sigma_m is None else round(1e3 * facts.sigma_m, 2),
        "tracked_pct": round(100 * float(seen.mean()), 1),
        "tracked_rms_mm": round(float(error_mm[seen].std()), 2) if seen.sum() > 10 else None,
    }


def _pct(share: float | None) -> float | None:
    return None if share is None else round(100 * share, 1)


if __name__ == "__main__":
    warnings.simplefilter("ignore", RuntimeWarning)
    for one in [*RING, *GRID, *ELSEWHERE, *SLANTED]:
        print(json.dumps(look_from(one)), flush=True)
