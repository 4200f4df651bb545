"""The page's texts: its plan, a step, what it found, as small pieces of HTML.

Takes a `View`, gives HTML in which every state is a shape and a word besides its colour; all
names and messages are escaped. Leaves placing the pieces to `calibration.page.panels`.
"""

from __future__ import annotations

from collections.abc import Sequence

from markupsafe import Markup, escape

from calibration.draft import RigDraft
from calibration.kit import Kit
from calibration.page.desk import State
from calibration.page.kit_form import FIELDS, texts_of
from calibration.page.places import Place
from calibration.page.state import Live, Row, View
from calibration.record import Check, Record
from calibration.report import with_sigma
from calibration.report_plots import draw

MARKS: dict[State, tuple[str, str, str]] = {
    "done": ("✓", "done", "good"),
    "kept": ("✓", "in the rig", "good"),
    "failed": ("✗", "failed", "bad"),
    "busy": ("●", "being done", "now"),
    "begun": ("◐", "begun", "quiet"),
    "not yet": ("–", "not yet", "quiet"),
    "absent": ("–", "not offered here", "quiet"),
}
"""Sign, word and style of each state."""
STYLE = Markup("""<style>
.cal{font:13px/1.4 system-ui,"DejaVu Sans",sans-serif;color:#1b2732;padding:0 .7em .3em}
.cal h2{font-size:17px;margin:.1em 0 .15em;line-height:1.25}
.cal h3{font-size:14px;margin:.5em 0 .2em}
.cal p{margin:.25em 0} .cal small,.cal .dim{color:#55626e;font-size:12px}
.cal table{border-collapse:collapse;width:100%}
.cal td{padding:.22em .3em;vertical-align:top;border-top:1px solid #e3e7ea}
.cal td.n{text-align:right;white-space:nowrap;font-variant-numeric:tabular-nums}
.cal .sign{font-weight:700;width:1.2em;text-align:center}
.cal .good{color:#0b6b3a} .cal .bad{color:#b3261e} .cal .now{color:#1f5fa8}
.cal .quiet{color:#55626e}
.cal tr.next td{background:#e8f1fb} .cal .word{font-weight:600;white-space:nowrap}
.cal .sim{background:#ffd75e;color:#3d2c00;font-weight:700;padding:.1em .5em;border-radius:3px}
.cal .big{font-size:21px;line-height:1.25;font-weight:650;margin:.25em 0;text-wrap:pretty}
.cal .box{border-left:4px solid;padding:.25em .6em;margin:.35em 0;background:#f6f7f8}
.cal .box.bad{background:#fdeeed} .cal .box.kept{border-color:#0b6b3a}
.cal .box.ask{background:#e8f1fb;border-color:#1f5fa8}
.cal .box.warn{background:#fff5db;border-color:#a16207;color:#5c3b00}
.cal .right{float:right;padding-left:.5em}
.cal ul{margin:.2em 0;padding-left:1.2em} .cal svg{width:100%;height:auto;margin-top:.3em}
.cal code{font-size:12px;overflow-wrap:anywhere}
</style>""")


def page_piece(*parts: Markup) -> str:
    """Wrap parts for the page."""
    return str(STYLE + Markup('<div class="cal">') + Markup("").join(parts) + Markup("</div>"))


ROOM_LEGEND = Markup(
    "<p class=dim>Axes: x red, y green, z blue. The green arrow is the chest’s normal, at the "
    "compression point. Blue: cameras, with what they see now; the points are what their depth "
    "sensors see. The board and the heel of the hand are drawn while they are seen.</p>"
    "<p class=dim>Turn with the left button, shift with the right one, come nearer with the "
    "wheel.</p>"
)
KIT_INTRODUCTION = page_piece(Markup("<p class=dim>What you have at hand, as you measured it.</p>"))


def head(view: View) -> str:
    """Tell which rig this is, and whether it is a real one."""
    draft = view.draft
    kind = (
        Markup('<span class="sim">SIMULATED</span> no real device is read')
        if draft.kind == "sim"
        else Markup("a real rig")
    )
    who = view.kit.operator or "nobody yet (see Kit)"
    return page_piece(
        Markup("<h2>{}</h2><p>{}</p><p class=dim>operator: {} · file: <code>{}</code></p>").format(
            draft.name, kind, who, view.place
        )
    )


def plan(view: View) -> str:
    """Lay the tasks out: how each stands, how long it takes, what must be at hand."""
    done = sum(row.state in ("done", "kept") for row in view.rows)
    rows = [_plan_row(row) for row in view.rows]
    left = sum(r.task.procedure.minutes for r in view.rows if r.state not in ("done", "kept"))
    words = f"{done} of {len(rows)} done" + (f", {left:.0f} min to go" if left else "")
    return page_piece(
        Markup("<h3>The plan <small>{}</small></h3><table>").format(words),
        *rows,
        Markup("</table>"),
    )


def _plan_row(row: Row) -> Markup:
    sign, word, style = MARKS[row.state]
    if row.next:
        sign, word, style = "→", "failed, next" if row.state == "failed" else "next", "now"
        if row.state == "begun":
            word = "next, begun"
    what = row.task.procedure
    about = [f"{what.minutes:g} min"]
    if what.optional:
        about.append("may be left out")
    if what.bring:
        about.append(what.bring)
    failed = Markup('<br><small class="bad">✗ {}</small>').format(row.failed) if row.failed else ""
    return Markup(
        '<tr class="{}"><td class="sign {}">{}</td><td><span class="word {} right">{}</span>'
        "<b>{}</b> <span class=dim>{}</span><br><small>{}</small>{}</td></tr>"
    ).format(
        "next" if row.next else "", style, sign, style, word, what.name, _of(row),
        " · ".join(about), failed,
    )  # fmt: skip


def _of(row: Row) -> str:
    return f"of {row.task.subject}" if row.task.procedure.subject == "camera" else ""


def label(row: Row) -> str:
    """Name a task in a list to choose from."""
    sign = "→" if row.next else MARKS[row.state][0]
    return f"{sign} {row.task.procedure.name} {_of(row)}".strip()


def still_to_do(draft: RigDraft) -> str:
    """Say what is missing before the rig can be saved."""
    missing = draft.missing()
    if not missing:
        return page_piece(Markup('<p class="good"><b>✓ nothing is missing</b></p>'))
    return page_piece(
        Markup("<p class=dim>– no rig yet, missing: {}</p>").format(", ".join(missing))
    )


def saved(lines: Sequence[str]) -> str:
    """Say where the rig and its report are."""
    items = Markup("").join(Markup("<li><code>{}</code></li>").format(line) for line in lines)
    return page_piece(
        Markup('<div class="box kept"><b class=good>✓ saved</b><ul>{}</ul></div>').format(items)
    )


def trouble(text: str) -> str:
    """Say what went wrong, once."""
    return page_piece(Markup('<div class="box bad"><b>✗</b> {}</div>').format(text))


def about_task(view: View, row: Row) -> str:
    """Introduce the chosen task, when it is not being done."""
    what = row.task.procedure
    sign, word, style = MARKS[row.state]
    parts = [
        Markup('<h2>{}</h2><p><span class="{}"><b>{} {}</b></span> · {} · {:g} min</p>').format(
            what.title, style, sign, word, row.task.subject, what.minutes
        )
    ]
    if what.bring:
        parts.append(Markup("<p>at hand: <b>{}</b></p>").format(what.bring))
    undone = [name for name in what.needs if not _is_done(view, name, row)]
    if undone and row.state not in ("done", "kept"):
        parts.append(
            Markup('<div class="box warn">builds on {}, which is not done yet</div>').format(
                " and ".join(undone)
            )
        )
    if row.failed:
        parts.append(Markup('<div class="box bad"><b>✗</b> {}</div>').format(row.failed))
    return page_piece(*parts)


def _is_done(view: View, name: str, of: Row) -> bool:
    """Tell whether a procedure is done; of one camera, where both are about cameras."""
    for row in view.rows:
        what = row.task.procedure
        other = {what.subject, of.task.procedure.subject} == {"camera"}
        if what.name != name or (other and row.task.subject != of.task.subject):
            continue
        if row.state not in ("done", "kept"):
            return False
    return True


def live_step(live: Live) -> str:
    """Show a step while it is done: what to do now, in big words."""
    parts = [Markup("<h2>{}</h2>").format(live.title)]
    if live.bring:
        parts.append(Markup("<p class=dim>at hand: {}</p>").format(live.bring))
    progress = live.progress
    if live.working:
        parts.append(Markup('<p class="big now">● {} …</p>').format(live.working))
    elif progress is not None and not live.question:
        sign, style = ("✓", "good") if progress.done else ("→", "now")
        parts.append(Markup('<p class="big {}">{} {}</p>').format(style, sign, progress.next))
    if live.question:
        parts.append(
            Markup('<div class="box ask"><p class="big">{}</p></div>').format(live.question)
        )
    if live.refused:
        parts.append(
            Markup('<div class="box warn"><b>✗ not taken:</b> {}</div>').format(live.refused)
        )
    if progress is not None:
        words = f"{100 * min(max(progress.share, 0.0), 1.0):.0f} %, {progress.n_taken} taken"
        words += f" · residual {progress.residual}" if progress.residual else ""
        parts.append(Markup("<p><b>{}</b></p>").format(words))
    return page_piece(*parts)


def kit_kept(kit: Kit) -> str:
    """Say what was kept, so that a slip of the hand is seen."""
    texts = texts_of(kit)
    items = Markup("").join(
        Markup("<li>{}: <b>{}</b></li>").format(field.label, texts[field.key] or "none")
        for field in FIELDS
    )
    return page_piece(
        Markup('<div class="box kept"><b class=good>✓ kept</b><ul>{}</ul></div>').format(items)
    )


def coverage_title(what: str) -> str:
    """Say what the picture of the coverage is of."""
    return page_piece(Markup("<h3>covered so far: {}</h3>").format(what))


def lines(said: Sequence[str]) -> str:
    """Show the newest lines that were said."""
    return page_piece(
        Markup("<small>{}</small>").format(Markup("<br>").join(escape(text) for text in said))
    )


def found(records: Sequence[Record]) -> str:
    """Lay out what a step found: each number with its uncertainty, its limit and a word."""
    return page_piece(*(_record(record) for record in records))


def _record(record: Record) -> Markup:
    sign, word, style = ("✓", "passed", "good") if record.passed else ("✗", "failed", "bad")
    rows = Markup("").join(_check(check) for check in record.checks)
    notes = Markup("").join(Markup("<p class=dim>{}</p>").format(note) for note in record.notes)
    return Markup(
        '<h3>{} of {}: <span class="{}">{} {}</span></h3><table>{}</table>{}<p class=dim>made of '
        "{} samples</p>"
    ).format(
        record.procedure, record.subject, style, sign, word, rows, notes, record.n_samples
    )  # fmt: skip


def _check(check: Check) -> Markup:
    sign, word, style = "–", "", "quiet"
    if check.limited:
        sign, word, style = ("✓", "pass", "good") if check.passed else ("✗", "fail", "bad")
    why = (
        Markup('<br><small class="bad">→ {}</small>').format(check.why)
        if check.why and not check.passed
        else ""
    )
    limit = check.limits
    return Markup(
        '<tr><td class="sign {}">{}</td><td><span class="word {} right">{}</span>{}<br>'
        "<b>{}</b> <span class=dim>{}</span>{}</td></tr>"
    ).format(
        style, sign, style, word, check.item, _value(check),
        f"limit {limit}" if limit else "for information", why,
    )  # fmt: skip


def _value(check: Check) -> str:
    value, sigma = with_sigma(check.value, check.sigma, check)
    return f"{value} ± {sigma} {check.unit}".rstrip() if sigma else f"{value} {check.unit}".rstrip()


def plots(records: Sequence[Record], *, simulated: bool) -> str:
    """Draw what a step found."""
    parts: list[Markup] = []
    for r, record in enumerate(records):
        for k, plot in enumerate(record.plots):
            parts.append(Markup("<h3>{}</h3>").format(plot.title))
            parts.append(draw(plot, f"p{r}-{k}", simulated=simulated))
    return page_piece(*parts)


def places(known: Sequence[Place]) -> str:
    """Tell what is drawn in the room, and what is not because nobody knows where it is."""
    return page_piece(
        Markup("<h3>What the picture shows</h3><table>{}</table>").format(
            Markup("").join(_place(place) for place in known)
        ),
        ROOM_LEGEND,
    )


def _place(place: Place) -> Markup:
    sign, style = ("✓", "good") if place.known else ("–", "quiet")
    return Markup('<tr><td class="sign {}">{}</td><td>{}</td><td class="{}">{}</td></tr>').format(
        style, sign, place.what, "" if place.known else style, place.words
    )
