"""A learner in full swing as a snapshot, and the other states; tests replace what they test."""

from __future__ import annotations

from dataclasses import replace

from mr.types import (
    Cue,
    CycleDigest,
    Health,
    Phase,
    Placing,
    Pose,
    Registration,
    Snapshot,
    Targets,
)

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

GOOD_CYCLE = CycleDigest(0, 30, 54.3, 110.2, 1.4, 96.7, 100.0, 93.3, 1_000_000_000, "lesson_good")
UNEVEN_CYCLE = CycleDigest(
    2, 30, 53.6, 126.0, 8.2, 60.0, 13.3, 23.3, -4_200_000_000, "lesson_release"
)
"""It leans, is too fast, and its depths scatter about a good mean."""

LOST = (
    Health("mannequin", "sim", "lost", 0.0, 12, 3.1, "no bytes for 3 s"),
    Health("cam0", "sim", "ok", 30.0, 0, 0.0),
)


def states() -> dict[str, Snapshot]:
    """Give every state that has its own look on a screen, by its name."""
    nothing = {
        "depth_mm": None,
        "depth_sigma_mm": None,
        "velocity_mm_s": None,
        "rate_cpm": None,
        "last_depth_mm": None,
        "last_release_mm": None,
        "hand_offset_mm": None,
    }
    return {
        "right": IN_FULL_SWING,
        "too shallow": replace(
            IN_FULL_SWING, last_depth_mm=41.0, depth_mm=40.0, cue=Cue("push_deeper", "warning")
        ),
        "too deep": replace(
            IN_FULL_SWING, last_depth_mm=66.4, depth_mm=66.0, cue=Cue("push_less", "warning")
        ),
        "too slow": replace(IN_FULL_SWING, rate_cpm=88.0, cue=Cue("faster", "hint")),
        "too fast": replace(IN_FULL_SWING, rate_cpm=134.0, cue=Cue("slower", "hint")),
        "leaning": replace(
            IN_FULL_SWING, last_release_mm=11.3, depth_mm=12.0, cue=Cue("let_it_rise", "warning")
        ),
        "wrong place": replace(
            IN_FULL_SWING, hand_offset_mm=(38.0, -31.0), cue=Cue("move_hands", "warning")
        ),
        "hands off": replace(
            IN_FULL_SWING,
            phase=Phase.PAUSED,
            hands="off",
            hand_offset_mm=None,
            depth_mm=0.0,
            hands_off_s=7.6,
            cue=Cue("hands_on_chest", "warning"),
        ),
        "go on": replace(
            IN_FULL_SWING, phase=Phase.PAUSED, hands_off_s=11.0, cue=Cue("resume", "warning")
        ),
        "breaths": replace(
            IN_FULL_SWING,
            mode="30:2",
            phase=Phase.VENTILATING,
            n_in_cycle=30,
            hands="off",
            hand_offset_mm=None,
            depth_mm=0.0,
            hands_off_s=3.4,
            cue=Cue("breathe", "hint"),
        ),
        "one breath given": replace(
            IN_FULL_SWING,
            mode="30:2",
            phase=Phase.VENTILATING,
            n_in_cycle=30,
            n_breaths=1,
            hands="off",
            hand_offset_mm=None,
            depth_mm=0.0,
            hands_off_s=5.2,
            cycle=UNEVEN_CYCLE,
            cue=Cue("lesson_release", "hint"),
        ),
        "in a cycle": replace(IN_FULL_SWING, mode="30:2"),
        "sensor lost": replace(
            IN_FULL_SWING,
            **nothing,
            hands="unknown",
            health=LOST,
            cue=Cue("sensor_lost", "warning"),
        ),
        "ready": replace(
            IN_FULL_SWING,
            **nothing,
            phase=Phase.WAITING,
            n_compressions=0,
            n_in_cycle=0,
            hands="off",
            elapsed_s=0.0,
            cue=Cue("start_when_ready", "hint"),
        ),
        "unknown": replace(
            IN_FULL_SWING, **nothing, n_compressions=0, n_in_cycle=0, hands="unknown", cue=None
        ),
        "swap": replace(
            IN_FULL_SWING, n_compressions=1204, elapsed_s=754.0, cue=Cue("swap", "hint")
        ),
        "swap soon": replace(IN_FULL_SWING, elapsed_s=113.0, cue=Cue("swap_soon", "hint")),
        "reduced": replace(IN_FULL_SWING, level="reduced"),
        "sound": replace(IN_FULL_SWING, level="sound"),
        "no guidance": replace(IN_FULL_SWING, level="none"),
        "finished": replace(
            IN_FULL_SWING, phase=Phase.FINISHED, score_pct=92.4, cue=Cue("finished", "good")
        ),
        "assessment": replace(IN_FULL_SWING, guidance=False, last_depth_mm=40.0),
        "live": replace(
            IN_FULL_SWING,
            kind="live",
            health=(
                Health(
                    "mannequin",
                    "live",
                    "degraded",
                    150.0,
                    90,
                    0.0,
                    "a quarter of its samples is lost",
                ),
                Health("cam0", "live", "ok", 30.0, 0, 0.0),
                Health("cam1", "live", "absent", 0.0, 0, 0.0),
            ),
        ),
    }


def placings() -> dict[str, Snapshot]:
    """Give the states of the headset's place, which a screen does not show.

    In a moment without compressions, or nobody would be asked to do something for it.
    """
    found = Registration(Pose.identity(), 0.004, 40, 0, 0.002)
    resting = replace(IN_FULL_SWING, phase=Phase.PAUSED, hands_off_s=1.0)
    return {
        "ok": replace(resting, placing=Placing("ok", found)),
        "weak": replace(resting, placing=Placing("weak", found, "sweep", share=0.6)),
        "lost": replace(resting, placing=Placing("lost", None, "wait", share=0.2)),
        "unknown": replace(resting, placing=Placing("unknown", None, "touch", touch=2, share=0.5)),
        "unknown, nothing to do": replace(resting, placing=Placing("unknown")),
    }
