"""The drift log: what is kept, what it foretells, and when it says nothing."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest

from calibration.drift_log import DriftEntry, drift_path, log_drift, read_drift, trends
from mr.errors import CalibrationError
from mr.session.drift_limits import DriftReading, reading

BEGIN = datetime(2026, 3, 1, 9, tzinfo=UTC)
SHA = "a" * 64


def entry(day: float, *readings: DriftReading, sha: str = SHA) -> DriftEntry:
    return DriftEntry.of(readings, BEGIN + timedelta(days=day), sha)


def spring(pct: float) -> DriftReading:
    return reading("stiffness", "mannequin", pct, 0.8, "the spring")


def softening(n: int, per_day: float, seed: int = 0, days: float = 8.0) -> list[DriftEntry]:
    rng = np.random.default_rng(seed)
    at = np.linspace(0.0, days, n)
    return [entry(t, spring(per_day * t + 0.2 * rng.standard_normal())) for t in at]


def words(entries: list[DriftEntry]) -> list[str]:
    return [trend.words for trend in trends(entries) if trend.words]


def test_a_limit_is_foretold(tmp_path: Path) -> None:
    (said,) = words(softening(12, -0.6))
    assert said.startswith("at this pace (-0.")
    assert "the spring will be beyond its limit in about 9 days" in said
    assert said.endswith("replace the spring or calibrate the cells")
    (trend,) = trends(softening(12, -0.6))
    assert trend.per_day == pytest.approx(-0.6, abs=3 * trend.per_day_sigma)
    assert trend.days_left == pytest.approx(8.7, abs=1.0)


def test_what_is_steady_is_not_told() -> None:
    """Over draws: a healthy rig with ten readings a session, and not one word."""
    said = sum(bool(words(softening(n, 0.0, seed))) for n in (5, 8, 20) for seed in range(60))
    assert said <= 2
    assert words(softening(12, -0.05)) == [], "the limit is months away"


@pytest.mark.parametrize(("n", "days"), [(4, 10.0), (12, 1.9)])
def test_too_few_sessions_foretell_nothing(n: int, days: float) -> None:
    assert trends(softening(n, -3.0, days=days)) == ()
    assert trends([]) == ()


def test_one_odd_session_moves_no_trend() -> None:
    entries = softening(12, -0.6)
    entries[4] = entry(3.0, spring(3.0))
    (said,) = words(entries)
    assert "in about 9 days" in said or "in about 8 days" in said


def test_a_step_is_told_at_once() -> None:
    steady = softening(10, 0.0)
    (said,) = words([*steady, entry(9.0, spring(-5.0))])
    assert said.startswith("the spring has changed by -")
    assert said.endswith("run `mrcpr calibrate check`")


def test_a_cameras_scale_that_steps_within_its_limit_is_told() -> None:
    """3.5 % from its own usual: a session alone cannot tell, for healthy ones differ by that."""
    rng = np.random.default_rng(3)
    usual = [-2.0 + 0.6 * rng.standard_normal() for _ in range(20)]

    def scale(pct: float) -> DriftReading:
        return reading("scale", "side", pct, 1.4, "scale")

    before = [entry(0.5 * k, scale(pct)) for k, pct in enumerate(usual)]
    (said,) = words([*before, entry(10.5, scale(1.5))])
    assert said.startswith("cam_side's scale has changed by +3.")
    assert scale(1.5).level == "ok", "the session alone says nothing"
    assert words([*before, entry(10.5, scale(-1.6))]) == []


def test_what_is_beyond_is_told_as_such() -> None:
    entries = [entry(float(k), spring(-14.0 + 0.1 * (k % 3))) for k in range(8)]
    assert words(entries) == [
        "the spring is beyond its limit: replace the spring or calibrate the cells"
    ]


def test_a_new_calibration_begins_anew() -> None:
    old = softening(12, -0.6)
    new = [DriftEntry.of([spring(0.0)], BEGIN + timedelta(days=9 + k), "b" * 64) for k in range(2)]
    assert trends([*old, *new]) == ()


def test_what_is_for_information_makes_no_trend() -> None:
    place = DriftReading("place", "side", 12.0, 0.2, "mm", "it lies elsewhere")
    assert trends([entry(float(k), place) for k in range(10)]) == ()


def test_entries_come_back_as_they_were(tmp_path: Path) -> None:
    rig = tmp_path / "rig.toml"
    assert read_drift(rig) == ((), ())
    entries = softening(3, -0.6)
    for one in entries:
        log_drift(rig, one)
    assert drift_path(rig) == tmp_path / "rig.drift.jsonl"
    assert read_drift(rig) == (tuple(entries), ())
    text = drift_path(rig).read_text()
    assert "learner" not in text


def test_a_torn_line_swallows_no_other(tmp_path: Path) -> None:
    rig = tmp_path / "rig.toml"
    log_drift(rig, entry(0.0, spring(0.0)))
    with drift_path(rig).open("ab") as file:
        file.write(b'{"made_utc": "2026-0')
    log_drift(rig, entry(1.0, spring(0.1)))
    entries, damaged = read_drift(rig)
    assert len(entries) == 2
    assert damaged == (f"{drift_path(rig)}, line 2: not an entry, it is left out",)


def test_a_log_that_cannot_be_written_is_said(tmp_path: Path) -> None:
    rig = tmp_path / "rig.toml"
    drift_path(rig).mkdir()
    with pytest.raises(CalibrationError, match="cannot write the drift log"):
        log_drift(rig, entry(0.0, spring(0.0)))
    with pytest.raises(CalibrationError, match="cannot read the drift log"):
        read_drift(rig)


def test_the_slopes_sigma_covers() -> None:
    """Of 300 draws a one-sigma holds about two thirds; halved and doubled it would not."""
    rng = np.random.default_rng(7)
    pulls = []
    for _ in range(300):
        at = np.sort(rng.uniform(0.0, 10.0, 10))
        entries = [entry(float(t), spring(0.3 * t + 0.5 * rng.standard_normal())) for t in at]
        (trend,) = trends(entries)
        pulls.append(abs(trend.per_day - 0.3) / trend.per_day_sigma)

    def share(factor: float) -> float:
        return float(np.mean(np.array(pulls) < factor))

    assert 0.60 < share(1.0) < 0.80
    assert not 0.60 < share(0.5) < 0.80
    assert not 0.60 < share(2.0) < 0.80
