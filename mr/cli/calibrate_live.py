"""A technician at a real rig: asks for what the guides want, and reads the devices.

Takes the choices of a command line, gives candidates for each step from live devices, or from
recorded camera files in their place; leaves what is taken to the guides.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from calibration.boards.charuco import BoardView, CharucoBoard, find_board
from calibration.boards.diagnose import why_not_read
from calibration.boards.layout import standard_layout
from calibration.cameras.board_depth import (
    MIN_FRAMES,
    BoardDepth,
    board_depth,
    color_of,
    middle_depth_m,
)
from calibration.cameras.boards_seen import BoardsSeen, boards_seen
from calibration.cameras.depth_guide import DepthGuide
from calibration.cameras.still import Rested, Seen, StillBoard, is_seen
from calibration.cameras.world_guide import WorldGuide
from calibration.guide import Progress
from calibration.headset.capture import HandSeen, HeadsetGuide
from calibration.look import Look, unseen
from calibration.mannequin.normal_guide import RestGuide, RestLook
from calibration.mannequin.station import StationsGuide
from calibration.mannequin.survey import PlatesSeen
from calibration.mannequin.survey_guide import SurveyGuide
from calibration.plan import Task
from calibration.steps.headset import resting_pose
from calibration.steps.place import layout_of, registration_board
from calibration.steps.step import Setup
from calibration.together.compressing import MotionSample
from mr.cli.calibrate_capture import stations
from mr.cli.calibrate_devices import Picture, Reader, pictures, read_station, read_stroke
from mr.cli.calibrate_headset import found_by, hands_seen, whose_hands, worn
from mr.cli.calibrate_screen import Screen
from mr.cli.sources import MANNEQUIN_HZ, RigSources, driver_of, find_port
from mr.clock.host import host_now_ns
from mr.devices.mannequin.source import MannequinSource
from mr.devices.realsense.source import RealSenseSource
from mr.errors import CalibrationError, ConfigError
from mr.rig import CameraModel
from mr.session.front import FrontEnd
from mr.tracking.landmarks import MediapipeHands, model_path
from mr.tracking.markers import detect
from mr.types import ColorFrame, Device, FloatArray, Sample
from overlays.xr.probe import probe_apart

UNREAD_S = 2.0
TOGETHER_S = 0.5
"""Cameras that see a board come to rest within so long saw it at one instant."""
NO_DEPTH_S = 3.0
PROBED_S = 10.0
"""A headset that is not there now may be in so long."""
UNSEEN = "bring the board into the picture, its printed side to the camera, and hold it still"
Grey = np.ndarray[Any, np.dtype[np.uint8]]


class LiveTechnician:
    """Reads real devices for each step; they are open only while it lasts.

    Parameters
    ----------
    port
        Of the mannequin; None: the only one.
    camera_files
        Recordings that play in place of cameras, by camera id.
    """

    def __init__(self, port: str | None, camera_files: Mapping[str, Path]) -> None:
        self._port = port
        self._files = dict(camera_files)
        self.look: Look = unseen
        """Who wants to see what the cameras see."""
        self._probed = (-float("inf"), "")
        self._headset_name = ""
        self._ways: dict[str, Callable[[Setup, Any, Screen], Iterable[Any]]] = {
            "intrinsics": self._intrinsics,
            "depth": self._depth,
            "world": self._world,
            "plates": self._plates,
            "rest": self._rest,
            "motion": self._motion,
            "chest": self._stations,
            "cells": self._stations,
            "airway": self._strokes,
            "headset": self._headset,
        }

    def candidates(self, task: Task, setup: Setup, guide: Any, screen: Screen) -> Iterable[Any]:
        """Give candidates for one task."""
        for camera_id in self._files:
            if camera_id not in setup.draft.cameras:
                raise ConfigError(
                    f"--camera-file {camera_id}=…: the rig has no camera {camera_id!r} (it has: "
                    f"{', '.join(sorted(setup.draft.cameras)) or 'none'})"
                )
        why = self.cannot(task.procedure.name)
        if why:
            raise CalibrationError(f"{task.procedure.name}: {why}")
        return self._ways[task.procedure.name](setup, guide, screen)

    def cannot(self, name: str) -> str:
        """Say why a procedure cannot be captured from here now; empty if it can."""
        return self._no_headset() if name == "headset" else ""

    def _no_headset(self) -> str:
        """Say why no headset can be worn now; asked anew after a while."""
        asked_s, why = self._probed
        if time.monotonic() - asked_s > PROBED_S:
            found = probe_apart()
            why, self._headset_name = found.why.removeprefix("headset: "), found.headset_name or ""
            self._probed = (time.monotonic(), why)
        return why

    # --- the mannequin ----------------------------------------------------------------

    def _stations(self, setup: Setup, guide: StationsGuide[Any], screen: Screen) -> Iterator[Any]:
        yield from self._read_by(setup, guide, screen, read_station)

    def _strokes(self, setup: Setup, guide: StationsGuide[Any], screen: Screen) -> Iterator[Any]:
        yield from self._read_by(setup, guide, screen, read_stroke)

    def _read_by(
        self,
        setup: Setup,
        guide: StationsGuide[Any],
        screen: Screen,
        read: Callable[[Reader, float], tuple[FloatArray, FloatArray]],
    ) -> Iterator[Any]:
        with MannequinSource(
            find_port(self._port, or_without=False), sample_rate_hz=MANNEQUIN_HZ
        ) as source:
            require_serial("mannequin", source.info.serial, setup.mannequin.serial)
            reader, ticks_per_s = Reader([source]), source.info.streams[0].ticks_per_s
            yield from stations(guide, lambda: read(reader, ticks_per_s), screen)

    # --- cameras ----------------------------------------------------------------------

    def _intrinsics(self, setup: Setup, guide: Any, screen: Screen) -> Iterator[Any]:
        del guide
        with ExitStack() as stack:
            reader = self._opened(stack, {setup.subject: setup.camera})
            unread = Unread(setup.kit.board, screen)
            for picture in self._watched(reader, [setup.subject]):
                grey = grey_of(picture.color)
                view = find_board(grey, setup.kit.board)
                unread.look(grey, view, picture.t_s)
                yield view

    def _depth(self, setup: Setup, guide: DepthGuide, screen: Screen) -> Iterator[BoardDepth]:
        camera_id, board, camera = setup.subject, setup.kit.board, setup.camera
        color_of(camera)  # without colour nothing is to be opened
        gauge_m = {"held": float("nan"), "flat": 0.0, "raised": setup.kit.step_mm / 1e3}
        still, asked = StillBoard(MIN_FRAMES), "held"
        with ExitStack() as stack:
            reader = self._opened(stack, {camera_id: camera})
            for picture in self._watched(reader, [camera_id]):
                if guide.stage != asked:
                    asked = guide.stage
                    _require_answer(screen.ask(f"{guide.progress.next}, then Enter."))
                    reader.drain()
                    still.forget()
                    continue  # this picture is of before the answer
                _require_depth(picture)
                seen = seen_of(picture, board)
                screen.show(_shown(guide.progress, is_seen(seen.view)), None)
                rested = still.step(seen)
                if rested is None:
                    continue
                sample = _depth_sample(rested, board, camera, gauge_m[asked])
                if sample is not None:
                    yield sample
                if asked != "held":
                    still.forget()  # a second look at the same place

    def _world(self, setup: Setup, guide: WorldGuide, screen: Screen) -> Iterator[BoardsSeen]:
        board, cameras = setup.kit.board, setup.draft.cameras
        still = {camera_id: StillBoard() for camera_id in cameras}
        rested: dict[str, tuple[float, Rested]] = {}
        visible: dict[str, bool] = {}
        asked = ""
        with ExitStack() as stack:
            reader = self._opened(stack, cameras)
            for picture in self._watched(reader, list(cameras)):
                if guide.stage != asked:
                    asked = guide.stage
                    if asked != "held":
                        _require_answer(screen.ask(f"{guide.progress.next}, then Enter."))
                    reader.drain()
                    rested.clear()
                    for watch in still.values():
                        watch.forget()
                    continue  # this picture is of before the answer
                seen = seen_of(picture, board)
                visible[picture.camera_id] = is_seen(seen.view)
                screen.show(_shown(guide.progress, any(visible.values())), None)
                found = still[picture.camera_id].step(seen)
                if found is not None:
                    rested[picture.camera_id] = (picture.t_s, found)
                oldest_s = min((t_s for t_s, _ in rested.values()), default=np.inf)
                if len(rested) == len(cameras) or picture.t_s - oldest_s > TOGETHER_S:
                    yield _instant(asked, rested, board, cameras)
                    rested.clear()
                    if asked != "held":
                        for watch in still.values():
                            watch.forget()

    def _plates(self, setup: Setup, guide: SurveyGuide, screen: Screen) -> Iterator[PlatesSeen]:
        """Look for board and plates; a camera in the hand goes round, the others stay."""
        del guide, screen
        board = registration_board(setup.kit).board
        layout = standard_layout()
        with ExitStack() as stack:
            reader = self._opened(stack, setup.draft.cameras)
            for picture in self._watched(reader, list(setup.draft.cameras)):
                view = find_board(grey_of(picture.color), board)
                plates = detect(picture.color.bgr, layout)
                yield PlatesSeen(
                    picture.camera_id,
                    view.ids,
                    view.corners_px,
                    plates.ids,
                    plates.corners_px,
                    view.sharpness_px,
                )

    def _rest(self, setup: Setup, guide: RestGuide, screen: Screen) -> Iterator[RestLook]:
        del guide, screen
        layout = layout_of(setup.draft)
        with ExitStack() as stack:
            reader = self._opened(stack, setup.draft.cameras)
            for picture in self._watched(reader, list(setup.draft.cameras)):
                _require_depth(picture)
                if picture.depth is None:
                    continue
                plates = detect(picture.color.bgr, layout)
                yield RestLook(
                    picture.camera_id,
                    plates.ids,
                    plates.corners_px,
                    plates.n_foreign,
                    picture.depth.depth_counts,
                    picture.depth.m_per_count,
                )

    def _motion(self, setup: Setup, guide: Any, screen: Screen) -> Iterator[MotionSample]:
        """Give what a session's front end makes of all devices."""
        del guide, screen
        rig = setup.draft.rig()
        with ExitStack() as stack:
            devices = list(RigSources(rig, self._port, (), True, True)(host_now_ns))
            for device in devices:
                stack.enter_context(device)
            infos = [device.info for device in devices]
            mannequin = infos[0]
            require_serial("mannequin", mannequin.serial, setup.mannequin.serial)
            front = FrontEnd(rig, infos)
            yield mannequin
            for sample in Reader(devices).samples():
                yield from front.step(sample)

    def _headset(self, setup: Setup, guide: HeadsetGuide, screen: Screen) -> Iterator[HandSeen]:
        """Let cameras and headset look at one hand, and show the words in the headset, too."""
        rig, learner = setup.draft.rig(), whose_hands(screen)
        with ExitStack() as stack:
            finder = stack.enter_context(MediapipeHands(model_path()))
            reader = self._opened(stack, setup.draft.cameras)
            headset = stack.enter_context(worn())
            front = FrontEnd(rig, reader.infos)

            def samples() -> Iterator[Sample]:
                for came in reader.batches():
                    yield from headset.samples(screen)
                    for sample in came:
                        yield from found_by(front, finder, rig, sample)
                    headset.show(guide.progress.next)

            for seen in hands_seen(samples(), guide, resting_pose(setup)):
                yield replace(seen, headset=self._headset_name, learner=learner)

    def _watched(self, reader: Reader, camera_ids: Sequence[str]) -> Iterator[Picture]:
        """Pass pictures on, and let whoever looks see them."""
        for picture in pictures(reader, camera_ids):
            depth = picture.depth
            if depth is None:
                self.look(picture.camera_id, picture.color.bgr)
            else:
                self.look(
                    picture.camera_id, picture.color.bgr, depth.depth_counts, depth.m_per_count
                )
            yield picture

    def _opened(self, stack: ExitStack, cameras: Mapping[str, CameraModel]) -> Reader:
        """Open cameras, or the files in their place, refusing other serial numbers."""
        devices: list[Device] = []
        # Cameras' own clocks have nothing in common: several files begin together.
        in_step = host_now_ns if len(set(self._files) & set(cameras)) > 1 else None
        for camera_id, camera in cameras.items():
            if camera_id in self._files:
                device: Device = RealSenseSource.file(self._files[camera_id], camera_id, in_step)
            else:
                device = driver_of(camera.driver)(camera, camera_id, host_now_ns)
            stack.enter_context(device)
            require_serial(f"camera {camera_id}", device.info.serial, camera.serial)
            devices.append(device)
        return Reader(devices)


class Unread:
    """Says why a board is not read when none has been for a while: another dictionary, mirrored."""

    def __init__(self, board: CharucoBoard, screen: Screen) -> None:
        self._board, self._screen = board, screen
        self._since_s: float | None = None
        self._said = ""

    def look(self, grey: Grey, view: BoardView, t_s: float) -> None:
        """Take a picture in, and what was found in it."""
        if len(view.ids):
            self._since_s = None
            return
        self._since_s = t_s if self._since_s is None else self._since_s
        if t_s - self._since_s < UNREAD_S:
            return
        self._since_s = t_s
        why = why_not_read(grey, self._board)
        if why and why != self._said:
            self._said = why
            self._screen.say(why)


def seen_of(picture: Picture, board: CharucoBoard) -> Seen:
    """Look for the board in a picture."""
    depth = picture.depth
    view = find_board(grey_of(picture.color), board)
    if depth is None:
        return Seen(picture.t_s, view, None)
    return Seen(picture.t_s, view, depth.depth_counts, depth.m_per_count)


def _shown(progress: Progress, seen: bool) -> Progress:
    """Say while nothing is seen what to do about that."""
    return progress if seen or progress.done else replace(progress, next=UNSEEN)


def _require_depth(picture: Picture) -> None:
    """Refuse a camera whose depth does not come."""
    if picture.depth is None and picture.t_s > NO_DEPTH_S:
        raise CalibrationError(
            f"camera {picture.camera_id} has given no depth for {NO_DEPTH_S:g} s: is its depth "
            "switched off, or its cable one of USB 2?"
        )


def _depth_sample(
    rested: Rested, board: CharucoBoard, camera: CameraModel, gauge_m: float = float("nan")
) -> BoardDepth | None:
    """Average a rest's depth; None where the corners tell no plane, or frames are too few."""
    if len(rested.depths) < MIN_FRAMES:
        return None
    try:
        view, frames = rested.view, rested.depths
        return board_depth(view, frames, rested.m_per_count, board, camera, gauge_m)
    except CalibrationError:
        return None


def _instant(
    place: str,
    rested: Mapping[str, tuple[float, Rested]],
    board: CharucoBoard,
    cameras: Mapping[str, CameraModel],
) -> BoardsSeen:
    """Put what the cameras saw of a board at rest into one instant."""
    views = {camera_id: found for camera_id, (_, found) in rested.items()}
    depth_m = {key: _distance_m(found, board, cameras[key]) for key, found in views.items()}
    return boards_seen(place, {key: found.view for key, found in views.items()}, depth_m)


def _distance_m(found: Rested, board: CharucoBoard, camera: CameraModel) -> float:
    """Give the depth sensor's distance of the board's middle; NaN where it does not see it."""
    sample = _depth_sample(found, board, camera)
    return float("nan") if sample is None else middle_depth_m(sample, board, camera)


def _require_answer(answer: str | None) -> None:
    if answer is None:
        raise CalibrationError(
            "nobody is there to answer: run this in a terminal, or try it with --simulate"
        )


def grey_of(frame: ColorFrame) -> Grey:
    """Give a colour frame in grey."""
    return np.asarray(cv2.cvtColor(frame.bgr, cv2.COLOR_BGR2GRAY), dtype=np.uint8)


def require_serial(what: str, found: str, wanted: str) -> None:
    """Refuse another device than the rig's."""
    if found != wanted:
        raise CalibrationError(
            f"{what}: this is {found}, and the rig's is {wanted}: connect that one, or begin a "
            "rig of its own with `mrcpr calibrate new`"
        )
