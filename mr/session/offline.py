"""A recording or an imported CSV, judged again without devices or processes.

Takes a file's path, gives the finished `Pipeline` or `Outcome`. A recording goes through
the very pipeline of the live run; `differences` says whether it came out the same to the
last bit.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from mr.blocks import MannequinRun
from mr.config import Mode, SessionConfig
from mr.errors import RecordingError
from mr.fusion.diary import Diary
from mr.recording.header import RecordingHeader
from mr.recording.reader import Recording, open_recording
from mr.scoring.guideline import Guideline
from mr.scoring.profiles import guideline_of_json, load_guideline, profile_sha256
from mr.session.outcome import metrics_config
from mr.session.pipeline import Pipeline
from mr.types import Compression, FrameShown, MetricsEvent


@dataclass(frozen=True, slots=True, eq=False)
class Rerun:
    """A recording that went through the pipeline again."""

    recording: Recording
    pipeline: Pipeline
    compressions: tuple[Compression, ...]
    """Every compression, also those outside the judged bounds."""
    as_recorded: bool = True
    """Judged by the profile, mode, rescuers and rig that it was recorded with."""
    told: tuple[str, ...] = ()
    """What it is judged by, in words, where that is not surely what its head says."""
    comparable: bool = True
    """Compressions and pauses are defined as in the live run."""
    shown: tuple[FrameShown, ...] = ()
    """Frames that a headset was handed."""


def rerun(
    path: Path,
    block_size: int = 4096,
    guideline_name: str | None = None,
    mode: Mode | None = None,
    rescuers: int | None = None,
    diary: Diary | None = None,
    *,
    coached: bool = False,
) -> Rerun:
    """Run a recording through the pipeline again.

    Parameters
    ----------
    path
        The recording, whole or cut.
    block_size
        How many of the mannequin's frames are taken in at once; the result does not depend on it.
    guideline_name, mode, rescuers
        Judge by another profile, mode or number of rescuers than the one it was recorded with.
    diary
        Where fusion writes down what `mr.session.smoothed` needs.
    coached
        Choose the advice again, too; it takes several times as long.

    Raises
    ------
    RecordingError
        When it cannot be read or holds no samples.
    """
    recording = open_recording(path)
    header = recording.header
    others = {"mode": mode, "rescuers": rescuers}
    config = header.session.model_copy(update={k: v for k, v in others.items() if v is not None})
    guideline = recorded_guideline(header, guideline_name)
    pipeline = Pipeline(
        recording.rig, config, guideline, header.devices, header.kind, diary, coached=coached
    )
    events: list[MetricsEvent] = []
    shown: list[FrameShown] = []
    n_samples = 0
    for item in recording.blocks(block_size):
        n_samples += 1
        if isinstance(item, MannequinRun):
            events += pipeline.run(item)
        else:
            events += pipeline.step(item)
            if isinstance(item, FrameShown):
                shown.append(item)
    events += pipeline.finish()
    if not n_samples:
        raise RecordingError(f"{path}: this recording holds no samples: record again")
    compressions = tuple(event for event in events if isinstance(event, Compression))
    told = judged_otherwise(header, guideline)
    as_recorded = not told and config == header.session
    kept = header.guideline_profile
    comparable = kept is None or metrics_config(guideline) == metrics_config(
        guideline_of_json(kept)
    )
    told += never_started(pipeline.start_ns, config)
    return Rerun(recording, pipeline, compressions, as_recorded, told, comparable, tuple(shown))


def recorded_guideline(header: RecordingHeader, other: str | None = None) -> Guideline:
    """Give the profile as it was when the recording was made, or another by its name.

    Older recordings kept its id only: theirs is the one of that name today.
    """
    if other is not None:
        return load_guideline(other)
    if header.guideline_profile is not None:
        return guideline_of_json(header.guideline_profile)
    return load_guideline(header.guideline_id)


def judged_otherwise(header: RecordingHeader, guideline: Guideline) -> tuple[str, ...]:
    """Say by what a recording is judged, unless it is by the very values in its head.

    The id alone does not tell: a profile is amended under the same name.
    """
    now = f"{guideline.id}, version {guideline.version} (sha256 {profile_sha256(guideline)[:12]}…)"
    if header.guideline_profile is None:
        return (
            f"it is judged by today's {now}: the recording names {header.guideline_id} and "
            "keeps no values of it",
        )
    kept = guideline_of_json(header.guideline_profile)
    if profile_sha256(kept) == profile_sha256(guideline):
        return ()
    was = f"{kept.id}, version {kept.version} (sha256 {profile_sha256(kept)[:12]}…)"
    return (f"it is judged by {now}, and was recorded with {was}",)


def never_started(start_ns: int | None, config: SessionConfig) -> tuple[str, ...]:
    """Say so where a session waited for its start and nobody gave it; else nothing."""
    if start_ns is not None or config.start_on == "first-compression":
        return ()
    by = "a key" if config.start_on == "key" else "a command"
    return (f"nobody started it by {by}: it is judged from when its sensors were opened",)


def differences(again: Rerun) -> list[str]:
    """Compare a rerun with what was computed live; empty when the same to the last bit.

    The last compressions of a cut recording, repaired or not, may have been computed after
    the cut: then the rerun alone has them.
    """
    live = again.recording.results("compression")
    now = [_as_json(compression) for compression in again.compressions]
    found = [
        f"compression {k}: {key} was {was[key]!r}, is {now[k][key]!r}"
        for k, was in enumerate(live[: len(now)])
        for key in was
        if was[key] != now[k].get(key)
    ]
    cut = bool(again.recording.repaired) or not again.recording.complete
    cut_before_it_was_told = cut and len(live) < len(now)
    if len(live) != len(now) and not cut_before_it_was_told:
        found.append(f"{len(live)} compressions live, {len(now)} now")
    return found


def _as_json(compression: Compression) -> dict[str, Any]:
    data: dict[str, Any] = json.loads(json.dumps(asdict(compression)))
    return data
