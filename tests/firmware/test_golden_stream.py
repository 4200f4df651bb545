"""The recorded stream of the real firmware: read here, and still what the firmware sends."""

from __future__ import annotations

import json
import random
from itertools import pairwise
from pathlib import Path
from typing import Any

from mr.wire import Decoder, Message, Sample
from tests.firmware import golden_stream
from tests.firmware.golden_stream import BYTES_PATH, MEANING_PATH, decode, meaning, plain

TICKS = 200
"""Another compiler may move an instant by so many ticks (µs),"""
COUNTS = 2
"""a count by what the chest moves meanwhile,"""
STACK_BYTES = 64
"""and need more or less of the stack."""
CURE = "if that is meant: python -m tests.firmware.golden_stream"


def golden() -> bytes:
    return BYTES_PATH.read_bytes()


def kept_meaning() -> dict[str, Any]:
    return dict(json.loads(MEANING_PATH.read_text(encoding="ascii")))


def test_the_golden_stream_reads_as_it_was_recorded() -> None:
    messages, damaged = decode(golden())
    assert damaged == 0
    assert meaning(messages) == kept_meaning()
    samples = [m for m in messages if isinstance(m, Sample)]
    assert all((b.seq - a.seq) % 65536 == 1 for a, b in pairwise(samples))
    kinds = {type(m).__name__ for m in messages}
    assert kinds == {"Hello", "Sample", "Pong", "Status", "Ack", "Block", "SelfTestResult"}


def test_it_reads_the_same_however_it_is_cut() -> None:
    rng = random.Random(3)
    data, decoder = golden(), Decoder()
    messages: list[Message] = []
    while data:
        n = rng.randrange(1, 200)
        messages += decoder.feed(data[:n])
        data = data[n:]
    assert meaning(messages) == kept_meaning()


def test_a_flipped_bit_is_seen() -> None:
    rng = random.Random(4)
    for _ in range(50):
        data = bytearray(golden())
        data[rng.randrange(len(data) - 1)] ^= 1 << rng.randrange(8)
        messages, damaged = decode(bytes(data))
        assert damaged >= 1
        assert meaning(messages) != kept_meaning()


def slack(kind: str, field: str) -> int:
    """Tell by how much a field may differ between two compilers."""
    if field.endswith("_ticks"):
        return TICKS
    if field == "stack_free_bytes":
        return STACK_BYTES
    return COUNTS if kind in ("Sample", "SelfTestResult") and field.endswith("_counts") else 0


def differences(now: list[Message], then: list[Message]) -> list[str]:
    found = []
    for a, b in zip(now, then, strict=False):
        kind = type(a).__name__
        if type(a) is not type(b):
            found.append(f"{plain(a)} was {plain(b)}")
            continue
        for field, x, y in zip(a._fields, a, b, strict=True):
            if x != y and not (isinstance(x, int) and abs(x - y) <= slack(kind, field)):
                found.append(f"{kind}.{field} is {x!r}, was {y!r}")
    if len(now) != len(then):
        found.append(f"{len(now)} messages, were {len(then)}")
    return found


def split(messages: list[Message]) -> tuple[list[Message], list[Message]]:
    """Samples and answers apart: which comes first may change by microseconds."""
    samples = [m for m in messages if isinstance(m, Sample)]
    return samples, [m for m in messages if not isinstance(m, Sample)]


def test_the_firmware_still_sends_it(avr_runner: Path, avr_elf: Path) -> None:
    now, damaged = decode(golden_stream.record(avr_runner, avr_elf))
    then, _ = decode(golden())
    assert damaged == 0
    for a, b in zip(split(now), split(then), strict=True):
        assert not differences(a, b), CURE

    samples, answers = split(then)
    other = [samples[0]._replace(chest_counts=samples[0][2] + COUNTS + 1), *samples[1:]]
    assert differences(other, samples)
    assert differences(answers[1:], answers)
