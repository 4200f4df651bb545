"""Compressions and observations, recorded and now, are paired and their differences told."""

from __future__ import annotations

from mr.session.changes import Comparison, stroke_change
from mr.types import Arrival, ChestObservation, Compression, Measured, Stamp

UNKNOWN = Measured.unknown("not asked")


def stroke(peak_s: float, depth_mm: float | None) -> Compression:
    peak_ns = round(peak_s * 1e9)
    depth = UNKNOWN if depth_mm is None else Measured(depth_mm, 0.5)
    return Compression(
        0, peak_ns - 1, peak_ns, peak_ns + 1, depth,
        UNKNOWN, UNKNOWN, UNKNOWN, UNKNOWN, UNKNOWN, (UNKNOWN, UNKNOWN),
    )  # fmt: skip


def chest(seq: int, z_m: float | None) -> ChestObservation:
    arrival = Arrival("cam_a.chest", seq, seq, seq)
    return ChestObservation(arrival, Stamp(seq, 1), "a", z_m, 1e-3, "on", 9)


def test_strokes_are_paired_by_their_peaks() -> None:
    live = [
        (1_000_000_000, 50.0),
        (1_500_000_000, 52.0),
        (2_000_000_000, None),
        (9_000_000_000, 5.0),
    ]
    now = [stroke(1.01, 51.0), stroke(1.49, 55.0), stroke(2.0, 50.0), stroke(3.0, 50.0)]
    change = stroke_change(live, now)
    assert (change.n_live, change.n_now, change.n_paired) == (4, 4, 3)
    assert (change.mean_mm, change.most_mm) == (2.0, 3.0)
    assert change.rms_mm is not None and abs(change.rms_mm - 5.0**0.5) < 1e-12


def test_without_a_depth_in_both_nothing_is_said_of_it() -> None:
    change = stroke_change([(10**9, None)], [stroke(1.0, 50.0)])
    assert (change.n_paired, change.mean_mm, change.rms_mm, change.most_mm) == (1, None, None, None)
    assert stroke_change([(10**9, 5.0)], []).n_paired == 0


def test_observations_of_one_frame_are_paired_whichever_comes_first() -> None:
    comparison = Comparison()
    for z_m in (0.01, 0.02, None, 0.04):
        comparison.recorded(chest(round(100 * (z_m or 0.03)), z_m))
    for seq, z_m in ((1, 0.01), (2, 0.022), (3, 0.03), (5, 0.05)):
        comparison.now(chest(seq, z_m))
    (change,) = comparison.changes()
    assert change.what == "chest, camera a"
    assert (change.n_recorded, change.n_now, change.n_same) == (4, 4, 1)
    assert (change.n_known_recorded, change.n_known_now) == (3, 4)
    assert change.most_mm is not None and abs(change.most_mm - 2.0) < 1e-9
    assert not change.same


def test_two_of_one_number_are_paired_in_their_order() -> None:
    comparison = Comparison()
    for z_m in (0.01, 0.02):
        comparison.recorded(chest(0, z_m))
    for z_m in (0.01, 0.02):
        comparison.now(chest(0, z_m))
    (change,) = comparison.changes()
    assert change.same and change.n_same == 2
