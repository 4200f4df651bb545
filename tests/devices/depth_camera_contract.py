"""What every depth camera must do, whoever made it: one body for all of them.

``violations(camera, go_on)`` gives what is wrong, in words; an empty list is a camera that
a session can use. Run it on a new maker's camera before anything else.
"""

from __future__ import annotations

import itertools
from collections import defaultdict
from collections.abc import Callable
from typing import Any

import numpy as np

from mr.devices.depth_camera import Complaint, DepthCamera
from mr.errors import CalibrationError
from mr.types import ColorFrame, DepthFrame, Device, EndOfStream

FRAMES = 40


def violations(
    camera: Any, go_on: Callable[[], None], *, simulated: bool = False, frames: int = FRAMES
) -> list[str]:
    """Open a camera, take some frames, close it; tell what it did wrong.

    Parameters
    ----------
    camera
        Not yet open, with an id of its rig.
    go_on
        Called when it gave nothing: lets time go on, or a virtual camera take a frame.
    simulated
        The simulator's holds nothing open, and its factory is not asked for a calibration.
    """
    wrong = [] if simulated else _closed(camera)
    with camera:
        if not isinstance(camera, Device if simulated else DepthCamera):
            return [*wrong, "it is no DepthCamera: a method is missing"]
        wrong += _streams(camera)
        samples, ended = _take(camera, go_on, frames)
        if len(samples) < min(frames, 2):
            wrong.append("it gives no frames")
        wrong += _order(camera, samples) + _pixels(samples)
        if not simulated:
            wrong += _calibration(camera, samples) + _complaints(camera)
        if ended and not _ends(camera):
            wrong.append("it goes on after its end")
    return wrong if simulated else wrong + _closed(camera)


def _closed(camera: Any) -> list[str]:
    try:
        camera.poll()
    except Exception:  # noqa: BLE001 -- any refusal will do; silence would not
        return []
    return ["it can be polled while it is closed"]


def _ends(camera: Any) -> bool:
    try:
        camera.poll()
    except EndOfStream:
        return True
    return False


def _take(camera: Any, go_on: Callable[[], None], frames: int) -> tuple[list[Any], bool]:
    samples: list[Any] = []
    for _ in range(200 * frames):
        if len(samples) >= frames:
            break
        try:
            got = camera.poll()
        except EndOfStream:
            return samples, True
        samples += got
        if not got:
            go_on()
    return samples, False


def _streams(camera: Any) -> list[str]:
    wrong, names = [], [s.name for s in camera.info.streams]
    if not names or not names[0].startswith("cam_") or not names[0].endswith(".depth"):
        wrong.append(f"its first stream is not cam_<id>.depth but {names}")
    if [n for n in names[1:] if n != names[0].replace(".depth", ".color")]:
        wrong.append(f"its streams are {names}")
    if any(s.rate_hz <= 0 or s.ticks_per_s <= 0 for s in camera.info.streams):
        wrong.append("a stream has no rate")
    return wrong


def _order(camera: Any, samples: list[Any]) -> list[str]:
    wrong, by_stream = [], defaultdict(list)
    for sample in samples:
        by_stream[sample.arrival.stream].append(sample.arrival)
    if unknown := set(by_stream) - {s.name for s in camera.info.streams}:
        wrong.append(f"frames of streams it does not have: {sorted(unknown)}")
    for name, arrivals in by_stream.items():
        for what in ("seq", "device_ticks"):
            values = [getattr(a, what) for a in arrivals]
            if not all(isinstance(v, int) for v in values):
                wrong.append(f"{what} of {name} is no integer")
            if np.any(np.diff(values) <= 0):
                wrong.append(f"{what} of {name} does not rise")
    arrivals_ns = [s.arrival.arrival_ns for s in samples]
    if np.any(np.diff(arrivals_ns) < 0):
        wrong.append("frames are not given in the order of their arrival")
    return wrong


def _pixels(samples: list[Any]) -> list[str]:
    wrong: list[str] = []
    depth = [s for s in samples if isinstance(s, DepthFrame)]
    color = [s for s in samples if isinstance(s, ColorFrame)]
    if len(depth) + len(color) != len(samples) or not depth:
        wrong.append("not only depth and colour frames, or no depth")
    if any(f.depth_counts.dtype != np.uint16 or f.depth_counts.ndim != 2 for f in depth):
        wrong.append("depth is not (H, W) uint16")
    if any(not 0 < f.m_per_count <= 0.001 for f in depth):
        wrong.append("the depth unit is not in m")
    if any(f.bgr.dtype != np.uint8 or f.bgr.ndim != 3 or f.bgr.shape[2] != 3 for f in color):
        wrong.append("colour is not (H, W, 3) uint8")
    for frames in ([f.depth_counts for f in depth], [f.bgr for f in color]):
        if any(np.shares_memory(a, b) for a, b in itertools.pairwise(frames)):
            wrong.append("frames share memory: the driver writes over one that was given")
    return wrong


def _calibration(camera: DepthCamera, samples: list[Any]) -> list[str]:
    try:
        model = camera.calibration()
    except CalibrationError as error:
        return [f"it tells no calibration: {error}"]
    wrong = []
    if model.serial != camera.info.serial:
        wrong.append("its calibration is another camera's")
    if model.settings != camera.settings:
        wrong.append("its calibration does not keep its settings")
    for sample in samples:
        lens = model.depth if isinstance(sample, DepthFrame) else model.color
        pixels = sample.depth_counts if isinstance(sample, DepthFrame) else sample.bgr
        if lens is None or pixels.shape[:2] != (lens.height_px, lens.width_px):
            return [*wrong, "frames have another size than its calibration"]
    return wrong


def _complaints(camera: DepthCamera) -> list[str]:
    said, names = camera.complaints(), {s.name for s in camera.info.streams}
    if not all(isinstance(c, Complaint) and c.words and c.stream in names for c in said):
        return [f"its complaints are not of its streams: {said}"]
    return [] if camera.complaints() == said else ["its complaints change from call to call"]
