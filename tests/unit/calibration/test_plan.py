"""What there is to do for a rig, in the order in which it can be done."""

from __future__ import annotations

import pytest

from calibration.draft import MannequinDraft, RigDraft, model_of, new_draft
from calibration.kit import Kit
from calibration.plan import BY_NAME, PLAN, built_on, tasks_of
from calibration.steps.registry import STEPS
from calibration.steps.step import Setup
from mr.cli.calibrate_all import COMMANDS
from mr.errors import CalibrationError
from tests.unit.calibration.rigs import a_whole_rig

CAMERA = model_of(a_whole_rig().cameras["side"])
MANNEQUIN = MannequinDraft(serial="MQ-1", chest_ap_m=0.2)
BOTH = new_draft("both", "live", {"a": CAMERA, "b": CAMERA}, MANNEQUIN)
SEEN = new_draft("cameras", "live", {"a": CAMERA}, None)
FELT = new_draft("mannequin", "live", {}, MANNEQUIN)


def keys(draft: RigDraft, *names: str) -> list[str]:
    return [task.key for task in tasks_of(draft, names)]


def test_nothing_comes_before_what_it_needs() -> None:
    done: set[str] = set()
    for procedure in PLAN:
        assert set(procedure.needs) <= done, procedure.name
        done.add(procedure.name)
    assert done == set(STEPS) == set(COMMANDS) == set(BY_NAME)
    assert sum(p.minutes for p in PLAN) <= 20  # a box of parts to a rig (issue 6)


def test_each_rig_has_its_own_tasks() -> None:
    assert keys(BOTH) == [
        "intrinsics_a", "intrinsics_b", "depth_a", "depth_b", "plates", "world", "rest",
        "chest", "cells", "airway", "motion", "headset",
    ]  # fmt: skip
    assert keys(SEEN) == ["intrinsics_a", "depth_a", "plates", "world", "rest", "headset"]
    assert keys(FELT) == ["chest", "cells", "airway"]
    assert [task.subject for task in tasks_of(FELT)] == ["MQ-1"] * 3


def test_named_ones_come_in_the_plans_order() -> None:
    assert keys(BOTH, "rest", "depth") == ["depth_a", "depth_b", "rest"]
    for draft, name, words in (
        (FELT, "world", "has no camera"),
        (SEEN, "chest", "has no mannequin"),
        (SEEN, "motion", "no camera beside a mannequin"),
        (FELT, "motion", "no camera beside a mannequin"),
        (BOTH, "lens", "'lens' is unknown: use one of intrinsics, depth"),
    ):
        with pytest.raises(CalibrationError, match=words):
            tasks_of(draft, (name,))


@pytest.mark.parametrize("name", ["chest", "cells", "airway", "intrinsics", "depth", "world"])
def test_a_step_begins_with_what_is_to_be_done(name: str) -> None:
    (task, *_) = tasks_of(BOTH, (name,))
    setup = Setup(BOTH, Kit(), task.subject)
    progress = STEPS[name].guide(setup).progress
    assert progress.n_taken == 0 and not progress.done and progress.next
    assert STEPS[name].parameters(setup) == STEPS[name].parameters(setup)


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("rest", "do `mrcpr calibrate (world|plates)` first"),
        ("motion", "is not whole yet: do `mrcpr calibrate plates`"),
        ("headset", "do `mrcpr calibrate rest` first"),
    ],
)
def test_a_step_that_lacks_another_says_which(name: str, words: str) -> None:
    (task, *_) = tasks_of(BOTH, (name,))
    setup = Setup(BOTH, Kit(), task.subject)
    with pytest.raises(CalibrationError, match=words):
        STEPS[name].guide(setup)
    with pytest.raises(CalibrationError, match="has no camera 'c'"):
        _ = Setup(BOTH, Kit(), "c").camera


@pytest.mark.parametrize(
    ("name", "again"),
    [
        ("intrinsics", ("depth", "plates", "world", "rest", "motion", "headset")),
        ("plates", ("rest", "motion", "headset")),
        ("chest", ("motion",)),
        ("cells", ("motion",)),
        ("headset", ()),
    ],
)
def test_what_builds_on_a_procedure_is_known(name: str, again: tuple[str, ...]) -> None:
    assert built_on(name) == again
