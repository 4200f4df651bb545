from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from mr.clock.host import SteppedClock
from mr.errors import RecordingError
from mr.recording.reader import open_recording
from mr.recording.rewrite import repair, without_pictures
from mr.recording.writer import RecordingWriter
from mr.types import Arrival, ColorFrame, MannequinFrame
from tests.unit.recording.conftest import Write, a_header, a_rig, exact, one_of_each

ROOT = Path(__file__).parents[3]


def frames(n: int) -> list[MannequinFrame]:
    return [
        MannequinFrame(Arrival("mq", k, 5000 * k, 10**9 + 5_000_000 * k), k, (1, 2, 3, k), 0, 0)
        for k in range(n)
    ]


def test_any_cut_gives_a_prefix_or_says_that_the_head_is_gone(write: Write) -> None:
    sent = [s for s in one_of_each() if not isinstance(s, ColorFrame)] * 40  # several flushes
    whole = write(sent)
    data = whole.read_bytes()
    wanted = [exact(s) for s in sent]
    rng = random.Random(1)
    cut = whole.with_name("cut.mcap")
    lengths = []
    for n in sorted({*range(0, 60, 7), *(rng.randrange(len(data)) for _ in range(60))}):
        cut.write_bytes(data[:n])
        try:
            recording = open_recording(cut)
        except RecordingError as error:
            assert not lengths, f"{n} bytes: {error}"  # only before the first readable length
            assert "\n" not in str(error)
            continue
        got = [exact(s) for s in recording.samples()]
        assert got == wanted[: len(got)]
        assert not recording.complete
        assert "cut" in recording.why_incomplete or "ends after" in recording.why_incomplete
        lengths.append(len(got))
    assert lengths == sorted(lengths)
    assert lengths[0] == 0 and lengths[-1] > 0.8 * len(wanted)
    assert open_recording(whole).complete


def test_any_damaged_byte_gives_a_prefix_or_one_error(write: Write) -> None:
    sent = frames(1500)
    whole = write(sent)
    data = whole.read_bytes()
    wanted = [exact(s) for s in sent]
    rng = random.Random(2)
    hurt = whole.with_name("hurt.mcap")
    seen_damage = 0
    for _ in range(60):
        k = rng.randrange(len(data))
        hurt.write_bytes(data[:k] + bytes([data[k] ^ (1 << rng.randrange(8))]) + data[k + 1 :])
        try:
            recording = open_recording(hurt)
            got = [exact(s) for s in recording.samples()]
        except RecordingError as error:
            assert "\n" not in str(error)
            continue
        assert got == wanted[: len(got)]
        if len(got) < len(wanted):
            assert not recording.complete and recording.why_incomplete
            seen_damage += 1
    assert seen_damage > 10  # the check is not empty


def test_pictures_are_taken_out_and_all_else_stays(write: Write) -> None:
    made = write(one_of_each())
    before = open_recording(made)
    after = without_pictures(made, made.with_name("without.mcap"))
    kept = [sample for sample in before.samples() if not isinstance(sample, ColorFrame)]
    assert len(kept) < len(list(before.samples()))  # there were some
    assert [exact(sample) for sample in after.samples()] == [exact(sample) for sample in kept]
    assert after.kinds() == before.kinds() - {"ColorFrame"}
    assert (after.header.storage_level, before.header.storage_level) == (2, 3)
    assert after.header.recording_id == before.header.recording_id
    assert after.rig == before.rig and after.complete and not after.repaired
    assert without_pictures(after.path, made.with_name("again.mcap")).kinds() == after.kinds()


def test_a_cut_recording_without_its_pictures_still_says_so(write: Write) -> None:
    made = write(one_of_each())
    cut = made.with_name("cut.mcap")
    cut.write_bytes(made.read_bytes()[:-200])
    why = open_recording(cut).why_incomplete
    assert why and without_pictures(cut, made.with_name("less.mcap")).repaired == why


def test_repair_writes_a_whole_file_with_the_same_content(write: Write) -> None:
    sent = frames(2000)
    whole = write(sent)
    cut = whole.with_name("cut.mcap")
    cut.write_bytes(whole.read_bytes()[: whole.stat().st_size * 2 // 3])
    before = open_recording(cut)
    mended = repair(cut, whole.with_name("mended.mcap"))
    assert mended.complete
    assert mended.repaired == before.why_incomplete
    assert mended.header == before.header and mended.rig == before.rig
    got = [exact(s) for s in mended.samples()]
    assert got == [exact(s) for s in before.samples()]
    assert 500 < len(got) < 2000
    assert mended.path.stat().st_mode == cut.stat().st_mode  # as any file that is new
    with pytest.raises(RecordingError, match="exists already"):
        repair(cut, whole)
    with pytest.raises(RecordingError, match=r"cannot write the recording anew .*name too long"):
        repair(cut, whole.with_name("n" * 300))
    assert sorted(p.name for p in whole.parent.iterdir()) == ["a.mcap", "cut.mcap", "mended.mcap"]


def test_other_programs_can_read_it_with_the_ordinary_reader(write: Write) -> None:
    from mcap.reader import make_reader

    path = write(frames(500))
    with path.open("rb") as file:
        summary = make_reader(file).get_summary()
    assert summary is not None
    assert {c.topic for c in summary.channels.values()} == {"MannequinFrame/mq"}
    n_messages = summary.statistics.message_count if summary.statistics else 0
    assert 50 <= n_messages < 60  # about ten samples a message


def test_a_second_is_the_most_that_can_be_lost(tmp_path: Path) -> None:
    """Flushes follow the injected clock, also when nothing more arrives."""
    clock = SteppedClock()
    path = tmp_path / "a.mcap"
    writer = RecordingWriter(path, a_header(), a_rig(), now=clock)
    writer.__enter__()
    for k, frame in enumerate(frames(700)):
        writer.write(frame)
        on_disk = len(list(open_recording(path).samples())) if k % 50 == 0 else k
        assert k - on_disk <= 200
        clock.advance(5_000_000)
    writer.tick()
    clock.advance(1_000_000_000)
    writer.tick()
    assert len(list(open_recording(path).samples())) == 700
    assert not open_recording(path).complete
    writer.close()
    assert open_recording(path).complete


KILLED = """
import signal, sys
from pathlib import Path
from mr.clock.host import SteppedClock
from mr.recording.writer import RecordingWriter
from tests.unit.recording.conftest import a_header, a_rig
from tests.unit.recording.test_recovery import frames
clock = SteppedClock()
with RecordingWriter(Path(sys.argv[1]), a_header(), a_rig(), now=clock) as writer:
    for k, frame in enumerate(frames(501)):
        writer.write(frame)
        print(k, flush=True)
        clock.advance(5_000_000)
    signal.pause()
"""


def test_kill_minus_nine_loses_at_most_the_last_second(tmp_path: Path) -> None:
    path = tmp_path / "killed.mcap"
    child = subprocess.Popen(
        [sys.executable, "-c", KILLED, str(path)],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )
    assert child.stdout is not None
    with child.stdout as lines:
        last = 0
        for line in lines:
            last = int(line)
            if last == 500:  # 2.5 s: between two flushes
                child.send_signal(signal.SIGKILL)
    assert child.wait() == -signal.SIGKILL
    recording = open_recording(path)
    got = [exact(s) for s in recording.samples()]
    assert got == [exact(f) for f in frames(len(got))]
    assert last - 220 <= len(got) <= last + 1
    assert len(got) >= 300
    assert not recording.complete


FULL = """
import resource, signal, sys
from pathlib import Path
from mr.errors import RecordingError
from mr.clock.host import SteppedClock
from mr.recording.writer import RecordingWriter
from tests.unit.recording.conftest import a_header, a_rig
from tests.unit.recording.test_recovery import frames
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
limit = int(sys.argv[2])
resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))
clock = SteppedClock()
try:
    with RecordingWriter(Path(sys.argv[1]), a_header(), a_rig(), now=clock) as writer:
        for frame in frames(20000):
            writer.write(frame)
            clock.advance(5_000_000)
except RecordingError as error:
    print(error)
    try:
        if "writer" in globals():
            writer.write(frame)
            writer.flush()
    except RecordingError as error:
        print(error)
"""


@pytest.mark.parametrize(("limit_bytes", "readable"), [(60_000, True), (500, False)])
def test_a_full_disk_is_one_clear_error(tmp_path: Path, limit_bytes: int, readable: bool) -> None:
    path = tmp_path / "full.mcap"
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", FULL, str(path), str(limit_bytes)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )
    said = done.stdout.splitlines()
    assert "cannot write this recording (File too large)" in said[0], done
    assert not done.stderr
    if readable:
        assert "this recording is closed" in said[1]
        recording = open_recording(path)
        got = [exact(s) for s in recording.samples()]
        assert 1000 < len(got) < 20000
        assert got == [exact(f) for f in frames(len(got))]
        assert "ends after" in recording.why_incomplete
    else:
        assert not path.exists()


def test_a_folder_that_cannot_be_made(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    with (
        pytest.raises(RecordingError, match=r"cannot write this recording .*choose another folder"),
        RecordingWriter(tmp_path / "file" / "a.mcap", a_header(), a_rig()),
    ):
        pass
    assert [p.name for p in tmp_path.iterdir()] == ["file"]


def test_an_existing_file_is_never_overwritten(write: Write) -> None:
    path = write(frames(3))
    before = path.read_bytes()
    with (
        pytest.raises(RecordingError, match="never overwrites"),
        RecordingWriter(path, a_header(), a_rig()),
    ):
        pass
    assert path.read_bytes() == before


def test_ctrl_c_leaves_a_whole_recording(tmp_path: Path) -> None:
    path = tmp_path / "a.mcap"
    with (
        pytest.raises(KeyboardInterrupt),
        RecordingWriter(path, a_header(), a_rig()) as writer,
    ):
        for frame in frames(7):
            writer.write(frame)
        raise KeyboardInterrupt
    assert open_recording(path).complete
    assert len(list(open_recording(path).samples())) == 7


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (None, "there is no such file"),
        (b"", "the file is empty"),
        (b"t_s,depth_mm\n0,1\n", "a CSV goes to mrcpr analyze"),
        (os.urandom(5000), "not a recording"),
        (b"\x89MCAP0\r\n" + bytes(4000), "cannot|another program|cut|damaged"),
        (b"\x89MCAP0\r\n" + b"\x0c" + (5).to_bytes(8, "little") + b"\xff" * 5, "damaged"),
    ],
)
def test_junk_is_one_clear_line(tmp_path: Path, content: bytes | None, says: str) -> None:
    path = tmp_path / "junk.mcap"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(RecordingError, match=says) as caught:
        open_recording(path)
    assert str(path) in str(caught.value)
    assert "\n" not in str(caught.value)


def test_an_mcap_of_another_program_is_refused(tmp_path: Path) -> None:
    from mcap.writer import Writer

    path = tmp_path / "other.mcap"
    with path.open("wb") as file:
        writer = Writer(file)
        writer.start()
        channel = writer.register_channel("/imu", "json", 0)
        writer.add_message(channel, 0, b"{}", 0)
        writer.finish()
    with pytest.raises(RecordingError, match="of another program"):
        open_recording(path)


def test_a_folder_is_no_recording(tmp_path: Path) -> None:
    with pytest.raises(RecordingError, match=r"cannot read this recording \(Is a directory\)"):
        open_recording(tmp_path)
