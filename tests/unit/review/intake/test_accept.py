"""What comes in: a real recording, and every kind of hostile file made of it."""

from __future__ import annotations

import base64
import hashlib
import json
import struct
import subprocess
import sys
import zlib
from pathlib import Path
from typing import Any

import pytest
import zstandard

from mr.clock.host import SteppedClock
from mr.errors import RecordingError
from mr.recording.layouts import CODECS
from mr.recording.reader import open_recording
from mr.recording.writer import RecordingWriter
from mr.review.intake.accept import MAX_HEAD_BYTES, MAX_HEADS, Limits, accept
from mr.types import Arrival, MannequinFrame, SessionEvent
from tests.conftest import ROOT
from tests.unit.recording.conftest import a_header, a_rig
from tests.unit.review.intake import hostile as h

HARM = "made to do harm"
ORDINARY = Limits()


def frames(n: int) -> list[MannequinFrame]:
    return [
        MannequinFrame(Arrival("mq", k, 5000 * k, 10**9 + 5_000_000 * k), k, (1, 2, 3, k), 0, 0)
        for k in range(n)
    ]


@pytest.fixture
def real(tmp_path: Path) -> Path:
    """Give a recording of seven seconds, flushed each second."""
    clock = SteppedClock()
    with RecordingWriter(tmp_path / "a.mcap", a_header(), a_rig(), now=clock) as writer:
        writer.write(SessionEvent(10**9, "open"))
        for frame in frames(1500):
            writer.write(frame)
            clock.advance(5_000_000)
        writer.write(SessionEvent(9 * 10**9, "note", "what; the, «text»\n"))
    return tmp_path / "a.mcap"


@pytest.fixture
def made(real: Path) -> h.Made:
    return h.Made(h.taken_apart(real.read_bytes()))


def refused(path: Path, data: bytes, limits: Limits = ORDINARY) -> str:
    path.write_bytes(data)
    with pytest.raises(RecordingError) as error:
        accept(path, limits)
    words = str(error.value)
    assert words.startswith(f"{path.name}: ") and str(path.parent) not in words
    assert words.isprintable(), repr(words)
    return words


def test_a_real_recording_is_accepted_with_its_facts(real: Path) -> None:
    found, recording = accept(real), open_recording(real)
    assert found.recording_id == recording.header.recording_id
    assert found.learner_id == recording.header.session.learner_id
    assert found.sha256 == hashlib.sha256(real.read_bytes()).hexdigest()
    assert found.size_bytes == real.stat().st_size < found.unpacked_bytes
    assert found.why_incomplete == "" and found.kind == "sim" and found.rig_name == "bench"
    assert found.n_messages > 150 and found.made_utc.tzinfo is not None


def test_taken_apart_and_put_together_it_is_the_same(real: Path, made: h.Made) -> None:
    """Control of the forge itself: what it makes is refused for what was changed only."""
    assert h.put_together(made.parts) == real.read_bytes()
    for data in (
        made.with_head(lambda head: None),
        made.swapped(h.ATTACHMENT, h.attachment(made.rig())),
        made.with_chunk(h.message(999, b"of no channel")),
    ):
        real.write_bytes(data)
        assert accept(real).why_incomplete == ""


def test_a_cut_one_is_accepted_and_says_so(real: Path) -> None:
    data = real.read_bytes()
    whole = accept(real)
    for share in (0.5, 0.8, 0.99):
        real.write_bytes(data[: int(share * len(data))])
        found = accept(real)
        assert "cut" in found.why_incomplete or "ends after" in found.why_incomplete
        assert found.recording_id == whole.recording_id
        assert 0 < found.n_messages <= whole.n_messages
    assert "nothing can be recovered" in refused(real, data[:2000])


def test_a_damaged_one_is_refused(real: Path, made: h.Made) -> None:
    chunks = [k for k, p in enumerate(made.parts) if p.opcode == h.CHUNK]
    for k in (chunks[0], chunks[-1]):
        parts = list(made.parts)
        parts[k] = h.hurt(parts[k], len(parts[k].body) - 5)
        assert "damaged" in refused(real, h.put_together(parts))
    rig = next(k for k, p in enumerate(made.parts) if p.opcode == h.ATTACHMENT)
    parts = list(made.parts)
    parts[rig] = h.hurt(parts[rig], 200)
    assert "damaged" in refused(real, h.put_together(parts))
    # A length that lies, in a file that has its end: not cut, damaged.
    data = bytearray(h.put_together(made.parts))
    at = data.index(h.FRAME.pack(h.CHUNK, len(made.parts[chunks[-1]].body)))
    data[at + 6] = 1
    assert "send it again" in refused(real, bytes(data))


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "empty"),
        (b"PK\x03\x04 a zip", "not a recording"),
        (b"\x89MCAP0\r\n", "cut before its head"),
        (
            h.put_together([h.Part(1, h.text("") * 2), h.Part(h.FOOTER, bytes(20))]),
            "another program",
        ),
        (h.put_together([h.metadata("mrcpr.recording/2", header="{}")]), "newer mrcpr"),
        (h.put_together([h.metadata("mrcpr.recording/7\x1b[2J", header="{}")]), "newer mrcpr"),
    ],
)
def test_what_is_no_recording_of_ours(tmp_path: Path, data: bytes, words: str) -> None:
    assert words in refused(tmp_path / "a.mcap", data)


def test_an_oversized_file_is_not_read(real: Path) -> None:
    assert "administrator" in refused(real, real.read_bytes(), Limits(file_bytes=1000))


def bombs(made: h.Made) -> dict[str, bytes]:
    zeros = zstandard.compress(bytes(500 << 20))
    unsaid = zstandard.ZstdCompressor(write_content_size=False).compress(bytes(200 << 20))
    some = bytes(60 << 20)
    packed = zstandard.compress(some)
    return {
        "honest about its size": made.with_chunk(b"", packed=zeros, told=500 << 20, crc=0),
        "says less": made.with_chunk(b"", packed=zeros, told=1000, crc=0),
        "says nothing": made.with_chunk(b"", packed=unsaid, told=1000, crc=0),
        "says an absurd size": made.with_chunk(b"", told=1 << 62, crc=0),
        "many that fit": made.swapped(
            h.CHUNK, *[h.chunk(some, packed=packed, crc=0) for _ in range(40)]
        ),
    }


def test_a_bomb_is_not_unpacked(real: Path, made: h.Made) -> None:
    for name, data in bombs(made).items():
        words = refused(real, data)
        assert HARM in words or "damaged" in words, (name, words)


def test_absurd_lengths_and_counts(real: Path, made: h.Made) -> None:
    naming = h.channel(7, 0, "t" * (2 << 20))
    for data in (
        made.with_chunk(naming),
        made.with_chunk(h.message(1, b"") * 210_000),
        made.with_chunk(struct.pack("<BQ", h.MESSAGE, 1 << 60)),
        made.with_chunk(struct.pack("<BQ", h.CHANNEL, 4) + b"\xff" * 4),
        made.with_chunk(b"x" * 100, how="lz4"),
        made.with_chunk(b"x" * 100, how="z" * 4000),
        made.swapped(h.METADATA, *[h.metadata("m") for _ in range(MAX_HEADS + 1)]),
        made.swapped(h.ATTACHMENT, h.attachment(bytes(MAX_HEAD_BYTES + 1))),
        h.put_together([*made.parts[:3], h.Part(h.CHUNK, b"short"), *made.parts[3:]]),
    ):
        words = refused(real, data)
        assert HARM in words or "damaged" in words or "larger" in words, words
    few = Limits(messages=10)
    assert "more samples" in refused(real, h.put_together(made.parts), few)
    long_one = made.with_chunk(h.message(1, b"", t_ns=1 << 62))
    assert "hours" in refused(real, long_one)


def test_hostile_rigs(real: Path, made: h.Made) -> None:
    rig = made.rig()
    deep = b"a = " + b"[" * 200_000
    bomb = base64.b64encode(zlib.compress(bytes(100 << 20), 9))
    for toml in (
        b"\xff\xfe", b"not toml", deep, b"a." * 100_000 + b"a = 1", b"x = " + b"9" * 5000,
        rig.replace(b'name = "bench"', b'name = "be\\u001b[2Jnch"', 1),
        rig.replace(b'name = "bench"', b'name = "be\\u202Enc"', 1),
        rig + b'\n[other]\npoints = "' + bomb + b'"\n',
    ):  # fmt: skip
        refused(real, made.swapped(h.ATTACHMENT, h.attachment(toml)))


def test_hostile_heads(real: Path, made: h.Made) -> None:
    def put(*keys: str, value: Any) -> bytes:
        def change(head: Any) -> None:
            for key in keys[:-1]:
                head = head[key]
            head[keys[-1]] = value

        return made.with_head(change)

    for data in (
        put("recording_id", value="../../etc/passwd"),
        put("recording_id", value="rec-0123456789abcdef\n"),
        put("software", value="mrcpr \x1b]0;x\x07"),
        put("made_utc", value="yesterday"),
        put("made_utc", value="2026-01-01T00:00:00"),
        put("session", "learner_id", value="Anna Example"),
        put("guideline_id", value="a\u202eb"),
        put("storage_level", value=9),
        put("unknown", value=1),
        made.swapped(h.METADATA, h.metadata("mrcpr.recording/1", header="[" * 100_000)),
        made.swapped(h.METADATA, h.metadata("mrcpr.recording/1", header="9" * 5000)),
        made.swapped(h.METADATA, h.metadata("mrcpr.recording/1")),
    ):
        refused(real, data)


def test_hostile_samples(real: Path, made: h.Made) -> None:
    layout = json.dumps(CODECS["MannequinFrame"].layout).encode()
    key = {"type": "MannequinFrame", "stream": "mq", "camera_id": ""}
    names = h.schema(90, "MannequinFrame", layout) + h.channel(90, 90, "MannequinFrame/mq", **key)
    event = CODECS["SessionEvent"]
    of_event = {"type": "SessionEvent", "stream": "", "camera_id": ""}
    newer = h.schema(91, "MannequinFrame", layout.replace(b"chest_counts", b"chest_newer"))
    for name, plain in {
        "rows that are not there": names + h.message(90, struct.pack("<I", 2**32 - 1)),
        "a message of no length": names + h.message(90, b""),
        "a channel without its layout": h.channel(92, 77, "x", **key),
        "a channel of another key": h.schema(93, "MannequinFrame", layout) + h.channel(93, 93, "x"),
        "a layout that is no JSON": h.schema(94, "X", b"{") + h.channel(94, 94, "x", **key),
        "a deep layout": h.schema(95, "X", b"[" * 10**5) + h.channel(95, 95, "x", **key),
        "a newer layout": newer + h.channel(91, 91, "x", **key),
        "a topic that steers": names + h.channel(96, 90, "x\x1b[2J", **key),
        "a text that is none": h.schema(97, "SessionEvent", json.dumps(event.layout).encode())
        + h.channel(97, 97, "e", **of_event)
        + h.message(97, struct.pack("<I", 1) + b"\xff" * event.row_size),
    }.items():
        words = refused(real, made.with_chunk(plain))
        assert "newer" not in name or "update mrcpr" in words


FUZZ = """
import random, resource, sys, time
from pathlib import Path
from mr.errors import RecordingError
from mr.review.intake.accept import accept
from tests.unit.review.intake import hostile as h
resource.setrlimit(resource.RLIMIT_AS, (int(sys.argv[3]) << 20,) * 2)
path, n = Path(sys.argv[1]), int(sys.argv[2])
data = path.read_bytes()
parts = h.taken_apart(data)
rng = random.Random(8)
target, taken, refused, worst = path.with_name("fuzz.mcap"), 0, 0, 0.0
for k in range(n):
    if k % 3 == 0:  # bytes of the file
        mutated = bytearray(data)
        for _ in range(rng.choice((1, 1, 3, 30))):
            mutated[rng.randrange(len(mutated))] = rng.choice((0, 255, rng.randrange(256)))
        if rng.random() < 0.2:
            del mutated[rng.randrange(len(mutated)):]
    elif k % 3 == 1:  # blocks moved, doubled, dropped
        some = list(parts)
        a, b = rng.randrange(len(some)), rng.randrange(len(some))
        rng.choice((lambda: some.insert(a, some[b]), lambda: some.pop(a),
                    lambda: some.__setitem__(a, h.hurt(some[a], 0) if some[a].body else some[a])))()
        mutated = h.put_together(some)
    else:  # the content of a chunk, with a right CRC around it
        some = list(parts)
        a = rng.choice([i for i, p in enumerate(parts) if p.opcode == h.CHUNK])
        plain = bytearray(h.plain_of(some[a]))
        for _ in range(rng.choice((1, 1, 5))):
            plain[rng.randrange(len(plain))] = rng.choice((0, 255, rng.randrange(256)))
        some[a] = h.chunk(bytes(plain))
        mutated = h.put_together(some)
    target.write_bytes(mutated)
    start = time.perf_counter()
    try:
        accept(target)
        taken += 1
    except RecordingError as error:
        assert str(error).isprintable(), repr(str(error))
        refused += 1
    worst = max(worst, time.perf_counter() - start)
peak = h.peak_mib()
print(taken, refused, round(worst, 3), peak)
"""


def fuzzed(path: Path, n: int, mib: int = 1500) -> tuple[int, int, float, int]:
    """Run in a process of its own with so much address space; a crash is an error."""
    done = subprocess.run(
        [sys.executable, "-c", FUZZ, str(path), str(n), str(mib)],
        cwd=ROOT, capture_output=True, text=True, check=False, timeout=120,
        env={"OPENBLAS_NUM_THREADS": "1", "PATH": ""},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-3000:]
    taken, refusals, worst_s, peak_mib = done.stdout.split()
    return int(taken), int(refusals), float(worst_s), int(peak_mib)


def peak_mib(script: str, path: Path) -> int:
    """Tell how much memory a script takes at most that reads `path`."""
    head = "import sys; from pathlib import Path; path = Path(sys.argv[1])\n"
    tail = "\nfrom tests.unit.review.intake import hostile as h\nprint(h.peak_mib())\n"
    done = subprocess.run(
        [sys.executable, "-c", head + script + tail, str(path)],
        cwd=ROOT, capture_output=True, text=True, check=True, timeout=60,
    )  # fmt: skip
    return int(done.stdout)


def test_any_mutation_is_accepted_or_refused_with_words(real: Path) -> None:
    taken, refusals, worst_s, peak_mib = fuzzed(real, 450)
    print(f"{taken} accepted, {refusals} refused, worst {worst_s} s, {peak_mib} MiB")
    assert taken > 20 and refusals > 100, "both happen"
    assert worst_s < 5.0 and peak_mib < 600


def test_bombs_take_no_memory(real: Path, made: h.Made) -> None:
    """With room for one block, and not for what they would unpack to."""
    peaks = {}
    for name, data in bombs(made).items():
        real.write_bytes(data)
        peaks[name] = peak_mib(
            "from mr.errors import RecordingError\n"
            "from mr.review.intake.accept import accept\n"
            "try: accept(path)\n"
            "except RecordingError: pass\n",
            real,
        )
    print(peaks)
    assert max(peaks.values()) < 400, peaks
    real.write_bytes(bombs(made)["honest about its size"])
    trusting = (
        "import io; from mcap.data_stream import ReadDataStream; from mcap.records import Chunk\n"
        "from mcap.stream_reader import get_chunk_data_stream\n"
        "from tests.unit.review.intake import hostile as h\n"
        "for part in h.taken_apart(path.read_bytes()):\n"
        "    if part.opcode == h.CHUNK:\n"
        "        chunk = Chunk.read(ReadDataStream(io.BytesIO(part.body)))\n"
        "        get_chunk_data_stream(chunk)\n"
    )
    assert peak_mib(trusting, real) > 500, "the bomb is one"
