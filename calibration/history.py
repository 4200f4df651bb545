"""A rig file's history: a new calibration never loses the old one.

Takes a rig and where its file lies, keeps the file that was there in a folder beside it
(``rig.history/2026-11-30T08-15-02Z_1a2b3c4d.toml``: when it was put away, and the first digits
of its hash) and then puts the new one in its place; leaves measuring to the procedures and what
has changed to `calibration.difference`.

The old file is whole on the disk before the new one takes its place, in one step: a process
that is killed at any instant leaves the one or the other. Who saves names the file that the
new numbers are based on, by its hash, so that what another program saved meanwhile is refused
and not overwritten.
"""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from calibration.locked import locked
from mr.clock.host import wall_now_utc
from mr.errors import CalibrationError, ConfigError
from mr.files import whole_file
from mr.rig import Rig, dumps_rig, loads_rig

STAMP = "%Y-%m-%dT%H-%M-%SZ"
"""Of file names: no colons, which Windows does not take; sorts by time."""
HASH_DIGITS = 8
_NAME = re.compile(r"(\d{4}-\d\d-\d\dT\d\d-\d\d-\d\dZ)_([0-9a-f]{8})\.toml")

NowUtc = Callable[[], datetime]


@dataclass(frozen=True, slots=True)
class Base:
    """A rig file as it was read: what is measured now builds on it."""

    rig: Rig
    sha256: str
    """Of the file's bytes, for `save_with_history`."""


@dataclass(frozen=True, slots=True)
class Kept:
    """One old rig file."""

    path: Path
    put_away_utc: str
    """When another took its place; ISO 8601."""
    sha256: str
    rig: Rig | None
    why: str = ""
    """If there is no rig: why it cannot be read."""


def history_of(path: Path) -> Path:
    """Name the folder with a rig file's history."""
    return _place(path).with_suffix(".history")


def read_base(path: Path) -> Base:
    """Read a rig file that is going to be calibrated further.

    Raises
    ------
    ConfigError
        When it is missing or no rig file.
    """
    data = _bytes_of(path)
    if data is None:
        raise ConfigError(
            f"{path}: no rig file is here: give the path of one, or calibrate a new rig"
        )
    return Base(_loaded(data, path), _sha256(data))


def save_with_history(
    rig: Rig, path: Path, base_sha256: str | None, *, now: NowUtc = wall_now_utc
) -> Path | None:
    """Put a rig in the place of the file it is based on, which is kept; tells where.

    Parameters
    ----------
    rig
        What was calibrated.
    path
        Its file. A link stays one: the file that it leads to is replaced.
    base_sha256
        `Base.sha256` of the file that was read; None: there was none.

    Raises
    ------
    ConfigError
        When the rig's numbers cannot be a rig's, or a file cannot be written.
    CalibrationError
        When the file is not the one it is based on any more, or is being saved by another.
    """
    data = dumps_rig(rig).encode()
    _loaded(data, path)  # what cannot be read again must not take a good file's place
    return _replace(path, data, base_sha256, now)


def list_history(path: Path) -> tuple[Kept, ...]:
    """List what is kept of a rig file, the newest first."""
    folder = history_of(path)
    names = sorted((p.name for p in folder.glob("*.toml") if _NAME.fullmatch(p.name)), reverse=True)
    return tuple(_kept(folder / name) for name in names)


def find_kept(path: Path, which: str) -> Kept:
    """Find one old file by its name, its hash, or how one of them begins.

    Raises
    ------
    CalibrationError
        When none or several are meant.
    """
    every = list_history(path)
    found = [k for k in every if which and which in {k.path.name, k.sha256}] or [
        k for k in every if which and (k.path.name.startswith(which) or k.sha256.startswith(which))
    ]
    if len({k.sha256 for k in found}) == 1:
        return found[0]
    names = ", ".join(k.path.stem for k in (found or every)) or "nothing"
    count = "several of" if found else "none of"
    raise CalibrationError(f"{which!r} is {count} what is kept of {path}: choose one of {names}")


def restore(
    path: Path, which: str, base_sha256: str | None, *, now: NowUtc = wall_now_utc
) -> Path | None:
    """Put an old rig file back, to the byte; the present one is kept, and where is told.

    Raises
    ------
    CalibrationError
        When none or several are meant, it cannot be read, or the present file is not the one
        that was read (`base_sha256`).
    ConfigError
        When a file cannot be written.
    """
    kept = find_kept(path, which)
    if kept.rig is None:
        raise CalibrationError(f"{kept.path} cannot be restored ({kept.why}): choose another")
    data = _bytes_of(kept.path)
    if data is None or _sha256(data) != kept.sha256:
        raise CalibrationError(f"{kept.path} has changed just now: try again")
    return _replace(path, data, base_sha256, now)


def _replace(path: Path, data: bytes, base_sha256: str | None, now: NowUtc) -> Path | None:
    try:
        with locked(history_of(path), f"saving {path}"):
            old = _bytes_of(path)
            _require_base(path, old, base_sha256)
            if old == data:
                return None
            kept = None if old is None else _keep(path, old, now())
            _write_durably(path, data)
    except OSError as error:
        raise ConfigError(
            f"{path}: cannot be saved ({error.strerror}), what was there is unharmed: free some "
            "space, or see who may write in its folder"
        ) from error
    return kept


def _require_base(path: Path, old: bytes | None, base_sha256: str | None) -> None:
    found = None if old is None else _sha256(old)
    if found == base_sha256:
        return
    if old is None:
        what = "has been removed since it was read"
    elif base_sha256 is None:
        what = "has appeared since the calibration began"
    else:
        what = f"has been changed since it was read (now {found}, then {base_sha256})"
        what = re.sub(r"[0-9a-f]{64}", lambda m: m[0][:HASH_DIGITS], what)
    raise CalibrationError(
        f"{path} {what}: nothing was saved; look at it with `mrcpr calibrate diff`, then save "
        "under another name or do this step again"
    )


def _keep(path: Path, data: bytes, at: datetime) -> Path:
    """Write what was there into the history, if its newest is not the same already."""
    newest = next(iter(list_history(path)), None)
    if newest is not None and newest.sha256 == _sha256(data):
        return newest.path  # killed between this step and the next, the last time
    stamp = at.astimezone(UTC).strftime(STAMP)
    if newest is not None:  # a clock that was set back must not turn the order round
        stamp = max(stamp, newest.path.name[: len(stamp)])
    kept = history_of(path) / f"{stamp}_{_sha256(data)[:HASH_DIGITS]}.toml"
    _write_durably(kept, data)
    return kept


def _kept(file: Path) -> Kept:
    found = _NAME.fullmatch(file.name)
    at = datetime.strptime(found[1], STAMP).replace(tzinfo=UTC).isoformat() if found else ""
    try:
        data = file.read_bytes()
    except OSError as error:
        return Kept(file, at, "", None, error.strerror or "cannot be read")
    sha256 = _sha256(data)
    if found and not sha256.startswith(found[2]):
        return Kept(file, at, sha256, None, "it was changed after it was put away")
    try:
        return Kept(file, at, sha256, _loaded(data, file))
    except ConfigError as error:
        return Kept(file, at, sha256, None, str(error))


def _place(path: Path) -> Path:
    return Path(os.path.realpath(path))


def _bytes_of(path: Path) -> bytes | None:
    try:
        return _place(path).read_bytes()
    except FileNotFoundError:
        return None
    except OSError as error:
        raise ConfigError(
            f"{path}: cannot read this rig file ({error.strerror}): see who may read it"
        ) from error


def _loaded(data: bytes, path: Path) -> Rig:
    try:
        return loads_rig(data.decode(), str(path))
    except UnicodeDecodeError as error:
        raise ConfigError(f"{path}: not a text file: is it a rig file?") from error


def _write_durably(path: Path, data: bytes) -> None:
    """Write a file whole, and have the disk confirm it: power may fail, too."""
    with whole_file(path) as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())


def _sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()
