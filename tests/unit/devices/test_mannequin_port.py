"""A serial port that runs out of time: because it takes nothing, or because we stood still."""

from __future__ import annotations

import os
import pty
import sys
import tty
from collections.abc import Iterator

import pytest
import serial

from mr.devices.mannequin.port import SerialPort, open_serial

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="pseudo-terminals are POSIX's")
NO_TIME_S = 1e-9
"""Over before the first look at the clock, as for who got no processor meanwhile."""


@pytest.fixture
def other_end() -> Iterator[tuple[int, str]]:
    """Give a pseudo-terminal: its other end, and its path."""
    ours, theirs = pty.openpty()
    tty.setraw(theirs)
    yield ours, os.ttyname(theirs)
    os.close(ours)
    os.close(theirs)


def test_a_program_that_stood_still_has_sent_all_the_same(other_end: tuple[int, str]) -> None:
    ours, path = other_end
    # The control: as pyserial has it, this is an error though every byte has gone.
    with (
        serial.Serial(path, write_timeout=NO_TIME_S) as port,
        pytest.raises(serial.SerialTimeoutException),
    ):
        port.write(b"one")
    with SerialPort(path, write_timeout=NO_TIME_S) as port:
        assert port.write(b"two") == 3
    assert os.read(ours, 100) == b"onetwo"


def test_a_port_that_takes_nothing_is_gone(other_end: tuple[int, str]) -> None:
    _, path = other_end
    with open_serial(path) as port:
        assert isinstance(port, SerialPort)
        with pytest.raises(serial.SerialTimeoutException):  # nobody reads at the other end
            for _ in range(100):
                port.write(bytes(4096))
