"""The fold: order, replay, outliers, zeros, who leads when."""

from __future__ import annotations

import random
from typing import Literal

import pytest

from mr.fusion import MotionFuser
from mr.rig import (
    CameraCalibration,
    Curve,
    Intrinsics,
    MannequinCalibration,
    PoseEntry,
    Provenance,
    Rig,
)
from mr.types import Arrival, ChestObservation, ChestSample, HandSample, MannequinFrame, Stamp
from mr.wire import AIRWAY_UNKNOWN

T0_NS = 4_000_000_000
HERE = PoseEntry(rotvec_rad=(0.0, 0.0, 0.0), t_m=(0.0, 0.0, 0.0))
CELL = Curve(counts=(0, 1000), values=(0, 250), sigma=0.5)
XY = ((0.03, 0.04), (-0.03, 0.04), (0.03, -0.04), (-0.03, -0.04))
Item = tuple[MannequinFrame | ChestObservation | HandSample, Stamp]


def _rig(mannequin: bool = True, cameras: tuple[str, ...] = ("left",), gain: float = 1.0) -> Rig:
    optics = Intrinsics(width_px=848, height_px=480, fx_px=424, fy_px=424, cx_px=424, cy_px=240)
    camera = CameraCalibration(
        serial="C1",
        depth=optics,
        baseline_m=0.05,
        world_from_cam=HERE,
        depth_gain=gain,
        latency_s=0.02,
    )
    sensors = MannequinCalibration(
        serial="M1",
        chest_ap_m=0.215,
        chest_depth_m=Curve(counts=(100, 900), values=(0, 0.08), sigma=0.0002),
        cell_force_n=(CELL, CELL, CELL, CELL),
        cell_xy_in_mannequin_m=XY,
        airway_flow_ml_s=Curve(counts=(0, 1000), values=(-1000, 1000), sigma=4.0),
    )
    return Rig(
        name="test",
        mannequin=sensors if mannequin else None,
        cameras=dict.fromkeys(cameras, camera),
        world_from_mannequin=HERE,
        provenance=Provenance(made_utc="2026-01-01", software="test", kind="sim"),
    )


def _frame(
    i: int, depth_mm: float, cells: tuple[int, int, int, int] = (0, 0, 0, 0), airway: int = 500
) -> Item:
    t_ns = T0_NS + i * 5_000_000
    arrival = Arrival("mannequin", i, i, t_ns)
    counts = round(100 + 10 * depth_mm)
    return MannequinFrame(arrival, counts, cells, airway, 0), Stamp(t_ns, 100_000)


def _seen(
    t_s: float,
    height_mm: float | None,
    hands: Literal["on", "off", "unknown"] = "on",
    camera_id: str = "left",
) -> Item:
    stamp = Stamp(T0_NS + round((t_s + 0.02) * 1e9), 500_000)  # the stamps lag by latency_s
    height_m = None if height_mm is None else height_mm / 1e3
    arrival = Arrival(camera_id, 0, 0, stamp.t_ns)
    return ChestObservation(arrival, stamp, camera_id, height_m, 0.001, hands, 90), stamp


def _run(items: list[Item], rig: Rig) -> list[ChestSample]:
    fuser = MotionFuser(rig)
    out = [sample for item, stamp in items for sample in fuser.step(item, stamp)]
    return out + fuser.finish()


def test_depth_force_and_centre_of_pressure_come_from_the_curves() -> None:
    items = [_frame(i, 20.0, (300, 100, 300, 100)) for i in range(60)]
    last = _run(items, _rig())[-1]
    assert last.depth_m == pytest.approx(0.020)
    assert last.force_n == pytest.approx(200.0)
    assert last.hand_offset_m == pytest.approx((0.015, 0.0))
    assert last.hand_sigma_m is not None
    assert last.hand_sigma_m < 0.001
    assert last.hands == "on"
    assert last.sources == ("mannequin",)
    assert last.sigma_m >= 0.0002  # never better than the curve


def test_the_zero_follows_the_unloaded_chest_and_not_a_leaning_hand() -> None:
    rest = [_frame(i, 1.5) for i in range(400)]
    press = [_frame(400 + i, 31.5, (250, 250, 250, 250)) for i in range(40)]
    assert _run(rest + press, _rig())[-1].depth_m == pytest.approx(0.030, abs=5e-5)
    leaned = [_frame(i, 1.5, (10, 10, 10, 10)) for i in range(400)]
    assert _run(leaned + press, _rig())[-1].depth_m == pytest.approx(0.0315, abs=5e-5)


@pytest.mark.parametrize(("cells", "depth_mm"), [((3, 2, 3, 2), 0.5), ((0, 0, 0, 0), 0.0)])
def test_the_zero_does_not_follow_hands_that_lean_lightly_in_a_pause(
    cells: tuple[int, int, int, int], depth_mm: float
) -> None:
    """2.5 N is no touch, and half a millimetre; the control: a chest that sank by itself."""
    away = [_frame(i, 0.0) for i in range(400)]
    resting = [_frame(400 + i, 0.5, cells) for i in range(800)]
    motion = _run([*away, *resting], _rig())
    assert motion[-1].depth_m == pytest.approx(depth_mm / 1000, abs=1e-4)


def test_one_wild_count_is_refused_and_a_true_jump_is_believed() -> None:
    cells = (50, 50, 50, 50)
    calm = [_frame(i, 5.0, cells) for i in range(100)]
    wild = [*calm, _frame(100, 70.0, cells), *[_frame(101 + i, 5.0, cells) for i in range(20)]]
    assert max(s.depth_m for s in _run(wild, _rig())) < 0.006
    jump = [*calm, *[_frame(100 + i, 70.0, cells) for i in range(20)]]
    assert _run(jump, _rig())[-1].depth_m == pytest.approx(0.070, abs=1e-3)


def test_samples_come_out_in_order_whatever_comes_in() -> None:
    items = [_frame(i, 5.0) for i in range(200)]
    items += [_seen(i / 60, 60.0) for i in range(60)]
    random.Random(5).shuffle(items)
    times = [s.stamp.t_ns for s in _run(items, _rig())]
    assert times == sorted(set(times))
    assert len(times) > 0


def test_a_replay_gives_the_same_bits() -> None:
    items = [_frame(i, 5.0 + i % 7) for i in range(300)]
    items += [_seen(i / 60, 60.0 + i % 3) for i in range(90)]
    random.Random(6).shuffle(items)
    assert _run(items, _rig()) == _run(items, _rig())


def test_cameras_carry_on_where_the_mannequin_falls_silent() -> None:
    def depth_mm(t_s: float) -> float:
        return 10.0 + 8.0 * (t_s % 1.0)  # gentle saw teeth

    loaded = (100, 100, 100, 100)
    items: list[tuple[float, Item]] = []
    for i in range(600):
        t_s = i * 0.005
        if not 1.5 < t_s < 2.5:
            items.append((t_s, _frame(i, depth_mm(t_s), loaded)))
    for i in range(180):
        t_s = i / 60
        items.append((t_s + 0.09, _seen(t_s, 63.0 - 1.04 * depth_mm(t_s))))
    items.sort(key=lambda item: item[0])
    out = _run([item for _, item in items], _rig(gain=1.04))
    alone = [s for s in out if s.sources == ("left",)]
    assert 50 < len(alone) < 62
    for s in alone:
        t_s = (s.stamp.t_ns - T0_NS) / 1e9
        assert 1000 * s.depth_m == pytest.approx(depth_mm(t_s), abs=0.3)
        assert s.zero_known
        assert 0.0009 < s.sigma_m < 0.002  # a camera's, not the mannequin's
    assert out[-1].sources == ("mannequin",)


def _arriving(still: bool) -> list[Item]:
    """A hand that comes from above, rests for half a second or not, and presses."""
    items: list[Item] = []
    heights = [300.0 - 8 * i for i in range(30)] + ([62.0] * 36 if still else [])
    for k in range(240):
        u = (k % 30) / 30
        heights.append(62.0 - 100.0 * min(u, 1 - u))
    items += [_seen(i / 60, 0.5, "off") for i in range(30)]
    items += [_seen(0.5 + i / 60, h) for i, h in enumerate(heights)]
    return items


def test_a_camera_alone_takes_its_zero_from_a_still_hand() -> None:
    out = _run(_arriving(still=True), _rig(mannequin=False))
    assert all(s.zero_known for s in out)
    deepest = max(s.depth_m for s in out)
    assert deepest == pytest.approx(0.050, abs=0.001)
    assert min(s.depth_m for s in out) > -0.013  # the approach is no motion of the chest


def _zeros_mm(rest_s: float, n: int = 40) -> list[float]:
    """Errors of the zero of noisy hands that rest so long and then press."""
    noise, zeros = random.Random(8), []
    for _ in range(n):
        resting = [62.0 + noise.gauss(0.0, 1.0) for _ in range(round(60 * rest_s))]
        heights = [300.0 - 8 * i for i in range(30)] + resting + [22.0] * 30
        items = [_seen(i / 60, height) for i, height in enumerate(heights)]
        pressed = [s.depth_m for s in _run(items, _rig(mannequin=False)) if s.depth_m > 0.02]
        zeros.append(1e3 * sum(pressed) / len(pressed) - 40.0)
    return zeros


def test_the_zero_gets_better_while_the_hand_rests() -> None:
    def rms(errors: list[float]) -> float:
        return (sum(e * e for e in errors) / len(errors)) ** 0.5

    short, long = _zeros_mm(0.4), _zeros_mm(1.4)
    # One look has 1 mm: 20 leave 0.22 mm, 60 leave 0.13 mm.
    assert rms(long) < 0.17 < rms(short) < 0.28


def test_without_a_still_hand_the_zero_stays_unknown() -> None:
    out = [s for s in _run(_arriving(still=False), _rig(mannequin=False)) if s.hands == "on"]
    assert len(out) > 150
    assert not any(s.zero_known for s in out)


def test_a_lifted_hand_leaves_the_chest_at_zero() -> None:
    items = [*_arriving(still=True), *[_seen(6 + i / 60, 250.0) for i in range(30)]]
    out = _run(items, _rig(mannequin=False))
    assert out[-1].depth_m == 0.0
    assert out[-1].hands == "off"


def test_a_hand_that_slips_away_sideways_is_no_compression() -> None:
    items = [*_arriving(still=True), _seen(6.2, -40.0), _seen(6.22, 0.5, "off")]
    assert max(s.depth_m for s in _run(items, _rig(mannequin=False))) < 0.055


def test_what_a_camera_cannot_see_is_left_out() -> None:
    items = [_seen(i / 60, None) for i in range(20)]
    assert _run(items, _rig(mannequin=False)) == []
    away = [_seen(i / 60, None, "off") for i in range(20)]
    assert [s.depth_m for s in _run(away, _rig(mannequin=False))] == [0.0] * 20
    strange = [_seen(i / 60, 60.0, camera_id="unheard-of") for i in range(20)]
    assert _run(strange, _rig(mannequin=False)) == []


def test_two_cameras_are_put_in_order() -> None:
    left, right = _arriving(still=True), _arriving(still=True)
    items: list[Item] = []
    for (a, stamp_a), (b, _) in zip(left, right, strict=True):
        assert isinstance(b, ChestObservation)
        later = Stamp(stamp_a.t_ns + 7_000_000, 500_000)
        other = ChestObservation(
            b.arrival, later, "right", b.surface_z_m, b.sigma_m, b.hands, b.n_px
        )
        items += [(other, later), (a, stamp_a)]
    out = _run(items, _rig(mannequin=False, cameras=("left", "right")))
    assert {s.sources for s in out} == {("left",), ("right",)}
    times = [s.stamp.t_ns for s in out]
    assert times == sorted(times)


def test_the_heel_replaces_the_cells_without_a_step() -> None:
    items: list[Item] = []
    for i in range(600):
        loaded = (300, 100, 300, 100) if i < 400 else (0, 0, 0, 0)
        items.append(_frame(i, 20.0, loaded))
        if i % 4 == 0:
            stamp = Stamp(T0_NS + i * 5_000_000, 500_000)
            heel = (0.037, 0.003, 0.0)  # 22 mm off, as seen
            items.append(
                (HandSample(Arrival("h", i, 0, 0), stamp, "left", heel, 0.003, "both"), stamp)
            )
    out = _run(items, _rig())
    assert out[399].hand_offset_m == pytest.approx((0.015, 0.0))
    assert out[500].hand_offset_m == pytest.approx((0.015, 0.0), abs=0.001)


def test_breaths_are_integrated_without_the_sensors_offset() -> None:
    def counts(t_s: float) -> int:
        flow = 500.0 if 3 <= t_s < 4 else -500.0 if 4.2 <= t_s < 5.2 else 0.0
        return round(500 + flow / 2) + 6  # 12 mL/s of offset

    out = _run([_frame(i, 0.0, airway=counts(i * 0.005)) for i in range(2400)], _rig())
    volumes = [s.airway_ml or 0.0 for s in out]
    assert max(volumes) == pytest.approx(500.0, abs=8.0)
    assert abs(volumes[-1]) < 3.0


def test_a_silent_airway_sensor_is_no_flow_at_all() -> None:
    """Readings that are missing are bridged; a sensor that never speaks measures nothing."""

    def counts(i: int) -> int:
        t_s = i * 0.005
        flow = 500.0 if 3 <= t_s < 4 else -500.0 if 4.2 <= t_s < 5.2 else 0.0
        return AIRWAY_UNKNOWN if i % 50 in {7, 8, 9, 10} else round(500 + flow / 2)

    out = _run([_frame(i, 0.0, airway=counts(i)) for i in range(2400)], _rig())
    volumes = [s.airway_ml for s in out]
    assert [i for i, v in enumerate(volumes[:100]) if v is None] == [7, 8, 9, 10, 57, 58, 59, 60]
    assert max(v for v in volumes if v is not None) == pytest.approx(500.0, abs=8.0)
    assert volumes[-1] == pytest.approx(0.0, abs=3.0)
    silent = _run([_frame(i, 0.0, airway=AIRWAY_UNKNOWN) for i in range(400)], _rig())
    assert {s.airway_ml for s in silent} == {None}
    loud = _run([_frame(i, 0.0, airway=-32767) for i in range(400)], _rig())
    assert None not in {s.airway_ml for s in loud}, "any other count is a flow"
