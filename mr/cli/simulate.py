"""`mrcpr simulate`: a simulated rig's files, for trying the tools without hardware."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, TypeVar

import typer
from rich.console import Console
from rich.progress import track

from mr.cli.deliver import write_file
from mr.cli.demo import calibrated_rig
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


def _with_progress(items: Iterable[Item], total: int, console: Console) -> Iterator[Item]:
    yield from track(items, "rendering", total=total, console=console, transient=True)


def simulate(
    folder: Annotated[Path, typer.Argument(help="Folder to write into; made if needed.")],
    learner: Annotated[str, typer.Option(help=f"One of {', '.join(STYLES)}.")] = "demo",
    mode: Annotated[Mode, typer.Option(help="Compressions and breaths.")] = Mode.HANDS_ONLY,
    seconds: Annotated[float, typer.Option(min=1, help="How long the learner compresses.")] = 15.0,
    fps: Annotated[int, typer.Option(min=6, max=90, help="Depth frames a second.")] = 30,
    seed: Annotated[int, typer.Option(help="Of the learner and of all noise.")] = 1,
) -> None:
    """Write a simulated rig into FOLDER: rig.toml, a camera recording, the truth.

    The camera recording is made by the RealSense SDK itself and plays in its
    viewer. Score it with the command that this one prints at its end.
    """
    console = Console(highlight=False, soft_wrap=True)
    script, sim_rig = make_script(learner, mode, seconds, seed), make_sim_rig()
    path = folder / f"camera{recording_suffix()}"
    if path.exists():
        raise RecordingError(f"{path}: exists already: choose another folder")
    with console.status("calibrating the simulated rig"):
        rig = calibrated_rig(seed)
    save_rig(rig, folder / "rig.toml")
    write_file(folder / "truth.json", json.dumps(asdict(script.truth()), indent=2).encode())
    camera = SimCamera(sim_rig, script, SteppedClock(), depth_hz=fps, color_hz=COLOR_HZ, seed=seed)
    total = int(script.duration_s * fps)
    with camera:
        frames = _with_progress(camera.frames(), total, console)
        pushed = record_frames(
            path, frames, rig.cameras[sim_rig.camera_id], fps, color_fps=COLOR_HZ
        )
    console.print(
        f"SIMULATED: {pushed['depth']} depth and {pushed['color']} colour frames in {path}\n"
        f"the truth: {folder / 'truth.json'}, the rig: {folder / 'rig.toml'}\n"
        f"score it:  mrcpr run --rig {folder / 'rig.toml'} --no-mannequin --camera-file {path}"
    )
