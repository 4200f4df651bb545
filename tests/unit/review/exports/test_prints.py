"""One page a learner, one a class: whole, tagged, marked, and never two."""

from __future__ import annotations

import dataclasses
import logging
import re
import subprocess
import sys
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import numpy as np
import pytest

from mr.errors import ConfigError
from mr.review.exports.class_print import class_items, class_pdf
from mr.review.exports.export import Export, Remark
from mr.review.exports.figures import MOST_PAST, Point, histogram, progress_figure
from mr.review.exports.learner_print import _part, _way, learner_pdf
from mr.review.printed import pdf_of, pdf_on_one_page
from tests.unit.review.conftest import Session, a_session
from tests.unit.review.exports.conftest import an_export, corrected, past
from tests.unit.review.exports.pdfs import (
    CURE,
    alternatives,
    fonts_not_embedded,
    opened,
    tags,
    words_of,
)


@pytest.fixture(autouse=True)
def real_and_silent(require: Any, caplog: pytest.LogCaptureFixture) -> Any:
    """WeasyPrint is there, and has nothing to say against any page."""
    require.module("weasyprint", CURE)
    with caplog.at_level(logging.WARNING, "weasyprint"):
        yield
    assert not caplog.records


def a_class(n: int, who: str = "Learner") -> list[Export]:
    """Learners whose depths differ: the more, the worse."""
    sessions = [a_session(tuple(55.0 - 3.0 * (k % 4) for _ in range(12))) for k in range(4)]
    return [an_export(sessions[k % 4], who=f"{who} {k:03}") for k in range(n)]


# --- a learner -------------------------------------------------------------------------------


def test_a_learners_page_has_what_was_measured(export: Export) -> None:
    data = learner_pdf(dataclasses.replace(export, others=past(export, (61.0, 70.0))))
    said = words_of(data)
    score = export.analysis["score"]
    for words in (
        "Ada Lovelace", "Nursing 2026", "2026-11-30 09:30 UTC", "measured live", "cold attempt",
        "10.0 mm too shallow", "Lock your elbows.", "Approved by Dr Grey",
        export.analysis["software"],
        "For training on mannequins only. Not a medical device.", "To practise", "Strengths",
        *(item["label"] for item in score["items"]),
    ):  # fmt: skip
        assert words in said, words
    worst = max(score["items"], key=lambda i: i["points_lost"] or 0.0)
    assert f"−{worst['points_lost']:.1f}" in said
    assert len(opened(data).pages) == 1


def test_it_is_tagged_and_its_figures_have_words(export: Export) -> None:
    data = learner_pdf(dataclasses.replace(export, others=past(export, (61.0, 70.0))))
    root = opened(data).trailer["/Root"]
    assert root["/MarkInfo"]["/Marked"] and root["/Lang"] == "en"
    assert b"pdfuaid" in root["/Metadata"].get_object().get_data()
    found = tags(data)
    assert found["/H1"] == 1 and found["/H2"] >= 6
    assert found["/Table"] == 2 and found["/TH"] >= 15
    said = alternatives(data)
    # The ring, the depth, the progress, and a bar for each judged item.
    judged = [i for i in export.analysis["score"]["items"] if i["value_pct"] is not None]
    assert len(said) == 3 + len(judged) and all(said)
    for words in ("Score ", "Depth from 0 to", "Scores of 3 sessions", "% reached"):
        assert any(words in alternative for alternative in said), words


def test_its_fonts_are_embedded(export: Export) -> None:
    assert fonts_not_embedded(learner_pdf(export)) == []


def test_a_font_that_is_not_embedded_is_found() -> None:
    """Negative control."""
    import io

    import matplotlib as mpl
    from matplotlib.backends.backend_pdf import FigureCanvasPdf
    from matplotlib.figure import Figure

    figure = Figure()
    figure.text(0.5, 0.5, "words")
    file = io.BytesIO()
    with mpl.rc_context({"pdf.use14corefonts": True, "font.family": "Helvetica"}):
        FigureCanvasPdf(figure).print_pdf(file)
    assert fonts_not_embedded(file.getvalue()) == ["/Helvetica"]


@pytest.mark.parametrize("kind", ["live", "sim"])
@pytest.mark.parametrize("edited", [False, True])
def test_simulated_and_edited_are_said_where_they_are_true(
    session: Session, kind: str, edited: bool
) -> None:
    export = an_export(session, kind=kind)
    export = corrected(export) if edited else export
    learner = learner_pdf(export)
    for data in (learner, class_pdf("Nursing", [export])):
        said = words_of(data)
        assert ("SIMULATED" in said) == (kind == "sim")
        assert ("EDITED" in said) == edited
        assert len(opened(data).pages) == 1
    title = opened(learner).metadata.title
    assert ("(edited)" in title) == edited and ("(simulated)" in title) == (kind == "sim")
    assert ("by Dr Grey on 2026-11-30 10:15" in words_of(learner)) == edited


def test_whatever_is_said_it_stays_one_page() -> None:
    rng = np.random.default_rng(5)
    session = a_session(tuple(rng.uniform(20.0, 70.0, 300).tolist()))
    words = "Please keep your elbows locked and your shoulders above your hands. " * 30
    export = an_export(
        session,
        kind="sim",
        who="Wolfeschlegelsteinhausenbergerdorff " * 20,
        course="W" * 400,
        remarks=tuple(Remark(words, "Dr Grey", float(k)) for k in range(40)),
    )
    export = corrected(export, *[words] * 20)
    export.analysis["source"]["why_incomplete"] = words
    export.analysis["score"]["missing"] = [words] * 5
    data = learner_pdf(dataclasses.replace(export, others=past(export, (50.0,) * 28)))
    said = words_of(data)
    assert len(opened(data).pages) == 1
    assert "EDITED" in said and "SIMULATED" in said and "INCOMPLETE" in said
    assert re.search(r"and \d+ more that cost", said) and re.search(r"and 3\d more in the", said)
    assert "For training on mannequins only" in said


def test_a_session_without_compressions_or_score_has_a_page(session: Session) -> None:
    for export in (an_export(a_session(())), an_export(session, trace=None)):
        said = words_of(learner_pdf(export))
        assert "Strengths" in said
    unscored = an_export(session)
    unscored.analysis["score"].update(value_pct=None, missing=["Recoil: no zero was seen"])
    said = words_of(learner_pdf(unscored))
    assert "no score: Recoil: no zero was seen" in said and "No score to compare" in said
    assert "No score, so nothing cost points." in said and "−" not in said


def test_hostile_text_stays_text(session: Session) -> None:
    hostile = "<img src=file:///etc/passwd>{{ 7*7 }}</style><script>x</script>\ud800"
    export = an_export(session, who=hostile, course=hostile, remarks=(Remark(hostile, hostile),))
    for data in (learner_pdf(export), class_pdf(hostile, [export])):
        said = words_of(data)
        assert "<img src=file" in said and "{{ 7*7 }}" in said and "49" not in said[:80]


def test_of_a_long_session_the_minute_that_cost_most_is_drawn() -> None:
    good, bad = (55.0,) * 200, (35.0,) * 60
    analysis = a_session((*good, *bad, *good)).analysis()
    t0_s, span_s = _part(analysis)
    shallow = [c["peak_s"] for c in analysis["compressions"] if (c["depth_mm"] or 55.0) < 45.0]
    assert span_s == 60.0 and len(shallow) > 50
    assert t0_s <= min(shallow) and max(shallow) <= t0_s + span_s
    short = a_session().analysis()
    assert _part(short)[0] == 0.0 and _part(short)[1] >= short["summary"]["duration_s"]


# --- the way there ---------------------------------------------------------------------------


def test_only_what_is_alike_is_compared(export: Export) -> None:
    alike = past(export, (60.0, 70.0))
    unlike = (
        *past(export, (10.0,), mode="hands-only"),
        *past(export, (11.0,), guideline_sha256="0" * 64),
        *past(export, (12.0,), simulated=True),
        *past(export, (13.0,), score_pct=None),
    )
    points, apart = _way(dataclasses.replace(export, others=(*unlike, *alike)))
    assert [p.score_pct for p in points[:-1]] == [60.0, 70.0] and apart == len(unlike)
    assert points[-1].now and points[-1].score_pct == export.analysis["score"]["value_pct"]
    assert points[-1].cold and not points[0].cold
    edited = corrected(dataclasses.replace(export, others=past(export, (60.0,), edited=True)))
    assert [p.day for p in _way(edited)[0]] == ["11-01 E", "11-30 E"]
    assert [p.day for p in points] == ["11-01", "11-02", "11-30"]


def test_an_earlier_session_stands_before_the_later_ones(export: Export) -> None:
    later = past(export, (60.0,) * 14, made_utc="2026-12-05T09:00:00+00:00")
    points, _ = _way(dataclasses.replace(export, others=(*past(export, (50.0,) * 3), *later)))
    assert len(points) == MOST_PAST + 1
    assert points[0].now  # the newest eleven, and always the one that is printed
    few, _ = _way(dataclasses.replace(export, others=(*past(export, (50.0,) * 3), *later[:2])))
    assert [p.now for p in few] == [False] * 3 + [True] + [False] * 2
    many, _ = _way(dataclasses.replace(export, others=past(export, (50.0,) * 28)))
    assert len(many) == MOST_PAST + 1 and many[-1].now


def test_figures_are_sound_and_show_each_score() -> None:
    points = [
        Point("11-01", 61.0, (55.0, 66.0), cold=True),
        Point("11-02", 99.0, None, cold=False, now=True),
    ]
    drawn = ElementTree.fromstring(str(progress_figure(points)))
    assert drawn.get("role") == "img" and "from 61 on 11-01 to 99 on 11-02" in drawn.get(
        "aria-label", ""
    )
    assert len(drawn.findall(".//*[@class='range']")) == 1  # none where it is unknown
    told = ElementTree.fromstring(str(histogram([5.0, 100.0, 99.0, 90.0])))
    assert "1 from 0 to 10, 3 from 90 to 100" in told.get("aria-label", "")
    assert "No scores" in str(histogram([]))


# --- a class ---------------------------------------------------------------------------------


def test_a_class_items_are_the_means_of_its_learners() -> None:
    exports = a_class(4)
    items = class_items(exports)
    lost = [
        i["points_lost"]
        for e in exports
        for i in e.analysis["score"]["items"]
        if i["key"] == "depth"
    ]
    assert items[0].label == "Compression depth" and items[0].mostly == "mostly too shallow"
    assert items[0].lost == pytest.approx(sum(lost) / 4) and items[0].lost > 0.5
    assert (items[0].n_lost, items[0].n_judged) == (2, 4)
    exports[0].analysis["score"]["value_pct"] = None
    assert class_items(exports)[0].n_judged == 3
    assert [i.lost for i in items] == sorted((i.lost for i in items), reverse=True)


def test_a_learners_line_says_what_to_practise_in_a_word(session: Session) -> None:
    export = an_export(session)
    breaths = next(i for i in export.analysis["score"]["items"] if i["key"] == "ventilation")
    assert "depth −5.7" in words_of(class_pdf("x", [export]))
    breaths["points_lost"] = 14.3
    assert "breaths −14.3" in words_of(class_pdf("x", [export]))


@pytest.mark.parametrize("n", [0, 1, 18, 60])
def test_a_class_is_one_page_with_every_learner(n: int) -> None:
    data = class_pdf("Nursing 2026", a_class(n))
    said = words_of(data)
    assert len(opened(data).pages) == 1
    assert [k for k in range(n) if f"Learner {k:03}" not in said] == []
    assert f"{n} learner" in said and "For training on mannequins only" in said
    assert fonts_not_embedded(data) == [] and all(alternatives(data))
    assert tags(data)["/H1"] == 1


def test_of_too_many_it_says_how_many_are_left_out() -> None:
    data = class_pdf("C" * 300, a_class(200, "Wolfeschlegelsteinhausenbergerdorff " * 9))
    assert len(opened(data).pages) == 1
    assert re.search(r"and (65|95) more", words_of(data))


def test_nothing_leaves_the_paper() -> None:
    """Every piece of text begins left of the margin; the last column is flush right."""
    for n in (18, 60, 130):
        page = opened(class_pdf("Nursing 2026", a_class(n, "Nightingale-Lovelace"))).pages[0]
        starts: list[float] = []
        page.extract_text(
            visitor_text=lambda t, cm, tm, *_, s=starts: (
                s.append((tm[4] * cm[0]) + cm[4]) if t.strip() else None
            )
        )
        assert len(starts) > n and max(starts) < float(page.mediabox.width) - 25.0


def test_sessions_that_are_not_alike_are_called_so(session: Session) -> None:
    other = an_export(session, who="Ben")
    other.analysis["guideline"]["mode"] = "hands-only"
    assert "Not alike" in words_of(class_pdf("x", [an_export(session), other]))
    assert "Not alike" not in words_of(class_pdf("x", [an_export(session)] * 2))


# --- paper -----------------------------------------------------------------------------------


def test_the_first_page_that_fits_is_taken_and_none_is_an_error() -> None:
    long, brief = "<p>many words</p>" * 400, "<html lang=en><title>t</title><h1>few words</h1>"
    made: list[str] = []

    def pages() -> Any:
        for html in (f"<html lang=en><title>t</title><h1>x</h1>{long}", brief, brief):
            made.append(html)
            yield html

    assert "few words" in words_of(pdf_on_one_page(pages())) and len(made) == 2
    with pytest.raises(ValueError, match="one sheet"):
        pdf_on_one_page([made[0]])
    assert len(opened(pdf_of(made[0])).pages) > 1


def test_without_weasyprint_the_cure_is_said(
    export: Export, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "weasyprint", None)
    for make in (lambda: learner_pdf(export), lambda: class_pdf("x", [export])):
        with pytest.raises(ConfigError, match=r"pip install 'mrcpr\[report\]'"):
            make()


def test_a_printer_of_pages_draws_it(export: Export, require: Any, tmp_path: Path) -> None:
    """Another renderer than WeasyPrint finds ink on the page, and colours of the ring."""
    from PIL import Image

    pdftoppm = require.program("pdftoppm", "./system-packages.sh test-all (poppler-utils)")
    (tmp_path / "a.pdf").write_bytes(learner_pdf(export))
    subprocess.run(
        [pdftoppm, "-r", "50", "-png", tmp_path / "a.pdf", tmp_path / "a"], check=True, timeout=60
    )
    picture = np.asarray(Image.open(tmp_path / "a-1.png").convert("RGB")).astype(int)
    assert 0.03 < (picture.sum(axis=2) < 600).mean() < 0.4
    teal = (abs(picture - [11, 122, 117]) < 40).all(axis=2)
    assert teal.sum() > 200
