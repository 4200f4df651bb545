"""The headset's capture at a real rig: one hand that headset and cameras see together.

Takes what cameras and headset tell, gives pieces of a sweep and touches for the guide; shows the
guide's words in the headset, too, for who wears it sees no terminal. Leaves what is taken to
`calibration.headset` and finding hands in pictures to `mr.tracking`.
"""

from __future__ import annotations

import multiprocessing
import re
import sys
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from multiprocessing.connection import Connection

import numpy as np

from calibration.headset.capture import HandSeen, HeadsetGuide
from calibration.headset.hands import SweepPiece, Touch
from mr.cli.calibrate_screen import Screen
from mr.config import LEARNER_ID
from mr.errors import CalibrationError, DeviceError
from mr.fusion.dwells import Dwell, Dwells
from mr.rig import Rig
from mr.session.front import FrontEnd
from mr.session.headset import HeadsetLink, HeadsetTeller
from mr.session.signals import EndWord, leave_ctrl_c_to_the_parent
from mr.tracking.landmarks import HandFinder, chest_window
from mr.types import ColorFrame, HandJoints, HandPoints, Pose, Sample, Stamp
from overlays.xr.view import run_headset_view
from overlays.xr.words import Words

PIECE_NS = 1_000_000_000
KEPT_NS = 3_000_000_000
LATE_NS = 300_000_000
"""Landmarks are found so long after their picture at most; a piece waits for them."""
LEAVE_S = 10.0


class HandLooks:
    """What headset and cameras saw of hands in the last seconds.

    Parameters
    ----------
    world_from_mannequin : Pose
        Where the mannequin lies: cameras tell of hands in its frame.
    """

    def __init__(self, world_from_mannequin: Pose) -> None:
        self._world_from_mannequin = world_from_mannequin
        self._joints: deque[HandJoints] = deque()
        self._points: deque[HandPoints] = deque()
        self._cut_ns: int | None = None

    def see(self, sample: HandJoints | HandPoints) -> None:
        """Take in what one of them saw."""
        kept: deque[HandJoints] | deque[HandPoints]
        if isinstance(sample, HandJoints):
            self._joints.append(sample)
            kept = self._joints
        else:
            self._points.append(sample)
            kept = self._points
        while kept[0].stamp.t_ns < sample.stamp.t_ns - KEPT_NS:
            kept.popleft()

    def piece(self, now_ns: int) -> SweepPiece | None:
        """Give the next second of the hand that the headset saw more of, once it is over."""
        if self._cut_ns is None:
            self._cut_ns = now_ns
        until_ns = self._cut_ns + PIECE_NS
        if now_ns < until_ns + LATE_NS:
            return None
        since_ns, self._cut_ns = self._cut_ns, until_ns
        seen = [p for p in self._points if since_ns <= p.stamp.t_ns < until_ns]
        joints = _between(self._joints, since_ns, until_ns)
        n_valid = {s: sum(int(j.valid.sum()) for j in joints if j.side == s) for s in _SIDES}
        side = max(_SIDES, key=lambda name: n_valid[name])
        mine = [j for j in joints if j.side == side]
        if not mine or not seen:
            return None
        points = np.array([p.points_in_mannequin_m for p in seen])
        return SweepPiece(
            np.array([j.stamp.t_ns for j in mine]),
            np.array([j.joints_in_xr_m for j in mine]),
            np.array([j.valid for j in mine]),
            np.array([p.stamp.t_ns for p in seen]),
            self._world_from_mannequin.apply(points),
            side,
        )

    def touch(self, cross: int, dwell: Dwell) -> Touch:
        """Give a rest of a fingertip as a touch of a cross."""
        since_ns = dwell.t_ns - round(dwell.duration_s * 1e9)
        joints = _between(self._joints, since_ns, dwell.t_ns + 1)
        mine = [j for j in joints if j.side == dwell.side]
        return Touch(
            cross,
            np.array([j.stamp.t_ns for j in mine]),
            np.array([j.joints_in_xr_m for j in mine]),
            np.array([j.valid for j in mine]),
            dwell.side,
        )


def found_by(front: FrontEnd, finder: HandFinder, rig: Rig, sample: Sample) -> Iterator[Sample]:
    """Give what a session would make of a sample of a camera, hands in its pictures included."""
    yield from front.step(sample)
    if not isinstance(sample, ColorFrame):
        return
    camera = rig.cameras[sample.camera_id]
    if camera.color is None or camera.color_from_depth is None:
        return
    cam_from_mannequin = camera.world_from_cam.pose().inverse() @ rig.world_from_mannequin.pose()
    color_from_mannequin = camera.color_from_depth.pose() @ cam_from_mannequin
    window = chest_window(camera.color, color_from_mannequin, sweeping=True)
    for landmarks in finder.find(sample, Stamp(sample.arrival.arrival_ns, 0), window):
        yield from front.step(landmarks)


_SIDES = ("left", "right")


def _between(joints: Iterable[HandJoints], since_ns: int, until_ns: int) -> Sequence[HandJoints]:
    return [j for j in joints if since_ns <= j.stamp.t_ns < until_ns]


def hands_seen(
    samples: Iterable[Sample], guide: HeadsetGuide, world_from_mannequin: Pose
) -> Iterator[HandSeen]:
    """Give pieces of a sweep while the guide wants one, then a touch for each rest of a finger.

    Time is that of the samples, so a recording gives the same.
    """
    looks, dwells = HandLooks(world_from_mannequin), Dwells()
    for sample in samples:
        if not isinstance(sample, HandJoints | HandPoints):
            continue
        looks.see(sample)
        wanted = guide.wanted
        if wanted is None:
            piece = looks.piece(sample.stamp.t_ns)
            if piece is not None:
                yield HandSeen(piece=piece)
        elif isinstance(sample, HandJoints):
            dwell = dwells.step(sample)
            if dwell is not None:
                yield HandSeen(touch=looks.touch(wanted[0], dwell))


WHOSE = (
    "Whose hands are these? The learner's id (learner-...), or Enter for nobody's: then only the "
    "headset's latency is used in sessions."
)


def whose_hands(screen: Screen) -> str:
    """Ask for the random id of whom is measured; "" for nobody's."""
    while True:
        told = screen.ask(WHOSE)
        learner = (told or "").strip()
        if not learner or re.fullmatch(LEARNER_ID, learner):
            return learner
        screen.say(f"{learner} is no random id (learner- and 8 hex digits): names are not kept")


class Worn:
    """A headset that somebody wears while a procedure goes on."""

    def __init__(self, link: HeadsetLink, words: Connection) -> None:
        self._link, self._words = link, words
        self._said = ""

    def samples(self, screen: Screen) -> Sequence[Sample]:
        """Give what the headset has told since the last call; a loss is said, and waited out.

        Raises
        ------
        CalibrationError
            When the process that shows the headset has ended: nothing more can come.
        """
        try:
            return self._link.poll()
        except DeviceError as error:
            try:
                self._link.reopen()
            except DeviceError:
                raise CalibrationError(
                    f"headset: {error}: begin this procedure again, with the headset on; what "
                    "ended it stands above in the terminal"
                ) from error
            screen.say(f"headset: {error}")
            return ()

    def show(self, words: str) -> None:
        """Show words in the headset."""
        if words != self._said:
            self._said = words
            with suppress(OSError):  # its process has ended, which `samples` tells
                self._words.send(words)


@contextmanager
def worn() -> Iterator[Worn]:
    """Open the headset in a process of its own, for the time of a procedure."""
    context = multiprocessing.get_context("spawn")
    told, tells = context.Pipe(duplex=False)
    heard, words = context.Pipe(duplex=False)
    end, ending = context.Pipe(duplex=False)
    process = context.Process(target=wearing_main, args=(tells, heard, EndWord(end)), daemon=True)
    process.start()
    for childs in (tells, heard, end):
        childs.close()
    try:
        with HeadsetLink(told) as link, words:
            yield Worn(link, words)
    finally:
        ending.close()
        process.join(LEAVE_S)
        if process.is_alive():
            process.kill()
            process.join()


def wearing_main(tells: Connection, heard: Connection, end: EndWord) -> None:
    """Show words in the headset until `end` is set, and tell of head and hands."""
    leave_ctrl_c_to_the_parent()
    newest = ""

    def read() -> str:
        nonlocal newest
        with suppress(EOFError, OSError):
            while heard.poll():
                newest = heard.recv()
        return newest

    run_headset_view(
        lambda: Words(read),
        end.is_set,
        teller=HeadsetTeller(tells),
        say=_say,
    )


def _say(line: str) -> None:
    print(f"mrcpr: {line}", file=sys.stderr, flush=True)  # noqa: T201 -- its one way to speak
