"""What the wall is told of a snapshot.

Takes a session's `Snapshot`, gives the `LiveState` of the wire and the health in words; an
instructor sees the numbers also where a learner does not. Leaves bytes to
`mr.review.live.frames`.
"""

from __future__ import annotations

from typing import Any

from mr.config import Attempt
from mr.review.live.frames import LiveState
from mr.review.live.layout import HEALTHS
from mr.types import Health, Snapshot

QUIET_STREAMS = ("headset.",)
"""Beginnings of streams that nobody is measured by: they make no rig look ill."""
WHY_LENGTH = 240


def state_of(snapshot: Snapshot, recording_id: str, learner_id: str, attempt: Attempt) -> LiveState:
    """Say how a session stands."""
    cue = snapshot.cue
    return LiveState(
        phase=snapshot.phase.value,
        kind=snapshot.kind,
        recording_id=recording_id,
        learner_id=learner_id,
        mode=snapshot.mode,
        attempt=attempt.value,
        guidance=snapshot.guidance,
        elapsed_s=snapshot.elapsed_s,
        rate_cpm=snapshot.rate_cpm,
        last_depth_mm=snapshot.last_depth_mm,
        last_release_mm=snapshot.last_release_mm,
        score_pct=snapshot.score_pct,
        n_compressions=snapshot.n_compressions,
        n_in_cycle=snapshot.n_in_cycle,
        n_breaths=snapshot.n_breaths,
        hands=snapshot.hands,
        hand_offset_mm=snapshot.hand_offset_mm,
        hands_off_s=snapshot.hands_off_s,
        cue_key=cue.key if cue is not None else "",
        severity=cue.severity if cue is not None else "",
        health=worst(snapshot.health),
        targets=snapshot.targets,
    )


def worst(healths: tuple[Health, ...]) -> str:
    """Name the worst state among the streams that measure; an absent one was never there."""
    states = [
        h.state for h in healths if h.state != "absent" and not h.stream.startswith(QUIET_STREAMS)
    ]
    return max(states, key=HEALTHS.index, default="")


def health_rows(healths: tuple[Health, ...]) -> list[dict[str, Any]]:
    """Give the streams' health as JSON values."""
    return [
        {
            "stream": h.stream,
            "state": h.state,
            "rate_hz": round(h.rate_hz, 1),
            "lost": h.lost,
            "why": h.why[:WHY_LENGTH],
        }
        for h in healths
    ]
