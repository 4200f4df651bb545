"""A clock that jumps is told from a stamp that is late or damaged."""

from __future__ import annotations

import pytest

from mr.clock.jumps import JumpWatch

PERIOD_S = 1 / 60


def verdicts(
    device_s: list[float], host_s: list[float], streams: int = 1
) -> tuple[list[str], float]:
    watch = JumpWatch(1e6)
    said = [
        watch.step(f"s{k % streams}", round(d * 1e6), round(h * 1e9))
        for k, (d, h) in enumerate(zip(device_s, host_s, strict=True))
    ]
    return said, watch.jump_s


def steady_s(n: int, start_s: float = 5.0) -> list[float]:
    return [start_s + k * PERIOD_S for k in range(n)]


def test_a_steady_clock_is_steady() -> None:
    host = [t + 100.0 + 0.03 * (k % 5) for k, t in enumerate(steady_s(500))]
    said, _ = verdicts(steady_s(500), host, streams=2)
    assert set(said) == {"steady"}


@pytest.mark.parametrize("jump_s", [0.5, 40.0, 1000.0, -0.3, -40.0, -4.9])
def test_a_jump_is_told_after_three_samples(jump_s: float) -> None:
    before, after = steady_s(100), [t + jump_s for t in steady_s(20, 5.0 + 100 * PERIOD_S)]
    host = [t + 7.0 for t in steady_s(120)]
    said, told_s = verdicts(before + after, host)
    assert said == ["steady"] * 100 + ["odd", "odd", "jumped"] + ["steady"] * 17
    assert told_s == pytest.approx(jump_s, abs=0.01)


@pytest.mark.parametrize("late", [100, 101, 102])
def test_a_jump_is_as_wide_as_it_was_though_a_sample_came_late(late: int) -> None:
    after = [t + 500.0 for t in steady_s(20, 5.0 + 100 * PERIOD_S)]
    host = [t + 7.0 for t in steady_s(120)]
    host[late] += 0.2
    _, told_s = verdicts(steady_s(100) + after, host)
    assert told_s == pytest.approx(500.0, abs=0.01)


def test_one_damaged_stamp_is_left_out() -> None:
    device = steady_s(200)
    device[120] += 300.0
    device[150] -= 300.0
    said, _ = verdicts(device, [t + 7.0 for t in steady_s(200)])
    assert [k for k, v in enumerate(said) if v != "steady"] == [120, 150]
    assert said[120] == said[150] == "odd"


def test_a_host_that_reads_late_is_no_jump() -> None:
    device = steady_s(400)
    # Nothing was read for a second; all that waited is read at once.
    host = [t + 7.0 if not 100 <= k < 160 else device[160] + 7.0 for k, t in enumerate(device)]
    said, _ = verdicts(device, host)
    assert set(said) == {"steady"}


def test_a_slow_start_is_no_jump() -> None:
    device = steady_s(200)
    host = [t + 7.0 + (1.5 if k < 10 else 0.0) for k, t in enumerate(device)]
    assert set(verdicts(device, host)[0]) == {"steady"}


def test_a_clock_that_went_back_during_a_silence_is_found() -> None:
    device = steady_s(100) + steady_s(400, 5.0 + 100 * PERIOD_S + 2.0)
    host = [t + 7.0 for t in steady_s(100)]
    host += [t + 7.0 for t in steady_s(400, 5.0 + 100 * PERIOD_S + 7.0)]  # five seconds lost
    said, told_s = verdicts(device, host)
    assert said.count("jumped") == 1
    assert told_s == pytest.approx(-5.0, abs=0.1)
    honest = [t + 7.0 for t in device]
    assert "jumped" not in verdicts(device, honest)[0]


def test_drift_is_no_jump() -> None:
    device = [5.0 + k / 10 for k in range(12_000)]
    host = [t * (1 - 100e-6) + 7.0 for t in device]  # in 20 min the delay shrinks by 0.12 s
    assert set(verdicts(device, host)[0]) == {"steady"}
