"""A worker that takes a camera's frames as they come.

Takes a live depth camera, gives the same device with a bounded queue before it: a round
of the session that takes long loses no frame, a frame's arrival is told when it came, and
opening a camera again holds nobody else up. Leaves what the frames mean to the session.

Lossless as long as the queue is not full; then the oldest go, which their numbers tell
`mr.session.health`, and the camera says so. docs/decisions/0010-camera-source.md has what
was measured.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Sequence
from types import TracebackType
from typing import Protocol, Self

from mr.clock.host import NowNs
from mr.devices.depth_camera import Complaining, Complaint, Happenings
from mr.errors import DeviceError, MrError
from mr.session.sensing import Reopenable
from mr.types import Device, DeviceInfo, EndOfStream, Sample

HOLD_S = 2.0
"""What the queue holds: 100 MB of depth at 848x480 and 60 Hz."""
PAUSE_S = 0.001
ASK_S = 0.25
LEAVE_S = 10.0
"""A camera that does not open may keep its worker for so long; then it is left behind."""


class TakeableCamera(Device, Complaining, Protocol):
    """What is taken from."""


def taken(device: Device, now: NowNs) -> Device:
    """Give a live depth camera a worker; any other device as it is.

    What can be reopened is live: files end, and a simulated camera renders when asked.
    """
    if isinstance(device, Complaining) and isinstance(device, Reopenable):
        return TakenCamera(device, now)
    return device


class TakenCamera:
    """A depth camera whose frames a thread takes; one that cannot be reopened stays lost."""

    def __init__(self, camera: TakeableCamera, now: NowNs, hold_s: float = HOLD_S) -> None:
        self._camera = camera
        self._comes_back = camera if isinstance(camera, Reopenable) else None
        self._now = now
        self._hold_s = hold_s
        self._limit = 0
        self._lock = threading.Lock()
        self._queue: deque[Sample] = deque()
        self._error: BaseException | None = None
        self._said: tuple[Complaint, ...] = ()
        self._full: Happenings | None = None
        self._ending = threading.Event()
        self._wanted = threading.Event()
        """Set while the worker is to read; cleared when the camera is lost or has ended."""
        self._reopening = False
        self._worker: threading.Thread | None = None

    @property
    def info(self) -> DeviceInfo:
        """Who the camera is."""
        return self._camera.info

    def __enter__(self) -> Self:
        """Open the camera and start its worker."""
        self._camera.__enter__()
        streams = self.info.streams
        self._limit = max(1, round(self._hold_s * sum(s.rate_hz for s in streams)))
        self._full = Happenings(
            streams[0].name,
            "measuring falls behind: frames are lost",
            "{n} frames were lost when measuring fell behind",
        )
        self._said = tuple(self._camera.complaints())
        self._wanted.set()
        self._worker = threading.Thread(target=self._work, name="mrcpr-taking", daemon=True)
        self._worker.start()
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        tb: TracebackType | None,
    ) -> None:
        """End the worker, then close the camera."""
        self._ending.set()
        self._wanted.set()
        if self._worker is not None:
            self._worker.join(LEAVE_S)
            if self._worker.is_alive():
                return  # the driver keeps it; closing the camera under it would be a fault
        self._camera.__exit__(exc_type, exc, tb)

    def poll(self) -> Sequence[Sample]:
        """Give what the worker has taken; its error once all before it has been given."""
        with self._lock:
            samples = list(self._queue)
            self._queue.clear()
            error = self._error
            if samples or error is None:
                return samples
            if not isinstance(error, EndOfStream):
                self._error = None
        raise error

    def reopen(self) -> None:
        """Ask the worker to open the camera again; whether it can is told by `poll`.

        Raises
        ------
        DeviceError
            When the camera cannot come back.
        """
        if self._comes_back is None:
            raise DeviceError(f"{self.info.model} cannot be opened again: start a new session")
        self._reopening = True
        self._wanted.set()

    def complaints(self) -> Sequence[Complaint]:
        """Say what ails the camera, and whether its frames were taken too late."""
        with self._lock:
            mine = self._full.complaint(self._now()) if self._full is not None else []
            return (*self._said, *mine)

    # --- the worker --------------------------------------------------------------------

    def _work(self) -> None:
        asked_ns = self._now()
        while not self._ending.is_set():
            self._wanted.wait()
            if self._ending.is_set():
                return
            try:
                if self._reopening and self._comes_back is not None:
                    self._comes_back.reopen()
                    self._reopening = False
                samples = self._camera.poll()
                if self._now() - asked_ns > ASK_S * 1e9:
                    asked_ns = self._now()
                    said = tuple(self._camera.complaints())
                    with self._lock:
                        self._said = said
            except (EndOfStream, MrError) as error:
                self._give_up(error)
                continue
            except Exception as error:  # noqa: BLE001 -- a fault of ours: the session's to raise
                self._give_up(error)
                return
            self._put(samples)
            if not samples:
                self._ending.wait(PAUSE_S)

    def _give_up(self, error: BaseException) -> None:
        with self._lock:
            self._reopening = False
            self._wanted.clear()
            self._error = error

    def _put(self, samples: Sequence[Sample]) -> None:
        with self._lock:
            self._queue.extend(samples)
            over = len(self._queue) - self._limit
            for _ in range(over):
                self._queue.popleft()
            if over > 0 and self._full is not None:
                self._full.happened(self._now(), over)
