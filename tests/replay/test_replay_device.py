from __future__ import annotations

from pathlib import Path

import pytest

from mr.errors import DeviceError, RecordingError
from mr.recording.replay import ReplayDevice
from mr.types import Device, EndOfStream, Sample
from tests.unit.recording.conftest import exact, one_of_each, write

__all__ = ["write"]


def drain(device: ReplayDevice) -> list[list[Sample]]:
    blocks = []
    while True:
        try:
            blocks.append(list(device.poll()))
        except EndOfStream:
            return blocks


def test_blocks_begin_anywhere_and_change_nothing(write) -> None:  # type: ignore[no-untyped-def]
    path = write(one_of_each(), level=2)
    seen = []
    for size in (1, 7, 64, 100_000):
        with ReplayDevice(path, size) as device:
            blocks = drain(device)
        assert all(0 < len(b) <= size for b in blocks)
        seen.append([exact(s) for block in blocks for s in block])
    assert len(seen[0]) > 30
    assert all(s == seen[0] for s in seen)


def test_it_says_that_it_is_a_replay_and_of_what(write) -> None:  # type: ignore[no-untyped-def]
    path = write(one_of_each())
    with ReplayDevice(path) as device:
        assert isinstance(device, Device)
        assert device.info.kind == "replay"
        assert device.info.details["original_kind"] == "sim"
        assert [s.name for s in device.info.streams] == ["mannequin/samples"]
        assert device.info.details["why_incomplete"] == ""
        assert device.recording.rig.name == "bench"


def test_a_cut_recording_replays_and_says_so(write) -> None:  # type: ignore[no-untyped-def]
    path: Path = write(one_of_each() * 30, level=1)
    path.write_bytes(path.read_bytes()[:-3000])
    with ReplayDevice(path) as device:
        assert "cut" in device.info.details["why_incomplete"]
        assert sum(len(b) for b in drain(device)) > 100
        with pytest.raises(EndOfStream):
            device.poll()


def test_wrong_use_is_named(tmp_path: Path) -> None:
    with pytest.raises(RecordingError, match="no such file"), ReplayDevice(tmp_path / "x.mcap"):
        pass
    with pytest.raises(DeviceError, match="not open"):
        _ = ReplayDevice(tmp_path / "x.mcap").info
    with pytest.raises(ValueError, match="at least one sample"):
        ReplayDevice(tmp_path / "x.mcap", 0)
