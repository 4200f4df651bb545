"""A video file, whole or not there at all.

Takes frames of one size, gives a file: ``.webm`` in VP8 by OpenCV, which every browser plays;
``.mp4`` in H.264 by the program ffmpeg where it is installed, which everything plays, else in
MPEG-4 Part 2 by OpenCV, which players show and browsers do not. H.264 is in no wheel of OpenCV.
A file gets its name when its last frame is in it and as many can be read back as were written.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Protocol

import cv2
import numpy as np
import numpy.typing as npt

from mr.errors import ConfigError, MrError
from mr.files import is_folder, is_there

Picture = npt.NDArray[np.uint8]
"""(H, W, 3) uint8, blue-green-red."""

FOURCC = {".mp4": "mp4v", ".webm": "VP80"}
PROGRAM = "ffmpeg"
H264 = {
    "libx264": ("-preset", "veryfast", "-crf", "20"),
    "libopenh264": ("-b:v", "6M"),
    "h264_videotoolbox": ("-b:v", "6M"),
    "h264_mf": ("-b:v", "6M"),
}
"""What ffmpeg may have been built with, the best first, and how it is asked."""
ASK_S = 20.0
STDERR_FD = 2


class VideoFile(Protocol):
    """Takes frames until it is closed."""

    @property
    def codec(self) -> str:
        """What it is written in, for people."""
        ...

    def write(self, frame: Picture) -> None:
        """Add a frame."""
        ...


def require_video_place(path: Path) -> None:
    """Refuse a name that no video can be written to (`ConfigError`), before any work is done."""
    if path.suffix.lower() not in FOURCC:
        raise ConfigError(
            f"{path}: a video is an .mp4 or a .webm: give a name that ends with one of them"
        )
    if is_there(path):
        raise ConfigError(f"{path}: exists already: give the video another name")
    if is_there(path.parent) and not is_folder(path.parent):
        raise ConfigError(f"{path}: {path.parent} is no folder: give the video another place")


@contextmanager
def video_file(path: Path, size_px: tuple[int, int], frames_hz: int) -> Iterator[VideoFile]:
    """Give a video to write into; it is in its place when the block ends without an error.

    Parameters
    ----------
    path : Path
        Ends with ``.mp4`` or ``.webm``.
    size_px : (int, int)
        Width and height of every frame, even both.
    frames_hz : int
        Frames a second.

    Raises
    ------
    MrError
        When it cannot be written there; nothing is left behind.
    """
    require_video_place(path)
    temporary: Path | None = None
    try:
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            with tempfile.NamedTemporaryFile(
                dir=path.parent, prefix=f".{path.stem}.", suffix=path.suffix.lower(), delete=False
            ) as file:
                temporary = Path(file.name)
        except OSError as error:
            raise MrError(
                f"{path}: cannot write a video there ({error.strerror}): choose another place"
            ) from error
        writer = _writer(temporary, size_px, frames_hz)
        try:
            yield writer
        except BaseException:
            writer.give_up()
            raise
        writer.close()
        found_n = frames_in(temporary)
        if found_n != writer.written_n:
            raise MrError(
                f"{path}: {writer.written_n} frames were written and {found_n} can be read back, "
                "so this video is not kept: is the disk full?"
            )
        _put(temporary, path)
    finally:
        if temporary is not None:
            temporary.unlink(missing_ok=True)


def frames_in(path: Path) -> int:
    """Count the frames of a video by taking each from the file; 0 where it cannot be read."""
    with _quiet():
        capture = cv2.VideoCapture(str(path), cv2.CAP_FFMPEG)
        try:
            found_n = 0
            while capture.grab():
                found_n += 1
            return found_n
        finally:
            capture.release()


def _put(temporary: Path, path: Path) -> None:
    """Give a file its name, unless that was taken meanwhile, and a new file's usual rights."""
    try:
        path.open("xb").close()
        temporary.chmod(path.stat().st_mode)
        temporary.replace(path)
    except OSError as error:
        raise MrError(
            f"{path}: cannot give this video its name ({error.strerror}): choose another"
        ) from error


def _writer(path: Path, size_px: tuple[int, int], frames_hz: int) -> _ByOpenCv | _ByFfmpeg:
    if path.suffix == ".mp4" and (encoder := h264_encoder()):
        return _ByFfmpeg(path, size_px, frames_hz, encoder)
    return _ByOpenCv(path, size_px, frames_hz)


class _ByOpenCv:
    def __init__(self, path: Path, size_px: tuple[int, int], frames_hz: int) -> None:
        self.codec = {".mp4": "MPEG-4 Part 2", ".webm": "VP8"}[path.suffix]
        self.written_n = 0
        code = cv2.VideoWriter.fourcc(*FOURCC[path.suffix])
        with _quiet():
            self._writer = cv2.VideoWriter(
                str(path), cv2.CAP_FFMPEG, code, float(frames_hz), size_px
            )
        if not self._writer.isOpened():
            raise MrError(
                f"this OpenCV ({cv2.__version__}) cannot write {self.codec}: use the wheel "
                "opencv-contrib-python, or install ffmpeg and give an .mp4"
            )

    def write(self, frame: Picture) -> None:
        self._writer.write(frame)
        self.written_n += 1

    def close(self) -> None:
        self._writer.release()

    give_up = close


@contextmanager
def _quiet() -> Iterator[None]:
    """Keep what C code prints off the terminal: for a .webm OpenCV tells of a tag, in vain."""
    sys.stderr.flush()
    with tempfile.TemporaryFile() as hole:
        kept = os.dup(STDERR_FD)
        os.dup2(hole.fileno(), STDERR_FD)
        try:
            yield
        finally:
            os.dup2(kept, STDERR_FD)
            os.close(kept)


class _ByFfmpeg:
    """A child that takes raw pictures; in a session of its own, so that Ctrl-C is not for it."""

    def __init__(self, path: Path, size_px: tuple[int, int], frames_hz: int, encoder: str) -> None:
        self.codec = "H.264"
        self.written_n = 0
        command = [
            PROGRAM, "-hide_banner", "-loglevel", "error", "-y",
            "-f", "rawvideo", "-pix_fmt", "bgr24", "-s", f"{size_px[0]}x{size_px[1]}",
            "-r", str(frames_hz), "-i", "pipe:0",
            "-c:v", encoder, *H264[encoder], "-pix_fmt", "yuv420p", "-movflags", "+faststart",
            "-fflags", "+bitexact", "-flags:v", "+bitexact", "-map_metadata", "-1", str(path),
        ]  # fmt: skip
        self._complaints = tempfile.TemporaryFile()  # noqa: SIM115 -- closed with the child
        self._process = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=self._complaints,
            start_new_session=True,
        )

    def write(self, frame: Picture) -> None:
        assert self._process.stdin is not None
        try:
            self._process.stdin.write(np.ascontiguousarray(frame).data)
        except OSError as error:
            raise MrError(self._why()) from error
        self.written_n += 1

    def close(self) -> None:
        assert self._process.stdin is not None
        with suppress(OSError):
            self._process.stdin.close()
        if self._process.wait() != 0:
            raise MrError(self._why())
        self._complaints.close()

    def give_up(self) -> None:
        self._process.kill()
        assert self._process.stdin is not None
        with suppress(OSError):
            self._process.stdin.close()
        self._process.wait()
        self._complaints.close()

    def _why(self) -> str:
        self._process.kill()
        self._process.wait()
        self._complaints.seek(0)
        lines = self._complaints.read().decode(errors="replace").strip().splitlines()
        words = lines[-1] if lines else "it said nothing"
        return f"{PROGRAM} failed ({words}): is the disk full? If not, try a .webm"


def h264_encoder() -> str:
    """Name the H.264 encoder of the installed ffmpeg; empty where there is none."""
    if shutil.which(PROGRAM) is None:
        return ""
    ask = [PROGRAM, "-hide_banner", "-loglevel", "error", "-encoders"]
    try:
        done = subprocess.run(ask, capture_output=True, text=True, timeout=ASK_S, check=True)
    except (OSError, subprocess.SubprocessError, UnicodeDecodeError):
        return ""
    listed = {words[1] for line in done.stdout.splitlines() if len(words := line.split()) > 1}
    return next((name for name in H264 if name in listed), "")
