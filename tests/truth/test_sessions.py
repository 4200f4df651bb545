"""Whole simulated sessions through the live pipeline, against the script's own truth.

The devices are the demo's: the mannequin's bytes with a clock of its own, rendered depth and
colour. The rig is calibrated by the technician's procedures. The truth is computed from the
plan of the session and shares no model and no code with what measures (import-linter holds
that `mr.sim` knows nothing above it, and that what measures knows nothing of `mr.sim`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from mr.cli.demo import calibrated_rig
from mr.cli.sources import SimSources
from mr.clock.host import NowNs
from mr.config import Mode, SessionConfig
from mr.devices.mannequin.source import MannequinSource
from mr.rig import Rig
from mr.scoring.profiles import load_guideline
from mr.session.offline import differences, rerun
from mr.session.outcome import Outcome
from mr.session.processes import SessionPlan, run_fast
from mr.session.smoothed import rerun_for_review
from mr.sim.learner import make_script
from mr.sim.mannequin import SimMannequinPort
from mr.sim.plant import Plant
from mr.sim.rig import make_sim_rig
from mr.sim.script import Script, Truth
from mr.types import Device, EndOfStream, Sample

GUIDELINE = load_guideline("aha-2025-adult-bls")
PRACTICE = SessionConfig()
MAX_DEPTH_ERROR_MM = 1.0
CAMERA_ALONE_MM = 2.0
"""One session has one zero: two of the sigma that it claims."""
MAX_RATE_ERROR_CPM = 0.5


@dataclass(frozen=True)
class Session:
    outcome: Outcome
    truth: Truth
    path: Path


@pytest.fixture(scope="module")
def rig() -> Rig:
    return calibrated_rig(3)


def run(
    rig: Rig,
    path: Path,
    *,
    mannequin: bool,
    camera: bool,
    seconds: float,
    style: str = "demo",
    config: SessionConfig = PRACTICE,
) -> Session:
    sources = SimSources(
        style, Mode.HANDS_ONLY, seconds, 3, 30.0, 2.0, camera=camera, mannequin=mannequin
    )
    plan = SessionPlan(sources, rig, config, GUIDELINE, path)
    pipeline = run_fast(plan, lambda _snapshot: None, lambda _picture: None)
    return Session(pipeline.outcome(), sources.script().truth(), path)


def faults(outcome: Outcome, truth: Truth, max_mm: float = MAX_DEPTH_ERROR_MM) -> list[str]:
    """Name what lies outside the limits."""
    found = []
    summary = outcome.summary
    if summary.n_compressions != truth.count:
        found.append("count")
    depth_mm, rate_cpm = summary.mean_depth_mm.value, summary.mean_rate_cpm.value
    if depth_mm is None or abs(depth_mm - truth.mean_depth_mm) > max_mm:
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
    max_mm = MAX_DEPTH_ERROR_MM if mannequin else CAMERA_ALONE_MM
    assert faults(session.outcome, session.truth, max_mm) == []
    deeper = replace(session.truth, mean_depth_mm=session.truth.mean_depth_mm + 5.0)
    assert faults(session.outcome, deeper, max_mm) == ["depth"]
    assert session.outcome.kind == "sim"
    assert session.outcome.score.value_pct is not None
    for block_size in (1, 17, 100_000):
        again = rerun(session.path, block_size)
        assert again.recording.complete
        assert differences(again) == []
        assert len(again.compressions) == session.truth.count
    _, smoothed = rerun_for_review(session.path, smoothed=True)
    assert smoothed is not None
    assert faults(smoothed.outcome, session.truth, max_mm) == []
    if mannequin:
        assert smoothed.outcome.compressions == session.outcome.compressions, "what it led stays"


UNPLUG_S, PLUG_S = 6.0, 10.7


class Pulled(MannequinSource):
    """The demo's mannequin, whose cable is out from `UNPLUG_S` to `PLUG_S`."""

    def __init__(self, port: SimMannequinPort, now: NowNs, script: Script) -> None:
        super().__init__(port, now, kind="sim")
        self._cable, self._clock, self._opened_ns = port, now, now()
        self._todo = [(UNPLUG_S, port.unplug), (PLUG_S, port.plug)]
        self._end_s = script.duration_s

    def poll(self) -> Sequence[Sample]:
        self._pull()
        return super().poll()

    def reopen(self) -> None:
        self._pull()
        super().reopen()

    def _pull(self) -> None:
        now_s = (self._clock() - self._opened_ns) / 1e9
        while self._todo and now_s >= self._todo[0][0]:
            self._todo.pop(0)[1]()
        if now_s > self._end_s:
            raise EndOfStream


def test_a_session_that_nobody_started_is_judged_and_says_so(rig: Rig, tmp_path: Path) -> None:
    for start_on, words in (("key", "by a key"), ("command", "by a command")):
        config = SessionConfig.model_validate({"start_on": start_on})
        path = tmp_path / f"{start_on}.mcap"
        session = run(rig, path, mannequin=True, camera=False, seconds=4.0, config=config)
        again = rerun(path)
        assert session.outcome.summary.n_compressions == session.truth.count
        assert len(again.told) == 1 and f"nobody started it {words}" in again.told[0]
        assert again.as_recorded and differences(again) == []
    run(rig, tmp_path / "by-itself.mcap", mannequin=True, camera=False, seconds=4.0)
    assert rerun(tmp_path / "by-itself.mcap").told == (), "negative control"


@pytest.mark.parametrize("style", ["good", "shallow"])
def test_a_mannequin_that_was_away_costs_the_learner_nothing(
    rig: Rig, tmp_path: Path, style: str
) -> None:
    """The learner never stopped; nobody knows so of the time without a mannequin."""
    script = make_script(style, Mode.HANDS_ONLY, 18.0, 3)
    truth = script.truth()
    assert truth.ccf_pct == 100.0

    def devices(now: NowNs) -> Sequence[Device]:
        serial = make_sim_rig().mannequin_serial
        return [Pulled(SimMannequinPort(Plant(script, 3), now, serial=serial), now, script)]

    def outcome(sources: Any, name: str) -> Outcome:
        path = tmp_path / name
        plan = SessionPlan(sources, rig, SessionConfig(), GUIDELINE, path)
        return run_fast(plan, lambda _snapshot: None, lambda _picture: None).outcome()

    found = outcome(devices, "away.mcap")
    whole = run(
        rig, tmp_path / "whole.mcap", mannequin=True, camera=False, seconds=18.0, style=style
    ).outcome
    ((from_s, to_s),) = found.summary.unmeasured_s
    assert to_s - from_s == pytest.approx(PLUG_S - UNPLUG_S, abs=0.5)
    assert found.summary.ccf_pct.value == pytest.approx(100.0, abs=0.01)
    assert found.pauses == ()
    assert whole.summary.n_compressions == truth.count
    unseen = whole.summary.n_compressions - found.summary.n_compressions
    assert 0 < unseen <= (to_s - from_s) * 2.0 + 2
    assert found.score.value_pct == pytest.approx(whole.score.value_pct, abs=2.0)
    flow = next(item for item in found.score.items if item.key == "flow")
    assert f"not measured from {from_s:.1f} to {to_s:.1f} s" in flow.reason
    assert flow.points_lost == 0.0
    health = next(h for h in found.health if h.stream == "mannequin")
    assert health.state == "ok" and "was lost for 4." in health.why
    for block_size in (1, 100_000):
        again = rerun(tmp_path / "away.mcap", block_size)
        assert differences(again) == []
        assert again.pipeline.outcome() == found


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
