"""What goes out to the mannequin, and when: pings, status requests, the sample rate.

Takes the host's time, gives commands that are due and makes exchanges out of answers;
leaves the port to `mr.devices.mannequin.source`.
"""

from __future__ import annotations

from mr.devices.mannequin.handshake import REQUEST_ID
from mr.errors import DeviceError
from mr.wire import (
    Ack,
    AckCode,
    Command,
    HelloRequest,
    MessageType,
    Ping,
    SetRate,
    StatusRequest,
    refusal,
)

FAST_PINGS = 20
FAST_PING_NS = 50_000_000
PING_NS = 980_000_000
"""Not a whole second: that would beat with everything that is one."""
STATUS_NS = 10_000_000_000
RATE_RETRY_NS = 500_000_000
RATE_TRIES = 4
HELLO_RETRY_NS = 250_000_000
PINGS_KEPT = 64


class Requests:
    """The schedule of one mannequin's commands; `name` is for its errors."""

    def __init__(self, name: str) -> None:
        self.name = name
        self._request_id = 1
        self._token = 0
        self._wanted_rate_hz: int | None = None
        self._hello_due_ns: int | None = None
        self.begin(0, 0)

    def begin(self, now_ns: int, sample_rate_hz: int) -> None:
        """The device has started and samples at this rate: ping fast, restore its rate."""
        self._sent_ns: dict[int, int] = {}
        self._pings_sent = 0
        self._ping_due_ns = self._status_due_ns = now_ns
        self._hello_due_ns = None
        self._rate_request_id = 0
        self._rate_tries = 0
        restore = self._wanted_rate_hz not in {None, sample_rate_hz}
        self._rate_due_ns: int | None = now_ns if restore else None

    def want_rate(self, sample_rate_hz: int, now_ns: int) -> None:
        """Ask for a rate from `now_ns` on, again and again until it is acknowledged."""
        self._wanted_rate_hz = sample_rate_hz
        self._rate_request_id = 0
        self._rate_tries = 0
        self._rate_due_ns = now_ns

    def keep_rate(self, sample_rate_hz: int) -> None:
        """Want the rate that is in force: it is restored when the device has started anew."""
        self._wanted_rate_hz = sample_rate_hz

    @property
    def rate_is_open(self) -> bool:
        """Whether a rate was asked for and is not acknowledged yet."""
        return self._rate_due_ns is not None

    def ask_who(self, now_ns: int) -> None:
        """Ask for HELLO, again and again until `answered_who`."""
        if self._hello_due_ns is None:
            self._hello_due_ns = now_ns

    def answered_who(self, sample_rate_hz: int, now_ns: int) -> None:
        """HELLO came and tells the rate in force; restore the wanted one."""
        self._hello_due_ns = None
        if self._wanted_rate_hz not in {None, sample_rate_hz} and self._rate_due_ns is None:
            self._rate_request_id = 0
            self._rate_tries = 0
            self._rate_due_ns = now_ns

    def due(self, now_ns: int) -> list[Command]:
        """Give the commands that are to be sent now.

        Raises
        ------
        DeviceError
            When a rate was asked for several times and never acknowledged.
        """
        commands: list[Command] = []
        if self._rate_due_ns is not None and now_ns >= self._rate_due_ns:
            commands.append(self._set_rate(now_ns))
        if self._hello_due_ns is not None and now_ns >= self._hello_due_ns:
            self._hello_due_ns = now_ns + HELLO_RETRY_NS
            commands.append(HelloRequest(REQUEST_ID))
        if now_ns >= self._status_due_ns:
            self._status_due_ns = now_ns + STATUS_NS
            commands.append(StatusRequest(self._next_request_id()))
        if now_ns >= self._ping_due_ns:
            commands.append(self._ping(now_ns))
        return commands

    def sent(self, command: Command, sent_ns: int) -> None:
        """Note the instant at which a command went out."""
        if isinstance(command, Ping):
            while len(self._sent_ns) >= PINGS_KEPT:
                self._sent_ns.pop(next(iter(self._sent_ns)))
            self._sent_ns[command.token] = sent_ns

    def answered(self, token: int) -> int | None:
        """Give when the ping of this token went out; None for a stray or second answer."""
        return self._sent_ns.pop(token, None)

    def acknowledged(self, ack: Ack) -> int | None:
        """Give the sample rate that is in force now when `ack` answers our SET_RATE.

        Raises
        ------
        DeviceError
            When the device refused the rate.
        """
        if ack.command != MessageType.SET_RATE or ack.request_id != self._rate_request_id:
            return None
        if ack.code != AckCode.DONE:
            raise DeviceError(
                f"mannequin on {self.name} refused {self._wanted_rate_hz} Hz "
                f"({refusal(ack.code)}): choose another sample rate"
            )
        self._rate_due_ns = None
        return ack.value

    def _ping(self, now_ns: int) -> Ping:
        self._pings_sent += 1
        fast = self._pings_sent < FAST_PINGS
        self._ping_due_ns = now_ns + (FAST_PING_NS if fast else PING_NS)
        self._token = (self._token + 1) & 0xFFFF
        return Ping(self._next_request_id(), self._token)

    def _set_rate(self, now_ns: int) -> SetRate:
        if self._rate_tries >= RATE_TRIES:
            raise DeviceError(
                f"mannequin on {self.name} does not answer SET_RATE: plug it in again"
            )
        assert self._wanted_rate_hz is not None
        self._rate_tries += 1
        self._rate_due_ns = now_ns + RATE_RETRY_NS
        if self._rate_request_id == 0:  # repetitions bear the same, so that a late answer counts
            self._rate_request_id = self._next_request_id()
        return SetRate(self._rate_request_id, self._wanted_rate_hz)

    def _next_request_id(self) -> int:
        """Number requests 2 … 255: 0 is nobody's, 1 is the handshake's."""
        self._request_id = self._request_id + 1 if self._request_id < 0xFF else 2
        return self._request_id
