"""One command, one answer: what a technician asks of a mannequin.

Takes a port (a path, or an object like an open port), gives answers, or a `DeviceError`
that says what to do; leaves streaming to `mr.devices.mannequin.source` and what the
blocks mean to `mr.wire` and `calibration_block`. Samples that stream by meanwhile are
passed over. A lost command or answer is asked for again; every command may be repeated,
and what is written counts only once it was read back.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from types import TracebackType
from typing import Self, TypeVar

from mr.clock.host import NowNs, host_now_ns
from mr.devices.mannequin.handshake import shake_hands
from mr.devices.mannequin.port import PORT_ERRORS, READ_MAX, PortLike, open_serial
from mr.errors import ConfigError, DeviceError
from mr.wire import (
    CHUNK_LENGTH,
    Ack,
    AckCode,
    Block,
    BlockId,
    Command,
    CommitBlock,
    Decoder,
    Hello,
    HelloRequest,
    Identify,
    Message,
    Ping,
    Pong,
    ReadBlock,
    SelfTest,
    SelfTestResult,
    SetRate,
    Status,
    StatusRequest,
    WriteBlock,
    Zero,
    ZeroBlock,
    block_crc,
    encode_command,
    name_bytes,
    name_text,
    refusal,
)

TRIES = 6
ANSWER_S = 0.5
"""How long an answer may take; beyond it the command or its answer was lost."""
WRITE_S = 0.6
"""32 bytes at 3.4 ms each on an AVR, with as much again for what is at work already."""
COMMIT_S = 1.5
ZERO_SAMPLES = 256
BUSY_S = 5.0
"""How long a device may say that it is busy."""
LISTEN_S = 0.0005
BUSY_PAUSE_S = 0.05
WRITE_ATTEMPTS = 2
UNNAMED = "UNNAMED"
"""The serial number of a board that was never named."""

Answer = TypeVar("Answer", Hello, Status, Ack, Pong, Block, SelfTestResult)
Progress = Callable[[float], None]
"""Is told the fraction that is done, 0 to 1."""

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


@dataclass(frozen=True, slots=True)
class PingTimes:
    """How long pings took there and back, in ns."""

    sent: int
    answered: int
    least_ns: int
    median_ns: int
    most_ns: int


def check_serial_number(text: str) -> str:
    """Give the name back when a mannequin can bear it, else raise `ConfigError`."""
    printable = text.isascii() and text.isprintable()
    if not 1 <= len(text) <= 16 or not printable or text != text.strip():
        raise ConfigError(
            f"{text!r} cannot be a mannequin's serial number: choose 1 to 16 ASCII letters, "
            "digits or signs, without a space at either end"
        )
    if text == UNNAMED:
        raise ConfigError(f"{UNNAMED} means that a mannequin has no name: choose another one")
    return text


class MannequinConsole:
    """A mannequin behind a port, for commands one at a time.

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
        self._name = port if isinstance(port, str) else "the simulated port"
        self._now = now
        self._sleep = sleep
        self._timeout_s = timeout_s
        self._port: PortLike | None = None
        self._hello: Hello | None = None
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
            self._hello, _ = shake_hands(port, self._name, self._decoder, self._timeout_s)
        except BaseException:
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
                    raise DeviceError(f"{self._name} does not close ({error})") from error

    # --- who it is and how it is -------------------------------------------------------

    @property
    def hello(self) -> Hello:
        """Who it is, as it said last."""
        if self._hello is None:
            raise DeviceError(f"mannequin on {self._name} was never open: open it first")
        return self._hello

    @property
    def serial_number(self) -> str:
        """Its name; `UNNAMED` when it has none."""
        return name_text(self.hello.serial_number)

    def greet(self) -> Hello:
        """Ask again who it is."""
        self._hello = self._ask(HelloRequest(self._next_id()), Hello, "say who it is")
        return self._hello

    def status(self) -> Status:
        """Ask for its counters."""
        return self._ask(StatusRequest(self._next_id()), Status, "tell its state")

    def identify(self, seconds: int) -> None:
        """Let its light blink for 0 … 255 s; 0 ends it."""
        if not 0 <= seconds <= 255:
            raise ConfigError(f"the light cannot blink for {seconds} s: choose 0 to 255")
        self._ask(Identify(self._next_id(), seconds), Ack, "blink")

    def set_rate(self, sample_rate_hz: int) -> int:
        """Ask for another sample rate; gives the one that is in force then."""
        hello = self.hello
        if not hello.sample_rate_min_hz <= sample_rate_hz <= hello.sample_rate_max_hz:
            raise ConfigError(
                f"mannequin {self.serial_number} cannot sample at {sample_rate_hz} Hz: choose "
                f"{hello.sample_rate_min_hz} to {hello.sample_rate_max_hz}"
            )
        what = f"sample at {sample_rate_hz} Hz"
        return self._ask(SetRate(self._next_id(), sample_rate_hz), Ack, what).value

    def ping(self, count: int = 20) -> PingTimes:
        """Send `count` pings, one after the other, none twice.

        Raises
        ------
        DeviceError
            When none is answered.
        """
        took_ns = []
        for token in range(count):
            start_ns = self._now()
            command = Ping(self._next_id(), token)
            if self._try(command, Pong, ANSWER_S) is not None:
                took_ns.append(self._now() - start_ns)
        if not took_ns:
            raise self._silent("answer a ping")
        took_ns.sort()
        return PingTimes(count, len(took_ns), took_ns[0], took_ns[len(took_ns) // 2], took_ns[-1])

    def self_test(self) -> SelfTestResult:
        """Ask it to look at itself."""
        return self._ask(SelfTest(self._next_id()), SelfTestResult, "test itself")

    # --- what it keeps -----------------------------------------------------------------

    def has(self, block: BlockId) -> bool:
        """Tell whether it keeps something valid there, as it said last."""
        return bool(self.hello.stored_blocks >> block & 1)

    def zero(self) -> ZeroBlock:
        """Let it average its unloaded sensors and keep the means; gives what it kept.

        Raises
        ------
        DeviceError
            When the chest moved; the old zero is then still kept.
        """
        wait_s = 2 * ZERO_SAMPLES / self.hello.sample_rate_hz + COMMIT_S
        self._ask(Zero(self._next_id()), Ack, "take its zero", wait_s)
        kept = self.read_zero()
        if kept is None:
            raise DeviceError(
                f"mannequin on {self._name} did not keep its zero: do it again; if that does "
                "not help, its memory is worn out and the board is to be replaced"
            )
        return kept

    def read_zero(self) -> ZeroBlock | None:
        """Read the zero that it keeps, or None when there is none."""
        content = self.read_block(BlockId.ZERO)
        try:
            return None if content is None else ZeroBlock.from_bytes(content)
        except ValueError as error:
            raise DeviceError(
                f"mannequin on {self._name}: {error}: store it again with `mrcpr mannequin zero`"
            ) from error

    def read_block(self, block: BlockId, progress: Progress | None = None) -> bytes | None:
        """Read a whole block, or give None when it holds nothing valid."""
        what = f"read its {block.name.lower()}"
        content, generation = b"", None
        while True:
            command = ReadBlock(self._next_id(), block, len(content))
            try:
                piece = self._ask(command, Block, what)
            except RefusedError as refused:
                if refused.code == AckCode.EMPTY:
                    return None
                raise
            if piece.generation != generation and content:
                content = b""  # another was put in force while we read: begin again
                generation = None
                continue
            generation = piece.generation
            content += piece.bytes[: piece.length - piece.offset]
            if progress is not None:
                progress(len(content) / piece.length)
            if len(content) >= piece.length:
                return content

    def write_block(self, block: BlockId, content: bytes, progress: Progress | None = None) -> None:
        """Write a whole block, put it in force, and read it back.

        Until the last step the old block is in force, whatever happens.

        Raises
        ------
        DeviceError
            When it is refused, or what is read back is not what was sent.
        """
        for _ in range(WRITE_ATTEMPTS):
            self._write_once(block, content, progress)
            if self.read_block(block) == content:
                return
        raise DeviceError(
            f"mannequin on {self._name} does not keep the {block.name.lower()} that it is given, "
            "so the old one is in force: do it again; if that does not help, its memory is worn "
            "out and the board is to be replaced"
        )

    def rename(self, serial_number: str, progress: Progress | None = None) -> Hello:
        """Give it another serial number; gives what it says of itself then."""
        name = name_bytes(check_serial_number(serial_number))
        self.write_block(BlockId.IDENTITY, name, progress)
        hello = self.greet()
        if hello.serial_number != name:
            raise DeviceError(
                f"mannequin on {self._name} keeps the name {serial_number}, but still says "
                f"{self.serial_number}: press its reset button"
            )
        return hello

    def _write_once(self, block: BlockId, content: bytes, progress: Progress | None) -> None:
        """Write and commit once; only reading back tells whether it was kept."""
        what = f"write its {block.name.lower()}"
        for offset in range(0, len(content), CHUNK_LENGTH):
            chunk = content[offset : offset + CHUNK_LENGTH]
            command = WriteBlock(
                self._next_id(), block, offset, len(chunk), chunk.ljust(CHUNK_LENGTH, b"\0")
            )
            self._ask(command, Ack, what, WRITE_S)
            if progress is not None:
                progress((offset + len(chunk)) / len(content))
        commit = CommitBlock(self._next_id(), block, len(content), block_crc(content))
        try:
            self._ask(commit, Ack, what, COMMIT_S)
        except RefusedError as refused:
            # Not kept; or kept at once, the answer lost, and asked again of the other slot.
            if refused.code != AckCode.BAD_CRC:
                raise

    # --- one command, one answer -------------------------------------------------------

    def _ask(
        self, command: Command, wanted: type[Answer], what: str, wait_s: float = ANSWER_S
    ) -> Answer:
        """Send a command until it is answered; BUSY is asked again for a while.

        Its repetitions bear the same request_id, so that a late answer counts, too.
        """
        busy_until_ns = self._now() + round(BUSY_S * 1e9)
        tries = 0
        while tries < TRIES:
            answer = self._try(command, wanted, wait_s)
            if isinstance(answer, Ack) and answer.code == AckCode.BUSY:
                if self._now() >= busy_until_ns:
                    raise RefusedError(self._name, what, answer.code)
                self._sleep(BUSY_PAUSE_S)
            elif isinstance(answer, Ack) and answer.code != AckCode.DONE:
                raise RefusedError(self._name, what, answer.code)
            elif isinstance(answer, wanted):
                return answer
            else:
                tries += 1
        raise self._silent(what)

    def _try(self, command: Command, wanted: type[Answer], wait_s: float) -> Answer | Ack | None:
        """Send a command once; None when no answer comes in time."""
        port = self._require_port()
        try:
            port.write(encode_command(command))
            until_ns = self._now() + round(wait_s * 1e9)
            while True:
                chunk = port.read(min(max(1, port.in_waiting), READ_MAX))
                for message in self._decoder.feed(chunk):
                    if _answers(message, command) and isinstance(message, (wanted, Ack)):
                        return message
                    self._notice(message)
                if self._now() >= until_ns:
                    return None
                if not chunk:
                    self._sleep(LISTEN_S)
        except PORT_ERRORS as error:
            raise DeviceError(
                f"mannequin on {self._name} is gone ({error}): check its cable; what it kept "
                "before, it keeps"
            ) from error

    def _notice(self, message: Message) -> None:
        """Refuse to go on when the device has restarted under our hands."""
        if isinstance(message, Hello) and message.request_id == 0:
            raise DeviceError(
                f"mannequin on {self._name} has restarted in the middle of this: check its "
                "cable and supply, and do it again"
            )

    def _silent(self, what: str) -> DeviceError:
        return DeviceError(
            f"mannequin on {self._name} does not answer when asked to {what}: press its reset "
            "button or plug it in again"
        )

    def _require_port(self) -> PortLike:
        if self._port is None:
            raise DeviceError(f"mannequin on {self._name} is not open: open it first")
        return self._port

    def _next_id(self) -> int:
        """Number requests 2 … 255: 0 is nobody's, 1 is the greeting's."""
        self._request_id = self._request_id + 1 if self._request_id < 0xFF else 2
        return self._request_id


def _answers(message: Message, command: Command) -> bool:
    return getattr(message, "request_id", 0) == command.request_id
