"""What fusion finds goes into the health of the streams concerned, and out of it again."""

from __future__ import annotations

import pytest

from mr.fusion.witness import MANNEQUIN, Finding
from mr.session.findings import FindingsLog
from mr.session.health import HealthWatch
from mr.types import Arrival, DeviceInfo, Health, StreamInfo

DEEPER = "cam_a measures 7 % deeper than the mannequin: recalibrate"
S = 1_000_000_000


@pytest.fixture
def health() -> HealthWatch:
    watch = HealthWatch()
    for name in ("cam_a.depth", MANNEQUIN):
        watch.expect(DeviceInfo("sim", "x", "y", "S1", "1", (StreamInfo(name, 60.0, 1e6),)))
        for i in range(60):
            watch.arrived(Arrival(name, i, i, i * S // 60))
    return watch


def of(health: HealthWatch, stream: str) -> Health:
    return next(h for h in health.report() if h.stream == stream)


def test_a_pair_is_degraded_while_it_disagrees(health: HealthWatch) -> None:
    log = FindingsLog(health)
    pair = tuple(Finding(source, "scale", DEEPER) for source in ("a", MANNEQUIN))
    log.hear(pair, S // 2)
    for stream in ("cam_a.depth", MANNEQUIN):
        assert of(health, stream).state == "degraded"
        assert of(health, stream).why.startswith(DEEPER)
    log.hear((), S)
    for stream in ("cam_a.depth", MANNEQUIN):
        assert (of(health, stream).state, of(health, stream).why) == ("ok", "")


def test_a_lag_that_is_put_right_is_a_remark(health: HealthWatch) -> None:
    log = FindingsLog(health)
    log.hear((Finding("a", "lag", "late", usable=True),), S // 2)
    assert (of(health, "cam_a.depth").state, of(health, "cam_a.depth").why) == ("ok", "late")


def test_a_ratio_that_changes_is_told_since_it_was_first_found(health: HealthWatch) -> None:
    log = FindingsLog(health)
    log.hear((Finding("a", "scale", "6 %"),), 0)
    log.hear((Finding("a", "scale", "7 %"),), 3 * S)
    why = next(h for h in health.report(5 * S) if h.stream == "cam_a.depth").why
    assert "6 %" not in why
    for i in range(60, 320):
        health.arrived(Arrival("cam_a.depth", i, i, i * S // 60))
    assert of(health, "cam_a.depth").why == "7 % (for 5 s)"


def test_what_is_of_no_known_stream_is_not_told(health: HealthWatch) -> None:
    FindingsLog(health).hear((Finding("z", "scale", DEEPER),), 0)
    assert all(h.state == "ok" for h in health.report())
