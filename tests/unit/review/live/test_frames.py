"""The live wire's bytes: there and back, and what is refused."""

from __future__ import annotations

import json
import subprocess
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mr.errors import ProtocolError
from mr.review.live import layout
from mr.review.live.frames import (
    IDLE,
    LiveState,
    Motion,
    WallPart,
    decode_trace,
    decode_wall,
    encode_trace,
    encode_wall,
    pack_state,
    unpack_state,
)
from mr.types import Targets
from tests.conftest import ROOT, Require

PAGE = ROOT / "mr" / "review" / "page"
TARGETS = Targets(50.0, 60.0, 100.0, 120.0, 5.0, 30.0)
BUSY = LiveState(
    phase="compressing",
    kind="sim",
    recording_id="rec-0123456789abcdef",
    learner_id="learner-0badcafe",
    mode="30:2",
    attempt="practice",
    guidance=True,
    elapsed_s=12.5,
    rate_cpm=110.5,
    last_depth_mm=53.25,
    last_release_mm=None,
    score_pct=87.5,
    n_compressions=21,
    n_in_cycle=21,
    n_breaths=2,
    hands="on",
    hand_offset_mm=(-3.5, 4.0),
    hands_off_s=0.25,
    cue_key="cue.deeper",
    severity="hint",
    health="degraded",
    targets=replace(TARGETS, depth_high_mm=None),
)

QUIETLY = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
"""On a busy machine it takes its time to make a whole state."""


def number(low: float, high: float) -> st.SearchStrategy[float]:
    return st.floats(np.float32(low).item(), np.float32(high).item(), width=32, allow_nan=False)


def maybe(strategy: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.none() | strategy


targets = st.builds(
    Targets,
    *(number(0, 200), maybe(number(0, 200)), number(0, 300), number(0, 300)),
    *(number(0, 50), number(0, 100)),
)
states = st.builds(
    LiveState,
    phase=st.sampled_from(layout.PHASES),
    kind=st.sampled_from(layout.KINDS),
    recording_id=st.just("") | st.from_regex(r"rec-[0-9a-f]{16}", fullmatch=True),
    learner_id=st.just("") | st.from_regex(r"learner-[0-9a-f]{8}", fullmatch=True),
    mode=st.sampled_from(layout.MODES),
    attempt=st.sampled_from(layout.ATTEMPTS),
    guidance=st.booleans(),
    elapsed_s=number(0, 1e5),
    rate_cpm=maybe(number(0, 1000)),
    last_depth_mm=maybe(number(-100, 200)),
    last_release_mm=maybe(number(-100, 200)),
    score_pct=maybe(number(0, 100)),
    n_compressions=st.integers(0, 2**32 - 1),
    n_in_cycle=st.integers(0, 2**16 - 1),
    n_breaths=st.integers(0, 2**16 - 1),
    hands=st.sampled_from(layout.HANDS),
    hand_offset_mm=maybe(st.tuples(number(-500, 500), number(-500, 500))),
    hands_off_s=number(0, 1e5),
    cue_key=st.just("") | st.from_regex(r"[a-z0-9_.]{1,32}", fullmatch=True),
    severity=st.sampled_from(layout.SEVERITIES),
    health=st.sampled_from(layout.HEALTHS),
    targets=maybe(targets),
)


@st.composite
def motions(draw: st.DrawFn) -> Motion:
    steps_us = draw(st.lists(st.integers(0, 10_000_000), max_size=40))
    start_ns = draw(st.integers(0, 10**15))
    n = len(steps_us)
    depths = draw(st.lists(number(-100, 200) | st.just(float("nan")), min_size=n, max_size=n))
    sigmas = draw(st.lists(number(0, 100) | st.just(float("nan")), min_size=n, max_size=n))
    t_ns = start_ns + 1000 * np.cumsum([0, *steps_us])[1:].astype(np.int64)
    return Motion(t_ns, np.array(depths, float), np.array(sigmas, float))


def motion(n: int = 5) -> Motion:
    return Motion(
        5_000_000_000 + 5_000_000 * np.arange(n, dtype=np.int64),
        np.linspace(0.0, 50.0, n),
        np.full(n, 0.5),
    )


def same(a: Motion, b: Motion) -> bool:
    return all(
        np.array_equal(getattr(a, name), getattr(b, name), equal_nan=True)
        for name in ("t_ns", "depth_mm", "sigma_mm")
    )


@QUIETLY
@given(states, motions(), st.integers(0, 2**32 - 1), st.integers(0, 2**62 - 1))
def test_a_trace_comes_back(state: LiveState, moved: Motion, seq: int, sent_ns: int) -> None:
    frame = decode_trace(encode_trace(seq, sent_ns, state, moved, lost_n=3))
    assert (frame.seq, frame.sent_ns, frame.lost_n, frame.state) == (seq, sent_ns, 3, state)
    assert same(frame.motion, moved)
    assert frame.state_bytes == pack_state(state)


@QUIETLY
@given(st.lists(st.tuples(states, motions()), max_size=4))
def test_a_wall_comes_back(rigs: list[tuple[LiveState, Motion]]) -> None:
    parts = [
        WallPart(f"rig-{k}", "here", 1e12, 1e12 + k, k, pack_state(state), moved)
        for k, (state, moved) in enumerate(rigs)
    ]
    seq, server_ms, found = decode_wall(encode_wall(7, 1.5e12, parts))
    assert (seq, server_ms) == (7, 1.5e12)
    for was, part in zip(parts, found, strict=True):
        assert (part.rig_id, part.presence, part.dropped_n) == (was.rig_id, "here", was.dropped_n)
        assert part.state_bytes == was.state_bytes
        np.testing.assert_array_equal(part.motion.depth_mm, was.motion.depth_mm)
        np.testing.assert_allclose(part.motion.t_ns, was.motion.t_ns, atol=200)


@settings(deadline=None)
@given(st.binary(max_size=600))
def test_any_bytes_are_refused_or_read(data: bytes) -> None:
    for decode in (decode_trace, decode_wall, unpack_state):
        try:
            decode(data)
        except ProtocolError:
            continue


@settings(deadline=None)
@given(st.integers(0, 300), st.integers(0, 255))
def test_a_changed_byte_is_refused_or_read(at: int, value: int) -> None:
    data = bytearray(encode_trace(1, 5_000_000_000, BUSY, motion(10)))
    data[at % len(data)] = value
    try:
        frame = decode_trace(bytes(data))
    except ProtocolError:
        return
    assert (np.diff(frame.motion.t_ns) >= 0).all()
    assert frame.state.phase in layout.PHASES


def changed(dtype: np.dtype[Any], start: int, **values: Any) -> bytes:
    data = bytearray(encode_trace(1, 5_000_000_000, BUSY, motion()))
    record = np.frombuffer(data, dtype, 1, start)
    for name, value in values.items():
        record[name] = value
    return bytes(data)


OF_STATE = layout.HEAD.itemsize + layout.TRACE_PART.itemsize
OF_ROWS = OF_STATE + layout.STATE.itemsize


@pytest.mark.parametrize(
    "data",
    [
        b"",
        encode_trace(1, 1, IDLE, motion())[:-1],
        encode_trace(1, 1, IDLE, motion()) + b"\0",
        encode_wall(1, 1.0, []),
        changed(layout.HEAD, 0, magic=b"MRCX"),
        changed(layout.HEAD, 0, version=2),
        changed(layout.HEAD, 0, n_parts=2),
        changed(layout.TRACE_PART, 16, n_rows=4),
        changed(layout.TRACE_PART, 16, n_rows=2**32 - 1),
        changed(layout.TRACE_PART, 16, base_ns=-1),
        changed(layout.STATE, OF_STATE, phase=6),
        changed(layout.STATE, OF_STATE, learner_id=b"Anna Mueller"),
        changed(layout.STATE, OF_STATE, recording_id=b"\xff\xfe"),
        changed(layout.STATE, OF_STATE, cue_key=b"<script>"),
        changed(layout.STATE, OF_STATE, score_pct=101.0),
        changed(layout.STATE, OF_STATE, elapsed_s=np.nan),
        changed(layout.STATE, OF_STATE, rate_cpm=np.inf),
        changed(layout.STATE, OF_STATE, guidance=2),
        changed(layout.ROW, OF_ROWS, t_us=2**31),
        changed(layout.ROW, OF_ROWS, depth_mm=np.inf),
        changed(layout.ROW, OF_ROWS, sigma_mm=-1.0),
        changed(layout.ROW, OF_ROWS, sigma_mm=np.inf),
    ],
)
def test_hostile_traces_are_refused(data: bytes) -> None:
    with pytest.raises(ProtocolError):
        decode_trace(data)


def test_what_was_changed_was_good_before() -> None:
    """Negative control of the hostile ones."""
    assert decode_trace(changed(layout.HEAD, 0)).state == BUSY


def test_more_rows_than_a_message_has_are_not_sent() -> None:
    with pytest.raises(ProtocolError, match="at most"):
        encode_trace(1, 1, IDLE, motion(layout.MAX_ROWS + 1))


def offsets_of(table: str) -> dict[str, int]:
    rows = [line.split("|") for line in table.splitlines() if line.startswith("| ")]
    return {cells[3].strip(" `"): int(cells[1]) for cells in rows if cells[1].strip().isdigit()}


@pytest.mark.parametrize(
    ("title", "dtype"),
    [
        ("### Head", layout.HEAD),
        ("### Trace part", layout.TRACE_PART),
        ("### Wall part", layout.WALL_PART),
        ("### State", layout.STATE),
        ("### Row", layout.ROW),
    ],
)
def test_the_document_has_the_same_bytes(title: str, dtype: np.dtype[Any]) -> None:
    text = (ROOT / "docs" / "LIVE.md").read_text(encoding="utf-8")
    table = text.split(f"{title}\n")[1].split("\n#")[0]
    fields = dtype.fields or {}
    assert offsets_of(table) == {name: offset for name, (_, offset, *_) in fields.items()}


# --- the page's decoder ----------------------------------------------------------------------

RUN = """
import { readFileSync } from "node:fs";
import { decodeWall } from "./live-frames.mjs";
const out = [];
for (const file of process.argv.slice(2)) {
  const data = readFileSync(file);
  const bytes = data.buffer.slice(data.byteOffset, data.byteOffset + data.byteLength);
  try { out.push(decodeWall(bytes)); } catch (error) { out.push(String(error)); }
}
const plain = (_, v) => (ArrayBuffer.isView(v) ? Array.from(v) : v);
console.log(JSON.stringify(out, plain));
"""


def decoded_by_the_page(require: Require, folder: Path, messages: list[bytes]) -> list[Any]:
    node = require.program("node", "install Node.js 20 or newer")
    esbuild = PAGE / "node_modules" / ".bin" / "esbuild"
    if not esbuild.exists():
        require.missing("esbuild", "run npm ci in mr/review/page")
    source = PAGE / "src" / "lib" / "live-frames.ts"
    script = folder / "live-frames.mjs"
    subprocess.run([esbuild, source, f"--outfile={script}", "--format=esm"], check=True,
                   capture_output=True)  # fmt: skip
    (folder / "run.mjs").write_text(RUN)
    files = []
    for k, message in enumerate(messages):
        files.append(folder / f"{k}.bin")
        files[-1].write_bytes(message)
    done = subprocess.run(
        [node, folder / "run.mjs", *files], check=True, capture_output=True, text=True
    )
    found: list[Any] = json.loads(done.stdout)
    return found


def test_the_page_reads_what_python_wrote(require: Require, tmp_path: Path) -> None:
    parts = [
        WallPart("rig-1", "here", 1.7e12, 1.7e12 + 5, 4, pack_state(BUSY), motion()),
        WallPart("rig-2", "lost", 1.6e12, float("nan"), 0, pack_state(IDLE), Motion()),
    ]
    whole = encode_wall(9, 1.75e12, parts)
    hostile = [whole[:-1], whole + b"\0", b"", whole[:5] + b"\1" + whole[6:]]
    wall, *refused = decoded_by_the_page(require, tmp_path, [whole, *hostile])
    assert (wall["seq"], wall["serverMs"]) == (9, 1.75e12)
    busy, idle = wall["rigs"]
    assert (busy["rigId"], busy["presence"]) == ("rig-1", "here")
    assert (busy["sinceMs"], busy["capturedMs"], busy["dropped"]) == (1.7e12, 1.7e12 + 5, 4)
    assert busy["recordingId"] == BUSY.recording_id
    assert busy["learnerId"] == BUSY.learner_id
    assert busy["targets"] == {
        "depthLowMm": 50, "depthHighMm": None, "rateLowCpm": 100, "rateHighCpm": 120,
        "releaseMaxMm": 5, "handOffsetMaxMm": 30,
    }  # fmt: skip
    for page, python in {
        "phase": "phase", "mode": "mode", "attempt": "attempt", "kind": "kind", "hands": "hands",
        "severity": "severity", "health": "health", "guidance": "guidance", "cueKey": "cue_key",
        "elapsedS": "elapsed_s", "rateCpm": "rate_cpm", "lastDepthMm": "last_depth_mm",
        "lastReleaseMm": "last_release_mm", "scorePct": "score_pct", "handsOffS": "hands_off_s",
        "compressions": "n_compressions", "inCycle": "n_in_cycle", "breaths": "n_breaths",
    }.items():  # fmt: skip
        assert busy[page] == getattr(BUSY, python), page
    assert busy["handOffsetMm"] == [-3.5, 4.0]
    np.testing.assert_allclose(busy["tS"], motion().t_ns / 1e9, rtol=0, atol=1e-9)
    np.testing.assert_array_equal(busy["depthMm"], motion().depth_mm)
    assert (idle["rigId"], idle["presence"], idle["phase"]) == ("rig-2", "lost", "idle")
    assert (idle["capturedMs"], idle["targets"], idle["tS"]) == (None, None, [])
    assert all(isinstance(words, str) and words.startswith("Error: ") for words in refused)
