"""Python runs this at its start: children of ``mrcpr``, too, get the stand-in that a test wants."""

import os

if os.environ.get("ABSENT"):
    from absent import stand_in

    STANDS_IN = stand_in()
