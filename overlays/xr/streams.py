"""What the headset senses, as samples: its head, its hands, and when it showed what.

Takes an open session and the reports of its frames, gives `HeadPose`, `HandJoints` and
`FrameShown`; leaves passing them on to the caller. Poses are asked for as of now, not as of the
time of display: a recording holds what was, not what was foretold.
"""

from __future__ import annotations

from collections import Counter

import numpy as np

from mr.clock.host import host_now_ns
from mr.session.headset import HANDS, HEAD, SHOWN, FromHeadset
from mr.types import Arrival, FrameShown, HandJoints, HeadPose, Stamp
from overlays.xr import openxr
from overlays.xr.hands import HandTrackers
from overlays.xr.session import FrameReport, HeadsetSession

UNSEEN_EVERY_NS = 1_000_000_000
"""A hand that is not seen is told of so often."""
SIGMA_NS = 1_000_000
"""A runtime's "now" is when it last heard of its sensors, within about this. Ours."""


class Streams:
    """Makes the samples of one session; their numbers go on over sessions.

    One headset may be lost and another session begun: a gap in the numbers would count as
    samples that were lost.
    """

    def __init__(self) -> None:
        self._seq: Counter[str] = Counter()
        self._unseen_ns: dict[str, int] = {}

    def of(
        self,
        session: HeadsetSession,
        hands: HandTrackers,
        report: FrameReport,
        measured_ns: int | None,
        *,
        predicted: bool,
    ) -> list[FromHeadset]:
        """Give what is to be told after a frame; `measured_ns`: of the motion that it shows.

        Raises
        ------
        DeviceError
            When the runtime or the headset is lost.
        """
        now_ns = host_now_ns()
        with openxr.explained("asking for its time"):
            xr_time = session.runtime.xr_time(now_ns)
        samples: list[FromHeadset] = []
        head = session.head_at(xr_time)
        if head is not None:
            stamp = Stamp(now_ns, SIGMA_NS)
            samples.append(HeadPose(self._arrival(HEAD, now_ns), stamp, head))
        samples += self._hands(session, hands, now_ns, xr_time)
        if report.drawn:
            arrival = self._arrival(SHOWN, now_ns)
            samples.append(FrameShown(arrival, report.display_ns, measured_ns, predicted))
        return samples

    def hands_at(self, session: HeadsetSession, hands: HandTrackers, t_ns: int) -> list[HandJoints]:
        """Give both hands at an instant, foretold where it is still to come; of no stream."""
        arrival, stamp = Arrival(HANDS, 0, t_ns, t_ns), Stamp(t_ns, SIGMA_NS)
        return [
            HandJoints(arrival, stamp, hand.side, hand.joints_in_xr_m, hand.valid)
            for hand in hands.locate(session.space, session.runtime.xr_time(t_ns))
            if hand.valid.any()
        ]

    def _hands(
        self, session: HeadsetSession, hands: HandTrackers, now_ns: int, xr_time: int
    ) -> list[FromHeadset]:
        told: list[FromHeadset] = []
        for hand in hands.locate(session.space, xr_time):
            if not hand.valid.any():
                if now_ns - self._unseen_ns.get(hand.side, 0) < UNSEEN_EVERY_NS:
                    continue
                self._unseen_ns[hand.side] = now_ns
            joints = np.where(hand.valid[:, None], hand.joints_in_xr_m, 0.0)
            arrival, stamp = self._arrival(HANDS, now_ns), Stamp(now_ns, SIGMA_NS)
            told.append(HandJoints(arrival, stamp, hand.side, joints, hand.valid))
        return told

    def _arrival(self, stream: str, now_ns: int) -> Arrival:
        self._seq[stream] += 1
        return Arrival(stream, self._seq[stream], now_ns, now_ns)
