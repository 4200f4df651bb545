"""Compressions, ventilations and pauses out of the chest's motion.

Takes `ChestSample`s, gives `MetricsEvent`s (millimetres from here on), a live state and
a summary; leaves judging them to `mr.scoring`. Definitions: docs/guides/definitions.md.
"""

from mr.metrics.config import MetricsConfig
from mr.metrics.stepper import LiveState, MetricsStepper
from mr.metrics.summary import Summary, summarise

__all__ = ["LiveState", "MetricsConfig", "MetricsStepper", "Summary", "summarise"]
