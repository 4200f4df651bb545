"""What the review's background process draws of a recording: its mirror, as `replay --video` does.

Takes a recording's path and a file's name, gives the file and when it begins; `mr.review` is
handed this function, for it draws nothing. What draws is imported where it runs: the server does
without.
"""

from __future__ import annotations

import itertools
import os
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mr.session.footage import Moment

GENTLY = 15
"""Whatever else the machine does comes first."""


def film_recording(path: Path, film: Path) -> float:
    """Draw a recording's film, a .webm; gives its first frame's instant in the analysis (s).

    Raises
    ------
    MrError
        When it cannot be drawn; nothing is left behind.
    """
    from mr.cli.replay_video import FRAMES_HZ, written
    from mr.session.footage import footage
    from mr.session.offline import rerun
    from overlays.film import Film
    from overlays.messages import load_messages

    with suppress(AttributeError, OSError):  # there is none on Windows
        os.nice(GENTLY)
    again = rerun(path)
    recording = again.recording
    look = Film(recording.rig, messages=load_messages(recording.header.session.language))
    moments = footage(recording, FRAMES_HZ)
    first = next(moments)
    written(itertools.chain((first,), moments), look, film, _nobody)
    return (first.t_ns - again.pipeline.outcome().start_ns) / 1e9


def _nobody(_moment: Moment, _frames_n: int) -> None:
    """Watch nothing: nobody waits for it."""
