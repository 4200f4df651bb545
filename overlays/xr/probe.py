"""What can be said about headsets on this machine, for ``mrcpr doctor``.

Takes nothing, gives an `XrProbe`; never raises and opens no session, so that it is safe
while another program uses the headset. Leaves sessions to `overlays.xr.session`.
"""

from __future__ import annotations

import multiprocessing
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass

from mr.errors import DeviceError
from overlays.xr import openxr
from overlays.xr.passthrough import Passthrough, choose, offered_kinds, passthrough


@dataclass(frozen=True, slots=True)
class XrProbe:
    """What was found; `why` says what is missing and how to get it, "" if nothing is."""

    usable: bool
    runtime_name: str | None = None
    headset_name: str | None = None
    passthrough: Passthrough | None = None
    """The way a session with a rig camera would choose, unless asked for another."""
    why: str = ""


def probe() -> XrProbe:
    """Look for the Python parts, a runtime and a headset, in this order."""
    runtime = openxr.Runtime("mrcpr doctor")
    try:
        with runtime:
            offer = runtime.offer()
        ways = offered_kinds(offer.blend_names, offer.vendors, has_picture=True)
        way = passthrough(choose(ways))
    except DeviceError as error:
        return XrProbe(False, runtime_name=runtime.name, why=str(error))
    return XrProbe(True, offer.runtime_name, offer.system_name, way)


PROBE_S = 20.0
"""A runtime that answers no sooner counts as not there; it may still come."""


def probe_apart() -> XrProbe:
    """Look in a process of its own: a runtime's library may hang, or take its process with it."""
    spawn = multiprocessing.get_context("spawn")
    pool = ProcessPoolExecutor(1, spawn)
    try:
        return pool.submit(probe).result(PROBE_S)
    except TimeoutError:
        return XrProbe(False, why=f"headset: the OpenXR runtime gave no answer in {PROBE_S:.0f} s")
    except BrokenProcessPool:
        return XrProbe(False, why="headset: the OpenXR runtime's library crashed: update it")
    finally:
        pool.shutdown(wait=False, cancel_futures=True)
