from __future__ import annotations

import re
import subprocess
import xml.etree.ElementTree as ET
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pypdf
import pytest

from mr.review.analysis import Provenance
from mr.review.plots import WIDTH, _thin, number, spread, verdict
from mr.review.report import render_report, score_lines
from mr.types import Compression, Measured, Ventilation
from tests.conftest import Require
from tests.unit.review.conftest import DEPTHS_MM, Session, a_session


class Balance(HTMLParser):
    """Collects tags that are not closed in order, and every address."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.wrong: list[str] = []
        self.addresses: list[str] = []
        self.tags: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.addresses += [v or "" for k, v in attrs if k in {"src", "href", "srcset", "action"}]
        if tag not in {"meta", "img", "br"}:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)

    def handle_endtag(self, tag: str) -> None:
        if not self.open or self.open.pop() != tag:
            self.wrong.append(tag)


def parsed(html: str) -> Balance:
    balance = Balance()
    balance.feed(html)
    return balance


def test_the_page_stands_alone(session: Session) -> None:
    png = cv2.imencode(".png", np.zeros((4, 4, 3), np.uint8))[1].tobytes()
    page = parsed(render_report(session.analysis("sim"), session.trace(), png))
    assert page.wrong == [] and page.open == []
    assert "script" not in page.tags and "link" not in page.tags and "iframe" not in page.tags
    outside = [a for a in page.addresses if not a.startswith(("#c", "data:image/png;base64,"))]
    assert outside == []
    assert sum(a.startswith("data:") for a in page.addresses) == 1


def test_every_picture_is_sound_and_says_what_it_shows(session: Session) -> None:
    html = render_report(session.analysis(), session.trace(), None)
    pictures = re.findall(r"<svg.*?</svg>", html, re.DOTALL)
    assert len(pictures) > 8
    for svg in pictures:
        root = ET.fromstring(svg)
        assert root.get("aria-hidden") == "true" or (
            root.get("role") == "img" and len(root.get("aria-label", "")) > 10
        )
        assert "nan" not in svg and "inf" not in svg


def test_every_compression_is_marked_by_its_verdict_and_has_its_row(session: Session) -> None:
    html = render_report(session.analysis(), session.trace(), None)
    depth = html.split('id="h-depth"')[1].split("</section>")[0].split('<ul class="legend"')[0]
    marks = re.findall(r'<a href="#c(\d+)".*?class="(\w+)"', depth)
    want = ["low" if d < 50 else "high" if d > 60 else "ok" for d in DEPTHS_MM]
    assert [(int(n), kind) for n, kind in marks] == list(enumerate(want, 1))
    assert [int(n) for n in re.findall(r'<tr id="c(\d+)"', html)] == list(range(1, 31))
    assert "depth 55.0 ± " in depth


TIP_DOWN = r"(?:m0 4\.6l4\.6 -8\.4h-9\.2z|M0 5l5 -9h-10z)"
TIP_UP = r"(?:m0 -4\.6l4\.6 8\.4h-9\.2z|M0 -5l5 9h-10z)"


def test_a_tip_down_is_below_and_a_tip_up_above_everywhere() -> None:
    session = a_session()
    leaning, slow, fast = Measured(9.0, 0.4), Measured(80.0), Measured(140.0)
    session.events = [
        replace(e, release_depth_mm=leaning, rate_cpm=slow if e.index % 2 else fast)
        if isinstance(e, Compression)
        else e
        for e in session.events
    ]
    html = render_report(session.analysis(), session.trace(), None)
    shapes: dict[str, list[str]] = {"low": [], "high": [], "lean": []}
    for kind, path in re.findall(r'<path class="(low|high|lean)" d="([^"]+)"', html):
        shapes[kind].append(path)
    for kind, tip in (("low", TIP_DOWN), ("high", TIP_UP), ("lean", TIP_UP)):
        assert len(shapes[kind]) > 5
        assert all(re.search(tip, path) for path in shapes[kind])
    cells = re.findall(r'<td class="(low|high)"><span aria-hidden="true">(.)<', html)
    assert set(cells) == {("low", "▼"), ("high", "▲")}
    release = 'above target: </span> 9.0</td><td class="sigma">± 0.4</td>'
    assert html.count(f'<span aria-hidden="true">▲</span><span class="hidden">{release}') == 30
    assert "▼ below, ▲ above its target" in html


FORCE = """
extends = "aha-2025-adult-bls"
id = "own"
version = 1
title = "By force"
[recoil]
criterion = "force"
release_max_mm = 5.0
zero_at_mm = 5.0
release_max_n = 24.5
zero_at_n = 24.5
source = "our course"
standing = "ours"
"""


def test_a_release_is_shown_by_the_criterion_that_judged_it(tmp_path: Path) -> None:
    """They lean by force and not by displacement: the other profile is the negative control."""
    path = tmp_path / "own.toml"
    path.write_text(FORCE)
    session = a_session()
    session.events = [
        replace(e, release_force_n=Measured(31.0, 1.0), release_depth_mm=Measured(1.0, 0.2))
        if isinstance(e, Compression)
        else e
        for e in session.events
    ]
    by_force = render_report(session.analysis(profile=str(path)), session.trace(), None)
    by_depth = render_report(session.analysis(), session.trace(), None)
    marks = [html.count('#c1"') for html in (by_force, by_depth)]
    assert marks[0] == marks[1] + 1, "a mark at the release, too"
    row = 'above target: </span> 31.0</td><td class="sigma">± 1.0</td>'
    assert (by_force.count(row), by_depth.count(row)) == (30, 0)
    assert "Left at release <small>N</small>" in by_force
    assert "Left at release <small>mm</small>" in by_depth
    assert "at most 24.5 N left" in by_force and "at most 24.5 N" not in by_depth
    line = 'class="release"'
    assert line not in by_force and line in by_depth, "no limit in mm where none is judged"
    assert "force left 31.0 ± 1.0 N" in by_force


def test_a_breath_outside_its_target_is_marked() -> None:
    session = a_session()
    for volume_ml, want in ((468.0, "▼"), (550.0, ""), (700.0, "▲")):
        session.events = [
            replace(e, volume_ml=Measured(volume_ml, 12.0))
            if isinstance(e, Ventilation) and e.volume_ml.value is not None
            else e
            for e in session.events
        ]
        html = render_report(session.analysis(), None, None)
        table = html.split('aria-label="Breaths"')[1].split("</table>")[0]
        assert f"{volume_ml:.0f} ± 12</td>" in table
        assert "".join(c for c in table if c in "▼▲") == want


@pytest.mark.parametrize(
    ("inspiration_s", "shown", "marked"), [(0.779, "0.78", True), (0.8, "0.80", False)]
)
def test_a_breath_given_too_fast_is_marked(inspiration_s: float, shown: str, marked: bool) -> None:
    session = a_session()
    session.events = [
        replace(e, inspiration_s=inspiration_s) if isinstance(e, Ventilation) else e
        for e in session.events
    ]
    breaths = render_report(session.analysis(), None, None).split('id="d-breaths"')[1]
    words, table = breaths.split("</table>")[0].split("</p>")
    assert "inspiration of at least 0.8 s" in words
    assert table.count(f"{shown}</td>") == 1  # of two: the other was not seen to its end
    assert table.count("▼") == marked


@pytest.mark.parametrize(
    ("low_ml", "high_ml", "wanted", "marks"),
    [
        (600.0, None, "at least 600 mL", "▼"),
        (None, 500.0, "at most 500 mL", "▲"),
        (500.0, 600.0, "500–600 mL", ""),
        (None, None, "(no volume, ", ""),
    ],
)
def test_a_profile_may_bound_a_breath_on_one_side(
    low_ml: float | None, high_ml: float | None, wanted: str, marks: str
) -> None:
    session = a_session()
    session.events = [
        replace(e, volume_ml=Measured(550.0, 12.0)) if isinstance(e, Ventilation) else e
        for e in session.events
    ]
    analysis = session.analysis()
    analysis["guideline"]["targets"].update(volume_low_ml=low_ml, volume_high_ml=high_ml)
    breaths = render_report(analysis, None, None).split('id="d-breaths"')[1].split("</table>")[0]
    words, table = breaths.split("</p>")
    assert wanted in words
    assert {c for c in table if c in "▼▲"} == set(marks)


@pytest.mark.parametrize("shift_s", [0.0, 0.1, 0.2, 0.3, 0.4, 0.5])
def test_a_lean_is_drawn_where_its_peak_is_in_the_row_before(shift_s: float) -> None:
    session = a_session()
    session.events = [
        replace(e, release_depth_mm=Measured(9.0, 0.4)) if isinstance(e, Compression) else e
        for e in session.events
    ]
    analysis = session.analysis()
    for c in analysis["compressions"]:
        for key in ("onset_s", "peak_s", "release_s"):
            c[key] += shift_s
    html = render_report(analysis, None, None).split('id="h-depth"')[1].split("</section>")[0]
    marks = re.findall(r'<a href="#c(\d+)"[^>]*><title>[^<]*</title><path class="lean"', html)
    assert sorted(map(int, marks)) == [c["index"] + 1 for c in analysis["compressions"]]


def test_weights_add_up_as_they_are_shown(session: Session) -> None:
    score = session.analysis()["score"]
    lines = [line for line in score_lines(score) if line.worth != "–"]
    assert len(lines) == 5  # the hands were not measured
    assert any("." in line.worth for line in lines)
    assert sum(float(line.worth) for line in lines) == pytest.approx(100.0, abs=0.15)
    for item, weight in zip(score["items"], (30.0, 20.0, 20.0, 20.0, 10.0, 0.0), strict=True):
        item["weight_pct"] = weight
    assert [line.worth for line in score_lines(score)][:4] == ["30", "20", "20", "20"]


def test_without_a_score_nothing_is_worth_or_loses_points(session: Session) -> None:
    score = session.analysis()["score"]
    assert any(line.loses for line in score_lines(score))
    unscored = score_lines({**score, "value_pct": None})
    assert {(line.worth, line.lost, line.loses) for line in unscored} == {("–", "–", False)}


def test_whatever_part_of_a_chart_a_telephone_shows_says_simulated(session: Session) -> None:
    html = render_report(session.analysis("sim"), session.trace(), None)
    phone = 340 / 900 * WIDTH  # px of a 400 px screen, and of the chart on it
    word = 95.0
    charts = [p for p in re.findall(r"<svg.*?</svg>", html, re.DOTALL) if 'viewBox="0 0 1000' in p]
    assert len(charts) >= 2
    for chart in charts:
        ends = [float(x) for x in re.findall(r'<text class="stamp[^"]*" x="(\d+)"', chart)]
        for left in np.arange(0.0, WIDTH - phone + 1, 5.0):
            assert any(left <= end - word and end <= left + phone for end in ends)


def test_lost_points_are_explained(session: Session) -> None:
    analysis = session.analysis()
    html = render_report(analysis, None, None)
    lost = [i for i in analysis["score"]["items"] if (i["points_lost"] or 0) > 0.05]
    assert lost
    for item in lost:
        assert item["reason"] in html
        assert f"−{item['points_lost']:.1f} lost" in html
    assert "Hand position: the hand&#39;s position was not measured" in html


@pytest.mark.parametrize(("kind", "says"), [("sim", True), ("live", False)])
def test_only_simulated_numbers_are_called_so(session: Session, kind: str, says: bool) -> None:
    html = render_report(session.analysis(kind), session.trace(), None)
    assert ("SIMULATED" in html) == says
    assert "not a medical device" in html


def test_what_was_not_measured_is_said_drawn_and_not_judged(session: Session) -> None:
    lost = a_session(lost_s=(2.33, 6.01))
    analysis = lost.analysis()
    assert len(analysis["pauses"]) == len(session.analysis()["pauses"]) == 1
    (hole,) = analysis["unmeasured"]
    assert (hole["start_s"], hole["end_s"]) == pytest.approx((2.33, 6.01), abs=0.006)
    html = render_report(analysis, lost.trace(), None)
    assert "The chest was not measured from 2.3 to 6.0 s." in html
    assert html.count('<rect class="hole"') == 2  # depth and rate
    assert "<td>not measured</td>" in html
    longest = html.split("<dt>Longest pause</dt>")[1].split("</div>")[0]
    assert "on target" not in longest and "as far as it was measured" in longest
    flow = next(i for i in analysis["score"]["items"] if i["key"] == "flow")
    assert "not measured from 2.3 to 6.0 s" in flow["reason"]
    page = parsed(html)
    assert page.wrong == [] and page.open == []
    whole = render_report(session.analysis(), session.trace(), None)
    assert "The chest was not measured" not in whole
    assert '<rect class="hole"' not in whole
    assert session.analysis()["unmeasured"] == []
    judged = whole.split("<dt>Longest pause</dt>")[1].split("</div>")[0]
    assert "on target" in judged


def test_hostile_text_stays_text() -> None:
    session = a_session()
    evil = "<script>alert(1)</script>"
    session.events = [
        replace(e, depth_mm=Measured.unknown(evil)) if isinstance(e, Compression) else e
        for e in session.events
    ]
    provenance = Provenance(why_incomplete=evil, learner_id=evil)
    html = render_report(session.analysis("live", provenance), None, None)
    assert evil not in html
    assert html.count("&lt;script&gt;alert(1)") > 30
    assert parsed(html).wrong == []


def test_an_unknown_depth_draws_no_depth() -> None:
    session = a_session()
    why = "the scale of this signal is unknown"
    session.events = [
        replace(e, depth_mm=Measured.unknown(why), release_depth_mm=Measured.unknown(why))
        if isinstance(e, Compression)
        else e
        for e in session.events
    ]
    html = render_report(session.analysis("csv"), None, None)
    strips = html.split('id="h-depth"')[1].split("</section>")[0]
    assert "The depth is unknown: the scale of this signal is unknown" in strips
    assert 'class="band"' not in strips and 'class="trace"' not in strips
    assert strips.count('class="unknown"') == 30
    assert "No score." in html
    score = html.split('id="h-score"')[1].split("</section>")[0]
    assert "points" not in score and " lost<" not in score and "meter" not in score
    assert score.count('<span class="lost">no score</span>') == 6
    assert f"<li>{why}</li>" in html


def test_a_session_without_compressions_has_a_page() -> None:
    session = a_session()
    session.events = []
    html = render_report(session.analysis(), session.trace(), None)
    assert "No compressions were seen." in html
    assert parsed(html).wrong == []


def test_thinning_a_long_trace_keeps_every_peak() -> None:
    rng = np.random.default_rng(0)
    depth = rng.normal(size=60_000)
    depth[[17, 30_001, 59_999]] = 50.0
    kept = _thin(depth, np.arange(60_000))
    assert {17, 30_001, 59_999} <= set(kept.tolist())
    assert len(kept) <= 1600
    plain = np.arange(0, 60_000, 60_000 // 1600)
    assert not {17, 30_001, 59_999} <= set(plain.tolist())


def test_hands_are_drawn_where_they_were() -> None:
    session = a_session()
    place = (Measured(12.0, 1.0), Measured(-30.0, 1.0))
    session.events = [
        replace(e, hand_offset_mm=place) if isinstance(e, Compression) else e
        for e in session.events
    ]
    html = render_report(session.analysis(), None, None)
    assert "12 mm to the mannequin&#39;s left and 30 mm to its feet" in html
    picture = html.split('id="h-hands"')[1].split("</svg>")[0]
    dots = re.findall(r'class="high" d="M([\d.]+) ([\d.]+)', picture)
    assert len(dots) == 30  # all of them are too far off
    assert float(dots[0][0]) > 130 and float(dots[0][1]) > 130  # right of and below the middle


def test_numbers_and_verdicts() -> None:
    assert [number(v) for v in (None, -0.04, -1.26, 3.0)] == ["–", "0.0", "−1.3", "3.0"]
    assert [verdict(v, 50, 60) for v in (None, 49.9, 50, 60, 60.1)] == [
        "unknown", "low", "ok", "ok", "high",
    ]  # fmt: skip
    assert [verdict(v, 100, 120) for v in (99.94, 99.96, 120.04, 120.06)] == [
        "low", "ok", "ok", "high",
    ]  # fmt: skip
    assert [spread(s) for s in (0.04, 0.26)] == ["± 0.04", "± 0.3"]
    assert verdict(90, 50, None) == "ok"


def test_a_browser_shows_the_banner_and_nothing_sticks_out(
    session: Session, tmp_path: Path, require: Require
) -> None:
    chromium = require.program("chromium", "apt-get install chromium")
    yellow = {}
    for kind in ("sim", "live"):
        page = tmp_path / f"{kind}.html"
        page.write_text(render_report(session.analysis(kind), session.trace(), None), "utf-8")
        shot = tmp_path / f"{kind}.png"
        subprocess.run(
            [chromium, "--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars",
             "--disable-background-networking", "--window-size=500,900", f"--screenshot={shot}",
             f"--user-data-dir={tmp_path / kind}", page.as_uri()],
            check=True, capture_output=True, timeout=60,
        )  # fmt: skip
        picture = cv2.imread(str(shot))
        assert picture is not None
        margin = picture[120:, -3:].reshape(-1, 3)  # beside the page: nothing may reach it
        assert margin.std(axis=0).max() < 1
        blue, green, red = (picture[:40, :, k].astype(int) for k in range(3))
        yellow[kind] = float(((red > 230) & (green > 170) & (blue < 110)).mean())
    assert yellow["sim"] > 0.5
    assert yellow["live"] < 0.01


def edited(analysis: dict[str, Any]) -> dict[str, Any]:
    """Mark an analysis as one of a session that an instructor corrected."""
    pause = {"start_s": 9.0, "end_s": 9.5, "becomes": "hands_off", "reason": "<b>a call</b>"}
    told = {"schema": "mrcpr.corrections/1", "bounds": None, "pauses": [pause], "zero": None}
    return {**analysis, "corrected": {"offset_s": 0.0, "sha256": "", "corrections": told}}


def test_an_edited_session_is_called_so(session: Session) -> None:
    plain = render_report(session.analysis(), session.trace(), None)
    page = render_report(edited(session.analysis()), session.trace(), None)
    assert "EDITED by an instructor" in page and "EDITED" not in plain
    assert "from 9.0 s to 9.5 s: hands off (&lt;b&gt;a call&lt;/b&gt;)" in page


def test_on_paper_every_page_says_simulated_and_edited_and_nothing_is_hidden(
    session: Session, tmp_path: Path, require: Require
) -> None:
    chromium = require.program("chromium", "apt-get install chromium")
    for kind in ("sim", "live"):
        page, pdf = tmp_path / f"{kind}.html", tmp_path / f"{kind}.pdf"
        analysis = edited(session.analysis(kind)) if kind == "sim" else session.analysis(kind)
        page.write_text(render_report(analysis, session.trace(), None), "utf-8")
        subprocess.run(
            [chromium, "--headless", "--no-sandbox", "--disable-gpu",
             "--disable-background-networking", "--no-pdf-header-footer",
             f"--print-to-pdf={pdf}", f"--user-data-dir={tmp_path / kind}", page.as_uri()],
            check=True, capture_output=True, timeout=60,
        )  # fmt: skip
        pages = [" ".join(p.extract_text().split()) for p in pypdf.PdfReader(pdf).pages]
        assert len(pages) >= 3
        feet = [("SIMULATED · EDITED · For training" in said) for said in pages]
        assert feet == [kind == "sim"] * len(pages)
        assert all(f"{k} of {len(pages)}" in said for k, said in enumerate(pages, 1))
        said = " ".join(pages)
        assert "compression 6 at" in said and "10.0 mm too shallow" in said  # a deduction
        assert "Hover over" not in said
