"""What an interrupted calibration had already taken, so that it can be resumed.

Takes samples one by one, keeps each in a file of its own, whole, in a folder beside the rig
file (``rig.work/intrinsics_side/0001.npz``), with what they were taken with in ``about.json``;
gives them back when the procedure is begun again. Resuming with another board or another camera
is refused. A damaged file is left out and named. When a rig was made of them they are filed away
into its history. Leaves which samples are fit to the guides and the numbers to the procedures.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import UTC
from pathlib import Path
from types import TracebackType
from typing import Any, Generic, Literal, Self, TypeVar

from pydantic import Field, ValidationError

import mr
from calibration.guide import Guide
from calibration.history import HASH_DIGITS, STAMP, NowUtc, history_of
from calibration.locked import NAME as LOCK
from calibration.locked import locked
from calibration.samples import UnreadableSample, pack, sample_sha256, unpack
from mr.clock.host import wall_now_utc
from mr.config import Strict
from mr.errors import CalibrationError
from mr.files import write_whole

ABOUT = "about.json"
Parameter = None | bool | int | float | str | Strict | tuple[Any, ...] | Mapping[str, Any]

S = TypeVar("S")


class About(Strict):
    """What a procedure's samples were taken with."""

    schema_id: Literal["mrcpr.workbook/1"] = Field(default="mrcpr.workbook/1", alias="schema")
    procedure: str
    subject: str
    sample: str
    """The samples' type, by its name."""
    software: str
    started_utc: str
    parameters: dict[str, Any]

    @property
    def key(self) -> str:
        """The procedure and what it is done to, as in the rig's provenance."""
        return f"{self.procedure} {self.subject}"


@dataclass(slots=True)
class Page(Generic[S]):
    """One procedure's samples; holds its folder for itself until it is closed."""

    folder: Path
    about: About
    samples: list[S]
    left_out: tuple[str, ...]
    """Files that are not whole, with what is wrong with them."""
    _next: int
    _held: ExitStack = field(repr=False)
    _paths: dict[Path, S] = field(repr=False)

    def add(self, sample: S) -> Path:
        """Keep an accepted sample, whole or not at all.

        Raises
        ------
        CalibrationError
            When it cannot be written.
        """
        path = self.folder / f"{self._next:04d}.npz"
        with _told(path):
            write_whole(path, pack(sample))
        self._next += 1
        self.samples.append(sample)
        self._paths[path] = sample
        return path

    def drop(self, sample: S) -> None:
        """Put a kept sample aside, which the technician takes back: it must not come again.

        Raises
        ------
        CalibrationError
            When it cannot be moved.
        """
        for path, kept in self._paths.items():
            if kept is sample:
                with _told(path):
                    path.rename(path.with_name(f"taken-back-{path.name}"))
                del self._paths[path]
                break
        self.samples = [kept for kept in self.samples if kept is not sample]

    def refill(self, guide: Guide[S]) -> tuple[str, ...]:
        """Give a new guide all that was kept; tells what it did not take, and why."""
        refused = []
        for sample in self.samples:
            verdict = guide.offer(sample)
            if not verdict.taken:
                refused.append(verdict.why)
        return tuple(refused)

    def inputs_sha256(self) -> dict[str, str]:
        """Hash the samples in their order, for the provenance."""
        digest = hashlib.sha256()
        for sample in self.samples:
            digest.update(sample_sha256(sample).encode())
        return {self.about.key: digest.hexdigest()}

    def close(self) -> None:
        """Let go of the folder; what was taken stays."""
        self._held.close()

    def __enter__(self) -> Self:
        """Hold it."""
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        tb: TracebackType | None,
    ) -> None:
        self.close()


@dataclass(frozen=True, slots=True)
class Begun:
    """A procedure that was begun: what a command lists before it resumes."""

    about: About
    n_samples: int
    folder: Path


class Workbook:
    """All procedures of a rig that were begun and are not filed away."""

    def __init__(self, rig_path: Path) -> None:
        """Name the rig file; the folder beside it is made when it is needed."""
        self._rig_path = rig_path
        self.folder = history_of(rig_path).with_suffix(".work")

    def open(
        self,
        procedure: str,
        subject: str,
        kind: type[S],
        parameters: Mapping[str, Parameter],
        *,
        now: NowUtc = wall_now_utc,
    ) -> Page[S]:
        """Begin a procedure, or go on with it.

        Parameters
        ----------
        procedure, subject
            As in its `Record`.
        kind
            The samples' type.
        parameters
            What they are taken with: the board with its print scale, serial numbers, sizes of
            pictures. The same is needed to go on.

        Raises
        ------
        CalibrationError
            When it was begun with something else, another program is at it, or the folder
            cannot be read or written.
        """
        about = About(
            procedure=procedure,
            subject=subject,
            sample=kind.__name__,
            software=f"mrcpr {mr.__version__}",
            started_utc=now().isoformat(timespec="seconds"),
            parameters={name: _as_json(value) for name, value in parameters.items()},
        )
        folder = self.folder / _folder_name(procedure, subject)
        held = ExitStack()
        try:
            with _told(folder):
                held.enter_context(locked(folder, f"measuring {about.key}"))
                about = _begin(folder, about)
                paths, left_out, last = _read_samples(folder, kind)
        except BaseException:
            held.close()
            raise
        return Page(folder, about, list(paths.values()), left_out, last + 1, held, paths)

    def begun(self) -> tuple[Begun, ...]:
        """List what can be resumed, the oldest first."""
        found = []
        for folder in sorted(p for p in self.folder.glob("*") if (p / ABOUT).is_file()):
            about = _read_about(folder)
            if about is not None:
                found.append(Begun(about, len(list(folder.glob("[0-9]*.npz"))), folder))
        return tuple(sorted(found, key=lambda b: b.about.started_utc))

    def start_over(
        self, procedure: str, subject: str, *, now: NowUtc = wall_now_utc
    ) -> Path | None:
        """Put a procedure's samples aside, so that it begins anew; tells where they are now."""
        folder = self.folder / _folder_name(procedure, subject)
        if not folder.is_dir():
            return None
        with _told(folder), locked(folder, f"measuring {procedure} {subject}"):
            return _move(folder, self.folder / "put-aside", now)

    def file_away(
        self,
        rig_sha256: str,
        keys: Iterable[tuple[str, str]] | None = None,
        *,
        now: NowUtc = wall_now_utc,
    ) -> Path | None:
        """Move finished procedures' samples to the rig's history, as its evidence.

        They lie in ``rig.history/STAMP_HASH_evidence``, with the hash of the rig file that was
        made of them: under that hash the file itself is kept when another takes its place.

        Parameters
        ----------
        rig_sha256
            Of the rig file that was saved: `history.read_base`.
        keys
            Procedure and subject of those that are finished; None: all.

        Raises
        ------
        CalibrationError
            When another program is at one of them, or they cannot be moved.
        """
        wanted = None if keys is None else {_folder_name(*key) for key in keys}
        folders = [b.folder for b in self.begun() if wanted is None or b.folder.name in wanted]
        if not folders:
            return None
        name = f"{now().astimezone(UTC).strftime(STAMP)}_{rig_sha256[:HASH_DIGITS]}_evidence"
        evidence = history_of(self._rig_path) / name
        for folder in folders:
            with _told(folder), locked(folder, f"measuring {folder.name}"):
                _move(folder, evidence, now)
        return evidence


def _as_json(value: Parameter) -> Any:
    """Write a parameter as it comes back from the file, so that the two can be compared."""
    if isinstance(value, Strict):
        return value.model_dump(mode="json", by_alias=True)
    if isinstance(value, Mapping):
        return {str(k): _as_json(v) for k, v in value.items()}
    if isinstance(value, (tuple, list)):
        return [_as_json(v) for v in value]
    return value


def _folder_name(procedure: str, subject: str) -> str:
    """Name a folder; a subject that a file system would not take is told by its hash, too."""
    plain = re.sub(r"[^A-Za-z0-9.-]+", "-", subject).strip(".-")[:40]
    if plain != subject:
        plain += "-" + hashlib.sha256(subject.encode()).hexdigest()[:6]
    return f"{procedure}_{plain}"


def _begin(folder: Path, about: About) -> About:
    """Write down what a procedure is begun with, or see that it is the same as before."""
    for half in folder.glob(".*.tmp"):
        half.unlink(missing_ok=True)  # of a killed process; nobody else writes here now
    before = _read_about(folder)
    if before is None or not any(folder.glob("[0-9]*.npz")):  # nothing was taken yet
        write_whole(folder / ABOUT, about.model_dump_json(by_alias=True, indent=2).encode())
        return about
    _require_same(before, about, folder)
    return before


def _read_about(folder: Path) -> About | None:
    try:
        return About.model_validate_json((folder / ABOUT).read_bytes())
    except FileNotFoundError:
        return None
    except ValidationError as error:
        raise CalibrationError(
            f"{folder / ABOUT}: not as this program wrote it: move the folder {folder} away and "
            "start this procedure over"
        ) from error


def _require_same(before: About, now: About, folder: Path) -> None:
    old = dict(
        _flat("", before.model_dump(include={"procedure", "subject", "sample", "parameters"}))
    )
    new = dict(_flat("", now.model_dump(include={"procedure", "subject", "sample", "parameters"})))
    for name in sorted(old.keys() | new.keys()):
        was, is_now = old.get(name, "not there"), new.get(name, "not there")
        if was != is_now:
            raise CalibrationError(
                f"{folder}: {before.key} was begun {before.started_utc[:16]} with "
                f"{name.removeprefix('parameters.')} = {was}, and now it is {is_now}: go on with "
                "what it was begun with, or start this procedure over with --anew"
            )


def _flat(name: str, value: Any) -> Iterator[tuple[str, Any]]:
    if not isinstance(value, dict):
        yield name, value
        return
    for key, inner in value.items():
        yield from _flat(f"{name}.{key}" if name else key, inner)


def _read_samples(folder: Path, kind: type[S]) -> tuple[dict[Path, S], tuple[str, ...], int]:
    samples: dict[Path, S] = {}
    left_out = []
    last = 0
    for path in sorted(folder.glob("[0-9]*.npz"), key=lambda p: (len(p.name), p.name)):
        if path.stem.isdecimal():
            last = max(last, int(path.stem))  # a damaged one is not written over either
        try:
            samples[path] = unpack(path.read_bytes(), kind)
        except (UnreadableSample, OSError) as error:
            left_out.append(f"{path.name}: {error}")
    return samples, tuple(left_out), last


def _move(folder: Path, to: Path, now: NowUtc) -> Path:
    """Move a folder in one step to where none of its name is."""
    to.mkdir(parents=True, exist_ok=True)
    place = to / folder.name
    if place.exists():
        place = to / f"{folder.name}_{now().astimezone(UTC).strftime(STAMP)}"
    (folder / LOCK).unlink(missing_ok=True)
    return folder.rename(place)


@contextmanager
def _told(path: Path) -> Iterator[None]:
    """Say what the system refuses as one line."""
    try:
        yield
    except OSError as error:
        raise CalibrationError(
            f"{path}: the samples cannot be kept here ({error.strerror or error}): free some "
            "space, or see who may write in this folder"
        ) from error
