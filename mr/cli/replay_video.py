"""`mrcpr replay --video`: a recording's mirror as a video file.

Takes a recording and a file's name, gives the file, whole or not at all, with a line of progress
meanwhile; leaves drawing to `overlays.film` and the file's format to `overlays.video`.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from rich.markup import escape

from mr.cli.console import Output
from mr.recording.harmless import harmless
from mr.recording.reader import Recording
from mr.session.footage import Moment, footage
from overlays.film import Film
from overlays.mirror import Picture
from overlays.video import video_file

FRAMES_HZ = 30
TELL_EVERY_S = 0.5
PLAYED_BY = {
    "H.264": "",
    "VP8": "",
    "MPEG-4 Part 2": "a video player shows it; for browsers give a .webm, or install ffmpeg "
    "(./system-packages.sh video) for an .mp4 that everything shows",
}
"""What is to be known of a format."""


@dataclass(frozen=True, slots=True)
class Filmed:
    """What has become a video."""

    codec: str
    frames_n: int
    with_pictures: bool
    """Whether a camera's picture was kept."""


def save_film(
    recording: Recording,
    film: Film,
    path: Path,
    console: Output,
    guideline: str | None = None,
) -> None:
    """Write a recording's mirror as a video, and say what it is.

    Raises
    ------
    MrError
        When the recording or the place is not fit for it; nothing is left behind.
    """
    began_s = time.monotonic()
    name = escape(harmless(str(path)))
    try:
        with console.status("drawing the video") as status:

            def tell(moment: Moment, frames_n: int) -> None:
                rate_hz = frames_n / (time.monotonic() - began_s)
                status.update(
                    f"drawing the video: {moment.since_s:.0f} s of the session, "
                    f"{rate_hz:.0f} frames a second"
                )

            watch = _now_and_then(tell) if console.can_redraw else _nobody
            filmed = written(footage(recording, FRAMES_HZ, guideline), film, path, watch)
    except KeyboardInterrupt:
        console.print(f"stopped: there is no video {name}")
        raise
    took_s = time.monotonic() - began_s
    console.print(
        f"video: {name}  [dim]{filmed.frames_n / FRAMES_HZ:.1f} s, {filmed.codec}, drawn in "
        f"{took_s:.0f} s at {filmed.frames_n / took_s:.0f} frames a second[/]"
    )
    if words := PLAYED_BY[filmed.codec]:
        console.prose(words)
    if not filmed.with_pictures:
        level = recording.header.storage_level
        console.prose(
            f"this recording keeps no colour pictures (storage level {level}): the mannequin is "
            "drawn from the calibration; record with --level 3 for pictures (consent!)"
        )


def written(
    moments: Iterator[Moment], film: Film, path: Path, watch: Callable[[Moment, int], None]
) -> Filmed:
    """Write every moment into the file; one frame is packed while the next one is drawn.

    `watch` hears of each moment and how many frames there are.
    """
    before = next(moments)
    frame = _frame(film, before)
    size_px = frame.shape[1], frame.shape[0]
    with video_file(path, size_px, FRAMES_HZ) as file, ThreadPoolExecutor(1) as packer:
        packed, frames_n = packer.submit(file.write, frame), 1
        for moment in moments:
            if moment is not before:  # the last one comes again and again
                frame, before = _frame(film, moment), moment
            packed.result()
            packed, frames_n = packer.submit(file.write, frame), frames_n + 1
            watch(moment, frames_n)
        packed.result()
    return Filmed(file.codec, frames_n, before.picture is not None)


def _frame(film: Film, moment: Moment) -> Picture:
    snapshot, kept = moment.snapshot, moment.picture
    if kept is None:
        return film.frame(snapshot, None)
    return film.frame(snapshot, (kept.bgr, snapshot.world_from_mannequin, kept.camera_id))


def _nobody(_moment: Moment, _frames_n: int) -> None:
    """Watch nothing."""


def _now_and_then(tell: Callable[[Moment, int], None]) -> Callable[[Moment, int], None]:
    """Pass on what is worth a line, as often as it can be read."""
    told_s = time.monotonic()

    def watch(moment: Moment, frames_n: int) -> None:
        nonlocal told_s
        if time.monotonic() - told_s > TELL_EVERY_S:
            told_s = time.monotonic()
            tell(moment, frames_n)

    return watch
