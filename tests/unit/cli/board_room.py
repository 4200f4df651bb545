"""A room with depth cameras and a board that is moved about, in no time at all.

Takes true cameras and the places where a board is held, gives devices that paint what the
cameras see at 10 Hz by a clock of their own, and a screen on which a technician answers.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from types import TracebackType
from typing import Self

import cv2
import numpy as np

from calibration.boards.charuco import CharucoBoard
from calibration.guide import Progress, Verdict
from calibration.simulated.board_technician import printed_sheet
from mr.geometry.camera import Camera
from mr.sim.board_view import BoardPainter, Look
from mr.sim.camera import M_PER_COUNT
from mr.sim.plane_depth import PlaneDepth
from mr.sim.rig import TrueCamera
from mr.types import (
    Arrival,
    ColorFrame,
    DepthFrame,
    DeviceInfo,
    EndOfStream,
    Pose,
    Sample,
    SourceKind,
    StreamInfo,
)

HZ, PATIENCE = 10, 300
MOVING = Look(motion_px=(14.0, 6.0))
AWAY = Pose(np.eye(3), np.array([0.0, 0.0, -2.0]))
"""A board behind the camera is seen by nobody."""


class Hands:
    """Who holds the board: at one place after the other, or where they were told to.

    Parameters
    ----------
    held
        Places, each ``world_from_board``; `ticks` pictures are taken at each, and one on the way.
    """

    def __init__(self, held: Iterable[Pose] = (), ticks: int = 6) -> None:
        self._held = list(held)
        self._ticks = ticks
        self._first: int | None = None
        self.fixed: Pose | None = None
        """Where the board lies until it is taken up again."""

    def at(self, tick: int) -> tuple[Pose | None, bool]:
        """Tell where the board is, and whether it moves; None: nobody goes on."""
        if self.fixed is not None:
            return (self.fixed if tick < PATIENCE else None), False
        if self._first is None:
            self._first = tick
        k, way = divmod(tick - self._first, self._ticks + 1)
        return (self._held[k], way == 0) if k < len(self._held) else (None, False)


class PaintedCamera:
    """A depth camera before that board; satisfies `mr.types.Device`."""

    def __init__(
        self,
        camera_id: str,
        true: TrueCamera,
        board: CharucoBoard,
        hands: Hands,
        *,
        kind: SourceKind = "live",
        depth_every: int = 1,
        pauses: bool = True,
    ) -> None:
        self._id, self._true, self._hands = camera_id, true, hands
        self._painter = BoardPainter(Camera(true.color), printed_sheet(board), 1)
        self._sensor = PlaneDepth(true, board.size_m, seed=1)
        self._depth_every, self._pauses = depth_every, pauses
        self._tick = self._polls = 0
        self._last: tuple[int, bool, np.ndarray] | None = None
        self.info = DeviceInfo(
            kind, "painted", "room", true.serial, "1",
            (StreamInfo(f"cam_{camera_id}.color", HZ, 1e6),),
        )  # fmt: skip

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        tb: TracebackType | None,
    ) -> None: ...

    def poll(self) -> Sequence[Sample]:
        """Give the next pair of pictures; every other time nothing has come yet."""
        self._polls += 1
        if self._pauses and self._polls % 2:
            return ()
        tick = self._tick
        self._tick += 1
        place, moves = self._hands.at(tick)
        if place is None:
            raise EndOfStream
        color_from_world = self._true.color_from_depth @ self._true.world_from_cam.inverse()
        color_from_board = color_from_world @ place
        arrival = Arrival(self._id, tick, tick, round(tick * 1e9 / HZ))
        samples: list[Sample] = []
        if self._depth_every and tick % self._depth_every == 0:
            cam_from_board = self._true.color_from_depth.inverse() @ color_from_board
            counts = self._depth(cam_from_board, tick / HZ)
            samples.append(DepthFrame(arrival, self._id, counts, M_PER_COUNT))
        return [*samples, ColorFrame(arrival, self._id, self._bgr(place, color_from_board, moves))]

    def _depth(self, cam_from_board: Pose, t_s: float) -> np.ndarray:
        if cam_from_board.t_m[2] < 0.1:
            lens = self._true.depth
            return np.zeros((lens.height_px, lens.width_px), dtype=np.uint16)
        return self._sensor.frames(cam_from_board, 1, t_s)[0]

    def _bgr(self, place: Pose, color_from_board: Pose, moves: bool) -> np.ndarray:
        if self._last is None or self._last[:2] != (id(place), moves):
            if color_from_board.t_m[2] < 0.1:
                lens = self._true.color
                grey = np.full((lens.height_px, lens.width_px), 90, dtype=np.uint8)
            else:
                grey = self._painter.grey(color_from_board, MOVING if moves else Look())
            self._last = (id(place), moves, cv2.cvtColor(grey, cv2.COLOR_GRAY2BGR))
        return self._last[2]


class Technician:
    """A screen with somebody before it who does what is asked."""

    def __init__(self, does: Mapping[str, Callable[[], None]], answer: str | None = "") -> None:
        self._does = dict(does)
        self._answer = answer
        self.asked: list[str] = []
        self.said: list[str] = []
        self.shown: list[str] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        trace: TracebackType | None,
    ) -> None: ...

    def begin(self, title: str, bring: str) -> None:
        """Nothing has to be shown."""

    def show(self, progress: Progress, verdict: Verdict | None) -> None:
        """Note what is shown."""
        words = progress.next if verdict is None or verdict.taken else f"not: {verdict.why}"
        if not self.shown or self.shown[-1] != words:
            self.shown.append(words)

    def ask(self, question: str) -> str | None:
        """Do it, then answer."""
        self.asked.append(question)
        for words, do in self._does.items():
            if words in question:
                do()
        return self._answer

    def say(self, text: str) -> None:
        """Note it."""
        self.said.append(text)

    def pause(self) -> None:
        """Nothing is shown."""

    def working(self, words: str) -> AbstractContextManager[object]:
        """Nothing is shown."""
        del words
        return nullcontext()
