"""Which files a command line means, and what kind each is.

Takes paths of files and folders, gives `Input`s with a short name for each that no other
one has. What cannot be opened is listed, too: reading it, which is left to `mr.recording`,
says why.
"""

from __future__ import annotations

import os
import stat
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

from mr.errors import RecordingError
from mr.files import is_folder
from mr.recording.container import MAGIC
from mr.recording.harmless import harmless

FileKind = Literal["recording", "csv", "ssx"]
KINDS: dict[str, FileKind] = {".mcap": "recording", ".csv": "csv", ".ssx": "ssx"}
ZIP_MAGIC = b"PK\x03\x04"
STANDARD_INPUT = Path("/dev/stdin")


@dataclass(frozen=True, slots=True)
class Input:
    """One file to be analysed."""

    path: Path
    name: str
    """What it is called on every output: without the folder that was given."""


def kind_of(path: Path) -> FileKind:
    """Tell a recording, a SimPad session and a CSV apart: by name, else by how it begins.

    A pipe can be read only once, and from its start to its end: it is a CSV.
    """
    named = KINDS.get(path.suffix.lower())
    if named is not None:
        return named
    try:
        mode = path.stat().st_mode
        if not stat.S_ISREG(mode) and not stat.S_ISDIR(mode):
            return "csv"
        with path.open("rb") as file:
            head = file.read(len(MAGIC))
    except OSError:
        return "recording"
    if head == MAGIC:
        return "recording"
    return "ssx" if head.startswith(ZIP_MAGIC) else "csv"


def inputs_of(paths: Sequence[Path]) -> list[Input]:
    """List the files that are meant: each once, those of a folder by name; "-" is stdin.

    Raises
    ------
    RecordingError
        When a folder holds nothing that can be analysed.
    """
    found: dict[str, Input] = {}
    for path in paths:
        for one in _meant_by(path):
            found.setdefault(os.path.realpath(one.path), one)
    times = Counter(one.name for one in found.values())
    return [
        replace(one, name=harmless(str(one.path) if times[one.name] > 1 else one.name))
        for one in found.values()
    ]


def _meant_by(path: Path) -> list[Input]:
    if str(path) == "-":
        return [Input(STANDARD_INPUT, "stdin")]
    return _in_folder(path) if is_folder(path) else [Input(path, path.name)]


def _in_folder(folder: Path) -> list[Input]:
    """List what a folder and those in it hold; one that may not be opened stands for itself."""
    files: list[Path] = []

    def list_as_it_is(error: OSError) -> None:
        files.append(Path(error.filename))

    for place, _, names in os.walk(folder, onerror=list_as_it_is):
        inside = (Path(place, name) for name in names)
        files += (p for p in inside if p.suffix.lower() in KINDS and _may_be_file(p))
    if not files:
        raise RecordingError(
            f"{folder}: no .mcap, .csv or .ssx file in this folder: give files, or another folder"
        )
    return [
        Input(p, p.relative_to(folder).as_posix() if p != folder else folder.name)
        for p in sorted(files)
    ]


def _may_be_file(path: Path) -> bool:
    """Tell whether a file is there, or something that may not be looked at."""
    try:
        return stat.S_ISREG(path.stat().st_mode)
    except OSError as error:
        return isinstance(error, PermissionError)
