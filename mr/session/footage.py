"""A recording as it was on the screen: a snapshot and a picture at equal steps of its own time.

Takes a recording, gives `Moment`s out of the pipeline of the live run: each knows what had
arrived by its instant, and nothing that came later. Leaves drawing them to the views.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from fractions import Fraction

from mr.errors import RecordingError
from mr.recording.layouts import arrival_ns
from mr.recording.reader import Recording
from mr.session.offline import recorded_guideline
from mr.session.pipeline import Pipeline
from mr.session.shared import Picture
from mr.session.showing import Shown
from mr.types import DepthFrame, Snapshot, SourceKind

LAST_S = 2.0
"""The last moment stays for so long: the last words are for reading."""


@dataclass(frozen=True, slots=True, eq=False)
class Moment:
    """One step of a recording's time."""

    t_ns: int
    since_s: float
    """Since the recording's first sample."""
    snapshot: Snapshot
    picture: Picture | None
    """The newest one that was kept, of the camera that was shown; None: none so far."""


def footage(
    recording: Recording, frames_hz: int, guideline_name: str | None = None
) -> Iterator[Moment]:
    """Give a recording's moments, `frames_hz` a second, from its first sample to its end.

    Moment k is at k/`frames_hz` s after the first sample arrived. The last one comes again for
    `LAST_S`. What was live then is a replay now, and its snapshots say so.

    Raises
    ------
    RecordingError
        When it cannot be read or holds no samples.
    """
    header = recording.header
    guideline = recorded_guideline(header, guideline_name)
    pipeline = Pipeline(recording.rig, header.session, guideline, header.devices, header.kind)
    shown, picture = Shown(), None
    step_ns, k = Fraction(1_000_000_000, frames_hz), 0
    first_ns: int | None = None

    def moment(t_ns: int) -> Moment:
        assert first_ns is not None
        snapshot = _replayed(pipeline.snapshot(t_ns))
        return Moment(t_ns, (t_ns - first_ns) / 1e9, snapshot, picture)

    newest_ns = 0
    for sample in recording.samples(without={DepthFrame}):
        at_ns = arrival_ns(sample)
        if first_ns is None:
            first_ns = newest_ns = at_ns
        # An observation may carry an older picture's arrival: time does not go back for it.
        newest_ns = max(newest_ns, at_ns)
        while (t_ns := first_ns + round(k * step_ns)) < newest_ns:
            yield moment(t_ns)
            k += 1
        pipeline.step(sample)
        picture = shown.choose((sample,)) or picture
    if first_ns is None:
        raise RecordingError(f"{recording.path}: this recording holds no samples: record again")
    pipeline.finish()
    last = moment(newest_ns)
    for _ in range(round(LAST_S * frames_hz)):
        yield last


def _replayed(snapshot: Snapshot) -> Snapshot:
    """Call what was live then a replay, of the session and of each stream."""
    kinds: dict[SourceKind, SourceKind] = {"live": "replay"}
    health = tuple(replace(h, kind=kinds.get(h.kind, h.kind)) for h in snapshot.health)
    return replace(snapshot, kind=kinds.get(snapshot.kind, snapshot.kind), health=health)
