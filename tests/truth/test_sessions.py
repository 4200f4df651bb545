"""Whole simulated sessions through the live pipeline, against the script's own truth.

The devices are the demo's: the mannequin's bytes with a clock of its own, rendered depth and
colour. The rig is calibrated by the technician's procedures. The truth is computed from the
plan of the session and shares no model and no code with what measures (import-linter holds
that `mr.sim` knows nothing above it, and that what measures knows nothing of `mr.sim`).
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

from mr.cli.demo import calibrated_rig
from mr.cli.sources import SimSources
from mr.config import Mode, SessionConfig
from mr.rig import Rig
from mr.scoring.guideline import load_guideline
from mr.session.offline import differences, rerun
from mr.session.outcome import Outcome
from mr.session.processes import SessionPlan, run_fast
from mr.sim.script import Truth

GUIDELINE = load_guideline("aha-2025-adult-bls")
MAX_DEPTH_ERROR_MM = 1.0
MAX_RATE_ERROR_CPM = 0.5


@dataclass(frozen=True)
class Session:
    outcome: Outcome
    truth: Truth
    path: Path


@pytest.fixture(scope="module")
def rig() -> Rig:
    return calibrated_rig(3)


def run(rig: Rig, path: Path, *, mannequin: bool, camera: bool, seconds: float) -> Session:
    sources = SimSources(
        "demo", Mode.HANDS_ONLY, seconds, 3, 30.0, 2.0, camera=camera, mannequin=mannequin
    )
    plan = SessionPlan(sources, rig, SessionConfig(), GUIDELINE, path)
    pipeline = run_fast(plan, lambda _snapshot: None, lambda _picture: None)
    return Session(pipeline.outcome(), sources.script().truth(), path)


def faults(outcome: Outcome, truth: Truth) -> list[str]:
    """Name what lies outside the limits."""
    found = []
    summary = outcome.summary
    if summary.n_compressions != truth.count:
        found.append("count")
    depth_mm, rate_cpm = summary.mean_depth_mm.value, summary.mean_rate_cpm.value
    if depth_mm is None or abs(depth_mm - truth.mean_depth_mm) > MAX_DEPTH_ERROR_MM:
        found.append("depth")
    if rate_cpm is None or abs(rate_cpm - truth.mean_rate_cpm) > MAX_RATE_ERROR_CPM:
        found.append("rate")
    return found


@pytest.mark.parametrize(
    ("mannequin", "camera", "seconds"),
    [(True, True, 5.0), (True, False, 15.0), (False, True, 5.0)],
    ids=["both", "mannequin", "camera"],
)
def test_a_session_measures_its_truth(
    rig: Rig, tmp_path: Path, mannequin: bool, camera: bool, seconds: float
) -> None:
    session = run(rig, tmp_path / "s.mcap", mannequin=mannequin, camera=camera, seconds=seconds)
    print(
        f"depth {session.outcome.summary.mean_depth_mm.value} of {session.truth.mean_depth_mm}, "
        f"rate {session.outcome.summary.mean_rate_cpm.value} of {session.truth.mean_rate_cpm}"
    )
    assert faults(session.outcome, session.truth) == []
    assert session.outcome.kind == "sim"
    assert session.outcome.score.value_pct is not None
    for block_size in (1, 17, 100_000):
        again = rerun(session.path, block_size)
        assert again.recording.complete
        assert differences(again) == []
        assert len(again.compressions) == session.truth.count


def test_the_limits_can_fail(rig: Rig, tmp_path: Path) -> None:
    """Negative control: another session's truth, and a chest curve that is 4 % off."""
    session = run(rig, tmp_path / "s.mcap", mannequin=True, camera=False, seconds=4.0)
    other = SimSources("slow", Mode.HANDS_ONLY, 4.0, 3, 30.0, 2.0).script().truth()
    assert set(faults(session.outcome, other)) >= {"rate", "count"}
    assert rig.mannequin is not None
    curve = rig.mannequin.chest_depth_m
    wrong = curve.model_copy(update={"values": tuple(1.04 * np.array(curve.values))})
    bent = rig.model_copy(
        update={"mannequin": rig.mannequin.model_copy(update={"chest_depth_m": wrong})}
    )
    off = run(bent, tmp_path / "off.mcap", mannequin=True, camera=False, seconds=4.0)
    assert faults(off.outcome, off.truth) == ["depth"]
