"""A support file: what `mrcpr doctor` found, without anybody's name in it.

Takes checks and a path, gives a zip with the checks, versions and the last fault; user
names, host names and home folders are replaced. Recordings and rig files stay out.
"""

from __future__ import annotations

import getpass
import io
import json
import platform
import re
import socket
import zipfile
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from importlib import metadata
from pathlib import Path

import platformdirs

import mr
from mr.cli.check import Check
from mr.errors import ConfigError
from mr.files import write_whole

_OTHER_HOMES = re.compile(r"(?:/home|/Users)/[^/\s\"':]+|[A-Za-z]:\\+Users\\+[^\\\s\"':]+")


@dataclass(frozen=True, slots=True)
class Identity:
    """What must not leave this computer."""

    home: str
    user: str
    host: str

    @staticmethod
    def of_this_computer() -> Identity:
        """Ask the system."""
        try:
            user = getpass.getuser()
        except (KeyError, OSError):  # a user without a name, as in containers
            user = ""
        return Identity(str(Path.home()), user, socket.gethostname())

    def scrub(self, text: str) -> str:
        """Replace home folders by ~, and the names of the user and the host."""
        for home in (self.home, str(Path(self.home).resolve())):
            if len(home) > 1:
                text = text.replace(json.dumps(home)[1:-1], "~").replace(home, "~")
        text = _OTHER_HOMES.sub("~", text)
        short = self.host.split(".")[0]
        for name, stand_in in ((self.host, "<host>"), (short, "<host>"), (self.user, "<user>")):
            if name:
                text = re.sub(rf"(?<!\w){re.escape(name)}(?!\w)", stand_in, text, flags=re.I)
        return text


def write_bundle(path: Path, checks: Sequence[Check], identity: Identity | None = None) -> None:
    """Write the support file, whole or not at all.

    Raises
    ------
    ConfigError
        When it cannot be written there.
    """
    who = Identity.of_this_computer() if identity is None else identity
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as bundle:
        for name, text in _pages(checks).items():
            bundle.writestr(name, who.scrub(text))
    try:
        write_whole(path, packed.getvalue())
    except OSError as error:
        raise ConfigError(
            f"{path}: cannot write the support file ({error.strerror}): choose another place"
        ) from error


def _pages(checks: Sequence[Check]) -> dict[str, str]:
    system = {
        "mrcpr": mr.__version__,
        "python": platform.python_version(),
        "implementation": platform.python_implementation(),
        "system": platform.system(),
        "release": platform.release(),
        "machine": platform.machine(),
        "c_library": " ".join(platform.libc_ver()),
    }
    packages = {(d.metadata["Name"] or "?"): d.version for d in metadata.distributions()}
    pages = {
        "README.txt": "Made by `mrcpr doctor --bundle`. Names of users and computers and home "
        "folders were taken out;\nplease look through it before you pass it on.\n",
        "checks.json": json.dumps([asdict(c) for c in checks], indent=2, ensure_ascii=False),
        "system.json": json.dumps(system, indent=2),
        "packages.json": json.dumps(dict(sorted(packages.items())), indent=2),
    }
    fault = Path(platformdirs.user_log_dir("mrcpr", appauthor=False)) / "last-fault.txt"
    if fault.is_file():
        pages["last-fault.txt"] = fault.read_text(encoding="utf-8", errors="replace")
    return pages
