"""Damage on the wire: what it costs, and that nothing wrong is ever believed."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache

import numpy as np
import pytest
from cobs import cobs

from mr.devices.mannequin.follow import MannequinCounters, SampleFollower
from mr.types import Arrival, MannequinFrame
from mr.wire import Decoder, Sample, decode_content, encode
from tests.devices import damaged_wire as dw

N_EVENTS = 2000
EVERY = 20
SINGLE_BYTE = (dw.drop, dw.duplicate, dw.flip)
N_CORRUPTED = 1_000_000
PER_FRAME = 20
"""Corrupted frames between two good ones, each made of the one that comes next."""


@cache
def the_samples() -> list[Sample]:
    return dw.make_samples(N_CORRUPTED // PER_FRAME + 100)


@cache
def the_wire() -> list[bytes]:
    return [encode(sample) for sample in the_samples()]


@pytest.mark.parametrize(
    "fault",
    [*SINGLE_BYTE, dw.garbage, dw.zeros, dw.truncate],
    ids=lambda fault: fault.__name__,
)
def test_an_event_costs_about_a_frame(
    fault: dw.Fault, record_property: Callable[[str, object], None]
) -> None:
    n = (N_EVENTS + 1) * EVERY
    samples, rng = the_samples()[:n], np.random.default_rng(1)
    wire, n_events = dw.damaged(the_wire()[:n], fault, EVERY, rng)
    assert n_events == N_EVENTS
    frames, source = dw.received(wire, n)
    counters = source.counters
    assert not dw.wrong(frames, samples)
    assert counters.restarts == 0
    assert counters.frames + counters.lost == n == frames[-1].arrival.seq
    per_event = counters.lost / n_events
    record_property("frames lost per event", per_event)
    print(f"{fault.__name__}: {per_event:.3f} frames lost per event; {counters}")
    assert 0.0 < per_event <= (1.2 if fault in SINGLE_BYTE else 2.2)


@cache
def corrupted() -> list[list[bytes]]:
    """For each sample but the first, `PER_FRAME` corrupted frames made of it, delimited."""
    rng = np.random.default_rng(2)
    good = np.frombuffer(b"".join(w[:-1] for w in the_wire()), np.uint8).reshape(-1, 23)
    kinds = [dw.inner_bursts] * 12 + [dw.bursts] * 3 + [dw.flips] * 2 + [dw.splices] * 3
    assert len(kinds) == PER_FRAME
    made = [kind(good, rng) for kind in kinds]
    whole = set(the_wire())  # one cut from the same place in two frames is a whole frame
    return [
        [bad + b"\0" for bad in row if bad + b"\0" not in whole] for row in zip(*made, strict=True)
    ]


@cache
def passing() -> list[tuple[int, bytes]]:
    """Those whose CRC happens to be right, with the index of the sample they were."""
    found = []
    for k, row in enumerate(corrupted()):
        decoder = Decoder()
        decoder.feed(b"".join(row))
        if decoder.counters.frames:
            found += [(k, bad) for bad in row if Decoder().feed(bad)]
    return found


def test_of_a_million_corrupted_frames_none_is_believed(
    record_property: Callable[[str, object], None],
) -> None:
    samples = the_samples()
    n_corrupted = sum(map(len, corrupted()[1:]))
    assert n_corrupted >= N_CORRUPTED
    stream: list[bytes] = [the_wire()[0]]
    for good, bad in zip(the_wire()[1:], corrupted()[1:], strict=True):
        stream += bad
        stream.append(good)
    frames, source = dw.received(b"".join(stream), len(samples))
    n_passed = source._link.counters.frames - len(samples) - 1
    record_property("corrupted frames with a right CRC", n_passed)
    print(f"{n_corrupted} corrupted, {n_passed} with a right CRC; {source.counters}")
    assert n_passed > 0, "the test can fail"
    assert not dw.wrong(frames, samples)
    assert len(frames) == len(samples), "and no good one is dropped for it"
    assert source.counters.restarts == 0


def around(k: int, bad: bytes) -> tuple[bytes, list[Sample]]:
    """A short stream in which a corrupted frame takes the place of sample `k`."""
    first, last = max(0, k - 20), k + 20
    wire = [bad if m == k else w for m, w in enumerate(the_wire()[first:last], first)]
    return b"".join(wire), the_samples()[first:last]


def n_believed() -> int:
    """Count the corrupted frames with a right CRC that are believed in their place."""
    n = 0
    for k, bad in passing():
        wire, samples = around(k, bad)
        frames, _ = dw.received(wire, len(samples))
        n += bool(dw.wrong(frames, samples))
    return n


def test_without_plausibility_some_would_be_believed(monkeypatch: pytest.MonkeyPatch) -> None:
    """The negative control: by their CRC alone, or by the ranges that were asked for once."""
    assert passing()
    assert n_believed() == 0
    monkeypatch.setattr(SampleFollower, "frames", _by_crc_alone)
    by_crc = n_believed()
    monkeypatch.setattr(SampleFollower, "frames", _by_loose_ranges)
    by_ranges = n_believed()
    print(f"of {len(passing())} with a right CRC: {by_crc} by it alone, {by_ranges} by ranges")
    assert by_crc >= by_ranges > 0


def share_believed(contents: Sequence[bytes]) -> float:
    """Give the share of contents that are believed when their CRC is made right."""
    n = 0
    for k, content in enumerate(contents[2:], 2):
        follower = SampleFollower(MannequinCounters())
        follower.begin(dw.HELLO)
        message = decode_content(content)
        good = the_samples()[k - 2 : k]
        got = [f for s in good for f in follower.frames(s, 0)]
        assert len(got) >= 1
        if isinstance(message, Sample) and message != the_samples()[k]:
            n += bool(follower.frames(message, 0))
    return n / len(contents)


def test_what_plausibility_alone_stops(monkeypatch: pytest.MonkeyPatch) -> None:
    """Corrupted contents with a right CRC: what remains is the low bits of counts."""
    rng = np.random.default_rng(3)
    contents = [cobs.decode(wire[:-1])[:-2] for wire in the_wire()[:20_000]]
    bad = dw.bursts(np.frombuffer(b"".join(contents), np.uint8).reshape(-1, 20), rng)
    strict = share_believed(bad)
    monkeypatch.setattr(SampleFollower, "frames", _by_loose_ranges)
    loose = share_believed(bad)
    print(f"believed with a right CRC: {strict:.2%} now, {loose:.2%} by ranges")
    assert strict < 0.01
    assert loose > 10 * strict


def _by_crc_alone(self: SampleFollower, sample: Sample, arrival_ns: int) -> list[MannequinFrame]:
    return [_any_frame(self, sample, arrival_ns)]


def _by_loose_ranges(self: SampleFollower, sample: Sample, arrival_ns: int) -> list[MannequinFrame]:
    """Ask only that ticks go on by less than ten seconds and that numbers differ."""
    last = getattr(self, "loose_last", sample)
    ticks = (sample.sampled_ticks - last.sampled_ticks) % 2**32
    if last is not sample and not (0 < ticks < 10_000_000 and sample.seq != last.seq):
        return []
    return [_any_frame(self, sample, arrival_ns)]


def _any_frame(self: SampleFollower, sample: Sample, arrival_ns: int) -> MannequinFrame:
    last = getattr(self, "loose_last", None)
    self._seq += 1 if last is None else (sample.seq - last.seq) % 2**16
    self.loose_last = sample  # type: ignore[attr-defined]
    return MannequinFrame(
        Arrival("mannequin", self._seq, self._ticks(sample.sampled_ticks), arrival_ns),
        sample.chest_counts,
        sample[3:7],
        sample.airway_counts,
        sample.overflow,
    )
