"""Passwords: Argon2id, with the library's own current parameters.

Takes a password, gives its hash, and says whether one fits. A hash that was made with older
parameters is made anew when its password is next seen.
"""

from __future__ import annotations

import threading
from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from mr.errors import ConfigError

LEAST = 10
MOST = 200
_HASHER = PasswordHasher()


@cache
def _nobodys() -> str:
    """Give what is verified where there is no such person, so that the time does not tell.

    Made when somebody first signs in: it costs as much as a sign-in, which no start waits for.
    """
    return _HASHER.hash("nobody has this password")


_AT_ONCE = threading.BoundedSemaphore(2)
"""A hash takes 64 MiB: a crowd at the door waits and does not take the machine's memory."""


def hash_password(password: str, sign_in_name: str = "") -> str:
    """Hash a new password.

    Raises
    ------
    ConfigError
        When it is too short, too long, or the sign-in name itself.
    """
    if not LEAST <= len(password) <= MOST:
        raise ConfigError(f"a password has {LEAST} to {MOST} characters: choose another one")
    if sign_in_name and password.casefold() == sign_in_name.casefold():
        raise ConfigError("a password cannot be the sign-in name: choose another one")
    if len(set(password)) < LEAST // 2:
        raise ConfigError("this password repeats the same few characters: choose another one")
    with _AT_ONCE:
        return _HASHER.hash(password)


def fits(password: str, password_hash: str | None) -> bool:
    """Tell whether a password is the one; None, for nobody, takes as long and is false."""
    nobodys = _nobodys()  # made for everybody alike, or the first stranger would take longer
    try:
        with _AT_ONCE:
            _HASHER.verify(password_hash or nobodys, password)
    except (VerificationError, InvalidHashError):
        return False
    return password_hash is not None


def is_old(password_hash: str) -> bool:
    """Tell whether a hash was made with older parameters."""
    return _HASHER.check_needs_rehash(password_hash)
