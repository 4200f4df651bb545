"""How a serial port is opened for us alone, and what it raises when it is gone.

Gives an open port or a `DeviceError` that says what to do; leaves the bytes to
`mr.devices.mannequin.source`.
"""

from __future__ import annotations

import errno
import os
from typing import Protocol

import serial

from mr.errors import DeviceError
from mr.wire import BAUD

try:
    import termios

    PORT_ERRORS: tuple[type[BaseException], ...] = (OSError, termios.error)
    """What a port raises when its device is gone: `SerialException` is an OSError,
    `termios.error` is not."""
except ImportError:
    PORT_ERRORS = (OSError,)

OPEN_ERRORS: tuple[type[BaseException], ...] = (*PORT_ERRORS, ValueError)
READ_MAX = 1 << 16
WRITE_TIMEOUT_S = 0.5


class PortLike(Protocol):
    """What `MannequinSource` needs of a port; pyserial's and the simulator's have it."""

    @property
    def in_waiting(self) -> int:
        """Number of bytes that can be read now."""
        ...

    def read(self, size: int = 1, /) -> bytes:
        """Read at most `size` bytes, without waiting."""
        ...

    def write(self, data: bytes, /) -> int | None:
        """Send bytes."""
        ...

    def close(self) -> None:
        """Let go of the port."""
        ...


def _why_not(path: str, error: BaseException) -> DeviceError:
    code = getattr(error, "errno", None)
    text = str(error)
    busy_on_windows = os.name == "nt" and "PermissionError" in text
    if code in {errno.EAGAIN, errno.EBUSY, errno.EWOULDBLOCK} or busy_on_windows:
        return DeviceError(
            f"port {path} is in use by another program: "
            "close that program (another mrcpr, a serial monitor) and try again"
        )
    if code == errno.ENOENT or "FileNotFoundError" in text:
        return DeviceError(
            f"port {path} does not exist: plug the mannequin in; `mrcpr doctor` lists the ports"
        )
    if code in {errno.EACCES, errno.EPERM}:
        return DeviceError(
            f"port {path} may not be opened by this user: "
            "run `sudo usermod -aG dialout $USER`, log out and in, and try again"
        )
    return DeviceError(
        f"port {path} cannot be opened ({text}): "
        "is it a serial port? `mrcpr doctor` lists those of this computer"
    )


def open_serial(path: str) -> PortLike:
    """Open a serial port for us alone and drop what lay in its buffer.

    Raises
    ------
    DeviceError
        When it is absent, busy, forbidden, or no serial port.
    """
    try:
        return serial.Serial(path, BAUD, timeout=0, write_timeout=WRITE_TIMEOUT_S, exclusive=True)
    except OPEN_ERRORS as error:
        raise _why_not(path, error) from error
