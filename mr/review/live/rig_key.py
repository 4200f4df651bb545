"""What a rig is to servers: its private key, and under which id each server knows it.

Takes a folder of the user's data, gives the key, made once, for its owner alone to read; leaves
signing to `mr.review.live.signing`. One folder is one rig: a simulated one has its own.
"""

from __future__ import annotations

import json
import os
import re
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import platformdirs
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from pydantic import Field

from mr.config import Strict, parse
from mr.errors import ConfigError
from mr.files import write_whole
from mr.review.live.frames import RIG_ID
from mr.review.lock import lock

KEY_FILE, ENROLLED_FILE, OUTBOX = "rig-key.pem", "enrolled.json", "outbox"
LOCK_FILE = "joined.lock"


class Enrolled(Strict):
    """Under which id each server knows this rig."""

    rig_ids: dict[str, Annotated[str, Field(pattern=RIG_ID.pattern)]] = Field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class RigHome:
    """The folder of one rig on this machine."""

    folder: Path

    @classmethod
    def of_name(cls, name: str | None) -> RigHome:
        """Give the folder of this machine's rig, or of another one with a name."""
        base = Path(platformdirs.user_data_dir("mrcpr", appauthor=False))
        if name is None:
            return cls(base / "rig")
        slug = re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")
        if not slug:
            raise ConfigError(f"--name {name!r}: give it a letter or a digit")
        return cls(base / "rigs" / slug[:48])

    @property
    def outbox(self) -> Path:
        """Where what is to be uploaded is noted."""
        return self.folder / OUTBOX

    def key(self) -> Ed25519PrivateKey:
        """Give the rig's key, made now if there is none.

        Raises
        ------
        ConfigError
            When it cannot be read or made.
        """
        path = self.folder / KEY_FILE
        try:
            if not path.exists():
                _make_key(path)
            loaded = serialization.load_pem_private_key(path.read_bytes(), password=None)
        except (OSError, ValueError) as error:
            raise ConfigError(
                f"{path}: cannot use this key ({error}): move it away, and enrol the rig again "
                "with a new code"
            ) from error
        if not isinstance(loaded, Ed25519PrivateKey):
            raise ConfigError(f"{path}: this is no Ed25519 key: move it away and enrol again")
        return loaded

    def rig_id(self, url: str) -> str | None:
        """Tell under which id a server knows this rig; None: under none."""
        return self._enrolled().rig_ids.get(url)

    def enrolled(self, url: str, rig_id: str) -> None:
        """Note under which id a server knows this rig."""
        before = self._enrolled()
        after = parse(Enrolled, {"rig_ids": {**before.rig_ids, url: rig_id}}, "the server's answer")
        write_whole(self.folder / ENROLLED_FILE, after.model_dump_json(indent=2).encode())

    def _enrolled(self) -> Enrolled:
        path = self.folder / ENROLLED_FILE
        try:
            text = path.read_text(encoding="utf-8")
        except FileNotFoundError:
            return Enrolled()
        except OSError as error:
            raise ConfigError(f"{path}: cannot read this file ({error.strerror})") from error
        try:
            return parse(Enrolled, json.loads(text), str(path))
        except ValueError as error:
            raise ConfigError(f"{path}: damaged: move it away and enrol again") from error


def _make_key(path: Path) -> None:
    """Write a new key, whole, for its owner alone; another process's that came first stays."""
    pem = Ed25519PrivateKey.generate().private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")  # mode 0600
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(pem)
            file.flush()
            os.fsync(file.fileno())
        with suppress(FileExistsError):
            os.link(name, path)
    finally:
        Path(name).unlink()


@contextmanager
def held(home: RigHome) -> Iterator[None]:
    """Be this rig for as long as the block goes on: a second one would take its place on walls.

    Raises
    ------
    ConfigError
        When another process is this rig already.
    """
    home.folder.mkdir(parents=True, exist_ok=True)
    with (home.folder / LOCK_FILE).open("ab") as file:
        try:
            lock(file.fileno())
        except OSError as error:
            raise ConfigError(
                f"{home.folder}: this rig has joined already in another window: end that one, or "
                "give a simulated one another --name"
            ) from error
        yield
