"""What a rig reports of itself to its class's server: read from what lies beside its file.

Takes a rig and its file's logs (daily checks, drift), gives a `SelfReport`; leaves sending to
`mr.review.live.reporting`. Who did a check is a person, so that it is left out.
"""

from __future__ import annotations

import math
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

import mr
from calibration.drift_log import DriftEntry, read_drift, trends
from calibration.record import Check
from calibration.service import Work, read_service
from mr.cli.calibrate_check import last_check
from mr.clock.host import wall_now_utc
from mr.errors import MrError
from mr.recording.reader import open_recording
from mr.review.live.self_report import (
    MOST_CHECKS,
    MOST_DRIFTS,
    MOST_FAULTS,
    CheckedItem,
    DailyCheck,
    DriftRead,
    DriftValue,
    Fault,
    Part,
    RigSheet,
    SelfReport,
)
from mr.rig import Rig, rig_sha256
from mr.types import DeviceInfo
from mr.validity import concerns, due

SHORT, WORDS, ITEMS = 100, 500, 80
MOST = 1e9


@dataclass(slots=True)
class RigReporter:
    """Makes a rig's reports; its faults are noted from the main thread."""

    rig: Rig
    rig_file: Path | None
    """None: simulated, and nothing lies beside it."""
    now: Callable[[], datetime] = wall_now_utc
    _faults: list[Fault] = field(default_factory=list)
    _parts: tuple[Part, ...] = ()
    _parts_utc: datetime | None = None
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def fault(self, words: str) -> None:
        """Note what went wrong."""
        with self._lock:
            kept = [*self._faults, Fault(made_utc=self.now(), words=words[:WORDS])]
            self._faults = kept[-MOST_FAULTS:]

    def session_done(self, recording: Path) -> None:
        """Note which devices took part, as the recording's head says."""
        try:
            devices = open_recording(recording).header.devices
        except MrError as error:
            self.fault(f"its recording cannot be read: {error}")
            return
        with self._lock:
            self._parts, self._parts_utc = parts_of(devices), self.now()

    def make(self) -> SelfReport:
        """Put a report together.

        Raises
        ------
        MrError
            When a log beside the rig's file is there and cannot be read.
        """
        drift = () if self.rig_file is None else read_drift(self.rig_file)[0]
        with self._lock:
            faults, parts, parts_utc = tuple(self._faults), self._parts, self._parts_utc
        return SelfReport(
            sheet=self._sheet(drift, parts, parts_utc),
            checks=() if self.rig_file is None else checks_of(self.rig_file),
            drift=tuple(_drift_read(entry) for entry in drift[-MOST_DRIFTS:]),
            faults=faults,
        )

    def _sheet(
        self, drift: Sequence[DriftEntry], parts: tuple[Part, ...], parts_utc: datetime | None
    ) -> RigSheet:
        rig = self.rig
        found = due(rig.provenance, rig.validity)
        foreseen = [trend.words[:WORDS] for trend in trends(drift) if trend.words]
        told = concerns(rig.provenance, rig.validity, self.now())
        return RigSheet(
            software=f"mrcpr {mr.__version__}",
            kind="sim" if rig.provenance.kind == "sim" else "live",
            rig_sha256=rig_sha256(rig),
            parts=parts or _calibrated_parts(rig),
            parts_utc=parts_utc,
            calibrated_utc=rig.provenance.made_utc[:SHORT],
            due_utc=None if found is None else found.at,
            due_why="" if found is None else found.why[:WORDS],
            concerns=tuple(words[:WORDS] for words in told[:20]),
            foreseen=tuple(foreseen[:20]),
        )


def parts_of(devices: Sequence[DeviceInfo]) -> tuple[Part, ...]:
    """Name a recording's devices."""
    return tuple(
        Part(
            what=f"{d.maker} {d.model}".strip()[:SHORT],
            model=d.model[:SHORT],
            serial=d.serial[:SHORT],
            firmware=d.firmware[:SHORT],
        )
        for d in devices[:20]
    )


def _calibrated_parts(rig: Rig) -> tuple[Part, ...]:
    """Name what the rig's file was calibrated with, before any session."""
    mannequin = [] if rig.mannequin is None else [("mannequin", rig.mannequin.serial)]
    cameras = [(f"camera {key}", camera.serial) for key, camera in rig.cameras.items()]
    return tuple(
        Part(what=what[:SHORT], serial=serial[:SHORT]) for what, serial in [*mannequin, *cameras]
    )


def checks_of(rig_file: Path) -> tuple[DailyCheck, ...]:
    """Give a rig's newest daily checks; the numbers are kept of the last one only."""
    done = [e for e in read_service(rig_file)[0] if e.work is Work.CHECK]
    done = sorted(done, key=lambda e: e.made_utc)[-MOST_CHECKS:]
    record = last_check(rig_file)
    items = () if record is None else tuple(_item(c) for c in record.checks if c.limited)[:ITEMS]
    return tuple(
        DailyCheck(
            made_utc=entry.made_utc,
            passed=entry.passed is not False,
            text=entry.text[:WORDS],
            items=items if entry is done[-1] else (),
        )
        for entry in done
    )


def _item(check: Check) -> CheckedItem:
    return CheckedItem(
        item=check.item[:SHORT],
        value=_finite(check.value),
        unit=check.unit[:20],
        sigma=None if check.sigma is None else _finite(check.sigma),
        low=check.low,
        high=check.high,
        passed=check.passed,
        why=check.why[:WORDS],
    )


def _finite(value: float) -> float | None:
    return value if math.isfinite(value) and abs(value) <= MOST else None


def _drift_read(entry: DriftEntry) -> DriftRead:
    readings = [r for r in entry.readings if _finite(r.value) is not None]
    return DriftRead(
        made_utc=entry.made_utc,
        source=entry.source,
        rig_sha256=entry.rig_sha256,
        readings=tuple(
            DriftValue(
                topic=r.topic[:SHORT],
                subject=r.subject[:SHORT],
                value=r.value,
                sigma=_finite(r.sigma) or 0.0,
                unit=r.unit[:20],
                warn_at=r.warn_at,
                limit=r.limit,
                advice=r.advice[:WORDS],
            )
            for r in readings[:ITEMS]
        ),
    )
