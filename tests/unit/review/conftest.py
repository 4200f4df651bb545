from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest

from mr.config import Mode
from mr.metrics import MetricsConfig, MetricsStepper, summarise
from mr.metrics.summary import not_measured
from mr.review.analysis import Provenance, build_analysis
from mr.review.plots import Trace
from mr.scoring.performance import Performance
from mr.scoring.profiles import load_guideline
from mr.scoring.score import score_performance
from mr.types import (
    ChestSample,
    Compression,
    FloatArray,
    Measured,
    MetricsEvent,
    Pause,
    Stamp,
    Ventilation,
)

DEPTHS_MM = (55.0, 45.0, 65.0, 55.0, 55.0, 40.0, 55.0, 55.0, 55.0, 55.0) * 3
T0_NS = 7_000_000_000


@dataclass
class Session:
    """A motion of known depths through the real metrics and score."""

    events: list[MetricsEvent]
    t_s: FloatArray
    depth_mm: FloatArray

    def analysis(
        self,
        kind: Any = "live",
        provenance: Provenance | None = None,
        profile: str = "aha-2025-adult-bls",
    ) -> dict[str, Any]:
        guideline = load_guideline(profile)
        end_ns = T0_NS + round(1e9 * float(self.t_s[-1]))
        summary = summarise(self.events, T0_NS, end_ns)
        compressions = [e for e in self.events if isinstance(e, Compression)]
        breaths = [e for e in self.events if isinstance(e, Ventilation)]
        pauses = [e for e in self.events if isinstance(e, Pause)]
        performance = Performance(
            compressions,
            breaths,
            pauses,
            summary.ccf_pct,
            unmeasured=not_measured(summary.unmeasured_s),
        )
        score = score_performance(performance, guideline, Mode.C30_2)
        return build_analysis(
            "bench.mcap",
            kind,
            guideline,
            self.events,
            summary,
            score,
            T0_NS,
            Mode.C30_2,
            provenance,
        )

    def trace(self) -> Trace:
        return self.t_s, self.depth_mm, np.full(len(self.t_s), 0.3)


def a_session(
    depths_mm: tuple[float, ...] = DEPTHS_MM, lost_s: tuple[float, float] | None = None
) -> Session:
    """Thirty strokes at 110/min with a pause of four seconds and two breaths within.

    From one to the other of `lost_s` no sensor speaks.
    """
    stroke = 0.5 * (1 - np.cos(2 * np.pi * np.arange(109) / 109))
    rest = np.zeros(100)
    half = len(depths_mm) // 2
    pieces = [rest, *(d * stroke for d in depths_mm[:half]), np.zeros(800)]
    depth_mm = np.concatenate([*pieces, *(d * stroke for d in depths_mm[half:]), rest])
    t_s = np.arange(depth_mm.size) / 200.0
    if lost_s is not None:
        heard = (t_s <= lost_s[0]) | (t_s >= lost_s[1])
        t_s, depth_mm = t_s[heard], depth_mm[heard]
    stepper = MetricsStepper(MetricsConfig())
    events = stepper.steps(
        [
            ChestSample(
                Stamp(T0_NS + round(1e9 * t), 100_000), d / 1000, 0.0, 0.0003, ("t",), force_n=9 * d
            )
            for t, d in zip(t_s.tolist(), depth_mm.tolist(), strict=True)
        ]
    )
    pause_ns = T0_NS + round(1e9 * (0.5 + half * 109 / 200))
    breath = Ventilation(pause_ns + 10**9, pause_ns + 2 * 10**9, Measured(550.0, 20.0), 1.0)
    blind = Ventilation(
        pause_ns + 25 * 10**8, pause_ns + 35 * 10**8, Measured.unknown("airway lost"), 1.0
    )
    return Session([*events, *stepper.finish(), breath, blind], t_s, depth_mm)


@pytest.fixture(scope="session")
def session() -> Session:
    return a_session()
