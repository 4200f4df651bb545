"""Which files a command line means, and what kind each is.

Takes paths of files and folders, gives `Input`s with a short name for each that no other
one has. Leaves reading them to `mr.recording`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

from mr.errors import RecordingError
from mr.recording.container import MAGIC
from mr.recording.harmless import harmless

FileKind = Literal["recording", "csv", "ssx"]
KINDS: dict[str, FileKind] = {".mcap": "recording", ".csv": "csv", ".ssx": "ssx"}
ZIP_MAGIC = b"PK\x03\x04"


@dataclass(frozen=True, slots=True)
class Input:
    """One file to be analysed."""

    path: Path
    name: str
    """What it is called on every output: without the folder that was given."""


def kind_of(path: Path) -> FileKind:
    """Tell a recording, a SimPad session and a CSV apart: by name, else by how it begins.

    Raises
    ------
    RecordingError
        When it cannot be opened.
    """
    named = KINDS.get(path.suffix.lower())
    if named is not None:
        return named
    if not path.is_file():
        return "recording"
    try:
        with path.open("rb") as file:
            head = file.read(len(MAGIC))
    except OSError as error:
        raise RecordingError(
            f"{path}: cannot read this file ({error.strerror}): give another one"
        ) from error
    if head == MAGIC:
        return "recording"
    return "ssx" if head.startswith(ZIP_MAGIC) else "csv"


def inputs_of(paths: Sequence[Path]) -> list[Input]:
    """List the files that are meant: each once, those of a folder by name.

    Raises
    ------
    RecordingError
        When a folder holds nothing that can be analysed.
    """
    found: dict[Path, Input] = {}
    for path in paths:
        for one in _in_folder(path) if path.is_dir() else [Input(path, path.name)]:
            found.setdefault(one.path.resolve(), one)
    times = Counter(one.name for one in found.values())
    return [
        replace(one, name=harmless(str(one.path) if times[one.name] > 1 else one.name))
        for one in found.values()
    ]


def _in_folder(folder: Path) -> list[Input]:
    files = sorted(p for p in folder.rglob("*") if p.suffix.lower() in KINDS and p.is_file())
    if not files:
        raise RecordingError(
            f"{folder}: no .mcap, .csv or .ssx file in this folder: give files, or another folder"
        )
    return [Input(p, p.relative_to(folder).as_posix()) for p in files]
