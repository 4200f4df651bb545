"""What the mannequin's pose costs: amortised over the depth frames, and its worst steps.

Takes a number of seconds, gives `Timing`s of the whole pose path (markers, surface,
background, filter) at 60 depth and 5 colour frames a second, hands on the chest. Leaves
how a timing is told to `stopwatch`; the chest and the hands are timed elsewhere.
"""

from __future__ import annotations

import time

import cv2
import numpy as np

from mr.geometry.camera import Camera
from mr.rig import Rig
from mr.sim.camera import SimImager
from mr.sim.learner import make_script
from mr.sim.rig import make_sim_rig
from mr.tracking.mannequin import MannequinWatch
from mr.types import Arrival, ColorFrame, DepthFrame
from tests.bench.stopwatch import Timing

DEPTH_HZ, COLOR_HZ = 60, 5
N_RENDERED = 12


def pose_timings(rig: Rig, pass_s: float = 4.0) -> list[Timing]:
    """Time `MannequinWatch` on simulated frames; `rig` is the standard simulated rig's."""
    (camera_id,) = rig.cameras
    imager = SimImager(make_sim_rig(), make_script("demo", compressing_s=6.0, seed=1), seed=1)
    times = [4.0 + k / 30.0 for k in range(N_RENDERED)]
    depths = [imager.depth_counts(t) for t in times]
    pictures = [imager.bgr(t) for t in times[:3]]
    watch = MannequinWatch(rig, camera_id, Camera(rig.cameras[camera_id].depth))
    steps_ms, color_ms = [], []
    blur_s = 0.0
    n = int(pass_s * DEPTH_HZ)
    for k in range(n):
        t_ns = 10**9 + round(k * 1e9 / DEPTH_HZ)
        arrival = Arrival(f"cam_{camera_id}.depth", k, k, t_ns)
        frame = DepthFrame(arrival, camera_id, depths[k % N_RENDERED], 1e-4)
        start = time.process_time()
        if k % (DEPTH_HZ // COLOR_HZ) == 0:
            picture = pictures[(k // (DEPTH_HZ // COLOR_HZ)) % len(pictures)]
            watch.color(watch.look(ColorFrame(arrival, camera_id, picture)), t_ns)
            color_ms.append(1e3 * (time.process_time() - start))
        watch.depth(frame, t_ns)
        done = time.process_time()
        steps_ms.append(1e3 * (done - start))
        if k % 10 == 0:
            cv2.medianBlur(frame.depth_counts, 5)
            blur_s += time.process_time() - done
    baseline, blur_ms = "cv2.medianBlur(5) of a depth frame", 1e3 * blur_s / len(range(0, n, 10))
    unit = "ms a depth frame"
    rates = f"{DEPTH_HZ} depth and {COLOR_HZ} colour frames a second"
    # The first second has the first look of all in it: the search from where it was put down.
    usual = np.array(steps_ms[DEPTH_HZ:])
    return [
        Timing(f"mannequin pose, {rates}", unit, float(usual.mean()), baseline, blur_ms),
        Timing(
            "mannequin pose, p99 of a step",
            "ms",
            float(np.quantile(usual, 0.99)),
            baseline,
            blur_ms,
        ),
        Timing(
            "mannequin pose, of it a picture's markers",
            "ms a picture",
            float(np.mean(color_ms[1:])),
            baseline,
            blur_ms,
        ),
    ]
