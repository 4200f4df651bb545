"""What a technician asks of a mannequin: who it is, how it is, what it keeps.

Takes a port, gives answers; leaves asking to `mr.devices.mannequin.asking`, streaming to
`mr.devices.mannequin.source`, and what the blocks mean to `mr.wire` and
`calibration_block`. Every command may be repeated, and what is written counts only once
it was read back.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from mr.devices.mannequin.asking import ANSWER_S, Asking, RefusedError
from mr.errors import ConfigError, DeviceError
from mr.wire import (
    CHUNK_LENGTH,
    UNNAMED,
    Ack,
    AckCode,
    Block,
    BlockId,
    CommitBlock,
    Hello,
    HelloRequest,
    Identify,
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
    name_bytes,
    name_text,
)

WRITE_S = 0.6
"""32 bytes at 3.4 ms each on an AVR, with as much again for what is at work already."""
COMMIT_S = 1.5
ZERO_SAMPLES = 256
WRITE_ATTEMPTS = 2

Progress = Callable[[float], None]
"""Is told the fraction that is done, 0 to 1."""


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


class MannequinConsole(Asking):
    """A mannequin behind a port, for commands one at a time; see `Asking`."""

    # --- who it is and how it is -------------------------------------------------------

    @property
    def hello(self) -> Hello:
        """Who it is, as it said last."""
        if self.answered is None:
            raise DeviceError(f"mannequin on {self.name} was never open: open it first")
        return self.answered

    @property
    def serial_number(self) -> str:
        """Its name; `UNNAMED` when it has none."""
        return name_text(self.hello.serial_number)

    def greet(self) -> Hello:
        """Ask again who it is."""
        self.answered = self.ask(HelloRequest(self.next_id()), Hello, "say who it is")
        return self.answered

    def status(self) -> Status:
        """Ask for its counters."""
        return self.ask(StatusRequest(self.next_id()), Status, "tell its state")

    def identify(self, seconds: int) -> None:
        """Let its light blink for 0 … 255 s; 0 ends it."""
        if not 0 <= seconds <= 255:
            raise ConfigError(f"the light cannot blink for {seconds} s: choose 0 to 255")
        self.ask(Identify(self.next_id(), seconds), Ack, "blink")

    def set_rate(self, sample_rate_hz: int) -> int:
        """Ask for another sample rate; gives the one that is in force then."""
        hello = self.hello
        if not hello.sample_rate_min_hz <= sample_rate_hz <= hello.sample_rate_max_hz:
            raise ConfigError(
                f"mannequin {self.serial_number} cannot sample at {sample_rate_hz} Hz: choose "
                f"{hello.sample_rate_min_hz} to {hello.sample_rate_max_hz}"
            )
        what = f"sample at {sample_rate_hz} Hz"
        return self.ask(SetRate(self.next_id(), sample_rate_hz), Ack, what).value

    def ping(self, count: int = 20) -> PingTimes:
        """Send `count` pings, one after the other, none twice.

        Raises
        ------
        DeviceError
            When none is answered.
        """
        took_ns = []
        for token in range(count):
            start_ns = self.now()
            command = Ping(self.next_id(), token)
            if self.try_once(command, Pong, ANSWER_S) is not None:
                took_ns.append(self.now() - start_ns)
        if not took_ns:
            raise self.silent("answer a ping")
        took_ns.sort()
        return PingTimes(count, len(took_ns), took_ns[0], took_ns[len(took_ns) // 2], took_ns[-1])

    def self_test(self) -> SelfTestResult:
        """Ask it to look at itself."""
        return self.ask(SelfTest(self.next_id()), SelfTestResult, "test itself")

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
        self.ask(Zero(self.next_id()), Ack, "take its zero", wait_s)
        kept = self.read_zero()
        if kept is None:
            raise DeviceError(
                f"mannequin on {self.name} did not keep its zero: do it again; if that does "
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
                f"mannequin on {self.name}: {error}: store it again with `mrcpr mannequin zero`"
            ) from error

    def read_block(self, block: BlockId, progress: Progress | None = None) -> bytes | None:
        """Read a whole block, or give None when it holds nothing valid."""
        what = f"read its {block.name.lower()}"
        content, generation = b"", None
        while True:
            command = ReadBlock(self.next_id(), block, len(content))
            try:
                piece = self.ask(command, Block, what)
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
            f"mannequin on {self.name} does not keep the {block.name.lower()} that it is given, "
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
                f"mannequin on {self.name} keeps the name {serial_number}, but still says "
                f"{self.serial_number}: press its reset button"
            )
        return hello

    def _write_once(self, block: BlockId, content: bytes, progress: Progress | None) -> None:
        """Write and commit once; only reading back tells whether it was kept."""
        what = f"write its {block.name.lower()}"
        for offset in range(0, len(content), CHUNK_LENGTH):
            chunk = content[offset : offset + CHUNK_LENGTH]
            command = WriteBlock(
                self.next_id(), block, offset, len(chunk), chunk.ljust(CHUNK_LENGTH, b"\0")
            )
            self.ask(command, Ack, what, WRITE_S)
            if progress is not None:
                progress((offset + len(chunk)) / len(content))
        commit = CommitBlock(self.next_id(), block, len(content), block_crc(content))
        try:
            self.ask(commit, Ack, what, COMMIT_S)
        except RefusedError as refused:
            # Not kept; or kept at once, the answer lost, and asked again of the other slot.
            if refused.code != AckCode.BAD_CRC:
                raise
