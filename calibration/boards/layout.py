"""The standard marker layout: five round plates around an adult torso, none in one plane.

Takes nothing, gives the plates' places as a `MarkerLayout` and as a page to mount them by;
leaves the sheets with the markers to `calibration.boards.sheets`. A camera on the mannequin's left,
0.6 to 0.9 m from the sternum, sees three or more of them; a single marker's tilt is
ambiguous, and five in one plane would leave the distance to millimetres.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import matplotlib as mpl
import numpy as np
import tomlkit
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Circle, Ellipse, FancyBboxPatch

from calibration.boards.sheets import PAPER_MM, FileKind, Paper
from mr.rig import Marker, MarkerLayout
from mr.types import FloatArray

TAG_M = 0.088
DISC_M = 0.145
"""Round: OpenCV takes the outline of a square board for the marker's."""
FOOT = "this edge to the mannequin's left"
_MM_PER_INCH = 25.4


@dataclass(frozen=True, slots=True)
class PlatePlace:
    """Where a plate's centre is, and how far its face leans from lying flat."""

    id: int
    left_mm: float
    """From the compression point towards the mannequin's left (x)."""
    head_mm: float
    """Towards its head (y)."""
    below_mm: float
    """Under the compression point."""
    lean_left_deg: float
    lean_head_deg: float

    def corners_in_mannequin_m(self, side_m: float = TAG_M) -> FloatArray:
        """Give the marker's corners in OpenCV's order, (4, 3) m."""
        slope = np.tan(np.radians([self.lean_left_deg, self.lean_head_deg]))
        normal = np.array([slope[0], slope[1], 1.0]) / np.sqrt(1.0 + slope @ slope)
        # The marker's upper edge looks to the mannequin's right.
        up = np.array([-1.0, 0.0, 0.0]) + normal[0] * normal
        up /= np.linalg.norm(up)
        right, half = np.cross(up, normal), side_m / 2
        centre = np.array([self.left_mm, self.head_mm, -self.below_mm]) / 1000.0
        signs = np.array([[-1, 1], [1, 1], [1, -1], [-1, -1]])
        return np.asarray(centre + half * (signs[:, :1] * right + signs[:, 1:] * up))


STANDARD = (
    PlatePlace(0, 240.0, 235.0, 110.0, 10.0, -15.0),
    PlatePlace(1, 245.0, -250.0, 145.0, 5.0, 10.0),
    PlatePlace(2, -220.0, 285.0, 95.0, 40.0, -20.0),
    PlatePlace(3, -230.0, -275.0, 60.0, 25.0, 10.0),
    PlatePlace(4, 105.0, -420.0, 90.0, 15.0, 20.0),
)


def standard_layout(dictionary: str = "DICT_APRILTAG_36h11") -> MarkerLayout:
    """Give the standard plates as a rig file holds them."""
    markers = []
    for place in STANDARD:
        c = [tuple(round(float(v), 6) for v in p) for p in place.corners_in_mannequin_m()]
        corners = tuple((p[0], p[1], p[2]) for p in c)
        markers.append(
            Marker(
                id=place.id,
                corners_in_mannequin_m=(corners[0], corners[1], corners[2], corners[3]),
            )
        )
    return MarkerLayout(dictionary=dictionary, markers=tuple(markers))


def layout_toml(layout: MarkerLayout) -> str:
    """Give the ``[markers]`` part of a rig file."""
    document = tomlkit.document()
    document.add(tomlkit.comment("The standard layout as planned. Measure where your plates"))
    document.add(tomlkit.comment("really are, and put that into the rig file instead."))
    document["markers"] = layout.model_dump(mode="json")
    return tomlkit.dumps(document)


def draw_layout(paper: Paper = "A4") -> Figure:
    """Draw the page that says where each plate goes."""
    width_mm, height_mm = PAPER_MM[paper]
    figure = Figure(figsize=(width_mm / _MM_PER_INCH, height_mm / _MM_PER_INCH))
    title = "Where the marker plates go"
    figure.text(0.07, 0.955, title, fontsize=15, weight="bold", va="center")
    hint = (
        "The compression point is the origin. All lengths in mm; the drawings are not to scale.\n"
        f"Each plate is a disc of {1e3 * DISC_M:g} mm; its caption's edge lies to the "
        "mannequin's left, where the camera is.\n"
        "The bar marks that edge; a red arrow shows the way the face leans."
    )
    figure.text(0.07, 0.938, hint, fontsize=8.5, va="top", linespacing=1.5)
    above = figure.add_axes((0.10, 0.41, 0.80, 0.47))
    _draw_above(above)
    side = figure.add_axes((0.10, 0.245, 0.80, 0.14))
    _draw_side(side)
    _draw_table(figure.add_axes((0.07, 0.045, 0.86, 0.175)))
    return figure


def _draw_above(axes: Axes) -> None:
    skin: dict[str, Any] = {"fc": "#f3e3d6", "ec": "0.55", "lw": 0.8}
    axes.add_patch(FancyBboxPatch((-110, -240), 220, 420, boxstyle="round,pad=60", **skin))
    axes.add_patch(FancyBboxPatch((-35, 230), 70, 90, boxstyle="round,pad=20", **skin))
    axes.add_patch(Ellipse((0, 420), 170, 215, **skin))
    axes.plot([-22, 22], [0, 0], "k-", lw=1)
    axes.plot([0, 0], [-22, 22], "k-", lw=1)
    axes.annotate("compression point", (0, -30), ha="center", va="top", fontsize=7.5)
    for place in STANDARD:
        at = (place.left_mm, place.head_mm)
        axes.add_patch(Circle(at, 500 * DISC_M, fc="white", ec="k", lw=1.0, zorder=3))
        half = 500 * TAG_M
        axes.plot([at[0] + half] * 2, [at[1] - half, at[1] + half], "k-", lw=3, zorder=4)
        axes.text(at[0] - 8, at[1], f"{place.id}", fontsize=15, ha="center", va="center", zorder=5)
        lean = np.array([place.lean_left_deg, place.lean_head_deg])
        start, step = np.array(at) + 72 * lean / np.linalg.norm(lean), 2.2 * lean
        style = {"arrowstyle": "-|>", "color": "tab:red", "lw": 1.2}
        axes.annotate("", start + step, start, arrowprops=style, zorder=6)
        words = f"{abs(place.left_mm):g} {'left' if place.left_mm > 0 else 'right'}\n"
        words += f"{abs(place.head_mm):g} to the {'head' if place.head_mm > 0 else 'feet'}"
        beyond = at[0] + 95 if place.left_mm > 0 else at[0] - 85
        anchor = "left" if place.left_mm > 0 else "right"
        axes.text(beyond + 22 * np.sign(place.left_mm), at[1], words, fontsize=7.5, ha=anchor)
    axes.text(-430, 520, "seen from above", fontsize=9, style="italic")
    axes.text(430, 20, "camera's side", fontsize=8, rotation=-90, va="center", color="tab:red")
    axes.text(-440, 20, "learner's side", fontsize=8, rotation=90, va="center", color="0.35")
    axes.set_xlim(-450, 450)
    axes.set_ylim(-510, 550)
    axes.set_aspect("equal")
    axes.set_axis_off()


def _draw_side(axes: Axes) -> None:
    skin: dict[str, Any] = {"fc": "#f3e3d6", "ec": "0.55", "lw": 0.8}
    axes.add_patch(FancyBboxPatch((-270, -180), 480, 140, boxstyle="round,pad=35", **skin))
    axes.add_patch(Ellipse((420, -115), 215, 170, **skin))
    axes.axhline(0, color="0.6", lw=0.6, ls=":")
    axes.text(-560, 6, "height of the compression point", fontsize=7, color="0.35")
    for place in STANDARD:
        tilt = np.radians(place.lean_head_deg)
        half = 500 * DISC_M * np.array([np.cos(tilt), -np.sin(tilt)])
        at = np.array([place.head_mm, -place.below_mm])
        # Towards the head is to the right here, so a lean to the head turns the face right.
        axes.plot(*np.transpose([at - half, at + half]), "k-", lw=2)
        axes.text(
            at[0], at[1] - 14, f"{place.id}: {place.below_mm:g}", fontsize=7, ha="center", va="top"
        )
    axes.text(-560, -205, "seen from its left: how far below", fontsize=8, style="italic")
    axes.set_xlim(-570, 570)
    axes.set_ylim(-235, 45)
    axes.set_aspect("equal")
    axes.set_axis_off()


def _draw_table(axes: Axes) -> None:
    axes.set_axis_off()

    def lean(value: float, more: str, less: str) -> str:
        return f"{abs(value):g}° {more if value > 0 else less}"

    rows = [
        (
            f"{p.id}",
            f"{abs(p.left_mm):g} {'left' if p.left_mm > 0 else 'right'}",
            f"{abs(p.head_mm):g} to the {'head' if p.head_mm > 0 else 'feet'}",
            f"{p.below_mm:g}",
            lean(p.lean_left_deg, "left", "right"),
            lean(p.lean_head_deg, "head", "feet"),
        )
        for p in STANDARD
    ]
    head = ("plate", "centre, mm", "centre, mm", "below the point, mm", "leans", "and")
    table = axes.table(rows, colLabels=head, cellLoc="center", loc="upper center")
    table.auto_set_font_size(False)
    table.set_fontsize(8)
    table.scale(1.0, 1.35)
    axes.text(
        0.0,
        0.02,
        "Fix the plates to the mannequin or to one board with it, so that they cannot move against "
        "it. Then measure where\nthey are to half a millimetre: what the rig file says is what the "
        "pose is built on.",
        fontsize=8,
        va="bottom",
        linespacing=1.4,
    )


def write_layout(folder: Path, paper: Paper = "A4", kind: FileKind = "pdf") -> Path:
    """Write the page that says where each plate goes, as ``layout.pdf``."""
    path = folder / f"layout.{kind}"
    with mpl.rc_context({"svg.hashsalt": "mrcpr", "svg.fonttype": "none", "pdf.fonttype": 42}):
        stamp = {"Date": None} if kind == "svg" else {"CreationDate": None}
        metadata = None if kind == "png" else stamp
        draw_layout(paper).savefig(path, dpi=150, metadata=metadata, facecolor="white")
    return path
