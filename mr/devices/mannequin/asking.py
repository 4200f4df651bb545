"""One command, one answer.

Takes a port (a path, or an object like an open port) and commands, gives their answers,
or a `DeviceError` that says what to do; leaves what to ask to
`mr.devices.mannequin.console`. Samples that stream by meanwhile are passed over. A lost
command or answer is asked for again.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import suppress
from types import TracebackType
from typing import Self, TypeVar

from mr.clock.host import NowNs, host_now_ns
from mr.devices.mannequin.handshake import shake_hands
from mr.devices.mannequin.port import PORT_ERRORS, READ_MAX, PortLike, open_serial
from mr.errors import DeviceError
from mr.wire import (
    Ack,
    AckCode,
    Block,
    Command,
    Decoder,
    Hello,
    Message,
    Pong,
    SelfTestResult,
    Status,
    encode_command,
    refusal,
)

TRIES = 6
ANSWER_S = 0.5
"""How long an answer may take; beyond it the command or its answer was lost."""
BUSY_S = 5.0
"""How long a device may say that it is busy."""
LISTEN_S = 0.0005
BUSY_PAUSE_S = 0.05

Answer = TypeVar("Answer", Hello, Status, Ack, Pong, Block, SelfTestResult)

_CURES = {
    AckCode.UNKNOWN_COMMAND: "flash the firmware that came with this program",
    AckCode.BAD_LENGTH: "flash the firmware that came with this program",
    AckCode.OUT_OF_RANGE: "choose another value",
    AckCode.BUSY: "wait until what it is writing is done, and try again",
    AckCode.EMPTY: "store it first",
    AckCode.BAD_CRC: "do it again",
    AckCode.NOT_STILL: "take all hands off the chest, wait until it rests, and do it again",
}


class RefusedError(DeviceError):
    """The device understood a command and will not do it."""

    def __init__(self, name: str, what: str, code: int) -> None:
        self.code = code
        try:
            cure = _CURES[AckCode(code)]
        except (ValueError, KeyError):
            cure = "flash the firmware that came with this program"
        super().__init__(f"mannequin on {name} refused to {what} ({refusal(code)}): {cure}")


class Asking:
    """A mannequin behind a port that is asked one thing at a time.

    Parameters
    ----------
    port
        Path of the port, or an object like an open port.
    now, sleep
        The clock that time limits run on, and how to wait on it, in s.
    timeout_s
        How long the greeting waits for an answer.
    """

    def __init__(
        self,
        port: str | PortLike,
        now: NowNs = host_now_ns,
        sleep: Callable[[float], None] = time.sleep,
        timeout_s: float = 5.0,
    ) -> None:
        self._given = port
        self.name = port if isinstance(port, str) else "the simulated port"
        self.now = now
        self._sleep = sleep
        self._timeout_s = timeout_s
        self._port: PortLike | None = None
        self.answered: Hello | None = None
        """Who it is, as it said last."""
        self._decoder = Decoder()
        self._request_id = 1

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
        try:
            self.answered, _ = shake_hands(port, self.name, self._decoder, self._timeout_s)
        except BaseException:
            with suppress(*PORT_ERRORS):
                port.close()
            raise
        self._port = port
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        tb: TracebackType | None,
    ) -> None:
        port, self._port = self._port, None
        if port is not None:
            try:
                port.close()
            except PORT_ERRORS as error:
                if exc is None:
                    raise DeviceError(f"{self.name} does not close ({error})") from error

    def ask(
        self, command: Command, wanted: type[Answer], what: str, wait_s: float = ANSWER_S
    ) -> Answer:
        """Send a command until it is answered; BUSY is asked again for a while.

        Its repetitions bear the same request_id, so that a late answer counts, too.
        """
        busy_until_ns = self.now() + round(BUSY_S * 1e9)
        tries = 0
        while tries < TRIES:
            answer = self.try_once(command, wanted, wait_s)
            if isinstance(answer, Ack) and answer.code == AckCode.BUSY:
                if self.now() >= busy_until_ns:
                    raise RefusedError(self.name, what, answer.code)
                self._sleep(BUSY_PAUSE_S)
            elif isinstance(answer, Ack) and answer.code != AckCode.DONE:
                raise RefusedError(self.name, what, answer.code)
            elif isinstance(answer, wanted):
                return answer
            else:
                tries += 1
        raise self.silent(what)

    def try_once(
        self, command: Command, wanted: type[Answer], wait_s: float
    ) -> Answer | Ack | None:
        """Send a command once; None when no answer comes in time."""
        port = self._require_port()
        try:
            port.write(encode_command(command))
            until_ns = self.now() + round(wait_s * 1e9)
            while True:
                chunk = port.read(min(max(1, port.in_waiting), READ_MAX))
                for message in self._decoder.feed(chunk):
                    if _answers(message, command) and isinstance(message, (wanted, Ack)):
                        return message
                    self._notice(message)
                if self.now() >= until_ns:
                    return None
                if not chunk:
                    self._sleep(LISTEN_S)
        except PORT_ERRORS as error:
            raise DeviceError(
                f"mannequin on {self.name} is gone ({error}): check its cable; what it kept "
                "before, it keeps"
            ) from error

    def _notice(self, message: Message) -> None:
        """Refuse to go on when the device has restarted under our hands."""
        if isinstance(message, Hello) and message.request_id == 0:
            raise DeviceError(
                f"mannequin on {self.name} has restarted in the middle of this: check its "
                "cable and supply, and do it again"
            )

    def silent(self, what: str) -> DeviceError:
        """Make the error of a device that does not answer."""
        return DeviceError(
            f"mannequin on {self.name} does not answer when asked to {what}: press its reset "
            "button or plug it in again"
        )

    def _require_port(self) -> PortLike:
        if self._port is None:
            raise DeviceError(f"mannequin on {self.name} is not open: open it first")
        return self._port

    def next_id(self) -> int:
        """Number requests 2 … 255: 0 is nobody's, 1 is the greeting's."""
        self._request_id = self._request_id + 1 if self._request_id < 0xFF else 2
        return self._request_id


def _answers(message: Message, command: Command) -> bool:
    return getattr(message, "request_id", 0) == command.request_id
