"""What devices say of themselves, as events in their place among the samples.

Takes what ails a device now, gives the `SessionEvent`s for what has begun and what is
over; leaves what becomes of them to `mr.session.health`. They are recorded, so a replay
tells the same story.
"""

from __future__ import annotations

from mr.devices.depth_camera import Complaining, Complaint
from mr.errors import DeviceError
from mr.types import Device, SessionEvent

ASK_EVERY_NS = 250_000_000


class ComplaintLog:
    """Follows the complaints of a session's devices."""

    def __init__(self) -> None:
        self._held: dict[int, tuple[Complaint, ...]] = {}
        self._next_ns: dict[int, int] = {}

    def news(self, k: int, device: Device, now_ns: int) -> list[SessionEvent]:
        """Ask device number `k`, four times a second at most; give what has changed."""
        if not isinstance(device, Complaining) or now_ns < self._next_ns.get(k, now_ns):
            return []
        self._next_ns[k] = now_ns + ASK_EVERY_NS
        try:
            said = tuple(device.complaints())
        except DeviceError:
            return []  # it is lost, and that is said
        held = self._held.get(k, ())
        self._held[k] = said
        return [
            *(SessionEvent(now_ns, "settled", _text(c)) for c in held if c not in said),
            *(
                SessionEvent(now_ns, "remark" if c.remark else "complaint", _text(c))
                for c in said
                if c not in held
            ),
        ]


def _text(complaint: Complaint) -> str:
    return f"{complaint.stream}: {complaint.words}"
