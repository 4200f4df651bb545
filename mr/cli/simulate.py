"""`mrcpr simulate`: a simulated rig's files, for trying the tools without hardware."""

from __future__ import annotations

import json
import shlex
from collections.abc import Iterable, Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, TypeVar

import typer
from rich.markup import escape
from rich.progress import track

from mr.cli.console import Output
from mr.cli.deliver import write_file
from mr.cli.demo import calibrated_rig
from mr.cli.options import ModeOption
from mr.cli.places import folder_for_results
from mr.clock.host import SteppedClock
from mr.config import Mode
from mr.devices.realsense.recorder import record_frames, recording_suffix
from mr.errors import RecordingError
from mr.rig import save_rig
from mr.sim.camera import SimCamera
from mr.sim.learner import STYLES, make_script
from mr.sim.rig import make_sim_rig

COLOR_HZ = 2

Item = TypeVar("Item")


def _with_progress(items: Iterable[Item], total: int, console: Output) -> Iterator[Item]:
    yield from track(
        items,
        "rendering",
        total=total,
        console=console,
        transient=True,
        disable=not console.can_redraw,
    )


def simulate(
    folder: Annotated[
        Path, typer.Argument(metavar="FOLDER", help="Folder to write into; made if needed.")
    ],
    learner: Annotated[
        str, typer.Option(metavar="STYLE", help=f"One of {', '.join(STYLES)}.")
    ] = "demo",
    mode: ModeOption = Mode.HANDS_ONLY,
    seconds: Annotated[
        float, typer.Option(metavar="S", min=1, max=3600, help="How long the learner compresses.")
    ] = 15.0,
    fps: Annotated[
        int, typer.Option(metavar="N", min=6, max=90, help="Depth frames a second.")
    ] = 30,
    seed: Annotated[
        int, typer.Option(metavar="N", min=0, help="Of the learner and of all noise.")
    ] = 1,
) -> None:
    """Write a simulated rig into FOLDER: rig.toml, a camera recording, the truth.

    The camera recording is made by the RealSense SDK itself and plays in its
    viewer. Score it with the command that this one prints at its end.
    """
    console = Output()
    script, sim_rig = make_script(learner, mode, seconds, seed), make_sim_rig()
    path = folder / f"camera{recording_suffix()}"
    rig_path, truth_path = folder / "rig.toml", folder / "truth.json"
    for existing in (path, rig_path, truth_path):
        if existing.exists():
            raise RecordingError(f"{existing}: exists already: choose another folder")
    with folder_for_results(folder):
        with console.status("calibrating the simulated rig"):
            rig = calibrated_rig(seed)
        camera = SimCamera(
            sim_rig, script, SteppedClock(), depth_hz=fps, color_hz=COLOR_HZ, seed=seed
        )
        with camera:
            frames = _with_progress(camera.frames(), int(script.duration_s * fps), console)
            lens = rig.cameras[sim_rig.camera_id]
            pushed = record_frames(path, frames, lens, fps, color_fps=COLOR_HZ)
        save_rig(rig, rig_path)
        write_file(
            truth_path, json.dumps({"kind": "sim"} | asdict(script.truth()), indent=2).encode()
        )
    command = ["mrcpr", "run", "--rig", str(rig_path), "--no-mannequin", "--camera-file", str(path)]
    if mode != Mode.HANDS_ONLY:
        command += ["--mode", mode]
    console.print(
        escape(
            f"SIMULATED: {pushed['depth']} depth and {pushed['color']} colour frames in {path}\n"
            f"the truth: {truth_path}, the rig: {rig_path}\n"
            f"score it:  {shlex.join(command)}"
        )
    )
