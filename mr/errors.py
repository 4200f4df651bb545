"""The errors of the house.

Every message says what went wrong, with which thing, and what to do. The command
line prints an `MrError` as one line and exits with 2; anything else is an internal
fault and exits with 1. A bad packet or a gap is *data* (counted in `Health`), not an
error; a lost device is an error, and a session goes on without it.
"""


class MrError(Exception):
    """Something a user can understand and mend."""


class ConfigError(MrError):
    """A setting, a rig file or a command line that cannot be used as it is."""


class DeviceError(MrError):
    """A device that is absent, busy, lost or not what was expected."""


class ProtocolError(MrError):
    """Bytes from a mannequin, or on the live wire, that this program does not speak."""


class CalibrationError(MrError):
    """A calibration that is missing, stale, or made for another device."""


class RecordingError(MrError):
    """A recording or an input file that is missing, damaged or of an unknown kind."""


class AnalysisError(MrError):
    """Data that was read but cannot be analysed (too short, no time base, ...)."""
