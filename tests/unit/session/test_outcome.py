"""A session is bounded by what its mode counts: compressions, or breaths alone."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest

from mr.blocks import ChestBlock
from mr.config import Mode, SessionConfig
from mr.scoring.profiles import load_guideline
from mr.session.outcome import judge_motion, metrics_config
from mr.session.pipeline import Pipeline
from mr.types import ChestSample, Measured, Phase, Stamp, Ventilation
from tests.unit.recording.conftest import a_rig
from tests.unit.scoring.test_score import compression

GUIDELINE = load_guideline("aha-2025-adult-bls")
PRESSES_S = (2.0, 2.6, 50.0)
BREATHS_S = (10.0, 16.5, 23.0)


def motion() -> Iterator[ChestBlock]:
    """Three presses by mistake, and breaths of 550 mL between them, at 50 Hz."""
    t_s = np.arange(0.0, 60.0, 0.02)
    depth_m, volume_ml = np.zeros_like(t_s), np.zeros_like(t_s)
    for at_s in PRESSES_S:
        on = (t_s >= at_s) & (t_s < at_s + 0.5)
        depth_m[on] = 0.0275 * (1 - np.cos(4 * np.pi * (t_s[on] - at_s)))
    for at_s in BREATHS_S:
        volume_ml += 550.0 * np.interp(t_s - at_s, [0.0, 1.0, 2.2], [0.0, 1.0, 0.0], 0.0, 0.0)
    yield ChestBlock.of(
        [
            ChestSample(Stamp(round(1e9 * t), 0), d, 0.0, 1e-4, ("mannequin",), airway_ml=v)
            for t, d, v in zip(t_s.tolist(), depth_m.tolist(), volume_ml.tolist(), strict=True)
        ]
    )


def test_breaths_alone_bound_a_session_of_breaths() -> None:
    config = metrics_config(GUIDELINE)
    breaths = judge_motion(motion(), config, GUIDELINE, Mode.VENTILATION_ONLY, "replay")
    assert breaths.start_ns / 1e9 == pytest.approx(BREATHS_S[0], abs=0.1)
    assert breaths.end_ns / 1e9 == pytest.approx(BREATHS_S[-1] + 2.0, abs=0.3)
    assert len(breaths.ventilations) == 3
    assert breaths.score.value_pct == pytest.approx(100.0), "no breath was due before the first"
    pressed = judge_motion(motion(), config, GUIDELINE, Mode.CONTINUOUS, "replay")
    assert pressed.start_ns / 1e9 == pytest.approx(PRESSES_S[0], abs=0.1)
    assert pressed.end_ns / 1e9 == pytest.approx(PRESSES_S[-1] + 0.5, abs=0.1)


def test_a_press_by_mistake_begins_no_session_of_breaths() -> None:
    breath = Ventilation(10**10, 11 * 10**9, Measured(550.0, 10.0), 1.0)
    for mode, begun_ns in ((Mode.VENTILATION_ONLY, breath.start_ns), (Mode.CONTINUOUS, 0)):
        pipeline = Pipeline(a_rig(), SessionConfig(mode=mode), GUIDELINE, [], "sim")
        pipeline._note([compression(0)])
        assert (pipeline.start_ns is None) == (mode is Mode.VENTILATION_ONLY)
        assert (pipeline.phase is Phase.WAITING) == (mode is Mode.VENTILATION_ONLY)
        pipeline._note([breath])
        assert pipeline.start_ns == begun_ns
