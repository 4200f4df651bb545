"""The message catalogue: every word a learner reads comes from here.

Takes ``messages_<language>.toml`` beside this file, gives `Messages`; leaves what is
said when to `mr.coaching` and to the cues. A translation must have the same keys and
the same fields as the English one, or it is refused.
"""

from __future__ import annotations

import string
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mr.errors import ConfigError

FOLDER = Path(__file__).parent


def _flat(table: Mapping[str, Any], prefix: str = "") -> dict[str, str]:
    texts: dict[str, str] = {}
    for key, value in table.items():
        if isinstance(value, Mapping):
            texts |= _flat(value, f"{prefix}{key}.")
        else:
            texts[prefix + key] = str(value)
    return texts


def fields_of(text: str) -> set[str]:
    """Give the names of a message's ``{fields}``."""
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}


@dataclass(frozen=True, slots=True)
class Messages:
    """The texts of one language by their keys, such as ``cue.push_deeper``."""

    language: str
    texts: Mapping[str, str]

    def __call__(self, key: str, **fields: object) -> str:
        """Give the text of `key` with its fields filled in.

        Raises
        ------
        ConfigError
            When the catalogue lacks the key, or a field is missing.
        """
        try:
            return self.texts[key].format(**fields)
        except KeyError as error:
            raise ConfigError(
                f"messages_{self.language}.toml: no text for {key!r} (missing {error}): add it"
            ) from error

    def __contains__(self, key: str) -> bool:
        return key in self.texts

    def stream(self, stream: str) -> str:
        """Name a stream in the reader's words; one without any keeps its own name."""
        device, _, _ = stream.partition(".")
        if device.startswith("cam_"):
            return self("stream.camera", name=device.removeprefix("cam_"))
        return self(f"stream.{device}") if f"stream.{device}" in self else stream

    def number(self, value: float | None, digits: int = 0) -> str:
        """Write a number, or the sign for an unknown one; never 0 for unknown."""
        if value is None:
            return self("panel.unknown")
        text = f"{value:.{digits}f}"
        return text.lstrip("-") if float(text) == 0 else text


def languages(folder: Path | None = None) -> tuple[str, ...]:
    """List the languages that there are messages in."""
    found = (folder or FOLDER).glob("messages_*.toml")
    return tuple(sorted(path.stem.removeprefix("messages_") for path in found))


def load_messages(language: str, folder: Path | None = None) -> Messages:
    """Read the catalogue of a language and hold it against the English one.

    Raises
    ------
    ConfigError
        When there is none (it lists those there are), or its keys or fields differ from the
        English ones.
    """
    name = f"messages_{language}.toml"
    path = (folder or FOLDER) / name
    if language not in languages(folder):
        known = ", ".join(languages(folder))
        raise ConfigError(f"no messages in the language {language!r}: choose one of {known}")
    try:
        texts = _flat(tomllib.loads(path.read_text(encoding="utf-8")))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise ConfigError(
            f"{path}: cannot read these messages ({error}): choose another language"
        ) from error
    if language != "en":
        _compare(texts, ENGLISH.texts, name)
    return Messages(language, texts)


def _compare(texts: Mapping[str, str], english: Mapping[str, str], name: str) -> None:
    for key in sorted(english.keys() ^ texts.keys()):
        state = "lacks" if key in english else "has an unknown key"
        raise ConfigError(f"{name}: {state} {key!r}: it needs the keys of messages_en.toml")
    for key, text in english.items():
        if fields_of(text) != fields_of(texts[key]):
            raise ConfigError(
                f"{name}: {key!r} needs the fields {sorted(fields_of(text))}, as in English"
            )


ENGLISH = load_messages("en")
"""The catalogue that is always there."""
