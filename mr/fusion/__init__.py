"""One motion of the chest, with its uncertainty, out of all that was observed.

Takes samples in arrival order, gives `ChestSample`s; leaves strokes to `mr.metrics`.
"""

from mr.fusion.fuser import MotionFuser

__all__ = ["MotionFuser"]
