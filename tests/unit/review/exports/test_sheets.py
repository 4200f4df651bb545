"""CSV: every number to the last bit, no formula, every mark."""

from __future__ import annotations

import csv
import io

import pytest

from mr.review.exports.export import Edit, Export, marks
from mr.review.exports.sheets import SESSION_COLUMNS, SUMMARY, compressions_csv, sessions_csv
from mr.review.imported import COLUMNS, harmless
from tests.unit.review.conftest import Session
from tests.unit.review.exports.conftest import EDIT, an_export


def rows_of(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text)))


def test_every_compression_is_a_row_to_the_last_bit(export: Export) -> None:
    rows = rows_of(compressions_csv([export]))
    told = export.analysis["compressions"]
    assert tuple(rows[0]) == COLUMNS and len(rows) == len(told) == 30
    for row, c in zip(rows, told, strict=True):
        assert float(row["depth_mm"]) == c["depth_mm"]
        assert row["rate_cpm"] == ("" if c["rate_cpm"] is None else repr(c["rate_cpm"]))
    assert any(c["rate_cpm"] is None for c in told)  # the control: some cell is empty


def test_every_session_is_a_row(export: Export) -> None:
    (row,) = rows_of(sessions_csv([export]))
    assert tuple(row) == SESSION_COLUMNS
    assert (row["learner"], row["class"]) == ("Ada Lovelace", "Nursing 2026")
    assert float(row["score_pct"]) == export.analysis["score"]["value_pct"]
    for key in SUMMARY:
        value = export.analysis["summary"][key]
        assert row[key] == ("" if value is None else str(value))
    assert row["verdict"] == ""  # it was no assessment
    assert row["approved_by"] == "Dr Grey"


def test_an_edited_or_simulated_session_is_marked_in_every_row(session: Session) -> None:
    plain, edited = an_export(session), an_export(session, edits=(EDIT,))
    simulated = an_export(session, kind="sim")
    every = [plain, edited, simulated]
    rows = rows_of(sessions_csv(every))
    assert [r["edited"] for r in rows] == ["false", "true", "false"]
    assert [r["simulated"] for r in rows] == ["false", "false", "true"]
    assert "Dr Grey" in rows[1]["edited_words"] and "slipped" in rows[1]["edited_words"]
    assert rows[0]["edited_words"] == ""
    edits = [r["edited"] for r in rows_of(compressions_csv(every))]
    assert edits == ["false"] * 30 + ["true"] * 30 + ["false"] * 30


def test_the_marks_are_said_only_where_they_are_true(session: Session) -> None:
    assert marks(an_export(session)) == []
    said = marks(an_export(session, kind="sim", edits=(EDIT, Edit("B", "", "zero", ""))))
    assert [m.partition(":")[0] for m in said] == ["SIMULATED", "EDITED"]
    assert "the sensor slipped; zero, by B" in said[1] and "no reason given" in said[1]


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r", "\n", " =", "\u00a0@", "＝"])
def test_no_cell_is_a_formula(session: Session, start: str) -> None:
    hostile = f'{start}HYPERLINK("http://x","y")'
    export = an_export(
        session, who=hostile, course=hostile, edits=(Edit(hostile, "", hostile, hostile),)
    )
    export.analysis["source"]["name"] = hostile
    (row,) = rows_of(sessions_csv([export]))
    assert row["learner"] == row["class"] == row["source"] == f"'{hostile}"
    assert row["edited_words"].startswith("'")
    assert rows_of(compressions_csv([export]))[0]["source"] == f"'{hostile}"


def test_a_number_below_zero_stays_a_number(session: Session) -> None:
    export = an_export(session)
    export.analysis["compressions"][0]["hand_x_mm"] = -3.25
    assert rows_of(compressions_csv([export]))[0]["hand_x_mm"] == "-3.25"


@pytest.mark.parametrize("name", ["Ada", "O'Neill", "a=b", "Grey, Dr", 'say "x"', "Åsa\udc80"])
def test_names_stay_as_they_are(session: Session, name: str) -> None:
    assert harmless(name) == name.encode("utf-8", "replace").decode()
    (row,) = rows_of(sessions_csv([an_export(session, who=name)]))
    assert row["learner"] == harmless(name)
