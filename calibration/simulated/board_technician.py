"""A simulated technician who holds a ChArUco board before a simulated camera.

Takes the camera's true lens and a guide, gives the pictures that the camera takes while the
technician does what the guide says, clumsily: some are blurred, held as before, half covered
by a hand or half out of the picture. Leaves finding the board to `calibration.boards` and
painting it to `mr.sim.board_view`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt
from scipy.spatial.transform import Rotation

from calibration.boards.charuco import BoardView, CharucoBoard, board_texture, find_board
from calibration.cameras.intrinsics_guide import IntrinsicsGuide, Wanted
from mr.errors import CalibrationError
from mr.geometry.camera import Camera
from mr.rig import Intrinsics
from mr.sim.board_view import Bend, BoardPainter, Look, PrintedSheet
from mr.types import FloatArray, Pose

TEXTURE_PX = 128
"""Per square; a board that fills a picture of 1280 px has 100 there."""
RIM_SHARE = 0.35
"""White rim around the chessboard, in squares."""
BAD = {"moving": 0.10, "again": 0.06, "covered": 0.06, "out of focus": 0.03}
"""Shares of pictures that are of no use, or of less."""
PATIENCE = 120
"""Pictures after which the technician gives up."""
PLANE_SIGMA_M = 0.0008
"""One-sigma of the board's distance by a depth camera, at 0.5 m, over the whole board."""


@dataclass(frozen=True, slots=True, eq=False)
class HeldFrame:
    """One picture of a held board, with what is true of it."""

    grey: npt.NDArray[np.uint8]
    color_from_board: Pose
    plane_distance_m: float
    """From the colour camera to the board's plane, as a depth camera would measure it."""
    how: str
    """"held", or one of `BAD`."""


class BoardTechnician:
    """Holds a board as a guide wants it; the same seed does the same.

    Parameters
    ----------
    lens
        The camera's true colour lens.
    board
        The board as it truly was printed: its `print_scale` and sizes are the truth.
    bend
        How it is bent.
    depth_scale
        Seen over true distance of the depth camera.
    """

    def __init__(
        self,
        lens: Intrinsics,
        board: CharucoBoard,
        seed: int = 0,
        bend: Bend | None = None,
        depth_scale: float = 1.0,
    ) -> None:
        self.lens, self.board = lens, board
        self.bend = bend or Bend()
        self._depth_scale = depth_scale
        self._rng = np.random.default_rng([seed, 0x7EC4])
        self._painter = BoardPainter(Camera(lens), printed_sheet(board), seed)
        self._last: Pose | None = None

    def frames(self, guide: IntrinsicsGuide) -> Iterator[HeldFrame]:
        """Show the board until the guide is done, or patience ends."""
        for _ in range(PATIENCE):
            if guide.progress.done:
                return
            yield self.show(guide.wanted)

    def show(self, wanted: Wanted) -> HeldFrame:
        """Hold the board once as wanted, or badly."""
        rng = self._rng
        draw, how = float(rng.uniform()), "held"
        for name, share in BAD.items():
            if draw < share:
                how = name
                break
            draw -= share
        pose = held_pose(wanted, self.lens, self.board, rng)
        look = Look(noise_counts=float(rng.uniform(1.2, 2.2)), light=_light(rng))
        if how == "again" and self._last is not None:
            pose = self._last
        elif how == "moving":
            look = Look(motion_px=_any_way(rng, float(rng.uniform(6.0, 14.0))))
        elif how == "out of focus":
            look = Look(blur_px=float(rng.uniform(2.0, 3.0)))
        elif how == "covered":
            middle = self._painter.corners_px(pose, self.board.corners_in_board_m).mean(axis=0)
            x, y = middle + rng.uniform(-60, 60, 2)
            look = Look(covered_px=(float(x), float(y), float(rng.uniform(60, 110))))
        self._last = pose
        grey = self._painter.grey(pose, look, self.bend)
        distance_m = abs(float(pose.R[:, 2] @ pose.t_m))
        seen_m = self._depth_scale * distance_m
        seen_m += PLANE_SIGMA_M * (distance_m / 0.5) ** 2 * float(rng.standard_normal())
        return HeldFrame(grey, pose, seen_m, how)


def capture(
    technician: BoardTechnician, guide: IntrinsicsGuide, board: CharucoBoard
) -> tuple[list[BoardView], FloatArray]:
    """Let a technician and a guide work until done; gives the views taken and plane distances.

    `board` is what the program believes, which may differ from what is held.

    Raises
    ------
    CalibrationError
        When the guide is not done before the technician gives up; says what was last wrong.
    """
    distances, last = [], ""
    for frame in technician.frames(guide):
        verdict = guide.offer(find_board(frame.grey, board))
        if verdict.taken:
            distances.append(frame.plane_distance_m)
        else:
            last = verdict.why
    if not guide.progress.done:
        raise CalibrationError(
            f"intrinsics: {PATIENCE} pictures, {guide.progress.n_taken} of them of use, were not "
            f"enough; the last one: {last or 'taken'}"
        )
    return list(guide.samples), np.array(distances)


def held_pose(
    wanted: Wanted, lens: Intrinsics, board: CharucoBoard, rng: np.random.Generator
) -> Pose:
    """Give ``color_from_board`` of a board held about as wanted."""
    tilt = np.radians(rng.normal(29.0, 5.0))
    aside = np.radians(rng.normal(0.0, 7.0))
    about_y = {"right": -tilt, "left": tilt}.get(wanted.away, aside)
    about_x = {"bottom": tilt, "top": -tilt}.get(wanted.away, aside)
    turn = np.radians(rng.normal(90.0 if wanted.turned else 0.0, 8.0))
    lean = Rotation.from_rotvec([about_x, about_y, 0.0])
    R = (lean * Rotation.from_rotvec([0.0, 0.0, turn])).as_matrix()
    width_m, height_m = board.size_m
    share = wanted.height_share * float(rng.uniform(0.92, 1.08))
    z_m = lens.fy_px * height_m / (share * lens.height_px)
    x_px = (wanted.x_share + rng.normal(0.0, 0.04)) * lens.width_px
    y_px = (wanted.y_share + rng.normal(0.0, 0.04)) * lens.height_px
    middle = Camera(lens).rays_at(np.array([[x_px, y_px]]))[0] * z_m
    return Pose(R, middle - R @ np.array([width_m / 2, height_m / 2, 0.0]))


def printed_sheet(board: CharucoBoard) -> PrintedSheet:
    """Print a board, with its white rim, as it truly came out."""
    rim = round(RIM_SHARE * TEXTURE_PX)
    ink = board_texture(board, TEXTURE_PX)
    paper = cv2.copyMakeBorder(ink, rim, rim, rim, rim, cv2.BORDER_CONSTANT, value=255)
    x, y = board.print_scale
    pitch = board.square_m / TEXTURE_PX
    return PrintedSheet(np.asarray(paper, dtype=np.uint8), (pitch * x, pitch * y), (rim, rim))


def _light(rng: np.random.Generator) -> tuple[float, float]:
    x, y = rng.uniform(-0.2, 0.2, 2)
    return float(x), float(y)


def _any_way(rng: np.random.Generator, length_px: float) -> tuple[float, float]:
    angle = float(rng.uniform(0, 2 * np.pi))
    return length_px * float(np.cos(angle)), length_px * float(np.sin(angle))
