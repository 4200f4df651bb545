"""A technician at real cameras: boards held still, moved, laid flat, raised."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from calibration.cameras.world import WORLD_FROM_BOARD
from calibration.draft import RigDraft, model_of, new_draft
from calibration.kit import Kit
from calibration.plan import BY_NAME, Task
from calibration.simulated.boards import facing
from calibration.simulated.rooms import held_board, room, told_cameras
from calibration.steps.registry import step_of
from calibration.steps.step import Setup
from mr.cli import calibrate_live
from mr.cli.calibrate_capture import NotKept, capture
from mr.cli.calibrate_devices import Reader, pictures
from mr.cli.calibrate_live import UNSEEN, LiveTechnician
from mr.cli.sources import DRIVERS
from mr.errors import CalibrationError, ConfigError, DeviceError
from mr.sim.rig import make_sim_rig, sim_calibration
from mr.types import EndOfStream, Pose, Sample
from overlays.xr.probe import XrProbe
from tests.unit.cli.board_room import AWAY, Hands, PaintedCamera, Technician

KIT = Kit()
BOARD = KIT.board
ALONE = make_sim_rig()
TRUE = ALONE.camera
WORLD_FROM_COLOR = TRUE.world_from_cam @ TRUE.color_from_depth.inverse()


def draft_of(cameras: dict[str, Any]) -> RigDraft:
    driven = {key: model_of(c).model_copy(update={"driver": "room"}) for key, c in cameras.items()}
    return new_draft("room", "live", driven, None)


def setup_of(draft: RigDraft, subject: str) -> Setup:
    return Setup(draft, KIT, subject)


@pytest.fixture
def devices(monkeypatch: pytest.MonkeyPatch) -> dict[str, PaintedCamera]:
    """Give the place where the cameras of a test are put: they are opened by their ids."""
    there: dict[str, PaintedCamera] = {}
    monkeypatch.setitem(DRIVERS, "room", lambda camera, camera_id, now: there[camera_id])
    return there


def do(name: str, subject: str, draft: RigDraft, screen: Technician) -> Any:
    """Capture as the command does; gives the samples."""
    setup = setup_of(draft, subject)
    task, guide = Task(BY_NAME[name], subject), step_of(name).guide(setup)
    technician = LiveTechnician(None, {})
    return capture(guide, technician.candidates(task, setup, guide, screen), NotKept(), screen)


def before_the_camera(distance_m: float, tilt_deg: float, around_deg: float = 20.0) -> Pose:
    place = facing(
        distance_m, tilt_deg, around_deg, 5.0, (0.03 * (around_deg % 3 - 1), 0.02), BOARD
    )
    return WORLD_FROM_COLOR @ place


def held_places() -> list[Pose]:
    return [
        before_the_camera(distance_m, tilt_deg, around_deg)
        for distance_m in (0.48, 0.68, 0.86)
        for tilt_deg, around_deg in ((7.0, 20.0), (28.0, 60.0), (27.0, 160.0), (30.0, 290.0))
    ]


def test_depth_from_hand_table_and_block(devices: dict[str, PaintedCamera]) -> None:
    hands = Hands(held_places())
    devices["side"] = PaintedCamera("side", TRUE, BOARD, hands)
    table = before_the_camera(0.75, 25.0, 0.0)
    raised = Pose(table.R, table.apply(np.array([0.002, 0.001, -KIT.step_mm / 1e3])))

    def lay(place: Pose) -> None:
        hands.fixed = place

    screen = Technician(
        {"lay the board flat": lambda: lay(table), "on the gauge block": lambda: lay(raised)}
    )
    draft = draft_of({"side": sim_calibration(ALONE)})
    samples = do("depth", "side", draft, screen)
    assert [question.split(",")[0] for question in screen.asked] == [
        "lay the board flat on the table", "lay the board on the gauge block",
    ]  # fmt: skip
    gauges = [s.gauge_m for s in samples]
    assert len(gauges) == 16 and np.isnan(gauges[:12]).all() and gauges[12:] == [0, 0, 0.05, 0.05]
    assert all(s.n_frames >= 4 for s in samples)
    done = step_of("depth").finish(setup_of(draft, "side"), samples)
    (record,) = done.records
    assert record.passed, record.failures
    assert {c.item: c.value for c in record.checks}["step of 50 mm by corrected depth"] == (
        pytest.approx(50.0, abs=0.5)
    )


def test_a_board_that_stays_is_not_taken_twice_and_memory_is_let_go(
    devices: dict[str, PaintedCamera],
) -> None:
    place = before_the_camera(0.5, 7.0)
    hands = Hands([place], ticks=80)
    devices["side"] = PaintedCamera("side", TRUE, BOARD, hands)
    screen = Technician({})
    with pytest.raises(CalibrationError, match="ended with 1 taken"):
        do("depth", "side", draft_of({"side": sim_calibration(ALONE)}), screen)
    assert not [words for words in screen.shown if words.startswith("not: ")]


def test_slow_depth_makes_a_rest_longer(devices: dict[str, PaintedCamera]) -> None:
    hands = Hands([before_the_camera(0.5, 7.0)], ticks=16)
    devices["side"] = PaintedCamera("side", TRUE, BOARD, hands, depth_every=3)
    with pytest.raises(CalibrationError, match="ended with 1 taken"):
        do("depth", "side", draft_of({"side": sim_calibration(ALONE)}), Technician({}))


def test_no_depth_and_no_board_are_told(devices: dict[str, PaintedCamera]) -> None:
    draft = draft_of({"side": sim_calibration(ALONE)})
    devices["side"] = PaintedCamera("side", TRUE, BOARD, Hands([AWAY], 90), depth_every=0)
    screen = Technician({})
    with pytest.raises(CalibrationError, match="camera side has given no depth for 3 s"):
        do("depth", "side", draft, screen)
    assert UNSEEN in screen.shown


def test_nobody_there_to_lay_it_down(devices: dict[str, PaintedCamera]) -> None:
    devices["side"] = PaintedCamera("side", TRUE, BOARD, Hands([AWAY], 90))
    with pytest.raises(CalibrationError, match="nobody is there to answer"):
        do("world", "rig", draft_of({"side": sim_calibration(ALONE)}), Technician({}, None))


def test_a_question_that_takes_long_is_no_lost_camera(
    devices: dict[str, PaintedCamera], monkeypatch: pytest.MonkeyPatch
) -> None:
    """While the technician walks to the table nothing is read."""
    clock = [0.0]
    told = SimpleNamespace(monotonic=lambda: clock[0])
    monkeypatch.setattr("mr.cli.calibrate_devices.time", told)
    monkeypatch.setattr("mr.cli.calibrate_devices.rest", lambda *_: None)
    true, hands = room(1, seed=3), Hands()
    (name,) = true
    devices[name] = PaintedCamera(name, true[name], BOARD, hands)

    def walk() -> None:
        clock[0] += 60.0
        hands.fixed = WORLD_FROM_BOARD

    screen = Technician({"lay": walk})
    hands.fixed = AWAY
    samples = do("world", "rig", draft_of(told_cameras(true)), screen)
    assert [s.place for s in samples] == ["origin", "origin", "back", "back"]
    silent = PaintedCamera("side", TRUE, BOARD, hands)
    monkeypatch.setattr(silent, "poll", lambda: clock.__setitem__(0, clock[0] + 1.0) or ())
    with pytest.raises(DeviceError, match="nothing has come for 3 s"):
        list(Reader([silent]).samples())


def test_one_camera_is_placed_by_a_board_at_the_origin(devices: dict[str, PaintedCamera]) -> None:
    true, hands = room(1, seed=3), Hands()
    hands.fixed = AWAY
    (name,) = true
    devices[name] = PaintedCamera(name, true[name], BOARD, hands)
    slipped = Pose(np.eye(3), np.array([0.0005, 0.0, 0.0])) @ WORLD_FROM_BOARD
    places = iter((WORLD_FROM_BOARD, slipped))
    screen = Technician({"lay": lambda: setattr(hands, "fixed", next(places))})
    draft = draft_of(told_cameras(true))
    samples = do("world", "rig", draft, screen)
    assert len(screen.asked) == 2 and "lay it back" in screen.asked[1]
    done = step_of("world").finish(setup_of(draft, "rig"), samples)
    assert all(record.passed for record in done.records), done.records[0].failures
    off = done.draft.world_from_cam[name].pose().t_m - true[name].world_from_cam.t_m
    assert np.linalg.norm(off) < 2e-3
    assert all(np.isfinite(s.depth_m).all() for s in samples)


def test_two_cameras_see_a_held_board_at_one_instant(devices: dict[str, PaintedCamera]) -> None:
    true = room(2, seed=3)
    rng = np.random.default_rng(2)
    hands = Hands([held_board(rng, BOARD) for _ in range(14)])
    for name, camera in true.items():
        devices[name] = PaintedCamera(name, camera, BOARD, hands)
    origin = Pose(WORLD_FROM_BOARD.R, WORLD_FROM_BOARD.t_m)
    hands.fixed = origin

    class Watching(Technician):
        def show(self, progress: Any, verdict: Any) -> None:
            if hands.fixed is origin and progress.next.startswith("hold"):
                hands.fixed = None
            super().show(progress, verdict)

    def back() -> None:
        hands.fixed = WORLD_FROM_BOARD

    screen = Watching({"lay it back": back})
    draft = draft_of(told_cameras(true))
    samples = do("world", "rig", draft, screen)
    assert [s.place for s in samples] == ["origin"] * 2 + ["held"] * 4 + ["back"] * 2
    assert all(len(s.camera_ids) == 2 for s in samples)
    done = step_of("world").finish(setup_of(draft, "rig"), samples)
    for name in true:
        off = done.draft.world_from_cam[name].pose().t_m - true[name].world_from_cam.t_m
        assert np.linalg.norm(off) < 3e-3


def test_another_camera_and_an_unknown_file_are_refused(
    devices: dict[str, PaintedCamera],
) -> None:
    draft = draft_of({"side": sim_calibration(ALONE)})
    other = replace(TRUE, serial="SIM-D435-9")
    devices["side"] = PaintedCamera("side", other, BOARD, Hands())
    with pytest.raises(CalibrationError, match="this is SIM-D435-9, and the rig's is SIM-D435-1"):
        do("intrinsics", "side", draft, Technician({}))
    setup = setup_of(draft, "side")
    technician = LiveTechnician(None, {"top": Path("top.db3")})
    with pytest.raises(ConfigError, match="no camera 'top' \\(it has: side\\)"):
        technician.candidates(Task(BY_NAME["depth"], "side"), setup, None, Technician({}))


def test_without_a_headset_its_procedure_says_what_is_missing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asked: list[int] = []

    def probe() -> XrProbe:
        asked.append(1)
        return XrProbe(False, why="headset: no OpenXR runtime is installed")

    monkeypatch.setattr(calibrate_live, "probe_apart", probe)
    technician, setup = LiveTechnician(None, {}), setup_of(draft_of({}), "headset")
    with pytest.raises(CalibrationError, match=r"^headset: no OpenXR runtime is installed$"):
        technician.candidates(Task(BY_NAME["headset"], "headset"), setup, None, Technician({}))
    assert technician.cannot("headset")
    assert len(asked) == 1, "a page asks often"
    assert technician.cannot("world") == ""


def test_who_looks_slowly_is_shown_the_newest_picture(monkeypatch: pytest.MonkeyPatch) -> None:
    """Pictures that have come meanwhile are not looked at one after the other."""
    camera = PaintedCamera("side", TRUE, BOARD, Hands([AWAY] * 9), pauses=False)
    came = [sample for _ in range(4) for sample in camera.poll()]
    given = iter([came])

    def poll() -> list[Sample]:
        for batch in given:
            return batch
        raise EndOfStream

    monkeypatch.setattr(camera, "poll", poll)
    (picture,) = pictures(Reader([camera]), ["side"])
    assert picture.color is came[-1] and picture.depth is came[-2]
    assert picture.t_s == 0.0
