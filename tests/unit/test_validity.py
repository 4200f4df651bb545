"""How long a calibration holds, and that files without a word about it are as they were."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from mr.errors import ConfigError
from mr.rig import Provenance, Rig, dumps_rig, loads_rig, rig_sha256
from mr.validity import RECALIBRATE_AFTER_DAYS, Found, Step, Validity, concerns, due
from tests.unit.recording.conftest import a_rig

NOW = datetime(2026, 11, 30, 8, 0, tzinfo=UTC)


def made(days_ago: float, *steps: Step, **more: Any) -> Provenance:
    at = (NOW - timedelta(days=days_ago)).isoformat()
    return Provenance(made_utc=at, software="t", kind="live", **more).with_steps(*steps)


def a_step(days_ago: float = 0.0, **more: Any) -> Step:
    at = (NOW - timedelta(days=days_ago)).isoformat()
    values = {"procedure": "chest", "subject": "MQ-1", "made_utc": at, "software": "t"}
    return Step.model_validate(values | {"passed": True} | more)


def test_a_file_without_steps_is_written_as_it_was() -> None:
    text = dumps_rig(a_rig())
    assert "steps" not in text and "operator" not in text and "validity" not in text
    rig = loads_rig(text, "rig.toml")
    assert (rig.provenance.steps, rig.provenance.operator, rig.validity) == ({}, "", None)


def test_steps_come_back_as_they_were_with_a_line_for_each_number() -> None:
    found = {
        "largest residual, mm": Found(value=0.1, unit="mm", sigma=0.01, high=0.2),
        "none": Found(value=float("inf")),
    }
    step = a_step(found=found, operator='Å. "Q" Åberg', n_samples=15, inputs_sha256={"a": "b"})
    rig = a_rig()
    rig = rig.model_copy(
        update={
            "provenance": rig.provenance.with_steps(step, a_step(procedure="cells")),
            "validity": Validity(recalibrate_after_days=30, temperature_low_c=18.0),
        }
    )
    text = dumps_rig(rig)
    assert '"largest residual, mm" = {value = 0.1, unit = "mm", sigma = 0.01, high = 0.2}' in text
    assert loads_rig(text, "rig.toml") == rig
    assert rig_sha256(rig) != rig_sha256(a_rig())


def test_the_same_procedure_done_again_takes_its_place() -> None:
    provenance = made(0, a_step(9), a_step(9, subject="MQ-2")).with_steps(a_step(1))
    assert set(provenance.steps) == {"chest MQ-1", "chest MQ-2"}
    assert provenance.steps["chest MQ-1"] == a_step(1)


@pytest.mark.parametrize(
    ("provenance", "validity", "days"),
    [
        (made(100), None, RECALIBRATE_AFTER_DAYS - 100),
        (made(100), Validity(recalibrate_after_days=30), -70),
        (made(100, a_step(10)), Validity(recalibrate_after_days=30), 20),
        (made(0, a_step(10), a_step(25, procedure="cells")),
         Validity(recalibrate_after_days=30), 5),
        (made(0), Validity(valid_until_utc="2026-12-02T08:00:00Z"), 2),
        (made(0), Validity(valid_until_utc="2099-01-01"), RECALIBRATE_AFTER_DAYS),
    ],
)  # fmt: skip
def test_the_first_part_that_is_due_counts(
    provenance: Provenance, validity: Validity | None, days: float
) -> None:
    found = due(provenance, validity)
    assert found is not None
    assert found.at - NOW == timedelta(days=days)
    said = concerns(provenance, validity, NOW)
    assert said == () if days >= 0 else f"due {-days} days ago" in said[0]


def test_a_plan_of_never_is_none() -> None:
    found = due(made(0), Validity(recalibrate_after_days=10**8))
    assert found is not None and found.at.year == 9999


def test_what_a_session_should_know_is_said() -> None:
    assert concerns(made(0), None, NOW) == ()
    (late,) = concerns(made(400), None, NOW)
    assert (
        late
        == "its calibration was due 35 days ago (365 days after the rig, 2025-10-26): recalibrate"
    )
    (failed,) = concerns(made(0, a_step(passed=False)), None, NOW)
    assert "did not keep its limits when calibrated: chest MQ-1" in failed
    (ahead,) = concerns(made(-3), None, NOW)
    assert "this computer's clock" in ahead
    no_date = Provenance(made_utc="last week", software="t", kind="live")
    assert due(no_date, None) is None
    assert "'last week' cannot be read" in concerns(no_date, None, NOW)[0]


def test_a_simulated_rig_does_not_age() -> None:
    provenance = made(4000, a_step(passed=False)).model_copy(update={"kind": "sim"})
    assert due(provenance, None) is None
    assert concerns(provenance, None, NOW) == ()


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ("[validity]\nrecalibrate_after_days = 0", "greater than 0"),
        ('[validity]\nvalid_until_utc = "soon"', "'soon' is no date in ISO 8601"),
        ("[validity]\ntemperature_low_c = 25\ntemperature_high_c = 18", "25 to 18 degrees"),
        ("[validity]\nrecalibrate = 3", "unknown key"),
        ('[provenance.steps.a]\nprocedure = "a"', "field required"),
    ],
)
def test_a_validity_that_cannot_be_is_refused(more: str, words: str) -> None:
    with pytest.raises(ConfigError, match=words):
        loads_rig(dumps_rig(a_rig()) + "\n" + more, "rig.toml")


def test_another_serial_number_is_still_refused() -> None:
    rig: Rig = a_rig().model_copy(update={"validity": Validity()})
    with pytest.raises(Exception, match="use its own rig file"):
        rig.require_mannequin("MQ-2")
