"""The watch over drift: the same live and replayed, quiet where fusion speaks, and its words."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import pytest

from mr.blocks import MannequinBlock, MannequinRun
from mr.clock.host import SteppedClock
from mr.config import Mode, SessionConfig
from mr.devices.mannequin.source import MannequinSource
from mr.fusion.eyes import Taught
from mr.fusion.witness import Scale
from mr.rig import Curve, MannequinCalibration, PoseEntry, Provenance, Rig, StiffnessEntry
from mr.scoring.profiles import load_guideline
from mr.session.drift import DriftWatch, place_readings
from mr.session.drift_limits import LIMITS, DriftReading, reading
from mr.session.health import HealthWatch
from mr.session.pieces import PIECE, Pieces
from mr.session.pipeline import Pipeline
from mr.sim.learner import make_script
from mr.sim.mannequin import SimMannequinPort
from mr.sim.plant import CELL_XY_M, Plant, airway_level, cell_level, chest_level
from mr.types import (
    Arrival,
    ChestObservation,
    ClockExchange,
    DeviceInfo,
    MannequinFrame,
    MannequinPose,
    Pose,
    Sample,
    Stamp,
    StreamInfo,
)


def a_curve(level: object, values: np.ndarray, sigma: float, shift: float = 0.0) -> Curve:
    counts = level(values)  # type: ignore[operator]
    return Curve(
        counts=tuple(map(float, counts)), values=tuple(map(float, values + shift)), sigma=sigma
    )


@pytest.fixture(scope="module")
def rig() -> Rig:
    """The simulator's own curves, with a zero that is 0.8 mm off."""
    depth_m, force_n = np.linspace(-0.002, 0.075, 60), np.linspace(0.0, 400.0, 60)
    cells = [a_curve(lambda n, k=k: cell_level(n, k), force_n, 0.4) for k in range(4)]
    mannequin = MannequinCalibration(
        serial="SIM-MANNEQUIN-1",
        chest_ap_m=0.22,
        chest_depth_m=a_curve(chest_level, depth_m, 6e-5, 0.0008),
        cell_force_n=(cells[0], cells[1], cells[2], cells[3]),
        cell_xy_in_mannequin_m=CELL_XY_M,
        airway_flow_ml_s=a_curve(airway_level, np.linspace(-1300.0, 1300.0, 53), 6.0),
        stiffness=StiffnessEntry(
            linear_n_m=5200.0, cubic_n_m3=1.35e6, force_at_50mm_n=428.75, sigma_n=3.0
        ),
    )
    still = PoseEntry(rotvec_rad=(0.0, 0.0, 0.0), t_m=(0.0, 0.0, 0.2))
    made = Provenance(made_utc="2026-01-01T00:00:00+00:00", software="test", kind="sim")
    return Rig(name="sim", mannequin=mannequin, world_from_mannequin=still, provenance=made)


@pytest.fixture(scope="module")
def session() -> tuple[list[Sample], DeviceInfo]:
    script = make_script("good", Mode.C30_2, compressing_s=18.0, seed=2)
    now = SteppedClock()
    source = MannequinSource(SimMannequinPort(Plant(script, 2), now), now, kind="sim")
    samples: list[Sample] = []
    with source:
        for _ in range(round(script.duration_s * 500)):
            now.advance(2_000_000)
            samples += source.poll()
    return samples, source.info


def pipeline(rig: Rig, info: DeviceInfo) -> Pipeline:
    profile = load_guideline("aha-2025-adult-bls")
    return Pipeline(rig, SessionConfig(mode=Mode.C30_2), profile, [info], "sim", coached=False)


def in_runs(samples: Sequence[Sample], most: int) -> Iterator[Sample | MannequinRun]:
    """Give samples as a recording's reader does: frames at once, their clock's exchanges with."""
    frames: list[MannequinFrame] = []
    exchanges: list[tuple[int, ClockExchange]] = []
    for sample in samples:
        if isinstance(sample, MannequinFrame):
            frames.append(sample)
        elif isinstance(sample, ClockExchange) and frames:
            exchanges.append((len(frames), sample))
            continue
        else:
            yield sample
        if len(frames) >= most:
            yield MannequinRun(MannequinBlock.of(frames), tuple(exchanges))
            frames, exchanges = [], []
    if frames:
        yield MannequinRun(MannequinBlock.of(frames), tuple(exchanges))


@pytest.mark.parametrize("most", [1, 37, 4096])
def test_blocks_of_any_length_tell_the_same_to_the_bit(
    rig: Rig, session: tuple[list[Sample], DeviceInfo], most: int
) -> None:
    samples, info = session
    live, again = pipeline(rig, info), pipeline(rig, info)
    for sample in samples:
        live.step(sample)
    live.finish()
    for item in in_runs(samples, most):
        if isinstance(item, MannequinRun):
            again.run(item)
        else:
            again.step(item)
    again.finish()
    assert live.drift() == again.drift()
    assert live.outcome().health == again.outcome().health
    assert [r.topic for r in live.drift() if r.level == "warn"] == ["zero"]
    (health,) = [h for h in live.outcome().health if h.stream == "mannequin"]
    assert health.state == "ok", "it is a remark: the stream is used"
    assert health.why.startswith(
        "the chest's zero has drifted by +0.8 mm since calibration: run `mrcpr calibrate check`"
    )


def test_pieces_are_whole_wherever_blocks_begin() -> None:
    class Rows:
        def __init__(self, x: np.ndarray) -> None:
            self.x = x

        def __len__(self) -> int:
            return len(self.x)

    rng = np.random.default_rng(1)
    every, got, ends = np.arange(1234), [], []
    pieces: Pieces[Rows] = Pieces()
    k = 0
    while k < len(every):
        n = int(rng.integers(1, 260))
        for piece in pieces.add(Rows(every[k : k + n])):
            got.append(piece.column("x"))
            ends.append(piece.last("x"))
        k += n
    assert all(len(column) == PIECE for column in got)
    assert np.array_equal(np.concatenate(got), every[: 12 * PIECE])
    assert ends == [PIECE * (i + 1) - 1 for i in range(12)]


def looking(at_ns: int) -> ChestObservation:
    arrival = Arrival("cam_side.chest", 1, 1, at_ns)
    return ChestObservation(arrival, Stamp(at_ns, 1), "side", 0.05, 1e-3, "on", 90)


def cameras_say(rig: Rig, taught: Taught, n: int = 12) -> str:
    health = HealthWatch()
    health.expect(DeviceInfo("sim", "x", "y", "z", "1", (StreamInfo("cam_side.depth", 30.0, 1e6),)))
    watch = DriftWatch(rig, health)
    for k in range(n):
        at_ns = (k + 1) * 500_000_000
        health.arrived(Arrival("cam_side.depth", k, k, at_ns))
        seen = looking(at_ns)
        assert watch.wants(seen)
        watch.looked(seen, (taught,))
        assert not watch.wants(seen)
    return health.report()[0].why


def test_a_camera_is_told_once_it_was_off_for_some_looks(rig: Rig) -> None:
    late = Taught("side", None, 0.007, 0.0005)
    assert "its pictures come 7 ms later than calibrated" in cameras_say(rig, late)
    assert "7 ms" not in cameras_say(rig, late, 3)
    unsure = Taught("side", None, 0.007, 0.004)
    assert "7 ms" not in cameras_say(rig, unsure)


def test_what_fusion_names_is_not_said_twice(rig: Rig) -> None:
    assert "drift" not in cameras_say(rig, Taught("side", None, 0.015, 0.0005))
    assert "measures 4.0 % deeper" in cameras_say(rig, Taught("side", Scale(1.04, 0.01), 0.0, 1.0))
    assert "deeper" not in cameras_say(rig, Taught("side", Scale(1.07, 0.01), 0.0, 1.0))


def test_where_the_mannequin_lies_is_no_drift(rig: Rig) -> None:
    at = Pose(np.eye(3), np.array([0.012, 0.0, 0.2]))
    pose = MannequinPose(
        Arrival("cam_side.pose", 1, 1, 1), Stamp(1, 1), at, 0.1, 5, "markers", True, "", 0.004, 1e-3
    )
    place, turn = place_readings("side", pose, rig.world_from_mannequin)
    assert (place.level, turn.level) == ("information", "information")
    assert place.words == "the mannequin lies 12.0 mm from where the rig was calibrated"
    watch = DriftWatch(rig, HealthWatch())
    watch.placed(pose)
    (markers,) = [r for r in watch.readings() if r.topic == "markers"]
    assert (markers.subject, markers.level) == ("side", "beyond")
    assert markers.words.startswith("markers and surface are 4.0 mm apart: calibrate `plates`")


@pytest.mark.parametrize(("value", "sigma", "level"), [
    (0.4, 0.01, "ok"), (0.6, 0.01, "warn"), (-0.6, 0.01, "warn"), (0.6, 0.4, "ok"),
    (1.1, 0.1, "beyond"), (-1.1, 0.1, "beyond"),
])  # fmt: skip
def test_levels(value: float, sigma: float, level: str) -> None:
    one = reading("zero", "mannequin", value, sigma, "the zero")
    assert one.level == level
    assert one.as_json()["level"] == level
    assert (": " in one.words) == (level != "ok")


def test_every_limit_warns_before_it_is_reached() -> None:
    for limit in LIMITS.values():
        assert 0.0 < limit.warn_at < limit.limit
        assert limit.why.startswith("ours")
    assert DriftReading("place", "a", 5.0, 0.1, "mm", "it lies there").words == "it lies there"
