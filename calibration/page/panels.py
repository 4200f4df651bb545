"""The page's panels: the plan at the left, the chosen procedure at the right.

Takes a worker, draws its state into viser's controls when it has changed, and hands clicks to
it; leaves the words to `calibration.page.words` and the room to `calibration.page.scene`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from calibration.page import words
from calibration.page.kit_form import FIELDS, kit_of, texts_of
from calibration.page.pictures import Rgb, coverage_picture
from calibration.page.places import places_of
from calibration.page.state import Live, Row, View
from calibration.page.worker import BUSY, Worker
from calibration.record import Record
from mr.errors import ConfigError

LEFT_PX, RIGHT_PX = 345.0, 400.0


class Panels:
    """All controls of the page; `redraw` is called by one thread."""

    def __init__(self, gui: Any, worker: Worker) -> None:
        self._gui, self._worker = gui, worker
        self._drawn = -1
        self._found: tuple[Record, ...] | None = None
        self._kit_note = ""
        self._chosen = ""
        self._keys = {_name(row): row.task.key for row in worker.state.view.rows}
        self._pictures: dict[str, Any] = {}
        simulated = worker.state.view.draft.kind == "sim"
        gui.set_panel_label("MR-CPR calibration" + (", SIMULATED" if simulated else ""))
        gui.main_panel.dock_left()
        gui.main_panel.set_width(LEFT_PX)
        tabs = gui.add_tab_group()
        with tabs.add_tab("Plan"):
            self._make_plan()
        with tabs.add_tab("Kit"):
            self._make_kit()
        with tabs.add_tab("Room"):
            self._places = gui.add_html("")
        self._right = gui.add_panel()
        with self._right.add_tab("Procedure"):
            self._make_step()
        self._right.dock_right()
        self._right.set_width(RIGHT_PX)
        self.redraw()

    def redraw(self) -> None:
        """Draw what has changed."""
        view = self._worker.state.view
        if view.number == self._drawn:
            return
        self._drawn = view.number
        _set(self._head, content=words.head(view))
        trouble = words.trouble(view.trouble) if view.trouble else ""
        _set(self._trouble, content=trouble, visible=bool(trouble))
        _set(self._plan, content=words.plan(view))
        _set(self._missing, content=words.still_to_do(view.draft))
        whole = not view.draft.missing()
        _set(self._save, disabled=not whole or view.live is not None, visible=whole)
        _set(self._saved, content=words.saved(view.saved), visible=bool(view.saved))
        _set(self._places, content=words.places(places_of(view.draft)))
        _set(self._keep, disabled=view.live is not None)
        self._follow(view)
        self._draw_step(view)

    def picture(self, camera_id: str, image: Rgb | None) -> None:
        """Show what a camera sees."""
        if image is None:
            return
        if camera_id not in self._pictures:
            with self._camera_folder:
                self._pictures[camera_id] = self._gui.add_image(
                    image, label=f"camera {camera_id}", jpeg_quality=80
                )
            self._camera_folder.visible = True
            return
        self._pictures[camera_id].image = image

    def _make_plan(self) -> None:
        gui = self._gui
        self._head = gui.add_html("")
        self._trouble = gui.add_html("", visible=False)
        self._missing = gui.add_html("")
        self._save = gui.add_button(
            "Save the rig and its report", color="green", icon="device-floppy"
        )
        self._saved = gui.add_html("", visible=False)
        self._plan = gui.add_html("")
        self._save.on_click(lambda _: self._worker.save())

    def _make_kit(self) -> None:
        gui = self._gui
        texts = texts_of(self._worker.state.view.kit)
        gui.add_html(words.KIT_INTRODUCTION)
        self._boxes = {f.key: gui.add_text(f.label, texts[f.key], hint=f.hint) for f in FIELDS}
        self._keep = gui.add_button("Keep the kit", icon="device-floppy")
        self._kit_said = gui.add_html("")
        self._keep.on_click(lambda _: self._keep_kit())

    def _make_step(self) -> None:
        gui = self._gui
        names = tuple(self._keys) or ("nothing to calibrate",)
        self._choice = gui.add_dropdown("Procedure", names, initial_value=names[0])
        self._card = gui.add_html("")
        self._bar = gui.add_progress_bar(0.0, visible=False)
        self._text = gui.add_text("Answer", "", visible=False)
        self._answers = {
            "": gui.add_button("Enter: it is done", visible=False, icon="check"),
            "s": gui.add_button("s: leave it out", visible=False, color="gray"),
            "b": gui.add_button("b: the last one again", visible=False, color="gray"),
        }
        self._start = gui.add_button("Start", icon="player-play")
        self._next = gui.add_button("Next", visible=False, icon="arrow-right")
        self._anew = gui.add_button("Begin anew", color="gray", icon="rotate")
        self._stop = gui.add_button("Stop; what was taken is kept", color="red", icon="player-stop")
        self._covered = gui.add_html("", visible=False)
        blank = np.full((2, 2, 3), 255, dtype=np.uint8)
        self._cover = gui.add_image(blank, format="png", visible=False)
        self._step_results = gui.add_html("")
        self._camera_folder = gui.add_folder("What the cameras see", visible=False)
        self._plots_folder = gui.add_folder("Plots", visible=False)
        with self._plots_folder:
            self._plots = gui.add_html("")
        self._said = gui.add_html("")
        self._choice.on_update(self._choose)
        self._start.on_click(lambda _: self._begin(anew=False))
        self._anew.on_click(lambda _: self._begin(anew=True))
        self._next.on_click(lambda _: self._go_to_next())
        self._stop.on_click(lambda _: self._worker.screen.stop())
        for answer, button in self._answers.items():
            button.on_click(self._answering(answer))

    def _answering(self, answer: str) -> Callable[[Any], None]:
        def give(event: Any) -> None:
            del event
            text = self._text.value.strip() if self._text.visible and not answer else answer
            self._text.value = ""
            self._worker.screen.answer(text)

        return give

    def _choose(self, event: Any) -> None:
        if event.client is not None:  # a person, not this program
            self._chosen = self._keys.get(self._choice.value, "")
            self._drawn = -1

    def _go_to_next(self) -> None:
        due = self._worker.state.view.next
        if due is not None:
            self._chosen, self._drawn = due.task.key, -1

    def _begin(self, *, anew: bool) -> None:
        if not self._worker.do(self._chosen, anew=anew):
            self._worker.state.say(BUSY)

    def _follow(self, view: View) -> None:
        """Choose what is being done, and what is next when nothing was chosen yet."""
        keys = [row.task.key for row in view.rows]
        if view.live is not None and view.live.key:
            self._chosen = view.live.key
        elif self._chosen not in keys and keys:
            self._chosen = view.next.task.key if view.next is not None else keys[0]
        name = next((n for n, key in self._keys.items() if key == self._chosen), None)
        if name is not None and self._choice.value != name:
            self._choice.value = name

    def _draw_step(self, view: View) -> None:
        row = next((r for r in view.rows if r.task.key == self._chosen), None)
        live = view.live if view.live is not None and view.live.key == self._chosen else None
        if live is not None:
            _set(self._card, content=words.live_step(live))
        elif row is not None:
            _set(self._card, content=words.about_task(view, row))
        _set(self._choice, disabled=view.live is not None)
        self._draw_buttons(view, row, live)
        self._draw_progress(live)
        records = view.found.get(self._chosen, ()) if live is None else ()
        if records != self._found:
            self._found = records
            simulated = view.draft.kind == "sim"
            _set(self._step_results, content=words.found(records) if records else "")
            _set(self._plots, content=words.plots(records, simulated=simulated) if records else "")
            _set(self._plots_folder, visible=any(record.plots for record in records))
        _set(self._said, content=words.lines(view.said), visible=bool(view.said))

    def _draw_buttons(self, view: View, row: Row | None, live: Live | None) -> None:
        idle = view.live is None and row is not None and row.state != "absent"
        state = "absent" if row is None else row.state
        _set(self._start, visible=idle and state != "done")
        _set(self._start, label="Go on" if state in ("begun", "failed") else "Start")
        due = view.next
        done = idle and state in ("done", "kept") and due is not None
        _set(self._next, visible=done, label="Next" if due is None else f"Next: {_name(due)}")
        _set(self._anew, visible=idle and state in ("begun", "done", "failed"))
        _set(self._stop, visible=live is not None)
        asked = live.question if live is not None else ""
        wanted = asks_for(asked)
        _set(self._text, visible="text" in wanted)
        _set(
            self._answers[""], label="Give the answer" if "text" in wanted else "Enter: it is done"
        )
        for answer, button in self._answers.items():
            _set(button, visible=bool(asked) and (not answer or answer in wanted))

    def _draw_progress(self, live: Live | None) -> None:
        progress = live.progress if live is not None else None
        _set(self._bar, visible=live is not None, animated=bool(live and live.working))
        share = 0.0 if progress is None else min(max(progress.share, 0.0), 1.0)
        if self._bar.value != 100.0 * share:
            self._bar.value = 100.0 * share
        coverage = progress.coverage if progress is not None else None
        _set(self._covered, visible=coverage is not None)
        _set(self._cover, visible=coverage is not None)
        if coverage is not None and progress is not None:
            _set(self._covered, content=words.coverage_title(progress.coverage_of))
            self._cover.image = coverage_picture(coverage)

    def _keep_kit(self) -> None:
        texts = {key: box.value for key, box in self._boxes.items()}
        try:
            kit = kit_of(texts, self._worker.state.view.kit)
        except ConfigError as error:
            _set(self._kit_said, content=words.trouble(f"not kept: {error}"))
            return
        why = self._worker.keep_kit(kit)
        said = words.trouble(f"not kept: {why}") if why else words.kit_kept(kit)
        _set(self._kit_said, content=said)


def asks_for(question: str) -> frozenset[str]:
    """Tell which answers a question offers: "s", "b", and "text" where something is typed."""
    offers = set()
    if "s to leave it out" in question:
        offers.add("s")
    if "b: the last one again" in question:
        offers.add("b")
    if question and not offers and "Enter" not in question:
        offers.add("text")
    return frozenset(offers)


def _name(row: Row) -> str:
    what = row.task.procedure
    return what.name + (f" of {row.task.subject}" if what.subject == "camera" else "")


def _set(handle: Any, **props: Any) -> None:
    """Send only what is new: the same over and over would fill the wire."""
    for name, value in props.items():
        if getattr(handle, name) != value:
            setattr(handle, name, value)
