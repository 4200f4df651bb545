"""Runs the real headset view on one made-up snapshot until its input closes.

One JSON line for every line that the view says, and one a second or so for what it told the
session: through the real pipe, read by the session's own device.
"""

from __future__ import annotations

import json
import multiprocessing
import os
import select
import sys
import time
from collections import Counter
from dataclasses import replace
from typing import Any

import numpy as np
from absent import stand_in

from mr.clock.host import host_now_ns
from mr.errors import DeviceError
from mr.session.headset import HeadsetLink, HeadsetTeller
from mr.types import FrameShown, HandJoints, HeadPose, Snapshot
from overlays.xr.training import Training
from overlays.xr.view import run_headset_view
from overlays.xr.words import Words
from tests.snapshots import IN_FULL_SWING

TELL_EVERY_S = 0.5


def out(**told: Any) -> None:
    """Write one line."""
    print(json.dumps(told), flush=True)


class Listener:
    """The session's end: counts what comes and keeps the newest."""

    def __init__(self, link: HeadsetLink) -> None:
        self._link = link
        self._n: Counter[str] = Counter()
        self._last: dict[str, Any] = {}
        self._lost: list[str] = []
        self._next_s = 0.0

    def listen(self) -> None:
        """Take what has come, and tell of it now and then."""
        try:
            for sample in self._link.poll():
                self._see(sample)
        except DeviceError as error:
            self._lost.append(str(error))
            out(lost=str(error))
        if time.monotonic() >= self._next_s:
            self._next_s = time.monotonic() + TELL_EVERY_S
            ails = [c.words for c in self._link.complaints()]
            out(read=dict(self._n), last=self._last, ails=ails)

    def _see(self, sample: object) -> None:
        self._n[type(sample).__name__] += 1
        if isinstance(sample, HeadPose):
            self._last["head_m"] = sample.xr_from_head.t_m.tolist()
        elif isinstance(sample, HandJoints):
            self._last[f"{sample.side}_m"] = np.round(sample.joints_in_xr_m, 6).tolist()
            self._last[f"{sample.side}_valid"] = int(sample.valid.sum())
        elif isinstance(sample, FrameShown) and sample.measured_ns is not None:
            if sample.arrival.arrival_ns >= sample.display_ns:
                return  # a busy machine was late with it: it may tell of what is newer
            age_s = (sample.display_ns - sample.measured_ns) / 1e9
            self._last["shown"] = {"age_s": age_s, "predicted": sample.predicted}


def main() -> int:
    """Tell every line that the view says, and what it told the session."""
    stands_in = stand_in()
    told, tells = multiprocessing.Pipe(duplex=False)
    listener = Listener(HeadsetLink(told))

    def read() -> Snapshot:
        return replace(IN_FULL_SWING, measured_ns=host_now_ns())

    def stop() -> bool:
        listener.listen()
        ready = select.select([sys.stdin], [], [], 0.0)[0]
        return bool(ready) and not sys.stdin.readline()

    words = os.environ.get("WORDS", "")
    run_headset_view(
        lambda: Words(lambda: words) if words else Training(read),
        stop,
        teller=HeadsetTeller(tells),
        say=lambda line: out(say=line),
    )
    del stands_in  # not before: OpenXR holds bare pointers to it
    return 0


if __name__ == "__main__":
    sys.exit(main())
