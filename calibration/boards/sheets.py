"""Printable marker sheets, true to scale.

Takes marker ids and a side length, gives SVG, PDF or PNG pages with the markers, cutting
marks and a ruler to check the print with; leaves where the plates are fixed to the survey.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import cv2
import matplotlib as mpl
import numpy as np
import numpy.typing as npt
from matplotlib.axes import Axes
from matplotlib.collections import PatchCollection
from matplotlib.figure import Figure
from matplotlib.patches import Circle, Rectangle

from calibration.boards.ruler import RULER_MM, draw_ruler
from mr.errors import ConfigError

PAPER_MM = {"A4": (210.0, 297.0), "A3": (297.0, 420.0), "letter": (215.9, 279.4)}
_MARGIN_MM = 10.0
_FOOT_MM = 24.0
_MM_PER_INCH = 25.4
_CAPTION_MM = 6.0
_NEW_LINE = "\n"

Paper = Literal["A4", "A3", "letter"]
FileKind = Literal["svg", "pdf", "png"]


@dataclass(frozen=True, slots=True)
class Place:
    """One marker on a page: its id and its lower left corner from the page's, in mm."""

    id: int
    x_mm: float
    y_mm: float


@dataclass(frozen=True, slots=True)
class Sheet:
    """One page of markers of one size."""

    dictionary: str
    side_m: float
    paper: Paper
    places: tuple[Place, ...]
    disc_m: float = 0.0
    """Diameter of the round plate to cut out around each marker; 0: square, along its rim."""
    foot: str = "this side down"
    """What is said at each marker's lower edge."""


def dictionary_of(name: str) -> cv2.aruco.Dictionary:
    """Give one of OpenCV's marker dictionaries, or a `ConfigError`."""
    number = getattr(cv2.aruco, name, None)
    if not name.startswith("DICT_") or not isinstance(number, int):
        raise ConfigError(
            f"marker dictionary {name!r} is unknown: use one of OpenCV's, "
            "such as DICT_APRILTAG_36h11"
        )
    return cv2.aruco.getPredefinedDictionary(number)


def marker_cells(dictionary: str, marker_id: int) -> npt.NDArray[np.bool_]:
    """Give the black cells of a marker with its border, (n, n), row 0 on top.

    Raises
    ------
    ConfigError
        When the dictionary or the id is unknown.
    """
    known = dictionary_of(dictionary)
    n_markers = known.bytesList.shape[0]
    if not 0 <= marker_id < n_markers:
        raise ConfigError(f"marker {marker_id} is not in {dictionary}: use 0 to {n_markers - 1}")
    n_cells = known.markerSize + 2
    return np.asarray(cv2.aruco.generateImageMarker(known, marker_id, n_cells) == 0)


def plan_sheets(
    ids: Sequence[int],
    side_m: float,
    dictionary: str = "DICT_APRILTAG_36h11",
    paper: Paper = "A4",
    disc_m: float = 0.0,
    foot: str = "this side down",
) -> tuple[Sheet, ...]:
    """Lay markers out on as many pages as they need, each with a white rim of one cell.

    With a `disc_m` each is to be cut out as a round plate of that diameter.

    Raises
    ------
    ConfigError
        When a marker is unknown, or does not fit on the paper.
    """
    n_cells = marker_cells(dictionary, ids[0]).shape[0] if ids else 1
    for marker_id in ids:
        marker_cells(dictionary, marker_id)
    side_mm = side_m * 1000.0
    pitch_x_mm = max(side_mm * (1 + 2 / n_cells), disc_m * 1000.0)
    pitch_y_mm = pitch_x_mm + _CAPTION_MM
    width_mm, height_mm = PAPER_MM[paper]
    columns = int((width_mm - 2 * _MARGIN_MM) // pitch_x_mm)
    rows = int((height_mm - 2 * _MARGIN_MM - _FOOT_MM) // pitch_y_mm)
    if columns < 1 or rows < 1 or not ids:
        raise ConfigError(
            f"{len(ids)} markers of {side_mm:g} mm do not fit on {paper}: "
            "give at least one id, and a smaller side or larger paper"
        )
    sheets = []
    rim_mm = (pitch_x_mm - side_mm) / 2
    for start in range(0, len(ids), columns * rows):
        places = []
        for k, marker_id in enumerate(ids[start : start + columns * rows]):
            row, column = divmod(k, columns)
            x_mm = _MARGIN_MM + column * pitch_x_mm + rim_mm
            y_mm = height_mm - _MARGIN_MM - row * pitch_y_mm - rim_mm - side_mm
            places.append(Place(int(marker_id), x_mm, y_mm))
        sheets.append(Sheet(dictionary, side_m, paper, tuple(places), disc_m, foot))
    return tuple(sheets)


def draw_sheet(sheet: Sheet) -> Figure:
    """Draw a page; one unit of its axes is one millimetre on paper."""
    width_mm, height_mm = PAPER_MM[sheet.paper]
    figure = Figure(figsize=(width_mm / _MM_PER_INCH, height_mm / _MM_PER_INCH))
    axes = figure.add_axes((0.0, 0.0, 1.0, 1.0))
    axes.set_xlim(0, width_mm)
    axes.set_ylim(0, height_mm)
    axes.set_axis_off()
    side_mm = sheet.side_m * 1000.0
    black: list[Rectangle] = []
    for place in sheet.places:
        cells = marker_cells(sheet.dictionary, place.id)
        cell_mm = side_mm / len(cells)
        black += black_parts(cells, place, cell_mm)
        axes.text(
            place.x_mm + side_mm / 2,
            place.y_mm - cell_mm - 1.0,
            f"{sheet.dictionary} {place.id}   {side_mm:g} mm{_NEW_LINE if sheet.disc_m else '   '}"
            f"{sheet.foot}",
            fontsize=7,
            ha="center",
            va="top",
            color="0.35",
        )
        _draw_cut(axes, sheet, place, cell_mm)
    # Snapping would move edges to pixels in a preview; a seam of the edge's own width would
    # make black cells larger than they are.
    axes.add_collection(PatchCollection(black, facecolor="black", linewidth=0, snap=False))
    _draw_ruler(figure, sheet)
    return figure


def _draw_cut(axes: Axes, sheet: Sheet, place: Place, cell_mm: float) -> None:
    """Draw where to cut: a circle, or ticks at the corners of the white rim."""
    side_mm = sheet.side_m * 1000.0
    middle = (place.x_mm + side_mm / 2, place.y_mm + side_mm / 2)
    if sheet.disc_m:
        style = {"fill": False, "lw": 0.4, "ec": "0.5", "gid": "cut"}
        axes.add_patch(Circle(middle, sheet.disc_m * 500.0, **style))
        return
    half, tick_mm = side_mm / 2 + cell_mm, 3.0
    for x in (-1, 1):
        for y in (-1, 1):
            cx, cy = middle[0] + x * half, middle[1] + y * half
            axes.plot([cx, cx - x * tick_mm], [cy, cy], color="0.6", lw=0.4)
            axes.plot([cx, cx], [cy, cy - y * tick_mm], color="0.6", lw=0.4)


def black_parts(cells: npt.NDArray[np.bool_], place: Place, cell_mm: float) -> list[Rectangle]:
    """Cover the black cells by runs along rows and columns; each hides the other's seams."""
    upward = cells[::-1]
    along = [
        Rectangle(
            (place.x_mm + start * cell_mm, place.y_mm + k * cell_mm), length * cell_mm, cell_mm
        )
        for k, line in enumerate(upward)
        for start, length in _runs(line)
    ]
    across = [
        Rectangle(
            (place.x_mm + k * cell_mm, place.y_mm + start * cell_mm), cell_mm, length * cell_mm
        )
        for k, line in enumerate(upward.T)
        for start, length in _runs(line)
    ]
    return along + across


def _runs(line: npt.NDArray[np.bool_]) -> list[tuple[int, int]]:
    """Give (start, length) of each run of black cells."""
    edges = np.flatnonzero(np.diff(np.concatenate(([0], line.astype(np.int8), [0]))))
    return [(int(a), int(b - a)) for a, b in edges.reshape(-1, 2)]


def _draw_ruler(figure: Figure, sheet: Sheet) -> None:
    axes = figure.axes[0]
    x_mm, y_mm = _MARGIN_MM + 5.0, _MARGIN_MM + 8.0
    draw_ruler(axes, x_mm, y_mm)
    axes.text(
        x_mm,
        y_mm - 2.0,
        f"Print at 100 % ({sheet.paper}, no scaling). This ruler must measure {RULER_MM:g} mm; "
        "if it does not, the rig file must hold the side you measure.",
        fontsize=7,
        va="top",
    )


def write_sheets(
    sheets: Sequence[Sheet], folder: Path, kind: FileKind = "pdf", dpi: int = 300
) -> tuple[Path, ...]:
    """Write one file a page, ``markers-1.pdf`` and so on; `dpi` matters for PNG only."""
    folder.mkdir(parents=True, exist_ok=True)
    paths = []
    with mpl.rc_context({"svg.hashsalt": "mrcpr", "svg.fonttype": "none", "pdf.fonttype": 42}):
        for number, sheet in enumerate(sheets, start=1):
            path = folder / f"markers-{number}.{kind}"
            stamp = {"Date": None} if kind == "svg" else {"CreationDate": None}
            draw_sheet(sheet).savefig(
                path, dpi=dpi, metadata=None if kind == "png" else stamp, facecolor="white"
            )
            paths.append(path)
    return tuple(paths)
