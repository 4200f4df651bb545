"""What a procedure found, as the rig file keeps it.

Takes a `Record`, gives the `Step` of the rig's provenance: the numbers with their limits and
what they were made of, without the plots; leaves the plots to the report.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeVar

import mr
from calibration.draft import RigDraft
from calibration.history import NowUtc
from calibration.plan import RECORDED_AS
from calibration.record import Record
from mr.clock.host import wall_now_utc
from mr.rig import Rig
from mr.validity import Found, Step

Made = TypeVar("Made", Rig, RigDraft)


def step_of(record: Record, operator: str = "", *, now: NowUtc = wall_now_utc) -> Step:
    """Write down a procedure that was just gone through."""
    return Step(
        procedure=record.procedure,
        subject=record.subject,
        made_utc=now().isoformat(timespec="seconds"),
        software=f"mrcpr {mr.__version__}",
        operator=operator,
        passed=record.passed,
        n_samples=record.n_samples,
        found={
            check.item: Found(
                value=check.value,
                unit=check.unit,
                sigma=check.sigma,
                low=check.low,
                high=check.high,
            )
            for check in record.checks
        },
        inputs_sha256=record.inputs_sha256,
        note="; ".join(record.notes),
    )


def with_records(
    rig: Made,
    records: tuple[Record, ...],
    operator: str = "",
    inputs_sha256: Mapping[str, str] | None = None,
    *,
    now: NowUtc = wall_now_utc,
) -> Made:
    """Give a rig whose provenance holds these procedures, in the place of their earlier times.

    `inputs_sha256` is of the samples that all of them were made of.
    """
    steps = [step_of(record, operator, now=now) for record in records]
    if inputs_sha256:
        more = dict(inputs_sha256)
        steps = [
            step.model_copy(update={"inputs_sha256": step.inputs_sha256 | more}) for step in steps
        ]
    gone = {f"{name} {step.subject}" for step in steps for name in _siblings(step.procedure)}
    before = {key: step for key, step in rig.provenance.steps.items() if key not in gone}
    older = rig.provenance.model_copy(update={"steps": before})
    provenance = older.with_steps(*steps).model_copy(
        update={
            "made_utc": now().isoformat(timespec="seconds"),
            "software": f"mrcpr {mr.__version__}",
            "operator": operator or rig.provenance.operator,
        }
    )
    return rig.model_copy(update={"provenance": provenance})


def _siblings(procedure: str) -> tuple[str, ...]:
    """Name what else the same thing is filed under: a proved lens and a measured one."""
    lens = RECORDED_AS["intrinsics"]
    return lens if procedure in lens else ()
