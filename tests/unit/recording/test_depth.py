"""Depth pictures: packed without loss, small, and those of older recordings are still read."""

from __future__ import annotations

import struct
from pathlib import Path

import cv2
import numpy as np
import pytest
import zstandard
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from mr.errors import RecordingError
from mr.recording import older as older_layouts
from mr.recording.depth import CountsArray, pack_depth, unpack_depth
from mr.recording.layouts import CODECS
from mr.recording.older import OLDER_CODECS
from mr.recording.pictures import image, jpeg, png16
from mr.recording.reader import open_recording
from mr.sim.camera import SimImager
from mr.sim.learner import still_script
from mr.sim.rig import make_sim_rig
from mr.types import DepthFrame
from tests.unit.recording.conftest import Write, exact, one_of_each

SHAPES = st.tuples(st.integers(1, 7), st.integers(1, 9))


@pytest.fixture(scope="module")
def picture() -> CountsArray:
    return SimImager(make_sim_rig(), still_script(hands=True), 3).depth_counts(1.0)


@settings(max_examples=200, deadline=None)
@given(arrays(np.uint16, SHAPES) | arrays(np.uint16, SHAPES, elements=st.sampled_from([0, 65535])))
def test_any_picture_comes_back(counts: CountsArray) -> None:
    again = unpack_depth(pack_depth(counts))
    assert again.dtype == np.uint16
    assert np.array_equal(again, counts)


def test_steps_of_all_sizes_come_back() -> None:
    rng = np.random.default_rng(0)
    every = rng.permutation(1 << 16).astype(np.uint16).reshape(256, 256)
    for counts in (
        every,
        np.sort(every),
        every[:, ::-1],
        np.asfortranarray(every),
        every[::3, ::5],
    ):
        assert np.array_equal(unpack_depth(pack_depth(counts)), counts)


def test_a_camera_like_picture_takes_less_than_as_png(picture: CountsArray) -> None:
    as_png = len(cv2.imencode(".png", picture)[1])
    ours = len(pack_depth(picture))
    assert np.array_equal(unpack_depth(pack_depth(picture)), picture)
    assert ours < 0.7 * as_png
    # The control: where there are no levels to find, nothing is won.
    noise = np.random.default_rng(1).integers(0, 65536, picture.shape).astype(np.uint16)
    assert len(pack_depth(noise)) > 0.9 * len(cv2.imencode(".png", noise)[1])


def test_one_changed_byte_is_found(picture: CountsArray) -> None:
    packed = pack_depth(picture[:60, :80])
    for place in np.linspace(0, len(packed) - 1, 60).astype(int):
        damaged = bytearray(packed)
        damaged[place] ^= 0x10
        with pytest.raises(RecordingError, match="damaged"):
            unpack_depth(bytes(damaged))
    for cut in (0, 5, 8, len(packed) - 1):
        with pytest.raises(RecordingError, match="damaged"):
            unpack_depth(packed[:cut])


@pytest.mark.parametrize("shape", [(4,), (2, 3, 3), (1, 70_000)])
def test_what_is_no_picture_is_refused(shape: tuple[int, ...]) -> None:
    with pytest.raises(RecordingError, match="cannot be packed"):
        pack_depth(np.zeros(shape, np.uint16))


def test_a_recording_with_png_pictures_is_still_read(
    write: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent = [s for s in one_of_each() if isinstance(s, DepthFrame)]
    (older,) = OLDER_CODECS
    with monkeypatch.context() as past:
        past.setitem(CODECS, "DepthFrame", older)
        path: Path = write(sent, "old.mcap")
    assert b"depth_counts_png16" in _schemas(path)
    assert [exact(s) for s in open_recording(path).samples()] == [exact(s) for s in sent]
    # The control: without the older layout it would be refused by name.
    monkeypatch.setattr(older_layouts, "OLDER_CODECS", ())
    with pytest.raises(RecordingError, match="DepthFrame samples are laid out"):
        list(open_recording(path).samples())


def _schemas(path: Path) -> bytes:
    from mcap.reader import make_reader

    with path.open("rb") as file:
        summary = make_reader(file).get_summary()
    assert summary is not None
    return b"".join(schema.data for schema in summary.schemas.values())


def test_what_a_recording_holds_is_told_without_unpacking(write: Write) -> None:
    recording = open_recording(write(one_of_each(), level=2))
    assert recording.kinds() == {type(s).__name__ for s in recording.samples()}
    assert "DepthFrame" in recording.kinds()
    assert "ColorFrame" not in recording.kinds()


def test_a_picture_that_would_fill_the_memory_is_refused() -> None:
    """By what it says of itself, before it is unpacked; the same with its own size is read."""
    bgr = np.full((48, 64, 3), 90, np.uint8)
    depth = np.full((48, 64), 7, np.uint16)
    for data, at, size in ((jpeg(bgr), None, ">HH"), (png16(depth), 16, ">II")):
        assert image(data).shape[:2] == (48, 64)
        own = struct.pack(size, *((48, 64) if at is None else (64, 48)))
        place = data.index(own) if at is None else at
        huge = data[:place] + struct.pack(size, 60_000, 60_000) + data[place + len(own) :]
        with pytest.raises(RecordingError, match="cannot be unpacked"):
            image(huge)
    packed = pack_depth(depth)
    bomb = struct.pack("<HHI", 65535, 65535, 1) + zstandard.compress(bytes(1 << 20))
    assert unpack_depth(packed).shape == (48, 64)
    with pytest.raises(RecordingError):
        unpack_depth(bomb)
