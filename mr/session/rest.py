"""How a session rests until something has arrived.

Takes devices, returns when one of them has something to read or the time is over; leaves
reading to them. A device that can tell has ``fileno()``, as a serial port on Linux and
macOS does: its bytes are then read, and their arrival stamped, some tens of microseconds
after they came. Windows cannot wait for serial ports this way, nor cameras anywhere: there
the time goes by, and an arrival is stamped late by up to as much.
"""

from __future__ import annotations

import select
import sys
import time
from collections.abc import Sequence

from mr.types import Device

CAN_SELECT = sys.platform != "win32"


def rest(devices: Sequence[Device], most_s: float) -> None:
    """Sleep until a device has something to read, `most_s` at most."""
    waiting = [fd for device in devices if (fd := _descriptor(device)) is not None]
    if waiting and CAN_SELECT:
        select.select(waiting, (), (), most_s)
    else:
        time.sleep(most_s)


def _descriptor(device: Device) -> int | None:
    tell = getattr(device, "fileno", None)
    return None if tell is None else tell()
