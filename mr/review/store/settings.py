"""What the house decided, one value a key, in the database so that a backup has it."""

from __future__ import annotations

from typing import Any

from sqlalchemy import JSON, String
from sqlalchemy.orm import Mapped, Session, mapped_column

from mr.review.store.base import Table

RETENTION_DAYS = "retention_days"
"""So long a session is kept after it was made; None: until somebody erases it."""
VIDEO_ALLOWED = "video_allowed"
"""Whether video may be kept at all; each learner's own consent is needed besides."""
DEFAULTS: dict[str, Any] = {RETENTION_DAYS: None, VIDEO_ALLOWED: False}


class Setting(Table):
    """One value."""

    __tablename__ = "setting"

    key: Mapped[str] = mapped_column(String(40), primary_key=True)
    value: Mapped[Any] = mapped_column(JSON)


def get_setting(session: Session, key: str) -> Any:
    """Read a setting, or its default."""
    found = session.get(Setting, key)
    return DEFAULTS[key] if found is None else found.value


def set_setting(session: Session, key: str, value: Any) -> None:
    """Keep a setting (`KeyError` for one that there is not)."""
    DEFAULTS[key]
    found = session.get(Setting, key)
    if found is None:
        session.add(Setting(key=key, value=value))
    else:
        found.value = value
