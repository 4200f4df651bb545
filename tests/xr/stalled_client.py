"""Runs the real headset view on a running session's channel until its input closes."""

from __future__ import annotations

import json
import os
import select
import sys
from multiprocessing import resource_tracker

from mr.session.shared import Channel
from mr.types import Snapshot
from overlays.xr.training import Training
from overlays.xr.view import run_headset_view


def main() -> int:
    """Tell each frame that read a snapshot, by the snapshot's number."""
    names = json.loads(os.environ["CHANNEL"])
    with Channel.attach((names[0], names[1])) as channel:
        for name in names:
            # No child of the session's, as a view is: its memory is not ours to remove.
            resource_tracker.unregister(f"/{name}", "shared_memory")

        def read() -> Snapshot | None:
            snapshot = channel.snapshot()
            print(json.dumps({"seq": 0 if snapshot is None else snapshot.seq}), flush=True)
            return snapshot

        def stop() -> bool:
            ready = select.select([sys.stdin], [], [], 0.0)[0]
            return bool(ready) and not sys.stdin.readline()

        run_headset_view(lambda: Training(read), stop)
    return 0


if __name__ == "__main__":
    sys.exit(main())
