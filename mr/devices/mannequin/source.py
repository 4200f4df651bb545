"""The sensor mannequin as a `Device`.

Takes a port (a path, or the simulator's port), gives the streams ``mannequin`` and
``mannequin.clock``; leaves host time to `mr.clock` and newtons and metres to
`mr.fusion`. It owns no thread: pings and commands go out, and answers come in, with
`poll`. Damage on the wire is counted; a device that is gone is a `DeviceError`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from types import TracebackType
from typing import Self

from mr.clock.host import NowNs, host_now_ns
from mr.devices.mannequin.follow import STREAM, MannequinCounters, SampleFollower
from mr.devices.mannequin.handshake import shake_hands
from mr.devices.mannequin.port import PORT_ERRORS, READ_MAX, PortLike, open_serial
from mr.devices.mannequin.requests import PING_NS, Requests
from mr.errors import ConfigError, DeviceError
from mr.types import (
    Arrival,
    ClockExchange,
    DeviceInfo,
    MannequinFrame,
    SourceKind,
    StreamInfo,
)
from mr.types import Sample as AnySample
from mr.wire import (
    Ack,
    AckCode,
    Decoder,
    Hello,
    Message,
    Pong,
    ResetCause,
    Sample,
    Status,
    encode_command,
    name_text,
)

CLOCK_STREAM = "mannequin.clock"
SILENCE_NS = 2_000_000_000


class MannequinSource:
    """A mannequin behind a serial port.

    Parameters
    ----------
    port
        Path of the port (``/dev/ttyUSB0``, ``COM3``), or an object like an open port.
    now
        The host's clock, which stamps arrivals.
    kind
        ``live``, or ``sim`` for a simulated port.
    timeout_s
        How long the handshake waits for an answer.
    """

    def __init__(
        self,
        port: str | PortLike,
        now: NowNs = host_now_ns,
        kind: SourceKind = "live",
        timeout_s: float = 5.0,
    ) -> None:
        self._given = port
        self._name = port if isinstance(port, str) else "the simulated port"
        self._now = now
        self._kind: SourceKind = kind
        self._timeout_s = timeout_s
        self._port: PortLike | None = None
        self._hello: Hello | None = None
        self._status: Status | None = None
        self._counters = MannequinCounters()
        self._follower = SampleFollower(self._counters)
        self._decoder = Decoder()
        self._requests = Requests(self._name)
        self._early: list[Message] = []
        self._exchanges = 0
        self._heard_ns = 0

    # --- opening and closing ---------------------------------------------------------

    def __enter__(self) -> Self:
        """Open the port for us alone and greet the device.

        Raises
        ------
        DeviceError
            When the port is absent, busy or forbidden, or no mannequin answers.
        ProtocolError
            When its firmware speaks another protocol version.
        """
        port = open_serial(self._given) if isinstance(self._given, str) else self._given
        self._decoder = Decoder()
        try:
            hello, self._early = shake_hands(port, self._name, self._decoder, self._timeout_s)
        except BaseException:
            port.close()
            raise
        self._port = port
        self._begin(hello)
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        tb: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the port."""
        if self._port is not None:
            self._keep_wire_counters()
            port, self._port = self._port, None
            try:
                port.close()
            except PORT_ERRORS as error:
                raise DeviceError(f"{self._name} does not close ({error})") from error

    def reopen(self) -> None:
        """Open the port again after the device was lost, with its sample rate restored.

        Raises
        ------
        DeviceError
            When it is not back yet, or another mannequin has taken its place.
        """
        before = self._require_hello()
        self._drop_port()
        self.__enter__()
        hello = self._require_hello()
        if hello.serial_number != before.serial_number:
            self._hello = before
            self._drop_port()
            raise DeviceError(
                f"{self._name} now has mannequin {name_text(hello.serial_number)}, the session "
                f"began with {name_text(before.serial_number)}: plug that one in again"
            )
        self._counters.restarts += 1

    def _drop_port(self) -> None:
        """Close a port whose device may be gone; that it fails then is no news."""
        try:
            self.close()
        except DeviceError:
            self._port = None

    # --- what is known of it ---------------------------------------------------------

    @property
    def info(self) -> DeviceInfo:
        """Who it is, as its HELLO said."""
        hello = self._require_hello()
        tick_rate = float(hello.tick_rate_hz)
        streams = (
            StreamInfo(STREAM, float(hello.sample_rate_hz), tick_rate),
            StreamInfo(CLOCK_STREAM, 1e9 / PING_NS, tick_rate),
        )
        return DeviceInfo(
            kind=self._kind,
            maker="MR-CPR",
            model=f"sensor mannequin ({name_text(hello.board_name)})",
            serial=name_text(hello.serial_number),
            firmware=f"{hello.firmware_major}.{hello.firmware_minor}.{hello.firmware_patch}",
            streams=streams,
            details={
                "port": self._name,
                "protocol": str(hello.protocol_version),
                "uart_baud": str(hello.uart_baud),
                "adc_bits": str(hello.adc_bits),
                "reset_cause": _reset_text(hello.reset_cause),
            },
        )

    @property
    def counters(self) -> MannequinCounters:
        """What has happened on the link so far (a copy)."""
        now = self._decoder.counters if self._port is not None else Decoder().counters
        return replace(
            self._counters,
            crc_errors=self._counters.crc_errors + now.crc_errors,
            framing_errors=self._counters.framing_errors + now.framing_errors,
            unknown_messages=self._counters.unknown_messages + now.unknown_messages,
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

    def poll(self) -> Sequence[AnySample]:
        """Send what is due and give what has arrived, in order. Never waits.

        Raises
        ------
        DeviceError
            When the device is gone or has fallen silent.
        """
        port = self._require_port()
        try:
            for command in self._requests.due(self._now()):
                self._requests.sent(command, self._now())
                port.write(encode_command(command))
            chunk = port.read(min(port.in_waiting, READ_MAX))
        except PORT_ERRORS as error:
            raise DeviceError(
                f"mannequin on {self._name} is gone ({error}): check its cable"
            ) from error
        arrival_ns = self._now()
        messages = self._early + self._decoder.feed(chunk)
        self._early = []
        if messages:
            self._heard_ns = arrival_ns
        elif arrival_ns - self._heard_ns > SILENCE_NS:
            raise DeviceError(
                f"mannequin on {self._name} has sent nothing for "
                f"{(arrival_ns - self._heard_ns) / 1e9:.1f} s: press its reset button or "
                "plug it in again"
            )
        samples: list[AnySample] = []
        for message in messages:
            sample = self._understand(message, arrival_ns)
            if sample is not None:
                samples.append(sample)
        return samples

    def _understand(self, message: Message, arrival_ns: int) -> AnySample | None:
        match message:
            case Sample():
                return self._frame(message, arrival_ns)
            case Pong():
                return self._exchange(message, arrival_ns)
            case Ack():
                self._acknowledged(message)
            case Status():
                self._status = message
            case Hello(request_id=0):
                self._counters.restarts += 1
                self._begin(message)
            case _:
                pass
        return None

    def _frame(self, sample: Sample, arrival_ns: int) -> MannequinFrame | None:
        restarts = self._counters.restarts
        frame = self._follower.frame(sample, arrival_ns)
        if self._counters.restarts > restarts:
            self._requests.begin(arrival_ns, 0)
        return frame

    def _exchange(self, pong: Pong, arrival_ns: int) -> ClockExchange | None:
        sent_ns = self._requests.answered(pong.token)
        if sent_ns is None:
            return None
        rx_ticks = self._follower.ticks(pong.device_rx_ticks)
        tx_ticks = self._follower.ticks(pong.device_tx_ticks)
        if not 0 <= tx_ticks - rx_ticks < self._require_hello().tick_rate_hz:
            self._counters.implausible += 1
            return None
        self._exchanges += 1
        arrival = Arrival(CLOCK_STREAM, self._exchanges, tx_ticks, arrival_ns)
        return ClockExchange(arrival, sent_ns, rx_ticks, tx_ticks)

    def _acknowledged(self, ack: Ack) -> None:
        if ack.code != AckCode.DONE:
            self._counters.refused += 1
        rate_hz = self._requests.acknowledged(ack)
        if rate_hz is not None:
            self._hello = self._require_hello()._replace(sample_rate_hz=rate_hz)

    def _begin(self, hello: Hello) -> None:
        """Start, or start anew after the device did."""
        self._heard_ns = self._now()
        self._hello = hello
        self._follower.begin(hello.tick_rate_hz)
        self._requests.begin(self._heard_ns, hello.sample_rate_hz)

    def _keep_wire_counters(self) -> None:
        """Add the decoder's counters to ours before it is replaced."""
        wire = self._decoder.counters
        self._counters.crc_errors += wire.crc_errors
        self._counters.framing_errors += wire.framing_errors
        self._counters.unknown_messages += wire.unknown_messages

    def _require_port(self) -> PortLike:
        if self._port is None:
            raise DeviceError(f"mannequin on {self._name} is not open: open it first")
        return self._port

    def _require_hello(self) -> Hello:
        if self._hello is None:
            raise DeviceError(f"mannequin on {self._name} was never open: open it first")
        return self._hello


def _reset_text(cause: int) -> str:
    try:
        return ResetCause(cause).name.lower().replace("_", " ")
    except ValueError:
        return f"code {cause}"
