"""What a procedure found, noted in the rig that it made.

Takes a `Record` and who did it, gives the draft with a step in its provenance; leaves the
numbers of the rig themselves to the steps. The history then knows what each number was, how
sure, and within which limits, long after the report is lost.
"""

from __future__ import annotations

from collections.abc import Mapping

import mr
from calibration.draft import RigDraft
from calibration.record import Record
from mr.clock.host import wall_now_utc
from mr.validity import Found, Step


def note_record(
    draft: RigDraft, record: Record, operator: str, inputs_sha256: Mapping[str, str]
) -> RigDraft:
    """Put a record into a draft's provenance, in place of the same procedure's older one."""
    now = wall_now_utc().isoformat(timespec="seconds")
    software = f"mrcpr {mr.__version__}"
    step = Step(
        procedure=record.procedure,
        subject=record.subject,
        made_utc=now,
        software=software,
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
        inputs_sha256=record.inputs_sha256 | dict(inputs_sha256),
        note=" ".join(record.notes),
    )
    provenance = draft.provenance.with_steps(step).model_copy(
        update={
            "made_utc": now,
            "software": software,
            "operator": operator or draft.provenance.operator,
        }
    )
    return draft.model_copy(update={"provenance": provenance})
