"""A recording as just another device.

Takes a recording's path, gives its samples in their order, in blocks; leaves every
computation to those who read live devices too. Its kind is ``replay``; what the samples
were made from stands in ``info.details["original_kind"]``.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

from mr.errors import DeviceError
from mr.recording.reader import Recording, open_recording
from mr.types import DeviceInfo, EndOfStream, Sample


class ReplayDevice:
    """Plays one recording as fast as it is polled.

    Parameters
    ----------
    path
        The recording, whole or cut.
    block_size
        How many samples one `poll` gives at most.

    Raises
    ------
    RecordingError
        On entering, when the file is missing or no recording.
    """

    def __init__(self, path: Path, block_size: int = 64) -> None:
        if block_size < 1:
            raise ValueError(f"block_size={block_size}: a block has at least one sample")
        self.path = path
        self.block_size = block_size
        self._recording: Recording | None = None
        self._samples: Iterator[Sample] = iter(())

    @property
    def recording(self) -> Recording:
        """The open recording, with its head and its rig."""
        if self._recording is None:
            raise DeviceError(f"{self.path}: the recording is not open: enter the device first")
        return self._recording

    @property
    def info(self) -> DeviceInfo:
        """Who it is: all streams of the recorded devices under one roof."""
        header = self.recording.header
        return DeviceInfo(
            kind="replay",
            maker="MR-CPR",
            model="recording",
            serial=header.recording_id,
            firmware=header.software,
            streams=tuple(itertools.chain.from_iterable(d.streams for d in header.devices)),
            details={
                "original_kind": header.kind,
                "file": self.path.name,
                "made_utc": header.made_utc,
                "why_incomplete": self.recording.why_incomplete,
            },
        )

    def __enter__(self) -> Self:
        """Open the recording."""
        self._recording = open_recording(self.path)
        self._samples = self._recording.samples()
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        tb: TracebackType | None,
    ) -> None:
        self._samples = iter(())

    def poll(self) -> Sequence[Sample]:
        """Give the next block.

        Raises
        ------
        EndOfStream
            When every sample was given.
        """
        block = list(itertools.islice(self._samples, self.block_size))
        if not block:
            raise EndOfStream
        return block
