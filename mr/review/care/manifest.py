"""What a backup says of itself: how it was made, and the SHA-256 of each part.

Takes and gives the JSON of its last part. The names of all parts are decided here.
"""

from __future__ import annotations

import re
from datetime import datetime
from typing import Literal

from pydantic import Field

from mr.config import Strict
from mr.errors import MrError

SUFFIX = ".mrcpr-backup"
MANIFEST, SECRET = "manifest.json", "secret"
PARTS = re.compile(r"secret|tables/[a-z_]+\.jsonl|recordings/[0-9a-f]{64}\.mcap")


class BackupError(MrError):
    """A backup that is damaged, or none; nothing was changed."""


class Part(Strict):
    """One file in a backup."""

    sha256: str = Field(pattern=r"^[0-9a-f]{64}$")
    size_bytes: int = Field(ge=0)


class Manifest(Strict):
    """A backup's description of itself."""

    format: Literal["mrcpr.review-backup/1"] = "mrcpr.review-backup/1"
    made_utc: datetime
    software: str
    version: str
    """Of the tables."""
    rows: dict[str, int]
    """Of each table, in the order in which they are put back."""
    missing: list[str]
    """SHA-256 of recordings that the catalogue named and whose files were not there."""
    damaged: list[str]
    """SHA-256 of recordings whose files were not any more what the catalogue says."""
    parts: dict[str, Part]


def table_part(name: str) -> str:
    """Name a table's part."""
    return f"tables/{name}.jsonl"


def recording_part(sha256: str) -> str:
    """Name a recording's part."""
    return f"recordings/{sha256}.mcap"
