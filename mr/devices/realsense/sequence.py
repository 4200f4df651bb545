"""The order of a camera's frames: numbers without doubles, a clock that only rises.

Takes raw frames as they come, gives each its `Arrival` or leaves it out, and says what
ails the streams; leaves mapping ticks to host time to `mr.clock.ticks`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from mr.clock.jumps import JumpWatch
from mr.clock.unwrap import Unwrapper
from mr.devices.depth_camera import Complaint, Happenings
from mr.devices.realsense.frames import TICKS_PER_S, Kind, RawFrame
from mr.devices.realsense.watch import StreamWatch
from mr.types import Arrival

NS_PER_TICK = 1000


class FrameSequence:
    """Follows the streams of one camera, which tick on one clock.

    Parameters
    ----------
    streams
        The name and nominal rate in Hz of each.
    from_file
        A file has no host time: a frame arrives at its own time.
    """

    def __init__(self, streams: Mapping[Kind, tuple[str, float]], from_file: bool) -> None:
        self._names = {kind: name for kind, (name, _) in streams.items()}
        self._from_file = from_file
        # Microseconds of 32 bits jump back every 71.6 minutes, for both streams at once.
        self._unwrap = Unwrapper(32)
        self._jumps = JumpWatch(TICKS_PER_S)
        self._watches = {kind: StreamWatch(*stream) for kind, stream in streams.items()}
        self._jumped: list[Happenings] = []
        self._odd = {
            name: Happenings(name, "stamps are damaged", "{n} frames had damaged stamps")
            for name in self._names.values()
        }
        self._stopped = {
            kind: Happenings(name, "it had stopped and was started again", "was started anew {n}x")
            for kind, name in self._names.items()
        }
        self._strange: list[str] = []
        self._last_seq: dict[Kind, int] = {}
        self._shift: dict[Kind, int] = {}
        self._skipped_ticks = 0
        """What a file's time leaves out, of a clock that went on further on."""
        self._newest_ns = 0

    def arrival(self, frame: RawFrame) -> Arrival | None:
        """Give the frame's arrival; None for one to be left out: a double, or damaged."""
        watch = self._watches[frame.kind]
        if watch.is_double(frame):
            return None
        name, ticks = self._names[frame.kind], self._unwrap.peek(frame.ticks_us)
        host_ns = ticks * NS_PER_TICK if self._from_file else frame.arrival_ns
        verdict = self._jumps.step(name, ticks, host_ns)
        if verdict == "odd":
            self._strange.append(name)
            return None
        before = self._unwrap.last
        if verdict == "jumped":
            self._jump(frame.arrival_ns)
        ticks = self._unwrap(frame.ticks_us)
        if verdict == "jumped" and before is not None:
            self._skipped_ticks += ticks - before - 1
        for strange in self._strange:  # only what was no jump is damage
            self._odd[strange].happened(frame.arrival_ns)
        self._strange.clear()
        watch.see(frame, ticks)
        if self._from_file:
            host_ns = (ticks - self._skipped_ticks) * NS_PER_TICK
        self._newest_ns = max(self._newest_ns, frame.arrival_ns)
        return Arrival(name, self._seq(frame), ticks, host_ns)

    def restart(self) -> None:
        """The camera has begun anew: its clock and its numbers, too."""
        self._begin_anew()
        self._jumps.restart()
        self._shift.clear()

    def restarted(self, kind: Kind, at_ns: int) -> None:
        """One sensor had stopped and was started again; its numbers begin anew."""
        self._stopped[kind].happened(at_ns)
        self._watches[kind].restart()

    def complaints(self) -> Sequence[Complaint]:
        """Say what ails the streams."""
        return [
            *(c for watch in self._watches.values() for c in watch.complaints()),
            *(c for odd in self._odd.values() for c in odd.complaint(self._newest_ns)),
            *(c for stopped in self._stopped.values() for c in stopped.complaint(self._newest_ns)),
            *(c for jumped in self._jumped for c in jumped.complaint(self._newest_ns)),
        ]

    def _jump(self, at_ns: int) -> None:
        self._strange.clear()
        words = f"its clock jumped by {self._jumps.jump_s:+.1f} s"
        if self._from_file:
            words = "its clock went back"
        self._jumped = [Happenings(name, words, words) for name in self._names.values()]
        for happening in self._jumped:
            happening.happened(at_ns)
        self._begin_anew()

    def _begin_anew(self) -> None:
        self._unwrap.restart()
        for watch in self._watches.values():
            watch.restart()

    def _seq(self, frame: RawFrame) -> int:
        """Give the frame's number; where the camera counts anew they go on, none is lost."""
        last, shift = self._last_seq.get(frame.kind, frame.number - 1), self._shift.get(frame.kind)
        if shift is None or frame.number + shift <= last:
            shift = last + 1 - frame.number
            self._shift[frame.kind] = shift
        self._last_seq[frame.kind] = frame.number + shift
        return frame.number + shift
