"""The technician's page without a browser: its words, its kit, its worker, its room."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from calibration.boards.charuco import CharucoBoard, find_board
from calibration.draft import RigDraft
from calibration.guide import Progress, Verdict
from calibration.kit import Kit
from calibration.look import NewestPictures, Seen
from calibration.page import words
from calibration.page.desk import Shown, State
from calibration.page.kit_form import kit_of, texts_of
from calibration.page.panels import asks_for
from calibration.page.pictures import coverage_picture, shown_picture
from calibration.page.places import places_of
from calibration.page.scene import Room, board_place, cloud_of
from calibration.page.state import Live
from calibration.page.worker import BUSY, Worker
from calibration.plan import Task, tasks_of
from calibration.record import Check, Record
from calibration.simulated.board_technician import printed_sheet
from calibration.simulated.technician import SimulatedTechnician
from mr.cli.calibrate_simulated import sim_rigs_of
from mr.errors import CalibrationError, ConfigError
from mr.geometry.camera import Camera
from mr.rig import PoseEntry
from mr.sim.board_view import BoardPainter
from mr.sim.camera import SimImager
from mr.sim.learner import still_script
from mr.types import Pose

WAIT_S = 60.0


class FakeDesk:
    """A desk whose steps are functions."""

    def __init__(self) -> None:
        self.draft = SimulatedTechnician(sim_rigs_of(1)).draft("<rig>")
        self.kit, self.place = Kit(), Path("rig.toml")
        self.step: Callable[[Shown], tuple[Record, ...]] = lambda screen: ()
        self.kept: dict[str, tuple[Record, ...]] = {}
        self.cannot_write = False

    def tasks(self) -> Sequence[Task]:
        return tasks_of(self.draft)

    def state(self, task: Task) -> State:
        return "done" if task.key in self.kept else "not yet"

    def found(self, task: Task) -> tuple[Record, ...]:
        return self.kept.get(task.key, ())

    def do(self, task: Task, screen: Shown, *, anew: bool) -> tuple[Record, ...]:
        screen.begin(task.procedure.title, task.procedure.bring)
        records = self.step(screen)
        if all(record.passed for record in records):
            self.kept[task.key] = records
        return records

    def keep_kit(self, kit: Kit) -> None:
        if self.cannot_write:
            raise ConfigError("the disk is full")
        self.kit = kit

    def save(self) -> Sequence[str]:
        return ("saved: rig.toml",)


def record(value: float) -> Record:
    check = Check(item="height <a>", value=value, unit="mm", sigma=0.1, high=1.0, why="too & high")
    return Record(procedure="chest", subject="M1", checks=(check,), n_samples=3)


def until(done: Callable[[], bool]) -> None:
    deadline = time.monotonic() + WAIT_S
    while not done():
        assert time.monotonic() < deadline
        time.sleep(0.005)


@pytest.fixture
def desk() -> FakeDesk:
    return FakeDesk()


@pytest.fixture
def worker(desk: FakeDesk) -> Any:
    working = Worker(desk)
    working.start()
    yield working
    working.close()


def row_of(worker: Worker, key: str) -> Any:
    return next(row for row in worker.state.view.rows if row.task.key == key)


def test_a_step_goes_from_live_to_done_and_the_next_one_is_due(
    desk: FakeDesk, worker: Worker
) -> None:
    gate = threading.Event()

    def step(screen: Shown) -> tuple[Record, ...]:
        screen.show(Progress(0.5, False, "press", 3), Verdict(False, "it moved"))
        assert gate.wait(WAIT_S)
        return (record(0.5),)

    desk.step = step
    assert worker.state.view.next is not None
    assert worker.do("intrinsics_side")
    until(lambda: bool(worker.state.view.live and worker.state.view.live.progress))
    live = worker.state.view.live
    assert live is not None
    assert (live.refused, row_of(worker, "intrinsics_side").state) == ("it moved", "busy")
    assert worker.state.view.next is None
    assert not worker.do("chest")  # one at a time
    assert worker.keep_kit(Kit(operator="Ada")) == BUSY
    gate.set()
    until(lambda: worker.state.view.live is None)
    assert row_of(worker, "intrinsics_side").state == "done"
    assert worker.state.view.next is not None
    assert worker.state.view.next.task.key == "depth_side"
    assert worker.state.view.found["intrinsics_side"] == (record(0.5),)


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        (CalibrationError("blurred: hold it still"), "blurred: hold it still"),
        (ZeroDivisionError("ours"), "an internal fault: ZeroDivisionError: ours"),
    ],
)
def test_an_error_is_a_line_and_the_page_goes_on(
    desk: FakeDesk, worker: Worker, fault: Exception, words: str
) -> None:
    def step(screen: Shown) -> tuple[Record, ...]:
        raise fault

    desk.step = step
    assert worker.do("chest")
    until(lambda: worker.state.view.live is None)
    assert (row_of(worker, "chest").state, row_of(worker, "chest").failed) == ("failed", words)
    desk.step = lambda screen: (record(0.5),)
    until(lambda: worker.do("chest"))
    until(lambda: worker.state.view.live is None)
    assert row_of(worker, "chest").state == "done"


def test_a_limit_that_is_not_kept_is_a_failure_with_its_table(
    desk: FakeDesk, worker: Worker
) -> None:
    desk.step = lambda screen: (record(2.0),)
    assert worker.do("chest")
    until(lambda: worker.state.view.live is None)
    row = row_of(worker, "chest")
    assert row.state == "failed"
    assert "height <a>: not within the limit" in row.failed
    shown = words.found(worker.state.view.found["chest"])
    assert "height &lt;a&gt;" in shown and "too &amp; high" in shown
    assert "✗" in shown and "fail" in shown and "≤ 1" in shown and "2.00 ± 0.10 mm" in shown


def test_a_question_waits_for_a_button_and_stop_is_no_failure(
    desk: FakeDesk, worker: Worker
) -> None:
    answers: list[str | None] = []

    def step(screen: Shown) -> tuple[Record, ...]:
        answers.append(screen.ask("lay it on (Enter; b: the last one again)"))
        answers.append(screen.ask("and now?"))
        return ()

    desk.step = step
    worker.screen.answer("too early")  # no question yet: forgotten
    assert worker.do("chest")
    until(lambda: bool(worker.state.view.live and worker.state.view.live.question))
    worker.screen.answer("b")
    until(lambda: answers == ["b"])
    until(lambda: bool(worker.state.view.live and worker.state.view.live.question == "and now?"))
    worker.screen.stop()
    until(lambda: worker.state.view.live is None)
    assert answers == ["b"]
    assert row_of(worker, "chest").state == "not yet"
    assert worker.state.view.said[-1] == "chest: stopped; what was taken is kept"


def test_closing_the_page_ends_a_step_that_asks(desk: FakeDesk) -> None:
    desk.step = lambda screen: (screen.ask("?"), ())[1]
    worker = Worker(desk)
    worker.start()
    assert worker.do("chest")
    until(lambda: bool(worker.state.view.live and worker.state.view.live.question))
    worker.close()
    until(lambda: worker.state.view.live is None)


def test_a_kit_that_cannot_be_written_says_so(desk: FakeDesk, worker: Worker) -> None:
    desk.cannot_write = True
    assert worker.keep_kit(Kit()) == "the disk is full"
    desk.cannot_write = False
    assert worker.keep_kit(Kit(operator="Ada")) == ""
    assert worker.state.view.kit.operator == "Ada"


def test_saving_tells_where_the_files_are(worker: Worker) -> None:
    assert worker.save()
    until(lambda: bool(worker.state.view.saved))
    assert "saved: rig.toml" in words.saved(worker.state.view.saved)


def test_each_state_of_the_plan_is_a_sign_and_a_word(worker: Worker) -> None:
    view = worker.state.view
    for state, (sign, word, _) in words.MARKS.items():
        row = replace(view.rows[3], state=state, next=False)
        text = words.plan(replace(view, rows=(row,)))
        assert sign in text and word in text
    assert len({(sign, word) for sign, word, _ in words.MARKS.values()}) == len(words.MARKS)
    assert "→" in words.plan(view) and ">next<" in words.plan(view)
    assert "SIMULATED" in words.head(view) and "&lt;rig&gt;" in words.head(view)


def test_what_a_step_builds_on_is_named(worker: Worker) -> None:
    view = worker.state.view
    plates = next(row for row in view.rows if row.task.key == "plates")
    assert "builds on intrinsics, which is not done yet" in words.about_task(view, plates)
    live = Live("x", "t", "b", Progress(0.25, False, "do <it>", 4, "0.2 px"), "blurred", "", "")
    text = words.live_step(live)
    for part in ("do &lt;it&gt;", "25 %, 4 taken", "residual 0.2 px", "not taken:", "blurred"):
        assert part in text


def test_a_question_offers_its_answers() -> None:
    assert asks_for("take it off (Enter; b: the last one again)") == {"b"}
    assert asks_for("x (Enter, or s to leave it out; b: the last one again)") == {"s", "b"}
    assert asks_for("press, and type what the gauge reads, mm:") == {"text"}
    assert asks_for("Leave the chest alone, then Enter.") == set()


def test_a_kit_comes_back_from_the_form_as_it_went_in() -> None:
    kit = Kit(
        operator="Ada", board=CharucoBoard(print_scale=(0.9951, 1.0033)),
        registration_print_scale=(0.998, 1.001), plates_print_scale=0.9912, second_syringe_ml=250.0,
    )  # fmt: skip
    assert kit_of(texts_of(kit), kit) == kit
    assert kit_of(texts_of(Kit()), Kit()) == Kit()


@pytest.mark.parametrize(
    ("key", "text", "said"),
    [
        ("board.0", "9.95", "board: ruler across, mm: a ruler of 100 mm cannot have come out 9.95"),
        ("board.1", "", "board: ruler down, mm: '' is no number"),
        ("step_mm", "nan", "block under the board, mm: 'nan' is no number"),
        ("step_mm", "900", "block under the board, mm: input should be less than 200"),
        ("blocks_mm", "10 20 10", "gauge blocks, mm: each once, all above 0"),
        ("blocks_mm", "10, x", "gauge blocks, mm: 'x' is no number"),
        ("masses_kg", " ", "masses, kg: give at least one number"),
        ("second_syringe_ml", "big", "second syringe, mL: 'big' is no number"),
        ("plates_print_scale", "89", "marker plates: ruler, mm: a ruler of 100 mm cannot"),
    ],
)
def test_nonsense_is_refused_by_the_name_of_its_box(key: str, text: str, said: str) -> None:
    with pytest.raises(ConfigError) as error:
        kit_of(texts_of(Kit()) | {key: text}, Kit())
    assert str(error.value).startswith(said)


def test_coverage_fills_with_its_share() -> None:
    picture = coverage_picture(np.array([[0.0, 0.5, 1.0]]))
    tile = (picture.shape[1] - 1) // 3
    blue = (picture[:, :, 0] < 60) & (picture[:, :, 2] > 120)
    shares = [blue[:, k * tile : (k + 1) * tile].mean() for k in range(3)]
    assert shares[0] == 0
    assert 0.4 < shares[1] < 0.55
    assert shares[2] > 0.75
    assert coverage_picture(np.full((30, 40), np.nan)).shape[2] == 3


def test_newest_pictures_keep_the_other_kind() -> None:
    look = NewestPictures()
    bgr, depth = np.zeros((4, 6, 3), dtype=np.uint8), np.ones((4, 6), dtype=np.uint16)
    look("a", bgr, depth, 1e-3)
    look("a", bgr + 1)
    seen = look.newest()["a"]
    assert seen.bgr is not None and seen.bgr.max() == 1
    assert seen.depth_counts is depth
    assert (seen.m_per_count, seen.number, seen.together) == (1e-3, 2, False)
    look("a", bgr, depth)
    assert look.newest()["a"].together
    assert shown_picture(np.zeros((480, 960, 3), dtype=np.uint8), None).shape == (240, 480, 3)


# --- the room ---------------------------------------------------------------------------


class FakeScene:
    """What is drawn, by name."""

    def __init__(self) -> None:
        self.nodes: dict[str, dict[str, Any]] = {}

    def __getattr__(self, name: str) -> Callable[..., None]:
        def add(*args: Any, **more: Any) -> None:
            if name.startswith("add_"):
                self.nodes[args[0]] = more

        return add

    def get_handle_by_name(self, name: str) -> Any:
        if name not in self.nodes:
            return None
        gone = [n for n in self.nodes if n == name or n.startswith(f"{name}/")]
        return SimpleNamespace(remove=lambda: [self.nodes.pop(n) for n in gone])


def placed(draft: RigDraft) -> RigDraft:
    rig = sim_rigs_of(1)["side"]
    return draft.model_copy(
        update={
            "world_from_cam": {"side": PoseEntry.of(rig.camera.world_from_cam)},
            "world_from_mannequin": PoseEntry.of(rig.world_from_mannequin),
            "markers": rig.marker_layout(),
        }
    )


def test_what_has_no_place_is_named_and_not_drawn(desk: FakeDesk) -> None:
    room = Room(FakeScene())
    room.draw(desk.draft)
    bgr = np.zeros((480, 848, 3), dtype=np.uint8)
    room.camera("side", desk.draft, Seen(bgr, None, 1e-4, 1), bgr)
    assert not [n for n in room.scene.nodes if "camera" in n or "mannequin" in n]
    told = {place.what: place.known for place in places_of(desk.draft)}
    assert told == dict.fromkeys(
        ["camera side", "the mannequin", "its marker plates", "its surface"], False
    )
    known = placed(desk.draft)
    room.draw(known)
    room.camera("side", known, Seen(bgr, None, 1e-4, 1), bgr)
    rig = sim_rigs_of(1)["side"]
    assert room.scene.nodes["/mannequin"]["position"] == pytest.approx(rig.world_from_mannequin.t_m)
    assert {"/camera side", "/mannequin/plate 0"} <= room.scene.nodes.keys()
    room.draw(desk.draft)  # begun anew
    assert not [n for n in room.scene.nodes if "camera" in n or "/mannequin" in n]


def test_points_lie_where_the_scene_truly_is(desk: FakeDesk) -> None:
    rig = sim_rigs_of(1)["side"]
    imager = SimImager(rig, still_script(), calibration_error=False)
    model = desk.draft.cameras["side"].model_copy(update={"depth": rig.camera.depth})
    seen = Seen(imager.bgr(0.0), imager.depth_counts(0.0), 1e-4, 1, together=True)
    points_m, colors = cloud_of(model, seen)
    in_mannequin = rig.mannequin_from_cam.apply(points_m)
    near = np.linalg.norm(in_mannequin[:, :2], axis=1) < 0.02
    assert near.sum() > 5
    assert abs(in_mannequin[near, 2].mean()) < 0.003
    assert colors[near].mean(axis=0)[0] > colors[near].mean(axis=0)[2]  # skin: red over blue
    _, colors = cloud_of(model, replace(seen, together=False))
    assert len(np.unique(colors, axis=0)) == 1  # a picture of another instant colours nothing


def test_the_board_stands_where_a_camera_sees_it(desk: FakeDesk) -> None:
    rig, board = sim_rigs_of(1)["side"], CharucoBoard()
    color_from_board = Pose(np.eye(3), np.array([-0.1, -0.13, 0.6]))
    painter = BoardPainter(Camera(rig.camera.color), printed_sheet(board), 0)
    view = find_board(painter.grey(color_from_board), board)
    draft = placed(desk.draft)
    true = rig.camera.world_from_cam @ rig.camera.color_from_depth.inverse() @ color_from_board
    found = board_place(draft, "side", board, view)
    assert found is not None
    assert found.t_m == pytest.approx(true.t_m, abs=0.003)
    assert board_place(desk.draft, "side", board, view) is None  # the camera has no place
    assert board_place(draft, "side", board, replace(view, size_px=(640, 480))) is None
    room = Room(FakeScene())
    room.board("side", draft, board, view)
    assert "/board seen by side" in room.scene.nodes
    room.board("side", draft, board, None)
    assert "/board seen by side" not in room.scene.nodes
