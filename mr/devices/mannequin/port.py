"""How a serial port is opened for us alone, and what it raises when it is gone.

Gives an open port or a `DeviceError` that says what to do; leaves the bytes to
`mr.devices.mannequin.link`.

A USB bridge may keep bytes back to send more of them at once: an FTDI chip 16 ms long.
On Linux its driver is asked for low latency when the port is opened. On Windows that is
a setting of the port, made once by hand: device manager, Ports, USB Serial Port,
Properties, Port Settings, Advanced, Latency Timer: 1 ms. CH340 and CP210x have none.
"""

from __future__ import annotations

import array
import errno
import os
import select
import sys
from typing import Any, Protocol

import serial

from mr.errors import DeviceError
from mr.wire import BAUD

if sys.platform == "win32":
    PORT_ERRORS: tuple[type[BaseException], ...] = (OSError,)
    """What a port raises when its device is gone: `SerialException` is an OSError,
    `termios.error` is not."""
else:
    import fcntl
    import termios

    PORT_ERRORS = (OSError, termios.error)

OPEN_ERRORS: tuple[type[BaseException], ...] = (*PORT_ERRORS, ValueError)
NO_LOW_LATENCY: tuple[type[BaseException], ...] = (*OPEN_ERRORS, NotImplementedError)
"""ValueError on a pseudo-terminal, NotImplementedError where pyserial knows no way."""
READ_MAX = 1 << 16
WRITE_TIMEOUT_S = 0.5
ASYNC_LOW_LATENCY = 0x2000
SERIAL_STRUCT_FLAGS = 4
"""Where Linux's `struct serial_struct` has its flags, in ints."""


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


class SerialPort(serial.Serial):
    """A port that is not taken for gone when it was this program that stood still."""

    def write(self, data: Any, /) -> int | None:
        """Send bytes; raises `SerialTimeoutException` when the port takes none.

        pyserial looks at the clock after it has written, too: where this program got no
        processor for `WRITE_TIMEOUT_S`, all is sent and an error raised. A port that takes
        bytes now did then; a command of which a part was cut is asked for again, as all are
        that get no answer.
        """
        try:
            return super().write(data)
        except serial.SerialTimeoutException:
            if os.name != "posix" or not select.select([], [self], [], 0)[1]:
                raise
            return len(data)


def open_serial(path: str) -> serial.Serial:
    """Open a serial port for us alone and drop what lay in its buffer.

    Raises
    ------
    DeviceError
        When it is absent, busy, forbidden, or no serial port.
    """
    try:
        return SerialPort(path, BAUD, timeout=0, write_timeout=WRITE_TIMEOUT_S, exclusive=True)
    except OPEN_ERRORS as error:
        raise _why_not(path, error) from error


def ask_low_latency(port: serial.Serial) -> bool:
    """Ask the port's driver to hand bytes over at once; tell whether it will.

    Most drivers know no such setting. Since Linux 5.13 some of them take it without a
    word and forget it, so it is read back.
    """
    on = False
    if sys.platform == "linux":
        try:
            port.set_low_latency_mode(True)
            settings = array.array("i", [0] * 32)
            fcntl.ioctl(port.fileno(), termios.TIOCGSERIAL, settings)
            on = bool(settings[SERIAL_STRUCT_FLAGS] & ASYNC_LOW_LATENCY)
        except NO_LOW_LATENCY:
            pass  # it stays as it is
    return on
