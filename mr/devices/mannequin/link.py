"""One mannequin's port: bytes in, messages out, and what it takes to have it open.

Takes where the port is (or an object like an open one), gives whole messages and the
device's HELLO; leaves what they mean to `mr.devices.mannequin.source`. Nothing here
waits but `open`, which a person has asked for.
"""

from __future__ import annotations

from mr.devices.mannequin.find import PortFinder
from mr.devices.mannequin.handshake import Greeting, shake_hands
from mr.devices.mannequin.port import (
    PORT_ERRORS,
    READ_MAX,
    PortLike,
    ask_low_latency,
    open_serial,
)
from mr.errors import DeviceError
from mr.wire import Command, Decoder, Hello, Message, WireCounters, encode_command


class Link:
    """The port of one mannequin, opened and opened again."""

    def __init__(self, port: str | PortLike, timeout_s: float) -> None:
        self._finder = PortFinder(port) if isinstance(port, str) else None
        self._given = None if isinstance(port, str) else port
        self.name = (port or "any port") if isinstance(port, str) else "the simulated port"
        self.low_latency: bool | None = None
        """Whether the driver hands bytes over at once; None where there is no driver."""
        self._timeout_s = timeout_s
        self._port: PortLike | None = None
        self._decoder = Decoder()
        self._greeting: Greeting | None = None
        self._early: list[Message] = []
        self._before = WireCounters()

    def fileno(self) -> int | None:
        """Give what becomes readable when bytes have come; None where there is no such."""
        tell = getattr(self._port, "fileno", None)
        try:
            return None if tell is None else int(tell())
        except PORT_ERRORS:
            return None  # it is gone, as the next read will say

    @property
    def counters(self) -> WireCounters:
        """What has come through it since it was made, over all openings."""
        now, before = self._decoder.counters, self._before
        return WireCounters(
            before.frames + now.frames,
            before.crc_errors + now.crc_errors,
            before.framing_errors + now.framing_errors,
            before.unknown_messages + now.unknown_messages,
        )

    def open(self) -> Hello:
        """Open the port for us alone, greet the device and wait for its answer."""
        port = self._open()
        try:
            hello, self._early = shake_hands(port, self.name, self._decoder, self._timeout_s)
        except BaseException:
            self.drop()
            raise
        return hello

    def reopen(self, now_ns: int) -> Hello | None:
        """Open it again and begin to greet; `greet` goes on with it."""
        self.drop()
        self._open()
        self._greeting = Greeting(self.name, now_ns, self._timeout_s)
        return self.greet(now_ns)

    @property
    def is_greeting(self) -> bool:
        """Whether the device has not answered yet."""
        return self._greeting is not None

    def greet(self, now_ns: int) -> Hello | None:
        """Go on greeting; give HELLO when it has come. A failure closes the port."""
        assert self._greeting is not None
        try:
            answer = self._greeting.step(self._require(), self._decoder, now_ns)
        except BaseException:
            self.drop()
            raise
        if answer is None:
            return None
        self._greeting = None
        hello, self._early = answer
        return hello

    def send(self, command: Command) -> None:
        """Send a command, or raise `DeviceError` when the port is gone."""
        try:
            self._require().write(encode_command(command))
        except PORT_ERRORS as error:
            raise self._lost(error) from error

    def receive(self) -> list[Message]:
        """Give the messages that have come, or raise `DeviceError` when the port is gone."""
        port = self._require()
        try:
            chunk = port.read(min(port.in_waiting, READ_MAX))
        except PORT_ERRORS as error:
            raise self._lost(error) from error
        early, self._early = self._early, []
        return early + self._decoder.feed(chunk)

    def close(self) -> None:
        """Let go of the port."""
        port, self._port = self._port, None
        if port is None:
            return
        self._before, self._decoder = self.counters, Decoder()
        self._greeting, self._early = None, []
        try:
            port.close()
        except PORT_ERRORS as error:
            raise DeviceError(f"{self.name} does not close ({error})") from error

    def drop(self) -> None:
        """Close a port whose device may be gone; that it fails then is no news."""
        try:
            self.close()
        except DeviceError:
            self._port = None

    def _open(self) -> PortLike:
        if self._finder is not None:
            self.name = self._finder.path()
            serial = open_serial(self.name)
            self.low_latency = ask_low_latency(serial)
            self._port = serial
        else:
            self._port = self._given
        return self._require()

    def _require(self) -> PortLike:
        if self._port is None:
            raise DeviceError(f"mannequin on {self.name} is not open: open it first")
        return self._port

    def _lost(self, error: BaseException) -> DeviceError:
        """Let go of the port at once: while it is held, it can come back by another path only."""
        self.drop()
        return DeviceError(f"mannequin on {self.name} is gone ({error}): check its cable")
