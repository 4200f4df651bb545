"""Sessions of other systems, judged like our own.

Takes what `mr.recording` read of a CSV or a SimPad file, gives an `Outcome`. A CSV's motion
goes through the same metrics as a live one; a SimPad file holds compressions already, and
what it does not hold is unknown, with the reason.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator

from mr.blocks import ChestBlock
from mr.config import Mode
from mr.errors import AnalysisError
from mr.metrics.config import MetricsConfig
from mr.metrics.strokes import FIRST
from mr.recording.csv_motion import CsvMotion
from mr.recording.simpad import SimPadCompression, SimPadSession
from mr.scoring.guideline import Guideline
from mr.session.outcome import Outcome, judge, judge_motion, metrics_config
from mr.types import Compression, Measured, Pause

NO_CURVE = "SimPad files hold no curve of the motion"
NO_FORCE = "SimPad files hold no force"
NO_PLACE = "SimPad files say whether the hands were misplaced, not where they were"
NOT_GIVEN = "the SimPad file does not give it"


def judge_csv(
    motion: CsvMotion,
    guideline: Guideline,
    mode: Mode,
    blocks: Iterable[ChestBlock] | None = None,
    rescuers: int = 1,
) -> Outcome:
    """Judge a CSV's motion; without a scale, depth and recoil stay unknown.

    `blocks` are its own, where the caller watches them go by.
    """
    config = metrics_config(guideline)
    if not motion.calibrated:
        try:
            config = MetricsConfig.for_uncalibrated(motion.depth, config.pause_threshold_s)
        except AnalysisError as error:
            raise AnalysisError(f"{motion.path}: {error}") from error
    moving = motion.blocks() if blocks is None else blocks
    return judge_motion(moving, config, guideline, mode, "replay", rescuers)


def judge_simpad(
    session: SimPadSession, guideline: Guideline, mode: Mode, rescuers: int = 1
) -> Outcome:
    """Judge the compressions that a SimPad found, from the first onset to the last release."""
    threshold_ns = round(1e9 * guideline.definitions.pause_threshold_s)
    compressions = list(_compressions(session, threshold_ns))
    pauses = [
        Pause(a.release_ns, b.onset_ns, "unknown")
        for a, b in itertools.pairwise(compressions)
        if b.onset_ns - a.release_ns >= threshold_ns
    ]
    start_ns = compressions[0].onset_ns if compressions else 0
    end_ns = max((c.release_ns for c in compressions), default=0)
    profile = guideline.for_chest(None)
    return judge(
        [*compressions, *pauses], start_ns, end_ns, profile, mode, "replay", rescuers=rescuers
    )


def _compressions(session: SimPadSession, threshold_ns: int) -> Iterator[Compression]:
    before: Compression | None = None
    for k, (told, peak_s) in enumerate(zip(session.compressions, session.peaks_s, strict=True)):
        onset_ns, peak_ns = _ns(told.start_s), _ns(peak_s)
        rate_cpm = Measured.unknown(FIRST)
        if before is not None and onset_ns - before.release_ns < threshold_ns:
            rate_cpm = Measured(60e9 / (peak_ns - before.peak_ns))
        before = _compression(k, told, onset_ns, peak_ns, rate_cpm)
        yield before


def _compression(
    index: int, told: SimPadCompression, onset_ns: int, peak_ns: int, rate_cpm: Measured
) -> Compression:
    no_curve, no_place = Measured.unknown(NO_CURVE), Measured.unknown(NO_PLACE)
    return Compression(
        index=index,
        onset_ns=onset_ns,
        peak_ns=peak_ns,
        release_ns=_ns(told.end_s),
        depth_mm=_measured(told.depth_mm),
        release_depth_mm=_measured(told.release_depth_mm),
        rate_cpm=rate_cpm,
        duty_cycle=no_curve,
        release_velocity_mm_s=no_curve,
        force_peak_n=Measured.unknown(NO_FORCE),
        hand_offset_mm=(no_place, no_place),
    )


def _measured(value: float | None) -> Measured:
    """How sure a SimPad is of its numbers, it does not say: no sigma."""
    return Measured.unknown(NOT_GIVEN) if value is None else Measured(value)


def _ns(t_s: float) -> int:
    return round(t_s * 1e9)
