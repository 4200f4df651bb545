"""Ports by path and by USB id, before and after they were plugged in again."""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from mr.devices.mannequin import MannequinSource, PortInfo, find_mannequins, resolve_port
from mr.devices.mannequin.find import PortFinder
from mr.devices.mannequin.port import ask_low_latency, open_serial
from mr.errors import ConfigError, DeviceError, ProtocolError
from mr.wire import PROTOCOL_VERSION, MessageType, frame


@dataclass
class Listed:
    """A port as pyserial lists it."""

    device: str
    vid: int | None = None
    pid: int | None = None
    serial_number: str | None = None
    description: str = "n/a"


CH340 = Listed("/dev/ttyUSB0", 0x1A86, 0x7523)
FTDI = Listed("/dev/ttyUSB1", 0x0403, 0x6001, "A50285BI")
OTHER_FTDI = Listed("/dev/ttyUSB2", 0x0403, 0x6001, "B1")
PLAIN = Listed("/dev/ttyS0")
GPS = Listed("/dev/ttyACM0", 0x1546, 0x01A7, "7")


class Bus:
    """A list of ports that changes."""

    def __init__(self, *ports: Listed) -> None:
        self.ports = list(ports)

    def __call__(self) -> list[Listed]:
        return self.ports

    def move(self, port: Listed, path: str) -> None:
        self.ports = [p for p in self.ports if p is not port]
        self.ports.append(Listed(path, port.vid, port.pid, port.serial_number))


def test_ports_are_listed_not_opened() -> None:
    ports = find_mannequins()
    assert all(isinstance(port, PortInfo) and port.path for port in ports)
    assert [p.likely for p in ports] == sorted((p.likely for p in ports), reverse=True)


def test_likely_ports_come_first_and_tell_their_address() -> None:
    ports = find_mannequins(Bus(PLAIN, GPS, FTDI, CH340))
    assert [(p.path, p.likely, p.address) for p in ports] == [
        ("/dev/ttyUSB0", True, "usb:1a86:7523"),
        ("/dev/ttyUSB1", True, "usb:0403:6001:A50285BI"),
        ("/dev/ttyACM0", False, "usb:1546:01a7:7"),
        ("/dev/ttyS0", False, "/dev/ttyS0"),
    ]
    for port in ports:
        assert resolve_port(port.address, Bus(PLAIN, GPS, FTDI, CH340)) == port.path


@pytest.mark.parametrize(
    ("vid", "pid", "what"),
    [
        (0x0403, 0x6001, "FTDI"),  # FT232R
        (0x1A86, 0x7523, "CH340"),
        (0x10C4, 0xEA60, "CP210x"),  # CP2102
        (0x2341, 0x0043, "Arduino"),  # Uno R3
        (0x2A03, 0x0043, "Arduino"),  # Uno R3 of the other maker
        (0x2341, 0x0058, "Arduino"),  # Nano Every
    ],
)
def test_the_bridges_that_mannequins_are_built_with(vid: int, pid: int, what: str) -> None:
    (port,) = find_mannequins(Bus(Listed("COM3", vid, pid)))
    assert port.likely and what in port.why
    (other,) = find_mannequins(Bus(Listed("COM3", 0x10C4, 0x0001)))
    assert not other.likely


@pytest.mark.parametrize(
    ("text", "path"),
    [
        ("usb:1A86:7523", "/dev/ttyUSB0"),
        ("USB:403:6001:B1", "/dev/ttyUSB2"),
        ("/dev/anything", "/dev/anything"),
        ("COM12", "COM12"),
    ],
)
def test_what_a_person_types(text: str, path: str) -> None:
    assert resolve_port(text, Bus(PLAIN, CH340, FTDI, OTHER_FTDI)) == path


@pytest.mark.parametrize("text", [None, ""])
def test_nothing_typed_means_the_only_likely_port(text: str | None) -> None:
    assert resolve_port(text, Bus(PLAIN, GPS, FTDI)) == "/dev/ttyUSB1"
    with pytest.raises(DeviceError, match=r"none|/dev/ttyS0.*plug it in"):
        resolve_port(text, Bus(PLAIN))
    with pytest.raises(DeviceError, match=r"several.*ttyUSB0 \(usb:1a86:7523\), .*--port"):
        resolve_port(text, Bus(CH340, FTDI))


def test_a_usb_id_that_is_none_or_not_there() -> None:
    for text in ("usb:", "usb:1a86", "usb:wxyz:7523", "usb:1a86:7523:"):
        with pytest.raises(ConfigError, match="write usb:VID:PID"):
            resolve_port(text, Bus(CH340))
    with pytest.raises(DeviceError, match=r"usb:0403:6001.*there are: /dev/ttyUSB0"):
        resolve_port("usb:0403:6001", Bus(CH340))
    with pytest.raises(DeviceError, match="several"):
        resolve_port("usb:0403:6001", Bus(FTDI, OTHER_FTDI))


def test_macos_ports_are_opened_on_their_call_out_side() -> None:
    assert resolve_port("/dev/tty.usbserial-1", Bus(), "darwin") == "/dev/cu.usbserial-1"
    assert resolve_port("/dev/cu.usbserial-1", Bus(), "darwin") == "/dev/cu.usbserial-1"
    assert resolve_port("/dev/tty.usbserial-1", Bus(), "linux") == "/dev/tty.usbserial-1"


@pytest.mark.parametrize("text", ["/dev/ttyUSB1", "usb:0403:6001:A50285BI", "usb:0403:6001", ""])
def test_a_port_is_followed_to_another_path(text: str) -> None:
    bus = Bus(PLAIN, FTDI)
    finder = PortFinder(text, bus)
    assert finder.path() == "/dev/ttyUSB1"
    bus.move(FTDI, "/dev/ttyUSB7")
    assert finder.path() == "/dev/ttyUSB7"
    bus.ports.append(CH340)
    assert finder.path() == "/dev/ttyUSB7", "a newcomer makes no difference"


def test_a_path_is_followed_by_its_serial_number_only() -> None:
    """Another port at the path is another mannequin; without a serial number none can tell."""
    bus = Bus(FTDI)
    finder = PortFinder("/dev/ttyUSB1", bus)
    finder.path()
    bus.move(FTDI, "/dev/ttyUSB0")
    bus.ports.append(Listed("/dev/ttyUSB1", 0x0403, 0x6001, "B1"))
    assert finder.path() == "/dev/ttyUSB0"
    nameless = Bus(CH340)
    finder = PortFinder("/dev/ttyUSB0", nameless)
    finder.path()
    nameless.move(CH340, "/dev/ttyUSB5")
    assert finder.path() == "/dev/ttyUSB0"


def test_clones_that_share_a_serial_number_stay_at_their_path() -> None:
    twins = Bus(Listed("/dev/ttyUSB0", 0x10C4, 0xEA60, "0001"))
    finder = PortFinder("/dev/ttyUSB0", twins)
    finder.path()
    twins.ports.append(Listed("/dev/ttyUSB1", 0x10C4, 0xEA60, "0001"))
    assert finder.path() == "/dev/ttyUSB0"


def test_a_link_to_a_port_is_known_by_what_it_points_to(tmp_path: Path) -> None:
    (tmp_path / "ttyUSB1").touch()
    (tmp_path / "mannequin").symlink_to(tmp_path / "ttyUSB1")
    real = str((tmp_path / "ttyUSB1").resolve())
    bus = Bus(Listed(real, 0x0403, 0x6001, "A5"))
    finder = PortFinder(str(tmp_path / "mannequin"), bus)
    assert finder.path() == str(tmp_path / "mannequin")
    bus.move(bus.ports[0], "/dev/ttyUSB4")
    assert finder.path() == "/dev/ttyUSB4"


# --- a device of another version, on a real pseudo-terminal -----------------------------

VERSION_1 = bytes.fromhex(
    "040101010201060a0140420f0101010102c802640cf401484f53542d303030310101010101010568"
    "6f7374010101010101010101010103463300"
)
"""HELLO of firmware 0.1.0, recorded from the host board at commit 2636780."""
VERSION_3 = frame(bytes([MessageType.HELLO, 1, 3, *range(57)]))
"""Of a version to come: its first three bytes are promised, the rest is anything."""


@pytest.fixture
def terminal() -> Iterator[tuple[str, list[bytes]]]:
    """Give a terminal's path and a list: what is in it is answered to whatever is written."""
    pytest.importorskip("pty")
    host, device = os.openpty()
    answers: list[bytes] = []

    def answer() -> None:
        try:
            while os.read(host, 1024):
                os.write(host, b"".join(answers))
        except OSError:
            pass  # both ends are closed: the test is over

    thread = threading.Thread(target=answer)
    thread.start()
    path = os.ttyname(device)
    yield path, answers
    os.close(device)
    thread.join(5.0)
    os.close(host)


@pytest.mark.parametrize(
    ("hello", "says"),
    [
        (VERSION_1, "speaks protocol 1, this program speaks {}: reflash it with {}"),
        (VERSION_3, "speaks protocol 3, this program speaks {}: update this program, or {}"),
    ],
)
def test_another_protocol_version_is_refused_with_the_cure(
    terminal: tuple[str, list[bytes]], hello: bytes, says: str
) -> None:
    path, answers = terminal
    answers.append(hello)
    cure = f"`make -C firmware flash PORT={path}` (docs/guides/technician/build.md)"
    if hello is VERSION_3:
        cure = f"reflash it with {cure}"
    with pytest.raises(ProtocolError) as refused:
        MannequinSource(path).__enter__()
    assert str(refused.value) == f"mannequin on {path} " + says.format(PROTOCOL_VERSION, cure)
    open_serial(path).close()  # it was let go


def test_a_terminal_has_no_driver_to_ask_for_low_latency(
    terminal: tuple[str, list[bytes]],
) -> None:
    with open_serial(terminal[0]) as port:
        assert ask_low_latency(port) is False


class Driver:
    """A USB bridge's driver that takes the setting, keeps it or forgets it."""

    def __init__(self, keeps: bool) -> None:
        self._keeps = keeps
        self.flags = 0x1000
        """Another setting, which is nobody's business here."""

    def set_low_latency_mode(self, on: bool) -> None:
        if on and self._keeps:
            self.flags |= termios_flag("ASYNC_LOW_LATENCY")

    def fileno(self) -> int:
        return 77

    def ioctl(self, number: int, request: int, settings: Any) -> int:
        assert (number, request) == (77, termios_flag("TIOCGSERIAL"))
        settings[4] = self.flags  # struct serial_struct: type, line, port, irq, flags
        return 0


def termios_flag(name: str) -> int:
    """Ref: Linux, include/uapi/linux/tty_flags.h and asm-generic/ioctls.h."""
    return {"ASYNC_LOW_LATENCY": 1 << 13, "TIOCGSERIAL": 0x541E}[name]


@pytest.mark.skipif(sys.platform != "linux", reason="the drivers of Linux")
@pytest.mark.parametrize("keeps", [True, False])
def test_low_latency_is_on_only_where_the_driver_keeps_it(
    keeps: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    driver = Driver(keeps)
    monkeypatch.setattr("fcntl.ioctl", driver.ioctl)
    assert ask_low_latency(driver) is keeps  # type: ignore[arg-type]
