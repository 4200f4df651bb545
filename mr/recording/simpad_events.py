"""The events of a SimPad session's XML, as they stand.

Takes the bytes of `CPR/CPREvents.xml`, gives a list of `SimPadEvent`. A document type is
refused, and with it every entity, so that nothing is expanded or fetched; numbers of events,
params and letters are bounded. Leaves what an event means to `simpad`.
"""

from __future__ import annotations

import codecs
import contextlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from xml.parsers import expat

from mr.errors import RecordingError

MAX_EVENTS = 200_000
MAX_PARAMS = 500
MAX_PARAMS_IN_ALL = 2_000_000
MAX_LETTERS = 4096
EVENT_DEPTH, PARAM_DEPTH, MAX_DEPTH = 2, 3, 100
MEASURES = ("CprCompEvent", "CprVentEvent")
"""Events that hold numbers only."""
PERSONAL = ("student", "instructor", "person", "learner", "participant", "user")
"""Params with these in their names may hold people's names: they are left out."""


@dataclass(frozen=True, slots=True)
class Param:
    """One param of an event; `name` and `units` are None where it has none."""

    name: str | None
    value: str
    units: str | None


@dataclass(frozen=True, slots=True)
class SimPadEvent:
    """One `evt` element."""

    type: str
    msecs: str
    params: tuple[Param, ...]


def parse_events(path: Path, data: bytes) -> list[SimPadEvent]:
    """Take the events out of the XML, in their order.

    Raises
    ------
    RecordingError
        When it is no XML, has a document type, or is beyond every bound.
    """
    collector = _Collector(path)
    parse_xml(path, data, collector.start, collector.end)
    return collector.events


def root_attribute(path: Path, data: bytes, name: str) -> str | None:
    """Read one attribute of a document's root element; None where it has none."""
    found: list[str | None] = []

    def start(_tag: str, attributes: dict[str, str]) -> None:
        found.append(attributes.get(name))
        raise _Seen

    with contextlib.suppress(_Seen):
        parse_xml(path, data, start, lambda _tag: None)
    return found[0] if found else None


class _Seen(Exception):  # noqa: N818 -- not an error: the rest of a document is not wanted
    """What was looked for has been seen."""


def parse_xml(
    path: Path,
    data: bytes,
    start: Callable[[str, dict[str, str]], None],
    end: Callable[[str], None],
) -> None:
    """Run a parser over a document that may be hostile."""

    def refuse(*_: object) -> None:
        raise RecordingError(
            f"{path}: its XML has a document type, which no SimPad writes: "
            "it is damaged or made to do harm"
        )

    # Told the encoding, the parser does not ask the document's own declaration.
    parser = expat.ParserCreate("utf-8")
    parser.StartDoctypeDeclHandler = refuse
    parser.EntityDeclHandler = refuse
    parser.StartElementHandler = start
    parser.EndElementHandler = end
    try:
        parser.Parse(_as_utf8(data), True)
    except (expat.ExpatError, UnicodeError) as error:
        raise RecordingError(
            f"{path}: CPR/CPREvents.xml or EventLog.xml is no XML ({error}): "
            "export the session again"
        ) from error


def _as_utf8(data: bytes) -> bytes:
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return data.decode("utf-16").encode()
    return data


class _Collector:
    """Builds events as the parser meets them."""

    def __init__(self, path: Path) -> None:
        self.events: list[SimPadEvent] = []
        self._path = path
        self._depth = 0
        self._open: tuple[str, str] | None = None
        self._params: list[Param] = []
        self._n_params = 0

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        """Take in an element's start."""
        self._depth += 1
        if self._depth > MAX_DEPTH or any(len(v) > MAX_LETTERS for v in attributes.values()):
            raise self._too_much()
        name = tag.rpartition(":")[2]
        if self._depth == EVENT_DEPTH and name == "evt":
            self._open = attributes.get("type", ""), attributes.get("msecs", "")
        elif self._depth == PARAM_DEPTH and name == "param" and self._open is not None:
            own = attributes.get("type", attributes.get("name"))
            self._params.append(Param(own, attributes.get("value", ""), attributes.get("units")))
            self._n_params += 1
            if len(self._params) > MAX_PARAMS or self._n_params > MAX_PARAMS_IN_ALL:
                raise self._too_much()

    def end(self, _tag: str) -> None:
        """Take in an element's end."""
        if self._depth == EVENT_DEPTH and self._open is not None:
            measures = self._open[0] in MEASURES
            kept = tuple(p for p in self._params if not _is_personal(p, measures))
            self.events.append(SimPadEvent(*self._open, kept))
            self._open = None
            self._params = []
            if len(self.events) > MAX_EVENTS:
                raise self._too_much()
        self._depth -= 1

    def _too_much(self) -> RecordingError:
        return RecordingError(
            f"{self._path}: CPR/CPREvents.xml holds more than any session: "
            "it is damaged or made to do harm"
        )


def _is_personal(param: Param, measures: bool) -> bool:
    """Whether a param may hold a name: so may one without a name of its own, but in a measure."""
    if param.name is None:
        return not measures
    name = param.name.lower()
    return name == "name" or any(word in name for word in PERSONAL)
