"""Writes a recording: every sample in the order in which it arrived.

Takes samples and derived results, gives one MCAP file that is a readable prefix of the
session at every instant: what was written more than a second ago survives ``kill -9``.
Leaves reading and repairing to `reader`. Owns no thread: the session's loop calls
`RecordingWriter.write` or `RecordingWriter.tick`, and either flushes when it is time.
"""

from __future__ import annotations

import json
from pathlib import Path
from types import TracebackType
from typing import IO, Any, Self, cast

from mcap.writer import CompressionType, Writer

import mr
from mr.clock.host import NowNs, host_now_ns
from mr.errors import RecordingError
from mr.recording.codec import PACKED_ENCODING, ChannelKey
from mr.recording.header import RECORDING_SCHEMA, RecordingHeader
from mr.recording.layouts import CODECS, arrival_ns, channel_key
from mr.recording.sink import Sink
from mr.rig import Rig, dumps_rig
from mr.types import ColorFrame, DepthFrame, Sample

BATCH = 10
FLUSH_NS = 1_000_000_000
FSYNC_NS = 5_000_000_000
RIG_ATTACHMENT = "rig.toml"
RESULT_PREFIX = "result/"


class RecordingWriter:
    """An open recording.

    Parameters
    ----------
    path
        The file to make; its folder is made too. A file that exists is refused.
    header, rig
        Written first, so that a cut file still has them.
    now
        Tells the host's monotonic time in ns; a flush is due every second of it.

    Raises
    ------
    RecordingError
        When the file cannot be made or written (no right, no space). What was written
        before stays readable.
    """

    def __init__(
        self, path: Path, header: RecordingHeader, rig: Rig, now: NowNs = host_now_ns
    ) -> None:
        self.path = path
        self._header = header
        self._rig = rig
        self._now = now
        self._channels: dict[ChannelKey, int] = {}
        self._result_channels: dict[str, int] = {}
        self._batch: list[Sample] = []
        self._batch_key: ChannelKey | None = None
        self._n_messages = 0
        self._last_ns = 0
        self._open = False

    def __enter__(self) -> Self:
        """Make the file and write its head."""
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise self._failed(error) from error
        try:
            self._sink = Sink(self.path)
        except FileExistsError as error:
            raise RecordingError(
                f"{self.path}: exists already; a recording never overwrites: give another name"
            ) from error
        except OSError as error:
            raise self._failed(error) from error
        # Any: half of the methods of mcap's writer have no types.
        self._writer: Any = Writer(cast("IO[bytes]", self._sink), compression=CompressionType.ZSTD)
        self._open = True
        try:
            self._write_head()
        except RecordingError:
            self._abandon()
            self.path.unlink(missing_ok=True)
            raise
        self._flushed_ns = self._synced_ns = self._now()
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        tb: TracebackType | None,
    ) -> None:
        self.close()

    def write(self, sample: Sample) -> bool:
        """Keep a sample; images only at their storage level. Tells whether it was kept."""
        if isinstance(sample, DepthFrame) and self._header.storage_level < 2:
            return False
        if isinstance(sample, ColorFrame) and self._header.storage_level < 3:
            return False
        key = channel_key(sample)
        # A batch ends where another channel begins: the order of arrival is the file's order.
        if key != self._batch_key or len(self._batch) >= BATCH:
            self._end_batch()
            self._batch_key = key
        self._batch.append(sample)
        self.tick()
        return True

    def write_result(self, kind: str, data: dict[str, Any]) -> None:
        """Keep something derived (a compression as computed live), beside the raw samples.

        Floats come back to the last bit. `data` must be JSON; NaN is a ValueError.
        """
        text = json.dumps(data, allow_nan=False)
        self._end_batch()
        with _Guard(self):
            if kind not in self._result_channels:
                self._result_channels[kind] = self._writer.register_channel(
                    RESULT_PREFIX + kind, "json", 0, {"software": f"mrcpr {mr.__version__}"}
                )
            self._add(self._result_channels[kind], self._last_ns, text.encode())
        self.tick()

    def tick(self) -> None:
        """Flush when a second has passed; call it from a loop that has nothing to write."""
        now_ns = self._now()
        if now_ns - self._flushed_ns >= FLUSH_NS:
            self.flush()
            self._flushed_ns = now_ns
        if now_ns - self._synced_ns >= FSYNC_NS:
            with _Guard(self):
                self._sink.sync()
            self._synced_ns = now_ns

    def flush(self) -> None:
        """Hand everything written so far to the operating system."""
        self._end_batch()
        with _Guard(self):
            self._writer.flush()

    def close(self) -> None:
        """Finish the file; more calls do nothing."""
        if not self._open:
            return
        self._end_batch()
        with _Guard(self):
            self._writer.finish()
            self._sink.flush()
            self._sink.sync()
        self._open = False
        self._sink.close()

    def _write_head(self) -> None:
        with _Guard(self):
            self._writer.start(profile="mrcpr", library=f"mrcpr {mr.__version__}")
            head = {"header": json.dumps(self._header.to_json())}
            self._writer.add_metadata(RECORDING_SCHEMA, head)
            rig_toml = dumps_rig(self._rig).encode()
            self._writer.add_attachment(0, 0, RIG_ATTACHMENT, "application/toml", rig_toml)
            self._writer.flush()
            self._sink.sync()

    def _end_batch(self) -> None:
        key, batch = self._batch_key, self._batch
        if key is None or not batch:
            return
        self._batch, self._batch_key = [], None
        codec = CODECS[key.type]
        with _Guard(self):
            if key not in self._channels:
                schema = self._writer.register_schema(
                    key.type, PACKED_ENCODING, json.dumps(codec.layout).encode()
                )
                topic = "/".join(part for part in key if part)
                self._channels[key] = self._writer.register_channel(
                    topic, PACKED_ENCODING, schema, key._asdict()
                )
            self._add(self._channels[key], arrival_ns(batch[0]), codec.encode(batch))

    def _add(self, channel_id: int, t_ns: int, data: bytes) -> None:
        self._last_ns = max(t_ns, 0)
        self._writer.add_message(
            channel_id, self._last_ns, data, self._last_ns, self._n_messages & 0xFFFFFFFF
        )
        self._n_messages += 1

    def _abandon(self) -> None:
        """Let go of a file that can no longer be written, without touching it again."""
        if self._open:
            self._open = False
            self._sink.close()

    def _failed(self, error: OSError) -> RecordingError:
        return RecordingError(
            f"{self.path}: cannot write this recording ({error.strerror or error}): "
            "free some space or choose another folder with --out; what was written stays readable"
        )


class _Guard:
    """Turns a failing disk into one clear error and stops writing."""

    def __init__(self, writer: RecordingWriter) -> None:
        self._writer = writer

    def __enter__(self) -> None:
        if not self._writer._open:
            raise RecordingError(f"{self._writer.path}: this recording is closed: open a new one")

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        tb: TracebackType | None,
    ) -> None:
        if isinstance(exc, OSError):
            self._writer._abandon()
            raise self._writer._failed(exc) from exc
