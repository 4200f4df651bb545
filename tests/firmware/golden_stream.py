"""A few seconds of what the real firmware sends, kept for hosts without the emulator.

``golden_stream.bin`` has the bytes, ``golden_stream.json`` what they mean. Both are made
anew, when the firmware is meant to say something else, with

    python -m tests.firmware.golden_stream

and go into the same commit as the firmware's change.
"""

from __future__ import annotations

import json
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from mr.wire import (
    BlockId,
    CommitBlock,
    Decoder,
    HelloRequest,
    Identify,
    Message,
    Ping,
    ReadBlock,
    Sample,
    SelfTest,
    SetRate,
    StatusRequest,
    WriteBlock,
    Zero,
    block_crc,
    encode_command,
    frame,
    name_bytes,
)
from tests.firmware.avr_board import Lockstep, build_elf, build_runner

HERE = Path(__file__).parent
BYTES_PATH = HERE / "golden_stream.bin"
MEANING_PATH = HERE / "golden_stream.json"
END_US = 3_500_000.0
NAME = name_bytes("GOLDEN-1")
UNKNOWN_COMMAND = b"\0" + frame(b"\xee\x0f")

SCRIPT: tuple[tuple[float, bytes], ...] = (
    (100_000.0, encode_command(HelloRequest(1))),
    *((150_000.0 + 50_000.0 * k, encode_command(Ping(2 + k, 1000 + k))) for k in range(5)),
    (450_000.0, encode_command(StatusRequest(7))),
    (500_000.0, encode_command(WriteBlock(8, BlockId.IDENTITY, 0, 16, NAME.ljust(32, b"\0")))),
    (505_000.0, encode_command(ReadBlock(22, BlockId.IDENTITY, 0))),
    (700_000.0, encode_command(CommitBlock(9, BlockId.IDENTITY, 16, block_crc(NAME)))),
    (800_000.0, encode_command(HelloRequest(10))),
    (850_000.0, encode_command(ReadBlock(11, BlockId.IDENTITY, 0))),
    (900_000.0, encode_command(ReadBlock(12, BlockId.CALIBRATION, 0))),
    (950_000.0, encode_command(SelfTest(13))),
    (1_000_000.0, encode_command(Identify(14, 1))),
    (1_050_000.0, UNKNOWN_COMMAND),
    (1_100_000.0, encode_command(Ping(16, 1))[:-2] + b"\x7f\0"),
    (1_150_000.0, encode_command(Zero(17))),
    (1_200_000.0, encode_command(Zero(18))),
    (2_700_000.0, encode_command(SetRate(19, 90))),
    (2_750_000.0, encode_command(SetRate(20, 250))),
    (3_400_000.0, encode_command(StatusRequest(21))),
)
"""Commands and when their first bit begins (µs): each kind, some refused, one damaged."""


def record(runner: Path, elf: Path) -> bytes:
    """Run the script through the real firmware and give what it sends."""
    with Lockstep(runner, elf) as board:
        for t_us, command in SCRIPT:
            board.send_at(t_us, command)
        sent: bytes = board.bytes_to(END_US)
    return sent[: sent.rindex(b"\0") + 1]


def decode(sent: bytes) -> tuple[list[Message], int]:
    """Give the messages and the number of damaged frames."""
    decoder = Decoder()
    messages = decoder.feed(sent)
    counters = decoder.counters
    return messages, counters.crc_errors + counters.framing_errors + counters.unknown_messages


def plain(message: Message) -> list[Any]:
    """Write a message as JSON has it: its kind and its fields, bytes as hex."""
    fields = [v.hex() if isinstance(v, bytes) else v for v in message]
    return [type(message).__name__, *fields]


def meaning(messages: Sequence[Message]) -> dict[str, Any]:
    """Say what a stream means: every answer in full, the samples by their sums."""
    samples = [m for m in messages if isinstance(m, Sample)]
    return {
        "answers": [plain(m) for m in messages if not isinstance(m, Sample)],
        "n_samples": len(samples),
        "first_sample": plain(samples[0]),
        "last_sample": plain(samples[-1]),
        "sums": dict(zip(Sample._fields, map(sum, zip(*samples, strict=True)), strict=True)),
    }


def as_text(what: dict[str, Any]) -> str:
    """Write a meaning with a line for each answer, so that differences can be read."""
    answers = ",\n".join("  " + json.dumps(answer) for answer in what["answers"])
    rest = {k: v for k, v in what.items() if k != "answers"}
    others = ",\n".join(f" {json.dumps(k)}: {json.dumps(v)}" for k, v in rest.items())
    return f'{{\n "answers": [\n{answers}\n ],\n{others}\n}}\n'


def main() -> None:
    """Make both files anew."""
    with tempfile.TemporaryDirectory() as folder:
        sent = record(build_runner(Path(folder) / "rig"), build_elf(Path(folder) / "firmware"))
    messages, damaged = decode(sent)
    if damaged:
        raise SystemExit(f"{damaged} frames of the firmware cannot be read: nothing was written")
    BYTES_PATH.write_bytes(sent)
    MEANING_PATH.write_text(as_text(meaning(messages)), encoding="ascii")
    print(f"{len(sent)} bytes, {len(messages)} messages; review the difference before you commit")


if __name__ == "__main__":
    main()
