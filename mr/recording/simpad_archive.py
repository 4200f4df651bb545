"""One member of a ZIP archive that may be hostile.

Takes a path and a member's name, gives the member's bytes; nothing is written anywhere.
Every size is bounded before memory is taken: the archive's, its directory's, and what comes
out of the member, whatever its header claims.
"""

from __future__ import annotations

import struct
import zipfile
import zlib
from pathlib import Path

from mr.errors import RecordingError
from mr.recording.harmless import harmless

MAX_ARCHIVE_BYTES = 256 << 20
MAX_DIRECTORY_BYTES = 1 << 20
"""Some ten thousand members."""
MAX_MEMBER_BYTES = 64 << 20
"""An hour of compressions is some 16 MiB of XML."""
MAX_RATIO = 300
"""Text packs by some tens; a bomb by a thousand."""
READABLE = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
"""Other methods unpack without a bound, and no SimPad needs them."""
END, END_BYTES, END64_LOCATOR, END64_BYTES = b"PK\x05\x06", 22, b"PK\x06\x07", 20
NOT_ZIP = "not a SimPad session: an .ssx file is a ZIP archive with CPR/CPREvents.xml in it"


def read_member(path: Path, name: str) -> bytes | None:
    """Read a member by its name, in whatever folder and case; None where there is none.

    Raises
    ------
    RecordingError
        When the file is missing, no ZIP archive, damaged, encrypted, or too large.
    """
    try:
        _check_directory(path)
        with zipfile.ZipFile(path) as archive:
            found = [info for info in archive.infolist() if _is_named(info.filename, name)]
            if len(found) > 1:
                raise RecordingError(f"{path}: {name} is in it {len(found)} times: export it again")
            return _unpacked(path, archive, found[0]) if found else None
    except FileNotFoundError as error:
        raise RecordingError(f"{path}: there is no such file: give a session's path") from error
    except OSError as error:
        why = error.strerror or error
        raise RecordingError(
            f"{path}: cannot read this file ({why}): give a file's path"
        ) from error
    except (zipfile.BadZipFile, zlib.error, struct.error, EOFError) as error:
        raise RecordingError(
            f"{path}: this archive is damaged: export the session again"
        ) from error
    except (ValueError, NotImplementedError, RuntimeError, OverflowError) as error:
        raise RecordingError(f"{path}: {NOT_ZIP}; this one cannot be read") from error


def _is_named(filename: str, name: str) -> bool:
    given = "/" + filename.replace("\\", "/").lower().lstrip("/")
    return given.endswith("/" + name.lower())


def _check_directory(path: Path) -> None:
    """Refuse an archive whose directory alone would fill the memory."""
    with path.open("rb") as file:
        size = file.seek(0, 2)
        if size > MAX_ARCHIVE_BYTES:
            raise RecordingError(f"{path}: larger than 256 MiB, which no session is")
        file.seek(max(0, size - END_BYTES - END64_BYTES - 0xFFFF))
        tail = file.read()
    at = tail.rfind(END)
    if at < 0 or at + END_BYTES > len(tail):
        raise RecordingError(f"{path}: {NOT_ZIP}")
    (directory_bytes,) = struct.unpack_from("<I", tail, at + 12)
    large = tail[max(0, at - END64_BYTES) : at].startswith(END64_LOCATOR)
    if large or directory_bytes > MAX_DIRECTORY_BYTES:
        raise RecordingError(f"{path}: an archive of too many files, which no session is")


def _unpacked(path: Path, archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> bytes:
    shown = harmless(info.filename)[-40:]
    if info.flag_bits & 1 or info.compress_type not in READABLE:
        how = "encrypted" if info.flag_bits & 1 else "packed in an unknown way"
        raise RecordingError(f"{path}: {shown} is {how}: export the session again")
    limit = min(MAX_MEMBER_BYTES, MAX_RATIO * max(info.compress_size, 1))
    with archive.open(info) as member:
        data = member.read(limit + 1)
    if len(data) > limit:
        raise RecordingError(
            f"{path}: {shown} unpacks to more than any session holds: "
            "it is damaged or made to do harm"
        )
    return data
