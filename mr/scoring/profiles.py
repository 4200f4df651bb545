"""Finds guideline profiles: shipped ones by their id, a user's own by its path.

Takes a name, gives a `Guideline`; a profile may extend a shipped one and then holds what
differs. Tables are taken or replaced as a whole, so that a value never keeps another
one's source. `profile_sha256` tells two versions of a profile apart, also where somebody
forgot to count the version.
"""

from __future__ import annotations

import hashlib
import json
import tomllib
from importlib import resources
from pathlib import Path
from typing import Any

from mr.config import parse
from mr.errors import ConfigError
from mr.scoring.guideline import Guideline

OLDER_SCHEMA = "mrcpr.guideline/1"
OLDER_HELP = (
    'write schema = "mrcpr.guideline/2"; in place of rescuers and modes a table [modes] with one '
    "and two (lists of modes), source and standing; in [ventilation] volume_low_ml, "
    "volume_high_ml and volume_zero_at_ml, and new inspiration_min_s and inspiration_zero_at_s; "
    "or extend a shipped profile and keep what differs"
)
OWN_KEYS = ("id", "version", "title")
"""What a profile says itself, whatever it extends."""
_FOLDER = "mr.scoring.guidelines"


def shipped_guidelines() -> tuple[str, ...]:
    """List the ids of the profiles in the package."""
    names = [f.name for f in resources.files(_FOLDER).iterdir()]
    return tuple(sorted(n[:-5] for n in names if n.endswith(".toml") and not n.startswith("_")))


def load_guideline(name: str) -> Guideline:
    """Load a profile by its id, or a user's own by the path of its TOML file.

    Raises
    ------
    ConfigError
        When there is no such profile, or it has a wrong key or bound.
    """
    return parse(Guideline, _own_tables(name), name)


def profile_as_json(guideline: Guideline) -> dict[str, Any]:
    """Give a profile's values as recordings keep them: without any mannequin's."""
    return dict(guideline.model_dump(mode="json", by_alias=True))


def guideline_of_json(data: dict[str, Any]) -> Guideline:
    """Read a profile as a recording kept it."""
    return parse(Guideline, data, "the recording's guideline profile")


def profile_sha256(guideline: Guideline) -> str:
    """Fingerprint a profile's values."""
    text = json.dumps(profile_as_json(guideline), sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()


def _own_tables(name: str) -> dict[str, Any]:
    if name.endswith(".toml"):
        return _tables(_text_of(name), name)
    if name not in shipped_guidelines():
        known = ", ".join(shipped_guidelines())
        raise ConfigError(f"no guideline profile {name!r}: choose one of {known}, or give a .toml")
    return _shipped_tables(name)


def _shipped_tables(name: str) -> dict[str, Any]:
    return _tables(resources.files(_FOLDER).joinpath(f"{name}.toml").read_text("utf-8"), name)


def _text_of(name: str) -> str:
    try:
        return Path(name).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        why = getattr(error, "strerror", None) or "no text"
        raise ConfigError(
            f"{name}: cannot read this guideline profile ({why}): give a .toml's path"
        ) from error


def _tables(text: str, source: str) -> dict[str, Any]:
    """Read a profile's tables, on those of the profile that it extends."""
    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"{source}: not a TOML file ({error})") from error
    if data.get("schema") == OLDER_SCHEMA:
        raise ConfigError(f"{source}: schema: {OLDER_SCHEMA} is an older form: {OLDER_HELP}")
    base = data.pop("extends", None)
    if base is None:
        return data
    if base not in (*shipped_guidelines(), "_common"):
        known = ", ".join(shipped_guidelines())
        raise ConfigError(
            f"{source}: extends: no shipped profile {base!r} to extend: choose one of {known}"
        )
    inherited = {k: v for k, v in _shipped_tables(base).items() if k not in OWN_KEYS}
    return {**inherited, **data}
