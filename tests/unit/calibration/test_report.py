"""The report says what was found, whole and harmless; its PDF is tagged."""

from __future__ import annotations

import html
import logging
import re
import sys
import zlib
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

from calibration.record import BudgetLine, Check, Plot, Record, band, line, points
from calibration.report import render_html, with_sigma, write_report
from calibration.report_plots import COLORS, MOST_POINTS, caption, described, draw
from mr.errors import MrError
from mr.review.printed import NoPdf, pdf_of
from mr.rig import Rig
from mr.validity import Step
from tests.unit.calibration.records import chest_record, lens_record
from tests.unit.calibration.rigs import a_whole_rig

AT = datetime(2026, 11, 30, 9, 30, tzinfo=UTC)
CURE = "pip install 'mrcpr[report]' and ./system-packages.sh report"
RECORDS = (lens_record(), chest_record())


def words_of(page: str) -> str:
    """Give the page's text, with its spaces made one."""
    body = re.sub(r"<style>.*?</style>|<svg.*?</svg>", " ", page, flags=re.S)
    return re.sub(r"\s+", " ", html.unescape(re.sub(r"<[^>]+>", " ", body)))


def page_of(
    records: Sequence[Record] = RECORDS, rig: Rig | None = None, previous: Rig | None = None
) -> str:
    return render_html(rig or a_whole_rig(), records, previous, AT)


def row_of(page: str, item: str) -> str:
    (row,) = [r for r in re.findall(r"<tr.*?</tr>", page, flags=re.S) if f">{item}<" in r][:1]
    return words_of(row)


# --- what it says ----------------------------------------------------------------------------


def test_a_good_calibration_passes_and_says_how_well() -> None:
    page = page_of()
    said = words_of(page)
    assert "PASS" in said and "FAIL" not in said
    assert "All 6 limits in 2 procedures are kept." in said
    assert row_of(page, "focal length, colour").split() == (
        ["focal", "length,", "colour", "612.34", "0.31", "px", "information"]
    )
    assert "0.056 0.050 % ± 0.2 ✓ pass" in said
    for known in ("A. Technician", "MQ-1 (adult)", "side: D435, SN-1234", "mrcpr 0.1.0",
                  "2026-11-30 08:00 UTC", "18 to 27 °C", "2027-05-29 (180 days after the rig",
                  "issue 6: intrinsics within 0.2 %", "3f" * 32,
                  "There was no earlier calibration"):  # fmt: skip
        assert known in said, known


def test_a_bad_one_fails_in_words_with_what_to_do() -> None:
    page = page_of((lens_record(), chest_record(bad=True)))
    said = words_of(page)
    assert (
        "FAIL 1 of 6 limits in 2 procedures is not kept: largest error over 0 to 70 mm (MQ-1)."
        in said
    )
    assert "✗ FAIL" in row_of(page, "largest error over 0 to 70 mm")
    assert "look for something under the chest plate" in said
    assert "Lens of a camera · side ✓ PASS" in said and "MQ-1 ✗ FAIL" in said
    # What to do is no origin of a limit.
    assert "under the chest plate" not in said.split("Limits and where they are from")[1]


def test_a_number_that_is_none_fails() -> None:
    check = Check(item="depth", value=float("nan"), unit="mm", high=1.0)
    record = Record(procedure="depth", subject="side", checks=(check,), n_samples=3)
    said = words_of(page_of((record,)))
    assert "no number mm ≤ 1 ✗ FAIL" in said


def test_what_has_no_limit_is_not_judged() -> None:
    record = Record(
        procedure="something new", subject="side", n_samples=1,
        checks=(Check(item="size", value=3.0, unit="mm"),),
    )  # fmt: skip
    said = words_of(page_of((record,)))
    assert "NOT JUDGED Nothing that was measured now has a limit." in said
    assert "something new · side" in said
    assert "Nothing was measured for this report." in words_of(page_of(()))


def test_a_simulated_rig_says_so_everywhere() -> None:
    page = page_of(rig=a_whole_rig(kind="sim"))
    assert "SIMULATED These numbers come from a simulated rig" in words_of(page)
    assert 'data-kind="SIMULATED"' in page and "(simulated)" in page.split("</title>")[0]
    plots = re.findall(r'<svg class="plot".*?</svg>', page, flags=re.S)
    assert len(plots) == 3 and all(">SIMULATED<" in p for p in plots)
    assert "SIMULATED" not in page_of()


def test_budgets_add_by_their_squares_unit_by_unit() -> None:
    said = words_of(page_of())
    assert "Combined (root of the sum of squares) 0.301" in said  # 0.21, 0.12 and 0.18 px
    assert "Expanded, k = 2 (about 95 %) 0.603" in said
    assert "0.0216" in said and "Uncertainty budget, °" in said


def test_an_earlier_step_stands_by_its_date_and_can_fail_the_rig() -> None:
    rig = a_whole_rig()
    old = Step(procedure="airway", subject="MQ-1", made_utc="2026-08-01T10:00:00Z", software="t",
               operator="B. Other", passed=False)  # fmt: skip
    again = old.model_copy(update={"procedure": "chest"})
    rig = rig.model_copy(update={"provenance": rig.provenance.with_steps(old, again)})
    said = words_of(page_of(rig=rig))
    assert "airway MQ-1 2026-08-01 10:00 UTC B. Other ✗ FAIL" in said
    assert "FAIL All 6 limits in 2 procedures are kept. Not kept at an earlier date" in said
    assert "chest MQ-1 2026-08-01" not in said  # that was measured again


def test_changes_are_told_with_what_is_beyond_a_limit() -> None:
    old = a_whole_rig()
    side = old.cameras["side"].model_copy(update={"latency_s": 0.03, "depth_gain": 1.001})
    page = page_of(rig=old.model_copy(update={"cameras": {"side": side}}), previous=old)
    assert "▲ beyond the limit" in row_of(page, "camera side: latency")
    assert "within the limit" in row_of(page, "camera side: depth of the chest")
    assert "None of the" in words_of(page_of(previous=old))


@pytest.mark.parametrize(
    ("value", "sigma", "high", "written"),
    [
        (612.3412, 0.312, None, ("612.34", "0.31")),
        (-0.00004, 0.02, None, ("0.000", "0.020")),
        (1234.5, 123.0, None, ("1234", "123")),
        (25.0, None, None, ("25", "")),
        (0.12345, None, None, ("0.1235", "")),
        (0.2004, 0.1, 0.2, ("0.2004", "0.1000")),  # never seems to keep what it does not
        (0.2, 0.1, 0.2, ("0.20", "0.10")),
        (1.00000001, None, 1.0, ("1.00000001", "")),
        (float("inf"), None, 1.0, ("∞", "")),
        (0.0, 0.0, None, ("0", "0")),
    ],
)
def test_numbers_have_the_digits_that_mean_something(
    value: float, sigma: float | None, high: float | None, written: tuple[str, str]
) -> None:
    check = Check(item="x", value=value, unit="mm", sigma=sigma, high=high)
    assert with_sigma(value, sigma, check) == written


def test_names_are_not_read_as_html_nor_as_formulas() -> None:
    evil = '<script>alert(1)</script> & "$x$"'
    record = Record(
        procedure=evil, subject=evil, n_samples=1, notes=(evil,),
        checks=(Check(item=evil, value=2.0, unit=evil, high=1.0, why=evil),),
        budget=(BudgetLine(source=evil, sigma=1.0, unit=evil, how=evil),),
        plots=(Plot(title=evil, x_label=evil, y_label=evil,
                    series=(points(evil, [0, 1], [0, 1]), line(evil, [0, 1], [0, 1]))),),
        inputs_sha256={evil: evil},
    )  # fmt: skip
    rig = a_whole_rig(name=evil)
    rig = rig.model_copy(
        update={"provenance": rig.provenance.model_copy(update={"operator": evil})}
    )
    page = page_of((record,), rig)
    assert "<script" not in page
    assert "$x$" in page


def test_it_asks_nothing_of_a_network_and_has_no_id_twice() -> None:
    page = page_of()
    assert not re.search(r'(?:src|href)="(?!#)', page)
    assert "http" not in re.sub(r'xmlns(?::xlink)?="[^"]+"|http-equiv', "", page)
    ids = re.findall(r'\bid="([^"]+)"', page)
    assert len(ids) == len(set(ids)) > 20
    used = set(re.findall(r'href="#([^"]+)"|url\(#([^)]+)\)|aria-labelledby="([^"]+)"', page))
    assert {name for names in used for name in names if name} <= set(ids)


# --- plots -----------------------------------------------------------------------------------


def test_a_plot_is_whole_svg_with_its_words() -> None:
    plot = RECORDS[1].plots[0]
    root = ElementTree.fromstring(str(draw(plot, "k", simulated=False)))
    assert root.get("role") == "img"
    (title,) = root.findall("{http://www.w3.org/2000/svg}title")
    assert title.text == described(plot)
    assert "limit: a band from 0 to 70.0, values −0.200 to 0.200" in described(plot)
    assert "going down: 15 points" in described(plot)


@pytest.mark.parametrize(
    "plot",
    [
        Plot(title="none", x_label="x", y_label="y", series=()),
        Plot(title="none", x_label="x", y_label="y", series=(), equal=True),
        Plot(title="empty", x_label="x", y_label="y", series=(points("a", [], []),), equal=True),
        Plot(title="one", x_label="x", y_label="y", series=(points("a", [1], [2]),), equal=True),
        Plot(title="nan", x_label="x", y_label="y",
             series=(points("a", [1, float("nan")], [float("inf"), 2]), line("b", [1], [1]))),
        Plot(title="band", x_label="x", y_label="y", series=(band("a", [1, 2], [1, 1], [2, 2]),)),
    ],
    ids=lambda p: p.title,
)  # fmt: skip
def test_a_plot_of_little_is_a_plot(plot: Plot) -> None:
    ElementTree.fromstring(str(draw(plot, "k", simulated=True)))


def test_a_line_is_parted_where_it_is_no_number() -> None:
    nan = float("nan")

    def lifted(y: list[float]) -> int:
        plot = Plot(title="t", x_label="x", y_label="y", series=(line("b", range(len(y)), y),))
        drawn = str(draw(plot, "k", simulated=False))
        (path,) = re.findall(rf'<path d="([^"]+)"[^>]*stroke: {COLORS[0]}', drawn)
        return path.count("M")

    assert lifted([1.0, 1.0, nan, 2.0, 2.0]) == 2
    assert lifted([1.0, 1.0, 1.5, 2.0, 2.0]) == 1, "the control"


def test_a_plot_of_too_many_points_keeps_the_farthest_and_says_so() -> None:
    y = [0.0] * 9999
    y[4321] = 7.0
    plot = Plot(title="t", x_label="x", y_label="y", series=(points("a", range(9999), y),))
    assert caption(plot) == f"{MOST_POINTS} of 9999 points are drawn"
    drawn = str(draw(plot, "k", simulated=False))
    assert len(drawn) < 200_000
    starts = re.findall(r"M([0-9.]+) ([0-9.]+)l", drawn)
    assert MOST_POINTS - 2 <= len(starts) <= MOST_POINTS
    assert len({y for _, y in starts}) == 2
    assert caption(RECORDS[0].plots[0]) == ""


# --- files -----------------------------------------------------------------------------------


def test_without_weasyprint_the_page_is_there_with_a_hint(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "weasyprint", None)
    files = write_report(tmp_path, a_whole_rig(), RECORDS, now=lambda: AT)
    assert files.html == tmp_path / "calibration_2026-11-30T09-30-00Z.html"
    assert files.html.read_text(encoding="utf-8") == page_of()
    assert files.pdf is None and "pip install 'mrcpr[report]'" in files.hint


def test_without_pango_its_packages_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    class NoPango:
        def find_spec(self, name: str, *_: Any) -> None:
            if name == "weasyprint":
                raise OSError("cannot load library 'pango-1.0-0'")

    for name in [n for n in sys.modules if n.partition(".")[0] == "weasyprint"]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setattr(sys, "meta_path", [NoPango(), *sys.meta_path])
    with pytest.raises(NoPdf, match=r"system-packages\.sh report .*libpangoft2-1\.0-0"):
        pdf_of("<p>x</p>")


def test_a_place_that_cannot_be_written_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(MrError, match="cannot write this report"):
        write_report(tmp_path / "file" / "r.html", a_whole_rig(), RECORDS)


def opened(pdf: bytes) -> bytes:
    """Give a PDF with its compressed streams unpacked, to look for words in it."""
    parts = [pdf]
    for stream in re.findall(rb"stream\r?\n(.*?)\r?\nendstream", pdf, flags=re.S):
        try:
            parts.append(zlib.decompress(stream))
        except zlib.error:
            continue
    return b"\n".join(parts)


def test_the_pdf_is_tagged(tmp_path: Path, require: Any, caplog: pytest.LogCaptureFixture) -> None:
    require.module("weasyprint", CURE)
    with caplog.at_level(logging.ERROR, "weasyprint"):
        files = write_report(
            tmp_path / "report.html", a_whole_rig(kind="sim"), RECORDS, a_whole_rig(kind="sim")
        )
    assert not caplog.records  # a picture without words, a page without a language, ...
    assert files.pdf == tmp_path / "report.pdf" and files.hint == ""
    data = files.pdf.read_bytes()
    assert data.startswith(b"%PDF-1.7")
    inside = opened(data)
    assert re.search(rb"/MarkInfo\s*<<\s*/Marked true\s*>>", inside)
    assert b"/StructTreeRoot" in inside and b"/Lang (en)" in inside
    assert b"pdfuaid:part" in inside or b'pdfuaid="' in inside
    for tag, least in ((b"H1", 1), (b"H2", 5), (b"Table", 6), (b"TH", 40), (b"Figure", 4)):
        assert len(re.findall(rb"/S /" + tag + rb"\b", inside)) >= least, tag
    figures = re.findall(rb"<<[^<>]*/S /Figure.*?>>", inside, flags=re.S)
    assert len(re.findall(rb"/Alt [(<]", inside)) >= 4, figures[:1]
