"""Kill a process that saves a rig, at each of its calls to the system in turn.

Run with a folder; prints one line for each kill: what stood in the rig file then, what was kept.
The audit hook hears of a call before it is made, so that every state between two calls is met.
"""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path
from typing import Any

from calibration.history import list_history, read_base, save_with_history
from mr.rig import dumps_rig
from tests.unit.recording.conftest import a_rig

HEARD = ("open", "os.", "tempfile.", "fcntl.")


def save_and_die(path: Path, at_call: int) -> None:
    calls = 0

    def hear(event: str, _: tuple[Any, ...]) -> None:
        nonlocal calls
        if event.startswith(HEARD) and event != "os.kill":
            calls += 1
            if calls > at_call:
                os.kill(os.getpid(), signal.SIGKILL)

    base = read_base(path)
    sys.addaudithook(hear)
    save_with_history(a_rig().model_copy(update={"name": "new"}), path, base.sha256)
    os._exit(0)


def main(folder: Path) -> None:
    old = dumps_rig(a_rig().model_copy(update={"name": "old"})) + "# a note by hand\n"
    for at_call in range(200):
        path = folder / str(at_call) / "rig.toml"
        path.parent.mkdir()
        path.write_text(old)
        child = os.fork()
        if child == 0:
            save_and_die(path, at_call)
        _, status = os.waitpid(child, 0)
        name = read_base(path).rig.name
        kept = [k.rig.name if k.rig else "damaged" for k in list_history(path)]
        base = read_base(path)
        save_with_history(a_rig().model_copy(update={"name": "next"}), path, base.sha256)
        after = [k.rig.name if k.rig else "damaged" for k in list_history(path)]
        lost = old.encode() not in [k.path.read_bytes() for k in list_history(path)]
        print(name, ",".join(kept) or "-", ",".join(after), "LOST" if lost else "whole", flush=True)
        if os.WIFEXITED(status):
            sys.exit(os.WEXITSTATUS(status))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
