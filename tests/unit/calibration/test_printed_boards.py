"""The printed pages: true to scale in each kind of file, readable, and checked by rulers."""

from __future__ import annotations

import re
import zlib
from pathlib import Path

import cv2
import numpy as np
import pytest
import skia

from calibration.boards.charuco import CharucoBoard, find_board
from calibration.boards.print import default_board, write_board, write_registration
from calibration.boards.registration import RegistrationBoard
from calibration.boards.ruler import print_scale_from_ruler
from calibration.boards.sheets import PAPER_MM, Paper
from mr.errors import CalibrationError, ConfigError
from mr.types import FloatArray

DPI = 150
MM_PER_INCH = 25.4
POINT_MM = MM_PER_INCH / 72
TRUE_MM = 0.05
"""A third of a pixel at this resolution, over 250 mm: 0.02 %."""


def page_px(paper: Paper) -> tuple[int, int]:
    width_mm, height_mm = PAPER_MM[paper]
    return round(width_mm / MM_PER_INCH * DPI), round(height_mm / MM_PER_INCH * DPI)


def raster_svg(path: Path, paper: Paper) -> np.ndarray:
    """Render an SVG page by another program than the one that wrote it."""
    dom = skia.SVGDOM.MakeFromStream(skia.MemoryStream(path.read_bytes()))
    surface = skia.Surface(*page_px(paper))
    canvas = surface.getCanvas()
    canvas.clear(skia.ColorWHITE)
    size = dom.containerSize()
    width, height = page_px(paper)
    canvas.scale(width / size.width(), height / size.height())
    dom.render(canvas)
    return np.ascontiguousarray(surface.toarray()[:, :, 0])


def pdf_content(path: Path) -> str:
    streams = re.finditer(rb"stream\r?\n(.*?)endstream", path.read_bytes(), re.S)
    texts = []
    for stream in streams:
        try:
            texts.append(zlib.decompress(stream[1]).decode("latin-1"))
        except zlib.error:
            continue
    return max((t for t in texts if " l\nh\n" in t), key=len)


def raster_pdf(path: Path, paper: Paper) -> np.ndarray:
    """Fill the black polygons that a PDF page holds."""
    width, height = page_px(paper)
    fine = 8
    page = np.full((height, width), 255, dtype=np.uint8)
    point = re.compile(r"([-\d.]+) ([-\d.]+) [ml]")
    black = False
    for block in re.split(r"\n\n", pdf_content(path)):
        black = " 0 g" in f" {block}" if re.search(r"\d g\b", block) else black
        corners = np.array([[float(x), float(y)] for x, y in point.findall(block)])
        if black and len(corners) == 4 and "h" in block.split():
            px = corners / 72 * DPI
            px[:, 1] = height - px[:, 1]
            cv2.fillPoly(page, [np.rint((px - 0.5) * 2**fine).astype(np.int32)], 0, 8, fine)
    return page


def worst_mm(grey: np.ndarray, board: CharucoBoard) -> float:
    """How far corners lie from where the board's own frame has them, on paper."""
    view = find_board(grey, board)
    assert len(view.ids) == board.n_corners
    seen_mm = view.corners_px / DPI * MM_PER_INCH
    true_mm = board.corners_in_board_m[:, :2] * 1000
    return float(np.abs((seen_mm - seen_mm.mean(0)) - (true_mm - true_mm.mean(0))).max())


@pytest.mark.parametrize("paper", ["A4", "letter", "A3"])
def test_the_board_is_true_to_scale(tmp_path: Path, paper: Paper) -> None:
    board = default_board(paper)
    png = cv2.imread(str(write_board(board, tmp_path, paper, "png", DPI)), cv2.IMREAD_GRAYSCALE)
    assert png is not None
    assert png.shape[::-1] == pytest.approx(page_px(paper), abs=1)
    assert worst_mm(png, board) < TRUE_MM
    # The control: a page printed at 99.5 % is found out.
    assert worst_mm(cv2.resize(png, None, fx=0.995, fy=0.995), board) > 5 * TRUE_MM


def test_the_other_kinds_of_file_are_too(tmp_path: Path) -> None:
    board = default_board("A4")
    svg = write_board(board, tmp_path, "A4", "svg")
    assert worst_mm(raster_svg(svg, "A4"), board) < TRUE_MM
    pdf = write_board(board, tmp_path, "A4", "pdf")
    box = re.search(rb"/MediaBox \[ ?0 0 ([\d.]+) ([\d.]+)", pdf.read_bytes())
    assert box is not None
    assert float(box[1]) * POINT_MM == pytest.approx(210.0, abs=0.01)
    assert worst_mm(raster_pdf(pdf, "A4"), board) < 2 * TRUE_MM
    again = write_board(board, tmp_path / "again", "A4", "svg")
    assert again.read_text() == svg.read_text()


@pytest.mark.parametrize("kind", ["board", "card"])
def test_both_rulers_are_100_mm(tmp_path: Path, kind: str) -> None:
    if kind == "board":
        text = write_board(default_board("A3"), tmp_path, "A3", "svg").read_text()
    else:
        text = write_registration(RegistrationBoard(), tmp_path, "letter", "svg").read_text()
    number = r"([\d.]+)"
    for name, axis in (("ruler", 0), ("ruler-down", 1)):
        path = re.search(
            rf'id="{name}">\s*<path d="M {number} {number} \s*L {number} {number}', text
        )
        assert path is not None
        ends = np.array([float(v) for v in path.groups()]).reshape(2, 2) * POINT_MM
        assert abs(ends[1, axis] - ends[0, axis]) == pytest.approx(100.0, abs=0.01)
        assert ends[1, 1 - axis] == pytest.approx(ends[0, 1 - axis], abs=1e-6)
    assert "Print at 100 %" in text
    assert "DICT_4X4_100" in text


def test_the_card_is_where_it_says(tmp_path: Path) -> None:
    card = RegistrationBoard()
    path = write_registration(card, tmp_path, "A4", "png", DPI)
    grey = cv2.imread(str(path), cv2.IMREAD_GRAYSCALE)
    assert grey is not None
    assert worst_mm(grey, card.board) < TRUE_MM
    view = find_board(grey, card.board)
    # The board's frame on the page, by its corners; then each touch cross must be ink.
    to_px = DPI / MM_PER_INCH * 1000
    origin = (view.corners_px - card.board.corners_in_board_m[:, :2] * to_px).mean(axis=0)
    for place in card.touch_points_in_board_m:
        x, y = origin + place[:2] * to_px
        assert inked(grey, x, y)
        for dx, dy in ((18, 0), (-18, 0), (0, 18), (0, -18)):
            assert inked(grey, x + dx, y + dy)
        assert not inked(grey, x + 9, y + 9)
    # The crosshair meets in the mannequin's origin: its ends are level with it.
    middle = card.mannequin_from_board.inverse().apply(np.zeros(3))
    assert middle == pytest.approx([0.054, 0.054, 0.0], abs=1e-9)
    x, y = origin + middle[:2] * to_px
    assert inked(grey, x, y - 0.075 * to_px)
    assert inked(grey, x - 0.075 * to_px, y)


def inked(grey: np.ndarray, x: float, y: float) -> bool:
    c, r = round(x), round(y)
    return bool(grey[r - 1 : r + 2, c - 1 : c + 2].min() < 140)


def test_the_cards_geometry() -> None:
    card = RegistrationBoard(thickness_m=0.003)
    pose = card.mannequin_from_board
    assert np.linalg.det(pose.R) == pytest.approx(1.0)
    back = pose.apply(card.touch_points_in_board_m)
    assert back == pytest.approx(card.touch_points_in_mannequin_m)
    # To the head is up the page, against the board's y; out of the chest is out of the paper.
    assert pose.R @ np.array([0.0, -1.0, 0.0]) == pytest.approx([0.0, 1.0, 0.0])
    assert pose.R @ np.array([0.0, 0.0, -1.0]) == pytest.approx([0.0, 0.0, 1.0])
    assert pose.apply(np.zeros(3))[2] == pytest.approx(0.003)
    wide = RegistrationBoard(
        board=card.board.model_copy(update={"print_scale": (1.01, 0.99)})
    ).touch_points_in_mannequin_m
    assert wide[0, :2] == pytest.approx(card.touch_points_in_mannequin_m[0, :2] * [1.01, 0.99])


def test_touches_cannot_be_taken_for_one_another() -> None:
    places = RegistrationBoard().touch_points_in_mannequin_m[:, :2] * 1000
    assert len(places) >= 5
    for i in range(len(places)):
        for j in range(i):
            for k in range(j):
                assert abs(area_mm2(places[[i, j, k]])) > 500
    # Numbered the other way about, or one on, they fit no more: a wrong number shows.
    for order in (np.roll(np.arange(6), 1), np.arange(6)[::-1], np.roll(np.arange(6), 3)):
        assert worst_fit_mm(places, places[order]) > 8


def area_mm2(three: FloatArray) -> float:
    a, b = three[1] - three[0], three[2] - three[0]
    return float(a[0] * b[1] - a[1] * b[0]) / 2


def worst_fit_mm(to: FloatArray, places: FloatArray) -> float:
    """What the best turn and shift (no mirror) leaves."""
    p, q = places - places.mean(0), to - to.mean(0)
    z = np.sum((q[:, 0] + 1j * q[:, 1]) * np.conj(p[:, 0] + 1j * p[:, 1]))
    turned = (p[:, 0] + 1j * p[:, 1]) * z / abs(z)
    return float(np.abs(turned - (q[:, 0] + 1j * q[:, 1])).max())


def test_what_does_not_fit_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="does not fit on A4"):
        write_board(default_board("A3"), tmp_path, "A4")
    with pytest.raises(ConfigError, match="does not fit on letter"):
        write_registration(RegistrationBoard(touches_mm=((0.0, 140.0),)), tmp_path, "letter")


def test_rulers_give_the_prints_scale() -> None:
    assert print_scale_from_ruler(99.6, 100.2) == pytest.approx((0.996, 1.002))


@pytest.mark.parametrize(
    ("across", "down", "words"),
    [
        (96.0, 96.0, "fit to page"),
        (100.0, 104.5, "ruler down .*fit to page"),
        (9.96, 10.0, "are these cm"),
        (0.0, 100.0, "give its length in mm"),
        (float("nan"), 100.0, "give its length in mm"),
        (99.0, 100.5, "measure again"),
    ],
)
def test_a_rulers_nonsense_is_refused(across: float, down: float, words: str) -> None:
    with pytest.raises(CalibrationError, match=words):
        print_scale_from_ruler(across, down)
