"""Health of streams: rate, gaps, silence, loss."""

from __future__ import annotations

import random
import re

import pytest

from mr.blocks import MannequinBlock
from mr.session.health import HealthWatch
from mr.types import Arrival, DeviceInfo, Health, MannequinFrame, SessionEvent, StreamInfo

INFO = DeviceInfo("sim", "x", "y", "S1", "1", (StreamInfo("mannequin", 200.0, 1e6),))


def frame(seq: int, overflow: int = 0, period_ns: int = 5_000_000) -> MannequinFrame:
    arrival = Arrival("mannequin", seq, seq * 5000, 1_000_000_000 + seq * period_ns)
    return MannequinFrame(arrival, 100, (0, 0, 0, 0), 0, overflow)


def watch(seqs: list[int], **kwargs: int) -> HealthWatch:
    health = HealthWatch()
    health.expect(INFO)
    for seq in seqs:
        health.arrived_block(MannequinBlock.of([frame(seq, **kwargs)]))
    return health


def only(health: HealthWatch, now_ns: int | None = None) -> Health:
    (one,) = health.report(now_ns)
    return one


def test_nothing_yet_is_absent() -> None:
    assert only(watch([])).state == "absent"


def test_steady_is_ok() -> None:
    health = only(watch(list(range(100))))
    assert health.state == "ok"
    assert abs(health.rate_hz - 200.0) < 1e-6
    assert health.lost == 0


def test_gaps_and_overflows_are_counted() -> None:
    assert only(watch([0, 1, 2, 5, 6])).lost == 2
    assert only(watch([0, 1, 2], overflow=1)).lost == 3


def test_half_rate_is_degraded_and_says_so() -> None:
    health = only(watch(list(range(50)), period_ns=10_000_000))
    assert health.state == "degraded"
    assert "100 of 200 Hz" in health.why


def test_silence_is_lost() -> None:
    watched = watch(list(range(100)))
    last_ns = 1_000_000_000 + 99 * 5_000_000
    assert only(watched, last_ns + 100_000_000).state == "ok"
    lost = only(watched, last_ns + 2_000_000_000)
    assert lost.state == "lost"
    assert "silent for 2.0 s" in lost.why


def test_a_stream_that_came_back_says_for_how_long_it_was_away() -> None:
    seqs = [*range(100), *range(1040, 1500)]  # 4.7 s of silence
    assert only(watch(list(range(400)))).why == ""
    back = only(watch(seqs))
    assert (back.state, back.why) == ("ok", "was lost for 4.7 s, and came back")
    again = only(watch([*seqs, *range(1700, 2200)]))
    assert again.why == "was lost 2 times, for 5.7 s, and came back"


def test_a_lost_device_says_why_until_it_is_back() -> None:
    watched = watch(list(range(10)))
    watched.gone(("mannequin",), "unplugged")
    assert watched.lost_streams() == ("mannequin",)
    assert only(watched).why == "unplugged"
    watched.arrived_block(MannequinBlock.of([frame(10)]))
    assert watched.lost_streams() == ()


def event(kind: str, at_s: float, words: str) -> SessionEvent:
    return SessionEvent(round(at_s * 1e9), kind, f"mannequin: {words}")  # type: ignore[arg-type]


def test_a_slow_stream_says_since_when() -> None:
    health = watch(list(range(400)))
    last_ns = 1_000_000_000 + 399 * 5_000_000
    for k in range(1, 1001):  # half the rate, for ten seconds
        health.arrived(Arrival("mannequin", 399 + k, 0, last_ns + k * 10_000_000))
    told = only(health)
    assert told.state == "degraded"
    found = re.fullmatch(r"100 of 200 Hz for (\d+) s", told.why)
    assert found is not None and 7 <= int(found[1]) <= 10, told.why
    for k in range(1001, 2001):  # and back
        at_ns = last_ns + 10_000_000_000 + (k - 1000) * 5_000_000
        health.arrived(Arrival("mannequin", 399 + k, 0, at_ns))
    assert (only(health).state, only(health).why) == ("ok", "")


def test_what_a_device_says_is_told_with_since_when_until_it_is_settled() -> None:
    health = watch(list(range(400)))  # to 2.995 s
    health.told(event("remark", 1.0, "firmware 1, not 2"))
    assert (only(health).state, only(health).why) == ("ok", "firmware 1, not 2 (2 s ago)")
    health.told(event("complaint", 1.5, "low light: more light"))
    health.told(SessionEvent(0, "complaint", "nobody: is ill"))
    told = only(health, 6_500_000_000 - 3_200_000_000)
    assert told.state == "degraded"
    assert told.why == "low light: more light (for 2 s); firmware 1, not 2 (2 s ago)"
    health.told(event("settled", 2.9, "low light: more light"))
    assert (only(health).state, only(health).why) == ("ok", "firmware 1, not 2 (2 s ago)")


def test_a_complaint_of_tracking_says_since_when() -> None:
    health = watch(list(range(400)))
    health.complain("mannequin", "no marker seen", 1_500_000_000)
    health.complain("mannequin", "one marker seen", 2_500_000_000)
    assert only(health).why == "one marker seen (for 1 s)"
    health.complain("mannequin", "", 2_900_000_000)
    assert only(health).state == "ok"


@pytest.mark.parametrize("seed", range(6))
def test_a_block_of_arrivals_counts_as_one_after_another(seed: int) -> None:
    rng = random.Random(seed)
    frames, seq, at_ns = [], 0, 10**9
    for k in range(3000):
        slow = seed % 2 and 1000 < k < 1400
        seq += 1 + (rng.random() < 0.01) * rng.randrange(4)
        at_ns += rng.choice([0, 5_000_000, 10_000_000]) + (20_000_000 if slow else 0)
        at_ns += 900_000_000 * (seed > 3 and k == 2000)
        frames.append(MannequinFrame(Arrival("mannequin", seq, k, at_ns), 1, (0, 0, 0, 0), 0, 0))
    one, many = HealthWatch(), HealthWatch()
    for watch in (one, many):
        watch.expect(INFO)
    k = 0
    while k < len(frames):
        n = rng.choice([1, 5, 40, 700])
        many.arrived_block(MannequinBlock.of(frames[k : k + n]))
        for frame in frames[k : k + n]:
            one.arrived_block(MannequinBlock.of([frame]))
        k += n
        assert many.report() == one.report()
