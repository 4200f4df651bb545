"""A mannequin's byte stream, and the ways in which cables and drivers damage one."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import numpy.typing as npt
from cobs import cobs

from mr.clock.host import SteppedClock
from mr.devices.mannequin import MannequinSource
from mr.sim.firmware import ADC_BITS, TICK_RATE_HZ
from mr.types import MannequinFrame
from mr.wire import PROTOCOL_VERSION, Hello, MessageType, Sample, encode, name_bytes

Bytes = npt.NDArray[np.uint8]
Fault = Callable[[bytearray, int, np.random.Generator], None]

HELLO = Hello._make([0] * len(Hello._fields))._replace(
    request_id=1,
    protocol_version=PROTOCOL_VERSION,
    adc_bits=ADC_BITS,
    tick_rate_hz=TICK_RATE_HZ,
    sample_rate_hz=200,
    sample_rate_min_hz=100,
    sample_rate_max_hz=500,
    serial_number=name_bytes("TEST"),
    board_name=name_bytes("test"),
)
PERIOD_TICKS = 5000
NS_PER_FRAME = 5_000_000
POLL_FRAMES = 20
START_TICKS = 2**32 - 10_000_000
START_SEQ = 60_000


def make_samples(n: int, seed: int = 0) -> list[Sample]:
    """Make `n` samples at 200 Hz whose counts walk at random; both counters wrap."""
    rng = np.random.default_rng(seed)
    counts = np.abs(np.cumsum(rng.integers(-9, 10, (n, 5)), axis=0) + 500) % (1 << ADC_BITS)
    airway = rng.integers(-400, 400, n)
    jitter = rng.integers(-4, 5, n)
    return [
        Sample(
            (START_SEQ + k) % 2**16,
            (START_TICKS + k * PERIOD_TICKS + int(jitter[k])) % 2**32,
            *counts[k].tolist(),
            int(airway[k]),
            0,
        )
        for k in range(n)
    ]


class FedPort:
    """A port that gives what it was fed, so much at a time; it answers one HELLO_REQUEST."""

    def __init__(self, fed: bytes, chunk: int) -> None:
        self._rest = memoryview(fed)
        self._chunk = chunk
        self._hello = encode(HELLO)
        self._readable = b""

    def next_chunk(self) -> bool:
        """Let the next bytes arrive; False when there are no more."""
        self._readable += bytes(self._rest[: self._chunk])
        self._rest = self._rest[self._chunk :]
        return bool(self._readable)

    @property
    def in_waiting(self) -> int:
        return len(self._readable)

    def read(self, size: int = 1, /) -> bytes:
        chunk, self._readable = self._readable[:size], self._readable[size:]
        return chunk

    def write(self, data: bytes, /) -> int | None:
        if MessageType.HELLO_REQUEST in data:
            self._readable += self._hello
            self._hello = b""
        return len(data)

    def close(self) -> None:
        self._readable = b""


def received(fed: bytes, n_frames: int) -> tuple[list[MannequinFrame], MannequinSource]:
    """Read a whole stream that took `n_frames` periods, 20 at a time; give what was believed."""
    clock = SteppedClock()
    port = FedPort(fed, len(fed) * POLL_FRAMES // n_frames + 1)
    source = MannequinSource(port, clock)
    frames: list[MannequinFrame] = []
    with source:
        while port.next_chunk():
            clock.advance(POLL_FRAMES * NS_PER_FRAME)
            frames += [s for s in source.poll() if isinstance(s, MannequinFrame)]
    return frames, source


def wrong(frames: Sequence[MannequinFrame], samples: Sequence[Sample]) -> list[MannequinFrame]:
    """Give the frames that are not what was sent under their sequence number."""
    first_ticks = samples[0].sampled_ticks

    def is_wrong(frame: MannequinFrame) -> bool:
        k = frame.arrival.seq - 1
        if not 0 <= k < len(samples):
            return True
        sent = samples[k]
        ticks = first_ticks + (sent.sampled_ticks - first_ticks) % 2**32
        counts = (frame.chest_counts, *frame.force_counts, frame.airway_counts, frame.overflow)
        return counts != sent[2:] or frame.arrival.device_ticks != ticks

    return [frame for frame in frames if is_wrong(frame)]


# --- faults: each changes `wire` at `at` ----------------------------------------------


def drop(wire: bytearray, at: int, _rng: np.random.Generator) -> None:
    del wire[at]


def duplicate(wire: bytearray, at: int, _rng: np.random.Generator) -> None:
    wire.insert(at, wire[at])


def flip(wire: bytearray, at: int, rng: np.random.Generator) -> None:
    wire[at] ^= int(rng.integers(1, 256))


def garbage(wire: bytearray, at: int, rng: np.random.Generator) -> None:
    wire[at:at] = rng.bytes(int(rng.integers(1, 40)))


def zeros(wire: bytearray, at: int, rng: np.random.Generator) -> None:
    wire[at:at] = bytes(int(rng.integers(1, 40)))


def truncate(wire: bytearray, at: int, _rng: np.random.Generator) -> None:
    """Lose the rest of the frame, its delimiter too."""
    del wire[at : wire.index(0, at) + 1]


def damaged(
    pieces: Sequence[bytes], fault: Fault, every: int, rng: np.random.Generator
) -> tuple[bytes, int]:
    """Let one event befall a random byte of one frame in `every`; give how many there were."""
    out: list[bytes] = []
    n = 0
    for k, piece in enumerate(pieces):
        if k % every != every // 2 or k + every > len(pieces):
            out.append(piece)
            continue
        wire = bytearray(piece)
        fault(wire, int(rng.integers(len(wire))), rng)
        out.append(bytes(wire))
        n += 1
    return b"".join(out), n


# --- heavily corrupted frames, many at once --------------------------------------------


def bursts(frames: Bytes, rng: np.random.Generator) -> list[bytes]:
    """Overwrite three bytes in a row or more at random."""
    n, length = frames.shape
    first = rng.integers(0, length, n)[:, None]
    run = rng.integers(3, length + 1, n)[:, None]
    column = np.arange(length)[None, :]
    noise = rng.integers(1, 256, frames.shape, dtype=np.uint8)
    return _rows(np.where((column >= first) & (column < first + run), noise, frames))


def flips(frames: Bytes, rng: np.random.Generator) -> list[bytes]:
    """Flip about one bit in twelve, anywhere."""
    bits = rng.random((*frames.shape, 8)) < 1 / 12
    return _rows(frames ^ np.packbits(bits, axis=2)[:, :, 0])


def inner_bursts(frames: Bytes, rng: np.random.Generator) -> list[bytes]:
    """Overwrite what is in the frames, so that each is good COBS: only its CRC can tell."""
    plain = [cobs.decode(row) for row in _rows(frames)]
    inner = np.frombuffer(b"".join(plain), np.uint8).reshape(len(frames), -1)
    return [cobs.encode(row) for row in bursts(inner, rng)]


def splices(frames: Bytes, rng: np.random.Generator) -> list[bytes]:
    """Lose the bytes from within one frame to within another one soon after it."""
    n, length = frames.shape
    rows = _rows(frames)
    cuts = rng.integers(1, length, (n, 2)).tolist()
    other = np.minimum(np.arange(n) + rng.integers(1, 200, n), n - 1).tolist()
    return [
        rows[k][:a] + rows[m][b:] for k, (m, (a, b)) in enumerate(zip(other, cuts, strict=True))
    ]


def _rows(frames: Bytes) -> list[bytes]:
    whole, length = frames.tobytes(), frames.shape[1]
    return [whole[at : at + length] for at in range(0, len(whole), length)]
