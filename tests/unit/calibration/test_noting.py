"""A record in the rig file: all its numbers, none of its pictures; back to the bit."""

from __future__ import annotations

from datetime import UTC, datetime

from calibration.difference import diff_rigs
from calibration.noting import step_of, with_records
from mr.rig import dumps_rig, loads_rig
from tests.unit.calibration.records import chest_record, lens_record
from tests.unit.calibration.rigs import a_whole_rig

AT = datetime(2026, 12, 1, 9, 30, tzinfo=UTC)


def test_a_rig_file_holds_what_was_found() -> None:
    rig = with_records(
        a_whole_rig(), (lens_record(), chest_record(bad=True)), "N.N.", now=lambda: AT
    )
    again = loads_rig(dumps_rig(rig), "rig.toml")
    assert again == rig
    made = again.provenance
    assert (made.operator, made.made_utc) == ("N.N.", "2026-12-01T09:30:00+00:00")
    assert [s.passed for s in made.steps.values()] == [True, False]
    step = made.steps["chest MQ-1"]
    assert step.note == "The curve holds above 70 mm by its outermost two blocks only."
    assert step.found["hysteresis"].sigma == 0.02 and step.found["levels"].high is None
    assert step.inputs_sha256 == {"chest MQ-1": "a7" * 32}


def test_a_name_that_was_given_before_stays() -> None:
    rig = with_records(a_whole_rig(), (lens_record(),), now=lambda: AT)
    assert rig.provenance.operator == "A. Technician"
    assert rig.provenance.steps["intrinsics side"] == step_of(lens_record(), now=lambda: AT)


def test_what_two_calibrations_found_is_compared() -> None:
    old, new = (with_records(a_whole_rig(), (chest_record(k),), now=lambda: AT) for k in (2, 3))
    (found,) = [d for d in diff_rigs(old, new) if d.changed]
    assert (found.thing, found.what) == ("chest MQ-1", "largest error over 0 to 70 mm")
