"""The capture of compressions: how many, how deep, how uneven, seen by whom.

Takes the samples of a session's front end one at a time, gives words for who compresses;
leaves measuring to `calibration.together`.
"""

from __future__ import annotations

from collections import Counter

import numpy as np

from calibration.guide import Progress, Verdict
from calibration.together.motion import MIN_STROKE_M
from mr.rig import MannequinCalibration
from mr.types import ChestObservation, ColorFrame, DepthFrame, DeviceInfo, MannequinFrame, Sample

BARE_LOOKS = 10
"""The chest without hands first: where it lies at rest."""
WANTED = 24
"""Compressions: ten tell latency and gain, and twice as many halve what a camera errs by."""
WANTED_LOOKS = 200
"""Of each camera with hands on the chest."""
UNEVEN = 0.02
"""Relative spread of the periods, before it is worth measuring: `calibration.together.clocks`
itself refuses what is too regular."""
LAST_S = 0.15
"""After the last release what cameras saw of it is still on its way."""
WAITING_HZ, PRESSING_HZ, MOST_FRAMES = 5.0, 20.0, 1500
"""Of depth pictures, which weigh 0.8 MB each, so many are kept of a camera: who waits for a
minute, or sees 90 a second, must not fill the memory. A bare chest needs few."""
UP_SHARE, DOWN_SHARE = 0.25, 0.6

MotionSample = Sample | DeviceInfo
"""What devices said; and first, who the mannequin is."""


class CompressingGuide:
    """Guides a technician's compressions.

    Parameters
    ----------
    mannequin
        With its chest's curve.
    camera_ids
        Who else is to see them.
    """

    def __init__(self, mannequin: MannequinCalibration, camera_ids: tuple[str, ...]) -> None:
        self._curve = mannequin.chest_depth_m
        self._cameras = camera_ids
        self.samples: list[MotionSample] = []
        self._bare: Counter[str] = Counter()
        self._on: Counter[str] = Counter()
        self._framed_ns: dict[str, int] = {}
        self._n_frames: Counter[str] = Counter()
        self._down = False
        self._deepest_m = 0.0
        self._presses_ns: list[int] = []
        self._depths_m: list[float] = []
        self._now_ns = self._released_ns = 0

    def offer(self, sample: MotionSample) -> Verdict:
        """Take every sample: a hole would be taken for a lost device.

        Of the pictures those are kept that are needed.
        """
        if self._is_needed(sample):
            self.samples.append(sample)
        if isinstance(sample, MannequinFrame):
            self._now_ns = sample.arrival.arrival_ns
            self._follow(float(self._curve(sample.chest_counts)))
        elif isinstance(sample, ChestObservation) and sample.surface_z_m is not None:
            (self._on if sample.hands == "on" else self._bare)[sample.camera_id] += 1
        return Verdict(True)

    def _is_needed(self, sample: MotionSample) -> bool:
        if isinstance(sample, ColorFrame):
            return False  # what was seen in it comes after it
        if not isinstance(sample, DepthFrame):
            return True
        camera_id, at_ns = sample.camera_id, sample.arrival.arrival_ns
        hz = PRESSING_HZ if self._presses_ns else WAITING_HZ
        last_ns = self._framed_ns.get(camera_id)
        # A little early is on time: cameras are not as regular as their rate.
        early = last_ns is not None and at_ns - last_ns < 0.8e9 / hz
        if early or self._n_frames[camera_id] >= MOST_FRAMES:
            return False
        self._framed_ns[camera_id] = at_ns
        self._n_frames[camera_id] += 1
        return True

    def _follow(self, depth_m: float) -> None:
        """Count a compression when the chest comes up again."""
        if not self._down and depth_m > DOWN_SHARE * MIN_STROKE_M * 2:
            self._down, self._deepest_m = True, depth_m
            self._presses_ns.append(self._now_ns)
        elif self._down:
            self._deepest_m = max(self._deepest_m, depth_m)
            if depth_m < UP_SHARE * self._deepest_m:
                self._down, self._released_ns = False, self._now_ns
                self._depths_m.append(self._deepest_m)

    @property
    def progress(self) -> Progress:
        """How far it is."""
        n = len(self._depths_m)
        looks = min((self._on[c] for c in self._cameras), default=WANTED_LOOKS)
        bare = min((self._bare[c] for c in self._cameras), default=BARE_LOOKS)
        parts = (bare / BARE_LOOKS, n / WANTED, looks / WANTED_LOOKS)
        done = min(parts) >= 1.0 and self._is_uneven() and not self._down
        done = done and self._now_ns - self._released_ns > LAST_S * 1e9
        share = float(np.mean(np.minimum(parts, 1.0)))
        return Progress(1.0 if done else min(share, 0.99), done, self._next(bare), n, self._deep())

    def _next(self, bare: int) -> str:
        if bare < BARE_LOOKS and not self._presses_ns:
            return "keep everything away from the chest, in the cameras' sight"
        if not self._presses_ns:
            return "lay both hands on the chest, hold still for a second, then compress"
        n = len(self._depths_m)
        if n >= WANTED and not self._is_uneven():
            return "too regular: go on, now faster, now slower"
        hidden = [c for c in self._cameras if self._on[c] < WANTED_LOOKS]
        if n >= WANTED and hidden:
            return f"go on: camera {hidden[0]} does not see the hands well; lean out of its way"
        if n >= WANTED:
            return "enough: hands off"
        return f"compress as deep as in training, unevenly: {n} of {WANTED}"

    def _is_uneven(self) -> bool:
        periods = np.diff(self._presses_ns[-WANTED:])
        return len(periods) >= 4 and bool(np.std(periods) > UNEVEN * np.mean(periods))

    def _deep(self) -> str:
        if not self._depths_m:
            return ""
        return f"{1e3 * float(np.mean(self._depths_m)):.0f} mm deep"
