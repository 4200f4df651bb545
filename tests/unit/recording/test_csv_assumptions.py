"""What other systems' files leave open: mended and said, or refused; never mended in silence."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from mr.errors import RecordingError
from mr.recording.csv_depth import Sign, Unit
from mr.recording.csv_motion import CsvMotion, read_csv_motion

RATE_HZ, REST_S, N, PERIOD_S = 100, 2.0, 20, 60 / 110
T_S = np.arange(round((2 * REST_S + N * PERIOD_S) * RATE_HZ)) / RATE_HZ
DEPTH_MM = np.where(
    (T_S >= REST_S) & (T_S <= REST_S + N * PERIOD_S),
    27.5 * (1 - np.cos(2 * np.pi * (T_S - REST_S) / PERIOD_S)),
    0.0,
)
MID = (T_S > REST_S) & (T_S < REST_S + N * PERIOD_S)
"""Compressions alone: nothing in them tells which end is the rest."""


def read(
    folder: Path,
    t_s: Sequence[float] | np.ndarray = T_S,
    depth: Sequence[float] | np.ndarray = DEPTH_MM,
    header: str = "t_s,depth_mm",
    unit: Unit | None = None,
    sign: Sign | None = None,
) -> CsvMotion:
    rows = [f"{t:.9g},{d:.9g}" for t, d in zip(t_s, depth, strict=True)]
    path = folder / "motion.csv"
    path.write_text("\n".join([header, *rows]) + "\n", encoding="utf-8")
    return read_csv_motion(path, unit, sign)


def refused(match: str) -> pytest.RaisesExc[RecordingError]:
    return pytest.raises(RecordingError, match=match)


def test_a_plain_file_assumes_nothing(tmp_path: Path) -> None:
    """Negative control of all below."""
    motion = read(tmp_path)
    assert motion.assumptions == ()
    assert motion.depth == pytest.approx(DEPTH_MM, abs=1e-6)
    au = read(tmp_path, depth=7 * DEPTH_MM - 400, header="t_s,depth_au")
    assert au.assumptions == () and au.depth[0] == -400


# --- sign ------------------------------------------------------------------------------


def test_a_reversed_sign_is_mended_and_said(tmp_path: Path) -> None:
    motion = read(tmp_path, depth=-DEPTH_MM)
    assert motion.depth == pytest.approx(DEPTH_MM, abs=1e-6)
    assert motion.assumptions == (
        "the sign was reversed (depth runs from -55 to 0 mm, out of the chest)",
    )


def test_a_reversed_signal_without_zero_is_told_by_its_rest(tmp_path: Path) -> None:
    motion = read(tmp_path, depth=700 - 7 * DEPTH_MM, header="t_s,depth_au")
    assert motion.assumptions == ("the sign was reversed (the signal rests at its upper end)",)
    assert np.argmin(motion.depth) < REST_S * RATE_HZ


def test_without_a_rest_the_name_is_believed_and_that_is_said(tmp_path: Path) -> None:
    motion = read(tmp_path, T_S[MID], 700 - 7 * DEPTH_MM[MID], header="t_s,depth_au")
    assert motion.assumptions == ("depth grows into the chest (the signal's shape does not tell)",)
    assert motion.depth[0] == pytest.approx(700, abs=2)


@pytest.mark.parametrize("hold_s", [0.3, 0.6])
def test_held_compressions_are_no_rest(tmp_path: Path, hold_s: float) -> None:
    n = round((hold_s + 0.3) * RATE_HZ)
    one = np.clip(np.minimum(np.arange(n), np.arange(n)[::-1]) / 10.0, 0, 1) * 55
    depth = np.tile(one, 20)
    motion = read(tmp_path, np.arange(len(depth)) / RATE_HZ, depth, header="t_s,depth_au")
    assert "reversed" not in " ".join(motion.assumptions)


def test_one_long_hold_is_no_rest(tmp_path: Path) -> None:
    held = np.concatenate((DEPTH_MM[MID], np.full(RATE_HZ, 55.0)))
    t_s = np.arange(len(held)) / RATE_HZ
    assert read(tmp_path, t_s, held).assumptions == ()
    said = read(tmp_path, t_s, held, header="t_s,depth_au").assumptions
    assert said == ("depth grows into the chest (the signal's shape does not tell)",)


def test_a_rest_that_is_a_long_lean_may_be_said_to_be_right(tmp_path: Path) -> None:
    leaning = 55 - DEPTH_MM
    assert read(tmp_path, depth=leaning, sign=Sign.IN).depth[0] == 55


def test_what_the_user_says_of_the_sign_is_believed(tmp_path: Path) -> None:
    motion = read(tmp_path, T_S[MID], -DEPTH_MM[MID], header="t_s,depth_au", sign=Sign.OUT)
    assert motion.assumptions == () and motion.depth.max() == pytest.approx(55, abs=0.1)
    assert read(tmp_path, depth=-DEPTH_MM, sign=Sign.OUT).assumptions == ()


@pytest.mark.parametrize(
    ("depth", "says"),
    [
        (DEPTH_MM - 27.5, "lies to both sides of its zero"),
        (DEPTH_MM + 60, "never comes near its zero"),
        (55 - DEPTH_MM, "rests at 55 mm and is pressed to 0"),
    ],
)
def test_a_zero_that_is_not_the_chests_is_refused(
    tmp_path: Path, depth: np.ndarray, says: str
) -> None:
    with refused(f"{says}.*--unit au"):
        read(tmp_path, depth=depth)
    assert not read(tmp_path, depth=depth, unit=Unit.AU).calibrated


# --- unit ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("header", "scale", "said"),
    [
        ("t_s,depth_mm", 1e-3, "depth is in m, not mm (it runs from 0 to 0.055)"),
        ("t_s,depth", 1.0, "depth is in mm (it runs from 0 to 55)"),
        ("t_s,depth", 0.1, "depth is in cm (it runs from 0 to 5.5)"),
        ("t_s,depth", 1e-3, "depth is in m (it runs from 0 to 0.055)"),
        ("t_s,Compression depth (cm)", 0.1, "'Compression depth (cm)' is the depth in cm"),
        ("t_s,chest_displacement_m", 1e-3, "'chest_displacement_m' is the depth in m"),
    ],
)
def test_units_that_can_be_told(tmp_path: Path, header: str, scale: float, said: str) -> None:
    motion = read(tmp_path, depth=scale * DEPTH_MM, header=header)
    assert motion.depth == pytest.approx(DEPTH_MM, abs=1e-4)
    assert motion.assumptions == (said,)


@pytest.mark.parametrize("depth_mm", [35.0, 55.0, 85.0])
def test_no_real_depth_is_taken_for_another_unit(tmp_path: Path, depth_mm: float) -> None:
    for scale in (1.0, 0.1, 1e-3):
        motion = read(tmp_path, depth=scale * DEPTH_MM * depth_mm / 55, header="t_s,depth")
        assert motion.depth.max() == pytest.approx(depth_mm, rel=0.01)


@pytest.mark.parametrize("scale", [0.04, 0.2, 4.0, 100.0])
def test_units_that_cannot_be_told_are_asked_for(tmp_path: Path, scale: float) -> None:
    with refused(r"depth has no unit.*--unit mm, cm, m or au"):
        read(tmp_path, depth=scale * DEPTH_MM, header="t_s,depth")
    assert not read(tmp_path, depth=scale * DEPTH_MM, header="t_s,depth", unit=Unit.AU).calibrated


def test_a_unit_that_is_said_is_believed(tmp_path: Path) -> None:
    motion = read(tmp_path, depth=DEPTH_MM / 10, unit=Unit.CM)
    assert motion.depth == pytest.approx(DEPTH_MM, abs=1e-4) and motion.assumptions == ()
    shallow = read(tmp_path, depth=DEPTH_MM / 10, unit=Unit.MM)
    assert shallow.depth.max() == pytest.approx(5.5, abs=0.01)


# --- time ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("header", "scale", "said"),
    [
        ("Time (ms),depth_mm", 1e3, "'Time (ms)' is the time in ms"),
        ("ms,depth_mm", 1e3, "'ms' is the time in ms"),
        ("time,depth_mm", 1.0, "time is in s (rows are 0.01 apart)"),
        ("time,depth_mm", 1e3, "time is in ms (rows are 10 apart)"),
        ("time,depth_mm", 1e6, "time is in us (rows are 1e+04 apart)"),
    ],
)
def test_units_of_time(tmp_path: Path, header: str, scale: float, said: str) -> None:
    motion = read(tmp_path, scale * T_S, header=header)
    assert motion.t_s == pytest.approx(T_S, abs=1e-9)
    assert motion.assumptions == (said,)


@pytest.mark.parametrize(("unit", "per_s"), [("s", 1), ("ms", 10**3), ("us", 10**6)])
def test_time_since_1970_in_any_unit(tmp_path: Path, unit: str, per_s: int) -> None:
    began_s = 1_780_000_000
    rows = [
        f"{began_s * per_s + round(t * per_s, 2)!r},{d:.9g}"
        for t, d in zip(T_S.tolist(), DEPTH_MM, strict=True)
    ]
    path = tmp_path / "motion.csv"
    path.write_text("\n".join([f"time_{unit},depth_mm", *rows]), encoding="utf-8")
    assert read_csv_motion(path).t_s - began_s == pytest.approx(T_S, abs=1e-6)
    path.write_text("\n".join(["time_s,depth_mm", *rows]), encoding="utf-8")
    if per_s > 1:
        with refused("which no clock shows"):  # the control: a wrong unit is none
            read_csv_motion(path)


@pytest.mark.parametrize("scale", [30.0, 3e4])
def test_a_time_without_a_likely_unit_is_refused(tmp_path: Path, scale: float) -> None:
    with refused("time has no unit, and its rows are .* apart"):
        read(tmp_path, scale * T_S, header="time,depth_mm")


def test_rows_that_changed_places_are_sorted(tmp_path: Path) -> None:
    order = np.arange(len(T_S))
    order[[100, 101]], order[[300, 301]] = order[[101, 100]], order[[301, 300]]
    motion = read(tmp_path, T_S[order], DEPTH_MM[order])
    assert motion.t_s == pytest.approx(T_S) and motion.depth == pytest.approx(DEPTH_MM, abs=1e-6)
    assert motion.assumptions == ("2 rows were out of order (by 10 ms at most) and sorted",)


def test_times_that_stand_twice_are_taken_once(tmp_path: Path) -> None:
    twice = np.sort(np.concatenate((np.arange(len(T_S)), [100, 300])))
    motion = read(tmp_path, T_S[twice], DEPTH_MM[twice])
    assert motion.t_s == pytest.approx(T_S)
    assert motion.assumptions == ("2 rows repeat a time and were left out",)


@pytest.mark.parametrize(
    ("t_s", "says"),
    [
        (T_S[::-1], "line 3: t_s goes from .* or cut the file there"),
        (np.concatenate((T_S[:700], T_S[:787])), "line 702: t_s goes from 6.99 to 0 s"),
        (np.floor(T_S * 20) / 20, "rows have the same t_s .*: write time with more digits"),
    ],
)
def test_a_clock_that_cannot_be_believed_is_refused(
    tmp_path: Path, t_s: np.ndarray, says: str
) -> None:
    with refused(says):
        read(tmp_path, t_s[: len(DEPTH_MM)], DEPTH_MM[: len(t_s)])


def test_uneven_rows_count_at_their_own_times(tmp_path: Path) -> None:
    rng = np.random.default_rng(1)
    kept = np.flatnonzero(rng.random(len(T_S)) > 0.2)
    motion = read(tmp_path, T_S[kept], DEPTH_MM[kept])
    assert motion.t_s == pytest.approx(T_S[kept])
    (said,) = motion.assumptions
    assert said.startswith("rows are unevenly spaced (10 to 20 ms apart)")


# --- gaps and columns --------------------------------------------------------------------


@pytest.mark.parametrize("blank", ["", "nan", "NaN", " "])
def test_rows_without_a_depth_are_gaps(tmp_path: Path, blank: str) -> None:
    rows = [
        f"{t:.2f},{blank if 3 < t < 4 else f'{d:.6f}'}" for t, d in zip(T_S, DEPTH_MM, strict=True)
    ]
    path = tmp_path / "gap.csv"
    path.write_text("t_s,depth_mm\n" + "\n".join(rows))
    motion = read_csv_motion(path)
    assert motion.assumptions == ("99 rows have no depth: nothing was measured there",)
    assert np.diff(motion.t_s).max() == pytest.approx(1.0)


def test_columns_that_mean_nothing_here_are_said(tmp_path: Path) -> None:
    rows = [f"{k},{t:.2f},{d:.6f}" for k, (t, d) in enumerate(zip(T_S, DEPTH_MM, strict=True))]
    path = tmp_path / "more.csv"
    path.write_text("sample,t_s,depth_mm\n" + "\n".join(rows))
    assert read_csv_motion(path).assumptions == ("column sample is not needed",)
    path.write_text("sam\x1b[2Jple,t_s,depth_mm\n" + "\n".join(rows))
    assert read_csv_motion(path).assumptions == ("column sam?[2Jple is not needed",)
