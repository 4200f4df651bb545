"""The one thread in which the page's steps are done.

Takes jobs from the page's buttons, does one at a time on a `Desk`, gives what became of it to the
page's state; leaves the browser's threads free. An error is a line on the page, and the page
goes on.
"""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Mapping
from dataclasses import replace

from calibration.kit import Kit
from calibration.page.desk import Desk, State
from calibration.page.screen import PageScreen, Stopped
from calibration.page.state import Live, PageState, Row, View
from calibration.plan import Task
from calibration.record import Record
from mr.errors import MrError

DUE = ("not yet", "begun", "failed")
BUSY = "a step is being done: wait for it, or stop it"
LEAVE_S = 10.0
"""A step that measures is waited for at the end; after that the program ends without it."""


class Worker:
    """Does what the page's buttons ask, one after the other."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self.state = PageState(View(desk.draft, desk.kit, desk.place))
        self.screen = PageScreen(self.state)
        self._failed: dict[str, str] = {}
        self._found: dict[str, tuple[Record, ...]] = {}
        self._jobs: queue.Queue[Callable[[], None] | None] = queue.Queue()
        self._busy = threading.Lock()
        self._thread = threading.Thread(target=self._run, name="calibration step", daemon=True)
        self._take_stock()

    def start(self) -> None:
        """Begin to wait for jobs."""
        self._thread.start()

    def close(self) -> None:
        """Stop the step that is being done, at its next sample, and end."""
        self.screen.stop()
        self._jobs.put(None)
        if self._thread.is_alive():
            self._thread.join(LEAVE_S)

    def do(self, key: str, *, anew: bool = False) -> bool:
        """Begin a task; False when another one is being done."""
        task = next((task for task in self._desk.tasks() if task.key == key), None)
        return task is not None and self._submit(lambda: self._do(task, anew=anew), key)

    def keep_kit(self, kit: Kit) -> str:
        """Keep the kit at once; tells why not, when it could not be."""
        if not self._busy.acquire(blocking=False):
            return BUSY
        try:
            self._desk.keep_kit(kit)
        except MrError as error:
            return str(error)
        finally:
            self._take_stock()
            self._busy.release()
        return ""

    def save(self) -> bool:
        """Save the rig; False when a step is being done."""
        return self._submit(self._save, "")

    def _submit(self, job: Callable[[], None], key: str) -> bool:
        if not self._busy.acquire(blocking=False):
            return False
        self.screen.ready()
        live = Live(key) if key else Live("", working="saving the rig and its report")
        self.state.change(lambda view: replace(view, live=live, trouble=""))
        self._take_stock(busy=key)
        self._jobs.put(job)
        return True

    def _run(self) -> None:
        while (job := self._jobs.get()) is not None:
            try:
                job()
            except MrError as error:
                self.trouble(str(error))
            except Exception as error:  # noqa: BLE001 -- whatever it is, the page goes on
                self.trouble(f"an internal fault: {type(error).__name__}: {error}")
            finally:
                self._take_stock()
                self.state.change(lambda view: replace(view, live=None))
                self._busy.release()

    def _do(self, task: Task, *, anew: bool) -> None:
        self._failed.pop(task.key, None)
        self._found.pop(task.key, None)
        try:
            records = self._desk.do(task, self.screen, anew=anew)
        except Stopped as stopped:
            self.screen.say(f"{task.procedure.name}: {stopped}")
            return
        except MrError as error:
            self._failed[task.key] = str(error)
            return
        except Exception as error:
            self._failed[task.key] = f"an internal fault: {type(error).__name__}: {error}"
            raise
        self._found[task.key] = records
        missed = [check.item for record in records for check in record.failures]
        if missed:
            self._failed[task.key] = (
                f"{', '.join(missed)}: not within the limit; nothing of it was taken over. Mend "
                "what the arrows say, then begin anew"
            )

    def _save(self) -> None:
        told = tuple(self._desk.save())
        self._failed.clear()
        self.state.change(lambda view: replace(view, saved=told))

    def trouble(self, text: str) -> None:
        """Tell what went wrong with no step in particular."""
        if self.state.view.trouble == text:
            return
        self.state.change(lambda view: replace(view, trouble=text))

    def _take_stock(self, busy: str = "") -> None:
        """Tell the page anew what is done and what is still to do."""
        try:
            rows = rows_of(self._desk, self._failed, busy)
            found = {task.key: self._desk.found(task) for task in self._desk.tasks()}
        except MrError as error:
            self.trouble(str(error))
            return
        found = {key: records for key, records in (found | self._found).items() if records}
        draft, kit = self._desk.draft, self._desk.kit
        self.state.change(lambda view: replace(view, draft=draft, kit=kit, rows=rows, found=found))


def rows_of(desk: Desk, failed: Mapping[str, str], busy: str = "") -> tuple[Row, ...]:
    """Tell how each task stands, and which one is next."""
    rows: list[Row] = []
    for task in desk.tasks():
        state: State = desk.state(task)
        if task.key == busy:
            state = "busy"
        elif task.key in failed:
            state = "failed"
        rows.append(Row(task, state, failed=failed.get(task.key, "")))
    due = None if busy else next((row for row in rows if row.state in DUE), None)
    return tuple(replace(row, next=row is due) for row in rows)
