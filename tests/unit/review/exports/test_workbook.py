"""XLSX, read back by another library: numbers, reasons, marks, and no formula."""

from __future__ import annotations

import dataclasses
import io
import zipfile
from typing import Any

import openpyxl
import pytest

from mr.review.cards import cards_of
from mr.review.exports.export import Editor, Export, Remark
from mr.review.exports.workbook import workbook_xlsx
from tests.unit.review.conftest import Session, a_session
from tests.unit.review.exports.conftest import an_export, corrected

SHEETS = ["Summary", "Score", "Compressions", "Ventilations", "Pauses", "About"]


def opened(export: Export) -> Any:
    return openpyxl.load_workbook(io.BytesIO(workbook_xlsx(export)))


def table(sheet: Any) -> list[dict[str, Any]]:
    """Give the rows beneath the heads; of two alike heads the latter is told apart."""
    heads: list[str] = []
    for cell in sheet[2]:
        heads.append(f"{heads[-1]} {cell.value}" if cell.value in heads else cell.value)
    rows = sheet.iter_rows(min_row=3)
    return [dict(zip(heads, (c.value for c in row), strict=True)) for row in rows]


def test_it_has_its_sheets_with_frozen_heads_and_widths(export: Export) -> None:
    book = opened(export)
    assert book.sheetnames == SHEETS
    for sheet in book:
        assert sheet.freeze_panes == "A3" and sheet.print_title_rows == "$1:$2"
        assert str(sheet["A1"].value).startswith("Ada Lovelace · Nursing 2026 · 2026-11-30 09:30")
        assert sheet.column_dimensions["A"].width >= 6


def test_compressions_are_numbers_to_the_last_bit(export: Export) -> None:
    sheet = opened(export)["Compressions"]
    rows = table(sheet)
    told = export.analysis["compressions"]
    assert len(rows) == len(told)
    for row, c in zip(rows, told, strict=True):
        assert row["No."] == c["index"] + 1
        assert row["Depth (mm)"] == pytest.approx(c["depth_mm"], rel=1e-15)
        assert (row["Rate (/min)"] is None) == (c["rate_cpm"] is None)
    assert {cell.number_format for cell in sheet["E"][2:]} == {"0.0"}
    assert {cell.data_type for cell in sheet["E"][2:]} == {"n"}


def test_every_deduction_and_every_card_is_there(export: Export) -> None:
    book = opened(export)
    items = export.analysis["score"]["items"]
    deductions = [(i["label"], d["points"]) for i in items for d in i["deductions"]]
    rows = [r for r in table(book["Score"]) if r["What"] != "all"]
    assert [(r["Item"], r["Points lost"]) for r in rows] == [
        (label, pytest.approx(points, rel=1e-15)) for label, points in deductions
    ]
    assert len(deductions) == 10
    score, *rows = table(book["Summary"])
    assert score["Value"] == pytest.approx(export.analysis["score"]["value_pct"], rel=1e-15)
    for row, card in zip(rows, cards_of(export.analysis), strict=True):
        assert row["What"] == card.label
        assert row["Value"] == (card.amount and pytest.approx(card.amount, rel=1e-15))


def test_an_unknown_cell_is_empty_and_its_note_says_why(export: Export) -> None:
    book = opened(export)
    (row,) = [r for r in book["Ventilations"].iter_rows(min_row=3) if r[2].value is None]
    assert "airway lost" in row[2].comment.text and row[3].comment is None
    known = next(r for r in book["Ventilations"].iter_rows(min_row=3) if r[2].value is not None)
    assert known[2].comment is None
    first = next(book["Compressions"].iter_rows(min_row=3))
    why = export.analysis["compressions"][0]["why"]["rate_cpm"]
    assert first[8].value is None and why in first[8].comment.text


def test_a_column_unknown_throughout_says_so_once(export: Export) -> None:
    book = opened(export)["Compressions"]
    hands = [c for c in book[2] if str(c.value).startswith("Hand")]
    assert len(hands) == 2 and all("unknown throughout" in c.comment.text for c in hands)
    column = [row[hands[0].column - 1] for row in book.iter_rows(min_row=3)]
    assert all(c.value is None and c.comment is None for c in column)


@pytest.mark.parametrize("hostile", ['=HYPERLINK("http://x","y")', "+1+1", "@SUM(1)", "{=1}"])
def test_no_text_becomes_a_formula_or_a_link(session: Session, hostile: str) -> None:
    export = an_export(
        session,
        who=hostile,
        course="http://example.invalid/&",
        remarks=(Remark(hostile, hostile),),
    )
    export = dataclasses.replace(corrected(export, hostile), editor=Editor(hostile, ""))
    data = workbook_xlsx(export)
    book = openpyxl.load_workbook(io.BytesIO(data))
    texts = [c for sheet in book for row in sheet.iter_rows() for c in row if c.value == hostile]
    assert texts and all(c.data_type == "s" for c in texts)
    with zipfile.ZipFile(io.BytesIO(data)) as parts:
        inside = b"".join(parts.read(n) for n in parts.namelist() if "worksheets" in n)
    assert b"<f>" not in inside and b"<f " not in inside and b"<hyperlink" not in inside


def test_the_marks_stand_on_every_sheet_and_every_printed_page(session: Session) -> None:
    marked = opened(corrected(an_export(session, kind="sim")))
    plain = opened(an_export(session))
    for name in SHEETS:
        said = marked[name]["A1"].value
        assert "SIMULATED" in said and "EDITED by Dr Grey on" in said
        assert "SIMULATED" in marked[name].oddFooter.left.text
        foot = plain[name].oddFooter.left.text
        assert "mannequins only" in foot and "EDITED" not in foot + plain[name]["A1"].value
    about = [(r[0].value, r[1].value) for r in marked["About"].iter_rows(min_row=3)]
    assert ("Edited", "from 9.0 s to 9.5 s: not judged: the sensor slipped") in about
    assert ("Edited", "no") in [(r[0].value, r[1].value) for r in plain["About"].iter_rows()]


def test_about_names_software_guideline_sources_and_definitions(export: Export) -> None:
    rows = [tuple(c.value for c in r) for r in opened(export)["About"].iter_rows(min_row=3)]
    whats = [r[0] for r in rows]
    assert export.analysis["software"] in [r[1] for r in rows]
    assert whats.count("Guideline's value") == len(export.analysis["guideline"]["sources"])
    assert whats.count("Definition") >= 9 and whats.count("Remark") == 2


def test_a_session_without_anything_and_one_with_too_long_words_are_written(
    session: Session,
) -> None:
    empty = opened(an_export(a_session(())))
    assert table(empty["Compressions"]) == [] and table(empty["Summary"])[0]["Value"] is None
    long = opened(an_export(session, who="\ud800" + "x" * 40_000))
    assert len(long["About"]["B4"].value) == 32_001
