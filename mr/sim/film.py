"""Scenes that are rendered once: a cache of a simulated camera's pictures.

Takes what `SimImager` takes, gives an imager with the very same bits: from a film where there
is one, else rendered, and kept for the next time. A film is found by a hash of everything
that its pictures depend on, the simulator's own source and its libraries included, so a
changed simulator never plays an old film. Leaves files to `mr.sim.film_file`.

Pictures depend on those before them (the noise is drawn on), so a film is the whole sequence
of calls; who asks for another sequence gets it rendered from its beginning.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, fields, is_dataclass
from enum import Enum
from functools import lru_cache
from importlib import metadata
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import numpy as np
import platformdirs

import mr
from mr.config import Strict
from mr.sim.camera import EXPOSURE_S, SimImager
from mr.sim.film_file import FilmReader, FilmWriter, Shot, leave_out_oldest, open_film
from mr.sim.limbs import Physique
from mr.sim.noise import CountsArray, NoiseModel
from mr.sim.paint import BgrArray, Painter
from mr.sim.rig import SimRig
from mr.sim.script import Script
from mr.types import FloatArray

MAX_BYTES = 4 << 30
SUFFIX = ".film"
SOURCES = ("sim/*.py", "geometry/*.py", "types.py", "rig.py")
"""Of the package: what pictures are made with."""
LIBRARIES = ("numpy", "scipy", "opencv-contrib-python")


def default_folder() -> Path:
    """Tell where films are kept unless a folder is given."""
    return Path(platformdirs.user_cache_dir("mrcpr", appauthor=False)) / "scenes"


@dataclass(frozen=True, slots=True)
class FilmStore:
    """A folder of films, bounded in size: those not played for longest go first."""

    folder: Path
    max_bytes: int = MAX_BYTES

    def path(self, key: str) -> Path:
        """Tell where the film of a scene is, if there is one."""
        return self.folder / f"{key}{SUFFIX}"

    def tidy(self, keep: Path) -> None:
        """Bring the folder back within its bounds; `keep` was just written."""
        leave_out_oldest(self.folder, SUFFIX, self.max_bytes, keep)


class FilmedImager:
    """A `SimImager` that plays a film where it can.

    Use it in a ``with`` block: a film that was rendered is kept at its end, unless that is an
    error's. `played` and `rendered` count pictures.

    Parameters
    ----------
    rig, script, seed, noise, physique, exposure_s, focus_m
        As `SimImager` takes them.
    store
        Where films are kept; `FilmStore(default_folder())` if not given.
    schedule
        Anything that tells one sequence of instants from another (rates, dropped frames), so
        that each has a film of its own.
    """

    def __init__(
        self,
        rig: SimRig,
        script: Script,
        seed: int = 0,
        noise: NoiseModel | None = None,
        *,
        physique: Physique | None = None,
        exposure_s: float = EXPOSURE_S,
        focus_m: FloatArray | None = None,
        store: FilmStore | None = None,
        schedule: object = (),
    ) -> None:
        self._store = store or FilmStore(default_folder())
        noise = NoiseModel() if noise is None else noise
        physique = physique or Physique()
        self._scene = (rig, script, seed, noise, physique, exposure_s, focus_m)
        self.key = scene_key(*self._scene, schedule)
        self._film: FilmReader | None = open_film(self._store.path(self.key))
        self._imager: SimImager | None = None
        self._writer: FilmWriter | None = None
        self._asked: list[Shot] = []
        self.played = self.rendered = 0

    def __enter__(self) -> Self:
        """Begin; nothing is opened yet that was not before."""
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        tb: TracebackType | None,
    ) -> None:
        if self._film is not None:
            self._film.close()
        writer, self._writer = self._writer, None
        if writer is None:
            return
        if exc_type is not None:
            writer.discard()
        elif writer.keep():
            self._store.tidy(writer.path)

    def depth_counts(self, t_s: float) -> CountsArray:
        """Give the depth image (H, W) as the camera reports it."""
        return np.asarray(self._picture(Shot("depth", t_s)), np.uint16)

    def bgr(self, t_s: float) -> BgrArray:
        """Give the colour image (H, W, 3)."""
        return np.asarray(self._picture(Shot("color", t_s)), np.uint8)

    def painter(self) -> Painter | None:
        """Give the painter of colour images; None while they come from a film."""
        return None if self._film is not None else self._real().painter()

    def _picture(self, shot: Shot) -> np.ndarray[Any, Any]:
        film, n = self._film, len(self._asked)
        if film is not None and n < len(film.shots) and film.shots[n] == shot:
            picture = film.picture(n)
            self._asked.append(shot)
            self.played += 1
            return picture
        if film is not None:
            self._leave_film(film)
        self._asked.append(shot)
        return self._render(shot)

    def _leave_film(self, film: FilmReader) -> None:
        """Go on without a film that is another sequence: draw the noise of what was asked for."""
        film.close()
        self._film = None
        for shot in self._asked:
            self._render(shot)

    def _render(self, shot: Shot) -> np.ndarray[Any, Any]:
        real = self._real()
        picture: np.ndarray[Any, Any] = (
            real.depth_counts(shot.t_s) if shot.kind == "depth" else real.bgr(shot.t_s)
        )
        self.rendered += 1
        if self._writer is not None:
            self._writer.add(shot, picture)
        return picture

    def _real(self) -> SimImager:
        if self._imager is None:
            rig, script, seed, noise, physique, exposure_s, focus_m = self._scene
            self._imager = SimImager(
                rig, script, seed, noise,
                physique=physique, exposure_s=exposure_s, focus_m=focus_m,
            )  # fmt: skip
            with suppress(OSError):  # no room or no right: rendered, and not kept
                self._writer = FilmWriter(self._store.path(self.key))
        return self._imager


def scene_key(*parts: object) -> str:
    """Hash a scene's inputs together with the simulator that would render them."""
    digest = hashlib.sha256(simulator_sha256().encode())
    for piece in _pieces(parts):
        digest.update(piece)
    return digest.hexdigest()[:32]


@lru_cache(maxsize=1)
def simulator_sha256() -> str:
    """Hash the source of everything that pictures are made with, and its libraries' versions."""
    root = Path(mr.__file__).parent
    digest = hashlib.sha256()
    for pattern in SOURCES:
        for path in sorted(root.glob(pattern)):
            digest.update(path.name.encode() + b"\0" + path.read_bytes() + b"\0")
    for library in LIBRARIES:
        digest.update(f"{library} {metadata.version(library)}\0".encode())
    return digest.hexdigest()


def _pieces(value: object) -> Iterator[bytes]:
    """Give bytes that are equal exactly when two values are; refuse what cannot be told apart."""
    yield type(value).__name__.encode() + b":"
    if value is None or isinstance(value, bool | int | str | Enum):
        yield repr(value).encode() + b";"
    elif isinstance(value, float):
        yield value.hex().encode() + b";"
    elif isinstance(value, np.ndarray):
        yield f"{value.dtype.str}{value.shape}".encode() + np.ascontiguousarray(value).tobytes()
    elif isinstance(value, tuple | list):
        yield str(len(value)).encode() + b";"
        for item in value:
            yield from _pieces(item)
    elif isinstance(value, Strict):
        yield value.model_dump_json().encode() + b";"
    elif is_dataclass(value) and not isinstance(value, type):
        for field in fields(value):
            if field.compare:  # what only speeds a script up is no part of it
                yield field.name.encode() + b"="
                yield from _pieces(getattr(value, field.name))
    else:
        raise TypeError(f"a {type(value).__name__} cannot name a film")
