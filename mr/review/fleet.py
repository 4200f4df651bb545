"""What a technician should look at: a rig's state turned into words, the most urgent first.

Takes what a rig said of itself and when, gives attentions with their urgency; leaves where that is
kept to the store, and showing it to the page. Pure: the time is handed in.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from mr.review.live.self_report import DailyCheck, DriftRead, DriftValue, RigSheet

CHECK_EVERY = timedelta(days=1)
SOON = timedelta(days=30)
UNSEEN_FOR = timedelta(days=7)
FAULT_IS_NEW = timedelta(days=2)
MANY_WAIT = 5
Urgency = Literal["bad", "warn", "note"]
ORDER: tuple[Urgency, ...] = ("bad", "warn", "note")


@dataclass(frozen=True, slots=True)
class Attention:
    """One thing to look at."""

    urgency: Urgency
    words: str


@dataclass(frozen=True, slots=True)
class KnownRig:
    """What is known of a rig."""

    seen_utc: datetime | None
    simulated: bool
    software: str
    sheet: RigSheet | None
    check: DailyCheck | None
    drift: DriftRead | None
    faults: Sequence[tuple[datetime, str]]
    outbox_n: int
    outbox_refused: Sequence[str]
    ill: Sequence[tuple[str, str, str]]
    """Streams that are not well now: name, state, why."""


def attentions(rig: KnownRig, now: datetime, server_software: str) -> tuple[Attention, ...]:
    """Say what to look at, the most urgent first."""
    found = [
        *_seen(rig, now),
        *_calibration(rig, now),
        *_check(rig, now),
        *_drift(rig.drift),
        *_now(rig, now),
    ]
    if rig.software and rig.software != server_software:
        found.append(Attention("warn", f"it runs {rig.software}, the server {server_software}"))
    return tuple(sorted(found, key=lambda each: ORDER.index(each.urgency)))


def _seen(rig: KnownRig, now: datetime) -> Iterable[Attention]:
    if rig.seen_utc is None:
        yield Attention("note", "it has never been here")
    elif now - rig.seen_utc > UNSEEN_FOR:
        yield Attention("warn", f"it was not here for {(now - rig.seen_utc).days} days")


def _calibration(rig: KnownRig, now: datetime) -> Iterable[Attention]:
    if rig.sheet is None:
        return
    for words in rig.sheet.concerns:
        yield Attention("bad", words)
    due = rig.sheet.due_utc
    if due is not None and now <= due <= now + SOON:
        yield Attention("warn", f"its calibration is due on {due:%Y-%m-%d}")
    for words in rig.sheet.foreseen:
        yield Attention("warn", words)


def _check(rig: KnownRig, now: datetime) -> Iterable[Attention]:
    check = rig.check
    if check is None:
        if rig.sheet is not None and not rig.simulated:
            yield Attention("warn", "it was never checked: run `mrcpr calibrate check`")
        return
    if not check.passed:
        what = f": {check.text}" if check.text else ""
        yield Attention("bad", f"its newest daily check did not pass{what}")
    elif now - check.made_utc > CHECK_EVERY and not rig.simulated:
        days = (now - check.made_utc).days
        yield Attention("warn", f"its last daily check is {days} day{'s' if days > 1 else ''} old")


def _drift(drift: DriftRead | None) -> Iterable[Attention]:
    for one in () if drift is None else drift.readings:
        urgency = urgency_of(one)
        if urgency is not None:
            what = f"{one.topic} {one.subject}".strip()
            advice = f": {one.advice}" if one.advice else ""
            yield Attention(urgency, f"{what} is off by {one.value:.3g} {one.unit}{advice}")


def urgency_of(one: DriftValue) -> Urgency | None:
    """Tell how urgent a reading is; None: within its limits, or it has none."""
    if one.limit is not None and abs(one.value) > one.limit:
        return "bad"
    if one.warn_at is not None and abs(one.value) > one.warn_at:
        return "warn"
    return None


def _now(rig: KnownRig, now: datetime) -> Iterable[Attention]:
    for stream, state, why in rig.ill:
        yield Attention(
            "bad" if state == "lost" else "warn", f"{stream} is {state}{f': {why}' if why else ''}"
        )
    for at, words in rig.faults:
        if now - at < FAULT_IS_NEW:
            yield Attention("warn", words)
    for words in rig.outbox_refused:
        yield Attention("warn", f"a recording was refused: {words}")
    if rig.outbox_n > MANY_WAIT:
        yield Attention("note", f"{rig.outbox_n} recordings wait to be uploaded")
