"""`mrcpr calibrate` with a mannequin of real firmware at the other end of a port."""

from __future__ import annotations

import hashlib
import json
import re
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from calibration.acceptance import AcceptanceGuide, Press
from calibration.draft import load_draft, save_draft
from calibration.kit import Kit, kit_path, save_kit
from calibration.mannequin.chest import DepthStation, chest_plan
from calibration.mannequin.strokes import Stroke
from calibration.mannequin.syringe import airway_plan
from calibration.samples import unpack
from calibration.simulated.bench_technician import BenchTechnician, calibrate_bench
from calibration.workbook import Workbook
from mr.rig import PoseEntry, Provenance, Rig, dumps_rig, load_rig, save_rig
from mr.sim.bench import Workbench
from mr.types import FloatArray, Pose
from tests.cli.calibrate.bench_person import Person, drifting
from tests.cli.calibrate.conftest import LAB
from tests.cli.calibrate.live_board import LiveBoard
from tests.cli.mannequin.boards import Run
from tests.cli.pseudo_terminal import Terminal

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="pseudo-terminals of Linux")

BLOCKS_MM = (10.0, 20.0, 30.0, 40.0, 50.0, 60.0)
Begin = Callable[..., Terminal]
Live = Callable[..., LiveBoard]


def begun(mrcpr: Run, board: LiveBoard, rig: Path) -> Path:
    """Begin a rig of a mannequin alone, with six blocks to calibrate it by."""
    save_kit(Kit(operator="A. Lab", blocks_mm=BLOCKS_MM), kit_path(rig))
    done = mrcpr("calibrate", "new", "--no-camera", "--port", board.port, "--rig", rig).require(0)
    assert f"mannequin {LAB}, chest 200 mm" in done.out
    return rig


def parameters() -> dict[str, object]:
    return {"mannequin": LAB, "blocks_mm": BLOCKS_MM}


def taken_before(rig: Path, how_many: int, seed: int = 3) -> Workbench:
    """Leave behind what an interrupted capture took; the bench goes on with the same errors."""
    bench = Workbench(seed)
    with Workbook(rig).open("chest", LAB, DepthStation, parameters()) as page:
        for step in chest_plan(BLOCKS_MM)[:how_many]:
            want = step.make(np.zeros(0), np.zeros((0, 6)))
            page.add(step.make(np.zeros(0), bench.depth(want.depth_m, "in")))
    return bench


def as_if_done(draft_path: Path, bench: Workbench) -> None:
    """Put cells and airway into a draft, as their own procedures would have."""
    draft, found = load_draft(draft_path), calibrate_bench(bench, LAB, 0.2).calibration
    assert draft.mannequin is not None
    parts = ("cell_force_n", "cell_xy_in_mannequin_m", "airway_flow_ml_s")
    known = draft.mannequin.model_copy(update={name: getattr(found, name) for name in parts})
    save_draft(draft.model_copy(update={"mannequin": known}), draft_path)


def test_a_chest_from_nothing_to_its_curve(
    mrcpr: Run, live_board: Live, terminal: Begin, tmp_path: Path
) -> None:
    board = live_board()
    rig = begun(mrcpr, board, tmp_path / "rig.toml")
    again = mrcpr("calibrate", "new", "--no-camera", "--port", board.port, "--rig", rig)
    again.require_one_line("draft.toml", "exists already")
    told = mrcpr("calibrate", "status", "--rig", rig, "--json").require(0)
    data = json.loads(told.out)
    assert data["missing"] == ["chest", "cells", "airway"] and not data["whole"]
    assert [t["procedure"] for t in data["tasks"]] == ["chest", "cells", "airway"]
    person = Person(terminal("calibrate", "chest", "--port", board.port, "--rig", rig), board)
    said = person.question()
    assert "at hand: gauge blocks" in said and "take everything off the chest" in said
    person.answer(keys="s")
    assert "'in 0 mm' is needed" in person.question()
    person.answer(person.bench.depth(0.0, "in", 3.0))
    assert "10 mm block" in person.question()
    person.answer(drifting(person.bench.depth(0.01, "in", 3.0), 9.0))
    said = person.question()
    assert "not taken: chest: it drifted by" in said and "10 mm block" in said
    person.answer(person.bench.depth(0.01, "in", 3.0))
    assert "20 mm block" in person.question()
    person.answer(keys="b")
    assert "10 mm block" in person.question()
    person.answer(person.bench.depth(0.01, "in", 3.0))
    asked = person.go_on(11)
    assert sum("come up onto" in said for said in asked) == 5
    terminal_ = person.terminal
    assert terminal_.end() == 0, terminal_.text[-3000:]
    assert f"chest of {LAB}: ✓ passed" in terminal_.text
    assert "still to do: mrcpr calibrate cells, airway" in terminal_.text
    assert not rig.exists()
    draft = load_draft(tmp_path / "rig.work" / "draft.toml")
    assert draft.mannequin is not None and draft.mannequin.chest_depth_m is not None
    curve = draft.mannequin.chest_depth_m
    for depth_m in (0.0, 0.025, 0.055):
        ways = [person.bench.depth(depth_m, way)[:, 0].mean() for way in ("in", "out")]
        assert float(curve(np.mean(ways))) == pytest.approx(depth_m, abs=2e-4)
    assert draft.provenance.steps[f"chest {LAB}"].operator == "A. Lab"
    folder = tmp_path / "rig.work" / f"chest_{LAB}"
    assert len(list(folder.glob("0*.npz"))) == 11
    assert [p.name for p in folder.glob("taken*")] == ["taken-back-0002.npz"]


def test_pulled_out_in_the_middle_it_says_so_and_goes_on_later(
    mrcpr: Run, live_board: Live, terminal: Begin, tmp_path: Path
) -> None:
    board = live_board()
    rig = begun(mrcpr, board, tmp_path / "rig.toml")
    bench = taken_before(rig, 6)
    as_if_done(tmp_path / "rig.work" / "draft.toml", bench)
    command = ("calibrate", "chest", "--port", board.port, "--rig", rig)
    person = Person(terminal(*command), board)
    person.bench = bench
    said = person.question()
    assert "goes on with 6 taken before" in said and "60 mm block" in said
    board.unplug()
    person.answer()
    assert person.terminal.end() == 2
    last = person.terminal.text.strip().splitlines()[-1]
    assert last.startswith("mrcpr: ") and board.port in last and "check its cable" in last
    board.start()
    person = Person(terminal(*command), board)
    person.bench = bench
    asked = person.go_on(7)
    assert "60 mm block" in asked[0]
    assert person.terminal.end() == 0, person.terminal.text[-3000:]
    assert f"chest of {LAB}: ✓ passed" in person.terminal.text
    assert f"saved: {rig}" in person.terminal.text  # a mannequin alone is a rig, too
    mannequin = load_rig(rig).require_mannequin(LAB)
    assert len(mannequin.chest_depth_m.counts) >= 7
    assert not (tmp_path / "rig.work" / "draft.toml").exists()
    (evidence,) = (tmp_path / "rig.history").glob(f"*_evidence/chest_{LAB}")
    assert len(list(evidence.glob("0*.npz"))) == 11
    said = mrcpr("calibrate", "status", "--rig", rig).require(0).out
    assert re.search("✓ done +chest", said), said


def test_a_station_that_was_taken_back_does_not_come_again(
    mrcpr: Run, live_board: Live, terminal: Begin, tmp_path: Path
) -> None:
    board = live_board()
    rig = begun(mrcpr, board, tmp_path / "rig.toml")
    taken_before(rig, 3)
    command = ("calibrate", "chest", "--port", board.port, "--rig", rig)
    person = Person(terminal(*command), board)
    assert "30 mm block" in person.question()
    person.answer(keys="b")
    assert "20 mm block" in person.question()
    person.terminal.type("\x03")
    assert person.terminal.end() == 130
    person = Person(terminal(*command), board)
    said = person.question()
    assert "goes on with 2 taken before" in said and "20 mm block" in said
    for _ in range(2):
        person.answer(keys="b")
        said = person.question()
    person.answer(keys="b")
    assert "nothing was taken yet" in person.question()
    person.terminal.type("\x04")  # the end of the input: nobody is there
    assert person.terminal.end() == 2
    assert "nobody is there to do it" in person.terminal.text


def test_another_mannequin_is_refused(mrcpr: Run, live_board: Live, tmp_path: Path) -> None:
    board, other = live_board(), live_board("LAB-8")
    rig = begun(mrcpr, board, tmp_path / "rig.toml")
    done = mrcpr("calibrate", "chest", "--port", other.port, "--rig", rig)
    done.require(2)
    assert "this is LAB-8, and the rig's is LAB-7" in done.err


def test_two_strokes_of_a_syringe_complete_the_airway(
    mrcpr: Run, live_board: Live, terminal: Begin, tmp_path: Path
) -> None:
    board = live_board()
    rig = begun(mrcpr, board, tmp_path / "rig.toml")
    bench = Workbench(3)
    who = BenchTechnician(bench, clumsy_every=0)
    what = {"mannequin": LAB, "syringe_ml": 500.0, "second_syringe_ml": None}
    with Workbook(rig).open("airway", LAB, Stroke, what) as page:
        for step in airway_plan()[:-2]:
            page.add(who.airway(step))
    person = Person(terminal("calibrate", "airway", "--port", board.port, "--rig", rig), board)
    said = person.question()
    assert "goes on with 10 taken before" in said
    assert "press Enter, wait a second, push all 500 mL in about 0.9 s, wait a second [b" in said
    person.answer(too_fast(a_stroke(bench, 500.0)))
    said = person.question()
    assert "not taken: the sensor was at its end: do this stroke more slowly" in said
    assert "push all 500 mL" in said
    person.answer(a_stroke(bench, 500.0))
    assert "draw all 500 mL" in person.question()
    person.answer(a_stroke(bench, -500.0))
    assert person.terminal.end() == 0, person.terminal.text[-3000:]
    assert f"airway of {LAB}: ✓ passed" in person.terminal.text
    draft = load_draft(tmp_path / "rig.work" / "draft.toml")
    assert draft.mannequin is not None and draft.mannequin.airway_flow_ml_s is not None


def a_stroke(bench: Workbench, volume_ml: float) -> FloatArray:
    """Make a stroke's counts with a longer rest before it: nobody starts with Enter itself."""
    _, counts = bench.stroke(volume_ml, 0.9)
    return np.vstack([np.tile(counts[:100], (2, 1)), counts, np.tile(counts[-100:], (4, 1))])


def too_fast(counts: FloatArray) -> FloatArray:
    """Let the sensor's range end below the stroke's peak."""
    short = counts.copy()
    rest = counts[0, 5]
    short[:, 5] = np.minimum(counts[:, 5], rest + 0.5 * (counts[:, 5].max() - rest))
    return short


def proved_rig(path: Path, bench: Workbench) -> Rig:
    """Save the rig of a mannequin that was calibrated on that bench."""
    found = calibrate_bench(bench, LAB, 0.2).calibration
    rig = Rig(
        name="lab",
        mannequin=found,
        world_from_mannequin=PoseEntry.of(Pose.identity()),
        provenance=Provenance(made_utc="2026-11-30T08:00:00+00:00", software="x", kind="live"),
    )
    save_rig(rig, path)
    return rig


def test_the_last_presses_of_an_acceptance(
    mrcpr: Run, live_board: Live, terminal: Begin, tmp_path: Path
) -> None:
    bench, path = Workbench(3), tmp_path / "rig.toml"
    rig = proved_rig(path, bench)
    assert rig.mannequin is not None
    sha256 = hashlib.sha256(dumps_rig(rig).encode()).hexdigest()
    guide, rng = AcceptanceGuide(seed=int(sha256[:8], 16)), np.random.default_rng(1)
    what = {"gauge": "dial", "certificate": "C-1", "rig_sha256": sha256}
    with Workbook(path).open("accept", LAB, Press, what) as page:
        for _ in range(46):
            assert guide.level_mm is not None
            gauge_mm = guide.level_mm + float(rng.uniform(-1, 1))
            page.add(press := Press(guide.level_mm, gauge_mm, gauge_mm + float(rng.normal(0, 0.1))))
            assert guide.offer(press).taken
    board = live_board()
    shown = terminal(
        "calibrate", "accept", "--gauge", "dial", "--certificate", "C-1", "--gauge-sigma-mm",
        "0.02", "--port", board.port, "--rig", path,
    )  # fmt: skip
    shown.wait_for("goes on with 46 taken before(?s:.*)Leave the chest alone, then Enter. ")
    board.lay(bench.depth(0.0, "in", 3.0))
    shown.type("\n")
    level_mm = guide.level_mm
    assert level_mm is not None
    question = rf"press to {level_mm:g} mm, hold, and type what the gauge reads, mm: "
    shown.wait_for(question)
    board.lay(bench.depth(level_mm / 1e3, "in", 9.0))
    shown.type("deep\n")
    shown.wait_for(rf"'deep' is no number(?s:.*){question}")
    shown.type(f"{level_mm + 20:.2f}\n")
    shown.wait_for(rf"not taken: the gauge reads(?s:.*)was it mistyped(?s:.*){question}")
    shown.type(f"{level_mm:.2f}\n".replace(".", ","))
    shown.wait_for(r"47 taken(?s:.*)gauge reads, mm: ")
    assert guide.offer(Press(level_mm, level_mm, level_mm)).taken
    last_mm = guide.level_mm
    assert last_mm is not None
    board.lay(bench.depth(last_mm / 1e3, "in", 9.0))
    shown.type(f"{last_mm:.2f}\n")
    assert shown.end() == 0, shown.text[-3000:]
    assert f"accept of {LAB}: ✓ passed" in shown.text
    (last,) = (tmp_path / "rig.history").glob("*_evidence/accept_*/0048.npz")
    press = unpack(last.read_bytes(), Press)
    assert press.rig_mm == pytest.approx(press.gauge_mm, abs=0.3)
    assert "acceptance" in mrcpr("calibrate", "service", "--rig", path).require(0).out
