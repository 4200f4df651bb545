"""CSV: every number to the last bit, no formula, every mark."""

from __future__ import annotations

import csv
import dataclasses
import io

import pytest

from mr.review.exports.export import Editor, Export, edited_words, marks
from mr.review.exports.sheets import SESSION_COLUMNS, SUMMARY, compressions_csv, sessions_csv
from mr.review.imported import COLUMNS, harmless
from tests.conftest import ROOT
from tests.unit.review.conftest import Session
from tests.unit.review.exports.conftest import an_export, corrected


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
    plain, edited = an_export(session), corrected(an_export(session))
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
    edited = corrected(an_export(session, kind="sim"))
    said = marks(edited)
    assert [m.partition(" ")[0] for m in said] == ["SIMULATED:", "EDITED"]
    assert edited_words(edited) == (
        "by Dr Grey on 2026-11-30 10:15 UTC: judged from the start to 20.0 s (the bell rang); "
        "from 9.0 s to 9.5 s: not judged (the sensor slipped); "
        "zero moved by −1.5 mm, from the start to the end (a blanket)"
    )
    nameless = dataclasses.replace(edited, editor=None)
    assert marks(nameless)[1].startswith("EDITED judged from")
    # An editor of an analysis that holds no correction has edited nothing.
    assert edited_words(an_export(session, editor=Editor("x", ""))) == ""


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r", "\n", " =", "\u00a0@", "＝"])
def test_no_cell_is_a_formula(session: Session, start: str) -> None:
    hostile = f'{start}HYPERLINK("http://x","y")'
    export = corrected(an_export(session, who=hostile, course=hostile))
    export.analysis["source"]["name"] = hostile
    (row,) = rows_of(sessions_csv([export]))
    assert row["learner"] == row["class"] == row["source"] == f"'{hostile}"
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


def test_the_guide_names_every_column() -> None:
    guide = (ROOT / "docs" / "guides" / "instructor" / "exports.md").read_text(encoding="utf-8")
    assert [name for name in SESSION_COLUMNS if f"`{name}`" not in guide] == []
