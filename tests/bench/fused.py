"""Mannequin and camera together, and each of them lost for a while: the scenes once more.

Takes the cameras' observations of a filmed scene, adds the mannequin of the same script through
its port and its converter, lets the pipeline measure; gives `FusedErrors`. Leaves filming to
`scenes`, comparing one session to `accuracy`, and tables to `fused_figures`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace
from functools import partial

import numpy as np

from mr.clock.host import SteppedClock
from mr.config import SessionConfig
from mr.devices.mannequin.source import MannequinSource
from mr.fusion.diary import Diary
from mr.rig import Curve, Rig
from mr.scoring.profiles import load_guideline
from mr.session.outcome import Outcome
from mr.session.pipeline import Pipeline
from mr.session.smoothed import smoothed_session
from mr.sim.film import FilmStore
from mr.sim.mannequin import SimMannequinPort
from mr.sim.plant import Plant
from mr.sim.script import CompressionTruth
from mr.types import (
    ChestObservation,
    ClockExchange,
    Compression,
    DeviceInfo,
    FloatArray,
    MannequinFrame,
    Sample,
    SessionEvent,
)
from tests.bench.accuracy import NO_FAULT, Errors, Fault, compare, match
from tests.bench.scenes import GUIDELINE, Filmed, Scene, calibrate, film
from tests.bench.workbench import seated

SILENT_S = 5.0
DISAGREE = 1.07
LATE_S = 0.020
TICK_PPM = 35.0
STEP_NS = 2_000_000
EDGE_S = 0.5
"""A step is what the error's mean over so long after an edge differs by from before it."""
OF_MANNEQUIN = (MannequinFrame, ClockExchange)


Said = dict[str, int]
"""What was said of the streams that are to be calibrated anew, and after how many compressions."""


@dataclass(frozen=True, slots=True, eq=False)
class Session:
    """A scene with its mannequin: all samples in order of arrival."""

    filmed: Filmed
    infos: Sequence[DeviceInfo]
    samples: Sequence[Sample]

    @property
    def silent_ns(self) -> tuple[int, int]:
        """Tell from when to when a source is taken away: amid the compressions."""
        plan = self.filmed.scene.script().compressions
        middle_s = 0.5 * (plan[0].onset_s + plan[-1].release_s)
        start_ns = self.filmed.start_ns + round(1e9 * (middle_s - 0.5 * SILENT_S))
        return start_ns, start_ns + round(1e9 * SILENT_S)


@dataclass(frozen=True, slots=True, eq=False)
class Run:
    """What the pipeline made of some samples."""

    outcome: Outcome
    smoothed: Outcome | None
    t_s: FloatArray
    depth_mm: FloatArray
    said: Said


@dataclass(frozen=True, slots=True, eq=False)
class Silence:
    """What a camera alone made of the mannequin's silence."""

    depth: FloatArray
    """(n, 2) of the compressions in it: error and claimed sigma, mm."""
    smoothed: FloatArray
    """The same of the smoothed motion."""
    n_true: int
    n_extra: int
    steps_mm: FloatArray
    """(2,): by how much the fused motion's error changes at either edge."""
    said: Said


@dataclass(frozen=True, slots=True, eq=False)
class FusedErrors:
    """One scene's errors with mannequin and one camera; pickles between processes."""

    scene: Scene
    errors: Errors
    deeper: Errors
    dropped: Errors
    silent: Silence
    silent_late: Silence
    """The rig believes in a lag that is 20 ms off."""
    untaught: Silence
    """The control: the same rig with cameras that the mannequin never taught."""
    blind_same: bool
    """Whether five seconds without the camera change any depth, release or rate, to the bit."""
    lag_ms: float
    """Found beyond the calibrated one, in a rig that believes in one 20 ms too small."""
    said: dict[str, Said]
    """By whose scale is 7 % off, and who is there."""


def see_together(scene: Scene, store: FilmStore | None = None) -> FusedErrors:
    """Film a scene, or play its film, and measure it with its mannequin."""
    return measure(with_mannequin(film(scene, calibrate(scene), store)))


def with_mannequin(filmed: Filmed) -> Session:
    """Add the mannequin: the script's motion through converter, firmware, wire and port.

    Its chest was calibrated by gauge blocks that are off as they are said to be.
    """
    scene, now = filmed.scene, SteppedClock(filmed.start_ns)
    filmed = replace(filmed, rig=seated(filmed.rig, scene.seed))
    serial = filmed.rig.mannequin.serial if filmed.rig.mannequin else "SIM-0001"
    port = SimMannequinPort(
        Plant(scene.script(), scene.seed), now, serial=serial, tick_ppm=TICK_PPM
    )
    heard: list[Sample] = []
    with MannequinSource(port, now, kind="sim") as source:
        while now() < filmed.end_ns:
            now.advance(STEP_NS)
            heard += source.poll()
        info = source.info
    # A stable sort: what arrived at the same instant stays in its order.
    samples = sorted([*heard, *filmed.samples], key=lambda s: s.arrival.arrival_ns)
    return Session(filmed, [info, *filmed.infos], samples)


def run(
    session: Session,
    cameras: Collection[str] = "a",
    rig: Rig | None = None,
    keep: Callable[[Sample], bool] = lambda _: True,
    *,
    smoothly: bool = False,
) -> Run:
    """Let the pipeline measure with the mannequin and some of the cameras."""
    filmed = session.filmed
    names = {f"cam_{key}" for key in cameras}
    infos = [
        info
        for info in session.infos
        if info.streams[0].name.split(".")[0] in {"mannequin", *names}
    ]
    whole = rig or filmed.rig
    rig = whole.model_copy(update={"cameras": {key: whole.cameras[key] for key in cameras}})
    config = SessionConfig(learner_id="learner-00000000")
    diary = Diary() if smoothly else None
    pipeline = Pipeline(rig, config, load_guideline(GUIDELINE), infos, "sim", diary)
    pipeline.step(SessionEvent(filmed.start_ns, "open"))
    said: Said = {}
    n = 0
    for sample in session.samples:
        stream = sample.arrival.stream.split(".")[0]
        if stream not in {"mannequin", *names} or not keep(sample):
            continue
        done = [e for e in pipeline.step(sample) if isinstance(e, Compression)]
        n += len(done)
        if not done:
            continue
        for health in pipeline.snapshot(sample.arrival.arrival_ns).health:
            for words in re.findall(r"[^;]*recalibrate", health.why):
                said.setdefault(f"{health.stream}: {words.strip()}", n)
    pipeline.step(SessionEvent(filmed.end_ns, "stop"))
    pipeline.finish()
    trace, outcome = pipeline.trace(), pipeline.outcome()
    t_s = trace.t_s + (outcome.start_ns - filmed.start_ns) * 1e-9
    late = None if diary is None else smoothed_session(pipeline, diary, rig).outcome
    return Run(outcome, late, t_s, trace.depth_mm, said)


def silence(session: Session, rig: Rig | None = None, taught: bool = True) -> Silence:
    """Take the mannequin away for five seconds; untaught: from the beginning."""
    from_ns, to_ns = session.silent_ns
    begins_ns = from_ns if taught else 0

    def keep(sample: Sample) -> bool:
        return not (
            isinstance(sample, OF_MANNEQUIN) and begins_ns <= sample.arrival.arrival_ns < to_ns
        )

    found = run(session, "a", rig, keep, smoothly=True)
    assert found.smoothed is not None
    filmed, script = session.filmed, session.filmed.scene.script()
    from_s, to_s = ((t_ns - filmed.start_ns) * 1e-9 for t_ns in (from_ns, to_ns))
    true = [c for c in script.truth().compressions if from_s < c.peak_s < to_s]
    peaks_s = [(c.peak_ns - filmed.start_ns) * 1e-9 for c in found.outcome.compressions]
    within = [t_s for t_s in peaks_s if true[0].onset_s < t_s < true[-1].release_s]
    live, smoothed = (
        _depth_errors(true, o, filmed.start_ns) for o in (found.outcome, found.smoothed)
    )
    error_mm = found.depth_mm - 1e3 * script.chest_depth_m(found.t_s)

    def step_mm(at_s: float) -> float:
        before = (found.t_s > at_s - EDGE_S) & (found.t_s < at_s)
        after = (found.t_s > at_s) & (found.t_s < at_s + EDGE_S)
        return float(error_mm[after].mean() - error_mm[before].mean())

    return Silence(
        live,
        smoothed,
        len(true),
        len(within) - len(live),
        np.array([step_mm(from_s), step_mm(to_s)]),
        found.said,
    )


def _depth_errors(true: Sequence[CompressionTruth], outcome: Outcome, start_ns: int) -> FloatArray:
    """Give error and claimed sigma (mm) of those that were measured with a depth."""
    peaks_s = [(c.peak_ns - start_ns) * 1e-9 for c in outcome.compressions]
    rows = [
        (depth.value - true[i].depth_mm, depth.sigma)
        for i, j in match([c.peak_s for c in true], peaks_s)
        if (depth := outcome.compressions[j].depth_mm).value is not None
    ]
    return np.array(rows, dtype=np.float64).reshape(-1, 2)


def shallower(rig: Rig) -> Rig:
    """Give the rig whose mannequin measures 7 % less than it did."""
    assert rig.mannequin is not None
    curve = rig.mannequin.chest_depth_m
    less = Curve(
        counts=curve.counts, values=tuple(v / DISAGREE for v in curve.values), sigma=curve.sigma
    )
    mannequin = rig.mannequin.model_copy(update={"chest_depth_m": less})
    return rig.model_copy(update={"mannequin": mannequin})


def later(rig: Rig) -> Rig:
    """Give the rig that believes its cameras to be 20 ms earlier than they are."""
    cameras = {
        key: camera.model_copy(update={"latency_s": camera.latency_s - LATE_S})
        for key, camera in rig.cameras.items()
    }
    return rig.model_copy(update={"cameras": cameras})


def magnified(session: Session, camera_id: str) -> Session:
    """Give the session in which one camera's heights are 7 % too large."""

    def through(sample: Sample) -> Sample:
        if not isinstance(sample, ChestObservation) or sample.camera_id != camera_id:
            return sample
        z_m, beside_m = sample.surface_z_m, sample.beside_depth_m
        return replace(
            sample,
            surface_z_m=None if z_m is None else DISAGREE * z_m,
            beside_depth_m=None if beside_m is None else DISAGREE * beside_m,
        )

    return replace(session, samples=[through(s) for s in session.samples])


def measure(session: Session) -> FusedErrors:
    """Measure one session whole, in part, and with faults put in."""
    filmed = session.filmed
    rig, script, start_ns = filmed.rig, filmed.scene.script(), filmed.start_ns
    from_ns, to_ns = session.silent_ns
    whole = run(session)
    blind = run(
        session,
        keep=lambda s: isinstance(s, OF_MANNEQUIN) or not from_ns <= s.arrival.arrival_ns < to_ns,
    )

    def errors(fault: Fault) -> Errors:
        return compare(script, start_ns, whole.outcome, fault)

    late = silence(session, later(rig))
    only_cameras = partial(run, cameras="ab", keep=lambda s: not isinstance(s, OF_MANNEQUIN))
    return FusedErrors(
        scene=filmed.scene,
        errors=errors(NO_FAULT),
        deeper=errors(Fault(deeper_mm=5.0)),
        dropped=errors(Fault(drop=True)),
        silent=silence(session),
        silent_late=late,
        untaught=silence(session, later(rig), taught=False),
        blind_same=_numbers(whole.outcome) == _numbers(blind.outcome),
        lag_ms=_lag_ms(late.said),
        said={
            "nothing, mannequin and one camera": whole.said,
            "nothing, mannequin and two cameras": run(session, "ab").said,
            "nothing, two cameras": only_cameras(session).said,
            "mannequin, it and one camera": run(session, "a", shallower(rig)).said,
            "mannequin, it and two cameras": run(session, "ab", shallower(rig)).said,
            "camera a, two cameras": only_cameras(magnified(session, "a")).said,
        },
    )


def _lag_ms(said: Said) -> float:
    """Tell by how much later than calibrated the camera was said to be."""
    _, found, rest = " ".join(said).partition("pictures come ")
    return float(rest.split()[0]) if found else 0.0


def _numbers(outcome: Outcome) -> list[tuple[object, ...]]:
    return [(c.depth_mm, c.release_depth_mm, c.rate_cpm, c.peak_ns) for c in outcome.compressions]
