"""What can be said about headsets on this machine, for ``mrcpr doctor``.

Takes nothing, gives an `XrProbe`; never raises and opens no session, so that it is safe
while another program uses the headset. Leaves sessions to `overlays.xr.session`.
"""

from __future__ import annotations

import multiprocessing
import os
import threading
from collections.abc import Callable
from dataclasses import dataclass
from multiprocessing.connection import Connection

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


def probe_apart(timeout_s: float = PROBE_S, look: Callable[[], XrProbe] = probe) -> XrProbe:
    """Look in a process of its own: a runtime's library may hang, or take its process with it.

    Parameters
    ----------
    timeout_s : float
        For how long it may take, with the process's start, s; then the process is killed.
    look : callable
        What is asked there.
    """
    spawn = multiprocessing.get_context("spawn")
    answer, told = spawn.Pipe(duplex=False)
    child = spawn.Process(target=_look, args=(look, told), daemon=True)
    with answer:
        child.start()
        told.close()  # now the child alone holds it: its death is seen here
        try:
            if not answer.poll(timeout_s):
                why = f"the OpenXR runtime gave no answer in {timeout_s:g} s"
                cure = "restart it, and end other programs that use the headset"
                return XrProbe(False, why=f"headset: {why}: {cure}")
            found: XrProbe = answer.recv()
            return found
        except (EOFError, ConnectionError):
            why = "headset: the OpenXR runtime's library crashed: update it"
            return XrProbe(False, why=why)
        finally:
            child.kill()
            child.join()


def _look(look: Callable[[], XrProbe], told: Connection) -> None:
    threading.Thread(target=_end_with_the_parent, daemon=True).start()
    told.send(look())


def _end_with_the_parent() -> None:
    """Leave nothing behind that hangs, should the parent be killed while it waits."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)
