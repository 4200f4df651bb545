"""The calibration report: one HTML page, and the same as a tagged PDF, to be filed.

Takes a rig, the `Record`s of the procedures that were gone through and the rig before them, gives
a page that says what was measured, how well, by which limits it is judged and what has changed;
leaves every number to the procedures. It asks nothing of a network and runs no script.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

import jinja2
from markupsafe import Markup

import mr
from calibration.difference import Difference, diff_rigs
from calibration.history import STAMP, NowUtc
from calibration.record import BudgetLine, Check, Record, plain
from calibration.report_plots import caption, draw
from mr.clock.host import wall_now_utc
from mr.errors import MrError
from mr.files import write_whole
from mr.review.plots import number
from mr.review.printed import NoPdf, pdf_of
from mr.rig import Rig, rig_sha256
from mr.validity import Step, Validity, due, read_date

Verdict = Literal["pass", "fail", "none"]
VERDICT_WORDS = {"pass": "PASS", "fail": "FAIL", "none": "NOT JUDGED"}
UNIT_WORDS = {"deg": "°"}
SIGMA_DIGITS = 2
"""Significant digits of an uncertainty. Ref: GUM, JCGM 100:2008, 7.2.6."""
VALUE_DIGITS = 4
MOST_DECIMALS = 9
NAMED = 5
"""So many limits that are not kept are named beside the verdict."""
EXPANDED_K = 2.0
"""Ref: GUM, JCGM 100:2008, 6.3.3: about 95 %."""
NAMES = {
    "intrinsics": "Lens of a camera",
    "depth": "Distance of a depth camera",
    "world": "Cameras in one world",
    "plates": "Marker plates",
    "clocks": "Clocks against each other",
    "factory-intrinsics": "Lens of a camera, as its maker says",
    "rest": "Place of the mannequin",
    "chest": "Displacement of the chest",
    "cells": "Load cells",
    "airway": "Ventilation",
    "stiffness": "Stiffness of the chest",
    "motion": "Camera against mannequin",
    "headset": "Headset to rig",
    "check": "Daily check",
    "accept": "Acceptance",
}
"""What a procedure is called in print; another goes by its command's name."""


@dataclass(frozen=True, slots=True)
class ReportFiles:
    """What was written."""

    html: Path
    pdf: Path | None
    hint: str = ""
    """Without a PDF: what to install."""


@dataclass(frozen=True, slots=True)
class Row:
    """One check as it is printed."""

    item: str
    value: str
    sigma: str
    unit: str
    limit: str
    verdict: Verdict
    why: str


@dataclass(frozen=True, slots=True)
class BudgetTable:
    """The sources of one unit's uncertainty, and all of them together."""

    unit: str
    lines: tuple[tuple[str, str, str], ...]
    """Source, how it is known, one-sigma."""
    combined: str
    expanded: str


@dataclass(frozen=True, slots=True)
class Part:
    """One procedure as it is printed."""

    title: str
    subject: str
    anchor: str
    n_samples: int
    verdict: Verdict
    rows: tuple[Row, ...]
    failures: tuple[Row, ...]
    budgets: tuple[BudgetTable, ...]
    plots: tuple[tuple[str, str, Markup], ...]
    """Caption, what is left out, and picture."""
    notes: tuple[str, ...]
    inputs: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Change:
    """One difference as it is printed."""

    thing: str
    what: str
    words: str
    sigma: str
    limit: str
    beyond_limit: bool
    judged: str


def write_report(
    place: Path,
    rig: Rig,
    records: Sequence[Record],
    previous: Rig | None = None,
    *,
    now: NowUtc = wall_now_utc,
) -> ReportFiles:
    """Write the report as HTML and, where WeasyPrint is installed, as a tagged PDF beside it.

    Parameters
    ----------
    place
        A folder, or the name of the HTML file.
    rig
        As it was saved.
    records
        Of what was measured now, in the order in which it is to be read.
    previous
        The rig before; None: there was none to compare with.

    Raises
    ------
    MrError
        When a file cannot be written.
    """
    at = now()
    path = place
    if place.suffix.lower() not in {".html", ".htm"}:
        path = place / f"calibration_{at.astimezone(UTC).strftime(STAMP)}.html"
    html = render_html(rig, records, previous, at)
    _write(path, html.encode())
    try:
        data = pdf_of(html)
    except NoPdf as error:
        return ReportFiles(path, None, str(error))
    _write(path.with_suffix(".pdf"), data)
    return ReportFiles(path, path.with_suffix(".pdf"))


def render_html(rig: Rig, records: Sequence[Record], previous: Rig | None, made: datetime) -> str:
    """Write the page; `made` is when this report is made."""
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("calibration", "."),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    simulated = rig.provenance.kind == "sim"
    parts = tuple(_part(record, k, simulated) for k, record in enumerate(records))
    earlier = _earlier(rig, records)
    differences = () if previous is None else diff_rigs(previous, rig)
    changes = tuple(_change(d) for d in differences if d.changed)
    return environment.get_template("report.html").render(
        rig=rig,
        acceptance=bool(records) and all(record.procedure == "accept" for record in records),
        rig_sha256=rig_sha256(rig),
        simulated=simulated,
        verdict=_overall(parts, earlier),
        verdict_words=VERDICT_WORDS,
        sentence=_sentence(records, earlier),
        calibrated=_day(rig.provenance.made_utc),
        made=f"{made.astimezone(UTC):%Y-%m-%d %H:%M} UTC",
        software=f"mrcpr {mr.__version__}",
        parts=parts,
        earlier=earlier,
        day=_day,
        previous=previous,
        changes=changes,
        n_same=len(differences) - len(changes),
        due=_due(rig),
        room=_room(rig.validity or Validity()),
        disclaimer=mr.DISCLAIMER,
    )


def with_sigma(value: float, sigma: float | None, check: Check | None = None) -> tuple[str, str]:
    """Write a value and its sigma to the digits that mean something.

    A rounded value never seems to keep a limit that it does not keep, nor the other way round.
    """
    if sigma is not None and sigma > 0 and math.isfinite(sigma):
        digits = _decimals(sigma, SIGMA_DIGITS)
    else:
        digits = _decimals(value, VALUE_DIGITS)
        while digits > 0 and float(f"{value:.{digits - 1}f}") == float(f"{value:.{digits}f}"):
            digits -= 1  # 25, not 25.00
    while check is not None and digits < MOST_DECIMALS:
        rounded = check.model_copy(update={"value": float(f"{value:.{digits}f}")})
        if rounded.passed == check.passed:
            break
        digits += 1
    return _number(value, digits), "" if sigma is None else _number(sigma, digits)


def _decimals(value: float, significant: int) -> int:
    if value == 0 or not math.isfinite(value):
        return 0
    return min(max(0, significant - 1 - math.floor(math.log10(abs(value)))), MOST_DECIMALS)


def _number(value: float, digits: int) -> str:
    if not math.isfinite(value):
        return "no number" if math.isnan(value) else ("∞" if value > 0 else "−∞")
    return number(value, digits)


def _part(record: Record, k: int, simulated: bool) -> Part:
    rows = tuple(_row(check) for check in record.checks)
    return Part(
        title=NAMES.get(record.procedure, record.procedure),
        subject=record.subject,
        anchor=f"part{k + 1}",
        n_samples=record.n_samples,
        verdict=_verdict(record),
        rows=rows,
        failures=tuple(row for row in rows if row.verdict == "fail"),
        budgets=_budgets(record.budget),
        plots=tuple(
            (plot.title, caption(plot), draw(plot, f"p{k + 1}-{n}", simulated=simulated))
            for n, plot in enumerate(record.plots)
        ),
        notes=record.notes,
        inputs=tuple(record.inputs_sha256.items()),
    )


def _verdict(record: Record) -> Verdict:
    if not record.passed:
        return "fail"
    return "pass" if any(check.limited for check in record.checks) else "none"


def _row(check: Check) -> Row:
    value, sigma = with_sigma(check.value, check.sigma, check)
    verdict: Verdict = "none"
    if check.limited:
        verdict = "pass" if check.passed else "fail"
    unit = UNIT_WORDS.get(check.unit, check.unit)
    return Row(check.item, value, sigma, unit, check.limits, verdict, check.why)


def _budgets(lines: Sequence[BudgetLine]) -> tuple[BudgetTable, ...]:
    """Group the sources by their unit; independent ones add by their squares."""
    tables = []
    for unit in dict.fromkeys(line.unit for line in lines):
        mine = sorted((b for b in lines if b.unit == unit), key=lambda b: -b.sigma)
        total = math.hypot(*(b.sigma for b in mine))
        digits = _decimals(total, SIGMA_DIGITS + 1)
        tables.append(
            BudgetTable(
                UNIT_WORDS.get(unit, unit),
                tuple((b.source, b.how, _number(b.sigma, digits)) for b in mine),
                _number(total, digits),
                _number(EXPANDED_K * total, digits),
            )
        )
    return tuple(tables)


def _earlier(rig: Rig, records: Sequence[Record]) -> tuple[Step, ...]:
    """Give the rig's steps that were not done again now: they stand by their own dates."""
    now = {f"{record.procedure} {record.subject}" for record in records}
    return tuple(step for key, step in rig.provenance.steps.items() if key not in now)


def _overall(parts: Sequence[Part], earlier: Sequence[Step]) -> Verdict:
    verdicts = [p.verdict for p in parts] + ["pass" if s.passed else "fail" for s in earlier]
    if "fail" in verdicts:
        return "fail"
    return "pass" if "pass" in verdicts else "none"


def _sentence(records: Sequence[Record], earlier: Sequence[Step]) -> str:
    limited = sum(check.limited for record in records for check in record.checks)
    failed = sum(len(record.failures) for record in records)
    old = [step.key for step in earlier if not step.passed]
    many = f"{len(records)} procedure{'' if len(records) == 1 else 's'}"
    if failed:
        names = [
            f"{check.item} ({record.subject})" for record in records for check in record.failures
        ]
        more = f" and {failed - NAMED} more" if failed > NAMED else ""
        said = (
            f"{failed} of {limited} limits in {many} {'is' if failed == 1 else 'are'} not kept: "
            f"{', '.join(names[:NAMED])}{more}."
        )
    elif limited:
        said = f"All {limited} limits in {many} are kept."
    else:
        said = "Nothing that was measured now has a limit."
    if old:
        said += f" Not kept at an earlier date and not done again: {', '.join(old)}."
    return said


def _change(d: Difference) -> Change:
    judged = {True: "more than chance", False: "within chance", None: ""}[d.beyond_sigma]
    if d.always:
        judged = "another part"
    if d.beyond_limit:
        judged = "beyond the limit" + (f", {judged}" if judged else "")
    elif d.limit is not None and not judged:
        judged = "within the limit"
    unit = UNIT_WORDS.get(d.unit, d.unit)
    sigma = "" if d.sigma is None else f"± {with_sigma(0.0, d.sigma)[1]} {unit}"
    limit = "" if d.limit is None else f"± {plain(d.limit)} {unit}"
    return Change(d.thing, d.what, d.words, sigma, limit, d.beyond_limit, judged)


def _due(rig: Rig) -> str:
    if rig.provenance.kind == "sim":
        return "A simulated rig does not age: it has no date."
    found = due(rig.provenance, rig.validity)
    if found is None:
        return "Not known: the rig file's dates cannot be read."
    return f"{found.at:%Y-%m-%d} ({found.why})"


def _room(held: Validity) -> str:
    low, high = held.temperature_low_c, held.temperature_high_c
    if low is not None and high is not None:
        return f"{plain(low)} to {plain(high)} °C"
    if high is not None:
        return f"up to {plain(high)} °C"
    return "" if low is None else f"from {plain(low)} °C"


def _day(text: str) -> str:
    at = read_date(text)
    return text if at is None else f"{at.astimezone(UTC):%Y-%m-%d %H:%M} UTC"


def _write(path: Path, data: bytes) -> None:
    try:
        write_whole(path, data)
    except OSError as error:
        raise MrError(
            f"{path}: cannot write this report ({error.strerror}): choose another place"
        ) from error
