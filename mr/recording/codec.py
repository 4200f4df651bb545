"""Samples as packed rows, and back again, bit for bit.

Takes samples of one channel (one type, one stream, one camera), gives the bytes of one
message, and the reverse; leaves files to `writer` and `reader`, and what the rows of each
type are to `layouts`. A message is
``n_rows`` (u32), then ``n_rows`` packed little-endian rows, then the bytes of the rows'
texts and blobs, row by row in the order of their fields; a row holds their lengths.
`Codec.layout` describes the rows, so that any program can read them.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np

from mr.errors import RecordingError
from mr.types import Sample

PACKED_ENCODING = "mrcpr.packed/1"
_N_ROWS = struct.Struct("<I")


class ChannelKey(NamedTuple):
    """What every sample of a channel has in common."""

    type: str
    stream: str
    camera_id: str


@dataclass(frozen=True, slots=True)
class Field:
    """One column of the rows; ``text`` and ``blob`` have their length in the row."""

    name: str
    dtype: str
    unit: str = ""
    shape: tuple[int, ...] = ()

    @property
    def loose(self) -> bool:
        """Tell whether its bytes lie behind the rows."""
        return self.dtype in {"text", "blob"}


Row = tuple[Any, ...]


@dataclass(frozen=True)
class Codec:
    """How one type of sample becomes a row, and a row a sample."""

    type: type
    fields: tuple[Field, ...]
    to_row: Callable[[Any], Row]
    from_row: Callable[[ChannelKey, Row], Sample]
    n_added: int = 0
    """How many of the last fields older recordings lack; `from_row` does without them."""

    def for_layout(self, fields: Any) -> Codec | None:
        """Give the codec for the fields that a file names; None for unknown ones."""
        own = self.layout["fields"]
        if fields == own:
            return self
        if self.n_added and fields == own[: -self.n_added]:
            return replace(self, fields=self.fields[: -self.n_added], n_added=0)
        return None

    @cached_property
    def dtype(self) -> np.dtype[np.void]:
        """The packed layout of one row."""
        return np.dtype(
            [
                (f.name, "<u4" if f.loose else f.dtype, () if f.loose else f.shape)
                for f in self.fields
            ]
        )

    @cached_property
    def row_size(self) -> int:
        """Bytes of one packed row."""
        return self.dtype.itemsize

    @cached_property
    def layout(self) -> dict[str, Any]:
        """The layout in words; stored in the file beside the channel."""
        return {
            "encoding": PACKED_ENCODING,
            "type": self.type.__name__,
            "message": "u32 n_rows; n_rows packed little-endian rows; bytes of texts and blobs "
            "(row by row, in the order of the fields; the row holds their u32 lengths)",
            "fields": [
                {"name": f.name, "dtype": f.dtype, "shape": list(f.shape), "unit": f.unit}
                for f in self.fields
            ],
        }

    def encode(self, samples: Sequence[Sample]) -> bytes:
        """Pack samples of one channel into one message."""
        table = [list(self.to_row(sample)) for sample in samples]
        loose: list[bytes] = []
        for row in table:
            for k in self._loose_columns:
                data = row[k] if isinstance(row[k], bytes) else _to_bytes(row[k])
                loose.append(data)
                row[k] = len(data)
        rows = np.zeros(len(table), self.dtype)
        for field, column in zip(self.fields, zip(*table, strict=True), strict=True):
            rows[field.name] = column
        return _N_ROWS.pack(len(table)) + rows.tobytes() + b"".join(loose)

    def n_rows(self, message: bytes) -> int:
        """Tell how many rows a message has.

        Raises
        ------
        RecordingError
            When the message is not as long as its rows say.
        """
        (n_rows,) = _N_ROWS.unpack_from(message)
        over = len(message) - _N_ROWS.size - n_rows * self.row_size
        if over < 0 or (over and not self._loose_columns):
            raise self._cut()
        return int(n_rows)

    def rows(self, messages: Sequence[bytes]) -> np.ndarray[Any, np.dtype[np.void]]:
        """Give the packed rows of messages as one; their texts and blobs are left out."""
        begin = _N_ROWS.size
        packed = [m[begin : begin + self.n_rows(m) * self.row_size] for m in messages]
        return np.frombuffer(b"".join(packed), self.dtype)

    def decode(self, key: ChannelKey, message: bytes) -> list[Sample]:
        """Unpack one message.

        Raises
        ------
        RecordingError
            When the message is not as long as its rows say.
        """
        packed = self.rows([message])
        end = _N_ROWS.size + packed.nbytes
        rows = zip(*(packed[f.name].tolist() for f in self.fields), strict=True)
        samples = []
        for row in rows:
            values = list(row)
            for k in self._loose_columns:
                data, end = message[end : end + row[k]], end + row[k]
                if end > len(message):
                    raise self._cut()
                values[k] = _to_text(data) if self.fields[k].dtype == "text" else data
            samples.append(self.from_row(key, tuple(values)))
        if end != len(message):
            raise self._cut()
        return samples

    def _cut(self) -> RecordingError:
        return RecordingError(f"a message of {self.type.__name__} is cut: the file is damaged")

    @cached_property
    def _loose_columns(self) -> tuple[int, ...]:
        return tuple(k for k, field in enumerate(self.fields) if field.loose)


def _to_bytes(text: str) -> bytes:
    # A lone surrogate (from an undecodable file name, say) must not stop a recording.
    return text.encode("utf-8", "surrogatepass")


def _to_text(data: bytes) -> str:
    return data.decode("utf-8", "surrogatepass")
