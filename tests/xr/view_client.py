"""Runs the real headset view on one made-up snapshot until its input closes."""

from __future__ import annotations

import json
import select
import sys

from mr.errors import DeviceError
from mr.types import Snapshot
from overlays.xr.view import run_headset_view
from tests.snapshots import IN_FULL_SWING


def main() -> int:
    """Tell every line that the view says, and its frames as they pass."""
    n_read = 0

    def read() -> Snapshot:
        nonlocal n_read
        n_read += 1
        if n_read % 10 == 0:
            print(json.dumps({"read": n_read}), flush=True)
        return IN_FULL_SWING

    def stop() -> bool:
        ready = select.select([sys.stdin], [], [], 0.0)[0]
        return bool(ready) and not sys.stdin.readline()

    try:
        run_headset_view(read, stop, say=lambda line: print(json.dumps({"say": line}), flush=True))
    except DeviceError as error:
        print(json.dumps({"device_error": str(error)}), flush=True)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
