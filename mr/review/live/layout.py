"""The live wire's layout: which byte of a message means what.

Gives NumPy's structured types and the words behind its codes; leaves reading and writing to
`mr.review.live.frames`. docs/LIVE.md describes the same byte by byte.
"""

from __future__ import annotations

import numpy as np

from mr.config import Attempt, Mode
from mr.types import Phase

MAGIC, VERSION = b"MRCL", 1
TRACE, WALL = 1, 2
MAX_ROWS = 4096
"""Of one rig in one message: 20 s at 200 Hz, which is as long as a rig holds them back."""
MAX_PARTS = 64
HEAD = np.dtype(
    [
        ("magic", "S4"),
        ("version", "u1"),
        ("kind", "u1"),
        ("n_parts", "<u2"),
        ("length", "<u4"),
        ("seq", "<u4"),
    ]
)
TRACE_PART = np.dtype(
    [("base_ns", "<i8"), ("sent_ns", "<i8"), ("lost_n", "<u4"), ("n_rows", "<u4")]
)
WALL_HEAD = np.dtype([("server_ms", "<f8")])
WALL_PART = np.dtype(
    [
        ("rig_id", "S32"),
        ("t0_s", "<f8"),
        ("captured_ms", "<f8"),
        ("since_ms", "<f8"),
        ("dropped_n", "<u4"),
        ("n_rows", "<u4"),
        ("presence", "u1"),
        ("spare", "u1", (7,)),
    ]
)
STATE = np.dtype(
    [
        ("recording_id", "S24"),
        ("learner_id", "S16"),
        ("cue_key", "S32"),
        ("elapsed_s", "<f4"),
        ("rate_cpm", "<f4"),
        ("last_depth_mm", "<f4"),
        ("last_release_mm", "<f4"),
        ("score_pct", "<f4"),
        ("hand_x_mm", "<f4"),
        ("hand_y_mm", "<f4"),
        ("hands_off_s", "<f4"),
        ("depth_low_mm", "<f4"),
        ("depth_high_mm", "<f4"),
        ("rate_low_cpm", "<f4"),
        ("rate_high_cpm", "<f4"),
        ("release_max_mm", "<f4"),
        ("hand_offset_max_mm", "<f4"),
        ("n_compressions", "<u4"),
        ("n_in_cycle", "<u2"),
        ("n_breaths", "<u2"),
        ("phase", "u1"),
        ("mode", "u1"),
        ("attempt", "u1"),
        ("kind", "u1"),
        ("hands", "u1"),
        ("severity", "u1"),
        ("health", "u1"),
        ("guidance", "u1"),
    ]
)
ROW = np.dtype([("t_us", "<u4"), ("depth_mm", "<f4"), ("sigma_mm", "<f4")])

PHASES = ("idle", *(phase.value for phase in Phase))
MODES = ("", *(mode.value for mode in Mode))
ATTEMPTS = ("", *(attempt.value for attempt in Attempt))
KINDS = ("", "live", "sim", "replay")
HANDS = ("unknown", "on", "off")
SEVERITIES = ("", "good", "hint", "warning")
HEALTHS = ("", "ok", "degraded", "lost", "absent")
PRESENCES = ("never", "here", "lost")
