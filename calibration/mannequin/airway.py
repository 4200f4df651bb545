"""The airway's flow sensor, by a calibration syringe.

Takes known flows and the counts read at them, gives the curve from counts to mL/s; leaves
driving the syringe at a steady flow to the technician. Flow is positive into the lungs.
"""

from __future__ import annotations

from calibration.mannequin.curves import fit_monotone_curve
from mr.errors import CalibrationError
from mr.rig import Curve
from mr.types import FloatArray

FLOW_SHARE_SIGMA = 5e-3
"""A syringe's volume and a stopwatch: 0.5 % of the largest flow."""


def fit_airway_curve(flow_ml_s: FloatArray, counts: FloatArray) -> Curve:
    """Fit the curve from counts to flow.

    Parameters
    ----------
    flow_ml_s
        (n,) known flows, both ways and at rest.
    counts
        (n,) readings of the airway channel.

    Raises
    ------
    CalibrationError
        When one direction or the rest is missing, or the counts do not follow the flow.
    """
    if not (flow_ml_s.min() < 0.0 < flow_ml_s.max() and (flow_ml_s == 0.0).any()):
        raise CalibrationError(
            f"airway: flows from {flow_ml_s.min():g} to {flow_ml_s.max():g} mL/s: "
            "push and pull the syringe, and read the sensor at rest too"
        )
    reference_ml_s = FLOW_SHARE_SIGMA * float(abs(flow_ml_s).max())
    return fit_monotone_curve(flow_ml_s, counts, reference_ml_s, "airway", "mL/s")
