"""Random bytes, damaged streams and random chunks for the Python decoder.

``python -m tests.firmware.fuzz_decoder --seconds N`` runs it for long; test_fuzz.py runs it
for a moment. What must hold: nothing is raised, chunks do not matter, counters add up to
the delimiters seen, and what comes out is a message that encodes to a frame that went in.
"""

from __future__ import annotations

import argparse
import random
import struct
import time
from collections.abc import Callable

from mr.wire import LAYOUTS, Decoder, Hello, Message, encode, frame


def some_message(rng: random.Random) -> bytes:
    cls, form = rng.choice(list(LAYOUTS.values()))
    return encode(cls._make(struct.unpack(form, rng.randbytes(struct.calcsize(form)))))


def some_wire(rng: random.Random) -> bytes:
    """Give a stretch of wire: a message, a frame of no message, or noise."""
    kind = rng.randrange(6)
    if kind < 3:
        return some_message(rng)
    if kind == 3:
        return frame(rng.randbytes(rng.randrange(1, 63)))
    if kind == 4:
        return rng.randbytes(rng.randrange(200))
    return bytes(rng.choice((0, 1, 2, 0xFF)) for _ in range(rng.randrange(200)))


def damaged(rng: random.Random, wire: bytes) -> bytes:
    at = rng.randrange(len(wire) + 1)
    other = rng.randrange(len(wire) + 1)
    return rng.choice(
        (
            wire,
            wire[:at] + bytes([rng.randrange(256)]) + wire[at + 1 :],
            wire[:at] + wire[at + 1 :],
            wire[:at] + rng.randbytes(1) + wire[at:],
            wire[:at],
            wire[:at] + wire[other:],
        )
    )


def some_stream(rng: random.Random) -> bytes:
    return b"".join(damaged(rng, some_wire(rng)) for _ in range(rng.randrange(1, 30)))


def chunks(rng: random.Random, stream: bytes) -> list[bytes]:
    size = rng.choice((1, 2, 7, 30, 300))
    cuts = sorted(rng.randrange(len(stream) + 1) for _ in range(len(stream) // size))
    return [stream[a:b] for a, b in zip((0, *cuts), (*cuts, len(stream)), strict=True)]


def check(stream: bytes, pieces: list[bytes], make: Callable[[], Decoder] = Decoder) -> int:
    """Decode a stream whole and in pieces, and check; gives the number of messages."""
    whole, by_pieces = make(), make()
    messages = whole.feed(stream)
    again: list[Message] = [m for piece in pieces for m in by_pieces.feed(piece)]
    assert again == messages
    seen, counted = whole.counters, by_pieces.counters
    assert seen == counted
    frames = [raw for raw in stream.split(b"\0")[:-1] if raw]
    assert seen.frames + seen.crc_errors + seen.framing_errors == len(frames)
    assert seen.frames == len(messages) + seen.unknown_messages
    sent = {raw + b"\0" for raw in frames}
    for message in messages:
        same_version = not isinstance(message, Hello) or message.board_name
        assert not same_version or encode(message) in sent
    return len(messages)


def check_stream(seed: int, k: int, make: Callable[[], Decoder] = Decoder) -> tuple[int, int]:
    """Check the k-th random stream of a seed; gives its bytes and messages."""
    rng = random.Random(f"{seed}/{k}")
    stream = some_stream(rng)
    try:
        return len(stream), check(stream, chunks(rng, stream), make)
    except Exception as error:
        error.add_note(f"seed {seed}, stream {k}: {stream.hex()}")
        raise


def fuzz(seconds: float, seed: int) -> str:
    """Check random streams for some time; the first that fails is raised. Gives the tally."""
    until = time.monotonic() + seconds
    streams = n_bytes = messages = 0
    while time.monotonic() < until:
        more_bytes, more_messages = check_stream(seed, streams)
        streams, n_bytes, messages = streams + 1, n_bytes + more_bytes, messages + more_messages
    return f"{streams} streams, {n_bytes} bytes, {messages} messages: nothing found"


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=600.0)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    print(fuzz(options.seconds, options.seed))
