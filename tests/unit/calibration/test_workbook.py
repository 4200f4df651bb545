"""What was taken is there again: after an end, a kill, a damage; never with another board."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pytest

from calibration.boards.charuco import BoardView, CharucoBoard
from calibration.guide import Progress, Verdict
from calibration.samples import UnreadableSample, pack, sample_sha256, unpack
from calibration.workbook import Page, Workbook
from mr.errors import CalibrationError
from mr.types import FloatArray, IntArray, Pose

BOARD = CharucoBoard()
WITH: dict[str, Any] = {"board": BOARD, "serial": "SN-1234", "size_px": (848, 480)}


@dataclass(frozen=True, slots=True, eq=False)
class Taken:
    """All that a sample may hold."""

    image: np.ndarray[Any, np.dtype[np.uint8]]
    view: BoardView
    board: CharucoBoard
    pose: Pose | None
    t_ns: int
    depth_mm: float
    side: Literal["left", "right"]
    label: str = ""
    places: tuple[tuple[float, float], ...] = ()
    counts: tuple[int, str] = (0, "")
    more: FloatArray | float | None = None
    ids: IntArray | None = None
    by_name: dict[str, float] | None = None


def taken(k: int = 0) -> Taken:
    rng = np.random.default_rng(k)
    pose = Pose(np.eye(3), rng.normal(size=3), None if k % 2 else np.eye(6))
    view = BoardView(np.arange(4), rng.normal(size=(4, 2)), 1, (848, 480), float("nan"))
    return Taken(
        rng.integers(0, 255, (6, 8), dtype=np.uint8), view, BOARD, pose, 2**62 + k, 0.1 + k,
        "left", 'ä"\n', ((0.1, -0.0), (1e-308, float("inf"))), (3, "x"),
        rng.normal(size=3) if k % 2 else None, None, {"a": 1.5},
    )  # fmt: skip


def same(a: Any, b: Any) -> bool:
    return sample_sha256(a) == sample_sha256(b)


@pytest.fixture
def workbook(tmp_path: Path) -> Workbook:
    return Workbook(tmp_path / "rig.toml")


def begin(workbook: Workbook, **more: Any) -> Page[Taken]:
    return workbook.open("intrinsics", "side", Taken, WITH | more)


@pytest.mark.parametrize("k", range(3))
def test_a_sample_comes_back_to_the_bit(k: int) -> None:
    before = taken(k)
    after = unpack(pack(before), Taken)
    assert pack(after) == pack(before)
    assert after.image.dtype == np.uint8 and after.pose is not None and before.pose is not None
    np.testing.assert_array_equal(after.pose.t_m, before.pose.t_m)
    assert (after.t_ns, after.places, after.counts, after.label, after.by_name) == (
        before.t_ns, before.places, before.counts, before.label, before.by_name,
    )  # fmt: skip
    assert type(after.view) is BoardView and after.view.size_px == (848, 480)
    assert not same(before, taken(k + 1))


@dataclass(frozen=True)
class Other:
    image: FloatArray


@dataclass(frozen=True)
class Bad:
    what: Any


@pytest.mark.parametrize("what", [object(), np.array([object()]), {1: 2}, b"bytes", {2}])
def test_what_is_neither_array_nor_plain_is_refused(what: Any) -> None:
    with pytest.raises(TypeError):
        pack(Bad(what))


def test_damaged_and_foreign_bytes_are_no_sample() -> None:
    data = pack(taken())
    for bad in (b"", b"not a zip", data[: len(data) // 2], data[:-30]):
        with pytest.raises(UnreadableSample):
            unpack(bad, Taken)
    turned = bytearray(data)
    turned[len(data) // 3] ^= 0xFF
    with pytest.raises(UnreadableSample):
        unpack(bytes(turned), Taken)
    with pytest.raises(UnreadableSample, match="no sample of this procedure"):
        unpack(data, Other)


def test_it_is_resumed_where_it_was(workbook: Workbook) -> None:
    with begin(workbook) as page:
        paths = [page.add(taken(k)) for k in range(3)]
        first = page.inputs_sha256()
    assert [p.name for p in paths] == ["0001.npz", "0002.npz", "0003.npz"]
    with begin(workbook) as again:
        assert all(same(a, taken(k)) for k, a in enumerate(again.samples))
        assert again.inputs_sha256() == first and set(first) == {"intrinsics side"}
        assert again.left_out == ()
        assert again.add(taken(7)).name == "0004.npz"
        assert again.inputs_sha256() != first
    (begun,) = workbook.begun()
    assert (begun.about.key, begun.n_samples) == ("intrinsics side", 4)


def test_a_guide_is_where_it_was(workbook: Workbook) -> None:
    class OnlyEven:
        def __init__(self) -> None:
            self.n = 0

        def offer(self, sample: Taken) -> Verdict:
            self.n += sample.t_ns % 2 == 0
            return Verdict(sample.t_ns % 2 == 0, "" if sample.t_ns % 2 == 0 else "odd: hold still")

        @property
        def progress(self) -> Progress:
            return Progress(0.0, False, "", self.n)

    with begin(workbook) as page:
        for k in range(3):
            page.add(taken(k))
        guide = OnlyEven()
        assert page.refill(guide) == ("odd: hold still",)
        assert guide.progress.n_taken == 2


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"board": CharucoBoard(square_m=0.025)}, r"board.square_m = 0.024, and now it is 0.025"),
        ({"board": CharucoBoard(print_scale=(0.995, 1.0))}, r"print_scale"),
        ({"serial": "SN-99"}, r"serial = SN-1234, and now it is SN-99"),
        ({"size_px": (640, 480)}, r"size_px = \[848, 480\]"),
        ({"more": 1}, r"more = not there, and now it is 1"),
    ],
)
def test_another_board_or_camera_is_refused(
    workbook: Workbook, change: dict[str, Any], words: str
) -> None:
    begin(workbook).close()
    begin(workbook, **change).close()  # nothing was taken yet that could be mixed
    with begin(workbook) as page:
        page.add(taken())
    with pytest.raises(CalibrationError, match=words + r".*start this procedure over"):
        begin(workbook, **change)
    begin(workbook).close()  # the refused one let go of the folder


def test_what_was_taken_back_stays_aside(workbook: Workbook) -> None:
    with begin(workbook) as page:
        for k in range(3):
            page.add(taken(k))
        page.drop(page.samples[1])
        page.drop(taken(0))  # never kept: another object
        assert page.add(taken(7)).name == "0004.npz"
    with begin(workbook) as again:
        assert [s.t_ns - 2**62 for s in again.samples] == [0, 2, 7]
        again.drop(again.samples[-1])
    aside = sorted(p.name for p in page.folder.glob("taken-back-*"))
    assert aside == ["taken-back-0002.npz", "taken-back-0004.npz"]


def test_a_damaged_file_is_left_out_named_and_not_written_over(workbook: Workbook) -> None:
    with begin(workbook) as page:
        for k in range(3):
            page.add(taken(k))
    half = page.folder / "0003.npz"
    half.write_bytes(half.read_bytes()[:99])
    (page.folder / ".0004.npz.abc.tmp").write_bytes(b"half")
    with begin(workbook) as again:
        assert len(again.samples) == 2
        assert len(again.left_out) == 1 and again.left_out[0].startswith("0003.npz: damaged")
        assert again.add(taken(5)).name == "0004.npz"
    assert not list(page.folder.glob("*.tmp"))


def test_a_sample_that_cannot_be_written_leaves_none(
    workbook: Workbook, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(self: Path, target: Path) -> None:
        raise OSError(28, "No space left on device")

    with begin(workbook) as page:
        page.add(taken(0))
        with monkeypatch.context() as patched:
            patched.setattr(Path, "replace", full)
            with pytest.raises(CalibrationError, match=r"0002\.npz.*No space left on device"):
                page.add(taken(1))
        assert len(page.samples) == 1
        assert [p.name for p in page.folder.glob("*.npz")] == ["0001.npz"]
        assert page.add(taken(1)).name == "0002.npz"


@pytest.mark.skipif(sys.platform == "win32", reason="no lock there")
def test_two_programs_are_not_at_one_procedure(workbook: Workbook) -> None:
    with begin(workbook), pytest.raises(CalibrationError, match="measuring intrinsics side"):
        begin(workbook)
    with begin(workbook), workbook.open("intrinsics", "top", Taken, WITH):
        pass


def test_an_about_that_is_none_is_told(workbook: Workbook) -> None:
    page = begin(workbook)
    page.close()
    (page.folder / "about.json").write_text("{}")
    with pytest.raises(CalibrationError, match=r"about\.json: not as this program wrote it"):
        begin(workbook)


def test_what_is_finished_is_filed_away_as_evidence(workbook: Workbook, tmp_path: Path) -> None:
    for subject in ("side", "top"):
        with workbook.open("intrinsics", subject, Taken, WITH) as page:
            page.add(taken())
    at = datetime(2026, 11, 30, 9, tzinfo=UTC)
    place = workbook.file_away("ab" * 32, [("intrinsics", "side")], now=lambda: at)
    assert place == tmp_path / "rig.history" / "2026-11-30T09-00-00Z_abababab_evidence"
    assert sorted(p.name for p in (place / "intrinsics_side").iterdir()) == [
        "0001.npz",
        "about.json",
    ]
    assert [b.about.subject for b in workbook.begun()] == ["top"]
    assert workbook.file_away("ab" * 32, [("chest", "MQ-1")]) is None


def test_starting_over_puts_the_old_samples_aside(workbook: Workbook) -> None:
    assert workbook.start_over("intrinsics", "side") is None
    for k in range(2):
        with begin(workbook, serial=f"SN-{k}") as page:
            page.add(taken(k))
        aside = workbook.start_over("intrinsics", "side")
        assert aside is not None and (aside / "0001.npz").is_file()
    assert len(list(aside.parent.iterdir())) == 2
    assert workbook.begun() == ()


def test_subjects_that_no_folder_may_have_stay_apart(workbook: Workbook) -> None:
    names = ["a/b", "a-b", "../../x", "a:b", "."]
    for name in names:
        workbook.open("intrinsics", name, Taken, WITH).close()
    assert sorted(b.about.subject for b in workbook.begun()) == sorted(names)
    assert all(b.folder.parent == workbook.folder for b in workbook.begun())
