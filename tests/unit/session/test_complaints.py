"""What devices say becomes events: begun, over, and nothing in between."""

from __future__ import annotations

import numpy as np

from mr.devices.depth_camera import RECENT_NS, Complaint, Happenings
from mr.errors import DeviceError
from mr.session.complaints import ASK_EVERY_NS, ComplaintLog
from mr.session.showing import STALE_NS, Shown
from mr.types import Arrival, ColorFrame

DARK = Complaint("cam_a.depth", "low light")
OLD = Complaint("cam_a.depth", "firmware 1", remark=True)


class Says:
    def __init__(self) -> None:
        self.said: tuple[Complaint, ...] | None = ()

    def complaints(self) -> tuple[Complaint, ...]:
        if self.said is None:
            raise DeviceError("not open")
        return self.said


def test_what_begins_and_what_is_over_is_told_once() -> None:
    log, device = ComplaintLog(), Says()
    told = []
    for k, said in enumerate([(), (DARK,), (DARK, OLD), (DARK, OLD), None, (OLD,), ()]):
        device.said = said
        told += [(k, e.kind, e.text) for e in log.news(0, device, k * ASK_EVERY_NS)]  # type: ignore[arg-type]
    assert told == [
        (1, "complaint", "cam_a.depth: low light"),
        (2, "remark", "cam_a.depth: firmware 1"),
        (5, "settled", "cam_a.depth: low light"),
        (6, "settled", "cam_a.depth: firmware 1"),
    ]


def test_devices_are_not_asked_all_the_time() -> None:
    log, device = ComplaintLog(), Says()
    assert log.news(0, device, 10) == []  # type: ignore[arg-type]
    device.said = (DARK,)
    assert log.news(0, device, 10 + ASK_EVERY_NS - 1) == []  # type: ignore[arg-type]
    assert log.news(1, device, 10 + ASK_EVERY_NS - 1) != []  # type: ignore[arg-type]
    assert log.news(0, object(), 10**12) == []  # type: ignore[arg-type]


def test_what_happened_becomes_a_remark() -> None:
    twice = Happenings("cam_a.depth", "frames come twice", "{n} came twice")
    assert twice.complaint(0) == []
    twice.happened(1000, 3)
    assert twice.complaint(2000) == [Complaint("cam_a.depth", "frames come twice")]
    later = twice.complaint(1000 + RECENT_NS)
    assert later == [Complaint("cam_a.depth", "3 came twice", remark=True)]


def picture(camera_id: str, seq: int, at_ns: int) -> ColorFrame:
    arrival = Arrival(f"cam_{camera_id}.color", seq, seq, at_ns)
    return ColorFrame(arrival, camera_id, np.zeros((2, 2, 3), np.uint8))


def test_the_newest_picture_of_one_camera_is_shown() -> None:
    shown = Shown()
    first = shown.choose([picture("a", 1, 0), picture("a", 2, 5), picture("b", 1, 6)])
    assert first is not None and (first.camera_id, first.arrival.seq) == ("a", 2)
    assert shown.choose([picture("b", 2, 10)]) is None
    assert shown.choose([]) is None
    other = shown.choose([picture("b", 3, 6 + STALE_NS)])
    assert other is not None and other.camera_id == "b"
    assert shown.choose([picture("a", 3, 7 + STALE_NS)]) is None
