from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mr.errors import RecordingError
from mr.recording.layouts import CODECS, channel_key
from mr.types import (
    Arrival,
    ChestObservation,
    HandLandmarks,
    MannequinFrame,
    MannequinPose,
    Sample,
    SessionEvent,
    Stamp,
)
from tests.unit.recording.conftest import exact, one_of_each

I64 = st.integers(-(2**63), 2**63 - 1)
I32 = st.integers(-(2**31), 2**31 - 1)
TEXT = st.text(st.characters(exclude_categories=()), max_size=20)  # lone surrogates as well
FLOAT = st.floats(width=64)
ARRIVAL = st.builds(Arrival, st.just("s"), I64, I64, I64)

FRAMES = st.builds(MannequinFrame, ARRIVAL, I32, st.tuples(I32, I32, I32, I32), I32, I32)
EVENTS = st.builds(SessionEvent, I64, st.sampled_from(["open", "note"]), TEXT)
CHESTS = st.builds(
    ChestObservation,
    ARRIVAL,
    st.builds(Stamp, I64, I64),
    st.just("a"),
    st.none() | FLOAT,
    FLOAT,
    st.sampled_from(["on", "off", "unknown"]),
    I32,
    TEXT,
) | st.builds(
    ChestObservation,
    ARRIVAL,
    st.builds(Stamp, I64, I64),
    st.just("a"),
    FLOAT,
    FLOAT,
    st.just("on"),
    I32,
    TEXT,
    FLOAT,
    FLOAT,
)


@settings(max_examples=60, deadline=None)
@given(
    st.lists(FRAMES, min_size=1, max_size=10)
    | st.lists(EVENTS, min_size=1, max_size=10)
    | st.lists(CHESTS, min_size=1, max_size=10)
)
def test_any_batch_comes_back_to_the_last_bit(batch: list[Sample]) -> None:
    key = channel_key(batch[0])
    codec = CODECS[key.type]
    assert [exact(s) for s in codec.decode(key, codec.encode(batch))] == [exact(s) for s in batch]


@pytest.mark.parametrize("sample", one_of_each(), ids=lambda s: type(s).__name__)
def test_a_message_of_another_length_is_refused(sample: Sample) -> None:
    key = channel_key(sample)
    codec = CODECS[key.type]
    message = codec.encode([sample])
    assert len(codec.decode(key, message)) == 1
    with pytest.raises(RecordingError, match="damaged"):
        codec.decode(key, message[:-1])


def test_landmarks_of_recordings_without_a_side_can_still_be_read() -> None:
    newest = CODECS["HandLandmarks"]
    before = newest.for_layout(newest.layout["fields"][:-1])
    assert before is not None
    assert before.layout["fields"][-1]["name"] == "landmarks_px_f8_xy"
    sample = next(s for s in one_of_each() if isinstance(s, HandLandmarks) and s.side == "left")
    row = newest.to_row(sample)[:-1]
    message = replace(before, to_row=lambda _: row).encode([sample])
    (read,) = before.decode(channel_key(sample), message)
    assert exact(read) == exact(replace(sample, side="unknown"))
    with pytest.raises(RecordingError):
        newest.decode(channel_key(sample), message)
    fields = newest.layout["fields"]
    assert newest.for_layout(fields) is newest
    assert newest.for_layout(fields[:-2]) is None
    assert newest.for_layout([*fields, {"name": "later"}]) is None
    assert CODECS["HandSample"].for_layout(CODECS["HandSample"].layout["fields"][:-1]) is None


def test_chests_of_recordings_without_what_lies_beside_can_still_be_read() -> None:
    newest = CODECS["ChestObservation"]
    before = newest.for_layout(newest.layout["fields"][:-3])
    assert before is not None
    sample = next(s for s in one_of_each() if isinstance(s, ChestObservation) and s.beside_sigma_m)
    row = newest.to_row(sample)[:-3]
    message = replace(before, to_row=lambda _: row).encode([sample])
    (read,) = before.decode(channel_key(sample), message)
    assert exact(read) == exact(replace(sample, beside_depth_m=None, beside_sigma_m=None))
    with pytest.raises(RecordingError):
        newest.decode(channel_key(sample), message)


def test_poses_of_recordings_without_markers_beside_the_surface_can_still_be_read() -> None:
    newest = CODECS["MannequinPose"]
    before = newest.for_layout(newest.layout["fields"][:-3])
    assert before is not None
    sample = next(s for s in one_of_each() if isinstance(s, MannequinPose) and s.apart_m)
    row = newest.to_row(sample)[:-3]
    message = replace(before, to_row=lambda _: row).encode([sample])
    (read,) = before.decode(channel_key(sample), message)
    assert exact(read) == exact(replace(sample, apart_m=None, apart_sigma_m=None))
    with pytest.raises(RecordingError):
        newest.decode(channel_key(sample), message)
