"""What decoding the mannequin's bytes costs, in chunks as they come.

Takes a number of frames, gives `Timing`s beside a plain loop over the bytes, which uses
the same decoders in C for each frame but no batch.
"""

from __future__ import annotations

import struct
from binascii import crc_hqx

from cobs import cobs

from mr.wire import LAYOUTS, Decoder, MessageType, encode
from mr.wire import Sample as WireSample
from tests.bench.stopwatch import Timing, contest

US = 1e6


def time_wire(n: int = 4000) -> list[Timing]:
    """Time the wire's decoder on chunks as they come, and a plain loop over the bytes."""
    wire = b"".join(
        encode(WireSample(k & 0xFFFF, 5000 * k, 300 + k % 400, 31, 27, 38, 22, 511, 0))
        for k in range(n)
    )

    def decode(chunk: int) -> None:
        decoder = Decoder()
        got = sum(len(decoder.feed(wire[i : i + chunk])) for i in range(0, len(wire), chunk))
        if got != n:
            raise RuntimeError(f"decoded {got} of {n} frames")

    def plain_loop() -> None:
        layout, got, raw = struct.Struct(LAYOUTS[MessageType.SAMPLE][1]), 0, bytearray()
        for byte in wire:
            if byte:
                raw.append(byte)
                continue
            content = cobs.decode(bytes(raw))
            raw.clear()
            if crc_hqx(content[:-2], 0xFFFF) == content[-2] | content[-1] << 8:
                got += WireSample._make(layout.unpack_from(content, 1)) is not None
        if got != n:
            raise RuntimeError(f"decoded {got} of {n} frames")

    return [
        contest(
            f"wire decode, chunks of {chunk} bytes",
            "µs a frame",
            lambda chunk=chunk: decode(chunk),
            "a plain loop over the bytes",
            plain_loop,
            per=US / n,
        )
        for chunk in (64, 4096)
    ]
