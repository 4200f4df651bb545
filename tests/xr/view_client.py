"""Runs the real headset view on one made-up snapshot until its input closes."""

from __future__ import annotations

import json
import select
import sys

from mr.errors import DeviceError
from mr.types import Cue, Health, Phase, Snapshot, Targets
from overlays.xr.view import run_headset_view


def snapshot() -> Snapshot:
    """Give a learner in full swing, on a simulated rig."""
    return Snapshot(
        t_ns=1,
        seq=1,
        phase=Phase.COMPRESSING,
        mode="hands-only",
        guidance=True,
        kind="sim",
        elapsed_s=42.0,
        depth_mm=31.0,
        depth_sigma_mm=0.5,
        velocity_mm_s=120.0,
        rate_cpm=111.0,
        n_compressions=57,
        n_in_cycle=27,
        last_depth_mm=54.0,
        last_release_mm=1.0,
        hands="on",
        hand_offset_mm=(4.0, 2.0),
        hands_off_s=0.0,
        targets=Targets(50.0, 60.0, 100.0, 120.0, 5.0, 20.0),
        cue=Cue("keep_going", "good"),
        score_pct=None,
        world_from_mannequin=None,
        health=(Health("mannequin", "sim", "ok", 200.0, 0, 0.0),),
    )


def main() -> int:
    """Tell every line that the view says, and its frames as they pass."""
    n_read = 0

    def read() -> Snapshot:
        nonlocal n_read
        n_read += 1
        if n_read % 10 == 0:
            print(json.dumps({"read": n_read}), flush=True)
        return snapshot()

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
