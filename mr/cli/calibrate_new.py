"""`mrcpr calibrate new`: begin a rig file from what is plugged in.

Takes the cameras and the mannequin that are connected, gives a draft with their serial numbers
and what their makers say of them; leaves measuring to the procedures.
"""

from __future__ import annotations

import re
from contextlib import ExitStack
from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape

from calibration.draft import MannequinDraft, model_of, new_draft, save_draft
from mr.cli.calibrate_book import draft_path_of
from mr.cli.calibrate_options import DEFAULT_RIG, PortOption, RigOption
from mr.cli.console import Output
from mr.cli.sources import find_port
from mr.devices.mannequin.console import MannequinConsole
from mr.devices.mannequin.find import resolve_port
from mr.devices.realsense.sdk import list_cameras
from mr.devices.realsense.source import RealSenseSource
from mr.errors import CalibrationError, ConfigError
from mr.files import is_there
from mr.rig import CameraModel
from mr.types import Pose
from mr.wire import UNNAMED

CHEST_AP_MM = 200.0


def new(
    rig: RigOption = DEFAULT_RIG,
    name: Annotated[str, typer.Option(metavar="NAME", help="Of the rig, as reports show it.")] = "",
    camera: Annotated[
        list[str] | None,
        typer.Option(metavar="ID=SERIAL", help="Name a camera; default: all, as a, b, …"),
    ] = None,
    camera_file: Annotated[
        list[str] | None,
        typer.Option(metavar="ID=FILE", help="A recording that tells a camera's models."),
    ] = None,
    chest_mm: Annotated[
        float,
        typer.Option(metavar="MM", min=60, max=400, help="Chest's front-to-back diameter."),
    ] = CHEST_AP_MM,
    port: PortOption = None,
    no_mannequin: Annotated[bool, typer.Option("--no-mannequin", help="Cameras only.")] = False,
    no_camera: Annotated[bool, typer.Option("--no-camera", help="A mannequin only.")] = False,
) -> None:
    """Begin a rig with the cameras and the mannequin that are connected.

    What their makers say of them is taken over; everything else is measured by
    the procedures: mrcpr calibrate status says which is next.
    """
    console = Output()
    draft_path = draft_path_of(rig)
    for there in (rig, draft_path):
        if is_there(there):
            raise ConfigError(f"{there}: exists already: choose another file for --rig")
    cameras: dict[str, CameraModel] = {}
    if not no_camera:
        with console.status("asking the cameras"):
            cameras = _from_files(camera_file or []) or _connected(camera or [])
    mannequin = None if no_mannequin else _mannequin(port, chest_mm, console)
    if not cameras and mannequin is None:
        raise ConfigError("a rig needs a camera or a mannequin: leave one of the options out")
    draft = new_draft(name or rig.stem, "live", cameras, mannequin)
    save_draft(draft, draft_path)
    for camera_id, model in cameras.items():
        console.print(escape(f"camera {camera_id}: {model.model} {model.serial}"))
    if mannequin is not None:
        console.print(
            escape(f"mannequin {mannequin.serial}, chest {1e3 * mannequin.chest_ap_m:g} mm")
        )
    console.print(escape(f"begun in {draft_path}"))
    console.print("→ mrcpr calibrate status" + ("" if rig == DEFAULT_RIG else f" --rig {rig}"))


def _connected(wanted: list[str]) -> dict[str, CameraModel]:
    """Ask connected cameras for their models."""
    if wanted:
        pairs = [_pair(text, "--camera", "ID=SERIAL, such as side=831612073525") for text in wanted]
    else:
        listed = list_cameras()
        if not listed.cameras:
            raise CalibrationError(
                f"{listed.why}: plug one in, or begin without cameras with --no-camera"
            )
        names = ["side"] if len(listed.cameras) == 1 else [chr(97 + k) for k in range(26)]
        pairs = [(n, c.serial) for n, c in zip(names, listed.cameras, strict=False)]
    return {
        camera_id: _model(RealSenseSource.live(serial, camera_id)) for camera_id, serial in pairs
    }


def _from_files(given: list[str]) -> dict[str, CameraModel]:
    pairs = [_pair(text, "--camera-file", "ID=FILE, such as side=board.db3") for text in given]
    return {
        camera_id: _model(RealSenseSource.file(Path(path), camera_id)) for camera_id, path in pairs
    }


def _pair(text: str, option: str, how: str) -> tuple[str, str]:
    first, mark, second = text.partition("=")
    if not (mark and second and re.fullmatch(r"[A-Za-z0-9_-]{1,32}", first)):
        raise ConfigError(f"{option} {text!r}: give {how}; an id is of letters, digits, - and _")
    return first, second


def _model(source: RealSenseSource) -> CameraModel:
    with source:
        return model_of(source.calibration(Pose.identity()))


def _mannequin(port: str | None, chest_mm: float, console: Output) -> MannequinDraft:
    """Ask the mannequin who it is."""
    with ExitStack() as stack:
        path = resolve_port(find_port(port) or None)
        with console.status(f"greeting the mannequin on {escape(path)}"):
            mannequin = stack.enter_context(MannequinConsole(path))
        serial = mannequin.serial_number
    if serial == UNNAMED:
        raise CalibrationError(
            f"the mannequin on {path} has no name, and a rig names the one it was made for: "
            "give it one with `mrcpr mannequin name SERIAL`"
        )
    return MannequinDraft(serial=serial, chest_ap_m=chest_mm / 1000.0)
