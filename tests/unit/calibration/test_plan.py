"""What there is to do for a rig, in the order in which it can be done."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from calibration.draft import MannequinDraft, RigDraft, model_of, new_draft
from calibration.kit import Kit
from calibration.plan import BY_NAME, PLAN, tasks_of
from calibration.steps.registry import STEPS
from calibration.steps.step import Setup
from mr.cli.calibrate_all import COMMANDS, outdated_tasks
from mr.errors import CalibrationError
from mr.validity import Step
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
        "intrinsics_a", "intrinsics_b", "depth_a", "depth_b", "world", "plates", "rest",
        "chest", "cells", "airway", "motion", "headset",
    ]  # fmt: skip
    assert keys(SEEN) == ["intrinsics_a", "depth_a", "world", "plates", "rest", "headset"]
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
        ("motion", "is not whole yet: do `mrcpr calibrate world`"),
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


def step(procedure: str, subject: str, minute: int) -> dict[str, Step]:
    made = f"2026-11-30T10:{minute:02d}:00+00:00"
    one = Step(procedure=procedure, subject=subject, made_utc=made, software="x", passed=True,
               n_samples=1)  # fmt: skip
    return {one.key: one}


@pytest.mark.parametrize(
    ("newest", "again"),
    [
        (lambda: step("intrinsics", "a", 9), ["depth_a", "world"]),
        (lambda: step("factory-intrinsics", "a", 9), []),
        (lambda: step("depth", "a", 9), []),
        (lambda: step("world", "a", 9), ["plates"]),
        (lambda: step("rest", "rig", 9), ["motion", "headset"]),
        (lambda: step("chest", "MQ-1", 9), ["motion"]),
    ],
)
def test_what_builds_on_older_numbers_is_to_be_done_again(
    newest: Callable[[], dict[str, Step]], again: list[str]
) -> None:
    steps: dict[str, Step] = {}
    for minute, (procedure, subject) in enumerate(
        [("factory-intrinsics", "a"), ("factory-intrinsics", "b"), ("depth", "a"), ("depth", "b"),
         ("world", "a"), ("plates", "rig"), ("rest", "rig"), ("chest", "MQ-1"), ("cells", "MQ-1")]
    ):  # fmt: skip
        steps |= step(procedure, subject, min(minute, 8))
    steps |= step("motion", "a", 8) | step("clocks", "MQ-1", 8) | step("headset", "headset", 8)
    assert outdated_tasks(steps, tasks_of(BOTH)) == ()
    found = outdated_tasks(steps | newest(), tasks_of(BOTH))
    assert [task.key for task in found] == again
