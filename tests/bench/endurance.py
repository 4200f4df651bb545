"""What a camera's whole path costs over 10,000 frames, and whether its memory stays flat.

Takes a number of frames, gives `Timing`s from the arrival of a frame to the snapshot that
shows it: clock, markers, pose, hands, chest, fusion, metrics, scoring. One scene's film is
played over and over, with depth at 60 Hz and each picture told five times a second, so that
the tracker sees contact, compressions and hands off again each 20 s. Leaves how a timing is
told to `stopwatch`.
"""

from __future__ import annotations

import itertools
import os
import time
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np

from mr.clock.host import SteppedClock
from mr.config import SessionConfig
from mr.scoring.profiles import load_guideline
from mr.session.front import FrontEnd
from mr.session.pipeline import Pipeline
from mr.types import ColorFrame, DepthFrame, SessionEvent
from tests.bench.scenes import (
    DEPTH_HZ,
    GUIDELINE,
    Scene,
    calibrate,
    film_store,
    imager,
    merged,
    one_camera,
    scenes,
)
from tests.bench.stopwatch import Timing

SETTLED_SHARE = 0.2
"""Of the frames: buffers are filled and libraries loaded by then."""
PICTURES_HZ = 5
STATM = Path("/proc/self/statm")
"""Linux alone tells a process's memory so; elsewhere that line is left out."""


def endurance_timings(n_frames: int) -> list[Timing]:
    """Run frames through the whole path of one camera."""
    scene = scenes()[4]
    rig = calibrate(scene)
    rig = rig.model_copy(update={"cameras": {"a": rig.cameras["a"]}})
    info = one_camera(scene, scene.rigs()["a"], SteppedClock(), None).info
    front = FrontEnd(rig, [info])
    config = SessionConfig(learner_id="learner-00000000")
    pipeline = Pipeline(rig, config, load_guideline(GUIDELINE), [info], "sim")
    pipeline.step(SessionEvent(SteppedClock()(), "open"))
    depth_ms, color_ms = np.zeros(n_frames), []
    blur_s, n_blurred, n, settled_kib = 0.0, 0, 0, 0.0
    for frame in played(scene):
        start = time.process_time()
        for sample in front.step(frame)[1:]:
            pipeline.step(sample)
        pipeline.snapshot(frame.arrival.arrival_ns)
        done = time.process_time()
        if isinstance(frame, ColorFrame):
            color_ms.append(1e3 * (done - start))
            continue
        depth_ms[n] = 1e3 * (done - start)
        n += 1
        if n % 50 == 0:
            cv2.medianBlur(frame.depth_counts, 5)
            blur_s, n_blurred = blur_s + time.process_time() - done, n_blurred + 1
        if n == round(SETTLED_SHARE * n_frames):
            settled_kib = resident_kib()
        if n == n_frames:
            break
    grown_mib, settled_mib = (resident_kib() - settled_kib) / 1024, settled_kib / 1024
    what = ("… memory grown since a fifth of it", "MiB")
    memory = [Timing(*what, grown_mib, "all of the process's then", settled_mib)]
    if not STATM.exists():
        memory = []
    baseline, blur_ms = "cv2.medianBlur(5) of a depth frame", 1e3 * blur_s / n_blurred
    whole = np.concatenate([depth_ms, color_ms])
    path = f"camera's whole path, {n} depth frames with {len(color_ms)} pictures"
    return [
        Timing(f"{path}: mean", "ms a depth frame", whole.sum() / n, baseline, blur_ms),
        Timing("… of it a depth frame", "ms", float(depth_ms.mean()), baseline, blur_ms),
        Timing(
            "… p99 of a depth frame", "ms", float(np.quantile(depth_ms, 0.99)), baseline, blur_ms
        ),
        Timing("… p99 of any frame", "ms", float(np.quantile(whole, 0.99)), baseline, blur_ms),
        Timing("… worst of any frame", "ms", float(whole.max()), baseline, blur_ms),
        *memory,
    ]


def resident_kib() -> float:
    """Tell the memory that this process holds; 0 where the system does not."""
    if not STATM.exists():
        return 0.0
    return int(STATM.read_text(encoding="ascii").split()[1]) * os.sysconf("SC_PAGE_SIZE") / 1024


def played(scene: Scene) -> Iterator[DepthFrame | ColorFrame]:
    """Give one camera's frames for ever: the film again and again, its clock going on."""
    sim, script = scene.rigs()["a"], scene.script()
    turn_s = script.duration_s + 1.0
    for turn in itertools.count():
        picture: ColorFrame | None = None
        pictured_ns = 0
        with ExitStack() as films:
            now = SteppedClock()
            camera = one_camera(scene, sim, now, imager(scene, sim, 0, film_store(), films))
            later_ticks = camera.clock.ticks(turn * turn_s) - camera.clock.ticks(0.0)
            for frame in merged([camera], now, now() + round(turn_s * 1e9)):
                if isinstance(frame, ColorFrame):
                    picture = frame
                if not isinstance(frame, DepthFrame):
                    continue
                told = frame.arrival
                at = replace(
                    told,
                    seq=told.seq + turn * round(turn_s * DEPTH_HZ),
                    device_ticks=told.device_ticks + later_ticks,
                    arrival_ns=told.arrival_ns + round(turn * turn_s * 1e9),
                )
                yield replace(frame, arrival=at)
                if picture is not None and at.arrival_ns - pictured_ns > 1e9 / PICTURES_HZ:
                    pictured_ns = at.arrival_ns
                    yield replace(picture, arrival=replace(at, stream=picture.arrival.stream))
