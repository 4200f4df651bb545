"""What a headset was handed is in the recording, and a replay says how old it was."""

from __future__ import annotations

from pathlib import Path

from typer.testing import CliRunner

from mr.cli.demo import calibrated_rig
from mr.cli.main import app
from mr.cli.sources import SimSources
from mr.config import Mode, SessionConfig
from mr.recording.reader import open_recording
from mr.recording.writer import RecordingWriter
from mr.scoring.profiles import load_guideline
from mr.session.offline import rerun
from mr.session.processes import SessionPlan, run_fast
from mr.types import Arrival, FrameShown, MannequinFrame

AGE_NS = 31_000_000


def test_a_replay_tells_the_age_of_what_was_shown(tmp_path: Path) -> None:
    plain, shown = tmp_path / "plain.mcap", tmp_path / "shown.mcap"
    sources = SimSources("good", Mode.HANDS_ONLY, 2.0, 1, 5.0, 1.0, camera=False)
    guideline = load_guideline("aha-2025-adult-bls")
    plan = SessionPlan(sources, calibrated_rig(1), SessionConfig(), guideline, plain)
    run_fast(plan, lambda _: None, lambda _: None)
    recording = open_recording(plain)
    with RecordingWriter(shown, recording.header, recording.rig) as writer:
        for k, sample in enumerate(recording.samples()):
            writer.write(sample)
            if isinstance(sample, MannequinFrame) and k % 3 == 0:
                at_ns = sample.arrival.arrival_ns
                arrival = Arrival("headset.shown", k, k, at_ns)
                writer.write(FrameShown(arrival, at_ns + AGE_NS, at_ns, True))
    again = rerun(shown)
    assert len(again.shown) > 100
    assert rerun(plain).shown == ()
    assert again.compressions == rerun(plain).compressions  # to see a frame changes no result
    said = " ".join(CliRunner().invoke(app, ["replay", str(shown)]).output.split())
    assert "31 ms old (median; 95 % within 31 ms" in said
    assert "ms old" not in CliRunner().invoke(app, ["replay", str(plain)]).output
