"""The sensor mannequin on a serial port."""

from mr.devices.mannequin.describe import CLOCK_STREAM
from mr.devices.mannequin.find import PortInfo, find_mannequins, resolve_port
from mr.devices.mannequin.follow import STREAM, MannequinCounters
from mr.devices.mannequin.port import PortLike
from mr.devices.mannequin.source import MannequinSource

__all__ = [
    "CLOCK_STREAM",
    "STREAM",
    "MannequinCounters",
    "MannequinSource",
    "PortInfo",
    "PortLike",
    "find_mannequins",
    "resolve_port",
]
