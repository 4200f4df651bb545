"""A simulated session judged with corrections, against the script's own truth.

Each correction has a session in which something is wrong and known: a zero that is off by what
the rig's curve was shifted, bounds and spans whose compressions the script counts. The same
check without the correction, or with another one, must fail.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from mr.cli.deliver import analysis_of_recording
from mr.cli.demo import calibrated_rig
from mr.cli.sources import SimSources
from mr.config import Mode, SessionConfig
from mr.corrections import NOTHING_CORRECTED, Corrections
from mr.errors import AnalysisError
from mr.rig import Rig
from mr.scoring.profiles import load_guideline
from mr.session.corrected import Corrected, rerun_corrected
from mr.session.outcome import Outcome
from mr.session.processes import SessionPlan, run_fast
from mr.session.smoothed import rerun_for_review
from mr.sim.script import Truth

GUIDELINE = load_guideline("aha-2025-adult-bls")
WRONG_MM = 6.0
NEAR_MM = 1.0
NEAR_S = 0.1


@dataclass(frozen=True)
class Session:
    path: Path
    live: Outcome
    truth: Truth

    @property
    def shift_s(self) -> float:
        """The script's time of the original start: its first onset."""
        return self.truth.compressions[0].onset_s

    def n_true(self, inside: Callable[[float, float], bool]) -> int:
        """Count the true compressions whose onset and release pass a test."""
        return sum(
            inside(c.onset_s - self.shift_s, c.release_s - self.shift_s)
            for c in self.truth.compressions
        )


def run(rig: Rig, path: Path, mode: Mode, seconds: float, camera: bool = False) -> Session:
    sources = SimSources("demo", mode, seconds, 3, 10.0, 2.0, camera=camera)
    plan = SessionPlan(sources, rig, SessionConfig(mode=mode), GUIDELINE, path)
    outcome = run_fast(plan, lambda _snapshot: None, lambda _picture: None).outcome()
    return Session(path, outcome, sources.script().truth())


@pytest.fixture(scope="module")
def rig() -> Rig:
    return calibrated_rig(3)


@pytest.fixture(scope="module")
def sets(rig: Rig, tmp_path_factory: pytest.TempPathFactory) -> Session:
    """Two sets of thirty with breaths between them."""
    return run(rig, tmp_path_factory.mktemp("sets") / "s.mcap", Mode.C30_2, 38.0)


@pytest.fixture(scope="module")
def off(rig: Rig, tmp_path_factory: pytest.TempPathFactory) -> Session:
    """A mannequin whose zero is wrong."""
    assert rig.mannequin is not None
    curve = rig.mannequin.chest_depth_m
    wrong = replace_values(curve, [v + WRONG_MM / 1000.0 for v in curve.values])
    mannequin = rig.mannequin.model_copy(update={"chest_depth_m": wrong})
    shifted = rig.model_copy(update={"mannequin": mannequin})
    return run(shifted, tmp_path_factory.mktemp("off") / "s.mcap", Mode.HANDS_ONLY, 10.0)


def replace_values(curve: Any, values: list[float]) -> Any:
    return curve.model_copy(update={"values": tuple(values)})


def of(**what: Any) -> Corrections:
    return Corrections.of_json({"schema": "mrcpr.corrections/1", **what})


def span(a_s: float, b_s: float, becomes: str) -> Corrections:
    return of(pauses=[{"start_s": a_s, "end_s": b_s, "becomes": becomes, "reason": "seen"}])


def zero(mm: float, **where: float) -> Corrections:
    return of(zero={"zero_mm": mm, "reason": "the pad was moved", **where})


def bounds(**ends: float) -> Corrections:
    return of(bounds={"reason": "stopped by the instructor", **ends})


def judged(session: Session, corrections: Corrections, **how: Any) -> Corrected:
    return rerun_corrected(session.path, corrections, **how)[1]


# --- nothing corrected ----------------------------------------------------------------


@pytest.mark.parametrize("smoothed", [False, True])
def test_without_corrections_the_analysis_is_the_same_to_the_last_bit(
    sets: Session, smoothed: bool
) -> None:
    again, late = rerun_for_review(sets.path, smoothed=smoothed)
    plain = analysis_of_recording(again, smoothed=late)
    other, found = rerun_corrected(sets.path, NOTHING_CORRECTED, smoothed=smoothed)
    assert analysis_of_recording(other, corrected=found) == plain
    assert "corrected" not in plain
    trace = again.pipeline.trace() if late is None else late.trace
    assert found.trace.t_s.tobytes() == trace.t_s.tobytes()
    assert found.trace.depth_mm.tobytes() == trace.depth_mm.tobytes()


@pytest.mark.parametrize("smoothed", [False, True])
def test_a_correction_that_says_what_is_so_changes_no_number(sets: Session, smoothed: bool) -> None:
    """The very path of a correction, with the pause's own kind and the session's own start."""
    pause = sets.live.pauses[0]
    ends_s = [(t_ns - sets.live.start_ns) / 1e9 for t_ns in (pause.start_ns, pause.end_ns)]
    same = of(
        bounds={"start_s": 0.0, "reason": "as it was"},
        pauses=[
            {"start_s": ends_s[0], "end_s": ends_s[1], "becomes": pause.kind, "reason": "so it is"}
        ],
    )
    again, late = rerun_for_review(sets.path, smoothed=smoothed)
    other, found = rerun_corrected(sets.path, same, smoothed=smoothed)
    told = analysis_of_recording(other, corrected=found)
    assert told.pop("corrected") == {
        "offset_s": 0.0, "sha256": same.sha256, "corrections": same.to_json(),
    }  # fmt: skip
    assert told == analysis_of_recording(again, smoothed=late)


# --- the zero -------------------------------------------------------------------------


def depth_faults(outcome: Outcome, truth: Truth) -> list[str]:
    summary, found = outcome.summary, []
    if summary.n_compressions != truth.count:
        found.append("count")
    for name, measured, true_mm in (
        ("depth", summary.mean_depth_mm, truth.mean_depth_mm),
        ("release", summary.mean_release_depth_mm, truth.mean_release_depth_mm),
    ):
        if measured.value is None or abs(measured.value - true_mm) > NEAR_MM:
            found.append(name)
    return found


@pytest.mark.parametrize("smoothed", [False, True])
def test_a_wrong_zero_is_put_right(off: Session, smoothed: bool) -> None:
    assert depth_faults(off.live, off.truth) == ["depth", "release"], "it is wrong"
    right = judged(off, zero(WRONG_MM), smoothed=smoothed)
    assert depth_faults(right.outcome, off.truth) == []
    wrong_way = judged(off, zero(-WRONG_MM), smoothed=smoothed)
    assert "depth" in depth_faults(wrong_way.outcome, off.truth)
    assert right.outcome.score.value_pct is not None and off.live.score.value_pct is not None
    assert right.outcome.score.value_pct > off.live.score.value_pct + 3.0
    again, _ = rerun_for_review(off.path)
    moved_mm = again.pipeline.trace().depth_mm - right.trace.depth_mm
    assert np.allclose(moved_mm, WRONG_MM, atol=1e-9)
    assert [c.index for c in right.outcome.compressions] == list(range(off.truth.count))


def test_a_wrong_zero_is_put_right_from_where_it_slipped(off: Session) -> None:
    """Only the compressions behind the instant change."""
    at = off.live.compressions[8]
    from_s = (at.onset_ns - off.live.start_ns) / 1e9 - 0.02
    half = judged(off, zero(WRONG_MM, from_s=from_s)).outcome
    pairs = list(zip(off.live.compressions, half.compressions, strict=True))
    moved_mm = [(a.depth_mm.value or 0.0) - (b.depth_mm.value or 0.0) for a, b in pairs]
    assert np.allclose(moved_mm[:8], 0.0, atol=0.05)
    assert np.allclose(moved_mm[8:], WRONG_MM, atol=0.1)


# --- bounds ---------------------------------------------------------------------------


def test_bounds_take_in_what_the_script_has_between_them(sets: Session) -> None:
    a_s, b_s = 5.0, 12.0
    found = judged(sets, bounds(start_s=a_s, end_s=b_s))
    peaks_s = [c.peak_s - sets.shift_s for c in sets.truth.compressions]
    true_n = sum(a_s <= t_s <= b_s for t_s in peaks_s)
    assert found.outcome.summary.n_compressions == true_n < sets.truth.count
    assert found.offset_s == pytest.approx(a_s, abs=1e-9)
    assert found.outcome.summary.duration_s == pytest.approx(b_s - a_s, abs=1e-6)
    first = found.outcome.compressions[0]
    true_s = next(t_s for t_s in peaks_s if t_s >= a_s)
    own_s = (first.peak_ns - found.outcome.start_ns) / 1e9
    assert own_s + found.offset_s == pytest.approx(true_s, abs=NEAR_S), "the page can align them"
    at = np.argmax(found.trace.depth_mm[np.abs(found.trace.t_s - own_s) < 0.15])
    assert abs(found.trace.t_s[np.abs(found.trace.t_s - own_s) < 0.15][at] - own_s) < 0.05


def test_an_earlier_start_counts_the_time_before(sets: Session) -> None:
    found = judged(sets, bounds(start_s=-2.0))
    first_s = found.outcome.summary.time_to_first_compression_s.value
    assert first_s == pytest.approx(2.0, abs=1e-6)
    assert found.offset_s == pytest.approx(-2.0)
    assert found.outcome.summary.n_compressions == sets.truth.count
    ccf, live = found.outcome.summary.ccf_pct.value, sets.live.summary.ccf_pct.value
    assert ccf is not None and live is not None and ccf < live


@pytest.mark.parametrize(
    ("ends", "words"),
    [
        ({"start_s": -500.0}, "lies outside of the recording"),
        ({"end_s": 5000.0}, "lies outside of the recording"),
        ({"start_s": 52.5}, "is not before the end"),
    ],
)
def test_bounds_that_do_not_fit_are_refused(
    sets: Session, ends: dict[str, float], words: str
) -> None:
    with pytest.raises(AnalysisError, match=words):
        judged(sets, bounds(**ends))


# --- spans ----------------------------------------------------------------------------


def test_an_excused_span_is_not_judged(sets: Session) -> None:
    a_s, b_s = 4.0, 7.0
    found = judged(sets, span(a_s, b_s, "excused")).outcome
    true_n = sets.n_true(lambda onset_s, release_s: release_s <= a_s or onset_s >= b_s)
    assert abs(found.summary.n_compressions - true_n) <= 1  # an edge may graze one
    assert found.summary.n_compressions < sets.truth.count
    ((from_s, to_s),) = found.summary.unmeasured_s
    assert (from_s, to_s) == pytest.approx((a_s, b_s), abs=1e-6)
    live_ccf, ccf = sets.live.summary.ccf_pct.value, found.summary.ccf_pct.value
    assert live_ccf is not None and ccf is not None
    length_s = sets.live.summary.duration_s
    true_ccf = 100.0 * (live_ccf / 100.0 * length_s - (b_s - a_s)) / (length_s - (b_s - a_s))
    assert ccf == pytest.approx(true_ccf, abs=0.01), "the span is left out of both"
    assert len(found.pauses) == len(sets.live.pauses)


def test_a_pause_of_the_wrong_kind_is_named_anew(sets: Session) -> None:
    """Breaths make it a ventilation pause; said to be hands off it is one, and costs so."""
    assert sets.live.pauses[0].kind == "ventilation"
    pause = sets.live.pauses[0]
    a_s, b_s = ((t_ns - sets.live.start_ns) / 1e9 for t_ns in (pause.start_ns, pause.end_ns))
    found = judged(sets, span(a_s + 0.2, b_s - 0.2, "hands_off")).outcome
    assert found.pauses[0] == replace(pause, kind="hands_off")
    assert found.pauses[1:] == sets.live.pauses[1:]
    assert found.compressions == sets.live.compressions
    assert found.summary == sets.live.summary
    rate = {i.key: i.value_pct for i in found.score.items}["rate"]
    live = {i.key: i.value_pct for i in sets.live.score.items}["rate"]
    assert rate is not None and live is not None
    assert rate < live, "the interval across a pause that nothing asked for counts"


def test_compressions_that_were_none_become_a_pause(sets: Session) -> None:
    chosen = sets.live.compressions[10:14]
    a_s = (chosen[0].onset_ns - sets.live.start_ns) / 1e9
    b_s = (chosen[-1].release_ns - sets.live.start_ns) / 1e9
    found = judged(sets, span(a_s, b_s, "hands_off")).outcome
    assert found.summary.n_compressions == sets.truth.count - 4
    assert [c.index for c in found.compressions[8:12]] == [8, 9, 14, 15]
    true_s = sets.truth.compressions[14].onset_s - sets.truth.compressions[9].release_s
    new = next(p for p in found.pauses if p not in sets.live.pauses)
    assert new.kind == "hands_off"
    length_s = (new.end_ns - new.start_ns) / 1e9  # from a tenth of the travel to a tenth
    assert length_s == pytest.approx(true_s, abs=2 * NEAR_S)
