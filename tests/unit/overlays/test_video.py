"""A video is whole when it has its name, and what could not be written is not there."""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path

import cv2
import numpy as np
import pytest

from mr.errors import ConfigError, MrError
from overlays.video import frames_in, h264_encoder, require_video_place, video_file

SIZE_PX = (320, 240)
KINDS = [("a.mp4", "MPEG-4 Part 2"), ("a.webm", "VP8"), ("A.MP4", "MPEG-4 Part 2")]


def frames(n: int = 12) -> list[np.ndarray]:
    """A light square that goes to the right."""
    made = []
    for k in range(n):
        frame = np.full((SIZE_PX[1], SIZE_PX[0], 3), 40, np.uint8)
        frame[100:140, 20 + 20 * k : 60 + 20 * k] = 220
        made.append(frame)
    return made


def read_back(path: Path) -> list[np.ndarray]:
    capture = cv2.VideoCapture(str(path))
    assert capture.get(cv2.CAP_PROP_FPS) == pytest.approx(30.0)
    found = []
    while (read := capture.read())[0]:
        found.append(read[1])
    capture.release()
    return found


def require_each_in_its_place(back: list[np.ndarray]) -> None:
    assert len(back) == len(frames())
    for k, frame in enumerate(back):
        off = [float(np.abs(frame.astype(int) - sent).mean()) for sent in frames()]
        assert int(np.argmin(off)) == k, "no other frame is as near"
        assert off[k] < 4.0


@pytest.fixture
def without_ffmpeg(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "which", lambda _name: None)


def written(path: Path, sent: list[np.ndarray]) -> str:
    with video_file(path, SIZE_PX, 30) as file:
        for frame in sent:
            file.write(frame)
        assert not path.exists(), "it has its name when it is whole"
        return file.codec


@pytest.mark.usefixtures("without_ffmpeg")
@pytest.mark.parametrize(("name", "codec"), KINDS)
def test_every_frame_comes_back_in_its_place(tmp_path: Path, name: str, codec: str) -> None:
    path = tmp_path / "deep" / name
    assert written(path, frames()) == codec
    assert [p.name for p in path.parent.iterdir()] == [name]
    assert frames_in(path) == 12
    require_each_in_its_place(read_back(path))


def test_by_ffmpeg_it_is_h264_and_everything_can_show_it(tmp_path: Path, require) -> None:
    require.program("ffmpeg", "./system-packages.sh video")
    if not h264_encoder():
        require.missing("an H.264 encoder in ffmpeg", "./system-packages.sh video")
    path = tmp_path / "a.mp4"
    assert written(path, frames()) == "H.264"
    capture = cv2.VideoCapture(str(path))
    code = int(capture.get(cv2.CAP_PROP_FOURCC)).to_bytes(4, "little")
    assert code in (b"h264", b"avc1")
    assert path.read_bytes().index(b"moov") < path.read_bytes().index(b"mdat"), "plays at once"
    require_each_in_its_place(read_back(path))


@pytest.mark.usefixtures("without_ffmpeg")
def test_the_same_frames_give_the_same_file(tmp_path: Path) -> None:
    for name in ("a.mp4", "b.mp4"):
        written(tmp_path / name, frames())
    written(tmp_path / "c.mp4", frames()[::-1])
    assert (tmp_path / "a.mp4").read_bytes() == (tmp_path / "b.mp4").read_bytes()
    assert (tmp_path / "a.mp4").read_bytes() != (tmp_path / "c.mp4").read_bytes()


@pytest.mark.parametrize("error", [KeyboardInterrupt, MrError, ZeroDivisionError])
@pytest.mark.parametrize("name", ["a.mp4", "a.webm"])
def test_what_breaks_off_leaves_nothing(
    tmp_path: Path, name: str, error: type[BaseException]
) -> None:
    with pytest.raises(error), video_file(tmp_path / name, SIZE_PX, 30) as file:
        file.write(frames()[0])
        raise error
    assert not list(tmp_path.iterdir())


@pytest.mark.usefixtures("without_ffmpeg")
@pytest.mark.skipif(sys.platform == "win32", reason="files are limited on Unix")
@pytest.mark.parametrize("name", ["a.mp4", "a.webm"])
def test_a_file_that_the_disk_did_not_take_is_not_kept(
    tmp_path: Path, name: str, capfd: pytest.CaptureFixture[str]
) -> None:
    """OpenCV says nothing of it; a limit for files does what a full disk does."""
    import resource

    noise = np.random.default_rng(1).integers(0, 255, (90, SIZE_PX[1], SIZE_PX[0], 3), np.uint8)
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (300_000, before[1]))
    try:
        with pytest.raises(MrError, match=r"90 frames were written and \d+ can be read back"):
            written(tmp_path / name, list(noise))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert not list(tmp_path.iterdir())
    assert "moov" not in capfd.readouterr().err
    written(tmp_path / name, list(noise))
    assert (tmp_path / name).stat().st_size > 600_000, "it would have been larger"


def test_ffmpeg_that_fails_is_told_in_its_own_words(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fake = tmp_path / "bin" / "ffmpeg"
    fake.parent.mkdir()
    fake.write_text(
        '#!/bin/sh\ncase "$*" in *-encoders*) echo " V....D libx264 H.264";; '
        '*) echo "No space left on device" >&2; exit 1;; esac\n'
    )
    fake.chmod(0o755)
    monkeypatch.setenv("PATH", f"{fake.parent}:{os.environ['PATH']}")
    out = tmp_path / "out"
    with pytest.raises(MrError, match=r"ffmpeg failed \(No space left on device\): is the"):
        written(out / "a.mp4", frames())
    assert not list(out.iterdir())


@pytest.mark.parametrize("script", ["exit 1", "echo V..... libvpx", "printf '\\377\\376'"])
def test_an_ffmpeg_that_cannot_do_it_is_left_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, script: str
) -> None:
    fake = tmp_path / "bin" / "ffmpeg"
    fake.parent.mkdir()
    fake.write_text(f"#!/bin/sh\n{script}\n")
    fake.chmod(0o755)
    monkeypatch.setenv("PATH", f"{fake.parent}:{os.environ['PATH']}")
    assert h264_encoder() == ""
    assert written(tmp_path / "out" / "a.mp4", frames()) == "MPEG-4 Part 2"


def test_a_place_that_is_none_is_refused_before_any_work(tmp_path: Path) -> None:
    taken = tmp_path / "taken.mp4"
    taken.write_bytes(b"mine")
    for path, words in (
        (tmp_path / "a.avi", "ends with one of them"),
        (tmp_path / "a", "ends with one of them"),
        (taken, "exists already"),
        (taken / "a.mp4", "is no folder"),
    ):
        with pytest.raises(ConfigError, match=words):
            require_video_place(path)
        with pytest.raises(ConfigError, match=words):
            written(path, frames())
    assert taken.read_bytes() == b"mine"
    require_video_place(tmp_path / "new" / "a.MP4")


def test_a_name_that_was_taken_meanwhile_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "a.webm"
    with (
        pytest.raises(MrError, match="cannot give this video its name"),
        video_file(path, SIZE_PX, 30) as file,
    ):
        file.write(frames()[0])
        path.write_bytes(b"mine")
    assert path.read_bytes() == b"mine"
    assert [p.name for p in tmp_path.iterdir()] == ["a.webm"]
