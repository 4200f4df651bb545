"""What is said in JSON on the live wire: status, commands, answers.

Takes text messages, gives strict pydantic models, and back; leaves motion to
`mr.review.live.frames`. A text that is none of these is a `ProtocolError`.
"""

from __future__ import annotations

from typing import Annotated, Literal, TypeVar

from pydantic import Field, TypeAdapter, ValidationError

from mr.config import LEARNER_ID, Attempt, Mode, Strict
from mr.errors import ProtocolError
from mr.types import GuidanceLevel

MAX_TEXT = 65_536
"""Characters of one message."""
T = TypeVar("T")
NS = Annotated[int, Field(ge=0, lt=2**63)]
Id = Annotated[int, Field(ge=0, lt=2**53)]
Words = Annotated[str, Field(max_length=500)]
Short = Annotated[str, Field(max_length=100)]


class StreamHealth(Strict):
    """One stream of a rig, for whoever asks what ails it."""

    stream: Annotated[str, Field(max_length=40)]
    state: Literal["ok", "degraded", "lost", "absent"]
    rate_hz: Annotated[float, Field(ge=0, le=1e6, allow_inf_nan=False)]
    lost: Annotated[int, Field(ge=0)]
    why: Words = ""


RigState = Literal["ready", "starting", "training", "finishing", "refused"]


class Status(Strict):
    """What a rig says about itself, twice a second and when it changes."""

    type: Literal["status"] = "status"
    state: RigState
    """`refused`: the last start could not be done; `words` say why."""
    words: Words = ""
    software: Short = ""
    simulated: bool = False
    rig_name: Short = ""
    rig_sha256: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")] | None = None
    calibrated_utc: Short | None = None
    concerns: Annotated[tuple[Words, ...], Field(max_length=20)] = ()
    """What is to be said of the rig's calibration, in words; nothing: all is well."""
    recording_id: Short | None = None
    health: Annotated[tuple[StreamHealth, ...], Field(max_length=32)] = ()
    outbox_n: Annotated[int, Field(ge=0)] = 0
    """Recordings that wait to be uploaded."""
    outbox_refused: Annotated[tuple[Words, ...], Field(max_length=20)] = ()
    """Recordings that the server refused, and why."""


class Pong(Strict):
    """The answer to a ping: when the rig's own clock said it came."""

    type: Literal["pong"] = "pong"
    id: Id
    rig_ns: NS


class Ack(Strict):
    """What became of a command."""

    type: Literal["ack"] = "ack"
    id: Id
    ok: bool
    words: Words = ""
    recording_id: Short | None = None
    """Of the session that a start began, or that a mark is in."""
    elapsed_s: Annotated[float, Field(ge=0, allow_inf_nan=False)] | None = None
    """Where in the session a mark or a shock lies."""


class Ping(Strict):
    """Ask a rig for its clock."""

    type: Literal["ping"] = "ping"
    id: Id


class Start(Strict):
    """Begin a session."""

    type: Literal["start"] = "start"
    id: Id = 0
    learner_id: Annotated[str, Field(pattern=LEARNER_ID)]
    mode: Mode = Mode.HANDS_ONLY
    guideline: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]{0,63}$")] = "aha-2025-adult-bls"
    """A profile's id, never a path."""
    attempt: Attempt = Attempt.PRACTICE
    level: GuidanceLevel | None = None
    """How much practice is helped; None: fully."""
    duration_s: Annotated[float, Field(ge=5, le=3600)] | None = None
    rescuers: Literal[1, 2] = 1
    course_id: Annotated[str, Field(pattern=r"^[A-Za-z0-9-]{1,64}$")] | None = None
    """The class that the session belongs to; it goes with the upload."""


class Stop(Strict):
    """End the session and keep its recording."""

    type: Literal["stop"] = "stop"
    id: Id = 0


class Shock(Strict):
    """Mark a shock: the pause about it is judged."""

    type: Literal["shock"] = "shock"
    id: Id = 0


class Mark(Strict):
    """Mark what an observer saw; a key, for a recording holds nobody's words."""

    type: Literal["mark"] = "mark"
    id: Id = 0
    key: Annotated[str, Field(pattern=r"^[a-z0-9-]{1,32}$")]


Command = Annotated[Start | Stop | Shock | Mark, Field(discriminator="type")]
OfRig = Annotated[Status | Pong | Ack, Field(discriminator="type")]
OfServer = Annotated[Ping | Start | Stop | Shock | Mark, Field(discriminator="type")]
_OF_RIG: TypeAdapter[Status | Pong | Ack] = TypeAdapter(OfRig)
_OF_SERVER: TypeAdapter[Ping | Start | Stop | Shock | Mark] = TypeAdapter(OfServer)


def read_of_rig(text: str) -> Status | Pong | Ack:
    """Read what a rig said."""
    return _read(_OF_RIG, text)


def read_of_server(text: str) -> Ping | Start | Stop | Shock | Mark:
    """Read what the server said."""
    return _read(_OF_SERVER, text)


def _read(adapter: TypeAdapter[T], text: str) -> T:
    if len(text) > MAX_TEXT:
        raise ProtocolError(f"live message of {len(text)} characters: at most {MAX_TEXT}")
    try:
        return adapter.validate_json(text)
    except (ValidationError, RecursionError, UnicodeError) as error:
        what = "none that is known"
        if isinstance(error, ValidationError):
            first = error.errors(include_input=False, include_url=False)[0]
            what = f"{'.'.join(map(str, first['loc']))}: {first['msg']}"
        raise ProtocolError(f"live message: {what}"[:300]) from error
