from __future__ import annotations

import json
import struct
from dataclasses import replace
from pathlib import Path
from typing import get_args

import cv2
import numpy as np
import pytest

from mr.blocks import MannequinBlock, MannequinRun
from mr.errors import RecordingError
from mr.recording.header import RecordingHeader
from mr.recording.layouts import CODECS
from mr.recording.reader import open_recording
from mr.recording.writer import BATCH, RecordingWriter
from mr.types import (
    Arrival,
    ClockExchange,
    ColorFrame,
    DepthFrame,
    HandLandmarks,
    HeadPose,
    MannequinFrame,
    Sample,
)
from tests.unit.recording.conftest import Write, a_header, a_rig, exact, one_of_each


def test_every_sample_type_has_a_codec_and_an_example() -> None:
    names = {t.__name__ for t in get_args(Sample)}
    assert set(CODECS) == names
    assert {type(s).__name__ for s in one_of_each()} == names


def test_everything_comes_back_to_the_last_bit_and_in_order(write: Write) -> None:
    sent = one_of_each()
    got = list(open_recording(write(sent)).samples())
    assert len(got) == len(sent)
    for a, b in zip(sent, got, strict=True):
        if isinstance(a, ColorFrame) and isinstance(b, ColorFrame):
            jpeg = cv2.imdecode(
                cv2.imencode(".jpg", a.bgr, [cv2.IMWRITE_JPEG_QUALITY, 80])[1], cv2.IMREAD_COLOR
            )
            assert exact(b.arrival) == exact(a.arrival)
            assert np.array_equal(b.bgr, np.asarray(jpeg))
        else:
            assert exact(a) == exact(b)


def test_the_comparison_would_see_a_single_bit() -> None:
    sample = next(s for s in one_of_each() if isinstance(s, HandLandmarks))
    nudged = replace(sample, confidence=np.nextafter(sample.confidence, 1))
    assert exact(sample) != exact(nudged)
    assert exact(0.0) != exact(-0.0)


def test_interleaved_streams_keep_their_order(write: Write) -> None:
    rng = np.random.default_rng(3)
    pool = one_of_each()
    sent = [pool[k] for k in rng.integers(0, len(pool), 300) if not isinstance(pool[k], ColorFrame)]
    assert [exact(s) for s in open_recording(write(sent)).samples()] == [exact(s) for s in sent]


@pytest.mark.parametrize("at_once", [1, 12, 4096])
def test_runs_hold_the_same_samples_in_the_same_order(write: Write, at_once: int) -> None:
    rng = np.random.default_rng(5)
    pool = [s for s in one_of_each() if isinstance(s, MannequinFrame | ClockExchange | HeadPose)]
    sent = [pool[k] for k in rng.integers(0, len(pool), 400)]
    sent += [s for s in pool if isinstance(s, ClockExchange)] * 3
    got: list[Sample] = []
    longest = 0
    for item in open_recording(write(sent)).blocks(at_once):
        if not isinstance(item, MannequinRun):
            got.append(item)
            continue
        longest = max(longest, len(item.frames))
        parts = list(item.between_exchanges())
        assert sum(len(part.frames) for part in parts) == len(item.frames)
        for part in parts:
            assert all(n == len(part.frames) for n, _ in part.exchanges)
            got += [*_frames(part.frames), *(x for _, x in part.exchanges)]
    assert [exact(s) for s in got] == [exact(s) for s in sent]
    assert min(at_once, 30) <= longest < at_once + BATCH, "no message is cut"


def _frames(block: MannequinBlock) -> list[MannequinFrame]:
    columns = (
        block.seq, block.device_ticks, block.arrival_ns, block.chest_counts, block.force_counts,
        block.airway_counts, block.overflow,
    )  # fmt: skip
    return [
        MannequinFrame(Arrival(block.stream, *row[:3]), row[3], tuple(row[4]), *row[5:])
        for row in zip(*(c.tolist() for c in columns), strict=True)
    ]


def test_level_one_keeps_no_images_and_level_two_no_colour(write: Write) -> None:
    sent = one_of_each()
    kinds = {
        level: {type(s) for s in open_recording(write(sent, f"{level}.mcap", level)).samples()}
        for level in (1, 2, 3)
    }
    assert DepthFrame not in kinds[1] and ColorFrame not in kinds[1]
    assert DepthFrame in kinds[2] and ColorFrame not in kinds[2]
    assert ColorFrame in kinds[3]


def test_head_and_rig_come_back_and_hold_no_path(write: Write) -> None:
    path = write(one_of_each())
    recording = open_recording(path)
    assert recording.rig == a_rig()
    assert recording.header.kind == "sim"
    assert recording.header.devices == a_header().devices
    assert recording.header.guideline_id == recording.header.session.guideline
    assert recording.complete and recording.why_incomplete == "" and recording.repaired == ""
    assert b"anna.example" not in path.read_bytes()


def test_results_come_back_exactly(write: Write, tmp_path: Path) -> None:
    floats = {"a": 0.1 + 0.2, "b": 1e-323, "c": None, "d": [1.0, 55.00000000000001]}
    path = tmp_path / "r.mcap"
    with RecordingWriter(path, a_header(), a_rig()) as writer:
        writer.write(one_of_each()[1])
        writer.write_result("compression", floats)
        writer.write_result("ventilation", {"volume_ml": 500})
        writer.write(one_of_each()[2])
        with pytest.raises(ValueError, match="JSON"):
            writer.write_result("compression", {"x": float("nan")})
    recording = open_recording(path)
    assert recording.results("compression") == [floats]
    assert recording.results("ventilation") == [{"volume_ml": 500}]
    assert recording.results("other") == []
    assert [exact(s) for s in recording.samples()] == [exact(s) for s in one_of_each()[1:3]]


def test_the_layout_in_the_file_is_enough_to_read_it() -> None:
    """An independent reader, made from the JSON alone, finds the same numbers."""
    frames = [s for s in one_of_each() if isinstance(s, MannequinFrame)]
    codec = CODECS["MannequinFrame"]
    layout = json.loads(json.dumps(codec.layout))
    dtype = np.dtype([(f["name"], f["dtype"], tuple(f["shape"])) for f in layout["fields"]])
    message = codec.encode(frames)
    (n_rows,) = struct.unpack_from("<I", message)
    rows = np.frombuffer(message, dtype, n_rows, 4)
    assert rows["force_counts"].tolist() == [list(f.force_counts) for f in frames]
    assert rows["arrival_ns"].tolist() == [f.arrival.arrival_ns for f in frames]


def test_a_file_of_a_later_version_is_refused_by_name(
    write: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write(one_of_each())
    monkeypatch.setitem(CODECS, "HandSample", CODECS["HeadPose"])
    with pytest.raises(RecordingError, match=r"HandSample samples are laid out .* update mrcpr"):
        list(open_recording(path).samples())


def test_a_head_from_before_arms_is_still_read() -> None:
    old = a_header().to_json()
    assert old["session"].pop("arms") is False
    assert RecordingHeader.model_validate(old).session.arms is False
    old["session"]["arms"] = True
    assert RecordingHeader.model_validate(old).session.arms is True
