"""A recording that somebody at the server's own machine brings in: the same way as an upload.

Takes a file, gives the session that it is; all checks of an upload are made.
"""

from __future__ import annotations

from pathlib import Path

from mr.errors import RecordingError
from mr.review.intake.uploads import PIECE_BYTES, Offer, Progress, Sender, Uploads, sha256_of

SYSTEM = Sender("system")


def bring(uploads: Uploads, path: Path, course_id: str | None = None) -> tuple[str, bool]:
    """Bring a recording into the catalogue; gives its session's id and whether it is new.

    Raises
    ------
    RecordingError
        When it cannot be read, or is no recording to take in.
    DiskFullError
        When there is no room for it.
    """
    try:
        size_bytes = path.stat().st_size
        progress = uploads.begin(
            SYSTEM, Offer(sha256_of(path), size_bytes, path.name, course_id)
        )  # fmt: skip
        is_new = progress.state == "open"
        with path.open("rb") as file:
            while progress.state == "open":
                file.seek(progress.offset)
                progress = _next(uploads, progress, file.read(PIECE_BYTES))
    except OSError as error:
        raise RecordingError(f"{path}: cannot be read ({error.strerror})") from error
    if progress.session_id is None:
        raise RecordingError(f"{path}: {progress.why_refused or 'was refused before'}")
    return progress.session_id, is_new


def _next(uploads: Uploads, progress: Progress, piece: bytes) -> Progress:
    came = uploads.append(SYSTEM, progress.upload_id, progress.offset, piece)
    if came is None:
        raise RecordingError("this upload was taken away meanwhile: try again")
    return came
