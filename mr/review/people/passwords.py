"""Passwords: Argon2id, with the library's own current parameters.

Takes a password, gives its hash, and says whether one fits. A hash that was made with older
parameters is made anew when its password is next seen.
"""

from __future__ import annotations

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from mr.errors import ConfigError

LEAST = 10
MOST = 200
_HASHER = PasswordHasher()
_NOBODYS = _HASHER.hash("nobody has this password")
"""Verified where there is no such person, so that the time taken does not tell."""


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
    return _HASHER.hash(password)


def fits(password: str, password_hash: str | None) -> bool:
    """Tell whether a password is the one; None, for nobody, takes as long and is false."""
    try:
        _HASHER.verify(password_hash or _NOBODYS, password)
    except (VerificationError, InvalidHashError):
        return False
    return password_hash is not None


def is_old(password_hash: str) -> bool:
    """Tell whether a hash was made with older parameters."""
    return _HASHER.check_needs_rehash(password_hash)
