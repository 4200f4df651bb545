"""The sensor mannequin as a `Device`.

Takes a port (a path, a USB id, or the simulator's port), gives the streams ``mannequin``
and ``mannequin.clock``; leaves host time to `mr.clock` and newtons and metres to
`mr.fusion`. It owns no thread: pings and commands go out, and answers come in, with
`poll`. Damage on the wire is counted; a device that is gone is a `DeviceError`.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import replace
from types import TracebackType
from typing import Self

from mr.clock.host import NowNs, host_now_ns
from mr.devices.mannequin.describe import CLOCK_STREAM, device_info
from mr.devices.mannequin.follow import MannequinCounters, SampleFollower
from mr.devices.mannequin.handshake import LISTEN_S, REQUEST_ID, is_possible
from mr.devices.mannequin.link import Link
from mr.devices.mannequin.port import PortLike
from mr.devices.mannequin.requests import Requests
from mr.errors import ConfigError, DeviceError
from mr.types import Arrival, ClockExchange, DeviceInfo, MannequinFrame, SourceKind
from mr.types import Sample as AnySample
from mr.wire import (
    PROTOCOL_VERSION,
    Ack,
    AckCode,
    Hello,
    Message,
    Pong,
    Sample,
    SetRate,
    Status,
    name_text,
)

SILENCE_NS = 2_000_000_000


class MannequinSource:
    """A mannequin behind a serial port.

    Parameters
    ----------
    port
        Path of the port (``/dev/ttyUSB0``, ``COM3``), its USB id (``usb:1a86:7523``,
        ``usb:0403:6001:A50285BI``), nothing (``""``) for the only one that may be a
        mannequin, or an object like an open port.
    now
        The host's clock, which stamps arrivals.
    kind
        ``live``, or ``sim`` for a simulated port.
    timeout_s
        How long an answer to the greeting is waited for. Boards whose bootloader runs
        when their port is opened need its second or two of that.
    sample_rate_hz
        What it shall sample at from the start, on a port in real time; None leaves it.
    """

    reopen_every_ns = 200_000_000
    """To try again costs a look for the port, so the sensing loop may do it often."""

    def __init__(
        self,
        port: str | PortLike,
        now: NowNs = host_now_ns,
        kind: SourceKind = "live",
        timeout_s: float = 5.0,
        sample_rate_hz: int | None = None,
    ) -> None:
        self._link = Link(port, timeout_s)
        self._first_rate_hz = sample_rate_hz
        self._now = now
        self._kind: SourceKind = kind
        self._hello: Hello | None = None
        self._status: Status | None = None
        self._counters = MannequinCounters()
        self._follower = SampleFollower(self._counters)
        self._requests = Requests(self._link.name)
        self._exchanges = 0
        self._heard_ns = 0
        self._doubted = False
        """Whether the device seems to be another one: nothing of it counts until it is asked."""

    # --- opening and closing ---------------------------------------------------------

    def __enter__(self) -> Self:
        """Open the port for us alone, greet the device and wait for its answer.

        Raises
        ------
        ConfigError
            When it cannot sample at the rate that is wanted.
        DeviceError
            When the port is absent, busy or forbidden, or no mannequin answers.
        ProtocolError
            When its firmware speaks another protocol version.
        """
        self._begin(self._link.open())
        try:
            if self._first_rate_hz is not None:
                self._begin_at(self._first_rate_hz)
        except BaseException:
            self._link.drop()
            raise
        return self

    def _begin_at(self, sample_rate_hz: int) -> None:
        """Set the rate and wait until it is in force; what comes until then is old."""
        if self._require_hello().sample_rate_hz == sample_rate_hz:
            self._requests.keep_rate(sample_rate_hz)
            return
        self.set_rate(sample_rate_hz)
        while self._requests.rate_is_open:
            self.poll()
            time.sleep(LISTEN_S)

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        tb: TracebackType | None,
    ) -> None:
        if exc is None:
            self.close()
        else:
            self._link.drop()  # what went wrong is told already

    def close(self) -> None:
        """Let go of the port."""
        self._link.close()

    def reopen(self) -> None:
        """Open the port again after the device was lost, and greet it; do not wait.

        `poll` goes on greeting and gives nothing until the device has answered; its
        sample rate is then restored. A board that answers at once gives samples some
        milliseconds after its port came back.

        Raises
        ------
        DeviceError
            When it is not back yet, or another mannequin has taken its place.
        ProtocolError
            When it has come back with firmware of another protocol version.
        """
        self._require_hello()
        self._came_back(self._link.reopen(self._now()))

    def _came_back(self, hello: Hello | None) -> None:
        if hello is not None:
            self._require_same(hello)
            self._counters.restarts += 1
            self._begin(hello)

    def _require_same(self, hello: Hello) -> None:
        before = self._require_hello().serial_number
        if hello.serial_number != before:
            self._link.drop()
            raise DeviceError(
                f"{self._link.name} now has mannequin {name_text(hello.serial_number)}, the "
                f"session began with {name_text(before)}: plug that one in again"
            )

    # --- what is known of it ---------------------------------------------------------

    @property
    def info(self) -> DeviceInfo:
        """Who it is, as its HELLO said."""
        return device_info(
            self._require_hello(), self._kind, self._link.name, self._link.low_latency
        )

    @property
    def counters(self) -> MannequinCounters:
        """What has happened on the link so far (a copy)."""
        wire = self._link.counters
        return replace(
            self._counters,
            crc_errors=wire.crc_errors,
            framing_errors=wire.framing_errors,
            unknown_messages=wire.unknown_messages,
        )

    @property
    def status(self) -> Status | None:
        """The device's own counters, at most some seconds old; None before the first."""
        return self._status

    def set_rate(self, sample_rate_hz: int) -> None:
        """Ask for another sample rate; it is repeated until the device acknowledges it.

        Raises
        ------
        ConfigError
            When this device cannot sample at that rate.
        """
        hello = self._require_hello()
        if not hello.sample_rate_min_hz <= sample_rate_hz <= hello.sample_rate_max_hz:
            raise ConfigError(
                f"mannequin {name_text(hello.serial_number)} cannot sample at "
                f"{sample_rate_hz} Hz: choose {hello.sample_rate_min_hz} to "
                f"{hello.sample_rate_max_hz}"
            )
        self._requests.want_rate(sample_rate_hz, self._now())

    # --- streaming -------------------------------------------------------------------

    def fileno(self) -> int | None:
        """Give what becomes readable when bytes have come; None where there is no such."""
        return self._link.fileno()

    def poll(self) -> Sequence[AnySample]:
        """Send what is due and give what has arrived, in order. Never waits.

        Raises
        ------
        DeviceError
            When the device is gone or has fallen silent, or does not answer after `reopen`.
        ProtocolError
            When it has come back with firmware of another protocol version.
        """
        if self._link.is_greeting:
            self._came_back(self._link.greet(self._now()))
            if self._link.is_greeting:
                return []
        for command in self._requests.due(self._now()):
            self._requests.sent(command, self._now())
            self._link.send(command)
            if isinstance(command, SetRate):
                self._follower.pace.expect(command.sample_rate_hz)
        asked_ns = self._now()
        messages = self._link.receive()
        arrival_ns = self._now()
        if messages:
            self._heard_ns = arrival_ns
        # By when it was asked: this process may have been stopped since, and not the device.
        elif asked_ns - self._heard_ns > SILENCE_NS:
            raise DeviceError(
                f"mannequin on {self._link.name} has sent nothing for "
                f"{(asked_ns - self._heard_ns) / 1e9:.1f} s: press its reset button or "
                "plug it in again"
            )
        samples: list[AnySample] = []
        for message in messages:
            samples += self._understand(message, arrival_ns)
        return samples

    def _understand(self, message: Message, arrival_ns: int) -> Sequence[AnySample]:
        match message:
            case Sample() if not self._doubted:
                return self._frames(message, arrival_ns)
            case Pong() if not self._doubted:
                return self._exchange(message, arrival_ns)
            case Ack():
                self._acknowledged(message)
            case Status():
                self._status = message
            case Hello():
                self._said_hello(message, arrival_ns)
            case _:
                pass
        return ()

    def _frames(self, sample: Sample, arrival_ns: int) -> list[MannequinFrame]:
        restarts = self._counters.restarts
        frames = self._follower.frames(sample, arrival_ns)
        if self._counters.restarts > restarts:
            self._requests.begin(arrival_ns, 0)
            self._requests.ask_who(arrival_ns)
        return frames

    def _exchange(self, pong: Pong, arrival_ns: int) -> Sequence[ClockExchange]:
        sent_ns = self._requests.answered(pong.token)
        if sent_ns is None:
            return ()
        ticks = self._follower.pong(pong, sent_ns, arrival_ns)
        if ticks is None:
            return ()
        rx_ticks, tx_ticks = ticks
        self._exchanges += 1
        arrival = Arrival(CLOCK_STREAM, self._exchanges, tx_ticks, arrival_ns)
        return (ClockExchange(arrival, sent_ns, rx_ticks, tx_ticks),)

    def _acknowledged(self, ack: Ack) -> None:
        if ack.code != AckCode.DONE:
            self._counters.refused += 1
        rate_hz = self._requests.acknowledged(ack)
        if rate_hz is not None:
            self._use_rate(rate_hz)

    def _said_hello(self, hello: Hello, arrival_ns: int) -> None:
        """Take in a HELLO amid the samples: of a restart, or an answer (a late one, too).

        Damage can make one up, so who seems to be another is asked first.
        """
        own = self._require_hello()
        known = hello.protocol_version == PROTOCOL_VERSION and is_possible(hello)
        same = known and hello.serial_number == own.serial_number
        if hello.request_id == 0 and same:
            self._counters.restarts += 1
            self._begin(hello)
        elif hello.request_id == REQUEST_ID and known:
            self._require_same(hello)
            self._doubted = False
            self._requests.answered_who(hello.sample_rate_hz, arrival_ns)
            self._hello = hello
            if not self._requests.rate_is_open:
                self._follower.pace.in_force(hello.sample_rate_hz)
        else:
            self._counters.implausible += 1
            self._doubted = known and not same
            self._requests.ask_who(arrival_ns)

    def _use_rate(self, rate_hz: int) -> None:
        self._hello = self._require_hello()._replace(sample_rate_hz=rate_hz)
        self._follower.pace.in_force(rate_hz)

    def _begin(self, hello: Hello) -> None:
        """Start, or start anew after the device did."""
        self._heard_ns = self._now()
        self._hello = hello
        self._doubted = False
        self._follower.begin(hello)
        self._requests.name = self._link.name
        self._requests.begin(self._heard_ns, hello.sample_rate_hz)

    def _require_hello(self) -> Hello:
        if self._hello is None:
            raise DeviceError(f"mannequin on {self._link.name} was never open: open it first")
        return self._hello
