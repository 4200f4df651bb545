"""Reads a recording back: its head, its rig, its samples in their order.

Takes a file, whole or cut; gives a `Recording`. A cut file is read as far as it is sound
and says so (`Recording.complete`, `Recording.why_incomplete`). Leaves replay to `replay`, writing
one anew to `rewrite`, and the meaning of the samples to others.
"""

from __future__ import annotations

import json
import struct
from collections.abc import Callable, Container, Iterator
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, TypeVar

from mcap.records import Attachment, Channel, Message, Metadata, Schema

import mr
from mr.blocks import MannequinBlock, MannequinRun
from mr.config import parse
from mr.errors import ConfigError, RecordingError
from mr.recording.codec import PACKED_ENCODING, ChannelKey, Codec
from mr.recording.container import MAGIC, Record, Walk
from mr.recording.harmless import harmless
from mr.recording.header import RECORDING_SCHEMA, RecordingHeader
from mr.recording.older import codec_for
from mr.recording.writer import RESULT_PREFIX, RIG_ATTACHMENT
from mr.rig import Rig, loads_rig
from mr.types import ClockExchange, MannequinFrame, Sample

Unpacked = TypeVar("Unpacked")

UNSOUND = (
    ValueError, TypeError, LookupError, OverflowError, struct.error, RecursionError
)  # fmt: skip
"""What parsing raises where a file holds what this program never writes."""
LOST = "nothing can be recovered; record again"
REPAIR_METADATA = "mrcpr.repair/1"


class Recording:
    """A recording on disk; make it with `open_recording`.

    Attributes
    ----------
    path, header, rig
        The file, what it says about itself, and the rig it was made with.
    repaired
        Why the file had to be repaired; empty for one that never was.
    """

    def __init__(self, path: Path, header: RecordingHeader, rig: Rig, repaired: str) -> None:
        self.path = path
        self.header = header
        self.rig = rig
        self.repaired = repaired

    @property
    def complete(self) -> bool:
        """Tell whether the file was finished and is sound (reads it once)."""
        return not self.why_incomplete

    @cached_property
    def why_incomplete(self) -> str:
        """Say why the file is not whole; empty when it is."""
        with self.path.open("rb") as file:
            walk = Walk(file)
            for _ in walk.records():
                pass
            return walk.why

    def samples(self, without: Container[type] = ()) -> Iterator[Sample]:
        """Give every sample in the order in which it arrived.

        Those of the types in `without` are passed over: a depth picture takes time to unpack.

        Raises
        ------
        RecordingError
            When the file has samples that this version does not know.
        """
        for codec, key, message in self._messages():
            if codec.type not in without:
                yield from self._sound(codec.decode, key, message)

    def blocks(
        self, at_once: int = 4096, without: Container[type] = ()
    ) -> Iterator[Sample | MannequinRun]:
        """Give the same samples in the same order, the mannequin's by runs of many.

        Those of the types in `without` are passed over.

        Raises
        ------
        RecordingError
            When the file has samples that this version does not know.
        """
        run: _Run | None = None
        for codec, key, message in self._messages():
            if codec.type is MannequinFrame:
                n = self._sound(codec.n_rows, message)
                if run is not None and (key != run.key or run.n >= at_once):
                    yield run.made()
                    run = None
                if n:
                    run = run or _Run(codec, key)
                    run.messages.append(message)
                    run.n += n
                continue
            if codec.type in without:
                self._sound(codec.n_rows, message)
                continue
            samples = self._sound(codec.decode, key, message)
            few = run is not None and len(run.exchanges) < at_once
            if run is not None and few and codec.type is ClockExchange:
                run.exchanges += [(run.n, x) for x in samples if isinstance(x, ClockExchange)]
                continue
            if run is not None:
                yield run.made()
                run = None
            yield from samples
        if run is not None:
            yield run.made()

    def _messages(self) -> Iterator[tuple[Codec, ChannelKey, bytes]]:
        """Give the messages of samples, each with what it takes to unpack it."""
        layouts: dict[int, Schema] = {}
        known: dict[int, tuple[Codec, ChannelKey]] = {}
        for record in self._records():
            if isinstance(record, Schema):
                layouts[record.id] = record
            elif isinstance(record, Channel) and record.message_encoding == PACKED_ENCODING:
                known[record.id] = self._channel(record, layouts.get(record.schema_id))
            elif isinstance(record, Message) and record.channel_id in known:
                yield *known[record.channel_id], record.data

    def kinds(self) -> frozenset[str]:
        """Tell the names of the types of samples that it holds, without unpacking one."""
        layouts: dict[int, str] = {}
        found: set[str] = set()
        for record in self._records():
            if isinstance(record, Schema):
                layouts[record.id] = record.name
            elif isinstance(record, Channel) and record.message_encoding == PACKED_ENCODING:
                found.add(layouts[record.schema_id])
        return frozenset(found)

    def with_rig(self, rig: Rig) -> Recording:
        """Give the same recording as if it had been made with another rig."""
        return Recording(self.path, self.header, rig, self.repaired)

    def results(self, kind: str) -> list[dict[str, Any]]:
        """Give what was derived live, in order, exactly as it was written."""
        wanted: set[int] = set()
        found = []
        for record in self._records():
            if isinstance(record, Channel) and record.topic == RESULT_PREFIX + kind:
                wanted.add(record.id)
            elif isinstance(record, Message) and record.channel_id in wanted:
                found.append(json.loads(record.data))
        return found

    def _sound(self, unpack: Callable[..., Unpacked], *args: Any) -> Unpacked:
        try:
            return unpack(*args)
        except RecordingError as error:
            raise RecordingError(f"{self.path}: {error}: record again") from error
        except UNSOUND as error:
            raise RecordingError(
                f"{self.path}: a sample in it cannot be ({error}): record again"
            ) from error

    def _records(self) -> Iterator[Record]:
        with self.path.open("rb") as file:
            walk = Walk(file)
            yield from walk.records()
            self.why_incomplete = walk.why  # who has read all of it need not do so again

    def _channel(self, channel: Channel, layout: Schema | None) -> tuple[Codec, ChannelKey]:
        try:
            if layout is None:
                raise KeyError("without its layout")
            codec = codec_for(layout.name, json.loads(layout.data)["fields"])
            key = ChannelKey(**channel.metadata)
        except UNSOUND as error:
            raise RecordingError(
                f"{self.path}: what it says of its samples is damaged ({error}): record again"
            ) from error
        if codec is None:
            raise RecordingError(
                f"{self.path}: its {layout.name} samples are laid out by {self.header.software}, "
                f"which mrcpr {mr.__version__} cannot read: update mrcpr"
            )
        return codec, key


@dataclass(slots=True)
class _Run:
    """Messages of the mannequin's frames, and the exchanges between them, for one run."""

    codec: Codec
    key: ChannelKey
    messages: list[bytes] = field(default_factory=list)
    n: int = 0
    """Frames so far."""
    exchanges: list[tuple[int, ClockExchange]] = field(default_factory=list)

    def made(self) -> MannequinRun:
        frames = MannequinBlock.of_rows(self.key.stream, self.codec.rows(self.messages))
        return MannequinRun(frames, tuple(self.exchanges))


def open_recording(path: Path) -> Recording:
    """Open a recording, whole or cut.

    Raises
    ------
    RecordingError
        When the file is missing, empty, no recording, or cut before its head was whole.
    """
    heads: dict[str, dict[str, str]] = {}
    rig_toml: bytes | None = None
    try:
        with path.open("rb") as file:
            _check_magic(path, file.read(len(MAGIC)))
            walk = Walk(file)
            for record in walk.records():
                if isinstance(record, Metadata):
                    heads[record.name] = record.metadata
                elif isinstance(record, Attachment) and record.name == RIG_ATTACHMENT:
                    rig_toml = record.data
                else:
                    break
    except FileNotFoundError as error:
        raise RecordingError(f"{path}: there is no such file: give a recording's path") from error
    except OSError as error:
        raise RecordingError(
            f"{path}: cannot read this recording ({error.strerror or error}): "
            "give the path of an .mcap file that you may read"
        ) from error
    if RECORDING_SCHEMA not in heads or rig_toml is None:
        raise RecordingError(f"{path}: {_headless(walk.why, heads)}")
    header = _header(path, heads[RECORDING_SCHEMA])
    try:
        rig = loads_rig(rig_toml.decode(), f"{path}: its rig")
    except (UnicodeDecodeError, RecursionError) as error:
        raise RecordingError(f"{path}: its rig is damaged: {LOST}") from error
    except ConfigError as error:
        raise RecordingError(f"{error}: made by {header.software}: update mrcpr") from error
    return Recording(path, header, rig, heads.get(REPAIR_METADATA, {}).get("why", ""))


def _check_magic(path: Path, begin: bytes) -> None:
    if not begin:
        raise RecordingError(f"{path}: the file is empty (its session ended at once): record again")
    if begin != MAGIC:
        raise RecordingError(
            f"{path}: not a recording (it does not begin like an MCAP file): "
            "give an .mcap file made by mrcpr; a CSV goes to mrcpr analyze"
        )


def _headless(why: str, heads: dict[str, dict[str, str]]) -> str:
    if RECORDING_SCHEMA in heads:
        return f"its rig is missing ({why or 'no rig.toml inside'}): {LOST}"
    newer = [name for name in heads if name.startswith(RECORDING_SCHEMA.rpartition("/")[0] + "/")]
    if newer:
        return f"made by a newer mrcpr ({harmless(newer[0])[:40]}): update mrcpr"
    if why:
        return f"cut before its head was whole ({why}): {LOST}"
    return "an MCAP file of another program: give one that mrcpr made"


def _header(path: Path, metadata: dict[str, str]) -> RecordingHeader:
    try:
        return parse(RecordingHeader, json.loads(metadata["header"]), f"{path}: its head")
    except (KeyError, ValueError, RecursionError) as error:
        raise RecordingError(f"{path}: its head cannot be read ({error}): update mrcpr") from error
    except ConfigError as error:
        raise RecordingError(f"{error}: update mrcpr or record again") from error
