"""What the rooms cost: each timing beside a baseline that was measured in the same run.

Takes nothing but a size, gives `Timing`s; nothing here is asserted, because machines
differ. Leaves how a timing is taken to `stopwatch`.
"""

from __future__ import annotations

import csv
import io
import json
import shutil
import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from functools import partial
from pathlib import Path

import cv2
import numpy as np

from mr.blocks import MannequinRun
from mr.cli.analyze import analyze_csv
from mr.cli.deliver import analysis_of_recording
from mr.cli.demo import calibrated_rig
from mr.cli.sources import SimSources
from mr.config import Mode, SessionConfig
from mr.recording.header import RecordingHeader
from mr.recording.reader import Recording, open_recording
from mr.recording.writer import RecordingWriter
from mr.rig import Rig
from mr.scoring.guideline import Guideline
from mr.scoring.profiles import load_guideline
from mr.session.offline import rerun
from mr.session.pipeline import Pipeline
from mr.session.processes import SessionPlan, run_fast
from mr.sim.camera import SimImager
from mr.sim.learner import make_script
from mr.sim.rig import make_sim_rig
from mr.tracking.tracker import CameraTracker
from mr.types import (
    Arrival,
    ClockExchange,
    ColorFrame,
    DepthFrame,
    MannequinFrame,
    Phase,
    Sample,
    Snapshot,
    Stamp,
)
from overlays.mirror import MirrorView
from overlays.primitives import Text
from overlays.render.panel import draw_panel
from overlays.scene import build_scene
from tests.bench.emulator import emulator_timings
from tests.bench.endurance import endurance_timings
from tests.bench.headset_frame import frame_timings
from tests.bench.link import link_timings
from tests.bench.pose import pose_timings
from tests.bench.sessions import GUIDELINE
from tests.bench.stopwatch import Timing, contest, seconds
from tests.bench.wire import time_wire
from tests.firmware.avr_board import SIMAVR_HEADER

LIVE_BLOCKS = (1, 3)
"""Samples between two snapshots at 200 Hz: as a live session publishes them, and as a fast one."""
US = 1e6


@dataclass(frozen=True, slots=True, eq=False)
class Material:
    """One short simulated session of the mannequin, which all timings share."""

    rig: Rig
    guideline: Guideline
    recording: Recording
    samples: tuple[Sample, ...]
    snapshot: Snapshot
    """Of a moment in the middle of compressing."""

    def pipeline(self, *, coached: bool = True) -> Pipeline:
        """Make a fresh pipeline for this session's samples."""
        header = self.recording.header
        return Pipeline(
            self.rig, header.session, self.guideline, header.devices, header.kind, coached=coached
        )


def make_material(folder: Path, compressing_s: float) -> Material:
    """Simulate the session that is timed."""
    path, rig, snapshots = folder / "material.mcap", calibrated_rig(1), []
    sources = SimSources("demo", Mode.HANDS_ONLY, compressing_s, 1, 30.0, 2.0, camera=False)
    config, guideline = SessionConfig(learner_id="learner-00000000"), load_guideline(GUIDELINE)
    plan = SessionPlan(sources, rig, config, guideline, path)
    run_fast(plan, snapshots.append, lambda _: None)
    recording = open_recording(path)
    pressed = [
        s
        for s in snapshots
        if s.phase is Phase.COMPRESSING and s.rate_cpm and (s.depth_mm or 0.0) > 30.0
    ]
    samples = tuple(recording.samples())
    return Material(rig, guideline, recording, samples, pressed[len(pressed) // 2])


Step = tuple[str, Callable[[], Sequence[Timing]]]


def steps(folder: Path, quick: bool) -> Iterator[Step]:
    """Give the timings one by one, each with its name, so that progress can be shown."""
    cv2.setNumThreads(1)
    material = make_material(folder, 6.0 if quick else 15.0)
    yield "pipeline", lambda: time_pipeline(material)
    yield "tracking", lambda: time_tracking(material, 5 if quick else 20)
    yield "mannequin pose", lambda: pose_timings(material.rig)
    yield "endurance", lambda: endurance_timings(500 if quick else 10_000)
    yield "wire", time_wire
    if shutil.which("gcc") and shutil.which("make"):
        yield "live link", lambda: link_timings(folder / "host", 2.0 if quick else 6.0)
    if shutil.which("avr-gcc") and SIMAVR_HEADER.exists():
        yield "emulator", lambda: emulator_timings(folder / "avr", 5.0 if quick else 60.0)
    yield "drawing", lambda: time_drawing(material)
    yield "headset frame", lambda: frame_timings(material.snapshot)
    yield "recording", lambda: time_recording(material, folder)
    for minutes in (0.5, 1.0) if quick else (2.0, 10.0):
        yield f"analyze {minutes:g} min", lambda m=minutes: time_analyze(material, folder, m)
    yield "analyze CSV", lambda: time_csv(folder, 1.0 if quick else 10.0)


def time_pipeline(material: Material) -> list[Timing]:
    """Time the fold over samples: live, a few at once with snapshots; and as review goes."""
    n_frames = sum(isinstance(s, MannequinFrame) for s in material.samples)
    runs = list(material.recording.blocks())

    def live(block: int) -> None:
        pipeline = material.pipeline()
        for k, sample in enumerate(material.samples):
            pipeline.step(sample)
            if k % block == block - 1:
                pipeline.snapshot(material.snapshot.t_ns)
        pipeline.finish()

    def review() -> None:
        pipeline = material.pipeline(coached=False)
        for item in runs:
            if isinstance(item, MannequinRun):
                pipeline.run(item)
            else:
                pipeline.step(item)
        pipeline.finish()

    def append_only() -> None:
        kept = []
        for sample in material.samples:
            kept.append(sample)

    return [
        contest(
            f"pipeline, {name}",
            "µs a mannequin sample",
            fold,
            "a loop that only appends",
            append_only,
            per=US / n_frames,
        )
        for name, fold in (
            *((f"live: a snapshot each {n} samples", partial(live, n)) for n in LIVE_BLOCKS),
            ("in review: runs of many, no advice", review),
        )
    ]


def time_tracking(material: Material, n: int) -> list[Timing]:
    """Time the camera's frames, hands on the chest."""
    imager = SimImager(make_sim_rig(), make_script("demo", Mode.HANDS_ONLY, 6.0, 1), seed=1)
    (camera_id,) = material.rig.cameras
    depths = [imager.depth_counts(4.0 + k / 30.0) for k in range(n)]
    bgr = imager.bgr(4.0)
    tracker, count = CameraTracker(material.rig, camera_id), iter(range(10**9))

    def arrived(stream: str) -> tuple[Arrival, Stamp]:
        k = next(count)
        t_ns = 10**9 + round(k * 1e9 / 30)
        return Arrival(f"cam_{camera_id}.{stream}", k, k, t_ns), Stamp(t_ns, 0)

    def track_depth() -> None:
        for counts in depths:
            arrival, stamp = arrived("depth")
            tracker.step(DepthFrame(arrival, camera_id, counts, 1e-4), stamp)

    def track_color() -> None:
        for _ in range(n):
            arrival, stamp = arrived("color")
            tracker.step(ColorFrame(arrival, camera_id, bgr), stamp)

    def blur() -> None:
        for counts in depths:
            cv2.medianBlur(counts, 5)

    size = f"{depths[0].shape[1]}×{depths[0].shape[0]}"
    baseline = "cv2.medianBlur(5) of a depth frame"
    return [
        contest(f"tracking, depth {size}", "ms a frame", track_depth, baseline, blur, per=1e3 / n),
        contest(f"tracking, colour {size}", "ms a frame", track_color, baseline, blur, per=1e3 / n),
    ]


def time_drawing(material: Material, n: int = 10) -> list[Timing]:
    """Time the panel and the mirror against a picture with OpenCV's text alone."""
    imager = SimImager(make_sim_rig(), make_script("demo", Mode.HANDS_ONLY, 6.0, 1), seed=1)
    (camera_id,) = material.rig.cameras
    bgr, view, snapshot = imager.bgr(4.0), MirrorView(material.rig), material.snapshot
    panel = build_scene(snapshot).panel
    texts = [item for item in panel.items if isinstance(item, Text)]

    def draw() -> None:
        for _ in range(n):
            draw_panel(build_scene(snapshot).panel)

    def mirror() -> None:
        for _ in range(n):
            view.draw(snapshot, (bgr, snapshot.world_from_mannequin, camera_id))

    def text_alone(height_px: int, width_px: int) -> Callable[[], None]:
        picture = cv2.resize(bgr, (width_px, height_px))

        def put() -> None:
            for _ in range(n):
                sheet = picture.copy()
                for item in texts:
                    at, scale = (int(item.x_px), int(item.y_px)), item.size_px / 30.0
                    cv2.putText(
                        sheet,
                        item.text,
                        at,
                        cv2.FONT_HERSHEY_SIMPLEX,
                        scale,
                        (255, 255, 255),
                        2,
                        cv2.LINE_AA,
                    )

        return put

    high, wide = view.draw(snapshot, (bgr, snapshot.world_from_mannequin, camera_id)).shape[:2]
    words = f"cv2.putText of its {len(texts)} texts on a picture of that size"
    return [
        contest(
            f"panel {panel.width_px}×{panel.height_px}",
            "ms a picture",
            draw,
            words,
            text_alone(panel.height_px, panel.width_px),
            per=1e3 / n,
        ),
        contest(
            f"mirror {wide}×{high}",
            "ms a picture",
            mirror,
            words,
            text_alone(high, wide),
            per=1e3 / n,
        ),
    ]


def time_recording(material: Material, folder: Path) -> list[Timing]:
    """Time writing and reading a recording against JSON text of the same samples."""
    samples, n = material.samples, len(material.samples)
    rows = [asdict(s) for s in samples]
    paths = (folder / f"written{k}.mcap" for k in range(100))

    def dump() -> None:
        for row in rows:
            json.dumps(row)

    baseline = "json.dumps of it"
    return [
        contest(
            "recording, write",
            "µs a sample",
            lambda: write_recording(next(paths), material, samples),
            baseline,
            dump,
            per=US / n,
        ),
        contest(
            "recording, read",
            "µs a sample",
            lambda: list(material.recording.samples()),
            baseline,
            dump,
            per=US / n,
        ),
    ]


def write_recording(path: Path, material: Material, samples: Sequence[Sample]) -> None:
    """Write samples with the material's head."""
    header: RecordingHeader = material.recording.header
    with RecordingWriter(path, header, material.rig) as writer:
        for sample in samples:
            writer.write(sample)


def time_analyze(material: Material, folder: Path, minutes: float) -> list[Timing]:
    """Time the analysis of a long recording against reading it alone, per hour of signal."""
    path = folder / f"long{minutes:g}.mcap"
    samples, long_s = lengthened(material.samples, minutes * 60.0)
    write_recording(path, material, samples)
    recording, per_hour = open_recording(path), 3600.0 / long_s

    def read_alone() -> None:
        for _ in recording.samples():
            pass

    return [
        Timing(
            f"analyze, from a recording of {long_s / 60.0:.1f} min",
            "s an hour of signal",
            seconds(lambda: analysis_of_recording(rerun(path))) * per_hour,
            "reading its samples alone",
            seconds(read_alone) * per_hour,
        )
    ]


def lengthened(samples: Sequence[Sample], at_least_s: float) -> tuple[list[Sample], float]:
    """Repeat the mannequin's samples, moved on in time; gives them and their length in s."""
    own = [s for s in samples if isinstance(s, MannequinFrame | ClockExchange)]
    frames = [s for s in own if isinstance(s, MannequinFrame)]
    first, last = frames[0].arrival, frames[-1].arrival
    step_ticks = (last.device_ticks - first.device_ticks) * len(frames) // (len(frames) - 1)
    # The device's clock is some tens of ppm off, which a seam must not show as a jump.
    step_ns = (last.arrival_ns - first.arrival_ns) * len(frames) // (len(frames) - 1)
    times = int(-(-at_least_s * 1e9 // step_ns))
    long = [moved(s, k, step_ticks, step_ns, len(frames)) for k in range(times) for s in own]
    return long, times * step_ns / 1e9


def moved(
    sample: MannequinFrame | ClockExchange, k: int, step_ticks: int, step_ns: int, step_n: int
) -> Sample:
    """Give the same sample `k` steps later."""
    a = sample.arrival
    arrival = replace(
        a,
        seq=a.seq + k * step_n,
        device_ticks=a.device_ticks + k * step_ticks,
        arrival_ns=a.arrival_ns + k * step_ns,
    )
    if isinstance(sample, MannequinFrame):
        return replace(sample, arrival=arrival)
    return replace(
        sample,
        arrival=arrival,
        sent_ns=sample.sent_ns + k * step_ns,
        device_rx_ticks=sample.device_rx_ticks + k * step_ticks,
        device_tx_ticks=sample.device_tx_ticks + k * step_ticks,
    )


def time_csv(folder: Path, minutes: float) -> list[Timing]:
    """Time the analysis of a CSV at 100 Hz against Python's reader alone."""
    t_s = np.arange(0.0, minutes * 60.0, 0.01)
    depth_mm = 27.5 * (1.0 - np.cos(2 * np.pi * 110.0 / 60.0 * t_s))
    rows = "\n".join(f"{t:.3f},{d:.3f}" for t, d in zip(t_s, depth_mm, strict=True))
    path, per_hour = folder / "motion.csv", 60.0 / minutes
    path.write_text(f"t_s,depth_mm\n{rows}\n", encoding="utf-8")

    def read_alone() -> None:
        for t, d in list(csv.reader(io.StringIO(path.read_text(encoding="utf-8"))))[1:]:
            float(t), float(d)

    return [
        Timing(
            f"analyze, from a CSV of {minutes:g} min at 100 Hz",
            "s an hour of signal",
            seconds(lambda: analyze_csv(path, GUIDELINE, Mode.HANDS_ONLY)) * per_hour,
            "csv.reader and float() alone",
            seconds(read_alone) * per_hour,
        )
    ]


def run_all(quick: bool, progress: Callable[[str], None]) -> list[Timing]:
    """Take all timings, naming each before it begins."""
    timings: list[Timing] = []
    with tempfile.TemporaryDirectory() as folder:
        for name, take in steps(Path(folder), quick):
            progress(name)
            timings += take()
    return timings
