from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pytest

from mr.clock.host import SteppedClock
from mr.config import SessionConfig
from mr.recording.header import RecordingHeader
from mr.recording.writer import RecordingWriter
from mr.rig import (
    Curve,
    MannequinCalibration,
    PoseEntry,
    Provenance,
    Rig,
)
from mr.types import (
    ArmPosture,
    Arrival,
    ChestObservation,
    ClockExchange,
    ColorFrame,
    DepthFrame,
    DeviceInfo,
    FrameShown,
    HandJoints,
    HandLandmarks,
    HandPoints,
    HandSample,
    HeadPose,
    MannequinFrame,
    MannequinPose,
    MarkersSeen,
    Measured,
    Pose,
    Sample,
    SessionEvent,
    Stamp,
    StreamInfo,
)


def a_rig() -> Rig:
    curve = Curve(counts=(0, 1000), values=(0.0, 0.1), sigma=1e-4)
    xy = (0.02, 0.02)
    return Rig(
        name="bench",
        mannequin=MannequinCalibration(
            serial="MQ-1",
            chest_ap_m=0.2,
            chest_depth_m=curve,
            cell_force_n=(curve, curve, curve, curve),
            cell_xy_in_mannequin_m=(xy, xy, xy, xy),
            airway_flow_ml_s=curve,
        ),
        world_from_mannequin=PoseEntry(rotvec_rad=(0.1, 0.2, 0.3), t_m=(0, 0, 0.5)),
        provenance=Provenance(made_utc="2026-01-01T00:00:00+00:00", software="t", kind="sim"),
    )


def a_header(storage_level: int = 1) -> RecordingHeader:
    streams = (StreamInfo("mannequin/samples", 200.0, 1e6),)
    device = DeviceInfo("sim", "MR-CPR", "SimMannequin", "MQ-1", "1.0", streams, {"a": "b"})
    config = SessionConfig.model_validate(
        {"storage_level": storage_level, "out_dir": "/home/anna.example/rec"}
    )
    return RecordingHeader.make("sim", config, a_rig(), [device])


def one_of_each(seed: int = 0) -> list[Sample]:
    """Give every type and every unknown, with awkward numbers, in a mixed order."""
    rng = np.random.default_rng(seed)
    covariance = rng.normal(size=(6, 6))
    pose = Pose(rng.normal(size=(3, 3)), np.array([-0.0, 1e-308, np.pi]), covariance)
    bare = Pose(rng.normal(size=(3, 3)), rng.normal(size=3))
    stamp = Stamp(2**62 + 1, 333)

    def arrival(stream: str, seq: int) -> Arrival:
        return Arrival(stream, seq, -(2**40) + seq, 10**15 + 7 * seq)

    frames: list[Sample] = [
        MannequinFrame(arrival("mq", k), k, (-5, 2**31 - 1, -(2**31), k), 0, k % 3)
        for k in range(23)
    ]
    return [
        SessionEvent(5, "open"),
        *frames[:12],
        ClockExchange(arrival("mq.clock", 1), 10**15, 2**50, 2**50 + 7),
        *frames[12:],
        DepthFrame(
            arrival("a/depth", 0), "a", rng.integers(0, 65536, (8, 9)).astype(np.uint16), 1e-4
        ),
        ColorFrame(arrival("a/color", 0), "a", np.full((16, 16, 3), 90, np.uint8)),
        MarkersSeen(arrival("a/marks", 2), "a", (7, 0), rng.normal(size=(2, 4, 2)), 1),
        MarkersSeen(arrival("a/marks", 3), "a", (), np.zeros((0, 4, 2)), 0),
        MarkersSeen(arrival("a/marks", 4), "a", (), np.zeros((0, 4, 2)), 0, looked=False),
        MannequinPose(arrival("a/pose", 3), stamp, pose, 0.25, 4, "markers", True),
        MannequinPose(arrival("a/pose", 4), stamp, bare, np.inf, 0, "surface", False, "no märker"),
        MannequinPose(
            arrival("a/pose", 5), stamp, pose, 0.25, 4, "markers", True, "", 0.1 + 0.2, -0.0
        ),
        ChestObservation(arrival("a/chest", 5), stamp, "a", 0.1 + 0.2, 1e-3, "on", 99),
        ChestObservation(arrival("b/chest", 5), stamp, "b", None, 1e-3, "unknown", 0, "\udcff…"),
        ChestObservation(
            arrival("a/chest", 6), stamp, "a", 0.1, 1e-3, "on", 99, "", -0.0, 0.1 + 0.2
        ),
        HandSample(arrival("a/hand", 6), stamp, "a", (1e-9, -0.0, 1.5), 0.003, "both"),
        HandSample(arrival("a/hand", 7), stamp, "a", None, 0.003, "unknown", "none seen"),
        HandLandmarks(arrival("a/marks", 8), stamp, "a", rng.normal(size=(21, 2)), 0.7, "left"),
        ArmPosture(
            arrival("a/arms", 8),
            stamp,
            "a",
            (Measured(0.1 + 0.2, 1e-9), Measured.unknown("hidden, «sleeve»")),
            Measured(-0.0, None),
            1 / 3,
            7,
        ),
        HandLandmarks(arrival("a/marks", 9), stamp, "a", np.zeros((0, 2)), 0.0),
        HeadPose(arrival("xr/head", 10), stamp, bare),
        HandJoints(
            arrival("xr/hand", 11), stamp, "left", rng.normal(size=(26, 3)), rng.random(26) > 0.5
        ),
        HandPoints(
            arrival("a/points", 12), stamp, "a", "right", rng.normal(size=(5, 3)), 0.1 + 0.2
        ),
        FrameShown(arrival("headset.shown", 13), 2**60 + 1, 2**60, True),
        FrameShown(arrival("headset.shown", 14), 2**60 + 1, None, False),
        SessionEvent(2**60, "note", "what; the, «text»\n"),
    ]


def exact(value: object) -> object:
    """Turn a sample into nested tuples that are equal only when every bit is."""
    if isinstance(value, np.ndarray):
        return (value.dtype.str, value.shape, value.tobytes())
    if isinstance(value, float):
        return np.float64(value).tobytes()
    if isinstance(value, tuple):
        return tuple(exact(v) for v in value)
    slots = getattr(type(value), "__dataclass_fields__", None)
    if slots is not None:
        return (type(value).__name__, *(exact(getattr(value, name)) for name in slots))
    return (type(value).__name__, value)


Write = Callable[..., Path]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Write samples into a whole recording on a stepped clock, 5 ms apart."""

    def writes(
        samples: Sequence[Sample], name: str = "a.mcap", level: int = 3, finish: bool = True
    ) -> Path:
        clock = SteppedClock()
        writer = RecordingWriter(tmp_path / name, a_header(level), a_rig(), now=clock)
        writer.__enter__()
        for sample in samples:
            writer.write(sample)
            clock.advance(5_000_000)
        if finish:
            writer.close()
        return tmp_path / name

    return writes
