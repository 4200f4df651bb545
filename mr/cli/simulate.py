"""`mrcpr simulate`: a simulated rig's files, for trying the tools without hardware."""

from __future__ import annotations

import json
import math
import shlex
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated, TypeVar

import typer
from rich.markup import escape
from rich.progress import track

from mr.cli.console import Output
from mr.cli.deliver import write_file
from mr.cli.options import ModeOption
from mr.cli.places import folder_for_results
from mr.cli.scene import KeptScene
from mr.cli.scene_picture import scene_png
from mr.config import Mode
from mr.devices.realsense.frames import Kind
from mr.devices.realsense.recorder import record_frames, recording_suffix
from mr.errors import RecordingError
from mr.files import is_there
from mr.rig import Rig, save_rig
from mr.sim.learner import STYLES
from mr.sim.limbs import Physique
from mr.sim.noise import NoiseModel
from mr.sim.rig import CameraPlace

PLACE, WHO, NOISE = CameraPlace(), Physique(), NoiseModel()
"""What is simulated unless something else is asked for."""
COLOR_HZ = 2

Item = TypeVar("Item")


def _with_progress(items: Iterable[Item], total: int, console: Output, what: str) -> Iterator[Item]:
    yield from track(
        items, what, total=total, console=console, transient=True, disable=not console.can_redraw
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
    cameras: Annotated[
        int, typer.Option(metavar="N", min=1, max=2, help="The second hangs 50 degrees around.")
    ] = 1,
    distance: Annotated[
        float, typer.Option(metavar="M", min=0.4, max=1.5, help="From the camera to the sternum.")
    ] = PLACE.distance_m,
    tilt: Annotated[
        float, typer.Option(metavar="DEG", min=5, max=75, help="Off the chest's normal.")
    ] = PLACE.tilt_deg,
    azimuth: Annotated[
        float,
        typer.Option(
            metavar="DEG",
            min=-180,
            max=180,
            help="0: on the mannequin's left, before the learner; 90: at its head.",
        ),
    ] = PLACE.azimuth_deg,
    noise: Annotated[
        float, typer.Option(metavar="PX", min=0, max=1, help="A pixel's noise of disparity.")
    ] = NOISE.sigma_px,
    gloves: Annotated[bool, typer.Option("--gloves", help="The learner wears gloves.")] = False,
    elbow_bend: Annotated[
        float, typer.Option(metavar="DEG", min=0, max=120, help="0: the arms are straight.")
    ] = 0.0,
    head_forward: Annotated[
        float,
        typer.Option(
            metavar="M", min=-0.1, max=0.4, help="How far the head is before the shoulders."
        ),
    ] = WHO.head_forward_m,
) -> None:
    """Write a simulated rig into FOLDER: rig.toml, a camera recording, the truth.

    Each camera's recording is made by the RealSense SDK itself and plays in its
    viewer; the rig is calibrated at the very place, and scene.png shows what its
    cameras see. Score it with the command that this one prints at its end.
    """
    console = Output()
    scene = KeptScene(
        learner,
        mode,
        seconds,
        seed,
        CameraPlace(distance, tilt, azimuth),
        cameras,
        replace(NOISE, sigma_px=noise),
        replace(
            WHO,
            gloves=gloves,
            elbow_bend_rad=math.radians(elbow_bend),
            head_forward_m=head_forward,
        ),
    )
    scene.script()  # a style that does not exist is told before anything is made
    files = _files(folder, scene)
    for existing in (*files.cameras.values(), files.rig, files.truth, files.picture):
        if is_there(existing):
            raise RecordingError(f"{existing}: exists already: choose another folder")
    with folder_for_results(folder):
        try:
            pushed = _write(scene, files, fps, console)
        except BaseException:  # Ctrl-C, too: a part of a scene is none
            for path in (*files.cameras.values(), files.rig, files.truth, files.picture):
                path.unlink(missing_ok=True)
            raise
    _conclude(console, scene, files, pushed)


@dataclass(frozen=True, slots=True)
class _Files:
    cameras: dict[str, Path]
    rig: Path
    truth: Path
    picture: Path


def _files(folder: Path, scene: KeptScene) -> _Files:
    suffix, ids = recording_suffix(), list(scene.places())
    names = {i: "camera" if len(ids) == 1 else f"camera_{i}" for i in ids}
    return _Files(
        {i: folder / f"{name}{suffix}" for i, name in names.items()},
        folder / "rig.toml",
        folder / "truth.json",
        folder / "scene.png",
    )


def _write(
    scene: KeptScene, files: _Files, fps: int, console: Output
) -> dict[str, dict[Kind, int]]:
    """Calibrate, render and write everything; gives how many frames each camera has."""
    with console.status("calibrating the simulated rig"):
        rig = scene.calibrated()
    pushed = {i: _film(scene, i, files.cameras[i], rig, fps, console) for i in files.cameras}
    with console.status("drawing what the cameras see"):
        write_file(files.picture, scene_png(scene))
    save_rig(rig, files.rig)
    write_file(files.truth, json.dumps(scene.truth(fps, COLOR_HZ), indent=2).encode())
    return pushed


def _film(
    scene: KeptScene, camera_id: str, path: Path, rig: Rig, fps: int, console: Output
) -> dict[Kind, int]:
    with scene.camera(camera_id, fps, COLOR_HZ) as camera:
        total = int(scene.script().duration_s * fps)
        frames = _with_progress(camera.frames(), total, console, f"rendering camera {camera_id}")
        lens = rig.cameras[camera_id]
        return record_frames(path, frames, lens, fps, color_fps=COLOR_HZ)


def _conclude(
    console: Output, scene: KeptScene, files: _Files, pushed: dict[str, dict[Kind, int]]
) -> None:
    """Say what was written, and the command that scores it."""
    command = ["mrcpr", "run", "--rig", str(files.rig), "--no-mannequin"]
    for camera_id, path in files.cameras.items():
        lone = len(files.cameras) == 1
        command += ["--camera-file", str(path) if lone else f"{camera_id}={path}"]
        frames = pushed[camera_id]
        console.print(
            escape(
                f"SIMULATED: {frames['depth']} depth and {frames['color']} colour frames in {path}"
            )
        )
    if scene.mode != Mode.HANDS_ONLY:
        command += ["--mode", scene.mode]
    console.print(
        escape(
            f"the truth: {files.truth}, the rig: {files.rig}\n"
            f"a picture: {files.picture}\n"
            f"score it:  {shlex.join(command)}"
        )
    )
