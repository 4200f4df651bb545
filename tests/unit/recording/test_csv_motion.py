from __future__ import annotations

import os
import re
import threading
import tracemalloc
from pathlib import Path

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from mr.errors import RecordingError
from mr.recording.csv_motion import read_csv_motion
from mr.recording.csv_table import MAX_BYTES


def raised_cosine(n: int = 1000, depth_mm: float = 55.0) -> tuple[np.ndarray, np.ndarray]:
    t_s = np.arange(n) / 100.0
    return t_s, depth_mm / 2 * (1 - np.cos(2 * np.pi * t_s * 110 / 60))


def a_csv(folder: Path, text: str | bytes, name: str = "motion.csv") -> Path:
    path = folder / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


def table(
    header: str = "t_s,depth_mm", n: int = 300, sep: str = ",", end: str = "\n", scale: float = 1.0
) -> str:
    t_s, depth = raised_cosine(n)
    rows = [f"{t:.3f}{sep}{d * scale:.6f}" for t, d in zip(t_s, depth, strict=True)]
    return end.join([header, *rows]) + end


def quoted(text: str) -> str:
    """Put every cell into quotes."""
    rows = (",".join(f'"{cell}"' for cell in line.split(",")) for line in text.splitlines())
    return "\n".join(rows) + "\n"


def test_a_calibrated_file_becomes_samples(tmp_path: Path) -> None:
    motion = read_csv_motion(a_csv(tmp_path, table()))
    t_s, depth_mm = raised_cosine(300)
    assert motion.calibrated and motion.assumptions == ()
    samples = list(motion.block().samples())
    assert motion.t_s == pytest.approx(t_s)
    assert [s.depth_m for s in motion.block().samples()] == pytest.approx(depth_mm / 1000, abs=1e-8)
    assert [s.stamp.t_ns for s in samples[:3]] == [0, 10_000_000, 20_000_000]
    speed = 0.0275 * 2 * np.pi * 110 / 60
    assert max(s.velocity_m_s for s in samples) == pytest.approx(speed, rel=0.01)
    assert samples[0].sources == ("csv",) and samples[0].zero_known
    assert samples[0].force_n is None and samples[0].hand_offset_m is None


def test_an_uncalibrated_file_keeps_its_own_unit_and_knows_no_zero(tmp_path: Path) -> None:
    motion = read_csv_motion(a_csv(tmp_path, table("t_s,depth_au", scale=1e5)))
    assert not motion.calibrated
    assert motion.depth.max() == pytest.approx(55e5, rel=1e-3)
    assert [s.depth_m for s in motion.block().samples()] == motion.depth.tolist()
    assert not any(s.zero_known for s in motion.block().samples())


def test_optional_columns_and_their_gaps(tmp_path: Path) -> None:
    rows = "".join(f"{k / 50:.2f},1.0,10.5,2,{-k},\n" for k in range(60))
    text = f"t_s,depth_mm,force_n,hand_x_mm,hand_y_mm,airway_ml\n{rows}1.20,1.0,,,,500\n"
    motion = read_csv_motion(a_csv(tmp_path, text))
    samples = list(motion.block().samples())
    assert samples[3].force_n == 10.5 and samples[3].airway_ml is None
    assert samples[3].hand_offset_m == (0.002, -0.003)
    assert samples[-1].force_n is None and samples[-1].airway_ml == 500
    assert samples[-1].hand_offset_m is None


@pytest.mark.parametrize(
    "text",
    [
        "\ufeff" + table(),
        table(end="\r\n"),
        table(sep=";", header="t_s;depth_mm"),
        table(sep=";", header="t_s;depth_mm").replace(".", ","),
        table(sep="\t", header="t_s\tdepth_mm"),
        table(header=" t_s , depth_mm "),
        "\n" + table() + "\n\n",
        table(sep="\t", header="t_s\tdepth_mm").replace(".", ","),
        table(sep="|", header="t_s|depth_mm"),
        table(sep=" ", header="t_s depth_mm"),
        quoted(table()),
        re.sub(r"(?<=\d)\n", ',""\n', table(header='t_s,depth_mm,"note; remark"')),
        table().replace("\n", "\n,\n", 5),
    ],
    ids=[
        "bom",
        "crlf",
        "semicolon",
        "decimal-comma",
        "tab",
        "spaces",
        "blank-lines",
        "tab-and-comma",
        "bar",
        "space",
        "quotes",
        "quoted-sign",
        "empty-rows",
    ],
)
def test_what_other_programs_write_is_understood(tmp_path: Path, text: str) -> None:
    plain = read_csv_motion(a_csv(tmp_path, table(), "plain.csv"))
    samples = read_csv_motion(a_csv(tmp_path, text)).block().samples()
    assert list(samples) == list(plain.block().samples())


def test_a_pipe_is_read_once_and_no_further_than_any_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fifo = tmp_path / "fifo"
    os.mkfifo(fifo)

    def read_from_it(text: str) -> np.ndarray:
        writer = threading.Thread(target=fifo.write_text, args=(text,), daemon=True)
        writer.start()
        try:
            return read_csv_motion(fifo).depth
        finally:
            writer.join(30)

    plain = read_csv_motion(a_csv(tmp_path, table()))
    assert (read_from_it(table(end="\r\n")) == plain.depth).all()
    monkeypatch.setattr("mr.recording.csv_table.MAX_BYTES", len(table()) - 1)
    with pytest.raises(RecordingError, match="larger than 512 MiB"):
        read_from_it(table())


@pytest.mark.parametrize("sigma_mm", [0.05, 0.3, 1.0])
def test_the_noise_is_estimated_not_assumed(tmp_path: Path, sigma_mm: float) -> None:
    t_s, depth = raised_cosine(3000)
    depth = depth + np.random.default_rng(1).normal(0, sigma_mm, depth.size)
    rows = "".join(f"{t:.2f},{d:.6f}\n" for t, d in zip(t_s, depth, strict=True))
    motion = read_csv_motion(a_csv(tmp_path, "t_s,depth_mm\n" + rows))
    assert motion.sigma == pytest.approx(sigma_mm, rel=0.12)
    assert motion.sigma != pytest.approx(2 * sigma_mm, rel=0.12)


def test_coarse_steps_are_part_of_the_noise(tmp_path: Path) -> None:
    t_s, depth = raised_cosine(3000)
    rows = "".join(f"{t:.2f},{round(d)}\n" for t, d in zip(t_s, depth, strict=True))
    motion = read_csv_motion(a_csv(tmp_path, "t_s,depth_mm\n" + rows))
    assert 0.28 < motion.sigma < 0.6


GOOD = table()
LINES = GOOD.splitlines()


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "the file is empty"),
        ("\n\n", "the file is empty"),
        ("t_s,depth_mm\n", "0 rows of data are too few"),
        ("\n".join(LINES[:12]), "11 rows of data are too few"),
        ("when,depth\n0,1\n", r"line 1: no column t_s in the header \(when, depth\)"),
        ("t_s,press\n0,1\n", "line 1: no column depth_mm or depth_au"),
        ("t_s,depth_mm,depth_au\n", "both depth_mm and depth_au"),
        ("t_s,time,depth_mm\n", "both t_s and time: keep one of them"),
        ("t_s,depth_mm,depth_mm\n", "column depth_mm stands twice"),
        ("t_s,depth_mm,force_n,force_N\n", "column force_n stands twice"),
        ("t_s,depth_mm,hand_x_mm\n", "only one of hand_x_mm and hand_y_mm"),
        (GOOD.replace(LINES[5], "0.040,inf"), "line 6: depth_mm is inf"),
        (GOOD.replace(LINES[5], ",1"), "line 6: t_s is empty: remove the row"),
        (GOOD.replace(LINES[5], "nan,1"), "line 6: t_s is empty"),
        (GOOD.replace(LINES[5], "0.040,1e17"), "line 6: depth_mm is 1e17, which is too large"),
        (GOOD.replace(LINES[5], "0.040,1e13"), "deeper than any chest"),
        (GOOD.replace(LINES[5], "0.040,4_1"), "line 6: depth_mm is '4_1': write a number"),
        (GOOD.replace(LINES[5], "inf,1"), "line 6: t_s is inf, .*: remove the row; any cell but"),
        (
            "t_s,depth_mm\n" + "".join(f"{k / 50},\n" for k in range(99)),
            "0 rows of data are too few",
        ),
        (GOOD.replace(LINES[5], "0.040,deep"), "line 6: depth_mm is 'deep': write a number"),
        (GOOD.replace(LINES[5], "0.040"), "line 6: 1 cells where the header has 2"),
        (GOOD.replace(LINES[5], "0,040,1,0"), "line 6: 4 cells"),
        (GOOD + GOOD.partition("\n")[2], "line 302: t_s goes from 2.99 to 0 s.*or cut the file"),
        (GOOD.replace(LINES[5], "1e11,1"), "line 6: t_s is 1e\\+11 s, which no clock shows"),
        (GOOD.replace(LINES[5], "-7,1"), "line 6: t_s goes from 0.03 to -7"),
        ("t_s,depth_mm\n" + "".join(f"{10 * k},1\n" for k in range(99)), "divide milliseconds"),
        ("t_s,depth_mm\n" + "".join(f"{k / 1e4},1\n" for k in range(99)), "too short"),
        (table(scale=0.1), "looks like cm, or is too shallow to count: say which with --unit"),
        (table(scale=1000), "deeper than any chest"),
        (b"\xff\xfet\x00_\x00", "not a UTF-8 text file"),
        (b"\x89MCAP0\r\n\x00\x01", "not a UTF-8 text file"),
        (b"\x00" * 50, "line 1"),
        ("x" * 200_000 + GOOD, "no column t_s"),
        ("x" * 200_000 + quoted(GOOD), "field larger than field limit"),
        ('t_s,depth_mm\n"0,1\n' + "1,2\n" * 50, "cells"),
    ],
)
def test_bad_files_are_one_clear_line(tmp_path: Path, text: str | bytes, says: str) -> None:
    path = a_csv(tmp_path, text)
    with pytest.raises(RecordingError, match=says) as caught:
        read_csv_motion(path)
    assert str(path) in str(caught.value)
    assert "\n" not in str(caught.value)


def test_missing_file_and_folder(tmp_path: Path) -> None:
    with pytest.raises(RecordingError, match="there is no such file"):
        read_csv_motion(tmp_path / "none.csv")
    with pytest.raises(RecordingError, match=r"cannot read this file \(Is a directory\)"):
        read_csv_motion(tmp_path)


def test_the_quick_way_and_the_slow_way_read_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    header = "t_s,depth_mm,force_n,airway_ml"
    rng = np.random.default_rng(1)
    rows = [
        f"{k / 100},{rng.random()!r},{'' if k % 3 else k},{'' if k % 5 else 7}" for k in range(199)
    ]
    path = a_csv(tmp_path, "\n".join([header, *rows]))
    quick = read_csv_motion(path)
    monkeypatch.setattr("mr.recording.csv_table._read_at_once", lambda *_: None)
    slow = read_csv_motion(path)
    assert list(quick.block().samples()) == list(slow.block().samples())
    assert quick.sigma == slow.sigma


def test_an_hour_is_read_at_once_not_cell_by_cell(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def never(*_: object) -> None:
        raise AssertionError("the slow way was gone")

    monkeypatch.setattr("mr.recording.csv_table._read_by_cell", never)
    for text in (table(), table(sep=";").replace(".", ","), table(sep=" ", header="t_s depth_mm")):
        head = text.replace("t_s,depth_mm", "t_s;depth_mm") if ";" in text else text
        assert len(read_csv_motion(a_csv(tmp_path, head)).t_s) == 300
    with pytest.raises(AssertionError, match="slow way"):  # negative control
        read_csv_motion(a_csv(tmp_path, quoted(table())))


def test_words_in_a_column_that_is_not_needed_do_no_harm(tmp_path: Path) -> None:
    lines = enumerate(table().splitlines())
    rows = [f"{line},{'pressing' if k % 2 else '(1| 2)'}" for k, line in lines]
    text = "\n".join(rows).replace("(1| 2)", "phase", 1).replace("pressing", "inf", 1)
    motion = read_csv_motion(a_csv(tmp_path, text))
    assert (motion.depth == read_csv_motion(a_csv(tmp_path, table())).depth).all()
    assert list(motion.assumptions) == ["column phase is not needed"]
    # Negative control: what is needed must be a number, whatever else is none.
    for name, wrong in (
        ("force_n", text.replace("phase", "force_n")),
        ("depth_mm", text.replace(",0.000000,", ",x,")),
    ):
        with pytest.raises(RecordingError, match=rf"line 2: {name} is "):
            read_csv_motion(a_csv(tmp_path, wrong))


def test_a_file_without_a_header_is_told(tmp_path: Path) -> None:
    text = table().partition("\n")[2]
    with pytest.raises(
        RecordingError, match=r"line 1: numbers where the header should be \(0\.000"
    ):
        read_csv_motion(a_csv(tmp_path, text))


def test_a_wide_table_is_refused_before_room_is_made_for_it(tmp_path: Path) -> None:
    n = 3_000_000
    path = a_csv(tmp_path, "t_s" + "," * n + "\n" + "," * n + "\n")
    tracemalloc.start()
    with pytest.raises(RecordingError, match=rf"line 1: {n + 1} columns: is this the header row"):
        read_csv_motion(path)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 5 * path.stat().st_size
    head, *rows = table().splitlines()
    many = [head + ",x" * 998, *(row + ",0" * 998 for row in rows)]  # the control
    assert len(read_csv_motion(a_csv(tmp_path, "\n".join(many))).t_s) == 300


def test_a_large_table_is_refused_by_what_it_holds(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = a_csv(tmp_path, table())
    monkeypatch.setattr("mr.recording.csv_table.MAX_CELLS", 2 * 302)
    assert len(read_csv_motion(path).t_s) == 300
    monkeypatch.setattr("mr.recording.csv_table.MAX_CELLS", 2 * 300)
    with pytest.raises(RecordingError, match="million cells: cut it into sessions"):
        read_csv_motion(path)
    with (tmp_path / "huge.csv").open("wb") as file:
        file.truncate(MAX_BYTES + 1)  # sparse: it takes no room
    with pytest.raises(RecordingError, match="larger than 512 MiB: cut it into sessions"):
        read_csv_motion(tmp_path / "huge.csv")


def test_too_little_memory_is_told_in_words(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise MemoryError

    monkeypatch.setattr("mr.recording.csv_table._read_at_once", full)
    with pytest.raises(RecordingError, match="too large for this computer's memory: cut it"):
        read_csv_motion(a_csv(tmp_path, table()))


def holds_or_refuses(path: Path) -> None:
    try:
        motion = read_csv_motion(path)
    except RecordingError as error:
        assert "\n" not in str(error)
    else:
        assert sum(1 for _ in motion.block().samples()) == len(motion.t_s)


@settings(max_examples=150, deadline=None)
@given(st.binary(max_size=300))
def test_any_bytes_are_a_motion_or_refused(
    tmp_path_factory: pytest.TempPathFactory, data: bytes
) -> None:
    folder = tmp_path_factory.getbasetemp()
    holds_or_refuses(a_csv(folder, data, "any.csv"))
    holds_or_refuses(a_csv(folder, b"t_s,depth_mm\n" + data, "any.csv"))


CELLS = st.sampled_from(
    [
        "",
        "nan",
        "inf",
        "-1",
        "0",
        "1e9",
        "1e13",
        "1e17",
        "1e-300",
        "0.5",
        "x",
        '"',
        '"7"',
        "1_0",
        "9;9",
        " ",
    ]
)


@settings(max_examples=150, deadline=None)
@example([(1, False, "1e-300")])
@given(st.lists(st.tuples(st.integers(0, 299), st.booleans(), CELLS), min_size=1, max_size=60))
def test_any_cells_are_a_motion_or_refused(
    tmp_path_factory: pytest.TempPathFactory, changes: list[tuple[int, bool, str]]
) -> None:
    rows = [line.split(",") for line in LINES[1:]]
    for k, is_depth, cell in changes:
        rows[k][is_depth] = cell
    text = "\n".join([LINES[0], *(",".join(row) for row in rows)])
    holds_or_refuses(a_csv(tmp_path_factory.getbasetemp(), text, "cells.csv"))
