"""The book of a calibration: nothing old passes for new, and two hands do not undo each other."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from calibration.draft import RigDraft, save_draft
from calibration.guide import Progress, Verdict
from calibration.plan import Task, built_on, tasks_of
from calibration.record import Check, Record
from calibration.service import read_service
from calibration.simulated.quick import calibrate_simulated
from calibration.steps.step import Done, Setup
from calibration.workbook import Workbook
from mr.cli.calibrate_book import Book, draft_path_of, held_book
from mr.cli.calibrate_screen import LineScreen
from mr.cli.calibrate_simulated import simulated_technician
from mr.cli.calibrate_steps import do_tasks, save_and_report
from mr.cli.console import Output
from mr.errors import CalibrationError, ConfigError
from mr.rig import PoseEntry, Rig, load_rig, save_rig
from mr.sim.plant import Bench
from mr.sim.rig import make_sim_rig


@pytest.fixture(scope="module")
def whole() -> Rig:
    return calibrate_simulated(make_sim_rig(), Bench(1), n_frames=3, with_motion=False)


@pytest.fixture
def rig(whole: Rig, tmp_path: Path) -> Path:
    path = tmp_path / "rig.toml"
    save_rig(whole, path)
    return path


def task(book: Book, name: str) -> Task:
    return tasks_of(book.draft, (name,))[0]


def record(name: str, passed: bool = True) -> Record:
    check = Check(item="it", value=0.0 if passed else 2.0, unit="mm", high=1.0)
    return Record(procedure=name, subject="rig", checks=(check,), n_samples=1)


def moved(draft: RigDraft) -> RigDraft:
    entry = draft.world_from_cam["side"]
    x, y, z = entry.t_m
    there = PoseEntry(rotvec_rad=entry.rotvec_rad, t_m=(x + 0.06, y, z))
    return draft.model_copy(update={"world_from_cam": {"side": there}})


def test_the_plan_knows_what_builds_on_what() -> None:
    assert built_on("world") == ("rest", "motion", "headset")
    assert built_on("chest") == ("motion",)
    assert built_on("airway") == ()


def test_what_builds_on_a_camera_that_moved_has_to_be_done_again(rig: Path) -> None:
    book = Book(rig)
    for name in ("world", "rest"):  # as calibrated before
        book.note(task(book, name), Done(book.draft, (record(name),)), {})
    assert book.draft.stale == ()
    book.note(task(book, "world"), Done(moved(book.draft), (record("world"),)), {})
    assert book.draft.stale == ("rest",)
    assert book.draft.missing() == ("rest",)
    with pytest.raises(CalibrationError, match="do `mrcpr calibrate rest`"):
        book.draft.rig()
    again = Book(rig)
    assert again.draft.stale == ("rest",), "also after the program has ended"
    again.note(task(again, "rest"), Done(again.draft, (record("rest"),)), {})
    assert again.draft.missing() == ()


def test_the_same_result_again_makes_nothing_stale(rig: Path) -> None:
    book = Book(rig)
    for name in ("rest", "world"):
        book.note(task(book, name), Done(book.draft, (record(name),)), {})
    assert book.draft.stale == ()


def bench_only(path: Path) -> Path:
    """Begin a rig of a mannequin alone."""
    draft = simulated_technician(1, 1).draft("bench")
    save_draft(draft.model_copy(update={"cameras": {}}), draft_path_of(path))
    return path


def calibrate(path: Path, seed: int, *names: str) -> None:
    with held_book(path, "kim", simulate=True) as book:
        tasks = tasks_of(book.draft, names)
        console = Output(stderr=True)
        done, failed = do_tasks(
            book, tasks, simulated_technician(1, seed), LineScreen(console), console
        )
        assert not failed and len(done) == len(tasks)
        save_and_report(book, done, console)


def test_all_samples_become_evidence_and_none_comes_back_as_new(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("mr.cli.calibrate_steps.deliver_report", lambda *_: ())
    path = bench_only(tmp_path / "rig.toml")
    for name in ("chest", "cells", "airway"):
        calibrate(path, 1, name)
    first = load_rig(path)
    (evidence,) = (tmp_path / "rig.history").glob("*_evidence")
    assert len(list(evidence.iterdir())) == 3
    assert Workbook(path).begun() == ()
    calibrate(path, 2, "chest")
    second = load_rig(path)
    assert first.mannequin is not None and second.mannequin is not None
    assert second.mannequin.chest_depth_m != first.mannequin.chest_depth_m
    assert second.mannequin.airway_flow_ml_s == first.mannequin.airway_flow_ml_s
    works = [str(e.work) for e in read_service(path)[0]]
    assert works == ["calibration", "note"], "a part done again makes the rest no younger"


def test_what_was_done_since_the_last_save_is_taken_anew(tmp_path: Path) -> None:
    path = bench_only(tmp_path / "rig.toml")
    calibrate(path, 1, "chest")
    before = Book(path).draft.mannequin
    calibrate(path, 2, "chest")
    after = Book(path).draft.mannequin
    assert before is not None and after is not None
    assert before.chest_depth_m != after.chest_depth_m


def test_two_programs_do_not_calibrate_one_rig_at_once(rig: Path) -> None:
    with (
        held_book(rig, None, simulate=True),
        pytest.raises(CalibrationError, match="another program is calibrating"),
        held_book(rig, None, simulate=True),
    ):
        pass


def test_a_real_rig_is_not_simulated(rig: Path, whole: Rig) -> None:
    real = whole.provenance.model_copy(update={"kind": "live"})
    save_rig(whole.model_copy(update={"provenance": real}), rig)
    with pytest.raises(ConfigError, match="is a real rig"), held_book(rig, None, simulate=True):
        pass


class Failing:
    """A technician for whom one procedure goes wrong."""

    def __init__(self, bad: str) -> None:
        self._bad, self._good = bad, simulated_technician(1, 1)

    def cannot(self, name: str) -> str:
        return ""

    def candidates(self, one: Task, setup: Setup, guide: Any, screen: Any) -> Any:
        if one.procedure.name == self._bad:
            raise CalibrationError("the board is bent")
        return self._good.candidates(one, setup, guide, screen)


def test_an_optional_procedure_that_fails_among_many_is_told_and_passed_over(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "rig.toml"
    save_draft(simulated_technician(1, 1).draft("sim"), draft_path_of(path))
    console = Output(stderr=True)
    with held_book(path, None, simulate=True) as book:
        tasks = tasks_of(book.draft, ("depth", "chest"))
        found, failed = do_tasks(book, tasks, Failing("depth"), LineScreen(console), console)
        assert [t.procedure.name for t in failed] == ["depth"]
        assert [r.procedure for r in found] == ["chest"]
        with pytest.raises(CalibrationError, match="bent"):
            do_tasks(book, tasks, Failing("chest"), LineScreen(console), console)
        with pytest.raises(CalibrationError, match="bent"):
            do_tasks(book, tasks[:1], Failing("depth"), LineScreen(console), console)
    assert "depth is left out for now" in capsys.readouterr().err


class OneSample:
    sample = object
    kept = False

    def __init__(self, passed: bool) -> None:
        self._passed = passed
        self.samples: list[object] = []

    def parameters(self, setup: Setup) -> dict[str, Any]:
        return {}

    def guide(self, setup: Setup) -> OneSample:
        return self

    def offer(self, sample: object) -> Verdict:
        self.samples.append(sample)
        return Verdict(True)

    @property
    def progress(self) -> Progress:
        n = len(self.samples)
        return Progress(float(n), n > 0, "go on", n)

    def finish(self, setup: Setup, samples: Any) -> Done:
        return Done(moved(setup.draft), (record("world", self._passed),))


@pytest.mark.parametrize("passed", [True, False])
def test_a_record_that_fails_changes_nothing_and_says_how_to_repeat_it(
    rig: Path, monkeypatch: pytest.MonkeyPatch, passed: bool
) -> None:
    monkeypatch.setattr("mr.cli.calibrate_steps.step_of", lambda _: OneSample(passed))
    technician: Any = Failing("nothing")
    technician.candidates = lambda *_: iter([1])
    console = Output(stderr=True)
    with held_book(rig, None, simulate=True) as book:
        before = book.draft
        tasks = tasks_of(book.draft, ("world",))
        if passed:
            do_tasks(book, tasks, technician, LineScreen(console), console)
            assert book.draft.world_from_cam != before.world_from_cam
            return
        with pytest.raises(CalibrationError, match="`mrcpr calibrate world --anew`"):
            do_tasks(book, tasks, technician, LineScreen(console), console)
        assert book.draft == before
        assert Book(rig).draft.world_from_cam == before.world_from_cam
