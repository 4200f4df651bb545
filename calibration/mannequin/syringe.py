"""The airway's flow sensor, by strokes of a calibration syringe.

Takes the streams of counts of whole strokes of a known volume, pushed and drawn at different
paces, gives the curve from counts to mL/s whose integral over each stroke is that volume.
Leaves moving the syringe to the technician: no flow has to be steady or known. Flow is positive
into the lungs.

The curve is a sum of rising shapes that are 0 at rest, with weights that are not negative, for
each direction its own: it never turns back. Over a stroke each shape has an integral of its own,
so the volumes are linear in the weights.

Ref: a flow element's pressure is a·q + b·q² (Rohrer 1915), so the flow is a root of counts
above rest, with the element's own scale; straight and bent-up shapes join for sensors that
have such a root built in.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.optimize import nnls

from calibration.mannequin.station import Step
from calibration.mannequin.strokes import Stroke, Sweep, require_strokes, sweep_of, unfit_stroke
from calibration.record import BudgetLine, Check, Plot, Record, line, points, sha256_of
from mr.errors import CalibrationError
from mr.rig import Curve
from mr.types import BoolArray, FloatArray

SYRINGE_SHARE_SIGMA = 2.5e-3
"""A calibration syringe is good to 0.5 % (ATS/ERS 2019, spirometry), twice its sigma."""
ROOTS = (0.0003, 0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1.0)
"""Scales of the roots, of the greatest counts: where the curve bends from straight to a root. An
orifice bends at rest, a mesh hardly."""
ROOT_NOISES = 3.0
"""A root that bends within so many sigmas of a reading's noise would add up noise."""
KNOTS = 25
"""Of each direction, closer at rest, where the curve bends."""
VOLUME_LIMIT = 0.02
"""Issue 6's cells are held to 2 %; a breath's volume no less."""
SIDES_LIMIT = 0.06
"""Push and draw through the same element are alike to some per cent; a leak is not."""
SIZES_LIMIT = 0.02
"""Two syringes' volumes agree to that, or one is not what was typed."""
EARLIER_LIMIT = 0.05
LEAST_EACH_WAY = 4
VOLUME_ML = 500.0
PACES_S = {"slow": 3.0, "medium": 1.5, "fast": 0.9}


@dataclass(frozen=True, slots=True, eq=False)
class AirwayResult:
    """The airway's curve."""

    curve: Curve
    """Its sigma is over all flows that the strokes had, the syringe's own error included."""
    volume_sigma: float
    """Share of one stroke's volume, from what the fit leaves."""
    volumes_ml: FloatArray
    """(n,) said, those drawn below zero."""
    seen_ml: FloatArray
    """(n,) by the curve."""
    left_out_ml: FloatArray
    """(n,) by a curve that was made without that stroke."""
    paces_ml_s: FloatArray
    """(n,) each stroke's greatest flow."""
    sides_share: float
    """Flow of a push over that of a draw at the same counts from rest, less 1."""
    zero_counts: float
    zero_drift_counts: float
    """Between the strokes' rests."""
    fit_sigma_ml_s: float
    syringe_sigma_ml_s: float
    n_sizes: int
    inputs_sha256: str

    def record(self, subject: str, earlier: Curve | None = None) -> Record:
        """Say it with its limits; `earlier`, the curve before, would show a mistyped volume."""
        off = np.abs(self.left_out_ml / self.volumes_ml - 1.0)
        checks = [
            Check(
                item="volume of a stroke that was left out, worst",
                value=100 * float(off.max()),
                unit="%",
                high=100 * VOLUME_LIMIT,
                why="2 %: a breath's volume is judged",
            ),
            Check(
                item="push against draw",
                value=100 * self.sides_share,
                unit="%",
                low=-100 * SIDES_LIMIT,
                high=100 * SIDES_LIMIT,
                why="one element, both ways; beyond: a leak",
            ),
            Check(
                item="airway sensor's zero, drift meanwhile",
                value=self.zero_drift_counts,
                unit="counts",
            ),
        ]
        notes = []
        if earlier is not None:
            checks.append(
                Check(
                    item="flow against the curve before",
                    value=100 * changed_share(self.curve, earlier, self.zero_counts),
                    unit="%",
                    low=-100 * EARLIER_LIMIT,
                    high=100 * EARLIER_LIMIT,
                    why="the same element: another volume typed, a leak, or water in a tube?",
                )
            )
        elif self.n_sizes < 2:
            notes.append(
                "one syringe and no earlier curve: nothing would show a volume that was mistyped"
            )
        return Record(
            procedure="airway",
            subject=subject,
            checks=tuple(checks),
            budget=(
                BudgetLine(
                    source="syringe's volume",
                    sigma=self.syringe_sigma_ml_s,
                    unit="mL/s",
                    how="stated: 0.5 %, twice its sigma",
                ),
                BudgetLine(
                    source="strokes",
                    sigma=self.fit_sigma_ml_s,
                    unit="mL/s",
                    how="measured: what the fit leaves",
                ),
            ),
            plots=self._plots(),
            n_samples=len(self.volumes_ml),
            inputs_sha256={"airway_strokes": self.inputs_sha256},
            notes=tuple(notes),
        )

    def _plots(self) -> tuple[Plot, ...]:
        off_pct = 100 * (self.left_out_ml / self.volumes_ml - 1.0)
        return (
            Plot(
                title="Volumes of strokes that were left out in turn",
                x_label="greatest flow, mL/s",
                y_label="off, %",
                series=(points("strokes", self.paces_ml_s, off_pct),),
            ),
            Plot(
                title="Airway sensor",
                x_label="counts",
                y_label="flow, mL/s",
                series=(line("curve", self.curve.counts, self.curve.values),),
            ),
        )


def measure_airway(strokes: Sequence[Stroke], what: str = "airway") -> AirwayResult:
    """Fit the curve to strokes.

    Parameters
    ----------
    strokes
        Four or more each way, slow ones and fast ones, each with a rest before and after.

    Raises
    ------
    CalibrationError
        When strokes are missing or cut off, pushed for drawn, when the tubes are reversed,
        push and draw differ (a leak), or two syringes' volumes do not agree.
    """
    sweeps = [sweep_of(s) for s in strokes]
    require_strokes(strokes, sweeps, what)
    volumes_ml = np.array([s.volume_ml for s in strokes])
    for way, name in ((volumes_ml > 0, "pushed"), (volumes_ml < 0, "drawn")):
        if way.sum() < LEAST_EACH_WAY:
            raise CalibrationError(
                f"{what}: {way.sum()} strokes {name}, {LEAST_EACH_WAY} each way are needed: push "
                "and draw the syringe, slowly and fast"
            )
    shapes = _Shapes.of(sweeps)
    rows = np.array([shapes.over(s) for s in sweeps])
    _require_sizes(rows, volumes_ml, what)
    weights, share, covariance = _fit(rows, volumes_ml)
    keep = ~np.eye(len(rows), dtype=bool)
    left_out_ml = np.array([rows[k] @ _fit(rows[m], volumes_ml[m])[0] for k, m in enumerate(keep)])
    zeros = np.array([s.zero_counts for s in sweeps])
    return _result(
        strokes, sweeps, (weights, share, covariance), shapes, zeros, left_out_ml, rows, what
    )


def _result(
    strokes: Sequence[Stroke],
    sweeps: Sequence[Sweep],
    fit: tuple[FloatArray, float, FloatArray],
    shapes: _Shapes,
    zeros: FloatArray,
    left_out_ml: FloatArray,
    rows: FloatArray,
    what: str,
) -> AirwayResult:
    weights, share, covariance = fit
    volumes_ml = np.array([s.volume_ml for s in strokes])
    grid = np.linspace(0.0, 1.0, KNOTS) ** 2
    above = np.concatenate([-shapes.ends[1] * grid[:0:-1], shapes.ends[0] * grid])
    table = shapes.at(above)
    flow_ml_s = table @ weights
    sides = _sides_share(weights, shapes)
    if abs(sides) > SIDES_LIMIT:
        raise CalibrationError(
            f"{what}: at the same pressure a push gives {100 * abs(sides):.0f} % "
            f"{'more' if sides > 0 else 'less'} flow than a draw: one way leaks; press the "
            "syringe's cone and the tubes tight, and do the strokes again"
        )
    fit_ml_s = float(np.sqrt(np.mean(np.einsum("ni,ij,nj->n", table, covariance, table))))
    syringe_ml_s = SYRINGE_SHARE_SIGMA * float(np.sqrt(np.mean(flow_ml_s**2)))
    rising = 1.0 if sweeps[0].sign > 0 else -1.0
    order = slice(None) if rising > 0 else slice(None, None, -1)
    curve = Curve(
        counts=tuple(float(c) for c in (zeros.mean() + rising * above)[order]),
        values=tuple(float(v) for v in flow_ml_s[order]),
        sigma=float(np.hypot(fit_ml_s, syringe_ml_s)),
    )
    return AirwayResult(
        curve=curve,
        volume_sigma=share,
        volumes_ml=volumes_ml,
        seen_ml=rows @ weights,
        left_out_ml=left_out_ml,
        paces_ml_s=np.array(
            [float(np.abs(shapes.at(s.above_counts) @ weights).max()) for s in sweeps]
        ),
        sides_share=sides,
        zero_counts=float(zeros.mean()),
        zero_drift_counts=float(np.ptp(zeros)),
        fit_sigma_ml_s=fit_ml_s,
        syringe_sigma_ml_s=syringe_ml_s,
        n_sizes=len(np.unique(np.abs(volumes_ml))),
        inputs_sha256=sha256_of([s.counts for s in strokes]),
    )


def volumes_by(curve: Curve, strokes: Sequence[Stroke]) -> FloatArray:
    """Give each stroke's volume (n,) mL by a curve, with the sensor's zero at its rests."""
    at_rest = _rest_counts(curve)
    volumes_ml = []
    for stroke in strokes:
        sweep = sweep_of(stroke)
        flow_ml_s = curve(sweep.above_counts * sweep.sign + at_rest)
        volumes_ml.append(float(np.trapezoid(flow_ml_s, sweep.t_s)))
    return np.array(volumes_ml)


def changed_share(curve: Curve, earlier: Curve, zero_counts: float) -> float:
    """Tell by which share a curve gives more flow than an earlier one, over what it covers."""
    above = np.array(curve.counts) - zero_counts
    before = earlier(above + _rest_counts(earlier))
    return float(np.array(curve.values) @ before / (before @ before)) - 1.0


def _rest_counts(curve: Curve) -> float:
    values, counts = np.array(curve.values), np.array(curve.counts)
    order = np.argsort(values)
    return float(np.interp(0.0, values[order], counts[order]))


@dataclass(frozen=True, slots=True, eq=False)
class _Shapes:
    """What the curve is a sum of."""

    ends: FloatArray
    """(2,) the greatest counts above and below rest."""
    roots: tuple[float, ...]

    @staticmethod
    def of(sweeps: Sequence[Sweep]) -> _Shapes:
        ends = np.array(
            [
                max(float((way * s.above_counts).max()) for s in sweeps if way * s.volume_ml > 0)
                for way in (1.0, -1.0)
            ]
        )
        noise = float(np.median([s.noise_counts for s in sweeps]))
        return _Shapes(ends, tuple(r for r in ROOTS if r * ends.min() > ROOT_NOISES * noise))

    def at(self, above: FloatArray) -> FloatArray:
        """Give the shapes at counts above rest, (n, both directions'): 0 on the other's side."""
        columns = []
        for way, end in ((1.0, self.ends[0]), (-1.0, self.ends[1])):
            u = np.maximum(way * above, 0.0) / end
            columns += [way * u, way * u**2]
            for root in self.roots:
                bent = np.sqrt(1.0 + 2.0 * u / root) - 1.0
                columns.append(way * bent / (np.sqrt(1.0 + 2.0 / root) - 1.0))
        return np.column_stack(columns)

    def over(self, sweep: Sweep) -> FloatArray:
        """Give the shapes' integrals over a stroke."""
        return np.asarray(np.trapezoid(self.at(sweep.above_counts), sweep.t_s, axis=0))


def _fit(rows: FloatArray, volumes_ml: FloatArray) -> tuple[FloatArray, float, FloatArray]:
    """Give weights, one stroke's share sigma, and the weights' covariance."""
    scaled = rows / np.abs(volumes_ml)[:, None]
    weights = nnls(scaled, np.sign(volumes_ml))[0]
    left = scaled @ weights - np.sign(volumes_ml)
    used = weights > 0
    share = float(np.sqrt(left @ left / max(len(left) - int(used.sum()), 1)))
    covariance = np.zeros((len(weights), len(weights)))
    covariance[np.ix_(used, used)] = share**2 * np.linalg.pinv(scaled[:, used].T @ scaled[:, used])
    return weights, share, covariance


def _sides_share(weights: FloatArray, shapes: _Shapes) -> float:
    """Compare both directions at the same counts from rest, over what both have seen."""
    above = np.linspace(0.05, 1.0, 40) * float(shapes.ends.min())
    push, draw = shapes.at(above) @ weights, -shapes.at(-above) @ weights
    return float(push @ draw / (draw @ draw)) - 1.0


def _require_sizes(rows: FloatArray, volumes_ml: FloatArray, what: str) -> None:
    """Refuse syringes whose volumes do not agree: one is not what was typed."""
    sizes = np.unique(np.abs(volumes_ml))
    if len(sizes) < 2:
        return
    most = max(sizes, key=lambda v: int((np.abs(volumes_ml) == v).sum()))
    main: BoolArray = np.abs(volumes_ml) == most
    weights = _fit(rows[main], volumes_ml[main])[0]
    for size in sizes[sizes != most]:
        those = np.abs(volumes_ml) == size
        seen_ml = float(np.median(rows[those] @ weights * np.sign(volumes_ml[those])))
        if abs(seen_ml / size - 1.0) > SIZES_LIMIT:
            raise CalibrationError(
                f"{what}: by the {most:g} mL syringe the one of {size:g} mL holds "
                f"{seen_ml:.0f} mL: one volume is mistyped, or one of them leaks; correct it"
            )


def airway_plan(
    volume_ml: float = VOLUME_ML, repeats: int = 2, second_ml: float | None = None
) -> tuple[Step[Stroke], ...]:
    """Plan pushes and draws at three paces; a second syringe, if there is one, at the middle one.

    The second one shows a volume that was mistyped.
    """
    steps = []
    for round_ in range(1, repeats + 1):
        for pace, seconds in PACES_S.items():
            for way in (1.0, -1.0):
                steps.append(_step(way * volume_ml, pace, seconds, round_))
    if second_ml is not None:
        steps += [_step(way * second_ml, "medium", PACES_S["medium"], 1) for way in (1.0, -1.0)]
    return tuple(steps)


def _step(volume_ml: float, pace: str, seconds: float, round_: int) -> Step[Stroke]:
    verb = "push" if volume_ml > 0 else "draw"
    name = f"{verb} {abs(volume_ml):g} mL, {pace}, {round_}"
    ask = (
        f"press Enter, wait a second, {verb} all {abs(volume_ml):g} mL in about {seconds:g} s, "
        "wait a second"
    )

    def make(t_s: FloatArray, counts: FloatArray) -> Stroke:
        return Stroke(name, volume_ml, t_s, counts)

    return Step(name, ask, make, unfit_stroke, moves=())
