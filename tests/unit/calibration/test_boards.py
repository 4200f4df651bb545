"""Printed sheets: OpenCV reads them, and they are as large as they say."""

from __future__ import annotations

import re
from pathlib import Path

import cv2
import numpy as np
import pytest

from calibration.boards.sheets import PAPER_MM, plan_sheets, write_sheets
from mr.errors import ConfigError

DPI = 200
SIDE_M = 0.06


def found(path: Path) -> dict[int, np.ndarray]:
    grey = cv2.imread(str(path), cv2.IMREAD_GRAYSCALE)
    settings = cv2.aruco.DetectorParameters()
    settings.cornerRefinementMethod = cv2.aruco.CORNER_REFINE_SUBPIX
    known = cv2.aruco.getPredefinedDictionary(cv2.aruco.DICT_APRILTAG_36h11)
    corners, ids, _ = cv2.aruco.ArucoDetector(known, settings).detectMarkers(grey)
    return {int(i): c.reshape(4, 2) for i, c in zip(ids.ravel(), corners, strict=True)}


def test_a_sheet_is_read_and_true_to_scale(tmp_path: Path) -> None:
    sheets = plan_sheets(range(7), SIDE_M)
    paths = write_sheets(sheets, tmp_path, "png", DPI)
    assert [p.name for p in paths] == ["markers-1.png", "markers-2.png"]
    seen = [found(path) for path in paths]
    assert sorted(seen[0]) + sorted(seen[1]) == list(range(7))
    per_mm = DPI / 25.4
    for sheet, markers in zip(sheets, seen, strict=True):
        for place in sheet.places:
            corners = markers[place.id]
            sides_mm = np.linalg.norm(corners - np.roll(corners, 1, axis=0), axis=1) / per_mm
            assert sides_mm == pytest.approx([60.0] * 4, abs=0.15)
            assert corners[0] / per_mm == pytest.approx(  # top left first: it stands upright
                [place.x_mm, PAPER_MM["A4"][1] - place.y_mm - 60.0], abs=0.3
            )


def test_svg_and_pdf_have_the_size_of_the_paper(tmp_path: Path) -> None:
    sheets = plan_sheets([3], 0.088, paper="letter")
    svg = write_sheets(sheets, tmp_path, "svg")[0].read_text()
    width_pt, height_pt = re.search(r'width="([\d.]+)pt" height="([\d.]+)pt"', svg).groups()  # type: ignore[union-attr]
    assert (float(width_pt) / 72 * 25.4, float(height_pt) / 72 * 25.4) == pytest.approx(
        PAPER_MM["letter"], abs=0.01
    )
    ruler = re.search(r'id="ruler">\s*<path d="M ([\d.]+) [\d.]+ \s*L ([\d.]+)', svg)
    assert ruler is not None
    assert (float(ruler[2]) - float(ruler[1])) / 72 * 25.4 == pytest.approx(100.0, abs=0.01)
    assert "Print at 100 %" in svg
    pdf = write_sheets(sheets, tmp_path, "pdf")[0].read_bytes()
    assert pdf.startswith(b"%PDF")
    box = re.search(rb"/MediaBox \[ ?0 0 ([\d.]+) ([\d.]+)", pdf)
    assert box is not None
    assert float(box[1]) / 72 * 25.4 == pytest.approx(PAPER_MM["letter"][0], abs=0.01)
    again = write_sheets(sheets, tmp_path / "again", "svg")[0].read_text()
    assert again == svg


def test_what_cannot_be_printed_is_refused() -> None:
    with pytest.raises(ConfigError, match="do not fit on A4"):
        plan_sheets([0], 0.25)
    with pytest.raises(ConfigError, match="marker 587 is not in"):
        plan_sheets([587], 0.05)
    with pytest.raises(ConfigError, match="DICT_NONE"):
        plan_sheets([0], 0.05, "DICT_NONE")
