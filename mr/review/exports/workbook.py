"""A session as a workbook: summary, score, compressions, ventilations, pauses, about.

Takes an `Export`, gives the bytes of an XLSX file. Numbers are numbers, to sixteen digits, shown
rounded; text is text, whatever it begins with; what is unknown is an empty cell whose note says
why. The first row of each sheet, and each printed page's foot, bears what must not be lost.
"""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import xlsxwriter
from xlsxwriter.format import Format
from xlsxwriter.worksheet import Worksheet

from mr.review.cards import cards_of
from mr.review.exports.about import about_rows
from mr.review.exports.export import MANNEQUINS_ONLY, Export, marks
from mr.review.plots import PAUSE_WORDS, idle_spans

Json = dict[str, Any]
Value = str | float | bool | None

MOST_TEXT = 32_000
"""Of one cell; a spreadsheet holds 32,767 characters."""
MOST_FOOT = 200
"""Of a page's foot; a spreadsheet holds 255 characters with its codes."""
HEAD = 1
"""Row of a sheet's column heads; above it stand the marks."""


@dataclass(frozen=True, slots=True)
class Column:
    """One column of a sheet."""

    head: str
    width: float
    form: str = "text"
    """Name of its number format in `FORMS`."""


FORMS = {
    "text": "@",
    "count": "0",
    "tenth": "0.0",
    "hundredth": "0.00",
    "second": "0.000",
    "share": "0.0",
}
SIGMA = 11.0
COMPRESSION = (
    ("No.", "index", 6, "count"),
    ("Onset (s)", "onset_s", 10, "second"),
    ("Peak (s)", "peak_s", 10, "second"),
    ("Release (s)", "release_s", 11, "second"),
    ("Depth (mm)", "depth_mm", 11, "tenth"),
    ("sigma (mm)", "depth_sigma_mm", SIGMA, "hundredth"),
    ("Left at release (mm)", "release_depth_mm", 12, "tenth"),
    ("sigma (mm)", "release_depth_sigma_mm", SIGMA, "hundredth"),
    ("Rate (/min)", "rate_cpm", 11, "tenth"),
    ("sigma (/min)", "rate_sigma_cpm", SIGMA, "hundredth"),
    ("Duty cycle (0–1)", "duty_cycle", 11, "hundredth"),
    ("Release speed (mm/s)", "release_velocity_mm_s", 12, "count"),
    ("Force left (N)", "release_force_n", 10, "tenth"),
    ("Peak force (N)", "force_peak_n", 10, "count"),
    ("Hand to its left (mm)", "hand_x_mm", 12, "tenth"),
    ("Hand to its head (mm)", "hand_y_mm", 12, "tenth"),
)
VENTILATION = (
    ("Start (s)", "start_s", 10, "second"),
    ("End (s)", "end_s", 10, "second"),
    ("Volume (mL)", "volume_ml", 12, "count"),
    ("sigma (mL)", "volume_sigma_ml", SIGMA, "tenth"),
    ("Inspiration (s)", "inspiration_s", 12, "hundredth"),
)


def workbook_xlsx(export: Export) -> bytes:
    """Write the workbook."""
    file = io.BytesIO()
    options = {
        "in_memory": True,
        "strings_to_formulas": False,
        "strings_to_urls": False,
        "strings_to_numbers": False,
    }
    with xlsxwriter.Workbook(file, options) as book:
        book.set_properties(
            {
                "title": f"CPR session of {_text(export.who)}",
                "subject": MANNEQUINS_ONLY,
                "comments": _text(" ".join(marks(export))),
            }
        )
        sheets = _Sheets(book, export)
        _summary(sheets, export)
        _score(sheets, export)
        _rows(sheets, "Compressions", COMPRESSION, export.analysis["compressions"])
        _rows(sheets, "Ventilations", VENTILATION, export.analysis["ventilations"])
        _pauses(sheets, export)
        about = sheets.new("About", (Column("What", 30), Column("", 60), Column("", 60)))
        for k, row in enumerate(about_rows(export), HEAD + 1):
            sheets.row(about, k, row, (Column("", 0),) * 3)
    return file.getvalue()


class _Sheets:
    """Makes sheets that look alike and bear the same marks."""

    def __init__(self, book: xlsxwriter.Workbook, export: Export) -> None:
        self._book = book
        said = marks(export)
        who = [export.who, export.course, export.made_words]
        self._marks = _text(" · ".join([*filter(None, who), *said]))
        self._foot = _text(" ".join([MANNEQUINS_ONLY, *said]))[:MOST_FOOT].replace("&", "&&")
        loud = {"bold": True, "bg_color": "#FFF3D6", "border": 1} if said else {"italic": True}
        self._mark_form = book.add_format(loud)
        self._head_form = book.add_format(
            {"bold": True, "text_wrap": True, "valign": "top", "bg_color": "#E7ECEF", "bottom": 1}
        )
        self._forms: dict[str, Format] = {
            name: book.add_format(
                {"num_format": form, "text_wrap": name == "text", "valign": "top"}
            )
            for name, form in FORMS.items()
        }

    def new(self, name: str, columns: Sequence[Column]) -> Worksheet:
        sheet = self._book.add_worksheet(name)
        sheet.write_string(0, 0, self._marks, self._mark_form)
        for k, column in enumerate(columns):
            sheet.set_column(k, k, column.width)
            sheet.write_string(HEAD, k, column.head, self._head_form)
        sheet.freeze_panes(HEAD + 1, 0)
        sheet.set_landscape()
        sheet.set_paper(9)  # A4
        sheet.fit_to_pages(1, 0)
        sheet.repeat_rows(0, HEAD)
        sheet.set_footer(f"&L{self._foot}&R&P of &N")
        return sheet

    def row(
        self, sheet: Worksheet, k: int, values: Sequence[Value], columns: Sequence[Column]
    ) -> None:
        for j, (value, column) in enumerate(zip(values, columns, strict=True)):
            self.cell(sheet, k, j, value, column.form)

    def cell(
        self, sheet: Worksheet, k: int, j: int, value: Value, form: str, why: str = ""
    ) -> None:
        """Write one cell; an unknown one is empty, and a note says why."""
        look = self._forms[form]
        if value is None:
            sheet.write_blank(k, j, None, look)
            if why:
                sheet.write_comment(k, j, f"unknown: {_text(why)}")
        elif isinstance(value, bool):
            sheet.write_string(k, j, "yes" if value else "no", self._forms["text"])
        elif isinstance(value, str):
            sheet.write_string(k, j, _text(value), self._forms["text"])
        else:
            sheet.write_number(k, j, value, look)


def _summary(sheets: _Sheets, export: Export) -> None:
    columns = (
        Column("What", 24), Column("Value", 11, "tenth"), Column("sigma", 10, "hundredth"),
        Column("Unit", 13), Column("Target", 34), Column("On target", 11), Column("Meaning", 80),
    )  # fmt: skip
    sheet = sheets.new("Summary", columns)
    score = export.analysis["score"]
    interval = "no interval: the sensors' accuracy is not known"
    if score["interval_low_pct"] is not None:
        interval = f"{score['interval_low_pct']:.1f} to {score['interval_high_pct']:.1f}"
    sheets.row(sheet, HEAD + 1, ("Score", None, None, "%", interval, "", ""), columns)
    why = "; ".join(score["missing"]) or "there is nothing to score"
    sheets.cell(sheet, HEAD + 1, 1, score["value_pct"], "tenth", why)
    for k, card in enumerate(cards_of(export.analysis), HEAD + 2):
        on_target = "" if card.on_target is None else ("yes" if card.on_target else "no")
        row = (card.label, None, card.sigma, card.unit, card.target, on_target, card.definition)
        sheets.row(sheet, k, row, columns)
        form = "tenth" if card.digits else "count"
        sheets.cell(sheet, k, 1, card.amount, form, card.why)


def _score(sheets: _Sheets, export: Export) -> None:
    """Write every item, and below each its every deduction."""
    columns = (
        Column("Item", 26), Column("Weight (points)", 10, "tenth"),
        Column("Reached (%)", 10, "tenth"), Column("Points lost", 10, "hundredth"),
        Column("What", 14), Column("No.", 6, "count"),
        Column("At (s)", 9, "tenth"), Column("Why", 70),
    )  # fmt: skip
    sheet = sheets.new("Score", columns)
    k = HEAD + 1
    for item in export.analysis["score"]["items"]:
        why = item["reason"] or "not judged"
        row = (item["label"], item["weight_pct"], None, None, "all", None, None, item["reason"])
        sheets.row(sheet, k, row, columns)
        sheets.cell(sheet, k, 2, item["value_pct"], "tenth", why)
        sheets.cell(sheet, k, 3, item["points_lost"], "hundredth", why)
        for d in item["deductions"]:
            k += 1
            place = None if d["index"] is None else d["index"] + 1
            row = (item["label"], None, None, d["points"], d["what"], place, d["at_s"], d["reason"])
            sheets.row(sheet, k, row, columns)
        k += 1


def _rows(
    sheets: _Sheets,
    name: str,
    table: Sequence[tuple[str, str, float, str]],
    rows: Sequence[Json],
) -> None:
    """Write a row each; where a whole column is unknown for one reason, its head says so."""
    sheet = sheets.new(name, [Column(head, width, form) for head, _, width, form in table])
    for j, (head, key, _, form) in enumerate(table):
        reasons = [_why(row, key) for row in rows]
        same = len(rows) > 1 and reasons[0] != "" and len(set(reasons)) == 1
        if same:
            sheet.write_comment(HEAD, j, f"{head} is unknown throughout: {_text(reasons[0])}")
        for k, (row, why) in enumerate(zip(rows, reasons, strict=True), HEAD + 1):
            value = row[key] + 1 if key == "index" else row[key]
            sheets.cell(sheet, k, j, value, form, "" if same else why)


def _why(row: Json, key: str) -> str:
    """Say why a value is unknown; a sigma's reason stands beside its value."""
    return "" if row[key] is not None else str(row["why"].get(key, ""))


def _pauses(sheets: _Sheets, export: Export) -> None:
    columns = (
        Column("Start (s)", 10, "second"), Column("End (s)", 10, "second"),
        Column("Length (s)", 10, "second"), Column("Kind", 24),
    )  # fmt: skip
    sheet = sheets.new("Pauses", columns)
    for k, p in enumerate(idle_spans(export.analysis), HEAD + 1):
        kind = PAUSE_WORDS[p["kind"]]
        row = (p["start_s"], p["end_s"], p["end_s"] - p["start_s"], kind)
        sheets.row(sheet, k, row, columns)


def _text(text: str) -> str:
    """Keep text writable and within what a cell holds."""
    whole = text.encode("utf-8", "replace").decode()
    return whole if len(whole) <= MOST_TEXT else f"{whole[:MOST_TEXT]}…"
