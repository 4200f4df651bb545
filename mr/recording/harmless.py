"""Words out of files of others, made harmless.

Takes text that somebody else wrote (a column's name, an archive's member, a file's name), gives
it without what would steer a terminal. Leaves what it says to the reader.
"""

from __future__ import annotations


def harmless(text: str) -> str:
    """Put a question mark in the place of each character that cannot be shown.

    Escapes that move a cursor or colour a line are such, and so are those that turn the
    direction of reading.
    """
    return "".join(c if c.isprintable() else "?" for c in text)
