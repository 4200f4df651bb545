"""The fleet: what rigs report of themselves, and what a technician should look at.

No learner is named here, and no class's people: a technician looks after rigs.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Annotated, Any, Literal, TypeVar

from fastapi import APIRouter, Depends
from pydantic import BaseModel, ValidationError
from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

import mr
from mr.clock.host import wall_now_utc
from mr.config import Strict
from mr.review import fleet
from mr.review.live.self_report import DailyCheck, DriftRead, Fault, Part, RigSheet, SelfReport
from mr.review.live.signing import SignatureError
from mr.review.store.rigs import EnrolledRig, RigReport
from mr.review.web.asking import Running, Technician, not_yours
from mr.review.web.refusals import Refused
from mr.review.web.signed import AskingRig, SigningRig
from mr.review.web.state import Review

router = APIRouter(tags=["fleet"])
REPORTS_PER_MINUTE = 10
KEPT = 2000
"""Of one kind of a rig's reports; the oldest go."""
FUTURE = timedelta(days=1)
"""Clocks differ by that much; a report from later is refused."""
SHOWN = 400
Kind = Literal["check", "drift", "fault"]
M = TypeVar("M", bound=Strict)


class AttentionOut(BaseModel):
    """One thing to look at."""

    urgency: fleet.Urgency
    words: str


class FleetRow(BaseModel):
    """One rig, as a technician sees it."""

    id: str
    name: str
    enrolled_utc: datetime
    seen_utc: datetime | None
    presence: Literal["never", "here", "lost"]
    since_ms: float | None
    simulated: bool
    training: bool
    software: str
    parts: list[Part]
    parts_utc: datetime | None
    calibrated_utc: str
    due_utc: datetime | None
    due_why: str
    check_utc: datetime | None
    check_passed: bool | None
    outbox_n: int
    reported_utc: datetime | None
    attention: list[AttentionOut]
    """What to look at, the most urgent first."""


class DriftPoint(BaseModel):
    """One reading at one time."""

    t_s: float
    """Unix seconds."""
    value: float
    sigma: float
    source: Literal["session", "check"]


class DriftSeries(BaseModel):
    """How one reading went since the rig was last calibrated."""

    topic: str
    subject: str
    unit: str
    warn_at: float | None
    limit: float | None
    points: list[DriftPoint]


class FaultOut(BaseModel):
    """Something that went wrong."""

    at_utc: datetime
    words: str


class FleetPage(FleetRow):
    """One rig with its history, the newest first."""

    checks: list[DailyCheck]
    drift: list[DriftSeries]
    faults: list[FaultOut]


def reporting_rig(rig: SigningRig) -> AskingRig:
    """Give the rig that signed a report."""
    if rig is None:
        raise SignatureError("unsigned", "only a rig reports: sign the request with its key")
    return rig


@router.post("/rigs/report", status_code=204)
def report(
    given: SelfReport, rig: Annotated[AskingRig, Depends(reporting_rig)], review: Running
) -> None:
    """Keep what a rig reports of itself; what is there already is not kept twice."""
    if not review.allowed("report", rig.id, REPORTS_PER_MINUTE):
        raise Refused(429, "too-often", "this rig reports too often: wait a minute")
    now = wall_now_utc()
    dated: list[tuple[Kind, datetime, dict[str, Any]]] = []
    lists: dict[Kind, Sequence[DailyCheck | DriftRead | Fault]] = {
        "check": given.checks, "drift": given.drift, "fault": given.faults
    }  # fmt: skip
    for kind, entries in lists.items():
        for entry in entries:
            if entry.made_utc > now + FUTURE:
                raise Refused(422, "invalid", f"{kind}: it was made later than now")
            dated.append((kind, entry.made_utc, entry.model_dump(mode="json")))
    with review.archive.database.writing() as session:
        row = session.get_one(EnrolledRig, rig.id)
        row.seen_utc = now
        row.facts = {
            **row.facts,
            "sheet": given.sheet.model_dump(mode="json"),
            "reported_utc": now.isoformat(),
        }
        _keep_new(session, rig.id, dated)


def _keep_new(
    session: Session, rig_id: str, dated: Iterable[tuple[Kind, datetime, dict[str, Any]]]
) -> None:
    kept = {
        (kind, at): row_id
        for row_id, kind, at in session.execute(
            select(RigReport.id, RigReport.kind, RigReport.at_utc).where(RigReport.rig_id == rig_id)
        )
    }
    for kind, at, data in dated:
        row_id = kept.get((kind, at))
        if row_id is None:
            session.add(RigReport(rig_id=rig_id, kind=kind, at_utc=at, data=data))
        elif data.get("items"):  # the newest check comes with its numbers
            session.get_one(RigReport, row_id).data = data
    session.flush()
    for kind in ("check", "drift", "fault"):
        of_kind = (RigReport.rig_id == rig_id, RigReport.kind == kind)
        newest = select(RigReport.id).where(*of_kind).order_by(RigReport.at_utc.desc()).limit(KEPT)
        if (session.scalar(select(func.count()).where(*of_kind)) or 0) > KEPT:
            session.execute(delete(RigReport).where(*of_kind, RigReport.id.not_in(newest)))


def _read(kind: type[M], data: Any) -> M | None:
    """Read what was kept by some version of this program; None when this one cannot."""
    try:
        return kind.model_validate(data)
    except ValidationError:
        return None


class _Kept:
    """The reports of rigs, the newest first."""

    def __init__(self, session: Session, rig_ids: list[str], most: int) -> None:
        self._of: dict[tuple[str, str], list[RigReport]] = defaultdict(list)
        for rig_id in rig_ids:
            for kind in ("check", "drift", "fault"):
                query = (
                    select(RigReport)
                    .where(RigReport.rig_id == rig_id, RigReport.kind == kind)
                    .order_by(RigReport.at_utc.desc())
                    .limit(most)
                )
                self._of[rig_id, kind] = list(session.scalars(query))

    def checks(self, rig_id: str) -> list[DailyCheck]:
        found = (_read(DailyCheck, row.data) for row in self._of[rig_id, "check"])
        return [one for one in found if one is not None]

    def drift(self, rig_id: str) -> list[DriftRead]:
        found = (_read(DriftRead, row.data) for row in self._of[rig_id, "drift"])
        return [one for one in found if one is not None]

    def faults(self, rig_id: str) -> list[FaultOut]:
        return [
            FaultOut(at_utc=row.at_utc, words=str(row.data.get("words", "")))
            for row in self._of[rig_id, "fault"]
        ]


def _row(review: Review, rig: EnrolledRig, kept: _Kept, now: datetime) -> FleetRow:
    sheet = _read(RigSheet, rig.facts.get("sheet"))
    checks, drift = kept.checks(rig.id), kept.drift(rig.id)
    status, (presence, since_ms) = review.hub.status(rig.id), review.hub.presence(rig.id)
    here = status is not None and presence == "here"
    simulated = rig.facts.get("simulated") is True or (sheet is not None and sheet.kind == "sim")
    said = (status and status.software, sheet and sheet.software, rig.facts.get("software"))
    software = str(next(filter(None, said), ""))
    outbox_n = int(rig.facts.get("outbox_n") or 0) if status is None else status.outbox_n
    known = fleet.KnownRig(
        seen_utc=now if here else rig.seen_utc,
        simulated=simulated,
        software=software,
        sheet=sheet,
        check=checks[0] if checks else None,
        drift=drift[0] if drift else None,
        faults=[(fault.at_utc, fault.words) for fault in kept.faults(rig.id)],
        outbox_n=outbox_n,
        outbox_refused=() if status is None else status.outbox_refused,
        ill=()
        if status is None or not here
        else [(h.stream, h.state, h.why) for h in status.health if h.state in {"degraded", "lost"}],
    )
    found = fleet.attentions(known, now, f"mrcpr {mr.__version__}")
    return FleetRow(
        id=rig.id,
        name=rig.name,
        enrolled_utc=rig.enrolled_utc,
        seen_utc=rig.seen_utc,
        presence=presence,
        since_ms=since_ms,
        simulated=simulated,
        training=review.hub.is_training(rig.id),
        software=software,
        parts=[] if sheet is None else list(sheet.parts),
        parts_utc=None if sheet is None else sheet.parts_utc,
        calibrated_utc="" if sheet is None else sheet.calibrated_utc,
        due_utc=None if sheet is None else sheet.due_utc,
        due_why="" if sheet is None else sheet.due_why,
        check_utc=checks[0].made_utc if checks else None,
        check_passed=checks[0].passed if checks else None,
        outbox_n=outbox_n,
        reported_utc=rig.facts.get("reported_utc"),
        attention=[AttentionOut(urgency=a.urgency, words=a.words) for a in found],
    )


@router.get("/fleet")
def rigs(me: Technician, review: Running) -> list[FleetRow]:
    """List all rigs, those that need attention first."""
    now = wall_now_utc()
    with review.archive.database.reading() as session:
        live = select(EnrolledRig).where(EnrolledRig.revoked_utc.is_(None))
        found = session.scalars(live.order_by(EnrolledRig.name, EnrolledRig.id)).all()
        kept = _Kept(session, [rig.id for rig in found], 3)
        rows = [_row(review, rig, kept, now) for rig in found]
    return sorted(rows, key=_urgency)


def _urgency(row: FleetRow) -> tuple[int, int]:
    worst = min((fleet.ORDER.index(a.urgency) for a in row.attention), default=len(fleet.ORDER))
    return worst, -len(row.attention)


@router.get("/fleet/{rig_id}")
def one_rig(rig_id: str, me: Technician, review: Running) -> FleetPage:
    """Show one rig with its history."""
    with review.archive.database.reading() as session:
        rig = session.get(EnrolledRig, rig_id)
        if rig is None or rig.revoked_utc is not None:
            session.close()
            raise not_yours(review, me, f"rig:{rig_id[:16]}")
        kept = _Kept(session, [rig.id], SHOWN)
        row = _row(review, rig, kept, wall_now_utc())
    return FleetPage(
        **row.model_dump(),
        checks=kept.checks(rig_id),
        drift=_series(kept.drift(rig_id)),
        faults=kept.faults(rig_id),
    )


def _series(entries: list[DriftRead]) -> list[DriftSeries]:
    """Put readings into series, of the newest calibration only: another one begins anew."""
    found: dict[tuple[str, str, str], DriftSeries] = {}
    if not entries:
        return []
    newest = entries[0].rig_sha256
    for entry in reversed([e for e in entries if e.rig_sha256 == newest]):
        for one in entry.readings:
            key = (one.topic, one.subject, one.unit)
            series = found.setdefault(
                key,
                DriftSeries(
                    topic=one.topic, subject=one.subject, unit=one.unit, warn_at=None, limit=None,
                    points=[],
                ),
            )  # fmt: skip
            series.warn_at, series.limit = one.warn_at, one.limit
            series.points.append(
                DriftPoint(
                    t_s=entry.made_utc.timestamp(),
                    value=one.value,
                    sigma=one.sigma,
                    source=entry.source,
                )
            )
    return list(found.values())
