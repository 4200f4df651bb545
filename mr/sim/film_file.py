"""One film on disk: a sequence of pictures without loss, whole or not there at all.

Takes pictures one by one, gives a file that appears under its name only when it is whole,
and the pictures again; leaves what a film is of to `mr.sim.film`. A file that is damaged
anywhere is none.

A file is `MAGIC`, then a record for each picture: its kind, its instant, the window in which
it differs from the first of its kind, how long it is, and its bytes (depth as
`mr.recording.depth` packs it, colour as PNG); a last record, without bytes, holds how many
there are and the checksum of all.
"""

from __future__ import annotations

import os
import struct
import tempfile
import time
import zlib
from contextlib import suppress
from pathlib import Path
from typing import IO, Any, Literal, NamedTuple

import cv2
import numpy as np

from mr.recording.depth import pack_depth, unpack_depth

MAGIC = b"MRCPR film 1\n"
_RECORD = struct.Struct("<cd4HI")
"""Kind, instant in s, first and last row and column of the window, length of what follows."""
_END = struct.Struct("<cII")
LEFT_BEHIND_S = 86_400.0
"""An unfinished file so old is one of a process that was killed."""

Picture = np.ndarray[Any, Any]
Kind = Literal["depth", "color"]
_LETTERS: dict[Kind, bytes] = {"depth": b"D", "color": b"C"}
_KINDS: dict[bytes, Kind] = {letter: kind for kind, letter in _LETTERS.items()}


class Shot(NamedTuple):
    """One picture that was asked for."""

    kind: Kind
    t_s: float


class _Place(NamedTuple):
    offset: int
    length: int
    window: tuple[slice, slice]


class FilmWriter:
    """A film that is being made beside its place."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.", suffix=".tmp")
        self.path = path
        self._temporary = Path(name)
        self._file: IO[bytes] | None = os.fdopen(handle, "wb")
        self._first: dict[Kind, Picture] = {}
        self._n = self._crc = 0
        self._put(MAGIC)

    def add(self, shot: Shot, picture: Picture) -> None:
        """Add the next picture; a film that cannot be written any further is given up."""
        if self._file is None:
            return
        first = self._first.get(shot.kind)
        if first is None:
            self._first[shot.kind] = picture.copy()
            rows, columns = slice(0, picture.shape[0]), slice(0, picture.shape[1])
        else:
            rows, columns = _changed(first, picture)
        part = np.ascontiguousarray(picture[rows, columns])
        data = _packed(shot.kind, part) if part.size else b""
        window = (rows.start, rows.stop, columns.start, columns.stop)
        head = _RECORD.pack(_LETTERS[shot.kind], shot.t_s, *window, len(data))
        try:
            self._put(head + data)
        except OSError:
            self.discard()
            return
        self._n += 1

    def keep(self) -> bool:
        """Put the film in its place; tells whether that could be done."""
        if self._file is None:
            return False
        try:
            self._file.write(_END.pack(b"E", self._n, self._crc))
            self._file.close()
            self._temporary.replace(self.path)
        except OSError:
            self.discard()
            return False
        self._file = None
        return True

    def discard(self) -> None:
        """Leave nothing behind."""
        if self._file is not None:
            with suppress(OSError):
                self._file.close()
            self._file = None
        self._temporary.unlink(missing_ok=True)

    def _put(self, data: bytes) -> None:
        assert self._file is not None
        self._file.write(data)
        self._crc = zlib.crc32(data, self._crc)


class FilmReader:
    """A whole film, open; make it with `open_film`."""

    def __init__(self, file: IO[bytes], shots: list[Shot], places: list[_Place]) -> None:
        self._file = file
        self.shots = shots
        self._places = places
        self._first: dict[Kind, Picture] = {}

    def picture(self, n: int) -> Picture:
        """Give picture `n`, a new array."""
        kind = self.shots[n].kind
        first = self._first.get(kind)
        if first is None:
            k = next(k for k, shot in enumerate(self.shots) if shot.kind == kind)
            first = self._first[kind] = self._part(k)
        picture = first.copy()
        if self._places[n].length:
            picture[self._places[n].window] = self._part(n)
        return picture

    def close(self) -> None:
        """Let go of the file."""
        self._file.close()

    def _part(self, n: int) -> Picture:
        place = self._places[n]
        self._file.seek(place.offset)
        data = self._file.read(place.length)
        if self.shots[n].kind == "depth":
            return unpack_depth(data)
        return np.asarray(cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_UNCHANGED))


def open_film(path: Path) -> FilmReader | None:
    """Open a film, read through once; None when it is missing or not as it was written."""
    try:
        file = path.open("rb")
    except OSError:
        return None
    try:
        found = _walk(file)
        os.utime(path)  # played last, so it goes last
    except (OSError, struct.error, KeyError):
        found = None
    if found is None:
        file.close()
        return None
    return FilmReader(file, *found)


def leave_out_oldest(folder: Path, suffix: str, max_bytes: int, keep: Path) -> None:
    """Remove the films that were played longest ago until the others fit; `keep` stays."""
    films = []
    for path in folder.iterdir():
        with suppress(OSError):  # another process has removed it
            facts = path.stat()
            if path.suffix == ".tmp" and time.time() - facts.st_mtime > LEFT_BEHIND_S:
                path.unlink()
            elif path.suffix == suffix:
                films.append((facts.st_mtime, facts.st_size, path))
    total = sum(size for _, size, _ in films)
    for _, size, path in sorted(films):
        if total <= max_bytes:
            return
        if path != keep:
            with suppress(OSError):
                path.unlink()
            total -= size


def _walk(file: IO[bytes]) -> tuple[list[Shot], list[_Place]] | None:
    """Read a film to its end; None when it is not whole."""
    shots: list[Shot] = []
    places: list[_Place] = []
    if file.read(len(MAGIC)) != MAGIC:
        return None
    crc = zlib.crc32(MAGIC)
    while True:
        head = file.read(_RECORD.size)
        if head[:1] == b"E" and len(head) == _END.size:
            whole = _END.unpack(head) == (b"E", len(shots), crc)
            return (shots, places) if whole else None
        letter, t_s, top, bottom, left, right, length = _RECORD.unpack(head)
        data = file.read(length)
        crc = zlib.crc32(data, zlib.crc32(head, crc))
        shots.append(Shot(_KINDS[letter], t_s))
        window = (slice(top, bottom), slice(left, right))
        places.append(_Place(file.tell() - length, length, window))


def _changed(first: Picture, picture: Picture) -> tuple[slice, slice]:
    """Give the smallest window outside of which two pictures are the same."""
    differs = first != picture
    if differs.ndim == 3:
        differs = differs.any(axis=2)
    rows, columns = np.flatnonzero(differs.any(axis=1)), np.flatnonzero(differs.any(axis=0))
    if not len(rows):
        return slice(0, 0), slice(0, 0)
    return slice(int(rows[0]), int(rows[-1]) + 1), slice(int(columns[0]), int(columns[-1]) + 1)


def _packed(kind: Kind, part: Picture) -> bytes:
    if kind == "depth":
        return pack_depth(part)
    done, data = cv2.imencode(".png", part)
    if not done:
        raise ValueError(f"a colour picture of shape {part.shape} cannot be packed")
    return data.tobytes()
