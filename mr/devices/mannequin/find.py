"""Which serial ports of this computer may be a mannequin.

Takes what the system tells of its ports, gives a list; opens none of them, so a busy or
unknown port is listed too. Whether a mannequin answers is for `MannequinSource`.
"""

from __future__ import annotations

from dataclasses import dataclass

from serial.tools import list_ports

_BRIDGES = {
    (0x0403, None): "FTDI bridge",
    (0x1A86, None): "CH340 bridge (Nano clones)",
    (0x10C4, 0xEA60): "CP210x bridge",
    (0x2341, None): "Arduino",
    (0x2A03, None): "Arduino",
}


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


def find_mannequins() -> list[PortInfo]:
    """List serial ports, those that may be a mannequin first. Opens none of them."""
    found = []
    for port in list_ports.comports():
        usb_id = "" if port.vid is None else f"{port.vid:04x}:{port.pid:04x}"
        bridge = _BRIDGES.get((port.vid, port.pid)) or _BRIDGES.get((port.vid, None))
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
