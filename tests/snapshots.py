"""A learner in full swing, as a snapshot; tests replace what they are about."""

from __future__ import annotations

from mr.types import Cue, Health, Phase, Pose, Snapshot, Targets

IN_FULL_SWING = Snapshot(
    t_ns=1_000_000_000,
    seq=7,
    phase=Phase.COMPRESSING,
    mode="hands-only",
    guidance=True,
    kind="sim",
    elapsed_s=47.3,
    depth_mm=31.0,
    depth_sigma_mm=0.6,
    velocity_mm_s=120.0,
    rate_cpm=109.0,
    n_compressions=84,
    n_in_cycle=24,
    last_depth_mm=54.2,
    last_release_mm=1.2,
    hands="on",
    hand_offset_mm=(4.0, -3.0),
    hands_off_s=0.0,
    targets=Targets(50.0, 60.0, 100.0, 120.0, 5.0, 25.0),
    cue=Cue("very_good", "good", since_ns=950_000_000, aloud=False),
    score_pct=None,
    world_from_mannequin=Pose.identity(),
    health=(
        Health("mannequin", "sim", "ok", 200.0, 0, 0.0),
        Health("cam0", "sim", "ok", 30.0, 0, 0.0),
    ),
)
