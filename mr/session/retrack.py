"""Tracking run again from a recording's depth pictures, by this version of the software.

Takes a recording of storage level 2 or 3, whole or cut, gives what the pipeline makes of it
when clock and tracking start from the frames instead of from the recorded observations, and
what is different. Leaves replay of the observations themselves to `mr.session.offline`.

The depth pictures are kept whole and without loss. Of colour the markers' corners are kept
at every level (`MarkersSeen`), so the mannequin's pose is found again without a picture; a
colour picture, kept at level 3 with losses, is looked at only where these are missing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

import mr
from mr.errors import CalibrationError, RecordingError
from mr.recording.layouts import arrival_ns
from mr.recording.reader import Recording, open_recording
from mr.rig import Rig
from mr.session.changes import Change, Comparison, Observation, StrokeChange, stroke_change
from mr.session.front import FrontEnd
from mr.session.match import require_own_rig
from mr.session.offline import Rerun, differences, judged_otherwise, recorded_guideline
from mr.session.pipeline import Pipeline
from mr.types import (
    ColorFrame,
    Compression,
    DepthFrame,
    MetricsEvent,
    Sample,
)

Watch = Callable[[float, int], None]
"""Told now and then how many seconds of the session and how many depth pictures are done."""


@dataclass(frozen=True, slots=True, eq=False)
class Retracked:
    """A recording whose frames went through tracking again."""

    again: Rerun
    """What the pipeline made of the new observations."""
    n_depth: int
    """Depth pictures that were tracked."""
    from_pictures: bool
    """The markers were looked for in pictures that are kept with losses."""
    changes: tuple[Change, ...]
    strokes: StrokeChange
    identical: bool
    """All recorded observations and compressions have come out the same to the last bit."""

    @property
    def recorded_by(self) -> str:
        """The software that tracked live."""
        return self.again.recording.header.software

    @property
    def tracked_by(self) -> str:
        """The software that tracked now."""
        return f"mrcpr {mr.__version__}"

    @property
    def must_be_identical(self) -> bool:
        """Tell whether the same software saw the very same (with the recording's own rig)."""
        return self.recorded_by == self.tracked_by and not self.from_pictures


def track_again(path: Path, rig: Rig | None = None, watch: Watch | None = None) -> Retracked:
    """Run clock, tracking and everything behind them again from the recorded frames.

    Parameters
    ----------
    path
        The recording, whole or cut.
    rig
        Another calibration of the same devices; the recording's own if not given.
    watch
        Told how far it has come.

    Raises
    ------
    RecordingError
        When it cannot be read, or lacks the frames; the message says which.
    CalibrationError
        When `rig` is one of other devices.
    """
    recording = open_recording(path)
    held = recording.kinds()
    _require_frames(recording, held)
    if rig is not None:
        require_own_rig(rig, recording.header.devices)
        _require_modes(rig, recording.rig)
        recording = recording.with_rig(rig)
    from_pictures = "MarkersSeen" not in held and "ColorFrame" in held
    run = _Run(recording, from_pictures, watch)
    run.all(recording.samples())
    told = judged_otherwise(recording.header, recorded_guideline(recording.header))
    again = Rerun(
        recording, run.pipeline, tuple(run.compressions), rig is None and not told, told
    )  # fmt: skip
    changes = run.comparison.changes()
    cut = bool(recording.repaired) or not recording.complete
    same = all(c.same or (cut and c.n_same == c.n_recorded) for c in changes)
    return Retracked(
        again,
        run.n_depth,
        from_pictures,
        changes,
        stroke_change(_live_strokes(recording), again.compressions),
        identical=same and not differences(again),
    )


def _require_frames(recording: Recording, held: frozenset[str]) -> None:
    path, level = recording.path, recording.header.storage_level
    if level < 2:
        raise RecordingError(
            f"{path}: keeps no depth pictures (storage level {level}), so tracking cannot be run "
            "again: record with --level 2 for that; mrcpr replay alone runs all that comes after"
        )
    if "DepthFrame" not in held:
        raise RecordingError(
            f"{path}: holds no depth picture (no camera took part, or it gave nothing): "
            "there is nothing to track again"
        )
    if not held & {"MarkersSeen", "ColorFrame"} and recording.rig.markers is not None:
        raise RecordingError(
            f"{path}: was made by {recording.header.software} without what its colour pictures "
            "showed of the markers, so the mannequin's place cannot be found again: "
            "mrcpr replay alone runs all that comes after tracking"
        )


def _require_modes(rig: Rig, recorded: Rig) -> None:
    """Refuse a rig whose cameras were calibrated at another size of picture."""
    for camera_id, camera in recorded.cameras.items():
        other = rig.cameras.get(camera_id)
        if other is None:
            raise CalibrationError(
                f"rig {rig.name!r} has no camera {camera_id!r}, which this was recorded with: "
                "give a calibration of the same cameras"
            )
        for what, lens, its in (
            ("depth", camera.depth, other.depth),
            ("colour", camera.color, other.color),
        ):
            if lens is None or its is None:
                continue
            size, given = ((m.width_px, m.height_px) for m in (lens, its))
            if size != given:
                raise CalibrationError(
                    f"rig {rig.name!r}: camera {camera_id!r} is calibrated for {what} pictures of "
                    f"{given[0]}x{given[1]}, but {size[0]}x{size[1]} were recorded: "
                    "give a calibration of that mode"
                )


class _Run:
    """One pass over the recording."""

    def __init__(self, recording: Recording, from_pictures: bool, watch: Watch | None) -> None:
        header, rig = recording.header, recording.rig
        self._front = FrontEnd(rig, header.devices, arms=header.session.arms)
        guideline = recorded_guideline(header)
        self.pipeline = Pipeline(rig, header.session, guideline, header.devices, header.kind)
        self.comparison = Comparison()
        self.compressions: list[Compression] = []
        self.n_depth = 0
        self._from_pictures = from_pictures
        self._watch = watch
        self._first_ns: int | None = None

    def all(self, samples: Iterable[Sample]) -> None:
        """Take every sample of the recording, in its order."""
        for sample in samples:
            self._take(sample)
            if isinstance(sample, DepthFrame):
                self.n_depth += 1
                self._tell(sample)
        self._keep(self.pipeline.finish())

    def _take(self, sample: Sample) -> None:
        if isinstance(sample, Observation):
            self.comparison.recorded(sample)
            return
        if isinstance(sample, ColorFrame) and not self._from_pictures:
            return  # its markers come next
        for made in self._front.step(sample):
            if isinstance(made, Observation):
                self.comparison.now(made)
            self._keep(self.pipeline.step(made))

    def _keep(self, events: list[MetricsEvent]) -> None:
        self.compressions += [e for e in events if isinstance(e, Compression)]

    def _tell(self, frame: DepthFrame) -> None:
        if self._first_ns is None:
            self._first_ns = arrival_ns(frame)
        if self._watch is not None:
            self._watch((arrival_ns(frame) - self._first_ns) / 1e9, self.n_depth)


def _live_strokes(recording: Recording) -> list[tuple[int, float | None]]:
    return [(c["peak_ns"], c["depth_mm"]["value"]) for c in recording.results("compression")]
