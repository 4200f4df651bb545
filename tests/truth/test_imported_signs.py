"""Whose motion it is does not decide how a file is read: every simulated learner, every reading.

All of it is simulated: scripts of `mr.sim.learner` with white noise, written as another
system might. What must never happen is a wrong reading; a refusal or "cannot tell" may.
"""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from mr.config import Mode
from mr.errors import RecordingError
from mr.recording.csv_depth import understand_depth
from mr.sim.learner import STYLES, make_script
from mr.types import FloatArray

RATE_HZ = 50.0
NOISE_MM = 0.8
MODES = (Mode.HANDS_ONLY, Mode.C30_2)
SEEDS = (1, 2)
CASES = [(s, m, k) for s in STYLES for m in MODES for k in SEEDS]


def motion(style: str, mode: Mode, seed: int) -> tuple[FloatArray, FloatArray]:
    script = make_script(style, mode, 40.0, seed)
    t_s = np.arange(0.0, script.duration_s, 1.0 / RATE_HZ)
    noise = np.random.default_rng(seed).normal(0.0, NOISE_MM, len(t_s))
    return t_s, 1000.0 * np.asarray(script.chest_depth_m(t_s)) + noise


def reading(t_s: FloatArray, raw: FloatArray, truth: FloatArray, named: str | None) -> str:
    """Tell whether a column was read as the truth, turned over, scaled wrongly, or refused."""
    try:
        depth = understand_depth(Path("x.csv"), t_s, raw, named)
    except RecordingError:
        return "refused"
    if depth.calibrated:
        return "right" if np.allclose(depth.values, truth) else "wrong"
    up = np.corrcoef(depth.values, truth)[0, 1] > 0
    unsure = any("does not tell" in words for words in depth.assumptions)
    return "unsure" if unsure else "right" if up else "wrong"


@pytest.mark.parametrize(
    ("scale", "offset", "named", "may_refuse"),
    [
        (1.0, 0.0, "mm", 0), (-1.0, 0.0, "mm", 0), (1e-3, 0.0, "mm", 0), (-1e-3, 0.0, "mm", 0),
        (0.1, 0.0, "cm", 0), (1.0, 0.0, None, 0), (0.1, 0.0, None, 0.1), (1e-3, 0.0, None, 0),
        (7.0, 300.0, "au", 0), (-7.0, 300.0, "au", 0),
    ],
)  # fmt: skip
def test_no_reading_is_wrong(
    scale: float, offset: float, named: str | None, may_refuse: float
) -> None:
    counts: Counter[str] = Counter()
    for case in CASES:
        t_s, truth = motion(*case)
        counts[reading(t_s, scale * truth + offset, truth, named)] += 1
    assert counts["wrong"] == 0, counts
    assert counts["refused"] <= may_refuse * len(CASES), counts
    assert counts["unsure"] <= 0.05 * len(CASES), counts


def test_a_wrong_reading_is_seen() -> None:
    """Negative control: centimetres under a name that says millimetres are never mm."""
    t_s, truth = motion("good", Mode.HANDS_ONLY, 1)
    assert reading(t_s, truth + 20.0, truth, "mm") == "wrong"
    assert reading(t_s, 0.1 * truth, truth, "mm") == "refused"
