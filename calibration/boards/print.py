"""Pages with a ChArUco board or the registration board, true to scale.

Takes a board, gives SVG, PDF or PNG pages with rulers both ways, what the board is, and what
to do with it; leaves the boards' geometry to `calibration.boards.charuco` and
`calibration.boards.registration`.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.collections import PatchCollection
from matplotlib.figure import Figure
from matplotlib.patches import Circle, FancyArrow, Rectangle

from calibration.boards.charuco import CharucoBoard, opencv_board
from calibration.boards.registration import RegistrationBoard
from calibration.boards.ruler import RULER_MM, draw_ruler
from calibration.boards.sheets import PAPER_MM, FileKind, Paper, Place, black_parts, marker_cells
from mr.errors import ConfigError

EDGE_MM = 5.0
"""Printers leave up to 4.2 mm of a page white."""
FOOT_MM = 22.0
"""For the ruler across and the words."""
SIDE_MM = 3.6
"""For the ruler down, beside the board."""
_MM_PER_INCH = 25.4
_DEFAULTS: dict[Paper, tuple[int, int, float]] = {
    "A4": (8, 11, 0.024),
    "letter": (8, 10, 0.024),
    "A3": (8, 11, 0.034),
}
_MARKER_SHARE = 0.75


def default_board(paper: Paper) -> CharucoBoard:
    """Give the board that fills a paper: for a camera 0.3 to 0.7 m away, or 0.5 to 1 m (A3)."""
    columns, rows, square_m = _DEFAULTS[paper]
    marker_m = round(square_m * _MARKER_SHARE, 6)
    return CharucoBoard(columns=columns, rows=rows, square_m=square_m, marker_m=marker_m)


def draw_board(board: CharucoBoard, paper: Paper = "A4") -> Figure:
    """Draw a page with a ChArUco board as it is *meant*; its `print_scale` is left out.

    Raises
    ------
    ConfigError
        When it does not fit on the paper, or its dictionary is too small.
    """
    figure, axes = _page(paper)
    width_mm, height_mm = PAPER_MM[paper]
    wide, high = board.columns * board.square_m * 1000, board.rows * board.square_m * 1000
    free_x = width_mm - 2 * (EDGE_MM + SIDE_MM) - wide
    free_y = height_mm - EDGE_MM - FOOT_MM - EDGE_MM - high
    if free_x < -1e-6 or free_y < -1e-6:
        raise ConfigError(
            f"a board of {wide:g} x {high:g} mm does not fit on {paper} "
            f"({wide + free_x:g} x {high + free_y:g} mm): use smaller squares, fewer, or larger "
            "paper"
        )
    left, bottom = (width_mm - wide) / 2, EDGE_MM + FOOT_MM + free_y / 2
    _draw_squares(axes, board, left, bottom)
    draw_ruler(axes, left - 1.0, bottom, down=True, small=True)
    _foot(axes, board, left, paper, f"ChArUco board {board.columns} x {board.rows}", _BOARD_WORDS)
    return figure


def draw_registration(card: RegistrationBoard, paper: Paper = "A4") -> Figure:
    """Draw the registration board's page as it is *meant*; `print_scale` is left out.

    Raises
    ------
    ConfigError
        When it does not fit on the paper.
    """
    figure, axes = _page(paper)
    width_mm, height_mm = PAPER_MM[paper]
    board = card.board
    half_x = board.columns * board.square_m * 500
    half_y = board.rows * board.square_m * 500
    centre = (width_mm / 2, height_mm / 2 + 8.0)
    reach = np.abs(np.array(card.touches_mm)).max(axis=0) + 9.0
    room = np.array([width_mm / 2 - EDGE_MM, height_mm - EDGE_MM - centre[1]])
    below = centre[1] - EDGE_MM - FOOT_MM - 6.0
    if (np.maximum(reach, [half_x, half_y]) > room).any() or reach[1] > below:
        raise ConfigError(
            f"the registration board does not fit on {paper}: its crosses reach "
            f"{reach[0]:g} x {reach[1]:g} mm from its middle; use larger paper"
        )
    _draw_squares(axes, board, centre[0] - half_x, centre[1] - half_y)
    _draw_crosshair(axes, centre, (half_x, half_y), (width_mm, height_mm))
    for number, (x, y) in enumerate(card.touches_mm, start=1):
        _draw_touch(axes, centre[0] + x, centre[1] + y, number)
    _draw_arrow(axes, centre[0] + 26.0, centre[1] + half_y + 9.0)
    draw_ruler(axes, EDGE_MM + 14.0, EDGE_MM + FOOT_MM + 8.0, down=True, small=True)
    _foot(axes, board, EDGE_MM + 5.0, paper, "Registration board", _CARD_WORDS)
    return figure


def write_board(
    board: CharucoBoard, folder: Path, paper: Paper = "A4", kind: FileKind = "pdf", dpi: int = 300
) -> Path:
    """Write the page as ``charuco-A4.pdf``; `dpi` matters for PNG only."""
    return _write(draw_board(board, paper), folder / f"charuco-{paper}.{kind}", kind, dpi)


def write_registration(
    card: RegistrationBoard,
    folder: Path,
    paper: Paper = "A4",
    kind: FileKind = "pdf",
    dpi: int = 300,
) -> Path:
    """Write the page as ``registration-A4.pdf``; `dpi` matters for PNG only."""
    path = folder / f"registration-{paper}.{kind}"
    return _write(draw_registration(card, paper), path, kind, dpi)


_BOARD_WORDS = (
    "Glue it onto something flat (glass, aluminium): a bent board bends the lens that is measured.",
    "Measure both rulers with a steel rule and give both lengths; keep fingers off the squares.",
)
_CARD_WORDS = (
    "Glue it onto stiff card. Lay it on the chest, face up, the arrow to the head, the cross lines",
    "on the compression point. For a headset, touch the crosses 1, 2, 3 … with a fingertip.",
)


def _page(paper: Paper) -> tuple[Figure, Axes]:
    """Make a page; one unit of its axes is one millimetre on paper."""
    width_mm, height_mm = PAPER_MM[paper]
    figure = Figure(figsize=(width_mm / _MM_PER_INCH, height_mm / _MM_PER_INCH))
    axes = figure.add_axes((0.0, 0.0, 1.0, 1.0))
    axes.set_xlim(0, width_mm)
    axes.set_ylim(0, height_mm)
    axes.set_axis_off()
    return figure, axes


def _draw_squares(axes: Axes, board: CharucoBoard, left_mm: float, bottom_mm: float) -> None:
    """Draw a chessboard with its markers; their lower left corner is given."""
    square_mm = board.square_m * 1000
    top_mm = bottom_mm + board.rows * square_mm
    black = [
        Rectangle(
            (left_mm + column * square_mm, top_mm - (row + 1) * square_mm), square_mm, square_mm
        )
        for row in range(board.rows)
        for column in range(board.columns)
        if (row + column) % 2 == 0
    ]
    known = opencv_board(board)
    for marker_id, corners in zip(
        np.asarray(known.getIds()).ravel(), known.getObjPoints(), strict=True
    ):
        low_left = np.asarray(corners, dtype=np.float64)[3] * square_mm
        cells = marker_cells(board.dictionary, int(marker_id))
        place = Place(int(marker_id), left_mm + float(low_left[0]), top_mm - float(low_left[1]))
        black += black_parts(cells, place, board.marker_m * 1000 / len(cells))
    # A seam of the edge's own width would make black squares larger than they are.
    axes.add_collection(PatchCollection(black, facecolor="black", linewidth=0, snap=False))


def _draw_crosshair(
    axes: Axes, centre: tuple[float, float], half: tuple[float, float], page: tuple[float, float]
) -> None:
    """Draw the lines that cross in the compression point, outside of the squares."""
    x, y = centre
    style: dict[str, Any] = {"color": "black", "lw": 0.6}
    ends = ((EDGE_MM, x - half[0] - 4.0), (x + half[0] + 4.0, page[0] - EDGE_MM))
    for a, b in ends:
        axes.plot([a, b], [y, y], **style)
    # Below, the line ends above the words.
    ends = ((EDGE_MM + FOOT_MM + 6.0, y - half[1] - 4.0), (y + half[1] + 4.0, page[1] - EDGE_MM))
    for a, b in ends:
        axes.plot([x, x], [a, b], **style)
    axes.text(
        x + 2.0,
        y - half[1] - 7.0,
        "the lines cross in the\ncompression point:\nthe board's middle",
        fontsize=6,
        va="top",
    )


def _draw_touch(axes: Axes, x_mm: float, y_mm: float, number: int) -> None:
    axes.plot([x_mm - 5, x_mm + 5], [y_mm, y_mm], color="black", lw=0.7, gid=f"touch-{number}")
    axes.plot([x_mm, x_mm], [y_mm - 5, y_mm + 5], color="black", lw=0.7)
    axes.add_patch(Circle((x_mm, y_mm), 3.0, fill=False, lw=0.5))
    axes.text(x_mm + 4.2, y_mm + 2.2, f"{number}", fontsize=13, weight="bold")


def _draw_arrow(axes: Axes, x_mm: float, y_mm: float) -> None:
    axes.add_patch(
        FancyArrow(
            x_mm, y_mm, 0.0, 26.0, width=3.0, head_width=9.0, head_length=9.0,
            length_includes_head=True, fc="black", lw=0,
        )
    )  # fmt: skip
    axes.text(x_mm - 9.5, y_mm + 1.0, "to the head", fontsize=11, rotation=90, va="bottom")


def _foot(
    axes: Axes,
    board: CharucoBoard,
    left_mm: float,
    paper: Paper,
    title: str,
    words: tuple[str, ...],
) -> None:
    """Draw the ruler across, what the board is, and what to do."""
    y_mm = EDGE_MM + 11.0
    draw_ruler(axes, left_mm, y_mm)
    last = board.first_id + board.columns * board.rows // 2 - 1
    lines = (
        f"Print at 100 % ({paper}, no scaling). Both rulers must measure {RULER_MM:g} mm; if they "
        "do not, give what you measure.",
        *words,
    )
    axes.text(left_mm, y_mm - 1.5, "\n".join(lines), fontsize=6.5, va="top", linespacing=1.25)
    about = (
        f"{title}\n{board.dictionary}, ids {board.first_id} to {last}\n"
        f"squares {board.square_m * 1000:g} mm, markers {board.marker_m * 1000:g} mm"
    )
    axes.text(left_mm + RULER_MM + 6.0, y_mm - 1.0, about, fontsize=6.5, va="bottom")


def _write(figure: Figure, path: Path, kind: FileKind, dpi: int) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    with mpl.rc_context({"svg.hashsalt": "mrcpr", "svg.fonttype": "none", "pdf.fonttype": 42}):
        stamp = {"Date": None} if kind == "svg" else {"CreationDate": None}
        metadata = None if kind == "png" else stamp
        figure.savefig(path, dpi=dpi, metadata=metadata, facecolor="white")
    return path
