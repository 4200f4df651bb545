"""Which serial ports of this computer may be a mannequin, and where one of them is now.

Takes what the system tells of its ports, and what a person typed; gives paths. It opens
no port, so a busy or unknown one is listed too. Whether a mannequin answers is for
`MannequinSource`.
"""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Protocol

from serial.tools import list_ports

from mr.errors import ConfigError, DeviceError

_BRIDGES = {
    (0x0403, None): "FTDI bridge",
    (0x1A86, None): "CH340 bridge (Nano clones)",
    (0x10C4, 0xEA60): "CP210x bridge",
    (0x2341, None): "Arduino",
    (0x2A03, None): "Arduino",
}
_USB = re.compile(r"usb:([0-9a-f]{1,4}):([0-9a-f]{1,4})(?::(.+))?", re.IGNORECASE)


class ListedPort(Protocol):
    """What pyserial tells of a port."""

    device: str
    description: str
    vid: int | None
    pid: int | None
    serial_number: str | None


Listing = Callable[[], Iterable[ListedPort]]


@dataclass(frozen=True, slots=True)
class PortInfo:
    """One serial port of this computer, listed but not opened."""

    path: str
    description: str
    usb_id: str
    """``vid:pid`` in hexadecimal, or empty where it is no USB device."""
    usb_serial: str
    likely: bool
    """True when it is a USB bridge that mannequins are built with."""
    why: str

    @property
    def address(self) -> str:
        """What to give as --port: its USB id where it has one, which outlives its path."""
        if not self.usb_id:
            return self.path
        return f"usb:{self.usb_id}" + (f":{self.usb_serial}" if self.usb_serial else "")

    def __str__(self) -> str:
        return self.path + (f" ({self.address})" if self.usb_id else "")


def system_ports() -> Iterable[ListedPort]:
    """List the ports that the system knows."""
    return list_ports.comports()


def find_mannequins(listing: Listing = system_ports) -> list[PortInfo]:
    """List serial ports, those that may be a mannequin first. Opens none of them."""
    found = []
    for port in listing():
        usb_id = "" if port.vid is None else f"{port.vid:04x}:{port.pid or 0:04x}"
        bridge = _BRIDGES.get((port.vid or 0, port.pid)) or _BRIDGES.get((port.vid or 0, None))
        found.append(
            PortInfo(
                path=port.device,
                description=port.description or "",
                usb_id=usb_id,
                usb_serial=port.serial_number or "",
                likely=bridge is not None,
                why=bridge or ("another USB device" if usb_id else "not a USB device"),
            )
        )
    return sorted(found, key=lambda info: (not info.likely, info.path))


class PortFinder:
    """Where one mannequin's port is, now and after it was plugged in again.

    Parameters
    ----------
    text
        A path (``/dev/ttyUSB0``, ``COM3``), ``usb:VID:PID`` or ``usb:VID:PID:SERIAL`` in
        hexadecimal, or nothing for the only port that may be a mannequin.
    listing
        Lists the ports of this computer.
    platform
        As `sys.platform` names it.
    """

    def __init__(
        self,
        text: str | None = None,
        listing: Listing = system_ports,
        platform: str = sys.platform,
    ) -> None:
        self._listing = listing
        usb = _USB.fullmatch(text or "")
        if (text or "").lower().startswith("usb:") and usb is None:
            raise ConfigError(
                f"port {text!r} is no USB id: write usb:VID:PID or usb:VID:PID:SERIAL "
                "in hexadecimal (usb:1a86:7523), as `mrcpr mannequin list` shows them"
            )
        self._wanted: tuple[str, str] | None = None
        if usb is not None:
            self._wanted = (f"{int(usb[1], 16):04x}:{int(usb[2], 16):04x}", usb[3] or "")
        self._given = "" if usb is not None else _call_out(text or "", platform)
        self._text = text or ""
        self._last: PortInfo | None = None
        self._looked = False

    def path(self) -> str:
        """Look where the port is now.

        A port that was seen before is followed by its USB id and USB serial number to
        another path; a path is believed as it stands.

        Raises
        ------
        DeviceError
            When no port, or more than one, can be meant.
        """
        ports = find_mannequins(self._listing)
        if self._given:
            info = self._same_device(ports) if self._looked else _at(self._given, ports)
            path = self._given if info is None or not self._looked else info.path
        else:
            info = self._only([p for p in ports if self._may_be(p)], ports)
            path = info.path
        self._looked = True
        self._last = info or self._last
        return path

    def _may_be(self, port: PortInfo) -> bool:
        if self._wanted is None:
            return port.likely if self._last is None else _same(port, self._last)
        usb_id, usb_serial = self._wanted
        return port.usb_id == usb_id and usb_serial in {"", port.usb_serial}

    def _same_device(self, ports: Sequence[PortInfo]) -> PortInfo | None:
        """Find the port that was at the given path when it was first opened."""
        last = self._last
        if last is None or not last.usb_serial:
            return None
        same = [p for p in ports if _same(p, last)]
        still = [p for p in same if p.path == last.path]
        return still[0] if still else same[0] if len(same) == 1 else None

    def _only(self, fit: Sequence[PortInfo], ports: Sequence[PortInfo]) -> PortInfo:
        still = [p for p in fit if self._last is not None and p.path == self._last.path]
        if still or len(fit) == 1:
            return (still or fit)[0]
        if fit:
            names = ", ".join(map(str, fit))
            raise DeviceError(f"several mannequins found ({names}): choose one with --port")
        there = ", ".join(map(str, ports)) or "none"
        if self._text:
            raise DeviceError(
                f"no serial port is {self._text} (there are: {there}): plug the mannequin in; "
                "`mrcpr doctor` lists the ports"
            )
        raise DeviceError(
            f"no mannequin found on any serial port (there are: {there}): plug it in, or name "
            "its port with --port (mrcpr doctor says more)"
        )


def resolve_port(
    text: str | None = None, listing: Listing = system_ports, platform: str = sys.platform
) -> str:
    """Give the path of the port that `text` means, see `PortFinder`."""
    return PortFinder(text, listing, platform).path()


def _call_out(path: str, platform: str) -> str:
    """On macOS, name a port's call-out side: opening the other one waits for a carrier."""
    if platform == "darwin" and path.startswith("/dev/tty."):
        return path.replace("/dev/tty.", "/dev/cu.", 1)
    return path


def _at(path: str, ports: Sequence[PortInfo]) -> PortInfo | None:
    real = os.path.realpath(path)
    return next((p for p in ports if p.path in {path, real}), None)


def _same(port: PortInfo, other: PortInfo) -> bool:
    return (port.usb_id, port.usb_serial) == (other.usb_id, other.usb_serial)
